//! TransactionLogValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// TransactionLogValue of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionLogValue {
    pub producer_id: i64,
    /// Field of version 1.
    pub previous_producer_id: i64,
    /// Field of version 1.
    pub next_producer_id: i64,
    pub producer_epoch: i16,
    /// Field of version 1.
    pub next_producer_epoch: i16,
    pub transaction_timeout_ms: i32,
    pub transaction_status: i8,
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    pub transaction_last_update_timestamp_ms: i64,
    pub transaction_start_timestamp_ms: i64,
    /// Field of version 1.
    pub client_transaction_version: i16,
}

impl Default for TransactionLogValue {
    fn default() -> Self {
        Self {
            producer_id: 0,
            previous_producer_id: -1,
            next_producer_id: -1,
            producer_epoch: 0,
            next_producer_epoch: -1,
            transaction_timeout_ms: 0,
            transaction_status: 0,
            transaction_partitions: Some(Vec::new()),
            transaction_last_update_timestamp_ms: 0,
            transaction_start_timestamp_ms: 0,
            client_transaction_version: 0,
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
            reader.read_tagged_fields("TransactionLogValue", |tag, reader| {
                match tag {
                    0 => {
                        value.previous_producer_id =
                            reader.read_i64("TransactionLogValue.PreviousProducerId")?
                    }
                    1 => {
                        value.next_producer_id =
                            reader.read_i64("TransactionLogValue.NextProducerId")?
                    }
                    2 => {
                        value.client_transaction_version =
                            reader.read_i16("TransactionLogValue.ClientTransactionVersion")?
                    }
                    3 => {
                        value.next_producer_epoch =
                            reader.read_i16("TransactionLogValue.NextProducerEpoch")?
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
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
        if version < 1 && self.previous_producer_id != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "TransactionLogValue.PreviousProducerId",
                version,
            });
        }
        if version < 1 && self.next_producer_id != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "TransactionLogValue.NextProducerId",
                version,
            });
        }
        if version < 1 && self.next_producer_epoch != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "TransactionLogValue.NextProducerEpoch",
                version,
            });
        }
        if version < 1 && self.client_transaction_version != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "TransactionLogValue.ClientTransactionVersion",
                version,
            });
        }
        if flexible {
            let has_previous_producer_id = self.previous_producer_id != -1;
            let has_next_producer_id = self.next_producer_id != -1;
            let has_client_transaction_version = self.client_transaction_version != 0;
            let has_next_producer_epoch = self.next_producer_epoch != -1;
            writer.write_varint(
                u32::from(has_previous_producer_id)
                    + u32::from(has_next_producer_id)
                    + u32::from(has_client_transaction_version)
                    + u32::from(has_next_producer_epoch),
            );
            if has_previous_producer_id {
                writer.write_tagged_field(
                    0,
                    "TransactionLogValue.PreviousProducerId",
                    |writer| {
                        writer.write_i64(self.previous_producer_id);
                        Ok(())
                    },
                )?;
            }
            if has_next_producer_id {
                writer.write_tagged_field(1, "TransactionLogValue.NextProducerId", |writer| {
                    writer.write_i64(self.next_producer_id);
                    Ok(())
                })?;
            }
            if has_client_transaction_version {
                writer.write_tagged_field(
                    2,
                    "TransactionLogValue.ClientTransactionVersion",
                    |writer| {
                        writer.write_i16(self.client_transaction_version);
                        Ok(())
                    },
                )?;
            }
            if has_next_producer_epoch {
                writer.write_tagged_field(
                    3,
                    "TransactionLogValue.NextProducerEpoch",
                    |writer| {
                        writer.write_i16(self.next_producer_epoch);
                        Ok(())
                    },
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl TransactionLogValue {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.producer_id = 0x0102_0304_0506_0711;
        if version >= 1 {
            value.previous_producer_id = 0x0102_0304_0506_0712;
        }
        if version >= 1 {
            value.next_producer_id = 0x0102_0304_0506_0713;
        }
        value.producer_epoch = 20;
        if version >= 1 {
            value.next_producer_epoch = 21;
        }
        value.transaction_timeout_ms = 0x0102_0316;
        value.transaction_status = 23;
        value.transaction_partitions = if nulls {
            None
        } else {
            Some(vec![
                PartitionsSchema::sample(version, nulls),
                PartitionsSchema::sample(version, nulls),
            ])
        };
        value.transaction_last_update_timestamp_ms = 0x0102_0304_0506_0719;
        value.transaction_start_timestamp_ms = 0x0102_0304_0506_071a;
        if version >= 1 {
            value.client_transaction_version = 27;
        }
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
