//! CreateTopics (19).
//!
//! - 4 lets partitions and replication factor be the broker's default, 5 is flexible and returns the configurations,
//!   6 is strict about quotas, 7 returns the topic's id.
//!
//! What Kafka's controller checks is checked in its order: names, existence, configurations, assignments, numbers.

use std::collections::HashMap;

use corelane_protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest,
    CreateTopicsResponse,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::config_entry;
use crate::dispatch::Call;
use crate::dynamic_config::Layers;
use crate::mutation_quota::MutationQuota;
use crate::new_topic::{self, BROKER_DEFAULT};
use crate::refusal::Refusal;
use crate::topics;

/// From this version on what is over the quota is refused (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 6;

/// A topic that may be created.
struct Checked {
    partition_count: i32,
    configs: Vec<(String, String)>,
}

/// Creates the topics one after the other.
pub async fn handle(call: &Call, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for topic in &request.topics {
        *counts.entry(&topic.name).or_default() += 1;
    }
    let quota = MutationQuota::new(call, STRICT_QUOTA_SINCE);
    let mut response = CreateTopicsResponse::default();
    for topic in &request.topics {
        match counts.remove(topic.name.as_str()) {
            Some(1) => {
                let result = create(call, topic, &quota, request.validate_only).await;
                response.topics.push(respond(call, topic, result));
            }
            Some(_) => {
                let twice = Refusal::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
                response.topics.push(respond(call, topic, Err(twice)));
            }
            // Answered with its first occurrence.
            None => {}
        }
    }
    response.throttle_time_ms = quota.throttle_ms();
    response
}

async fn create(
    call: &Call,
    topic: &CreatableTopic,
    quota: &MutationQuota<'_>,
    validate_only: bool,
) -> Result<Checked, Refusal> {
    let checked = check(call, topic)?;
    quota.take(usize::try_from(checked.partition_count).unwrap_or(0))?;
    if !validate_only {
        new_topic::create(
            call,
            &topic.name,
            checked.partition_count,
            checked.configs.clone(),
        )
        .await?;
    }
    Ok(checked)
}

fn check(call: &Call, topic: &CreatableTopic) -> Result<Checked, Refusal> {
    new_topic::check_name(&topic.name)?;
    if topics::find(&topics::image(), TopicRef::Name(&topic.name)).is_ok() {
        let message = format!("Topic '{}' already exists.", topic.name);
        return Err(Refusal::new(ErrorCode::TopicAlreadyExists, message));
    }
    let configs = topic
        .configs
        .iter()
        .map(|config| (config.name.as_str(), config.value.as_deref()));
    let configs = new_topic::check_configs(configs)?;
    let partition_count = if topic.assignments.is_empty() {
        new_topic::check_replication_factor(topic.replication_factor)?;
        new_topic::check_partitions(topic.num_partitions, call.lane().settings.num_partitions)?
    } else {
        assigned_partitions(topic)?
    };
    Ok(Checked {
        partition_count,
        configs,
    })
}

/// The number of partitions that a manual assignment gives.
fn assigned_partitions(topic: &CreatableTopic) -> Result<i32, Refusal> {
    let refuse = |code, message: &str| Err(Refusal::new(code, message));
    if i32::from(topic.replication_factor) != BROKER_DEFAULT {
        return refuse(
            ErrorCode::InvalidRequest,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        );
    }
    if topic.num_partitions != BROKER_DEFAULT {
        return refuse(
            ErrorCode::InvalidRequest,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        );
    }
    for assignment in &topic.assignments {
        new_topic::check_assignment(&assignment.broker_ids)?;
    }
    let mut indexes: Vec<i32> = topic
        .assignments
        .iter()
        .map(|assignment| assignment.partition_index)
        .collect();
    indexes.sort_unstable();
    if !indexes
        .iter()
        .zip(0..)
        .all(|(index, place)| *index == place)
    {
        return refuse(
            ErrorCode::InvalidReplicaAssignment,
            "partitions should be a consecutive 0-based integer sequence",
        );
    }
    let count = i32::try_from(indexes.len()).unwrap_or(i32::MAX);
    new_topic::check_partitions(count, count)
}

fn respond(
    call: &Call,
    topic: &CreatableTopic,
    result: Result<Checked, Refusal>,
) -> CreatableTopicResult {
    let base = CreatableTopicResult {
        name: topic.name.clone(),
        ..CreatableTopicResult::default()
    };
    match result {
        Err(refusal) => CreatableTopicResult {
            error_code: refusal.code.code(),
            error_message: Some(refusal.message),
            // Versions below 7 have no id, and an error no configurations.
            configs: Some(Vec::new()),
            ..base
        },
        Ok(checked) => {
            let created = topics::find(&topics::image(), TopicRef::Name(&topic.name))
                .map(|topic| topic.topic_id);
            CreatableTopicResult {
                topic_id: created.unwrap_or_default(),
                num_partitions: checked.partition_count,
                replication_factor: 1,
                configs: Some(configs(call, &checked.configs)),
                ..base
            }
        }
    }
}

/// Every configuration of the new topic, as it now is.
fn configs(call: &Call, set: &[(String, String)]) -> Vec<CreatableTopicConfigs> {
    let set = set.iter().cloned().collect();
    let entry = |entry: config_entry::ConfigEntry| CreatableTopicConfigs {
        name: entry.name.to_owned(),
        value: Some(entry.value),
        read_only: false,
        config_source: entry.source.code(),
        is_sensitive: false,
    };
    let image = topics::image();
    let layers = Layers::of(&call.lane().settings, &image);
    config_entry::of_topic(&set, &layers).map(entry).collect()
}
