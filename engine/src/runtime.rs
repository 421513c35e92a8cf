//! Tasks of one core: spawning, yielding, waiting; and the loop that drives them and the ring.
//!
//! Shard-local. Invariant: the executor never parks. [`drive`] is always runnable, and when nothing else is, it
//! blocks in our own ring, whose completions (I/O, alarms, mail from other cores) are all that can make a task of
//! this core runnable. glommio's own rings stay unused, so its lost wake-up (tasks runnable, executor parked,
//! nothing to wake it) has no window to happen in; the watchdog stays as the second line.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::io::{Ring, Sleep, Wait};

/// Rounds of tasks between two turns of the ring: wake-ups between tasks settle without a system call each, and
/// I/O is still looked at often.
const ROUNDS_MAX: u32 = 8;

thread_local! {
    /// Polls of tasks on this core; tells the driver whether anything has run since it last looked.
    static POLLS: Cell<u64> = const { Cell::new(0) };
}

struct Counted<F>(Pin<Box<F>>);

impl<F: Future<Output = ()>> Future for Counted<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        POLLS.with(|polls| polls.set(polls.get() + 1));
        self.0.as_mut().poll(context)
    }
}

/// Starts a task on this core. It runs until it ends or the core stops.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    glommio::spawn_local(Counted(Box::pin(future))).detach();
}

/// Lets every other runnable task of this core run, and the ring be looked at, before going on.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Completes when `duration` has passed.
pub fn sleep(duration: Duration) -> Sleep {
    Ring::current().sleep(duration)
}

/// Waits for `future`, but no longer than `duration`; none when time is up.
pub async fn timeout<T>(duration: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut alarm = pin!(sleep(duration));
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        alarm.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// What a core does besides its tasks; see [`drive`].
pub(crate) trait Hooks {
    /// Runs before each turn of the ring: hands over outgoing mail.
    fn before_turn(&self);
    /// Announces that no task can run.
    fn idle(&self);
    /// Tells whether mail has come.
    fn has_mail(&self) -> bool;
    /// Tells whether the core may block; from here on, mail must wake it.
    fn may_sleep(&self) -> bool;
    /// Runs after each turn of the ring: takes incoming mail. False ends the loop.
    fn after_turn(&self) -> bool;
}

/// The core's loop: run what is runnable, then submit, collect, and block when there is nothing to run.
pub(crate) async fn drive(ring: &Ring, hooks: &impl Hooks) {
    loop {
        let quiet = run_tasks().await;
        hooks.before_turn();
        if quiet {
            hooks.idle();
        }
        let idle = quiet && !ring.linger(|| hooks.has_mail());
        let wait = if idle && hooks.may_sleep() {
            Wait::UntilSomething
        } else {
            Wait::No
        };
        ring.turn(wait);
        if !hooks.after_turn() {
            return;
        }
    }
}

/// Runs the tasks that are runnable. True when none is left, false when the rounds ran out.
async fn run_tasks() -> bool {
    for _ in 0..ROUNDS_MAX {
        let before = POLLS.with(Cell::get);
        yield_now().await;
        if POLLS.with(Cell::get) == before {
            return true;
        }
    }
    false
}
