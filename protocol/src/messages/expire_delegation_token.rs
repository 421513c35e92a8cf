//! The ExpireDelegationToken API (key 40), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// ExpireDelegationTokenRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExpireDelegationTokenRequest {
    pub hmac: Bytes,
    pub expiry_time_period_ms: i64,
}

impl Message for ExpireDelegationTokenRequest {
    const NAME: &'static str = "ExpireDelegationTokenRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.hmac = reader.read_bytes(flexible, "ExpireDelegationTokenRequest.Hmac")?;
        value.expiry_time_period_ms =
            reader.read_i64("ExpireDelegationTokenRequest.ExpiryTimePeriodMs")?;
        if flexible {
            reader.skip_tagged_fields("ExpireDelegationTokenRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_bytes(flexible, &self.hmac, "ExpireDelegationTokenRequest.Hmac")?;
        writer.write_i64(self.expiry_time_period_ms);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl ExpireDelegationTokenRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.hmac = Bytes::from_static(&[17; 150]);
        value.expiry_time_period_ms = 0x0102_0304_0506_0712;
        value
    }
}

impl Request for ExpireDelegationTokenRequest {
    type Response = ExpireDelegationTokenResponse;
    const KEY: ApiKey = ApiKey::ExpireDelegationToken;
}

/// ExpireDelegationTokenResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExpireDelegationTokenResponse {
    pub error_code: i16,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

impl Message for ExpireDelegationTokenResponse {
    const NAME: &'static str = "ExpireDelegationTokenResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("ExpireDelegationTokenResponse.ErrorCode")?;
        value.expiry_timestamp_ms =
            reader.read_i64("ExpireDelegationTokenResponse.ExpiryTimestampMs")?;
        value.throttle_time_ms = reader.read_i32("ExpireDelegationTokenResponse.ThrottleTimeMs")?;
        if flexible {
            reader.skip_tagged_fields("ExpireDelegationTokenResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_i64(self.expiry_timestamp_ms);
        writer.write_i32(self.throttle_time_ms);
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
impl ExpireDelegationTokenResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.expiry_timestamp_ms = 0x0102_0304_0506_0712;
        value.throttle_time_ms = 0x0102_0313;
        value
    }
}
