//! Fetches `/metrics` from a broker: one request over HTTP, bounded in bytes and time.
//!
//! Lives on the main thread.

use super::sample::Scrape;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long a broker may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
/// Bytes of an answer: far beyond what the broker's limits allow.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Headers of an answer.
const HEADERS_MAX: usize = 64;

/// Looks once.
pub fn scrape(address: SocketAddr) -> Result<Scrape, Failure> {
    let answer = fetch(address).map_err(|error| unreachable(address, &error))?;
    let body = body_of(&answer).map_err(|reason| match reason {
        Refused::Status { status: 503, body } => Failure::new(
            ExitCode::Temporary,
            format!(
                "the broker behind {address} has no metrics yet: {}",
                body.trim()
            ),
        ),
        other => strange(address, &other.to_string()),
    })?;
    Scrape::parse(body, since_some_moment()).map_err(|reason| strange(address, &reason))
}

fn unreachable(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::new(
        ExitCode::Temporary,
        format!("nobody serves metrics on {address}: {error}"),
    )
    .advise("the first line of `corelane serve` tells where they are; name it with --metrics")
}

fn strange(address: SocketAddr, reason: &str) -> Failure {
    Failure::new(
        ExitCode::Failure,
        format!("what answers on {address} is no broker of Corelane: {reason}"),
    )
    .advise("name the address that `corelane serve` prints with --metrics")
}

/// The time on a clock that only runs forward.
fn since_some_moment() -> Duration {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

fn fetch(address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_TIME_MAX)?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
    stream.set_write_timeout(Some(ANSWER_TIME_MAX))?;
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Why an answer holds no metrics.
#[derive(Debug)]
enum Refused {
    /// Another status than 200.
    Status {
        /// The status.
        status: u16,
        /// What it says.
        body: String,
    },
    /// It is no answer of HTTP, or not a whole one.
    Malformed(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Status { status, .. } => write!(formatter, "it answers with status {status}"),
            Refused::Malformed(reason) => formatter.write_str(reason),
        }
    }
}

fn body_of(answer: &[u8]) -> Result<&str, Refused> {
    let malformed = |reason: &str| Refused::Malformed(reason.to_owned());
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(answer);
    let head_length = match parsed.map_err(|error| malformed(&error.to_string()))? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Err(malformed("the answer ends in its headers")),
    };
    let body = std::str::from_utf8(&answer[head_length..])
        .map_err(|_| malformed("the answer is no text"))?;
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) {
        return Err(malformed("the answer is not whole"));
    }
    match response.code.unwrap_or_default() {
        200 => Ok(body),
        status => Err(Refused::Status {
            status,
            body: body.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_cut_off_is_not_taken_for_one() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n";
        assert_eq!(body_of(whole).unwrap(), "a 1\n");
        for end in 0..whole.len() {
            assert!(body_of(&whole[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn another_status_tells_what_it_says() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\n\r\nthe broker is stopping\n";
        let Err(Refused::Status { status, body }) = body_of(answer) else {
            panic!("503 is no success");
        };
        assert_eq!((status, body.trim()), (503, "the broker is stopping"));
    }
}
