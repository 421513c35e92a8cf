//! `log segments`, `log inspect` and `log dump` over the real binary, on directories made here batch by batch.
// A failed unwrap is a failed test, in functions that tests share too.
#![allow(clippy::unwrap_used)]

use corelane_engine::compress::Compression;
use corelane_engine::index::{OffsetIndex, TimeIndex};
use corelane_engine::record::{BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields};
use corelane_engine::types::{LeaderEpoch, Offset, Position, ProducerId, TimestampMs};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Records in each batch.
const RECORDS: i64 = 10;

fn batch(base_offset: i64, compression: Compression) -> Vec<u8> {
    let producer = ProducerFields {
        id: ProducerId(4000),
        epoch: 0,
        base_sequence: base_offset as i32,
    };
    let mut builder = BatchBuilder::new(BatchOptions {
        compression,
        producer: Some(producer),
        base_offset: Offset(base_offset),
        leader_epoch: LeaderEpoch(1),
        ..BatchOptions::default()
    });
    for offset in base_offset..base_offset + RECORDS {
        let value = format!("value {offset} {}", "x".repeat(200));
        let headers = [Header {
            key: b"carrier",
            value: Some(b"UA"),
        }];
        let key = format!("N{offset}");
        let record = NewRecord {
            timestamp_ms: 1_357_016_400_000 + offset,
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &headers,
        };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap().to_vec()
}

/// A data directory with `flights-0`: two segments of three batches, with indexes, and zeros behind the last batch.
struct Data {
    root: tempfile::TempDir,
}

impl Data {
    fn new() -> Self {
        let data = Data {
            root: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(data.partition()).unwrap();
        data.segment(0, [Compression::None, Compression::Gzip, Compression::Zstd]);
        data.segment(
            30,
            [Compression::Lz4, Compression::Snappy, Compression::None],
        );
        let last = data.file("00000000000000000030.log");
        let mut bytes = std::fs::read(&last).unwrap();
        bytes.resize(bytes.len() + 4096, 0);
        std::fs::write(last, bytes).unwrap();
        data
    }

    fn segment(&self, base_offset: i64, codecs: [Compression; 3]) {
        let mut log = Vec::new();
        let mut offsets = OffsetIndex::new(Offset(base_offset));
        let mut times = TimeIndex::new(Offset(base_offset));
        for (index, codec) in codecs.into_iter().enumerate() {
            let first = base_offset + index as i64 * RECORDS;
            let last = first + RECORDS - 1;
            if index > 0 {
                offsets
                    .append(Offset(last), Position(log.len() as u64))
                    .unwrap();
                times
                    .maybe_append(TimestampMs(1_357_016_400_000 + last), Offset(last))
                    .unwrap();
            }
            log.extend(batch(first, codec));
        }
        // An index file of Kafka's active segment is allocated ahead, with zeros behind its entries.
        let mut offset_bytes = offsets.encode();
        offset_bytes.resize(offset_bytes.len() + 800, 0);
        std::fs::write(self.file(&format!("{base_offset:020}.log")), log).unwrap();
        std::fs::write(self.file(&format!("{base_offset:020}.index")), offset_bytes).unwrap();
        std::fs::write(
            self.file(&format!("{base_offset:020}.timeindex")),
            times.encode(),
        )
        .unwrap();
    }

    fn partition(&self) -> PathBuf {
        self.root.path().join("flights-0")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.partition().join(name)
    }

    /// Changes one byte of a file.
    fn flip(&self, name: &str, position: usize) {
        let path = self.file(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[position] ^= 0x10;
        std::fs::write(path, bytes).unwrap();
    }
}

fn log(command: &str, path: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_corelane"))
        .args(["log", command])
        .arg(path)
        .args(flags)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of_kind(lines: &[Value], kind: &str) -> Vec<Value> {
    lines
        .iter()
        .filter(|line| line["kind"] == kind)
        .cloned()
        .collect()
}

#[test]
fn segments_are_listed_with_offsets_and_sizes() {
    let data = Data::new();
    let output = log("segments", data.root.path(), &["--json"]);
    assert!(output.status.success());
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (
            lines[0]["base_offset"].as_i64(),
            lines[0]["next_offset"].as_i64()
        ),
        (Some(0), Some(30))
    );
    assert_eq!(
        (
            lines[1]["batch_count"].as_i64(),
            lines[1]["record_count"].as_i64()
        ),
        (Some(3), Some(30))
    );
    assert_eq!(
        lines[1]["file_bytes"].as_i64().unwrap() - lines[1]["log_bytes"].as_i64().unwrap(),
        4096
    );
    let people = log("segments", data.root.path(), &[]);
    assert!(String::from_utf8_lossy(&people.stdout).contains("flights"));
}

#[test]
fn a_sound_partition_is_inspected_without_a_complaint() {
    let data = Data::new();
    let output = log("inspect", data.root.path(), &["--json"]);
    let lines = lines(&output);
    assert!(output.status.success(), "{lines:?}");
    let batches = of_kind(&lines, "batch");
    let codecs: Vec<_> = batches
        .iter()
        .map(|batch| batch["codec"].as_str().unwrap())
        .collect();
    assert_eq!(codecs, ["none", "gzip", "zstd", "lz4", "snappy", "none"]);
    assert!(
        of_kind(&lines, "index")
            .iter()
            .all(|index| index["agrees"] == true && index["entry_count"] == 2)
    );
    assert!(of_kind(&lines, "note").iter().any(|note| {
        note["message"]
            .as_str()
            .unwrap()
            .contains("allocated ahead")
    }));
    assert!(
        of_kind(&lines, "total")
            .iter()
            .any(|total| total["of"] == "producer" && total["name"] == "4000")
    );
    assert_eq!(of_kind(&lines, "summary")[0]["record_count"], 60);
}

#[test]
fn a_flipped_bit_is_found_with_file_position_and_offset() {
    let data = Data::new();
    let second = batch(0, Compression::None).len();
    data.flip("00000000000000000000.log", second + 80);
    let output = log("inspect", data.root.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let damage = of_kind(&lines(&output), "damage");
    assert!(
        damage[0]["file"]
            .as_str()
            .unwrap()
            .ends_with("00000000000000000000.log")
    );
    assert_eq!(damage[0]["position"], second);
    assert_eq!(damage[0]["offset"], 10);
    assert_eq!(damage[0]["damage"], "bad-crc");
    let people = log("inspect", data.root.path(), &["--summary"]);
    let text = String::from_utf8_lossy(&people.stdout).into_owned();
    assert!(text.contains(&format!("at position {second}")), "{text}");
}

#[test]
fn a_lying_index_is_found() {
    let data = Data::new();
    data.flip("00000000000000000030.index", 7);
    let output = log("inspect", &data.partition(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let damage = of_kind(&lines(&output), "damage");
    assert_eq!(damage[0]["damage"], "index-disagrees");
    assert!(
        damage[0]["file"]
            .as_str()
            .unwrap()
            .ends_with("00000000000000000030.index")
    );
}

#[test]
fn a_missing_segment_is_a_gap_and_an_overlapping_one_is_damage() {
    let data = Data::new();
    data.segment(70, [Compression::None; 3]);
    let gaps = log("inspect", &data.partition(), &["--json"]);
    let gaps = lines(&gaps);
    assert!(
        of_kind(&gaps, "note")
            .iter()
            .any(|note| note["message"].as_str().unwrap().contains("60 to 69"))
    );
    data.segment(80, [Compression::None; 3]);
    let overlap = log("inspect", &data.partition(), &["--json"]);
    assert!(
        of_kind(&lines(&overlap), "damage")
            .iter()
            .any(|damage| damage["damage"] == "segment-overlap")
    );
}

#[test]
fn index_files_are_listed_entry_by_entry() {
    let data = Data::new();
    let output = log(
        "inspect",
        &data.file("00000000000000000000.index"),
        &["--json"],
    );
    let entries = of_kind(&lines(&output), "entry");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["entry"]["offset"], 19);
}

#[test]
fn records_are_dumped_from_an_offset_up_to_a_count() {
    let data = Data::new();
    let format = [
        "--offset",
        "25",
        "--count",
        "7",
        "--format",
        "%t %p %o %k %h\\n",
    ];
    let output = log("dump", &data.partition(), &format);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let expected: String = (25..32)
        .map(|offset| format!("flights 0 {offset} N{offset} carrier=UA\n"))
        .collect();
    assert_eq!(text, expected);
}

#[test]
fn dumped_json_holds_every_part_of_a_record() {
    let data = Data::new();
    let output = log(
        "dump",
        &data.file("00000000000000000030.log"),
        &["--json", "--count", "1"],
    );
    let record = &lines(&output)[0];
    assert_eq!(
        (record["topic"].as_str(), record["offset"].as_i64()),
        (Some("flights"), Some(30))
    );
    assert_eq!(record["key"], "N30");
    assert_eq!(record["timestamp_ms"], 1_357_016_400_030_i64);
    assert_eq!(record["headers"][0]["key"], "carrier");
}

#[test]
fn a_dump_goes_on_behind_damage_and_exits_with_1() {
    let data = Data::new();
    data.flip("00000000000000000000.log", 100);
    let output = log("dump", &data.partition(), &["--format", "%o\\n"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().count(),
        50
    );
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("position 0")
    );
}

#[test]
fn nothing_is_written_and_a_read_only_directory_is_enough() {
    let data = Data::new();
    let listing = || {
        let mut files: Vec<_> = std::fs::read_dir(data.partition())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                (entry.path(), metadata.len(), metadata.modified().unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let before = listing();
    for (path, _, _) in &before {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(data.partition(), std::fs::Permissions::from_mode(0o555)).unwrap();
    for command in ["segments", "inspect", "dump"] {
        assert!(
            log(command, &data.partition(), &["--json"])
                .status
                .success(),
            "{command}"
        );
    }
    assert_eq!(listing(), before);
    std::fs::set_permissions(data.partition(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_is_no_log_is_refused_with_advice() {
    let directory = tempfile::tempdir().unwrap();
    let output = log("inspect", directory.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("name a data directory"));
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "hello").unwrap();
    assert_eq!(log("inspect", &file, &[]).status.code(), Some(2));
    assert_eq!(log("dump", &file, &[]).status.code(), Some(2));
    assert_eq!(
        log("inspect", &directory.path().join("none"), &[])
            .status
            .code(),
        Some(2)
    );
}
