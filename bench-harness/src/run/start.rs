//! A second broker of a target's kind on an empty directory: how long after its start it takes the first record.
//!
//! Invariants: the target itself goes on, and does nothing meanwhile; the second one is stopped, and what it wrote is removed
//! unless it failed, so that its log can be read.

use std::fs;

use super::step::Prepared;
use super::target::Wire;
use crate::error::{BenchError, system};
use crate::first_produce::time_to_first_produce;
use crate::results::Measured;

/// Runs the step.
pub(super) fn measure(prepared: &Prepared, wire: &Wire) -> Result<Measured, BenchError> {
    let Some(launch) = &wire.launch else {
        let reason = "only a broker that was started here can be started again".to_owned();
        return Err(BenchError::NothingMeasured { reason });
    };
    let place = prepared.place;
    let name = format!("{}-start-{}", prepared.broker.name, place.round);
    let directory = place.plan.directory.join(name);
    // What an earlier run has left would be recovered, and be no first start.
    if directory.exists() {
        return Err(BenchError::NothingMeasured {
            reason: format!("{} is there already", directory.display()),
        });
    }
    let broker = launch.start(&directory)?;
    let first = time_to_first_produce(&broker)?;
    broker.stop()?;
    fs::remove_dir_all(&directory).map_err(system(format!("remove {}", directory.display())))?;
    let mut measured = Measured::default();
    measured.note("start to first produce ms", first.as_secs_f64() * 1e3);
    Ok(measured)
}
