//! Runs the unit tests of the bank, each with its bug planted and without, and keeps `docs/testing.md` in step.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Instant;

use super::{Bug, Suite, plant_here, switch::is};

/// Set by [`unit_test`] for the processes that it starts, which are this very test binary, and read by nothing else.
const PLANTED: &str = "CORELANE_UNIT_TEST_WITH_BUG";

/// The bug that this process was started for.
pub(super) fn asked_for() -> Option<Bug> {
    static ASKED_FOR: OnceLock<Option<Bug>> = OnceLock::new();
    *ASKED_FOR.get_or_init(|| Bug::parse(&std::env::var(PLANTED).ok()?))
}

/// Runs one unit test in a process of its own, with a bug or without.
fn unit_test(name: &str, bug: Option<Bug>) -> Output {
    let this = std::env::current_exe().expect("a process has a binary");
    let mut command = Command::new(this);
    command.args(["--exact", name]);
    if let Some(bug) = bug {
        command.env(PLANTED, bug.name());
    }
    command.output().expect("the binary that runs can be run")
}

#[test]
fn every_bug_of_the_unit_tests_is_caught_by_its_test() {
    let mut missed = Vec::new();
    let mut clean = BTreeSet::new();
    for bug in Bug::ALL {
        let (Suite::Unit, test) = bug.caught_by() else {
            continue;
        };
        if clean.insert(test) {
            let without = unit_test(test, None);
            let said = String::from_utf8_lossy(&without.stdout).into_owned();
            assert!(
                without.status.success() && said.contains("1 passed"),
                "{test} does not pass without a bug, or is no test: {said}"
            );
        }
        let started = Instant::now();
        let with = unit_test(test, Some(*bug));
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&with.stdout).into_owned();
        let is_caught = !with.status.success() && said.contains("1 failed");
        println!(
            "| `{}` | unit `{test}` | {:.2} s |",
            bug.name(),
            took.as_secs_f64()
        );
        if !is_caught {
            missed.push(bug.name());
        }
    }
    assert_eq!(missed, Vec::<&str>::new(), "not caught");
}

#[test]
fn a_bug_is_planted_on_one_thread_as_long_as_it_is_asked_for() {
    assert!(!is(Bug::AckBeforeFlush));
    let planted = plant_here(Bug::AckBeforeFlush);
    assert!(is(Bug::AckBeforeFlush));
    let elsewhere = std::thread::spawn(|| is(Bug::AckBeforeFlush)).join();
    assert!(!elsewhere.expect("the thread ends"));
    drop(planted);
    assert!(!is(Bug::AckBeforeFlush));
}

#[test]
fn every_bug_is_found_by_its_name() {
    for bug in Bug::ALL {
        assert_eq!(Bug::parse(bug.name()), Some(*bug));
    }
    assert_eq!(Bug::parse("none"), None);
}

#[test]
fn the_documents_table_has_every_bug_with_the_test_that_catches_it() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/testing.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let table = page
        .split("## The bug bank")
        .nth(1)
        .expect("the page has the bank");
    let table = table.split("\n## ").next().unwrap_or(table);
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for bug in Bug::ALL {
        let (suite, test) = bug.caught_by();
        let suite = match suite {
            Suite::Unit => "unit",
            Suite::Sim => "sim",
        };
        let does = bug.does().trim_end_matches('.');
        let row = format!("| `{}` | {does} | {suite} `{test}` |", bug.name());
        let count = rows.iter().filter(|line| line.starts_with(&row)).count();
        assert_eq!(count, 1, "docs/testing.md should have: {row}");
    }
    assert_eq!(
        rows.len(),
        Bug::ALL.len(),
        "rows of bugs that are not in the bank"
    );
}
