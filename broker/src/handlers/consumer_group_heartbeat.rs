//! ConsumerGroupHeartbeat (68): a member of a group of KIP-848 joins, stays, and is told what to read.
//!
//! - 1 adds subscriptions by regular expression, and lets members choose their ids (KIP-1082).

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
};
use uuid::Uuid;

use crate::dispatch::Call;
use crate::groups::consumer::heartbeat::{Beating, beat_refused};
use crate::groups::registry::ask_for;
use crate::handlers::join_group::client_of;
use crate::refusal::Refusal;

/// Hands it to the group's coordinator.
pub async fn handle(
    call: &Call,
    request: ConsumerGroupHeartbeatRequest,
) -> ConsumerGroupHeartbeatResponse {
    if request.group_id.is_empty() {
        let refusal = Refusal::new(ErrorCode::InvalidRequest, "GroupId can't be empty.");
        return beat_refused(refusal);
    }
    let group = request.group_id.clone();
    let beating = Beating {
        request,
        version: call.head.version,
        client: client_of(call),
        fresh: Uuid::new_v4().to_string(),
    };
    call.release_memory();
    let beaten = ask_for(call.lane(), &group, async move |coordinator| {
        coordinator.beat(beating).await
    });
    beaten
        .await
        .unwrap_or_else(|code| beat_refused(code.into()))
}
