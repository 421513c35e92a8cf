//! The pieces of a segment under repair: what is kept, what the CRC lets be mended, and what is cut and filled.
//!
//! Invariant: a field is put right only where a CRC over the records, or the batches on both sides, prove its value. Pure
//! but for what [`LogBytes`] reads.

use std::io;

use super::Piece;
use crate::batch::{
    HEADER_LENGTH, HeaderFields, LOG_OVERHEAD_LENGTH, MAGIC_V2, Placement, RecordBatchHeader,
    crc32c, place,
};
use crate::leader_epoch::LeaderEpochs;
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs};
use crate::verify::batches::{Damage, DamageKind};
use crate::verify::{LogBytes, RANGE_BYTES_MAX};

use super::SEGMENT_OFFSETS_MAX;

/// The pieces of a segment, as they are found.
pub(super) struct Pieces {
    pub(super) base_offset: i64,
    pub(super) list: Vec<Piece>,
    /// The offset behind the last piece.
    pub(super) end: i64,
}

impl Pieces {
    pub(super) fn new(base_offset: i64) -> Self {
        Pieces {
            base_offset,
            list: Vec::new(),
            end: base_offset,
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.list
            .iter()
            .any(|piece| !matches!(piece, Piece::Keep { .. }))
    }

    pub(super) fn keep(&mut self, position: u64, length: u64, next_offset: i64) {
        self.end = next_offset;
        match self.list.last_mut() {
            Some(Piece::Keep {
                position: start,
                length: kept,
            }) if *start + *kept == position => *kept += length,
            _ => self.list.push(Piece::Keep { position, length }),
        }
    }

    pub(super) fn fill(&mut self, to: i64) {
        if to > self.end {
            self.list.push(Piece::Fill { from: self.end, to });
            self.end = to;
        }
    }

    /// Puts right what lies outside the CRC of a batch that is whole.
    pub(super) fn mend_fields<S: LogBytes>(
        &mut self,
        source: &mut S,
        damage: &Damage,
        epochs: Option<&LeaderEpochs>,
    ) -> io::Result<()> {
        let mut bytes = source.bytes(damage.position, damage.length)?.to_vec();
        let header = RecordBatchHeader::view(&bytes)
            .copied()
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let (base_offset, leader_epoch) = match damage.kind {
            DamageKind::WrongEpoch { expected, .. } => {
                (header.base_offset().0, LeaderEpoch(expected))
            }
            _ => {
                let known = epochs
                    .and_then(|epochs| epochs.epoch_for_offset(Offset(damage.expected_offset)));
                (
                    damage.expected_offset,
                    known.unwrap_or(header.leader_epoch()),
                )
            }
        };
        place(
            &mut bytes,
            Placement {
                base_offset: Offset(base_offset),
                leader_epoch,
            },
        );
        self.end = base_offset + i64::from(header.last_offset_delta()) + 1;
        self.list.push(Piece::Mend {
            position: damage.position,
            bytes,
            message: damage.kind.to_string(),
        });
        Ok(())
    }

    /// Settles a stretch of damage, behind which the log goes on with `next_offset`, or ends.
    pub(super) fn resolve<S: LogBytes>(
        &mut self,
        source: &mut S,
        damage: Damage,
        next_offset: Option<i64>,
        epochs: Option<&LeaderEpochs>,
    ) -> io::Result<()> {
        let mut rest = damage.clone();
        if damage.length > 0 && damage.length <= RANGE_BYTES_MAX {
            let bytes = source.bytes(damage.position, damage.length)?;
            let stretch = Stretch {
                bytes,
                base_offset: self.end,
                next_offset,
                epochs,
            };
            if let Some((mended, behind)) = stretch.mend() {
                rest.position += mended.len() as u64;
                rest.length -= mended.len() as u64;
                self.end = behind;
                self.list.push(Piece::Mend {
                    position: damage.position,
                    bytes: mended,
                    message: damage.kind.to_string(),
                });
            }
        }
        if rest.length > 0 {
            self.list.push(Piece::Cut {
                position: rest.position,
                length: rest.length,
                message: damage.kind.to_string(),
            });
        }
        if let Some(next_offset) = next_offset {
            self.fill(next_offset);
        }
        Ok(())
    }
}

/// A stretch of damage that may be one batch with a damaged header field.
struct Stretch<'s> {
    bytes: &'s [u8],
    base_offset: i64,
    next_offset: Option<i64>,
    epochs: Option<&'s LeaderEpochs>,
}

impl Stretch<'_> {
    /// The batch with the fields outside its CRC put right, and the offset behind it, where the CRC proves that this
    /// is what was written.
    fn mend(&self) -> Option<(Vec<u8>, i64)> {
        let header = RecordBatchHeader::view(self.bytes)?;
        let claimed = header.size().filter(|size| *size <= self.bytes.len());
        let lengths = [Some(self.bytes.len()), claimed];
        let length = lengths
            .into_iter()
            .flatten()
            .find(|length| crc32c(&self.bytes[21..*length]) == header.crc())?;
        let delta = i64::from(header.last_offset_delta());
        let end = self.base_offset.checked_add(delta)?.checked_add(1)?;
        let count = i64::from(header.record_count());
        let is_possible = delta >= 0
            && (0..=delta + 1).contains(&count)
            && self
                .next_offset
                .is_none_or(|next_offset| end <= next_offset);
        if length < HEADER_LENGTH || !is_possible {
            return None;
        }
        let known = self
            .epochs
            .and_then(|epochs| epochs.epoch_for_offset(Offset(self.base_offset)));
        let mut mended = self.bytes[..length].to_vec();
        let batch_length = i32::try_from(length - LOG_OVERHEAD_LENGTH).ok()?;
        mended[8..12].copy_from_slice(&batch_length.to_be_bytes());
        mended[16] = u8::try_from(MAGIC_V2).ok()?;
        place(
            &mut mended,
            Placement {
                base_offset: Offset(self.base_offset),
                leader_epoch: known.unwrap_or(header.leader_epoch()),
            },
        );
        Some((mended, end))
    }
}

/// Empty batches over the offsets `from` to `to`, one for each epoch and each 2³¹ of them.
#[must_use]
pub fn empty_batches(from: i64, to: i64, epochs: &LeaderEpochs) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut start = from;
    while start < to {
        let next_epoch = epochs
            .entries()
            .iter()
            .map(|entry| entry.start_offset.0)
            .find(|epoch_start| *epoch_start > start);
        let end = next_epoch
            .unwrap_or(to)
            .min(to)
            .min(start.saturating_add(SEGMENT_OFFSETS_MAX));
        let epoch = epochs
            .epoch_for_offset(Offset(start))
            .or(epochs.entries().first().map(|entry| entry.epoch))
            .unwrap_or(LeaderEpoch(0));
        let mut batch = [0; HEADER_LENGTH];
        let fields = HeaderFields {
            base_offset: Offset(start),
            leader_epoch: epoch,
            attributes: 0,
            last_offset_delta: i32::try_from(end - start - 1).unwrap_or(i32::MAX),
            base_timestamp: TimestampMs::NONE,
            max_timestamp: TimestampMs::NONE,
            producer_id: ProducerId::NONE,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        };
        fields
            .write(&mut batch)
            .expect("a header alone is shorter than 2³¹ bytes");
        bytes.extend_from_slice(&batch);
        start = end;
    }
    bytes
}
