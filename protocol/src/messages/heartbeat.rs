//! The Heartbeat API (key 12), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// HeartbeatRequest of versions 0 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeartbeatRequest {
    pub group_id: String,
    pub generation_id: i32,
    pub member_id: String,
    /// Field of versions 3 to 4.
    pub group_instance_id: Option<String>,
}

impl Message for HeartbeatRequest {
    const NAME: &'static str = "HeartbeatRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "HeartbeatRequest.GroupId")?;
        value.generation_id = reader.read_i32("HeartbeatRequest.GenerationId")?;
        value.member_id = reader.read_string(flexible, "HeartbeatRequest.MemberId")?;
        if version >= 3 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "HeartbeatRequest.GroupInstanceId")?;
        }
        if flexible {
            reader.skip_tagged_fields("HeartbeatRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_string(flexible, &self.group_id, "HeartbeatRequest.GroupId")?;
        writer.write_i32(self.generation_id);
        writer.write_string(flexible, &self.member_id, "HeartbeatRequest.MemberId")?;
        if version >= 3 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "HeartbeatRequest.GroupInstanceId",
            )?;
        }
        if version < 3 && self.group_instance_id.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "HeartbeatRequest.GroupInstanceId",
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
impl HeartbeatRequest {
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
        value
    }
}

impl Request for HeartbeatRequest {
    type Response = HeartbeatResponse;
    const KEY: ApiKey = ApiKey::Heartbeat;
}

/// HeartbeatResponse of versions 0 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeartbeatResponse {
    /// Field of versions 1 to 4.
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Message for HeartbeatResponse {
    const NAME: &'static str = "HeartbeatResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("HeartbeatResponse.ThrottleTimeMs")?;
        }
        value.error_code = reader.read_i16("HeartbeatResponse.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("HeartbeatResponse")?;
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
impl HeartbeatResponse {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.error_code = 18;
        value
    }
}
