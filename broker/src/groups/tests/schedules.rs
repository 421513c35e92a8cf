//! Random schedules: clients that join, sync, beat, commit, leave and come back; a disk that takes its time; a broker
//! that dies at any point. What no schedule may show: a live member thrown out, a partition with two owners in one
//! generation, an acknowledged commit lost, a request answered twice, a group that never settles.

use super::*;
use std::collections::BTreeMap;

use corelane_protocol::messages::leave_group::MemberIdentity;

/// Schedules, and steps of each.
const SCHEDULES: u64 = 400;
const STEPS: usize = 300;
const CLIENTS: usize = 5;
/// How long a client waits at most between two actions, well below its session.
const PAUSE_MS_MAX: u64 = 3_000;
/// Rounds within which a group settles that is left alone.
const ROUNDS_MAX: usize = 60;

/// A small generator: the same seed gives the same schedule everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Stage {
    Out,
    Joining(Ticket),
    Joined(JoinGroupResponse),
    Syncing(Ticket, JoinGroupResponse),
    In,
}

/// A client, with what it knows.
#[derive(Debug)]
struct Actor {
    stage: Stage,
    id: String,
    instance: Option<String>,
    generation: i32,
    assignment: Vec<u8>,
    /// It has been through a rebalance under this id, and has not left.
    is_member: bool,
    acted_at_ms: u64,
}

struct World {
    seed: u64,
    bench: Bench,
    random: Random,
    actors: Vec<Actor>,
    /// The offsets of acknowledged commits.
    acknowledged: BTreeMap<i32, i64>,
    /// Commits that wait, with partition and offset.
    committing: Vec<(Ticket, i32, i64)>,
    next_offset: i64,
    may_crash: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let actors = (0..CLIENTS).map(|index| Actor {
            stage: Stage::Out,
            id: String::new(),
            instance: (index % 2 == 1).then(|| format!("i{index}")),
            generation: -1,
            assignment: Vec::new(),
            is_member: false,
            acted_at_ms: 0,
        });
        World {
            seed,
            bench: Bench::new(),
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            actors: actors.collect(),
            acknowledged: BTreeMap::new(),
            committing: Vec::new(),
            next_offset: 1,
            may_crash: true,
        }
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0 if self.may_crash => self.crash(),
            1..=5 if !self.bench.appends.is_empty() => self.bench.store_one(Ok(())),
            6..=8 => self.pass(),
            9 => self.leave_or_restart(),
            10..=12 => self.commit(),
            _ => {
                let index = self.random.below(CLIENTS);
                self.act(index);
            }
        }
        self.take_commits();
        self.check();
    }

    fn pass(&mut self) {
        let ms = self.random.below(800) as u64;
        for index in 0..CLIENTS {
            if self.bench.elapsed_ms + ms - self.actors[index].acted_at_ms > PAUSE_MS_MAX {
                self.act(index);
            }
        }
        self.bench.pass(ms);
    }

    fn crash(&mut self) {
        let survivors = self.random.below(self.bench.appends.len() + 1);
        self.bench.crash(survivors);
        self.committing.clear();
        for actor in &mut self.actors {
            // The connection is gone: what waited is asked again.
            actor.stage = match std::mem::replace(&mut actor.stage, Stage::Out) {
                Stage::Joining(_) | Stage::Out => Stage::Out,
                Stage::Joined(joined) | Stage::Syncing(_, joined) => Stage::Joined(joined),
                Stage::In => Stage::In,
            };
        }
    }

    fn act(&mut self, index: usize) {
        self.actors[index].acted_at_ms = self.bench.elapsed_ms;
        match self.actors[index].stage.clone() {
            Stage::Out => self.join(index),
            Stage::Joining(ticket) => {
                if let Some(joined) = self.bench.joined(ticket) {
                    self.joined(index, joined);
                }
            }
            Stage::Joined(joined) => self.sync(index, joined),
            Stage::Syncing(ticket, joined) => match self.bench.synced(ticket) {
                Some(synced) => self.synced(index, &joined, synced),
                // Clients beat while they wait.
                None => self.beat(index, joined.generation_id),
            },
            Stage::In => self.beat(index, self.actors[index].generation),
        }
    }

    fn join(&mut self, index: usize) {
        let actor = &self.actors[index];
        let (id, instance) = (actor.id.clone(), actor.instance.clone());
        let ticket = self.bench.ask_to_join(&id, instance.as_deref());
        self.actors[index].stage = Stage::Joining(ticket);
    }

    fn joined(&mut self, index: usize, joined: JoinGroupResponse) {
        let code = ErrorCode::try_from(joined.error_code).unwrap();
        let actor = &mut self.actors[index];
        actor.stage = Stage::Out;
        match code {
            ErrorCode::None => {
                actor.id.clone_from(&joined.member_id);
                actor.is_member = true;
                actor.stage = Stage::Joined(joined);
            }
            ErrorCode::MemberIdRequired => actor.id = joined.member_id,
            ErrorCode::RebalanceInProgress => {}
            code => self.thrown_out(index, code, "JoinGroup"),
        }
    }

    fn sync(&mut self, index: usize, joined: JoinGroupResponse) {
        let members: Vec<String> = joined.members.iter().map(|m| m.member_id.clone()).collect();
        let given: Vec<(String, Vec<u8>)> = members
            .into_iter()
            .enumerate()
            .map(|(part, member)| (member, vec![u8::try_from(part).unwrap()]))
            .collect();
        let given: Vec<(&str, &[u8])> = given.iter().map(|(m, a)| (&**m, &**a)).collect();
        let given = if joined.skip_assignment {
            &[][..]
        } else {
            &given[..]
        };
        let instance = self.actors[index].instance.clone();
        let ticket = self.bench.ask_to_sync(&joined, instance.as_deref(), given);
        self.actors[index].stage = Stage::Syncing(ticket, joined);
    }

    fn synced(&mut self, index: usize, joined: &JoinGroupResponse, synced: SyncGroupResponse) {
        let code = ErrorCode::try_from(synced.error_code).unwrap();
        let actor = &mut self.actors[index];
        actor.stage = Stage::Out;
        match code {
            ErrorCode::None => {
                actor.generation = joined.generation_id;
                actor.assignment = synced.assignment.to_vec();
                actor.stage = Stage::In;
            }
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => {}
            code => self.thrown_out(index, code, "SyncGroup"),
        }
    }

    fn beat(&mut self, index: usize, generation: i32) {
        let actor = &self.actors[index];
        let (id, instance) = (actor.id.clone(), actor.instance.clone());
        match self.bench.beat(&id, instance.as_deref(), generation) {
            ErrorCode::None => {}
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => {
                // One that waits for its assignment is answered there.
                if matches!(self.actors[index].stage, Stage::In) {
                    self.actors[index].stage = Stage::Out;
                }
            }
            code => self.thrown_out(index, code, "Heartbeat"),
        }
    }

    /// Only one who was never a member may be told that it is none.
    fn thrown_out(&mut self, index: usize, code: ErrorCode, asked: &str) {
        let actor = &mut self.actors[index];
        assert!(
            !actor.is_member,
            "seed {}: {asked} of the live member {} is answered with {code:?}",
            self.seed, actor.id
        );
        actor.id = String::new();
        actor.stage = Stage::Out;
    }

    fn leave_or_restart(&mut self) {
        let index = self.random.below(CLIENTS);
        let actor = &mut self.actors[index];
        let id = std::mem::take(&mut actor.id);
        actor.stage = Stage::Out;
        actor.is_member = false;
        if actor.instance.is_none() && !id.is_empty() {
            let leaving = MemberIdentity {
                member_id: id,
                ..MemberIdentity::default()
            };
            let now = self.bench.now();
            self.bench.machine.leave(now, GROUP, &[leaving]).unwrap();
            self.bench.collect();
        }
    }

    fn commit(&mut self) {
        let index = self.random.below(CLIENTS);
        let actor = &self.actors[index];
        let (id, generation) = (actor.id.clone(), actor.generation);
        if !matches!(actor.stage, Stage::In) {
            return;
        }
        let partition = i32::try_from(self.random.below(3)).unwrap();
        let offset = self.next_offset;
        self.next_offset += 1;
        let (ticket, accepted) = self.bench.commit(&id, generation, partition, offset);
        match accepted {
            Ok(accepted) => {
                assert!(accepted.is_pending);
                self.committing.push((ticket, partition, offset));
            }
            Err(ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration) => {}
            Err(code) => self.thrown_out(index, code, "OffsetCommit"),
        }
    }

    fn take_commits(&mut self) {
        let mut waiting = std::mem::take(&mut self.committing);
        waiting.retain(
            |(ticket, partition, offset)| match self.bench.is_stored(*ticket) {
                None => true,
                Some(outcome) => {
                    outcome.unwrap();
                    self.acknowledged.insert(*partition, *offset);
                    false
                }
            },
        );
        self.committing = waiting;
    }

    fn check(&self) {
        self.bench.check_sums();
        for (partition, offset) in &self.acknowledged {
            let found = self.bench.committed(*partition);
            // A later commit may be durable without having been acknowledged.
            assert!(
                found.is_some_and(|found| found >= *offset),
                "seed {}: {found:?} where {offset} was acknowledged",
                self.seed
            );
        }
        let mut owned = BTreeMap::new();
        for actor in self.actors.iter().filter(|a| matches!(a.stage, Stage::In)) {
            for part in &actor.assignment {
                let other = owned.insert((actor.generation, *part), &actor.id);
                assert!(other.is_none(), "seed {}: {part} has two owners", self.seed);
            }
        }
    }

    /// Left alone, everybody gets into one generation.
    fn settle(&mut self) {
        self.may_crash = false;
        for _ in 0..ROUNDS_MAX {
            for index in 0..CLIENTS {
                self.act(index);
                self.bench.store();
            }
            self.bench.pass(1_000);
            let are_in = self.actors.iter().all(|a| matches!(a.stage, Stage::In));
            let generation = self.actors[0].generation;
            if are_in && self.actors.iter().all(|a| a.generation == generation) {
                return self.check();
            }
        }
        panic!(
            "seed {}: the group does not settle: {:#?}",
            self.seed, self.actors
        );
    }
}

#[test]
fn no_schedule_throws_a_live_member_out_or_loses_a_commit() {
    for seed in 1..=SCHEDULES {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.settle();
    }
}
