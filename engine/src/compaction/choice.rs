//! Which part of a log compaction looks at, and when: a pure choice over facts, with the rules of Kafka's
//! `LogCleanerManager` and `Cleaner.groupSegmentsBySize`.
//!
//! Invariants: the active segment is never cleaned, nor is anything above what consumers may see; groups are runs of
//! neighbouring segments and cover what is cleaned without a hole. Pure: numbers and `now`.

use crate::log_config::Fraction;
use crate::planted::{self, Bug};
use crate::types::{Offset, TimestampMs};

/// What compaction needs to know of a segment. Segments are given oldest first, the active one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// The first offset of the segment.
    pub base_offset: Offset,
    /// Bytes of its batches.
    pub size_bytes: u64,
    /// The largest timestamp of its records, or that of the file's last change where none has one.
    pub max_timestamp: TimestampMs,
    /// The timestamp of its first batch; `None` when it is not known or the batch has none.
    pub first_timestamp: Option<TimestampMs>,
}

/// What a topic says about compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactionPolicy {
    /// `min.compaction.lag.ms`.
    pub min_lag_ms: u64,
    /// `max.compaction.lag.ms`; `None` is without limit.
    pub max_lag_ms: Option<u64>,
    /// `min.cleanable.dirty.ratio`.
    pub min_dirty_ratio: Fraction,
}

/// Where a log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanerBounds {
    /// The first offset that readers may see.
    pub log_start_offset: Offset,
    /// Nothing at or above this offset is cleaned.
    pub last_stable_offset: Offset,
    /// Where the last cleaning ended, `None` when there was none.
    pub cleaned_to: Option<Offset>,
}

/// The part of a log that can be cleaned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cleanable {
    /// The first offset that no cleaning has covered.
    pub first_dirty: Offset,
    /// The base offset of the first segment that must not be cleaned.
    pub end: Offset,
    /// Bytes of what was cleaned before.
    pub clean_bytes: u64,
    /// Bytes of what was not, up to `end`.
    pub dirty_bytes: u64,
    /// Whether a record has waited longer than `max.compaction.lag.ms`.
    pub is_overdue: bool,
}

impl Cleanable {
    /// The share of what was not cleaned.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A ratio of byte counts, exact below 2^53.
    pub fn dirty_ratio(&self) -> f64 {
        match self.clean_bytes + self.dirty_bytes {
            0 => 0.0,
            total => self.dirty_bytes as f64 / total as f64,
        }
    }

    /// Whether it is time.
    #[must_use]
    pub fn is_due(&self, policy: CompactionPolicy) -> bool {
        let is_dirty = self.dirty_ratio() > policy.min_dirty_ratio.value();
        self.dirty_bytes > 0 && (self.is_overdue || is_dirty)
    }
}

/// What of a log can be cleaned.
#[must_use]
pub fn cleanable(
    segments: &[SegmentFacts],
    policy: CompactionPolicy,
    bounds: CleanerBounds,
    now: TimestampMs,
) -> Cleanable {
    let log_start = bounds.log_start_offset;
    let first_dirty = bounds
        .cleaned_to
        .filter(|cleaned_to| *cleaned_to >= log_start)
        .unwrap_or(log_start);
    let sealed = &segments[..segments.len().saturating_sub(1)];
    let dirty_from = sealed
        .partition_point(|segment| segment.base_offset <= first_dirty)
        .saturating_sub(1);
    // A segment that was cleaned to its end holds nothing dirty.
    let dirty_from = match sealed.get(dirty_from) {
        Some(_) if upper_bound(segments, dirty_from) <= Some(first_dirty) => dirty_from + 1,
        _ => dirty_from,
    };
    let is_cleanable = |index: usize| {
        let is_stable = upper_bound(segments, index) <= Some(bounds.last_stable_offset);
        (is_stable || planted::is(Bug::CompactAboveVisible))
            && has_waited(&segments[index], policy.min_lag_ms, now)
    };
    let dirty_to = (dirty_from..sealed.len())
        .find(|index| !is_cleanable(*index))
        .unwrap_or(sealed.len());
    let dirty = &segments[dirty_from.min(dirty_to)..dirty_to];
    let end = segments
        .get(dirty_to)
        .map_or(first_dirty, |segment| segment.base_offset);
    Cleanable {
        first_dirty,
        end: end.max(first_dirty),
        clean_bytes: size(&segments[..dirty_from.min(dirty_to)]),
        dirty_bytes: size(dirty),
        is_overdue: policy
            .max_lag_ms
            .is_some_and(|max| is_overdue(dirty, max, now)),
    }
}

/// The base offset of the segment that follows; none behind the active one.
fn upper_bound(segments: &[SegmentFacts], index: usize) -> Option<Offset> {
    segments.get(index + 1).map(|next| next.base_offset)
}

fn size(segments: &[SegmentFacts]) -> u64 {
    segments.iter().map(|segment| segment.size_bytes).sum()
}

fn has_waited(segment: &SegmentFacts, min_lag_ms: u64, now: TimestampMs) -> bool {
    let age_ms = now.since_ms(segment.max_timestamp);
    min_lag_ms == 0 || u64::try_from(age_ms).is_ok_and(|age_ms| age_ms >= min_lag_ms)
}

fn is_overdue(dirty: &[SegmentFacts], max_lag_ms: u64, now: TimestampMs) -> bool {
    let first = dirty.iter().filter_map(|segment| segment.first_timestamp);
    let oldest = first.filter(|timestamp| timestamp.0 > 0).min();
    oldest.is_some_and(|oldest| {
        u64::try_from(now.since_ms(oldest)).is_ok_and(|age_ms| age_ms > max_lag_ms)
    })
}

/// What a cleaned segment may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimits {
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `segment.index.bytes`.
    pub index_bytes: u64,
    /// `index.interval.bytes`.
    pub index_interval_bytes: u64,
}

impl GroupLimits {
    /// Bytes that the larger index of `size_bytes` of log takes at most.
    fn index_bytes_of(self, size_bytes: u64) -> u64 {
        let interval = self
            .index_interval_bytes
            .max(crate::batch::HEADER_LENGTH as u64);
        (size_bytes / interval + 1) * crate::index::time::TIME_ENTRY_LENGTH as u64
    }
}

/// How many segments become one, from the first on: all of `segments` but the last, which only bounds them, are cleaned.
/// A group stays within the limits as if nothing went, and its offsets within the reach of an index.
#[must_use]
pub fn groups(segments: &[SegmentFacts], limits: GroupLimits) -> Vec<usize> {
    let mut groups = Vec::new();
    let count = segments.len().saturating_sub(1);
    let mut first = 0;
    while first < count {
        let mut size_bytes = segments[first].size_bytes;
        let mut next = first + 1;
        while next < count {
            size_bytes += segments[next].size_bytes;
            let range = segments[next + 1]
                .base_offset
                .distance_from(segments[first].base_offset);
            let in_reach = segments[next].size_bytes == 0
                || range.is_some_and(|range| range <= i32::MAX as u64 + 1)
                || planted::is(Bug::MergeBeyondIndexReach);
            if size_bytes > limits.segment_bytes
                || limits.index_bytes_of(size_bytes) > limits.index_bytes
                || !in_reach
            {
                break;
            }
            next += 1;
        }
        groups.push(next - first);
        first = next;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_000_000);
    const POLICY: CompactionPolicy = CompactionPolicy {
        min_lag_ms: 0,
        max_lag_ms: None,
        min_dirty_ratio: match Fraction::new(0.5) {
            Some(half) => half,
            None => panic!("it is a fraction"),
        },
    };

    /// Segments of ten offsets and 100 bytes, each 1000 ms younger than the one before; the last is active and of now.
    fn segments(count: u32) -> Vec<SegmentFacts> {
        (0..count)
            .map(|n| {
                let timestamp = TimestampMs(NOW.0 - 1000 * i64::from(count - 1 - n));
                SegmentFacts {
                    base_offset: Offset(i64::from(n) * 10),
                    size_bytes: 100,
                    max_timestamp: timestamp,
                    first_timestamp: Some(timestamp),
                }
            })
            .collect()
    }

    fn bounds(last_stable: i64, cleaned_to: Option<i64>) -> CleanerBounds {
        CleanerBounds {
            log_start_offset: Offset(0),
            last_stable_offset: Offset(last_stable),
            cleaned_to: cleaned_to.map(Offset),
        }
    }

    fn parts(cleanable: &Cleanable) -> (i64, i64, u64, u64) {
        let (first, end) = (cleanable.first_dirty.0, cleanable.end.0);
        (first, end, cleanable.clean_bytes, cleanable.dirty_bytes)
    }

    #[test]
    fn everything_but_the_active_segment_is_dirty_at_first() {
        let found = cleanable(&segments(4), POLICY, bounds(40, None), NOW);
        assert_eq!(parts(&found), (0, 30, 0, 300));
        assert!(found.is_due(POLICY));
        let only_active = cleanable(&segments(1), POLICY, bounds(10, None), NOW);
        assert_eq!(parts(&only_active), (0, 0, 0, 0));
        assert!(!only_active.is_due(POLICY));
    }

    #[test]
    fn what_was_cleaned_counts_as_clean_and_a_segment_cleaned_in_part_as_dirty() {
        let found = cleanable(&segments(5), POLICY, bounds(50, Some(20)), NOW);
        assert_eq!(parts(&found), (20, 40, 200, 200));
        assert!(!found.is_due(POLICY), "exactly the ratio is not above it");
        let found = cleanable(&segments(5), POLICY, bounds(50, Some(15)), NOW);
        assert_eq!(parts(&found), (15, 40, 100, 300));
        assert!(found.is_due(POLICY));
        let all = cleanable(&segments(5), POLICY, bounds(50, Some(40)), NOW);
        assert_eq!(parts(&all), (40, 40, 400, 0));
    }

    #[test]
    fn a_log_start_above_the_last_cleaning_makes_all_that_is_left_dirty() {
        let moved = CleanerBounds {
            log_start_offset: Offset(25),
            ..bounds(50, Some(20))
        };
        let found = cleanable(&segments(5), POLICY, moved, NOW);
        assert_eq!(parts(&found), (25, 40, 200, 200));
    }

    #[test]
    fn nothing_that_consumers_may_not_see_yet_is_cleaned() {
        let found = cleanable(&segments(5), POLICY, bounds(25, None), NOW);
        assert_eq!(parts(&found), (0, 20, 0, 200));
    }

    #[test]
    fn min_compaction_lag_keeps_young_segments_and_all_behind_them() {
        let policy = CompactionPolicy {
            min_lag_ms: 2500,
            ..POLICY
        };
        let found = cleanable(&segments(5), policy, bounds(50, None), NOW);
        assert_eq!(parts(&found), (0, 20, 0, 200));
        let mut segments = segments(5);
        segments[0].max_timestamp = NOW;
        let found = cleanable(&segments, policy, bounds(50, None), NOW);
        assert_eq!(parts(&found), (0, 0, 0, 0));
    }

    #[test]
    fn max_compaction_lag_overrules_the_ratio() {
        let policy = |max| CompactionPolicy {
            max_lag_ms: Some(max),
            ..POLICY
        };
        let found = |max| cleanable(&segments(9), policy(max), bounds(90, Some(70)), NOW);
        // The only dirty segment is 1000 ms old.
        assert!(!found(1000).is_due(policy(1000)));
        assert!(found(999).is_due(policy(999)));
    }

    const LIMITS: GroupLimits = GroupLimits {
        segment_bytes: 250,
        index_bytes: 10 << 20,
        index_interval_bytes: 4096,
    };

    #[test]
    fn groups_stay_within_segment_bytes_and_index_bytes() {
        assert_eq!(groups(&segments(6), LIMITS), [2, 2, 1]);
        let mut uneven = segments(6);
        uneven[1].size_bytes = 1000;
        assert_eq!(groups(&uneven, LIMITS), [1, 1, 2, 1]);
        let small_index = GroupLimits {
            index_bytes: 24,
            index_interval_bytes: 150,
            ..LIMITS
        };
        assert_eq!(groups(&segments(6), small_index), [2, 2, 1]);
        let smaller_index = GroupLimits {
            index_bytes: 23,
            ..small_index
        };
        assert_eq!(groups(&segments(4), smaller_index), [1, 1, 1]);
        assert!(groups(&segments(1), LIMITS).is_empty());
    }

    #[test]
    fn groups_stay_within_the_reach_of_an_index() {
        let mut far = segments(4);
        far[2].base_offset = Offset(i64::from(i32::MAX) + 1);
        far[3].base_offset = Offset(i64::from(i32::MAX) + 11);
        let limits = GroupLimits {
            segment_bytes: 1000,
            ..LIMITS
        };
        // The last offset of the second segment is 2^31 - 1 at most, that of the third is beyond.
        assert_eq!(groups(&far, limits), [2, 1]);
        far[2].base_offset = Offset(i64::from(i32::MAX) + 2);
        assert_eq!(groups(&far, limits), [1, 2]);
    }
}
