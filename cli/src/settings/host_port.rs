//! An address and a port, as in `127.0.0.1:9092`, `broker.example:9092` or `[::1]:9092`.
//!
//! The host is not resolved here: a name may mean something else where it is advertised to. Pure.

use std::fmt;

/// A host, by name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    /// Parses `host:port`; an IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected =
            || format!("`{text}` is not host:port; write it like 127.0.0.1:9092 or [::1]:9092");
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let port = port.parse().map_err(|_| expected())?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        let bare_ipv6 = bracketed.is_none() && host.contains(':');
        if host.is_empty() || bare_ipv6 || host.contains(char::is_whitespace) {
            return Err(expected());
        }
        Ok(HostPort {
            host: host.to_owned(),
            port,
        })
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 lets the system choose one where it is listened on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(formatter, "[{}]:{}", self.host, self.port),
            false => write!(formatter, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_both_kinds_of_address_are_read_and_printed_alike() {
        for text in ["127.0.0.1:9092", "broker.example:1", "[::1]:9092"] {
            assert_eq!(HostPort::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(HostPort::parse("[::1]:9092").unwrap().host(), "::1");
    }

    #[test]
    fn what_lacks_a_host_or_a_port_is_refused() {
        for text in [
            "",
            "localhost",
            ":9092",
            "localhost:",
            "localhost:65536",
            "::1:9092",
            "a b:1",
        ] {
            assert!(HostPort::parse(text).is_err(), "{text}");
        }
    }
}
