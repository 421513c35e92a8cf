//! What ConsumerGroupDescribe tells of a group.
//!
//! Pure. Invariant: partitions of topics that are gone are left out, as in Kafka.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_describe::{
    Assignment, DescribedGroup, Member, TopicPartitions,
};

use super::Partitions;
use super::group::ConsumerGroup;
use super::member::ConsumerMember;
use super::topics::Topics;
use crate::groups::machine::GroupMachine;

/// The types of members.
const CLASSIC_MEMBER: i8 = 0;
const CONSUMER_MEMBER: i8 = 1;

impl GroupMachine {
    /// ConsumerGroupDescribe for one group.
    pub fn describe_consumer(&self, id: &str) -> DescribedGroup {
        let not_found = |message: String| DescribedGroup {
            error_code: ErrorCode::GroupIdNotFound.code(),
            error_message: Some(message),
            group_id: id.to_owned(),
            ..DescribedGroup::default()
        };
        match self.group(id).map(|group| group.consumer.as_ref()) {
            None => not_found(format!("Group {id} not found.")),
            Some(None) => not_found(format!("Group {id} is not a consumer group.")),
            Some(Some(consumer)) => consumer.describe(id, &*self.topics),
        }
    }
}

impl ConsumerGroup {
    fn describe(&self, id: &str, topics: &dyn Topics) -> DescribedGroup {
        let members = self.members();
        DescribedGroup {
            group_id: id.to_owned(),
            group_state: self.state().name().to_owned(),
            group_epoch: self.epoch,
            assignment_epoch: self.target_epoch,
            assignor_name: self.preferred_assignor().name().to_owned(),
            members: members
                .map(|member| member.describe(self.target(&member.id), topics))
                .collect(),
            ..DescribedGroup::default()
        }
    }
}

impl ConsumerMember {
    fn describe(&self, target: &Partitions, topics: &dyn Topics) -> Member {
        let profile = &self.profile;
        Member {
            member_id: self.id.to_string(),
            instance_id: profile.instance_id.clone(),
            rack_id: profile.rack_id.clone(),
            member_epoch: self.epoch,
            client_id: profile.client.id.clone(),
            client_host: profile.client.host.clone(),
            subscribed_topic_names: profile.topics.iter().cloned().collect(),
            // As in Kafka, an empty one where there is none.
            subscribed_topic_regex: Some(profile.pattern.clone().unwrap_or_default()),
            assignment: named(&self.assigned, topics),
            target_assignment: named(target, topics),
            member_type: match self.is_classic() {
                true => CLASSIC_MEMBER,
                false => CONSUMER_MEMBER,
            },
        }
    }
}

fn named(partitions: &Partitions, topics: &dyn Topics) -> Assignment {
    let found = partitions.iter().filter_map(|(topic_id, indexes)| {
        Some(TopicPartitions {
            topic_id: *topic_id,
            topic_name: topics.name(*topic_id)?.to_owned(),
            partitions: indexes.iter().copied().collect(),
        })
    });
    Assignment {
        topic_partitions: found.collect(),
    }
}
