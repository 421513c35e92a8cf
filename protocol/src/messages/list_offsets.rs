//! The ListOffsets API (key 2), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ListOffsetsRequest of versions 1 to 11.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListOffsetsRequest {
    pub replica_id: i32,
    /// Field of versions 2 to 11.
    pub isolation_level: i8,
    pub topics: Vec<ListOffsetsTopic>,
    /// Field of versions 10 to 11.
    pub timeout_ms: i32,
}

impl Message for ListOffsetsRequest {
    const NAME: &'static str = "ListOffsetsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 11;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        value.replica_id = reader.read_i32("ListOffsetsRequest.ReplicaId")?;
        if version >= 2 {
            value.isolation_level = reader.read_i8("ListOffsetsRequest.IsolationLevel")?;
        }
        value.topics = reader.read_array(
            flexible,
            ListOffsetsTopic::encoded_bytes_min(version),
            "ListOffsetsRequest.Topics",
            |reader| ListOffsetsTopic::decode(reader, version),
        )?;
        if version >= 10 {
            value.timeout_ms = reader.read_i32("ListOffsetsRequest.TimeoutMs")?;
        }
        if flexible {
            reader.skip_tagged_fields("ListOffsetsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        writer.write_i32(self.replica_id);
        if version >= 2 {
            writer.write_i8(self.isolation_level);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "ListOffsetsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 10 {
            writer.write_i32(self.timeout_ms);
        }
        if version < 2 && self.isolation_level != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListOffsetsRequest.IsolationLevel",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl ListOffsetsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.replica_id = 0x0102_0311;
        if version >= 2 {
            value.isolation_level = 18;
        }
        value.topics = vec![
            ListOffsetsTopic::sample(version, nulls),
            ListOffsetsTopic::sample(version, nulls),
        ];
        if version >= 10 {
            value.timeout_ms = 0x0102_0314;
        }
        value
    }
}

/// Part of [`ListOffsetsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListOffsetsTopic {
    pub name: String,
    pub partitions: Vec<ListOffsetsPartition>,
}

impl ListOffsetsTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "ListOffsetsTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            ListOffsetsPartition::encoded_bytes_min(version),
            "ListOffsetsTopic.Partitions",
            |reader| ListOffsetsPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ListOffsetsTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(flexible, &self.name, "ListOffsetsTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "ListOffsetsTopic.Partitions",
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
            ..=5 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl ListOffsetsTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            ListOffsetsPartition::sample(version, nulls),
            ListOffsetsPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListOffsetsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct ListOffsetsPartition {
    pub partition_index: i32,
    /// Field of versions 4 to 11.
    pub current_leader_epoch: i32,
    pub timestamp: i64,
}

impl Default for ListOffsetsPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            current_leader_epoch: -1,
            timestamp: 0,
        }
    }
}

impl ListOffsetsPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("ListOffsetsPartition.PartitionIndex")?;
        if version >= 4 {
            value.current_leader_epoch =
                reader.read_i32("ListOffsetsPartition.CurrentLeaderEpoch")?;
        }
        value.timestamp = reader.read_i64("ListOffsetsPartition.Timestamp")?;
        if flexible {
            reader.skip_tagged_fields("ListOffsetsPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_i32(self.partition_index);
        if version >= 4 {
            writer.write_i32(self.current_leader_epoch);
        }
        writer.write_i64(self.timestamp);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 12,
            4..=5 => 16,
            _ => 17,
        }
    }
}

#[cfg(test)]
impl ListOffsetsPartition {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        if version >= 4 {
            value.current_leader_epoch = 0x0102_0312;
        }
        value.timestamp = 0x0102_0304_0506_0713;
        value
    }
}

impl Request for ListOffsetsRequest {
    type Response = ListOffsetsResponse;
    const KEY: ApiKey = ApiKey::ListOffsets;
}

/// ListOffsetsResponse of versions 1 to 11.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListOffsetsResponse {
    /// Field of versions 2 to 11.
    pub throttle_time_ms: i32,
    pub topics: Vec<ListOffsetsTopicResponse>,
}

impl Message for ListOffsetsResponse {
    const NAME: &'static str = "ListOffsetsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 11;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        if version >= 2 {
            value.throttle_time_ms = reader.read_i32("ListOffsetsResponse.ThrottleTimeMs")?;
        }
        value.topics = reader.read_array(
            flexible,
            ListOffsetsTopicResponse::encoded_bytes_min(version),
            "ListOffsetsResponse.Topics",
            |reader| ListOffsetsTopicResponse::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ListOffsetsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 2 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "ListOffsetsResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ListOffsetsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 2 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.topics = vec![
            ListOffsetsTopicResponse::sample(version, nulls),
            ListOffsetsTopicResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListOffsetsTopicResponse {
    pub name: String,
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

impl ListOffsetsTopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "ListOffsetsTopicResponse.Name")?;
        value.partitions = reader.read_array(
            flexible,
            ListOffsetsPartitionResponse::encoded_bytes_min(version),
            "ListOffsetsTopicResponse.Partitions",
            |reader| ListOffsetsPartitionResponse::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ListOffsetsTopicResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(flexible, &self.name, "ListOffsetsTopicResponse.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "ListOffsetsTopicResponse.Partitions",
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
            ..=5 => 6,
            _ => 3,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ListOffsetsTopicResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            ListOffsetsPartitionResponse::sample(version, nulls),
            ListOffsetsPartitionResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListOffsetsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ListOffsetsPartitionResponse {
    pub partition_index: i32,
    pub error_code: i16,
    pub timestamp: i64,
    pub offset: i64,
    /// Field of versions 4 to 11.
    pub leader_epoch: i32,
}

impl Default for ListOffsetsPartitionResponse {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            timestamp: -1,
            offset: -1,
            leader_epoch: -1,
        }
    }
}

impl ListOffsetsPartitionResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("ListOffsetsPartitionResponse.PartitionIndex")?;
        value.error_code = reader.read_i16("ListOffsetsPartitionResponse.ErrorCode")?;
        value.timestamp = reader.read_i64("ListOffsetsPartitionResponse.Timestamp")?;
        value.offset = reader.read_i64("ListOffsetsPartitionResponse.Offset")?;
        if version >= 4 {
            value.leader_epoch = reader.read_i32("ListOffsetsPartitionResponse.LeaderEpoch")?;
        }
        if flexible {
            reader.skip_tagged_fields("ListOffsetsPartitionResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_i64(self.timestamp);
        writer.write_i64(self.offset);
        if version >= 4 {
            writer.write_i32(self.leader_epoch);
        }
        if version < 4 && self.leader_epoch != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListOffsetsPartitionResponse.LeaderEpoch",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 22,
            4..=5 => 26,
            _ => 27,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ListOffsetsPartitionResponse {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value.timestamp = 0x0102_0304_0506_0713;
        value.offset = 0x0102_0304_0506_0714;
        if version >= 4 {
            value.leader_epoch = 0x0102_0315;
        }
        value
    }
}
