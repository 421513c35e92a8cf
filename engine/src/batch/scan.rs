//! The walk over a file of batches: each whole, intact, and where the log expects it.
//!
//! Invariants: fields outside the CRC are checked against what came before, and before a byte of the records is asked
//! for; after the first batch that does not fit the walk ends. Pure: bytes and numbers.

use bytes::Bytes;
use thiserror::Error;

use super::{
    CRC_START, HEADER_LENGTH, MAGIC_V2, RecordBatchHeader, ValidBatch, computed_crc, crc32c,
    write_crc,
};
use crate::marker::{self, Marker};
use crate::types::{LeaderEpoch, Offset, Position};

/// What a walk over a file expects at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanFrom {
    /// The position of the first byte of the window in its file.
    pub position: Position,
    /// The base offset that the first batch must have, or the lowest that it may have where gaps are allowed.
    pub offset: Offset,
    /// The lowest epoch that the first batch may carry; epochs never fall after it.
    pub epoch_min: LeaderEpoch,
    /// The highest epoch that any batch may carry.
    pub epoch_max: LeaderEpoch,
    /// Whether offsets are dense, or compaction may have left gaps.
    pub gaps: Gaps,
    /// The largest batch that the file may hold, in bytes. A larger claim is damage and is not waited for.
    pub batch_bytes_max: usize,
}

/// Whether base offsets may skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Each batch starts where the one before ended.
    Refused,
    /// A batch may start later: compaction removed what lay between.
    Allowed,
}

/// A batch that a walk found whole and where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannedBatch {
    /// Where the batch starts in the file.
    pub position: Position,
    /// A copy of its header.
    pub header: RecordBatchHeader,
    /// Bytes of the whole batch.
    pub size: usize,
    /// What a control batch says.
    pub marker: Option<Marker>,
}

/// Where and how a walk found something that is not the batch it expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("at position {position}, where offset {expected_offset} was expected: {kind}")]
pub struct ScanError {
    /// Where the batch should start.
    pub position: Position,
    /// The base offset that it should have.
    pub expected_offset: Offset,
    /// What is wrong.
    pub kind: ScanErrorKind,
}

/// What a walk found wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ScanErrorKind {
    /// Not damage yet: the window ends before the batch does. Walk again from `position` with at least `length`
    /// bytes; when the file has no more, the batch is cut short.
    #[error("{length} bytes are needed")]
    NeedMore {
        /// Bytes from the position on that are needed to go on.
        length: usize,
    },
    /// The length field is too small for a header or larger than any batch of this file.
    #[error("batch length {batch_length}")]
    BadLength {
        /// The length field.
        batch_length: i32,
    },
    /// The magic is not 2.
    #[error("magic {magic}")]
    BadMagic {
        /// The magic byte.
        magic: i8,
    },
    /// The base offset is not the expected one.
    #[error("base offset {base_offset}")]
    WrongOffset {
        /// The base offset found.
        base_offset: Offset,
    },
    /// The epoch falls, or lies outside the range.
    #[error("leader epoch {leader_epoch} is not within {epoch_min} to {epoch_max}")]
    WrongEpoch {
        /// The epoch found.
        leader_epoch: LeaderEpoch,
        /// The lowest allowed here.
        epoch_min: LeaderEpoch,
        /// The highest allowed.
        epoch_max: LeaderEpoch,
    },
    /// The CRC-32C differs.
    #[error("CRC-32C {computed:#010x} computed, {stored:#010x} stored")]
    CrcMismatch {
        /// What the header claims.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
    /// The CRC matches and the fields still cannot be: a negative delta or count, or offsets out of range.
    #[error("record count {record_count} with last offset delta {last_offset_delta}")]
    BadCounts {
        /// The record count field.
        record_count: i32,
        /// The last offset delta field.
        last_offset_delta: i32,
    },
}

/// Walks the batches of `window`, which starts at a batch boundary of a file. After an error the walk ends;
/// [`Scan::resume`] says where to start again with more bytes.
#[must_use]
pub fn scan(window: &[u8], from: ScanFrom) -> Scan<'_> {
    Scan {
        rest: window,
        from,
        failed: false,
    }
}

/// The walk that [`scan`] starts.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    rest: &'a [u8],
    from: ScanFrom,
    failed: bool,
}

impl Scan<'_> {
    /// What is expected after the batches seen so far: start of the next window's walk.
    #[must_use]
    pub fn resume(&self) -> ScanFrom {
        self.from
    }

    fn error(&self, kind: ScanErrorKind) -> ScanError {
        ScanError {
            position: self.from.position,
            expected_offset: self.from.offset,
            kind,
        }
    }

    fn step(&self) -> Result<(ScannedBatch, ScanFrom), ScanErrorKind> {
        let header = *RecordBatchHeader::view(self.rest).ok_or(ScanErrorKind::NeedMore {
            length: HEADER_LENGTH,
        })?;
        check_against_log(&header, &self.from)?;
        let bad_length = ScanErrorKind::BadLength {
            batch_length: header.batch_length(),
        };
        let size = header.size().ok_or(bad_length)?;
        let batch = self
            .rest
            .get(..size)
            .ok_or(ScanErrorKind::NeedMore { length: size })?;
        let computed = crc32c(&batch[CRC_START..]);
        if computed != header.crc() {
            return Err(ScanErrorKind::CrcMismatch {
                stored: header.crc(),
                computed,
            });
        }
        let next = advance(&self.from, &header, size).ok_or(ScanErrorKind::BadCounts {
            record_count: header.record_count(),
            last_offset_delta: header.last_offset_delta(),
        })?;
        let found = ScannedBatch {
            position: self.from.position,
            header,
            size,
            marker: marker::of_control(&header, batch),
        };
        Ok((found, next))
    }
}

/// Checks the fields that the CRC does not cover, before a byte of the records is needed: a torn length field
/// must not make the walk wait for bytes that never were.
fn check_against_log(header: &RecordBatchHeader, from: &ScanFrom) -> Result<(), ScanErrorKind> {
    if header.magic() != MAGIC_V2 {
        return Err(ScanErrorKind::BadMagic {
            magic: header.magic(),
        });
    }
    if header.size().is_none_or(|size| size > from.batch_bytes_max) {
        return Err(ScanErrorKind::BadLength {
            batch_length: header.batch_length(),
        });
    }
    let base_offset = header.base_offset();
    let in_place = match from.gaps {
        Gaps::Refused => base_offset == from.offset,
        Gaps::Allowed => base_offset >= from.offset,
    };
    if !in_place {
        return Err(ScanErrorKind::WrongOffset { base_offset });
    }
    let leader_epoch = header.leader_epoch();
    if leader_epoch < from.epoch_min || leader_epoch > from.epoch_max {
        return Err(ScanErrorKind::WrongEpoch {
            leader_epoch,
            epoch_min: from.epoch_min,
            epoch_max: from.epoch_max,
        });
    }
    Ok(())
}

fn advance(from: &ScanFrom, header: &RecordBatchHeader, size: usize) -> Option<ScanFrom> {
    let count = header.record_count();
    if count < 0 || i64::from(count) > i64::from(header.last_offset_delta()) + 1 {
        return None;
    }
    Some(ScanFrom {
        position: from.position.plus(u64::try_from(size).ok()?)?,
        offset: header.next_offset()?,
        epoch_min: header.leader_epoch(),
        ..*from
    })
}

impl Iterator for Scan<'_> {
    type Item = Result<ScannedBatch, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.rest.is_empty() {
            return None;
        }
        match self.step() {
            Ok((batch, next)) => {
                self.rest = &self.rest[batch.size..];
                self.from = next;
                Some(Ok(batch))
            }
            Err(kind) => {
                self.failed = true;
                Some(Err(self.error(kind)))
            }
        }
    }
}

/// Whether `bytes` start with a whole batch of format v2 whose CRC matches, whatever its offset and epoch.
#[must_use]
pub fn intact_batch_at_start(bytes: &[u8], batch_bytes_max: usize) -> Option<RecordBatchHeader> {
    let header = RecordBatchHeader::view(bytes)?;
    let size = header.size().filter(|size| *size <= batch_bytes_max)?;
    if header.magic() != MAGIC_V2 || header.next_offset().is_none() || header.record_count() < 0 {
        return None;
    }
    let batch = bytes.get(..size)?;
    (computed_crc(batch) == Some(header.crc())).then_some(*header)
}

/// `data` with the CRC made right of every batch that its length fields lead to, so that a fuzzer's changes get past
/// the check and reach what lies behind it.
pub(crate) fn with_right_crcs(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    let mut rest = data.as_mut_slice();
    while let Some(size) = RecordBatchHeader::view(rest)
        .and_then(RecordBatchHeader::size)
        .filter(|size| *size <= rest.len())
    {
        let (batch, after) = rest.split_at_mut(size);
        write_crc(batch);
        rest = after;
    }
    data
}

/// Walks whatever `data` holds, in one window and in growing ones; both must see the same batches. Once more with
/// right CRCs.
#[doc(hidden)]
pub fn fuzz_scan(data: &[u8]) {
    fuzz_walk(data);
    fuzz_walk(&with_right_crcs(data));
}

fn fuzz_walk(data: &[u8]) {
    let from = ScanFrom {
        position: Position::ZERO,
        offset: RecordBatchHeader::view(data).map_or(Offset::ZERO, RecordBatchHeader::base_offset),
        epoch_min: LeaderEpoch::UNDEFINED,
        epoch_max: LeaderEpoch(i32::MAX),
        gaps: Gaps::Allowed,
        batch_bytes_max: 1 << 20,
    };
    let whole: Vec<_> = scan(data, from).collect();
    let mut pieces = Vec::new();
    let mut resume = from;
    let mut end = 0;
    while end < data.len() {
        end = (end + 37).min(data.len());
        let start = usize::try_from(resume.position.0).expect("positions stay within the data");
        let mut walk = scan(&data[start..end], resume);
        pieces.extend(walk.by_ref().take_while(Result::is_ok));
        resume = walk.resume();
    }
    let found = whole.into_iter().filter(Result::is_ok);
    assert!(found.eq(pieces), "windows change nothing");
    let _ = ValidBatch::check(Bytes::copy_from_slice(data), 1 << 20);
}
