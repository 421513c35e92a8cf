//! Two results of the same workloads: which figures differ by more than their noise, and for better or worse.
//!
//! Invariants: only what both hold is compared; figures whose acknowledgements mean different things are named, not
//! compared. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::compare::Spread;
use crate::figures::{Better, figures};
use crate::results::{Measured, Results};
use crate::statistics::{Verdict, verdict};
use crate::summary::value_of;

/// What two results say about each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Every figure that both hold.
    pub figures: Vec<FigureDifference>,
    /// What cannot be compared, and what a reader must know.
    pub remarks: Vec<String>,
}

/// One figure in both results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureDifference {
    /// The target.
    pub target: String,
    /// The workload.
    pub workload: String,
    /// The step.
    pub step: String,
    /// The figure with its unit.
    pub name: String,
    /// In the first result.
    pub before: Spread,
    /// In the second.
    pub after: Spread,
    /// The second's median divided by the first's; none where the first's is zero.
    pub ratio: Option<f64>,
    /// Whether the difference is one.
    pub verdict: Verdict,
    /// Whether it is for the better; none where there is no difference or no better.
    pub is_better: Option<bool>,
}

/// Compares `after` with `before`.
pub fn difference(before: &Results, after: &Results) -> Difference {
    let mut found = Difference::default();
    found.compare_machines(before, after);
    let mut seen = BTreeSet::new();
    for run in &after.runs {
        let place = (&run.target, &run.workload, &run.step);
        if !seen.insert(place) {
            continue;
        }
        let old: Vec<&Measured> = before
            .rounds(&run.workload, &run.step, &run.target)
            .collect();
        let new: Vec<&Measured> = after
            .rounds(&run.workload, &run.step, &run.target)
            .collect();
        let (Some(first_old), Some(first_new)) = (old.first(), new.first()) else {
            let reason = "is not in both results";
            found
                .remarks
                .push(format!("{}, {}, {}: {reason}", place.0, place.1, place.2));
            continue;
        };
        if first_old.is_on_disk_before_ack() != first_new.is_on_disk_before_ack() {
            let reason = "an answer does not mean the same in both results";
            found
                .remarks
                .push(format!("{}, {}, {}: {reason}", place.0, place.1, place.2));
            continue;
        }
        for figure in figures(first_new) {
            let series = |rounds: &[&Measured]| {
                let values = rounds
                    .iter()
                    .filter_map(|round| value_of(round, &figure.name));
                values.collect::<Vec<f64>>()
            };
            let (before, after) = (series(&old), series(&new));
            if let (Some(before_spread), Some(after_spread)) =
                (Spread::of(&before), Spread::of(&after))
            {
                let verdict = verdict(&before, &after);
                found.figures.push(FigureDifference {
                    target: run.target.clone(),
                    workload: run.workload.clone(),
                    step: run.step.clone(),
                    name: figure.name,
                    ratio: (before_spread.median != 0.0)
                        .then(|| after_spread.median / before_spread.median),
                    before: before_spread,
                    after: after_spread,
                    verdict,
                    is_better: is_better(verdict, figure.better),
                });
            }
        }
    }
    found
}

fn is_better(verdict: Verdict, better: Better) -> Option<bool> {
    match (verdict, better) {
        (Verdict::Higher, Better::Higher) | (Verdict::Lower, Better::Lower) => Some(true),
        (Verdict::Higher, Better::Lower) | (Verdict::Lower, Better::Higher) => Some(false),
        (_, Better::Neither) | (Verdict::WithinNoise | Verdict::TooFewRounds, _) => None,
    }
}

impl Difference {
    fn compare_machines(&mut self, before: &Results, after: &Results) {
        if before.environment != after.environment {
            self.remarks
                .push("the machines, kernels or harnesses differ".to_owned());
        }
        if before.plan.workloads != after.plan.workloads {
            self.remarks
                .push("the workloads differ in their settings".to_owned());
        }
        let layout = |results: &Results| {
            let plan = &results.plan;
            (
                plan.client_cores.clone(),
                plan.threads,
                plan.scale.to_bits(),
            )
        };
        if layout(before) != layout(after) {
            self.remarks
                .push("the clients' CPUs, threads or the scale differ".to_owned());
        }
    }

    /// Whether a figure is worse, beyond its noise.
    pub fn is_worse(&self) -> bool {
        self.figures
            .iter()
            .any(|figure| figure.is_better == Some(false))
    }
}
