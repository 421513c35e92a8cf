//! The ShareGroupDescribe API (key 77), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ShareGroupDescribeRequest of version 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareGroupDescribeRequest {
    pub group_ids: Vec<String>,
    pub include_authorized_operations: bool,
}

impl Message for ShareGroupDescribeRequest {
    const NAME: &'static str = "ShareGroupDescribeRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_ids =
            reader.read_array(true, 1, "ShareGroupDescribeRequest.GroupIds", |reader| {
                reader.read_string(true, "ShareGroupDescribeRequest.GroupIds")
            })?;
        value.include_authorized_operations =
            reader.read_bool("ShareGroupDescribeRequest.IncludeAuthorizedOperations")?;
        reader.skip_tagged_fields("ShareGroupDescribeRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.group_ids,
            "ShareGroupDescribeRequest.GroupIds",
            |writer, value| writer.write_string(true, value, "ShareGroupDescribeRequest.GroupIds"),
        )?;
        writer.write_bool(self.include_authorized_operations);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ShareGroupDescribeRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_ids = vec!["group_ids-17".to_owned(), "group_ids-57".to_owned()];
        value.include_authorized_operations = true;
        value
    }
}

impl Request for ShareGroupDescribeRequest {
    type Response = ShareGroupDescribeResponse;
    const KEY: ApiKey = ApiKey::ShareGroupDescribe;
}

/// ShareGroupDescribeResponse of version 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShareGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Message for ShareGroupDescribeResponse {
    const NAME: &'static str = "ShareGroupDescribeResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ShareGroupDescribeResponse.ThrottleTimeMs")?;
        value.groups = reader.read_array(
            true,
            DescribedGroup::encoded_bytes_min(version),
            "ShareGroupDescribeResponse.Groups",
            |reader| DescribedGroup::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ShareGroupDescribeResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.groups,
            "ShareGroupDescribeResponse.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.groups
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl ShareGroupDescribeResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.groups = vec![
            DescribedGroup::sample(version, nulls),
            DescribedGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ShareGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub group_id: String,
    pub group_state: String,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    pub assignor_name: String,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            assignor_name: String::new(),
            members: Vec::new(),
            authorized_operations: -2147483648,
        }
    }
}

impl DescribedGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribedGroup.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "DescribedGroup.ErrorMessage")?;
        value.group_id = reader.read_string(true, "DescribedGroup.GroupId")?;
        value.group_state = reader.read_string(true, "DescribedGroup.GroupState")?;
        value.group_epoch = reader.read_i32("DescribedGroup.GroupEpoch")?;
        value.assignment_epoch = reader.read_i32("DescribedGroup.AssignmentEpoch")?;
        value.assignor_name = reader.read_string(true, "DescribedGroup.AssignorName")?;
        value.members = reader.read_array(
            true,
            Member::encoded_bytes_min(version),
            "DescribedGroup.Members",
            |reader| Member::decode(reader, version),
        )?;
        value.authorized_operations = reader.read_i32("DescribedGroup.AuthorizedOperations")?;
        reader.skip_tagged_fields("DescribedGroup")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribedGroup.ErrorMessage",
        )?;
        writer.write_string(true, &self.group_id, "DescribedGroup.GroupId")?;
        writer.write_string(true, &self.group_state, "DescribedGroup.GroupState")?;
        writer.write_i32(self.group_epoch);
        writer.write_i32(self.assignment_epoch);
        writer.write_string(true, &self.assignor_name, "DescribedGroup.AssignorName")?;
        writer.write_array(
            true,
            &self.members,
            "DescribedGroup.Members",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.authorized_operations);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        20
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribedGroup {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.group_id = "group_id-19".to_owned();
        value.group_state = "group_state-20".to_owned();
        value.group_epoch = 0x0102_0315;
        value.assignment_epoch = 0x0102_0316;
        value.assignor_name = "assignor_name-23".to_owned();
        value.members = vec![
            Member::sample(version, nulls),
            Member::sample(version, nulls),
        ];
        value.authorized_operations = 0x0102_0319;
        value
    }
}

/// Part of [`ShareGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Member {
    pub member_id: String,
    pub rack_id: Option<String>,
    pub member_epoch: i32,
    pub client_id: String,
    pub client_host: String,
    pub subscribed_topic_names: Vec<String>,
    pub assignment: Assignment,
}

impl Member {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.member_id = reader.read_string(true, "Member.MemberId")?;
        value.rack_id = reader.read_nullable_string(true, "Member.RackId")?;
        value.member_epoch = reader.read_i32("Member.MemberEpoch")?;
        value.client_id = reader.read_string(true, "Member.ClientId")?;
        value.client_host = reader.read_string(true, "Member.ClientHost")?;
        value.subscribed_topic_names =
            reader.read_array(true, 1, "Member.SubscribedTopicNames", |reader| {
                reader.read_string(true, "Member.SubscribedTopicNames")
            })?;
        value.assignment = Assignment::decode(reader, version)?;
        reader.skip_tagged_fields("Member")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.member_id, "Member.MemberId")?;
        writer.write_nullable_string(true, self.rack_id.as_deref(), "Member.RackId")?;
        writer.write_i32(self.member_epoch);
        writer.write_string(true, &self.client_id, "Member.ClientId")?;
        writer.write_string(true, &self.client_host, "Member.ClientHost")?;
        writer.write_array(
            true,
            &self.subscribed_topic_names,
            "Member.SubscribedTopicNames",
            |writer, value| writer.write_string(true, value, "Member.SubscribedTopicNames"),
        )?;
        self.assignment.encode(writer, version)?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        12
    }
}

#[cfg(test)]
impl Member {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-18".to_owned())
        };
        value.member_epoch = 0x0102_0313;
        value.client_id = "client_id-20".to_owned();
        value.client_host = "client_host-21".to_owned();
        value.subscribed_topic_names = vec![
            "subscribed_topic_names-22".to_owned(),
            "subscribed_topic_names-62".to_owned(),
        ];
        value.assignment = Assignment::sample(version, nulls);
        value
    }
}

/// Part of [`ShareGroupDescribeResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub topic_name: String,
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("TopicPartitions.TopicId")?;
        value.topic_name = reader.read_string(true, "TopicPartitions.TopicName")?;
        value.partitions = reader.read_array(true, 4, "TopicPartitions.Partitions", |reader| {
            reader.read_i32("TopicPartitions.Partitions")
        })?;
        reader.skip_tagged_fields("TopicPartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_string(true, &self.topic_name, "TopicPartitions.TopicName")?;
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
        19
    }
}

#[cfg(test)]
impl TopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.topic_name = "topic_name-18".to_owned();
        value.partitions = vec![0x0102_0313, 0x0102_033b];
        value
    }
}

/// Part of [`ShareGroupDescribeResponse`].
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
