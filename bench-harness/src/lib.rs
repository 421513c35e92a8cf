//! Workloads, an open-loop clock and histograms, for any Kafka-protocol broker.
//!
//! - [`produce`] and [`fetch`] run a workload described by [`ProduceSettings`] or [`FetchSettings`] and return a
//!   [`RunResult`], which serialises to JSON with settings, machine and durability, and has [`RunResult::rows`] for a table.
//! - Without a rate the load is a closed loop; with one, requests leave on a fixed schedule and latency counts from the
//!   intended time, so that a stalled broker cannot hide its stall.
//! - [`compare::compare`] runs two brokers interleaved; [`broker_process::BrokerProcess`] starts Apache Kafka from its
//!   jars, or Corelane; [`time_to_first_produce`] and [`process::watch`] (an idle broker) measure what needs no load.
//! - [`launch::compare_launched`] does all of it for two brokers that it starts and stops.
//! - [`null_broker::NullBroker`] keeps nothing and acknowledges: the ceiling of the machine.
//! - [`Target`] is the seam for what is not a broker: [`EngineTarget`] runs the workloads on an engine in this process.

pub mod affinity;
pub mod broker_process;
pub mod compare;
pub mod difference;
pub mod disk_stats;
mod drive;
mod durability;
mod engine_target;
mod environment;
mod error;
mod fetch;
pub mod figures;
mod first_produce;
mod keyed;
mod lane;
pub mod latency;
pub mod launch;
mod ledger;
mod live_latency;
pub mod null_broker;
mod observe;
mod pace;
pub mod page;
pub mod percentile_file;
pub mod process;
mod produce;
mod readiness;
mod report;
mod rest;
mod result;
pub mod results;
pub mod run;
pub mod settings;
pub mod statistics;
mod stolen;
pub mod summary;
mod tally;
mod target;
pub mod workload;

pub use durability::{ACKS_ALL_CONFIG, ACKS_ALL_FLUSHES};
pub use engine_target::EngineTarget;
pub use environment::Environment;
pub use error::BenchError;
pub use fetch::fetch;
pub use first_produce::time_to_first_produce;
pub use observe::{LiveProgress, OnProgress};
pub use produce::produce;
pub use result::{Durability, Faults, RunResult, ServerUse, TimelinePoint, Workload};
pub use settings::{FetchSettings, ProduceSettings};
pub use target::{Target, Wire};
