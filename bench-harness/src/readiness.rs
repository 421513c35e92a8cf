//! Which of many non-blocking sockets can be read or written: one epoll instance per client thread.
//!
//! Invariants: level-triggered, so a wake-up cannot be lost; waits end at a deadline given in nanoseconds, which
//! `poll`'s milliseconds could not keep. Lives on one thread.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Events taken per wait; more stay ready for the next one.
const EVENTS_PER_WAIT_MAX: usize = 256;

/// What a socket waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Bytes to read, or the end of the stream.
    Read,
    /// As `Read`, and room to write.
    ReadAndWrite,
}

/// One socket that became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// The number the socket was registered under.
    pub token: u64,
    /// Whether a read makes progress (bytes, end of stream or an error).
    pub readable: bool,
    /// Whether a write makes progress.
    pub writable: bool,
}

/// A set of registered sockets.
#[derive(Debug)]
pub struct Readiness {
    epoll: OwnedFd,
    events: Vec<libc::epoll_event>,
}

#[allow(
    unsafe_code,
    reason = "the standard library has no readiness wait over many sockets"
)]
impl Readiness {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes one flag and returns a descriptor or -1.
        let descriptor = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel returned this descriptor to this call only, so nobody else owns it.
        let epoll = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let empty = libc::epoll_event { events: 0, u64: 0 };
        Ok(Self {
            epoll,
            events: vec![empty; EVENTS_PER_WAIT_MAX],
        })
    }

    /// Adds a socket under `token`. The socket leaves the set by being closed, or by [`Self::remove`].
    pub fn register(
        &self,
        socket: &impl AsRawFd,
        token: u64,
        interest: Interest,
    ) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, socket, token, interest)
    }

    /// Changes what a registered socket waits for.
    pub fn change(&self, socket: &impl AsRawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, socket, token, interest)
    }

    /// Takes a socket out of the set, as one that failed and would stay ready for ever.
    pub fn remove(&self, socket: &impl AsRawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, socket, 0, Interest::Read)
    }

    fn control(
        &self,
        operation: i32,
        socket: &impl AsRawFd,
        token: u64,
        interest: Interest,
    ) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: flags(interest),
            u64: token,
        };
        // SAFETY: both descriptors are open while their owners are borrowed; `event` outlives the call.
        let result = unsafe {
            libc::epoll_ctl(
                self.epoll.as_raw_fd(),
                operation,
                socket.as_raw_fd(),
                &raw mut event,
            )
        };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Waits until a socket is ready or `timeout` is over, and calls `each` for every ready socket.
    pub fn wait(&mut self, timeout: Duration, mut each: impl FnMut(Ready)) -> io::Result<()> {
        let count = self.wait_for_events(timeout)?;
        for event in &self.events[..count] {
            let flags = event.events;
            let failed = flags & (libc::EPOLLERR | libc::EPOLLHUP).cast_unsigned() != 0;
            each(Ready {
                token: event.u64,
                readable: failed || flags & libc::EPOLLIN.cast_unsigned() != 0,
                writable: failed || flags & libc::EPOLLOUT.cast_unsigned() != 0,
            });
        }
        Ok(())
    }

    fn wait_for_events(&mut self, timeout: Duration) -> io::Result<usize> {
        let timeout = libc::timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        // SAFETY: the event array has EVENTS_PER_WAIT_MAX elements and lives as long as `self`; `timeout` outlives the
        // call; a null signal mask is allowed.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                self.events.as_mut_ptr(),
                EVENTS_PER_WAIT_MAX,
                &raw const timeout,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        if let Ok(count) = usize::try_from(count) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted {
            Ok(0)
        } else {
            Err(error)
        }
    }
}

fn flags(interest: Interest) -> u32 {
    match interest {
        Interest::Read => libc::EPOLLIN.cast_unsigned(),
        Interest::ReadAndWrite => (libc::EPOLLIN | libc::EPOLLOUT).cast_unsigned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn a_socket_with_bytes_is_readable_under_its_token() {
        let (near, mut far) = pair();
        let mut readiness = Readiness::new().unwrap();
        readiness.register(&near, 7, Interest::Read).unwrap();
        far.write_all(b"x").unwrap();
        let mut seen = Vec::new();
        readiness
            .wait(Duration::from_secs(5), |ready| seen.push(ready))
            .unwrap();
        assert_eq!(
            seen,
            vec![Ready {
                token: 7,
                readable: true,
                writable: false
            }]
        );
    }

    #[test]
    fn a_wait_ends_at_its_timeout_when_nothing_is_ready() {
        let (near, _far) = pair();
        let mut readiness = Readiness::new().unwrap();
        readiness.register(&near, 1, Interest::Read).unwrap();
        let start = Instant::now();
        readiness
            .wait(Duration::from_millis(2), |ready| panic!("{ready:?}"))
            .unwrap();
        assert!(start.elapsed() >= Duration::from_millis(2));
    }
}
