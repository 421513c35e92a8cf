//! How much CPU time a host has kept from this virtual machine, from `/proc/stat`: what no program here can help, and
//! what makes the same binary slower from hour to hour.
//!
//! Invariants: the counters are those of all CPUs of the machine. The parser is pure.

use std::fs;

/// The machine's CPU time at one moment, in ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CpuTime {
    all: u64,
    stolen: u64,
}

impl CpuTime {
    /// None where `/proc/stat` cannot be read.
    pub(crate) fn now() -> Option<Self> {
        parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// The share in percent of the time since `earlier` in which a CPU was wanted here and ran something of the host's.
    #[allow(
        clippy::cast_precision_loss,
        reason = "a machine's ticks stay below 2^53"
    )]
    pub(crate) fn stolen_percent_since(&self, earlier: &Self) -> f64 {
        let all = self.all.saturating_sub(earlier.all).max(1);
        100.0 * self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64
    }
}

/// The first line of proc(5)'s `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; guests' time, which
/// follows, is part of the first two.
fn parse(text: &str) -> Option<CpuTime> {
    let numbers = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = numbers
        .split_ascii_whitespace()
        .take(8)
        .map_while(|number| number.parse().ok())
        .collect();
    Some(CpuTime {
        all: ticks.iter().sum(),
        stolen: *ticks.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stolen_share_is_of_all_time_and_guests_are_counted_once() {
        let before = parse("cpu  10 0 5 80 2 1 2 0 7 0\ncpu0 1 2 3").unwrap();
        assert_eq!(
            before,
            CpuTime {
                all: 100,
                stolen: 0
            }
        );
        let after = parse("cpu  60 0 25 180 2 1 2 30 9 0\n").unwrap();
        assert!((after.stolen_percent_since(&before) - 15.0).abs() < 1e-9);
        assert!((after.stolen_percent_since(&after)).abs() < 1e-9);
        assert_eq!(parse("cpu  1 2 3"), None);
        assert_eq!(parse(""), None);
    }
}
