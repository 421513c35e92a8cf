//! Whose group is flushed next: under load durable groups of one core wait for each other, and grow meanwhile.
//!
//! Shard-local. Each flush costs the device a flush of its cache, however little it makes durable, and where the space
//! was not written before ([`crate::ahead`]) the file system a commit of its journal as well. Without turns every
//! partition asks for one as soon as its last has returned; with turns the same records take fewer. Groups that nobody
//! wants durable take no turn.
//!
//! Invariants: whoever waits is let in in order; a turn ends when its holder lets go of it, however that comes about;
//! a flush that hangs keeps other partitions waiting no longer than [`PATIENCE`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::io::Disk;
use crate::signal::Signal;

/// No further turn begins while so many bytes are on their way to a flush; small groups are flushed side by side in any
/// case.
const BYTES_MAX: usize = 512 << 10;
/// A disk that takes longer is in trouble, and then each partition is on its own.
const PATIENCE: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Default)]
pub(crate) struct FlushTurns {
    bytes: Cell<usize>,
    waiting: RefCell<VecDeque<Rc<Signal>>>,
}

impl FlushTurns {
    /// Completes when it is the caller's turn.
    pub(crate) async fn next<D: Disk>(self: &Rc<Self>, disk: &D) -> FlushTurn {
        if self.bytes.get() >= BYTES_MAX || !self.waiting.borrow().is_empty() {
            let signal = Rc::new(Signal::default());
            self.waiting.borrow_mut().push_back(signal.clone());
            let (mut turn, mut patience) = (signal.wait(), pin!(disk.sleep(PATIENCE)));
            poll_fn(|context| {
                match (
                    pin!(&mut turn).poll(context),
                    patience.as_mut().poll(context),
                ) {
                    (Poll::Pending, Poll::Pending) => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            })
            .await;
        }
        FlushTurn {
            turns: self.clone(),
            bytes: 0,
        }
    }

    fn let_next_in(&self) {
        let mut waiting = self.waiting.borrow_mut();
        while self.bytes.get() < BYTES_MAX {
            let Some(next) = waiting.pop_front() else {
                return;
            };
            next.set();
            // One that has lost its patience is held by nobody else, and takes no turn.
            if Rc::strong_count(&next) > 1 {
                return;
            }
        }
    }
}

/// The right to write a group that is to be flushed.
pub(crate) struct FlushTurn {
    turns: Rc<FlushTurns>,
    bytes: usize,
}

impl FlushTurn {
    /// A group of `bytes` is on its way.
    pub(crate) fn begin(&mut self, bytes: usize) {
        self.bytes = bytes;
        self.turns.bytes.set(self.turns.bytes.get() + bytes);
        self.turns.let_next_in();
    }
}

impl Drop for FlushTurn {
    fn drop(&mut self) {
        self.turns.bytes.set(self.turns.bytes.get() - self.bytes);
        self.turns.let_next_in();
    }
}
