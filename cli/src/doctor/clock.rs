//! Checks of the clock: retention and timestamps follow it, and reading it must be cheap.

use super::{Finding, Need};
use std::time::{SystemTime, UNIX_EPOCH};

/// The source that the kernel reads time from.
const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// 2024-01-01: a clock before this was never set.
const SECONDS_MIN: u64 = 1_704_067_200;
/// 2100-01-01: a clock after this is broken.
const SECONDS_MAX: u64 = 4_102_444_800;

/// Sources that are read without entering the kernel.
const FAST_SOURCES: [&str; 5] = [
    "tsc",
    "kvm-clock",
    "arch_sys_counter",
    "hyperv_clocksource_tsc_page",
    "timebase",
];

/// The findings about the clock.
pub fn check() -> Vec<Finding> {
    // A machine without the file (a container with a masked /sys) gets no finding about the source.
    let source = std::fs::read_to_string(SOURCE).ok();
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    std::iter::once(judge_time(seconds))
        .chain(source.as_deref().map(judge_source))
        .collect()
}

fn judge_time(seconds: u64) -> Finding {
    match (SECONDS_MIN..SECONDS_MAX).contains(&seconds) {
        true => Finding::pass("clock", Need::Required, format!("{seconds} s since 1970")),
        false => Finding::fail(
            "clock",
            Need::Required,
            format!(
                "the clock says {seconds} s since 1970, so retention would delete or keep the wrong records"
            ),
            "set the clock: `sudo timedatectl set-ntp true`",
        ),
    }
}

fn judge_source(source: &str) -> Finding {
    let source = source.trim();
    match FAST_SOURCES.contains(&source) {
        true => Finding::pass("clock-source", Need::Advised, source),
        false => Finding::fail(
            "clock-source",
            Need::Advised,
            format!("{source}: each reading of the clock is a system call"),
            format!(
                "if `available_clocksource` beside it lists tsc: `echo tsc | sudo tee {SOURCE}`"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_stops_the_start() {
        assert!(judge_time(0).blocks_start());
        assert!(judge_time(SECONDS_MAX).blocks_start());
        assert!(judge_time(1_800_000_000).ok);
    }

    #[test]
    fn a_slow_source_is_advice() {
        assert!(judge_source("tsc\n").ok);
        let slow = judge_source("hpet\n");
        assert!(!slow.ok && !slow.blocks_start());
    }
}
