//! The flags of `config show`, `list`, `describe`, `alter` and `delete`.
//!
//! Pure.

use super::SettingFlags;
use clap::{Args, Subcommand};

/// `config …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane config show
  corelane config describe topic/flights
  corelane config alter broker/1 --set log.retention.ms=86400000
  corelane config delete topic/flights retention.ms

A resource is topic/NAME, broker/ID, or brokers, which are all of them.")]
pub enum ConfigCommand {
    /// Every setting of this machine, its value and the layer it came from
    Show(Box<ConfigShow>),
    /// What has configurations in the cluster
    List(ConfigList),
    /// The configurations of a topic or a broker
    Describe(ConfigDescribe),
    /// Change configurations; they take effect at once and survive a restart
    Alter(ConfigAlter),
    /// Put configurations back to what they are without being set
    Delete(ConfigDelete),
}

/// `config show`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane config show
  CORELANE_CORES=2 corelane config show --json
  corelane config show --config /etc/corelane.toml --listen 0.0.0.0:9092")]
pub struct ConfigShow {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// `config list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane config list
  corelane config list --json")]
pub struct ConfigList {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `config describe`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane config describe topic/flights
  corelane config describe broker/1 --all
  corelane config describe brokers --json")]
pub struct ConfigDescribe {
    /// topic/NAME, broker/ID or brokers
    pub resource: String,
    /// Also configurations that nobody has set
    #[arg(long)]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `config alter`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane config alter topic/flights --set retention.ms=86400000 --append cleanup.policy=compact
  corelane config alter broker/1 --set max.connections.per.ip=100 --dry-run
  corelane config alter brokers --set log.retention.ms=86400000")]
pub struct ConfigAlter {
    /// topic/NAME, broker/ID or brokers
    pub resource: String,
    /// A configuration to set; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// A configuration to put back; may be given several times
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// A value to add to a list; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub append: Vec<String>,
    /// A value to take from a list; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub subtract: Vec<String>,
    /// Only ask whether the broker would do it
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `config delete`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane config delete topic/flights retention.ms
  corelane config delete brokers log.retention.ms --dry-run")]
pub struct ConfigDelete {
    /// topic/NAME, broker/ID or brokers
    pub resource: String,
    /// The configurations
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Only ask whether the broker would do it
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
