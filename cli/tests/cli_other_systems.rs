//! A build for another system than Linux says so in one sentence.

use std::process::Command;

#[test]
fn a_build_for_another_system_names_linux_and_nothing_else() {
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
    assert_eq!(stderr.matches("error").count(), 1, "{stderr}");
}
