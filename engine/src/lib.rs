//! Corelane's storage engine.
#![deny(missing_docs)]

pub mod io;
mod mailbox;
pub mod runtime;
mod watchdog;
