//! DescribeTopicPartitions (75): topics with their partitions, page by page (KIP-966).
//!
//! Topics come in the order of their names. A page holds as many partitions as client and broker allow; the cursor
//! names the first one that did not fit.

use corelane_engine::catalogue::{Image, PartitionRecord, TopicImage};
use corelane_protocol::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic, ResponseCursor,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::authorized_operations::TOPIC_OPERATIONS;
use crate::coordinator::internal_topic::is_internal;
use crate::dispatch::Call;
use crate::lane::Lane;
use crate::limits::DESCRIBED_PARTITIONS_MAX;
use crate::new_topic;
use crate::topics;

/// Fills one page.
pub async fn handle(
    call: &Call,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    let image = topics::image();
    let (from_topic, from_partition) = match &request.cursor {
        Some(cursor) => (
            cursor.topic_name.clone(),
            usize::try_from(cursor.partition_index).unwrap_or(0),
        ),
        None => (String::new(), 0),
    };
    let limit = request
        .response_partition_limit
        .clamp(1, DESCRIBED_PARTITIONS_MAX);
    let mut left = usize::try_from(limit).expect("clamped to at least 1");
    let mut response = DescribeTopicPartitionsResponse::default();
    for name in names(&image, &request) {
        if name < from_topic {
            continue;
        }
        let first = if name == from_topic {
            from_partition
        } else {
            0
        };
        if left == 0 {
            response.next_cursor = Some(cursor(name, first));
            break;
        }
        let topic = match topics::find(&image, TopicRef::Name(&name)) {
            Ok(topic) => topic,
            Err(code) => {
                response.topics.push(missing(name, code));
                continue;
            }
        };
        let count = topic.partitions.len().saturating_sub(first).min(left);
        response
            .topics
            .push(describe(call.lane(), topic, first, count));
        left -= count;
        if first + count < topic.partitions.len() {
            response.next_cursor = Some(cursor(name, first + count));
            break;
        }
    }
    response
}

/// The names asked for, each once, or all, in order.
fn names(image: &Image, request: &DescribeTopicPartitionsRequest) -> Vec<String> {
    let mut names: Vec<String> = if request.topics.is_empty() {
        image.topics().map(|topic| topic.name.clone()).collect()
    } else {
        request
            .topics
            .iter()
            .map(|topic| topic.name.clone())
            .collect()
    };
    names.sort_unstable();
    names.dedup();
    names
}

fn cursor(topic_name: String, partition: usize) -> ResponseCursor {
    let partition_index = i32::try_from(partition).expect("partitions are numbered by i32");
    ResponseCursor {
        topic_name,
        partition_index,
    }
}

fn describe(
    lane: &Lane,
    topic: &TopicImage,
    first: usize,
    count: usize,
) -> DescribeTopicPartitionsResponseTopic {
    let partition = |record: &PartitionRecord| {
        let leader_id = topics::leader(lane, record);
        DescribeTopicPartitionsResponsePartition {
            error_code: ErrorCode::None.code(),
            partition_index: record.partition,
            leader_id,
            leader_epoch: record.leader_epoch.0,
            replica_nodes: vec![leader_id],
            isr_nodes: vec![leader_id],
            // Null would mean unknown, which the Java admin client does not expect.
            eligible_leader_replicas: Some(Vec::new()),
            last_known_elr: Some(Vec::new()),
            ..DescribeTopicPartitionsResponsePartition::default()
        }
    };
    DescribeTopicPartitionsResponseTopic {
        name: Some(topic.name.clone()),
        topic_id: topic.topic_id,
        is_internal: is_internal(&topic.name),
        partitions: topic
            .partitions
            .values()
            .skip(first)
            .take(count)
            .map(partition)
            .collect(),
        topic_authorized_operations: TOPIC_OPERATIONS,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

fn missing(name: String, unknown: ErrorCode) -> DescribeTopicPartitionsResponseTopic {
    let code = new_topic::check_name(&name).map_or_else(|refusal| refusal.code, |()| unknown);
    DescribeTopicPartitionsResponseTopic {
        error_code: code.code(),
        name: Some(name),
        // As Kafka answers, topic or none.
        topic_authorized_operations: TOPIC_OPERATIONS,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}
