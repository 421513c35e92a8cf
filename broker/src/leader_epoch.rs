//! Holds the leader epoch that a client knows against the partition's (KIP-320).
//!
//! Runs on the partition's core.

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
