//! The HTTP port for monitoring: `/metrics`, `/health`, `/ready`, on loopback, on threads of its own.
//!
//! Shared between the threads that answer and the one that starts and stops the broker. One thread accepts, and each
//! connection has one that reads a request, answers it and ends. Invariants:
//! - No core waits for an HTTP client, and none is asked for metrics by more than one thread at a time.
//! - At most [`HTTP_CONNECTIONS_MAX`] connections are open. One more takes the place of the oldest that has not finished
//!   its request, so that idle or slow ones cannot keep others out.
//! - A request has [`HTTP_REQUEST_BYTES_MAX`] and [`HTTP_REQUEST_TIME_MAX`] in all, however it is cut up; an answer
//!   [`HTTP_ANSWER_TIME_MAX`].
//! - No thread touches the engine once [`HttpServer::begin_stop`] has returned.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use corelane_engine::Engine;

use crate::limits::{
    HTTP_ANSWER_TIME_MAX, HTTP_CONNECTIONS_MAX, HTTP_HEADERS_MAX, HTTP_REQUEST_BYTES_MAX,
    HTTP_REQUEST_TIME_MAX,
};
use crate::metrics::exposition::CONTENT_TYPE;
use crate::metrics::snapshot::Snapshot;
use crate::metrics::{self, Start};

/// The stack of a thread that answers.
const STACK_BYTES: usize = 512 << 10;
/// The wait after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What is read and thrown away behind a request that is refused, so that the client gets to read why.
const LEFTOVER_BYTES_MAX: usize = 64 << 10;
/// How long that may take.
const LEFTOVER_TIME_MAX: Duration = Duration::from_millis(200);
const PLAIN: &str = "text/plain; charset=utf-8";

/// A server that answers until it is dropped.
pub struct HttpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    start: Start,
    is_closing: AtomicBool,
    /// The second threads are those that answer and the one that starts and stops the broker.
    state: Mutex<State>,
    state_changed: Condvar,
    /// Connections whose requests are not finished, oldest first, and how many there are in all.
    open: Mutex<Open>,
}

struct State {
    phase: Phase,
    /// Whether a thread is asking the cores.
    is_asking: bool,
}

enum Phase {
    Starting,
    Serving(Engine),
    Stopping,
}

#[derive(Default)]
struct Open {
    count: usize,
    next: u64,
    unfinished: VecDeque<(u64, TcpStream)>,
}

impl HttpServer {
    /// Answers on `listen` from here on: alive, and not ready.
    ///
    /// # Errors
    /// When the address cannot be listened on, or no thread be made.
    pub fn start(listen: SocketAddr) -> io::Result<HttpServer> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            start: Start::here_and_now(),
            is_closing: AtomicBool::new(false),
            state: Mutex::new(State {
                phase: Phase::Starting,
                is_asking: false,
            }),
            state_changed: Condvar::new(),
            open: Mutex::default(),
        });
        let accepting = shared.clone();
        let acceptor = std::thread::Builder::new()
            .name("http".into())
            .stack_size(STACK_BYTES)
            .spawn(move || accept(&listener, &accepting))?;
        Ok(HttpServer {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Clients are served: ready.
    pub fn serving(&self, engine: Engine) {
        self.shared.state().phase = Phase::Serving(engine);
    }

    /// The broker stops: not ready any more, and the engine is left alone when this returns.
    pub fn begin_stop(&self) {
        let mut state = self.shared.state();
        state.phase = Phase::Stopping;
        while state.is_asking {
            let waited = self.shared.state_changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.begin_stop();
        self.shared.is_closing.store(true, Ordering::Release);
        // Wakes the accept; where it cannot, the thread ends with the next client.
        let woken = TcpStream::connect_timeout(&self.address, HTTP_REQUEST_TIME_MAX);
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            // A thread that has panicked has ended as well.
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, from the oldest unfinished connection where all are taken; none where all are being answered.
    fn admit(&self, stream: &TcpStream) -> Option<u64> {
        let mut open = self.open();
        if open.count >= HTTP_CONNECTIONS_MAX {
            let (_, oldest) = open.unfinished.pop_front()?;
            // It may have gone already.
            let _ = oldest.shutdown(Shutdown::Both);
            open.count -= 1;
        }
        let second = stream.try_clone().ok()?;
        let number = open.next;
        open.next += 1;
        open.count += 1;
        open.unfinished.push_back((number, second));
        Some(number)
    }

    /// The connection's request is there: it keeps its place until it is answered. False when it has lost it.
    fn finish(&self, number: u64) -> bool {
        let mut open = self.open();
        let before = open.unfinished.len();
        open.unfinished.retain(|(other, _)| *other != number);
        open.unfinished.len() < before
    }

    fn leave(&self) {
        self.open().count -= 1;
    }

    /// The engine, once nobody else asks its cores; or why it cannot be asked.
    fn ask(&self) -> Result<Asking<'_>, &'static str> {
        let deadline = Instant::now() + HTTP_REQUEST_TIME_MAX;
        let mut state = self.state();
        loop {
            let engine = match &state.phase {
                Phase::Starting => return Err("the broker is starting"),
                Phase::Stopping => return Err("the broker is stopping"),
                Phase::Serving(engine) => engine.clone(),
            };
            if !state.is_asking {
                state.is_asking = true;
                return Ok(Asking {
                    engine: Some(engine),
                    shared: self,
                });
            }
            drop(engine);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("others are being answered");
            }
            let waited = self.state_changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The right to ask the cores.
struct Asking<'a> {
    engine: Option<Engine>,
    shared: &'a Shared,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        // Before whoever stops the broker goes on: the data directory is free when the last handle has gone.
        self.engine.take();
        self.shared.state().is_asking = false;
        self.shared.state_changed.notify_all();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.is_closing.load(Ordering::Acquire) {
        match listener.accept() {
            Ok((stream, _)) => hand_over(stream, shared),
            Err(error) => {
                tracing::debug!(%error, "accepting for metrics pauses");
                std::thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn hand_over(stream: TcpStream, shared: &Arc<Shared>) {
    // Where all places are taken by those that are being answered, the client is let go of.
    let Some(number) = shared.admit(&stream) else {
        return;
    };
    let answering = shared.clone();
    let spawned = std::thread::Builder::new()
        .name("http-client".into())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let keeps_place = serve(&stream, number, &answering);
            if keeps_place {
                answering.leave();
            }
        });
    if spawned.is_err() && shared.finish(number) {
        shared.leave();
    }
}

/// Answers one request. False when the place of the connection was given to another one.
fn serve(stream: &TcpStream, number: u64, shared: &Shared) -> bool {
    let request = read_request(stream, Instant::now() + HTTP_REQUEST_TIME_MAX);
    if !shared.finish(number) {
        return false;
    }
    let answer = match request {
        Ok(request) => answer(&request, shared),
        Err(Refused::Gone) => return true,
        Err(refused) => Answer::plain(refused.status(), format!("{refused}\n")),
    };
    // A client that does not take its answer has none.
    let _ = send(stream, &answer, Instant::now() + HTTP_ANSWER_TIME_MAX);
    true
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
}

/// Why a request is not answered as it asks.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
enum Refused {
    #[error("the client has gone")]
    Gone,
    #[error("the request took too long")]
    Late,
    #[error(
        "the request has more than {HTTP_REQUEST_BYTES_MAX} bytes or {HTTP_HEADERS_MAX} headers"
    )]
    TooLarge,
    #[error("this is no HTTP request: {0}")]
    Malformed(httparse::Error),
}

impl Refused {
    fn status(&self) -> &'static str {
        match self {
            Refused::Gone | Refused::Late => "408 Request Timeout",
            Refused::TooLarge => "431 Request Header Fields Too Large",
            Refused::Malformed(_) => "400 Bad Request",
        }
    }
}

/// Reads up to the end of the headers; what follows is not looked at.
fn read_request(mut stream: &TcpStream, deadline: Instant) -> Result<Request, Refused> {
    let mut bytes = Vec::with_capacity(1024);
    let mut piece = [0; 1024];
    loop {
        if let Some(request) = parse(&bytes)? {
            return Ok(request);
        }
        if bytes.len() >= HTTP_REQUEST_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refused::Late);
        }
        stream
            .set_read_timeout(Some(left))
            .map_err(|_| Refused::Gone)?;
        match stream.read(&mut piece) {
            Ok(0) => return Err(Refused::Gone),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) if is_time_up(&error) => return Err(Refused::Late),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Refused::Gone),
        }
    }
}

fn is_time_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// The request in `bytes`; none while its end is not there.
fn parse(bytes: &[u8]) -> Result<Option<Request>, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; HTTP_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes).map_err(|error| match error {
        httparse::Error::TooManyHeaders => Refused::TooLarge,
        other => Refused::Malformed(other),
    })?;
    Ok(status.is_complete().then(|| Request {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().to_owned(),
    }))
}

struct Answer {
    status: &'static str,
    content_type: &'static str,
    body: String,
    with_body: bool,
}

impl Answer {
    fn plain(status: &'static str, body: impl Into<String>) -> Answer {
        Answer {
            status,
            content_type: PLAIN,
            body: body.into(),
            with_body: true,
        }
    }
}

fn answer(request: &Request, shared: &Shared) -> Answer {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Answer::plain("405 Method Not Allowed", "only GET and HEAD are answered\n");
    }
    let path = request.path.split('?').next().unwrap_or_default();
    let answer = match path {
        "/metrics" => metrics(shared),
        "/health" => Answer::plain("200 OK", "alive\n"),
        "/ready" => ready(shared),
        "/" => Answer::plain("200 OK", "/metrics\n/health\n/ready\n"),
        _ => Answer::plain("404 Not Found", "there are /metrics, /health and /ready\n"),
    };
    Answer {
        with_body: request.method == "GET",
        ..answer
    }
}

fn ready(shared: &Shared) -> Answer {
    match &shared.state().phase {
        Phase::Starting => unavailable("the broker is starting: its logs are being opened"),
        Phase::Serving(_) => Answer::plain("200 OK", "ready\n"),
        Phase::Stopping => unavailable("the broker is stopping"),
    }
}

fn metrics(shared: &Shared) -> Answer {
    let began = Instant::now();
    let snapshot = match shared.ask() {
        Ok(asking) => asking.engine.as_ref().map(Snapshot::take),
        Err(reason) => return unavailable(reason),
    };
    match snapshot {
        Some(snapshot) => Answer {
            content_type: CONTENT_TYPE,
            ..Answer::plain("200 OK", metrics::render(&snapshot, shared.start, began))
        },
        None => unavailable("the broker is stopping"),
    }
}

fn unavailable(reason: &str) -> Answer {
    Answer::plain("503 Service Unavailable", format!("{reason}\n"))
}

fn send(stream: &TcpStream, answer: &Answer, deadline: Instant) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    );
    write_all(stream, head.as_bytes(), deadline)?;
    if answer.with_body {
        write_all(stream, answer.body.as_bytes(), deadline)?;
    }
    stream.shutdown(Shutdown::Write)?;
    read_leftover(stream)
}

fn write_all(mut stream: &TcpStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A socket that is closed with bytes unread takes the answer with it.
fn read_leftover(mut stream: &TcpStream) -> io::Result<()> {
    let deadline = Instant::now() + LEFTOVER_TIME_MAX;
    let (mut piece, mut count) = ([0; 1024], 0);
    while count < LEFTOVER_BYTES_MAX {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece)? {
            0 => break,
            some => count += some,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
