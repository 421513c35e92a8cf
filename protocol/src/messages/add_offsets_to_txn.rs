//! The AddOffsetsToTxn API (key 25), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AddOffsetsToTxnRequest of versions 0 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddOffsetsToTxnRequest {
    pub transactional_id: String,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub group_id: String,
}

impl Message for AddOffsetsToTxnRequest {
    const NAME: &'static str = "AddOffsetsToTxnRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.transactional_id =
            reader.read_string(flexible, "AddOffsetsToTxnRequest.TransactionalId")?;
        value.producer_id = reader.read_i64("AddOffsetsToTxnRequest.ProducerId")?;
        value.producer_epoch = reader.read_i16("AddOffsetsToTxnRequest.ProducerEpoch")?;
        value.group_id = reader.read_string(flexible, "AddOffsetsToTxnRequest.GroupId")?;
        if flexible {
            reader.skip_tagged_fields("AddOffsetsToTxnRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_string(
            flexible,
            &self.transactional_id,
            "AddOffsetsToTxnRequest.TransactionalId",
        )?;
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_string(flexible, &self.group_id, "AddOffsetsToTxnRequest.GroupId")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl AddOffsetsToTxnRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.producer_id = 0x0102_0304_0506_0712;
        value.producer_epoch = 19;
        value.group_id = "group_id-20".to_owned();
        value
    }
}

impl Request for AddOffsetsToTxnRequest {
    type Response = AddOffsetsToTxnResponse;
    const KEY: ApiKey = ApiKey::AddOffsetsToTxn;
}

/// AddOffsetsToTxnResponse of versions 0 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddOffsetsToTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Message for AddOffsetsToTxnResponse {
    const NAME: &'static str = "AddOffsetsToTxnResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AddOffsetsToTxnResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("AddOffsetsToTxnResponse.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("AddOffsetsToTxnResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_i32(self.throttle_time_ms);
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
impl AddOffsetsToTxnResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
