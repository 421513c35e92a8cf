//! DescribeLogDirs (35): the data directory and the sizes of the partitions in it (KIP-113).
//!
//! - 2 is flexible, 3 adds a top-level error, 4 the size of the volume and what is free of it (KIP-827).

use std::collections::BTreeMap;
use std::rc::Rc;

use corelane_engine::Shard;
use corelane_engine::catalogue::Image;
use corelane_protocol::TopicRef;
use corelane_protocol::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse,
    DescribeLogDirsResult, DescribeLogDirsTopic,
};

use crate::dispatch::Call;
use crate::partition_calls::{PartitionCalls, Question};
use crate::topics::{self, Partition};
use crate::volume;

/// The size of a volume that does not tell.
const UNKNOWN_BYTES: i64 = -1;

/// Asks each partition for its size.
pub async fn handle(call: &Call, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
    let image = topics::image();
    let asked = asked(&image, &request);
    let (nodes, here) = (&call.lane().settings.nodes, Shard::current().id());
    let mut questions = Vec::new();
    let mut named = Vec::new();
    for (name, index) in asked {
        if let Ok(place) = topics::locate(call.lane(), &image, TopicRef::Name(&name), index)
            && nodes.tells(here, place.shard)
        {
            questions.push(Question {
                shard: place.shard,
                partition: place.partition,
                question: (),
            });
            named.push((name, index));
        }
    }
    let sizes = PartitionCalls::new(&call.lane().engine, questions, async |partition, ()| {
        size(partition)
    });
    let sizes = sizes.finish().await;
    let mut topics: BTreeMap<String, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
    for ((name, partition_index), partition_size) in named.into_iter().zip(sizes) {
        topics
            .entry(name)
            .or_default()
            .push(DescribeLogDirsPartition {
                partition_index,
                partition_size,
                offset_lag: 0,
                is_future_key: false,
            });
    }
    let topics = topics
        .into_iter()
        .map(|(name, partitions)| DescribeLogDirsTopic { name, partitions });
    let space = volume::space(&call.lane().settings.data_directory).await;
    DescribeLogDirsResponse {
        results: vec![DescribeLogDirsResult {
            log_dir: call.lane().settings.data_directory.display().to_string(),
            topics: topics.collect(),
            total_bytes: space.map_or(UNKNOWN_BYTES, |space| space.total_bytes),
            usable_bytes: space.map_or(UNKNOWN_BYTES, |space| space.usable_bytes),
            ..DescribeLogDirsResult::default()
        }],
        ..DescribeLogDirsResponse::default()
    }
}

/// The partitions asked for; null means all.
fn asked(image: &Image, request: &DescribeLogDirsRequest) -> Vec<(String, i32)> {
    match &request.topics {
        Some(topics) => topics
            .iter()
            .flat_map(|topic| {
                topic
                    .partitions
                    .iter()
                    .map(|index| (topic.topic.clone(), *index))
            })
            .collect(),
        None => image
            .topics()
            .flat_map(|topic| {
                topic
                    .partitions
                    .keys()
                    .map(|index| (topic.name.clone(), *index))
            })
            .collect(),
    }
}

/// Runs on the partition's core.
fn size(partition: Option<Rc<Partition>>) -> i64 {
    let bytes = partition.map_or(0, |partition| partition.size_bytes());
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
