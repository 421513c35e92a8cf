//! FindCoordinator (10): which broker coordinates a group or a transactional id. It is this one, or the
//! one of the core that does where each core is a broker.
//!
//! - 1 adds transactional ids, 3 is flexible, 4 takes several keys at once (KIP-699), 6 knows share groups, which are
//!   not served.
//!
//! The internal topic is created when somebody first asks. Kafka answers COORDINATOR_NOT_AVAILABLE meanwhile; here the
//! answer waits.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::find_coordinator::{
    Coordinator, FindCoordinatorRequest, FindCoordinatorResponse,
};

use crate::coordinator::internal_topic::{CONSUMER_OFFSETS, TRANSACTION_STATE};
use crate::dispatch::Call;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
/// The first version that takes several keys.
const BATCHED_SINCE: i16 = 4;
/// The first version with a message.
const MESSAGE_SINCE: i16 = 1;
const NO_NODE: i32 = -1;
const NO_PORT: i32 = -1;

/// Finds, or creates, what coordinates.
pub async fn handle(call: &Call, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    let version = call.head.version;
    if version < BATCHED_SINCE {
        let found = find(call, request.key_type, &request.key).await;
        return FindCoordinatorResponse {
            error_code: found.error_code,
            error_message: (version >= MESSAGE_SINCE).then(|| message(found.error_code)),
            node_id: found.node_id,
            host: found.host,
            port: found.port,
            ..FindCoordinatorResponse::default()
        };
    }
    let mut response = FindCoordinatorResponse::default();
    for key in &request.coordinator_keys {
        response
            .coordinators
            .push(find(call, request.key_type, key).await);
    }
    response
}

fn message(code: i16) -> String {
    match ErrorCode::try_from(code) {
        // As Kafka says it.
        Ok(ErrorCode::None) | Err(_) => "NONE".to_owned(),
        Ok(code) => code.message().to_owned(),
    }
}

async fn find(call: &Call, key_type: i8, key: &str) -> Coordinator {
    let lane = &call.connection.lane;
    let found = match key_type {
        GROUP => CONSUMER_OFFSETS.find_or_create(lane, key).await,
        TRANSACTION if !key.is_empty() => TRANSACTION_STATE.find_or_create(lane, key).await,
        _ => Err(ErrorCode::InvalidRequest),
    };
    match found {
        Ok(place) => {
            let node_id = lane.settings.nodes.leader(place.shard);
            let endpoint = lane.settings.nodes.endpoint(node_id, &call.connection);
            Coordinator {
                key: key.to_owned(),
                node_id,
                host: endpoint.host,
                port: endpoint.port.into(),
                error_message: None,
                ..Coordinator::default()
            }
        }
        Err(code) => Coordinator {
            key: key.to_owned(),
            node_id: NO_NODE,
            port: NO_PORT,
            error_code: code.code(),
            error_message: Some(code.message().to_owned()),
            ..Coordinator::default()
        },
    }
}
