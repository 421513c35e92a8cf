//! The DeleteShareGroupState API (key 86), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DeleteShareGroupStateRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupStateRequest {
    pub group_id: String,
    pub topics: Vec<DeleteStateData>,
}

impl Message for DeleteShareGroupStateRequest {
    const NAME: &'static str = "DeleteShareGroupStateRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "DeleteShareGroupStateRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            DeleteStateData::encoded_bytes_min(version),
            "DeleteShareGroupStateRequest.Topics",
            |reader| DeleteStateData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteShareGroupStateRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(true, &self.group_id, "DeleteShareGroupStateRequest.GroupId")?;
        writer.write_array(
            true,
            &self.topics,
            "DeleteShareGroupStateRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DeleteShareGroupStateRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            DeleteStateData::sample(version, nulls),
            DeleteStateData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl DeleteStateData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("DeleteStateData.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionData::encoded_bytes_min(version),
            "DeleteStateData.Partitions",
            |reader| PartitionData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteStateData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "DeleteStateData.Partitions",
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
impl DeleteStateData {
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

/// Part of [`DeleteShareGroupStateRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
}

impl PartitionData {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition = reader.read_i32("PartitionData.Partition")?;
        reader.skip_tagged_fields("PartitionData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }
}

#[cfg(test)]
impl PartitionData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value
    }
}

impl Request for DeleteShareGroupStateRequest {
    type Response = DeleteShareGroupStateResponse;
    const KEY: ApiKey = ApiKey::DeleteShareGroupState;
}

/// DeleteShareGroupStateResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupStateResponse {
    pub results: Vec<DeleteStateResult>,
}

impl Message for DeleteShareGroupStateResponse {
    const NAME: &'static str = "DeleteShareGroupStateResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.results = reader.read_array(
            true,
            DeleteStateResult::encoded_bytes_min(version),
            "DeleteShareGroupStateResponse.Results",
            |reader| DeleteStateResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteShareGroupStateResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.results,
            "DeleteShareGroupStateResponse.Results",
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
impl DeleteShareGroupStateResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.results = vec![
            DeleteStateResult::sample(version, nulls),
            DeleteStateResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteShareGroupStateResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl DeleteStateResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("DeleteStateResult.TopicId")?;
        value.partitions = reader.read_array(
            true,
            PartitionResult::encoded_bytes_min(version),
            "DeleteStateResult.Partitions",
            |reader| PartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteStateResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "DeleteStateResult.Partitions",
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
impl DeleteStateResult {
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

/// Part of [`DeleteShareGroupStateResponse`].
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
