//! Corelane's storage engine.
pub mod io;
mod mailbox;
pub mod runtime;
mod watchdog;
