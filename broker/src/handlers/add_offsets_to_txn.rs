//! AddOffsetsToTxn (25): tells the coordinator that the offsets of a group take part (KIP-98).
//!
//! - 2 knows PRODUCER_FENCED, 3 is flexible, 4 knows TRANSACTION_ABORTABLE.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::add_offsets_to_txn::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse,
};

use crate::coordinator::internal_topic::{CONSUMER_OFFSETS, partition_of};
use crate::dispatch::Call;
use crate::topics;
use crate::transactions::lane;
use crate::transactions::machine::{Answer, ProducerClaim, Request};
use crate::transactions::state::NamedPartition;

/// The first version that tells a fenced producer from one with an old epoch (KIP-588).
const FENCED_SINCE: i16 = 2;

/// Adds the group's partition of the offsets.
pub async fn handle(call: &Call, request: AddOffsetsToTxnRequest) -> AddOffsetsToTxnResponse {
    let code = match add(call, &request).await {
        ErrorCode::ProducerFenced if call.head.version < FENCED_SINCE => {
            ErrorCode::InvalidProducerEpoch
        }
        code => code,
    };
    AddOffsetsToTxnResponse {
        error_code: code.code(),
        ..AddOffsetsToTxnResponse::default()
    }
}

async fn add(call: &Call, request: &AddOffsetsToTxnRequest) -> ErrorCode {
    if request.transactional_id.is_empty() {
        return ErrorCode::InvalidRequest;
    }
    let lane = &call.connection.lane;
    if let Err(code) = CONSUMER_OFFSETS
        .find_or_create(lane, &request.group_id)
        .await
    {
        return code;
    }
    let count = topics::image()
        .topic_by_name(CONSUMER_OFFSETS.name)
        .and_then(|topic| i32::try_from(topic.partitions.len()).ok());
    let Some(count) = count else {
        return ErrorCode::CoordinatorNotAvailable;
    };
    let partition = NamedPartition {
        topic: CONSUMER_OFFSETS.name.to_owned(),
        index: partition_of(&request.group_id, count),
    };
    let added = Request::AddPartitions {
        producer: ProducerClaim {
            id: request.producer_id,
            epoch: request.producer_epoch,
        },
        partitions: [partition].into(),
    };
    match lane::ask(lane, &request.transactional_id, added).await {
        Answer::Refused(code) => code,
        Answer::Done | Answer::Producer(_) | Answer::Verified(_) => ErrorCode::None,
    }
}
