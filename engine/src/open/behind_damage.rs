//! Where a log goes on behind damage, so that what lies there is served.
//!
//! Shard-local. Invariant: bytes that look like a batch are no proof, since a record may hold a whole log; only a
//! chain of batches counts that meets a place which something else knows: a saved index entry, the durable end, or the
//! base offset of the next segment at the end of the file.

use super::segments::SegmentFile;
use super::{Opening, walk};
use crate::batch::ScanFrom;
use crate::file_name::SegmentFileKind;
use crate::index::OffsetIndex;
use crate::index::offset::OffsetEntry;
use crate::io::Disk;
use crate::recovery::{self, Found, Place};
use crate::types::Position;

/// Bytes between damage and a known place in which the first batch of the chain is looked for.
const SEARCH_BYTES_MAX: u64 = 16 << 20;

impl<D: Disk> Opening<D> {
    /// The first place behind the damage at `from` that is known to begin a batch of this log.
    pub(super) async fn place_behind(
        &self,
        on_disk: &SegmentFile<D::File>,
        from: ScanFrom,
    ) -> Option<Place> {
        if let Some(place) = self.indexed_behind(on_disk, &from).await {
            let first = self.chain_into(on_disk, from, place).await;
            return Some(first.unwrap_or(place));
        }
        let end = on_disk.next.map(|next| Place {
            position: Position(on_disk.length),
            offset: next,
        });
        let durable = self.durable_end_in(on_disk);
        let boundary = durable.or(end)?;
        if boundary.position <= from.position || boundary.offset <= from.offset {
            return None;
        }
        self.chain_into(on_disk, from, boundary).await
    }

    /// The start of the first batch behind the damage that the index names and the log has. Entries that do not agree
    /// are passed over in growing steps.
    async fn indexed_behind(
        &self,
        on_disk: &SegmentFile<D::File>,
        from: &ScanFrom,
    ) -> Option<Place> {
        let bytes = self.index_bytes(on_disk.base_offset, SegmentFileKind::OffsetIndex);
        let index = OffsetIndex::decode(on_disk.base_offset, &bytes.await?).ok()?;
        let is_behind = |entry: &OffsetEntry| {
            entry.position > from.position
                && entry.position.0 < on_disk.length
                && entry.offset > from.offset
        };
        let entries: Vec<_> = index.iter().filter(is_behind).collect();
        let (mut next, mut step) = (0, 1);
        while let Some(entry) = entries.get(next) {
            let found =
                walk::found_at(&self.disk, &on_disk.file, entry.position, on_disk.length).await;
            if let Ok(Found::Batch {
                base_offset,
                last_offset,
                ..
            }) = found
                && last_offset == entry.offset
                && base_offset > from.offset
            {
                return Some(Place {
                    position: entry.position,
                    offset: base_offset,
                });
            }
            next += step;
            step *= 2;
        }
        None
    }

    /// The first batch behind the damage from which the log leads to `to` without another one.
    async fn chain_into(
        &self,
        on_disk: &SegmentFile<D::File>,
        from: ScanFrom,
        to: Place,
    ) -> Option<Place> {
        let length = to.position.distance_from(from.position)?;
        if length > SEARCH_BYTES_MAX {
            return None;
        }
        let length = usize::try_from(length).ok()?;
        let read = self.disk.read(&on_disk.file, from.position.0, length).await;
        recovery::chain_into(&read.ok()?, from, to)
    }
}
