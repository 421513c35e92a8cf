//! DescribeAcls (29): there is no authorizer, and the answer is Kafka's without one.
//!
//! - 2 is flexible. All answer alike.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_acls::{DescribeAclsRequest, DescribeAclsResponse};

use crate::dispatch::Call;

/// What Kafka says where no authorizer is configured.
pub const NO_AUTHORIZER: &str = "No Authorizer is configured.";

/// Refuses.
pub async fn handle(_: &Call, _: DescribeAclsRequest) -> DescribeAclsResponse {
    DescribeAclsResponse {
        error_code: ErrorCode::SecurityDisabled.code(),
        error_message: Some(NO_AUTHORIZER.to_owned()),
        ..DescribeAclsResponse::default()
    }
}
