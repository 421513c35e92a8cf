//! The DeleteShareGroupOffsets API (key 92), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// DeleteShareGroupOffsetsRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupOffsetsRequest {
    pub group_id: String,
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic>,
}

impl Message for DeleteShareGroupOffsetsRequest {
    const NAME: &'static str = "DeleteShareGroupOffsetsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(true, "DeleteShareGroupOffsetsRequest.GroupId")?;
        value.topics = reader.read_array(
            true,
            DeleteShareGroupOffsetsRequestTopic::encoded_bytes_min(version),
            "DeleteShareGroupOffsetsRequest.Topics",
            |reader| DeleteShareGroupOffsetsRequestTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteShareGroupOffsetsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            true,
            &self.group_id,
            "DeleteShareGroupOffsetsRequest.GroupId",
        )?;
        writer.write_array(
            true,
            &self.topics,
            "DeleteShareGroupOffsetsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DeleteShareGroupOffsetsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.topics = vec![
            DeleteShareGroupOffsetsRequestTopic::sample(version, nulls),
            DeleteShareGroupOffsetsRequestTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteShareGroupOffsetsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupOffsetsRequestTopic {
    pub topic_name: String,
}

impl DeleteShareGroupOffsetsRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "DeleteShareGroupOffsetsRequestTopic.TopicName")?;
        reader.skip_tagged_fields("DeleteShareGroupOffsetsRequestTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "DeleteShareGroupOffsetsRequestTopic.TopicName",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        2
    }
}

#[cfg(test)]
impl DeleteShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value
    }
}

impl Request for DeleteShareGroupOffsetsRequest {
    type Response = DeleteShareGroupOffsetsResponse;
    const KEY: ApiKey = ApiKey::DeleteShareGroupOffsets;
}

/// DeleteShareGroupOffsetsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic>,
}

impl Message for DeleteShareGroupOffsetsResponse {
    const NAME: &'static str = "DeleteShareGroupOffsetsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms =
            reader.read_i32("DeleteShareGroupOffsetsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("DeleteShareGroupOffsetsResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "DeleteShareGroupOffsetsResponse.ErrorMessage")?;
        value.responses = reader.read_array(
            true,
            DeleteShareGroupOffsetsResponseTopic::encoded_bytes_min(version),
            "DeleteShareGroupOffsetsResponse.Responses",
            |reader| DeleteShareGroupOffsetsResponseTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DeleteShareGroupOffsetsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DeleteShareGroupOffsetsResponse.ErrorMessage",
        )?;
        writer.write_array(
            true,
            &self.responses,
            "DeleteShareGroupOffsetsResponse.Responses",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.responses
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteShareGroupOffsetsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.responses = vec![
            DeleteShareGroupOffsetsResponseTopic::sample(version, nulls),
            DeleteShareGroupOffsetsResponseTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteShareGroupOffsetsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteShareGroupOffsetsResponseTopic {
    pub topic_name: String,
    pub topic_id: Uuid,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl DeleteShareGroupOffsetsResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_name =
            reader.read_string(true, "DeleteShareGroupOffsetsResponseTopic.TopicName")?;
        value.topic_id = reader.read_uuid("DeleteShareGroupOffsetsResponseTopic.TopicId")?;
        value.error_code = reader.read_i16("DeleteShareGroupOffsetsResponseTopic.ErrorCode")?;
        value.error_message = reader
            .read_nullable_string(true, "DeleteShareGroupOffsetsResponseTopic.ErrorMessage")?;
        reader.skip_tagged_fields("DeleteShareGroupOffsetsResponseTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.topic_name,
            "DeleteShareGroupOffsetsResponseTopic.TopicName",
        )?;
        writer.write_uuid(self.topic_id);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DeleteShareGroupOffsetsResponseTopic.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        21
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DeleteShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_name = "topic_name-17".to_owned();
        value.topic_id = Uuid::from_u128(18 << 64 | 5);
        value.error_code = 19;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-20".to_owned())
        };
        value
    }
}
