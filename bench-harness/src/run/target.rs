//! A target while it is measured: how it is reached, what it promises, what it cannot do.
//!
//! Invariants: what was started here is stopped here; a target is never asked for what it does not offer.

use std::fs;
use std::path::{Path, PathBuf};

use super::{RunPlan, TargetKind, TargetPlan};
use crate::broker_process::BrokerProcess;
use crate::disk_stats::DiskUse;
use crate::engine_target::EngineTarget;
use crate::error::BenchError;
use crate::launch::Launch;
use crate::result::Durability;
use crate::results::TargetFacts;
use crate::settings::BrokerSettings;
use crate::workload::Step;

/// A target that can be measured.
pub(super) struct Running {
    facts: TargetFacts,
    pub(super) reach: Reach,
}

/// How it is reached.
pub(super) enum Reach {
    /// Over the wire.
    Wire(Box<Wire>),
    /// By calls.
    InProcess(EngineTarget),
}

/// A broker.
pub(super) struct Wire {
    pub(super) broker: BrokerSettings,
    pub(super) process: Option<BrokerProcess>,
    /// How it was started.
    pub(super) launch: Option<Launch>,
    directory: Option<PathBuf>,
    keeps_nothing: bool,
}

impl Running {
    pub(super) fn start(target: &TargetPlan, plan: &RunPlan) -> Result<Self, BenchError> {
        let facts = TargetFacts {
            name: target.name.clone(),
            version: version_of(&target.kind),
            is_ceiling: matches!(target.kind, TargetKind::Start(Launch::Null(_))),
        };
        let reach = match &target.kind {
            TargetKind::InProcess { directory } => Reach::InProcess(EngineTarget {
                directory: directory.clone(),
                cores: None,
            }),
            TargetKind::Address { bootstrap, pid } => Reach::Wire(Box::new(Wire {
                broker: BrokerSettings {
                    name: target.name.clone(),
                    server_pid: *pid,
                    ..BrokerSettings::at(bootstrap)
                },
                process: None,
                launch: None,
                directory: None,
                keeps_nothing: false,
            })),
            TargetKind::Start(launch) => {
                let directory = plan.directory.join(&target.name);
                let process = launch.start(&directory)?;
                Reach::Wire(Box::new(Wire {
                    broker: BrokerSettings {
                        name: target.name.clone(),
                        ..process.settings()
                    },
                    process: Some(process),
                    launch: Some(launch.clone()),
                    directory: Some(directory),
                    keeps_nothing: facts.is_ceiling,
                }))
            }
        };
        Ok(Self { facts, reach })
    }

    pub(super) fn facts(&self) -> TargetFacts {
        self.facts.clone()
    }

    pub(super) fn name(&self) -> &str {
        &self.facts.name
    }

    /// Why a step cannot be run here.
    pub(super) fn refusal_of(&self, step: &Step) -> Option<&'static str> {
        match &self.reach {
            Reach::InProcess(_) => refusal_in_process(step),
            Reach::Wire(wire) => wire.refusal_of(step),
        }
    }

    pub(super) fn stop(self) -> Result<(), BenchError> {
        match self.reach {
            Reach::Wire(wire) => wire.process.map_or(Ok(()), BrokerProcess::stop),
            Reach::InProcess(_) => Ok(()),
        }
    }
}

fn refusal_in_process(step: &Step) -> Option<&'static str> {
    let is_plain = step
        .produce
        .as_ref()
        .is_some_and(|load| load.hot_share.is_none() && load.unique_keys.is_none());
    if step.kill {
        return Some("an engine in this process cannot be killed alone");
    }
    if !is_plain || step.fetch.is_some() || step.fill_mib > 0 {
        return Some("an engine in this process takes plain appends only");
    }
    None
}

impl Wire {
    fn refusal_of(&self, step: &Step) -> Option<&'static str> {
        if step.kill && self.process.is_none() {
            return Some("only a broker that was started here can be killed");
        }
        if step.start {
            let is_started = self.launch.is_some();
            return (!is_started)
                .then_some("only a broker that was started here can be started again");
        }
        if step.steady && self.broker.server_pid.is_none() {
            return Some("the target's process is not known, so that nobody can tell what grows");
        }
        if step.produce.is_none() && step.fetch.is_none() && self.broker.server_pid.is_none() {
            return Some("an idle target can be watched by its process only");
        }
        let asks_what_was_written = step.fetch.is_some() || step.kill || step.fill_mib > 0;
        if self.keeps_nothing && asks_what_was_written {
            return Some("the target keeps nothing that could be read");
        }
        if self.keeps_nothing && step.produce.as_ref().is_some_and(|load| load.durable) {
            return Some("the target keeps nothing, so that no answer means on disk");
        }
        None
    }

    /// What the device below its data has done so far.
    pub(super) fn disk(&self) -> Option<DiskUse> {
        DiskUse::of(self.directory.as_deref()?)
    }

    /// The null broker describes no configurations, and what it says by its answers is not so.
    pub(super) fn corrected(&self, durability: Durability) -> Durability {
        if !self.keeps_nothing {
            return durability;
        }
        Durability {
            statement: "nothing is kept: a ceiling, no broker".to_owned(),
            on_disk_before_ack: false,
            ..durability
        }
    }
}

fn version_of(kind: &TargetKind) -> String {
    match kind {
        TargetKind::Address { bootstrap, .. } => format!("a broker at {bootstrap}"),
        TargetKind::InProcess { .. } => {
            format!(
                "Corelane's engine {} in the client's process",
                env!("CARGO_PKG_VERSION")
            )
        }
        TargetKind::Start(Launch::Kafka(launch)) => kafka_version(&launch.libs),
        TargetKind::Start(Launch::Corelane(launch)) => binary_version(&launch.binary),
        TargetKind::Start(Launch::Null(_)) => {
            format!(
                "null broker {}: receives, checks, copies once, answers",
                env!("CARGO_PKG_VERSION")
            )
        }
    }
}

/// The jar's name tells.
fn kafka_version(libs: &Path) -> String {
    let names = fs::read_dir(libs).into_iter().flatten().flatten();
    let found = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .find_map(|name| {
            let version = name.strip_prefix("kafka_2.13-")?.strip_suffix(".jar")?;
            Some(format!("Apache Kafka {version}"))
        });
    found.unwrap_or_else(|| "Apache Kafka, version unknown".to_owned())
}

fn binary_version(binary: &Path) -> String {
    let output = std::process::Command::new(binary).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match text {
        Ok(text) if !text.is_empty() => text,
        _ => "Corelane, version unknown".to_owned(),
    }
}
