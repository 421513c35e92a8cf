//! DescribeProducers (61): what partitions know of producers (KIP-664).

use std::rc::Rc;

use corelane_protocol::messages::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState,
    TopicRequest, TopicResponse,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::partition_calls::{PartitionCalls, Question};
use crate::topics::{self, Partition};

/// The start offset of a producer that has nothing open.
const NO_OFFSET: i64 = -1;

/// Asks each partition on its core.
pub async fn handle(call: &Call, request: DescribeProducersRequest) -> DescribeProducersResponse {
    let image = topics::image();
    let mut questions = Vec::new();
    let mut refusals = Vec::new();
    for topic in &request.topics {
        for index in &topic.partition_indexes {
            let named = TopicRef::Name(&topic.name);
            let place = topics::locate(call.lane(), &image, named, *index);
            refusals.push(place.as_ref().err().copied());
            questions.extend(place.ok().map(|place| Question {
                shard: place.shard,
                partition: place.partition,
                question: (),
            }));
        }
    }
    let asked = PartitionCalls::new(&call.lane().engine, questions, async |partition, ()| {
        producers(partition)
    });
    let mut asked = asked.finish().await.into_iter();
    let mut refusals = refusals.into_iter();
    let mut respond = |index: &i32| {
        let known = match refusals.next().flatten() {
            Some(code) => Err(code),
            None => asked.next().unwrap_or(Err(ErrorCode::NotLeaderOrFollower)),
        };
        respond(*index, known)
    };
    let topics = request
        .topics
        .iter()
        .map(|topic: &TopicRequest| TopicResponse {
            name: topic.name.clone(),
            partitions: topic.partition_indexes.iter().map(&mut respond).collect(),
        });
    DescribeProducersResponse {
        topics: topics.collect(),
        ..DescribeProducersResponse::default()
    }
}

/// Runs on the partition's core.
fn producers(partition: Option<Rc<Partition>>) -> Result<Vec<ProducerState>, ErrorCode> {
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let producers = partition.producers().into_iter();
    Ok(producers
        .map(|(id, entry)| ProducerState {
            producer_id: id.0,
            producer_epoch: entry.producer_epoch.into(),
            last_sequence: entry.last_sequence(),
            last_timestamp: entry.last_timestamp.0,
            coordinator_epoch: entry.coordinator_epoch,
            current_txn_start_offset: entry
                .current_txn_first_offset
                .map_or(NO_OFFSET, |offset| offset.0),
        })
        .collect())
}

fn respond(index: i32, known: Result<Vec<ProducerState>, ErrorCode>) -> PartitionResponse {
    let code = known.as_ref().err().copied();
    PartitionResponse {
        partition_index: index,
        error_code: code.unwrap_or(ErrorCode::None).code(),
        error_message: code.map(|code| code.message().to_owned()),
        active_producers: known.unwrap_or_default(),
    }
}
