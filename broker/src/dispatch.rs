//! From a frame to its handler: which APIs and versions are served, and what happens to the others.
//!
//! Shard-local. As in Kafka's `SocketServer`, a request that cannot be read, an API that is not served and a version
//! outside the served range end the connection. Two exceptions: ApiVersions of a version yet to come is answered in
//! version 0 (KIP-511), and the Produce versions that are advertised for old clients' sake only are refused.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::runtime::spawn;
use corelane_protocol::fetch_view::FetchView;
use corelane_protocol::frame::{RequestHead, encode_response};
use corelane_protocol::produce_view::ProduceView;
use corelane_protocol::{
    ApiKey, DecodeError, EncodeError, ErrorCode, Message, Reader, Request, UnknownApiKey,
};

use crate::complaint::complain;
use crate::connection::Connection;
use crate::counters::Begun;
use crate::handlers;
use crate::lane::Lane;
use crate::memory_budget::Held;
use crate::quotas::QuotaKind;
use crate::response::{Answer, Part};
use crate::response_queue::Turn;
use crate::topics;

/// The APIs that are served, in the order of their keys. What is not here is not advertised either.
pub const SERVED: &[ApiKey] = &[
    ApiKey::Produce,
    ApiKey::Fetch,
    ApiKey::ListOffsets,
    ApiKey::Metadata,
    ApiKey::OffsetCommit,
    ApiKey::OffsetFetch,
    ApiKey::FindCoordinator,
    ApiKey::JoinGroup,
    ApiKey::Heartbeat,
    ApiKey::LeaveGroup,
    ApiKey::SyncGroup,
    ApiKey::DescribeGroups,
    ApiKey::ListGroups,
    ApiKey::ApiVersions,
    ApiKey::CreateTopics,
    ApiKey::DeleteTopics,
    ApiKey::DeleteRecords,
    ApiKey::InitProducerId,
    ApiKey::OffsetForLeaderEpoch,
    ApiKey::AddPartitionsToTxn,
    ApiKey::AddOffsetsToTxn,
    ApiKey::EndTxn,
    ApiKey::WriteTxnMarkers,
    ApiKey::TxnOffsetCommit,
    ApiKey::DescribeAcls,
    ApiKey::CreateAcls,
    ApiKey::DeleteAcls,
    ApiKey::DescribeConfigs,
    ApiKey::AlterConfigs,
    ApiKey::AlterReplicaLogDirs,
    ApiKey::DescribeLogDirs,
    ApiKey::CreatePartitions,
    ApiKey::DeleteGroups,
    ApiKey::ElectLeaders,
    ApiKey::IncrementalAlterConfigs,
    ApiKey::AlterPartitionReassignments,
    ApiKey::ListPartitionReassignments,
    ApiKey::OffsetDelete,
    ApiKey::DescribeClientQuotas,
    ApiKey::AlterClientQuotas,
    ApiKey::DescribeUserScramCredentials,
    ApiKey::DescribeQuorum,
    ApiKey::UpdateFeatures,
    ApiKey::DescribeCluster,
    ApiKey::DescribeProducers,
    ApiKey::DescribeTransactions,
    ApiKey::ListTransactions,
    ApiKey::ConsumerGroupHeartbeat,
    ApiKey::ConsumerGroupDescribe,
    ApiKey::ListConfigResources,
    ApiKey::DescribeTopicPartitions,
];

/// The request ends its connection; the reason has been logged.
pub struct Refused;

/// Why a request ends its connection.
#[derive(Debug, thiserror::Error)]
enum RefusedBecause {
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    #[error(transparent)]
    UnknownApi(#[from] UnknownApiKey),
    #[error("{key:?} is not served")]
    NotServed { key: ApiKey },
    #[error("{key:?} has no version {version}")]
    Version { key: ApiKey, version: i16 },
}

/// A request under way: who asked, and where the answer goes.
pub struct Call {
    /// The client.
    pub connection: Rc<Connection>,
    /// Version, correlation id and client id.
    pub head: RequestHead,
    turn: Turn,
    held: RefCell<Option<Held>>,
    begun: Begun,
}

impl Call {
    /// The core's shared things.
    pub fn lane(&self) -> &Lane {
        &self.connection.lane
    }

    /// The client's id; empty where it has none, as Kafka takes it.
    pub fn client_id(&self) -> &str {
        self.head.client_id.as_deref().unwrap_or_default()
    }

    /// Counts what was done for the client against its quota; returns how long it is told to wait, in ms, and holds it
    /// to that.
    pub fn charge(&self, kind: QuotaKind, amount: usize) -> i32 {
        let quotas = &self.lane().quotas;
        if !quotas.is_active() {
            return 0;
        }
        let wait_ms = quotas.add(&topics::image(), self.client_id(), kind, amount as f64);
        self.hold(wait_ms)
    }

    /// Reads nothing more from the client for so long; returns the time as answers tell it.
    pub fn hold(&self, wait_ms: u64) -> i32 {
        if wait_ms > 0 {
            let counters = &self.lane().counters;
            counters.throttled.add(1);
            counters.throttle_ms.add(wait_ms);
            let throttle = &self.connection.throttle;
            throttle.hold(Duration::from_millis(wait_ms));
        }
        i32::try_from(wait_ms).unwrap_or(i32::MAX)
    }

    /// Waits until at most `ahead_max` earlier requests of this connection are unanswered or unwritten.
    pub async fn near_front(&self, ahead_max: u64) {
        self.connection.near_front(self.turn, ahead_max).await;
    }

    /// Gives back the memory of the request: for those that wait for other clients, once their frame is gone.
    pub fn release_memory(&self) {
        self.held.take();
    }

    /// Ends the request.
    pub fn answer(self, answer: Answer) {
        let counters = &self.lane().counters;
        counters.answered(self.head.api_key, self.begun);
        let held = self.held.take();
        self.connection.answer(self.turn, answer, held);
    }

    /// Counts an error that the client is not told of.
    pub fn count_error(&self, error: ErrorCode) {
        if let Ok(key) = self.head.key() {
            self.lane().counters.error(key, error.code());
        }
    }

    /// Ends the request with a response that is encoded whole.
    pub fn respond<M: Message>(self, key: ApiKey, response: &M) {
        let answer = self.encode(key, response);
        self.answer(answer);
    }

    fn encode<M: Message>(&self, key: ApiKey, response: &M) -> Answer {
        self.lane().counters.errors_of(key, response);
        let encoded = encode_response(response, key, self.head.version, self.head.correlation_id);
        self.answer_of(encoded)
    }

    /// Turns encoded bytes into an answer; a response that cannot be encoded ends the connection.
    pub fn answer_of(&self, encoded: Result<Vec<u8>, EncodeError>) -> Answer {
        match encoded {
            Ok(bytes) => Answer::Send(vec![Part::Bytes(Bytes::from(bytes))]),
            Err(error) => {
                complain(&self.connection.peer, &error);
                Answer::Close
            }
        }
    }
}

/// Decodes a request and starts its handler.
///
/// # Errors
/// When the connection must be closed.
pub fn start(
    connection: &Rc<Connection>,
    turn: Turn,
    frame: Bytes,
    held: Held,
) -> Result<(), Refused> {
    let bytes = frame.len();
    let mut reader = Reader::new(frame);
    let started = RequestHead::read(&mut reader)
        .map_err(RefusedBecause::from)
        .and_then(|head| {
            let begun = connection.lane.counters.begin(head.api_key, bytes);
            let connection = connection.clone();
            route(
                Call {
                    connection,
                    head,
                    turn,
                    held: RefCell::new(Some(held)),
                    begun,
                },
                reader,
            )
        });
    started.map_err(|reason| {
        complain(&connection.peer, &reason);
        Refused
    })
}

fn route(call: Call, reader: Reader) -> Result<(), RefusedBecause> {
    let key = call.head.key()?;
    let version = call.head.version;
    if !SERVED.contains(&key) {
        return Err(RefusedBecause::NotServed { key });
    }
    if !key.serves(version) {
        return match key {
            ApiKey::ApiVersions => {
                let answer = handlers::api_versions::answer_unsupported(&call);
                call.answer(answer);
                Ok(())
            }
            ApiKey::Produce
                if version >= key.advertised_min_version() && version < key.min_version() =>
            {
                Ok(handlers::produce_unserved::answer(call, reader)?)
            }
            _ => Err(RefusedBecause::Version { key, version }),
        };
    }
    match key {
        ApiKey::Produce => {
            let request = ProduceView::parse(reader, version)?;
            let place = call.connection.append_order.take();
            spawn(handlers::produce::handle(call, request, place));
            Ok(())
        }
        ApiKey::Fetch => {
            let request = FetchView::parse(reader, version)?;
            spawn(handlers::fetch::handle(call, request));
            Ok(())
        }
        ApiKey::ListOffsets => run(call, reader, handlers::list_offsets::handle),
        ApiKey::Metadata => run(call, reader, handlers::metadata::handle),
        ApiKey::FindCoordinator => run(call, reader, handlers::find_coordinator::handle),
        ApiKey::ApiVersions => run(call, reader, handlers::api_versions::handle),
        ApiKey::CreateTopics => run(call, reader, handlers::create_topics::handle),
        ApiKey::DeleteTopics => run(call, reader, handlers::delete_topics::handle),
        ApiKey::InitProducerId => run(call, reader, handlers::init_producer_id::handle),
        ApiKey::OffsetForLeaderEpoch => {
            run(call, reader, handlers::offset_for_leader_epoch::handle)
        }
        ApiKey::AddPartitionsToTxn => run(call, reader, handlers::add_partitions_to_txn::handle),
        ApiKey::AddOffsetsToTxn => run(call, reader, handlers::add_offsets_to_txn::handle),
        ApiKey::EndTxn => {
            let place = call.connection.append_order.take();
            run(call, reader, async move |call, request| {
                handlers::end_txn::handle(call, request, place).await
            })
        }
        ApiKey::WriteTxnMarkers => run(call, reader, handlers::write_txn_markers::handle),
        ApiKey::TxnOffsetCommit => run(call, reader, handlers::txn_offset_commit::handle),
        ApiKey::DescribeProducers => run(call, reader, handlers::describe_producers::handle),
        ApiKey::DescribeTransactions => run(call, reader, handlers::describe_transactions::handle),
        ApiKey::ListTransactions => run(call, reader, handlers::list_transactions::handle),
        ApiKey::DescribeConfigs => run(call, reader, handlers::describe_configs::handle),
        ApiKey::AlterConfigs => run(call, reader, handlers::alter_configs::handle),
        ApiKey::DescribeLogDirs => run(call, reader, handlers::describe_log_dirs::handle),
        ApiKey::DeleteRecords => run(call, reader, handlers::delete_records::handle),
        ApiKey::CreatePartitions => run(call, reader, handlers::create_partitions::handle),
        ApiKey::IncrementalAlterConfigs => {
            run(call, reader, handlers::incremental_alter_configs::handle)
        }
        ApiKey::DescribeCluster => run(call, reader, handlers::describe_cluster::handle),
        ApiKey::DescribeAcls => run(call, reader, handlers::describe_acls::handle),
        ApiKey::CreateAcls => run(call, reader, handlers::create_acls::handle),
        ApiKey::DeleteAcls => run(call, reader, handlers::delete_acls::handle),
        ApiKey::AlterReplicaLogDirs => run(call, reader, handlers::alter_replica_log_dirs::handle),
        ApiKey::ElectLeaders => run(call, reader, handlers::elect_leaders::handle),
        ApiKey::AlterPartitionReassignments => run(
            call,
            reader,
            handlers::alter_partition_reassignments::handle,
        ),
        ApiKey::ListPartitionReassignments => {
            run(call, reader, handlers::list_partition_reassignments::handle)
        }
        ApiKey::DescribeClientQuotas => run(call, reader, handlers::describe_client_quotas::handle),
        ApiKey::AlterClientQuotas => run(call, reader, handlers::alter_client_quotas::handle),
        ApiKey::DescribeUserScramCredentials => run(
            call,
            reader,
            handlers::describe_user_scram_credentials::handle,
        ),
        ApiKey::DescribeQuorum => run(call, reader, handlers::describe_quorum::handle),
        ApiKey::UpdateFeatures => run(call, reader, handlers::update_features::handle),
        ApiKey::ListConfigResources => run(call, reader, handlers::list_config_resources::handle),
        ApiKey::DescribeTopicPartitions => {
            run(call, reader, handlers::describe_topic_partitions::handle)
        }
        ApiKey::OffsetCommit => run(call, reader, handlers::offset_commit::handle),
        ApiKey::OffsetFetch => run(call, reader, handlers::offset_fetch::handle),
        ApiKey::JoinGroup => run(call, reader, handlers::join_group::handle),
        ApiKey::Heartbeat => run(call, reader, handlers::heartbeat::handle),
        ApiKey::LeaveGroup => run(call, reader, handlers::leave_group::handle),
        ApiKey::SyncGroup => run(call, reader, handlers::sync_group::handle),
        ApiKey::DescribeGroups => run(call, reader, handlers::describe_groups::handle),
        ApiKey::ListGroups => run(call, reader, handlers::list_groups::handle),
        ApiKey::DeleteGroups => run(call, reader, handlers::delete_groups::handle),
        ApiKey::ConsumerGroupHeartbeat => {
            run(call, reader, handlers::consumer_group_heartbeat::handle)
        }
        ApiKey::ConsumerGroupDescribe => {
            run(call, reader, handlers::consumer_group_describe::handle)
        }
        ApiKey::OffsetDelete => run(call, reader, handlers::offset_delete::handle),
        _ => Err(RefusedBecause::NotServed { key }),
    }
}

fn decode<R: Request>(mut reader: Reader, version: i16) -> Result<R, RefusedBecause> {
    // Bytes behind the body are left alone, as in Kafka: librdkafka 2.16 sends some behind a Metadata request.
    Ok(R::decode(&mut reader, version)?)
}

/// Starts a handler whose response is encoded whole.
fn run<R, H>(call: Call, reader: Reader, handler: H) -> Result<(), RefusedBecause>
where
    R: Request + 'static,
    H: AsyncFnOnce(&Call, R) -> R::Response + 'static,
{
    let request: R = decode(reader, call.head.version)?;
    spawn(async move {
        let response = handler(&call, request).await;
        call.respond(R::KEY, &response);
    });
    Ok(())
}
