//! How many appenders of a core are at work, so that background work can keep out of their way.
//!
//! Shard-local. Invariants: an appender counts from its first queued batch to its last acknowledgement; whoever waits
//! for the end of all of them waits no longer than he says, as a busy core may never be without one.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::io::Disk;
use crate::signal::Signal;

/// See the module.
#[derive(Default)]
pub(crate) struct AppendsUnderWay {
    count: Cell<usize>,
    waiting: RefCell<Vec<Rc<Signal>>>,
}

/// One appender at work, until it is dropped.
pub(crate) struct UnderWay(Rc<AppendsUnderWay>);

impl AppendsUnderWay {
    /// An appender begins.
    pub(crate) fn begin(self: &Rc<Self>) -> UnderWay {
        self.count.set(self.count.get() + 1);
        UnderWay(self.clone())
    }

    /// Completes when no appender is at work, or after `patience`.
    pub(crate) async fn over<D: Disk>(&self, disk: &D, patience: Duration) {
        if self.count.get() == 0 {
            return;
        }
        let signal = Rc::new(Signal::default());
        self.waiting.borrow_mut().push(signal.clone());
        let (mut over, mut patience) = (signal.wait(), pin!(disk.sleep(patience)));
        poll_fn(|context| {
            match (
                pin!(&mut over).poll(context),
                patience.as_mut().poll(context),
            ) {
                (Poll::Pending, Poll::Pending) => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|other| !Rc::ptr_eq(other, &signal));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let left = self.0.count.get() - 1;
        self.0.count.set(left);
        if left == 0 {
            let waiting = self.0.waiting.take();
            waiting.iter().for_each(|signal| signal.set());
        }
    }
}
