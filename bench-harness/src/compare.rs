//! Two brokers, the same workloads, interleaved: medians of ratios with their spread, and the durability of both.
//!
//! Invariants: rounds alternate their order (A B, B A, …), so that drift of the machine hits both alike; nothing is
//! dropped; each run finds the file system at rest; a pair whose durability differs is reported as not comparable instead
//! of as a ratio.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{BenchError, system};
use crate::observe::LiveProgress;
use crate::result::RunResult;
use crate::settings::{
    Acks, AtEnd, BrokerSettings, ClientSettings, FetchSettings, ProduceSettings, Span,
    TopicSettings,
};

/// Fewer rounds give no median worth its name.
pub const ROUNDS_MIN: u32 = 5;
/// More rounds would fill a disk before they told more.
pub const ROUNDS_MAX: u32 = 1_000;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareSettings {
    /// The broker above the line of each ratio.
    pub subject: BrokerSettings,
    /// The broker below it.
    pub reference: BrokerSettings,
    /// Rounds, at least [`ROUNDS_MIN`].
    pub rounds: u32,
    /// Warm-up before the first round (a JVM wants 60 s), by producing.
    pub first_warm_up_s: f64,
    /// Warm-up and measurement of each run.
    pub span: Span,
    /// The client.
    pub client: ClientSettings,
    /// Which workloads.
    pub cases: Vec<CompareCase>,
    /// A directory on the file system of both, which is brought to rest before each run.
    pub rest: Option<PathBuf>,
}

/// A workload of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompareCase {
    /// 64 batches of 1 KiB records, acks=1, as fast as it goes.
    Produce,
    /// As `Produce`, acks=all, on disk before the ack on both sides.
    ProduceDurable,
    /// Reads what `Produce` wrote in this round, over and over.
    Fetch,
    /// One record of 100 bytes a request, one connection, one in flight, acks=1.
    Small,
    /// One record of 100 bytes a request, 8 connections, 8 in flight, acks=1.
    SmallMany,
}

impl CompareCase {
    /// All of them, in the order of a round.
    pub const ALL: [Self; 5] = [
        Self::Produce,
        Self::Fetch,
        Self::ProduceDurable,
        Self::Small,
        Self::SmallMany,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Produce => "produce, acks=1",
            Self::ProduceDurable => "produce, on disk before ack",
            Self::Fetch => "fetch",
            Self::Small => "100 B a request, 1 in flight",
            Self::SmallMany => "100 B a request, 8 x 8 in flight",
        }
    }
}

/// A figure over the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lowest.
    pub minimum: f64,
    /// The highest.
    pub maximum: f64,
}

impl Spread {
    /// The median, lowest and highest of `values`; none without values or with one that is no number.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        if sorted.is_empty() || sorted.iter().any(|value| !value.is_finite()) {
            return None;
        }
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Some(Self {
            median,
            minimum: sorted[0],
            maximum: sorted[sorted.len() - 1],
        })
    }

    fn text(&self) -> String {
        // Three digits of what is below one, as of milliseconds that are microseconds.
        let digits = if self.median.abs() < 1.0 { 3 } else { 2 };
        format!(
            "{:.digits$} ({:.digits$} – {:.digits$})",
            self.median, self.minimum, self.maximum
        )
    }
}

/// One figure of one workload, on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedFigure {
    /// What is measured, with its unit.
    pub name: String,
    /// The subject's.
    pub subject: Spread,
    /// The reference's.
    pub reference: Spread,
    /// Subject divided by reference, round by round; none where a reference is zero.
    pub ratio: Option<Spread>,
}

/// One workload over all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedCase {
    /// The workload.
    pub case: CompareCase,
    /// Whether an ack means the same on both sides.
    pub is_comparable: bool,
    /// What the subject's ack survives.
    pub subject_durability: String,
    /// What the reference's ack survives.
    pub reference_durability: String,
    /// The figures.
    pub figures: Vec<ComparedFigure>,
    /// Faults of any run.
    pub faults: Vec<String>,
}

/// The whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What was asked for.
    pub settings: CompareSettings,
    /// The machine.
    pub environment: Environment,
    /// The workloads.
    pub cases: Vec<ComparedCase>,
    /// Every run, in the order of running: case, whether it is the subject's, result.
    pub runs: Vec<ComparedRun>,
}

/// One run of the comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedRun {
    /// The workload.
    pub case: CompareCase,
    /// The round, from 0.
    pub round: u32,
    /// Whether it is the subject's.
    pub is_subject: bool,
    /// What was found.
    pub result: RunResult,
}

/// Receives the case, the broker's name, the round and the progress of its run.
pub type OnCompareProgress<'a> = &'a mut dyn FnMut(CompareCase, &str, u32, &LiveProgress);

/// Runs all rounds. Both brokers must be running.
pub fn compare(
    settings: &CompareSettings,
    on_progress: OnCompareProgress,
) -> Result<Comparison, BenchError> {
    let rounds = settings.rounds.clamp(ROUNDS_MIN, ROUNDS_MAX);
    let mut runs = Vec::new();
    for is_subject in [true, false] {
        warm_up(settings, is_subject, on_progress)?;
    }
    for round in 0..rounds {
        // A B, B A, A B, …
        let order = if round % 2 == 0 {
            [true, false]
        } else {
            [false, true]
        };
        for &case in &settings.cases {
            for is_subject in order {
                let result = run(settings, case, round, is_subject, on_progress)?;
                runs.push(ComparedRun {
                    case,
                    round,
                    is_subject,
                    result,
                });
            }
        }
        for is_subject in order {
            delete_topics(settings, round, is_subject)?;
        }
    }
    let cases = settings
        .cases
        .iter()
        .filter_map(|&case| summarise(case, &runs))
        .collect();
    Ok(Comparison {
        settings: settings.clone(),
        environment: Environment::read(),
        cases,
        runs,
    })
}

fn warm_up(
    settings: &CompareSettings,
    is_subject: bool,
    on_progress: OnCompareProgress,
) -> Result<(), BenchError> {
    if settings.first_warm_up_s <= 0.0 {
        return Ok(());
    }
    let mut warm = produce_settings(settings, CompareCase::Produce, 0, is_subject);
    warm.topic.name = "corelane-bench-warm-up".to_owned();
    warm.topic.delete_after = true;
    warm.span = Span {
        warm_up_s: 0.0,
        measure_s: settings.first_warm_up_s,
        measure_bytes: None,
    };
    let name = warm.broker.name.clone();
    crate::produce::produce(&warm, &mut |live| {
        on_progress(CompareCase::Produce, &name, 0, live)
    })
    .map(|_result| ())
}

fn run(
    settings: &CompareSettings,
    case: CompareCase,
    round: u32,
    is_subject: bool,
    on_progress: OnCompareProgress,
) -> Result<RunResult, BenchError> {
    if let Some(directory) = &settings.rest {
        let what = format!("cannot write back {}", directory.display());
        crate::rest::write_back(directory).map_err(system(what))?;
    }
    let name = broker(settings, is_subject).name.clone();
    let mut report = |live: &LiveProgress| on_progress(case, &name, round, live);
    match case {
        CompareCase::Fetch => {
            // Reads what this round's produce run wrote, or writes it first.
            if !settings.cases.contains(&CompareCase::Produce) {
                let fill = produce_settings(settings, CompareCase::Produce, round, is_subject);
                crate::produce::produce(&fill, &mut report)?;
            }
            crate::fetch::fetch(&fetch_settings(settings, round, is_subject), &mut report)
        }
        _ => crate::produce::produce(
            &produce_settings(settings, case, round, is_subject),
            &mut report,
        ),
    }
}

fn broker(settings: &CompareSettings, is_subject: bool) -> &BrokerSettings {
    if is_subject {
        &settings.subject
    } else {
        &settings.reference
    }
}

fn produce_settings(
    settings: &CompareSettings,
    case: CompareCase,
    round: u32,
    is_subject: bool,
) -> ProduceSettings {
    let broker = broker(settings, is_subject).clone();
    let flushes_itself = broker.flushes_before_ack_of_all == Some(true);
    let mut produce = ProduceSettings::maximum(broker);
    produce.topic = TopicSettings {
        name: topic_name(case, round),
        ..TopicSettings::default()
    };
    produce.client = settings.client.clone();
    produce.span = settings.span;
    match case {
        CompareCase::Produce | CompareCase::Fetch => {}
        CompareCase::ProduceDurable => {
            produce.acks = Acks::All;
            if !flushes_itself {
                produce
                    .topic
                    .configs
                    .insert("flush.messages".to_owned(), "1".to_owned());
            }
        }
        CompareCase::Small => small(&mut produce, 1, 1),
        CompareCase::SmallMany => small(&mut produce, 8, 8),
    }
    produce
}

fn small(produce: &mut ProduceSettings, connections: u32, in_flight: u32) {
    (produce.record_bytes, produce.records_per_batch) = (100, 1);
    (produce.client.connections, produce.client.in_flight) = (connections, in_flight);
}

fn fetch_settings(settings: &CompareSettings, round: u32, is_subject: bool) -> FetchSettings {
    let topic = topic_name(CompareCase::Produce, round);
    let mut fetch = FetchSettings::maximum(broker(settings, is_subject).clone(), &topic);
    fetch.client = ClientSettings {
        in_flight: 1,
        ..settings.client.clone()
    };
    fetch.span = settings.span;
    fetch.at_end = AtEnd::Restart;
    fetch
}

fn topic_name(case: CompareCase, round: u32) -> String {
    let case = match case {
        CompareCase::Produce | CompareCase::Fetch => "produce",
        CompareCase::ProduceDurable => "durable",
        CompareCase::Small => "small",
        CompareCase::SmallMany => "small-many",
    };
    format!("corelane-bench-{case}-{round}")
}

/// A round's data goes before the next one, so that the disk holds one round.
fn delete_topics(
    settings: &CompareSettings,
    round: u32,
    is_subject: bool,
) -> Result<(), BenchError> {
    let broker = broker(settings, is_subject);
    let timeouts = crate::produce::timeouts(settings.client.answer_timeout_s);
    let mut cluster =
        corelane_client::Cluster::connect(&broker.bootstrap, crate::produce::CLIENT_ID, timeouts)?;
    let mut names: Vec<String> = settings
        .cases
        .iter()
        .map(|&case| topic_name(case, round))
        .collect();
    names.sort();
    names.dedup();
    names
        .iter()
        .try_for_each(|name| cluster.delete_topic(name))
        .map_err(BenchError::from)
}

fn summarise(case: CompareCase, runs: &[ComparedRun]) -> Option<ComparedCase> {
    let of_side = |is_subject: bool| {
        let mut side: Vec<&ComparedRun> = runs
            .iter()
            .filter(|run| run.case == case && run.is_subject == is_subject)
            .collect();
        side.sort_by_key(|run| run.round);
        side.into_iter().map(|run| &run.result).collect::<Vec<_>>()
    };
    let (subject, reference) = (of_side(true), of_side(false));
    let (first, second) = (subject.first()?, reference.first()?);
    Some(ComparedCase {
        case,
        is_comparable: first.durability.on_disk_before_ack == second.durability.on_disk_before_ack,
        subject_durability: first.durability.statement.clone(),
        reference_durability: second.durability.statement.clone(),
        figures: FIGURES
            .iter()
            .filter_map(|figure| figure.compare(&subject, &reference))
            .collect(),
        faults: subject
            .iter()
            .chain(&reference)
            .flat_map(|result| result.faults.lines())
            .collect(),
    })
}

/// A figure of a result.
struct Figure {
    name: &'static str,
    read: fn(&RunResult) -> Option<f64>,
}

const FIGURES: [Figure; 9] = [
    Figure {
        name: "MB/s",
        read: |result| Some(result.mb_per_s),
    },
    Figure {
        name: "requests/s",
        read: |result| Some(result.requests_per_s),
    },
    Figure {
        name: "server CPU s/GB",
        read: RunResult::server_cpu_s_per_gb,
    },
    Figure {
        name: "server CPU µs/request",
        read: |result| result.server.map(|server| server.cpu_us_per_request),
    },
    Figure {
        name: "p50 ms",
        read: |result| Some(result.latency.p50_ms),
    },
    Figure {
        name: "p99 ms",
        read: |result| Some(result.latency.p99_ms),
    },
    Figure {
        name: "p99.9 ms",
        read: |result| Some(result.latency.p99_9_ms),
    },
    Figure {
        name: "server peak MiB",
        read: |result| result.server.map(|server| mebibytes(&server)),
    },
    Figure {
        name: "CPU stolen by the host %",
        read: |result| result.stolen_percent,
    },
];

#[allow(
    clippy::cast_precision_loss,
    reason = "memory sizes stay below 2^53 bytes"
)]
fn mebibytes(server: &crate::result::ServerUse) -> f64 {
    server.process.peak_resident_bytes as f64 / f64::from(1 << 20)
}

impl Figure {
    fn compare(&self, subject: &[&RunResult], reference: &[&RunResult]) -> Option<ComparedFigure> {
        let values = |side: &[&RunResult]| {
            side.iter()
                .map(|result| (self.read)(result))
                .collect::<Option<Vec<f64>>>()
        };
        let (above, below) = (values(subject)?, values(reference)?);
        let ratios: Vec<f64> = above
            .iter()
            .zip(&below)
            .map(|(above, below)| above / below)
            .collect();
        Some(ComparedFigure {
            name: self.name.to_owned(),
            subject: Spread::of(&above)?,
            reference: Spread::of(&below)?,
            ratio: Spread::of(&ratios),
        })
    }
}

impl Comparison {
    /// Headings and rows of a table: workload, figure, subject, reference, ratio, each as median (lowest – highest).
    pub fn table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let headings = [
            "workload",
            "figure",
            &self.settings.subject.name,
            &self.settings.reference.name,
            "ratio",
        ];
        let rows = self.cases.iter().flat_map(ComparedCase::rows).collect();
        (
            headings.iter().map(|&heading| heading.to_owned()).collect(),
            rows,
        )
    }
}

impl ComparedCase {
    fn rows(&self) -> Vec<Vec<String>> {
        let name = self.case.name().to_owned();
        let mut rows: Vec<Vec<String>> = self
            .figures
            .iter()
            .map(|figure| {
                let ratio = if self.is_comparable {
                    figure
                        .ratio
                        .map_or_else(|| "–".to_owned(), |ratio| ratio.text())
                } else {
                    "not comparable".to_owned()
                };
                vec![
                    name.clone(),
                    figure.name.clone(),
                    figure.subject.text(),
                    figure.reference.text(),
                    ratio,
                ]
            })
            .collect();
        rows.push(vec![
            name.clone(),
            "durability".to_owned(),
            self.subject_durability.clone(),
            self.reference_durability.clone(),
            if self.is_comparable {
                "alike"
            } else {
                "not comparable"
            }
            .to_owned(),
        ]);
        let faults = self.faults.iter().map(|fault| {
            vec![
                name.clone(),
                "fault".to_owned(),
                fault.clone(),
                String::new(),
                String::new(),
            ]
        });
        rows.extend(faults);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_lies_between_the_middle_two() {
        assert_eq!(
            Spread::of(&[4.0, 1.0, 3.0, 2.0]),
            Some(Spread {
                median: 2.5,
                minimum: 1.0,
                maximum: 4.0
            })
        );
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[1.0, f64::INFINITY]), None);
    }
}
