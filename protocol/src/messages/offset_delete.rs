//! The OffsetDelete API (key 47), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// OffsetDeleteRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteRequest {
    pub group_id: String,
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

impl Message for OffsetDeleteRequest {
    const NAME: &'static str = "OffsetDeleteRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(false, "OffsetDeleteRequest.GroupId")?;
        value.topics = reader.read_array(
            false,
            OffsetDeleteRequestTopic::encoded_bytes_min(version),
            "OffsetDeleteRequest.Topics",
            |reader| OffsetDeleteRequestTopic::decode(reader, version),
        )?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(false, &self.group_id, "OffsetDeleteRequest.GroupId")?;
        writer.write_array(
            false,
            &self.topics,
            "OffsetDeleteRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        Ok(())
    }
}

#[cfg(test)]
impl OffsetDeleteRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            OffsetDeleteRequestTopic::sample(version, nulls),
            OffsetDeleteRequestTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetDeleteRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteRequestTopic {
    pub name: String,
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

impl OffsetDeleteRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(false, "OffsetDeleteRequestTopic.Name")?;
        value.partitions = reader.read_array(
            false,
            OffsetDeleteRequestPartition::encoded_bytes_min(version),
            "OffsetDeleteRequestTopic.Partitions",
            |reader| OffsetDeleteRequestPartition::decode(reader, version),
        )?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(false, &self.name, "OffsetDeleteRequestTopic.Name")?;
        writer.write_array(
            false,
            &self.partitions,
            "OffsetDeleteRequestTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl OffsetDeleteRequestTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            OffsetDeleteRequestPartition::sample(version, nulls),
            OffsetDeleteRequestPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetDeleteRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteRequestPartition {
    pub partition_index: i32,
}

impl OffsetDeleteRequestPartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetDeleteRequestPartition.PartitionIndex")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        4
    }
}

#[cfg(test)]
impl OffsetDeleteRequestPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value
    }
}

impl Request for OffsetDeleteRequest {
    type Response = OffsetDeleteResponse;
    const KEY: ApiKey = ApiKey::OffsetDelete;
}

/// OffsetDeleteResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteResponse {
    pub error_code: i16,
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

impl Message for OffsetDeleteResponse {
    const NAME: &'static str = "OffsetDeleteResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.error_code = reader.read_i16("OffsetDeleteResponse.ErrorCode")?;
        value.throttle_time_ms = reader.read_i32("OffsetDeleteResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            false,
            OffsetDeleteResponseTopic::encoded_bytes_min(version),
            "OffsetDeleteResponse.Topics",
            |reader| OffsetDeleteResponseTopic::decode(reader, version),
        )?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i16(self.error_code);
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            false,
            &self.topics,
            "OffsetDeleteResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl OffsetDeleteResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.throttle_time_ms = 0x0102_0312;
        value.topics = vec![
            OffsetDeleteResponseTopic::sample(version, nulls),
            OffsetDeleteResponseTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetDeleteResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteResponseTopic {
    pub name: String,
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

impl OffsetDeleteResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(false, "OffsetDeleteResponseTopic.Name")?;
        value.partitions = reader.read_array(
            false,
            OffsetDeleteResponsePartition::encoded_bytes_min(version),
            "OffsetDeleteResponseTopic.Partitions",
            |reader| OffsetDeleteResponsePartition::decode(reader, version),
        )?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(false, &self.name, "OffsetDeleteResponseTopic.Name")?;
        writer.write_array(
            false,
            &self.partitions,
            "OffsetDeleteResponseTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl OffsetDeleteResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            OffsetDeleteResponsePartition::sample(version, nulls),
            OffsetDeleteResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetDeleteResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetDeleteResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl OffsetDeleteResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetDeleteResponsePartition.PartitionIndex")?;
        value.error_code = reader.read_i16("OffsetDeleteResponsePartition.ErrorCode")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl OffsetDeleteResponsePartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
