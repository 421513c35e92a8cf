//! The DescribeUserScramCredentials API (key 50), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeUserScramCredentialsRequest of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeUserScramCredentialsRequest {
    pub users: Option<Vec<UserName>>,
}

impl Default for DescribeUserScramCredentialsRequest {
    fn default() -> Self {
        Self {
            users: Some(Vec::new()),
        }
    }
}

impl Message for DescribeUserScramCredentialsRequest {
    const NAME: &'static str = "DescribeUserScramCredentialsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.users = reader.read_nullable_array(
            true,
            UserName::encoded_bytes_min(version),
            "DescribeUserScramCredentialsRequest.Users",
            |reader| UserName::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeUserScramCredentialsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_array(
            true,
            self.users.as_deref(),
            "DescribeUserScramCredentialsRequest.Users",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeUserScramCredentialsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.users = if nulls {
            None
        } else {
            Some(vec![
                UserName::sample(version, nulls),
                UserName::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`DescribeUserScramCredentialsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserName {
    pub name: String,
}

impl UserName {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "UserName.Name")?;
        reader.skip_tagged_fields("UserName")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "UserName.Name")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        2
    }
}

#[cfg(test)]
impl UserName {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value
    }
}

impl Request for DescribeUserScramCredentialsRequest {
    type Response = DescribeUserScramCredentialsResponse;
    const KEY: ApiKey = ApiKey::DescribeUserScramCredentials;
}

/// DescribeUserScramCredentialsResponse of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

impl Default for DescribeUserScramCredentialsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            results: Vec::new(),
        }
    }
}

impl Message for DescribeUserScramCredentialsResponse {
    const NAME: &'static str = "DescribeUserScramCredentialsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("DescribeUserScramCredentialsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("DescribeUserScramCredentialsResponse.ErrorCode")?;
        value.error_message = reader
            .read_nullable_string(true, "DescribeUserScramCredentialsResponse.ErrorMessage")?;
        value.results = reader.read_array(
            true,
            DescribeUserScramCredentialsResult::encoded_bytes_min(version),
            "DescribeUserScramCredentialsResponse.Results",
            |reader| DescribeUserScramCredentialsResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeUserScramCredentialsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribeUserScramCredentialsResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.results,
            "DescribeUserScramCredentialsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
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
impl DescribeUserScramCredentialsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.results = vec![
            DescribeUserScramCredentialsResult::sample(version, nulls),
            DescribeUserScramCredentialsResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeUserScramCredentialsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    pub user: String,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub credential_infos: Vec<CredentialInfo>,
}

impl Default for DescribeUserScramCredentialsResult {
    fn default() -> Self {
        Self {
            user: String::new(),
            error_code: 0,
            error_message: Some(String::new()),
            credential_infos: Vec::new(),
        }
    }
}

impl DescribeUserScramCredentialsResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.user = reader.read_string(true, "DescribeUserScramCredentialsResult.User")?;
        value.error_code = reader.read_i16("DescribeUserScramCredentialsResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "DescribeUserScramCredentialsResult.ErrorMessage")?;
        value.credential_infos = reader.read_array(
            true,
            CredentialInfo::encoded_bytes_min(version),
            "DescribeUserScramCredentialsResult.CredentialInfos",
            |reader| CredentialInfo::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeUserScramCredentialsResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.user, "DescribeUserScramCredentialsResult.User")?;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribeUserScramCredentialsResult.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.credential_infos,
            "DescribeUserScramCredentialsResult.CredentialInfos",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeUserScramCredentialsResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.user = "user-17".to_owned();
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.credential_infos = vec![
            CredentialInfo::sample(version, nulls),
            CredentialInfo::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeUserScramCredentialsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CredentialInfo {
    pub mechanism: i8,
    pub iterations: i32,
}

impl CredentialInfo {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.mechanism = reader.read_i8("CredentialInfo.Mechanism")?;
        value.iterations = reader.read_i32("CredentialInfo.Iterations")?;
        reader.skip_tagged_fields("CredentialInfo")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i8(self.mechanism);
        writer.write_i32(self.iterations);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl CredentialInfo {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.mechanism = 17;
        value.iterations = 0x0102_0312;
        value
    }
}
