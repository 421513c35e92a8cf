//! Stores altered configurations of a resource: what both AlterConfigs requests end in.
//!
//! Shard-local. Invariant: what is stored was checked under the image of the moment; a refusal stores nothing.

use corelane_engine::Image;
use corelane_protocol::{ErrorCode, TopicRef};

use crate::altered_config::{Schema, SetConfigs};
use crate::broker_config;
use crate::config_resource::ResourceKind;
use crate::dispatch::Call;
use crate::dynamic_config::Layers;
use crate::error_map;
use crate::new_topic;
use crate::nodes::Nodes;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::settings::NODE_ID;
use crate::topics;

/// What a request wants to alter.
#[derive(Clone, Copy)]
pub struct Resource<'a> {
    /// The number of its kind.
    pub kind: i8,
    /// Its name.
    pub name: &'a str,
    /// Whether the change is only tried.
    pub validate_only: bool,
}

/// Changes the configurations that a resource sets, by `change`.
///
/// # Errors
/// When the resource has no configurations, when `change` refuses, or when the change cannot be stored.
pub async fn alter(
    call: &Call,
    resource: Resource<'_>,
    change: impl FnOnce(&mut SetConfigs, Schema<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let refuse = |message: String| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    match ResourceKind::of(resource.kind) {
        ResourceKind::Topic => alter_topic(call, resource, change).await,
        ResourceKind::Broker => alter_broker(call, resource, change).await,
        ResourceKind::Group => {
            refuse("configurations of groups are those of the broker, and of its start".to_owned())
        }
        ResourceKind::NotHere => {
            refuse("only configurations of topics and of the broker can be altered".to_owned())
        }
        ResourceKind::Unknown => refuse(format!("Unknown resource type {}", resource.kind)),
    }
}

async fn alter_topic(
    call: &Call,
    resource: Resource<'_>,
    change: impl FnOnce(&mut SetConfigs, Schema<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    new_topic::check_name(resource.name)?;
    let image = topics::image();
    let topic = topics::find(&image, TopicRef::Name(resource.name))?;
    let mut set = topics::set_configs(&image, topic);
    change(&mut set, Schema::Topic)?;
    if resource.validate_only {
        return Ok(());
    }
    let (engine, topic_id) = (call.lane().engine.clone(), topic.topic_id);
    let altered = within_limit(async move { engine.alter_configs(topic_id, set).await }).await?;
    altered.map(drop).map_err(|error| error_map::topic(&error))
}

/// An empty name stands for all brokers.
async fn alter_broker(
    call: &Call,
    resource: Resource<'_>,
    change: impl FnOnce(&mut SetConfigs, Schema<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let name = match resource.name {
        "" => String::new(),
        // Where each core is a broker, what is set for one is set for all.
        name => check_broker_id(&call.lane().settings.nodes, name).map(|()| NODE_ID.to_string())?,
    };
    let image = topics::image();
    let mut set = broker_set(&image, &name);
    let layers = Layers::of(&call.lane().settings, &image);
    let is_static = |name: &str| broker_config::has(&layers, name);
    change(&mut set, Schema::Broker(&is_static))?;
    if resource.validate_only {
        return Ok(());
    }
    let engine = call.lane().engine.clone();
    let altered = within_limit(async move { engine.alter_node_configs(name, set).await }).await?;
    altered.map_err(|error| error_map::catalogue(&error))
}

fn check_broker_id(nodes: &Nodes, name: &str) -> Result<(), Refusal> {
    let message = match name.parse::<i32>() {
        Ok(id) if nodes.has(id) => return Ok(()),
        Ok(_) => format!("Unexpected broker id, expected {NODE_ID}, but received {name}"),
        Err(_) => format!("Node id must be an integer, but it is: {name}"),
    };
    Err(Refusal::new(ErrorCode::InvalidRequest, message))
}

fn broker_set(image: &Image, name: &str) -> SetConfigs {
    let pairs = image.broker_configs(name);
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
