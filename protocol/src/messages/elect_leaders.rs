//! The ElectLeaders API (key 43), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ElectLeadersRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct ElectLeadersRequest {
    /// Field of versions 1 to 2.
    pub election_type: i8,
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    pub timeout_ms: i32,
}

impl Default for ElectLeadersRequest {
    fn default() -> Self {
        Self {
            election_type: 0,
            topic_partitions: Some(Vec::new()),
            timeout_ms: 60000,
        }
    }
}

impl Message for ElectLeadersRequest {
    const NAME: &'static str = "ElectLeadersRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        if version >= 1 {
            value.election_type = reader.read_i8("ElectLeadersRequest.ElectionType")?;
        }
        value.topic_partitions = reader.read_nullable_array(
            flexible,
            TopicPartitions::encoded_bytes_min(version),
            "ElectLeadersRequest.TopicPartitions",
            |reader| TopicPartitions::decode(reader, version),
        )?;
        value.timeout_ms = reader.read_i32("ElectLeadersRequest.TimeoutMs")?;
        if flexible {
            reader.skip_tagged_fields("ElectLeadersRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        if version >= 1 {
            writer.write_i8(self.election_type);
        }
        writer.write_nullable_array(
            flexible,
            self.topic_partitions.as_deref(),
            "ElectLeadersRequest.TopicPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.timeout_ms);
        if version < 1 && self.election_type != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "ElectLeadersRequest.ElectionType",
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
impl ElectLeadersRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.election_type = 17;
        }
        value.topic_partitions = if nulls {
            None
        } else {
            Some(vec![
                TopicPartitions::sample(version, nulls),
                TopicPartitions::sample(version, nulls),
            ])
        };
        value.timeout_ms = 0x0102_0313;
        value
    }
}

/// Part of [`ElectLeadersRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic: String,
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "TopicPartitions.Topic")?;
        value.partitions =
            reader.read_array(flexible, 4, "TopicPartitions.Partitions", |reader| {
                reader.read_i32("TopicPartitions.Partitions")
            })?;
        if flexible {
            reader.skip_tagged_fields("TopicPartitions")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.topic, "TopicPartitions.Topic")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "TopicPartitions.Partitions",
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
impl TopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for ElectLeadersRequest {
    type Response = ElectLeadersResponse;
    const KEY: ApiKey = ApiKey::ElectLeaders;
}

/// ElectLeadersResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ElectLeadersResponse {
    pub throttle_time_ms: i32,
    /// Field of versions 1 to 2.
    pub error_code: i16,
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

impl Message for ElectLeadersResponse {
    const NAME: &'static str = "ElectLeadersResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ElectLeadersResponse.ThrottleTimeMs")?;
        if version >= 1 {
            value.error_code = reader.read_i16("ElectLeadersResponse.ErrorCode")?;
        }
        value.replica_election_results = reader.read_array(
            flexible,
            ReplicaElectionResult::encoded_bytes_min(version),
            "ElectLeadersResponse.ReplicaElectionResults",
            |reader| ReplicaElectionResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ElectLeadersResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        if version >= 1 {
            writer.write_i16(self.error_code);
        }
        writer.write_array(
            flexible,
            &self.replica_election_results,
            "ElectLeadersResponse.ReplicaElectionResults",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 1 && self.error_code != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "ElectLeadersResponse.ErrorCode",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.replica_election_results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ElectLeadersResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        if version >= 1 {
            value.error_code = 18;
        }
        value.replica_election_results = vec![
            ReplicaElectionResult::sample(version, nulls),
            ReplicaElectionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ElectLeadersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplicaElectionResult {
    pub topic: String,
    pub partition_result: Vec<PartitionResult>,
}

impl ReplicaElectionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "ReplicaElectionResult.Topic")?;
        value.partition_result = reader.read_array(
            flexible,
            PartitionResult::encoded_bytes_min(version),
            "ReplicaElectionResult.PartitionResult",
            |reader| PartitionResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ReplicaElectionResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.topic, "ReplicaElectionResult.Topic")?;
        writer.write_array(
            flexible,
            &self.partition_result,
            "ReplicaElectionResult.PartitionResult",
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
        self.partition_result
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ReplicaElectionResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partition_result = vec![
            PartitionResult::sample(version, nulls),
            PartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ElectLeadersResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionResult {
    pub partition_id: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self {
            partition_id: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl PartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.partition_id = reader.read_i32("PartitionResult.PartitionId")?;
        value.error_code = reader.read_i16("PartitionResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "PartitionResult.ErrorMessage")?;
        if flexible {
            reader.skip_tagged_fields("PartitionResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i32(self.partition_id);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "PartitionResult.ErrorMessage",
        )?;
        if flexible {
            writer.write_varint(0);
        }
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
impl PartitionResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_id = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
