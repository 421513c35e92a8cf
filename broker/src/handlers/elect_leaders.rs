//! ElectLeaders (43): every partition has its one replica as the leader, so no election is ever needed.
//!
//! - 1 names the kind of election and adds a code for the whole, 2 is flexible.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::elect_leaders::{
    ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
    TopicPartitions,
};

use corelane_engine::Image;

use crate::dispatch::Call;
use crate::topics;

/// The kinds of elections: of the preferred replica, and of any.
const ELECTION_TYPES: std::ops::RangeInclusive<i8> = 0..=1;

/// Answers for each partition named. Of all partitions (null) Kafka names those only whose leader has changed.
pub async fn handle(_: &Call, request: ElectLeadersRequest) -> ElectLeadersResponse {
    if !ELECTION_TYPES.contains(&request.election_type) {
        return ElectLeadersResponse {
            error_code: ErrorCode::InvalidRequest.code(),
            ..ElectLeadersResponse::default()
        };
    }
    let image = topics::image();
    let replica_election_results = match request.topic_partitions {
        Some(asked) => asked.iter().map(|topic| elect(&image, topic)).collect(),
        None => image.topics().map(|topic| unchanged(&topic.name)).collect(),
    };
    ElectLeadersResponse {
        replica_election_results,
        ..ElectLeadersResponse::default()
    }
}

fn unchanged(topic: &str) -> ReplicaElectionResult {
    ReplicaElectionResult {
        topic: topic.to_owned(),
        partition_result: Vec::new(),
    }
}

fn elect(image: &Image, asked: &TopicPartitions) -> ReplicaElectionResult {
    let topic = image.topic_by_name(&asked.topic);
    let result = |partition: &i32| {
        let (code, message) = match topic {
            None => (
                ErrorCode::UnknownTopicOrPartition,
                Some(format!("No such topic as {}", asked.topic)),
            ),
            Some(topic) if !topic.partitions.contains_key(partition) => (
                ErrorCode::UnknownTopicOrPartition,
                Some(format!("No such partition as {}-{partition}", asked.topic)),
            ),
            Some(_) => (ErrorCode::ElectionNotNeeded, None),
        };
        PartitionResult {
            partition_id: *partition,
            error_code: code.code(),
            error_message: message,
        }
    };
    ReplicaElectionResult {
        topic: asked.topic.clone(),
        partition_result: asked.partitions.iter().map(result).collect(),
    }
}
