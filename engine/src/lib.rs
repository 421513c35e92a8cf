//! Corelane's storage engine: partitions of a log in Kafka's format, one core each. It knows no network.
#![deny(missing_docs)]

pub mod aborted_index;
mod ahead;
mod append;
mod appender;
mod appends_under_way;
pub mod batch;
pub mod catalogue;
mod catalogue_log;
pub mod checkpoint;
pub mod compaction;
pub mod compress;
mod core_counters;
mod core_report;
mod cores;
mod cpus;
mod data_directory;
pub mod duration_histogram;
mod ends;
mod engine;
pub mod file_name;
mod flush_turns;
pub mod index;
pub mod io;
mod lane;
pub mod leader_epoch;
mod log;
pub mod log_config;
mod log_defaults;
mod made_log;
mod mailbox;
pub mod marker;
mod node_settings;
mod open;
mod open_files;
mod partition;
#[cfg(not(feature = "planted-bugs"))]
mod planted;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod producer_state;
mod read;
pub mod record;
pub mod recovery;
mod reserve;
pub mod retention;
pub mod runtime;
mod segment;
mod shard;
mod signal;
#[cfg(any(test, feature = "simulation"))]
pub mod sim;
mod stall;
mod start_report;
mod tail_cache;
mod topics;
pub mod types;
mod unlink;
mod upkeep;
pub mod verify;
mod watchdog;

#[cfg(test)]
mod golden_batches;

pub use append::{Acks, AppendError, Appended, Pending};
pub use batch::ValidBatch;
pub use catalogue::Image;
pub use catalogue_log::CatalogueError;
pub use core_counters::CoreCounts;
pub use core_report::CoreReport;
pub use data_directory::DataDirectoryError;
pub use ends::Ends;
pub use engine::{
    Engine, EngineConfig, EngineError, NewTopic, PartitionError, StopReport, TopicError,
};
pub use log_defaults::LogDefaults;
pub use open::OpenError;
pub use partition::{DataWait, DeleteRecordsError, Intake};
pub use read::{ReadError, ReadRequest, TimestampedOffset};
pub use shard::Shard;
pub use start_report::{Finding, StartReport};
pub use types::{LeaderEpoch, Offset, Position, ProducerId, ShardId, TimestampMs, TopicPartition};

/// A partition on the real disk.
pub type Partition = partition::Partition<io::RingDisk>;
/// A plan whose files are on the real disk.
pub type FetchPlan = read::FetchPlan<io::RingFile>;
/// A piece of such a plan.
pub type FetchPart = read::FetchPart<io::RingFile>;
/// A range of a file on the real disk.
pub type FileRange = read::FileRange<io::RingFile>;
