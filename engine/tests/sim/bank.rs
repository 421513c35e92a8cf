//! The bank of planted bugs: each bug of the simulation is planted, and its test has to fail.
//!
//! The walk over all crashes of the fixed script is tried here with a few of them first, then with more, and ends with the
//! first that fails; which ones is decided by dice, and never by the bug. `cargo test -p corelane-engine
//! --features planted-bugs --test sim bank -- --nocapture` prints the table; `CORELANE_BUG=name` tries one bug.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use corelane_engine::planted::{Bug, Suite, plant_here};
use corelane_engine::sim::{CrashMode, Dice};

use crate::play::play;
use crate::recover::{Case, check};
use crate::{found, promises, script};

const SEED: u64 = 1;
/// One crash point in so many, until one fails.
const STRIDES: [u64; 3] = [60, 12, 2];

/// The tests that catch bugs, by their names.
const TESTS: &[(&str, fn())] = &[
    (
        "crashes::the_fixed_script_survives_a_crash_at_every_point",
        || STRIDES.into_iter().for_each(crash_the_fixed_script),
    ),
    (
        "found::a_retry_that_asks_for_a_flush_waits_for_one",
        found::a_retry_that_asks_for_a_flush_waits_for_one,
    ),
    (
        "found::a_torn_checkpoint_leaves_a_slot_that_is_whole",
        found::a_torn_checkpoint_leaves_a_slot_that_is_whole,
    ),
    (
        "found::a_log_start_that_was_shown_does_not_fall_back",
        found::a_log_start_that_was_shown_does_not_fall_back,
    ),
    (
        "found::an_interrupted_deletion_is_finished_at_the_next_start",
        found::an_interrupted_deletion_is_finished_at_the_next_start,
    ),
    (
        "found::retention_keeps_the_young_records_of_an_old_segment",
        found::retention_keeps_the_young_records_of_an_old_segment,
    ),
    (
        "promises::answers::a_record_that_was_read_outlasts_a_power_cut",
        promises::answers::a_record_that_was_read_outlasts_a_power_cut,
    ),
    (
        "promises::answers::an_answer_holds_whatever_failed_before",
        promises::answers::an_answer_holds_whatever_failed_before,
    ),
    (
        "promises::answers::flush_messages_makes_durable_what_it_counts",
        promises::answers::flush_messages_makes_durable_what_it_counts,
    ),
    (
        "promises::answers::what_a_start_shows_after_a_failed_flush_outlasts_a_power_cut",
        promises::answers::what_a_start_shows_after_a_failed_flush_outlasts_a_power_cut,
    ),
    (
        "promises::answers::a_clean_stop_makes_everything_durable",
        promises::answers::a_clean_stop_makes_everything_durable,
    ),
    (
        "promises::full_disk::writes_go_on_when_there_is_room_again",
        promises::full_disk::writes_go_on_when_there_is_room_again,
    ),
    (
        "promises::full_disk::a_roll_that_failed_is_ended_before_anything_else",
        promises::full_disk::a_roll_that_failed_is_ended_before_anything_else,
    ),
    (
        "promises::starts::a_producer_id_is_given_out_once",
        promises::starts::a_producer_id_is_given_out_once,
    ),
    (
        "promises::starts::a_topic_that_the_catalogue_has_lost_is_missed",
        promises::starts::a_topic_that_the_catalogue_has_lost_is_missed,
    ),
    (
        "promises::starts::the_leader_epoch_rises_with_each_start",
        promises::starts::the_leader_epoch_rises_with_each_start,
    ),
    (
        "promises::starts::a_segment_whose_last_record_is_the_log_start_stays",
        promises::starts::a_segment_whose_last_record_is_the_log_start_stays,
    ),
    (
        "promises::starts::a_segment_made_after_a_save_outlasts_a_power_cut",
        promises::starts::a_segment_made_after_a_save_outlasts_a_power_cut,
    ),
    (
        "promises::starts::every_record_is_found_by_its_time_after_a_start",
        promises::starts::every_record_is_found_by_its_time_after_a_start,
    ),
    (
        "promises::starts::a_read_error_is_not_the_end_of_the_log",
        promises::starts::a_read_error_is_not_the_end_of_the_log,
    ),
    (
        "promises::producers::a_snapshot_knows_no_batch_that_is_not_in_the_log",
        promises::producers::a_snapshot_knows_no_batch_that_is_not_in_the_log,
    ),
    (
        "promises::producers::retention_forgets_no_producer_that_is_active",
        promises::producers::retention_forgets_no_producer_that_is_active,
    ),
    (
        "promises::compaction::a_compacted_log_survives_a_crash_at_every_point",
        promises::compaction::a_compacted_log_survives_a_crash_at_every_point,
    ),
    (
        "promises::compaction::a_swap_that_a_killed_process_announced_outlasts_a_power_cut",
        promises::compaction::a_swap_that_a_killed_process_announced_outlasts_a_power_cut,
    ),
    (
        "promises::starts::what_a_start_writes_again_is_what_it_has_accepted",
        promises::starts::what_a_start_writes_again_is_what_it_has_accepted,
    ),
    (
        "promises::starts::records_in_a_directory_without_a_readable_id_are_missed",
        promises::starts::records_in_a_directory_without_a_readable_id_are_missed,
    ),
    (
        "promises::catalogue::a_torn_change_is_no_damage_after_a_clean_stop",
        promises::catalogue::a_torn_change_is_no_damage_after_a_clean_stop,
    ),
    (
        "promises::catalogue::a_change_whose_flush_failed_is_shown_for_good_or_not_at_all",
        promises::catalogue::a_change_whose_flush_failed_is_shown_for_good_or_not_at_all,
    ),
    (
        "promises::indexes::a_search_finds_every_record_after_a_power_cut_in_a_save",
        promises::indexes::a_search_finds_every_record_after_a_power_cut_in_a_save,
    ),
    (
        "promises::indexes::entries_of_batches_that_a_crash_has_cut_are_no_entries",
        promises::indexes::entries_of_batches_that_a_crash_has_cut_are_no_entries,
    ),
    (
        "promises::full_disk::what_a_full_disk_has_refused_never_appears",
        promises::full_disk::what_a_full_disk_has_refused_never_appears,
    ),
    (
        "promises::producers::a_snapshot_ahead_of_the_durable_end_is_not_believed",
        promises::producers::a_snapshot_ahead_of_the_durable_end_is_not_believed,
    ),
];

/// Plays the fixed script and crashes it at one point in so many, until something fails.
fn crash_the_fixed_script(stride: u64) {
    let found: Rc<RefCell<Option<String>>> = Rc::default();
    let place = found.clone();
    let mut dice = Dice::of(&[SEED, stride]);
    let played = play(
        SEED,
        &script::fixed(),
        None,
        move |life, point, model, elapsed_ms| {
            if place.borrow().is_some() || !dice.once_in(stride) {
                return;
            }
            let mode = CrashMode::ALL[dice.index(CrashMode::ALL.len())];
            let case = Case {
                seed: Dice::of(&[SEED, life as u64, point.number()]).roll(),
                since: mode.into(),
                elapsed_ms,
                depth: 1,
                thorough: false,
            };
            let failed = check(&point.crash(mode, case.seed), model, &case).err();
            *place.borrow_mut() =
                failed.map(|error| format!("{mode:?} at {}: {error}", point.number()));
        },
    );
    let failure = played.failures.into_iter().next().or(found.take());
    assert_eq!(failure, None);
}

struct Row {
    bug: Bug,
    test: &'static str,
    took: Duration,
    /// What the test has said; none when it has passed.
    said: Option<String>,
}

impl Row {
    fn print(&self) {
        let said = self
            .said
            .as_deref()
            .unwrap_or("NOT CAUGHT")
            .replace('\n', " ");
        let said: String = said.chars().take(160).collect();
        println!(
            "| `{}` | sim `{}` | {:.2} s | {said}",
            self.bug.name(),
            self.test,
            self.took.as_secs_f64()
        );
    }
}

/// Runs the bug's test on a thread of its own, which the bug is planted on.
fn try_one(bug: Bug) -> Row {
    let (_, test) = bug.caught_by();
    let found = TESTS.iter().find(|(name, _)| *name == test);
    let run = found
        .unwrap_or_else(|| panic!("{test} is not listed here"))
        .1;
    let started = Instant::now();
    let outcome = std::thread::spawn(move || {
        let _planted = plant_here(bug);
        let outcome = catch_unwind(AssertUnwindSafe(run));
        outcome.map_err(|payload| match payload.downcast::<String>() {
            Ok(said) => *said,
            Err(_) => "panicked".to_owned(),
        })
    });
    let outcome = outcome
        .join()
        .unwrap_or_else(|_| Err("panicked".to_owned()));
    Row {
        bug,
        test,
        took: started.elapsed(),
        said: outcome.err(),
    }
}

#[test]
fn every_bug_of_the_simulation_is_caught_by_its_test() {
    let only = std::env::var("CORELANE_BUG").ok();
    let is_wanted = |bug: &Bug| {
        let is_here = bug.caught_by().0 == Suite::Sim;
        is_here && only.as_ref().is_none_or(|only| bug.name() == only)
    };
    let todo: Mutex<Vec<Bug>> = Mutex::new(Bug::ALL.iter().copied().filter(is_wanted).collect());
    let rows: Mutex<Vec<Row>> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(bug) = { todo.lock().unwrap().pop() } {
                    let row = try_one(bug);
                    row.print();
                    rows.lock().unwrap().push(row);
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    let missed = rows.iter().filter(|row| row.said.is_none());
    let missed: Vec<&str> = missed.map(|row| row.bug.name()).collect();
    assert_eq!(missed, Vec::<&str>::new(), "not caught");
}

/// All other tests of the list run without a bug beside this one.
#[test]
fn the_few_crashes_tried_first_are_survived_without_a_bug() {
    crash_the_fixed_script(STRIDES[0]);
}
