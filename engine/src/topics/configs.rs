//! The configuration of topics: what the catalogue says of it, and its change.
//!
//! Invariant: names and values are checked before they get into the catalogue. On the catalogue's core; the partitions
//! learn of a change on theirs.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Turn;
use crate::catalogue::{ConfigRecord, Image, MetadataRecord, ResourceType};
use crate::cores::Cores;
use crate::engine::TopicError;
use crate::log_config::LogConfig;

/// See [`crate::Engine::alter_configs`].
pub(crate) async fn alter<C: Cores>(
    cores: C,
    topic_id: Uuid,
    configs: BTreeMap<String, String>,
) -> Result<(), TopicError> {
    LogConfig::from_pairs(
        configs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )?;
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    let topic = image
        .topic_by_id(topic_id)
        .ok_or(TopicError::Unknown { topic_id })?;
    let records = config_changes(&image, ResourceType::Topic, &topic.name, configs);
    if records.is_empty() {
        return Ok(());
    }
    let changed = turn.log().append_freeing(records).await?;
    let config = log_config(&cores, &changed, &topic.name);
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let cores = everywhere.clone();
            let (changed, config) = (changed.clone(), config.clone());
            async move {
                let lane = cores.lane();
                lane.set_image(changed);
                for partition in lane.partitions() {
                    if partition.id().topic_id == topic_id {
                        partition.set_config(config.clone());
                    }
                }
            }
        })
        .await;
    Ok(())
}

/// The records that lead from what the image says to `configs`.
pub(crate) fn config_changes(
    image: &Image,
    resource_type: ResourceType,
    resource: &str,
    configs: BTreeMap<String, String>,
) -> Vec<MetadataRecord> {
    let present: BTreeMap<&str, &str> = image.configs_of(resource_type, resource).collect();
    let record = |name: String, value: Option<String>| {
        MetadataRecord::Config(ConfigRecord {
            resource_type,
            resource_name: resource.to_owned(),
            name,
            value,
        })
    };
    let removed = present.keys().filter(|name| !configs.contains_key(**name));
    let mut records: Vec<_> = removed
        .map(|name| record((*name).to_owned(), None))
        .collect();
    for (name, value) in configs {
        if present.get(name.as_str()) != Some(&value.as_str()) {
            records.push(record(name, Some(value)));
        }
    }
    records
}

/// What the image says of a topic's configuration. Names and values were checked before they got there; what another
/// version wrote and this one refuses falls back to the defaults, and is said.
pub(crate) fn log_config<C: Cores>(cores: &C, image: &Image, topic: &str) -> LogConfig {
    let defaults = cores.log_defaults(image);
    let laid_over = defaults.clone().with_pairs(image.topic_configs(topic));
    laid_over.unwrap_or_else(|error| {
        tracing::warn!(topic, %error, "using the default configuration");
        defaults
    })
}
