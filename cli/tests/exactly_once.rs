//! Consume, transform, produce by real clients, exactly once: a Java client and confluent-kafka share a group and copy a
//! topic into another one while the broker and they themselves are killed again and again. Every record of the input is in
//! the output once, in order, for who reads what is committed.
//!
//! `CORELANE_TEST_COPIES` sets the number of loops. The suite runs against Apache Kafka as well:
//! `CORELANE_TEST_TARGET=kafka cargo test -p corelane --test exactly_once`.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::broker::{Broker, Target, corelane};
use support::clients::create_topics;
use support::dump_log_segments::assert_kafka_reads;
use support::kafka::java;
use support::process::{Server, bound_to_this_test, run};
use support::{clients_are_installed, report};

const INPUT: &str = "input";
const OUTPUT: &str = "output";
const GROUP: &str = "copiers";
const PARTITIONS: i32 = 4;
/// Small segments, so that transactions meet rolls.
const CONFIG: &str = "segment.bytes=1048576,retention.ms=-1";
const COPIES: u64 = 3;
/// Records of each loop, written in chunks with pauses between.
const RECORDS: u64 = 2_000;
const CHUNK: u64 = 100;
const CHUNK_PAUSE: Duration = Duration::from_millis(40);
/// How long a loop may take until everything is copied.
const COPY_LIMIT: Duration = Duration::from_secs(300);

/// The values of a topic by partition, in order.
type Values = BTreeMap<i32, Vec<String>>;

/// A copier, as a process that is started again when it ends.
struct Copier {
    id: &'static str,
    program: fn() -> Command,
    process: Server,
    log: PathBuf,
    started: usize,
}

impl Copier {
    fn start(broker: &Broker, id: &'static str, program: fn() -> Command) -> Self {
        let log = broker.scratch().join(format!("{id}.log"));
        Copier {
            id,
            program,
            process: Server::start(command(broker, id, program), &log),
            log,
            started: 1,
        }
    }

    fn start_again(&mut self, broker: &Broker) {
        self.process = Server::start(command(broker, self.id, self.program), &self.log);
        self.started += 1;
    }

    fn kill(&mut self, broker: &Broker) {
        self.process.kill();
        self.start_again(broker);
    }

    /// One that is fenced, or gives up, ends by itself.
    fn keep_running(&mut self, broker: &Broker) {
        if !self.process.is_alive() {
            self.start_again(broker);
        }
    }
}

fn command(broker: &Broker, id: &str, program: fn() -> Command) -> Command {
    let mut command = program();
    command.args([&broker.bootstrap(), id, GROUP, INPUT, OUTPUT]);
    command
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn java_copier() -> Command {
    let mut command = java("128m");
    command.arg(sources().join("java/TransactionalCopier.java"));
    command
}

fn confluent_copier() -> Command {
    let mut command = bound_to_this_test(support::clients_folder().join("venv/bin/python"));
    command.arg(sources().join("python/copier.py"));
    command
}

/// A small generator: every run kills at the same moments, as far as the machine lets it.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn sleep_below(&mut self, bound_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.below(bound_ms)));
    }
}

/// Writes numbers to the input, slowly, until all are acknowledged.
fn write(bootstrap: String, first: u64) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut command = bound_to_this_test("kcat");
        command.args(["-P", "-E", "-b", &bootstrap, "-t", INPUT, "-q"]);
        command.args(["-X", "acks=all", "-X", "enable.idempotence=true"]);
        command.args(["-X", "sticky.partitioning.linger.ms=0"]);
        command.args(["-X", "reconnect.backoff.max.ms=200"]);
        let mut process = command.stdin(Stdio::piped()).spawn().expect("kcat starts");
        let mut input = process.stdin.take().expect("it is piped");
        for number in first..first + RECORDS {
            writeln!(input, "{number}").expect("kcat reads");
            if number % CHUNK == 0 {
                std::thread::sleep(CHUNK_PAUSE);
            }
        }
        drop(input);
        assert!(process.wait().expect("kcat ends").success());
    })
}

/// What is committed in a topic: librdkafka reads no more unless it is asked to.
fn read(broker: &Broker, topic: &str) -> Values {
    let mut command = bound_to_this_test("kcat");
    command.args(["-C", "-b", &broker.bootstrap(), "-t", topic]);
    command.args(["-o", "beginning", "-e", "-q", "-f", "%p %s\n"]);
    command.args(["-X", "fetch.wait.max.ms=10"]);
    let text = String::from_utf8(run(&mut command)).expect("text");
    let mut values = Values::new();
    for line in text.lines() {
        let (partition, value) = line.split_once(' ').expect("two words");
        let partition = partition.parse().expect("a number");
        values.entry(partition).or_default().push(value.to_owned());
    }
    values
}

fn count(values: &Values) -> usize {
    values.values().map(Vec::len).sum()
}

/// What is wrong with a copy.
fn fault(input: &Values, output: &Values) -> Option<String> {
    (0..PARTITIONS).find_map(|partition| {
        let none = Vec::new();
        let wanted = input.get(&partition).unwrap_or(&none);
        let copied = output.get(&partition).unwrap_or(&none);
        let is_copy = |(copied, wanted): (&String, &String)| {
            copied.strip_prefix("copy of ") == Some(wanted.as_str())
        };
        let place = copied.iter().zip(wanted).position(|pair| !is_copy(pair));
        let is_whole = copied.len() == wanted.len();
        let place = place.or((!is_whole).then(|| copied.len().min(wanted.len())))?;
        let (copied, wanted) = (copied.get(place), wanted.get(place));
        Some(format!(
            "partition {partition}, record {place}: {copied:?} for {wanted:?}"
        ))
    })
}

/// Waits until as much is committed as was written.
fn wait_until_copied(broker: &Broker, copiers: &mut [Copier], end: u64) {
    let deadline = Instant::now() + COPY_LIMIT;
    let end = usize::try_from(end).expect("few");
    loop {
        let copied = count(&read(broker, OUTPUT));
        if copied >= end {
            return;
        }
        for copier in copiers.iter_mut() {
            copier.keep_running(broker);
        }
        assert!(
            Instant::now() < deadline,
            "{copied} of {end} are copied:\n{}",
            said(copiers)
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the copiers have printed.
fn said(copiers: &[Copier]) -> String {
    let logs = copiers.iter().map(|copier| copier.process.output());
    logs.collect::<Vec<String>>().join("\n---\n")
}

fn copies() -> u64 {
    match std::env::var("CORELANE_TEST_COPIES") {
        Ok(text) => text.parse().expect("CORELANE_TEST_COPIES is a number"),
        Err(_) => COPIES,
    }
}

#[test]
fn what_is_copied_in_transactions_under_kills_is_there_exactly_once() {
    if !clients_are_installed("consume, transform, produce under SIGKILL") {
        return;
    }
    let mut broker = Broker::start();
    let topics = [INPUT.to_owned(), OUTPUT.to_owned()];
    create_topics(&broker.bootstrap(), PARTITIONS, CONFIG, &topics);
    let mut copiers = [
        Copier::start(&broker, "java", java_copier),
        Copier::start(&broker, "confluent", confluent_copier),
    ];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut broker_kills, mut copier_kills) = (0, 0);
    for copy in 0..copies() {
        let started = Instant::now();
        let writing = write(broker.bootstrap(), copy * RECORDS);
        dice.sleep_below(1_500);
        broker.crash_and_restart();
        dice.sleep_below(1_000);
        let victim = usize::try_from(dice.below(2)).expect("small");
        copiers[victim].kill(&broker);
        dice.sleep_below(2_000);
        broker_kills += 1;
        copier_kills += 1;
        if dice.below(2) == 0 {
            // Both at once.
            copiers[victim].process.kill();
            broker.crash_and_restart();
            copiers[victim].start_again(&broker);
            broker_kills += 1;
            copier_kills += 1;
        }
        writing.join().expect("the writer has ended well");
        wait_until_copied(&broker, &mut copiers, (copy + 1) * RECORDS);
        let input = read(&broker, INPUT);
        assert_eq!(count(&input) as u64, (copy + 1) * RECORDS);
        let fault = fault(&input, &read(&broker, OUTPUT));
        assert_eq!(fault, None, "loop {copy}:\n{}", said(&copiers));
        report(&format!("loop {copy}: exact after {:?}", started.elapsed()));
    }
    let started: usize = copiers.iter().map(|copier| copier.started).sum();
    report(&format!(
        "{} loops, {} records: {broker_kills} kills of the broker, {copier_kills} of a copier, {started} starts of copiers; each record once",
        copies(),
        copies() * RECORDS
    ));
    let output = read(&broker, OUTPUT);
    drop(copiers);
    broker.crash_and_restart();
    assert_eq!(read(&broker, OUTPUT), output, "nothing is undone");
    if broker.target() == Target::Corelane {
        assert_all_is_committed(&broker);
        assert!(broker.stop().success());
        assert_kafka_reads(broker.data(), OUTPUT);
    }
}

/// The group has got to the end of the input, and nothing hangs.
fn assert_all_is_committed(broker: &Broker) {
    let mut described = corelane();
    described.args(["group", "--bootstrap", &broker.bootstrap()]);
    described.args(["describe", GROUP, "--json"]);
    let text = String::from_utf8(run(&mut described)).expect("JSON is text");
    let lags = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        line["lag"].as_i64()
    });
    assert!(
        lags.clone().count() > 0 && lags.clone().all(|lag| lag == Some(0)),
        "{text}"
    );
}
