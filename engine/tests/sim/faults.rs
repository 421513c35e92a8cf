//! Every I/O failed once each way, and disks that are full for a while.

use corelane_engine::sim::{CrashMode, Dice, Fault, FaultKind};

use crate::crashes::number;
use crate::model::Since;
use crate::play::{LifeFault, Played, play};
use crate::recover::{Case, check};
use crate::script::{self, Step};

/// Plays a script with one fault, then starts again on a disk that is well: what was acknowledged is there, also
/// after a power cut.
pub fn fail_and_recover(seed: u64, steps: &[Step], fault: LifeFault) -> Result<Played, String> {
    let played = play(seed, steps, Some(fault), |_, _, _, _| {});
    if let Some(failure) = played.failures.first() {
        return Err(failure.clone());
    }
    let case = Case {
        seed,
        since: Since::ProcessRan,
        elapsed_ms: played.elapsed_ms,
        // With a crash of that start, and a power cut once all has recovered: what a failed flush has lost can be seen
        // as long as the machine runs, and what a start has shown of it has to stay.
        depth: 1,
        thorough: false,
    };
    check(&played.storage, &played.model, &case)
        .map_err(|error| format!("{error}, once the process had been started again"))?;
    let mut dice = Dice::of(&[seed, fault.fault.io]);
    let cut = played
        .storage
        .after_crash(CrashMode::Subset, &[], &mut dice);
    let since = Since::PowerCut;
    let case = Case {
        since,
        depth: 0,
        ..case
    };
    check(&cut, &played.model, &case)
        .map_err(|error| format!("{error}, once the power had been cut"))?;
    Ok(played)
}

/// The fault that the environment asks for, as `life:io:kind`.
fn chosen_by_environment() -> Option<LifeFault> {
    let text = std::env::var("CORELANE_SIM_FAULT").ok()?;
    let parts: Vec<&str> = text.split(':').collect();
    let [life, io, kind] = parts[..] else {
        panic!("CORELANE_SIM_FAULT is life:io:kind");
    };
    let mut known = FaultKind::SAID.into_iter();
    let kind = known.find(|known| format!("{known:?}") == kind);
    Some(LifeFault {
        life: life.parse().expect("the life is a number"),
        fault: Fault {
            io: io.parse().expect("the I/O is a number"),
            kind: kind.expect("the kind is one of FaultKind::SAID"),
        },
    })
}

/// One fault in so many is tried of the long script, unless the environment says another number.
const LONG_STRIDE: u64 = 400;

#[test]
fn every_io_of_the_fixed_script_may_fail() {
    fail_every_io(
        "every_io_of_the_fixed",
        &script::fixed(),
        number("CORELANE_SIM_FAULT_STRIDE").unwrap_or(16),
    );
}

#[test]
fn every_io_of_the_long_script_may_fail() {
    fail_every_io(
        "every_io_of_the_long",
        &script::long(),
        number("CORELANE_SIM_LONG_STRIDE").unwrap_or(LONG_STRIDE),
    );
}

/// Fails one I/O in `stride`, by the dice, in one way.
fn fail_every_io(test: &str, steps: &[Step], stride: u64) {
    let seed = number("CORELANE_SIM_SEED").unwrap_or(1);
    let well = play(seed, steps, None, |_, _, _, _| {});
    let mut dice = Dice::of(&[seed, 6]);
    let chosen = chosen_by_environment();
    let (mut count, mut failed) = (0, 0);
    for (life, ios) in well.ios.iter().enumerate() {
        for io in 0..*ios {
            for kind in FaultKind::SAID {
                let fault = LifeFault {
                    life,
                    fault: Fault { io, kind },
                };
                let is_chosen = match chosen {
                    Some(chosen) => (chosen.life, chosen.fault) == (life, fault.fault),
                    None => dice.once_in(stride),
                };
                if !is_chosen {
                    continue;
                }
                count += 1;
                if let Err(error) = fail_and_recover(seed, steps, fault) {
                    failed += 1;
                    println!(
                        "{kind:?} at I/O {io} of life {life}: {error}\n  CORELANE_SIM_SEED={seed} CORELANE_SIM_FAULT={life}:{io}:{kind:?} cargo test -p corelane-engine --test sim {test}"
                    );
                }
            }
        }
    }
    println!("{:?} I/Os, {count} faults, {failed} failures", well.ios);
    assert_eq!(failed, 0);
}
