//! Measures compaction: bytes a second, memory, and what a producer on the same core sees meanwhile.
//!
//! `cargo run --release -p corelane-engine --example compaction -- DIRECTORY [MIB [UNIQUE_PERCENT [RECORD_BYTES]]]`
//!
//! Fills one partition with records of which so many percent have keys of their own, compacts it alone, fills another
//! one, and compacts that one while a producer appends to a third partition of the same core, one batch at a time,
//! each flushed. The directory must be new or empty, on a file system with direct I/O.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use corelane_engine::compaction::{CompactionCounts, HashSeed};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};
use corelane_engine::{Acks, Engine, EngineConfig, NewTopic, Shard, TopicPartition, ValidBatch};
use futures_lite::future::block_on;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Bytes of records in one batch.
const BATCH_BYTES: usize = 64 << 10;
const MAP_BYTES: usize = 48 << 20;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let directory = arguments.first().ok_or("which directory?")?;
    let number = |index: usize, default: u64| {
        arguments
            .get(index)
            .map_or(Ok(default), |text| text.parse())
    };
    let (mib, unique_percent, record_bytes) = (number(1, 4096)?, number(2, 10)?, number(3, 1024)?);
    let cpus = vec![0];
    let engine = Engine::open(EngineConfig {
        cpus,
        compaction_check_interval_ms: 86_400_000,
        ..EngineConfig::new(directory)
    })?;
    let load = Load {
        bytes: mib << 20,
        unique_percent,
        record_bytes: usize::try_from(record_bytes)?,
    };
    let alone = topic(&engine, "alone", "compact", load.segment_bytes())?;
    fill(&engine, alone, &load)?;
    let memory = resident_bytes()?;
    reset_peak()?;
    let start = Instant::now();
    let counts = compact(&engine, alone)?;
    report("alone", counts, start.elapsed());
    println!(
        "memory: {} MiB more at the peak",
        (peak_bytes()?.saturating_sub(memory)) >> 20
    );
    block_on(engine.delete_topic(alone.topic_id))?;
    measure_beside(&engine, &load)?;
    println!("watchdog kicks: {}", engine.watchdog_kicks());
    engine.stop();
    Ok(())
}

fn measure_beside(engine: &Engine, load: &Load) -> Outcome<()> {
    let beside = topic(engine, "beside", "compact", load.segment_bytes())?;
    fill(engine, beside, load)?;
    let produced = topic(engine, "produced", "delete", 1 << 30)?;
    let until = Instant::now() + Duration::from_secs(5);
    let quiet = produce(engine, produced, || Instant::now() < until)?;
    println!("produce without: {}", percentiles(quiet));
    let done = Arc::new(AtomicBool::new(false));
    let (cleaner, finished) = (engine.clone(), done.clone());
    let cleaning = std::thread::spawn(move || {
        let start = Instant::now();
        let counts = compact(&cleaner, beside);
        finished.store(true, Ordering::Relaxed);
        counts.map(|counts| report("beside a producer", counts, start.elapsed()))
    });
    let busy = produce(engine, produced, || !done.load(Ordering::Relaxed))?;
    println!("produce with:    {}", percentiles(busy));
    cleaning.join().map_err(|_| "the cleaning panicked")?
}

struct Load {
    bytes: u64,
    unique_percent: u64,
    record_bytes: usize,
}

impl Load {
    /// Four segments are sealed, or more.
    fn segment_bytes(&self) -> u64 {
        (self.bytes / 4).clamp(1 << 20, 1 << 30)
    }
}

fn topic(engine: &Engine, name: &str, policy: &str, segment_bytes: u64) -> Outcome<TopicPartition> {
    let segment_bytes = segment_bytes.to_string();
    let configs = [
        ("cleanup.policy", policy),
        ("file.delete.delay.ms", "1000"),
        ("segment.bytes", &segment_bytes),
    ];
    let topic = NewTopic {
        name: name.to_owned(),
        partitions: 1,
        configs: configs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    Ok(TopicPartition {
        topic_id: block_on(engine.create_topic(topic))?,
        partition: 0,
    })
}

fn fill(engine: &Engine, partition: TopicPartition, load: &Load) -> Outcome<()> {
    let records = load.bytes / load.record_bytes as u64;
    let unique = (records * load.unique_percent / 100).max(1);
    let mut state = 1_u64;
    let mut written = 0;
    // What is beyond the last whole segment stays in the active one.
    while written < load.bytes + (1 << 20) {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        while builder.size() < BATCH_BYTES {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let key = ((state >> 20) % unique).to_be_bytes();
            let value = vec![0x5a; load.record_bytes];
            builder.append(&NewRecord {
                timestamp_ms: 1_700_000_000_000,
                key: Some(&key),
                value: Some(&value),
                headers: &[],
            })?;
        }
        let batch = ValidBatch::check(builder.build()?, 1 << 20)?;
        written += batch.size() as u64;
        block_on(engine.append(partition, batch, Acks::Written))?;
    }
    Ok(())
}

fn compact(engine: &Engine, partition: TopicPartition) -> Outcome<CompactionCounts> {
    let shard = engine.shards().next().ok_or("no core")?;
    let counts = block_on(engine.on(shard, move || async move {
        let open = Shard::current().partition(&partition).ok_or("not here")?;
        let cleaned = open.clean_now(MAP_BYTES, HashSeed([1, 2])).await;
        cleaned.map_err(|error| error.to_string())?;
        Ok::<_, String>(open.cleaner().counts())
    }))?;
    Ok(counts)
}

#[allow(clippy::cast_precision_loss)] // Figures for people.
fn report(what: &str, counts: CompactionCounts, took: Duration) {
    println!(
        "{what}: {:.0} MB of log compacted to {:.0} MB in {:.1} s, {:.0} MB/s; {} full maps",
        counts.cleaned_bytes as f64 / 1e6,
        counts.kept_bytes as f64 / 1e6,
        took.as_secs_f64(),
        counts.cleaned_bytes as f64 / 1e6 / took.as_secs_f64(),
        counts.full_maps,
    );
}

/// The times of appends of 1 KiB, each durable before the next.
fn produce(
    engine: &Engine,
    partition: TopicPartition,
    mut go_on: impl FnMut() -> bool,
) -> Outcome<Vec<Duration>> {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(&NewRecord {
        value: Some(&[1; 1024]),
        ..NewRecord::default()
    })?;
    let bytes = builder.build()?;
    let mut times = Vec::new();
    while go_on() {
        let batch = ValidBatch::check(bytes.clone(), 1 << 20)?;
        let start = Instant::now();
        block_on(engine.append(partition, batch, Acks::Durable))?;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |per_mille: usize| {
        let index = (times.len() * per_mille / 1000).min(times.len().saturating_sub(1));
        times.get(index).map_or(0, Duration::as_micros)
    };
    format!(
        "{} appends, p50 {} us, p99 {} us, p99.9 {} us, largest {} us",
        times.len(),
        at(500),
        at(990),
        at(999),
        at(1000)
    )
}

fn status_bytes(field: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no such field")?.parse::<u64>()? << 10)
}

fn resident_bytes() -> Outcome<u64> {
    status_bytes("VmRSS")
}

fn peak_bytes() -> Outcome<u64> {
    status_bytes("VmHWM")
}

fn reset_peak() -> Outcome<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}
