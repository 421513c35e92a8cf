//! The commands `txn list`, `describe` and `abort`, over the Kafka protocol.
//!
//! They work against any broker that speaks it. What the broker refuses is told in its own words.

use crate::arguments::{TxnAbort, TxnCommand, TxnDescribe, TxnList};
use crate::broker_connection::{connect, failure};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use corelane_client::{ActiveProducer, DescribedTransaction};
use serde::Serialize;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &TxnCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        TxnCommand::List(arguments) => list(arguments, resolved, output),
        TxnCommand::Describe(arguments) => describe(arguments, resolved, output),
        TxnCommand::Abort(arguments) => abort(arguments, resolved, output),
    }
}

/// A line of `txn list --json`.
#[derive(Serialize)]
struct ListLine {
    transactional_id: String,
    state: String,
    producer_id: i64,
    coordinator: i32,
}

fn list(arguments: &TxnList, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let listed = connect(resolved)?.list_transactions(&arguments.states);
    let mut table = Table::new(&[
        ("transactional id", Align::Left),
        ("state", Align::Left),
        ("producer", Align::Right),
        ("coordinator", Align::Right),
    ]);
    for transaction in listed.map_err(failure)? {
        let line = ListLine {
            transactional_id: transaction.transactional_id,
            state: transaction.state,
            producer_id: transaction.producer_id,
            coordinator: transaction.coordinator,
        };
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([
                line.transactional_id,
                line.state,
                line.producer_id.to_string(),
                line.coordinator.to_string(),
            ]),
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    Ok(())
}

/// A line of `txn describe --json`.
#[derive(Serialize)]
struct DescribeLine<'a> {
    transactional_id: &'a str,
    state: &'a str,
    producer_id: i64,
    producer_epoch: i16,
    coordinator: i32,
    timeout_ms: i32,
    start_time_ms: Option<i64>,
    partitions: Vec<String>,
}

fn describe(
    arguments: &TxnDescribe,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    for id in &arguments.ids {
        let described = cluster.describe_transaction(id).map_err(failure)?;
        let line = describe_line(id, &described);
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => print(&line, output)?,
        }
    }
    Ok(())
}

fn describe_line<'a>(id: &'a str, described: &'a DescribedTransaction) -> DescribeLine<'a> {
    let names = described
        .topics
        .iter()
        .flat_map(|(topic, indexes)| indexes.iter().map(move |index| format!("{topic}-{index}")));
    DescribeLine {
        transactional_id: id,
        state: &described.state,
        producer_id: described.producer_id,
        producer_epoch: described.producer_epoch,
        coordinator: described.coordinator,
        timeout_ms: described.timeout_ms,
        start_time_ms: described.start_time_ms,
        partitions: names.collect(),
    }
}

fn print(line: &DescribeLine<'_>, output: &mut impl Write) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("transactional id", Align::Left),
        (line.transactional_id, Align::Left),
    ]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("state", line.state.to_owned());
    row(
        "producer",
        format!("{} epoch {}", line.producer_id, line.producer_epoch),
    );
    row("coordinator", line.coordinator.to_string());
    row("timeout", format!("{} ms", line.timeout_ms));
    if let Some(start_time_ms) = line.start_time_ms {
        row("began", format!("{start_time_ms} ms since 1970"));
    }
    if !line.partitions.is_empty() {
        row("partitions", line.partitions.join(" "));
    }
    Ok(table.write(output)?)
}

/// A line of `txn abort --json`.
#[derive(Serialize)]
struct OpenLine<'a> {
    topic: &'a str,
    partition: i32,
    start_offset: i64,
    producer_id: i64,
    producer_epoch: i32,
    last_timestamp_ms: i64,
    aborted: bool,
}

fn abort(arguments: &TxnAbort, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    let (topic, partition) = (&arguments.topic, arguments.partition);
    let producers = cluster.producers(topic, partition).map_err(failure)?;
    let open = producers
        .iter()
        .filter_map(|producer| Some((producer.open_from?, producer)));
    let Some(start_offset) = arguments.start_offset else {
        return tell(arguments, open.collect(), false, output);
    };
    let chosen: Vec<(i64, &ActiveProducer)> =
        open.filter(|(offset, _)| *offset == start_offset).collect();
    let Some((_, producer)) = chosen.first() else {
        let message =
            format!("nothing that begins at offset {start_offset} is open in {topic}-{partition}");
        let advice = format!("`corelane txn abort {topic} --partition {partition}` lists what is");
        return Err(Failure::new(ExitCode::Failure, message)
            .advise(advice)
            .into());
    };
    let aborted = cluster.abort_open(topic, partition, producer);
    aborted.map_err(failure)?;
    tell(arguments, chosen, true, output)
}

fn tell(
    arguments: &TxnAbort,
    open: Vec<(i64, &ActiveProducer)>,
    aborted: bool,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("start offset", Align::Right),
        ("producer", Align::Right),
        ("epoch", Align::Right),
        ("last record, ms since 1970", Align::Right),
        ("", Align::Left),
    ]);
    for (start_offset, producer) in open {
        let line = OpenLine {
            topic: &arguments.topic,
            partition: arguments.partition,
            start_offset,
            producer_id: producer.producer_id,
            producer_epoch: producer.producer_epoch,
            last_timestamp_ms: producer.last_timestamp_ms,
            aborted,
        };
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([
                line.start_offset.to_string(),
                line.producer_id.to_string(),
                line.producer_epoch.to_string(),
                line.last_timestamp_ms.to_string(),
                if aborted { "aborted" } else { "open" }.to_owned(),
            ]),
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    Ok(())
}
