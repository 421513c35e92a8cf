//! Judges the batch that a producer sends to one partition, and recompresses it where the topic says so.
//!
//! Pure but for the clock. Runs on the connection's core while the bytes are hot: one CRC pass, and one walk over the
//! records of an uncompressed batch. A compressed one is decompressed only where the topic's settings cannot be kept
//! otherwise: see `docs/limits.md`.

use bytes::Bytes;
use corelane_engine::batch::{TimestampType, ValidBatch, set_max_timestamp};
use corelane_engine::compress::{Compression, DecompressLimits};
use corelane_engine::log_config::{CompressionPolicy, LogConfig};
use corelane_engine::record::{recompress, walk};
use corelane_engine::types::TimestampMs;
use corelane_protocol::ErrorCode;

use crate::clock;
use crate::error_map;
use crate::record_refusals::{self, RecordRules};
use crate::refusal::Refusal;

/// Bytes of base offset and batch length.
const OVERHEAD_BYTES: usize = 12;
/// Where the magic lies.
const MAGIC_POSITION: usize = 16;
/// The smallest batch length that any format of Kafka ever had.
const BATCH_LENGTH_MIN: i32 = 14;
/// The format that is stored.
const MAGIC_V2: i8 = 2;
/// The first Produce version that may carry Zstandard (KIP-110).
const ZSTD_SINCE: i16 = 7;

/// The batch in `records`, sent in this version of Produce, as it is appended to a topic configured so.
///
/// # Errors
/// With Kafka's code for what is wrong with it.
pub fn prepare(
    records: Option<&Bytes>,
    version: i16,
    config: &LogConfig,
) -> Result<ValidBatch, Refusal> {
    let bytes = records.map_or(&[][..], |bytes| bytes);
    check_count(bytes)?;
    let bytes = records.cloned().unwrap_or_default();
    let size_max = usize::try_from(config.max_message_bytes).unwrap_or(usize::MAX);
    let batch = ValidBatch::check(bytes, size_max).map_err(|error| error_map::batch(&error))?;
    let codec = batch.header().compression();
    let codec = codec
        .map_err(|error| Refusal::new(ErrorCode::UnsupportedCompressionType, error.to_string()))?;
    if codec == Compression::Zstd && version < ZSTD_SINCE {
        let message = format!(
            "Produce requests with version {version} are not allowed to use ZStandard compression"
        );
        return Err(Refusal::new(ErrorCode::UnsupportedCompressionType, message));
    }
    let base_offset = batch.header().base_offset();
    if base_offset.0 != 0 {
        let message =
            format!("The baseOffset of the record batch should be 0, but it is {base_offset}");
        return Err(Refusal::new(ErrorCode::InvalidRecord, message));
    }
    let batch = check_records(batch, codec, config, TimestampMs(clock::now_ms()))?;
    compress(batch, codec, config)
}

/// Refuses what is not one batch of format v2, as Kafka's `ProduceRequest.validateRecords` does: a batch that is cut
/// off counts as none.
fn check_count(bytes: &[u8]) -> Result<(), Refusal> {
    let one = || {
        Refusal::new(
            ErrorCode::InvalidRecord,
            "Produce requests must have exactly one record batch of format 2 per partition",
        )
    };
    let (size, magic) = first_batch(bytes)?.ok_or_else(one)?;
    let another = first_batch(&bytes[size..])?;
    if magic != MAGIC_V2 || another.is_some() {
        return Err(one());
    }
    Ok(())
}

/// Size and magic of the whole batch that `bytes` starts with; none when no whole batch is there.
fn first_batch(bytes: &[u8]) -> Result<Option<(usize, i8)>, Refusal> {
    let Some(length) = bytes
        .get(8..OVERHEAD_BYTES)
        .and_then(<[u8]>::first_chunk::<4>)
    else {
        return Ok(None);
    };
    let length = i32::from_be_bytes(*length);
    if length < BATCH_LENGTH_MIN {
        let message = format!("a record batch claims a length of {length} bytes");
        return Err(Refusal::new(ErrorCode::CorruptMessage, message));
    }
    let Some(magic) = bytes.get(MAGIC_POSITION) else {
        return Ok(None);
    };
    let magic = magic.cast_signed();
    if !(0..=MAGIC_V2).contains(&magic) {
        return Err(Refusal::new(
            ErrorCode::CorruptMessage,
            format!("a record batch of magic {magic}"),
        ));
    }
    let size = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(OVERHEAD_BYTES));
    Ok(size
        .filter(|size| *size <= bytes.len())
        .map(|size| (size, magic)))
}

/// Holds the batch's records against the topic's rules, as Kafka's `LogValidator` does, and corrects a maximum timestamp
/// that is not the records'.
fn check_records(
    batch: ValidBatch,
    codec: Compression,
    config: &LogConfig,
    now: TimestampMs,
) -> Result<ValidBatch, Refusal> {
    let header = batch.header();
    if header.timestamp_type() == TimestampType::LogAppendTime {
        let message = "Producer should not set timestamp type to LogAppendTime.";
        return Err(Refusal::new(ErrorCode::InvalidTimestamp, message));
    }
    let claimed = header.max_timestamp();
    let rules = rules(config, now);
    if !needs_walk(codec, config) {
        return match rules.complaint_about(claimed) {
            None => Ok(batch),
            Some(complaint) => Err(Refusal::new(ErrorCode::InvalidTimestamp, complaint)),
        };
    }
    let limits = DecompressLimits::default();
    let walked = walk(&batch, limits).map_err(|error| error_map::record(&error))?;
    let lacks_a_key = rules.requires_keys && walked.keyless_record.is_some();
    let timestamps = [walked.min_timestamp, Some(walked.max_timestamp)];
    let mut timestamps = timestamps.into_iter().flatten();
    if lacks_a_key || timestamps.any(|timestamp| rules.complaint_about(timestamp).is_some()) {
        return Err(record_refusals::of(&batch, &rules, limits));
    }
    if claimed == walked.max_timestamp {
        return Ok(batch);
    }
    let mut bytes = batch.into_bytes().to_vec();
    set_max_timestamp(&mut bytes, walked.max_timestamp);
    let size = bytes.len();
    ValidBatch::check(Bytes::from(bytes), size).map_err(|error| error_map::batch(&error))
}

/// Whether the records are looked at: always where that is cheap, else where a rule needs it or they are handled anyway.
fn needs_walk(codec: Compression, config: &LogConfig) -> bool {
    codec == Compression::None
        || config.requires_keys()
        || config.timestamp_before_max_ms < i64::MAX.unsigned_abs()
        || other_codec(codec, config).is_some()
}

/// What the topic demands of each record. With LogAppendTime timestamps are replaced, so that any goes.
fn rules(config: &LogConfig, now: TimestampMs) -> RecordRules {
    let bound = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    let (earliest_ms, latest_ms) = match config.timestamp_type {
        TimestampType::LogAppendTime => (i64::MIN, i64::MAX),
        TimestampType::CreateTime => (
            now.0.saturating_sub(bound(config.timestamp_before_max_ms)),
            now.0.saturating_add(bound(config.timestamp_after_max_ms)),
        ),
    };
    RecordRules {
        requires_keys: config.requires_keys(),
        earliest_ms,
        latest_ms,
    }
}

/// The codec that the topic wants instead of the batch's.
fn other_codec(codec: Compression, config: &LogConfig) -> Option<Compression> {
    match config.compression {
        CompressionPolicy::Producer => None,
        CompressionPolicy::Codec(target) => (target != codec).then_some(target),
    }
}

/// The batch in the topic's codec.
fn compress(
    batch: ValidBatch,
    codec: Compression,
    config: &LogConfig,
) -> Result<ValidBatch, Refusal> {
    let Some(target) = other_codec(codec, config) else {
        return Ok(batch);
    };
    let level = config.compression_level(target);
    let bytes = recompress(batch.bytes(), target, level, DecompressLimits::default())
        .map_err(|error| error_map::record(&error))?;
    let size_max = bytes.len();
    ValidBatch::check(bytes, size_max).map_err(|error| error_map::batch(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records};

    fn batch(compression: Compression, timestamp_ms: i64) -> Bytes {
        keyed_batch(compression, timestamp_ms, [None; 10])
    }

    fn keyed_batch(
        compression: Compression,
        timestamp_ms: i64,
        keys: [Option<&[u8]>; 10],
    ) -> Bytes {
        let mut builder = BatchBuilder::new(BatchOptions {
            compression,
            ..BatchOptions::default()
        });
        for key in keys {
            let record = NewRecord {
                timestamp_ms,
                key,
                value: Some(b"a value"),
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        builder.build().unwrap()
    }

    fn code(bytes: &[u8], config: &LogConfig) -> ErrorCode {
        match prepare(Some(&Bytes::copy_from_slice(bytes)), 9, config) {
            Ok(_) => ErrorCode::None,
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn anything_but_one_whole_batch_is_refused() {
        let config = LogConfig::default();
        let sound = batch(Compression::None, clock::now_ms());
        assert_eq!(code(&sound, &config), ErrorCode::None);
        assert_eq!(code(&[], &config), ErrorCode::InvalidRecord);
        assert_eq!(
            code(&[&sound[..], &sound[..]].concat(), &config),
            ErrorCode::InvalidRecord
        );
        assert_eq!(
            code(&[&sound[..], &[0]].concat(), &config),
            ErrorCode::CorruptMessage
        );
        for length in 0..sound.len() {
            assert_eq!(
                code(&sound[..length], &config),
                ErrorCode::InvalidRecord,
                "cut at {length}"
            );
        }
        let mut flipped = sound.to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(code(&flipped, &config), ErrorCode::CorruptMessage);
        assert_eq!(
            prepare(None, 9, &config).unwrap_err().code,
            ErrorCode::InvalidRecord
        );
    }

    #[test]
    fn records_without_a_key_are_refused_by_compacted_topics_alone() {
        use corelane_engine::log_config::CleanupPolicy;
        let compacted = LogConfig {
            cleanup_policy: CleanupPolicy {
                compact: true,
                ..CleanupPolicy::DELETE
            },
            ..LogConfig::default()
        };
        for compression in [Compression::None, Compression::Zstd, Compression::Gzip] {
            let mut keys: [Option<&[u8]>; 10] = [Some(b"a key"); 10];
            // An empty key is one.
            keys[3] = Some(b"");
            let sound = keyed_batch(compression, clock::now_ms(), keys);
            assert_eq!(code(&sound, &compacted), ErrorCode::None);
            keys[9] = None;
            let keyless = keyed_batch(compression, clock::now_ms(), keys);
            assert_eq!(code(&keyless, &compacted), ErrorCode::InvalidRecord);
            assert_eq!(code(&keyless, &LogConfig::default()), ErrorCode::None);
        }
    }

    #[test]
    fn the_records_to_blame_are_named_and_no_others() {
        use corelane_engine::log_config::CleanupPolicy;
        let config = LogConfig {
            cleanup_policy: CleanupPolicy {
                compact: true,
                ..CleanupPolicy::DELETE
            },
            timestamp_before_max_ms: 1000,
            ..LogConfig::default()
        };
        let mut keys: [Option<&[u8]>; 10] = [Some(b"a key"); 10];
        keys[2] = None;
        keys[7] = None;
        for compression in [Compression::None, Compression::Gzip] {
            let now = clock::now_ms();
            let sent = keyed_batch(compression, now, keys);
            let refusal = prepare(Some(&sent), 9, &config).unwrap_err();
            let blamed: Vec<i32> = refusal.records.iter().map(|record| record.index).collect();
            assert_eq!(blamed, [2, 7]);
            assert!(
                refusal
                    .records
                    .iter()
                    .all(|record| record.message.is_some())
            );
            let late = keyed_batch(compression, now - 60_000, keys);
            let refusal = prepare(Some(&late), 9, &config).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidTimestamp);
            assert_eq!(refusal.records.len(), 10);
        }
        let keyless = keyed_batch(Compression::None, clock::now_ms(), [None; 10]);
        assert!(prepare(Some(&keyless), 9, &LogConfig::default()).is_ok());
    }

    #[test]
    fn zstandard_is_refused_in_versions_that_do_not_know_it() {
        let config = LogConfig::default();
        let sent = batch(Compression::Zstd, clock::now_ms());
        assert!(prepare(Some(&sent), 7, &config).is_ok());
        let refusal = prepare(Some(&sent), 6, &config).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedCompressionType);
    }

    #[test]
    fn timestamps_outside_the_bounds_are_refused_unless_the_broker_sets_them() {
        let config = LogConfig {
            timestamp_before_max_ms: 1000,
            ..LogConfig::default()
        };
        let now = clock::now_ms();
        assert_eq!(
            code(&batch(Compression::Gzip, now), &config),
            ErrorCode::None
        );
        assert_eq!(
            code(&batch(Compression::Gzip, now - 60_000), &config),
            ErrorCode::InvalidTimestamp
        );
        assert_eq!(
            code(&batch(Compression::None, now + 7_200_000), &config),
            ErrorCode::InvalidTimestamp
        );
        let config = LogConfig {
            timestamp_type: TimestampType::LogAppendTime,
            ..config
        };
        assert_eq!(
            code(&batch(Compression::None, now + 7_200_000), &config),
            ErrorCode::None
        );
    }

    #[test]
    fn a_batch_is_stored_in_the_topics_codec() {
        for target in [
            Compression::None,
            Compression::Gzip,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let config = LogConfig {
                compression: CompressionPolicy::Codec(target),
                ..LogConfig::default()
            };
            let sent = batch(Compression::Snappy, clock::now_ms());
            let stored = prepare(Some(&sent), 9, &config).unwrap();
            assert_eq!(stored.header().compression().unwrap(), target);
            assert_eq!(Records::open(stored.bytes()).unwrap().iter().count(), 10);
        }
    }

    /// The batch with `change` made to its bytes and a CRC that is right again.
    fn forged(batch: &Bytes, change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut bytes = batch.to_vec();
        change(&mut bytes);
        let crc = corelane_engine::batch::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    #[test]
    fn garbage_behind_a_right_crc_is_an_invalid_record() {
        let config = LogConfig::default();
        let sound = batch(Compression::None, clock::now_ms());
        assert_eq!(code(&forged(&sound, |_| {}), &config), ErrorCode::None);
        for (what, change) in [
            ("noise", (|bytes| bytes[61..].fill(0xa5)) as fn(&mut [u8])),
            ("a length too long", |bytes| bytes[61] += 2),
            ("an offset twice", |bytes| bytes[61 + 3] = 2),
            ("a last record cut", |bytes| {
                let last = bytes.len() - 14;
                bytes[last] -= 2;
            }),
        ] {
            assert_eq!(
                code(&forged(&sound, change), &config),
                ErrorCode::InvalidRecord,
                "{what}"
            );
        }
        // What is compressed is decompressed only where it must be.
        let zipped = batch(Compression::Gzip, clock::now_ms());
        let broken = forged(&zipped, |bytes| bytes[61..].fill(0xa5));
        assert_eq!(code(&broken, &config), ErrorCode::None);
        let other = LogConfig {
            compression: CompressionPolicy::Codec(Compression::Zstd),
            ..config
        };
        assert_eq!(code(&broken, &other), ErrorCode::InvalidRecord);
    }

    #[test]
    fn a_maximum_timestamp_that_is_not_the_records_is_corrected_before_it_is_judged() {
        let config = LogConfig::default();
        let now = clock::now_ms();
        let sound = batch(Compression::None, now);
        let far = |bytes: &mut [u8]| bytes[35..43].copy_from_slice(&i64::MAX.to_be_bytes());
        let stored = prepare(Some(&Bytes::from(forged(&sound, far))), 9, &config).unwrap();
        assert_eq!(stored.bytes(), &sound);
        let late = batch(Compression::None, now + 7_200_000);
        let hidden = forged(&late, |bytes| {
            bytes[35..43].copy_from_slice(&now.to_be_bytes())
        });
        assert_eq!(code(&hidden, &config), ErrorCode::InvalidTimestamp);
    }

    #[test]
    fn a_producer_may_not_claim_the_brokers_clock() {
        let sound = batch(Compression::None, clock::now_ms());
        let claimed = forged(&sound, |bytes| bytes[22] |= 0x08);
        assert_eq!(
            code(&claimed, &LogConfig::default()),
            ErrorCode::InvalidTimestamp
        );
    }
}
