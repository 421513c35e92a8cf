//! ConsumerGroupDescribe (69): groups of KIP-848 with their members, what these have and what they are to have.
//!
//! - 1 adds the type of a member.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_describe::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribedGroup,
};

use crate::authorized_operations::GROUP_OPERATIONS;
use crate::dispatch::Call;
use crate::gather::gather_some;
use crate::groups::registry::ask_for;
use crate::limits::GROUPS_PER_REQUEST_MAX;
use crate::topics;

/// Describes each.
pub async fn handle(
    call: &Call,
    request: ConsumerGroupDescribeRequest,
) -> ConsumerGroupDescribeResponse {
    if request.group_ids.len() > GROUPS_PER_REQUEST_MAX {
        let refused = DescribedGroup {
            error_code: ErrorCode::InvalidRequest.code(),
            ..DescribedGroup::default()
        };
        return ConsumerGroupDescribeResponse {
            groups: vec![refused],
            ..ConsumerGroupDescribeResponse::default()
        };
    }
    let descriptions = request.group_ids.into_iter();
    let mut groups = gather_some(descriptions.map(|group| describe(call, group))).await;
    if request.include_authorized_operations {
        for group in &mut groups {
            if group.error_code == ErrorCode::None.code() {
                group.authorized_operations = GROUP_OPERATIONS;
            }
        }
    }
    ConsumerGroupDescribeResponse {
        groups,
        ..ConsumerGroupDescribeResponse::default()
    }
}

async fn describe(call: &Call, id: String) -> DescribedGroup {
    let refuse = |code: ErrorCode, group_id: String| DescribedGroup {
        error_code: code.code(),
        group_id,
        ..DescribedGroup::default()
    };
    if id.is_empty() {
        return refuse(ErrorCode::InvalidGroupId, id);
    }
    let group = id.clone();
    let described = ask_for(call.lane(), &id, async move |coordinator| {
        let topics = topics::image();
        coordinator.act(|machine, _| {
            machine.see_topics(topics);
            machine.describe_consumer(&group)
        })
    });
    described.await.unwrap_or_else(|code| refuse(code, id))
}
