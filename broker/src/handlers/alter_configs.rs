//! AlterConfigs (33): replaces all configurations of a topic or of the broker. Deprecated by IncrementalAlterConfigs, and still what
//! older clients send.
//!
//! - 2 is flexible.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
};

use crate::altered_config::{
    self, Operation, Schema, SetConfigs, appears_twice, check_names, repeated,
};
use crate::altered_resource::{self, Resource};
use crate::dispatch::Call;
use crate::refusal::Refusal;

/// Alters the resources one after the other.
pub async fn handle(call: &Call, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let mut response = AlterConfigsResponse::default();
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
            let change = |set: &mut _, schema: Schema<'_>| replace(set, schema, resource);
            altered_resource::alter(call, target, change).await
        };
        response.responses.push(respond(resource, altered));
    }
    response
}

fn replace(
    set: &mut SetConfigs,
    schema: Schema<'_>,
    resource: &AlterConfigsResource,
) -> Result<(), Refusal> {
    check_names(resource.configs.iter().map(|config| config.name.as_str()))?;
    set.clear();
    resource.configs.iter().try_for_each(|config| {
        let value = config.value.as_deref();
        altered_config::apply(set, schema, &config.name, Operation::Set, value)
    })
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
