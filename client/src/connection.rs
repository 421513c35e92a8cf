//! One connection to one broker: version negotiation, calls, and pipelined requests answered in order.
//!
//! Invariants: every request uses the highest version that both sides have; requests in flight are bounded by
//! `IN_FLIGHT_MAX` and answers are matched by correlation id, in order; no frame above `RESPONSE_LENGTH_MAX` is read.
//! After an error of the stream the connection is of no more use. Lives on one thread.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use bytes::Bytes;
use corelane_protocol::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use corelane_protocol::{ApiKey, DecodeError, ErrorCode, Message, Reader, Request, frame};

use crate::error::{ClientError, check};
use crate::frame::{FrameError, FrameReader, RESPONSE_LENGTH_MAX};

/// Requests that may wait for their answers on one connection.
pub const IN_FLIGHT_MAX: usize = 1_024;

/// The name this client gives in ApiVersions.
const SOFTWARE_NAME: &str = "corelane-client";

/// The version of ApiVersions that every broker can answer.
const API_VERSIONS_FALLBACK: i16 = 0;

/// How long a connection waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection to be made.
    pub connect: Duration,
    /// For an answer, and for room to send a request.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(30),
        }
    }
}

/// The versions that a broker serves.
#[derive(Debug, Clone, Default)]
pub struct ServedVersions {
    ranges: HashMap<i16, (i16, i16)>,
}

impl ServedVersions {
    /// The highest version of `R` that broker and client have.
    pub fn highest<R: Request>(&self) -> Option<i16> {
        let (minimum, maximum) = self.range(R::KEY)?;
        let version = maximum.min(R::MAX_VERSION);
        (version >= minimum.max(R::MIN_VERSION)).then_some(version)
    }

    /// The broker's range of `api`.
    pub fn range(&self, api: ApiKey) -> Option<(i16, i16)> {
        self.ranges.get(&(api as i16)).copied()
    }
}

/// A request in flight: redeem it with [`Connection::receive`], in the order of sending.
#[derive(Debug)]
#[must_use = "an answer that is not received blocks those behind it"]
pub struct Ticket<R: Request> {
    correlation_id: i32,
    version: i16,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Ticket<R> {
    /// The version that the request was sent in.
    pub fn version(&self) -> i16 {
        self.version
    }
}

/// The pieces of a connection, for a caller that drives the socket itself.
#[derive(Debug)]
pub struct ConnectionParts {
    /// The socket, in blocking mode.
    pub stream: TcpStream,
    /// The reader, which may hold bytes that arrived already.
    pub frames: FrameReader,
    /// What the broker serves.
    pub versions: ServedVersions,
    /// The correlation id of the next request.
    pub next_correlation_id: i32,
}

/// A connection to one broker.
#[derive(Debug)]
pub struct Connection {
    address: String,
    client_id: String,
    stream: TcpStream,
    frames: FrameReader,
    versions: ServedVersions,
    next_correlation_id: i32,
    in_flight: VecDeque<i32>,
    timeouts: Timeouts,
}

impl Connection {
    /// Connects to `address` (`host:port`) and asks which versions the broker serves.
    pub fn open(address: &str, client_id: &str, timeouts: Timeouts) -> Result<Self, ClientError> {
        let stream = connect(address, timeouts)?;
        let mut connection = Self {
            address: address.to_owned(),
            client_id: client_id.to_owned(),
            stream,
            frames: FrameReader::new(RESPONSE_LENGTH_MAX),
            versions: ServedVersions::default(),
            next_correlation_id: 1,
            in_flight: VecDeque::new(),
            timeouts,
        };
        connection.negotiate()?;
        Ok(connection)
    }

    /// The address that was given to [`Self::open`].
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the broker serves.
    pub fn versions(&self) -> &ServedVersions {
        &self.versions
    }

    /// The version that [`Self::call`] uses for `R`.
    pub fn version_of<R: Request>(&self) -> Result<i16, ClientError> {
        self.versions
            .highest::<R>()
            .ok_or_else(|| ClientError::NoCommonVersion {
                address: self.address.clone(),
                api: R::KEY,
                served: self.versions.range(R::KEY),
                client_min: R::MIN_VERSION,
                client_max: R::MAX_VERSION,
            })
    }

    /// Sends `request` and waits for its answer.
    pub fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, ClientError> {
        let ticket = self.send(request)?;
        self.receive(ticket)
    }

    /// Sends `request` in `version`, whatever the broker advertises, and waits for its answer.
    pub fn call_in<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, ClientError> {
        let ticket = self.send_in(request, version)?;
        self.receive(ticket)
    }

    /// Sends `request` in the highest common version, without waiting.
    pub fn send<R: Request>(&mut self, request: &R) -> Result<Ticket<R>, ClientError> {
        let version = self.version_of::<R>()?;
        self.send_in(request, version)
    }

    /// Sends a request that the broker does not answer: Produce with acks=0.
    pub fn send_unanswered<R: Request>(&mut self, request: &R) -> Result<(), ClientError> {
        let version = self.version_of::<R>()?;
        self.write_request(request, version)
            .map(|_correlation_id| ())
    }

    /// How many answers are due.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Waits for the answer of the oldest request in flight, which `ticket` must be.
    pub fn receive<R: Request>(&mut self, ticket: Ticket<R>) -> Result<R::Response, ClientError> {
        let frame = self.read_frame(R::KEY)?;
        let due = self.in_flight.pop_front();
        assert_eq!(
            due,
            Some(ticket.correlation_id),
            "tickets are redeemed in the order of sending"
        );
        let body = self.answer_to::<R>(frame, &ticket)?;
        self.decode_body::<R>(body, ticket.version)
    }

    /// Takes the connection apart. Fails when answers are due.
    pub fn into_parts(self) -> Result<ConnectionParts, ClientError> {
        if !self.in_flight.is_empty() {
            return Err(ClientError::TooManyInFlight { maximum: 0 });
        }
        Ok(ConnectionParts {
            stream: self.stream,
            frames: self.frames,
            versions: self.versions,
            next_correlation_id: self.next_correlation_id,
        })
    }

    fn send_in<R: Request>(&mut self, request: &R, version: i16) -> Result<Ticket<R>, ClientError> {
        if self.in_flight.len() >= IN_FLIGHT_MAX {
            return Err(ClientError::TooManyInFlight {
                maximum: IN_FLIGHT_MAX,
            });
        }
        let correlation_id = self.write_request(request, version)?;
        self.in_flight.push_back(correlation_id);
        Ok(Ticket {
            correlation_id,
            version,
            request: PhantomData,
        })
    }

    fn write_request<R: Request>(&mut self, request: &R, version: i16) -> Result<i32, ClientError> {
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id = correlation_id.checked_add(1).unwrap_or(1);
        let frame = frame::encode_request(request, version, correlation_id, Some(&self.client_id))
            .map_err(|source| ClientError::Encode {
                api: R::KEY,
                version,
                source,
            })?;
        self.stream
            .write_all(&frame)
            .map_err(|source| self.stream_error(R::KEY, source.into()))?;
        Ok(correlation_id)
    }

    fn read_frame(&mut self, api: ApiKey) -> Result<Bytes, ClientError> {
        let deadline = Instant::now() + self.timeouts.request;
        loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(source) => return Err(self.stream_error(api, source)),
            }
            match self.frames.fill(&mut self.stream) {
                // The socket's own timeout is over, or bytes trickle in too slowly to ever end.
                Ok(progress) if !progress || Instant::now() >= deadline => {
                    return Err(self.timeout(api));
                }
                Ok(_) => {}
                Err(source) => return Err(self.stream_error(api, source)),
            }
        }
    }

    /// The body of `frame`, which must answer `ticket`.
    fn answer_to<R: Request>(
        &self,
        frame: Bytes,
        ticket: &Ticket<R>,
    ) -> Result<Reader, ClientError> {
        let mut reader = Reader::new(frame);
        let received = frame::read_response_header(&mut reader, R::KEY, ticket.version)
            .map_err(|source| self.decode_error::<R>(ticket.version, source))?;
        if received == ticket.correlation_id {
            return Ok(reader);
        }
        let expected = ticket.correlation_id;
        Err(ClientError::OutOfOrder {
            address: self.address.clone(),
            expected,
            received,
        })
    }

    fn decode_body<R: Request>(
        &self,
        mut body: Reader,
        version: i16,
    ) -> Result<R::Response, ClientError> {
        let response = R::Response::decode(&mut body, version)
            .map_err(|source| self.decode_error::<R>(version, source))?;
        body.finish()
            .map_err(|source| self.decode_error::<R>(version, source))?;
        Ok(response)
    }

    fn negotiate(&mut self) -> Result<(), ClientError> {
        let request = ApiVersionsRequest {
            client_software_name: SOFTWARE_NAME.to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let response = match self.api_versions(&request, ApiVersionsRequest::MAX_VERSION)? {
            Some(response) => response,
            // A broker that is older answers with a version 0 body, whatever the request's version was.
            None => self.call_in(&ApiVersionsRequest::default(), API_VERSIONS_FALLBACK)?,
        };
        check(response.error_code, None, || {
            format!("ask {} which versions it serves", self.address)
        })?;
        self.versions.ranges = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect();
        Ok(())
    }

    /// `None` when the broker does not serve this version.
    fn api_versions(
        &mut self,
        request: &ApiVersionsRequest,
        version: i16,
    ) -> Result<Option<ApiVersionsResponse>, ClientError> {
        let ticket = self.send_in(request, version)?;
        let frame = self.read_frame(ApiKey::ApiVersions)?;
        self.in_flight.clear();
        let body = self.answer_to(frame.clone(), &ticket)?;
        // The header of this response has no tagged fields in any version; its error code is the first field of the body.
        if frame.get(4..6) == Some(&ErrorCode::UnsupportedVersion.code().to_be_bytes()) {
            return Ok(None);
        }
        self.decode_body::<ApiVersionsRequest>(body, version)
            .map(Some)
    }

    fn stream_error(&self, api: ApiKey, source: FrameError) -> ClientError {
        if let FrameError::Io(error) = &source
            && matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            )
        {
            return self.timeout(api);
        }
        ClientError::Stream {
            address: self.address.clone(),
            api,
            source,
        }
    }

    fn timeout(&self, api: ApiKey) -> ClientError {
        ClientError::Timeout {
            address: self.address.clone(),
            api,
            waited: self.timeouts.request,
        }
    }

    fn decode_error<R: Request>(&self, version: i16, source: DecodeError) -> ClientError {
        ClientError::Decode {
            address: self.address.clone(),
            api: R::KEY,
            version,
            source,
        }
    }
}

fn connect(address: &str, timeouts: Timeouts) -> Result<TcpStream, ClientError> {
    let resolve_error = |source| ClientError::Resolve {
        address: address.to_owned(),
        source,
    };
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    let candidates: Vec<SocketAddr> = address.to_socket_addrs().map_err(resolve_error)?.collect();
    for candidate in candidates {
        match open_socket(&candidate, timeouts) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(ClientError::Connect {
        address: address.to_owned(),
        source: failure,
    })
}

fn open_socket(address: &SocketAddr, timeouts: Timeouts) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, timeouts.connect)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(timeouts.request))?;
    stream.set_write_timeout(Some(timeouts.request))?;
    Ok(stream)
}
