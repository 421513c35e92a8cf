//! DescribeUserScramCredentials (50): there are no users, so nobody has credentials (KIP-554).

use std::collections::BTreeMap;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_user_scram_credentials::{
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResult,
};

use crate::dispatch::Call;

/// Answers for each user named; nobody named means all users.
pub async fn handle(
    _: &Call,
    request: DescribeUserScramCredentialsRequest,
) -> DescribeUserScramCredentialsResponse {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for user in request.users.unwrap_or_default() {
        *counts.entry(user.name).or_default() += 1;
    }
    let results = counts.into_iter().map(|(user, count)| {
        let (code, message) = match count {
            1 => (
                ErrorCode::ResourceNotFound,
                "Attempt to describe a user credential that does not exist: ",
            ),
            _ => (
                ErrorCode::DuplicateResource,
                "Cannot describe SCRAM credentials for the same user twice in a single request: ",
            ),
        };
        DescribeUserScramCredentialsResult {
            error_code: code.code(),
            error_message: Some(format!("{message}{user}")),
            user,
            ..DescribeUserScramCredentialsResult::default()
        }
    });
    DescribeUserScramCredentialsResponse {
        results: results.collect(),
        ..DescribeUserScramCredentialsResponse::default()
    }
}
