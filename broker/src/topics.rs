//! Finds topics and partitions in this core's image of the catalogue.
//!
//! Shard-local. Invariant: what is not in the image is answered with Kafka's code for it, and nothing is created here.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use corelane_engine::Shard;
use corelane_engine::catalogue::{Image, PartitionRecord, TopicImage};
use corelane_engine::log_config::LogConfig;
use corelane_engine::types::{ShardId, TopicPartition};
use corelane_protocol::{ErrorCode, TopicRef};
use uuid::Uuid;

use crate::lane::Lane;

/// A partition of this broker.
pub use corelane_engine::Partition;

/// Where a partition is.
pub struct Place<'a> {
    /// Its topic.
    pub topic: &'a TopicImage,
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
pub fn find<'a>(image: &'a Image, topic: TopicRef<'_>) -> Result<&'a TopicImage, ErrorCode> {
    match topic {
        TopicRef::Name(name) => image
            .topic_by_name(name)
            .ok_or(ErrorCode::UnknownTopicOrPartition),
        TopicRef::Id(id) => image.topic_by_id(id).ok_or(ErrorCode::UnknownTopicId),
    }
}

/// Finds a partition.
///
/// # Errors
/// As [`find`], and UNKNOWN_TOPIC_OR_PARTITION for a partition that the topic does not have.
pub fn locate<'a>(
    lane: &Lane,
    image: &'a Image,
    topic: TopicRef<'_>,
    index: i32,
) -> Result<Place<'a>, ErrorCode> {
    let topic = find(image, topic)?;
    let record = topic
        .partitions
        .get(&index)
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let partition = TopicPartition {
        topic_id: topic.topic_id,
        partition: index,
    };
    Ok(Place {
        topic,
        partition,
        shard: owner(lane, record),
    })
}

/// The cores that own a topic's partitions, in the order of the partitions.
pub fn cores(lane: &Lane, topic: &TopicImage) -> Vec<ShardId> {
    let records = topic.partitions.values();
    records.map(|record| owner(lane, record)).collect()
}

/// The broker that leads a partition.
pub fn leader(lane: &Lane, record: &PartitionRecord) -> i32 {
    lane.settings.nodes.leader(owner(lane, record))
}

/// The core that owns a partition.
fn owner(lane: &Lane, record: &PartitionRecord) -> ShardId {
    lane.engine.owner(record.slot())
}

/// The configurations that a topic sets.
pub fn set_configs(image: &Image, topic: &TopicImage) -> BTreeMap<String, String> {
    let pairs = image.topic_configs(&topic.name);
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Parsed configurations of topics, as of one image.
#[derive(Default)]
struct ParsedConfigs {
    image: Option<Arc<Image>>,
    defaults: LogConfig,
    topics: HashMap<Uuid, Rc<LogConfig>>,
}

thread_local! {
    static PARSED: RefCell<ParsedConfigs> = RefCell::default();
}

/// The configuration in force for a topic of `image`, parsed once for each image.
pub fn log_config(lane: &Lane, image: &Arc<Image>, topic: &TopicImage) -> Rc<LogConfig> {
    PARSED.with_borrow_mut(|parsed| {
        if !parsed
            .image
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, image))
        {
            *parsed = ParsedConfigs {
                image: Some(image.clone()),
                defaults: lane.engine.log_defaults(image),
                topics: HashMap::new(),
            };
        }
        let ParsedConfigs {
            defaults, topics, ..
        } = parsed;
        let config = topics.entry(topic.topic_id);
        config
            .or_insert_with(|| Rc::new(parse(defaults, image, topic)))
            .clone()
    })
}

fn parse(defaults: &LogConfig, image: &Image, topic: &TopicImage) -> LogConfig {
    // Only checked values are stored; should an older version have let one through, the defaults hold.
    let laid_over = defaults
        .clone()
        .with_pairs(image.topic_configs(&topic.name));
    laid_over.unwrap_or_else(|_| defaults.clone())
}
