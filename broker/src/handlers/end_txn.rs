//! EndTxn (26): commits or aborts (KIP-98).
//!
//! - 2 knows PRODUCER_FENCED, 3 is flexible, 4 knows TRANSACTION_ABORTABLE.
//! - 5 raises the producer's epoch, which the answer tells (KIP-890).
//!
//! It has its place among the Produce requests of its connection: what was sent before it is on its way to its partitions
//! before it is decided over. The answer comes when the decision is durable; its markers are written behind it.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::end_txn::{EndTxnRequest, EndTxnResponse};

use crate::append_order::Place;
use crate::dispatch::Call;
use crate::transactions::lane;
use crate::transactions::machine::{Answer, ProducerClaim, Request};
use crate::transactions::state::{NO_PRODUCER_EPOCH, NO_PRODUCER_ID, TRANSACTION_VERSION_2};

/// The first version that tells a fenced producer from one with an old epoch (KIP-588).
const FENCED_SINCE: i16 = 2;
/// The first version whose client takes its epoch from the answer.
const RAISES_EPOCH_SINCE: i16 = 5;

/// Decides.
pub async fn handle(call: &Call, request: EndTxnRequest, place: Place) -> EndTxnResponse {
    place.come_up().await;
    drop(place);
    let version = call.head.version;
    let raises = version >= RAISES_EPOCH_SINCE;
    let decision = Request::EndTransaction {
        producer: ProducerClaim {
            id: request.producer_id,
            epoch: request.producer_epoch,
        },
        commit: request.committed,
        client_version: match raises {
            true => TRANSACTION_VERSION_2,
            false => 0,
        },
    };
    let answer = match request.transactional_id.as_str() {
        "" => Answer::Refused(ErrorCode::InvalidRequest),
        id => lane::ask(&call.connection.lane, id, decision).await,
    };
    let (code, producer) = match answer {
        Answer::Producer(producer) => (ErrorCode::None, Some(producer)),
        Answer::Done | Answer::Verified(_) => (ErrorCode::None, None),
        Answer::Refused(ErrorCode::ProducerFenced) if version < FENCED_SINCE => {
            (ErrorCode::InvalidProducerEpoch, None)
        }
        Answer::Refused(code) => (code, None),
    };
    let told = producer.filter(|_| raises);
    EndTxnResponse {
        error_code: code.code(),
        producer_id: told.map_or(NO_PRODUCER_ID, |producer| producer.id),
        producer_epoch: told.map_or(NO_PRODUCER_EPOCH, |producer| producer.epoch),
        ..EndTxnResponse::default()
    }
}
