//! The figures that tables, comparisons and pages show, read out of a measurement under one name each.
//!
//! Invariants: a figure that was not measured is left out, never shown as zero; each says which direction is better.
//! Pure.

use serde::{Deserialize, Serialize};

use crate::latency::LatencySummary;
use crate::report::float;
use crate::result::RunResult;
use crate::results::Measured;

/// Whether more is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// It says how much was done, not how well.
    Neither,
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name with its unit.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The good direction.
    pub better: Better,
}

/// Every figure of a measurement, in the order of tables.
pub fn figures(measured: &Measured) -> Vec<Figure> {
    let mut list = List::default();
    let has_both = measured.produce.is_some() && measured.fetch.is_some();
    if let Some(produce) = &measured.produce {
        list.load(if has_both { "produce " } else { "" }, produce);
    }
    if let Some(latency) = &measured.end_to_end {
        list.latency("end to end ", latency);
    }
    if let Some(fetch) = &measured.fetch {
        list.load(if has_both { "fetch " } else { "" }, fetch);
    }
    list.server(measured);
    if let Some(idle) = &measured.idle {
        list.push("idle % of a core", 100.0 * idle.cores_busy(), Better::Lower);
        list.push(
            "idle resident MiB",
            mebibytes(idle.resident_bytes),
            Better::Lower,
        );
        let wakes = float(idle.voluntary_switches) / idle.elapsed_s.max(1e-9);
        list.push("idle wake-ups/s", wakes, Better::Lower);
    }
    for (name, value) in &measured.others {
        list.push(name, *value, direction_of(name));
    }
    list.0
}

#[derive(Default)]
struct List(Vec<Figure>);

impl List {
    fn push(&mut self, name: &str, value: f64, better: Better) {
        if value.is_finite() {
            self.0.push(Figure {
                name: name.to_owned(),
                value,
                better,
            });
        }
    }

    fn load(&mut self, side: &str, result: &RunResult) {
        // At a fixed rate the throughput is the harness's doing.
        let better = if result.behind_schedule.is_some() {
            Better::Neither
        } else {
            Better::Higher
        };
        self.push(&format!("{side}MB/s"), result.mb_per_s, better);
        self.push(&format!("{side}records/s"), result.records_per_s, better);
        self.push(&format!("{side}requests/s"), result.requests_per_s, better);
        self.latency(side, &result.latency);
        for (class, latency) in &result.latency_by_class {
            self.push(
                &format!("{side}{class} p50 ms"),
                latency.p50_ms,
                Better::Lower,
            );
            self.push(
                &format!("{side}{class} p99 ms"),
                latency.p99_ms,
                Better::Lower,
            );
            self.push(
                &format!("{side}{class} p99.9 ms"),
                latency.p99_9_ms,
                Better::Lower,
            );
        }
        if let Some(behind) = &result.behind_schedule {
            let name = format!("{side}behind schedule p99 ms");
            self.push(&name, behind.p99_ms, Better::Lower);
        }
        if let Some(percent) = result.stolen_percent {
            let name = format!("{side}CPU stolen by the host %");
            self.push(&name, percent, Better::Neither);
        }
        if let Some(delay) = &result.client_delay {
            let name = format!("{side}of which the client p99 ms");
            self.push(&name, delay.p99_ms, Better::Neither);
        }
    }

    fn latency(&mut self, side: &str, latency: &LatencySummary) {
        if latency.count == 0 {
            return;
        }
        let quantiles = [
            ("p50", latency.p50_ms),
            ("p90", latency.p90_ms),
            ("p99", latency.p99_ms),
            ("p99.9", latency.p99_9_ms),
            ("p99.99", latency.p99_99_ms),
            ("max", latency.max_ms),
        ];
        for (quantile, value) in quantiles {
            self.push(&format!("{side}{quantile} ms"), value, Better::Lower);
        }
    }

    /// Both loads have the same span and the same process, so that its use is told once, for the bytes of both.
    fn server(&mut self, measured: &Measured) {
        let sides = [&measured.produce, &measured.fetch];
        let Some(server) = sides.iter().find_map(|side| side.as_ref()?.server) else {
            return;
        };
        let sum = |count: fn(&RunResult) -> u64| -> f64 {
            let counts = sides.iter().filter_map(|side| side.as_ref().map(count));
            float(counts.sum())
        };
        let (gigabytes, requests) = (sum(|side| side.bytes) / 1e9, sum(|side| side.requests));
        let used = server.process;
        if gigabytes > 0.0 {
            self.push("server CPU s/GB", used.cpu_s() / gigabytes, Better::Lower);
        }
        if requests > 0.0 {
            let per_request = used.cpu_s() * 1e6 / requests;
            self.push("server CPU µs/request", per_request, Better::Lower);
            let switches = float(used.voluntary_switches + used.involuntary_switches);
            self.push(
                "server switches/request",
                switches / requests,
                Better::Lower,
            );
            let calls = float(used.read_calls + used.write_calls);
            self.push(
                "server read and write calls/request",
                calls / requests,
                Better::Neither,
            );
        }
        self.push("server CPU cores", used.cores_busy(), Better::Neither);
        self.push(
            "server peak MiB",
            mebibytes(used.peak_resident_bytes),
            Better::Lower,
        );
        self.push(
            "server descriptors",
            float(used.descriptors),
            Better::Neither,
        );
        let written = measured.produce.as_ref().map_or(0, |produce| produce.bytes);
        if written > 0 {
            let payload = float(written);
            let by_process = float(used.written_bytes) / payload;
            self.push("server bytes written/byte", by_process, Better::Lower);
            if let Some(disk) = &measured.disk {
                self.push(
                    "disk bytes written/byte",
                    float(disk.written_bytes) / payload,
                    Better::Lower,
                );
                self.push(
                    "disk flushes/GB",
                    float(disk.flushes) / (payload / 1e9),
                    Better::Neither,
                );
                self.push(
                    "disk writes/GB",
                    float(disk.writes) / (payload / 1e9),
                    Better::Neither,
                );
            }
        }
    }
}

fn direction_of(name: &str) -> Better {
    if name.contains("records") {
        Better::Neither
    } else if name.contains("MB/s") {
        Better::Higher
    } else {
        Better::Lower
    }
}

fn mebibytes(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}
