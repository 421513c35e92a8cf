//! What a group coordinator has to know of topics: ids, partitions, names.
//!
//! Pure. Invariant: one value never changes; a change of topics is another value.

use std::collections::BTreeSet;
use std::fmt::Debug;

use corelane_engine::catalogue::Image;
use uuid::Uuid;

/// The topics that there are at one moment.
pub trait Topics: Debug {
    /// A topic's id, and how many partitions it has.
    fn find(&self, name: &str) -> Option<(Uuid, i32)>;
    /// The name of a topic.
    fn name(&self, id: Uuid) -> Option<&str>;
    /// The names that a test takes.
    fn matching(&self, takes: &dyn Fn(&str) -> bool) -> BTreeSet<String>;
}

impl Topics for Image {
    fn find(&self, name: &str) -> Option<(Uuid, i32)> {
        let topic = self.topic_by_name(name)?;
        Some((topic.topic_id, i32::try_from(topic.partitions.len()).ok()?))
    }

    fn name(&self, id: Uuid) -> Option<&str> {
        self.topic_by_id(id).map(|topic| topic.name.as_str())
    }

    fn matching(&self, takes: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
        let names = self.topics().map(|topic| topic.name.as_str());
        names
            .filter(|name| takes(name))
            .map(str::to_owned)
            .collect()
    }
}

/// A hash of topics as a group reads them, by which a coordinator notices that one of them has changed. Its value is the
/// broker's own: another broker that reads the log finds a difference, and works out a new target once.
#[derive(Debug)]
pub struct TopicsHash(u64);

/// FNV-1a of 64 bits.
const HASH_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_PRIME: u64 = 0x0100_0000_01b3;

impl TopicsHash {
    /// Of no topic: 0, as in Kafka.
    pub fn new() -> Self {
        TopicsHash(0)
    }

    /// Adds a topic; the order does not count.
    pub fn add(&mut self, id: Uuid, partition_count: i32) {
        let bytes = id.as_bytes().iter().copied();
        let bytes = bytes.chain(partition_count.to_be_bytes());
        let hash = bytes.fold(HASH_BASIS, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(HASH_PRIME)
        });
        self.0 = self.0.wrapping_add(hash);
    }

    /// As it is stored.
    pub fn value(&self) -> i64 {
        i64::from_be_bytes(self.0.to_be_bytes())
    }
}
