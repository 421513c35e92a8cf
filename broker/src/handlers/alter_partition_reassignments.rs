//! AlterPartitionReassignments (45): partitions can be assigned to the one broker, where they are already (KIP-455).
//!
//! - 1 lets clients forbid another number of replicas, which would be refused here anyway.

use corelane_engine::Image;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition,
    ReassignablePartitionResponse, ReassignableTopicResponse,
};

use crate::dispatch::Call;
use crate::refusal::Refusal;
use crate::settings::NODE_ID;
use crate::topics;

/// Judges each partition; nothing ever moves.
pub async fn handle(
    _: &Call,
    request: AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    let image = topics::image();
    let responses = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let respond = |partition| respond(partition, reassign(&image, &topic.name, partition));
        ReassignableTopicResponse {
            partitions: partitions.map(respond).collect(),
            name: topic.name,
        }
    });
    AlterPartitionReassignmentsResponse {
        allow_replication_factor_change: request.allow_replication_factor_change,
        responses: responses.collect(),
        ..AlterPartitionReassignmentsResponse::default()
    }
}

fn reassign(image: &Image, name: &str, partition: &ReassignablePartition) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::new(code, message));
    let Some(topic) = image.topic_by_name(name) else {
        return refuse(
            ErrorCode::UnknownTopicOrPartition,
            format!("Unable to find a topic named {name}."),
        );
    };
    let index = partition.partition_index;
    if !topic.partitions.contains_key(&index) {
        return refuse(
            ErrorCode::UnknownTopicOrPartition,
            format!("Unable to find partition {name}:{index}."),
        );
    }
    match &partition.replicas {
        None => Err(Refusal::new(
            ErrorCode::NoReassignmentInProgress,
            "No partition reassignment is in progress.",
        )),
        Some(replicas) => check(replicas),
    }
}

/// What Kafka's controller says of an assignment, in its order.
fn check(replicas: &[i32]) -> Result<(), Refusal> {
    let refuse = |message: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, message));
    if replicas.is_empty() {
        return refuse(
            "The manual partition assignment includes an empty replica list.".to_owned(),
        );
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    let strange = sorted.iter().find(|replica| **replica != NODE_ID);
    if let Some(strange) = strange {
        return refuse(format!(
            "The manual partition assignment includes broker {strange}, but no such broker is registered."
        ));
    }
    if replicas.len() > 1 {
        return refuse(format!(
            "The manual partition assignment includes the broker {NODE_ID} more than once."
        ));
    }
    Ok(())
}

fn respond(
    partition: &ReassignablePartition,
    reassigned: Result<(), Refusal>,
) -> ReassignablePartitionResponse {
    let refusal = reassigned.err();
    ReassignablePartitionResponse {
        partition_index: partition.partition_index,
        error_code: refusal
            .as_ref()
            .map_or(ErrorCode::None, |refusal| refusal.code)
            .code(),
        error_message: refusal.map(|refusal| refusal.message),
    }
}
