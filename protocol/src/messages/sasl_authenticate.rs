//! The SaslAuthenticate API (key 36), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// SaslAuthenticateRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SaslAuthenticateRequest {
    pub auth_bytes: Bytes,
}

impl Message for SaslAuthenticateRequest {
    const NAME: &'static str = "SaslAuthenticateRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.auth_bytes = reader.read_bytes(flexible, "SaslAuthenticateRequest.AuthBytes")?;
        if flexible {
            reader.skip_tagged_fields("SaslAuthenticateRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_bytes(
            flexible,
            &self.auth_bytes,
            "SaslAuthenticateRequest.AuthBytes",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl SaslAuthenticateRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.auth_bytes = Bytes::from_static(&[17; 150]);
        value
    }
}

impl Request for SaslAuthenticateRequest {
    type Response = SaslAuthenticateResponse;
    const KEY: ApiKey = ApiKey::SaslAuthenticate;
}

/// SaslAuthenticateResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct SaslAuthenticateResponse {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub auth_bytes: Bytes,
    /// Field of versions 1 to 2.
    pub session_lifetime_ms: i64,
}

impl Default for SaslAuthenticateResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            auth_bytes: Bytes::new(),
            session_lifetime_ms: 0,
        }
    }
}

impl Message for SaslAuthenticateResponse {
    const NAME: &'static str = "SaslAuthenticateResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("SaslAuthenticateResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "SaslAuthenticateResponse.ErrorMessage")?;
        value.auth_bytes = reader.read_bytes(flexible, "SaslAuthenticateResponse.AuthBytes")?;
        if version >= 1 {
            value.session_lifetime_ms =
                reader.read_i64("SaslAuthenticateResponse.SessionLifetimeMs")?;
        }
        if flexible {
            reader.skip_tagged_fields("SaslAuthenticateResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "SaslAuthenticateResponse.ErrorMessage",
        )?;
        writer.write_bytes(
            flexible,
            &self.auth_bytes,
            "SaslAuthenticateResponse.AuthBytes",
        )?;
        if version >= 1 {
            writer.write_i64(self.session_lifetime_ms);
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
impl SaslAuthenticateResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.auth_bytes = Bytes::from_static(&[19; 150]);
        if version >= 1 {
            value.session_lifetime_ms = 0x0102_0304_0506_0714;
        }
        value
    }
}
