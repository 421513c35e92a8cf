//! Transactions by real clients over a socket: what is committed is read and what is aborted is not, a producer that
//! is taken over from is fenced, and a kill in the middle of a transaction leaves all or nothing.
//!
//! Kafka's own tools judge the files that are left.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::broker::{Broker, Target, corelane};
use support::clients::create_topics;
use support::dump_log_segments::{assert_kafka_reads, files};
use support::kafka::java;
use support::process::{bound_to_this_test, finished, run};
use support::{clients_are_installed, report};

const TOPIC: &str = "decided";
const PARTITIONS: i32 = 2;
const ROUNDS: usize = 10;
/// Small segments, so that transactions meet rolls.
const CONFIG: &str = "segment.bytes=1048576,retention.ms=-1";

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn client(arguments: &[&str]) -> Command {
    let mut command = java("256m");
    command
        .arg(clients().join("java/TransactionalClient.java"))
        .args(arguments);
    command
}

/// The values that a reader sees, of one partition, in order.
fn read(broker: &Broker, isolation: &str, partition: i32) -> Vec<String> {
    let output = run(&mut client(&[
        "read",
        &broker.bootstrap(),
        isolation,
        TOPIC,
    ]));
    let text = String::from_utf8(output).expect("text");
    let of_partition = |line: &str| {
        let mut words = line.split(' ');
        let is_here = words.next() == Some(&partition.to_string());
        words.nth(1).filter(|_| is_here).map(str::to_owned)
    };
    text.lines().filter_map(of_partition).collect()
}

fn assert_committed(broker: &Broker, expected: &[String]) {
    for partition in 0..PARTITIONS {
        assert_eq!(read(broker, "read_committed", partition), expected);
    }
}

fn committed(rounds: std::ops::Range<usize>) -> Vec<String> {
    rounds.map(|round| format!("committed-{round}")).collect()
}

fn start() -> Option<Broker> {
    if !clients_are_installed("transactions") {
        return None;
    }
    let broker = Broker::start_target(Target::Corelane);
    create_topics(&broker.bootstrap(), PARTITIONS, CONFIG, &[TOPIC.to_owned()]);
    Some(broker)
}

fn write(broker: &Broker, first: usize, rounds: usize) {
    let (first, rounds) = (first.to_string(), rounds.to_string());
    let bootstrap = broker.bootstrap();
    run(&mut client(&[
        "write", &bootstrap, "an-id", TOPIC, &first, &rounds,
    ]));
}

#[test]
fn what_is_committed_is_read_and_what_is_aborted_is_not() {
    let Some(mut broker) = start() else { return };
    write(&broker, 0, ROUNDS);
    assert_committed(&broker, &committed(0..ROUNDS));
    assert_eq!(
        read(&broker, "read_uncommitted", 0).len(),
        2 * ROUNDS,
        "who reads everything sees what is aborted as well"
    );
    assert!(broker.stop().success());
    broker.restart();
    assert_committed(&broker, &committed(0..ROUNDS));
    write(&broker, ROUNDS, 1);
    assert_committed(&broker, &committed(0..ROUNDS + 1));
    let bootstrap = broker.bootstrap();
    let listed = run(java("256m").args([
        "org.apache.kafka.tools.TransactionsCommand",
        "--bootstrap-server",
        &bootstrap,
        "list",
    ]));
    let listed = String::from_utf8_lossy(&listed).into_owned();
    assert!(
        listed.contains("an-id") && listed.contains("CompleteAbort"),
        "{listed}"
    );
    assert!(broker.stop().success());
    assert_kafka_reads(broker.data(), TOPIC);
    assert_kafka_reads(broker.data(), "__transaction_state");
    let indexes = files(broker.data(), TOPIC, &["txnindex"]);
    assert_eq!(indexes.len(), 2, "each partition has an aborted index");
    let dumped = dump(&indexes);
    assert_eq!(
        dumped.matches("producerId:").count(),
        2 * (ROUNDS + 1),
        "{dumped}"
    );
    let snapshots = files(broker.data(), TOPIC, &["snapshot"]);
    assert!(dump(&snapshots).contains("currentTxnFirstOffset: OptionalLong.empty"));
}

fn dump(paths: &[PathBuf]) -> String {
    let list: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let mut command = java("256m");
    command.args(["kafka.tools.DumpLogSegments", "--files", &list.join(",")]);
    let output = finished(&mut command);
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_producer_that_is_taken_over_from_cannot_commit() {
    let Some(broker) = start() else { return };
    let output = run(&mut client(&["fence", &broker.bootstrap(), "an-id", TOPIC]));
    assert_eq!(String::from_utf8_lossy(&output), "fenced\n");
    assert_committed(&broker, &["second".to_owned()]);
}

#[test]
fn a_transaction_that_a_kill_cuts_short_is_aborted_by_the_producers_successor() {
    let Some(mut broker) = start() else { return };
    write(&broker, 0, 2);
    let (hanging, said) = hang(&broker);
    assert_eq!(said, "open\n");
    broker.crash_and_restart();
    assert_committed(&broker, &committed(0..2));
    let last = read(&broker, "read_uncommitted", 0).pop();
    assert_eq!(last.as_deref(), Some("open"));
    drop(hanging);
    write(&broker, 2, 3);
    assert_committed(&broker, &committed(0..5));
    assert!(broker.stop().success());
    assert_kafka_reads(broker.data(), TOPIC);
}

/// A client that ends with its test.
struct Hanging(Child);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.kill().expect("it was started here");
        self.0.wait().expect("it has ended");
    }
}

/// A producer with an open transaction, and what it says when it is open.
fn hang(broker: &Broker) -> (Hanging, String) {
    let mut command = client(&["hang", &broker.bootstrap(), "an-id", TOPIC]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("java starts");
    let output = child.stdout.take().expect("a pipe");
    let hanging = Hanging(child);
    let mut said = String::new();
    BufReader::new(output).read_line(&mut said).expect("text");
    (hanging, said)
}

#[test]
fn what_hangs_is_listed_described_and_aborted_by_the_command_line() {
    let Some(broker) = start() else { return };
    let (_hanging, said) = hang(&broker);
    assert_eq!(said, "open\n");
    let listed = corelane_txn(&broker, &["list", "--state", "Ongoing", "--json"]);
    assert_eq!(listed[0]["transactional_id"], "an-id");
    let described = corelane_txn(&broker, &["describe", "an-id", "--json"]);
    assert_eq!(described[0]["state"], "Ongoing");
    let partitions = described[0]["partitions"].as_array().expect("a list");
    let partitions: Vec<&str> = partitions.iter().filter_map(|name| name.as_str()).collect();
    let [offsets, first, second] = partitions[..] else {
        panic!("two partitions and the group's: {partitions:?}");
    };
    assert_eq!(
        [first, second],
        [format!("{TOPIC}-0"), format!("{TOPIC}-1")]
    );
    let offsets = offsets.strip_prefix("__consumer_offsets-");
    abort_by_hand(&broker, TOPIC, "0");
    abort_by_hand(&broker, "__consumer_offsets", offsets.expect("the group's"));
    assert_eq!(read(&broker, "read_uncommitted", 0), ["open"]);
    assert!(read(&broker, "read_committed", 0).is_empty());
}

/// Finds what is open in a partition, from its beginning on, and aborts it.
fn abort_by_hand(broker: &Broker, topic: &str, partition: &str) {
    let arguments = ["abort", topic, "--partition", partition, "--json"];
    let open = corelane_txn(broker, &arguments);
    assert_eq!(
        (&open[0]["start_offset"], &open[0]["aborted"]),
        (&0.into(), &false.into())
    );
    let at_start = [&arguments[..], &["--start-offset", "0"]].concat();
    let aborted = corelane_txn(broker, &at_start);
    assert_eq!(aborted[0]["aborted"], true);
    assert!(
        corelane_txn(broker, &arguments).is_empty(),
        "nothing is open any more"
    );
}

fn corelane_txn(broker: &Broker, arguments: &[&str]) -> Vec<serde_json::Value> {
    let mut command = corelane();
    command
        .args(["--bootstrap", &broker.bootstrap(), "txn"])
        .args(arguments);
    let output = String::from_utf8(run(&mut command)).expect("text");
    let line = |line: &str| serde_json::from_str(line).expect("JSON");
    output.lines().map(line).collect()
}

#[test]
fn confluent_kafka_commits_and_aborts() {
    let Some(broker) = start() else { return };
    let mut command = bound_to_this_test(support::clients_folder().join("venv/bin/python"));
    command.arg(clients().join("python/transactions.py")).args([
        &broker.bootstrap(),
        "an-id",
        TOPIC,
        &ROUNDS.to_string(),
    ]);
    run(&mut command);
    assert_committed(&broker, &committed(0..ROUNDS));
    report("confluent-kafka committed and aborted");
}
