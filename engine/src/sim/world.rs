//! The world that a simulated engine runs in: virtual time, tasks in an order that the seed decides, I/O under way,
//! faults, and the points at which it may all end.
//!
//! | file | job |
//! |---|---|
//! | [`asks`] | what is asked of the disk, and how long it takes |
//! | [`faults`] | what an I/O does to the disk, and what can go wrong with it |
//! | [`simulation`] | the handle that drives a world |
//!
//! One per thread at a time. Invariants: everything that happens is decided by the seed, the storage and the futures
//! run; an I/O that was submitted completes whether or not somebody waits for it, unless it was told to hang; after a
//! crash nothing completes and nothing is submitted any more.

mod asks;
mod faults;
mod simulation;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use self::asks::length_of;
pub(super) use self::asks::{Ask, Done};
pub use self::faults::{Fault, FaultKind};
pub use self::simulation::{Outcome, SimSettings, Simulation};
use super::dice::Dice;
use super::disk::SimDisk;
use super::storage::{CrashMode, Effect, Storage};
use crate::io::DirectoryEntry;
use crate::lane::Lane;
use crate::types::ShardId;

/// Where the clock stands when a simulation begins, in ms since the epoch.
pub const START_MS: i64 = 1_700_000_000_000;
/// Polls of tasks between two steps of the clock; more is a task that spins.
const POLLS_WITHOUT_TIME_MAX: u64 = 1_000_000;

thread_local! {
    static CURRENT: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

fn current() -> Rc<World> {
    let world = CURRENT.with_borrow(Clone::clone);
    world.expect("called from within `Simulation::run`")
}

/// A write, or a flush, that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimWrite {
    /// The number of the I/O.
    pub io: u64,
    /// The file or directory; none for a directory's flush.
    pub inode: Option<u64>,
    /// Bytes; 0 for a flush.
    pub length: usize,
}

impl SimWrite {
    fn of(io: u64, effect: &Effect) -> Option<SimWrite> {
        let inode = match effect {
            Effect::Write { inode, .. } | Effect::Flush { inode, .. } => Some(*inode),
            Effect::FlushDirectory { .. } => None,
            _ => return None,
        };
        let length = length_of(effect);
        Some(SimWrite { io, inode, length })
    }
}

/// A moment at which a crash would leave something of its own: an I/O that changes the disk has just been submitted,
/// or has just completed and nobody knows yet.
#[derive(Clone)]
pub struct Point {
    /// Its number, from 0.
    pub number: u64,
    /// The disk.
    pub storage: Storage,
    /// What is under way.
    pub in_flight: Vec<Effect>,
}

impl Point {
    /// What a crash here leaves.
    #[must_use]
    pub fn crash(&self, mode: CrashMode, seed: u64) -> Storage {
        let mut dice = Dice::of(&[seed, self.number, mode as u64]);
        self.storage.after_crash(mode, &self.in_flight, &mut dice)
    }
}

struct UnderWay {
    ask: Ask,
    fault: Option<FaultKind>,
    reply: Rc<RefCell<Reply>>,
}

#[derive(Default)]
struct Reply {
    answer: Option<io::Result<Done>>,
    waker: Option<Waker>,
}

enum Event {
    Wake(Waker),
    Complete(u64),
}

struct TaskWaker {
    id: usize,
    is_woken: AtomicBool,
    /// Only this thread wakes tasks; a waker has to be shareable all the same.
    woken: Arc<Mutex<Vec<usize>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::Relaxed) {
            let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
            woken.push(self.id);
        }
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Arc<TaskWaker>,
    core: Option<ShardId>,
}

struct State {
    dice: Dice,
    now_us: u64,
    storage: Storage,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    under_way: BTreeMap<u64, UnderWay>,
    ios: u64,
    writes: Vec<SimWrite>,
    points: u64,
    crash_at: Option<u64>,
    has_crashed: bool,
    faults: Vec<Fault>,
    /// Whether a flush has failed.
    has_forgotten: bool,
    clock_jump_ms: i64,
    trace: u64,
    lines: Option<Vec<String>>,
}

type Observer = Box<dyn FnMut(Moment<'_>)>;

/// A point while it lasts: what it would leave is put together only when asked for.
#[derive(Clone, Copy)]
pub struct Moment<'a>(&'a World);

impl Moment<'_> {
    /// The point's number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.state.borrow().points
    }

    /// The point, to be kept.
    #[must_use]
    pub fn point(self) -> Point {
        self.0.point()
    }

    /// What a crash here leaves.
    #[must_use]
    pub fn crash(self, mode: CrashMode, seed: u64) -> Storage {
        self.point().crash(mode, seed)
    }
}

/// See the module.
pub struct World {
    state: RefCell<State>,
    tasks: RefCell<Vec<Option<Task>>>,
    woken: Arc<Mutex<Vec<usize>>>,
    /// Since time last passed.
    polls: Cell<u64>,
    core: Cell<Option<ShardId>>,
    lanes: Vec<Rc<Lane<SimDisk>>>,
    started_ms: i64,
    observer: RefCell<Option<Observer>>,
}

impl World {
    fn spawn(&self, core: Option<ShardId>, future: impl Future<Output = ()> + 'static) {
        let mut tasks = self.tasks.borrow_mut();
        let id = tasks.len();
        let waker = Arc::new(TaskWaker {
            id,
            is_woken: AtomicBool::new(false),
            woken: self.woken.clone(),
        });
        tasks.push(Some(Task {
            future: Box::pin(future),
            waker: waker.clone(),
            core,
        }));
        waker.wake();
    }

    /// Polls one task or lets time pass. False when nothing is left to do before the deadline.
    fn turn(&self, deadline_us: u64) -> bool {
        let next = {
            let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
            let count = woken.len();
            (count > 0).then(|| {
                let chosen = self.state.borrow_mut().dice.index(count);
                woken.swap_remove(chosen)
            })
        };
        match next {
            Some(id) => {
                self.poll(id);
                true
            }
            None => self.pass_time(deadline_us),
        }
    }

    fn poll(&self, id: usize) {
        self.polls.set(self.polls.get() + 1);
        assert!(self.polls.get() < POLLS_WITHOUT_TIME_MAX, "a task spins");
        let task = self.tasks.borrow_mut()[id].take();
        let Some(mut task) = task else {
            return;
        };
        task.waker.is_woken.store(false, Ordering::Relaxed);
        self.core.set(task.core);
        let waker = Waker::from(task.waker.clone());
        let ended = task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready();
        if ended {
            drop(task);
        } else {
            self.tasks.borrow_mut()[id] = Some(task);
        }
        self.core.set(None);
    }

    fn pass_time(&self, deadline_us: u64) -> bool {
        self.polls.set(0);
        let mut state = self.state.borrow_mut();
        let Some(entry) = state.events.first_entry() else {
            return false;
        };
        let at = entry.key().0;
        if at > deadline_us {
            state.now_us = deadline_us;
            return false;
        }
        let event = entry.remove();
        state.now_us = state.now_us.max(at);
        drop(state);
        match event {
            Event::Wake(waker) => waker.wake(),
            Event::Complete(io) => self.complete(io),
        }
        true
    }

    fn submit(&self, ask: Ask) -> Rc<RefCell<Reply>> {
        // As on the real disk, where each core has a ring and other threads have none.
        assert!(self.core.get().is_some(), "I/O outside of a core");
        let reply = Rc::new(RefCell::new(Reply::default()));
        let mut state = self.state.borrow_mut();
        if state.has_crashed {
            return reply;
        }
        let io = state.ios;
        state.ios += 1;
        let fault = state.faults.iter().find(|fault| fault.io == io);
        let fault = fault.map(|fault| fault.kind);
        state.note(io, || ask.describe());
        state.writes.extend(SimWrite::of(io, &ask.effect));
        let changes = ask.effect.changes_anything();
        let due = state.now_us + ask.latency_us(&mut state.dice);
        if fault != Some(FaultKind::Hang) {
            state.schedule(due, Event::Complete(io));
        }
        let under_way = UnderWay {
            ask,
            fault,
            reply: reply.clone(),
        };
        state.under_way.insert(io, under_way);
        drop(state);
        if changes {
            self.pass_point();
        }
        reply
    }

    fn complete(&self, io: u64) {
        let mut state = self.state.borrow_mut();
        let Some(UnderWay { ask, fault, reply }) = state.under_way.remove(&io) else {
            return;
        };
        let elapsed_ms = self.started_ms + (state.now_us / 1000) as i64;
        let now_ms = START_MS + elapsed_ms + state.clock_jump_ms;
        let answer = state.carry_out(&ask, fault, now_ms);
        state.note(io, || match &answer {
            Ok(_) => "done".to_owned(),
            Err(error) => format!("failed: {error}"),
        });
        drop(state);
        if ask.effect.changes_anything() {
            self.pass_point();
        }
        if self.state.borrow().has_crashed {
            return;
        }
        let mut reply = reply.borrow_mut();
        reply.answer = Some(answer);
        let waker = reply.waker.take();
        drop(reply);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn pass_point(&self) {
        if let Some(observer) = self.observer.borrow_mut().as_mut() {
            observer(Moment(self));
        }
        let mut state = self.state.borrow_mut();
        if state.crash_at == Some(state.points) {
            state.has_crashed = true;
        }
        state.points += 1;
    }

    fn point(&self) -> Point {
        let state = self.state.borrow();
        let effects = state.under_way.values().map(|io| io.ask.effect.clone());
        Point {
            number: state.points,
            storage: state.storage.clone(),
            in_flight: effects.collect(),
        }
    }

    fn elapsed_ms(&self) -> i64 {
        self.started_ms + (self.state.borrow().now_us / 1000) as i64
    }
}

impl State {
    fn schedule(&mut self, at_us: u64, event: Event) {
        self.next_event += 1;
        self.events.insert((at_us, self.next_event), event);
    }

    /// Takes something into the trace.
    fn note(&mut self, io: u64, what: impl FnOnce() -> String) {
        let what = what();
        let numbers = [self.now_us, io].map(u64::to_le_bytes);
        for byte in numbers.as_flattened().iter().chain(what.as_bytes()) {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>9} us  io {io:>5}  {what}", self.now_us));
        }
    }
}

/// Waits for an I/O that was submitted when this was made.
struct Waiting(Rc<RefCell<Reply>>);

impl Future for Waiting {
    type Output = io::Result<Done>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut reply = self.0.borrow_mut();
        if let Some(answer) = reply.answer.take() {
            return Poll::Ready(answer);
        }
        reply.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

pub(super) async fn submit(ask: Ask) -> io::Result<Done> {
    let reply = current().submit(ask);
    Waiting(reply).await
}

pub(super) fn next_number() -> u64 {
    current().state.borrow().storage.next_number()
}

pub(super) fn now_ms() -> i64 {
    let world = current();
    let jump_ms = world.state.borrow().clock_jump_ms;
    START_MS + world.elapsed_ms() + jump_ms
}

/// The wall clock jumps; time goes on as before.
pub(super) fn jump_clock(ms: i64) {
    current().state.borrow_mut().clock_jump_ms += ms;
}

pub(super) fn length(inode: u64) -> io::Result<u64> {
    current().state.borrow().storage.length(inode)
}

pub(super) fn list(path: &Path) -> io::Result<Vec<DirectoryEntry>> {
    let world = current();
    let mut state = world.state.borrow_mut();
    let io = state.ios;
    state.ios += 1;
    state.note(io, || format!("list {}", path.display()));
    let fails = |fault: &Fault| fault.io == io && fault.kind == FaultKind::Eio;
    if state.faults.iter().any(fails) {
        return Err(io::Error::from_raw_os_error(libc::EIO));
    }
    state.storage.list(path)
}

/// Starts a task on the calling task's core.
pub(super) fn spawn_here(task: impl Future<Output = ()> + 'static) {
    let world = current();
    world.spawn(world.core.get(), task);
}

/// Starts a task on a core.
pub(super) fn spawn_on(core: ShardId, task: impl Future<Output = ()> + 'static) {
    current().spawn(Some(core), task);
}

/// The core of the calling task.
pub(super) fn core() -> Option<ShardId> {
    current().core.get()
}

pub(super) fn core_count() -> u16 {
    u16::try_from(current().lanes.len()).expect("made from a u16")
}

pub(super) fn lane() -> Rc<Lane<SimDisk>> {
    let world = current();
    let core = world.core.get().expect("called from a task of a core");
    world.lanes[usize::from(core.0)].clone()
}

pub(super) fn roll() -> u64 {
    current().state.borrow_mut().dice.roll()
}

/// Completes when `duration` of virtual time has passed.
pub(super) fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
    let mut due_us = None;
    std::future::poll_fn(move |context| {
        let world = current();
        let mut state = world.state.borrow_mut();
        let now_us = state.now_us;
        match due_us {
            Some(due_us) if now_us >= due_us => Poll::Ready(()),
            Some(_) => Poll::Pending,
            None => {
                let due = now_us + u64::try_from(duration.as_micros()).unwrap_or(u64::MAX >> 1);
                due_us = Some(due);
                state.schedule(due, Event::Wake(context.waker().clone()));
                Poll::Pending
            }
        }
    })
}
