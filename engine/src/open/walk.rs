//! Reading a log file in windows, and handing out its batches.
//!
//! Shard-local. Invariants: a failed read is an outcome of its own, never an end; a batch cut by a window is read
//! again whole before it is judged; other tasks of the core run between windows.

use std::io;
use std::rc::Rc;

use super::progress::OpenProgress;
use crate::batch::{Gaps, HEADER_LENGTH, RecordBatchHeader, ScanFrom, ScannedBatch, scan};
use crate::io::{BLOCK, Disk};
use crate::log_config::LogConfig;
use crate::planted::{self, Bug};
use crate::recovery::{self, Follows, Found, Place, ScanOutcome};
use crate::segment::{Indexes, Segment};
use crate::types::{LeaderEpoch, Offset, Position, TimestampMs};

/// Bytes of a log that a scan reads at a time. Larger windows read more of what is allocated behind the tail.
pub(super) const SCAN_WINDOW_BYTES: usize = 256 << 10;
/// The largest batch that a file may hold: that of the largest request.
pub(super) const BATCH_BYTES_MAX: usize = 100 << 20;

/// Zeros behind the last batch of a log that are enough to be allocated space: what lies behind them, up to the end of
/// the file, is not read. A start after a crash would otherwise read all that was allocated ahead, which in many small
/// logs is as much as what was written.
const ALLOCATED_LOOK_BYTES: usize = 64 << 10;

/// What a walk is told besides its file.
pub(super) struct WalkRules<'a> {
    pub(super) progress: &'a OpenProgress,
    /// From this offset on, zeros need not be read to the end of the file. None: they are, as they may hide damage.
    pub(super) allocated_from: Option<Offset>,
}

/// How a walk ended.
pub(super) struct Walked {
    pub(super) outcome: ScanOutcome,
    /// The epoch of the last batch.
    pub(super) leader_epoch: LeaderEpoch,
    /// Where the zeros end that were read, when not all were.
    pub(super) zeros_to: Option<Position>,
    /// The last bytes that were accepted.
    pub(super) last_block: LastBlock,
}

/// What a walk has accepted of the block in which it ended.
#[derive(Clone, Debug)]
pub(super) struct LastBlock {
    end: Position,
    bytes: Vec<u8>,
}

impl LastBlock {
    /// Of a walk that begins here.
    pub(super) fn at(begin: Position) -> LastBlock {
        LastBlock {
            end: begin,
            bytes: Vec::new(),
        }
    }

    fn pass(&mut self, accepted: &[u8]) {
        self.end = Position(self.end.0 + accepted.len() as u64);
        let length = self.length();
        match accepted.len().checked_sub(length) {
            Some(before) => self.bytes = accepted[before..].to_vec(),
            // Still in the block of the bytes before.
            None => self.bytes.extend_from_slice(accepted),
        }
    }

    /// From the last block boundary on.
    fn length(&self) -> usize {
        usize::try_from(self.end.0 % BLOCK as u64).expect("less than a block")
    }

    /// The bytes between the last block boundary and `end`; none where the walk has ended elsewhere, or begun behind the boundary.
    pub(super) fn up_to(&self, end: Position) -> Option<&[u8]> {
        (self.end == end && self.bytes.len() == self.length()).then_some(&self.bytes)
    }
}

/// How one window ended.
enum WindowEnd {
    /// All of it was batches, or a batch goes on behind it, of which so many bytes are needed.
    ReadOn(usize),
    /// Here is something that does not belong here.
    Damage,
}

/// Walks the batches of a file from `from` to `length`, window by window. `note` says whether a batch belongs there.
pub(super) async fn scan_file<D: Disk>(
    disk: &D,
    file: &D::File,
    mut from: ScanFrom,
    length: u64,
    rules: &WalkRules<'_>,
    mut note: impl FnMut(&ScannedBatch) -> bool,
) -> Walked {
    let mut wanted = SCAN_WINDOW_BYTES;
    let mut last_block = LastBlock::at(from.position);
    loop {
        let place = place_of(&from);
        let ended = |outcome, leader_epoch, last_block| Walked {
            outcome,
            leader_epoch,
            zeros_to: None,
            last_block,
        };
        if from.position.0 >= length {
            let outcome = ScanOutcome::CleanEnd { end: place };
            return ended(outcome, from.epoch_min, last_block);
        }
        // What appends wrote is in no page cache, and read ahead is too little for a log that is read once.
        let read = disk.read_direct(file, from.position.0, wanted).await;
        if read.is_err() && planted::is(Bug::ReadErrorEndsLog) {
            let outcome = ScanOutcome::CleanEnd { end: place };
            return ended(outcome, from.epoch_min, last_block);
        }
        let Ok(window) = read else {
            return ended(
                ScanOutcome::Unreadable { place },
                from.epoch_min,
                last_block,
            );
        };
        rules.progress.scanned(window.len() as u64);
        let is_last = from.position.0 + window.len() as u64 >= length || window.len() < wanted;
        let (resume, end) = walk_window(&window, from, is_last, &mut note);
        let accepted = usize::try_from(resume.position.0 - from.position.0);
        last_block.pass(&window[..accepted.expect("within the window")]);
        from = resume;
        match end {
            // The next batches are likely to be as large; a window that holds none of them would be read twice.
            WindowEnd::ReadOn(needed) => wanted = wanted.max(needed),
            WindowEnd::Damage => {
                let outcome = match allocated_at(disk, file, from, length, rules).await {
                    Some(walked) => {
                        return Walked {
                            last_block,
                            ..walked
                        };
                    }
                    None => damage_at(disk, file, from, length).await,
                };
                return ended(outcome, from.epoch_min, last_block);
            }
        }
    }
}

fn walk_window(
    window: &[u8],
    from: ScanFrom,
    is_last: bool,
    note: &mut impl FnMut(&ScannedBatch) -> bool,
) -> (ScanFrom, WindowEnd) {
    let mut walk = scan(window, from);
    while let Some(step) = walk.next() {
        match step {
            Ok(batch) if note(&batch) => {}
            Ok(batch) => {
                let refused = ScanFrom {
                    position: batch.position,
                    offset: batch.header.base_offset(),
                    ..walk.resume()
                };
                return (refused, WindowEnd::Damage);
            }
            Err(error) => {
                return match recovery::needs_more(&error) {
                    Some(needed) if !is_last => (walk.resume(), WindowEnd::ReadOn(needed)),
                    _ => (walk.resume(), WindowEnd::Damage),
                };
            }
        }
    }
    (walk.resume(), WindowEnd::ReadOn(0))
}

fn place_of(from: &ScanFrom) -> Place {
    Place {
        position: from.position,
        offset: from.offset,
    }
}

/// The end of a log with much allocated behind it, where the rules allow to believe it.
async fn allocated_at<D: Disk>(
    disk: &D,
    file: &D::File,
    from: ScanFrom,
    length: u64,
    rules: &WalkRules<'_>,
) -> Option<Walked> {
    rules
        .allocated_from
        .filter(|durable| from.offset >= *durable)?;
    let zeros_to = from.position.plus(ALLOCATED_LOOK_BYTES as u64)?;
    if zeros_to.0 >= length {
        return None;
    }
    let look = disk
        .read_direct(file, from.position.0, ALLOCATED_LOOK_BYTES)
        .await;
    let look = look.ok()?;
    let is_allocated =
        look.len() == ALLOCATED_LOOK_BYTES && recovery::leading_zeros(&look) == look.len();
    is_allocated.then_some(Walked {
        outcome: ScanOutcome::Damage {
            place: place_of(&from),
            found: Found::Nothing,
            follows: Follows::Zeros,
        },
        leader_epoch: from.epoch_min,
        zeros_to: Some(zeros_to),
        last_block: LastBlock::at(from.position),
    })
}

/// What is in the place of a batch, and what lies between there and the end of the file.
async fn damage_at<D: Disk>(disk: &D, file: &D::File, from: ScanFrom, length: u64) -> ScanOutcome {
    let place = place_of(&from);
    let found = found_at(disk, file, from.position, length).await;
    let follows = classify(disk, file, from, length).await;
    match (found, follows) {
        (Ok(found), Ok(follows)) => ScanOutcome::Damage {
            place,
            found,
            follows,
        },
        _ => ScanOutcome::Unreadable { place },
    }
}

/// What is in the place of a batch of a file of `length` bytes.
pub(super) async fn found_at<D: Disk>(
    disk: &D,
    file: &D::File,
    position: Position,
    length: u64,
) -> io::Result<Found> {
    let header = disk.read_direct(file, position.0, HEADER_LENGTH).await?;
    let size = RecordBatchHeader::view(&header)
        .and_then(RecordBatchHeader::size)
        .filter(|size| *size <= BATCH_BYTES_MAX)
        .unwrap_or(HEADER_LENGTH);
    let left = usize::try_from(length.saturating_sub(position.0)).unwrap_or(usize::MAX);
    let bytes = disk.read_direct(file, position.0, size.min(left)).await?;
    Ok(recovery::found_at(&bytes, BATCH_BYTES_MAX))
}

/// What lies between damage and the end of the file.
async fn classify<D: Disk>(
    disk: &D,
    file: &D::File,
    from: ScanFrom,
    length: u64,
) -> io::Result<Follows> {
    // Parts overlap by what could be a batch cut by the seam; such a batch is at most as large as a group.
    const PART_BYTES: usize = 16 << 20;
    const OVERLAP_BYTES: usize = 2 << 20;
    let mut found = Follows::Zeros;
    let mut position = from.position;
    while position.0 < length {
        let part = disk.read(file, position.0, PART_BYTES).await?;
        if part.is_empty() {
            break;
        }
        found = found.and_then(recovery::what_follows(&part, ScanFrom { position, ..from }));
        let step = part.len().saturating_sub(OVERLAP_BYTES);
        if step == 0 || position.0 + part.len() as u64 >= length {
            break;
        }
        position = position.plus(step as u64).expect("within the file");
        disk.yield_now().await;
    }
    Ok(found)
}

/// Makes a segment's indexes again from its log, which ends at `end`, up to the first damage.
pub(crate) async fn rebuild_indexes<D: Disk>(
    disk: &D,
    file: &D::File,
    base_offset: Offset,
    end: Position,
    config: &LogConfig,
) -> io::Result<Indexes> {
    let mut segment = Segment::<()>::new(base_offset, None, TimestampMs::NONE);
    // The batches have been accepted before.
    let from = ScanFrom {
        position: Position::ZERO,
        offset: base_offset,
        epoch_min: LeaderEpoch::UNDEFINED,
        epoch_max: LeaderEpoch(i32::MAX),
        gaps: Gaps::Allowed,
        batch_bytes_max: BATCH_BYTES_MAX,
    };
    let note = |batch: &ScannedBatch| {
        let last_offset = batch.header.last_offset().expect("the scan has checked it");
        segment.note(&batch.header, last_offset, batch.size as u64, config);
        true
    };
    let rules = WalkRules {
        progress: &OpenProgress::default(),
        allocated_from: None,
    };
    let walked = scan_file(disk, file, from, end.0, &rules, note).await;
    if let ScanOutcome::Unreadable { place } = walked.outcome {
        return Err(io::Error::other(format!("cannot read at {place}")));
    }
    segment.seal_time_index();
    let indexes = segment.indexes.take().expect("a new segment has indexes");
    Ok(Rc::unwrap_or_clone(indexes))
}
