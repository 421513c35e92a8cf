//! The UnregisterBroker API (key 64), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// UnregisterBrokerRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnregisterBrokerRequest {
    pub broker_id: i32,
}

impl Message for UnregisterBrokerRequest {
    const NAME: &'static str = "UnregisterBrokerRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.broker_id = reader.read_i32("UnregisterBrokerRequest.BrokerId")?;
        reader.skip_tagged_fields("UnregisterBrokerRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.broker_id);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl UnregisterBrokerRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.broker_id = 0x0102_0311;
        value
    }
}

impl Request for UnregisterBrokerRequest {
    type Response = UnregisterBrokerResponse;
    const KEY: ApiKey = ApiKey::UnregisterBroker;
}

/// UnregisterBrokerResponse of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct UnregisterBrokerResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for UnregisterBrokerResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl Message for UnregisterBrokerResponse {
    const NAME: &'static str = "UnregisterBrokerResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("UnregisterBrokerResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("UnregisterBrokerResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "UnregisterBrokerResponse.ErrorMessage")?;
        reader.skip_tagged_fields("UnregisterBrokerResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "UnregisterBrokerResponse.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl UnregisterBrokerResponse {
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
