//! KafkaJS, confluent-kafka and kafka-python each in groups whose members come and go while data flows, with seek, pause,
//! transactions and administration.
//!
//! A member prints what it has read once the commit of it is acknowledged. A commit of a member that the group has moved on
//! from must be refused, so that every record is printed once: none is lost, none doubled. The suite runs against Apache
//! Kafka as well: `CORELANE_TEST_TARGET=kafka cargo test --test group_matrix`.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support::broker::Broker;
use support::clients::create_topics;
use support::process::{bound_to_this_test, run};
use support::{clients_are_installed, clients_folder, report};

const PARTITIONS: i32 = 8;
/// Members after each change: one joins at a time, several leave at once, and all but one.
const MEMBERS: [usize; 6] = [1, 3, 8, 5, 7, 1];
/// Records that flow between two changes.
const PHASE: u64 = 1_000;
/// Transactions of each kind.
const ROUNDS: usize = 10;
/// How long a group may take until it has read what was written.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(90);

/// A client of the matrix.
#[derive(Clone, Copy, Debug)]
enum Client {
    KafkaJs,
    Confluent,
    KafkaPython,
}

impl Client {
    fn command(self, verb: &str, broker: &Broker) -> Command {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        let (program, source) = match self {
            Self::KafkaJs => ("node".into(), "js/matrix.js"),
            Self::Confluent => (
                clients_folder().join("venv/bin/python"),
                "python/confluent_matrix.py",
            ),
            Self::KafkaPython => (
                clients_folder().join("venv/bin/python"),
                "python/kafka_python_matrix.py",
            ),
        };
        let mut command = bound_to_this_test(program);
        command
            .env(
                "CORELANE_NODE_MODULES",
                clients_folder().join("js/node_modules"),
            )
            .env("KAFKAJS_NO_PARTITIONER_WARNING", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(sources.join(source))
            .args([verb, &broker.bootstrap()]);
        command
    }

    /// The id of a static member, where the client knows such.
    fn instance(self, number: usize) -> String {
        match self {
            Self::KafkaJs => "-".to_owned(),
            Self::Confluent | Self::KafkaPython => format!("instance-{number}"),
        }
    }
}

/// How often each number was printed.
type Printed = Arc<Mutex<BTreeMap<u64, u32>>>;

/// A member of a group, as a process.
struct Member {
    process: Child,
    input: Option<ChildStdin>,
}

impl Member {
    fn start(client: Client, broker: &Broker, group: &Group, instance: &str) -> Self {
        let mut command = client.command("member", broker);
        command.args([group.name.as_str(), &group.topic, instance]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().expect("the client starts");
        let output = process.stdout.take().expect("it is piped");
        let printed = group.printed.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let number = line.trim().parse().expect("members print numbers");
                *printed
                    .lock()
                    .expect("nobody panics with it")
                    .entry(number)
                    .or_default() += 1;
            }
        });
        let input = process.stdin.take();
        Self { process, input }
    }

    /// Asks it to leave.
    fn leave(&mut self) {
        drop(self.input.take());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A group that reads one topic of numbers.
struct Group {
    name: String,
    topic: String,
    printed: Printed,
    written: u64,
}

impl Group {
    fn new(broker: &Broker, name: &str) -> Self {
        let topic = format!("numbers-{name}");
        create_topics(
            &broker.bootstrap(),
            PARTITIONS,
            "-",
            std::slice::from_ref(&topic),
        );
        Self {
            name: name.to_owned(),
            topic,
            printed: Printed::default(),
            written: 0,
        }
    }

    /// Writes a phase's numbers, spread over the partitions.
    fn write(&mut self, broker: &Broker) {
        let mut command = bound_to_this_test("kcat");
        command.args([
            "-P",
            "-b",
            &broker.bootstrap(),
            "-t",
            &self.topic,
            "-X",
            "acks=all",
        ]);
        command.args([
            "-X",
            "sticky.partitioning.linger.ms=0",
            "-X",
            "enable.idempotence=true",
        ]);
        let mut process = command.stdin(Stdio::piped()).spawn().expect("kcat starts");
        let mut input = process.stdin.take().expect("it is piped");
        for number in self.written..self.written + PHASE {
            writeln!(input, "{number}").expect("kcat reads");
        }
        drop(input);
        assert!(process.wait().expect("kcat ends").success());
        self.written += PHASE;
    }

    /// Waits until every number was printed, and demands that none was twice.
    fn wait_until_printed(&self) {
        let deadline = Instant::now() + CATCH_UP_LIMIT;
        loop {
            let printed = self.printed.lock().expect("nobody panics with it").clone();
            let doubled: Vec<_> = printed
                .iter()
                .filter(|(_, times)| **times > 1)
                .take(10)
                .collect();
            assert!(
                doubled.is_empty(),
                "{}: printed twice: {doubled:?}",
                self.name
            );
            if printed.len() as u64 == self.written {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{}: {} of {} numbers were printed",
                self.name,
                printed.len(),
                self.written
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Between one and eight members, with data before, during and after each change.
fn come_and_go(client: Client) {
    let broker = Broker::start();
    let started = Instant::now();
    let mut group = Group::new(&broker, "changing");
    let mut members: Vec<Member> = Vec::new();
    let mut left: Vec<Member> = Vec::new();
    for count in MEMBERS {
        group.write(&broker);
        while members.len() < count {
            members.push(Member::start(client, &broker, &group, "-"));
        }
        for mut member in members.drain(count..) {
            member.leave();
            left.push(member);
        }
        group.write(&broker);
        group.wait_until_printed();
    }
    report(&format!(
        "{client:?}: members came and went in {:?}",
        started.elapsed()
    ));
}

/// Three static members, each of which ends and comes back under its instance id while data flows.
fn end_and_come_back(client: Client) {
    let broker = Broker::start();
    let mut group = Group::new(&broker, "static");
    let start = |number: usize, group: &Group| {
        Member::start(client, &broker, group, &client.instance(number))
    };
    let mut members: Vec<Member> = (0..3).map(|number| start(number, &group)).collect();
    for (number, member) in members.iter_mut().enumerate() {
        group.write(&broker);
        member.leave();
        member.process.wait().expect("it was asked to end");
        *member = start(number, &group);
        group.write(&broker);
        group.wait_until_printed();
    }
}

/// Seek and pause, transactions, and administration.
fn use_the_rest(client: Client) {
    let broker = Broker::start();
    let bootstrap = broker.bootstrap();
    let topics = ["sought", "decided"].map(str::to_owned);
    create_topics(&bootstrap, 2, "-", &topics);
    for partition in ["0", "1"] {
        let mut command = bound_to_this_test("kcat");
        command.args([
            "-P", "-b", &bootstrap, "-t", "sought", "-p", partition, "-l",
        ]);
        let lines = broker.scratch().join("lines");
        let text: String = (0..100).map(|number| format!("{number}\n")).collect();
        std::fs::write(&lines, text).expect("the scratch folder is writable");
        run(command.arg(lines));
    }
    run(client.command("seek", &broker).arg("sought"));
    run(client
        .command("transactions", &broker)
        .args(["decided", &ROUNDS.to_string()]));
    let committed: Vec<String> = (0..ROUNDS)
        .map(|round| format!("committed-{round}"))
        .collect();
    for partition in ["0", "1"] {
        assert_eq!(read(&bootstrap, partition, "read_committed"), committed);
        let everything = read(&bootstrap, partition, "read_uncommitted");
        assert_eq!(
            everything.len(),
            2 * ROUNDS,
            "what is aborted is there as well"
        );
    }
    run(client.command("admin", &broker).arg("administered"));
}

/// The values of a partition of the transactions' topic.
fn read(bootstrap: &str, partition: &str, isolation: &str) -> Vec<String> {
    let mut command = bound_to_this_test("kcat");
    command.args([
        "-C", "-b", bootstrap, "-t", "decided", "-p", partition, "-e", "-q",
    ]);
    command.args([
        "-o",
        "beginning",
        "-X",
        &format!("isolation.level={isolation}"),
    ]);
    let output = String::from_utf8(run(&mut command)).expect("text");
    output.lines().map(str::to_owned).collect()
}

#[test]
fn members_that_come_and_go_read_each_record_once_with_kafkajs() {
    if clients_are_installed("groups of KafkaJS") {
        come_and_go(Client::KafkaJs);
    }
}

#[test]
fn members_that_come_and_go_read_each_record_once_with_confluent_kafka() {
    if clients_are_installed("groups of confluent-kafka") {
        come_and_go(Client::Confluent);
    }
}

#[test]
fn members_that_come_and_go_read_each_record_once_with_kafka_python() {
    if clients_are_installed("groups of kafka-python") {
        come_and_go(Client::KafkaPython);
    }
}

#[test]
fn static_members_that_come_back_read_each_record_once() {
    if clients_are_installed("static members") {
        end_and_come_back(Client::Confluent);
        end_and_come_back(Client::KafkaPython);
    }
}

#[test]
fn clients_seek_pause_decide_transactions_and_administer() {
    if clients_are_installed("seek, pause, transactions and administration") {
        use_the_rest(Client::KafkaJs);
        use_the_rest(Client::Confluent);
        use_the_rest(Client::KafkaPython);
    }
}
