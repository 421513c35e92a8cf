//! ConsumerGroupHeartbeat: a member joins, stays, is led to its target, leaves; and what time does to members.
//!
//! Pure. Kafka's `GroupMetadataManager`, case by case. Invariants: a request that is refused has changed nothing; every
//! change is noted among the group's changes, and answered when they are stored. Two things are simpler than in Kafka: a
//! regular expression is looked up in the heartbeat that brings it, not in another thread with the answer one heartbeat
//! later; and each is looked up again by its own members' heartbeats.

use std::collections::BTreeSet;
use std::rc::Rc;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_heartbeat::{
    Assignment, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    RequestTopicPartitions, ResponseTopicPartitions,
};
use regex::Regex;

use super::changes::Key;
use super::check::{Asker, check_request, unknown_member};
use super::group::ConsumerGroup;
use super::member::{ConsumerMember, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Profile};
use super::pattern::{Resolved, compile, resolve};
use super::reconcile::{Goal, Step};
use super::record::{ConsumerRecord, Part};
use super::{Partitions, upgrade};
use crate::groups::group::Group;
use crate::groups::machine::GroupMachine;
use crate::groups::member::Client;
use crate::groups::outbox::{Reply, Then, Ticket};
use crate::groups::rebalance::{Work, join_refused, sync_refused};
use crate::groups::settings::{
    MEMBER_RECORD_BYTES_MAX, PATTERN_REFRESH_MS_MIN, PATTERNS_PER_GROUP_MAX,
};
use crate::groups::timers::Now;
use crate::refusal::Refusal;

/// A ConsumerGroupHeartbeat.
#[derive(Clone, Debug)]
pub struct Beating {
    /// What was asked.
    pub request: ConsumerGroupHeartbeatRequest,
    /// In which version.
    pub version: i16,
    /// By whom.
    pub client: Client,
    /// The id of a new member that brings none.
    pub fresh: String,
}

/// The answer to a ConsumerGroupHeartbeat that was not taken.
pub fn beat_refused(refusal: Refusal) -> ConsumerGroupHeartbeatResponse {
    ConsumerGroupHeartbeatResponse {
        error_code: refusal.code.code(),
        error_message: Some(refusal.message),
        ..ConsumerGroupHeartbeatResponse::default()
    }
}

impl Reply {
    /// What is told instead where a change could not be stored.
    fn refused(self, code: ErrorCode) -> Reply {
        match self {
            Reply::Beat(_) => Reply::Beat(beat_refused(code.into())),
            Reply::Join(joined) => Reply::Join(join_refused(&joined.member_id, code)),
            Reply::Sync(_) => Reply::Sync(sync_refused(code)),
            Reply::Stored(_) => Reply::Stored(Err(code)),
        }
    }
}

impl GroupMachine {
    /// ConsumerGroupHeartbeat.
    pub fn beat(&mut self, now: Now, beating: &Beating, ticket: Ticket) {
        let id = beating.request.group_id.as_str();
        match self.beaten(now, beating) {
            Ok(response) => self.store_changes(id, Some((ticket, Box::new(Reply::Beat(response))))),
            Err(refusal) => {
                self.forget_unused(id);
                let reply = Reply::Beat(beat_refused(refusal));
                self.outbox.replies.push((ticket, reply));
            }
        }
    }

    fn beaten(
        &mut self,
        now: Now,
        beating: &Beating,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let request = &beating.request;
        check_request(request, beating.version)?;
        // Before a group is made for it, or made another one.
        let pattern = request.subscribed_topic_regex.as_deref();
        if let Some(pattern) = pattern.filter(|_| request.member_epoch == 0) {
            compile(pattern)?;
        }
        self.find_consumer(now, &request.group_id, request.member_epoch == 0)?;
        let beaten = self.with(now, &request.group_id, |group, work| {
            match matches!(request.member_epoch, LEAVE_EPOCH | LEAVE_STATIC_EPOCH) {
                true => group.leave_consumer(request, work),
                false => group.beat(beating, work),
            }
        });
        beaten.unwrap_or_else(|| Err(ErrorCode::GroupIdNotFound.into()))
    }

    /// Forgets a group that was made for a request which was refused.
    fn forget_unused(&mut self, id: &str) {
        let group = self.groups.get_mut(id);
        let consumer = group.and_then(|group| group.consumer.take_if(|made| made.is_unused()));
        let taken = consumer.map_or(0, |consumer| consumer.bytes());
        self.bytes = self.bytes.saturating_sub(taken);
        self.remove_if_unused(id);
    }

    /// Makes sure that a group of the consumer protocol is there.
    fn find_consumer(&mut self, now: Now, id: &str, joins: bool) -> Result<(), Refusal> {
        let not_found = |message: String| Err(Refusal::new(ErrorCode::GroupIdNotFound, message));
        match self.groups.get(id) {
            Some(group) if group.consumer.is_some() => return Ok(()),
            None if !joins => return not_found(format!("Consumer group {id} not found.")),
            Some(_) if !joins => return not_found(format!("Group {id} is not a consumer group")),
            None => self.create(id),
            Some(_) => {}
        }
        let converted = self.with(now, id, upgrade::to_consumer);
        match converted {
            Some(true) => Ok(()),
            _ => not_found(format!("Group {id} is not a consumer group")),
        }
    }

    /// Has what has changed of a consumer group stored, and answers then; at once where nothing has and all is stored.
    pub(in crate::groups) fn store_changes(
        &mut self,
        id: &str,
        answer: Option<(Ticket, Box<Reply>)>,
    ) {
        let group = self.groups.get_mut(id);
        let known = group.and_then(|group| Some((group.id.clone(), group.consumer.as_mut()?)));
        let is_idle = known.as_ref().is_none_or(|(_, consumer)| {
            consumer.changed.is_empty() && (consumer.appends == 0 || answer.is_none())
        });
        let Some((group, consumer)) = known.filter(|_| !is_idle) else {
            let answer = answer.map(|(ticket, reply)| (ticket, *reply));
            return self.outbox.replies.extend(answer);
        };
        let keys = std::mem::take(&mut consumer.changed);
        let records = consumer.records(&group, &keys);
        consumer.appends += 1;
        let then = Then::Changed {
            group,
            keys,
            answer,
        };
        self.outbox.append(records, then);
    }
}

impl GroupMachine {
    /// Changes of a consumer group have been appended, or could not be: they are stored with the next ones then.
    pub(in crate::groups) fn changes_stored(
        &mut self,
        id: &str,
        keys: BTreeSet<Key>,
        answer: Option<(Ticket, Box<Reply>)>,
        stored: Result<(), ErrorCode>,
    ) {
        let group = self.groups.get_mut(id);
        if let Some(consumer) = group.and_then(|group| group.consumer.as_mut()) {
            consumer.appends = consumer.appends.saturating_sub(1);
            if stored.is_err() {
                consumer.changed.extend(keys);
            }
        }
        let answer = answer.map(|(ticket, reply)| match stored {
            Ok(()) => (ticket, *reply),
            Err(code) => (ticket, reply.refused(code)),
        });
        self.outbox.replies.extend(answer);
    }

    /// The log does not know a group any more, unless somebody has joined it meanwhile.
    pub(in crate::groups) fn apply_consumer(&mut self, record: &ConsumerRecord) {
        if record.part != Part::Group(None) {
            return;
        }
        let group = self.groups.get_mut(record.group.as_str());
        if let Some(group) = group.filter(|group| group.is_vacant()) {
            let gone = group.consumer.take();
            let taken = gone.map_or(0, |consumer| consumer.bytes());
            group.bytes = group.bytes.saturating_sub(taken);
            self.bytes = self.bytes.saturating_sub(taken);
        }
        self.remove_if_unused(&record.group);
    }
}

/// What a member says of itself, laid over what is known.
fn profile_of(base: Option<&Profile>, beating: &Beating) -> Profile {
    let Beating {
        request, client, ..
    } = beating;
    let of_base = |field: fn(&Profile) -> Option<String>| base.and_then(field);
    let named = request.subscribed_topic_names.as_ref();
    let named = named.map(|names| names.iter().cloned().collect());
    let timeout_ms = Some(request.rebalance_timeout_ms).filter(|timeout_ms| *timeout_ms != -1);
    Profile {
        instance_id: request
            .instance_id
            .clone()
            .or_else(|| of_base(|base| base.instance_id.clone())),
        rack_id: request
            .rack_id
            .clone()
            .or_else(|| of_base(|base| base.rack_id.clone())),
        client: client.clone(),
        rebalance_timeout_ms: timeout_ms
            .or(base.map(|base| base.rebalance_timeout_ms))
            .unwrap_or(-1),
        topics: named
            .or_else(|| base.map(|base| base.topics.clone()))
            .unwrap_or_default(),
        pattern: match &request.subscribed_topic_regex {
            Some(pattern) => Some(pattern.clone()).filter(|text| !text.is_empty()),
            None => of_base(|base| base.pattern.clone()),
        },
        assignor: request
            .server_assignor
            .clone()
            .or_else(|| of_base(|base| base.assignor.clone())),
        classic: None,
    }
}

impl Group {
    /// Changes the consumer group, and keeps the count of its memory.
    pub(in crate::groups) fn change_consumer<R>(
        &mut self,
        change: impl FnOnce(&mut ConsumerGroup) -> R,
    ) -> Option<R> {
        let consumer = self.consumer.as_mut()?;
        let before = consumer.bytes();
        let result = change(consumer);
        self.bytes = self.bytes.saturating_sub(before) + consumer.bytes();
        Some(result)
    }

    fn beat(
        &mut self,
        beating: &Beating,
        work: &mut Work<'_>,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let request = &beating.request;
        let id = match request.member_id.as_str() {
            "" => beating.fresh.as_str(),
            id => id,
        };
        let Some(consumer) = &self.consumer else {
            return Err(ErrorCode::GroupIdNotFound.into());
        };
        let members_max = work.settings.consumer_members_max;
        if consumer.member_count() >= members_max && consumer.member(id).is_none() {
            let message = format!(
                "The consumer group has reached its maximum capacity of {members_max} members."
            );
            return Err(Refusal::new(ErrorCode::GroupMaxSizeReached, message));
        }
        let asker = consumer.asker(request, id)?;
        let base = match &asker {
            Asker::Member => consumer.member(id),
            Asker::New => None,
            Asker::Successor(former) => consumer.member(former),
        };
        let profile = profile_of(base.map(|member| &member.profile), beating);
        let pattern = check_pattern(consumer, base, &profile)?;
        check_room(base, &profile, work)?;
        let before = base.map(|base| base.assigned.clone()).unwrap_or_default();

        let (member, is_changed) = self.enter_consumer(&asker, id, profile, pattern.as_ref(), work);
        let owned = request.topic_partitions.as_deref();
        self.end_expectation(&member, work);
        self.lead(&member, owned, is_changed, work);
        self.keep_consumer_session(&member, work);
        let heartbeat_interval_ms = work.settings.consumer_heartbeat_interval_ms;
        let after = self.consumer.as_ref().and_then(|c| c.member(&member));
        let is_told = request.member_epoch == 0
            || is_full(request)
            || after.is_some_and(|member| member.assigned != before);
        Ok(ConsumerGroupHeartbeatResponse {
            member_id: Some(member.to_string()),
            member_epoch: after.map_or(0, |member| member.epoch),
            heartbeat_interval_ms,
            assignment: after
                .filter(|_| is_told)
                .map(|member| to_response(&member.assigned)),
            ..ConsumerGroupHeartbeatResponse::default()
        })
    }

    /// Takes in what a member says of itself, and raises the group's epoch where that changes who reads what; returns
    /// its id, and whether it reads something else than before.
    pub(in crate::groups) fn enter_consumer(
        &mut self,
        asker: &Asker,
        id: &str,
        profile: Profile,
        pattern: Option<&Regex>,
        work: &mut Work<'_>,
    ) -> (Rc<str>, bool) {
        let mut member = self.member_to_be(asker, id, &profile, work);
        let reads_other = match asker {
            Asker::New => !profile.topics.is_empty() || profile.pattern.is_some(),
            Asker::Member | Asker::Successor(_) => {
                member.profile.topics != profile.topics || member.profile.pattern != profile.pattern
            }
        };
        let id = member.id.clone();
        let is_said = member.profile == profile && *asker == Asker::Member;
        member.profile = profile;
        let (topics, version, now) = (work.topics, work.topics_version, work.now);
        self.change_consumer(|consumer| {
            if !is_said {
                consumer.changed.insert(Key::Member(id.clone()));
                consumer.put(member);
                consumer.forget_patterns();
            }
            let finds_other = consumer.look_up_pattern(&id, pattern, work, now);
            let mut is_raised = consumer.epoch == 0 || reads_other || finds_other;
            if is_raised || consumer.topics_seen != version {
                is_raised |= consumer.look_at_topics(topics, version);
            }
            if is_raised {
                consumer.raise_epoch();
            }
        });
        (id, reads_other)
    }

    fn member_to_be(
        &mut self,
        asker: &Asker,
        id: &str,
        profile: &Profile,
        work: &mut Work<'_>,
    ) -> ConsumerMember {
        let known = match asker {
            Asker::Member => self.consumer.as_ref().and_then(|c| c.member(id)).cloned(),
            Asker::New => None,
            Asker::Successor(former) => self.succeed(former, id, work),
        };
        known.unwrap_or_else(|| {
            let id: Rc<str> = Rc::from(id);
            self.change_consumer(|consumer| consumer.note_all_of(&id));
            ConsumerMember::new(id, profile.clone())
        })
    }

    /// A static member goes on under another id.
    fn succeed(&mut self, former: &str, id: &str, work: &mut Work<'_>) -> Option<ConsumerMember> {
        self.cancel_consumer_timers(former, work);
        let id: Rc<str> = Rc::from(id);
        let member = self.change_consumer(|consumer| {
            let target = consumer.target(former).clone();
            let member = consumer.take(former)?;
            consumer.note_all_of(&member.id);
            consumer.note_all_of(&id);
            consumer.set_target(&id, Some(target));
            let successor = ConsumerMember {
                id: id.clone(),
                epoch: 0,
                previous_epoch: 0,
                ..member
            };
            // Nobody else gets what it holds.
            consumer.put(successor.clone());
            Some(successor)
        });
        member.flatten()
    }

    /// Brings the target up to date, and the member one step towards it.
    pub(in crate::groups) fn lead(
        &mut self,
        id: &Rc<str>,
        owned: Option<&[RequestTopicPartitions]>,
        is_changed: bool,
        work: &mut Work<'_>,
    ) {
        let topics = work.topics;
        let step = self.change_consumer(|consumer| {
            if consumer.epoch > consumer.target_epoch {
                consumer.retarget(topics);
            }
            let member = consumer.member(id)?;
            if !is_changed && member.is_at(consumer.target_epoch) {
                return None;
            }
            let goal = Goal {
                epoch: consumer.target_epoch,
                target: consumer.target(id),
                reads: &consumer.reads(member, topics),
                is_changed,
                is_held: |topic, index| consumer.is_held(topic, index),
                owned,
            };
            let step = goal.step(member)?;
            let mut member = member.clone();
            let is_other = step.differs(&member);
            if is_other {
                step.take(&mut member);
                consumer.put(member);
                consumer.changed.insert(Key::Current(id.clone()));
            }
            Some(is_other)
        });
        if step.flatten() == Some(true) {
            self.watch_revocation(id, work);
        }
    }

    fn leave_consumer(
        &mut self,
        request: &ConsumerGroupHeartbeatRequest,
        work: &mut Work<'_>,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let Some(consumer) = &self.consumer else {
            return Err(ErrorCode::GroupIdNotFound.into());
        };
        let id: Rc<str> = Rc::from(request.member_id.as_str());
        if let Some(instance) = &request.instance_id {
            consumer.check_instance(instance, &id)?;
        } else if consumer.member(&id).is_none() {
            return Err(unknown_member(&request.group_id, &id));
        }
        match request.member_epoch {
            LEAVE_STATIC_EPOCH => self.leave_for_a_while(&id),
            _ => self.drop_consumer(&id, work),
        }
        Ok(ConsumerGroupHeartbeatResponse {
            member_id: Some(id.to_string()),
            member_epoch: request.member_epoch,
            ..ConsumerGroupHeartbeatResponse::default()
        })
    }

    /// A static member leaves and will be back: it keeps what it has until its session ends.
    fn leave_for_a_while(&mut self, id: &Rc<str>) {
        self.change_consumer(|consumer| {
            let Some(mut member) = consumer.member(id).cloned() else {
                return;
            };
            member.epoch = LEAVE_STATIC_EPOCH;
            member.revoking = Partitions::new();
            consumer.put(member);
            consumer.changed.insert(Key::Current(id.clone()));
        });
    }

    /// Takes a member out.
    pub(in crate::groups) fn drop_consumer(&mut self, id: &Rc<str>, work: &mut Work<'_>) {
        self.cancel_consumer_timers(id, work);
        let (topics, version) = (work.topics, work.topics_version);
        self.change_consumer(|consumer| {
            if consumer.take(id).is_none() {
                return;
            }
            consumer.note_all_of(id);
            consumer.look_at_topics(topics, version);
            consumer.raise_epoch();
        });
    }
}

impl Step {
    fn differs(&self, member: &ConsumerMember) -> bool {
        self.stage != member.stage
            || self.epoch != member.epoch
            || self.assigned != member.assigned
            || self.revoking != member.revoking
    }

    fn take(self, member: &mut ConsumerMember) {
        member.stage = self.stage;
        member.previous_epoch = std::mem::replace(&mut member.epoch, self.epoch);
        member.assigned = self.assigned;
        member.revoking = self.revoking;
    }
}

impl ConsumerGroup {
    /// Looks a member's pattern up, where it is new or topics have changed; whether it stands for something else than
    /// before.
    fn look_up_pattern(
        &mut self,
        id: &str,
        compiled: Option<&Regex>,
        work: &Work<'_>,
        now: Now,
    ) -> bool {
        let named = self.member(id).and_then(|m| m.profile.pattern.clone());
        let Some(pattern) = named else { return false };
        let Some(known) = self.patterns().get(&pattern) else {
            return false;
        };
        let age_ms = now.wall_ms.abs_diff(known.at_ms);
        let is_new = known.topics_version == 0;
        if known.topics_version == work.topics_version
            || (!is_new && age_ms < PATTERN_REFRESH_MS_MIN)
        {
            return false;
        }
        let again = match compiled {
            Some(_) => None,
            None => compile(&pattern).ok(),
        };
        let Some(compiled) = compiled.or(again.as_ref()) else {
            return false;
        };
        let topics = resolve(compiled, work.topics);
        let is_other = topics != known.topics;
        let resolved = Resolved {
            topics,
            at_ms: now.wall_ms,
            topics_version: work.topics_version,
            members: known.members,
        };
        self.set_pattern(&pattern, resolved);
        if is_other || is_new {
            self.changed.insert(Key::Pattern(pattern));
        }
        is_other
    }
}

/// Compiles the pattern of a member where nobody has named it before.
fn check_pattern(
    consumer: &ConsumerGroup,
    base: Option<&ConsumerMember>,
    profile: &Profile,
) -> Result<Option<Regex>, Refusal> {
    let Some(pattern) = &profile.pattern else {
        return Ok(None);
    };
    if consumer.patterns().contains_key(pattern) {
        return Ok(None);
    }
    let replaces = base.is_some_and(|base| base.profile.pattern.is_some());
    if !replaces && consumer.patterns().len() >= PATTERNS_PER_GROUP_MAX {
        let message = format!("The group has {PATTERNS_PER_GROUP_MAX} regular expressions.");
        return Err(Refusal::new(ErrorCode::InvalidRegularExpression, message));
    }
    compile(pattern).map(Some)
}

/// Whether what a member brings can be stored, and there is memory for it.
fn check_room(
    base: Option<&ConsumerMember>,
    profile: &Profile,
    work: &Work<'_>,
) -> Result<(), Refusal> {
    if profile.record_bytes() > MEMBER_RECORD_BYTES_MAX {
        // What Kafka makes of a record that its log does not take.
        let message = "The member's subscription is too large to be stored.";
        return Err(Refusal::new(ErrorCode::UnknownServerError, message));
    }
    let id = Rc::from("");
    let needed = ConsumerMember::new(id, profile.clone()).bytes();
    let has = base.map_or(0, ConsumerMember::bytes);
    match needed.saturating_sub(has) > work.room_bytes {
        false => Ok(()),
        true => {
            let message = "The coordinator has no memory left for this member.";
            Err(Refusal::new(ErrorCode::GroupMaxSizeReached, message))
        }
    }
}

/// Whether a member has said everything, and so may have lost an answer.
fn is_full(request: &ConsumerGroupHeartbeatRequest) -> bool {
    let subscribes =
        request.subscribed_topic_names.is_some() || request.subscribed_topic_regex.is_some();
    request.rebalance_timeout_ms != -1 && subscribes && request.topic_partitions.is_some()
}

fn to_response(assigned: &Partitions) -> Assignment {
    let topics = assigned.iter();
    Assignment {
        topic_partitions: topics
            .map(|(topic_id, indexes)| ResponseTopicPartitions {
                topic_id: *topic_id,
                partitions: indexes.iter().copied().collect(),
            })
            .collect(),
    }
}
