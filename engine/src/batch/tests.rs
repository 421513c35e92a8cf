//! What `batch` claims, against batches that Kafka's Java client wrote. Pure.

use bytes::Bytes;

use super::*;
use crate::golden_batches as golden;
use crate::types::Position;

fn plain() -> Vec<u8> {
    golden::bytes(golden::PLAIN)
}

fn check(bytes: Vec<u8>) -> Result<ValidBatch, BatchError> {
    ValidBatch::check(Bytes::from(bytes), 1 << 20)
}

/// The golden batch with one field overwritten, and the CRC made right again.
fn altered(start: usize, field: &[u8]) -> Vec<u8> {
    let mut batch = plain();
    batch[start..start + field.len()].copy_from_slice(field);
    write_crc(&mut batch);
    batch
}

#[test]
fn the_view_reads_every_field_of_kafkas_header() {
    let bytes = plain();
    let header = RecordBatchHeader::view(&bytes).unwrap();
    assert_eq!(header.base_offset(), Offset(1000));
    assert_eq!(header.batch_length(), 0x7a);
    assert_eq!(header.size(), Some(bytes.len()));
    assert_eq!(header.leader_epoch(), LeaderEpoch(5));
    assert_eq!(header.magic(), MAGIC_V2);
    assert_eq!(header.crc(), 0x00ab_3224);
    assert_eq!(header.compression(), Ok(Compression::None));
    assert_eq!(header.timestamp_type(), TimestampType::CreateTime);
    assert_eq!(header.last_offset(), Some(Offset(1002)));
    assert_eq!(header.next_offset(), Some(Offset(1003)));
    assert_eq!(header.base_timestamp(), TimestampMs(1_700_000_000_000));
    assert_eq!(header.max_timestamp(), TimestampMs(1_700_000_000_005));
    assert_eq!(header.producer_id(), ProducerId(77));
    assert_eq!(header.producer_epoch(), 3);
    assert_eq!(header.base_sequence(), 9);
    assert_eq!(header.last_sequence(), 11);
    assert_eq!(header.record_count(), 3);
    assert!(!header.is_transactional() && !header.is_control() && !header.has_delete_horizon());
    let marker = golden::bytes(golden::COMMIT_MARKER);
    let marker = RecordBatchHeader::view(&marker).unwrap();
    assert!(marker.is_transactional() && marker.is_control());
    assert_eq!(marker.last_sequence(), -1);
}

#[test]
fn sequences_wrap_to_zero_as_kafkas() {
    assert_eq!(sequence_plus(i32::MAX, 1), 0);
    assert_eq!(sequence_plus(i32::MAX - 1, 3), 1);
    assert_eq!(sequence_plus(5, 2), 7);
}

#[test]
fn golden_batches_of_every_codec_are_valid() {
    for hex in [
        golden::PLAIN,
        golden::TRANSACTIONAL,
        golden::GZIP,
        golden::SNAPPY,
        golden::LZ4,
        golden::ZSTD,
    ] {
        check(golden::bytes(hex)).unwrap();
    }
}

#[test]
fn every_flipped_bit_of_a_producers_batch_is_refused_or_rewritten() {
    let bytes = plain();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let is_assigned_by_broker =
            BASE_OFFSET_RANGE.contains(&(bit / 8)) || LEADER_EPOCH_RANGE.contains(&(bit / 8));
        assert_eq!(check(flipped).is_ok(), is_assigned_by_broker, "bit {bit}");
    }
}

#[test]
fn a_batch_with_bytes_missing_or_to_spare_is_corrupt() {
    for length in 0..plain().len() {
        assert!(matches!(
            check(plain()[..length].to_vec()),
            Err(BatchError::Corrupt(_))
        ));
    }
    let mut spare = plain();
    spare.push(0);
    assert!(matches!(
        check(spare),
        Err(BatchError::Corrupt(Corruption::LengthMismatch { .. }))
    ));
}

#[test]
fn each_refusal_is_the_kafka_error_of_its_cause() {
    let old = altered(MAGIC_INDEX, &[1]);
    assert_eq!(check(old), Err(BatchError::UnsupportedMagic { magic: 1 }));
    let codec = altered(ATTRIBUTES_RANGE.start, &[0, 5]);
    assert_eq!(
        check(codec),
        Err(BatchError::UnsupportedCompression { codec: 5 })
    );
    let large = ValidBatch::check(Bytes::from(plain()), 100);
    assert_eq!(
        large,
        Err(BatchError::TooLarge {
            size: plain().len(),
            max_bytes: 100
        })
    );
    let empty = altered(57, &0_i32.to_be_bytes());
    let count = altered(57, &4_i32.to_be_bytes());
    let delta = altered(23, &(-1_i32).to_be_bytes());
    let control = altered(ATTRIBUTES_RANGE.start, &[0, 0x20]);
    let sequence = altered(53, &(-1_i32).to_be_bytes());
    let epoch = altered(51, &(-1_i16).to_be_bytes());
    let timestamp = altered(27, &(-2_i64).to_be_bytes());
    for invalid in [empty, count, delta, control, sequence, epoch, timestamp] {
        assert!(matches!(check(invalid), Err(BatchError::Invalid(_))));
    }
}

#[test]
fn control_batches_are_foreign_but_valid() {
    let marker = Bytes::from(golden::bytes(golden::COMMIT_MARKER));
    assert!(ValidBatch::check(marker.clone(), 1000).is_err());
    ValidBatch::check_foreign(marker, 1000).unwrap();
}

#[test]
fn placement_changes_no_byte_that_the_crc_covers() {
    let batch = plain();
    let mut placed = vec![0xee; batch.len() + 10];
    let placement = Placement {
        base_offset: Offset(123_456_789_012),
        leader_epoch: LeaderEpoch(42),
    };
    write_placed(&mut placed, &batch, placement);
    let valid = check(placed[..batch.len()].to_vec()).unwrap();
    assert_eq!(valid.header().base_offset(), placement.base_offset);
    assert_eq!(valid.header().leader_epoch(), placement.leader_epoch);
    assert_eq!(placed[CRC_START..batch.len()], batch[CRC_START..]);
    assert_eq!(placed[batch.len()..], [0xee; 10]);
}

#[test]
fn log_append_time_is_as_kafka_writes_it() {
    let golden = golden::bytes(golden::LOG_APPEND_TIME);
    let mut batch = golden.clone();
    batch[ATTRIBUTES_RANGE].fill(0);
    batch[MAX_TIMESTAMP_RANGE].copy_from_slice(&1_700_000_000_000_i64.to_be_bytes());
    set_log_append_time(&mut batch, TimestampMs(1_700_000_000_123));
    assert_eq!(batch, golden);
}

const FROM: ScanFrom = ScanFrom {
    position: Position(4096),
    offset: Offset(10),
    epoch_min: LeaderEpoch(2),
    epoch_max: LeaderEpoch(4),
    gaps: Gaps::Refused,
    batch_bytes_max: 1 << 20,
};

/// Four batches at offsets 10, 13, 16 and 19, of epochs 2, 2, 3 and 4.
fn log() -> Vec<u8> {
    let mut log = Vec::new();
    for (base_offset, epoch) in [(10, 2), (13, 2), (16, 3), (19, 4)] {
        let mut batch = plain();
        place(
            &mut batch,
            Placement {
                base_offset: Offset(base_offset),
                leader_epoch: LeaderEpoch(epoch),
            },
        );
        log.extend_from_slice(&batch);
    }
    log
}

fn first_error(log: &[u8]) -> Option<(u64, i64, ScanErrorKind)> {
    scan(log, FROM)
        .find_map(Result::err)
        .map(|error| (error.position.0, error.expected_offset.0, error.kind))
}

#[test]
fn a_walk_finds_every_batch_with_its_position() {
    let found: Vec<_> = scan(&log(), FROM)
        .map(|batch| batch.unwrap())
        .map(|batch| (batch.position.0, batch.header.base_offset().0, batch.size))
        .collect();
    let size = plain().len();
    let step = u64::try_from(size).unwrap();
    let expected: Vec<_> = (0..4_u8)
        .map(|n| (4096 + u64::from(n) * step, 10 + 3 * i64::from(n), size))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_walk_asks_for_more_bytes_where_the_window_ends() {
    let log = log();
    let size = plain().len();
    let mut walk = scan(&log[..size + 20], FROM);
    assert!(walk.next().unwrap().is_ok());
    let error = walk.next().unwrap().unwrap_err();
    assert_eq!(
        error.kind,
        ScanErrorKind::NeedMore {
            length: HEADER_LENGTH
        }
    );
    assert!(walk.next().is_none());
    let resume = walk.resume();
    assert_eq!(resume.offset, Offset(13));
    let start = usize::try_from(resume.position.0 - 4096).unwrap();
    let error = scan(&log[start..start + 70], resume)
        .next()
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind, ScanErrorKind::NeedMore { length: size });
    assert_eq!(scan(&log[start..], resume).filter(Result::is_ok).count(), 3);
}

#[test]
fn every_flipped_bit_of_a_log_is_found_at_its_batch_or_is_an_epoch_in_range() {
    let log = log();
    let size = plain().len();
    for bit in 0..log.len() * 8 {
        let mut flipped = log.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let in_batch = (bit / 8) % size;
        match first_error(&flipped) {
            Some((position, _, kind)) => {
                let batch = u64::try_from(bit / 8 / size * size).unwrap();
                let is_later_epoch = matches!(kind, ScanErrorKind::WrongEpoch { .. });
                assert!(
                    position == 4096 + batch || is_later_epoch,
                    "bit {bit}: {kind}"
                );
            }
            None => assert!(LEADER_EPOCH_RANGE.contains(&in_batch), "bit {bit}"),
        }
    }
}

#[test]
fn stale_bytes_with_another_offset_or_epoch_are_no_data() {
    let size = plain().len();
    let mut stale = log();
    place(
        &mut stale[2 * size..],
        Placement {
            base_offset: Offset(7),
            leader_epoch: LeaderEpoch(2),
        },
    );
    let (_, expected, kind) = first_error(&stale).unwrap();
    assert_eq!(expected, 16);
    assert_eq!(
        kind,
        ScanErrorKind::WrongOffset {
            base_offset: Offset(7)
        }
    );
    place(
        &mut stale[2 * size..],
        Placement {
            base_offset: Offset(16),
            leader_epoch: LeaderEpoch(1),
        },
    );
    let (_, _, kind) = first_error(&stale).unwrap();
    assert!(matches!(kind, ScanErrorKind::WrongEpoch { .. }));
}

#[test]
fn zeros_behind_the_data_are_damage_and_not_a_request_for_more() {
    let mut log = log();
    let end = u64::try_from(log.len()).unwrap();
    log.resize(log.len() + 4096, 0);
    let (position, expected, kind) = first_error(&log).unwrap();
    assert_eq!((position, expected), (4096 + end, 22));
    assert_eq!(kind, ScanErrorKind::BadMagic { magic: 0 });
}

#[test]
fn a_torn_length_field_is_damage_and_not_a_request_for_more() {
    let mut log = log();
    log[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    let (_, _, kind) = first_error(&log).unwrap();
    assert_eq!(
        kind,
        ScanErrorKind::BadLength {
            batch_length: i32::MAX
        }
    );
}

#[test]
fn windows_of_any_cut_see_the_same_batches() {
    let log = log();
    fuzz_scan(&log);
    for length in 0..log.len() {
        fuzz_scan(&log[..length]);
    }
    for bit in (0..log.len() * 8).step_by(3) {
        let mut flipped = log.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fuzz_scan(&flipped);
    }
}
