//! Which batches belong to ranges that were decided against, and which markers have nothing left to decide over, as one
//! walk over the log finds out: Kafka's `CleanedTransactionMetadata`.
//!
//! Invariants: batches are shown in the order of the log, from its start or from a place behind which all that is asked
//! about lies; every range below the end of the walk is decided. Pure.

use std::collections::{HashMap, HashSet, VecDeque};

use super::batch_filter::Standing;
use crate::aborted_index::AbortedRange;
use crate::batch::RecordBatchHeader;
use crate::marker::{Marker, Verdict};
use crate::types::{Offset, ProducerId};

/// A range that was decided against and whose marker has not come by.
struct Ongoing {
    range: AbortedRange,
    has_batches: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct DecidedRanges {
    /// Those whose first offset has not come by, by rising first offset.
    ahead: VecDeque<AbortedRange>,
    aborted: HashMap<ProducerId, Ongoing>,
    committed: HashSet<ProducerId>,
}

/// What a batch is.
pub(crate) struct Shown {
    pub(crate) standing: Standing,
    /// The entry of the aborted index that stays, as something of its range does.
    pub(crate) kept_range: Option<AbortedRange>,
}

impl DecidedRanges {
    /// A walk that meets these ranges.
    pub(crate) fn new(mut aborted: Vec<AbortedRange>) -> DecidedRanges {
        aborted.sort_by_key(|range| range.first_offset);
        DecidedRanges {
            ahead: aborted.into(),
            ..DecidedRanges::default()
        }
    }

    /// Shows the next batch of the log, with its marker.
    pub(crate) fn show(&mut self, header: &RecordBatchHeader, marker: Option<Marker>) -> Shown {
        let last_offset = header.last_offset().unwrap_or(header.base_offset());
        self.begin_up_to(header.base_offset(), last_offset);
        let shown = |standing| Shown {
            standing,
            kept_range: None,
        };
        let producer_id = header.producer_id();
        if !header.is_control() {
            return shown(self.data(header));
        }
        match marker.map(|marker| marker.verdict) {
            Some(Verdict::Commit) => shown(Standing::Marker {
                is_orphan: !self.committed.remove(&producer_id),
            }),
            Some(Verdict::Abort) => {
                let ended = self.aborted.remove(&producer_id);
                let kept = ended.filter(|ongoing| ongoing.has_batches);
                Shown {
                    standing: Standing::Marker {
                        is_orphan: kept.is_none(),
                    },
                    kept_range: kept.map(|ongoing| ongoing.range),
                }
            }
            // Emptied before, or a control record that is none of these, which stays.
            None => shown(Standing::Marker {
                is_orphan: header.record_count() == 0,
            }),
        }
    }

    fn begin_up_to(&mut self, base_offset: Offset, last_offset: Offset) {
        let begins = |range: &mut AbortedRange| range.first_offset <= last_offset.0;
        while let Some(range) = self.ahead.pop_front_if(begins) {
            // The walk has begun behind its marker.
            if range.last_offset < base_offset.0 {
                continue;
            }
            self.aborted.entry(range.producer()).or_insert(Ongoing {
                range,
                has_batches: false,
            });
        }
    }

    fn data(&mut self, header: &RecordBatchHeader) -> Standing {
        if !header.is_transactional() {
            return Standing::Data;
        }
        match self.aborted.get_mut(&header.producer_id()) {
            Some(ongoing) => {
                ongoing.has_batches = true;
                Standing::Aborted
            }
            None => {
                self.committed.insert(header.producer_id());
                Standing::Data
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::marker::NewMarker;
    use crate::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
    use crate::types::TimestampMs;

    fn data(id: i64, offset: i64) -> Bytes {
        let mut builder = BatchBuilder::new(BatchOptions {
            producer: Some(ProducerFields {
                id: ProducerId(id),
                epoch: 0,
                base_sequence: 0,
            }),
            is_transactional: true,
            base_offset: Offset(offset),
            ..BatchOptions::default()
        });
        let record = NewRecord {
            timestamp_ms: 1,
            key: Some(b"k"),
            value: Some(b"v"),
            headers: &[],
        };
        builder.append(&record).unwrap();
        builder.build().unwrap()
    }

    fn marker(id: i64, offset: i64, verdict: Verdict) -> Bytes {
        let new = NewMarker {
            producer_id: ProducerId(id),
            producer_epoch: 0,
            marker: Marker {
                verdict,
                coordinator_epoch: 0,
            },
            raised_epoch: false,
        };
        let mut bytes = new.batch(TimestampMs(1)).bytes().to_vec();
        bytes[..8].copy_from_slice(&offset.to_be_bytes());
        Bytes::from(bytes)
    }

    fn show(ranges: &mut DecidedRanges, batch: &Bytes) -> Shown {
        let header = RecordBatchHeader::view(batch).unwrap();
        ranges.show(header, Marker::read(batch))
    }

    fn range(id: i64, first_offset: i64, last_offset: i64) -> AbortedRange {
        AbortedRange {
            producer_id: id,
            first_offset,
            last_offset,
            last_stable_offset: last_offset + 1,
        }
    }

    #[test]
    fn only_batches_between_the_first_offset_and_the_marker_are_aborted() {
        let mut ranges = DecidedRanges::new(vec![range(1, 2, 4)]);
        let mut standing = |batch: &Bytes| show(&mut ranges, batch).standing;
        assert_eq!(standing(&data(1, 0)), Standing::Data);
        let commits = marker(1, 1, Verdict::Commit);
        assert_eq!(standing(&commits), Standing::Marker { is_orphan: false });
        assert_eq!(standing(&data(1, 2)), Standing::Aborted);
        assert_eq!(standing(&data(2, 3)), Standing::Data);
        let aborts = marker(1, 4, Verdict::Abort);
        assert_eq!(standing(&aborts), Standing::Marker { is_orphan: false });
        assert_eq!(standing(&data(1, 5)), Standing::Data);
    }

    #[test]
    fn a_walk_that_begins_behind_a_marker_does_not_meet_its_range() {
        let mut ranges = DecidedRanges::new(vec![range(1, 2, 4)]);
        assert_eq!(show(&mut ranges, &data(1, 5)).standing, Standing::Data);
    }

    #[test]
    fn a_marker_without_batches_is_an_orphan_and_its_range_goes_from_the_index() {
        let mut ranges = DecidedRanges::new(vec![range(1, 2, 4), range(3, 5, 8)]);
        let shown = show(&mut ranges, &marker(1, 4, Verdict::Abort));
        assert_eq!(shown.standing, Standing::Marker { is_orphan: true });
        assert_eq!(shown.kept_range, None);
        show(&mut ranges, &data(3, 6));
        let shown = show(&mut ranges, &marker(3, 8, Verdict::Abort));
        assert_eq!(shown.kept_range, Some(range(3, 5, 8)));
        let shown = show(&mut ranges, &marker(9, 9, Verdict::Commit));
        assert_eq!(shown.standing, Standing::Marker { is_orphan: true });
    }
}
