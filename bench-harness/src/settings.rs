//! What a run does: every parameter of the workloads, validated, and written into each result so that it can be repeated.
//!
//! Invariants: `validate` is called before a connection is opened; limits are named here. Pure.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::affinity::CoreList;

/// Connections of one run. Each costs a descriptor and about 70 KiB on the client.
pub const CONNECTIONS_MAX: u32 = 10_000;
/// Requests in flight on one connection.
pub const IN_FLIGHT_MAX: u32 = 1_024;
/// Partitions of the benchmark's topic.
pub const PARTITIONS_MAX: u32 = 20_000;
/// The longest record value.
pub const RECORD_BYTES_MAX: u32 = 16 * 1024 * 1024;
/// Records of one batch.
pub const RECORDS_PER_BATCH_MAX: u32 = 100_000;
/// All the values of one batch together.
pub const BATCH_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Client threads; more than cores only adds context switches.
pub const CLIENT_THREADS_MAX: u32 = 64;
/// The longest run or warm-up: a day.
pub const SECONDS_MAX: f64 = 86_400.0;

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettingsError {
    /// A number is outside its range.
    #[error("{name} is {value}; it must be between {minimum} and {maximum}")]
    OutOfRange {
        /// The setting, as the result file calls it.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The lowest allowed.
        minimum: f64,
        /// The highest allowed.
        maximum: f64,
    },
    /// No broker address.
    #[error("no broker to measure; give its host and port, such as 127.0.0.1:9092")]
    NoBootstrap,
    /// Two settings contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
}

/// The broker that is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerSettings {
    /// The name in tables.
    pub name: String,
    /// `host:port` of one or several brokers of the cluster.
    pub bootstrap: Vec<String>,
    /// The broker's process on this machine; with it the result tells CPU, memory and bytes written.
    pub server_pid: Option<u32>,
    /// What the target promises by itself at `acks=all`, where no configuration tells (Corelane flushes, Kafka does not).
    pub flushes_before_ack_of_all: Option<bool>,
}

impl BrokerSettings {
    /// A broker at `bootstrap`, about which nothing more is known.
    pub fn at(bootstrap: &str) -> Self {
        Self {
            name: bootstrap.to_owned(),
            bootstrap: bootstrap
                .split(',')
                .map(|address| address.trim().to_owned())
                .collect(),
            server_pid: None,
            flushes_before_ack_of_all: None,
        }
    }

    /// No broker: an engine in this process on `directory`. The "server" is then this process.
    pub fn in_process(directory: &Path) -> Self {
        Self {
            name: "engine".to_owned(),
            bootstrap: vec![format!("in-process:{}", directory.display())],
            server_pid: Some(std::process::id()),
            flushes_before_ack_of_all: Some(true),
        }
    }
}

/// The topic that is written or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSettings {
    /// Its name.
    pub name: String,
    /// Partitions, when the run creates it. An existing topic keeps its own.
    pub partitions: u32,
    /// Configurations, when the run creates it.
    pub configs: BTreeMap<String, String>,
    /// Whether the run deletes a topic that it created.
    pub delete_after: bool,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            name: "corelane-bench".to_owned(),
            partitions: 8,
            configs: BTreeMap::new(),
            delete_after: false,
        }
    }
}

/// The client's side of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// Connections in all.
    pub connections: u32,
    /// Requests in flight on each connection. In an open loop it is the bound at which sends wait.
    pub in_flight: u32,
    /// Threads that share the connections.
    pub threads: u32,
    /// The CPUs the threads may run on.
    pub cores: Option<CoreList>,
    /// How long an answer may take before it is reported as missing.
    pub answer_timeout_s: f64,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            connections: 4,
            in_flight: 8,
            threads: 1,
            cores: None,
            answer_timeout_s: 30.0,
        }
    }
}

/// How long a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Load before the measurement.
    pub warm_up_s: f64,
    /// The longest measurement.
    pub measure_s: f64,
    /// Ends the measurement earlier, once so many bytes of batches were answered.
    pub measure_bytes: Option<u64>,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            warm_up_s: 2.0,
            measure_s: 10.0,
            measure_bytes: None,
        }
    }
}

/// When a produce request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acks {
    /// Never: what is measured is what the sockets take.
    #[serde(rename = "0")]
    None,
    /// By the leader.
    #[serde(rename = "1")]
    Leader,
    /// By all in-sync replicas.
    #[serde(rename = "all")]
    All,
}

impl Acks {
    /// The number on the wire.
    pub fn wire(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

impl std::str::FromStr for Acks {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "0" => Ok(Self::None),
            "1" => Ok(Self::Leader),
            "all" | "-1" => Ok(Self::All),
            _ => Err(SettingsError::Contradiction("acks is 0, 1 or all")),
        }
    }
}

impl std::fmt::Display for Acks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::None => "0",
            Self::Leader => "1",
            Self::All => "all",
        })
    }
}

/// The `produce` workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProduceSettings {
    /// The broker.
    pub broker: BrokerSettings,
    /// The topic.
    pub topic: TopicSettings,
    /// The client.
    pub client: ClientSettings,
    /// The time.
    pub span: Span,
    /// Bytes of each record's value; records have no key and no headers.
    pub record_bytes: u32,
    /// Records of each batch; a request carries one batch.
    pub records_per_batch: u32,
    /// When requests are answered.
    pub acks: Acks,
    /// Records a second in all, sent on a fixed schedule (open loop). Without it, as fast as answers allow (closed loop).
    pub records_per_second: Option<f64>,
    /// The share of requests that go to partition 0, whose latency is then told apart from the others'.
    #[serde(default)]
    pub hot_share: Option<f64>,
    /// Gives records keys: of n records of a connection this share of n have keys of their own.
    #[serde(default)]
    pub unique_keys: Option<f64>,
    /// Tells latency apart by partition.
    #[serde(default)]
    pub latency_by_partition: bool,
}

impl ProduceSettings {
    /// W1: 64 KiB batches of 1 KiB records, 8 partitions, 4 connections, 8 in flight, acks=1, as fast as it goes.
    pub fn maximum(broker: BrokerSettings) -> Self {
        Self {
            broker,
            topic: TopicSettings::default(),
            client: ClientSettings::default(),
            span: Span::default(),
            record_bytes: 1024,
            records_per_batch: 64,
            acks: Acks::Leader,
            records_per_second: None,
            hot_share: None,
            unique_keys: None,
            latency_by_partition: false,
        }
    }

    /// How many records fill a batch of about `batch_bytes` of values: at least one.
    pub fn records_for(batch_bytes: u32, record_bytes: u32) -> u32 {
        (batch_bytes / record_bytes.max(1)).max(1)
    }

    /// Refuses what cannot be run.
    pub fn validate(&self) -> Result<(), SettingsError> {
        validate_common(&self.broker, &self.topic, &self.client, &self.span)?;
        in_range(
            "record_bytes",
            self.record_bytes.into(),
            0.0,
            RECORD_BYTES_MAX.into(),
        )?;
        in_range(
            "records_per_batch",
            self.records_per_batch.into(),
            1.0,
            RECORDS_PER_BATCH_MAX.into(),
        )?;
        if u64::from(self.record_bytes) * u64::from(self.records_per_batch) > BATCH_BYTES_MAX {
            return Err(SettingsError::Contradiction(
                "a batch of that many records of that size exceeds 64 MiB; lower records_per_batch",
            ));
        }
        for (name, share) in [
            ("hot_share", self.hot_share),
            ("unique_keys", self.unique_keys),
        ] {
            in_range(name, share.unwrap_or(0.0), 0.0, 1.0)?;
        }
        if let Some(rate) = self.records_per_second {
            in_range("records_per_second", rate, 0.001, 1e9)?;
            if self.acks == Acks::None {
                return Err(SettingsError::Contradiction(
                    "a latency at a fixed rate needs answers; choose acks 1 or all",
                ));
            }
        }
        Ok(())
    }
}

/// Where a fetch run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FetchFrom {
    /// At the first record.
    Earliest,
    /// Behind the last record, for what is produced during the run.
    Tail,
}

/// What a fetch run does when it has read a partition to the end it had at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtEnd {
    /// Starts over at the first record, until the time is over.
    Restart,
    /// Leaves the partition; the run ends when all are read.
    Stop,
    /// Waits for more.
    Wait,
    /// Leaves the partition when it has read all that was written, also during the run.
    #[serde(rename = "catch-up")]
    CatchUp,
}

/// The `fetch` workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FetchSettings {
    /// The broker.
    pub broker: BrokerSettings,
    /// The topic, which must exist.
    pub topic: String,
    /// The client. `connections` share the partitions; `in_flight` requests of a connection ask for disjoint partitions.
    pub client: ClientSettings,
    /// Readers that each read everything, with `connections` of their own.
    pub groups: u32,
    /// The time.
    pub span: Span,
    /// Where to start.
    pub from: FetchFrom,
    /// What to do at the end.
    pub at_end: AtEnd,
    /// `max_bytes` of a request.
    pub max_bytes: u32,
    /// `partition_max_bytes` of a request.
    pub partition_max_bytes: u32,
    /// `min_bytes`: how much the broker waits for.
    pub min_bytes: u32,
    /// `max_wait_ms`: how long it waits.
    pub max_wait_ms: u32,
    /// Checks the CRC of every batch and that offsets leave no gap.
    #[serde(default)]
    pub check: bool,
}

impl FetchSettings {
    /// Reads `topic` from its first record, over and over, 1 MiB a partition.
    pub fn maximum(broker: BrokerSettings, topic: &str) -> Self {
        Self {
            broker,
            topic: topic.to_owned(),
            client: ClientSettings {
                in_flight: 1,
                ..ClientSettings::default()
            },
            groups: 1,
            span: Span::default(),
            from: FetchFrom::Earliest,
            at_end: AtEnd::Restart,
            max_bytes: 8 * 1024 * 1024,
            partition_max_bytes: 1024 * 1024,
            min_bytes: 1,
            max_wait_ms: 500,
            check: false,
        }
    }

    /// Refuses what cannot be run.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let topic = TopicSettings {
            name: self.topic.clone(),
            ..TopicSettings::default()
        };
        validate_common(&self.broker, &topic, &self.client, &self.span)?;
        in_range("groups", self.groups.into(), 1.0, 1_000.0)?;
        // The client's own bound on a response is 128 MiB; one batch may exceed max_bytes.
        in_range(
            "max_bytes",
            self.max_bytes.into(),
            1.0,
            f64::from(BATCH_BYTES_MAX_U32),
        )?;
        in_range(
            "partition_max_bytes",
            self.partition_max_bytes.into(),
            1.0,
            f64::from(BATCH_BYTES_MAX_U32),
        )?;
        in_range(
            "min_bytes",
            self.min_bytes.into(),
            0.0,
            f64::from(BATCH_BYTES_MAX_U32),
        )?;
        in_range("max_wait_ms", self.max_wait_ms.into(), 0.0, 60_000.0)?;
        if self.groups.saturating_mul(self.client.connections) > CONNECTIONS_MAX {
            return Err(SettingsError::Contradiction(
                "groups times connections exceed 10,000",
            ));
        }
        Ok(())
    }
}

const BATCH_BYTES_MAX_U32: u32 = 64 * 1024 * 1024;
const _: () = assert!(BATCH_BYTES_MAX_U32 as u64 == BATCH_BYTES_MAX);

fn validate_common(
    broker: &BrokerSettings,
    topic: &TopicSettings,
    client: &ClientSettings,
    span: &Span,
) -> Result<(), SettingsError> {
    if broker.bootstrap.iter().all(String::is_empty) {
        return Err(SettingsError::NoBootstrap);
    }
    in_range(
        "partitions",
        topic.partitions.into(),
        1.0,
        PARTITIONS_MAX.into(),
    )?;
    in_range(
        "connections",
        client.connections.into(),
        1.0,
        CONNECTIONS_MAX.into(),
    )?;
    in_range(
        "in_flight",
        client.in_flight.into(),
        1.0,
        IN_FLIGHT_MAX.into(),
    )?;
    in_range(
        "threads",
        client.threads.into(),
        1.0,
        CLIENT_THREADS_MAX.into(),
    )?;
    in_range("answer_timeout_s", client.answer_timeout_s, 0.001, 3_600.0)?;
    in_range("warm_up_s", span.warm_up_s, 0.0, SECONDS_MAX)?;
    in_range("measure_s", span.measure_s, 0.001, SECONDS_MAX)
}

pub(crate) fn in_range(
    name: &'static str,
    value: f64,
    minimum: f64,
    maximum: f64,
) -> Result<(), SettingsError> {
    // Written so that NaN is refused too.
    if value >= minimum && value <= maximum {
        return Ok(());
    }
    Err(SettingsError::OutOfRange {
        name,
        value,
        minimum,
        maximum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ProduceSettings {
        ProduceSettings::maximum(BrokerSettings::at("127.0.0.1:9092"))
    }

    #[test]
    fn the_default_workload_is_valid() {
        assert_eq!(settings().validate(), Ok(()));
    }

    #[test]
    fn absurd_numbers_are_refused_by_name() {
        let mut absurd = settings();
        absurd.client.connections = 0;
        assert!(
            absurd
                .validate()
                .unwrap_err()
                .to_string()
                .contains("connections")
        );
        let mut absurd = settings();
        absurd.records_per_second = Some(f64::NAN);
        assert!(
            absurd
                .validate()
                .unwrap_err()
                .to_string()
                .contains("records_per_second")
        );
        let mut absurd = settings();
        absurd.record_bytes = RECORD_BYTES_MAX;
        assert!(absurd.validate().is_err());
    }

    #[test]
    fn a_fixed_rate_without_answers_is_refused() {
        let mut silent = settings();
        silent.acks = Acks::None;
        silent.records_per_second = Some(1_000.0);
        assert!(matches!(
            silent.validate(),
            Err(SettingsError::Contradiction(_))
        ));
    }

    #[test]
    fn settings_survive_the_way_through_json() {
        let mut settings = settings();
        settings.client.cores = Some("1,3-4".parse().unwrap());
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<ProduceSettings>(&text).unwrap(),
            settings
        );
    }
}
