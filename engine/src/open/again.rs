//! Reads the end of a log a second time, for what is written again, and checks that it is what the walk has accepted.
//!
//! A start reads a log to judge it, and later reads its end once more: to write it again, and for the last block, which
//! the next append repeats. A disk that answers the second read wrongly, in a bit or a whole sector, would have the engine
//! destroy with its own write what was durable. Nothing of a second read is used before it has passed the checks of the
//! first: every batch whole, with its CRC, offset and epoch.
//!
//! Shard-local, on the partition's core. Invariant: what [`ReadAgain::next`] hands out are whole accepted batches.

use std::io;

use bytes::BytesMut;

use crate::batch::{Gaps, ScanFrom, ScannedBatch, scan};
use crate::index::{OffsetEntry, OffsetIndex};
use crate::io::{BLOCK, Disk};
use crate::leader_epoch::LeaderEpochs;
use crate::open::walk::{BATCH_BYTES_MAX, SCAN_WINDOW_BYTES};
use crate::planted::{self, Bug};
use crate::recovery::{self, Place};
use crate::types::{LeaderEpoch, Offset, Position};

/// What is known of the segment that is read again.
pub(super) struct Accepted<'a> {
    /// Its base offset.
    pub(super) base_offset: Offset,
    /// Its index, as the walk or the appends have made it.
    pub(super) index: Option<&'a OffsetIndex>,
    /// The epochs of the log.
    pub(super) epochs: &'a LeaderEpochs,
    pub(super) gaps: Gaps,
    /// Where it ends.
    pub(super) end: Place,
}

/// Why a second read gives nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgainError {
    /// The disk says so.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Here begins a batch that is another one than before, or none.
    #[error("a second read gives something else at position {}, where offset {} was", .0.position, .0.offset)]
    Differs(Place),
}

/// The second read, from the last indexed batch before a place on.
pub(super) struct ReadAgain<'a, D: Disk> {
    disk: &'a D,
    file: &'a D::File,
    accepted: Accepted<'a>,
    from: ScanFrom,
    /// The entry that has led to the first batch, until that has been read.
    entry: Option<OffsetEntry>,
    /// Bytes to read at a time: as many as the largest batch so far has needed.
    wanted: usize,
}

impl<'a, D: Disk> ReadAgain<'a, D> {
    /// Reads what there is from the block of `position` on, and what lies before it in the same batch, or little more.
    pub(super) fn around(
        disk: &'a D,
        file: &'a D::File,
        accepted: Accepted<'a>,
        position: Position,
    ) -> ReadAgain<'a, D> {
        let block = block_of(position);
        let entry = accepted.index.and_then(|index| index.entry_up_to(block));
        let from = ScanFrom {
            position: entry.map_or(Position::ZERO, |entry| entry.position),
            offset: accepted.base_offset,
            epoch_min: LeaderEpoch::UNDEFINED,
            epoch_max: LeaderEpoch(i32::MAX),
            // The first batch is known by its last offset.
            gaps: if entry.is_some() {
                Gaps::Allowed
            } else {
                accepted.gaps
            },
            batch_bytes_max: BATCH_BYTES_MAX,
        };
        ReadAgain {
            disk,
            file,
            accepted,
            from,
            entry,
            wanted: SCAN_WINDOW_BYTES,
        }
    }

    /// The next batches with the position of the first; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(Position, BytesMut)>, AgainError> {
        let start = self.from.position;
        loop {
            let left = self.accepted.end.position.0.saturating_sub(start.0);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            if left == 0 {
                return self.at_end().map(|()| None);
            }
            let length = self.wanted.min(left);
            let mut window = self.disk.read_direct(self.file, start.0, length).await?;
            if window.len() < length {
                return Err(self.differs());
            }
            if planted::is(Bug::SecondReadUnchecked) {
                self.from.position = Position(start.0 + length as u64);
                self.from.offset = self.accepted.end.offset;
                return Ok(Some((start, window)));
            }
            let needed = self.check(&window)?;
            let accepted = (self.from.position.0 - start.0) as usize;
            if accepted > 0 {
                window.truncate(accepted);
                return Ok(Some((start, window)));
            }
            match needed {
                Some(needed) if needed > length && needed <= left => self.wanted = needed,
                _ => return Err(self.differs()),
            }
        }
    }

    /// Passes over the batches of `window` that are accepted; how many bytes the next one needs.
    fn check(&mut self, window: &[u8]) -> Result<Option<usize>, AgainError> {
        let mut from = self.from;
        loop {
            let rest = &window[(from.position.0 - self.from.position.0) as usize..];
            let mut walk = scan(rest, from);
            match walk.next() {
                None => break self.pass(from, None),
                Some(Ok(batch)) if self.is_accepted(&batch) => {
                    self.entry = None;
                    from = ScanFrom {
                        gaps: self.accepted.gaps,
                        ..walk.resume()
                    };
                }
                Some(Ok(_)) => {
                    self.from = from;
                    break Err(self.differs());
                }
                Some(Err(error)) => match recovery::needs_more(&error) {
                    Some(needed) => break self.pass(from, Some(needed)),
                    None => {
                        self.from = from;
                        break Err(self.differs());
                    }
                },
            }
        }
    }

    fn pass(&mut self, from: ScanFrom, needed: Option<usize>) -> Result<Option<usize>, AgainError> {
        self.from = from;
        Ok(needed)
    }

    fn is_accepted(&self, batch: &ScannedBatch) -> bool {
        let header = &batch.header;
        let is_named = self
            .entry
            .is_none_or(|entry| header.last_offset() == Some(entry.offset));
        // Batches of other brokers may carry negative epochs, which are not assigned.
        let epoch = header.leader_epoch();
        let is_of_its_epoch = epoch < LeaderEpoch(0)
            || self
                .accepted
                .epochs
                .agrees_with(header.base_offset(), epoch);
        is_named && is_of_its_epoch
    }

    fn at_end(&self) -> Result<(), AgainError> {
        match self.from.offset == self.accepted.end.offset {
            true => Ok(()),
            false => Err(self.differs()),
        }
    }

    fn differs(&self) -> AgainError {
        AgainError::Differs(Place {
            position: self.from.position,
            offset: self.from.offset,
        })
    }
}

/// Where the block begins that `position` lies in.
pub(super) fn block_of(position: Position) -> Position {
    Position(position.0 - position.0 % BLOCK as u64)
}

/// The bytes between the last block boundary and the end, which the next write has to repeat.
pub(super) async fn read_remainder<D: Disk>(
    disk: &D,
    file: &D::File,
    accepted: Accepted<'_>,
) -> Result<Vec<u8>, AgainError> {
    let end = accepted.end.position;
    let block = block_of(end);
    let mut remainder = Vec::new();
    if block == end {
        return Ok(remainder);
    }
    let mut again = ReadAgain::around(disk, file, accepted, end);
    while let Some((position, bytes)) = again.next().await? {
        remainder.extend_from_slice(&bytes[before(block, position, bytes.len())..]);
    }
    Ok(remainder)
}

/// How many of `length` bytes at `position` lie before `block`.
pub(super) fn before(block: Position, position: Position, length: usize) -> usize {
    let before = block.0.saturating_sub(position.0);
    usize::try_from(before).map_or(length, |before| before.min(length))
}
