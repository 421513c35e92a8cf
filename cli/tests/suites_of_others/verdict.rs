//! What a suite's tests said, against what `docs/limits.md` lists for it. Pure but for reading that file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::support::broker::Target;
use crate::support::report;

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Outcomes by the tests' names.
pub type Outcomes = BTreeMap<String, Outcome>;

/// Demands of a suite what its table in `docs/limits.md` says, and of at least so many tests that they ran.
pub fn judge(suite: &str, outcomes: &Outcomes, tests_min: usize, took: Duration) {
    let count = |wanted| {
        outcomes
            .values()
            .filter(|&&outcome| outcome == wanted)
            .count()
    };
    report(&format!(
        "{suite}: {} passed, {} failed, {} skipped in {:.0} s",
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Skipped),
        took.as_secs_f64()
    ));
    let complaints = complaints(&listed_for(suite), outcomes, tests_min);
    if Target::from_environment() == Target::Kafka {
        report(&format!("{suite} with Apache Kafka: {complaints:#?}"));
        return;
    }
    assert!(complaints.is_empty(), "{suite}: {complaints:#?}");
}

/// What `docs/limits.md` lists for a suite.
pub fn listed_for(suite: &str) -> Outcomes {
    let limits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/limits.md");
    let limits = std::fs::read_to_string(limits).expect("docs/limits.md is there");
    listed(&limits, suite)
}

/// The rows of a suite's table: a heading that ends with the suite's name, then `| test | outcome | reason |`.
fn listed(limits: &str, suite: &str) -> Outcomes {
    let of_suite = |line: &str| line.starts_with("### ") && line.ends_with(suite);
    let mut lines = limits.lines().skip_while(|line| !of_suite(line));
    assert!(
        lines.next().is_some(),
        "docs/limits.md has no table of {suite}"
    );
    lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| `"))
        .map(row)
        .collect()
}

fn row(line: &str) -> (String, Outcome) {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [test, outcome, reason] = cells[..] else {
        panic!("not three cells: {line}")
    };
    assert!(!reason.is_empty(), "no reason: {line}");
    let outcome = match outcome {
        "fails" => Outcome::Failed,
        "skipped" => Outcome::Skipped,
        other => panic!("a test fails or is skipped, not `{other}`: {line}"),
    };
    (test.trim_matches('`').to_owned(), outcome)
}

fn complaints(listed: &Outcomes, outcomes: &Outcomes, tests_min: usize) -> Vec<String> {
    let mut complaints = Vec::new();
    if outcomes.len() < tests_min {
        complaints.push(format!("{} tests ran, not {tests_min}", outcomes.len()));
    }
    for (test, outcome) in outcomes {
        match (outcome, listed.get(test)) {
            (Outcome::Passed, None) => {}
            (said, Some(expected)) if said == expected => {}
            (Outcome::Passed, Some(_)) => {
                complaints.push(format!("{test} passes: its row in docs/limits.md must go"));
            }
            (said, None) => complaints.push(format!("{test}: {said:?}, and is not listed")),
            (said, Some(expected)) => {
                complaints.push(format!("{test}: {said:?}, and listed as {expected:?}"));
            }
        }
    }
    let not_run = listed.keys().filter(|test| !outcomes.contains_key(*test));
    complaints.extend(not_run.map(|test| format!("{test} is listed and did not run")));
    complaints
}

const TABLE: &str = "\
### Tests of a suite\n\n| test | outcome | reason |\n|---|---|---|\n| `a` | fails | because |\n| `b` | skipped | so |\n
### Tests of another\n\n| `c` | fails | because |\n";

fn complaints_about(said: &[(&str, Outcome)]) -> Vec<String> {
    let outcomes = said
        .iter()
        .map(|&(test, outcome)| (test.to_owned(), outcome));
    complaints(&listed(TABLE, "a suite"), &outcomes.collect(), 3)
}

#[test]
fn outcomes_as_listed_are_accepted() {
    let said = [
        ("a", Outcome::Failed),
        ("b", Outcome::Skipped),
        ("d", Outcome::Passed),
    ];
    assert_eq!(complaints_about(&said), [""; 0]);
}

#[test]
fn whatever_is_not_as_listed_is_complained_about() {
    let about = |name, outcome| {
        let said = [
            ("a", Outcome::Failed),
            ("b", Outcome::Skipped),
            ("d", Outcome::Passed),
        ];
        let mut said = BTreeMap::from(said);
        said.insert(name, outcome);
        let said: Vec<_> = said.into_iter().collect();
        complaints_about(&said).join("\n")
    };
    assert!(about("a", Outcome::Passed).contains("a passes"));
    assert!(about("b", Outcome::Passed).contains("b passes"));
    assert!(about("a", Outcome::Skipped).contains("listed as Failed"));
    assert!(about("b", Outcome::Failed).contains("listed as Skipped"));
    assert!(about("c", Outcome::Failed).contains("c: Failed, and is not listed"));
    assert!(about("d", Outcome::Skipped).contains("d: Skipped, and is not listed"));
}

#[test]
fn a_suite_that_did_not_run_is_complained_about() {
    let none = complaints_about(&[]);
    let words = [
        "0 tests ran, not 3",
        "a is listed and did not run",
        "b is listed and did not run",
    ];
    assert_eq!(none, words);
}
