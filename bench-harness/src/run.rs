//! A whole run: several targets, several workloads, rounds that are interleaved.
//!
//! Invariants: within a round each step runs on every target before the next step, and every second round takes the
//! targets in the opposite order (A B C, C B A), so that drift of the machine hits all alike; targets that were started
//! here are stopped whatever happens; nothing is dropped, and a step that fails ends no other.

mod kill;
mod loads;
mod start;
mod steady;
mod step;
mod target;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::affinity::CoreList;
use crate::environment::Environment;
use crate::error::BenchError;
use crate::launch::Launch;
use crate::observe::LiveProgress;
use crate::results::{FORMAT, Maximum, Measured, Results, StepOutcome, StepRun};
use crate::settings::SettingsError;
use crate::workload::{ProduceLoad, Rate, Step, WorkloadPlan};
use step::StepPlace;
use target::Running;

/// Targets of one run.
pub const TARGETS_MAX: usize = 16;
/// More rounds would fill a disk before they told more.
pub const ROUNDS_MAX: u32 = 1_000;

/// What to run on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// What is measured; ratios are the first one's by each other's.
    pub targets: Vec<TargetPlan>,
    /// What is run, scaled already.
    pub workloads: Vec<WorkloadPlan>,
    /// What sizes were multiplied by.
    pub scale: f64,
    /// How often everything is run.
    pub rounds: u32,
    /// Load on each target before the first round (a JVM wants 60 s).
    pub first_warm_up_s: f64,
    /// Load before each measurement, unless the step says otherwise.
    pub warm_up_s: f64,
    /// Each measurement, unless the step says otherwise.
    pub measure_s: f64,
    /// Threads for each load.
    pub threads: u32,
    /// The CPUs of the client's threads.
    pub client_cores: Option<CoreList>,
    /// Where brokers that are started here keep data and logs.
    pub directory: PathBuf,
}

/// Something to measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPlan {
    /// Its name in tables.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
}

/// What there is to measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A broker that runs already.
    Address {
        /// `host:port`, or several with commas between.
        bootstrap: String,
        /// Its process, if it is on this machine.
        pid: Option<u32>,
    },
    /// A broker that is started and stopped.
    Start(Launch),
    /// An engine in this process.
    InProcess {
        /// Its scratch directory.
        directory: PathBuf,
    },
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The workload.
    pub workload: &'a str,
    /// The step.
    pub step: &'a str,
    /// The target.
    pub target: &'a str,
    /// The round, from 0.
    pub round: u32,
    /// Rounds in all.
    pub rounds: u32,
}

/// Receives the place and the progress there, about ten times a second.
pub type OnRunProgress<'a> = &'a mut dyn FnMut(&Place, &LiveProgress);

/// Runs everything.
pub fn run(plan: &RunPlan, on_progress: OnRunProgress) -> Result<Results, BenchError> {
    plan.validate()?;
    let started_unix_s = unix_s();
    let mut targets = Vec::new();
    for target in &plan.targets {
        targets.push(Running::start(target, plan)?);
    }
    let mut results = Results {
        format: FORMAT,
        started_unix_s,
        environment: Environment::read(),
        plan: plan.clone(),
        targets: targets.iter().map(Running::facts).collect(),
        maxima: Vec::new(),
        runs: Vec::new(),
    };
    for target in &mut targets {
        warm_up(plan, target, &mut results, on_progress)?;
    }
    for round in 0..plan.rounds {
        for workload in &plan.workloads {
            for step in &workload.steps {
                for position in order(targets.len(), round) {
                    let target = &mut targets[position];
                    let place = StepPlace {
                        plan,
                        workload: &workload.name,
                        step,
                        round,
                        run_id: started_unix_s,
                    };
                    let measured = one(&place, target, &mut results, on_progress)?;
                    results.runs.push(measured);
                }
            }
        }
    }
    targets.into_iter().try_for_each(Running::stop)?;
    Ok(results)
}

/// A B C, C B A, A B C, …
fn order(targets: usize, round: u32) -> Vec<usize> {
    if round.is_multiple_of(2) {
        (0..targets).collect()
    } else {
        (0..targets).rev().collect()
    }
}

fn one(
    place: &StepPlace,
    target: &mut Running,
    results: &mut Results,
    on_progress: OnRunProgress,
) -> Result<StepRun, BenchError> {
    let outcome = match target.refusal_of(place.step) {
        Some(reason) => StepOutcome::NotRun {
            reason: reason.to_owned(),
        },
        None => match attempt(place, target, results, on_progress) {
            Ok(measured) => StepOutcome::Measured(Box::new(measured)),
            // What was asked for cannot be run anywhere; everything else is this step's alone.
            Err(error @ (BenchError::Settings(_) | BenchError::Workload(_))) => return Err(error),
            Err(error) => StepOutcome::Failed {
                reason: error.to_string(),
            },
        },
    };
    Ok(StepRun {
        workload: place.workload.to_owned(),
        step: place.step.name.clone(),
        target: target.name().to_owned(),
        round: place.round,
        outcome,
    })
}

fn attempt(
    place: &StepPlace,
    target: &mut Running,
    results: &mut Results,
    on_progress: OnRunProgress,
) -> Result<Measured, BenchError> {
    let maximum = maximum(place, target, results, on_progress)?;
    step::measure(place, target, maximum, on_progress)
}

/// What the target does at most with the step's load, measured once.
fn maximum(
    place: &StepPlace,
    target: &mut Running,
    results: &mut Results,
    on_progress: OnRunProgress,
) -> Result<Option<f64>, BenchError> {
    let Some(produce) = &place.step.produce else {
        return Ok(None);
    };
    if !matches!(produce.rate, Some(Rate::OfMaximum(_))) {
        return Ok(None);
    }
    let load = ProduceLoad {
        rate: None,
        unique_keys: None,
        ..produce.clone()
    };
    let known = results
        .maxima
        .iter()
        .find(|known| known.target == target.name() && known.load == load);
    if let Some(known) = known {
        return Ok(Some(known.records_per_s));
    }
    let step = plain_step("the maximum", load.clone(), place.plan.measure_s);
    let place = StepPlace {
        step: &step,
        ..*place
    };
    let measured = step::measure(&place, target, None, on_progress)?;
    let Some(result) = measured.produce else {
        return Ok(None);
    };
    results.maxima.push(Maximum {
        target: target.name().to_owned(),
        load,
        records_per_s: result.records_per_s,
    });
    Ok(Some(result.records_per_s))
}

fn warm_up(
    plan: &RunPlan,
    target: &mut Running,
    results: &mut Results,
    on_progress: OnRunProgress,
) -> Result<(), BenchError> {
    if plan.first_warm_up_s <= 0.0 {
        return Ok(());
    }
    let mut step = plain_step("warm-up", ProduceLoad::default(), plan.first_warm_up_s);
    step.warm_up_s = Some(0.0);
    let place = StepPlace {
        plan,
        workload: "warm-up",
        step: &step,
        round: 0,
        run_id: results.started_unix_s,
    };
    if target.refusal_of(&step).is_none() {
        step::measure(&place, target, None, on_progress)?;
    }
    Ok(())
}

fn plain_step(name: &str, produce: ProduceLoad, measure_s: f64) -> Step {
    Step {
        name: name.to_owned(),
        topic: crate::workload::TopicPlan::default(),
        fill_mib: 0,
        produce: Some(produce),
        fetch: None,
        kill: false,
        start: false,
        steady: false,
        warm_up_s: None,
        measure_s: Some(measure_s),
    }
}

impl RunPlan {
    /// Refuses what cannot be run.
    pub fn validate(&self) -> Result<(), BenchError> {
        if self.targets.is_empty() || self.targets.len() > TARGETS_MAX {
            return Err(SettingsError::Contradiction("give 1 to 16 targets").into());
        }
        for (position, target) in self.targets.iter().enumerate() {
            if self.targets[..position]
                .iter()
                .any(|other| other.name == target.name)
            {
                let reason = "two targets have the same name; name them as in NAME=…";
                return Err(SettingsError::Contradiction(reason).into());
            }
        }
        if self.workloads.is_empty() {
            return Err(SettingsError::Contradiction("name at least one workload").into());
        }
        crate::settings::in_range("rounds", self.rounds.into(), 1.0, ROUNDS_MAX.into())?;
        crate::settings::in_range("scale", self.scale, 1e-6, 1.0)?;
        crate::settings::in_range("first_warm_up_s", self.first_warm_up_s, 0.0, 86_400.0)?;
        for workload in &self.workloads {
            workload.validate()?;
        }
        Ok(())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a result says when it was measured"
)]
fn unix_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_round_runs_the_other_way() {
        assert_eq!(order(3, 0), [0, 1, 2]);
        assert_eq!(order(3, 1), [2, 1, 0]);
        assert_eq!(order(3, 2), [0, 1, 2]);
    }
}
