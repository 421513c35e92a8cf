//! Raw requests over a socket, written byte by byte: what no well-behaved client would send. It shares
//! no code with the broker, so that a mistake in the codec cannot hide itself.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A broker that has not answered after this long hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Longest answer that a test is ready to take.
const ANSWER_BYTES_MAX: usize = 64 << 20;

pub const PRODUCE: i16 = 0;
pub const FETCH: i16 = 1;
pub const LIST_OFFSETS: i16 = 2;
pub const METADATA: i16 = 3;
pub const API_VERSIONS: i16 = 18;
pub const CREATE_TOPICS: i16 = 19;
pub const CREATE_PARTITIONS: i16 = 37;

/// What came back on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The frame after its length: correlation id first.
    Frame(Vec<u8>),
    Closed,
}

impl Answer {
    /// The body behind the correlation id; panics if the broker closed the connection.
    pub fn body(&self) -> Answered<'_> {
        match self {
            Self::Frame(frame) => Answered { rest: &frame[4..] },
            Self::Closed => panic!("the broker closed the connection instead of answering"),
        }
    }
}

/// One connection that sends any bytes.
pub struct Wire {
    stream: TcpStream,
}

impl Wire {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the broker accepts connections")
    }

    /// None where nobody accepts connections.
    pub fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream
            .set_read_timeout(Some(ANSWER_LIMIT))
            .expect("a limit above zero");
        stream
            .set_write_timeout(Some(ANSWER_LIMIT))
            .expect("a limit above zero");
        stream.set_nodelay(true).expect("TCP has this option");
        Some(Self { stream })
    }

    /// Sends bytes as they are. The broker may close before it has read all; that is not a failure here.
    pub fn send(&mut self, bytes: &[u8]) {
        // The answer, or the broker being alive afterwards, is what a test judges.
        let _ = self.stream.write_all(bytes);
    }

    /// Says that no more will come, so that a broker which waits for the rest of a frame gives up.
    pub fn finish(&mut self) {
        // A connection that the broker has already closed cannot be shut down again.
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// The next frame, or that the connection is closed; panics if the broker hangs.
    pub fn answer(&mut self) -> Answer {
        match self.read_frame() {
            Ok(frame) => Answer::Frame(frame),
            Err(error) if is_timeout(&error) => panic!("no answer within {ANSWER_LIMIT:?}"),
            Err(_) => Answer::Closed,
        }
    }

    /// Like `answer`, but gives up without a complaint after `limit`.
    pub fn answer_within(&mut self, limit: Duration) -> Option<Answer> {
        self.stream
            .set_read_timeout(Some(limit))
            .expect("a limit above zero");
        let answer = match self.read_frame() {
            Ok(frame) => Some(Answer::Frame(frame)),
            Err(error) if is_timeout(&error) => None,
            Err(_) => Some(Answer::Closed),
        };
        self.stream
            .set_read_timeout(Some(ANSWER_LIMIT))
            .expect("a limit above zero");
        answer
    }

    /// Sends a whole request and takes its answer.
    pub fn ask(&mut self, request: &Request) -> Answer {
        self.send(&request.frame());
        self.answer()
    }

    fn read_frame(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length =
            usize::try_from(i32::from_be_bytes(length)).expect("a broker frames its answers");
        assert!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame)?;
        Ok(frame)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// A request: its header fields and the bytes of its body.
#[derive(Clone, Debug)]
pub struct Request {
    pub api_key: i16,
    pub api_version: i16,
    /// Whether the header ends with tagged fields (header version 2).
    pub flexible: bool,
    pub body: Vec<u8>,
}

impl Request {
    pub fn classic(api_key: i16, api_version: i16, body: Fields) -> Self {
        Self {
            api_key,
            api_version,
            flexible: false,
            body: body.bytes,
        }
    }

    pub fn flexible(api_key: i16, api_version: i16, body: Fields) -> Self {
        Self {
            api_key,
            api_version,
            flexible: true,
            body: body.bytes,
        }
    }

    /// The request with its length before it.
    pub fn frame(&self) -> Vec<u8> {
        let header = Fields::new()
            .i16(self.api_key)
            .i16(self.api_version)
            .i32(7)
            .string("suite");
        let mut frame = header.bytes;
        if self.flexible {
            frame.push(0);
        }
        frame.extend(&self.body);
        framed(&frame)
    }
}

/// Puts the length before a frame.
pub fn framed(frame: &[u8]) -> Vec<u8> {
    let length = i32::try_from(frame.len()).expect("frames of tests are small");
    [&length.to_be_bytes()[..], frame].concat()
}

/// Writes a body field by field.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub bytes: Vec<u8>,
}

impl Fields {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn i8(self, value: i8) -> Self {
        self.raw(&value.to_be_bytes())
    }
    pub fn i16(self, value: i16) -> Self {
        self.raw(&value.to_be_bytes())
    }
    pub fn i32(self, value: i32) -> Self {
        self.raw(&value.to_be_bytes())
    }
    pub fn i64(self, value: i64) -> Self {
        self.raw(&value.to_be_bytes())
    }
    pub fn string(self, value: &str) -> Self {
        let length = i16::try_from(value.len()).expect("strings of tests are short");
        self.i16(length).raw(value.as_bytes())
    }
    pub fn bytes_field(self, value: &[u8]) -> Self {
        let length = i32::try_from(value.len()).expect("bytes of tests are few");
        self.i32(length).raw(value)
    }
    pub fn raw(mut self, value: &[u8]) -> Self {
        self.bytes.extend(value);
        self
    }
}

/// Reads a body field by field.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub rest: &'a [u8],
}

impl<'a> Answered<'a> {
    pub fn i8(&mut self) -> i8 {
        i8::from_be_bytes(self.array())
    }
    pub fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.array())
    }
    pub fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.array())
    }
    pub fn i64(&mut self) -> i64 {
        i64::from_be_bytes(self.array())
    }
    pub fn string(&mut self) -> Option<String> {
        let length = usize::try_from(self.i16()).ok()?;
        Some(String::from_utf8_lossy(self.take(length)).into_owned())
    }

    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N)
            .try_into()
            .expect("take returns as many bytes as were asked for")
    }
}

/// A record batch whose every header field can be made wrong.
#[derive(Clone, Debug)]
pub struct Batch {
    pub magic: i8,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub record_count: i32,
    pub records: Vec<u8>,
    /// Added to the length that the batch states.
    pub length_error: i32,
    /// Flips bits of the checksum.
    pub crc_error: u32,
    pub base_offset: i64,
    pub timestamp_ms: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
}

impl Batch {
    /// A sound batch of `values` without keys.
    pub fn of(values: &[&[u8]]) -> Self {
        let records: Vec<u8> = values
            .iter()
            .enumerate()
            .flat_map(|(at, value)| record(at, value))
            .collect();
        let count = i32::try_from(values.len()).expect("a few records");
        Self {
            magic: 2,
            attributes: 0,
            last_offset_delta: count - 1,
            record_count: count,
            records,
            length_error: 0,
            crc_error: 0,
            base_offset: 0,
            timestamp_ms: 1_700_000_000_000,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let checked = Fields::new()
            .i16(self.attributes)
            .i32(self.last_offset_delta)
            .i64(self.timestamp_ms)
            .i64(self.timestamp_ms)
            .i64(self.producer_id)
            .i16(self.producer_epoch)
            .i32(self.base_sequence)
            .i32(self.record_count)
            .raw(&self.records)
            .bytes;
        let length = i32::try_from(checked.len() + 9).expect("batches of tests are small")
            + self.length_error;
        let crc = crc32c(&checked) ^ self.crc_error;
        let head = Fields::new()
            .i64(self.base_offset)
            .i32(length)
            .i32(-1)
            .i8(self.magic);
        head.raw(&crc.to_be_bytes()).raw(&checked).bytes
    }
}

fn record(offset_delta: usize, value: &[u8]) -> Vec<u8> {
    let mut body = vec![0]; // attributes
    varint(&mut body, 0); // timestamp delta
    varint(
        &mut body,
        i64::try_from(offset_delta).expect("a few records"),
    );
    varint(&mut body, -1); // null key
    varint(
        &mut body,
        i64::try_from(value.len()).expect("a short value"),
    );
    body.extend(value);
    varint(&mut body, 0); // headers
    let mut out = Vec::new();
    varint(&mut out, i64::try_from(body.len()).expect("a short record"));
    out.extend(body);
    out
}

fn varint(out: &mut Vec<u8>, value: i64) {
    let mut zigzag = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while zigzag >= 0x80 {
        out.push(u8::try_from(zigzag & 0x7f).expect("seven bits") | 0x80);
        zigzag >>= 7;
    }
    out.push(u8::try_from(zigzag).expect("below 0x80"));
}

/// CRC-32C bit by bit: slow and plain on purpose, since it is the yardstick.
pub fn crc32c(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0x82f6_3b78;
    let step = |crc: u32| {
        if crc & 1 == 1 {
            (crc >> 1) ^ REVERSED_POLYNOMIAL
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}
