//! The JoinGroup API (key 11), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// JoinGroupRequest of versions 0 to 9.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinGroupRequest {
    pub group_id: String,
    pub session_timeout_ms: i32,
    /// Field of versions 1 to 9.
    pub rebalance_timeout_ms: i32,
    pub member_id: String,
    /// Field of versions 5 to 9.
    pub group_instance_id: Option<String>,
    pub protocol_type: String,
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Field of versions 8 to 9.
    pub reason: Option<String>,
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: String::new(),
            group_instance_id: None,
            protocol_type: String::new(),
            protocols: Vec::new(),
            reason: None,
        }
    }
}

impl Message for JoinGroupRequest {
    const NAME: &'static str = "JoinGroupRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "JoinGroupRequest.GroupId")?;
        value.session_timeout_ms = reader.read_i32("JoinGroupRequest.SessionTimeoutMs")?;
        if version >= 1 {
            value.rebalance_timeout_ms = reader.read_i32("JoinGroupRequest.RebalanceTimeoutMs")?;
        }
        value.member_id = reader.read_string(flexible, "JoinGroupRequest.MemberId")?;
        if version >= 5 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "JoinGroupRequest.GroupInstanceId")?;
        }
        value.protocol_type = reader.read_string(flexible, "JoinGroupRequest.ProtocolType")?;
        value.protocols = reader.read_array(
            flexible,
            JoinGroupRequestProtocol::encoded_bytes_min(version),
            "JoinGroupRequest.Protocols",
            |reader| JoinGroupRequestProtocol::decode(reader, version),
        )?;
        if version >= 8 {
            value.reason = reader.read_nullable_string(true, "JoinGroupRequest.Reason")?;
        }
        if flexible {
            reader.skip_tagged_fields("JoinGroupRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        writer.write_string(flexible, &self.group_id, "JoinGroupRequest.GroupId")?;
        writer.write_i32(self.session_timeout_ms);
        if version >= 1 {
            writer.write_i32(self.rebalance_timeout_ms);
        }
        writer.write_string(flexible, &self.member_id, "JoinGroupRequest.MemberId")?;
        if version >= 5 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "JoinGroupRequest.GroupInstanceId",
            )?;
        }
        writer.write_string(
            flexible,
            &self.protocol_type,
            "JoinGroupRequest.ProtocolType",
        )?;
        writer.write_array(
            flexible,
            &self.protocols,
            "JoinGroupRequest.Protocols",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 8 {
            writer.write_nullable_string(
                true,
                self.reason.as_deref(),
                "JoinGroupRequest.Reason",
            )?;
        }
        if version < 5 && self.group_instance_id.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "JoinGroupRequest.GroupInstanceId",
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
impl JoinGroupRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.session_timeout_ms = 0x0102_0312;
        if version >= 1 {
            value.rebalance_timeout_ms = 0x0102_0313;
        }
        value.member_id = "member_id-20".to_owned();
        if version >= 5 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-21".to_owned())
            };
        }
        value.protocol_type = "protocol_type-22".to_owned();
        value.protocols = vec![
            JoinGroupRequestProtocol::sample(version, nulls),
            JoinGroupRequestProtocol::sample(version, nulls),
        ];
        if version >= 8 {
            value.reason = if nulls {
                None
            } else {
                Some("reason-24".to_owned())
            };
        }
        value
    }
}

/// Part of [`JoinGroupRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JoinGroupRequestProtocol {
    pub name: String,
    pub metadata: Bytes,
}

impl JoinGroupRequestProtocol {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "JoinGroupRequestProtocol.Name")?;
        value.metadata = reader.read_bytes(flexible, "JoinGroupRequestProtocol.Metadata")?;
        if flexible {
            reader.skip_tagged_fields("JoinGroupRequestProtocol")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(flexible, &self.name, "JoinGroupRequestProtocol.Name")?;
        writer.write_bytes(
            flexible,
            &self.metadata,
            "JoinGroupRequestProtocol.Metadata",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=5 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl JoinGroupRequestProtocol {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.metadata = Bytes::from_static(&[18; 150]);
        value
    }
}

impl Request for JoinGroupRequest {
    type Response = JoinGroupResponse;
    const KEY: ApiKey = ApiKey::JoinGroup;
}

/// JoinGroupResponse of versions 0 to 9.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinGroupResponse {
    /// Field of versions 2 to 9.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub generation_id: i32,
    /// Field of versions 7 to 9.
    pub protocol_type: Option<String>,
    pub protocol_name: Option<String>,
    pub leader: String,
    /// Field of version 9.
    pub skip_assignment: bool,
    pub member_id: String,
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(String::new()),
            leader: String::new(),
            skip_assignment: false,
            member_id: String::new(),
            members: Vec::new(),
        }
    }
}

impl Message for JoinGroupResponse {
    const NAME: &'static str = "JoinGroupResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 6;
        let mut value = Self::default();
        if version >= 2 {
            value.throttle_time_ms = reader.read_i32("JoinGroupResponse.ThrottleTimeMs")?;
        }
        value.error_code = reader.read_i16("JoinGroupResponse.ErrorCode")?;
        value.generation_id = reader.read_i32("JoinGroupResponse.GenerationId")?;
        if version >= 7 {
            value.protocol_type =
                reader.read_nullable_string(true, "JoinGroupResponse.ProtocolType")?;
        }
        value.protocol_name = if version >= 7 {
            reader.read_nullable_string(flexible, "JoinGroupResponse.ProtocolName")?
        } else {
            Some(reader.read_string(flexible, "JoinGroupResponse.ProtocolName")?)
        };
        value.leader = reader.read_string(flexible, "JoinGroupResponse.Leader")?;
        if version >= 9 {
            value.skip_assignment = reader.read_bool("JoinGroupResponse.SkipAssignment")?;
        }
        value.member_id = reader.read_string(flexible, "JoinGroupResponse.MemberId")?;
        value.members = reader.read_array(
            flexible,
            JoinGroupResponseMember::encoded_bytes_min(version),
            "JoinGroupResponse.Members",
            |reader| JoinGroupResponseMember::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("JoinGroupResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 2 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_i16(self.error_code);
        writer.write_i32(self.generation_id);
        if version >= 7 {
            writer.write_nullable_string(
                true,
                self.protocol_type.as_deref(),
                "JoinGroupResponse.ProtocolType",
            )?;
        }
        if version < 7 && self.protocol_name.is_none() {
            return Err(EncodeError::UnexpectedNull {
                what: "JoinGroupResponse.ProtocolName",
                version,
            });
        }
        writer.write_nullable_string(
            flexible,
            self.protocol_name.as_deref(),
            "JoinGroupResponse.ProtocolName",
        )?;
        writer.write_string(flexible, &self.leader, "JoinGroupResponse.Leader")?;
        if version >= 9 {
            writer.write_bool(self.skip_assignment);
        }
        writer.write_string(flexible, &self.member_id, "JoinGroupResponse.MemberId")?;
        writer.write_array(
            flexible,
            &self.members,
            "JoinGroupResponse.Members",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 9 && self.skip_assignment {
            return Err(EncodeError::FieldNotInVersion {
                what: "JoinGroupResponse.SkipAssignment",
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
    }
}

#[cfg(test)]
impl JoinGroupResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 2 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.error_code = 18;
        value.generation_id = 0x0102_0313;
        if version >= 7 {
            value.protocol_type = if nulls {
                None
            } else {
                Some("protocol_type-20".to_owned())
            };
        }
        value.protocol_name = if nulls && version >= 7 {
            None
        } else {
            Some("protocol_name-21".to_owned())
        };
        value.leader = "leader-22".to_owned();
        if version >= 9 {
            value.skip_assignment = true;
        }
        value.member_id = "member_id-24".to_owned();
        value.members = vec![
            JoinGroupResponseMember::sample(version, nulls),
            JoinGroupResponseMember::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`JoinGroupResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JoinGroupResponseMember {
    pub member_id: String,
    /// Field of versions 5 to 9.
    pub group_instance_id: Option<String>,
    pub metadata: Bytes,
}

impl JoinGroupResponseMember {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 6;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "JoinGroupResponseMember.MemberId")?;
        if version >= 5 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "JoinGroupResponseMember.GroupInstanceId")?;
        }
        value.metadata = reader.read_bytes(flexible, "JoinGroupResponseMember.Metadata")?;
        if flexible {
            reader.skip_tagged_fields("JoinGroupResponseMember")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 6;
        writer.write_string(
            flexible,
            &self.member_id,
            "JoinGroupResponseMember.MemberId",
        )?;
        if version >= 5 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "JoinGroupResponseMember.GroupInstanceId",
            )?;
        }
        writer.write_bytes(flexible, &self.metadata, "JoinGroupResponseMember.Metadata")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 6,
            5 => 8,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl JoinGroupResponseMember {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        if version >= 5 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-18".to_owned())
            };
        }
        value.metadata = Bytes::from_static(&[19; 150]);
        value
    }
}
