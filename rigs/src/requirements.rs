//! What the rigs need of the machine, and what a test does without it: skip loudly, or fail where they are required.

use std::io::Write;
use std::path::Path;

/// Set to anything, it makes a test that cannot run here fail.
pub const REQUIRE_VARIABLE: &str = "CORELANE_REQUIRE_RIGS";

/// Whether the rig `name` can run here. If not, says so on standard error, past the test harness's capture.
///
/// # Panics
/// If it cannot, and [`REQUIRE_VARIABLE`] is set: CI never passes on a skipped rig.
pub fn are_met(name: &str) -> bool {
    let Some(missing) = missing() else {
        return true;
    };
    assert!(
        std::env::var_os(REQUIRE_VARIABLE).is_none(),
        "{name} must run, since {REQUIRE_VARIABLE} is set, but {missing}"
    );
    report(&format!("SKIPPED {name}: {missing}"));
    false
}

/// Prints a line on standard error, past the test harness's capture of output.
pub fn report(line: &str) {
    // Losing a line to a closed pipe is no reason to fail a test.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn missing() -> Option<String> {
    if !crate::kernel::is_root() {
        return Some("mounting needs root".to_owned());
    }
    let device = ["/dev/fuse", "/dev/loop-control"]
        .into_iter()
        .find(|device| std::fs::File::open(device).is_err());
    if let Some(device) = device {
        return Some(format!("{device} cannot be opened"));
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let has_mkfs = std::env::split_paths(&paths)
        .chain(["/sbin".into(), "/usr/sbin".into()])
        .any(|folder| Path::new(&folder).join("mkfs.ext4").exists());
    (!has_mkfs).then(|| "mkfs.ext4 is not installed (e2fsprogs)".to_owned())
}
