//! `config show` over the real binary: which layer wins, what is refused, and with which exit code.
// A failed unwrap is a failed test, in functions that tests share too.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn corelane(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corelane"));
    command.current_dir(directory).env_clear();
    command
}

fn shown(output: &Output, name: &str) -> serde_json::Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.into_iter().find(|line| line["name"] == name).unwrap()
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("corelane.toml"),
        "listen = '127.0.0.1:3'\ndata = 'file'\ncores = 1\n",
    )
    .unwrap();
    let output = corelane(directory.path())
        .args(["config", "show", "--json", "--listen", "127.0.0.1:1"])
        .env("CORELANE_LISTEN", "127.0.0.1:2")
        .env("CORELANE_DATA", "environment")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let expected = [
        ("listen", "127.0.0.1:1", "flag"),
        ("data", "environment", "environment"),
        ("cores", "1", "corelane.toml"),
        ("num-partitions", "1", "default"),
    ];
    for (name, value, source) in expected {
        let line = shown(&output, name);
        assert_eq!(
            (line["value"].as_str(), line["source"].as_str()),
            (Some(value), Some(source)),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_key_exits_with_78_and_names_the_known_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.toml");
    std::fs::write(&file, "num-partition = 3\n").unwrap();
    let output = corelane(directory.path())
        .args(["config", "show", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("mine.toml: unknown setting `num-partition`"),
        "{stderr}"
    );
    assert!(
        stderr.contains("did you mean `num-partitions`?"),
        "{stderr}"
    );
}

#[test]
fn a_named_file_that_is_missing_is_an_error_but_the_usual_one_may_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    assert!(
        corelane(directory.path())
            .args(["config", "show"])
            .output()
            .unwrap()
            .status
            .success()
    );
    let output = corelane(directory.path())
        .args(["config", "show", "--config", "none.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn a_bad_flag_is_usage_and_a_bad_variable_is_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let flag = corelane(directory.path())
        .args(["config", "show", "--cores", "none"])
        .output()
        .unwrap();
    assert_eq!(flag.status.code(), Some(2));
    let variable = corelane(directory.path())
        .args(["config", "show"])
        .env("CORELANE_CORES", "none")
        .output()
        .unwrap();
    assert_eq!(variable.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&variable.stderr).contains("CORELANE_CORES"));
}

#[test]
fn defaults_for_topics_are_shown_with_their_layer_when_somebody_wrote_them() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("corelane.toml"),
        "log.retention.hours = 5\n'log.segment.bytes' = 1048576\n",
    )
    .unwrap();
    let show = |arguments: &[&str]| {
        corelane(directory.path())
            .args(["config", "show", "--json"])
            .args(arguments)
            .env("CORELANE_LOG_SEGMENT_BYTES", "2097152")
            .output()
            .unwrap()
    };
    let output = show(&["--set", "log.roll.ms=7"]);
    for (name, value, source, flag) in [
        (
            "log.retention.hours",
            "5",
            "corelane.toml",
            "--set log.retention.hours",
        ),
        (
            "log.segment.bytes",
            "2097152",
            "environment",
            "--set log.segment.bytes",
        ),
        ("log.roll.ms", "7", "flag", "--set log.roll.ms"),
    ] {
        let line = shown(&output, name);
        assert_eq!(
            (&line["value"], &line["source"], &line["flag"]),
            (&value.into(), &source.into(), &flag.into())
        );
    }
    assert!(!String::from_utf8_lossy(&output.stdout).contains("log.index.interval.bytes"));
    let bad = show(&["--set", "log.roll.hours=0"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("--set log.roll.hours"));
    let unknown = show(&["--set", "log.retention.hour=1"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("`log.retention.hours`"));
}
