//! Names the records for which a producer's batch is refused, so that the producer can tell them from those that only lay
//! beside them (KIP-467).
//!
//! Runs only on a batch that is refused for its records: the walk that finds that out stays a quick one. Pure.

use corelane_engine::batch::ValidBatch;
use corelane_engine::compress::DecompressLimits;
use corelane_engine::record::{Record, Records};
use corelane_engine::types::TimestampMs;
use corelane_protocol::ErrorCode;

use crate::error_map;
use crate::limits::{RECORD_REFUSAL_MESSAGES_MAX, RECORD_REFUSALS_MAX};
use crate::refusal::{RecordRefusal, Refusal};

/// What a topic demands of each record.
pub struct RecordRules {
    /// Whether it must have a key.
    pub requires_keys: bool,
    /// The earliest timestamp.
    pub earliest_ms: i64,
    /// The latest timestamp.
    pub latest_ms: i64,
}

impl RecordRules {
    /// Why a record is refused, and with which code; none where it is not.
    fn complaint(&self, record: &Record<'_>) -> Option<(ErrorCode, String)> {
        if self.requires_keys && record.key.is_none() {
            let message = "Compacted topic cannot accept message without key.".to_owned();
            return Some((ErrorCode::InvalidRecord, message));
        }
        self.complaint_about(record.timestamp)
            .map(|message| (ErrorCode::InvalidTimestamp, message))
    }

    /// Why a timestamp is refused; none where it is not.
    pub fn complaint_about(&self, timestamp: TimestampMs) -> Option<String> {
        let Self {
            earliest_ms,
            latest_ms,
            ..
        } = *self;
        let is_refused =
            timestamp != TimestampMs::NONE && !(earliest_ms..=latest_ms).contains(&timestamp.0);
        is_refused.then(|| {
            format!(
                "Timestamp {} of message is out of range. The timestamp should be within [{earliest_ms}, {latest_ms}]",
                timestamp.0
            )
        })
    }
}

/// The refusal of a batch of which at least one record breaks the rules. As in Kafka a wrong timestamp outweighs a
/// missing key.
pub fn of(batch: &ValidBatch, rules: &RecordRules, limits: DecompressLimits) -> Refusal {
    let records = match Records::open_within(batch.bytes(), limits) {
        Ok(records) => records,
        Err(error) => return error_map::record(&error),
    };
    let mut code = ErrorCode::InvalidRecord;
    let mut count: usize = 0;
    let mut refused = Vec::new();
    for (index, record) in (0..).zip(&records) {
        let record = match record {
            Ok(record) => record,
            Err(error) => return error_map::record(&error),
        };
        let Some((of_record, message)) = rules.complaint(&record) else {
            continue;
        };
        count += 1;
        if of_record == ErrorCode::InvalidTimestamp {
            code = of_record;
        }
        if refused.len() < RECORD_REFUSALS_MAX {
            let message = (refused.len() < RECORD_REFUSAL_MESSAGES_MAX).then_some(message);
            refused.push(RecordRefusal { index, message });
        }
    }
    let message = match code {
        ErrorCode::InvalidTimestamp => {
            "One or more records have been rejected due to invalid timestamp".to_owned()
        }
        _ => {
            format!("One or more records have been rejected due to {count} record errors in total")
        }
    };
    Refusal {
        records: refused,
        ..Refusal::new(code, message)
    }
}
