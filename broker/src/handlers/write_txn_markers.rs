//! WriteTxnMarkers (27): decides over what producers have begun in partitions (KIP-98). Coordinators of other brokers
//! send it, and admin clients that abort what hangs (KIP-664).
//!
//! - 1 is flexible, 2 tells the transaction version of the decision.

use corelane_engine::file_name::TOPIC_NAME_LENGTH_MAX;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::types::ProducerId;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerPartitionResult, WritableTxnMarkerResult,
    WritableTxnMarkerTopic, WritableTxnMarkerTopicResult, WriteTxnMarkersRequest,
    WriteTxnMarkersResponse,
};

use crate::dispatch::Call;
use crate::limits::PARTITIONS_PER_MARKER_MAX;
use crate::markers;
use crate::transactions::state::{NamedPartition, TRANSACTION_VERSION_2};

/// Writes each marker to each partition that it names.
pub async fn handle(call: &Call, request: WriteTxnMarkersRequest) -> WriteTxnMarkersResponse {
    let mut response = WriteTxnMarkersResponse::default();
    for marker in &request.markers {
        response.markers.push(write(call, marker).await);
    }
    response
}

async fn write(call: &Call, marker: &WritableTxnMarker) -> WritableTxnMarkerResult {
    let counts = marker.topics.iter();
    let count: usize = counts.map(|topic| topic.partition_indexes.len()).sum();
    if count > PARTITIONS_PER_MARKER_MAX {
        return refused(marker.producer_id);
    }
    let partitions: Vec<NamedPartition> = marker
        .topics
        .iter()
        .flat_map(|topic| {
            topic.partition_indexes.iter().map(|index| NamedPartition {
                topic: name_of(topic),
                index: *index,
            })
        })
        .collect();
    let written = markers::write(&call.lane().engine, &partitions, new_marker(marker)).await;
    let mut codes = written.into_iter();
    let mut result = |index: &i32| WritableTxnMarkerPartitionResult {
        partition_index: *index,
        error_code: codes
            .next()
            .unwrap_or(ErrorCode::NotLeaderOrFollower)
            .code(),
    };
    WritableTxnMarkerResult {
        producer_id: marker.producer_id,
        topics: marker
            .topics
            .iter()
            .map(|topic| WritableTxnMarkerTopicResult {
                name: topic.name.clone(),
                partitions: topic.partition_indexes.iter().map(&mut result).collect(),
            })
            .collect(),
    }
}

/// What a marker with too many partitions is told.
fn refused(producer_id: i64) -> WritableTxnMarkerResult {
    WritableTxnMarkerResult {
        producer_id,
        topics: vec![WritableTxnMarkerTopicResult {
            name: String::new(),
            partitions: vec![WritableTxnMarkerPartitionResult {
                partition_index: -1,
                error_code: ErrorCode::InvalidRequest.code(),
            }],
        }],
    }
}

/// The name, empty for one that no topic has, which a client makes as long as it likes.
fn name_of(topic: &WritableTxnMarkerTopic) -> String {
    match topic.name.len() <= TOPIC_NAME_LENGTH_MAX {
        true => topic.name.clone(),
        false => String::new(),
    }
}

fn new_marker(marker: &WritableTxnMarker) -> NewMarker {
    NewMarker {
        producer_id: ProducerId(marker.producer_id),
        producer_epoch: marker.producer_epoch,
        marker: Marker {
            verdict: match marker.transaction_result {
                true => Verdict::Commit,
                false => Verdict::Abort,
            },
            coordinator_epoch: marker.coordinator_epoch,
        },
        raised_epoch: i16::from(marker.transaction_version) >= TRANSACTION_VERSION_2,
    }
}
