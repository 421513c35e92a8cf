//! The 61-byte header of a Kafka record batch, format v2, as a view; below it the checks before an append (`valid`),
//! the rewrite of what the broker assigns (`rewrite`) and the walk over a file of batches (`scan`).
//!
//! Invariants: a [`ValidBatch`] is exactly one batch whose header agrees with itself and whose CRC-32C matched;
//! records are never iterated here. The CRC covers the bytes from the attributes on, so base offset, batch
//! length, leader epoch and magic are outside it: the broker may rewrite them without a second CRC pass, and
//! [`scan`](fn@scan) must check them against what the log expects. Pure: bytes and numbers.

use zerocopy::byteorder::big_endian::{I16, I32, I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

mod damaged;
mod rewrite;
mod scan;
#[cfg(test)]
mod tests;
mod valid;

#[doc(hidden)]
pub use self::damaged::fuzz_damaged_scan;
pub(crate) use self::rewrite::{
    HeaderFields, attributes, attributes_with_compression, attributes_with_delete_horizon,
    attributes_without_records, write_crc,
};
pub use self::rewrite::{Placement, place, set_log_append_time, set_max_timestamp, write_placed};
pub(crate) use self::scan::with_right_crcs;
pub use self::scan::{
    Gaps, Scan, ScanError, ScanErrorKind, ScanFrom, ScannedBatch, fuzz_scan, intact_batch_at_start,
    scan,
};
pub use self::valid::{BatchError, Corruption, Invalidity, ValidBatch};
use crate::compress::{Compression, UnknownCompression};
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

/// Bytes of a batch header, before the first record.
pub const HEADER_LENGTH: usize = 61;
/// Bytes before the part that the batch length field counts: base offset and the field itself.
pub const LOG_OVERHEAD_LENGTH: usize = 12;
/// The only magic that is stored: record batch format v2.
pub const MAGIC_V2: i8 = 2;
/// The first byte that the CRC covers: the attributes.
const CRC_START: usize = 21;
const BASE_OFFSET_RANGE: std::ops::Range<usize> = 0..8;
const LEADER_EPOCH_RANGE: std::ops::Range<usize> = 12..16;
const MAGIC_INDEX: usize = 16;
const CRC_RANGE: std::ops::Range<usize> = 17..21;
const ATTRIBUTES_RANGE: std::ops::Range<usize> = 21..23;
const MAX_TIMESTAMP_RANGE: std::ops::Range<usize> = 35..43;

const CODEC_MASK: i16 = 0x07;
const TIMESTAMP_TYPE_BIT: i16 = 0x08;
const TRANSACTIONAL_BIT: i16 = 0x10;
const CONTROL_BIT: i16 = 0x20;
const DELETE_HORIZON_BIT: i16 = 0x40;

/// Which clock the timestamps of a batch come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The producer's clock, one timestamp a record.
    CreateTime,
    /// The broker's clock at the append, one timestamp for the whole batch: its maximum timestamp.
    LogAppendTime,
}

/// The header of a record batch, as it lies in a file or in a request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct RecordBatchHeader {
    base_offset: I64,
    batch_length: I32,
    leader_epoch: I32,
    magic: i8,
    crc: U32,
    attributes: I16,
    last_offset_delta: I32,
    base_timestamp: I64,
    max_timestamp: I64,
    producer_id: I64,
    producer_epoch: I16,
    base_sequence: I32,
    record_count: I32,
}

const _: () = assert!(size_of::<RecordBatchHeader>() == HEADER_LENGTH);

impl RecordBatchHeader {
    /// The header at the start of `bytes`; `None` when fewer than [`HEADER_LENGTH`] bytes are there.
    /// Nothing is checked: a view of any 61 bytes exists.
    #[must_use]
    pub fn view(bytes: &[u8]) -> Option<&Self> {
        Self::ref_from_prefix(bytes).ok().map(|(header, _)| header)
    }

    /// The offset of the first record.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        Offset(self.base_offset.get())
    }

    /// The batch length field: bytes that follow it, thus the size of the batch less 12.
    #[must_use]
    pub fn batch_length(&self) -> i32 {
        self.batch_length.get()
    }

    /// Bytes of the whole batch; `None` when the length field is too small for a header.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        usize::try_from(self.batch_length())
            .ok()
            .and_then(|length| length.checked_add(LOG_OVERHEAD_LENGTH))
            .filter(|size| *size >= HEADER_LENGTH)
    }

    /// The epoch of the leader that appended the batch.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(self.leader_epoch.get())
    }

    /// The format of the batch; 2 for everything stored here.
    #[must_use]
    pub fn magic(&self) -> i8 {
        self.magic
    }

    /// The CRC-32C of the bytes from the attributes to the end, as the batch claims it.
    #[must_use]
    pub fn crc(&self) -> u32 {
        self.crc.get()
    }

    /// The attribute bits.
    #[must_use]
    pub fn attributes(&self) -> i16 {
        self.attributes.get()
    }

    /// The codec of the records.
    ///
    /// # Errors
    /// Fails for the codec numbers 5 to 7, which Kafka does not define.
    pub fn compression(&self) -> Result<Compression, UnknownCompression> {
        let [_, low] = (self.attributes() & CODEC_MASK).to_be_bytes();
        Compression::from_id(low)
    }

    /// Which clock the timestamps come from.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes() & TIMESTAMP_TYPE_BIT == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.attributes() & TRANSACTIONAL_BIT != 0
    }

    /// Whether the batch holds a control record, which consumers do not see.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.attributes() & CONTROL_BIT != 0
    }

    /// Whether the base timestamp is a delete horizon, set by compaction.
    #[must_use]
    pub fn has_delete_horizon(&self) -> bool {
        self.attributes() & DELETE_HORIZON_BIT != 0
    }

    /// The last offset less the base offset; kept by compaction, so it may exceed the record count less one.
    #[must_use]
    pub fn last_offset_delta(&self) -> i32 {
        self.last_offset_delta.get()
    }

    /// The offset of the last record; `None` when the header is nonsense.
    #[must_use]
    pub fn last_offset(&self) -> Option<Offset> {
        if self.last_offset_delta() < 0 {
            return None;
        }
        self.base_offset().plus(i64::from(self.last_offset_delta()))
    }

    /// The base offset that the next batch of the log must have; `None` when the header is nonsense.
    #[must_use]
    pub fn next_offset(&self) -> Option<Offset> {
        self.last_offset()?.next()
    }

    /// The timestamp that the records' timestamp deltas count from.
    #[must_use]
    pub fn base_timestamp(&self) -> TimestampMs {
        TimestampMs(self.base_timestamp.get())
    }

    /// The largest timestamp of the batch.
    #[must_use]
    pub fn max_timestamp(&self) -> TimestampMs {
        TimestampMs(self.max_timestamp.get())
    }

    /// The idempotent producer, or [`ProducerId::NONE`].
    #[must_use]
    pub fn producer_id(&self) -> ProducerId {
        ProducerId(self.producer_id.get())
    }

    /// The epoch of the producer, −1 without one.
    #[must_use]
    pub fn producer_epoch(&self) -> i16 {
        self.producer_epoch.get()
    }

    /// The sequence number of the first record, −1 without a producer id.
    #[must_use]
    pub fn base_sequence(&self) -> i32 {
        self.base_sequence.get()
    }

    /// The sequence number of the last record. Sequences wrap from `i32::MAX` to 0, as Kafka's
    /// `DefaultRecordBatch.incrementSequence`.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence() < 0 {
            return self.base_sequence();
        }
        sequence_plus(self.base_sequence(), self.last_offset_delta().max(0))
    }

    /// How many records the batch claims to hold.
    #[must_use]
    pub fn record_count(&self) -> i32 {
        self.record_count.get()
    }
}

/// `sequence` moved on by `increment` (both not negative), wrapping from `i32::MAX` to 0.
#[must_use]
pub(crate) fn sequence_plus(sequence: i32, increment: i32) -> i32 {
    sequence
        .checked_add(increment)
        .unwrap_or_else(|| increment - (i32::MAX - sequence) - 1)
}

/// The CRC-32C (Castagnoli) that Kafka uses for batches and producer snapshots.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// The CRC-32C of a batch as its bytes have it; `None` when there is no whole header.
#[must_use]
fn computed_crc(batch: &[u8]) -> Option<u32> {
    (batch.len() >= HEADER_LENGTH).then(|| crc32c(&batch[CRC_START..]))
}
