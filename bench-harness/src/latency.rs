//! Latency histograms: recorded in nanoseconds, merged across connections and threads, never averaged.
//!
//! Invariants: every histogram has the same bounds and precision, so that a merge loses nothing; a value above the
//! bound is counted at the bound, never dropped. Pure: no clock.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The smallest latency that is told apart from zero.
const LATENCY_RESOLUTION_NS: u64 = 100;
/// Latencies above ten minutes are counted as ten minutes.
pub const LATENCY_MAX_NS: u64 = 600_000_000_000;
/// Three significant digits: an error of at most 0.1 % at every magnitude.
const SIGNIFICANT_DIGITS: u8 = 3;

/// Latencies of one lane, or of several after [`LatencyHistogram::merge`].
#[derive(Debug, Clone)]
pub struct LatencyHistogram {
    histogram: Histogram<u64>,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl LatencyHistogram {
    /// An empty histogram over 100 ns to ten minutes.
    pub fn new() -> Self {
        let histogram =
            Histogram::new_with_bounds(LATENCY_RESOLUTION_NS, LATENCY_MAX_NS, SIGNIFICANT_DIGITS)
                .expect(
                    "the constant bounds satisfy low >= 1, high >= 2 * low and at most five digits",
                );
        Self { histogram }
    }

    /// Counts one latency.
    pub fn record(&mut self, latency_ns: u64) {
        self.histogram.saturating_record(latency_ns);
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.histogram
            .add(&other.histogram)
            .expect("both histograms were made with the same bounds");
    }

    /// Forgets every count and keeps the memory.
    pub fn reset(&mut self) {
        self.histogram.reset();
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The latency in milliseconds that `quantile` (0 to 1) of all stay at or below.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        milliseconds(self.histogram.value_at_quantile(quantile))
    }

    /// The percentiles that reports show, with the buckets behind them.
    pub fn summary(&self) -> LatencySummary {
        LatencySummary {
            count: self.count(),
            p50_ms: self.quantile_ms(0.50),
            p90_ms: self.quantile_ms(0.90),
            p99_ms: self.quantile_ms(0.99),
            p99_9_ms: self.quantile_ms(0.999),
            p99_99_ms: self.quantile_ms(0.9999),
            max_ms: milliseconds(self.histogram.max()),
            buckets: self.buckets(),
        }
    }

    /// Rebuilds the histogram that a summary was taken from, to merge runs or to draw a curve.
    pub fn from_buckets(buckets: &[LatencyBucket]) -> Self {
        let mut rebuilt = Self::new();
        for bucket in buckets {
            rebuilt
                .histogram
                .saturating_record_n(bucket.latency_ns, bucket.count);
        }
        rebuilt
    }

    /// The text of an `.hgrm` file, in milliseconds.
    pub fn percentile_distribution(&self) -> String {
        let mut count = 0;
        let points = self.histogram.iter_quantiles(5).map(|step| {
            count += step.count_since_last_iteration();
            let value_ms = milliseconds(step.value_iterated_to());
            (value_ms, step.quantile_iterated_to(), count)
        });
        let points: Vec<_> = points.collect();
        let closing = [
            ("mean", self.histogram.mean() / 1e6),
            ("deviation", self.histogram.stdev() / 1e6),
            ("max", milliseconds(self.histogram.max())),
            ("count", crate::report::float(self.count())),
        ];
        crate::percentile_file::distribution(points.into_iter(), &closing)
    }

    fn buckets(&self) -> Vec<LatencyBucket> {
        self.histogram
            .iter_recorded()
            .map(|recorded| LatencyBucket {
                latency_ns: recorded.value_iterated_to(),
                count: recorded.count_at_value(),
            })
            .collect()
    }
}

/// One bucket that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyBucket {
    /// The highest latency of the bucket.
    pub latency_ns: u64,
    /// How many latencies fell into it.
    pub count: u64,
}

/// Percentiles of one merged histogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many latencies were counted.
    pub count: u64,
    /// The median.
    pub p50_ms: f64,
    /// Nine in ten stay at or below.
    pub p90_ms: f64,
    /// 99 in 100 stay at or below.
    pub p99_ms: f64,
    /// 999 in 1,000 stay at or below.
    pub p99_9_ms: f64,
    /// 9,999 in 10,000 stay at or below.
    pub p99_99_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Every bucket that is not empty, so that results can be merged later.
    pub buckets: Vec<LatencyBucket>,
}

#[allow(clippy::cast_precision_loss, reason = "latencies stay below 2^53 ns")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_histograms_keep_the_tail_of_each() {
        let mut fast = LatencyHistogram::new();
        for _ in 0..999 {
            fast.record(1_000_000);
        }
        let mut slow = LatencyHistogram::new();
        slow.record(200_000_000);
        fast.merge(&slow);
        let summary = fast.summary();
        assert_eq!(summary.count, 1_000);
        assert!((summary.p50_ms - 1.0).abs() < 0.01);
        assert!((summary.max_ms - 200.0).abs() < 0.3);
    }

    #[test]
    fn a_latency_beyond_the_bound_is_counted_at_the_bound() {
        let mut histogram = LatencyHistogram::new();
        histogram.record(u64::MAX);
        assert_eq!(histogram.count(), 1);
        assert!(histogram.summary().max_ms >= 599_000.0);
    }

    #[test]
    fn a_histogram_survives_the_way_through_its_buckets() {
        let mut histogram = LatencyHistogram::new();
        for latency_us in 1..5_000_u64 {
            histogram.record(latency_us * 1_000);
        }
        let summary = histogram.summary();
        let rebuilt = LatencyHistogram::from_buckets(&summary.buckets).summary();
        assert_eq!(rebuilt, summary);
    }
}
