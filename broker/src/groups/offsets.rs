//! Committed offsets: who may commit, what is found, what is deleted, what expires.
//!
//! Pure. Answers are those of Kafka's `OffsetMetadataManager`. Invariants: an offset is found once its record is
//! durable; an offset of a transaction once the transaction has been committed; of two for one partition the one whose
//! record is later in the log counts.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::offset_delete::{
    OffsetDeleteRequestTopic, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use corelane_protocol::messages::offset_fetch::{
    OffsetFetchRequestTopics, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use uuid::Uuid;

use super::group::{Group, State};
use super::machine::GroupMachine;
use super::outbox::{Append, Then, Ticket, Transaction};
use super::rebalance::Work;
use super::record::{Committed, GroupRecord, OffsetKey};
use super::settings::{OFFSET_METADATA_BYTES_MAX, STRING_BYTES_MAX};
use super::timers::Now;

/// No offset.
const NO_OFFSET: i64 = -1;
/// No leader epoch.
const NO_EPOCH: i32 = -1;
/// From this version on a group that is not there has a code of its own.
const GROUP_ID_NOT_FOUND_SINCE: i16 = 9;
/// Groups that one turn looks through for expired offsets.
const EXPIRY_GROUPS_PER_TURN: usize = 64;
/// The pause between two such turns.
const EXPIRY_PAUSE_MS: u64 = 5;

/// An offset to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOffset {
    /// The topic.
    pub topic: String,
    /// Its id.
    pub topic_id: Uuid,
    /// The partition.
    pub partition: i32,
    /// The offset to read next.
    pub offset: i64,
    /// The leader epoch of the record before it, -1 where it is not known.
    pub leader_epoch: i32,
    /// What the client wants to keep with it.
    pub metadata: Option<String>,
}

/// An OffsetCommit, or a TxnOffsetCommit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committing {
    /// The group.
    pub group: String,
    /// The generation of the member, negative for whoever is none.
    pub generation: i32,
    /// The member, empty for whoever is none.
    pub member: String,
    /// The instance that it is.
    pub instance: Option<String>,
    /// The version of the request.
    pub version: i16,
    /// How long the offsets are to be kept, where the client says so.
    pub retention_ms: Option<i64>,
    /// The transaction that the offsets are part of.
    pub transaction: Option<Transaction>,
    /// The offsets.
    pub offsets: Vec<NewOffset>,
}

/// What became of a commit at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// One code for each offset.
    pub codes: Vec<ErrorCode>,
    /// Whether an answer comes with the ticket, for those without an error.
    pub is_pending: bool,
}

impl Group {
    /// Takes over the offsets of a group of the same name.
    pub fn take_offsets(&mut self, other: Group) {
        let committed = other.offsets.values().flat_map(BTreeMap::values);
        self.bytes += committed.map(Committed::bytes).sum::<usize>();
        self.offsets = other.offsets;
    }

    /// Whether this one may commit.
    ///
    /// # Errors
    /// Kafka's codes.
    fn check_commit(&self, committing: &Committing, work: &Work<'_>) -> Result<(), ErrorCode> {
        if let Some(consumer) = &self.consumer {
            return consumer.check_commit(committing);
        }
        let is_transactional = committing.transaction.is_some();
        let generation = committing.generation;
        if generation < 0 && self.state == State::Empty {
            // An administrator, or a consumer that assigns itself.
            return Ok(());
        }
        let instance = committing.instance.as_deref();
        if generation >= 0 || !committing.member.is_empty() || instance.is_some() {
            let checked = self.check_generation(&committing.member, instance, generation, work);
            match checked {
                // Transactional producers know this code only: they abort, and their consumers join again.
                Err(ErrorCode::RebalanceInProgress) if is_transactional => {
                    return Err(ErrorCode::IllegalGeneration);
                }
                checked => checked?,
            }
        } else if !is_transactional && self.state != State::Empty {
            return Err(ErrorCode::UnknownMemberId);
        }
        match self.state {
            State::CompletingRebalance if !is_transactional => Err(ErrorCode::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// Whether all members are gone, or read other topics.
    fn check_delete_offsets(&self) -> Result<(), ErrorCode> {
        match self.state {
            _ if self.consumer.is_some() => Ok(()),
            State::Empty => Ok(()),
            _ if self.is_consumer() => Ok(()),
            _ => Err(ErrorCode::NonEmptyGroup),
        }
    }

    /// The time from which on an offset ages; none while offsets of this group do not age.
    fn ages_from(&self, committed: &Committed) -> Option<i64> {
        let is_known = self.subscribed.is_some();
        match (&self.protocol_type, self.state) {
            _ if self.consumer.is_some() => Some(committed.commit_timestamp_ms),
            (None, _) => Some(committed.commit_timestamp_ms),
            (Some(_), State::Empty) => {
                Some(self.state_since_ms.unwrap_or(committed.commit_timestamp_ms))
            }
            (Some(_), State::Stable) if self.is_consumer() && is_known => {
                Some(committed.commit_timestamp_ms)
            }
            (Some(_), _) => None,
        }
    }

    fn is_expired(&self, topic: &str, committed: &Committed, retention_ms: i64, now: Now) -> bool {
        let Some(since_ms) = self.ages_from(committed) else {
            return false;
        };
        if self.subscribes_to(topic) && !self.is_vacant() {
            return false;
        }
        match committed.expire_timestamp_ms {
            Some(at_ms) => now.wall_ms >= at_ms,
            None => now.wall_ms.saturating_sub(since_ms) >= retention_ms,
        }
    }

    fn key(&self, topic: &str, partition: i32) -> OffsetKey {
        OffsetKey {
            group: self.id.to_string(),
            topic: topic.to_owned(),
            partition,
        }
    }

    fn tombstone(&self, topic: &str, partition: i32) -> GroupRecord {
        GroupRecord::Offset(self.key(topic, partition), None)
    }

    /// What deletes the group itself.
    fn own_tombstones(&self) -> Vec<GroupRecord> {
        match &self.consumer {
            Some(consumer) => consumer.tombstones(&self.id),
            None => vec![GroupRecord::Group(self.id.to_string(), None)],
        }
    }

    fn each_offset(&self) -> impl Iterator<Item = (&Rc<str>, i32, &Committed)> {
        self.offsets.iter().flat_map(|(topic, partitions)| {
            let of_topic = partitions.iter();
            of_topic.map(move |(partition, committed)| (topic, *partition, committed))
        })
    }
}

impl GroupMachine {
    /// OffsetCommit: checks, and asks for the append that answers `ticket`.
    ///
    /// # Errors
    /// Kafka's code for the whole request.
    pub fn commit(
        &mut self,
        now: Now,
        committing: Committing,
        ticket: Ticket,
    ) -> Result<Accepted, ErrorCode> {
        if committing.group.len() > STRING_BYTES_MAX {
            return Err(ErrorCode::InvalidGroupId);
        }
        let checked = self.with(now, &committing.group, |group, work| {
            group.check_commit(&committing, work)?;
            let is_transactional = committing.transaction.is_some();
            if !is_transactional && matches!(group.state, State::Stable | State::PreparingRebalance)
            {
                group.keep_session(&committing.member, work);
            }
            Ok(())
        });
        match checked {
            Some(checked) => checked?,
            None => check_commit_without_group(&committing)?,
        }
        let mut room = self
            .settings
            .coordinator_bytes_max
            .saturating_sub(self.bytes);
        let mut codes = Vec::with_capacity(committing.offsets.len());
        let mut records = Vec::with_capacity(committing.offsets.len());
        for offset in committing.offsets {
            let retention_ms = committing.retention_ms;
            let record = offset_record(&committing.group, offset, retention_ms, now, &mut room);
            codes.push(record.as_ref().err().copied().unwrap_or(ErrorCode::None));
            records.extend(record.ok());
        }
        let is_pending = !records.is_empty();
        if is_pending {
            self.outbox.appends.push(Append {
                records,
                transaction: committing.transaction,
                then: Then::Answer(ticket),
            });
        }
        Ok(Accepted { codes, is_pending })
    }

    /// Takes in an offset whose record is durable.
    pub(super) fn apply_offset(
        &mut self,
        key: OffsetKey,
        committed: Option<Committed>,
        producer_id: Option<i64>,
        record_offset: i64,
    ) {
        let Some(mut committed) = committed else {
            return self.forget_offset(&key);
        };
        committed.record_offset = record_offset;
        match producer_id {
            Some(producer_id) => {
                if !self.groups.contains_key(key.group.as_str()) {
                    self.create(&key.group);
                }
                let offsets = self.pending.entry(producer_id).or_default();
                self.bytes += committed.bytes();
                let replaced = offsets.insert(key, committed);
                let taken = replaced.map_or(0, |replaced| replaced.bytes());
                self.bytes = self.bytes.saturating_sub(taken);
            }
            None => self.put_offset(key, committed),
        }
    }

    fn put_offset(&mut self, key: OffsetKey, committed: Committed) {
        if !self.groups.contains_key(key.group.as_str()) {
            // It may have been forgotten while all that it had was pending.
            self.create(&key.group);
        }
        let Some(group) = self.groups.get_mut(key.group.as_str()) else {
            return;
        };
        let partitions = match group.offsets.get_mut(key.topic.as_str()) {
            Some(partitions) => partitions,
            None => group.offsets.entry(Rc::from(key.topic)).or_default(),
        };
        let later = |known: &Committed| known.record_offset > committed.record_offset;
        if partitions.get(&key.partition).is_some_and(later) {
            return;
        }
        let added = committed.bytes();
        let replaced = partitions.insert(key.partition, committed);
        let taken = replaced.map_or(0, |replaced| replaced.bytes());
        group.bytes = group.bytes.saturating_sub(taken) + added;
        self.bytes = self.bytes.saturating_sub(taken) + added;
    }

    fn forget_offset(&mut self, key: &OffsetKey) {
        for offsets in self.pending.values_mut() {
            let removed = offsets.remove(key);
            let taken = removed.map_or(0, |removed| removed.bytes());
            self.bytes = self.bytes.saturating_sub(taken);
        }
        let Some(group) = self.groups.get_mut(key.group.as_str()) else {
            return;
        };
        let Some(partitions) = group.offsets.get_mut(key.topic.as_str()) else {
            return;
        };
        if let Some(removed) = partitions.remove(&key.partition) {
            group.bytes = group.bytes.saturating_sub(removed.bytes());
            self.bytes = self.bytes.saturating_sub(removed.bytes());
        }
        if partitions.is_empty() {
            group.offsets.remove(key.topic.as_str());
        }
    }

    /// A transaction has ended: its offsets count, or never will.
    pub fn end_transaction(&mut self, producer_id: i64, is_committed: bool) {
        let Some(offsets) = self.pending.remove(&producer_id) else {
            return;
        };
        for (key, committed) in offsets {
            self.bytes = self.bytes.saturating_sub(committed.bytes());
            if is_committed {
                self.put_offset(key, committed);
            }
        }
    }

    fn has_pending(&self, key: &OffsetKey) -> bool {
        self.pending
            .values()
            .any(|offsets| offsets.contains_key(key))
    }

    /// OffsetFetch for one group: of the topics named, or of all. A partition that is named twice is answered once, so that
    /// an answer is not larger than what is known and asked.
    pub fn fetch_offsets(
        &self,
        group_id: &str,
        topics: Option<&[OffsetFetchRequestTopics]>,
        require_stable: bool,
    ) -> Vec<OffsetFetchResponseTopics> {
        let group = self.groups.get(group_id);
        let find = |topic: &str, partition: i32| {
            let known = group.and_then(|group| group.offsets.get(topic));
            let known = known.and_then(|partitions| partitions.get(&partition));
            self.found(group_id, topic, partition, known, require_stable)
        };
        let mut answered = HashSet::new();
        match topics {
            Some(topics) => topics
                .iter()
                .map(|topic| {
                    let partitions = topic.partition_indexes.iter();
                    let partitions = partitions
                        .filter(|partition| answered.insert((topic.name.as_str(), **partition)));
                    OffsetFetchResponseTopics {
                        name: topic.name.clone(),
                        topic_id: topic.topic_id,
                        partitions: partitions
                            .map(|partition| find(&topic.name, *partition))
                            .collect(),
                    }
                })
                .collect(),
            None => {
                let all = group.map(|group| group.offsets.iter());
                all.into_iter()
                    .flatten()
                    .map(|(topic, partitions)| OffsetFetchResponseTopics {
                        name: topic.to_string(),
                        topic_id: Uuid::nil(),
                        partitions: partitions
                            .keys()
                            .map(|partition| find(topic, *partition))
                            .collect(),
                    })
                    .collect()
            }
        }
    }

    fn found(
        &self,
        group_id: &str,
        topic: &str,
        partition: i32,
        known: Option<&Committed>,
        require_stable: bool,
    ) -> OffsetFetchResponsePartitions {
        let nothing = OffsetFetchResponsePartitions {
            partition_index: partition,
            committed_offset: NO_OFFSET,
            committed_leader_epoch: NO_EPOCH,
            metadata: Some(String::new()),
            error_code: ErrorCode::None.code(),
        };
        let key = || OffsetKey {
            group: group_id.to_owned(),
            topic: topic.to_owned(),
            partition,
        };
        if require_stable && !self.pending.is_empty() && self.has_pending(&key()) {
            return OffsetFetchResponsePartitions {
                error_code: ErrorCode::UnstableOffsetCommit.code(),
                ..nothing
            };
        }
        match known {
            None => nothing,
            Some(committed) => OffsetFetchResponsePartitions {
                committed_offset: committed.offset,
                committed_leader_epoch: committed.leader_epoch,
                metadata: Some(committed.metadata.clone()),
                ..nothing
            },
        }
    }

    /// OffsetDelete: what is answered, and whether `ticket` is answered as well. A partition that is named twice is deleted
    /// and answered once.
    ///
    /// # Errors
    /// INVALID_GROUP_ID, GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
    pub fn delete_offsets(
        &mut self,
        group_id: &str,
        topics: &[OffsetDeleteRequestTopic],
        ticket: Ticket,
    ) -> Result<(Vec<OffsetDeleteResponseTopic>, bool), ErrorCode> {
        if group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let group = self
            .groups
            .get(group_id)
            .ok_or(ErrorCode::GroupIdNotFound)?;
        group.check_delete_offsets()?;
        let mut records = Vec::new();
        let mut answers = Vec::with_capacity(topics.len());
        let mut named = HashSet::new();
        for topic in topics {
            let code = match group.subscribes_to(&topic.name) {
                true => ErrorCode::GroupSubscribedToTopic,
                false => ErrorCode::None,
            };
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(|partition| partition.partition_index);
            let partitions: Vec<i32> = partitions
                .filter(|partition| named.insert((topic.name.as_str(), *partition)))
                .collect();
            if code == ErrorCode::None {
                records.extend(partitions.iter().copied().filter_map(|partition| {
                    let key = group.key(&topic.name, partition);
                    let known = group.offsets.get(topic.name.as_str());
                    let is_known = known.is_some_and(|known| known.contains_key(&partition));
                    (is_known || self.has_pending(&key)).then_some(GroupRecord::Offset(key, None))
                }));
            }
            answers.push(OffsetDeleteResponseTopic {
                name: topic.name.clone(),
                partitions: partitions
                    .into_iter()
                    .map(|partition_index| OffsetDeleteResponsePartition {
                        partition_index,
                        error_code: code.code(),
                    })
                    .collect(),
            });
        }
        let is_pending = !records.is_empty();
        if is_pending {
            self.outbox.append(records, Then::Answer(ticket));
        }
        Ok((answers, is_pending))
    }

    /// DeleteGroups: a code for each, and whether `ticket` is answered as well.
    pub fn delete_groups(&mut self, ids: &[String], ticket: Ticket) -> (Vec<ErrorCode>, bool) {
        let mut records = Vec::new();
        let codes = ids
            .iter()
            .map(|id| match self.groups.get(id.as_str()) {
                None => ErrorCode::GroupIdNotFound,
                Some(group) if !group.is_vacant() => ErrorCode::NonEmptyGroup,
                Some(group) => {
                    records.extend(self.tombstones(group));
                    ErrorCode::None
                }
            })
            .collect();
        let is_pending = !records.is_empty();
        if is_pending {
            self.outbox.append(records, Then::Answer(ticket));
        }
        (codes, is_pending)
    }

    /// What deletes a group with all that it has committed.
    fn tombstones(&self, group: &Group) -> Vec<GroupRecord> {
        let pending = self.pending.values().flat_map(BTreeMap::keys);
        let pending = pending.filter(|key| *key.group == *group.id);
        let committed = group.each_offset();
        let committed = committed.map(|(topic, partition, _)| group.tombstone(topic, partition));
        let mut records: Vec<GroupRecord> = committed.collect();
        records.extend(pending.map(|key| GroupRecord::Offset(key.clone(), None)));
        records.extend(group.own_tombstones());
        records
    }

    /// A topic is gone: nobody goes on in it.
    pub fn forget_topic(&mut self, topic: &str) {
        let mut records = Vec::new();
        for group in self.groups.values() {
            let partitions = group.offsets.get(topic).into_iter().flatten();
            records.extend(partitions.map(|(partition, _)| group.tombstone(topic, *partition)));
        }
        let pending = self.pending.values().flat_map(BTreeMap::keys);
        let pending = pending.filter(|key| key.topic == topic);
        records.extend(pending.map(|key| GroupRecord::Offset(key.clone(), None)));
        if !records.is_empty() {
            self.outbox.append(records, Then::Nothing);
        }
    }

    /// Deletes what has expired, of some groups at a time.
    pub(super) fn expire(&mut self, now: Now) {
        let ids = self.ids_after(self.expiry_cursor.as_ref(), EXPIRY_GROUPS_PER_TURN);
        let retention_ms = self.settings.offsets_retention_ms;
        let mut records = Vec::new();
        for group in ids.iter().filter_map(|id| self.groups.get(id)) {
            let before = records.len();
            let expired = group
                .each_offset()
                .filter(|(topic, partition, committed)| {
                    group.is_expired(topic, committed, retention_ms, now)
                        && !self.has_pending(&group.key(topic, *partition))
                })
                .map(|(topic, partition, _)| group.tombstone(topic, partition));
            records.extend(expired);
            let is_left_empty = records.len() - before == group.each_offset().count();
            let has_pending = self.pending.values().flat_map(BTreeMap::keys);
            let has_pending = { has_pending }.any(|key| *key.group == *group.id);
            if is_left_empty && !has_pending && group.is_vacant() && group.pending_joins.is_empty()
            {
                records.extend(group.own_tombstones());
            }
        }
        if !records.is_empty() {
            self.outbox.append(records, Then::Nothing);
        }
        let is_done = ids.len() < EXPIRY_GROUPS_PER_TURN;
        self.expiry_cursor = if is_done { None } else { ids.last().cloned() };
        let pause_ms = match is_done {
            true => self.settings.offsets_retention_check_interval_ms,
            false => EXPIRY_PAUSE_MS,
        };
        self.schedule_expiry(now, pause_ms);
    }
}

fn check_commit_without_group(committing: &Committing) -> Result<(), ErrorCode> {
    if committing.generation < 0 {
        return Ok(());
    }
    let knows_code = committing.version >= GROUP_ID_NOT_FOUND_SINCE;
    match knows_code && committing.transaction.is_none() {
        true => Err(ErrorCode::GroupIdNotFound),
        false => Err(ErrorCode::IllegalGeneration),
    }
}

fn offset_record(
    group: &str,
    new: NewOffset,
    retention_ms: Option<i64>,
    now: Now,
    room_bytes: &mut usize,
) -> Result<GroupRecord, ErrorCode> {
    let metadata = new.metadata.unwrap_or_default();
    // Kafka counts the characters of Java's strings.
    if metadata.encode_utf16().count() > OFFSET_METADATA_BYTES_MAX {
        return Err(ErrorCode::OffsetMetadataTooLarge);
    }
    let committed = Committed {
        offset: new.offset,
        leader_epoch: new.leader_epoch,
        metadata,
        commit_timestamp_ms: now.wall_ms,
        expire_timestamp_ms: retention_ms.map(|kept_ms| now.wall_ms.saturating_add(kept_ms)),
        topic_id: new.topic_id,
        record_offset: -1,
    };
    // The record holds the names as well, until it is durable.
    let bytes = committed.bytes() + group.len() + new.topic.len();
    if bytes > *room_bytes {
        return Err(ErrorCode::InvalidCommitOffsetSize);
    }
    *room_bytes -= bytes;
    let key = OffsetKey {
        group: group.to_owned(),
        topic: new.topic,
        partition: new.partition,
    };
    Ok(GroupRecord::Offset(key, Some(committed)))
}
