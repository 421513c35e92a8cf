//! The ApiVersions API (key 18), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ApiVersionsRequest of versions 0 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ApiVersionsRequest {
    /// Field of versions 3 to 4.
    pub client_software_name: String,
    /// Field of versions 3 to 4.
    pub client_software_version: String,
}

impl Message for ApiVersionsRequest {
    const NAME: &'static str = "ApiVersionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version >= 3 {
            value.client_software_name =
                reader.read_string(true, "ApiVersionsRequest.ClientSoftwareName")?;
        }
        if version >= 3 {
            value.client_software_version =
                reader.read_string(true, "ApiVersionsRequest.ClientSoftwareVersion")?;
        }
        if flexible {
            reader.skip_tagged_fields("ApiVersionsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 3 {
            writer.write_string(
                true,
                &self.client_software_name,
                "ApiVersionsRequest.ClientSoftwareName",
            )?;
        }
        if version >= 3 {
            writer.write_string(
                true,
                &self.client_software_version,
                "ApiVersionsRequest.ClientSoftwareVersion",
            )?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl ApiVersionsRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.client_software_name = "client_software_name-17".to_owned();
        }
        if version >= 3 {
            value.client_software_version = "client_software_version-18".to_owned();
        }
        value
    }
}

impl Request for ApiVersionsRequest {
    type Response = ApiVersionsResponse;
    const KEY: ApiKey = ApiKey::ApiVersions;
}

/// ApiVersionsResponse of versions 0 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiVersionsResponse {
    pub error_code: i16,
    pub api_keys: Vec<ApiVersion>,
    /// Field of versions 1 to 4.
    pub throttle_time_ms: i32,
    /// Field of versions 3 to 4.
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Field of versions 3 to 4.
    pub finalized_features_epoch: i64,
    /// Field of versions 3 to 4.
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Field of versions 3 to 4.
    pub zk_migration_ready: bool,
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            api_keys: Vec::new(),
            throttle_time_ms: 0,
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        }
    }
}

impl Message for ApiVersionsResponse {
    const NAME: &'static str = "ApiVersionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.error_code = reader.read_i16("ApiVersionsResponse.ErrorCode")?;
        value.api_keys = reader.read_array(
            flexible,
            ApiVersion::encoded_bytes_min(version),
            "ApiVersionsResponse.ApiKeys",
            |reader| ApiVersion::decode(reader, version),
        )?;
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("ApiVersionsResponse.ThrottleTimeMs")?;
        }
        if flexible {
            reader.read_tagged_fields("ApiVersionsResponse", |tag, reader| {
                match tag {
                    0 => {
                        value.supported_features = reader.read_array(
                            true,
                            SupportedFeatureKey::encoded_bytes_min(version),
                            "ApiVersionsResponse.SupportedFeatures",
                            |reader| SupportedFeatureKey::decode(reader, version),
                        )?
                    }
                    1 => {
                        value.finalized_features_epoch =
                            reader.read_i64("ApiVersionsResponse.FinalizedFeaturesEpoch")?
                    }
                    2 => {
                        value.finalized_features = reader.read_array(
                            true,
                            FinalizedFeatureKey::encoded_bytes_min(version),
                            "ApiVersionsResponse.FinalizedFeatures",
                            |reader| FinalizedFeatureKey::decode(reader, version),
                        )?
                    }
                    3 => {
                        value.zk_migration_ready =
                            reader.read_bool("ApiVersionsResponse.ZkMigrationReady")?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_i16(self.error_code);
        writer.write_array(
            flexible,
            &self.api_keys,
            "ApiVersionsResponse.ApiKeys",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 1 {
            writer.write_i32(self.throttle_time_ms);
        }
        if flexible {
            let has_supported_features = !self.supported_features.is_empty();
            let has_finalized_features_epoch = self.finalized_features_epoch != -1;
            let has_finalized_features = !self.finalized_features.is_empty();
            let has_zk_migration_ready = self.zk_migration_ready;
            writer.write_varint(
                u32::from(has_supported_features)
                    + u32::from(has_finalized_features_epoch)
                    + u32::from(has_finalized_features)
                    + u32::from(has_zk_migration_ready),
            );
            if has_supported_features {
                writer.write_tagged_field(
                    0,
                    "ApiVersionsResponse.SupportedFeatures",
                    |writer| {
                        writer.write_array(
                            true,
                            &self.supported_features,
                            "ApiVersionsResponse.SupportedFeatures",
                            |writer, value| value.encode(writer, version),
                        )?;
                        Ok(())
                    },
                )?;
            }
            if has_finalized_features_epoch {
                writer.write_tagged_field(
                    1,
                    "ApiVersionsResponse.FinalizedFeaturesEpoch",
                    |writer| {
                        writer.write_i64(self.finalized_features_epoch);
                        Ok(())
                    },
                )?;
            }
            if has_finalized_features {
                writer.write_tagged_field(
                    2,
                    "ApiVersionsResponse.FinalizedFeatures",
                    |writer| {
                        writer.write_array(
                            true,
                            &self.finalized_features,
                            "ApiVersionsResponse.FinalizedFeatures",
                            |writer, value| value.encode(writer, version),
                        )?;
                        Ok(())
                    },
                )?;
            }
            if has_zk_migration_ready {
                writer.write_tagged_field(3, "ApiVersionsResponse.ZkMigrationReady", |writer| {
                    writer.write_bool(self.zk_migration_ready);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ApiVersionsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.api_keys = vec![
            ApiVersion::sample(version, nulls),
            ApiVersion::sample(version, nulls),
        ];
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0313;
        }
        if version >= 3 {
            value.supported_features = vec![
                SupportedFeatureKey::sample(version, nulls),
                SupportedFeatureKey::sample(version, nulls),
            ];
        }
        if version >= 3 {
            value.finalized_features_epoch = 0x0102_0304_0506_0715;
        }
        if version >= 3 {
            value.finalized_features = vec![
                FinalizedFeatureKey::sample(version, nulls),
                FinalizedFeatureKey::sample(version, nulls),
            ];
        }
        if version >= 3 {
            value.zk_migration_ready = true;
        }
        value
    }
}

/// Part of [`ApiVersionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ApiVersion {
    pub api_key: i16,
    pub min_version: i16,
    pub max_version: i16,
}

impl ApiVersion {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.api_key = reader.read_i16("ApiVersion.ApiKey")?;
        value.min_version = reader.read_i16("ApiVersion.MinVersion")?;
        value.max_version = reader.read_i16("ApiVersion.MaxVersion")?;
        if flexible {
            reader.skip_tagged_fields("ApiVersion")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_i16(self.api_key);
        writer.write_i16(self.min_version);
        writer.write_i16(self.max_version);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=2 => 6,
            _ => 7,
        }
    }
}

#[cfg(test)]
impl ApiVersion {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.api_key = 17;
        value.min_version = 18;
        value.max_version = 19;
        value
    }
}

/// Part of [`ApiVersionsResponse`] of versions 3 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SupportedFeatureKey {
    pub name: String,
    pub min_version: i16,
    pub max_version: i16,
}

impl SupportedFeatureKey {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "SupportedFeatureKey.Name")?;
        value.min_version = reader.read_i16("SupportedFeatureKey.MinVersion")?;
        value.max_version = reader.read_i16("SupportedFeatureKey.MaxVersion")?;
        reader.skip_tagged_fields("SupportedFeatureKey")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "SupportedFeatureKey.Name")?;
        writer.write_i16(self.min_version);
        writer.write_i16(self.max_version);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl SupportedFeatureKey {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.min_version = 18;
        value.max_version = 19;
        value
    }
}

/// Part of [`ApiVersionsResponse`] of versions 3 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FinalizedFeatureKey {
    pub name: String,
    pub max_version_level: i16,
    pub min_version_level: i16,
}

impl FinalizedFeatureKey {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "FinalizedFeatureKey.Name")?;
        value.max_version_level = reader.read_i16("FinalizedFeatureKey.MaxVersionLevel")?;
        value.min_version_level = reader.read_i16("FinalizedFeatureKey.MinVersionLevel")?;
        reader.skip_tagged_fields("FinalizedFeatureKey")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "FinalizedFeatureKey.Name")?;
        writer.write_i16(self.max_version_level);
        writer.write_i16(self.min_version_level);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl FinalizedFeatureKey {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.max_version_level = 18;
        value.min_version_level = 19;
        value
    }
}
