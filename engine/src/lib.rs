//! Corelane's storage engine: partitions of a log in Kafka's format, one core each. It knows no network.
#![deny(missing_docs)]

pub mod batch;
pub mod checkpoint;
pub mod compress;
mod ends;
pub mod file_name;
pub mod index;
pub mod io;
pub mod leader_epoch;
mod mailbox;
pub mod producer_state;
pub mod record;
pub mod recovery;
pub mod retention;
pub mod runtime;
pub mod types;
mod watchdog;

#[cfg(test)]
mod golden_batches;

pub use ends::Ends;
