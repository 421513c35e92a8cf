//! The RenewDelegationToken API (key 39), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// RenewDelegationTokenRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RenewDelegationTokenRequest {
    pub hmac: Bytes,
    pub renew_period_ms: i64,
}

impl Message for RenewDelegationTokenRequest {
    const NAME: &'static str = "RenewDelegationTokenRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.hmac = reader.read_bytes(flexible, "RenewDelegationTokenRequest.Hmac")?;
        value.renew_period_ms = reader.read_i64("RenewDelegationTokenRequest.RenewPeriodMs")?;
        if flexible {
            reader.skip_tagged_fields("RenewDelegationTokenRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_bytes(flexible, &self.hmac, "RenewDelegationTokenRequest.Hmac")?;
        writer.write_i64(self.renew_period_ms);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl RenewDelegationTokenRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.hmac = Bytes::from_static(&[17; 150]);
        value.renew_period_ms = 0x0102_0304_0506_0712;
        value
    }
}

impl Request for RenewDelegationTokenRequest {
    type Response = RenewDelegationTokenResponse;
    const KEY: ApiKey = ApiKey::RenewDelegationToken;
}

/// RenewDelegationTokenResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RenewDelegationTokenResponse {
    pub error_code: i16,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

impl Message for RenewDelegationTokenResponse {
    const NAME: &'static str = "RenewDelegationTokenResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("RenewDelegationTokenResponse.ErrorCode")?;
        value.expiry_timestamp_ms =
            reader.read_i64("RenewDelegationTokenResponse.ExpiryTimestampMs")?;
        value.throttle_time_ms = reader.read_i32("RenewDelegationTokenResponse.ThrottleTimeMs")?;
        if flexible {
            reader.skip_tagged_fields("RenewDelegationTokenResponse")?;
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
impl RenewDelegationTokenResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.expiry_timestamp_ms = 0x0102_0304_0506_0712;
        value.throttle_time_ms = 0x0102_0313;
        value
    }
}
