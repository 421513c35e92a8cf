//! Every bit of a 64 KiB log, its indexes and checkpoints flipped: found, or harmless.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corelane_engine::TopicPartition;
use corelane_engine::batch::ValidBatch;
use corelane_engine::sim::{CrashMode, Outcome, SimEngine, Simulation, Storage};

use crate::crashes::number;
use crate::model::{Model, Sent, State, plain};
use crate::play::{play, read_batches, settings};
use crate::script::{Batch, Level, Step};

const LIFE: Duration = Duration::from_secs(600);
const LOG_BYTES: usize = 64 << 10;
const SEED: u64 = 1;

/// What came of a flipped bit, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// Everything is served, byte for byte, and writes go on.
    Harmless,
    /// The partition refuses writes and says where; all that it serves is right.
    Refused,
    /// A read fails and says where.
    ReadFails,
    /// Bytes are served whose CRC does not match: for the client to find.
    ServedWithBadCrc,
    /// A right batch is served with a wrong offset or epoch, which its CRC does not cover, or in another's place.
    ServedMisplaced,
    /// The end of the log, or all of it, is missing, and nothing tells.
    Cut,
    /// The topic is not known any more. Its files are where they were.
    TopicGone,
    /// Wrong bytes are served, and nothing tells.
    ServedWrong,
}

fn fill() -> Vec<Step> {
    let mut steps = vec![Step::CreateTopic {
        topic: "flights",
        partitions: 1,
        configs: &[("index.interval.bytes", "1000")],
    }];
    for number in 0..LOG_BYTES / 1024 {
        steps.push(Step::Append {
            topic: "flights",
            partition: 0,
            batch: Batch {
                records: 3,
                bytes: 940,
                acks: Level::All,
                producer: (number % 2 == 0).then_some(0),
                later_ms: 7,
                off_ms: 0,
            },
        });
    }
    // The checkpoint catches up.
    steps.push(Step::Sleep { ms: 500 });
    steps
}

/// Opens a storage and reads it to the end.
pub fn judge(storage: &Storage, model: &Model) -> Came {
    let topic = &model.topics["flights"];
    let id = TopicPartition {
        topic_id: topic.id.expect("created"),
        partition: 0,
    };
    let sent = &topic.partitions[0].sent;
    let is_acknowledged = |sent: &&Sent| matches!(sent.state, State::Acknowledged { .. });
    let expected: Vec<(i64, i64, Vec<u8>)> = sent
        .iter()
        .take_while(is_acknowledged)
        .map(|sent| match sent.state {
            State::Acknowledged { base_offset, .. } => {
                (base_offset, sent.count, plain(&sent.bytes))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    // Once the engine has noticed, nobody knows of what comes then.
    let is_open_ended = expected.len() < sent.len();
    let sim = Simulation::new(settings(SEED, 9), storage.clone());
    let outcome = sim.run(LIFE, async move {
        if SimEngine.open().await.is_err() {
            return Came::Refused;
        }
        let ends = SimEngine.with_partition(id, |open| async move {
            (
                open.log_start_offset().0,
                open.high_watermark().0,
                open.refused().is_some(),
            )
        });
        let Some((start, end, is_refused)) = ends.await else {
            return Came::TopicGone;
        };
        let mut offset = start;
        let mut served = 0;
        let mut came = if is_refused {
            Came::Refused
        } else {
            Came::Harmless
        };
        while offset < end {
            let Ok(batches) = read_batches(id, offset).await else {
                return came.max(Came::ReadFails);
            };
            if batches.is_empty() {
                return came.max(Came::ReadFails);
            }
            for batch in batches {
                let Some((base_offset, count, bytes)) = expected.get(served) else {
                    return if is_open_ended {
                        came
                    } else {
                        Came::ServedWrong
                    };
                };
                let header = crate::model::header(&batch);
                if ValidBatch::check_foreign(batch.clone(), 100 << 20).is_err() {
                    // No client goes on from here.
                    return came.max(Came::ServedWithBadCrc);
                } else if plain(&batch) != *bytes {
                    let is_another = expected.iter().any(|(_, _, bytes)| plain(&batch) == *bytes);
                    return if is_another {
                        Came::ServedMisplaced
                    } else {
                        Came::ServedWrong
                    };
                } else if header.base_offset().0 != *base_offset || header.leader_epoch().0 != 0 {
                    came = came.max(Came::ServedMisplaced);
                }
                offset = base_offset + count;
                served += 1;
            }
        }
        if served < expected.len() && !is_refused {
            came = came.max(Came::Cut);
        }
        came
    });
    match outcome {
        Outcome::Done(came) => came,
        stuck => panic!("the engine is {stuck:?}"),
    }
}

/// Flips bits of all files of the partition. What came of them, by file and kind.
fn flip_all(storage: &Storage, model: &Model, stride: u64) -> BTreeMap<(String, Came), u64> {
    let directory = Path::new(corelane_engine::sim::DATA).join("flights-0");
    let files: Vec<PathBuf> = storage
        .files()
        .into_iter()
        .filter(|path| path.starts_with(&directory))
        .collect();
    let mut table = BTreeMap::new();
    let mut next = 0;
    let mut seen = 0;
    for path in files {
        let length = storage
            .contents(&path)
            .expect("it is there")
            .len()
            .min(LOG_BYTES + 8192);
        for bit in 0..length as u64 * 8 {
            seen += 1;
            if seen <= next {
                continue;
            }
            next += stride;
            let mut flipped = storage.clone();
            flipped.flip_bit(&path, bit);
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            *table.entry((name, judge(&flipped, model))).or_default() += 1;
        }
    }
    table
}

fn print(table: &BTreeMap<(String, Came), u64>) {
    for ((file, came), count) in table {
        println!("| {file} | {came:?} | {count} |");
    }
}

fn stride() -> u64 {
    number("CORELANE_SIM_BITS").unwrap_or(149)
}

#[test]
fn every_bit_flipped_after_a_crash_is_found_or_harmless() {
    let played = play(SEED, &fill(), None, |_, _, _, _| {});
    let mut killed = played.storage.clone();
    killed.take_away(&Path::new(corelane_engine::sim::DATA).join(".clean-stop"));
    // What a stop saves is not there after a crash.
    for path in killed.files() {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with("index") || name.ends_with(".snapshot") {
            killed.take_away(&path);
        }
    }
    assert_eq!(judge(&killed, &played.model), Came::Harmless);
    let table = flip_all(&killed, &played.model, stride());
    print(&table);
    let worst = table.keys().map(|(_, came)| *came).max();
    assert!(worst <= Some(Came::ReadFails), "{worst:?}");
}

#[test]
fn every_bit_flipped_after_a_clean_stop_is_found_or_harmless() {
    let played = play(SEED, &fill(), None, |_, _, _, _| {});
    let mut dice = corelane_engine::sim::Dice::new(0);
    let stopped = played.storage.after_crash(CrashMode::All, &[], &mut dice);
    assert_eq!(judge(&stopped, &played.model), Came::Harmless);
    let table = flip_all(&stopped, &played.model, stride());
    print(&table);
    let worst = table.keys().map(|(_, came)| *came).max();
    assert!(worst < Some(Came::Cut), "{worst:?}");
}
