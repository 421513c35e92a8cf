//! SyncGroup (14): the leader says who gets what, and every member asks for its part.
//!
//! - 3 adds static members (KIP-345), 4 is flexible, 5 adds the protocol's type and name, which must be there.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use crate::dispatch::Call;
use crate::groups::rebalance::sync_refused;
use crate::groups::registry::ask_for;

/// From this version on a request names the protocol.
const PROTOCOL_SINCE: i16 = 5;

/// Takes, and hands out, assignments.
pub async fn handle(call: &Call, request: SyncGroupRequest) -> SyncGroupResponse {
    let is_named = request.protocol_type.is_some() && request.protocol_name.is_some();
    if call.head.version >= PROTOCOL_SINCE && !is_named {
        return sync_refused(ErrorCode::InconsistentGroupProtocol);
    }
    if request.group_id.is_empty() {
        return sync_refused(ErrorCode::InvalidGroupId);
    }
    call.release_memory();
    let group = request.group_id.clone();
    let synced = ask_for(call.lane(), &group, async move |coordinator| {
        coordinator.sync(request).await
    })
    .await;
    synced.unwrap_or_else(sync_refused)
}
