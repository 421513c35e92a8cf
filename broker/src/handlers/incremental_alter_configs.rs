//! IncrementalAlterConfigs (44): sets, deletes, appends to and subtracts from a topic's configurations (KIP-339).
//!
//! - 1 is flexible.

use std::collections::HashSet;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use crate::altered_config::{self, Operation, SetConfigs};
use crate::altered_topic::{self, Resource};
use crate::dispatch::Call;
use crate::refusal::Refusal;

/// Alters the resources one after the other.
pub async fn handle(
    call: &Call,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let mut seen = HashSet::new();
    let mut response = IncrementalAlterConfigsResponse::default();
    for resource in &request.resources {
        let altered = if seen.insert((resource.resource_type, resource.resource_name.as_str())) {
            let target = Resource {
                kind: resource.resource_type,
                name: &resource.resource_name,
                validate_only: request.validate_only,
            };
            altered_topic::alter(call, target, |set| change(set, resource)).await
        } else {
            Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "Each resource must appear at most once.",
            ))
        };
        response.responses.push(respond(resource, altered));
    }
    response
}

fn change(set: &mut SetConfigs, resource: &AlterConfigsResource) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for config in &resource.configs {
        if !seen.insert(config.name.as_str()) {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "Error due to duplicate config keys",
            ));
        }
        let operation = Operation::of(config.config_operation).ok_or_else(|| {
            let message = format!("Unknown operation type {}", config.config_operation);
            Refusal::new(ErrorCode::InvalidRequest, message)
        })?;
        altered_config::apply(set, &config.name, operation, config.value.as_deref())?;
    }
    Ok(())
}

fn respond(
    resource: &AlterConfigsResource,
    altered: Result<(), Refusal>,
) -> AlterConfigsResourceResponse {
    let refusal = altered.err();
    AlterConfigsResourceResponse {
        error_code: refusal
            .as_ref()
            .map_or(ErrorCode::None, |refusal| refusal.code)
            .code(),
        error_message: refusal.map(|refusal| refusal.message),
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.clone(),
    }
}
