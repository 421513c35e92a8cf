//! CreateAcls (30): there is no authorizer, and the answer is Kafka's without one.
//!
//! - 2 is flexible. All answer alike.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::create_acls::{
    AclCreationResult, CreateAclsRequest, CreateAclsResponse,
};

use crate::dispatch::Call;
use crate::handlers::describe_acls::NO_AUTHORIZER;

/// Refuses each.
pub async fn handle(_: &Call, request: CreateAclsRequest) -> CreateAclsResponse {
    let refused = |_| AclCreationResult {
        error_code: ErrorCode::SecurityDisabled.code(),
        error_message: Some(NO_AUTHORIZER.to_owned()),
    };
    CreateAclsResponse {
        results: request.creations.iter().map(refused).collect(),
        ..CreateAclsResponse::default()
    }
}
