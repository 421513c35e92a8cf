//! How long a start takes after SIGKILL, from the kill to the first acknowledged record.
//!
//! The sizes come from the environment: `CORELANE_TEST_START_BYTES` (of all logs together) and
//! `CORELANE_TEST_START_PARTITIONS`. Unset they are small, and the limit is one that only a hang exceeds.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use corelane_engine::{Acks, Engine, Shard, TopicPartition};

use crate::rig::{append, batch, block_on, create_topic, scratch, small_config, valid};

const CHILD_DATA: &str = "CORELANE_TEST_START_CHILD";
const BYTES: &str = "CORELANE_TEST_START_BYTES";
const PARTITIONS: &str = "CORELANE_TEST_START_PARTITIONS";
/// What is asked for where the sizes are given.
const START_MAX: Duration = Duration::from_secs(1);
const START_MAX_SMALL: Duration = Duration::from_secs(20);
const RECORDS: usize = 16;
const RECORD_BYTES: usize = 16 << 10;
/// What a start may read of a partition besides its log: behind the log's end, and the small files.
const BESIDE_LOG_BYTES: u64 = 1 << 20;
/// Partitions of a core that are filled side by side.
const FILLED_AT_ONCE: usize = 32;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn sizes() -> (u64, u64) {
    (number(BYTES, 64 << 20), number(PARTITIONS, 20))
}

/// Bytes that this process has read from disks, and written to them.
fn bytes_moved() -> (u64, u64) {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let of = |name: &str| {
        let line = io.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |number| number.trim().parse().expect("a number"))
    };
    (of("read_bytes:"), of("write_bytes:"))
}

/// Not a claim but a part: fills a data directory, says so, and appends until it is killed.
#[test]
fn the_child_that_fills_partitions() {
    let Some(data) = std::env::var_os(CHILD_DATA) else {
        return;
    };
    let (bytes, partitions) = sizes();
    let engine = Engine::open(small_config(Path::new(&data))).unwrap();
    let count = u32::try_from(partitions).unwrap();
    create_topic(&engine, "filled", count, &[]).unwrap();
    let batch_bytes = (RECORDS * RECORD_BYTES) as u64;
    let rounds = bytes / partitions / batch_bytes;
    std::thread::scope(|scope| {
        for shard in engine.shards() {
            let engine = &engine;
            scope.spawn(move || block_on(engine.on(shard, move || fill(rounds))));
        }
    });
    eprintln!("filled");
    for shard in engine.shards() {
        block_on(engine.on(shard, move || fill(u64::MAX)));
    }
}

async fn fill(rounds: u64) {
    let partitions = Shard::current().partitions();
    let sent = valid(batch(1, RECORDS, RECORD_BYTES));
    for _ in 0..rounds {
        for some in partitions.chunks(FILLED_AT_ONCE) {
            let mut pending = Vec::new();
            for partition in some {
                pending.push(partition.append(sent.clone(), Acks::Durable).unwrap());
            }
            for pending in pending {
                pending.await.unwrap();
            }
        }
    }
}

#[test]
fn after_a_kill_the_first_record_is_acknowledged_soon() {
    let (bytes, partitions) = sizes();
    let scratch = scratch();
    let data = scratch.path().join("data");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "start_time::the_child_that_fills_partitions",
            "--nocapture",
        ])
        .env(CHILD_DATA, &data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_filled = lines.map_while(Result::ok).any(|line| line == "filled");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_filled, "the child has failed");

    let (read_before, written_before) = bytes_moved();
    let start = Instant::now();
    let engine = Engine::open(small_config(&data)).unwrap();
    let opened = start.elapsed();
    let image = block_on(engine.image());
    let partition = TopicPartition {
        topic_id: image.topic_by_name("filled").unwrap().topic_id,
        partition: 0,
    };
    let first = append(&engine, partition, batch(2, 1, 100), Acks::Durable).unwrap();
    let took = start.elapsed();
    let (read, written) = bytes_moved();
    let rounds = bytes / partitions / (RECORDS * RECORD_BYTES) as u64;
    assert!(first.base_offset.0 as u64 >= rounds * RECORDS as u64);
    let report = block_on(engine.start_report());
    assert_eq!(report.partition_count as u64, partitions);
    assert_eq!(report.refused, []);
    writeln!(
        std::io::stderr(),
        "{} MiB in {partitions} partitions: open after {} ms, first record after {} ms, {} MiB read, {} MiB written",
        bytes >> 20,
        opened.as_millis(),
        took.as_millis(),
        (read - read_before) >> 20,
        (written - written_before) >> 20,
    )
    .unwrap();
    // The child has gone on until it was killed, and what is written again is read again.
    let logs = bytes + bytes / 4;
    let rewritten = written - written_before;
    assert!(
        read - read_before <= logs + rewritten + partitions * BESIDE_LOG_BYTES,
        "the logs are read more than once"
    );
    let limit = if std::env::var_os(BYTES).is_some() {
        START_MAX
    } else {
        START_MAX_SMALL
    };
    assert!(took <= limit, "{took:?}");
    engine.stop();
}
