//! What time does to the members of a consumer group: sessions end, and so does the patience with those that are to give
//! partitions up.
//!
//! Pure. Invariant: a deadline stands among the coordinator's timers exactly while its member remembers it.

use std::rc::Rc;

use super::member::Stage;
use crate::groups::group::Group;
use crate::groups::rebalance::Work;
use crate::groups::timers::Timer;

impl Group {
    /// Sees to it that a member gives up in time what it is to give up.
    pub(in crate::groups) fn watch_revocation(&mut self, id: &Rc<str>, work: &mut Work<'_>) {
        let timer = Timer::Revoke {
            group: self.id.clone(),
            member: id.clone(),
        };
        let Some(consumer) = &mut self.consumer else {
            return;
        };
        let Some(member) = consumer.timers_of(id) else {
            return;
        };
        if let Some((at, _)) = member.revoke_by.take() {
            work.timers.cancel(at, timer.clone());
        }
        if member.stage == Stage::Unrevoked && !member.is_classic() {
            let timeout_ms = u64::try_from(member.profile.rebalance_timeout_ms).unwrap_or(0);
            let at = work.now.elapsed_ms.saturating_add(timeout_ms);
            member.revoke_by = Some((at, member.epoch));
            work.timers.add(at, timer);
        }
    }

    /// The time has come by which a member was to give partitions up.
    pub(in crate::groups) fn revoke_timer_due(
        &mut self,
        id: &Rc<str>,
        at_ms: u64,
        work: &mut Work<'_>,
    ) {
        let member = self.consumer.as_mut().and_then(|c| c.timers_of(id));
        let Some(member) = member else { return };
        let due = member.revoke_by.take_if(|(at, _)| *at == at_ms);
        if due.is_some_and(|(_, epoch)| epoch == member.epoch) {
            self.drop_consumer(id, work);
        }
    }

    /// A member of a consumer group has been heard of.
    pub(in crate::groups) fn keep_consumer_session(&mut self, id: &str, work: &mut Work<'_>) {
        let group = self.id.clone();
        let default_ms = work.settings.consumer_session_timeout_ms;
        let Some(member) = self.consumer.as_mut().and_then(|c| c.timers_of(id)) else {
            return;
        };
        let classic = member.profile.classic.as_ref();
        let timeout_ms = classic.map_or(default_ms, |said| said.session_timeout_ms);
        let timeout_ms = u64::try_from(timeout_ms).unwrap_or(0);
        member.deadline_ms = work.now.elapsed_ms.saturating_add(timeout_ms);
        if member.timer_ms.is_some_and(|at| at <= member.deadline_ms) {
            return;
        }
        let timer = Timer::Session {
            group,
            member: member.id.clone(),
        };
        if let Some(at) = member.timer_ms.replace(member.deadline_ms) {
            work.timers.cancel(at, timer.clone());
        }
        work.timers.add(member.deadline_ms, timer);
    }

    /// The timer of a session has come.
    pub(in crate::groups) fn consumer_session_due(
        &mut self,
        id: &Rc<str>,
        at_ms: u64,
        work: &mut Work<'_>,
    ) {
        let member = self.consumer.as_mut().and_then(|c| c.timers_of(id));
        let Some(member) = member else { return };
        if member.timer_ms.take_if(|at| *at == at_ms).is_none() {
            return;
        }
        if member.deadline_ms > work.now.elapsed_ms {
            member.timer_ms = Some(member.deadline_ms);
            let timer = Timer::Session {
                group: self.id.clone(),
                member: id.clone(),
            };
            return work.timers.add(member.deadline_ms, timer);
        }
        self.drop_consumer(id, work);
    }

    /// Takes the deadlines of a member away that goes.
    pub(in crate::groups) fn cancel_consumer_timers(&mut self, id: &str, work: &mut Work<'_>) {
        let group = &self.id;
        let Some(member) = self.consumer.as_mut().and_then(|c| c.timers_of(id)) else {
            return;
        };
        let (group, member_id) = (group.clone(), member.id.clone());
        if let Some(at) = member.timer_ms.take() {
            let (group, member) = (group.clone(), member_id.clone());
            work.timers.cancel(at, Timer::Session { group, member });
        }
        if let Some((at, _)) = member.revoke_by.take() {
            let (group, member) = (group.clone(), member_id.clone());
            work.timers.cancel(at, Timer::Revoke { group, member });
        }
        if let Some(at) = member.classic_by.take() {
            let member = member_id;
            work.timers.cancel(at, Timer::Rejoin { group, member });
        }
    }
}
