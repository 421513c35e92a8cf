//! The SaslHandshake API (key 17), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// SaslHandshakeRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SaslHandshakeRequest {
    pub mechanism: String,
}

impl Message for SaslHandshakeRequest {
    const NAME: &'static str = "SaslHandshakeRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.mechanism = reader.read_string(false, "SaslHandshakeRequest.Mechanism")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(false, &self.mechanism, "SaslHandshakeRequest.Mechanism")?;
        Ok(())
    }
}

#[cfg(test)]
impl SaslHandshakeRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.mechanism = "mechanism-17".to_owned();
        value
    }
}

impl Request for SaslHandshakeRequest {
    type Response = SaslHandshakeResponse;
    const KEY: ApiKey = ApiKey::SaslHandshake;
}

/// SaslHandshakeResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SaslHandshakeResponse {
    pub error_code: i16,
    pub mechanisms: Vec<String>,
}

impl Message for SaslHandshakeResponse {
    const NAME: &'static str = "SaslHandshakeResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.error_code = reader.read_i16("SaslHandshakeResponse.ErrorCode")?;
        value.mechanisms =
            reader.read_array(false, 2, "SaslHandshakeResponse.Mechanisms", |reader| {
                reader.read_string(false, "SaslHandshakeResponse.Mechanisms")
            })?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i16(self.error_code);
        writer.write_array(
            false,
            &self.mechanisms,
            "SaslHandshakeResponse.Mechanisms",
            |writer, value| writer.write_string(false, value, "SaslHandshakeResponse.Mechanisms"),
        )?;
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl SaslHandshakeResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.mechanisms = vec!["mechanisms-18".to_owned(), "mechanisms-58".to_owned()];
        value
    }
}
