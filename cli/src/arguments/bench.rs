//! The flags of the `bench` commands.
//!
//! Pure.

mod run;

use super::AcksFlag;
use clap::{Args, Subcommand};

pub use run::{BenchCompare, BenchReport, BenchRun, BenchWorkloads};

/// `bench …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane bench run W1 --start corelane --start null --directory /mnt/scratch
  corelane bench produce --seconds 30 --server-pid 4711
  corelane bench fetch --topic corelane-bench")]
pub enum BenchCommand {
    /// Run named workloads, or one's own, on one or several targets by turns
    Run(BenchRun),
    /// List the named workloads, or print one as YAML
    Workloads(BenchWorkloads),
    /// Write results as one HTML page with curves and tables
    Report(BenchReport),
    /// Tell whether two results differ by more than their noise
    Compare(BenchCompare),
    /// Send record batches as fast as answers allow, or at a fixed rate
    Produce(BenchProduce),
    /// Read a topic as fast as the broker answers
    Fetch(BenchFetch),
    /// Start Corelane and Apache Kafka on scratch directories and compare them, round by round
    CompareKafka(BenchCompareKafka),
    /// Watch a broker's process while nothing happens
    Idle(BenchIdle),
    /// Read, check and acknowledge, and keep nothing: the ceiling of this machine and client
    #[command(hide = true)]
    NullBroker(BenchNullBroker),
}

/// What both workloads are told about broker, client and time.
#[derive(Args, Debug)]
pub struct BenchClient {
    /// Topic to use
    #[arg(long, value_name = "NAME", default_value = "corelane-bench")]
    pub topic: String,
    /// Connections in all
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub connections: u32,
    /// Client threads that share the connections
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub threads: u32,
    /// CPUs for the client threads, or for the engine's cores with --in-process, as in 0-3,6
    #[arg(long, value_name = "CPUS")]
    pub client_cpus: Option<String>,
    /// Seconds of load before the measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub warm_up: f64,
    /// Seconds of measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
    /// End the measurement earlier, after so many bytes
    #[arg(long, value_name = "BYTES")]
    pub bytes: Option<String>,
    /// The broker's process on this machine, to tell its CPU time and memory
    #[arg(long, value_name = "PID")]
    pub server_pid: Option<u32>,
    /// Run on an engine in this process instead of a broker: on a scratch directory, kept for later runs
    #[arg(
        long,
        value_name = "DIR",
        value_hint = clap::ValueHint::DirPath,
        conflicts_with_all = ["server_pid", "threads"]
    )]
    pub in_process: Option<std::path::PathBuf>,
    /// One JSON object with settings, machine and result
    #[arg(long)]
    pub json: bool,
}

/// `bench produce`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench produce
  corelane bench produce --acks all --record-bytes 100 --batch-records 1 --connections 1 --in-flight 1
  corelane bench produce --rate 50000 --seconds 60 --json
  corelane bench produce --bootstrap 127.0.0.1:9192 --partitions 16 --set flush.messages=1
  corelane bench produce --in-process /mnt/scratch/engine --acks all

At a fixed rate latency counts from the time at which a request should have left, so that a stall cannot hide.")]
pub struct BenchProduce {
    #[command(flatten)]
    pub client: BenchClient,
    /// Partitions, when the topic does not exist yet
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub partitions: u32,
    /// A configuration, when the topic does not exist yet; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Delete the topic afterwards if this run created it
    #[arg(long)]
    pub delete_after: bool,
    /// Requests in flight on each connection
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub in_flight: u32,
    /// Bytes of each record's value
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    pub record_bytes: u32,
    /// Records of each batch; a request carries one batch
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    pub batch_records: u32,
    /// When the broker answers
    #[arg(long, value_enum, default_value_t = AcksFlag::Leader)]
    pub acks: AcksFlag,
    /// Records a second in all [default: as fast as answers allow]
    #[arg(long, value_name = "RECORDS")]
    pub rate: Option<f64>,
}

/// `bench fetch`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench fetch
  corelane bench fetch --topic flights --once --json
  corelane bench fetch --tail --connections 1 --seconds 60
  corelane bench fetch --in-process /mnt/scratch/engine")]
pub struct BenchFetch {
    #[command(flatten)]
    pub client: BenchClient,
    /// Readers that each read everything
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub groups: u32,
    /// Requests in flight on each connection
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub in_flight: u32,
    /// Read what is produced during the run, from the end on
    #[arg(long, conflicts_with = "once")]
    pub tail: bool,
    /// Read every partition once and stop [default: over and over]
    #[arg(long)]
    pub once: bool,
    /// Largest answer
    #[arg(long, value_name = "BYTES", default_value = "8MiB")]
    pub max_bytes: String,
    /// Largest part of a partition in an answer
    #[arg(long, value_name = "BYTES", default_value = "1MiB")]
    pub partition_max_bytes: String,
}

/// `bench compare-kafka`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench compare-kafka --kafka-libs target/kafka/libs --directory /mnt/scratch
  corelane bench compare-kafka --kafka-libs libs --directory /mnt/scratch --server-cpus 0 --client-cpus 1

The folder holds org.apache.kafka:kafka_2.13:4.2.0 with its dependencies, as Maven copies them. Ratios are Corelane
divided by Kafka, as median (lowest – highest) over the rounds; what differs in durability is not divided.")]
pub struct BenchCompareKafka {
    /// Folder of Kafka's jars
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub kafka_libs: std::path::PathBuf,
    /// Scratch directory for the data of both, on the disk to be measured
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub directory: std::path::PathBuf,
    /// Rounds, at least 5
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub rounds: u32,
    /// Seconds of load on each broker before the first round
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub first_warm_up: f64,
    /// Seconds of watching each broker idle
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub idle: f64,
    /// Seconds of load before each measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub warm_up: f64,
    /// Seconds of each measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
    /// CPUs for the brokers, as in 0-3,6
    #[arg(long, value_name = "CPUS")]
    pub server_cpus: Option<String>,
    /// CPUs for the client threads
    #[arg(long, value_name = "CPUS")]
    pub client_cpus: Option<String>,
    /// One JSON object with every run
    #[arg(long)]
    pub json: bool,
}

/// `bench idle`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench idle --server-pid 4711
  corelane bench idle --server-pid 4711 --seconds 60 --json")]
pub struct BenchIdle {
    /// The broker's process on this machine
    #[arg(long, value_name = "PID")]
    pub server_pid: u32,
    /// Seconds of watching
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `bench null-broker`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench null-broker
  corelane bench null-broker --listen 127.0.0.1:9199")]
pub struct BenchNullBroker {
    /// Address and port to listen on
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9099")]
    pub listen: String,
}
