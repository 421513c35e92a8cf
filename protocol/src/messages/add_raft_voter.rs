//! The AddRaftVoter API (key 80), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// AddRaftVoterRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AddRaftVoterRequest {
    pub cluster_id: Option<String>,
    pub timeout_ms: i32,
    pub voter_id: i32,
    pub voter_directory_id: Uuid,
    pub listeners: Vec<Listener>,
    /// Field of version 1.
    pub ack_when_committed: bool,
}

impl Default for AddRaftVoterRequest {
    fn default() -> Self {
        Self {
            cluster_id: Some(String::new()),
            timeout_ms: 0,
            voter_id: 0,
            voter_directory_id: Uuid::nil(),
            listeners: Vec::new(),
            ack_when_committed: true,
        }
    }
}

impl Message for AddRaftVoterRequest {
    const NAME: &'static str = "AddRaftVoterRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.cluster_id = reader.read_nullable_string(true, "AddRaftVoterRequest.ClusterId")?;
        value.timeout_ms = reader.read_i32("AddRaftVoterRequest.TimeoutMs")?;
        value.voter_id = reader.read_i32("AddRaftVoterRequest.VoterId")?;
        value.voter_directory_id = reader.read_uuid("AddRaftVoterRequest.VoterDirectoryId")?;
        value.listeners = reader.read_array(
            true,
            Listener::encoded_bytes_min(version),
            "AddRaftVoterRequest.Listeners",
            |reader| Listener::decode(reader, version),
        )?;
        if version >= 1 {
            value.ack_when_committed = reader.read_bool("AddRaftVoterRequest.AckWhenCommitted")?;
        }
        reader.skip_tagged_fields("AddRaftVoterRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_string(
            true,
            self.cluster_id.as_deref(),
            "AddRaftVoterRequest.ClusterId",
        )?;
        writer.write_i32(self.timeout_ms);
        writer.write_i32(self.voter_id);
        writer.write_uuid(self.voter_directory_id);
        writer.write_array(
            true,
            &self.listeners,
            "AddRaftVoterRequest.Listeners",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 1 {
            writer.write_bool(self.ack_when_committed);
        }
        if version < 1 && !self.ack_when_committed {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddRaftVoterRequest.AckWhenCommitted",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl AddRaftVoterRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.cluster_id = if nulls {
            None
        } else {
            Some("cluster_id-17".to_owned())
        };
        value.timeout_ms = 0x0102_0312;
        value.voter_id = 0x0102_0313;
        value.voter_directory_id = Uuid::from_u128(20 << 64 | 5);
        value.listeners = vec![
            Listener::sample(version, nulls),
            Listener::sample(version, nulls),
        ];
        if version >= 1 {
            value.ack_when_committed = false;
        }
        value
    }
}

/// Part of [`AddRaftVoterRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listener {
    pub name: String,
    pub host: String,
    pub port: u16,
}

impl Listener {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "Listener.Name")?;
        value.host = reader.read_string(true, "Listener.Host")?;
        value.port = reader.read_u16("Listener.Port")?;
        reader.skip_tagged_fields("Listener")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "Listener.Name")?;
        writer.write_string(true, &self.host, "Listener.Host")?;
        writer.write_u16(self.port);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }
}

#[cfg(test)]
impl Listener {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.host = "host-18".to_owned();
        value.port = 19;
        value
    }
}

impl Request for AddRaftVoterRequest {
    type Response = AddRaftVoterResponse;
    const KEY: ApiKey = ApiKey::AddRaftVoter;
}

/// AddRaftVoterResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AddRaftVoterResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for AddRaftVoterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl Message for AddRaftVoterResponse {
    const NAME: &'static str = "AddRaftVoterResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AddRaftVoterResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("AddRaftVoterResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "AddRaftVoterResponse.ErrorMessage")?;
        reader.skip_tagged_fields("AddRaftVoterResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "AddRaftVoterResponse.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl AddRaftVoterResponse {
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
