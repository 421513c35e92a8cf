//! Judges the batch that a producer sends to one partition, and recompresses it where the topic says so.
//!
//! Pure. Runs on the connection's core while the bytes are hot: one CRC pass, and no look at the records unless the
//! topic's settings cannot be checked without them.

use bytes::Bytes;
use corelane_engine::{
    BatchError, Compression, DecompressLimits, LogConfig, RecordError, Records, TimestampMs, ValidBatch, recompress,
};
use corelane_protocol::ErrorCode;

use crate::clock;
use crate::error_map;
use crate::refusal::Refusal;

/// The largest that records may become when they must be decompressed.
const DECOMPRESSED_BYTES_MAX: usize = 128 * 1024 * 1024;
/// The most that a byte may become when it must be decompressed.
const DECOMPRESSION_RATIO_MAX: usize = 1024;

/// The batch in `records` as it is appended to a topic configured so.
///
/// # Errors
/// With Kafka's code for what is wrong with it.
pub fn prepare(records: Option<&Bytes>, config: &LogConfig) -> Result<ValidBatch, Refusal> {
    let bytes = records.filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
        Refusal::new(ErrorCode::InvalidRecord, "Produce requests must have exactly one record batch per partition")
    })?;
    let batch = ValidBatch::check(bytes.clone(), config.max_message_bytes).map_err(refuse_batch)?;
    if batch.header().is_transactional() {
        return Err(Refusal::new(ErrorCode::InvalidTxnState, "this broker has no transactions"));
    }
    check_timestamps(&batch, config, TimestampMs(clock::now_ms()))?;
    compress(batch, config)
}

fn refuse_batch(error: BatchError) -> Refusal {
    error_map::batch(&error)
}

fn refuse_records(error: RecordError) -> Refusal {
    error_map::record(&error)
}

/// Holds the batch's timestamps against the topic's bounds. With LogAppendTime they are replaced anyway.
fn check_timestamps(batch: &ValidBatch, config: &LogConfig, now: TimestampMs) -> Result<(), Refusal> {
    let Some(bounds) = config.create_time_bounds() else {
        return Ok(());
    };
    let latest = now.0.saturating_add(bounds.after_max_ms);
    let header = batch.header();
    if header.max_timestamp().0 > latest {
        return Err(outside(header.max_timestamp().0, now, bounds));
    }
    if bounds.before_max_ms == i64::MAX {
        return Ok(());
    }
    let earliest = now.0.saturating_sub(bounds.before_max_ms);
    let records = Records::open_within(batch.bytes(), limits()).map_err(refuse_records)?;
    for record in records.iter() {
        let timestamp = record.map_err(refuse_records)?.timestamp.0;
        if timestamp != TimestampMs::NONE.0 && (timestamp < earliest || timestamp > latest) {
            return Err(outside(timestamp, now, bounds));
        }
    }
    Ok(())
}
