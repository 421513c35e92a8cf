//! SIGTERM and SIGINT as an order to stop, taken by one thread that waits for them.
//!
//! The signals are blocked before any other thread starts, so that every thread inherits the mask and none is
//! interrupted by them. The first one orders a clean stop; a second one ends the process at once.
#![allow(unsafe_code)]

use crate::exit_code::ExitCode;
use std::io;
use std::mem::MaybeUninit;

/// The signals that stop the broker.
const SIGNALS: [libc::c_int; 2] = [libc::SIGTERM, libc::SIGINT];

/// The blocked signals, not yet waited for.
pub struct StopSignals {
    set: libc::sigset_t,
}

impl StopSignals {
    /// Blocks the signals in this thread and all that it will start.
    pub fn block() -> io::Result<Self> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `set` is writable and of the type that the call fills.
        let emptied = unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        check(emptied)?;
        // SAFETY: the call that succeeded has filled `set`.
        let mut set = unsafe { set.assume_init() };
        for signal in SIGNALS {
            // SAFETY: `set` is initialised, and the signals are constants of this system.
            let added = unsafe { libc::sigaddset(&mut set, signal) };
            check(added)?;
        }
        // SAFETY: `set` is initialised; the old mask is not asked for.
        let blocked = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) };
        match blocked {
            0 => Ok(StopSignals { set }),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    /// Starts the thread that waits; `stop` runs at the first signal.
    pub fn spawn(self, stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let wait_twice = move || {
            if self.wait().is_ok() {
                tracing::info!("stopping; a second signal ends the process at once");
                stop();
                let _ = self.wait();
                std::process::exit(i32::from(ExitCode::Failure.number()));
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(wait_twice)
            .map(|_| ())
    }

    fn wait(&self) -> io::Result<()> {
        let mut signal = 0;
        // SAFETY: the set is initialised and `signal` is writable; both outlive the call.
        match unsafe { libc::sigwait(&self.set, &mut signal) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
