//! The AlterUserScramCredentials API (key 51), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// AlterUserScramCredentialsRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterUserScramCredentialsRequest {
    pub deletions: Vec<ScramCredentialDeletion>,
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

impl Message for AlterUserScramCredentialsRequest {
    const NAME: &'static str = "AlterUserScramCredentialsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.deletions = reader.read_array(
            true,
            ScramCredentialDeletion::encoded_bytes_min(version),
            "AlterUserScramCredentialsRequest.Deletions",
            |reader| ScramCredentialDeletion::decode(reader, version),
        )?;
        value.upsertions = reader.read_array(
            true,
            ScramCredentialUpsertion::encoded_bytes_min(version),
            "AlterUserScramCredentialsRequest.Upsertions",
            |reader| ScramCredentialUpsertion::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterUserScramCredentialsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.deletions,
            "AlterUserScramCredentialsRequest.Deletions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.upsertions,
            "AlterUserScramCredentialsRequest.Upsertions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl AlterUserScramCredentialsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.deletions = vec![
            ScramCredentialDeletion::sample(version, nulls),
            ScramCredentialDeletion::sample(version, nulls),
        ];
        value.upsertions = vec![
            ScramCredentialUpsertion::sample(version, nulls),
            ScramCredentialUpsertion::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterUserScramCredentialsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScramCredentialDeletion {
    pub name: String,
    pub mechanism: i8,
}

impl ScramCredentialDeletion {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ScramCredentialDeletion.Name")?;
        value.mechanism = reader.read_i8("ScramCredentialDeletion.Mechanism")?;
        reader.skip_tagged_fields("ScramCredentialDeletion")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ScramCredentialDeletion.Name")?;
        writer.write_i8(self.mechanism);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl ScramCredentialDeletion {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.mechanism = 18;
        value
    }
}

/// Part of [`AlterUserScramCredentialsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScramCredentialUpsertion {
    pub name: String,
    pub mechanism: i8,
    pub iterations: i32,
    pub salt: Bytes,
    pub salted_password: Bytes,
}

impl ScramCredentialUpsertion {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ScramCredentialUpsertion.Name")?;
        value.mechanism = reader.read_i8("ScramCredentialUpsertion.Mechanism")?;
        value.iterations = reader.read_i32("ScramCredentialUpsertion.Iterations")?;
        value.salt = reader.read_bytes(true, "ScramCredentialUpsertion.Salt")?;
        value.salted_password =
            reader.read_bytes(true, "ScramCredentialUpsertion.SaltedPassword")?;
        reader.skip_tagged_fields("ScramCredentialUpsertion")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ScramCredentialUpsertion.Name")?;
        writer.write_i8(self.mechanism);
        writer.write_i32(self.iterations);
        writer.write_bytes(true, &self.salt, "ScramCredentialUpsertion.Salt")?;
        writer.write_bytes(
            true,
            &self.salted_password,
            "ScramCredentialUpsertion.SaltedPassword",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        9
    }
}

#[cfg(test)]
impl ScramCredentialUpsertion {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.mechanism = 18;
        value.iterations = 0x0102_0313;
        value.salt = Bytes::from_static(&[20; 150]);
        value.salted_password = Bytes::from_static(&[21; 150]);
        value
    }
}

impl Request for AlterUserScramCredentialsRequest {
    type Response = AlterUserScramCredentialsResponse;
    const KEY: ApiKey = ApiKey::AlterUserScramCredentials;
}

/// AlterUserScramCredentialsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterUserScramCredentialsResult>,
}

impl Message for AlterUserScramCredentialsResponse {
    const NAME: &'static str = "AlterUserScramCredentialsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("AlterUserScramCredentialsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            true,
            AlterUserScramCredentialsResult::encoded_bytes_min(version),
            "AlterUserScramCredentialsResponse.Results",
            |reader| AlterUserScramCredentialsResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AlterUserScramCredentialsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.results,
            "AlterUserScramCredentialsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AlterUserScramCredentialsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            AlterUserScramCredentialsResult::sample(version, nulls),
            AlterUserScramCredentialsResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterUserScramCredentialsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    pub user: String,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for AlterUserScramCredentialsResult {
    fn default() -> Self {
        Self {
            user: String::new(),
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl AlterUserScramCredentialsResult {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.user = reader.read_string(true, "AlterUserScramCredentialsResult.User")?;
        value.error_code = reader.read_i16("AlterUserScramCredentialsResult.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "AlterUserScramCredentialsResult.ErrorMessage")?;
        reader.skip_tagged_fields("AlterUserScramCredentialsResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.user, "AlterUserScramCredentialsResult.User")?;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "AlterUserScramCredentialsResult.ErrorMessage",
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
impl AlterUserScramCredentialsResult {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.user = "user-17".to_owned();
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value
    }
}
