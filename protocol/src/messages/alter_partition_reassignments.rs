//! The AlterPartitionReassignments API (key 45), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AlterPartitionReassignmentsRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterPartitionReassignmentsRequest {
    pub timeout_ms: i32,
    /// Field of version 1.
    pub allow_replication_factor_change: bool,
    pub topics: Vec<ReassignableTopic>,
}

impl Default for AlterPartitionReassignmentsRequest {
    fn default() -> Self {
        Self {
            timeout_ms: 60000,
            allow_replication_factor_change: true,
            topics: Vec::new(),
        }
    }
}

impl Message for AlterPartitionReassignmentsRequest {
    const NAME: &'static str = "AlterPartitionReassignmentsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.timeout_ms = reader.read_i32("AlterPartitionReassignmentsRequest.TimeoutMs")?;
        if version >= 1 {
            value.allow_replication_factor_change = reader
                .read_bool("AlterPartitionReassignmentsRequest.AllowReplicationFactorChange")?;
        }
        value.topics = reader.read_array(
            true,
            ReassignableTopic::encoded_bytes_min(version),
            "AlterPartitionReassignmentsRequest.Topics",
            |reader| ReassignableTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterPartitionReassignmentsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.timeout_ms);
        if version >= 1 {
            writer.write_bool(self.allow_replication_factor_change);
        }
        writer.write_array(
            true,
            &self.topics,
            "AlterPartitionReassignmentsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 1 && !self.allow_replication_factor_change {
            return Err(EncodeError::FieldNotInVersion {
                what: "AlterPartitionReassignmentsRequest.AllowReplicationFactorChange",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl AlterPartitionReassignmentsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.timeout_ms = 0x0102_0311;
        if version >= 1 {
            value.allow_replication_factor_change = false;
        }
        value.topics = vec![
            ReassignableTopic::sample(version, nulls),
            ReassignableTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterPartitionReassignmentsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReassignableTopic {
    pub name: String,
    pub partitions: Vec<ReassignablePartition>,
}

impl ReassignableTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ReassignableTopic.Name")?;
        value.partitions = reader.read_array(
            true,
            ReassignablePartition::encoded_bytes_min(version),
            "ReassignableTopic.Partitions",
            |reader| ReassignablePartition::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReassignableTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ReassignableTopic.Name")?;
        writer.write_array(
            true,
            &self.partitions,
            "ReassignableTopic.Partitions",
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
impl ReassignableTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            ReassignablePartition::sample(version, nulls),
            ReassignablePartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterPartitionReassignmentsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReassignablePartition {
    pub partition_index: i32,
    pub replicas: Option<Vec<i32>>,
}

impl ReassignablePartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("ReassignablePartition.PartitionIndex")?;
        value.replicas =
            reader.read_nullable_array(true, 4, "ReassignablePartition.Replicas", |reader| {
                reader.read_i32("ReassignablePartition.Replicas")
            })?;
        reader.skip_tagged_fields("ReassignablePartition")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_nullable_array(
            true,
            self.replicas.as_deref(),
            "ReassignablePartition.Replicas",
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
        6
    }
}

#[cfg(test)]
impl ReassignablePartition {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.replicas = if nulls {
            None
        } else {
            Some(vec![0x0102_0312, 0x0102_033a])
        };
        value
    }
}

impl Request for AlterPartitionReassignmentsRequest {
    type Response = AlterPartitionReassignmentsResponse;
    const KEY: ApiKey = ApiKey::AlterPartitionReassignments;
}

/// AlterPartitionReassignmentsResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    /// Field of version 1.
    pub allow_replication_factor_change: bool,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub responses: Vec<ReassignableTopicResponse>,
}

impl Default for AlterPartitionReassignmentsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            allow_replication_factor_change: true,
            error_code: 0,
            error_message: Some(String::new()),
            responses: Vec::new(),
        }
    }
}

impl Message for AlterPartitionReassignmentsResponse {
    const NAME: &'static str = "AlterPartitionReassignmentsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("AlterPartitionReassignmentsResponse.ThrottleTimeMs")?;
        if version >= 1 {
            value.allow_replication_factor_change = reader
                .read_bool("AlterPartitionReassignmentsResponse.AllowReplicationFactorChange")?;
        }
        value.error_code = reader.read_i16("AlterPartitionReassignmentsResponse.ErrorCode")?;
        value.error_message = reader
            .read_nullable_string(true, "AlterPartitionReassignmentsResponse.ErrorMessage")?;
        value.responses = reader.read_array(
            true,
            ReassignableTopicResponse::encoded_bytes_min(version),
            "AlterPartitionReassignmentsResponse.Responses",
            |reader| ReassignableTopicResponse::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterPartitionReassignmentsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        if version >= 1 {
            writer.write_bool(self.allow_replication_factor_change);
        }
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "AlterPartitionReassignmentsResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.responses,
            "AlterPartitionReassignmentsResponse.Responses",
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
impl AlterPartitionReassignmentsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        if version >= 1 {
            value.allow_replication_factor_change = false;
        }
        value.error_code = 19;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-20".to_owned())
        };
        value.responses = vec![
            ReassignableTopicResponse::sample(version, nulls),
            ReassignableTopicResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterPartitionReassignmentsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReassignableTopicResponse {
    pub name: String,
    pub partitions: Vec<ReassignablePartitionResponse>,
}

impl ReassignableTopicResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ReassignableTopicResponse.Name")?;
        value.partitions = reader.read_array(
            true,
            ReassignablePartitionResponse::encoded_bytes_min(version),
            "ReassignableTopicResponse.Partitions",
            |reader| ReassignablePartitionResponse::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ReassignableTopicResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ReassignableTopicResponse.Name")?;
        writer.write_array(
            true,
            &self.partitions,
            "ReassignableTopicResponse.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ReassignableTopicResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            ReassignablePartitionResponse::sample(version, nulls),
            ReassignablePartitionResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterPartitionReassignmentsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ReassignablePartitionResponse {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for ReassignablePartitionResponse {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl ReassignablePartitionResponse {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("ReassignablePartitionResponse.PartitionIndex")?;
        value.error_code = reader.read_i16("ReassignablePartitionResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ReassignablePartitionResponse.ErrorMessage")?;
        reader.skip_tagged_fields("ReassignablePartitionResponse")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ReassignablePartitionResponse.ErrorMessage",
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
impl ReassignablePartitionResponse {
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
