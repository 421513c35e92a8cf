//! What is kept beside the log to find records sooner, over power cuts.

use std::time::Duration;

use corelane_engine::io::Disk;
use corelane_engine::sim::{CrashMode, DATA, SimDisk, SimEngine, Simulation, Storage};
use corelane_engine::{Acks, Offset, TimestampMs};

use super::{FIRST_MS, batch, batch_at, create_topic, live, numbers, run, send, send_durably};
use crate::model::header;
use crate::play::{read_batches, settings};

/// An entry for each batch, nearly.
const DENSE: &[(&str, &str)] = &[("index.interval.bytes", "100")];

/// I5: the record with the largest time is the first one, and a start that finds the indexes of a save which the power
/// cut has torn has to find it all the same.
#[test]
pub fn a_search_finds_every_record_after_a_power_cut_in_a_save() {
    const LATEST_MS: i64 = FIRST_MS + 1_000_000;
    let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
    let id = run(&sim, async {
        SimEngine.open().await.expect("the disk is well");
        let id = create_topic(DENSE).await.expect("the disk is well");
        send_durably(id, batch_at(0, None, LATEST_MS)).await;
        for number in 1..6 {
            send_durably(id, batch(number, None)).await;
        }
        SimEngine.stop().await;
        id
    });
    // The stop was long ago: all that it has saved has reached the disk.
    let stopped = sim.point().crash(CrashMode::All, 0);
    drop(sim);
    for life in 0..6 {
        let sim = Simulation::new(settings(life, 1), stopped.clone());
        run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            send_durably(id, batch(6, None)).await;
            SimEngine.save(id).await.expect("the disk is well");
        });
        let point = sim.point();
        drop(sim);
        for seed in 0..128 {
            let cut = point.crash(CrashMode::Subset, seed);
            live(&cut, async move {
                let found = SimEngine.with_partition(id, |open| async move {
                    open.offset_for_timestamp(TimestampMs(LATEST_MS)).await
                });
                let found = found.await.expect("the partition is open");
                let found = found.expect("nothing is damaged").map(|found| found.offset);
                assert_eq!(found, Some(Offset(0)), "I5: life {life}, seed {seed}");
            });
        }
    }
}

/// I5: a saved index is ahead of the log when a power cut takes batches that were written and not flushed. Others take
/// their offsets, in other places, and only the last one is where one was before.
#[test]
pub fn entries_of_batches_that_a_crash_has_cut_are_no_entries() {
    let (id, storage) = live(&Storage::new(DATA), async {
        let id = create_topic(DENSE).await.expect("the disk is well");
        send_durably(id, batch(0, None)).await;
        SimEngine.stop().await;
        id
    });
    let mut cut_back = 0;
    for seed in 0..64 {
        let sim = Simulation::new(settings(seed, 1), storage.clone());
        run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            for number in [1, 2, 3] {
                let sent = send(id, batch(number, None), Acks::Written).await;
                sent.expect("the disk is well");
            }
            SimEngine.save(id).await.expect("the disk is well");
        });
        let cut = sim.point().crash(CrashMode::Subset, seed);
        let (is_cut_back, killed) = live(&cut, async move {
            if numbers(id).await != Ok(vec![0]) {
                return false;
            }
            let sparse = [("index.interval.bytes".to_owned(), "409600".to_owned())];
            let altered = SimEngine.alter_configs(id.topic_id, sparse.into()).await;
            altered.expect("the disk is well");
            for number in [5, 4, 6] {
                send_durably(id, batch(number, None)).await;
            }
            // The checkpoint catches up, so that a start believes what is saved.
            SimDisk.sleep(Duration::from_millis(250)).await;
            SimEngine.save(id).await.expect("the disk is well");
            true
        });
        if !is_cut_back {
            continue;
        }
        cut_back += 1;
        live(&killed, async move {
            for offset in 0..4 {
                let read = read_batches(id, offset).await;
                let read = read.unwrap_or_else(|_| panic!("I5: {offset} is not read, seed {seed}"));
                assert_eq!(
                    header(&read[0]).base_offset(),
                    Offset(offset),
                    "seed {seed}"
                );
            }
        });
    }
    assert!(cut_back > 3, "the log was cut back {cut_back} times only");
}
