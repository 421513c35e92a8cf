//! What `producer_state` claims: Kafka's rules of idempotence, and its snapshot bytes. Pure.

use super::*;
use crate::batch::HEADER_LENGTH;
use crate::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};

const PRODUCER: ProducerId = ProducerId(77);

struct Sent {
    epoch: i16,
    base_sequence: i32,
    count: i32,
    is_transactional: bool,
    is_control: bool,
}

impl Sent {
    fn data(epoch: i16, base_sequence: i32, count: i32) -> Sent {
        Sent {
            epoch,
            base_sequence,
            count,
            is_transactional: false,
            is_control: false,
        }
    }

    fn header(&self) -> RecordBatchHeader {
        let mut builder = BatchBuilder::new(BatchOptions {
            producer: Some(ProducerFields {
                id: PRODUCER,
                epoch: self.epoch,
                base_sequence: self.base_sequence,
            }),
            is_transactional: self.is_transactional,
            is_control: self.is_control,
            ..BatchOptions::default()
        });
        for _ in 0..self.count {
            let record = NewRecord {
                timestamp_ms: 5000,
                ..NewRecord::default()
            };
            builder.append(&record).unwrap();
        }
        let batch = builder.build().unwrap();
        assert!(batch.len() >= HEADER_LENGTH);
        *RecordBatchHeader::view(&batch).unwrap()
    }
}

fn send(states: &mut ProducerStates, sent: &Sent, base_offset: i64) -> Decision {
    let header = sent.header();
    let decision = states.check(&header);
    if decision == Decision::Append {
        states.update(&header, Offset(base_offset), None);
    }
    decision
}

#[test]
fn a_new_producer_may_start_at_any_sequence() {
    let mut states = ProducerStates::new();
    assert_eq!(
        send(&mut states, &Sent::data(0, 500, 3), 10),
        Decision::Append
    );
    assert_eq!(
        send(&mut states, &Sent::data(0, 503, 1), 13),
        Decision::Append
    );
}

#[test]
fn a_gap_in_the_sequence_is_out_of_order() {
    let mut states = ProducerStates::new();
    send(&mut states, &Sent::data(0, 0, 3), 10);
    assert_eq!(
        send(&mut states, &Sent::data(0, 4, 1), 13),
        Decision::OutOfOrder {
            base_sequence: 4,
            last_sequence: 2
        }
    );
}

#[test]
fn each_of_the_last_five_batches_is_known_again_and_the_sixth_is_not() {
    let mut states = ProducerStates::new();
    for n in 0..6 {
        let sent = Sent::data(0, n * 2, 2);
        assert_eq!(
            send(&mut states, &sent, i64::from(n) * 10),
            Decision::Append
        );
    }
    for n in 1..6 {
        let base_offset = Offset(i64::from(n) * 10);
        assert_eq!(
            send(&mut states, &Sent::data(0, n * 2, 2), 999),
            Decision::Duplicate {
                base_offset,
                last_offset: base_offset.next().unwrap(),
                timestamp: TimestampMs(5000)
            }
        );
    }
    assert!(matches!(
        send(&mut states, &Sent::data(0, 0, 2), 999),
        Decision::OutOfOrder { .. }
    ));
    // The same start with another length is not the same batch.
    assert!(matches!(
        send(&mut states, &Sent::data(0, 10, 1), 999),
        Decision::OutOfOrder { .. }
    ));
}

#[test]
fn sequences_wrap_at_the_end_of_31_bits() {
    let mut states = ProducerStates::new();
    send(&mut states, &Sent::data(0, i32::MAX - 1, 4), 10);
    assert_eq!(states.entry(PRODUCER).unwrap().last_sequence(), 1);
    assert_eq!(
        states
            .entry(PRODUCER)
            .unwrap()
            .batches()
            .next()
            .unwrap()
            .first_sequence(),
        i32::MAX - 1
    );
    let again = send(&mut states, &Sent::data(0, i32::MAX - 1, 4), 99);
    assert!(matches!(again, Decision::Duplicate { .. }));
    assert_eq!(
        send(&mut states, &Sent::data(0, 2, 1), 14),
        Decision::Append
    );

    let mut states = ProducerStates::new();
    send(&mut states, &Sent::data(0, i32::MAX, 1), 10);
    assert_eq!(
        send(&mut states, &Sent::data(0, 0, 1), 11),
        Decision::Append
    );
}

#[test]
fn a_new_epoch_starts_at_sequence_zero_and_fences_the_old() {
    let mut states = ProducerStates::new();
    send(&mut states, &Sent::data(3, 0, 5), 10);
    assert!(matches!(
        send(&mut states, &Sent::data(4, 5, 1), 15),
        Decision::OutOfOrder {
            base_sequence: 5,
            last_sequence: -1
        }
    ));
    assert_eq!(
        send(&mut states, &Sent::data(4, 0, 1), 15),
        Decision::Append
    );
    assert_eq!(
        send(&mut states, &Sent::data(3, 0, 5), 16),
        Decision::InvalidEpoch {
            producer_epoch: 3,
            current_epoch: 4
        }
    );
}

#[test]
fn a_marker_ends_the_transaction_and_keeps_the_sequence() {
    let mut states = ProducerStates::new();
    let transactional = Sent {
        is_transactional: true,
        ..Sent::data(0, 0, 2)
    };
    assert_eq!(send(&mut states, &transactional, 40), Decision::Append);
    assert_eq!(states.first_open_transaction_offset(), Some(Offset(40)));
    assert_eq!(
        states.check(&Sent::data(0, 2, 1).header()),
        Decision::InvalidTransactionState {
            txn_first_offset: Offset(40)
        }
    );
    let marker = Sent {
        is_transactional: true,
        is_control: true,
        ..Sent::data(0, -1, 1)
    };
    let commit = Marker {
        verdict: Verdict::Commit,
        coordinator_epoch: 2,
    };
    assert_eq!(
        states.update(&marker.header(), Offset(42), Some(commit)),
        Some(Decided {
            producer_id: marker.header().producer_id(),
            first_offset: Offset(40),
            marker_offset: Offset(42),
            verdict: Verdict::Commit,
        })
    );
    assert_eq!(states.first_open_transaction_offset(), None);
    assert_eq!(
        send(&mut states, &Sent::data(0, 2, 1), 43),
        Decision::Append
    );
}

#[test]
fn batches_without_a_producer_leave_no_state() {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(&NewRecord::default()).unwrap();
    let batch = builder.build().unwrap();
    let header = RecordBatchHeader::view(&batch).unwrap();
    let mut states = ProducerStates::new();
    assert_eq!(states.check(header), Decision::Append);
    states.update(header, Offset(0), None);
    assert!(states.is_empty());
}

#[test]
fn idle_producers_expire_unless_a_transaction_is_open() {
    let mut states = ProducerStates::new();
    send(&mut states, &Sent::data(0, 0, 1), 10);
    states.expire(TimestampMs(5999), 1000);
    assert_eq!(states.len(), 1);
    states.expire(TimestampMs(6000), 1000);
    assert!(states.is_empty());
    let transactional = Sent {
        is_transactional: true,
        ..Sent::data(0, 0, 1)
    };
    send(&mut states, &transactional, 11);
    states.expire(TimestampMs(i64::MAX), 1000);
    assert_eq!(states.len(), 1);
}

/// Written by Kafka's `ProducerStateManager.writeSnapshot` (4.2.0): producers 77 and 78.
const SNAPSHOT: &str = "0001822821fd00000002000000000000004d00030000000b00000000000003ea000000020000018bcfe56805ffffffffffffffffffffffff000000000000004e0000ffffffffffffffffffffffff000000000000018bcfe56806000000040000000000000384";

fn golden() -> Vec<u8> {
    crate::golden_batches::bytes(SNAPSHOT)
}

#[test]
fn a_snapshot_is_the_bytes_that_kafka_writes() {
    let states = ProducerStates::decode_snapshot(&golden()).unwrap();
    let first = states.entry(PRODUCER).unwrap();
    assert_eq!((first.producer_epoch, first.last_sequence()), (3, 11));
    let batch = first.batches().next().unwrap();
    assert_eq!(
        (batch.base_offset(), batch.first_sequence()),
        (Offset(1000), 9)
    );
    let second = states.entry(ProducerId(78)).unwrap();
    assert_eq!(second.current_txn_first_offset, Some(Offset(900)));
    assert_eq!((second.coordinator_epoch, second.last_sequence()), (4, -1));
    assert_eq!(states.encode_snapshot(), golden());
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_snapshot_is_found() {
    let golden = golden();
    fuzz_producer_snapshot(&golden);
    for bit in 0..golden.len() * 8 {
        let mut flipped = golden.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(
            ProducerStates::decode_snapshot(&flipped).is_err(),
            "bit {bit}"
        );
    }
    for length in 0..golden.len() {
        assert!(ProducerStates::decode_snapshot(&golden[..length]).is_err());
    }
}

#[test]
fn a_count_beyond_the_bytes_is_refused_with_a_right_crc() {
    let mut bytes = golden();
    bytes[6..10].copy_from_slice(&i32::MAX.to_be_bytes());
    let crc = crc32c(&bytes[SNAPSHOT_CRC_START..]);
    bytes[SNAPSHOT_CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
    assert!(matches!(
        ProducerStates::decode_snapshot(&bytes),
        Err(SnapshotError::BadLength { .. })
    ));
}

#[test]
fn a_snapshot_keeps_the_whole_window_of_every_producer() {
    let mut live = ProducerStates::new();
    for number in 0..8 {
        assert_eq!(
            send(
                &mut live,
                &Sent::data(0, number * 3, 3),
                i64::from(number) * 10
            ),
            Decision::Append
        );
    }
    let bytes = live.encode_snapshot();
    fuzz_producer_snapshot(&bytes);
    let mut replayed = ProducerStates::decode_snapshot(&bytes).unwrap();
    assert_eq!(live, replayed);
    for states in [&mut live, &mut replayed] {
        assert_eq!(send(states, &Sent::data(0, 24, 3), 80), Decision::Append);
        assert!(matches!(
            send(states, &Sent::data(0, 12, 3), 90),
            Decision::Duplicate { base_offset, .. } if base_offset == Offset(40)
        ));
    }
    assert_eq!(live, replayed);
    for length in 0..bytes.len() {
        assert!(ProducerStates::decode_snapshot(&bytes[..length]).is_err());
    }
}

#[test]
fn earlier_batches_that_cannot_be_are_refused_with_a_right_crc() {
    let mut states = ProducerStates::new();
    for number in 0..3 {
        send(&mut states, &Sent::data(0, number, 1), i64::from(number));
    }
    let golden = states.encode_snapshot();
    let earlier = golden.len() - 2 * EARLIER_LENGTH;
    // The producer, the last offset, the offset delta.
    for (at, value) in [(0, 0x7f), (12, 0x7f), (20, 0xff)] {
        let mut bytes = golden.clone();
        bytes[earlier + at] = value;
        let crc = crc32c(&bytes[SNAPSHOT_CRC_START..]);
        bytes[SNAPSHOT_CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
        assert!(matches!(
            ProducerStates::decode_snapshot(&bytes),
            Err(SnapshotError::BadEntry { .. })
        ));
    }
}
