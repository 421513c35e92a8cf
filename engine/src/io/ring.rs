//! One io_uring per core: submission, completion, timers; the place where a core sleeps.
//!
//! Lives on one thread: created on it, used on it, reached through [`Ring::current`].
//!
//! Invariants:
//! - An operation's memory ([`Hold`]) and descriptor belong to its slot until the kernel has answered. Dropping
//!   an [`Op`] turns the slot into an orphan; the completion frees it.
//! - An entry is never submitted without a slot, so that each completion finds its owner.
//! - A core's thread ends when the kernel has answered everything, see [`Ring::shut_down`].
//! - But for that end, only [`Ring::turn`] blocks, and only when its caller says that nothing else can run. An entry that
//!   the kernel does not take for want of memory waits in a backlog; whoever submits it never waits for the kernel.
//! - Nothing that others have written (a drop of a hold, a file or a waker) runs while a table of the ring is borrowed:
//!   it may come back with an operation of its own.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use io_uring::squeue::{Entry, Flags};
use io_uring::{IoUring, opcode, types};

use super::Chunk;
use crate::cpus;

/// Submission queue entries of a ring. A full queue is submitted at once, so this bounds only the batch size.
const ENTRIES: u32 = 512;
/// Completion queue entries; the kernel keeps what does not fit and hands it over later.
const COMPLETIONS: u32 = 4096;
/// Marks completions that nobody waits for (cancellations).
const NOBODY: u64 = u64::MAX;

/// How long a core with nothing else to do waits before it offers the kernel again what it had no memory for.
const PRESSURE_PAUSE: Duration = Duration::from_millis(1);
/// How long a core waits for what is due soon before it sleeps: longer than a small write takes.
pub const AWAKE_MAX: Duration = Duration::from_micros(100);

/// The longest sleep: no process lives to see the end of it.
const SLEEP_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

thread_local! {
    static CURRENT: RefCell<Option<Ring>> = const { RefCell::new(None) };
}

/// Why a ring could not be made.
#[derive(Debug, thiserror::Error)]
#[error("io_uring cannot be set up ({source}); `corelane doctor` tells what is missing")]
pub struct RingError {
    source: io::Error,
}

/// What an operation needs to stay alive until the kernel has answered.
#[derive(Debug, Default)]
pub enum Hold {
    /// No memory is involved.
    #[default]
    Nothing,
    /// A buffer that the kernel fills.
    Buffer(BytesMut),
    /// A shared, immutable buffer that the kernel reads.
    Bytes(Bytes),
    /// Aligned log memory that the kernel reads.
    Chunk(Arc<Chunk>),
    /// Anything else: paths, message headers, vectors of slices.
    Boxed(Box<dyn Any>),
}

/// An answer of the kernel, and the memory that the operation used.
#[derive(Debug)]
pub struct Completion {
    /// The count or descriptor that the operation returned, or its error.
    pub result: io::Result<u32>,
    /// The memory that was handed in.
    pub hold: Hold,
}

enum Slot {
    Free {
        next: Option<usize>,
    },
    Waiting {
        hold: Hold,
        _file: Option<Arc<OwnedFd>>,
        waker: Option<Waker>,
        yields: Yields,
    },
    Done {
        hold: Hold,
        result: i32,
        yields: Yields,
    },
    /// Nobody waits any more, but the kernel may still use the memory.
    Orphan {
        _hold: Hold,
        _file: Option<Arc<OwnedFd>>,
        yields: Yields,
    },
}

/// What the result of an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yields {
    Count,
    /// A new descriptor, which has to be closed when nobody waits for it any more.
    Descriptor,
}

impl Yields {
    /// Nobody will see `result`.
    fn discard(self, result: i32) {
        if self == Yields::Descriptor && result >= 0 {
            // SAFETY: the kernel has just opened it for an operation whose owner has gone; nobody else knows it.
            #[allow(unsafe_code)]
            drop(unsafe { OwnedFd::from_raw_fd(result) });
        }
    }
}

#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    free: Option<usize>,
}

impl Slots {
    fn insert(&mut self, slot: Slot) -> usize {
        let Some(index) = self.free else {
            self.slots.push(slot);
            return self.slots.len() - 1;
        };
        let Slot::Free { next } = std::mem::replace(&mut self.slots[index], slot) else {
            unreachable!("the free list names slot {index}, which is in use");
        };
        self.free = next;
        index
    }

    /// Frees a slot. What was in it is dropped by the caller once the slots are no longer borrowed.
    #[must_use = "what was in the slot may come back to the ring when it is dropped"]
    fn take(&mut self, index: usize) -> Slot {
        let slot = std::mem::replace(&mut self.slots[index], Slot::Free { next: self.free });
        self.free = Some(index);
        slot
    }

    /// Stores a completion; returns what is to be done about it.
    fn complete(&mut self, index: usize, result: i32) -> Completed {
        match self.take(index) {
            Slot::Waiting {
                hold,
                _file,
                waker,
                yields,
            } => {
                let done = Slot::Done {
                    hold,
                    result,
                    yields,
                };
                let Slot::Free { next } = std::mem::replace(&mut self.slots[index], done) else {
                    unreachable!("slot {index} was taken a line ago");
                };
                self.free = next;
                Completed {
                    waker,
                    _remains: Slot::Orphan {
                        _hold: Hold::Nothing,
                        _file,
                        yields,
                    },
                }
            }
            orphan @ Slot::Orphan { yields, .. } => {
                yields.discard(result);
                Completed {
                    waker: None,
                    _remains: orphan,
                }
            }
            Slot::Free { .. } | Slot::Done { .. } => {
                panic!("completion {result} for slot {index}, which has nothing in flight")
            }
        }
    }
}

/// What a completion leads to, once the slots are no longer borrowed.
struct Completed {
    /// Whoever waited.
    waker: Option<Waker>,
    /// Memory and descriptor that nobody waits for, to be dropped.
    _remains: Slot,
}

/// One entry, or two of which the second follows the first: they reach the kernel together.
enum Submission {
    One(Entry),
    Linked(Entry, Entry),
}

impl Submission {
    fn count(&self) -> usize {
        match self {
            Submission::One(_) => 1,
            Submission::Linked(..) => 2,
        }
    }
}

struct Inner {
    /// Answers that are due within microseconds, see [`Ring::soon`].
    due_soon: Cell<usize>,
    /// Until when something may come from a client within microseconds, see [`Ring::stay_awake`].
    awake_until: Cell<Option<Instant>>,
    uring: RefCell<IoUring>,
    slots: RefCell<Slots>,
    alarms: RefCell<BTreeMap<(Instant, u64), Waker>>,
    alarm_count: Cell<u64>,
    in_flight: Cell<usize>,
    /// What the submission queue had no room for, in order; each has its slot, or cancels one. Empty but under pressure.
    backlog: RefCell<VecDeque<Submission>>,
    /// Lets go of descriptors that this core can do without.
    spare_descriptors: RefCell<Option<Rc<dyn Fn()>>>,
    /// Submissions that are to fail as under pressure.
    #[cfg(test)]
    refusals: Cell<u32>,
}

/// How long [`Ring::turn`] may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Submit, collect what is there, return.
    No,
    /// Until a completion, the next alarm, or a signal.
    UntilSomething,
}

/// This core's ring. Cheap to clone; never leaves its thread.
#[derive(Clone)]
pub struct Ring(Rc<Inner>);

impl Ring {
    /// Makes the ring of the calling thread and installs it as [`Ring::current`].
    ///
    /// # Errors
    /// When the kernel refuses io_uring: disabled, filtered, or short of memory.
    pub fn install() -> Result<Ring, RingError> {
        let uring = build().map_err(|source| RingError { source })?;
        let ring = Ring(Rc::new(Inner {
            uring: RefCell::new(uring),
            slots: RefCell::default(),
            alarms: RefCell::default(),
            alarm_count: Cell::new(0),
            due_soon: Cell::new(0),
            awake_until: Cell::new(None),
            in_flight: Cell::new(0),
            backlog: RefCell::default(),
            spare_descriptors: RefCell::default(),
            #[cfg(test)]
            refusals: Cell::new(0),
        }));
        CURRENT.with(|current| *current.borrow_mut() = Some(ring.clone()));
        Ok(ring)
    }

    /// Lets the kernel's workers for this ring, which otherwise share the CPU of its thread, run on `cpus`, if there are
    /// any. An old kernel leaves them where they are.
    pub(crate) fn move_workers_to(&self, cpus: &[usize]) {
        if cpus.is_empty() {
            return;
        }
        let moved = self
            .0
            .uring
            .borrow()
            .submitter()
            .register_iowq_aff(&cpus::set_of(cpus));
        if let Err(error) = moved {
            tracing::debug!(%error, "kernel workers stay on the CPUs of the cores");
        }
    }

    /// The calling thread's ring.
    ///
    /// # Panics
    /// On a thread that is no shard: a bug of the caller.
    pub fn current() -> Ring {
        CURRENT
            .with(|current| current.borrow().clone())
            .expect("ring operations run on shard threads only, which install their ring first")
    }

    /// What to do when a file cannot be opened for want of a descriptor: `let_go` gives up those that are kept only to
    /// save time.
    pub(crate) fn when_short_of_descriptors(&self, let_go: impl Fn() + 'static) {
        self.0.spare_descriptors.replace(Some(Rc::new(let_go)));
    }

    pub(super) fn let_go_of_descriptors(&self) {
        let let_go = self.0.spare_descriptors.borrow().clone();
        if let Some(let_go) = let_go {
            let_go();
        }
    }

    /// Operations that the kernel has not answered.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.get()
    }

    /// While this is held, an answer is due within microseconds, and the core waits for it awake: on a virtual machine
    /// a CPU that sleeps takes half as long to wake as a disk takes to write.
    pub(crate) fn soon(&self) -> Soon {
        self.0.due_soon.set(self.0.due_soon.get() + 1);
        Soon(self.clone())
    }

    /// Lets the core wait awake once for up to [`AWAKE_MAX`]: for a client that has answered as fast before.
    pub fn stay_awake(&self) {
        self.0.awake_until.set(Some(Instant::now() + AWAKE_MAX));
    }

    /// Queues an operation; it is submitted at the next turn of the core's loop.
    ///
    /// `file` is the descriptor that `entry` names: it stays open until the completion, so that the number
    /// cannot come to mean another file between now and the submission.
    ///
    /// # Safety
    /// Every pointer in `entry` must point into `hold`, which must not move its heap memory when moved, and a
    /// descriptor in `entry` must be that of `file` or outlive the operation otherwise.
    #[allow(unsafe_code)]
    pub unsafe fn submit(&self, entry: Entry, file: Option<Arc<OwnedFd>>, hold: Hold) -> Op {
        let (entry, op) = self.occupy(entry, file, hold, Yields::Count);
        self.queue(Submission::One(entry));
        op
    }

    /// As [`Ring::submit`], for an operation whose result is a new descriptor: it is closed when the operation is
    /// dropped before its result has been taken.
    ///
    /// # Safety
    /// As [`Ring::submit`].
    #[allow(unsafe_code)]
    pub unsafe fn submit_opening(
        &self,
        entry: Entry,
        file: Option<Arc<OwnedFd>>,
        hold: Hold,
    ) -> Op {
        let (entry, op) = self.occupy(entry, file, hold, Yields::Descriptor);
        self.queue(Submission::One(entry));
        op
    }

    /// Queues two operations of which the second starts when the first has succeeded in full.
    ///
    /// # Safety
    /// As [`Ring::submit`], for each of the two.
    #[allow(unsafe_code)]
    pub unsafe fn submit_linked(
        &self,
        first: (Entry, Option<Arc<OwnedFd>>, Hold),
        second: (Entry, Option<Arc<OwnedFd>>, Hold),
    ) -> (Op, Op) {
        let linked = first.0.flags(Flags::IO_LINK);
        let (linked, first) = self.occupy(linked, first.1, first.2, Yields::Count);
        let (follower, second) = self.occupy(second.0, second.1, second.2, Yields::Count);
        self.queue(Submission::Linked(linked, follower));
        (first, second)
    }

    /// Completes at the next turn of the loop: a yield that lets the ring submit and collect.
    pub async fn nop(&self) {
        // SAFETY: a NOP names no memory and no descriptor.
        #[allow(unsafe_code)]
        let op = unsafe { self.submit(opcode::Nop::new().build(), None, Hold::Nothing) };
        op.await;
    }

    /// Waits until `file` is ready for any of `events` (`libc::POLLIN`, …).
    ///
    /// # Errors
    /// What the kernel answers; `ECANCELED` when the ring goes down.
    pub async fn poll(&self, file: &Arc<OwnedFd>, events: i16) -> io::Result<u32> {
        use std::os::fd::AsRawFd;
        let entry = opcode::PollAdd::new(
            types::Fd(file.as_raw_fd()),
            u32::from(events.cast_unsigned()),
        )
        .build();
        // SAFETY: no memory; the descriptor is that of `file`, which the slot keeps.
        #[allow(unsafe_code)]
        let op = unsafe { self.submit(entry, Some(file.clone()), Hold::Nothing) };
        op.await.result
    }

    /// Completes when `duration` has passed.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        // Further off, an instant would be out of the clock's range.
        let duration = duration.min(SLEEP_MAX);
        let number = self.0.alarm_count.get();
        self.0.alarm_count.set(number + 1);
        Sleep {
            ring: self.clone(),
            key: (Instant::now() + duration, number),
            is_set: false,
        }
    }

    /// Waits awake where something is due within microseconds: until there is a completion, or `other` has come. False
    /// when nothing is due, or has not come in time.
    pub(crate) fn linger(&self, other: impl Fn() -> bool) -> bool {
        let until = match self.0.due_soon.get() {
            0 => self.0.awake_until.take(),
            _ => Some(Instant::now() + AWAKE_MAX),
        };
        let Some(until) = until else { return false };
        if self.entered(self.submit_full()) {
            return false;
        }
        while Instant::now() < until {
            let mut uring = self.0.uring.borrow_mut();
            if uring.submission().taskrun() && self.entered(uring.submit().map(drop)) {
                return false;
            }
            if !uring.completion().is_empty() || other() {
                return true;
            }
            drop(uring);
            std::thread::yield_now();
        }
        false
    }

    /// Submits what is queued, collects completions, wakes whoever waited for them and for alarms that are due.
    pub(crate) fn turn(&self, wait: Wait) {
        let refused = self.entered(self.enter(wait));
        let collected = self.collect();
        if refused && collected == 0 && wait == Wait::UntilSomething {
            // Nothing else can run, and asking without a pause would not give the kernel memory.
            std::thread::sleep(PRESSURE_PAUSE);
        }
        self.ring_alarms();
    }

    /// Whether the kernel had no memory for what was submitted, or wants its completions collected first: then what is
    /// queued stays queued, and the next turn offers it again.
    fn entered(&self, outcome: io::Result<()>) -> bool {
        let Err(error) = outcome else { return false };
        match error.raw_os_error() {
            // A signal or an alarm.
            Some(libc::EINTR | libc::ETIME) => false,
            Some(libc::EBUSY | libc::EAGAIN | libc::ENOMEM) => true,
            _ => panic!("io_uring_enter failed: {error}"),
        }
    }

    fn enter(&self, wait: Wait) -> io::Result<()> {
        #[cfg(test)]
        self.refuse()?;
        // What is submitted makes room for what waits.
        while self.offer_backlog() {
            self.0.uring.borrow().submit()?;
        }
        let mut uring = self.0.uring.borrow_mut();
        if wait == Wait::No {
            let queue = uring.submission();
            let idle = queue.is_empty() && !queue.taskrun() && !queue.cq_overflow();
            drop(queue);
            return if idle {
                Ok(())
            } else {
                uring.submit().map(drop)
            };
        }
        let next_alarm = self.0.alarms.borrow().keys().next().map(|key| key.0);
        let Some(at) = next_alarm else {
            return uring.submit_and_wait(1).map(drop);
        };
        let timespec = types::Timespec::from(at.saturating_duration_since(Instant::now()));
        let arguments = types::SubmitArgs::new().timespec(&timespec);
        uring.submitter().submit_with_args(1, &arguments).map(drop)
    }

    /// Wakes whoever waits for what has completed; returns how much has.
    fn collect(&self) -> usize {
        let mut count = 0;
        while let Some(completed) = self.collect_one() {
            count += 1;
            if let Some(waker) = completed.waker {
                waker.wake();
            }
        }
        count
    }

    /// Takes one completion off the queue; none when the queue is empty.
    fn collect_one(&self) -> Option<Completed> {
        let completion = self.0.uring.borrow_mut().completion().next()?;
        if completion.user_data() == NOBODY {
            return Some(Completed {
                waker: None,
                _remains: Slot::Free { next: None },
            });
        }
        self.0.in_flight.set(self.0.in_flight.get() - 1);
        let index = usize::try_from(completion.user_data()).expect("user data is a slot index");
        let mut slots = self.0.slots.borrow_mut();
        Some(slots.complete(index, completion.result()))
    }

    /// Cancels everything and returns when the kernel has answered all of it: from then on it neither reads nor writes
    /// memory of this core. Without this, a write in flight at the end of a thread would take its bytes from memory
    /// that has been given to something else. Whoever waits is never woken again.
    pub(crate) fn shut_down(&self) {
        let alarms = self.0.alarms.take();
        let let_go = self.0.spare_descriptors.take();
        drop((alarms, let_go));
        if self.in_flight() > 0 {
            let all = types::CancelBuilder::any().all();
            let cancel = opcode::AsyncCancel2::new(all).build().user_data(NOBODY);
            self.queue(Submission::One(cancel));
        }
        while self.in_flight() > 0 {
            let refused = self.entered(self.enter_for_one());
            let mut collected = 0;
            while let Some(completed) = self.collect_one() {
                collected += 1;
                drop(completed);
            }
            if refused && collected == 0 {
                std::thread::sleep(PRESSURE_PAUSE);
            }
        }
    }

    fn enter_for_one(&self) -> io::Result<()> {
        #[cfg(test)]
        self.refuse()?;
        while self.offer_backlog() {
            self.0.uring.borrow().submit()?;
        }
        self.0.uring.borrow().submit_and_wait(1).map(drop)
    }

    /// Forgets the calling thread's ring, which goes with its last holder.
    pub(crate) fn uninstall() {
        CURRENT.with(|current| current.borrow_mut().take());
    }

    fn ring_alarms(&self) {
        if self.0.alarms.borrow().is_empty() {
            return;
        }
        let now = Instant::now();
        loop {
            let mut alarms = self.0.alarms.borrow_mut();
            match alarms.first_entry() {
                Some(entry) if entry.key().0 <= now => {
                    let waker = entry.remove();
                    drop(alarms);
                    waker.wake();
                }
                _ => return,
            }
        }
    }

    /// Gives an operation its slot.
    fn occupy(
        &self,
        entry: Entry,
        file: Option<Arc<OwnedFd>>,
        hold: Hold,
        yields: Yields,
    ) -> (Entry, Op) {
        let index = self.0.slots.borrow_mut().insert(Slot::Waiting {
            hold,
            _file: file,
            waker: None,
            yields,
        });
        self.0.in_flight.set(self.0.in_flight.get() + 1);
        let op = Op {
            ring: self.clone(),
            index: Some(index),
        };
        (entry.user_data(index as u64), op)
    }

    /// Puts entries into the submission queue, which is submitted when it is full; where the kernel takes nothing, into
    /// the backlog behind it.
    fn queue(&self, submission: Submission) {
        if self.0.backlog.borrow().is_empty() {
            if self.try_push(&submission) {
                return;
            }
            // What it says to this it says again at the turn, which deals with it.
            let _ = self.submit_full();
            if self.try_push(&submission) {
                return;
            }
        }
        self.0.backlog.borrow_mut().push_back(submission);
    }

    fn submit_full(&self) -> io::Result<()> {
        #[cfg(test)]
        self.refuse()?;
        self.0.uring.borrow().submit().map(drop)
    }

    /// Moves what waits into the submission queue. True when that is full and more waits.
    fn offer_backlog(&self) -> bool {
        loop {
            let next = self.0.backlog.borrow_mut().pop_front();
            let Some(next) = next else { return false };
            if !self.try_push(&next) {
                self.0.backlog.borrow_mut().push_front(next);
                return true;
            }
        }
    }

    /// False when there is no room for all of it.
    fn try_push(&self, submission: &Submission) -> bool {
        let mut uring = self.0.uring.borrow_mut();
        let mut queue = uring.submission();
        if queue.capacity() - queue.len() < submission.count() {
            return false;
        }
        let mut push = |entry: &Entry| {
            // SAFETY: the slot keeps memory and descriptor alive until the completion (see `submit`).
            #[allow(unsafe_code)]
            let pushed = unsafe { queue.push(entry) };
            pushed.expect("room was counted above");
        };
        match submission {
            Submission::One(entry) => push(entry),
            Submission::Linked(first, second) => {
                push(first);
                push(second);
            }
        }
        true
    }

    fn cancel(&self, index: usize) {
        let cancel = opcode::AsyncCancel::new(index as u64).build();
        self.queue(Submission::One(cancel.user_data(NOBODY)));
    }

    #[cfg(test)]
    fn refuse(&self) -> io::Result<()> {
        let Some(left) = self.0.refusals.get().checked_sub(1) else {
            return Ok(());
        };
        self.0.refusals.set(left);
        Err(io::Error::from_raw_os_error(libc::EAGAIN))
    }
}

fn build() -> io::Result<IoUring> {
    let mut builder = IoUring::builder();
    builder
        .setup_cqsize(COMPLETIONS)
        .setup_clamp()
        .setup_submit_all()
        .setup_single_issuer()
        .setup_coop_taskrun()
        .setup_taskrun_flag();
    let mut deferred = builder.clone();
    deferred.setup_defer_taskrun();
    // Kernels before 6.1 do not know deferred task work.
    deferred.build(ENTRIES).or_else(|_| builder.build(ENTRIES))
}

/// See [`Ring::soon`].
pub(crate) struct Soon(Ring);

impl Drop for Soon {
    fn drop(&mut self) {
        self.0.0.due_soon.set(self.0.0.due_soon.get() - 1);
    }
}

/// An operation in flight.
///
/// Dropping it cancels the operation where the kernel can, and leaves memory and descriptor with the ring until
/// the kernel has answered.
#[must_use = "an operation that nobody waits for is cancelled"]
pub struct Op {
    ring: Ring,
    index: Option<usize>,
}

impl Future for Op {
    type Output = Completion;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Completion> {
        let index = self
            .index
            .expect("an operation is not polled after it has completed");
        let mut slots = self.ring.0.slots.borrow_mut();
        if let Slot::Waiting { waker, .. } = &mut slots.slots[index] {
            let is_same = waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(context.waker()));
            if !is_same {
                let previous = waker.replace(context.waker().clone());
                drop(slots);
                drop(previous);
            }
            return Poll::Pending;
        }
        let Slot::Done { hold, result, .. } = slots.take(index) else {
            unreachable!("slot {index} belongs to this operation");
        };
        drop(slots);
        self.index = None;
        let result = u32::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result));
        Poll::Ready(Completion { result, hold })
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        let Some(index) = self.index else { return };
        let mut slots = self.ring.0.slots.borrow_mut();
        match std::mem::replace(&mut slots.slots[index], Slot::Free { next: None }) {
            Slot::Waiting {
                hold,
                _file,
                yields,
                waker,
            } => {
                slots.slots[index] = Slot::Orphan {
                    _hold: hold,
                    _file,
                    yields,
                };
                drop(slots);
                drop(waker);
                self.ring.cancel(index);
            }
            Slot::Done {
                result,
                yields,
                hold,
            } => {
                let emptied = slots.take(index);
                drop(slots);
                drop((emptied, hold));
                yields.discard(result);
            }
            Slot::Free { .. } | Slot::Orphan { .. } => {
                unreachable!("slot {index} belongs to this operation")
            }
        }
    }
}

/// Completes when its time has come. See [`Ring::sleep`].
pub struct Sleep {
    ring: Ring,
    key: (Instant, u64),
    /// Whether it is among the ring's alarms, or was until it rang.
    is_set: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let sleep = &mut *self;
        let mut alarms = sleep.ring.0.alarms.borrow_mut();
        if sleep.is_set {
            // A timeout is polled whenever what it bounds is: mostly by the same waker, with nothing to change.
            let Some(waker) = alarms.get_mut(&sleep.key) else {
                return Poll::Ready(());
            };
            if !waker.will_wake(context.waker()) {
                let previous = std::mem::replace(waker, context.waker().clone());
                drop(alarms);
                drop(previous);
            }
            return Poll::Pending;
        }
        if sleep.key.0 <= Instant::now() {
            return Poll::Ready(());
        }
        sleep.is_set = true;
        alarms.insert(sleep.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if !self.is_set {
            return;
        }
        let waker = self.ring.0.alarms.borrow_mut().remove(&self.key);
        drop(waker);
    }
}

#[cfg(test)]
mod tests;
