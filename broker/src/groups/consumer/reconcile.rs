//! One step of a member towards its target: what it gives up, what it gets, and in which epoch it is then.
//!
//! Pure. Kafka's `CurrentAssignmentBuilder`. Invariants: a member gives up before it gets anything; it is given what
//! nobody holds, and holds itself what it has been told to give up until it says that it has; its epoch is the target's
//! once nothing is left to give up.

use std::collections::BTreeSet;

use corelane_protocol::messages::consumer_group_heartbeat::RequestTopicPartitions;
use uuid::Uuid;

use super::member::{ConsumerMember, Stage};
use super::{Partitions, add, each, has};

/// Where a member is led.
pub struct Goal<'a, H: Fn(Uuid, i32) -> bool> {
    /// The epoch of the target.
    pub epoch: i32,
    /// What it is to have.
    pub target: &'a Partitions,
    /// The topics that it reads.
    pub reads: &'a BTreeSet<Uuid>,
    /// Whether it reads something else than before.
    pub is_changed: bool,
    /// Whether somebody holds a partition.
    pub is_held: H,
    /// What it says that it has; none where it says nothing.
    pub owned: Option<&'a [RequestTopicPartitions]>,
}

/// Where it is then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How far it is.
    pub stage: Stage,
    /// Its epoch.
    pub epoch: i32,
    /// What it has.
    pub assigned: Partitions,
    /// What it is to give up.
    pub revoking: Partitions,
}

impl<H: Fn(Uuid, i32) -> bool> Goal<'_, H> {
    /// The next step; none where the member stays as it is. A member whose stage is not known here goes on once it has
    /// given everything up.
    pub fn step(&self, member: &ConsumerMember) -> Option<Step> {
        if !self.is_changed && member.is_at(self.epoch) {
            return None;
        }
        match member.stage {
            Stage::Stable if member.epoch != self.epoch => Some(self.next(member)),
            Stage::Stable => self.without_unread(member),
            Stage::Unrevoked if !self.still_owns(&member.revoking) => Some(self.next(member)),
            Stage::Unrevoked if self.is_changed => self.without_unread(member),
            Stage::Unrevoked => None,
            Stage::Unreleased | Stage::Unknown => Some(self.next(member)),
        }
    }

    /// Whether the member has not said that it has given all of this up.
    fn still_owns(&self, partitions: &Partitions) -> bool {
        let Some(owned) = self.owned else { return true };
        let mut owned = owned.iter();
        owned.any(|topic| {
            let mut indexes = topic.partitions.iter();
            indexes.any(|index| has(partitions, topic.topic_id, *index))
        })
    }

    fn next(&self, member: &ConsumerMember) -> Step {
        let is_wanted =
            |topic: Uuid, index: i32| self.reads.contains(&topic) && has(self.target, topic, index);
        let mut assigned = Partitions::new();
        let mut revoking = Partitions::new();
        for (topic, index) in each(&member.assigned) {
            let to = match is_wanted(topic, index) {
                true => &mut assigned,
                false => &mut revoking,
            };
            add(to, topic, index);
        }
        if !revoking.is_empty() && self.still_owns(&revoking) {
            return Step {
                stage: Stage::Unrevoked,
                epoch: member.epoch,
                assigned,
                revoking,
            };
        }
        let mut stage = Stage::Stable;
        for (topic, index) in each(self.target) {
            if !self.reads.contains(&topic) || has(&assigned, topic, index) {
                continue;
            }
            // What it holds itself has just been given up.
            let is_own = has(&member.revoking, topic, index) || has(&revoking, topic, index);
            match (self.is_held)(topic, index) && !is_own {
                true => stage = Stage::Unreleased,
                false => add(&mut assigned, topic, index),
            }
        }
        Step {
            stage,
            epoch: self.epoch,
            assigned,
            revoking: Partitions::new(),
        }
    }

    /// Takes away at once what the member does not read any more, in the epoch that it is in.
    fn without_unread(&self, member: &ConsumerMember) -> Option<Step> {
        let mut assigned = Partitions::new();
        let mut revoking = member.revoking.clone();
        for (topic, index) in each(&member.assigned) {
            let to = match self.reads.contains(&topic) {
                true => &mut assigned,
                false => &mut revoking,
            };
            add(to, topic, index);
        }
        if assigned == member.assigned {
            return None;
        }
        let (stage, revoking) = match self.still_owns(&revoking) {
            true => (Stage::Unrevoked, revoking),
            false => (member.stage, Partitions::new()),
        };
        Some(Step {
            stage,
            epoch: member.epoch,
            assigned,
            revoking,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::consumer::member::Profile;
    use crate::groups::member::Client;

    const TOPIC: Uuid = Uuid::from_u128(7);

    fn of(indexes: &[i32]) -> Partitions {
        let mut partitions = Partitions::new();
        for index in indexes {
            add(&mut partitions, TOPIC, *index);
        }
        partitions
    }

    fn member(stage: Stage, epoch: i32, assigned: &[i32], revoking: &[i32]) -> ConsumerMember {
        let profile = Profile {
            instance_id: None,
            rack_id: None,
            client: Client {
                id: String::new(),
                host: String::new(),
            },
            rebalance_timeout_ms: 1,
            topics: BTreeSet::from(["t".to_owned()]),
            pattern: None,
            assignor: None,
            classic: None,
        };
        ConsumerMember {
            stage,
            epoch,
            assigned: of(assigned),
            revoking: of(revoking),
            ..ConsumerMember::new("m".into(), profile)
        }
    }

    fn step(
        member: &ConsumerMember,
        target: &[i32],
        held: &[i32],
        owned: Option<&[i32]>,
    ) -> Option<Step> {
        let owned = owned.map(|indexes| {
            vec![RequestTopicPartitions {
                topic_id: TOPIC,
                partitions: indexes.to_vec(),
            }]
        });
        let goal = Goal {
            epoch: 9,
            target: &of(target),
            reads: &BTreeSet::from([TOPIC]),
            is_changed: false,
            is_held: |_, index| held.contains(&index),
            owned: owned.as_deref(),
        };
        goal.step(member)
    }

    fn at(stage: Stage, epoch: i32, assigned: &[i32], revoking: &[i32]) -> Option<Step> {
        Some(Step {
            stage,
            epoch,
            assigned: of(assigned),
            revoking: of(revoking),
        })
    }

    #[test]
    fn a_member_gives_up_before_it_gets_anything() {
        let stable = member(Stage::Stable, 8, &[0, 1], &[]);
        let told = step(&stable, &[1, 2], &[0, 1], None);
        assert_eq!(told, at(Stage::Unrevoked, 8, &[1], &[0]));
    }

    #[test]
    fn a_member_that_has_not_given_up_stays_where_it_is() {
        let told = member(Stage::Unrevoked, 8, &[1], &[0]);
        assert_eq!(step(&told, &[1, 2], &[0, 1], Some(&[0, 1])), None);
        assert_eq!(step(&told, &[1, 2], &[0, 1], None), None);
    }

    #[test]
    fn a_member_that_has_given_up_gets_what_is_free_and_waits_for_the_rest() {
        let told = member(Stage::Unrevoked, 8, &[1], &[0]);
        let then = step(&told, &[1, 2, 3], &[0, 1, 3], Some(&[1]));
        assert_eq!(then, at(Stage::Unreleased, 9, &[1, 2], &[]));
        let waits = member(Stage::Unreleased, 9, &[1, 2], &[]);
        let then = step(&waits, &[1, 2, 3], &[1, 2], None);
        assert_eq!(then, at(Stage::Stable, 9, &[1, 2, 3], &[]));
    }

    #[test]
    fn what_a_member_has_given_up_itself_it_may_get_again() {
        let told = member(Stage::Unrevoked, 8, &[], &[0]);
        let then = step(&told, &[0], &[0], Some(&[]));
        assert_eq!(then, at(Stage::Stable, 9, &[0], &[]));
    }

    #[test]
    fn a_member_that_has_what_it_is_to_have_only_changes_its_epoch() {
        let stable = member(Stage::Stable, 8, &[0], &[]);
        assert_eq!(
            step(&stable, &[0], &[0], None),
            at(Stage::Stable, 9, &[0], &[])
        );
        let there = member(Stage::Stable, 9, &[0], &[]);
        assert_eq!(step(&there, &[0], &[0], None), None);
    }
}
