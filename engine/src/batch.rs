//! The 61-byte header of a Kafka record batch, format v2: a view, the checks before an append, the rewrite of
//! what the broker assigns, and the walk over a file of batches.
//!
//! Invariants: a [`ValidBatch`] is exactly one batch whose header agrees with itself and whose CRC-32C matched;
//! records are never iterated here. The CRC covers the bytes from the attributes on, so base offset, batch
//! length, leader epoch and magic are outside it: the broker may rewrite them without a second CRC pass, and
//! [`scan`] must check them against what the log expects. Pure: bytes and numbers.

use bytes::Bytes;
use thiserror::Error;
use zerocopy::byteorder::big_endian::{I16, I32, I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::compress::{Compression, UnknownCompression};
use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, Offset, Position, ProducerId, TimestampMs};

/// Bytes of a batch header, before the first record.
pub const HEADER_LENGTH: usize = 61;
/// Bytes before the part that the batch length field counts: base offset and the field itself.
pub const LOG_OVERHEAD_LENGTH: usize = 12;
/// The only magic that is stored: record batch format v2.
pub const MAGIC_V2: i8 = 2;
/// Bytes of the smallest record: length, attributes, two deltas, no key, no value, no headers.
const RECORD_BYTES_MIN: usize = 7;
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

/// Why a producer's batch is refused. One variant for each Kafka error that the broker must answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// CORRUPT_MESSAGE: the bytes are not what the producer sent, or not a batch.
    #[error("corrupt batch: {0}")]
    Corrupt(Corruption),
    /// INVALID_RECORD: the bytes are intact, and say something that a producer may not say.
    #[error("invalid batch: {0}")]
    Invalid(Invalidity),
    /// MESSAGE_TOO_LARGE: the batch exceeds the largest size of the topic.
    #[error("batch of {size} bytes exceeds the maximum of {max_bytes} bytes")]
    TooLarge {
        /// Bytes of the batch.
        size: usize,
        /// The largest size allowed, in bytes.
        max_bytes: usize,
    },
    /// UNSUPPORTED_COMPRESSION_TYPE: the attributes name a codec that Kafka does not define.
    #[error("unknown compression codec {codec}")]
    UnsupportedCompression {
        /// The codec number in the attributes.
        codec: u8,
    },
    /// UNSUPPORTED_FOR_MESSAGE_FORMAT: a message set of format v0 or v1.
    #[error("message format {magic} is not supported, only format 2")]
    UnsupportedMagic {
        /// The magic byte found.
        magic: i8,
    },
}

/// How a batch fails to be one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Corruption {
    /// Fewer bytes than a header.
    #[error("{length} bytes are fewer than a header's {HEADER_LENGTH}")]
    Truncated {
        /// Bytes present.
        length: usize,
    },
    /// The batch length field does not name the number of bytes present: cut, or followed by something else.
    #[error(
        "the length field claims {batch_length} bytes after it, and the batch has {length} bytes in all"
    )]
    LengthMismatch {
        /// The length field.
        batch_length: i32,
        /// Bytes present.
        length: usize,
    },
    /// A magic that no version of Kafka ever had.
    #[error("unknown magic {magic}")]
    UnknownMagic {
        /// The magic byte found.
        magic: i8,
    },
    /// The CRC-32C differs.
    #[error("CRC-32C {computed:#010x} computed, {stored:#010x} stored")]
    CrcMismatch {
        /// What the header claims.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
}

/// What an intact batch of a producer may not say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalidity {
    /// A batch without records, or with a negative count.
    #[error("record count {record_count}")]
    Empty {
        /// The record count field.
        record_count: i32,
    },
    /// The record count does not match the offsets that the batch would take.
    #[error("record count {record_count} with last offset delta {last_offset_delta}")]
    CountMismatch {
        /// The record count field.
        record_count: i32,
        /// The last offset delta field.
        last_offset_delta: i32,
    },
    /// The control bit, which only the broker sets.
    #[error("control batch from a producer")]
    ControlFromProducer,
    /// A negative producer epoch or base sequence together with a producer id.
    #[error(
        "producer id {producer_id} with epoch {producer_epoch} and base sequence {base_sequence}"
    )]
    ProducerFields {
        /// The producer id field.
        producer_id: i64,
        /// The producer epoch field.
        producer_epoch: i16,
        /// The base sequence field.
        base_sequence: i32,
    },
    /// A transactional batch without a producer id.
    #[error("transactional batch without a producer id")]
    TransactionalWithoutProducer,
    /// A timestamp below Kafka's marker for none.
    #[error("base timestamp {base_timestamp_ms} and maximum timestamp {max_timestamp_ms}")]
    NegativeTimestamp {
        /// The base timestamp field.
        base_timestamp_ms: i64,
        /// The maximum timestamp field.
        max_timestamp_ms: i64,
    },
}

/// Exactly one batch of format v2, whose header was checked and whose CRC matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidBatch {
    bytes: Bytes,
}

impl ValidBatch {
    /// Checks a batch that a producer sent: `bytes` must be one batch and nothing else, of `max_bytes` at most.
    /// Records are not iterated; one pass of the CRC is the whole cost.
    ///
    /// # Errors
    /// See [`BatchError`]; the size is checked before the CRC pass.
    pub fn check(bytes: Bytes, max_bytes: usize) -> Result<ValidBatch, BatchError> {
        let batch = Self::check_intact(bytes, max_bytes)?;
        check_producer_rules(batch.header())?;
        Ok(batch)
    }

    /// Checks a batch that another broker or this one wrote: as [`ValidBatch::check`], but control batches and
    /// batches thinned by compaction are fine.
    ///
    /// # Errors
    /// See [`BatchError`].
    pub fn check_foreign(bytes: Bytes, max_bytes: usize) -> Result<ValidBatch, BatchError> {
        let batch = Self::check_intact(bytes, max_bytes)?;
        let header = batch.header();
        let count = header.record_count();
        let delta = header.last_offset_delta();
        if delta < 0 || count < 0 || i64::from(count) > i64::from(delta) + 1 {
            return Err(BatchError::Invalid(Invalidity::CountMismatch {
                record_count: count,
                last_offset_delta: delta,
            }));
        }
        Ok(batch)
    }

    fn check_intact(bytes: Bytes, max_bytes: usize) -> Result<ValidBatch, BatchError> {
        check_frame(&bytes, max_bytes)?;
        let batch = ValidBatch { bytes };
        let header = batch.header();
        let computed = crc32c(&batch.bytes[CRC_START..]);
        if computed != header.crc() && !planted::is(Bug::AppendCrcUnchecked) {
            return Err(BatchError::Corrupt(Corruption::CrcMismatch {
                stored: header.crc(),
                computed,
            }));
        }
        header
            .compression()
            .map_err(|unknown| BatchError::UnsupportedCompression { codec: unknown.id })?;
        Ok(batch)
    }

    /// The header of the batch.
    #[must_use]
    pub fn header(&self) -> &RecordBatchHeader {
        RecordBatchHeader::view(&self.bytes).expect("check_frame saw a whole header in these bytes")
    }

    /// The bytes of the batch, header and records.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Gives the bytes away.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Bytes of the whole batch.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

fn check_frame(bytes: &[u8], max_bytes: usize) -> Result<(), BatchError> {
    // The magic comes before anything else: the layout of the older formats differs from here on.
    if let Some(byte) = bytes.get(MAGIC_INDEX) {
        match i8::from_be_bytes([*byte]) {
            MAGIC_V2 => {}
            magic @ 0..=1 => return Err(BatchError::UnsupportedMagic { magic }),
            magic => return Err(BatchError::Corrupt(Corruption::UnknownMagic { magic })),
        }
    }
    let Some(header) = RecordBatchHeader::view(bytes) else {
        return Err(BatchError::Corrupt(Corruption::Truncated {
            length: bytes.len(),
        }));
    };
    if header.size() != Some(bytes.len()) {
        return Err(BatchError::Corrupt(Corruption::LengthMismatch {
            batch_length: header.batch_length(),
            length: bytes.len(),
        }));
    }
    if bytes.len() > max_bytes {
        return Err(BatchError::TooLarge {
            size: bytes.len(),
            max_bytes,
        });
    }
    Ok(())
}

fn check_producer_rules(header: &RecordBatchHeader) -> Result<(), BatchError> {
    producer_invalidity(header).map_or(Ok(()), |invalidity| Err(BatchError::Invalid(invalidity)))
}

fn producer_invalidity(header: &RecordBatchHeader) -> Option<Invalidity> {
    let record_count = header.record_count();
    let last_offset_delta = header.last_offset_delta();
    let has_producer = header.producer_id().is_some();
    if header.is_control() {
        return Some(Invalidity::ControlFromProducer);
    }
    if record_count <= 0 {
        return Some(Invalidity::Empty { record_count });
    }
    let is_too_many = holds_records_plainly(header)
        && header
            .size()
            .is_none_or(|size| records_that_fit(size) < i64::from(record_count));
    if is_too_many || last_offset_delta != record_count - 1 {
        return Some(Invalidity::CountMismatch {
            record_count,
            last_offset_delta,
        });
    }
    if has_producer && (header.producer_epoch() < 0 || header.base_sequence() < 0) {
        return Some(Invalidity::ProducerFields {
            producer_id: header.producer_id().0,
            producer_epoch: header.producer_epoch(),
            base_sequence: header.base_sequence(),
        });
    }
    if header.is_transactional() && !has_producer {
        return Some(Invalidity::TransactionalWithoutProducer);
    }
    if header.base_timestamp() < TimestampMs::NONE || header.max_timestamp() < TimestampMs::NONE {
        return Some(Invalidity::NegativeTimestamp {
            base_timestamp_ms: header.base_timestamp().0,
            max_timestamp_ms: header.max_timestamp().0,
        });
    }
    None
}

fn holds_records_plainly(header: &RecordBatchHeader) -> bool {
    matches!(header.compression(), Ok(Compression::None))
}

/// The most records that an uncompressed batch of `size` bytes can hold. What a compressed one holds is not looked at.
fn records_that_fit(size: usize) -> i64 {
    i64::try_from(size.saturating_sub(HEADER_LENGTH) / RECORD_BYTES_MIN).unwrap_or(i64::MAX)
}

/// What the broker assigns to a batch at the append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The offset of the first record.
    pub base_offset: Offset,
    /// The epoch of the leader that appends.
    pub leader_epoch: LeaderEpoch,
}

/// Copies `batch` to the start of `destination` and writes its placement there. Both fields lie outside the CRC,
/// so that no second pass over the bytes is needed. `destination` must be at least as long as `batch`, and
/// `batch` at least a header: both are the caller's own buffers, so anything else is a bug and panics.
pub fn write_placed(destination: &mut [u8], batch: &[u8], placement: Placement) {
    assert!(
        batch.len() >= HEADER_LENGTH && destination.len() >= batch.len(),
        "a batch of {} bytes does not fit into {} bytes",
        batch.len(),
        destination.len()
    );
    destination[..batch.len()].copy_from_slice(batch);
    place(destination, placement);
}

/// Writes the placement of the batch that starts `batch`, in place. Panics when there is no whole header.
pub fn place(batch: &mut [u8], placement: Placement) {
    batch[BASE_OFFSET_RANGE].copy_from_slice(&placement.base_offset.0.to_be_bytes());
    batch[LEADER_EPOCH_RANGE].copy_from_slice(&placement.leader_epoch.0.to_be_bytes());
}

/// Corrects the maximum timestamp of `batch` (exactly one batch), and the CRC with it. Panics when there is no whole header.
pub fn set_max_timestamp(batch: &mut [u8], max_timestamp: TimestampMs) {
    batch[MAX_TIMESTAMP_RANGE].copy_from_slice(&max_timestamp.0.to_be_bytes());
    write_crc(batch);
}

/// Turns the timestamps of `batch` (exactly one batch) into the broker's: sets the timestamp type, the maximum
/// timestamp, and the CRC again. Panics when there is no whole header.
pub fn set_log_append_time(batch: &mut [u8], now: TimestampMs) {
    let attributes = i16::from_be_bytes([
        batch[ATTRIBUTES_RANGE.start],
        batch[ATTRIBUTES_RANGE.start + 1],
    ]);
    batch[ATTRIBUTES_RANGE].copy_from_slice(&(attributes | TIMESTAMP_TYPE_BIT).to_be_bytes());
    batch[MAX_TIMESTAMP_RANGE].copy_from_slice(&now.0.to_be_bytes());
    write_crc(batch);
}

/// Computes the CRC of `batch` (exactly one batch) and writes it into the header.
pub(crate) fn write_crc(batch: &mut [u8]) {
    let crc = crc32c(&batch[CRC_START..]);
    batch[CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
}

/// The fields of a header under construction; `record` and compaction fill them.
#[derive(Debug)]
pub(crate) struct HeaderFields {
    pub base_offset: Offset,
    pub leader_epoch: LeaderEpoch,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub base_timestamp: TimestampMs,
    pub max_timestamp: TimestampMs,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub record_count: i32,
}

impl HeaderFields {
    /// Writes the header of a batch that fills `batch`, CRC included; `None` when it is longer than 31 bits say.
    pub(crate) fn write(&self, batch: &mut [u8]) -> Option<()> {
        let length = batch.len().checked_sub(LOG_OVERHEAD_LENGTH)?;
        let header = RecordBatchHeader {
            base_offset: self.base_offset.0.into(),
            batch_length: i32::try_from(length).ok()?.into(),
            leader_epoch: self.leader_epoch.0.into(),
            magic: MAGIC_V2,
            crc: 0.into(),
            attributes: self.attributes.into(),
            last_offset_delta: self.last_offset_delta.into(),
            base_timestamp: self.base_timestamp.0.into(),
            max_timestamp: self.max_timestamp.0.into(),
            producer_id: self.producer_id.0.into(),
            producer_epoch: self.producer_epoch.into(),
            base_sequence: self.base_sequence.into(),
            record_count: self.record_count.into(),
        };
        batch
            .get_mut(..HEADER_LENGTH)?
            .copy_from_slice(header.as_bytes());
        write_crc(batch);
        Some(())
    }
}

/// Builds the attribute bits of a batch.
pub(crate) fn attributes(
    compression: Compression,
    timestamp_type: TimestampType,
    is_transactional: bool,
    is_control: bool,
) -> i16 {
    let mut bits = i16::from(compression.id());
    if timestamp_type == TimestampType::LogAppendTime {
        bits |= TIMESTAMP_TYPE_BIT;
    }
    if is_transactional {
        bits |= TRANSACTIONAL_BIT;
    }
    if is_control {
        bits |= CONTROL_BIT;
    }
    bits
}

/// The attribute bits of `attributes`, which say that the base timestamp is a delete horizon.
pub(crate) fn attributes_with_delete_horizon(attributes: i16) -> i16 {
    attributes | DELETE_HORIZON_BIT
}

/// The attribute bits of a batch that has lost its records: no codec, and no delete horizon.
pub(crate) fn attributes_without_records(attributes: i16) -> i16 {
    attributes & !(CODEC_MASK | DELETE_HORIZON_BIT)
}

/// The attribute bits of `attributes` with another codec.
pub(crate) fn attributes_with_compression(attributes: i16, compression: Compression) -> i16 {
    (attributes & !CODEC_MASK) | i16::from(compression.id())
}

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
        if computed != header.crc() && !planted::is(Bug::RecoverCrcUnchecked) {
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
    if !in_place && !planted::is(Bug::AcceptStaleBytes) {
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

#[cfg(test)]
mod tests;
