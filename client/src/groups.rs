//! Consumer groups as an administrator sees them: lists, descriptions, committed offsets, and their change.
//!
//! Invariant: what concerns a group is asked of its coordinator, which is looked up each time.

use std::collections::BTreeMap;

use corelane_protocol::messages::consumer_group_describe::{
    ConsumerGroupDescribeRequest, Member as ConsumerMember,
};
use corelane_protocol::messages::consumer_protocol_assignment::ConsumerProtocolAssignment;
use corelane_protocol::messages::delete_groups::DeleteGroupsRequest;
use corelane_protocol::messages::describe_groups::{DescribeGroupsRequest, DescribedGroupMember};
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;
use corelane_protocol::messages::list_groups::ListGroupsRequest;
use corelane_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use corelane_protocol::messages::offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup};
use corelane_protocol::{ApiKey, ErrorCode, Message, Reader};

use crate::cluster::Cluster;
use crate::error::{ClientError, check};

/// From this version on FindCoordinator takes several keys.
const FIND_COORDINATORS: i16 = 4;
/// From this version on OffsetFetch takes several groups.
const OFFSET_FETCH_GROUPS: i16 = 8;
/// The last versions of OffsetFetch and OffsetCommit that name topics.
const OFFSETS_BY_NAME: i16 = 9;
/// No generation: an administrator commits.
const NO_GENERATION: i32 = -1;

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub group: String,
    /// Its state, in Kafka's words; empty from brokers older than Kafka 2.6.
    pub state: String,
    /// The kind of protocol that its members use; empty where there were none.
    pub protocol_type: String,
    /// `Classic` or `Consumer`; empty from brokers older than Kafka 3.8.
    pub group_type: String,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedGroup {
    /// Its id.
    pub group: String,
    /// Its state, in Kafka's words.
    pub state: String,
    /// How partitions are assigned, where the group is stable.
    pub assignor: String,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// Its members.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id.
    pub member: String,
    /// The instance that it is, where it is a static member.
    pub instance: Option<String>,
    /// Its client id.
    pub client: String,
    /// Its address.
    pub host: String,
    /// What it reads, where it is a consumer.
    pub assigned: Vec<(String, i32)>,
}

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOffset {
    /// The offset to read next.
    pub offset: i64,
    /// What the client keeps with it.
    pub metadata: String,
}

impl Cluster {
    /// The groups of all brokers, in the order of their ids.
    pub fn list_groups(&mut self) -> Result<Vec<ListedGroup>, ClientError> {
        let nodes: Vec<i32> = self
            .description()
            .brokers
            .iter()
            .map(|b| b.node_id)
            .collect();
        let mut groups = Vec::new();
        for node in nodes {
            let response = self.connection(node)?.call(&ListGroupsRequest::default())?;
            check(response.error_code, None, || "list groups".to_owned())?;
            groups.extend(response.groups.into_iter().map(|group| ListedGroup {
                group: group.group_id,
                state: group.group_state,
                protocol_type: group.protocol_type,
                group_type: group.group_type,
            }));
        }
        groups.sort_by(|a, b| a.group.cmp(&b.group));
        Ok(groups)
    }

    /// The broker that coordinates a group.
    pub fn coordinator(&mut self, group: &str) -> Result<i32, ClientError> {
        let is_batched = self.entry().version_of::<FindCoordinatorRequest>()? >= FIND_COORDINATORS;
        let request = match is_batched {
            true => FindCoordinatorRequest {
                coordinator_keys: vec![group.to_owned()],
                ..Default::default()
            },
            false => FindCoordinatorRequest {
                key: group.to_owned(),
                ..Default::default()
            },
        };
        let response = self.call(&request)?;
        let what = || format!("find the coordinator of group `{group}`");
        match response.coordinators.into_iter().next() {
            Some(found) => {
                check(found.error_code, found.error_message, what)?;
                Ok(found.node_id)
            }
            None => {
                check(response.error_code, response.error_message, what)?;
                Ok(response.node_id)
            }
        }
    }

    /// A group with its members. One that is not there is Dead, as brokers older than Kafka 4.0 say.
    pub fn describe_group(&mut self, group: &str) -> Result<DescribedGroup, ClientError> {
        let coordinator = self.coordinator(group)?;
        if let Some(described) = self.describe_consumer_group(group, coordinator)? {
            return Ok(described);
        }
        let request = DescribeGroupsRequest {
            groups: vec![group.to_owned()],
            ..Default::default()
        };
        let response = self.connection(coordinator)?.call(&request)?;
        let described = response.groups.into_iter().next();
        let described = described
            .ok_or_else(|| self.incomplete(ApiKey::DescribeGroups, format!("group `{group}`")))?;
        check(described.error_code, described.error_message, || {
            format!("describe group `{group}`")
        })?;
        Ok(DescribedGroup {
            group: described.group_id,
            state: described.group_state,
            assignor: described.protocol_data,
            coordinator,
            members: described.members.into_iter().map(member).collect(),
        })
    }

    /// A group of KIP-848; none where it is of another kind, or the broker knows no such groups.
    fn describe_consumer_group(
        &mut self,
        group: &str,
        coordinator: i32,
    ) -> Result<Option<DescribedGroup>, ClientError> {
        let connection = self.connection(coordinator)?;
        if connection
            .version_of::<ConsumerGroupDescribeRequest>()
            .is_err()
        {
            return Ok(None);
        }
        let request = ConsumerGroupDescribeRequest {
            group_ids: vec![group.to_owned()],
            ..Default::default()
        };
        let response = connection.call(&request)?;
        let described = response.groups.into_iter().next();
        let described = described.ok_or_else(|| {
            self.incomplete(ApiKey::ConsumerGroupDescribe, format!("group `{group}`"))
        })?;
        if described.error_code == ErrorCode::GroupIdNotFound.code() {
            return Ok(None);
        }
        check(described.error_code, described.error_message, || {
            format!("describe group `{group}`")
        })?;
        Ok(Some(DescribedGroup {
            group: described.group_id,
            state: described.group_state,
            assignor: described.assignor_name,
            coordinator,
            members: described.members.into_iter().map(consumer_member).collect(),
        }))
    }

    /// Deletes a group without members, and its offsets.
    pub fn delete_group(&mut self, group: &str) -> Result<(), ClientError> {
        let coordinator = self.coordinator(group)?;
        let request = DeleteGroupsRequest {
            groups_names: vec![group.to_owned()],
        };
        let response = self.connection(coordinator)?.call(&request)?;
        let deleted = response.results.into_iter().next();
        let deleted = deleted
            .ok_or_else(|| self.incomplete(ApiKey::DeleteGroups, format!("group `{group}`")))?;
        check(deleted.error_code, None, || {
            format!("delete group `{group}`")
        })
    }

    /// What a group has committed, by topic and partition.
    pub fn group_offsets(
        &mut self,
        group: &str,
    ) -> Result<BTreeMap<(String, i32), GroupOffset>, ClientError> {
        let coordinator = self.coordinator(group)?;
        let connection = self.connection(coordinator)?;
        let version = connection
            .version_of::<OffsetFetchRequest>()?
            .min(OFFSETS_BY_NAME);
        let request = match version >= OFFSET_FETCH_GROUPS {
            true => OffsetFetchRequest {
                groups: vec![OffsetFetchRequestGroup {
                    group_id: group.to_owned(),
                    topics: None,
                    ..Default::default()
                }],
                ..Default::default()
            },
            false => OffsetFetchRequest {
                group_id: group.to_owned(),
                topics: None,
                ..Default::default()
            },
        };
        let response = connection.call_in(&request, version)?;
        let what = || format!("find the offsets of group `{group}`");
        check(response.error_code, None, what)?;
        let mut offsets = BTreeMap::new();
        let mut add = |topic: &str, partition, code, offset, metadata: Option<String>| {
            check(code, None, what)?;
            let metadata = metadata.unwrap_or_default();
            offsets.insert(
                (topic.to_owned(), partition),
                GroupOffset { offset, metadata },
            );
            Ok::<(), ClientError>(())
        };
        for topic in response.topics {
            for p in topic.partitions {
                let (at, code) = (p.partition_index, p.error_code);
                add(&topic.name, at, code, p.committed_offset, p.metadata)?;
            }
        }
        for found in response.groups {
            check(found.error_code, None, what)?;
            for topic in found.topics {
                for p in topic.partitions {
                    let (at, code) = (p.partition_index, p.error_code);
                    add(&topic.name, at, code, p.committed_offset, p.metadata)?;
                }
            }
        }
        offsets.retain(|_, committed| committed.offset >= 0);
        Ok(offsets)
    }

    /// Sets what a group without members has committed.
    pub fn commit_group_offsets(
        &mut self,
        group: &str,
        offsets: &BTreeMap<(String, i32), i64>,
    ) -> Result<(), ClientError> {
        let coordinator = self.coordinator(group)?;
        let connection = self.connection(coordinator)?;
        let version = connection
            .version_of::<OffsetCommitRequest>()?
            .min(OFFSETS_BY_NAME);
        let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
        for ((topic, partition), offset) in offsets {
            if topics.last().is_none_or(|last| last.name != *topic) {
                topics.push(OffsetCommitRequestTopic {
                    name: topic.clone(),
                    ..Default::default()
                });
            }
            let partition = OffsetCommitRequestPartition {
                partition_index: *partition,
                committed_offset: *offset,
                committed_metadata: Some(String::new()),
                ..Default::default()
            };
            if let Some(last) = topics.last_mut() {
                last.partitions.push(partition);
            }
        }
        let request = OffsetCommitRequest {
            group_id: group.to_owned(),
            generation_id_or_member_epoch: NO_GENERATION,
            topics,
            ..Default::default()
        };
        let response = connection.call_in(&request, version)?;
        for topic in response.topics {
            for partition in topic.partitions {
                check(partition.error_code, None, || {
                    let (topic, partition) = (&topic.name, partition.partition_index);
                    format!("commit {topic}-{partition} for group `{group}`")
                })?;
            }
        }
        Ok(())
    }
}

fn consumer_member(member: ConsumerMember) -> GroupMember {
    let topics = member.assignment.topic_partitions.into_iter();
    let assigned = topics.flat_map(|topic| {
        let indexes = topic.partitions.into_iter();
        indexes.map(move |index| (topic.topic_name.clone(), index))
    });
    GroupMember {
        member: member.member_id,
        instance: member.instance_id,
        client: member.client_id,
        host: member.client_host,
        assigned: assigned.collect(),
    }
}

fn member(described: DescribedGroupMember) -> GroupMember {
    let mut assigned = Vec::new();
    let mut reader = Reader::new(described.member_assignment);
    // Members of other protocols may have anything there.
    if reader
        .read_i16("ConsumerProtocolAssignment.Version")
        .is_ok()
        && let Ok(assignment) = ConsumerProtocolAssignment::decode(&mut reader, 0)
    {
        for topic in assignment.assigned_partitions {
            let partitions = topic.partitions.iter();
            assigned.extend(partitions.map(|partition| (topic.topic.clone(), *partition)));
        }
    }
    GroupMember {
        member: described.member_id,
        instance: described.group_instance_id,
        client: described.client_id,
        host: described.client_host,
        assigned,
    }
}
