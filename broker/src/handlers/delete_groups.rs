//! DeleteGroups (42): forgets groups without members, and what they have committed.
//!
//! - 2 is flexible. All answer alike.

use std::collections::BTreeSet;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::delete_groups::{
    DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse,
};

use crate::dispatch::Call;
use crate::gather::gather_some;
use crate::groups::registry::ask_for;
use crate::limits::GROUPS_PER_REQUEST_MAX;

/// Deletes each.
pub async fn handle(call: &Call, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let groups: BTreeSet<String> = request.groups_names.into_iter().collect();
    if groups.len() > GROUPS_PER_REQUEST_MAX {
        return DeleteGroupsResponse {
            results: vec![DeletableGroupResult {
                error_code: ErrorCode::InvalidRequest.code(),
                ..DeletableGroupResult::default()
            }],
            ..DeleteGroupsResponse::default()
        };
    }
    let deletions = groups.into_iter().map(|group| delete(call, group));
    DeleteGroupsResponse {
        results: gather_some(deletions).await,
        ..DeleteGroupsResponse::default()
    }
}

async fn delete(call: &Call, group_id: String) -> DeletableGroupResult {
    let ids = vec![group_id.clone()];
    let deleted = ask_for(call.lane(), &group_id, async move |coordinator| {
        let deleting = coordinator.change(|machine, _, ticket| machine.delete_groups(&ids, ticket));
        let (codes, stored) = deleting.await;
        match codes.first() {
            Some(ErrorCode::None) | None => stored.err().unwrap_or(ErrorCode::None),
            Some(code) => *code,
        }
    });
    DeletableGroupResult {
        error_code: deleted.await.unwrap_or_else(|code| code).code(),
        group_id,
    }
}
