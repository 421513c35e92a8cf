//! ListConfigResources (74): what has configurations (KIP-1142).
//!
//! - 0 lists client metrics only, of which there are none.
//! - 1 names the types that it wants; none means all that the broker has.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::list_config_resources::{
    ConfigResource, ListConfigResourcesRequest, ListConfigResourcesResponse,
};

use crate::dispatch::Call;
use crate::lane::Lane;
use crate::topics;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

/// Lists the resources of each type.
pub async fn handle(
    call: &Call,
    request: ListConfigResourcesRequest,
) -> ListConfigResourcesResponse {
    let mut wanted = request.resource_types;
    if call.head.version == 0 {
        wanted = vec![CLIENT_METRICS];
    } else if wanted.is_empty() {
        wanted = vec![TOPIC, BROKER];
    }
    let known = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP];
    if wanted.iter().any(|kind| !known.contains(kind)) {
        return ListConfigResourcesResponse {
            error_code: ErrorCode::UnsupportedVersion.code(),
            ..ListConfigResourcesResponse::default()
        };
    }
    wanted.sort_unstable();
    wanted.dedup();
    ListConfigResourcesResponse {
        config_resources: wanted
            .into_iter()
            .flat_map(|kind| resources(call.lane(), kind))
            .collect(),
        ..ListConfigResourcesResponse::default()
    }
}

fn resources(lane: &Lane, resource_type: i8) -> Vec<ConfigResource> {
    let resource = |resource_name| ConfigResource {
        resource_name,
        resource_type,
    };
    match resource_type {
        TOPIC => {
            let image = topics::image();
            let names = image.topics().map(|topic| topic.name.clone());
            names.map(resource).collect()
        }
        BROKER => lane.settings.nodes.names().map(resource).collect(),
        // Log levels of the broker, client metrics and groups have no configurations here.
        _ => Vec::new(),
    }
}
