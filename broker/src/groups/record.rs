//! The records of `__consumer_offsets`: Kafka's keys and values as types.
//!
//! Pure. Invariants: what is encoded here is what Kafka 4.2 writes, so that its tools and formatter read it; records of
//! a type that is not known here are passed over, as a newer broker may have written them.

use bytes::Bytes;
use corelane_protocol::coordinator_record::{
    decode_key, decode_value, encode_key, encode_value, split_prefix,
};
use corelane_protocol::messages::group_metadata_key::GroupMetadataKey;
use corelane_protocol::messages::group_metadata_value::GroupMetadataValue;
use corelane_protocol::messages::offset_commit_key::OffsetCommitKey;
use corelane_protocol::messages::offset_commit_value::OffsetCommitValue;
use corelane_protocol::{DecodeError, EncodeError};
use uuid::Uuid;

use super::consumer::record::ConsumerRecord;
use crate::coordinator::record_log::Keyed;

/// The type of an offset's key. Kafka once wrote 0 for it.
const OFFSET_COMMIT: i16 = 1;
const OFFSET_COMMIT_LEGACY: i16 = 0;
const GROUP_METADATA: i16 = 2;
/// The version of offsets with a topic id; 1 has the time at which the client wants it to expire.
const OFFSET_VALUE_VERSION: i16 = 4;
const OFFSET_VALUE_VERSION_WITH_EXPIRY: i16 = 1;
/// The highest version of a group that older brokers read.
const GROUP_VALUE_VERSION: i16 = 3;
/// No time.
const NO_TIMESTAMP: i64 = -1;

/// What an offset belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OffsetKey {
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The offset to read next.
    pub offset: i64,
    /// The leader epoch of the record before it; -1 where it is not known.
    pub leader_epoch: i32,
    /// What the client wants to keep with it.
    pub metadata: String,
    /// When it was committed, in milliseconds since the epoch.
    pub commit_timestamp_ms: i64,
    /// When it expires, where the client said so.
    pub expire_timestamp_ms: Option<i64>,
    /// The topic's id; nil where it is not known.
    pub topic_id: Uuid,
    /// The offset of its record in the log; -1 before it is there. It is not stored.
    pub record_offset: i64,
}

impl Committed {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        size_of::<Committed>() + self.metadata.len() + size_of::<i32>()
    }
}

/// A record of a group coordinator.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupRecord {
    /// An offset; none deletes it.
    Offset(OffsetKey, Option<Committed>),
    /// A group of the classic protocol with its members; none deletes it.
    Group(String, Option<GroupMetadataValue>),
    /// Something of a group of the consumer protocol.
    Consumer(ConsumerRecord),
}

impl GroupRecord {
    /// As bytes.
    ///
    /// # Errors
    /// When a string is longer than a record can say.
    pub fn encode(&self) -> Result<Keyed, EncodeError> {
        match self {
            GroupRecord::Offset(key, committed) => Ok(Keyed {
                key: encode_key(
                    OFFSET_COMMIT,
                    &OffsetCommitKey {
                        group: key.group.clone(),
                        topic: key.topic.clone(),
                        partition: key.partition,
                    },
                )?,
                value: committed.as_ref().map(encode_offset).transpose()?,
            }),
            GroupRecord::Group(group, value) => Ok(Keyed {
                key: encode_key(
                    GROUP_METADATA,
                    &GroupMetadataKey {
                        group: group.clone(),
                    },
                )?,
                value: value
                    .as_ref()
                    .map(|value| encode_value(value, GROUP_VALUE_VERSION))
                    .transpose()?,
            }),
            GroupRecord::Consumer(record) => record.encode(),
        }
    }

    /// From bytes; none for what is not known here.
    ///
    /// # Errors
    /// When a record of a known type is malformed.
    pub fn decode(key: &Bytes, value: Option<&Bytes>) -> Result<Option<GroupRecord>, DecodeError> {
        let Some((record_type, rest)) = split_prefix(key) else {
            return Ok(None);
        };
        Ok(match record_type {
            OFFSET_COMMIT | OFFSET_COMMIT_LEGACY => {
                let key: OffsetCommitKey = decode_key(rest)?;
                let key = OffsetKey {
                    group: key.group,
                    topic: key.topic,
                    partition: key.partition,
                };
                let committed = value.and_then(split_prefix).map(decode_offset);
                Some(GroupRecord::Offset(key, committed.transpose()?))
            }
            GROUP_METADATA => {
                let key: GroupMetadataKey = decode_key(rest)?;
                let value = value.and_then(split_prefix);
                let value = value.map(|(version, rest)| decode_value(version, rest));
                Some(GroupRecord::Group(key.group, value.transpose()?))
            }
            other => {
                let value = value.and_then(split_prefix);
                ConsumerRecord::decode(other, rest, value)?.map(GroupRecord::Consumer)
            }
        })
    }
}

fn encode_offset(committed: &Committed) -> Result<Bytes, EncodeError> {
    let version = match committed.expire_timestamp_ms {
        Some(_) => OFFSET_VALUE_VERSION_WITH_EXPIRY,
        None => OFFSET_VALUE_VERSION,
    };
    let value = OffsetCommitValue {
        offset: committed.offset,
        leader_epoch: committed.leader_epoch,
        metadata: committed.metadata.clone(),
        commit_timestamp: committed.commit_timestamp_ms,
        expire_timestamp: committed.expire_timestamp_ms.unwrap_or(NO_TIMESTAMP),
        topic_id: committed.topic_id,
    };
    encode_value(&value, version)
}

fn decode_offset((version, rest): (i16, Bytes)) -> Result<Committed, DecodeError> {
    let value: OffsetCommitValue = decode_value(version, rest)?;
    Ok(Committed {
        offset: value.offset,
        leader_epoch: value.leader_epoch,
        metadata: value.metadata,
        commit_timestamp_ms: value.commit_timestamp,
        expire_timestamp_ms: (value.expire_timestamp != NO_TIMESTAMP)
            .then_some(value.expire_timestamp),
        topic_id: value.topic_id,
        record_offset: -1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Committed {
        Committed {
            offset: 42,
            leader_epoch: 3,
            metadata: "where I am".to_owned(),
            commit_timestamp_ms: 1_700_000_000_000,
            expire_timestamp_ms: None,
            topic_id: Uuid::from_u128(7),
            record_offset: -1,
        }
    }

    fn again(record: &GroupRecord) -> GroupRecord {
        let keyed = record.encode().unwrap();
        let decoded = GroupRecord::decode(&keyed.key, keyed.value.as_ref());
        decoded.unwrap().unwrap()
    }

    #[test]
    fn records_come_back_as_they_were_written() {
        let key = OffsetKey {
            group: "g".to_owned(),
            topic: "t".to_owned(),
            partition: 1,
        };
        let expiring = Committed {
            expire_timestamp_ms: Some(9),
            leader_epoch: -1,
            topic_id: Uuid::nil(),
            ..committed()
        };
        for record in [
            GroupRecord::Offset(key.clone(), Some(committed())),
            GroupRecord::Offset(key.clone(), Some(expiring)),
            GroupRecord::Offset(key, None),
            GroupRecord::Group("g".to_owned(), Some(GroupMetadataValue::default())),
            GroupRecord::Group("g".to_owned(), None),
        ] {
            assert_eq!(again(&record), record);
        }
    }

    #[test]
    fn records_of_a_type_to_come_are_passed_over() {
        let key = Bytes::from_static(b"\0\x63rest");
        assert_eq!(GroupRecord::decode(&key, None).unwrap(), None);
    }
}
