//! Segments that are walked: that of the durable end and those behind it, or more where less is known.
//!
//! Shard-local. Invariants: the walk begins at the furthest place where a saved index entry, a saved producers' state
//! and the log agree; what it passes is in the producers' state, the epochs and the indexes afterwards.

use std::rc::Rc;

use super::segments::{SegmentFile, WalkStart};
use super::{OpenError, Opening, at, walk};
use crate::checkpoint::DurableEnd;
use crate::file_name::SegmentFileKind;
use crate::index::{OffsetIndex, TimeIndex};
use crate::io::Disk;
use crate::planted::{self, Bug};
use crate::producer_state::ProducerStates;
use crate::recovery::Found;
use crate::segment::{Indexes, Segment};
use crate::types::{Offset, Position};

impl<D: Disk> Opening<D> {
    /// Where the walk begins: the segment of the durable end, or an earlier one where the last state of the producers
    /// that can be read, and that the log is known to reach, is older. The first one where epochs have to be found.
    pub(super) async fn first_scanned(&mut self) -> usize {
        let Some(durable) = self.durable_end().filter(|_| self.epochs_are_known) else {
            return 0;
        };
        let DurableEnd {
            durable_end,
            segment_base_offset,
            ..
        } = durable;
        let holding = |offset: Offset| {
            let logs = &self.files.logs;
            logs.iter().rposition(|file| file.base_offset <= offset)
        };
        let damaged = self.first_damaged_aborted().await;
        for offset in self.files.snapshots.iter().rev().copied() {
            let is_durable = offset <= durable_end || planted::is(Bug::SnapshotAboveDurableEnd);
            let (true, Some(holds)) = (is_durable, holding(offset)) else {
                continue;
            };
            // What its markers have decided is counted up from its start.
            if damaged.is_some_and(|damaged| offset > damaged) {
                continue;
            }
            if let Some(producers) = self.read_snapshot(offset).await {
                let first = holds.min(holding(segment_base_offset).unwrap_or(0));
                self.snapshot = Some((offset, producers));
                return first;
            }
        }
        0
    }

    /// The first segment whose aborted index is there and cannot be read.
    async fn first_damaged_aborted(&self) -> Option<Offset> {
        let mut with_index = self.files.aborted.clone();
        with_index.sort_unstable();
        for base_offset in with_index {
            if let Some(Err(error)) = self.read_aborted(base_offset).await {
                let path = self.path(base_offset, SegmentFileKind::TransactionIndex);
                tracing::warn!(path = %path.display(), %error, "the aborted index is made again from the log");
                return Some(base_offset);
            }
        }
        None
    }

    async fn read_snapshot(&self, offset: Offset) -> Option<ProducerStates> {
        let path = self.path(offset, SegmentFileKind::ProducerSnapshot);
        let bytes = self.disk.read_whole(&path).await.ok().flatten()?;
        match ProducerStates::decode_snapshot(&bytes) {
            Ok(producers) => Some(producers),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the producers' state is counted up from the log");
                None
            }
        }
    }

    /// Opens the segment at `index` in the order of the log.
    pub(super) async fn open_scanned(
        &mut self,
        index: usize,
        is_first: bool,
    ) -> Result<(), OpenError> {
        let on_disk = self.scanned_file(index).await?;
        let start = if is_first {
            self.scan_start(&on_disk).await
        } else {
            self.whole_segment(&on_disk)
        };
        let mut segment = self.walk_segment(&on_disk, start).await?;
        if on_disk.next.is_some() && !self.is_refused() {
            // A crash came between a roll's first step and its last: what the roll would have saved is saved here.
            self.save_rebuilt(&mut segment).await;
        }
        self.segments.push_back(segment);
        Ok(())
    }

    async fn scanned_file(&self, index: usize) -> Result<SegmentFile<D::File>, OpenError> {
        let base_offset = self.files.logs[index].base_offset;
        let path = self.path(base_offset, SegmentFileKind::Log);
        let file = self.disk.open(&path).await.map_err(at(&path))?;
        let length = self.disk.length(&file).map_err(at(&path))?;
        Ok(SegmentFile {
            base_offset,
            path,
            file,
            length,
            // An empty one counts as well: a roll flushes the segment before it makes the next one's file.
            next: self.files.logs.get(index + 1).map(|next| next.base_offset),
            gaps: self.gaps_of(base_offset),
        })
    }

    /// The furthest place in the segment from which the log has to be read: where saved index entries and a saved
    /// producers' state agree with a batch in the file. The start of the segment where there is none.
    async fn scan_start(&mut self, on_disk: &SegmentFile<D::File>) -> WalkStart<D::File> {
        let Some((offset, producers)) = &self.snapshot else {
            return self.whole_segment(on_disk);
        };
        let offset = *offset;
        self.producers = producers.clone();
        let segment = self.saved_segment(on_disk, offset).await;
        let mut segment = segment.unwrap_or_else(|| self.empty_segment(on_disk));
        // The walk finds those from the snapshot on.
        segment.aborted = self.saved_aborted(on_disk.base_offset, offset).await;
        WalkStart {
            segment,
            producers_offset: offset,
        }
    }

    fn whole_segment(&self, on_disk: &SegmentFile<D::File>) -> WalkStart<D::File> {
        WalkStart {
            segment: self.empty_segment(on_disk),
            producers_offset: on_disk.base_offset,
        }
    }

    fn empty_segment(&self, on_disk: &SegmentFile<D::File>) -> Segment<D::File> {
        Segment::new(on_disk.base_offset, Some(on_disk.file.clone()), self.now)
    }

    /// The segment up to the index entry at or below `offset`, when the batch that it names is there.
    async fn saved_segment(
        &self,
        on_disk: &SegmentFile<D::File>,
        offset: Offset,
    ) -> Option<Segment<D::File>> {
        let base_offset = on_disk.base_offset;
        let offset_bytes = self.index_bytes(base_offset, SegmentFileKind::OffsetIndex);
        let offset_bytes = offset_bytes.await?;
        let time_bytes = self.index_bytes(base_offset, SegmentFileKind::TimeIndex);
        let time_bytes = time_bytes.await?;
        let mut indexes = Indexes {
            offset: OffsetIndex::decode(base_offset, &offset_bytes).ok()?,
            time: TimeIndex::decode(base_offset, &time_bytes).ok()?,
        };
        let entry = indexes.offset.lookup(offset);
        if entry.position == Position::ZERO {
            return None;
        }
        let found = walk::found_at(&self.disk, &on_disk.file, entry.position, on_disk.length);
        let Ok(Found::Batch {
            base_offset: begin,
            last_offset,
            ..
        }) = found.await
        else {
            return None;
        };
        if last_offset != entry.offset {
            return None;
        }
        indexes.offset.truncate_to(entry.offset);
        indexes.time.truncate_to(begin);
        Some(Segment::known(
            base_offset,
            Some(on_disk.file.clone()),
            entry.position,
            begin,
            Rc::new(indexes),
            self.now,
        ))
    }
}
