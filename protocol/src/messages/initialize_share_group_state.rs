//! The InitializeShareGroupState API (key 83), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// InitializeShareGroupStateRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InitializeShareGroupStateRequest {
    pub group_id: String,
    pub topics: Vec<InitializeStateData>,
}

impl Message for InitializeShareGroupStateRequest {
    const NAME: &'static str = "InitializeShareGroupStateRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "InitializeShareGroupStateRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            InitializeStateData::encoded_bytes_min(version),
            "InitializeShareGroupStateRequest.Topics",
            |reader| InitializeStateData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("InitializeShareGroupStateRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            true,
            &self.group_id,
            "InitializeShareGroupStateRequest.GroupId",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "InitializeShareGroupStateRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl InitializeShareGroupStateRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            InitializeStateData::sample(version, nulls),
            InitializeStateData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`InitializeShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InitializeStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl InitializeStateData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("InitializeStateData.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "InitializeStateData.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("InitializeStateData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "InitializeStateData.Partitions",
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
impl InitializeStateData {
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

/// Part of [`InitializeShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
    pub state_epoch: i32,
    pub start_offset: i64,
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionData.Partition")?;
        value.state_epoch = reader.read_i32("PartitionData.StateEpoch")?;
        value.start_offset = reader.read_i64("PartitionData.StartOffset")?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_i32(self.state_epoch);
        writer.write_i64(self.start_offset);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        17
    }
}

#[cfg(test)]
impl PartitionData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.state_epoch = 0x0102_0312;
        value.start_offset = 0x0102_0304_0506_0713;
        value
    }
}

impl Request for InitializeShareGroupStateRequest {
    type Response = InitializeShareGroupStateResponse;
    const KEY: ApiKey = ApiKey::InitializeShareGroupState;
}

/// InitializeShareGroupStateResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InitializeShareGroupStateResponse {
    pub results: Vec<InitializeStateResult>,
}

impl Message for InitializeShareGroupStateResponse {
    const NAME: &'static str = "InitializeShareGroupStateResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.results = reader.read_array(
            true,
            InitializeStateResult::encoded_bytes_min(version),
            "InitializeShareGroupStateResponse.Results",
            |reader| InitializeStateResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("InitializeShareGroupStateResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.results,
            "InitializeShareGroupStateResponse.Results",
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
impl InitializeShareGroupStateResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.results = vec![
            InitializeStateResult::sample(version, nulls),
            InitializeStateResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`InitializeShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InitializeStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl InitializeStateResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("InitializeStateResult.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionResult::encoded_bytes_min(version),
            "InitializeStateResult.Partitions",
            |reader| PartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("InitializeStateResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "InitializeStateResult.Partitions",
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
impl InitializeStateResult {
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

/// Part of [`InitializeShareGroupStateResponse`].
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
