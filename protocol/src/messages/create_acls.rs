//! The CreateAcls API (key 30), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// CreateAclsRequest of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateAclsRequest {
    pub creations: Vec<AclCreation>,
}

impl Message for CreateAclsRequest {
    const NAME: &'static str = "CreateAclsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.creations = reader.read_array(
            flexible,
            AclCreation::encoded_bytes_min(version),
            "CreateAclsRequest.Creations",
            |reader| AclCreation::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreateAclsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.creations,
            "CreateAclsRequest.Creations",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl CreateAclsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.creations = vec![
            AclCreation::sample(version, nulls),
            AclCreation::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`CreateAclsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct AclCreation {
    pub resource_type: i8,
    pub resource_name: String,
    pub resource_pattern_type: i8,
    pub principal: String,
    pub host: String,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for AclCreation {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: String::new(),
            resource_pattern_type: 3,
            principal: String::new(),
            host: String::new(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl AclCreation {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resource_type = reader.read_i8("AclCreation.ResourceType")?;
        value.resource_name = reader.read_string(flexible, "AclCreation.ResourceName")?;
        value.resource_pattern_type = reader.read_i8("AclCreation.ResourcePatternType")?;
        value.principal = reader.read_string(flexible, "AclCreation.Principal")?;
        value.host = reader.read_string(flexible, "AclCreation.Host")?;
        value.operation = reader.read_i8("AclCreation.Operation")?;
        value.permission_type = reader.read_i8("AclCreation.PermissionType")?;
        if flexible {
            reader.skip_tagged_fields("AclCreation")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i8(self.resource_type);
        writer.write_string(flexible, &self.resource_name, "AclCreation.ResourceName")?;
        writer.write_i8(self.resource_pattern_type);
        writer.write_string(flexible, &self.principal, "AclCreation.Principal")?;
        writer.write_string(flexible, &self.host, "AclCreation.Host")?;
        writer.write_i8(self.operation);
        writer.write_i8(self.permission_type);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 10,
            _ => 8,
        }
    }
}

#[cfg(test)]
impl AclCreation {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_type = 17;
        value.resource_name = "resource_name-18".to_owned();
        value.resource_pattern_type = 19;
        value.principal = "principal-20".to_owned();
        value.host = "host-21".to_owned();
        value.operation = 22;
        value.permission_type = 23;
        value
    }
}

impl Request for CreateAclsRequest {
    type Response = CreateAclsResponse;
    const KEY: ApiKey = ApiKey::CreateAcls;
}

/// CreateAclsResponse of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateAclsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AclCreationResult>,
}

impl Message for CreateAclsResponse {
    const NAME: &'static str = "CreateAclsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("CreateAclsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            flexible,
            AclCreationResult::encoded_bytes_min(version),
            "CreateAclsResponse.Results",
            |reader| AclCreationResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("CreateAclsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.results,
            "CreateAclsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl CreateAclsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            AclCreationResult::sample(version, nulls),
            AclCreationResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`CreateAclsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct AclCreationResult {
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for AclCreationResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl AclCreationResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("AclCreationResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "AclCreationResult.ErrorMessage")?;
        if flexible {
            reader.skip_tagged_fields("AclCreationResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "AclCreationResult.ErrorMessage",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        4
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl AclCreationResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value
    }
}
