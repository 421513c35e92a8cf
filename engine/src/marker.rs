//! The record of a control batch that decides over the open range of a producer, in Kafka's format
//! (`EndTransactionMarker`).
//!
//! Key: version (2 bytes, 0), type (2: 0 abort, 1 commit). Value: version (2, 0), coordinator epoch (4). Pure.

use bytes::Bytes;

use crate::batch::{RecordBatchHeader, ValidBatch};
use crate::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields, Records};
use crate::types::{ProducerId, TimestampMs};

const KEY_VERSION: i16 = 0;
const VALUE_VERSION: i16 = 0;
const KEY_LENGTH: usize = 4;
const VALUE_LENGTH: usize = 6;
const TYPE_ABORT: i16 = 0;
const TYPE_COMMIT: i16 = 1;
/// Bytes of a marker's batch, and more.
const BATCH_BYTES_MAX: usize = 256;

/// What was decided over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Its records are not to be seen by readers of what is decided.
    Abort,
    /// Its records count.
    Commit,
}

/// What a marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What was decided.
    pub verdict: Verdict,
    /// The epoch of the coordinator that decided.
    pub coordinator_epoch: i32,
}

/// A marker that is to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMarker {
    /// Whose range is decided.
    pub producer_id: ProducerId,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// What is said.
    pub marker: Marker,
    /// Whether the decision raised the producer's epoch (KIP-890): then it is none over a range of the same epoch.
    pub raised_epoch: bool,
}

impl Marker {
    /// The marker in a control batch; none in a batch that holds another control record, or none any more.
    #[must_use]
    pub fn read(batch: &[u8]) -> Option<Marker> {
        let records = Records::open(batch).ok()?;
        if !records.header().is_control() {
            return None;
        }
        let record = records.iter().next()?.ok()?;
        let key = record.key?.first_chunk::<KEY_LENGTH>()?;
        let value = record.value?.first_chunk::<VALUE_LENGTH>()?;
        let verdict = match i16::from_be_bytes([key[2], key[3]]) {
            TYPE_ABORT => Verdict::Abort,
            TYPE_COMMIT => Verdict::Commit,
            _ => return None,
        };
        Some(Marker {
            verdict,
            coordinator_epoch: i32::from_be_bytes([value[2], value[3], value[4], value[5]]),
        })
    }
}

impl NewMarker {
    /// The control batch, without its place.
    pub(crate) fn batch(&self, now: TimestampMs) -> ValidBatch {
        let control_type = match self.marker.verdict {
            Verdict::Abort => TYPE_ABORT,
            Verdict::Commit => TYPE_COMMIT,
        };
        let key = [KEY_VERSION.to_be_bytes(), control_type.to_be_bytes()].concat();
        let mut value = VALUE_VERSION.to_be_bytes().to_vec();
        value.extend_from_slice(&self.marker.coordinator_epoch.to_be_bytes());
        let mut builder = BatchBuilder::new(BatchOptions {
            producer: Some(ProducerFields {
                id: self.producer_id,
                epoch: self.producer_epoch,
                base_sequence: -1,
            }),
            is_transactional: true,
            is_control: true,
            ..BatchOptions::default()
        });
        let record = NewRecord {
            timestamp_ms: now.0,
            key: Some(&key),
            value: Some(&value),
            headers: &[],
        };
        let built: Option<Bytes> = builder.append(&record).and_then(|()| builder.build()).ok();
        let checked =
            built.and_then(|bytes| ValidBatch::check_foreign(bytes, BATCH_BYTES_MAX).ok());
        checked.expect("one small record without a codec is a batch")
    }
}

/// The marker of a batch that was scanned, where it is a control batch.
pub fn of_control(header: &RecordBatchHeader, batch: &[u8]) -> Option<Marker> {
    header.is_control().then(|| Marker::read(batch)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back_and_its_record_is_kafkas() {
        for (verdict, control_type) in [(Verdict::Abort, 0), (Verdict::Commit, 1)] {
            let marker = Marker {
                verdict,
                coordinator_epoch: 0x0102_0304,
            };
            let new = NewMarker {
                producer_id: ProducerId(77),
                producer_epoch: 3,
                marker,
                raised_epoch: false,
            };
            let batch = new.batch(TimestampMs(1_700_000_000_000));
            assert!(batch.header().is_control() && batch.header().is_transactional());
            assert_eq!(batch.header().base_sequence(), -1);
            assert_eq!(Marker::read(batch.bytes()), Some(marker));
            let records = Records::open(batch.bytes()).unwrap();
            let record = records.iter().next().unwrap().unwrap();
            assert_eq!(record.key.unwrap(), [0, 0, 0, control_type]);
            assert_eq!(record.value.unwrap(), [0, 0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn data_is_no_marker() {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let record = NewRecord {
            timestamp_ms: 1,
            key: Some(&[0, 0, 0, 1]),
            value: Some(&[0; 6]),
            headers: &[],
        };
        builder.append(&record).unwrap();
        assert_eq!(Marker::read(&builder.build().unwrap()), None);
    }
}
