//! The DeleteTopics API (key 20), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DeleteTopicsRequest of versions 1 to 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteTopicsRequest {
    /// Field of version 6.
    pub topics: Vec<DeleteTopicState>,
    /// Field of versions 1 to 5.
    pub topic_names: Vec<String>,
    pub timeout_ms: i32,
}

impl Message for DeleteTopicsRequest {
    const NAME: &'static str = "DeleteTopicsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        if version >= 6 {
            value.topics = reader.read_array(
                true,
                DeleteTopicState::encoded_bytes_min(version),
                "DeleteTopicsRequest.Topics",
                |reader| DeleteTopicState::decode(reader, version),
            )?;
        }
        if version <= 5 {
            value.topic_names = reader.read_array(
                flexible,
                if flexible { 1 } else { 2 },
                "DeleteTopicsRequest.TopicNames",
                |reader| reader.read_string(flexible, "DeleteTopicsRequest.TopicNames"),
            )?;
        }
        value.timeout_ms = reader.read_i32("DeleteTopicsRequest.TimeoutMs")?;
        if flexible {
            reader.skip_tagged_fields("DeleteTopicsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 6 {
            writer.write_array(
                true,
                &self.topics,
                "DeleteTopicsRequest.Topics",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version <= 5 {
            writer.write_array(
                flexible,
                &self.topic_names,
                "DeleteTopicsRequest.TopicNames",
                |writer, value| {
                    writer.write_string(flexible, value, "DeleteTopicsRequest.TopicNames")
                },
            )?;
        }
        writer.write_i32(self.timeout_ms);
        if version < 6 && !self.topics.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "DeleteTopicsRequest.Topics",
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
impl DeleteTopicsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 6 {
            value.topics = vec![
                DeleteTopicState::sample(version, nulls),
                DeleteTopicState::sample(version, nulls),
            ];
        }
        if version <= 5 {
            value.topic_names = vec!["topic_names-18".to_owned(), "topic_names-58".to_owned()];
        }
        value.timeout_ms = 0x0102_0313;
        value
    }
}

/// Part of [`DeleteTopicsRequest`] of version 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteTopicState {
    pub name: Option<String>,
    pub topic_id: Uuid,
}

impl DeleteTopicState {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_nullable_string(true, "DeleteTopicState.Name")?;
        value.topic_id = reader.read_uuid("DeleteTopicState.TopicId")?;
        reader.skip_tagged_fields("DeleteTopicState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_nullable_string(true, self.name.as_deref(), "DeleteTopicState.Name")?;
        writer.write_uuid(self.topic_id);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        18
    }
}

#[cfg(test)]
impl DeleteTopicState {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = if nulls {
            None
        } else {
            Some("name-17".to_owned())
        };
        value.topic_id = Uuid::from_u128(18 << 64 | 5);
        value
    }
}

impl Request for DeleteTopicsRequest {
    type Response = DeleteTopicsResponse;
    const KEY: ApiKey = ApiKey::DeleteTopics;
}

/// DeleteTopicsResponse of versions 1 to 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteTopicsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult>,
}

impl Message for DeleteTopicsResponse {
    const NAME: &'static str = "DeleteTopicsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DeleteTopicsResponse.ThrottleTimeMs")?;
        value.responses = reader.read_array(
            flexible,
            DeletableTopicResult::encoded_bytes_min(version),
            "DeleteTopicsResponse.Responses",
            |reader| DeletableTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteTopicsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.responses,
            "DeleteTopicsResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteTopicsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.responses = vec![
            DeletableTopicResult::sample(version, nulls),
            DeletableTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteTopicsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DeletableTopicResult {
    pub name: Option<String>,
    /// Field of version 6.
    pub topic_id: Uuid,
    pub error_code: i16,
    /// Field of versions 5 to 6.
    pub error_message: Option<String>,
}

impl Default for DeletableTopicResult {
    fn default() -> Self {
        Self {
            name: Some(String::new()),
            topic_id: Uuid::nil(),
            error_code: 0,
            error_message: None,
        }
    }
}

impl DeletableTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.name = if version >= 6 {
            reader.read_nullable_string(flexible, "DeletableTopicResult.Name")?
        } else {
            Some(reader.read_string(flexible, "DeletableTopicResult.Name")?)
        };
        if version >= 6 {
            value.topic_id = reader.read_uuid("DeletableTopicResult.TopicId")?;
        }
        value.error_code = reader.read_i16("DeletableTopicResult.ErrorCode")?;
        if version >= 5 {
            value.error_message =
                reader.read_nullable_string(true, "DeletableTopicResult.ErrorMessage")?;
        }
        if flexible {
            reader.skip_tagged_fields("DeletableTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        if version < 6 && self.name.is_none() {
            return Err(EncodeError::UnexpectedNull {
                what: "DeletableTopicResult.Name",
                version,
            });
        }
        writer.write_nullable_string(
            flexible,
            self.name.as_deref(),
            "DeletableTopicResult.Name",
        )?;
        if version >= 6 {
            writer.write_uuid(self.topic_id);
        }
        writer.write_i16(self.error_code);
        if version >= 5 {
            writer.write_nullable_string(
                true,
                self.error_message.as_deref(),
                "DeletableTopicResult.ErrorMessage",
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
            ..=4 => 4,
            5 => 5,
            _ => 21,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DeletableTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = if nulls && version >= 6 {
            None
        } else {
            Some("name-17".to_owned())
        };
        if version >= 6 {
            value.topic_id = Uuid::from_u128(18 << 64 | 5);
        }
        value.error_code = 19;
        if version >= 5 {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-20".to_owned())
            };
        }
        value
    }
}
