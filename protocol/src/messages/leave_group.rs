//! The LeaveGroup API (key 13), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// LeaveGroupRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeaveGroupRequest {
    pub group_id: String,
    /// Field of versions 0 to 2.
    pub member_id: String,
    /// Field of versions 3 to 5.
    pub members: Vec<MemberIdentity>,
}

impl Message for LeaveGroupRequest {
    const NAME: &'static str = "LeaveGroupRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "LeaveGroupRequest.GroupId")?;
        if version <= 2 {
            value.member_id = reader.read_string(false, "LeaveGroupRequest.MemberId")?;
        }
        if version >= 3 {
            value.members = reader.read_array(
                flexible,
                MemberIdentity::encoded_bytes_min(version),
                "LeaveGroupRequest.Members",
                |reader| MemberIdentity::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("LeaveGroupRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_string(flexible, &self.group_id, "LeaveGroupRequest.GroupId")?;
        if version <= 2 {
            writer.write_string(false, &self.member_id, "LeaveGroupRequest.MemberId")?;
        }
        if version >= 3 {
            writer.write_array(
                flexible,
                &self.members,
                "LeaveGroupRequest.Members",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version > 2 && !self.member_id.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "LeaveGroupRequest.MemberId",
                version,
            });
        }
        if version < 3 && !self.members.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "LeaveGroupRequest.Members",
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
impl LeaveGroupRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        if version <= 2 {
            value.member_id = "member_id-18".to_owned();
        }
        if version >= 3 {
            value.members = vec![
                MemberIdentity::sample(version, nulls),
                MemberIdentity::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`LeaveGroupRequest`] of versions 3 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemberIdentity {
    pub member_id: String,
    pub group_instance_id: Option<String>,
    /// Field of version 5.
    pub reason: Option<String>,
}

impl MemberIdentity {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "MemberIdentity.MemberId")?;
        value.group_instance_id =
            reader.read_nullable_string(flexible, "MemberIdentity.GroupInstanceId")?;
        if version >= 5 {
            value.reason = reader.read_nullable_string(true, "MemberIdentity.Reason")?;
        }
        if flexible {
            reader.skip_tagged_fields("MemberIdentity")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.member_id, "MemberIdentity.MemberId")?;
        writer.write_nullable_string(
            flexible,
            self.group_instance_id.as_deref(),
            "MemberIdentity.GroupInstanceId",
        )?;
        if version >= 5 {
            writer.write_nullable_string(true, self.reason.as_deref(), "MemberIdentity.Reason")?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 4,
            4 => 3,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl MemberIdentity {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        value.group_instance_id = if nulls {
            None
        } else {
            Some("group_instance_id-18".to_owned())
        };
        if version >= 5 {
            value.reason = if nulls {
                None
            } else {
                Some("reason-19".to_owned())
            };
        }
        value
    }
}

impl Request for LeaveGroupRequest {
    type Response = LeaveGroupResponse;
    const KEY: ApiKey = ApiKey::LeaveGroup;
}

/// LeaveGroupResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeaveGroupResponse {
    /// Field of versions 1 to 5.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Field of versions 3 to 5.
    pub members: Vec<MemberResponse>,
}

impl Message for LeaveGroupResponse {
    const NAME: &'static str = "LeaveGroupResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("LeaveGroupResponse.ThrottleTimeMs")?;
        }
        value.error_code = reader.read_i16("LeaveGroupResponse.ErrorCode")?;
        if version >= 3 {
            value.members = reader.read_array(
                flexible,
                MemberResponse::encoded_bytes_min(version),
                "LeaveGroupResponse.Members",
                |reader| MemberResponse::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("LeaveGroupResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 1 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_i16(self.error_code);
        if version >= 3 {
            writer.write_array(
                flexible,
                &self.members,
                "LeaveGroupResponse.Members",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version < 3 && !self.members.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "LeaveGroupResponse.Members",
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
        self.members
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl LeaveGroupResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.error_code = 18;
        if version >= 3 {
            value.members = vec![
                MemberResponse::sample(version, nulls),
                MemberResponse::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`LeaveGroupResponse`] of versions 3 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberResponse {
    pub member_id: String,
    pub group_instance_id: Option<String>,
    pub error_code: i16,
}

impl Default for MemberResponse {
    fn default() -> Self {
        Self {
            member_id: String::new(),
            group_instance_id: Some(String::new()),
            error_code: 0,
        }
    }
}

impl MemberResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "MemberResponse.MemberId")?;
        value.group_instance_id =
            reader.read_nullable_string(flexible, "MemberResponse.GroupInstanceId")?;
        value.error_code = reader.read_i16("MemberResponse.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("MemberResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.member_id, "MemberResponse.MemberId")?;
        writer.write_nullable_string(
            flexible,
            self.group_instance_id.as_deref(),
            "MemberResponse.GroupInstanceId",
        )?;
        writer.write_i16(self.error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 6,
            _ => 5,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl MemberResponse {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        value.group_instance_id = if nulls {
            None
        } else {
            Some("group_instance_id-18".to_owned())
        };
        value.error_code = 19;
        value
    }
}
