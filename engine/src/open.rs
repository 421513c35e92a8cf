//! Opening a partition: what its files say, checked against the log, after a clean stop, a crash or a fault.
//!
//! Shard-local; the driver of the pure decisions in [`crate::recovery`]. Invariants: only what lies above the durable
//! end is ever cut, and it is said; a partition that refuses writes is left as it was found; what is kept is durable
//! before it is served; indexes and snapshots are taken for what they are, a way to read less, and are made again
//! when they do not fit the log; nothing needs free space.
//!
//! | file | job |
//! |---|---|
//! | [`files`] | lists the directory, reads what is kept beside the segments |
//! | [`segments`] | walks a segment to its end, over damage where that is possible |
//! | [`known`] | sealed segments, of which only the end is walked |
//! | [`scanned`] | segments that are walked from the last place known to be good |
//! | [`behind_damage`] | where a log goes on behind damage |
//! | [`walk`] | reads a file in windows and hands out its batches |
//! | [`again`] | reads a second time what was accepted, and checks that it is the same |
//! | [`rewrite`] | writes again what is taken over and was not known to be durable |
//! | [`room`] | goes on after a full disk, without opening again |
//! | [`progress`] | tells how far a long start has come |

mod again;
mod behind_damage;
mod files;
mod known;
pub(crate) mod progress;
mod rewrite;
mod room;
mod scanned;
mod segments;
mod walk;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::batch::Gaps;
use crate::checkpoint::{DecodedCheckpoint, DurableEnd};
use crate::compaction::checkpoint::CleanerCheckpoint;
use crate::compaction::{self, PartitionCleaner};
use crate::ends::Ends;
use crate::file_name::{self, SegmentFileKind, SegmentFileName};
use crate::io::Disk;
use crate::leader_epoch::LeaderEpochs;
use crate::log::{DamagedRange, Intake, Log, LogPosition, Refusal};
use crate::log_config::LogConfig;
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::producer_state::ProducerStates;
use crate::recovery::{self, Place};
use crate::reserve;
use crate::segment::Segment;
use crate::tail_cache::{CacheBudget, TailCache};
use crate::types::{LeaderEpoch, Offset, Position, TimestampMs, TopicPartition};
use crate::upkeep::{Checkpointer, UnsavedBytes};

use again::{Accepted, AgainError};
use files::{Files, Leftovers, SmallFiles};
use progress::OpenProgress;
pub(crate) use room::{resume_when_there_is_room, take_back};
use walk::LastBlock;
pub(crate) use walk::rebuild_indexes;

/// Places that the reason of a refusal names; more are counted.
const REASONS_MAX: usize = 8;

/// What to open.
pub(crate) struct OpenRequest {
    pub(crate) partition: TopicPartition,
    pub(crate) directory: PathBuf,
    pub(crate) config: LogConfig,
    pub(crate) budget: Rc<CacheBudget>,
    pub(crate) unsaved: Rc<UnsavedBytes>,
    /// Whether the last stop flushed and saved everything.
    pub(crate) clean_stop: bool,
    /// Shared with all cores that open partitions at this start.
    pub(crate) progress: Arc<OpenProgress>,
    /// Why what the directory holds may not be this partition's; then it refuses writes.
    pub(crate) foreign: Option<String>,
}

/// Why a partition could not be opened at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {}: {source}", path.display())]
pub struct OpenError {
    /// The file or directory.
    pub path: PathBuf,
    /// The kernel's answer.
    pub source: io::Error,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError + use<> {
    let path = path.to_path_buf();
    |source| OpenError { path, source }
}

/// Opens a partition, recovering what a crash has left. A partition whose log is damaged below what was durable opens
/// as well; it serves what is whole and refuses writes, see [`Partition::refused`].
pub(crate) async fn open<D: Disk>(
    disk: D,
    request: OpenRequest,
) -> Result<Rc<Partition<D>>, OpenError> {
    let directory = &request.directory;
    let leftovers = match request.foreign {
        Some(_) => Leftovers::Kept,
        None => Leftovers::Removed,
    };
    let cleaner = match leftovers {
        Leftovers::Removed => compaction::recover(&disk, directory).await,
        Leftovers::Kept => compaction::read_checkpoint(&disk, directory).await,
    };
    let cleaner = cleaner.map_err(at(directory))?;
    let files = files::list(&disk, directory, leftovers).await?;
    let small = SmallFiles::read(&disk, &request.directory).await?;
    let log_start = small
        .checkpoint
        .map(|checkpoint| checkpoint.durable_end.log_start_offset);
    let may_be_unflushed = leftovers == Leftovers::Removed && !request.clean_stop;
    let is_moved = log_start.is_some_and(|start| start > Offset::ZERO);
    if may_be_unflushed && is_moved && !planted::is(Bug::ShownLogStartNotFlushed) {
        // A killed process may have left it unflushed: what readers are told to be gone must not come back. It is written
        // again, as what a failed flush has left is flushed by nobody.
        let path = request.directory.join(file_name::DURABLE_END_CHECKPOINT);
        let slots = disk.read_whole(&path).await.map_err(at(&path))?;
        let slots = slots.unwrap_or_default();
        let flushed = match disk.overwrite(&path, 0, slots, true).await {
            // Blocks that are shared with a copy take new space when they are written; what there is can be flushed.
            Err(error) if reserve::is_full_disk(&error) => {
                disk.overwrite(&path, 0, Vec::new(), true).await
            }
            written => written,
        };
        flushed.map_err(at(&path))?;
    }
    let foreign = request.foreign.clone();
    let mut opening = Opening::new(disk, request, files, small, cleaner);
    if let Some(reason) = foreign {
        opening.refuse(&reason);
    }
    opening.open_segments().await?;
    opening.finish().await
}

/// A partition on its way to being open.
struct Opening<D: Disk> {
    disk: D,
    request: OpenRequest,
    files: Files,
    checkpoint: Option<DecodedCheckpoint>,
    epochs: LeaderEpochs,
    /// Whether the epochs come from their checkpoint, so that batches have to agree with them.
    epochs_are_known: bool,
    /// The highest epoch that a batch may carry; any, where nothing says.
    epoch_max: LeaderEpoch,
    producers: ProducerStates,
    /// The producers' state that the walk begins with, and the offset that it is as of.
    snapshot: Option<(Offset, ProducerStates)>,
    segments: VecDeque<Segment<D::File>>,
    /// Why writes are refused: one reason a place, in the order of the log.
    refusals: Vec<String>,
    /// What is not served, in the order of the log.
    damaged: Vec<DamagedRange>,
    /// What was cut off the end of the log.
    cut: Option<String>,
    /// What the last walk has accepted last.
    last_block: Option<LastBlock>,
    now: TimestampMs,
    /// Which segments compaction wrote: only those may have gaps.
    cleaner: CleanerCheckpoint,
}

impl<D: Disk> Opening<D> {
    fn new(
        disk: D,
        request: OpenRequest,
        files: Files,
        small: SmallFiles,
        cleaner: CleanerCheckpoint,
    ) -> Opening<D> {
        let latest = small.epochs.as_ref().map(|epochs| {
            epochs
                .latest()
                .map_or(LeaderEpoch::UNDEFINED, |entry| entry.epoch)
        });
        Opening {
            now: TimestampMs(disk.now_ms()),
            disk,
            request,
            files,
            checkpoint: small.checkpoint,
            epochs_are_known: small.epochs.is_some(),
            epochs: small.epochs.unwrap_or_default(),
            epoch_max: latest.unwrap_or(LeaderEpoch(i32::MAX)),
            producers: ProducerStates::new(),
            snapshot: None,
            segments: VecDeque::new(),
            refusals: Vec::new(),
            damaged: Vec::new(),
            cut: None,
            last_block: None,
            cleaner,
        }
    }

    fn path(&self, base_offset: Offset, kind: SegmentFileKind) -> PathBuf {
        self.request
            .directory
            .join(SegmentFileName::live(base_offset, kind).to_string())
    }

    fn durable_end(&self) -> Option<DurableEnd> {
        self.checkpoint.map(|checkpoint| checkpoint.durable_end)
    }

    fn log_start(&self) -> Offset {
        self.durable_end()
            .map_or(Offset::ZERO, |durable| durable.log_start_offset)
    }

    fn is_refused(&self) -> bool {
        !self.refusals.is_empty()
    }

    async fn open_segments(&mut self) -> Result<(), OpenError> {
        self.drop_segments_below_log_start().await?;
        self.check_start();
        if self.files.logs.is_empty() {
            return self.open_first_segment().await;
        }
        let first_scanned = self.first_scanned().await;
        for index in 0..self.files.logs.len() {
            if index < first_scanned {
                self.open_known(index).await?;
            } else {
                self.open_scanned(index, index == first_scanned).await?;
            }
        }
        Ok(())
    }

    /// A crash may have come between making the log start durable and setting the files below it aside.
    async fn drop_segments_below_log_start(&mut self) -> Result<(), OpenError> {
        let log_start = self.log_start();
        while self
            .files
            .logs
            .get(1)
            .is_some_and(|next| next.base_offset <= log_start)
        {
            let below = self.files.logs.remove(0).base_offset;
            self.files.snapshots.retain(|at| *at != below);
            self.files.aborted.retain(|at| *at != below);
            if self.request.foreign.is_some() {
                continue;
            }
            for kind in SegmentFileKind::ALL {
                let path = self.path(below, kind);
                self.disk.remove(&path).await.map_err(at(&path))?;
            }
        }
        Ok(())
    }

    /// Whether the log begins where the checkpoint says that it does.
    fn check_start(&mut self) {
        let first = self.files.logs.first().map(|file| file.base_offset);
        let Some(missing) = recovery::decide_start(self.durable_end(), first) else {
            return;
        };
        self.damaged.push(DamagedRange {
            segment: missing.offsets.start,
            start: Place {
                position: Position::ZERO,
                offset: missing.offsets.start,
            },
            end: Place {
                position: Position::ZERO,
                offset: missing.offsets.end,
            },
        });
        self.refuse(&format!(
            "offsets {}..{} were durable and no segment holds them ({})",
            missing.offsets.start,
            missing.offsets.end,
            missing.row.label(),
        ));
    }

    async fn open_first_segment(&mut self) -> Result<(), OpenError> {
        let end = self
            .durable_end()
            .map_or(Offset::ZERO, |durable| durable.durable_end);
        let (path, opened);
        if self.request.foreign.is_some() {
            // There is no log, and none is made in another's directory. This file is never read or written as one: the
            // partition ends where it begins and refuses writes.
            path = self.request.directory.join(file_name::PARTITION_METADATA);
            opened = self.disk.open_existing(&path).await;
        } else {
            path = self.path(end, SegmentFileKind::Log);
            opened = self.disk.open(&path).await;
        }
        let file = opened.map_err(at(&path))?;
        self.segments
            .push_back(Segment::new(end, Some(file), self.now));
        Ok(())
    }

    fn refuse(&mut self, reason: &str) {
        tracing::error!(partition = %self.request.directory.display(), reason, "the partition refuses writes");
        self.refusals.push(reason.to_owned());
    }

    /// All that is known of why writes are refused, and what helps.
    fn refusal(&self) -> Option<Refusal> {
        if self.refusals.is_empty() {
            return None;
        }
        let named = &self.refusals[..self.refusals.len().min(REASONS_MAX)];
        let mut reason = named.join("; ");
        if self.refusals.len() > REASONS_MAX {
            reason += &format!("; and {} places more", self.refusals.len() - REASONS_MAX);
        }
        let directory = self.request.directory.display();
        reason += &format!(
            ". `corelane log verify {directory}` shows what is damaged, and `corelane log repair {directory}` what a repair would keep"
        );
        Some(Refusal {
            reason: reason.into(),
            is_full_disk: false,
        })
    }

    /// Removes snapshots that belong to no segment's start, but for the newest that the log reaches.
    async fn remove_loose_snapshots(&self, end: Offset) -> Option<Offset> {
        let is_start = |at: Offset| {
            let logs = &self.files.logs;
            logs.iter().any(|file| file.base_offset == at)
        };
        let snapshots = self.files.snapshots.iter().rev().copied();
        let mut kept = None;
        for offset in snapshots.filter(|at| !is_start(*at)) {
            if offset <= end && kept.is_none() {
                kept = Some(offset);
                continue;
            }
            let path = self.path(offset, SegmentFileKind::ProducerSnapshot);
            if let Err(error) = self.disk.remove(&path).await {
                tracing::warn!(path = %path.display(), %error, "an old snapshot stays");
            }
        }
        kept
    }

    async fn finish(mut self) -> Result<Rc<Partition<D>>, OpenError> {
        let end = self.end();
        let path = self.path(end.segment, SegmentFileKind::Log);
        let file = self.active_file(&path).await?;
        let was_durable = self
            .durable_end()
            .is_some_and(|durable| durable.durable_end >= end.offset);
        let must_flush = !was_durable && end.position > Position::ZERO;
        if must_flush && !self.is_refused() && !planted::is(Bug::RecoveredNotFlushed) {
            match self.rewrite_unproven(&file, end).await {
                Ok(()) => self.disk.flush(&file).await.map_err(at(&path))?,
                Err(error) => self.cannot_read_again(&path, error)?,
            }
        }
        let allocated = self.disk.length(&file).map_err(at(&path))?;
        // Nothing is appended to a partition that refuses writes, and its last block may be what cannot be read.
        let remainder = if self.is_refused() {
            Vec::new()
        } else {
            self.remainder(&file, &path, end).await?
        };
        let loose_snapshot = if self.is_refused() {
            None
        } else {
            self.remove_loose_snapshots(end.offset).await
        };
        let generation = self
            .checkpoint
            .map_or(0, |checkpoint| checkpoint.generation);
        let checkpointer = Checkpointer::new(
            generation,
            loose_snapshot,
            self.durable_end().filter(|_| self.is_refused()),
            self.request.unsaved.clone(),
        );
        let budget = self.request.budget.clone();
        let cache = TailCache::new(budget.clone(), end.segment, remainder);
        self.request.progress.opened();
        let disk = self.disk.clone();
        let cleaner = PartitionCleaner::new(self.cleaner.clone());
        let log = self.into_log(file, end);
        Ok(Partition::new(
            disk,
            log,
            cache,
            budget,
            allocated,
            checkpointer,
            cleaner,
        ))
    }

    /// Writes again what lies between the durable end and `end`, see [`rewrite`]. Segments before the last one were
    /// flushed with success before its file was made.
    async fn rewrite_unproven(&self, file: &D::File, end: LogPosition) -> Result<(), AgainError> {
        if self.request.clean_stop || planted::is(Bug::RecoveredNotRewritten) {
            return Ok(());
        }
        let durable = self.durable_end();
        let in_last = durable.filter(|durable| durable.segment_base_offset == end.segment);
        let from = in_last.map_or(Position::ZERO, |durable| durable.position);
        match rewrite::rewrite(&self.disk, file, from, self.accepted(end)).await {
            Err(AgainError::Io(error)) if reserve::is_full_disk(&error) => {
                // Blocks that are shared with a snapshot or a copy take new space when they are written.
                let directory = self.request.directory.display();
                tracing::warn!(partition = %directory, %error, "the end of the log could not be written again");
                Ok(())
            }
            rewritten => rewritten,
        }
    }

    /// The bytes between the last block boundary and the end, which the next write repeats: those of the walk, or as they
    /// are read again where it has not come by.
    async fn remainder(
        &mut self,
        file: &D::File,
        path: &Path,
        end: LogPosition,
    ) -> Result<Vec<u8>, OpenError> {
        let walked = self.last_block.take();
        if let Some(bytes) = walked.as_ref().and_then(|last| last.up_to(end.position)) {
            return Ok(bytes.to_vec());
        }
        match again::read_remainder(&self.disk, file, self.accepted(end)).await {
            Ok(remainder) => Ok(remainder),
            Err(error) => {
                self.cannot_read_again(path, error)?;
                Ok(Vec::new())
            }
        }
    }

    /// What the walk over the last segment has found.
    fn accepted(&self, end: LogPosition) -> Accepted<'_> {
        let active = self.segments.back();
        let indexes = active.and_then(|active| active.indexes.as_deref());
        Accepted {
            base_offset: end.segment,
            index: indexes.map(|indexes| &indexes.offset),
            epochs: &self.epochs,
            gaps: self.gaps_of(end.segment),
            end: Place {
                position: end.position,
                offset: end.offset,
            },
        }
    }

    /// Whether the segment may have gaps.
    fn gaps_of(&self, base_offset: Offset) -> Gaps {
        match self.cleaner.segment(base_offset) {
            Some(_) => Gaps::Allowed,
            None => Gaps::Refused,
        }
    }

    /// What is not read as it was is not written either, and from there on not served.
    fn cannot_read_again(&mut self, path: &Path, error: AgainError) -> Result<(), OpenError> {
        let place = match error {
            AgainError::Io(source) => return Err(at(path)(source)),
            AgainError::Differs(place) => place,
        };
        self.refuse(&format!("{}: {error}", path.display()));
        self.damaged.push(DamagedRange {
            segment: self.end().segment,
            start: place,
            end: Place {
                position: Position(u64::MAX),
                offset: Offset(i64::MAX),
            },
        });
        Ok(())
    }

    fn end(&self) -> LogPosition {
        let active = self
            .segments
            .back()
            .expect("at least the first segment was opened");
        LogPosition {
            segment: active.base_offset,
            position: active.end,
            offset: active.next_offset,
        }
    }

    async fn active_file(&mut self, path: &Path) -> Result<D::File, OpenError> {
        let active = self
            .segments
            .back_mut()
            .expect("at least the first segment was opened");
        if let Some(file) = &active.file {
            return Ok(file.clone());
        }
        let file = self.disk.open(path).await.map_err(at(path))?;
        active.file = Some(file.clone());
        Ok(file)
    }

    fn into_log(self, file: D::File, end: LogPosition) -> Log<D::File> {
        let refused = self.refusal();
        // Where the first segment is missing the log begins before what is left of it.
        let first = self.segments.front().expect("as above").base_offset;
        let begins = self
            .damaged
            .first()
            .map_or(first, |range| range.start.offset.min(first));
        let log_start = self.log_start().max(begins).min(end.offset);
        let next_epoch = self
            .epochs
            .latest()
            .and_then(|latest| match planted::is(Bug::EpochNotRaised) {
                true => Some(latest.epoch),
                false => latest.epoch.next(),
            })
            .unwrap_or(LeaderEpoch(0));
        let mut segments = self.segments;
        if let Some(active) = segments.back_mut() {
            active.file = Some(file);
        }
        Log {
            partition: self.request.partition,
            directory: self.request.directory,
            config: self.request.config,
            ends: Ends::opened(log_start, end.offset),
            segments,
            epoch: next_epoch,
            epochs: self.epochs,
            epoch_is_durable: false,
            producers: self.producers.clone(),
            written_producers: self.producers,
            decided_unseen: VecDeque::new(),
            intake: Intake::default(),
            queue: VecDeque::new(),
            visible: end,
            written: end,
            durable: end,
            records_since_flush: 0,
            roll_begun: false,
            flush_due: false,
            before_group: None,
            refused,
            is_foreign: self.request.foreign.is_some(),
            damaged: self.damaged,
            cut: self.cut.map(Into::into),
            closed: false,
        }
    }
}
