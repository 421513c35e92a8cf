//! The checks that a batch passes before it is appended: its frame, its CRC-32C and what a producer may not say.
//!
//! Invariant: the size is checked before the CRC pass, and no record is looked at. Pure: bytes and numbers.

use bytes::Bytes;
use thiserror::Error;

use super::{CRC_START, HEADER_LENGTH, MAGIC_INDEX, MAGIC_V2, RecordBatchHeader, crc32c};
use crate::compress::Compression;
use crate::types::TimestampMs;

/// Bytes of the smallest record: length, attributes, two deltas, no key, no value, no headers.
const RECORD_BYTES_MIN: usize = 7;

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
        if computed != header.crc() {
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
