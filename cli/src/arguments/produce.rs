//! The flags of `produce`.
//!
//! Pure.

use crate::size;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `produce`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane produce flights < lines.txt
  corelane produce flights --key-separator : < keyed.txt
  corelane produce flights --file flights.jsonl --input json --key-field tailnum --compression zstd
  corelane produce flights --file flights.csv --input csv --key-field tailnum --header source=nycflights13
  corelane consume a --json | corelane produce b --input record

Inputs: `lines` (a line is a value), `json` (a line is a JSON object and the value; a field of it may be the key), `csv`
(the first row names the fields; a row becomes a JSON object), `record` (what `consume --json` prints).")]
pub struct Produce {
    /// The topic
    pub topic: String,
    /// File to read [default: standard input]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// What the input is
    #[arg(long, value_enum, default_value_t = Input::Lines)]
    pub input: Input,
    /// Field of a JSON object or CSV row that is the key
    #[arg(long, value_name = "NAME", conflicts_with = "key_separator")]
    pub key_field: Option<String>,
    /// What stands between key and value of a line
    #[arg(long, value_name = "TEXT")]
    pub key_separator: Option<String>,
    /// Field that is the timestamp, in ms since 1970
    #[arg(long, value_name = "NAME")]
    pub timestamp_field: Option<String>,
    /// A header of every record; may be given several times
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub headers: Vec<String>,
    /// Partition for every record [default: by key as the Java client, else in batches round the partitions]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(0..))]
    pub partition: Option<i32>,
    /// Codec of the batches
    #[arg(long, value_enum, default_value_t = Codec::None)]
    pub compression: Codec,
    /// When the broker answers: 0 never, 1 when written, all when flushed to disk
    #[arg(long, value_enum, default_value_t = AcksFlag::All)]
    pub acks: AcksFlag,
    /// Bytes of a batch before compression, 1 B to 64 MiB; a record that is larger makes a batch alone
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = batch_bytes)]
    pub batch_bytes: usize,
    /// An empty value becomes a tombstone (null)
    #[arg(long)]
    pub empty_is_null: bool,
    /// Records to send at most
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// One JSON object with the result
    #[arg(long)]
    pub json: bool,
}

/// The largest batch that may be asked for: a producer holds one for each partition.
const BATCH_BYTES_MAX: u64 = 64 << 20;

fn batch_bytes(text: &str) -> Result<usize, String> {
    let bytes = size::parse_bytes(text)?;
    let within = (1..=BATCH_BYTES_MAX).contains(&bytes).then_some(bytes);
    within
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| format!("not from 1 B to {}", size::for_people(BATCH_BYTES_MAX)))
}

/// What the input of `produce` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Input {
    Lines,
    Json,
    Csv,
    Record,
}

/// A codec by Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

/// When the broker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AcksFlag {
    #[value(name = "0")]
    None,
    #[value(name = "1")]
    Leader,
    #[value(name = "all", alias = "-1")]
    All,
}
