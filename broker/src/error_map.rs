//! Engine errors as Kafka's codes.
//!
//! Pure. Invariants: every error has one code, in a match without a catch-all; none becomes an offset. A code that
//! makes clients retry stands only where a retry can help.

use corelane_engine::batch::{BatchError, Corruption};
use corelane_engine::compress::DecompressError;
use corelane_engine::record::RecordError;
use corelane_engine::{AppendError, CatalogueError, DeleteRecordsError, ReadError, TopicError};
use corelane_protocol::ErrorCode;

use crate::complaint::complain_of_read;
use crate::refusal::Refusal;

/// What a producer is told about a batch that was not appended.
pub fn append(error: &AppendError) -> Refusal {
    let code = match error {
        AppendError::Refused { .. }
        | AppendError::Failed { .. }
        | AppendError::DiskFull { .. }
        | AppendError::Stalled { .. } => ErrorCode::KafkaStorageError,
        AppendError::LargerThanSegment { .. } => ErrorCode::RecordListTooLarge,
        // Kafka has no code for this; a retry would not help.
        AppendError::OffsetsExhausted { .. } => ErrorCode::PolicyViolation,
        AppendError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        AppendError::InvalidProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        AppendError::InvalidTransactionState { .. } => ErrorCode::InvalidTxnState,
        AppendError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
        AppendError::Closed { .. } => ErrorCode::NotLeaderOrFollower,
    };
    Refusal::new(code, error.to_string())
}

/// What a reader is told.
pub fn read(error: &ReadError) -> ErrorCode {
    match error {
        ReadError::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        ReadError::Io { .. } => {
            complain_of_read(error);
            ErrorCode::KafkaStorageError
        }
        ReadError::Damaged { .. } => {
            complain_of_read(error);
            ErrorCode::CorruptMessage
        }
    }
}

/// The code of records that could not be deleted.
pub fn delete_records(error: &DeleteRecordsError) -> ErrorCode {
    match error {
        DeleteRecordsError::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        DeleteRecordsError::Io { .. } => {
            tracing::error!(%error, "records could not be deleted");
            ErrorCode::KafkaStorageError
        }
    }
}

/// What a producer is told about a batch that is none.
pub fn batch(error: &BatchError) -> Refusal {
    let code = match error {
        BatchError::Corrupt(
            Corruption::Truncated { .. }
            | Corruption::LengthMismatch { .. }
            | Corruption::UnknownMagic { .. }
            | Corruption::CrcMismatch { .. },
        ) => ErrorCode::CorruptMessage,
        BatchError::Invalid(_) => ErrorCode::InvalidRecord,
        BatchError::TooLarge { .. } => ErrorCode::MessageTooLarge,
        BatchError::UnsupportedCompression { .. } => ErrorCode::UnsupportedCompressionType,
        BatchError::UnsupportedMagic { .. } => ErrorCode::InvalidRecord,
    };
    Refusal::new(code, error.to_string())
}

/// What a producer is told about records that cannot be read where they must be.
pub fn record(error: &RecordError) -> Refusal {
    let code = match error {
        RecordError::NotABatch { .. } => ErrorCode::CorruptMessage,
        RecordError::UnknownCompression { .. } => ErrorCode::UnsupportedCompressionType,
        RecordError::Decompress(DecompressError::TooLarge { .. })
        | RecordError::TooLarge { .. } => ErrorCode::MessageTooLarge,
        RecordError::Decompress(_)
        | RecordError::BadCount { .. }
        | RecordError::BadRecord { .. }
        | RecordError::TrailingBytes { .. } => ErrorCode::InvalidRecord,
        // The bytes were fine when they came; another codec of ours failed on them.
        RecordError::Compress(_) => ErrorCode::KafkaStorageError,
    };
    Refusal::new(code, error.to_string())
}

/// What an admin client is told about a change of the topics that was not made.
pub fn topic(error: &TopicError) -> Refusal {
    let code = match error {
        TopicError::Exists { .. } => ErrorCode::TopicAlreadyExists,
        TopicError::Unknown { .. } => ErrorCode::UnknownTopicOrPartition,
        TopicError::InvalidName { .. } => ErrorCode::InvalidTopicException,
        TopicError::NotMorePartitions { .. } => ErrorCode::InvalidPartitions,
        TopicError::Config(_) => ErrorCode::InvalidConfig,
        TopicError::Catalogue(error) => return catalogue(error),
        TopicError::Partition(_) => ErrorCode::KafkaStorageError,
    };
    Refusal::new(code, error.to_string())
}

/// What a client is told when the catalogue cannot be written.
pub fn catalogue(error: &CatalogueError) -> Refusal {
    tracing::error!(%error, "the topic catalogue failed");
    let code = match error {
        CatalogueError::Io { .. }
        | CatalogueError::Damaged { .. }
        | CatalogueError::LostPartitions { .. }
        | CatalogueError::Refused => ErrorCode::KafkaStorageError,
    };
    Refusal::new(code, error.to_string())
}
