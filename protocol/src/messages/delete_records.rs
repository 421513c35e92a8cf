//! The DeleteRecords API (key 21), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DeleteRecordsRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsRequest {
    pub topics: Vec<DeleteRecordsTopic>,
    pub timeout_ms: i32,
}

impl Message for DeleteRecordsRequest {
    const NAME: &'static str = "DeleteRecordsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topics = reader.read_array(
            flexible,
            DeleteRecordsTopic::encoded_bytes_min(version),
            "DeleteRecordsRequest.Topics",
            |reader| DeleteRecordsTopic::decode(reader, version),
        )?;
        value.timeout_ms = reader.read_i32("DeleteRecordsRequest.TimeoutMs")?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.topics,
            "DeleteRecordsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.timeout_ms);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DeleteRecordsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec![
            DeleteRecordsTopic::sample(version, nulls),
            DeleteRecordsTopic::sample(version, nulls),
        ];
        value.timeout_ms = 0x0102_0312;
        value
    }
}

/// Part of [`DeleteRecordsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsTopic {
    pub name: String,
    pub partitions: Vec<DeleteRecordsPartition>,
}

impl DeleteRecordsTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "DeleteRecordsTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            DeleteRecordsPartition::encoded_bytes_min(version),
            "DeleteRecordsTopic.Partitions",
            |reader| DeleteRecordsPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "DeleteRecordsTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "DeleteRecordsTopic.Partitions",
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
            ..=1 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl DeleteRecordsTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            DeleteRecordsPartition::sample(version, nulls),
            DeleteRecordsPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteRecordsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsPartition {
    pub partition_index: i32,
    pub offset: i64,
}

impl DeleteRecordsPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("DeleteRecordsPartition.PartitionIndex")?;
        value.offset = reader.read_i64("DeleteRecordsPartition.Offset")?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.offset);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 12,
            _ => 13,
        }
    }
}

#[cfg(test)]
impl DeleteRecordsPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.offset = 0x0102_0304_0506_0712;
        value
    }
}

impl Request for DeleteRecordsRequest {
    type Response = DeleteRecordsResponse;
    const KEY: ApiKey = ApiKey::DeleteRecords;
}

/// DeleteRecordsResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DeleteRecordsTopicResult>,
}

impl Message for DeleteRecordsResponse {
    const NAME: &'static str = "DeleteRecordsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DeleteRecordsResponse.ThrottleTimeMs")?;
        value.topics = reader.read_array(
            flexible,
            DeleteRecordsTopicResult::encoded_bytes_min(version),
            "DeleteRecordsResponse.Topics",
            |reader| DeleteRecordsTopicResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.topics,
            "DeleteRecordsResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteRecordsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.topics = vec![
            DeleteRecordsTopicResult::sample(version, nulls),
            DeleteRecordsTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteRecordsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsTopicResult {
    pub name: String,
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

impl DeleteRecordsTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "DeleteRecordsTopicResult.Name")?;
        value.partitions = reader.read_array(
            flexible,
            DeleteRecordsPartitionResult::encoded_bytes_min(version),
            "DeleteRecordsTopicResult.Partitions",
            |reader| DeleteRecordsPartitionResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "DeleteRecordsTopicResult.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "DeleteRecordsTopicResult.Partitions",
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
            ..=1 => 6,
            _ => 3,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteRecordsTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            DeleteRecordsPartitionResult::sample(version, nulls),
            DeleteRecordsPartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteRecordsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteRecordsPartitionResult {
    pub partition_index: i32,
    pub low_watermark: i64,
    pub error_code: i16,
}

impl DeleteRecordsPartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("DeleteRecordsPartitionResult.PartitionIndex")?;
        value.low_watermark = reader.read_i64("DeleteRecordsPartitionResult.LowWatermark")?;
        value.error_code = reader.read_i16("DeleteRecordsPartitionResult.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("DeleteRecordsPartitionResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.low_watermark);
        writer.write_i16(self.error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 14,
            _ => 15,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DeleteRecordsPartitionResult {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.low_watermark = 0x0102_0304_0506_0712;
        value.error_code = 19;
        value
    }
}
