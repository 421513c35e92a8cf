//! Log lines about misbehaving clients, at most one a second and core, with a count of those left out.
//!
//! Shard-local: each core counts for itself.
//!
//! Invariants: a client cannot make the broker write more than a line a second and core.

use std::cell::Cell;
use std::fmt::Display;
use std::time::{Duration, Instant};

/// The pause between two lines.
const PAUSE: Duration = Duration::from_secs(1);

thread_local! {
    static LAST: Cell<Option<Instant>> = const { Cell::new(None) };
    static LEFT_OUT: Cell<u64> = const { Cell::new(0) };
}

/// Says that the connection of `peer` was closed because of `reason`.
pub fn complain(peer: &dyn Display, reason: &dyn Display) {
    let now = Instant::now();
    if LAST
        .get()
        .is_some_and(|last| now.duration_since(last) < PAUSE)
    {
        LEFT_OUT.set(LEFT_OUT.get() + 1);
        return;
    }
    LAST.set(Some(now));
    tracing::warn!(%peer, %reason, left_out = LEFT_OUT.take(), "connection closed");
}
