//! A broker under 70 % of what it can do, written to and read at the tail: its memory and its descriptors stay as they are, and
//! its watchdog finds no core hanging.
//!
//! `CORELANE_TEST_SOAK_S` is the length of the measurement in seconds; unset: 9, which finds leaks of megabytes a second only.

mod support;

use std::fs;

use corelane_bench::workload::find;
use serde_json::Value;
use support::broker::{corelane, scratch_parent};
use support::report;

/// Seconds without the variable: as few as give each third a few samples.
const SECONDS: f64 = 9.0;

#[test]
fn memory_and_descriptors_stay_as_they_are_at_70_percent_and_no_core_hangs() {
    let seconds = match std::env::var("CORELANE_TEST_SOAK_S") {
        Ok(text) => text.parse().expect("CORELANE_TEST_SOAK_S is a number"),
        Err(_) => SECONDS,
    };
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let mut workload = find("soak").expect("the catalogue has it");
    for step in &mut workload.steps {
        step.measure_s = Some(seconds);
    }
    // JSON is YAML.
    let text = serde_json::to_string(&workload).expect("a workload is JSON");
    fs::write(folder.path().join("soak.yaml"), text).expect("the folder is writable");
    let output = corelane()
        .args("bench run soak.yaml --start corelane --directory data --rounds 1".split(' '))
        .args("--first-warm-up 0 --seconds 4 --output soak.json".split(' '))
        .current_dir(folder.path())
        .output()
        .expect("the binary starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let text = fs::read_to_string(folder.path().join("soak.json"));
    let text = text.unwrap_or_else(|error| panic!("{error}\n{stderr}"));
    let result: Value = serde_json::from_str(&text).expect("the result is JSON");
    let measured = &result["runs"][0]["outcome"]["measured"];
    let faults: Vec<&str> = measured["faults"]
        .as_array()
        .unwrap_or_else(|| panic!("nothing was measured\n{stderr}"))
        .iter()
        .filter_map(Value::as_str)
        // What was still due when the time was over tells of the machine's other work.
        .filter(|fault| !fault.contains("the schedule was not kept"))
        .collect();
    assert_eq!(faults, Vec::<&str>::new());
    let others = &measured["others"];
    assert_eq!(others["watchdog kicks"], 0.0, "{others}");
    let written = measured["produce"]["records"].as_u64();
    assert!(
        written.is_some_and(|records| records > 1_000),
        "{written:?}"
    );
    let figure = |name: &str| others[name].as_f64().unwrap_or(f64::NAN);
    report(&format!(
        "soak of {seconds} s: {:.1} and {:.1} MiB, {} and {} descriptors in the middle and the last third",
        figure("server MiB, middle third"),
        figure("server MiB, last third"),
        figure("server descriptors, middle third"),
        figure("server descriptors, last third"),
    ));
}
