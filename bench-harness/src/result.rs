//! What a run found: one serialisable structure with the settings, the machine and the durability beside the figures.
//!
//! Invariants: MB and GB are 10^6 and 10^9 bytes; bytes are those of record batches, headers included; histograms are
//! merged over connections, never averaged. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::latency::LatencySummary;
use crate::process::ProcessUse;
use crate::settings::{FetchSettings, ProduceSettings};

/// The settings of a run, by workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "workload", rename_all = "lowercase")]
pub enum Workload {
    /// Produce requests.
    Produce(ProduceSettings),
    /// Fetch requests.
    Fetch(FetchSettings),
}

/// How much an acknowledged record survives, as far as the broker tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durability {
    /// `0`, `1`, `all`; empty for a fetch.
    pub acks: String,
    /// The topic's `flush.messages`, when the broker describes it.
    pub flush_messages: Option<String>,
    /// The topic's `flush.ms`.
    pub flush_ms: Option<String>,
    /// The topic's `min.insync.replicas`.
    pub min_insync_replicas: Option<String>,
    /// Replicas of the first partition.
    pub replicas: Option<usize>,
    /// What follows, in a sentence.
    pub statement: String,
    /// Whether an acknowledged record is on disk; only runs that agree in this may be compared.
    pub on_disk_before_ack: bool,
}

/// Everything that went otherwise than asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Requests answered with an error code, by Kafka's name of the code.
    pub refused: BTreeMap<String, u64>,
    /// Requests that later answers of the same connection overtook: the broker dropped the answer.
    pub answers_missing: u64,
    /// Answers to a request that was not sent yet, or not completely.
    pub answers_early: u64,
    /// Answers with a correlation id that belongs to no request in flight.
    pub answers_unexpected: u64,
    /// Requests without an answer when the run gave up waiting.
    pub unanswered: u64,
    /// Open loop: requests that were due and never left, because those before them took all the room. The time that they
    /// had waited by the end counts as their latency, so that they are not missing from the tail.
    #[serde(default)]
    pub unsent: u64,
    /// Connections that failed, with the reason (the first few).
    pub connections_failed: Vec<String>,
}

impl Faults {
    /// Whether everything was answered as asked.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the faults of another thread.
    pub(crate) fn merge(&mut self, other: Self) {
        for (code, count) in other.refused {
            *self.refused.entry(code).or_insert(0) += count;
        }
        self.answers_missing += other.answers_missing;
        self.answers_early += other.answers_early;
        self.answers_unexpected += other.answers_unexpected;
        self.unanswered += other.unanswered;
        self.unsent += other.unsent;
        self.connections_failed.extend(other.connections_failed);
    }

    /// One line for every kind of fault.
    pub fn lines(&self) -> Vec<String> {
        let counts = [
            (self.answers_missing, "answers were dropped by the broker"),
            (
                self.answers_early,
                "answers came before the request was sent completely",
            ),
            (self.answers_unexpected, "answers belong to no request"),
            (self.unanswered, "requests were never answered"),
            (
                self.unsent,
                "requests were due and never left: the schedule was not kept",
            ),
        ];
        let refused = self
            .refused
            .iter()
            .map(|(code, count)| format!("{count} requests were refused: {code}"));
        let counted = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"));
        let failed = self
            .connections_failed
            .iter()
            .map(|reason| format!("a connection failed: {reason}"));
        refused.chain(counted).chain(failed).collect()
    }
}

/// One interval of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelinePoint {
    /// The end of the interval, from the start of the warm-up.
    pub at_s: f64,
    /// Bytes of batches a second.
    pub mb_per_s: f64,
    /// Records a second.
    pub records_per_s: f64,
    /// The median latency of the interval; coarse, as is the next.
    #[serde(default)]
    pub p50_ms: Option<f64>,
    /// The 99th percentile of the interval.
    #[serde(default)]
    pub p99_ms: Option<f64>,
}

/// What the broker's process used in the measured span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ServerUse {
    /// The counters.
    pub process: ProcessUse,
    /// CPU seconds for 10^9 bytes of batches.
    pub cpu_s_per_gb: f64,
    /// CPU microseconds a request.
    pub cpu_us_per_request: f64,
    /// Bytes sent to the storage layer for each byte of batches.
    pub written_per_byte: f64,
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// What was asked for.
    pub workload: Workload,
    /// How durable an answer is.
    pub durability: Durability,
    /// The machine.
    pub environment: Environment,
    /// The measured span.
    pub measured_s: f64,
    /// Requests answered in the span.
    pub requests: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes of record batches in them.
    pub bytes: u64,
    /// 10^6 bytes of batches a second.
    pub mb_per_s: f64,
    /// Records a second.
    pub records_per_s: f64,
    /// Requests a second.
    pub requests_per_s: f64,
    /// From the intended send time (open loop) or the send (closed loop) to the answer.
    pub latency: LatencySummary,
    /// Latency told apart by kind of partition, or by partition, where the settings ask for it; and of spans of 30 s or
    /// more that of their first and last third, a minute at most (`at first`, `at last`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency_by_class: BTreeMap<String, LatencySummary>,
    /// Open loop: how far behind the schedule requests were sent, whoever was the reason.
    pub behind_schedule: Option<LatencySummary>,
    /// Open loop: how long the client itself took to send what was due and allowed. What it adds to the latency.
    pub client_delay: Option<LatencySummary>,
    /// What went wrong.
    pub faults: Faults,
    /// The broker's process.
    pub server: Option<ServerUse>,
    /// The client's process.
    pub client: ProcessUse,
    /// The share of the machine's CPU time, in percent, that its host gave to others while it was wanted here.
    #[serde(default)]
    pub stolen_percent: Option<f64>,
    /// Why the client, not the broker, may have been the limit.
    pub client_limit: Option<String>,
    /// What a reader must know to compare this run with others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The rate over time.
    pub timeline: Vec<TimelinePoint>,
}

impl RunResult {
    /// Server CPU seconds for 10^9 bytes, when the process was given.
    pub fn server_cpu_s_per_gb(&self) -> Option<f64> {
        self.server.map(|server| server.cpu_s_per_gb)
    }

    /// Label and value of every figure, for a table.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = self.throughput_rows();
        rows.extend(latency_rows("latency", &self.latency));
        if let Some(behind) = &self.behind_schedule {
            rows.push(("behind schedule".to_owned(), tail_text(behind)));
        }
        if let Some(delay) = &self.client_delay {
            rows.push(("of which the client".to_owned(), tail_text(delay)));
        }
        rows.extend(self.server_rows());
        rows.push((
            "client CPU".to_owned(),
            format!("{:.2} cores", self.client.cores_busy()),
        ));
        rows.extend(self.stolen_percent.map(|percent| {
            let label = "CPU stolen by the host".to_owned();
            (label, format!("{percent:.1} %"))
        }));
        rows.extend(
            self.client_limit
                .iter()
                .map(|limit| ("client limit".to_owned(), limit.clone())),
        );
        rows.extend(
            self.faults
                .lines()
                .into_iter()
                .map(|line| ("fault".to_owned(), line)),
        );
        rows.push(("durability".to_owned(), self.durability.statement.clone()));
        rows.extend(
            self.notes
                .iter()
                .map(|note| ("note".to_owned(), note.clone())),
        );
        rows
    }

    fn throughput_rows(&self) -> Vec<(String, String)> {
        vec![
            ("measured".to_owned(), format!("{:.2} s", self.measured_s)),
            (
                "throughput".to_owned(),
                format!("{:.1} MB/s", self.mb_per_s),
            ),
            (
                "records".to_owned(),
                format!("{:.0} /s", self.records_per_s),
            ),
            (
                "requests".to_owned(),
                format!("{:.0} /s", self.requests_per_s),
            ),
        ]
    }

    fn server_rows(&self) -> Vec<(String, String)> {
        let Some(server) = &self.server else {
            return Vec::new();
        };
        vec![
            (
                "server CPU".to_owned(),
                format!("{:.2} cores", server.process.cores_busy()),
            ),
            (
                "server CPU per GB".to_owned(),
                format!("{:.3} s", server.cpu_s_per_gb),
            ),
            (
                "server CPU per request".to_owned(),
                format!("{:.1} µs", server.cpu_us_per_request),
            ),
            (
                "server peak memory".to_owned(),
                format!("{} MiB", server.process.peak_resident_bytes >> 20),
            ),
            (
                "server context switches".to_owned(),
                format!(
                    "{} voluntary, {} forced",
                    server.process.voluntary_switches, server.process.involuntary_switches
                ),
            ),
            (
                "server bytes written per byte".to_owned(),
                format!("{:.2}", server.written_per_byte),
            ),
        ]
    }
}

fn latency_rows(name: &str, latency: &LatencySummary) -> Vec<(String, String)> {
    let quantiles = [
        ("p50", latency.p50_ms),
        ("p90", latency.p90_ms),
        ("p99", latency.p99_ms),
        ("p99.9", latency.p99_9_ms),
        ("p99.99", latency.p99_99_ms),
        ("max", latency.max_ms),
    ];
    quantiles
        .iter()
        .map(|(quantile, value)| (format!("{name} {quantile}"), format!("{value:.3} ms")))
        .collect()
}

fn tail_text(latency: &LatencySummary) -> String {
    format!(
        "p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms",
        latency.p50_ms, latency.p99_ms, latency.max_ms
    )
}
