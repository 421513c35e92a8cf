//! The target of a consumer group: who is to read what.
//!
//! Pure. Kafka's `TargetAssignmentBuilder`. Invariant: the target is made for one epoch of the group, of all its members
//! as they are then; only what changes of it is noted as changed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use uuid::Uuid;

use super::assignor::{Assignor, Candidate, Spec};
use super::changes::Key;
use super::group::ConsumerGroup;
use super::topics::Topics;

impl ConsumerGroup {
    /// The assignor that most members prefer, the first one where none does.
    pub fn preferred_assignor(&self) -> Assignor {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        let preferred = self
            .members()
            .filter_map(|member| member.profile.assignor.as_deref());
        for name in preferred {
            *votes.entry(name).or_default() += 1;
        }
        let most = votes.into_iter().max_by_key(|(_, count)| *count);
        let named = most.and_then(|(name, _)| Assignor::named(name));
        named.unwrap_or(Assignor::ALL[0])
    }

    /// Works out who is to read what in the group's epoch.
    pub fn retarget(&mut self, topics: &dyn Topics) {
        let targets = self.assign(topics);
        for (id, target) in targets {
            if self.has_target(&id) && *self.target(&id) == target {
                continue;
            }
            self.set_target(&id, Some(target));
            self.changed.insert(Key::TargetMember(id));
        }
        self.target_epoch = self.epoch;
        self.changed.insert(Key::Target);
    }

    fn assign(&self, topics: &dyn Topics) -> Vec<(Rc<str>, super::Partitions)> {
        let mut members = self.members();
        let Some(first) = members.next() else {
            return Vec::new();
        };
        let (first_topics, first_pattern) = (&first.profile.topics, &first.profile.pattern);
        let is_homogeneous = members.all(|member| {
            member.profile.topics == *first_topics && member.profile.pattern == *first_pattern
        });
        let subscriptions: Vec<BTreeSet<Uuid>> = match is_homogeneous {
            true => vec![self.reads(first, topics)],
            false => self
                .members()
                .map(|member| self.reads(member, topics))
                .collect(),
        };
        let of = |member: usize| &subscriptions[if is_homogeneous { 0 } else { member }];
        let candidates = self.members().enumerate();
        let candidates = candidates.map(|(index, member)| Candidate {
            id: &member.id,
            instance_id: member.profile.instance_id.as_deref(),
            topics: of(index),
            target: self.target(&member.id),
        });
        let spec = Spec {
            members: candidates.collect(),
            topics: partition_counts(&subscriptions, topics),
            is_homogeneous,
        };
        let targets = self.preferred_assignor().assign(&spec);
        let ids = self.members().map(|member| member.id.clone());
        ids.zip(targets).collect()
    }
}

fn partition_counts(subscriptions: &[BTreeSet<Uuid>], topics: &dyn Topics) -> BTreeMap<Uuid, i32> {
    let read: BTreeSet<&Uuid> = subscriptions.iter().flatten().collect();
    let counted = read.into_iter().filter_map(|id| {
        let (_, count) = topics.find(topics.name(*id)?)?;
        Some((*id, count))
    });
    counted.collect()
}
