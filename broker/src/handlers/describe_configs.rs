//! DescribeConfigs (32): every configuration of a topic, of a group or of the broker, with its source.
//!
//! - 1 tells sources and synonyms, 3 types and documentation; 4 is flexible.

use std::collections::BTreeMap;

use corelane_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
    DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::broker_config;
use crate::config_entry::{self, ConfigEntry};
use crate::config_resource::ResourceKind;
use crate::dispatch::Call;
use crate::dynamic_config::Layers;
use crate::new_topic;
use crate::refusal::Refusal;
use crate::settings::NODE_ID;
use crate::topics;

/// Describes each resource.
pub async fn handle(call: &Call, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let mut response = DescribeConfigsResponse::default();
    for resource in &request.resources {
        let configs = describe(call, resource);
        response
            .results
            .push(respond(&request, resource, configs, call.head.version));
    }
    response
}

fn describe(call: &Call, resource: &DescribeConfigsResource) -> Result<Vec<ConfigEntry>, Refusal> {
    let nodes = &call.lane().settings.nodes;
    match ResourceKind::of(resource.resource_type) {
        ResourceKind::Topic => {
            new_topic::check_name(&resource.resource_name)?;
            let image = topics::image();
            let topic = topics::find(&image, TopicRef::Name(&resource.resource_name))?;
            let set: BTreeMap<String, String> = topics::set_configs(&image, topic);
            let cores = config_entry::partition_cores(&topics::cores(call.lane(), topic));
            let layers = Layers::of(&call.lane().settings, &image);
            Ok(config_entry::of_topic(&set, &layers)
                .chain([cores])
                .collect())
        }
        ResourceKind::Broker if resource.resource_name.is_empty() => {
            let image = topics::image();
            let layers = Layers::of(&call.lane().settings, &image);
            Ok(broker_config::entries_of_all_brokers(&layers))
        }
        ResourceKind::Broker if nodes.has_name(&resource.resource_name) => {
            let image = topics::image();
            let layers = Layers::of(&call.lane().settings, &image);
            Ok(broker_config::entries(&layers))
        }
        ResourceKind::Broker => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!(
                "Unexpected broker id, expected {NODE_ID} or empty string, but received {}",
                resource.resource_name
            ),
        )),
        ResourceKind::Group if resource.resource_name.is_empty() => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "Group name must not be empty",
        )),
        ResourceKind::Group => Ok(broker_config::entries_of_group(&call.lane().settings)),
        ResourceKind::NotHere => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "this broker has configurations of topics, of groups and of itself only",
        )),
        ResourceKind::Unknown => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Unsupported resource type: {}", resource.resource_type),
        )),
    }
}

fn respond(
    request: &DescribeConfigsRequest,
    resource: &DescribeConfigsResource,
    configs: Result<Vec<ConfigEntry>, Refusal>,
    version: i16,
) -> DescribeConfigsResult {
    let base = DescribeConfigsResult {
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.clone(),
        ..DescribeConfigsResult::default()
    };
    match configs {
        Err(refusal) => DescribeConfigsResult {
            error_code: refusal.code.code(),
            error_message: Some(refusal.message),
            ..base
        },
        Ok(entries) => DescribeConfigsResult {
            configs: entries
                .into_iter()
                .filter(|entry| is_asked_for(resource, entry.name))
                .map(|entry| config(entry, request, version))
                .collect(),
            ..base
        },
    }
}

fn is_asked_for(resource: &DescribeConfigsResource, name: &str) -> bool {
    match &resource.configuration_keys {
        Some(keys) if !keys.is_empty() => keys.iter().any(|key| key == name),
        _ => true,
    }
}

fn config(
    entry: ConfigEntry,
    request: &DescribeConfigsRequest,
    version: i16,
) -> DescribeConfigsResourceResult {
    let synonym = |(name, value, source): (&str, String, config_entry::ConfigSource)| {
        DescribeConfigsSynonym {
            name: name.to_owned(),
            value: Some(value),
            source: source.code(),
        }
    };
    let synonyms = if request.include_synonyms {
        entry.synonyms
    } else {
        Vec::new()
    };
    let base = DescribeConfigsResourceResult {
        name: entry.name.to_owned(),
        value: Some(entry.value),
        read_only: entry.read_only,
        config_source: entry.source.code(),
        is_sensitive: false,
        synonyms: synonyms.into_iter().map(synonym).collect(),
        ..DescribeConfigsResourceResult::default()
    };
    if version < 3 {
        return base;
    }
    DescribeConfigsResourceResult {
        config_type: entry.kind.code(),
        documentation: request
            .include_documentation
            .then(|| entry.documentation.to_owned()),
        ..base
    }
}
