//! Topics: the catalogue, placement, deletion, and what is not ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use corelane_engine::{
    Acks, CatalogueError, Engine, EngineError, Offset, ProducerId, TopicError, TopicPartition,
};

use crate::rig::{
    Model, Scene, append, batch, batch_of, block_on, create_topic, names, on_partition, pairs,
    small_config,
};

const CATALOGUE: &str = "__cluster_metadata-0/00000000000000000000.log";

#[test]
fn a_thousand_partitions_are_created_balanced_and_found_again() {
    let mut scene = Scene::new();
    let start = Instant::now();
    let topic_id = create_topic(scene.engine(), "wide", 1000, &[]).unwrap();
    println!("created 1000 partitions in {:?}", start.elapsed());
    let placement = |scene: &Scene| {
        let image = block_on(scene.engine().image());
        let topic = image.topic_by_id(topic_id).unwrap();
        let slots = topic
            .partitions
            .values()
            .map(|record| record.shard_slot.unwrap());
        slots.collect::<Vec<_>>()
    };
    let before = placement(&scene);
    let mut load = BTreeMap::new();
    for slot in &before {
        *load.entry(*slot).or_insert(0) += 1;
    }
    let (least, most) = (load.values().min().unwrap(), load.values().max().unwrap());
    assert_eq!(load.len(), scene.engine().shard_count());
    assert!(most - least <= 1, "{load:?}");
    for partition in [0, 1, 500, 999] {
        let partition = TopicPartition {
            topic_id,
            partition,
        };
        scene.append(partition, batch(1, 1, 10), Acks::Durable);
    }
    let start = Instant::now();
    scene.stop();
    println!("stopped with 1000 partitions in {:?}", start.elapsed());
    let start = Instant::now();
    scene.start();
    println!("started with 1000 partitions in {:?}", start.elapsed());
    assert_eq!(placement(&scene), before);
    let partition = TopicPartition {
        topic_id,
        partition: 999,
    };
    assert!(!scene.read_all(partition).is_empty());
    let start = Instant::now();
    block_on(scene.engine().delete_topic(topic_id)).unwrap();
    println!("deleted 1000 partitions in {:?}", start.elapsed());
}

#[test]
fn a_name_is_given_once_and_bad_names_and_configurations_are_refused() {
    let scene = Scene::new();
    create_topic(scene.engine(), "one", 1, &[]).unwrap();
    let again = create_topic(scene.engine(), "one", 1, &[]);
    assert!(matches!(again, Err(TopicError::Exists { name }) if name == "one"));
    let bad = create_topic(scene.engine(), "a/b", 1, &[]);
    assert!(matches!(bad, Err(TopicError::InvalidName { .. })));
    let unknown = create_topic(scene.engine(), "two", 1, &[("no.such.config", "1")]);
    assert!(matches!(unknown, Err(TopicError::Config(_))));
    assert_eq!(block_on(scene.engine().image()).topic_count(), 1);
}

#[test]
fn creations_at_once_are_made_one_after_the_other() {
    let scene = Scene::new();
    let engine = scene.engine();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || create_topic(engine, &format!("t{}", number % 4), 2, &[]))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(outcomes.iter().filter(|made| made.is_ok()).count(), 4);
    assert_eq!(block_on(engine.image()).topic_count(), 4);
}

#[test]
fn a_topic_made_again_under_its_name_starts_empty_and_stays_so() {
    let mut scene = Scene::new();
    let first = scene.topic("again", &[]);
    for number in 0..20 {
        scene.append(first, batch(number, 1, 5000), Acks::Written);
    }
    let mut model = Model::default();
    let mut last = first;
    for round in 0..5 {
        block_on(scene.engine().delete_topic(last.topic_id)).unwrap();
        let gone = append(scene.engine(), last, batch(0, 1, 10), Acks::Written);
        assert!(gone.is_err());
        last = scene.topic("again", &[]);
        assert!(scene.read_all(last).is_empty());
        model = Model::default();
        for number in 0..10 {
            let number = round * 100 + number;
            model.append(&scene, last, batch(number, 2, 300), Acks::Durable);
        }
        model.assert_is(&scene.read_all(last));
    }
    let unknown = block_on(scene.engine().delete_topic(first.topic_id));
    assert!(matches!(unknown, Err(TopicError::Unknown { .. })));
    for _ in 0..2 {
        scene.restart();
        model.assert_is(&scene.read_all(last));
        scene.crash();
        model.assert_is(&scene.read_all(last));
    }
}

#[test]
fn a_topic_deleted_while_it_is_written_leaves_nothing_in_the_next_one() {
    let scene = Scene::new();
    for round in 0..10 {
        let topic = scene.topic("busy", &[("segment.bytes", "1048576")]);
        assert!(scene.read_all(topic).is_empty());
        scene.on_partition(topic, move |open| async move {
            for number in 0..40 {
                let batch = crate::rig::valid(batch(round * 1000 + number, 1, 100_000));
                // The answers are not waited for: the deletion comes while writes and rolls are under way.
                drop(open.append(batch, Acks::Durable).unwrap());
            }
        });
        block_on(scene.engine().delete_topic(topic.topic_id)).unwrap();
        let next = scene.topic("busy", &[]);
        let directory = scene.directory("busy");
        assert_eq!(
            names(&directory),
            ["00000000000000000000.log", "partition.metadata"]
        );
        let appended = scene.append(next, batch(7, 1, 10), Acks::Durable);
        assert_eq!(appended.base_offset, Offset(0));
        block_on(scene.engine().delete_topic(next.topic_id)).unwrap();
    }
}

#[test]
fn added_partitions_serve_and_the_count_never_falls() {
    let mut scene = Scene::new();
    let topic_id = create_topic(scene.engine(), "grown", 2, &[]).unwrap();
    block_on(scene.engine().create_partitions(topic_id, 5)).unwrap();
    let fewer = block_on(scene.engine().create_partitions(topic_id, 5));
    assert!(matches!(
        fewer,
        Err(TopicError::NotMorePartitions {
            present: 5,
            asked: 5
        })
    ));
    for _ in 0..2 {
        for partition in 0..5 {
            let partition = TopicPartition {
                topic_id,
                partition,
            };
            scene.append(partition, batch(1, 1, 10), Acks::Durable);
        }
        scene.restart();
    }
}

#[test]
fn producer_ids_are_given_out_once_over_restarts() {
    let mut scene = Scene::new();
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..5 {
            let id = block_on(scene.engine().allocate_producer_id()).unwrap();
            assert!(ids.insert(id), "{id} was given out before");
        }
        scene.crash();
    }
}

#[test]
fn producer_ids_that_the_logs_know_are_not_given_out_by_an_older_catalogue() {
    let mut scene = Scene::new();
    let topic = scene.topic("copied", &[]);
    scene.stop();
    let path = scene.data().join(CATALOGUE);
    let older = fs::read(&path).unwrap();
    scene.start();
    let known = block_on(scene.engine().allocate_producer_id()).unwrap();
    scene.append(topic, batch_of(known, 0, 0, 1), Acks::Durable);
    // Any client may claim an id that nobody was given.
    let claimed = ProducerId(i64::MAX);
    scene.append(topic, batch_of(claimed, 0, 0, 1), Acks::Durable);
    scene.stop();
    fs::write(&path, older).unwrap();
    scene.start();
    let fresh = block_on(scene.engine().allocate_producer_id()).unwrap();
    assert_eq!(fresh.0, known.0 + 1);
    scene.restart();
    let later = block_on(scene.engine().allocate_producer_id()).unwrap();
    assert!(later > fresh, "{later} was given out before");
}

#[test]
fn a_torn_last_change_of_the_catalogue_is_cut() {
    let mut scene = Scene::new();
    let kept = scene.topic("kept", &[]);
    scene.append(kept, batch(0, 1, 10), Acks::Durable);
    let path = scene.data().join(CATALOGUE);
    let before = fs::read(&path).unwrap();
    create_topic(scene.engine(), "torn", 1, &[]).unwrap();
    scene.drop_engine();
    // A crash that tears the change comes before the directory is made.
    fs::remove_dir_all(scene.data().join("torn-0")).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in [
        before.len() + 1,
        (before.len() + whole.len()) / 2,
        whole.len() - 1,
    ] {
        fs::write(&path, &whole[..cut]).unwrap();
        scene.start();
        let image = block_on(scene.engine().image());
        assert_eq!(image.topic_count(), 1, "cut at {cut}");
        assert!(!scene.read_all(kept).is_empty());
        scene.drop_engine();
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    scene.start();
    create_topic(scene.engine(), "later", 1, &[]).unwrap();
    scene.restart();
    assert_eq!(block_on(scene.engine().image()).topic_count(), 2);
}

#[test]
fn a_damaged_catalogue_refuses_to_start_and_names_the_place() {
    let mut scene = Scene::new();
    for number in 0..5 {
        create_topic(scene.engine(), &format!("t{number}"), 1, &[]).unwrap();
    }
    scene.drop_engine();
    let path = scene.data().join(CATALOGUE);
    let whole = fs::read(&path).unwrap();
    let first = corelane_engine::record::first_batch_size(&whole).unwrap();
    // A byte of the records, of the CRC, of the magic, and the length that says where the next batch starts.
    for at in [first + 70, first + 18, first + 16, first + 9, first + 8] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        fs::write(&path, &damaged).unwrap();
        let Err(error) = Engine::open(scene.config()) else {
            panic!("the flip at {at} was not noticed");
        };
        assert!(matches!(
            &error,
            EngineError::Catalogue(CatalogueError::Damaged { position, .. })
                if position.0 == first as u64
        ));
        let message = error.to_string();
        assert!(message.contains("00000000000000000000.log"), "{message}");
        assert!(fs::read(&path).unwrap() == damaged, "nothing was cut");
    }
    fs::write(&path, &whole).unwrap();
    scene.start();
    assert_eq!(block_on(scene.engine().image()).topic_count(), 5);
}

#[test]
fn a_flip_in_the_last_change_before_a_clean_stop_is_damage_not_a_torn_tail() {
    let mut scene = Scene::new();
    create_topic(scene.engine(), "one", 1, &[]).unwrap();
    create_topic(scene.engine(), "two", 1, &[]).unwrap();
    scene.stop();
    let path = scene.data().join(CATALOGUE);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    for _ in 0..2 {
        assert!(matches!(
            Engine::open(scene.config()),
            Err(EngineError::Catalogue(CatalogueError::Damaged { .. }))
        ));
    }
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    scene.start();
    assert_eq!(block_on(scene.engine().image()).topic_count(), 2);
}

/// Puts the directory of a partition there that no catalogue knows, and returns its log's path and bytes.
fn put_unknown_partition(data: &Path, name: &str) -> (PathBuf, Vec<u8>) {
    let unknown = data.join(name);
    fs::create_dir(&unknown).unwrap();
    let metadata = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n";
    fs::write(unknown.join("partition.metadata"), metadata).unwrap();
    let path = unknown.join("00000000000000000000.log");
    let log = batch(0, 1, 10).to_vec();
    fs::write(&path, &log).unwrap();
    (path, log)
}

#[test]
fn an_engine_does_not_start_beside_a_partition_that_the_catalogue_does_not_know() {
    let mut scene = Scene::new();
    let topic = scene.topic("known", &[]);
    scene.append(topic, batch(1, 1, 10), Acks::Durable);
    scene.stop();
    let (path, log) = put_unknown_partition(scene.data(), "unknown-0");
    let catalogue = fs::read(scene.data().join(CATALOGUE)).unwrap();
    let Err(error) = Engine::open(scene.config()) else {
        panic!("the partition was not noticed");
    };
    assert!(matches!(
        &error,
        EngineError::Catalogue(CatalogueError::LostPartitions { directories, damaged_from: None, .. })
            if *directories == [scene.data().join("unknown-0")]
    ));
    let message = error.to_string();
    for named in ["unknown-0", CATALOGUE] {
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(fs::read(&path).unwrap(), log);
    assert_eq!(fs::read(scene.data().join(CATALOGUE)).unwrap(), catalogue);
    // Out of the way, it keeps nothing from starting.
    let elsewhere = scene.data().with_extension("elsewhere");
    fs::rename(scene.data().join("unknown-0"), &elsewhere).unwrap();
    scene.start();
    assert!(!scene.read_all(topic).is_empty());
    fs::remove_dir_all(elsewhere).unwrap();
}

#[test]
fn a_directory_in_the_way_of_a_new_partition_is_kept_under_another_name_and_never_adopted() {
    let mut scene = Scene::new();
    let (_, log) = put_unknown_partition(scene.data(), "foreign-0");
    let topic = scene.topic("foreign", &[]);
    assert!(scene.read_all(topic).is_empty());
    scene.append(topic, batch(1, 1, 10), Acks::Durable);
    scene.restart();
    assert!(!scene.read_all(topic).is_empty());
    // What was in the way is still somewhere.
    let aside: Vec<_> = names(scene.data())
        .into_iter()
        .filter(|name| name.starts_with("foreign-0."))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    let kept = scene
        .data()
        .join(&aside[0])
        .join("00000000000000000000.log");
    assert_eq!(fs::read(kept).unwrap(), log);
}

#[test]
fn a_directory_is_taken_once_and_its_holder_is_named() {
    let mut scene = Scene::new();
    let Err(error) = Engine::open(scene.config()) else {
        panic!("two engines on one directory");
    };
    let message = error.to_string();
    let holder = std::process::id().to_string();
    assert!(message.contains(&holder), "{message}");
    assert!(message.contains("data"), "{message}");
    // After the end of the holder the directory is free, stopped or not.
    scene.crash();
    scene.restart();
}

#[test]
fn engines_on_two_directories_live_side_by_side() {
    let (one, two) = (Scene::new(), Scene::new());
    let (first, second) = (one.topic("t", &[]), two.topic("t", &[]));
    one.append(first, batch(1, 1, 10), Acks::Durable);
    let second = append(two.engine(), second, batch(2, 2, 10), Acks::Durable).unwrap();
    assert_eq!(second.base_offset, Offset(0));
    assert_ne!(one.engine().cluster_id(), two.engine().cluster_id());
}

#[test]
fn the_identity_of_a_directory_stays() {
    let mut scene = Scene::new();
    let identity = |scene: &Scene| {
        let engine = scene.engine();
        (engine.cluster_id().to_owned(), engine.directory_id())
    };
    let before = identity(&scene);
    scene.restart();
    assert_eq!(identity(&scene), before);
}

#[test]
fn fewer_cores_serve_all_partitions() {
    let mut scene = Scene::new();
    let count = scene.engine().shard_count();
    let topic_id = create_topic(scene.engine(), "spread", 6, &[]).unwrap();
    let partition = |partition| TopicPartition {
        topic_id,
        partition,
    };
    for number in 0..6 {
        scene.append(partition(number), batch(1, 1, 10), Acks::Durable);
    }
    scene.stop();
    let mut config = small_config(scene.data());
    config.cpus = vec![first_cpu()];
    let engine = Engine::open(config).unwrap();
    assert_eq!(engine.shard_count(), 1);
    for number in 0..6 {
        let end = on_partition(&engine, partition(number), |open| async move {
            open.high_watermark()
        });
        assert_eq!(end, Offset(1));
    }
    engine.stop();
    drop(engine);
    scene.start();
    assert_eq!(scene.engine().shard_count(), count);
    let configs = pairs(&[("retention.ms", "1000")]);
    block_on(scene.engine().alter_configs(topic_id, configs)).unwrap();
}

fn first_cpu() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap();
    let first = list.trim().split([',', '-']).next().unwrap();
    first.parse().unwrap()
}
