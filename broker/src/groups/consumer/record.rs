//! The records of a consumer group in `__consumer_offsets`: Kafka 4.2's keys and values as types.
//!
//! Pure. Invariant: what is encoded here is what Kafka 4.2 writes. Of the record types that Kafka once had,
//! `ConsumerGroupPartitionMetadata` (4) is passed over: Kafka 4.1 has replaced it by a hash in the group's own record.

use bytes::Bytes;
use corelane_protocol::coordinator_record::{decode_key, decode_value, encode_key, encode_value};
use corelane_protocol::messages::consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey;
use corelane_protocol::messages::consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue;
use corelane_protocol::messages::consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey;
use corelane_protocol::messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use corelane_protocol::messages::consumer_group_metadata_key::ConsumerGroupMetadataKey;
use corelane_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use corelane_protocol::messages::consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey;
use corelane_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use corelane_protocol::messages::consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey;
use corelane_protocol::messages::consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue;
use corelane_protocol::messages::consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey;
use corelane_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;
use corelane_protocol::{DecodeError, EncodeError, Message};

use crate::coordinator::record_log::Keyed;

/// Kafka's `CoordinatorRecordType`.
const GROUP: i16 = 3;
const MEMBER: i16 = 5;
const TARGET: i16 = 6;
const TARGET_MEMBER: i16 = 7;
const CURRENT: i16 = 8;
const PATTERN: i16 = 16;
/// The version of all values.
const VALUE_VERSION: i16 = 0;

/// A record of a consumer group; a value that is none deletes what the key names.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerRecord {
    /// The group.
    pub group: String,
    /// What of it.
    pub part: Part,
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// The group's epoch, and a hash of the topics that it reads.
    Group(Option<ConsumerGroupMetadataValue>),
    /// A member as it describes itself.
    Member(String, Option<ConsumerGroupMemberMetadataValue>),
    /// The epoch of the target.
    Target(Option<ConsumerGroupTargetAssignmentMetadataValue>),
    /// What a member is to have.
    TargetMember(String, Option<ConsumerGroupTargetAssignmentMemberValue>),
    /// What it has, and where it is on its way.
    Current(String, Option<ConsumerGroupCurrentMemberAssignmentValue>),
    /// The topics that a regular expression stands for.
    Pattern(String, Option<ConsumerGroupRegularExpressionValue>),
}

fn keyed<K: Message, V: Message>(
    record_type: i16,
    key: &K,
    value: Option<&V>,
) -> Result<Keyed, EncodeError> {
    Ok(Keyed {
        key: encode_key(record_type, key)?,
        value: value
            .map(|value| encode_value(value, VALUE_VERSION))
            .transpose()?,
    })
}

fn value_of<V: Message>(value: Option<(i16, Bytes)>) -> Result<Option<V>, DecodeError> {
    value
        .map(|(version, rest)| decode_value(version, rest))
        .transpose()
}

impl ConsumerRecord {
    /// As bytes.
    ///
    /// # Errors
    /// When a string is longer than a record can say.
    pub fn encode(&self) -> Result<Keyed, EncodeError> {
        let group_id = self.group.clone();
        match &self.part {
            Part::Group(value) => {
                let key = ConsumerGroupMetadataKey { group_id };
                keyed(GROUP, &key, value.as_ref())
            }
            Part::Member(member, value) => {
                let member_id = member.clone();
                let key = ConsumerGroupMemberMetadataKey {
                    group_id,
                    member_id,
                };
                keyed(MEMBER, &key, value.as_ref())
            }
            Part::Target(value) => {
                let key = ConsumerGroupTargetAssignmentMetadataKey { group_id };
                keyed(TARGET, &key, value.as_ref())
            }
            Part::TargetMember(member, value) => {
                let member_id = member.clone();
                let key = ConsumerGroupTargetAssignmentMemberKey {
                    group_id,
                    member_id,
                };
                keyed(TARGET_MEMBER, &key, value.as_ref())
            }
            Part::Current(member, value) => {
                let member_id = member.clone();
                let key = ConsumerGroupCurrentMemberAssignmentKey {
                    group_id,
                    member_id,
                };
                keyed(CURRENT, &key, value.as_ref())
            }
            Part::Pattern(pattern, value) => {
                let regular_expression = pattern.clone();
                let key = ConsumerGroupRegularExpressionKey {
                    group_id,
                    regular_expression,
                };
                keyed(PATTERN, &key, value.as_ref())
            }
        }
    }

    /// From the type of a key, the rest of it, and a value split into version and rest; none for another type.
    ///
    /// # Errors
    /// When the record is malformed.
    pub fn decode(
        record_type: i16,
        key: Bytes,
        value: Option<(i16, Bytes)>,
    ) -> Result<Option<ConsumerRecord>, DecodeError> {
        let (group, part) = match record_type {
            GROUP => {
                let key: ConsumerGroupMetadataKey = decode_key(key)?;
                (key.group_id, Part::Group(value_of(value)?))
            }
            MEMBER => {
                let key: ConsumerGroupMemberMetadataKey = decode_key(key)?;
                (key.group_id, Part::Member(key.member_id, value_of(value)?))
            }
            TARGET => {
                let key: ConsumerGroupTargetAssignmentMetadataKey = decode_key(key)?;
                (key.group_id, Part::Target(value_of(value)?))
            }
            TARGET_MEMBER => {
                let key: ConsumerGroupTargetAssignmentMemberKey = decode_key(key)?;
                let part = Part::TargetMember(key.member_id, value_of(value)?);
                (key.group_id, part)
            }
            CURRENT => {
                let key: ConsumerGroupCurrentMemberAssignmentKey = decode_key(key)?;
                (key.group_id, Part::Current(key.member_id, value_of(value)?))
            }
            PATTERN => {
                let key: ConsumerGroupRegularExpressionKey = decode_key(key)?;
                let part = Part::Pattern(key.regular_expression, value_of(value)?);
                (key.group_id, part)
            }
            _ => return Ok(None),
        };
        Ok(Some(ConsumerRecord { group, part }))
    }
}
