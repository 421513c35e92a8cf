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
    if let Some(left_out) = may_speak() {
        tracing::warn!(%peer, %reason, left_out, "connection closed");
    }
}

/// Says that a read of a client failed; clients that ask again and again fill no log.
pub fn complain_of_read(error: &dyn Display) {
    if let Some(left_out) = may_speak() {
        tracing::error!(%error, left_out, "a read failed");
    }
}

/// How many lines were left out since the last one; none while another may not be written yet.
fn may_speak() -> Option<u64> {
    let now = Instant::now();
    let last = LAST.get();
    if last.is_some_and(|last| now.duration_since(last) < PAUSE) {
        LEFT_OUT.set(LEFT_OUT.get() + 1);
        return None;
    }
    LAST.set(Some(now));
    Some(LEFT_OUT.take())
}
