//! What coordinators and partitions know of transactions, and the end of those that hang (KIP-664).
//!
//! Invariants: a transactional id is asked about at its coordinator, a partition at its leader; an abort names the
//! producer and epoch that the leader has told.

use corelane_protocol::ApiKey;
use corelane_protocol::messages::describe_producers::{
    DescribeProducersRequest, PartitionResponse, ProducerState, TopicRequest,
};
use corelane_protocol::messages::describe_transactions::DescribeTransactionsRequest;
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;
use corelane_protocol::messages::list_transactions::ListTransactionsRequest;
use corelane_protocol::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest,
};

use crate::cluster::Cluster;
use crate::error::{ClientError, check};

/// The kind of coordinator that transactional ids have.
const TRANSACTION_COORDINATOR: i8 = 1;
/// From this version on FindCoordinator asks for several keys.
const FIND_SEVERAL: i16 = 4;
/// The coordinator epoch of an abort where no coordinator has decided before, as Kafka's own tool has it.
const FIRST_COORDINATOR_EPOCH: i32 = 0;

/// A transactional id as its coordinator lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTransaction {
    /// The transactional id.
    pub transactional_id: String,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// The producer id in use.
    pub producer_id: i64,
    /// Kafka's name of the state.
    pub state: String,
}

/// A transactional id as its coordinator describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedTransaction {
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// Kafka's name of the state.
    pub state: String,
    /// The producer id in use.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
    /// After so long an ongoing transaction is aborted.
    pub timeout_ms: i32,
    /// When it began, in milliseconds since 1970; none where none has.
    pub start_time_ms: Option<i64>,
    /// The partitions that take part: topics with their numbers.
    pub topics: Vec<(String, Vec<i32>)>,
}

/// A producer as a partition's leader knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveProducer {
    /// Its id.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i32,
    /// The sequence number of its last record.
    pub last_sequence: i32,
    /// The timestamp of its last append, in milliseconds since 1970.
    pub last_timestamp_ms: i64,
    /// The epoch of the coordinator that decided last.
    pub coordinator_epoch: i32,
    /// The first offset of what is open; none where nothing is.
    pub open_from: Option<i64>,
}

impl Cluster {
    /// The transactional ids of every coordinator, in the given states or in all.
    pub fn list_transactions(
        &mut self,
        states: &[String],
    ) -> Result<Vec<ListedTransaction>, ClientError> {
        let request = ListTransactionsRequest {
            state_filters: states.to_vec(),
            ..Default::default()
        };
        let brokers: Vec<i32> = self
            .description()
            .brokers
            .iter()
            .map(|broker| broker.node_id)
            .collect();
        let mut listed = Vec::new();
        for coordinator in brokers {
            let answer = self.connection(coordinator)?.call(&request)?;
            check(answer.error_code, None, || "list transactions".to_owned())?;
            let states = answer.transaction_states.into_iter();
            listed.extend(states.map(|state| ListedTransaction {
                transactional_id: state.transactional_id,
                coordinator,
                producer_id: state.producer_id,
                state: state.transaction_state,
            }));
        }
        listed.sort_by(|a, b| a.transactional_id.cmp(&b.transactional_id));
        Ok(listed)
    }

    /// What the coordinator of a transactional id knows of it.
    pub fn describe_transaction(
        &mut self,
        transactional_id: &str,
    ) -> Result<DescribedTransaction, ClientError> {
        let coordinator = self.transaction_coordinator(transactional_id)?;
        let request = DescribeTransactionsRequest {
            transactional_ids: vec![transactional_id.to_owned()],
        };
        let answer = self.connection(coordinator)?.call(&request)?;
        let what = || format!("describe transactional id `{transactional_id}`");
        let state = answer.transaction_states.into_iter().next();
        let state = state.ok_or_else(|| self.incomplete(ApiKey::DescribeTransactions, what()))?;
        check(state.error_code, None, what)?;
        Ok(DescribedTransaction {
            coordinator,
            state: state.transaction_state,
            producer_id: state.producer_id,
            producer_epoch: state.producer_epoch,
            timeout_ms: state.transaction_timeout_ms,
            start_time_ms: Some(state.transaction_start_time_ms).filter(|time| *time >= 0),
            topics: state
                .topics
                .into_iter()
                .map(|topic| (topic.topic, topic.partitions))
                .collect(),
        })
    }

    fn transaction_coordinator(&mut self, transactional_id: &str) -> Result<i32, ClientError> {
        let what = || format!("find the coordinator of transactional id `{transactional_id}`");
        let request = |version: i16| match version >= FIND_SEVERAL {
            true => FindCoordinatorRequest {
                key_type: TRANSACTION_COORDINATOR,
                coordinator_keys: vec![transactional_id.to_owned()],
                ..Default::default()
            },
            false => FindCoordinatorRequest {
                key: transactional_id.to_owned(),
                key_type: TRANSACTION_COORDINATOR,
                ..Default::default()
            },
        };
        let version = self.entry().version_of::<FindCoordinatorRequest>()?;
        let answer = self.call(&request(version))?;
        if version < FIND_SEVERAL {
            check(answer.error_code, answer.error_message, what)?;
            return Ok(answer.node_id);
        }
        let found = answer.coordinators.into_iter().next();
        let found = found.ok_or_else(|| self.incomplete(ApiKey::FindCoordinator, what()))?;
        check(found.error_code, found.error_message, what)?;
        Ok(found.node_id)
    }

    /// The producers that the leader of a partition knows.
    pub fn producers(
        &mut self,
        topic: &str,
        partition: i32,
    ) -> Result<Vec<ActiveProducer>, ClientError> {
        let request = DescribeProducersRequest {
            topics: vec![TopicRequest {
                name: topic.to_owned(),
                partition_indexes: vec![partition],
            }],
        };
        let answer = self.call_leader(topic, partition, &request)?;
        let what = || format!("describe the producers of {topic}-{partition}");
        let mut partitions = answer.topics.into_iter().flat_map(|topic| topic.partitions);
        let answer: Option<PartitionResponse> = partitions.next();
        let answer = answer.ok_or_else(|| self.incomplete(ApiKey::DescribeProducers, what()))?;
        check(answer.error_code, answer.error_message, what)?;
        Ok(answer.active_producers.iter().map(active).collect())
    }

    /// Aborts what a producer has open in a partition, whatever its coordinator says.
    pub fn abort_open(
        &mut self,
        topic: &str,
        partition: i32,
        producer: &ActiveProducer,
    ) -> Result<(), ClientError> {
        let what = || format!("abort what is open in {topic}-{partition}");
        let request = WriteTxnMarkersRequest {
            markers: vec![WritableTxnMarker {
                producer_id: producer.producer_id,
                producer_epoch: i16::try_from(producer.producer_epoch).unwrap_or(i16::MAX),
                transaction_result: false,
                topics: vec![WritableTxnMarkerTopic {
                    name: topic.to_owned(),
                    partition_indexes: vec![partition],
                }],
                coordinator_epoch: producer.coordinator_epoch.max(FIRST_COORDINATOR_EPOCH),
                ..Default::default()
            }],
        };
        let answer = self.call_leader(topic, partition, &request)?;
        let markers = answer.markers.into_iter();
        let topics = markers.flat_map(|marker| marker.topics);
        let mut partitions = topics.flat_map(|topic| topic.partitions);
        let answer = partitions.next();
        let answer = answer.ok_or_else(|| self.incomplete(ApiKey::WriteTxnMarkers, what()))?;
        check(answer.error_code, None, what)
    }
}

fn active(state: &ProducerState) -> ActiveProducer {
    ActiveProducer {
        producer_id: state.producer_id,
        producer_epoch: state.producer_epoch,
        last_sequence: state.last_sequence,
        last_timestamp_ms: state.last_timestamp,
        coordinator_epoch: state.coordinator_epoch,
        open_from: Some(state.current_txn_start_offset).filter(|offset| *offset >= 0),
    }
}
