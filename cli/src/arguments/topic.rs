//! The flags of `topic create`, `list`, `describe`, `alter` and `delete`.
//!
//! Pure.

use clap::{Args, Subcommand};

/// `topic …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane topic create flights --partitions 8
  corelane topic list
  corelane topic describe flights
  corelane topic alter flights --set retention.ms=86400000
  corelane topic delete flights")]
pub enum TopicCommand {
    /// Create a topic
    Create(TopicCreate),
    /// List the topics
    List(TopicList),
    /// Partitions with leaders and offsets, and configurations
    Describe(TopicDescribe),
    /// Change configurations, or raise the number of partitions
    Alter(TopicAlter),
    /// Delete topics with all their records
    Delete(TopicDelete),
}

/// `topic create`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane topic create flights --partitions 8
  corelane topic create audit --set retention.ms=-1 --set compression.type=zstd
  corelane topic create flights --partitions 8 --validate-only")]
pub struct TopicCreate {
    /// The topic's name
    pub topic: String,
    /// Partitions [default: the broker's num.partitions]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
    pub partitions: Option<i32>,
    /// Replicas [default: the broker's]
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = clap::value_parser!(i16).range(1..))]
    pub replicas: Option<i16>,
    /// A configuration of the topic; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Only ask whether the broker would create it
    #[arg(long)]
    pub validate_only: bool,
    /// Success when the topic exists already
    #[arg(long)]
    pub if_not_exists: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `topic list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane topic list
  corelane topic list --internal --json")]
pub struct TopicList {
    /// Also those that the broker keeps for itself
    #[arg(long)]
    pub internal: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `topic describe`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane topic describe flights
  corelane topic describe flights --all --json")]
pub struct TopicDescribe {
    /// The topics' names
    #[arg(value_name = "TOPIC", required = true)]
    pub topics: Vec<String>,
    /// Also configurations that are at their defaults
    #[arg(long)]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `topic alter`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane topic alter flights --set retention.ms=86400000 --set cleanup.policy=delete
  corelane topic alter flights --unset retention.ms
  corelane topic alter flights --partitions 16")]
pub struct TopicAlter {
    /// The topic's name
    pub topic: String,
    /// A configuration to set; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// A configuration to put back to its default; may be given several times
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// Partitions in all; their number can only grow
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
    pub partitions: Option<i32>,
    /// Only ask whether the broker would do it
    #[arg(long)]
    pub validate_only: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `topic delete`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane topic delete flights
  corelane topic delete flights audit --if-exists")]
pub struct TopicDelete {
    /// The topics' names
    #[arg(value_name = "TOPIC", required = true)]
    pub topics: Vec<String>,
    /// Success when a topic does not exist
    #[arg(long)]
    pub if_exists: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
