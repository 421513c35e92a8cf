//! The DescribeGroups API (key 15), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// DescribeGroupsRequest of versions 0 to 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeGroupsRequest {
    pub groups: Vec<String>,
    /// Field of versions 3 to 6.
    pub include_authorized_operations: bool,
}

impl Message for DescribeGroupsRequest {
    const NAME: &'static str = "DescribeGroupsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 5;
        let mut value = Self::default();
        value.groups = reader.read_array(
            flexible,
            if flexible { 1 } else { 2 },
            "DescribeGroupsRequest.Groups",
            |reader| reader.read_string(flexible, "DescribeGroupsRequest.Groups"),
        )?;
        if version >= 3 {
            value.include_authorized_operations =
                reader.read_bool("DescribeGroupsRequest.IncludeAuthorizedOperations")?;
        }
        if flexible {
            reader.skip_tagged_fields("DescribeGroupsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.write_array(
            flexible,
            &self.groups,
            "DescribeGroupsRequest.Groups",
            |writer, value| writer.write_string(flexible, value, "DescribeGroupsRequest.Groups"),
        )?;
        if version >= 3 {
            writer.write_bool(self.include_authorized_operations);
        }
        if version < 3 && self.include_authorized_operations {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeGroupsRequest.IncludeAuthorizedOperations",
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
impl DescribeGroupsRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.groups = vec!["groups-17".to_owned(), "groups-57".to_owned()];
        if version >= 3 {
            value.include_authorized_operations = true;
        }
        value
    }
}

impl Request for DescribeGroupsRequest {
    type Response = DescribeGroupsResponse;
    const KEY: ApiKey = ApiKey::DescribeGroups;
}

/// DescribeGroupsResponse of versions 0 to 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeGroupsResponse {
    /// Field of versions 1 to 6.
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Message for DescribeGroupsResponse {
    const NAME: &'static str = "DescribeGroupsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 5;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("DescribeGroupsResponse.ThrottleTimeMs")?;
        }
        value.groups = reader.read_array(
            flexible,
            DescribedGroup::encoded_bytes_min(version),
            "DescribeGroupsResponse.Groups",
            |reader| DescribedGroup::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeGroupsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 5;
        if version >= 1 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_array(
            flexible,
            &self.groups,
            "DescribeGroupsResponse.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.groups
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeGroupsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.groups = vec![
            DescribedGroup::sample(version, nulls),
            DescribedGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeGroupsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    /// Field of version 6.
    pub error_message: Option<String>,
    pub group_id: String,
    pub group_state: String,
    pub protocol_type: String,
    pub protocol_data: String,
    pub members: Vec<DescribedGroupMember>,
    /// Field of versions 3 to 6.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            protocol_type: String::new(),
            protocol_data: String::new(),
            members: Vec::new(),
            authorized_operations: -2147483648,
        }
    }
}

impl DescribedGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribedGroup.ErrorCode")?;
        if version >= 6 {
            value.error_message =
                reader.read_nullable_string(true, "DescribedGroup.ErrorMessage")?;
        }
        value.group_id = reader.read_string(flexible, "DescribedGroup.GroupId")?;
        value.group_state = reader.read_string(flexible, "DescribedGroup.GroupState")?;
        value.protocol_type = reader.read_string(flexible, "DescribedGroup.ProtocolType")?;
        value.protocol_data = reader.read_string(flexible, "DescribedGroup.ProtocolData")?;
        value.members = reader.read_array(
            flexible,
            DescribedGroupMember::encoded_bytes_min(version),
            "DescribedGroup.Members",
            |reader| DescribedGroupMember::decode(reader, version),
        )?;
        if version >= 3 {
            value.authorized_operations = reader.read_i32("DescribedGroup.AuthorizedOperations")?;
        }
        if flexible {
            reader.skip_tagged_fields("DescribedGroup")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_i16(self.error_code);
        if version >= 6 {
            writer.write_nullable_string(
                true,
                self.error_message.as_deref(),
                "DescribedGroup.ErrorMessage",
            )?;
        }
        writer.write_string(flexible, &self.group_id, "DescribedGroup.GroupId")?;
        writer.write_string(flexible, &self.group_state, "DescribedGroup.GroupState")?;
        writer.write_string(flexible, &self.protocol_type, "DescribedGroup.ProtocolType")?;
        writer.write_string(flexible, &self.protocol_data, "DescribedGroup.ProtocolData")?;
        writer.write_array(
            flexible,
            &self.members,
            "DescribedGroup.Members",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 3 {
            writer.write_i32(self.authorized_operations);
        }
        if version < 6 && self.error_message.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribedGroup.ErrorMessage",
                version,
            });
        }
        if version < 3 && self.authorized_operations != -2147483648 {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribedGroup.AuthorizedOperations",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=2 => 14,
            3..=4 => 18,
            5 => 12,
            _ => 13,
        }
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
        if version >= 6 {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-18".to_owned())
            };
        }
        value.group_id = "group_id-19".to_owned();
        value.group_state = "group_state-20".to_owned();
        value.protocol_type = "protocol_type-21".to_owned();
        value.protocol_data = "protocol_data-22".to_owned();
        value.members = vec![
            DescribedGroupMember::sample(version, nulls),
            DescribedGroupMember::sample(version, nulls),
        ];
        if version >= 3 {
            value.authorized_operations = 0x0102_0318;
        }
        value
    }
}

/// Part of [`DescribeGroupsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribedGroupMember {
    pub member_id: String,
    /// Field of versions 4 to 6.
    pub group_instance_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub member_metadata: Bytes,
    pub member_assignment: Bytes,
}

impl DescribedGroupMember {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 5;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "DescribedGroupMember.MemberId")?;
        if version >= 4 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "DescribedGroupMember.GroupInstanceId")?;
        }
        value.client_id = reader.read_string(flexible, "DescribedGroupMember.ClientId")?;
        value.client_host = reader.read_string(flexible, "DescribedGroupMember.ClientHost")?;
        value.member_metadata =
            reader.read_bytes(flexible, "DescribedGroupMember.MemberMetadata")?;
        value.member_assignment =
            reader.read_bytes(flexible, "DescribedGroupMember.MemberAssignment")?;
        if flexible {
            reader.skip_tagged_fields("DescribedGroupMember")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 5;
        writer.write_string(flexible, &self.member_id, "DescribedGroupMember.MemberId")?;
        if version >= 4 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "DescribedGroupMember.GroupInstanceId",
            )?;
        }
        writer.write_string(flexible, &self.client_id, "DescribedGroupMember.ClientId")?;
        writer.write_string(
            flexible,
            &self.client_host,
            "DescribedGroupMember.ClientHost",
        )?;
        writer.write_bytes(
            flexible,
            &self.member_metadata,
            "DescribedGroupMember.MemberMetadata",
        )?;
        writer.write_bytes(
            flexible,
            &self.member_assignment,
            "DescribedGroupMember.MemberAssignment",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 14,
            4 => 16,
            _ => 7,
        }
    }
}

#[cfg(test)]
impl DescribedGroupMember {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        if version >= 4 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-18".to_owned())
            };
        }
        value.client_id = "client_id-19".to_owned();
        value.client_host = "client_host-20".to_owned();
        value.member_metadata = Bytes::from_static(&[21; 150]);
        value.member_assignment = Bytes::from_static(&[22; 150]);
        value
    }
}
