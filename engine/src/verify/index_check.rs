//! Offset and time indexes compared with the log that they belong to, in one pass beside the walk over its batches.
//!
//! An index may be sparse, but it must not lie: a lookup through an entry must find what a scan from the start of the
//! segment finds. Pure.

use std::iter::Peekable;

use crate::batch::RecordBatchHeader;
use crate::index::{OffsetEntry, TimeEntry};

/// The check of an offset index while its log is walked.
pub struct OffsetIndexCheck {
    entries: Peekable<std::vec::IntoIter<OffsetEntry>>,
    is_exact: bool,
}

impl OffsetIndexCheck {
    /// A check of these entries.
    #[must_use]
    pub fn new(entries: Vec<OffsetEntry>) -> Self {
        OffsetIndexCheck {
            entries: entries.into_iter().peekable(),
            is_exact: false,
        }
    }

    /// The same, where each entry has the last offset of the very batch that it points to. Kafka's may have that of a
    /// later batch of the same append.
    #[must_use]
    pub fn exact(self) -> Self {
        OffsetIndexCheck {
            is_exact: true,
            ..self
        }
    }

    /// Compares the entries up to the batch at `position`; says what is wrong with them.
    pub fn batch(&mut self, position: u64, header: &RecordBatchHeader) -> Vec<String> {
        let mut wrong = Vec::new();
        while let Some(entry) = self.entries.next_if(|entry| entry.position.0 <= position) {
            if entry.position.0 < position {
                wrong.push(format!(
                    "the entry of offset {} points to {}, where no batch starts",
                    entry.offset, entry.position
                ));
            } else if entry.offset < header.base_offset() {
                wrong.push(format!(
                    "the entry of offset {} points to {position}, but that batch starts at offset {}",
                    entry.offset,
                    header.base_offset()
                ));
            } else if self.is_exact && Some(entry.offset) != header.last_offset() {
                wrong.push(format!(
                    "the entry of offset {} points to {position}, but that batch ends at another offset",
                    entry.offset
                ));
            }
        }
        wrong
    }

    /// Says what is wrong with the entries behind the last batch.
    #[must_use]
    pub fn end(self) -> Vec<String> {
        let behind = |entry: OffsetEntry| {
            format!(
                "the entry of offset {} points behind the log, to {}",
                entry.offset, entry.position
            )
        };
        self.entries.map(behind).collect()
    }
}

/// The check of a time index while its log is walked.
pub struct TimeIndexCheck {
    entries: Peekable<std::vec::IntoIter<TimeEntry>>,
    max_timestamp_ms: i64,
}

impl TimeIndexCheck {
    /// A check of these entries.
    #[must_use]
    pub fn new(entries: Vec<TimeEntry>) -> Self {
        TimeIndexCheck {
            entries: entries.into_iter().peekable(),
            max_timestamp_ms: i64::MIN,
        }
    }

    /// Compares the entries up to the last offset of a batch; says what is wrong with them.
    pub fn batch(&mut self, header: &RecordBatchHeader) -> Vec<String> {
        let mut wrong = Vec::new();
        let last_offset = header.last_offset().unwrap_or(header.base_offset());
        let before_ms = self.max_timestamp_ms;
        self.max_timestamp_ms = before_ms.max(header.max_timestamp().0);
        while let Some(entry) = self.entries.next_if(|entry| entry.offset <= last_offset) {
            if entry.timestamp.0 < before_ms {
                wrong.push(format!(
                    "the entry of timestamp {} at offset {} hides an earlier record of timestamp {before_ms}",
                    entry.timestamp, entry.offset
                ));
            } else if entry.timestamp.0 > self.max_timestamp_ms {
                wrong.push(format!(
                    "the entry at offset {} has timestamp {}, but no record up to there is later than {}",
                    entry.offset, entry.timestamp, self.max_timestamp_ms
                ));
            }
        }
        wrong
    }

    /// Says what is wrong with the entries behind the last batch.
    #[must_use]
    pub fn end(self) -> Vec<String> {
        let behind = |entry: TimeEntry| {
            format!(
                "the entry of timestamp {} names offset {}, behind the log",
                entry.timestamp, entry.offset
            )
        };
        self.entries.map(behind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Offset, Position, TimestampMs};
    use crate::verify::batches::tests::batch;

    /// Checks an entry against two batches of ten records with timestamps 1000 to 1019.
    fn check(offset_entry: Option<(i64, u64)>, time_entry: Option<(i64, i64)>) -> Vec<String> {
        let batches = [batch(0, 10), batch(10, 10)];
        let offset_entries = offset_entry.map(|(offset, position)| OffsetEntry {
            offset: Offset(offset),
            position: Position(position),
        });
        let time_entries = time_entry.map(|(timestamp, offset)| TimeEntry {
            timestamp: TimestampMs(timestamp),
            offset: Offset(offset),
        });
        let mut offsets = OffsetIndexCheck::new(offset_entries.into_iter().collect());
        let mut times = TimeIndexCheck::new(time_entries.into_iter().collect());
        let mut wrong = Vec::new();
        let mut position = 0;
        for batch in &batches {
            let header = RecordBatchHeader::view(batch).unwrap();
            wrong.extend(offsets.batch(position, header));
            wrong.extend(times.batch(header));
            position += batch.len() as u64;
        }
        wrong
            .into_iter()
            .chain(offsets.end())
            .chain(times.end())
            .collect()
    }

    #[test]
    fn entries_that_tell_the_truth_pass() {
        let second = batch(0, 10).len() as u64;
        assert_eq!(
            check(Some((19, second)), Some((1019, 19))),
            Vec::<String>::new()
        );
        assert_eq!(check(Some((9, 0)), Some((1009, 9))), Vec::<String>::new());
    }

    #[test]
    fn an_offset_entry_that_would_miss_records_is_found() {
        let second = batch(0, 10).len() as u64;
        assert!(check(Some((5, second)), None)[0].contains("starts at offset 10"));
        assert!(check(Some((19, second - 1)), None)[0].contains("no batch starts"));
        assert!(check(Some((30, 1 << 20)), None)[0].contains("behind the log"));
    }

    #[test]
    fn a_time_entry_that_would_miss_records_is_found() {
        assert!(check(None, Some((1001, 15)))[0].contains("hides an earlier record"));
        assert!(check(None, Some((5000, 15)))[0].contains("no record up to there"));
        assert!(check(None, Some((5000, 50)))[0].contains("behind the log"));
    }
}
