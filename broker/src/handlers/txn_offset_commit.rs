//! TxnOffsetCommit (28): offsets of a group as part of a producer's transaction (KIP-98): they count when it commits.
//!
//! - 2 adds leader epochs, 3 adds member, generation and instance (KIP-447) and is flexible, 4 knows
//!   TRANSACTION_ABORTABLE, 5 adds the group's partition of the offsets to the transaction by itself (KIP-890).
//!
//! Answered when the offsets survive a power cut. Until the transaction has ended they are pending.

use std::rc::Rc;

use corelane_engine::catalogue::Image;
use corelane_protocol::messages::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestTopic, TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use corelane_protocol::{ErrorCode, TopicRef};
use uuid::Uuid;

use crate::coordinator::internal_topic::{CONSUMER_OFFSETS, CoordinatorPlace};
use crate::dispatch::Call;
use crate::groups::coordinator::{Coordinator, STORE_WAIT_MAX};
use crate::groups::offsets::{Committing, NewOffset};
use crate::groups::outbox::Transaction;
use crate::groups::registry::ask;
use crate::lane::Lane;
use crate::topics;
use crate::transactions::machine::ProducerClaim;
use crate::transactions::state::NamedPartition;
use crate::transactions::verification::{self, Claim};

/// The first version whose clients understand that a coordinator is being loaded.
const KNOWS_LOADING_SINCE: i16 = 2;
/// The first version that knows TRANSACTION_ABORTABLE.
const ABORTABLE_SINCE: i16 = 4;
/// The first version that adds the partition by itself.
const ADDS_PARTITION_SINCE: i16 = 5;

/// One code for each offset.
type Codes = Result<Vec<ErrorCode>, ErrorCode>;

/// Commits what names partitions that there are.
pub async fn handle(call: &Call, request: TxnOffsetCommitRequest) -> TxnOffsetCommitResponse {
    let image = topics::image();
    let mut offsets = Vec::new();
    let mut response = TxnOffsetCommitResponse::default();
    for topic in &request.topics {
        let answer = split(&image, topic, &mut offsets);
        response.topics.push(answer);
    }
    if offsets.is_empty() {
        return response;
    }
    let codes = commit(call, request, offsets).await;
    fill_in(&mut response, codes, call.head.version);
    response
}

/// Sorts out what is not there, and prepares the answer; partitions that are have no error yet.
fn split(
    image: &Image,
    topic: &TxnOffsetCommitRequestTopic,
    offsets: &mut Vec<NewOffset>,
) -> TxnOffsetCommitResponseTopic {
    let found = topics::find(image, TopicRef::Name(&topic.name)).ok();
    let mut answer = TxnOffsetCommitResponseTopic {
        name: topic.name.clone(),
        partitions: Vec::with_capacity(topic.partitions.len()),
    };
    for partition in &topic.partitions {
        let index = partition.partition_index;
        let is_there = found.is_some_and(|found| found.partitions.contains_key(&index));
        if is_there {
            offsets.push(NewOffset {
                topic: topic.name.clone(),
                // The request has no id, and Kafka stores none.
                topic_id: Uuid::nil(),
                partition: index,
                offset: partition.committed_offset,
                leader_epoch: partition.committed_leader_epoch,
                metadata: partition.committed_metadata.clone(),
            });
        }
        let code = match is_there {
            true => ErrorCode::None,
            false => ErrorCode::UnknownTopicOrPartition,
        };
        answer.partitions.push(TxnOffsetCommitResponsePartition {
            partition_index: index,
            error_code: code.code(),
        });
    }
    answer
}

/// What is verified before anything is appended.
struct Verifying {
    transactional_id: String,
    producer: ProducerClaim,
    partition: NamedPartition,
    version: i16,
}

async fn commit(call: &Call, request: TxnOffsetCommitRequest, offsets: Vec<NewOffset>) -> Codes {
    if request.group_id.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    if request.transactional_id.is_empty() {
        return Err(ErrorCode::InvalidRequest);
    }
    let place = CONSUMER_OFFSETS.find(call.lane(), &request.group_id);
    let place = place.ok_or(ErrorCode::NotCoordinator)?;
    let verifying = Verifying {
        transactional_id: request.transactional_id,
        producer: ProducerClaim {
            id: request.producer_id,
            epoch: request.producer_epoch,
        },
        partition: offsets_partition(place),
        version: call.head.version,
    };
    let committing = Committing {
        group: request.group_id,
        generation: request.generation_id,
        member: request.member_id,
        instance: request.group_instance_id,
        version: call.head.version,
        retention_ms: None,
        transaction: Some(Transaction {
            producer_id: request.producer_id,
            producer_epoch: request.producer_epoch,
        }),
        offsets,
    };
    let committed = ask(call.lane(), place, async move |coordinator| {
        commit_here(&coordinator, verifying, committing).await
    });
    committed.await.and_then(|codes| codes)
}

fn offsets_partition(place: CoordinatorPlace) -> NamedPartition {
    NamedPartition {
        topic: CONSUMER_OFFSETS.name.to_owned(),
        index: place.partition.partition,
    }
}

/// Runs on the coordinator's core.
async fn commit_here(
    coordinator: &Rc<Coordinator>,
    verifying: Verifying,
    committing: Committing,
) -> Codes {
    let guard = coordinator.watch_transaction(verifying.producer.id);
    match verify(verifying).await {
        ErrorCode::None => {}
        code => return Err(code),
    }
    if guard.has_ended() {
        // What would be appended to is decided already.
        return Err(ErrorCode::InvalidTxnState);
    }
    drop(guard);
    coordinator.commit(committing).await
}

async fn verify(verifying: Verifying) -> ErrorCode {
    let Some(lane) = Lane::current() else {
        return ErrorCode::CoordinatorNotAvailable;
    };
    let claim = Claim {
        transactional_id: &verifying.transactional_id,
        adds: verifying.version >= ADDS_PARTITION_SINCE,
        knows_abortable: verifying.version >= ABORTABLE_SINCE,
        producer: verifying.producer,
        partitions: [verifying.partition.clone()].into(),
        limit: STORE_WAIT_MAX,
    };
    let verified = verification::verify(&lane, claim).await;
    verified.code(&verifying.partition)
}

/// Gives each partition that was handed on its code, in order.
fn fill_in(response: &mut TxnOffsetCommitResponse, codes: Codes, version: i16) {
    let partitions = response.topics.iter_mut();
    let partitions = partitions.flat_map(|topic| &mut topic.partitions);
    let handed_on = partitions.filter(|partition| partition.error_code == ErrorCode::None.code());
    for (place, partition) in handed_on.enumerate() {
        let code = match &codes {
            Ok(codes) => codes.get(place).copied().unwrap_or(ErrorCode::None),
            Err(code) => *code,
        };
        partition.error_code = match code {
            ErrorCode::CoordinatorLoadInProgress if version < KNOWS_LOADING_SINCE => {
                ErrorCode::CoordinatorNotAvailable.code()
            }
            code => code.code(),
        };
    }
}
