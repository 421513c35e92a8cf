//! What is written into a batch header: the placement that the broker assigns, timestamps that it corrects, and whole
//! headers of batches that are built here.
//!
//! Invariant: whatever changes a byte that the CRC covers writes the CRC again. Pure: bytes and numbers.

use zerocopy::IntoBytes;

use super::{
    ATTRIBUTES_RANGE, BASE_OFFSET_RANGE, CODEC_MASK, CONTROL_BIT, CRC_RANGE, CRC_START,
    DELETE_HORIZON_BIT, HEADER_LENGTH, LEADER_EPOCH_RANGE, LOG_OVERHEAD_LENGTH, MAGIC_V2,
    MAX_TIMESTAMP_RANGE, RecordBatchHeader, TIMESTAMP_TYPE_BIT, TRANSACTIONAL_BIT, TimestampType,
    crc32c,
};
use crate::compress::Compression;
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

/// What the broker assigns to a batch at the append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The offset of the first record.
    pub base_offset: Offset,
    /// The epoch of the leader that appends.
    pub leader_epoch: LeaderEpoch,
}

/// Copies `batch` to the start of `destination` and writes its placement there. Both fields lie outside the CRC,
/// so that no second pass over the bytes is needed. `destination` must be at least as long as `batch`, and
/// `batch` at least a header: both are the caller's own buffers, so anything else is a bug and panics.
pub fn write_placed(destination: &mut [u8], batch: &[u8], placement: Placement) {
    assert!(
        batch.len() >= HEADER_LENGTH && destination.len() >= batch.len(),
        "a batch of {} bytes does not fit into {} bytes",
        batch.len(),
        destination.len()
    );
    destination[..batch.len()].copy_from_slice(batch);
    place(destination, placement);
}

/// Writes the placement of the batch that starts `batch`, in place. Panics when there is no whole header.
pub fn place(batch: &mut [u8], placement: Placement) {
    batch[BASE_OFFSET_RANGE].copy_from_slice(&placement.base_offset.0.to_be_bytes());
    batch[LEADER_EPOCH_RANGE].copy_from_slice(&placement.leader_epoch.0.to_be_bytes());
}

/// Corrects the maximum timestamp of `batch` (exactly one batch), and the CRC with it. Panics when there is no whole header.
pub fn set_max_timestamp(batch: &mut [u8], max_timestamp: TimestampMs) {
    batch[MAX_TIMESTAMP_RANGE].copy_from_slice(&max_timestamp.0.to_be_bytes());
    write_crc(batch);
}

/// Turns the timestamps of `batch` (exactly one batch) into the broker's: sets the timestamp type, the maximum
/// timestamp, and the CRC again. Panics when there is no whole header.
pub fn set_log_append_time(batch: &mut [u8], now: TimestampMs) {
    let attributes = i16::from_be_bytes([
        batch[ATTRIBUTES_RANGE.start],
        batch[ATTRIBUTES_RANGE.start + 1],
    ]);
    batch[ATTRIBUTES_RANGE].copy_from_slice(&(attributes | TIMESTAMP_TYPE_BIT).to_be_bytes());
    batch[MAX_TIMESTAMP_RANGE].copy_from_slice(&now.0.to_be_bytes());
    write_crc(batch);
}

/// Computes the CRC of `batch` (exactly one batch) and writes it into the header.
pub(crate) fn write_crc(batch: &mut [u8]) {
    let crc = crc32c(&batch[CRC_START..]);
    batch[CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
}

/// The fields of a header under construction; `record` and compaction fill them.
#[derive(Debug)]
pub(crate) struct HeaderFields {
    pub base_offset: Offset,
    pub leader_epoch: LeaderEpoch,
    pub attributes: i16,
    pub last_offset_delta: i32,
    pub base_timestamp: TimestampMs,
    pub max_timestamp: TimestampMs,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub record_count: i32,
}

impl HeaderFields {
    /// Writes the header of a batch that fills `batch`, CRC included; `None` when it is longer than 31 bits say.
    pub(crate) fn write(&self, batch: &mut [u8]) -> Option<()> {
        let length = batch.len().checked_sub(LOG_OVERHEAD_LENGTH)?;
        let header = RecordBatchHeader {
            base_offset: self.base_offset.0.into(),
            batch_length: i32::try_from(length).ok()?.into(),
            leader_epoch: self.leader_epoch.0.into(),
            magic: MAGIC_V2,
            crc: 0.into(),
            attributes: self.attributes.into(),
            last_offset_delta: self.last_offset_delta.into(),
            base_timestamp: self.base_timestamp.0.into(),
            max_timestamp: self.max_timestamp.0.into(),
            producer_id: self.producer_id.0.into(),
            producer_epoch: self.producer_epoch.into(),
            base_sequence: self.base_sequence.into(),
            record_count: self.record_count.into(),
        };
        batch
            .get_mut(..HEADER_LENGTH)?
            .copy_from_slice(header.as_bytes());
        write_crc(batch);
        Some(())
    }
}

/// Builds the attribute bits of a batch.
pub(crate) fn attributes(
    compression: Compression,
    timestamp_type: TimestampType,
    is_transactional: bool,
    is_control: bool,
) -> i16 {
    let mut bits = i16::from(compression.id());
    if timestamp_type == TimestampType::LogAppendTime {
        bits |= TIMESTAMP_TYPE_BIT;
    }
    if is_transactional {
        bits |= TRANSACTIONAL_BIT;
    }
    if is_control {
        bits |= CONTROL_BIT;
    }
    bits
}

/// The attribute bits of `attributes`, which say that the base timestamp is a delete horizon.
pub(crate) fn attributes_with_delete_horizon(attributes: i16) -> i16 {
    attributes | DELETE_HORIZON_BIT
}

/// The attribute bits of a batch that has lost its records: no codec, and no delete horizon.
pub(crate) fn attributes_without_records(attributes: i16) -> i16 {
    attributes & !(CODEC_MASK | DELETE_HORIZON_BIT)
}

/// The attribute bits of `attributes` with another codec.
pub(crate) fn attributes_with_compression(attributes: i16, compression: Compression) -> i16 {
    (attributes & !CODEC_MASK) | i16::from(compression.id())
}
