//! The GetTelemetrySubscriptions API (key 71), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// GetTelemetrySubscriptionsRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetTelemetrySubscriptionsRequest {
    pub client_instance_id: Uuid,
}

impl Message for GetTelemetrySubscriptionsRequest {
    const NAME: &'static str = "GetTelemetrySubscriptionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.client_instance_id =
            reader.read_uuid("GetTelemetrySubscriptionsRequest.ClientInstanceId")?;
        reader.skip_tagged_fields("GetTelemetrySubscriptionsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_uuid(self.client_instance_id);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl GetTelemetrySubscriptionsRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.client_instance_id = Uuid::from_u128(17 << 64 | 5);
        value
    }
}

impl Request for GetTelemetrySubscriptionsRequest {
    type Response = GetTelemetrySubscriptionsResponse;
    const KEY: ApiKey = ApiKey::GetTelemetrySubscriptions;
}

/// GetTelemetrySubscriptionsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GetTelemetrySubscriptionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub client_instance_id: Uuid,
    pub subscription_id: i32,
    pub accepted_compression_types: Vec<i8>,
    pub push_interval_ms: i32,
    pub telemetry_max_bytes: i32,
    pub delta_temporality: bool,
    pub requested_metrics: Vec<String>,
}

impl Message for GetTelemetrySubscriptionsResponse {
    const NAME: &'static str = "GetTelemetrySubscriptionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("GetTelemetrySubscriptionsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("GetTelemetrySubscriptionsResponse.ErrorCode")?;
        value.client_instance_id =
            reader.read_uuid("GetTelemetrySubscriptionsResponse.ClientInstanceId")?;
        value.subscription_id =
            reader.read_i32("GetTelemetrySubscriptionsResponse.SubscriptionId")?;
        value.accepted_compression_types = reader.read_array(
            true,
            1,
            "GetTelemetrySubscriptionsResponse.AcceptedCompressionTypes",
            |reader| reader.read_i8("GetTelemetrySubscriptionsResponse.AcceptedCompressionTypes"),
        )?;
        value.push_interval_ms =
            reader.read_i32("GetTelemetrySubscriptionsResponse.PushIntervalMs")?;
        value.telemetry_max_bytes =
            reader.read_i32("GetTelemetrySubscriptionsResponse.TelemetryMaxBytes")?;
        value.delta_temporality =
            reader.read_bool("GetTelemetrySubscriptionsResponse.DeltaTemporality")?;
        value.requested_metrics = reader.read_array(
            true,
            1,
            "GetTelemetrySubscriptionsResponse.RequestedMetrics",
            |reader| reader.read_string(true, "GetTelemetrySubscriptionsResponse.RequestedMetrics"),
        )?;
        reader.skip_tagged_fields("GetTelemetrySubscriptionsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_uuid(self.client_instance_id);
        writer.write_i32(self.subscription_id);
        writer.write_array(
            true,
            &self.accepted_compression_types,
            "GetTelemetrySubscriptionsResponse.AcceptedCompressionTypes",
            |writer, value| {
                writer.write_i8(*value);
                Ok(())
            },
        )?;
        writer.write_i32(self.push_interval_ms);
        writer.write_i32(self.telemetry_max_bytes);
        writer.write_bool(self.delta_temporality);
        writer.write_array(
            true,
            &self.requested_metrics,
            "GetTelemetrySubscriptionsResponse.RequestedMetrics",
            |writer, value| {
                writer.write_string(
                    true,
                    value,
                    "GetTelemetrySubscriptionsResponse.RequestedMetrics",
                )
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl GetTelemetrySubscriptionsResponse {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.client_instance_id = Uuid::from_u128(19 << 64 | 5);
        value.subscription_id = 0x0102_0314;
        value.accepted_compression_types = vec![21, 61];
        value.push_interval_ms = 0x0102_0316;
        value.telemetry_max_bytes = 0x0102_0317;
        value.delta_temporality = true;
        value.requested_metrics = vec![
            "requested_metrics-25".to_owned(),
            "requested_metrics-65".to_owned(),
        ];
        value
    }
}
