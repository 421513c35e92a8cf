//! The DescribeDelegationToken API (key 41), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// DescribeDelegationTokenRequest of versions 1 to 3.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeDelegationTokenRequest {
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

impl Default for DescribeDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owners: Some(Vec::new()),
        }
    }
}

impl Message for DescribeDelegationTokenRequest {
    const NAME: &'static str = "DescribeDelegationTokenRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.owners = reader.read_nullable_array(
            flexible,
            DescribeDelegationTokenOwner::encoded_bytes_min(version),
            "DescribeDelegationTokenRequest.Owners",
            |reader| DescribeDelegationTokenOwner::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeDelegationTokenRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_nullable_array(
            flexible,
            self.owners.as_deref(),
            "DescribeDelegationTokenRequest.Owners",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DescribeDelegationTokenRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.owners = if nulls {
            None
        } else {
            Some(vec![
                DescribeDelegationTokenOwner::sample(version, nulls),
                DescribeDelegationTokenOwner::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`DescribeDelegationTokenRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeDelegationTokenOwner {
    pub principal_type: String,
    pub principal_name: String,
}

impl DescribeDelegationTokenOwner {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.principal_type =
            reader.read_string(flexible, "DescribeDelegationTokenOwner.PrincipalType")?;
        value.principal_name =
            reader.read_string(flexible, "DescribeDelegationTokenOwner.PrincipalName")?;
        if flexible {
            reader.skip_tagged_fields("DescribeDelegationTokenOwner")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(
            flexible,
            &self.principal_type,
            "DescribeDelegationTokenOwner.PrincipalType",
        )?;
        writer.write_string(
            flexible,
            &self.principal_name,
            "DescribeDelegationTokenOwner.PrincipalName",
        )?;
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
impl DescribeDelegationTokenOwner {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.principal_type = "principal_type-17".to_owned();
        value.principal_name = "principal_name-18".to_owned();
        value
    }
}

impl Request for DescribeDelegationTokenRequest {
    type Response = DescribeDelegationTokenResponse;
    const KEY: ApiKey = ApiKey::DescribeDelegationToken;
}

/// DescribeDelegationTokenResponse of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeDelegationTokenResponse {
    pub error_code: i16,
    pub tokens: Vec<DescribedDelegationToken>,
    pub throttle_time_ms: i32,
}

impl Message for DescribeDelegationTokenResponse {
    const NAME: &'static str = "DescribeDelegationTokenResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeDelegationTokenResponse.ErrorCode")?;
        value.tokens = reader.read_array(
            flexible,
            DescribedDelegationToken::encoded_bytes_min(version),
            "DescribeDelegationTokenResponse.Tokens",
            |reader| DescribedDelegationToken::decode(reader, version),
        )?;
        value.throttle_time_ms =
            reader.read_i32("DescribeDelegationTokenResponse.ThrottleTimeMs")?;
        if flexible {
            reader.skip_tagged_fields("DescribeDelegationTokenResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_array(
            flexible,
            &self.tokens,
            "DescribeDelegationTokenResponse.Tokens",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.throttle_time_ms);
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
impl DescribeDelegationTokenResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.tokens = vec![
            DescribedDelegationToken::sample(version, nulls),
            DescribedDelegationToken::sample(version, nulls),
        ];
        value.throttle_time_ms = 0x0102_0313;
        value
    }
}

/// Part of [`DescribeDelegationTokenResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribedDelegationToken {
    pub principal_type: String,
    pub principal_name: String,
    /// Field of version 3.
    pub token_requester_principal_type: String,
    /// Field of version 3.
    pub token_requester_principal_name: String,
    pub issue_timestamp: i64,
    pub expiry_timestamp: i64,
    pub max_timestamp: i64,
    pub token_id: String,
    pub hmac: Bytes,
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

impl DescribedDelegationToken {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.principal_type =
            reader.read_string(flexible, "DescribedDelegationToken.PrincipalType")?;
        value.principal_name =
            reader.read_string(flexible, "DescribedDelegationToken.PrincipalName")?;
        if version >= 3 {
            value.token_requester_principal_type =
                reader.read_string(true, "DescribedDelegationToken.TokenRequesterPrincipalType")?;
        }
        if version >= 3 {
            value.token_requester_principal_name =
                reader.read_string(true, "DescribedDelegationToken.TokenRequesterPrincipalName")?;
        }
        value.issue_timestamp = reader.read_i64("DescribedDelegationToken.IssueTimestamp")?;
        value.expiry_timestamp = reader.read_i64("DescribedDelegationToken.ExpiryTimestamp")?;
        value.max_timestamp = reader.read_i64("DescribedDelegationToken.MaxTimestamp")?;
        value.token_id = reader.read_string(flexible, "DescribedDelegationToken.TokenId")?;
        value.hmac = reader.read_bytes(flexible, "DescribedDelegationToken.Hmac")?;
        value.renewers = reader.read_array(
            flexible,
            DescribedDelegationTokenRenewer::encoded_bytes_min(version),
            "DescribedDelegationToken.Renewers",
            |reader| DescribedDelegationTokenRenewer::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribedDelegationToken")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(
            flexible,
            &self.principal_type,
            "DescribedDelegationToken.PrincipalType",
        )?;
        writer.write_string(
            flexible,
            &self.principal_name,
            "DescribedDelegationToken.PrincipalName",
        )?;
        if version >= 3 {
            writer.write_string(
                true,
                &self.token_requester_principal_type,
                "DescribedDelegationToken.TokenRequesterPrincipalType",
            )?;
        }
        if version >= 3 {
            writer.write_string(
                true,
                &self.token_requester_principal_name,
                "DescribedDelegationToken.TokenRequesterPrincipalName",
            )?;
        }
        writer.write_i64(self.issue_timestamp);
        writer.write_i64(self.expiry_timestamp);
        writer.write_i64(self.max_timestamp);
        writer.write_string(flexible, &self.token_id, "DescribedDelegationToken.TokenId")?;
        writer.write_bytes(flexible, &self.hmac, "DescribedDelegationToken.Hmac")?;
        writer.write_array(
            flexible,
            &self.renewers,
            "DescribedDelegationToken.Renewers",
            |writer, value| value.encode(writer, version),
        )?;
        if version < 3 && !self.token_requester_principal_type.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribedDelegationToken.TokenRequesterPrincipalType",
                version,
            });
        }
        if version < 3 && !self.token_requester_principal_name.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribedDelegationToken.TokenRequesterPrincipalName",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 38,
            2 => 30,
            _ => 32,
        }
    }
}

#[cfg(test)]
impl DescribedDelegationToken {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.principal_type = "principal_type-17".to_owned();
        value.principal_name = "principal_name-18".to_owned();
        if version >= 3 {
            value.token_requester_principal_type = "token_requester_principal_type-19".to_owned();
        }
        if version >= 3 {
            value.token_requester_principal_name = "token_requester_principal_name-20".to_owned();
        }
        value.issue_timestamp = 0x0102_0304_0506_0715;
        value.expiry_timestamp = 0x0102_0304_0506_0716;
        value.max_timestamp = 0x0102_0304_0506_0717;
        value.token_id = "token_id-24".to_owned();
        value.hmac = Bytes::from_static(&[25; 150]);
        value.renewers = vec![
            DescribedDelegationTokenRenewer::sample(version, nulls),
            DescribedDelegationTokenRenewer::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeDelegationTokenResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribedDelegationTokenRenewer {
    pub principal_type: String,
    pub principal_name: String,
}

impl DescribedDelegationTokenRenewer {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.principal_type =
            reader.read_string(flexible, "DescribedDelegationTokenRenewer.PrincipalType")?;
        value.principal_name =
            reader.read_string(flexible, "DescribedDelegationTokenRenewer.PrincipalName")?;
        if flexible {
            reader.skip_tagged_fields("DescribedDelegationTokenRenewer")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(
            flexible,
            &self.principal_type,
            "DescribedDelegationTokenRenewer.PrincipalType",
        )?;
        writer.write_string(
            flexible,
            &self.principal_name,
            "DescribedDelegationTokenRenewer.PrincipalName",
        )?;
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
impl DescribedDelegationTokenRenewer {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.principal_type = "principal_type-17".to_owned();
        value.principal_name = "principal_name-18".to_owned();
        value
    }
}
