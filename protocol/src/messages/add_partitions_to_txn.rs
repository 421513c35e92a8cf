//! The AddPartitionsToTxn API (key 24), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AddPartitionsToTxnRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnRequest {
    /// Field of versions 4 to 5.
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// Field of versions 0 to 3.
    pub v3_and_below_transactional_id: String,
    /// Field of versions 0 to 3.
    pub v3_and_below_producer_id: i64,
    /// Field of versions 0 to 3.
    pub v3_and_below_producer_epoch: i16,
    /// Field of versions 0 to 3.
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

impl Message for AddPartitionsToTxnRequest {
    const NAME: &'static str = "AddPartitionsToTxnRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version >= 4 {
            value.transactions = reader.read_array(
                true,
                AddPartitionsToTxnTransaction::encoded_bytes_min(version),
                "AddPartitionsToTxnRequest.Transactions",
                |reader| AddPartitionsToTxnTransaction::decode(reader, version),
            )?;
        }
        if version <= 3 {
            value.v3_and_below_transactional_id = reader.read_string(
                flexible,
                "AddPartitionsToTxnRequest.V3AndBelowTransactionalId",
            )?;
        }
        if version <= 3 {
            value.v3_and_below_producer_id =
                reader.read_i64("AddPartitionsToTxnRequest.V3AndBelowProducerId")?;
        }
        if version <= 3 {
            value.v3_and_below_producer_epoch =
                reader.read_i16("AddPartitionsToTxnRequest.V3AndBelowProducerEpoch")?;
        }
        if version <= 3 {
            value.v3_and_below_topics = reader.read_array(
                flexible,
                AddPartitionsToTxnTopic::encoded_bytes_min(version),
                "AddPartitionsToTxnRequest.V3AndBelowTopics",
                |reader| AddPartitionsToTxnTopic::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("AddPartitionsToTxnRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 4 {
            writer.write_array(
                true,
                &self.transactions,
                "AddPartitionsToTxnRequest.Transactions",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version <= 3 {
            writer.write_string(
                flexible,
                &self.v3_and_below_transactional_id,
                "AddPartitionsToTxnRequest.V3AndBelowTransactionalId",
            )?;
        }
        if version <= 3 {
            writer.write_i64(self.v3_and_below_producer_id);
        }
        if version <= 3 {
            writer.write_i16(self.v3_and_below_producer_epoch);
        }
        if version <= 3 {
            writer.write_array(
                flexible,
                &self.v3_and_below_topics,
                "AddPartitionsToTxnRequest.V3AndBelowTopics",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version < 4 && !self.transactions.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnRequest.Transactions",
                version,
            });
        }
        if version > 3 && !self.v3_and_below_transactional_id.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnRequest.V3AndBelowTransactionalId",
                version,
            });
        }
        if version > 3 && self.v3_and_below_producer_id != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnRequest.V3AndBelowProducerId",
                version,
            });
        }
        if version > 3 && self.v3_and_below_producer_epoch != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnRequest.V3AndBelowProducerEpoch",
                version,
            });
        }
        if version > 3 && !self.v3_and_below_topics.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnRequest.V3AndBelowTopics",
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
impl AddPartitionsToTxnRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 4 {
            value.transactions = vec![
                AddPartitionsToTxnTransaction::sample(version, nulls),
                AddPartitionsToTxnTransaction::sample(version, nulls),
            ];
        }
        if version <= 3 {
            value.v3_and_below_transactional_id = "v3_and_below_transactional_id-18".to_owned();
        }
        if version <= 3 {
            value.v3_and_below_producer_id = 0x0102_0304_0506_0713;
        }
        if version <= 3 {
            value.v3_and_below_producer_epoch = 20;
        }
        if version <= 3 {
            value.v3_and_below_topics = vec![
                AddPartitionsToTxnTopic::sample(version, nulls),
                AddPartitionsToTxnTopic::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`AddPartitionsToTxnRequest`] of versions 4 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnTransaction {
    pub transactional_id: String,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub verify_only: bool,
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

impl AddPartitionsToTxnTransaction {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.transactional_id =
            reader.read_string(true, "AddPartitionsToTxnTransaction.TransactionalId")?;
        value.producer_id = reader.read_i64("AddPartitionsToTxnTransaction.ProducerId")?;
        value.producer_epoch = reader.read_i16("AddPartitionsToTxnTransaction.ProducerEpoch")?;
        value.verify_only = reader.read_bool("AddPartitionsToTxnTransaction.VerifyOnly")?;
        value.topics = reader.read_array(
            true,
            AddPartitionsToTxnTopic::encoded_bytes_min(version),
            "AddPartitionsToTxnTransaction.Topics",
            |reader| AddPartitionsToTxnTopic::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AddPartitionsToTxnTransaction")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.transactional_id,
            "AddPartitionsToTxnTransaction.TransactionalId",
        )?;
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_bool(self.verify_only);
        writer.write_array(
            true,
            &self.topics,
            "AddPartitionsToTxnTransaction.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        14
    }
}

#[cfg(test)]
impl AddPartitionsToTxnTransaction {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.producer_id = 0x0102_0304_0506_0712;
        value.producer_epoch = 19;
        value.verify_only = true;
        value.topics = vec![
            AddPartitionsToTxnTopic::sample(version, nulls),
            AddPartitionsToTxnTopic::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AddPartitionsToTxnRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnTopic {
    pub name: String,
    pub partitions: Vec<i32>,
}

impl AddPartitionsToTxnTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "AddPartitionsToTxnTopic.Name")?;
        value.partitions = reader.read_array(
            flexible,
            4,
            "AddPartitionsToTxnTopic.Partitions",
            |reader| reader.read_i32("AddPartitionsToTxnTopic.Partitions"),
        )?;
        if flexible {
            reader.skip_tagged_fields("AddPartitionsToTxnTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_string(flexible, &self.name, "AddPartitionsToTxnTopic.Name")?;
        writer.write_array(
            flexible,
            &self.partitions,
            "AddPartitionsToTxnTopic.Partitions",
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
            ..=2 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl AddPartitionsToTxnTopic {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}

impl Request for AddPartitionsToTxnRequest {
    type Response = AddPartitionsToTxnResponse;
    const KEY: ApiKey = ApiKey::AddPartitionsToTxn;
}

/// AddPartitionsToTxnResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnResponse {
    pub throttle_time_ms: i32,
    /// Field of versions 4 to 5.
    pub error_code: i16,
    /// Field of versions 4 to 5.
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// Field of versions 0 to 3.
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

impl Message for AddPartitionsToTxnResponse {
    const NAME: &'static str = "AddPartitionsToTxnResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AddPartitionsToTxnResponse.ThrottleTimeMs")?;
        if version >= 4 {
            value.error_code = reader.read_i16("AddPartitionsToTxnResponse.ErrorCode")?;
        }
        if version >= 4 {
            value.results_by_transaction = reader.read_array(
                true,
                AddPartitionsToTxnResult::encoded_bytes_min(version),
                "AddPartitionsToTxnResponse.ResultsByTransaction",
                |reader| AddPartitionsToTxnResult::decode(reader, version),
            )?;
        }
        if version <= 3 {
            value.results_by_topic_v3_and_below = reader.read_array(
                flexible,
                AddPartitionsToTxnTopicResult::encoded_bytes_min(version),
                "AddPartitionsToTxnResponse.ResultsByTopicV3AndBelow",
                |reader| AddPartitionsToTxnTopicResult::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("AddPartitionsToTxnResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.write_i32(self.throttle_time_ms);
        if version >= 4 {
            writer.write_i16(self.error_code);
        }
        if version >= 4 {
            writer.write_array(
                true,
                &self.results_by_transaction,
                "AddPartitionsToTxnResponse.ResultsByTransaction",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version <= 3 {
            writer.write_array(
                flexible,
                &self.results_by_topic_v3_and_below,
                "AddPartitionsToTxnResponse.ResultsByTopicV3AndBelow",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version < 4 && !self.results_by_transaction.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnResponse.ResultsByTransaction",
                version,
            });
        }
        if version > 3 && !self.results_by_topic_v3_and_below.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "AddPartitionsToTxnResponse.ResultsByTopicV3AndBelow",
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
        self.results_by_transaction
            .iter()
            .for_each(|value| value.error_codes(visit));
        self.results_by_topic_v3_and_below
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AddPartitionsToTxnResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        if version >= 4 {
            value.error_code = 18;
        }
        if version >= 4 {
            value.results_by_transaction = vec![
                AddPartitionsToTxnResult::sample(version, nulls),
                AddPartitionsToTxnResult::sample(version, nulls),
            ];
        }
        if version <= 3 {
            value.results_by_topic_v3_and_below = vec![
                AddPartitionsToTxnTopicResult::sample(version, nulls),
                AddPartitionsToTxnTopicResult::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`AddPartitionsToTxnResponse`] of versions 4 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnResult {
    pub transactional_id: String,
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

impl AddPartitionsToTxnResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.transactional_id =
            reader.read_string(true, "AddPartitionsToTxnResult.TransactionalId")?;
        value.topic_results = reader.read_array(
            true,
            AddPartitionsToTxnTopicResult::encoded_bytes_min(version),
            "AddPartitionsToTxnResult.TopicResults",
            |reader| AddPartitionsToTxnTopicResult::decode(reader, version),
        )?;
        reader.skip_tagged_fields("AddPartitionsToTxnResult")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.transactional_id,
            "AddPartitionsToTxnResult.TransactionalId",
        )?;
        writer.write_array(
            true,
            &self.topic_results,
            "AddPartitionsToTxnResult.TopicResults",
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
        self.topic_results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AddPartitionsToTxnResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.topic_results = vec![
            AddPartitionsToTxnTopicResult::sample(version, nulls),
            AddPartitionsToTxnTopicResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AddPartitionsToTxnResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnTopicResult {
    pub name: String,
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

impl AddPartitionsToTxnTopicResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.name = reader.read_string(flexible, "AddPartitionsToTxnTopicResult.Name")?;
        value.results_by_partition = reader.read_array(
            flexible,
            AddPartitionsToTxnPartitionResult::encoded_bytes_min(version),
            "AddPartitionsToTxnTopicResult.ResultsByPartition",
            |reader| AddPartitionsToTxnPartitionResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AddPartitionsToTxnTopicResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_string(flexible, &self.name, "AddPartitionsToTxnTopicResult.Name")?;
        writer.write_array(
            flexible,
            &self.results_by_partition,
            "AddPartitionsToTxnTopicResult.ResultsByPartition",
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
            ..=2 => 6,
            _ => 3,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results_by_partition
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AddPartitionsToTxnTopicResult {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.results_by_partition = vec![
            AddPartitionsToTxnPartitionResult::sample(version, nulls),
            AddPartitionsToTxnPartitionResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AddPartitionsToTxnResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPartitionsToTxnPartitionResult {
    pub partition_index: i32,
    pub partition_error_code: i16,
}

impl AddPartitionsToTxnPartitionResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.partition_index =
            reader.read_i32("AddPartitionsToTxnPartitionResult.PartitionIndex")?;
        value.partition_error_code =
            reader.read_i16("AddPartitionsToTxnPartitionResult.PartitionErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("AddPartitionsToTxnPartitionResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_i32(self.partition_index);
        writer.write_i16(self.partition_error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=2 => 6,
            _ => 7,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.partition_error_code);
    }
}

#[cfg(test)]
impl AddPartitionsToTxnPartitionResult {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.partition_index = 0x0102_0311;
        value.partition_error_code = 18;
        value
    }
}
