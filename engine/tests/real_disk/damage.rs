//! Damage to the files of a partition that is not running: what refuses, what is named, and what goes on being served.
//!
//! Each test is named after the damage. Segments hold 11 batches of one record each; there are three of them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::checkpoint::decode_slots;
use corelane_engine::compaction::checkpoint::{CleanedSegment, CleanerCheckpoint};
use corelane_engine::recovery::Place;
use corelane_engine::{
    Acks, AppendError, LeaderEpoch, Offset, PartitionError, Position, ProducerId, ReadError,
    TopicPartition,
};

use crate::faults::Mount;
use crate::rig::{
    Model, Scene, append, batch, batch_of, batches, block_on, bytes_of, eventually, may_mount,
    names, names_ending, read, request, scratch, skip,
};

const SEGMENT: (&str, &str) = ("segment.bytes", "1048576");
const TOPIC: &str = "damaged";
const BATCHES: i64 = 30;
const PER_SEGMENT: i64 = 11;

/// A partition of three segments whose engine has ended, and all of which is below the durable end.
struct Stopped {
    scene: Scene,
    topic: TopicPartition,
    model: Model,
}

/// How the engine has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Clean,
    Crash,
}

const ENDS: [End; 2] = [End::Clean, End::Crash];

fn stopped(end: End) -> Stopped {
    let mut scene = Scene::new();
    let topic = scene.topic(TOPIC, &[SEGMENT]);
    let model = fill(&scene, topic, TOPIC, 0);
    match end {
        End::Clean => scene.stop(),
        End::Crash => scene.drop_engine(),
    }
    Stopped {
        scene,
        topic,
        model,
    }
}

/// Appends the batches, and waits until the checkpoint covers them.
fn fill(scene: &Scene, topic: TopicPartition, name: &str, seed: u64) -> Model {
    let mut model = Model::default();
    for number in 0..BATCHES as u64 {
        // Of other sizes for other seeds.
        let batch = batch(seed + number, 1, 90_000 + seed as usize);
        model.append(scene, topic, batch, Acks::Durable);
    }
    let checkpoint = scene.directory(name).join("durable-end");
    eventually("the durable end is written", || {
        let slots = decode_slots(&fs::read(&checkpoint).unwrap_or_default());
        slots.is_ok_and(|slots| slots.durable_end.durable_end == Offset(BATCHES))
    });
    model
}

impl Stopped {
    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.scene.directory(TOPIC).join(name)
    }

    fn log(&self, base_offset: i64) -> PathBuf {
        self.path(format!("{base_offset:020}.log"))
    }

    /// Flips a bit in the records of the batch at `offset`.
    fn flip(&self, offset: i64) {
        let size = self.model.batches[0].1.len() as u64;
        let position = (offset % PER_SEGMENT) as u64 * size + 5000;
        let path = self.log(offset / PER_SEGMENT * PER_SEGMENT);
        flip_at(&path, position);
    }

    /// Makes of a clean stop one after which the last segment is walked, with an index that covers it.
    fn forget_last_save(&self) {
        fs::remove_file(self.path(format!("{BATCHES:020}.snapshot"))).unwrap();
        fs::remove_file(self.scene.data().join(".clean-stop")).unwrap();
    }

    /// Starts, and asserts that writes are refused with each of `named` in the reason, twice: a recovery changes
    /// nothing of that.
    fn assert_refuses(&mut self, named: &[&str]) -> String {
        let mut reason = String::new();
        for _ in 0..2 {
            self.scene.start();
            reason = self.refused().expect("the partition refuses writes");
            for part in named
                .iter()
                .chain(&["corelane log repair", "corelane log verify"])
            {
                assert!(reason.contains(part), "{part} in {reason}");
            }
            let report = block_on(self.scene.engine().start_report());
            assert_eq!(report.refused.len(), 1);
            assert!(report.refused[0].directory.ends_with("damaged-0"));
            assert!(matches!(
                append(
                    self.scene.engine(),
                    self.topic,
                    batch(9, 1, 10),
                    Acks::Written
                ),
                Err(PartitionError::Refused(AppendError::Refused { .. }))
            ));
            self.scene.drop_engine();
        }
        self.scene.start();
        reason
    }

    fn refused(&self) -> Option<String> {
        let refused = self
            .scene
            .on_partition(self.topic, |open| async move { open.refused() });
        refused.map(|reason| reason.to_string())
    }

    /// Asserts that exactly the offsets in `damaged` fail as damaged, and all others are served byte for byte.
    fn assert_served_but(&self, damaged: impl Fn(i64) -> bool) {
        for offset in 0..BATCHES {
            let plan = read(self.scene.engine(), self.topic, request(Offset(offset)));
            match plan {
                Ok(plan) => {
                    assert!(!damaged(offset), "offset {offset} is served");
                    let found = batches(&bytes_of(&plan));
                    assert!(!found.is_empty(), "nothing at offset {offset}");
                    for (found, at) in found.iter().zip(offset..) {
                        assert_eq!(found.base_offset(), at);
                        assert!(!damaged(at), "offset {at} is served from {offset} on");
                        let sent = &self.model.batches[at as usize].1;
                        assert_eq!(found.bytes[61..], sent[61..], "offset {at}");
                    }
                }
                Err(PartitionError::Refused(ReadError::Damaged { .. })) => {
                    assert!(damaged(offset), "offset {offset} is not served");
                }
                Err(other) => panic!("{other:?} at offset {offset}"),
            }
        }
    }

    /// Starts, and asserts that all is well.
    fn assert_well(&mut self) {
        self.scene.start();
        assert_eq!(self.refused(), None);
        self.model.assert_is(&self.scene.read_all(self.topic));
        let next = batch(777, 1, 600);
        self.model
            .append(&self.scene, self.topic, next, Acks::Durable);
        self.scene.restart();
        self.model.assert_is(&self.scene.read_all(self.topic));
    }
}

fn flip_at(path: &Path, position: u64) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, position).unwrap();
    file.write_all_at(&[byte[0] ^ 4], position).unwrap();
}

fn cut_by(path: &Path, bytes: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - bytes)
        .unwrap();
}

/// Every file below a directory with its contents, but for the lock.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in names(directory) {
        let path = directory.join(&name);
        if path.is_dir() {
            found.extend(contents(&path));
        } else if name != ".lock" {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in contents(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

#[test]
fn a_flipped_bit_in_the_last_segment_keeps_only_its_batch_from_being_served() {
    let mut stopped = stopped(End::Crash);
    stopped.flip(25);
    stopped.assert_refuses(&["offset 25 should be", "rot-below-durable-end"]);
    stopped.assert_served_but(|offset| offset == 25);
}

#[test]
fn several_flipped_bits_are_all_named_and_all_between_them_is_served() {
    let mut stopped = stopped(End::Clean);
    stopped.forget_last_save();
    for offset in [22, 24, 25, 28] {
        stopped.flip(offset);
    }
    let named = ["offset 22 should", "offset 24 should", "offset 28 should"];
    stopped.assert_refuses(&named);
    stopped.assert_served_but(|offset| [22, 24, 25, 28].contains(&offset));
}

#[test]
fn damage_at_the_end_of_a_sealed_segment_is_named_by_its_own_offset() {
    for end in ENDS {
        let mut stopped = stopped(end);
        stopped.flip(10);
        let size = stopped.model.batches[0].1.len();
        let position = format!("position {}", 10 * size);
        stopped.assert_refuses(&["00000000000000000000.log", &position, "offset 10 should"]);
        stopped.assert_served_but(|offset| offset == 10);
    }
}

#[test]
fn damage_before_the_last_batches_of_a_sealed_segment_without_its_index_is_found() {
    let mut stopped = stopped(End::Clean);
    stopped.flip(4);
    fs::remove_file(stopped.path("00000000000000000000.index")).unwrap();
    stopped.assert_refuses(&["offset 4 should"]);
    stopped.assert_served_but(|offset| offset == 4);
    // What was found damaged is left as it was: no index is made of half a log.
    assert!(!stopped.path("00000000000000000000.index").exists());
}

#[test]
fn a_missing_middle_segment_is_named_and_all_others_are_served() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::remove_file(stopped.log(11)).unwrap();
        stopped.assert_refuses(&["offset 11 should", "missing-offsets"]);
        stopped.assert_served_but(|offset| (11..22).contains(&offset));
    }
}

#[test]
fn a_missing_first_segment_is_named_and_all_others_are_served() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::remove_file(stopped.log(0)).unwrap();
        stopped.assert_refuses(&["offsets 0..11", "missing-first-segment"]);
        stopped.assert_served_but(|offset| offset < 11);
    }
}

#[test]
fn a_missing_last_segment_is_shorter_than_the_durable_end() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::remove_file(stopped.log(22)).unwrap();
        stopped.assert_refuses(&["offset 22 should", "shorter-than-durable-end"]);
        stopped.assert_served_but(|offset| offset >= 22);
    }
}

#[test]
fn no_segment_at_all_refuses_and_names_the_offsets() {
    let mut stopped = stopped(End::Crash);
    for base_offset in [0, 11, 22] {
        fs::remove_file(stopped.log(base_offset)).unwrap();
    }
    stopped.scene.start();
    let reason = stopped.refused().unwrap();
    assert!(
        reason.contains("offsets 0..30") && reason.contains("no-segment"),
        "{reason}"
    );
    stopped.assert_served_but(|_| true);
}

#[test]
fn a_segment_shortened_within_a_batch_is_named() {
    for end in ENDS {
        let mut stopped = stopped(end);
        cut_by(&stopped.log(11), 10);
        stopped.assert_refuses(&["offset 21 should", "shortened-segment"]);
        stopped.assert_served_but(|offset| offset == 21);
    }
}

#[test]
fn a_segment_shortened_by_whole_batches_is_named() {
    for end in ENDS {
        let mut stopped = stopped(end);
        let size = stopped.model.batches[0].1.len() as u64;
        cut_by(&stopped.log(11), 3 * size);
        stopped.assert_refuses(&["offset 19 should", "missing-offsets"]);
        stopped.assert_served_but(|offset| (19..22).contains(&offset));
    }
}

#[test]
fn a_segment_that_was_renamed_is_never_served_under_its_new_name() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::rename(stopped.log(11), stopped.log(13)).unwrap();
        let named = ["offset 11 should", "missing-offsets", "foreign-segment"];
        stopped.assert_refuses(&named);
        // Behind the first place that is wrong it leads, batch by batch, to the start of the next segment.
        stopped.assert_served_but(|offset| (11..14).contains(&offset));
    }
}

#[test]
fn a_segment_that_was_copied_under_another_name_is_never_served_there() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::copy(stopped.log(0), stopped.log(11)).unwrap();
        stopped.assert_refuses(&["offset 11 should", "foreign-segment"]);
        stopped.assert_served_but(|offset| (11..22).contains(&offset));
    }
}

#[test]
fn segments_that_overlap_are_named_and_not_served_where_they_do() {
    for end in ENDS {
        let mut stopped = stopped(end);
        // The end of the first segment once more, in a file of its own.
        let bytes = fs::read(stopped.log(0)).unwrap();
        let size = stopped.model.batches[0].1.len();
        fs::write(stopped.log(8), &bytes[8 * size..]).unwrap();
        stopped.assert_refuses(&["overlapping-segments"]);
        stopped.assert_served_but(|offset| (8..11).contains(&offset));
    }
}

#[test]
fn an_empty_file_of_a_segment_that_never_was_moves_no_offset() {
    for end in ENDS {
        let mut stopped = stopped(end);
        fs::write(stopped.log(500), b"").unwrap();
        // After a crash there are zeros behind the last batch.
        let row = match end {
            End::Clean => "missing-offsets",
            End::Crash => "damage-in-sealed-segment",
        };
        stopped.assert_refuses(&["offset 30 should", row]);
        stopped.assert_served_but(|_| false);
    }
}

/// A segment of another topic, with other contents and the same base offset.
fn with_foreign(end: End, base_offset: i64) -> Stopped {
    let mut stopped = stopped(End::Clean);
    stopped.scene.start();
    let other = stopped.scene.topic("other", &[SEGMENT]);
    fill(&stopped.scene, other, "other", 100);
    match end {
        End::Clean => stopped.scene.stop(),
        End::Crash => stopped.scene.drop_engine(),
    }
    let foreign = stopped
        .scene
        .directory("other")
        .join(format!("{base_offset:020}.log"));
    fs::copy(foreign, stopped.log(base_offset)).unwrap();
    stopped
}

#[test]
fn the_last_segment_of_another_topic_does_not_fit_the_checkpoint() {
    for end in ENDS {
        let mut stopped = with_foreign(end, 22);
        stopped.assert_refuses(&["00000000000000000022.log", "checkpoint-disagrees"]);
        stopped.assert_served_but(|offset| offset >= 22);
    }
}

#[test]
fn a_sealed_segment_of_another_broker_with_other_epochs_disagrees_with_the_checkpoint() {
    let mut stopped = stopped(End::Clean);
    let path = stopped.log(11);
    let mut bytes = fs::read(&path).unwrap();
    let size = stopped.model.batches[0].1.len();
    for start in (0..bytes.len()).step_by(size) {
        // Kafka's own epoch of a partition that has changed its leader seven times.
        bytes[start + 12..start + 16].copy_from_slice(&7_i32.to_be_bytes());
    }
    fs::write(&path, bytes).unwrap();
    fs::remove_file(path.with_extension("index")).unwrap();
    stopped.assert_refuses(&["00000000000000000011.log", "epoch-disagrees"]);
    stopped.assert_served_but(|offset| (11..22).contains(&offset));
}

#[test]
fn nothing_in_a_directory_that_names_another_topic_is_changed() {
    let mut stopped = stopped(End::Crash);
    let metadata = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n";
    fs::write(stopped.path("partition.metadata"), metadata).unwrap();
    // What a start would remove, end or make again in a directory of its own.
    fs::write(stopped.path("leader-epoch-checkpoint.tmp"), "theirs").unwrap();
    fs::write(stopped.path("00000000000000000033.log.deleted"), "theirs").unwrap();
    fs::copy(
        stopped.log(0),
        stopped.path("00000000000000000000.log.cleaned"),
    )
    .unwrap();
    let mut swap = CleanerCheckpoint::NEVER;
    swap.note(CleanedSegment {
        base_offset: Offset(0),
        end: Place {
            position: Position(fs::metadata(stopped.log(0)).unwrap().len()),
            offset: Offset(PER_SEGMENT),
        },
        covers_to: Offset(2 * PER_SEGMENT),
    });
    swap.replaced = vec![Offset(0), Offset(PER_SEGMENT)];
    fs::write(stopped.path("cleaner-checkpoint"), swap.encode()).unwrap();
    fs::remove_file(stopped.log(11).with_extension("index")).unwrap();
    let directory = stopped.scene.directory(TOPIC);
    let before = contents(&directory);
    for _ in 0..2 {
        stopped.scene.start();
        let reason = stopped.refused().expect("the partition refuses writes");
        assert!(reason.contains("another topic's"), "{reason}");
        let deleted = stopped
            .scene
            .on_partition(stopped.topic, |open| async move {
                open.delete_records_before(Offset(20)).await.is_ok()
            });
        assert!(!deleted);
        stopped.scene.stop();
        assert!(contents(&directory) == before, "something has changed");
    }
    stopped.scene.start();
    block_on(stopped.scene.engine().delete_topic(stopped.topic.topic_id)).unwrap();
    // Kept under a name that the next start does not take for a partition that the catalogue has lost.
    let data = directory.parent().unwrap();
    let aside = names(data)
        .into_iter()
        .find(|name| name.ends_with("-stray"));
    let aside = data.join(aside.expect("it was kept"));
    assert!(!directory.exists());
    stopped.scene.restart();
    fs::rename(&aside, &directory).unwrap();
    assert!(contents(&directory) == before, "something has changed");
}

#[test]
fn in_an_empty_directory_that_names_another_topic_nothing_is_made() {
    let mut stopped = stopped(End::Clean);
    let directory = stopped.scene.directory(TOPIC);
    fs::remove_dir_all(&directory).unwrap();
    fs::create_dir(&directory).unwrap();
    let metadata = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n";
    fs::write(stopped.path("partition.metadata"), metadata).unwrap();
    stopped.scene.start();
    assert!(stopped.refused().is_some());
    assert!(stopped.scene.read_all(stopped.topic).is_empty());
    stopped.scene.stop();
    assert_eq!(names(&directory), ["partition.metadata"]);
}

#[test]
fn an_old_message_format_in_the_place_of_a_segment_is_damage() {
    let mut stopped = stopped(End::Clean);
    // A message set of magic 1, as Kafka before 0.11 wrote it.
    let mut old = [0; 34];
    old[16] = 1;
    fs::write(stopped.log(11), old.repeat(100)).unwrap();
    stopped.assert_refuses(&["00000000000000000011.log", "offset 11 should"]);
    stopped.assert_served_but(|offset| (11..22).contains(&offset));
}

/// Of the batches that a start takes from a saved index, the one at `offset` with another base offset or length.
fn with_header_byte(offset: i64, byte: u64, flip: u8) -> Stopped {
    let mut stopped = stopped(End::Clean);
    let size = stopped.model.batches[0].1.len() as u64;
    let path = stopped.log(offset / PER_SEGMENT * PER_SEGMENT);
    let position = (offset % PER_SEGMENT) as u64 * size + byte;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut found = [0];
    file.read_exact_at(&mut found, position).unwrap();
    file.write_all_at(&[found[0] ^ flip], position).unwrap();
    stopped.scene.start();
    stopped
}

#[test]
fn a_batch_whose_base_offset_has_rotted_is_not_served_under_another_offset() {
    // Two bits of the base offset, and one of the length, which then reaches over the next batches. Of a length that has
    // shrunk only the reader's CRC check tells.
    for (byte, flip) in [(7, 1), (7, 0x40), (9, 2)] {
        let stopped = with_header_byte(4, byte, flip);
        assert_eq!(
            stopped.refused(),
            None,
            "the walk of the start has not come by"
        );
        for offset in 0..PER_SEGMENT {
            let plan = read(
                stopped.scene.engine(),
                stopped.topic,
                request(Offset(offset)),
            );
            match plan {
                Ok(plan) => {
                    let bytes = bytes_of(&plan);
                    let first = RecordBatchHeader::view(&bytes).unwrap();
                    assert_eq!(first.base_offset(), Offset(offset), "byte {byte}");
                    assert_ne!(offset, 4, "byte {byte}");
                }
                Err(PartitionError::Refused(ReadError::Damaged { .. })) => {}
                Err(other) => panic!("{other:?} at offset {offset}"),
            }
        }
        // What lies before is served, and a segment without damage in full.
        for offset in [0, 3, PER_SEGMENT, 2 * PER_SEGMENT - 1] {
            let plan = read(
                stopped.scene.engine(),
                stopped.topic,
                request(Offset(offset)),
            );
            assert!(plan.is_ok(), "byte {byte}, offset {offset}");
        }
    }
}

#[test]
fn an_index_entry_that_has_rotted_hides_no_record() {
    let mut stopped = stopped(End::Clean);
    // The sixth entry leads into the midst of a batch.
    flip_at(&stopped.log(0).with_extension("index"), 5 * 8 + 7);
    stopped.scene.start();
    stopped.assert_served_but(|_| false);
}

#[test]
fn one_damaged_slot_of_the_checkpoint_leaves_the_other_and_the_damage_is_still_found() {
    for slot in [0, 4096] {
        // The stop has written the second slot with the same durable end.
        let mut stopped = stopped(End::Clean);
        stopped.forget_last_save();
        flip_at(&stopped.path("durable-end"), slot + 20);
        stopped.flip(23);
        stopped.assert_refuses(&["offset 23 should", "rot-below-durable-end"]);
    }
}

#[test]
fn without_any_slot_of_the_checkpoint_a_whole_log_opens_and_a_damaged_one_refuses() {
    let mut well = stopped(End::Crash);
    fs::write(well.path("durable-end"), vec![0xa5; 8192]).unwrap();
    well.assert_well();
    let mut rotten = stopped(End::Crash);
    fs::remove_file(rotten.path("durable-end")).unwrap();
    rotten.flip(23);
    rotten.assert_refuses(&["offset 23 should", "damage-without-checkpoint"]);
}

#[test]
fn after_a_clean_stop_damage_above_an_old_checkpoint_is_rot() {
    let mut stopped = stopped(End::Clean);
    // Both slots as they were when the log was empty: what the marker says still counts.
    let older = corelane_engine::checkpoint::DurableEnd {
        durable_end: Offset(0),
        segment_base_offset: Offset(0),
        position: corelane_engine::Position(0),
        log_start_offset: Offset(0),
        leader_epoch: LeaderEpoch(0),
    };
    let slot = corelane_engine::checkpoint::encode_slot(2, &older);
    fs::write(stopped.path("durable-end"), slot.block).unwrap();
    stopped.flip(29);
    stopped.scene.start();
    assert!(stopped.refused().unwrap().contains("rot-after-clean-stop"));
}

#[test]
fn a_missing_or_damaged_epoch_checkpoint_is_made_again_from_the_log() {
    for damage in [None, Some(b"0\nnonsense\n".as_slice()), Some(&[0xff; 9])] {
        let mut stopped = stopped(End::Clean);
        for _ in 0..2 {
            stopped.scene.start();
            let next = batch(1, 1, 500);
            stopped
                .model
                .append(&stopped.scene, stopped.topic, next, Acks::Durable);
            stopped.scene.stop();
        }
        let path = stopped.path("leader-epoch-checkpoint");
        match damage {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        stopped.scene.start();
        let ends = stopped
            .scene
            .on_partition(stopped.topic, |open| async move {
                (0..4)
                    .map(|epoch| open.epoch_end_offset(LeaderEpoch(epoch)))
                    .collect::<Vec<_>>()
            });
        for (epoch, end) in [(0, 30), (1, 31), (2, 32), (3, 32)] {
            let expected = Some((LeaderEpoch(epoch), Offset(end)));
            assert_eq!(ends[epoch as usize], expected);
        }
        stopped.scene.stop();
        stopped.assert_well();
    }
}

#[test]
fn an_epoch_checkpoint_that_disagrees_with_the_log_refuses_and_serves_what_agrees() {
    let mut stopped = stopped(End::Crash);
    fs::write(
        stopped.path("leader-epoch-checkpoint"),
        b"0\n2\n0 0\n3 22\n",
    )
    .unwrap();
    stopped.assert_refuses(&["offset 22 should", "epoch-disagrees"]);
    stopped.assert_served_but(|offset| offset >= 22);
}

#[test]
fn indexes_that_are_ahead_behind_missing_or_rubbish_change_nothing_that_is_served() {
    for end in ENDS {
        for damage in 0..4 {
            let mut stopped = stopped(end);
            for extension in [".index", ".timeindex"] {
                for name in names_ending(&stopped.path(""), extension) {
                    let path = stopped.path(name);
                    let mut bytes = fs::read(&path).unwrap();
                    match damage {
                        // Ahead: another entry, far behind the last batch.
                        0 => bytes.extend([0x7f; 12].iter().take(if extension == ".index" {
                            8
                        } else {
                            12
                        })),
                        1 => bytes.clear(),
                        2 => bytes.fill(0x5a),
                        _ => {
                            fs::remove_file(&path).unwrap();
                            continue;
                        }
                    }
                    fs::write(&path, bytes).unwrap();
                }
            }
            stopped.assert_well();
        }
    }
}

#[test]
fn a_snapshot_that_is_missing_or_rubbish_is_made_again_from_the_log() {
    const PRODUCER: ProducerId = ProducerId(77);
    for damage in [true, false] {
        let mut stopped = stopped(End::Clean);
        stopped.scene.start();
        for sequence in 0..6 {
            let sent = batch_of(PRODUCER, 0, sequence, 1);
            stopped.scene.append(stopped.topic, sent, Acks::Durable);
        }
        stopped.scene.stop();
        for name in names_ending(&stopped.path(""), ".snapshot") {
            match damage {
                true => fs::write(stopped.path(name), [0xa5; 60]).unwrap(),
                false => fs::remove_file(stopped.path(name)).unwrap(),
            }
        }
        stopped.scene.start();
        let retry = batch_of(PRODUCER, 0, 5, 1);
        let again = stopped.scene.append(stopped.topic, retry, Acks::Durable);
        assert_eq!((again.duplicate, again.base_offset), (true, Offset(35)));
    }
}

#[test]
fn deleting_records_of_a_damaged_partition_does_not_make_its_damage_a_torn_write() {
    let mut stopped = stopped(End::Crash);
    // The very last batch, so that the log ends before it.
    stopped.flip(29);
    stopped.scene.start();
    assert!(stopped.refused().is_some());
    let start = stopped
        .scene
        .on_partition(stopped.topic, |open| async move {
            open.delete_records_before(Offset(15)).await.unwrap()
        });
    assert_eq!(start, Offset(15));
    let before = fs::read(stopped.log(22)).unwrap();
    stopped.scene.crash();
    assert!(stopped.refused().is_some(), "it was taken for a torn write");
    assert!(
        fs::read(stopped.log(22)).unwrap() == before,
        "nothing was cut"
    );
}

#[test]
fn retention_deletes_nothing_of_a_damaged_partition() {
    let mut scene = Scene::with(|config| config.retention_check_interval_ms = 10);
    let keep = ("retention.ms", "-1");
    let topic = scene.topic(TOPIC, &[SEGMENT, keep]);
    let well = scene.topic("well", &[SEGMENT, keep]);
    let model = fill(&scene, topic, TOPIC, 0);
    fill(&scene, well, "well", 0);
    scene.drop_engine();
    let stopped = Stopped {
        scene,
        topic,
        model,
    };
    stopped.flip(25);
    let Stopped {
        mut scene,
        topic,
        model,
    } = stopped;
    scene.start();
    for topic in [topic, well] {
        let configs = crate::rig::pairs(&[SEGMENT, keep, ("retention.bytes", "1000")]);
        block_on(scene.engine().alter_configs(topic.topic_id, configs)).unwrap();
    }
    eventually("the other partition is trimmed", || {
        scene.on_partition(well, |open| async move { open.log_start_offset() }) > Offset::ZERO
    });
    let stopped = Stopped {
        scene,
        topic,
        model,
    };
    stopped.assert_served_but(|offset| offset == 25);
}

#[test]
fn recovering_twice_is_recovering_once() {
    let damages: [fn(&Stopped); 5] = [
        |_| {},
        |stopped| flip_at(&stopped.log(22), 100),
        |stopped| fs::remove_file(stopped.log(11)).unwrap(),
        |stopped| {
            // A torn tail behind the durable end.
            let path = stopped.log(22);
            let size = stopped.model.batches[0].1.len() as u64;
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.write_all_at(&[0xa5; 3000], 8 * size).unwrap();
        },
        |stopped| {
            for extension in [".index", ".timeindex", ".snapshot"] {
                for name in names_ending(&stopped.path(""), extension) {
                    fs::remove_file(stopped.path(name)).unwrap();
                }
            }
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let stopped = stopped(End::Crash);
        damage(&stopped);
        let scratch = scratch();
        let copied = scratch.path().join("data");
        copy(stopped.scene.data(), &copied);
        let mut scene = Scene::at(&copied);
        scene.drop_engine();
        let once = contents(&copied);
        for _ in 0..2 {
            scene.start();
            scene.drop_engine();
            let again = contents(&copied);
            assert!(once.keys().eq(again.keys()), "damage {number}: other files");
            for (path, bytes) in &again {
                assert!(
                    once[path] == *bytes,
                    "damage {number}: {} differs",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_batch_behind_more_zeros_than_are_read_is_gone_before_anything_is_written() {
    let mut stopped = stopped(End::Crash);
    let size = stopped.model.batches[0].1.len() as u64;
    // What a power cut can leave of groups that were never flushed: the last one, and none before it.
    let mut stale = stopped.model.batches[29].1.to_vec();
    let placement = corelane_engine::batch::Placement {
        base_offset: Offset(40),
        leader_epoch: LeaderEpoch(0),
    };
    corelane_engine::batch::place(&mut stale, placement);
    let file = OpenOptions::new()
        .write(true)
        .open(stopped.log(22))
        .unwrap();
    file.write_all_at(&stale, 8 * size + (2 << 20)).unwrap();
    stopped.scene.start();
    assert_eq!(stopped.refused(), None);
    let length = fs::metadata(stopped.log(22)).unwrap().len();
    assert!(length < 8 * size + (1 << 20), "{length} bytes");
    stopped.scene.drop_engine();
    stopped.assert_well();
}

#[test]
fn recovery_needs_no_free_space() {
    const RIG: &str = "full small ext4 for recovery";
    if !may_mount(RIG) {
        return;
    }
    let Some(mount) = Mount::ext4(24) else {
        return skip(RIG, "a loop device cannot be mounted");
    };
    let stopped = stopped(End::Crash);
    let data = mount.at.join("data");
    copy(stopped.scene.data(), &data);
    let directory = data.join("damaged-0");
    for extension in [".index", ".timeindex", ".snapshot"] {
        for name in names_ending(&directory, extension) {
            fs::remove_file(directory.join(name)).unwrap();
        }
    }
    let last = directory.join(format!("{:020}.log", 22));
    let size = stopped.model.batches[0].1.len() as u64;
    let file = OpenOptions::new().write(true).open(last).unwrap();
    file.write_all_at(&[0xa5; 3000], 8 * size).unwrap();
    file.sync_all().unwrap();
    // Every byte that is left.
    let ballast = fs::File::create(mount.at.join("ballast")).unwrap();
    let mut length = 0;
    for step in [1 << 20, 4096, 1] {
        while ballast
            .write_at(&vec![1; step], length)
            .is_ok_and(|count| count == step)
        {
            length += step as u64;
        }
    }
    ballast.sync_all().unwrap();
    let mut scene = Scene::at(&data);
    for _ in 0..2 {
        let refused = scene.on_partition(stopped.topic, |open| async move { open.refused() });
        assert_eq!(refused, None);
        stopped.model.assert_is(&scene.read_all(stopped.topic));
        scene.crash();
    }
}
