//! The Fetch API (key 1), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;
use uuid::Uuid;

/// FetchRequest of versions 4 to 18.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchRequest {
    /// Field of versions 12 to 18.
    pub cluster_id: Option<String>,
    /// Field of versions 4 to 14.
    pub replica_id: i32,
    /// Field of versions 15 to 18.
    pub replica_state: ReplicaState,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub isolation_level: i8,
    /// Field of versions 7 to 18.
    pub session_id: i32,
    /// Field of versions 7 to 18.
    pub session_epoch: i32,
    pub topics: Vec<FetchTopic>,
    /// Field of versions 7 to 18.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Field of versions 11 to 18.
    pub rack_id: String,
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            replica_state: ReplicaState::default(),
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: 2147483647,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
            rack_id: String::new(),
        }
    }
}

impl Message for FetchRequest {
    const NAME: &'static str = "FetchRequest";
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 12;
        let mut value = Self::default();
        if version <= 14 {
            value.replica_id = reader.read_i32("FetchRequest.ReplicaId")?;
        }
        value.max_wait_ms = reader.read_i32("FetchRequest.MaxWaitMs")?;
        value.min_bytes = reader.read_i32("FetchRequest.MinBytes")?;
        value.max_bytes = reader.read_i32("FetchRequest.MaxBytes")?;
        value.isolation_level = reader.read_i8("FetchRequest.IsolationLevel")?;
        if version >= 7 {
            value.session_id = reader.read_i32("FetchRequest.SessionId")?;
        }
        if version >= 7 {
            value.session_epoch = reader.read_i32("FetchRequest.SessionEpoch")?;
        }
        value.topics = reader.read_array(
            flexible,
            FetchTopic::encoded_bytes_min(version),
            "FetchRequest.Topics",
            |reader| FetchTopic::decode(reader, version),
        )?;
        if version >= 7 {
            value.forgotten_topics_data = reader.read_array(
                flexible,
                ForgottenTopic::encoded_bytes_min(version),
                "FetchRequest.ForgottenTopicsData",
                |reader| ForgottenTopic::decode(reader, version),
            )?;
        }
        if version >= 11 {
            value.rack_id = reader.read_string(flexible, "FetchRequest.RackId")?;
        }
        if flexible {
            reader.read_tagged_fields("FetchRequest", |tag, reader| {
                match tag {
                    0 => {
                        value.cluster_id =
                            reader.read_nullable_string(true, "FetchRequest.ClusterId")?
                    }
                    1 if version >= 15 => {
                        value.replica_state = ReplicaState::decode(reader, version)?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 12;
        if version <= 14 {
            writer.write_i32(self.replica_id);
        }
        writer.write_i32(self.max_wait_ms);
        writer.write_i32(self.min_bytes);
        writer.write_i32(self.max_bytes);
        writer.write_i8(self.isolation_level);
        if version >= 7 {
            writer.write_i32(self.session_id);
        }
        if version >= 7 {
            writer.write_i32(self.session_epoch);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "FetchRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 7 {
            writer.write_array(
                flexible,
                &self.forgotten_topics_data,
                "FetchRequest.ForgottenTopicsData",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version >= 11 {
            writer.write_string(flexible, &self.rack_id, "FetchRequest.RackId")?;
        }
        if version > 14 && self.replica_id != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchRequest.ReplicaId",
                version,
            });
        }
        if version < 15 && self.replica_state != ReplicaState::default() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchRequest.ReplicaState",
                version,
            });
        }
        if version < 7 && !self.forgotten_topics_data.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchRequest.ForgottenTopicsData",
                version,
            });
        }
        if flexible {
            let has_cluster_id = self.cluster_id.is_some();
            let has_replica_state = version >= 15 && self.replica_state != ReplicaState::default();
            writer.write_varint(u32::from(has_cluster_id) + u32::from(has_replica_state));
            if has_cluster_id {
                writer.write_tagged_field(0, "FetchRequest.ClusterId", |writer| {
                    writer.write_nullable_string(
                        true,
                        self.cluster_id.as_deref(),
                        "FetchRequest.ClusterId",
                    )?;
                    Ok(())
                })?;
            }
            if has_replica_state {
                writer.write_tagged_field(1, "FetchRequest.ReplicaState", |writer| {
                    self.replica_state.encode(writer, version)?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl FetchRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 12 {
            value.cluster_id = if nulls {
                None
            } else {
                Some("cluster_id-17".to_owned())
            };
        }
        if version <= 14 {
            value.replica_id = 0x0102_0312;
        }
        if version >= 15 {
            value.replica_state = ReplicaState::sample(version, nulls);
        }
        value.max_wait_ms = 0x0102_0314;
        value.min_bytes = 0x0102_0315;
        value.max_bytes = 0x0102_0316;
        value.isolation_level = 23;
        if version >= 7 {
            value.session_id = 0x0102_0318;
        }
        if version >= 7 {
            value.session_epoch = 0x0102_0319;
        }
        value.topics = vec![
            FetchTopic::sample(version, nulls),
            FetchTopic::sample(version, nulls),
        ];
        if version >= 7 {
            value.forgotten_topics_data = vec![
                ForgottenTopic::sample(version, nulls),
                ForgottenTopic::sample(version, nulls),
            ];
        }
        if version >= 11 {
            value.rack_id = "rack_id-28".to_owned();
        }
        value
    }
}

/// Part of [`FetchRequest`] of versions 15 to 18.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaState {
    pub replica_id: i32,
    pub replica_epoch: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self {
            replica_id: -1,
            replica_epoch: -1,
        }
    }
}

impl ReplicaState {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.replica_id = reader.read_i32("ReplicaState.ReplicaId")?;
        value.replica_epoch = reader.read_i64("ReplicaState.ReplicaEpoch")?;
        reader.skip_tagged_fields("ReplicaState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.replica_id);
        writer.write_i64(self.replica_epoch);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ReplicaState {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.replica_id = 0x0102_0311;
        value.replica_epoch = 0x0102_0304_0506_0712;
        value
    }
}

/// Part of [`FetchRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchTopic {
    /// Field of versions 4 to 12.
    pub topic: String,
    /// Field of versions 13 to 18.
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

impl FetchTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        if version <= 12 {
            value.topic = reader.read_string(flexible, "FetchTopic.Topic")?;
        }
        if version >= 13 {
            value.topic_id = reader.read_uuid("FetchTopic.TopicId")?;
        }
        value.partitions = reader.read_array(
            flexible,
            FetchPartition::encoded_bytes_min(version),
            "FetchTopic.Partitions",
            |reader| FetchPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("FetchTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.write_string(flexible, &self.topic, "FetchTopic.Topic")?;
        }
        if version >= 13 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "FetchTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=11 => 6,
            12 => 3,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl FetchTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 12 {
            value.topic = "topic-17".to_owned();
        }
        if version >= 13 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![
            FetchPartition::sample(version, nulls),
            FetchPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`FetchRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct FetchPartition {
    pub partition: i32,
    /// Field of versions 9 to 18.
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    /// Field of versions 12 to 18.
    pub last_fetched_epoch: i32,
    /// Field of versions 5 to 18.
    pub log_start_offset: i64,
    pub partition_max_bytes: i32,
    /// Field of versions 17 to 18.
    pub replica_directory_id: Uuid,
    /// Field of version 18.
    pub high_watermark: i64,
}

impl Default for FetchPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 0,
            replica_directory_id: Uuid::nil(),
            high_watermark: 9223372036854775807,
        }
    }
}

impl FetchPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        value.partition = reader.read_i32("FetchPartition.Partition")?;
        if version >= 9 {
            value.current_leader_epoch = reader.read_i32("FetchPartition.CurrentLeaderEpoch")?;
        }
        value.fetch_offset = reader.read_i64("FetchPartition.FetchOffset")?;
        if version >= 12 {
            value.last_fetched_epoch = reader.read_i32("FetchPartition.LastFetchedEpoch")?;
        }
        if version >= 5 {
            value.log_start_offset = reader.read_i64("FetchPartition.LogStartOffset")?;
        }
        value.partition_max_bytes = reader.read_i32("FetchPartition.PartitionMaxBytes")?;
        if flexible {
            reader.read_tagged_fields("FetchPartition", |tag, reader| {
                match tag {
                    0 if version >= 17 => {
                        value.replica_directory_id =
                            reader.read_uuid("FetchPartition.ReplicaDirectoryId")?
                    }
                    1 if version >= 18 => {
                        value.high_watermark = reader.read_i64("FetchPartition.HighWatermark")?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        writer.write_i32(self.partition);
        if version >= 9 {
            writer.write_i32(self.current_leader_epoch);
        }
        writer.write_i64(self.fetch_offset);
        if version >= 12 {
            writer.write_i32(self.last_fetched_epoch);
        }
        if version >= 5 {
            writer.write_i64(self.log_start_offset);
        }
        writer.write_i32(self.partition_max_bytes);
        if version < 12 && self.last_fetched_epoch != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchPartition.LastFetchedEpoch",
                version,
            });
        }
        if flexible {
            let has_replica_directory_id = version >= 17 && !self.replica_directory_id.is_nil();
            let has_high_watermark = version >= 18 && self.high_watermark != 9223372036854775807;
            writer
                .write_varint(u32::from(has_replica_directory_id) + u32::from(has_high_watermark));
            if has_replica_directory_id {
                writer.write_tagged_field(0, "FetchPartition.ReplicaDirectoryId", |writer| {
                    writer.write_uuid(self.replica_directory_id);
                    Ok(())
                })?;
            }
            if has_high_watermark {
                writer.write_tagged_field(1, "FetchPartition.HighWatermark", |writer| {
                    writer.write_i64(self.high_watermark);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 16,
            5..=8 => 24,
            9..=11 => 28,
            _ => 33,
        }
    }
}

#[cfg(test)]
impl FetchPartition {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        if version >= 9 {
            value.current_leader_epoch = 0x0102_0312;
        }
        value.fetch_offset = 0x0102_0304_0506_0713;
        if version >= 12 {
            value.last_fetched_epoch = 0x0102_0314;
        }
        if version >= 5 {
            value.log_start_offset = 0x0102_0304_0506_0715;
        }
        value.partition_max_bytes = 0x0102_0316;
        if version >= 17 {
            value.replica_directory_id = Uuid::from_u128(23 << 64 | 5);
        }
        if version >= 18 {
            value.high_watermark = 0x0102_0304_0506_0718;
        }
        value
    }
}

/// Part of [`FetchRequest`] of versions 7 to 18.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForgottenTopic {
    /// Field of versions 7 to 12.
    pub topic: String,
    /// Field of versions 13 to 18.
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl ForgottenTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        if version <= 12 {
            value.topic = reader.read_string(flexible, "ForgottenTopic.Topic")?;
        }
        if version >= 13 {
            value.topic_id = reader.read_uuid("ForgottenTopic.TopicId")?;
        }
        value.partitions =
            reader.read_array(flexible, 4, "ForgottenTopic.Partitions", |reader| {
                reader.read_i32("ForgottenTopic.Partitions")
            })?;
        if flexible {
            reader.skip_tagged_fields("ForgottenTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.write_string(flexible, &self.topic, "ForgottenTopic.Topic")?;
        }
        if version >= 13 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "ForgottenTopic.Partitions",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=11 => 6,
            12 => 3,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl ForgottenTopic {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 12 {
            value.topic = "topic-17".to_owned();
        }
        if version >= 13 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![0x0102_0313, 0x0102_033b];
        value
    }
}

impl Request for FetchRequest {
    type Response = FetchResponse;
    const KEY: ApiKey = ApiKey::Fetch;
}

/// FetchResponse of versions 4 to 18.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchResponse {
    pub throttle_time_ms: i32,
    /// Field of versions 7 to 18.
    pub error_code: i16,
    /// Field of versions 7 to 18.
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse>,
    /// Field of versions 16 to 18.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for FetchResponse {
    const NAME: &'static str = "FetchResponse";
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 12;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("FetchResponse.ThrottleTimeMs")?;
        if version >= 7 {
            value.error_code = reader.read_i16("FetchResponse.ErrorCode")?;
        }
        if version >= 7 {
            value.session_id = reader.read_i32("FetchResponse.SessionId")?;
        }
        value.responses = reader.read_array(
            flexible,
            FetchableTopicResponse::encoded_bytes_min(version),
            "FetchResponse.Responses",
            |reader| FetchableTopicResponse::decode(reader, version),
        )?;
        if flexible {
            reader.read_tagged_fields("FetchResponse", |tag, reader| {
                match tag {
                    0 if version >= 16 => {
                        value.node_endpoints = reader.read_array(
                            true,
                            NodeEndpoint::encoded_bytes_min(version),
                            "FetchResponse.NodeEndpoints",
                            |reader| NodeEndpoint::decode(reader, version),
                        )?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 12;
        writer.write_i32(self.throttle_time_ms);
        if version >= 7 {
            writer.write_i16(self.error_code);
        }
        if version >= 7 {
            writer.write_i32(self.session_id);
        }
        writer.write_array(
            flexible,
            &self.responses,
            "FetchResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 7 && self.session_id != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchResponse.SessionId",
                version,
            });
        }
        if version < 16 && !self.node_endpoints.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FetchResponse.NodeEndpoints",
                version,
            });
        }
        if flexible {
            let has_node_endpoints = version >= 16 && !self.node_endpoints.is_empty();
            writer.write_varint(u32::from(has_node_endpoints));
            if has_node_endpoints {
                writer.write_tagged_field(0, "FetchResponse.NodeEndpoints", |writer| {
                    writer.write_array(
                        true,
                        &self.node_endpoints,
                        "FetchResponse.NodeEndpoints",
                        |writer, value| value.encode(writer, version),
                    )?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl FetchResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        if version >= 7 {
            value.error_code = 18;
        }
        if version >= 7 {
            value.session_id = 0x0102_0313;
        }
        value.responses = vec![
            FetchableTopicResponse::sample(version, nulls),
            FetchableTopicResponse::sample(version, nulls),
        ];
        if version >= 16 {
            value.node_endpoints = vec![
                NodeEndpoint::sample(version, nulls),
                NodeEndpoint::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`FetchResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchableTopicResponse {
    /// Field of versions 4 to 12.
    pub topic: String,
    /// Field of versions 13 to 18.
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl FetchableTopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        if version <= 12 {
            value.topic = reader.read_string(flexible, "FetchableTopicResponse.Topic")?;
        }
        if version >= 13 {
            value.topic_id = reader.read_uuid("FetchableTopicResponse.TopicId")?;
        }
        value.partitions = reader.read_array(
            flexible,
            PartitionData::encoded_bytes_min(version),
            "FetchableTopicResponse.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("FetchableTopicResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.write_string(flexible, &self.topic, "FetchableTopicResponse.Topic")?;
        }
        if version >= 13 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "FetchableTopicResponse.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=11 => 6,
            12 => 3,
            _ => 18,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl FetchableTopicResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 12 {
            value.topic = "topic-17".to_owned();
        }
        if version >= 13 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![
            PartitionData::sample(version, nulls),
            PartitionData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`FetchResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub high_watermark: i64,
    pub last_stable_offset: i64,
    /// Field of versions 5 to 18.
    pub log_start_offset: i64,
    /// Field of versions 12 to 18.
    pub diverging_epoch: EpochEndOffset,
    /// Field of versions 12 to 18.
    pub current_leader: LeaderIdAndEpoch,
    /// Field of versions 12 to 18.
    pub snapshot_id: SnapshotId,
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Field of versions 11 to 18.
    pub preferred_read_replica: i32,
    pub records: Option<Bytes>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            high_watermark: 0,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging_epoch: EpochEndOffset::default(),
            current_leader: LeaderIdAndEpoch::default(),
            snapshot_id: SnapshotId::default(),
            aborted_transactions: Some(Vec::new()),
            preferred_read_replica: -1,
            records: None,
        }
    }
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionData.PartitionIndex")?;
        value.error_code = reader.read_i16("PartitionData.ErrorCode")?;
        value.high_watermark = reader.read_i64("PartitionData.HighWatermark")?;
        value.last_stable_offset = reader.read_i64("PartitionData.LastStableOffset")?;
        if version >= 5 {
            value.log_start_offset = reader.read_i64("PartitionData.LogStartOffset")?;
        }
        value.aborted_transactions = reader.read_nullable_array(
            flexible,
            AbortedTransaction::encoded_bytes_min(version),
            "PartitionData.AbortedTransactions",
            |reader| AbortedTransaction::decode(reader, version),
        )?;
        if version >= 11 {
            value.preferred_read_replica = reader.read_i32("PartitionData.PreferredReadReplica")?;
        }
        value.records = reader.read_nullable_bytes(flexible, "PartitionData.Records")?;
        if flexible {
            reader.read_tagged_fields("PartitionData", |tag, reader| {
                match tag {
                    0 => value.diverging_epoch = EpochEndOffset::decode(reader, version)?,
                    1 => value.current_leader = LeaderIdAndEpoch::decode(reader, version)?,
                    2 => value.snapshot_id = SnapshotId::decode(reader, version)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_i64(self.high_watermark);
        writer.write_i64(self.last_stable_offset);
        if version >= 5 {
            writer.write_i64(self.log_start_offset);
        }
        writer.write_nullable_array(
            flexible,
            self.aborted_transactions.as_deref(),
            "PartitionData.AbortedTransactions",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 11 {
            writer.write_i32(self.preferred_read_replica);
        }
        writer.write_records(flexible, self.records.as_deref(), "PartitionData.Records")?;
        if version < 12 && self.diverging_epoch != EpochEndOffset::default() {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionData.DivergingEpoch",
                version,
            });
        }
        if version < 12 && self.current_leader != LeaderIdAndEpoch::default() {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionData.CurrentLeader",
                version,
            });
        }
        if version < 12 && self.snapshot_id != SnapshotId::default() {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionData.SnapshotId",
                version,
            });
        }
        if version < 11 && self.preferred_read_replica != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionData.PreferredReadReplica",
                version,
            });
        }
        if flexible {
            let has_diverging_epoch = self.diverging_epoch != EpochEndOffset::default();
            let has_current_leader = self.current_leader != LeaderIdAndEpoch::default();
            let has_snapshot_id = self.snapshot_id != SnapshotId::default();
            writer.write_varint(
                u32::from(has_diverging_epoch)
                    + u32::from(has_current_leader)
                    + u32::from(has_snapshot_id),
            );
            if has_diverging_epoch {
                writer.write_tagged_field(0, "PartitionData.DivergingEpoch", |writer| {
                    self.diverging_epoch.encode(writer, version)?;
                    Ok(())
                })?;
            }
            if has_current_leader {
                writer.write_tagged_field(1, "PartitionData.CurrentLeader", |writer| {
                    self.current_leader.encode(writer, version)?;
                    Ok(())
                })?;
            }
            if has_snapshot_id {
                writer.write_tagged_field(2, "PartitionData.SnapshotId", |writer| {
                    self.snapshot_id.encode(writer, version)?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 30,
            5..=10 => 38,
            11 => 42,
            _ => 37,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PartitionData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value.high_watermark = 0x0102_0304_0506_0713;
        value.last_stable_offset = 0x0102_0304_0506_0714;
        if version >= 5 {
            value.log_start_offset = 0x0102_0304_0506_0715;
        }
        if version >= 12 {
            value.diverging_epoch = EpochEndOffset::sample(version, nulls);
        }
        if version >= 12 {
            value.current_leader = LeaderIdAndEpoch::sample(version, nulls);
        }
        if version >= 12 {
            value.snapshot_id = SnapshotId::sample(version, nulls);
        }
        value.aborted_transactions = if nulls {
            None
        } else {
            Some(vec![
                AbortedTransaction::sample(version, nulls),
                AbortedTransaction::sample(version, nulls),
            ])
        };
        if version >= 11 {
            value.preferred_read_replica = 0x0102_031a;
        }
        value.records = if nulls {
            None
        } else {
            Some(Bytes::from_static(&[27; 150]))
        };
        value
    }
}

/// Part of [`FetchResponse`] of versions 12 to 18.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochEndOffset {
    pub epoch: i32,
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self {
            epoch: -1,
            end_offset: -1,
        }
    }
}

impl EpochEndOffset {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.epoch = reader.read_i32("EpochEndOffset.Epoch")?;
        value.end_offset = reader.read_i64("EpochEndOffset.EndOffset")?;
        reader.skip_tagged_fields("EpochEndOffset")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.epoch);
        writer.write_i64(self.end_offset);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl EpochEndOffset {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.epoch = 0x0102_0311;
        value.end_offset = 0x0102_0304_0506_0712;
        value
    }
}

/// Part of [`FetchResponse`] of versions 12 to 18.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self {
            leader_id: -1,
            leader_epoch: -1,
        }
    }
}

impl LeaderIdAndEpoch {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.leader_id = reader.read_i32("LeaderIdAndEpoch.LeaderId")?;
        value.leader_epoch = reader.read_i32("LeaderIdAndEpoch.LeaderEpoch")?;
        reader.skip_tagged_fields("LeaderIdAndEpoch")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.leader_id);
        writer.write_i32(self.leader_epoch);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl LeaderIdAndEpoch {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.leader_id = 0x0102_0311;
        value.leader_epoch = 0x0102_0312;
        value
    }
}

/// Part of [`FetchResponse`] of versions 12 to 18.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Default for SnapshotId {
    fn default() -> Self {
        Self {
            end_offset: -1,
            epoch: -1,
        }
    }
}

impl SnapshotId {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.end_offset = reader.read_i64("SnapshotId.EndOffset")?;
        value.epoch = reader.read_i32("SnapshotId.Epoch")?;
        reader.skip_tagged_fields("SnapshotId")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.end_offset);
        writer.write_i32(self.epoch);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl SnapshotId {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.end_offset = 0x0102_0304_0506_0711;
        value.epoch = 0x0102_0312;
        value
    }
}

/// Part of [`FetchResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
}

impl AbortedTransaction {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 12;
        let mut value = Self::default();
        value.producer_id = reader.read_i64("AbortedTransaction.ProducerId")?;
        value.first_offset = reader.read_i64("AbortedTransaction.FirstOffset")?;
        if flexible {
            reader.skip_tagged_fields("AbortedTransaction")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 12;
        writer.write_i64(self.producer_id);
        writer.write_i64(self.first_offset);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=11 => 16,
            _ => 17,
        }
    }
}

#[cfg(test)]
impl AbortedTransaction {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        value.first_offset = 0x0102_0304_0506_0712;
        value
    }
}

/// Part of [`FetchResponse`] of versions 16 to 18.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    pub rack: Option<String>,
}

impl NodeEndpoint {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.node_id = reader.read_i32("NodeEndpoint.NodeId")?;
        value.host = reader.read_string(true, "NodeEndpoint.Host")?;
        value.port = reader.read_i32("NodeEndpoint.Port")?;
        value.rack = reader.read_nullable_string(true, "NodeEndpoint.Rack")?;
        reader.skip_tagged_fields("NodeEndpoint")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.node_id);
        writer.write_string(true, &self.host, "NodeEndpoint.Host")?;
        writer.write_i32(self.port);
        writer.write_nullable_string(true, self.rack.as_deref(), "NodeEndpoint.Rack")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        11
    }
}

#[cfg(test)]
impl NodeEndpoint {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.node_id = 0x0102_0311;
        value.host = "host-18".to_owned();
        value.port = 0x0102_0313;
        value.rack = if nulls {
            None
        } else {
            Some("rack-20".to_owned())
        };
        value
    }
}
