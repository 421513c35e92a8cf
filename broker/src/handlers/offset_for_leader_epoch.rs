//! OffsetForLeaderEpoch (23): where an epoch ends in this log, so that a client finds where its own log parts from it.
//!
//! - 3 adds the replica's id, 4 is flexible. All answer alike (KIP-101, KIP-279, KIP-320).

use std::rc::Rc;

use corelane_engine::types::LeaderEpoch;
use corelane_protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition, OffsetForLeaderTopicResult,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::leader_epoch;
use crate::partition_calls::{PartitionCalls, Question};
use crate::topics::{self, Partition};

/// Epoch and end offset of a log that knows no such epoch.
const UNDEFINED: (i32, i64) = (-1, -1);

/// Looks up each partition on its core.
pub async fn handle(
    call: &Call,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let image = topics::image();
    let mut questions = Vec::new();
    let mut refusals = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            let place = topics::locate(
                call.lane(),
                &image,
                TopicRef::Name(&topic.topic),
                partition.partition,
            );
            refusals.push(place.as_ref().err().copied());
            questions.extend(place.ok().map(|place| Question {
                shard: place.shard,
                partition: place.partition,
                question: (partition.current_leader_epoch, partition.leader_epoch),
            }));
        }
    }
    let ends = PartitionCalls::new(
        &call.lane().engine,
        questions,
        async |partition, question| end_of(partition, question),
    );
    let mut ends = ends.finish().await.into_iter();
    let mut refusals = refusals.into_iter();
    let mut respond = |partition: &OffsetForLeaderPartition| {
        let result = match refusals.next().flatten() {
            Some(code) => Err(code),
            None => ends.next().unwrap_or(Err(ErrorCode::NotLeaderOrFollower)),
        };
        respond(partition.partition, result)
    };
    let topics = request
        .topics
        .iter()
        .map(|topic| OffsetForLeaderTopicResult {
            topic: topic.topic.clone(),
            partitions: topic.partitions.iter().map(&mut respond).collect(),
        });
    OffsetForLeaderEpochResponse {
        topics: topics.collect(),
        ..OffsetForLeaderEpochResponse::default()
    }
}

/// Runs on the partition's core.
fn end_of(
    partition: Option<Rc<Partition>>,
    (client_epoch, asked_epoch): (i32, i32),
) -> Result<(i32, i64), ErrorCode> {
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    leader_epoch::check(&partition, client_epoch)?;
    let end = partition.epoch_end_offset(LeaderEpoch(asked_epoch));
    Ok(end.map_or(UNDEFINED, |(epoch, offset)| (epoch.0, offset.0)))
}

fn respond(partition: i32, result: Result<(i32, i64), ErrorCode>) -> EpochEndOffset {
    let (code, (leader_epoch, end_offset)) = match result {
        Ok(end) => (ErrorCode::None, end),
        Err(code) => (code, UNDEFINED),
    };
    EpochEndOffset {
        error_code: code.code(),
        partition,
        leader_epoch,
        end_offset,
    }
}
