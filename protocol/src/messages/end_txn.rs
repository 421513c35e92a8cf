//! The EndTxn API (key 26), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// EndTxnRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndTxnRequest {
    pub transactional_id: String,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub committed: bool,
}

impl Message for EndTxnRequest {
    const NAME: &'static str = "EndTxnRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.transactional_id = reader.read_string(flexible, "EndTxnRequest.TransactionalId")?;
        value.producer_id = reader.read_i64("EndTxnRequest.ProducerId")?;
        value.producer_epoch = reader.read_i16("EndTxnRequest.ProducerEpoch")?;
        value.committed = reader.read_bool("EndTxnRequest.Committed")?;
        if flexible {
            reader.skip_tagged_fields("EndTxnRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_string(
            flexible,
            &self.transactional_id,
            "EndTxnRequest.TransactionalId",
        )?;
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_bool(self.committed);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl EndTxnRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.producer_id = 0x0102_0304_0506_0712;
        value.producer_epoch = 19;
        value.committed = true;
        value
    }
}

impl Request for EndTxnRequest {
    type Response = EndTxnResponse;
    const KEY: ApiKey = ApiKey::EndTxn;
}

/// EndTxnResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct EndTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Field of version 5.
    pub producer_id: i64,
    /// Field of version 5.
    pub producer_epoch: i16,
}

impl Default for EndTxnResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            producer_id: -1,
            producer_epoch: -1,
        }
    }
}

impl Message for EndTxnResponse {
    const NAME: &'static str = "EndTxnResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("EndTxnResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("EndTxnResponse.ErrorCode")?;
        if version >= 5 {
            value.producer_id = reader.read_i64("EndTxnResponse.ProducerId")?;
        }
        if version >= 5 {
            value.producer_epoch = reader.read_i16("EndTxnResponse.ProducerEpoch")?;
        }
        if flexible {
            reader.skip_tagged_fields("EndTxnResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        if version >= 5 {
            writer.write_i64(self.producer_id);
        }
        if version >= 5 {
            writer.write_i16(self.producer_epoch);
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
impl EndTxnResponse {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        if version >= 5 {
            value.producer_id = 0x0102_0304_0506_0713;
        }
        if version >= 5 {
            value.producer_epoch = 20;
        }
        value
    }
}
