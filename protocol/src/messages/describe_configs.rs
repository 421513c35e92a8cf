//! The DescribeConfigs API (key 32), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeConfigsRequest of versions 1 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeConfigsRequest {
    pub resources: Vec<DescribeConfigsResource>,
    pub include_synonyms: bool,
    /// Field of versions 3 to 4.
    pub include_documentation: bool,
}

impl Message for DescribeConfigsRequest {
    const NAME: &'static str = "DescribeConfigsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.resources = reader.read_array(
            flexible,
            DescribeConfigsResource::encoded_bytes_min(version),
            "DescribeConfigsRequest.Resources",
            |reader| DescribeConfigsResource::decode(reader, version),
        )?;
        value.include_synonyms = reader.read_bool("DescribeConfigsRequest.IncludeSynonyms")?;
        if version >= 3 {
            value.include_documentation =
                reader.read_bool("DescribeConfigsRequest.IncludeDocumentation")?;
        }
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_array(
            flexible,
            &self.resources,
            "DescribeConfigsRequest.Resources",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_bool(self.include_synonyms);
        if version >= 3 {
            writer.write_bool(self.include_documentation);
        }
        if version < 3 && self.include_documentation {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeConfigsRequest.IncludeDocumentation",
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
impl DescribeConfigsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resources = vec![
            DescribeConfigsResource::sample(version, nulls),
            DescribeConfigsResource::sample(version, nulls),
        ];
        value.include_synonyms = true;
        if version >= 3 {
            value.include_documentation = true;
        }
        value
    }
}

/// Part of [`DescribeConfigsRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeConfigsResource {
    pub resource_type: i8,
    pub resource_name: String,
    pub configuration_keys: Option<Vec<String>>,
}

impl Default for DescribeConfigsResource {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: String::new(),
            configuration_keys: Some(Vec::new()),
        }
    }
}

impl DescribeConfigsResource {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.resource_type = reader.read_i8("DescribeConfigsResource.ResourceType")?;
        value.resource_name =
            reader.read_string(flexible, "DescribeConfigsResource.ResourceName")?;
        value.configuration_keys = reader.read_nullable_array(
            flexible,
            if flexible { 1 } else { 2 },
            "DescribeConfigsResource.ConfigurationKeys",
            |reader| reader.read_string(flexible, "DescribeConfigsResource.ConfigurationKeys"),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsResource")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "DescribeConfigsResource.ResourceName",
        )?;
        writer.write_nullable_array(
            flexible,
            self.configuration_keys.as_deref(),
            "DescribeConfigsResource.ConfigurationKeys",
            |writer, value| {
                writer.write_string(flexible, value, "DescribeConfigsResource.ConfigurationKeys")
            },
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 7,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl DescribeConfigsResource {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.resource_type = 17;
        value.resource_name = "resource_name-18".to_owned();
        value.configuration_keys = if nulls {
            None
        } else {
            Some(vec![
                "configuration_keys-19".to_owned(),
                "configuration_keys-59".to_owned(),
            ])
        };
        value
    }
}

impl Request for DescribeConfigsRequest {
    type Response = DescribeConfigsResponse;
    const KEY: ApiKey = ApiKey::DescribeConfigs;
}

/// DescribeConfigsResponse of versions 1 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeConfigsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

impl Message for DescribeConfigsResponse {
    const NAME: &'static str = "DescribeConfigsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeConfigsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            flexible,
            DescribeConfigsResult::encoded_bytes_min(version),
            "DescribeConfigsResponse.Results",
            |reader| DescribeConfigsResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.results,
            "DescribeConfigsResponse.Results",
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
impl DescribeConfigsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            DescribeConfigsResult::sample(version, nulls),
            DescribeConfigsResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeConfigsResult {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

impl Default for DescribeConfigsResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
            configs: Vec::new(),
        }
    }
}

impl DescribeConfigsResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeConfigsResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "DescribeConfigsResult.ErrorMessage")?;
        value.resource_type = reader.read_i8("DescribeConfigsResult.ResourceType")?;
        value.resource_name = reader.read_string(flexible, "DescribeConfigsResult.ResourceName")?;
        value.configs = reader.read_array(
            flexible,
            DescribeConfigsResourceResult::encoded_bytes_min(version),
            "DescribeConfigsResult.Configs",
            |reader| DescribeConfigsResourceResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "DescribeConfigsResult.ErrorMessage",
        )?;
        writer.write_i8(self.resource_type);
        writer.write_string(
            flexible,
            &self.resource_name,
            "DescribeConfigsResult.ResourceName",
        )?;
        writer.write_array(
            flexible,
            &self.configs,
            "DescribeConfigsResult.Configs",
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
            ..=3 => 11,
            _ => 7,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeConfigsResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.resource_type = 19;
        value.resource_name = "resource_name-20".to_owned();
        value.configs = vec![
            DescribeConfigsResourceResult::sample(version, nulls),
            DescribeConfigsResourceResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeConfigsResourceResult {
    pub name: String,
    pub value: Option<String>,
    pub read_only: bool,
    pub config_source: i8,
    pub is_sensitive: bool,
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// Field of versions 3 to 4.
    pub config_type: i8,
    /// Field of versions 3 to 4.
    pub documentation: Option<String>,
}

impl Default for DescribeConfigsResourceResult {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
            synonyms: Vec::new(),
            config_type: 0,
            documentation: Some(String::new()),
        }
    }
}

impl DescribeConfigsResourceResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "DescribeConfigsResourceResult.Name")?;
        value.value =
            reader.read_nullable_string(flexible, "DescribeConfigsResourceResult.Value")?;
        value.read_only = reader.read_bool("DescribeConfigsResourceResult.ReadOnly")?;
        value.config_source = reader.read_i8("DescribeConfigsResourceResult.ConfigSource")?;
        value.is_sensitive = reader.read_bool("DescribeConfigsResourceResult.IsSensitive")?;
        value.synonyms = reader.read_array(
            flexible,
            DescribeConfigsSynonym::encoded_bytes_min(version),
            "DescribeConfigsResourceResult.Synonyms",
            |reader| DescribeConfigsSynonym::decode(reader, version),
        )?;
        if version >= 3 {
            value.config_type = reader.read_i8("DescribeConfigsResourceResult.ConfigType")?;
        }
        if version >= 3 {
            value.documentation = reader
                .read_nullable_string(flexible, "DescribeConfigsResourceResult.Documentation")?;
        }
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsResourceResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.name, "DescribeConfigsResourceResult.Name")?;
        writer.write_nullable_string(
            flexible,
            self.value.as_deref(),
            "DescribeConfigsResourceResult.Value",
        )?;
        writer.write_bool(self.read_only);
        writer.write_i8(self.config_source);
        writer.write_bool(self.is_sensitive);
        writer.write_array(
            flexible,
            &self.synonyms,
            "DescribeConfigsResourceResult.Synonyms",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 3 {
            writer.write_i8(self.config_type);
        }
        if version >= 3 {
            writer.write_nullable_string(
                flexible,
                self.documentation.as_deref(),
                "DescribeConfigsResourceResult.Documentation",
            )?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=2 => 11,
            3 => 14,
            _ => 9,
        }
    }
}

#[cfg(test)]
impl DescribeConfigsResourceResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.value = if nulls {
            None
        } else {
            Some("value-18".to_owned())
        };
        value.read_only = true;
        value.config_source = 20;
        value.is_sensitive = true;
        value.synonyms = vec![
            DescribeConfigsSynonym::sample(version, nulls),
            DescribeConfigsSynonym::sample(version, nulls),
        ];
        if version >= 3 {
            value.config_type = 23;
        }
        if version >= 3 {
            value.documentation = if nulls {
                None
            } else {
                Some("documentation-24".to_owned())
            };
        }
        value
    }
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeConfigsSynonym {
    pub name: String,
    pub value: Option<String>,
    pub source: i8,
}

impl Default for DescribeConfigsSynonym {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            source: 0,
        }
    }
}

impl DescribeConfigsSynonym {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "DescribeConfigsSynonym.Name")?;
        value.value = reader.read_nullable_string(flexible, "DescribeConfigsSynonym.Value")?;
        value.source = reader.read_i8("DescribeConfigsSynonym.Source")?;
        if flexible {
            reader.skip_tagged_fields("DescribeConfigsSynonym")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.name, "DescribeConfigsSynonym.Name")?;
        writer.write_nullable_string(
            flexible,
            self.value.as_deref(),
            "DescribeConfigsSynonym.Value",
        )?;
        writer.write_i8(self.source);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=3 => 5,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl DescribeConfigsSynonym {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.value = if nulls {
            None
        } else {
            Some("value-18".to_owned())
        };
        value.source = 19;
        value
    }
}
