//! The server over real sockets, without a broker behind it: what it takes, what it refuses, and who gets a place.

use super::*;

fn server() -> HttpServer {
    HttpServer::start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Sends bytes and returns all that is answered.
fn exchange(server: &HttpServer, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    // A server that has seen enough may close before it has all.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[test]
fn a_broker_that_starts_or_stops_is_alive_and_not_ready_and_says_why() {
    let server = server();
    for (reason, begin) in [("starting", false), ("stopping", true)] {
        if begin {
            server.begin_stop();
        }
        let alive = exchange(&server, b"GET /health HTTP/1.1\r\n\r\n");
        assert_eq!(status(&alive), "HTTP/1.1 200 OK");
        for path in ["/ready", "/metrics"] {
            let answer = exchange(&server, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
            assert_eq!(status(&answer), "HTTP/1.1 503 Service Unavailable");
            assert!(answer.contains(reason), "{path}: {answer}");
        }
    }
}

#[test]
fn a_request_that_comes_letter_by_letter_is_answered() {
    let server = server();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    for letter in b"HEAD /health?x=1 HTTP/1.1\r\nHost: here\r\n\r\n" {
        stream.write_all(&[*letter]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), "HTTP/1.1 200 OK");
    assert!(answer.ends_with("\r\n\r\n"), "HEAD has no body: {answer}");
}

#[test]
fn what_is_no_request_is_refused_with_the_reason() {
    let server = server();
    let many = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        "A: b\r\n".repeat(HTTP_HEADERS_MAX + 1)
    );
    let long = format!(
        "GET / HTTP/1.1\r\nA: {}",
        "b".repeat(2 * HTTP_REQUEST_BYTES_MAX)
    );
    for (request, wanted) in [
        (b"POST /metrics HTTP/1.1\r\n\r\n".as_slice(), "405"),
        (b"GET /secret HTTP/1.1\r\n\r\n", "404"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
        (many.as_bytes(), "431"),
        (long.as_bytes(), "431"),
    ] {
        let answer = exchange(&server, request);
        let line = status(&answer);
        assert!(line.starts_with(&format!("HTTP/1.1 {wanted} ")), "{line}");
    }
}

#[test]
fn idle_connections_give_their_places_to_those_that_ask() {
    let server = server();
    let idle: Vec<TcpStream> = (0..4 * HTTP_CONNECTIONS_MAX)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    let began = Instant::now();
    let answer = exchange(&server, b"GET /health HTTP/1.1\r\n\r\n");
    assert_eq!(status(&answer), "HTTP/1.1 200 OK");
    assert!(
        began.elapsed() < HTTP_REQUEST_TIME_MAX,
        "it waited for none of them"
    );
    let open = server.shared.open();
    assert!(
        open.count <= HTTP_CONNECTIONS_MAX,
        "{} are open",
        open.count
    );
    assert!(open.unfinished.len() <= HTTP_CONNECTIONS_MAX);
    drop((open, idle));
}

#[test]
fn places_are_given_back() {
    let server = server();
    for _ in 0..3 * HTTP_CONNECTIONS_MAX {
        let answer = exchange(&server, b"GET /health HTTP/1.1\r\n\r\n");
        assert_eq!(status(&answer), "HTTP/1.1 200 OK");
    }
    let deadline = Instant::now() + HTTP_REQUEST_TIME_MAX;
    while server.shared.open().count > 0 {
        assert!(Instant::now() < deadline, "a place is lost");
        std::thread::yield_now();
    }
}

#[test]
fn the_port_is_free_once_the_server_is_dropped() {
    let server = server();
    let address = server.address();
    drop(server);
    assert!(TcpListener::bind(address).is_ok());
}
