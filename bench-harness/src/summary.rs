//! Tables of a whole run: for each step every figure of every target, and the first target's ratio to each other one.
//!
//! Invariants: ratios are taken round by round and then their median; where an acknowledgement means different things
//! there is no ratio; each table states what an acknowledgement survives on each side. Pure.

use serde::{Deserialize, Serialize};

use crate::compare::Spread;
use crate::figures::{Better, figures};
use crate::results::{Measured, Results, StepOutcome, TargetFacts};

/// One step on all targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTable {
    /// The workload.
    pub workload: String,
    /// The step.
    pub step: String,
    /// What each target's acknowledgement survives, in the order of the targets.
    pub durability: Vec<String>,
    /// Whether the first target's ratio to each target means anything.
    pub comparable: Vec<bool>,
    /// The figures.
    pub rows: Vec<FigureRow>,
    /// Faults, limits of the client, and why a target was left out.
    pub remarks: Vec<String>,
}

/// One figure on all targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// Its name with its unit.
    pub name: String,
    /// The good direction.
    pub better: Better,
    /// Median, lowest and highest by target; none where it was not measured.
    pub spreads: Vec<Option<Spread>>,
    /// The first target's divided by each one's, round by round.
    pub ratios: Vec<Option<Spread>>,
}

/// Every step's table, in the order of the plan.
pub fn tables(results: &Results) -> Vec<StepTable> {
    let workloads = results.plan.workloads.iter();
    workloads
        .flat_map(|workload| {
            let steps = workload.steps.iter();
            steps.map(|step| table(results, &workload.name, &step.name))
        })
        .collect()
}

fn table(results: &Results, workload: &str, step: &str) -> StepTable {
    let sides: Vec<Side> = results
        .targets
        .iter()
        .map(|facts| Side {
            facts,
            rounds: results.rounds(workload, step, &facts.name).collect(),
        })
        .collect();
    let comparable: Vec<bool> = sides.iter().map(|side| side.is_like(&sides[0])).collect();
    let mut names: Vec<(String, Better)> = Vec::new();
    for figure in sides
        .iter()
        .flat_map(|side| side.rounds.iter())
        .flat_map(|round| figures(round))
    {
        if !names.iter().any(|(name, _)| *name == figure.name) {
            names.push((figure.name, figure.better));
        }
    }
    StepTable {
        workload: workload.to_owned(),
        step: step.to_owned(),
        durability: sides.iter().map(Side::durability).collect(),
        rows: names
            .into_iter()
            .map(|(name, better)| row(&sides, &comparable, name, better))
            .collect(),
        comparable,
        remarks: remarks(results, workload, step),
    }
}

struct Side<'a> {
    facts: &'a TargetFacts,
    rounds: Vec<&'a Measured>,
}

impl Side<'_> {
    fn durability(&self) -> String {
        let first = self.rounds.first();
        first.map_or_else(
            || "not run".to_owned(),
            |round| round.durability().to_owned(),
        )
    }

    /// A ceiling is no equal of anybody, but what a target reaches of it is what it is there for.
    fn is_like(&self, other: &Side) -> bool {
        let (Some(own), Some(others)) = (self.rounds.first(), other.rounds.first()) else {
            return false;
        };
        self.facts.is_ceiling
            || other.facts.is_ceiling
            || own.is_on_disk_before_ack() == others.is_on_disk_before_ack()
    }

    fn values(&self, name: &str) -> Vec<f64> {
        let rounds = self.rounds.iter();
        rounds.filter_map(|round| value_of(round, name)).collect()
    }
}

/// A figure of a measurement by its name.
pub fn value_of(measured: &Measured, name: &str) -> Option<f64> {
    let found = figures(measured)
        .into_iter()
        .find(|figure| figure.name == name);
    found.map(|figure| figure.value)
}

fn row(sides: &[Side], comparable: &[bool], name: String, better: Better) -> FigureRow {
    let values: Vec<Vec<f64>> = sides.iter().map(|side| side.values(&name)).collect();
    let ratios = values.iter().enumerate().map(|(position, others)| {
        let is_ratio = position > 0 && comparable[position] && others.len() == values[0].len();
        if !is_ratio {
            return None;
        }
        let pairs = values[0].iter().zip(others);
        Spread::of(&pairs.map(|(own, other)| own / other).collect::<Vec<f64>>())
    });
    FigureRow {
        better,
        ratios: ratios.collect(),
        spreads: values.iter().map(|values| Spread::of(values)).collect(),
        name,
    }
}

fn remarks(results: &Results, workload: &str, step: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    for run in results
        .runs
        .iter()
        .filter(|run| run.workload == workload && run.step == step)
    {
        let place = format!("{}, round {}", run.target, run.round + 1);
        match &run.outcome {
            StepOutcome::NotRun { reason } if run.round == 0 => {
                remarks.push(format!("{}: not run: {reason}", run.target));
            }
            StepOutcome::NotRun { .. } => {}
            StepOutcome::Measured(measured) => {
                let faults = measured
                    .faults
                    .iter()
                    .map(|fault| format!("{place}: fault: {fault}"));
                remarks.extend(faults);
                let limits = measured.client_limits.iter();
                remarks.extend(
                    limits.map(|limit| format!("{place}: the client was the limit: {limit}")),
                );
            }
        }
    }
    remarks
}

impl StepTable {
    /// Headings and rows as text: figure, then each target, and behind each but the first the ratio.
    pub fn text(&self, targets: &[TargetFacts]) -> (Vec<String>, Vec<Vec<String>>) {
        let mut headings = vec!["figure".to_owned()];
        for (position, target) in targets.iter().enumerate() {
            headings.push(target.name.clone());
            if position > 0 {
                headings.push(format!("{} / {}", targets[0].name, target.name));
            }
        }
        let mut rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| self.figure_cells(row)).collect();
        let mut durability = vec!["an answer survives".to_owned()];
        for (position, statement) in self.durability.iter().enumerate() {
            durability.push(statement.clone());
            if position > 0 {
                let is_alike = self.comparable[position];
                durability.push(if is_alike { "" } else { "not comparable" }.to_owned());
            }
        }
        rows.push(durability);
        (headings, rows)
    }

    fn figure_cells(&self, row: &FigureRow) -> Vec<String> {
        let mut cells = vec![row.name.clone()];
        for (position, spread) in row.spreads.iter().enumerate() {
            cells.push(spread_text(spread.as_ref()));
            if position > 0 {
                cells.push(if self.comparable[position] {
                    spread_text(row.ratios[position].as_ref())
                } else {
                    "–".to_owned()
                });
            }
        }
        cells
    }
}

/// A spread as `median (lowest – highest)`, with digits that fit its size.
pub fn spread_text(spread: Option<&Spread>) -> String {
    let Some(spread) = spread else {
        return "–".to_owned();
    };
    let digits = match spread.median.abs() {
        large if large >= 1_000.0 => 0,
        middle if middle >= 10.0 => 1,
        small if small >= 1.0 => 2,
        _ => 3,
    };
    format!(
        "{:.digits$} ({:.digits$} – {:.digits$})",
        spread.median, spread.minimum, spread.maximum
    )
}
