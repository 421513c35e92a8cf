//! Random schedules of consumer groups: clients that beat, obey late, leave, come back, change what they read, lose
//! answers; topics that grow; a disk that takes its time; a broker that dies at any point. What no schedule may show: a
//! partition in the hands of two clients, a live member thrown out, a group that never settles.

use super::consumer_client::Consumer;
use super::*;
use crate::groups::consumer::each;
use std::collections::BTreeMap;

const SCHEDULES: u64 = 100;
const STEPS: usize = 300;
const CLIENTS: usize = 5;
/// How long a client waits at most between two heartbeats, well below its session.
const PAUSE_MS_MAX: u64 = 8_000;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

struct Actor {
    consumer: Consumer,
    asking: Option<Ticket>,
    /// It has been answered in this life, and has not left.
    is_member: bool,
    /// Heartbeats since it has heard an answer, the last one included.
    unheard: u32,
    lives: u32,
    beaten_at_ms: u64,
}

impl Actor {
    /// An answer does not come: it asks again, with what it has and nothing that it was about to change.
    fn lose(&mut self) {
        self.asking = None;
        self.consumer.told = None;
    }
}

struct World {
    seed: u64,
    bench: Bench,
    random: Random,
    actors: Vec<Actor>,
    partitions: i32,
}

impl World {
    fn new(seed: u64) -> Self {
        let actors = (0..CLIENTS).map(|index| {
            let id = format!("m{index}-0");
            let mut consumer = match index {
                4 => Consumer::with_pattern(&id, "t|u.*"),
                3 => Consumer::new(&id, &["t"]),
                _ => Consumer::new(&id, &["t", "u"]),
            };
            consumer.instance = (index % 2 == 1).then(|| format!("i{index}"));
            Actor {
                consumer,
                asking: None,
                is_member: false,
                unheard: 0,
                lives: 0,
                beaten_at_ms: 0,
            }
        });
        let mut world = World {
            seed,
            bench: Bench::new(),
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            actors: actors.collect(),
            partitions: 4,
        };
        world.bench.see(&[("t", 4), ("u", 3)]);
        world
    }

    fn step(&mut self) {
        match self.random.below(24) {
            0 => self.crash(),
            1..=6 if !self.bench.appends.is_empty() => self.bench.store_one(Ok(())),
            7 if !self.bench.appends.is_empty() => {
                // A disk that fails takes nothing of what was behind it either.
                while !self.bench.appends.is_empty() {
                    self.bench.store_one(Err(ErrorCode::NotCoordinator));
                }
            }
            8..=10 => self.pass(),
            11 => self.leave(),
            12 => self.grow(),
            13 => self.subscribe(),
            14 => {
                // An answer is lost: it asks again.
                let index = self.random.below(CLIENTS);
                self.actors[index].lose();
            }
            _ => {
                let index = self.random.below(CLIENTS);
                self.act(index);
            }
        }
        self.check();
    }

    fn pass(&mut self) {
        let ms = self.random.below(3_000) as u64;
        for index in 0..CLIENTS {
            let beaten_at_ms = self.actors[index].beaten_at_ms;
            if self.bench.elapsed_ms + ms - beaten_at_ms > PAUSE_MS_MAX {
                self.bench.store();
                self.actors[index].lose();
                self.actors[index].consumer.obey();
                self.act(index);
            }
        }
        self.bench.pass(ms);
    }

    fn crash(&mut self) {
        let survivors = self.random.below(self.bench.appends.len() + 1);
        self.bench.crash(survivors);
        for actor in &mut self.actors {
            actor.lose();
        }
    }

    fn grow(&mut self) {
        if self.partitions < 9 {
            self.partitions += 1;
            let u2 = i32::from(self.partitions > 6);
            self.bench
                .see(&[("t", self.partitions), ("u", 3), ("u2", u2)]);
        }
    }

    fn subscribe(&mut self) {
        let consumer = &mut self.actors[0].consumer;
        consumer.topics = match self.random.below(3) {
            0 => vec!["t".to_owned()],
            1 => vec!["u".to_owned(), "gone".to_owned()],
            _ => vec!["t".to_owned(), "u".to_owned()],
        };
    }

    fn act(&mut self, index: usize) {
        let Some(ticket) = self.actors[index].asking else {
            if self.random.below(3) > 0 {
                self.actors[index].consumer.obey();
            }
            return self.beat(index);
        };
        if let Some(response) = self.bench.beaten(ticket) {
            self.actors[index].asking = None;
            let code = self.actors[index].consumer.hear(&response);
            self.heard(index, code);
        }
    }

    fn beat(&mut self, index: usize) {
        let actor = &mut self.actors[index];
        actor.beaten_at_ms = self.bench.elapsed_ms;
        actor.unheard += 1;
        let request = actor.consumer.request();
        actor.asking = Some(self.bench.ask_to_beat(request));
    }

    fn heard(&mut self, index: usize, code: ErrorCode) {
        let seed = self.seed;
        let actor = &mut self.actors[index];
        match code {
            ErrorCode::None => {
                actor.is_member = true;
                actor.unheard = 0;
            }
            // As in Kafka: who has missed two answers may be two epochs behind, and begins again.
            ErrorCode::FencedMemberEpoch if actor.unheard > 2 => {
                actor.consumer.forget();
                actor.unheard = 0;
            }
            ErrorCode::NotCoordinator => actor.lose(),
            // A successor waits for its predecessor's session, and one that never was answered may be unknown.
            ErrorCode::UnreleasedInstanceId if !actor.is_member => actor.consumer.forget(),
            ErrorCode::UnknownMemberId if !actor.is_member => actor.consumer.forget(),
            code => panic!(
                "seed {seed}: the live member {} is told {code:?} at epoch {}",
                actor.consumer.id, actor.consumer.epoch
            ),
        }
    }

    /// A member leaves for good, or a static one for a while, and is back under another id.
    fn leave(&mut self) {
        let index = self.random.below(CLIENTS);
        if !self.actors[index].is_member {
            return;
        }
        let mut leaving = self.actors[index].consumer.clone();
        let is_static = leaving.instance.is_some();
        leaving.epoch = if is_static { -2 } else { -1 };
        let ticket = self.bench.ask_to_beat(leaving.request());
        self.bench.store();
        let left = self.bench.beaten(ticket).unwrap();
        assert_eq!(left.error_code, 0, "seed {}", self.seed);
        let actor = &mut self.actors[index];
        actor.lives += 1;
        actor.is_member = false;
        actor.asking = None;
        actor.consumer.forget();
        actor.consumer.id = format!("m{index}-{}", actor.lives);
    }

    fn check(&self) {
        self.bench.check_sums();
        let mut owned = BTreeMap::new();
        for actor in &self.actors {
            for at in each(&actor.consumer.owned) {
                let id = &actor.consumer.id;
                let other = owned.insert(at, id);
                assert!(
                    other.is_none(),
                    "seed {}: {at:?} is read by {other:?} and {id}",
                    self.seed
                );
            }
        }
    }

    /// Left alone, the group settles, and everything is read.
    fn settle(&mut self) {
        for _ in 0..60 {
            for index in 0..CLIENTS {
                self.actors[index].consumer.obey();
                self.actors[index].lose();
                self.beat(index);
                self.bench.store();
                self.act(index);
                self.check();
            }
            self.bench.pass(1_000);
        }
        let described = self.bench.describe();
        assert_eq!(
            described.group_state, "Stable",
            "seed {}: {described:#?}",
            self.seed
        );
        let owned: usize = self
            .actors
            .iter()
            .map(|actor| each(&actor.consumer.owned).count())
            .sum();
        let u2 = usize::from(self.partitions > 6);
        let all = usize::try_from(self.partitions).unwrap() + 3 + u2;
        assert_eq!(owned, all, "seed {}", self.seed);
    }
}

#[test]
fn no_schedule_gives_a_partition_to_two_or_throws_a_live_member_out() {
    for seed in 1..=SCHEDULES {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.settle();
    }
}
