//! The records inside a batch: iterate, build, compress anew.
//!
//! Invariants: a length or count from the bytes is compared with the bytes that remain before anything is
//! allocated or skipped by it; an iteration ends at its first error. Pure: bytes and numbers.

mod walk;

pub use walk::{Walked, walk};

use std::borrow::Cow;

use bytes::Bytes;
use thiserror::Error;

use crate::batch::{
    self, HEADER_LENGTH, HeaderFields, LOG_OVERHEAD_LENGTH, MAGIC_V2, RecordBatchHeader,
    TimestampType,
};
use crate::compress::{
    CompressError, Compression, DecompressError, DecompressLimits, compress, decompress,
};
use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

/// Bytes of the smallest record: seven fields of one byte each.
const RECORD_LENGTH_MIN: usize = 7;
/// Bytes of the smallest record header: two lengths.
const RECORD_HEADER_LENGTH_MIN: usize = 2;
/// The largest batch in bytes that the builder makes: what the length field can say.
const BATCH_BYTES_MAX: usize = i32::MAX as usize;

/// Why the records of a batch could not be read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The bytes are not a whole batch of format v2.
    #[error("not a batch of format v2: {length} bytes")]
    NotABatch {
        /// Bytes given.
        length: usize,
    },
    /// The batch names a codec that does not exist.
    #[error("unknown compression codec {codec}")]
    UnknownCompression {
        /// The codec number.
        codec: u8,
    },
    /// The compressed records could not be decompressed.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    /// The records could not be compressed with another codec.
    #[error(transparent)]
    Compress(#[from] CompressError),
    /// The count is negative or exceeds what the bytes can hold.
    #[error("record count {record_count} in {remaining_bytes} bytes")]
    BadCount {
        /// The record count field.
        record_count: i32,
        /// Bytes of all records.
        remaining_bytes: usize,
    },
    /// A record is malformed.
    #[error("record {index} of the batch: {kind}")]
    BadRecord {
        /// The number of the record in its batch, from 0.
        index: i32,
        /// What is wrong.
        kind: RecordErrorKind,
    },
    /// Bytes are left after the last record.
    #[error("{length} bytes after the last record")]
    TrailingBytes {
        /// How many.
        length: usize,
    },
    /// The batch compressed anew is longer than a batch can be.
    #[error("a batch of {size} bytes is larger than the format allows")]
    TooLarge {
        /// Bytes of the batch.
        size: usize,
    },
}

/// How a record is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordErrorKind {
    /// A number ends beyond the bytes, or is longer than its type.
    #[error("bad varint")]
    BadVarint,
    /// A length is negative where it may not be, or beyond the record.
    #[error("length {length} with {remaining_bytes} bytes left")]
    BadLength {
        /// The length found.
        length: i64,
        /// Bytes left where it was found.
        remaining_bytes: usize,
    },
    /// The offset delta does not rise, or exceeds the batch's last.
    #[error("offset delta {offset_delta}")]
    BadOffsetDelta {
        /// The delta found.
        offset_delta: i32,
    },
    /// The timestamp leaves the range.
    #[error("timestamp delta {timestamp_delta_ms}")]
    BadTimestampDelta {
        /// The delta found.
        timestamp_delta_ms: i64,
    },
    /// The header count is negative or exceeds what the bytes can hold.
    #[error("header count {count} with {remaining_bytes} bytes left")]
    BadHeaderCount {
        /// The count found.
        count: i32,
        /// Bytes left where it was found.
        remaining_bytes: usize,
    },
    /// The record's fields end before its length says.
    #[error("{length} bytes after the last field")]
    TrailingBytes {
        /// How many.
        length: usize,
    },
}

/// The records of one batch, decompressed if they were compressed.
#[derive(Debug)]
pub struct Records<'a> {
    header: RecordBatchHeader,
    payload: Cow<'a, [u8]>,
}

impl<'a> Records<'a> {
    /// Opens the batch that starts `batch`, within the default [`DecompressLimits`]. The CRC is not checked here.
    ///
    /// # Errors
    /// See [`RecordError`]; malformed records are found by iterating.
    pub fn open(batch: &'a [u8]) -> Result<Records<'a>, RecordError> {
        Self::open_within(batch, DecompressLimits::default())
    }

    /// As [`Records::open`], within `limits`.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn open_within(
        batch: &'a [u8],
        limits: DecompressLimits,
    ) -> Result<Records<'a>, RecordError> {
        let (header, payload) = split(batch)?;
        let codec = codec_of(&header)?;
        let payload = match codec {
            Compression::None => Cow::Borrowed(payload),
            codec => Cow::Owned(decompress(codec, payload, limits)?),
        };
        let record_count = header.record_count();
        let possible = payload.len() / RECORD_LENGTH_MIN;
        let is_bound = planted::is(Bug::RecordCountBeforeBound);
        if usize::try_from(record_count).map_or(true, |count| count > possible) && !is_bound {
            return Err(RecordError::BadCount {
                record_count,
                remaining_bytes: payload.len(),
            });
        }
        Ok(Records { header, payload })
    }

    /// The header of the batch.
    #[must_use]
    pub fn header(&self) -> &RecordBatchHeader {
        &self.header
    }

    /// The bytes of all records, decompressed.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Iterates the records in order; the first error ends the iteration.
    #[must_use]
    pub fn iter(&self) -> RecordIter<'_> {
        RecordIter {
            header: self.header,
            rest: &self.payload,
            index: 0,
            last_delta: -1,
            done: false,
        }
    }
}

impl<'r> IntoIterator for &'r Records<'_> {
    type Item = Result<Record<'r>, RecordError>;
    type IntoIter = RecordIter<'r>;

    fn into_iter(self) -> RecordIter<'r> {
        self.iter()
    }
}

fn split(batch: &[u8]) -> Result<(RecordBatchHeader, &[u8]), RecordError> {
    let not_a_batch = || RecordError::NotABatch {
        length: batch.len(),
    };
    let header = *RecordBatchHeader::view(batch).ok_or_else(not_a_batch)?;
    let size = header.size().ok_or_else(not_a_batch)?;
    let payload = batch.get(HEADER_LENGTH..size).ok_or_else(not_a_batch)?;
    if header.magic() != MAGIC_V2 {
        return Err(not_a_batch());
    }
    Ok((header, payload))
}

fn codec_of(header: &RecordBatchHeader) -> Result<Compression, RecordError> {
    header
        .compression()
        .map_err(|unknown| RecordError::UnknownCompression { codec: unknown.id })
}

/// One record, borrowed from its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The offset of the record.
    pub offset: Offset,
    /// The timestamp: the producer's, or the batch's maximum where the broker's clock counts.
    pub timestamp: TimestampMs,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: Headers<'a>,
}

/// The headers of a record, checked when the record was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers<'a> {
    count: usize,
    bytes: &'a [u8],
}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key: UTF-8 by Kafka's rules, which nothing here enforces.
    pub key: &'a [u8],
    /// The value.
    pub value: Option<&'a [u8]>,
}

impl<'a> Headers<'a> {
    /// No headers.
    pub const NONE: Headers<'static> = Headers {
        count: 0,
        bytes: &[],
    };

    /// How many headers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The headers in order.
    pub fn iter(&self) -> impl Iterator<Item = Header<'a>> + use<'a> {
        let mut reader = Reader { rest: self.bytes };
        // The bytes were read once by `Reader::headers`, so that reading them again cannot fail.
        (0..self.count).map_while(move |_| reader.header().ok())
    }
}

/// Iterates the records of a batch.
#[derive(Clone, Debug)]
pub struct RecordIter<'a> {
    header: RecordBatchHeader,
    rest: &'a [u8],
    index: i32,
    last_delta: i32,
    done: bool,
}

impl<'a> RecordIter<'a> {
    /// The bytes of the records that are still to come.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn step(&mut self) -> Result<Record<'a>, RecordErrorKind> {
        let mut outer = Reader { rest: self.rest };
        let length = outer.varint()?;
        let body = outer.take(i64::from(length))?;
        let record = self.parse(Reader { rest: body })?;
        self.rest = outer.rest;
        Ok(record)
    }

    fn parse(&mut self, mut reader: Reader<'a>) -> Result<Record<'a>, RecordErrorKind> {
        let _attributes = reader.take(1)?;
        let timestamp_delta_ms = reader.varlong()?;
        let offset_delta = reader.varint()?;
        if offset_delta <= self.last_delta || offset_delta > self.header.last_offset_delta() {
            return Err(RecordErrorKind::BadOffsetDelta { offset_delta });
        }
        let offset = self
            .header
            .base_offset()
            .plus(i64::from(offset_delta))
            .ok_or(RecordErrorKind::BadOffsetDelta { offset_delta })?;
        let timestamp = self.timestamp(timestamp_delta_ms)?;
        let key = reader.nullable_bytes()?;
        let value = reader.nullable_bytes()?;
        let headers = reader.headers()?;
        if !reader.rest.is_empty() {
            return Err(RecordErrorKind::TrailingBytes {
                length: reader.rest.len(),
            });
        }
        self.last_delta = offset_delta;
        Ok(Record {
            offset,
            timestamp,
            key,
            value,
            headers,
        })
    }

    fn timestamp(&self, timestamp_delta_ms: i64) -> Result<TimestampMs, RecordErrorKind> {
        match self.header.timestamp_type() {
            TimestampType::LogAppendTime => Ok(self.header.max_timestamp()),
            TimestampType::CreateTime => self
                .header
                .base_timestamp()
                .0
                .checked_add(timestamp_delta_ms)
                .map(TimestampMs)
                .ok_or(RecordErrorKind::BadTimestampDelta { timestamp_delta_ms }),
        }
    }

    fn finish(&mut self) -> Option<Result<Record<'a>, RecordError>> {
        self.done = true;
        let length = self.rest.len();
        (length > 0).then_some(Err(RecordError::TrailingBytes { length }))
    }
}

impl<'a> Iterator for RecordIter<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        if self.index >= self.header.record_count() {
            return self.finish();
        }
        let index = self.index;
        self.index += 1;
        let step = self.step();
        self.done = step.is_err();
        Some(step.map_err(|kind| RecordError::BadRecord { index, kind }))
    }
}

/// Reads the fields of a record from the bytes that remain of it.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: i64) -> Result<&'a [u8], RecordErrorKind> {
        let remaining_bytes = self.rest.len();
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
            .ok_or(RecordErrorKind::BadLength {
                length,
                remaining_bytes,
            })?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<i32, RecordErrorKind> {
        let (value, rest) = read_varint(self.rest).ok_or(RecordErrorKind::BadVarint)?;
        self.rest = rest;
        Ok(value)
    }

    fn varlong(&mut self) -> Result<i64, RecordErrorKind> {
        let (value, rest) = read_varlong(self.rest).ok_or(RecordErrorKind::BadVarint)?;
        self.rest = rest;
        Ok(value)
    }

    fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, RecordErrorKind> {
        match self.varint()? {
            -1 => Ok(None),
            length => self.take(i64::from(length)).map(Some),
        }
    }

    fn header(&mut self) -> Result<Header<'a>, RecordErrorKind> {
        let length = self.varint()?;
        let key = self.take(i64::from(length))?;
        let value = self.nullable_bytes()?;
        Ok(Header { key, value })
    }

    fn headers(&mut self) -> Result<Headers<'a>, RecordErrorKind> {
        let claimed = self.varint()?;
        let remaining_bytes = self.rest.len();
        let count = usize::try_from(claimed)
            .ok()
            .filter(|count| *count <= remaining_bytes / RECORD_HEADER_LENGTH_MIN)
            .ok_or(RecordErrorKind::BadHeaderCount {
                count: claimed,
                remaining_bytes,
            })?;
        let bytes = self.rest;
        for _ in 0..count {
            self.header()?;
        }
        let length = bytes.len() - self.rest.len();
        Ok(Headers {
            count,
            bytes: &bytes[..length],
        })
    }
}

/// Reads an unsigned number in groups of seven bits, of `bits` bits at most; `None` when it does not end in
/// the bytes or does not fit.
fn read_unsigned(bytes: &[u8], bits: u32) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        let shift = 7 * u32::try_from(index).ok()?;
        let group = u64::from(byte & 0x7f);
        if shift >= bits || (bits - shift < 7 && group >> (bits - shift) != 0) {
            return None;
        }
        value |= group << shift;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Reads a zigzag varint of 32 bits.
fn read_varint(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (value, rest) = read_unsigned(bytes, 32)?;
    let value = u32::try_from(value).ok()?;
    Some((
        (value >> 1).cast_signed() ^ -(value & 1).cast_signed(),
        rest,
    ))
}

/// Reads a zigzag varint of 64 bits.
fn read_varlong(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (value, rest) = read_unsigned(bytes, 64)?;
    Some((
        (value >> 1).cast_signed() ^ -(value & 1).cast_signed(),
        rest,
    ))
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn write_varlong(out: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        // The mask leaves seven bits.
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push((rest & 0x7f) as u8);
}

fn varlong_length(value: i64) -> usize {
    let bits = 64 - zigzag(value).leading_zeros();
    usize::try_from(bits.div_ceil(7).max(1)).expect("a varint has ten bytes at most")
}

/// A length or count that [`BatchBuilder`] compared with [`BATCH_BYTES_MAX`] beforehand.
fn length_field(length: usize) -> i64 {
    i64::try_from(length).expect("lengths are bounded by the largest batch")
}

/// A record to append to a [`BatchBuilder`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NewRecord<'a> {
    /// The timestamp in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header<'a>],
}

impl NewRecord<'_> {
    /// Bytes of the fields after the length, at the given deltas.
    fn body_length(&self, timestamp_delta_ms: i64, offset_delta: i32) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|header| nullable_length(Some(header.key)) + nullable_length(header.value))
            .sum();
        1 + varlong_length(timestamp_delta_ms)
            + varlong_length(i64::from(offset_delta))
            + nullable_length(self.key)
            + nullable_length(self.value)
            + varlong_length(length_field(self.headers.len()))
            + headers
    }

    fn write(&self, out: &mut Vec<u8>, timestamp_delta_ms: i64, offset_delta: i32) {
        let length = self.body_length(timestamp_delta_ms, offset_delta);
        write_varlong(out, length_field(length));
        out.push(0);
        write_varlong(out, timestamp_delta_ms);
        write_varlong(out, i64::from(offset_delta));
        write_nullable(out, self.key);
        write_nullable(out, self.value);
        write_varlong(out, length_field(self.headers.len()));
        for header in self.headers {
            write_nullable(out, Some(header.key));
            write_nullable(out, header.value);
        }
    }
}

/// The bytes of the first record of `records`, and what follows; none when there is no whole one.
pub(crate) fn split_record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, body) = read_varint(records)?;
    let end = records.len() - body.len() + usize::try_from(length).ok()?;
    records.split_at_checked(end)
}

/// Appends `record`, the bytes of one whole record, with its timestamp delta changed by `shift_ms`; none when it is no
/// record or the delta leaves its range.
pub(crate) fn write_shifted(out: &mut Vec<u8>, record: &[u8], shift_ms: i64) -> Option<()> {
    let (_length, body) = read_varint(record)?;
    let (attributes, body) = body.split_first()?;
    let (delta_ms, rest) = read_varlong(body)?;
    let delta_ms = delta_ms.checked_add(shift_ms)?;
    let length = 1 + varlong_length(delta_ms) + rest.len();
    write_varlong(out, i64::try_from(length).ok()?);
    out.push(*attributes);
    write_varlong(out, delta_ms);
    out.extend_from_slice(rest);
    Some(())
}

fn nullable_length(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| {
        varlong_length(length_field(bytes.len())) + bytes.len()
    })
}

fn write_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => write_varlong(out, -1),
        Some(bytes) => {
            write_varlong(out, length_field(bytes.len()));
            out.extend_from_slice(bytes);
        }
    }
}

/// The idempotent producer's fields of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerFields {
    /// The producer.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: i16,
    /// The sequence number of the first record; −1 for control batches.
    pub base_sequence: i32,
}

/// What a batch under construction carries besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// The codec of the records.
    pub compression: Compression,
    /// The codec's level, `None` for its default.
    pub compression_level: Option<i32>,
    /// The idempotent producer, if there is one.
    pub producer: Option<ProducerFields>,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
    /// Whether the records are control records.
    pub is_control: bool,
    /// The offset of the first record; a producer leaves it at 0.
    pub base_offset: Offset,
    /// The leader epoch; a producer leaves it undefined.
    pub leader_epoch: LeaderEpoch,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            compression: Compression::None,
            compression_level: None,
            producer: None,
            is_transactional: false,
            is_control: false,
            base_offset: Offset::ZERO,
            leader_epoch: LeaderEpoch::UNDEFINED,
        }
    }
}

/// Why a record or a batch could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A batch needs at least one record.
    #[error("a batch without records")]
    Empty,
    /// The batch would be longer than its length field can say.
    #[error("a batch of {size} bytes is larger than the format allows")]
    TooLarge {
        /// Bytes of the batch.
        size: usize,
    },
    /// The batch would hold more records than its count can say.
    #[error("a batch of more than 2147483647 records")]
    TooManyRecords,
    /// The record's timestamp is too far from the first one's.
    #[error("timestamp {timestamp_ms} is too far from the batch's first")]
    BadTimestamp {
        /// The timestamp in milliseconds.
        timestamp_ms: i64,
    },
    /// The codec failed.
    #[error(transparent)]
    Compress(#[from] CompressError),
}

/// Builds one batch, record by record.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    options: BatchOptions,
    /// Header space and the records appended so far, not compressed.
    buffer: Vec<u8>,
    record_count: i32,
    base_timestamp_ms: i64,
    max_timestamp_ms: i64,
}

impl BatchBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new(options: BatchOptions) -> Self {
        Self {
            options,
            buffer: vec![0; HEADER_LENGTH],
            record_count: 0,
            base_timestamp_ms: 0,
            max_timestamp_ms: TimestampMs::NONE.0,
        }
    }

    /// How many records were appended.
    #[must_use]
    pub fn record_count(&self) -> i32 {
        self.record_count
    }

    /// Whether no record was appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record_count == 0
    }

    /// Bytes of the batch so far before compression: exact without a codec, an upper estimate with one.
    #[must_use]
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// As [`BatchBuilder::size`], with `record` appended. A producer closes the batch when it exceeds its
    /// `batch.size`.
    #[must_use]
    pub fn size_with(&self, record: &NewRecord<'_>) -> usize {
        let delta = record
            .timestamp_ms
            .wrapping_sub(self.base_timestamp_with(record));
        let body = record.body_length(delta, self.record_count);
        self.buffer.len() + varlong_length(length_field(body)) + body
    }

    fn base_timestamp_with(&self, record: &NewRecord<'_>) -> i64 {
        if self.is_empty() {
            record.timestamp_ms
        } else {
            self.base_timestamp_ms
        }
    }

    /// Appends a record at the next offset.
    ///
    /// # Errors
    /// See [`BuildError`]; the builder is unchanged then.
    pub fn append(&mut self, record: &NewRecord<'_>) -> Result<(), BuildError> {
        let size = self.size_with(record);
        if size > BATCH_BYTES_MAX {
            return Err(BuildError::TooLarge { size });
        }
        let next_count = self
            .record_count
            .checked_add(1)
            .ok_or(BuildError::TooManyRecords)?;
        let base = self.base_timestamp_with(record);
        let delta = record
            .timestamp_ms
            .checked_sub(base)
            .ok_or(BuildError::BadTimestamp {
                timestamp_ms: record.timestamp_ms,
            })?;
        record.write(&mut self.buffer, delta, self.record_count);
        self.base_timestamp_ms = base;
        self.max_timestamp_ms = self.max_timestamp_ms.max(record.timestamp_ms);
        self.record_count = next_count;
        Ok(())
    }

    /// Compresses the records if so asked, and completes the header.
    ///
    /// # Errors
    /// Fails for an empty batch and when the codec fails.
    pub fn build(mut self) -> Result<Bytes, BuildError> {
        if self.is_empty() {
            return Err(BuildError::Empty);
        }
        let options = self.options;
        if options.compression != Compression::None {
            let records = &self.buffer[HEADER_LENGTH..];
            let compressed = compress(options.compression, options.compression_level, records)?;
            self.buffer.truncate(HEADER_LENGTH);
            self.buffer.extend_from_slice(&compressed);
        }
        let producer = options.producer.unwrap_or(ProducerFields {
            id: ProducerId::NONE,
            epoch: -1,
            base_sequence: -1,
        });
        let fields = HeaderFields {
            base_offset: options.base_offset,
            leader_epoch: options.leader_epoch,
            attributes: batch::attributes(
                options.compression,
                TimestampType::CreateTime,
                options.is_transactional,
                options.is_control,
            ),
            last_offset_delta: self.record_count - 1,
            base_timestamp: TimestampMs(self.base_timestamp_ms),
            max_timestamp: TimestampMs(self.max_timestamp_ms),
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            base_sequence: producer.base_sequence,
            record_count: self.record_count,
        };
        finish_batch(&fields, self.buffer).map_err(|size| BuildError::TooLarge { size })
    }
}

/// Writes the header before the records of `buffer`; gives the size back when it is too large.
fn finish_batch(fields: &HeaderFields, mut buffer: Vec<u8>) -> Result<Bytes, usize> {
    match fields.write(&mut buffer) {
        Some(()) => Ok(Bytes::from(buffer)),
        None => Err(buffer.len()),
    }
}

/// The batch with its records compressed by `target` instead; offsets, timestamps and the producer's fields stay.
/// Every record is read once, as Kafka does where the broker must decompress: a malformed one is refused.
///
/// # Errors
/// See [`RecordError`].
pub fn recompress(
    batch: &[u8],
    target: Compression,
    level: Option<i32>,
    limits: DecompressLimits,
) -> Result<Bytes, RecordError> {
    let records = Records::open_within(batch, limits)?;
    for record in &records {
        record?;
    }
    let header = records.header();
    let mut buffer = vec![0; HEADER_LENGTH];
    match target {
        Compression::None => buffer.extend_from_slice(&records.payload),
        codec => buffer.extend_from_slice(&compress(codec, level, &records.payload)?),
    }
    let fields = HeaderFields {
        base_offset: header.base_offset(),
        leader_epoch: header.leader_epoch(),
        attributes: batch::attributes_with_compression(header.attributes(), target),
        last_offset_delta: header.last_offset_delta(),
        base_timestamp: header.base_timestamp(),
        max_timestamp: header.max_timestamp(),
        producer_id: header.producer_id(),
        producer_epoch: header.producer_epoch(),
        base_sequence: header.base_sequence(),
        record_count: header.record_count(),
    };
    finish_batch(&fields, buffer).map_err(|size| RecordError::TooLarge { size })
}

/// The size in bytes that the batch at the start of `bytes` claims, header included, for walks over a records
/// field of several batches; `None` when it claims more than is there.
#[must_use]
pub fn first_batch_size(bytes: &[u8]) -> Option<usize> {
    RecordBatchHeader::view(bytes)?
        .size()
        .filter(|size| *size <= bytes.len() && *size > LOG_OVERHEAD_LENGTH)
}

/// Iterates whatever `data` holds as records; must never panic, hang or allocate beyond the limits.
#[doc(hidden)]
pub fn fuzz_records(data: &[u8]) {
    let limits = DecompressLimits {
        output_bytes_max: 1 << 20,
        ratio_max: 1024,
    };
    let Ok(records) = Records::open_within(data, limits) else {
        return;
    };
    let mut last = None;
    for record in &records {
        let Ok(record) = record else { return };
        assert!(last < Some(record.offset), "offsets rise");
        assert_eq!(record.headers.iter().count(), record.headers.len());
        last = Some(record.offset);
    }
    if let Ok(again) = recompress(data, Compression::None, None, limits) {
        let reopened = Records::open_within(&again, limits).expect("recompressed just now");
        assert_eq!(reopened.iter().count(), records.iter().count());
    }
}

#[cfg(test)]
mod tests;
