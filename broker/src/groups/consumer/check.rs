//! What is wrong with a ConsumerGroupHeartbeat: Kafka's checks in Kafka's order, with Kafka's texts.
//!
//! Pure. One check is milder than Kafka's: a static member that joins again under the id that it has is itself, where
//! Kafka answers UNRELEASED_INSTANCE_ID until its session has ended.

use std::rc::Rc;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, RequestTopicPartitions,
};

use super::assignor::Assignor;
use super::group::ConsumerGroup;
use super::has;
use super::member::{ConsumerMember, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Stage};
use crate::groups::machine::GroupMachine;
use crate::groups::offsets::Committing;
use crate::groups::settings::{STRING_BYTES_MAX, TOPICS_PER_MEMBER_MAX};
use crate::refusal::Refusal;

/// From this version on OffsetCommit knows STALE_MEMBER_EPOCH.
const STALE_EPOCH_SINCE: i16 = 9;
/// From this version on members choose their ids themselves (KIP-1082).
const MEMBER_IDS_SINCE: i16 = 1;

fn invalid(message: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal::new(ErrorCode::InvalidRequest, message))
}

/// Whether a request makes sense by itself.
///
/// # Errors
/// INVALID_REQUEST and UNSUPPORTED_ASSIGNOR.
pub fn check_request(request: &ConsumerGroupHeartbeatRequest, version: i16) -> Result<(), Refusal> {
    let epoch = request.member_epoch;
    let is_named = version >= MEMBER_IDS_SINCE || epoch > 0 || epoch == LEAVE_EPOCH;
    if is_named && request.member_id.is_empty() {
        return invalid("MemberId can't be empty.");
    }
    if request.group_id.is_empty() {
        return invalid("GroupId can't be empty.");
    }
    if request.instance_id.as_deref() == Some("") {
        return invalid("InstanceId can't be empty.");
    }
    if request.rack_id.as_deref() == Some("") {
        return invalid("RackId can't be empty.");
    }
    match epoch {
        0 => check_first(request)?,
        LEAVE_STATIC_EPOCH if request.instance_id.is_none() => {
            return invalid("InstanceId can't be null.");
        }
        epoch if epoch < LEAVE_STATIC_EPOCH => return invalid("MemberEpoch is invalid."),
        _ => {}
    }
    check_lengths(request)?;
    let assignor = request.server_assignor.as_deref();
    match assignor.filter(|name| Assignor::named(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let known = Assignor::ALL.map(Assignor::name).join(", ");
            let message =
                format!("ServerAssignor {name} is not supported. Supported assignors: {known}.");
            Err(Refusal::new(ErrorCode::UnsupportedAssignor, message))
        }
    }
}

fn check_first(request: &ConsumerGroupHeartbeatRequest) -> Result<(), Refusal> {
    if request.rebalance_timeout_ms == -1 {
        return invalid("RebalanceTimeoutMs must be provided in first request.");
    }
    if request
        .topic_partitions
        .as_ref()
        .is_none_or(|owned| !owned.is_empty())
    {
        return invalid("TopicPartitions must be empty when (re-)joining.");
    }
    if request.subscribed_topic_names.is_none() && request.subscribed_topic_regex.is_none() {
        return invalid(
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
        );
    }
    Ok(())
}

/// What is longer than any id or name of Kafka's.
fn check_lengths(request: &ConsumerGroupHeartbeatRequest) -> Result<(), Refusal> {
    let names = request.subscribed_topic_names.iter().flatten();
    if names.clone().count() > TOPICS_PER_MEMBER_MAX {
        let message = format!("A member subscribes to {TOPICS_PER_MEMBER_MAX} topics at most.");
        return invalid(message);
    }
    let optional = [&request.instance_id, &request.rack_id];
    let optional = optional.into_iter().flatten();
    let mut strings = names
        .chain(optional)
        .chain([&request.group_id, &request.member_id]);
    match strings.any(|text| text.len() > STRING_BYTES_MAX) {
        true => invalid("An id or a name is too long."),
        false => Ok(()),
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A member.
    Member,
    /// Somebody new.
    New,
    /// A static member that comes back under another id.
    Successor(Rc<str>),
}

impl ConsumerGroup {
    /// Finds out who asks.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID.
    pub fn asker(
        &self,
        request: &ConsumerGroupHeartbeatRequest,
        id: &str,
    ) -> Result<Asker, Refusal> {
        let owned = request.topic_partitions.as_deref();
        let joins = request.member_epoch == 0;
        let known = self.member(id);
        let asker = match &request.instance_id {
            None if known.is_some() => Asker::Member,
            None if joins => Asker::New,
            None => return Err(unknown_member(&request.group_id, id)),
            Some(instance) if joins => self.joining_instance(instance, id)?,
            Some(instance) => {
                self.check_instance(instance, id)?;
                Asker::Member
            }
        };
        if let (Asker::Member, Some(member)) = (&asker, known) {
            check_epoch(member, request.member_epoch, owned)?;
            check_stage(member, owned)?;
        }
        Ok(asker)
    }

    fn joining_instance(&self, instance: &str, id: &str) -> Result<Asker, Refusal> {
        let known = self.member(id);
        match self.static_member(instance) {
            None if known.is_some() => Ok(Asker::Member),
            None => Ok(Asker::New),
            Some(holder) if &*holder.id == id => Ok(Asker::Member),
            Some(holder) if known.is_some() => Err(fenced(instance, id, &holder.id)),
            Some(holder) if holder.is_classic() || holder.epoch == LEAVE_STATIC_EPOCH => {
                Ok(Asker::Successor(holder.id.clone()))
            }
            Some(holder) => {
                let message = format!(
                    "Static member {id} with instance id {instance} cannot join the group because the instance id is \
                     owned by {} member.",
                    holder.id
                );
                Err(Refusal::new(ErrorCode::UnreleasedInstanceId, message))
            }
        }
    }

    /// Whether `id` is the member that an instance is.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID and FENCED_INSTANCE_ID.
    pub fn check_instance(&self, instance: &str, id: &str) -> Result<(), Refusal> {
        match self.static_member(instance) {
            None => {
                let message = format!("Instance id {instance} is unknown.");
                Err(Refusal::new(ErrorCode::UnknownMemberId, message))
            }
            Some(holder) if &*holder.id != id => Err(fenced(instance, id, &holder.id)),
            Some(_) => Ok(()),
        }
    }
}

impl ConsumerGroup {
    /// Whether this one may commit.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, which is ILLEGAL_GENERATION for members of the classic protocol and in a
    /// transaction, and UNSUPPORTED_VERSION for a request that does not know STALE_MEMBER_EPOCH.
    pub fn check_commit(&self, committing: &Committing) -> Result<(), ErrorCode> {
        let epoch = committing.generation;
        if epoch < 0 && self.member_count() == 0 {
            return Ok(());
        }
        let is_transactional = committing.transaction.is_some();
        let member = self.member(&committing.member);
        let member = member.ok_or(ErrorCode::UnknownMemberId)?;
        if !is_transactional && !member.is_classic() && committing.version < STALE_EPOCH_SINCE {
            return Err(ErrorCode::UnsupportedVersion);
        }
        match member.check_epoch(epoch) {
            Err(ErrorCode::StaleMemberEpoch) if is_transactional => {
                Err(ErrorCode::IllegalGeneration)
            }
            checked => checked,
        }
    }

    /// Whether this one may ask for offsets: a member in its epoch, or nobody in particular.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION.
    pub fn check_fetch(&self, member: Option<&str>, epoch: i32) -> Result<(), ErrorCode> {
        if member.is_none() && epoch < 0 {
            return Ok(());
        }
        let known = member.and_then(|id| self.member(id));
        known.ok_or(ErrorCode::UnknownMemberId)?.check_epoch(epoch)
    }
}

impl GroupMachine {
    /// Whether this one may ask a group for its offsets; see [`ConsumerGroup::check_fetch`].
    ///
    /// # Errors
    /// As there.
    pub fn check_fetch(
        &self,
        group: &str,
        member: Option<&str>,
        epoch: i32,
    ) -> Result<(), ErrorCode> {
        let consumer = self.group(group).and_then(|group| group.consumer.as_ref());
        consumer.map_or(Ok(()), |consumer| consumer.check_fetch(member, epoch))
    }
}

impl ConsumerMember {
    fn check_epoch(&self, epoch: i32) -> Result<(), ErrorCode> {
        match epoch == self.epoch {
            true => Ok(()),
            false if self.is_classic() => Err(ErrorCode::IllegalGeneration),
            false => Err(ErrorCode::StaleMemberEpoch),
        }
    }
}

/// There is no such member.
pub fn unknown_member(group: &str, id: &str) -> Refusal {
    let message = format!("Member {id} is not a member of group {group}.");
    Refusal::new(ErrorCode::UnknownMemberId, message)
}

fn fenced(instance: &str, id: &str, holder: &str) -> Refusal {
    let message =
        format!("Static member {id} with instance id {instance} was fenced by member {holder}.");
    Refusal::new(ErrorCode::FencedInstanceId, message)
}

/// An older epoch is taken where the answer with the present one may have been lost.
fn check_epoch(
    member: &ConsumerMember,
    epoch: i32,
    owned: Option<&[RequestTopicPartitions]>,
) -> Result<(), Refusal> {
    let known = member.epoch;
    if epoch == 0 || epoch == known {
        return Ok(());
    }
    let refuse = |how: &str| {
        let message = format!(
            "The consumer group member has a {how} member epoch ({epoch}) than the one known by the group coordinator \
             ({known}). The member must abandon all its partitions and rejoin."
        );
        Err(Refusal::new(ErrorCode::FencedMemberEpoch, message))
    };
    if epoch > known {
        return refuse("greater");
    }
    let is_assigned = |topic: &RequestTopicPartitions| {
        let mut indexes = topic.partitions.iter();
        indexes.all(|index| has(&member.assigned, topic.topic_id, *index))
    };
    let owns_no_more = owned.is_some_and(|owned| owned.iter().all(is_assigned));
    match epoch == member.previous_epoch && owns_no_more {
        true => Ok(()),
        false => refuse("smaller"),
    }
}

fn check_stage(
    member: &ConsumerMember,
    owned: Option<&[RequestTopicPartitions]>,
) -> Result<(), Refusal> {
    if member.stage != Stage::Unknown || owned.is_some_and(<[_]>::is_empty) {
        return Ok(());
    }
    let message = "The consumer group member is in a unknown state. The member must abandon all its partitions and \
                   rejoin.";
    Err(Refusal::new(ErrorCode::FencedMemberEpoch, message))
}
