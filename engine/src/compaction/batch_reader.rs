//! Reads the batches of a sealed segment in order, past the page cache, window by window.
//!
//! Shard-local. Invariant: a batch that is handed out is whole and its CRC matches: compaction writes new CRCs, and
//! must not make rot look sound.

use bytes::BytesMut;

use super::cleaning::CleanError;
use super::pace::Pace;
use crate::batch::{Gaps, ScanErrorKind, ScanFrom, ScannedBatch, scan};
use crate::io::Disk;
use crate::types::{LeaderEpoch, Offset, Position};
use crate::unlink::Reader;

/// The largest batch that a file may hold: that of the largest request.
const BATCH_BYTES_MAX: usize = 100 << 20;

/// See the module.
pub(crate) struct BatchReader<D: Disk> {
    disk: D,
    file: D::File,
    /// Retention may delete the segment meanwhile.
    _reader: Reader,
    segment: Offset,
    end: Position,
    from: ScanFrom,
    window: BytesMut,
    /// Where the window begins in the file.
    window_position: Position,
}

impl<D: Disk> BatchReader<D> {
    /// A reader of the segment at `segment`, whose batches end at `end`.
    pub(crate) fn new(
        disk: D,
        (file, reader): (D::File, Reader),
        segment: Offset,
        end: Position,
    ) -> BatchReader<D> {
        BatchReader {
            disk,
            file,
            _reader: reader,
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

    /// The next batch; none behind the last. The disk is asked for as much at a time as `pace` says.
    pub(crate) async fn next(
        &mut self,
        pace: &Pace,
    ) -> Result<Option<(ScannedBatch, &[u8])>, CleanError> {
        let mut wanted = pace.io_bytes();
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
                    ScanErrorKind::NeedMore { length } => wanted = length.max(pace.io_bytes()),
                    kind => return Err(self.damaged(kind.to_string())),
                },
            }
            self.load(wanted, pace).await?;
        }
    }

    fn offset_in_window(&self) -> usize {
        let distance = self.from.position.distance_from(self.window_position);
        let offset = distance.and_then(|distance| usize::try_from(distance).ok());
        offset.unwrap_or(usize::MAX)
    }

    /// Makes the window one of `wanted` bytes from the next batch on, of which it has fewer.
    async fn load(&mut self, wanted: usize, pace: &Pace) -> Result<(), CleanError> {
        let begun = self.offset_in_window().min(self.window.len());
        bytes::Buf::advance(&mut self.window, begun);
        self.window_position = self.from.position;
        let left = usize::try_from(self.end.0 - self.from.position.0).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        if self.window.len() >= wanted {
            return Err(self.damaged("the file ends within a batch".to_owned()));
        }
        while self.window.len() < wanted {
            pace.stand_aside(&self.disk).await;
            let length = (wanted - self.window.len()).min(pace.io_bytes());
            let position = self.window_position.0 + self.window.len() as u64;
            let read = self.disk.read_direct(&self.file, position, length).await;
            let read = read.map_err(|source| CleanError::Read {
                segment: self.segment,
                position: Position(position),
                source,
            })?;
            if read.is_empty() {
                return Err(self.damaged("the file ends within a batch".to_owned()));
            }
            if self.window.is_empty() {
                self.window = read;
            } else {
                self.window.extend_from_slice(&read);
            }
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
