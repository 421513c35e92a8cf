//! What to do with the end of a log at start: a decision table with a label for every row, and the classification
//! of what lies behind damage.
//!
//! Invariants: nothing below the durable end is ever cut; a decision to cut leaves a log over which the same table
//! decides to keep; where the facts do not tell a torn tail from rot, the partition refuses. Pure: facts in, a
//! decision out. The driver that scans, cuts and flushes is elsewhere.

mod damaged;

use std::fmt;
use std::ops::Range;

#[doc(hidden)]
pub use damaged::fuzz_damaged_recovery;

use crate::batch::{
    Gaps, HEADER_LENGTH, Placement, RecordBatchHeader, ScanError, ScanErrorKind, ScanFrom,
    intact_batch_at_start, scan, with_right_crcs,
};
use crate::checkpoint::DurableEnd;
use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, Offset, Position};

/// A place in a segment's log file: a byte, and the offset that belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The position in the log file.
    pub position: Position,
    /// The offset that the batch there has, or should have.
    pub offset: Offset,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "position {}, offset {}",
            self.position, self.offset
        )
    }
}

/// How the walk over a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOutcome {
    /// Every byte of the file belongs to a valid batch in its place.
    CleanEnd {
        /// Behind the last batch.
        end: Place,
    },
    /// Something is not the batch expected, or ends before it is whole.
    Damage {
        /// Where the batch should start: behind the last valid one.
        place: Place,
        /// What is there.
        found: Found,
        /// What lies from there to the end of the file.
        follows: Follows,
    },
    /// The disk could not be read there. Never taken for an end.
    Unreadable {
        /// Behind the last batch read.
        place: Place,
    },
}

impl ScanOutcome {
    /// Behind the last batch that the walk found whole and in its place.
    #[must_use]
    pub fn place(&self) -> Place {
        match *self {
            ScanOutcome::CleanEnd { end } => end,
            ScanOutcome::Damage { place, .. } | ScanOutcome::Unreadable { place } => place,
        }
    }
}

/// What is in the very place of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No whole batch.
    Nothing,
    /// A batch, or less than a header, that the file ends before.
    CutShort,
    /// A whole batch whose CRC matches. The CRC covers neither offset nor epoch.
    Batch {
        /// Its base offset.
        base_offset: Offset,
        /// Its last offset.
        last_offset: Offset,
        /// Its leader epoch.
        leader_epoch: LeaderEpoch,
    },
}

/// What lies between the place of damage, which is included, and the end of the file. Ordered by how much it says
/// against a torn tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Zeros only: space allocated ahead of the tail, or writes that never arrived.
    Zeros,
    /// Bytes, but no whole batch of a later offset.
    Rubbish,
    /// The search gave up before the end: too much looked like the start of a batch.
    Undecided,
    /// A whole valid batch whose offset is later than the one expected at the damage.
    LaterBatch {
        /// The batch found that lies furthest from the damage, or the first of a newer epoch.
        place: Place,
        /// Its leader epoch.
        leader_epoch: LeaderEpoch,
    },
}

impl Follows {
    /// What both windows say together, when a tail is looked at in parts. Parts must overlap by the largest batch
    /// less one byte, so that no batch is cut by the seam. Parts are given in the order of the file.
    #[must_use]
    pub fn and_then(self, later: Follows) -> Follows {
        match (self, later) {
            (
                Follows::LaterBatch {
                    leader_epoch: first,
                    ..
                },
                Follows::LaterBatch {
                    leader_epoch: second,
                    ..
                },
            ) => {
                if second >= first {
                    later
                } else {
                    self
                }
            }
            (Follows::LaterBatch { .. }, _) | (_, Follows::Zeros) => self,
            (_, Follows::LaterBatch { .. }) | (Follows::Zeros, _) => later,
            (Follows::Undecided, _) => self,
            (Follows::Rubbish, _) => later,
        }
    }
}

/// The facts about one segment's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailFacts {
    /// The durable end of the partition's checkpoint; `None` when no slot is valid.
    pub durable_end: Option<Offset>,
    /// Where the checkpoint says that the durable end lies in this file, when a walk has come by and no batch ends
    /// there: the file is not the one that the checkpoint was written for.
    pub durable_end_missed: Option<Place>,
    /// Whether the stop before this start was clean.
    pub clean_stop: bool,
    /// The base offset of the next segment, which may be empty; `None` when this is the last. A segment is flushed
    /// before the file of the next one is made.
    pub next_segment: Option<Offset>,
    /// How the walk ended.
    pub outcome: ScanOutcome,
    /// The epoch that the offset at the outcome's place belongs to, by the epoch checkpoint
    /// (`LeaderEpochs::epoch_for_offset`). A batch of a later one was written after another start.
    pub leader_epoch: LeaderEpoch,
    /// The most bytes that can have been written and not flushed when the machine stopped: the largest group that
    /// one flush covers, with everything in flight beside it. Within this distance a valid batch behind a bad one
    /// may belong to the same torn group.
    pub unflushed_bytes_max: u64,
}

/// The rows of the table, by their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// The file ends behind a valid batch, at or above the durable end.
    WholeLog,
    /// A clean end at exactly the next segment's base offset.
    SealedSegment,
    /// Zeros behind the last batch, above the durable end: allocated space.
    AllocatedSpace,
    /// A bad batch above the durable end with nothing but rubbish behind it.
    TornTail,
    /// A bad batch above the durable end, and a valid one behind it that the same flush may have covered.
    TornGroup,
    /// The disk cannot be read.
    ReadFailed,
    /// Damage below the durable end.
    RotBelowDurableEnd,
    /// The file ends below the durable end.
    ShorterThanDurableEnd,
    /// The file ends behind a valid batch, and the next segment starts later: a segment between them is missing, or
    /// this one has lost its end.
    MissingOffsets,
    /// The file goes on beyond the base offset of the next segment.
    OverlappingSegments,
    /// A file other than the last one ends in the middle of a batch.
    ShortenedSegment,
    /// The first batch is whole and has another base offset than the file's name: the file was renamed, copied, or
    /// belongs to another partition.
    ForeignSegment,
    /// A whole batch in its place, with another epoch than the epoch checkpoint has for its offset.
    EpochDisagrees,
    /// The checkpoint's durable end lies inside a batch: log and checkpoint do not belong together.
    CheckpointDisagrees,
    /// The first segment starts above the log start.
    MissingFirstSegment,
    /// There is no segment, and there were durable records.
    NoSegment,
    /// Damage in a segment that later ones follow.
    DamageInSealedSegment,
    /// A bad batch, and behind it a valid one that was written after the bad one had been flushed.
    RotBeforeLaterGroup,
    /// A bad batch, and behind it one of a later epoch: a start lies between them.
    RotBeforeLaterEpoch,
    /// A whole valid batch of an earlier or later offset in the place of another.
    MisplacedBatch,
    /// Damage after a clean stop, which flushes everything and leaves no torn tail.
    RotAfterCleanStop,
    /// Damage, and no checkpoint that says what was durable.
    DamageWithoutCheckpoint,
    /// Damage, and too much behind it that looks like batches.
    UndecidedTail,
}

impl Row {
    /// Every row.
    pub const ALL: [Row; 23] = [
        Row::WholeLog,
        Row::SealedSegment,
        Row::AllocatedSpace,
        Row::TornTail,
        Row::TornGroup,
        Row::ReadFailed,
        Row::CheckpointDisagrees,
        Row::ForeignSegment,
        Row::MisplacedBatch,
        Row::EpochDisagrees,
        Row::ShortenedSegment,
        Row::MissingOffsets,
        Row::OverlappingSegments,
        Row::MissingFirstSegment,
        Row::NoSegment,
        Row::RotBelowDurableEnd,
        Row::ShorterThanDurableEnd,
        Row::DamageInSealedSegment,
        Row::RotBeforeLaterGroup,
        Row::RotBeforeLaterEpoch,
        Row::RotAfterCleanStop,
        Row::DamageWithoutCheckpoint,
        Row::UndecidedTail,
    ];

    /// The label in logs and reports.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Row::WholeLog => "whole-log",
            Row::SealedSegment => "sealed-segment",
            Row::AllocatedSpace => "allocated-space",
            Row::TornTail => "torn-tail",
            Row::TornGroup => "torn-group",
            Row::ReadFailed => "read-failed",
            Row::RotBelowDurableEnd => "rot-below-durable-end",
            Row::ShorterThanDurableEnd => "shorter-than-durable-end",
            Row::MissingOffsets => "missing-offsets",
            Row::OverlappingSegments => "overlapping-segments",
            Row::ShortenedSegment => "shortened-segment",
            Row::ForeignSegment => "foreign-segment",
            Row::EpochDisagrees => "epoch-disagrees",
            Row::CheckpointDisagrees => "checkpoint-disagrees",
            Row::MissingFirstSegment => "missing-first-segment",
            Row::NoSegment => "no-segment",
            Row::DamageInSealedSegment => "damage-in-sealed-segment",
            Row::RotBeforeLaterGroup => "rot-before-later-group",
            Row::RotBeforeLaterEpoch => "rot-before-later-epoch",
            Row::MisplacedBatch => "misplaced-batch",
            Row::RotAfterCleanStop => "rot-after-clean-stop",
            Row::DamageWithoutCheckpoint => "damage-without-checkpoint",
            Row::UndecidedTail => "undecided-tail",
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The log ends here and is whole. Flush it before serving what lies above the durable end.
    Keep {
        /// The end of the log.
        end: Place,
    },
    /// Cut the file here: behind it lie zeros only.
    TrimZeros {
        /// The end of the log.
        to: Place,
    },
    /// Cut the file here, and log what was cut: no acknowledged record lies behind it.
    CutTornTail {
        /// The end of the log.
        to: Place,
    },
    /// Refuse writes and cut nothing: acknowledged records may be damaged or missing. What lies before the place may be
    /// read.
    Refuse {
        /// Where.
        at: Place,
    },
}

impl Action {
    /// Where the log ends, unless the partition refuses.
    #[must_use]
    pub fn log_end(self) -> Option<Place> {
        match self {
            Action::Keep { end } => Some(end),
            Action::TrimZeros { to } | Action::CutTornTail { to } => Some(to),
            Action::Refuse { .. } => None,
        }
    }
}

/// A decision: what to do, and which row of the table says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The row.
    pub row: Row,
    /// What to do.
    pub action: Action,
}

/// Decides over the end of a segment. The rows are tried from the strongest evidence of loss to the weakest.
#[must_use]
pub fn decide(facts: &TailFacts) -> Decision {
    let (row, place) = match (facts.outcome, facts.durable_end_missed) {
        (ScanOutcome::Unreadable { place }, _) => (Row::ReadFailed, place),
        (_, Some(place)) => (Row::CheckpointDisagrees, place),
        (ScanOutcome::CleanEnd { end }, _) => (clean_end_row(facts, end), end),
        (
            ScanOutcome::Damage {
                place,
                found,
                follows,
            },
            _,
        ) => (damage_row(facts, place, found, follows), place),
    };
    Decision {
        row,
        action: action_of(row, place),
    }
}

/// Durable offsets that no file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingStart {
    /// Which row says so.
    pub row: Row,
    /// The offsets.
    pub offsets: Range<Offset>,
}

/// Decides over the start of a log: whether the first segment, which starts at `first`, or the lack of any, agrees
/// with the checkpoint. The log start is durable before a file below it goes, so that files never start above it.
#[must_use]
pub fn decide_start(durable: Option<DurableEnd>, first: Option<Offset>) -> Option<MissingStart> {
    let durable = durable?;
    let log_start = durable.log_start_offset;
    let (row, end) = match first {
        Some(first) => (Row::MissingFirstSegment, first),
        None => (Row::NoSegment, durable.durable_end),
    };
    (end > log_start).then_some(MissingStart {
        row,
        offsets: log_start..end,
    })
}

fn action_of(row: Row, place: Place) -> Action {
    match row {
        Row::WholeLog | Row::SealedSegment => Action::Keep { end: place },
        Row::AllocatedSpace => Action::TrimZeros { to: place },
        Row::TornTail | Row::TornGroup => Action::CutTornTail { to: place },
        Row::RotBelowDurableEnd if planted::is(Bug::CutRot) => Action::CutTornTail { to: place },
        Row::ReadFailed
        | Row::RotBelowDurableEnd
        | Row::ShorterThanDurableEnd
        | Row::MissingOffsets
        | Row::OverlappingSegments
        | Row::ShortenedSegment
        | Row::ForeignSegment
        | Row::EpochDisagrees
        | Row::CheckpointDisagrees
        | Row::MissingFirstSegment
        | Row::NoSegment
        | Row::DamageInSealedSegment
        | Row::RotBeforeLaterGroup
        | Row::RotBeforeLaterEpoch
        | Row::MisplacedBatch
        | Row::RotAfterCleanStop
        | Row::DamageWithoutCheckpoint
        | Row::UndecidedTail => Action::Refuse { at: place },
    }
}

fn is_below_durable_end(facts: &TailFacts, place: Place) -> bool {
    facts
        .durable_end
        .is_some_and(|durable_end| place.offset < durable_end)
}

fn clean_end_row(facts: &TailFacts, end: Place) -> Row {
    match facts.next_segment {
        Some(base_offset) if base_offset == end.offset => Row::SealedSegment,
        Some(base_offset) if base_offset < end.offset => Row::OverlappingSegments,
        Some(_) => Row::MissingOffsets,
        None if is_below_durable_end(facts, end) => Row::ShorterThanDurableEnd,
        None => Row::WholeLog,
    }
}

fn damage_row(facts: &TailFacts, place: Place, found: Found, follows: Follows) -> Row {
    let is_sealed_end = facts.next_segment == Some(place.offset);
    if follows == Follows::Zeros && is_sealed_end {
        // The crash came between the roll and the trim of the segment it sealed.
        return Row::AllocatedSpace;
    }
    if let Some(row) = whole_batch_row(facts, place, found) {
        return row;
    }
    let is_last = facts.next_segment.is_none();
    if !is_last && found == Found::CutShort {
        return Row::ShortenedSegment;
    }
    if is_below_durable_end(facts, place) {
        let is_short = follows == Follows::Zeros || found == Found::CutShort;
        return if is_short && is_last {
            Row::ShorterThanDurableEnd
        } else {
            Row::RotBelowDurableEnd
        };
    }
    if !is_last {
        return Row::DamageInSealedSegment;
    }
    match follows {
        Follows::Zeros => Row::AllocatedSpace,
        _ if facts.clean_stop && !planted::is(Bug::CutAfterCleanStop) => Row::RotAfterCleanStop,
        _ if facts.durable_end.is_none() => Row::DamageWithoutCheckpoint,
        Follows::Rubbish => Row::TornTail,
        Follows::Undecided => Row::UndecidedTail,
        Follows::LaterBatch {
            place: later,
            leader_epoch,
        } => later_batch_row(facts, place, later, leader_epoch),
    }
}

/// A whole batch that is not the one expected. A torn write does not look like that, since it leaves zeros, old bytes or
/// garbage in a whole sector, where the CRC finds them; unless the sector ends in front of what the CRC covers.
fn whole_batch_row(facts: &TailFacts, place: Place, found: Found) -> Option<Row> {
    let Found::Batch {
        base_offset,
        leader_epoch,
        ..
    } = found
    else {
        return None;
    };
    let wrong = WrongFields {
        expected: Placement {
            base_offset: place.offset,
            leader_epoch: facts.leader_epoch,
        },
        found: Placement {
            base_offset,
            leader_epoch,
        },
    };
    if may_be_torn(facts, place) && wrong.may_be_a_torn_sector(place.position) {
        return None;
    }
    Some(if base_offset == place.offset {
        Row::EpochDisagrees
    } else if place.position == Position::ZERO {
        Row::ForeignSegment
    } else {
        Row::MisplacedBatch
    })
}

/// Whether a write that was never acknowledged may have been interrupted there.
fn may_be_torn(facts: &TailFacts, place: Place) -> bool {
    let is_above = facts
        .durable_end
        .is_some_and(|durable_end| place.offset >= durable_end);
    is_above && facts.next_segment.is_none() && !facts.clean_stop
}

/// What a disk writes whole or not at all. Larger sectors end where these do.
const SECTOR_BYTES: u64 = 512;
/// Where the CRC ends in a batch's header. It covers everything behind it.
const CRC_END_IN_HEADER: usize = 21;

/// The fields of a batch's header that its CRC does not cover, as they should be and as they are.
struct WrongFields {
    expected: Placement,
    found: Placement,
}

impl WrongFields {
    /// Whether all that is wrong of a batch at `position` lies in a sector that ends before the CRC does: then the
    /// write of that sector may have been lost or torn, and the CRC does not tell.
    fn may_be_a_torn_sector(&self, position: Position) -> bool {
        let sector_end = position.0.next_multiple_of(SECTOR_BYTES) - position.0;
        let (expected, found) = (header_of(self.expected), header_of(self.found));
        let mut bytes = expected.iter().zip(&found);
        let wrong = bytes.rposition(|(expected, found)| expected != found);
        match (usize::try_from(sector_end), wrong) {
            (Ok(sector_end), Some(wrong)) => wrong < sector_end && sector_end < CRC_END_IN_HEADER,
            _ => false,
        }
    }
}

/// Whether a whole batch at `position` may be the one that was `expected` there, its start torn: what is wrong of it lies
/// in a sector of which the CRC covers nothing.
pub(crate) fn may_be_torn_start(expected: Placement, found: Placement, position: Position) -> bool {
    WrongFields { expected, found }.may_be_a_torn_sector(position)
}

/// A header that has nothing but these.
fn header_of(placement: Placement) -> [u8; HEADER_LENGTH] {
    let mut header = [0; HEADER_LENGTH];
    crate::batch::place(&mut header, placement);
    header
}

fn later_batch_row(
    facts: &TailFacts,
    place: Place,
    later: Place,
    leader_epoch: LeaderEpoch,
) -> Row {
    if leader_epoch > facts.leader_epoch && !planted::is(Bug::CutBeforeLaterEpoch) {
        return Row::RotBeforeLaterEpoch;
    }
    let is_within_one_group = later
        .position
        .distance_from(place.position)
        .is_some_and(|distance| distance < facts.unflushed_bytes_max);
    if is_within_one_group || planted::is(Bug::CutBeforeLaterGroup) {
        Row::TornGroup
    } else {
        Row::RotBeforeLaterGroup
    }
}

/// How many bytes the search may check by CRC, for every byte that it looks at. Honest logs need about one; bytes
/// made up to look like overlapping batches would need thousands.
const CRC_BYTES_PER_BYTE_MAX: usize = 8;

/// What lies in `bytes`, which start at the damage and end with the file. `from` is what the walk expected there.
///
/// Batches are searched at every byte, as damage to a length hides where the next one starts.
#[must_use]
pub fn what_follows(bytes: &[u8], from: ScanFrom) -> Follows {
    let mut found = Follows::Zeros;
    let mut budget = bytes.len().saturating_mul(CRC_BYTES_PER_BYTE_MAX) + from.batch_bytes_max;
    let mut index = 0;
    while let Some(rest) = bytes.get(index..).filter(|rest| !rest.is_empty()) {
        let zeros = leading_zeros(rest);
        if zeros == rest.len() {
            break;
        }
        found = found.and_then(Follows::Rubbish);
        // A header of a small offset starts with zeros, so that the search must not skip over them all.
        index += zeros.saturating_sub(HEADER_ZEROS_MAX);
        let end = index + zeros.min(HEADER_ZEROS_MAX) + 1;
        while index < end {
            let candidate = &bytes[index..];
            let claimed = plausible_size(candidate, &from);
            if claimed.is_some_and(|size| size > budget) {
                return found.and_then(Follows::Undecided);
            }
            budget -= claimed.unwrap_or(0);
            let batch =
                claimed.and_then(|size| Some((size, later_batch(candidate, index, &from)?)));
            if let Some((size, batch)) = batch {
                found = found.and_then(batch);
                index += size;
            } else {
                index += 1;
            }
        }
    }
    found
}

/// How many zeros `bytes` start with.
#[must_use]
pub fn leading_zeros(bytes: &[u8]) -> usize {
    // Whole chunks first, which the compiler turns into wide loads; byte by byte takes ten times as long.
    let (chunks, _) = bytes.as_chunks::<64>();
    let is_zero = |chunk: &&[u8; 64]| chunk.iter().fold(0, |all, byte| all | byte) == 0;
    let zeros = chunks.iter().take_while(is_zero).count() * 64;
    let rest = bytes[zeros..].iter().take_while(|byte| **byte == 0);
    zeros + rest.count()
}

/// Zeros that a header can start with before its first other byte: the whole base offset, when that is 0, and the
/// high bytes of the batch length.
const HEADER_ZEROS_MAX: usize = 11;

/// The size that a batch at the start of `bytes` claims, when its fields make it a candidate.
fn plausible_size(bytes: &[u8], from: &ScanFrom) -> Option<usize> {
    let header = RecordBatchHeader::view(bytes)?;
    let epoch = header.leader_epoch();
    let is_candidate = header.magic() == crate::batch::MAGIC_V2
        && header.base_offset() > from.offset
        && epoch >= from.epoch_min
        && epoch <= from.epoch_max
        && header.last_offset_delta() >= 0;
    header
        .size()
        .filter(|size| is_candidate && *size <= from.batch_bytes_max && *size <= bytes.len())
}

fn later_batch(bytes: &[u8], index: usize, from: &ScanFrom) -> Option<Follows> {
    let header = intact_batch_at_start(bytes, from.batch_bytes_max)?;
    Some(Follows::LaterBatch {
        place: Place {
            position: from.position.plus(u64::try_from(index).ok()?)?,
            offset: header.base_offset(),
        },
        leader_epoch: header.leader_epoch(),
    })
}

/// What is at the start of `bytes`, which end with the file or behind the batch.
#[must_use]
pub fn found_at(bytes: &[u8], batch_bytes_max: usize) -> Found {
    let Some(header) = RecordBatchHeader::view(bytes) else {
        return Found::CutShort;
    };
    let is_claimed = header.magic() == crate::batch::MAGIC_V2;
    let size = header.size().filter(|size| *size <= batch_bytes_max);
    if is_claimed && size.is_some_and(|size| size > bytes.len()) {
        return Found::CutShort;
    }
    let whole = intact_batch_at_start(bytes, batch_bytes_max);
    let found = whole.and_then(|header| {
        let fits = i64::from(header.record_count()) <= i64::from(header.last_offset_delta()) + 1;
        Some(Found::Batch {
            base_offset: header.base_offset(),
            last_offset: header.last_offset().filter(|_| fits)?,
            leader_epoch: header.leader_epoch(),
        })
    });
    found.unwrap_or(Found::Nothing)
}

/// The first batch in `bytes`, which start at the damage, from which whole batches lead exactly to `to`, which
/// something else knows to be the start of a batch or the end of the log. `from` is what the walk expected at the
/// damage.
#[must_use]
pub fn chain_into(bytes: &[u8], from: ScanFrom, to: Place) -> Option<Place> {
    let mut budget = bytes.len().saturating_mul(CRC_BYTES_PER_BYTE_MAX);
    for index in 0..bytes.len() {
        let candidate = &bytes[index..];
        let Some(size) = plausible_size(candidate, &from) else {
            continue;
        };
        let begin = ScanFrom {
            position: from.position.plus(u64::try_from(index).ok()?)?,
            offset: RecordBatchHeader::view(candidate)?.base_offset(),
            ..from
        };
        if intact_batch_at_start(candidate, from.batch_bytes_max).is_none() {
            budget = budget.checked_sub(size)?;
            continue;
        }
        let mut walk = scan(candidate, begin);
        let is_whole = walk.by_ref().all(|step| step.is_ok());
        let end = walk.resume();
        if is_whole && end.position == to.position && end.offset == to.offset {
            return Some(Place {
                position: begin.position,
                offset: begin.offset,
            });
        }
        let walked = end.position.distance_from(begin.position)?;
        budget = budget.checked_sub(usize::try_from(walked).ok()?.max(size))?;
    }
    None
}

/// What a walk over a whole file in memory comes to: [`scan`] and [`what_follows`] together.
#[must_use]
pub fn outcome_of(file: &[u8], from: ScanFrom) -> (ScanOutcome, LeaderEpoch) {
    let mut walk = scan(file, from);
    let error = walk.find_map(Result::err);
    let resume = walk.resume();
    let place = Place {
        position: resume.position,
        offset: resume.offset,
    };
    let outcome = match error {
        None => ScanOutcome::CleanEnd { end: place },
        Some(_) => {
            let walked = resume.position.distance_from(from.position);
            let start = walked
                .and_then(|walked| usize::try_from(walked).ok())
                .expect("a walk stays within the bytes that it was given");
            ScanOutcome::Damage {
                place,
                found: found_at(&file[start..], from.batch_bytes_max),
                follows: what_follows(&file[start..], resume),
            }
        }
    };
    (outcome, resume.epoch_min)
}

/// Whether a walk's error is only the end of its window, so that the driver must read on before it may judge.
#[must_use]
pub fn needs_more(error: &ScanError) -> Option<usize> {
    match error.kind {
        ScanErrorKind::NeedMore { length } => Some(length),
        ScanErrorKind::BadLength { .. }
        | ScanErrorKind::BadMagic { .. }
        | ScanErrorKind::WrongOffset { .. }
        | ScanErrorKind::WrongEpoch { .. }
        | ScanErrorKind::CrcMismatch { .. }
        | ScanErrorKind::BadCounts { .. } => None,
    }
}

/// Takes `data` for flags and a log's tail, and decides over it: a cut must leave a log that is kept.
#[doc(hidden)]
pub fn fuzz_recovery(data: &[u8]) {
    let (flags, file) = data.split_first().unwrap_or((&0, &[]));
    let repaired = (flags & 8 != 0).then(|| with_right_crcs(file));
    let file = repaired.as_deref().unwrap_or(file);
    let from = ScanFrom {
        position: Position::ZERO,
        offset: RecordBatchHeader::view(file)
            .map_or(Offset::ZERO, RecordBatchHeader::base_offset)
            .max(Offset::ZERO),
        epoch_min: LeaderEpoch(0),
        epoch_max: LeaderEpoch(1000),
        gaps: Gaps::Refused,
        batch_bytes_max: 1 << 20,
    };
    let durable_end = (flags & 1 != 0).then(|| from.offset.plus(i64::from(flags >> 4)));
    let facts_of = |file: &[u8]| {
        let (outcome, leader_epoch) = outcome_of(file, from);
        TailFacts {
            durable_end: durable_end.flatten(),
            durable_end_missed: None,
            clean_stop: flags & 2 != 0,
            next_segment: None,
            outcome,
            leader_epoch,
            unflushed_bytes_max: if flags & 4 != 0 {
                1 << 30
            } else {
                HEADER_LENGTH as u64
            },
        }
    };
    let decision = decide(&facts_of(file));
    let Some(end) = decision.action.log_end() else {
        return;
    };
    let kept = usize::try_from(end.position.0).expect("the end lies within the file");
    let again = decide(&facts_of(&file[..kept]));
    assert_eq!(
        again.action,
        Action::Keep { end },
        "after {}",
        decision.row.label()
    );
    assert!(
        durable_end
            .flatten()
            .is_none_or(|durable| end.offset >= durable)
    );
}

#[cfg(test)]
mod tests;
