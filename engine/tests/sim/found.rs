//! What the simulation has found in the engine, each as a test that tells its story.

use std::path::Path;
use std::time::Duration;

use corelane_engine::sim::{
    CrashMode, DATA, Dice, Fault, FaultKind, Outcome, SimEngine, Simulation, Storage,
};
use corelane_engine::{NewTopic, Offset, TopicError};

use crate::crashes::{Which, walk};
use crate::faults::fail_and_recover;
use crate::play::{LifeFault, Played, patiently, play, settings};
use crate::script::{Batch, Level, Step};

const TOPIC: &str = "flights";
const LIFE: Duration = Duration::from_secs(600);

fn create(configs: &'static [(&'static str, &'static str)]) -> Step {
    Step::CreateTopic {
        topic: TOPIC,
        partitions: 1,
        configs,
    }
}

fn append(acks: Level, producer: Option<usize>) -> Step {
    Step::Append {
        topic: TOPIC,
        partition: 0,
        batch: Batch {
            records: 2,
            bytes: 200,
            acks,
            producer,
            later_ms: 5,
            off_ms: 0,
        },
    }
}

/// Crashes a script at every point in every way, by several seeds.
fn assert_survives(steps: &[Step], seeds: u64) {
    for seed in 0..seeds {
        let walked = walk(seed, steps, Which::Every);
        assert_eq!(walked.played.failures, Vec::<String>::new(), "seed {seed}");
        assert_eq!(walked.failures, Vec::new(), "seed {seed}");
    }
}

/// A start that found a topic in the catalogue and no directory made one, and never flushed its name.
#[test]
fn a_directory_made_at_a_start_outlasts_a_power_cut() {
    assert_survives(&[create(&[])], 10);
}

/// After a process was killed the next one showed changes that were in the page cache only.
#[test]
fn a_catalogue_change_that_was_shown_outlasts_a_power_cut() {
    let alter = Step::AlterConfigs {
        topic: TOPIC,
        configs: &[("retention.bytes", "9000")],
    };
    let add = Step::AddPartitions {
        topic: TOPIC,
        count: 2,
    };
    let delete = Step::DeleteTopic { topic: TOPIC };
    assert_survives(&[create(&[]), alter, add, delete], 10);
}

/// Two checkpoints in a row were written without a flush, so that a power cut could tear both slots, and deleted
/// records came back.
#[test]
pub fn a_torn_checkpoint_leaves_a_slot_that_is_whole() {
    let delete = Step::DeleteRecords {
        topic: TOPIC,
        partition: 0,
        percent: 60,
    };
    let mut steps = vec![
        create(&[]),
        append(Level::All, None),
        append(Level::All, None),
    ];
    steps.push(delete);
    for _ in 0..3 {
        steps.extend([append(Level::One, None), Step::Sleep { ms: 250 }]);
    }
    assert_survives(&steps, 10);
}

/// The log start that a killed process had written and not flushed was shown, and fell back after a power cut.
#[test]
pub fn a_log_start_that_was_shown_does_not_fall_back() {
    let delete = |percent| Step::DeleteRecords {
        topic: TOPIC,
        partition: 0,
        percent,
    };
    let steps = [
        create(&[]),
        append(Level::All, None),
        append(Level::All, None),
        delete(50),
        append(Level::All, None),
        delete(110),
    ];
    assert_survives(&steps, 10);
}

/// Saved without a flush, a time index could lack entries that the offset index had, and hid records from searches
/// by time.
#[test]
fn a_saved_index_that_is_behind_the_other_hides_nothing() {
    let mut steps = vec![create(&[
        ("index.interval.bytes", "100"),
        ("segment.index.bytes", "64"),
    ])];
    let save = Step::Save {
        topic: TOPIC,
        partition: 0,
    };
    for _ in 0..3 {
        steps.extend([
            append(Level::All, None),
            append(Level::All, None),
            save.clone(),
        ]);
    }
    steps.push(Step::Restart);
    steps.extend([append(Level::All, None), append(Level::All, None), save]);
    steps.extend((0..4).map(|_| append(Level::All, None)));
    assert_survives(&steps, 2);
}

/// A retry with acks=all of a batch that was first sent with acks=1 was answered before anything was flushed.
#[test]
pub fn a_retry_that_asks_for_a_flush_waits_for_one() {
    let resend = Step::Resend {
        topic: TOPIC,
        partition: 0,
        producer: 0,
    };
    let steps = [
        create(&[]),
        append(Level::One, Some(0)),
        resend.clone(),
        append(Level::One, Some(0)),
        resend,
        Step::Sleep { ms: 10 },
        append(Level::One, None),
    ];
    assert_survives(&steps, 10);
}

/// After a failed write to the catalogue the stop was marked as clean, and the next start took the torn write for
/// rot and did not start.
#[test]
fn a_failed_catalogue_write_is_not_followed_by_a_clean_stop() {
    let second = Step::CreateTopic {
        topic: "rolls",
        // More than one sector of the catalogue, so that the write can arrive in part.
        partitions: 8,
        configs: &[("segment.ms", "60000"), ("file.delete.delay.ms", "200")],
    };
    let steps = [create(&[]), second, append(Level::All, None)];
    let well = play(1, &steps, None, |_, _, _, _| {});
    for io in 0..well.ios[0] {
        for kind in [FaultKind::Eio, FaultKind::Enospc] {
            for seed in 0..10 {
                let fault = Fault { io, kind };
                let fault = LifeFault { life: 0, fault };
                if let Err(error) = fail_and_recover(seed, &steps, fault) {
                    panic!("{kind:?} at I/O {io}, seed {seed}: {error}");
                }
            }
        }
    }
}

/// One flipped bit in `partition.metadata` made a start take the directory for that of a deleted topic.
#[test]
fn a_damaged_partition_metadata_deletes_nothing() {
    let steps = [create(&[]), append(Level::All, None)];
    let played = play(1, &steps, None, |_, _, _, _| {});
    let path = Path::new(DATA).join("flights-0/partition.metadata");
    let log = Path::new(DATA).join("flights-0/00000000000000000000.log");
    let held = played.storage.contents(&log);
    let length = played.storage.contents(&path).unwrap().len() as u64;
    for bit in 0..length * 8 {
        let mut flipped = played.storage.clone();
        flipped.flip_bit(&path, bit);
        let sim = Simulation::new(settings(1, 9), flipped);
        let opened = sim.run(LIFE, async { SimEngine.open().await.is_ok() });
        assert_eq!(opened, Outcome::Done(true), "bit {bit}");
        let left = sim.with_storage(|storage| storage.contents(&log));
        assert_eq!(left, held, "bit {bit}");
    }
}

/// A creation that failed halfway left a topic that was there, served in part, and could not be created again.
#[test]
fn a_topic_whose_creation_failed_can_be_created_again() {
    let topic = || NewTopic {
        name: TOPIC.into(),
        partitions: 3,
        configs: Default::default(),
    };
    let mut failed = 0;
    for io in 0..120 {
        let sim = Simulation::new(settings(2, 0), Storage::new(DATA));
        let kind = FaultKind::Enospc;
        sim.fail(Fault { io, kind });
        let outcome = sim.run(LIFE, async move {
            if SimEngine.open().await.is_err() {
                return Ok(false);
            }
            let first = SimEngine.create_topic(topic()).await;
            if first.is_ok() {
                return Ok(false);
            }
            match patiently(SimEngine.create_topic(topic())).await {
                Some(Ok(topic_id)) => {
                    for partition in 0..3 {
                        let id = corelane_engine::TopicPartition {
                            topic_id,
                            partition,
                        };
                        let end = SimEngine
                            .with_partition(id, |open| async move { open.high_watermark() });
                        if end.await != Some(Offset(0)) {
                            return Err(format!("partition {partition} does not serve"));
                        }
                    }
                    Ok(true)
                }
                // A catalogue that cannot tell what is on the disk takes no changes.
                Some(Err(TopicError::Catalogue(_))) => Ok(false),
                other => Err(format!("the second creation: {other:?}")),
            }
        });
        match outcome {
            Outcome::Done(Ok(has_failed)) => failed += u32::from(has_failed),
            other => panic!("I/O {io}: {other:?}"),
        }
    }
    assert!(failed > 3, "{failed}");
}

/// The process is killed between the catalogue's record of a deletion and the directories' new names.
#[test]
pub fn an_interrupted_deletion_is_finished_at_the_next_start() {
    let steps = [
        create(&[]),
        append(Level::All, None),
        Step::DeleteTopic { topic: TOPIC },
    ];
    let mut finished = 0;
    let walked = play(1, &steps, None, |_, _, _, _| {});
    for point in 0..walked.points {
        let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
        sim.crash_at(point);
        let id = sim.run(LIFE, async {
            SimEngine.open().await.ok()?;
            let topic = NewTopic {
                name: TOPIC.into(),
                partitions: 1,
                configs: Default::default(),
            };
            let id = SimEngine.create_topic(topic).await.ok()?;
            SimEngine.delete_topic(id).await.ok()
        });
        let mut dice = Dice::new(point);
        let left = sim
            .point()
            .storage
            .after_crash(CrashMode::Kill, &[], &mut dice);
        drop(sim);
        if id != Outcome::Crashed {
            break;
        }
        let sim = Simulation::new(settings(1, 1), left);
        let is_gone = sim.run(LIFE, async {
            SimEngine.open().await.expect("the disk is well");
            SimEngine.image().await.topic_by_name(TOPIC).is_none()
        });
        let _ = sim.run(LIFE, async {
            patiently(std::future::pending::<()>()).await
        });
        if is_gone == Outcome::Done(true) {
            let files = sim.with_storage(|storage| storage.files());
            let left = files
                .iter()
                .filter(|path| path.to_string_lossy().contains(TOPIC));
            assert_eq!(
                left.collect::<Vec<_>>(),
                Vec::<&std::path::PathBuf>::new(),
                "point {point}"
            );
            finished += 1;
        }
    }
    assert!(finished > 3, "{finished}");
}

fn batch(bytes: usize, later_ms: i64) -> Batch {
    Batch {
        records: 1,
        bytes,
        acks: Level::All,
        producer: None,
        later_ms,
        off_ms: 0,
    }
}

fn append_batch(batch: Batch) -> Step {
    Step::Append {
        topic: TOPIC,
        partition: 0,
        batch,
    }
}

/// A power cut lost, or turned to garbage, a sector that ended within the header of a batch whose other sectors arrived:
/// the base offset was wrong, the CRC was right, and the start refused the torn tail as a misplaced batch.
#[test]
fn a_header_torn_at_the_end_of_a_sector_is_cut() {
    // The second batch begins 14 to 8 bytes before the end of the first sector.
    for bytes in [424, 426, 428, 430] {
        let burst = (0..3).map(|_| (TOPIC, 0, batch(150, 1))).collect();
        let steps = [
            create(&[]),
            append_batch(batch(bytes, 1)),
            Step::Burst { batches: burst },
        ];
        assert_survives(&steps, 1);
    }
}

/// A save wrote the offset index before the time index, over files of an earlier life. After a crash between the two the
/// log was walked from an entry of the offset index, and what the time index had known of the records before it was
/// lost: a search for the largest time missed its record, where later records had smaller ones.
#[test]
fn a_save_cut_short_hides_no_record_with_a_larger_time_than_later_ones() {
    let mut steps = vec![create(&[("index.interval.bytes", "100")])];
    let later = [5, 5, 5000, -4990, 1];
    steps.extend(later.map(|later_ms| append_batch(batch(200, later_ms))));
    steps.push(Step::Restart);
    assert_survives(&steps, 5);
}

/// Not the engine but the model: a record that is acknowledged when it has been written is not read before the flush
/// that a record before it waits for, here one without acknowledgement, for `flush.messages`.
#[test]
fn a_written_record_is_read_once_the_flush_before_it_is_done() {
    let one = |records, acks| Batch {
        records,
        acks,
        ..batch(100, 1)
    };
    let burst = Step::Burst {
        batches: vec![
            (TOPIC, 0, one(3, Level::Zero)),
            (TOPIC, 0, one(1, Level::One)),
        ],
    };
    let steps = [
        create(&[("flush.messages", "3")]),
        burst.clone(),
        Step::Consume,
        burst,
        Step::Consume,
    ];
    assert_survives(&steps, 5);
}

/// A roll failed for want of space when it had made the next segment's file. A smaller batch then went into the old
/// segment, beyond the name of the next one, and the next start refused the partition.
#[test]
fn after_a_roll_that_failed_nothing_goes_into_the_old_segment() {
    let steps = [
        create(&[("segment.bytes", "1048576")]),
        append_batch(batch(600_000, 1)),
        append_batch(batch(600_000, 1)),
        Step::Sleep { ms: 6000 },
        append_batch(batch(100, 1)),
        append_batch(batch(100, 1)),
    ];
    let well = play(1, &steps, None, |_, _, _, _| {});
    assert_eq!(well.failures, Vec::<String>::new());
    for io in 0..well.ios[0] {
        let kind = FaultKind::Enospc;
        let fault = Fault { io, kind };
        if let Err(error) = fail_and_recover(1, &steps, LifeFault { life: 0, fault }) {
            panic!("I/O {io}: {error}");
        }
    }
}

/// A segment counted as last changed when it was made. Timestamps of an hour later and more were taken for absurd, and
/// retention counted from the segment's first day: the default of seven days deleted records that were seconds old.
#[test]
pub fn retention_keeps_the_young_records_of_an_old_segment() {
    let hours = |count: i64| Step::JumpClock {
        ms: count * 3_600_000,
    };
    let retain = Step::Retain {
        topic: TOPIC,
        partition: 0,
    };
    let mut steps = vec![create(&[("retention.ms", "10800000")])];
    for _ in 0..4 {
        steps.extend([append_batch(batch(200, 1)), hours(2)]);
    }
    steps.extend([append_batch(batch(200, 1)), retain, Step::Consume]);
    let played = play(1, &steps, None, |_, _, _, _| {});
    assert_eq!(played.failures, Vec::<String>::new());
}

/// Not the engine but the model: seed 56497 of the random scripts. Retention counts the size first, which took young
/// records, and then the age of what that had left, which took all the rest, as its timestamps were a year old. The model
/// allowed a log start that the size alone explains, or the age alone.
#[test]
fn what_the_size_leaves_may_go_for_its_age() {
    let year_ms = 365 * 86_400_000;
    let young = batch(400, 5);
    let old = Batch {
        off_ms: -year_ms,
        ..batch(10_000, 5)
    };
    let mut steps = vec![create(&[
        ("segment.index.bytes", "48"),
        ("index.interval.bytes", "100"),
        ("retention.bytes", "9000"),
        ("file.delete.delay.ms", "0"),
    ])];
    steps.extend([young.clone(), young.clone(), young].map(append_batch));
    steps.extend((0..6).map(|_| append_batch(old.clone())));
    let retain = Step::Retain {
        topic: TOPIC,
        partition: 0,
    };
    steps.extend([retain, Step::Consume]);
    assert_survives(&steps, 1);
    // A segment is left that begins where the log ended: the others are gone, the active one among them.
    let played = play(0, &steps, None, |_, _, _, _| {});
    let files = played.storage.files();
    let is_log = |path: &&std::path::PathBuf| {
        path.starts_with(Path::new(DATA).join("flights-0"))
            && path.extension() == Some("log".as_ref())
    };
    let logs: Vec<_> = files.iter().filter(is_log).collect();
    let left = Path::new(DATA).join("flights-0/00000000000000000009.log");
    assert_eq!(logs, [&left]);
}

/// Not the engine but the model: seed 50776 of the random scripts. A young record and records whose timestamps are a year
/// old shared a segment. Compaction took the young one, as a record behind it had its key, and so the segment was a year
/// old when the topic went from compaction to deletion. The model counted with the record that was gone already.
#[test]
fn what_compaction_leaves_of_a_segment_may_go_for_its_age() {
    // Which records have equal keys follows from the sizes of the batches.
    let played: Vec<_> = (20..28).map(play_old_behind_covered).collect();
    for played in &played {
        assert_eq!(played.failures, Vec::<String>::new());
    }
    let first = Path::new(DATA).join("flights-0/00000000000000000000.log");
    let is_gone = |played: &&Played| played.storage.contents(&first).is_none();
    assert!(played.iter().filter(is_gone).count() > 0);
}

fn play_old_behind_covered(bytes: usize) -> Played {
    let year_ms = 365 * 86_400_000;
    let of = |records, later_ms, off_ms| {
        append_batch(Batch {
            records,
            off_ms,
            ..batch(bytes, later_ms)
        })
    };
    let steps = [
        create(&[
            ("cleanup.policy", "compact"),
            ("segment.ms", "1000"),
            ("min.cleanable.dirty.ratio", "0.1"),
        ]),
        of(1, 0, 0),
        of(4, 0, -year_ms),
        of(4, 0, -year_ms),
        // Rolls, so that what is before it can be cleaned.
        of(1, 2000, 0),
        // Space is allocated behind it, and while it is the cleaner waits.
        Step::Sleep { ms: 100 },
        Step::Compact {
            topic: TOPIC,
            partition: 0,
            map_bytes: 1 << 20,
        },
        Step::Consume,
        Step::AlterConfigs {
            topic: TOPIC,
            configs: &[("file.delete.delay.ms", "0")],
        },
        Step::Retain {
            topic: TOPIC,
            partition: 0,
        },
        Step::Consume,
    ];
    play(0, &steps, None, |_, _, _, _| {})
}
