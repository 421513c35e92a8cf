//! OffsetDelete (47): forgets offsets of topics that a group's members do not read.

use corelane_protocol::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::groups::registry::ask_for;
use crate::topics;

/// Deletes what names partitions that there are.
pub async fn handle(call: &Call, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let (known, unknown) = split(request.topics);
    let group = request.group_id.clone();
    let deleted = match group.is_empty() {
        true => Err(ErrorCode::InvalidGroupId),
        false => {
            let id = group.clone();
            let deleted = ask_for(call.lane(), &group, async move |coordinator| {
                let deleting = coordinator.change(|machine, _, ticket| {
                    match machine.delete_offsets(&id, &known, ticket) {
                        Ok((topics, is_pending)) => (Ok(topics), is_pending),
                        Err(code) => (Err(code), false),
                    }
                });
                let (topics, stored) = deleting.await;
                stored.and(topics)
            });
            deleted.await.and_then(|deleted| deleted)
        }
    };
    match deleted {
        Err(code) => OffsetDeleteResponse {
            error_code: code.code(),
            ..OffsetDeleteResponse::default()
        },
        Ok(mut topics) => {
            merge(&mut topics, unknown);
            OffsetDeleteResponse {
                topics,
                ..OffsetDeleteResponse::default()
            }
        }
    }
}

/// What there is, and the answers for what there is not.
fn split(
    asked: Vec<OffsetDeleteRequestTopic>,
) -> (
    Vec<OffsetDeleteRequestTopic>,
    Vec<OffsetDeleteResponseTopic>,
) {
    let image = topics::image();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for topic in asked {
        let found = topics::find(&image, TopicRef::Name(&topic.name)).ok();
        let is_known = |partition: &OffsetDeleteRequestPartition| {
            found.is_some_and(|found| found.partitions.contains_key(&partition.partition_index))
        };
        let (there, missing): (Vec<_>, Vec<_>) = topic.partitions.into_iter().partition(is_known);
        if !missing.is_empty() {
            let answer = |partition: OffsetDeleteRequestPartition| OffsetDeleteResponsePartition {
                partition_index: partition.partition_index,
                error_code: ErrorCode::UnknownTopicOrPartition.code(),
            };
            unknown.push(OffsetDeleteResponseTopic {
                name: topic.name.clone(),
                partitions: missing.into_iter().map(answer).collect(),
            });
        }
        if !there.is_empty() {
            known.push(OffsetDeleteRequestTopic {
                name: topic.name,
                partitions: there,
            });
        }
    }
    (known, unknown)
}

/// One entry for each topic.
fn merge(topics: &mut Vec<OffsetDeleteResponseTopic>, unknown: Vec<OffsetDeleteResponseTopic>) {
    for topic in unknown {
        match topics.iter_mut().find(|known| known.name == topic.name) {
            Some(known) => known.partitions.extend(topic.partitions),
            None => topics.push(topic),
        }
    }
}
