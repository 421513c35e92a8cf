//! Heartbeat (12): a member is alive, and learns that a rebalance is under way.
//!
//! - 3 adds static members (KIP-345), 4 is flexible.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::heartbeat::{HeartbeatRequest, HeartbeatResponse};

use crate::dispatch::Call;
use crate::groups::registry::ask_for;

/// Keeps a member's session.
pub async fn handle(call: &Call, request: HeartbeatRequest) -> HeartbeatResponse {
    let group = request.group_id.clone();
    let beaten = match group.is_empty() {
        true => Err(ErrorCode::InvalidGroupId),
        false => {
            ask_for(call.lane(), &group, async move |coordinator| {
                coordinator.act(|machine, now| machine.heartbeat(now, &request))
            })
            .await
        }
    };
    let code = match beaten {
        Ok(code) => code,
        // As Kafka: sessions begin anew when the coordinator has been loaded.
        Err(ErrorCode::CoordinatorLoadInProgress) => ErrorCode::None,
        Err(code) => code,
    };
    HeartbeatResponse {
        error_code: code.code(),
        ..HeartbeatResponse::default()
    }
}
