//! Leader epochs: holds the one that a client knows against the partition's (KIP-320), and finds that of an offset.
//!
//! Runs on the partition's core.

use corelane_engine::types::{LeaderEpoch, Offset};
use corelane_protocol::ErrorCode;

use crate::topics::Partition;

/// The epoch of a client that knows none.
const NONE: i32 = -1;

/// Refuses a client whose epoch is not the partition's.
///
/// # Errors
/// FENCED_LEADER_EPOCH for an older epoch, UNKNOWN_LEADER_EPOCH for a newer one.
pub fn check(partition: &Partition, client_epoch: i32) -> Result<(), ErrorCode> {
    let epoch = partition.leader_epoch().0;
    if client_epoch == NONE || client_epoch == epoch {
        Ok(())
    } else if client_epoch < epoch {
        Err(ErrorCode::FencedLeaderEpoch)
    } else {
        Err(ErrorCode::UnknownLeaderEpoch)
    }
}

/// The epoch in which the record at `offset` was appended, or will be.
pub fn at(partition: &Partition, offset: Offset) -> LeaderEpoch {
    let mut epoch = partition.leader_epoch();
    while let Some((earlier, end)) = partition.epoch_end_offset(LeaderEpoch(epoch.0 - 1)) {
        if offset >= end || earlier >= epoch {
            break;
        }
        epoch = earlier;
    }
    epoch
}
