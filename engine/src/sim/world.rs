//! The world that a simulated engine runs in: virtual time, tasks in an order that the seed decides, I/O under way,
//! faults, and the points at which it may all end.
//!
//! One per thread at a time. Invariants: everything that happens is decided by the seed, the storage and the futures
//! run; an I/O that was submitted completes whether or not somebody waits for it, unless it was told to hang; after a
//! crash nothing completes and nothing is submitted any more.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;

use super::dice::Dice;
use super::disk::SimDisk;
use super::storage::{CrashMode, Effect, Storage};
use crate::io::DirectoryEntry;
use crate::lane::{Lane, Settings};
use crate::types::ShardId;

/// Where the clock stands when a simulation begins, in ms since the epoch.
pub const START_MS: i64 = 1_700_000_000_000;
/// One I/O in so many takes fifty times as long.
const SLOW_ONCE_IN: u64 = 64;
const SLOW_FACTOR: u64 = 50;
/// Polls of tasks between two steps of the clock; more is a task that spins.
const POLLS_WITHOUT_TIME_MAX: u64 = 1_000_000;

thread_local! {
    static CURRENT: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

fn current() -> Rc<World> {
    let world = CURRENT.with_borrow(Clone::clone);
    world.expect("called from within `Simulation::run`")
}

/// What can go wrong with one I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Fails; of a write any sectors may have arrived, a failed flush forgets what was dirty.
    Eio,
    /// No space: of a write the first sectors have arrived.
    Enospc,
    /// A write takes its first part only, and says so; the caller goes on with the rest.
    Short,
    /// Never completes.
    Hang,
    /// A write that ends with "no space" behind its first bytes, so many of them.
    FullAt(u32),
    /// A write or flush that says it succeeded and did nothing.
    Dropped,
    /// A write whose bytes land in other sectors of the disk, which belong to the same file or to another one.
    Misdirected,
}

impl FaultKind {
    /// What a disk says, and an engine has to live with.
    pub const SAID: [FaultKind; 4] = [
        FaultKind::Eio,
        FaultKind::Enospc,
        FaultKind::Short,
        FaultKind::Hang,
    ];
}

/// A fault at one I/O, counted from the start of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the I/O.
    pub io: u64,
    /// What goes wrong.
    pub kind: FaultKind,
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

/// What a simulated engine is told.
#[derive(Clone, Copy, Debug)]
pub struct SimSettings {
    /// Decides everything that is not decided otherwise.
    pub seed: u64,
    /// How many cores.
    pub cores: u16,
    /// Bytes of log that each keeps in memory for reads at the tail.
    pub tail_cache_bytes: usize,
    /// How often retention is applied.
    pub retention_interval: Duration,
    /// How many virtual ms have passed already.
    pub started_ms: i64,
    /// How far the wall clock has jumped already.
    pub clock_jump_ms: i64,
}

impl SimSettings {
    /// Two cores with small caches.
    #[must_use]
    pub fn new(seed: u64) -> SimSettings {
        SimSettings {
            seed,
            cores: 2,
            tail_cache_bytes: 64 << 10,
            retention_interval: Duration::from_secs(5),
            started_ms: 0,
            clock_jump_ms: 0,
        }
    }
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The future completed.
    Done(T),
    /// The crash point was reached.
    Crashed,
    /// Nothing can happen any more, or the time was up.
    Stuck,
}

impl<T> Outcome<T> {
    /// What the future completed with.
    ///
    /// # Panics
    /// When it did not.
    pub fn done(self) -> T {
        match self {
            Outcome::Done(value) => value,
            Outcome::Crashed => panic!("the simulation crashed before the future completed"),
            Outcome::Stuck => panic!("the simulation is stuck: the future never completes"),
        }
    }
}

/// What is asked of the disk.
pub(super) struct Ask {
    effect: Effect,
    read: Option<(u64, u64, usize)>,
    find: Option<PathBuf>,
}

impl Ask {
    pub(super) fn of(effect: Effect) -> Ask {
        Ask {
            effect,
            read: None,
            find: None,
        }
    }

    pub(super) fn read(inode: u64, position: u64, length: usize) -> Ask {
        Ask {
            read: Some((inode, position, length)),
            ..Ask::of(Effect::Nothing)
        }
    }

    pub(super) fn find(path: &Path) -> Ask {
        Ask {
            find: Some(path.to_path_buf()),
            ..Ask::of(Effect::Nothing)
        }
    }

    fn latency_us(&self, dice: &mut Dice) -> u64 {
        let (least, spread) = match self.effect {
            Effect::Nothing => (20, 60),
            Effect::Write { .. } => (20, 200),
            Effect::Flush { .. } | Effect::FlushDirectory { .. } => (50, 1000),
            _ => (20, 200),
        };
        let usual = least + dice.below(spread);
        if dice.once_in(SLOW_ONCE_IN) {
            usual * SLOW_FACTOR
        } else {
            usual
        }
    }

    fn describe(&self) -> String {
        match (&self.effect, &self.read, &self.find) {
            (_, Some((inode, position, length)), _) => {
                format!("read inode {inode} at {position}, {length} bytes")
            }
            (_, _, Some(path)) => format!("find {}", path.display()),
            (
                Effect::Write {
                    inode,
                    position,
                    bytes,
                },
                _,
                _,
            ) => format!(
                "write inode {inode} at {position}, {} bytes, CRC {:08x}",
                bytes.len(),
                crc32fast::hash(bytes)
            ),
            (effect, _, _) => format!("{effect:?}"),
        }
    }
}

/// What became of it.
#[derive(Default)]
pub(super) struct Done {
    pub(super) inode: u64,
    pub(super) count: usize,
    pub(super) bytes: Bytes,
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

/// A world and the handle that drives it; see the module.
pub struct Simulation(Rc<World>);

impl Simulation {
    /// A world whose disk holds `storage`.
    #[must_use]
    pub fn new(settings: SimSettings, storage: Storage) -> Simulation {
        let lane_settings = Settings {
            tail_cache_bytes: settings.tail_cache_bytes,
            retention_interval: settings.retention_interval,
            compaction_interval: Duration::from_secs(15),
            cleaner_map_bytes: 1 << 20,
        };
        let lane = |core| Lane::new(ShardId(core), lane_settings);
        Simulation(Rc::new(World {
            state: RefCell::new(State {
                dice: Dice::new(settings.seed),
                now_us: 0,
                storage,
                events: BTreeMap::new(),
                next_event: 0,
                under_way: BTreeMap::new(),
                ios: 0,
                writes: Vec::new(),
                points: 0,
                crash_at: None,
                has_crashed: false,
                faults: Vec::new(),
                has_forgotten: false,
                clock_jump_ms: settings.clock_jump_ms,
                trace: 0xcbf2_9ce4_8422_2325,
                lines: None,
            }),
            tasks: RefCell::default(),
            woken: Arc::default(),
            polls: Cell::new(0),
            core: Cell::new(None),
            lanes: (0..settings.cores).map(lane).collect(),
            started_ms: settings.started_ms,
            observer: RefCell::new(None),
        }))
    }

    /// Ends the world at the point of this number.
    pub fn crash_at(&self, point: u64) {
        self.0.state.borrow_mut().crash_at = Some(point);
    }

    /// Lets an I/O fail.
    pub fn fail(&self, fault: Fault) {
        self.0.state.borrow_mut().faults.push(fault);
    }

    /// Whether a flush has failed, so that the disk may show what it will have lost when the power goes.
    #[must_use]
    pub fn has_forgotten(&self) -> bool {
        self.0.state.borrow().has_forgotten
    }

    /// Calls `observer` at every point, while nothing else runs.
    pub fn observe(&self, observer: impl FnMut(Moment<'_>) + 'static) {
        *self.0.observer.borrow_mut() = Some(Box::new(observer));
    }

    /// Keeps what happens as text, for [`Simulation::lines`].
    pub fn record(&self) {
        self.0.state.borrow_mut().lines = Some(Vec::new());
    }

    /// What has happened since [`Simulation::record`].
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.state.borrow().lines.clone().unwrap_or_default()
    }

    /// A hash of everything that has happened: equal seeds and inputs, equal traces.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.0.state.borrow().trace
    }

    /// How many I/Os were asked for.
    #[must_use]
    pub fn ios(&self) -> u64 {
        self.0.state.borrow().ios
    }

    /// The writes and flushes among them.
    #[must_use]
    pub fn writes(&self) -> Vec<SimWrite> {
        self.0.state.borrow().writes.clone()
    }

    /// How many points there were.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.0.state.borrow().points
    }

    /// How many tasks have not ended.
    #[must_use]
    pub fn live_tasks(&self) -> usize {
        self.0.tasks.borrow().iter().flatten().count()
    }

    /// Virtual time since the start, in ms, that of earlier simulations included.
    #[must_use]
    pub fn elapsed_ms(&self) -> i64 {
        self.0.elapsed_ms()
    }

    /// Changes the disk behind everybody's back.
    pub fn with_storage<T>(&self, change: impl FnOnce(&mut Storage) -> T) -> T {
        change(&mut self.0.state.borrow_mut().storage)
    }

    /// The disk as it is, and what is under way.
    #[must_use]
    pub fn point(&self) -> Point {
        self.0.point()
    }

    /// Runs until `future` completes, the world ends, or `patience` of virtual time has passed.
    pub fn run<T: 'static>(
        &self,
        patience: Duration,
        future: impl Future<Output = T> + 'static,
    ) -> Outcome<T> {
        let _installed = Installed::new(self.0.clone());
        let result = Rc::new(RefCell::new(None));
        let place = result.clone();
        self.0.spawn(None, async move {
            let value = future.await;
            *place.borrow_mut() = Some(value);
        });
        let deadline_us = self.0.state.borrow().now_us + patience.as_micros() as u64;
        loop {
            if let Some(value) = result.borrow_mut().take() {
                return Outcome::Done(value);
            }
            if self.0.state.borrow().has_crashed {
                return Outcome::Crashed;
            }
            if !self.0.turn(deadline_us) {
                return Outcome::Stuck;
            }
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _installed = Installed::new(self.0.clone());
        self.0.observer.take();
        // Tasks may start others while they are dropped.
        loop {
            let tasks = self.0.tasks.take();
            if tasks.is_empty() {
                break;
            }
            drop(tasks);
        }
        for lane in &self.0.lanes {
            lane.let_go();
        }
        let mut state = self.0.state.borrow_mut();
        let (events, under_way) = (
            std::mem::take(&mut state.events),
            std::mem::take(&mut state.under_way),
        );
        drop(state);
        drop((events, under_way));
    }
}

/// Makes a world the current one of this thread, until dropped.
struct Installed(Option<Rc<World>>);

impl Installed {
    fn new(world: Rc<World>) -> Installed {
        Installed(CURRENT.replace(Some(world)))
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
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

    fn carry_out(&mut self, ask: &Ask, fault: Option<FaultKind>, now_ms: i64) -> io::Result<Done> {
        let eio = || io::Error::from_raw_os_error(libc::EIO);
        let enospc = || io::Error::from_raw_os_error(libc::ENOSPC);
        match fault {
            None | Some(FaultKind::Hang) => self.carry_out_well(ask, now_ms),
            Some(FaultKind::Eio) => {
                self.fail_partly(&ask.effect, false);
                Err(eio())
            }
            // A read needs no space.
            Some(FaultKind::Enospc) if !ask.effect.changes_anything() => {
                self.carry_out_well(ask, now_ms)
            }
            Some(FaultKind::Enospc) => {
                self.fail_partly(&ask.effect, true);
                Err(enospc())
            }
            Some(FaultKind::Short) => self.carry_out_shortly(ask, now_ms),
            Some(FaultKind::FullAt(count)) => match &ask.effect {
                Effect::Write {
                    inode,
                    position,
                    bytes,
                } => {
                    let fits = usize::try_from(count).unwrap_or(usize::MAX);
                    let effect = Effect::Write {
                        inode: *inode,
                        position: *position,
                        bytes: bytes.slice(..fits.min(bytes.len())),
                    };
                    self.storage.apply(&effect, now_ms)?;
                    Err(enospc())
                }
                _ => self.carry_out_well(ask, now_ms),
            },
            Some(FaultKind::Dropped) => match &ask.effect {
                Effect::Write { .. } | Effect::Flush { .. } | Effect::FlushDirectory { .. } => {
                    Ok(self.pretend(&ask.effect, now_ms))
                }
                _ => self.carry_out_well(ask, now_ms),
            },
            Some(FaultKind::Misdirected) => match &ask.effect {
                Effect::Write { bytes, .. } => {
                    self.storage.land_elsewhere(bytes, &mut self.dice);
                    Ok(self.pretend(&ask.effect, now_ms))
                }
                _ => self.carry_out_well(ask, now_ms),
            },
        }
    }

    /// Nothing of `effect` reaches the disk but a file's length, which is the file system's own.
    fn pretend(&mut self, effect: &Effect, now_ms: i64) -> Done {
        if let Effect::Write {
            inode,
            position,
            bytes,
        } = effect
        {
            let end = position + bytes.len() as u64;
            let inode = *inode;
            // A full disk takes less of it.
            let _ = self.storage.apply(&Effect::Allocate { inode, end }, now_ms);
        }
        Done {
            count: length_of(effect),
            ..Done::default()
        }
    }

    fn carry_out_well(&mut self, ask: &Ask, now_ms: i64) -> io::Result<Done> {
        if let Some(path) = &ask.find {
            let inode = self.storage.find(path).ok_or(io::ErrorKind::NotFound)?;
            return Ok(Done {
                inode,
                ..Done::default()
            });
        }
        if let Some((inode, position, length)) = ask.read {
            let bytes = self.storage.read(inode, position, length)?.into();
            return Ok(Done {
                bytes,
                ..Done::default()
            });
        }
        let inode = self.storage.apply(&ask.effect, now_ms)?;
        Ok(Done {
            inode,
            count: length_of(&ask.effect),
            ..Done::default()
        })
    }

    fn carry_out_shortly(&mut self, ask: &Ask, now_ms: i64) -> io::Result<Done> {
        let Effect::Write {
            inode,
            position,
            bytes,
        } = &ask.effect
        else {
            return self.carry_out_well(ask, now_ms);
        };
        let sectors = (bytes.len() / super::storage::SECTOR) as u64;
        let kept = self.dice.below(sectors) as usize * super::storage::SECTOR;
        // A write of less than a sector has no shorter form that is not nothing.
        let kept = if kept == 0 { bytes.len() } else { kept };
        let effect = Effect::Write {
            inode: *inode,
            position: *position,
            bytes: bytes.slice(..kept),
        };
        self.storage.apply(&effect, now_ms)?;
        Ok(Done {
            count: kept,
            ..Done::default()
        })
    }

    fn fail_partly(&mut self, effect: &Effect, in_order: bool) {
        self.storage.write_partly(effect, in_order, &mut self.dice);
        if let Effect::Flush { inode, .. } = effect {
            self.storage.forget_dirty(*inode, &mut self.dice);
            self.has_forgotten = true;
        }
    }
}

fn length_of(effect: &Effect) -> usize {
    match effect {
        Effect::Write { bytes, .. } => bytes.len(),
        _ => 0,
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
