//! The brokers of a cluster: found from a bootstrap list, one connection each, with topics, leaders and offsets.
//!
//! Invariants: at most one connection a broker; metadata is asked for when it is missing or proved stale, never kept
//! after a request was refused because of it. No topic is created by asking for it. Lives on one thread.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use corelane_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use corelane_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponsePartition,
    MetadataResponseTopic,
};
use corelane_protocol::{ApiKey, ErrorCode, Request};
use uuid::Uuid;

use crate::connection::{Connection, Timeouts};
use crate::error::{ClientError, check};

/// Between two looks at metadata that is not complete yet.
const METADATA_RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A broker of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its number.
    pub node_id: i32,
    /// `host:port` as it advertises itself.
    pub address: String,
    /// Its rack.
    pub rack: Option<String>,
}

/// A topic as its cluster describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; nil from brokers older than Kafka 2.8.
    pub id: Uuid,
    /// Whether the broker keeps it for itself.
    pub is_internal: bool,
    /// Its partitions, in order of their number.
    pub partitions: Vec<Partition>,
}

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub partition: i32,
    /// The broker that leads it.
    pub leader: Option<i32>,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Brokers with a copy.
    pub replicas: Vec<i32>,
    /// Brokers with a copy that is up to date.
    pub in_sync_replicas: Vec<i32>,
}

/// What the cluster says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub cluster_id: Option<String>,
    /// The broker that takes administrative requests.
    pub controller: Option<i32>,
    /// All brokers.
    pub brokers: Vec<Broker>,
}

/// Which offset of a partition is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetAt {
    /// The first that is kept.
    Earliest,
    /// The one that the next record gets.
    Latest,
    /// That of the record with the largest timestamp.
    MaxTimestamp,
    /// The first whose timestamp is this or later, in milliseconds since 1970.
    Timestamp(i64),
}

impl OffsetAt {
    fn wire(self) -> i64 {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::Timestamp(timestamp_ms) => timestamp_ms,
        }
    }
}

/// A cluster and this client's connections to it.
#[derive(Debug)]
pub struct Cluster {
    bootstrap: Vec<String>,
    client_id: String,
    timeouts: Timeouts,
    entry: Connection,
    connections: HashMap<i32, Connection>,
    description: ClusterDescription,
    topics: HashMap<String, Topic>,
}

impl Cluster {
    /// Connects to the first address of `bootstrap` that answers, and learns the brokers.
    pub fn connect(
        bootstrap: &[String],
        client_id: &str,
        timeouts: Timeouts,
    ) -> Result<Self, ClientError> {
        let entry = connect_first(bootstrap, client_id, timeouts)?;
        let mut cluster = Self {
            bootstrap: bootstrap.to_vec(),
            client_id: client_id.to_owned(),
            timeouts,
            entry,
            connections: HashMap::new(),
            description: ClusterDescription {
                cluster_id: None,
                controller: None,
                brokers: Vec::new(),
            },
            topics: HashMap::new(),
        };
        cluster.ask_metadata(Some(Vec::new()))?;
        Ok(cluster)
    }

    /// The brokers, as the last answer told.
    pub fn description(&self) -> &ClusterDescription {
        &self.description
    }

    /// The connection to the bootstrap address.
    pub fn entry(&mut self) -> &mut Connection {
        &mut self.entry
    }

    /// All topics, sorted by name.
    pub fn topics(&mut self) -> Result<Vec<Topic>, ClientError> {
        let response = self.ask_metadata(None)?;
        let mut topics = response
            .topics
            .into_iter()
            .map(|topic| {
                let name = topic.name.clone().unwrap_or_default();
                checked_topic(topic, &name)
            })
            .collect::<Result<Vec<_>, _>>()?;
        topics.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(topics)
    }

    /// The topic `name`, from memory when it was asked for before.
    pub fn topic(&mut self, name: &str) -> Result<&Topic, ClientError> {
        if !self.topics.contains_key(name) {
            let topic = self.ask_topic(name)?;
            self.topics.insert(name.to_owned(), topic);
        }
        Ok(&self.topics[name])
    }

    /// Forgets what is known about the topic, so that its leaders are asked for again.
    pub fn forget(&mut self, name: &str) {
        self.topics.remove(name);
    }

    /// Waits until every partition of a topic (at least `partition_count`) has a leader: a topic is created in steps.
    pub fn wait_for_topic(
        &mut self,
        name: &str,
        partition_count: usize,
    ) -> Result<&Topic, ClientError> {
        let deadline = Instant::now() + self.timeouts.request;
        loop {
            self.forget(name);
            let missing = match self.topic(name) {
                Ok(topic) => first_without_leader(topic, partition_count),
                Err(error) if !error.is_retriable() || Instant::now() >= deadline => {
                    return Err(error);
                }
                Err(_) => Some(0),
            };
            let Some(partition) = missing else {
                return self.topic(name);
            };
            if Instant::now() >= deadline {
                return Err(ClientError::NoLeader {
                    topic: name.to_owned(),
                    partition,
                });
            }
            std::thread::sleep(METADATA_RETRY_INTERVAL);
        }
    }

    /// The broker that leads a partition.
    pub fn leader(&mut self, topic: &str, partition: i32) -> Result<i32, ClientError> {
        let found = self.topic(topic)?;
        let last = found.partitions.last().map_or(-1, |last| last.partition);
        let partition_found = found
            .partitions
            .iter()
            .find(|candidate| candidate.partition == partition);
        let leader = partition_found.map(|found| found.leader);
        match leader {
            Some(Some(leader)) => Ok(leader),
            Some(None) => {
                self.forget(topic);
                Err(ClientError::NoLeader {
                    topic: topic.to_owned(),
                    partition,
                })
            }
            None => Err(ClientError::UnknownPartition {
                topic: topic.to_owned(),
                partition,
                last,
            }),
        }
    }

    /// The connection to broker `node_id`, opened when there is none.
    pub fn connection(&mut self, node_id: i32) -> Result<&mut Connection, ClientError> {
        if !self.connections.contains_key(&node_id) {
            let connection = self.open_another(node_id)?;
            self.connections.insert(node_id, connection);
        }
        self.connections
            .get_mut(&node_id)
            .ok_or(ClientError::NoBootstrap)
    }

    /// A further connection to broker `node_id`, which the caller owns.
    pub fn open_another(&mut self, node_id: i32) -> Result<Connection, ClientError> {
        let address = self.address_of(node_id)?;
        Connection::open(&address, &self.client_id, self.timeouts)
    }

    /// Closes the connection to a broker, after an error on it.
    pub fn disconnect(&mut self, node_id: i32) {
        self.connections.remove(&node_id);
    }

    /// Calls the broker at the bootstrap address, over a new connection when the old one broke.
    pub fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, ClientError> {
        match self.entry.call(request) {
            Err(ClientError::Stream { .. } | ClientError::Timeout { .. }) => {
                self.entry = connect_first(&self.bootstrap, &self.client_id, self.timeouts)?;
                self.entry.call(request)
            }
            answer => answer,
        }
    }

    /// Calls the leader of a partition.
    pub fn call_leader<R: Request>(
        &mut self,
        topic: &str,
        partition: i32,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        let leader = self.leader(topic, partition)?;
        let answer = self.connection(leader)?.call(request);
        if matches!(
            answer,
            Err(ClientError::Stream { .. } | ClientError::Timeout { .. })
        ) {
            self.disconnect(leader);
        }
        answer
    }

    /// An offset of a partition; `None` when no record has that timestamp or a later one.
    pub fn offset(
        &mut self,
        topic: &str,
        partition: i32,
        at: OffsetAt,
    ) -> Result<Option<i64>, ClientError> {
        let request = ListOffsetsRequest {
            replica_id: -1,
            topics: vec![ListOffsetsTopic {
                name: topic.to_owned(),
                partitions: vec![ListOffsetsPartition {
                    partition_index: partition,
                    timestamp: at.wire(),
                    ..Default::default()
                }],
            }],
            ..Default::default()
        };
        let response = self.call_leader(topic, partition, &request)?;
        let answer = response
            .topics
            .iter()
            .flat_map(|topic| &topic.partitions)
            .find(|answer| answer.partition_index == partition)
            .ok_or_else(|| self.incomplete(ApiKey::ListOffsets, format!("{topic}-{partition}")))?;
        let checked = check(answer.error_code, None, || {
            format!("find an offset of {topic}-{partition}")
        });
        if checked.is_err() {
            self.forget(topic);
        }
        checked?;
        Ok((answer.offset >= 0).then_some(answer.offset))
    }

    pub(crate) fn incomplete(&self, api: ApiKey, what: String) -> ClientError {
        ClientError::Incomplete {
            address: self.entry.address().to_owned(),
            api,
            what,
        }
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn ask_topic(&mut self, name: &str) -> Result<Topic, ClientError> {
        let asked = MetadataRequestTopic {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        let response = self.ask_metadata(Some(vec![asked]))?;
        let answer = response
            .topics
            .into_iter()
            .find(|topic| topic.name.as_deref() == Some(name));
        let topic =
            answer.ok_or_else(|| self.incomplete(ApiKey::Metadata, format!("topic `{name}`")))?;
        checked_topic(topic, name)
    }

    fn ask_metadata(
        &mut self,
        topics: Option<Vec<MetadataRequestTopic>>,
    ) -> Result<MetadataResponse, ClientError> {
        let request = MetadataRequest {
            topics,
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        let response = self.call(&request)?;
        check(response.error_code, None, || "ask for metadata".to_owned())?;
        self.description = describe(&response);
        Ok(response)
    }

    fn address_of(&self, node_id: i32) -> Result<String, ClientError> {
        let broker = self
            .description
            .brokers
            .iter()
            .find(|broker| broker.node_id == node_id);
        broker.map(|broker| broker.address.clone()).ok_or_else(|| {
            self.incomplete(ApiKey::Metadata, format!("the address of broker {node_id}"))
        })
    }
}

fn connect_first(
    bootstrap: &[String],
    client_id: &str,
    timeouts: Timeouts,
) -> Result<Connection, ClientError> {
    let mut failure = ClientError::NoBootstrap;
    for address in bootstrap {
        match Connection::open(address, client_id, timeouts) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn first_without_leader(topic: &Topic, partition_count: usize) -> Option<i32> {
    if topic.partitions.len() < partition_count {
        return Some(i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX));
    }
    topic
        .partitions
        .iter()
        .find(|partition| partition.leader.is_none())
        .map(|partition| partition.partition)
}

fn describe(response: &MetadataResponse) -> ClusterDescription {
    let brokers = response
        .brokers
        .iter()
        .map(|broker| {
            (
                broker.node_id,
                broker_of(
                    &broker.host,
                    broker.port,
                    broker.node_id,
                    broker.rack.clone(),
                ),
            )
        })
        .collect::<BTreeMap<_, _>>();
    ClusterDescription {
        cluster_id: response.cluster_id.clone(),
        controller: (response.controller_id >= 0).then_some(response.controller_id),
        brokers: brokers.into_values().collect(),
    }
}

fn broker_of(host: &str, port: i32, node_id: i32, rack: Option<String>) -> Broker {
    // An IPv6 address needs brackets in front of a port.
    let address = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    Broker {
        node_id,
        address,
        rack,
    }
}

fn checked_topic(topic: MetadataResponseTopic, name: &str) -> Result<Topic, ClientError> {
    // A partition without a leader is described beside the others; only the topic as a whole fails here.
    if topic.error_code != ErrorCode::LeaderNotAvailable.code() {
        check(topic.error_code, None, || {
            format!("describe topic `{name}`")
        })?;
    }
    let mut partitions: Vec<Partition> = topic.partitions.into_iter().map(partition_of).collect();
    partitions.sort_by_key(|partition| partition.partition);
    Ok(Topic {
        name: name.to_owned(),
        id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions,
    })
}

fn partition_of(answer: MetadataResponsePartition) -> Partition {
    Partition {
        partition: answer.partition_index,
        leader: (answer.leader_id >= 0).then_some(answer.leader_id),
        leader_epoch: answer.leader_epoch,
        replicas: answer.replica_nodes,
        in_sync_replicas: answer.isr_nodes,
    }
}
