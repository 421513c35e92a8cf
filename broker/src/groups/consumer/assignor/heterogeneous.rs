//! The assignor `uniform` where members read different topics: loads are levelled as far as the subscriptions allow.
//!
//! Pure. What members have they keep at first; what is free goes to those of its readers who have least, topics with
//! many partitions for each reader first; then partitions move, topic by topic, from who has most to who has least, until
//! no two readers of a topic differ by more than one or the rounds are over. Kafka's result is levelled to the same
//! degree; which member gets which partition may differ.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::{Partitions, add, count};
use super::Spec;

/// Rounds over all topics, as in Kafka: each about halves what is uneven.
const ROUNDS_MAX: usize = 16;

struct Levelling<'a> {
    spec: &'a Spec<'a>,
    targets: Vec<Partitions>,
    loads: Vec<usize>,
    /// The members that read a topic, in their order.
    readers: BTreeMap<Uuid, Vec<usize>>,
}

/// The targets of the members, in their order.
pub fn assign(spec: &Spec<'_>) -> Vec<Partitions> {
    let (targets, taken) = spec.kept();
    let mut readers: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
    for (member, candidate) in spec.members.iter().enumerate() {
        for topic in candidate.topics {
            readers.entry(*topic).or_default().push(member);
        }
    }
    let mut levelling = Levelling {
        loads: targets.iter().map(count).collect(),
        spec,
        targets,
        readers,
    };
    let order = levelling.topics_in_order();
    levelling.hand_out(&order, &spec.free(&taken));
    levelling.level(&order);
    levelling.targets
}

impl Levelling<'_> {
    /// Many partitions for each reader first, then few readers, then the id.
    fn topics_in_order(&self) -> Vec<Uuid> {
        let mut topics: Vec<(Uuid, u64, u64)> = self
            .readers
            .iter()
            .filter_map(|(topic, readers)| {
                let partitions = u64::try_from(*self.spec.topics.get(topic)?).ok()?;
                Some((*topic, partitions, readers.len() as u64))
            })
            .collect();
        topics.sort_by(|a, b| {
            // a.1 / a.2 against b.1 / b.2, without a fraction.
            (b.1 * a.2)
                .cmp(&(a.1 * b.2))
                .then(a.2.cmp(&b.2))
                .then(a.0.cmp(&b.0))
        });
        topics.into_iter().map(|(topic, _, _)| topic).collect()
    }

    fn by_load(&self, topic: Uuid) -> BTreeSet<(usize, usize)> {
        let readers = self.readers.get(&topic).into_iter().flatten();
        readers
            .map(|member| (self.loads[*member], *member))
            .collect()
    }

    fn hand_out(&mut self, order: &[Uuid], free: &[(Uuid, i32)]) {
        for topic in order {
            let mut by_load = self.by_load(*topic);
            let from = free.partition_point(|(other, _)| other < topic);
            let of_topic = free[from..].iter().take_while(|(other, _)| other == topic);
            for (_, index) in of_topic {
                let Some((load, member)) = by_load.pop_first() else {
                    break;
                };
                add(&mut self.targets[member], *topic, *index);
                self.loads[member] = load + 1;
                by_load.insert((load + 1, member));
            }
        }
    }

    fn level(&mut self, order: &[Uuid]) {
        for _ in 0..ROUNDS_MAX {
            let moved: usize = order.iter().map(|topic| self.level_topic(*topic)).sum();
            if moved == 0 {
                return;
            }
        }
    }

    /// Moves partitions of one topic; returns how many.
    fn level_topic(&mut self, topic: Uuid) -> usize {
        let mut takers = self.by_load(topic);
        let mut givers = takers.clone();
        let mut moved = 0;
        while let (Some(least), Some(most)) = (takers.first().copied(), givers.last().copied()) {
            if most.0 <= least.0 + 1 {
                break;
            }
            let Some(index) = self.take_last(topic, most.1) else {
                // It has nothing of this topic to give.
                givers.remove(&most);
                continue;
            };
            add(&mut self.targets[least.1], topic, index);
            moved += 1;
            for (member, before, after) in [
                (most.1, most.0, most.0 - 1),
                (least.1, least.0, least.0 + 1),
            ] {
                self.loads[member] = after;
                takers.remove(&(before, member));
                takers.insert((after, member));
                if givers.remove(&(before, member)) {
                    givers.insert((after, member));
                }
            }
        }
        moved
    }

    fn take_last(&mut self, topic: Uuid, member: usize) -> Option<i32> {
        let target = &mut self.targets[member];
        let indexes = target.get_mut(&topic)?;
        let last = indexes.pop_last();
        if indexes.is_empty() {
            target.remove(&topic);
        }
        last
    }
}
