//! The Produce API (key 0), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;
use uuid::Uuid;

/// ProduceRequest of versions 3 to 13.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProduceRequest {
    pub transactional_id: Option<String>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

impl Message for ProduceRequest {
    const NAME: &'static str = "ProduceRequest";
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 9;
        let mut value = Self::default();
        value.transactional_id =
            reader.read_nullable_string(flexible, "ProduceRequest.TransactionalId")?;
        value.acks = reader.read_i16("ProduceRequest.Acks")?;
        value.timeout_ms = reader.read_i32("ProduceRequest.TimeoutMs")?;
        value.topic_data = reader.read_array(
            flexible,
            TopicProduceData::encoded_bytes_min(version),
            "ProduceRequest.TopicData",
            |reader| TopicProduceData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ProduceRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 9;
        writer.write_nullable_string(
            flexible,
            self.transactional_id.as_deref(),
            "ProduceRequest.TransactionalId",
        )?;
        writer.write_i16(self.acks);
        writer.write_i32(self.timeout_ms);
        writer.write_array(
            flexible,
            &self.topic_data,
            "ProduceRequest.TopicData",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl ProduceRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = if nulls {
            None
        } else {
            Some("transactional_id-17".to_owned())
        };
        value.acks = 18;
        value.timeout_ms = 0x0102_0313;
        value.topic_data = vec![
            TopicProduceData::sample(version, nulls),
            TopicProduceData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ProduceRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicProduceData {
    /// Field of versions 3 to 12.
    pub name: String,
    /// Field of version 13.
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData>,
}

impl TopicProduceData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        if version <= 12 {
            value.name = reader.read_string(flexible, "TopicProduceData.Name")?;
        }
        if version >= 13 {
            value.topic_id = reader.read_uuid("TopicProduceData.TopicId")?;
        }
        value.partition_data = reader.read_array(
            flexible,
            PartitionProduceData::encoded_bytes_min(version),
            "TopicProduceData.PartitionData",
            |reader| PartitionProduceData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TopicProduceData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        if version <= 12 {
            writer.write_string(flexible, &self.name, "TopicProduceData.Name")?;
        }
        if version >= 13 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partition_data,
            "TopicProduceData.PartitionData",
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
            ..=8 => 6,
            9..=12 => 3,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl TopicProduceData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 12 {
            value.name = "name-17".to_owned();
        }
        if version >= 13 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partition_data = vec![
            PartitionProduceData::sample(version, nulls),
            PartitionProduceData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ProduceRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionProduceData {
    pub index: i32,
    pub records: Option<Bytes>,
}

impl PartitionProduceData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.index = reader.read_i32("PartitionProduceData.Index")?;
        value.records = reader.read_nullable_bytes(flexible, "PartitionProduceData.Records")?;
        if flexible {
            reader.skip_tagged_fields("PartitionProduceData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i32(self.index);
        writer.write_records(
            flexible,
            self.records.as_deref(),
            "PartitionProduceData.Records",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=8 => 8,
            _ => 6,
        }
    }
}

#[cfg(test)]
impl PartitionProduceData {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.index = 0x0102_0311;
        value.records = if nulls {
            None
        } else {
            Some(Bytes::from_static(&[18; 150]))
        };
        value
    }
}

impl Request for ProduceRequest {
    type Response = ProduceResponse;
    const KEY: ApiKey = ApiKey::Produce;
}

/// ProduceResponse of versions 3 to 13.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    pub throttle_time_ms: i32,
    /// Field of versions 10 to 13.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for ProduceResponse {
    const NAME: &'static str = "ProduceResponse";
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 9;
        let mut value = Self::default();
        value.responses = reader.read_array(
            flexible,
            TopicProduceResponse::encoded_bytes_min(version),
            "ProduceResponse.Responses",
            |reader| TopicProduceResponse::decode(reader, version),
        )?;
        value.throttle_time_ms = reader.read_i32("ProduceResponse.ThrottleTimeMs")?;
        if flexible {
            reader.read_tagged_fields("ProduceResponse", |tag, reader| {
                match tag {
                    0 if version >= 10 => {
                        value.node_endpoints = reader.read_array(
                            true,
                            NodeEndpoint::encoded_bytes_min(version),
                            "ProduceResponse.NodeEndpoints",
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
        let flexible = version >= 9;
        writer.write_array(
            flexible,
            &self.responses,
            "ProduceResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.throttle_time_ms);
        if version < 10 && !self.node_endpoints.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ProduceResponse.NodeEndpoints",
                version,
            });
        }
        if flexible {
            let has_node_endpoints = version >= 10 && !self.node_endpoints.is_empty();
            writer.write_varint(u32::from(has_node_endpoints));
            if has_node_endpoints {
                writer.write_tagged_field(0, "ProduceResponse.NodeEndpoints", |writer| {
                    writer.write_array(
                        true,
                        &self.node_endpoints,
                        "ProduceResponse.NodeEndpoints",
                        |writer, value| value.encode(writer, version),
                    )?;
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ProduceResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.responses = vec![
            TopicProduceResponse::sample(version, nulls),
            TopicProduceResponse::sample(version, nulls),
        ];
        value.throttle_time_ms = 0x0102_0312;
        if version >= 10 {
            value.node_endpoints = vec![
                NodeEndpoint::sample(version, nulls),
                NodeEndpoint::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`ProduceResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicProduceResponse {
    /// Field of versions 3 to 12.
    pub name: String,
    /// Field of version 13.
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

impl TopicProduceResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        if version <= 12 {
            value.name = reader.read_string(flexible, "TopicProduceResponse.Name")?;
        }
        if version >= 13 {
            value.topic_id = reader.read_uuid("TopicProduceResponse.TopicId")?;
        }
        value.partition_responses = reader.read_array(
            flexible,
            PartitionProduceResponse::encoded_bytes_min(version),
            "TopicProduceResponse.PartitionResponses",
            |reader| PartitionProduceResponse::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TopicProduceResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        if version <= 12 {
            writer.write_string(flexible, &self.name, "TopicProduceResponse.Name")?;
        }
        if version >= 13 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partition_responses,
            "TopicProduceResponse.PartitionResponses",
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
            ..=8 => 6,
            9..=12 => 3,
            _ => 18,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partition_responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl TopicProduceResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 12 {
            value.name = "name-17".to_owned();
        }
        if version >= 13 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partition_responses = vec![
            PartitionProduceResponse::sample(version, nulls),
            PartitionProduceResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ProduceResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: i16,
    pub base_offset: i64,
    pub log_append_time_ms: i64,
    /// Field of versions 5 to 13.
    pub log_start_offset: i64,
    /// Field of versions 8 to 13.
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// Field of versions 8 to 13.
    pub error_message: Option<String>,
    /// Field of versions 10 to 13.
    pub current_leader: LeaderIdAndEpoch,
}

impl Default for PartitionProduceResponse {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: 0,
            base_offset: 0,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Vec::new(),
            error_message: None,
            current_leader: LeaderIdAndEpoch::default(),
        }
    }
}

impl PartitionProduceResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.index = reader.read_i32("PartitionProduceResponse.Index")?;
        value.error_code = reader.read_i16("PartitionProduceResponse.ErrorCode")?;
        value.base_offset = reader.read_i64("PartitionProduceResponse.BaseOffset")?;
        value.log_append_time_ms = reader.read_i64("PartitionProduceResponse.LogAppendTimeMs")?;
        if version >= 5 {
            value.log_start_offset = reader.read_i64("PartitionProduceResponse.LogStartOffset")?;
        }
        if version >= 8 {
            value.record_errors = reader.read_array(
                flexible,
                BatchIndexAndErrorMessage::encoded_bytes_min(version),
                "PartitionProduceResponse.RecordErrors",
                |reader| BatchIndexAndErrorMessage::decode(reader, version),
            )?;
        }
        if version >= 8 {
            value.error_message =
                reader.read_nullable_string(flexible, "PartitionProduceResponse.ErrorMessage")?;
        }
        if flexible {
            reader.read_tagged_fields("PartitionProduceResponse", |tag, reader| {
                match tag {
                    0 if version >= 10 => {
                        value.current_leader = LeaderIdAndEpoch::decode(reader, version)?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i32(self.index);
        writer.write_i16(self.error_code);
        writer.write_i64(self.base_offset);
        writer.write_i64(self.log_append_time_ms);
        if version >= 5 {
            writer.write_i64(self.log_start_offset);
        }
        if version >= 8 {
            writer.write_array(
                flexible,
                &self.record_errors,
                "PartitionProduceResponse.RecordErrors",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version >= 8 {
            writer.write_nullable_string(
                flexible,
                self.error_message.as_deref(),
                "PartitionProduceResponse.ErrorMessage",
            )?;
        }
        if version < 10 && self.current_leader != LeaderIdAndEpoch::default() {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionProduceResponse.CurrentLeader",
                version,
            });
        }
        if flexible {
            let has_current_leader =
                version >= 10 && self.current_leader != LeaderIdAndEpoch::default();
            writer.write_varint(u32::from(has_current_leader));
            if has_current_leader {
                writer.write_tagged_field(
                    0,
                    "PartitionProduceResponse.CurrentLeader",
                    |writer| {
                        self.current_leader.encode(writer, version)?;
                        Ok(())
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 22,
            5..=7 => 30,
            8 => 36,
            _ => 33,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PartitionProduceResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.index = 0x0102_0311;
        value.error_code = 18;
        value.base_offset = 0x0102_0304_0506_0713;
        value.log_append_time_ms = 0x0102_0304_0506_0714;
        if version >= 5 {
            value.log_start_offset = 0x0102_0304_0506_0715;
        }
        if version >= 8 {
            value.record_errors = vec![
                BatchIndexAndErrorMessage::sample(version, nulls),
                BatchIndexAndErrorMessage::sample(version, nulls),
            ];
        }
        if version >= 8 {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-23".to_owned())
            };
        }
        if version >= 10 {
            value.current_leader = LeaderIdAndEpoch::sample(version, nulls);
        }
        value
    }
}

/// Part of [`ProduceResponse`] of versions 8 to 13.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BatchIndexAndErrorMessage {
    pub batch_index: i32,
    pub batch_index_error_message: Option<String>,
}

impl BatchIndexAndErrorMessage {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.batch_index = reader.read_i32("BatchIndexAndErrorMessage.BatchIndex")?;
        value.batch_index_error_message = reader
            .read_nullable_string(flexible, "BatchIndexAndErrorMessage.BatchIndexErrorMessage")?;
        if flexible {
            reader.skip_tagged_fields("BatchIndexAndErrorMessage")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i32(self.batch_index);
        writer.write_nullable_string(
            flexible,
            self.batch_index_error_message.as_deref(),
            "BatchIndexAndErrorMessage.BatchIndexErrorMessage",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl BatchIndexAndErrorMessage {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.batch_index = 0x0102_0311;
        value.batch_index_error_message = if nulls {
            None
        } else {
            Some("batch_index_error_message-18".to_owned())
        };
        value
    }
}

/// Part of [`ProduceResponse`] of versions 10 to 13.
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

/// Part of [`ProduceResponse`] of versions 10 to 13.
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
