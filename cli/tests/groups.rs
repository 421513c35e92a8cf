//! Real clients in consumer groups: they share partitions, commit, come and go, and the broker is killed under them.
//!
//! The suite runs against Apache Kafka as well: `CORELANE_TEST_TARGET=kafka cargo test --test groups`.

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support::broker::{Broker, Target, corelane};
use support::clients::{Client, create_topics};
use support::kafka::java;
use support::process::{bound_to_this_test, run};
use support::{clients_are_installed, report};

const TOPIC: &str = "numbers";
const PARTITIONS: i32 = 8;
/// Records of each phase.
const PHASE: u64 = 2_000;
/// How long a group may take until it has read what was written.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(90);

/// A member of a group, as a process.
struct Member {
    name: String,
    process: Child,
    input: Option<ChildStdin>,
    read: Arc<Mutex<BTreeSet<u64>>>,
}

impl Member {
    fn start(client: Client, broker: &Broker, group: &str) -> Self {
        let command = client.member(&broker.bootstrap(), group, TOPIC);
        Member::run(client, command, broker)
    }

    /// A member in the consumer protocol.
    fn start_consumer(
        client: Client,
        broker: &Broker,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Self {
        let command = client.consumer_member(&broker.bootstrap(), group, topic, instance);
        Member::run(client, command, broker)
    }

    fn run(client: Client, mut command: Command, broker: &Broker) -> Self {
        let log = broker.scratch().join(format!("{}.log", client.name()));
        let log = std::fs::File::create(log).expect("the scratch folder is writable");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut process = command.spawn().expect("the client starts");
        let output = process.stdout.take().expect("it is piped");
        let read = Arc::new(Mutex::new(BTreeSet::new()));
        let reading = read.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(number) = line.trim().parse() {
                    reading
                        .lock()
                        .expect("nobody panics with it")
                        .insert(number);
                }
            }
        });
        Member {
            name: client.name().to_owned(),
            input: process.stdin.take(),
            process,
            read,
        }
    }

    fn read(&self) -> BTreeSet<u64> {
        self.read.lock().expect("nobody panics with it").clone()
    }

    /// Lets it leave.
    fn end(&mut self) {
        drop(self.input.take());
    }

    fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it was killed");
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes the numbers of a range, spread over the partitions.
fn write(broker: &Broker, from: u64, to: u64) {
    let mut command = bound_to_this_test("kcat");
    command.args(["-P", "-b", &broker.bootstrap(), "-t", TOPIC]);
    command.args(["-X", "acks=all", "-X", "enable.idempotence=true"]);
    command.args(["-X", "sticky.partitioning.linger.ms=0"]);
    command.stdin(Stdio::piped());
    let mut process = command.spawn().expect("kcat starts");
    let mut input = process.stdin.take().expect("it is piped");
    for number in from..to {
        writeln!(input, "{number}").expect("kcat reads");
    }
    drop(input);
    assert!(process.wait().expect("kcat ends").success());
}

/// Waits until the members together have read every number below `end`.
fn wait_until_read(members: &[Member], end: u64) {
    let deadline = Instant::now() + CATCH_UP_LIMIT;
    loop {
        let mut read = BTreeSet::new();
        for member in members {
            read.extend(member.read());
        }
        let missing: Vec<u64> = (0..end).filter(|number| !read.contains(number)).collect();
        if missing.is_empty() {
            return;
        }
        if Instant::now() > deadline {
            let counts = members.iter();
            let counts = counts.map(|member| (member.name.as_str(), member.read().len()));
            let counts: Vec<_> = counts.collect();
            panic!(
                "{} of {end} are missing; read by each: {counts:?}",
                missing.len()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn corelane_group(broker: &Broker, arguments: &[&str]) -> Vec<serde_json::Value> {
    let mut command = corelane();
    command.args(["group", "--bootstrap", &broker.bootstrap()]);
    let output = run(command.args(arguments).arg("--json"));
    let text = String::from_utf8(output).expect("JSON is text");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect()
}

/// Waits until everything is committed.
fn wait_until_committed(broker: &Broker, group: &str) {
    let deadline = Instant::now() + CATCH_UP_LIMIT;
    loop {
        let partitions = corelane_group(broker, &["describe", group]);
        let is_done = partitions.len() == PARTITIONS as usize
            && partitions.iter().all(|partition| partition["lag"] == 0);
        if is_done {
            return;
        }
        assert!(Instant::now() < deadline, "{partitions:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn group_command(broker: &Broker, arguments: &[&str]) -> String {
    let mut command = java("128m");
    command.arg("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand");
    command.args(["--bootstrap-server", &broker.bootstrap()]);
    String::from_utf8(run(command.args(arguments))).expect("the tool prints text")
}

#[test]
fn clients_of_five_kinds_share_a_topic_come_and_go_and_survive_a_kill_of_the_broker() {
    if !clients_are_installed("consumer groups of real clients") {
        return;
    }
    let mut broker = Broker::start();
    create_topics(&broker.bootstrap(), PARTITIONS, "-", &[TOPIC.to_owned()]);
    write(&broker, 0, PHASE);
    let started = Instant::now();
    let clients = [
        Client::Confluent,
        Client::KafkaPython,
        Client::FranzGo,
        Client::Java,
    ];
    let mut mixed = clients
        .map(|client| Member::start(client, &broker, "mixed"))
        .to_vec_of_members();
    let js = vec![Member::start(Client::KafkaJs, &broker, "js")];
    wait_until_read(&mixed, PHASE);
    wait_until_read(&js, PHASE);
    report(&format!(
        "groups: the first phase took {:?}",
        started.elapsed()
    ));

    // One dies, one leaves; the others take over.
    mixed[2].kill();
    mixed[0].end();
    write(&broker, PHASE, 2 * PHASE);
    wait_until_read(&mixed, 2 * PHASE);
    wait_until_read(&js, 2 * PHASE);
    report(&format!("groups: with the second {:?}", started.elapsed()));

    // The broker dies while a member joins.
    mixed.push(Member::start(Client::Confluent, &broker, "mixed"));
    std::thread::sleep(Duration::from_millis(300));
    broker.crash_and_restart();
    write(&broker, 2 * PHASE, 3 * PHASE);
    wait_until_read(&mixed, 3 * PHASE);
    wait_until_read(&js, 3 * PHASE);
    wait_until_committed(&broker, "mixed");
    wait_until_committed(&broker, "js");
    report(&format!("groups: with the third {:?}", started.elapsed()));
    read_by_kafkas_tools(&broker);

    // Nobody is left: offsets can be set, and the group deleted.
    for member in &mut mixed {
        member.end();
    }
    drop(mixed);
    drop(js);
    reset_and_delete(&broker);
}

/// An array of members as a vector that can grow.
trait ToVec {
    fn to_vec_of_members(self) -> Vec<Member>;
}

impl<const N: usize> ToVec for [Member; N] {
    fn to_vec_of_members(self) -> Vec<Member> {
        self.into_iter().collect()
    }
}

fn read_by_kafkas_tools(broker: &Broker) {
    let listed = group_command(broker, &["--list"]);
    assert!(
        listed.lines().any(|line| line.trim() == "mixed"),
        "{listed}"
    );
    let described = group_command(broker, &["--describe", "--group", "mixed"]);
    assert!(described.contains(TOPIC), "{described}");
    if broker.target() == Target::Corelane {
        let dumped = dumped_offsets(broker);
        let names_group = dumped.contains("mixed") && dumped.contains(TOPIC);
        assert!(
            names_group,
            "DumpLogSegments shows no offset of the group: {dumped}"
        );
    }
}

/// What Kafka's own tool reads in the partitions of `__consumer_offsets`.
fn dumped_offsets(broker: &Broker) -> String {
    let directories = std::fs::read_dir(broker.data()).expect("the data directory");
    let logs: Vec<String> = directories
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().contains("__consumer_offsets-"))
        .map(|path| path.join("00000000000000000000.log"))
        .filter(|path| std::fs::metadata(path).is_ok_and(|file| file.len() > 0))
        .map(|path| path.display().to_string())
        .collect();
    assert!(
        !logs.is_empty(),
        "nothing was written to __consumer_offsets"
    );
    let mut command = java("128m");
    command.arg("kafka.tools.DumpLogSegments");
    command.args(["--offsets-decoder", "--files", &logs.join(",")]);
    let output = support::process::finished(&mut command);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The types of groups, as `corelane group list` shows them.
fn type_of(broker: &Broker, group: &str) -> Option<String> {
    let listed = corelane_group(broker, &["list"]);
    let line = listed.into_iter().find(|line| line["group"] == group)?;
    line["type"].as_str().map(str::to_owned)
}

/// The partitions that each member of a group reads, by the instance that it is or its id.
fn partition_counts(broker: &Broker, group: &str) -> Vec<u64> {
    let members = corelane_group(broker, &["describe", group, "--members"]);
    let counts = members
        .iter()
        .map(|member| member["partition_count"].as_u64());
    counts.map(|count| count.expect("a number")).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + CATCH_UP_LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The protocol of KIP-848, with the clients that speak it.
#[test]
fn members_of_the_consumer_protocol_come_and_go_and_survive_a_kill_of_the_broker() {
    if !clients_are_installed("the consumer protocol of real clients") {
        return;
    }
    let mut broker = Broker::start();
    create_topics(&broker.bootstrap(), PARTITIONS, "-", &[TOPIC.to_owned()]);
    write(&broker, 0, PHASE);
    let started = Instant::now();
    let start =
        |broker: &Broker, client| Member::start_consumer(client, broker, "new", TOPIC, None);
    let mut members = vec![
        start(&broker, Client::Confluent),
        start(&broker, Client::Java),
    ];
    wait_until_read(&members, PHASE);
    wait_until("both members read the half", || {
        partition_counts(&broker, "new") == [4, 4]
    });
    report(&format!(
        "consumer groups: two read after {:?}",
        started.elapsed()
    ));

    // One joins while the broker dies, and one leaves.
    members.push(start(&broker, Client::Confluent));
    std::thread::sleep(Duration::from_millis(500));
    broker.crash_and_restart();
    members[0].end();
    write(&broker, PHASE, 2 * PHASE);
    wait_until_read(&members, 2 * PHASE);
    wait_until_committed(&broker, "new");
    report(&format!(
        "consumer groups: after the kill of the broker {:?}",
        started.elapsed()
    ));

    // One dies; after its session the other reads everything.
    members[2].kill();
    write(&broker, 2 * PHASE, 3 * PHASE);
    wait_until_read(&members, 3 * PHASE);
    wait_until_committed(&broker, "new");
    report(&format!(
        "consumer groups: after the kill of a member {:?}",
        started.elapsed()
    ));
    assert_eq!(type_of(&broker, "new").as_deref(), Some("Consumer"));
    let described = group_command(&broker, &["--describe", "--group", "new", "--state"]);
    assert!(described.contains("uniform"), "{described}");
    if broker.target() == Target::Corelane {
        let dumped = dumped_offsets(&broker);
        // As Kafka's tool names metadata, a member, what it shall have, and what it has.
        for kind in ["3", "5", "7", "8"] {
            let key = format!("key: {{\"type\":\"{kind}\"");
            assert!(
                dumped.contains(&key),
                "DumpLogSegments shows no record of type {kind}: {dumped}"
            );
        }
        assert!(!dumped.contains("Error at offset"), "{dumped}");
    }
    // A member of the classic protocol finds the offsets when nobody else is left.
    members[1].end();
    members[1].kill();
    drop(members);
    wait_until("the group is empty", || {
        corelane_group(&broker, &["list", "--state", "empty"]).len() == 1
    });
    let classic = [Member::start(Client::Confluent, &broker, "new")];
    write(&broker, 3 * PHASE, 3 * PHASE + 100);
    wait_until("the classic member goes on where the others ended", || {
        let read = classic[0].read();
        read.len() == 100 && read.first() == Some(&(3 * PHASE))
    });
    assert_eq!(type_of(&broker, "new").as_deref(), Some("Classic"));
}

#[test]
fn static_members_and_patterns_of_the_consumer_protocol_are_kept() {
    if !clients_are_installed("static members and patterns of the consumer protocol") {
        return;
    }
    let broker = Broker::start();
    create_topics(&broker.bootstrap(), PARTITIONS, "-", &[TOPIC.to_owned()]);
    write(&broker, 0, PHASE);
    let start = |instance: &'static str| {
        Member::start_consumer(
            Client::Confluent,
            &broker,
            "pattern",
            "^numb.*",
            Some(instance),
        )
    };
    let mut members = vec![start("one"), start("two")];
    wait_until_read(&members, PHASE);
    wait_until("both members read the half", || {
        partition_counts(&broker, "pattern") == [4, 4]
    });
    // It leaves for a while: nobody else gets its partitions, and it gets them again.
    members[0].end();
    wait_until("the member has ended", || {
        members[0]
            .process
            .try_wait()
            .expect("it was started")
            .is_some()
    });
    assert_eq!(partition_counts(&broker, "pattern"), [4, 4]);
    members.push(start("one"));
    write(&broker, PHASE, 2 * PHASE);
    wait_until_read(&members, 2 * PHASE);
    assert_eq!(partition_counts(&broker, "pattern"), [4, 4]);
    // A topic comes that the pattern matches.
    create_topics(&broker.bootstrap(), 2, "-", &["numbers-2".to_owned()]);
    wait_until("the topic that came is read", || {
        partition_counts(&broker, "pattern") == [5, 5]
    });
}

fn reset_and_delete(broker: &Broker) {
    let deadline = Instant::now() + CATCH_UP_LIMIT;
    while corelane_group(broker, &["list", "--state", "empty"]).len() < 2 {
        assert!(
            Instant::now() < deadline,
            "{:?}",
            corelane_group(broker, &["list"])
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let reset = ["reset-offsets", "mixed", "--topic", TOPIC, "--to-earliest"];
    let shown = corelane_group(broker, &reset);
    assert_eq!(shown.len(), PARTITIONS as usize);
    let lag = |broker: &Broker| -> i64 {
        let partitions = corelane_group(broker, &["describe", "mixed"]);
        partitions
            .iter()
            .filter_map(|partition| partition["lag"].as_i64())
            .sum()
    };
    assert_eq!(lag(broker), 0, "without --execute nothing changes");
    corelane_group(broker, &[&reset[..], &["--execute"]].concat());
    assert_eq!(lag(broker), 3 * PHASE as i64);
    corelane_group(broker, &["delete", "mixed"]);
    let left = corelane_group(broker, &["list"]);
    assert!(
        left.iter().all(|group| group["group"] != "mixed"),
        "{left:?}"
    );
}

/// Kafka's command of a group that is not there says so, and ends.
#[test]
fn kafkas_group_command_finds_no_group_that_nobody_made() {
    if !clients_are_installed("Kafka's ConsumerGroupCommand") {
        return;
    }
    let broker = Broker::start();
    let described: Command = {
        let mut command = java("128m");
        command.arg("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand");
        command.args(["--bootstrap-server", &broker.bootstrap()]);
        command.args(["--describe", "--group", "nobody"]);
        command
    };
    let mut described = described;
    let output = support::process::finished(&mut described);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("nobody"), "{text}");
}
