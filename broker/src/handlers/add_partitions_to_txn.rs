//! AddPartitionsToTxn (24): tells the coordinator which partitions take part (KIP-98).
//!
//! - 0 to 3 are sent by clients for one transaction; 3 is flexible.
//! - 4 holds several transactions and may only verify (KIP-890); brokers send it, and some clients.
//! - 5 knows TRANSACTION_ABORTABLE.

use std::collections::{BTreeMap, BTreeSet};

use corelane_protocol::messages::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult, AddPartitionsToTxnTopic, AddPartitionsToTxnTopicResult,
    AddPartitionsToTxnTransaction,
};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::dispatch::Call;
use crate::topics;
use crate::transactions::lane;
use crate::transactions::machine::{Answer, ProducerClaim, Request};
use crate::transactions::state::NamedPartition;

/// The first version with several transactions.
const BATCHED_SINCE: i16 = 4;
/// The first version that tells a fenced producer from one with an old epoch (KIP-588).
const FENCED_SINCE: i16 = 2;

/// Adds or verifies.
pub async fn handle(call: &Call, request: AddPartitionsToTxnRequest) -> AddPartitionsToTxnResponse {
    let mut response = AddPartitionsToTxnResponse::default();
    if call.head.version < BATCHED_SINCE {
        let transaction = AddPartitionsToTxnTransaction {
            transactional_id: request.v3_and_below_transactional_id,
            producer_id: request.v3_and_below_producer_id,
            producer_epoch: request.v3_and_below_producer_epoch,
            verify_only: false,
            topics: request.v3_and_below_topics,
        };
        response.results_by_topic_v3_and_below = results(call, &transaction).await;
        return response;
    }
    for transaction in &request.transactions {
        let topic_results = results(call, transaction).await;
        response
            .results_by_transaction
            .push(AddPartitionsToTxnResult {
                transactional_id: transaction.transactional_id.clone(),
                topic_results,
            });
    }
    response
}

async fn results(
    call: &Call,
    transaction: &AddPartitionsToTxnTransaction,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let unknown = unknown(call, &transaction.topics);
    // As in Kafka: where one partition is not known, none is added.
    if !unknown.is_empty() {
        return assemble(&transaction.topics, |topic, index| {
            match unknown.contains(&(topic, index)) {
                true => ErrorCode::UnknownTopicOrPartition,
                false => ErrorCode::OperationNotAttempted,
            }
        });
    }
    let partitions = named(&transaction.topics);
    let producer = ProducerClaim {
        id: transaction.producer_id,
        epoch: transaction.producer_epoch,
    };
    let answer = match transaction.transactional_id.as_str() {
        "" => Answer::Refused(ErrorCode::InvalidRequest),
        id => {
            let request = match transaction.verify_only {
                true => Request::VerifyPartitions {
                    producer,
                    partitions,
                },
                false => Request::AddPartitions {
                    producer,
                    partitions,
                },
            };
            lane::ask(&call.connection.lane, id, request).await
        }
    };
    let version = call.head.version;
    let verified: BTreeMap<(&str, i32), ErrorCode> = match &answer {
        Answer::Verified(verified) => verified
            .iter()
            .map(|(partition, code)| ((partition.topic.as_str(), partition.index), *code))
            .collect(),
        _ => BTreeMap::new(),
    };
    assemble(&transaction.topics, |topic, index| {
        let code = match &answer {
            Answer::Done | Answer::Producer(_) => ErrorCode::None,
            Answer::Refused(code) => *code,
            Answer::Verified(_) => verified
                .get(&(topic, index))
                .map_or(ErrorCode::TransactionAbortable, |code| *code),
        };
        match code {
            ErrorCode::ProducerFenced if version < FENCED_SINCE => ErrorCode::InvalidProducerEpoch,
            code => code,
        }
    })
}

/// The partitions that this broker does not have. Their names, which a client makes as long as it likes, are not copied.
fn unknown<'a>(
    call: &Call,
    named_topics: &'a [AddPartitionsToTxnTopic],
) -> BTreeSet<(&'a str, i32)> {
    let image = topics::image();
    let partitions = |topic: &'a AddPartitionsToTxnTopic| {
        let indexes = topic.partitions.iter();
        indexes.map(|index| (topic.name.as_str(), *index))
    };
    let is_unknown = |(topic, index): &(&str, i32)| {
        topics::locate(call.lane(), &image, TopicRef::Name(topic), *index).is_err()
    };
    let all = named_topics.iter().flat_map(partitions);
    all.filter(is_unknown).collect()
}

/// Of topics that are there, whose names are short.
fn named(topics: &[AddPartitionsToTxnTopic]) -> BTreeSet<NamedPartition> {
    let partitions = |topic: &AddPartitionsToTxnTopic| {
        let name = topic.name.clone();
        let indexes = topic.partitions.clone().into_iter();
        indexes.map(move |index| NamedPartition {
            topic: name.clone(),
            index,
        })
    };
    topics.iter().flat_map(partitions).collect()
}

fn assemble(
    topics: &[AddPartitionsToTxnTopic],
    code: impl Fn(&str, i32) -> ErrorCode,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let result = |topic: &AddPartitionsToTxnTopic, index: i32| AddPartitionsToTxnPartitionResult {
        partition_index: index,
        partition_error_code: code(&topic.name, index).code(),
    };
    let results = |topic: &AddPartitionsToTxnTopic| AddPartitionsToTxnTopicResult {
        name: topic.name.clone(),
        results_by_partition: topic
            .partitions
            .iter()
            .map(|index| result(topic, *index))
            .collect(),
    };
    topics.iter().map(results).collect()
}
