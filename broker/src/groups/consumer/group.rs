//! A consumer group: its members, its target, its epochs, and which partitions are in somebody's hands.
//!
//! Pure. Invariants: `held` counts, for each partition, the members that have it or are giving it up; `names` counts the
//! members that name a topic, a pattern's `members` those that name it; `instances` has each static member; `bytes` is
//! what members, targets and patterns take. All of it is kept by [`ConsumerGroup::put`] and [`ConsumerGroup::take`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use uuid::Uuid;

use super::changes::Key;
use super::member::ConsumerMember;
use super::pattern::Resolved;
use super::topics::{Topics, TopicsHash};
use super::{Partitions, count, each};

/// Memory of one partition of a target.
const TARGET_PARTITION_BYTES: usize = 16;

static NOTHING: Partitions = Partitions::new();

/// Where a group is; Kafka's `ConsumerGroupState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumerState {
    /// No members.
    Empty,
    /// The target is older than the group.
    Assigning,
    /// Members are on their way to it.
    Reconciling,
    /// All have what they are to have.
    Stable,
}

impl ConsumerState {
    /// Kafka's name.
    pub fn name(self) -> &'static str {
        match self {
            ConsumerState::Empty => "Empty",
            ConsumerState::Assigning => "Assigning",
            ConsumerState::Reconciling => "Reconciling",
            ConsumerState::Stable => "Stable",
        }
    }
}

/// A group.
#[derive(Debug, Default)]
pub struct ConsumerGroup {
    /// Its epoch: grows with each change of who reads what.
    pub epoch: i32,
    /// The hash of the topics that it reads.
    pub hash: i64,
    /// The epoch that the target is for.
    pub target_epoch: i32,
    /// The topics that `hash` was worked out from.
    pub topics_seen: u64,
    /// What has changed and is in no append.
    pub changed: BTreeSet<Key>,
    /// Appends under way.
    pub appends: usize,
    members: BTreeMap<Rc<str>, ConsumerMember>,
    targets: BTreeMap<Rc<str>, Partitions>,
    instances: HashMap<String, Rc<str>>,
    held: HashMap<(Uuid, i32), u32>,
    names: BTreeMap<String, usize>,
    patterns: BTreeMap<String, Resolved>,
    bytes: usize,
}

impl ConsumerGroup {
    /// Whether nobody has ever been in it, and the log does not know it.
    pub fn is_unused(&self) -> bool {
        self.members.is_empty() && self.epoch == 0
    }

    /// A member.
    pub fn member(&self, id: &str) -> Option<&ConsumerMember> {
        self.members.get(id)
    }

    /// A member, to change its timers.
    pub fn timers_of(&mut self, id: &str) -> Option<&mut ConsumerMember> {
        self.members.get_mut(id)
    }

    /// All members, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &ConsumerMember> {
        self.members.values()
    }

    /// How many there are.
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// The member that an instance is.
    pub fn static_member(&self, instance: &str) -> Option<&ConsumerMember> {
        self.members.get(self.instances.get(instance)?)
    }

    /// What a member is to have.
    pub fn target(&self, id: &str) -> &Partitions {
        self.targets.get(id).unwrap_or(&NOTHING)
    }

    /// Memory of it all, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The patterns that members name.
    pub fn patterns(&self) -> &BTreeMap<String, Resolved> {
        &self.patterns
    }

    /// Whether a partition is in somebody's hands.
    pub fn is_held(&self, topic: Uuid, index: i32) -> bool {
        self.held.contains_key(&(topic, index))
    }

    /// Takes a member in, or over the one of the same id.
    pub fn put(&mut self, member: ConsumerMember) {
        self.forget(&member.id.clone());
        let profile = &member.profile;
        if let Some(instance) = &profile.instance_id {
            self.instances.insert(instance.clone(), member.id.clone());
        }
        for name in &profile.topics {
            match self.names.get_mut(name) {
                Some(readers) => *readers += 1,
                None => drop(self.names.insert(name.clone(), 1)),
            }
        }
        if let Some(pattern) = &profile.pattern {
            self.pattern_entry(pattern).members += 1;
        }
        for at in each(&member.assigned).chain(each(&member.revoking)) {
            *self.held.entry(at).or_default() += 1;
        }
        self.bytes += member.bytes();
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member out, with its target; patterns that nobody names any more go as well.
    pub fn take(&mut self, id: &str) -> Option<ConsumerMember> {
        let member = self.forget(id);
        self.set_target(id, None);
        self.forget_patterns();
        member
    }

    fn forget(&mut self, id: &str) -> Option<ConsumerMember> {
        let member = self.members.remove(id)?;
        let profile = &member.profile;
        if let Some(instance) = &profile.instance_id
            && self.instances.get(instance) == Some(&member.id)
        {
            self.instances.remove(instance);
        }
        for name in &profile.topics {
            if let Some(readers) = self.names.get_mut(name) {
                *readers -= 1;
                if *readers == 0 {
                    self.names.remove(name);
                }
            }
        }
        if let Some(pattern) = &profile.pattern
            && let Some(known) = self.patterns.get_mut(pattern)
        {
            known.members = known.members.saturating_sub(1);
        }
        for at in each(&member.assigned).chain(each(&member.revoking)) {
            if let Some(holders) = self.held.get_mut(&at) {
                *holders -= 1;
                if *holders == 0 {
                    self.held.remove(&at);
                }
            }
        }
        self.bytes = self.bytes.saturating_sub(member.bytes());
        Some(member)
    }

    /// Forgets patterns that nobody names.
    pub fn forget_patterns(&mut self) {
        let unused = self.patterns.iter().filter(|(_, known)| known.members == 0);
        let unused: Vec<String> = unused.map(|(pattern, _)| pattern.clone()).collect();
        for pattern in unused {
            if let Some(known) = self.patterns.remove(&pattern) {
                self.bytes = self.bytes.saturating_sub(known.bytes() + pattern.len());
            }
            self.changed.insert(Key::Pattern(pattern));
        }
    }

    fn pattern_entry(&mut self, pattern: &str) -> &mut Resolved {
        let unresolved = Resolved {
            topics: BTreeSet::new(),
            at_ms: 0,
            topics_version: 0,
            members: 0,
        };
        if !self.patterns.contains_key(pattern) {
            self.bytes += unresolved.bytes() + pattern.len();
        }
        let entry = self.patterns.entry(pattern.to_owned());
        entry.or_insert(unresolved)
    }

    /// Notes what a pattern stands for.
    pub fn set_pattern(&mut self, pattern: &str, resolved: Resolved) {
        let added = resolved.bytes();
        let entry = self.pattern_entry(pattern);
        let taken = entry.bytes();
        let members = entry.members;
        *entry = Resolved {
            members,
            ..resolved
        };
        self.bytes = self.bytes.saturating_sub(taken) + added;
    }

    /// Notes what a member is to have; none where it is none any more.
    pub fn set_target(&mut self, id: &str, target: Option<Partitions>) {
        let bytes = |target: &Partitions| TARGET_PARTITION_BYTES * count(target);
        let before = match target {
            Some(target) => {
                self.bytes += bytes(&target);
                self.targets.insert(Rc::from(id), target)
            }
            None => self.targets.remove(id),
        };
        let taken = before.as_ref().map_or(0, bytes);
        self.bytes = self.bytes.saturating_sub(taken);
    }

    /// Whether a target has been noted for this member.
    pub fn has_target(&self, id: &str) -> bool {
        self.targets.contains_key(id)
    }

    /// Targets of those that are no members: what a crash has left of a change.
    pub fn forget_stray_targets(&mut self) {
        let stray = self.targets.keys();
        let stray = stray.filter(|id| !self.members.contains_key(*id)).cloned();
        for id in stray.collect::<Vec<_>>() {
            self.set_target(&id, None);
        }
    }

    /// Where it is.
    pub fn state(&self) -> ConsumerState {
        if self.members.is_empty() {
            return ConsumerState::Empty;
        }
        if self.epoch > self.target_epoch {
            return ConsumerState::Assigning;
        }
        match self.members().all(|member| member.is_at(self.target_epoch)) {
            true => ConsumerState::Stable,
            false => ConsumerState::Reconciling,
        }
    }

    /// Whether a member reads this topic.
    pub fn subscribes_to(&self, topic: &str) -> bool {
        let mut patterns = self.patterns.values();
        self.names.contains_key(topic) || patterns.any(|known| known.topics.contains(topic))
    }

    /// The hash of the topics that it reads, of those that there are.
    pub fn topics_hash(&self, topics: &dyn Topics) -> i64 {
        let by_pattern = self.patterns.values().flat_map(|known| &known.topics);
        let by_name = self.names.keys();
        let read: BTreeSet<&String> = by_name.chain(by_pattern).collect();
        let mut hash = TopicsHash::new();
        for (id, partitions) in read.into_iter().filter_map(|name| topics.find(name)) {
            hash.add(id, partitions);
        }
        hash.value()
    }

    /// The ids of the topics that a member reads, of those that there are.
    pub fn reads(&self, member: &ConsumerMember, topics: &dyn Topics) -> BTreeSet<Uuid> {
        let pattern = member.profile.pattern.as_ref();
        let known = pattern.and_then(|pattern| self.patterns.get(pattern));
        let by_pattern = known.into_iter().flat_map(|known| &known.topics);
        let names = member.profile.topics.iter().chain(by_pattern);
        let found = names.filter_map(|name| topics.find(name));
        found.map(|(id, _)| id).collect()
    }

    /// Raises the group's epoch.
    pub fn raise_epoch(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
        self.changed.insert(Key::Group);
    }

    /// Brings the hash up to date; whether it has changed.
    pub fn look_at_topics(&mut self, topics: &dyn Topics, version: u64) -> bool {
        self.topics_seen = version;
        let hash = self.topics_hash(topics);
        std::mem::replace(&mut self.hash, hash) != hash
    }
}

#[cfg(test)]
impl ConsumerGroup {
    /// What `put` and `take` keep is what it says that it is.
    pub fn check_sums(&self) {
        let members: usize = self.members().map(ConsumerMember::bytes).sum();
        let targets = self.targets.values().map(count).sum::<usize>() * TARGET_PARTITION_BYTES;
        let patterns = self.patterns.iter();
        let patterns: usize = patterns
            .map(|(text, known)| text.len() + known.bytes())
            .sum();
        assert_eq!(self.bytes, members + targets + patterns);
        let mut held: HashMap<(Uuid, i32), u32> = HashMap::new();
        for member in self.members() {
            for at in each(&member.assigned).chain(each(&member.revoking)) {
                *held.entry(at).or_default() += 1;
            }
        }
        assert_eq!(self.held, held);
        assert!(held.values().all(|holders| *holders == 1), "{held:?}");
        let statics = self.members().filter(|m| m.profile.instance_id.is_some());
        assert_eq!(statics.count(), self.instances.len());
    }
}
