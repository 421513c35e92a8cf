//! The DescribeQuorum API (key 55), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DescribeQuorumRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeQuorumRequest {
    pub topics: Vec<RequestTopicData>,
}

impl Message for DescribeQuorumRequest {
    const NAME: &'static str = "DescribeQuorumRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.topics = reader.read_array(
            true,
            RequestTopicData::encoded_bytes_min(version),
            "DescribeQuorumRequest.Topics",
            |reader| RequestTopicData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeQuorumRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.topics,
            "DescribeQuorumRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeQuorumRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            RequestTopicData::sample(version, nulls),
            RequestTopicData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeQuorumRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestTopicData {
    pub topic_name: String,
    pub partitions: Vec<RequestPartitionData>,
}

impl RequestTopicData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name = reader.read_string(true, "TopicData.TopicName")?;
        value.partitions = reader.read_array(
            true,
            RequestPartitionData::encoded_bytes_min(version),
            "TopicData.Partitions",
            |reader| RequestPartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("TopicData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic_name, "TopicData.TopicName")?;
        writer.write_array(
            true,
            &self.partitions,
            "TopicData.Partitions",
            |writer, value| value.encode(writer, version),
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
impl RequestTopicData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partitions = vec![
            RequestPartitionData::sample(version, nulls),
            RequestPartitionData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeQuorumRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestPartitionData {
    pub partition_index: i32,
}

impl RequestPartitionData {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionData.PartitionIndex")?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }
}

#[cfg(test)]
impl RequestPartitionData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value
    }
}

impl Request for DescribeQuorumRequest {
    type Response = DescribeQuorumResponse;
    const KEY: ApiKey = ApiKey::DescribeQuorum;
}

/// DescribeQuorumResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeQuorumResponse {
    pub error_code: i16,
    /// Field of version 2.
    pub error_message: Option<String>,
    pub topics: Vec<ResponseTopicData>,
    /// Field of version 2.
    pub nodes: Vec<Node>,
}

impl Default for DescribeQuorumResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            topics: Vec::new(),
            nodes: Vec::new(),
        }
    }
}

impl Message for DescribeQuorumResponse {
    const NAME: &'static str = "DescribeQuorumResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeQuorumResponse.ErrorCode")?;
        if version >= 2 {
            value.error_message =
                reader.read_nullable_string(true, "DescribeQuorumResponse.ErrorMessage")?;
        }
        value.topics = reader.read_array(
            true,
            ResponseTopicData::encoded_bytes_min(version),
            "DescribeQuorumResponse.Topics",
            |reader| ResponseTopicData::decode(reader, version),
        )?;
        if version >= 2 {
            value.nodes = reader.read_array(
                true,
                Node::encoded_bytes_min(version),
                "DescribeQuorumResponse.Nodes",
                |reader| Node::decode(reader, version),
            )?;
        }
        reader.skip_tagged_fields("DescribeQuorumResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i16(self.error_code);
        if version >= 2 {
            writer.write_nullable_string(
                true,
                self.error_message.as_deref(),
                "DescribeQuorumResponse.ErrorMessage",
            )?;
        }
        writer.write_array(
            true,
            &self.topics,
            "DescribeQuorumResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 2 {
            writer.write_array(
                true,
                &self.nodes,
                "DescribeQuorumResponse.Nodes",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version < 2 && !self.nodes.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeQuorumResponse.Nodes",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeQuorumResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        if version >= 2 {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-18".to_owned())
            };
        }
        value.topics = vec![
            ResponseTopicData::sample(version, nulls),
            ResponseTopicData::sample(version, nulls),
        ];
        if version >= 2 {
            value.nodes = vec![Node::sample(version, nulls), Node::sample(version, nulls)];
        }
        value
    }
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseTopicData {
    pub topic_name: String,
    pub partitions: Vec<ResponsePartitionData>,
}

impl ResponseTopicData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name = reader.read_string(true, "TopicData.TopicName")?;
        value.partitions = reader.read_array(
            true,
            ResponsePartitionData::encoded_bytes_min(version),
            "TopicData.Partitions",
            |reader| ResponsePartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("TopicData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic_name, "TopicData.TopicName")?;
        writer.write_array(
            true,
            &self.partitions,
            "TopicData.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ResponseTopicData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partitions = vec![
            ResponsePartitionData::sample(version, nulls),
            ResponsePartitionData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ResponsePartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    /// Field of version 2.
    pub error_message: Option<String>,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub current_voters: Vec<ReplicaState>,
    pub observers: Vec<ReplicaState>,
}

impl Default for ResponsePartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            error_message: Some(String::new()),
            leader_id: 0,
            leader_epoch: 0,
            high_watermark: 0,
            current_voters: Vec::new(),
            observers: Vec::new(),
        }
    }
}

impl ResponsePartitionData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionData.PartitionIndex")?;
        value.error_code = reader.read_i16("PartitionData.ErrorCode")?;
        if version >= 2 {
            value.error_message =
                reader.read_nullable_string(true, "PartitionData.ErrorMessage")?;
        }
        value.leader_id = reader.read_i32("PartitionData.LeaderId")?;
        value.leader_epoch = reader.read_i32("PartitionData.LeaderEpoch")?;
        value.high_watermark = reader.read_i64("PartitionData.HighWatermark")?;
        value.current_voters = reader.read_array(
            true,
            ReplicaState::encoded_bytes_min(version),
            "PartitionData.CurrentVoters",
            |reader| ReplicaState::decode(reader, version),
        )?;
        value.observers = reader.read_array(
            true,
            ReplicaState::encoded_bytes_min(version),
            "PartitionData.Observers",
            |reader| ReplicaState::decode(reader, version),
        )?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        if version >= 2 {
            writer.write_nullable_string(
                true,
                self.error_message.as_deref(),
                "PartitionData.ErrorMessage",
            )?;
        }
        writer.write_i32(self.leader_id);
        writer.write_i32(self.leader_epoch);
        writer.write_i64(self.high_watermark);
        writer.write_array(
            true,
            &self.current_voters,
            "PartitionData.CurrentVoters",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.observers,
            "PartitionData.Observers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 25,
            _ => 26,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ResponsePartitionData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        if version >= 2 {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-19".to_owned())
            };
        }
        value.leader_id = 0x0102_0314;
        value.leader_epoch = 0x0102_0315;
        value.high_watermark = 0x0102_0304_0506_0716;
        value.current_voters = vec![
            ReplicaState::sample(version, nulls),
            ReplicaState::sample(version, nulls),
        ];
        value.observers = vec![
            ReplicaState::sample(version, nulls),
            ReplicaState::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeQuorumResponse`] of version 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    pub node_id: i32,
    pub listeners: Vec<Listener>,
}

impl Node {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.node_id = reader.read_i32("Node.NodeId")?;
        value.listeners = reader.read_array(
            true,
            Listener::encoded_bytes_min(version),
            "Node.Listeners",
            |reader| Listener::decode(reader, version),
        )?;
        reader.skip_tagged_fields("Node")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.node_id);
        writer.write_array(true, &self.listeners, "Node.Listeners", |writer, value| {
            value.encode(writer, version)
        })?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl Node {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.node_id = 0x0102_0311;
        value.listeners = vec![
            Listener::sample(version, nulls),
            Listener::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeQuorumResponse`] of version 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listener {
    pub name: String,
    pub host: String,
    pub port: u16,
}

impl Listener {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "Listener.Name")?;
        value.host = reader.read_string(true, "Listener.Host")?;
        value.port = reader.read_u16("Listener.Port")?;
        reader.skip_tagged_fields("Listener")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "Listener.Name")?;
        writer.write_string(true, &self.host, "Listener.Host")?;
        writer.write_u16(self.port);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }
}

#[cfg(test)]
impl Listener {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.host = "host-18".to_owned();
        value.port = 19;
        value
    }
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaState {
    pub replica_id: i32,
    /// Field of version 2.
    pub replica_directory_id: Uuid,
    pub log_end_offset: i64,
    /// Field of versions 1 to 2.
    pub last_fetch_timestamp: i64,
    /// Field of versions 1 to 2.
    pub last_caught_up_timestamp: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self {
            replica_id: 0,
            replica_directory_id: Uuid::nil(),
            log_end_offset: 0,
            last_fetch_timestamp: -1,
            last_caught_up_timestamp: -1,
        }
    }
}

impl ReplicaState {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.replica_id = reader.read_i32("ReplicaState.ReplicaId")?;
        if version >= 2 {
            value.replica_directory_id = reader.read_uuid("ReplicaState.ReplicaDirectoryId")?;
        }
        value.log_end_offset = reader.read_i64("ReplicaState.LogEndOffset")?;
        if version >= 1 {
            value.last_fetch_timestamp = reader.read_i64("ReplicaState.LastFetchTimestamp")?;
        }
        if version >= 1 {
            value.last_caught_up_timestamp =
                reader.read_i64("ReplicaState.LastCaughtUpTimestamp")?;
        }
        reader.skip_tagged_fields("ReplicaState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.replica_id);
        if version >= 2 {
            writer.write_uuid(self.replica_directory_id);
        }
        writer.write_i64(self.log_end_offset);
        if version >= 1 {
            writer.write_i64(self.last_fetch_timestamp);
        }
        if version >= 1 {
            writer.write_i64(self.last_caught_up_timestamp);
        }
        if version < 2 && !self.replica_directory_id.is_nil() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ReplicaState.ReplicaDirectoryId",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 13,
            1 => 29,
            _ => 45,
        }
    }
}

#[cfg(test)]
impl ReplicaState {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.replica_id = 0x0102_0311;
        if version >= 2 {
            value.replica_directory_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.log_end_offset = 0x0102_0304_0506_0713;
        if version >= 1 {
            value.last_fetch_timestamp = 0x0102_0304_0506_0714;
        }
        if version >= 1 {
            value.last_caught_up_timestamp = 0x0102_0304_0506_0715;
        }
        value
    }
}
