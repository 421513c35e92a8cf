//! What the kernel tells of this process: memory, open files, CPU time, bytes read and written.
//!
//! Runs on the thread that answers for metrics, as reading /proc may take a moment. Invariant: what the kernel does not
//! tell is left out, not invented.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ticks of a second in /proc/PID/stat: USER_HZ, 100 on every architecture that the broker runs on.
const TICKS_PER_S: f64 = 100.0;

/// The process at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessReport {
    /// Memory that is resident, in bytes.
    pub resident_bytes: Option<u64>,
    /// Descriptors in use.
    pub open_files: Option<u64>,
    /// The most that may be in use.
    pub open_files_max: Option<u64>,
    /// CPU time taken by all threads, in seconds.
    pub cpu_s: Option<f64>,
    /// Bytes that were read from storage.
    pub storage_read_bytes: Option<u64>,
    /// Bytes that were written to storage.
    pub storage_written_bytes: Option<u64>,
}

/// What the kernel tells.
pub fn report() -> ProcessReport {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
    let (status, io) = (read("status"), read("io"));
    let field = |text: &Option<String>, name| number_behind(text.as_deref()?, name);
    ProcessReport {
        resident_bytes: field(&status, "VmRSS:").map(|kib| kib * 1024),
        // The listing itself holds one.
        open_files: std::fs::read_dir("/proc/self/fd")
            .ok()
            .map(|entries| entries.count().saturating_sub(1) as u64),
        open_files_max: field(&read("limits"), "Max open files"),
        cpu_s: read("stat").and_then(|stat| cpu_s(&stat)),
        storage_read_bytes: field(&io, "read_bytes:"),
        storage_written_bytes: field(&io, "write_bytes:"),
    }
}

/// Seconds since the epoch.
pub fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The first number on the line that begins with `name`.
fn number_behind(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// User and system time of proc_pid_stat(5), whose second field may hold anything.
fn cpu_s(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_a_living_process() {
        let report = report();
        assert!(report.resident_bytes.unwrap() > 1 << 20);
        assert!(report.open_files.unwrap() >= 3);
        assert!(report.open_files_max.unwrap() >= report.open_files.unwrap());
        assert!(report.cpu_s.is_some());
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_times() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 9";
        assert_eq!(cpu_s(stat), Some(2.0));
    }
}
