//! The seeds of the engine's fuzz targets, in `fuzz/seeds/<target>`: every one goes through the entry point that the
//! target calls, and those that are made here are committed as they are made.
//!
//! `CORELANE_WRITE_SEEDS=1 cargo test -p corelane-engine --test fuzz_seeds` writes them. Inputs that fuzzing found are
//! kept beside them, under names of their own.

// Helpers of tests fail by panicking, as the tests do.
#![allow(clippy::unwrap_used)]

#[path = "../src/golden_batches.rs"]
mod golden_batches;

use std::fs;
use std::path::PathBuf;

use corelane_engine::batch::{Placement, RecordBatchHeader, place};
use corelane_engine::catalogue::{
    ConfigRecord, MetadataRecord, PartitionRecord, ProducerIdsRecord, ResourceType, TopicRecord,
};
use corelane_engine::checkpoint::{
    DurableEnd, MetaProperties, encode_clean_stop, encode_partition_metadata, encode_slot,
};
use corelane_engine::compaction::checkpoint::{CleanedSegment, CleanerCheckpoint};
use corelane_engine::index::{OffsetIndex, TimeIndex};
use corelane_engine::marker::Marker;
use corelane_engine::producer_state::ProducerStates;
use corelane_engine::recovery::Place;
use corelane_engine::{
    LeaderEpoch, Offset, Position, ProducerId, ShardId, TimestampMs, batch, catalogue, checkpoint,
    compaction, file_name, index, leader_epoch, log_config, producer_state, record, recovery,
};
use golden_batches::bytes;
use uuid::Uuid;

/// All seeds of one target together; a corpus is to be read by people too.
const TARGET_BYTES_MAX: usize = 100_000;

struct Target {
    name: &'static str,
    entry_point: fn(&[u8]),
    seeds: Vec<(String, Vec<u8>)>,
}

fn target(
    name: &'static str,
    entry_point: fn(&[u8]),
    seeds: impl IntoIterator<Item = (&'static str, Vec<u8>)>,
) -> Target {
    let named = |(name, seed): (&str, Vec<u8>)| (name.to_owned(), seed);
    Target {
        name,
        entry_point,
        seeds: seeds.into_iter().map(named).collect(),
    }
}

fn targets() -> Vec<Target> {
    vec![
        target("scan", batch::fuzz_scan, logs()),
        recovery_target(),
        target("records", record::fuzz_records, batches()),
        target(
            "offset_index",
            index::offset::fuzz_offset_index,
            offset_indexes(),
        ),
        target("time_index", index::time::fuzz_time_index, time_indexes()),
        target("leader_epochs", leader_epoch::fuzz_leader_epochs, epochs()),
        target(
            "producer_snapshot",
            producer_state::fuzz_producer_snapshot,
            snapshots(),
        ),
        target("checkpoint", checkpoint::fuzz_checkpoint, small_files()),
        target("catalogue", catalogue::fuzz_catalogue, catalogues()),
        target("log_config", log_config::fuzz_log_config, configs()),
        target("file_name", file_name::fuzz_file_name, names()),
        target("damaged_scan", batch::fuzz_damaged_scan, decisions()),
        target(
            "damaged_recovery",
            recovery::fuzz_damaged_recovery,
            decisions(),
        ),
        target("compaction", compaction::fuzz_compaction, decisions()),
        target("index_lookup", index::fuzz_index_lookup, decisions()),
        target(
            "producer_history",
            producer_state::fuzz_producer_history,
            decisions(),
        ),
    ]
}

/// Bytes that structure-aware targets take for decisions: any will do.
fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(|_| byte()).collect()
}

fn decisions() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("none", Vec::new()),
        ("few", random_bytes(1, 40)),
        ("some", random_bytes(2, 200)),
        ("many", random_bytes(3, 600)),
    ]
}

/// Logs that are made of random bytes, and damaged by them. Fuzzing goes on from here.
#[test]
fn structure_aware_targets_take_random_decisions() {
    let aware = [
        batch::fuzz_damaged_scan,
        recovery::fuzz_damaged_recovery,
        compaction::fuzz_compaction,
        index::fuzz_index_lookup,
        producer_state::fuzz_producer_history,
    ];
    let count = std::env::var("CORELANE_FUZZ_INPUTS").map_or(300, |count| {
        count
            .parse()
            .expect("CORELANE_FUZZ_INPUTS is a number of inputs")
    });
    for seed in 0..count {
        let input = random_bytes(seed, 10 + (seed as usize * 7) % 500);
        for (number, entry_point) in aware.iter().enumerate() {
            let outcome = std::panic::catch_unwind(|| entry_point(&input));
            assert!(outcome.is_ok(), "target {number}, input {seed}");
        }
    }
}

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target)
}

fn committed(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).expect("every target has a folder of seeds");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_committed_seed_goes_through_its_entry_point() {
    for target in targets() {
        for (path, seed) in committed(target.name) {
            println!("{}", path.display());
            (target.entry_point)(&seed);
        }
    }
}

#[test]
fn seeds_are_committed_as_they_are_made() {
    let writes = std::env::var_os("CORELANE_WRITE_SEEDS").is_some();
    for target in targets() {
        let folder = folder(target.name);
        for (name, seed) in &target.seeds {
            let path = folder.join(name);
            if writes {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, seed).unwrap();
            }
            assert_eq!(
                fs::read(&path).ok().as_ref(),
                Some(seed),
                "{}",
                path.display()
            );
        }
        let total: usize = committed(target.name)
            .iter()
            .map(|(_, seed)| seed.len())
            .sum();
        assert!(
            total < TARGET_BYTES_MAX,
            "{} has {total} bytes",
            target.name
        );
    }
}

fn flipped(mut seed: Vec<u8>, index: usize) -> Vec<u8> {
    seed[index] ^= 0x10;
    seed
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A golden batch at another offset and epoch.
fn placed(hex: &str, base_offset: i64, leader_epoch: i32) -> Vec<u8> {
    let mut batch = bytes(hex);
    let placement = Placement {
        base_offset: Offset(base_offset),
        leader_epoch: LeaderEpoch(leader_epoch),
    };
    place(&mut batch, placement);
    batch
}

/// Three batches that follow each other, of three records each.
fn log() -> Vec<u8> {
    joined(&[
        &placed(golden_batches::PLAIN, 1000, 5),
        &placed(golden_batches::ZSTD, 1003, 5),
        &placed(golden_batches::PLAIN, 1006, 6),
    ])
}

fn logs() -> Vec<(&'static str, Vec<u8>)> {
    let second = bytes(golden_batches::PLAIN).len();
    let mut gap = log();
    place(
        &mut gap[second..],
        Placement {
            base_offset: Offset(1010),
            leader_epoch: LeaderEpoch(5),
        },
    );
    let mut torn = log();
    torn.truncate(second + 90);
    let mut hole = log();
    hole[second..second + 100].fill(0);
    vec![
        ("whole", log()),
        ("allocated-zeros", joined(&[&log(), &[0; 512]])),
        ("torn-tail", torn.clone()),
        ("torn-tail-in-allocated-zeros", joined(&[&torn, &[0; 300]])),
        ("hole-before-a-whole-batch", hole),
        ("flipped-base-offset", flipped(log(), second + 6)),
        ("flipped-length", flipped(log(), second + 10)),
        ("flipped-epoch", flipped(log(), second + 15)),
        ("flipped-magic", flipped(log(), second + 16)),
        ("flipped-crc", flipped(log(), second + 18)),
        ("flipped-record", flipped(log(), second + 70)),
        ("gap-in-offsets", gap),
        ("marker", placed(golden_batches::COMMIT_MARKER, 42, 7)),
        ("empty", Vec::new()),
        ("rubbish", (0..=255).collect()),
    ]
}

/// Every log after each of the flags that change what recovery knows.
fn recovery_target() -> Target {
    let mut seeds = Vec::new();
    for (name, log) in logs() {
        for flags in [0x00_u8, 0x05, 0x31, 0x03, 0x0d] {
            seeds.push((format!("{name}-{flags:02x}"), joined(&[&[flags], &log])));
        }
    }
    Target {
        name: "recovery",
        entry_point: recovery::fuzz_recovery,
        seeds,
    }
}

fn batches() -> Vec<(&'static str, Vec<u8>)> {
    let zstd = bytes(golden_batches::ZSTD);
    let mut many = bytes(golden_batches::PLAIN);
    many[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
    vec![
        ("plain", bytes(golden_batches::PLAIN)),
        ("transactional", bytes(golden_batches::TRANSACTIONAL)),
        ("gzip", bytes(golden_batches::GZIP)),
        ("snappy", bytes(golden_batches::SNAPPY)),
        ("lz4", bytes(golden_batches::LZ4)),
        ("zstd", zstd.clone()),
        ("log-append-time", bytes(golden_batches::LOG_APPEND_TIME)),
        ("commit-marker", bytes(golden_batches::COMMIT_MARKER)),
        ("cut", zstd[..zstd.len() - 9].to_vec()),
        ("huge-count", many),
        ("flipped-payload", flipped(zstd, 80)),
        ("unknown-codec", flipped(bytes(golden_batches::LZ4), 22)),
    ]
}

fn offset_index() -> Vec<u8> {
    let mut index = OffsetIndex::new(Offset(1000));
    for step in 1..20 {
        let position = Position(4200 * u64::try_from(step).unwrap());
        index.append(Offset(1000 + step * step), position).unwrap();
    }
    index.encode()
}

fn offset_indexes() -> Vec<(&'static str, Vec<u8>)> {
    let index = offset_index();
    vec![
        ("whole", index.clone()),
        ("preallocated", joined(&[&index, &[0; 80]])),
        ("partial-entry", index[..21].to_vec()),
        ("falling", joined(&[&index, &index[..8]])),
        ("flipped-sign", flipped(index, 8)),
        ("empty", Vec::new()),
    ]
}

fn time_indexes() -> Vec<(&'static str, Vec<u8>)> {
    let mut index = TimeIndex::new(Offset(1000));
    for step in 1..20 {
        let timestamp = TimestampMs(1_700_000_000_000 + 17 * step);
        index
            .maybe_append(timestamp, Offset(1000 + 3 * step))
            .unwrap();
    }
    let index = index.encode();
    vec![
        ("whole", index.clone()),
        ("preallocated", joined(&[&index, &[0; 120]])),
        ("partial-entry", index[..30].to_vec()),
        ("falling", joined(&[&index, &index[..12]])),
        ("flipped", flipped(index, 16)),
        ("empty", Vec::new()),
    ]
}

fn epochs() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("whole", text("0\n3\n0 0\n2 17\n9 4000000000\n")),
        ("empty", text("0\n0\n")),
        ("wrong-version", text("1\n0\n")),
        ("huge-count", text("0\n99999999999999999999\n0 0\n")),
        ("wrong-count", text("0\n2\n0 0\n")),
        ("falling", text("0\n2\n3 10\n2 20\n")),
        ("cut", text("0\n2\n0 0\n2 ")),
        ("negative", text("0\n1\n-1 5\n")),
    ]
}

fn snapshots() -> Vec<(&'static str, Vec<u8>)> {
    let mut states = ProducerStates::new();
    let empty = states.encode_snapshot();
    for hex in [
        golden_batches::TRANSACTIONAL,
        golden_batches::LOG_APPEND_TIME,
    ] {
        let batch = bytes(hex);
        let header = RecordBatchHeader::view(&batch).unwrap();
        states.update(header, header.base_offset(), None);
    }
    let open_transaction = states.encode_snapshot();
    let marker = bytes(golden_batches::COMMIT_MARKER);
    states.update(
        RecordBatchHeader::view(&marker).unwrap(),
        Offset(1003),
        Marker::read(&marker),
    );
    let whole = states.encode_snapshot();
    let mut huge_count = whole.clone();
    huge_count[6..10].copy_from_slice(&i32::MAX.to_be_bytes());
    vec![
        ("empty", empty),
        ("open-transaction", open_transaction),
        ("twice-the-same", joined(&[&whole, &whole[10..]])),
        ("flipped-crc", flipped(whole.clone(), 3)),
        ("cut", whole[..40].to_vec()),
        ("whole", whole),
        ("huge-count", huge_count),
    ]
}

fn cleaner_checkpoint() -> CleanerCheckpoint {
    let mut checkpoint = CleanerCheckpoint::NEVER;
    checkpoint.cleaned_to = Some(Offset(1100));
    checkpoint.replaced = vec![Offset(1000), Offset(1050)];
    checkpoint.note(CleanedSegment {
        base_offset: Offset(1000),
        end: Place {
            position: Position(5000),
            offset: Offset(1090),
        },
        covers_to: Offset(1100),
    });
    checkpoint
}

fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    let state = |durable_end| DurableEnd {
        durable_end: Offset(durable_end),
        segment_base_offset: Offset(1000),
        position: Position(4321),
        log_start_offset: Offset(7),
        leader_epoch: LeaderEpoch(3),
    };
    let second = encode_slot(1, &state(1150)).block;
    let first = encode_slot(2, &state(1160)).block;
    let both = joined(&[&first, &second]);
    let meta = MetaProperties {
        cluster_id: "AAAAAAAAAAEAAAAAAAAAAg".to_owned(),
        node_id: 1,
        directory_id: Uuid::from_u128(9),
    };
    let metadata = encode_partition_metadata(Uuid::from_u128(5));
    vec![
        ("two-slots", both.clone()),
        ("one-slot", joined(&[&[0; 4096], &second])),
        ("misdirected-slot", joined(&[&second, &first])),
        ("torn-slot", joined(&[&first[..30], &[0; 4066], &second])),
        ("flipped-generation", flipped(both, 12)),
        ("never-written", vec![0; 8192]),
        ("cleaner-checkpoint", cleaner_checkpoint().encode()),
        ("clean-stop", encode_clean_stop().to_vec()),
        ("clean-stop-cut", encode_clean_stop()[..9].to_vec()),
        ("meta.properties", meta.encode().into_bytes()),
        (
            "meta.properties-cut",
            meta.encode().into_bytes()[..50].to_vec(),
        ),
        ("partition.metadata", metadata.into_bytes()),
        (
            "twice-the-same-name",
            b"version: 0\nversion: 1\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg\n".to_vec(),
        ),
    ]
}

/// Records behind one another, each after its length in one byte, as the entry point takes them.
fn framed(records: &[MetadataRecord]) -> Vec<u8> {
    let frame = |record: &MetadataRecord| {
        let bytes = record.encode();
        joined(&[&[u8::try_from(bytes.len()).unwrap()], &bytes])
    };
    records.iter().flat_map(frame).collect()
}

fn catalogues() -> Vec<(&'static str, Vec<u8>)> {
    let topic_id = Uuid::from_u128(0x0123_4567_89ab_cdef);
    let topic = MetadataRecord::Topic(TopicRecord {
        name: "flights".to_owned(),
        topic_id,
    });
    let mut partition =
        PartitionRecord::on_one_node(topic_id, 0, 1, Uuid::from_u128(9), ShardId(3));
    let plain = MetadataRecord::Partition(partition.clone());
    partition.partition = 1;
    partition.leader_recovery_state = 1;
    partition.eligible_leader_replicas = Some(vec![1, 2]);
    partition.last_known_elr = Some(Vec::new());
    let tagged = MetadataRecord::Partition(partition);
    let config = |value: Option<&str>| {
        MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceType::Topic,
            resource_name: "flights".to_owned(),
            name: "retention.ms".to_owned(),
            value: value.map(str::to_owned),
        })
    };
    let ids = MetadataRecord::ProducerIds(ProducerIdsRecord {
        broker_id: 1,
        broker_epoch: 0,
        next_producer_id: ProducerId(1000),
    });
    let feature = MetadataRecord::FeatureLevel {
        name: "metadata.version".to_owned(),
        level: 29,
    };
    let gone = MetadataRecord::RemoveTopic { topic_id };
    let unknown = MetadataRecord::Unknown {
        api_key: 27,
        version: 0,
        body: vec![1, 2, 3].into(),
    };
    let whole = framed(&[
        topic.clone(),
        plain.clone(),
        tagged,
        config(Some("1000")),
        config(None),
        ids,
        feature,
        unknown,
        MetadataRecord::NoOp,
        gone.clone(),
    ]);
    vec![
        (
            "twice-the-same-topic",
            framed(&[topic.clone(), topic.clone(), gone]),
        ),
        ("partition-of-no-topic", framed(&[plain])),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("flipped-version", flipped(framed(&[topic]), 3)),
        (
            "huge-string",
            vec![9, 1, 2, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61],
        ),
        ("whole", whole),
    ]
}

fn configs() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let defaults = log_config::DEFINITIONS
        .iter()
        .map(|definition| format!("{}={}\n", definition.name, definition.default));
    vec![
        ("defaults", defaults.collect::<String>().into_bytes()),
        (
            "set",
            text("retention.ms=-1\nsegment.bytes=1048576\ncompression.type=zstd\n"),
        ),
        ("refused", text("cleanup.policy=compact,delete\n")),
        ("unknown", text("no.such=1\n")),
        ("out-of-range", text("segment.bytes=99999999999999999999\n")),
        ("ratio", text("min.cleanable.dirty.ratio=NaN\n")),
        (
            "level",
            text("compression.zstd.level=-131072\ncompression.gzip.level=0\n"),
        ),
    ]
}

fn names() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("log", text("00000000000000001000.log")),
        ("index", text("00000000000000001000.index")),
        ("timeindex", text("00000000000000001000.timeindex")),
        ("snapshot", text("00000000000000001000.snapshot")),
        ("deleted", text("00000000000000001000.txnindex.deleted")),
        ("huge-offset", text("99999999999999999999.log")),
        ("partition", text("a-b.c_d-12")),
        ("leading-zero", text("flights-00")),
        (
            "deleted-partition",
            text("flights-0.000102030405060708090a0b0c0d0e0f-delete"),
        ),
        (
            "longest-topic",
            format!("{}-2147483647", "t".repeat(249)).into_bytes(),
        ),
        ("dots", text("..-1")),
        ("not-text", vec![0xff, 0xfe, b'-', b'1']),
    ]
}
