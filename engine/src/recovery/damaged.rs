//! Decisions over logs that were made valid and then damaged, for fuzzing: what is cut lies above the durable end, and
//! what is kept is what was written. Pure.

use super::{Action, TailFacts, decide, outcome_of};
use crate::batch::Gaps;
use crate::made_log::{Input, MadeLog, Making};

/// Takes `data` for decisions over a log, its durable end and its damage, and decides over what is left.
///
/// # Panics
/// When something below the durable end is cut, or damage is kept.
#[doc(hidden)]
pub fn fuzz_damaged_recovery(data: &[u8]) {
    let mut input = Input::new(data);
    let gaps = Gaps::Refused;
    let making = Making {
        gaps,
        is_compressed: false,
    };
    let mut log = MadeLog::make(&mut input, making);
    let flags = input.byte();
    let durable = input.index(log.batches.len() + 1);
    let durable_end = match log.batches.get(durable) {
        Some(next) => next.header().base_offset(),
        None => log.end_offset(),
    };
    let durable_bytes = log
        .batches
        .get(durable)
        .map_or(log.file.len(), |next| next.position);
    let from = log.walk_from(gaps);
    let facts_of = |file: &[u8]| {
        let (outcome, leader_epoch) = outcome_of(file, from);
        TailFacts {
            durable_end: Some(durable_end),
            durable_end_missed: None,
            clean_stop: flags & 1 != 0,
            next_segment: None,
            outcome,
            leader_epoch,
            unflushed_bytes_max: if flags & 2 != 0 { 1 << 30 } else { 64 },
        }
    };
    let whole = decide(&facts_of(&log.file)).action.log_end();
    assert_eq!(whole.map(|end| end.offset), Some(log.end_offset()));
    log.damage(&mut input);
    let decision = decide(&facts_of(&log.file));
    let row = decision.row.label();
    let Some(end) = decision.action.log_end() else {
        return;
    };
    let kept = usize::try_from(end.position.0).expect("the end lies within the file");
    assert!(end.offset >= durable_end, "{row} cuts what is durable");
    assert!(
        log.is_whole_up_to(durable_bytes),
        "{row} goes on over damage below the durable end"
    );
    assert!(log.is_whole_up_to(kept), "{row} keeps damage");
    let again = decide(&facts_of(&log.file[..kept]));
    assert_eq!(again.action, Action::Keep { end }, "after {row}");
}
