//! What is done to the engine: a list of steps, by hand or by the dice.

use corelane_engine::Acks;
use corelane_engine::marker::Verdict;
use corelane_engine::sim::Dice;

/// One step. Partitions are named by topic and number; what is not there is skipped.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    CreateTopic {
        topic: &'static str,
        partitions: u32,
        configs: &'static [(&'static str, &'static str)],
    },
    DeleteTopic {
        topic: &'static str,
    },
    AddPartitions {
        topic: &'static str,
        count: u32,
    },
    AlterConfigs {
        topic: &'static str,
        configs: &'static [(&'static str, &'static str)],
    },
    /// One batch; waits for the answer.
    Append {
        topic: &'static str,
        partition: i32,
        batch: Batch,
    },
    /// Batches to several partitions, all of them under way at once.
    Burst {
        batches: Vec<(&'static str, i32, Batch)>,
    },
    /// A producer sends its last batch again.
    Resend {
        topic: &'static str,
        partition: i32,
        producer: usize,
    },
    DeleteRecords {
        topic: &'static str,
        partition: i32,
        percent: i64,
    },
    Retain {
        topic: &'static str,
        partition: i32,
    },
    Save {
        topic: &'static str,
        partition: i32,
    },
    /// Compacts what can be, where the topic says so, with a map of so many bytes.
    Compact {
        topic: &'static str,
        partition: i32,
        map_bytes: usize,
    },
    /// A marker decides over the range that the transactional producer has open.
    Decide {
        topic: &'static str,
        partition: i32,
        verdict: Verdict,
    },
    /// The wall clock jumps, backwards where this is negative.
    JumpClock {
        ms: i64,
    },
    /// Reads all partitions and compares.
    Consume,
    Sleep {
        ms: u64,
    },
    /// A clean stop and a start.
    Restart,
}

/// A batch to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub records: usize,
    pub bytes: usize,
    pub acks: Level,
    pub producer: Option<usize>,
    /// Ahead of the batch before; more than segment.ms rolls.
    pub later_ms: i64,
    /// How far this batch alone is off its producer's clock.
    pub off_ms: i64,
}

/// Kafka's acks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Zero,
    One,
    All,
}

impl Level {
    pub fn acks(self) -> Acks {
        match self {
            Level::Zero | Level::One => Acks::Written,
            Level::All => Acks::Durable,
        }
    }
}

/// Producers, the last of which sends in transactions only.
pub const PRODUCERS: usize = 3;
pub const TRANSACTIONAL: usize = PRODUCERS - 1;

type Configs = &'static [(&'static str, &'static str)];

/// Small indexes roll after a few batches.
const ROLLING: Configs = &[
    ("segment.index.bytes", "48"),
    ("index.interval.bytes", "100"),
    ("segment.ms", "60000"),
    ("file.delete.delay.ms", "200"),
];
const KEPT_SHORT: Configs = &[
    ("segment.index.bytes", "48"),
    ("index.interval.bytes", "100"),
    ("retention.bytes", "9000"),
    ("file.delete.delay.ms", "0"),
];
const KEPT_BY_AGE: Configs = &[
    ("segment.ms", "1000"),
    ("retention.ms", "3000"),
    ("flush.ms", "50"),
    ("file.delete.delay.ms", "100"),
];
const FLUSHED: Configs = &[("flush.messages", "3"), ("index.interval.bytes", "0")];
const PLAIN: Configs = &[];
/// Segments of a few batches, so that there is something to clean, and several become one.
const COMPACTED: Configs = &[
    ("cleanup.policy", "compact"),
    ("segment.ms", "40"),
    ("segment.index.bytes", "600"),
    ("index.interval.bytes", "100"),
    ("min.cleanable.dirty.ratio", "0.1"),
    ("delete.retention.ms", "600"),
    ("file.delete.delay.ms", "100"),
];
const COMPACTED_AND_KEPT_SHORT: Configs = &[
    ("cleanup.policy", "compact,delete"),
    ("segment.index.bytes", "48"),
    ("index.interval.bytes", "100"),
    ("retention.bytes", "9000"),
    ("delete.retention.ms", "0"),
    ("file.delete.delay.ms", "0"),
];
const CONFIGS: [Configs; 8] = [
    PLAIN,
    ROLLING,
    KEPT_SHORT,
    KEPT_BY_AGE,
    FLUSHED,
    COMPACTED,
    COMPACTED,
    COMPACTED_AND_KEPT_SHORT,
];
const TOPICS: [&str; 3] = ["flights", "rolls", "short-lived"];

fn batch(dice: &mut Dice) -> Batch {
    let bytes = match dice.below(12) {
        0 => 5000 + dice.index(20_000),
        1..4 => 500 + dice.index(3000),
        _ => 10 + dice.index(300),
    };
    let producer = dice.once_in(3).then(|| dice.index(PRODUCERS));
    let hour_ms = 3_600_000;
    let off_ms = match (dice.below(40), producer) {
        (0, _) => -2 * hour_ms,
        (1, _) => hour_ms / 2,
        // Of a producer, its state would be forgotten for its age.
        (2, None) => 24 * 365 * hour_ms,
        (3, None) => -24 * 365 * hour_ms,
        _ => 0,
    };
    Batch {
        records: 1 + dice.index(4),
        bytes,
        acks: [Level::Zero, Level::One, Level::All, Level::All][dice.index(4)],
        producer,
        later_ms: match dice.below(20) {
            0 => 61_000,
            1 => 1_500,
            _ => dice.below(20) as i64,
        },
        off_ms,
    }
}

fn step(dice: &mut Dice) -> Step {
    let topic = TOPICS[dice.index(TOPICS.len())];
    let partition = dice.below(3) as i32;
    match dice.below(100) {
        0..17 => change(dice, topic, partition),
        17..50 => Step::Append {
            topic,
            partition,
            batch: batch(dice),
        },
        50..64 => {
            let count = 2 + dice.index(7);
            let mut one = || {
                let topic = TOPICS[dice.index(TOPICS.len())];
                (topic, dice.below(2) as i32, batch(dice))
            };
            Step::Burst {
                batches: (0..count).map(|_| one()).collect(),
            }
        }
        64..70 => Step::Resend {
            topic,
            partition,
            producer: dice.index(PRODUCERS),
        },
        70..75 => Step::DeleteRecords {
            topic,
            partition,
            percent: dice.below(120) as i64,
        },
        75..79 => Step::Retain { topic, partition },
        79..82 => Step::Save { topic, partition },
        82..88 => Step::Compact {
            topic,
            partition,
            // The smaller one holds a few keys.
            map_bytes: [150, 1 << 20, 1 << 20][dice.index(3)],
        },
        88..91 => Step::Consume,
        91..98 => Step::Sleep {
            ms: [1, 20, 150, 700, 6000, 16_000][dice.index(6)],
        },
        _ => Step::Restart,
    }
}

/// What is done now and then: topics, markers, the clock.
fn change(dice: &mut Dice, topic: &'static str, partition: i32) -> Step {
    match dice.below(17) {
        0..3 => Step::CreateTopic {
            topic,
            partitions: 1 + dice.below(3) as u32,
            configs: CONFIGS[dice.index(CONFIGS.len())],
        },
        3..5 => Step::DeleteTopic { topic },
        5 => Step::AddPartitions {
            topic,
            count: 2 + dice.below(3) as u32,
        },
        6..9 => Step::AlterConfigs {
            topic,
            configs: CONFIGS[dice.index(CONFIGS.len())],
        },
        9..14 => Step::Decide {
            topic,
            partition,
            verdict: [Verdict::Abort, Verdict::Commit][dice.index(2)],
        },
        _ => Step::JumpClock {
            ms: [-90_000, -1_500, 1_500, 90_000, 2 * 3_600_000][dice.index(5)],
        },
    }
}

/// A script by the dice: two topics first, so that there is something to do.
pub fn random(seed: u64, length: usize) -> Vec<Step> {
    let mut dice = Dice::of(&[seed, 1]);
    let first = TOPICS[..2].iter().map(|topic| Step::CreateTopic {
        topic,
        partitions: 2,
        configs: CONFIGS[dice.index(CONFIGS.len())],
    });
    let mut steps: Vec<Step> = first.collect();
    while steps.len() < length {
        steps.push(step(&mut dice));
    }
    steps
}

/// The fixed script: 110 steps, bursts of several appends among them, so that every I/O of it can be crashed and failed in
/// every test run.
pub fn fixed() -> Vec<Step> {
    let mut steps = vec![
        Step::CreateTopic {
            topic: "rolls",
            partitions: 2,
            configs: ROLLING,
        },
        Step::CreateTopic {
            topic: "flights",
            partitions: 2,
            configs: PLAIN,
        },
    ];
    // By the dice of one seed, which was chosen so that every kind of step does something.
    steps.extend(random(0xc0e1, 110).into_iter().skip(2));
    steps
}

/// The long script: 300 steps over eight topics, in rounds that do everything at least once, each with other configurations
/// and behind a restart.
pub fn long() -> Vec<Step> {
    let lasting: [(&str, u32, Configs); 7] = [
        ("rolls", 2, ROLLING),
        ("flights", 2, PLAIN),
        ("keys", 2, COMPACTED),
        ("recent", 1, KEPT_SHORT),
        ("aged", 1, KEPT_BY_AGE),
        ("counted", 1, FLUSHED),
        ("newest", 1, COMPACTED_AND_KEPT_SHORT),
    ];
    let mut steps: Vec<Step> = lasting
        .iter()
        .map(|(topic, partitions, configs)| Step::CreateTopic {
            topic,
            partitions: *partitions,
            configs,
        })
        .collect();
    let mut dice = Dice::of(&[0x10e6]);
    for number in 0.. {
        steps.extend(round(&mut dice, number));
        if steps.len() >= LONG_STEPS {
            steps.truncate(LONG_STEPS);
            return steps;
        }
        steps.push(Step::Restart);
    }
    unreachable!("every round has steps")
}

const LONG_STEPS: usize = 300;

/// A round of the long script.
fn round(dice: &mut Dice, number: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let topics = [
        "rolls", "flights", "keys", "recent", "aged", "counted", "newest",
    ];
    let mut send = |steps: &mut Vec<Step>, count: usize| {
        for _ in 0..count {
            steps.push(Step::Append {
                topic: topics[dice.index(topics.len())],
                partition: dice.below(2) as i32,
                batch: batch(dice),
            });
        }
        steps.push(Step::Burst {
            batches: (0..4)
                .map(|_| (topics[dice.index(topics.len())], 0, batch(dice)))
                .collect(),
        });
    };
    steps.push(Step::CreateTopic {
        topic: "short-lived",
        partitions: 2,
        configs: CONFIGS[number % CONFIGS.len()],
    });
    send(&mut steps, 4);
    steps.extend(transaction(number));
    send(&mut steps, 3);
    steps.extend(maintenance(number));
    send(&mut steps, 3);
    steps.extend([
        Step::Resend {
            topic: "rolls",
            partition: 0,
            producer: number % PRODUCERS,
        },
        Step::DeleteTopic {
            topic: "short-lived",
        },
        Step::Consume,
    ]);
    steps
}

/// Two partitions get records in a transaction, are decided over, and one of them gets more that stay open.
fn transaction(number: usize) -> Vec<Step> {
    let sent = |topic, bytes| Step::Append {
        topic,
        partition: 0,
        batch: Batch {
            records: 2,
            bytes,
            acks: Level::All,
            producer: Some(TRANSACTIONAL),
            later_ms: 3,
            off_ms: 0,
        },
    };
    let verdict = match number % 2 {
        0 => Verdict::Abort,
        _ => Verdict::Commit,
    };
    let decided = |topic| Step::Decide {
        topic,
        partition: 0,
        verdict,
    };
    vec![
        sent("rolls", 300),
        sent("keys", 100),
        decided("rolls"),
        decided("keys"),
        sent("keys", 700),
    ]
}

/// What happens to logs besides appends, with other configurations and another clock in each round.
fn maintenance(number: usize) -> Vec<Step> {
    let compact = |topic, map_bytes| Step::Compact {
        topic,
        partition: 0,
        map_bytes,
    };
    let retain = |topic| Step::Retain {
        topic,
        partition: 0,
    };
    vec![
        Step::Sleep { ms: 60 },
        compact("keys", [1 << 20, 150][number % 2]),
        Step::DeleteRecords {
            topic: "rolls",
            partition: 0,
            percent: 30 + 15 * (number as i64 % 5),
        },
        retain("recent"),
        Step::JumpClock {
            ms: [4000, -1500, 90_000][number % 3],
        },
        retain("aged"),
        compact("newest", 1 << 20),
        Step::AlterConfigs {
            topic: ["flights", "counted", "rolls"][number % 3],
            configs: CONFIGS[(number + 3) % CONFIGS.len()],
        },
        Step::AddPartitions {
            topic: "flights",
            count: 2 + number as u32 / 2,
        },
        Step::Save {
            topic: "flights",
            partition: 0,
        },
        Step::Sleep {
            ms: [150, 1, 16_000][number % 3],
        },
    ]
}
