//! LeaveGroup (13): members leave, or are removed by an administrator.
//!
//! - 3 takes several members and static ones (KIP-345), 4 is flexible, 5 adds a reason (KIP-800).

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::leave_group::{
    LeaveGroupRequest, LeaveGroupResponse, MemberIdentity,
};

use crate::dispatch::Call;
use crate::groups::registry::ask_for;

/// The first version that names several members.
const BATCHED_SINCE: i16 = 3;

/// Lets them go.
pub async fn handle(call: &Call, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let is_batched = call.head.version >= BATCHED_SINCE;
    let leaving = match is_batched {
        true => request.members,
        false => vec![MemberIdentity {
            member_id: request.member_id,
            ..MemberIdentity::default()
        }],
    };
    let group = request.group_id;
    let left = match group.is_empty() {
        true => Err(ErrorCode::InvalidGroupId),
        false => {
            let id = group.clone();
            let left = ask_for(call.lane(), &group, async move |coordinator| {
                coordinator.act(|machine, now| machine.leave(now, &id, &leaving))
            });
            left.await.and_then(|left| left)
        }
    };
    let mut response = LeaveGroupResponse::default();
    match left {
        Err(code) => response.error_code = code.code(),
        Ok(members) if is_batched => response.members = members,
        Ok(members) => {
            response.error_code = members.first().map_or(0, |member| member.error_code);
        }
    }
    response
}
