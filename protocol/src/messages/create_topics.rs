//! The CreateTopics API (key 19), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// CreateTopicsRequest of versions 2 to 7.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

impl Default for CreateTopicsRequest {
    fn default() -> Self {
        Self {
            topics: Vec::new(),
            timeout_ms: 60000,
            validate_only: false,
        }
    }
}

impl Message for CreateTopicsRequest {
    const NAME: &'static str = "CreateTopicsRequest";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 7;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 5;
        let mut value = Self::default();
        value.topics = reader.read_array(
            flexible,
            CreatableTopic::encoded_bytes_min(version),
            "CreateTopicsRequest.Topics",
            |reader| CreatableTopic::decode(reader, version),
        )?;
        value.timeout_ms = reader.read_i32("CreateTopicsRequest.timeoutMs")?;
        value.validate_only = reader.read_bool("CreateTopicsRequest.validateOnly")?;
        if flexible {
            reader.skip_tagged_fields("CreateTopicsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.write_array(
            flexible,
            &self.topics,
            "CreateTopicsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.timeout_ms);
        writer.write_bool(self.validate_only);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl CreateTopicsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            CreatableTopic::sample(version, nulls),
            CreatableTopic::sample(version, nulls),
        ];
        value.timeout_ms = 0x0102_0312;
        value.validate_only = true;
        value
    }
}

/// Part of [`CreateTopicsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatableTopic {
    pub name: String,
    pub num_partitions: i32,
    pub replication_factor: i16,
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

impl CreatableTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "CreatableTopic.Name")?;
        value.num_partitions = reader.read_i32("CreatableTopic.NumPartitions")?;
        value.replication_factor = reader.read_i16("CreatableTopic.ReplicationFactor")?;
        value.assignments = reader.read_array(
            flexible,
            CreatableReplicaAssignment::encoded_bytes_min(version),
            "CreatableTopic.Assignments",
            |reader| CreatableReplicaAssignment::decode(reader, version),
        )?;
        value.configs = reader.read_array(
            flexible,
            CreatableTopicConfig::encoded_bytes_min(version),
            "CreatableTopic.Configs",
            |reader| CreatableTopicConfig::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreatableTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_string(flexible, &self.name, "CreatableTopic.Name")?;
        writer.write_i32(self.num_partitions);
        writer.write_i16(self.replication_factor);
        writer.write_array(
            flexible,
            &self.assignments,
            "CreatableTopic.Assignments",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            flexible,
            &self.configs,
            "CreatableTopic.Configs",
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
            ..=4 => 16,
            _ => 10,
        }
    }
}

#[cfg(test)]
impl CreatableTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.num_partitions = 0x0102_0312;
        value.replication_factor = 19;
        value.assignments = vec![
            CreatableReplicaAssignment::sample(version, nulls),
            CreatableReplicaAssignment::sample(version, nulls),
        ];
        value.configs = vec![
            CreatableTopicConfig::sample(version, nulls),
            CreatableTopicConfig::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`CreateTopicsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<i32>,
}

impl CreatableReplicaAssignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("CreatableReplicaAssignment.PartitionIndex")?;
        value.broker_ids = reader.read_array(
            flexible,
            4,
            "CreatableReplicaAssignment.BrokerIds",
            |reader| reader.read_i32("CreatableReplicaAssignment.BrokerIds"),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreatableReplicaAssignment")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_i32(self.partition_index);
        writer.write_array(
            flexible,
            &self.broker_ids,
            "CreatableReplicaAssignment.BrokerIds",
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
            ..=4 => 8,
            _ => 6,
        }
    }
}

#[cfg(test)]
impl CreatableReplicaAssignment {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.broker_ids = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

/// Part of [`CreateTopicsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct CreatableTopicConfig {
    pub name: String,
    pub value: Option<String>,
}

impl Default for CreatableTopicConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
        }
    }
}

impl CreatableTopicConfig {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "CreatableTopicConfig.Name")?;
        value.value = reader.read_nullable_string(flexible, "CreatableTopicConfig.Value")?;
        if flexible {
            reader.skip_tagged_fields("CreatableTopicConfig")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_string(flexible, &self.name, "CreatableTopicConfig.Name")?;
        writer.write_nullable_string(
            flexible,
            self.value.as_deref(),
            "CreatableTopicConfig.Value",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 4,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl CreatableTopicConfig {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.value = if nulls {
            None
        } else {
            Some("value-18".to_owned())
        };
        value
    }
}

impl Request for CreateTopicsRequest {
    type Response = CreateTopicsResponse;
    const KEY: ApiKey = ApiKey::CreateTopics;
}

/// CreateTopicsResponse of versions 2 to 7.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateTopicsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

impl Message for CreateTopicsResponse {
    const NAME: &'static str = "CreateTopicsResponse";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 7;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 5;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("CreateTopicsResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            flexible,
            CreatableTopicResult::encoded_bytes_min(version),
            "CreateTopicsResponse.Topics",
            |reader| CreatableTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreateTopicsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.topics,
            "CreateTopicsResponse.Topics",
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
impl CreateTopicsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            CreatableTopicResult::sample(version, nulls),
            CreatableTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`CreateTopicsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct CreatableTopicResult {
    pub name: String,
    /// Field of version 7.
    pub topic_id: Uuid,
    pub error_code: i16,
    pub error_message: Option<String>,
    /// Field of versions 5 to 7.
    pub topic_config_error_code: i16,
    /// Field of versions 5 to 7.
    pub num_partitions: i32,
    /// Field of versions 5 to 7.
    pub replication_factor: i16,
    /// Field of versions 5 to 7.
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Default for CreatableTopicResult {
    fn default() -> Self {
        Self {
            name: String::new(),
            topic_id: Uuid::nil(),
            error_code: 0,
            error_message: Some(String::new()),
            topic_config_error_code: 0,
            num_partitions: -1,
            replication_factor: -1,
            configs: Some(Vec::new()),
        }
    }
}

impl CreatableTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "CreatableTopicResult.Name")?;
        if version >= 7 {
            value.topic_id = reader.read_uuid("CreatableTopicResult.TopicId")?;
        }
        value.error_code = reader.read_i16("CreatableTopicResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "CreatableTopicResult.ErrorMessage")?;
        if version >= 5 {
            value.num_partitions = reader.read_i32("CreatableTopicResult.NumPartitions")?;
        }
        if version >= 5 {
            value.replication_factor = reader.read_i16("CreatableTopicResult.ReplicationFactor")?;
        }
        if version >= 5 {
            value.configs = reader.read_nullable_array(
                true,
                CreatableTopicConfigs::encoded_bytes_min(version),
                "CreatableTopicResult.Configs",
                |reader| CreatableTopicConfigs::decode(reader, version),
            )?;
        }
        if flexible {
            reader.read_tagged_fields("CreatableTopicResult", |tag, reader| {
                match tag {
                    0 => {
                        value.topic_config_error_code =
                            reader.read_i16("CreatableTopicResult.TopicConfigErrorCode")?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_string(flexible, &self.name, "CreatableTopicResult.Name")?;
        if version >= 7 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "CreatableTopicResult.ErrorMessage",
        )?;
        if version >= 5 {
            writer.write_i32(self.num_partitions);
        }
        if version >= 5 {
            writer.write_i16(self.replication_factor);
        }
        if version >= 5 {
            writer.write_nullable_array(
                true,
                self.configs.as_deref(),
                "CreatableTopicResult.Configs",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if flexible {
            let has_topic_config_error_code = self.topic_config_error_code != 0;
            writer.write_varint(u32::from(has_topic_config_error_code));
            if has_topic_config_error_code {
                writer.write_tagged_field(
                    0,
                    "CreatableTopicResult.TopicConfigErrorCode",
                    |writer| {
                        writer.write_i16(self.topic_config_error_code);
                        Ok(())
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 6,
            5..=6 => 12,
            _ => 28,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        visit(self.topic_config_error_code);
    }
}

#[cfg(test)]
impl CreatableTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        if version >= 7 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.error_code = 19;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-20".to_owned())
        };
        if version >= 5 {
            value.topic_config_error_code = 21;
        }
        if version >= 5 {
            value.num_partitions = 0x0102_0316;
        }
        if version >= 5 {
            value.replication_factor = 23;
        }
        if version >= 5 {
            value.configs = if nulls {
                None
            } else {
                Some(vec![
                    CreatableTopicConfigs::sample(version, nulls),
                    CreatableTopicConfigs::sample(version, nulls),
                ])
            };
        }
        value
    }
}

/// Part of [`CreateTopicsResponse`] of versions 5 to 7.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatableTopicConfigs {
    pub name: String,
    pub value: Option<String>,
    pub read_only: bool,
    pub config_source: i8,
    pub is_sensitive: bool,
}

impl Default for CreatableTopicConfigs {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
        }
    }
}

impl CreatableTopicConfigs {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "CreatableTopicConfigs.Name")?;
        value.value = reader.read_nullable_string(true, "CreatableTopicConfigs.Value")?;
        value.read_only = reader.read_bool("CreatableTopicConfigs.ReadOnly")?;
        value.config_source = reader.read_i8("CreatableTopicConfigs.ConfigSource")?;
        value.is_sensitive = reader.read_bool("CreatableTopicConfigs.IsSensitive")?;
        reader.skip_tagged_fields("CreatableTopicConfigs")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "CreatableTopicConfigs.Name")?;
        writer.write_nullable_string(true, self.value.as_deref(), "CreatableTopicConfigs.Value")?;
        writer.write_bool(self.read_only);
        writer.write_i8(self.config_source);
        writer.write_bool(self.is_sensitive);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl CreatableTopicConfigs {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.value = if nulls {
            None
        } else {
            Some("value-18".to_owned())
        };
        value.read_only = true;
        value.config_source = 20;
        value.is_sensitive = true;
        value
    }
}
