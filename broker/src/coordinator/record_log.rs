//! Appends a coordinator's records to its partition: batches that fit, acknowledged when they survive a power cut.
//!
//! Shard-local, on the partition's core. Invariant: the order of calls is the order in the log, and the acknowledgement
//! of an append covers every earlier one, because a partition flushes in order and refuses writes after a failure.

use std::rc::Rc;

use bytes::Bytes;
use corelane_engine::marker::NewMarker;
use corelane_engine::record::{BatchBuilder, BatchOptions, BuildError, NewRecord, ProducerFields};
use corelane_engine::types::Offset;
use corelane_engine::{Acks, AppendError, Partition, Pending, ValidBatch};
use corelane_protocol::ErrorCode;

use crate::groups::settings::COORDINATOR_BYTES_MAX;

/// A batch of a coordinator's own: more than all that one may hold in memory, less than a segment of its topic.
const COORDINATOR_BATCH_BYTES_MAX: usize = 96 * 1024 * 1024;
const _: () = assert!(COORDINATOR_BYTES_MAX < COORDINATOR_BATCH_BYTES_MAX);

/// A record of a coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The key.
    pub key: Bytes,
    /// The value; none deletes the key.
    pub value: Option<Bytes>,
}

/// The partition that a coordinator writes to.
#[derive(Clone)]
pub struct RecordLog {
    partition: Rc<Partition>,
}

/// An append that waits for the disk.
pub struct Appending {
    pending: Pending,
    last_count: i64,
}

impl Appending {
    /// Waits until the records survive a power cut; returns the offset behind the last one.
    ///
    /// # Errors
    /// As [`code_of`].
    pub async fn durable(self) -> Result<Offset, ErrorCode> {
        match self.pending.await {
            Ok(appended) => Ok(Offset(appended.base_offset.0 + self.last_count)),
            Err(error) => Err(code_of(&error)),
        }
    }
}

impl RecordLog {
    /// Writes to `partition`.
    pub fn new(partition: Rc<Partition>) -> Self {
        RecordLog { partition }
    }

    /// The partition.
    pub fn partition(&self) -> &Rc<Partition> {
        &self.partition
    }

    /// Whether the partition has been deleted or the engine stops.
    pub fn is_closed(&self) -> bool {
        self.partition.is_closed()
    }

    /// Queues the records of one change; a producer's are part of its transaction. They take several batches where one
    /// would be larger than `max.message.bytes`, unless they belong to a transaction. A record that is larger by itself gets
    /// a batch by itself: what a coordinator has come to know within its own bounds can always be stored, or a change
    /// that cannot would stand in the way of all that follow.
    ///
    /// # Errors
    /// When a record does not fit or the partition takes no more; nothing has been queued then, unless an earlier batch
    /// of the same change was.
    pub fn append(
        &self,
        records: &[Keyed],
        now_ms: i64,
        producer: Option<ProducerFields>,
    ) -> Result<Appending, ErrorCode> {
        let bytes_max = self.partition.config().max_message_bytes as usize;
        let options = BatchOptions {
            producer,
            is_transactional: producer.is_some(),
            ..BatchOptions::default()
        };
        let batch_bytes_max = match producer {
            Some(_) => bytes_max,
            None => COORDINATOR_BATCH_BYTES_MAX.max(bytes_max),
        };
        let mut builder = BatchBuilder::new(options);
        for record in records {
            let record = NewRecord {
                timestamp_ms: now_ms,
                key: Some(&record.key),
                value: record.value.as_deref(),
                headers: &[],
            };
            if !builder.is_empty() && producer.is_none() && builder.size_with(&record) > bytes_max {
                let full = std::mem::replace(&mut builder, BatchBuilder::new(options));
                // The acknowledgement of the last batch covers this one.
                drop(self.append_batch(full, batch_bytes_max)?);
            }
            builder.append(&record).map_err(|_| TOO_LARGE)?;
        }
        self.append_batch(builder, batch_bytes_max)
    }

    /// Queues a marker that decides over a producer's open range.
    ///
    /// # Errors
    /// When the partition takes no more, or knows of a newer decision.
    pub fn append_marker(&self, marker: &NewMarker) -> Result<Appending, ErrorCode> {
        let appended = self.partition.append_marker(marker);
        let pending = appended.map_err(|error| code_of(&error))?;
        Ok(Appending {
            pending,
            last_count: 1,
        })
    }

    fn append_batch(
        &self,
        builder: BatchBuilder,
        bytes_max: usize,
    ) -> Result<Appending, ErrorCode> {
        let last_count = i64::from(builder.record_count());
        let bytes = builder.build().map_err(|error| match error {
            BuildError::TooLarge { .. } | BuildError::TooManyRecords => TOO_LARGE,
            BuildError::Empty | BuildError::BadTimestamp { .. } | BuildError::Compress(_) => {
                ErrorCode::InvalidRecord
            }
        })?;
        // A producer's batch is this broker's own here, without sequence numbers, which a producer may not send.
        let batch = ValidBatch::check_foreign(bytes, bytes_max).map_err(|_| TOO_LARGE)?;
        let appended = self.partition.append(batch, Acks::Durable);
        let pending = appended.map_err(|error| code_of(&error))?;
        Ok(Appending {
            pending,
            last_count,
        })
    }
}

/// What Kafka's coordinators make of MESSAGE_TOO_LARGE.
const TOO_LARGE: ErrorCode = ErrorCode::UnknownServerError;

/// What a client of a coordinator is told when its change could not be written: Kafka's
/// `appendGroupMetadataErrorToResponseError`.
fn code_of(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::Refused { .. }
        | AppendError::Failed { .. }
        | AppendError::DiskFull { .. }
        | AppendError::Closed { .. } => ErrorCode::NotCoordinator,
        AppendError::Stalled { .. } => ErrorCode::CoordinatorNotAvailable,
        AppendError::LargerThanSegment { .. } => TOO_LARGE,
        AppendError::OffsetsExhausted { .. } => ErrorCode::PolicyViolation,
        AppendError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        AppendError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        AppendError::InvalidTransactionState { .. } => ErrorCode::InvalidTxnState,
        AppendError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
    }
}
