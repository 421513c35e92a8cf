//! Writes the segment that takes the place of others: batches to `.log.cleaned`, then its indexes beside it.
//!
//! Shard-local. Invariants: nothing here touches a live file; what [`CleanedSegment::finish`] returns is durable, its
//! directory entries included.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use super::pace::Pace;
use crate::aborted_index::{self, AbortedRange};
use crate::batch::RecordBatchHeader;
use crate::file_name::{FileState, SegmentFileKind, SegmentFileName};
use crate::io::{AppendIoError, Disk};
use crate::log_config::LogConfig;
use crate::planted::{self, Bug};
use crate::segment::Segment;
use crate::tail_cache::{CacheBudget, TailCache};
use crate::types::{Offset, Position, TimestampMs};

/// Aligned memory that writes go through.
const BUFFER_BYTES: usize = 2 << 20;
/// Bytes after which what was written is flushed: the flush of an append waits until the disk has made all durable that
/// it was given before, whoever gave it.
const FLUSH_BYTES: u64 = 8 << 20;

/// The kinds of files that compaction writes. An aborted index is written where the new segment has one, or one that
/// it replaces, so that none stays behind that belongs to what is gone.
pub(crate) const KINDS: [SegmentFileKind; 4] = [
    SegmentFileKind::Log,
    SegmentFileKind::OffsetIndex,
    SegmentFileKind::TimeIndex,
    SegmentFileKind::TransactionIndex,
];

/// See the module.
pub(crate) struct CleanedSegment<D: Disk> {
    disk: D,
    directory: PathBuf,
    config: LogConfig,
    segment: Segment<D::File>,
    file: D::File,
    pending: Vec<u8>,
    written: Position,
    unflushed_bytes: u64,
    memory: Rc<RefCell<TailCache>>,
    budget: Rc<CacheBudget>,
}

/// The path of a file that compaction writes.
pub(crate) fn cleaned_path(
    directory: &std::path::Path,
    base_offset: Offset,
    kind: SegmentFileKind,
) -> PathBuf {
    let name = SegmentFileName::live(base_offset, kind).with_state(FileState::Cleaned);
    directory.join(name.to_string())
}

/// Removes what an earlier cleaning has left.
pub(crate) async fn remove_cleaned<D: Disk>(
    disk: &D,
    directory: &std::path::Path,
    base_offset: Offset,
) -> io::Result<()> {
    for kind in KINDS {
        disk.remove(&cleaned_path(directory, base_offset, kind))
            .await?;
    }
    Ok(())
}

impl<D: Disk> CleanedSegment<D> {
    /// An empty one.
    pub(crate) async fn create(
        disk: D,
        directory: PathBuf,
        base_offset: Offset,
        config: LogConfig,
    ) -> io::Result<CleanedSegment<D>> {
        remove_cleaned(&disk, &directory, base_offset).await?;
        let path = cleaned_path(&directory, base_offset, SegmentFileKind::Log);
        let file = disk.open(&path).await?;
        let budget = CacheBudget::new(BUFFER_BYTES);
        let now = TimestampMs(disk.now_ms());
        Ok(CleanedSegment {
            memory: TailCache::new(budget.clone(), base_offset, Vec::new()),
            segment: Segment::new(base_offset, Some(file.clone()), now),
            disk,
            directory,
            config,
            file,
            pending: Vec::new(),
            written: Position::ZERO,
            unflushed_bytes: 0,
            budget,
        })
    }

    /// Appends one whole batch, in the order of offsets. What waits is written when it is as much as `pace` says.
    pub(crate) async fn append(
        &mut self,
        header: &RecordBatchHeader,
        batch: &[u8],
        pace: &Pace,
    ) -> io::Result<()> {
        let last_offset = header.last_offset().ok_or(io::ErrorKind::InvalidData)?;
        self.segment
            .note(header, last_offset, batch.len() as u64, &self.config);
        self.pending.extend_from_slice(batch);
        if self.pending.len() >= pace.io_bytes() {
            pace.stand_aside(&self.disk).await;
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> io::Result<()> {
        let length = self.pending.len();
        if length == 0 {
            return Ok(());
        }
        let range = {
            let mut memory = self.memory.borrow_mut();
            let pending = &self.pending;
            memory.append(self.written.0, length, 0, |free| {
                free.copy_from_slice(pending)
            })
        };
        let written = self.disk.append(&self.file, range, false, || {}).await;
        written.map_err(|error| match error {
            AppendIoError::Write { source, .. } | AppendIoError::Flush { source } => source,
        })?;
        self.budget.enforce();
        self.pending.clear();
        self.written = self.segment.end;
        self.unflushed_bytes += length as u64;
        if self.unflushed_bytes >= FLUSH_BYTES {
            self.disk.flush(&self.file).await?;
            self.unflushed_bytes = 0;
        }
        Ok(())
    }

    /// Takes note of an entry of the aborted index that stays.
    pub(crate) fn note_aborted(&mut self, range: Option<AbortedRange>) {
        self.segment.aborted.extend(range);
    }

    /// Writes the rest and the indexes, an empty aborted index only where `replaces_aborted`, and returns the segment when all of it is durable under its `.cleaned` names.
    pub(crate) async fn finish(mut self, replaces_aborted: bool) -> io::Result<Segment<D::File>> {
        self.write().await?;
        // The last write filled its block up with zeros.
        self.disk.truncate(&self.file, self.segment.end.0).await?;
        if !planted::is(Bug::SwapBeforeFlush) {
            self.disk.flush(&self.file).await?;
        }
        self.segment.seal_time_index();
        if let Some(indexes) = &self.segment.indexes {
            let base_offset = self.segment.base_offset;
            let path = |kind| cleaned_path(&self.directory, base_offset, kind);
            let entries = indexes.offset.encode();
            self.disk
                .overwrite(&path(SegmentFileKind::OffsetIndex), 0, entries, true)
                .await?;
            let entries = indexes.time.encode();
            self.disk
                .overwrite(&path(SegmentFileKind::TimeIndex), 0, entries, true)
                .await?;
        }
        if replaces_aborted || !self.segment.aborted.is_empty() {
            let kind = SegmentFileKind::TransactionIndex;
            let path = cleaned_path(&self.directory, self.segment.base_offset, kind);
            let entries = aborted_index::encode(&self.segment.aborted);
            self.disk.overwrite(&path, 0, entries, true).await?;
        }
        self.disk.flush_directory(&self.directory).await?;
        Ok(self.segment)
    }
}
