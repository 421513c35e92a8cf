//! Finds topics and partitions in this core's image of the catalogue.
//!
//! Shard-local. Invariant: what is not in the image is answered with Kafka's code for it, and nothing is created here.

use std::sync::Arc;

use corelane_engine::io::RingDisk;
use corelane_engine::{Image, Shard, ShardId, Topic, TopicPartition};
use corelane_protocol::{ErrorCode, TopicRef};

/// A partition of this broker.
pub type Partition = corelane_engine::Partition<RingDisk>;

/// Where a partition is.
pub struct Place<'a> {
    /// Its topic.
    pub topic: &'a Topic,
    /// The partition.
    pub partition: TopicPartition,
    /// The core that owns it.
    pub shard: ShardId,
}

/// The calling core's image.
pub fn image() -> Arc<Image> {
    Shard::current().image()
}

/// Finds a topic.
///
/// # Errors
/// UNKNOWN_TOPIC_OR_PARTITION or UNKNOWN_TOPIC_ID.
pub fn find<'a>(image: &'a Image, topic: TopicRef<'_>) -> Result<&'a Topic, ErrorCode> {
    match topic {
        TopicRef::Name(name) => image.topic(name).ok_or(ErrorCode::UnknownTopicOrPartition),
        TopicRef::Id(id) => image.topic_by_id(id).ok_or(ErrorCode::UnknownTopicId),
    }
}

/// Finds a partition.
///
/// # Errors
/// As [`find`], and UNKNOWN_TOPIC_OR_PARTITION for a partition that the topic does not have.
pub fn locate<'a>(image: &'a Image, topic: TopicRef<'_>, index: i32) -> Result<Place<'a>, ErrorCode> {
    let topic = find(image, topic)?;
    let place = usize::try_from(index).ok().and_then(|index| topic.partitions.get(index));
    let place = place.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let partition = TopicPartition { topic_id: topic.id, partition: index };
    Ok(Place { topic, partition, shard: place.shard })
}
