//! What a client has sent to a partition and been promised, and whether a log keeps the promises.
//!
//! Pure. One idempotent producer writes to a partition, in order, and sends again what has no answer; so every batch has
//! one offset that it can have, and a log is right when it is the row of the batches from its start to at least the last
//! acknowledged one. Invariants: acknowledged batches are a prefix of those sent; what is forgotten lies below a log
//! start that a broker has reported.

use std::collections::VecDeque;

use bytes::Bytes;
use corelane_engine::batch::RecordBatchHeader;

/// First byte behind the fields that a broker rewrites: base offset and leader epoch. The length between them is
/// compared too.
const MAGIC_POSITION: usize = 16;
const LENGTH_FIELD: std::ops::Range<usize> = 8..12;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Acknowledged records are gone.
    #[error(
        "lost: {records} acknowledged records from offset {offset} on; the log ends at {log_end}"
    )]
    Lost {
        /// The first of them.
        offset: i64,
        /// How many.
        records: u64,
        /// The end of the log.
        log_end: i64,
    },
    /// A batch is not what was sent for its place.
    #[error("differs: the batch at offset {offset} is not the one that was sent: {what}")]
    Differs {
        /// Where it should be.
        offset: i64,
        /// In what.
        what: String,
    },
    /// Records that nobody has sent.
    #[error("unexpected: records at offset {offset} that were never sent, or twice")]
    Unexpected {
        /// The first of them.
        offset: i64,
    },
    /// An acknowledgement names an offset that the batch cannot have.
    #[error("acknowledged at offset {answered}, but it belongs at {expected}")]
    WrongOffset {
        /// What was answered.
        answered: i64,
        /// Where it belongs.
        expected: i64,
    },
    /// The log starts below or above where it may.
    #[error("the log starts at {found}: {why}")]
    WrongStart {
        /// Where.
        found: i64,
        /// What is wrong with it.
        why: String,
    },
    /// An answer that a well broker on a well disk does not give.
    #[error("refused: {what}")]
    Refused {
        /// What was asked and answered.
        what: String,
    },
    /// Topics are not those of which creation and deletion were answered.
    #[error("topics: {what}")]
    Topics {
        /// What is wrong.
        what: String,
    },
    /// The broker does not run, or the file system does not mount.
    #[error("dead: {what}")]
    Dead {
        /// What was seen.
        what: String,
    },
}

/// What a log was found to hold.
#[derive(Clone, Debug, Default)]
pub struct FoundLog {
    /// The log start offset.
    pub start: i64,
    /// The offset behind the last record.
    pub end: i64,
    /// The batches from the one that holds `start` on.
    pub batches: Vec<Bytes>,
}

/// A batch, to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Its number in the partition, from 0.
    pub number: u64,
    /// As it was sent.
    pub bytes: Bytes,
}

struct SentBatch {
    bytes: Bytes,
    base_offset: i64,
    record_count: i64,
}

impl SentBatch {
    fn end(&self) -> i64 {
        self.base_offset + self.record_count
    }
}

/// Records by their fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Acknowledged.
    pub acknowledged: u64,
    /// Of these, there when they were last looked for.
    pub kept: u64,
    /// Of these, below the log start: deleted by request, by retention, or with their topic.
    pub deleted: u64,
}

impl std::ops::AddAssign for RecordCounts {
    fn add_assign(&mut self, other: RecordCounts) {
        self.acknowledged += other.acknowledged;
        self.kept += other.kept;
        self.deleted += other.deleted;
    }
}

/// One partition's promises.
#[derive(Default)]
pub struct PartitionLedger {
    /// From the first that may still be in the log.
    batches: VecDeque<SentBatch>,
    /// Batches before those, which are forgotten.
    forgotten: u64,
    acknowledged: u64,
    next_offset: i64,
    /// The log starts here or above.
    start_min: i64,
    /// A deletion up to here was asked for and not answered.
    start_asked: Option<i64>,
    acknowledged_end: i64,
}

impl PartitionLedger {
    /// The sequence number of the next batch.
    pub fn next_sequence(&self) -> i32 {
        // Sequence numbers count records, as offsets do here, and wrap at 2^31.
        i32::try_from(self.next_offset & i64::from(i32::MAX)).unwrap_or(i32::MAX)
    }

    /// Notes a batch before it is sent; its number.
    pub fn sent(&mut self, bytes: Bytes, record_count: u32) -> u64 {
        let number = self.forgotten + self.batches.len() as u64;
        self.batches.push_back(SentBatch {
            bytes,
            base_offset: self.next_offset,
            record_count: i64::from(record_count),
        });
        self.next_offset += i64::from(record_count);
        number
    }

    /// Notes an acknowledgement. Batches are acknowledged in the order of sending.
    pub fn acknowledged(&mut self, number: u64, answered: i64) -> Result<u64, Violation> {
        assert_eq!(number, self.acknowledged, "answers come in order");
        let index = usize::try_from(number - self.forgotten).unwrap_or(usize::MAX);
        let batch = &self.batches[index];
        let expected = batch.base_offset;
        if answered != expected {
            return Err(Violation::WrongOffset { answered, expected });
        }
        self.acknowledged += 1;
        self.acknowledged_end = batch.end();
        Ok(batch.record_count.unsigned_abs())
    }

    /// The batches without an answer, in order.
    pub fn unanswered(&self) -> Vec<Unanswered> {
        let known = usize::try_from(self.acknowledged - self.forgotten).unwrap_or(usize::MAX);
        (self.acknowledged..)
            .zip(self.batches.iter().skip(known))
            .map(|(number, batch)| Unanswered {
                number,
                bytes: batch.bytes.clone(),
            })
            .collect()
    }

    /// Where to delete up to, so that `percent` of the acknowledged records go; notes that it was asked for.
    pub fn ask_for_deletion(&mut self, percent: u32) -> i64 {
        let there = self.acknowledged_end - self.start_min;
        let offset = self.start_min + there * i64::from(percent.min(100)) / 100;
        self.start_asked = Some(offset);
        offset
    }

    /// Notes that a deletion was answered with this log start.
    pub fn deleted(&mut self, low_watermark: i64) -> Result<(), Violation> {
        let asked = self.start_asked.take().unwrap_or(0);
        if low_watermark < asked {
            return Err(Violation::WrongStart {
                found: low_watermark,
                why: format!("a deletion up to {asked} was answered with it"),
            });
        }
        self.start_min = self.start_min.max(low_watermark);
        Ok(())
    }

    /// Compares a log with the promises, and forgets what it has deleted. `retention_bytes`: what retention must leave.
    pub fn check(&mut self, found: &FoundLog, retention_bytes: Option<u64>) -> Vec<Violation> {
        let mut violations = Vec::new();
        violations.extend(self.check_start(found.start, retention_bytes));
        violations.extend(self.check_batches(found));
        if violations.is_empty() {
            self.start_asked = None;
            self.start_min = found.start;
            while let Some(first) = self.batches.front() {
                // What is not acknowledged may have to be sent again.
                if first.end() > found.start || self.forgotten >= self.acknowledged {
                    break;
                }
                self.batches.pop_front();
                self.forgotten += 1;
            }
        }
        violations
    }

    fn check_start(&self, start: i64, retention_bytes: Option<u64>) -> Option<Violation> {
        let wrong = |why: String| Some(Violation::WrongStart { found: start, why });
        if start < self.start_min {
            let known = self.start_min;
            return wrong(format!("it was at {known} already"));
        }
        if start <= self.start_asked.unwrap_or(0).max(self.start_min) {
            return None;
        }
        let Some(retention_bytes) = retention_bytes else {
            return wrong(format!("nothing above {} was to go", self.start_min));
        };
        let kept = self.batches.iter().filter(|batch| batch.end() > start);
        let kept_bytes: u64 = kept.map(|batch| batch.bytes.len() as u64).sum();
        if kept_bytes < retention_bytes {
            return wrong(format!(
                "retention has left {kept_bytes} bytes of {retention_bytes}"
            ));
        }
        None
    }

    fn check_batches(&self, found: &FoundLog) -> Option<Violation> {
        let mut end = found.start;
        let expected = self
            .batches
            .iter()
            .filter(|batch| batch.end() > found.start);
        let mut rest = found.batches.iter();
        for (sent, there) in expected.zip(rest.by_ref()) {
            if let Some(what) = difference(sent, there) {
                let offset = sent.base_offset;
                return Some(Violation::Differs { offset, what });
            }
            end = sent.end();
        }
        if rest.next().is_some() {
            return Some(Violation::Unexpected { offset: end });
        }
        if end < self.acknowledged_end {
            return Some(Violation::Lost {
                offset: end,
                records: (self.acknowledged_end - end).unsigned_abs(),
                log_end: found.end,
            });
        }
        (end != found.end).then(|| Violation::Differs {
            offset: end,
            what: format!("the log says that it ends at {}", found.end),
        })
    }

    /// Records by their fate, as of the last check that found nothing wrong and the acknowledgements since.
    pub fn counts(&self) -> RecordCounts {
        let acknowledged = self.acknowledged_end.unsigned_abs();
        let deleted = self.start_min.min(self.acknowledged_end).unsigned_abs();
        RecordCounts {
            acknowledged,
            kept: acknowledged - deleted,
            deleted,
        }
    }
}

fn difference(sent: &SentBatch, there: &[u8]) -> Option<String> {
    let Some(header) = RecordBatchHeader::view(there) else {
        return Some(format!("it has {} bytes", there.len()));
    };
    let offset = header.base_offset().0;
    if offset != sent.base_offset {
        return Some(format!("its base offset is {offset}"));
    }
    if there.len() != sent.bytes.len() {
        let (found, expected) = (there.len(), sent.bytes.len());
        return Some(format!("it has {found} bytes instead of {expected}"));
    }
    let same = there[LENGTH_FIELD] == sent.bytes[LENGTH_FIELD]
        && there[MAGIC_POSITION..] == sent.bytes[MAGIC_POSITION..];
    (!same).then(|| "its bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::batch::{Placement, place};
    use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};
    use corelane_engine::types::{LeaderEpoch, Offset};

    fn batch(value: u8) -> Bytes {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        for _ in 0..2 {
            let record = NewRecord {
                value: Some(&[value; 10]),
                ..NewRecord::default()
            };
            builder.append(&record).expect("a small record");
        }
        builder.build().expect("it has records")
    }

    fn placed(value: u8, base_offset: i64) -> Bytes {
        let mut bytes = batch(value).to_vec();
        let placement = Placement {
            base_offset: Offset(base_offset),
            leader_epoch: LeaderEpoch(3),
        };
        place(&mut bytes, placement);
        bytes.into()
    }

    /// Four batches of two records, the first two acknowledged.
    fn ledger() -> PartitionLedger {
        let mut ledger = PartitionLedger::default();
        for value in 1..=4 {
            ledger.sent(batch(value), 2);
        }
        ledger.acknowledged(0, 0).expect("in its place");
        ledger.acknowledged(1, 2).expect("in its place");
        ledger
    }

    fn log(start: i64, values: &[u8]) -> FoundLog {
        let first = start / 2 * 2;
        let offsets = (first..).step_by(2);
        FoundLog {
            start,
            end: first + 2 * values.len() as i64,
            batches: offsets
                .zip(values)
                .map(|(offset, value)| placed(*value, offset))
                .collect(),
        }
    }

    #[test]
    fn a_log_with_all_that_was_acknowledged_and_any_prefix_of_the_rest_is_right() {
        for values in [&[1, 2][..], &[1, 2, 3], &[1, 2, 3, 4]] {
            assert_eq!(ledger().check(&log(0, values), None), []);
        }
    }

    #[test]
    fn an_acknowledged_batch_that_is_gone_is_a_loss() {
        let lost = |violations: Vec<Violation>| match violations[..] {
            [
                Violation::Lost {
                    offset, records, ..
                },
            ] => (offset, records),
            ref other => panic!("{other:?}"),
        };
        assert_eq!(lost(ledger().check(&log(0, &[1]), None)), (2, 2));
        assert_eq!(lost(ledger().check(&log(0, &[]), None)), (0, 4));
    }

    #[test]
    fn other_bytes_another_order_a_second_copy_and_foreign_records_are_found() {
        for values in [&[1, 9][..], &[2, 1], &[1, 1, 2]] {
            let violations = ledger().check(&log(0, values), None);
            assert!(matches!(violations[..], [Violation::Differs { .. }]));
        }
        let violations = ledger().check(&log(0, &[1, 2, 3, 4, 5]), None);
        assert_eq!(violations, [Violation::Unexpected { offset: 8 }]);
        let mut short = log(0, &[1, 2]);
        short.end = 5;
        assert_eq!(ledger().check(&short, None).len(), 1);
    }

    #[test]
    fn a_log_starts_where_deletions_have_put_it() {
        let wrong = |violations: &[Violation]| matches!(violations, [Violation::WrongStart { .. }]);
        assert!(wrong(&ledger().check(&log(2, &[2]), None)));
        let mut asked = ledger();
        assert_eq!(asked.ask_for_deletion(75), 3);
        assert_eq!(asked.check(&log(3, &[2, 3]), None), []);
        assert!(wrong(&asked.check(&log(2, &[2, 3]), None)), "never back");
        let mut answered = ledger();
        answered.ask_for_deletion(50);
        assert!(answered.deleted(1).is_err());
        answered.ask_for_deletion(50);
        answered.deleted(2).expect("as asked");
        assert!(wrong(&answered.check(&log(0, &[1, 2]), None)));
        assert_eq!(answered.check(&log(2, &[2]), None), []);
        assert_eq!(answered.counts().deleted, 2);
        assert_eq!(answered.counts().kept, 2);
    }

    #[test]
    fn retention_leaves_what_it_must() {
        let size = batch(1).len() as u64;
        assert_eq!(ledger().check(&log(2, &[2, 3, 4]), Some(3 * size)), []);
        assert_eq!(ledger().check(&log(4, &[3, 4]), Some(3 * size)).len(), 1);
    }

    #[test]
    fn what_has_no_answer_is_sent_again_and_answers_name_the_one_possible_offset() {
        let mut ledger = ledger();
        let numbers: Vec<u64> = ledger.unanswered().iter().map(|one| one.number).collect();
        assert_eq!(numbers, [2, 3]);
        let wrong = Violation::WrongOffset {
            answered: 6,
            expected: 4,
        };
        assert_eq!(ledger.acknowledged(2, 6), Err(wrong));
        assert_eq!(ledger.acknowledged(2, 4), Ok(2));
        assert_eq!(ledger.next_sequence(), 8);
    }

    #[test]
    fn a_log_that_was_deleted_to_its_end_still_knows_what_to_send_again() {
        let mut ledger = ledger();
        ledger.ask_for_deletion(100);
        assert_eq!(ledger.check(&log(4, &[]), None), []);
        assert_eq!(ledger.unanswered().len(), 2);
        assert_eq!(ledger.check(&log(4, &[3, 4]), None), []);
    }
}
