//! One run on all cores of an engine: starts the tasks of a load on each, watches from outside, merges the accounts.
//!
//! Invariants: an account lives on its core and leaves it once, when its tasks have ended or have been given up; the
//! calling thread only samples. No wait is unbounded: what has no answer in time is reported, not waited for.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use corelane_engine::runtime::{sleep, spawn};
use corelane_engine::{Engine, ShardId};
use futures_lite::future::block_on;

use crate::drive::{Outcome, Plan, WAIT_MAX};
use crate::error::BenchError;
use crate::lane::{AnswerTimes, Contents};
use crate::observe::{Observer, OnProgress, nanoseconds};
use crate::tally::{Progress, Tally, Window};

/// After a refusal, so that a partition that refuses everything does not keep its core busy.
const REFUSED_PAUSE: Duration = Duration::from_millis(10);

/// What the cores and the observer share. The second threads are the cores.
#[derive(Clone)]
struct Shared {
    window: Arc<Window>,
    progress: Arc<[Progress]>,
    finished: Arc<AtomicUsize>,
    start: Instant,
    answer_timeout_ns: u64,
}

/// The account of one core's tasks.
pub(super) struct CoreAccount {
    shared: Shared,
    core: usize,
    tally: RefCell<Tally>,
    working: Cell<usize>,
    in_flight: Cell<u64>,
}

/// Runs what `start_tasks` starts on each core to the end of `window`.
pub(super) fn run(
    engine: &Engine,
    plan: &Plan,
    window: &Arc<Window>,
    on_progress: OnProgress,
    start_tasks: impl Fn(&Rc<CoreAccount>) + Clone + Send + 'static,
) -> Result<Outcome, BenchError> {
    let shared = Shared {
        window: Arc::clone(window),
        progress: engine.shards().map(|_| Progress::default()).collect(),
        finished: Arc::default(),
        start: Instant::now(),
        answer_timeout_ns: nanoseconds(Duration::from_secs_f64(plan.client.answer_timeout_s)),
    };
    thread::scope(|scope| {
        let cores: Vec<_> = engine
            .shards()
            .map(|core| {
                let (shared, start_tasks) = (shared.clone(), start_tasks.clone());
                scope.spawn(move || run_core(engine, core, shared, start_tasks))
            })
            .collect();
        let observer = Observer {
            plan,
            window,
            progress: &shared.progress,
            finished: &shared.finished,
            start: shared.start,
        };
        let observed = observer.watch(on_progress);
        // Whatever the observer met, the tasks must end before the scope does.
        window.end_at(nanoseconds(shared.start.elapsed()));
        let mut tally = Tally::new(Arc::clone(window));
        for core in cores {
            match core.join() {
                Ok(account) => tally.merge(account),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        observed.map(|seen| seen.into_outcome(tally))
    })
}

fn run_core(
    engine: &Engine,
    core: ShardId,
    shared: Shared,
    start_tasks: impl Fn(&Rc<CoreAccount>) + Send + 'static,
) -> Tally {
    block_on(engine.on(core, move || async move {
        let account = Rc::new(CoreAccount {
            tally: RefCell::new(Tally::new(Arc::clone(&shared.window))),
            shared,
            core: usize::from(core.0),
            working: Cell::default(),
            in_flight: Cell::default(),
        });
        start_tasks(&account);
        account.close().await
    }))
}

impl CoreAccount {
    /// Starts a task that belongs to the run.
    pub(super) fn start(self: &Rc<Self>, task: impl Future<Output = ()> + 'static) {
        let account = Rc::clone(self);
        account.working.set(account.working.get() + 1);
        spawn(async move {
            task.await;
            account.working.set(account.working.get() - 1);
        });
    }

    /// Since the start of the run.
    pub(super) fn now_ns(&self) -> u64 {
        nanoseconds(self.shared.start.elapsed())
    }

    /// The end of the run, as far as it is known.
    pub(super) fn until_ns(&self) -> u64 {
        self.shared.window.until_ns()
    }

    /// Waits for the time `due_ns`. False when the run ends before.
    pub(super) async fn wait_until(&self, due_ns: u64) -> bool {
        loop {
            let now_ns = self.now_ns();
            if now_ns >= self.until_ns() {
                return false;
            }
            if now_ns >= due_ns {
                return true;
            }
            // The end may move closer meanwhile, so no sleep is long.
            sleep(Duration::from_nanos(due_ns - now_ns).min(WAIT_MAX)).await;
        }
    }

    /// Takes note of how late an operation of an open loop begins.
    pub(super) fn sent(&self, intended_ns: u64, free_since_ns: u64) {
        let now_ns = self.now_ns();
        self.tally.borrow_mut().sent_late(
            intended_ns,
            now_ns.saturating_sub(intended_ns),
            now_ns.saturating_sub(intended_ns.max(free_since_ns)),
        );
    }

    /// Awaits an operation that counts as unanswered as long as it lasts.
    pub(super) async fn in_flight<T>(&self, operation: impl Future<Output = T>) -> T {
        self.in_flight.set(self.in_flight.get() + 1);
        let answer = operation.await;
        self.in_flight.set(self.in_flight.get() - 1);
        answer
    }

    /// Counts an operation.
    pub(super) fn answered(&self, intended_ns: u64, contents: Contents) {
        self.shared.progress[self.core].add(contents);
        let now_ns = self.now_ns();
        let times = AnswerTimes {
            intended_ns,
            now_ns,
        };
        self.shared.progress[self.core].latency(now_ns.saturating_sub(intended_ns));
        self.tally.borrow_mut().answered(times, None);
    }

    /// Counts a refusal, and pauses.
    pub(super) async fn refused(&self, error: impl std::fmt::Display) {
        self.tally.borrow_mut().refused(error.to_string());
        sleep(REFUSED_PAUSE).await;
    }

    /// Waits for the tasks, and takes the account from them.
    async fn close(&self) -> Tally {
        while self.working.get() > 0 {
            let waited_ns = self.now_ns().saturating_sub(self.until_ns());
            if waited_ns > self.shared.answer_timeout_ns {
                break;
            }
            sleep(WAIT_MAX).await;
        }
        let empty = Tally::new(Arc::clone(&self.shared.window));
        let mut tally = self.tally.replace(empty);
        tally.faults.unanswered += self.in_flight.get();
        self.shared.finished.fetch_add(1, Ordering::Release);
        tally
    }
}
