//! The flags of `group list`, `describe`, `delete` and `reset-offsets`.
//!
//! Pure.

use clap::{ArgGroup, Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `group …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane group list
  corelane group describe billing
  corelane group reset-offsets billing --topic flights --to-earliest --execute
  corelane group delete billing")]
pub enum GroupCommand {
    /// List the consumer groups
    List(GroupList),
    /// Committed offsets, ends and lag of each partition, and who reads it
    Describe(GroupDescribe),
    /// Set what a group without members has committed; shows what it would do unless --execute is given
    ResetOffsets(GroupResetOffsets),
    /// Delete groups without members, with what they have committed
    Delete(GroupDelete),
}

/// `group list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane group list
  corelane group list --state empty --json")]
pub struct GroupList {
    /// Only groups in this state; may be given several times
    #[arg(long, value_name = "STATE")]
    pub state: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `group describe`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane group describe billing
  corelane group describe billing audit --members
  corelane group describe billing --json")]
pub struct GroupDescribe {
    /// The groups' ids
    #[arg(value_name = "GROUP", required = true)]
    pub groups: Vec<String>,
    /// The members instead of the partitions
    #[arg(long)]
    pub members: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `group delete`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane group delete billing
  corelane group delete billing audit --if-exists")]
pub struct GroupDelete {
    /// The groups' ids
    #[arg(value_name = "GROUP", required = true)]
    pub groups: Vec<String>,
    /// Success when a group does not exist
    #[arg(long)]
    pub if_exists: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `group reset-offsets`.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("target").required(true),
    after_help = "Examples:
  corelane group reset-offsets billing --topic flights --to-earliest
  corelane group reset-offsets billing --topic flights:0 --topic flights:3 --to-offset 1000 --execute
  corelane group reset-offsets billing --all-topics --to-time 1357016400000 --execute
  corelane group reset-offsets billing --topic flights --shift-by -100 --execute
  corelane group reset-offsets billing --all-topics --by-duration-ms 3600000 --export offsets.csv
  corelane group reset-offsets billing --from-file offsets.csv --execute

A file has one line of topic,partition,offset for each partition. Offsets outside of a log become its first or its end."
)]
pub struct GroupResetOffsets {
    /// The group's id
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// A topic, or one partition of it as in flights:3; may be given several times
    #[arg(long = "topic", value_name = "TOPIC[:PARTITION]", conflicts_with_all = ["all_topics", "from_file"], required_unless_present_any = ["all_topics", "from_file"])]
    pub topics: Vec<String>,
    /// Every topic that the group has committed
    #[arg(long, conflicts_with = "from_file")]
    pub all_topics: bool,
    /// To the first record that is kept
    #[arg(long, group = "target")]
    pub to_earliest: bool,
    /// To the end, past every record
    #[arg(long, group = "target")]
    pub to_latest: bool,
    /// To this offset
    #[arg(long, group = "target", value_name = "OFFSET", value_parser = clap::value_parser!(i64).range(0..))]
    pub to_offset: Option<i64>,
    /// By so many records, back where it is negative
    #[arg(
        long,
        group = "target",
        value_name = "COUNT",
        allow_negative_numbers = true
    )]
    pub shift_by: Option<i64>,
    /// To the first record of this time or later, in milliseconds since 1970
    #[arg(long, group = "target", value_name = "TIME", value_parser = clap::value_parser!(i64).range(0..))]
    pub to_time: Option<i64>,
    /// To the first record that is at most so old, in milliseconds
    #[arg(long, group = "target", value_name = "MS", value_parser = clap::value_parser!(i64).range(0..))]
    pub by_duration_ms: Option<i64>,
    /// To the offsets of this file
    #[arg(long, group = "target", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from_file: Option<PathBuf>,
    /// To what is committed: with --export, a copy of it
    #[arg(long, group = "target")]
    pub to_current: bool,
    /// Write the new offsets to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub export: Option<PathBuf>,
    /// Do it
    #[arg(long)]
    pub execute: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
