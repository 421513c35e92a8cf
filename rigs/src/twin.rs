//! A script of engine operations that is played on the simulated disk and on real ones alike, and what a crash leaves of it.
//!
//! Two partitions are written side by side, each batch after the one before has been answered: some answers promise that
//! the batch is durable, some that it is written. Segments are so small that they roll. Sizes decide over the rolls and
//! not the clock, so that they come at the same batches everywhere. The engine itself runs in a process of its own
//! ([`play`]), which a crash of the disk cannot take the test with; what is left is read by another one ([`found`]).

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records};
use corelane_engine::{
    Acks, Engine, EngineConfig, FetchPart, NewTopic, Offset, ReadRequest, TopicPartition,
    ValidBatch,
};
use futures_lite::future::block_on;

/// The topic.
pub const TOPIC: &str = "twin";
/// Its partitions, but for a disk that answers errors.
pub const PARTITIONS: i32 = 2;
/// What the batches of each partition ask for, in order.
pub const STEPS: [Acks; 14] = [
    Acks::Durable,
    Acks::Written,
    Acks::Durable,
    Acks::Durable,
    Acks::Written,
    Acks::Written,
    Acks::Durable,
    Acks::Written,
    Acks::Durable,
    Acks::Durable,
    Acks::Durable,
    Acks::Written,
    Acks::Written,
    Acks::Durable,
];
/// What the process says when the topic is there and the first batch goes out.
pub const READY: &str = "ready";
/// What it says when no more answers come.
pub const END: &str = "end";

/// The times of records: the same everywhere.
const TIMESTAMP_MS: i64 = 1_700_000_000_000;
/// Small indexes roll after a few batches.
const CONFIGS: [(&str, &str); 2] = [
    ("segment.index.bytes", "48"),
    ("index.interval.bytes", "100"),
];
const READ_BYTES_MAX: usize = 1 << 20;

type Failure = Box<dyn std::error::Error>;

/// What a crash has left of one partition, beside how many of its batches had been answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// The partition.
    pub partition: i32,
    /// Batches that had been answered.
    pub answered: usize,
    /// The numbers of the batches that are there, in their order.
    pub found: Vec<usize>,
}

impl Outcome {
    /// Whether every batch is there whose answer said that it is durable.
    pub fn is_kept(&self) -> bool {
        let promised = STEPS[..self.answered]
            .iter()
            .rposition(|acks| *acks == Acks::Durable);
        let least = promised.map_or(0, |last| last + 1);
        (0..least).all(|number| self.found.get(number) == Some(&number))
    }
}

/// The topic as it is asked for.
pub fn topic(partitions: i32) -> NewTopic {
    NewTopic {
        name: TOPIC.to_owned(),
        partitions: partitions.unsigned_abs(),
        configs: CONFIGS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// The batch of that number: one record that begins with it. Some are larger than a block of the disk, of those that are
/// to be durable: of a large one that is not, the dice of the simulation would seldom keep every sector, where a real disk
/// does when it flushes something else.
///
/// # Panics
/// Never: the batch is small and has a record.
pub fn batch(number: usize) -> ValidBatch {
    let is_large = number % 3 == 2 && STEPS.get(number) == Some(&Acks::Durable);
    let bytes = if is_large { 5000 } else { 150 };
    let value = format!("{number}:{}", "x".repeat(bytes));
    let mut builder = BatchBuilder::new(BatchOptions::default());
    let record = NewRecord {
        timestamp_ms: TIMESTAMP_MS + number as i64,
        key: None,
        value: Some(value.as_bytes()),
        headers: &[],
    };
    builder.append(&record).expect("the batch is small");
    let bytes = builder.build().expect("the batch has a record");
    ValidBatch::check(bytes, 1 << 20).expect("well made")
}

/// A read of as much as there is.
pub fn request(offset: i64) -> ReadRequest {
    ReadRequest {
        offset: Offset(offset),
        bytes_max: READ_BYTES_MAX,
        at_least_one: true,
        offset_max: None,
    }
}

/// The numbers of the batches in `bytes`, which are whole ones.
///
/// # Errors
/// When the bytes are no such batches.
pub fn numbers(mut bytes: Bytes) -> Result<Vec<usize>, Failure> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        let header = corelane_engine::batch::RecordBatchHeader::view(&bytes);
        let size = header.and_then(|header| header.size());
        let size = size
            .filter(|size| *size <= bytes.len())
            .ok_or("no whole batch")?;
        let batch = bytes.split_to(size);
        for record in Records::open(&batch)?.iter() {
            let value = record?.value.ok_or("no value")?;
            let text = std::str::from_utf8(value)?;
            let (number, _) = text.split_once(':').ok_or("no number")?;
            numbers.push(number.parse()?);
        }
    }
    Ok(numbers)
}

fn open(data: &Path) -> Result<Engine, Failure> {
    Ok(Engine::open(EngineConfig {
        tail_cache_bytes: 1 << 20,
        ..EngineConfig::new(data)
    })?)
}

/// Plays the script on an empty data directory with so many partitions, and says each answer: a line with the partition. Never comes back while
/// nobody kills the process.
///
/// # Errors
/// When the engine does not open or make the topic.
pub fn play(data: &Path, partitions: i32) -> Result<(), Failure> {
    let engine = open(data)?;
    let topic_id = block_on(engine.create_topic(topic(partitions)))?;
    say(READY)?;
    std::thread::scope(|scope| {
        for partition in 0..partitions {
            let engine = &engine;
            let id = TopicPartition {
                topic_id,
                partition,
            };
            scope.spawn(move || {
                for (number, acks) in STEPS.into_iter().enumerate() {
                    let sent = block_on(engine.append(id, batch(number), acks));
                    if sent.is_err() || say(&partition.to_string()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    say(END)?;
    loop {
        std::thread::park();
    }
}

/// Opens what a crash has left, and says for each partition in turn which batches are there: a line of numbers.
///
/// # Errors
/// When the engine does not open, the topic is not there, or it cannot be read.
pub fn found(data: &Path) -> Result<(), Failure> {
    let engine = open(data)?;
    let image = block_on(engine.image());
    let topic = image.topic_by_name(TOPIC).ok_or("the topic is not there")?;
    let topic_id = topic.topic_id;
    for partition in topic.partitions.keys().copied() {
        let id = TopicPartition {
            topic_id,
            partition,
        };
        let mut found = Vec::new();
        loop {
            let plan = block_on(engine.read(id, request(found.len() as i64)))?;
            let mut bytes = Vec::new();
            for part in &plan.parts {
                match part {
                    FetchPart::Memory(slice) => bytes.extend_from_slice(slice),
                    FetchPart::File(range) => {
                        let file = File::from(range.file.reader().try_clone()?);
                        let start = bytes.len();
                        bytes.resize(start + usize::try_from(range.length)?, 0);
                        file.read_exact_at(&mut bytes[start..], range.position)?;
                    }
                }
            }
            if bytes.is_empty() {
                break;
            }
            found.extend(numbers(bytes.into())?);
        }
        let words: Vec<String> = found.iter().map(usize::to_string).collect();
        say(&words.join(" "))?;
    }
    engine.stop();
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
