//! What members of the classic protocol put into their JoinGroup, and get out of SyncGroup: the embedded protocol of
//! consumers, as a group of the consumer protocol understands it.
//!
//! Pure. Invariant: what cannot be read is no subscription; nothing is guessed.

use std::collections::BTreeSet;

use bytes::Bytes;
use corelane_protocol::Message;
use corelane_protocol::coordinator_record::{decode_value, encode_value, split_prefix};
use corelane_protocol::messages::consumer_group_heartbeat::RequestTopicPartitions;
use corelane_protocol::messages::consumer_protocol_assignment::{
    ConsumerProtocolAssignment, TopicPartition,
};
use corelane_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;

use super::Partitions;
use super::topics::Topics;

/// What a classic member subscribes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribed {
    /// The topics.
    pub topics: BTreeSet<String>,
    /// Where it is.
    pub rack_id: Option<String>,
    /// What it has, of the topics that there are.
    pub owned: Vec<RequestTopicPartitions>,
}

/// Reads a subscription.
pub fn read_subscription(metadata: &Bytes, topics: &dyn Topics) -> Option<Subscribed> {
    let (version, rest) = split_prefix(metadata)?;
    let read: ConsumerProtocolSubscription = decode_value(version, rest).ok()?;
    let owned = read.owned_partitions.into_iter().filter_map(|owned| {
        let (topic_id, _) = topics.find(&owned.topic)?;
        Some(RequestTopicPartitions {
            topic_id,
            partitions: owned.partitions,
        })
    });
    Some(Subscribed {
        owned: owned.collect(),
        topics: read.topics.into_iter().collect(),
        rack_id: read.rack_id,
    })
}

/// Reads an assignment; none where there is nothing to read.
pub fn read_assignment(assignment: &Bytes, topics: &dyn Topics) -> Option<Partitions> {
    if assignment.is_empty() {
        return Some(Partitions::new());
    }
    let (version, rest) = split_prefix(assignment)?;
    let read: ConsumerProtocolAssignment = decode_value(version, rest).ok()?;
    let known = read.assigned_partitions.into_iter().filter_map(|assigned| {
        let (topic_id, count) = topics.find(&assigned.topic)?;
        let mut indexes: BTreeSet<i32> = assigned.partitions.into_iter().collect();
        indexes.retain(|index| (0..count).contains(index));
        (!indexes.is_empty()).then_some((topic_id, indexes))
    });
    Some(known.collect())
}

/// An assignment in the version in which the member has sent its subscription.
pub fn write_assignment(assigned: &Partitions, metadata: &Bytes, topics: &dyn Topics) -> Bytes {
    let version = split_prefix(metadata).map_or(0, |(version, _)| version);
    let version = version.clamp(0, ConsumerProtocolAssignment::MAX_VERSION);
    let known = assigned.iter().filter_map(|(topic_id, indexes)| {
        Some(TopicPartition {
            topic: topics.name(*topic_id)?.to_owned(),
            partitions: indexes.iter().copied().collect(),
        })
    });
    let assignment = ConsumerProtocolAssignment {
        assigned_partitions: known.collect(),
        user_data: None,
    };
    // Names of topics are short enough for any version.
    encode_value(&assignment, version).unwrap_or_default()
}
