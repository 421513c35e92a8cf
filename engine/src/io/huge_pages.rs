//! Huge pages for the chunks of busy logs, made ready by a thread of their own.
//!
//! Shared: one stock for all cores of the process. The first touch of a huge page clears 2 MiB, and on a virtual
//! machine whose host has taken the memory back it takes milliseconds, which no core may spend. So a core takes what
//! is ready, or does without; whatever it did without is replaced when it is used the next time.
//!
//! Invariants: taking never waits; what is taken is resident; the stock is bounded, and empty until somebody asks.

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread;

use super::BLOCK;
use super::chunk::{HUGE_PAGE, Memory};

/// Huge pages that lie ready.
const READY_MAX: usize = 4;

/// What is ready. The second threads are the other cores and the one that fills it.
static STOCK: Mutex<Stock> = Mutex::new(Stock {
    ready: Vec::new(),
    filling: false,
});
static TAKEN: Condvar = Condvar::new();

struct Stock {
    ready: Vec<Memory>,
    /// Whether the thread that fills the stock has been started.
    filling: bool,
}

/// A huge page that is resident; none when none is ready now.
pub(super) fn take() -> Option<Memory> {
    let mut stock = match STOCK.try_lock() {
        Ok(stock) => stock,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    if !stock.filling {
        stock.filling = true;
        // Without a thread there are no huge pages, and all that is lost is speed.
        let _ = thread::Builder::new().name("huge-pages".into()).spawn(fill);
    }
    let taken = stock.ready.pop();
    TAKEN.notify_one();
    taken
}

/// Zeros that live as long as the process, a whole number of blocks; none until a page is ready.
pub(super) fn zeros(length: usize) -> Option<&'static [u8]> {
    static ZEROS: OnceLock<Memory> = OnceLock::new();
    let zeros = match ZEROS.get() {
        Some(zeros) => zeros,
        None => {
            let page = take()?;
            ZEROS.get_or_init(|| page)
        }
    };
    Some(&zeros.bytes()[..length])
}

fn lock() -> MutexGuard<'static, Stock> {
    STOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the stock full for as long as the process lives.
fn fill() {
    loop {
        let mut stock = lock();
        while stock.ready.len() >= READY_MAX {
            stock = TAKEN.wait(stock).unwrap_or_else(PoisonError::into_inner);
        }
        drop(stock);
        let page = Memory::allocate_huge();
        // One byte of each small page: where the kernel has no huge one, the small ones are resident as well.
        page.touch(BLOCK);
        lock().ready.push(page);
    }
}

const _: () = assert!(HUGE_PAGE.is_multiple_of(BLOCK));
