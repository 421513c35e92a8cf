//! ListPartitionReassignments (46): with one broker nothing is ever on its way to another (KIP-455).

use corelane_protocol::messages::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};

use crate::dispatch::Call;

/// Lists nothing; Kafka leaves out what is not there as well.
pub async fn handle(
    _: &Call,
    _: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    ListPartitionReassignmentsResponse::default()
}
