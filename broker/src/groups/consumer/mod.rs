//! Groups of the consumer protocol (KIP-848): members say what they read, and the coordinator says who reads what.
//!
//! Pure, as all of a coordinator's machine. A heartbeat changes the group in memory at once and is answered when the
//! records of the change are durable, so that nobody acts on what a restart would not know. [`heartbeat`] is what
//! members ask, [`assignor`] chooses a target for the whole group, [`reconcile`] brings one member towards its target
//! step by step: it gives up first, and gets only what nobody holds. [`upgrade`] has what happens between groups of
//! this protocol and of the classic one.

pub(crate) mod assignor;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod classic_member;
pub(crate) mod describing;
pub(crate) mod embedded;
pub(crate) mod group;
pub(crate) mod heartbeat;
pub(crate) mod member;
pub(crate) mod pattern;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod session;
pub(crate) mod target;
pub(crate) mod topics;
pub(crate) mod upgrade;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

/// Partitions by topic.
pub(crate) type Partitions = BTreeMap<Uuid, BTreeSet<i32>>;

/// How many partitions there are in all.
pub(crate) fn count(partitions: &Partitions) -> usize {
    partitions.values().map(BTreeSet::len).sum()
}

/// Each partition.
pub(crate) fn each(partitions: &Partitions) -> impl Iterator<Item = (Uuid, i32)> + '_ {
    let topics = partitions.iter();
    topics.flat_map(|(topic, indexes)| indexes.iter().map(|index| (*topic, *index)))
}

/// Adds one.
pub(crate) fn add(partitions: &mut Partitions, topic: Uuid, index: i32) {
    partitions.entry(topic).or_default().insert(index);
}

/// Whether one is there.
pub(crate) fn has(partitions: &Partitions, topic: Uuid, index: i32) -> bool {
    let indexes = partitions.get(&topic);
    indexes.is_some_and(|indexes| indexes.contains(&index))
}
