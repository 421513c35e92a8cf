//! Histories of producers made of a fuzzer's bytes: every decision is compared with a plain list of what was appended,
//! and the state with what a replay, or a snapshot and a replay, gives. Pure.

use super::{BATCHES_KEPT, Decision, ProducerStates};
use crate::batch::{RecordBatchHeader, sequence_plus};
use crate::made_log::Input;
use crate::marker::{Marker, NewMarker, Verdict};
use crate::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
use crate::types::{Offset, ProducerId, TimestampMs};

const PRODUCERS: u64 = 3;
const STEPS_MAX: usize = 200;

/// What is said to have been appended.
#[derive(Clone, Copy)]
struct Appended {
    header: RecordBatchHeader,
    base_offset: Offset,
    marker: Option<Marker>,
}

/// A batch to be sent.
#[derive(Clone, Copy)]
struct Sending {
    id: ProducerId,
    epoch: i16,
    base_sequence: i32,
    count: i32,
    is_transactional: bool,
}

impl Sending {
    fn header(self, timestamp_ms: i64) -> RecordBatchHeader {
        let mut builder = BatchBuilder::new(BatchOptions {
            producer: Some(ProducerFields {
                id: self.id,
                epoch: self.epoch,
                base_sequence: self.base_sequence,
            }),
            is_transactional: self.is_transactional,
            ..BatchOptions::default()
        });
        for _ in 0..self.count {
            let record = NewRecord {
                timestamp_ms,
                ..NewRecord::default()
            };
            builder.append(&record).expect("an empty record fits");
        }
        let built = builder.build().expect("there is a record at least");
        *RecordBatchHeader::view(&built).expect("a batch has a header")
    }
}

/// A producer as the list of its appends has it.
struct Plain<'a> {
    of_epoch: Vec<&'a Appended>,
    epoch: Option<i16>,
    is_open: bool,
}

impl<'a> Plain<'a> {
    fn of(list: &'a [Appended], id: ProducerId) -> Plain<'a> {
        let own: Vec<&Appended> = list
            .iter()
            .filter(|appended| appended.header.producer_id() == id)
            .collect();
        let epoch = own.last().map(|last| last.header.producer_epoch());
        // An epoch that was left does not come back.
        let of_epoch = own
            .iter()
            .filter(|appended| Some(appended.header.producer_epoch()) == epoch)
            .filter(|appended| appended.marker.is_none());
        let decided = own.iter().rposition(|appended| appended.marker.is_some());
        let behind = &own[decided.map_or(0, |index| index + 1)..];
        Plain {
            of_epoch: of_epoch.copied().collect(),
            epoch,
            is_open: behind
                .iter()
                .any(|appended| appended.header.is_transactional()),
        }
    }

    /// What has to be decided over a batch.
    fn expected(&self, sending: Sending) -> Verdicts {
        let Some(epoch) = self.epoch else {
            return Verdicts::Append;
        };
        let kept = self.of_epoch.iter().rev().take(BATCHES_KEPT);
        let is_same = |header: &RecordBatchHeader| {
            header.base_sequence() == sending.base_sequence
                && header.record_count() == sending.count
        };
        if sending.epoch == epoch
            && let Some(first) = kept.rev().find(|appended| is_same(&appended.header))
        {
            return Verdicts::Duplicate(first.base_offset);
        }
        if sending.epoch < epoch {
            return Verdicts::InvalidEpoch;
        }
        let last = self.of_epoch.last().filter(|_| sending.epoch == epoch);
        let next = last.map_or(0, |last| sequence_plus(last.header.last_sequence(), 1));
        if sending.base_sequence != next {
            Verdicts::OutOfOrder
        } else if self.is_open && !sending.is_transactional {
            Verdicts::InvalidTransactionState
        } else {
            Verdicts::Append
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdicts {
    Append,
    Duplicate(Offset),
    OutOfOrder,
    InvalidEpoch,
    InvalidTransactionState,
}

impl Verdicts {
    fn of(decision: Decision) -> Verdicts {
        match decision {
            Decision::Append => Verdicts::Append,
            Decision::Duplicate { base_offset, .. } => Verdicts::Duplicate(base_offset),
            Decision::OutOfOrder { .. } => Verdicts::OutOfOrder,
            Decision::InvalidEpoch { .. } | Decision::CoordinatorFenced { .. } => {
                Verdicts::InvalidEpoch
            }
            Decision::InvalidTransactionState { .. } => Verdicts::InvalidTransactionState,
        }
    }
}

fn replayed(mut states: ProducerStates, list: &[Appended]) -> ProducerStates {
    for appended in list {
        states.update(&appended.header, appended.base_offset, appended.marker);
    }
    states
}

/// A batch that follows, repeats or contradicts what the producer sent before.
fn sending(input: &mut Input<'_>, list: &[Appended]) -> Sending {
    let id = ProducerId(i64::try_from(input.below(PRODUCERS)).unwrap_or(0));
    let plain = Plain::of(list, id);
    let epoch = plain.epoch.unwrap_or(0);
    let next = plain.of_epoch.last();
    let next = next.map_or(0, |last| sequence_plus(last.header.last_sequence(), 1));
    let usual = Sending {
        id,
        epoch,
        base_sequence: next,
        count: 1 + i32::from(input.byte() % 3),
        is_transactional: plain.is_open || input.below(4) == 0,
    };
    match input.below(8) {
        0 => Sending {
            epoch: epoch.saturating_add(1),
            base_sequence: 0,
            ..usual
        },
        1 => Sending {
            epoch: (epoch - 1).max(0),
            ..usual
        },
        2 => Sending {
            base_sequence: sequence_plus(next, 1 + i32::from(input.byte())),
            ..usual
        },
        3 => Sending {
            is_transactional: input.coin(),
            ..usual
        },
        4 | 5 => {
            let back = input.index(BATCHES_KEPT + 2);
            let again = plain.of_epoch.iter().rev().nth(back);
            again.map_or(usual, |again| Sending {
                base_sequence: again.header.base_sequence(),
                count: again.header.record_count(),
                is_transactional: again.header.is_transactional(),
                ..usual
            })
        }
        _ => usual,
    }
}

/// Takes `data` for what producers and coordinators do, and compares each decision with the list of what was appended.
///
/// # Panics
/// When a decision, a replay or a snapshot differs.
#[doc(hidden)]
pub fn fuzz_producer_history(data: &[u8]) {
    let mut input = Input::new(data);
    let (mut list, mut states): (Vec<Appended>, _) = (Vec::new(), ProducerStates::new());
    let mut saved = (ProducerStates::new(), 0);
    let (mut offset, mut coordinator_epoch) = (0, 0);
    for step in 0..STEPS_MAX {
        if input.has_ended() {
            break;
        }
        let timestamp_ms = 1000 + i64::try_from(step).unwrap_or(0);
        if input.below(6) == 0 {
            coordinator_epoch += 1;
            let id = ProducerId(i64::try_from(input.below(PRODUCERS)).unwrap_or(0));
            let new = NewMarker {
                producer_id: id,
                producer_epoch: Plain::of(&list, id).epoch.unwrap_or(0)
                    + i16::from(input.below(4) == 0),
                marker: Marker {
                    verdict: match input.coin() {
                        true => Verdict::Abort,
                        false => Verdict::Commit,
                    },
                    coordinator_epoch,
                },
                raised_epoch: false,
            };
            assert_eq!(states.check_marker(&new), Decision::Append);
            let batch = new.batch(TimestampMs(timestamp_ms));
            list.push(Appended {
                header: *batch.header(),
                base_offset: Offset(offset),
                marker: Some(new.marker),
            });
            offset += 1;
        } else {
            let sending = sending(&mut input, &list);
            let header = sending.header(timestamp_ms);
            let decided = Verdicts::of(states.check(&header));
            let expected = Plain::of(&list, sending.id).expected(sending);
            assert_eq!(decided, expected, "at step {step}");
            if decided != Verdicts::Append {
                continue;
            }
            list.push(Appended {
                header,
                base_offset: Offset(offset),
                marker: None,
            });
            offset += i64::from(sending.count);
        }
        let last = &list[list.len() - 1..];
        states = replayed(states, last);
        if input.below(8) == 0 {
            saved = (states.clone(), list.len());
        }
    }
    assert_eq!(replayed(ProducerStates::new(), &list), states);
    let read_back = ProducerStates::decode_snapshot(&saved.0.encode_snapshot());
    let read_back = read_back.expect("it has just been encoded");
    let replayed = replayed(read_back, &list[saved.1..]);
    assert_eq!(without_batch_times(replayed), without_batch_times(states));
}

/// A snapshot has one time for each producer, that of its last batch or marker, as Kafka's format has it.
fn without_batch_times(mut states: ProducerStates) -> ProducerStates {
    let entries = states.entries.values_mut();
    for batch in entries.flat_map(|entry| &mut entry.batches) {
        batch.timestamp = TimestampMs::NONE;
    }
    states
}
