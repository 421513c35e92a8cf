//! The WriteTxnMarkers API (key 27), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// WriteTxnMarkersRequest of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteTxnMarkersRequest {
    pub markers: Vec<WritableTxnMarker>,
}

impl Message for WriteTxnMarkersRequest {
    const NAME: &'static str = "WriteTxnMarkersRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.markers = reader.read_array(
            true,
            WritableTxnMarker::encoded_bytes_min(version),
            "WriteTxnMarkersRequest.Markers",
            |reader| WritableTxnMarker::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteTxnMarkersRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.markers,
            "WriteTxnMarkersRequest.Markers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl WriteTxnMarkersRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.markers = vec![
            WritableTxnMarker::sample(version, nulls),
            WritableTxnMarker::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteTxnMarkersRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritableTxnMarker {
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub transaction_result: bool,
    pub topics: Vec<WritableTxnMarkerTopic>,
    pub coordinator_epoch: i32,
    /// Field of version 2.
    pub transaction_version: i8,
}

impl WritableTxnMarker {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.producer_id = reader.read_i64("WritableTxnMarker.ProducerId")?;
        value.producer_epoch = reader.read_i16("WritableTxnMarker.ProducerEpoch")?;
        value.transaction_result = reader.read_bool("WritableTxnMarker.TransactionResult")?;
        value.topics = reader.read_array(
            true,
            WritableTxnMarkerTopic::encoded_bytes_min(version),
            "WritableTxnMarker.Topics",
            |reader| WritableTxnMarkerTopic::decode(reader, version),
        )?;
        value.coordinator_epoch = reader.read_i32("WritableTxnMarker.CoordinatorEpoch")?;
        if version >= 2 {
            value.transaction_version = reader.read_i8("WritableTxnMarker.TransactionVersion")?;
        }
        reader.skip_tagged_fields("WritableTxnMarker")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_bool(self.transaction_result);
        writer.write_array(
            true,
            &self.topics,
            "WritableTxnMarker.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.coordinator_epoch);
        if version >= 2 {
            writer.write_i8(self.transaction_version);
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 17,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl WritableTxnMarker {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        value.producer_epoch = 18;
        value.transaction_result = true;
        value.topics = vec![
            WritableTxnMarkerTopic::sample(version, nulls),
            WritableTxnMarkerTopic::sample(version, nulls),
        ];
        value.coordinator_epoch = 0x0102_0315;
        if version >= 2 {
            value.transaction_version = 22;
        }
        value
    }
}

/// Part of [`WriteTxnMarkersRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritableTxnMarkerTopic {
    pub name: String,
    pub partition_indexes: Vec<i32>,
}

impl WritableTxnMarkerTopic {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "WritableTxnMarkerTopic.Name")?;
        value.partition_indexes = reader.read_array(
            true,
            4,
            "WritableTxnMarkerTopic.PartitionIndexes",
            |reader| reader.read_i32("WritableTxnMarkerTopic.PartitionIndexes"),
        )?;
        reader.skip_tagged_fields("WritableTxnMarkerTopic")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "WritableTxnMarkerTopic.Name")?;
        writer.write_array(
            true,
            &self.partition_indexes,
            "WritableTxnMarkerTopic.PartitionIndexes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl WritableTxnMarkerTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partition_indexes = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for WriteTxnMarkersRequest {
    type Response = WriteTxnMarkersResponse;
    const KEY: ApiKey = ApiKey::WriteTxnMarkers;
}

/// WriteTxnMarkersResponse of versions 1 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteTxnMarkersResponse {
    pub markers: Vec<WritableTxnMarkerResult>,
}

impl Message for WriteTxnMarkersResponse {
    const NAME: &'static str = "WriteTxnMarkersResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.markers = reader.read_array(
            true,
            WritableTxnMarkerResult::encoded_bytes_min(version),
            "WriteTxnMarkersResponse.Markers",
            |reader| WritableTxnMarkerResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WriteTxnMarkersResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.markers,
            "WriteTxnMarkersResponse.Markers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.markers
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl WriteTxnMarkersResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.markers = vec![
            WritableTxnMarkerResult::sample(version, nulls),
            WritableTxnMarkerResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteTxnMarkersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritableTxnMarkerResult {
    pub producer_id: i64,
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

impl WritableTxnMarkerResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.producer_id = reader.read_i64("WritableTxnMarkerResult.ProducerId")?;
        value.topics = reader.read_array(
            true,
            WritableTxnMarkerTopicResult::encoded_bytes_min(version),
            "WritableTxnMarkerResult.Topics",
            |reader| WritableTxnMarkerTopicResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WritableTxnMarkerResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i64(self.producer_id);
        writer.write_array(
            true,
            &self.topics,
            "WritableTxnMarkerResult.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        10
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl WritableTxnMarkerResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        value.topics = vec![
            WritableTxnMarkerTopicResult::sample(version, nulls),
            WritableTxnMarkerTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteTxnMarkersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritableTxnMarkerTopicResult {
    pub name: String,
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

impl WritableTxnMarkerTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "WritableTxnMarkerTopicResult.Name")?;
        value.partitions = reader.read_array(
            true,
            WritableTxnMarkerPartitionResult::encoded_bytes_min(version),
            "WritableTxnMarkerTopicResult.Partitions",
            |reader| WritableTxnMarkerPartitionResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("WritableTxnMarkerTopicResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "WritableTxnMarkerTopicResult.Name")?;
        writer.write_array(
            true,
            &self.partitions,
            "WritableTxnMarkerTopicResult.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl WritableTxnMarkerTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![
            WritableTxnMarkerPartitionResult::sample(version, nulls),
            WritableTxnMarkerPartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`WriteTxnMarkersResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WritableTxnMarkerPartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
}

impl WritableTxnMarkerPartitionResult {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("WritableTxnMarkerPartitionResult.PartitionIndex")?;
        value.error_code = reader.read_i16("WritableTxnMarkerPartitionResult.ErrorCode")?;
        reader.skip_tagged_fields("WritableTxnMarkerPartitionResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.partition_index);
        writer.write_i16(self.error_code);
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        7
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl WritableTxnMarkerPartitionResult {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.error_code = 18;
        value
    }
}
