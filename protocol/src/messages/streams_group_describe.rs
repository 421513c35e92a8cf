//! The StreamsGroupDescribe API (key 89), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// StreamsGroupDescribeRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamsGroupDescribeRequest {
    pub group_ids: Vec<String>,
    pub include_authorized_operations: bool,
}

impl Message for StreamsGroupDescribeRequest {
    const NAME: &'static str = "StreamsGroupDescribeRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_ids =
            reader.read_array(true, 1, "StreamsGroupDescribeRequest.GroupIds", |reader| {
                reader.read_string(true, "StreamsGroupDescribeRequest.GroupIds")
            })?;
        value.include_authorized_operations =
            reader.read_bool("StreamsGroupDescribeRequest.IncludeAuthorizedOperations")?;
        reader.skip_tagged_fields("StreamsGroupDescribeRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.group_ids,
            "StreamsGroupDescribeRequest.GroupIds",
            |writer, value| {
                writer.write_string(true, value, "StreamsGroupDescribeRequest.GroupIds")
            },
        )?;
        writer.write_bool(self.include_authorized_operations);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl StreamsGroupDescribeRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_ids = vec!["group_ids-17".to_owned(), "group_ids-57".to_owned()];
        value.include_authorized_operations = true;
        value
    }
}

impl Request for StreamsGroupDescribeRequest {
    type Response = StreamsGroupDescribeResponse;
    const KEY: ApiKey = ApiKey::StreamsGroupDescribe;
}

/// StreamsGroupDescribeResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamsGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Message for StreamsGroupDescribeResponse {
    const NAME: &'static str = "StreamsGroupDescribeResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("StreamsGroupDescribeResponse.ThrottleTimeMs")?;
        value.groups = reader.read_array(
            true,
            DescribedGroup::encoded_bytes_min(version),
            "StreamsGroupDescribeResponse.Groups",
            |reader| DescribedGroup::decode(reader, version),
        )?;
        reader.skip_tagged_fields("StreamsGroupDescribeResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.groups,
            "StreamsGroupDescribeResponse.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.groups
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl StreamsGroupDescribeResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.groups = vec![
            DescribedGroup::sample(version, nulls),
            DescribedGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub group_id: String,
    pub group_state: String,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    pub topology: Option<Topology>,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Vec::new(),
            authorized_operations: -2147483648,
        }
    }
}

impl DescribedGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribedGroup.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "DescribedGroup.ErrorMessage")?;
        value.group_id = reader.read_string(true, "DescribedGroup.GroupId")?;
        value.group_state = reader.read_string(true, "DescribedGroup.GroupState")?;
        value.group_epoch = reader.read_i32("DescribedGroup.GroupEpoch")?;
        value.assignment_epoch = reader.read_i32("DescribedGroup.AssignmentEpoch")?;
        value.topology = if reader.read_presence("DescribedGroup.Topology")? {
            Some(Topology::decode(reader, version)?)
        } else {
            None
        };
        value.members = reader.read_array(
            true,
            Member::encoded_bytes_min(version),
            "DescribedGroup.Members",
            |reader| Member::decode(reader, version),
        )?;
        value.authorized_operations = reader.read_i32("DescribedGroup.AuthorizedOperations")?;
        reader.skip_tagged_fields("DescribedGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribedGroup.ErrorMessage",
        )?;
        writer.write_string(true, &self.group_id, "DescribedGroup.GroupId")?;
        writer.write_string(true, &self.group_state, "DescribedGroup.GroupState")?;
        writer.write_i32(self.group_epoch);
        writer.write_i32(self.assignment_epoch);
        writer.write_presence(self.topology.is_some());
        if let Some(value) = &self.topology {
            value.encode(writer, version)?;
        }
        writer.write_array(
            true,
            &self.members,
            "DescribedGroup.Members",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.authorized_operations);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        20
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribedGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.group_id = "group_id-19".to_owned();
        value.group_state = "group_state-20".to_owned();
        value.group_epoch = 0x0102_0315;
        value.assignment_epoch = 0x0102_0316;
        value.topology = if nulls {
            None
        } else {
            Some(Topology::sample(version, nulls))
        };
        value.members = vec![
            Member::sample(version, nulls),
            Member::sample(version, nulls),
        ];
        value.authorized_operations = 0x0102_0319;
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Topology {
    pub epoch: i32,
    pub subtopologies: Option<Vec<Subtopology>>,
}

impl Topology {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.epoch = reader.read_i32("Topology.Epoch")?;
        value.subtopologies = reader.read_nullable_array(
            true,
            Subtopology::encoded_bytes_min(version),
            "Topology.Subtopologies",
            |reader| Subtopology::decode(reader, version),
        )?;
        reader.skip_tagged_fields("Topology")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.epoch);
        writer.write_nullable_array(
            true,
            self.subtopologies.as_deref(),
            "Topology.Subtopologies",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl Topology {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.epoch = 0x0102_0311;
        value.subtopologies = if nulls {
            None
        } else {
            Some(vec![
                Subtopology::sample(version, nulls),
                Subtopology::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subtopology {
    pub subtopology_id: String,
    pub source_topics: Vec<String>,
    pub repartition_sink_topics: Vec<String>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_source_topics: Vec<TopicInfo>,
}

impl Subtopology {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.subtopology_id = reader.read_string(true, "Subtopology.SubtopologyId")?;
        value.source_topics = reader.read_array(true, 1, "Subtopology.SourceTopics", |reader| {
            reader.read_string(true, "Subtopology.SourceTopics")
        })?;
        value.repartition_sink_topics =
            reader.read_array(true, 1, "Subtopology.RepartitionSinkTopics", |reader| {
                reader.read_string(true, "Subtopology.RepartitionSinkTopics")
            })?;
        value.state_changelog_topics = reader.read_array(
            true,
            TopicInfo::encoded_bytes_min(version),
            "Subtopology.StateChangelogTopics",
            |reader| TopicInfo::decode(reader, version),
        )?;
        value.repartition_source_topics = reader.read_array(
            true,
            TopicInfo::encoded_bytes_min(version),
            "Subtopology.RepartitionSourceTopics",
            |reader| TopicInfo::decode(reader, version),
        )?;
        reader.skip_tagged_fields("Subtopology")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.subtopology_id, "Subtopology.SubtopologyId")?;
        writer.write_array(
            true,
            &self.source_topics,
            "Subtopology.SourceTopics",
            |writer, value| writer.write_string(true, value, "Subtopology.SourceTopics"),
        )?;
        writer.write_array(
            true,
            &self.repartition_sink_topics,
            "Subtopology.RepartitionSinkTopics",
            |writer, value| writer.write_string(true, value, "Subtopology.RepartitionSinkTopics"),
        )?;
        writer.write_array(
            true,
            &self.state_changelog_topics,
            "Subtopology.StateChangelogTopics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.repartition_source_topics,
            "Subtopology.RepartitionSourceTopics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl Subtopology {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.source_topics = vec!["source_topics-18".to_owned(), "source_topics-58".to_owned()];
        value.repartition_sink_topics = vec![
            "repartition_sink_topics-19".to_owned(),
            "repartition_sink_topics-59".to_owned(),
        ];
        value.state_changelog_topics = vec![
            TopicInfo::sample(version, nulls),
            TopicInfo::sample(version, nulls),
        ];
        value.repartition_source_topics = vec![
            TopicInfo::sample(version, nulls),
            TopicInfo::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Member {
    pub member_id: String,
    pub member_epoch: i32,
    pub instance_id: Option<String>,
    pub rack_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub topology_epoch: i32,
    pub process_id: String,
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
    pub task_offsets: Vec<TaskOffset>,
    pub task_end_offsets: Vec<TaskOffset>,
    pub assignment: Assignment,
    pub target_assignment: Assignment,
    pub is_classic: bool,
}

impl Member {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.member_id = reader.read_string(true, "Member.MemberId")?;
        value.member_epoch = reader.read_i32("Member.MemberEpoch")?;
        value.instance_id = reader.read_nullable_string(true, "Member.InstanceId")?;
        value.rack_id = reader.read_nullable_string(true, "Member.RackId")?;
        value.client_id = reader.read_string(true, "Member.ClientId")?;
        value.client_host = reader.read_string(true, "Member.ClientHost")?;
        value.topology_epoch = reader.read_i32("Member.TopologyEpoch")?;
        value.process_id = reader.read_string(true, "Member.ProcessId")?;
        value.user_endpoint = if reader.read_presence("Member.UserEndpoint")? {
            Some(Endpoint::decode(reader, version)?)
        } else {
            None
        };
        value.client_tags = reader.read_array(
            true,
            KeyValue::encoded_bytes_min(version),
            "Member.ClientTags",
            |reader| KeyValue::decode(reader, version),
        )?;
        value.task_offsets = reader.read_array(
            true,
            TaskOffset::encoded_bytes_min(version),
            "Member.TaskOffsets",
            |reader| TaskOffset::decode(reader, version),
        )?;
        value.task_end_offsets = reader.read_array(
            true,
            TaskOffset::encoded_bytes_min(version),
            "Member.TaskEndOffsets",
            |reader| TaskOffset::decode(reader, version),
        )?;
        value.assignment = Assignment::decode(reader, version)?;
        value.target_assignment = Assignment::decode(reader, version)?;
        value.is_classic = reader.read_bool("Member.IsClassic")?;
        reader.skip_tagged_fields("Member")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.member_id, "Member.MemberId")?;
        writer.write_i32(self.member_epoch);
        writer.write_nullable_string(true, self.instance_id.as_deref(), "Member.InstanceId")?;
        writer.write_nullable_string(true, self.rack_id.as_deref(), "Member.RackId")?;
        writer.write_string(true, &self.client_id, "Member.ClientId")?;
        writer.write_string(true, &self.client_host, "Member.ClientHost")?;
        writer.write_i32(self.topology_epoch);
        writer.write_string(true, &self.process_id, "Member.ProcessId")?;
        writer.write_presence(self.user_endpoint.is_some());
        if let Some(value) = &self.user_endpoint {
            value.encode(writer, version)?;
        }
        writer.write_array(
            true,
            &self.client_tags,
            "Member.ClientTags",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.task_offsets,
            "Member.TaskOffsets",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.task_end_offsets,
            "Member.TaskEndOffsets",
            |writer, value| value.encode(writer, version),
        )?;
        self.assignment.encode(writer, version)?;
        self.target_assignment.encode(writer, version)?;
        writer.write_bool(self.is_classic);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        28
    }
}

#[cfg(test)]
impl Member {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        value.member_epoch = 0x0102_0312;
        value.instance_id = if nulls {
            None
        } else {
            Some("instance_id-19".to_owned())
        };
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-20".to_owned())
        };
        value.client_id = "client_id-21".to_owned();
        value.client_host = "client_host-22".to_owned();
        value.topology_epoch = 0x0102_0317;
        value.process_id = "process_id-24".to_owned();
        value.user_endpoint = if nulls {
            None
        } else {
            Some(Endpoint::sample(version, nulls))
        };
        value.client_tags = vec![
            KeyValue::sample(version, nulls),
            KeyValue::sample(version, nulls),
        ];
        value.task_offsets = vec![
            TaskOffset::sample(version, nulls),
            TaskOffset::sample(version, nulls),
        ];
        value.task_end_offsets = vec![
            TaskOffset::sample(version, nulls),
            TaskOffset::sample(version, nulls),
        ];
        value.assignment = Assignment::sample(version, nulls);
        value.target_assignment = Assignment::sample(version, nulls);
        value.is_classic = true;
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.host = reader.read_string(true, "Endpoint.Host")?;
        value.port = reader.read_u16("Endpoint.Port")?;
        reader.skip_tagged_fields("Endpoint")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.host, "Endpoint.Host")?;
        writer.write_u16(self.port);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl Endpoint {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.host = "host-17".to_owned();
        value.port = 18;
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskOffset {
    pub subtopology_id: String,
    pub partition: i32,
    pub offset: i64,
}

impl TaskOffset {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.subtopology_id = reader.read_string(true, "TaskOffset.SubtopologyId")?;
        value.partition = reader.read_i32("TaskOffset.Partition")?;
        value.offset = reader.read_i64("TaskOffset.Offset")?;
        reader.skip_tagged_fields("TaskOffset")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.subtopology_id, "TaskOffset.SubtopologyId")?;
        writer.write_i32(self.partition);
        writer.write_i64(self.offset);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        14
    }
}

#[cfg(test)]
impl TaskOffset {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.partition = 0x0102_0312;
        value.offset = 0x0102_0304_0506_0713;
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
}

impl Assignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.active_tasks = reader.read_array(
            true,
            TaskIds::encoded_bytes_min(version),
            "Assignment.ActiveTasks",
            |reader| TaskIds::decode(reader, version),
        )?;
        value.standby_tasks = reader.read_array(
            true,
            TaskIds::encoded_bytes_min(version),
            "Assignment.StandbyTasks",
            |reader| TaskIds::decode(reader, version),
        )?;
        value.warmup_tasks = reader.read_array(
            true,
            TaskIds::encoded_bytes_min(version),
            "Assignment.WarmupTasks",
            |reader| TaskIds::decode(reader, version),
        )?;
        reader.skip_tagged_fields("Assignment")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_array(
            true,
            &self.active_tasks,
            "Assignment.ActiveTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.standby_tasks,
            "Assignment.StandbyTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.warmup_tasks,
            "Assignment.WarmupTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl Assignment {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.active_tasks = vec![
            TaskIds::sample(version, nulls),
            TaskIds::sample(version, nulls),
        ];
        value.standby_tasks = vec![
            TaskIds::sample(version, nulls),
            TaskIds::sample(version, nulls),
        ];
        value.warmup_tasks = vec![
            TaskIds::sample(version, nulls),
            TaskIds::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskIds {
    pub subtopology_id: String,
    pub partitions: Vec<i32>,
}

impl TaskIds {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.subtopology_id = reader.read_string(true, "TaskIds.SubtopologyId")?;
        value.partitions = reader.read_array(true, 4, "TaskIds.Partitions", |reader| {
            reader.read_i32("TaskIds.Partitions")
        })?;
        reader.skip_tagged_fields("TaskIds")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.subtopology_id, "TaskIds.SubtopologyId")?;
        writer.write_array(
            true,
            &self.partitions,
            "TaskIds.Partitions",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl TaskIds {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyValue {
    pub key: String,
    pub value: String,
}

impl KeyValue {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.key = reader.read_string(true, "KeyValue.Key")?;
        value.value = reader.read_string(true, "KeyValue.Value")?;
        reader.skip_tagged_fields("KeyValue")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.key, "KeyValue.Key")?;
        writer.write_string(true, &self.value, "KeyValue.Value")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl KeyValue {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.key = "key-17".to_owned();
        value.value = "value-18".to_owned();
        value
    }
}

/// Part of [`StreamsGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicInfo {
    pub name: String,
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<KeyValue>,
}

impl TopicInfo {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "TopicInfo.Name")?;
        value.partitions = reader.read_i32("TopicInfo.Partitions")?;
        value.replication_factor = reader.read_i16("TopicInfo.ReplicationFactor")?;
        value.topic_configs = reader.read_array(
            true,
            KeyValue::encoded_bytes_min(version),
            "TopicInfo.TopicConfigs",
            |reader| KeyValue::decode(reader, version),
        )?;
        reader.skip_tagged_fields("TopicInfo")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "TopicInfo.Name")?;
        writer.write_i32(self.partitions);
        writer.write_i16(self.replication_factor);
        writer.write_array(
            true,
            &self.topic_configs,
            "TopicInfo.TopicConfigs",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        9
    }
}

#[cfg(test)]
impl TopicInfo {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = 0x0102_0312;
        value.replication_factor = 19;
        value.topic_configs = vec![
            KeyValue::sample(version, nulls),
            KeyValue::sample(version, nulls),
        ];
        value
    }
}
