//! The ReadShareGroupStateSummary API (key 87), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ReadShareGroupStateSummaryRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadShareGroupStateSummaryRequest {
    pub group_id: String,
    pub topics: Vec<ReadStateSummaryData>,
}

impl Message for ReadShareGroupStateSummaryRequest {
    const NAME: &'static str = "ReadShareGroupStateSummaryRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "ReadShareGroupStateSummaryRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            ReadStateSummaryData::encoded_bytes_min(version),
            "ReadShareGroupStateSummaryRequest.Topics",
            |reader| ReadStateSummaryData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadShareGroupStateSummaryRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            true,
            &self.group_id,
            "ReadShareGroupStateSummaryRequest.GroupId",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "ReadShareGroupStateSummaryRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ReadShareGroupStateSummaryRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            ReadStateSummaryData::sample(version, nulls),
            ReadStateSummaryData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateSummaryRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadStateSummaryData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl ReadStateSummaryData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ReadStateSummaryData.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "ReadStateSummaryData.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadStateSummaryData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ReadStateSummaryData.Partitions",
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
impl ReadStateSummaryData {
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

/// Part of [`ReadShareGroupStateSummaryRequest`].
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

impl Request for ReadShareGroupStateSummaryRequest {
    type Response = ReadShareGroupStateSummaryResponse;
    const KEY: ApiKey = ApiKey::ReadShareGroupStateSummary;
}

/// ReadShareGroupStateSummaryResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadShareGroupStateSummaryResponse {
    pub results: Vec<ReadStateSummaryResult>,
}

impl Message for ReadShareGroupStateSummaryResponse {
    const NAME: &'static str = "ReadShareGroupStateSummaryResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.results = reader.read_array(
            true,
            ReadStateSummaryResult::encoded_bytes_min(version),
            "ReadShareGroupStateSummaryResponse.Results",
            |reader| ReadStateSummaryResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadShareGroupStateSummaryResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.results,
            "ReadShareGroupStateSummaryResponse.Results",
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
impl ReadShareGroupStateSummaryResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.results = vec![
            ReadStateSummaryResult::sample(version, nulls),
            ReadStateSummaryResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ReadShareGroupStateSummaryResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadStateSummaryResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl ReadStateSummaryResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("ReadStateSummaryResult.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionResult::encoded_bytes_min(version),
            "ReadStateSummaryResult.Partitions",
            |reader| PartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReadStateSummaryResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "ReadStateSummaryResult.Partitions",
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
impl ReadStateSummaryResult {
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

/// Part of [`ReadShareGroupStateSummaryResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    /// Field of version 1.
    pub delivery_complete_count: i32,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self {
            partition: 0,
            error_code: 0,
            error_message: None,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
        }
    }
}

impl PartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionResult.Partition")?;
        value.error_code = reader.read_i16("PartitionResult.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "PartitionResult.ErrorMessage")?;
        value.state_epoch = reader.read_i32("PartitionResult.StateEpoch")?;
        value.leader_epoch = reader.read_i32("PartitionResult.LeaderEpoch")?;
        value.start_offset = reader.read_i64("PartitionResult.StartOffset")?;
        if version >= 1 {
            value.delivery_complete_count =
                reader.read_i32("PartitionResult.DeliveryCompleteCount")?;
        }
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
        writer.write_i32(self.leader_epoch);
        writer.write_i64(self.start_offset);
        if version >= 1 {
            writer.write_i32(self.delivery_complete_count);
        }
        if version < 1 && self.delivery_complete_count != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "PartitionResult.DeliveryCompleteCount",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 24,
            _ => 28,
        }
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
        value.leader_epoch = 0x0102_0315;
        value.start_offset = 0x0102_0304_0506_0716;
        if version >= 1 {
            value.delivery_complete_count = 0x0102_0317;
        }
        value
    }
}
