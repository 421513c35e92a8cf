//! The command `log repair`: says what would mend a partition and what it would lose, and with `--execute` does it.
//!
//! The plan is the engine's `verify::repair`; the files are changed by [`super::repair_files`]. The lock of the data
//! directory is held meanwhile, so that no broker runs on it or starts.

use super::data_directory::DataDirectory;
use super::partition::{self, Partition};
use super::repair_files::{Repair, SmallRepairs};
use super::verify::Subject;
use super::window::Window;
use crate::arguments::LogRepair;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use corelane_engine::file_name::{
    DURABLE_END_CHECKPOINT, LOCK_FILE, META_PROPERTIES, SegmentFileKind, SegmentFileName,
};
use corelane_engine::types::Offset;
use corelane_engine::verify::Severity;
use corelane_engine::verify::partition::Origin;
use corelane_engine::verify::repair::{Piece, RepairPlan, SegmentStep, plan};
use serde::Serialize;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;

/// Bytes read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// One line of the output for programs.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line {
    Action {
        topic: String,
        partition: i32,
        file: String,
        action: &'static str,
        position: Option<u64>,
        length: Option<u64>,
        first_offset: Option<i64>,
        end_offset: Option<i64>,
        message: String,
    },
    Summary {
        topic: String,
        partition: i32,
        executed: bool,
        action_count: usize,
        cut_bytes: u64,
        lost_offset_count: i64,
        saved_in: Option<String>,
    },
}

/// Plans, and with `--execute` repairs, the partitions at the path.
pub fn run(arguments: &LogRepair, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    if !arguments.path.is_dir() {
        let message = format!("{} is no directory", arguments.path.display());
        return Err(Failure::usage(message)
            .advise("name a partition directory, such as /var/lib/corelane/flights-0")
            .into());
    }
    let partitions = partition::discover(&arguments.path)?;
    let is_alone = partitions.len() == 1;
    let around = partitions
        .first()
        .map_or(&arguments.path, |first| &first.directory);
    let data = DataDirectory::around(around)?;
    let _lock = claim(&data, arguments.execute)?;
    for partition in partitions {
        let facts = data.facts_of(&partition)?;
        if facts.origin != Origin::Corelane {
            if !is_alone {
                continue;
            }
            let message = format!(
                "{} was not written by Corelane, or is its catalogue",
                partition.directory.display()
            );
            return Err(Failure::usage(message)
                .advise(
                    "Kafka mends its own directories at start; restore the catalogue from a backup",
                )
                .into());
        }
        one(partition, &data, arguments, output)?;
    }
    Ok(ExitCode::Success)
}

/// Takes the lock as a broker does. A dry run takes it where there is one, and makes nothing.
fn claim(data: &DataDirectory, execute: bool) -> anyhow::Result<Option<File>> {
    let path = data.path.join(LOCK_FILE);
    let is_data_directory = path.exists() || data.path.join(META_PROPERTIES).exists();
    if !is_data_directory || (!execute && !path.exists()) {
        return Ok(None);
    }
    let file = OpenOptions::new()
        .read(true)
        .write(execute)
        .create(execute)
        .truncate(false)
        .open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let message = format!(
                "{} is in use by process {}",
                data.path.display(),
                holder.trim()
            );
            Err(Failure::configuration(message)
                .advise("stop the broker first")
                .into())
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn one(
    partition: Partition,
    data: &DataDirectory,
    arguments: &LogRepair,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let repair = prepare(partition, data)?;
    let lines = actions(&repair);
    let mut saved_in = None;
    if arguments.execute && !lines.is_empty() {
        saved_in = Some(repair.execute()?.display().to_string());
    }
    let summary = Line::Summary {
        topic: repair.partition.topic.clone(),
        partition: repair.partition.number,
        executed: saved_in.is_some(),
        action_count: lines.len(),
        cut_bytes: repair.cut_bytes(),
        lost_offset_count: repair.plan.lost().iter().map(|(from, to)| to - from).sum(),
        saved_in,
    };
    for line in lines.iter().chain([&summary]) {
        match arguments.json {
            true => json_lines::write_line(output, line)?,
            false => tell(line, output)?,
        }
    }
    Ok(())
}

/// Finds out what there is to do about a partition.
pub fn prepare(partition: Partition, data: &DataDirectory) -> anyhow::Result<Repair> {
    let mut subject = Subject::new(partition, data);
    subject.check();
    if let Some(message) = subject.unreadable.first() {
        let failure = Failure::new(ExitCode::Unreadable, message.clone());
        return Err(failure
            .advise("what cannot be read is not known to be lost: mend the disk or the permissions first")
            .into());
    }
    let base_offsets: Vec<i64> = subject
        .partition
        .segments
        .iter()
        .map(|segment| segment.base_offset)
        .collect();
    let directory = subject.partition.directory.clone();
    let open = |base_offset: i64| {
        let name = SegmentFileName::live(Offset(base_offset), SegmentFileKind::Log);
        Window::open(&directory.join(name.to_string()), PIECE_BYTES).map_err(std::io::Error::other)
    };
    let plan = plan(&subject.facts, &base_offsets, open)
        .map_err(|error| Failure::new(ExitCode::Failure, error.to_string()))?;
    let small = small_repairs(&subject, &plan);
    Ok(Repair {
        config: data.config_of(&subject.partition.topic),
        partition: subject.partition,
        facts: subject.facts,
        plan,
        small,
    })
}

/// The small files and indexes that are damaged, by what the verification says of them.
fn small_repairs(subject: &Subject, plan: &RepairPlan) -> SmallRepairs {
    let damaged =
        |finding: &&corelane_engine::verify::Finding| finding.severity == Severity::Damage;
    let mut small = SmallRepairs {
        epochs: plan.epochs_are_wrong,
        ..SmallRepairs::default()
    };
    for finding in subject.findings.iter().filter(damaged) {
        match SegmentFileName::parse(&finding.file).map(|name| (name.kind, name.base_offset)) {
            Some((SegmentFileKind::OffsetIndex | SegmentFileKind::TimeIndex, base_offset)) => {
                small.indexes.insert(base_offset.0);
            }
            Some((SegmentFileKind::ProducerSnapshot, offset)) => {
                small.snapshots.insert(offset.0);
            }
            _ if finding.file == DURABLE_END_CHECKPOINT => small.durable_end = true,
            _ => {}
        }
    }
    let log_start = subject.facts.log_start().map(|start| start.0);
    small.durable_end |=
        !plan.steps.is_empty() || log_start.is_some_and(|start| start < plan.log_start);
    small
}

/// What is to be done, a line for each.
fn actions(repair: &Repair) -> Vec<Line> {
    let mut lines = Vec::new();
    for step in &repair.plan.steps {
        step_lines(step, repair, &mut lines);
    }
    let small = &repair.small;
    let file_action = |file: String, message: &str| Line::Action {
        topic: repair.partition.topic.clone(),
        partition: repair.partition.number,
        file,
        action: "rebuild",
        position: None,
        length: None,
        first_offset: None,
        end_offset: None,
        message: message.to_owned(),
    };
    for base_offset in &small.indexes {
        let name = SegmentFileName::live(Offset(*base_offset), SegmentFileKind::OffsetIndex);
        lines.push(file_action(
            name.to_string(),
            "make the indexes of the segment again from its log",
        ));
    }
    for offset in &small.snapshots {
        let name = SegmentFileName::live(Offset(*offset), SegmentFileKind::ProducerSnapshot);
        lines.push(file_action(
            name.to_string(),
            "count producers' state up again from the log",
        ));
    }
    if small.epochs {
        let name = corelane_engine::file_name::LEADER_EPOCH_CHECKPOINT.to_owned();
        lines.push(file_action(name, "make the epochs again from the log"));
    }
    if small.durable_end {
        let message = format!(
            "the log starts at offset {} and ends at {}",
            repair.plan.log_start, repair.plan.log_end
        );
        lines.push(file_action(DURABLE_END_CHECKPOINT.to_owned(), &message));
    }
    lines
}

fn step_lines(step: &SegmentStep, repair: &Repair, lines: &mut Vec<Line>) {
    let mut line = |base_offset: i64,
                    action: &'static str,
                    place: Option<(u64, u64)>,
                    offsets: Option<(i64, i64)>,
                    message: &str| {
        let name = SegmentFileName::live(Offset(base_offset), SegmentFileKind::Log);
        lines.push(Line::Action {
            topic: repair.partition.topic.clone(),
            partition: repair.partition.number,
            file: name.to_string(),
            action,
            position: place.map(|(position, _)| position),
            length: place.map(|(_, length)| length),
            first_offset: offsets.map(|(first, _)| first),
            end_offset: offsets.map(|(_, end)| end),
            message: message.to_owned(),
        });
    };
    match step {
        SegmentStep::Rewrite {
            base_offset,
            pieces,
        } => {
            for piece in pieces {
                match piece {
                    Piece::Keep { .. } => {}
                    Piece::Mend {
                        position,
                        bytes,
                        message,
                    } => {
                        let place = Some((*position, bytes.len() as u64));
                        let message = format!("{message}; no record is lost");
                        line(*base_offset, "mend", place, None, &message);
                    }
                    Piece::Cut {
                        position,
                        length,
                        message,
                    } => {
                        line(
                            *base_offset,
                            "cut",
                            Some((*position, *length)),
                            None,
                            message,
                        );
                    }
                    Piece::Fill { from, to } => {
                        let message =
                            "the records of these offsets are LOST; empty batches take their place";
                        line(*base_offset, "fill", None, Some((*from, *to)), message);
                    }
                }
            }
        }
        SegmentStep::Rename { from, to } => {
            let message =
                "it holds what begins at this offset, and gets that name; no record is lost";
            line(*from, "rename", None, Some((*to, *to)), message);
        }
        SegmentStep::SetAside {
            base_offset,
            message,
        } => {
            line(*base_offset, "set-aside", None, None, message);
        }
        SegmentStep::Create { from, to } => {
            let message = "the records of these offsets are LOST; a segment of empty batches takes their place";
            line(*from, "create", None, Some((*from, *to)), message);
        }
    }
}

fn tell(line: &Line, output: &mut impl Write) -> std::io::Result<()> {
    match line {
        Line::Action {
            file,
            action,
            position,
            length,
            first_offset,
            end_offset,
            message,
            ..
        } => {
            write!(output, "{action} {file}")?;
            if let (Some(position), Some(length)) = (position, length) {
                write!(output, ", {length} bytes at position {position}")?;
            }
            match (first_offset, end_offset) {
                (Some(first), Some(end)) if first < end => {
                    write!(output, ", offsets {first} to {}", end - 1)?
                }
                (Some(first), _) => write!(output, ", offset {first}")?,
                _ => {}
            }
            writeln!(output, ": {message}")
        }
        Line::Summary {
            topic,
            partition,
            action_count: 0,
            ..
        } => {
            writeln!(output, "{topic}-{partition}: nothing to repair")
        }
        Line::Summary {
            topic,
            partition,
            cut_bytes,
            lost_offset_count,
            saved_in,
            ..
        } => {
            write!(
                output,
                "{topic}-{partition}: {cut_bytes} bytes cut, {lost_offset_count} offsets lost"
            )?;
            match saved_in {
                Some(saved_in) => writeln!(
                    output,
                    "; done, and what was cut or replaced lies in {saved_in}"
                ),
                None => writeln!(output, "; nothing was changed: add --execute to do it"),
            }
        }
    }
}
