//! Puts what a run found into its result: rates, server CPU a byte, and whether the client was the limit. Pure.
//!
//! Invariants: every figure is of the measured window.

use std::collections::BTreeMap;

use crate::drive::Outcome;
use crate::environment::Environment;
use crate::error::BenchError;
use crate::latency::LatencySummary;
use crate::process::ProcessUse;
use crate::result::{Durability, RunResult, ServerUse, Workload};
use crate::settings::ClientSettings;
use crate::tally::{Counts, Tally};

/// Client threads busier than this share of their time were the limit.
const CLIENT_BUSY_MAX: f64 = 0.95;
/// The client may add so much to one request in a hundred before its latencies are doubtful.
const CLIENT_DELAY_P99_MAX_MS: f64 = 1.0;

pub(crate) fn assemble(
    workload: Workload,
    client: &ClientSettings,
    durability: Durability,
    outcome: Outcome,
) -> Result<RunResult, BenchError> {
    if outcome.counts.requests == 0
        && outcome.tally.latency.count() == 0
        && outcome.tally.faults.is_clean()
    {
        let reason = "no request was answered in the measured span; lengthen it".to_owned();
        return Err(BenchError::NothingMeasured { reason });
    }
    let elapsed_s = outcome.measured.as_secs_f64().max(1e-9);
    let Counts {
        requests,
        records,
        bytes,
    } = outcome.counts;
    let tally = outcome.tally;
    let is_open_loop = tally.behind_schedule.count() > 0;
    let client_delay = is_open_loop.then(|| tally.client_delay.summary());
    Ok(RunResult {
        durability,
        environment: Environment::read(),
        measured_s: elapsed_s,
        requests,
        records,
        bytes,
        mb_per_s: float(bytes) / 1e6 / elapsed_s,
        records_per_s: float(records) / elapsed_s,
        requests_per_s: float(requests) / elapsed_s,
        latency: tally.latency.summary(),
        latency_by_class: classes(&tally, &workload),
        behind_schedule: is_open_loop.then(|| tally.behind_schedule.summary()),
        client_limit: client_limit(client, &outcome.client, client_delay.as_ref()),
        client_delay,
        faults: tally.faults,
        server: outcome
            .server
            .map(|process| server_use(process, outcome.counts)),
        client: outcome.client,
        stolen_percent: outcome.stolen_percent,
        notes: Vec::new(),
        timeline: outcome.timeline,
        workload,
    })
}

fn classes(tally: &Tally, workload: &Workload) -> BTreeMap<String, LatencySummary> {
    let classes = tally.latency_by_class.iter();
    let mut summaries: BTreeMap<String, LatencySummary> = classes
        .map(|(class, latency)| (class_name(*class, workload), latency.summary()))
        .collect();
    let parts = [
        ("at first", &tally.latency_at_first),
        ("at last", &tally.latency_at_last),
    ];
    for (name, latency) in parts {
        if latency.count() > 0 {
            summaries.insert(name.to_owned(), latency.summary());
        }
    }
    summaries
}

/// What a class of latencies is called in results.
fn class_name(class: u32, workload: &Workload) -> String {
    match workload {
        Workload::Produce(settings) if settings.hot_share.is_some() => {
            if class == 0 { "hot" } else { "cold" }.to_owned()
        }
        _ => format!("partition {class}"),
    }
}

fn server_use(process: ProcessUse, counts: Counts) -> ServerUse {
    let per = |amount: f64, count: f64| if count > 0.0 { amount / count } else { 0.0 };
    ServerUse {
        process,
        cpu_s_per_gb: per(process.cpu_s(), float(counts.bytes) / 1e9),
        cpu_us_per_request: per(process.cpu_s() * 1e6, float(counts.requests)),
        written_per_byte: per(float(process.written_bytes), float(counts.bytes)),
    }
}

/// Names the reason when the figures tell more about the client than about the broker.
fn client_limit(
    client: &ClientSettings,
    used: &ProcessUse,
    delay: Option<&LatencySummary>,
) -> Option<String> {
    let threads = client.threads.min(client.connections);
    if used.cores_busy() > CLIENT_BUSY_MAX * f64::from(threads) {
        return Some(format!(
            "the client's {threads} threads were busy {:.0} % of the time; give it more threads or cores",
            100.0 * used.cores_busy() / f64::from(threads)
        ));
    }
    let delay = delay.filter(|delay| delay.p99_ms > CLIENT_DELAY_P99_MAX_MS)?;
    Some(format!(
        "the client sent one request in a hundred {:.1} ms later than it could",
        delay.p99_ms
    ))
}

#[allow(
    clippy::cast_precision_loss,
    reason = "rates need no more than 53 bits"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
