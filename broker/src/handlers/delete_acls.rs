//! DeleteAcls (31): there is no authorizer, and the answer is Kafka's without one.
//!
//! - 2 is flexible. All answer alike.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::delete_acls::{
    DeleteAclsFilterResult, DeleteAclsRequest, DeleteAclsResponse,
};

use crate::dispatch::Call;
use crate::handlers::describe_acls::NO_AUTHORIZER;

/// Refuses each.
pub async fn handle(_: &Call, request: DeleteAclsRequest) -> DeleteAclsResponse {
    let refused = |_| DeleteAclsFilterResult {
        error_code: ErrorCode::SecurityDisabled.code(),
        error_message: Some(NO_AUTHORIZER.to_owned()),
        ..DeleteAclsFilterResult::default()
    };
    DeleteAclsResponse {
        filter_results: request.filters.iter().map(refused).collect(),
        ..DeleteAclsResponse::default()
    }
}
