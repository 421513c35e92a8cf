//! Which congestion control connections have: Reno within this machine, and the system's towards all others.
//!
//! A congestion control that paces, as BBR does, sends a connection's bytes in portions with pauses between them, each
//! of which a timer's interrupt ends. That spares the queues of a network. Within one machine there is none to spare, and the
//! pauses are two fifths of what a drain of old data costs. Reno does not pace, and every Linux has it for every user.
//!
//! Used by the thread that starts the broker and by the cores that accept. Invariant: a connection from another machine has
//! the system's congestion control when it is served, unless the kernel refuses that.

#![allow(unsafe_code)]

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;

/// Bytes of a congestion control's name: the kernel's `TCP_CA_NAME_MAX`.
const NAME_BYTES_MAX: usize = 16;

/// The name of a congestion control, with zeros behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CongestionControl([u8; NAME_BYTES_MAX]);

const RENO: CongestionControl = CongestionControl(*b"reno\0\0\0\0\0\0\0\0\0\0\0\0");

/// The system's, once a listener has been prepared. The thread that starts the broker writes it, the cores read it.
static OF_SYSTEM: OnceLock<CongestionControl> = OnceLock::new();

/// Lets the connections of `listener` begin with Reno: one that began with a congestion control that paces would go on
/// pacing under any other. Where the kernel refuses, they all have the system's.
pub fn prepare(listener: &TcpListener) {
    let listener = listener.as_fd();
    let prepared = CongestionControl::of(listener).and_then(|of_system| {
        // Chosen first: what could not be chosen again must not be given up.
        of_system.choose(listener)?;
        OF_SYSTEM.get_or_init(|| of_system);
        RENO.choose(listener)
    });
    if let Err(error) = prepared {
        tracing::debug!(%error, "connections within this machine may pace");
    }
}

/// Gives an accepted connection the system's congestion control if it comes from another machine.
pub fn choose(stream: &TcpStream, peer: SocketAddr, local: SocketAddr) {
    if is_within_machine(peer, local) {
        return;
    }
    let Some(of_system) = OF_SYSTEM.get() else {
        return;
    };
    if let Err(error) = of_system.choose(stream.as_fd()) {
        // Served all the same: Reno is slower than some on long ways, and never wrong.
        tracing::debug!(%peer, %error, "the system's congestion control cannot be chosen");
    }
}

fn is_within_machine(peer: SocketAddr, local: SocketAddr) -> bool {
    let (peer, local) = (peer.ip().to_canonical(), local.ip().to_canonical());
    peer.is_loopback() || peer == local
}

impl CongestionControl {
    /// That of a socket.
    fn of(socket: BorrowedFd<'_>) -> io::Result<CongestionControl> {
        let mut name = [0; NAME_BYTES_MAX];
        let mut length = libc::socklen_t::try_from(NAME_BYTES_MAX).expect("a few bytes");
        // SAFETY: the descriptor is open; the kernel writes at most `length` bytes to `name`, which has as many.
        let answer = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_CONGESTION,
                name.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        match answer {
            0 => Ok(CongestionControl(name)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Makes it that of a socket.
    fn choose(self, socket: BorrowedFd<'_>) -> io::Result<()> {
        let length = libc::socklen_t::try_from(NAME_BYTES_MAX).expect("a few bytes");
        // SAFETY: the descriptor is open; the kernel reads `length` bytes of the name, which has as many.
        let answer = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_CONGESTION,
                self.0.as_ptr().cast(),
                length,
            )
        };
        match answer {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The broker's end of a connection to a prepared listener, the client's end, and what a fresh socket has.
    fn connect() -> (TcpStream, TcpStream, CongestionControl) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let of_system = CongestionControl::of(listener.as_fd()).unwrap();
        prepare(&listener);
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        (stream, client, of_system)
    }

    #[test]
    fn a_connection_within_the_machine_does_not_pace() {
        let (stream, client, _) = connect();
        choose(
            &stream,
            client.local_addr().unwrap(),
            stream.local_addr().unwrap(),
        );
        assert_eq!(CongestionControl::of(stream.as_fd()).unwrap(), RENO);
    }

    #[test]
    fn a_connection_from_another_machine_has_the_systems_congestion_control() {
        let (stream, _client, of_system) = connect();
        let elsewhere = SocketAddr::from(([192, 0, 2, 1], 40_000));
        choose(&stream, elsewhere, stream.local_addr().unwrap());
        assert_eq!(CongestionControl::of(stream.as_fd()).unwrap(), of_system);
    }

    #[test]
    fn the_loopback_and_equal_addresses_are_within_the_machine() {
        let is_within = |peer: &str, local: &str| {
            let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 1);
            is_within_machine(at(peer), at(local))
        };
        assert!(is_within("127.0.0.1", "127.0.0.2"));
        assert!(is_within("10.0.0.7", "10.0.0.7"));
        assert!(is_within("::ffff:127.0.0.1", "::ffff:127.0.0.1"));
        assert!(is_within("::1", "::1"));
        assert!(!is_within("10.0.0.8", "10.0.0.7"));
        assert!(!is_within("::ffff:10.0.0.8", "::ffff:10.0.0.7"));
    }
}
