//! Starts two brokers, measures their start and their idleness, compares them under load, stops them.
//!
//! Invariants: each broker has a directory of its own below the one that was given; both are stopped whatever happens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::broker_process::{BrokerProcess, CorelaneLaunch, KafkaLaunch, NullLaunch};
use crate::compare::{
    CompareCase, CompareSettings, Comparison, OnCompareProgress, Spread, compare,
};
use crate::error::BenchError;
use crate::first_produce::time_to_first_produce;
use crate::process::{ProcessUse, watch};
use crate::settings::{ClientSettings, Span};

/// Starts of each broker for the time to the first record.
const STARTS: u32 = 5;

/// A broker to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Launch {
    /// Apache Kafka.
    Kafka(KafkaLaunch),
    /// Corelane.
    Corelane(CorelaneLaunch),
    /// The null broker.
    Null(NullLaunch),
}

impl Launch {
    /// Starts it on `directory`.
    pub fn start(&self, directory: &Path) -> Result<BrokerProcess, BenchError> {
        match self {
            Self::Kafka(launch) => BrokerProcess::start_kafka(launch, directory),
            Self::Corelane(launch) => BrokerProcess::start_corelane(launch, directory),
            Self::Null(launch) => BrokerProcess::start_null(launch, directory),
        }
    }
}

/// What to start and how to compare it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchSettings {
    /// The broker above the line of each ratio.
    pub subject: Launch,
    /// The broker below it.
    pub reference: Launch,
    /// An empty directory for data and logs, on the disk that is to be measured.
    pub directory: PathBuf,
    /// Rounds.
    pub rounds: u32,
    /// Warm-up before the first round.
    pub first_warm_up_s: f64,
    /// How long each broker is watched while idle.
    pub idle_s: f64,
    /// Warm-up and measurement of each run.
    pub span: Span,
    /// The client.
    pub client: ClientSettings,
    /// Which workloads.
    pub cases: Vec<CompareCase>,
}

/// What one broker needs without load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unloaded {
    /// The broker.
    pub name: String,
    /// From the start of the process on an empty directory to the first acknowledged record.
    pub first_produce_ms: Spread,
    /// The process while nothing happens.
    pub idle: ProcessUse,
}

/// Start, idleness and load of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchedComparison {
    /// Without load: subject, then reference.
    pub unloaded: [Unloaded; 2],
    /// Under load.
    pub comparison: Comparison,
}

/// Starts both brokers and compares them.
pub fn compare_launched(
    settings: &LaunchSettings,
    on_progress: OnCompareProgress,
) -> Result<LaunchedComparison, BenchError> {
    let subject_starts =
        first_produces(&settings.subject, &settings.directory.join("subject-start"))?;
    let reference_starts = first_produces(
        &settings.reference,
        &settings.directory.join("reference-start"),
    )?;
    let subject = settings
        .subject
        .start(&settings.directory.join("subject"))?;
    let reference = settings
        .reference
        .start(&settings.directory.join("reference"))?;
    let unloaded = [
        unloaded(&subject, subject_starts, settings.idle_s)?,
        unloaded(&reference, reference_starts, settings.idle_s)?,
    ];
    let under_load = CompareSettings {
        subject: subject.settings(),
        reference: reference.settings(),
        rounds: settings.rounds,
        first_warm_up_s: settings.first_warm_up_s,
        span: settings.span,
        client: settings.client.clone(),
        cases: settings.cases.clone(),
        rest: Some(settings.directory.clone()),
    };
    let comparison = compare(&under_load, on_progress)?;
    subject.stop()?;
    reference.stop()?;
    Ok(LaunchedComparison {
        unloaded,
        comparison,
    })
}

/// Starts a broker several times, each time on an empty directory.
fn first_produces(launch: &Launch, directory: &Path) -> Result<Spread, BenchError> {
    let mut times_ms = Vec::new();
    for number in 0..STARTS {
        let broker = launch.start(&directory.join(number.to_string()))?;
        times_ms.push(time_to_first_produce(&broker)?.as_secs_f64() * 1e3);
        broker.stop()?;
    }
    Spread::of(&times_ms).ok_or_else(|| BenchError::NothingMeasured {
        reason: "no broker was started".to_owned(),
    })
}

fn unloaded(
    broker: &BrokerProcess,
    first_produce_ms: Spread,
    idle_s: f64,
) -> Result<Unloaded, BenchError> {
    let idle = watch(broker.pid(), Duration::from_secs_f64(idle_s))?;
    Ok(Unloaded {
        name: broker.name().to_owned(),
        first_produce_ms,
        idle,
    })
}

impl LaunchedComparison {
    /// Headings and rows of a table, start and idleness first.
    pub fn table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let (headings, mut rows) = self.comparison.table();
        let [subject, reference] = &self.unloaded;
        let row = |figure: &str, subject: f64, reference: f64| {
            vec![
                "no load".to_owned(),
                figure.to_owned(),
                format!("{subject:.2}"),
                format!("{reference:.2}"),
                if reference > 0.0 {
                    format!("{:.3}", subject / reference)
                } else {
                    "–".to_owned()
                },
            ]
        };
        let mut unloaded = vec![row(
            "start to first produce, ms",
            subject.first_produce_ms.median,
            reference.first_produce_ms.median,
        )];
        unloaded.push(row(
            "idle, % of a core",
            100.0 * subject.idle.cores_busy(),
            100.0 * reference.idle.cores_busy(),
        ));
        unloaded.push(row(
            "idle resident MiB",
            mebibytes(subject.idle.resident_bytes),
            mebibytes(reference.idle.resident_bytes),
        ));
        unloaded.append(&mut rows);
        (headings, unloaded)
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "memory sizes stay below 2^53 bytes"
)]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
