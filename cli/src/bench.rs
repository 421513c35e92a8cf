//! The `bench` commands: flags into a workload, a progress line, and the result.
//!
//! What is measured and how is the benchmark harness's business. A run in which something went wrong, or in which the
//! client was the limit, exits with failure, so that no script takes its figures for good ones.

mod compare_kafka;
mod reading;
mod run;
mod unloaded;

use crate::arguments::{AcksFlag, BenchClient, BenchCommand, BenchFetch, BenchProduce};
use crate::broker_connection::failure;
use crate::doctor;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use crate::{json_lines, size};
use corelane_bench::affinity::{CoreList, CoreListError};
use corelane_bench::settings::{
    Acks, AtEnd, BrokerSettings, ClientSettings, FetchFrom, Span, TopicSettings,
};
use corelane_bench::{
    BenchError, EngineTarget, FetchSettings, LiveProgress, OnProgress, ProduceSettings, RunResult,
    Target, Wire,
};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::io::Write;

/// Runs one command and prints its result.
pub fn run(
    command: &BenchCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    match command {
        BenchCommand::Run(arguments) => run::run(arguments, output),
        BenchCommand::Workloads(arguments) => run::workloads(arguments, output),
        BenchCommand::Report(arguments) => reading::report(arguments, output),
        BenchCommand::Compare(arguments) => reading::compare(arguments, output),
        BenchCommand::Produce(arguments) => {
            let settings = produce_settings(arguments, resolved)?;
            let mut target = target(&arguments.client)?;
            let run = |on_progress: OnProgress| target.produce(&settings, on_progress);
            run_workload(run, arguments.client.json, output)
        }
        BenchCommand::Fetch(arguments) => {
            let settings = fetch_settings(arguments, resolved)?;
            let mut target = target(&arguments.client)?;
            let run = |on_progress: OnProgress| target.fetch(&settings, on_progress);
            run_workload(run, arguments.client.json, output)
        }
        BenchCommand::CompareKafka(arguments) => compare_kafka::run(arguments, output),
        BenchCommand::Idle(arguments) => unloaded::watch(arguments, output),
        BenchCommand::NullBroker(arguments) => unloaded::serve_nothing(arguments, output),
    }
}

/// What the workload runs against: a broker, or an engine in this process.
fn target(arguments: &BenchClient) -> Result<Box<dyn Target>, Failure> {
    let Some(directory) = &arguments.in_process else {
        let name = "broker".to_owned();
        return Ok(Box::new(Wire { name }));
    };
    // Each partition costs descriptors; a limit that cannot be raised shows when it is met.
    let _ = doctor::raise_open_files_limit();
    Ok(Box::new(EngineTarget {
        directory: directory.clone(),
        cores: cpus("--client-cpus", arguments.client_cpus.as_deref())?,
    }))
}

fn run_workload(
    run: impl FnOnce(OnProgress) -> Result<RunResult, BenchError>,
    json: bool,
    output: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new_spinner();
    let result = run(&mut |progress| bar.set_message(progress_line(progress)));
    bar.finish_and_clear();
    let result = result.map_err(bench_failure)?;
    print(&result, json, output)?;
    if let Some(limit) = &result.client_limit {
        eprintln!("warning: the client was the limit: {limit}");
    }
    Ok(
        if result.faults.is_clean() && result.client_limit.is_none() {
            ExitCode::Success
        } else {
            ExitCode::Failure
        },
    )
}

fn print(result: &RunResult, json: bool, output: &mut impl Write) -> std::io::Result<()> {
    if json {
        return json_lines::write_line(output, result);
    }
    let mut table = Table::new(&[("figure", Align::Left), ("value", Align::Left)]);
    for (label, value) in result.rows() {
        table.row([label, value]);
    }
    table.write(output)
}

fn progress_line(progress: &LiveProgress) -> String {
    let phase = if progress.is_measuring {
        "measuring"
    } else {
        "warming up"
    };
    let latency = match (progress.p50_ms, progress.p99_ms) {
        (Some(p50), Some(p99)) => format!(", p50 {p50:.2} ms, p99 {p99:.2} ms"),
        _ => String::new(),
    };
    format!(
        "{phase} {:.0} of {:.0} s: {:.1} MB/s, {:.0} records/s{latency}",
        progress.elapsed_s, progress.total_s, progress.mb_per_s, progress.records_per_s
    )
}

/// A table of text.
fn table_of(headings: &[String], rows: Vec<Vec<String>>) -> Table {
    let columns: Vec<(&str, Align)> = headings
        .iter()
        .map(|heading| (heading.as_str(), Align::Left))
        .collect();
    let mut table = Table::new(&columns);
    for row in rows {
        table.row(row);
    }
    table
}

fn bench_failure(error: BenchError) -> Failure {
    match error {
        BenchError::Client(error) => failure(error),
        BenchError::Settings(error) => Failure::usage(error.to_string()),
        BenchError::Workload(error) => Failure::usage(error.to_string()),
        BenchError::ForeignDirectory { .. } | BenchError::Engine(_) => {
            Failure::configuration(error.to_string())
        }
        other => Failure::new(ExitCode::Failure, other.to_string()),
    }
}

fn broker(arguments: &BenchClient, resolved: &Resolved) -> Result<BrokerSettings, Failure> {
    if let Some(directory) = &arguments.in_process {
        return Ok(BrokerSettings::in_process(directory));
    }
    let mut broker = BrokerSettings::at(&resolved.bootstrap()?.to_string());
    broker.server_pid = arguments.server_pid;
    Ok(broker)
}

fn client(arguments: &BenchClient, in_flight: u32) -> Result<ClientSettings, Failure> {
    Ok(ClientSettings {
        connections: arguments.connections,
        in_flight,
        threads: arguments.threads,
        cores: cpus("--client-cpus", arguments.client_cpus.as_deref())?,
        ..ClientSettings::default()
    })
}

fn cpus(flag: &str, list: Option<&str>) -> Result<Option<CoreList>, Failure> {
    let parsed = list.map(str::parse).transpose();
    parsed.map_err(|error: CoreListError| Failure::usage(format!("{flag}: {error}")))
}

fn span(arguments: &BenchClient) -> Result<Span, Failure> {
    let measure_bytes = arguments
        .bytes
        .as_deref()
        .map(size::parse_bytes)
        .transpose();
    Ok(Span {
        warm_up_s: arguments.warm_up,
        measure_s: arguments.seconds,
        measure_bytes: measure_bytes
            .map_err(|reason| Failure::usage(format!("--bytes: {reason}")))?,
    })
}

fn produce_settings(
    arguments: &BenchProduce,
    resolved: &Resolved,
) -> Result<ProduceSettings, Failure> {
    let mut configs = BTreeMap::new();
    for text in &arguments.set {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--set: `{text}` is not NAME=VALUE")))?;
        configs.insert(name.to_owned(), value.to_owned());
    }
    Ok(ProduceSettings {
        topic: TopicSettings {
            name: arguments.client.topic.clone(),
            partitions: arguments.partitions,
            configs,
            delete_after: arguments.delete_after,
        },
        client: client(&arguments.client, arguments.in_flight)?,
        span: span(&arguments.client)?,
        record_bytes: arguments.record_bytes,
        records_per_batch: arguments.batch_records,
        acks: match arguments.acks {
            AcksFlag::None => Acks::None,
            AcksFlag::Leader => Acks::Leader,
            AcksFlag::All => Acks::All,
        },
        records_per_second: arguments.rate,
        ..ProduceSettings::maximum(broker(&arguments.client, resolved)?)
    })
}

fn fetch_settings(arguments: &BenchFetch, resolved: &Resolved) -> Result<FetchSettings, Failure> {
    let (from, at_end) = match (arguments.tail, arguments.once) {
        (true, _) => (FetchFrom::Tail, AtEnd::Wait),
        (false, true) => (FetchFrom::Earliest, AtEnd::Stop),
        (false, false) => (FetchFrom::Earliest, AtEnd::Restart),
    };
    Ok(FetchSettings {
        client: client(&arguments.client, arguments.in_flight)?,
        groups: arguments.groups,
        span: span(&arguments.client)?,
        from,
        at_end,
        max_bytes: bytes("--max-bytes", &arguments.max_bytes)?,
        partition_max_bytes: bytes("--partition-max-bytes", &arguments.partition_max_bytes)?,
        ..FetchSettings::maximum(
            broker(&arguments.client, resolved)?,
            &arguments.client.topic,
        )
    })
}

fn bytes(flag: &str, text: &str) -> Result<u32, Failure> {
    let parsed = size::parse_bytes(text);
    let fitting =
        parsed.and_then(|bytes| u32::try_from(bytes).map_err(|_| format!("{text} is too much")));
    fitting.map_err(|reason| Failure::usage(format!("{flag}: {reason}")))
}
