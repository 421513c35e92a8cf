//! Sealed segments below the durable end: their indexes are believed as far as the log agrees, and only their end is
//! walked.
//!
//! Shard-local. Invariants: a file that is shorter than it was, or longer by what was allocated ahead, is not taken
//! for what its length says; an index that does not fit is made again from the log, and saved only where the log is
//! whole.

use std::path::PathBuf;

use super::segments::{SegmentFile, WalkStart};
use super::{OpenError, Opening, at, walk};
use crate::aborted_index::{self, AbortedRange};
use crate::batch::Gaps;
use crate::file_name::SegmentFileKind;
use crate::index::{OffsetIndex, TimeIndex};
use crate::io::Disk;
use crate::recovery::{Found, Place};
use crate::segment::{Indexes, Segment};
use crate::types::{Offset, Position, TimestampMs};
use crate::upkeep;

impl<D: Disk> Opening<D> {
    /// Opens the segment at `index` in the order of the log.
    pub(super) async fn open_known(&mut self, index: usize) -> Result<(), OpenError> {
        let on_disk = self.known_file(index).await?;
        let modified = TimestampMs(self.files.logs[index].modified_ms);
        let saved = self
            .saved_indexes(on_disk.base_offset, on_disk.length)
            .await;
        let mut segment = Segment::new(on_disk.base_offset, None, modified);
        segment.aborted = self
            .saved_aborted(on_disk.base_offset, Offset(i64::MAX))
            .await;
        if let Some(indexes) = &saved {
            segment.indexes = None;
            segment.skip_to(self.last_agreed(&on_disk, &indexes.offset).await);
            let last = indexes.time.last();
            segment.max_timestamp = last.map_or(TimestampMs::NONE, |entry| entry.timestamp);
        }
        let start = WalkStart {
            segment,
            // The snapshot that the walk of later segments begins with has counted them.
            producers_offset: Offset(i64::MAX),
        };
        let places = self.refusals.len();
        let mut segment = self.walk_segment(&on_disk, start).await?;
        if saved.is_none() && self.refusals.len() == places {
            self.save_rebuilt(&mut segment).await;
        }
        // Read from their files when they are first looked up.
        segment.indexes = None;
        self.segments.push_back(segment);
        Ok(())
    }

    async fn known_file(&self, index: usize) -> Result<SegmentFile<D::File>, OpenError> {
        let base_offset = self.files.logs[index].base_offset;
        let path = self.path(base_offset, SegmentFileKind::Log);
        let file = self.disk.open_existing(&path).await.map_err(at(&path))?;
        Ok(SegmentFile {
            base_offset,
            path,
            file,
            length: self.files.logs[index].length,
            next: self.files.logs.get(index + 1).map(|next| next.base_offset),
            gaps: Gaps::Allowed,
        })
    }

    /// A sealed segment's indexes as they are on the disk, where they can be those of a log of `length` bytes.
    pub(super) async fn saved_indexes(&self, base_offset: Offset, length: u64) -> Option<Indexes> {
        let offset = self.index_bytes(base_offset, SegmentFileKind::OffsetIndex);
        let offset = offset.await?;
        let time = self.index_bytes(base_offset, SegmentFileKind::TimeIndex);
        let time = time.await?;
        let indexes = Indexes {
            offset: OffsetIndex::decode(base_offset, &offset).ok()?,
            time: TimeIndex::decode(base_offset, &time).ok()?,
        };
        let last = indexes.offset.last();
        let fits = last.is_none_or(|last| last.position.0 < length);
        // Only a segment without a single timestamp has a time index without an entry, and that is rare enough.
        (fits && !indexes.time.is_empty()).then_some(indexes)
    }

    pub(super) async fn index_bytes(
        &self,
        base_offset: Offset,
        kind: SegmentFileKind,
    ) -> Option<Vec<u8>> {
        let path: PathBuf = self.path(base_offset, kind);
        self.disk.read_whole(&path).await.ok().flatten()
    }

    /// The aborted ranges whose markers the segment holds before `offset`, as they are on the disk. A file that is damaged
    /// has been counted up from the log instead, see [`Opening::first_scanned`].
    pub(super) async fn saved_aborted(
        &self,
        base_offset: Offset,
        offset: Offset,
    ) -> Vec<AbortedRange> {
        let mut aborted = match self.read_aborted(base_offset).await {
            Some(Ok(aborted)) => aborted,
            Some(Err(_)) | None => Vec::new(),
        };
        aborted.retain(|range| range.last_offset < offset.0);
        aborted
    }

    /// None where the segment has no aborted index.
    pub(super) async fn read_aborted(
        &self,
        base_offset: Offset,
    ) -> Option<Result<Vec<AbortedRange>, String>> {
        if !self.files.aborted.contains(&base_offset) {
            return None;
        }
        let path = self.path(base_offset, SegmentFileKind::TransactionIndex);
        let bytes = match self.disk.read_whole(&path).await {
            Ok(bytes) => bytes?,
            Err(error) => return Some(Err(error.to_string())),
        };
        let parsed = aborted_index::parse(&bytes);
        Some(parsed.map_err(|(position, what)| format!("{what} at position {position}")))
    }

    /// The start of the last batch that both the index and the log know. Entries that do not agree are passed over in
    /// growing steps, so that a file in which nothing agrees is walked from its start and soon.
    async fn last_agreed(&self, on_disk: &SegmentFile<D::File>, index: &OffsetIndex) -> Place {
        let entries: Vec<_> = index.iter().collect();
        let (mut end, mut step) = (entries.len(), 1);
        while let Some(last) = end.checked_sub(1) {
            let found = walk::found_at(
                &self.disk,
                &on_disk.file,
                entries[last].position,
                on_disk.length,
            );
            if let Ok(Found::Batch {
                base_offset,
                last_offset,
                ..
            }) = found.await
                && last_offset == entries[last].offset
            {
                return Place {
                    position: entries[last].position,
                    offset: base_offset,
                };
            }
            end = end.saturating_sub(step);
            step *= 2;
        }
        Place {
            position: Position::ZERO,
            offset: on_disk.base_offset,
        }
    }

    /// Keeps the indexes that a walk over a whole segment has made.
    pub(super) async fn save_rebuilt(&self, segment: &mut Segment<D::File>) {
        segment.seal_time_index();
        let Some(indexes) = &segment.indexes else {
            return;
        };
        if self.request.foreign.is_some() {
            return;
        }
        let directory = &self.request.directory;
        let base_offset = segment.base_offset;
        tracing::info!(partition = %directory.display(), segment = %base_offset, "made the indexes again from the log");
        let saved = upkeep::save_indexes_of(&self.disk, directory, base_offset, indexes).await;
        let saved = match saved {
            Ok(()) => {
                let aborted = &segment.aborted;
                upkeep::replace_aborted(&self.disk, directory, base_offset, aborted).await
            }
            failed => failed,
        };
        if let Err(error) = saved {
            tracing::warn!(partition = %directory.display(), segment = %base_offset, %error, "the indexes could not be saved");
        }
    }
}
