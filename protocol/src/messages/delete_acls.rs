//! The DeleteAcls API (key 31), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DeleteAclsRequest of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteAclsRequest {
    pub filters: Vec<DeleteAclsFilter>,
}

impl Message for DeleteAclsRequest {
    const NAME: &'static str = "DeleteAclsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.filters = reader.read_array(
            flexible,
            DeleteAclsFilter::encoded_bytes_min(version),
            "DeleteAclsRequest.Filters",
            |reader| DeleteAclsFilter::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteAclsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.filters,
            "DeleteAclsRequest.Filters",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DeleteAclsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.filters = vec![
            DeleteAclsFilter::sample(version, nulls),
            DeleteAclsFilter::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteAclsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteAclsFilter {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<String>,
    pub pattern_type_filter: i8,
    pub principal_filter: Option<String>,
    pub host_filter: Option<String>,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DeleteAclsFilter {
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

impl DeleteAclsFilter {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.resource_type_filter = reader.read_i8("DeleteAclsFilter.ResourceTypeFilter")?;
        value.resource_name_filter =
            reader.read_nullable_string(flexible, "DeleteAclsFilter.ResourceNameFilter")?;
        value.pattern_type_filter = reader.read_i8("DeleteAclsFilter.PatternTypeFilter")?;
        value.principal_filter =
            reader.read_nullable_string(flexible, "DeleteAclsFilter.PrincipalFilter")?;
        value.host_filter = reader.read_nullable_string(flexible, "DeleteAclsFilter.HostFilter")?;
        value.operation = reader.read_i8("DeleteAclsFilter.Operation")?;
        value.permission_type = reader.read_i8("DeleteAclsFilter.PermissionType")?;
        if flexible {
            reader.skip_tagged_fields("DeleteAclsFilter")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i8(self.resource_type_filter);
        writer.write_nullable_string(
            flexible,
            self.resource_name_filter.as_deref(),
            "DeleteAclsFilter.ResourceNameFilter",
        )?;
        writer.write_i8(self.pattern_type_filter);
        writer.write_nullable_string(
            flexible,
            self.principal_filter.as_deref(),
            "DeleteAclsFilter.PrincipalFilter",
        )?;
        writer.write_nullable_string(
            flexible,
            self.host_filter.as_deref(),
            "DeleteAclsFilter.HostFilter",
        )?;
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
impl DeleteAclsFilter {
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

impl Request for DeleteAclsRequest {
    type Response = DeleteAclsResponse;
    const KEY: ApiKey = ApiKey::DeleteAcls;
}

/// DeleteAclsResponse of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteAclsResponse {
    pub throttle_time_ms: i32,
    pub filter_results: Vec<DeleteAclsFilterResult>,
}

impl Message for DeleteAclsResponse {
    const NAME: &'static str = "DeleteAclsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DeleteAclsResponse.ThrottleTimeMs")?;
        value.filter_results = reader.read_array(
            flexible,
            DeleteAclsFilterResult::encoded_bytes_min(version),
            "DeleteAclsResponse.FilterResults",
            |reader| DeleteAclsFilterResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteAclsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.filter_results,
            "DeleteAclsResponse.FilterResults",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.filter_results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteAclsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.filter_results = vec![
            DeleteAclsFilterResult::sample(version, nulls),
            DeleteAclsFilterResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteAclsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteAclsFilterResult {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
}

impl Default for DeleteAclsFilterResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            matching_acls: Vec::new(),
        }
    }
}

impl DeleteAclsFilterResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DeleteAclsFilterResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "DeleteAclsFilterResult.ErrorMessage")?;
        value.matching_acls = reader.read_array(
            flexible,
            DeleteAclsMatchingAcl::encoded_bytes_min(version),
            "DeleteAclsFilterResult.MatchingAcls",
            |reader| DeleteAclsMatchingAcl::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteAclsFilterResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "DeleteAclsFilterResult.ErrorMessage",
        )?;
        writer.write_array(
            flexible,
            &self.matching_acls,
            "DeleteAclsFilterResult.MatchingAcls",
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

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.matching_acls
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteAclsFilterResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.matching_acls = vec![
            DeleteAclsMatchingAcl::sample(version, nulls),
            DeleteAclsMatchingAcl::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteAclsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteAclsMatchingAcl {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
    pub pattern_type: i8,
    pub principal: String,
    pub host: String,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DeleteAclsMatchingAcl {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
            pattern_type: 3,
            principal: String::new(),
            host: String::new(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl DeleteAclsMatchingAcl {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DeleteAclsMatchingAcl.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "DeleteAclsMatchingAcl.ErrorMessage")?;
        value.resource_type = reader.read_i8("DeleteAclsMatchingAcl.ResourceType")?;
        value.resource_name = reader.read_string(flexible, "DeleteAclsMatchingAcl.ResourceName")?;
        value.pattern_type = reader.read_i8("DeleteAclsMatchingAcl.PatternType")?;
        value.principal = reader.read_string(flexible, "DeleteAclsMatchingAcl.Principal")?;
        value.host = reader.read_string(flexible, "DeleteAclsMatchingAcl.Host")?;
        value.operation = reader.read_i8("DeleteAclsMatchingAcl.Operation")?;
        value.permission_type = reader.read_i8("DeleteAclsMatchingAcl.PermissionType")?;
        if flexible {
            reader.skip_tagged_fields("DeleteAclsMatchingAcl")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "DeleteAclsMatchingAcl.ErrorMessage",
        )?;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "DeleteAclsMatchingAcl.ResourceName",
        )?;
        writer.write_i8(self.pattern_type);
        writer.write_string(flexible, &self.principal, "DeleteAclsMatchingAcl.Principal")?;
        writer.write_string(flexible, &self.host, "DeleteAclsMatchingAcl.Host")?;
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
            ..=1 => 14,
            _ => 11,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DeleteAclsMatchingAcl {
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
        value.pattern_type = 21;
        value.principal = "principal-22".to_owned();
        value.host = "host-23".to_owned();
        value.operation = 24;
        value.permission_type = 25;
        value
    }
}
