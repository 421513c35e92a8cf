//! TransactionLogValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// TransactionLogValue of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionLogValue {
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub transaction_timeout_ms: i32,
    pub transaction_status: i8,
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    pub transaction_last_update_timestamp_ms: i64,
    pub transaction_start_timestamp_ms: i64,
}

impl Default for TransactionLogValue {
    fn default() -> Self {
        Self {
            producer_id: 0,
            producer_epoch: 0,
            transaction_timeout_ms: 0,
            transaction_status: 0,
            transaction_partitions: Some(Vec::new()),
            transaction_last_update_timestamp_ms: 0,
            transaction_start_timestamp_ms: 0,
        }
    }
}

impl Message for TransactionLogValue {
    const NAME: &'static str = "TransactionLogValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 1;
        let mut value = Self::default();
        value.producer_id = reader.read_i64("TransactionLogValue.ProducerId")?;
        value.producer_epoch = reader.read_i16("TransactionLogValue.ProducerEpoch")?;
        value.transaction_timeout_ms =
            reader.read_i32("TransactionLogValue.TransactionTimeoutMs")?;
        value.transaction_status = reader.read_i8("TransactionLogValue.TransactionStatus")?;
        value.transaction_partitions = reader.read_nullable_array(
            flexible,
            PartitionsSchema::encoded_bytes_min(version),
            "TransactionLogValue.TransactionPartitions",
            |reader| PartitionsSchema::decode(reader, version),
        )?;
        value.transaction_last_update_timestamp_ms =
            reader.read_i64("TransactionLogValue.TransactionLastUpdateTimestampMs")?;
        value.transaction_start_timestamp_ms =
            reader.read_i64("TransactionLogValue.TransactionStartTimestampMs")?;
        if flexible {
            reader.skip_tagged_fields("TransactionLogValue")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.write_i64(self.producer_id);
        writer.write_i16(self.producer_epoch);
        writer.write_i32(self.transaction_timeout_ms);
        writer.write_i8(self.transaction_status);
        writer.write_nullable_array(
            flexible,
            self.transaction_partitions.as_deref(),
            "TransactionLogValue.TransactionPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i64(self.transaction_last_update_timestamp_ms);
        writer.write_i64(self.transaction_start_timestamp_ms);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl TransactionLogValue {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        value.producer_epoch = 18;
        value.transaction_timeout_ms = 0x0102_0313;
        value.transaction_status = 20;
        value.transaction_partitions = if nulls {
            None
        } else {
            Some(vec![
                PartitionsSchema::sample(version, nulls),
                PartitionsSchema::sample(version, nulls),
            ])
        };
        value.transaction_last_update_timestamp_ms = 0x0102_0304_0506_0716;
        value.transaction_start_timestamp_ms = 0x0102_0304_0506_0717;
        value
    }
}

/// Part of [`TransactionLogValue`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PartitionsSchema {
    pub topic: String,
    pub partition_ids: Vec<i32>,
}

impl PartitionsSchema {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.topic = reader.read_string(flexible, "PartitionsSchema.Topic")?;
        value.partition_ids =
            reader.read_array(flexible, 4, "PartitionsSchema.PartitionIds", |reader| {
                reader.read_i32("PartitionsSchema.PartitionIds")
            })?;
        if flexible {
            reader.skip_tagged_fields("PartitionsSchema")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.topic, "PartitionsSchema.Topic")?;
        writer.write_array(
            flexible,
            &self.partition_ids,
            "PartitionsSchema.PartitionIds",
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
            ..=0 => 6,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl PartitionsSchema {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partition_ids = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
