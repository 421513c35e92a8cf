//! What a process used: CPU seconds, memory, context switches and bytes, read from `/proc/PID`.
//!
//! Invariants: a sample never signals or stops the process; threads are included (`stat` and `io` count the whole
//! process, context switches are summed over the threads that live at the sample). Parsers are pure.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `USER_HZ`: the unit of CPU times in `/proc/PID/stat`, fixed by the kernel's interface on x86-64 and AArch64.
const TICKS_PER_SECOND: f64 = 100.0;

/// Why a process cannot be sampled.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The file is not there or may not be read.
    #[error(
        "cannot read {path}: {source}; is the process running, and is it yours (or run as root)?"
    )]
    Unreadable {
        /// The file below `/proc`.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has another form than `proc(5)` documents.
    #[error("{path} has no field {field}")]
    Malformed {
        /// The file below `/proc`.
        path: PathBuf,
        /// The missing field.
        field: &'static str,
    },
}

/// The counters of one process at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessSample {
    /// CPU seconds in user mode, all threads, also those that ended.
    pub user_cpu_s: f64,
    /// CPU seconds in the kernel.
    pub system_cpu_s: f64,
    /// Resident memory.
    pub resident_bytes: u64,
    /// The largest resident memory so far.
    pub peak_resident_bytes: u64,
    /// Context switches that a thread asked for by waiting.
    pub voluntary_switches: u64,
    /// Context switches that the scheduler forced.
    pub involuntary_switches: u64,
    /// Bytes sent to the storage layer.
    pub written_bytes: u64,
    /// Bytes fetched from the storage layer.
    pub read_bytes: u64,
    /// Read system calls, as far as the kernel counts them (not those of io_uring).
    pub read_calls: u64,
    /// Write system calls, counted likewise.
    pub write_calls: u64,
    /// Open files and sockets.
    pub descriptors: u64,
}

impl ProcessSample {
    /// Samples process `pid`. Fails when it has ended or belongs to somebody else.
    pub fn take(pid: u32) -> Result<Self, ProcessError> {
        let directory = PathBuf::from(format!("/proc/{pid}"));
        let mut sample = Self::default();
        parse_stat(&read(directory.join("stat"))?, &mut sample)
            .ok_or_else(|| malformed(directory.join("stat"), "utime, stime"))?;
        parse_status_memory(&read(directory.join("status"))?, &mut sample);
        // A kernel without task accounting has no `io`; the bytes then read as zero.
        if let Ok(text) = read(directory.join("io")) {
            parse_io(&text, &mut sample);
        }
        // Somebody else's descriptors may not be counted; they then read as zero.
        let descriptors = fs::read_dir(directory.join("fd")).map_or(0, Iterator::count);
        sample.descriptors = u64::try_from(descriptors).unwrap_or(u64::MAX);
        add_switches_of_threads(&directory, &mut sample)?;
        Ok(sample)
    }

    /// What was used between `earlier` and this sample.
    pub fn since(&self, earlier: &Self, elapsed: Duration) -> ProcessUse {
        ProcessUse {
            elapsed_s: elapsed.as_secs_f64(),
            user_cpu_s: (self.user_cpu_s - earlier.user_cpu_s).max(0.0),
            system_cpu_s: (self.system_cpu_s - earlier.system_cpu_s).max(0.0),
            resident_bytes: self.resident_bytes,
            peak_resident_bytes: self.peak_resident_bytes,
            voluntary_switches: self
                .voluntary_switches
                .saturating_sub(earlier.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(earlier.involuntary_switches),
            written_bytes: self.written_bytes.saturating_sub(earlier.written_bytes),
            read_bytes: self.read_bytes.saturating_sub(earlier.read_bytes),
            read_calls: self.read_calls.saturating_sub(earlier.read_calls),
            write_calls: self.write_calls.saturating_sub(earlier.write_calls),
            descriptors: self.descriptors,
        }
    }
}

/// What a process used over a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessUse {
    /// The span.
    pub elapsed_s: f64,
    /// CPU seconds in user mode.
    pub user_cpu_s: f64,
    /// CPU seconds in the kernel.
    pub system_cpu_s: f64,
    /// Resident memory at the end.
    pub resident_bytes: u64,
    /// The largest resident memory in the life of the process.
    pub peak_resident_bytes: u64,
    /// Context switches that a thread asked for by waiting.
    pub voluntary_switches: u64,
    /// Context switches that the scheduler forced.
    pub involuntary_switches: u64,
    /// Bytes sent to the storage layer.
    pub written_bytes: u64,
    /// Bytes fetched from the storage layer.
    pub read_bytes: u64,
    /// Read system calls, as far as the kernel counts them (not those of io_uring).
    #[serde(default)]
    pub read_calls: u64,
    /// Write system calls, counted likewise.
    #[serde(default)]
    pub write_calls: u64,
    /// Open files and sockets at the end.
    #[serde(default)]
    pub descriptors: u64,
}

impl ProcessUse {
    /// CPU seconds in both modes.
    pub fn cpu_s(&self) -> f64 {
        self.user_cpu_s + self.system_cpu_s
    }

    /// The share of one core: 1.0 is one core busy all the time.
    pub fn cores_busy(&self) -> f64 {
        if self.elapsed_s > 0.0 {
            self.cpu_s() / self.elapsed_s
        } else {
            0.0
        }
    }
}

/// Watches process `pid` for `span` without touching it: the CPU share and memory of an idle broker.
pub fn watch(pid: u32, span: Duration) -> Result<ProcessUse, ProcessError> {
    let before = ProcessSample::take(pid)?;
    let start = Instant::now();
    std::thread::sleep(span);
    let after = ProcessSample::take(pid)?;
    Ok(after.since(&before, start.elapsed()))
}

/// Lets the peak of resident memory of process `pid` begin anew. False where that is not allowed.
pub fn reset_peak_memory(pid: u32) -> bool {
    // `5` resets VmHWM: clear_refs in proc(5).
    fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok()
}

fn read(path: PathBuf) -> Result<String, ProcessError> {
    fs::read_to_string(&path).map_err(|source| ProcessError::Unreadable { path, source })
}

fn malformed(path: PathBuf, field: &'static str) -> ProcessError {
    ProcessError::Malformed { path, field }
}

/// The command name in parentheses may hold spaces and parentheses itself, so fields count from the last `)`.
fn parse_stat(text: &str, sample: &mut ProcessSample) -> Option<()> {
    let after_name = text.get(text.rfind(')')? + 1..)?;
    let mut fields = after_name.split_ascii_whitespace();
    // State is field 3 of proc(5); utime and stime are 14 and 15.
    let user: f64 = fields.nth(11)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    sample.user_cpu_s = user / TICKS_PER_SECOND;
    sample.system_cpu_s = system / TICKS_PER_SECOND;
    Some(())
}

fn parse_status_memory(text: &str, sample: &mut ProcessSample) {
    sample.peak_resident_bytes = number_after(text, "VmHWM:").unwrap_or(0) * 1024;
    sample.resident_bytes = number_after(text, "VmRSS:").unwrap_or(0) * 1024;
}

fn parse_io(text: &str, sample: &mut ProcessSample) {
    sample.written_bytes = number_after(text, "\nwrite_bytes:").unwrap_or(0);
    sample.read_bytes = number_after(text, "\nread_bytes:").unwrap_or(0);
    sample.read_calls = number_after(text, "\nsyscr:").unwrap_or(0);
    sample.write_calls = number_after(text, "\nsyscw:").unwrap_or(0);
}

fn add_switches_of_threads(
    directory: &std::path::Path,
    sample: &mut ProcessSample,
) -> Result<(), ProcessError> {
    let path = directory.join("task");
    let threads =
        fs::read_dir(&path).map_err(|source| ProcessError::Unreadable { path, source })?;
    for thread in threads.flatten() {
        // A thread may end between the listing and the read; it then counts no more.
        if let Ok(text) = fs::read_to_string(thread.path().join("status")) {
            sample.voluntary_switches +=
                number_after(&text, "\nvoluntary_ctxt_switches:").unwrap_or(0);
            sample.involuntary_switches +=
                number_after(&text, "\nnonvoluntary_ctxt_switches:").unwrap_or(0);
        }
    }
    Ok(())
}

fn number_after(text: &str, label: &str) -> Option<u64> {
    let rest = text.get(text.find(label)? + label.len()..)?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_a_command_name_with_spaces_and_parentheses() {
        let mut sample = ProcessSample::default();
        let stat = "42 (a ) b (c)) S 1 42 42 0 -1 4194560 1 0 0 0 250 75 0 0 20 0 3 0 100 1 1";
        parse_stat(stat, &mut sample).unwrap();
        assert!((sample.user_cpu_s - 2.5).abs() < 1e-9);
        assert!((sample.system_cpu_s - 0.75).abs() < 1e-9);
    }

    #[test]
    fn peak_memory_is_read_in_bytes() {
        let mut sample = ProcessSample::default();
        parse_status_memory(
            "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n",
            &mut sample,
        );
        assert_eq!(sample.peak_resident_bytes, 2 * 1024 * 1024);
        assert_eq!(sample.resident_bytes, 1024 * 1024);
    }

    #[test]
    fn storage_bytes_are_not_taken_from_the_cancelled_writes() {
        let mut sample = ProcessSample::default();
        let io = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        parse_io(io, &mut sample);
        assert_eq!((sample.read_bytes, sample.written_bytes), (5, 6));
        assert_eq!((sample.read_calls, sample.write_calls), (3, 4));
    }

    #[test]
    fn this_process_can_be_sampled() {
        let sample = ProcessSample::take(std::process::id()).unwrap();
        assert!(sample.peak_resident_bytes > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = ProcessSample::take(u32::MAX).unwrap_err();
        assert!(
            error.to_string().contains("/proc/4294967295/stat"),
            "{error}"
        );
    }
}
