//! Reads the batches of a sealed segment in order, past the page cache, window by window.
//!
//! Shard-local. Invariant: a batch that is handed out is whole and its CRC matches: compaction writes new CRCs, and
//! must not make rot look sound.

use bytes::BytesMut;

use super::cleaning::CleanError;
use crate::batch::{Gaps, ScanErrorKind, ScanFrom, ScannedBatch, scan};
use crate::io::Disk;
use crate::types::{LeaderEpoch, Offset, Position};

/// The largest batch that a file may hold: that of the largest request.
const BATCH_BYTES_MAX: usize = 100 << 20;

/// See the module.
pub(crate) struct BatchReader<D: Disk> {
    disk: D,
    file: D::File,
    segment: Offset,
    end: Position,
    from: ScanFrom,
    window: BytesMut,
    /// Where the window begins in the file.
    window_position: Position,
}

impl<D: Disk> BatchReader<D> {
    /// A reader of the segment at `segment`, whose batches end at `end`.
    pub(crate) fn new(disk: D, file: D::File, segment: Offset, end: Position) -> BatchReader<D> {
        BatchReader {
            disk,
            file,
            segment,
            end,
            from: ScanFrom {
                position: Position::ZERO,
                offset: segment,
                epoch_min: LeaderEpoch::UNDEFINED,
                epoch_max: LeaderEpoch(i32::MAX),
                gaps: Gaps::Allowed,
                batch_bytes_max: BATCH_BYTES_MAX,
            },
            window: BytesMut::new(),
            window_position: Position::ZERO,
        }
    }

    /// The next batch; none behind the last. Where the disk has to be asked, for `window_bytes` unless a batch is larger.
    pub(crate) async fn next(
        &mut self,
        window_bytes: usize,
    ) -> Result<Option<(ScannedBatch, &[u8])>, CleanError> {
        let mut wanted = window_bytes;
        loop {
            if self.from.position >= self.end {
                return Ok(None);
            }
            let start = self.offset_in_window();
            let mut walk = scan(self.window.get(start..).unwrap_or_default(), self.from);
            match walk.next() {
                Some(Ok(batch)) => {
                    self.from = walk.resume();
                    return Ok(Some((batch, &self.window[start..start + batch.size])));
                }
                None => {}
                Some(Err(error)) => match error.kind {
                    ScanErrorKind::NeedMore { length } => wanted = length.max(window_bytes),
                    kind => return Err(self.damaged(kind.to_string())),
                },
            }
            self.load(wanted).await?;
        }
    }

    fn offset_in_window(&self) -> usize {
        let distance = self.from.position.distance_from(self.window_position);
        let offset = distance.and_then(|distance| usize::try_from(distance).ok());
        offset.unwrap_or(usize::MAX)
    }

    /// Reads a window from the next batch on; it has to bring more than the last one from there.
    async fn load(&mut self, wanted: usize) -> Result<(), CleanError> {
        let had = self.window.len().saturating_sub(self.offset_in_window());
        let left = usize::try_from(self.end.0 - self.from.position.0).unwrap_or(usize::MAX);
        // The old window goes before the next one comes.
        self.window = BytesMut::new();
        let read = self
            .disk
            .read_direct(&self.file, self.from.position.0, wanted.min(left))
            .await;
        self.window = read.map_err(|source| CleanError::Read {
            segment: self.segment,
            position: self.from.position,
            source,
        })?;
        self.window_position = self.from.position;
        if self.window.len() <= had {
            return Err(self.damaged("the file ends within a batch".to_owned()));
        }
        Ok(())
    }

    fn damaged(&self, reason: String) -> CleanError {
        CleanError::Damaged {
            segment: self.segment,
            position: self.from.position,
            offset: self.from.offset,
            reason,
        }
    }
}
