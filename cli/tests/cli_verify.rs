//! `log verify` on directories that real brokers wrote: clean ones, damaged ones, running ones, and copies taken while
//! a broker writes.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use support::broker::{Broker, Target, scratch_parent};
use support::clients::{CODECS, Client, TopicWrite, create_topics};
use support::clients_are_installed;
use support::flights::{PARTITIONS, flights};
use support::written::{Written, consume, copy_tree, create_topic, lines, log, produce, value};

/// Exit codes.
const CLEAN: Option<i32> = Some(0);
const DAMAGED: Option<i32> = Some(1);
const UNREADABLE: Option<i32> = Some(74);

fn verify(path: &Path) -> Output {
    log("verify", path, &["--json"])
}

/// The names of what is damaged.
fn damages(output: &Output) -> Vec<String> {
    let damages = lines(output)
        .into_iter()
        .filter(|line| line["kind"] == "damage");
    damages
        .map(|line| line["name"].as_str().expect("a name").to_owned())
        .collect()
}

fn notes(output: &Output) -> Vec<String> {
    let notes = lines(output)
        .into_iter()
        .filter(|line| line["kind"] == "note");
    notes
        .map(|line| line["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_directory_after_a_clean_stop_is_clean_and_nothing_is_written() {
    let written = Written::copy();
    let before = written.hashes();
    let output = verify(&written.data());
    assert_eq!(output.status.code(), CLEAN, "{output:?}");
    let lines = lines(&output);
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["kind"], "summary");
    assert_eq!(summary["result"], "clean");
    assert_eq!(summary["broker_is_running"], false);
    assert_eq!(summary["partition_count"], 2);
    assert_eq!(summary["damage_count"], 0);
    // The catalogue has records of its own.
    assert!(summary["record_count"].as_u64() >= Some(support::written::RECORDS as u64));
    assert!(summary["segment_count"].as_u64() >= Some(4), "{summary}");
    assert_eq!(written.hashes(), before);
    for path in [written.partition(), written.file(0, "log")] {
        assert_eq!(verify(&path).status.code(), CLEAN, "{}", path.display());
    }
}

#[test]
fn every_sort_of_damage_is_found_by_its_name_and_place() {
    let first = Written::copy();
    let bases = first.base_offsets();
    let (second, last) = (bases[1], *bases.last().expect("segments"));
    let batches = first.batches(second);
    let (position, _, offset, _) = batches[5];
    let log_cases: [(usize, &str); 5] = [
        (position + 7, "wrong-base-offset"),
        (position + 9, "bad-length"),
        (position + 15, "wrong-epoch"),
        (position + 16, "bad-magic"),
        (position + 200, "bad-crc"),
    ];
    for (at, name) in log_cases {
        let written = Written::copy();
        let log = written.file(second, "log");
        written.edit(&log, |bytes| bytes[at] ^= 0x40);
        let output = verify(&written.data());
        assert_eq!(output.status.code(), DAMAGED, "{name}");
        assert_eq!(damages(&output), [name], "{output:?}");
        let line = &lines(&output)[0];
        assert_eq!(line["position"], position, "{name}");
        assert_eq!(line["offset"], offset, "{name}");
        assert_eq!(line["file"], log.display().to_string());
        assert_eq!(
            verify(&log).status.code(),
            DAMAGED,
            "{name} in the file alone"
        );
    }
    type Case<'c> = (&'c str, &'c dyn Fn(&Written));
    let cases: [Case<'_>; 11] = [
        ("missing-segment", &|written| {
            std::fs::remove_file(written.file(second, "log")).expect("removed");
        }),
        ("missing-segment", &|written| {
            std::fs::remove_file(written.file(0, "log")).expect("removed");
        }),
        ("shorter-than-durable-end", &|written| {
            let (end, ..) = *written.batches(last).last().expect("batches");
            written.edit(&written.file(last, "log"), |bytes| bytes.truncate(end));
        }),
        ("torn-tail", &|written| {
            let (end, ..) = *written.batches(last).last().expect("batches");
            written.edit(&written.file(last, "log"), |bytes| {
                bytes.truncate(end + 100)
            });
        }),
        ("foreign-segment", &|written| {
            std::fs::copy(written.file(second, "log"), written.file(second + 3, "log"))
                .expect("copied");
        }),
        ("index-disagrees", &|written| {
            written.edit(&written.file(second, "index"), |bytes| bytes[7] ^= 1);
        }),
        ("index-disagrees", &|written| {
            // A stale index: that of the log before its last batches were written and it was cut.
            let index = std::fs::read(written.file(0, "index")).expect("an index");
            std::fs::write(written.file(second, "index"), index).expect("written");
        }),
        ("bad-index", &|written| {
            written.edit(&written.file(second, "timeindex"), |bytes| {
                bytes.truncate(13)
            });
        }),
        ("bad-snapshot", &|written| {
            written.edit(&written.file(second, "snapshot"), |bytes| bytes[4] ^= 1);
        }),
        ("bad-checkpoint-slot", &|written| {
            written.edit(&written.partition().join("durable-end"), |bytes| {
                bytes[20] ^= 1
            });
        }),
        ("bad-checkpoint", &|written| {
            written.edit(
                &written.partition().join("leader-epoch-checkpoint"),
                |bytes| bytes[0] = b'9',
            );
        }),
    ];
    for (name, damage) in cases {
        let written = Written::copy();
        damage(&written);
        let output = verify(&written.data());
        assert_eq!(output.status.code(), DAMAGED, "{name}: {output:?}");
        assert!(
            damages(&output).contains(&name.to_owned()),
            "{name}: {output:?}"
        );
    }
}

/// The names of what is said of a place, damage or note.
fn said_of(output: &Output, file: &Path, kind: &str) -> Vec<String> {
    let lines = lines(output).into_iter();
    lines
        .filter(|line| line["kind"] == kind && line["file"] == file.display().to_string())
        .map(|line| line["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn a_partition_of_the_catalogue_without_a_directory_is_damage() {
    let written = Written::copy();
    std::fs::remove_dir_all(written.partition()).expect("removed");
    let output = verify(&written.data());
    assert_eq!(output.status.code(), DAMAGED, "{output:?}");
    let said = said_of(&output, &written.partition(), "damage");
    assert_eq!(said, ["missing-partition"], "{output:?}");
    let people = log("verify", &written.data(), &[]);
    let text = String::from_utf8_lossy(&people.stdout).into_owned();
    assert!(text.contains("its directory is missing"), "{text}");
}

#[test]
fn a_directory_that_the_catalogue_does_not_know_is_damage_where_it_holds_records() {
    let written = Written::copy();
    let (other, empty) = (
        written.data().join("arrivals-3"),
        written.data().join("arrivals-4"),
    );
    copy_tree(&written.partition(), &other);
    std::fs::create_dir(&empty).expect("a folder");
    std::fs::write(empty.join("00000000000000000000.log"), [0; 8192]).expect("a file");
    for has_id in [true, false] {
        if !has_id {
            std::fs::write(other.join("partition.metadata"), "version: ?").expect("written");
        }
        let output = verify(&written.data());
        assert_eq!(output.status.code(), DAMAGED, "{output:?}");
        assert_eq!(said_of(&output, &other, "damage"), ["unknown-partition"]);
        assert_eq!(said_of(&output, &empty, "note"), ["unknown-partition"]);
        assert_eq!(damages(&output), ["unknown-partition"], "{output:?}");
        // Apart from its data directory there is nothing to compare it with.
        assert_eq!(verify(&other).status.code(), CLEAN);
    }
}

#[test]
fn a_partition_that_names_another_topic_is_damage() {
    let written = Written::copy();
    let metadata = written.partition().join("partition.metadata");
    let id = "topic_id: AAAAAAAAAAAAAAAAAAAAAQ";
    std::fs::write(&metadata, format!("version: 0\n{id}\n")).expect("written");
    let output = verify(&written.data());
    assert_eq!(output.status.code(), DAMAGED, "{output:?}");
    assert_eq!(said_of(&output, &metadata, "damage"), ["foreign-partition"]);
    std::fs::write(&metadata, "torn").expect("written");
    let output = verify(&written.data());
    assert_eq!(output.status.code(), CLEAN, "{output:?}");
    assert_eq!(
        said_of(&output, &metadata, "note"),
        ["bad-partition-metadata"]
    );
}

#[test]
fn what_cannot_be_read_is_not_called_damaged() {
    let written = Written::copy();
    let log = written.file(0, "log");
    // Root reads whatever it likes; a directory in the place of a file is what it cannot read either.
    std::fs::remove_file(&log).expect("removed");
    std::fs::create_dir(&log).expect("a folder");
    let output = verify(&written.partition());
    assert_eq!(output.status.code(), UNREADABLE, "{output:?}");
    assert!(
        lines(&output)
            .iter()
            .any(|line| line["kind"] == "unreadable")
    );
    assert_eq!(
        lines(&output).last().expect("a summary")["result"],
        "unreadable"
    );
}

#[test]
fn a_read_only_directory_is_enough() {
    let written = Written::copy();
    std::fs::set_permissions(written.partition(), PermissionsExt::from_mode(0o555)).expect("set");
    assert_eq!(verify(&written.data()).status.code(), CLEAN);
    std::fs::set_permissions(written.partition(), PermissionsExt::from_mode(0o755)).expect("set");
}

#[test]
fn the_torn_tail_of_a_killed_broker_is_unfinished_and_not_damaged() {
    let written = Written::copy();
    let (mut server, address) = written.serve();
    produce(address, &written.data(), "none", &[value(1)]);
    server.kill_and_free(address);
    std::fs::remove_file(written.data().join("lines.txt")).expect("removed");
    let last = *written.base_offsets().last().expect("segments");
    let (end, length, ..) = *written.batches(last).last().expect("batches");
    written.edit(&written.file(last, "log"), |bytes| {
        bytes[end + length..][..90].fill(0x55)
    });
    let output = verify(&written.data());
    assert_eq!(output.status.code(), CLEAN, "{output:?}");
    assert!(
        notes(&output).contains(&"unfinished-tail".to_owned()),
        "{output:?}"
    );
    let people = log("verify", &written.data(), &[]);
    let text = String::from_utf8_lossy(&people.stdout).into_owned();
    assert!(text.contains("recovery will cut it"), "{text}");
}

#[test]
fn a_running_broker_is_named_and_its_moving_tail_is_no_damage() {
    let mut broker = Broker::start_target(Target::Corelane);
    create_topic(broker.address());
    let values: Vec<String> = (0..20_000).map(value).collect();
    let address = broker.address();
    let folder = broker.scratch().to_owned();
    let load = std::thread::spawn(move || produce(address, &folder, "none", &values));
    let mut runs = 0;
    while !load.is_finished() || runs == 0 {
        let output = verify(broker.data());
        assert_eq!(output.status.code(), CLEAN, "{output:?}");
        assert_eq!(
            lines(&output).last().expect("a summary")["broker_is_running"],
            true
        );
        runs += 1;
    }
    load.join().expect("the load went through");
    broker.stop();
}

#[test]
fn a_copy_of_the_files_of_a_running_broker_opens_and_holds_what_was_acknowledged_before_it() {
    let mut broker = Broker::start_target(Target::Corelane);
    create_topic(broker.address());
    let before: Vec<String> = (0..2_000).map(value).collect();
    produce(broker.address(), broker.scratch(), "none", &before);
    // The checkpoint follows within 100 ms; a copy before that would be as good, and its tail would be cut as torn.
    let values: Vec<String> = (0..20_000).map(value).collect();
    let address = broker.address();
    let folder = broker.scratch().to_owned();
    let load = std::thread::spawn(move || produce(address, &folder, "none", &values));
    std::thread::sleep(Duration::from_millis(50));
    let copy = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    copy_as_documented(broker.data(), &copy.path().join("data"));
    assert!(
        !load.is_finished(),
        "the copy was taken while the broker wrote"
    );
    load.join().expect("the load went through");
    broker.stop();
    let output = verify(&copy.path().join("data"));
    assert_eq!(output.status.code(), CLEAN, "{output:?}");
    let written = Written::of(copy);
    let (mut server, address) = written.serve();
    let found = consume(address);
    for (offset, value) in before.iter().enumerate() {
        assert_eq!(found.get(&offset), Some(value), "offset {offset}");
    }
    produce(address, &written.data(), "none", &[value(0)]);
    assert_eq!(consume(address).len(), found.len() + 1);
    assert!(server.terminate(Duration::from_secs(10)).success());
}

/// `docs/operations.md`: checkpoints, then the logs in the order of their offsets, then the rest of each partition is
/// left out, as it is made again.
fn copy_as_documented(from: &Path, to: &Path) {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        names.sort();
        names
    };
    std::fs::create_dir(to).expect("a folder");
    for path in names(from) {
        let target = to.join(path.file_name().expect("a name"));
        if path.is_file() {
            let is_moving = path.ends_with(".lock") || path.ends_with(".clean-stop");
            if !is_moving {
                std::fs::copy(&path, target).expect("copied");
            }
            continue;
        }
        if path.ends_with("__cluster_metadata-0") {
            copy_tree(&path, &target);
            continue;
        }
        std::fs::create_dir(&target).expect("a folder");
        let small = [
            "durable-end",
            "leader-epoch-checkpoint",
            "partition.metadata",
        ]
        .map(|name| path.join(name));
        let logs = names(&path)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|kind| kind == "log"));
        for file in small.into_iter().filter(|file| file.exists()).chain(logs) {
            std::fs::copy(&file, target.join(file.file_name().expect("a name"))).expect("copied");
        }
    }
}

#[test]
fn the_directories_of_apache_kafka_are_verified_running_killed_and_stopped() {
    if !clients_are_installed("log verify on Kafka's directories") {
        return;
    }
    let records = flights(5_000);
    let mut broker = Broker::start_target(Target::Kafka);
    let writes: Vec<TopicWrite> = CODECS
        .iter()
        .map(|codec| TopicWrite {
            topic: format!("flights-{codec}"),
            codec,
        })
        .collect();
    let topics: Vec<String> = writes.iter().map(|write| write.topic.clone()).collect();
    let settings = "segment.bytes=1048576,index.interval.bytes=1024,retention.ms=-1";
    create_topics(&broker.bootstrap(), PARTITIONS, settings, &topics);
    Client::FranzGo.produce(&broker.bootstrap(), broker.scratch(), &records, &writes);
    let output = verify(broker.data());
    assert_eq!(output.status.code(), CLEAN, "running: {output:?}");
    assert_eq!(
        lines(&output).last().expect("a summary")["broker_is_running"],
        true
    );
    let address = broker.address();
    broker.server().kill_and_free(address);
    let output = verify(broker.data());
    assert_eq!(output.status.code(), CLEAN, "killed: {output:?}");
    broker.restart();
    broker.stop();
    let output = verify(broker.data());
    assert_eq!(output.status.code(), CLEAN, "stopped: {output:?}");
    let summary = lines(&output).last().expect("a summary").clone();
    assert!(
        summary["record_count"].as_u64() >= Some(5_000 * CODECS.len() as u64),
        "{summary}"
    );
    let log = broker
        .data()
        .join("flights-none-0/00000000000000000000.log");
    let mut bytes = std::fs::read(&log).expect("a log");
    bytes[300] ^= 1;
    std::fs::write(&log, bytes).expect("written");
    let output = verify(broker.data());
    assert_eq!(output.status.code(), DAMAGED);
    assert_eq!(damages(&output), ["bad-crc"], "{output:?}");
}
