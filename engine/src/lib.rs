//! Corelane's storage engine: partitions of a log in Kafka's format, one core each. It knows no network.
#![deny(missing_docs)]

mod append;
mod appender;
pub mod batch;
pub mod catalogue;
mod catalogue_log;
pub mod checkpoint;
pub mod compress;
mod data_directory;
mod ends;
mod engine;
pub mod file_name;
pub mod index;
pub mod io;
pub mod leader_epoch;
mod log;
pub mod log_config;
mod mailbox;
mod open;
mod partition;
pub mod producer_state;
mod read;
pub mod record;
pub mod recovery;
pub mod retention;
pub mod runtime;
mod segment;
mod shard;
mod tail_cache;
mod topics;
pub mod types;
mod upkeep;
pub mod verify;
mod watchdog;

#[cfg(test)]
mod golden_batches;

pub use append::{Acks, AppendError, Appended, Pending};
pub use batch::ValidBatch;
pub use catalogue::Image;
pub use catalogue_log::CatalogueError;
pub use data_directory::DataDirectoryError;
pub use ends::Ends;
pub use engine::{Engine, EngineConfig, EngineError, NewTopic, PartitionError, TopicError};
pub use open::OpenError;
pub use partition::{DataWait, DeleteRecordsError};
pub use read::{ReadError, ReadRequest, TimestampedOffset};
pub use shard::Shard;
pub use types::{LeaderEpoch, Offset, Position, ProducerId, ShardId, TimestampMs, TopicPartition};

/// A partition on the real disk.
pub type Partition = partition::Partition<io::RingDisk>;
/// A plan whose files are on the real disk.
pub type FetchPlan = read::FetchPlan<io::RingFile>;
/// A piece of such a plan.
pub type FetchPart = read::FetchPart<io::RingFile>;
/// A range of a file on the real disk.
pub type FileRange = read::FileRange<io::RingFile>;
