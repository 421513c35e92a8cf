//! The flags of `txn list`, `describe` and `abort`.
//!
//! Pure.

use clap::{Args, Subcommand};

/// `txn …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane txn list
  corelane txn describe orders-1
  corelane txn abort flights --partition 3 --start-offset 1042")]
pub enum TxnCommand {
    /// List the transactional ids
    List(TxnList),
    /// State, producer and partitions of transactional ids
    Describe(TxnDescribe),
    /// Abort what hangs in a partition and holds its last stable offset back
    Abort(TxnAbort),
}

/// `txn list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane txn list
  corelane txn list --state Ongoing --json")]
pub struct TxnList {
    /// Only those in this state; may be given several times
    #[arg(long = "state", value_name = "STATE")]
    pub states: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `txn describe`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane txn describe orders-1
  corelane txn describe orders-1 orders-2 --json")]
pub struct TxnDescribe {
    /// The transactional ids
    #[arg(value_name = "TRANSACTIONAL-ID", required = true)]
    pub ids: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `txn abort`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane txn abort flights --partition 3
  corelane txn abort flights --partition 3 --start-offset 1042
  corelane txn abort flights --partition 3 --start-offset 1042 --json

Without --start-offset it aborts nothing and lists what is open.")]
pub struct TxnAbort {
    /// The topic
    pub topic: String,
    /// The partition
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(0..))]
    pub partition: i32,
    /// The first offset of what is to be aborted, as the list tells it
    #[arg(long, value_name = "OFFSET", value_parser = clap::value_parser!(i64).range(0..))]
    pub start_offset: Option<i64>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
