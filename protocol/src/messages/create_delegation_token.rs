//! The CreateDelegationToken API (key 38), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// CreateDelegationTokenRequest of versions 1 to 3.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateDelegationTokenRequest {
    /// Field of version 3.
    pub owner_principal_type: Option<String>,
    /// Field of version 3.
    pub owner_principal_name: Option<String>,
    pub renewers: Vec<CreatableRenewers>,
    pub max_lifetime_ms: i64,
}

impl Default for CreateDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owner_principal_type: Some(String::new()),
            owner_principal_name: Some(String::new()),
            renewers: Vec::new(),
            max_lifetime_ms: 0,
        }
    }
}

impl Message for CreateDelegationTokenRequest {
    const NAME: &'static str = "CreateDelegationTokenRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        if version >= 3 {
            value.owner_principal_type = reader
                .read_nullable_string(true, "CreateDelegationTokenRequest.OwnerPrincipalType")?;
        }
        if version >= 3 {
            value.owner_principal_name = reader
                .read_nullable_string(true, "CreateDelegationTokenRequest.OwnerPrincipalName")?;
        }
        value.renewers = reader.read_array(
            flexible,
            CreatableRenewers::encoded_bytes_min(version),
            "CreateDelegationTokenRequest.Renewers",
            |reader| CreatableRenewers::decode(reader, version),
        )?;
        value.max_lifetime_ms = reader.read_i64("CreateDelegationTokenRequest.MaxLifetimeMs")?;
        if flexible {
            reader.skip_tagged_fields("CreateDelegationTokenRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        if version >= 3 {
            writer.write_nullable_string(
                true,
                self.owner_principal_type.as_deref(),
                "CreateDelegationTokenRequest.OwnerPrincipalType",
            )?;
        }
        if version >= 3 {
            writer.write_nullable_string(
                true,
                self.owner_principal_name.as_deref(),
                "CreateDelegationTokenRequest.OwnerPrincipalName",
            )?;
        }
        writer.write_array(
            flexible,
            &self.renewers,
            "CreateDelegationTokenRequest.Renewers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i64(self.max_lifetime_ms);
        if version < 3
            && self
                .owner_principal_type
                .as_ref()
                .is_none_or(|value| !value.is_empty())
        {
            return Err(EncodeError::FieldNotInVersion {
                what: "CreateDelegationTokenRequest.OwnerPrincipalType",
                version,
            });
        }
        if version < 3
            && self
                .owner_principal_name
                .as_ref()
                .is_none_or(|value| !value.is_empty())
        {
            return Err(EncodeError::FieldNotInVersion {
                what: "CreateDelegationTokenRequest.OwnerPrincipalName",
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
impl CreateDelegationTokenRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.owner_principal_type = if nulls {
                None
            } else {
                Some("owner_principal_type-17".to_owned())
            };
        }
        if version >= 3 {
            value.owner_principal_name = if nulls {
                None
            } else {
                Some("owner_principal_name-18".to_owned())
            };
        }
        value.renewers = vec![
            CreatableRenewers::sample(version, nulls),
            CreatableRenewers::sample(version, nulls),
        ];
        value.max_lifetime_ms = 0x0102_0304_0506_0714;
        value
    }
}

/// Part of [`CreateDelegationTokenRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreatableRenewers {
    pub principal_type: String,
    pub principal_name: String,
}

impl CreatableRenewers {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.principal_type = reader.read_string(flexible, "CreatableRenewers.PrincipalType")?;
        value.principal_name = reader.read_string(flexible, "CreatableRenewers.PrincipalName")?;
        if flexible {
            reader.skip_tagged_fields("CreatableRenewers")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(
            flexible,
            &self.principal_type,
            "CreatableRenewers.PrincipalType",
        )?;
        writer.write_string(
            flexible,
            &self.principal_name,
            "CreatableRenewers.PrincipalName",
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
impl CreatableRenewers {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.principal_type = "principal_type-17".to_owned();
        value.principal_name = "principal_name-18".to_owned();
        value
    }
}

impl Request for CreateDelegationTokenRequest {
    type Response = CreateDelegationTokenResponse;
    const KEY: ApiKey = ApiKey::CreateDelegationToken;
}

/// CreateDelegationTokenResponse of versions 1 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateDelegationTokenResponse {
    pub error_code: i16,
    pub principal_type: String,
    pub principal_name: String,
    /// Field of version 3.
    pub token_requester_principal_type: String,
    /// Field of version 3.
    pub token_requester_principal_name: String,
    pub issue_timestamp_ms: i64,
    pub expiry_timestamp_ms: i64,
    pub max_timestamp_ms: i64,
    pub token_id: String,
    pub hmac: Bytes,
    pub throttle_time_ms: i32,
}

impl Message for CreateDelegationTokenResponse {
    const NAME: &'static str = "CreateDelegationTokenResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("CreateDelegationTokenResponse.ErrorCode")?;
        value.principal_type =
            reader.read_string(flexible, "CreateDelegationTokenResponse.PrincipalType")?;
        value.principal_name =
            reader.read_string(flexible, "CreateDelegationTokenResponse.PrincipalName")?;
        if version >= 3 {
            value.token_requester_principal_type = reader.read_string(
                true,
                "CreateDelegationTokenResponse.TokenRequesterPrincipalType",
            )?;
        }
        if version >= 3 {
            value.token_requester_principal_name = reader.read_string(
                true,
                "CreateDelegationTokenResponse.TokenRequesterPrincipalName",
            )?;
        }
        value.issue_timestamp_ms =
            reader.read_i64("CreateDelegationTokenResponse.IssueTimestampMs")?;
        value.expiry_timestamp_ms =
            reader.read_i64("CreateDelegationTokenResponse.ExpiryTimestampMs")?;
        value.max_timestamp_ms = reader.read_i64("CreateDelegationTokenResponse.MaxTimestampMs")?;
        value.token_id = reader.read_string(flexible, "CreateDelegationTokenResponse.TokenId")?;
        value.hmac = reader.read_bytes(flexible, "CreateDelegationTokenResponse.Hmac")?;
        value.throttle_time_ms = reader.read_i32("CreateDelegationTokenResponse.ThrottleTimeMs")?;
        if flexible {
            reader.skip_tagged_fields("CreateDelegationTokenResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_string(
            flexible,
            &self.principal_type,
            "CreateDelegationTokenResponse.PrincipalType",
        )?;
        writer.write_string(
            flexible,
            &self.principal_name,
            "CreateDelegationTokenResponse.PrincipalName",
        )?;
        if version >= 3 {
            writer.write_string(
                true,
                &self.token_requester_principal_type,
                "CreateDelegationTokenResponse.TokenRequesterPrincipalType",
            )?;
        }
        if version >= 3 {
            writer.write_string(
                true,
                &self.token_requester_principal_name,
                "CreateDelegationTokenResponse.TokenRequesterPrincipalName",
            )?;
        }
        writer.write_i64(self.issue_timestamp_ms);
        writer.write_i64(self.expiry_timestamp_ms);
        writer.write_i64(self.max_timestamp_ms);
        writer.write_string(
            flexible,
            &self.token_id,
            "CreateDelegationTokenResponse.TokenId",
        )?;
        writer.write_bytes(flexible, &self.hmac, "CreateDelegationTokenResponse.Hmac")?;
        writer.write_i32(self.throttle_time_ms);
        if version < 3 && !self.token_requester_principal_type.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "CreateDelegationTokenResponse.TokenRequesterPrincipalType",
                version,
            });
        }
        if version < 3 && !self.token_requester_principal_name.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "CreateDelegationTokenResponse.TokenRequesterPrincipalName",
                version,
            });
        }
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
impl CreateDelegationTokenResponse {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.principal_type = "principal_type-18".to_owned();
        value.principal_name = "principal_name-19".to_owned();
        if version >= 3 {
            value.token_requester_principal_type = "token_requester_principal_type-20".to_owned();
        }
        if version >= 3 {
            value.token_requester_principal_name = "token_requester_principal_name-21".to_owned();
        }
        value.issue_timestamp_ms = 0x0102_0304_0506_0716;
        value.expiry_timestamp_ms = 0x0102_0304_0506_0717;
        value.max_timestamp_ms = 0x0102_0304_0506_0718;
        value.token_id = "token_id-25".to_owned();
        value.hmac = Bytes::from_static(&[26; 150]);
        value.throttle_time_ms = 0x0102_031b;
        value
    }
}
