//! The AlterShareGroupOffsets API (key 91), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// AlterShareGroupOffsetsRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequest {
    pub group_id: String,
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
}

impl Message for AlterShareGroupOffsetsRequest {
    const NAME: &'static str = "AlterShareGroupOffsetsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "AlterShareGroupOffsetsRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            AlterShareGroupOffsetsRequestTopic::encoded_bytes_min(version),
            "AlterShareGroupOffsetsRequest.Topics",
            |reader| AlterShareGroupOffsetsRequestTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            true,
            &self.group_id,
            "AlterShareGroupOffsetsRequest.GroupId",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "AlterShareGroupOffsetsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl AlterShareGroupOffsetsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            AlterShareGroupOffsetsRequestTopic::sample(version, nulls),
            AlterShareGroupOffsetsRequestTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterShareGroupOffsetsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequestTopic {
    pub topic_name: String,
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
}

impl AlterShareGroupOffsetsRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "AlterShareGroupOffsetsRequestTopic.TopicName")?;
        value.partitions = reader.read_array(
            true,
            AlterShareGroupOffsetsRequestPartition::encoded_bytes_min(version),
            "AlterShareGroupOffsetsRequestTopic.Partitions",
            |reader| AlterShareGroupOffsetsRequestPartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsRequestTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "AlterShareGroupOffsetsRequestTopic.TopicName",
        )?;
        writer.write_array(
            true,
            &self.partitions,
            "AlterShareGroupOffsetsRequestTopic.Partitions",
            |writer, value| value.encode(writer, version),
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
impl AlterShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partitions = vec![
            AlterShareGroupOffsetsRequestPartition::sample(version, nulls),
            AlterShareGroupOffsetsRequestPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterShareGroupOffsetsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequestPartition {
    pub partition_index: i32,
    pub start_offset: i64,
}

impl AlterShareGroupOffsetsRequestPartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("AlterShareGroupOffsetsRequestPartition.PartitionIndex")?;
        value.start_offset =
            reader.read_i64("AlterShareGroupOffsetsRequestPartition.StartOffset")?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsRequestPartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i64(self.start_offset);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        13
    }
}

#[cfg(test)]
impl AlterShareGroupOffsetsRequestPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.start_offset = 0x0102_0304_0506_0712;
        value
    }
}

impl Request for AlterShareGroupOffsetsRequest {
    type Response = AlterShareGroupOffsetsResponse;
    const KEY: ApiKey = ApiKey::AlterShareGroupOffsets;
}

/// AlterShareGroupOffsetsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
}

impl Message for AlterShareGroupOffsetsResponse {
    const NAME: &'static str = "AlterShareGroupOffsetsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("AlterShareGroupOffsetsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("AlterShareGroupOffsetsResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "AlterShareGroupOffsetsResponse.ErrorMessage")?;
        value.responses = reader.read_array(
            true,
            AlterShareGroupOffsetsResponseTopic::encoded_bytes_min(version),
            "AlterShareGroupOffsetsResponse.Responses",
            |reader| AlterShareGroupOffsetsResponseTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "AlterShareGroupOffsetsResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.responses,
            "AlterShareGroupOffsetsResponse.Responses",
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
impl AlterShareGroupOffsetsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.responses = vec![
            AlterShareGroupOffsetsResponseTopic::sample(version, nulls),
            AlterShareGroupOffsetsResponseTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponseTopic {
    pub topic_name: String,
    pub topic_id: Uuid,
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
}

impl AlterShareGroupOffsetsResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "AlterShareGroupOffsetsResponseTopic.TopicName")?;
        value.topic_id = reader.read_uuid("AlterShareGroupOffsetsResponseTopic.TopicId")?;
        value.partitions = reader.read_array(
            true,
            AlterShareGroupOffsetsResponsePartition::encoded_bytes_min(version),
            "AlterShareGroupOffsetsResponseTopic.Partitions",
            |reader| AlterShareGroupOffsetsResponsePartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsResponseTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "AlterShareGroupOffsetsResponseTopic.TopicName",
        )?;
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "AlterShareGroupOffsetsResponseTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        19
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AlterShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.topic_id = Uuid::from_u128(18 << 64 | 5);
        value.partitions = vec![
            AlterShareGroupOffsetsResponsePartition::sample(version, nulls),
            AlterShareGroupOffsetsResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl AlterShareGroupOffsetsResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("AlterShareGroupOffsetsResponsePartition.PartitionIndex")?;
        value.error_code = reader.read_i16("AlterShareGroupOffsetsResponsePartition.ErrorCode")?;
        value.error_message = reader
            .read_nullable_string(true, "AlterShareGroupOffsetsResponsePartition.ErrorMessage")?;
        reader.skip_tagged_fields("AlterShareGroupOffsetsResponsePartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "AlterShareGroupOffsetsResponsePartition.ErrorMessage",
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
impl AlterShareGroupOffsetsResponsePartition {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
