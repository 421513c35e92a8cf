//! Ranges of producers and the markers that decide over them: what readers of what is decided may see, over restarts,
//! crashes, rolls, damage and compaction.

use std::fs;

use bytes::Bytes;
use corelane_engine::aborted_index::AbortedRange;
use corelane_engine::compaction::HashSeed;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
use corelane_engine::{Acks, AppendError, Offset, ProducerId, ReadRequest, TopicPartition};

use super::rig::{Scene, batch, batch_of, batches, bytes_of, names_ending, read, request, valid};

const SEED: HashSeed = HashSeed([3, 5]);
const MAP_BYTES: usize = 1 << 20;
const COORDINATOR_EPOCH: i32 = 3;

/// One record of an open range.
fn open_batch(producer: i64, epoch: i16, sequence: i32, key: &str) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        producer: Some(ProducerFields {
            id: ProducerId(producer),
            epoch,
            base_sequence: sequence,
        }),
        is_transactional: true,
        ..BatchOptions::default()
    });
    let record = NewRecord {
        timestamp_ms: 1_700_000_000_000,
        key: Some(key.as_bytes()),
        value: Some(b"a value"),
        headers: &[],
    };
    builder.append(&record).unwrap();
    builder.build().unwrap()
}

fn marker(producer: i64, epoch: i16, verdict: Verdict) -> NewMarker {
    NewMarker {
        producer_id: ProducerId(producer),
        producer_epoch: epoch,
        marker: Marker {
            verdict,
            coordinator_epoch: COORDINATOR_EPOCH,
        },
        raised_epoch: false,
    }
}

fn decide(scene: &Scene, topic: TopicPartition, new: NewMarker) -> Result<i64, AppendError> {
    scene.on_partition(topic, move |open| async move {
        let pending = open.append_marker(&new)?;
        Ok(pending.await?.base_offset.0)
    })
}

fn stable_end(scene: &Scene, topic: TopicPartition) -> i64 {
    scene.on_partition(topic, |open| async move { open.last_stable_offset().0 })
}

fn aborted(scene: &Scene, topic: TopicPartition) -> Vec<(i64, i64, i64)> {
    let all = |open: std::rc::Rc<corelane_engine::Partition>| async move {
        open.aborted_ranges(Offset(0), open.high_watermark())
    };
    let numbers = |range: AbortedRange| (range.producer_id, range.first_offset, range.last_offset);
    let found = scene.on_partition(topic, all);
    found.into_iter().map(numbers).collect()
}

/// Producer 1 aborts 0..2 at 2, producer 2 commits 3 at 5, producer 1 has 4 open.
fn three_ranges(scene: &Scene, topic: TopicPartition) {
    let append = |batch| scene.append(topic, batch, Acks::Durable);
    append(open_batch(1, 0, 0, "a"));
    append(open_batch(1, 0, 1, "b"));
    assert_eq!(
        decide(scene, topic, marker(1, 0, Verdict::Abort)).unwrap(),
        2
    );
    append(open_batch(2, 0, 0, "a"));
    append(open_batch(1, 0, 2, "c"));
    assert_eq!(
        decide(scene, topic, marker(2, 0, Verdict::Commit)).unwrap(),
        5
    );
}

fn assert_three_ranges(scene: &Scene, topic: TopicPartition) {
    assert_eq!(stable_end(scene, topic), 4);
    assert_eq!(aborted(scene, topic), [(1, 0, 2)]);
}

#[test]
fn a_reader_of_what_is_decided_stops_before_what_is_open() {
    let scene = Scene::new();
    let topic = scene.topic("decided", &[]);
    three_ranges(&scene, topic);
    assert_three_ranges(&scene, topic);
    let decided = ReadRequest {
        offset_max: Some(Offset(4)),
        ..request(Offset(0))
    };
    let plan = read(scene.engine(), topic, decided).unwrap();
    let offsets: Vec<i64> = batches(&bytes_of(&plan))
        .iter()
        .map(|found| found.base_offset())
        .collect();
    assert_eq!(offsets, [0, 1, 2, 3]);
    assert_eq!(
        (plan.high_watermark, plan.last_stable_offset),
        (Offset(6), Offset(4))
    );
    decide(&scene, topic, marker(1, 0, Verdict::Abort)).unwrap();
    assert_eq!(stable_end(&scene, topic), 7);
    assert_eq!(aborted(&scene, topic), [(1, 0, 2), (1, 4, 6)]);
}

#[test]
fn decisions_outlive_stops_and_crashes() {
    let mut scene = Scene::new();
    let topic = scene.topic("decided", &[]);
    three_ranges(&scene, topic);
    scene.crash();
    assert_three_ranges(&scene, topic);
    scene.restart();
    assert_three_ranges(&scene, topic);
    scene.crash();
    assert_three_ranges(&scene, topic);
    decide(&scene, topic, marker(1, 0, Verdict::Abort)).unwrap();
    scene.restart();
    assert_eq!(aborted(&scene, topic), [(1, 0, 2), (1, 4, 6)]);
    assert_eq!(stable_end(&scene, topic), 7);
}

#[test]
fn an_aborted_index_belongs_to_the_segment_of_its_marker_and_is_made_again_when_damaged() {
    let mut scene = Scene::new();
    let topic = scene.topic("decided", &[("segment.bytes", "1048576")]);
    three_ranges(&scene, topic);
    for number in 0..30 {
        scene.append(topic, batch(number, 10, 10_000), Acks::Durable);
    }
    let end = decide(&scene, topic, marker(1, 0, Verdict::Abort)).unwrap();
    let expected = [(1, 0, 2), (1, 4, end)];
    assert_eq!(aborted(&scene, topic), expected);
    scene.restart();
    assert_eq!(aborted(&scene, topic), expected);
    let directory = scene.directory("decided");
    let indexes = names_ending(&directory, ".txnindex");
    assert_eq!(indexes.len(), 2, "{indexes:?}");
    scene.stop();
    for index in indexes {
        fs::write(directory.join(index), b"no index").unwrap();
        scene.start();
        assert_eq!(aborted(&scene, topic), expected);
        assert_eq!(stable_end(&scene, topic), end + 1);
        scene.stop();
    }
}

#[test]
fn markers_are_fenced_by_the_epochs_of_producer_and_coordinator() {
    let scene = Scene::new();
    let topic = scene.topic("decided", &[]);
    scene.append(topic, open_batch(1, 5, 0, "a"), Acks::Durable);
    let old = decide(&scene, topic, marker(1, 4, Verdict::Commit));
    assert!(matches!(old, Err(AppendError::InvalidProducerEpoch { .. })));
    decide(&scene, topic, marker(1, 6, Verdict::Abort)).unwrap();
    let mut zombie = marker(1, 6, Verdict::Commit);
    zombie.marker.coordinator_epoch = COORDINATOR_EPOCH - 1;
    let fenced = decide(&scene, topic, zombie);
    assert!(matches!(fenced, Err(AppendError::CoordinatorFenced { .. })));
    // The marker has raised the epoch: what comes late of the old one is refused.
    let late = scene.on_partition(topic, |open| async move {
        open.append(valid(open_batch(1, 5, 1, "a")), Acks::Durable)
            .map(drop)
    });
    assert!(matches!(
        late,
        Err(AppendError::InvalidProducerEpoch { .. })
    ));
    // A copy of a marker that raised the epoch does not end what the new epoch has begun.
    scene.append(topic, open_batch(1, 6, 0, "a"), Acks::Durable);
    let copy = NewMarker {
        raised_epoch: true,
        ..marker(1, 6, Verdict::Abort)
    };
    let refused = decide(&scene, topic, copy);
    assert!(matches!(
        refused,
        Err(AppendError::InvalidProducerEpoch { .. })
    ));
    let outside = scene.on_partition(topic, |open| async move {
        open.append(valid(batch_of(ProducerId(1), 6, 1, 1)), Acks::Durable)
            .map(drop)
    });
    assert!(matches!(
        outside,
        Err(AppendError::InvalidTransactionState { .. })
    ));
}

#[test]
fn compaction_drops_what_was_aborted_and_never_passes_what_is_open() {
    let mut scene = Scene::new();
    let configs = [("cleanup.policy", "compact"), ("segment.bytes", "1048576")];
    let topic = scene.topic("decided", &configs);
    let append = |scene: &Scene, batch| scene.append(topic, batch, Acks::Durable).base_offset.0;
    append(&scene, open_batch(1, 0, 0, "kept"));
    decide(&scene, topic, marker(1, 0, Verdict::Commit)).unwrap();
    append(&scene, open_batch(1, 0, 1, "kept"));
    append(&scene, open_batch(1, 0, 2, "aborted"));
    decide(&scene, topic, marker(1, 0, Verdict::Abort)).unwrap();
    append(&scene, open_batch(3, 0, 0, "open"));
    roll(&scene, topic);
    clean(&scene, topic);
    // The segment holds what is open.
    assert_eq!(aborted(&scene, topic), [(1, 2, 4)]);
    assert_eq!(keys_at(&scene, topic, 4), [0, 1, 2, 3, 4]);
    decide(&scene, topic, marker(3, 0, Verdict::Commit)).unwrap();
    // The aborted producer's last batch stays as a header while it is active.
    append(&scene, open_batch(1, 0, 3, "later"));
    decide(&scene, topic, marker(1, 0, Verdict::Commit)).unwrap();
    roll(&scene, topic);
    clean(&scene, topic);
    // Aborted records do not count as newer ones of their key, and go.
    assert_eq!(keys_at(&scene, topic, 4), [0, 1, 4]);
    assert_eq!(aborted(&scene, topic), [(1, 2, 4)]);
    scene.restart();
    assert_eq!(aborted(&scene, topic), [(1, 2, 4)]);
    clean_again(&scene, topic);
    scene.restart();
    // With nothing of the range left, the index forgets it.
    assert_eq!(aborted(&scene, topic), []);
}

/// Fills the active segment, so that the next append rolls.
fn roll(scene: &Scene, topic: TopicPartition) {
    for number in 0..11 {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let record = NewRecord {
            timestamp_ms: 1_700_000_000_000,
            key: Some(b"filler"),
            value: Some(&[number; 100_000]),
            headers: &[],
        };
        builder.append(&record).unwrap();
        scene.append(topic, builder.build().unwrap(), Acks::Durable);
    }
}

fn clean(scene: &Scene, topic: TopicPartition) {
    scene.on_partition(topic, |open| async move {
        open.clean_now(MAP_BYTES, SEED).await.unwrap();
    });
}

/// A cleaning needs something that is not clean.
fn clean_again(scene: &Scene, topic: TopicPartition) {
    roll(scene, topic);
    clean(scene, topic);
}

/// The base offsets of the batches up to `last`.
fn keys_at(scene: &Scene, topic: TopicPartition, last: i64) -> Vec<i64> {
    let all = batches(&scene.read_all(topic));
    let offsets = all.iter().map(|found| found.base_offset());
    offsets.filter(|offset| *offset <= last).collect()
}
