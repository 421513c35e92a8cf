//! DescribeQuorum (55): the catalogue is a quorum of one, and this broker is its leader (KIP-595).
//!
//! - 1 adds the times of fetches, 2 messages, directories and listeners.
//!
//! What is told is that of the catalogue itself: its epoch grows with each start, and all that is in it is durable.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, Listener, Node, ReplicaState,
    RequestPartitionData, RequestTopicData, ResponsePartitionData, ResponseTopicData,
};

use crate::clock;
use crate::dispatch::Call;
use crate::settings::NODE_ID;
use crate::topics;

/// The catalogue's name.
const CLUSTER_METADATA: &str = "__cluster_metadata";

/// Describes the one partition that there is.
pub async fn handle(call: &Call, request: DescribeQuorumRequest) -> DescribeQuorumResponse {
    let [
        RequestTopicData {
            topic_name,
            partitions,
        },
    ] = request.topics.as_slice()
    else {
        return DescribeQuorumResponse {
            error_code: ErrorCode::InvalidRequest.code(),
            ..DescribeQuorumResponse::default()
        };
    };
    let leader_epoch = call.lane().engine.catalogue_epoch().await.0;
    let respond =
        |RequestPartitionData { partition_index }: &_| match (topic_name.as_str(), partition_index)
        {
            (CLUSTER_METADATA, 0) => describe(call, leader_epoch),
            _ => ResponsePartitionData {
                partition_index: *partition_index,
                error_code: ErrorCode::UnknownTopicOrPartition.code(),
                ..ResponsePartitionData::default()
            },
        };
    let partitions = partitions.iter().map(respond);
    let endpoint = call.lane().settings.endpoint(&call.connection);
    DescribeQuorumResponse {
        topics: vec![ResponseTopicData {
            topic_name: topic_name.clone(),
            partitions: partitions.collect(),
        }],
        nodes: vec![Node {
            node_id: NODE_ID,
            listeners: vec![Listener {
                name: "PLAINTEXT".to_owned(),
                host: endpoint.host,
                port: endpoint.port,
            }],
        }],
        ..DescribeQuorumResponse::default()
    }
}

fn describe(call: &Call, leader_epoch: i32) -> ResponsePartitionData {
    let image = topics::image();
    let end = image.last_offset().map_or(0, |last| last.0 + 1);
    let now = clock::now_ms();
    ResponsePartitionData {
        leader_id: NODE_ID,
        leader_epoch,
        high_watermark: end,
        current_voters: vec![ReplicaState {
            replica_id: NODE_ID,
            replica_directory_id: call.lane().engine.directory_id(),
            log_end_offset: end,
            last_fetch_timestamp: now,
            last_caught_up_timestamp: now,
        }],
        ..ResponsePartitionData::default()
    }
}
