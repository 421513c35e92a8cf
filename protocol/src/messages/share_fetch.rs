//! The ShareFetch API (key 78), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;
use uuid::Uuid;

/// ShareFetchRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareFetchRequest {
    pub group_id: Option<String>,
    pub member_id: Option<String>,
    pub share_session_epoch: i32,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub max_records: i32,
    pub batch_size: i32,
    /// Field of version 2.
    pub share_acquire_mode: i8,
    /// Field of version 2.
    pub is_renew_ack: bool,
    pub topics: Vec<FetchTopic>,
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

impl Default for ShareFetchRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(String::new()),
            share_session_epoch: 0,
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: 2147483647,
            max_records: 0,
            batch_size: 0,
            share_acquire_mode: 0,
            is_renew_ack: false,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
        }
    }
}

impl Message for ShareFetchRequest {
    const NAME: &'static str = "ShareFetchRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_nullable_string(true, "ShareFetchRequest.GroupId")?;
        value.member_id = reader.read_nullable_string(true, "ShareFetchRequest.MemberId")?;
        value.share_session_epoch = reader.read_i32("ShareFetchRequest.ShareSessionEpoch")?;
        value.max_wait_ms = reader.read_i32("ShareFetchRequest.MaxWaitMs")?;
        value.min_bytes = reader.read_i32("ShareFetchRequest.MinBytes")?;
        value.max_bytes = reader.read_i32("ShareFetchRequest.MaxBytes")?;
        value.max_records = reader.read_i32("ShareFetchRequest.MaxRecords")?;
        value.batch_size = reader.read_i32("ShareFetchRequest.BatchSize")?;
        if version >= 2 {
            value.share_acquire_mode = reader.read_i8("ShareFetchRequest.ShareAcquireMode")?;
        }
        if version >= 2 {
            value.is_renew_ack = reader.read_bool("ShareFetchRequest.IsRenewAck")?;
        }
        value.topics = reader.read_array(
            true,
            FetchTopic::encoded_bytes_min(version),
            "ShareFetchRequest.Topics",
            |reader| FetchTopic::decode(reader, version),
        )?;
        value.forgotten_topics_data = reader.read_array(
            true,
            ForgottenTopic::encoded_bytes_min(version),
            "ShareFetchRequest.ForgottenTopicsData",
            |reader| ForgottenTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareFetchRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_string(
            true,
            self.group_id.as_deref(),
            "ShareFetchRequest.GroupId",
        )?;
        writer.write_nullable_string(
            true,
            self.member_id.as_deref(),
            "ShareFetchRequest.MemberId",
        )?;
        writer.write_i32(self.share_session_epoch);
        writer.write_i32(self.max_wait_ms);
        writer.write_i32(self.min_bytes);
        writer.write_i32(self.max_bytes);
        writer.write_i32(self.max_records);
        writer.write_i32(self.batch_size);
        if version >= 2 {
            writer.write_i8(self.share_acquire_mode);
        }
        if version >= 2 {
            writer.write_bool(self.is_renew_ack);
        }
        writer.write_array(
            true,
            &self.topics,
            "ShareFetchRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.forgotten_topics_data,
            "ShareFetchRequest.ForgottenTopicsData",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 2 && self.is_renew_ack {
            return Err(EncodeError::FieldNotInVersion {
                what: "ShareFetchRequest.IsRenewAck",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ShareFetchRequest {
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
        value.max_wait_ms = 0x0102_0314;
        value.min_bytes = 0x0102_0315;
        value.max_bytes = 0x0102_0316;
        value.max_records = 0x0102_0317;
        value.batch_size = 0x0102_0318;
        if version >= 2 {
            value.share_acquire_mode = 25;
        }
        if version >= 2 {
            value.is_renew_ack = true;
        }
        value.topics = vec![
            FetchTopic::sample(version, nulls),
            FetchTopic::sample(version, nulls),
        ];
        value.forgotten_topics_data = vec![
            ForgottenTopic::sample(version, nulls),
            ForgottenTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareFetchRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

impl FetchTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("FetchTopic.TopicId")?;
        value.partitions = reader.read_array(
            true,
            FetchPartition::encoded_bytes_min(version),
            "FetchTopic.Partitions",
            |reader| FetchPartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("FetchTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "FetchTopic.Partitions",
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
impl FetchTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![
            FetchPartition::sample(version, nulls),
            FetchPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareFetchRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FetchPartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl FetchPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("FetchPartition.PartitionIndex")?;
        value.acknowledgement_batches = reader.read_array(
            true,
            AcknowledgementBatch::encoded_bytes_min(version),
            "FetchPartition.AcknowledgementBatches",
            |reader| AcknowledgementBatch::decode(reader, version),
        )?;
        reader.skip_tagged_fields("FetchPartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_array(
            true,
            &self.acknowledgement_batches,
            "FetchPartition.AcknowledgementBatches",
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
impl FetchPartition {
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

/// Part of [`ShareFetchRequest`].
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

/// Part of [`ShareFetchRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForgottenTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl ForgottenTopic {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ForgottenTopic.TopicId")?;
        value.partitions = reader.read_array(true, 4, "ForgottenTopic.Partitions", |reader| {
            reader.read_i32("ForgottenTopic.Partitions")
        })?;
        reader.skip_tagged_fields("ForgottenTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ForgottenTopic.Partitions",
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
        18
    }
}

#[cfg(test)]
impl ForgottenTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for ShareFetchRequest {
    type Response = ShareFetchResponse;
    const KEY: ApiKey = ApiKey::ShareFetch;
}

/// ShareFetchResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareFetchResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareFetchableTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for ShareFetchResponse {
    const NAME: &'static str = "ShareFetchResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ShareFetchResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ShareFetchResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ShareFetchResponse.ErrorMessage")?;
        value.acquisition_lock_timeout_ms =
            reader.read_i32("ShareFetchResponse.AcquisitionLockTimeoutMs")?;
        value.responses = reader.read_array(
            true,
            ShareFetchableTopicResponse::encoded_bytes_min(version),
            "ShareFetchResponse.Responses",
            |reader| ShareFetchableTopicResponse::decode(reader, version),
        )?;
        value.node_endpoints = reader.read_array(
            true,
            NodeEndpoint::encoded_bytes_min(version),
            "ShareFetchResponse.NodeEndpoints",
            |reader| NodeEndpoint::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareFetchResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ShareFetchResponse.ErrorMessage",
        )?;
        writer.write_i32(self.acquisition_lock_timeout_ms);
        writer.write_array(
            true,
            &self.responses,
            "ShareFetchResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.node_endpoints,
            "ShareFetchResponse.NodeEndpoints",
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
impl ShareFetchResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.acquisition_lock_timeout_ms = 0x0102_0314;
        value.responses = vec![
            ShareFetchableTopicResponse::sample(version, nulls),
            ShareFetchableTopicResponse::sample(version, nulls),
        ];
        value.node_endpoints = vec![
            NodeEndpoint::sample(version, nulls),
            NodeEndpoint::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareFetchResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareFetchableTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl ShareFetchableTopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ShareFetchableTopicResponse.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "ShareFetchableTopicResponse.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareFetchableTopicResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ShareFetchableTopicResponse.Partitions",
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
impl ShareFetchableTopicResponse {
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

/// Part of [`ShareFetchResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub acknowledge_error_code: i16,
    pub acknowledge_error_message: Option<String>,
    pub current_leader: LeaderIdAndEpoch,
    pub records: Bytes,
    pub acquired_records: Vec<AcquiredRecords>,
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionData.PartitionIndex")?;
        value.error_code = reader.read_i16("PartitionData.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "PartitionData.ErrorMessage")?;
        value.acknowledge_error_code = reader.read_i16("PartitionData.AcknowledgeErrorCode")?;
        value.acknowledge_error_message =
            reader.read_nullable_string(true, "PartitionData.AcknowledgeErrorMessage")?;
        value.current_leader = LeaderIdAndEpoch::decode(reader, version)?;
        value.records = reader.read_bytes(true, "PartitionData.Records")?;
        value.acquired_records = reader.read_array(
            true,
            AcquiredRecords::encoded_bytes_min(version),
            "PartitionData.AcquiredRecords",
            |reader| AcquiredRecords::decode(reader, version),
        )?;
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
        writer.write_i16(self.acknowledge_error_code);
        writer.write_nullable_string(
            true,
            self.acknowledge_error_message.as_deref(),
            "PartitionData.AcknowledgeErrorMessage",
        )?;
        self.current_leader.encode(writer, version)?;
        writer.write_records(true, Some(&self.records), "PartitionData.Records")?;
        writer.write_array(
            true,
            &self.acquired_records,
            "PartitionData.AcquiredRecords",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        22
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        visit(self.acknowledge_error_code);
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
        value.acknowledge_error_code = 20;
        value.acknowledge_error_message = if nulls {
            None
        } else {
            Some("acknowledge_error_message-21".to_owned())
        };
        value.current_leader = LeaderIdAndEpoch::sample(version, nulls);
        value.records = Bytes::from_static(&[23; 150]);
        value.acquired_records = vec![
            AcquiredRecords::sample(version, nulls),
            AcquiredRecords::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareFetchResponse`].
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

/// Part of [`ShareFetchResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcquiredRecords {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_count: i16,
}

impl AcquiredRecords {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.first_offset = reader.read_i64("AcquiredRecords.FirstOffset")?;
        value.last_offset = reader.read_i64("AcquiredRecords.LastOffset")?;
        value.delivery_count = reader.read_i16("AcquiredRecords.DeliveryCount")?;
        reader.skip_tagged_fields("AcquiredRecords")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.first_offset);
        writer.write_i64(self.last_offset);
        writer.write_i16(self.delivery_count);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        19
    }
}

#[cfg(test)]
impl AcquiredRecords {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.first_offset = 0x0102_0304_0506_0711;
        value.last_offset = 0x0102_0304_0506_0712;
        value.delivery_count = 19;
        value
    }
}

/// Part of [`ShareFetchResponse`].
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
