//! SIGKILL in the middle of an idempotent `acks=all` load and of one with `acks=1` beside it, again and again, and
//! SIGSTOP between: every acknowledged record is there, where it was acknowledged; those of the first load once and in
//! order.
//!
//! One producer lives through all restarts, so that its retries meet a broker that must still know its
//! sequence numbers. `CORELANE_TEST_KILLS` sets the number of kills.

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::broker::{Broker, Target};
use support::calls::{self, Acks, NONE};
use support::clients::{create_topics, franz_go};
use support::dump_log_segments::assert_kafka_reads;
use support::process::run;
use support::wire::{Answer, Batch, Wire};
use support::{clients_are_installed, report};

/// The partitions that the load is spread over, as `produce.go` has it.
const LOAD_PARTITIONS: i32 = 4;

const TOPIC: &str = "load";
/// The topic of the load with `acks=1`.
const WRITTEN_TOPIC: &str = "written";

/// Of so many kills, one meets a broker that is stopped, and one is preceded by a stop that ends.
const STOPS_EVERY: u32 = 5;

/// Growth of the list of acknowledged records, in bytes, that shows the load to be running again after a restart.
const PROGRESS_BYTES: u64 = 8 << 10;

/// Small segments, so that kills meet rolls too.
const CONFIG: &str = "segment.bytes=1048576,retention.ms=-1,retention.bytes=-1";

/// A producer that cannot make progress for this long has given up.
const FINISH_LIMIT: Duration = Duration::from_secs(120);

/// Offset → the number that the record carries, per partition.
type Records = BTreeMap<i32, Vec<(i64, u64)>>;

#[test]
fn every_acknowledged_record_is_there_once_and_in_order_after_each_sigkill() {
    if !clients_are_installed("SIGKILL under load") {
        return;
    }
    let mut broker = Broker::start();
    create_topics(
        &broker.bootstrap(),
        LOAD_PARTITIONS,
        CONFIG,
        &[TOPIC.to_owned(), WRITTEN_TOPIC.to_owned()],
    );
    let written = WrittenLoad::start(broker.address());
    let acknowledged_path = broker.scratch().join("acknowledged");
    let mut load = franz_go();
    load.args(["load", &broker.bootstrap(), TOPIC])
        .arg(&acknowledged_path);
    let mut load = load
        .stdin(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the load starts");
    let kills = kills(&broker);
    for kill in 0..kills {
        wait_for_progress(&mut load, &acknowledged_path);
        std::thread::sleep(Duration::from_millis(u64::from(kill) * 37 % 100));
        stop_before(&mut broker, kill);
        broker.crash_and_restart();
    }
    finish(&mut load);
    let written = written.finish();
    let acknowledged = parse(&std::fs::read(&acknowledged_path).expect("the load wrote its list"));
    let found = parse(&run(franz_go().args(["dump", &broker.bootstrap(), TOPIC])));
    let count: usize = acknowledged.values().map(Vec::len).sum();
    let written_count: usize = written.values().map(Vec::len).sum();
    report(&format!(
        "{kills} kills, {count} records acknowledged with acks=all and {written_count} with acks=1"
    ));
    assert!(written_count > 0);
    let found_written = parse(&run(franz_go().args([
        "dump",
        &broker.bootstrap(),
        WRITTEN_TOPIC,
    ])));
    assert_nothing_lost(&written, &found_written);
    assert_dense(&found_written);
    assert!(count > 0, "the load made progress");
    assert_nothing_lost(&acknowledged, &found);
    assert_once_and_in_order(&found);
    // What survived the last restart survives one more, with nothing new in between.
    broker.crash_and_restart();
    let found_again = parse(&run(franz_go().args(["dump", &broker.bootstrap(), TOPIC])));
    assert_eq!(found_again, found);
    broker.stop();
    assert_kafka_reads(broker.data(), TOPIC);
}

/// Each acknowledged record lies at the offset that its acknowledgement named.
fn assert_nothing_lost(acknowledged: &Records, found: &Records) {
    for (partition, records) in acknowledged {
        let there: BTreeMap<i64, u64> = found
            .get(partition)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        for (offset, number) in records {
            assert_eq!(
                there.get(offset),
                Some(number),
                "record {number} was acknowledged at {partition}@{offset}"
            );
        }
    }
}

/// Stops the process for a moment before some of the kills, and leaves it stopped before others.
fn stop_before(broker: &mut Broker, kill: u32) {
    let pid = broker.server().pid().to_string();
    let signal = |name: &str| drop(run(Command::new("kill").args([name, &pid])));
    match kill % STOPS_EVERY {
        1 => signal("-STOP"),
        3 => {
            signal("-STOP");
            std::thread::sleep(Duration::from_millis(50));
            signal("-CONT");
            std::thread::sleep(Duration::from_millis(20));
        }
        _ => {}
    }
}

/// One batch after the other with `acks=1`, by no idempotent producer: what was acknowledged is in the kernel, and
/// outlasts the process.
struct WrittenLoad {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Records>,
}

impl WrittenLoad {
    fn start(broker: SocketAddr) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let ends = ends.clone();
            move || Self::run(broker, &ends)
        });
        Self { ends, thread }
    }

    fn run(broker: SocketAddr, ends: &AtomicBool) -> Records {
        let mut acknowledged = Records::new();
        let mut wire = None;
        let mut number = 0;
        while !ends.load(Ordering::Relaxed) {
            let Some(connected) = wire.take().or_else(|| Wire::try_connect(broker)) else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            wire = Self::append(connected, number, &mut acknowledged);
            number += 1;
        }
        acknowledged
    }

    /// Appends record `number`; the connection, where it has survived.
    fn append(mut wire: Wire, number: u64, acknowledged: &mut Records) -> Option<Wire> {
        // One partition: each has to make a new epoch durable after each restart, which takes longer than the load.
        let partition = 0;
        let batch = Batch::of(&[number.to_string().as_bytes()]).encode();
        let request = calls::produce_request(WRITTEN_TOPIC, partition, &batch, Acks::LEADER);
        wire.send(&request.frame());
        let answer = wire.answer_within(FINISH_LIMIT)?;
        if answer == Answer::Closed {
            return None;
        }
        let (code, offset) = calls::produced(&mut answer.body());
        if code == NONE {
            acknowledged
                .entry(partition)
                .or_default()
                .push((offset, number));
        }
        Some(wire)
    }

    fn finish(self) -> Records {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("the load does not panic")
    }
}

fn assert_dense(found: &Records) {
    for (partition, records) in found {
        for (expected, (offset, _)) in (0..).zip(records) {
            assert_eq!(
                *offset, expected,
                "offsets of partition {partition} are dense"
            );
        }
    }
}

/// Offsets are dense, and numbers rise as the producer sent them: no record twice, none out of order.
fn assert_once_and_in_order(found: &Records) {
    assert_dense(found);
    for (partition, records) in found {
        for pair in records.windows(2) {
            assert!(
                pair[0].1 < pair[1].1,
                "partition {partition}: {:?} before {:?}",
                pair[0],
                pair[1]
            );
        }
    }
}

/// Waits until the running broker has acknowledged more, so that each kill meets a load in full swing.
fn wait_for_progress(load: &mut Child, acknowledged: &Path) {
    let length = || std::fs::metadata(acknowledged).map_or(0, |file| file.len());
    let (start, before) = (Instant::now(), length());
    while length() < before + PROGRESS_BYTES {
        let ended = load.try_wait().expect("the child is ours");
        assert!(ended.is_none(), "the load ended by itself: {ended:?}");
        assert!(
            start.elapsed() < FINISH_LIMIT,
            "no acknowledgement for {FINISH_LIMIT:?}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kills(broker: &Broker) -> u32 {
    if let Ok(kills) = std::env::var("CORELANE_TEST_KILLS") {
        return kills.parse().expect("CORELANE_TEST_KILLS is a number");
    }
    // A Java machine takes seconds to start; a few kills prove the suite.
    if broker.target() == Target::Kafka {
        3
    } else {
        100
    }
}

/// Closes the load's input and waits until it has every answer.
fn finish(load: &mut Child) {
    drop(load.stdin.take());
    let start = Instant::now();
    loop {
        if let Some(status) = load.try_wait().expect("the child is ours") {
            assert!(status.success(), "the load ended with {status}");
            return;
        }
        if start.elapsed() > FINISH_LIMIT {
            // Nothing more is expected of a process that is about to be reported.
            let _ = load.kill();
            panic!("the load did not finish within {FINISH_LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Reads lines of partition, offset and number, in the order of offsets.
fn parse(lines: &[u8]) -> Records {
    let mut records = Records::new();
    for line in std::str::from_utf8(lines)
        .expect("the program prints numbers")
        .lines()
    {
        let numbers: Vec<i64> = line
            .split(' ')
            .map(|n| n.parse().expect("a number"))
            .collect();
        let [partition, offset, number] = numbers[..] else {
            panic!("three numbers in {line}")
        };
        let partition = i32::try_from(partition).expect("a partition is 32 bits");
        let number = u64::try_from(number).expect("numbers count from 0");
        records.entry(partition).or_default().push((offset, number));
    }
    records
}
