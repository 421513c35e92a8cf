//! What of a consumer group has changed and is not stored yet, and the records that store it.
//!
//! Pure. Invariants: a change is noted by its key and stored as it is when the records are made, so that what could not
//! be appended is simply noted again; what deletes comes before what adds, and in the order that Kafka's replay wants;
//! the target's epoch comes behind the targets, so that half of a change that a crash has left is worked out again.

use std::collections::BTreeSet;
use std::rc::Rc;

use corelane_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use corelane_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;

use super::group::ConsumerGroup;
use super::member::to_target;
use super::record::{ConsumerRecord, Part};
use crate::groups::record::GroupRecord;

/// What has changed, in the order in which values are stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The group was one of the classic protocol.
    Classic,
    /// How a member describes itself, or that it is there.
    Member(Rc<str>),
    /// What a pattern stands for.
    Pattern(String),
    /// The group's epoch.
    Group,
    /// What a member is to have.
    TargetMember(Rc<str>),
    /// The target's epoch.
    Target,
    /// What a member has.
    Current(Rc<str>),
}

impl ConsumerGroup {
    /// Notes that a member is new or gone.
    pub fn note_all_of(&mut self, id: &Rc<str>) {
        self.changed.insert(Key::Member(id.clone()));
        self.changed.insert(Key::TargetMember(id.clone()));
        self.changed.insert(Key::Current(id.clone()));
    }

    /// The records that store what these keys name.
    pub fn records(&self, group: &str, keys: &BTreeSet<Key>) -> Vec<GroupRecord> {
        let of = |part: Part| {
            let group = group.to_owned();
            GroupRecord::Consumer(ConsumerRecord { group, part })
        };
        let classic = keys.contains(&Key::Classic);
        let classic = classic.then(|| GroupRecord::Group(group.to_owned(), None));
        let parts = || keys.iter().filter_map(|key| self.part(key));
        let gone = |wanted: fn(&Part) -> bool| parts().filter(wanted).map(of);
        let mut records: Vec<GroupRecord> = classic.into_iter().collect();
        records.extend(gone(|part| matches!(part, Part::Current(_, None))));
        records.extend(gone(|part| matches!(part, Part::TargetMember(_, None))));
        records.extend(gone(|part| matches!(part, Part::Member(_, None))));
        records.extend(gone(|part| matches!(part, Part::Pattern(_, None))));
        records.extend(parts().filter(|part| !part.deletes()).map(of));
        records
    }

    fn part(&self, key: &Key) -> Option<Part> {
        Some(match key {
            Key::Classic => return None,
            Key::Member(id) => {
                let value = self.member(id).map(|member| member.profile_record());
                Part::Member(id.to_string(), value)
            }
            Key::Pattern(pattern) => {
                let value = self.patterns().get(pattern);
                Part::Pattern(pattern.clone(), value.map(|known| known.to_record()))
            }
            Key::Group => Part::Group(Some(ConsumerGroupMetadataValue {
                epoch: self.epoch,
                metadata_hash: self.hash,
            })),
            Key::TargetMember(id) => {
                let value = self.member(id).map(|_| to_target(self.target(id)));
                Part::TargetMember(id.to_string(), value)
            }
            Key::Target => Part::Target(Some(ConsumerGroupTargetAssignmentMetadataValue {
                assignment_epoch: self.target_epoch,
            })),
            Key::Current(id) => {
                let value = self.member(id).map(|member| member.current_record());
                Part::Current(id.to_string(), value)
            }
        })
    }

    /// What deletes the group with all that is in it, as Kafka does.
    pub fn tombstones(&self, group: &str) -> Vec<GroupRecord> {
        let of = |part: Part| {
            let group = group.to_owned();
            GroupRecord::Consumer(ConsumerRecord { group, part })
        };
        let ids = || self.members().map(|member| member.id.to_string());
        let mut records: Vec<GroupRecord> = Vec::new();
        records.extend(ids().map(|id| of(Part::Current(id, None))));
        records.extend(ids().map(|id| of(Part::TargetMember(id, None))));
        records.push(of(Part::Target(None)));
        records.extend(ids().map(|id| of(Part::Member(id, None))));
        let patterns = self.patterns().keys().cloned();
        records.extend(patterns.map(|pattern| of(Part::Pattern(pattern, None))));
        records.push(of(Part::Group(None)));
        records
    }
}

impl Part {
    fn deletes(&self) -> bool {
        match self {
            Part::Group(value) => value.is_none(),
            Part::Member(_, value) => value.is_none(),
            Part::Target(value) => value.is_none(),
            Part::TargetMember(_, value) => value.is_none(),
            Part::Current(_, value) => value.is_none(),
            Part::Pattern(_, value) => value.is_none(),
        }
    }
}
