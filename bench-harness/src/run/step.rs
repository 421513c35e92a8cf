//! One step on one target: the topic, what must be there before, the loads, the samples around them, and the cleaning up.
//!
//! Invariants: each step has a topic of its own, deleted after it; memory and descriptors are read before the topic is
//! there, when it is there, and at the end of the load, so that each costs what it costs.

use std::time::{Duration, Instant};

use corelane_client::{Cluster, Timeouts};

use super::steady::Watch;
use super::target::{Reach, Running, Wire};
use super::{OnRunProgress, Place, RunPlan, kill, loads, start};
use crate::engine_target::EngineTarget;
use crate::error::BenchError;
use crate::observe::LiveProgress;
use crate::process::{ProcessSample, reset_peak_memory, watch};
use crate::produce::{CLIENT_ID, create_timed, timeouts};
use crate::result::RunResult;
use crate::results::Measured;
use crate::settings::{
    BrokerSettings, ClientSettings, FetchSettings, ProduceSettings, Span, TopicSettings,
};
use crate::target::Target;
use crate::workload::{FetchLoad, ProduceLoad, Step};

/// The longest a fill may take.
const FILL_S_MAX: f64 = 7_200.0;

/// Which step it is.
#[derive(Clone, Copy)]
pub(super) struct StepPlace<'a> {
    pub(super) plan: &'a RunPlan,
    pub(super) workload: &'a str,
    pub(super) step: &'a Step,
    pub(super) round: u32,
    pub(super) run_id: u64,
}

/// A step with its settings filled in.
pub(super) struct Prepared<'a> {
    pub(super) place: &'a StepPlace<'a>,
    pub(super) broker: BrokerSettings,
    pub(super) topic: TopicSettings,
    pub(super) span: Span,
    pub(super) maximum: Option<f64>,
}

/// Runs the step.
pub(super) fn measure(
    place: &StepPlace,
    target: &mut Running,
    maximum: Option<f64>,
    on_progress: OnRunProgress,
) -> Result<Measured, BenchError> {
    let name = target.name().to_owned();
    let at = Place {
        workload: place.workload,
        step: &place.step.name,
        target: &name,
        round: place.round,
        rounds: place.plan.rounds,
    };
    let mut report = |live: &LiveProgress| on_progress(&at, live);
    match &mut target.reach {
        Reach::InProcess(engine) => in_process(place, engine, maximum, &mut report),
        Reach::Wire(wire) => over_the_wire(place, wire, maximum, &mut report),
    }
}

fn in_process(
    place: &StepPlace,
    engine: &mut EngineTarget,
    maximum: Option<f64>,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Measured, BenchError> {
    let mut prepared = Prepared::new(
        place,
        BrokerSettings::in_process(&engine.directory),
        maximum,
    );
    prepared.topic.delete_after = true;
    let load = place.step.produce.clone().unwrap_or_default();
    let result = engine.produce(&prepared.produce(&load), report)?;
    let mut measured = Measured::default();
    measured.take_produce(result);
    Ok(measured)
}

fn over_the_wire(
    place: &StepPlace,
    wire: &mut Wire,
    maximum: Option<f64>,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Measured, BenchError> {
    let mut prepared = Prepared::new(place, wire.broker.clone(), maximum);
    let step = place.step;
    if step.start {
        return start::measure(&prepared, wire);
    }
    if step.produce.is_none() && step.fetch.is_none() {
        return idle(&prepared, wire);
    }
    let flushes_itself = wire.broker.flushes_before_ack_of_all == Some(true);
    if step.produce.as_ref().is_some_and(|load| load.durable) && !flushes_itself {
        let configs = &mut prepared.topic.configs;
        configs.insert("flush.messages".to_owned(), "1".to_owned());
    }
    let mut cluster = Cluster::connect(&wire.broker.bootstrap, CLIENT_ID, long_timeouts())?;
    let before = sample(wire)?;
    let created = create_timed(&mut cluster, &prepared.topic)?;
    let with_topic = sample(wire)?;
    let measured = with_topic_there(&prepared, wire, &mut cluster, report);
    // A broker that was killed has another connection.
    let deleted = Cluster::connect(&wire.broker.bootstrap, CLIENT_ID, long_timeouts())
        .and_then(|mut cluster| cluster.delete_topic(&prepared.topic.name));
    let mut measured = measured?;
    deleted?;
    let partitions = f64::from(prepared.topic.partitions);
    measured.note("topic created in ms", created.as_secs_f64() * 1e3);
    if let (Some(before), Some(with_topic)) = (before, with_topic) {
        let memory = growth(before.resident_bytes, with_topic.resident_bytes);
        measured.note(
            "KiB of memory a partition, empty",
            memory / 1024.0 / partitions,
        );
        let files = growth(before.descriptors, with_topic.descriptors);
        measured.note("descriptors a partition, empty", files / partitions);
    }
    measured.note_connections(with_topic, step);
    Ok(measured)
}

fn with_topic_there(
    prepared: &Prepared,
    wire: &mut Wire,
    cluster: &mut Cluster,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Measured, BenchError> {
    let step = prepared.place.step;
    if step.kill {
        return kill::measure(prepared, wire, report);
    }
    if step.fill_mib > 0 {
        fill(prepared, report)?;
    }
    if let Some(pid) = wire.broker.server_pid {
        // Where it is not allowed, the peak is that of the process's life.
        let _is_reset = reset_peak_memory(pid);
    }
    let disk_before = wire.disk();
    let watch = step.steady.then(|| Watch::begin(wire)).transpose()?;
    let mut measured = loads::measure(prepared, cluster, report)?;
    if let Some(watch) = watch {
        watch.end(&prepared.span, &mut measured);
    }
    if let (Some(before), Some(after)) = (disk_before, wire.disk()) {
        measured.disk = Some(after.since(&before));
    }
    for result in [&mut measured.produce, &mut measured.fetch]
        .into_iter()
        .flatten()
    {
        result.durability = wire.corrected(std::mem::take(&mut result.durability));
    }
    Ok(measured)
}

fn fill(prepared: &Prepared, report: &mut dyn FnMut(&LiveProgress)) -> Result<(), BenchError> {
    let load = prepared.place.step.produce.clone().unwrap_or_default();
    let mut fill = prepared.produce(&load);
    fill.records_per_second = None;
    fill.span = Span {
        warm_up_s: 0.0,
        measure_s: FILL_S_MAX,
        measure_bytes: Some(prepared.place.step.fill_mib << 20),
    };
    crate::produce::produce(&fill, report).map(|_result| ())
}

fn idle(prepared: &Prepared, wire: &Wire) -> Result<Measured, BenchError> {
    let mut measured = Measured::default();
    if let Some(pid) = wire.broker.server_pid {
        let span = Duration::from_secs_f64(prepared.span.measure_s);
        measured.idle = Some(watch(pid, span)?);
    }
    Ok(measured)
}

/// Ten thousand partitions take their time.
fn long_timeouts() -> Timeouts {
    timeouts(120.0)
}

fn sample(wire: &Wire) -> Result<Option<ProcessSample>, BenchError> {
    let pid = wire.broker.server_pid;
    Ok(pid.map(ProcessSample::take).transpose()?)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "memory and descriptors stay below 2^53"
)]
fn growth(before: u64, after: u64) -> f64 {
    after as f64 - before as f64
}

impl<'a> Prepared<'a> {
    fn new(place: &'a StepPlace<'a>, broker: BrokerSettings, maximum: Option<f64>) -> Self {
        let StepPlace { plan, step, .. } = place;
        Self {
            place,
            broker,
            topic: TopicSettings {
                name: topic_name(place),
                partitions: step.topic.partitions,
                configs: step.topic.configs.clone(),
                delete_after: false,
            },
            span: Span {
                warm_up_s: step.warm_up_s.unwrap_or(plan.warm_up_s),
                measure_s: step.measure_s.unwrap_or(plan.measure_s),
                measure_bytes: None,
            },
            maximum,
        }
    }

    pub(super) fn produce(&self, load: &ProduceLoad) -> ProduceSettings {
        ProduceSettings {
            broker: self.broker.clone(),
            topic: self.topic.clone(),
            client: self.client(load.connections, load.in_flight),
            span: self.span,
            record_bytes: load.record_bytes,
            records_per_batch: load.records_per_batch,
            acks: load.acks.into(),
            records_per_second: load.records_per_second(self.maximum),
            hot_share: load.hot_share,
            unique_keys: load.unique_keys,
            latency_by_partition: load.latency_by_partition,
        }
    }

    pub(super) fn fetch(&self, load: &FetchLoad) -> FetchSettings {
        FetchSettings {
            client: self.client(load.connections, load.in_flight),
            groups: load.groups,
            span: self.span,
            from: load.from,
            at_end: load.at_end,
            max_bytes: load.max_bytes,
            partition_max_bytes: load.partition_max_bytes,
            max_wait_ms: load.max_wait_ms,
            ..FetchSettings::maximum(self.broker.clone(), &self.topic.name)
        }
    }

    fn client(&self, connections: u32, in_flight: u32) -> ClientSettings {
        ClientSettings {
            connections,
            in_flight,
            threads: self.place.plan.threads,
            cores: self.place.plan.client_cores.clone(),
            ..ClientSettings::default()
        }
    }
}

/// A name that no other step, round or run has; topics take letters, digits, dots, dashes and underscores.
fn topic_name(place: &StepPlace) -> String {
    let steps = &place.plan.workloads;
    let number = steps
        .iter()
        .flat_map(|workload| &workload.steps)
        .position(|step| std::ptr::eq(step, place.step))
        .map_or_else(|| "extra".to_owned(), |number| number.to_string());
    format!("corelane-bench-{}-{number}-{}", place.run_id, place.round)
}

impl Measured {
    /// Takes over a run's result with its faults and limits.
    pub(super) fn take_produce(&mut self, result: RunResult) {
        self.note_result(&result);
        self.produce = Some(result);
    }

    pub(super) fn note_result(&mut self, result: &RunResult) {
        self.faults.extend(result.faults.lines());
        self.client_limits.extend(result.client_limit.clone());
    }

    pub(super) fn note(&mut self, name: &str, value: f64) {
        self.others.insert(name.to_owned(), value);
    }

    /// What each connection costs, where there are enough of them to tell.
    fn note_connections(&mut self, before: Option<ProcessSample>, step: &Step) {
        let load = step.produce.as_ref().filter(|load| load.connections >= 10);
        let server = self.produce.as_ref().and_then(|result| result.server);
        if let (Some(before), Some(server), Some(load)) = (before, server, load) {
            let memory = growth(before.resident_bytes, server.process.resident_bytes);
            self.note(
                "bytes of memory a connection",
                memory / f64::from(load.connections),
            );
        }
    }
}

/// The time from `since` on, in milliseconds.
pub(super) fn elapsed_ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
