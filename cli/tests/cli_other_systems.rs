//! A build for another system than Linux says so in one sentence.
// A failed unwrap is a failed test, in functions that tests share too.
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn a_build_for_another_system_says_that_it_needs_linux_and_nothing_else() {
    let target = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--quiet",
            "--offline",
            "--target",
            "x86_64-apple-darwin",
            "--target-dir",
        ])
        .arg(target.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("Corelane runs on Linux only"), "{stderr}");
    // Cargo adds one line of its own about the build script; no crate may have come to be compiled.
    assert_eq!(
        stderr.lines().filter(|line| !line.is_empty()).count(),
        2,
        "{stderr}"
    );
}
