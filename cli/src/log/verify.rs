//! The command `log verify`: everything in partitions checked, on all cores, past the page cache.
//!
//! A segment is one piece of work; what has to hold between segments is judged when all are done. What is right and what
//! is wrong says the engine's `verify`; here files are found and read, work is spread, and findings are told. Nothing is
//! written, and no lock is taken.

use super::catalogue_check;
use super::data_directory::{DataDirectory, read_indexes};
use super::direct::DirectBytes;
use super::partition::{self, Extent, Partition};
use crate::arguments::LogVerify;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::{json_lines, size};
use anyhow::Context;
use corelane_engine::batch::Gaps;
use corelane_engine::file_name::SegmentFileKind;
use corelane_engine::verify::batches::{Depth, WalkFrom};
use corelane_engine::verify::partition::{Origin, PartitionFacts, judge};
use corelane_engine::verify::segment::{
    Identity, SegmentFacts, SegmentReport, check_segment, identify,
};
use corelane_engine::verify::{Finding, Severity};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::Write;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Segments checked at once for each CPU: while one waits for the disk another one is checked.
const SEGMENTS_PER_CPU: usize = 2;
/// Segments checked at once at most, each with some pieces of its file in memory.
const SEGMENTS_MAX: usize = 64;

/// One line of the output for programs.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'l> {
    Damage(Place<'l>),
    Note(Place<'l>),
    Unreadable {
        topic: &'l str,
        partition: i32,
        message: &'l str,
    },
    Summary(&'l Summary),
}

/// A finding with its place.
#[derive(Debug, Serialize)]
struct Place<'l> {
    topic: &'l str,
    partition: i32,
    file: String,
    name: &'static str,
    position: Option<u64>,
    length: Option<u64>,
    offset: Option<i64>,
    message: &'l str,
}

/// What a verification comes to.
#[derive(Debug, Default, Serialize)]
struct Summary {
    result: &'static str,
    broker_is_running: bool,
    partition_count: u64,
    segment_count: u64,
    batch_count: u64,
    record_count: u64,
    bytes: u64,
    gap_count: u64,
    damage_count: u64,
    note_count: u64,
    unreadable_count: u64,
    seconds: f64,
}

/// A partition under verification.
pub struct Subject {
    pub partition: Partition,
    pub facts: PartitionFacts,
    pub findings: Vec<Finding>,
    pub unreadable: Vec<String>,
}

/// Verifies what lies at the path.
pub fn run(arguments: &LogVerify, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let (partitions, data) = subjects(&arguments.path)?;
    let mut subjects = Vec::new();
    let mut summary = Summary {
        broker_is_running: data.holder.is_some(),
        partition_count: partitions.len() as u64,
        ..Summary::default()
    };
    let is_whole = catalogue_check::is_whole(&data, &arguments.path);
    let missing = match is_whole {
        true => catalogue_check::missing(&data, &partitions),
        false => Vec::new(),
    };
    for partition in partitions {
        let mut subject = Subject::new(partition, &data);
        if is_whole {
            subject.compare(&data);
        }
        subjects.push(subject);
    }
    let reports = check_all(&subjects);
    for (subject, reports) in subjects.iter_mut().zip(reports) {
        subject.take(reports, &mut summary);
    }
    subjects.extend(missing.into_iter().map(Subject::missing));
    summary.seconds = start.elapsed().as_secs_f64();
    tell(&subjects, &mut summary, arguments, &data, output)
}

/// The partitions at a path; for a single log its partition with nothing but that segment.
fn subjects(path: &Path) -> anyhow::Result<(Vec<Partition>, DataDirectory)> {
    if path.is_dir() {
        let partitions = partition::discover(path)?;
        let first = partitions.first().map_or(path, |first| &*first.directory);
        let data = DataDirectory::around(first)?;
        return Ok((partitions, data));
    }
    std::fs::metadata(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    let absolute = std::path::absolute(path)?;
    let directory = absolute.parent().unwrap_or(Path::new("/"));
    let mut partition = partition::read(directory)?;
    let last = partition.segments.last();
    let ends_the_log = last.is_some_and(|last| last.file(SegmentFileKind::Log) == Some(&*absolute));
    partition
        .segments
        .retain(|segment| segment.file(SegmentFileKind::Log) == Some(&*absolute));
    if partition.segments.is_empty() {
        let message = format!("{} is no segment's log file", path.display());
        let advice = "name a file such as 00000000000000000000.log, or a directory; `corelane log inspect` reads single indexes and checkpoints";
        return Err(Failure::usage(message).advise(advice).into());
    }
    partition.extent = if ends_the_log {
        Extent::LastSegment
    } else {
        Extent::InnerSegment
    };
    let data = DataDirectory::around(directory)?;
    Ok((vec![partition], data))
}

impl Subject {
    /// Reads the small files of a partition.
    pub fn new(partition: Partition, data: &DataDirectory) -> Self {
        let mut findings = Vec::new();
        let mut unreadable = Vec::new();
        let mut facts = data.facts_of(&partition).unwrap_or_else(|error| {
            unreadable.push(format!("{error:#}"));
            nothing_known(data.holder.is_some())
        });
        // A log may have been rolled since it was listed; what the checkpoints call durable has to be in the list.
        let partition = match (partition.extent, data.holder.is_some()) {
            (Extent::Whole, true) => partition::read(&partition.directory).unwrap_or(partition),
            _ => partition,
        };
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        for path in &partition.leftovers {
            let message = "not part of the log: left behind by a deletion, a compaction, or a segment that is gone";
            findings.push(Finding::note(name(path), "leftover", message));
        }
        for path in &partition.strangers {
            let message = "no broker gives a file such a name; it is left alone";
            findings.push(Finding::note(name(path), "stranger", message));
        }
        if partition.extent != Extent::Whole {
            // Its neighbours are not looked at, so that nothing is missing between it and them.
            facts.snapshots.clear();
            facts.origin = Origin::Kafka;
            if partition.extent == Extent::InnerSegment {
                facts.durable_end = None;
            }
        }
        Subject {
            partition,
            facts,
            findings,
            unreadable,
        }
    }

    /// A partition that is not there.
    fn missing((partition, finding): (Partition, Finding)) -> Self {
        Subject {
            partition,
            facts: nothing_known(false),
            findings: vec![finding],
            unreadable: Vec::new(),
        }
    }

    /// Takes what the catalogue says against the directory.
    fn compare(&mut self, data: &DataDirectory) {
        match catalogue_check::judge(data, &self.partition) {
            Ok(finding) => self.findings.extend(finding),
            Err(error) => self.unreadable.push(format!("{error:#}")),
        }
    }

    /// Takes what was found in the segments.
    fn take(&mut self, reports: Vec<Outcome>, summary: &mut Summary) {
        let mut segments = Vec::new();
        for outcome in reports {
            self.findings.extend(outcome.findings);
            match outcome.report {
                Ok(Some(report)) => {
                    summary.segment_count += 1;
                    summary.batch_count += report.batch_count;
                    summary.record_count += report.record_count;
                    summary.bytes += report.file_bytes;
                    summary.gap_count += report.gap_count;
                    segments.push(Some(report));
                }
                // It is no part of the log that the others make up.
                Ok(None) => summary.segment_count += 1,
                Err(message) => {
                    self.unreadable.push(message);
                    segments.push(None);
                }
            }
        }
        self.findings.extend(judge(&self.facts, &segments));
    }

    /// Checks everything on this thread.
    pub fn check(&mut self) {
        let outcomes = (0..self.partition.segments.len())
            .map(|index| check(self, index, &ProgressBar::hidden()))
            .collect();
        self.take(outcomes, &mut Summary::default());
    }
}

fn nothing_known(is_running: bool) -> PartitionFacts {
    PartitionFacts {
        origin: Origin::Kafka,
        gaps: Gaps::Allowed,
        cleaned: None,
        durable_end: None,
        recovery_point: None,
        epochs: None,
        snapshots: Vec::new(),
        clean_stop: false,
        is_running,
        unflushed_bytes_max: 0,
    }
}

/// What came of one segment.
struct Outcome {
    findings: Vec<Finding>,
    /// Without a report the segment is none of this log; the error is why it could not be read.
    report: Result<Option<SegmentReport>, String>,
}

fn check_all(subjects: &[Subject]) -> Vec<Vec<Outcome>> {
    let jobs: Vec<(usize, usize)> = subjects
        .iter()
        .enumerate()
        .flat_map(|(index, subject)| {
            (0..subject.partition.segments.len()).map(move |segment| (index, segment))
        })
        .collect();
    let bytes = subjects
        .iter()
        .flat_map(|subject| &subject.partition.segments)
        .filter_map(|segment| segment.file_bytes(SegmentFileKind::Log))
        .sum();
    let progress = progress_bar(bytes);
    let outcomes: Mutex<Vec<Vec<Option<Outcome>>>> = Mutex::new(
        subjects
            .iter()
            .map(|subject| subject.partition.segments.iter().map(|_| None).collect())
            .collect(),
    );
    let next = AtomicUsize::new(0); // Shared by the threads below: the next job that nobody has.
    let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = (cpus * SEGMENTS_PER_CPU).min(SEGMENTS_MAX).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((subject, segment)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let outcome = check(&subjects[*subject], *segment, &progress);
                    // A poisoned lock means a panic, which ends the process.
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes[*subject][*segment] = Some(outcome);
                    }
                }
            });
        }
    });
    progress.finish_and_clear();
    let outcomes = outcomes.into_inner().unwrap_or_default();
    outcomes
        .into_iter()
        .map(|segments| segments.into_iter().flatten().collect())
        .collect()
}

fn check(subject: &Subject, index: usize, progress: &ProgressBar) -> Outcome {
    let mut findings = Vec::new();
    let report = check_one(subject, index, progress, &mut findings);
    let log = subject.partition.segments[index].file(SegmentFileKind::Log);
    let is_gone = log.is_some_and(|log| !log.exists());
    let report = match report {
        // A running broker deletes and rolls while it is looked at.
        Err(_) if is_gone && subject.facts.is_running => Ok(None),
        // A large file is cut to pieces before it is unlinked.
        Ok(Some(report)) if is_gone && subject.facts.is_running && !report.damages.is_empty() => {
            findings.clear();
            Ok(None)
        }
        Err(error) => Err(format!("{error:#}")),
        Ok(report) => Ok(report),
    };
    Outcome { findings, report }
}

fn check_one(
    subject: &Subject,
    index: usize,
    progress: &ProgressBar,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Option<SegmentReport>> {
    let segment = &subject.partition.segments[index];
    let log = segment.file(SegmentFileKind::Log).unwrap_or(Path::new(""));
    let reading = || format!("cannot read {}", log.display());
    let mut source = DirectBytes::open(log)?;
    let gaps = subject.facts.gaps_in(segment.base_offset);
    let is_dense = gaps == Gaps::Refused;
    if is_dense
        && let Identity::Contains { first_offset } =
            identify(&mut source, segment.base_offset).with_context(reading)?
    {
        let name = log.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("the file begins with offset {first_offset}, which is not its name");
        let finding = Finding::damage(name, "foreign-segment", message);
        findings.push(finding.at(0, segment.base_offset));
        return Ok(None);
    }
    let later = subject.partition.segments.get(index + 1);
    let mut facts = SegmentFacts {
        walk: WalkFrom {
            base_offset: segment.base_offset,
            depth: Depth::Contents,
            gaps,
            offset_limit: later.map(|later| later.base_offset).filter(|_| is_dense),
            epochs: subject.facts.known_epochs(),
        },
        offset_entries: None,
        time_entries: None,
    };
    let is_settled = later.is_some() || subject.facts.clean_stop;
    findings.extend(
        read_indexes(segment, &mut facts)?
            .into_iter()
            .map(|finding| {
                match is_settled {
                    true => finding,
                    // The next start makes the active segment's indexes again.
                    false => Finding {
                        severity: Severity::Note,
                        ..finding
                    },
                }
            }),
    );
    let mut told = 0;
    let tell = |position: u64| {
        progress.inc(position.saturating_sub(told));
        told = position;
    };
    let report = check_segment(source, facts, tell).with_context(reading)?;
    Ok(Some(report))
}

fn progress_bar(bytes: u64) -> ProgressBar {
    let template = "{wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left";
    let bar = ProgressBar::new(bytes);
    // The template is a constant: should a name in it be unknown, indicatif's own style does.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn tell(
    subjects: &[Subject],
    summary: &mut Summary,
    arguments: &LogVerify,
    data: &DataDirectory,
    output: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    for subject in subjects {
        tell_one(subject, summary, arguments.json, output)?;
    }
    let (result, code) = match (summary.damage_count, summary.unreadable_count) {
        (0, 0) => ("clean", ExitCode::Success),
        (0, _) => ("unreadable", ExitCode::Unreadable),
        _ => ("damaged", ExitCode::Failure),
    };
    summary.result = result;
    if arguments.json {
        json_lines::write_line(output, &Line::Summary(summary))?;
        return Ok(code);
    }
    if let Some(holder) = &data.holder {
        writeln!(
            output,
            "process {holder} has the directory: the ends of logs, newest indexes and checkpoints are moving, and what is \
             half written there is no damage; stop it for a verdict on them"
        )?;
    }
    let Summary {
        partition_count,
        segment_count,
        batch_count,
        record_count,
        gap_count,
        ..
    } = summary;
    let per_second = size::for_people((summary.bytes as f64 / summary.seconds.max(1e-3)) as u64);
    writeln!(
        output,
        "{partition_count} partitions, {segment_count} segments, {batch_count} batches, {record_count} records, {}, \
         {gap_count} gaps; {:.1} s, {per_second}/s",
        size::for_people(summary.bytes),
        summary.seconds,
    )?;
    writeln!(
        output,
        "{result}: {} damaged places, {} files not readable",
        summary.damage_count, summary.unreadable_count
    )?;
    Ok(code)
}

fn tell_one(
    subject: &Subject,
    summary: &mut Summary,
    json: bool,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let Partition { topic, number, .. } = &subject.partition;
    let partition = *number;
    for message in &subject.unreadable {
        summary.unreadable_count += 1;
        match json {
            true => json_lines::write_line(
                output,
                &Line::Unreadable {
                    topic,
                    partition,
                    message,
                },
            )?,
            false => writeln!(output, "UNREADABLE: {message}")?,
        }
    }
    for finding in &subject.findings {
        let file = subject.partition.directory.join(&finding.file);
        let file = file.display().to_string();
        let file = file.trim_end_matches('/').to_owned();
        let is_damage = finding.severity == Severity::Damage;
        match is_damage {
            true => summary.damage_count += 1,
            false => summary.note_count += 1,
        }
        if !json {
            tell_person(finding, &file, output)?;
            continue;
        }
        let place = Place {
            topic,
            partition,
            file,
            name: finding.name,
            position: finding.position,
            length: finding.length,
            offset: finding.offset,
            message: &finding.message,
        };
        let line = if is_damage {
            Line::Damage(place)
        } else {
            Line::Note(place)
        };
        json_lines::write_line(output, &line)?;
    }
    Ok(())
}

fn tell_person(finding: &Finding, file: &str, output: &mut impl Write) -> std::io::Result<()> {
    match finding.severity {
        Severity::Damage => write!(output, "DAMAGE in {file}")?,
        Severity::Note => write!(output, "note on {file}")?,
    }
    if let Some(position) = finding.position {
        write!(output, " at position {position}")?;
    }
    if let Some(length) = finding.length {
        write!(output, ", {length} bytes")?;
    }
    if let Some(offset) = finding.offset {
        write!(output, ", offset {offset}")?;
    }
    writeln!(output, ": {}", finding.message)
}
