//! What compaction keeps, where readers find it, and what a crash in the middle of it leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bytes::Bytes;
use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::compaction::HashSeed;
use corelane_engine::compaction::checkpoint::{CLEANER_CHECKPOINT, CleanerCheckpoint};
use corelane_engine::compress::Compression;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields, Records};
use corelane_engine::{Acks, Offset, ProducerId, TimestampMs, TopicPartition};

use crate::rig::{
    Scene, batch_of, batches, block_on, eventually, names, names_ending, pairs, read, request,
    scratch,
};

const COMPACT: [(&str, &str); 4] = [
    ("cleanup.policy", "compact"),
    ("segment.bytes", "1048576"),
    ("index.interval.bytes", "1024"),
    ("file.delete.delay.ms", "0"),
];
const SEED: HashSeed = HashSeed([3, 5]);
const MAP_BYTES: usize = 4 << 20;
const NOW_MS: i64 = 1_700_000_000_000;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// A record's offset, timestamp and value.
type Place = (i64, i64, Option<Vec<u8>>);

/// The newest record of each key.
type Newest = BTreeMap<Vec<u8>, Place>;

/// What was written to one topic.
#[derive(Default)]
struct Written {
    newest: Newest,
    end: i64,
}

impl Written {
    fn append(
        &mut self,
        scene: &Scene,
        topic: TopicPartition,
        compression: Compression,
        records: &[(Vec<u8>, Option<Vec<u8>>)],
    ) {
        let batch = keyed(compression, None, self.end, records);
        let base = scene.append(topic, batch, Acks::Written).base_offset.0;
        for (delta, (key, value)) in records.iter().enumerate() {
            let offset = base + delta as i64;
            let timestamp = NOW_MS + self.end + delta as i64;
            self.newest
                .insert(key.clone(), (offset, timestamp, value.clone()));
        }
        self.end = base + records.len() as i64;
    }

    /// Batches of a few records, keys of `keys`, until about `bytes` are written.
    fn fill(
        &mut self,
        scene: &Scene,
        topic: TopicPartition,
        dice: &mut Dice,
        keys: u64,
        bytes: usize,
    ) {
        let codecs = [
            Compression::None,
            Compression::None,
            Compression::Lz4,
            Compression::Zstd,
            Compression::Snappy,
            Compression::Gzip,
        ];
        let mut written = 0;
        while written < bytes {
            let codec = codecs[dice.below(codecs.len() as u64) as usize];
            let count = 1 + dice.below(30);
            let records: Vec<_> = (0..count)
                .map(|_| {
                    let key = format!("key-{}", dice.below(keys)).into_bytes();
                    let length = 500 + dice.below(1500) as usize;
                    let value = (0..length).map(|_| dice.below(251) as u8).collect();
                    (key, Some(value).filter(|_| dice.below(12) > 0))
                })
                .collect();
            written += records.len() * 1200;
            self.append(scene, topic, codec, &records);
        }
    }

    /// The log holds the newest record of each key where it was written, and reads arrive at it from every offset.
    fn assert_in(&self, scene: &Scene, topic: TopicPartition) {
        let bytes = scene.read_all(topic);
        let found = records(&bytes);
        let last: Newest = found.iter().cloned().collect();
        assert_eq!(last.len(), self.newest.len(), "keys in the log");
        for (key, newest) in &self.newest {
            let key_text = String::from_utf8_lossy(key);
            let found = last
                .get(key)
                .unwrap_or_else(|| panic!("{key_text} is gone"));
            assert!(
                found == newest,
                "{key_text}: {:?} instead of {:?}",
                found.0,
                newest.0
            );
        }
        assert!(found.windows(2).all(|pair| pair[0].1.0 < pair[1].1.0));
    }
}

/// A batch of keyed records whose timestamps tell their offsets.
fn keyed(
    compression: Compression,
    producer: Option<ProducerFields>,
    offset: i64,
    records: &[(Vec<u8>, Option<Vec<u8>>)],
) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        compression,
        producer,
        ..BatchOptions::default()
    });
    for (delta, (key, value)) in records.iter().enumerate() {
        builder
            .append(&NewRecord {
                timestamp_ms: NOW_MS + offset + delta as i64,
                key: Some(key),
                value: value.as_deref(),
                ..NewRecord::default()
            })
            .expect("the batch is small");
    }
    builder.build().expect("the batch has records")
}

/// Key and place of every record.
fn records(bytes: &[u8]) -> Vec<(Vec<u8>, Place)> {
    let mut found = Vec::new();
    for batch in batches(bytes) {
        for record in &Records::open(&batch.bytes).expect("a batch") {
            let record = record.expect("a record");
            let key = record.key.expect("all have keys").to_vec();
            let value = record.value.map(<[u8]>::to_vec);
            found.push((key, (record.offset.0, record.timestamp.0, value)));
        }
    }
    found
}

fn clean(scene: &Scene, topic: TopicPartition) {
    clean_within(scene, topic, MAP_BYTES);
}

fn clean_within(scene: &Scene, topic: TopicPartition, map_bytes: usize) {
    scene.on_partition(topic, move |open| async move {
        open.clean_now(map_bytes, SEED)
            .await
            .expect("it can be cleaned");
    });
}

/// Offsets of the sealed part, and how many bytes it has.
fn sealed(scene: &Scene, topic: &str) -> (i64, u64) {
    let directory = scene.directory(topic);
    let logs = names_ending(&directory, ".log");
    let (active, sealed) = logs.split_last().expect("there is an active segment");
    let bytes = |name: &String| {
        fs::metadata(directory.join(name))
            .expect("it is there")
            .len()
    };
    let active = active[..20].parse().expect("a base offset");
    (active, sealed.iter().map(bytes).sum())
}

#[test]
fn compaction_keeps_the_newest_record_of_every_key_at_its_offset_through_restarts_and_crashes() {
    let mut scene = Scene::new();
    let topic = scene.topic("keys", &COMPACT);
    let (mut written, mut dice) = (Written::default(), Dice(1));
    for round in 0..4 {
        written.fill(&scene, topic, &mut dice, 300, 4 << 20);
        let (active, before) = sealed(&scene, "keys");
        clean(&scene, topic);
        let (_, after) = sealed(&scene, "keys");
        assert!(
            after < before / 2,
            "round {round}: {before} to {after} bytes"
        );
        written.assert_in(&scene, topic);
        let bytes = scene.read_all(topic);
        let old: Vec<_> = records(&bytes)
            .into_iter()
            .filter(|record| record.1.0 < active)
            .map(|record| record.0)
            .collect();
        let distinct: BTreeSet<_> = old.iter().collect();
        assert_eq!(
            old.len(),
            distinct.len(),
            "one record of each key in what was cleaned"
        );
        match round {
            0 => {}
            1 => scene.restart(),
            _ => scene.crash(),
        }
        let refused = scene.on_partition(topic, |open| async move { open.refused() });
        assert_eq!(refused, None);
        assert_eq!(scene.read_all(topic), bytes);
    }
}

#[test]
fn a_read_at_an_offset_that_is_gone_begins_with_the_next_batch_that_is_there() {
    let scene = Scene::new();
    let topic = scene.topic("holes", &COMPACT);
    let (mut written, mut dice) = (Written::default(), Dice(2));
    written.fill(&scene, topic, &mut dice, 40, 5 << 20);
    clean(&scene, topic);
    let bytes = scene.read_all(topic);
    let ends: Vec<i64> = batches(&bytes)
        .iter()
        .map(|batch| batch.last_offset())
        .collect();
    let mut holes = 0;
    for offset in 0..written.end {
        let plan = read(scene.engine(), topic, request(Offset(offset))).expect("it can be read");
        let bytes = crate::rig::bytes_of(&plan);
        let first = RecordBatchHeader::view(&bytes)
            .unwrap_or_else(|| panic!("no batch at {offset}, with {ends:?}"));
        let expected = ends.iter().find(|end| **end >= offset);
        assert_eq!(
            first.last_offset().map(|end| end.0).as_ref(),
            expected,
            "at {offset}"
        );
        holes += usize::from(first.base_offset().0 > offset);
    }
    assert!(holes > 1000, "{holes} offsets are gone");
}

#[test]
fn times_are_found_in_a_compacted_log() {
    let mut scene = Scene::new();
    let topic = scene.topic("times", &COMPACT);
    let (mut written, mut dice) = (Written::default(), Dice(3));
    written.fill(&scene, topic, &mut dice, 100, 4 << 20);
    clean(&scene, topic);
    for _ in 0..2 {
        let places: Vec<_> = records(&scene.read_all(topic))
            .into_iter()
            .map(|record| record.1)
            .collect();
        for asked in (0..written.end).step_by(37) {
            let found = scene.on_partition(topic, move |open| async move {
                open.offset_for_timestamp(TimestampMs(NOW_MS + asked))
                    .await
                    .expect("it can be read")
            });
            let expected = places.iter().find(|place| place.1 >= NOW_MS + asked);
            assert_eq!(
                found.map(|found| (found.offset.0, found.timestamp.0)),
                expected.map(|place| (place.0, place.1)),
                "at {asked}"
            );
        }
        scene.restart();
    }
}

#[test]
fn a_map_that_is_too_small_takes_more_rounds_and_comes_to_the_same() {
    let scene = Scene::new();
    let topic = scene.topic("small", &COMPACT);
    let mut written = Written::default();
    // More keys than one piece of the map takes, twice.
    for round in 0..2_u8 {
        for first in (0..60_000_u32).step_by(500) {
            let records: Vec<_> = (first..first + 500)
                .map(|key| (key.to_be_bytes().to_vec(), Some(vec![round; 40])))
                .collect();
            written.append(&scene, topic, Compression::None, &records);
        }
    }
    let mut rounds = 0;
    let (active, _) = sealed(&scene, "small");
    let cleaned_to = |scene: &Scene| {
        scene.on_partition(topic, |open| async move { open.cleaner().cleaned_to() })
    };
    while cleaned_to(&scene) != Some(Offset(active)) {
        clean_within(&scene, topic, 0);
        rounds += 1;
        assert!(rounds < 10);
        written.assert_in(&scene, topic);
    }
    let counts = scene.on_partition(topic, |open| async move { open.cleaner().counts() });
    assert!(rounds >= 3, "{rounds} rounds, {counts:?}");
    let keys: Vec<_> = records(&scene.read_all(topic));
    let old = keys.iter().filter(|record| record.1.0 < active).count();
    let distinct: BTreeSet<_> = keys
        .iter()
        .filter(|record| record.1.0 < active)
        .map(|record| &record.0)
        .collect();
    assert_eq!(old, distinct.len());
}

#[test]
fn a_tombstone_outlives_its_value_and_goes_after_delete_retention_ms() {
    let scene = Scene::new();
    let configs = [&COMPACT[..], &[("delete.retention.ms", "400")]].concat();
    let topic = scene.topic("tombs", &configs);
    let mut written = Written::default();
    let key = |n: u32| n.to_be_bytes().to_vec();
    for n in 0..200 {
        let value = Some(vec![7; 10_000]);
        written.append(&scene, topic, Compression::None, &[(key(n), value)]);
    }
    for n in 0..200 {
        written.append(&scene, topic, Compression::None, &[(key(n), None)]);
    }
    // What follows seals the tombstones' segment.
    for n in 1000..1150 {
        let value = Some(vec![7; 10_000]);
        written.append(&scene, topic, Compression::None, &[(key(n), value)]);
    }
    let tombstones = |scene: &Scene| {
        let found = records(&scene.read_all(topic));
        let of_old = found.iter().filter(|record| record.0 < key(1000));
        let values = of_old.clone().filter(|record| record.1.2.is_some()).count();
        (values, of_old.count() - values)
    };
    clean(&scene, topic);
    written.assert_in(&scene, topic);
    assert_eq!(tombstones(&scene), (0, 200));
    std::thread::sleep(std::time::Duration::from_millis(450));
    // Something dirty has to be there for the next cleaning.
    for n in 2000..2150 {
        let value = Some(vec![7; 10_000]);
        written.append(&scene, topic, Compression::None, &[(key(n), value)]);
    }
    clean(&scene, topic);
    assert_eq!(tombstones(&scene), (0, 0));
}

#[test]
fn an_active_producers_last_batch_stays_without_its_records_and_its_sequence_goes_on() {
    let mut scene = Scene::new();
    let topic = scene.topic("producer", &COMPACT);
    let producer = |sequence| ProducerFields {
        id: ProducerId(9),
        epoch: 2,
        base_sequence: sequence,
    };
    let record = [(b"k".to_vec(), Some(b"by producer 9".to_vec()))];
    for sequence in 0..7 {
        let batch = keyed(
            Compression::None,
            Some(producer(sequence)),
            1 << 40,
            &record,
        );
        scene.append(topic, batch, Acks::Written);
    }
    let mut written = Written {
        end: 7,
        ..Written::default()
    };
    let newer = [(b"k".to_vec(), Some(vec![1; 500]))];
    written.append(&scene, topic, Compression::None, &newer);
    written.fill(&scene, topic, &mut Dice(4), 5, 3 << 20);
    clean(&scene, topic);
    written.assert_in(&scene, topic);
    let bytes = scene.read_all(topic);
    let of_producer: Vec<_> = batches(&bytes)
        .into_iter()
        .filter(|batch| batch.header.producer_id() == ProducerId(9))
        .collect();
    assert_eq!(of_producer.len(), 1);
    let kept = &of_producer[0].header;
    assert_eq!((kept.record_count(), kept.base_offset()), (0, Offset(6)));
    assert_eq!((kept.base_sequence(), kept.producer_epoch()), (6, 2));
    assert!(kept.max_timestamp() > TimestampMs(NOW_MS + written.end));
    let largest = scene.on_partition(topic, |open| async move { open.max_timestamp().await });
    let largest = largest.expect("it can be read").expect("there are records");
    let found = records(&bytes);
    let newest = found.iter().map(|record| record.1.1).max();
    assert_eq!(
        Some(largest.timestamp.0),
        newest,
        "a batch without records has no time"
    );
    // Without any snapshot the producer's state is in the log alone.
    scene.drop_engine();
    let directory = scene.directory("producer");
    for name in names_ending(&directory, ".snapshot") {
        fs::remove_file(directory.join(name)).expect("it is there");
    }
    scene.start();
    let next = |sequence| {
        let batch = batch_of(ProducerId(9), 2, sequence, 1);
        crate::rig::append(scene.engine(), topic, batch, Acks::Written)
    };
    assert!(next(9).is_err(), "a gap in the sequence");
    assert!(next(6).expect("a retry").duplicate);
    assert!(next(7).is_ok());
}

#[test]
fn the_background_cleaner_follows_an_altered_policy_without_a_restart() {
    let scene = Scene::with(|config| config.compaction_check_interval_ms = 10);
    let topic = scene.topic(
        "altered",
        &[COMPACT[1], ("min.cleanable.dirty.ratio", "0.1")],
    );
    let (mut written, mut dice) = (Written::default(), Dice(5));
    written.fill(&scene, topic, &mut dice, 50, 4 << 20);
    let (_, before) = sealed(&scene, "altered");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(
        sealed(&scene, "altered").1,
        before,
        "not compacted by default"
    );
    let configs = pairs(&[COMPACT[0], COMPACT[1], ("min.cleanable.dirty.ratio", "0.1")]);
    block_on(scene.engine().alter_configs(topic.topic_id, configs)).expect("it can be altered");
    eventually("the log is compacted", || {
        sealed(&scene, "altered").1 < before / 4
    });
    written.assert_in(&scene, topic);
}

#[test]
fn reads_go_on_while_segments_are_replaced_under_them() {
    let scene = Scene::with(|config| {
        config.compaction_check_interval_ms = 1;
        config.tail_cache_bytes = 1 << 20;
    });
    let configs = [&COMPACT[..], &[("min.cleanable.dirty.ratio", "0")]].concat();
    let topic = scene.topic("busy", &configs);
    let (mut written, mut dice) = (Written::default(), Dice(6));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    let mut reads = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        // Whole, intact batches in rising order, whatever is swapped meanwhile.
                        let bytes = scene.read_all(topic);
                        let found = batches(&bytes);
                        assert!(
                            found
                                .windows(2)
                                .all(|pair| pair[0].last_offset() < pair[1].base_offset())
                        );
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for _ in 0..8 {
            written.fill(&scene, topic, &mut dice, 60, 2 << 20);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().expect("the reader is well") > 0);
        }
    });
    let swaps = scene.on_partition(
        topic,
        |open| async move { open.cleaner().counts().cleanings },
    );
    assert!(swaps > 1, "{swaps} cleanings");
    written.assert_in(&scene, topic);
}

/// Copies the files of a directory.
fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).expect("it can be copied");
    }
}

/// A rename of a swap.
type Rename = (String, String);

/// The swap that led from the files in `old` to those in `new`: what its checkpoint said, and its renames in order.
fn swap_between(old: &Path, new: &Path) -> (CleanerCheckpoint, Vec<Rename>) {
    let logs = names_ending(old, ".log");
    let replaced = &logs[..logs.len() - 1];
    assert!(replaced.len() > 2, "several segments became one");
    assert_eq!(names_ending(new, ".log").len(), 2, "with the active one");
    let bytes = fs::read(new.join(CLEANER_CHECKPOINT)).expect("it is there");
    let mut checkpoint = CleanerCheckpoint::decode(&bytes).expect("it is whole");
    checkpoint.cleaned_to = None;
    let base = |name: &String| Offset(name[..20].parse().expect("a base offset"));
    checkpoint.replaced = replaced.iter().map(base).collect();
    let mut renames = Vec::new();
    for other in &replaced[1..] {
        for kind in ["log", "index", "timeindex", "snapshot"] {
            let from = format!("{}.{kind}", &other[..20]);
            assert!(old.join(&from).exists());
            renames.push((from.clone(), format!("{from}.deleted")));
        }
    }
    for live in cleaned_names(replaced) {
        renames.push((live.clone(), format!("{live}.deleted")));
        renames.push((format!("{live}.cleaned"), live));
    }
    (checkpoint, renames)
}

/// The names of the files that compaction writes in the place of `replaced`.
fn cleaned_names(replaced: &[String]) -> [String; 3] {
    ["log", "index", "timeindex"].map(|kind| format!("{}.{kind}", &replaced[0][..20]))
}

/// Starts on a copy of `image` without the marker of a clean stop; returns what the log holds.
fn start_on(scene: &mut Scene, topic: TopicPartition, image: &Path) -> Vec<u8> {
    let directory = scene.directory("swap");
    fs::remove_dir_all(&directory).expect("it is there");
    copy_directory(image, &directory);
    let _ = fs::remove_file(scene.data().join(".clean-stop"));
    scene.start();
    let refused = scene.on_partition(topic, |open| async move { open.refused() });
    assert_eq!(refused, None);
    let bytes = scene.read_all(topic);
    let left = names(&directory);
    let is_left = |name: &&String| name.ends_with(".cleaned") || name.ends_with(".deleted");
    assert_eq!(left.iter().find(is_left), None);
    if let Ok(checkpoint) = fs::read(directory.join(CLEANER_CHECKPOINT)) {
        let checkpoint = CleanerCheckpoint::decode(&checkpoint).expect("it is whole");
        assert!(checkpoint.replaced.is_empty());
    }
    scene.stop();
    bytes
}

#[test]
fn a_crash_at_any_step_of_the_swap_leaves_the_old_segments_or_the_new_one() {
    let mut scene = Scene::new();
    let topic = scene.topic("swap", &COMPACT);
    let mut written = Written::default();
    written.fill(&scene, topic, &mut Dice(7), 20, 5 << 20);
    let before = scene.read_all(topic);
    scene.stop();
    let kept = scratch();
    let (old, new) = (kept.path().join("old"), kept.path().join("new"));
    let directory = scene.directory("swap");
    copy_directory(&directory, &old);
    scene.start();
    // So large that all sealed segments become one.
    let configs = pairs(&[COMPACT[0], COMPACT[2], COMPACT[3]]);
    block_on(scene.engine().alter_configs(topic.topic_id, configs)).expect("it can be altered");
    clean(&scene, topic);
    let after = scene.read_all(topic);
    scene.stop();
    copy_directory(&directory, &new);
    assert!(after.len() < before.len() / 3);

    let (checkpoint, renames) = swap_between(&old, &new);
    let image = kept.path().join("image");
    let fresh = |cleaned_part: usize| {
        let _ = fs::remove_dir_all(&image);
        copy_directory(&old, &image);
        for live in cleaned_names(&names_ending(&old, ".log")) {
            let bytes = fs::read(new.join(&live)).expect("it is there");
            let part = bytes.len() * cleaned_part / 100;
            fs::write(image.join(format!("{live}.cleaned")), &bytes[..part])
                .expect("it can be written");
        }
    };
    for cleaned_part in [0, 50, 100] {
        fresh(cleaned_part);
        assert!(
            start_on(&mut scene, topic, &image) == before,
            "{cleaned_part} % written"
        );
    }
    let mut dice = Dice(8);
    for state in 0..=renames.len() + 20 {
        fresh(100);
        fs::write(image.join(CLEANER_CHECKPOINT), checkpoint.encode()).expect("it can be written");
        for (step, (from, to)) in renames.iter().enumerate() {
            // Each first part of the renames; then some of them, as a disk without order may leave it.
            let is_done = match state > renames.len() {
                true => dice.below(2) == 0,
                false => step < state,
            };
            if is_done {
                fs::rename(image.join(from), image.join(to)).expect("it is there");
            }
        }
        assert!(
            start_on(&mut scene, topic, &image) == after,
            "state {state}"
        );
    }
    assert!(start_on(&mut scene, topic, &new) == after);
    scene.start();
    written.assert_in(&scene, topic);
}

#[test]
fn a_checkpoint_of_a_swap_whose_new_segment_is_missing_takes_nothing_away() {
    let mut scene = Scene::new();
    let topic = scene.topic("swap", &COMPACT);
    let mut written = Written::default();
    written.fill(&scene, topic, &mut Dice(9), 20, 5 << 20);
    scene.stop();
    let directory = scene.directory("swap");
    let logs = names_ending(&directory, ".log");
    let base = |name: &String| Offset(name[..20].parse().expect("a base offset"));
    let mut checkpoint = CleanerCheckpoint::NEVER;
    checkpoint.note(corelane_engine::compaction::checkpoint::CleanedSegment {
        base_offset: Offset(0),
        end: corelane_engine::recovery::Place {
            position: corelane_engine::Position(1234),
            offset: base(&logs[2]),
        },
        covers_to: base(&logs[2]),
    });
    checkpoint.replaced = vec![Offset(0), base(&logs[1])];
    fs::write(directory.join(CLEANER_CHECKPOINT), checkpoint.encode()).expect("it can be written");
    scene.start();
    assert_eq!(names_ending(&directory, ".log"), logs);
    written.assert_in(&scene, topic);
}

#[test]
fn a_missing_or_shortened_segment_in_a_compacted_log_is_refused() {
    let mut scene = Scene::new();
    let topic = scene.topic("swap", &COMPACT);
    let (mut written, mut dice) = (Written::default(), Dice(10));
    written.fill(&scene, topic, &mut dice, 2000, 5 << 20);
    clean(&scene, topic);
    written.fill(&scene, topic, &mut dice, 2000, 1 << 20);
    scene.stop();
    let directory = scene.directory("swap");
    let kept = scratch();
    let image = kept.path().join("image");
    copy_directory(&directory, &image);
    let logs = names_ending(&directory, ".log");
    assert!(logs.len() > 3);
    let refused = |scene: &mut Scene| {
        scene.start();
        let refused = scene.on_partition(topic, |open| async move { open.refused() });
        scene.drop_engine();
        fs::remove_dir_all(&directory).expect("it is there");
        copy_directory(&image, &directory);
        refused.is_some()
    };
    assert!(!refused(&mut scene), "as it was");
    fs::remove_file(directory.join(&logs[1])).expect("it is there");
    assert!(refused(&mut scene), "a segment is missing");
    let bytes = fs::read(directory.join(&logs[1])).expect("it is there");
    let whole = batches(&bytes);
    let last = whole.last().expect("a batch").bytes.len();
    fs::write(directory.join(&logs[1]), &bytes[..bytes.len() - last]).expect("it can be written");
    assert!(refused(&mut scene), "a segment has lost its last batch");
    fs::remove_file(directory.join(CLEANER_CHECKPOINT)).expect("it is there");
    assert!(refused(&mut scene), "nothing says that gaps may be");
    scene.start();
}

#[test]
fn a_crash_in_the_midst_of_cleanings_loses_no_key() {
    let mut scene = Scene::with(|config| config.compaction_check_interval_ms = 1);
    let configs = [&COMPACT[..], &[("min.cleanable.dirty.ratio", "0")]].concat();
    let topic = scene.topic("crashes", &configs);
    let (mut written, mut dice) = (Written::default(), Dice(11));
    for _ in 0..12 {
        written.fill(&scene, topic, &mut dice, 400, 1500 << 10);
        let wait = dice.below(12_000);
        std::thread::sleep(std::time::Duration::from_micros(wait));
        scene.crash();
        let refused = scene.on_partition(topic, |open| async move { open.refused() });
        assert_eq!(refused, None);
        written.assert_in(&scene, topic);
    }
}

#[test]
fn damage_in_a_segment_is_not_copied_under_a_new_checksum() {
    let mut scene = Scene::new();
    let topic = scene.topic("rot", &COMPACT);
    let mut written = Written::default();
    written.fill(&scene, topic, &mut Dice(12), 20, 3 << 20);
    scene.stop();
    let path = scene
        .directory("rot")
        .join(&names_ending(&scene.directory("rot"), ".log")[0]);
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[5000] ^= 1;
    fs::write(&path, &bytes).expect("it can be written");
    scene.start();
    let outcome = scene.on_partition(topic, |open| async move {
        open.clean_now(MAP_BYTES, SEED)
            .await
            .map_err(|error| error.to_string())
    });
    let error = outcome.expect_err("it is damaged");
    assert!(error.contains("CRC"), "{error}");
    assert_eq!(fs::read(&path).expect("it is there"), bytes);
}

#[test]
fn compacted_topics_lose_segments_to_retention_only_where_the_policy_says_so() {
    let scene = Scene::with(|config| config.retention_check_interval_ms = 10);
    let kept = scene.topic(
        "kept",
        &[&COMPACT[..], &[("retention.bytes", "1")]].concat(),
    );
    let both = [
        ("cleanup.policy", "compact,delete"),
        COMPACT[1],
        COMPACT[3],
        ("retention.bytes", "1"),
    ];
    let both = scene.topic("both", &both);
    let mut written = [Written::default(), Written::default()];
    for (written, topic) in written.iter_mut().zip([kept, both]) {
        written.fill(&scene, topic, &mut Dice(13), 20, 3 << 20);
    }
    let start = |topic| scene.on_partition(topic, |open| async move { open.log_start_offset() });
    eventually("retention deletes", || start(both) > Offset(0));
    assert_eq!(start(kept), Offset(0));
    written[0].assert_in(&scene, kept);
}
