//! DescribeTransactions (65): what coordinators know of transactional ids (KIP-664).

use std::collections::BTreeMap;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_transactions::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, TopicData, TransactionState,
};

use crate::dispatch::Call;
use crate::transactions::lane;
use crate::transactions::state::{NamedPartition, Transaction};

/// Asks each id's coordinator.
pub async fn handle(
    call: &Call,
    request: DescribeTransactionsRequest,
) -> DescribeTransactionsResponse {
    let mut response = DescribeTransactionsResponse::default();
    for id in request.transactional_ids {
        let known = match id.as_str() {
            "" => Err(ErrorCode::InvalidRequest),
            id => match lane::describe(&call.connection.lane, id).await {
                Ok(known) => known.ok_or(ErrorCode::TransactionalIdNotFound),
                Err(code) => Err(code),
            },
        };
        response.transaction_states.push(match known {
            Ok(transaction) => state(id, &transaction),
            Err(code) => TransactionState {
                error_code: code.code(),
                transactional_id: id,
                ..TransactionState::default()
            },
        });
    }
    response
}

fn state(transactional_id: String, transaction: &Transaction) -> TransactionState {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for NamedPartition { topic, index } in &transaction.partitions {
        topics.entry(topic).or_default().push(*index);
    }
    let topic = |(topic, partitions): (&str, Vec<i32>)| TopicData {
        topic: topic.to_owned(),
        partitions,
    };
    TransactionState {
        error_code: ErrorCode::None.code(),
        transactional_id,
        transaction_state: transaction.state.name().to_owned(),
        transaction_timeout_ms: transaction.timeout_ms,
        transaction_start_time_ms: transaction.start_ms,
        producer_id: transaction.producer_id,
        producer_epoch: transaction.producer_epoch,
        topics: topics.into_iter().map(topic).collect(),
    }
}
