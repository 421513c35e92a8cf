//! One segment checked from its first byte to its last: batches, records, indexes, epochs, producers.
//!
//! Segments are checked apart from each other, on any number of threads; what has to hold between them is judged from
//! the [`SegmentReport`]s by [`super::partition`]. Memory grows with the damage found, not with the file. Pure but for
//! what [`LogBytes`] reads.

use std::io;

use super::batches::{Batch, Batches, Damage, DamageKind, Depth, Found, WalkFrom};
use super::index_check::{OffsetIndexCheck, TimeIndexCheck};
use super::{Finding, LogBytes};
use crate::batch::{Gaps, HEADER_LENGTH, RecordBatchHeader, TimestampType, intact_batch_at_start};
use crate::file_name::{SegmentFileKind, SegmentFileName};
use crate::index::{OffsetEntry, OffsetIndex, TimeEntry, TimeIndex};
use crate::leader_epoch::LeaderEpochs;
use crate::log_config::LogConfig;
use crate::marker;
use crate::producer_state::ProducerStates;
use crate::record::Records;
use crate::segment::Segment;
use crate::types::{Offset, TimestampMs};

/// Findings of one sort that are told of a segment; a rotten file may have one for every batch.
const FINDINGS_MAX: usize = 20;

/// What is known of a segment before its log is read.
#[derive(Debug)]
pub struct SegmentFacts<'a> {
    /// The walk: base offset, next segment, gaps and epochs.
    pub walk: WalkFrom<'a>,
    /// The entries of the offset index, where there is one that can be read.
    pub offset_entries: Option<Vec<OffsetEntry>>,
    /// The entries of the time index, where there is one that can be read.
    pub time_entries: Option<Vec<TimeEntry>>,
}

/// What was found in a segment.
#[derive(Debug, Default)]
pub struct SegmentReport {
    /// The base offset in its name.
    pub base_offset: i64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Whole batches.
    pub batch_count: u64,
    /// Records in them, as their headers count.
    pub record_count: u64,
    /// Offsets that no batch has, where that is allowed.
    pub gap_count: u64,
    /// The offset behind the last whole batch.
    pub next_offset: i64,
    /// The byte behind the last whole batch.
    pub end_position: u64,
    /// The last whole batch: position, base offset, leader epoch.
    pub last_batch: Option<(u64, i64, i32)>,
    /// The epoch of the first whole batch.
    pub first_epoch: Option<i32>,
    /// Where each epoch starts that is not that of the batch before.
    pub epochs: LeaderEpochs,
    /// Batches whose epoch is not the one of the checkpoint, while those beside them have it too.
    pub epoch_disagreements: u64,
    /// Stretches of the log that cannot be trusted.
    pub damages: Vec<Damage>,
    /// Where zeros go from to the end of the file.
    pub zeros_from: Option<u64>,
    /// What else is wrong or worth knowing.
    pub findings: Vec<Finding>,
    /// What this segment's batches say of producers.
    pub producers: ProducerStates,
}

/// Checks a segment.
///
/// # Errors
/// Fails where the log cannot be read.
pub fn check_segment<S: LogBytes>(
    source: S,
    facts: SegmentFacts<'_>,
    mut progress: impl FnMut(u64),
) -> io::Result<SegmentReport> {
    let mut checker = Checker::new(source.length(), &facts);
    let epochs = facts.walk.epochs;
    let mut batches = Batches::new(source, facts.walk);
    while let Some(found) = batches.advance()? {
        match found {
            Found::Batch(batch) => {
                progress(batch.position + batch.length);
                checker.batch(&batch, epochs);
            }
            Found::Damage(damage) => {
                progress(damage.position + damage.length);
                checker.report.damages.push(damage);
            }
            Found::Zeros { position, .. } => checker.report.zeros_from = Some(position),
        }
    }
    let next_offset = batches.next_offset();
    Ok(checker.finish(next_offset))
}

struct Checker {
    report: SegmentReport,
    offsets: Option<OffsetIndexCheck>,
    times: Option<TimeIndexCheck>,
    wrong_offsets: Vec<String>,
    wrong_times: Vec<String>,
    bad_records: usize,
    epoch_max: i32,
}

impl Checker {
    fn new(file_bytes: u64, facts: &SegmentFacts<'_>) -> Self {
        let is_dense = facts.walk.gaps == Gaps::Refused;
        let offsets = facts.offset_entries.clone().map(|entries| {
            let check = OffsetIndexCheck::new(entries);
            if is_dense { check.exact() } else { check }
        });
        Checker {
            report: SegmentReport {
                base_offset: facts.walk.base_offset,
                file_bytes,
                ..SegmentReport::default()
            },
            offsets,
            times: facts.time_entries.clone().map(TimeIndexCheck::new),
            wrong_offsets: Vec::new(),
            wrong_times: Vec::new(),
            bad_records: 0,
            epoch_max: i32::MIN,
        }
    }

    fn batch(&mut self, batch: &Batch<'_>, epochs: Option<&LeaderEpochs>) {
        let header = &batch.header;
        let base_offset = header.base_offset();
        let report = &mut self.report;
        report.batch_count += 1;
        report.record_count += u64::try_from(header.record_count()).unwrap_or(0);
        report.gap_count += u64::from(batch.gap_from.is_some());
        report.end_position = batch.position + batch.length;
        let epoch = header.leader_epoch();
        report.last_batch = Some((batch.position, base_offset.0, epoch.0));
        report.first_epoch.get_or_insert(epoch.0);
        if epoch.0 >= self.epoch_max {
            // Negative epochs are not assigned; batches of other brokers may carry them.
            let _ = report.epochs.assign(epoch, base_offset);
        }
        if epochs.is_some_and(|epochs| !epochs.agrees_with(base_offset, epoch)) {
            report.epoch_disagreements += 1;
        }
        let marker = marker::of_control(header, batch.bytes);
        report.producers.update(header, base_offset, marker);
        self.check_contents(batch);
        self.epoch_max = self.epoch_max.max(epoch.0);
        if let Some(check) = &mut self.offsets {
            keep(&mut self.wrong_offsets, check.batch(batch.position, header));
        }
        if let Some(check) = &mut self.times {
            keep(&mut self.wrong_times, check.batch(header));
        }
    }

    fn check_contents(&mut self, batch: &Batch<'_>) {
        let offset = batch.header.base_offset().0;
        let log = name(self.report.base_offset, SegmentFileKind::Log);
        let epoch = batch.header.leader_epoch().0;
        if epoch < self.epoch_max {
            let message = format!("leader epoch goes back from {} to {epoch}", self.epoch_max);
            let finding = Finding::damage(&*log, "epoch-back", message);
            if self.report.findings.len() < FINDINGS_MAX {
                self.report
                    .findings
                    .push(finding.at(batch.position, offset));
            }
        }
        let Err(finding) = check_records(batch) else {
            return;
        };
        self.bad_records += 1;
        if self.bad_records <= FINDINGS_MAX {
            let finding = Finding {
                file: log,
                ..finding
            };
            self.report
                .findings
                .push(finding.at(batch.position, offset));
        }
    }

    fn finish(mut self, next_offset: i64) -> SegmentReport {
        let base_offset = self.report.base_offset;
        self.report.next_offset = next_offset;
        // Behind damage the log may have had what the entries name.
        let is_damaged = !self.report.damages.is_empty();
        if let (Some(check), false) = (self.offsets.take(), is_damaged) {
            keep(&mut self.wrong_offsets, check.end());
        }
        if let (Some(check), false) = (self.times.take(), is_damaged) {
            keep(&mut self.wrong_times, check.end());
        }
        for (kind, wrong) in [
            (SegmentFileKind::OffsetIndex, self.wrong_offsets),
            (SegmentFileKind::TimeIndex, self.wrong_times),
        ] {
            let findings = wrong.into_iter().map(|message| {
                Finding::damage(name(base_offset, kind), "index-disagrees", message)
            });
            if !is_damaged {
                self.report.findings.extend(findings);
            }
        }
        self.report
    }
}

fn keep(wrong: &mut Vec<String>, more: Vec<String>) {
    let room = FINDINGS_MAX.saturating_sub(wrong.len());
    wrong.extend(more.into_iter().take(room));
}

fn name(base_offset: i64, kind: SegmentFileKind) -> String {
    SegmentFileName::live(Offset(base_offset), kind).to_string()
}

/// Reads every record of the batch; says what is wrong with them. The file of the finding is the caller's to name.
///
/// # Errors
/// What is wrong.
pub fn check_records(batch: &Batch<'_>) -> Result<(), Finding> {
    let bad = |error: &dyn std::fmt::Display| {
        let message = format!("{error}; the CRC matches, so this is what was produced");
        Finding::damage("", "bad-records", message)
    };
    let records = Records::open(batch.bytes).map_err(|error| bad(&error))?;
    let mut max_timestamp_ms = TimestampMs::NONE.0;
    let mut count = 0_u64;
    for record in &records {
        let record = record.map_err(|error| bad(&error))?;
        max_timestamp_ms = max_timestamp_ms.max(record.timestamp.0);
        count += 1;
    }
    let header = &batch.header;
    let is_told = header.timestamp_type() == TimestampType::LogAppendTime || count == 0;
    if !is_told && max_timestamp_ms != header.max_timestamp().0 {
        let message = format!(
            "the header's largest timestamp is {}, that of the records {max_timestamp_ms}, as produced",
            header.max_timestamp()
        );
        return Err(Finding::note("", "timestamp-differs", message));
    }
    Ok(())
}

/// What a segment's first batch says of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nothing against it.
    Named,
    /// A whole batch of this offset begins it: the file has another's name, or another's contents.
    Contains {
        /// The offset.
        first_offset: i64,
    },
}

/// Looks at the first batch of the file that is named after `base_offset`.
///
/// # Errors
/// Fails where the file cannot be read.
pub fn identify(source: &mut impl LogBytes, base_offset: i64) -> io::Result<Identity> {
    let Some(first) = header_at(source, 0)? else {
        return Ok(Identity::Named);
    };
    let first_offset = first.base_offset().0;
    let size = first.size().unwrap_or(HEADER_LENGTH);
    if first_offset == base_offset || size as u64 > super::RANGE_BYTES_MAX {
        return Ok(Identity::Named);
    }
    let bytes = source.bytes(0, size as u64)?;
    if intact_batch_at_start(bytes, size).is_none() {
        return Ok(Identity::Named);
    }
    // A flipped bit in the base offset leaves the batch behind it in its place.
    let end = base_offset.saturating_add(i64::from(first.last_offset_delta()) + 1);
    let behind = header_at(source, size as u64)?;
    Ok(match behind {
        Some(behind) if behind.base_offset().0 == end => Identity::Named,
        None if (first_offset ^ base_offset).count_ones() == 1 => Identity::Named,
        _ => Identity::Contains { first_offset },
    })
}

fn header_at(source: &mut impl LogBytes, position: u64) -> io::Result<Option<RecordBatchHeader>> {
    let bytes = source.bytes(position, HEADER_LENGTH as u64)?;
    let header = RecordBatchHeader::view(bytes).copied();
    Ok(header.filter(|header| header.magic() == crate::batch::MAGIC_V2 && header.size().is_some()))
}

/// Makes the indexes of a whole segment again, as the running engine would have.
///
/// # Errors
/// Fails where the log cannot be read.
pub fn make_indexes<S: LogBytes>(
    source: S,
    base_offset: i64,
    config: &LogConfig,
    is_active: bool,
) -> io::Result<(OffsetIndex, TimeIndex)> {
    let mut segment = Segment::<()>::new(Offset(base_offset), None, TimestampMs::NONE);
    let mut batches = Batches::new(source, WalkFrom::any(base_offset, Depth::Headers));
    while let Some(found) = batches.advance()? {
        if let Found::Batch(batch) = found
            && let Some(last_offset) = batch.header.last_offset()
        {
            segment.note(&batch.header, last_offset, batch.length, config);
        }
    }
    if !is_active {
        segment.seal_time_index();
    }
    let indexes = segment.indexes.take().map(std::rc::Rc::unwrap_or_clone);
    let indexes = indexes.ok_or_else(|| io::Error::other("a new segment has indexes"))?;
    Ok((indexes.offset, indexes.time))
}

/// Whether a stretch of damage is a field outside the CRC, so that its records are whole.
#[must_use]
pub fn is_field_only(kind: &DamageKind) -> bool {
    matches!(
        kind,
        DamageKind::WrongBaseOffset { .. } | DamageKind::WrongEpoch { .. }
    )
}
