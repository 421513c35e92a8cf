//! Latencies of a run under way: coarse counters that one thread adds to and the reporting thread reads.
//!
//! Invariants: counters only grow, so that the difference of two readings is what lies between them; a bucket is 12.5 %
//! wide, for progress lines and curves over time only. Results come from [`crate::latency`]. Shared by two threads.

use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets of each power of two.
const PARTS: usize = 8;
/// Powers of two: latencies of more than eighteen minutes share the last bucket.
const POWERS: usize = 40;
const BUCKETS: usize = PARTS * (POWERS + 1);

/// Counters by latency. The second thread is the one that reports.
#[derive(Debug)]
pub(crate) struct LiveLatency {
    counts: Box<[AtomicU64]>,
}

impl Default for LiveLatency {
    fn default() -> Self {
        Self {
            counts: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl LiveLatency {
    /// Counts one latency. Only the owning thread adds, so a plain load and store suffice.
    pub(crate) fn record(&self, latency_ns: u64) {
        let count = &self.counts[bucket(latency_ns)];
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// The sum of several threads' counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LatencyReading {
    counts: Vec<u64>,
}

impl Default for LatencyReading {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
        }
    }
}

impl LatencyReading {
    /// Adds the counters of one thread.
    pub(crate) fn add(&mut self, live: &LiveLatency) {
        for (sum, count) in self.counts.iter_mut().zip(&live.counts) {
            *sum += count.load(Ordering::Relaxed);
        }
    }

    /// The latency in milliseconds that `quantile` of what came since `earlier` stays at or below; none without any.
    pub(crate) fn quantile_ms_since(&self, earlier: &Self, quantile: f64) -> Option<f64> {
        let between = || {
            let pairs = self.counts.iter().zip(&earlier.counts);
            pairs.map(|(count, before)| count.saturating_sub(*before))
        };
        let total: u64 = between().sum();
        if total == 0 {
            return None;
        }
        let wanted = wanted_of(total, quantile);
        let mut seen = 0;
        for (bucket, count) in between().enumerate() {
            seen += count;
            if seen >= wanted {
                return Some(upper_ns(bucket) / 1e6);
            }
        }
        None
    }
}

fn bucket(latency_ns: u64) -> usize {
    let value = latency_ns.max(8);
    let power = 63 - value.leading_zeros();
    let part = usize::try_from((value >> (power - 3)) & 7).unwrap_or(0);
    let power = usize::try_from(power).unwrap_or(POWERS).min(POWERS);
    power * PARTS + part
}

#[allow(clippy::cast_precision_loss, reason = "buckets are a few hundred")]
fn upper_ns(bucket: usize) -> f64 {
    let (power, part) = (bucket / PARTS, bucket % PARTS);
    let width = 2_f64.powi(i32::try_from(power).unwrap_or(0)) / PARTS as f64;
    width * (PARTS + part + 1) as f64
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of latencies stays below 2^53, and the share of one is not negative"
)]
fn wanted_of(total: u64, quantile: f64) -> u64 {
    ((total as f64 * quantile).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_tells_the_latencies_since_the_one_before() {
        let live = LiveLatency::default();
        for _ in 0..100 {
            live.record(1_000_000_000);
        }
        let mut before = LatencyReading::default();
        before.add(&live);
        for _ in 0..100 {
            live.record(1_000_000);
        }
        let mut after = LatencyReading::default();
        after.add(&live);
        let p99 = after.quantile_ms_since(&before, 0.99).unwrap();
        assert!((1.0..1.2).contains(&p99), "{p99}");
        assert_eq!(after.quantile_ms_since(&after, 0.5), None);
    }

    #[test]
    fn every_latency_has_a_bucket_that_reaches_it() {
        for latency_ns in [0, 7, 8, 9, 1_000, 123_456_789, 1 << 39] {
            assert!(
                upper_ns(bucket(latency_ns)) >= latency_ns as f64,
                "{latency_ns}"
            );
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }
}
