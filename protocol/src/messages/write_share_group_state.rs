//! The WriteShareGroupState API (key 85), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// WriteShareGroupStateRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteShareGroupStateRequest {
    pub group_id: String,
    pub topics: Vec<WriteStateData>,
}

impl Message for WriteShareGroupStateRequest {
    const NAME: &'static str = "WriteShareGroupStateRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "WriteShareGroupStateRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            WriteStateData::encoded_bytes_min(version),
            "WriteShareGroupStateRequest.Topics",
            |reader| WriteStateData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteShareGroupStateRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(true, &self.group_id, "WriteShareGroupStateRequest.GroupId")?;
        writer.write_array(
            true,
            &self.topics,
            "WriteShareGroupStateRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl WriteShareGroupStateRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            WriteStateData::sample(version, nulls),
            WriteStateData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl WriteStateData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("WriteStateData.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "WriteStateData.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteStateData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "WriteStateData.Partitions",
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
impl WriteStateData {
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

/// Part of [`WriteShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionData {
    pub partition: i32,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    /// Field of version 1.
    pub delivery_complete_count: i32,
    pub state_batches: Vec<StateBatch>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition: 0,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
            state_batches: Vec::new(),
        }
    }
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionData.Partition")?;
        value.state_epoch = reader.read_i32("PartitionData.StateEpoch")?;
        value.leader_epoch = reader.read_i32("PartitionData.LeaderEpoch")?;
        value.start_offset = reader.read_i64("PartitionData.StartOffset")?;
        if version >= 1 {
            value.delivery_complete_count =
                reader.read_i32("PartitionData.DeliveryCompleteCount")?;
        }
        value.state_batches = reader.read_array(
            true,
            StateBatch::encoded_bytes_min(version),
            "PartitionData.StateBatches",
            |reader| StateBatch::decode(reader, version),
        )?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_i32(self.state_epoch);
        writer.write_i32(self.leader_epoch);
        writer.write_i64(self.start_offset);
        if version >= 1 {
            writer.write_i32(self.delivery_complete_count);
        }
        writer.write_array(
            true,
            &self.state_batches,
            "PartitionData.StateBatches",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 1 && self.delivery_complete_count != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionData.DeliveryCompleteCount",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 22,
            _ => 26,
        }
    }
}

#[cfg(test)]
impl PartitionData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.state_epoch = 0x0102_0312;
        value.leader_epoch = 0x0102_0313;
        value.start_offset = 0x0102_0304_0506_0714;
        if version >= 1 {
            value.delivery_complete_count = 0x0102_0315;
        }
        value.state_batches = vec![
            StateBatch::sample(version, nulls),
            StateBatch::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteShareGroupStateRequest`].
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

impl Request for WriteShareGroupStateRequest {
    type Response = WriteShareGroupStateResponse;
    const KEY: ApiKey = ApiKey::WriteShareGroupState;
}

/// WriteShareGroupStateResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteShareGroupStateResponse {
    pub results: Vec<WriteStateResult>,
}

impl Message for WriteShareGroupStateResponse {
    const NAME: &'static str = "WriteShareGroupStateResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.results = reader.read_array(
            true,
            WriteStateResult::encoded_bytes_min(version),
            "WriteShareGroupStateResponse.Results",
            |reader| WriteStateResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteShareGroupStateResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.results,
            "WriteShareGroupStateResponse.Results",
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
impl WriteShareGroupStateResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.results = vec![
            WriteStateResult::sample(version, nulls),
            WriteStateResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl WriteStateResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("WriteStateResult.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionResult::encoded_bytes_min(version),
            "WriteStateResult.Partitions",
            |reader| PartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteStateResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "WriteStateResult.Partitions",
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
impl WriteStateResult {
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

/// Part of [`WriteShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl PartitionResult {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionResult.Partition")?;
        value.error_code = reader.read_i16("PartitionResult.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "PartitionResult.ErrorMessage")?;
        reader.skip_tagged_fields("PartitionResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "PartitionResult.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        8
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PartitionResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
