//! Corelane's storage engine: partitions of a log in Kafka's format, one core each. It knows no network.
#![deny(missing_docs)]

mod append;
mod appender;
pub mod batch;
pub mod checkpoint;
pub mod compress;
mod data_directory;
mod ends;
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
mod tail_cache;
pub mod types;
mod upkeep;
mod watchdog;

#[cfg(test)]
mod golden_batches;

pub use append::{Acks, AppendError, Appended, Pending};
pub use ends::Ends;
