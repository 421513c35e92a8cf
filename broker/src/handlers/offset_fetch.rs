//! OffsetFetch (9): what groups have committed.
//!
//! - 2 takes null for all topics and has a top-level error, 5 adds leader epochs, 6 is flexible, 7 waits for what is
//!   not stable, 8 asks for several groups (KIP-709), 9 adds member and epoch (KIP-848), 10 names topics by id.

use corelane_engine::catalogue::Image;
use corelane_protocol::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::gather::gather_some;
use crate::groups::registry::ask_for;
use crate::limits::GROUPS_PER_REQUEST_MAX;
use crate::topics;

/// The first version with a top-level error.
const TOP_LEVEL_ERROR_SINCE: i16 = 2;
/// The first version that asks for several groups.
const GROUPS_SINCE: i16 = 8;
/// The first version that names topics by id.
const TOPIC_IDS_SINCE: i16 = 10;
const NO_OFFSET: i64 = -1;
const NO_EPOCH: i32 = -1;

/// Looks the offsets up.
pub async fn handle(call: &Call, request: OffsetFetchRequest) -> OffsetFetchResponse {
    if call.head.version >= GROUPS_SINCE {
        if request.groups.len() > GROUPS_PER_REQUEST_MAX {
            return OffsetFetchResponse {
                groups: vec![OffsetFetchResponseGroup {
                    error_code: ErrorCode::InvalidRequest.code(),
                    ..OffsetFetchResponseGroup::default()
                }],
                ..OffsetFetchResponse::default()
            };
        }
        let groups = request.groups.into_iter();
        let fetches = groups.map(|group| fetch(call, group, request.require_stable));
        return OffsetFetchResponse {
            groups: gather_some(fetches).await,
            ..OffsetFetchResponse::default()
        };
    }
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter();
        let named = topics.map(|topic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..OffsetFetchRequestTopics::default()
        });
        named.collect::<Vec<_>>()
    });
    let group = OffsetFetchRequestGroup {
        group_id: request.group_id,
        topics: topics.clone(),
        ..OffsetFetchRequestGroup::default()
    };
    let found = fetch(call, group, request.require_stable).await;
    single(found, topics.unwrap_or_default(), call.head.version)
}

/// The answer of the versions that ask for one group.
fn single(
    found: OffsetFetchResponseGroup,
    asked: Vec<OffsetFetchRequestTopics>,
    version: i16,
) -> OffsetFetchResponse {
    let has_error = version >= TOP_LEVEL_ERROR_SINCE;
    let topics = match found.error_code == ErrorCode::None.code() || has_error {
        true => found.topics,
        false => asked
            .iter()
            .map(|topic| refused(topic, found.error_code))
            .collect(),
    };
    OffsetFetchResponse {
        topics: topics.into_iter().map(old_topic).collect(),
        error_code: if has_error { found.error_code } else { 0 },
        ..OffsetFetchResponse::default()
    }
}

fn old_topic(topic: OffsetFetchResponseTopics) -> OffsetFetchResponseTopic {
    let partition = |partition: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: partition.partition_index,
        committed_offset: partition.committed_offset,
        committed_leader_epoch: partition.committed_leader_epoch,
        metadata: partition.metadata,
        error_code: partition.error_code,
    };
    OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    }
}

fn refused(topic: &OffsetFetchRequestTopics, error_code: i16) -> OffsetFetchResponseTopics {
    let partition = |index: &i32| OffsetFetchResponsePartitions {
        partition_index: *index,
        committed_offset: NO_OFFSET,
        committed_leader_epoch: NO_EPOCH,
        metadata: Some(String::new()),
        error_code,
    };
    OffsetFetchResponseTopics {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(partition).collect(),
    }
}

async fn fetch(
    call: &Call,
    group: OffsetFetchRequestGroup,
    require_stable: bool,
) -> OffsetFetchResponseGroup {
    let image = topics::image();
    let has_ids = call.head.version >= TOPIC_IDS_SINCE;
    let (asked, unknown) = match group.topics {
        Some(topics) if has_ids => {
            let (known, unknown) = with_names(&image, topics);
            (Some(known), unknown)
        }
        topics => (topics, Vec::new()),
    };
    let id = group.group_id.clone();
    let (member, epoch) = (group.member_id, group.member_epoch);
    let found = ask_for(call.lane(), &group.group_id, async move |coordinator| {
        if require_stable {
            coordinator.settle().await?;
        }
        let topics = asked.as_deref();
        coordinator.act(|machine, _| {
            machine.check_fetch(&id, member.as_deref(), epoch)?;
            Ok(machine.fetch_offsets(&id, topics, require_stable))
        })
    });
    let mut answer = OffsetFetchResponseGroup {
        group_id: group.group_id.clone(),
        ..OffsetFetchResponseGroup::default()
    };
    match found.await.and_then(|found| found) {
        Err(code) => answer.error_code = code.code(),
        Ok(topics) => {
            answer.topics = topics;
            if has_ids {
                with_ids(&image, &mut answer.topics);
            }
            answer.topics.extend(unknown);
        }
    }
    answer
}

/// Topics by the names that their ids stand for, and the answers for those that are not there.
fn with_names(
    image: &Image,
    topics: Vec<OffsetFetchRequestTopics>,
) -> (
    Vec<OffsetFetchRequestTopics>,
    Vec<OffsetFetchResponseTopics>,
) {
    let mut known = Vec::with_capacity(topics.len());
    let mut unknown = Vec::new();
    for topic in topics {
        match topics::find(image, TopicRef::Id(topic.topic_id)) {
            Ok(found) => known.push(OffsetFetchRequestTopics {
                name: found.name.clone(),
                ..topic
            }),
            Err(code) => unknown.push(refused(&topic, code.code())),
        }
    }
    (known, unknown)
}

/// Gives topics their ids; those that are gone are left out.
fn with_ids(image: &Image, topics: &mut Vec<OffsetFetchResponseTopics>) {
    topics.retain_mut(|topic| {
        if topic.topic_id.is_nil() {
            let found = topics::find(image, TopicRef::Name(&topic.name));
            topic.topic_id = found.map(|found| found.topic_id).unwrap_or_default();
        }
        !topic.topic_id.is_nil()
    });
}
