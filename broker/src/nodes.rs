//! The brokers that clients see: one, or one for each core, so that a client reaches the core of a partition without a hop.
//!
//! Shared by all cores, immutable. Invariants: the broker of core `n` has the id `NODE_ID + n` and a port of its own, and
//! leads the partitions of that core; what is asked of a broker about itself is told of its core alone, so that a client
//! which asks all brokers and adds up counts nothing twice. Any core still answers for any partition.

use std::net::{IpAddr, SocketAddr};

use corelane_engine::types::ShardId;

use crate::connection::Connection;
use crate::settings::{Endpoint, NODE_ID};

/// See the module.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// Where the brokers listen, in the order of their ids: one, or one for each core.
    listen: Vec<SocketAddr>,
    /// What clients are told of the first; none is the address that they have reached.
    advertise: Option<Endpoint>,
    is_by_core: bool,
}

impl Nodes {
    /// One broker for all cores.
    pub fn one(listen: SocketAddr, advertise: Option<Endpoint>) -> Nodes {
        Nodes {
            listen: vec![listen],
            advertise,
            is_by_core: false,
        }
    }

    /// A broker for each core, in the order of the cores.
    pub fn by_core(listen: Vec<SocketAddr>, advertise: Option<Endpoint>) -> Nodes {
        Nodes {
            listen,
            advertise,
            is_by_core: true,
        }
    }

    /// Whether each core is a broker.
    pub fn is_by_core(&self) -> bool {
        self.is_by_core
    }

    /// Where the first listens.
    pub fn first(&self) -> SocketAddr {
        self.listen[0]
    }

    /// What clients are told of the first, where that is not the address that they have reached.
    pub fn advertised(&self) -> Option<&Endpoint> {
        self.advertise.as_ref()
    }

    /// The broker that leads what belongs to a core.
    pub fn leader(&self, core: ShardId) -> i32 {
        match self.is_by_core {
            true => NODE_ID + i32::from(core.0),
            false => NODE_ID,
        }
    }

    /// Whether a broker of this id is one of them.
    pub fn has(&self, id: i32) -> bool {
        self.ids().any(|known| known == id)
    }

    /// Whether a broker's id, as text, is that of one of them: configurations of one are those of all.
    pub fn has_name(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// Whether what belongs to the core `owner` is told by the broker that `here` belongs to.
    pub fn tells(&self, here: ShardId, owner: ShardId) -> bool {
        !self.is_by_core || here == owner
    }

    /// The ids, in order.
    fn ids(&self) -> impl Iterator<Item = i32> + use<> {
        (NODE_ID..).take(self.listen.len())
    }

    /// The ids, as texts.
    pub fn names(&self) -> impl Iterator<Item = String> + use<> {
        self.ids().map(|id| id.to_string())
    }

    /// All brokers with the addresses that the client of `connection` should use.
    pub fn all(&self, connection: &Connection) -> impl Iterator<Item = (i32, Endpoint)> {
        let reached = connection.local;
        self.ids()
            .map(move |id| (id, self.endpoint_at(id, reached)))
    }

    /// The address of a broker that the client of `connection` should use.
    pub fn endpoint(&self, id: i32, connection: &Connection) -> Endpoint {
        self.endpoint_at(id, connection.local)
    }

    fn endpoint_at(&self, id: i32, reached: SocketAddr) -> Endpoint {
        let place = u16::try_from(id - NODE_ID).unwrap_or(0);
        if let Some(first) = &self.advertise {
            // As when listening, a broker's port follows the one before.
            return Endpoint {
                host: first.host.clone(),
                port: first.port.saturating_add(place),
            };
        }
        let port = match self.is_by_core {
            true => self.listen.get(usize::from(place)).map(SocketAddr::port),
            false => None,
        };
        Endpoint {
            host: host_of(reached),
            port: port.unwrap_or(reached.port()),
        }
    }
}

/// An address as clients are told it: IPv4 wherever it is one, since many clients try only the first address that a
/// name resolves to.
fn host_of(address: SocketAddr) -> String {
    let ip: IpAddr = address.ip().to_canonical();
    ip.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn text(endpoint: &Endpoint) -> String {
        format!("{}:{}", endpoint.host, endpoint.port)
    }

    #[test]
    fn an_ipv4_client_of_an_ipv6_socket_is_told_the_ipv4_address() {
        let one = Nodes::one(address("[::]:9092"), None);
        let told = one.endpoint_at(NODE_ID, address("[::ffff:127.0.0.1]:9092"));
        assert_eq!(text(&told), "127.0.0.1:9092");
    }

    #[test]
    fn one_broker_leads_everything_and_each_core_its_own_where_they_are_brokers() {
        let one = Nodes::one(address("127.0.0.1:9092"), None);
        assert_eq!((one.leader(ShardId(3)), one.has(2)), (NODE_ID, false));
        assert!(one.tells(ShardId(0), ShardId(1)));
        let listen = ["127.0.0.1:9092", "127.0.0.1:7000"].map(address);
        let two = Nodes::by_core(listen.to_vec(), None);
        assert_eq!(two.leader(ShardId(1)), NODE_ID + 1);
        assert!(two.has(NODE_ID + 1) && !two.has(NODE_ID + 2) && !two.has(0));
        assert!(two.tells(ShardId(1), ShardId(1)) && !two.tells(ShardId(0), ShardId(1)));
        let reached = address("10.1.2.3:9092");
        assert_eq!(text(&two.endpoint_at(2, reached)), "10.1.2.3:7000");
    }

    #[test]
    fn advertised_ports_follow_the_first() {
        let advertise = Some(Endpoint {
            host: "broker.example".to_owned(),
            port: 30_000,
        });
        let listen = ["0.0.0.0:9092", "0.0.0.0:9093"].map(address);
        let nodes = Nodes::by_core(listen.to_vec(), advertise);
        let told = nodes.endpoint_at(2, address("10.1.2.3:9092"));
        assert_eq!(text(&told), "broker.example:30001");
    }
}
