//! The HTTP port for monitoring as a client sees it: one request a connection, and the metrics read back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer: its status and its body.
pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Asks for a path; none when nobody answers.
pub fn try_get(address: SocketAddr, path: &str) -> Option<HttpAnswer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout above zero");
    // A server that has seen enough may close before it has all.
    let _ = stream.write_all(request.as_bytes());
    read_answer(&mut stream)
}

/// Asks for a path.
pub fn get(address: SocketAddr, path: &str) -> HttpAnswer {
    try_get(address, path).unwrap_or_else(|| panic!("nobody answers {path} on {address}"))
}

/// Puts a body of JSON; none when nobody answers.
pub fn try_put(address: SocketAddr, path: &str, body: &str) -> Option<HttpAnswer> {
    let length = body.len();
    let head = format!("PUT {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let request =
        format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout above zero");
    let _ = stream.write_all(request.as_bytes());
    read_answer(&mut stream)
}

/// What the server answers up to its end; none when that is nothing.
pub fn read_answer(stream: &mut TcpStream) -> Option<HttpAnswer> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("the answer is text");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(HttpAnswer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// The metrics of one look.
pub struct Metrics(pub String);

impl Metrics {
    pub fn of(address: SocketAddr) -> Self {
        let answer = get(address, "/metrics");
        assert_eq!(answer.status, 200, "{}", answer.body);
        Metrics(answer.body)
    }

    /// The number of a series as it is printed, such as `name{label="value"}`.
    pub fn value(&self, series: &str) -> Option<f64> {
        let line = self.0.lines().find(|line| {
            line.rsplit_once(' ')
                .is_some_and(|(name, _)| name == series)
        })?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// The sum of all series of a family.
    pub fn sum(&self, family: &str) -> f64 {
        self.series(family).map(|(_, value)| value).sum()
    }

    /// The series of a family with their numbers.
    pub fn series(&self, family: &str) -> impl Iterator<Item = (&str, f64)> {
        self.0.lines().filter_map(move |line| {
            let (name, value) = line.rsplit_once(' ')?;
            let rest = name.strip_prefix(family)?;
            (rest.is_empty() || rest.starts_with('{')).then_some((name, value.parse().ok()?))
        })
    }

    /// The names of all families.
    pub fn families(&self) -> Vec<&str> {
        let types = self
            .0
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter_map(|rest| rest.split(' ').next()).collect()
    }
}
