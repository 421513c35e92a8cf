//! DeleteTopics (20).
//!
//! - 4 is flexible, 5 adds messages and is strict about quotas, 6 lets clients name topics by id (KIP-516).

use corelane_protocol::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse,
};
use corelane_protocol::{ErrorCode, TopicRef};
use uuid::Uuid;

use crate::dispatch::Call;
use crate::error_map;
use crate::groups::registry::forget_topic;
use crate::mutation_quota::MutationQuota;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::topics;

/// From this version on what is over the quota is refused (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 5;

/// Deletes the topics one after the other.
pub async fn handle(call: &Call, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = request
        .topic_names
        .into_iter()
        .map(|name| DeleteTopicState {
            name: Some(name),
            topic_id: Uuid::nil(),
        });
    let quota = MutationQuota::new(call, STRICT_QUOTA_SINCE);
    let mut response = DeleteTopicsResponse::default();
    for topic in by_name.chain(request.topics) {
        let deleted = delete(call, &topic, &quota).await;
        response.responses.push(respond(topic, deleted));
    }
    response.throttle_time_ms = quota.throttle_ms();
    response
}

/// Deletes a topic; returns its name and id.
async fn delete(
    call: &Call,
    topic: &DeleteTopicState,
    quota: &MutationQuota<'_>,
) -> Result<(String, Uuid), Refusal> {
    let reference = match (topic.name.as_deref(), topic.topic_id.is_nil()) {
        (Some(name), true) => TopicRef::Name(name),
        (None, false) => TopicRef::Id(topic.topic_id),
        (Some(_), false) => {
            let message = "You may not specify both topic name and topic id.";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        }
        (None, true) => {
            let message = "Neither topic name nor id were specified.";
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        }
    };
    let image = topics::image();
    let found = topics::find(&image, reference)?;
    quota.take(found.partitions.len())?;
    let (engine, topic_id) = (call.lane().engine.clone(), found.topic_id);
    let deleted = within_limit(async move { engine.delete_topic(topic_id).await }).await?;
    deleted.map_err(|error| error_map::topic(&error))?;
    forget_topic(call.lane(), &found.name).await;
    Ok((found.name.clone(), found.topic_id))
}

fn respond(
    topic: DeleteTopicState,
    deleted: Result<(String, Uuid), Refusal>,
) -> DeletableTopicResult {
    match deleted {
        Ok((name, topic_id)) => DeletableTopicResult {
            name: Some(name),
            topic_id,
            ..DeletableTopicResult::default()
        },
        Err(refusal) => DeletableTopicResult {
            name: topic.name,
            topic_id: topic.topic_id,
            error_code: refusal.code.code(),
            error_message: Some(refusal.message),
        },
    }
}
