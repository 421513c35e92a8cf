//! Writes that a disk lies about, and disks that are full in the middle of a write: each I/O that writes or flushes,
//! once each way.
//!
//! A log without copies cannot always tell that a write which the disk has confirmed never arrived: where it was the
//! last one, nothing is there that could contradict. What is asked here is that nothing wrong is served as if it were
//! right, and that what is lost is found where a later group, or a durable-end checkpoint that has survived, contradicts.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corelane_engine::batch::{Gaps, ScanFrom, scan};
use corelane_engine::sim::{
    CrashMode, DATA, Dice, Fault, FaultKind, Outcome, SimEngine, SimWrite, Simulation, Storage,
};
use corelane_engine::{LeaderEpoch, Offset, Position};

use crate::crashes::number;
use crate::faults::fail_and_recover;
use crate::flips::{Came, judge};
use crate::model::Model;
use crate::play::{LifeFault, Player, settings};
use crate::script::{Batch, Level, Step};

const LIFE: Duration = Duration::from_secs(600);
const SEED: u64 = 1;
const TOPIC: &str = "flights";

/// A batch for a segment of its own now and then, a save between, and time for the checkpoint.
fn steps() -> Vec<Step> {
    let mut steps = vec![Step::CreateTopic {
        topic: TOPIC,
        partitions: 1,
        configs: &[
            ("segment.index.bytes", "48"),
            ("index.interval.bytes", "100"),
        ],
    }];
    for number in 0..16 {
        steps.push(Step::Append {
            topic: TOPIC,
            partition: 0,
            batch: Batch {
                records: 2,
                bytes: if number % 4 == 0 { 1500 } else { 200 },
                acks: Level::All,
                producer: (number % 3 == 0).then_some(0),
                later_ms: 7,
                off_ms: 0,
            },
        });
        match number {
            5 => steps.push(Step::Save {
                topic: TOPIC,
                partition: 0,
            }),
            10 => steps.push(Step::Sleep { ms: 300 }),
            _ => {}
        }
    }
    steps
}

/// How the life ends in which the disk has lied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    /// The process is killed as soon as the last batch was acknowledged.
    KilledAtOnce,
    /// It is killed when the checkpoint has caught up.
    Killed,
    /// The power is cut then.
    PowerCut,
    Stopped,
}

impl Ending {
    const ALL: [Ending; 4] = [
        Ending::KilledAtOnce,
        Ending::Killed,
        Ending::PowerCut,
        Ending::Stopped,
    ];
}

struct Lived {
    storage: Storage,
    model: Model,
    writes: Vec<SimWrite>,
    names: BTreeMap<u64, String>,
}

fn live(seed: u64, fault: Option<Fault>, ending: Ending) -> Lived {
    let sim = Simulation::new(settings(seed, 0), Storage::new(DATA));
    if let Some(fault) = fault {
        sim.fail(fault);
    }
    let player = Player::new(Model::default(), true);
    let there = player.clone();
    let mut steps = steps();
    if ending != Ending::KilledAtOnce {
        steps.push(Step::Sleep { ms: 500 });
    }
    let outcome = sim.run(LIFE, async move {
        SimEngine
            .open()
            .await
            .expect("there is nothing to read yet");
        there.steps(&steps).await;
        if ending == Ending::Stopped {
            SimEngine.stop().await;
        }
    });
    assert_eq!(outcome, Outcome::Done(()), "I8: {fault:?}, {ending:?}");
    let mode = match ending {
        Ending::PowerCut => CrashMode::None,
        Ending::KilledAtOnce | Ending::Killed | Ending::Stopped => CrashMode::Kill,
    };
    let name = |storage: &Storage, path: PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        Some((storage.find(&path)?, name.to_owned()))
    };
    let names = sim.with_storage(|storage| {
        let files = storage.files().into_iter();
        files.filter_map(|path| name(storage, path)).collect()
    });
    let model = player.model.borrow().clone();
    Lived {
        storage: sim.point().crash(mode, seed),
        model,
        writes: sim.writes(),
        names,
    }
}

impl Lived {
    /// The sort of file that an I/O was about.
    fn sort_of(&self, write: &SimWrite) -> String {
        let what = if write.length > 0 { "write" } else { "flush" };
        let name = write.inode.and_then(|inode| self.names.get(&inode));
        let name = match (write.inode, name) {
            (None, _) => "directory",
            (Some(_), None) => "file that was replaced",
            (Some(_), Some(name)) if name.starts_with("0000") => {
                name.rsplit_once('.').map_or("", |(_, ending)| ending)
            }
            (Some(_), Some(name)) => name,
        };
        format!("{what}, {name}")
    }
}

/// Whether a walk over every byte of the partition's segments, as `corelane log verify` makes it, meets damage.
fn is_found_by_a_walk(storage: &Storage) -> bool {
    let directory = Path::new(DATA).join(format!("{TOPIC}-0"));
    let is_damaged = |path: &PathBuf| {
        let stem = path.file_stem()?.to_str()?;
        let base_offset = stem.parse().ok()?;
        let file = storage.contents(path)?;
        let from = ScanFrom {
            position: Position::ZERO,
            offset: Offset(base_offset),
            epoch_min: LeaderEpoch(0),
            epoch_max: LeaderEpoch(0),
            gaps: Gaps::Refused,
            batch_bytes_max: 1 << 20,
        };
        Some(scan(&file, from).any(|step| step.is_err()))
    };
    let mut logs = storage.files().into_iter().filter(|path| {
        path.starts_with(&directory) && path.extension().is_some_and(|ending| ending == "log")
    });
    logs.any(|path| is_damaged(&path) == Some(true))
}

type Table = BTreeMap<(Ending, String, Came), u64>;

/// A lie about the last I/O of its sort, or an earlier one.
#[derive(Clone, Copy)]
struct Lie<'a> {
    ending: Ending,
    sort: &'a str,
    is_last: bool,
    fault: Fault,
}

fn lie(kind: FaultKind, seeds: u64, mut note: impl FnMut(Lie<'_>, Came)) {
    for ending in Ending::ALL {
        for seed in SEED..SEED + seeds {
            let well = live(seed, None, ending);
            assert_eq!(judge(&well.storage, &well.model), Came::Harmless);
            for (index, write) in well.writes.iter().enumerate() {
                let sort = well.sort_of(write);
                let mut later = well.writes[index + 1..].iter();
                let is_last = !later.any(|later| well.sort_of(later) == sort);
                let fault = Fault { io: write.io, kind };
                let lived = live(seed, Some(fault), ending);
                let came = judge(&lived.storage, &lived.model);
                let is_for_a_walk = came == Came::ServedMisplaced || came == Came::ServedWithBadCrc;
                assert!(
                    !is_for_a_walk || is_found_by_a_walk(&lived.storage),
                    "{fault:?}, {ending:?}: {came:?}, and no walk finds it"
                );
                let lie = Lie {
                    ending,
                    sort: &sort,
                    is_last,
                    fault,
                };
                note(lie, came);
            }
        }
    }
}

fn print(kind: FaultKind, table: &Table) {
    for ((ending, sort, came), count) in table {
        println!("| {kind:?} | {ending:?} | {sort} | {came:?} | {count} |");
    }
}

/// How many seeds are tried: each has other times and other places of what goes astray.
fn seeds() -> u64 {
    number("CORELANE_SIM_LIES").unwrap_or(1)
}

/// What a lie may cost that nothing on the disk contradicts: see `docs/testing.md`.
fn may_be_lost(lie: Lie<'_>, came: Came) -> bool {
    match (came, lie.sort) {
        // The last group. The checkpoint says that it was durable: 100 ms later, which a process that is killed leaves
        // in the page cache, and a power cut takes where nothing has flushed it.
        (Came::Cut, "write, log" | "flush, log") => {
            let is_uncovered = matches!(lie.ending, Ending::KilledAtOnce | Ending::PowerCut);
            is_uncovered && lie.is_last
        }
        // The name of the partition's directory, which the power cut has taken with everything below.
        (Came::Cut, "flush, directory") => lie.ending == Ending::PowerCut,
        // A lost change of the catalogue is found by the partition's directory.
        (Came::Cut | Came::ServedWrong | Came::TopicGone, _) => false,
        (
            Came::Harmless
            | Came::Refused
            | Came::ReadFails
            | Came::ServedWithBadCrc
            | Came::ServedMisplaced,
            _,
        ) => true,
    }
}

fn lie_and_compare(kind: FaultKind) {
    let (mut table, mut worse) = (Table::new(), Vec::new());
    lie(kind, seeds(), |lie, came| {
        let row = (lie.ending, lie.sort.to_owned(), came);
        *table.entry(row).or_default() += 1;
        if !may_be_lost(lie, came) {
            let Lie {
                ending,
                sort,
                fault,
                ..
            } = lie;
            worse.push(format!("{fault:?}, {ending:?}, {sort}: {came:?}"));
        }
    });
    print(kind, &table);
    assert_eq!(worse, Vec::<String>::new());
    let is_found = |came: &Came| matches!(came, Came::Refused | Came::ReadFails);
    let found = table.keys().filter(|(_, _, came)| is_found(came));
    assert!(found.count() > 3, "lies are hardly ever found");
}

#[test]
fn a_dropped_write_is_found_or_harmless_where_something_contradicts() {
    lie_and_compare(FaultKind::Dropped);
}

#[test]
fn a_misdirected_write_is_found_or_harmless_where_something_contradicts() {
    lie_and_compare(FaultKind::Misdirected);
}

/// Of a group, an index, a checkpoint, the catalogue: whatever part of a write the disk has room for.
#[test]
fn a_disk_that_is_full_at_any_byte_of_a_write_loses_nothing() {
    let mut steps = steps();
    steps.push(Step::Sleep { ms: 500 });
    let well = live(SEED, None, Ending::Stopped);
    let mut dice = Dice::of(&[SEED, 9]);
    let mut count = 0;
    for write in well.writes.iter().filter(|write| write.length > 0) {
        let last = write.length - 1;
        let places = [0, 1, 60, 61, 511, 512, last / 2, last, dice.index(last + 1)];
        let mut places: Vec<usize> = places.into_iter().filter(|place| *place <= last).collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            let fault = Fault {
                io: write.io,
                kind: FaultKind::FullAt(place as u32),
            };
            count += 1;
            if let Err(error) = fail_and_recover(SEED, &steps, LifeFault { life: 0, fault }) {
                panic!("{}, {fault:?}: {error}", well.sort_of(write));
            }
        }
    }
    println!("{count} full disks");
    assert!(count > 200, "{count}");
}
