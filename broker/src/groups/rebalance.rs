//! How a group gets from one generation to the next: sessions, the join phase, the sync phase.
//!
//! Pure. Invariants, as in Kafka's `GroupMetadataManager`: a rebalance ends when all members have joined or the longest
//! rebalance timeout has passed; dynamic members that have not joined by then are out, static ones stay; a member
//! whose request waits does not die of silence.

use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::join_group::JoinGroupResponse;
use corelane_protocol::messages::sync_group::SyncGroupResponse;

use super::consumer::topics::Topics;
use super::group::{Group, JoinTimer, State};
use super::member::Member;
use super::outbox::{Outbox, Then};
use super::settings::GroupSettings;
use super::timers::{Now, Timer, Timers};

/// The shortest phase of a rebalance, whatever its members ask for: a group whose members do not come back is not
/// looked at more often.
const PHASE_MS_MIN: u64 = 100;

/// What a change of a group works with.
pub struct Work<'a> {
    /// The time.
    pub now: Now,
    /// What the user has set.
    pub settings: &'a GroupSettings,
    /// The coordinator's deadlines.
    pub timers: &'a mut Timers,
    /// What it says.
    pub outbox: &'a mut Outbox,
    /// Memory that the coordinator may still take.
    pub room_bytes: usize,
    /// The topics that there are.
    pub topics: &'a dyn Topics,
    /// Which state of the topics that is; it grows.
    pub topics_version: u64,
}

/// A JoinGroup's answer that is an error.
pub fn join_refused(member: &str, code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: code.code(),
        generation_id: -1,
        member_id: member.to_owned(),
        ..JoinGroupResponse::default()
    }
}

/// A SyncGroup's answer that is an error.
pub fn sync_refused(code: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse {
        error_code: code.code(),
        ..SyncGroupResponse::default()
    }
}

impl Group {
    fn session_timer(&self, member: &Rc<str>) -> Timer {
        Timer::Session {
            group: self.id.clone(),
            member: member.clone(),
        }
    }

    /// Gives a member so much time from here on.
    pub fn extend_session(&mut self, id: &str, timeout_ms: u64, work: &mut Work<'_>) {
        let group = self.id.clone();
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        member.deadline_ms = work.now.elapsed_ms.saturating_add(timeout_ms);
        // A timer that comes too early finds the true deadline; one that comes too late is replaced.
        if member.timer_ms.is_some_and(|at| at <= member.deadline_ms) {
            return;
        }
        let member_id = member.id.clone();
        let timer = Timer::Session {
            group,
            member: member_id,
        };
        if let Some(at) = member.timer_ms.replace(member.deadline_ms) {
            work.timers.cancel(at, timer.clone());
        }
        work.timers.add(member.deadline_ms, timer);
    }

    /// A member has been heard of.
    pub fn keep_session(&mut self, id: &str, work: &mut Work<'_>) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let timeout_ms = u64::try_from(member.subscription.session_timeout_ms).unwrap_or(0);
        self.extend_session(id, timeout_ms, work);
    }

    /// Notes somebody who has been given an id and is to join with it.
    pub fn await_join(&mut self, id: &Rc<str>, timeout_ms: u64, work: &mut Work<'_>) {
        let deadline_ms = work.now.elapsed_ms.saturating_add(timeout_ms);
        work.timers.add(deadline_ms, self.session_timer(id));
        self.bytes += 2 * id.len();
        self.pending_joins.insert(id.clone(), deadline_ms);
    }

    /// Forgets such a one; whether there was one.
    pub fn take_pending(&mut self, id: &str, work: &mut Work<'_>) -> bool {
        let Some((id, deadline_ms)) = self.pending_joins.remove_entry(id) else {
            return false;
        };
        self.bytes = self.bytes.saturating_sub(2 * id.len());
        work.timers.cancel(deadline_ms, self.session_timer(&id));
        true
    }

    /// Takes a member out and tells it so, if it waits.
    pub fn drop_member(&mut self, id: &str, work: &mut Work<'_>) {
        self.answer_join(
            id,
            join_refused("", ErrorCode::UnknownMemberId),
            work.outbox,
        );
        self.answer_sync(id, sync_refused(ErrorCode::UnknownMemberId), work);
        if let Some(mut member) = self.remove(id) {
            self.cancel_session(&mut member, work);
        }
    }

    /// Takes the timer of a member away that has been taken out.
    pub fn cancel_session(&self, member: &mut Member, work: &mut Work<'_>) {
        if let Some(at) = member.timer_ms.take() {
            work.timers.cancel(at, self.session_timer(&member.id));
        }
    }

    fn answer_sync(&mut self, id: &str, response: SyncGroupResponse, work: &mut Work<'_>) -> bool {
        let waiting = self.members.get_mut(id);
        let ticket = waiting.and_then(|member| member.syncing.take());
        if let Some(ticket) = ticket {
            work.outbox.sync(ticket, response);
        }
        ticket.is_some()
    }

    /// Tells everybody who waits for an assignment what there is: theirs, or an error.
    pub fn hand_out(&mut self, code: ErrorCode, work: &mut Work<'_>) {
        let ids: Vec<Rc<str>> = self.members.keys().cloned().collect();
        for id in ids {
            let response = match code {
                ErrorCode::None => self.synced(&id),
                code => sync_refused(code),
            };
            if self.answer_sync(&id, response, work) {
                self.keep_session(&id, work);
            }
        }
    }

    /// A member's assignment.
    pub fn synced(&self, id: &str) -> SyncGroupResponse {
        let member = self.members.get(id);
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            assignment: member
                .map(|member| member.assignment.clone())
                .unwrap_or_default(),
            ..SyncGroupResponse::default()
        }
    }

    /// Takes back what members had been given.
    pub fn clear_assignments(&mut self) {
        let ids: Vec<Rc<str>> = self.members.keys().cloned().collect();
        for id in ids {
            self.assign(&id, Bytes::new());
        }
    }

    /// After members have changed: begins a rebalance, or ends the one under way if nobody is missing.
    pub fn prepare_or_complete(&mut self, work: &mut Work<'_>) {
        match self.state {
            State::PreparingRebalance => self.complete_if_all_joined(work),
            State::Empty | State::CompletingRebalance | State::Stable => self.prepare(work),
        }
    }

    /// Begins a rebalance.
    pub fn prepare(&mut self, work: &mut Work<'_>) {
        if self.state == State::CompletingRebalance {
            self.clear_assignments();
            self.hand_out(ErrorCode::RebalanceInProgress, work);
        }
        self.cancel_sync_timer(work);
        let is_first = self.state == State::Empty;
        self.enter(State::PreparingRebalance, work.now.wall_ms);
        if is_first {
            self.wait_for_more(work);
        } else if self.all_have_joined() {
            self.complete_join(work);
        } else {
            let timeout_ms = self.rebalance_timeout_ms();
            self.start_join_timer(timeout_ms, JoinTimer::Rebalance, work);
        }
    }

    /// The first members of a group seldom come alone.
    fn wait_for_more(&mut self, work: &mut Work<'_>) {
        let delay_ms = work.settings.initial_rebalance_delay_ms;
        if delay_ms == 0 {
            return self.complete_join(work);
        }
        let remaining_ms = self.rebalance_timeout_ms().saturating_sub(delay_ms);
        self.new_member_added = false;
        let timer = JoinTimer::Initial {
            delay_ms,
            remaining_ms,
        };
        self.set_join_timer(delay_ms, timer, work);
    }

    fn start_join_timer(&mut self, timeout_ms: u64, timer: JoinTimer, work: &mut Work<'_>) {
        self.set_join_timer(timeout_ms.max(PHASE_MS_MIN), timer, work);
    }

    fn set_join_timer(&mut self, timeout_ms: u64, timer: JoinTimer, work: &mut Work<'_>) {
        self.cancel_join_timer(work);
        let at = work.now.elapsed_ms.saturating_add(timeout_ms);
        let group = self.id.clone();
        work.timers.add(at, Timer::Join { group });
        self.join_timer = Some((at, timer));
    }

    /// Nobody is waited for in the join phase any more.
    pub fn cancel_join_timer(&mut self, work: &mut Work<'_>) {
        if let Some((at, _)) = self.join_timer.take() {
            let group = self.id.clone();
            work.timers.cancel(at, Timer::Join { group });
        }
    }

    /// Nobody is waited for in the sync phase any more.
    pub fn cancel_sync_timer(&mut self, work: &mut Work<'_>) {
        self.pending_syncs.clear();
        if let Some(at) = self.sync_timer.take() {
            let group = self.id.clone();
            work.timers.cancel(at, Timer::Sync { group });
        }
    }

    /// A member has asked for its assignment.
    pub fn has_synced(&mut self, id: &str, work: &mut Work<'_>) {
        self.pending_syncs.remove(id);
        if self.pending_syncs.is_empty() {
            self.cancel_sync_timer(work);
        }
    }

    /// Ends the join phase where nobody is missing. The pause before the first rebalance is kept.
    pub fn complete_if_all_joined(&mut self, work: &mut Work<'_>) {
        let is_first = self.previous_state == State::Empty;
        if self.state == State::PreparingRebalance && !is_first && self.all_have_joined() {
            self.complete_join(work);
        }
    }

    /// Ends the join phase with those who have joined.
    fn complete_join(&mut self, work: &mut Work<'_>) {
        self.cancel_join_timer(work);
        let missing = self.members.values();
        let missing = missing
            .filter(|member| member.joining.is_none() && member.instance_id.is_none())
            .map(|member| member.id.clone());
        for id in missing.collect::<Vec<_>>() {
            self.drop_member(&id, work);
        }
        if !self.members.is_empty() && !self.elect_joined_leader() {
            // Static members only, none of which has come back: they have until their sessions end.
            let timeout_ms = self.rebalance_timeout_ms();
            return self.start_join_timer(timeout_ms, JoinTimer::Rebalance, work);
        }
        self.begin_generation(work.now.wall_ms);
        if self.members.is_empty() {
            let emptied = self.to_record_as_assigned();
            return work.outbox.append(vec![emptied], Then::Nothing);
        }
        self.answer_joins(work);
        let timeout_ms = self.rebalance_timeout_ms().max(PHASE_MS_MIN);
        let at = work.now.elapsed_ms.saturating_add(timeout_ms);
        let group = self.id.clone();
        work.timers.add(at, Timer::Sync { group });
        self.sync_timer = Some(at);
    }

    fn answer_joins(&mut self, work: &mut Work<'_>) {
        let ids: Vec<Rc<str>> = self.members.keys().cloned().collect();
        for id in ids {
            let members = match self.is_leader(&id) {
                true => self.joined_members(),
                false => Vec::new(),
            };
            let response = self.joined(&id, members);
            self.answer_join(&id, response, work.outbox);
            self.keep_session(&id, work);
            if let Some(member) = self.members.get_mut(&id) {
                member.is_new = false;
            }
            self.pending_syncs.insert(id);
        }
    }

    /// The deadline of the join phase has come.
    pub fn join_timer_due(&mut self, at_ms: u64, work: &mut Work<'_>) {
        let Some((_, timer)) = self.join_timer.take_if(|(at, _)| *at == at_ms) else {
            return;
        };
        match timer {
            JoinTimer::Initial {
                delay_ms,
                remaining_ms,
            } if self.new_member_added && remaining_ms > 0 => {
                self.new_member_added = false;
                let next_ms = work.settings.initial_rebalance_delay_ms.min(remaining_ms);
                let timer = JoinTimer::Initial {
                    delay_ms: next_ms,
                    remaining_ms: remaining_ms.saturating_sub(delay_ms),
                };
                self.set_join_timer(next_ms, timer, work);
            }
            JoinTimer::Initial { .. } | JoinTimer::Rebalance => self.complete_join(work),
        }
    }

    /// The deadline of the sync phase has come: who has not asked for its assignment is out.
    pub fn sync_timer_due(&mut self, at_ms: u64, work: &mut Work<'_>) {
        if self.sync_timer.take_if(|at| *at == at_ms).is_none() {
            return;
        }
        let silent: Vec<Rc<str>> = self.pending_syncs.iter().cloned().collect();
        if silent.is_empty() {
            return;
        }
        for id in silent {
            self.drop_member(&id, work);
        }
        self.prepare(work);
    }

    /// The timer of a session has come.
    pub fn session_timer_due(&mut self, id: &str, at_ms: u64, work: &mut Work<'_>) {
        if self.pending_joins.get(id) == Some(&at_ms) {
            self.take_pending(id, work);
            return self.complete_if_all_joined(work);
        }
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        if member.timer_ms.take_if(|at| *at == at_ms).is_none() {
            return;
        }
        if member.deadline_ms > work.now.elapsed_ms {
            let deadline_ms = member.deadline_ms;
            member.timer_ms = Some(deadline_ms);
            let timer = Timer::Session {
                group: self.id.clone(),
                member: member.id.clone(),
            };
            return work.timers.add(deadline_ms, timer);
        }
        if !member.waits() {
            self.drop_member(id, work);
            self.members_left(work);
        }
    }

    /// After members have gone.
    pub fn members_left(&mut self, work: &mut Work<'_>) {
        match self.state {
            State::Stable | State::CompletingRebalance => self.prepare(work),
            State::PreparingRebalance => self.complete_if_all_joined(work),
            State::Empty => {}
        }
    }
}
