//! OffsetCommit (8): where a group's members, or a consumer without a group, have got to.
//!
//! - 2 to 4 have a retention time, 6 adds leader epochs, 7 static members (KIP-345), 8 is flexible, 9 has
//!   GROUP_ID_NOT_FOUND, 10 names topics by id.
//!
//! Answered when the offsets survive a power cut.

use corelane_engine::catalogue::Image;
use corelane_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestTopic, OffsetCommitResponse,
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::groups::offsets::{Committing, NewOffset};
use crate::groups::registry::ask_for;
use crate::topics;

/// The first version that names topics by id.
const TOPIC_IDS_SINCE: i16 = 10;
/// No retention time: the broker's own.
const DEFAULT_RETENTION: i64 = -1;

/// Commits what names partitions that there are.
pub async fn handle(call: &Call, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let image = topics::image();
    let has_ids = call.head.version >= TOPIC_IDS_SINCE;
    let mut offsets = Vec::new();
    let mut response = OffsetCommitResponse::default();
    for topic in &request.topics {
        let answer = split(&image, topic, has_ids, &mut offsets);
        response.topics.push(answer);
    }
    if offsets.is_empty() {
        return response;
    }
    let group = request.group_id.clone();
    let committing = Committing {
        group: request.group_id,
        generation: request.generation_id_or_member_epoch,
        member: request.member_id,
        instance: request.group_instance_id,
        version: call.head.version,
        retention_ms: (request.retention_time_ms != DEFAULT_RETENTION)
            .then_some(request.retention_time_ms),
        transaction: None,
        offsets,
    };
    let committed = ask_for(call.lane(), &group, async move |coordinator| {
        coordinator.commit(committing).await
    });
    let codes = committed.await.and_then(|codes| codes);
    fill_in(&mut response, codes);
    response
}

/// Sorts out what is not there, and prepares the answer; partitions that are have no error yet.
fn split(
    image: &Image,
    topic: &OffsetCommitRequestTopic,
    has_ids: bool,
    offsets: &mut Vec<NewOffset>,
) -> OffsetCommitResponseTopic {
    let reference = match has_ids {
        true => TopicRef::Id(topic.topic_id),
        false => TopicRef::Name(&topic.name),
    };
    let found = topics::find(image, reference);
    let mut answer = OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: Vec::with_capacity(topic.partitions.len()),
    };
    for partition in &topic.partitions {
        let index = partition.partition_index;
        let code = match found {
            Err(code) => code,
            Ok(known) if !known.partitions.contains_key(&index) => {
                ErrorCode::UnknownTopicOrPartition
            }
            Ok(known) => {
                offsets.push(NewOffset {
                    topic: known.name.clone(),
                    topic_id: known.topic_id,
                    partition: index,
                    offset: partition.committed_offset,
                    leader_epoch: partition.committed_leader_epoch,
                    metadata: partition.committed_metadata.clone(),
                });
                ErrorCode::None
            }
        };
        answer.partitions.push(OffsetCommitResponsePartition {
            partition_index: index,
            error_code: code.code(),
        });
    }
    answer
}

/// Gives each partition that was handed on its code, in order.
fn fill_in(response: &mut OffsetCommitResponse, codes: Result<Vec<ErrorCode>, ErrorCode>) {
    let partitions = response.topics.iter_mut();
    let partitions = partitions.flat_map(|topic| &mut topic.partitions);
    let handed_on = partitions.filter(|partition| partition.error_code == ErrorCode::None.code());
    for (place, partition) in handed_on.enumerate() {
        let code = match &codes {
            Ok(codes) => codes.get(place).copied().unwrap_or(ErrorCode::None),
            Err(code) => *code,
        };
        partition.error_code = code.code();
    }
}
