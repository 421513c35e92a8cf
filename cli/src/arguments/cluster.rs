//! The flags of `cluster describe` and `log-dirs`.
//!
//! Pure.

use clap::{Args, Subcommand};

/// `cluster …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane cluster describe
  corelane cluster log-dirs --json")]
pub enum ClusterCommand {
    /// The cluster's id, brokers, quorum and features
    Describe(ClusterDescribe),
    /// The data directories of the brokers, their volumes and what each partition takes
    LogDirs(ClusterLogDirs),
}

/// `cluster describe`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane cluster describe
  corelane cluster describe --bootstrap 192.0.2.1:9092 --json")]
pub struct ClusterDescribe {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `cluster log-dirs`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane cluster log-dirs
  corelane cluster log-dirs --json")]
pub struct ClusterLogDirs {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
