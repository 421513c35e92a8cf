//! The OffsetForLeaderEpoch API (key 23), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// OffsetForLeaderEpochRequest of versions 2 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetForLeaderEpochRequest {
    /// Field of versions 3 to 4.
    pub replica_id: i32,
    pub topics: Vec<OffsetForLeaderTopic>,
}

impl Default for OffsetForLeaderEpochRequest {
    fn default() -> Self {
        Self {
            replica_id: -2,
            topics: Vec::new(),
        }
    }
}

impl Message for OffsetForLeaderEpochRequest {
    const NAME: &'static str = "OffsetForLeaderEpochRequest";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        if version >= 3 {
            value.replica_id = reader.read_i32("OffsetForLeaderEpochRequest.ReplicaId")?;
        }
        value.topics = reader.read_array(
            flexible,
            OffsetForLeaderTopic::encoded_bytes_min(version),
            "OffsetForLeaderEpochRequest.Topics",
            |reader| OffsetForLeaderTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetForLeaderEpochRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 3 {
            writer.write_i32(self.replica_id);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "OffsetForLeaderEpochRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl OffsetForLeaderEpochRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.replica_id = 0x0102_0311;
        }
        value.topics = vec![
            OffsetForLeaderTopic::sample(version, nulls),
            OffsetForLeaderTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetForLeaderEpochRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetForLeaderTopic {
    pub topic: String,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

impl OffsetForLeaderTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "OffsetForLeaderTopic.Topic")?;
        value.partitions = reader.read_array(
            flexible,
            OffsetForLeaderPartition::encoded_bytes_min(version),
            "OffsetForLeaderTopic.Partitions",
            |reader| OffsetForLeaderPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetForLeaderTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.topic, "OffsetForLeaderTopic.Topic")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "OffsetForLeaderTopic.Partitions",
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
            ..=3 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl OffsetForLeaderTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![
            OffsetForLeaderPartition::sample(version, nulls),
            OffsetForLeaderPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetForLeaderEpochRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    pub current_leader_epoch: i32,
    pub leader_epoch: i32,
}

impl Default for OffsetForLeaderPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            leader_epoch: 0,
        }
    }
}

impl OffsetForLeaderPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.partition = reader.read_i32("OffsetForLeaderPartition.Partition")?;
        value.current_leader_epoch =
            reader.read_i32("OffsetForLeaderPartition.CurrentLeaderEpoch")?;
        value.leader_epoch = reader.read_i32("OffsetForLeaderPartition.LeaderEpoch")?;
        if flexible {
            reader.skip_tagged_fields("OffsetForLeaderPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_i32(self.partition);
        writer.write_i32(self.current_leader_epoch);
        writer.write_i32(self.leader_epoch);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 12,
            _ => 13,
        }
    }
}

#[cfg(test)]
impl OffsetForLeaderPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition = 0x0102_0311;
        value.current_leader_epoch = 0x0102_0312;
        value.leader_epoch = 0x0102_0313;
        value
    }
}

impl Request for OffsetForLeaderEpochRequest {
    type Response = OffsetForLeaderEpochResponse;
    const KEY: ApiKey = ApiKey::OffsetForLeaderEpoch;
}

/// OffsetForLeaderEpochResponse of versions 2 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetForLeaderEpochResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

impl Message for OffsetForLeaderEpochResponse {
    const NAME: &'static str = "OffsetForLeaderEpochResponse";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("OffsetForLeaderEpochResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            flexible,
            OffsetForLeaderTopicResult::encoded_bytes_min(version),
            "OffsetForLeaderEpochResponse.Topics",
            |reader| OffsetForLeaderTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetForLeaderEpochResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.topics,
            "OffsetForLeaderEpochResponse.Topics",
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
impl OffsetForLeaderEpochResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            OffsetForLeaderTopicResult::sample(version, nulls),
            OffsetForLeaderTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetForLeaderEpochResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetForLeaderTopicResult {
    pub topic: String,
    pub partitions: Vec<EpochEndOffset>,
}

impl OffsetForLeaderTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "OffsetForLeaderTopicResult.Topic")?;
        value.partitions = reader.read_array(
            flexible,
            EpochEndOffset::encoded_bytes_min(version),
            "OffsetForLeaderTopicResult.Partitions",
            |reader| EpochEndOffset::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("OffsetForLeaderTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.topic, "OffsetForLeaderTopicResult.Topic")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "OffsetForLeaderTopicResult.Partitions",
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
            ..=3 => 6,
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
impl OffsetForLeaderTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![
            EpochEndOffset::sample(version, nulls),
            EpochEndOffset::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`OffsetForLeaderEpochResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct EpochEndOffset {
    pub error_code: i16,
    pub partition: i32,
    pub leader_epoch: i32,
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition: 0,
            leader_epoch: -1,
            end_offset: -1,
        }
    }
}

impl EpochEndOffset {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.error_code = reader.read_i16("EpochEndOffset.ErrorCode")?;
        value.partition = reader.read_i32("EpochEndOffset.Partition")?;
        value.leader_epoch = reader.read_i32("EpochEndOffset.LeaderEpoch")?;
        value.end_offset = reader.read_i64("EpochEndOffset.EndOffset")?;
        if flexible {
            reader.skip_tagged_fields("EpochEndOffset")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_i16(self.error_code);
        writer.write_i32(self.partition);
        writer.write_i32(self.leader_epoch);
        writer.write_i64(self.end_offset);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 18,
            _ => 19,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl EpochEndOffset {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.partition = 0x0102_0312;
        value.leader_epoch = 0x0102_0313;
        value.end_offset = 0x0102_0304_0506_0714;
        value
    }
}
