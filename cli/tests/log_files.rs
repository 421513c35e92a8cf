//! Kafka's tools read the files that Corelane wrote, and Corelane's tools read the files that Kafka wrote.

mod support;

use std::path::{Path, PathBuf};

use support::broker::{Broker, Target, corelane};
use support::clients::{CODECS, Client, TopicWrite, create_topics};
use support::dump_log_segments::{assert_kafka_reads, assert_kafka_reads_compacted, files};
use support::flights::{PARTITIONS, flights};
use support::process::run;
use support::{clients_are_installed, report};

/// Flights per codec: enough for several segments and index entries in each partition.
const FILE_FLIGHTS: usize = 20_000;

/// Several segments per partition, and an index entry for about every batch.
const SMALL_SEGMENTS: &str =
    "segment.bytes=1048576,index.interval.bytes=1024,retention.ms=-1,retention.bytes=-1";

#[test]
fn dump_log_segments_reads_every_file_of_the_broker_without_a_complaint() {
    if !clients_are_installed("DumpLogSegments") {
        return;
    }
    let mut broker = broker_with_flights(Target::from_environment());
    // While a broker runs, its active files end in zeros that are not data yet; Kafka's own indexes do too.
    let status = broker.stop();
    assert!(
        status.success() || broker.target() == Target::Kafka,
        "{status}"
    );
    let logs = assert_kafka_reads(broker.data(), "flights-");
    assert!(logs > 5 * 8, "small segments make many files: {logs}");
}

#[test]
fn dump_log_segments_reads_what_compaction_has_left() {
    if !clients_are_installed("DumpLogSegments") {
        return;
    }
    let broker = Broker::start_target(Target::from_environment());
    let flights: Vec<_> = flights(FILE_FLIGHTS)
        .into_iter()
        .filter(|flight| flight.key.is_some())
        .collect();
    let write = TopicWrite {
        topic: "flights-compacted".to_owned(),
        codec: "lz4",
    };
    let configs = "cleanup.policy=compact,min.cleanable.dirty.ratio=0.01,segment.bytes=1048576,\
        segment.ms=1,index.interval.bytes=1024,delete.retention.ms=0,file.delete.delay.ms=0";
    create_topics(
        &broker.bootstrap(),
        PARTITIONS,
        configs,
        std::slice::from_ref(&write.topic),
    );
    let produce = || {
        let writes = std::slice::from_ref(&write);
        Client::FranzGo.produce(&broker.bootstrap(), broker.scratch(), &flights, writes);
    };
    // Often enough that every partition has sealed segments, full of newer flights of the same aircraft.
    for _ in 0..8 {
        produce();
    }
    let compacted = || {
        let logs = files(broker.data(), "flights-compacted", &["log"]);
        let is_compacted = |folder: &&PathBuf| folder.join("cleaner-checkpoint").exists();
        folders(&logs).iter().filter(is_compacted).count()
    };
    let start = std::time::Instant::now();
    while compacted() < 4 {
        // Cleaners look every 15 s.
        assert!(
            start.elapsed().as_secs() < 90,
            "{} are compacted",
            compacted()
        );
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let mut broker = broker;
    broker.stop();
    let logs = assert_kafka_reads_compacted(broker.data(), "flights-compacted");
    assert!(logs >= 8, "{logs}");
}

#[test]
fn log_inspect_reads_every_file_that_apache_kafka_wrote() {
    if !clients_are_installed("log inspect on Kafka's files") {
        return;
    }
    let mut broker = broker_with_flights(Target::Kafka);
    let logs = files(broker.data(), "flights-", &["log"]);
    assert_inspects(&broker, &logs);
    broker.stop();
    assert_inspects(&broker, &logs);
}

/// Every record of every codec is counted, nothing is called damaged, and nothing is written.
fn assert_inspects(broker: &Broker, logs: &[PathBuf]) {
    let folders = folders(logs);
    let mut records = 0;
    for folder in &folders {
        let before = content(folder);
        let summary = inspect(folder);
        assert_eq!(summary["damage_count"], 0, "{}", folder.display());
        records += summary["record_count"].as_u64().expect("a count");
        assert_eq!(
            before,
            content(folder),
            "inspecting wrote to {}",
            folder.display()
        );
    }
    assert_eq!(
        records,
        u64::try_from(FILE_FLIGHTS * CODECS.len()).expect("a small number")
    );
    report(&format!(
        "inspected {} logs of {}",
        logs.len(),
        broker.data().display()
    ));
}

/// The closing line of `corelane log inspect --json`; every line before it must be JSON too.
fn inspect(folder: &Path) -> serde_json::Value {
    let mut command = corelane();
    let output = run(command.args(["log", "inspect", "--json"]).arg(folder));
    let text = String::from_utf8(output).expect("JSON is UTF-8");
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<serde_json::Value> = text.lines().map(parse).collect();
    let summary = lines
        .last()
        .unwrap_or_else(|| panic!("nothing was said about {}", folder.display()));
    assert_eq!(summary["kind"], "summary");
    summary.clone()
}

fn broker_with_flights(target: Target) -> Broker {
    let records = flights(FILE_FLIGHTS);
    let broker = Broker::start_target(target);
    let writes: Vec<TopicWrite> = CODECS
        .iter()
        .map(|codec| TopicWrite {
            topic: format!("flights-{codec}"),
            codec,
        })
        .collect();
    let topics: Vec<String> = writes.iter().map(|write| write.topic.clone()).collect();
    create_topics(&broker.bootstrap(), PARTITIONS, SMALL_SEGMENTS, &topics);
    Client::FranzGo.produce(&broker.bootstrap(), broker.scratch(), &records, &writes);
    broker
}

fn folders(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = files
        .iter()
        .filter_map(|file| file.parent())
        .map(Path::to_owned)
        .collect();
    folders.dedup();
    folders
}

/// Names, lengths and bytes of a folder's files.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("a readable file"));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| read(e.expect("an entry").path()))
        .collect();
    files.sort();
    files
}
