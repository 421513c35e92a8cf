//! AlterReplicaLogDirs (34): there is one directory, and partitions can be moved to where they are (KIP-113).
//!
//! - 2 is flexible. All answer alike.

use std::collections::BTreeMap;

use corelane_protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::topics;

/// Judges each partition; nothing ever moves.
pub async fn handle(
    call: &Call,
    request: AlterReplicaLogDirsRequest,
) -> AlterReplicaLogDirsResponse {
    let image = topics::image();
    let own = &call.lane().settings.data_directory;
    let mut results: BTreeMap<String, BTreeMap<i32, ErrorCode>> = BTreeMap::new();
    for directory in request.dirs {
        let is_own = std::path::Path::new(&directory.path) == own;
        for topic in directory.topics {
            for index in topic.partitions {
                let found = topics::locate(call.lane(), &image, TopicRef::Name(&topic.name), index);
                let code = match (is_own, found) {
                    (false, _) => ErrorCode::LogDirNotFound,
                    (true, Err(_)) => ErrorCode::ReplicaNotAvailable,
                    (true, Ok(_)) => ErrorCode::None,
                };
                let partitions = results.entry(topic.name.clone()).or_default();
                partitions.insert(index, code);
            }
        }
    }
    let results =
        results
            .into_iter()
            .map(|(topic_name, partitions)| AlterReplicaLogDirTopicResult {
                topic_name,
                partitions: partitions.into_iter().map(partition_result).collect(),
            });
    AlterReplicaLogDirsResponse {
        results: results.collect(),
        ..AlterReplicaLogDirsResponse::default()
    }
}

fn partition_result(
    (partition_index, code): (i32, ErrorCode),
) -> AlterReplicaLogDirPartitionResult {
    AlterReplicaLogDirPartitionResult {
        partition_index,
        error_code: code.code(),
    }
}
