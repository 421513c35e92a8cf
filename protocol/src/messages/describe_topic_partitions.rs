//! The DescribeTopicPartitions API (key 75), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DescribeTopicPartitionsRequest of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeTopicPartitionsRequest {
    pub topics: Vec<TopicRequest>,
    pub response_partition_limit: i32,
    pub cursor: Option<RequestCursor>,
}

impl Default for DescribeTopicPartitionsRequest {
    fn default() -> Self {
        Self {
            topics: Vec::new(),
            response_partition_limit: 2000,
            cursor: None,
        }
    }
}

impl Message for DescribeTopicPartitionsRequest {
    const NAME: &'static str = "DescribeTopicPartitionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.topics = reader.read_array(
            true,
            TopicRequest::encoded_bytes_min(version),
            "DescribeTopicPartitionsRequest.Topics",
            |reader| TopicRequest::decode(reader, version),
        )?;
        value.response_partition_limit =
            reader.read_i32("DescribeTopicPartitionsRequest.ResponsePartitionLimit")?;
        value.cursor = if reader.read_presence("DescribeTopicPartitionsRequest.Cursor")? {
            Some(RequestCursor::decode(reader, version)?)
        } else {
            None
        };
        reader.skip_tagged_fields("DescribeTopicPartitionsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.topics,
            "DescribeTopicPartitionsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.response_partition_limit);
        writer.write_presence(self.cursor.is_some());
        if let Some(value) = &self.cursor {
            value.encode(writer, version)?;
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeTopicPartitionsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            TopicRequest::sample(version, nulls),
            TopicRequest::sample(version, nulls),
        ];
        value.response_partition_limit = 0x0102_0312;
        value.cursor = if nulls {
            None
        } else {
            Some(RequestCursor::sample(version, nulls))
        };
        value
    }
}

/// Part of [`DescribeTopicPartitionsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicRequest {
    pub name: String,
}

impl TopicRequest {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "TopicRequest.Name")?;
        reader.skip_tagged_fields("TopicRequest")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "TopicRequest.Name")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        2
    }
}

#[cfg(test)]
impl TopicRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value
    }
}

/// Part of [`DescribeTopicPartitionsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestCursor {
    pub topic_name: String,
    pub partition_index: i32,
}

impl RequestCursor {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name = reader.read_string(true, "Cursor.TopicName")?;
        value.partition_index = reader.read_i32("Cursor.PartitionIndex")?;
        reader.skip_tagged_fields("Cursor")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic_name, "Cursor.TopicName")?;
        writer.write_i32(self.partition_index);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl RequestCursor {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partition_index = 0x0102_0312;
        value
    }
}

impl Request for DescribeTopicPartitionsRequest {
    type Response = DescribeTopicPartitionsResponse;
    const KEY: ApiKey = ApiKey::DescribeTopicPartitions;
}

/// DescribeTopicPartitionsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeTopicPartitionsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    pub next_cursor: Option<ResponseCursor>,
}

impl Message for DescribeTopicPartitionsResponse {
    const NAME: &'static str = "DescribeTopicPartitionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("DescribeTopicPartitionsResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            true,
            DescribeTopicPartitionsResponseTopic::encoded_bytes_min(version),
            "DescribeTopicPartitionsResponse.Topics",
            |reader| DescribeTopicPartitionsResponseTopic::decode(reader, version),
        )?;
        value.next_cursor = if reader.read_presence("DescribeTopicPartitionsResponse.NextCursor")? {
            Some(ResponseCursor::decode(reader, version)?)
        } else {
            None
        };
        reader.skip_tagged_fields("DescribeTopicPartitionsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.topics,
            "DescribeTopicPartitionsResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_presence(self.next_cursor.is_some());
        if let Some(value) = &self.next_cursor {
            value.encode(writer, version)?;
        }
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeTopicPartitionsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            DescribeTopicPartitionsResponseTopic::sample(version, nulls),
            DescribeTopicPartitionsResponseTopic::sample(version, nulls),
        ];
        value.next_cursor = if nulls {
            None
        } else {
            Some(ResponseCursor::sample(version, nulls))
        };
        value
    }
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: i16,
    pub name: Option<String>,
    pub topic_id: Uuid,
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    pub topic_authorized_operations: i32,
}

impl Default for DescribeTopicPartitionsResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(String::new()),
            topic_id: Uuid::nil(),
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: -2147483648,
        }
    }
}

impl DescribeTopicPartitionsResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeTopicPartitionsResponseTopic.ErrorCode")?;
        value.name =
            reader.read_nullable_string(true, "DescribeTopicPartitionsResponseTopic.Name")?;
        value.topic_id = reader.read_uuid("DescribeTopicPartitionsResponseTopic.TopicId")?;
        value.is_internal = reader.read_bool("DescribeTopicPartitionsResponseTopic.IsInternal")?;
        value.partitions = reader.read_array(
            true,
            DescribeTopicPartitionsResponsePartition::encoded_bytes_min(version),
            "DescribeTopicPartitionsResponseTopic.Partitions",
            |reader| DescribeTopicPartitionsResponsePartition::decode(reader, version),
        )?;
        value.topic_authorized_operations =
            reader.read_i32("DescribeTopicPartitionsResponseTopic.TopicAuthorizedOperations")?;
        reader.skip_tagged_fields("DescribeTopicPartitionsResponseTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.name.as_deref(),
            "DescribeTopicPartitionsResponseTopic.Name",
        )?;
        writer.write_uuid(self.topic_id);
        writer.write_bool(self.is_internal);
        writer.write_array(
            true,
            &self.partitions,
            "DescribeTopicPartitionsResponseTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.topic_authorized_operations);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        26
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeTopicPartitionsResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.name = if nulls {
            None
        } else {
            Some("name-18".to_owned())
        };
        value.topic_id = Uuid::from_u128(19 << 64 | 5);
        value.is_internal = true;
        value.partitions = vec![
            DescribeTopicPartitionsResponsePartition::sample(version, nulls),
            DescribeTopicPartitionsResponsePartition::sample(version, nulls),
        ];
        value.topic_authorized_operations = 0x0102_0316;
        value
    }
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    pub eligible_leader_replicas: Option<Vec<i32>>,
    pub last_known_elr: Option<Vec<i32>>,
    pub offline_replicas: Vec<i32>,
}

impl Default for DescribeTopicPartitionsResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            eligible_leader_replicas: None,
            last_known_elr: None,
            offline_replicas: Vec::new(),
        }
    }
}

impl DescribeTopicPartitionsResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeTopicPartitionsResponsePartition.ErrorCode")?;
        value.partition_index =
            reader.read_i32("DescribeTopicPartitionsResponsePartition.PartitionIndex")?;
        value.leader_id = reader.read_i32("DescribeTopicPartitionsResponsePartition.LeaderId")?;
        value.leader_epoch =
            reader.read_i32("DescribeTopicPartitionsResponsePartition.LeaderEpoch")?;
        value.replica_nodes = reader.read_array(
            true,
            4,
            "DescribeTopicPartitionsResponsePartition.ReplicaNodes",
            |reader| reader.read_i32("DescribeTopicPartitionsResponsePartition.ReplicaNodes"),
        )?;
        value.isr_nodes = reader.read_array(
            true,
            4,
            "DescribeTopicPartitionsResponsePartition.IsrNodes",
            |reader| reader.read_i32("DescribeTopicPartitionsResponsePartition.IsrNodes"),
        )?;
        value.eligible_leader_replicas = reader.read_nullable_array(
            true,
            4,
            "DescribeTopicPartitionsResponsePartition.EligibleLeaderReplicas",
            |reader| {
                reader.read_i32("DescribeTopicPartitionsResponsePartition.EligibleLeaderReplicas")
            },
        )?;
        value.last_known_elr = reader.read_nullable_array(
            true,
            4,
            "DescribeTopicPartitionsResponsePartition.LastKnownElr",
            |reader| reader.read_i32("DescribeTopicPartitionsResponsePartition.LastKnownElr"),
        )?;
        value.offline_replicas = reader.read_array(
            true,
            4,
            "DescribeTopicPartitionsResponsePartition.OfflineReplicas",
            |reader| reader.read_i32("DescribeTopicPartitionsResponsePartition.OfflineReplicas"),
        )?;
        reader.skip_tagged_fields("DescribeTopicPartitionsResponsePartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i16(self.error_code);
        writer.write_i32(self.partition_index);
        writer.write_i32(self.leader_id);
        writer.write_i32(self.leader_epoch);
        writer.write_array(
            true,
            &self.replica_nodes,
            "DescribeTopicPartitionsResponsePartition.ReplicaNodes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.isr_nodes,
            "DescribeTopicPartitionsResponsePartition.IsrNodes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_nullable_array(
            true,
            self.eligible_leader_replicas.as_deref(),
            "DescribeTopicPartitionsResponsePartition.EligibleLeaderReplicas",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_nullable_array(
            true,
            self.last_known_elr.as_deref(),
            "DescribeTopicPartitionsResponsePartition.LastKnownElr",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.offline_replicas,
            "DescribeTopicPartitionsResponsePartition.OfflineReplicas",
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
        20
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeTopicPartitionsResponsePartition {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.partition_index = 0x0102_0312;
        value.leader_id = 0x0102_0313;
        value.leader_epoch = 0x0102_0314;
        value.replica_nodes = vec![0x0102_0315, 0x0102_033d];
        value.isr_nodes = vec![0x0102_0316, 0x0102_033e];
        value.eligible_leader_replicas = if nulls {
            None
        } else {
            Some(vec![0x0102_0317, 0x0102_033f])
        };
        value.last_known_elr = if nulls {
            None
        } else {
            Some(vec![0x0102_0318, 0x0102_0340])
        };
        value.offline_replicas = vec![0x0102_0319, 0x0102_0341];
        value
    }
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseCursor {
    pub topic_name: String,
    pub partition_index: i32,
}

impl ResponseCursor {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name = reader.read_string(true, "Cursor.TopicName")?;
        value.partition_index = reader.read_i32("Cursor.PartitionIndex")?;
        reader.skip_tagged_fields("Cursor")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic_name, "Cursor.TopicName")?;
        writer.write_i32(self.partition_index);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ResponseCursor {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partition_index = 0x0102_0312;
        value
    }
}
