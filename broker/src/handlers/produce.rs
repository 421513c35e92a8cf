//! Produce (0): appends one batch to each partition named.
//!
//! - 3 brought record batches of format v2, the only format that is stored, and exactly one batch a partition.
//! - 5 adds the log start offset, 8 errors by record and a message, 9 is flexible.
//! - 10 adds the current leader, which is always this broker.
//! - 13 names topics by id.
//!
//! The order of the Produce requests of a connection is that of their appends: see [`crate::append_order`]. With
//! acks=0 there is no response, and an error closes the connection, as in Kafka.

use std::rc::Rc;

use bytes::Bytes;
use corelane_engine::{Acks, AppendError, Appended, Image, Partition, ValidBatch};
use corelane_protocol::messages::produce::{
    PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceResponse,
};
use corelane_protocol::{ApiKey, ErrorCode};

use crate::append_order::Place;
use crate::dispatch::Call;
use crate::error_map;
use crate::partition_calls::{PartitionCalls, Question};
use crate::produce_batch;
use crate::refusal::Refusal;
use crate::response::Answer;
use crate::topics::{self, TopicRef};

/// The first version that names topics by id.
const TOPIC_IDS_SINCE: i16 = 13;

/// What becomes of one partition's batch before the append.
type Prepared = Result<Question<ValidBatch>, Refusal>;
/// What becomes of it in the end.
type Outcome = Result<Appended, Refusal>;

/// Appends and answers.
pub async fn handle(call: Call, request: ProduceRequest, place: Place) {
    let acks = request.acks;
    let image = topics::image();
    let by_id = call.head.version >= TOPIC_IDS_SINCE;
    let mut skeleton = Vec::with_capacity(request.topic_data.len());
    let mut prepared = Vec::new();
    for topic in request.topic_data {
        let reference = TopicRef::of(by_id, &topic.name, topic.topic_id);
        for partition in &topic.partition_data {
            prepared.push(prepare(&image, reference, partition.index, &partition.records, acks));
        }
        let indexes: Vec<i32> = topic.partition_data.iter().map(|partition| partition.index).collect();
        skeleton.push((topic.name, topic.topic_id, indexes));
    }
    let outcomes = append(&call, prepared, acks, place).await;
    if acks == 0 {
        let failed = outcomes.iter().any(Result::is_err);
        return call.answer(if failed { Answer::Close } else { Answer::Silent });
    }
    let mut outcomes = outcomes.into_iter();
    let responses = skeleton
        .into_iter()
        .map(|(name, topic_id, indexes)| TopicProduceResponse {
            name,
            topic_id,
            partition_responses: indexes.into_iter().zip(&mut outcomes).map(respond).collect(),
        })
        .collect();
    call.respond(ApiKey::Produce, &ProduceResponse { responses, ..ProduceResponse::default() });
}

fn prepare(
    image: &Image,
    topic: TopicRef<'_>,
    index: i32,
    records: &Option<Bytes>,
    acks: i16,
) -> Prepared {
    if !matches!(acks, -1..=1) {
        return Err(ErrorCode::InvalidRequiredAcks.into());
    }
    let place = topics::locate(image, topic, index)?;
    let batch = produce_batch::prepare(records.as_ref(), &place.topic.config)?;
    Ok(Question { shard: place.shard, partition: place.partition, question: batch })
}

/// Appends what was prepared; refusals keep their places.
async fn append(call: &Call, prepared: Vec<Prepared>, acks: i16, place: Place) -> Vec<Outcome> {
    let acks = if acks == -1 { Acks::Durable } else { Acks::Written };
    let mut questions = Vec::with_capacity(prepared.len());
    let refusals: Vec<Option<Refusal>> = prepared
        .into_iter()
        .map(|prepared| prepared.map(|question| questions.push(question)).err())
        .collect();
    place.come_up().await;
    let mut appends = PartitionCalls::new(
        &call.lane().engine,
        questions,
        async move |partition, batch| append_one(partition, batch, acks).await,
    );
    appends.start().await;
    drop(place);
    let mut appended = appends.finish().await.into_iter();
    let outcome = |refusal: Option<Refusal>| match refusal {
        Some(refusal) => Err(refusal),
        None => appended.next().unwrap_or_else(|| Err(ErrorCode::NotLeaderOrFollower.into())),
    };
    refusals.into_iter().map(outcome).collect()
}

/// Runs on the partition's core.
async fn append_one(partition: Option<Rc<Partition>>, batch: ValidBatch, acks: Acks) -> Outcome {
    // The topic has been deleted since the request was routed.
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let refuse = |error: AppendError| error_map::append(&error);
    let pending = partition.append(batch, acks).map_err(refuse)?;
    pending.await.map_err(refuse)
}

fn respond((index, outcome): (i32, Outcome)) -> PartitionProduceResponse {
    match outcome {
        Ok(appended) => PartitionProduceResponse {
            index,
            error_code: ErrorCode::None.code(),
            base_offset: appended.base_offset.0,
            log_append_time_ms: appended.log_append_time.map_or(-1, |time| time.0),
            log_start_offset: appended.log_start_offset.0,
            ..PartitionProduceResponse::default()
        },
        Err(refusal) => PartitionProduceResponse {
            index,
            error_code: refusal.code.code(),
            base_offset: -1,
            log_append_time_ms: -1,
            log_start_offset: -1,
            error_message: Some(refusal.message),
            ..PartitionProduceResponse::default()
        },
    }
}
