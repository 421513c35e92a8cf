//! The AlterReplicaLogDirs API (key 34), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AlterReplicaLogDirsRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDirsRequest {
    pub dirs: Vec<AlterReplicaLogDir>,
}

impl Message for AlterReplicaLogDirsRequest {
    const NAME: &'static str = "AlterReplicaLogDirsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.dirs = reader.read_array(
            flexible,
            AlterReplicaLogDir::encoded_bytes_min(version),
            "AlterReplicaLogDirsRequest.Dirs",
            |reader| AlterReplicaLogDir::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDirsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.dirs,
            "AlterReplicaLogDirsRequest.Dirs",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl AlterReplicaLogDirsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.dirs = vec![
            AlterReplicaLogDir::sample(version, nulls),
            AlterReplicaLogDir::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterReplicaLogDirsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDir {
    pub path: String,
    pub topics: Vec<AlterReplicaLogDirTopic>,
}

impl AlterReplicaLogDir {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.path = reader.read_string(flexible, "AlterReplicaLogDir.Path")?;
        value.topics = reader.read_array(
            flexible,
            AlterReplicaLogDirTopic::encoded_bytes_min(version),
            "AlterReplicaLogDir.Topics",
            |reader| AlterReplicaLogDirTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDir")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.path, "AlterReplicaLogDir.Path")?;
        writer.write_array(
            flexible,
            &self.topics,
            "AlterReplicaLogDir.Topics",
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
            ..=1 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl AlterReplicaLogDir {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.path = "path-17".to_owned();
        value.topics = vec![
            AlterReplicaLogDirTopic::sample(version, nulls),
            AlterReplicaLogDirTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterReplicaLogDirsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDirTopic {
    pub name: String,
    pub partitions: Vec<i32>,
}

impl AlterReplicaLogDirTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "AlterReplicaLogDirTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            4,
            "AlterReplicaLogDirTopic.Partitions",
            |reader| reader.read_i32("AlterReplicaLogDirTopic.Partitions"),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDirTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "AlterReplicaLogDirTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "AlterReplicaLogDirTopic.Partitions",
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
            ..=1 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl AlterReplicaLogDirTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for AlterReplicaLogDirsRequest {
    type Response = AlterReplicaLogDirsResponse;
    const KEY: ApiKey = ApiKey::AlterReplicaLogDirs;
}

/// AlterReplicaLogDirsResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDirsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterReplicaLogDirTopicResult>,
}

impl Message for AlterReplicaLogDirsResponse {
    const NAME: &'static str = "AlterReplicaLogDirsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AlterReplicaLogDirsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            flexible,
            AlterReplicaLogDirTopicResult::encoded_bytes_min(version),
            "AlterReplicaLogDirsResponse.Results",
            |reader| AlterReplicaLogDirTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDirsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.results,
            "AlterReplicaLogDirsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AlterReplicaLogDirsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            AlterReplicaLogDirTopicResult::sample(version, nulls),
            AlterReplicaLogDirTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterReplicaLogDirsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDirTopicResult {
    pub topic_name: String,
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
}

impl AlterReplicaLogDirTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(flexible, "AlterReplicaLogDirTopicResult.TopicName")?;
        value.partitions = reader.read_array(
            flexible,
            AlterReplicaLogDirPartitionResult::encoded_bytes_min(version),
            "AlterReplicaLogDirTopicResult.Partitions",
            |reader| AlterReplicaLogDirPartitionResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDirTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(
            flexible,
            &self.topic_name,
            "AlterReplicaLogDirTopicResult.TopicName",
        )?;
        writer.write_array(
            flexible,
            &self.partitions,
            "AlterReplicaLogDirTopicResult.Partitions",
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
            ..=1 => 6,
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
impl AlterReplicaLogDirTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.partitions = vec![
            AlterReplicaLogDirPartitionResult::sample(version, nulls),
            AlterReplicaLogDirPartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterReplicaLogDirsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterReplicaLogDirPartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
}

impl AlterReplicaLogDirPartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("AlterReplicaLogDirPartitionResult.PartitionIndex")?;
        value.error_code = reader.read_i16("AlterReplicaLogDirPartitionResult.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("AlterReplicaLogDirPartitionResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
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
            ..=1 => 6,
            _ => 7,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl AlterReplicaLogDirPartitionResult {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
