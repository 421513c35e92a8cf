//! What compaction keeps of one batch, by the rules of Kafka's `Cleaner` and `MemoryRecords.filterTo`.
//!
//! Invariants: offsets never change: a batch keeps its base offset and last offset delta whatever goes, and with them
//! the producer's sequence numbers; what is kept of a record is its bytes, but for the timestamp delta where the batch
//! gets a delete horizon; a batch of which all is kept stays byte for byte. Pure: bytes, numbers and `now`.

use super::key_hash::{HashSeed, key_hash};
use super::offset_map::OffsetMap;
use crate::batch::{
    HEADER_LENGTH, HeaderFields, RecordBatchHeader, TimestampType, attributes_with_delete_horizon,
    attributes_without_records,
};
use crate::compress::{Compression, compress};
use crate::planted::{self, Bug};
use crate::record::{Record, RecordError, RecordIter, Records, write_shifted};
use crate::types::{Offset, TimestampMs};

/// What a batch is in view of transactions. Without transactions every batch is [`Standing::Data`]; a marker that is
/// found nevertheless stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Records of no transaction, of a committed one, or of one whose end is not known.
    Data,
    /// Records of an aborted transaction, which nobody may see.
    Aborted,
    /// The marker that ends a transaction.
    Marker {
        /// Whether nothing of the transaction is left in the log, so that the marker may go once it has been kept
        /// for `delete.retention.ms`.
        is_orphan: bool,
    },
}

/// The rules of one cleaning.
#[derive(Clone, Copy)]
pub struct CleaningRules<'a> {
    /// The newest offset of each key below `map_end`.
    pub map: &'a OffsetMap,
    /// The seed of the map's hashes.
    pub seed: HashSeed,
    /// Records from here on were not put into the map and stay.
    pub map_end: Offset,
    /// When the cleaning began.
    pub now: TimestampMs,
    /// `delete.retention.ms`.
    pub delete_retention_ms: u64,
}

/// What is special about a batch, besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRole {
    /// Its part in transactions.
    pub standing: Standing,
    /// Whether its header stays when no record does: it is an active producer's last batch, or the last one of what is
    /// cleaned.
    pub keep_empty: bool,
}

/// What became of the records, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Records looked at.
    pub read: u64,
    /// Records kept.
    pub kept: u64,
    /// Records that went because they have no key.
    pub keyless: u64,
}

/// What became of a batch.
#[derive(Debug)]
pub enum Filtered {
    /// Nothing is left of it.
    Dropped,
    /// It stays as it is.
    Unchanged,
    /// It stays with other bytes.
    Rewritten(RewrittenBatch),
}

/// A batch that has lost records or got a delete horizon, its records not yet compressed again.
#[derive(Debug)]
pub struct RewrittenBatch {
    fields: HeaderFields,
    compression: Compression,
    /// Room for the header, and the records.
    buffer: Vec<u8>,
}

impl RewrittenBatch {
    /// Bytes before compression.
    #[must_use]
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes of the batch, compressed by the codec that it had.
    ///
    /// # Errors
    /// When the codec fails, or the batch has outgrown its length field.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, RecordError> {
        if self.compression != Compression::None {
            let compressed = compress(self.compression, None, &self.buffer[HEADER_LENGTH..])?;
            self.buffer.truncate(HEADER_LENGTH);
            self.buffer.extend_from_slice(&compressed);
        }
        match self.fields.write(&mut self.buffer) {
            Some(()) => Ok(self.buffer),
            None => Err(RecordError::TooLarge {
                size: self.buffer.len(),
            }),
        }
    }
}

/// Goes through the records of one batch, some at a time.
pub struct BatchFilter<'a> {
    rules: CleaningRules<'a>,
    role: BatchRole,
    header: RecordBatchHeader,
    records: RecordIter<'a>,
    counts: RecordCounts,
    /// Room for a header, and the records kept so far, as long as none has gone: only how many bytes they are.
    kept: Vec<u8>,
    payload: &'a [u8],
    has_tombstones: bool,
    max_timestamp: TimestampMs,
}

impl<'a> BatchFilter<'a> {
    /// Begins with a batch's records.
    #[must_use]
    pub fn new(
        records: &'a Records<'_>,
        role: BatchRole,
        rules: CleaningRules<'a>,
    ) -> BatchFilter<'a> {
        BatchFilter {
            rules,
            role,
            header: *records.header(),
            records: records.iter(),
            counts: RecordCounts::default(),
            kept: Vec::new(),
            payload: records.payload(),
            has_tombstones: false,
            max_timestamp: TimestampMs::NONE,
        }
    }

    /// Looks at up to `count` more records. False when all have been looked at.
    ///
    /// # Errors
    /// When a record is malformed: then nothing may be done to the batch.
    pub fn advance(&mut self, count: usize) -> Result<bool, RecordError> {
        for _ in 0..count {
            let before = self.records.rest();
            let Some(record) = self.records.next() else {
                return Ok(false);
            };
            let record = record?;
            let bytes = &before[..before.len() - self.records.rest().len()];
            self.note(&record, bytes, before);
        }
        Ok(true)
    }

    fn note(&mut self, record: &Record<'_>, bytes: &[u8], before: &[u8]) {
        let all_kept = self.counts.kept == self.counts.read;
        self.counts.read += 1;
        if self.keeps(record) {
            self.counts.kept += 1;
            self.has_tombstones |= record.value.is_none();
            self.max_timestamp = self.max_timestamp.max(record.timestamp);
            if !all_kept {
                self.kept.extend_from_slice(bytes);
            }
        } else if all_kept {
            // The first one to go: those in front of it are copied together.
            let kept = self.payload.len() - before.len();
            self.kept = Vec::with_capacity(HEADER_LENGTH + self.payload.len() - bytes.len());
            self.kept.resize(HEADER_LENGTH, 0);
            self.kept.extend_from_slice(&self.payload[..kept]);
        }
    }

    fn keeps(&mut self, record: &Record<'_>) -> bool {
        match self.role.standing {
            Standing::Aborted => return false,
            Standing::Marker { is_orphan } => return !(is_orphan && self.is_past_horizon()),
            Standing::Data => {}
        }
        if record.offset >= self.rules.map_end {
            return true;
        }
        let Some(key) = record.key else {
            self.counts.keyless += 1;
            return false;
        };
        let newest = self.rules.map.newest(key_hash(self.rules.seed, key));
        let is_newest = newest.is_none_or(|newest| match planted::is(Bug::CompactNewest) {
            true => record.offset > newest,
            false => record.offset >= newest,
        });
        is_newest && (record.value.is_some() || !self.is_past_horizon())
    }

    /// Whether tombstones and markers of this batch have been kept long enough.
    fn is_past_horizon(&self) -> bool {
        let is_past = self.header.base_timestamp() <= self.rules.now;
        self.header.has_delete_horizon() && (is_past || planted::is(Bug::TombstoneGoesEarly))
    }

    /// What becomes of the batch, after all its records were looked at.
    ///
    /// # Errors
    /// When a timestamp is too far from the delete horizon to be written.
    pub fn finish(mut self) -> Result<(Filtered, RecordCounts), RecordError> {
        let counts = self.counts;
        let filtered = if counts.kept > 0 {
            self.finish_kept()?
        } else if self.role.keep_empty {
            self.finish_empty()
        } else {
            Filtered::Dropped
        };
        Ok((filtered, counts))
    }

    fn finish_kept(&mut self) -> Result<Filtered, RecordError> {
        let is_orphan = self.role.standing == Standing::Marker { is_orphan: true };
        let needs_horizon = (self.has_tombstones || is_orphan) && !self.header.has_delete_horizon();
        let all_kept = self.counts.kept == self.counts.read;
        if all_kept && !needs_horizon {
            return Ok(Filtered::Unchanged);
        }
        let mut fields = self.fields();
        if self.header.timestamp_type() == TimestampType::CreateTime {
            fields.max_timestamp = self.max_timestamp;
        }
        let mut buffer = std::mem::take(&mut self.kept);
        if all_kept {
            buffer.resize(HEADER_LENGTH, 0);
            buffer.extend_from_slice(self.payload);
        }
        if needs_horizon {
            fields.attributes = attributes_with_delete_horizon(fields.attributes);
            fields.base_timestamp = self.horizon();
            buffer = self.with_base_timestamp(&buffer, fields.base_timestamp)?;
        }
        let compression = self.header.compression();
        let compression =
            compression.map_err(|unknown| RecordError::UnknownCompression { codec: unknown.id })?;
        Ok(Filtered::Rewritten(RewrittenBatch {
            fields,
            compression,
            buffer,
        }))
    }

    /// The time from which on the batch's tombstones may go.
    fn horizon(&self) -> TimestampMs {
        let retention_ms = i64::try_from(self.rules.delete_retention_ms).unwrap_or(i64::MAX);
        TimestampMs(self.rules.now.0.saturating_add(retention_ms))
    }

    /// `records`, behind room for a header, with their deltas counted from `base`.
    fn with_base_timestamp(
        &self,
        records: &[u8],
        base: TimestampMs,
    ) -> Result<Vec<u8>, RecordError> {
        let shift_ms = self.header.base_timestamp().0.checked_sub(base.0);
        let mut out = Vec::with_capacity(records.len() + records.len() / 8);
        out.resize(HEADER_LENGTH, 0);
        let mut rest = &records[HEADER_LENGTH..];
        for index in 0..self.fields().record_count {
            let bad = || RecordError::BadRecord {
                index,
                kind: crate::record::RecordErrorKind::BadTimestampDelta {
                    timestamp_delta_ms: base.0,
                },
            };
            let (record, after) = crate::record::split_record(rest).ok_or_else(bad)?;
            let shift_ms = shift_ms.ok_or_else(bad)?;
            write_shifted(&mut out, record, shift_ms).ok_or_else(bad)?;
            rest = after;
        }
        Ok(out)
    }

    /// A batch without records, as Kafka's `DefaultRecordBatch.writeEmptyHeader` leaves it.
    fn finish_empty(&self) -> Filtered {
        if self.header.record_count() == 0 {
            return Filtered::Unchanged;
        }
        let fields = HeaderFields {
            attributes: attributes_without_records(self.header.attributes()),
            base_timestamp: TimestampMs::NONE,
            ..self.fields()
        };
        Filtered::Rewritten(RewrittenBatch {
            fields,
            compression: Compression::None,
            buffer: vec![0; HEADER_LENGTH],
        })
    }

    fn fields(&self) -> HeaderFields {
        let header = &self.header;
        HeaderFields {
            base_offset: header.base_offset(),
            leader_epoch: header.leader_epoch(),
            attributes: header.attributes(),
            last_offset_delta: match planted::is(Bug::CompactionClosesGaps) {
                true => i32::try_from(self.counts.kept).unwrap_or(1) - 1,
                false => header.last_offset_delta(),
            },
            base_timestamp: header.base_timestamp(),
            max_timestamp: header.max_timestamp(),
            producer_id: header.producer_id(),
            producer_epoch: header.producer_epoch(),
            base_sequence: header.base_sequence(),
            record_count: i32::try_from(self.counts.kept)
                .expect("no more are kept than the header counts"),
        }
    }
}
