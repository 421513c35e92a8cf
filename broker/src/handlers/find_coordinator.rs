//! FindCoordinator (10): which broker coordinates a transactional id. There is one broker.
//!
//! - 1 adds the kind of key, 3 is flexible, 4 asks for several keys (KIP-699), 5 knows TRANSACTION_ABORTABLE,
//!   6 share groups.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::find_coordinator::{
    Coordinator, FindCoordinatorRequest, FindCoordinatorResponse,
};

use crate::coordinator::internal_topic::TRANSACTION_STATE;
use crate::dispatch::Call;
use crate::settings::NODE_ID;

/// The first version with several keys.
const BATCHED_SINCE: i16 = 4;
const TRANSACTION: i8 = 1;
const NO_NODE: i32 = -1;

/// Finds each key's coordinator.
pub async fn handle(call: &Call, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    if call.head.version >= BATCHED_SINCE {
        let mut response = FindCoordinatorResponse::default();
        for key in &request.coordinator_keys {
            response
                .coordinators
                .push(find(call, request.key_type, key).await);
        }
        return response;
    }
    let found = find(call, request.key_type, &request.key).await;
    FindCoordinatorResponse {
        error_code: found.error_code,
        error_message: found.error_message,
        node_id: found.node_id,
        host: found.host,
        port: found.port,
        ..FindCoordinatorResponse::default()
    }
}

async fn find(call: &Call, key_type: i8, key: &str) -> Coordinator {
    let lane = &call.connection.lane;
    let place = match key_type {
        TRANSACTION if !key.is_empty() => TRANSACTION_STATE.find_or_create(lane, key).await,
        _ => Err(ErrorCode::InvalidRequest),
    };
    if let Err(code) = place {
        return Coordinator {
            key: key.to_owned(),
            node_id: NO_NODE,
            port: NO_NODE,
            error_code: code.code(),
            error_message: Some(code.message().to_owned()),
            ..Coordinator::default()
        };
    }
    let endpoint = lane.settings.endpoint(&call.connection);
    Coordinator {
        key: key.to_owned(),
        node_id: NODE_ID,
        host: endpoint.host,
        port: endpoint.port.into(),
        error_code: ErrorCode::None.code(),
        error_message: None,
    }
}
