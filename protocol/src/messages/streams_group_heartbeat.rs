//! The StreamsGroupHeartbeat API (key 88), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// StreamsGroupHeartbeatRequest of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamsGroupHeartbeatRequest {
    pub group_id: String,
    pub member_id: String,
    pub member_epoch: i32,
    pub endpoint_information_epoch: i32,
    pub instance_id: Option<String>,
    pub rack_id: Option<String>,
    pub rebalance_timeout_ms: i32,
    pub topology: Option<Topology>,
    pub active_tasks: Option<Vec<RequestTaskIds>>,
    pub standby_tasks: Option<Vec<RequestTaskIds>>,
    pub warmup_tasks: Option<Vec<RequestTaskIds>>,
    pub process_id: Option<String>,
    pub user_endpoint: Option<RequestEndpoint>,
    pub client_tags: Option<Vec<KeyValue>>,
    pub task_offsets: Option<Vec<TaskOffset>>,
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    pub shutdown_application: bool,
}

impl Default for StreamsGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: String::new(),
            member_epoch: 0,
            endpoint_information_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            topology: None,
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            process_id: None,
            user_endpoint: None,
            client_tags: None,
            task_offsets: None,
            task_end_offsets: None,
            shutdown_application: false,
        }
    }
}

impl Message for StreamsGroupHeartbeatRequest {
    const NAME: &'static str = "StreamsGroupHeartbeatRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "StreamsGroupHeartbeatRequest.GroupId")?;
        value.member_id = reader.read_string(true, "StreamsGroupHeartbeatRequest.MemberId")?;
        value.member_epoch = reader.read_i32("StreamsGroupHeartbeatRequest.MemberEpoch")?;
        value.endpoint_information_epoch =
            reader.read_i32("StreamsGroupHeartbeatRequest.EndpointInformationEpoch")?;
        value.instance_id =
            reader.read_nullable_string(true, "StreamsGroupHeartbeatRequest.InstanceId")?;
        value.rack_id = reader.read_nullable_string(true, "StreamsGroupHeartbeatRequest.RackId")?;
        value.rebalance_timeout_ms =
            reader.read_i32("StreamsGroupHeartbeatRequest.RebalanceTimeoutMs")?;
        value.topology = if reader.read_presence("StreamsGroupHeartbeatRequest.Topology")? {
            Some(Topology::decode(reader, version)?)
        } else {
            None
        };
        value.active_tasks = reader.read_nullable_array(
            true,
            RequestTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.ActiveTasks",
            |reader| RequestTaskIds::decode(reader, version),
        )?;
        value.standby_tasks = reader.read_nullable_array(
            true,
            RequestTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.StandbyTasks",
            |reader| RequestTaskIds::decode(reader, version),
        )?;
        value.warmup_tasks = reader.read_nullable_array(
            true,
            RequestTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.WarmupTasks",
            |reader| RequestTaskIds::decode(reader, version),
        )?;
        value.process_id =
            reader.read_nullable_string(true, "StreamsGroupHeartbeatRequest.ProcessId")?;
        value.user_endpoint =
            if reader.read_presence("StreamsGroupHeartbeatRequest.UserEndpoint")? {
                Some(RequestEndpoint::decode(reader, version)?)
            } else {
                None
            };
        value.client_tags = reader.read_nullable_array(
            true,
            KeyValue::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.ClientTags",
            |reader| KeyValue::decode(reader, version),
        )?;
        value.task_offsets = reader.read_nullable_array(
            true,
            TaskOffset::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.TaskOffsets",
            |reader| TaskOffset::decode(reader, version),
        )?;
        value.task_end_offsets = reader.read_nullable_array(
            true,
            TaskOffset::encoded_bytes_min(version),
            "StreamsGroupHeartbeatRequest.TaskEndOffsets",
            |reader| TaskOffset::decode(reader, version),
        )?;
        value.shutdown_application =
            reader.read_bool("StreamsGroupHeartbeatRequest.ShutdownApplication")?;
        reader.skip_tagged_fields("StreamsGroupHeartbeatRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(true, &self.group_id, "StreamsGroupHeartbeatRequest.GroupId")?;
        writer.write_string(
            true,
            &self.member_id,
            "StreamsGroupHeartbeatRequest.MemberId",
        )?;
        writer.write_i32(self.member_epoch);
        writer.write_i32(self.endpoint_information_epoch);
        writer.write_nullable_string(
            true,
            self.instance_id.as_deref(),
            "StreamsGroupHeartbeatRequest.InstanceId",
        )?;
        writer.write_nullable_string(
            true,
            self.rack_id.as_deref(),
            "StreamsGroupHeartbeatRequest.RackId",
        )?;
        writer.write_i32(self.rebalance_timeout_ms);
        writer.write_presence(self.topology.is_some());
        if let Some(value) = &self.topology {
            value.encode(writer, version)?;
        }
        writer.write_nullable_array(
            true,
            self.active_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.ActiveTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.standby_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.StandbyTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.warmup_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.WarmupTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_string(
            true,
            self.process_id.as_deref(),
            "StreamsGroupHeartbeatRequest.ProcessId",
        )?;
        writer.write_presence(self.user_endpoint.is_some());
        if let Some(value) = &self.user_endpoint {
            value.encode(writer, version)?;
        }
        writer.write_nullable_array(
            true,
            self.client_tags.as_deref(),
            "StreamsGroupHeartbeatRequest.ClientTags",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.task_offsets.as_deref(),
            "StreamsGroupHeartbeatRequest.TaskOffsets",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.task_end_offsets.as_deref(),
            "StreamsGroupHeartbeatRequest.TaskEndOffsets",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_bool(self.shutdown_application);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl StreamsGroupHeartbeatRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.member_id = "member_id-18".to_owned();
        value.member_epoch = 0x0102_0313;
        value.endpoint_information_epoch = 0x0102_0314;
        value.instance_id = if nulls {
            None
        } else {
            Some("instance_id-21".to_owned())
        };
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-22".to_owned())
        };
        value.rebalance_timeout_ms = 0x0102_0317;
        value.topology = if nulls {
            None
        } else {
            Some(Topology::sample(version, nulls))
        };
        value.active_tasks = if nulls {
            None
        } else {
            Some(vec![
                RequestTaskIds::sample(version, nulls),
                RequestTaskIds::sample(version, nulls),
            ])
        };
        value.standby_tasks = if nulls {
            None
        } else {
            Some(vec![
                RequestTaskIds::sample(version, nulls),
                RequestTaskIds::sample(version, nulls),
            ])
        };
        value.warmup_tasks = if nulls {
            None
        } else {
            Some(vec![
                RequestTaskIds::sample(version, nulls),
                RequestTaskIds::sample(version, nulls),
            ])
        };
        value.process_id = if nulls {
            None
        } else {
            Some("process_id-28".to_owned())
        };
        value.user_endpoint = if nulls {
            None
        } else {
            Some(RequestEndpoint::sample(version, nulls))
        };
        value.client_tags = if nulls {
            None
        } else {
            Some(vec![
                KeyValue::sample(version, nulls),
                KeyValue::sample(version, nulls),
            ])
        };
        value.task_offsets = if nulls {
            None
        } else {
            Some(vec![
                TaskOffset::sample(version, nulls),
                TaskOffset::sample(version, nulls),
            ])
        };
        value.task_end_offsets = if nulls {
            None
        } else {
            Some(vec![
                TaskOffset::sample(version, nulls),
                TaskOffset::sample(version, nulls),
            ])
        };
        value.shutdown_application = true;
        value
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Topology {
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
}

impl Topology {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.epoch = reader.read_i32("Topology.Epoch")?;
        value.subtopologies = reader.read_array(
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
        writer.write_array(
            true,
            &self.subtopologies,
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
        value.subtopologies = vec![
            Subtopology::sample(version, nulls),
            Subtopology::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subtopology {
    pub subtopology_id: String,
    pub source_topics: Vec<String>,
    pub source_topic_regex: Vec<String>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<String>,
    pub repartition_source_topics: Vec<TopicInfo>,
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Subtopology {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.subtopology_id = reader.read_string(true, "Subtopology.SubtopologyId")?;
        value.source_topics = reader.read_array(true, 1, "Subtopology.SourceTopics", |reader| {
            reader.read_string(true, "Subtopology.SourceTopics")
        })?;
        value.source_topic_regex =
            reader.read_array(true, 1, "Subtopology.SourceTopicRegex", |reader| {
                reader.read_string(true, "Subtopology.SourceTopicRegex")
            })?;
        value.state_changelog_topics = reader.read_array(
            true,
            TopicInfo::encoded_bytes_min(version),
            "Subtopology.StateChangelogTopics",
            |reader| TopicInfo::decode(reader, version),
        )?;
        value.repartition_sink_topics =
            reader.read_array(true, 1, "Subtopology.RepartitionSinkTopics", |reader| {
                reader.read_string(true, "Subtopology.RepartitionSinkTopics")
            })?;
        value.repartition_source_topics = reader.read_array(
            true,
            TopicInfo::encoded_bytes_min(version),
            "Subtopology.RepartitionSourceTopics",
            |reader| TopicInfo::decode(reader, version),
        )?;
        value.copartition_groups = reader.read_array(
            true,
            CopartitionGroup::encoded_bytes_min(version),
            "Subtopology.CopartitionGroups",
            |reader| CopartitionGroup::decode(reader, version),
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
            &self.source_topic_regex,
            "Subtopology.SourceTopicRegex",
            |writer, value| writer.write_string(true, value, "Subtopology.SourceTopicRegex"),
        )?;
        writer.write_array(
            true,
            &self.state_changelog_topics,
            "Subtopology.StateChangelogTopics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.repartition_sink_topics,
            "Subtopology.RepartitionSinkTopics",
            |writer, value| writer.write_string(true, value, "Subtopology.RepartitionSinkTopics"),
        )?;
        writer.write_array(
            true,
            &self.repartition_source_topics,
            "Subtopology.RepartitionSourceTopics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.copartition_groups,
            "Subtopology.CopartitionGroups",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        8
    }
}

#[cfg(test)]
impl Subtopology {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.source_topics = vec!["source_topics-18".to_owned(), "source_topics-58".to_owned()];
        value.source_topic_regex = vec![
            "source_topic_regex-19".to_owned(),
            "source_topic_regex-59".to_owned(),
        ];
        value.state_changelog_topics = vec![
            TopicInfo::sample(version, nulls),
            TopicInfo::sample(version, nulls),
        ];
        value.repartition_sink_topics = vec![
            "repartition_sink_topics-21".to_owned(),
            "repartition_sink_topics-61".to_owned(),
        ];
        value.repartition_source_topics = vec![
            TopicInfo::sample(version, nulls),
            TopicInfo::sample(version, nulls),
        ];
        value.copartition_groups = vec![
            CopartitionGroup::sample(version, nulls),
            CopartitionGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

impl CopartitionGroup {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.source_topics =
            reader.read_array(true, 2, "CopartitionGroup.SourceTopics", |reader| {
                reader.read_i16("CopartitionGroup.SourceTopics")
            })?;
        value.source_topic_regex =
            reader.read_array(true, 2, "CopartitionGroup.SourceTopicRegex", |reader| {
                reader.read_i16("CopartitionGroup.SourceTopicRegex")
            })?;
        value.repartition_source_topics = reader.read_array(
            true,
            2,
            "CopartitionGroup.RepartitionSourceTopics",
            |reader| reader.read_i16("CopartitionGroup.RepartitionSourceTopics"),
        )?;
        reader.skip_tagged_fields("CopartitionGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_array(
            true,
            &self.source_topics,
            "CopartitionGroup.SourceTopics",
            |writer, value| {
                writer.write_i16(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.source_topic_regex,
            "CopartitionGroup.SourceTopicRegex",
            |writer, value| {
                writer.write_i16(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.repartition_source_topics,
            "CopartitionGroup.RepartitionSourceTopics",
            |writer, value| {
                writer.write_i16(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        4
    }
}

#[cfg(test)]
impl CopartitionGroup {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.source_topics = vec![17, 57];
        value.source_topic_regex = vec![18, 58];
        value.repartition_source_topics = vec![19, 59];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`].
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

/// Part of [`StreamsGroupHeartbeatRequest`].
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

/// Part of [`StreamsGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestEndpoint {
    pub host: String,
    pub port: u16,
}

impl RequestEndpoint {
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
impl RequestEndpoint {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.host = "host-17".to_owned();
        value.port = 18;
        value
    }
}

/// Part of [`StreamsGroupHeartbeatRequest`].
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

/// Part of [`StreamsGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestTaskIds {
    pub subtopology_id: String,
    pub partitions: Vec<i32>,
}

impl RequestTaskIds {
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
impl RequestTaskIds {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for StreamsGroupHeartbeatRequest {
    type Response = StreamsGroupHeartbeatResponse;
    const KEY: ApiKey = ApiKey::StreamsGroupHeartbeat;
}

/// StreamsGroupHeartbeatResponse of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamsGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub member_id: String,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub acceptable_recovery_lag: i32,
    pub task_offset_interval_ms: i32,
    pub status: Option<Vec<Status>>,
    pub active_tasks: Option<Vec<ResponseTaskIds>>,
    pub standby_tasks: Option<Vec<ResponseTaskIds>>,
    pub warmup_tasks: Option<Vec<ResponseTaskIds>>,
    pub endpoint_information_epoch: i32,
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

impl Default for StreamsGroupHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            member_id: String::new(),
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            acceptable_recovery_lag: 0,
            task_offset_interval_ms: 0,
            status: Some(Vec::new()),
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            endpoint_information_epoch: 0,
            partitions_by_user_endpoint: None,
        }
    }
}

impl Message for StreamsGroupHeartbeatResponse {
    const NAME: &'static str = "StreamsGroupHeartbeatResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("StreamsGroupHeartbeatResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("StreamsGroupHeartbeatResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "StreamsGroupHeartbeatResponse.ErrorMessage")?;
        value.member_id = reader.read_string(true, "StreamsGroupHeartbeatResponse.MemberId")?;
        value.member_epoch = reader.read_i32("StreamsGroupHeartbeatResponse.MemberEpoch")?;
        value.heartbeat_interval_ms =
            reader.read_i32("StreamsGroupHeartbeatResponse.HeartbeatIntervalMs")?;
        value.acceptable_recovery_lag =
            reader.read_i32("StreamsGroupHeartbeatResponse.AcceptableRecoveryLag")?;
        value.task_offset_interval_ms =
            reader.read_i32("StreamsGroupHeartbeatResponse.TaskOffsetIntervalMs")?;
        value.status = reader.read_nullable_array(
            true,
            Status::encoded_bytes_min(version),
            "StreamsGroupHeartbeatResponse.Status",
            |reader| Status::decode(reader, version),
        )?;
        value.active_tasks = reader.read_nullable_array(
            true,
            ResponseTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatResponse.ActiveTasks",
            |reader| ResponseTaskIds::decode(reader, version),
        )?;
        value.standby_tasks = reader.read_nullable_array(
            true,
            ResponseTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatResponse.StandbyTasks",
            |reader| ResponseTaskIds::decode(reader, version),
        )?;
        value.warmup_tasks = reader.read_nullable_array(
            true,
            ResponseTaskIds::encoded_bytes_min(version),
            "StreamsGroupHeartbeatResponse.WarmupTasks",
            |reader| ResponseTaskIds::decode(reader, version),
        )?;
        value.endpoint_information_epoch =
            reader.read_i32("StreamsGroupHeartbeatResponse.EndpointInformationEpoch")?;
        value.partitions_by_user_endpoint = reader.read_nullable_array(
            true,
            EndpointToPartitions::encoded_bytes_min(version),
            "StreamsGroupHeartbeatResponse.PartitionsByUserEndpoint",
            |reader| EndpointToPartitions::decode(reader, version),
        )?;
        reader.skip_tagged_fields("StreamsGroupHeartbeatResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "StreamsGroupHeartbeatResponse.ErrorMessage",
        )?;
        writer.write_string(
            true,
            &self.member_id,
            "StreamsGroupHeartbeatResponse.MemberId",
        )?;
        writer.write_i32(self.member_epoch);
        writer.write_i32(self.heartbeat_interval_ms);
        writer.write_i32(self.acceptable_recovery_lag);
        writer.write_i32(self.task_offset_interval_ms);
        writer.write_nullable_array(
            true,
            self.status.as_deref(),
            "StreamsGroupHeartbeatResponse.Status",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.active_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.ActiveTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.standby_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.StandbyTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_array(
            true,
            self.warmup_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.WarmupTasks",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.endpoint_information_epoch);
        writer.write_nullable_array(
            true,
            self.partitions_by_user_endpoint.as_deref(),
            "StreamsGroupHeartbeatResponse.PartitionsByUserEndpoint",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl StreamsGroupHeartbeatResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.member_id = "member_id-20".to_owned();
        value.member_epoch = 0x0102_0315;
        value.heartbeat_interval_ms = 0x0102_0316;
        value.acceptable_recovery_lag = 0x0102_0317;
        value.task_offset_interval_ms = 0x0102_0318;
        value.status = if nulls {
            None
        } else {
            Some(vec![
                Status::sample(version, nulls),
                Status::sample(version, nulls),
            ])
        };
        value.active_tasks = if nulls {
            None
        } else {
            Some(vec![
                ResponseTaskIds::sample(version, nulls),
                ResponseTaskIds::sample(version, nulls),
            ])
        };
        value.standby_tasks = if nulls {
            None
        } else {
            Some(vec![
                ResponseTaskIds::sample(version, nulls),
                ResponseTaskIds::sample(version, nulls),
            ])
        };
        value.warmup_tasks = if nulls {
            None
        } else {
            Some(vec![
                ResponseTaskIds::sample(version, nulls),
                ResponseTaskIds::sample(version, nulls),
            ])
        };
        value.endpoint_information_epoch = 0x0102_031d;
        value.partitions_by_user_endpoint = if nulls {
            None
        } else {
            Some(vec![
                EndpointToPartitions::sample(version, nulls),
                EndpointToPartitions::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndpointToPartitions {
    pub user_endpoint: ResponseEndpoint,
    pub active_partitions: Vec<TopicPartition>,
    pub standby_partitions: Vec<TopicPartition>,
}

impl EndpointToPartitions {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.user_endpoint = ResponseEndpoint::decode(reader, version)?;
        value.active_partitions = reader.read_array(
            true,
            TopicPartition::encoded_bytes_min(version),
            "EndpointToPartitions.ActivePartitions",
            |reader| TopicPartition::decode(reader, version),
        )?;
        value.standby_partitions = reader.read_array(
            true,
            TopicPartition::encoded_bytes_min(version),
            "EndpointToPartitions.StandbyPartitions",
            |reader| TopicPartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("EndpointToPartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        self.user_endpoint.encode(writer, version)?;
        writer.write_array(
            true,
            &self.active_partitions,
            "EndpointToPartitions.ActivePartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.standby_partitions,
            "EndpointToPartitions.StandbyPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        7
    }
}

#[cfg(test)]
impl EndpointToPartitions {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.user_endpoint = ResponseEndpoint::sample(version, nulls);
        value.active_partitions = vec![
            TopicPartition::sample(version, nulls),
            TopicPartition::sample(version, nulls),
        ];
        value.standby_partitions = vec![
            TopicPartition::sample(version, nulls),
            TopicPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    pub status_code: i8,
    pub status_detail: String,
}

impl Status {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.status_code = reader.read_i8("Status.StatusCode")?;
        value.status_detail = reader.read_string(true, "Status.StatusDetail")?;
        reader.skip_tagged_fields("Status")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i8(self.status_code);
        writer.write_string(true, &self.status_detail, "Status.StatusDetail")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl Status {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.status_code = 17;
        value.status_detail = "status_detail-18".to_owned();
        value
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartition {
    pub topic: String,
    pub partitions: Vec<i32>,
}

impl TopicPartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic = reader.read_string(true, "TopicPartition.Topic")?;
        value.partitions = reader.read_array(true, 4, "TopicPartition.Partitions", |reader| {
            reader.read_i32("TopicPartition.Partitions")
        })?;
        reader.skip_tagged_fields("TopicPartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic, "TopicPartition.Topic")?;
        writer.write_array(
            true,
            &self.partitions,
            "TopicPartition.Partitions",
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
impl TopicPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseTaskIds {
    pub subtopology_id: String,
    pub partitions: Vec<i32>,
}

impl ResponseTaskIds {
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
impl ResponseTaskIds {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.subtopology_id = "subtopology_id-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

/// Part of [`StreamsGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseEndpoint {
    pub host: String,
    pub port: u16,
}

impl ResponseEndpoint {
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
impl ResponseEndpoint {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.host = "host-17".to_owned();
        value.port = 18;
        value
    }
}
