//! Core lists such as `0,2-3`, and pinning the calling thread to them.
//!
//! Invariants: a list is sorted, without repeats and below `CORE_MAX`; pinning concerns one thread only.

use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The kernel's `cpu_set_t` of the C library holds this many CPUs.
pub const CORE_MAX: usize = 1024;

/// Why a core list is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{list}` is no list of cores; write numbers and ranges below {CORE_MAX}, such as 0,2-3")]
pub struct CoreListError {
    /// The text that was given.
    pub list: String,
}

/// A set of CPUs that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CoreList(Vec<usize>);

impl CoreList {
    /// The CPUs, ascending.
    pub fn cores(&self) -> &[usize] {
        &self.0
    }

    /// Lets the calling thread run on these CPUs only. Fails when the machine or the container has none of them.
    pub fn pin_current_thread(&self) -> io::Result<()> {
        pin(0, &self.0)
    }

    /// Lets the process `pid` start further threads on these CPUs only. Threads that run keep theirs.
    pub fn pin_process(&self, pid: u32) -> io::Result<()> {
        let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
        pin(pid, &self.0)
    }
}

impl FromStr for CoreList {
    type Err = CoreListError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        parse(list).ok_or_else(|| CoreListError {
            list: list.to_owned(),
        })
    }
}

impl TryFrom<String> for CoreList {
    type Error = CoreListError;

    fn try_from(list: String) -> Result<Self, Self::Error> {
        list.parse()
    }
}

impl From<CoreList> for String {
    fn from(list: CoreList) -> Self {
        list.to_string()
    }
}

impl std::fmt::Display for CoreList {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&names.join(","))
    }
}

fn parse(list: &str) -> Option<CoreList> {
    let mut cores = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last >= CORE_MAX {
            return None;
        }
        cores.extend(first..=last);
    }
    cores.sort_unstable();
    cores.dedup();
    Some(CoreList(cores))
}

/// Timers of a thread fire up to 50 µs late unless its slack is set; an open-loop client must not add that.
pub fn ask_for_precise_timers() {
    #[allow(unsafe_code, reason = "the standard library has no timer slack")]
    // SAFETY: PR_SET_TIMERSLACK takes one integer and touches no memory of this process.
    let _kept_default_on_failure = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_usize) };
}

#[allow(unsafe_code, reason = "the standard library cannot pin threads")]
fn pin(pid: libc::pid_t, cores: &[usize]) -> io::Result<()> {
    // SAFETY: `cpu_set_t` is a plain array of integers, for which all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for &core in cores {
        // SAFETY: `CoreList` keeps every core below CORE_MAX, the number of bits of `cpu_set_t`.
        unsafe { libc::CPU_SET(core, &mut set) };
    }
    // SAFETY: `set` outlives the call and its size is the size passed.
    let result = unsafe { libc::sched_setaffinity(pid, size_of::<libc::cpu_set_t>(), &set) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_make_one_sorted_list() {
        let list: CoreList = "4,0-2,1".parse().unwrap();
        assert_eq!(list.cores(), &[0, 1, 2, 4]);
        assert_eq!(list.to_string(), "0,1,2,4");
    }

    #[test]
    fn nonsense_and_cores_beyond_the_set_are_refused() {
        for list in ["", "a", "3-1", "1024", "0,,1", "0-99999999999"] {
            assert!(list.parse::<CoreList>().is_err(), "{list}");
        }
    }

    #[test]
    fn a_thread_can_be_pinned_to_the_first_core_it_may_use() {
        let usable = (0..CORE_MAX).find(|&core| CoreList(vec![core]).pin_current_thread().is_ok());
        assert!(usable.is_some());
    }
}
