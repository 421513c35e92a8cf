//! The ReadShareGroupState API (key 84), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ReadShareGroupStateRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadShareGroupStateRequest {
    pub group_id: String,
    pub topics: Vec<ReadStateData>,
}

impl Message for ReadShareGroupStateRequest {
    const NAME: &'static str = "ReadShareGroupStateRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "ReadShareGroupStateRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            ReadStateData::encoded_bytes_min(version),
            "ReadShareGroupStateRequest.Topics",
            |reader| ReadStateData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadShareGroupStateRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(true, &self.group_id, "ReadShareGroupStateRequest.GroupId")?;
        writer.write_array(
            true,
            &self.topics,
            "ReadShareGroupStateRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ReadShareGroupStateRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            ReadStateData::sample(version, nulls),
            ReadStateData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl ReadStateData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ReadStateData.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "ReadStateData.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadStateData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ReadStateData.Partitions",
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
impl ReadStateData {
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

/// Part of [`ReadShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
    pub leader_epoch: i32,
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionData.Partition")?;
        value.leader_epoch = reader.read_i32("PartitionData.LeaderEpoch")?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_i32(self.leader_epoch);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        9
    }
}

#[cfg(test)]
impl PartitionData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.leader_epoch = 0x0102_0312;
        value
    }
}

impl Request for ReadShareGroupStateRequest {
    type Response = ReadShareGroupStateResponse;
    const KEY: ApiKey = ApiKey::ReadShareGroupState;
}

/// ReadShareGroupStateResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadShareGroupStateResponse {
    pub results: Vec<ReadStateResult>,
}

impl Message for ReadShareGroupStateResponse {
    const NAME: &'static str = "ReadShareGroupStateResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.results = reader.read_array(
            true,
            ReadStateResult::encoded_bytes_min(version),
            "ReadShareGroupStateResponse.Results",
            |reader| ReadStateResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadShareGroupStateResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.results,
            "ReadShareGroupStateResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ReadShareGroupStateResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.results = vec![
            ReadStateResult::sample(version, nulls),
            ReadStateResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl ReadStateResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ReadStateResult.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionResult::encoded_bytes_min(version),
            "ReadStateResult.Partitions",
            |reader| PartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadStateResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ReadStateResult.Partitions",
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
impl ReadStateResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![
            PartitionResult::sample(version, nulls),
            PartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub state_epoch: i32,
    pub start_offset: i64,
    pub state_batches: Vec<StateBatch>,
}

impl PartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionResult.Partition")?;
        value.error_code = reader.read_i16("PartitionResult.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "PartitionResult.ErrorMessage")?;
        value.state_epoch = reader.read_i32("PartitionResult.StateEpoch")?;
        value.start_offset = reader.read_i64("PartitionResult.StartOffset")?;
        value.state_batches = reader.read_array(
            true,
            StateBatch::encoded_bytes_min(version),
            "PartitionResult.StateBatches",
            |reader| StateBatch::decode(reader, version),
        )?;
        reader.skip_tagged_fields("PartitionResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "PartitionResult.ErrorMessage",
        )?;
        writer.write_i32(self.state_epoch);
        writer.write_i64(self.start_offset);
        writer.write_array(
            true,
            &self.state_batches,
            "PartitionResult.StateBatches",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        21
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PartitionResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.state_epoch = 0x0102_0314;
        value.start_offset = 0x0102_0304_0506_0715;
        value.state_batches = vec![
            StateBatch::sample(version, nulls),
            StateBatch::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_state: i8,
    pub delivery_count: i16,
}

impl StateBatch {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.first_offset = reader.read_i64("StateBatch.FirstOffset")?;
        value.last_offset = reader.read_i64("StateBatch.LastOffset")?;
        value.delivery_state = reader.read_i8("StateBatch.DeliveryState")?;
        value.delivery_count = reader.read_i16("StateBatch.DeliveryCount")?;
        reader.skip_tagged_fields("StateBatch")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.first_offset);
        writer.write_i64(self.last_offset);
        writer.write_i8(self.delivery_state);
        writer.write_i16(self.delivery_count);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        20
    }
}

#[cfg(test)]
impl StateBatch {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.first_offset = 0x0102_0304_0506_0711;
        value.last_offset = 0x0102_0304_0506_0712;
        value.delivery_state = 19;
        value.delivery_count = 20;
        value
    }
}
