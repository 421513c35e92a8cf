//! A connection that is not read from for a while, since its client has used more than its quota.
//!
//! Shard-local: one per connection. As in Kafka (KIP-219) the answer that tells the client the time goes out at once,
//! and the broker holds it to that time. Invariant: a connection that is told to end ends, however long it would wait.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use corelane_engine::runtime::timeout;

/// See the module.
#[derive(Default)]
pub struct Throttle {
    until: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
    is_lifted: Cell<bool>,
}

impl Throttle {
    /// Reads nothing for this long.
    pub fn hold(&self, time: Duration) {
        let until = Instant::now() + time;
        self.until.set(self.until.get().max(Some(until)));
    }

    /// Waits no longer, and never again.
    pub fn lift(&self) {
        self.is_lifted.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until the time has passed.
    pub async fn over(&self) {
        while let Some(until) = self.until.get() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_lifted.get() {
                self.until.set(None);
                return;
            }
            let lifted = poll_fn(|context| {
                if self.is_lifted.get() {
                    return Poll::Ready(());
                }
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            });
            timeout(left, lifted).await;
        }
    }
}
