//! The server-side assignors: who of a group is to read which partition.
//!
//! Pure. Invariants of each: every partition of a topic that somebody reads goes to exactly one of those who read it;
//! nobody gets what it does not read. [`uniform`] levels counts and moves as little as it can, [`range`] gives everybody
//! neighbouring partitions, the same ones of each topic.

pub(crate) mod heterogeneous;
pub(crate) mod range;
pub(crate) mod uniform;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Partitions;

/// A server-side assignor, by Kafka's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Levels, and sticks to what is there.
    Uniform,
    /// Ranges of partitions.
    Range,
}

impl Assignor {
    /// All, the default first: Kafka's `group.consumer.assignors`.
    pub const ALL: [Assignor; 2] = [Assignor::Uniform, Assignor::Range];

    /// Kafka's name.
    pub fn name(self) -> &'static str {
        match self {
            Assignor::Uniform => "uniform",
            Assignor::Range => "range",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Assignor> {
        let mut all = Assignor::ALL.into_iter();
        all.find(|assignor| assignor.name() == name)
    }

    /// The targets of the members, in their order.
    pub fn assign(self, spec: &Spec<'_>) -> Vec<Partitions> {
        match self {
            Assignor::Uniform if spec.is_homogeneous => uniform::assign(spec),
            Assignor::Uniform => heterogeneous::assign(spec),
            Assignor::Range => range::assign(spec),
        }
    }
}

/// What an assignor is told of a member.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its id.
    pub id: &'a str,
    /// The instance that it is.
    pub instance_id: Option<&'a str>,
    /// What it reads; all of it is in [`Spec::topics`].
    pub topics: &'a BTreeSet<Uuid>,
    /// What it was to have before.
    pub target: &'a Partitions,
}

/// What an assignor is told.
#[derive(Clone, Debug)]
pub struct Spec<'a> {
    /// The members, in the order of their ids.
    pub members: Vec<Candidate<'a>>,
    /// How many partitions the topics have that somebody reads.
    pub topics: BTreeMap<Uuid, i32>,
    /// Whether all read the same topics.
    pub is_homogeneous: bool,
}

impl Spec<'_> {
    /// Whether there is such a partition.
    fn has(&self, topic: Uuid, index: i32) -> bool {
        let partition_count = self.topics.get(&topic);
        partition_count.is_some_and(|count| (0..*count).contains(&index))
    }

    /// What of their former targets members may keep: of what they read, of what there is, and each partition once.
    fn kept(&self) -> (Vec<Partitions>, BTreeSet<(Uuid, i32)>) {
        let mut taken = BTreeSet::new();
        let kept = self.members.iter().map(|member| {
            let mut kept = Partitions::new();
            for (topic, index) in super::each(member.target) {
                let is_read = member.topics.contains(&topic) && self.has(topic, index);
                if is_read && taken.insert((topic, index)) {
                    super::add(&mut kept, topic, index);
                }
            }
            kept
        });
        (kept.collect(), taken)
    }

    /// The partitions that are in nobody's hands.
    fn free(&self, taken: &BTreeSet<(Uuid, i32)>) -> Vec<(Uuid, i32)> {
        let all = self.topics.iter();
        let all = all.flat_map(|(topic, count)| (0..*count).map(|index| (*topic, index)));
        all.filter(|at| !taken.contains(at)).collect()
    }
}

#[cfg(test)]
mod tests;
