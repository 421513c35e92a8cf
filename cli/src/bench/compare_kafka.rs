//! The command `bench compare-kafka`: this binary's broker beside Apache Kafka, both started and stopped here.
//!
//! How rounds are interleaved and what may be compared is the benchmark harness's business.

use super::{bench_failure, cpus, progress_line, table_of};
use crate::arguments::BenchCompareKafka;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use corelane_bench::broker_process::{CorelaneLaunch, KafkaLaunch};
use corelane_bench::compare::CompareCase;
use corelane_bench::launch::{Launch, LaunchSettings, LaunchedComparison, compare_launched};
use corelane_bench::settings::{ClientSettings, Span};
use indicatif::ProgressBar;
use std::io::Write;

/// Compares and prints the table, or everything as JSON.
pub fn run(arguments: &BenchCompareKafka, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let settings = settings(arguments)?;
    let bar = ProgressBar::new_spinner();
    let result = compare_launched(&settings, &mut |case, name, round, live| {
        let line = progress_line(live);
        bar.set_message(format!(
            "round {}, {}, {name}: {line}",
            round + 1,
            case.name()
        ));
    });
    bar.finish_and_clear();
    let result = result.map_err(bench_failure)?;
    if arguments.json {
        json_lines::write_line(output, &result)?;
    } else {
        print(&result, output)?;
    }
    let is_clean = result
        .comparison
        .cases
        .iter()
        .all(|case| case.faults.is_empty());
    Ok(if is_clean {
        ExitCode::Success
    } else {
        ExitCode::Failure
    })
}

fn print(result: &LaunchedComparison, output: &mut impl Write) -> std::io::Result<()> {
    let (headings, rows) = result.table();
    table_of(&headings, rows).write(output)
}

fn settings(arguments: &BenchCompareKafka) -> anyhow::Result<LaunchSettings> {
    let server_cores = cpus("--server-cpus", arguments.server_cpus.as_deref())?;
    let binary = std::env::current_exe()
        .map_err(|error| Failure::new(ExitCode::Failure, format!("this binary's path: {error}")))?;
    let corelane = CorelaneLaunch {
        binary,
        arguments: Vec::new(),
        cores: server_cores.clone(),
    };
    let kafka = KafkaLaunch {
        cores: server_cores,
        ..KafkaLaunch::from_libs(&arguments.kafka_libs)
    };
    Ok(LaunchSettings {
        subject: Launch::Corelane(corelane),
        reference: Launch::Kafka(kafka),
        directory: arguments.directory.clone(),
        rounds: arguments.rounds,
        first_warm_up_s: arguments.first_warm_up,
        idle_s: arguments.idle,
        span: Span {
            warm_up_s: arguments.warm_up,
            measure_s: arguments.seconds,
            measure_bytes: None,
        },
        client: ClientSettings {
            cores: cpus("--client-cpus", arguments.client_cpus.as_deref())?,
            ..ClientSettings::default()
        },
        cases: CompareCase::ALL.to_vec(),
    })
}
