//! What a load does, as data: a row of operations without an end, the same for the same seed.
//!
//! Pure, and the same for every disk below: the names of topics, the sizes of batches and their order say nothing of the
//! broker. Invariant: an operation names only topics that the operations before it have created and not deleted.

use std::collections::BTreeMap;

use crate::random;

/// Topics that hold records at a time, at most.
const TOPICS_MAX: usize = 4;
/// Partitions of a topic, at most.
const PARTITIONS_MAX: u64 = 3;
/// Operations between two that are no appends, on average.
const APPENDS_BETWEEN: u64 = 80;
/// The first topic, which is never deleted, so that its partitions grow old: rolls, retention, many restarts.
const LASTING_TOPIC: u32 = 0;

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Creates a topic.
    CreateTopic {
        /// Its number.
        topic: u32,
        /// How many partitions.
        partitions: i32,
    },
    /// Deletes a topic.
    DeleteTopic {
        /// Its number.
        topic: u32,
    },
    /// Appends a batch of an idempotent producer, to be acknowledged when it is on the disk.
    Append {
        /// The topic's number.
        topic: u32,
        /// The partition.
        partition: i32,
        /// How many records.
        records: u32,
        /// Bytes of each value.
        value_bytes: u32,
    },
    /// Appends a batch whose CRC is wrong, which has to be refused.
    AppendDamaged {
        /// The topic's number.
        topic: u32,
        /// The partition.
        partition: i32,
    },
    /// Deletes the older records of a partition.
    DeleteRecords {
        /// The topic's number.
        topic: u32,
        /// The partition.
        partition: i32,
        /// Of the records that are there, how many of a hundred go.
        percent: u32,
    },
}

/// The operations of a seed.
#[derive(Clone, Debug)]
pub struct Script {
    state: u64,
    next_topic: u32,
    /// Partitions of the topics that are there.
    live: BTreeMap<u32, i32>,
}

impl Script {
    /// The operations of `seed`, from the first.
    pub fn new(seed: u64) -> Script {
        Script {
            state: seed,
            next_topic: LASTING_TOPIC,
            live: BTreeMap::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u32 {
        // Every bound here is small.
        u32::try_from(random::below(&mut self.state, bound)).unwrap_or(u32::MAX)
    }

    fn create(&mut self) -> Operation {
        let topic = self.next_topic;
        self.next_topic += 1;
        let partitions = if topic == LASTING_TOPIC {
            PARTITIONS_MAX
        } else {
            1 + u64::from(self.below(PARTITIONS_MAX))
        };
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        self.live.insert(topic, partitions);
        Operation::CreateTopic { topic, partitions }
    }

    fn delete(&mut self, topic: u32) -> Operation {
        self.live.remove(&topic);
        Operation::DeleteTopic { topic }
    }

    fn rare(&mut self) -> Operation {
        let (topic, partition) = self.place();
        match self.below(4) {
            0 if self.live.len() < TOPICS_MAX => self.create(),
            0 | 1 if topic != LASTING_TOPIC => self.delete(topic),
            2 => Operation::AppendDamaged { topic, partition },
            _ => Operation::DeleteRecords {
                topic,
                partition,
                percent: self.below(101),
            },
        }
    }

    fn append(&mut self) -> Operation {
        let (topic, partition) = self.place();
        let (records, value_bytes) = match self.below(20) {
            // More than a group of the appender, and than one write of it.
            0 => (1 + self.below(4), 40_000 + self.below(100_000)),
            1..=6 => (1 + self.below(100), 1 + self.below(2_000)),
            _ => (1 + self.below(8), 1 + self.below(400)),
        };
        Operation::Append {
            topic,
            partition,
            records,
            value_bytes,
        }
    }

    /// A partition that is there; more often one of the lasting topic.
    fn place(&mut self) -> (u32, i32) {
        let choice = self.below(2 * self.live.len() as u64) as usize;
        let topic = self.live.keys().nth(choice).copied();
        let topic = topic.unwrap_or(LASTING_TOPIC);
        let partitions = self.live.get(&topic).copied().unwrap_or(1);
        let partition = self.below(u64::from(partitions.unsigned_abs()));
        (topic, i32::try_from(partition).unwrap_or(0))
    }
}

impl Iterator for Script {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        if self.live.len() < 2 {
            return Some(self.create());
        }
        Some(match self.below(APPENDS_BETWEEN) {
            0 => self.rare(),
            _ => self.append(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_script_again() {
        let script = |seed| Script::new(seed).take(500).collect::<Vec<_>>();
        assert_eq!(script(1), script(1));
        assert_ne!(script(1), script(2));
    }

    #[test]
    fn operations_name_only_what_is_there_and_each_kind_comes() {
        let mut live = BTreeMap::new();
        let mut kinds = [0_u32; 5];
        for operation in Script::new(3).take(20_000) {
            let (kind, topic, partition) = match operation {
                Operation::CreateTopic { topic, partitions } => {
                    assert_eq!(live.insert(topic, partitions), None);
                    (0, topic, 0)
                }
                Operation::DeleteTopic { topic } => {
                    assert!(live.remove(&topic).is_some());
                    kinds[1] += 1;
                    continue;
                }
                Operation::Append {
                    topic, partition, ..
                } => (2, topic, partition),
                Operation::AppendDamaged { topic, partition } => (3, topic, partition),
                Operation::DeleteRecords {
                    topic, partition, ..
                } => (4, topic, partition),
            };
            kinds[kind] += 1;
            assert!(partition < live[&topic], "{operation:?}");
        }
        assert!(kinds.iter().all(|count| *count > 10), "{kinds:?}");
        assert!(live.len() <= TOPICS_MAX);
    }
}
