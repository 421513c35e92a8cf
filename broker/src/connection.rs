//! One client: reads its requests, runs them side by side, writes the answers in their order.
//!
//! Shard-local: a connection is served by the core that it was handed to, until it moves, between two requests, to the
//! one that owns what it works on ([`crate::home`]). One task reads, one writes, and each request has its own.
//!
//! Invariants:
//! - Nothing is read while [`crate::limits::REQUESTS_IN_FLIGHT_MAX`] requests are open, so a client that does not
//!   read its answers is not read from either.
//! - The bytes of a request are counted against the core's budget before memory is taken for them beyond the buffer
//!   at hand. A connection that waits holds the smallest buffer, or none.
//! - The socket is closed when reader and writer have both ended, unless it moves. Then no request is open, and what was
//!   received and not begun goes along.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use corelane_engine::Shard;

use corelane_engine::io::{Hold, Ring};
use corelane_engine::runtime::{spawn, timeout};
use corelane_engine::types::ShardId;
use corelane_protocol::frame::{FrameError, LENGTH_PREFIX_BYTES, cut_frame, frame_length};
use io_uring::{opcode, types};

use crate::append_order::AppendOrder;
use crate::dispatch;
use crate::eagerness::Eagerness;
use crate::home::{Home, Observed};
use crate::lane::Lane;
use crate::limits::{
    FRAME_ADVANCE_BYTES_MAX, IDLE_MAX, RECEIVE_BUFFER_BYTES_MIN, RECEIVE_BYTES_PER_S_MIN,
    RECEIVE_MAX, SEND_SLICES_MAX, SEND_STALL_MAX,
};
use crate::memory_budget::{Held, MemoryBudget};
use crate::receive_buffer::Traffic;
use crate::response::{Answer, Part, Slice};
use crate::response_queue::{ResponseQueue, Turn};
use crate::splice;
use crate::throttle::Throttle;

/// A connected client.
pub struct Connection {
    /// The core's shared things.
    pub lane: Rc<Lane>,
    /// The client's end.
    pub peer: SocketAddr,
    /// The broker's end: what the client dialled.
    pub local: SocketAddr,
    /// Whether the client has used more than its quota.
    pub throttle: Throttle,
    /// The order of appends among this connection's Produce requests.
    pub append_order: Rc<AppendOrder>,
    socket: Arc<OwnedFd>,
    responses: ResponseQueue<(Answer, Option<Held>)>,
    traffic: Cell<Traffic>,
    home: Home,
    eagerness: Eagerness,
    /// Set by the reader when it ends for a move.
    moves: RefCell<Option<(ShardId, Begun)>>,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the client has closed it")]
    ByClient,
    #[error("the broker is stopping")]
    Stopping,
    #[error("no traffic for {} s", IDLE_MAX.as_secs())]
    Idle,
    #[error("a request of {length} bytes did not arrive in time")]
    Late { length: usize },
    #[error("the client takes no answers")]
    Stalled,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a request that cannot be answered")]
    Refused,
    #[error("it moves to another core")]
    Moves,
}

/// A socket that is ready to be served, with the addresses of its ends.
pub struct Accepted {
    /// The non-blocking socket.
    pub socket: Arc<OwnedFd>,
    /// The client's end.
    pub peer: SocketAddr,
    /// The broker's end.
    pub local: SocketAddr,
    /// What has been received from it already.
    pub begun: Begun,
}

/// What a connection brings along when it moves: a request that is received and not begun, and what came behind it.
#[derive(Default)]
pub struct Begun {
    frame: Option<Bytes>,
    behind: BytesMut,
}

/// Serves a client until it leaves, is idle for too long, or breaks the protocol; or until another core should do so,
/// which is returned with what to hand over to it.
pub async fn serve(lane: Rc<Lane>, accepted: Accepted) -> Option<(ShardId, Accepted)> {
    let connection = Rc::new(Connection {
        lane: lane.clone(),
        peer: accepted.peer,
        local: accepted.local,
        throttle: Throttle::default(),
        append_order: Rc::default(),
        socket: accepted.socket,
        responses: ResponseQueue::default(),
        traffic: Cell::default(),
        home: Home::default(),
        eagerness: Eagerness::default(),
        moves: RefCell::default(),
    });
    let number = lane.enlist(&connection);
    spawn(connection.clone().read_until_end(accepted.begun));
    connection.write_until_end().await;
    lane.delist(number);
    let (core, begun) = connection.moves.take()?;
    let moved = Accepted {
        socket: connection.socket.clone(),
        peer: connection.peer,
        local: connection.local,
        begun,
    };
    Some((core, moved))
}

impl Connection {
    /// Waits until no further request will come, so that nobody should wait for data on this client's behalf.
    pub async fn ended(&self) {
        self.responses.ended().await;
    }

    /// Whether the last request has come.
    pub fn has_ended(&self) -> bool {
        self.responses.has_ended()
    }

    /// Waits until at most `ahead_max` earlier requests are unanswered or unwritten.
    pub async fn near_front(&self, turn: Turn, ahead_max: u64) {
        self.responses.near_front(turn, ahead_max).await;
    }

    /// Stores the answer of a request, to be written when its turn has come.
    pub fn answer(&self, turn: Turn, answer: Answer, held: Option<Held>) {
        self.responses.answer(turn, (answer, held));
    }

    /// Takes note of the core that a request goes to; none where there are several.
    pub fn goes_to(&self, owner: Option<ShardId>) {
        let owner = owner.filter(|owner| *owner != Shard::current().id());
        self.home.note(Observed {
            owner,
            is_alone: self.responses.open_count() == 1,
            is_idle: owner.is_some_and(|owner| self.lane.engine.is_idle(owner)),
        });
    }

    /// Whether the request under way is the only one of a client that comes back at once when it is answered: then
    /// whoever works on it waits awake for what is next.
    pub fn is_eager(&self) -> bool {
        self.eagerness.is_eager() && self.responses.open_count() == 1
    }

    /// Lets the reader see the end of the stream.
    pub fn stop_reading(&self) {
        self.throttle.lift();
        self.shut(libc::SHUT_RD);
    }

    /// Ends both directions at once.
    pub fn hang_up(&self) {
        self.throttle.lift();
        self.shut(libc::SHUT_RDWR);
    }

    fn shut(&self, how: libc::c_int) {
        // SAFETY: the descriptor is open; no memory is involved. An error means that the peer has gone already.
        unsafe { libc::shutdown(self.socket.as_raw_fd(), how) };
    }

    async fn read_until_end(self: Rc<Self>, begun: Begun) {
        let Err(ended) = self.read_requests(begun).await;
        match ended {
            Ended::ByClient | Ended::Stopping | Ended::Idle | Ended::Moves => {
                tracing::debug!(peer = %self.peer, %ended, "connection ends");
            }
            Ended::Io(error) => tracing::debug!(peer = %self.peer, %error, "connection lost"),
            _ => crate::complaint::complain(&self.peer, &ended),
        }
        self.responses.end();
    }

    async fn read_requests(
        self: &Rc<Self>,
        begun: Begun,
    ) -> Result<std::convert::Infallible, Ended> {
        let mut received = begun.behind;
        if let Some(frame) = begun.frame {
            let held = self.budget(frame.len()).hold(frame.len()).await;
            self.begin(frame, held).await?;
        }
        loop {
            let length = self.receive_length(&mut received).await?;
            // Here, since the answer that starts the time goes out while the next request is waited for, and before memory is
            // taken for it.
            self.throttle.over().await;
            let (frame, held) = self.receive_frame(&mut received, length).await?;
            // A request that was being received meanwhile waits as well.
            self.throttle.over().await;
            if let Some(core) = self.home.elsewhere()
                && self.responses.open_count() == 0
                && !self.lane.settings.nodes.is_by_core()
            {
                let behind = std::mem::take(&mut received);
                let frame = Some(frame);
                self.moves.replace(Some((core, Begun { frame, behind })));
                return Err(Ended::Moves);
            }
            self.begin(frame, held).await?;
        }
    }

    /// Starts a request when there is room for one more.
    async fn begin(self: &Rc<Self>, frame: Bytes, held: Held) -> Result<(), Ended> {
        self.responses.room().await;
        let turn = self.responses.open();
        if self.responses.open_count() > 1 {
            self.eagerness.pipelined();
        }
        if let Err(dispatch::Refused) = dispatch::start(self, turn, frame, held) {
            self.answer(turn, Answer::Close, None);
            return Err(Ended::Refused);
        }
        Ok(())
    }

    /// Receives until the length of the next request is known.
    async fn receive_length(&self, received: &mut BytesMut) -> Result<usize, Ended> {
        loop {
            if self.lane.is_stopping() {
                return Err(Ended::Stopping);
            }
            if let Some(length) = frame_length(received, self.lane.settings.request_bytes_max) {
                return Ok(length?);
            }
            if received.is_empty() && self.traffic.get().capacity > RECEIVE_BUFFER_BYTES_MIN {
                self.wait_without_buffer(received).await?;
            }
            self.receive(received, LENGTH_PREFIX_BYTES, IDLE_MAX)
                .await?
                .ok_or(Ended::Idle)?;
        }
    }

    /// Waits for bytes while another connection may use the memory.
    async fn wait_without_buffer(&self, received: &mut BytesMut) -> Result<(), Ended> {
        self.lane.buffers.give_back(std::mem::take(received));
        let ring = Ring::current();
        let readable = ring.poll(&self.socket, libc::POLLIN);
        timeout(IDLE_MAX, readable).await.ok_or(Ended::Idle)??;
        Ok(())
    }

    /// Receives the rest of a request whose length is known. Memory is held for it once the buffer at hand is full, so
    /// that a length alone costs nothing.
    async fn receive_frame(
        &self,
        received: &mut BytesMut,
        length: usize,
    ) -> Result<(Bytes, Held), Ended> {
        let mut left = receive_limit(length);
        let mut held = None;
        loop {
            if let Some(frame) = cut_frame(received, length).transpose()? {
                self.note_frame(LENGTH_PREFIX_BYTES + frame.len());
                let held = match held {
                    Some(held) => held,
                    None => self.budget(length).hold(length).await,
                };
                return Ok((frame, held));
            }
            if held.is_none() && received.len() == received.capacity() {
                held = Some(self.budget(length).hold(length).await);
            }
            let frame_bytes = match held {
                Some(_) => LENGTH_PREFIX_BYTES + length,
                None => 0,
            };
            let started = Instant::now();
            let some = self.receive(received, frame_bytes, left).await?;
            left = left.saturating_sub(started.elapsed());
            if some.is_none() || left.is_zero() {
                return Err(Ended::Late { length });
            }
        }
    }

    fn note_frame(&self, frame_bytes: usize) {
        self.traffic.set(Traffic {
            frame_bytes,
            ..self.traffic.get()
        });
    }

    /// Large requests have a budget of their own, so that a few of them cannot hold up all others.
    fn budget(&self, length: usize) -> &MemoryBudget {
        match length {
            ..=FRAME_ADVANCE_BYTES_MAX => &self.lane.request_memory,
            _ => &self.lane.large_request_memory,
        }
    }

    /// Receives what is there, at least a byte; none when `limit` has passed, after which nothing can be received.
    async fn receive(
        &self,
        received: &mut BytesMut,
        frame_bytes: usize,
        limit: Duration,
    ) -> Result<Option<()>, Ended> {
        let mut traffic = self.traffic.get();
        let buffers = &self.lane.buffers;
        let buffer = buffers.make_room(std::mem::take(received), frame_bytes, traffic);
        let before = buffer.len();
        let room = traffic.receive_bytes(before, buffer.capacity() - before);
        let Some((result, buffer)) = timeout(limit, self.receive_into(buffer, room)).await else {
            return Ok(None);
        };
        *received = buffer;
        self.eagerness.asked();
        if result? == 0 {
            return Err(Ended::ByClient);
        }
        traffic.note(received.len() - before, room);
        self.traffic.set(traffic);
        Ok(Some(()))
    }

    /// One RECV of up to `room` bytes into the free part of `buffer`.
    async fn receive_into(&self, mut buffer: BytesMut, room: usize) -> (io::Result<u32>, BytesMut) {
        loop {
            let free = &mut buffer.spare_capacity_mut()[..room];
            let length = u32::try_from(free.len()).unwrap_or(u32::MAX);
            let fd = types::Fd(self.socket.as_raw_fd());
            let entry = opcode::Recv::new(fd, free.as_mut_ptr().cast::<u8>(), length).build();
            // SAFETY: the entry points into the heap memory of the buffer that the hold keeps, and names the socket
            // that is handed along.
            let op = unsafe {
                Ring::current().submit(entry, Some(self.socket.clone()), Hold::Buffer(buffer))
            };
            let completion = op.await;
            let Hold::Buffer(returned) = completion.hold else {
                unreachable!("the ring hands back what it was given")
            };
            buffer = returned;
            match completion.result {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Err(error) = Ring::current().poll(&self.socket, libc::POLLIN).await {
                        return (Err(error), buffer);
                    }
                }
                Ok(count) => {
                    let length = buffer.len() + count as usize;
                    // SAFETY: the kernel has initialised `count` bytes behind the buffer's end.
                    unsafe { buffer.set_len(length) };
                    return (Ok(count), buffer);
                }
                failed => return (failed, buffer),
            }
        }
    }

    async fn write_until_end(&self) {
        if let Err(error) = self.write_answers().await {
            tracing::debug!(peer = %self.peer, %error, "answers cannot be written");
        }
        if self.moves.borrow().is_some() {
            return;
        }
        self.hang_up();
        // What is still answered reaches nobody. Taking it lets a reader that waits for room go on to the end of the
        // stream, and gives back the memory that the requests hold.
        self.responses.written();
        while self.responses.next().await.is_some() {
            self.responses.written();
        }
    }

    async fn write_answers(&self) -> Result<(), Ended> {
        while let Some(answers) = self.responses.next().await {
            let mut outbox = Outbox::default();
            for (answer, held) in answers {
                outbox.held.extend(held);
                match answer {
                    Answer::Send(parts) => self.put(&mut outbox, parts).await?,
                    Answer::Silent => {}
                    Answer::Close => {
                        self.flush(&mut outbox, false).await?;
                        return Err(Ended::Refused);
                    }
                }
            }
            self.flush(&mut outbox, false).await?;
            self.responses.written();
            if self.responses.open_count() == 0 {
                self.eagerness.answered();
            }
        }
        Ok(())
    }

    /// Collects what is in memory, and sends what comes from files behind it.
    async fn put(&self, outbox: &mut Outbox, parts: Vec<Part>) -> Result<(), Ended> {
        for part in parts {
            match part {
                Part::Bytes(bytes) => outbox.slices.push(Slice::Bytes(bytes)),
                Part::Memory(slice) => outbox.slices.push(Slice::Memory(slice)),
                Part::File(range) => {
                    self.flush(outbox, true).await?;
                    let pipes = &self.lane.pipes;
                    splice::send_file(&self.socket, &range, pipes).await?;
                }
            }
            if outbox.slices.len() >= SEND_SLICES_MAX {
                self.flush(outbox, true).await?;
            }
        }
        Ok(())
    }

    async fn flush(&self, outbox: &mut Outbox, more: bool) -> Result<(), Ended> {
        let slices = std::mem::take(&mut outbox.slices);
        if slices.is_empty() {
            return Ok(());
        }
        send_slices(&self.socket, slices, more).await
    }
}

/// The time within which a request of `length` bytes must arrive.
fn receive_limit(length: usize) -> Duration {
    let slowest_s = u64::try_from(length / RECEIVE_BYTES_PER_S_MIN).unwrap_or(u64::MAX);
    RECEIVE_MAX.saturating_add(Duration::from_secs(slowest_s))
}

/// What the writer has taken from the queue and not sent yet.
#[derive(Default)]
struct Outbox {
    slices: Vec<Slice>,
    /// The memory of the requests counts as held until their answers are out.
    held: Vec<Held>,
}

/// A vectored send in flight: the message header points to the vectors, the vectors into the slices.
struct Outgoing {
    slices: Vec<Slice>,
    vectors: Vec<libc::iovec>,
    header: libc::msghdr,
}

impl Outgoing {
    /// A send of `slices` but for their first `done` bytes.
    fn new(slices: Vec<Slice>, done: usize) -> Box<Outgoing> {
        let mut skip = done;
        let mut vectors = Vec::with_capacity(slices.len());
        for slice in &slices {
            let rest = &slice[skip.min(slice.len())..];
            skip -= slice.len() - rest.len();
            if !rest.is_empty() {
                vectors.push(libc::iovec {
                    iov_base: rest.as_ptr().cast_mut().cast(),
                    iov_len: rest.len(),
                });
            }
        }
        // SAFETY: a message header of zeros is valid: no address, no vectors, no control data.
        let header = unsafe { std::mem::zeroed::<libc::msghdr>() };
        let mut outgoing = Box::new(Outgoing {
            slices,
            vectors,
            header,
        });
        outgoing.header.msg_iov = outgoing.vectors.as_mut_ptr();
        outgoing.header.msg_iovlen = outgoing.vectors.len();
        outgoing
    }
}

/// Sends everything, behind which more may come at once.
async fn send_slices(socket: &Arc<OwnedFd>, slices: Vec<Slice>, more: bool) -> Result<(), Ended> {
    let flags = libc::MSG_NOSIGNAL | libc::MSG_WAITALL | if more { libc::MSG_MORE } else { 0 };
    match <[Slice; 1]>::try_from(slices) {
        Ok([Slice::Bytes(bytes)]) => send_bytes(socket, bytes, flags).await,
        Ok(slices) => send_vectors(socket, slices.into(), flags).await,
        Err(slices) => send_vectors(socket, slices, flags).await,
    }
}

/// The usual answer: one piece, which needs no list of pieces.
async fn send_bytes(
    socket: &Arc<OwnedFd>,
    mut bytes: Bytes,
    flags: libc::c_int,
) -> Result<(), Ended> {
    while !bytes.is_empty() {
        let fd = types::Fd(socket.as_raw_fd());
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let entry = opcode::Send::new(fd, bytes.as_ptr(), length)
            .flags(flags)
            .build();
        let hold = Hold::Bytes(bytes.clone());
        // SAFETY: the entry points into the bytes that the hold keeps; the socket is handed along.
        let op = unsafe { Ring::current().submit(entry, Some(socket.clone()), hold) };
        let completion = timeout(SEND_STALL_MAX, op).await.ok_or(Ended::Stalled)?;
        match sent(socket, completion.result).await? {
            0 => {}
            count => bytes.advance(count),
        }
    }
    Ok(())
}

/// How much a send has sent; nothing when the socket had no room, which there is again when this returns.
async fn sent(socket: &Arc<OwnedFd>, result: io::Result<u32>) -> Result<usize, Ended> {
    match result {
        Ok(0) => Err(io::Error::from(io::ErrorKind::WriteZero).into()),
        Ok(count) => Ok(count as usize),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Ring::current().poll(socket, libc::POLLOUT).await?;
            Ok(0)
        }
        Err(error) => Err(error.into()),
    }
}

async fn send_vectors(
    socket: &Arc<OwnedFd>,
    slices: Vec<Slice>,
    flags: libc::c_int,
) -> Result<(), Ended> {
    let length: usize = slices.iter().map(|slice| slice.len()).sum();
    let mut done = 0;
    let mut slices = slices;
    while done < length {
        let outgoing = Outgoing::new(slices, done);
        let fd = types::Fd(socket.as_raw_fd());
        let entry = opcode::SendMsg::new(fd, &raw const outgoing.header)
            .flags(flags.cast_unsigned())
            .build();
        // SAFETY: header, vectors and slices lie in heap memory that the boxed hold keeps in place; the socket is
        // handed along.
        let op =
            unsafe { Ring::current().submit(entry, Some(socket.clone()), Hold::Boxed(outgoing)) };
        let completion = timeout(SEND_STALL_MAX, op).await.ok_or(Ended::Stalled)?;
        let Hold::Boxed(returned) = completion.hold else {
            unreachable!("the ring hands back what it was given")
        };
        let outgoing = returned
            .downcast::<Outgoing>()
            .expect("the ring hands back what it was given");
        slices = outgoing.slices;
        done += sent(socket, completion.result).await?;
    }
    Ok(())
}
