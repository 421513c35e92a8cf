//! Checks the records of an uncompressed batch in one walk that builds nothing: what a broker does with each batch that
//! a producer sends.
//!
//! Invariants: what the walk accepts, [`RecordIter`](super::RecordIter) reads without an error; what it cannot decide
//! quickly is left to that iterator, whose errors are the ones told. Pure: bytes in, numbers out.

use super::{RecordError, Records, read_varint, read_varlong};
use crate::batch::{HEADER_LENGTH, RecordBatchHeader, TimestampType, ValidBatch};
use crate::compress::{Compression, DecompressLimits};
use crate::types::TimestampMs;

/// What a walk over the records of a batch has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The smallest timestamp of a record that has one.
    pub min_timestamp: Option<TimestampMs>,
    /// The largest timestamp; [`TimestampMs::NONE`] where no record has one.
    pub max_timestamp: TimestampMs,
    /// The number, from 0, of the first record without a key.
    pub keyless_record: Option<i32>,
}

impl Walked {
    const NOTHING: Walked = Walked {
        min_timestamp: None,
        max_timestamp: TimestampMs::NONE,
        keyless_record: None,
    };

    fn add(&mut self, index: i32, timestamp: TimestampMs, has_key: bool) {
        if timestamp > TimestampMs::NONE {
            let earlier = self.min_timestamp.is_none_or(|min| timestamp < min);
            if earlier {
                self.min_timestamp = Some(timestamp);
            }
            self.max_timestamp = self.max_timestamp.max(timestamp);
        }
        if !has_key && self.keyless_record.is_none() {
            self.keyless_record = Some(index);
        }
    }
}

/// Walks the records of `batch`: count, lengths, offsets one after another, no byte left over. A compressed batch is
/// decompressed within `limits`.
///
/// # Errors
/// What iterating the records would meet.
pub fn walk(batch: &ValidBatch, limits: DecompressLimits) -> Result<Walked, RecordError> {
    let header = batch.header();
    if let (Ok(Compression::None), Some(payload)) =
        (header.compression(), batch.bytes().get(HEADER_LENGTH..))
        && let Some(walked) = walk_plain(header, payload)
    {
        return Ok(walked);
    }
    walk_slowly(&Records::open_within(batch.bytes(), limits)?)
}

fn walk_slowly(records: &Records<'_>) -> Result<Walked, RecordError> {
    let mut walked = Walked::NOTHING;
    for (index, record) in (0..).zip(records) {
        let record = record?;
        walked.add(index, record.timestamp, record.key.is_some());
    }
    Ok(walked)
}

/// The walk; none when anything is unusual or wrong.
fn walk_plain(header: &RecordBatchHeader, payload: &[u8]) -> Option<Walked> {
    let base_ms = header.base_timestamp().0;
    let appended = header.timestamp_type() == TimestampType::LogAppendTime;
    let mut walked = Walked::NOTHING;
    let mut rest = payload;
    for index in 0..header.record_count() {
        let (length, body) = quick_varint(rest)?;
        let (body, after) = body.split_at_checked(usize::try_from(length).ok()?)?;
        let (_attributes, body) = body.split_first()?;
        let (timestamp_delta_ms, body) = quick_varlong(body)?;
        let (offset_delta, body) = quick_varint(body)?;
        let (key_length, body) = quick_varint(body)?;
        let (value_length, body) = quick_varint(skip(body, key_length)?)?;
        let (header_count, body) = quick_varint(skip(body, value_length)?)?;
        let body = skip_headers(body, header_count)?;
        if offset_delta != index || !body.is_empty() {
            return None;
        }
        let timestamp = match appended {
            true => header.max_timestamp(),
            false => TimestampMs(base_ms.checked_add(timestamp_delta_ms)?),
        };
        walked.add(index, timestamp, key_length >= 0);
        rest = after;
    }
    rest.is_empty().then_some(walked)
}

/// Behind a key or value of this length; -1 is none at all.
#[inline]
fn skip(bytes: &[u8], length: i32) -> Option<&[u8]> {
    match usize::try_from(length) {
        Ok(length) => bytes.get(length..),
        Err(_) => (length == -1).then_some(bytes),
    }
}

#[inline]
fn skip_headers(mut bytes: &[u8], count: i32) -> Option<&[u8]> {
    // Each header takes two bytes or more, so that a count without bytes behind it ends the loop at once.
    for _ in 0..u32::try_from(count).ok()? {
        let (key_length, after) = quick_varint(bytes)?;
        let key_length = usize::try_from(key_length).ok()?;
        let (value_length, after) = quick_varint(after.get(key_length..)?)?;
        bytes = skip(after, value_length)?;
    }
    Some(bytes)
}

/// A zigzag varint of 32 bits, of one or two bytes nearly always.
#[inline]
fn quick_varint(bytes: &[u8]) -> Option<(i32, &[u8])> {
    match *bytes {
        [low @ 0..0x80, ref rest @ ..] => Some((unzigzag(low.into()), rest)),
        [low, high @ 0..0x80, ref rest @ ..] => {
            Some((unzigzag(u32::from(high) << 7 | u32::from(low & 0x7f)), rest))
        }
        _ => read_varint(bytes),
    }
}

/// A zigzag varint of 64 bits; time differences within a batch take one or two bytes.
#[inline]
fn quick_varlong(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match *bytes {
        [low @ 0..0x80, ref rest @ ..] => Some((unzigzag(low.into()).into(), rest)),
        [low, high @ 0..0x80, ref rest @ ..] => {
            let value = u32::from(high) << 7 | u32::from(low & 0x7f);
            Some((unzigzag(value).into(), rest))
        }
        _ => read_varlong(bytes),
    }
}

#[inline]
fn unzigzag(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BatchBuilder, BatchOptions, Header, NewRecord};
    use bytes::Bytes;

    /// A batch of records of many shapes: long and short, with and without key, value and headers.
    fn batch() -> Vec<u8> {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let long = vec![b'v'; 20_000];
        let headers = [
            Header {
                key: b"h",
                value: Some(b"1"),
            },
            Header {
                key: b"",
                value: None,
            },
        ];
        for number in 0..150_i64 {
            let values: [Option<&[u8]>; 4] = [None, Some(b""), Some(b"value"), Some(&long)];
            builder
                .append(&NewRecord {
                    timestamp_ms: 1_700_000_000_000 + number * number * number * 1000,
                    key: [None, Some(&b"key"[..])][usize::from(number > 2)],
                    value: values[usize::try_from(number % 4).unwrap()],
                    headers: &headers[..usize::try_from(number % 3).unwrap()],
                })
                .unwrap();
        }
        builder.build().unwrap().to_vec()
    }

    fn quickly(batch: &[u8]) -> Option<Walked> {
        walk_plain(
            RecordBatchHeader::view(batch).unwrap(),
            &batch[HEADER_LENGTH..],
        )
    }

    fn slowly(batch: &[u8]) -> Result<Walked, RecordError> {
        walk_slowly(&Records::open(batch)?)
    }

    #[test]
    fn the_walk_sees_what_iterating_sees() {
        let bytes = batch();
        let walked = quickly(&bytes).unwrap();
        assert_eq!(walked, slowly(&bytes).unwrap());
        assert_eq!(walked.min_timestamp, Some(TimestampMs(1_700_000_000_000)));
        assert_eq!(walked.keyless_record, Some(0));
        let valid = ValidBatch::check(Bytes::from(bytes), usize::MAX).unwrap();
        assert_eq!(walked.max_timestamp, valid.header().max_timestamp());
        assert_eq!(walk(&valid, DecompressLimits::default()).unwrap(), walked);
    }

    #[test]
    fn whatever_one_flipped_byte_makes_of_a_batch_walk_and_iteration_agree() {
        // Without the long values, so that most flips hit a field.
        let mut builder = BatchBuilder::new(BatchOptions::default());
        for number in 0..20_i64 {
            let record = NewRecord {
                timestamp_ms: 1_700_000_000_000 + number * 40,
                key: Some(b"k"),
                value: Some(b"v"),
                headers: &[Header {
                    key: b"h",
                    value: None,
                }],
            };
            builder.append(&record).unwrap();
        }
        let sound = builder.build().unwrap();
        let mut refused = 0;
        for at in HEADER_LENGTH..sound.len() {
            for flip in 1..=u8::MAX {
                let mut bytes = sound.to_vec();
                bytes[at] ^= flip;
                let slow = slowly(&bytes).ok();
                refused += usize::from(slow.is_none());
                let quick = quickly(&bytes);
                assert!(
                    quick.is_none() || quick == slow,
                    "byte {at} flipped by {flip:#x}"
                );
                // What a quick walk leaves open, the iterator may still accept: numbers written longer than needed.
            }
        }
        assert!(refused > 10_000, "{refused} of the flips were noticed");
    }

    #[test]
    fn a_count_that_is_not_the_records_is_refused() {
        let bytes = batch();
        for cut in 1..20 {
            assert_eq!(quickly(&bytes[..bytes.len() - cut]), None);
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(quickly(&longer), None);
    }
}
