//! The DescribeProducers API (key 61), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeProducersRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeProducersRequest {
    pub topics: Vec<TopicRequest>,
}

impl Message for DescribeProducersRequest {
    const NAME: &'static str = "DescribeProducersRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.topics = reader.read_array(
            true,
            TopicRequest::encoded_bytes_min(version),
            "DescribeProducersRequest.Topics",
            |reader| TopicRequest::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeProducersRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.topics,
            "DescribeProducersRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeProducersRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            TopicRequest::sample(version, nulls),
            TopicRequest::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeProducersRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicRequest {
    pub name: String,
    pub partition_indexes: Vec<i32>,
}

impl TopicRequest {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "TopicRequest.Name")?;
        value.partition_indexes =
            reader.read_array(true, 4, "TopicRequest.PartitionIndexes", |reader| {
                reader.read_i32("TopicRequest.PartitionIndexes")
            })?;
        reader.skip_tagged_fields("TopicRequest")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "TopicRequest.Name")?;
        writer.write_array(
            true,
            &self.partition_indexes,
            "TopicRequest.PartitionIndexes",
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
impl TopicRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partition_indexes = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for DescribeProducersRequest {
    type Response = DescribeProducersResponse;
    const KEY: ApiKey = ApiKey::DescribeProducers;
}

/// DescribeProducersResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeProducersResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TopicResponse>,
}

impl Message for DescribeProducersResponse {
    const NAME: &'static str = "DescribeProducersResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeProducersResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            true,
            TopicResponse::encoded_bytes_min(version),
            "DescribeProducersResponse.Topics",
            |reader| TopicResponse::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeProducersResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.topics,
            "DescribeProducersResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
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
impl DescribeProducersResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            TopicResponse::sample(version, nulls),
            TopicResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeProducersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicResponse {
    pub name: String,
    pub partitions: Vec<PartitionResponse>,
}

impl TopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "TopicResponse.Name")?;
        value.partitions = reader.read_array(
            true,
            PartitionResponse::encoded_bytes_min(version),
            "TopicResponse.Partitions",
            |reader| PartitionResponse::decode(reader, version),
        )?;
        reader.skip_tagged_fields("TopicResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "TopicResponse.Name")?;
        writer.write_array(
            true,
            &self.partitions,
            "TopicResponse.Partitions",
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
impl TopicResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            PartitionResponse::sample(version, nulls),
            PartitionResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeProducersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionResponse {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub active_producers: Vec<ProducerState>,
}

impl PartitionResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("PartitionResponse.PartitionIndex")?;
        value.error_code = reader.read_i16("PartitionResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "PartitionResponse.ErrorMessage")?;
        value.active_producers = reader.read_array(
            true,
            ProducerState::encoded_bytes_min(version),
            "PartitionResponse.ActiveProducers",
            |reader| ProducerState::decode(reader, version),
        )?;
        reader.skip_tagged_fields("PartitionResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "PartitionResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.active_producers,
            "PartitionResponse.ActiveProducers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        9
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PartitionResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.active_producers = vec![
            ProducerState::sample(version, nulls),
            ProducerState::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeProducersResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ProducerState {
    pub producer_id: i64,
    pub producer_epoch: i32,
    pub last_sequence: i32,
    pub last_timestamp: i64,
    pub coordinator_epoch: i32,
    pub current_txn_start_offset: i64,
}

impl Default for ProducerState {
    fn default() -> Self {
        Self {
            producer_id: 0,
            producer_epoch: 0,
            last_sequence: -1,
            last_timestamp: -1,
            coordinator_epoch: 0,
            current_txn_start_offset: -1,
        }
    }
}

impl ProducerState {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.producer_id = reader.read_i64("ProducerState.ProducerId")?;
        value.producer_epoch = reader.read_i32("ProducerState.ProducerEpoch")?;
        value.last_sequence = reader.read_i32("ProducerState.LastSequence")?;
        value.last_timestamp = reader.read_i64("ProducerState.LastTimestamp")?;
        value.coordinator_epoch = reader.read_i32("ProducerState.CoordinatorEpoch")?;
        value.current_txn_start_offset = reader.read_i64("ProducerState.CurrentTxnStartOffset")?;
        reader.skip_tagged_fields("ProducerState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.producer_id);
        writer.write_i32(self.producer_epoch);
        writer.write_i32(self.last_sequence);
        writer.write_i64(self.last_timestamp);
        writer.write_i32(self.coordinator_epoch);
        writer.write_i64(self.current_txn_start_offset);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        37
    }
}

#[cfg(test)]
impl ProducerState {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        value.producer_epoch = 0x0102_0312;
        value.last_sequence = 0x0102_0313;
        value.last_timestamp = 0x0102_0304_0506_0714;
        value.coordinator_epoch = 0x0102_0315;
        value.current_txn_start_offset = 0x0102_0304_0506_0716;
        value
    }
}
