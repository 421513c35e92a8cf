//! The DescribeShareGroupOffsets API (key 90), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DescribeShareGroupOffsetsRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsRequest {
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
}

impl Message for DescribeShareGroupOffsetsRequest {
    const NAME: &'static str = "DescribeShareGroupOffsetsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.groups = reader.read_array(
            true,
            DescribeShareGroupOffsetsRequestGroup::encoded_bytes_min(version),
            "DescribeShareGroupOffsetsRequest.Groups",
            |reader| DescribeShareGroupOffsetsRequestGroup::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.groups,
            "DescribeShareGroupOffsetsRequest.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeShareGroupOffsetsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.groups = vec![
            DescribeShareGroupOffsetsRequestGroup::sample(version, nulls),
            DescribeShareGroupOffsetsRequestGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeShareGroupOffsetsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    pub group_id: String,
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
}

impl Default for DescribeShareGroupOffsetsRequestGroup {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            topics: Some(Vec::new()),
        }
    }
}

impl DescribeShareGroupOffsetsRequestGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.group_id =
            reader.read_string(true, "DescribeShareGroupOffsetsRequestGroup.GroupId")?;
        value.topics = reader.read_nullable_array(
            true,
            DescribeShareGroupOffsetsRequestTopic::encoded_bytes_min(version),
            "DescribeShareGroupOffsetsRequestGroup.Topics",
            |reader| DescribeShareGroupOffsetsRequestTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsRequestGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.group_id,
            "DescribeShareGroupOffsetsRequestGroup.GroupId",
        )?;
        writer.write_nullable_array(
            true,
            self.topics.as_deref(),
            "DescribeShareGroupOffsetsRequestGroup.Topics",
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
impl DescribeShareGroupOffsetsRequestGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = if nulls {
            None
        } else {
            Some(vec![
                DescribeShareGroupOffsetsRequestTopic::sample(version, nulls),
                DescribeShareGroupOffsetsRequestTopic::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`DescribeShareGroupOffsetsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    pub topic_name: String,
    pub partitions: Vec<i32>,
}

impl DescribeShareGroupOffsetsRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "DescribeShareGroupOffsetsRequestTopic.TopicName")?;
        value.partitions = reader.read_array(
            true,
            4,
            "DescribeShareGroupOffsetsRequestTopic.Partitions",
            |reader| reader.read_i32("DescribeShareGroupOffsetsRequestTopic.Partitions"),
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsRequestTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "DescribeShareGroupOffsetsRequestTopic.TopicName",
        )?;
        writer.write_array(
            true,
            &self.partitions,
            "DescribeShareGroupOffsetsRequestTopic.Partitions",
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
impl DescribeShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for DescribeShareGroupOffsetsRequest {
    type Response = DescribeShareGroupOffsetsResponse;
    const KEY: ApiKey = ApiKey::DescribeShareGroupOffsets;
}

/// DescribeShareGroupOffsetsResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
}

impl Message for DescribeShareGroupOffsetsResponse {
    const NAME: &'static str = "DescribeShareGroupOffsetsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("DescribeShareGroupOffsetsResponse.ThrottleTimeMs")?;
        value.groups = reader.read_array(
            true,
            DescribeShareGroupOffsetsResponseGroup::encoded_bytes_min(version),
            "DescribeShareGroupOffsetsResponse.Groups",
            |reader| DescribeShareGroupOffsetsResponseGroup::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.groups,
            "DescribeShareGroupOffsetsResponse.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.groups
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeShareGroupOffsetsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.groups = vec![
            DescribeShareGroupOffsetsResponseGroup::sample(version, nulls),
            DescribeShareGroupOffsetsResponseGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    pub group_id: String,
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl DescribeShareGroupOffsetsResponseGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.group_id =
            reader.read_string(true, "DescribeShareGroupOffsetsResponseGroup.GroupId")?;
        value.topics = reader.read_array(
            true,
            DescribeShareGroupOffsetsResponseTopic::encoded_bytes_min(version),
            "DescribeShareGroupOffsetsResponseGroup.Topics",
            |reader| DescribeShareGroupOffsetsResponseTopic::decode(reader, version),
        )?;
        value.error_code = reader.read_i16("DescribeShareGroupOffsetsResponseGroup.ErrorCode")?;
        value.error_message = reader
            .read_nullable_string(true, "DescribeShareGroupOffsetsResponseGroup.ErrorMessage")?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsResponseGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.group_id,
            "DescribeShareGroupOffsetsResponseGroup.GroupId",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "DescribeShareGroupOffsetsResponseGroup.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribeShareGroupOffsetsResponseGroup.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeShareGroupOffsetsResponseGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            DescribeShareGroupOffsetsResponseTopic::sample(version, nulls),
            DescribeShareGroupOffsetsResponseTopic::sample(version, nulls),
        ];
        value.error_code = 19;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-20".to_owned())
        };
        value
    }
}

/// Part of [`DescribeShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    pub topic_name: String,
    pub topic_id: Uuid,
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
}

impl DescribeShareGroupOffsetsResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "DescribeShareGroupOffsetsResponseTopic.TopicName")?;
        value.topic_id = reader.read_uuid("DescribeShareGroupOffsetsResponseTopic.TopicId")?;
        value.partitions = reader.read_array(
            true,
            DescribeShareGroupOffsetsResponsePartition::encoded_bytes_min(version),
            "DescribeShareGroupOffsetsResponseTopic.Partitions",
            |reader| DescribeShareGroupOffsetsResponsePartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsResponseTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "DescribeShareGroupOffsetsResponseTopic.TopicName",
        )?;
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "DescribeShareGroupOffsetsResponseTopic.Partitions",
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
impl DescribeShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.topic_id = Uuid::from_u128(18 << 64 | 5);
        value.partitions = vec![
            DescribeShareGroupOffsetsResponsePartition::sample(version, nulls),
            DescribeShareGroupOffsetsResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub start_offset: i64,
    pub leader_epoch: i32,
    /// Field of version 1.
    pub lag: i64,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for DescribeShareGroupOffsetsResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            start_offset: 0,
            leader_epoch: 0,
            lag: -1,
            error_code: 0,
            error_message: None,
        }
    }
}

impl DescribeShareGroupOffsetsResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("DescribeShareGroupOffsetsResponsePartition.PartitionIndex")?;
        value.start_offset =
            reader.read_i64("DescribeShareGroupOffsetsResponsePartition.StartOffset")?;
        value.leader_epoch =
            reader.read_i32("DescribeShareGroupOffsetsResponsePartition.LeaderEpoch")?;
        if version >= 1 {
            value.lag = reader.read_i64("DescribeShareGroupOffsetsResponsePartition.Lag")?;
        }
        value.error_code =
            reader.read_i16("DescribeShareGroupOffsetsResponsePartition.ErrorCode")?;
        value.error_message = reader.read_nullable_string(
            true,
            "DescribeShareGroupOffsetsResponsePartition.ErrorMessage",
        )?;
        reader.skip_tagged_fields("DescribeShareGroupOffsetsResponsePartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i64(self.start_offset);
        writer.write_i32(self.leader_epoch);
        if version >= 1 {
            writer.write_i64(self.lag);
        }
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribeShareGroupOffsetsResponsePartition.ErrorMessage",
        )?;
        if version < 1 && self.lag != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeShareGroupOffsetsResponsePartition.Lag",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 20,
            _ => 28,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeShareGroupOffsetsResponsePartition {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.start_offset = 0x0102_0304_0506_0712;
        value.leader_epoch = 0x0102_0313;
        if version >= 1 {
            value.lag = 0x0102_0304_0506_0714;
        }
        value.error_code = 21;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-22".to_owned())
        };
        value
    }
}
