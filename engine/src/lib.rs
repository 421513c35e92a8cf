//! Corelane's storage engine: partitions of a log in Kafka's format, one core each.
#![deny(missing_docs)]

pub mod batch;
pub mod catalogue;
pub mod checkpoint;
pub mod compress;
pub mod file_name;
pub mod index;
pub mod leader_epoch;
pub mod log_config;
pub mod producer_state;
pub mod record;
pub mod recovery;
pub mod retention;
pub mod types;

#[cfg(test)]
mod golden_batches;
