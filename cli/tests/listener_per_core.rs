//! `serve --listener-per-core`: clients see a broker for each core, reach each partition and coordinator at its own, and
//! what they add up over all brokers is counted once.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::broker::Target;
use support::clients::{Client, create_topics};
use support::command::CommandLine;
use support::process::{bound_to_this_test, run};
use support::{clients_are_installed, skip};

const TOPIC: &str = "cores";
const PARTITIONS: i32 = 8;
const CORES: usize = 2;
const RECORDS: usize = 2_000;
const GROUPS: usize = 12;

fn start() -> Option<CommandLine> {
    if Target::from_environment() == Target::Kafka {
        skip("a broker for each core", "Kafka has no cores");
        return None;
    }
    let cpus = std::thread::available_parallelism().expect("a count of CPUs");
    if cpus.get() < CORES {
        skip("a broker for each core", "it needs two CPUs");
        return None;
    }
    let cores = CORES.to_string();
    let more = ["--cores", &cores, "--listener-per-core"];
    Some(CommandLine::start_with(&more))
}

/// The brokers by id, as `corelane cluster` shows them.
fn brokers(line: &CommandLine) -> BTreeMap<i64, String> {
    let told = line.run("cluster describe --json").json();
    let brokers = told[0]["brokers"].as_array().expect("a list");
    let broker = |broker: &serde_json::Value| {
        let id = broker["id"].as_i64().expect("a number");
        (id, broker["address"].as_str().expect("text").to_owned())
    };
    brokers.iter().map(broker).collect()
}

fn create(line: &CommandLine) {
    create_topics(
        &line.broker.bootstrap(),
        PARTITIONS,
        "retention.ms=-1",
        &[TOPIC.to_owned()],
    );
}

#[test]
fn each_core_is_a_broker_that_leads_its_partitions() {
    let Some(line) = start() else { return };
    create(&line);
    let brokers = brokers(&line);
    assert_eq!(brokers.len(), CORES, "{brokers:?}");
    let addresses: BTreeSet<&String> = brokers.values().collect();
    assert_eq!(addresses.len(), CORES, "each has a port of its own");
    let described = line.run(&format!("topic describe {TOPIC} --json")).json();
    let leaders = described.iter().filter_map(|told| told["leader"].as_i64());
    let leaders: BTreeSet<i64> = leaders.collect();
    assert_eq!(leaders, brokers.keys().copied().collect());
    // Whichever broker is asked, the answer is the same.
    for address in brokers.values() {
        let asked = line.run(&format!(
            "topic describe {TOPIC} --json --bootstrap {address}"
        ));
        assert_eq!(asked.json(), described, "{address}");
    }
}

#[test]
fn partitions_and_groups_are_told_by_one_broker_each() {
    let Some(line) = start() else { return };
    create(&line);
    for group in 0..GROUPS {
        let reset = format!(
            "group reset-offsets group-{group} --topic {TOPIC} --to-earliest --execute --json"
        );
        line.run(&reset).json();
    }
    let listed = line.run("group list --json").json();
    let names: BTreeSet<&str> = listed.iter().filter_map(|g| g["group"].as_str()).collect();
    assert_eq!((listed.len(), names.len()), (GROUPS, GROUPS));
    let told = line.run("cluster log-dirs --json").json();
    let partitions = told.iter().filter(|line| line["topic"] == TOPIC);
    let places = partitions.map(|line| {
        let number = |name: &str| line[name].as_i64().expect("a number");
        (number("partition"), number("broker"))
    });
    let places: Vec<(i64, i64)> = places.collect();
    let all: BTreeSet<i64> = places.iter().map(|(partition, _)| *partition).collect();
    assert_eq!((places.len(), all.len()), (8, 8), "{places:?}");
    let described = line.run(&format!("topic describe {TOPIC} --json")).json();
    for told in described.iter().filter(|told| told["leader"].is_i64()) {
        let place = (
            told["partition"].as_i64().expect("a number"),
            told["leader"].as_i64().expect("a number"),
        );
        assert!(places.contains(&place), "{place:?} in {places:?}");
    }
}

#[test]
fn real_clients_write_and_read_over_several_brokers_and_a_restart() {
    if !clients_are_installed("clients of a broker for each core") {
        return;
    }
    let Some(mut line) = start() else { return };
    create(&line);
    let bootstrap = line.broker.bootstrap();
    let file = line.broker.scratch().join("numbers");
    let numbers: String = (0..RECORDS).map(|number| format!("{number}\n")).collect();
    std::fs::write(&file, numbers).expect("the scratch folder is writable");
    let mut writer = bound_to_this_test("kcat");
    writer.args(["-P", "-b", &bootstrap, "-t", TOPIC, "-l"]);
    writer.arg(&file);
    writer.args(["-X", "acks=all", "-X", "enable.idempotence=true"]);
    writer.args(["-X", "sticky.partitioning.linger.ms=0"]);
    run(&mut writer);
    line.broker.crash_and_restart();
    for client in [Client::Kcat, Client::Java, Client::KafkaJs, Client::FranzGo] {
        let read = client.read(&bootstrap, &[TOPIC.to_owned()]);
        let records: u64 = read.values().map(|hash| hash.count).sum();
        assert_eq!(records, RECORDS as u64, "{}", client.name());
    }
}
