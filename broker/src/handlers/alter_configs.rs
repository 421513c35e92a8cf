//! AlterConfigs (33): replaces all configurations of a topic. Deprecated by IncrementalAlterConfigs, and still what
//! older clients send.
//!
//! - 2 is flexible.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
};

use crate::altered_config::{self, Operation, SetConfigs};
use crate::altered_topic::{self, Resource};
use crate::dispatch::Call;
use crate::refusal::Refusal;

/// Alters the resources one after the other.
pub async fn handle(call: &Call, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let mut response = AlterConfigsResponse::default();
    for resource in &request.resources {
        let target = Resource {
            kind: resource.resource_type,
            name: &resource.resource_name,
            validate_only: request.validate_only,
        };
        let altered = altered_topic::alter(call, target, |set| replace(set, resource)).await;
        response.responses.push(respond(resource, altered));
    }
    response
}

fn replace(set: &mut SetConfigs, resource: &AlterConfigsResource) -> Result<(), Refusal> {
    set.clear();
    resource.configs.iter().try_for_each(|config| {
        altered_config::apply(set, &config.name, Operation::Set, config.value.as_deref())
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
