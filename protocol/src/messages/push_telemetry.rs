//! The PushTelemetry API (key 72), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;
use uuid::Uuid;

/// PushTelemetryRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PushTelemetryRequest {
    pub client_instance_id: Uuid,
    pub subscription_id: i32,
    pub terminating: bool,
    pub compression_type: i8,
    pub metrics: Bytes,
}

impl Message for PushTelemetryRequest {
    const NAME: &'static str = "PushTelemetryRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.client_instance_id = reader.read_uuid("PushTelemetryRequest.ClientInstanceId")?;
        value.subscription_id = reader.read_i32("PushTelemetryRequest.SubscriptionId")?;
        value.terminating = reader.read_bool("PushTelemetryRequest.Terminating")?;
        value.compression_type = reader.read_i8("PushTelemetryRequest.CompressionType")?;
        value.metrics = reader.read_bytes(true, "PushTelemetryRequest.Metrics")?;
        reader.skip_tagged_fields("PushTelemetryRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_uuid(self.client_instance_id);
        writer.write_i32(self.subscription_id);
        writer.write_bool(self.terminating);
        writer.write_i8(self.compression_type);
        writer.write_bytes(true, &self.metrics, "PushTelemetryRequest.Metrics")?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl PushTelemetryRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.client_instance_id = Uuid::from_u128(17 << 64 | 5);
        value.subscription_id = 0x0102_0312;
        value.terminating = true;
        value.compression_type = 20;
        value.metrics = Bytes::from_static(&[21; 150]);
        value
    }
}

impl Request for PushTelemetryRequest {
    type Response = PushTelemetryResponse;
    const KEY: ApiKey = ApiKey::PushTelemetry;
}

/// PushTelemetryResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PushTelemetryResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Message for PushTelemetryResponse {
    const NAME: &'static str = "PushTelemetryResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("PushTelemetryResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("PushTelemetryResponse.ErrorCode")?;
        reader.skip_tagged_fields("PushTelemetryResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl PushTelemetryResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
