//! A consumer group as the log has it.
//!
//! Pure. Records are taken as they come: a log that was compacted, or that ends in half of a change, is no error. What
//! does not fit together is put right by the next heartbeat, as the group's epoch is above its target's then.

use std::rc::Rc;

use super::group::ConsumerGroup;
use super::member::{ConsumerMember, Profile, from_target};
use super::pattern::Resolved;
use super::record::{ConsumerRecord, Part};
use crate::groups::group::Group;
use crate::groups::machine::GroupMachine;
use crate::groups::member::Client;
use crate::groups::rebalance::Work;

impl GroupMachine {
    /// Takes in a record of a consumer group.
    pub(in crate::groups) fn replay_consumer(&mut self, record: ConsumerRecord) {
        let ConsumerRecord { group: id, part } = record;
        if !self.groups.contains_key(id.as_str()) {
            if part.is_tombstone() {
                return;
            }
            self.create(&id);
        }
        let Some(group) = self.groups.get_mut(id.as_str()) else {
            return;
        };
        let before = group.bytes;
        match part {
            Part::Group(None) => {
                let gone = group.consumer.take();
                let taken = gone.map_or(0, |consumer| consumer.bytes());
                group.bytes = group.bytes.saturating_sub(taken);
            }
            part if part.is_tombstone() && group.consumer.is_none() => {}
            part => {
                group.consumer.get_or_insert_default();
                group.change_consumer(|consumer| consumer.replay(part));
            }
        }
        self.bytes = self.bytes.saturating_sub(before) + group.bytes;
        self.remove_if_unused(&id);
    }
}

impl Part {
    fn is_tombstone(&self) -> bool {
        matches!(
            self,
            Part::Group(None)
                | Part::Member(_, None)
                | Part::Target(None)
                | Part::TargetMember(_, None)
                | Part::Current(_, None)
                | Part::Pattern(_, None)
        )
    }
}

impl ConsumerGroup {
    fn replay(&mut self, part: Part) {
        match part {
            Part::Group(Some(stored)) => {
                self.epoch = stored.epoch;
                self.hash = stored.metadata_hash;
            }
            Part::Target(stored) => {
                self.target_epoch = stored.map_or(0, |stored| stored.assignment_epoch);
            }
            Part::Member(id, Some(stored)) => {
                let mut member = self.member_or_new(&id);
                member.profile = Profile::from_record(stored);
                self.put(member);
            }
            Part::Member(id, None) => drop(self.take(&id)),
            Part::TargetMember(id, stored) => {
                let target = stored.map(|stored| from_target(&stored));
                self.set_target(&id, target);
            }
            Part::Current(id, Some(stored)) => {
                let mut member = self.member_or_new(&id);
                member.take_current(&stored);
                self.put(member);
            }
            Part::Current(id, None) => {
                if let Some(member) = self.member(&id) {
                    let fresh = ConsumerMember::new(member.id.clone(), member.profile.clone());
                    self.put(fresh);
                }
            }
            Part::Pattern(pattern, Some(stored)) => {
                self.set_pattern(&pattern, Resolved::from_record(stored));
            }
            Part::Pattern(_, None) | Part::Group(None) => {}
        }
        self.changed.clear();
    }

    fn member_or_new(&self, id: &str) -> ConsumerMember {
        self.member(id).cloned().unwrap_or_else(|| {
            let profile = Profile {
                instance_id: None,
                rack_id: None,
                client: Client {
                    id: String::new(),
                    host: String::new(),
                },
                rebalance_timeout_ms: -1,
                topics: std::collections::BTreeSet::new(),
                pattern: None,
                assignor: None,
                classic: None,
            };
            ConsumerMember::new(Rc::from(id), profile)
        })
    }
}

impl Group {
    /// The log has been read: sessions begin anew, and so does the time to give partitions up.
    pub(in crate::groups) fn start_consumer(&mut self, work: &mut Work<'_>) {
        self.change_consumer(|consumer| {
            consumer.forget_patterns();
            consumer.forget_stray_targets();
            consumer.changed.clear();
        });
        let consumer = self.consumer.iter();
        let ids: Vec<Rc<str>> = consumer
            .flat_map(|consumer| consumer.members().map(|member| member.id.clone()))
            .collect();
        for id in ids {
            self.keep_consumer_session(&id, work);
            self.watch_revocation(&id, work);
        }
    }
}

/// The timers of a member that stand in the set.
#[cfg(test)]
pub fn timer_count(member: &ConsumerMember) -> usize {
    let timers = [
        member.timer_ms,
        member.revoke_by.map(|(at, _)| at),
        member.classic_by,
    ];
    timers.iter().flatten().count()
}
