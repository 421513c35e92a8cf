//! librdkafka's own tests, out of the crate `rdkafka-sys`: all that want a broker. Those that exercise the library alone, or its
//! own broker in the process, are left out by the runner's own flag.
//!
//! Each number runs in a process of its own, several side by side, since nearly all of their time they wait.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use super::verdict::{Outcome, Outcomes, judge, listed_for};
use crate::is_asked_for;
use crate::support::broker::{Broker, Target};
use crate::support::process::{bound_to_this_test, finished};
use crate::support::{clients_folder, report};

/// The suite's name, here and in `docs/limits.md`.
const SUITE: &str = "librdkafka";
/// The version of Kafka that the suite is told: what it may ask of the broker, and how it calls Kafka's tools.
const KAFKA_VERSION: &str = "4.2.0.0";
/// Processes at a time.
const SIDE_BY_SIDE: usize = 6;
/// Numbers that take longest, to begin with.
const LONGEST: [&str; 8] = [
    "0045", "0102", "0026", "0052", "0137", "0122", "0033", "0089",
];
/// Runs in the suite's quick mode, which leaves parts of it out: whole it measures latencies of a few milliseconds, while
/// others share the cores and the disk.
const ALWAYS_QUICK: &str = "0055";
/// Runs in quick mode unless all of it is asked for: whole it waits for minutes.
const QUICK: &str = "0113";
/// Asks for all of it.
const ALL: &str = "CORELANE_TEST_LIBRDKAFKA_ALL";
/// By how much the suite multiplies what it allows for times: several programs share two cores.
const PATIENCE: u32 = 2;
/// After how many seconds a process is killed; its tests have failed then.
const LIMIT_S: u32 = 600;
/// Tests that a run at least has, so that none is lost unnoticed.
const TESTS_MIN: usize = 95;
/// Numbers from here on are for people who watch.
const MANUAL_FROM: &str = "8000";

/// How the suite calls the settings that a broker runs with, and the one that differs.
const SCENARIOS: [(&str, &str); 2] = [("default", "true"), ("noautocreate", "false")];

#[test]
fn librdkafkas_own_tests_pass_but_for_those_that_are_listed() {
    if !is_asked_for("librdkafka's own tests") {
        return;
    }
    let started = Instant::now();
    let mut outcomes = Outcomes::new();
    for (scenario, creates_topics) in SCENARIOS {
        let settings = [
            ("num.partitions", "4"),
            ("auto.create.topics.enable", creates_topics),
            // Kafka's default, which several tests rely on: who joins a new group within it shares its first assignment.
            ("group.initial.rebalance.delay.ms", "3000"),
        ];
        let broker = Broker::start_with_settings(Target::from_environment(), &settings);
        outcomes.extend(Run::new(&broker, scenario).outcomes());
    }
    judge(SUITE, &outcomes, TESTS_MIN, started.elapsed());
}

/// The suite's folder, in which its programs run.
fn folder() -> PathBuf {
    clients_folder().join("librdkafka/source/tests")
}

/// The suite against one broker.
struct Run<'a> {
    broker: &'a Broker,
    scenario: &'static str,
    config: PathBuf,
    /// Where the suite looks for Kafka's scripts.
    kafka: PathBuf,
    /// One file of output for each number.
    output: PathBuf,
}

impl<'a> Run<'a> {
    fn new(broker: &'a Broker, scenario: &'static str) -> Self {
        let config = broker.scratch().join("test.conf");
        let bootstrap = broker.bootstrap();
        let lines = format!("bootstrap.servers={bootstrap}\ntest.timeout.multiplier={PATIENCE}\n");
        std::fs::write(&config, lines).expect("the scratch folder is writable");
        let output = clients_folder().join("librdkafka/output").join(scenario);
        std::fs::create_dir_all(&output).expect("the clients' folder is writable");
        let kafka = broker.scratch().join("kafka");
        write_script(&kafka.join("bin"));
        Self {
            broker,
            scenario,
            config,
            kafka,
            output,
        }
    }

    /// What all tests said. Those that fail side by side and are not listed run once more, alone: many compare times, some of
    /// them of milliseconds.
    fn outcomes(&self) -> Outcomes {
        let mut outcomes = self.side_by_side(self.numbers());
        let listed = listed_for(SUITE);
        let failed = outcomes
            .iter()
            .filter(|(name, outcome)| **outcome == Outcome::Failed && !listed.contains_key(*name));
        let again: BTreeSet<String> = failed.map(|(name, _)| number(name)).collect();
        if !again.is_empty() {
            report(&format!("{SUITE}: once more, alone: {again:?}"));
        }
        for number in again {
            outcomes.retain(|name, _| !name.starts_with(&number));
            outcomes.extend(self.outcomes_of(&number));
        }
        outcomes
    }

    fn side_by_side(&self, numbers: BTreeSet<String>) -> Outcomes {
        let mut numbers: Vec<String> = numbers.into_iter().collect();
        let place = |number: &String| LONGEST.iter().position(|long| long == number);
        numbers.sort_by_key(|number| place(number).unwrap_or(LONGEST.len()));
        let numbers = Mutex::new(numbers.into_iter());
        let outcomes = Mutex::new(Outcomes::new());
        let next = || numbers.lock().expect("no holder panics").next();
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    while let Some(number) = next() {
                        let of_number = self.outcomes_of(&number);
                        let mut all = outcomes.lock().expect("no holder panics");
                        all.extend(of_number);
                    }
                });
            }
        });
        outcomes.into_inner().expect("no holder panics")
    }

    /// The numbers of all tests that the runner knows and that may want a broker, from its report of a run that is none.
    fn numbers(&self) -> BTreeSet<String> {
        let report = self.broker.scratch().join("report.json");
        let mut none = self.runner("none", &[]);
        finished(none.env("TEST_REPORT", &report));
        let report = std::fs::read_to_string(report).expect("the runner writes a report");
        let report: serde_json::Value = serde_json::from_str(&report).expect("a JSON object");
        let tests = report["tests"].as_object().expect("tests by their names");
        let wants_a_broker = |name: &&String| !name.ends_with("_mock") && !name.ends_with("_local");
        let numbers = tests.keys().filter(wants_a_broker).map(|name| number(name));
        numbers
            .filter(|number| number.starts_with(|first: char| first.is_ascii_digit()))
            .filter(|number| number.as_str() < MANUAL_FROM)
            .collect()
    }

    fn outcomes_of(&self, number: &str) -> Outcomes {
        let path = self.output.join(format!("{number}.log"));
        let file = File::create(&path).expect("the output's folder is writable");
        let errors = file.try_clone().expect("a descriptor is free");
        // `timeout` ends with this thread, and the runner with `timeout`.
        let limit = LIMIT_S.to_string();
        let through = [
            "timeout",
            "-s",
            "KILL",
            &limit,
            "setpriv",
            "--pdeathsig",
            "KILL",
            "--",
        ];
        let status = self
            .runner(number, &through)
            .stdout(file)
            .stderr(errors)
            .status()
            .expect("the runner starts");
        let said = std::fs::read(&path).expect("it was just written");
        let mut outcomes = outcomes(&String::from_utf8_lossy(&said));
        let passed = outcomes.values().all(|&outcome| outcome != Outcome::Failed);
        if passed && !status.success() {
            outcomes.insert(format!("{number} ended with {status}"), Outcome::Failed);
        }
        outcomes
    }

    fn runner(&self, number: &str, through: &[&str]) -> Command {
        let program = "./test-runner";
        let mut command = match through {
            [] => bound_to_this_test(program),
            [first, more @ ..] => {
                let mut command = bound_to_this_test(first);
                command.args(more).arg(program);
                command
            }
        };
        let quick = number == QUICK && std::env::var_os(ALL).is_none();
        if quick || number == ALWAYS_QUICK {
            command.arg("-Q");
        }
        command
            .args(["-p1", "-E", "-L", "-V", KAFKA_VERSION])
            .args(["-s", self.scenario])
            .env("TESTS", number)
            .env("RDKAFKA_TEST_CONF", &self.config)
            .env("BROKERS", self.broker.bootstrap())
            .env("KAFKA_PATH", &self.kafka)
            .env("LD_LIBRARY_PATH", "../src:../src-cpp")
            .current_dir(folder())
            .stdin(Stdio::null());
        command
    }
}

/// The number that a test's name begins with.
fn number(name: &str) -> String {
    let number = name.split(['_', ' ']).next();
    number.unwrap_or_default().to_owned()
}

/// Kafka's script that the suite calls, on the installed jars.
fn write_script(bin: &Path) {
    std::fs::create_dir_all(bin).expect("the scratch folder is writable");
    let path = bin.join("kafka-topics.sh");
    let jars = clients_folder().join("kafka");
    let text = format!(
        "#!/bin/sh\nexec java -Xmx96m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '{}/*' \
         org.apache.kafka.tools.TopicCommand \"$@\"\n",
        jars.display()
    );
    std::fs::write(&path, text).expect("the scratch folder is writable");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable).expect("the script is ours");
}

/// What the runner says of each test that it runs: one that began and has not ended has failed. (The table at its end is
/// not printed when a test that failed has left a client behind.)
fn outcomes(said: &str) -> Outcomes {
    let events = said.lines().filter_map(|line| {
        let event = line.split_once("================= ")?.1;
        event
            .split_once(" =================")
            .map(|(event, _)| event)
    });
    let mut outcomes = Outcomes::new();
    for event in events {
        let words: Vec<&str> = event.split(' ').collect();
        let (name, outcome) = match words[..] {
            ["Running", "test", name] => (name, Outcome::Failed),
            ["Test", name, "PASSED"] => (name, Outcome::Passed),
            ["Test", name, "SKIPPED"] => (name, Outcome::Skipped),
            ["Test", name, "FAILED"] => (name, Outcome::Failed),
            _ => continue,
        };
        outcomes.insert(name.to_owned(), outcome);
    }
    outcomes
}

#[test]
fn what_the_runner_prints_of_its_tests_is_understood() {
    let said = "\u{1b}[36m[0011_produce / 0.0s] ================= Running test 0011_produce =================\n\
        [0011_produce / 1.0s] \u{1b}[32m================= Test 0011_produce PASSED =================\u{1b}[0m\n\
        [0097_ssl / 1.0s] ================= Running test 0097_ssl =================\n\
        [0097_ssl / 1.0s] ================= Test 0097_ssl SKIPPED =================\n\
        [0081_admin / 1.0s] ================= Running test 0081_admin =================\n\
        [0081_admin / 1.0s] \u{1b}[31m================= Test 0081_admin FAILED =================\u{1b}[0m\n\
        [0103_crash / 1.0s] ================= Running test 0103_crash =================\n\
        ============== ALL TESTS PASSED ==============\n";
    let expected = [
        ("0011_produce", Outcome::Passed),
        ("0081_admin", Outcome::Failed),
        ("0097_ssl", Outcome::Skipped),
        ("0103_crash", Outcome::Failed),
    ];
    let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome));
    assert_eq!(outcomes(said), expected.into());
}
