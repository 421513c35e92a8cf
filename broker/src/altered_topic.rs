//! Stores altered configurations of a resource: what both AlterConfigs requests end in.
//!
//! Shard-local. Only topics can be altered: the broker's settings are given at start.

use corelane_protocol::{ErrorCode, TopicRef};

use crate::altered_config::SetConfigs;
use crate::config_resource::ResourceKind;
use crate::dispatch::Call;
use crate::error_map;
use crate::new_topic;
use crate::patience::within_limit;
use crate::refusal::Refusal;
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

/// Changes the configurations that a topic sets, by `change`.
///
/// # Errors
/// When the resource is no topic, when `change` refuses, or when the change cannot be stored.
pub async fn alter(
    call: &Call,
    resource: Resource<'_>,
    change: impl FnOnce(&mut SetConfigs) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    check_kind(resource.kind)?;
    new_topic::check_name(resource.name)?;
    let image = topics::image();
    let topic = topics::find(&image, TopicRef::Name(resource.name))?;
    let mut set = topics::set_configs(&image, topic);
    change(&mut set)?;
    if resource.validate_only {
        return Ok(());
    }
    let (engine, topic_id) = (call.lane().engine.clone(), topic.topic_id);
    let altered = within_limit(async move { engine.alter_configs(topic_id, set).await }).await?;
    altered.map(drop).map_err(|error| error_map::topic(&error))
}

fn check_kind(kind: i8) -> Result<(), Refusal> {
    match ResourceKind::of(kind) {
        ResourceKind::Topic => Ok(()),
        ResourceKind::Broker => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "the broker's configurations are given at start and cannot be altered",
        )),
        ResourceKind::NotHere => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "only configurations of topics can be altered",
        )),
        ResourceKind::Unknown => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Unexpected resource type {kind}"),
        )),
    }
}
