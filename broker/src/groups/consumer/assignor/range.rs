//! The assignor `range`: of each topic everybody who reads it gets neighbouring partitions, in one order of the members.
//!
//! Pure. As Kafka's: static members come first, in the order of their instances, so that they get the same again under
//! other ids; topics with equally many partitions and readers are shared out alike.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::super::Partitions;
use super::{Candidate, Spec};

/// How far a topic has been shared out.
struct Sharing {
    partitions: i32,
    /// What everybody gets.
    quota: i32,
    /// How many still get one more.
    larger: i32,
    next: i32,
}

/// The targets of the members, in their order.
pub fn assign(spec: &Spec<'_>) -> Vec<Partitions> {
    let mut topics = sharings(spec);
    let mut order: Vec<usize> = (0..spec.members.len()).collect();
    order.sort_by(|a, b| compare(&spec.members[*a], &spec.members[*b]));
    let mut targets = vec![Partitions::new(); spec.members.len()];
    for member in order {
        for topic in spec.members[member].topics {
            let Some(sharing) = topics.get_mut(topic) else {
                continue;
            };
            let part = sharing.next_part();
            if !part.is_empty() {
                targets[member].insert(*topic, part.collect());
            }
        }
    }
    targets
}

fn sharings(spec: &Spec<'_>) -> BTreeMap<Uuid, Sharing> {
    let mut readers: BTreeMap<Uuid, i32> = BTreeMap::new();
    for topic in spec.members.iter().flat_map(|member| member.topics) {
        *readers.entry(*topic).or_default() += 1;
    }
    let sharing = |(topic, readers): (Uuid, i32)| {
        let partitions = *spec.topics.get(&topic)?;
        let sharing = Sharing {
            partitions,
            quota: partitions / readers,
            larger: partitions % readers,
            next: 0,
        };
        Some((topic, sharing))
    };
    readers.into_iter().filter_map(sharing).collect()
}

impl Sharing {
    fn next_part(&mut self) -> std::ops::Range<i32> {
        let mut length = self.quota;
        if self.larger > 0 {
            self.larger -= 1;
            length += 1;
        }
        let start = self.next;
        self.next = (start + length).min(self.partitions);
        start..self.next
    }
}

fn compare(a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
    match (a.instance_id, b.instance_id) {
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.id.cmp(b.id),
    }
}
