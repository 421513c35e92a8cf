//! What members ask of their group: to join, for their assignment, to stay, to leave.
//!
//! Pure. Answers are those of Kafka's `GroupMetadataManager`, case by case. One thing is added: after a restart in the
//! middle of a rebalance, members whose join the log has not seen go on under their ids, where Kafka answers
//! UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. See [`Group::may_adopt`].

use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::heartbeat::HeartbeatRequest;
use corelane_protocol::messages::join_group::{JoinGroupRequest, JoinGroupResponse};
use corelane_protocol::messages::leave_group::{MemberIdentity, MemberResponse};
use corelane_protocol::messages::sync_group::SyncGroupRequest;

use super::group::{Group, State};
use super::member::{Client, Member, Subscription};
use super::outbox::{Then, Ticket};
use super::rebalance::{Work, join_refused, sync_refused};
use super::settings::NEW_MEMBER_JOIN_TIMEOUT_MS;

/// From this version on a new member is given its id first and joins with it (KIP-394).
pub const MEMBER_ID_REQUIRED_SINCE: i16 = 4;
/// From this version on a leader can be told to skip the assignment (KIP-814).
const SKIP_ASSIGNMENT_SINCE: i16 = 9;

/// A JoinGroup.
#[derive(Clone, Debug)]
pub struct Joining {
    /// What was asked.
    pub request: JoinGroupRequest,
    /// In which version.
    pub version: i16,
    /// By whom.
    pub client: Client,
    /// What makes a new member's id its own: a UUID.
    pub fresh: String,
}

impl Joining {
    fn subscription(&self) -> Subscription {
        let request = &self.request;
        // Version 0 has no rebalance timeout.
        let rebalance_timeout_ms = match request.rebalance_timeout_ms {
            -1 => request.session_timeout_ms,
            timeout_ms => timeout_ms,
        };
        Subscription::of(
            &request.protocols,
            request.session_timeout_ms,
            rebalance_timeout_ms,
        )
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let protocols = self.request.protocols.iter();
        protocols.map(|protocol| protocol.name.as_str())
    }

    fn new_member(&self, id: &Rc<str>, ticket: Ticket) -> Member {
        Member {
            id: id.clone(),
            instance_id: self.request.group_instance_id.clone(),
            client: self.client.clone(),
            subscription: self.subscription(),
            assignment: Bytes::new(),
            joining: Some(ticket),
            syncing: None,
            is_new: true,
            is_heard: true,
            deadline_ms: 0,
            timer_ms: None,
        }
    }
}

/// What a claim to be a member is worth.
enum Claim {
    /// It is one.
    Member,
    /// It may be one that the log has not seen.
    Adoptable,
    /// It is none, or another one is it.
    Refused(ErrorCode),
}

impl Group {
    fn claim(&self, id: &str, instance: Option<&str>, work: &Work<'_>) -> Claim {
        let refused = match self.check_member(id, instance) {
            Ok(()) => return Claim::Member,
            Err(code) => code,
        };
        let holder = instance.and_then(|instance| self.instances.get(instance));
        let holder = holder.and_then(|id| self.members.get(id));
        // Whoever has been heard of since the start is the instance.
        let is_held = holder.is_some_and(|holder| holder.is_heard);
        let is_there = self.has_member(id);
        match !is_there && !is_held && self.may_adopt(id, work.now.elapsed_ms) {
            true => Claim::Adoptable,
            false => Claim::Refused(refused),
        }
    }

    /// Whether a member of this generation asks.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION; REBALANCE_IN_PROGRESS for one that is to join again
    /// under its id.
    pub fn check_generation(
        &self,
        id: &str,
        instance: Option<&str>,
        generation: i32,
        work: &Work<'_>,
    ) -> Result<(), ErrorCode> {
        match self.claim(id, instance, work) {
            Claim::Adoptable => return Err(ErrorCode::RebalanceInProgress),
            Claim::Refused(code) => return Err(code),
            Claim::Member => {}
        }
        let is_later = generation > self.generation;
        match generation == self.generation {
            true => Ok(()),
            false if is_later && self.may_adopt(id, work.now.elapsed_ms) => {
                Err(ErrorCode::RebalanceInProgress)
            }
            false => Err(ErrorCode::IllegalGeneration),
        }
    }

    fn has_room_for(&self, joining: &Joining, work: &Work<'_>) -> bool {
        let id = joining.request.member_id.as_str();
        let members_max = work.settings.members_max;
        let metadata = joining.request.protocols.iter();
        let metadata: usize = metadata
            .map(|protocol| protocol.metadata.len() + protocol.name.len())
            .sum();
        // A member that asks for no more than it has needs no room.
        let needed = match self.members.get(id) {
            Some(member) => metadata.saturating_sub(member.bytes()),
            None => size_of::<Member>() + joining.request.group_id.len() + metadata,
        };
        if needed > work.room_bytes {
            return false;
        }
        if self.has_member(id) || self.pending_joins.contains_key(id) {
            let awaits = self.members.get(id);
            let awaits = awaits.is_some_and(|member| member.joining.is_some());
            return self.state != State::PreparingRebalance
                || awaits
                || self.awaiting_joins() < members_max;
        }
        self.members.len() + self.pending_joins.len() < members_max
    }

    /// JoinGroup.
    pub fn join(&mut self, joining: &Joining, ticket: Ticket, work: &mut Work<'_>) {
        let request = &joining.request;
        let id = request.member_id.as_str();
        if !self.has_room_for(joining, work) {
            self.take_pending(id, work);
            self.drop_member(id, work);
            let refused = join_refused("", ErrorCode::GroupMaxSizeReached);
            return work.outbox.join(ticket, refused);
        }
        if !self.supports(&request.protocol_type, joining.names()) {
            let refused = join_refused(id, ErrorCode::InconsistentGroupProtocol);
            return work.outbox.join(ticket, refused);
        }
        if id.is_empty() {
            self.join_as_new(joining, ticket, work);
        } else {
            self.join_again(joining, ticket, work);
        }
    }

    fn join_as_new(&mut self, joining: &Joining, ticket: Ticket, work: &mut Work<'_>) {
        let instance = joining.request.group_instance_id.as_deref();
        let stem = instance.unwrap_or(&joining.client.id);
        let id: Rc<str> = Rc::from(format!("{stem}-{}", joining.fresh));
        let holder = instance.and_then(|instance| self.instances.get(instance).cloned());
        match (instance, holder) {
            (_, Some(holder)) => self.replace(&holder, &id, joining, ticket, work),
            (Some(_), None) => self.add(&id, joining, ticket, work),
            (None, None) if joining.version >= MEMBER_ID_REQUIRED_SINCE => {
                let timeout_ms = u64::try_from(joining.request.session_timeout_ms).unwrap_or(0);
                self.await_join(&id, timeout_ms, work);
                let refused = join_refused(&id, ErrorCode::MemberIdRequired);
                work.outbox.join(ticket, refused);
            }
            (None, None) => self.add(&id, joining, ticket, work),
        }
    }

    fn join_again(&mut self, joining: &Joining, ticket: Ticket, work: &mut Work<'_>) {
        let request = &joining.request;
        let id = request.member_id.as_str();
        let instance = request.group_instance_id.as_deref();
        if instance.is_none() && self.take_pending(id, work) {
            return self.add(&Rc::from(id), joining, ticket, work);
        }
        match self.claim(id, instance, work) {
            Claim::Refused(code) => work.outbox.join(ticket, join_refused(id, code)),
            Claim::Adoptable => {
                let holder = instance.and_then(|instance| self.instances.get(instance).cloned());
                match holder {
                    Some(holder) => self.replace(&holder, &Rc::from(id), joining, ticket, work),
                    None => self.add(&Rc::from(id), joining, ticket, work),
                }
            }
            Claim::Member => self.rejoin(joining, ticket, work),
        }
    }

    /// A member joins that is one.
    fn rejoin(&mut self, joining: &Joining, ticket: Ticket, work: &mut Work<'_>) {
        let id = joining.request.member_id.as_str();
        let subscription = joining.subscription();
        let member = self.members.get_mut(id);
        let is_same = member.is_some_and(|member| {
            member.is_heard = true;
            member.subscription.protocols == subscription.protocols
        });
        let leads = self.is_leader(id);
        match self.state {
            // The answer to its JoinGroup may have been lost.
            State::CompletingRebalance if is_same => {
                let members = match leads {
                    true => self.joined_members(),
                    false => Vec::new(),
                };
                work.outbox.join(ticket, self.joined(id, members));
            }
            // A follower without news just asks for its assignment again.
            State::Stable if is_same && !leads => {
                work.outbox.join(ticket, self.joined(id, Vec::new()));
            }
            State::PreparingRebalance | State::CompletingRebalance | State::Stable => {
                self.end_earlier_join(id, work);
                self.change(id, subscription, Some(ticket));
                self.prepare_or_complete(work);
            }
            State::Empty => {
                let refused = join_refused(id, ErrorCode::UnknownMemberId);
                work.outbox.join(ticket, refused);
            }
        }
    }

    /// A member that joins twice has given up the first request, which is answered all the same.
    fn end_earlier_join(&mut self, id: &str, work: &mut Work<'_>) {
        let again = join_refused(id, ErrorCode::RebalanceInProgress);
        self.answer_join(id, again, work.outbox);
    }

    fn add(&mut self, id: &Rc<str>, joining: &Joining, ticket: Ticket, work: &mut Work<'_>) {
        if self.members.is_empty() {
            self.protocol_type = Some(joining.request.protocol_type.clone());
        }
        if self.state == State::PreparingRebalance && self.previous_state == State::Empty {
            self.new_member_added = true;
        }
        self.insert(joining.new_member(id, ticket));
        // It cannot send heartbeats before its JoinGroup is answered.
        self.extend_session(id, NEW_MEMBER_JOIN_TIMEOUT_MS, work);
        self.prepare_or_complete(work);
    }

    /// A static member has come back under a new id: the old one is fenced.
    fn replace(
        &mut self,
        old: &Rc<str>,
        new: &Rc<str>,
        joining: &Joining,
        ticket: Ticket,
        work: &mut Work<'_>,
    ) {
        let former_leader = self.leader.clone();
        self.fence(old, work);
        let Some(mut member) = self.remove_with_timer(old, work) else {
            return;
        };
        member.id = new.clone();
        member.is_heard = true;
        self.insert(member);
        if former_leader.as_ref() == Some(old) {
            self.leader = Some(new.clone());
        }
        self.keep_session(new, work);
        self.change(new, joining.subscription(), Some(ticket));
        let keeps_protocol = self.choose_protocol() == self.protocol;
        match self.state {
            State::Stable if keeps_protocol => {
                let then = Then::StaticJoined {
                    group: self.id.clone(),
                    member: new.clone(),
                    former_leader,
                    may_skip: joining.version >= SKIP_ASSIGNMENT_SINCE,
                };
                work.outbox.append(vec![self.to_record_as_assigned()], then);
            }
            State::CompletingRebalance => self.prepare(work),
            State::Stable | State::PreparingRebalance | State::Empty => {
                self.prepare_or_complete(work);
            }
        }
    }

    fn fence(&mut self, id: &str, work: &mut Work<'_>) {
        let fenced = ErrorCode::FencedInstanceId;
        self.answer_join(id, join_refused(id, fenced), work.outbox);
        let waiting = self.members.get_mut(id);
        if let Some(ticket) = waiting.and_then(|member| member.syncing.take()) {
            work.outbox.sync(ticket, sync_refused(fenced));
        }
    }

    fn remove_with_timer(&mut self, id: &str, work: &mut Work<'_>) -> Option<Member> {
        let mut member = self.remove(id)?;
        self.cancel_session(&mut member, work);
        Some(member)
    }

    /// What follows when a static member's new id has been stored, or could not be.
    pub fn static_joined(
        &mut self,
        member: &Rc<str>,
        former_leader: Option<&str>,
        may_skip: bool,
        stored: Result<(), ErrorCode>,
        work: &mut Work<'_>,
    ) {
        // In any other state the rebalance that has begun meanwhile answers it.
        if self.state != State::Stable {
            return;
        }
        let response = match stored {
            Err(code) => JoinGroupResponse {
                leader: former_leader.unwrap_or_default().to_owned(),
                ..join_refused("", code)
            },
            Ok(()) if may_skip => {
                let leads = self.is_leader(member);
                let members = match leads {
                    true => self.joined_members(),
                    false => Vec::new(),
                };
                JoinGroupResponse {
                    skip_assignment: leads,
                    ..self.joined(member, members)
                }
            }
            // It takes itself for a follower, so that it does not assign.
            Ok(()) => JoinGroupResponse {
                leader: former_leader.unwrap_or_default().to_owned(),
                ..self.joined(member, Vec::new())
            },
        };
        self.answer_join(member, response, work.outbox);
    }

    /// SyncGroup.
    pub fn sync(&mut self, request: &SyncGroupRequest, ticket: Ticket, work: &mut Work<'_>) {
        let id = request.member_id.as_str();
        if let Err(code) = self.check_sync(request, work) {
            return work.outbox.sync(ticket, sync_refused(code));
        }
        self.hear(id);
        match self.state {
            State::Empty => {
                let refused = sync_refused(ErrorCode::UnknownMemberId);
                work.outbox.sync(ticket, refused);
            }
            State::PreparingRebalance => {
                let refused = sync_refused(ErrorCode::RebalanceInProgress);
                work.outbox.sync(ticket, refused);
            }
            State::CompletingRebalance => {
                self.await_assignment(id, ticket, work);
                if self.is_leader(id) {
                    self.store_assignments(request, work);
                }
            }
            State::Stable => {
                self.has_synced(id, work);
                work.outbox.sync(ticket, self.synced(id));
            }
        }
    }

    fn check_sync(&self, request: &SyncGroupRequest, work: &Work<'_>) -> Result<(), ErrorCode> {
        let id = request.member_id.as_str();
        let instance = request.group_instance_id.as_deref();
        self.check_generation(id, instance, request.generation_id, work)?;
        let differs = |asked: &Option<String>, known: &Option<String>| {
            asked.is_some() && known.is_some() && asked != known
        };
        if differs(&request.protocol_type, &self.protocol_type)
            || differs(&request.protocol_name, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    fn await_assignment(&mut self, id: &str, ticket: Ticket, work: &mut Work<'_>) {
        if let Some(member) = self.members.get_mut(id)
            && let Some(earlier) = member.syncing.replace(ticket)
        {
            // The member has given up its first request.
            let refused = sync_refused(ErrorCode::RebalanceInProgress);
            work.outbox.sync(earlier, refused);
        }
        self.has_synced(id, work);
    }

    /// What the leader has decided is stored first, and handed out then.
    fn store_assignments(&mut self, request: &SyncGroupRequest, work: &mut Work<'_>) {
        let given: HashMap<&str, Bytes> = request
            .assignments
            .iter()
            .map(|given| {
                let assignment = Bytes::copy_from_slice(&given.assignment);
                (given.member_id.as_str(), assignment)
            })
            .collect();
        let record = self.to_record(&given);
        self.clear_assignments();
        for (id, assignment) in given {
            self.assign(id, assignment);
        }
        let then = Then::Synced {
            group: self.id.clone(),
            generation: self.generation,
        };
        work.outbox.append(vec![record], then);
    }

    /// What follows when the assignments of a generation have been stored, or could not be.
    pub fn assignments_stored(
        &mut self,
        generation: i32,
        stored: Result<(), ErrorCode>,
        work: &mut Work<'_>,
    ) {
        // Members may have come and gone meanwhile.
        if self.state != State::CompletingRebalance || self.generation != generation {
            return;
        }
        match stored {
            Ok(()) => {
                self.hand_out(ErrorCode::None, work);
                self.enter(State::Stable, work.now.wall_ms);
            }
            Err(code) => {
                self.clear_assignments();
                self.hand_out(code, work);
                self.prepare(work);
            }
        }
    }

    fn hear(&mut self, id: &str) {
        if let Some(member) = self.members.get_mut(id) {
            member.is_heard = true;
        }
    }

    /// Heartbeat.
    pub fn heartbeat(&mut self, request: &HeartbeatRequest, work: &mut Work<'_>) -> ErrorCode {
        let id = request.member_id.as_str();
        let instance = request.group_instance_id.as_deref();
        if let Err(code) = self.check_generation(id, instance, request.generation_id, work) {
            return code;
        }
        self.hear(id);
        self.keep_session(id, work);
        match self.state {
            State::Empty => ErrorCode::UnknownMemberId,
            State::PreparingRebalance => ErrorCode::RebalanceInProgress,
            State::CompletingRebalance | State::Stable => ErrorCode::None,
        }
    }

    /// LeaveGroup: by the member itself, or of a static member by an administrator.
    pub fn leave(
        &mut self,
        leaving: &[MemberIdentity],
        work: &mut Work<'_>,
    ) -> Vec<MemberResponse> {
        let left: Vec<MemberResponse> = leaving
            .iter()
            .map(|member| MemberResponse {
                member_id: member.member_id.clone(),
                group_instance_id: member.group_instance_id.clone(),
                error_code: self.leave_one(member, work).code(),
            })
            .collect();
        if left.iter().any(|member| member.error_code == 0) {
            self.members_left(work);
        }
        left
    }

    fn leave_one(&mut self, member: &MemberIdentity, work: &mut Work<'_>) -> ErrorCode {
        let instance = member.group_instance_id.as_deref();
        if member.member_id.is_empty() {
            let holder = instance.and_then(|instance| self.instances.get(instance).cloned());
            let Some(holder) = holder else {
                return ErrorCode::UnknownMemberId;
            };
            self.drop_member(&holder, work);
            return ErrorCode::None;
        }
        if self.take_pending(&member.member_id, work) {
            return ErrorCode::None;
        }
        match self.check_member(&member.member_id, instance) {
            Ok(()) => {
                self.drop_member(&member.member_id, work);
                ErrorCode::None
            }
            Err(code) => code,
        }
    }
}
