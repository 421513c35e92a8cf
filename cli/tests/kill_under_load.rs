//! SIGKILL in the middle of an idempotent `acks=all` load, again and again: every acknowledged record
//! is there once, where it was acknowledged, in order.
//!
//! One producer lives through all restarts, so that its retries meet a broker that must still know its
//! sequence numbers. `CORELANE_TEST_KILLS` sets the number of kills.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::broker::{Broker, Target};
use support::clients::{create_topics, franz_go};
use support::dump_log_segments::assert_kafka_reads;
use support::process::run;
use support::{clients_are_installed, report};

/// The partitions that the load is spread over, as `produce.go` has it.
const LOAD_PARTITIONS: i32 = 4;

const TOPIC: &str = "load";

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
        &[TOPIC.to_owned()],
    );
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
        broker.crash_and_restart();
    }
    finish(&mut load);
    let acknowledged = parse(&std::fs::read(&acknowledged_path).expect("the load wrote its list"));
    let found = parse(&run(franz_go().args(["dump", &broker.bootstrap(), TOPIC])));
    let count: usize = acknowledged.values().map(Vec::len).sum();
    report(&format!("{kills} kills, {count} acknowledged records"));
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

/// Offsets are dense, and numbers rise as the producer sent them: no record twice, none out of order.
fn assert_once_and_in_order(found: &Records) {
    for (partition, records) in found {
        for (expected, (offset, _)) in (0..).zip(records) {
            assert_eq!(
                *offset, expected,
                "offsets of partition {partition} are dense"
            );
        }
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
        50
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
