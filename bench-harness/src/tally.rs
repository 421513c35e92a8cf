//! The account of one client thread: latencies in a histogram of its own, and counters that the run's thread reads.
//!
//! Invariants: only requests of the measured window enter the histograms; counters only grow. A `Tally` lives on one
//! thread; `Progress` and `Window` are shared with the thread that reports.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lane::{AnswerTimes, Contents};
use crate::latency::LatencyHistogram;
use crate::live_latency::LiveLatency;
use crate::result::Faults;

/// Reasons that are kept in full; further ones are only counted by their kind.
const REASONS_MAX: usize = 8;
/// Latencies into which those of requests that never left are grouped.
const UNSENT_GROUPS_MAX: u64 = 1_000;
/// What was due in the last moments of a run may still have waited for its turn.
const UNSENT_GRACE_NS: u64 = 100_000_000;
/// Spans of this length or more have their first and their last part told apart.
const PARTED_SPAN_NS: u64 = 30_000_000_000;
/// Such a part is a third of the span, and at most a minute.
const PART_NS_MAX: u64 = 60_000_000_000;
/// Different error codes that are told apart.
const CODES_MAX: usize = 32;

/// What one client thread has achieved. The second thread is the one that reports.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    requests: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
    latency: LiveLatency,
}

/// A reading of [`Progress`], or the sum over threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

impl Progress {
    /// Only the owning thread adds, so a plain load and store suffice and no lock prefix is paid.
    pub(crate) fn add(&self, contents: Contents) {
        let add = |counter: &AtomicU64, more: u64| {
            counter.store(
                counter.load(Ordering::Relaxed).wrapping_add(more),
                Ordering::Relaxed,
            );
        };
        add(&self.requests, 1);
        add(&self.records, contents.records);
        add(&self.bytes, contents.bytes);
    }

    /// Counts a latency for the progress line and the timeline.
    pub(crate) fn latency(&self, latency_ns: u64) {
        self.latency.record(latency_ns);
    }

    /// The latencies so far.
    pub(crate) fn live_latency(&self) -> &LiveLatency {
        &self.latency
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Counts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            records: self.records + other.records,
            bytes: self.bytes + other.bytes,
        }
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            records: self.records.saturating_sub(earlier.records),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }
}

/// The measured span, in nanoseconds since the start. The run's thread moves the end when enough bytes are through.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) from_ns: u64,
    until_ns: AtomicU64,
    /// Where the part ends that is told apart as the first, and where the last begins.
    parts_ns: Option<(u64, u64)>,
}

/// The first or the last part of a long measured span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    First,
    Last,
}

impl Window {
    pub(crate) fn new(from_ns: u64, until_ns: u64) -> Self {
        let span_ns = until_ns.saturating_sub(from_ns);
        let part_ns = (span_ns / 3).min(PART_NS_MAX);
        let parts_ns = (span_ns >= PARTED_SPAN_NS).then(|| (from_ns + part_ns, until_ns - part_ns));
        Self {
            from_ns,
            until_ns: AtomicU64::new(until_ns),
            parts_ns,
        }
    }

    fn part_of(&self, at_ns: u64) -> Option<Part> {
        let (first_until_ns, last_from_ns) = self.parts_ns?;
        if at_ns < first_until_ns {
            return Some(Part::First);
        }
        (at_ns >= last_from_ns).then_some(Part::Last)
    }

    pub(crate) fn until_ns(&self) -> u64 {
        self.until_ns.load(Ordering::Relaxed)
    }

    pub(crate) fn end_at(&self, now_ns: u64) {
        self.until_ns.fetch_min(now_ns, Ordering::Relaxed);
    }

    pub(crate) fn holds(&self, at_ns: u64) -> bool {
        at_ns >= self.from_ns && at_ns < self.until_ns()
    }
}

/// Requests of one lane that were due in the measured span and never left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsent {
    pub(crate) count: u64,
    /// How long the first of them had waited at the end.
    pub(crate) longest_ns: u64,
    /// How long the last of them had.
    pub(crate) shortest_ns: u64,
}

/// The account of one thread.
pub(crate) struct Tally {
    window: Arc<Window>,
    pub(crate) latency: LatencyHistogram,
    pub(crate) latency_by_class: BTreeMap<u32, LatencyHistogram>,
    /// Of spans that are long enough.
    pub(crate) latency_at_first: LatencyHistogram,
    pub(crate) latency_at_last: LatencyHistogram,
    pub(crate) behind_schedule: LatencyHistogram,
    pub(crate) client_delay: LatencyHistogram,
    pub(crate) faults: Faults,
}

impl Tally {
    pub(crate) fn new(window: Arc<Window>) -> Self {
        Self {
            window,
            latency: LatencyHistogram::new(),
            latency_by_class: BTreeMap::new(),
            latency_at_first: LatencyHistogram::new(),
            latency_at_last: LatencyHistogram::new(),
            behind_schedule: LatencyHistogram::new(),
            client_delay: LatencyHistogram::new(),
            faults: Faults::default(),
        }
    }

    /// Counts a latency, and once more under its class, of which there are at most as many as partitions.
    pub(crate) fn answered(&mut self, times: AnswerTimes, class: Option<u32>) {
        if !self.window.holds(times.intended_ns) {
            return;
        }
        let latency_ns = times.now_ns.saturating_sub(times.intended_ns);
        self.latency.record(latency_ns);
        match self.window.part_of(times.intended_ns) {
            Some(Part::First) => self.latency_at_first.record(latency_ns),
            Some(Part::Last) => self.latency_at_last.record(latency_ns),
            None => {}
        }
        if let Some(class) = class {
            let of_class = self.latency_by_class.entry(class).or_default();
            of_class.record(latency_ns);
        }
    }

    pub(crate) fn sent_late(&mut self, intended_ns: u64, behind_ns: u64, client_ns: u64) {
        if self.window.holds(intended_ns) {
            self.behind_schedule.record(behind_ns);
            self.client_delay.record(client_ns);
        }
    }

    /// Takes account of requests that were due and never left. `waited_ns` is the time since the first and the last of them.
    pub(crate) fn never_sent(&mut self, unsent: Unsent) {
        let groups = unsent.count.min(UNSENT_GROUPS_MAX);
        for group in 0..groups {
            // Evenly between the longest and the shortest wait.
            let span_ns = unsent.longest_ns.saturating_sub(unsent.shortest_ns);
            let waited_ns = unsent.longest_ns - span_ns / groups * group;
            let before = unsent.count * group / groups;
            let count = unsent.count * (group + 1) / groups - before;
            self.latency.record_many(waited_ns, count);
            self.behind_schedule.record_many(waited_ns, count);
        }
        if unsent.longest_ns > UNSENT_GRACE_NS {
            self.faults.unsent += unsent.count;
        }
    }

    pub(crate) fn refused(&mut self, code: String) {
        let known =
            self.faults.refused.contains_key(&code) || self.faults.refused.len() < CODES_MAX;
        *self
            .faults
            .refused
            .entry(if known { code } else { "others".to_owned() })
            .or_insert(0) += 1;
    }

    pub(crate) fn connection_failed(&mut self, reason: &str) {
        if self.faults.connections_failed.len() < REASONS_MAX {
            self.faults.connections_failed.push(reason.to_owned());
        }
    }

    /// Adds another thread's account.
    pub(crate) fn merge(&mut self, other: Self) {
        self.latency.merge(&other.latency);
        self.latency_at_first.merge(&other.latency_at_first);
        self.latency_at_last.merge(&other.latency_at_last);
        for (class, latency) in &other.latency_by_class {
            let own = self.latency_by_class.entry(*class).or_default();
            own.merge(latency);
        }
        self.behind_schedule.merge(&other.behind_schedule);
        self.client_delay.merge(&other.client_delay);
        self.faults.merge(other.faults);
        self.faults.connections_failed.truncate(REASONS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn the_parts_of_a_long_span_are_its_thirds_and_at_most_a_minute() {
        let window = Window::new(10 * SECOND_NS, 70 * SECOND_NS);
        let part = |at_s: u64| window.part_of(at_s * SECOND_NS);
        assert_eq!(
            [part(10), part(29), part(30), part(49), part(50), part(69)],
            [
                Some(Part::First),
                Some(Part::First),
                None,
                None,
                Some(Part::Last),
                Some(Part::Last)
            ]
        );
        let window = Window::new(0, 1_800 * SECOND_NS);
        assert_eq!(window.part_of(61 * SECOND_NS), None);
        assert_eq!(window.part_of(1_741 * SECOND_NS), Some(Part::Last));
    }

    #[test]
    fn a_short_span_has_no_parts() {
        let window = Window::new(0, 10 * SECOND_NS);
        assert_eq!(window.part_of(0), None);
    }
}
