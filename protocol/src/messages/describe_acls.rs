//! The DescribeAcls API (key 29), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeAclsRequest of versions 1 to 3.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeAclsRequest {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<String>,
    pub pattern_type_filter: i8,
    pub principal_filter: Option<String>,
    pub host_filter: Option<String>,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DescribeAclsRequest {
    fn default() -> Self {
        Self {
            resource_type_filter: 0,
            resource_name_filter: Some(String::new()),
            pattern_type_filter: 3,
            principal_filter: Some(String::new()),
            host_filter: Some(String::new()),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Message for DescribeAclsRequest {
    const NAME: &'static str = "DescribeAclsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resource_type_filter = reader.read_i8("DescribeAclsRequest.ResourceTypeFilter")?;
        value.resource_name_filter =
            reader.read_nullable_string(flexible, "DescribeAclsRequest.ResourceNameFilter")?;
        value.pattern_type_filter = reader.read_i8("DescribeAclsRequest.PatternTypeFilter")?;
        value.principal_filter =
            reader.read_nullable_string(flexible, "DescribeAclsRequest.PrincipalFilter")?;
        value.host_filter =
            reader.read_nullable_string(flexible, "DescribeAclsRequest.HostFilter")?;
        value.operation = reader.read_i8("DescribeAclsRequest.Operation")?;
        value.permission_type = reader.read_i8("DescribeAclsRequest.PermissionType")?;
        if flexible {
            reader.skip_tagged_fields("DescribeAclsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i8(self.resource_type_filter);
        writer.write_nullable_string(
            flexible,
            self.resource_name_filter.as_deref(),
            "DescribeAclsRequest.ResourceNameFilter",
        )?;
        writer.write_i8(self.pattern_type_filter);
        writer.write_nullable_string(
            flexible,
            self.principal_filter.as_deref(),
            "DescribeAclsRequest.PrincipalFilter",
        )?;
        writer.write_nullable_string(
            flexible,
            self.host_filter.as_deref(),
            "DescribeAclsRequest.HostFilter",
        )?;
        writer.write_i8(self.operation);
        writer.write_i8(self.permission_type);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DescribeAclsRequest {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_type_filter = 17;
        value.resource_name_filter = if nulls {
            None
        } else {
            Some("resource_name_filter-18".to_owned())
        };
        value.pattern_type_filter = 19;
        value.principal_filter = if nulls {
            None
        } else {
            Some("principal_filter-20".to_owned())
        };
        value.host_filter = if nulls {
            None
        } else {
            Some("host_filter-21".to_owned())
        };
        value.operation = 22;
        value.permission_type = 23;
        value
    }
}

impl Request for DescribeAclsRequest {
    type Response = DescribeAclsResponse;
    const KEY: ApiKey = ApiKey::DescribeAcls;
}

/// DescribeAclsResponse of versions 1 to 3.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeAclsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub resources: Vec<DescribeAclsResource>,
}

impl Default for DescribeAclsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            resources: Vec::new(),
        }
    }
}

impl Message for DescribeAclsResponse {
    const NAME: &'static str = "DescribeAclsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeAclsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("DescribeAclsResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "DescribeAclsResponse.ErrorMessage")?;
        value.resources = reader.read_array(
            flexible,
            DescribeAclsResource::encoded_bytes_min(version),
            "DescribeAclsResponse.Resources",
            |reader| DescribeAclsResource::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeAclsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "DescribeAclsResponse.ErrorMessage",
        )?;
        writer.write_array(
            flexible,
            &self.resources,
            "DescribeAclsResponse.Resources",
            |writer, value| value.encode(writer, version),
        )?;
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
impl DescribeAclsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.resources = vec![
            DescribeAclsResource::sample(version, nulls),
            DescribeAclsResource::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeAclsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeAclsResource {
    pub resource_type: i8,
    pub resource_name: String,
    pub pattern_type: i8,
    pub acls: Vec<AclDescription>,
}

impl Default for DescribeAclsResource {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: String::new(),
            pattern_type: 3,
            acls: Vec::new(),
        }
    }
}

impl DescribeAclsResource {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resource_type = reader.read_i8("DescribeAclsResource.ResourceType")?;
        value.resource_name = reader.read_string(flexible, "DescribeAclsResource.ResourceName")?;
        value.pattern_type = reader.read_i8("DescribeAclsResource.PatternType")?;
        value.acls = reader.read_array(
            flexible,
            AclDescription::encoded_bytes_min(version),
            "DescribeAclsResource.Acls",
            |reader| AclDescription::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeAclsResource")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "DescribeAclsResource.ResourceName",
        )?;
        writer.write_i8(self.pattern_type);
        writer.write_array(
            flexible,
            &self.acls,
            "DescribeAclsResource.Acls",
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
            ..=1 => 8,
            _ => 5,
        }
    }
}

#[cfg(test)]
impl DescribeAclsResource {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_type = 17;
        value.resource_name = "resource_name-18".to_owned();
        value.pattern_type = 19;
        value.acls = vec![
            AclDescription::sample(version, nulls),
            AclDescription::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeAclsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AclDescription {
    pub principal: String,
    pub host: String,
    pub operation: i8,
    pub permission_type: i8,
}

impl AclDescription {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.principal = reader.read_string(flexible, "AclDescription.Principal")?;
        value.host = reader.read_string(flexible, "AclDescription.Host")?;
        value.operation = reader.read_i8("AclDescription.Operation")?;
        value.permission_type = reader.read_i8("AclDescription.PermissionType")?;
        if flexible {
            reader.skip_tagged_fields("AclDescription")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.principal, "AclDescription.Principal")?;
        writer.write_string(flexible, &self.host, "AclDescription.Host")?;
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
            ..=1 => 6,
            _ => 5,
        }
    }
}

#[cfg(test)]
impl AclDescription {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.principal = "principal-17".to_owned();
        value.host = "host-18".to_owned();
        value.operation = 19;
        value.permission_type = 20;
        value
    }
}
