//! The command `produce`: records from a file or standard input into a topic.
//!
//! A thread reads and parses the input ([`input`]) and hands over bounded chunks, so that a slow pipe never keeps a
//! record waiting: while nothing comes, the main thread lets the producer send what it holds. An input error ends the
//! run after everything before it was delivered, and says how much that was.

mod input;
mod parse;

use crate::arguments::{AcksFlag, Codec, Input, Produce};
use crate::broker_connection::{connect, failure};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::settings::Resolved;
use crate::{json_lines, size};
use corelane_client::{Acks, Delivery, Producer, ProducerOptions, ProducerRecord};
use corelane_engine::compress::Compression;
use corelane_engine::record::Header;
use indicatif::{ProgressBar, ProgressStyle};
use input::{Chunk, InputError, Source};
use parse::{InputRecord, KeyFrom, Layout};
use serde::Serialize;
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Chunks that wait between the reading thread and the sending one.
const CHUNKS_MAX: usize = 4;

/// How long the sender waits for input before it sends what it holds.
const LINGER: Duration = Duration::from_millis(5);

/// What a run comes to, as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    topic: &'a str,
    record_count: u64,
    batch_bytes: u64,
    seconds: f64,
    records_per_second: f64,
}

/// Sends the records.
pub fn run(
    arguments: &Produce,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let layout = layout(arguments)?;
    let options = options(arguments);
    let source = Source::open(arguments.file.as_deref())?;
    let progress = progress_bar(source.length());
    let producer = Producer::new(connect(resolved)?, &arguments.topic, options).map_err(failure)?;
    let started = Instant::now();
    let (sender, receiver) = sync_channel(CHUNKS_MAX);
    // The thread ends with its input, or when the receiver is gone; nobody waits for one that blocks on a terminal.
    std::thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || input::read(source, &layout, &sender))?;
    let delivery = send_all(producer, &receiver, arguments, &progress);
    progress.finish_and_clear();
    let delivery = delivery?;
    report(arguments, &delivery, started.elapsed(), output)
}

fn layout(arguments: &Produce) -> Result<Layout, Failure> {
    let key = match (&arguments.key_field, &arguments.key_separator) {
        (Some(name), _) if arguments.input == Input::Json || arguments.input == Input::Csv => {
            KeyFrom::Field(name.clone())
        }
        (Some(_), _) => {
            return Err(Failure::usage("--key-field needs fields")
                .advise("add --input json or --input csv"));
        }
        (None, Some(separator)) if arguments.input == Input::Lines && !separator.is_empty() => {
            KeyFrom::Separator(separator.clone().into_bytes())
        }
        (None, Some(_)) => {
            return Err(Failure::usage(
                "--key-separator is for --input lines, and not empty",
            ));
        }
        (None, None) => KeyFrom::Nowhere,
    };
    if arguments.timestamp_field.is_some() && !matches!(arguments.input, Input::Json | Input::Csv) {
        return Err(Failure::usage("--timestamp-field needs fields")
            .advise("add --input json or --input csv"));
    }
    let mut headers = Vec::new();
    for text in &arguments.headers {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--header: `{text}` is not NAME=VALUE")))?;
        headers.push((name.as_bytes().to_vec(), Some(value.as_bytes().to_vec())));
    }
    Ok(Layout {
        input: arguments.input,
        key,
        timestamp_field: arguments.timestamp_field.clone(),
        headers,
        empty_is_null: arguments.empty_is_null,
    })
}

fn options(arguments: &Produce) -> ProducerOptions {
    let acks = match arguments.acks {
        AcksFlag::None => Acks::None,
        AcksFlag::Leader => Acks::Leader,
        AcksFlag::All => Acks::All,
    };
    let compression = match arguments.compression {
        Codec::None => Compression::None,
        Codec::Gzip => Compression::Gzip,
        Codec::Snappy => Compression::Snappy,
        Codec::Lz4 => Compression::Lz4,
        Codec::Zstd => Compression::Zstd,
    };
    ProducerOptions {
        acks,
        compression,
        batch_bytes: arguments.batch_bytes,
        linger: LINGER,
        ..ProducerOptions::default()
    }
}

/// A bar on standard error when that is a terminal, and nothing otherwise.
fn progress_bar(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {msg} records, {eta} left",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {bytes}, {binary_bytes_per_sec}, {msg} records",
        ),
    };
    // The template is a constant: should a name in it be unknown, indicatif's own style does.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn send_all(
    mut producer: Producer,
    receiver: &Receiver<Result<Chunk, InputError>>,
    arguments: &Produce,
    progress: &ProgressBar,
) -> anyhow::Result<Delivery> {
    let mut remaining = arguments.count.unwrap_or(u64::MAX);
    let mut sent = 0u64;
    let mut input_error = None;
    while remaining > 0 && input_error.is_none() {
        match receiver.recv_timeout(LINGER) {
            Ok(Ok(chunk)) => {
                for record in chunk
                    .records
                    .iter()
                    .take(usize::try_from(remaining).unwrap_or(usize::MAX))
                {
                    send(&mut producer, record, arguments.partition)
                        .map_err(|error| undelivered(error, &producer))?;
                    remaining -= 1;
                    sent += 1;
                }
                progress.inc(chunk.input_bytes);
                progress.set_message(sent.to_string());
            }
            Ok(Err(error)) => input_error = Some(error),
            Err(RecvTimeoutError::Timeout) => producer
                .poll()
                .map_err(|error| undelivered(error, &producer))?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let delivery = match producer.flush() {
        Ok(delivery) => delivery.clone(),
        Err(error) => return Err(undelivered(error, &producer).into()),
    };
    match input_error {
        None => Ok(delivery),
        Some(error) => Err(Failure::new(ExitCode::Failure, error.to_string())
            .advise(format!(
                "the {} records before it were delivered; mend the input and go on from there",
                delivery.records
            ))
            .into()),
    }
}

fn undelivered(error: corelane_client::ClientError, producer: &Producer) -> Failure {
    let delivered = producer.delivered().records;
    failure(error).advise(format!(
        "{delivered} records were acknowledged before; later ones may or may not be there"
    ))
}

fn send(
    producer: &mut Producer,
    record: &InputRecord,
    partition: Option<i32>,
) -> Result<(), corelane_client::ClientError> {
    let headers: Vec<Header<'_>> = record
        .headers
        .iter()
        .map(|(key, value)| Header {
            key,
            value: value.as_deref(),
        })
        .collect();
    producer.send(&ProducerRecord {
        partition,
        timestamp_ms: record.timestamp_ms,
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: &headers,
    })
}

fn report(
    arguments: &Produce,
    delivery: &Delivery,
    elapsed: Duration,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let seconds = elapsed.as_secs_f64();
    let records_per_second = delivery.records as f64 / seconds.max(1e-9);
    let outcome = Outcome {
        topic: &arguments.topic,
        record_count: delivery.records,
        batch_bytes: delivery.bytes,
        seconds,
        records_per_second,
    };
    match arguments.json {
        true => json_lines::write_line(output, &outcome)?,
        false => writeln!(
            output,
            "{} records ({} in batches) to {} in {seconds:.1} s, {records_per_second:.0} a second",
            delivery.records,
            size::for_people(delivery.bytes),
            arguments.topic
        )?,
    }
    Ok(())
}
