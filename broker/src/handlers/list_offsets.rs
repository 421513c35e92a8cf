//! ListOffsets (2): the earliest, the latest, and the first offset at or after a timestamp.
//!
//! - 2 adds the isolation level: what is not decided is not there for who reads what is committed. 4 adds leader epochs, 6 is flexible.
//! - 7 adds the record with the largest timestamp (KIP-734), 8 the earliest local offset (KIP-405), 9 the last tiered
//!   offset (KIP-1005), 10 a timeout, 11 the earliest offset that is yet to be tiered (KIP-1023).
//!
//! Without tiered storage everything is local, and nothing is tiered.

use std::collections::HashSet;
use std::rc::Rc;

use corelane_engine::types::{Offset, TimestampMs};
use corelane_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsTopicResponse,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::error_map;
use crate::leader_epoch;
use crate::partition_calls::{PartitionCalls, Question};
use crate::topics::{self, Partition};

/// The first version that tells leader epochs.
const LEADER_EPOCHS_SINCE: i16 = 4;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// The isolation level that asks for committed records only.
const READ_COMMITTED: i8 = 1;

/// What is asked of one partition.
#[derive(Clone, Copy)]
struct Asked {
    timestamp: i64,
    client_epoch: i32,
    committed: bool,
}

/// An offset with its timestamp and epoch; -1 where there is none.
struct Found {
    timestamp: i64,
    offset: i64,
    leader_epoch: i32,
}

const NOTHING: Found = Found {
    timestamp: -1,
    offset: -1,
    leader_epoch: -1,
};

/// Looks up each partition on its core.
pub async fn handle(call: &Call, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let image = topics::image();
    let mut seen = HashSet::new();
    let mut questions = Vec::new();
    let mut refusals = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            let first = seen.insert((topic.name.as_str(), partition.partition_index));
            let place = topics::locate(
                call.lane(),
                &image,
                TopicRef::Name(&topic.name),
                partition.partition_index,
            );
            let place = match check(partition, call.head.version, first) {
                Ok(()) => place,
                Err(code) => Err(code),
            };
            refusals.push(place.as_ref().err().copied());
            questions.extend(place.ok().map(|place| Question {
                shard: place.shard,
                partition: place.partition,
                question: Asked {
                    timestamp: partition.timestamp,
                    client_epoch: partition.current_leader_epoch,
                    committed: request.isolation_level == READ_COMMITTED,
                },
            }));
        }
    }
    let found = PartitionCalls::new(
        &call.lane().engine,
        questions,
        async |partition, question| look_up(partition, question).await,
    );
    let mut found = found.finish().await.into_iter();
    let mut refusals = refusals.into_iter();
    let mut respond = |partition: &ListOffsetsPartition| {
        let result = match refusals.next().flatten() {
            Some(code) => Err(code),
            None => found.next().unwrap_or(Err(ErrorCode::NotLeaderOrFollower)),
        };
        respond(partition.partition_index, result, call.head.version)
    };
    let topics = request.topics.iter().map(|topic| ListOffsetsTopicResponse {
        name: topic.name.clone(),
        partitions: topic.partitions.iter().map(&mut respond).collect(),
    });
    ListOffsetsResponse {
        topics: topics.collect(),
        ..ListOffsetsResponse::default()
    }
}

/// A partition may be named once, and a special timestamp must be known to the version.
fn check(partition: &ListOffsetsPartition, version: i16, first: bool) -> Result<(), ErrorCode> {
    let since = match partition.timestamp {
        LATEST | EARLIEST | 0.. => 1,
        MAX_TIMESTAMP => 7,
        EARLIEST_LOCAL => 8,
        LATEST_TIERED => 9,
        EARLIEST_PENDING_UPLOAD => 11,
        _ => return Err(ErrorCode::UnsupportedVersion),
    };
    match (first, version >= since) {
        (true, true) => Ok(()),
        (true, false) => Err(ErrorCode::UnsupportedVersion),
        (false, _) => Err(ErrorCode::InvalidRequest),
    }
}

/// Runs on the partition's core.
async fn look_up(partition: Option<Rc<Partition>>, asked: Asked) -> Result<Found, ErrorCode> {
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    leader_epoch::check(&partition, asked.client_epoch)?;
    let end = match asked.committed {
        true => partition.last_stable_offset(),
        false => partition.high_watermark(),
    };
    match asked.timestamp {
        LATEST => Ok(bound(&partition, end)),
        EARLIEST | EARLIEST_LOCAL | EARLIEST_PENDING_UPLOAD => {
            Ok(bound(&partition, partition.log_start_offset()))
        }
        LATEST_TIERED => Ok(NOTHING),
        MAX_TIMESTAMP => Ok(record(&partition, partition.max_timestamp().await, end)?),
        timestamp => {
            let found = partition.offset_for_timestamp(TimestampMs(timestamp)).await;
            Ok(record(&partition, found, end)?)
        }
    }
}

fn bound(partition: &Partition, offset: Offset) -> Found {
    Found {
        timestamp: -1,
        offset: offset.0,
        leader_epoch: leader_epoch::at(partition, offset).0,
    }
}

fn record(
    partition: &Partition,
    found: Result<Option<corelane_engine::TimestampedOffset>, corelane_engine::ReadError>,
    end: Offset,
) -> Result<Found, ErrorCode> {
    let found = found.map_err(|error| error_map::read(&error))?;
    // As in Kafka: a record that the reader may not see yet is none.
    let found = found.filter(|found| found.offset < end);
    Ok(found.map_or(NOTHING, |found| Found {
        timestamp: found.timestamp.0,
        offset: found.offset.0,
        leader_epoch: leader_epoch::at(partition, found.offset).0,
    }))
}

fn respond(
    index: i32,
    result: Result<Found, ErrorCode>,
    version: i16,
) -> ListOffsetsPartitionResponse {
    let (code, found) = match result {
        Ok(found) => (ErrorCode::None, found),
        Err(code) => (code, NOTHING),
    };
    ListOffsetsPartitionResponse {
        partition_index: index,
        error_code: code.code(),
        timestamp: found.timestamp,
        offset: found.offset,
        leader_epoch: if version >= LEADER_EPOCHS_SINCE {
            found.leader_epoch
        } else {
            NOTHING.leader_epoch
        },
    }
}
