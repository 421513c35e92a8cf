//! The ShareAcknowledge API (key 79), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ShareAcknowledgeRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareAcknowledgeRequest {
    pub group_id: Option<String>,
    pub member_id: Option<String>,
    pub share_session_epoch: i32,
    /// Field of version 2.
    pub is_renew_ack: bool,
    pub topics: Vec<AcknowledgeTopic>,
}

impl Default for ShareAcknowledgeRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(String::new()),
            share_session_epoch: 0,
            is_renew_ack: false,
            topics: Vec::new(),
        }
    }
}

impl Message for ShareAcknowledgeRequest {
    const NAME: &'static str = "ShareAcknowledgeRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_nullable_string(true, "ShareAcknowledgeRequest.GroupId")?;
        value.member_id = reader.read_nullable_string(true, "ShareAcknowledgeRequest.MemberId")?;
        value.share_session_epoch = reader.read_i32("ShareAcknowledgeRequest.ShareSessionEpoch")?;
        if version >= 2 {
            value.is_renew_ack = reader.read_bool("ShareAcknowledgeRequest.IsRenewAck")?;
        }
        value.topics = reader.read_array(
            true,
            AcknowledgeTopic::encoded_bytes_min(version),
            "ShareAcknowledgeRequest.Topics",
            |reader| AcknowledgeTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareAcknowledgeRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_string(
            true,
            self.group_id.as_deref(),
            "ShareAcknowledgeRequest.GroupId",
        )?;
        writer.write_nullable_string(
            true,
            self.member_id.as_deref(),
            "ShareAcknowledgeRequest.MemberId",
        )?;
        writer.write_i32(self.share_session_epoch);
        if version >= 2 {
            writer.write_bool(self.is_renew_ack);
        }
        writer.write_array(
            true,
            &self.topics,
            "ShareAcknowledgeRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 2 && self.is_renew_ack {
            return Err(EncodeError::FieldNotInVersion {
                what: "ShareAcknowledgeRequest.IsRenewAck",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ShareAcknowledgeRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = if nulls {
            None
        } else {
            Some("group_id-17".to_owned())
        };
        value.member_id = if nulls {
            None
        } else {
            Some("member_id-18".to_owned())
        };
        value.share_session_epoch = 0x0102_0313;
        if version >= 2 {
            value.is_renew_ack = true;
        }
        value.topics = vec![
            AcknowledgeTopic::sample(version, nulls),
            AcknowledgeTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareAcknowledgeRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcknowledgeTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AcknowledgePartition>,
}

impl AcknowledgeTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("AcknowledgeTopic.TopicId")?;
        value.partitions = reader.read_array(
            true,
            AcknowledgePartition::encoded_bytes_min(version),
            "AcknowledgeTopic.Partitions",
            |reader| AcknowledgePartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AcknowledgeTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "AcknowledgeTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        18
    }
}

#[cfg(test)]
impl AcknowledgeTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![
            AcknowledgePartition::sample(version, nulls),
            AcknowledgePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareAcknowledgeRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcknowledgePartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl AcknowledgePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("AcknowledgePartition.PartitionIndex")?;
        value.acknowledgement_batches = reader.read_array(
            true,
            AcknowledgementBatch::encoded_bytes_min(version),
            "AcknowledgePartition.AcknowledgementBatches",
            |reader| AcknowledgementBatch::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AcknowledgePartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_array(
            true,
            &self.acknowledgement_batches,
            "AcknowledgePartition.AcknowledgementBatches",
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
impl AcknowledgePartition {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.acknowledgement_batches = vec![
            AcknowledgementBatch::sample(version, nulls),
            AcknowledgementBatch::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareAcknowledgeRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcknowledgementBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub acknowledge_types: Vec<i8>,
}

impl AcknowledgementBatch {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.first_offset = reader.read_i64("AcknowledgementBatch.FirstOffset")?;
        value.last_offset = reader.read_i64("AcknowledgementBatch.LastOffset")?;
        value.acknowledge_types =
            reader.read_array(true, 1, "AcknowledgementBatch.AcknowledgeTypes", |reader| {
                reader.read_i8("AcknowledgementBatch.AcknowledgeTypes")
            })?;
        reader.skip_tagged_fields("AcknowledgementBatch")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.first_offset);
        writer.write_i64(self.last_offset);
        writer.write_array(
            true,
            &self.acknowledge_types,
            "AcknowledgementBatch.AcknowledgeTypes",
            |writer, value| {
                writer.write_i8(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        18
    }
}

#[cfg(test)]
impl AcknowledgementBatch {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.first_offset = 0x0102_0304_0506_0711;
        value.last_offset = 0x0102_0304_0506_0712;
        value.acknowledge_types = vec![19, 59];
        value
    }
}

impl Request for ShareAcknowledgeRequest {
    type Response = ShareAcknowledgeResponse;
    const KEY: ApiKey = ApiKey::ShareAcknowledge;
}

/// ShareAcknowledgeResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareAcknowledgeResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    /// Field of version 2.
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for ShareAcknowledgeResponse {
    const NAME: &'static str = "ShareAcknowledgeResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ShareAcknowledgeResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ShareAcknowledgeResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ShareAcknowledgeResponse.ErrorMessage")?;
        if version >= 2 {
            value.acquisition_lock_timeout_ms =
                reader.read_i32("ShareAcknowledgeResponse.AcquisitionLockTimeoutMs")?;
        }
        value.responses = reader.read_array(
            true,
            ShareAcknowledgeTopicResponse::encoded_bytes_min(version),
            "ShareAcknowledgeResponse.Responses",
            |reader| ShareAcknowledgeTopicResponse::decode(reader, version),
        )?;
        value.node_endpoints = reader.read_array(
            true,
            NodeEndpoint::encoded_bytes_min(version),
            "ShareAcknowledgeResponse.NodeEndpoints",
            |reader| NodeEndpoint::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareAcknowledgeResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ShareAcknowledgeResponse.ErrorMessage",
        )?;
        if version >= 2 {
            writer.write_i32(self.acquisition_lock_timeout_ms);
        }
        writer.write_array(
            true,
            &self.responses,
            "ShareAcknowledgeResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.node_endpoints,
            "ShareAcknowledgeResponse.NodeEndpoints",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
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
impl ShareAcknowledgeResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        if version >= 2 {
            value.acquisition_lock_timeout_ms = 0x0102_0314;
        }
        value.responses = vec![
            ShareAcknowledgeTopicResponse::sample(version, nulls),
            ShareAcknowledgeTopicResponse::sample(version, nulls),
        ];
        value.node_endpoints = vec![
            NodeEndpoint::sample(version, nulls),
            NodeEndpoint::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareAcknowledgeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareAcknowledgeTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl ShareAcknowledgeTopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ShareAcknowledgeTopicResponse.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "ShareAcknowledgeTopicResponse.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareAcknowledgeTopicResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ShareAcknowledgeTopicResponse.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        18
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ShareAcknowledgeTopicResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![
            PartitionData::sample(version, nulls),
            PartitionData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareAcknowledgeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub current_leader: LeaderIdAndEpoch,
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionData.PartitionIndex")?;
        value.error_code = reader.read_i16("PartitionData.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "PartitionData.ErrorMessage")?;
        value.current_leader = LeaderIdAndEpoch::decode(reader, version)?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "PartitionData.ErrorMessage",
        )?;
        self.current_leader.encode(writer, version)?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        17
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
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.current_leader = LeaderIdAndEpoch::sample(version, nulls);
        value
    }
}

/// Part of [`ShareAcknowledgeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
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

/// Part of [`ShareAcknowledgeResponse`].
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
