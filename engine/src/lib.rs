//! Corelane's storage engine: record batches, segments, indexes, appends, reads, recovery, on cores that share
//! nothing. It knows no network.
#![deny(missing_docs)]

pub mod append;
pub mod batch;
mod compress;
mod ends;
pub mod file_name;
pub mod index;
pub mod io;
mod mailbox;
pub mod record;
pub mod runtime;
mod types;
mod watchdog;

#[cfg(test)]
mod golden_batches;

pub use compress::*;
pub use ends::Ends;
pub use types::*;
