//! The commands `log …`: what lies in Kafka-format files, offline.
//!
//! They work on what Corelane wrote and, but for `log repair`, on what Apache Kafka wrote. All but that one open files
//! for reading only and write nothing beside them; memory does not grow with the size of a file, because everything is read through a
//! [`window`]. Damage is a finding with a position, never the end of the inspection. Lives on the main thread.

mod catalogue_check;
mod checkpoints;
mod data_directory;
mod direct;
mod dump;
mod index_files;
mod inspect;
mod partition;
mod repair;
mod repair_files;
mod report;
mod segments;
mod totals;
mod verify;
mod window;

use crate::arguments::LogCommand;
use crate::exit_code::ExitCode;
use std::io::Write;

/// Runs one of the commands.
pub fn run(command: &LogCommand, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        LogCommand::Segments(segments) => segments::run(segments, output),
        LogCommand::Inspect(inspect) => inspect::run(inspect, output),
        LogCommand::Dump(dump) => dump::run(dump, output),
        LogCommand::Verify(verify) => verify::run(verify, output),
        LogCommand::Repair(repair) => repair::run(repair, output),
    }
}
