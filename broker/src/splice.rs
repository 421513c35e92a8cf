//! Sends a range of a file to a socket without its bytes entering user space: file → pipe on the ring, pipe → socket
//! without blocking, and a wait for POLLOUT on the ring when the socket is full.
//!
//! Shard-local: each core has its own pipes.
//!
//! Invariants: a pipe is kept for reuse only when it is empty; one with bytes left in it is closed. The core never
//! blocks: the file is read by a kernel worker, the socket only takes what it has room for.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use bytes::BytesMut;
use corelane_engine::FileRange;
use corelane_engine::io::{Hold, Ring};
use corelane_engine::runtime::timeout;
use io_uring::{opcode, types};

use crate::limits::{PIPE_BYTES, SEND_STALL_MAX, SPARE_PIPES_MAX, SPLICE_BYTES_MIN};

/// This core's empty pipes.
#[derive(Default)]
pub struct Pipes(RefCell<Vec<Pipe>>);

/// A pipe, with the count of bytes that are in it.
struct Pipe {
    reader: Arc<OwnedFd>,
    writer: Arc<OwnedFd>,
}

impl Pipes {
    fn take(&self) -> io::Result<Pipe> {
        match self.0.borrow_mut().pop() {
            Some(pipe) => Ok(pipe),
            None => Pipe::new(),
        }
    }

    /// Keeps an empty pipe.
    fn give_back(&self, pipe: Pipe) {
        let mut spare = self.0.borrow_mut();
        if spare.len() < SPARE_PIPES_MAX {
            spare.push(pipe);
        }
    }
}

impl Pipe {
    fn new() -> io::Result<Pipe> {
        let mut ends = [0; 2];
        // SAFETY: the kernel writes two descriptors into the array.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just opened it; nobody else knows it.
        let reader = unsafe { OwnedFd::from_raw_fd(ends[0]) };
        // SAFETY: as above.
        let writer = unsafe { OwnedFd::from_raw_fd(ends[1]) };
        let size = libc::c_int::try_from(PIPE_BYTES).unwrap_or(libc::c_int::MAX);
        // SAFETY: no memory is involved. A refusal (users have a limit in all) leaves the pipe small, but working.
        unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETPIPE_SZ, size) };
        Ok(Pipe {
            reader: Arc::new(reader),
            writer: Arc::new(writer),
        })
    }
}

/// Sends the whole of `range`.
///
/// # Errors
/// When the file is shorter than the range, when it cannot be read, or when the socket fails or takes nothing for
/// [`SEND_STALL_MAX`]. The client then lacks bytes that were promised, so the connection must be closed.
pub async fn send_file(socket: &Arc<OwnedFd>, range: &FileRange, pipes: &Pipes) -> io::Result<()> {
    if range.length < u64::from(SPLICE_BYTES_MIN) {
        return copy(socket, range).await;
    }
    let pipe = pipes.take()?;
    let mut position = range.position;
    let end = position + range.length;
    while position < end {
        let filled = fill(&pipe, range.file.reader(), position, end - position).await?;
        drain(&pipe, socket, filled).await?;
        position += u64::from(filled);
    }
    // Not reached after an error: a pipe with leftovers is closed by its drop.
    pipes.give_back(pipe);
    Ok(())
}

/// Moves bytes of the file into the empty pipe; returns how many.
async fn fill(pipe: &Pipe, file: &Arc<OwnedFd>, position: u64, length: u64) -> io::Result<u32> {
    let length = u32::try_from(length.min(PIPE_BYTES as u64)).expect("PIPE_BYTES fits");
    let offset = i64::try_from(position).map_err(|_| io::ErrorKind::InvalidInput)?;
    let from = types::Fd(file.as_raw_fd());
    let to = types::Fd(pipe.writer.as_raw_fd());
    let entry = opcode::Splice::new(from, offset, to, -1, length)
        .flags(libc::SPLICE_F_MOVE)
        .build();
    let hold = Hold::Boxed(Box::new(file.clone()));
    // SAFETY: no memory is named; both descriptors are kept open, one by the slot, one by the hold.
    let op = unsafe { Ring::current().submit(entry, Some(pipe.writer.clone()), hold) };
    match op.await.result? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

/// Moves `length` bytes from the pipe to the socket.
async fn drain(pipe: &Pipe, socket: &Arc<OwnedFd>, length: u32) -> io::Result<()> {
    let mut left = length as usize;
    while left > 0 {
        match splice_once(pipe, socket, left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => left -= count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for_room(socket).await?
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn splice_once(pipe: &Pipe, socket: &OwnedFd, length: usize) -> io::Result<usize> {
    let flags = libc::SPLICE_F_MOVE | libc::SPLICE_F_NONBLOCK;
    // SAFETY: both descriptors are open, and no offset is pointed to.
    let count = unsafe {
        libc::splice(
            pipe.reader.as_raw_fd(),
            std::ptr::null_mut(),
            socket.as_raw_fd(),
            std::ptr::null_mut(),
            length,
            flags,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

async fn wait_for_room(socket: &Arc<OwnedFd>) -> io::Result<()> {
    timeout(SEND_STALL_MAX, Ring::current().poll(socket, libc::POLLOUT))
        .await
        .unwrap_or(Err(io::ErrorKind::TimedOut.into()))
        .map(drop)
}

/// Reads a short range into memory and sends it.
async fn copy(socket: &Arc<OwnedFd>, range: &FileRange) -> io::Result<()> {
    let length = usize::try_from(range.length).expect("shorter than SPLICE_BYTES_MIN");
    let mut buffer = BytesMut::with_capacity(length);
    while buffer.len() < length {
        buffer = read_on(range, buffer, length).await?;
    }
    send(socket, buffer).await
}

/// Reads a range into memory, for what the broker itself looks into.
///
/// # Errors
/// The kernel's answer.
pub async fn read_to_memory(range: &FileRange) -> io::Result<bytes::Bytes> {
    let length = usize::try_from(range.length).map_err(io::Error::other)?;
    let mut buffer = BytesMut::with_capacity(length);
    while buffer.len() < length {
        let until = length.min(buffer.len() + PIPE_BYTES);
        buffer = read_on(range, buffer, until).await?;
    }
    Ok(buffer.freeze())
}

/// One READ of what `buffer` lacks of `length` bytes.
async fn read_on(range: &FileRange, mut buffer: BytesMut, length: usize) -> io::Result<BytesMut> {
    let done = buffer.len();
    let free = &mut buffer.spare_capacity_mut()[..length - done];
    let wanted = u32::try_from(free.len()).expect("PIPE_BYTES at most");
    let fd = types::Fd(range.file.reader().as_raw_fd());
    let entry = opcode::Read::new(fd, free.as_mut_ptr().cast::<u8>(), wanted)
        .offset(range.position + done as u64)
        .build();
    // SAFETY: the entry points into the heap memory of the buffer that the hold keeps; the file is handed along.
    let op = unsafe {
        Ring::current().submit(
            entry,
            Some(range.file.reader().clone()),
            Hold::Buffer(buffer),
        )
    };
    let completion = op.await;
    let Hold::Buffer(mut buffer) = completion.hold else {
        unreachable!("the ring hands back what it was given")
    };
    match completion.result? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            // SAFETY: the kernel has initialised `count` bytes behind the `done` first ones.
            unsafe { buffer.set_len(done + count as usize) };
            Ok(buffer)
        }
    }
}

async fn send(socket: &Arc<OwnedFd>, buffer: BytesMut) -> io::Result<()> {
    let mut rest = buffer.freeze();
    while !rest.is_empty() {
        let length = u32::try_from(rest.len()).expect("shorter than SPLICE_BYTES_MIN");
        let flags = libc::MSG_NOSIGNAL | libc::MSG_WAITALL;
        let entry = opcode::Send::new(types::Fd(socket.as_raw_fd()), rest.as_ptr(), length)
            .flags(flags)
            .build();
        let hold = Hold::Bytes(rest.clone());
        // SAFETY: the entry points into shared memory that the hold keeps; the socket is handed along.
        let op = unsafe { Ring::current().submit(entry, Some(socket.clone()), hold) };
        let completion = timeout(SEND_STALL_MAX, op)
            .await
            .ok_or(io::ErrorKind::TimedOut)?;
        match completion.result {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = rest.slice(count as usize..),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait_for_room(socket).await?
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
