//! CreatePartitions (37): raises a topic's number of partitions (KIP-195).
//!
//! - 2 is flexible, 3 is strict about quotas. All answer alike.

use std::collections::HashMap;

use corelane_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic,
    CreatePartitionsTopicResult,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::error_map;
use crate::mutation_quota::MutationQuota;
use crate::new_topic;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::topics;

/// From this version on what is over the quota is refused (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 3;

/// Raises the topics one after the other.
pub async fn handle(call: &Call, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for topic in &request.topics {
        *counts.entry(&topic.name).or_default() += 1;
    }
    let quota = MutationQuota::new(call, STRICT_QUOTA_SINCE);
    let mut response = CreatePartitionsResponse::default();
    for topic in &request.topics {
        let raised = match counts.remove(topic.name.as_str()) {
            Some(1) => raise(call, topic, &quota, request.validate_only).await,
            Some(_) => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "Duplicate topic in request.",
            )),
            // Answered with its first occurrence.
            None => continue,
        };
        response.results.push(respond(topic, raised));
    }
    response.throttle_time_ms = quota.throttle_ms();
    response
}

async fn raise(
    call: &Call,
    topic: &CreatePartitionsTopic,
    quota: &MutationQuota<'_>,
    validate_only: bool,
) -> Result<(), Refusal> {
    let image = topics::image();
    let found = topics::find(&image, TopicRef::Name(&topic.name))?;
    let present = found.partitions.len();
    check(topic, present)?;
    quota.take(usize::try_from(topic.count).map_or(0, |count| count - present))?;
    if validate_only {
        return Ok(());
    }
    let (engine, topic_id) = (call.lane().engine.clone(), found.topic_id);
    let count = topic.count.unsigned_abs();
    let raised =
        within_limit(async move { engine.create_partitions(topic_id, count).await }).await?;
    raised.map(drop).map_err(|error| error_map::topic(&error))
}

fn check(topic: &CreatePartitionsTopic, present: usize) -> Result<(), Refusal> {
    let refuse = |code, message| Err(Refusal::new(code, message));
    let count = usize::try_from(topic.count).unwrap_or(0);
    if count == present {
        let message = format!("Topic already has {present} partition(s).");
        return refuse(ErrorCode::InvalidPartitions, message);
    }
    if count < present {
        let message = format!(
            "The topic {} currently has {present} partition(s); {} would not be an increase.",
            topic.name, topic.count
        );
        return refuse(ErrorCode::InvalidPartitions, message);
    }
    new_topic::check_partitions(topic.count, topic.count)?;
    let Some(assignments) = &topic.assignments else {
        return Ok(());
    };
    let additional = count - present;
    if assignments.len() != additional {
        let message = format!(
            "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
            assignments.len()
        );
        return refuse(ErrorCode::InvalidReplicaAssignment, message);
    }
    assignments
        .iter()
        .try_for_each(|assignment| new_topic::check_assignment(&assignment.broker_ids))
}

fn respond(
    topic: &CreatePartitionsTopic,
    raised: Result<(), Refusal>,
) -> CreatePartitionsTopicResult {
    let refusal = raised.err();
    CreatePartitionsTopicResult {
        name: topic.name.clone(),
        error_code: refusal
            .as_ref()
            .map_or(ErrorCode::None, |refusal| refusal.code)
            .code(),
        error_message: refusal.map(|refusal| refusal.message),
    }
}
