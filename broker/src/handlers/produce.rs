//! Produce (0): appends one batch to each partition named.
//!
//! - 3 brought record batches of format v2, the only format that is stored, and exactly one batch a partition.
//! - 5 adds the log start offset, 8 errors by record and a message, 9 is flexible.
//! - 10 adds the current leader, which is always this broker.
//! - 11 knows TRANSACTION_ABORTABLE, 12 adds its partitions to the transaction by itself (KIP-890).
//! - 13 names topics by id.
//!
//! The order of the Produce requests of a connection is that of their appends: see [`crate::append_order`]. With
//! acks=0 there is no response, and an error closes the connection, as in Kafka.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use corelane_engine::batch::ValidBatch;
use corelane_engine::catalogue::Image;
use corelane_engine::io::Ring;
use corelane_engine::{Acks, AppendError, Appended};
use corelane_protocol::messages::produce::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use corelane_protocol::produce_view::{ProducePartition, ProduceView};
use corelane_protocol::{ApiKey, ErrorCode, TopicRef};
use uuid::Uuid;

use crate::append_order::Place;
use crate::coordinator::internal_topic::is_internal;
use crate::dispatch::Call;
use crate::error_map;
use crate::partition_calls::{PartitionCalls, Question};
use crate::patience;
use crate::produce_batch;
use crate::quotas::QuotaKind;
use crate::refusal::{RecordRefusal, Refusal};
use crate::response::Answer;
use crate::topics::{self, Partition};
use crate::transactions::machine::ProducerClaim;
use crate::transactions::state::NamedPartition;
use crate::transactions::verification::{self, Claim};

/// The client that may write to internal topics, as in Kafka.
const ADMIN_CLIENT_ID: &str = "__admin_client";
/// The first version that adds its partitions to the transaction by itself.
const ADDS_PARTITIONS_SINCE: i16 = 12;
/// The first version that knows TRANSACTION_ABORTABLE.
const ABORTABLE_SINCE: i16 = 11;

/// What becomes of one partition's batch before the append.
type Prepared = Result<Question<ValidBatch>, Refusal>;
/// What becomes of it in the end.
type Outcome = Result<Appended, Refusal>;

/// Appends and answers.
pub async fn handle(call: Call, request: ProduceView, place: Place) {
    let image = topics::image();
    let prepared: Vec<Prepared> = partitions(&request)
        .map(|partition| prepare(&call, &image, &partition, request.acks))
        .collect();
    let bytes: usize = partitions(&request)
        .filter_map(|partition| partition.records.as_ref().map(|records| records.len()))
        .sum();
    let asked = Asked::of(&call, &request);
    let prepared = verify(&call, &request, &image, prepared, asked.limit).await;
    let outcomes = append(&call, prepared, asked, place).await;
    let throttle_time_ms = call.charge(QuotaKind::Produce, bytes);
    if request.acks == 0 {
        let errors = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        errors.for_each(|refusal| call.count_error(refusal.code));
        let failed = outcomes.iter().any(Result::is_err);
        return call.answer(if failed {
            Answer::Close
        } else {
            Answer::Silent
        });
    }
    let response = ProduceResponse {
        throttle_time_ms,
        ..assemble(&request, outcomes)
    };
    call.respond(ApiKey::Produce, &response);
}

fn partitions(request: &ProduceView) -> impl Iterator<Item = ProducePartition<'_>> {
    // A view exists only of a request that was walked to its end without an error.
    request.partitions().map_while(Result::ok)
}

fn prepare(
    call: &Call,
    image: &Arc<Image>,
    partition: &ProducePartition<'_>,
    acks: i16,
) -> Prepared {
    if !matches!(acks, -1..=1) {
        return Err(ErrorCode::InvalidRequiredAcks.into());
    }
    let place = topics::locate(call.lane(), image, partition.topic, partition.index)?;
    if is_internal(&place.topic.name) && call.head.client_id.as_deref() != Some(ADMIN_CLIENT_ID) {
        return Err(ErrorCode::InvalidTopicException.into());
    }
    let batch = produce_batch::prepare(
        partition.records.as_ref(),
        call.head.version,
        &topics::log_config(call.lane(), image, place.topic),
    )?;
    Ok(Question {
        shard: place.shard,
        partition: place.partition,
        question: batch,
    })
}

/// Refuses the batches of a transaction that their coordinator does not know of.
async fn verify(
    call: &Call,
    request: &ProduceView,
    image: &Arc<Image>,
    mut prepared: Vec<Prepared>,
    limit: Duration,
) -> Vec<Prepared> {
    let producer_of = |prepared: &Prepared| {
        let header = prepared.as_ref().ok()?.question.header();
        header.is_transactional().then(|| ProducerClaim {
            id: header.producer_id().0,
            epoch: header.producer_epoch(),
        })
    };
    let producer = prepared.iter().find_map(producer_of);
    let Some(producer) = producer else {
        return prepared;
    };
    let Some(transactional_id) = &request.transactional_id else {
        // As in Kafka, nothing of such a request is appended.
        let refuse = |_| Err(ErrorCode::TransactionalIdAuthorizationFailed.into());
        return prepared.into_iter().map(refuse).collect();
    };
    let name = |partition: ProducePartition<'_>| {
        let topic = topics::find(image, partition.topic).ok()?;
        Some(NamedPartition {
            topic: topic.name.clone(),
            index: partition.index,
        })
    };
    let names: Vec<Option<NamedPartition>> = partitions(request).map(name).collect();
    let taking_part = names.iter().zip(&prepared);
    let taking_part = taking_part.filter(|(_, prepared)| producer_of(prepared) == Some(producer));
    let claim = Claim {
        transactional_id,
        adds: call.head.version >= ADDS_PARTITIONS_SINCE,
        knows_abortable: call.head.version >= ABORTABLE_SINCE,
        producer,
        partitions: taking_part.filter_map(|(name, _)| name.clone()).collect(),
        limit,
    };
    let verified = verification::verify(&call.connection.lane, claim).await;
    for (name, prepared) in names.iter().zip(&mut prepared) {
        let refusal = match producer_of(prepared) {
            None => None,
            Some(other) if other != producer => Some(ErrorCode::InvalidProducerIdMapping.into()),
            Some(_) => name.as_ref().and_then(|name| verified.refusal(name)),
        };
        if let Some(refusal) = refusal {
            *prepared = Err(refusal);
        }
    }
    prepared
}

/// What a request says of its acknowledgement.
#[derive(Clone, Copy)]
struct Asked {
    acks: Acks,
    /// How long it waits.
    limit: Duration,
    /// See [`crate::connection::Connection::is_eager`].
    is_eager: bool,
}

impl Asked {
    fn of(call: &Call, request: &ProduceView) -> Asked {
        Asked {
            acks: match request.acks {
                -1 => Acks::Durable,
                _ => Acks::Written,
            },
            limit: patience::produce_limit(request.timeout_ms),
            is_eager: call.connection.is_eager(),
        }
    }
}

/// Appends what was prepared; refusals keep their places.
async fn append(call: &Call, prepared: Vec<Prepared>, asked: Asked, place: Place) -> Vec<Outcome> {
    let mut questions = Vec::with_capacity(prepared.len());
    let refusals: Vec<Option<Refusal>> = prepared
        .into_iter()
        .map(|prepared| prepared.map(|question| questions.push(question)).err())
        .collect();
    place.come_up().await;
    let mut appends = PartitionCalls::within(
        &call.lane().engine,
        questions,
        asked.limit,
        async move |partition, batch| append_one(partition, batch, asked).await,
    );
    call.connection.goes_to(appends.owner());
    appends.start().await;
    drop(place);
    if asked.is_eager {
        Ring::current().stay_awake();
    }
    let mut appended = appends.finish().await.into_iter();
    let outcome = |refusal: Option<Refusal>| match refusal {
        Some(refusal) => Err(refusal),
        None => match appended.next() {
            Some(outcome) => outcome.unwrap_or_else(|| Err(patience::timed_out())),
            None => Err(ErrorCode::NotLeaderOrFollower.into()),
        },
    };
    refusals.into_iter().map(outcome).collect()
}

/// Runs on the partition's core.
async fn append_one(partition: Option<Rc<Partition>>, batch: ValidBatch, asked: Asked) -> Outcome {
    // The topic has been deleted since the request was routed.
    let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let refuse = |error: AppendError| error_map::append(&error);
    let pending = partition.append(batch, asked.acks).map_err(refuse)?;
    let outcome = pending.await.map_err(refuse);
    if asked.is_eager {
        // The next one may come to this core again.
        Ring::current().stay_awake();
    }
    outcome
}

/// Puts the outcomes into the shape of the request.
fn assemble(request: &ProduceView, outcomes: Vec<Outcome>) -> ProduceResponse {
    let mut response = ProduceResponse::default();
    let mut current = None;
    for (partition, outcome) in partitions(request).zip(outcomes) {
        if current != Some(partition.topic) {
            current = Some(partition.topic);
            response.responses.push(topic_response(partition.topic));
        }
        if let Some(topic) = response.responses.last_mut() {
            topic
                .partition_responses
                .push(respond(partition.index, outcome));
        }
    }
    response
}

fn topic_response(topic: TopicRef<'_>) -> TopicProduceResponse {
    let (name, topic_id) = match topic {
        TopicRef::Name(name) => (name.to_owned(), Uuid::nil()),
        TopicRef::Id(id) => (String::new(), id),
    };
    TopicProduceResponse {
        name,
        topic_id,
        partition_responses: Vec::new(),
    }
}

fn respond(index: i32, outcome: Outcome) -> PartitionProduceResponse {
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
            record_errors: refusal.records.into_iter().map(record_error).collect(),
            error_message: Some(refusal.message),
            ..PartitionProduceResponse::default()
        },
    }
}

fn record_error(refusal: RecordRefusal) -> BatchIndexAndErrorMessage {
    BatchIndexAndErrorMessage {
        batch_index: refusal.index,
        batch_index_error_message: refusal.message,
    }
}
