//! Real clients write the flights with every codec, and every other client reads back exactly what was
//! written: keys, values, headers, timestamps, offsets and order, as a hash per partition.
//!
//! One client alone: `CORELANE_TEST_CLIENTS=kcat,java cargo test --test client_matrix`.

mod support;

use std::path::Path;
use std::time::Instant;

use support::broker::Broker;
use support::clients::{CLIENTS, CODECS, Client, TopicWrite, create_topics, side_by_side};
use support::flights::{FLIGHTS, PARTITIONS, flights, partition_of_key};
use support::hashes::{Hashes, Record, expected};
use support::process::run;
use support::{clients_are_installed, report};

/// Flights that each client writes with each codec.
const MATRIX_FLIGHTS: usize = 20_000;

/// Flights are from 2013: without limits, a broker would delete them before they are read back.
const KEEP_FOREVER: &str = "retention.ms=-1,retention.bytes=-1";

#[test]
fn what_any_client_writes_with_any_codec_every_client_reads_back_identically() {
    if !clients_are_installed("the client matrix") {
        return;
    }
    let records = flights(MATRIX_FLIGHTS);
    let broker = Broker::start();
    let clients = chosen_clients();
    let writers = clients.iter().map(|client| {
        (
            *client,
            CODECS.map(|codec| topic_write(*client, codec)).to_vec(),
        )
    });
    write_and_compare(&broker, &records, writers.collect(), &clients);
}

#[test]
fn all_flights_survive_kcat_and_the_java_client() {
    if !clients_are_installed("all flights by kcat and the Java client") {
        return;
    }
    let records = flights(FLIGHTS);
    let broker = Broker::start();
    let clients = [Client::Kcat, Client::Java];
    let writers = clients.map(|client| (client, vec![topic_write(client, "lz4")]));
    write_and_compare(&broker, &records, writers.to_vec(), &clients);
}

#[test]
fn kafkas_own_producer_tools_work_and_place_keys_as_the_suite_does() {
    if !clients_are_installed("Kafka's producer tools") {
        return;
    }
    let broker = Broker::start();
    let topics = ["perf".to_owned(), "console".to_owned()];
    create_topics(&broker.bootstrap(), PARTITIONS, KEEP_FOREVER, &topics);
    run_producer_performance(&broker, "perf", 5_000);
    let records: Vec<Record> = (0..1_000).map(console_record).collect();
    run_console_producer(&broker, "console", &records);
    let hashes = Client::Java.read(&broker.bootstrap(), &topics);
    let perf: u64 = hashes
        .iter()
        .filter(|((topic, _), _)| topic == "perf")
        .map(|(_, hash)| hash.count)
        .sum();
    assert_eq!(perf, 5_000);
    for (at, wanted) in expected("console", PARTITIONS, &records) {
        assert_eq!(
            (wanted.count, &wanted.content),
            (hashes[&at].count, &hashes[&at].content),
            "{at:?}"
        );
    }
}

fn console_record(number: u32) -> Record {
    let key = format!("key {number}").into_bytes();
    Record {
        partition: partition_of_key(&key),
        timestamp_ms: 0,
        key: Some(key),
        headers: Vec::new(),
        value: format!("value {number}").into_bytes(),
    }
}

/// Each writer writes the records to its topics; then each reader reads every topic, and all agree with the input.
fn write_and_compare(
    broker: &Broker,
    records: &[Record],
    writers: Vec<(Client, Vec<TopicWrite>)>,
    readers: &[Client],
) {
    let bootstrap = broker.bootstrap();
    let topics: Vec<String> = writers
        .iter()
        .flat_map(|(_, writes)| writes.iter().map(|write| write.topic.clone()))
        .collect();
    create_topics(&bootstrap, PARTITIONS, KEEP_FOREVER, &topics);
    let write = |(client, writes): &(Client, Vec<TopicWrite>)| {
        timed(*client, "wrote", || {
            client.produce(
                &bootstrap,
                broker.scratch(),
                &client.writable(records),
                writes,
            )
        });
    };
    side_by_side(writers.iter().map(|writer| || write(writer)).collect());
    let read = |reader: Client| timed(reader, "read", || reader.read(&bootstrap, &topics));
    let found = side_by_side(readers.iter().map(|reader| || read(*reader)).collect());
    for (reader, hashes) in readers.iter().zip(&found) {
        assert_same(
            &found[0],
            hashes,
            &format!("{} against {}", reader.name(), readers[0].name()),
        );
    }
    for (writer, writes) in &writers {
        for write in writes {
            assert_as_written(*writer, &write.topic, records, &found[0]);
        }
    }
}

/// Compares what a topic holds with the input; timestamps only where the writer could set them.
fn assert_as_written(writer: Client, topic: &str, records: &[Record], found: &Hashes) {
    for (at, wanted) in expected(topic, PARTITIONS, &writer.writable(records)) {
        let seen = found
            .get(&at)
            .unwrap_or_else(|| panic!("{at:?} was not read"));
        assert_eq!(
            (wanted.count, &wanted.content),
            (seen.count, &seen.content),
            "{at:?}"
        );
        if writer.sets_timestamp_and_headers() {
            assert_eq!(wanted.full, seen.full, "offsets and timestamps of {at:?}");
        }
    }
}

fn assert_same(left: &Hashes, right: &Hashes, readers: &str) {
    assert_eq!(
        left.keys().collect::<Vec<_>>(),
        right.keys().collect::<Vec<_>>(),
        "partitions: {readers}"
    );
    for (at, hash) in left {
        assert_eq!(hash, &right[at], "{at:?}: {readers}");
    }
}

fn topic_write(client: Client, codec: &'static str) -> TopicWrite {
    TopicWrite {
        topic: format!("flights-{}-{codec}", client.name()),
        codec,
    }
}

fn chosen_clients() -> Vec<Client> {
    let Ok(names) = std::env::var("CORELANE_TEST_CLIENTS") else {
        return CLIENTS.to_vec();
    };
    let names: Vec<&str> = names.split(',').collect();
    let chosen: Vec<Client> = CLIENTS
        .into_iter()
        .filter(|client| names.contains(&client.name()))
        .collect();
    assert_eq!(
        chosen.len(),
        names.len(),
        "CORELANE_TEST_CLIENTS names clients of the matrix: {names:?}"
    );
    chosen
}

fn timed<T>(client: Client, verb: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    report(&format!(
        "{} {verb} in {:.1} s",
        client.name(),
        start.elapsed().as_secs_f64()
    ));
    result
}

fn run_producer_performance(broker: &Broker, topic: &str, records: u32) {
    let mut command = support::kafka::java("256m");
    command.args([
        "org.apache.kafka.tools.ProducerPerformance",
        "--topic",
        topic,
    ]);
    command.args([
        "--num-records",
        &records.to_string(),
        "--record-size",
        "200",
        "--throughput",
        "-1",
    ]);
    command.args([
        "--producer-props",
        &format!("bootstrap.servers={}", broker.bootstrap()),
        "acks=all",
    ]);
    run(&mut command);
}

fn run_console_producer(broker: &Broker, topic: &str, records: &[Record]) {
    let input = broker.scratch().join("console.lines");
    let line = |record: &Record| {
        [
            record.key.as_deref().unwrap_or_default(),
            b"\t",
            &record.value,
            b"\n",
        ]
        .concat()
    };
    std::fs::write(&input, records.iter().flat_map(line).collect::<Vec<u8>>())
        .expect("the scratch folder is writable");
    let mut command = support::kafka::java("256m");
    command.args([
        "org.apache.kafka.tools.ConsoleProducer",
        "--bootstrap-server",
        &broker.bootstrap(),
    ]);
    command.args(["--topic", topic, "--property", "parse.key=true"]);
    run_with_input(command, &input);
}

fn run_with_input(mut command: std::process::Command, input: &Path) {
    let file = std::fs::File::open(input).expect("the input was just written");
    let output = command.stdin(file).output().expect("java starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
