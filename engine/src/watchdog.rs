//! A thread that notices cores which have work and do not turn, and wakes them with a signal.
//!
//! Shared: reads the mailboxes' counters from outside all executors. It is the second line of defence against
//! lost wake-ups: glommio 0.12 can park while tasks are runnable (mended upstream after 0.12; see
//! `docs/architecture.md`). A signal makes the blocked `io_uring_enter` return. A core that stays still for
//! [`STILL_TICKS_MAX`] ticks is beyond help: the process aborts, and restart recovers. A core that the kernel does not
//! run, for want of a CPU or because it waits for a disk, has lost no wake-up: only one that sleeps is woken and counted.

#![allow(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::mailbox::Mailbox;

/// How long a core may stand still while it has work.
const TICK_BUSY: Duration = Duration::from_millis(10);
/// While no core has turned, looking more seldom keeps an idle process idle.
const TICK_IDLE: Duration = Duration::from_millis(100);
/// Ticks, not time: a stopped process (SIGSTOP) must not be taken for a hung one.
const STILL_TICKS_MAX: u32 = 6_000;

/// The running watchdog.
pub(crate) struct Watchdog {
    stop: Arc<AtomicBool>,
    kicks: Arc<AtomicU64>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watchdog {
    /// Watches `mailboxes` until dropped.
    pub(crate) fn start(mailboxes: Arc<[Mailbox]>) -> std::io::Result<Watchdog> {
        install_handler()?;
        let stop = Arc::new(AtomicBool::new(false));
        let kicks = Arc::new(AtomicU64::new(0));
        let thread = thread::Builder::new().name("watchdog".into()).spawn({
            let (stop, kicks) = (stop.clone(), kicks.clone());
            move || watch(&mailboxes, &stop, &kicks)
        })?;
        Ok(Watchdog {
            stop,
            kicks,
            thread: Some(thread),
        })
    }

    /// Signals sent so far. In normal settings this stays 0.
    pub(crate) fn kicks(&self) -> u64 {
        self.kicks.load(Ordering::Relaxed)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A watchdog that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Seen {
    turns: u64,
    still_ticks: u32,
}

fn watch(mailboxes: &[Mailbox], stop: &AtomicBool, kicks: &AtomicU64) {
    let mut seen = vec![Seen::default(); mailboxes.len()];
    let mut tick = TICK_IDLE;
    while !stop.load(Ordering::Relaxed) {
        thread::park_timeout(tick);
        let mut turning = false;
        for (core, mailbox) in mailboxes.iter().enumerate() {
            turning |= look(core, mailbox, &mut seen[core], kicks);
        }
        tick = if turning { TICK_BUSY } else { TICK_IDLE };
    }
}

/// Looks at one core; true when it turns or should.
fn look(core: usize, mailbox: &Mailbox, seen: &mut Seen, kicks: &AtomicU64) -> bool {
    let turns = mailbox.turns.load(Ordering::Relaxed);
    let thread = mailbox.thread.load(Ordering::Acquire);
    let has_work = thread != 0 && (!mailbox.is_sleeping() || mailbox.has_mail());
    if turns != seen.turns || !has_work {
        let turned = turns != seen.turns;
        *seen = Seen {
            turns,
            still_ticks: 0,
        };
        return turned;
    }
    seen.still_ticks += 1;
    // The first tick may have begun a moment before the core went to work.
    if seen.still_ticks >= 2 && is_asleep(thread) {
        kicks.fetch_add(1, Ordering::Relaxed);
        kick(thread);
    }
    if seen.still_ticks >= STILL_TICKS_MAX {
        give_up(core);
    }
    true
}

/// Half-alive is worse than dead: a restart recovers, a stuck core only times its clients out.
fn give_up(core: usize) -> ! {
    tracing::error!(
        core,
        "a core has work and has not turned for {STILL_TICKS_MAX} ticks of {TICK_BUSY:?}; aborting, restart recovers"
    );
    std::process::abort();
}

/// Whether the kernel has the thread asleep until something wakes it (`S` in proc_pid_stat(5)): neither running, nor
/// waiting for a CPU or a disk, nor stopped. Where nothing is told, as without /proc, it counts as asleep: a signal too
/// many does no harm.
fn is_asleep(thread: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat"));
    let stat = stat.unwrap_or_default();
    // The name before it may hold anything, also parentheses.
    stat.rsplit_once(") ")
        .is_none_or(|(_, fields)| fields.starts_with('S'))
}

/// By the kernel's ids, so that a thread that has just ended is no danger.
fn kick(thread: i32) {
    let process = std::process::id();
    // SAFETY: names no memory; the handler of the signal does nothing.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGURG) };
}

extern "C" fn nothing(_signal: libc::c_int) {}

/// SIGURG gets an empty handler without SA_RESTART, so that it interrupts system calls and nothing else.
fn install_handler() -> std::io::Result<()> {
    // SAFETY: all-zero is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the structure is whole, and the handler is async-signal-safe: it does nothing.
    match unsafe { libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn own_thread() -> i32 {
        // SAFETY: takes and touches no memory.
        unsafe { libc::gettid() }
    }

    #[test]
    fn a_thread_that_computes_is_not_asleep_and_one_that_waits_is() {
        assert!(!is_asleep(own_thread()), "it is running this very line");
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let waiting = thread::spawn(move || {
            tell.send(own_thread()).unwrap();
            // Until the sender is gone.
            let _ = released.recv();
        });
        let id = told.recv().unwrap();
        while !is_asleep(id) {
            thread::yield_now();
        }
        drop(release);
        waiting.join().unwrap();
        assert!(is_asleep(id), "of a thread that has ended nothing is told");
    }
}
