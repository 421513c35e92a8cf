//! franz-go's own tests of its package `kgo`, all of them: producers, consumers, groups of changing members, transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::verdict::{Outcome, Outcomes, judge, listed_for};
use crate::support::broker::{Broker, Target};
use crate::support::process::{bound_to_this_test, run};
use crate::support::{clients_are_installed, clients_folder, report};

/// What the suite's author runs it with, but for fewer records, since Apache Kafka needs 105 s with these on two cores.
const RECORDS: &str = "10000";
/// Some tests create their topics by naming them, and want to see several partitions.
const SETTINGS: [(&str, &str); 1] = [("num.partitions", "3")];
/// The suite's own limit, after which it prints what hangs.
const LIMIT: &str = "900s";
/// Where more tests fail than these, it is no matter of times, and none runs again.
const AGAIN_MAX: usize = 8;

/// The suite's name, here and in `docs/limits.md`.
const SUITE: &str = "franz-go's package kgo";

#[test]
fn franz_gos_own_tests_pass_but_for_those_that_are_listed() {
    if !clients_are_installed("franz-go's own tests") {
        return;
    }
    let broker = Broker::start_with_settings(Target::from_environment(), &SETTINGS);
    let suite = Suite::new(&broker);
    let names = suite.names();
    let started = Instant::now();
    let outcomes = suite.outcomes(&names);
    judge(SUITE, &outcomes, names.len(), started.elapsed());
}

/// The suite against a broker.
struct Suite<'a> {
    broker: &'a Broker,
    program: PathBuf,
    folder: PathBuf,
}

impl<'a> Suite<'a> {
    fn new(broker: &'a Broker) -> Self {
        Self {
            broker,
            program: clients_folder().join("bin/kgo.test"),
            folder: clients_folder().join("franz-go/pkg/kgo"),
        }
    }

    /// All tests of the suite.
    fn names(&self) -> Vec<String> {
        let list = run(self.command().args(["-test.list", ".*"]));
        let list = String::from_utf8(list).expect("Go names are text");
        let tests = list.lines().filter(|name| name.starts_with("Test"));
        tests.map(str::to_owned).collect()
    }

    /// What all tests said. One that fails among the others and is not listed runs once more, alone: many wait for times.
    fn outcomes(&self, names: &[String]) -> Outcomes {
        let mut outcomes = outcomes(&self.said(".*", "franz-go"), names);
        let again = unlisted_failures(&outcomes, &listed_for(SUITE));
        if again.len() > AGAIN_MAX {
            return outcomes;
        }
        for test in again {
            report(&format!("{SUITE}: once more, alone: {test}"));
            outcomes.retain(|name, _| test_of(name) != test);
            let said = self.said(&format!("^{test}$"), &format!("franz-go-{test}"));
            outcomes.extend(self::outcomes(&said, &[test]));
        }
        outcomes
    }

    /// What the tests of a pattern print. It stays beside the installed suite, since the broker's scratch folder goes with the
    /// broker.
    fn said(&self, tests: &str, kept_as: &str) -> String {
        let log = clients_folder().join(format!("{kept_as}.log"));
        let log = File::create(log).expect("the clients' folder is writable");
        let output = self
            .command()
            .args(["-test.v=test2json", "-test.timeout", LIMIT])
            .args(["-test.run", tests])
            .env("KGO_SEEDS", self.broker.bootstrap())
            .env("KGO_TEST_RF", "1")
            .env("KGO_TEST_RECORDS", RECORDS)
            .env("KGO_LOG_LEVEL", "none")
            .stdin(Stdio::null())
            .stderr(log)
            .output()
            .expect("the suite starts");
        let kept = clients_folder().join(format!("{kept_as}.out"));
        std::fs::write(kept, &output.stdout).expect("the clients' folder is writable");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self) -> Command {
        let mut command = bound_to_this_test(&self.program);
        command.current_dir(&self.folder);
        command
    }
}

/// The test that a part belongs to.
fn test_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(test, _)| test)
}

/// The tests that failed, themselves or in a part, and are not listed.
fn unlisted_failures(outcomes: &Outcomes, listed: &Outcomes) -> BTreeSet<String> {
    let failed = outcomes
        .iter()
        .filter(|(name, outcome)| **outcome == Outcome::Failed && !listed.contains_key(*name));
    failed.map(|(name, _)| test_of(name).to_owned()).collect()
}

/// What each test said: a listed one that says nothing, and one that began and did not end, have failed.
fn outcomes(said: &str, names: &[String]) -> Outcomes {
    let all = names.iter();
    let mut outcomes: Outcomes = all.map(|name| (name.clone(), Outcome::Failed)).collect();
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
    let names = ["TestA", "TestB", "TestC", "TestHangs", "TestNeverRan"].map(str::to_owned);
    let outcomes = outcomes(said, &names);
    assert_eq!(outcomes, BTreeMap::from(expected));
    let listed = BTreeMap::from([("TestHangs".to_owned(), Outcome::Failed)]);
    let again = ["TestB", "TestNeverRan"].map(str::to_owned);
    assert_eq!(unlisted_failures(&outcomes, &listed), BTreeSet::from(again));
}
