//! The ListConfigResources API (key 74), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ListConfigResourcesRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListConfigResourcesRequest {
    /// Field of version 1.
    pub resource_types: Vec<i8>,
}

impl Message for ListConfigResourcesRequest {
    const NAME: &'static str = "ListConfigResourcesRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        if version >= 1 {
            value.resource_types = reader.read_array(
                true,
                1,
                "ListConfigResourcesRequest.ResourceTypes",
                |reader| reader.read_i8("ListConfigResourcesRequest.ResourceTypes"),
            )?;
        }
        reader.skip_tagged_fields("ListConfigResourcesRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        if version >= 1 {
            writer.write_array(
                true,
                &self.resource_types,
                "ListConfigResourcesRequest.ResourceTypes",
                |writer, value| {
                    writer.write_i8(*value);
                    Ok(())
                },
            )?;
        }
        if version < 1 && !self.resource_types.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListConfigResourcesRequest.ResourceTypes",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ListConfigResourcesRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.resource_types = vec![17, 57];
        }
        value
    }
}

impl Request for ListConfigResourcesRequest {
    type Response = ListConfigResourcesResponse;
    const KEY: ApiKey = ApiKey::ListConfigResources;
}

/// ListConfigResourcesResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListConfigResourcesResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub config_resources: Vec<ConfigResource>,
}

impl Message for ListConfigResourcesResponse {
    const NAME: &'static str = "ListConfigResourcesResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ListConfigResourcesResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ListConfigResourcesResponse.ErrorCode")?;
        value.config_resources = reader.read_array(
            true,
            ConfigResource::encoded_bytes_min(version),
            "ListConfigResourcesResponse.ConfigResources",
            |reader| ConfigResource::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ListConfigResourcesResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_array(
            true,
            &self.config_resources,
            "ListConfigResourcesResponse.ConfigResources",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ListConfigResourcesResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.config_resources = vec![
            ConfigResource::sample(version, nulls),
            ConfigResource::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListConfigResourcesResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigResource {
    pub resource_name: String,
    /// Field of version 1.
    pub resource_type: i8,
}

impl Default for ConfigResource {
    fn default() -> Self {
        Self {
            resource_name: String::new(),
            resource_type: 16,
        }
    }
}

impl ConfigResource {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.resource_name = reader.read_string(true, "ConfigResource.ResourceName")?;
        if version >= 1 {
            value.resource_type = reader.read_i8("ConfigResource.ResourceType")?;
        }
        reader.skip_tagged_fields("ConfigResource")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.resource_name, "ConfigResource.ResourceName")?;
        if version >= 1 {
            writer.write_i8(self.resource_type);
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 2,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl ConfigResource {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_name = "resource_name-17".to_owned();
        if version >= 1 {
            value.resource_type = 18;
        }
        value
    }
}
