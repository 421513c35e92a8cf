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

/// From this version on nodes are named, with directories and listeners.
const NODES_SINCE: i16 = 2;
/// From this version on times of fetches are told.
const TIMES_SINCE: i16 = 1;

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
    let partitions = partitions.collect();
    let is_described = topic_name == CLUSTER_METADATA;
    let names_nodes = call.head.version >= NODES_SINCE && is_described;
    DescribeQuorumResponse {
        topics: vec![ResponseTopicData {
            topic_name: topic_name.clone(),
            partitions,
        }],
        nodes: names_nodes.then(|| node(call)).into_iter().collect(),
        ..DescribeQuorumResponse::default()
    }
}

fn node(call: &Call) -> Node {
    let endpoint = call
        .lane()
        .settings
        .nodes
        .endpoint(NODE_ID, &call.connection);
    Node {
        node_id: NODE_ID,
        listeners: vec![Listener {
            name: "PLAINTEXT".to_owned(),
            host: endpoint.host,
            port: endpoint.port,
        }],
    }
}

fn describe(call: &Call, leader_epoch: i32) -> ResponsePartitionData {
    let image = topics::image();
    let end = image.last_offset().map_or(0, |last| last.0 + 1);
    let version = call.head.version;
    let mut voter = ReplicaState {
        replica_id: NODE_ID,
        log_end_offset: end,
        ..ReplicaState::default()
    };
    if version >= TIMES_SINCE {
        let now = clock::now_ms();
        (voter.last_fetch_timestamp, voter.last_caught_up_timestamp) = (now, now);
    }
    if version >= NODES_SINCE {
        voter.replica_directory_id = call.lane().engine.directory_id();
    }
    ResponsePartitionData {
        leader_id: NODE_ID,
        leader_epoch,
        high_watermark: end,
        current_voters: vec![voter],
        ..ResponsePartitionData::default()
    }
}
