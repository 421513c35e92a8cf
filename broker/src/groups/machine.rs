//! The state machine of one group coordinator: events and the time in, records, answers and the next deadline out.
//!
//! Pure: no socket, no clock, no disk. Invariants: `bytes` is the sum of what the groups take; outcomes of appends are
//! reported in the order of the appends; an offset counts once its record is durable.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;

use corelane_engine::catalogue::Image;
use corelane_engine::marker::Verdict;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::heartbeat::HeartbeatRequest;
use corelane_protocol::messages::leave_group::{MemberIdentity, MemberResponse};
use corelane_protocol::messages::sync_group::SyncGroupRequest;

use super::GroupSettings;
use super::consumer::topics::Topics;
use super::group::Group;
use super::membership::Joining;
use super::outbox::{Append, Outbox, Then, Ticket, Transaction};
use super::rebalance::{Work, join_refused, sync_refused};
use super::record::{Committed, GroupRecord, OffsetKey};
use super::settings::{ADOPTION_MS_MAX, PROTOCOLS_PER_MEMBER_MAX, STRING_BYTES_MAX};
use super::timers::{Now, Timer, Timers};

/// Deadlines that one turn attends to.
const TIMERS_PER_TURN: usize = 128;

/// See the module.
#[derive(Debug)]
pub struct GroupMachine {
    pub(super) settings: GroupSettings,
    pub(super) groups: BTreeMap<Rc<str>, Group>,
    pub(super) timers: Timers,
    pub(super) outbox: Outbox,
    /// Offsets of transactions that have not ended, by producer.
    pub(crate) pending: BTreeMap<i64, BTreeMap<OffsetKey, Committed>>,
    /// Where the search for expired offsets goes on.
    pub(super) expiry_cursor: Option<Rc<str>>,
    pub(super) bytes: usize,
    /// The topics that there are. The other threads that have them are those of the other cores.
    pub(super) topics: Arc<dyn Topics>,
    /// Grows with each other state of the topics.
    pub(super) topics_version: u64,
}

/// Whether a string is short enough for a record.
fn fits(text: &str) -> bool {
    text.len() <= STRING_BYTES_MAX
}

impl GroupMachine {
    /// A coordinator without groups.
    pub fn new(settings: GroupSettings) -> Self {
        GroupMachine {
            settings,
            groups: BTreeMap::new(),
            timers: Timers::default(),
            outbox: Outbox::default(),
            pending: BTreeMap::new(),
            expiry_cursor: None,
            bytes: 0,
            topics: Arc::new(Image::new()),
            topics_version: 1,
        }
    }

    /// Notes which topics there are.
    pub fn see_topics(&mut self, topics: Arc<dyn Topics>) {
        if !std::ptr::addr_eq(Arc::as_ptr(&topics), Arc::as_ptr(&self.topics)) {
            self.topics = topics;
            self.topics_version += 1;
        }
    }

    /// What has been said since the last call.
    pub fn take_outbox(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// When [`GroupMachine::fire`] is wanted next.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.timers.next_deadline_ms()
    }

    /// A group by its id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    /// Changes a group; none where there is none by this id.
    pub(super) fn with<R>(
        &mut self,
        now: Now,
        id: &str,
        change: impl FnOnce(&mut Group, &mut Work<'_>) -> R,
    ) -> Option<R> {
        let group = self.groups.get_mut(id)?;
        let before = group.bytes;
        let said_before = self.outbox.replies.len();
        let mut work = Work {
            now,
            settings: &self.settings,
            timers: &mut self.timers,
            outbox: &mut self.outbox,
            room_bytes: self
                .settings
                .coordinator_bytes_max
                .saturating_sub(self.bytes),
            topics: &*self.topics,
            topics_version: self.topics_version,
        };
        let result = change(group, &mut work);
        self.bytes = self.bytes.saturating_sub(before) + group.bytes;
        if group.is_unstored {
            let said = self.outbox.replies.drain(said_before..);
            group.held.extend(said);
        }
        Some(result)
    }

    /// A new group without members.
    pub(super) fn create(&mut self, id: &str) {
        let group = Group::new(id);
        self.bytes += group.bytes;
        self.groups.insert(group.id.clone(), group);
    }

    /// Forgets a group that nothing is left of.
    pub(super) fn remove_if_unused(&mut self, id: &str) {
        let is_unused = |group: &Group| {
            group.is_vacant()
                && group.consumer.is_none()
                && group.offsets.is_empty()
                && group.pending_joins.is_empty()
        };
        if self.groups.get(id).is_some_and(is_unused)
            && let Some(group) = self.groups.remove(id)
        {
            self.bytes = self.bytes.saturating_sub(group.bytes);
            self.outbox.replies.extend(group.held);
        }
    }

    /// The log knows the group: its members may hear what was held back.
    fn release(&mut self, id: &str) {
        if let Some(group) = self.groups.get_mut(id) {
            group.is_unstored = false;
            self.outbox.replies.append(&mut group.held);
        }
    }

    /// JoinGroup.
    pub fn join(&mut self, now: Now, joining: &Joining, ticket: Ticket) {
        if let Err(code) = self.check_join(joining) {
            let refused = join_refused(&joining.request.member_id, code);
            return self.outbox.join(ticket, refused);
        }
        let id = joining.request.group_id.as_str();
        let is_new = !self.groups.contains_key(id) || self.make_classic(id);
        if self.is_consumer(id) {
            return self.join_consumer(now, joining, ticket);
        }
        if is_new {
            if !self.groups.contains_key(id) {
                self.create(id);
            }
            if let Some(group) = self.groups.get_mut(id) {
                group.is_unstored = true;
            }
        }
        self.with(now, id, |group, work| group.join(joining, ticket, work));
        if !is_new {
            return;
        }
        self.remove_if_unused(id);
        // The log knows the group before its first member does, so that a start finds those who were about to join.
        if let Some(group) = self.groups.get(id) {
            let mut fresh = Group::new(id);
            fresh.protocol_type = group.protocol_type.clone();
            let record = fresh.to_record_as_assigned();
            let group = group.id.clone();
            self.outbox.append(vec![record], Then::Created { group });
        }
    }

    fn check_join(&self, joining: &Joining) -> Result<(), ErrorCode> {
        let request = &joining.request;
        if request.group_id.is_empty() || !fits(&request.group_id) {
            return Err(ErrorCode::InvalidGroupId);
        }
        if !self
            .settings
            .takes_session_timeout(request.session_timeout_ms)
        {
            return Err(ErrorCode::InvalidSessionTimeout);
        }
        if request.protocols.len() > PROTOCOLS_PER_MEMBER_MAX {
            return Err(ErrorCode::InvalidRequest);
        }
        let names = request
            .protocols
            .iter()
            .map(|protocol| protocol.name.as_str());
        let strings = names.chain(request.group_instance_id.as_deref());
        let mut strings = strings.chain([request.protocol_type.as_str(), &joining.client.id]);
        if !strings.all(|text| text.len() + joining.fresh.len() < STRING_BYTES_MAX) {
            return Err(ErrorCode::InvalidRequest);
        }
        let is_known = self.groups.contains_key(request.group_id.as_str());
        match is_known || request.member_id.is_empty() {
            true => Ok(()),
            false => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// SyncGroup.
    pub fn sync(&mut self, now: Now, request: &SyncGroupRequest, ticket: Ticket) {
        if request.group_id.is_empty() {
            let refused = sync_refused(ErrorCode::InvalidGroupId);
            return self.outbox.sync(ticket, refused);
        }
        if self.is_consumer(&request.group_id) {
            return self.sync_consumer(now, request, ticket);
        }
        let asked = self.with(now, &request.group_id, |group, work| {
            group.sync(request, ticket, work);
        });
        if asked.is_none() {
            let refused = sync_refused(ErrorCode::UnknownMemberId);
            self.outbox.sync(ticket, refused);
        }
    }

    /// Heartbeat.
    pub fn heartbeat(&mut self, now: Now, request: &HeartbeatRequest) -> ErrorCode {
        if request.group_id.is_empty() {
            return ErrorCode::InvalidGroupId;
        }
        let asked = self.with(now, &request.group_id, |group, work| match group.consumer {
            Some(_) => group.heartbeat_consumer(request, work),
            None => group.heartbeat(request, work),
        });
        asked.unwrap_or(ErrorCode::UnknownMemberId)
    }

    /// LeaveGroup.
    ///
    /// # Errors
    /// INVALID_GROUP_ID.
    pub fn leave(
        &mut self,
        now: Now,
        group_id: &str,
        leaving: &[MemberIdentity],
    ) -> Result<Vec<MemberResponse>, ErrorCode> {
        if group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let left = self.with(now, group_id, |group, work| match group.consumer {
            Some(_) => group.leave_classic_members(leaving, work),
            None => group.leave(leaving, work),
        });
        self.store_changes(group_id, None);
        let unknown = |member: &MemberIdentity| MemberResponse {
            member_id: member.member_id.clone(),
            group_instance_id: member.group_instance_id.clone(),
            error_code: ErrorCode::UnknownMemberId.code(),
        };
        Ok(left.unwrap_or_else(|| leaving.iter().map(unknown).collect()))
    }

    /// Attends to what is due, a bounded part of it at a time.
    pub fn fire(&mut self, now: Now) {
        for _ in 0..TIMERS_PER_TURN {
            let Some((at_ms, timer)) = self.timers.take_due(now.elapsed_ms) else {
                return;
            };
            match timer {
                Timer::Session { group, member } => {
                    self.with(now, &group, |group, work| match group.consumer {
                        Some(_) => group.consumer_session_due(&member, at_ms, work),
                        None => group.session_timer_due(&member, at_ms, work),
                    });
                    self.store_changes(&group, None);
                }
                Timer::Revoke { group, member } => {
                    self.with(now, &group, |group, work| {
                        group.revoke_timer_due(&member, at_ms, work);
                    });
                    self.store_changes(&group, None);
                }
                Timer::Rejoin { group, member } => {
                    self.with(now, &group, |group, work| {
                        group.classic_timer_due(&member, at_ms, work);
                    });
                    self.store_changes(&group, None);
                }
                Timer::Join { group } => {
                    self.with(now, &group, |group, work| group.join_timer_due(at_ms, work));
                }
                Timer::Sync { group } => {
                    self.with(now, &group, |group, work| group.sync_timer_due(at_ms, work));
                }
                Timer::Expiry => self.expire(now),
            }
        }
    }

    /// An append has been carried out, up to the offset given, or could not be.
    pub fn appended(&mut self, now: Now, append: Append, outcome: Result<i64, ErrorCode>) {
        let stored = outcome.map(drop);
        if let Ok(end) = outcome {
            let count = i64::try_from(append.records.len()).unwrap_or(0);
            for (record, offset) in append.records.into_iter().zip(end - count..) {
                self.apply_appended(record, append.transaction, offset);
            }
        }
        match append.then {
            Then::Nothing => {}
            Then::Created { group } => self.release(&group),
            Then::Answer(ticket) => self.outbox.stored(ticket, stored),
            Then::TransactionEnded { marker, ticket } => {
                if stored.is_ok() {
                    let is_committed = marker.marker.verdict == Verdict::Commit;
                    self.end_transaction(marker.producer_id.0, is_committed);
                }
                self.outbox.stored(ticket, stored);
            }
            Then::Changed {
                group,
                keys,
                answer,
            } => self.changes_stored(&group, keys, answer, stored),
            Then::Synced { group, generation } => {
                self.with(now, &group, |group, work| {
                    group.assignments_stored(generation, stored, work);
                });
            }
            Then::StaticJoined {
                group,
                member,
                former_leader,
                may_skip,
            } => {
                self.with(now, &group, |group, work| {
                    let former_leader = former_leader.as_deref();
                    group.static_joined(&member, former_leader, may_skip, stored, work);
                });
            }
        }
    }

    fn apply_appended(
        &mut self,
        record: GroupRecord,
        transaction: Option<Transaction>,
        offset: i64,
    ) {
        match record {
            GroupRecord::Offset(key, committed) => {
                let producer_id = transaction.map(|transaction| transaction.producer_id);
                self.apply_offset(key, committed, producer_id, offset);
            }
            // Members are ahead of what is stored of them.
            GroupRecord::Group(_, Some(_)) => {}
            GroupRecord::Group(id, None) => self.remove_if_unused(&id),
            GroupRecord::Consumer(record) => self.apply_consumer(&record),
        }
    }

    /// Takes in a record of the log, in its order, before [`GroupMachine::finish_loading`].
    pub fn replay(&mut self, record: GroupRecord, producer_id: Option<i64>, offset: i64) {
        match record {
            GroupRecord::Offset(key, committed) => {
                self.apply_offset(key, committed, producer_id, offset);
            }
            GroupRecord::Consumer(record) => self.replay_consumer(record),
            // A group that has become one of the consumer protocol is none of the classic any more.
            GroupRecord::Group(id, None) if self.is_consumer(&id) => {}
            GroupRecord::Group(id, Some(stored)) => {
                let mut group = Group::from_record(&id, &stored);
                if let Some(known) = self.groups.remove(id.as_str()) {
                    self.bytes = self.bytes.saturating_sub(known.bytes);
                    group.take_offsets(known);
                }
                self.bytes += group.bytes;
                self.groups.insert(group.id.clone(), group);
            }
            GroupRecord::Group(id, None) => {
                let Some(known) = self.groups.remove(id.as_str()) else {
                    return;
                };
                self.bytes = self.bytes.saturating_sub(known.bytes);
                if !known.offsets.is_empty() {
                    let mut group = Group::new(&id);
                    group.take_offsets(known);
                    self.bytes += group.bytes;
                    self.groups.insert(group.id.clone(), group);
                }
            }
        }
    }

    /// The log has been read: sessions begin anew.
    pub fn finish_loading(&mut self, now: Now) {
        let ids: Vec<Rc<str>> = self.groups.keys().cloned().collect();
        for id in ids {
            self.with(now, &id, |group, work| {
                group.adopts_until_ms = Some(now.elapsed_ms.saturating_add(ADOPTION_MS_MAX));
                let members: Vec<Rc<str>> = group.members.keys().cloned().collect();
                for member in members {
                    group.keep_session(&member, work);
                }
                group.start_consumer(work);
            });
        }
        self.schedule_expiry(now, self.settings.offsets_retention_check_interval_ms);
    }

    fn is_consumer(&self, id: &str) -> bool {
        self.group(id).is_some_and(|group| group.consumer.is_some())
    }

    pub(super) fn schedule_expiry(&mut self, now: Now, pause_ms: u64) {
        let at_ms = now.elapsed_ms.saturating_add(pause_ms);
        self.timers.add(at_ms, Timer::Expiry);
    }

    /// Ids of groups behind `cursor`, in order, `count` at most.
    pub(super) fn ids_after(&self, cursor: Option<&Rc<str>>, count: usize) -> Vec<Rc<str>> {
        let from = cursor.map_or(Bound::Unbounded, |id| Bound::Excluded(id.clone()));
        let groups = self.groups.range((from, Bound::Unbounded));
        groups.map(|(id, _)| id.clone()).take(count).collect()
    }

    /// The coordinator stops: whoever waits is told to look for another one.
    pub fn resign(&mut self) {
        for group in self.groups.values_mut() {
            self.outbox.replies.append(&mut group.held);
            let ids: Vec<Rc<str>> = group.members.keys().cloned().collect();
            for id in ids {
                let moved = join_refused(&id, ErrorCode::NotCoordinator);
                group.answer_join(&id, moved, &mut self.outbox);
                let waiting = group.members.get_mut(&id);
                if let Some(ticket) = waiting.and_then(|member| member.syncing.take()) {
                    let moved = sync_refused(ErrorCode::NotCoordinator);
                    self.outbox.sync(ticket, moved);
                }
            }
        }
    }
}
