//! Records of `__transaction_state`: key and value in Kafka's formats (`TransactionLogKey`, `TransactionLogValue`).
//!
//! Pure. Invariant: what is decoded from what was encoded is the same transaction, but for the last epoch, which Kafka
//! does not write either: a producer's retry over a restart of the broker is told that it is fenced.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use corelane_protocol::coordinator_record;
use corelane_protocol::messages::transaction_log_key::TransactionLogKey;
use corelane_protocol::messages::transaction_log_value::{PartitionsSchema, TransactionLogValue};
use corelane_protocol::{DecodeError, EncodeError};

use super::state::{NO_PRODUCER_EPOCH, NamedPartition, State, Transaction};

/// The type of a key, and the only one.
const KEY_TYPE: i16 = 0;
/// The version with tagged fields, which feature `transaction.version` 1 and up writes.
const VALUE_VERSION: i16 = 1;

/// Why a record is none of a transaction.
#[derive(Debug, thiserror::Error)]
pub enum LogRecordError {
    /// Fewer bytes than a version.
    #[error("{length} bytes hold no version")]
    Short {
        /// Bytes there.
        length: usize,
    },
    /// The bytes are no such message.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A state that Kafka does not write.
    #[error("unknown state {id}")]
    UnknownState {
        /// Its number.
        id: i8,
    },
}

/// The key of a transactional id.
///
/// # Errors
/// When the id is too long to be written.
pub fn encode_key(transactional_id: &str) -> Result<Bytes, EncodeError> {
    let key = TransactionLogKey {
        transactional_id: transactional_id.to_owned(),
    };
    coordinator_record::encode_key(KEY_TYPE, &key)
}

/// The value of a transaction.
///
/// # Errors
/// When a name in it is too long to be written.
pub fn encode_value(transaction: &Transaction) -> Result<Bytes, EncodeError> {
    let partitions = match transaction.state {
        State::Empty => None,
        _ => Some(by_topic(&transaction.partitions)),
    };
    let value = TransactionLogValue {
        producer_id: transaction.producer_id,
        previous_producer_id: transaction.previous_producer_id,
        next_producer_id: transaction.next_producer_id,
        producer_epoch: transaction.producer_epoch,
        transaction_timeout_ms: transaction.timeout_ms,
        transaction_status: transaction.state.id(),
        transaction_partitions: partitions,
        transaction_last_update_timestamp_ms: transaction.update_ms,
        transaction_start_timestamp_ms: transaction.start_ms,
        client_transaction_version: transaction.client_version,
        ..TransactionLogValue::default()
    };
    coordinator_record::encode_value(&value, VALUE_VERSION)
}

fn by_topic(partitions: &BTreeSet<NamedPartition>) -> Vec<PartitionsSchema> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics
            .entry(&partition.topic)
            .or_default()
            .push(partition.index);
    }
    let schema = |(topic, partition_ids): (&str, Vec<i32>)| PartitionsSchema {
        topic: topic.to_owned(),
        partition_ids,
    };
    topics.into_iter().map(schema).collect()
}

/// The transactional id of a key; none for a key of another kind, which a later Kafka may write.
///
/// # Errors
/// When the bytes are no key.
pub fn decode_key(bytes: &[u8]) -> Result<Option<String>, LogRecordError> {
    let (key_type, rest) = split(bytes)?;
    if key_type != KEY_TYPE {
        return Ok(None);
    }
    let key: TransactionLogKey = coordinator_record::decode_key(rest)?;
    Ok(Some(key.transactional_id))
}

/// The transaction of a value.
///
/// # Errors
/// When the bytes are none.
pub fn decode_value(bytes: &[u8]) -> Result<Transaction, LogRecordError> {
    let (version, rest) = split(bytes)?;
    let value: TransactionLogValue = coordinator_record::decode_value(version, rest)?;
    let id = value.transaction_status;
    let state = State::of_id(id).ok_or(LogRecordError::UnknownState { id })?;
    let topics = value.transaction_partitions.unwrap_or_default();
    let partitions = topics.iter().flat_map(|topic| {
        topic.partition_ids.iter().map(|index| NamedPartition {
            topic: topic.topic.clone(),
            index: *index,
        })
    });
    Ok(Transaction {
        producer_id: value.producer_id,
        previous_producer_id: value.previous_producer_id,
        next_producer_id: value.next_producer_id,
        producer_epoch: value.producer_epoch,
        last_producer_epoch: NO_PRODUCER_EPOCH,
        timeout_ms: value.transaction_timeout_ms,
        state,
        partitions: partitions.collect(),
        start_ms: value.transaction_start_timestamp_ms,
        update_ms: value.transaction_last_update_timestamp_ms,
        client_version: value.client_transaction_version,
    })
}

fn split(bytes: &[u8]) -> Result<(i16, Bytes), LogRecordError> {
    let length = bytes.len();
    let split = coordinator_record::split_prefix(&Bytes::copy_from_slice(bytes));
    split.ok_or(LogRecordError::Short { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(state: State) -> Transaction {
        let partition = |topic: &str, index| NamedPartition {
            topic: topic.to_owned(),
            index,
        };
        Transaction {
            producer_id: 4000,
            previous_producer_id: 3999,
            next_producer_id: 4001,
            producer_epoch: 7,
            last_producer_epoch: NO_PRODUCER_EPOCH,
            timeout_ms: 60_000,
            state,
            partitions: match state {
                State::Empty => BTreeSet::new(),
                _ => [partition("a", 0), partition("a", 3), partition("b", 1)].into(),
            },
            start_ms: 1_700_000_000_000,
            update_ms: 1_700_000_000_001,
            client_version: 2,
        }
    }

    #[test]
    fn a_transaction_reads_back_in_every_state() {
        for state in State::ALL {
            let transaction = transaction(state);
            let bytes = encode_value(&transaction).unwrap();
            assert_eq!(decode_value(&bytes).unwrap(), transaction, "{state:?}");
        }
        let key = encode_key("an id").unwrap();
        assert_eq!(&key[..], b"\x00\x00\x00\x05an id");
        assert_eq!(decode_key(&key).unwrap().as_deref(), Some("an id"));
    }

    #[test]
    fn what_is_no_transaction_is_said() {
        assert!(matches!(
            decode_value(&[1]),
            Err(LogRecordError::Short { length: 1 })
        ));
        let mut bytes = encode_value(&transaction(State::Ongoing)).unwrap().to_vec();
        // Behind version, producer id, epoch and timeout.
        bytes[2 + 8 + 2 + 4] = 9;
        assert!(matches!(
            decode_value(&bytes),
            Err(LogRecordError::UnknownState { id: 9 })
        ));
        for length in 0..bytes.len() {
            assert!(decode_value(&bytes[..length]).is_err(), "cut at {length}");
        }
        assert_eq!(decode_key(&[0, 9, 1, 2]).unwrap(), None);
    }
}
