//! What a start finds again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use corelane_engine::io::Disk;
use corelane_engine::sim::{
    CrashMode, DATA, Fault, FaultKind, Outcome, SimDisk, SimEngine, Simulation, Storage,
};
use corelane_engine::{CatalogueError, EngineError, Offset, TimestampMs};

use super::{
    FIRST_MS, LIFE, ROLLING, TOPIC, batch, create_topic, live, name_of, numbers, run, send_durably,
    values,
};
use crate::model::header;
use crate::play::{read_batches, settings};

/// I2: a producer id belongs to one producer, also over kills.
#[test]
pub fn a_producer_id_is_given_out_once() {
    let mut storage = Storage::new(DATA);
    let mut given = Vec::new();
    for _ in 0..4 {
        let (id, left) = live(&storage, async {
            let id = SimEngine.allocate_producer_id().await;
            id.expect("the disk is well")
        });
        assert!(!given.contains(&id), "{id:?} is given out again");
        given.push(id);
        storage = left;
    }
}

/// Batches of one start carry its epoch, which is above that of the start before.
#[test]
pub fn the_leader_epoch_rises_with_each_start() {
    let (id, mut storage) = live(&Storage::new(DATA), async {
        create_topic(&[]).await.expect("the disk is well")
    });
    let mut last = None;
    for start in 0..4_i64 {
        let (epoch, left) = live(&storage, async move {
            send_durably(id, batch(start as usize, None)).await;
            let read = read_batches(id, start).await.ok();
            let batches = read.expect("it was acknowledged");
            header(&batches[0]).leader_epoch()
        });
        assert!(Some(epoch) > last, "{epoch:?} after {last:?}");
        last = Some(epoch);
        storage = left;
    }
}

/// Base offsets of the partition's segments.
fn segments() -> Vec<i64> {
    let directory = Path::new(DATA).join(format!("{TOPIC}-0"));
    let entries = SimDisk.list(&directory).expect("the directory is there");
    let logs = entries
        .iter()
        .filter_map(|entry| entry.name.strip_suffix(".log"));
    logs.map(|name| name.parse().expect("an offset")).collect()
}

/// The log start may be the last record of a segment, which is then needed as much as any.
#[test]
pub fn a_segment_whose_last_record_is_the_log_start_stays() {
    live(&Storage::new(DATA), async {
        let id = create_topic(ROLLING).await.expect("the disk is well");
        for number in 0..20 {
            send_durably(id, batch(number, None)).await;
        }
        let start = segments()[2] - 1;
        let deleted = SimEngine.with_partition(id, move |open| async move {
            open.delete_records_before(Offset(start)).await
        });
        let deleted = deleted.await.expect("the partition is open");
        assert_eq!(deleted.expect("the disk is well"), Offset(start));
        let found = values(id).await.expect("nothing is damaged");
        let offsets: Vec<i64> = found.iter().map(|(offset, _)| *offset).collect();
        assert_eq!(offsets, (start..20).collect::<Vec<_>>());
        assert!(segments()[0] > 0, "nothing was deleted");
    });
}

/// The roll after a save has no other reason to flush the directory than the new segment's file.
#[test]
pub fn a_segment_made_after_a_save_outlasts_a_power_cut() {
    for count in 1..16 {
        let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
        let id = run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            let id = create_topic(ROLLING).await.expect("the disk is well");
            for number in 0..count {
                send_durably(id, batch(number, None)).await;
                if number + 1 < count {
                    SimEngine.save(id).await.expect("the disk is well");
                }
            }
            id
        });
        let cut = sim.point().crash(CrashMode::None, 1);
        let (found, _) = live(&cut, async move { numbers(id).await });
        assert_eq!(found, Ok((0..count).collect()));
    }
}

/// I5: a search by time finds each record, also those that are the last of their segment.
#[test]
pub fn every_record_is_found_by_its_time_after_a_start() {
    const RECORDS: usize = 20;
    for stops in [false, true] {
        let (id, storage) = live(&Storage::new(DATA), async move {
            let id = create_topic(ROLLING).await.expect("the disk is well");
            for number in 0..RECORDS {
                send_durably(id, batch(number, None)).await;
            }
            SimDisk.sleep(Duration::from_millis(250)).await;
            if stops {
                SimEngine.stop().await;
            }
            id
        });
        live(&storage, async move {
            for offset in 0..RECORDS as i64 {
                let timestamp = TimestampMs(FIRST_MS + offset);
                let found = SimEngine.with_partition(id, move |open| async move {
                    open.offset_for_timestamp(timestamp).await
                });
                let found = found.await.expect("the partition is open");
                let found = found.expect("nothing is damaged").map(|found| found.offset);
                assert_eq!(found, Some(Offset(offset)), "I5: a search by its time");
            }
        });
    }
}

/// I1: what cannot be read is not taken for what is not there. The log was killed before a checkpoint knew of it.
#[test]
pub fn a_read_error_is_not_the_end_of_the_log() {
    const RECORDS: usize = 20;
    let (id, killed) = live(&Storage::new(DATA), async {
        let id = create_topic(&[]).await.expect("the disk is well");
        for number in 0..RECORDS {
            send_durably(id, batch(number, None)).await;
        }
        id
    });
    let mut opened = 0;
    for io in 0..60 {
        let sim = Simulation::new(settings(1, 0), killed.clone());
        let kind = FaultKind::Eio;
        sim.fail(Fault { io, kind });
        let outcome = sim.run(LIFE, async move {
            SimEngine.open().await.ok()?;
            let ends = SimEngine.with_partition(id, |open| async move {
                (open.refused().is_none(), open.high_watermark())
            });
            ends.await
        });
        match outcome {
            Outcome::Done(Some((true, end))) => {
                assert_eq!(
                    end,
                    Offset(RECORDS as i64),
                    "I1: the end after an error of I/O {io}"
                );
                opened += 1;
            }
            Outcome::Done(_) => {}
            stuck => panic!("I/O {io}: the engine is {}", name_of(&stuck)),
        }
    }
    assert!(opened > 3, "{opened} starts went well");
}

/// All files and what they hold.
fn contents_of(storage: &Storage) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let files = storage.files().into_iter();
    files
        .map(|path| {
            let contents = storage.contents(&path);
            (path, contents)
        })
        .collect()
}

/// The catalogue's last change was answered and is damaged, or the whole file is gone: nothing in the file contradicts
/// a torn tail, but the directory of a partition that it does not know does.
#[test]
pub fn a_topic_that_the_catalogue_has_lost_is_missed() {
    let catalogue = Path::new(DATA).join("__cluster_metadata-0/00000000000000000000.log");
    let lives = [false, true].map(|adds_partition| {
        let (_, storage) = live(&Storage::new(DATA), async move {
            let id = create_topic(&[]).await.expect("the disk is well");
            send_durably(id, batch(0, None)).await;
            if adds_partition {
                let added = SimEngine.create_partitions(id.topic_id, 2).await;
                added.expect("the disk is well");
            }
        });
        (storage, format!("{TOPIC}-{}", usize::from(adds_partition)))
    });
    for (whole, lost) in lives {
        let mut flipped = whole.clone();
        let length = whole.contents(&catalogue).expect("it is there").len() as u64;
        flipped.flip_bit(&catalogue, (length - 3) * 8);
        let mut gone = whole;
        gone.take_away(&catalogue);
        for damaged in [flipped, gone] {
            let before = contents_of(&damaged);
            let sim = Simulation::new(settings(1, 1), damaged);
            let opened = run(&sim, SimEngine.open());
            let Err(EngineError::Catalogue(CatalogueError::LostPartitions { directories, .. })) =
                opened
            else {
                panic!("I6: the start says {opened:?}");
            };
            assert!(
                directories.contains(&Path::new(DATA).join(&lost)),
                "{directories:?}"
            );
            assert_eq!(sim.with_storage(|storage| contents_of(storage)), before);
        }
    }
}

/// The catalogue is gone, and so is the id in the partition's directory, or it cannot be read. The records are still
/// somebody's; a directory without any is what a creation has left that a crash cut short.
#[test]
pub fn records_in_a_directory_without_a_readable_id_are_missed() {
    let catalogue = Path::new(DATA).join("__cluster_metadata-0/00000000000000000000.log");
    let directory = Path::new(DATA).join(format!("{TOPIC}-0"));
    let metadata = directory.join("partition.metadata");
    for has_records in [true, false] {
        let (_, mut whole) = live(&Storage::new(DATA), async move {
            let id = create_topic(&[]).await.expect("the disk is well");
            if has_records {
                send_durably(id, batch(0, None)).await;
            }
        });
        whole.take_away(&catalogue);
        let mut flipped = whole.clone();
        flipped.flip_bit(&metadata, 0);
        let mut gone = whole;
        gone.take_away(&metadata);
        for damaged in [flipped, gone] {
            let before = contents_of(&damaged);
            let sim = Simulation::new(settings(1, 1), damaged);
            let opened = run(&sim, SimEngine.open());
            if !has_records {
                opened.expect("nothing is lost");
                continue;
            }
            let Err(EngineError::Catalogue(CatalogueError::LostPartitions { directories, .. })) =
                opened
            else {
                panic!("I6: the start says {opened:?}");
            };
            assert_eq!(directories, std::slice::from_ref(&directory));
            assert_eq!(sim.with_storage(|storage| contents_of(storage)), before);
        }
    }
}

/// I1: the disk answers one read of a start wrongly, and rightly before and after. A start that has found the whole log
/// writes its end again, and its last block with the next batch: as it is, or not at all.
#[test]
pub fn what_a_start_writes_again_is_what_it_has_accepted() {
    const RECORDS: usize = 20;
    let mut noticed = 0;
    for stops in [false, true] {
        let (id, left) = live(&Storage::new(DATA), async move {
            let id = create_topic(&[]).await.expect("the disk is well");
            for number in 0..RECORDS {
                send_durably(id, batch(number, None)).await;
            }
            if stops {
                SimEngine.stop().await;
            }
            id
        });
        for io in 0..80 {
            let sim = Simulation::new(settings(io, 1), left.clone());
            let kind = FaultKind::Misread;
            sim.fail(Fault { io, kind });
            let outcome = sim.run(LIFE, async move {
                SimEngine.open().await.ok()?;
                let ends = SimEngine.with_partition(id, |open| async move {
                    (open.refused(), open.high_watermark())
                });
                let (refused, end) = ends.await?;
                if refused.is_none() && end == Offset(RECORDS as i64) {
                    send_durably(id, batch(RECORDS, None)).await;
                }
                Some((refused.map(|reason| reason.to_string()), end))
            });
            let Outcome::Done(outcome) = outcome else {
                panic!("I/O {io}: the engine is {}", name_of(&outcome));
            };
            let cut = sim.point().crash(CrashMode::None, io);
            drop(sim);
            let sent = match outcome {
                Some((None, end)) if end == Offset(RECORDS as i64) => RECORDS + 1,
                Some((Some(reason), _)) if reason.contains("a second read") => {
                    noticed += 1;
                    RECORDS
                }
                // The walk itself was lied to: damage that is none is another test's.
                _ => continue,
            };
            let (found, _) = live(&cut, async move { numbers(id).await });
            assert_eq!(
                found,
                Ok((0..sent).collect()),
                "I1: stops {stops}, I/O {io}"
            );
        }
    }
    assert!(noticed > 1, "{noticed} wrong reads were noticed");
}
