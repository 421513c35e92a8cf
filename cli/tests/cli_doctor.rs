//! `doctor` over the real binary, on directories that are fit and on some that are not.
// A failed unwrap is a failed test, in functions that tests share too.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn doctor(data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_corelane"))
        .args(["doctor", "--json", "--data"])
        .arg(data)
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap()
}

fn findings(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn finding(findings: &[serde_json::Value], check: &str) -> serde_json::Value {
    findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("no finding on {check}"))
        .clone()
}

#[test]
fn the_exit_code_says_whether_a_required_check_failed() {
    let directory = tempfile::tempdir().unwrap();
    let output = doctor(directory.path());
    let findings = findings(&output);
    let blocked = findings
        .iter()
        .any(|finding| finding["need"] == "required" && finding["ok"] == false);
    assert_eq!(output.status.code(), Some(if blocked { 78 } else { 0 }));
    for finding in findings.iter().filter(|finding| finding["ok"] == false) {
        assert!(finding["remedy"].is_string(), "{finding} has no remedy");
    }
}

#[test]
fn a_directory_in_memory_is_told_apart_from_a_disk() {
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("skipped: there is no /dev/shm to test on");
        return;
    };
    let findings = findings(&doctor(directory.path()));
    let file_system = finding(&findings, "file-system");
    assert_eq!(file_system["ok"], false);
    assert!(
        file_system["detail"]
            .as_str()
            .unwrap()
            .contains("tmpfs is memory"),
        "{file_system}"
    );
    // Whether tmpfs takes O_DIRECT depends on the kernel; a refusal must name a remedy.
    let direct = finding(&findings, "o-direct");
    assert!(
        direct["ok"] == true || direct["remedy"].as_str().unwrap().contains("ext4"),
        "{direct}"
    );
    assert_eq!(
        std::fs::read_dir(directory.path()).unwrap().count(),
        0,
        "the checks left something behind"
    );
}

#[test]
fn a_file_in_place_of_the_data_directory_exits_with_78() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = doctor(file.path());
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(finding(&findings(&output), "data-directory")["ok"], false);
}

#[test]
fn a_directory_that_cannot_be_written_exits_with_78() {
    // Not even root can create files in /proc.
    let output = doctor(Path::new("/proc"));
    assert_eq!(output.status.code(), Some(78));
    let directory = finding(&findings(&output), "data-directory");
    assert_eq!(directory["ok"], false);
    assert!(directory["remedy"].as_str().unwrap().contains("--data"));
}

#[test]
fn the_check_creates_no_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let output = doctor(&data);
    assert!(
        finding(&findings(&output), "data-directory")["detail"]
            .as_str()
            .unwrap()
            .contains("can be created")
    );
    assert!(!data.exists());
}
