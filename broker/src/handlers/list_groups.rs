//! ListGroups (16): the groups of this broker.
//!
//! - 3 is flexible, 4 filters by state (KIP-518), 5 by type (KIP-848).

use std::rc::Rc;

use corelane_protocol::messages::list_groups::{ListGroupsRequest, ListGroupsResponse};

use crate::dispatch::Call;
use crate::groups::coordinator::Coordinator;
use crate::groups::describing::ListFilter;
use crate::groups::registry::ask_told;

/// Lists those that this broker coordinates.
pub async fn handle(call: &Call, request: ListGroupsRequest) -> ListGroupsResponse {
    let filter = ListFilter::new(&request.states_filter, &request.types_filter);
    let list =
        move |coordinator: &Rc<Coordinator>| coordinator.act(|machine, _| machine.list(&filter));
    let mut response = ListGroupsResponse::default();
    for listed in ask_told(call.lane(), list).await {
        match listed {
            Ok(groups) => response.groups.extend(groups.into_iter().flatten()),
            Err(code) => response.error_code = code.code(),
        }
    }
    response
}
