//! What a whole run found: plan, machine, targets and every single measurement, so that it can be read, compared and repeated.
//!
//! Invariants: nothing is dropped or averaged here; summaries are computed from it. The format's number grows when a
//! reader of the former format would misread it. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::disk_stats::DiskUse;
use crate::environment::Environment;
use crate::latency::LatencySummary;
use crate::process::ProcessUse;
use crate::result::RunResult;
use crate::run::RunPlan;
use crate::workload::ProduceLoad;

/// The format of the file.
pub const FORMAT: u32 = 1;

/// Why a file is no result.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// Not what `corelane bench run` writes.
    #[error("`{key}`: {reason}; this is no result of `corelane bench run`")]
    Key {
        /// The way to the key.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// Another format.
    #[error("the result has format {found}; this harness reads {FORMAT}")]
    Format {
        /// Its format.
        found: u32,
    },
}

/// The results of one `bench run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`FORMAT`].
    pub format: u32,
    /// When it was started, in seconds since 1970.
    pub started_unix_s: u64,
    /// The machine and the harness.
    pub environment: Environment,
    /// What was asked for; enough to do it again.
    pub plan: RunPlan,
    /// What was measured.
    pub targets: Vec<TargetFacts>,
    /// What each target did at most, where a workload's rate is a share of that.
    pub maxima: Vec<Maximum>,
    /// Every measurement, in the order of running.
    pub runs: Vec<StepRun>,
}

/// A target, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// Its name in tables.
    pub name: String,
    /// What it is.
    pub version: String,
    /// Whether it keeps nothing: it is the ceiling that others are measured by, and is never compared as an equal.
    pub is_ceiling: bool,
}

/// What a target did at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maximum {
    /// The target.
    pub target: String,
    /// The load, without a rate.
    pub load: ProduceLoad,
    /// Records a second.
    pub records_per_s: f64,
}

/// One step on one target in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRun {
    /// The workload.
    pub workload: String,
    /// The step.
    pub step: String,
    /// The target.
    pub target: String,
    /// The round, from 0.
    pub round: u32,
    /// What came of it.
    pub outcome: StepOutcome,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It was measured.
    Measured(Box<Measured>),
    /// The target does not offer what the step needs.
    NotRun {
        /// What is missing.
        reason: String,
    },
}

/// The figures of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was written.
    pub produce: Option<RunResult>,
    /// What was read.
    pub fetch: Option<RunResult>,
    /// From the intended time of sending to the arrival at the consumer.
    pub end_to_end: Option<LatencySummary>,
    /// The process while nothing happened.
    pub idle: Option<ProcessUse>,
    /// The device below the target's data, whoever used it.
    pub disk: Option<DiskUse>,
    /// Figures of this step alone, by their name with its unit.
    pub others: BTreeMap<String, f64>,
    /// What went wrong.
    pub faults: Vec<String>,
    /// Where the client was the limit.
    pub client_limits: Vec<String>,
}

impl Measured {
    /// What an acknowledgement survived, in a sentence.
    pub fn durability(&self) -> &str {
        self.produce
            .as_ref()
            .or(self.fetch.as_ref())
            .map_or("nothing is acknowledged", |result| {
                result.durability.statement.as_str()
            })
    }

    /// Whether an acknowledged record was on disk.
    pub fn is_on_disk_before_ack(&self) -> bool {
        self.produce
            .as_ref()
            .is_some_and(|result| result.durability.on_disk_before_ack)
    }
}

impl StepRun {
    /// The figures, when there are any.
    pub fn measured(&self) -> Option<&Measured> {
        match &self.outcome {
            StepOutcome::Measured(measured) => Some(measured),
            StepOutcome::NotRun { .. } => None,
        }
    }
}

impl Results {
    /// Reads what [`serde_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, ResultsError> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let results: Self =
            serde_path_to_error::deserialize(&mut reader).map_err(|error| ResultsError::Key {
                key: error.path().to_string(),
                reason: error.inner().to_string(),
            })?;
        if results.format == FORMAT {
            Ok(results)
        } else {
            let found = results.format;
            Err(ResultsError::Format { found })
        }
    }

    /// The measurements of a step on a target, in the order of rounds.
    pub fn rounds<'a>(
        &'a self,
        workload: &'a str,
        step: &'a str,
        target: &'a str,
    ) -> impl Iterator<Item = &'a Measured> {
        self.runs
            .iter()
            .filter(move |run| run.workload == workload && run.step == step && run.target == target)
            .filter_map(StepRun::measured)
    }

    /// Every fault, with its place.
    pub fn faults(&self) -> Vec<String> {
        self.lines_of(|measured| &measured.faults)
    }

    /// Every measurement that tells more about the client than about the target.
    pub fn client_limits(&self) -> Vec<String> {
        self.lines_of(|measured| &measured.client_limits)
    }

    fn lines_of(&self, lines: impl Fn(&Measured) -> &Vec<String>) -> Vec<String> {
        let mut all = Vec::new();
        for run in &self.runs {
            let Some(measured) = run.measured() else {
                continue;
            };
            let round = run.round + 1;
            let place = format!(
                "{}, {}, {}, round {round}",
                run.target, run.workload, run.step
            );
            all.extend(
                lines(measured)
                    .iter()
                    .map(|line| format!("{place}: {line}")),
            );
        }
        all
    }
}
