//! Reads a coordinator's partition from its beginning, record by record.
//!
//! Shard-local, on the partition's core. Invariants: records come in the order of the log, each once; every batch's CRC
//! is checked; what is held at a time is one read of [`READ_BYTES`] or one larger batch; the core has a turn after
//! every [`RECORDS_PER_TURN`] records.

use std::io;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use corelane_engine::batch::BatchError;
use corelane_engine::record::{RecordError, Records, first_batch_size};
use corelane_engine::runtime::yield_now;
use corelane_engine::types::{Offset, ProducerId};
use corelane_engine::{FetchPart, Partition, ReadError, ReadRequest, ValidBatch};

use crate::splice;

/// Bytes of one read.
const READ_BYTES: usize = 64 * 1024;
/// Records between two turns of the core.
const RECORDS_PER_TURN: usize = 128;

/// A record of the log.
#[derive(Clone, Copy, Debug)]
pub struct Replayed<'a> {
    /// Its offset.
    pub offset: Offset,
    /// The producer, where the record is part of a transaction or ends one.
    pub transaction_of: Option<ProducerId>,
    /// Whether it ends a transaction: its key and value are Kafka's `EndTransactionMarker`.
    pub is_control: bool,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: Option<&'a [u8]>,
}

/// Why a partition could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No plan.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file could not be read.
    #[error("offset {offset}: {source}")]
    Io {
        /// The first offset wanted.
        offset: Offset,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A batch is damaged.
    #[error("offset {offset}: {source}")]
    Batch {
        /// The first offset wanted.
        offset: Offset,
        /// What is wrong.
        source: BatchError,
    },
    /// Its records are damaged.
    #[error("offset {offset}: {source}")]
    Records {
        /// The first offset wanted.
        offset: Offset,
        /// What is wrong.
        source: RecordError,
    },
}

/// Hands each record of the partition to `visit`; returns the end that was reached.
///
/// # Errors
/// When a batch cannot be read; the records before it have been visited.
pub async fn replay(
    partition: &Rc<Partition>,
    mut visit: impl FnMut(Replayed<'_>),
) -> Result<Offset, ReplayError> {
    let end = partition.high_watermark();
    let mut next = partition.log_start_offset();
    while next < end {
        let bytes = read_from(partition, next).await?;
        let begin = next;
        let mut rest = bytes;
        while let Some(batch) = take_batch(&mut rest) {
            next = visit_batch(batch, next, &mut visit).await?;
        }
        if next == begin {
            // Compaction may leave nothing at the very end.
            break;
        }
    }
    Ok(next)
}

async fn read_from(partition: &Rc<Partition>, offset: Offset) -> Result<Bytes, ReplayError> {
    let request = ReadRequest {
        offset,
        bytes_max: READ_BYTES,
        at_least_one: true,
        offset_max: None,
    };
    let plan = partition.read(request).await?;
    let mut bytes = BytesMut::with_capacity(READ_BYTES);
    for part in plan.parts {
        match part {
            FetchPart::Memory(slice) => bytes.extend_from_slice(&slice),
            FetchPart::File(range) => {
                let read = splice::read_to_memory(&range).await;
                let read = read.map_err(|source| ReplayError::Io { offset, source })?;
                bytes.extend_from_slice(&read);
            }
        }
    }
    Ok(bytes.freeze())
}

/// The first batch, where it is whole.
fn take_batch(bytes: &mut Bytes) -> Option<Bytes> {
    let size = first_batch_size(bytes)?;
    (size <= bytes.len()).then(|| bytes.split_to(size))
}

/// Visits a batch's records from `next` on; returns the offset behind it.
async fn visit_batch(
    bytes: Bytes,
    next: Offset,
    visit: &mut impl FnMut(Replayed<'_>),
) -> Result<Offset, ReplayError> {
    let size = bytes.len();
    let batch = ValidBatch::check_foreign(bytes, size).map_err(|source| ReplayError::Batch {
        offset: next,
        source,
    })?;
    let malformed = |source| ReplayError::Records {
        offset: next,
        source,
    };
    let records = Records::open(batch.bytes()).map_err(malformed)?;
    let header = batch.header();
    let transaction_of = header.is_transactional().then(|| header.producer_id());
    for (count, record) in records.iter().enumerate() {
        let record = record.map_err(malformed)?;
        if count % RECORDS_PER_TURN == RECORDS_PER_TURN - 1 {
            yield_now().await;
        }
        if record.offset >= next {
            visit(Replayed {
                offset: record.offset,
                transaction_of,
                is_control: header.is_control(),
                key: record.key,
                value: record.value,
            });
        }
    }
    Ok(header.next_offset().unwrap_or(next).max(next))
}
