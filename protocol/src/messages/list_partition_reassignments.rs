//! The ListPartitionReassignments API (key 46), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ListPartitionReassignmentsRequest of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPartitionReassignmentsRequest {
    pub timeout_ms: i32,
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

impl Default for ListPartitionReassignmentsRequest {
    fn default() -> Self {
        Self {
            timeout_ms: 60000,
            topics: None,
        }
    }
}

impl Message for ListPartitionReassignmentsRequest {
    const NAME: &'static str = "ListPartitionReassignmentsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.timeout_ms = reader.read_i32("ListPartitionReassignmentsRequest.TimeoutMs")?;
        value.topics = reader.read_nullable_array(
            true,
            ListPartitionReassignmentsTopics::encoded_bytes_min(version),
            "ListPartitionReassignmentsRequest.Topics",
            |reader| ListPartitionReassignmentsTopics::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ListPartitionReassignmentsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.timeout_ms);
        writer.write_nullable_array(
            true,
            self.topics.as_deref(),
            "ListPartitionReassignmentsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ListPartitionReassignmentsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.timeout_ms = 0x0102_0311;
        value.topics = if nulls {
            None
        } else {
            Some(vec![
                ListPartitionReassignmentsTopics::sample(version, nulls),
                ListPartitionReassignmentsTopics::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`ListPartitionReassignmentsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListPartitionReassignmentsTopics {
    pub name: String,
    pub partition_indexes: Vec<i32>,
}

impl ListPartitionReassignmentsTopics {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ListPartitionReassignmentsTopics.Name")?;
        value.partition_indexes = reader.read_array(
            true,
            4,
            "ListPartitionReassignmentsTopics.PartitionIndexes",
            |reader| reader.read_i32("ListPartitionReassignmentsTopics.PartitionIndexes"),
        )?;
        reader.skip_tagged_fields("ListPartitionReassignmentsTopics")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ListPartitionReassignmentsTopics.Name")?;
        writer.write_array(
            true,
            &self.partition_indexes,
            "ListPartitionReassignmentsTopics.PartitionIndexes",
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
        3
    }
}

#[cfg(test)]
impl ListPartitionReassignmentsTopics {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partition_indexes = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for ListPartitionReassignmentsRequest {
    type Response = ListPartitionReassignmentsResponse;
    const KEY: ApiKey = ApiKey::ListPartitionReassignments;
}

/// ListPartitionReassignmentsResponse of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub topics: Vec<OngoingTopicReassignment>,
}

impl Default for ListPartitionReassignmentsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            topics: Vec::new(),
        }
    }
}

impl Message for ListPartitionReassignmentsResponse {
    const NAME: &'static str = "ListPartitionReassignmentsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("ListPartitionReassignmentsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ListPartitionReassignmentsResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ListPartitionReassignmentsResponse.ErrorMessage")?;
        value.topics = reader.read_array(
            true,
            OngoingTopicReassignment::encoded_bytes_min(version),
            "ListPartitionReassignmentsResponse.Topics",
            |reader| OngoingTopicReassignment::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ListPartitionReassignmentsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ListPartitionReassignmentsResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "ListPartitionReassignmentsResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ListPartitionReassignmentsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.topics = vec![
            OngoingTopicReassignment::sample(version, nulls),
            OngoingTopicReassignment::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListPartitionReassignmentsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OngoingTopicReassignment {
    pub name: String,
    pub partitions: Vec<OngoingPartitionReassignment>,
}

impl OngoingTopicReassignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "OngoingTopicReassignment.Name")?;
        value.partitions = reader.read_array(
            true,
            OngoingPartitionReassignment::encoded_bytes_min(version),
            "OngoingTopicReassignment.Partitions",
            |reader| OngoingPartitionReassignment::decode(reader, version),
        )?;
        reader.skip_tagged_fields("OngoingTopicReassignment")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "OngoingTopicReassignment.Name")?;
        writer.write_array(
            true,
            &self.partitions,
            "OngoingTopicReassignment.Partitions",
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
impl OngoingTopicReassignment {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            OngoingPartitionReassignment::sample(version, nulls),
            OngoingPartitionReassignment::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListPartitionReassignmentsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    pub replicas: Vec<i32>,
    pub adding_replicas: Vec<i32>,
    pub removing_replicas: Vec<i32>,
}

impl OngoingPartitionReassignment {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index = reader.read_i32("OngoingPartitionReassignment.PartitionIndex")?;
        value.replicas =
            reader.read_array(true, 4, "OngoingPartitionReassignment.Replicas", |reader| {
                reader.read_i32("OngoingPartitionReassignment.Replicas")
            })?;
        value.adding_replicas = reader.read_array(
            true,
            4,
            "OngoingPartitionReassignment.AddingReplicas",
            |reader| reader.read_i32("OngoingPartitionReassignment.AddingReplicas"),
        )?;
        value.removing_replicas = reader.read_array(
            true,
            4,
            "OngoingPartitionReassignment.RemovingReplicas",
            |reader| reader.read_i32("OngoingPartitionReassignment.RemovingReplicas"),
        )?;
        reader.skip_tagged_fields("OngoingPartitionReassignment")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_array(
            true,
            &self.replicas,
            "OngoingPartitionReassignment.Replicas",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.adding_replicas,
            "OngoingPartitionReassignment.AddingReplicas",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            true,
            &self.removing_replicas,
            "OngoingPartitionReassignment.RemovingReplicas",
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
        8
    }
}

#[cfg(test)]
impl OngoingPartitionReassignment {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.replicas = vec![0x0102_0312, 0x0102_033a];
        value.adding_replicas = vec![0x0102_0313, 0x0102_033b];
        value.removing_replicas = vec![0x0102_0314, 0x0102_033c];
        value
    }
}
