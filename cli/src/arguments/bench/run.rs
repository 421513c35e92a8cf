//! The flags of `bench run`, `bench workloads`, `bench report` and `bench compare`.
//!
//! Pure.

use clap::Args;
use std::path::PathBuf;

/// `bench run`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench run W1 --start corelane --start null --directory /mnt/scratch --output results.json
  corelane bench run produce latency --start corelane --start kafka:target/clients/kafka --directory /mnt/scratch
  corelane bench run mine.yaml --target here=127.0.0.1:9092 --pid here=4711
  corelane bench run small --start new=corelane --start old=corelane:/opt/old/corelane --directory /mnt/scratch
  corelane bench run --from results.json --output again.json

Rounds take the targets by turns (A B C, C B A), and ratios are the first target's by each other's, round by round.
The exit code is 1 when something went wrong or the client, not the target, was the limit.")]
pub struct BenchRun {
    /// Names or ids of `bench workloads`, or files that end in .yaml or .yml
    #[arg(value_name = "WORKLOAD", required_unless_present = "from")]
    pub workloads: Vec<String>,
    /// A broker that runs already, NAME=HOST:PORT, or an engine in this process, NAME=in-process:DIR
    #[arg(long = "target", value_name = "NAME=ADDRESS")]
    pub targets: Vec<String>,
    /// The process of a target on this machine, to tell its CPU time and memory
    #[arg(long = "pid", value_name = "NAME=PID")]
    pub pids: Vec<String>,
    /// A broker to start and stop: corelane, corelane:BINARY, kafka:FOLDER-OF-JARS or null, with NAME= before it or not
    #[arg(long = "start", value_name = "[NAME=]KIND[:PATH]")]
    pub starts: Vec<String>,
    /// A setting of a broker that is started: a line of Kafka's properties, or a `serve --set` or --FLAG=VALUE of Corelane's
    #[arg(long = "set", value_name = "NAME:KEY=VALUE")]
    pub settings: Vec<String>,
    /// Where brokers that are started keep data and logs, on the disk to be measured
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
    /// Repeat the run that this result came from; other flags than --output, --hgrm, --json and --rounds are its own
    #[arg(long, value_name = "RESULTS", value_hint = clap::ValueHint::FilePath, conflicts_with_all = ["workloads", "targets", "starts", "pids", "settings", "scale"])]
    pub from: Option<PathBuf>,
    /// How often everything is run; differences are told from five on [default: 5]
    #[arg(long, value_name = "COUNT")]
    pub rounds: Option<u32>,
    /// Seconds of load on each target before the first round; a JVM wants 60
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub first_warm_up: f64,
    /// Seconds of load before each measurement, where the workload does not say
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub warm_up: f64,
    /// Seconds of each measurement, where the workload does not say
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
    /// Multiplies what is written before measurements, and numbers of partitions and connections above 16
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub scale: f64,
    /// Client threads for each load
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub threads: u32,
    /// CPUs for the brokers that are started, as in 0-3,6
    #[arg(long, value_name = "CPUS")]
    pub server_cpus: Option<String>,
    /// CPUs for the client threads
    #[arg(long, value_name = "CPUS")]
    pub client_cpus: Option<String>,
    /// Write everything as JSON to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write a percentile distribution (.hgrm) of each latency into this directory
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub hgrm: Option<PathBuf>,
    /// Print everything as one JSON object instead of tables
    #[arg(long)]
    pub json: bool,
}

/// `bench workloads`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench workloads
  corelane bench workloads W3 > mine.yaml")]
pub struct BenchWorkloads {
    /// Print this one as YAML, to start one's own from
    #[arg(value_name = "WORKLOAD")]
    pub name: Option<String>,
}

/// `bench report`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench report results.json --output results.html
  corelane bench report monday.json tuesday.json --output both.html")]
pub struct BenchReport {
    /// Files that `bench run --output` wrote
    #[arg(value_name = "RESULTS", required = true, value_hint = clap::ValueHint::FilePath)]
    pub results: Vec<PathBuf>,
    /// The page, which needs no network and no other file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: PathBuf,
}

/// `bench compare`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane bench compare before.json after.json
  corelane bench compare before.json after.json --all --json

A difference is told where chance alone would show one as clear in fewer than one of a hundred cases (exact rank-sum
test): with five rounds on both sides, where the two series do not overlap. Among many figures one may differ by chance
all the same. The exit code is 1 when a figure is worse.")]
pub struct BenchCompare {
    /// The result to compare with
    #[arg(value_name = "BEFORE", value_hint = clap::ValueHint::FilePath)]
    pub before: PathBuf,
    /// The result that is compared
    #[arg(value_name = "AFTER", value_hint = clap::ValueHint::FilePath)]
    pub after: PathBuf,
    /// Figures within their noise as well
    #[arg(long)]
    pub all: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
