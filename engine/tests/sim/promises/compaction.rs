//! What compaction leaves, at every moment.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::compaction::HashSeed;
use corelane_engine::io::Disk;
use corelane_engine::sim::{CrashMode, DATA, SimDisk, SimEngine, Simulation, Storage};
use corelane_engine::{Offset, TopicPartition};

use super::{FIRST_MS, One, ROLLING, create_topic, live, run, send_durably, values};
use crate::model::header;
use crate::play::{read_batches, settings};

fn one(number: usize, key: &str, value: &[u8]) -> Bytes {
    let one = One {
        number,
        producer: None,
        timestamp_ms: FIRST_MS + number as i64,
        key: Some(key.as_bytes()),
        value,
    };
    one.build()
}

/// What compaction has to leave: the newest value of each key, and nothing that was never written at its offset.
fn check_compacted(found: &[(i64, Vec<u8>)], written: &[(String, Vec<u8>)]) -> Result<(), String> {
    let mut newest = BTreeMap::new();
    for (offset, (key, value)) in written.iter().enumerate() {
        newest.insert(key, (offset as i64, value));
    }
    let mut last = -1;
    for (offset, value) in found {
        if *offset <= last {
            return Err(format!("I3: offset {offset} follows {last}"));
        }
        last = *offset;
        if written.get(*offset as usize).map(|(_, value)| value) != Some(value) {
            return Err(format!("I6: offset {offset} has another value"));
        }
    }
    for (key, (offset, _)) in newest {
        if !found.iter().any(|(at, _)| *at == offset) {
            return Err(format!("I1: the newest {key}, at {offset}, is gone"));
        }
    }
    Ok(())
}

const RECORDS: usize = 20;

/// A log that was compacted, and what crashes at each moment of it have left.
struct Cleaned {
    id: TopicPartition,
    /// Keys and values, in the order of their offsets.
    written: Rc<Vec<(String, Vec<u8>)>>,
    crashes: Vec<(CrashMode, Storage)>,
}

/// Crashes a compaction in every way at each of its points, and compares what readers of the running engine find.
fn crash_a_compaction() -> Cleaned {
    let record = |number: usize| {
        let value = format!("{number}:{}", "v".repeat(60 + 40 * (number % 5)));
        (format!("key-{}", number % 2), value.into_bytes())
    };
    let written: Rc<Vec<(String, Vec<u8>)>> = Rc::new((0..RECORDS).map(record).collect());
    // All of the log is in memory, so that what readers find there has to go with the files.
    let mut settings = settings(1, 0);
    settings.tail_cache_bytes = 64 << 20;
    let sim = Simulation::new(settings, Storage::new(DATA));
    let crashes: Rc<RefCell<Vec<(CrashMode, Storage)>>> = Rc::default();
    let is_cleaning = Rc::new(Cell::new(false));
    let (cleaning, kept) = (is_cleaning.clone(), crashes.clone());
    sim.observe(move |point| {
        if cleaning.get() {
            for mode in CrashMode::ALL {
                let crash = point.crash(mode, point.number());
                kept.borrow_mut().push((mode, crash));
            }
        }
    });
    let all = written.clone();
    let id = run(&sim, async move {
        SimEngine.open().await.expect("the disk is well");
        let mut configs = ROLLING.to_vec();
        configs.push(("cleanup.policy", "compact"));
        let id = create_topic(&configs).await.expect("the disk is well");
        // Only of a log that somebody reads.
        assert!(read_batches(id, 0).await.is_ok_and(|none| none.is_empty()));
        for (number, (key, value)) in all.iter().enumerate() {
            send_durably(id, one(number, key, value)).await;
        }
        let before = values(id).await.expect("nothing is damaged").len();
        // Nothing is compacted while space is allocated ahead.
        SimDisk.sleep(Duration::from_secs(1)).await;
        is_cleaning.set(true);
        let clean = SimEngine.with_partition(id, |open| async move {
            open.clean_now(1 << 20, HashSeed([3, 5])).await
        });
        let cleaned = clean.await.expect("the partition is open");
        cleaned.expect("the disk is well");
        is_cleaning.set(false);
        let after = values(id).await.expect("nothing is damaged");
        assert!(after.len() < before, "nothing was compacted");
        check_compacted(&after, &all).expect("read from the running engine");
        for (offset, _) in &after {
            let read = read_batches(id, *offset).await.ok().expect("it is there");
            assert_eq!(header(&read[0]).base_offset(), Offset(*offset));
        }
        id
    });
    drop(sim);
    Cleaned {
        id,
        written,
        crashes: crashes.take(),
    }
}

/// What is there after a start is the old log or the new one, and takes a write.
fn check_start(
    id: TopicPartition,
    written: &Rc<Vec<(String, Vec<u8>)>>,
    crash: &Storage,
    what: String,
) {
    let all = written.clone();
    live(crash, async move {
        let found = values(id).await;
        let found = found.unwrap_or_else(|error| panic!("{what}: {error}"));
        if let Err(error) = check_compacted(&found, &all) {
            panic!("{what}: {error}");
        }
        let (key, value) = &all[0];
        let next = send_durably(id, one(0, key, value)).await;
        assert_eq!(next, RECORDS as i64);
    });
}

/// Files that compaction swaps are the old or the new ones, at every moment; and a reader of the running engine finds
/// what a reader after a start finds.
#[test]
pub fn a_compacted_log_survives_a_crash_at_every_point() {
    let Cleaned {
        id,
        written,
        crashes,
    } = crash_a_compaction();
    assert!(crashes.len() > 100, "{} crashes", crashes.len());
    for (index, (mode, crash)) in crashes.into_iter().enumerate() {
        check_start(id, &written, &crash, format!("crash {index}, {mode:?}"));
    }
}

/// A killed process had announced a swap, and not flushed the name of the announcement. The next start believed it and
/// renamed the files; a power cut then took the announcement and left the new names, and the start after that removed
/// the old files as what a finished swap leaves. Seed 490 of the random scripts.
#[test]
pub fn a_swap_that_a_killed_process_announced_outlasts_a_power_cut() {
    let Cleaned {
        id,
        written,
        crashes,
    } = crash_a_compaction();
    let is_under_way = |storage: &Storage| {
        let files = storage.files();
        let has = |ending: &str| {
            files
                .iter()
                .any(|path| path.to_string_lossy().ends_with(ending))
        };
        has("/cleaner-checkpoint") && has(".log.cleaned")
    };
    let mut count = 0;
    for (index, (mode, killed)) in crashes.into_iter().enumerate() {
        if mode != CrashMode::Kill || !is_under_way(&killed) {
            continue;
        }
        let cuts: Rc<RefCell<Vec<Storage>>> = Rc::default();
        let kept = cuts.clone();
        let sim = Simulation::new(settings(index as u64, 0), killed);
        sim.observe(move |point| {
            let cut = point.crash(CrashMode::Subset, index as u64);
            kept.borrow_mut().push(cut);
        });
        run(&sim, async {
            SimEngine.open().await.expect("the disk is well");
        });
        drop(sim);
        for (point, cut) in cuts.take().into_iter().enumerate() {
            let what = format!("killed at {index}, cut at point {point} of the start");
            check_start(id, &written, &cut, what);
            count += 1;
        }
    }
    assert!(count > 500, "{count} power cuts");
}
