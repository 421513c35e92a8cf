//! The engine on real files through real io_uring: what a user of the crate sees, named as claims.
//!
//! One binary, so that it links once. Directories are made below cargo's scratch directory, which has to be on a
//! file system with O_DIRECT. Rigs that need root skip loudly, by name.

#![allow(clippy::unwrap_used)] // The whole crate is tests; clippy knows only `#[test]` functions as such.

mod appends;
mod compaction;
mod cores;
mod crashes;
mod damage;
mod decisions;
mod faults;
mod retention;
mod rig;
mod segments;
mod start_time;
mod topics;
