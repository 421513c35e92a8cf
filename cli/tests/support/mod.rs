//! What the suites of this folder share: brokers as processes, the clients that talk to them, the
//! flights as input and hashes as the verdict.
//!
//! Every suite runs against `corelane serve`; with `CORELANE_TEST_TARGET=kafka` those that make sense
//! there run against Apache Kafka instead, which proves the suite rather than the broker.

#![allow(
    dead_code,
    reason = "each suite is a crate of its own and uses a part of this module"
)]

pub mod answer_tree;
pub mod broker;
pub mod calls;
pub mod clients;
pub mod command;
pub mod dump_log_segments;
pub mod flights;
pub mod hashes;
pub mod http;
pub mod kafka;
pub mod mount;
pub mod process;
pub mod wire;
pub mod written;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder that `.ci/install` fills.
pub fn clients_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients")
}

/// Whether the clients are installed; if not, the named test is skipped loudly, or fails where they are required.
pub fn clients_are_installed(test: &str) -> bool {
    let installed = clients_folder().join("complete").exists();
    if !installed {
        skip(test, "the clients are not installed: run .ci/install");
    }
    installed
}

/// Says on standard error that a test is skipped, past the harness's capture of output; panics if
/// `CORELANE_REQUIRE_CLIENTS` is set, so that CI never passes on a skipped test.
pub fn skip(test: &str, reason: &str) {
    assert!(
        std::env::var_os("CORELANE_REQUIRE_CLIENTS").is_none(),
        "{test} must run, since CORELANE_REQUIRE_CLIENTS is set, but {reason}"
    );
    report(&format!("SKIPPED {test}: {reason}"));
}

/// As [`skip`], for what the machine or its user lacks for a rig: `CORELANE_REQUIRE_RIGS` makes it a failure as well.
pub fn skip_rig(test: &str, reason: &str) {
    assert!(
        std::env::var_os("CORELANE_REQUIRE_RIGS").is_none(),
        "{test} must run, since CORELANE_REQUIRE_RIGS is set, but {reason}"
    );
    skip(test, reason);
}

/// Prints a line on standard error, past the harness's capture of output.
pub fn report(line: &str) {
    // Losing a progress line to a closed pipe is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "{line}");
}
