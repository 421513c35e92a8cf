//! JoinGroup (11): a member joins a group, or joins again, and is answered when the rebalance is over.
//!
//! - 1 adds the rebalance timeout, 4 gives a new member its id first (KIP-394), 5 adds static members (KIP-345),
//!   6 is flexible, 7 adds the protocol's type to the answer, 8 a reason, 9 lets the leader skip the assignment.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::join_group::{JoinGroupRequest, JoinGroupResponse};
use uuid::Uuid;

use crate::dispatch::Call;
use crate::groups::member::Client;
use crate::groups::membership::Joining;
use crate::groups::rebalance::join_refused;
use crate::groups::registry::ask_for;

/// Before this version there is no null name.
const NULL_PROTOCOL_SINCE: i16 = 7;

/// Joins.
pub async fn handle(call: &Call, request: JoinGroupRequest) -> JoinGroupResponse {
    let version = call.head.version;
    let (group, member) = (request.group_id.clone(), request.member_id.clone());
    let joining = Joining {
        request,
        version,
        client: client_of(call),
        fresh: Uuid::new_v4().to_string(),
    };
    call.release_memory();
    let joined = match group.is_empty() {
        true => Err(ErrorCode::InvalidGroupId),
        false => {
            ask_for(call.lane(), &group, async move |coordinator| {
                coordinator.join(joining).await
            })
            .await
        }
    };
    let mut response = joined.unwrap_or_else(|code| join_refused(&member, code));
    if version < NULL_PROTOCOL_SINCE {
        response.protocol_name.get_or_insert_default();
    }
    response
}

/// Who a member is.
pub fn client_of(call: &Call) -> Client {
    Client {
        id: call.head.client_id.clone().unwrap_or_default(),
        host: format!("/{}", call.connection.peer.ip().to_canonical()),
    }
}
