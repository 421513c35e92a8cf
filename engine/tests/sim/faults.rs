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
        // What a failed flush has lost may be seen as long as the machine runs, so that nothing more is cut here.
        depth: 0,
        thorough: false,
    };
    check(&played.storage, &played.model, &case)
        .map_err(|error| format!("{error}, once the process had been started again"))?;
    if played
        .forgot
        .is_some_and(|life| life + 1 < played.ios.len())
    {
        // A later life has read what the failed flush lost, as the disk shows it until the power goes, and took it for
        // durable after a flush of its own. Nothing tells the two apart; after the cut the damage is found, and refused.
        return Ok(played);
    }
    let mut dice = Dice::of(&[seed, fault.fault.io]);
    let cut = played
        .storage
        .after_crash(CrashMode::Subset, &[], &mut dice);
    let since = Since::PowerCut;
    check(&cut, &played.model, &Case { since, ..case })
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

#[test]
fn every_io_of_the_fixed_script_may_fail() {
    let seed = number("CORELANE_SIM_SEED").unwrap_or(1);
    let steps = script::fixed();
    let well = play(seed, &steps, None, |_, _, _, _| {});
    let stride = number("CORELANE_SIM_FAULT_STRIDE").unwrap_or(16);
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
                if let Err(error) = fail_and_recover(seed, &steps, fault) {
                    failed += 1;
                    println!(
                        "{kind:?} at I/O {io} of life {life}: {error}\n  CORELANE_SIM_SEED={seed} CORELANE_SIM_FAULT={life}:{io}:{kind:?} cargo test -p corelane-engine --test sim every_io"
                    );
                }
            }
        }
    }
    println!("{:?} I/Os, {count} faults, {failed} failures", well.ios);
    assert_eq!(failed, 0);
}
