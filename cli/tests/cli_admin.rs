//! `corelane config`, `quota` and `cluster` against a broker: what is altered takes effect at once and survives a restart;
//! clients over their quota wait.

mod support;

use std::time::{Duration, Instant};

use support::calls::{self, Acks};
use support::command::CommandLine;
use support::wire::{API_VERSIONS, Answer, Batch, Fields, Request, Wire};

/// The broker said no.
const EXIT_FAILURE: i32 = 1;
/// The command line is wrong.
const EXIT_USAGE: i32 = 2;
/// It may work when tried again.
const EXIT_TEMPORARY: i32 = 75;

fn value_of(line: &CommandLine, resource: &str, name: &str) -> (String, String) {
    let described = line.run(&format!("config describe {resource} --all --json"));
    let configs = described.json();
    let config = configs.iter().find(|config| config["name"] == name);
    let config = config.unwrap_or_else(|| panic!("{resource} has no {name}"));
    let text = |field: &str| config[field].as_str().unwrap_or_default().to_owned();
    (text("value"), text("source"))
}

#[test]
fn a_default_altered_on_the_broker_reaches_topics_at_once_and_survives_a_restart() {
    let mut line = CommandLine::start_with(&["--set", "log.retention.hours=24"]);
    line.run("topic create old").text();
    let retention =
        |line: &CommandLine, topic: &str| value_of(line, &format!("topic/{topic}"), "retention.ms");
    assert_eq!(
        retention(&line, "old"),
        ("86400000".into(), "broker's start".into())
    );
    let tried = line.run("config alter broker/1 --set log.retention.ms=7000 --dry-run");
    assert_eq!(tried.text(), "the broker would alter broker/1\n");
    assert_eq!(retention(&line, "old").0, "86400000", "only tried");

    line.run("config alter brokers --set log.retention.ms=9000")
        .text();
    assert_eq!(
        retention(&line, "old"),
        ("9000".into(), "all brokers".into())
    );
    let altered = line.run("config alter broker/1 --set log.retention.ms=7000");
    assert_eq!(altered.text(), "altered broker/1\n");
    line.run("topic create new").text();
    for topic in ["old", "new"] {
        assert_eq!(retention(&line, topic), ("7000".into(), "broker".into()));
    }
    line.broker.stop();
    line.broker.restart();
    assert_eq!(retention(&line, "old"), ("7000".into(), "broker".into()));

    line.run("config delete broker/1 log.retention.ms").text();
    assert_eq!(retention(&line, "old").0, "9000");
    line.run("config delete brokers log.retention.ms").text();
    assert_eq!(retention(&line, "old").0, "86400000");
}

#[test]
fn a_segment_size_altered_on_the_broker_rolls_the_next_segment() {
    let line = CommandLine::start();
    line.run("topic create t").text();
    let segments = || {
        let folder = line.broker.data().join("t-0");
        let files = std::fs::read_dir(folder).expect("the partition's directory");
        let names = files.map(|file| file.expect("an entry").file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(".log"))
            .count()
    };
    let mut wire = Wire::connect(line.broker.address());
    let batch = Batch::of(&[&[7; 400_000]]).encode();
    let mut produce = || {
        for _ in 0..4 {
            assert_eq!(
                calls::produce_batch(&mut wire, "t", 0, &batch, Acks::LEADER).0,
                0
            );
        }
    };
    produce();
    assert_eq!(segments(), 1);
    line.run("config alter broker/1 --set log.segment.bytes=1048576")
        .text();
    produce();
    assert!(segments() > 1, "1.6 MB do not fit any more");
}

#[test]
fn configurations_are_listed_appended_to_and_refused_with_the_brokers_words() {
    let line = CommandLine::start();
    line.run("topic create t").text();
    assert_eq!(line.run("config list").lines(), ["broker/1", "topic/t"]);
    line.run("config alter topic/t --append cleanup.policy=compact")
        .text();
    assert_eq!(
        value_of(&line, "topic/t", "cleanup.policy").0,
        "delete,compact"
    );
    line.run("config alter topic/t --subtract cleanup.policy=delete")
        .text();
    assert_eq!(value_of(&line, "topic/t", "cleanup.policy").0, "compact");
    let none = line.run("config describe broker/1").text();
    assert!(none.contains("nothing is set"), "{none}");

    for (arguments, code, words) in [
        (
            "config alter broker/1 --set num.partitions=3",
            EXIT_FAILURE,
            "dynamically",
        ),
        (
            "config alter broker/1 --set no.such=3",
            EXIT_FAILURE,
            "no.such",
        ),
        (
            "config alter broker/1 --set log.segment.bytes=few",
            EXIT_FAILURE,
            "few",
        ),
        (
            "config alter topic/t --set retention.ms=soon",
            EXIT_FAILURE,
            "soon",
        ),
        ("config alter topic/t", EXIT_USAGE, "--unset"),
        ("config describe flights", EXIT_USAGE, "topic/NAME"),
    ] {
        line.run(arguments).refused(code, &[words]);
    }
    let mistaken = line.run("topic create u --config cleanup.policy=compact");
    assert!(
        mistaken.stderr().contains("--set NAME=VALUE"),
        "{}",
        mistaken.stderr()
    );
}

#[test]
fn the_cluster_tells_its_quorum_and_directories() {
    let line = CommandLine::start();
    line.run("topic create t --partitions 2").text();
    let cluster = line.run("cluster describe --json").json().remove(0);
    assert_eq!(cluster["quorum_voters"], serde_json::json!([1]));
    assert!(
        cluster["quorum_high_watermark"].as_i64() >= Some(3),
        "{cluster}"
    );
    let text = line.run("cluster describe").text();
    assert!(text.contains(&line.broker.bootstrap()), "{text}");
    let directories = line.run("cluster log-dirs --json").json();
    assert_eq!(directories.len(), 3, "a directory and two partitions");
    assert_eq!(
        directories[0]["path"],
        line.broker.data().display().to_string()
    );
    let free = directories[0]["usable_bytes"].as_i64();
    assert!(free > Some(0) && free <= directories[0]["total_bytes"].as_i64());
}

#[test]
fn a_client_over_its_quota_waits_and_the_others_do_not() {
    let mut line = CommandLine::start();
    line.run("topic create t").text();
    // The client id of `Wire` is `suite`; a tenth of a MB a second, of which ten seconds may be used at once.
    line.run("quota alter --client-id other --set producer_byte_rate=1")
        .text();
    line.run("quota alter --client-id suite --set producer_byte_rate=100000 --set consumer_byte_rate=100000")
        .text();
    line.broker.stop();
    line.broker.restart();
    let listed = line.run("quota list --client-id suite --json").json();
    assert_eq!(
        listed,
        [serde_json::json!({
            "entity": {"client-id": "suite"},
            "quotas": {"consumer_byte_rate": 100_000.0, "producer_byte_rate": 100_000.0},
        })]
    );

    let mut wire = Wire::connect(line.broker.address());
    let batch = Batch::of(&[&[7; 100_000]]).encode();
    let produce = |wire: &mut Wire| {
        let start = Instant::now();
        assert_eq!(
            calls::produce_batch(wire, "t", 0, &batch, Acks::LEADER).0,
            0
        );
        start.elapsed()
    };
    let taken: Vec<Duration> = (0..11).map(|_| produce(&mut wire)).collect();
    assert!(taken[10] < Duration::from_millis(900), "{taken:?}");
    let late = produce(&mut wire);
    assert!(
        late >= Duration::from_millis(900),
        "told to wait, and held to it: {late:?}"
    );

    let mut reader = Wire::connect(line.broker.address());
    let (code, records) = calls::fetch(&mut reader, "t", 0, 0);
    assert_eq!(
        (code, records.len() > 1_000_000),
        (0, true),
        "{}",
        records.len()
    );
    let start = Instant::now();
    calls::fetch(&mut reader, "t", 0, 0);
    let late = start.elapsed();
    assert!(late >= Duration::from_millis(300), "{late:?}");

    line.run("quota delete --client-id suite").text();
    let mut wire = Wire::connect(line.broker.address());
    assert!(produce(&mut wire) < Duration::from_millis(900));
    line.run("quota delete --client-id suite")
        .refused(EXIT_FAILURE, &["no quotas"]);
    line.run("quota alter --set producer_byte_rate=1")
        .refused(EXIT_USAGE, &["--client-id"]);
    let time = "quota alter --user-default --set request_percentage=50";
    line.run(time)
        .refused(EXIT_FAILURE, &["request_percentage"]);
}

#[test]
fn a_broker_with_a_throttled_client_stops_at_once() {
    let mut line = CommandLine::start();
    line.run("topic create t").text();
    line.run("quota alter --client-id suite --set producer_byte_rate=1")
        .text();
    let mut wire = Wire::connect(line.broker.address());
    assert_eq!(
        calls::produce(&mut wire, "t", 0, 100_000, Acks::LEADER).0,
        0
    );
    let start = Instant::now();
    assert!(line.broker.stop().success());
    let taken = start.elapsed();
    assert!(
        taken < Duration::from_secs(3),
        "the client waits for a day: {taken:?}"
    );
}

#[test]
fn topics_created_too_fast_are_refused_for_a_while() {
    let line = CommandLine::start();
    line.run("quota alter --client-id corelane --set controller_mutation_rate=0.1")
        .text();
    line.run("topic create a --partitions 3").text();
    line.run("topic create b")
        .refused(EXIT_TEMPORARY, &["THROTTLING_QUOTA_EXCEEDED"]);
    let mut other = Wire::connect(line.broker.address());
    assert_eq!(
        calls::create_topic(&mut other, "c", 3, &[]),
        0,
        "has no quota"
    );
}

#[test]
fn an_address_that_connects_too_fast_is_turned_away() {
    let line = CommandLine::start();
    line.run("quota alter --ip 127.0.0.1 --set connection_creation_rate=1")
        .text();
    let answered = |_| {
        let mut wire = Wire::connect(line.broker.address());
        wire.send(&Request::classic(API_VERSIONS, 0, Fields::new()).frame());
        matches!(
            wire.answer_within(Duration::from_millis(300)),
            Some(Answer::Frame(_))
        )
    };
    let answered: Vec<bool> = (0..15).map(answered).collect();
    assert!(answered[0] && !answered[14], "{answered:?}");
}

#[test]
fn an_address_has_no_more_connections_than_the_broker_is_told_while_it_runs() {
    let line = CommandLine::start();
    line.run("config alter broker/1 --set max.connections.per.ip=3")
        .text();
    let open = || {
        let mut wire = Wire::try_connect(line.broker.address())?;
        wire.send(&Request::classic(API_VERSIONS, 0, Fields::new()).frame());
        match wire.answer() {
            Answer::Frame(_) => Some(wire),
            Answer::Closed => None,
        }
    };
    let mut held: Vec<Wire> = (0..3).filter_map(|_| open()).collect();
    assert_eq!(held.len(), 3);
    assert!(open().is_none(), "one too many");
    held.pop();
    let start = Instant::now();
    while open().is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "a place is free again"
        );
    }
}
