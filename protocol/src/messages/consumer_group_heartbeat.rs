//! The ConsumerGroupHeartbeat API (key 68), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ConsumerGroupHeartbeatRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerGroupHeartbeatRequest {
    pub group_id: String,
    pub member_id: String,
    pub member_epoch: i32,
    pub instance_id: Option<String>,
    pub rack_id: Option<String>,
    pub rebalance_timeout_ms: i32,
    pub subscribed_topic_names: Option<Vec<String>>,
    /// Field of version 1.
    pub subscribed_topic_regex: Option<String>,
    pub server_assignor: Option<String>,
    pub topic_partitions: Option<Vec<RequestTopicPartitions>>,
}

impl Default for ConsumerGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: String::new(),
            member_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            subscribed_topic_names: None,
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: None,
        }
    }
}

impl Message for ConsumerGroupHeartbeatRequest {
    const NAME: &'static str = "ConsumerGroupHeartbeatRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "ConsumerGroupHeartbeatRequest.GroupId")?;
        value.member_id = reader.read_string(true, "ConsumerGroupHeartbeatRequest.MemberId")?;
        value.member_epoch = reader.read_i32("ConsumerGroupHeartbeatRequest.MemberEpoch")?;
        value.instance_id =
            reader.read_nullable_string(true, "ConsumerGroupHeartbeatRequest.InstanceId")?;
        value.rack_id =
            reader.read_nullable_string(true, "ConsumerGroupHeartbeatRequest.RackId")?;
        value.rebalance_timeout_ms =
            reader.read_i32("ConsumerGroupHeartbeatRequest.RebalanceTimeoutMs")?;
        value.subscribed_topic_names = reader.read_nullable_array(
            true,
            1,
            "ConsumerGroupHeartbeatRequest.SubscribedTopicNames",
            |reader| reader.read_string(true, "ConsumerGroupHeartbeatRequest.SubscribedTopicNames"),
        )?;
        if version >= 1 {
            value.subscribed_topic_regex = reader
                .read_nullable_string(true, "ConsumerGroupHeartbeatRequest.SubscribedTopicRegex")?;
        }
        value.server_assignor =
            reader.read_nullable_string(true, "ConsumerGroupHeartbeatRequest.ServerAssignor")?;
        value.topic_partitions = reader.read_nullable_array(
            true,
            RequestTopicPartitions::encoded_bytes_min(version),
            "ConsumerGroupHeartbeatRequest.TopicPartitions",
            |reader| RequestTopicPartitions::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ConsumerGroupHeartbeatRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            true,
            &self.group_id,
            "ConsumerGroupHeartbeatRequest.GroupId",
        )?;
        writer.write_string(
            true,
            &self.member_id,
            "ConsumerGroupHeartbeatRequest.MemberId",
        )?;
        writer.write_i32(self.member_epoch);
        writer.write_nullable_string(
            true,
            self.instance_id.as_deref(),
            "ConsumerGroupHeartbeatRequest.InstanceId",
        )?;
        writer.write_nullable_string(
            true,
            self.rack_id.as_deref(),
            "ConsumerGroupHeartbeatRequest.RackId",
        )?;
        writer.write_i32(self.rebalance_timeout_ms);
        writer.write_nullable_array(
            true,
            self.subscribed_topic_names.as_deref(),
            "ConsumerGroupHeartbeatRequest.SubscribedTopicNames",
            |writer, value| {
                writer.write_string(
                    true,
                    value,
                    "ConsumerGroupHeartbeatRequest.SubscribedTopicNames",
                )
            },
        )?;
        if version >= 1 {
            writer.write_nullable_string(
                true,
                self.subscribed_topic_regex.as_deref(),
                "ConsumerGroupHeartbeatRequest.SubscribedTopicRegex",
            )?;
        }
        writer.write_nullable_string(
            true,
            self.server_assignor.as_deref(),
            "ConsumerGroupHeartbeatRequest.ServerAssignor",
        )?;
        writer.write_nullable_array(
            true,
            self.topic_partitions.as_deref(),
            "ConsumerGroupHeartbeatRequest.TopicPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 1 && self.subscribed_topic_regex.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ConsumerGroupHeartbeatRequest.SubscribedTopicRegex",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupHeartbeatRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.member_id = "member_id-18".to_owned();
        value.member_epoch = 0x0102_0313;
        value.instance_id = if nulls {
            None
        } else {
            Some("instance_id-20".to_owned())
        };
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-21".to_owned())
        };
        value.rebalance_timeout_ms = 0x0102_0316;
        value.subscribed_topic_names = if nulls {
            None
        } else {
            Some(vec![
                "subscribed_topic_names-23".to_owned(),
                "subscribed_topic_names-63".to_owned(),
            ])
        };
        if version >= 1 {
            value.subscribed_topic_regex = if nulls {
                None
            } else {
                Some("subscribed_topic_regex-24".to_owned())
            };
        }
        value.server_assignor = if nulls {
            None
        } else {
            Some("server_assignor-25".to_owned())
        };
        value.topic_partitions = if nulls {
            None
        } else {
            Some(vec![
                RequestTopicPartitions::sample(version, nulls),
                RequestTopicPartitions::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`ConsumerGroupHeartbeatRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestTopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl RequestTopicPartitions {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("TopicPartitions.TopicId")?;
        value.partitions = reader.read_array(true, 4, "TopicPartitions.Partitions", |reader| {
            reader.read_i32("TopicPartitions.Partitions")
        })?;
        reader.skip_tagged_fields("TopicPartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "TopicPartitions.Partitions",
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
        18
    }
}

#[cfg(test)]
impl RequestTopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for ConsumerGroupHeartbeatRequest {
    type Response = ConsumerGroupHeartbeatResponse;
    const KEY: ApiKey = ApiKey::ConsumerGroupHeartbeat;
}

/// ConsumerGroupHeartbeatResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub member_id: Option<String>,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub assignment: Option<Assignment>,
}

impl Message for ConsumerGroupHeartbeatResponse {
    const NAME: &'static str = "ConsumerGroupHeartbeatResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("ConsumerGroupHeartbeatResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ConsumerGroupHeartbeatResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ConsumerGroupHeartbeatResponse.ErrorMessage")?;
        value.member_id =
            reader.read_nullable_string(true, "ConsumerGroupHeartbeatResponse.MemberId")?;
        value.member_epoch = reader.read_i32("ConsumerGroupHeartbeatResponse.MemberEpoch")?;
        value.heartbeat_interval_ms =
            reader.read_i32("ConsumerGroupHeartbeatResponse.HeartbeatIntervalMs")?;
        value.assignment = if reader.read_presence("ConsumerGroupHeartbeatResponse.Assignment")? {
            Some(Assignment::decode(reader, version)?)
        } else {
            None
        };
        reader.skip_tagged_fields("ConsumerGroupHeartbeatResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ConsumerGroupHeartbeatResponse.ErrorMessage",
        )?;
        writer.write_nullable_string(
            true,
            self.member_id.as_deref(),
            "ConsumerGroupHeartbeatResponse.MemberId",
        )?;
        writer.write_i32(self.member_epoch);
        writer.write_i32(self.heartbeat_interval_ms);
        writer.write_presence(self.assignment.is_some());
        if let Some(value) = &self.assignment {
            value.encode(writer, version)?;
        }
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ConsumerGroupHeartbeatResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.member_id = if nulls {
            None
        } else {
            Some("member_id-20".to_owned())
        };
        value.member_epoch = 0x0102_0315;
        value.heartbeat_interval_ms = 0x0102_0316;
        value.assignment = if nulls {
            None
        } else {
            Some(Assignment::sample(version, nulls))
        };
        value
    }
}

/// Part of [`ConsumerGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    pub topic_partitions: Vec<ResponseTopicPartitions>,
}

impl Assignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_partitions = reader.read_array(
            true,
            ResponseTopicPartitions::encoded_bytes_min(version),
            "Assignment.TopicPartitions",
            |reader| ResponseTopicPartitions::decode(reader, version),
        )?;
        reader.skip_tagged_fields("Assignment")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_array(
            true,
            &self.topic_partitions,
            "Assignment.TopicPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl Assignment {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_partitions = vec![
            ResponseTopicPartitions::sample(version, nulls),
            ResponseTopicPartitions::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ConsumerGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseTopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl ResponseTopicPartitions {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("TopicPartitions.TopicId")?;
        value.partitions = reader.read_array(true, 4, "TopicPartitions.Partitions", |reader| {
            reader.read_i32("TopicPartitions.Partitions")
        })?;
        reader.skip_tagged_fields("TopicPartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "TopicPartitions.Partitions",
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
        18
    }
}

#[cfg(test)]
impl ResponseTopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
