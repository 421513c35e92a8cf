//! The handle that drives a world: settings, runs, and what tests ask afterwards.
//!
//! Invariant: the world is this thread's current one while it runs, and while what is left of it is dropped.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{CURRENT, Fault, Moment, Point, SimWrite, State, World};
use crate::lane::{Lane, Settings};
use crate::sim::dice::Dice;
use crate::sim::storage::Storage;
use crate::types::ShardId;

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
