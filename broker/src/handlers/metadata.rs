//! Metadata (3): the brokers, and topics with their partitions.
//!
//! - 0 means all topics by an empty list; from 1 on that is null, and an empty list means none.
//! - 4 lets the client forbid automatic creation, 7 adds leader epochs, 8 to 10 the cluster's authorized operations,
//!   8 the topics'. 9 is flexible. 10 adds topic ids, 12 lets clients name topics by id, 13 adds a top-level error.

use std::collections::HashSet;

use corelane_engine::catalogue::{Image, PartitionRecord, TopicImage};
use corelane_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker,
    MetadataResponsePartition, MetadataResponseTopic,
};
use corelane_protocol::{ErrorCode, TopicRef};
use uuid::Uuid;

use crate::authorized_operations::{CLUSTER_OPERATIONS, TOPIC_OPERATIONS};
use crate::coordinator::internal_topic::{InternalTopic, is_internal};
use crate::dispatch::Call;
use crate::lane::Lane;
use crate::new_topic;
use crate::refusal::Refusal;
use crate::settings::NODE_ID;
use crate::topics;

/// The versions that tell the cluster's authorized operations.
const CLUSTER_OPERATIONS_IN: std::ops::RangeInclusive<i16> = 8..=10;

/// Describes what was asked for; topics that are not there are created if client and settings agree.
pub async fn handle(call: &Call, request: MetadataRequest) -> MetadataResponse {
    let topics = match &request.topics {
        None => all(call.lane()),
        Some(topics) if topics.is_empty() && call.head.version == 0 => all(call.lane()),
        Some(topics) => {
            let create =
                request.allow_auto_topic_creation && call.lane().settings.auto_create_topics;
            named(call, topics, create).await
        }
    };
    let settings = &call.lane().settings;
    let brokers = settings.nodes.all(&call.connection);
    let mut response = MetadataResponse {
        brokers: brokers
            .map(|(node_id, endpoint)| MetadataResponseBroker {
                node_id,
                host: endpoint.host,
                port: endpoint.port.into(),
                rack: None,
            })
            .collect(),
        cluster_id: Some(settings.cluster_id.clone()),
        controller_id: NODE_ID,
        topics,
        ..MetadataResponse::default()
    };
    if request.include_cluster_authorized_operations
        && CLUSTER_OPERATIONS_IN.contains(&call.head.version)
    {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    if request.include_topic_authorized_operations {
        for topic in &mut response.topics {
            topic.topic_authorized_operations = TOPIC_OPERATIONS;
        }
    }
    response
}

fn all(lane: &Lane) -> Vec<MetadataResponseTopic> {
    let image = topics::image();
    image.topics().map(|topic| describe(lane, topic)).collect()
}

async fn named(
    call: &Call,
    topics: &[MetadataRequestTopic],
    create: bool,
) -> Vec<MetadataResponseTopic> {
    let mut seen = HashSet::new();
    let mut described = Vec::with_capacity(topics.len());
    for topic in topics {
        if seen.insert((topic.topic_id, topic.name.as_deref())) {
            described.push(one(call, topic, create).await);
        }
    }
    described
}

async fn one(call: &Call, topic: &MetadataRequestTopic, create: bool) -> MetadataResponseTopic {
    if !topic.topic_id.is_nil() {
        let found = find(call.lane(), &topics::image(), TopicRef::Id(topic.topic_id));
        return found.unwrap_or_else(|code| missing(None, topic.topic_id, code));
    }
    let Some(name) = topic.name.as_deref() else {
        return missing(None, Uuid::nil(), ErrorCode::InvalidRequest);
    };
    if let Ok(found) = find(call.lane(), &topics::image(), TopicRef::Name(name)) {
        return found;
    }
    let code = match (new_topic::check_name(name), create) {
        (Err(refusal), _) => refusal.code,
        (Ok(()), false) => ErrorCode::UnknownTopicOrPartition,
        (Ok(()), true) => match create_topic(call, name).await {
            Ok(()) => ErrorCode::LeaderNotAvailable,
            Err(refusal) => refusal.code,
        },
    };
    let found = find(call.lane(), &topics::image(), TopicRef::Name(name));
    found.unwrap_or_else(|_| missing(Some(name.to_owned()), Uuid::nil(), code))
}

async fn create_topic(call: &Call, name: &str) -> Result<(), Refusal> {
    if let Some(topic) = InternalTopic::by_name(name) {
        return topic.create(&call.connection.lane).await;
    }
    let partitions = call.lane().settings.num_partitions;
    match new_topic::create(call, name, partitions, Vec::new()).await {
        // Another client was faster.
        Err(refusal) if refusal.code != ErrorCode::TopicAlreadyExists => Err(refusal),
        _ => Ok(()),
    }
}

fn find(
    lane: &Lane,
    image: &Image,
    topic: TopicRef<'_>,
) -> Result<MetadataResponseTopic, ErrorCode> {
    topics::find(image, topic).map(|found| describe(lane, found))
}

fn describe(lane: &Lane, topic: &TopicImage) -> MetadataResponseTopic {
    let partition = |record: &PartitionRecord| {
        let leader_id = topics::leader(lane, record);
        MetadataResponsePartition {
            error_code: ErrorCode::None.code(),
            partition_index: record.partition,
            leader_id,
            leader_epoch: record.leader_epoch.0,
            replica_nodes: vec![leader_id],
            isr_nodes: vec![leader_id],
            offline_replicas: Vec::new(),
        }
    };
    MetadataResponseTopic {
        error_code: ErrorCode::None.code(),
        name: Some(topic.name.clone()),
        topic_id: topic.topic_id,
        is_internal: is_internal(&topic.name),
        partitions: topic.partitions.values().map(partition).collect(),
        ..MetadataResponseTopic::default()
    }
}

fn missing(name: Option<String>, topic_id: Uuid, code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: code.code(),
        name,
        topic_id,
        ..MetadataResponseTopic::default()
    }
}
