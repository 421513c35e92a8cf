//! One member of a consumer group: how it describes itself, what it has, and where it is on its way to its target.
//!
//! Pure. Invariants: what it has and what it is to give up have no partition in common; what it holds of a request is
//! copied.

use std::collections::BTreeSet;
use std::rc::Rc;

use corelane_protocol::messages::consumer_group_current_member_assignment_value::{
    ConsumerGroupCurrentMemberAssignmentValue, TopicPartitions,
};
use corelane_protocol::messages::consumer_group_member_metadata_value::{
    ClassicMemberMetadata, ConsumerGroupMemberMetadataValue,
};
use corelane_protocol::messages::consumer_group_target_assignment_member_value::{
    ConsumerGroupTargetAssignmentMemberValue, TopicPartition,
};

use super::{Partitions, count};
use crate::groups::member::Client;

/// The epoch of a member that leaves.
pub const LEAVE_EPOCH: i32 = -1;
/// The epoch of a static member that leaves and will be back.
pub const LEAVE_STATIC_EPOCH: i32 = -2;
/// No epoch.
const NO_EPOCH: i32 = -1;
/// Memory of one partition in a set.
const PARTITION_BYTES: usize = 16;

/// Where a member is on its way; Kafka's `MemberState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has what it is to have.
    Stable,
    /// It has been told to give partitions up.
    Unrevoked,
    /// It waits for partitions that others still hold.
    Unreleased,
    /// A later version of Kafka has written something else: it has to begin again.
    Unknown,
}

impl Stage {
    fn code(self) -> i8 {
        match self {
            Stage::Stable => 0,
            Stage::Unrevoked => 1,
            Stage::Unreleased => 2,
            Stage::Unknown => 127,
        }
    }

    fn of(code: i8) -> Stage {
        match code {
            0 => Stage::Stable,
            1 => Stage::Unrevoked,
            2 => Stage::Unreleased,
            _ => Stage::Unknown,
        }
    }
}

/// How a member describes itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The instance that it is, where it is a static member.
    pub instance_id: Option<String>,
    /// Where it is.
    pub rack_id: Option<String>,
    /// Where its requests come from.
    pub client: Client,
    /// How long it may take to give partitions up.
    pub rebalance_timeout_ms: i32,
    /// The topics that it names.
    pub topics: BTreeSet<String>,
    /// The regular expression that it names.
    pub pattern: Option<String>,
    /// The assignor that it prefers.
    pub assignor: Option<String>,
    /// What it has said in the classic protocol, where it speaks that.
    pub classic: Option<ClassicMemberMetadata>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct ConsumerMember {
    /// Its id.
    pub id: Rc<str>,
    /// How it describes itself.
    pub profile: Profile,
    /// Its epoch: the target that it has been brought to.
    pub epoch: i32,
    /// The epoch before.
    pub previous_epoch: i32,
    /// Where it is on its way.
    pub stage: Stage,
    /// What it has.
    pub assigned: Partitions,
    /// What it is to give up, and holds until it has.
    pub revoking: Partitions,
    /// When it counts as gone.
    pub deadline_ms: u64,
    /// The deadline that stands among the timers; earlier than the true one where it has been heard of since.
    pub timer_ms: Option<u64>,
    /// When it must have given up what it is to, with the epoch in which it was told so.
    pub revoke_by: Option<(u64, i32)>,
    /// When a member of the classic protocol must have joined, or synced.
    pub classic_by: Option<u64>,
}

impl ConsumerMember {
    /// One that has nothing yet.
    pub fn new(id: Rc<str>, profile: Profile) -> Self {
        ConsumerMember {
            id,
            profile,
            epoch: 0,
            previous_epoch: NO_EPOCH,
            stage: Stage::Stable,
            assigned: Partitions::new(),
            revoking: Partitions::new(),
            deadline_ms: 0,
            timer_ms: None,
            revoke_by: None,
            classic_by: None,
        }
    }

    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        let Profile {
            client,
            topics,
            pattern,
            classic,
            ..
        } = &self.profile;
        let names = topics.iter();
        let names: usize = names.map(|name| size_of::<String>() + name.len()).sum();
        let classic = classic.iter().flat_map(|said| &said.supported_protocols);
        let classic: usize = classic
            .map(|protocol| 64 + protocol.name.len() + protocol.metadata.len())
            .sum();
        size_of::<ConsumerMember>()
            + 3 * self.id.len()
            + client.id.len()
            + client.host.len()
            + pattern.as_ref().map_or(0, String::len)
            + names
            + classic
            + PARTITION_BYTES * (count(&self.assigned) + count(&self.revoking))
    }

    /// Whether it has been brought to the target of this epoch.
    pub fn is_at(&self, target_epoch: i32) -> bool {
        self.stage == Stage::Stable && self.epoch == target_epoch
    }

    /// Whether it speaks the classic protocol.
    pub fn is_classic(&self) -> bool {
        self.profile.classic.is_some()
    }

    /// How it describes itself, as it is stored.
    pub fn profile_record(&self) -> ConsumerGroupMemberMetadataValue {
        let profile = &self.profile;
        ConsumerGroupMemberMetadataValue {
            instance_id: profile.instance_id.clone(),
            rack_id: profile.rack_id.clone(),
            client_id: profile.client.id.clone(),
            client_host: profile.client.host.clone(),
            subscribed_topic_names: profile.topics.iter().cloned().collect(),
            subscribed_topic_regex: profile.pattern.clone(),
            rebalance_timeout_ms: profile.rebalance_timeout_ms,
            server_assignor: profile.assignor.clone(),
            classic_member_metadata: profile.classic.clone(),
        }
    }

    /// What it has, as it is stored.
    pub fn current_record(&self) -> ConsumerGroupCurrentMemberAssignmentValue {
        ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: self.epoch,
            previous_member_epoch: self.previous_epoch,
            state: self.stage.code(),
            assigned_partitions: to_current(&self.assigned),
            partitions_pending_revocation: to_current(&self.revoking),
        }
    }

    /// Takes over what was stored of what it has.
    pub fn take_current(&mut self, stored: &ConsumerGroupCurrentMemberAssignmentValue) {
        self.epoch = stored.member_epoch;
        self.previous_epoch = stored.previous_member_epoch;
        self.stage = Stage::of(stored.state);
        self.assigned = from_current(&stored.assigned_partitions);
        self.revoking = from_current(&stored.partitions_pending_revocation);
    }
}

impl Profile {
    /// Bytes of it as it is stored, about: those of its texts, each with its length.
    pub fn record_bytes(&self) -> usize {
        let optional = [
            &self.instance_id,
            &self.rack_id,
            &self.pattern,
            &self.assignor,
        ];
        let texts = optional.into_iter().flatten().chain(&self.topics);
        let texts = texts.chain([&self.client.id, &self.client.host]);
        let classic = self
            .classic
            .iter()
            .flat_map(|said| &said.supported_protocols);
        let classic = classic.map(|protocol| protocol.name.len() + protocol.metadata.len());
        texts.map(|text| text.len() + 2).sum::<usize>() + classic.sum::<usize>()
    }

    /// As it was stored.
    pub fn from_record(stored: ConsumerGroupMemberMetadataValue) -> Profile {
        Profile {
            instance_id: stored.instance_id,
            rack_id: stored.rack_id,
            client: Client {
                id: stored.client_id,
                host: stored.client_host,
            },
            rebalance_timeout_ms: stored.rebalance_timeout_ms,
            topics: stored.subscribed_topic_names.into_iter().collect(),
            pattern: stored
                .subscribed_topic_regex
                .filter(|text| !text.is_empty()),
            assignor: stored.server_assignor,
            classic: stored.classic_member_metadata,
        }
    }
}

fn to_current(partitions: &Partitions) -> Vec<TopicPartitions> {
    let topics = partitions.iter();
    topics
        .map(|(topic_id, indexes)| TopicPartitions {
            topic_id: *topic_id,
            partitions: indexes.iter().copied().collect(),
        })
        .collect()
}

fn from_current(stored: &[TopicPartitions]) -> Partitions {
    let topics = stored.iter();
    topics
        .map(|topic| (topic.topic_id, topic.partitions.iter().copied().collect()))
        .collect()
}

/// A target as it is stored.
pub fn to_target(partitions: &Partitions) -> ConsumerGroupTargetAssignmentMemberValue {
    let topics = partitions.iter();
    ConsumerGroupTargetAssignmentMemberValue {
        topic_partitions: topics
            .map(|(topic_id, indexes)| TopicPartition {
                topic_id: *topic_id,
                partitions: indexes.iter().copied().collect(),
            })
            .collect(),
    }
}

/// A target as it was stored.
pub fn from_target(stored: &ConsumerGroupTargetAssignmentMemberValue) -> Partitions {
    let topics = stored.topic_partitions.iter();
    topics
        .map(|topic| (topic.topic_id, topic.partitions.iter().copied().collect()))
        .collect()
}
