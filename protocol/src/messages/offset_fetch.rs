//! The OffsetFetch API (key 9), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// OffsetFetchRequest of versions 1 to 10.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetFetchRequest {
    /// Field of versions 1 to 7.
    pub group_id: String,
    /// Field of versions 1 to 7.
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// Field of versions 8 to 10.
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Field of versions 7 to 10.
    pub require_stable: bool,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            topics: Some(Vec::new()),
            groups: Vec::new(),
            require_stable: false,
        }
    }
}

impl Message for OffsetFetchRequest {
    const NAME: &'static str = "OffsetFetchRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        if version <= 7 {
            value.group_id = reader.read_string(flexible, "OffsetFetchRequest.GroupId")?;
        }
        if version <= 7 {
            value.topics = if version >= 2 {
                reader.read_nullable_array(
                    flexible,
                    OffsetFetchRequestTopic::encoded_bytes_min(version),
                    "OffsetFetchRequest.Topics",
                    |reader| OffsetFetchRequestTopic::decode(reader, version),
                )?
            } else {
                Some(reader.read_array(
                    flexible,
                    OffsetFetchRequestTopic::encoded_bytes_min(version),
                    "OffsetFetchRequest.Topics",
                    |reader| OffsetFetchRequestTopic::decode(reader, version),
                )?)
            };
        }
        if version >= 8 {
            value.groups = reader.read_array(
                true,
                OffsetFetchRequestGroup::encoded_bytes_min(version),
                "OffsetFetchRequest.Groups",
                |reader| OffsetFetchRequestGroup::decode(reader, version),
            )?;
        }
        if version >= 7 {
            value.require_stable = reader.read_bool("OffsetFetchRequest.RequireStable")?;
        }
        if flexible {
            reader.skip_tagged_fields("OffsetFetchRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        if version <= 7 {
            writer.write_string(flexible, &self.group_id, "OffsetFetchRequest.GroupId")?;
        }
        if version <= 7 {
            if version < 2 && self.topics.is_none() {
                return Err(EncodeError::UnexpectedNull {
                    what: "OffsetFetchRequest.Topics",
                    version,
                });
            }
            writer.write_nullable_array(
                flexible,
                self.topics.as_deref(),
                "OffsetFetchRequest.Topics",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version >= 8 {
            writer.write_array(
                true,
                &self.groups,
                "OffsetFetchRequest.Groups",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version >= 7 {
            writer.write_bool(self.require_stable);
        }
        if version > 7 && !self.group_id.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchRequest.GroupId",
                version,
            });
        }
        if version > 7 && self.topics.as_ref().is_none_or(|value| !value.is_empty()) {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchRequest.Topics",
                version,
            });
        }
        if version < 8 && !self.groups.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchRequest.Groups",
                version,
            });
        }
        if version < 7 && self.require_stable {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchRequest.RequireStable",
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
impl OffsetFetchRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 7 {
            value.group_id = "group_id-17".to_owned();
        }
        if version <= 7 {
            value.topics = if nulls && version >= 2 {
                None
            } else {
                Some(vec![
                    OffsetFetchRequestTopic::sample(version, nulls),
                    OffsetFetchRequestTopic::sample(version, nulls),
                ])
            };
        }
        if version >= 8 {
            value.groups = vec![
                OffsetFetchRequestGroup::sample(version, nulls),
                OffsetFetchRequestGroup::sample(version, nulls),
            ];
        }
        if version >= 7 {
            value.require_stable = true;
        }
        value
    }
}

/// Part of [`OffsetFetchRequest`] of versions 1 to 7.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchRequestTopic {
    pub name: String,
    pub partition_indexes: Vec<i32>,
}

impl OffsetFetchRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "OffsetFetchRequestTopic.Name")?;
        value.partition_indexes = reader.read_array(
            flexible,
            4,
            "OffsetFetchRequestTopic.PartitionIndexes",
            |reader| reader.read_i32("OffsetFetchRequestTopic.PartitionIndexes"),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetFetchRequestTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(flexible, &self.name, "OffsetFetchRequestTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partition_indexes,
            "OffsetFetchRequestTopic.PartitionIndexes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
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
impl OffsetFetchRequestTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partition_indexes = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

/// Part of [`OffsetFetchRequest`] of versions 8 to 10.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: String,
    /// Field of versions 9 to 10.
    pub member_id: Option<String>,
    /// Field of versions 9 to 10.
    pub member_epoch: i32,
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: None,
            member_epoch: -1,
            topics: Some(Vec::new()),
        }
    }
}

impl OffsetFetchRequestGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "OffsetFetchRequestGroup.GroupId")?;
        if version >= 9 {
            value.member_id =
                reader.read_nullable_string(true, "OffsetFetchRequestGroup.MemberId")?;
        }
        if version >= 9 {
            value.member_epoch = reader.read_i32("OffsetFetchRequestGroup.MemberEpoch")?;
        }
        value.topics = reader.read_nullable_array(
            true,
            OffsetFetchRequestTopics::encoded_bytes_min(version),
            "OffsetFetchRequestGroup.Topics",
            |reader| OffsetFetchRequestTopics::decode(reader, version),
        )?;
        reader.skip_tagged_fields("OffsetFetchRequestGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.group_id, "OffsetFetchRequestGroup.GroupId")?;
        if version >= 9 {
            writer.write_nullable_string(
                true,
                self.member_id.as_deref(),
                "OffsetFetchRequestGroup.MemberId",
            )?;
        }
        if version >= 9 {
            writer.write_i32(self.member_epoch);
        }
        writer.write_nullable_array(
            true,
            self.topics.as_deref(),
            "OffsetFetchRequestGroup.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=8 => 3,
            _ => 8,
        }
    }
}

#[cfg(test)]
impl OffsetFetchRequestGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        if version >= 9 {
            value.member_id = if nulls {
                None
            } else {
                Some("member_id-18".to_owned())
            };
        }
        if version >= 9 {
            value.member_epoch = 0x0102_0313;
        }
        value.topics = if nulls {
            None
        } else {
            Some(vec![
                OffsetFetchRequestTopics::sample(version, nulls),
                OffsetFetchRequestTopics::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`OffsetFetchRequest`] of versions 8 to 10.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchRequestTopics {
    /// Field of versions 8 to 9.
    pub name: String,
    /// Field of version 10.
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

impl OffsetFetchRequestTopics {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        if version <= 9 {
            value.name = reader.read_string(true, "OffsetFetchRequestTopics.Name")?;
        }
        if version >= 10 {
            value.topic_id = reader.read_uuid("OffsetFetchRequestTopics.TopicId")?;
        }
        value.partition_indexes = reader.read_array(
            true,
            4,
            "OffsetFetchRequestTopics.PartitionIndexes",
            |reader| reader.read_i32("OffsetFetchRequestTopics.PartitionIndexes"),
        )?;
        reader.skip_tagged_fields("OffsetFetchRequestTopics")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version <= 9 {
            writer.write_string(true, &self.name, "OffsetFetchRequestTopics.Name")?;
        }
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            true,
            &self.partition_indexes,
            "OffsetFetchRequestTopics.PartitionIndexes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=9 => 3,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl OffsetFetchRequestTopics {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 9 {
            value.name = "name-17".to_owned();
        }
        if version >= 10 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partition_indexes = vec![0x0102_0313, 0x0102_033b];
        value
    }
}

impl Request for OffsetFetchRequest {
    type Response = OffsetFetchResponse;
    const KEY: ApiKey = ApiKey::OffsetFetch;
}

/// OffsetFetchResponse of versions 1 to 10.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchResponse {
    /// Field of versions 3 to 10.
    pub throttle_time_ms: i32,
    /// Field of versions 1 to 7.
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// Field of versions 2 to 7.
    pub error_code: i16,
    /// Field of versions 8 to 10.
    pub groups: Vec<OffsetFetchResponseGroup>,
}

impl Message for OffsetFetchResponse {
    const NAME: &'static str = "OffsetFetchResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = reader.read_i32("OffsetFetchResponse.ThrottleTimeMs")?;
        }
        if version <= 7 {
            value.topics = reader.read_array(
                flexible,
                OffsetFetchResponseTopic::encoded_bytes_min(version),
                "OffsetFetchResponse.Topics",
                |reader| OffsetFetchResponseTopic::decode(reader, version),
            )?;
        }
        if (2..=7).contains(&version) {
            value.error_code = reader.read_i16("OffsetFetchResponse.ErrorCode")?;
        }
        if version >= 8 {
            value.groups = reader.read_array(
                true,
                OffsetFetchResponseGroup::encoded_bytes_min(version),
                "OffsetFetchResponse.Groups",
                |reader| OffsetFetchResponseGroup::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("OffsetFetchResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 3 {
            writer.write_i32(self.throttle_time_ms);
        }
        if version <= 7 {
            writer.write_array(
                flexible,
                &self.topics,
                "OffsetFetchResponse.Topics",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if (2..=7).contains(&version) {
            writer.write_i16(self.error_code);
        }
        if version >= 8 {
            writer.write_array(
                true,
                &self.groups,
                "OffsetFetchResponse.Groups",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version > 7 && !self.topics.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchResponse.Topics",
                version,
            });
        }
        if version < 8 && !self.groups.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "OffsetFetchResponse.Groups",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
        visit(self.error_code);
        self.groups
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl OffsetFetchResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = 0x0102_0311;
        }
        if version <= 7 {
            value.topics = vec![
                OffsetFetchResponseTopic::sample(version, nulls),
                OffsetFetchResponseTopic::sample(version, nulls),
            ];
        }
        if (2..=7).contains(&version) {
            value.error_code = 19;
        }
        if version >= 8 {
            value.groups = vec![
                OffsetFetchResponseGroup::sample(version, nulls),
                OffsetFetchResponseGroup::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`OffsetFetchResponse`] of versions 1 to 7.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchResponseTopic {
    pub name: String,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl OffsetFetchResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "OffsetFetchResponseTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            OffsetFetchResponsePartition::encoded_bytes_min(version),
            "OffsetFetchResponseTopic.Partitions",
            |reader| OffsetFetchResponsePartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetFetchResponseTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(flexible, &self.name, "OffsetFetchResponseTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "OffsetFetchResponseTopic.Partitions",
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
impl OffsetFetchResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            OffsetFetchResponsePartition::sample(version, nulls),
            OffsetFetchResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetFetchResponse`] of versions 1 to 7.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Field of versions 5 to 7.
    pub committed_leader_epoch: i32,
    pub metadata: Option<String>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: 0,
        }
    }
}

impl OffsetFetchResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetFetchResponsePartition.PartitionIndex")?;
        value.committed_offset = reader.read_i64("OffsetFetchResponsePartition.CommittedOffset")?;
        if version >= 5 {
            value.committed_leader_epoch =
                reader.read_i32("OffsetFetchResponsePartition.CommittedLeaderEpoch")?;
        }
        value.metadata =
            reader.read_nullable_string(flexible, "OffsetFetchResponsePartition.Metadata")?;
        value.error_code = reader.read_i16("OffsetFetchResponsePartition.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("OffsetFetchResponsePartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.committed_offset);
        if version >= 5 {
            writer.write_i32(self.committed_leader_epoch);
        }
        writer.write_nullable_string(
            flexible,
            self.metadata.as_deref(),
            "OffsetFetchResponsePartition.Metadata",
        )?;
        writer.write_i16(self.error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 16,
            _ => 20,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl OffsetFetchResponsePartition {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.committed_offset = 0x0102_0304_0506_0712;
        if version >= 5 {
            value.committed_leader_epoch = 0x0102_0313;
        }
        value.metadata = if nulls {
            None
        } else {
            Some("metadata-20".to_owned())
        };
        value.error_code = 21;
        value
    }
}

/// Part of [`OffsetFetchResponse`] of versions 8 to 10.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchResponseGroup {
    pub group_id: String,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: i16,
}

impl OffsetFetchResponseGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "OffsetFetchResponseGroup.GroupId")?;
        value.topics = reader.read_array(
            true,
            OffsetFetchResponseTopics::encoded_bytes_min(version),
            "OffsetFetchResponseGroup.Topics",
            |reader| OffsetFetchResponseTopics::decode(reader, version),
        )?;
        value.error_code = reader.read_i16("OffsetFetchResponseGroup.ErrorCode")?;
        reader.skip_tagged_fields("OffsetFetchResponseGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.group_id, "OffsetFetchResponseGroup.GroupId")?;
        writer.write_array(
            true,
            &self.topics,
            "OffsetFetchResponseGroup.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i16(self.error_code);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
        visit(self.error_code);
    }
}

#[cfg(test)]
impl OffsetFetchResponseGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            OffsetFetchResponseTopics::sample(version, nulls),
            OffsetFetchResponseTopics::sample(version, nulls),
        ];
        value.error_code = 19;
        value
    }
}

/// Part of [`OffsetFetchResponse`] of versions 8 to 10.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetFetchResponseTopics {
    /// Field of versions 8 to 9.
    pub name: String,
    /// Field of version 10.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl OffsetFetchResponseTopics {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        if version <= 9 {
            value.name = reader.read_string(true, "OffsetFetchResponseTopics.Name")?;
        }
        if version >= 10 {
            value.topic_id = reader.read_uuid("OffsetFetchResponseTopics.TopicId")?;
        }
        value.partitions = reader.read_array(
            true,
            OffsetFetchResponsePartitions::encoded_bytes_min(version),
            "OffsetFetchResponseTopics.Partitions",
            |reader| OffsetFetchResponsePartitions::decode(reader, version),
        )?;
        reader.skip_tagged_fields("OffsetFetchResponseTopics")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version <= 9 {
            writer.write_string(true, &self.name, "OffsetFetchResponseTopics.Name")?;
        }
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_array(
            true,
            &self.partitions,
            "OffsetFetchResponseTopics.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=9 => 3,
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
impl OffsetFetchResponseTopics {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 9 {
            value.name = "name-17".to_owned();
        }
        if version >= 10 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.partitions = vec![
            OffsetFetchResponsePartitions::sample(version, nulls),
            OffsetFetchResponsePartitions::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetFetchResponse`] of versions 8 to 10.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32,
    pub metadata: Option<String>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: 0,
        }
    }
}

impl OffsetFetchResponsePartitions {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OffsetFetchResponsePartitions.PartitionIndex")?;
        value.committed_offset =
            reader.read_i64("OffsetFetchResponsePartitions.CommittedOffset")?;
        value.committed_leader_epoch =
            reader.read_i32("OffsetFetchResponsePartitions.CommittedLeaderEpoch")?;
        value.metadata =
            reader.read_nullable_string(true, "OffsetFetchResponsePartitions.Metadata")?;
        value.error_code = reader.read_i16("OffsetFetchResponsePartitions.ErrorCode")?;
        reader.skip_tagged_fields("OffsetFetchResponsePartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i64(self.committed_offset);
        writer.write_i32(self.committed_leader_epoch);
        writer.write_nullable_string(
            true,
            self.metadata.as_deref(),
            "OffsetFetchResponsePartitions.Metadata",
        )?;
        writer.write_i16(self.error_code);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        20
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl OffsetFetchResponsePartitions {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.committed_offset = 0x0102_0304_0506_0712;
        value.committed_leader_epoch = 0x0102_0313;
        value.metadata = if nulls {
            None
        } else {
            Some("metadata-20".to_owned())
        };
        value.error_code = 21;
        value
    }
}
