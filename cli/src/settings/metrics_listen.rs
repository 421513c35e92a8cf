//! Where metrics are served: a loopback address and a port, as in `127.0.0.1:9644`, `localhost:9644` or `[::1]:9644`.
//!
//! Nobody authenticates there, so that other machines must not reach it. Pure.

use super::HostPort;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What stands for no metrics at all.
const NONE: &str = "none";

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsListen {
    /// The address and port; port 0 lets the system choose one.
    pub address: SocketAddr,
    /// Whether nobody asked for it: then a broker that finds the port taken, as by another broker, does without.
    pub is_default: bool,
}

impl MetricsListen {
    /// Parses an address, or `none`.
    pub fn parse(text: &str, is_default: bool) -> Result<Option<Self>, String> {
        if text == NONE {
            return Ok(None);
        }
        let host_port = HostPort::parse(text)?;
        let ip = match host_port.host() {
            "localhost" => Some(IpAddr::from(Ipv4Addr::LOCALHOST)),
            host => host.parse().ok(),
        };
        let ip = ip.filter(|ip: &IpAddr| ip.to_canonical().is_loopback());
        let ip = ip.ok_or_else(|| {
            format!(
                "`{text}` is no loopback address, and anybody could read there; write it like 127.0.0.1:9644, or `none`"
            )
        })?;
        Ok(Some(MetricsListen {
            address: SocketAddr::new(ip, host_port.port()),
            is_default,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_and_none_are_taken() {
        for (text, address) in [
            ("127.0.0.1:9644", "127.0.0.1:9644"),
            ("127.8.0.1:1", "127.8.0.1:1"),
            ("localhost:0", "127.0.0.1:0"),
            ("[::1]:9644", "[::1]:9644"),
        ] {
            let parsed = MetricsListen::parse(text, false).unwrap().unwrap();
            assert_eq!(parsed.address, address.parse().unwrap());
        }
        assert_eq!(MetricsListen::parse("none", false), Ok(None));
    }

    #[test]
    fn addresses_that_other_machines_reach_are_refused() {
        for text in [
            "0.0.0.0:9644",
            "[::]:9644",
            "192.0.2.1:9644",
            "broker:9644",
            "9644",
        ] {
            assert!(MetricsListen::parse(text, false).is_err(), "{text}");
        }
    }
}
