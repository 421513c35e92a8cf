//! What every command owes to scripts: exit codes, closed pipes, completions and manual pages.
// A failed unwrap is a failed test, in functions that tests share too.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::process::{Command, Stdio};

fn corelane() -> Command {
    Command::new(env!("CARGO_BIN_EXE_corelane"))
}

#[test]
fn a_reader_that_closes_its_pipe_early_is_success() {
    // The script is longer than a pipe holds, so that the write meets the closed end for certain.
    let mut child = corelane()
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
}

#[test]
fn a_full_standard_output_is_a_failure() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: there is no /dev/full to test on");
        return;
    };
    let status = corelane()
        .args(["config", "show"])
        .stdout(full)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_wrong_command_line_exits_with_2_and_help_with_0() {
    assert_eq!(
        corelane().arg("sevre").output().unwrap().status.code(),
        Some(2)
    );
    assert_eq!(corelane().output().unwrap().status.code(), Some(2));
    let help = corelane().arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = corelane().args(["completions", shell]).output().unwrap();
        assert!(output.status.success());
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("doctor"),
            "{shell}"
        );
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let status = corelane()
        .args(["man", "--directory"])
        .arg(directory.path())
        .output()
        .unwrap()
        .status;
    assert!(status.success());
    for page in ["corelane.1", "corelane-doctor.1", "corelane-config-show.1"] {
        assert!(directory.path().join(page).exists(), "{page}");
    }
    let page = corelane().args(["man", "config", "show"]).output().unwrap();
    assert!(String::from_utf8_lossy(&page.stdout).contains(".TH"));
}
