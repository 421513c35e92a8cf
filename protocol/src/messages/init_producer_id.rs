//! The InitProducerId API (key 22), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// InitProducerIdRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct InitProducerIdRequest {
    pub transactional_id: Option<String>,
    pub transaction_timeout_ms: i32,
    /// Field of versions 3 to 5.
    pub producer_id: i64,
    /// Field of versions 3 to 5.
    pub producer_epoch: i16,
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self {
            transactional_id: Some(String::new()),
            transaction_timeout_ms: 0,
            producer_id: -1,
            producer_epoch: -1,
        }
    }
}

impl Message for InitProducerIdRequest {
    const NAME: &'static str = "InitProducerIdRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.transactional_id =
            reader.read_nullable_string(flexible, "InitProducerIdRequest.TransactionalId")?;
        value.transaction_timeout_ms =
            reader.read_i32("InitProducerIdRequest.TransactionTimeoutMs")?;
        if version >= 3 {
            value.producer_id = reader.read_i64("InitProducerIdRequest.ProducerId")?;
        }
        if version >= 3 {
            value.producer_epoch = reader.read_i16("InitProducerIdRequest.ProducerEpoch")?;
        }
        if flexible {
            reader.skip_tagged_fields("InitProducerIdRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_nullable_string(
            flexible,
            self.transactional_id.as_deref(),
            "InitProducerIdRequest.TransactionalId",
        )?;
        writer.write_i32(self.transaction_timeout_ms);
        if version >= 3 {
            writer.write_i64(self.producer_id);
        }
        if version >= 3 {
            writer.write_i16(self.producer_epoch);
        }
        if version < 3 && self.producer_id != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "InitProducerIdRequest.ProducerId",
                version,
            });
        }
        if version < 3 && self.producer_epoch != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "InitProducerIdRequest.ProducerEpoch",
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
impl InitProducerIdRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = if nulls {
            None
        } else {
            Some("transactional_id-17".to_owned())
        };
        value.transaction_timeout_ms = 0x0102_0312;
        if version >= 3 {
            value.producer_id = 0x0102_0304_0506_0713;
        }
        if version >= 3 {
            value.producer_epoch = 20;
        }
        value
    }
}

impl Request for InitProducerIdRequest {
    type Response = InitProducerIdResponse;
    const KEY: ApiKey = ApiKey::InitProducerId;
}

/// InitProducerIdResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct InitProducerIdResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub producer_id: i64,
    pub producer_epoch: i16,
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            producer_id: -1,
            producer_epoch: 0,
        }
    }
}

impl Message for InitProducerIdResponse {
    const NAME: &'static str = "InitProducerIdResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("InitProducerIdResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("InitProducerIdResponse.ErrorCode")?;
        value.producer_id = reader.read_i64("InitProducerIdResponse.ProducerId")?;
        value.producer_epoch = reader.read_i16("InitProducerIdResponse.ProducerEpoch")?;
        if flexible {
            reader.skip_tagged_fields("InitProducerIdResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
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
impl InitProducerIdResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.producer_id = 0x0102_0304_0506_0713;
        value.producer_epoch = 20;
        value
    }
}
