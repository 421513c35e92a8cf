//! The flags of `serve`, which `doctor` and `config show` accept too, to say what `serve` would do with them.
//!
//! Values stay text here: `settings` parses them, whichever layer they come from. Pure.

use clap::{Args, ValueHint};

/// `serve`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane serve
  corelane serve --data /var/lib/corelane --listen 0.0.0.0:9092 --advertise broker1.example:9092
  corelane serve --cores 0-3 --num-partitions 4
  corelane serve --cores 4 --listener-per-core
  corelane serve --set log.retention.hours=24 --set log.segment.bytes=268435456
  corelane serve --metrics-listen 127.0.0.1:9700
  CORELANE_LOG_LEVEL=debug corelane serve --config /etc/corelane.toml

SIGTERM and SIGINT stop it cleanly. Exits with 78 when the machine or a setting is not fit.")]
pub struct Serve {
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// One flag for each setting of `serve`.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Settings")]
pub struct SettingFlags {
    /// Address and port to accept connections on [default: 127.0.0.1:9092]
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// Address and port that clients are told to use [default: the one they reached]
    #[arg(long, value_name = "HOST:PORT")]
    pub advertise: Option<String>,
    /// Each core listens on a port of its own, from that of --listen on, as a broker of its own: clients reach the core of
    /// a partition directly [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub listener_per_core: Option<String>,
    /// Directory of topics, segments and checkpoints [default: ./data]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<String>,
    /// `all`, a number of cores, or CPUs as in 0-3,6 [default: all]
    #[arg(long, value_name = "CORES")]
    pub cores: Option<String>,
    /// Create a topic when a client first names it [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub auto_create_topics: Option<String>,
    /// Partitions of a topic created without a count [default: 1]
    #[arg(long, value_name = "COUNT")]
    pub num_partitions: Option<String>,
    /// How long an empty group's first rebalance waits for more members [default: 0 on loopback, else 3000]
    #[arg(long, value_name = "MS")]
    pub group_initial_rebalance_delay_ms: Option<String>,
    /// Partitions that `__consumer_offsets` is created with [default: 50]
    #[arg(long, value_name = "COUNT")]
    pub offsets_topic_partitions: Option<String>,
    /// How long offsets are kept that no member uses [default: 10080]
    #[arg(long, value_name = "MINUTES")]
    pub offsets_retention_minutes: Option<String>,
    /// Connections open at once, over all cores [default: 20000]
    #[arg(long, value_name = "COUNT")]
    pub connections_max: Option<String>,
    /// Memory for requests, over all cores [default: 512MiB]
    #[arg(long, value_name = "BYTES")]
    pub request_memory: Option<String>,
    /// Largest request that is read [default: 100MiB]
    #[arg(long, value_name = "BYTES")]
    pub request_bytes_max: Option<String>,
    /// Memory for the newest records, over all cores [default: 256MiB]
    #[arg(long, value_name = "BYTES")]
    pub tail_cache_memory: Option<String>,
    /// A default for topics or groups, under Kafka's name for it, as in log.retention.ms; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Loopback address and port of /metrics, /health and /ready, or `none` [default: 127.0.0.1:9644]
    #[arg(long, value_name = "HOST:PORT")]
    pub metrics_listen: Option<String>,
    /// error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl SettingFlags {
    /// The flags that were given, by the names of their settings; `--set` is read by `settings::assignments`.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let flags = [
            ("listen", &self.listen),
            ("advertise", &self.advertise),
            ("listener-per-core", &self.listener_per_core),
            ("data", &self.data),
            ("cores", &self.cores),
            ("auto-create-topics", &self.auto_create_topics),
            ("num-partitions", &self.num_partitions),
            (
                "group-initial-rebalance-delay-ms",
                &self.group_initial_rebalance_delay_ms,
            ),
            ("offsets-topic-partitions", &self.offsets_topic_partitions),
            ("offsets-retention-minutes", &self.offsets_retention_minutes),
            ("connections-max", &self.connections_max),
            ("request-memory", &self.request_memory),
            ("request-bytes-max", &self.request_bytes_max),
            ("tail-cache-memory", &self.tail_cache_memory),
            ("metrics-listen", &self.metrics_listen),
            ("log-level", &self.log_level),
        ];
        flags
            .into_iter()
            .filter_map(|(name, value)| value.clone().map(|value| (name, value)))
            .collect()
    }
}
