//! The commands `bench idle` and `bench null-broker`: what there is to know without a load, and without a broker.

use super::bench_failure;
use crate::arguments::{BenchIdle, BenchNullBroker};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use crate::table::{Align, Table};
use corelane_bench::BenchError;
use corelane_bench::null_broker::NullBroker;
use corelane_bench::process;
use std::io::Write;
use std::time::Duration;

/// The longest watch: a day.
const WATCH_MAX_S: f64 = 86_400.0;

/// Watches a process and prints what it used.
pub fn watch(arguments: &BenchIdle, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    if !(arguments.seconds > 0.0 && arguments.seconds <= WATCH_MAX_S) {
        return Err(
            Failure::usage("--seconds must be above 0 and at most 86400".to_owned()).into(),
        );
    }
    let span = Duration::from_secs_f64(arguments.seconds);
    let used = process::watch(arguments.server_pid, span)
        .map_err(|error| bench_failure(BenchError::from(error)))?;
    if arguments.json {
        json_lines::write_line(output, &used)?;
        return Ok(ExitCode::Success);
    }
    let mut table = Table::new(&[("figure", Align::Left), ("value", Align::Left)]);
    table.row([
        "CPU".to_owned(),
        format!("{:.2} % of a core", 100.0 * used.cores_busy()),
    ]);
    table.row([
        "resident".to_owned(),
        format!("{} MiB", used.resident_bytes >> 20),
    ]);
    table.row([
        "context switches".to_owned(),
        used.voluntary_switches.to_string(),
    ]);
    table.write(output)?;
    Ok(ExitCode::Success)
}

/// Serves until the process is stopped.
pub fn serve_nothing(
    arguments: &BenchNullBroker,
    output: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let broker = NullBroker::start(&arguments.listen, Vec::new()).map_err(|error| {
        Failure::new(
            ExitCode::Failure,
            format!("cannot listen on {}: {error}", arguments.listen),
        )
    })?;
    writeln!(
        output,
        "null broker on {}, process {}",
        broker.address(),
        std::process::id()
    )?;
    output.flush()?;
    loop {
        std::thread::park();
    }
}
