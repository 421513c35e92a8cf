//! Rolls, reads across segments, and the indexes that are never evidence about the log.

use std::fs;

use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records};
use corelane_engine::{Acks, Offset, TimestampMs, TopicPartition};

use crate::rig::{
    Model, Scene, batch, batch_at, batches, block_on, bytes_of, eventually, names_ending, pairs,
    read, request,
};

const SEGMENT: (&str, &str) = ("segment.bytes", "1048576");

/// Four segments of batches of all sizes.
fn fill(scene: &Scene, topic: TopicPartition) -> Model {
    let mut model = Model::default();
    for number in 0..220 {
        let count = 1 + number as usize % 5;
        let batch = batch_at(
            number,
            count,
            (997 * number as usize) % 8000,
            1_700_000_000_000 + (number as i64 * 37) % 5000,
        );
        model.append(scene, topic, batch, Acks::Written);
    }
    model
}

#[test]
fn a_log_rolls_at_segment_bytes_and_reads_go_on_across_segments() {
    let scene = Scene::new();
    let topic = scene.topic("rolled", &[SEGMENT]);
    let model = fill(&scene, topic);
    let logs = names_ending(&scene.directory("rolled"), ".log");
    assert!(logs.len() >= 3, "{logs:?}");
    for log in &logs[..logs.len() - 1] {
        let path = scene.directory("rolled").join(log);
        eventually("sealed segments lose what was allocated ahead", || {
            let length = fs::metadata(&path).unwrap().len();
            length <= 1 << 20 && length > 1_000_000
        });
    }
    model.assert_is(&scene.read_all(topic));
}

#[test]
fn every_offset_is_found_as_a_linear_scan_finds_it() {
    let scene = Scene::new();
    let topic = scene.topic("scanned", &[SEGMENT]);
    let mut expected = Vec::new();
    for number in 0..4000_u64 {
        let count = 1 + number as usize % 3;
        let appended = scene.append(topic, batch(number, count, 100), Acks::Written);
        expected.extend((0..count).map(|_| appended.base_offset.0));
    }
    assert!(names_ending(&scene.directory("scanned"), ".log").len() > 1);
    scene.on_partition(topic, |open| async move {
        for (offset, base_offset) in expected.iter().enumerate() {
            let mut request = request(Offset(offset as i64));
            request.bytes_max = 1;
            let plan = open.read(request).await.unwrap();
            let found = batches(&bytes_of(&plan));
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].base_offset(), *base_offset, "offset {offset}");
        }
    });
}

#[test]
fn a_log_rolls_when_its_index_is_full() {
    let scene = Scene::new();
    let configs = [("segment.index.bytes", "80"), ("index.interval.bytes", "0")];
    let topic = scene.topic("indexed", &configs);
    let mut model = Model::default();
    for number in 0..50 {
        model.append(&scene, topic, batch(number, 1, 10), Acks::Written);
    }
    assert!(names_ending(&scene.directory("indexed"), ".log").len() > 3);
    model.assert_is(&scene.read_all(topic));
}

#[test]
fn a_log_rolls_at_segment_ms_by_the_timestamps_of_its_records() {
    let scene = Scene::new();
    let topic = scene.topic("aged", &[("segment.ms", "1000")]);
    let logs = || names_ending(&scene.directory("aged"), ".log");
    // Records of long ago, as a copy of another cluster brings them, do not roll a segment each.
    for number in 0..10 {
        scene.append(topic, batch_at(number, 1, 10, 1_000_000), Acks::Written);
    }
    assert_eq!(logs(), ["00000000000000000000.log"]);
    scene.append(topic, batch_at(10, 1, 10, 1_001_001), Acks::Written);
    assert_eq!(logs().last().unwrap(), "00000000000000000010.log");
    // Records without a timestamp count from when their segment was made.
    scene.append(topic, batch_at(11, 1, 10, 1_002_002), Acks::Written);
    assert_eq!(logs().len(), 3);
}

#[test]
fn records_without_timestamps_do_not_roll_a_segment_each() {
    let scene = Scene::new();
    let topic = scene.topic("timeless", &[]);
    for number in 0..5 {
        scene.append(topic, batch_at(number, 1, 10, -1), Acks::Written);
    }
    assert_eq!(names_ending(&scene.directory("timeless"), ".log").len(), 1);
}

fn records_of(scene: &Scene, topic: TopicPartition) -> Vec<(i64, i64)> {
    let mut records = Vec::new();
    for batch in batches(&scene.read_all(topic)) {
        let opened = Records::open(&batch.bytes).unwrap();
        for record in opened.iter() {
            let record = record.unwrap();
            records.push((record.timestamp.0, record.offset.0));
        }
    }
    records
}

fn assert_times_are_found(scene: &Scene, topic: TopicPartition) {
    let records = records_of(scene, topic);
    let mut times: Vec<i64> = records
        .iter()
        .flat_map(|(timestamp, _)| [timestamp - 1, *timestamp, timestamp + 1])
        .collect();
    times.sort_unstable();
    times.dedup();
    let step = (times.len() / 300).max(1);
    let asked: Vec<i64> = times
        .into_iter()
        .step_by(step)
        .chain([0, i64::MAX])
        .collect();
    let (found, largest) = scene.on_partition(topic, {
        let asked = asked.clone();
        |open| async move {
            let mut found = Vec::new();
            for timestamp in asked {
                found.push(
                    open.offset_for_timestamp(TimestampMs(timestamp))
                        .await
                        .unwrap(),
                );
            }
            (found, open.max_timestamp().await.unwrap())
        }
    });
    for (timestamp, found) in asked.iter().zip(found) {
        let scanned = records.iter().find(|(at, _)| at >= timestamp);
        let found = found.map(|found| (found.timestamp.0, found.offset.0));
        assert_eq!(found.as_ref(), scanned, "for timestamp {timestamp}");
    }
    let scanned = records.iter().map(|(timestamp, _)| *timestamp).max();
    assert_eq!(largest.map(|largest| largest.timestamp.0), scanned);
    let largest = largest.map(|largest| (largest.timestamp.0, largest.offset.0));
    assert_eq!(
        largest.as_ref(),
        records.iter().find(|(at, _)| Some(*at) == scanned)
    );
}

/// Timestamps that jump back and forth, several in a batch.
fn fill_with_times(scene: &Scene, topic: TopicPartition) {
    for number in 0..900_i64 {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        for record in 0..3 {
            let jump = (number * 7919 + record * 104_729) % 5000;
            builder
                .append(&NewRecord {
                    timestamp_ms: 1_700_000_000_000 + number * 10 + jump,
                    value: Some(&[7; 900]),
                    ..NewRecord::default()
                })
                .unwrap();
        }
        scene.append(topic, builder.build().unwrap(), Acks::Written);
    }
}

#[test]
fn timestamps_are_found_as_a_linear_scan_finds_them() {
    let mut scene = Scene::new();
    let topic = scene.topic("timed", &[SEGMENT]);
    fill_with_times(&scene, topic);
    assert!(names_ending(&scene.directory("timed"), ".log").len() > 1);
    assert_times_are_found(&scene, topic);
    scene.restart();
    assert_times_are_found(&scene, topic);
    scene.append(topic, batch_at(1, 1, 10, 1_700_000_000_500), Acks::Written);
    scene.crash();
    assert_times_are_found(&scene, topic);
}

#[test]
fn without_its_index_files_a_log_answers_the_same() {
    let mut scene = Scene::new();
    let topic = scene.topic("timed", &[SEGMENT]);
    fill_with_times(&scene, topic);
    let before = scene.read_all(topic);
    for clean in [true, false] {
        if clean {
            scene.stop();
        } else {
            scene.drop_engine();
        }
        let directory = scene.directory("timed");
        for end in [".index", ".timeindex"] {
            for name in names_ending(&directory, end) {
                fs::remove_file(directory.join(name)).unwrap();
            }
        }
        scene.start();
        assert_times_are_found(&scene, topic);
        assert!(scene.read_all(topic) == before);
    }
}

#[test]
fn damaged_index_files_are_made_again() {
    let mut scene = Scene::new();
    let topic = scene.topic("timed", &[SEGMENT]);
    fill_with_times(&scene, topic);
    let before = scene.read_all(topic);
    scene.stop();
    let directory = scene.directory("timed");
    for (turn, end) in [(0, ".index"), (1, ".timeindex")] {
        for (number, name) in names_ending(&directory, end).into_iter().enumerate() {
            let path = directory.join(name);
            let mut bytes = fs::read(&path).unwrap();
            match (number + turn) % 3 {
                0 => bytes.truncate(bytes.len() / 2),
                1 => bytes.fill(0xff),
                _ => bytes.fill(0),
            }
            fs::write(&path, bytes).unwrap();
        }
    }
    scene.start();
    assert_times_are_found(&scene, topic);
    assert!(scene.read_all(topic) == before);
}

#[test]
fn an_index_file_longer_than_its_log_does_not_mislead() {
    // A power cut may keep index entries of batches that it took away. Later batches must not be looked up by them.
    let mut scene = Scene::new();
    let topic = scene.topic("stale", &[("index.interval.bytes", "0"), SEGMENT]);
    for number in 0..20 {
        scene.append(topic, batch(number, 1, 500), Acks::Durable);
    }
    scene.stop();
    let path = scene.directory("stale").join("00000000000000000000.index");
    let mut index = fs::read(&path).unwrap();
    for entry in 0..30_u32 {
        index.extend((500 + entry).to_be_bytes());
        index.extend((40_000 + 17 * entry).to_be_bytes());
    }
    fs::write(&path, index).unwrap();
    fs::remove_file(scene.data().join(".clean-stop")).unwrap();
    scene.start();
    for number in 20..2100 {
        scene.append(topic, batch(number, 1, 600), Acks::Written);
    }
    assert!(names_ending(&scene.directory("stale"), ".log").len() > 1);
    for _ in 0..2 {
        for offset in (0..2100).step_by(7) {
            let plan = read(scene.engine(), topic, request(Offset(offset))).unwrap();
            assert_eq!(batches(&bytes_of(&plan))[0].base_offset(), offset);
        }
        scene.restart();
    }
}

#[test]
fn configurations_altered_live_hold_at_once_and_after_a_restart() {
    let mut scene = Scene::new();
    let topic = scene.topic("altered", &[]);
    for number in 0..3 {
        scene.append(topic, batch(number, 1, 600_000), Acks::Written);
    }
    let count = |scene: &Scene| names_ending(&scene.directory("altered"), ".log").len();
    assert_eq!(count(&scene), 1);
    let configs = pairs(&[SEGMENT]);
    block_on(scene.engine().alter_configs(topic.topic_id, configs)).unwrap();
    scene.append(topic, batch(3, 1, 600_000), Acks::Written);
    assert_eq!(count(&scene), 2);
    scene.restart();
    let image = block_on(scene.engine().image());
    assert_eq!(
        image.topic_configs("altered").collect::<Vec<_>>(),
        [SEGMENT]
    );
    scene.append(topic, batch(4, 1, 600_000), Acks::Written);
    assert_eq!(count(&scene), 3);
    block_on(scene.engine().alter_configs(topic.topic_id, pairs(&[]))).unwrap();
    scene.append(topic, batch(5, 1, 600_000), Acks::Written);
    assert_eq!(count(&scene), 3);
}
