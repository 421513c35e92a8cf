//! IncrementalAlterConfigs (44): sets, deletes, appends to and subtracts from configurations of a topic or of the
//! broker (KIP-339).
//!
//! - 1 is flexible.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use crate::altered_config::{
    self, Operation, Schema, SetConfigs, appears_twice, check_names, repeated,
};
use crate::altered_resource::{self, Resource};
use crate::dispatch::Call;
use crate::refusal::Refusal;

/// Alters the resources one after the other.
pub async fn handle(
    call: &Call,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let mut response = IncrementalAlterConfigsResponse::default();
    let named = request.resources.iter();
    let repeated = repeated(named.map(|one| (one.resource_type, one.resource_name.as_str())));
    for resource in &request.resources {
        let target = Resource {
            kind: resource.resource_type,
            name: &resource.resource_name,
            validate_only: request.validate_only,
        };
        let altered = if repeated.contains(&(target.kind, target.name)) {
            Err(appears_twice())
        } else {
            let change = |set: &mut _, schema: Schema<'_>| change(set, schema, resource);
            altered_resource::alter(call, target, change).await
        };
        response.responses.push(respond(resource, altered));
    }
    response
}

fn change(
    set: &mut SetConfigs,
    schema: Schema<'_>,
    resource: &AlterConfigsResource,
) -> Result<(), Refusal> {
    check_names(resource.configs.iter().map(|config| config.name.as_str()))?;
    for config in &resource.configs {
        let operation = Operation::of(config.config_operation).ok_or_else(|| {
            let message = format!("Unknown operation type {}", config.config_operation);
            Refusal::new(ErrorCode::InvalidRequest, message)
        })?;
        let value = config.value.as_deref();
        altered_config::apply(set, schema, &config.name, operation, value)?;
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
