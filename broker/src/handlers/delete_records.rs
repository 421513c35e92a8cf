//! DeleteRecords (21): moves the start of a log forward (KIP-107).
//!
//! - 2 is flexible. All answer alike. Offset -1 means the high watermark.

use std::rc::Rc;

use corelane_engine::types::Offset;
use corelane_protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest,
    DeleteRecordsResponse, DeleteRecordsTopicResult,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::error_map;
use crate::partition_calls::{PartitionCalls, Question};
use crate::patience::within_limit;
use crate::topics::{self, Partition};

/// The low watermark of a partition that was not found or could not be changed.
const UNKNOWN_LOW_WATERMARK: i64 = -1;

/// Deletes on each partition's core.
pub async fn handle(call: &Call, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let image = topics::image();
    let mut questions = Vec::new();
    let mut refusals = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            let place = topics::locate(
                call.lane(),
                &image,
                TopicRef::Name(&topic.name),
                partition.partition_index,
            );
            refusals.push(place.as_ref().err().copied());
            questions.extend(place.ok().map(|place| Question {
                shard: place.shard,
                partition: place.partition,
                question: partition.offset,
            }));
        }
    }
    let deletions =
        PartitionCalls::new(&call.lane().engine, questions, async |partition, offset| {
            delete_before(partition, offset).await
        });
    let mut deletions = deletions.finish().await.into_iter();
    let mut refusals = refusals.into_iter();
    let mut respond = |partition: &DeleteRecordsPartition| {
        let result = match refusals.next().flatten() {
            Some(code) => Err(code),
            None => deletions
                .next()
                .unwrap_or(Err(ErrorCode::NotLeaderOrFollower)),
        };
        DeleteRecordsPartitionResult {
            partition_index: partition.partition_index,
            low_watermark: result.unwrap_or(UNKNOWN_LOW_WATERMARK),
            error_code: result.err().unwrap_or(ErrorCode::None).code(),
        }
    };
    let topics = request.topics.iter().map(|topic| DeleteRecordsTopicResult {
        name: topic.name.clone(),
        partitions: topic.partitions.iter().map(&mut respond).collect(),
    });
    DeleteRecordsResponse {
        topics: topics.collect(),
        ..DeleteRecordsResponse::default()
    }
}

/// Runs on the partition's core; returns the new start of the log.
async fn delete_before(partition: Option<Rc<Partition>>, offset: i64) -> Result<i64, ErrorCode> {
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let deleting = async move { partition.delete_records_before(Offset(offset)).await };
    let start = within_limit(deleting).await;
    start
        .map_err(|refusal| refusal.code)?
        .map(|start| start.0)
        .map_err(|error| error_map::delete_records(&error))
}
