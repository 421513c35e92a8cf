//! A worker of Kafka Connect with a source and a sink of files: a file that grows is copied through a topic into another one,
//! while the worker and the broker are killed. The worker keeps its configurations, offsets and states in topics, and its
//! source writes in transactions: each line is in the topic once, in order, and in the sink at least once.
//!
//! The suite runs against Apache Kafka as well: `CORELANE_TEST_TARGET=kafka cargo test -p corelane --test kafka_connect`.

mod support;

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::broker::Broker;
use support::clients::create_topics;
use support::http::try_put;
use support::kafka::java;
use support::process::{Server, bound_to_this_test, free_port, run};
use support::{clients_are_installed, clients_folder, report};

const TOPIC: &str = "copied";
/// Small segments, so that transactions meet rolls.
const CONFIG: &str = "segment.bytes=1048576,retention.ms=-1";
/// Lines of the flights' file that are copied.
const LINES: usize = 6_000;
/// Lines that are appended at once, and the pause behind them.
const CHUNK: usize = 20;
const CHUNK_PAUSE: Duration = Duration::from_millis(40);
/// How often the worker commits.
const COMMIT_INTERVAL_MS: u64 = 200;
/// A worker that was killed in a transaction waits for its end when it is started again: it reads its offsets up to their end,
/// and what is committed of them alone. Nobody but the time ends that transaction.
const TRANSACTION_TIMEOUT_MS: u64 = 10_000;
/// How long the worker may take to serve, or to copy what was written.
const LIMIT: Duration = Duration::from_secs(180);
const STOP_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A worker that finds its connectors again when it is started again.
struct Worker {
    process: Server,
    properties: PathBuf,
    log: PathBuf,
    address: SocketAddr,
}

impl Worker {
    fn start(broker: &Broker) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let properties = broker.scratch().join("worker.properties");
        std::fs::write(&properties, properties_text(broker, address))
            .expect("the scratch folder is writable");
        let log = broker.scratch().join("worker.log");
        Worker {
            process: launch(&properties, &log),
            properties,
            log,
            address,
        }
    }

    fn start_again(&mut self) {
        self.process = launch(&self.properties, &self.log);
    }

    /// Has it copy one file into another, through the topic.
    fn copy(&mut self, source: &Path, sink: &Path) {
        let source = serde_json::json!({
            "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
            "tasks.max": "1", "file": source, "topic": TOPIC, "batch.size": "50",
        });
        let sink = serde_json::json!({
            "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
            "tasks.max": "1", "file": sink, "topics": TOPIC,
        });
        self.run_connector("source", &source);
        self.run_connector("sink", &sink);
    }

    /// Has it run a connector. It refuses while it joins its group.
    fn run_connector(&mut self, name: &str, config: &serde_json::Value) {
        let path = format!("/connectors/{name}/config");
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = try_put(self.address, &path, &config.to_string());
            if answer.as_ref().is_some_and(|answer| answer.status == 201) {
                return;
            }
            let said = answer.map(|answer| format!("{} {}", answer.status, answer.body));
            self.assert_time_is_left(deadline, &format!("{name} does not run: {said:?}"));
            std::thread::sleep(POLL);
        }
    }

    fn assert_time_is_left(&mut self, deadline: Instant, complaint: &str) {
        let is_in_time = Instant::now() < deadline;
        assert!(
            is_in_time && self.process.is_alive(),
            "{complaint}:\n{}",
            self.process.output()
        );
    }
}

fn launch(properties: &Path, log: &Path) -> Server {
    let mut command = java("256m");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]);
    command.arg("org.apache.kafka.connect.cli.ConnectDistributed");
    command.arg(properties);
    Server::start(command, log)
}

fn properties_text(broker: &Broker, address: SocketAddr) -> String {
    let bootstrap = broker.bootstrap();
    format!(
        "bootstrap.servers={bootstrap}
group.id=workers
session.timeout.ms=6000
heartbeat.interval.ms=500
scheduled.rebalance.max.delay.ms=0
listeners=http://{address}
plugin.discovery=service_load
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
exactly.once.source.support=enabled
offset.flush.interval.ms={COMMIT_INTERVAL_MS}
config.storage.topic=worker-configs
config.storage.replication.factor=1
offset.storage.topic=worker-offsets
offset.storage.replication.factor=1
offset.storage.partitions=3
status.storage.topic=worker-status
status.storage.replication.factor=1
status.storage.partitions=3
reconnect.backoff.max.ms=200
producer.reconnect.backoff.max.ms=200
producer.transaction.timeout.ms={TRANSACTION_TIMEOUT_MS}
consumer.reconnect.backoff.max.ms=200
consumer.isolation.level=read_committed
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=500
"
    )
}

/// Appends lines to a file, slowly.
fn append(path: &Path, lines: &[String]) -> JoinHandle<()> {
    let file = File::options().append(true).create(true).open(path);
    let mut file = file.expect("the scratch folder is writable");
    let lines = lines.to_vec();
    std::thread::spawn(move || {
        for chunk in lines.chunks(CHUNK) {
            let text: String = chunk.iter().map(|line| format!("{line}\n")).collect();
            file.write_all(text.as_bytes()).expect("there is room");
            std::thread::sleep(CHUNK_PAUSE);
        }
    })
}

fn lines_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The lines of the sink in the order in which each came first.
fn distinct(lines: &[String]) -> Vec<&String> {
    let mut seen = HashSet::new();
    lines.iter().filter(|line| seen.insert(*line)).collect()
}

/// Waits until the sink has so many different lines; how many lines it has then.
fn wait_until_copied(worker: &mut Worker, sink: &Path, wanted: usize) -> usize {
    let deadline = Instant::now() + LIMIT;
    loop {
        let lines = lines_of(sink);
        let copied = distinct(&lines).len();
        if copied >= wanted {
            return lines.len();
        }
        worker.assert_time_is_left(deadline, &format!("{copied} of {wanted} are copied"));
        std::thread::sleep(POLL);
    }
}

/// What is committed in the topic: librdkafka reads no more unless it is asked to.
fn committed(broker: &Broker) -> Vec<String> {
    let mut command = bound_to_this_test("kcat");
    command.args(["-C", "-b", &broker.bootstrap(), "-t", TOPIC]);
    command.args(["-o", "beginning", "-e", "-q", "-X", "fetch.wait.max.ms=10"]);
    let text = String::from_utf8(run(&mut command)).expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Where two lists of lines part.
fn first_difference(wanted: &[String], there: &[&String]) -> Option<String> {
    let pairs = wanted.iter().zip(there);
    let place = pairs.clone().position(|(wanted, there)| wanted != *there);
    let is_whole = wanted.len() == there.len();
    let place = place.or((!is_whole).then_some(wanted.len().min(there.len())))?;
    let (wanted, there) = (wanted.get(place), there.get(place));
    Some(format!("line {place}: {there:?}, not {wanted:?}"))
}

/// Demands each line once in the topic and at least once in the sink, in order; how many are in the sink again.
fn assert_whole(lines: &[String], in_topic: &[String], in_sink: &[String]) -> usize {
    let in_topic: Vec<&String> = in_topic.iter().collect();
    assert_eq!(first_difference(lines, &in_topic), None, "in the topic");
    let distinct = distinct(in_sink);
    assert_eq!(first_difference(lines, &distinct), None, "in the sink");
    in_sink.len() - distinct.len()
}

#[test]
fn a_connect_worker_under_kills_copies_a_file_through_a_topic_whole_and_in_order() {
    if !clients_are_installed("the worker of Kafka Connect") {
        return;
    }
    let started = Instant::now();
    let text = std::fs::read_to_string(clients_folder().join("flights.csv"));
    let text = text.expect("the flights are installed");
    let lines: Vec<String> = text.lines().take(LINES).map(str::to_owned).collect();
    let mut broker = Broker::start();
    create_topics(&broker.bootstrap(), 1, CONFIG, &[TOPIC.to_owned()]);
    let (source, sink) = (
        broker.scratch().join("source"),
        broker.scratch().join("sink"),
    );
    let mut worker = Worker::start(&broker);
    let (first, rest) = lines.split_at(LINES / 3);
    let (second, third) = rest.split_at(LINES / 3);
    let writing = append(&source, first);
    worker.copy(&source, &sink);
    wait_until_copied(&mut worker, &sink, first.len());
    writing.join().expect("the writer has ended well");

    let writing = append(&source, second);
    let at_first_kill = wait_until_copied(&mut worker, &sink, LINES / 2);
    worker.process.kill();
    report(&format!(
        "the worker is killed with {at_first_kill} of {LINES} lines in the sink after {:?}",
        started.elapsed()
    ));
    worker.start_again();
    writing.join().expect("the writer has ended well");
    wait_until_copied(&mut worker, &sink, 2 * LINES / 3);

    let writing = append(&source, third);
    let at_second_kill = wait_until_copied(&mut worker, &sink, LINES * 5 / 6);
    broker.crash_and_restart();
    report(&format!(
        "the broker is killed with {at_second_kill} lines in the sink after {:?}",
        started.elapsed()
    ));
    writing.join().expect("the writer has ended well");
    wait_until_copied(&mut worker, &sink, LINES);
    worker.process.terminate(STOP_LIMIT);

    let doubled = assert_whole(&lines, &committed(&broker), &lines_of(&sink));
    assert!(
        doubled < at_first_kill,
        "{doubled} lines are in the sink again: it began anew"
    );
    report(&format!(
        "{LINES} lines: each once in the topic; {doubled} again in the sink, after {:?}",
        started.elapsed()
    ));
}

#[test]
fn a_line_that_is_missing_doubled_or_displaced_is_a_difference() {
    let lines = ["a", "b", "c"].map(str::to_owned);
    let [a, b, c] = &lines;
    assert_eq!(first_difference(&lines, &[a, b, c]), None);
    for wrong in [&[a, b][..], &[a, c, b], &[a, b, b, c], &[a, b, c, c], &[]] {
        assert!(first_difference(&lines, wrong).is_some(), "{wrong:?}");
    }
    let again = ["a", "b", "a", "b", "c"].map(str::to_owned);
    assert_eq!(distinct(&again), [a, b, c]);
}
