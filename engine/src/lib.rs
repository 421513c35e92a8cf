//! Corelane's storage engine: partitions of a log in Kafka's format, one core each.
#![deny(missing_docs)]

pub mod batch;
pub mod compress;
pub mod file_name;
pub mod index;
pub mod record;
pub mod types;

#[cfg(test)]
mod golden_batches;
