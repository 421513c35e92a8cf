//! The SyncGroup API (key 14), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// SyncGroupRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncGroupRequest {
    pub group_id: String,
    pub generation_id: i32,
    pub member_id: String,
    /// Field of versions 3 to 5.
    pub group_instance_id: Option<String>,
    /// Field of version 5.
    pub protocol_type: Option<String>,
    /// Field of version 5.
    pub protocol_name: Option<String>,
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Message for SyncGroupRequest {
    const NAME: &'static str = "SyncGroupRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "SyncGroupRequest.GroupId")?;
        value.generation_id = reader.read_i32("SyncGroupRequest.GenerationId")?;
        value.member_id = reader.read_string(flexible, "SyncGroupRequest.MemberId")?;
        if version >= 3 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "SyncGroupRequest.GroupInstanceId")?;
        }
        if version >= 5 {
            value.protocol_type =
                reader.read_nullable_string(true, "SyncGroupRequest.ProtocolType")?;
        }
        if version >= 5 {
            value.protocol_name =
                reader.read_nullable_string(true, "SyncGroupRequest.ProtocolName")?;
        }
        value.assignments = reader.read_array(
            flexible,
            SyncGroupRequestAssignment::encoded_bytes_min(version),
            "SyncGroupRequest.Assignments",
            |reader| SyncGroupRequestAssignment::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("SyncGroupRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_string(flexible, &self.group_id, "SyncGroupRequest.GroupId")?;
        writer.write_i32(self.generation_id);
        writer.write_string(flexible, &self.member_id, "SyncGroupRequest.MemberId")?;
        if version >= 3 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "SyncGroupRequest.GroupInstanceId",
            )?;
        }
        if version >= 5 {
            writer.write_nullable_string(
                true,
                self.protocol_type.as_deref(),
                "SyncGroupRequest.ProtocolType",
            )?;
        }
        if version >= 5 {
            writer.write_nullable_string(
                true,
                self.protocol_name.as_deref(),
                "SyncGroupRequest.ProtocolName",
            )?;
        }
        writer.write_array(
            flexible,
            &self.assignments,
            "SyncGroupRequest.Assignments",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 3 && self.group_instance_id.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "SyncGroupRequest.GroupInstanceId",
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
impl SyncGroupRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.generation_id = 0x0102_0312;
        value.member_id = "member_id-19".to_owned();
        if version >= 3 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-20".to_owned())
            };
        }
        if version >= 5 {
            value.protocol_type = if nulls {
                None
            } else {
                Some("protocol_type-21".to_owned())
            };
        }
        if version >= 5 {
            value.protocol_name = if nulls {
                None
            } else {
                Some("protocol_name-22".to_owned())
            };
        }
        value.assignments = vec![
            SyncGroupRequestAssignment::sample(version, nulls),
            SyncGroupRequestAssignment::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`SyncGroupRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncGroupRequestAssignment {
    pub member_id: String,
    pub assignment: Bytes,
}

impl SyncGroupRequestAssignment {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "SyncGroupRequestAssignment.MemberId")?;
        value.assignment = reader.read_bytes(flexible, "SyncGroupRequestAssignment.Assignment")?;
        if flexible {
            reader.skip_tagged_fields("SyncGroupRequestAssignment")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(
            flexible,
            &self.member_id,
            "SyncGroupRequestAssignment.MemberId",
        )?;
        writer.write_bytes(
            flexible,
            &self.assignment,
            "SyncGroupRequestAssignment.Assignment",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl SyncGroupRequestAssignment {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        value.assignment = Bytes::from_static(&[18; 150]);
        value
    }
}

impl Request for SyncGroupRequest {
    type Response = SyncGroupResponse;
    const KEY: ApiKey = ApiKey::SyncGroup;
}

/// SyncGroupResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncGroupResponse {
    /// Field of versions 1 to 5.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Field of version 5.
    pub protocol_type: Option<String>,
    /// Field of version 5.
    pub protocol_name: Option<String>,
    pub assignment: Bytes,
}

impl Message for SyncGroupResponse {
    const NAME: &'static str = "SyncGroupResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("SyncGroupResponse.ThrottleTimeMs")?;
        }
        value.error_code = reader.read_i16("SyncGroupResponse.ErrorCode")?;
        if version >= 5 {
            value.protocol_type =
                reader.read_nullable_string(true, "SyncGroupResponse.ProtocolType")?;
        }
        if version >= 5 {
            value.protocol_name =
                reader.read_nullable_string(true, "SyncGroupResponse.ProtocolName")?;
        }
        value.assignment = reader.read_bytes(flexible, "SyncGroupResponse.Assignment")?;
        if flexible {
            reader.skip_tagged_fields("SyncGroupResponse")?;
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
        if version >= 5 {
            writer.write_nullable_string(
                true,
                self.protocol_type.as_deref(),
                "SyncGroupResponse.ProtocolType",
            )?;
        }
        if version >= 5 {
            writer.write_nullable_string(
                true,
                self.protocol_name.as_deref(),
                "SyncGroupResponse.ProtocolName",
            )?;
        }
        writer.write_bytes(flexible, &self.assignment, "SyncGroupResponse.Assignment")?;
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
impl SyncGroupResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.error_code = 18;
        if version >= 5 {
            value.protocol_type = if nulls {
                None
            } else {
                Some("protocol_type-19".to_owned())
            };
        }
        if version >= 5 {
            value.protocol_name = if nulls {
                None
            } else {
                Some("protocol_name-20".to_owned())
            };
        }
        value.assignment = Bytes::from_static(&[21; 150]);
        value
    }
}
