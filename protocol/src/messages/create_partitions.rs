//! The CreatePartitions API (key 37), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// CreatePartitionsRequest of versions 0 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

impl Message for CreatePartitionsRequest {
    const NAME: &'static str = "CreatePartitionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topics = reader.read_array(
            flexible,
            CreatePartitionsTopic::encoded_bytes_min(version),
            "CreatePartitionsRequest.Topics",
            |reader| CreatePartitionsTopic::decode(reader, version),
        )?;
        value.timeout_ms = reader.read_i32("CreatePartitionsRequest.TimeoutMs")?;
        value.validate_only = reader.read_bool("CreatePartitionsRequest.ValidateOnly")?;
        if flexible {
            reader.skip_tagged_fields("CreatePartitionsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.topics,
            "CreatePartitionsRequest.Topics",
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
impl CreatePartitionsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            CreatePartitionsTopic::sample(version, nulls),
            CreatePartitionsTopic::sample(version, nulls),
        ];
        value.timeout_ms = 0x0102_0312;
        value.validate_only = true;
        value
    }
}

/// Part of [`CreatePartitionsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct CreatePartitionsTopic {
    pub name: String,
    pub count: i32,
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

impl Default for CreatePartitionsTopic {
    fn default() -> Self {
        Self {
            name: String::new(),
            count: 0,
            assignments: Some(Vec::new()),
        }
    }
}

impl CreatePartitionsTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "CreatePartitionsTopic.Name")?;
        value.count = reader.read_i32("CreatePartitionsTopic.Count")?;
        value.assignments = reader.read_nullable_array(
            flexible,
            CreatePartitionsAssignment::encoded_bytes_min(version),
            "CreatePartitionsTopic.Assignments",
            |reader| CreatePartitionsAssignment::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreatePartitionsTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "CreatePartitionsTopic.Name")?;
        writer.write_i32(self.count);
        writer.write_nullable_array(
            flexible,
            self.assignments.as_deref(),
            "CreatePartitionsTopic.Assignments",
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
            ..=1 => 10,
            _ => 7,
        }
    }
}

#[cfg(test)]
impl CreatePartitionsTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.count = 0x0102_0312;
        value.assignments = if nulls {
            None
        } else {
            Some(vec![
                CreatePartitionsAssignment::sample(version, nulls),
                CreatePartitionsAssignment::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`CreatePartitionsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<i32>,
}

impl CreatePartitionsAssignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.broker_ids = reader.read_array(
            flexible,
            4,
            "CreatePartitionsAssignment.BrokerIds",
            |reader| reader.read_i32("CreatePartitionsAssignment.BrokerIds"),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreatePartitionsAssignment")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.broker_ids,
            "CreatePartitionsAssignment.BrokerIds",
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
            ..=1 => 4,
            _ => 2,
        }
    }
}

#[cfg(test)]
impl CreatePartitionsAssignment {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.broker_ids = vec![0x0102_0311, 0x0102_0339];
        value
    }
}

impl Request for CreatePartitionsRequest {
    type Response = CreatePartitionsResponse;
    const KEY: ApiKey = ApiKey::CreatePartitions;
}

/// CreatePartitionsResponse of versions 0 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

impl Message for CreatePartitionsResponse {
    const NAME: &'static str = "CreatePartitionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("CreatePartitionsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            flexible,
            CreatePartitionsTopicResult::encoded_bytes_min(version),
            "CreatePartitionsResponse.Results",
            |reader| CreatePartitionsTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreatePartitionsResponse")?;
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
            "CreatePartitionsResponse.Results",
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
impl CreatePartitionsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            CreatePartitionsTopicResult::sample(version, nulls),
            CreatePartitionsTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`CreatePartitionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatePartitionsTopicResult {
    pub name: String,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl CreatePartitionsTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "CreatePartitionsTopicResult.Name")?;
        value.error_code = reader.read_i16("CreatePartitionsTopicResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "CreatePartitionsTopicResult.ErrorMessage")?;
        if flexible {
            reader.skip_tagged_fields("CreatePartitionsTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "CreatePartitionsTopicResult.Name")?;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "CreatePartitionsTopicResult.ErrorMessage",
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
            _ => 5,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl CreatePartitionsTopicResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
