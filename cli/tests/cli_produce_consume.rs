//! `corelane produce` and `corelane consume` against a broker: every input and output format, codec, acks and place to
//! start, and what wrong use of them is answered with.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::broker::corelane;
use support::command::CommandLine;

/// Something failed; for these commands: the broker said no, or the input is wrong.
const EXIT_FAILURE: i32 = 1;
/// The command line is wrong, which is known without asking a broker.
const EXIT_USAGE: i32 = 2;

/// A record that is followed comes at once.
const FOLLOW_LIMIT: Duration = Duration::from_secs(20);

fn with_topic(arguments: &str) -> CommandLine {
    let line = CommandLine::start();
    line.run(&format!("topic create t {arguments}")).text();
    line
}

#[test]
fn lines_are_values_with_or_without_a_key_before_a_separator() {
    let line = with_topic("");
    let sent = line
        .run_with("produce t", b"one\n\ntwo words\r\nlast")
        .text();
    assert!(sent.starts_with("4 records ("), "{sent}");
    assert_eq!(
        line.run("consume t").text(),
        "one\n\ntwo words\nlast\n",
        "an empty line is an empty value"
    );
    line.run_with("produce t --key-separator ::", b"k::v::w\n::\n")
        .text();
    let keyed = line.run_words(
        &[
            "consume",
            "t",
            "--from",
            "4",
            "--format",
            "%o %k(%K)=%s(%S)\\n",
        ],
        b"",
    );
    assert_eq!(keyed.text(), "4 k(1)=v::w(4)\n5 (0)=(0)\n");
    line.run_with("produce t --key-separator : --empty-is-null", b"gone:\n")
        .text();
    let tombstone = line.run_words(&["consume", "t", "--from", "6", "--format", "%k %S"], b"");
    assert_eq!(tombstone.text(), "gone -1");
}

#[test]
fn json_lines_keep_their_bytes_and_give_key_timestamp_and_headers() {
    let line = with_topic("");
    let input = br#"{"tail": "N14228", "at":1357016400000, "n": 1.50}

{"tail":null,"at":1357016400001}
{"tail":7,"at":1357016400002}
"#;
    let sent = line.run_with(
        "produce t --input json --key-field tail --timestamp-field at --header source=nycflights13 --header empty= --json",
        input,
    );
    let outcome = &sent.json()[0];
    assert_eq!(outcome["topic"], "t");
    assert_eq!(outcome["record_count"], 3);
    let records = line.run("consume t --json").json();
    let headers =
        json!([{"key": "source", "value": "nycflights13"}, {"key": "empty", "value": ""}]);
    let expected = [
        (
            json!("N14228"),
            r#"{"tail": "N14228", "at":1357016400000, "n": 1.50}"#,
        ),
        (Value::Null, r#"{"tail":null,"at":1357016400001}"#),
        (json!("7"), r#"{"tail":7,"at":1357016400002}"#),
    ];
    for (number, (record, (key, value))) in records.iter().zip(&expected).enumerate() {
        let timestamp_ms = 1_357_016_400_000 + i64::try_from(number).expect("three records");
        assert_eq!(
            record,
            &json!({"topic": "t", "partition": 0, "offset": number, "timestamp_ms": timestamp_ms,
                    "key": key, "value": value, "headers": headers})
        );
    }
    assert_eq!(records.len(), 3);
}

#[test]
fn rows_become_json_objects_keyed_by_a_column() {
    let line = with_topic("");
    let input = b"year,tailnum,note\n2013,N14228,\"a,\"\"b\"\"\"\n2013,,x\n";
    let path = line.broker.scratch().join("flights.csv");
    std::fs::write(&path, input).expect("the scratch directory is writable");
    line.run("produce t --file flights.csv --input csv --key-field tailnum")
        .text();
    let printed = line.run_words(&["consume", "t", "--format", "%k|%s\\n"], b"");
    assert_eq!(
        printed.text(),
        "N14228|{\"year\":2013,\"tailnum\":\"N14228\",\"note\":\"a,\\\"b\\\"\"}\n|{\"year\":2013,\"tailnum\":\"\",\"note\":\"x\"}\n"
    );
}

#[test]
fn what_consume_prints_as_json_produce_takes_back_unchanged() {
    let line = with_topic("");
    line.run("topic create copy").text();
    line.run_with(
        "produce t --key-separator : --header h=1",
        b"\xff\x00:\xfe\nk:v\n",
    )
    .text();
    let first = line.run("consume t --json").text();
    assert!(first.contains("\"key_hex\":\"ff00\""), "{first}");
    line.run_with("produce copy --input record", first.as_bytes())
        .text();
    let second = line.run("consume copy --json").text();
    assert_eq!(
        second.replace("\"topic\":\"copy\"", "\"topic\":\"t\""),
        first
    );
}

#[test]
fn every_codec_and_every_acks_delivers() {
    let line = with_topic("");
    let values: String = (0..500).map(|number| format!("value {number}\n")).collect();
    let mut expected = String::new();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        for acks in ["0", "1", "all"] {
            line.run_with(
                &format!("produce t --compression {codec} --acks {acks}"),
                values.as_bytes(),
            )
            .text();
            expected.push_str(&values);
        }
    }
    // With acks=0 the command ends before the broker has the records.
    let deadline = Instant::now() + FOLLOW_LIMIT;
    let mut printed = line.run("consume t").text();
    while printed.len() < expected.len() && Instant::now() < deadline {
        printed = line.run("consume t").text();
    }
    assert!(
        printed == expected,
        "{} of {} bytes",
        printed.len(),
        expected.len()
    );
    let codecs: Vec<_> = line
        .run(&format!(
            "log inspect {}/t-0 --json",
            line.broker.data().display()
        ))
        .json();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        assert!(
            codecs
                .iter()
                .any(|object| object["codec"] == codec && object["kind"] == "batch"),
            "no batch of {codec} on disk"
        );
    }
}

#[test]
fn keys_go_where_the_java_client_puts_them() {
    // Murmur2 of these keys, from the unit test of Kafka's own `Utils`.
    let hashes: [(&str, i32); 6] = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        (
            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            -58_897_971,
        ),
        ("abc", 479_470_107),
    ];
    let line = with_topic("--partitions 7");
    let input: String = hashes.iter().map(|(key, _)| format!("{key}:v\n")).collect();
    line.run_with("produce t --key-separator :", input.as_bytes())
        .text();
    let mut placed = line
        .run_words(&["consume", "t", "--format", "%k %p\\n"], b"")
        .lines();
    let mut expected: Vec<String> = hashes
        .iter()
        .map(|(key, hash)| format!("{key} {}", (hash & i32::MAX) % 7))
        .collect();
    placed.sort();
    expected.sort();
    assert_eq!(placed, expected);
    line.run_with("produce t --key-separator : --partition 6", b"abc:v\n")
        .text();
    let sixth = line.run_words(
        &["consume", "t", "--partition", "6", "--format", "%k "],
        b"",
    );
    assert!(
        sixth.text().ends_with("abc "),
        "a partition that is named wins"
    );
}

#[test]
fn reading_starts_where_it_is_told_and_ends_after_the_count() {
    let line = with_topic("--partitions 2");
    let records: String = (0..10)
        .map(|number| format!("{{\"at\":{}}}\n", 1000 + number * 10))
        .collect();
    for partition in [0, 1] {
        let arguments =
            format!("produce t --input json --timestamp-field at --partition {partition}");
        line.run_with(&arguments, records.as_bytes()).text();
    }
    let read = |from: &str, more: &[&str]| {
        let mut words = vec![
            "consume",
            "t",
            "--format",
            "%p:%o ",
            "--partition",
            "1",
            "--from",
            from,
        ];
        words.extend(more);
        line.run_words(&words, b"").text()
    };
    assert_eq!(read("beginning", &["--count", "2"]), "1:0 1:1 ");
    assert_eq!(read("8", &[]), "1:8 1:9 ");
    assert_eq!(read("-3", &[]), "1:7 1:8 1:9 ");
    assert_eq!(read("-300", &["--count", "1"]), "1:0 ");
    assert_eq!(
        read("@1075", &[]),
        "1:8 1:9 ",
        "the first record that is not earlier"
    );
    assert_eq!(read("@9999", &[]), "", "nothing is that late");
    assert_eq!(read("end", &[]), "");
    assert_eq!(read("10", &[]), "", "the end itself is a place");
    let both = line.run_words(
        &["consume", "t", "--from", "9", "--format", "%p:%o\\n"],
        b"",
    );
    let mut both = both.lines();
    both.sort();
    assert_eq!(both, ["0:9", "1:9"]);
    assert_eq!(read("11", &[]), "", "nothing is there");
    let out_of_range = line.run("consume t --partition 1 --from 11 --follow");
    out_of_range.refused(EXIT_FAILURE, &["OFFSET_OUT_OF_RANGE", "choose an offset"]);
}

#[test]
fn a_count_ends_producing_too() {
    let line = with_topic("");
    let sent = line
        .run_with("produce t --count 2 --json", b"a\nb\nc\n")
        .json();
    assert_eq!(sent[0]["record_count"], 2);
    assert_eq!(line.run("consume t").text(), "a\nb\n");
}

#[test]
fn following_prints_what_arrives_later_and_a_reader_that_leaves_is_success() {
    let line = with_topic("");
    line.run_with("produce t", b"early\n").text();
    let mut follower = corelane()
        .args(["consume", "t", "--from", "end", "--follow", "--bootstrap"])
        .arg(line.broker.bootstrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdout = BufReader::new(follower.stdout.take().expect("a pipe"));
    // Where "end" is, the follower finds out at a time of its own: records keep coming until it has seen one.
    let seen = std::thread::spawn(move || {
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a line comes");
        first
    });
    let deadline = Instant::now() + FOLLOW_LIMIT;
    while !seen.is_finished() {
        assert!(Instant::now() < deadline, "nothing was followed");
        line.run_with("produce t", b"late\n").text();
    }
    assert_eq!(seen.join().expect("the reader does not panic"), "late\n");
    // The reader is gone with its thread: the next record finds a closed pipe.
    while follower.try_wait().expect("the child is ours").is_none() {
        assert!(Instant::now() < deadline, "the follower never noticed");
        line.run_with("produce t", b"unread\n").text();
    }
    let mut stderr = String::new();
    let mut pipe = follower.stderr.take().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("text");
    assert_eq!(stderr, "");
    assert_eq!(follower.wait().expect("the child is ours").code(), Some(0));
}

#[test]
fn a_record_from_a_pipe_that_stays_open_is_not_held_back() {
    let line = with_topic("");
    let mut producer = corelane()
        .args(["produce", "t", "--bootstrap"])
        .arg(line.broker.bootstrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut stdin = producer.stdin.take().expect("a pipe");
    stdin.write_all(b"now\n").expect("the pipe takes a line");
    let deadline = Instant::now() + FOLLOW_LIMIT;
    while line.run("consume t").text() != "now\n" {
        assert!(Instant::now() < deadline, "the record was held back");
    }
    drop(stdin);
    assert!(producer.wait().expect("the child is ours").success());
}

#[test]
fn bad_input_is_named_by_its_line_after_everything_before_it_was_delivered() {
    let line = with_topic("");
    for (arguments, input, words) in [
        (
            "produce t --input json",
            &b"{\"a\":1}\nnonsense\n{}\n"[..],
            &[
                "standard input, line 2",
                "no JSON object",
                "the 1 records before it were delivered",
            ][..],
        ),
        (
            "produce t --key-separator :",
            b"k:v\nno key\n",
            &["standard input, line 2", "the key separator is not in it"],
        ),
        (
            "produce t --input csv --key-field tail",
            b"a,b\n1,2\n",
            &["line 1", "there is no column `tail`; there are a, b"],
        ),
        ("produce t --input csv", b"a,b\n1,2\n3\n", &["line 3"]),
        (
            "produce t --input json --timestamp-field at",
            b"{\"at\":\"noon\"}\n",
            &["line 1", "`at` is no timestamp"],
        ),
        (
            "produce t --input record",
            b"{\"key_hex\":\"f\"}\n",
            &["line 1", "key_hex"],
        ),
    ] {
        line.run_with(arguments, input).refused(EXIT_FAILURE, words);
    }
    assert_eq!(
        line.run("consume t").lines().len(),
        3,
        "one record of each of three inputs came before the bad one"
    );
}

#[test]
fn a_wrong_command_line_is_refused_before_a_broker_is_asked() {
    let line = CommandLine::start();
    for (arguments, words) in [
        (
            "produce t --batch-bytes 0",
            &["--batch-bytes", "64.0 MiB"][..],
        ),
        (
            "produce t --batch-bytes 65MiB",
            &["--batch-bytes", "64.0 MiB"],
        ),
        (
            "produce t --batch-bytes lots",
            &["--batch-bytes", "64MiB or 1GiB"],
        ),
        ("produce t --partition -1", &["--partition"]),
        ("produce t --count 0", &["--count"]),
        ("produce t --compression brotli", &["--compression", "zstd"]),
        ("produce t --acks 2", &["--acks", "all"]),
        ("produce t --key-field k", &["--key-field", "--input json"]),
        (
            "produce t --input json --key-separator :",
            &["--key-separator", "--input lines"],
        ),
        ("produce t --timestamp-field k", &["--timestamp-field"]),
        ("produce t --header h", &["NAME=VALUE"]),
        ("consume t --from nowhere", &["--from", "beginning"]),
        ("consume t --from @soon", &["--from"]),
        ("consume t --partition -1", &["--partition"]),
        ("consume t --count 0", &["--count"]),
        ("consume t --format %q", &["--format", "%q is not known"]),
        ("consume t --format %s --json", &["--json"]),
    ] {
        let unreachable = format!("{arguments} --bootstrap 127.0.0.1:1");
        line.run(&unreachable).refused(EXIT_USAGE, words);
    }
}

#[test]
fn what_is_not_there_is_a_failure_with_what_to_do() {
    let line = with_topic("--partitions 2");
    for (arguments, words) in [
        (
            "produce none",
            &["UNKNOWN_TOPIC_OR_PARTITION", "create the topic first"][..],
        ),
        (
            "consume none",
            &["UNKNOWN_TOPIC_OR_PARTITION", "create the topic first"],
        ),
        (
            "consume t --partition 2",
            &["no partition 2", "topic describe"],
        ),
        (
            "produce t --file no.such.file",
            &["no.such.file", "No such file"],
        ),
    ] {
        line.run(arguments).refused(EXIT_FAILURE, words);
    }
    line.run_with("produce t --partition 2", b"v\n")
        .refused(EXIT_FAILURE, &["no partition 2", "0 to 1"]);
    line.run("topic alter t --set max.message.bytes=2000")
        .text();
    let large = "x".repeat(3000);
    line.run_with("produce t", large.as_bytes())
        .refused(EXIT_FAILURE, &["MESSAGE_TOO_LARGE", "max.message.bytes"]);
}

#[test]
fn batches_are_no_larger_than_asked_for() {
    let line = with_topic("");
    let values = "x".repeat(99) + "\n";
    line.run_with(
        "produce t --batch-bytes 1KiB",
        values.repeat(100).as_bytes(),
    )
    .text();
    line.run_with("produce t --batch-bytes 1", b"a\nb\n").text();
    let batches = line.run(&format!(
        "log inspect {}/t-0 --json",
        line.broker.data().display()
    ));
    let batches: Vec<Value> = batches
        .json()
        .into_iter()
        .filter(|object| object["kind"] == "batch")
        .collect();
    let records: u64 = batches
        .iter()
        .map(|batch| batch["record_count"].as_u64().expect("a count"))
        .sum();
    assert_eq!(records, 102);
    for batch in &batches {
        let bytes = batch["bytes"].as_u64().expect("a size");
        assert!(bytes <= 1024, "{batch}");
    }
    assert!(batches.len() >= 13, "{} batches", batches.len());
}
