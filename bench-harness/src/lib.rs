//! Workloads, an open-loop clock and histograms, for any Kafka-protocol broker.
//!
//! - [`produce`] and [`fetch`] run a workload described by [`ProduceSettings`] or [`FetchSettings`] and return a
//!   [`RunResult`], which serialises to JSON with settings, machine and durability, and has [`RunResult::rows`] for a table.
//! - Without a rate the load is a closed loop; with one, requests leave on a fixed schedule and latency counts from the
//!   intended time, so that a stalled broker cannot hide its stall.
//! - [`process::watch`] measures an idle broker.
//! - [`Target`] is the seam for what is not a broker.

pub mod affinity;
mod drive;
mod durability;
mod environment;
mod error;
mod fetch;
mod lane;
pub mod latency;
mod pace;
pub mod process;
mod produce;
mod readiness;
mod report;
mod result;
pub mod settings;
mod tally;
mod target;

pub use drive::{LiveProgress, OnProgress};
pub use environment::Environment;
pub use error::BenchError;
pub use fetch::fetch;
pub use produce::produce;
pub use result::{Durability, Faults, RunResult, ServerUse, TimelinePoint, Workload};
pub use settings::{FetchSettings, ProduceSettings};
pub use target::{Target, Wire};
