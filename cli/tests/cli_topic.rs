//! `corelane topic …` against a broker: what is created, shown, altered and deleted, as text and as JSON, and how it is
//! refused.

mod support;

use support::command::CommandLine;

/// Something failed; for these commands: the broker said no.
const EXIT_FAILURE: i32 = 1;
/// The command line is wrong, which is known without asking a broker.
const EXIT_USAGE: i32 = 2;
/// It may work when tried again.
const EXIT_TEMPORARY: i32 = 75;
/// A bad setting.
const EXIT_CONFIGURATION: i32 = 78;

#[test]
fn a_topic_is_created_listed_described_altered_and_deleted() {
    let line = CommandLine::start();
    let created = line.run("topic create flights --partitions 3 --set retention.ms=86400000");
    assert_eq!(created.text(), "created topic flights\n");
    let listed = line.run("topic list").lines();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed[0].trim_start().starts_with("topic"), "{listed:?}");
    let cells: Vec<&str> = listed[1].split_whitespace().collect();
    assert_eq!(cells[..3], ["flights", "3", "1"]);

    let described = line.run("topic describe flights").text();
    assert!(described.starts_with("topic flights, id "), "{described}");
    assert!(described.contains("3 partitions"), "{described}");
    assert!(described.contains("retention.ms"), "{described}");
    assert!(!described.contains("segment.bytes"), "only what is set");

    let altered = line
        .run("topic alter flights --set segment.bytes=1048576 --unset retention.ms --partitions 5");
    assert_eq!(altered.text(), "altered topic flights\n");
    let described = line.run("topic describe flights").text();
    assert!(described.contains("5 partitions"), "{described}");
    assert!(described.contains("segment.bytes"), "{described}");
    assert!(!described.contains("retention.ms"), "{described}");

    assert_eq!(
        line.run("topic delete flights").text(),
        "deleted topic flights\n"
    );
    assert_eq!(line.run("topic list").lines().len(), 1, "only the titles");
}

#[test]
fn every_topic_command_prints_json_objects() {
    let line = CommandLine::start();
    let outcome = |arguments: &str| {
        let mut objects = line.run(arguments).json();
        assert_eq!(objects.len(), 1, "{arguments}");
        objects.remove(0)
    };
    let expected =
        |topic: &str, outcome: &str| serde_json::json!({"topic": topic, "outcome": outcome});
    assert_eq!(
        outcome("topic create a --json --validate-only"),
        expected("a", "would-create")
    );
    assert_eq!(
        outcome("topic create a --json --partitions 2"),
        expected("a", "created")
    );
    assert_eq!(
        outcome("topic create a --json --if-not-exists"),
        expected("a", "existed")
    );
    assert_eq!(
        outcome("topic alter a --json --set retention.ms=5 --validate-only"),
        expected("a", "would-alter")
    );
    assert_eq!(
        outcome("topic alter a --json --set retention.ms=5"),
        expected("a", "altered")
    );
    let listed = outcome("topic list --json");
    assert_eq!(listed["topic"], "a");
    assert_eq!(listed["partition_count"], 2);
    assert_eq!(listed["internal"], false);

    let described = line.run("topic describe a --json").json();
    assert_eq!(described.len(), 3, "two partitions and one configuration");
    for (number, partition) in described[..2].iter().enumerate() {
        assert_eq!(partition["kind"], "partition");
        assert_eq!(partition["partition"], number);
        assert_eq!(partition["earliest_offset"], 0);
        assert_eq!(partition["latest_offset"], 0);
        assert!(partition["core"].is_u64(), "{partition}");
    }
    assert_eq!(
        described[2],
        serde_json::json!({"kind": "config", "topic": "a", "name": "retention.ms", "value": "5", "source": "topic"})
    );
    let all = line.run("topic describe a --all --json").json();
    let segment_bytes = all
        .iter()
        .find(|object| object["name"] == "segment.bytes")
        .expect("every configuration is told");
    assert_eq!(segment_bytes["value"], "1073741824");
    assert_eq!(segment_bytes["source"], "default");

    assert_eq!(outcome("topic delete a --json"), expected("a", "deleted"));
    assert_eq!(
        outcome("topic delete a --json --if-exists"),
        expected("a", "missing")
    );
    assert_eq!(line.run("topic list --json").text(), "");
}

#[test]
fn validate_only_changes_nothing() {
    let line = CommandLine::start();
    let asked = line.run("topic create ghost --validate-only");
    assert_eq!(asked.text(), "the broker would create topic ghost\n");
    line.run("topic describe ghost")
        .refused(EXIT_FAILURE, &["UNKNOWN_TOPIC_OR_PARTITION"]);
    line.run("topic create real").text();
    line.run("topic alter real --partitions 4 --set retention.ms=1 --validate-only")
        .text();
    let described = line.run("topic describe real").text();
    assert!(described.contains("1 partitions"), "{described}");
    assert!(!described.contains("retention.ms"), "{described}");
    // What would be refused is refused here as well.
    line.run("topic create real --validate-only")
        .refused(EXIT_FAILURE, &["TOPIC_ALREADY_EXISTS"]);
}

#[test]
fn what_the_broker_refuses_is_told_in_its_words_with_what_to_do() {
    let line = CommandLine::start();
    line.run("topic create taken").text();
    let long = "x".repeat(250);
    for (arguments, words) in [
        (
            "topic create taken",
            &["TOPIC_ALREADY_EXISTS", "choose another name"][..],
        ),
        (
            "topic create ../x",
            &["INVALID_TOPIC_EXCEPTION", "use 1 to 249 letters"],
        ),
        ("topic create ..", &["INVALID_TOPIC_EXCEPTION"]),
        (
            &format!("topic create {long}"),
            &["INVALID_TOPIC_EXCEPTION"],
        ),
        (
            "topic create wide --partitions 10001",
            &["POLICY_VIOLATION", "10000"],
        ),
        (
            "topic create copied --replicas 2",
            &["INVALID_REPLICATION_FACTOR", "only 1 broker"],
        ),
        (
            "topic create odd --set no.such=1",
            &["INVALID_CONFIG", "no.such"],
        ),
        (
            "topic create odd --set retention.ms=soon",
            &["INVALID_CONFIG", "retention.ms", "soon"],
        ),
        (
            "topic create odd --set segment.bytes=1",
            &["INVALID_CONFIG", "segment.bytes", "1048576"],
        ),
        (
            "topic alter taken --partitions 1",
            &["INVALID_PARTITIONS", "can only grow"],
        ),
        (
            "topic alter none --partitions 2",
            &["UNKNOWN_TOPIC_OR_PARTITION", "create the topic first"],
        ),
        (
            "topic alter none --set retention.ms=1",
            &["UNKNOWN_TOPIC_OR_PARTITION"],
        ),
        ("topic describe none", &["UNKNOWN_TOPIC_OR_PARTITION"]),
        ("topic delete none", &["UNKNOWN_TOPIC_OR_PARTITION"]),
    ] {
        line.run(arguments).refused(EXIT_FAILURE, words);
    }
    line.run_words(&["topic", "create", ""], b"")
        .refused(EXIT_FAILURE, &["INVALID_TOPIC_EXCEPTION"]);
    assert_eq!(line.run("topic list").lines().len(), 2, "nothing was made");
}

#[test]
fn a_wrong_command_line_is_refused_before_a_broker_is_asked() {
    let line = CommandLine::start();
    for (arguments, words) in [
        ("topic create a --partitions 0", &["--partitions"][..]),
        ("topic create a --partitions -3", &["--partitions"]),
        ("topic create a --partitions 99999999999", &["--partitions"]),
        ("topic create a --replicas 0", &["--replicas"]),
        ("topic create a --set retention.ms", &["NAME=VALUE"]),
        ("topic create a --set =5", &["NAME=VALUE"]),
        ("topic create", &["<TOPIC>"]),
        ("topic alter a", &["nothing to alter", "--set"]),
        ("topic delete", &["<TOPIC>"]),
        ("topic sevre", &["sevre"]),
        // Nobody listens there: the usage error comes first.
        (
            "topic alter a --bootstrap 127.0.0.1:1",
            &["nothing to alter"],
        ),
    ] {
        line.run(arguments).refused(EXIT_USAGE, words);
    }
}

#[test]
fn a_broker_that_cannot_be_reached_is_worth_another_try_and_a_bad_address_is_not() {
    let line = CommandLine::start();
    for command in ["topic list", "produce t", "consume t"] {
        line.run(&format!("{command} --bootstrap 127.0.0.1:1"))
            .refused(
                EXIT_TEMPORARY,
                &["127.0.0.1:1", "corelane serve", "--bootstrap"],
            );
        line.run(&format!("{command} --bootstrap nowhere"))
            .refused(EXIT_USAGE, &["nowhere", "--bootstrap"]);
    }
    std::fs::write(
        line.broker.scratch().join("bad.toml"),
        "bootstrap = 'nowhere'\n",
    )
    .expect("the scratch directory is writable");
    // The test's own CORELANE_BOOTSTRAP wins over the file, so that the file's value must be looked at by nobody.
    assert_eq!(line.run("topic list --config bad.toml").code(), Some(0));
    line.run("topic list --config missing.toml")
        .refused(EXIT_CONFIGURATION, &["missing.toml", "--config"]);
}

#[test]
fn a_description_into_a_pipe_that_closes_early_is_success() {
    use std::io::Read;
    use std::process::Stdio;
    let line = CommandLine::start();
    line.run("topic create wide --partitions 700").text();
    // About 100 KB of JSON do not fit into a pipe: the write meets the closed end for certain.
    let mut child = support::broker::corelane()
        .args(["topic", "describe", "wide", "--json", "--bootstrap"])
        .arg(line.broker.bootstrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("ten bytes come");
    drop(stdout);
    let output = child.wait_with_output().expect("the child is ours");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_topic_without_a_value_of_its_own_takes_the_brokers() {
    let mut line = CommandLine::start_with(&[
        "--set",
        "log.retention.minutes=5",
        "--set",
        "message.max.bytes=2000",
        "--set",
        "log.retention.hours=9",
    ]);
    line.run("topic create plain").text();
    line.run("topic create own --set max.message.bytes=100000")
        .text();
    let config = |line: &CommandLine, topic: &str, name: &str| {
        let objects = line
            .run(&format!("topic describe {topic} --all --json"))
            .json();
        let found = objects.iter().find(|object| object["name"] == name);
        let found = found.expect("every configuration is told").clone();
        let text = |key: &str| found[key].as_str().expect("a text").to_owned();
        (text("value"), text("source"))
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let check = |line: &CommandLine, max_bytes: &str| {
        assert_eq!(
            config(line, "plain", "retention.ms"),
            pair("300000", "broker's start")
        );
        assert_eq!(
            config(line, "plain", "max.message.bytes"),
            pair(max_bytes, "broker's start")
        );
        assert_eq!(
            config(line, "own", "max.message.bytes"),
            pair("100000", "topic")
        );
        assert_eq!(
            config(line, "own", "segment.bytes"),
            pair("1073741824", "default")
        );
    };
    check(&line, "2000");
    let large = "x".repeat(3000);
    line.run_with("produce plain", large.as_bytes())
        .refused(EXIT_FAILURE, &["MESSAGE_TOO_LARGE"]);
    line.run_with("produce own", large.as_bytes()).text();
    // A value that the topic gives up is the broker's again.
    line.run("topic alter own --unset max.message.bytes").text();
    line.run_with("produce own", large.as_bytes())
        .refused(EXIT_FAILURE, &["MESSAGE_TOO_LARGE"]);
    line.run("topic alter own --set max.message.bytes=100000")
        .text();
    assert!(line.broker.stop().success());
    line.broker.restart();
    check(&line, "2000");
    line.run_with("produce plain", large.as_bytes())
        .refused(EXIT_FAILURE, &["MESSAGE_TOO_LARGE"]);
}
