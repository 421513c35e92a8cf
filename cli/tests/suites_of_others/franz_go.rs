//! franz-go's own tests of its package `kgo`, all of them: producers, consumers, groups of changing members, transactions.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::Stdio;
use std::time::Instant;

use super::verdict::{Outcome, Outcomes, judge};
use crate::is_asked_for;
use crate::support::broker::{Broker, Target};
use crate::support::clients_folder;
use crate::support::process::{bound_to_this_test, run};

/// What the suite's author runs it with, but for fewer records, since Apache Kafka needs 105 s with these on two cores.
const RECORDS: &str = "10000";
/// Some tests create their topics by naming them, and want to see several partitions.
const SETTINGS: [(&str, &str); 1] = [("num.partitions", "3")];
/// The suite's own limit, after which it prints what hangs.
const LIMIT: &str = "900s";

#[test]
fn franz_gos_own_tests_pass_but_for_those_that_are_listed() {
    if !is_asked_for("franz-go's own tests") {
        return;
    }
    let broker = Broker::start_with_settings(Target::from_environment(), &SETTINGS);
    let program = clients_folder().join("bin/kgo.test");
    let folder = clients_folder().join("franz-go/pkg/kgo");
    let names = run(bound_to_this_test(&program)
        .args(["-test.list", ".*"])
        .current_dir(&folder));
    let names = String::from_utf8(names).expect("Go names are text");
    let log = broker.scratch().join("suite.log");
    let log_file = File::create(&log).expect("the scratch folder is writable");
    let started = Instant::now();
    let output = bound_to_this_test(&program)
        .args(["-test.v=test2json", "-test.timeout", LIMIT])
        .env("KGO_SEEDS", broker.bootstrap())
        .env("KGO_TEST_RF", "1")
        .env("KGO_TEST_RECORDS", RECORDS)
        .env("KGO_LOG_LEVEL", "none")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stderr(log_file)
        .output()
        .expect("the suite starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let outcomes = outcomes(&said, &names);
    keep_the_output(&said, &log);
    judge(
        "franz-go's package kgo",
        &outcomes,
        names.lines().count(),
        started.elapsed(),
    );
}

/// Leaves what a run said beside the installed suite, since the broker's scratch folder goes with the broker.
fn keep_the_output(said: &str, log: &std::path::Path) {
    let folder = clients_folder();
    std::fs::write(folder.join("franz-go.out"), said).expect("the clients' folder is writable");
    std::fs::copy(log, folder.join("franz-go.log")).expect("the clients' folder is writable");
}

/// What each test said: a listed one that says nothing, and one that began and did not end, have failed.
fn outcomes(said: &str, names: &str) -> Outcomes {
    let tests = names.lines().filter(|name| name.starts_with("Test"));
    let mut outcomes: Outcomes = tests
        .map(|name| (name.to_owned(), Outcome::Failed))
        .collect();
    for line in said.lines() {
        // The mark with which Go begins the lines that are no test's own.
        let Some(event) = line.split('\u{16}').nth(1) else {
            continue;
        };
        let words: Vec<&str> = event.split_whitespace().collect();
        let (name, outcome) = match words[..] {
            ["===", "RUN", name] => (name, Outcome::Failed),
            ["---", "PASS:", name, ..] => (name, Outcome::Passed),
            ["---", "SKIP:", name, ..] => (name, Outcome::Skipped),
            ["---", "FAIL:", name, ..] => (name, Outcome::Failed),
            _ => continue,
        };
        outcomes.insert(name.to_owned(), outcome);
    }
    without_parents_of_failures(&outcomes)
}

/// A test fails with each of its parts; the part's name is what counts. Names of parts have slashes of their own.
fn without_parents_of_failures(outcomes: &Outcomes) -> Outcomes {
    let failed = outcomes
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::Failed);
    let failed: Vec<&String> = failed.map(|(name, _)| name).collect();
    let is_parent = |name: &str| {
        let part = format!("{name}/");
        !name.contains('/') && failed.iter().any(|failed| failed.starts_with(&part))
    };
    let kept = outcomes
        .iter()
        .filter(|(name, outcome)| **outcome != Outcome::Failed || !is_parent(name));
    kept.map(|(name, outcome)| (name.clone(), *outcome))
        .collect()
}

#[test]
fn what_go_prints_of_its_tests_is_understood() {
    let said = "\u{16}=== RUN   TestA\nlog\u{16}--- PASS: TestA (0.00s)\n\u{16}=== RUN   TestB\n\u{16}=== RUN   TestB/x\n\
        \u{16}=== RUN   TestB/y\n\u{16}--- FAIL: TestB/x (1.00s)\n\u{16}--- PASS: TestB/y (1.00s)\n\u{16}--- FAIL: TestB (1.00s)\n\
        \u{16}=== RUN   TestC\n\u{16}--- SKIP: TestC (0.00s)\n\u{16}=== RUN   TestHangs\n--- PASS: TestNobody (0.00s)\n";
    let expected = [
        ("TestA", Outcome::Passed),
        ("TestB/x", Outcome::Failed),
        ("TestB/y", Outcome::Passed),
        ("TestC", Outcome::Skipped),
        ("TestHangs", Outcome::Failed),
        ("TestNeverRan", Outcome::Failed),
    ];
    let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome));
    let names = "TestA\nTestB\nTestC\nTestHangs\nTestNeverRan\nExampleOfSomething\n";
    assert_eq!(outcomes(said, names), BTreeMap::from(expected));
}
