//! Which segments retention removes: a pure choice over summaries, with the rules of Kafka's
//! `UnifiedLog.deleteOldSegments`.
//!
//! Invariants: what goes is a prefix of the segments, and lies below the bound up to which deletion is allowed. An
//! empty active segment never goes; an active one with data goes only after a roll. Pure: numbers and `now`.

use crate::planted::{self, Bug};
use crate::types::{Offset, TimestampMs};

/// How far a record's timestamp may lie ahead of its file's last change before it is taken for absurd: Kafka's
/// default of `message.timestamp.after.max.ms`. Without a bound, one record of the year 3000 would keep its segment,
/// and all later ones, for ever.
pub const FUTURE_TIMESTAMP_MS_MAX: i64 = 3_600_000;

/// What retention needs to know of a segment. Segments are given oldest first, the active one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSummary {
    /// The first offset of the segment.
    pub base_offset: Offset,
    /// Bytes of its log file that hold batches.
    pub size_bytes: u64,
    /// The largest timestamp of its records; `None` when it holds none that has one.
    pub max_timestamp: Option<TimestampMs>,
    /// When the log file changed last.
    pub last_modified: TimestampMs,
}

impl SegmentSummary {
    /// The timestamp that retention counts from.
    #[must_use]
    pub fn effective_timestamp(&self) -> TimestampMs {
        self.max_timestamp
            .filter(|timestamp| timestamp.0 >= 0)
            .filter(|timestamp| {
                timestamp.since_ms(self.last_modified) <= FUTURE_TIMESTAMP_MS_MAX
                    || planted::is(Bug::BelieveFutureTimestamp)
            })
            .unwrap_or(self.last_modified)
    }
}

/// The limits of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// `retention.ms`; `None` is without limit.
    pub retention_ms: Option<u64>,
    /// `retention.bytes`; `None` is without limit.
    pub retention_bytes: Option<u64>,
}

/// Where the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBounds {
    /// The first offset that readers may see; DeleteRecords may have moved it into a segment.
    pub log_start_offset: Offset,
    /// The offset that the next batch gets.
    pub log_end_offset: Offset,
    /// Nothing at or above this offset may go: the high watermark.
    pub high_watermark: Offset,
}

/// What retention removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionChoice {
    /// How many segments go, from the oldest on.
    pub delete_count: usize,
    /// Whether the active segment is among them and must be rolled first.
    pub roll_active: bool,
    /// The log start offset afterwards. It must be durable before a file goes.
    pub log_start_offset: Offset,
}

/// Chooses what goes: segments wholly below the log start offset, then the oldest while the log without them still
/// holds `retention.bytes`, then the oldest whose records are all older than `retention.ms`.
#[must_use]
pub fn choose(
    segments: &[SegmentSummary],
    policy: RetentionPolicy,
    bounds: LogBounds,
    now: TimestampMs,
) -> RetentionChoice {
    let below_start = count_below_log_start(segments, bounds);
    let by_size = below_start + count_by_size(&segments[below_start..], policy);
    let by_time = by_size + count_by_time(&segments[by_size..], policy, now);
    let delete_count = by_time.min(deletable_count(segments, bounds));
    let log_start_offset = match delete_count.checked_sub(1) {
        Some(last) => bounds
            .log_start_offset
            .max(upper_bound(segments, last, bounds)),
        None => bounds.log_start_offset,
    };
    RetentionChoice {
        delete_count,
        roll_active: delete_count > 0
            && delete_count == segments.len()
            && !planted::is(Bug::DeleteActiveSegment),
        log_start_offset,
    }
}

/// The offset behind the last one of segment `index`.
fn upper_bound(segments: &[SegmentSummary], index: usize, bounds: LogBounds) -> Offset {
    segments
        .get(index + 1)
        .map_or(bounds.log_end_offset, |next| next.base_offset)
}

/// How many segments could go at all, whatever the policy.
fn deletable_count(segments: &[SegmentSummary], bounds: LogBounds) -> usize {
    let is_deletable = |index: usize| {
        let is_empty_active = index + 1 == segments.len() && segments[index].size_bytes == 0;
        let is_visible = upper_bound(segments, index, bounds) <= bounds.high_watermark;
        !is_empty_active && (is_visible || planted::is(Bug::RetainAboveHighWatermark))
    };
    (0..segments.len())
        .take_while(|index| is_deletable(*index))
        .count()
}

fn count_below_log_start(segments: &[SegmentSummary], bounds: LogBounds) -> usize {
    segments
        .iter()
        .skip(1)
        .take_while(|next| next.base_offset <= bounds.log_start_offset)
        .count()
}

fn count_by_size(segments: &[SegmentSummary], policy: RetentionPolicy) -> usize {
    let size = segments
        .iter()
        .fold(0_u64, |sum, segment| sum.saturating_add(segment.size_bytes));
    let Some(mut excess) = policy
        .retention_bytes
        .and_then(|limit| size.checked_sub(limit))
    else {
        return 0;
    };
    segments
        .iter()
        .take_while(|segment| match excess.checked_sub(segment.size_bytes) {
            Some(rest) => {
                excess = rest;
                true
            }
            None => false,
        })
        .count()
}

fn count_by_time(segments: &[SegmentSummary], policy: RetentionPolicy, now: TimestampMs) -> usize {
    let Some(retention_ms) = policy.retention_ms else {
        return 0;
    };
    segments
        .iter()
        .take_while(|segment| {
            let age_ms = now.since_ms(segment.effective_timestamp());
            u64::try_from(age_ms).is_ok_and(|age_ms| age_ms > retention_ms)
        })
        .count()
}

/// Whether the active segment must be rolled for its age: Kafka's `segment.ms`, counted from the first record's
/// timestamp, or from the segment's creation where it has none.
#[must_use]
pub fn is_roll_due(
    first_timestamp: Option<TimestampMs>,
    created: TimestampMs,
    segment_ms: u64,
    now: TimestampMs,
) -> bool {
    let start = first_timestamp
        .filter(|timestamp| timestamp.0 >= 0)
        .unwrap_or(created);
    u64::try_from(now.since_ms(start)).is_ok_and(|age_ms| age_ms > segment_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_000_000_000);

    /// Segments of 100 bytes and ten offsets, each 1000 ms younger than the one before; the last is now.
    fn segments(count: u32) -> Vec<SegmentSummary> {
        (0..count)
            .map(|n| {
                let timestamp = TimestampMs(NOW.0 - 1000 * i64::from(count - 1 - n));
                SegmentSummary {
                    base_offset: Offset(i64::from(n) * 10),
                    size_bytes: 100,
                    max_timestamp: Some(timestamp),
                    last_modified: timestamp,
                }
            })
            .collect()
    }

    fn bounds(log_start: i64, end: i64) -> LogBounds {
        LogBounds {
            log_start_offset: Offset(log_start),
            log_end_offset: Offset(end),
            high_watermark: Offset(end),
        }
    }

    fn by_time(retention_ms: u64) -> RetentionPolicy {
        RetentionPolicy {
            retention_ms: Some(retention_ms),
            retention_bytes: None,
        }
    }

    fn by_size(retention_bytes: u64) -> RetentionPolicy {
        RetentionPolicy {
            retention_ms: None,
            retention_bytes: Some(retention_bytes),
        }
    }

    #[test]
    fn without_limits_nothing_goes() {
        let choice = choose(&segments(5), RetentionPolicy::default(), bounds(0, 50), NOW);
        assert_eq!(
            (choice.delete_count, choice.log_start_offset),
            (0, Offset(0))
        );
        let none = choose(&[], by_time(0), bounds(0, 0), NOW);
        assert_eq!((none.delete_count, none.roll_active), (0, false));
    }

    #[test]
    fn a_segment_goes_when_its_newest_record_is_too_old() {
        let choice = choose(&segments(5), by_time(2000), bounds(0, 50), NOW);
        assert_eq!((choice.delete_count, choice.roll_active), (2, false));
        assert_eq!(choice.log_start_offset, Offset(20));
    }

    #[test]
    fn an_old_segment_behind_a_young_one_stays() {
        let mut segments = segments(5);
        segments[0].max_timestamp = Some(NOW);
        segments[0].last_modified = NOW;
        assert_eq!(
            choose(&segments, by_time(2000), bounds(0, 50), NOW).delete_count,
            0
        );
    }

    #[test]
    fn the_active_segment_goes_only_with_a_roll_and_only_with_data() {
        let later = TimestampMs(NOW.0 + 100_000);
        let mut segments = segments(3);
        let choice = choose(&segments, by_time(2000), bounds(0, 30), later);
        assert_eq!((choice.delete_count, choice.roll_active), (3, true));
        assert_eq!(choice.log_start_offset, Offset(30));
        segments[2].size_bytes = 0;
        let choice = choose(&segments, by_time(2000), bounds(0, 20), later);
        assert_eq!((choice.delete_count, choice.roll_active), (2, false));
    }

    #[test]
    fn size_keeps_at_least_the_bytes_asked_for() {
        for (limit, expected) in [(500, 0), (499, 0), (401, 0), (400, 1), (250, 2), (0, 5)] {
            let choice = choose(&segments(5), by_size(limit), bounds(0, 50), NOW);
            assert_eq!(choice.delete_count, expected, "{limit}");
        }
    }

    #[test]
    fn size_is_counted_before_time() {
        let policy = RetentionPolicy {
            retention_ms: Some(2000),
            retention_bytes: Some(400),
        };
        assert_eq!(
            choose(&segments(5), policy, bounds(0, 50), NOW).delete_count,
            2
        );
    }

    #[test]
    fn segments_below_the_log_start_go_whatever_the_policy() {
        let choice = choose(
            &segments(5),
            RetentionPolicy::default(),
            bounds(25, 50),
            NOW,
        );
        assert_eq!(
            (choice.delete_count, choice.log_start_offset),
            (2, Offset(25))
        );
    }

    #[test]
    fn nothing_above_the_high_watermark_goes() {
        let mut bounds = bounds(0, 50);
        bounds.high_watermark = Offset(15);
        let choice = choose(&segments(5), by_size(0), bounds, NOW);
        assert_eq!(
            (choice.delete_count, choice.log_start_offset),
            (1, Offset(10))
        );
    }

    #[test]
    fn an_absurd_future_timestamp_counts_as_the_files_last_change() {
        let mut segments = segments(5);
        segments[0].max_timestamp = Some(TimestampMs(i64::MAX));
        assert_eq!(
            choose(&segments, by_time(2000), bounds(0, 50), NOW).delete_count,
            2
        );
        segments[0].max_timestamp = Some(TimestampMs::NONE);
        assert_eq!(
            choose(&segments, by_time(2000), bounds(0, 50), NOW).delete_count,
            2
        );
    }

    #[test]
    fn a_clock_that_jumped_back_removes_nothing() {
        let past = TimestampMs(5);
        assert_eq!(
            choose(&segments(5), by_time(0), bounds(0, 50), past).delete_count,
            0
        );
    }

    #[test]
    fn a_roll_is_due_after_segment_ms() {
        assert!(!is_roll_due(
            Some(TimestampMs(100)),
            NOW,
            50,
            TimestampMs(150)
        ));
        assert!(is_roll_due(
            Some(TimestampMs(100)),
            NOW,
            50,
            TimestampMs(151)
        ));
        assert!(is_roll_due(None, TimestampMs(100), 50, TimestampMs(151)));
        assert!(!is_roll_due(Some(NOW), NOW, 50, TimestampMs(0)));
    }
}
