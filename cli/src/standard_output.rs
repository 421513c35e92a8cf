//! Standard output, buffered, where a closed pipe is told apart from every other broken pipe.
//!
//! Rust ignores SIGPIPE, so `corelane … | head` sees EPIPE. A reader that has seen enough is no failure: `main` asks
//! [`is_closed_pipe`] and exits with success. A socket to a broker can break with the same error kind, which is why the
//! error made here carries [`ClosedPipe`] inside. Lives on the main thread.

use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

/// Bytes gathered before a write to standard output.
const BUFFER_BYTES: usize = 64 * 1024;

/// The one writer to standard output of a run.
pub struct StandardOutput {
    inner: BufWriter<StdoutLock<'static>>,
}

impl StandardOutput {
    /// Takes standard output for this run.
    pub fn lock() -> Self {
        StandardOutput {
            inner: BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock()),
        }
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).map_err(mark_closed_pipe)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().map_err(mark_closed_pipe)
    }
}

/// Marks an error as coming from the reader of our own standard output.
#[derive(Debug)]
struct ClosedPipe;

impl fmt::Display for ClosedPipe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the reader of standard output has closed it")
    }
}

impl std::error::Error for ClosedPipe {}

fn mark_closed_pipe(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, ClosedPipe),
        _ => error,
    }
}

/// Whether the run ended because the reader of standard output went away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        inner.is_some_and(|inner| inner.is::<ClosedPipe>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_closed_standard_output_is_recognised_under_any_context() {
        let error = mark_closed_pipe(io::Error::from(io::ErrorKind::BrokenPipe));
        let error = Err::<(), _>(error)
            .context("cannot print the table")
            .unwrap_err();
        assert!(is_closed_pipe(&error));
    }

    #[test]
    fn a_broken_socket_is_no_closed_pipe() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(!is_closed_pipe(&error));
    }
}
