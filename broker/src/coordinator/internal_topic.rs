//! The topics in which coordinators keep their state: names, configurations, and which partition a key belongs to.
//!
//! Shard-local, but for the pure choice of the partition. Invariant: the partition of a key is the one that Apache Kafka
//! chooses, `abs(String.hashCode) % partitions`, so that a log may move between the two.

use std::rc::Rc;

use corelane_engine::types::{ShardId, TopicPartition};
use corelane_engine::{NewTopic, Shard, TopicError};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::error_map;
use crate::lane::Lane;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::settings::BrokerSettings;
use crate::topics;

/// An internal topic of coordinators.
#[derive(Debug)]
pub struct InternalTopic {
    /// Its name.
    pub name: &'static str,
    /// What it sets, as Kafka does.
    configs: &'static [(&'static str, &'static str)],
    /// How many partitions it is created with.
    partitions: fn(&BrokerSettings) -> i32,
}

/// Consumer groups and their offsets.
pub static CONSUMER_OFFSETS: InternalTopic = InternalTopic {
    name: "__consumer_offsets",
    configs: &[
        ("cleanup.policy", "compact"),
        ("compression.type", "producer"),
        ("segment.bytes", "104857600"),
    ],
    partitions: |settings| settings.groups.topic_partitions,
};

/// Transactions.
pub static TRANSACTION_STATE: InternalTopic = InternalTopic {
    name: "__transaction_state",
    configs: &[
        ("cleanup.policy", "compact"),
        ("compression.type", "uncompressed"),
        ("segment.bytes", "104857600"),
    ],
    partitions: |_| TRANSACTION_STATE_PARTITIONS,
};

/// Kafka's `transaction.state.log.num.partitions`.
const TRANSACTION_STATE_PARTITIONS: i32 = 50;

/// The partition of an internal topic that coordinates a key, and its core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoordinatorPlace {
    /// The partition.
    pub partition: TopicPartition,
    /// The core that owns it.
    pub shard: ShardId,
}

/// Whether a topic belongs to the broker: clients may read it, and not write to it.
pub fn is_internal(name: &str) -> bool {
    InternalTopic::by_name(name).is_some()
}

/// The partition that a key belongs to.
pub fn partition_of(key: &str, partition_count: i32) -> i32 {
    let hash = key.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    // Kafka takes 0 for the one number that has no absolute value.
    hash.checked_abs().unwrap_or(0) % partition_count.max(1)
}

impl InternalTopic {
    /// The internal topic of this name.
    pub fn by_name(name: &str) -> Option<&'static InternalTopic> {
        let all = [&CONSUMER_OFFSETS, &TRANSACTION_STATE];
        all.into_iter().find(|topic| topic.name == name)
    }

    /// Where a key is coordinated; none while the topic has not been created.
    pub fn find(&self, lane: &Lane, key: &str) -> Option<CoordinatorPlace> {
        let image = topics::image();
        let topic = topics::find(&image, TopicRef::Name(self.name)).ok()?;
        let count = i32::try_from(topic.partitions.len()).ok()?;
        let index = partition_of(key, count);
        let place = topics::locate(lane, &image, TopicRef::Name(self.name), index).ok()?;
        Some(CoordinatorPlace {
            partition: place.partition,
            shard: place.shard,
        })
    }

    /// As [`InternalTopic::find`], creating the topic first where it is missing.
    ///
    /// # Errors
    /// COORDINATOR_NOT_AVAILABLE where it cannot be created: clients ask again.
    pub async fn find_or_create(
        &self,
        lane: &Rc<Lane>,
        key: &str,
    ) -> Result<CoordinatorPlace, ErrorCode> {
        if let Some(place) = self.find(lane, key) {
            return Ok(place);
        }
        if let Err(refusal) = self.create(lane).await {
            tracing::error!(topic = self.name, reason = %refusal.message, "cannot create an internal topic");
        }
        self.find(lane, key)
            .ok_or(ErrorCode::CoordinatorNotAvailable)
    }

    /// Creates it; that it is there already is fine.
    ///
    /// # Errors
    /// What the engine says, as Kafka's code.
    pub async fn create(&self, lane: &Rc<Lane>) -> Result<(), Refusal> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let topic = NewTopic {
            name: self.name.to_owned(),
            partitions: (self.partitions)(&lane.settings).unsigned_abs(),
            configs: self.configs.iter().map(pair).collect(),
        };
        let engine = lane.engine.clone();
        let created = within_limit(async move { engine.create_topic(topic).await }).await?;
        match created {
            // Another core was faster.
            Ok(_) | Err(TopicError::Exists { .. }) => Ok(()),
            Err(error) => Err(error_map::topic(&error)),
        }
    }

    /// The partitions of this topic that the calling core owns.
    pub fn here(&self) -> Vec<TopicPartition> {
        let image = topics::image();
        let Some(topic) = image.topic_by_name(self.name) else {
            return Vec::new();
        };
        let shard = Shard::current();
        topic
            .partitions
            .keys()
            .map(|index| TopicPartition {
                topic_id: topic.topic_id,
                partition: *index,
            })
            .filter(|partition| shard.partition(partition).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_where_java_sends_them() {
        // `Math.abs("…".hashCode()) % 50`, as jshell says.
        assert_eq!(partition_of("", 50), 0);
        assert_eq!(partition_of("a", 50), 97 % 50);
        assert_eq!(partition_of("group", 50), 98_629_247 % 50);
        assert_eq!(partition_of("hello", 50), 99_162_322 % 50);
    }

    #[test]
    fn the_hash_without_an_absolute_value_goes_to_the_first_partition() {
        // A known string of hash -2147483648.
        assert_eq!(partition_of("polygenelubricants", 50), 0);
    }
}
