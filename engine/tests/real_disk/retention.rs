//! What retention and DeleteRecords take away, and what stays.

use std::fs;

use corelane_engine::{
    Acks, DeleteRecordsError, Offset, PartitionError, ProducerId, ReadError, TopicPartition,
};

use crate::rig::{
    Model, Scene, append, batch, batch_at, batch_of, batches, block_on, eventually, names,
    names_ending, read, request,
};

const SEGMENT: (&str, &str) = ("segment.bytes", "1048576");

fn fill(scene: &Scene, topic: TopicPartition, timestamp_ms: i64) -> Model {
    let mut model = Model::default();
    for number in 0..80 {
        let batch = batch_at(number, 2, 25_000, timestamp_ms);
        model.append(scene, topic, batch, Acks::Written);
    }
    model
}

fn log_start(scene: &Scene, topic: TopicPartition) -> Offset {
    scene.on_partition(topic, |open| async move { open.log_start_offset() })
}

#[test]
fn retention_bytes_takes_the_oldest_segments_and_the_log_start_survives_a_restart() {
    let mut scene = Scene::with(|config| config.retention_check_interval_ms = 10);
    let topic = scene.topic(
        "kept",
        &[
            SEGMENT,
            ("retention.bytes", "1500000"),
            ("file.delete.delay.ms", "0"),
        ],
    );
    let model = fill(&scene, topic, 1_900_000_000_000);
    eventually("retention.bytes is kept", || {
        scene.on_partition(topic, |open| async move { open.size_bytes() }) <= 2_600_000
    });
    let start = log_start(&scene, topic);
    assert!(start > Offset(0));
    let directory = scene.directory("kept");
    eventually("files are gone", || {
        names_ending(&directory, ".deleted").is_empty()
    });
    let logs = names_ending(&directory, ".log");
    assert_eq!(logs[0], format!("{:020}.log", start.0));
    model.assert_is_from(start.0, &scene.read_all(topic));
    match read(scene.engine(), topic, request(Offset(0))) {
        Err(PartitionError::Refused(ReadError::OutOfRange { log_start, .. })) => {
            assert_eq!(log_start, start);
        }
        other => panic!("{other:?}"),
    }
    scene.restart();
    assert_eq!(log_start(&scene, topic), start);
    scene.crash();
    assert_eq!(log_start(&scene, topic), start);
    model.assert_is_from(start.0, &scene.read_all(topic));
}

#[test]
fn retention_ms_takes_old_records_the_active_segments_too_and_offsets_go_on() {
    let mut scene = Scene::with(|config| config.retention_check_interval_ms = 10);
    let topic = scene.topic(
        "old",
        &[SEGMENT, ("retention.ms", "60000"), ("segment.ms", "1000")],
    );
    fill(&scene, topic, 1_000_000_000_000);
    eventually("old records go", || log_start(&scene, topic) == Offset(160));
    assert!(scene.read_all(topic).is_empty());
    scene.restart();
    let appended = scene.append(topic, batch(0, 1, 10), Acks::Durable);
    assert_eq!(appended.base_offset, Offset(160));
}

#[test]
fn deleted_files_wait_for_file_delete_delay_ms() {
    let mut scene = Scene::new();
    let topic = scene.topic("delayed", &[SEGMENT, ("file.delete.delay.ms", "600000")]);
    fill(&scene, topic, 1_900_000_000_000);
    let directory = scene.directory("delayed");
    let before = names_ending(&directory, ".log").len();
    let old_plan = read(scene.engine(), topic, request(Offset(0))).unwrap();
    scene.on_partition(topic, |open| async move {
        open.delete_records_before(Offset(-1)).await.unwrap();
    });
    assert_eq!(names_ending(&directory, ".log").len(), 1);
    assert_eq!(names_ending(&directory, ".log.deleted").len(), before - 1);
    // Who had planned a read before can still do it.
    assert_eq!(
        batches(&crate::rig::bytes_of(&old_plan))[0].base_offset(),
        0
    );
    drop(old_plan);
    // What a stop leaves is removed at the next start.
    scene.restart();
    assert!(names_ending(&directory, ".deleted").is_empty());
}

#[test]
fn files_that_a_deleted_topic_had_set_aside_are_not_looked_for_in_the_next_one() {
    let scene = Scene::new();
    let set_aside = |name: &str, delay_ms: &str| {
        let topic = scene.topic(name, &[SEGMENT, ("file.delete.delay.ms", delay_ms)]);
        fill(&scene, topic, 1_900_000_000_000);
        scene.on_partition(topic, |open| async move {
            open.delete_records_before(Offset(-1)).await.unwrap();
        });
        topic
    };
    let kept = || names_ending(&scene.directory("again"), ".deleted").len();
    let first = set_aside("again", "300");
    block_on(scene.engine().delete_topic(first.topic_id)).unwrap();
    set_aside("again", "600000");
    let before = kept();
    // Set aside later than the first topic's, and gone when those would have gone.
    set_aside("clock", "400");
    eventually("the delay is over", || {
        names_ending(&scene.directory("clock"), ".deleted").is_empty()
    });
    assert!(before > 0);
    assert_eq!(kept(), before);
}

#[test]
fn delete_records_moves_the_log_start_into_a_segment_durably() {
    let mut scene = Scene::new();
    let topic = scene.topic("trimmed", &[SEGMENT, ("file.delete.delay.ms", "0")]);
    let model = fill(&scene, topic, 1_900_000_000_000);
    let delete = |scene: &Scene, offset| {
        scene.on_partition(topic, move |open| async move {
            open.delete_records_before(Offset(offset)).await
        })
    };
    assert_eq!(delete(&scene, 51).unwrap(), Offset(51));
    // Lower than the log start: nothing to do.
    assert_eq!(delete(&scene, 10).unwrap(), Offset(51));
    for outside in [161, -2] {
        match delete(&scene, outside) {
            Err(DeleteRecordsError::OutOfRange {
                offset,
                log_start,
                high_watermark,
                ..
            }) => assert_eq!(
                (offset, log_start, high_watermark),
                (Offset(outside), Offset(51), Offset(160))
            ),
            other => panic!("{other:?}"),
        }
    }
    for _ in 0..2 {
        assert_eq!(log_start(&scene, topic), Offset(51));
        // The batch that holds the log start is served whole.
        model.assert_is_from(50, &scene.read_all(topic));
        scene.crash();
    }
    assert_eq!(delete(&scene, -1).unwrap(), Offset(160));
    assert!(scene.read_all(topic).is_empty());
    let directory = scene.directory("trimmed");
    eventually("files are gone", || {
        names_ending(&directory, ".deleted").is_empty()
    });
    scene.restart();
    assert_eq!(log_start(&scene, topic), Offset(160));
    let appended = scene.append(topic, batch(0, 1, 10), Acks::Durable);
    assert_eq!(appended.base_offset, Offset(160));
    assert_eq!(appended.log_start_offset, Offset(160));
}

#[test]
fn what_delete_records_gave_up_need_not_be_found_after_a_crash() {
    // The records were never flushed on their own account; the log must not count on them afterwards.
    let mut scene = Scene::new();
    let topic = scene.topic("trimmed", &[]);
    for number in 0..10 {
        scene.append(topic, batch(number, 1, 10), Acks::Written);
    }
    let durable = scene.on_partition(topic, |open| async move {
        open.delete_records_before(Offset(7)).await.unwrap();
        open.durable_offset()
    });
    assert!(durable >= Offset(7), "durable {durable}");
    scene.crash();
    assert_eq!(log_start(&scene, topic), Offset(7));
}

#[test]
fn segments_below_the_log_start_that_a_crash_left_are_removed_at_the_next_start() {
    let mut scene = Scene::new();
    let topic = scene.topic("left", &[SEGMENT, ("file.delete.delay.ms", "0")]);
    fill(&scene, topic, 1_900_000_000_000);
    let directory = scene.directory("left");
    let first = directory.join("00000000000000000000.log");
    let copy = fs::read(&first).unwrap();
    scene.on_partition(topic, |open| async move {
        open.delete_records_before(Offset(100)).await.unwrap();
    });
    eventually("files are gone", || {
        names_ending(&directory, ".deleted").is_empty()
    });
    scene.drop_engine();
    fs::write(&first, copy).unwrap();
    scene.start();
    assert_eq!(log_start(&scene, topic), Offset(100));
    assert!(!names(&directory).contains(&"00000000000000000000.log".to_owned()));
}

#[test]
fn deletions_go_on_while_appends_do() {
    let scene = Scene::with(|config| config.retention_check_interval_ms = 1);
    let topic = scene.topic(
        "churn",
        &[
            SEGMENT,
            ("retention.bytes", "1048576"),
            ("file.delete.delay.ms", "0"),
        ],
    );
    for number in 0..300_u32 {
        let appended = scene.append(topic, batch(u64::from(number), 1, 60_000), Acks::Written);
        assert_eq!(appended.base_offset, Offset(i64::from(number)));
    }
    let bytes = scene.read_all(topic);
    let found = batches(&bytes);
    assert_eq!(found.last().unwrap().last_offset(), 299);
    assert!(found[0].base_offset() > 0);
}

#[test]
fn a_producer_that_was_idle_for_a_day_is_forgotten() {
    let scene = Scene::with(|config| config.retention_check_interval_ms = 300);
    let topic = scene.topic("idle", &[("retention.ms", "-1")]);
    let send = |sequence| {
        // Its records are of years ago.
        let batch = batch_of(ProducerId(1), 0, sequence, 1);
        append(scene.engine(), topic, batch, Acks::Written)
    };
    send(0).unwrap();
    assert!(send(5).is_err(), "a gap while the producer is known");
    eventually("the producer is forgotten", || send(5).is_ok());
}
