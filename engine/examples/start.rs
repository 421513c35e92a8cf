//! Measures a start after SIGKILL: how long it takes to open, and until the first record is acknowledged.
//!
//! `cargo run --release -p corelane-engine --example start -- DIRECTORY [MIB [PARTITIONS]]`
//!
//! A child process fills a topic, so many MiB over so many partitions, with batches of 256 KiB that are flushed, and goes
//! on appending until it is killed. The directory must be new or empty, on a file system with direct I/O.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};
use corelane_engine::{Acks, Engine, EngineConfig, NewTopic, Shard, TopicPartition, ValidBatch};
use futures_lite::future::block_on;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The first argument of the child.
const FILL: &str = "fill";
const TOPIC: &str = "filled";
const RECORDS: usize = 16;
const RECORD_BYTES: usize = 16 << 10;
/// Partitions of a core that are filled side by side.
const FILLED_AT_ONCE: usize = 32;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == FILL => fill(rest),
        Some(_) => measure(&arguments),
        None => Err("which directory?".into()),
    }
}

fn sizes(arguments: &[String]) -> Outcome<(u64, u32)> {
    let mib = arguments.get(1).map_or(Ok(4096), |text| text.parse())?;
    let partitions = arguments.get(2).map_or(Ok(10), |text| text.parse())?;
    Ok((mib, partitions))
}

fn measure(arguments: &[String]) -> Outcome<()> {
    let (mib, partitions) = sizes(arguments)?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg(FILL)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    let is_filled = lines
        .map_while(Result::ok)
        .any(|line| line == "the topic is filled");
    child.kill()?;
    child.wait()?;
    if !is_filled {
        return Err("the child has failed".into());
    }
    let before = read_bytes()?;
    let start = Instant::now();
    let engine = Engine::open(EngineConfig::new(&arguments[0]))?;
    let opened = start.elapsed();
    let image = block_on(engine.image());
    let topic = image.topic_by_name(TOPIC).ok_or("no topic")?;
    let partition = TopicPartition {
        topic_id: topic.topic_id,
        partition: 0,
    };
    block_on(engine.append(partition, batch(1, 100)?, Acks::Durable))?;
    println!(
        "{mib} MiB in {partitions} partitions: open after {} ms, first record after {} ms, {} MiB read",
        opened.as_millis(),
        start.elapsed().as_millis(),
        (read_bytes()? - before) >> 20,
    );
    engine.stop();
    Ok(())
}

fn fill(arguments: &[String]) -> Outcome<()> {
    let (mib, partitions) = sizes(arguments)?;
    let engine = Engine::open(EngineConfig::new(&arguments[0]))?;
    block_on(engine.create_topic(NewTopic {
        name: TOPIC.to_owned(),
        partitions,
        configs: [].into(),
    }))?;
    let rounds = (mib << 20) / u64::from(partitions) / (RECORDS * RECORD_BYTES) as u64;
    for rounds in [rounds, u64::MAX] {
        let shards: Vec<_> = engine.shards().collect();
        let engine = &engine;
        std::thread::scope(|scope| {
            let filling: Vec<_> = shards
                .into_iter()
                .map(|shard| {
                    scope.spawn(move || block_on(engine.on(shard, move || append(rounds))))
                })
                .collect();
            filling
                .into_iter()
                .try_for_each(|filled| filled.join().map_err(|_| "a core panicked")?)
        })?;
        println!("the topic is filled");
    }
    Ok(())
}

/// Appends to each partition of the calling core, so many rounds of one batch.
async fn append(rounds: u64) -> Outcome<()> {
    let partitions = Shard::current().partitions();
    let sent = batch(RECORDS, RECORD_BYTES)?;
    for _ in 0..rounds {
        for some in partitions.chunks(FILLED_AT_ONCE) {
            let mut pending = Vec::new();
            for partition in some {
                pending.push(partition.append(sent.clone(), Acks::Durable)?);
            }
            for pending in pending {
                pending.await?;
            }
        }
    }
    Ok(())
}

fn batch(records: usize, record_bytes: usize) -> Outcome<ValidBatch> {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    for _ in 0..records {
        builder.append(&NewRecord {
            value: Some(&vec![0x5a; record_bytes]),
            ..NewRecord::default()
        })?;
    }
    Ok(ValidBatch::check(builder.build()?, 1 << 20)?)
}

/// Bytes that this process has had from the disk.
fn read_bytes() -> Outcome<u64> {
    let io = std::fs::read_to_string("/proc/self/io")?;
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    Ok(line.ok_or("no such field")?.parse()?)
}
