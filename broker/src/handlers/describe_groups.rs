//! DescribeGroups (15): groups of the classic protocol with their members.
//!
//! - 3 adds authorized operations, 4 static members, 5 is flexible, 6 answers GROUP_ID_NOT_FOUND for a group that is not
//!   there, which is Dead before (KIP-1043).

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_groups::{
    DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup,
};

use crate::authorized_operations::GROUP_OPERATIONS;
use crate::dispatch::Call;
use crate::gather::gather_some;
use crate::groups::registry::ask_for;
use crate::limits::GROUPS_PER_REQUEST_MAX;

/// The first version that asks for operations.
const OPERATIONS_SINCE: i16 = 3;

/// Describes each.
pub async fn handle(call: &Call, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    if request.groups.len() > GROUPS_PER_REQUEST_MAX {
        let refused = DescribedGroup {
            error_code: ErrorCode::InvalidRequest.code(),
            ..DescribedGroup::default()
        };
        return DescribeGroupsResponse {
            groups: vec![refused],
            ..DescribeGroupsResponse::default()
        };
    }
    let descriptions = request.groups.into_iter();
    let mut groups = gather_some(descriptions.map(|group| describe(call, group))).await;
    if request.include_authorized_operations && call.head.version >= OPERATIONS_SINCE {
        for group in &mut groups {
            if group.error_code == ErrorCode::None.code() {
                group.authorized_operations = GROUP_OPERATIONS;
            }
        }
    }
    DescribeGroupsResponse {
        groups,
        ..DescribeGroupsResponse::default()
    }
}

async fn describe(call: &Call, id: String) -> DescribedGroup {
    let version = call.head.version;
    let group = id.clone();
    let described = ask_for(call.lane(), &id, async move |coordinator| {
        coordinator.act(|machine, _| machine.describe(&group, version))
    });
    described.await.unwrap_or_else(|code| DescribedGroup {
        error_code: code.code(),
        group_id: id,
        ..DescribedGroup::default()
    })
}
