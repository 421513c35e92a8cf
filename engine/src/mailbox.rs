//! Messages to a core, and the means to wake it.
//!
//! Shared: one per core, written by every thread, read by its core. Invariants: messages of one sender arrive in
//! the order sent; a message is either seen before the core blocks, or wakes it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one core asks another to run.
pub(crate) type Mail = Box<dyn FnOnce() + Send>;

/// Messages that may wait for a core. Callers are bounded by the requests in flight, far below; reaching this is
/// a bug that must not take the machine's memory with it.
const MAIL_MAX: usize = 1 << 20;

/// A core as seen from other threads.
pub(crate) struct Mailbox {
    /// The second threads are all other cores and the threads of embedders; held for a push or a swap.
    queue: Mutex<Queue>,
    /// Set by the core before it blocks; whoever clears it writes the eventfd.
    sleeping: AtomicBool,
    /// Set by the core while it has nothing to do, asleep or about to be; read by whoever asks.
    idle: AtomicBool,
    /// Turns of the core's loop, read by the watchdog.
    pub(crate) turns: AtomicU64,
    /// The longest that the core has gone without a look at its ring, in ns; read by whoever asks.
    pub(crate) longest_turn_ns: AtomicU64,
    /// The kernel's id of the thread to signal, zero while it does not run; read by the watchdog.
    pub(crate) thread: AtomicI32,
    bell: Arc<OwnedFd>,
}

#[derive(Default)]
struct Queue {
    mail: VecDeque<Mail>,
    /// The core has ended: messages are dropped, which their senders notice.
    closed: bool,
}

impl Mailbox {
    pub(crate) fn new() -> io::Result<Mailbox> {
        // SAFETY: no memory is involved.
        #[allow(unsafe_code)]
        let bell = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
        if bell < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just opened it for us; nobody else knows it.
        #[allow(unsafe_code)]
        let bell = unsafe { OwnedFd::from_raw_fd(bell) };
        Ok(Mailbox {
            queue: Mutex::default(),
            sleeping: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            turns: AtomicU64::new(0),
            longest_turn_ns: AtomicU64::new(0),
            thread: AtomicI32::new(0),
            bell: Arc::new(bell),
        })
    }

    /// The descriptor that becomes readable when the core has been woken.
    pub(crate) fn bell(&self) -> &Arc<OwnedFd> {
        &self.bell
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over messages and wakes the core when it sleeps.
    pub(crate) fn deliver(&self, messages: impl IntoIterator<Item = Mail>) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        queue.mail.extend(messages);
        let count = queue.mail.len();
        drop(queue);
        assert!(count <= MAIL_MAX, "{count} messages wait for one core");
        // Pairs with the fence in `prepare_to_sleep`: either the core sees the message, or this sees it asleep.
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) && self.sleeping.swap(false, Ordering::Relaxed) {
            self.ring_bell();
        }
    }

    /// Takes all messages that wait.
    pub(crate) fn take(&self) -> VecDeque<Mail> {
        std::mem::take(&mut self.queue().mail)
    }

    /// Drops what waits and whatever comes: the core has ended.
    pub(crate) fn close(&self) {
        let mut queue = self.queue();
        queue.closed = true;
        let unread = std::mem::take(&mut queue.mail);
        drop(queue);
        drop(unread);
    }

    /// Tells whether messages wait.
    pub(crate) fn has_mail(&self) -> bool {
        !self.queue().mail.is_empty()
    }

    /// Announces that the core is about to block. False when mail has come meanwhile: then it must not.
    pub(crate) fn prepare_to_sleep(&self) -> bool {
        self.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.has_mail() {
            self.awake();
            return false;
        }
        true
    }

    /// Announces that the core runs.
    pub(crate) fn awake(&self) {
        self.sleeping.store(false, Ordering::Relaxed);
        self.idle.store(false, Ordering::Relaxed);
    }

    /// Announces that the core has nothing to do.
    pub(crate) fn idle(&self) {
        self.idle.store(true, Ordering::Relaxed);
    }

    /// Tells whether the core has said that it has nothing to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle.load(Ordering::Relaxed)
    }

    /// Tells whether the core has said that it blocks.
    pub(crate) fn is_sleeping(&self) -> bool {
        self.sleeping.load(Ordering::Relaxed)
    }

    fn ring_bell(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the descriptor is open, and the eight bytes live across the call.
        #[allow(unsafe_code)]
        let written = unsafe { libc::write(self.bell.as_raw_fd(), one.as_ptr().cast(), 8) };
        assert_eq!(
            written, 8,
            "an eventfd takes 2^64 - 2 wake-ups before it blocks"
        );
    }
}
