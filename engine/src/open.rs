//! Opening a partition: what its files say, checked against the log, after a clean stop, a crash or a fault.
//!
//! Shard-local; the driver of the pure decisions in [`crate::recovery`]. Invariants: only what lies above the durable
//! end is ever cut, and it is said; what is kept is durable before it is served; indexes and snapshots are taken for
//! what they are, a way to read less, and are made again when they do not fit the log; nothing needs free space.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::batch::{Gaps, RecordBatchHeader, ScanFrom, ScannedBatch, scan};
use crate::checkpoint::{self, DecodedCheckpoint, DurableEnd};
use crate::compaction::checkpoint::CleanerCheckpoint;
use crate::compaction::{self, PartitionCleaner};
use crate::ends::Ends;
use crate::file_name::{self, FileState, SegmentFileKind, SegmentFileName};
use crate::index::{OffsetIndex, TimeIndex};
use crate::io::{BLOCK, Disk};
use crate::leader_epoch::LeaderEpochs;
use crate::log::{Log, LogPosition, Refusal};
use crate::log_config::LogConfig;
use crate::partition::Partition;
use crate::producer_state::ProducerStates;
use crate::recovery::{self, Action, Decision, Follows, Place, ScanOutcome, TailFacts};
use crate::segment::{Indexes, Segment};
use crate::tail_cache::{CacheBudget, TailCache};
use crate::types::{LeaderEpoch, Offset, Position, TimestampMs, TopicPartition};
use crate::upkeep::{self, Checkpointer};

/// Bytes of a log that a scan reads at a time.
const SCAN_WINDOW_BYTES: usize = 1 << 20;
/// The largest batch that a file may hold: that of the largest request.
const BATCH_BYTES_MAX: usize = 100 << 20;
/// How often a partition that refuses writes for want of space looks for room.
const ROOM_CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// The room that has to be found before writes resume.
const ROOM_BYTES: u64 = 1 << 20;

/// What to open.
pub(crate) struct OpenRequest {
    pub(crate) partition: TopicPartition,
    pub(crate) directory: PathBuf,
    pub(crate) config: LogConfig,
    pub(crate) budget: Rc<CacheBudget>,
    /// Whether the last stop flushed and saved everything.
    pub(crate) clean_stop: bool,
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
    let cleaner = compaction::recover(&disk, directory)
        .await
        .map_err(at(directory))?;
    let files = list_files(&disk, directory).await?;
    let small = SmallFiles::read(&disk, &request.directory).await?;
    let mut opening = Opening::new(disk, request, files, small, cleaner);
    opening.open_segments().await?;
    opening.finish().await
}

struct LogFile {
    base_offset: Offset,
    length: u64,
    modified_ms: i64,
}

#[derive(Default)]
struct Files {
    logs: Vec<LogFile>,
    snapshots: Vec<Offset>,
}

/// Finds the live files and removes what a crash or a deletion has left.
async fn list_files<D: Disk>(disk: &D, directory: &Path) -> Result<Files, OpenError> {
    let mut files = Files::default();
    for entry in disk.list(directory).map_err(at(directory))? {
        let Some(name) = SegmentFileName::parse(&entry.name) else {
            if entry.name.ends_with(".tmp") {
                disk.remove(&directory.join(&entry.name))
                    .await
                    .map_err(at(directory))?;
            }
            continue;
        };
        match (name.state, name.kind) {
            (FileState::Live, SegmentFileKind::Log) => files.logs.push(LogFile {
                base_offset: name.base_offset,
                length: entry.length,
                modified_ms: entry.modified_ms,
            }),
            (FileState::Live, SegmentFileKind::ProducerSnapshot) => {
                files.snapshots.push(name.base_offset)
            }
            (FileState::Live, _) => {}
            (FileState::Deleted | FileState::Cleaned | FileState::Swap, _) => {
                disk.remove(&directory.join(&entry.name))
                    .await
                    .map_err(at(directory))?;
            }
        }
    }
    files.logs.sort_by_key(|file| file.base_offset);
    files.snapshots.sort_unstable();
    Ok(files)
}

/// What is kept beside the segments.
struct SmallFiles {
    checkpoint: Option<DecodedCheckpoint>,
    /// None where there is no such file: a new partition, or one that another broker wrote.
    epochs: Option<LeaderEpochs>,
}

impl SmallFiles {
    async fn read<D: Disk>(disk: &D, directory: &Path) -> Result<SmallFiles, OpenError> {
        let path = directory.join(file_name::DURABLE_END_CHECKPOINT);
        let slots = disk.read_whole(&path).await.map_err(at(&path))?;
        let checkpoint = slots.and_then(|bytes| checkpoint::decode_slots(&bytes).ok());
        let path = directory.join(file_name::LEADER_EPOCH_CHECKPOINT);
        let text = disk.read_whole(&path).await.map_err(at(&path))?;
        let epochs = match text.as_deref().map(LeaderEpochs::parse) {
            None => None,
            Some(Ok(epochs)) => Some(epochs),
            Some(Err(error)) => {
                tracing::warn!(path = %path.display(), %error, "epochs are made again from the log");
                None
            }
        };
        Ok(SmallFiles { checkpoint, epochs })
    }
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
    refused: Option<String>,
    now: TimestampMs,
    /// Which segments compaction wrote: only those may have gaps.
    cleaner: CleanerCheckpoint,
}

/// Where a scan begins, and what is known of the segment up to there.
struct ScanStart<F> {
    segment: Segment<F>,
    /// Producers are as of this offset: batches before it have been counted.
    producers_offset: Offset,
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
            refused: None,
            cleaner,
        }
    }

    fn path(&self, base_offset: Offset, kind: SegmentFileKind) -> PathBuf {
        self.request
            .directory
            .join(SegmentFileName::live(base_offset, kind).to_string())
    }

    fn log_start(&self) -> Offset {
        self.checkpoint.map_or(Offset::ZERO, |checkpoint| {
            checkpoint.durable_end.log_start_offset
        })
    }

    async fn open_segments(&mut self) -> Result<(), OpenError> {
        self.drop_segments_below_log_start().await?;
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
            for kind in SegmentFileKind::ALL {
                let path = self.path(below, kind);
                self.disk.remove(&path).await.map_err(at(&path))?;
            }
            self.files.snapshots.retain(|at| *at != below);
        }
        Ok(())
    }

    async fn open_first_segment(&mut self) -> Result<(), OpenError> {
        let end = self.checkpoint.map_or(Offset::ZERO, |checkpoint| {
            checkpoint.durable_end.durable_end
        });
        if end > self.log_start() {
            self.refuse(&format!(
                "offsets {}..{end} were durable and no segment holds them",
                self.log_start()
            ));
        }
        let path = self.path(end, SegmentFileKind::Log);
        let file = self.disk.open(&path).await.map_err(at(&path))?;
        self.segments
            .push_back(Segment::new(end, Some(file), self.now));
        Ok(())
    }

    /// Where the walk begins: the segment of the durable end, or an earlier one where the last state of the producers
    /// that can be read, and that the log is known to reach, is older.
    async fn first_scanned(&mut self) -> usize {
        let Some(checkpoint) = self.checkpoint else {
            return 0;
        };
        let DurableEnd {
            durable_end,
            segment_base_offset,
            ..
        } = checkpoint.durable_end;
        let holding = |offset: Offset| {
            let logs = &self.files.logs;
            logs.iter().rposition(|file| file.base_offset <= offset)
        };
        for offset in self.files.snapshots.iter().rev().copied() {
            let (true, Some(holds)) = (offset <= durable_end, holding(offset)) else {
                continue;
            };
            if let Some(producers) = self.read_snapshot(offset).await {
                let first = holds.min(holding(segment_base_offset).unwrap_or(0));
                self.snapshot = Some((offset, producers));
                return first;
            }
        }
        0
    }

    async fn read_snapshot(&self, offset: Offset) -> Option<ProducerStates> {
        let path = self.path(offset, SegmentFileKind::ProducerSnapshot);
        let bytes = self.disk.read_whole(&path).await.ok().flatten()?;
        ProducerStates::decode_snapshot(&bytes).ok()
    }

    /// A sealed segment below the durable end. Its last batches are looked at, so that a file that is shorter than it
    /// was, or longer by what was allocated ahead, is not taken for what its length says.
    async fn open_known(&mut self, index: usize) -> Result<(), OpenError> {
        let (base_offset, length) = {
            let file = &self.files.logs[index];
            (file.base_offset, file.length)
        };
        let next_offset = self.files.logs[index + 1].base_offset;
        let path = self.path(base_offset, SegmentFileKind::Log);
        let file = self.disk.open_existing(&path).await.map_err(at(&path))?;
        let (indexes, outcome) = match self.saved_indexes(base_offset, length).await {
            Some(indexes) => {
                let from = last_batches(&indexes);
                let walked = scan_file(&self.disk, &file, from, length, |_| true).await;
                (indexes, walked.0)
            }
            None => self.rebuild_saved_indexes(base_offset, &file, length).await,
        };
        let end = outcome.place();
        let mut segment = Segment::new(
            base_offset,
            None,
            TimestampMs(self.files.logs[index].modified_ms),
        );
        segment.end = end.position;
        segment.next_offset = end.offset;
        segment.max_timestamp = indexes
            .time
            .last()
            .map_or(TimestampMs::NONE, |entry| entry.timestamp);
        segment.indexes = None;
        let facts = TailFacts {
            durable_end: self
                .checkpoint
                .map(|checkpoint| checkpoint.durable_end.durable_end),
            clean_stop: self.request.clean_stop,
            next_segment: Some(next_offset),
            outcome: self.cleaner.reached(base_offset, outcome),
            leader_epoch: self.epoch_max,
            unflushed_bytes_max: 0,
        };
        let decision = recovery::decide(&facts);
        segment.is_damaged = matches!(decision.action, Action::Refuse { .. });
        self.apply(decision, &path, &file, length).await?;
        self.segments.push_back(segment);
        Ok(())
    }

    /// A sealed segment's indexes as they are on the disk, where they can be those of a log of `length` bytes.
    async fn saved_indexes(&self, base_offset: Offset, length: u64) -> Option<Indexes> {
        let read = async |kind| {
            let path = self.path(base_offset, kind);
            self.disk.read_whole(&path).await.ok().flatten()
        };
        let offset = read(SegmentFileKind::OffsetIndex).await?;
        let time = read(SegmentFileKind::TimeIndex).await?;
        let indexes = Indexes {
            offset: OffsetIndex::decode(base_offset, &offset).ok()?,
            time: TimeIndex::decode(base_offset, &time).ok()?,
        };
        let last = indexes.offset.last();
        let fits = last.is_none_or(|last| last.position.0 < length);
        // Only a segment without a single timestamp has a time index without an entry, and that is rare enough.
        (fits && !indexes.time.is_empty()).then_some(indexes)
    }

    async fn rebuild_saved_indexes(
        &self,
        base_offset: Offset,
        file: &D::File,
        length: u64,
    ) -> (Indexes, ScanOutcome) {
        let directory = &self.request.directory;
        tracing::warn!(partition = %directory.display(), segment = %base_offset, "making the indexes again from the log");
        let config = &self.request.config;
        let (indexes, outcome) =
            index_log(&self.disk, file, base_offset, Position(length), config).await;
        let saved = upkeep::save_indexes_of(&self.disk, directory, base_offset, &indexes).await;
        if let Err(error) = saved {
            tracing::warn!(partition = %directory.display(), segment = %base_offset, %error, "the indexes could not be saved");
        }
        (indexes, outcome)
    }

    async fn open_scanned(&mut self, index: usize, is_first: bool) -> Result<(), OpenError> {
        let base_offset = self.files.logs[index].base_offset;
        let path = self.path(base_offset, SegmentFileKind::Log);
        let file = self.disk.open(&path).await.map_err(at(&path))?;
        let length = self.disk.length(&file).map_err(at(&path))?;
        let mut start = if is_first {
            self.scan_start(base_offset, &file).await
        } else {
            self.whole_segment(base_offset, &file)
        };
        let segment = &mut start.segment;
        let from = ScanFrom {
            position: segment.end,
            offset: segment.next_offset,
            epoch_min: LeaderEpoch::UNDEFINED,
            epoch_max: self.epoch_max,
            gaps: match self.cleaner.segment(base_offset) {
                Some(_) => Gaps::Allowed,
                None => Gaps::Refused,
            },
            batch_bytes_max: BATCH_BYTES_MAX,
        };
        let epochs_are_known = self.epochs_are_known;
        let (producers, epochs, config) =
            (&mut self.producers, &mut self.epochs, &self.request.config);
        let note = |batch: &ScannedBatch| {
            let header = &batch.header;
            let last_offset = header.last_offset().expect("the scan has checked it");
            if epochs_are_known && !epochs.agrees_with(header.base_offset(), header.leader_epoch())
            {
                return false;
            }
            if !epochs_are_known {
                // Negative epochs are not assigned; batches of other brokers may carry them.
                let _ = epochs.assign(header.leader_epoch(), header.base_offset());
            }
            if header.base_offset() >= start.producers_offset {
                producers.update(header, header.base_offset());
            }
            segment.note(header, last_offset, batch.size as u64, config);
            true
        };
        let (outcome, walked_epoch) = scan_file(&self.disk, &file, from, length, note).await;
        let leader_epoch = self
            .epochs
            .epoch_for_offset(outcome.place().offset)
            .unwrap_or(walked_epoch);
        let facts = TailFacts {
            durable_end: self
                .checkpoint
                .map(|checkpoint| checkpoint.durable_end.durable_end),
            clean_stop: self.request.clean_stop,
            next_segment: self.next_with_data(index),
            outcome: self.cleaner.reached(base_offset, outcome),
            leader_epoch,
            unflushed_bytes_max: self.request.config.segment_bytes.into(),
        };
        let decision = recovery::decide(&facts);
        start.segment.is_damaged = matches!(decision.action, Action::Refuse { .. });
        self.apply(decision, &path, &file, length).await?;
        let is_active = index + 1 == self.files.logs.len();
        if !is_active && self.refused.is_none() {
            self.seal(&mut start.segment).await;
        }
        self.segments.push_back(start.segment);
        Ok(())
    }

    async fn apply(
        &mut self,
        decision: Decision,
        path: &Path,
        file: &D::File,
        length: u64,
    ) -> Result<(), OpenError> {
        match decision.action {
            // A partition that refuses writes is left as it was found.
            _ if self.refused.is_some() => Ok(()),
            Action::Keep { .. } => Ok(()),
            Action::TrimZeros { to } if decision_is_of_sealed(&self.files, to) => self
                .disk
                .truncate(file, to.position.0)
                .await
                .map_err(at(path)),
            Action::TrimZeros { .. } => Ok(()),
            Action::CutTornTail { to } => {
                let cut_bytes = length - to.position.0;
                tracing::warn!(
                    path = %path.display(), position = %to.position, offset = %to.offset, cut_bytes,
                    rule = decision.row.label(), "cut a torn tail"
                );
                self.disk
                    .truncate(file, to.position.0)
                    .await
                    .map_err(at(path))?;
                self.disk.flush(file).await.map_err(at(path))
            }
            Action::Refuse { at } => {
                self.refuse(&format!(
                    "{} is damaged at position {}, where offset {} should be ({}); `corelane log inspect {}` shows it",
                    path.display(), at.position, at.offset, decision.row.label(), path.display(),
                ));
                Ok(())
            }
        }
    }

    /// The base offset of the first later segment that holds anything.
    fn next_with_data(&self, index: usize) -> Option<Offset> {
        let mut later = self.files.logs[index + 1..].iter();
        later
            .find(|file| file.length > 0)
            .map(|file| file.base_offset)
    }

    fn refuse(&mut self, reason: &str) {
        tracing::error!(partition = %self.request.directory.display(), reason, "the partition refuses writes");
        self.refused = Some(reason.to_owned());
    }

    /// The furthest place in the segment from which the log has to be read: where saved index entries and a saved
    /// producers' state agree with a batch in the file. The start of the segment where there is none.
    async fn scan_start(&mut self, base_offset: Offset, file: &D::File) -> ScanStart<D::File> {
        let Some((offset, producers)) = &self.snapshot else {
            return self.whole_segment(base_offset, file);
        };
        let offset = *offset;
        self.producers = producers.clone();
        let segment = self.saved_segment(base_offset, file, offset).await;
        ScanStart {
            segment: segment
                .unwrap_or_else(|| Segment::new(base_offset, Some(file.clone()), self.now)),
            producers_offset: offset,
        }
    }

    fn whole_segment(&mut self, base_offset: Offset, file: &D::File) -> ScanStart<D::File> {
        ScanStart {
            segment: Segment::new(base_offset, Some(file.clone()), self.now),
            producers_offset: base_offset,
        }
    }

    /// The segment up to the index entry at or below `offset`, when the batch that it names is there.
    async fn saved_segment(
        &self,
        base_offset: Offset,
        file: &D::File,
        offset: Offset,
    ) -> Option<Segment<D::File>> {
        let read = async |kind| {
            self.disk
                .read_whole(&self.path(base_offset, kind))
                .await
                .ok()
                .flatten()
        };
        let offset_bytes = read(SegmentFileKind::OffsetIndex).await?;
        let time_bytes = read(SegmentFileKind::TimeIndex).await?;
        let mut indexes = Indexes {
            offset: OffsetIndex::decode(base_offset, &offset_bytes).ok()?,
            time: TimeIndex::decode(base_offset, &time_bytes).ok()?,
        };
        let entry = indexes.offset.lookup(offset);
        if entry.position == Position::ZERO {
            return None;
        }
        let bytes = self
            .disk
            .read(file, entry.position.0, crate::batch::HEADER_LENGTH)
            .await
            .ok()?;
        let header = RecordBatchHeader::view(&bytes)?;
        if header.last_offset() != Some(entry.offset) {
            return None;
        }
        let begin = header.base_offset();
        indexes.offset.truncate_to(entry.offset);
        indexes.time.truncate_to(begin);
        Some(Segment::known(
            base_offset,
            Some(file.clone()),
            entry.position,
            begin,
            Rc::new(indexes),
            self.now,
        ))
    }

    /// A crash came between a roll's first step and its last: what the roll would have saved is saved here.
    async fn seal(&self, segment: &mut Segment<D::File>) {
        segment.seal_time_index();
        let Some(indexes) = &segment.indexes else {
            return;
        };
        let directory = &self.request.directory;
        let base_offset = segment.base_offset;
        let saved = upkeep::save_indexes_of(&self.disk, directory, base_offset, indexes).await;
        if let Err(error) = saved {
            tracing::warn!(partition = %directory.display(), segment = %base_offset, %error, "the indexes could not be saved");
        }
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

    async fn finish(self) -> Result<Rc<Partition<D>>, OpenError> {
        let active = self
            .segments
            .back()
            .expect("at least the first segment was opened");
        let file = match &active.file {
            Some(file) => file.clone(),
            None => {
                let path = self.path(active.base_offset, SegmentFileKind::Log);
                self.disk.open(&path).await.map_err(at(&path))?
            }
        };
        let end = LogPosition {
            segment: active.base_offset,
            position: active.end,
            offset: active.next_offset,
        };
        let path = self.path(end.segment, SegmentFileKind::Log);
        let was_durable = self
            .checkpoint
            .is_some_and(|checkpoint| checkpoint.durable_end.durable_end >= end.offset);
        if !was_durable && self.refused.is_none() && end.position > Position::ZERO {
            self.disk.flush(&file).await.map_err(at(&path))?;
        }
        let allocated = self.disk.length(&file).map_err(at(&path))?;
        let remainder = read_remainder(&self.disk, &file, end.position)
            .await
            .map_err(at(&path))?;
        let loose_snapshot = if self.refused.is_none() {
            self.remove_loose_snapshots(end.offset).await
        } else {
            None
        };
        let first = self.segments.front().expect("as above").base_offset;
        let log_start = self.log_start().max(first).min(end.offset);
        let next_epoch = self
            .epochs
            .latest()
            .and_then(|latest| latest.epoch.next())
            .unwrap_or(LeaderEpoch(0));
        let mut segments = self.segments;
        if let Some(active) = segments.back_mut() {
            active.file = Some(file);
        }
        let log = Log {
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
            queue: VecDeque::new(),
            visible: end,
            written: end,
            durable: end,
            records_since_flush: 0,
            flush_due: false,
            before_group: None,
            refused: self.refused.map(|reason| Refusal {
                reason: reason.into(),
                is_full_disk: false,
            }),
            closed: false,
        };
        let cache = TailCache::new(self.request.budget.clone(), end.segment, remainder);
        let generation = self
            .checkpoint
            .map_or(0, |checkpoint| checkpoint.generation);
        let checkpointer = Checkpointer::new(generation, loose_snapshot);
        Ok(Partition::new(
            self.disk,
            log,
            cache,
            self.request.budget,
            allocated,
            checkpointer,
            PartitionCleaner::new(self.cleaner),
        ))
    }
}

/// The bytes between the last block boundary and `end`, which the next write has to repeat.
async fn read_remainder<D: Disk>(disk: &D, file: &D::File, end: Position) -> io::Result<Vec<u8>> {
    let length = end.0 % BLOCK as u64;
    if length == 0 {
        return Ok(Vec::new());
    }
    let wanted = usize::try_from(length).expect("less than a block");
    let remainder = disk.read(file, end.0 - length, wanted).await?;
    if remainder.len() < wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(remainder.to_vec())
}

/// Walks the batches of a file from `from` to `length`, window by window. `note` says whether a batch belongs there.
async fn scan_file<D: Disk>(
    disk: &D,
    file: &D::File,
    mut from: ScanFrom,
    length: u64,
    mut note: impl FnMut(&ScannedBatch) -> bool,
) -> (ScanOutcome, LeaderEpoch) {
    let mut wanted = SCAN_WINDOW_BYTES;
    loop {
        let place = Place {
            position: from.position,
            offset: from.offset,
        };
        if from.position.0 >= length {
            return (ScanOutcome::CleanEnd { end: place }, from.epoch_min);
        }
        let Ok(window) = disk.read(file, from.position.0, wanted).await else {
            return (ScanOutcome::Unreadable { place }, from.epoch_min);
        };
        let is_last = from.position.0 + window.len() as u64 >= length || window.len() < wanted;
        let mut walk = scan(&window, from);
        let mut needed = None;
        let mut is_damaged = false;
        let mut refused = None;
        for step in walk.by_ref() {
            match step {
                Ok(batch) if note(&batch) => {}
                Ok(batch) => {
                    refused = Some(batch);
                    break;
                }
                Err(error) => {
                    needed = recovery::needs_more(&error);
                    is_damaged = needed.is_none() || is_last;
                }
            }
        }
        from = walk.resume();
        if let Some(batch) = refused {
            is_damaged = true;
            from = ScanFrom {
                position: batch.position,
                offset: batch.header.base_offset(),
                ..from
            };
        }
        if is_damaged {
            let place = Place {
                position: from.position,
                offset: from.offset,
            };
            let outcome = match classify(disk, file, from, length).await {
                Ok(follows) => ScanOutcome::Damage { place, follows },
                Err(_) => ScanOutcome::Unreadable { place },
            };
            return (outcome, from.epoch_min);
        }
        wanted = needed.unwrap_or(0).max(SCAN_WINDOW_BYTES);
    }
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
        crate::runtime::yield_now().await;
    }
    Ok(found)
}

/// Whether `end` is where the next segment starts.
fn decision_is_of_sealed(files: &Files, end: Place) -> bool {
    files.logs.iter().any(|file| file.base_offset == end.offset) && end.position > Position::ZERO
}

/// Where the last batches of a segment begin that its index does not name: the walk to its end starts here.
fn last_batches(indexes: &Indexes) -> ScanFrom {
    let position = indexes
        .offset
        .last()
        .map_or(Position::ZERO, |entry| entry.position);
    ScanFrom {
        position,
        ..whole_log(indexes.offset.base_offset())
    }
}

/// A walk over a segment whose batches have been accepted before.
fn whole_log(base_offset: Offset) -> ScanFrom {
    ScanFrom {
        position: Position::ZERO,
        offset: base_offset,
        epoch_min: LeaderEpoch::UNDEFINED,
        epoch_max: LeaderEpoch(i32::MAX),
        gaps: Gaps::Allowed,
        batch_bytes_max: BATCH_BYTES_MAX,
    }
}

/// Makes a segment's indexes again from its log, which ends at `end`.
pub(crate) async fn rebuild_indexes<D: Disk>(
    disk: &D,
    file: &D::File,
    base_offset: Offset,
    end: Position,
    config: &LogConfig,
) -> io::Result<Indexes> {
    match index_log(disk, file, base_offset, end, config).await {
        (_, ScanOutcome::Unreadable { place }) => {
            Err(io::Error::other(format!("cannot read at {place}")))
        }
        (indexes, _) => Ok(indexes),
    }
}

/// Walks a log and indexes it up to where the walk ends.
async fn index_log<D: Disk>(
    disk: &D,
    file: &D::File,
    base_offset: Offset,
    end: Position,
    config: &LogConfig,
) -> (Indexes, ScanOutcome) {
    let mut segment = Segment::<()>::new(base_offset, None, TimestampMs::NONE);
    let from = whole_log(base_offset);
    let note = |batch: &ScannedBatch| {
        let last_offset = batch.header.last_offset().expect("the scan has checked it");
        segment.note(&batch.header, last_offset, batch.size as u64, config);
        true
    };
    let (outcome, _) = scan_file(disk, file, from, end.0, note).await;
    segment.seal_time_index();
    let indexes = segment.indexes.take().expect("a new segment has indexes");
    (Rc::unwrap_or_clone(indexes), outcome)
}

/// Waits until the disk has room, and lets writes go on. The partition refuses them until then, so that nothing of it
/// moves meanwhile.
pub(crate) async fn resume_when_there_is_room<D: Disk>(partition: Rc<Partition<D>>) {
    let (file, written) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written)
    };
    loop {
        partition.disk.sleep(ROOM_CHECK_INTERVAL).await;
        if partition.log.borrow().closed {
            return;
        }
        if let Ok(remainder) = find_room(&partition, &file, written.position).await {
            partition
                .cache
                .borrow_mut()
                .reset(written.segment, remainder);
            partition.allocated.set(written.position.0);
            partition.log.borrow_mut().refused = None;
            tracing::info!(partition = %partition.directory().display(), "there is room again; writes go on");
            return;
        }
    }
}

async fn find_room<D: Disk>(
    partition: &Rc<Partition<D>>,
    file: &D::File,
    end: Position,
) -> io::Result<Vec<u8>> {
    let from = end.0.next_multiple_of(BLOCK as u64);
    match partition.disk.allocate(file, from, ROOM_BYTES).await {
        // Where the file system cannot allocate ahead, the next write finds out.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
        _ => {}
    }
    read_remainder(&partition.disk, file, end).await
}

/// Takes back what a failed write has left behind the end of what was written, durably. What was written before is
/// durable then as well.
pub(crate) async fn take_back<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    let (file, written) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written)
    };
    partition.disk.truncate(&file, written.position.0).await?;
    partition.disk.flush(&file).await?;
    partition.log.borrow_mut().flushed_to(written);
    Ok(())
}
