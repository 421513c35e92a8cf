//! The engine on the simulated disk: crashed at every I/O, failed at every I/O, and compared with a plain model.
//!
//! One binary. `docs/testing.md` says how to replay a failing case and how to run more seeds.

#![allow(clippy::unwrap_used)] // The whole crate is tests; clippy knows only `#[test]` functions as such.

#[cfg(feature = "planted-bugs")]
mod bank;
mod compacted;
mod crashes;
mod faults;
mod flips;
mod found;
mod lost_files;
mod model;
mod play;
mod promises;
mod recover;
mod script;
mod silent;
mod transactions;
