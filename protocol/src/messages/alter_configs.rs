//! The AlterConfigs API (key 33), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AlterConfigsRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

impl Message for AlterConfigsRequest {
    const NAME: &'static str = "AlterConfigsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resources = reader.read_array(
            flexible,
            AlterConfigsResource::encoded_bytes_min(version),
            "AlterConfigsRequest.Resources",
            |reader| AlterConfigsResource::decode(reader, version),
        )?;
        value.validate_only = reader.read_bool("AlterConfigsRequest.ValidateOnly")?;
        if flexible {
            reader.skip_tagged_fields("AlterConfigsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.resources,
            "AlterConfigsRequest.Resources",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_bool(self.validate_only);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl AlterConfigsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resources = vec![
            AlterConfigsResource::sample(version, nulls),
            AlterConfigsResource::sample(version, nulls),
        ];
        value.validate_only = true;
        value
    }
}

/// Part of [`AlterConfigsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterConfigsResource {
    pub resource_type: i8,
    pub resource_name: String,
    pub configs: Vec<AlterableConfig>,
}

impl AlterConfigsResource {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resource_type = reader.read_i8("AlterConfigsResource.ResourceType")?;
        value.resource_name = reader.read_string(flexible, "AlterConfigsResource.ResourceName")?;
        value.configs = reader.read_array(
            flexible,
            AlterableConfig::encoded_bytes_min(version),
            "AlterConfigsResource.Configs",
            |reader| AlterableConfig::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterConfigsResource")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "AlterConfigsResource.ResourceName",
        )?;
        writer.write_array(
            flexible,
            &self.configs,
            "AlterConfigsResource.Configs",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 7,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl AlterConfigsResource {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_type = 17;
        value.resource_name = "resource_name-18".to_owned();
        value.configs = vec![
            AlterableConfig::sample(version, nulls),
            AlterableConfig::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterConfigsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct AlterableConfig {
    pub name: String,
    pub value: Option<String>,
}

impl Default for AlterableConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
        }
    }
}

impl AlterableConfig {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "AlterableConfig.Name")?;
        value.value = reader.read_nullable_string(flexible, "AlterableConfig.Value")?;
        if flexible {
            reader.skip_tagged_fields("AlterableConfig")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "AlterableConfig.Name")?;
        writer.write_nullable_string(flexible, self.value.as_deref(), "AlterableConfig.Value")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 4,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl AlterableConfig {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.value = if nulls {
            None
        } else {
            Some("value-18".to_owned())
        };
        value
    }
}

impl Request for AlterConfigsRequest {
    type Response = AlterConfigsResponse;
    const KEY: ApiKey = ApiKey::AlterConfigs;
}

/// AlterConfigsResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

impl Message for AlterConfigsResponse {
    const NAME: &'static str = "AlterConfigsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AlterConfigsResponse.ThrottleTimeMs")?;
        value.responses = reader.read_array(
            flexible,
            AlterConfigsResourceResponse::encoded_bytes_min(version),
            "AlterConfigsResponse.Responses",
            |reader| AlterConfigsResourceResponse::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterConfigsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.responses,
            "AlterConfigsResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AlterConfigsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.responses = vec![
            AlterConfigsResourceResponse::sample(version, nulls),
            AlterConfigsResourceResponse::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterConfigsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct AlterConfigsResourceResponse {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
}

impl Default for AlterConfigsResourceResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
        }
    }
}

impl AlterConfigsResourceResponse {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("AlterConfigsResourceResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "AlterConfigsResourceResponse.ErrorMessage")?;
        value.resource_type = reader.read_i8("AlterConfigsResourceResponse.ResourceType")?;
        value.resource_name =
            reader.read_string(flexible, "AlterConfigsResourceResponse.ResourceName")?;
        if flexible {
            reader.skip_tagged_fields("AlterConfigsResourceResponse")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "AlterConfigsResourceResponse.ErrorMessage",
        )?;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "AlterConfigsResourceResponse.ResourceName",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 7,
            _ => 6,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl AlterConfigsResourceResponse {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.resource_type = 19;
        value.resource_name = "resource_name-20".to_owned();
        value
    }
}
