//! Where a batch's sending meets its arrival at a consumer, and where it is noted what was acknowledged.
//!
//! Invariants: a batch is known by partition and base offset, which answer and consumer both name, in either order; what
//! waits for its other half is bounded. Shared by the producing and the consuming threads of one run.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::latency::{LatencyHistogram, LatencySummary};
use crate::tally::Window;

/// Batches that wait for their other half; further ones are counted as lost from sight.
const WAITING_MAX: usize = 1_000_000;

/// The account of both sides. The second threads are those of the consumer.
pub(crate) struct Ledger {
    window: Arc<Window>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: HashMap<(i32, i64), Half>,
    end_to_end: LatencyHistogram,
    next_offsets: BTreeMap<i32, i64>,
    overlooked: u64,
}

enum Half {
    Sent { intended_ns: u64 },
    Received { now_ns: u64 },
}

/// What the ledger knows at the end.
pub(crate) struct Closed {
    /// From the intended time of sending to the arrival at the consumer.
    pub(crate) end_to_end: Option<LatencySummary>,
    /// Acknowledged batches of the measured span that no consumer has seen.
    pub(crate) unseen: u64,
    /// The offset behind the last acknowledged record, by partition.
    pub(crate) next_offsets: BTreeMap<i32, i64>,
}

impl Ledger {
    pub(crate) fn new(window: &Arc<Window>) -> Self {
        Self {
            window: Arc::clone(window),
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch was acknowledged.
    pub(crate) fn acknowledged(
        &self,
        partition: i32,
        base_offset: i64,
        records: u64,
        intended_ns: u64,
    ) {
        let mut inner = self.lock();
        let next = base_offset.saturating_add_unsigned(records);
        let known = inner.next_offsets.entry(partition).or_insert(next);
        *known = next.max(*known);
        match inner.waiting.remove(&(partition, base_offset)) {
            Some(Half::Received { now_ns }) => self.meet(&mut inner, intended_ns, now_ns),
            Some(Half::Sent { .. }) | None => {
                inner.wait((partition, base_offset), Half::Sent { intended_ns })
            }
        }
    }

    /// A batch has reached the consumer.
    pub(crate) fn received(&self, partition: i32, base_offset: i64, now_ns: u64) {
        let mut inner = self.lock();
        match inner.waiting.remove(&(partition, base_offset)) {
            Some(Half::Sent { intended_ns }) => self.meet(&mut inner, intended_ns, now_ns),
            Some(Half::Received { .. }) | None => {
                inner.wait((partition, base_offset), Half::Received { now_ns })
            }
        }
    }

    fn meet(&self, inner: &mut Inner, intended_ns: u64, now_ns: u64) {
        if self.window.holds(intended_ns) {
            inner.end_to_end.record(now_ns.saturating_sub(intended_ns));
        }
    }

    /// Closes the account.
    pub(crate) fn close(&self) -> Closed {
        let inner = self.lock();
        let is_unseen = |half: &&Half| matches!(half, Half::Sent { intended_ns } if self.window.holds(*intended_ns));
        let waiting = inner.waiting.values().filter(is_unseen).count();
        Closed {
            end_to_end: (inner.end_to_end.count() > 0).then(|| inner.end_to_end.summary()),
            unseen: u64::try_from(waiting)
                .unwrap_or(u64::MAX)
                .saturating_add(inner.overlooked),
            next_offsets: inner.next_offsets.clone(),
        }
    }
}

impl Inner {
    fn wait(&mut self, batch: (i32, i64), half: Half) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.insert(batch, half);
        } else {
            self.overlooked += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_counts_from_its_intended_time_whichever_side_comes_first() {
        let ledger = Ledger::new(&Arc::new(Window::new(0, 1_000_000_000)));
        ledger.acknowledged(0, 0, 10, 1_000_000);
        ledger.received(0, 0, 3_000_000);
        ledger.received(1, 40, 9_000_000);
        ledger.acknowledged(1, 40, 2, 1_000_000);
        ledger.acknowledged(0, 10, 10, 2_000_000);
        let closed = ledger.close();
        let end_to_end = closed.end_to_end.unwrap();
        assert_eq!(end_to_end.count, 2);
        assert!((end_to_end.p50_ms - 2.0).abs() < 0.01);
        assert!((end_to_end.max_ms - 8.0).abs() < 0.01);
        assert_eq!(closed.unseen, 1);
        assert_eq!(closed.next_offsets, BTreeMap::from([(0, 20), (1, 42)]));
    }
}
