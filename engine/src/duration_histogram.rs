//! How long things took, counted in fixed steps.
//!
//! Shard-local while it counts; what is read out of it ([`DurationCounts`]) crosses cores and adds up. Invariants: a
//! duration is counted in the first step that it does not exceed; all histograms have the same steps, so that those of
//! several cores are merged exactly, not averaged.

use std::cell::Cell;
use std::time::Duration;

/// The upper ends of the steps, in ns, inclusive. What takes longer is counted behind the last one. From the time of a
/// request answered from memory to the limit of a disk that is taken for hung.
pub const STEP_ENDS_NS: [u64; 17] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Steps, the one without an end included.
pub const STEP_COUNT: usize = STEP_ENDS_NS.len() + 1;

/// See the module.
#[derive(Debug, Default)]
pub struct DurationHistogram {
    counts: [Cell<u64>; STEP_COUNT],
    sum_ns: Cell<u64>,
}

/// What a histogram held when it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationCounts {
    /// How many durations fell into each step.
    pub counts: [u64; STEP_COUNT],
    /// All durations together, in ns.
    pub sum_ns: u64,
}

impl DurationHistogram {
    /// One in which nothing is counted.
    pub const fn new() -> Self {
        DurationHistogram {
            counts: [const { Cell::new(0) }; STEP_COUNT],
            sum_ns: Cell::new(0),
        }
    }

    /// Counts one duration.
    pub fn count(&self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let step = STEP_ENDS_NS.partition_point(|end| *end < ns);
        let count = &self.counts[step];
        count.set(count.get() + 1);
        self.sum_ns.set(self.sum_ns.get().saturating_add(ns));
    }

    /// What has been counted so far.
    pub fn read(&self) -> DurationCounts {
        DurationCounts {
            counts: std::array::from_fn(|step| self.counts[step].get()),
            sum_ns: self.sum_ns.get(),
        }
    }
}

impl DurationCounts {
    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds what another core has counted.
    pub fn add(&mut self, other: &DurationCounts) {
        for (own, others) in self.counts.iter_mut().zip(&other.counts) {
            *own += others;
        }
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_first_step_that_it_does_not_exceed() {
        let histogram = DurationHistogram::new();
        for ns in [0, 50_000, 50_001, 10_000_000_000, 10_000_000_001] {
            histogram.count(Duration::from_nanos(ns));
        }
        let read = histogram.read();
        assert_eq!((read.counts[0], read.counts[1]), (2, 1));
        assert_eq!(read.counts[STEP_COUNT - 2..], [1, 1]);
        assert_eq!((read.total(), read.sum_ns), (5, 20_000_100_002));
    }

    #[test]
    fn histograms_of_several_cores_add_up_step_by_step() {
        let [one, other] = [DurationHistogram::new(), DurationHistogram::new()];
        one.count(Duration::from_micros(10));
        other.count(Duration::from_micros(20));
        other.count(Duration::from_secs(60));
        let mut merged = one.read();
        merged.add(&other.read());
        assert_eq!((merged.counts[0], merged.counts[STEP_COUNT - 1]), (2, 1));
        assert_eq!(merged.sum_ns, 60_000_030_000);
    }

    #[test]
    fn steps_rise() {
        assert!(STEP_ENDS_NS.is_sorted_by(|one, next| one < next));
    }
}
