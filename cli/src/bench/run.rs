//! The command `bench run`: flags or an earlier result into a plan, a progress line, tables, and the files asked for.
//!
//! How targets are started, rounds interleaved and figures taken is the benchmark harness's business.

use super::{bench_failure, cpus, progress_line, table_of};
use crate::arguments::{BenchRun, BenchWorkloads};
use crate::doctor;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use crate::table::{Align, Table};
use anyhow::Context;
use corelane_bench::BenchError;
use corelane_bench::affinity::CoreList;
use corelane_bench::broker_process::{CorelaneLaunch, KafkaLaunch, NullLaunch};
use corelane_bench::launch::Launch;
use corelane_bench::percentile_file::percentile_files;
use corelane_bench::results::Results;
use corelane_bench::run::{RunPlan, TargetKind, TargetPlan};
use corelane_bench::summary;
use corelane_bench::workload::{self, WorkloadError, WorkloadPlan};
use indicatif::ProgressBar;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Rounds without the flag: the fewest that can tell a difference.
const ROUNDS: u32 = 5;

/// Runs everything and prints it.
pub fn run(arguments: &BenchRun, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let plan = plan(arguments)?;
    // Thousands of connections and partitions cost descriptors; a limit that cannot be raised shows when it is met.
    let _ = doctor::raise_open_files_limit();
    let bar = ProgressBar::new_spinner();
    let results = corelane_bench::run::run(&plan, &mut |place, live| {
        bar.set_message(format!(
            "round {} of {}, {}, {}, {}: {}",
            place.round + 1,
            place.rounds,
            place.workload,
            place.step,
            place.target,
            progress_line(live)
        ));
    });
    bar.finish_and_clear();
    let results = results.map_err(bench_failure)?;
    write_files(arguments, &results)?;
    if arguments.json {
        json_lines::write_line(output, &results)?;
    } else {
        print(&results, output)?;
    }
    Ok(judge(&results))
}

/// Faults and a client at its limit are said on standard error as well, where no pipe loses them.
fn judge(results: &Results) -> ExitCode {
    let (faults, limits) = (results.faults(), results.client_limits());
    for fault in &faults {
        eprintln!("fault: {fault}");
    }
    for limit in &limits {
        eprintln!("warning: the client was the limit: {limit}");
    }
    if faults.is_empty() && limits.is_empty() {
        ExitCode::Success
    } else {
        ExitCode::Failure
    }
}

fn print(results: &Results, output: &mut impl Write) -> std::io::Result<()> {
    for table in summary::tables(results) {
        writeln!(output, "{}: {}", table.workload, table.step)?;
        let (headings, rows) = table.text(&results.targets);
        table_of(&headings, rows).write(output)?;
        for remark in &table.remarks {
            writeln!(output, "{remark}")?;
        }
        writeln!(output)?;
    }
    Ok(())
}

fn write_files(arguments: &BenchRun, results: &Results) -> anyhow::Result<()> {
    if let Some(path) = &arguments.output {
        let text = serde_json::to_string(results)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(directory) = &arguments.hgrm {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        for file in percentile_files(results) {
            let path = directory.join(&file.name);
            fs::write(&path, file.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

fn plan(arguments: &BenchRun) -> anyhow::Result<RunPlan> {
    if let Some(path) = &arguments.from {
        let mut plan = super::reading::results(path)?.plan;
        plan.rounds = arguments.rounds.unwrap_or(plan.rounds);
        return Ok(plan);
    }
    let workloads = arguments.workloads.iter().map(|name| workload(name));
    let workloads = workloads.collect::<anyhow::Result<Vec<WorkloadPlan>>>()?;
    Ok(RunPlan {
        targets: targets(arguments)?,
        workloads: workloads
            .into_iter()
            .map(|workload| workload.scaled(arguments.scale))
            .collect(),
        scale: arguments.scale,
        rounds: arguments.rounds.unwrap_or(ROUNDS),
        first_warm_up_s: arguments.first_warm_up,
        warm_up_s: arguments.warm_up,
        measure_s: arguments.seconds,
        threads: arguments.threads,
        client_cores: cpus("--client-cpus", arguments.client_cpus.as_deref())?,
        directory: arguments.directory.clone().unwrap_or_default(),
    })
}

fn workload(name: &str) -> anyhow::Result<WorkloadPlan> {
    let is_file = [".yaml", ".yml"]
        .iter()
        .any(|ending| name.ends_with(ending));
    if !is_file {
        return workload::find(name).map_err(|error| usage(&error).into());
    }
    let text = fs::read_to_string(name).map_err(|error| {
        Failure::new(ExitCode::Unreadable, format!("cannot read {name}: {error}"))
    })?;
    WorkloadPlan::from_yaml(&text)
        .map_err(|error| Failure::usage(format!("{name}: {error}")).into())
}

fn usage(error: &WorkloadError) -> Failure {
    Failure::usage(error.to_string())
}

/// The targets in the order in which ratios want them: those that are started first, as each kind was given.
fn targets(arguments: &BenchRun) -> Result<Vec<TargetPlan>, Failure> {
    let cores = cpus("--server-cpus", arguments.server_cpus.as_deref())?;
    let mut targets = Vec::new();
    for text in &arguments.starts {
        targets.push(start(text, cores.as_ref())?);
    }
    if !targets.is_empty() && arguments.directory.is_none() {
        let reason = "--start needs --directory, on the disk that is to be measured";
        return Err(Failure::usage(reason));
    }
    for text in &arguments.targets {
        targets.push(address(text)?);
    }
    for text in &arguments.pids {
        note_pid(text, &mut targets)?;
    }
    for text in &arguments.settings {
        note_setting(text, &mut targets)?;
    }
    if targets.is_empty() {
        return Err(Failure::usage(
            "nothing to measure: give --start or --target at least once",
        ));
    }
    Ok(targets)
}

fn start(text: &str, cores: Option<&CoreList>) -> Result<TargetPlan, Failure> {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, text),
    };
    let (kind, path) = match rest.split_once(':') {
        Some((kind, path)) => (kind, Some(PathBuf::from(path))),
        None => (rest, None),
    };
    let cores = cores.cloned();
    let launch = match (kind, path) {
        ("corelane", path) => Launch::Corelane(CorelaneLaunch {
            binary: path.map_or_else(own_binary, Ok)?,
            arguments: Vec::new(),
            cores,
        }),
        ("kafka", Some(libs)) => Launch::Kafka(KafkaLaunch {
            cores,
            ..KafkaLaunch::from_libs(&libs)
        }),
        ("null", None) => Launch::Null(NullLaunch {
            binary: own_binary()?,
            cores,
        }),
        _ => {
            return Err(Failure::usage(format!(
                "--start: `{text}` is none of corelane, corelane:BINARY, kafka:FOLDER-OF-JARS and null"
            )));
        }
    };
    Ok(TargetPlan {
        name: target_name(name.unwrap_or(kind))?,
        kind: TargetKind::Start(launch),
    })
}

fn own_binary() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::new(ExitCode::Failure, format!("this binary's path: {error}")))
}

fn address(text: &str) -> Result<TargetPlan, Failure> {
    let Some((name, address)) = text.split_once('=') else {
        let reason = format!("--target: `{text}` is not NAME=HOST:PORT or NAME=in-process:DIR");
        return Err(Failure::usage(reason));
    };
    let kind = match address.strip_prefix("in-process:") {
        Some(directory) => TargetKind::InProcess {
            directory: Path::new(directory).to_owned(),
        },
        None => TargetKind::Address {
            bootstrap: address.to_owned(),
            pid: None,
        },
    };
    Ok(TargetPlan {
        name: target_name(name)?,
        kind,
    })
}

/// Names become directories.
fn target_name(name: &str) -> Result<String, Failure> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_good = name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && name.len() <= 64;
    if is_good {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(format!(
        "`{name}` is no name of a target: letters, digits, dots, dashes and underscores, 64 at most"
    )))
}

fn note_pid(text: &str, targets: &mut [TargetPlan]) -> Result<(), Failure> {
    let parsed = text
        .split_once('=')
        .and_then(|(name, pid)| Some((name, pid.parse::<u32>().ok()?)));
    let Some((name, process)) = parsed else {
        return Err(Failure::usage(format!("--pid: `{text}` is not NAME=PID")));
    };
    let target = targets.iter_mut().find(|target| target.name == name);
    match target.map(|target| &mut target.kind) {
        Some(TargetKind::Address { pid, .. }) => *pid = Some(process),
        _ => {
            return Err(Failure::usage(format!(
                "--pid: no --target with an address is called `{name}`"
            )));
        }
    }
    Ok(())
}

fn note_setting(text: &str, targets: &mut [TargetPlan]) -> Result<(), Failure> {
    let parsed = text
        .split_once(':')
        .and_then(|(name, setting)| Some((name, setting, setting.split_once('=')?)));
    let Some((name, setting, (key, value))) = parsed else {
        let reason = format!("--set: `{text}` is not NAME:KEY=VALUE");
        return Err(Failure::usage(reason));
    };
    let target = targets.iter_mut().find(|target| target.name == name);
    match target.map(|target| &mut target.kind) {
        Some(TargetKind::Start(Launch::Kafka(launch))) => {
            launch.properties.insert(key.to_owned(), value.to_owned());
        }
        Some(TargetKind::Start(Launch::Corelane(launch))) => {
            // A flag of `serve` itself, or one of the names that `serve --set` takes.
            if !key.starts_with("--") {
                launch.arguments.push("--set".to_owned());
            }
            launch.arguments.push(setting.to_owned());
        }
        _ => {
            return Err(Failure::usage(format!(
                "--set: no Corelane and no Kafka that is started is called `{name}`"
            )));
        }
    }
    Ok(())
}

/// Lists the named workloads, or prints one.
pub fn workloads(arguments: &BenchWorkloads, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    if let Some(name) = &arguments.name {
        workload::find(name).map_err(|error| usage(&error))?;
        let found = workload::named()
            .iter()
            .find(|named| named.name == name || named.id.eq_ignore_ascii_case(name));
        if let Some(named) = found {
            output.write_all(named.yaml.as_bytes())?;
        }
        return Ok(ExitCode::Success);
    }
    let columns = ["id", "name", "steps", "what it shows"].map(|title| (title, Align::Left));
    let mut table = Table::new(&columns);
    for named in workload::named() {
        let plan = workload::find(named.id)
            .map_err(BenchError::from)
            .map_err(bench_failure)?;
        let steps = plan.steps.len().to_string();
        table.row([named.id.to_owned(), plan.name, steps, plan.about]);
    }
    table.write(output)?;
    Ok(ExitCode::Success)
}
