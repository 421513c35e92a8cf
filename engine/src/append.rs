//! What an append is asked for and answers: acknowledgement levels, receipts, errors, and the wait for them.
//!
//! Shard-local. Invariant: each batch that was given an offset is answered exactly once, with a receipt when what
//! its level promises has happened, with an error when it is not known to have happened.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::types::{Offset, ProducerId, TimestampMs, TopicPartition};

/// When an append counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// The write has arrived at the kernel's block layer: survives a crash of the process.
    Written,
    /// fdatasync has returned: survives a power cut.
    Durable,
}

/// The place that a batch got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The offset of its first record.
    pub base_offset: Offset,
    /// The timestamp that the log gave to the batch, where the topic says `LogAppendTime`.
    pub log_append_time: Option<TimestampMs>,
    /// The first offset that the log still holds.
    pub log_start_offset: Offset,
    /// The batch had been appended before; this is where.
    pub duplicate: bool,
}

/// Why a batch was not appended, or is not known to have been.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// An earlier write or flush failed. The partition refuses writes until it is reopened.
    #[error(
        "partition {partition} refuses writes since {reason}; restart the broker once the disk is well"
    )]
    Refused {
        /// The partition.
        partition: TopicPartition,
        /// What failed.
        reason: Arc<str>,
    },
    /// This write or flush failed. Nothing is known of what is on the disk.
    #[error("partition {partition}: {reason}")]
    Failed {
        /// The partition.
        partition: TopicPartition,
        /// What failed.
        reason: Arc<str>,
    },
    /// The disk is full. Nothing was appended; writes resume when there is room.
    #[error("partition {partition}: no space left on the device; delete topics or lower retention")]
    DiskFull {
        /// The partition.
        partition: TopicPartition,
    },
    /// The disk leaves an operation of this partition without an answer. Nothing was appended; writes resume when it
    /// answers.
    #[error("partition {partition}: the disk does not answer; the log tells which file")]
    Stalled {
        /// The partition.
        partition: TopicPartition,
    },
    /// The batch does not fit into any segment of this topic.
    #[error("a batch of {size} bytes exceeds segment.bytes ({segment_bytes})")]
    LargerThanSegment {
        /// Bytes of the batch.
        size: u64,
        /// The topic's limit.
        segment_bytes: u64,
    },
    /// No offsets are left in this partition.
    #[error("partition {partition} has no offsets left")]
    OffsetsExhausted {
        /// The partition.
        partition: TopicPartition,
    },
    /// A batch of this idempotent producer is missing before this one.
    #[error(
        "partition {partition}: producer {producer_id} sent sequence {base_sequence} after {last_sequence}"
    )]
    OutOfOrderSequence {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The batch's first sequence.
        base_sequence: i32,
        /// The last sequence that the log knows.
        last_sequence: i32,
    },
    /// A newer instance of this producer has taken over.
    #[error(
        "partition {partition}: producer {producer_id} has epoch {current_epoch}, the batch {producer_epoch}"
    )]
    InvalidProducerEpoch {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The batch's epoch.
        producer_epoch: i16,
        /// The epoch in force.
        current_epoch: i16,
    },
    /// The producer has an open transaction and sent a batch outside of it.
    #[error("partition {partition}: producer {producer_id} has an open transaction")]
    InvalidTransactionState {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
    },
    /// Another coordinator has taken over from the one that decided over the producer's range.
    #[error(
        "partition {partition}: producer {producer_id} is decided over by coordinator epoch {current_epoch}, the marker has {coordinator_epoch}"
    )]
    CoordinatorFenced {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: ProducerId,
        /// The marker's coordinator epoch.
        coordinator_epoch: i32,
        /// The one in force.
        current_epoch: i32,
    },
    /// The partition is being deleted or the engine stops.
    #[error("partition {partition} is closed")]
    Closed {
        /// The partition.
        partition: TopicPartition,
    },
}

/// An append that has its offset and waits for its acknowledgement.
///
/// Dropping it gives up the answer, not the append.
#[must_use = "an append is acknowledged by awaiting it"]
#[derive(Debug)]
pub struct Pending(pub(crate) Rc<Ack>);

/// The place where a waiting append and the appender meet.
#[derive(Debug, Default)]
pub(crate) struct Ack(RefCell<AckState>);

#[derive(Debug, Default)]
struct AckState {
    answer: Option<Result<Appended, AppendError>>,
    waker: Option<Waker>,
}

impl Ack {
    pub(crate) fn answer(&self, answer: Result<Appended, AppendError>) {
        let mut state = self.0.borrow_mut();
        assert!(state.answer.is_none(), "an append is answered once");
        state.answer = Some(answer);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Pending {
    type Output = Result<Appended, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.0.borrow_mut();
        if let Some(answer) = &state.answer {
            return Poll::Ready(answer.clone());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
