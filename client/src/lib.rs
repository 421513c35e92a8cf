//! A small blocking Kafka client on `std::net`, shared by the admin CLI and the benchmark harness.
//!
//! - [`Connection`]: one broker; negotiates versions, [`Connection::call`]s, or pipelines with `send` and `receive`.
//! - [`Cluster`]: bootstrap, metadata, leaders, offsets, and the administrative calls (`create_topic`, `delete_topic`,
//!   `create_partitions`, `describe_configs`, `alter_configs`), those about transactions too (`list_transactions`,
//!   `describe_transaction`, `producers`, `abort_open`).
//! - [`Producer`]: batches records, places keys as the Java client does, bounded in flight, retries, idempotent if asked.
//! - [`Consumer`]: reads assigned partitions from an offset, a timestamp, the beginning or the end.
//!
//! It speaks to Apache Kafka 4.2 and to Corelane: every request uses the highest version that both sides have.
//! Nothing here starts a thread; every wait has a timeout and every frame a bound.

mod admin;
mod cluster;
mod cluster_admin;
mod connection;
mod consumer;
mod error;
mod frame;
mod groups;
mod partitioner;
mod producer;
mod quotas;
mod transactions;

pub use admin::{Config, ConfigChange, ConfigResource, ConfigSource, NewTopic};
pub use cluster::{Broker, Cluster, ClusterDescription, OffsetAt, Partition, Topic};
pub use cluster_admin::{Feature, LogDirectory, Quorum};
pub use connection::{
    Connection, ConnectionParts, IN_FLIGHT_MAX, ServedVersions, Ticket, Timeouts,
};
pub use consumer::{Assignment, ConsumedRecord, Consumer, ConsumerOptions, OutOfRange, StartAt};
pub use corelane_protocol::ErrorCode;
pub use error::ClientError;
pub use frame::{FrameError, FrameReader, LENGTH_PREFIX, RESPONSE_LENGTH_MAX};
pub use groups::{DescribedGroup, GroupMember, GroupOffset, ListedGroup};
pub use partitioner::{murmur2, partition_of_key};
pub use producer::{Acks, Delivery, Producer, ProducerOptions, ProducerRecord};
pub use quotas::{ClientQuota, QuotaEntity};
pub use transactions::{ActiveProducer, DescribedTransaction, ListedTransaction};
