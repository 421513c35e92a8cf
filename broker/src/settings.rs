//! What the user sets of the broker, as the handlers need it.
//!
//! Shared by all cores, immutable.

use std::path::PathBuf;

use crate::groups::GroupSettings;
use crate::nodes::Nodes;
use crate::topic_defaults::TopicDefaults;

/// The id of the one broker, or of the first where each core is one.
pub const NODE_ID: i32 = 1;

/// A host name or address, and a port, that clients are told to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The broker's settings.
#[derive(Clone, Debug)]
pub struct BrokerSettings {
    /// The brokers that clients see.
    pub nodes: Nodes,
    /// Whether a topic is created when a client first names it.
    pub auto_create_topics: bool,
    /// Partitions of a topic that is created without a count.
    pub num_partitions: i32,
    /// Connections at once, over all cores, unless altered.
    pub connections_max: usize,
    /// Connections at once from one address, unless altered.
    pub connections_per_address_max: usize,
    /// The largest request that is read, in bytes.
    pub request_bytes_max: usize,
    /// Bytes of requests that a core holds.
    pub request_memory_bytes_per_core: usize,
    /// The cluster's id, as Kafka prints it.
    pub cluster_id: String,
    /// The data directory.
    pub data_directory: PathBuf,
    /// What topics take where they set nothing.
    pub topic_defaults: TopicDefaults,
    /// Consumer groups.
    pub groups: GroupSettings,
    /// Whether anybody can read what is counted.
    pub has_metrics: bool,
}

impl BrokerSettings {
    #[cfg(test)]
    pub(crate) fn of_a_test() -> BrokerSettings {
        BrokerSettings {
            nodes: Nodes::one(([127, 0, 0, 1], 9092).into(), None),
            auto_create_topics: true,
            num_partitions: 4,
            connections_max: 20,
            connections_per_address_max: 10,
            request_bytes_max: crate::limits::FRAME_BYTES_MAX,
            request_memory_bytes_per_core: crate::limits::FRAME_BYTES_MAX,
            cluster_id: String::new(),
            data_directory: "data".into(),
            topic_defaults: TopicDefaults::default(),
            groups: GroupSettings::default(),
            has_metrics: false,
        }
    }
}
