//! Crashed at every point, in every way, and again while recovering.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use corelane_engine::sim::{CrashMode, Dice};

use crate::play::{Played, play};
use crate::recover::{Case, check};
use crate::script::{self, Step};

/// One crash of one script, for replays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub life: usize,
    pub point: u64,
    pub mode: CrashMode,
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// The crash that the environment asks for.
fn chosen_by_environment() -> Option<Chosen> {
    let text = std::env::var("CORELANE_SIM_CRASH").ok()?;
    let mut parts = text.split(':');
    let mut next = || parts.next().expect("CORELANE_SIM_CRASH is life:point:mode");
    let life = next().parse().expect("the life is a number");
    let point = next().parse().expect("the point is a number");
    let mode = next();
    let mode = CrashMode::ALL
        .into_iter()
        .find(|known| format!("{known:?}") == mode);
    Some(Chosen {
        life,
        point,
        mode: mode.expect("the mode is one of CrashMode"),
    })
}

/// Which crashes of a script are tried.
#[derive(Clone, Copy)]
pub enum Which {
    /// Every point in every mode.
    Every,
    /// One point in so many, in one mode, by the dice.
    OneIn(u64),
    Only(Chosen),
}

impl Which {
    fn modes(self, life: usize, point: u64, dice: &mut Dice) -> Vec<CrashMode> {
        match self {
            Which::Every => CrashMode::ALL.to_vec(),
            Which::OneIn(count) if dice.once_in(count) => {
                vec![CrashMode::ALL[dice.index(CrashMode::ALL.len())]]
            }
            Which::OneIn(_) => Vec::new(),
            Which::Only(chosen) if (chosen.life, chosen.point) == (life, point) => {
                vec![chosen.mode]
            }
            Which::Only(_) => Vec::new(),
        }
    }
}

pub struct Walked {
    pub played: Played,
    pub crashes: u64,
    pub failures: Vec<(Chosen, String)>,
}

/// Plays a script and crashes it.
pub fn walk(seed: u64, steps: &[Step], which: Which) -> Walked {
    let found = Rc::new(RefCell::new((0, Vec::new())));
    let place = found.clone();
    let mut dice = Dice::of(&[seed, 2]);
    let played = play(seed, steps, None, move |life, point, model, elapsed_ms| {
        for mode in which.modes(life, point.number(), &mut dice) {
            let case = Case {
                seed: Dice::of(&[seed, life as u64, point.number()]).roll(),
                since: mode.into(),
                elapsed_ms,
                depth: 1,
                thorough: false,
            };
            let mut found = place.borrow_mut();
            found.0 += 1;
            if let Err(error) = check(&point.crash(mode, case.seed), model, &case) {
                let point = point.number();
                found.1.push((Chosen { life, point, mode }, error));
            }
        }
    });
    let (crashes, failures) = found.take();
    Walked {
        played,
        crashes,
        failures,
    }
}

/// Prints what was found, with the command that shows it again.
fn report(test: &str, seed: u64, walked: &Walked) {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for failure in &walked.played.failures {
        println!(
            "seed {seed}: {failure}\n  CORELANE_SIM_SEED={seed} cargo test -p corelane-engine --test sim {test}"
        );
    }
    for (chosen, error) in &walked.failures {
        let kind: String = error
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .take(60)
            .collect();
        let count = kinds.entry(kind).or_default();
        *count += 1;
        if *count <= 3 {
            println!(
                "seed {seed}, {chosen:?}: {error}\n  CORELANE_SIM_SEED={seed} CORELANE_SIM_CRASH={}:{}:{:?} cargo test -p corelane-engine --test sim {test}",
                chosen.life, chosen.point, chosen.mode
            );
        }
    }
    for (kind, count) in kinds {
        println!("seed {seed}: {count} times {kind}");
    }
}

#[test]
fn equal_seeds_have_equal_traces() {
    let run = |seed| {
        let played = play(seed, &script::random(seed, 60), None, |_, _, _, _| {});
        assert_eq!(played.failures, Vec::<String>::new(), "seed {seed}");
        played.trace
    };
    for seed in 0..20 {
        assert_eq!(run(seed), run(seed), "I9: seed {seed}");
    }
    assert_ne!(run(1), run(2));
}

/// One crash point in so many of the long script, unless the environment says another number.
const LONG_STRIDE: u64 = 150;

#[test]
fn the_fixed_script_survives_a_crash_at_every_point() {
    let test = "the_fixed_script_survives_a_crash_at_every_point";
    let which = chosen_or("CORELANE_SIM_CRASH_STRIDE", Which::Every);
    crash_everywhere(test, &script::fixed(), which);
}

#[test]
fn the_long_script_survives_a_crash_at_every_point() {
    let test = "the_long_script_survives_a_crash_at_every_point";
    let which = chosen_or("CORELANE_SIM_LONG_STRIDE", Which::OneIn(LONG_STRIDE));
    crash_everywhere(test, &script::long(), which);
}

/// The crash that the environment names, or one point in as many as it says, 0 for every point in every mode, or else
/// `which`.
fn chosen_or(stride: &str, which: Which) -> Which {
    match (chosen_by_environment(), number(stride)) {
        (Some(chosen), _) => Which::Only(chosen),
        (None, Some(0)) => Which::Every,
        (None, Some(stride)) => Which::OneIn(stride),
        (None, None) => which,
    }
}

fn crash_everywhere(test: &str, steps: &[Step], which: Which) {
    let seed = number("CORELANE_SIM_SEED").unwrap_or(1);
    let walked = walk(seed, steps, which);
    println!(
        "{} steps, {:?} I/Os, {} points, {} crashes",
        steps.len(),
        walked.played.ios,
        walked.played.points,
        walked.crashes
    );
    report(test, seed, &walked);
    assert!(walked.played.failures.is_empty() && walked.failures.is_empty());
}

#[test]
fn random_scripts_survive_crashes() {
    let (seeds, which) = match (number("CORELANE_SIM_SEED"), chosen_by_environment()) {
        (Some(seed), Some(chosen)) => (seed..seed + 1, Which::Only(chosen)),
        (Some(seed), None) => (seed..seed + 1, Which::OneIn(40)),
        (None, _) => {
            let first = number("CORELANE_SIM_FIRST").unwrap_or(0);
            (
                first..first + number("CORELANE_SIM_SEEDS").unwrap_or(100),
                Which::OneIn(40),
            )
        }
    };
    let count = seeds.end - seeds.start;
    let (crashes, failed) = walk_seeds(seeds, which);
    println!("{count} seeds, {crashes} crashes, {failed:?} failed");
    assert_eq!(failed, BTreeSet::new());
}

/// Walks the random script of each seed, on as many threads as there are cores. How many crashes there were, and which
/// seeds failed.
fn walk_seeds(seeds: Range<u64>, which: Which) -> (u64, BTreeSet<u64>) {
    // Shared by the threads below: the next seed that nobody has taken, and what has been counted.
    let next = AtomicU64::new(seeds.start);
    let (crashes, failed) = (AtomicU64::new(0), Mutex::new(BTreeSet::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let walked = walk(seed, &script::random(seed, 60), which);
            report("random_scripts_survive_crashes", seed, &walked);
            crashes.fetch_add(walked.crashes, Ordering::Relaxed);
            if walked.failures.len() + walked.played.failures.len() > 0 {
                failed.lock().unwrap().insert(seed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    (crashes.into_inner(), failed.into_inner().unwrap())
}
