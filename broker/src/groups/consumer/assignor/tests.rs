//! Each assignor on random groups, against what it promises, and on the examples of its description.

use super::*;
use crate::groups::consumer::{count, each, has};

/// A small generator: the same seed gives the same groups everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

fn topic(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

/// A group: its members' subscriptions and former targets.
#[derive(Clone, Debug)]
struct World {
    topics: BTreeMap<Uuid, i32>,
    members: Vec<(String, Option<String>, BTreeSet<Uuid>, Partitions)>,
}

impl World {
    fn spec(&self) -> Spec<'_> {
        let members = self.members.iter();
        let members = members.map(|(id, instance_id, topics, target)| Candidate {
            id,
            instance_id: instance_id.as_deref(),
            topics,
            target,
        });
        let is_read = |id: &Uuid| self.members.iter().any(|member| member.2.contains(id));
        let topics = self.topics.iter().filter(|(id, _)| is_read(id));
        let topics = topics.map(|(id, count)| (*id, *count));
        let mut read = self.members.iter().map(|(_, _, topics, _)| topics);
        let first = read.next();
        Spec {
            members: members.collect(),
            topics: topics.collect(),
            is_homogeneous: read.all(|topics| Some(topics) == first),
        }
    }

    fn assign(&mut self, assignor: Assignor) -> Vec<Partitions> {
        let targets = assignor.assign(&self.spec());
        for (member, target) in self.members.iter_mut().zip(&targets) {
            member.3.clone_from(target);
        }
        targets
    }

    fn uniform(partitions: &[i32], members: usize) -> World {
        let topics = partitions.iter().enumerate();
        let topics: BTreeMap<Uuid, i32> = topics.map(|(n, count)| (topic(n), *count)).collect();
        let all: BTreeSet<Uuid> = topics.keys().copied().collect();
        let member = |n: usize| (format!("m{n:02}"), None, all.clone(), Partitions::new());
        World {
            topics: topics.clone(),
            members: (0..members).map(member).collect(),
        }
    }
}

/// Everything that is read is assigned, once, to somebody who reads it.
fn check(world: &World, targets: &[Partitions], seed: u64) {
    let mut owners = BTreeMap::new();
    for (member, target) in world.members.iter().zip(targets) {
        assert!(target.values().all(|indexes| !indexes.is_empty()));
        for at in each(target) {
            assert!(
                member.2.contains(&at.0),
                "seed {seed}: nobody asked for {at:?}"
            );
            let other = owners.insert(at, &member.0);
            assert!(other.is_none(), "seed {seed}: {at:?} has two owners");
        }
    }
    for (id, partitions) in &world.topics {
        let is_read = world.members.iter().any(|member| member.2.contains(id));
        for index in 0..*partitions {
            assert_eq!(owners.contains_key(&(*id, index)), is_read, "seed {seed}");
        }
    }
}

fn spread(targets: &[Partitions]) -> usize {
    let counts = targets.iter().map(count);
    counts.clone().max().unwrap_or(0) - counts.min().unwrap_or(0)
}

fn random_world(random: &mut Random, is_homogeneous: bool) -> World {
    let topics = 1 + random.below(5);
    let partitions: Vec<i32> = (0..topics)
        .map(|_| i32::try_from(random.below(9)).unwrap())
        .collect();
    let mut world = World::uniform(&partitions, 1 + random.below(7));
    for member in &mut world.members {
        if random.below(3) == 0 {
            member.1 = Some(format!("i{}", member.0));
        }
        if !is_homogeneous {
            member.2.retain(|_| random.below(2) == 0);
        }
    }
    world
}

/// Members come, go, and change what they read; topics grow.
fn change(world: &mut World, random: &mut Random, is_homogeneous: bool) {
    match random.below(4) {
        0 if world.members.len() > 1 => {
            let gone = random.below(world.members.len());
            world.members.remove(gone);
        }
        1 => {
            let (id, topics) = (format!("n{:03}", random.below(1000)), &world.members[0].2);
            let member = (id, None, topics.clone(), Partitions::new());
            world.members.retain(|known| known.0 != member.0);
            world.members.push(member);
            world.members.sort_by(|a, b| a.0.cmp(&b.0));
        }
        2 => {
            let grown = random.below(world.topics.len());
            *world.topics.values_mut().nth(grown).unwrap() += 2;
        }
        _ if !is_homogeneous => {
            let member = random.below(world.members.len());
            let all: BTreeSet<Uuid> = world.topics.keys().copied().collect();
            world.members[member].2 = all.into_iter().filter(|_| random.below(2) == 0).collect();
        }
        _ => {}
    }
}

#[test]
fn every_partition_goes_to_one_reader_whatever_happens_to_the_group() {
    for seed in 1..=300 {
        let mut random = Random(seed * 0x9E37_79B9);
        let is_homogeneous = seed % 2 == 0;
        let mut world = random_world(&mut random, is_homogeneous);
        for _ in 0..20 {
            for assignor in Assignor::ALL {
                let targets = world.clone().assign(assignor);
                check(&world, &targets, seed);
            }
            let targets = world.assign(Assignor::Uniform);
            if is_homogeneous {
                assert!(spread(&targets) <= 1, "seed {seed}: {targets:?}");
            }
            change(&mut world, &mut random, is_homogeneous);
        }
    }
}

#[test]
fn the_same_group_again_moves_nothing() {
    for seed in 1..=300 {
        let mut random = Random(seed * 0x9E37_79B9);
        let mut world = random_world(&mut random, seed % 2 == 0);
        let first = world.assign(Assignor::Uniform);
        assert_eq!(world.assign(Assignor::Uniform), first, "seed {seed}");
    }
}

#[test]
fn uniform_moves_no_more_than_a_new_member_gets() {
    let mut world = World::uniform(&[7, 5], 3);
    let before = world.assign(Assignor::Uniform);
    let all = world.members[0].2.clone();
    world
        .members
        .insert(0, ("a-first".to_owned(), None, all, Partitions::new()));
    let after = world.assign(Assignor::Uniform);
    let kept: usize = before
        .iter()
        .zip(&after[1..])
        .map(|(before, after)| each(before).filter(|at| has(after, at.0, at.1)).count())
        .sum();
    assert_eq!((count(&after[0]), kept), (3, 9));
}

#[test]
fn who_has_one_more_keeps_it_whatever_its_id() {
    let mut world = World::uniform(&[3], 2);
    world.members[0].3 = Partitions::from([(topic(0), BTreeSet::from([0]))]);
    world.members[1].3 = Partitions::from([(topic(0), BTreeSet::from([1, 2]))]);
    let before: Vec<Partitions> = world
        .members
        .iter()
        .map(|member| member.3.clone())
        .collect();
    assert_eq!(world.assign(Assignor::Uniform), before);
}

#[test]
fn readers_of_different_topics_are_levelled_as_far_as_they_can_be() {
    // One reads both topics, one only the second: the first topic is work enough for the first member.
    let mut world = World::uniform(&[4, 4], 2);
    world.members[1].2.remove(&topic(0));
    let targets = world.assign(Assignor::Uniform);
    check(&world, &targets, 0);
    assert_eq!(targets.iter().map(count).collect::<Vec<_>>(), [4, 4]);
}

#[test]
fn range_gives_the_same_numbers_of_each_topic_and_static_members_first() {
    let mut world = World::uniform(&[5, 5], 2);
    world.members[1].1 = Some("static".to_owned());
    let targets = world.assign(Assignor::Range);
    let indexes = |member: usize, number: usize| targets[member][&topic(number)].clone();
    assert_eq!(indexes(1, 0), BTreeSet::from([0, 1, 2]));
    assert_eq!(indexes(0, 0), BTreeSet::from([3, 4]));
    assert_eq!(indexes(0, 1), indexes(0, 0));
}

#[test]
fn a_target_that_names_a_partition_twice_or_one_that_is_not_there_is_put_right() {
    let mut world = World::uniform(&[2], 2);
    let both = Partitions::from([
        (topic(0), BTreeSet::from([0, 1, 7])),
        (topic(9), BTreeSet::from([0])),
    ]);
    world.members[0].3.clone_from(&both);
    world.members[1].3 = both;
    let targets = world.assign(Assignor::Uniform);
    check(&world, &targets, 0);
}
