//! The command line as clap reads it: flags and operands as typed text, nothing decided yet.
//!
//! One file a family of commands. What a value means is decided where it is used (`settings`, `produce`, `log`), so
//! that a bad value is reported the same way whether it came from a flag, the environment or a file. Every command's
//! help ends with examples; a test holds that. Pure.

mod bench;
mod cluster;
mod config;
mod consume;
mod group;
mod log;
mod produce;
mod quota;
mod serve;
mod top;
mod topic;
mod txn;

pub use bench::{
    BenchClient, BenchCommand, BenchCompare, BenchCompareKafka, BenchFetch, BenchIdle,
    BenchNullBroker, BenchProduce, BenchReport, BenchRun, BenchWorkloads,
};
pub use cluster::{ClusterCommand, ClusterDescribe, ClusterLogDirs};
pub use config::{ConfigAlter, ConfigCommand, ConfigDelete, ConfigDescribe, ConfigList};
pub use consume::Consume;
pub use group::{GroupCommand, GroupDelete, GroupDescribe, GroupList, GroupResetOffsets};
pub use log::{LogCommand, LogDump, LogInspect, LogRepair, LogSegments, LogVerify};
pub use produce::{AcksFlag, Codec, Input, Produce};
pub use quota::{QuotaAlter, QuotaCommand, QuotaDelete, QuotaList, QuotaOf};
pub use serve::{Serve, SettingFlags};
pub use top::Top;
pub use topic::{TopicAlter, TopicCommand, TopicCreate, TopicDelete, TopicDescribe, TopicList};
pub use txn::{TxnAbort, TxnCommand, TxnDescribe, TxnList};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use std::path::PathBuf;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "corelane",
    version,
    about = "A Kafka-compatible event log: broker, admin tool and benchmark in one binary",
    after_help = "Examples:
  corelane serve --data /var/lib/corelane
  corelane topic create flights --partitions 8
  corelane produce flights --file flights.jsonl --input json --key-field tailnum
  corelane consume flights --from beginning --count 10
  corelane log inspect /var/lib/corelane/flights-0

Settings come from flags, then CORELANE_* variables, then ./corelane.toml, then defaults; `corelane config show` tells which.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    #[command(flatten)]
    pub global: GlobalFlags,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The tree of commands, for help, completions and man pages.
    pub fn tree() -> clap::Command {
        Arguments::command()
    }
}

/// Flags that every command accepts.
#[derive(Args, Debug)]
pub struct GlobalFlags {
    /// Settings file [default: ./corelane.toml where there is one]
    #[arg(long, global = true, value_name = "FILE", env = "CORELANE_CONFIG", hide_env = true, value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Broker to ask first [default: 127.0.0.1:9092]
    #[arg(long, global = true, value_name = "HOST:PORT", value_hint = ValueHint::Hostname)]
    pub bootstrap: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the broker
    Serve(Serve),
    /// Create, list, describe, alter and delete topics
    #[command(subcommand)]
    Topic(TopicCommand),
    /// List and describe transactions, and abort those that hang
    #[command(subcommand)]
    Txn(TxnCommand),
    /// Send records from a file or standard input
    Produce(Produce),
    /// Print records of a topic
    Consume(Consume),
    /// List, describe, reset and delete consumer groups
    #[command(subcommand)]
    Group(GroupCommand),
    /// Look inside log files, offline; only `repair --execute` writes
    #[command(subcommand)]
    Log(LogCommand),
    /// Watch a running broker: what its cores, topics and groups are doing
    Top(Top),
    /// Measure a broker of the Kafka protocol: throughput, latency, CPU and memory
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Check this machine: io_uring, limits, the data directory, the clock
    Doctor(Doctor),
    /// Settings of this machine, and configurations of topics and brokers
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Quotas of clients: list, alter and delete them
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// The cluster: brokers, quorum, features, data directories
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print manual pages, or write them to a directory
    Man(Man),
}

/// `doctor`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane doctor
  corelane doctor --data /var/lib/corelane --json

Exits with 78 when a required check failed, which is when `serve` would refuse to start.")]
pub struct Doctor {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// `completions`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane completions bash > ~/.local/share/bash-completion/completions/corelane
  corelane completions zsh > ~/.zfunc/_corelane
  corelane completions fish > ~/.config/fish/completions/corelane.fish")]
pub struct Completions {
    /// The shell to write for
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane man | man -l -
  corelane man log inspect | man -l -
  corelane man --directory /usr/local/share/man/man1")]
pub struct Man {
    /// The command whose page is printed [default: the page of corelane itself]
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    pub command: Vec<String>,
    /// Write a page for every command into this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SETTINGS;

    fn for_each_command(command: &clap::Command, visit: &mut impl FnMut(&clap::Command)) {
        visit(command);
        command
            .get_subcommands()
            .for_each(|command| for_each_command(command, visit));
    }

    #[test]
    fn the_command_tree_is_consistent() {
        Arguments::tree().debug_assert();
    }

    #[test]
    fn every_help_has_examples() {
        for_each_command(&Arguments::tree(), &mut |command| {
            let after = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                after.contains("Examples:\n  "),
                "`{}` has no examples",
                command.get_name()
            );
        });
    }

    #[test]
    fn every_example_is_a_valid_command_line() {
        for_each_command(&Arguments::tree(), &mut |command| {
            let after = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            for example in after.lines().filter_map(own_part) {
                if let Err(error) = Arguments::try_parse_from(words(&example)) {
                    panic!("`{example}`: {error}");
                }
            }
        });
    }

    /// The part of an example line that this binary is given, without what pipes and redirections add.
    fn own_part(line: &str) -> Option<String> {
        let line = line.strip_prefix("  ")?;
        let start = line.find("corelane ")?;
        let own = line[start..]
            .split(" | ")
            .next()?
            .split(" > ")
            .next()?
            .split(" < ")
            .next()?;
        Some(own.to_owned())
    }

    /// Splits at blanks outside single quotes, as a shell does.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (index, part) in line.split('\'').enumerate() {
            match index % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        words
    }

    #[test]
    fn every_setting_of_serve_has_a_flag() {
        let tree = Arguments::tree();
        let doctor = tree.find_subcommand("doctor").unwrap();
        for setting in SETTINGS
            .iter()
            .filter(|setting| setting.name != "bootstrap")
        {
            assert!(
                doctor
                    .get_arguments()
                    .any(|flag| flag.get_long() == Some(setting.name)),
                "{}",
                setting.name
            );
        }
    }
}
