//! What is done to the engine: a list of steps, by hand or by the dice.

use corelane_engine::Acks;
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

pub const PRODUCERS: usize = 2;

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
const CONFIGS: [Configs; 5] = [PLAIN, ROLLING, KEPT_SHORT, KEPT_BY_AGE, FLUSHED];
const TOPICS: [&str; 3] = ["flights", "rolls", "short-lived"];

fn batch(dice: &mut Dice) -> Batch {
    let bytes = match dice.below(12) {
        0 => 5000 + dice.index(20_000),
        1..4 => 500 + dice.index(3000),
        _ => 10 + dice.index(300),
    };
    Batch {
        records: 1 + dice.index(4),
        bytes,
        acks: [Level::Zero, Level::One, Level::All, Level::All][dice.index(4)],
        producer: dice.once_in(3).then(|| dice.index(PRODUCERS)),
        later_ms: match dice.below(20) {
            0 => 61_000,
            1 => 1_500,
            _ => dice.below(20) as i64,
        },
    }
}

fn step(dice: &mut Dice) -> Step {
    let topic = TOPICS[dice.index(TOPICS.len())];
    let partition = dice.below(3) as i32;
    match dice.below(100) {
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
        9..50 => Step::Append {
            topic,
            partition,
            batch: batch(dice),
        },
        50..68 => {
            let count = 2 + dice.index(7);
            let mut one = || {
                let topic = TOPICS[dice.index(TOPICS.len())];
                (topic, dice.below(2) as i32, batch(dice))
            };
            Step::Burst {
                batches: (0..count).map(|_| one()).collect(),
            }
        }
        68..75 => Step::Resend {
            topic,
            partition,
            producer: dice.index(PRODUCERS),
        },
        75..80 => Step::DeleteRecords {
            topic,
            partition,
            percent: dice.below(120) as i64,
        },
        80..85 => Step::Retain { topic, partition },
        85..88 => Step::Save { topic, partition },
        88..91 => Step::Consume,
        91..98 => Step::Sleep {
            ms: [1, 20, 150, 700, 6000][dice.index(5)],
        },
        _ => Step::Restart,
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

/// The fixed script of about 300 operations: every kind of step, several times.
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
    steps.extend(random(0xc0e1, 300).into_iter().skip(2));
    steps
}
