//! The ShareGroupHeartbeat API (key 76), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ShareGroupHeartbeatRequest of version 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareGroupHeartbeatRequest {
    pub group_id: String,
    pub member_id: String,
    pub member_epoch: i32,
    pub rack_id: Option<String>,
    pub subscribed_topic_names: Option<Vec<String>>,
}

impl Message for ShareGroupHeartbeatRequest {
    const NAME: &'static str = "ShareGroupHeartbeatRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "ShareGroupHeartbeatRequest.GroupId")?;
        value.member_id = reader.read_string(true, "ShareGroupHeartbeatRequest.MemberId")?;
        value.member_epoch = reader.read_i32("ShareGroupHeartbeatRequest.MemberEpoch")?;
        value.rack_id = reader.read_nullable_string(true, "ShareGroupHeartbeatRequest.RackId")?;
        value.subscribed_topic_names = reader.read_nullable_array(
            true,
            1,
            "ShareGroupHeartbeatRequest.SubscribedTopicNames",
            |reader| reader.read_string(true, "ShareGroupHeartbeatRequest.SubscribedTopicNames"),
        )?;
        reader.skip_tagged_fields("ShareGroupHeartbeatRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(true, &self.group_id, "ShareGroupHeartbeatRequest.GroupId")?;
        writer.write_string(true, &self.member_id, "ShareGroupHeartbeatRequest.MemberId")?;
        writer.write_i32(self.member_epoch);
        writer.write_nullable_string(
            true,
            self.rack_id.as_deref(),
            "ShareGroupHeartbeatRequest.RackId",
        )?;
        writer.write_nullable_array(
            true,
            self.subscribed_topic_names.as_deref(),
            "ShareGroupHeartbeatRequest.SubscribedTopicNames",
            |writer, value| {
                writer.write_string(
                    true,
                    value,
                    "ShareGroupHeartbeatRequest.SubscribedTopicNames",
                )
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ShareGroupHeartbeatRequest {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.member_id = "member_id-18".to_owned();
        value.member_epoch = 0x0102_0313;
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-20".to_owned())
        };
        value.subscribed_topic_names = if nulls {
            None
        } else {
            Some(vec![
                "subscribed_topic_names-21".to_owned(),
                "subscribed_topic_names-61".to_owned(),
            ])
        };
        value
    }
}

impl Request for ShareGroupHeartbeatRequest {
    type Response = ShareGroupHeartbeatResponse;
    const KEY: ApiKey = ApiKey::ShareGroupHeartbeat;
}

/// ShareGroupHeartbeatResponse of version 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub member_id: Option<String>,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub assignment: Option<Assignment>,
}

impl Message for ShareGroupHeartbeatResponse {
    const NAME: &'static str = "ShareGroupHeartbeatResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ShareGroupHeartbeatResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ShareGroupHeartbeatResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "ShareGroupHeartbeatResponse.ErrorMessage")?;
        value.member_id =
            reader.read_nullable_string(true, "ShareGroupHeartbeatResponse.MemberId")?;
        value.member_epoch = reader.read_i32("ShareGroupHeartbeatResponse.MemberEpoch")?;
        value.heartbeat_interval_ms =
            reader.read_i32("ShareGroupHeartbeatResponse.HeartbeatIntervalMs")?;
        value.assignment = if reader.read_presence("ShareGroupHeartbeatResponse.Assignment")? {
            Some(Assignment::decode(reader, version)?)
        } else {
            None
        };
        reader.skip_tagged_fields("ShareGroupHeartbeatResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "ShareGroupHeartbeatResponse.ErrorMessage",
        )?;
        writer.write_nullable_string(
            true,
            self.member_id.as_deref(),
            "ShareGroupHeartbeatResponse.MemberId",
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
impl ShareGroupHeartbeatResponse {
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

/// Part of [`ShareGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Assignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_partitions = reader.read_array(
            true,
            TopicPartitions::encoded_bytes_min(version),
            "Assignment.TopicPartitions",
            |reader| TopicPartitions::decode(reader, version),
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
            TopicPartitions::sample(version, nulls),
            TopicPartitions::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareGroupHeartbeatResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
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
impl TopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
