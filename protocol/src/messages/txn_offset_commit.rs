//! The TxnOffsetCommit API (key 28), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// TxnOffsetCommitRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct TxnOffsetCommitRequest {
    pub transactional_id: String,
    pub group_id: String,
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// Field of versions 3 to 5.
    pub generation_id: i32,
    /// Field of versions 3 to 5.
    pub member_id: String,
    /// Field of versions 3 to 5.
    pub group_instance_id: Option<String>,
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: String::new(),
            group_id: String::new(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id: -1,
            member_id: String::new(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Message for TxnOffsetCommitRequest {
    const NAME: &'static str = "TxnOffsetCommitRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.transactional_id =
            reader.read_string(flexible, "TxnOffsetCommitRequest.TransactionalId")?;
        value.group_id = reader.read_string(flexible, "TxnOffsetCommitRequest.GroupId")?;
        value.producer_id = reader.read_i64("TxnOffsetCommitRequest.ProducerId")?;
        value.producer_epoch = reader.read_i16("TxnOffsetCommitRequest.ProducerEpoch")?;
        if version >= 3 {
            value.generation_id = reader.read_i32("TxnOffsetCommitRequest.GenerationId")?;
        }
        if version >= 3 {
            value.member_id = reader.read_string(true, "TxnOffsetCommitRequest.MemberId")?;
        }
        if version >= 3 {
            value.group_instance_id =
                reader.read_nullable_string(true, "TxnOffsetCommitRequest.GroupInstanceId")?;
        }
        value.topics = reader.read_array(
            flexible,
            TxnOffsetCommitRequestTopic::encoded_bytes_min(version),
            "TxnOffsetCommitRequest.Topics",
            |reader| TxnOffsetCommitRequestTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_string(
            flexible,
            &self.transactional_id,
            "TxnOffsetCommitRequest.TransactionalId",
        )?;
        writer.write_string(flexible, &self.group_id, "TxnOffsetCommitRequest.GroupId")?;
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        if version >= 3 {
            writer.write_i32(self.generation_id);
        }
        if version >= 3 {
            writer.write_string(true, &self.member_id, "TxnOffsetCommitRequest.MemberId")?;
        }
        if version >= 3 {
            writer.write_nullable_string(
                true,
                self.group_instance_id.as_deref(),
                "TxnOffsetCommitRequest.GroupInstanceId",
            )?;
        }
        writer.write_array(
            flexible,
            &self.topics,
            "TxnOffsetCommitRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 3 && self.generation_id != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "TxnOffsetCommitRequest.GenerationId",
                version,
            });
        }
        if version < 3 && !self.member_id.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "TxnOffsetCommitRequest.MemberId",
                version,
            });
        }
        if version < 3 && self.group_instance_id.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "TxnOffsetCommitRequest.GroupInstanceId",
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
impl TxnOffsetCommitRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.group_id = "group_id-18".to_owned();
        value.producer_id = 0x0102_0304_0506_0713;
        value.producer_epoch = 20;
        if version >= 3 {
            value.generation_id = 0x0102_0315;
        }
        if version >= 3 {
            value.member_id = "member_id-22".to_owned();
        }
        if version >= 3 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-23".to_owned())
            };
        }
        value.topics = vec![
            TxnOffsetCommitRequestTopic::sample(version, nulls),
            TxnOffsetCommitRequestTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`TxnOffsetCommitRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TxnOffsetCommitRequestTopic {
    pub name: String,
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl TxnOffsetCommitRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "TxnOffsetCommitRequestTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            TxnOffsetCommitRequestPartition::encoded_bytes_min(version),
            "TxnOffsetCommitRequestTopic.Partitions",
            |reader| TxnOffsetCommitRequestPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitRequestTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_string(flexible, &self.name, "TxnOffsetCommitRequestTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "TxnOffsetCommitRequestTopic.Partitions",
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
            ..=2 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl TxnOffsetCommitRequestTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            TxnOffsetCommitRequestPartition::sample(version, nulls),
            TxnOffsetCommitRequestPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`TxnOffsetCommitRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Field of versions 2 to 5.
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<String>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl TxnOffsetCommitRequestPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("TxnOffsetCommitRequestPartition.PartitionIndex")?;
        value.committed_offset =
            reader.read_i64("TxnOffsetCommitRequestPartition.CommittedOffset")?;
        if version >= 2 {
            value.committed_leader_epoch =
                reader.read_i32("TxnOffsetCommitRequestPartition.CommittedLeaderEpoch")?;
        }
        value.committed_metadata = reader.read_nullable_string(
            flexible,
            "TxnOffsetCommitRequestPartition.CommittedMetadata",
        )?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitRequestPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.committed_offset);
        if version >= 2 {
            writer.write_i32(self.committed_leader_epoch);
        }
        writer.write_nullable_string(
            flexible,
            self.committed_metadata.as_deref(),
            "TxnOffsetCommitRequestPartition.CommittedMetadata",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 14,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl TxnOffsetCommitRequestPartition {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.committed_offset = 0x0102_0304_0506_0712;
        if version >= 2 {
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

impl Request for TxnOffsetCommitRequest {
    type Response = TxnOffsetCommitResponse;
    const KEY: ApiKey = ApiKey::TxnOffsetCommit;
}

/// TxnOffsetCommitResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TxnOffsetCommitResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Message for TxnOffsetCommitResponse {
    const NAME: &'static str = "TxnOffsetCommitResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("TxnOffsetCommitResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            flexible,
            TxnOffsetCommitResponseTopic::encoded_bytes_min(version),
            "TxnOffsetCommitResponse.Topics",
            |reader| TxnOffsetCommitResponseTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.topics,
            "TxnOffsetCommitResponse.Topics",
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
impl TxnOffsetCommitResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            TxnOffsetCommitResponseTopic::sample(version, nulls),
            TxnOffsetCommitResponseTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`TxnOffsetCommitResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TxnOffsetCommitResponseTopic {
    pub name: String,
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl TxnOffsetCommitResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "TxnOffsetCommitResponseTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            TxnOffsetCommitResponsePartition::encoded_bytes_min(version),
            "TxnOffsetCommitResponseTopic.Partitions",
            |reader| TxnOffsetCommitResponsePartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitResponseTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_string(flexible, &self.name, "TxnOffsetCommitResponseTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "TxnOffsetCommitResponseTopic.Partitions",
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
            ..=2 => 6,
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
impl TxnOffsetCommitResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            TxnOffsetCommitResponsePartition::sample(version, nulls),
            TxnOffsetCommitResponsePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`TxnOffsetCommitResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TxnOffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl TxnOffsetCommitResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("TxnOffsetCommitResponsePartition.PartitionIndex")?;
        value.error_code = reader.read_i16("TxnOffsetCommitResponsePartition.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("TxnOffsetCommitResponsePartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
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
            ..=2 => 6,
            _ => 7,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl TxnOffsetCommitResponsePartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
