//! A signal that is set once and wakes the one task that waits for it.
//!
//! Shard-local. Invariant: a signal that was set before somebody waits is not lost.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// See the module.
#[derive(Default)]
pub(crate) struct Signal {
    set: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Signal {
    /// Wakes who waits, now or later.
    pub(crate) fn set(&self) {
        self.set.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Completes when the signal is set.
    pub(crate) fn wait(self: &Rc<Self>) -> SignalWait {
        SignalWait(self.clone())
    }
}

/// See [`Signal::wait`].
pub(crate) struct SignalWait(Rc<Signal>);

impl Future for SignalWait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.set.get() {
            return Poll::Ready(());
        }
        self.0.waker.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}
