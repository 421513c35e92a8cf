//! What a core tells of itself to whoever asks: counters, memory, time.
//!
//! Crosses cores as plain numbers. Invariant: it is made on the core that it speaks of.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::core_counters::{self, CoreCounts};
use crate::shard::{self, Shard};

/// See [`Shard::report`].
#[derive(Clone, Copy, Debug)]
pub struct CoreReport {
    /// What has been counted since the start.
    pub counts: CoreCounts,
    /// CPU time that the core's thread has taken.
    pub cpu_time: Duration,
    /// Turns of the core's loop.
    pub turns: u64,
    /// The longest that the core has gone without a look at its ring.
    pub longest_turn: Duration,
    /// Bytes of chunks in the tail cache.
    pub tail_cache_bytes: u64,
    /// Bytes that they may take.
    pub tail_cache_bytes_max: u64,
}

impl Shard {
    /// What the core tells of itself.
    pub fn report(&self) -> CoreReport {
        let mailbox = self.mailbox();
        let longest_turn_ns = mailbox.longest_turn_ns.load(Ordering::Relaxed);
        let budget = self.lane().cache_budget();
        CoreReport {
            counts: core_counters::read(),
            cpu_time: shard::thread_cpu_time(),
            turns: mailbox.turns.load(Ordering::Relaxed),
            longest_turn: Duration::from_nanos(longest_turn_ns),
            tail_cache_bytes: budget.bytes() as u64,
            tail_cache_bytes_max: budget.bytes_max() as u64,
        }
    }
}
