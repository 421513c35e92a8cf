//! The UpdateFeatures API (key 57), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// UpdateFeaturesRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateFeaturesRequest {
    pub timeout_ms: i32,
    pub feature_updates: Vec<FeatureUpdateKey>,
    /// Field of versions 1 to 2.
    pub validate_only: bool,
}

impl Default for UpdateFeaturesRequest {
    fn default() -> Self {
        Self {
            timeout_ms: 60000,
            feature_updates: Vec::new(),
            validate_only: false,
        }
    }
}

impl Message for UpdateFeaturesRequest {
    const NAME: &'static str = "UpdateFeaturesRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.timeout_ms = reader.read_i32("UpdateFeaturesRequest.timeoutMs")?;
        value.feature_updates = reader.read_array(
            true,
            FeatureUpdateKey::encoded_bytes_min(version),
            "UpdateFeaturesRequest.FeatureUpdates",
            |reader| FeatureUpdateKey::decode(reader, version),
        )?;
        if version >= 1 {
            value.validate_only = reader.read_bool("UpdateFeaturesRequest.ValidateOnly")?;
        }
        reader.skip_tagged_fields("UpdateFeaturesRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.timeout_ms);
        writer.write_array(
            true,
            &self.feature_updates,
            "UpdateFeaturesRequest.FeatureUpdates",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 1 {
            writer.write_bool(self.validate_only);
        }
        if version < 1 && self.validate_only {
            return Err(EncodeError::FieldNotInVersion {
                what: "UpdateFeaturesRequest.ValidateOnly",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl UpdateFeaturesRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.timeout_ms = 0x0102_0311;
        value.feature_updates = vec![
            FeatureUpdateKey::sample(version, nulls),
            FeatureUpdateKey::sample(version, nulls),
        ];
        if version >= 1 {
            value.validate_only = true;
        }
        value
    }
}

/// Part of [`UpdateFeaturesRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureUpdateKey {
    pub feature: String,
    pub max_version_level: i16,
    /// Field of version 0.
    pub allow_downgrade: bool,
    /// Field of versions 1 to 2.
    pub upgrade_type: i8,
}

impl Default for FeatureUpdateKey {
    fn default() -> Self {
        Self {
            feature: String::new(),
            max_version_level: 0,
            allow_downgrade: false,
            upgrade_type: 1,
        }
    }
}

impl FeatureUpdateKey {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.feature = reader.read_string(true, "FeatureUpdateKey.Feature")?;
        value.max_version_level = reader.read_i16("FeatureUpdateKey.MaxVersionLevel")?;
        if version <= 0 {
            value.allow_downgrade = reader.read_bool("FeatureUpdateKey.AllowDowngrade")?;
        }
        if version >= 1 {
            value.upgrade_type = reader.read_i8("FeatureUpdateKey.UpgradeType")?;
        }
        reader.skip_tagged_fields("FeatureUpdateKey")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.feature, "FeatureUpdateKey.Feature")?;
        writer.write_i16(self.max_version_level);
        if version <= 0 {
            writer.write_bool(self.allow_downgrade);
        }
        if version >= 1 {
            writer.write_i8(self.upgrade_type);
        }
        if version > 0 && self.allow_downgrade {
            return Err(EncodeError::FieldNotInVersion {
                what: "FeatureUpdateKey.AllowDowngrade",
                version,
            });
        }
        if version < 1 && self.upgrade_type != 1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FeatureUpdateKey.UpgradeType",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }
}

#[cfg(test)]
impl FeatureUpdateKey {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.feature = "feature-17".to_owned();
        value.max_version_level = 18;
        if version <= 0 {
            value.allow_downgrade = true;
        }
        if version >= 1 {
            value.upgrade_type = 20;
        }
        value
    }
}

impl Request for UpdateFeaturesRequest {
    type Response = UpdateFeaturesResponse;
    const KEY: ApiKey = ApiKey::UpdateFeatures;
}

/// UpdateFeaturesResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateFeaturesResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    /// Field of versions 0 to 1.
    pub results: Vec<UpdatableFeatureResult>,
}

impl Default for UpdateFeaturesResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            results: Vec::new(),
        }
    }
}

impl Message for UpdateFeaturesResponse {
    const NAME: &'static str = "UpdateFeaturesResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("UpdateFeaturesResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("UpdateFeaturesResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "UpdateFeaturesResponse.ErrorMessage")?;
        if version <= 1 {
            value.results = reader.read_array(
                true,
                UpdatableFeatureResult::encoded_bytes_min(version),
                "UpdateFeaturesResponse.Results",
                |reader| UpdatableFeatureResult::decode(reader, version),
            )?;
        }
        reader.skip_tagged_fields("UpdateFeaturesResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "UpdateFeaturesResponse.ErrorMessage",
        )?;
        if version <= 1 {
            writer.write_array(
                true,
                &self.results,
                "UpdateFeaturesResponse.Results",
                |writer, value| value.encode(writer, version),
            )?;
        }
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl UpdateFeaturesResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        if version <= 1 {
            value.results = vec![
                UpdatableFeatureResult::sample(version, nulls),
                UpdatableFeatureResult::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`UpdateFeaturesResponse`] of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdatableFeatureResult {
    pub feature: String,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for UpdatableFeatureResult {
    fn default() -> Self {
        Self {
            feature: String::new(),
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl UpdatableFeatureResult {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.feature = reader.read_string(true, "UpdatableFeatureResult.Feature")?;
        value.error_code = reader.read_i16("UpdatableFeatureResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "UpdatableFeatureResult.ErrorMessage")?;
        reader.skip_tagged_fields("UpdatableFeatureResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.feature, "UpdatableFeatureResult.Feature")?;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "UpdatableFeatureResult.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        5
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl UpdatableFeatureResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.feature = "feature-17".to_owned();
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
