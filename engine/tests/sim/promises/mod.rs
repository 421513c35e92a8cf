//! Promises that scripts and crashes alone do not put to the test: each as a test that makes the moment in which it
//! could be broken.
//!
//! Here is what the tests share: an engine for a while, and batches of one record that says its number.

pub mod answers;
pub mod catalogue;
pub mod compaction;
pub mod full_disk;
pub mod indexes;
pub mod producers;
pub mod starts;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields, Records};
use corelane_engine::sim::{CrashMode, Outcome, SimEngine, Simulation, Storage};
use corelane_engine::{
    Acks, AppendError, Appended, NewTopic, PartitionError, ProducerId, TopicPartition, ValidBatch,
};

use crate::play::{read_log, settings};

pub(crate) const LIFE: Duration = Duration::from_secs(3600);
const TOPIC: &str = "flights";
/// The timestamp of batch 0.
const FIRST_MS: i64 = 1_700_000_000_000;
/// Small indexes roll after a few batches.
pub(crate) const ROLLING: &[(&str, &str)] = &[
    ("segment.index.bytes", "48"),
    ("index.interval.bytes", "100"),
    ("file.delete.delay.ms", "0"),
];

fn name_of<T>(outcome: &Outcome<T>) -> &'static str {
    match outcome {
        Outcome::Done(_) => "done",
        Outcome::Crashed => "crashed",
        Outcome::Stuck => "stuck",
    }
}

/// Runs `life` to its end.
fn run<T: 'static>(sim: &Simulation, life: impl Future<Output = T> + 'static) -> T {
    match sim.run(LIFE, life) {
        Outcome::Done(value) => value,
        stuck => panic!("I8: the engine is {}", name_of(&stuck)),
    }
}

/// Runs `life` on an engine of its own over `storage`, and returns what it came to and what is on the disk when the
/// process has been killed then.
fn live<T: 'static>(storage: &Storage, life: impl Future<Output = T> + 'static) -> (T, Storage) {
    let sim = Simulation::new(settings(1, 0), storage.clone());
    let value = run(&sim, async move {
        SimEngine.open().await.expect("the disk is well");
        life.await
    });
    (value, sim.point().crash(CrashMode::Kill, 1))
}

async fn create_topic(configs: &[(&str, &str)]) -> Option<TopicPartition> {
    let pairs = configs.iter();
    let topic = NewTopic {
        name: TOPIC.into(),
        partitions: 1,
        configs: pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let topic_id = SimEngine.create_topic(topic).await.ok()?;
    Some(TopicPartition {
        topic_id,
        partition: 0,
    })
}

/// A batch of one record.
struct One<'a> {
    number: usize,
    producer: Option<ProducerId>,
    timestamp_ms: i64,
    key: Option<&'a [u8]>,
    value: &'a [u8],
}

impl One<'_> {
    fn build(&self) -> Bytes {
        let producer = self.producer.map(|id| ProducerFields {
            id,
            epoch: 0,
            base_sequence: self.number as i32,
        });
        let mut builder = BatchBuilder::new(BatchOptions {
            producer,
            ..BatchOptions::default()
        });
        let record = NewRecord {
            timestamp_ms: self.timestamp_ms,
            key: self.key,
            value: Some(self.value),
            headers: &[],
        };
        builder.append(&record).expect("the batch is small");
        builder.build().expect("the batch has a record")
    }
}

/// A batch that says its number and is unlike that of any other.
fn batch(number: usize, producer: Option<ProducerId>) -> Bytes {
    batch_at(number, producer, FIRST_MS + number as i64)
}

fn batch_at(number: usize, producer: Option<ProducerId>, timestamp_ms: i64) -> Bytes {
    // Some are larger than a block of the disk.
    let bytes = if number % 3 == 2 { 5000 } else { 150 };
    let value = format!("{number}:{}", "x".repeat(bytes));
    let one = One {
        number,
        producer,
        timestamp_ms,
        key: None,
        value: value.as_bytes(),
    };
    one.build()
}

async fn send(
    id: TopicPartition,
    bytes: Bytes,
    acks: Acks,
) -> Result<Appended, PartitionError<AppendError>> {
    let batch = ValidBatch::check(bytes, 1 << 20).expect("well made");
    SimEngine.append(id, batch, acks).await
}

async fn send_durably(id: TopicPartition, bytes: Bytes) -> i64 {
    let sent = send(id, bytes, Acks::Durable).await;
    sent.expect("the disk is well").base_offset.0
}

/// The values of all records, with their offsets, of a partition that takes writes.
async fn values(id: TopicPartition) -> Result<Vec<(i64, Vec<u8>)>, String> {
    let log = read_log(id).await?.ok_or("the partition is not open")?;
    match log.refusal {
        Some(reason) => Err(format!("the partition refuses writes: {reason}")),
        None => values_of(&log.batches),
    }
}

fn values_of(batches: &[Bytes]) -> Result<Vec<(i64, Vec<u8>)>, String> {
    let mut values = Vec::new();
    for bytes in batches {
        let records = Records::open(bytes).map_err(|error| error.to_string())?;
        for record in records.iter() {
            let record = record.map_err(|error| error.to_string())?;
            values.push((record.offset.0, record.value.unwrap_or_default().to_vec()));
        }
    }
    Ok(values)
}

/// The numbers of the batches in the log, in its order.
async fn numbers(id: TopicPartition) -> Result<Vec<usize>, String> {
    let values = values(id).await?;
    values.iter().map(|(_, value)| number_of(value)).collect()
}

fn numbers_of(batches: &[Bytes]) -> Result<Vec<usize>, String> {
    let values = values_of(batches)?;
    values.iter().map(|(_, value)| number_of(value)).collect()
}

fn number_of(value: &[u8]) -> Result<usize, String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let number = text
        .split(':')
        .next()
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("I1: a record was never sent: {text}"))
}
