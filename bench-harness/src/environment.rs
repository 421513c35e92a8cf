//! The machine that a result was measured on: kernel, CPU, cores and memory.
//!
//! Invariants: nothing is guessed; what cannot be read says `unknown`. Reads `/proc` once.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine behind a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// `uname -r`.
    pub kernel: String,
    /// The first CPU's model name.
    pub cpu_model: String,
    /// CPUs of the machine.
    pub machine_cores: usize,
    /// CPUs that this process may use.
    pub usable_cores: usize,
    /// Memory of the machine.
    pub memory_bytes: u64,
    /// Version of the harness.
    pub harness_version: String,
    /// Whether the harness was built without optimisation, which makes every figure worthless.
    pub unoptimised_client: bool,
}

impl Environment {
    /// Reads the machine.
    pub fn read() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            kernel: first_line("/proc/sys/kernel/osrelease"),
            cpu_model: cpu_model(&cpu),
            machine_cores: cpu
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
            usable_cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(&memory),
            harness_version: env!("CARGO_PKG_VERSION").to_owned(),
            unoptimised_client: cfg!(debug_assertions),
        }
    }
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn cpu_model(cpuinfo: &str) -> String {
    cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(':'))
        .map_or_else(
            || "unknown".to_owned(),
            |(_, model)| model.trim().to_owned(),
        )
}

fn memory_bytes(meminfo: &str) -> u64 {
    meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_ascii_whitespace().next())
        .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_and_memory_are_found_in_the_texts_of_proc() {
        assert_eq!(
            cpu_model("processor : 0\nmodel name\t: Fast CPU @ 3 GHz\n"),
            "Fast CPU @ 3 GHz"
        );
        assert_eq!(
            memory_bytes("MemTotal:       2048 kB\nMemFree: 1 kB\n"),
            2 * 1024 * 1024
        );
    }

    #[test]
    fn what_is_not_there_reads_as_unknown() {
        assert_eq!(cpu_model(""), "unknown");
    }
}
