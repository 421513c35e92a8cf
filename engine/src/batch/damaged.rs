//! The walk over logs that were made valid and then damaged, for fuzzing: everything in front of the damage is found,
//! and nothing that differs from what was written. Pure.

use super::{Gaps, scan};
use crate::made_log::{Input, MadeLog, Making};

/// Takes `data` for decisions over a log and its damage, and walks it before and after.
///
/// # Panics
/// When the walk misses a batch or takes damage for one.
#[doc(hidden)]
pub fn fuzz_damaged_scan(data: &[u8]) {
    let mut input = Input::new(data);
    let gaps = match input.coin() {
        true => Gaps::Allowed,
        false => Gaps::Refused,
    };
    let making = Making {
        gaps,
        is_compressed: false,
    };
    let mut log = MadeLog::make(&mut input, making);
    let from = log.walk_from(gaps);
    let mut walk = scan(&log.file, from);
    assert_eq!(
        walk.by_ref().filter(Result::is_ok).count(),
        log.batches.len()
    );
    assert_eq!(walk.resume().offset, log.end_offset());
    log.damage(&mut input);
    let harm = log.first_harm();
    let found: Vec<_> = scan(&log.file, from).map_while(Result::ok).collect();
    let unharmed = log
        .batches
        .iter()
        .take_while(|batch| harm.is_none_or(|harm| batch.end() <= harm));
    // A batch whose epoch has fallen is no batch of this log.
    let mut epoch = 0;
    let in_order = unharmed.take_while(|batch| {
        let held = &log.file[batch.position + 12..batch.position + 16];
        let held = i32::from_be_bytes([held[0], held[1], held[2], held[3]]);
        let rises = held >= epoch;
        epoch = held;
        rises
    });
    assert!(
        found.len() >= in_order.count(),
        "a whole batch is not found"
    );
    if gaps == Gaps::Allowed {
        // Where offsets may be missing, a batch may take the place of one that is gone.
        return;
    }
    let end = found.last().map_or(0, |last| {
        usize::try_from(last.position.0).map_or(0, |position| position + last.size)
    });
    let end = end.min(log.batches.last().map_or(0, |last| last.end()));
    assert!(log.is_whole_up_to(end), "damage is taken for a batch");
}
