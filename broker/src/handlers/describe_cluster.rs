//! DescribeCluster (60): the brokers.
//!
//! - 1 asks for brokers or controllers; there are no controllers to speak of (KIP-919).
//! - 2 adds fenced brokers; there are none.

use corelane_protocol::messages::describe_cluster::{
    DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse,
};

use crate::authorized_operations::CLUSTER_OPERATIONS;
use crate::dispatch::Call;
use crate::settings::NODE_ID;
use corelane_protocol::ErrorCode;

/// The endpoint type that means brokers.
const BROKERS: i8 = 1;
/// MISMATCHED_ENDPOINT_TYPE: the endpoint exists, but is of the other kind.
const CONTROLLERS: i8 = 2;

/// Answers with those that clients see.
pub async fn handle(call: &Call, request: DescribeClusterRequest) -> DescribeClusterResponse {
    let settings = &call.lane().settings;
    if request.endpoint_type != BROKERS {
        let (code, message) = match request.endpoint_type {
            CONTROLLERS => (
                ErrorCode::MismatchedEndpointType,
                "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
            ),
            _ => (
                ErrorCode::UnsupportedEndpointType,
                "Unsupported endpoint type",
            ),
        };
        return DescribeClusterResponse {
            error_code: code.code(),
            error_message: Some(message.to_owned()),
            ..DescribeClusterResponse::default()
        };
    }
    let brokers = settings.nodes.all(&call.connection);
    let brokers = brokers.map(|(broker_id, endpoint)| DescribeClusterBroker {
        broker_id,
        host: endpoint.host,
        port: endpoint.port.into(),
        rack: None,
        is_fenced: false,
    });
    let mut response = DescribeClusterResponse {
        endpoint_type: request.endpoint_type,
        cluster_id: settings.cluster_id.clone(),
        controller_id: NODE_ID,
        brokers: brokers.collect(),
        ..DescribeClusterResponse::default()
    };
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    response
}
