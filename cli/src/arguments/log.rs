//! The flags of the commands `log …`.
//!
//! Pure.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `log …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane log segments /var/lib/corelane
  corelane log inspect /var/lib/corelane/flights-0
  corelane log dump /var/lib/corelane/flights-0/00000000000000000000.log --count 5
  corelane log verify /var/lib/corelane
  corelane log repair /var/lib/corelane/flights-0")]
pub enum LogCommand {
    /// Segments of partitions: offsets, sizes, timestamps, indexes
    Segments(LogSegments),
    /// Batches, indexes and checkpoints, checked against each other; finds damage and says where
    Inspect(LogInspect),
    /// Records with keys, values and headers
    Dump(LogDump),
    /// Every byte of logs, indexes and checkpoints checked, on all cores; nothing is written
    Verify(LogVerify),
    /// What would mend a damaged partition, and with --execute the mending
    Repair(LogRepair),
}

/// `log verify`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane log verify /var/lib/corelane
  corelane log verify /var/lib/corelane/flights-0 --json
  corelane log verify /var/lib/kafka/data
  corelane log verify flights-0/00000000000000000000.log

Exits with 0 when all is clean, with 1 when something is damaged, and with 74 when nothing is known to be damaged but
something could not be read. What a crash or a running broker leaves above the durable end is no damage: the next
start cuts it.")]
pub struct LogVerify {
    /// A segment's log, a partition directory, or a data directory; without one the working directory
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `log repair`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane log repair /var/lib/corelane/flights-0
  corelane log repair /var/lib/corelane/flights-0 --execute

Without --execute nothing is written: what would be done and what would be lost is shown. Every byte that is cut or
replaced is saved first, in <topic>-<partition>.<n>-cut beside the partition. The broker must not run.")]
pub struct LogRepair {
    /// A partition directory, or a data directory
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Do it
    #[arg(long)]
    pub execute: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `log segments`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane log segments /var/lib/corelane
  corelane log segments /var/lib/kafka/data/flights-0 --json")]
pub struct LogSegments {
    /// Partition directories, or data directories that hold them
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub directories: Vec<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `log inspect`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane log inspect /var/lib/corelane/flights-0
  corelane log inspect /var/lib/corelane --summary
  corelane log inspect 00000000000000000000.log --json
  corelane log inspect 00000000000000000000.index

Exits with 1 when something is damaged.")]
pub struct LogInspect {
    /// Files, partition directories, or data directories
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Only the totals by codec and producer and what is damaged, without a row a batch
    #[arg(long)]
    pub summary: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `log dump`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane log dump flights-0/00000000000000000000.log
  corelane log dump flights-0 --offset 1000 --count 5
  corelane log dump flights-0 --format '%o %k %s\\n'
  corelane log dump flights-0 --json

In a format string: %o offset, %k key, %s or %v value, %T timestamp in ms, %t topic, %p partition, %h headers, %K and %S
lengths (-1: null), %% a percent sign, \\n \\t \\r \\0 \\xHH.")]
pub struct LogDump {
    /// Segment files, or partition directories
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// First offset to print
    #[arg(long, value_name = "OFFSET", default_value_t = 0)]
    pub offset: u64,
    /// Records to print at most
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
    /// How a record is printed
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    pub format: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
