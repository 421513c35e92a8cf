//! The OffsetCommit API (key 8), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// OffsetCommitRequest of versions 2 to 10.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetCommitRequest {
    pub group_id: String,
    pub generation_id_or_member_epoch: i32,
    pub member_id: String,
    /// Field of versions 7 to 10.
    pub group_instance_id: Option<String>,
    /// Field of versions 2 to 4.
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            generation_id_or_member_epoch: -1,
            member_id: String::new(),
            group_instance_id: None,
            retention_time_ms: -1,
            topics: Vec::new(),
        }
    }
}

impl Message for OffsetCommitRequest {
    const NAME: &'static str = "OffsetCommitRequest";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 8;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "OffsetCommitRequest.GroupId")?;
        value.generation_id_or_member_epoch =
            reader.read_i32("OffsetCommitRequest.GenerationIdOrMemberEpoch")?;
        value.member_id = reader.read_string(flexible, "OffsetCommitRequest.MemberId")?;
        if version >= 7 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "OffsetCommitRequest.GroupInstanceId")?;
        }
        if version <= 4 {
            value.retention_time_ms = reader.read_i64("OffsetCommitRequest.RetentionTimeMs")?;
        }
        value.topics = reader.read_array(
            flexible,
            OffsetCommitRequestTopic::encoded_bytes_min(version),
            "OffsetCommitRequest.Topics",
            |reader| OffsetCommitRequestTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 8;
        writer.write_string(flexible, &self.group_id, "OffsetCommitRequest.GroupId")?;
        writer.write_i32(self.generation_id_or_member_epoch);
        writer.write_string(flexible, &self.member_id, "OffsetCommitRequest.MemberId")?;
        if version >= 7 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "OffsetCommitRequest.GroupInstanceId",
            )?;
        }
        if version <= 4 {
            writer.write_i64(self.retention_time_ms);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "OffsetCommitRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 7 && self.group_instance_id.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetCommitRequest.GroupInstanceId",
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
impl OffsetCommitRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.generation_id_or_member_epoch = 0x0102_0312;
        value.member_id = "member_id-19".to_owned();
        if version >= 7 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-20".to_owned())
            };
        }
        if version <= 4 {
            value.retention_time_ms = 0x0102_0304_0506_0715;
        }
        value.topics = vec![
            OffsetCommitRequestTopic::sample(version, nulls),
            OffsetCommitRequestTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetCommitRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetCommitRequestTopic {
    /// Field of versions 2 to 9.
    pub name: String,
    /// Field of version 10.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl OffsetCommitRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 8;
        let mut value = Self::default();
        if version <= 9 {
            value.name = reader.read_string(flexible, "OffsetCommitRequestTopic.Name")?;
        }
        if version >= 10 {
            value.topic_id = reader.read_uuid("OffsetCommitRequestTopic.TopicId")?;
        }
        value.partitions = reader.read_array(
            flexible,
            OffsetCommitRequestPartition::encoded_bytes_min(version),
            "OffsetCommitRequestTopic.Partitions",
            |reader| OffsetCommitRequestPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitRequestTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 8;
        if version <= 9 {
            writer.write_string(flexible, &self.name, "OffsetCommitRequestTopic.Name")?;
        }
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "OffsetCommitRequestTopic.Partitions",
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
            ..=7 => 6,
            8..=9 => 3,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl OffsetCommitRequestTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 9 {
            value.name = "name-17".to_owned();
        }
        if version >= 10 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![
            OffsetCommitRequestPartition::sample(version, nulls),
            OffsetCommitRequestPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetCommitRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Field of versions 6 to 10.
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<String>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl OffsetCommitRequestPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 8;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetCommitRequestPartition.PartitionIndex")?;
        value.committed_offset = reader.read_i64("OffsetCommitRequestPartition.CommittedOffset")?;
        if version >= 6 {
            value.committed_leader_epoch =
                reader.read_i32("OffsetCommitRequestPartition.CommittedLeaderEpoch")?;
        }
        value.committed_metadata = reader
            .read_nullable_string(flexible, "OffsetCommitRequestPartition.CommittedMetadata")?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitRequestPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 8;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.committed_offset);
        if version >= 6 {
            writer.write_i32(self.committed_leader_epoch);
        }
        writer.write_nullable_string(
            flexible,
            self.committed_metadata.as_deref(),
            "OffsetCommitRequestPartition.CommittedMetadata",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=5 => 14,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl OffsetCommitRequestPartition {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.committed_offset = 0x0102_0304_0506_0712;
        if version >= 6 {
            value.committed_leader_epoch = 0x0102_0313;
        }
        value.committed_metadata = if nulls {
            None
        } else {
            Some("committed_metadata-20".to_owned())
        };
        value
    }
}

impl Request for OffsetCommitRequest {
    type Response = OffsetCommitResponse;
    const KEY: ApiKey = ApiKey::OffsetCommit;
}

/// OffsetCommitResponse of versions 2 to 10.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetCommitResponse {
    /// Field of versions 3 to 10.
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Message for OffsetCommitResponse {
    const NAME: &'static str = "OffsetCommitResponse";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 8;
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = reader.read_i32("OffsetCommitResponse.ThrottleTimeMs")?;
        }
        value.topics = reader.read_array(
            flexible,
            OffsetCommitResponseTopic::encoded_bytes_min(version),
            "OffsetCommitResponse.Topics",
            |reader| OffsetCommitResponseTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 8;
        if version >= 3 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "OffsetCommitResponse.Topics",
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
impl OffsetCommitResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.topics = vec![
            OffsetCommitResponseTopic::sample(version, nulls),
            OffsetCommitResponseTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetCommitResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetCommitResponseTopic {
    /// Field of versions 2 to 9.
    pub name: String,
    /// Field of version 10.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl OffsetCommitResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 8;
        let mut value = Self::default();
        if version <= 9 {
            value.name = reader.read_string(flexible, "OffsetCommitResponseTopic.Name")?;
        }
        if version >= 10 {
            value.topic_id = reader.read_uuid("OffsetCommitResponseTopic.TopicId")?;
        }
        value.partitions = reader.read_array(
            flexible,
            OffsetCommitResponsePartition::encoded_bytes_min(version),
            "OffsetCommitResponseTopic.Partitions",
            |reader| OffsetCommitResponsePartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitResponseTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 8;
        if version <= 9 {
            writer.write_string(flexible, &self.name, "OffsetCommitResponseTopic.Name")?;
        }
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "OffsetCommitResponseTopic.Partitions",
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
            ..=7 => 6,
            8..=9 => 3,
            _ => 18,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl OffsetCommitResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 9 {
            value.name = "name-17".to_owned();
        }
        if version >= 10 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![
            OffsetCommitResponsePartition::sample(version, nulls),
            OffsetCommitResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetCommitResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl OffsetCommitResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 8;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetCommitResponsePartition.PartitionIndex")?;
        value.error_code = reader.read_i16("OffsetCommitResponsePartition.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("OffsetCommitResponsePartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 8;
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=7 => 6,
            _ => 7,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl OffsetCommitResponsePartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
