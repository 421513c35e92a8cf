//! The DescribeTransactions API (key 65), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeTransactionsRequest of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeTransactionsRequest {
    pub transactional_ids: Vec<String>,
}

impl Message for DescribeTransactionsRequest {
    const NAME: &'static str = "DescribeTransactionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.transactional_ids = reader.read_array(
            true,
            1,
            "DescribeTransactionsRequest.TransactionalIds",
            |reader| reader.read_string(true, "DescribeTransactionsRequest.TransactionalIds"),
        )?;
        reader.skip_tagged_fields("DescribeTransactionsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.transactional_ids,
            "DescribeTransactionsRequest.TransactionalIds",
            |writer, value| {
                writer.write_string(true, value, "DescribeTransactionsRequest.TransactionalIds")
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeTransactionsRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_ids = vec![
            "transactional_ids-17".to_owned(),
            "transactional_ids-57".to_owned(),
        ];
        value
    }
}

impl Request for DescribeTransactionsRequest {
    type Response = DescribeTransactionsResponse;
    const KEY: ApiKey = ApiKey::DescribeTransactions;
}

/// DescribeTransactionsResponse of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeTransactionsResponse {
    pub throttle_time_ms: i32,
    pub transaction_states: Vec<TransactionState>,
}

impl Message for DescribeTransactionsResponse {
    const NAME: &'static str = "DescribeTransactionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeTransactionsResponse.ThrottleTimeMs")?;
        value.transaction_states = reader.read_array(
            true,
            TransactionState::encoded_bytes_min(version),
            "DescribeTransactionsResponse.TransactionStates",
            |reader| TransactionState::decode(reader, version),
        )?;
        reader.skip_tagged_fields("DescribeTransactionsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            true,
            &self.transaction_states,
            "DescribeTransactionsResponse.TransactionStates",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.transaction_states
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DescribeTransactionsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.transaction_states = vec![
            TransactionState::sample(version, nulls),
            TransactionState::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeTransactionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TransactionState {
    pub error_code: i16,
    pub transactional_id: String,
    pub transaction_state: String,
    pub transaction_timeout_ms: i32,
    pub transaction_start_time_ms: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub topics: Vec<TopicData>,
}

impl TransactionState {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.error_code = reader.read_i16("TransactionState.ErrorCode")?;
        value.transactional_id = reader.read_string(true, "TransactionState.TransactionalId")?;
        value.transaction_state = reader.read_string(true, "TransactionState.TransactionState")?;
        value.transaction_timeout_ms = reader.read_i32("TransactionState.TransactionTimeoutMs")?;
        value.transaction_start_time_ms =
            reader.read_i64("TransactionState.TransactionStartTimeMs")?;
        value.producer_id = reader.read_i64("TransactionState.ProducerId")?;
        value.producer_epoch = reader.read_i16("TransactionState.ProducerEpoch")?;
        value.topics = reader.read_array(
            true,
            TopicData::encoded_bytes_min(version),
            "TransactionState.Topics",
            |reader| TopicData::decode(reader, version),
        )?;
        reader.skip_tagged_fields("TransactionState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i16(self.error_code);
        writer.write_string(
            true,
            &self.transactional_id,
            "TransactionState.TransactionalId",
        )?;
        writer.write_string(
            true,
            &self.transaction_state,
            "TransactionState.TransactionState",
        )?;
        writer.write_i32(self.transaction_timeout_ms);
        writer.write_i64(self.transaction_start_time_ms);
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_array(
            true,
            &self.topics,
            "TransactionState.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        28
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl TransactionState {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.transactional_id = "transactional_id-18".to_owned();
        value.transaction_state = "transaction_state-19".to_owned();
        value.transaction_timeout_ms = 0x0102_0314;
        value.transaction_start_time_ms = 0x0102_0304_0506_0715;
        value.producer_id = 0x0102_0304_0506_0716;
        value.producer_epoch = 23;
        value.topics = vec![
            TopicData::sample(version, nulls),
            TopicData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeTransactionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicData {
    pub topic: String,
    pub partitions: Vec<i32>,
}

impl TopicData {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic = reader.read_string(true, "TopicData.Topic")?;
        value.partitions = reader.read_array(true, 4, "TopicData.Partitions", |reader| {
            reader.read_i32("TopicData.Partitions")
        })?;
        reader.skip_tagged_fields("TopicData")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.topic, "TopicData.Topic")?;
        writer.write_array(
            true,
            &self.partitions,
            "TopicData.Partitions",
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
impl TopicData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
