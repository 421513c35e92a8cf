//! InitProducerId (22): ids for idempotent producers (KIP-98).
//!
//! - 2 is flexible, 3 lets a producer name the id and epoch that it has (KIP-360), 4 knows PRODUCER_FENCED,
//!   5 TRANSACTION_ABORTABLE.
//!
//! Without a transactional id every call gives a new id with epoch 0, whatever the producer had, as in Kafka's
//! transaction coordinator. There are no transactions, so a transactional id is refused.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::init_producer_id::{
    InitProducerIdRequest, InitProducerIdResponse,
};

use crate::dispatch::Call;
use crate::error_map;
use crate::patience::within_limit;

const NO_PRODUCER_ID: i64 = -1;
const NO_PRODUCER_EPOCH: i16 = -1;

/// Gives out an id.
pub async fn handle(call: &Call, request: InitProducerIdRequest) -> InitProducerIdResponse {
    match allocate(call, &request).await {
        Ok(producer_id) => InitProducerIdResponse {
            producer_id,
            producer_epoch: 0,
            ..InitProducerIdResponse::default()
        },
        Err(code) => InitProducerIdResponse {
            error_code: code.code(),
            producer_id: NO_PRODUCER_ID,
            producer_epoch: NO_PRODUCER_EPOCH,
            ..InitProducerIdResponse::default()
        },
    }
}

async fn allocate(call: &Call, request: &InitProducerIdRequest) -> Result<i64, ErrorCode> {
    match request.transactional_id.as_deref() {
        Some("") => return Err(ErrorCode::InvalidRequest),
        Some(_) => return Err(ErrorCode::UnsupportedVersion),
        None => {}
    }
    let has_id = request.producer_id != NO_PRODUCER_ID;
    let has_epoch = request.producer_epoch != NO_PRODUCER_EPOCH;
    if has_id != has_epoch {
        return Err(ErrorCode::InvalidRequest);
    }
    let engine = call.lane().engine.clone();
    let allocated = within_limit(async move { engine.allocate_producer_id().await }).await;
    allocated
        .map_err(|refusal| refusal.code)?
        .map(|id| id.0)
        .map_err(|error| error_map::catalogue(&error).code)
}
