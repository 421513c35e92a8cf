//! SIGTERM and SIGINT as an order to stop, taken by one thread that waits for them.
//!
//! The first one orders a clean stop; a second one ends the process at once, which the next start recovers from.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;

/// The exit code that shells give to a program that a signal has ended, less the signal's number.
const EXIT_BY_SIGNAL: i32 = 128;

/// Starts the thread that waits; `stop` runs at the first signal.
pub fn on_stop_signal(stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let wait_twice = move || {
        let mut arriving = signals.forever();
        if arriving.next().is_some() {
            tracing::info!("stopping; a second signal ends the process at once");
            stop();
        }
        if let Some(signal) = arriving.next() {
            std::process::exit(EXIT_BY_SIGNAL + signal);
        }
    };
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(wait_twice).map(drop)
}
