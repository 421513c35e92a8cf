//! The commands `log segments`, `log inspect` and `log dump`: what lies in Kafka-format files, offline.
//!
//! They work on what Corelane wrote and on what Apache Kafka wrote. Files are opened for reading only and nothing is
//! ever written beside them; memory does not grow with the size of a file, because everything is read through a
//! [`window`]. Damage is a finding with a position, never the end of the inspection. Lives on the main thread.

mod batches;
mod checkpoints;
mod dump;
mod index_check;
mod inspect;
mod partition;
mod report;
mod segments;
mod totals;
mod transaction_index;
mod window;

use crate::arguments::LogCommand;
use crate::exit_code::ExitCode;
use std::io::Write;

/// Runs one of the three commands.
pub fn run(command: &LogCommand, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        LogCommand::Segments(segments) => segments::run(segments, output),
        LogCommand::Inspect(inspect) => inspect::run(inspect, output),
        LogCommand::Dump(dump) => dump::run(dump, output),
    }
}
