//! The DescribeLogDirs API (key 35), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeLogDirsRequest of versions 1 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeLogDirsRequest {
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

impl Default for DescribeLogDirsRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
        }
    }
}

impl Message for DescribeLogDirsRequest {
    const NAME: &'static str = "DescribeLogDirsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topics = reader.read_nullable_array(
            flexible,
            DescribableLogDirTopic::encoded_bytes_min(version),
            "DescribeLogDirsRequest.Topics",
            |reader| DescribableLogDirTopic::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeLogDirsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_nullable_array(
            flexible,
            self.topics.as_deref(),
            "DescribeLogDirsRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DescribeLogDirsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = if nulls {
            None
        } else {
            Some(vec![
                DescribableLogDirTopic::sample(version, nulls),
                DescribableLogDirTopic::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`DescribeLogDirsRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribableLogDirTopic {
    pub topic: String,
    pub partitions: Vec<i32>,
}

impl DescribableLogDirTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "DescribableLogDirTopic.Topic")?;
        value.partitions =
            reader.read_array(flexible, 4, "DescribableLogDirTopic.Partitions", |reader| {
                reader.read_i32("DescribableLogDirTopic.Partitions")
            })?;
        if flexible {
            reader.skip_tagged_fields("DescribableLogDirTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.topic, "DescribableLogDirTopic.Topic")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "DescribableLogDirTopic.Partitions",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
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
            ..=1 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl DescribableLogDirTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for DescribeLogDirsRequest {
    type Response = DescribeLogDirsResponse;
    const KEY: ApiKey = ApiKey::DescribeLogDirs;
}

/// DescribeLogDirsResponse of versions 1 to 4.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeLogDirsResponse {
    pub throttle_time_ms: i32,
    /// Field of versions 3 to 4.
    pub error_code: i16,
    pub results: Vec<DescribeLogDirsResult>,
}

impl Message for DescribeLogDirsResponse {
    const NAME: &'static str = "DescribeLogDirsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeLogDirsResponse.ThrottleTimeMs")?;
        if version >= 3 {
            value.error_code = reader.read_i16("DescribeLogDirsResponse.ErrorCode")?;
        }
        value.results = reader.read_array(
            flexible,
            DescribeLogDirsResult::encoded_bytes_min(version),
            "DescribeLogDirsResponse.Results",
            |reader| DescribeLogDirsResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeLogDirsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        if version >= 3 {
            writer.write_i16(self.error_code);
        }
        writer.write_array(
            flexible,
            &self.results,
            "DescribeLogDirsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
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
impl DescribeLogDirsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        if version >= 3 {
            value.error_code = 18;
        }
        value.results = vec![
            DescribeLogDirsResult::sample(version, nulls),
            DescribeLogDirsResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeLogDirsResult {
    pub error_code: i16,
    pub log_dir: String,
    pub topics: Vec<DescribeLogDirsTopic>,
    /// Field of version 4.
    pub total_bytes: i64,
    /// Field of version 4.
    pub usable_bytes: i64,
}

impl Default for DescribeLogDirsResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            log_dir: String::new(),
            topics: Vec::new(),
            total_bytes: -1,
            usable_bytes: -1,
        }
    }
}

impl DescribeLogDirsResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.error_code = reader.read_i16("DescribeLogDirsResult.ErrorCode")?;
        value.log_dir = reader.read_string(flexible, "DescribeLogDirsResult.LogDir")?;
        value.topics = reader.read_array(
            flexible,
            DescribeLogDirsTopic::encoded_bytes_min(version),
            "DescribeLogDirsResult.Topics",
            |reader| DescribeLogDirsTopic::decode(reader, version),
        )?;
        if version >= 4 {
            value.total_bytes = reader.read_i64("DescribeLogDirsResult.TotalBytes")?;
        }
        if version >= 4 {
            value.usable_bytes = reader.read_i64("DescribeLogDirsResult.UsableBytes")?;
        }
        if flexible {
            reader.skip_tagged_fields("DescribeLogDirsResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i16(self.error_code);
        writer.write_string(flexible, &self.log_dir, "DescribeLogDirsResult.LogDir")?;
        writer.write_array(
            flexible,
            &self.topics,
            "DescribeLogDirsResult.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 4 {
            writer.write_i64(self.total_bytes);
        }
        if version >= 4 {
            writer.write_i64(self.usable_bytes);
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 8,
            2..=3 => 5,
            _ => 21,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeLogDirsResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.log_dir = "log_dir-18".to_owned();
        value.topics = vec![
            DescribeLogDirsTopic::sample(version, nulls),
            DescribeLogDirsTopic::sample(version, nulls),
        ];
        if version >= 4 {
            value.total_bytes = 0x0102_0304_0506_0714;
        }
        if version >= 4 {
            value.usable_bytes = 0x0102_0304_0506_0715;
        }
        value
    }
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeLogDirsTopic {
    pub name: String,
    pub partitions: Vec<DescribeLogDirsPartition>,
}

impl DescribeLogDirsTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "DescribeLogDirsTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            DescribeLogDirsPartition::encoded_bytes_min(version),
            "DescribeLogDirsTopic.Partitions",
            |reader| DescribeLogDirsPartition::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeLogDirsTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.name, "DescribeLogDirsTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "DescribeLogDirsTopic.Partitions",
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
impl DescribeLogDirsTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            DescribeLogDirsPartition::sample(version, nulls),
            DescribeLogDirsPartition::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeLogDirsPartition {
    pub partition_index: i32,
    pub partition_size: i64,
    pub offset_lag: i64,
    pub is_future_key: bool,
}

impl DescribeLogDirsPartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.partition_index = reader.read_i32("DescribeLogDirsPartition.PartitionIndex")?;
        value.partition_size = reader.read_i64("DescribeLogDirsPartition.PartitionSize")?;
        value.offset_lag = reader.read_i64("DescribeLogDirsPartition.OffsetLag")?;
        value.is_future_key = reader.read_bool("DescribeLogDirsPartition.IsFutureKey")?;
        if flexible {
            reader.skip_tagged_fields("DescribeLogDirsPartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_i32(self.partition_index);
        writer.write_i64(self.partition_size);
        writer.write_i64(self.offset_lag);
        writer.write_bool(self.is_future_key);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 21,
            _ => 22,
        }
    }
}

#[cfg(test)]
impl DescribeLogDirsPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.partition_size = 0x0102_0304_0506_0712;
        value.offset_lag = 0x0102_0304_0506_0713;
        value.is_future_key = true;
        value
    }
}
