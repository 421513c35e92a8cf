//! What the broker tells monitoring: the families of `/metrics`, written from what the cores have counted.
//!
//! Runs on the thread that answers for metrics. Names are Kafka's own words behind `corelane_`; `docs/operations.md`
//! lists them, and a test compares. Invariants: counters of cores are added up, never averaged; the number of lines is
//! bounded by [`crate::limits`], and what was left out is counted in `corelane_series_left_out`; sums over topics do
//! not leave anything out.

pub mod exposition;
mod of_cores;
mod of_topics;
pub mod process;
pub mod snapshot;

use std::time::{Duration, Instant};

use exposition::{Exposition, Kind};
use snapshot::Snapshot;

/// What is known without asking a core.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// When the process began to start the broker.
    pub at: Instant,
    /// The same, since the epoch.
    pub since_epoch: Duration,
}

impl Start {
    /// The present moment.
    pub fn here_and_now() -> Start {
        Start {
            at: Instant::now(),
            since_epoch: process::since_epoch(),
        }
    }
}

/// How many series were left out because there were too many of a kind.
#[derive(Debug, Default)]
struct LeftOut {
    topics: usize,
    partitions: usize,
    groups: usize,
    group_offsets: usize,
    findings: usize,
}

/// The text of `/metrics`.
pub fn render(snapshot: &Snapshot, start: Start, began: Instant) -> String {
    let mut text = Exposition::default();
    let mut left_out = LeftOut::default();
    of_process(&mut text, start);
    of_cores::write(&mut text, snapshot);
    of_topics::write(&mut text, snapshot, &mut left_out);
    text.family(
        "corelane_series_left_out",
        Kind::Gauge,
        "Topics, partitions, groups, committed offsets and findings that are not named here because there are too many.",
    );
    for (kind, count) in [
        ("topics", left_out.topics),
        ("partitions", left_out.partitions),
        ("groups", left_out.groups),
        ("group_offsets", left_out.group_offsets),
        ("findings", left_out.findings),
    ] {
        text.sample(&[("kind", kind)], count);
    }
    text.family(
        "corelane_scrape_duration_seconds",
        Kind::Gauge,
        "How long it took to ask the cores and write this.",
    );
    text.sample(&[], began.elapsed().as_secs_f64());
    text.finish()
}

fn of_process(text: &mut Exposition, start: Start) {
    let process = process::report();
    text.family(
        "corelane_build_info",
        Kind::Gauge,
        "1, with the version that runs.",
    );
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.family(
        "corelane_uptime_seconds",
        Kind::Gauge,
        "Time since the broker began to start.",
    );
    text.sample(&[], start.at.elapsed().as_secs_f64());
    text.family(
        "process_start_time_seconds",
        Kind::Gauge,
        "When the broker began to start, since the epoch.",
    );
    text.sample(&[], start.since_epoch.as_secs_f64());
    let mut optional = |name, kind, help, value: Option<f64>| {
        text.family(name, kind, help);
        if let Some(value) = value {
            text.sample(&[], value);
        }
    };
    let number = |number: Option<u64>| number.map(|number| number as f64);
    optional(
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Memory of the process that is resident.",
        number(process.resident_bytes),
    );
    optional(
        "process_cpu_seconds_total",
        Kind::Counter,
        "CPU time of all threads.",
        process.cpu_s,
    );
    optional(
        "process_open_fds",
        Kind::Gauge,
        "Open files, sockets included.",
        number(process.open_files),
    );
    optional(
        "process_max_fds",
        Kind::Gauge,
        "The limit on open files.",
        number(process.open_files_max),
    );
    optional(
        "corelane_storage_read_bytes_total",
        Kind::Counter,
        "Bytes that the process has had read from storage.",
        number(process.storage_read_bytes),
    );
    optional(
        "corelane_storage_written_bytes_total",
        Kind::Counter,
        "Bytes that the process has had written to storage: logs, zeros ahead of them, indexes, checkpoints.",
        number(process.storage_written_bytes),
    );
}
