//! SIGKILL under load: how long until the broker takes a record again, and whether every acknowledged record is there.
//!
//! Invariants: what counts as acknowledged is what the client has read answers for; the data is read back whole, each
//! batch's CRC and the order of offsets checked.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use corelane_client::{
    Acks, ClientError, Cluster, OffsetAt, Producer, ProducerOptions, ProducerRecord,
};

use super::step::{Prepared, elapsed_ms};
use super::target::Wire;
use crate::broker_process::BrokerProcess;
use crate::drive::{Plan, drive, window_of};
use crate::error::BenchError;
use crate::ledger::{Closed, Ledger};
use crate::observe::LiveProgress;
use crate::produce::{CLIENT_ID, lanes, timeouts};
use crate::results::Measured;
use crate::settings::{AtEnd, Span};
use crate::workload::{FetchLoad, ProduceLoad};

/// How long the load may take to reach the step's bytes.
const LOAD_S_MAX: f64 = 7_200.0;
/// How long the broker may take to come back.
const RETURN_MAX: Duration = Duration::from_secs(600);
/// Between two attempts to produce.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(1);

/// Runs the step.
pub(super) fn measure(
    prepared: &Prepared,
    wire: &mut Wire,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Measured, BenchError> {
    let Some(process) = &mut wire.process else {
        let reason = "only a broker that was started here can be killed".to_owned();
        return Err(BenchError::NothingMeasured { reason });
    };
    let mut measured = Measured::default();
    let closed = kill_under_load(prepared, process, report)?;
    process.start_again()?;
    wire.broker.server_pid = Some(process.pid());
    let since = process.started();
    produce_again(prepared, since)?;
    measured.note("SIGKILL to first produce, ms", elapsed_ms(since));
    check_ends(prepared, &closed, &mut measured)?;
    read_back(prepared, &mut measured, report)?;
    Ok(measured)
}

fn kill_under_load(
    prepared: &Prepared,
    process: &mut BrokerProcess,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Closed, BenchError> {
    let load = ProduceLoad {
        rate: None,
        ..prepared.place.step.produce.clone().unwrap_or_default()
    };
    let mut settings = prepared.produce(&load);
    settings.span = Span {
        warm_up_s: 0.0,
        measure_s: LOAD_S_MAX,
        measure_bytes: None,
    };
    let window = window_of(&settings.span);
    let ledger = Arc::new(Ledger::new(&window));
    let mut cluster = Cluster::connect(&settings.broker.bootstrap, CLIENT_ID, timeouts(30.0))?;
    let lanes = lanes(&mut cluster, &settings, Some(&ledger))?;
    // The process is not sampled: it ends before the run does.
    let plan = Plan::alone(&settings.client, &settings.span, None);
    let bytes_wanted = prepared.place.step.fill_mib << 20;
    let mut killed = None;
    drive(lanes, &plan, &window, &mut |live| {
        report(live);
        if killed.is_none() && live.bytes >= bytes_wanted {
            killed = Some(process.kill());
        }
    })?;
    match killed {
        Some(result) => result?,
        None => {
            let reason = format!(
                "{bytes_wanted} bytes were not acknowledged before the broker was to be killed"
            );
            return Err(BenchError::NothingMeasured { reason });
        }
    }
    Ok(ledger.close())
}

fn produce_again(prepared: &Prepared, since: Instant) -> Result<(), BenchError> {
    loop {
        match produce_one(prepared) {
            Ok(()) => return Ok(()),
            Err(error) if error.is_retriable() && since.elapsed() < RETURN_MAX => {
                thread::sleep(ATTEMPT_INTERVAL);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn produce_one(prepared: &Prepared) -> Result<(), ClientError> {
    let cluster = Cluster::connect(&prepared.broker.bootstrap, CLIENT_ID, timeouts(30.0))?;
    let options = ProducerOptions {
        acks: Acks::All,
        is_idempotent: false,
        ..ProducerOptions::default()
    };
    let mut producer = Producer::new(cluster, &prepared.topic.name, options)?;
    producer.send(&ProducerRecord {
        value: Some(b"first"),
        ..ProducerRecord::default()
    })?;
    producer.flush().map(|_delivery| ())
}

/// Every partition must reach at least as far as its last answer said.
fn check_ends(
    prepared: &Prepared,
    closed: &Closed,
    measured: &mut Measured,
) -> Result<(), BenchError> {
    let mut cluster = Cluster::connect(&prepared.broker.bootstrap, CLIENT_ID, timeouts(30.0))?;
    let topic = &prepared.topic.name;
    let mut acknowledged = 0_i64;
    for (&partition, &next_offset) in &closed.next_offsets {
        acknowledged += next_offset;
        let end = end_of(&mut cluster, topic, partition)?;
        if end < next_offset {
            measured.faults.push(format!(
                "partition {partition} ends at offset {end}; records up to {next_offset} were acknowledged"
            ));
        }
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "records of a run stay below 2^53"
    )]
    measured.note("acknowledged records", acknowledged as f64);
    Ok(())
}

/// Other partitions may still be opening.
fn end_of(cluster: &mut Cluster, topic: &str, partition: i32) -> Result<i64, ClientError> {
    let begun = Instant::now();
    loop {
        match cluster.offset(topic, partition, OffsetAt::Latest) {
            Err(error) if error.is_retriable() && begun.elapsed() < RETURN_MAX => {
                thread::sleep(ATTEMPT_INTERVAL);
            }
            answer => return Ok(answer?.unwrap_or(0)),
        }
    }
}

fn read_back(
    prepared: &Prepared,
    measured: &mut Measured,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<(), BenchError> {
    let load = FetchLoad {
        from: crate::settings::FetchFrom::Earliest,
        at_end: AtEnd::Stop,
        ..FetchLoad::default()
    };
    let mut settings = prepared.fetch(&load);
    settings.check = true;
    settings.broker.server_pid = None;
    settings.span = Span {
        warm_up_s: 0.0,
        measure_s: LOAD_S_MAX,
        measure_bytes: None,
    };
    let result = crate::fetch::fetch(&settings, report)?;
    measured.faults.extend(result.faults.lines());
    #[allow(
        clippy::cast_precision_loss,
        reason = "records of a run stay below 2^53"
    )]
    measured.note("records read back and checked", result.records as f64);
    Ok(())
}
