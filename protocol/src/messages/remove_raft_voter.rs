//! The RemoveRaftVoter API (key 81), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// RemoveRaftVoterRequest of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoveRaftVoterRequest {
    pub cluster_id: Option<String>,
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
}

impl Default for RemoveRaftVoterRequest {
    fn default() -> Self {
        Self {
            cluster_id: Some(String::new()),
            voter_id: 0,
            voter_directory_id: Uuid::nil(),
        }
    }
}

impl Message for RemoveRaftVoterRequest {
    const NAME: &'static str = "RemoveRaftVoterRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.cluster_id = reader.read_nullable_string(true, "RemoveRaftVoterRequest.ClusterId")?;
        value.voter_id = reader.read_i32("RemoveRaftVoterRequest.VoterId")?;
        value.voter_directory_id = reader.read_uuid("RemoveRaftVoterRequest.VoterDirectoryId")?;
        reader.skip_tagged_fields("RemoveRaftVoterRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_string(
            true,
            self.cluster_id.as_deref(),
            "RemoveRaftVoterRequest.ClusterId",
        )?;
        writer.write_i32(self.voter_id);
        writer.write_uuid(self.voter_directory_id);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl RemoveRaftVoterRequest {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.cluster_id = if nulls {
            None
        } else {
            Some("cluster_id-17".to_owned())
        };
        value.voter_id = 0x0102_0312;
        value.voter_directory_id = Uuid::from_u128(19 << 64 | 5);
        value
    }
}

impl Request for RemoveRaftVoterRequest {
    type Response = RemoveRaftVoterResponse;
    const KEY: ApiKey = ApiKey::RemoveRaftVoter;
}

/// RemoveRaftVoterResponse of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoveRaftVoterResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for RemoveRaftVoterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl Message for RemoveRaftVoterResponse {
    const NAME: &'static str = "RemoveRaftVoterResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("RemoveRaftVoterResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("RemoveRaftVoterResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "RemoveRaftVoterResponse.ErrorMessage")?;
        reader.skip_tagged_fields("RemoveRaftVoterResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "RemoveRaftVoterResponse.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl RemoveRaftVoterResponse {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
