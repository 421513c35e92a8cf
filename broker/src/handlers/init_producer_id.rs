//! InitProducerId (22): ids for idempotent and transactional producers (KIP-98).
//!
//! - 2 is flexible, 3 lets a producer name the id and epoch that it has (KIP-360), 4 knows PRODUCER_FENCED,
//!   5 TRANSACTION_ABORTABLE.
//!
//! Without a transactional id every call gives a new id with epoch 0, whatever the producer had, as in Kafka's
//! transaction coordinator. With one, its coordinator answers.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::init_producer_id::{
    InitProducerIdRequest, InitProducerIdResponse,
};

use crate::dispatch::Call;
use crate::error_map;
use crate::patience::within_limit;
use crate::transactions::lane;
use crate::transactions::machine::{Answer, ProducerClaim, Request};
use crate::transactions::state::{NO_PRODUCER_EPOCH, NO_PRODUCER_ID};

/// The first version that tells a fenced producer from one with an old epoch (KIP-588).
const FENCED_SINCE: i16 = 4;

/// Gives out an id.
pub async fn handle(call: &Call, request: InitProducerIdRequest) -> InitProducerIdResponse {
    let code = match initialize(call, &request).await {
        Ok(producer) => {
            return InitProducerIdResponse {
                producer_id: producer.id,
                producer_epoch: producer.epoch,
                ..InitProducerIdResponse::default()
            };
        }
        Err(ErrorCode::ProducerFenced) if call.head.version < FENCED_SINCE => {
            ErrorCode::InvalidProducerEpoch
        }
        Err(code) => code,
    };
    InitProducerIdResponse {
        error_code: code.code(),
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        ..InitProducerIdResponse::default()
    }
}

async fn initialize(
    call: &Call,
    request: &InitProducerIdRequest,
) -> Result<ProducerClaim, ErrorCode> {
    let has_id = request.producer_id != NO_PRODUCER_ID;
    let has_epoch = request.producer_epoch != NO_PRODUCER_EPOCH;
    let transactional_id = request.transactional_id.as_deref();
    if has_id != has_epoch || transactional_id == Some("") {
        return Err(ErrorCode::InvalidRequest);
    }
    let Some(transactional_id) = transactional_id else {
        let id = allocate(call).await?;
        return Ok(ProducerClaim { id, epoch: 0 });
    };
    let expected = has_id.then_some((request.producer_id, request.producer_epoch));
    let init = Request::InitProducerId {
        timeout_ms: request.transaction_timeout_ms,
        expected,
    };
    match lane::ask(&call.connection.lane, transactional_id, init).await {
        Answer::Producer(producer) => Ok(producer),
        Answer::Refused(code) => Err(code),
        Answer::Done | Answer::Verified(_) => Err(ErrorCode::CoordinatorNotAvailable),
    }
}

async fn allocate(call: &Call) -> Result<i64, ErrorCode> {
    let engine = call.lane().engine.clone();
    let allocated = within_limit(async move { engine.allocate_producer_id().await }).await;
    allocated
        .map_err(|refusal| refusal.code)?
        .map(|id| id.0)
        .map_err(|error| error_map::catalogue(&error).code)
}
