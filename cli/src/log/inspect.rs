//! The command `log inspect`: every batch, index and checkpoint, checked against each other.
//!
//! A partition is walked segment by segment; offsets and leader epochs must go on from one segment to the next. Each
//! batch is decompressed and its records are counted. Indexes are compared in the same pass.

use super::checkpoints;
use super::index_files::{read_offset_index, read_time_index};
use super::partition::{self, Partition, SegmentFiles};
use super::report::{BatchLine, Form, Line, Report};
use super::totals::{Totals, codec_name};
use super::window::open_batches;
use crate::arguments::LogInspect;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use corelane_engine::aborted_index::{self, AbortedRange};
use corelane_engine::batch::TimestampType;
use corelane_engine::file_name::{SegmentFileKind, SegmentFileName};
use corelane_engine::record::Records;
use corelane_engine::verify::batches::{Batch, Damage, DamageKind, Depth, Found};
use corelane_engine::verify::index_check::{OffsetIndexCheck, TimeIndexCheck};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Inspects every path; exits with failure when something is damaged.
pub fn run(arguments: &LogInspect, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let form = Form {
        json: arguments.json,
        summary_only: arguments.summary,
    };
    let mut inspection = Inspection {
        report: Report::new(output, form),
        totals: Totals::default(),
    };
    for path in &arguments.paths {
        match path.is_dir() {
            true => partition::discover(path)?
                .iter()
                .try_for_each(|partition| inspection.partition(partition))?,
            false => inspection.file(path)?,
        }
    }
    let summary = inspection.finish()?;
    Ok(if summary.damage_count > 0 {
        ExitCode::Failure
    } else {
        ExitCode::Success
    })
}

/// What must go on from one segment of a partition to the next.
#[derive(Clone, Copy, Debug)]
struct Continuity {
    next_offset: Option<i64>,
    leader_epoch: i32,
}

impl Continuity {
    const START: Continuity = Continuity {
        next_offset: None,
        leader_epoch: i32::MIN,
    };
}

struct Inspection<'o, W: Write> {
    report: Report<'o, W>,
    totals: Totals,
}

impl<W: Write> Inspection<'_, W> {
    fn partition(&mut self, partition: &Partition) -> anyhow::Result<()> {
        let mut continuity = Continuity::START;
        let last = partition.segments.len().saturating_sub(1);
        for (index, segment) in partition.segments.iter().enumerate() {
            continuity = self.segment(segment, continuity, index == last)?;
        }
        for snapshot in &partition.snapshots {
            checkpoints::inspect_snapshot(snapshot, &mut self.report)?;
        }
        for leftover in &partition.leftovers {
            self.note(
                leftover,
                None,
                "not part of the log: left behind by a deletion, a compaction, or a segment that is gone",
            )?;
        }
        checkpoints::inspect_directory(&partition.directory, &mut self.report)
    }

    /// A single file: with a `.log` come the indexes beside it; any other kind is listed entry by entry.
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(segment) = partition::segment_of(path) else {
            if checkpoints::inspect_file(path, &mut self.report)? {
                return Ok(());
            }
            return Err(
                Failure::usage(format!("{} has no name of Kafka's", path.display()))
                    .advise("name a directory, or a file such as 00000000000000000000.log")
                    .into(),
            );
        };
        match SegmentFileName::parse(&name).map(|name| name.kind) {
            Some(SegmentFileKind::Log) | None => {
                self.segment(&segment, Continuity::START, true).map(|_| ())
            }
            Some(kind) => self.entries(path, kind, segment.base_offset),
        }
    }

    fn finish(mut self) -> anyhow::Result<super::report::Summary> {
        for (of, name, total) in std::mem::take(&mut self.totals).into_lines() {
            self.report.line(Line::Total {
                of,
                name,
                batch_count: total.batch_count,
                record_count: total.record_count,
                bytes: total.bytes,
                first_offset: total.first_offset,
                last_offset: total.last_offset,
            })?;
        }
        Ok(self.report.finish()?)
    }

    fn segment(
        &mut self,
        segment: &SegmentFiles,
        before: Continuity,
        is_last: bool,
    ) -> anyhow::Result<Continuity> {
        let log = segment.file(SegmentFileKind::Log).unwrap_or(Path::new(""));
        let mut batches = open_batches(log, segment.base_offset, Depth::Contents)?;
        self.report.summary.file_count += 1;
        self.report.line(Line::File {
            file: text(log),
            file_bytes: batches.file_bytes(),
        })?;
        self.segment_start(log, segment.base_offset, before)?;
        let mut indexes = self.open_indexes(segment)?;
        let mut leader_epoch = before.leader_epoch;
        while let Some(found) = batches.advance()? {
            match found {
                Found::Batch(batch) => {
                    leader_epoch = self.batch(log, &batch, leader_epoch)?;
                    indexes.batch(&batch);
                }
                Found::Damage(damage) => self.damage(log, damage, is_last)?,
                Found::Zeros { position, length } => {
                    let message = format!(
                        "{length} bytes of zeros up to the end: allocated ahead, not written yet"
                    );
                    self.note(log, Some(position), &message)?;
                }
            }
        }
        let next_offset = Some(batches.next_offset());
        self.close_indexes(segment, indexes)?;
        for kind in [
            SegmentFileKind::TransactionIndex,
            SegmentFileKind::ProducerSnapshot,
        ] {
            if let Some(path) = segment.file(kind) {
                self.entries(path, kind, segment.base_offset)?;
            }
        }
        Ok(Continuity {
            next_offset,
            leader_epoch,
        })
    }

    fn segment_start(
        &mut self,
        log: &Path,
        base_offset: i64,
        before: Continuity,
    ) -> anyhow::Result<()> {
        match before.next_offset {
            Some(expected) if base_offset < expected => self.damage_line(
                log,
                Some(0),
                Some(base_offset),
                "segment-overlap",
                format!(
                    "the segment before ends at offset {expected}, above this one's base offset"
                ),
            ),
            Some(expected) if base_offset > expected => {
                self.report.summary.gap_count += 1;
                let message = format!(
                    "gap: offsets {expected} to {} lie in no segment",
                    base_offset - 1
                );
                self.note(log, Some(0), &message)
            }
            _ => Ok(()),
        }
    }

    fn batch(&mut self, log: &Path, batch: &Batch<'_>, epoch_before: i32) -> anyhow::Result<i32> {
        let header = &batch.header;
        let base_offset = header.base_offset().0;
        self.report.summary.batch_count += 1;
        self.report.summary.batch_bytes += batch.length;
        self.report.summary.record_count += u64::try_from(header.record_count()).unwrap_or(0);
        self.totals.add(header, batch.length);
        if let Some(from) = batch.gap_from {
            self.report.summary.gap_count += 1;
            let message = format!(
                "gap: offsets {from} to {} are missing, as compaction leaves them",
                base_offset - 1
            );
            self.note(log, Some(batch.position), &message)?;
        }
        let epoch = header.leader_epoch().0;
        if epoch < epoch_before {
            let message = format!("leader epoch goes back from {epoch_before} to {epoch}");
            self.damage_line(
                log,
                Some(batch.position),
                Some(base_offset),
                "epoch-back",
                message,
            )?;
        }
        let records = check_records(batch);
        self.report
            .line(Line::Batch(batch_line(log, batch, records.is_ok())))?;
        if let Err(message) = records {
            self.damage_line(
                log,
                Some(batch.position),
                Some(base_offset),
                "bad-records",
                message,
            )?;
        }
        Ok(epoch.max(epoch_before))
    }

    fn damage(&mut self, log: &Path, damage: Damage, is_last: bool) -> anyhow::Result<()> {
        let mut message = damage.kind.to_string();
        if matches!(damage.kind, DamageKind::TornTail { .. }) && is_last {
            message.push_str(
                ", as a crash in the middle of a write leaves it; the broker cuts it at start",
            );
        }
        let line = Line::Damage {
            file: text(log),
            position: Some(damage.position),
            length: Some(damage.length),
            offset: Some(damage.expected_offset),
            damage: damage.kind.name().to_owned(),
            message,
        };
        Ok(self.report.line(line)?)
    }

    fn open_indexes(&mut self, segment: &SegmentFiles) -> anyhow::Result<Indexes> {
        let mut indexes = Indexes::default();
        if let Some(path) = segment.file(SegmentFileKind::OffsetIndex) {
            let entries = read_offset_index(path, segment.base_offset)?;
            if let Some(entries) = self.readable(path, entries)? {
                indexes.offset = Some(Checked::new(
                    &entries,
                    OffsetIndexCheck::new(entries.clone()),
                ));
            }
        }
        if let Some(path) = segment.file(SegmentFileKind::TimeIndex) {
            let entries = read_time_index(path, segment.base_offset)?;
            if let Some(entries) = self.readable(path, entries)? {
                indexes.time = Some(Checked::new(&entries, TimeIndexCheck::new(entries.clone())));
            }
        }
        Ok(indexes)
    }

    fn readable<T>(
        &mut self,
        path: &Path,
        read: Result<Vec<T>, String>,
    ) -> anyhow::Result<Option<Vec<T>>> {
        self.report.summary.file_count += 1;
        match read {
            Ok(entries) => {
                self.report.summary.index_entry_count += entries.len() as u64;
                Ok(Some(entries))
            }
            Err(message) => self
                .damage_line(path, None, None, "bad-index", message)
                .map(|()| None),
        }
    }

    fn close_indexes(&mut self, segment: &SegmentFiles, indexes: Indexes) -> anyhow::Result<()> {
        let offset = indexes
            .offset
            .map(|checked| checked.end(OffsetIndexCheck::end));
        let time = indexes.time.map(|checked| checked.end(TimeIndexCheck::end));
        let results = [
            (SegmentFileKind::OffsetIndex, offset),
            (SegmentFileKind::TimeIndex, time),
        ];
        for (kind, result) in results {
            let (Some(path), Some((entry_count, wrong))) = (segment.file(kind), result) else {
                continue;
            };
            let agrees = wrong.is_empty();
            self.report.line(Line::Index {
                file: text(path),
                entry_count,
                agrees,
            })?;
            for message in wrong {
                self.damage_line(path, None, None, "index-disagrees", message)?;
            }
        }
        Ok(())
    }

    /// Lists the entries of a file that is no log.
    fn entries(
        &mut self,
        path: &Path,
        kind: SegmentFileKind,
        base_offset: i64,
    ) -> anyhow::Result<()> {
        let entries: Option<Vec<serde_json::Value>> = match kind {
            SegmentFileKind::OffsetIndex => {
                let entries = read_offset_index(path, base_offset)?;
                let json = |entry: &corelane_engine::index::OffsetEntry| json!({"offset": entry.offset.0, "position": entry.position.0});
                self.readable(path, entries)?
                    .map(|entries| entries.iter().map(json).collect())
            }
            SegmentFileKind::TimeIndex => {
                let entries = read_time_index(path, base_offset)?;
                let json = |entry: &corelane_engine::index::TimeEntry| json!({"timestamp_ms": entry.timestamp.0, "offset": entry.offset.0});
                self.readable(path, entries)?
                    .map(|entries| entries.iter().map(json).collect())
            }
            SegmentFileKind::TransactionIndex => self.aborted_transactions(path)?,
            SegmentFileKind::ProducerSnapshot => {
                return checkpoints::inspect_snapshot(path, &mut self.report);
            }
            SegmentFileKind::Log => None,
        };
        let file = text(path);
        for (number, entry) in entries.into_iter().flatten().enumerate() {
            self.report.line(Line::Entry {
                file: file.clone(),
                number: number as u64,
                entry,
            })?;
        }
        Ok(())
    }

    fn aborted_transactions(
        &mut self,
        path: &Path,
    ) -> anyhow::Result<Option<Vec<serde_json::Value>>> {
        self.report.summary.file_count += 1;
        match aborted_index::parse(&checkpoints::read_small(path)?) {
            Ok(entries) => Ok(Some(entries.iter().map(aborted).collect())),
            Err((position, message)) => self
                .damage_line(path, Some(position), None, "bad-transaction-index", message)
                .map(|()| None),
        }
    }

    fn note(&mut self, path: &Path, position: Option<u64>, message: &str) -> anyhow::Result<()> {
        Ok(self.report.line(Line::Note {
            file: text(path),
            position,
            message: message.to_owned(),
        })?)
    }

    fn damage_line(
        &mut self,
        path: &Path,
        position: Option<u64>,
        offset: Option<i64>,
        damage: &str,
        message: String,
    ) -> anyhow::Result<()> {
        let line = Line::Damage {
            file: text(path),
            position,
            length: None,
            offset,
            damage: damage.to_owned(),
            message,
        };
        Ok(self.report.line(line)?)
    }
}

/// The checks of both indexes of a segment.
#[derive(Default)]
struct Indexes {
    offset: Option<Checked<OffsetIndexCheck>>,
    time: Option<Checked<TimeIndexCheck>>,
}

impl Indexes {
    fn batch(&mut self, batch: &Batch<'_>) {
        if let Some(checked) = &mut self.offset {
            let wrong = checked.check.batch(batch.position, &batch.header);
            checked.keep(wrong);
        }
        if let Some(checked) = &mut self.time {
            let wrong = checked.check.batch(&batch.header);
            checked.keep(wrong);
        }
    }
}

/// Disagreements of one index that are told; a rotten index may disagree with every batch.
const DISAGREEMENTS_MAX: usize = 20;

/// An index under check, and what was wrong so far.
struct Checked<C> {
    check: C,
    entry_count: u64,
    wrong: Vec<String>,
}

impl<C> Checked<C> {
    fn new<T>(entries: &[T], check: C) -> Self {
        Checked {
            check,
            entry_count: entries.len() as u64,
            wrong: Vec::new(),
        }
    }

    fn keep(&mut self, wrong: Vec<String>) {
        let room = DISAGREEMENTS_MAX.saturating_sub(self.wrong.len());
        self.wrong.extend(wrong.into_iter().take(room));
    }

    fn end(mut self, end: impl FnOnce(C) -> Vec<String>) -> (u64, Vec<String>) {
        let room = DISAGREEMENTS_MAX.saturating_sub(self.wrong.len());
        self.wrong.extend(end(self.check).into_iter().take(room));
        (self.entry_count, self.wrong)
    }
}

/// Reads every record of the batch; says what is wrong with them.
fn check_records(batch: &Batch<'_>) -> Result<(), String> {
    let records = Records::open(batch.bytes).map_err(|error| error.to_string())?;
    for record in &records {
        record.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn batch_line(log: &Path, batch: &Batch<'_>, records_ok: bool) -> BatchLine {
    let header = &batch.header;
    BatchLine {
        file: text(log),
        position: batch.position,
        bytes: batch.length,
        base_offset: header.base_offset().0,
        last_offset: header.last_offset().map_or(-1, |offset| offset.0),
        record_count: header.record_count(),
        leader_epoch: header.leader_epoch().0,
        codec: codec_name(header),
        producer_id: header.producer_id().0,
        producer_epoch: header.producer_epoch(),
        base_sequence: header.base_sequence(),
        timestamp_type: match header.timestamp_type() {
            TimestampType::CreateTime => "CreateTime",
            TimestampType::LogAppendTime => "LogAppendTime",
        },
        base_timestamp_ms: header.base_timestamp().0,
        max_timestamp_ms: header.max_timestamp().0,
        transactional: header.is_transactional(),
        control: header.is_control(),
        crc_ok: true,
        records_ok,
    }
}

fn aborted(entry: &AbortedRange) -> serde_json::Value {
    json!({
        "producer_id": entry.producer_id,
        "first_offset": entry.first_offset,
        "last_offset": entry.last_offset,
        "last_stable_offset": entry.last_stable_offset,
    })
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
