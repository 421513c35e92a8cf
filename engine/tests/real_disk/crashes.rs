//! Restarts: after a stop, after SIGKILL, and over files that were damaged in between.
//!
//! The child that is killed is this test binary itself, told by the environment which part to play.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use corelane_engine::checkpoint::decode_slots;
use corelane_engine::leader_epoch::LeaderEpochs;
use corelane_engine::{
    Acks, AppendError, Engine, LeaderEpoch, Offset, PartitionError, ProducerId, ReadError,
    TopicPartition,
};

use crate::rig::{
    Model, Scene, append, batch, batch_of, batches, block_on, bytes_of, create_topic, names,
    names_ending, read, read_from, request, scratch, small_config,
};

const CHILD_DATA: &str = "CORELANE_TEST_CHILD_DATA";
const FIRST_LOG: &str = "00000000000000000000.log";
const PRODUCER: ProducerId = ProducerId(42);
const SEGMENT: (&str, &str) = ("segment.bytes", "1048576");

fn child_batch(number: u64) -> Bytes {
    match number % 4 {
        0 => batch_of(PRODUCER, 0, (number / 4) as i32, 1),
        1 => batch(number, 3, 11_000),
        _ => batch(number, 2, 100 + (number as usize * 131) % 900),
    }
}

/// Not a claim but a part: appends and tells each acknowledgement, until it is killed.
#[test]
fn the_child_that_is_killed() {
    let Some(data) = std::env::var_os(CHILD_DATA) else {
        return;
    };
    let engine = Engine::open(small_config(Path::new(&data))).unwrap();
    let topic_id = create_topic(&engine, "killed", 1, &[SEGMENT]).unwrap();
    let partition = TopicPartition {
        topic_id,
        partition: 0,
    };
    let mut out = std::io::stderr().lock();
    writeln!(out, "topic {}", topic_id.simple()).unwrap();
    for number in 0.. {
        let acks = if number % 3 == 0 {
            Acks::Durable
        } else {
            Acks::Written
        };
        let appended = append(&engine, partition, child_batch(number), acks).unwrap();
        writeln!(out, "acked {number} {}", appended.base_offset.0).unwrap();
    }
}

struct Killed {
    partition: TopicPartition,
    model: Model,
}

fn start_child(data: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crashes::the_child_that_is_killed",
            "--nocapture",
        ])
        .env(CHILD_DATA, data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs the child until it has told `count` acknowledgements, then kills it.
fn run_and_kill(data: &Path, count: u64) -> Killed {
    let mut child = start_child(data);
    let mut partition = None;
    let mut model = Model::default();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["topic", id] => partition = Some(uuid::Uuid::parse_str(id).unwrap()),
            ["acked", number, offset] => {
                let number = number.parse().unwrap();
                model
                    .batches
                    .push((offset.parse().unwrap(), child_batch(number)));
                if number + 1 == count {
                    child.kill().unwrap();
                }
            }
            _ => {}
        }
    }
    child.wait().unwrap();
    Killed {
        partition: TopicPartition {
            topic_id: partition.expect("the child has told its topic"),
            partition: 0,
        },
        model,
    }
}

/// The log holds what was acknowledged, byte for byte; what was under way at the kill may follow.
fn assert_holds(engine: &Engine, killed: &Killed) -> Vec<u8> {
    let bytes = read_from(engine, killed.partition, Offset(0));
    let found = batches(&bytes);
    let count = killed.model.batches.len();
    assert!(found.len() >= count, "{} of {count} batches", found.len());
    assert!(found.len() <= count + 1, "more than was under way");
    let kept: Vec<u8> = found[..count]
        .iter()
        .flat_map(|batch| batch.bytes.to_vec())
        .collect();
    killed.model.assert_is(&kept);
    bytes
}

#[test]
fn a_killed_process_has_lost_nothing_that_it_acknowledged() {
    for count in [1, 2, 7, 60, 350] {
        let scratch = scratch();
        let data = scratch.path().join("data");
        let killed = run_and_kill(&data, count);
        let mut scene = Scene::at(&data);
        let first = assert_holds(scene.engine(), &killed);
        // A recovery that crashes itself, and one more, change nothing.
        scene.crash();
        assert!(assert_holds(scene.engine(), &killed) == first);
        let next = scene.append(killed.partition, batch(9999, 1, 10), Acks::Durable);
        assert_eq!(
            next.base_offset.0,
            batches(&first).last().unwrap().last_offset() + 1
        );
        scene.restart();
        let bytes = scene.read_all(killed.partition);
        assert!(bytes.starts_with(&first) && bytes.len() > first.len());
    }
}

#[test]
fn after_a_kill_a_retry_of_the_last_five_batches_is_known() {
    let scratch = scratch();
    let data = scratch.path().join("data");
    let killed = run_and_kill(&data, 200);
    let mut scene = Scene::at(&data);
    let last = batches(&read_from(scene.engine(), killed.partition, Offset(0)))
        .iter()
        .filter(|batch| batch.header.producer_id() == PRODUCER)
        .map(|batch| (batch.header.base_sequence(), batch.base_offset()))
        .collect::<Vec<_>>();
    assert!(last.len() >= 50);
    for _ in 0..2 {
        for (sequence, offset) in &last[last.len() - 5..] {
            let retry = batch_of(PRODUCER, 0, *sequence, 1);
            let again = scene.append(killed.partition, retry, Acks::Durable);
            assert!(again.duplicate);
            assert_eq!(again.base_offset.0, *offset);
        }
        // Known after a clean stop as well.
        scene.restart();
    }
}

#[test]
fn a_log_is_the_same_after_every_kind_of_restart() {
    let mut scene = Scene::new();
    let topic = scene.topic("kept", &[SEGMENT]);
    let mut model = Model::default();
    for round in 0..6 {
        for number in 0..25 {
            let number = round * 100 + number;
            let acks = if number % 4 == 0 {
                Acks::Durable
            } else {
                Acks::Written
            };
            model.append(&scene, topic, batch(number, 2, 7000), acks);
        }
        if round % 2 == 0 {
            scene.restart();
        } else {
            scene.crash();
        }
        model.assert_is(&scene.read_all(topic));
    }
    let snapshots = names_ending(&scene.directory("kept"), ".snapshot");
    let logs = names_ending(&scene.directory("kept"), ".log");
    assert!(
        snapshots.len() <= logs.len() + 1,
        "{snapshots:?} for {logs:?}"
    );
}

#[test]
fn a_kill_at_any_time_finds_a_snapshot_that_the_checkpoint_reaches() {
    let scene = Scene::new();
    let topic = scene.topic("saved", &[]);
    let directory = scene.directory("saved");
    let mut has_one = false;
    // More than is appended between three saves.
    for number in 0..250 {
        scene.append(topic, batch(number, 1, 900_000), Acks::Durable);
        let snapshots = names_ending(&directory, ".snapshot");
        let slots = fs::read(directory.join("durable-end")).unwrap_or_default();
        let Ok(checkpoint) = decode_slots(&slots) else {
            continue;
        };
        let is_reached = snapshots.iter().any(|name| {
            let offset: i64 = name.trim_end_matches(".snapshot").parse().unwrap();
            offset <= checkpoint.durable_end.durable_end.0
        });
        assert!(is_reached || !has_one, "{snapshots:?} at {checkpoint:?}");
        has_one |= is_reached;
    }
    assert!(has_one);
}

#[test]
fn the_idempotent_window_survives_rolls_stops_and_crashes() {
    let mut scene = Scene::new();
    let topic = scene.topic("idempotent", &[SEGMENT]);
    let mut sent = Vec::new();
    for round in 0..4 {
        for _ in 0..7 {
            let sequence = sent.len() as i32;
            let appended = scene.append(topic, batch_of(PRODUCER, 0, sequence, 1), Acks::Durable);
            assert!(!appended.duplicate);
            sent.push(appended.base_offset);
            scene.append(topic, batch(1, 1, 300_000), Acks::Written);
        }
        match round % 2 {
            0 => scene.restart(),
            _ => scene.crash(),
        }
        for (sequence, offset) in sent.iter().enumerate().skip(sent.len() - 5) {
            let retry = batch_of(PRODUCER, 0, sequence as i32, 1);
            let again = scene.append(topic, retry, Acks::Durable);
            assert_eq!((again.duplicate, again.base_offset), (true, *offset));
        }
        let gap = batch_of(PRODUCER, 0, sent.len() as i32 + 1, 1);
        assert!(matches!(
            append(scene.engine(), topic, gap, Acks::Durable),
            Err(PartitionError::Refused(
                AppendError::OutOfOrderSequence { .. }
            ))
        ));
    }
}

#[test]
fn a_snapshot_taken_at_a_roll_does_not_hold_batches_that_are_only_queued() {
    let mut scene = Scene::new();
    let topic = scene.topic("queued", &[SEGMENT]);
    let offsets = scene.on_partition(topic, |open| async move {
        let mut pending = Vec::new();
        for sequence in 0..40 {
            let sent = crate::rig::valid(batch_of(PRODUCER, 0, sequence, 1));
            pending.push(open.append(sent, Acks::Written).unwrap());
            let large = crate::rig::valid(batch(1, 1, 200_000));
            drop(open.append(large, Acks::Written).unwrap());
        }
        let mut offsets = Vec::new();
        for pending in pending {
            offsets.push(pending.await.unwrap().base_offset);
        }
        offsets
    });
    scene.crash();
    for (sequence, offset) in offsets.iter().enumerate().skip(35) {
        let retry = batch_of(PRODUCER, 0, sequence as i32, 1);
        let again = scene.append(topic, retry, Acks::Durable);
        assert_eq!((again.duplicate, again.base_offset), (true, *offset));
    }
    let directory = scene.directory("queued");
    let written = batches(&scene.read_all(topic));
    for name in names_ending(&directory, ".snapshot") {
        let bytes = fs::read(directory.join(&name)).unwrap();
        let states = corelane_engine::producer_state::ProducerStates::decode_snapshot(&bytes);
        let states = states.unwrap();
        let at: i64 = name.split('.').next().unwrap().parse().unwrap();
        let known = states.entry(PRODUCER).map(|entry| entry.last_sequence());
        let expected = written
            .iter()
            .filter(|batch| batch.header.producer_id() == PRODUCER && batch.last_offset() < at)
            .map(|batch| batch.header.base_sequence())
            .next_back();
        assert_eq!(known, expected, "{name}");
    }
}

#[test]
fn the_leader_epoch_grows_at_each_start_and_is_on_the_disk_before_the_first_acknowledgement() {
    let mut scene = Scene::new();
    let topic = scene.topic("led", &[]);
    let directory = scene.directory("led");
    for start in 0..5 {
        assert_eq!(
            scene.on_partition(topic, |open| async move { open.leader_epoch() }),
            LeaderEpoch(start)
        );
        // Known to consumers that ask even before anything was appended in it.
        let end = scene.on_partition(topic, move |open| async move {
            open.epoch_end_offset(LeaderEpoch(start))
        });
        assert_eq!(
            end,
            Some((LeaderEpoch(start), Offset(i64::from(start) * 2)))
        );
        scene.append(topic, batch(1, 2, 10), Acks::Written);
        let text = fs::read(directory.join("leader-epoch-checkpoint")).unwrap();
        let latest = LeaderEpochs::parse(&text).unwrap().latest().unwrap();
        assert_eq!(latest.epoch, LeaderEpoch(start));
        assert_eq!(latest.start_offset, Offset(i64::from(start) * 2));
        let slots = fs::read(directory.join("durable-end")).unwrap();
        assert!(decode_slots(&slots).is_ok());
        if start % 2 == 0 {
            scene.crash();
        } else {
            scene.restart();
        }
    }
    let ends = scene.on_partition(topic, |open| async move {
        (0..6)
            .map(|epoch| open.epoch_end_offset(LeaderEpoch(epoch)))
            .collect::<Vec<_>>()
    });
    for (epoch, end) in ends.into_iter().enumerate() {
        let end_offset = Offset((epoch as i64 + 1).min(5) * 2);
        assert_eq!(end, Some((LeaderEpoch(epoch as i32), end_offset)));
    }
    let epochs: Vec<_> = batches(&scene.read_all(topic))
        .iter()
        .map(|batch| batch.header.leader_epoch().0)
        .collect();
    assert_eq!(epochs, [0, 1, 2, 3, 4]);
}

/// A partition whose engine has ended without a stop, and whose batches are all below the durable end but the last
/// `unflushed`.
struct Remains {
    scene: Scene,
    topic: TopicPartition,
    model: Model,
    log: PathBuf,
    /// Bytes of the log that hold batches.
    length: u64,
}

fn remains(durable: u64, unflushed: u64) -> Remains {
    let mut scene = Scene::new();
    let topic = scene.topic("damaged", &[]);
    let other = scene.topic("well", &[]);
    scene.append(other, batch(0, 1, 10), Acks::Durable);
    let mut model = Model::default();
    for number in 0..durable {
        model.append(&scene, topic, batch(number, 2, 500), Acks::Durable);
    }
    let checkpoint = scene.directory("damaged").join("durable-end");
    let durable_end = Offset(durable as i64 * 2);
    crate::rig::eventually("the durable end is written", || {
        let slots = fs::read(&checkpoint).unwrap_or_default();
        durable == 0
            || decode_slots(&slots).is_ok_and(|slots| slots.durable_end.durable_end == durable_end)
    });
    for number in durable..durable + unflushed {
        model.append(&scene, topic, batch(number, 2, 500), Acks::Written);
    }
    scene.drop_engine();
    let log = scene.directory("damaged").join(FIRST_LOG);
    let length = model
        .batches
        .iter()
        .map(|(_, batch)| batch.len() as u64)
        .sum();
    Remains {
        scene,
        topic,
        model,
        log,
        length,
    }
}

fn write_at(path: &Path, position: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, position).unwrap();
}

impl Remains {
    fn assert_kept_and_writable(mut self, count: usize) {
        self.scene.start();
        self.model.batches.truncate(count);
        self.model.assert_is(&self.scene.read_all(self.topic));
        let next = batch(777, 1, 600);
        self.model
            .append(&self.scene, self.topic, next, Acks::Durable);
        self.scene.crash();
        self.model.assert_is(&self.scene.read_all(self.topic));
        self.scene.restart();
        self.model.assert_is(&self.scene.read_all(self.topic));
    }
}

#[test]
fn rubbish_behind_the_last_batch_is_cut() {
    let remains = remains(5, 3);
    write_at(&remains.log, remains.length, &[0xa5; 777]);
    remains.assert_kept_and_writable(8);
}

#[test]
fn a_partial_batch_behind_the_last_one_is_cut() {
    let remains = remains(5, 3);
    let partial = remains.model.batches[0].1.slice(..300);
    write_at(&remains.log, remains.length, &partial);
    remains.assert_kept_and_writable(8);
}

#[test]
fn a_log_cut_in_the_middle_of_an_unflushed_batch_ends_before_it() {
    let remains = remains(5, 3);
    let file = OpenOptions::new().write(true).open(&remains.log).unwrap();
    file.set_len(remains.length - 100).unwrap();
    remains.assert_kept_and_writable(7);
}

#[test]
fn a_hole_in_an_unflushed_group_is_a_torn_tail_although_a_batch_follows() {
    let remains = remains(5, 4);
    let size = remains.model.batches[0].1.len() as u64;
    write_at(&remains.log, 6 * size + 200, &[0; 300]);
    remains.assert_kept_and_writable(6);
}

#[test]
fn zeros_behind_the_tail_are_allocated_space() {
    let remains = remains(5, 3);
    let file = OpenOptions::new().write(true).open(&remains.log).unwrap();
    file.set_len(8 << 20).unwrap();
    remains.assert_kept_and_writable(8);
}

#[test]
fn damage_below_the_durable_end_refuses_writes_and_names_the_place() {
    let mut remains = remains(6, 2);
    let before = fs::read(&remains.log).unwrap();
    let size = remains.model.batches[0].1.len() as u64;
    let flipped = [before[(3 * size + 100) as usize] ^ 1];
    write_at(&remains.log, 3 * size + 100, &flipped);
    let damaged = fs::read(&remains.log).unwrap();
    for _ in 0..2 {
        remains.scene.start();
        let (scene, topic) = (&remains.scene, remains.topic);
        let reason = scene
            .on_partition(topic, |open| async move { open.refused() })
            .expect("the partition refuses writes");
        for part in [FIRST_LOG, &format!("position {}", 3 * size), "offset 6"] {
            assert!(reason.contains(part), "{part} in {reason}");
        }
        match append(scene.engine(), topic, batch(9, 1, 10), Acks::Written) {
            Err(PartitionError::Refused(AppendError::Refused { .. })) => {}
            other => panic!("{other:?}"),
        }
        // What is whole is served; what is damaged is an error with its place, never an end and never bytes.
        let plan = read(scene.engine(), topic, request(Offset(0))).unwrap();
        let whole = Model {
            batches: remains.model.batches[..3].to_vec(),
        };
        whole.assert_is(&bytes_of(&plan));
        let behind = Model {
            batches: remains.model.batches[4..].to_vec(),
        };
        behind.assert_is(&read_from(scene.engine(), topic, Offset(8)));
        for offset in [6, 7] {
            match read(scene.engine(), topic, request(Offset(offset))) {
                Err(PartitionError::Refused(ReadError::Damaged {
                    position,
                    offset: asked,
                    ..
                })) => assert_eq!((position.0, asked), (3 * size, Offset(offset))),
                other => panic!("{other:?} for offset {offset}"),
            }
        }
        // Other partitions go on.
        let image = block_on(scene.engine().image());
        let well = TopicPartition {
            topic_id: image.topic_by_name("well").unwrap().topic_id,
            partition: 0,
        };
        scene.append(well, batch(1, 1, 10), Acks::Durable);
        remains.scene.stop();
        assert!(
            fs::read(&remains.log).unwrap() == damaged,
            "nothing was cut"
        );
    }
}

#[test]
fn a_log_shorter_than_its_durable_end_refuses() {
    let mut remains = remains(6, 0);
    let file = OpenOptions::new().write(true).open(&remains.log).unwrap();
    file.set_len(remains.length - 1).unwrap();
    remains.scene.start();
    let refused =
        |scene: &Scene, topic| scene.on_partition(topic, |open| async move { open.refused() });
    assert!(refused(&remains.scene, remains.topic).is_some());
    remains.scene.drop_engine();
    fs::remove_file(&remains.log).unwrap();
    remains.scene.start();
    assert!(refused(&remains.scene, remains.topic).is_some());
}

fn three_segments() -> (Scene, TopicPartition, Model) {
    let scene = Scene::new();
    let topic = scene.topic("sealed", &[SEGMENT]);
    let mut model = Model::default();
    for number in 0..30 {
        model.append(&scene, topic, batch(number, 1, 90_000), Acks::Written);
    }
    assert_eq!(names_ending(&scene.directory("sealed"), ".log").len(), 3);
    (scene, topic, model)
}

#[test]
fn a_missing_segment_refuses_and_is_never_skipped() {
    for clean in [true, false] {
        let (mut scene, topic, model) = three_segments();
        if clean {
            scene.stop();
        } else {
            scene.drop_engine();
        }
        let directory = scene.directory("sealed");
        let middle = names_ending(&directory, ".log")[1].clone();
        let missing: i64 = middle.split('.').next().unwrap().parse().unwrap();
        fs::remove_file(directory.join(&middle)).unwrap();
        scene.start();
        let reason = scene.on_partition(topic, |open| async move { open.refused() });
        assert!(reason.unwrap().contains(&format!("offset {missing}")));
        match read(scene.engine(), topic, request(Offset(missing))) {
            Err(PartitionError::Refused(ReadError::Damaged { .. })) => {}
            other => panic!("{other:?}"),
        }
        // What lies behind goes on being served.
        let last = names_ending(&directory, ".log")[1].clone();
        let last: i64 = last.split('.').next().unwrap().parse().unwrap();
        model.assert_is_from(last, &read_from(scene.engine(), topic, Offset(last)));
    }
}

#[test]
fn a_sealed_segment_that_lost_its_end_refuses() {
    let (mut scene, topic, _) = three_segments();
    scene.stop();
    let path = scene.directory("sealed").join(FIRST_LOG);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 10).unwrap();
    scene.start();
    assert!(
        scene
            .on_partition(topic, |open| async move { open.refused() })
            .is_some()
    );
}

#[test]
fn a_sealed_segment_that_kept_its_allocated_tail_is_trimmed() {
    for clean in [true, false] {
        let (mut scene, topic, model) = three_segments();
        if clean {
            scene.stop();
        } else {
            scene.drop_engine();
        }
        let directory = scene.directory("sealed");
        let before = fs::metadata(directory.join(FIRST_LOG)).unwrap().len();
        for name in &names_ending(&directory, ".log")[..2] {
            let file = OpenOptions::new().write(true).open(directory.join(name));
            file.unwrap().set_len(2 << 20).unwrap();
        }
        scene.start();
        model.assert_is(&scene.read_all(topic));
        scene.restart();
        model.assert_is(&scene.read_all(topic));
        assert_eq!(
            fs::metadata(directory.join(FIRST_LOG)).unwrap().len(),
            before
        );
    }
}

#[test]
fn an_empty_segment_left_by_a_roll_that_crashed_is_used() {
    let mut scene = Scene::new();
    let topic = scene.topic("rolling", &[]);
    let mut model = Model::default();
    for number in 0..10 {
        model.append(&scene, topic, batch(number, 1, 3000), Acks::Durable);
    }
    scene.drop_engine();
    let directory = scene.directory("rolling");
    fs::write(directory.join("00000000000000000010.log"), b"").unwrap();
    scene.start();
    for number in 10..20 {
        model.append(&scene, topic, batch(number, 1, 3000), Acks::Durable);
    }
    for clean in [true, false, true] {
        model.assert_is(&scene.read_all(topic));
        if clean {
            scene.restart();
        } else {
            scene.crash();
        }
    }
    assert!(names(&directory).contains(&"00000000000000000000.timeindex".to_owned()));
}

#[test]
fn without_snapshots_the_producers_are_known_from_the_log() {
    let mut scene = Scene::new();
    let topic = scene.topic("snapless", &[SEGMENT]);
    for sequence in 0..8 {
        scene.append(topic, batch_of(PRODUCER, 0, sequence, 1), Acks::Durable);
        scene.append(topic, batch(1, 1, 400_000), Acks::Written);
    }
    let directory = scene.directory("snapless");
    for damage in [false, true] {
        scene.stop();
        for name in names_ending(&directory, ".snapshot") {
            if damage {
                fs::write(directory.join(name), b"no snapshot").unwrap();
            } else {
                fs::remove_file(directory.join(name)).unwrap();
            }
        }
        scene.start();
        for sequence in 3..8 {
            let retry = batch_of(PRODUCER, 0, sequence, 1);
            assert!(scene.append(topic, retry, Acks::Durable).duplicate);
        }
    }
}
