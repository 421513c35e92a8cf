//! Checks of what this process may have: locked memory, open files, CPUs.

use super::kernel::{self, Limit};
use super::{Finding, Need};
use crate::settings::ServeSettings;
use crate::size;

/// Locked memory that the rings of one core need.
const MEMLOCK_BYTES_PER_CORE: u64 = 512 * 1024;

/// Open files without which not even a small broker runs: rings, listeners, and a few partitions.
const OPEN_FILES_MIN: u64 = 512;

/// Open files with which thousands of connections and partitions are served without a pause.
const OPEN_FILES_ADVISED: u64 = 16_384;

/// The bit of CAP_IPC_LOCK in a capability set (`linux/capability.h`).
const CAP_IPC_LOCK_BIT: u32 = 14;

/// The findings about limits; serve raises the soft limit on open files itself, so the hard one counts.
pub fn check(settings: &ServeSettings) -> Vec<Finding> {
    let usable = kernel::usable_cpus().unwrap_or_default();
    let cores = settings.cores.choose(&usable);
    let core_count = cores.as_ref().map_or(usable.len().max(1), Vec::len);
    let memlock = match kernel::memlock_limit() {
        Ok(limit) => judge_memlock(limit, core_count, may_lock_memory()),
        Err(error) => unreadable("memlock", &error),
    };
    let open_files = match kernel::open_files_limit() {
        Ok(limit) => judge_open_files(limit),
        Err(error) => unreadable("open-files", &error),
    };
    vec![judge_cores(&usable, cores), memlock, open_files]
}

fn unreadable(check: &'static str, error: &std::io::Error) -> Finding {
    Finding::fail(
        check,
        Need::Advised,
        format!("cannot be read: {error}"),
        "allow the system call getrlimit",
    )
}

fn judge_cores(usable: &[usize], chosen: Result<Vec<usize>, String>) -> Finding {
    match chosen {
        Ok(chosen) => Finding::pass(
            "cores",
            Need::Required,
            format!(
                "{} of the {} usable CPUs will be used",
                chosen.len(),
                usable.len()
            ),
        ),
        Err(reason) => Finding::fail(
            "cores",
            Need::Required,
            reason,
            "give --cores a smaller number, or `all`; `taskset -p $$` shows what this shell may use",
        ),
    }
}

fn judge_memlock(limit: Limit, core_count: usize, may_lock_memory: bool) -> Finding {
    let needed = MEMLOCK_BYTES_PER_CORE.saturating_mul(core_count as u64);
    if may_lock_memory || limit.soft == libc::RLIM_INFINITY {
        return Finding::pass("memlock", Need::Required, "unlimited for this process");
    }
    let seen = format!(
        "{} may be locked, {} are needed",
        size::for_people(limit.soft),
        size::for_people(needed)
    );
    match limit.soft >= needed {
        true => Finding::pass("memlock", Need::Required, seen),
        false => Finding::fail(
            "memlock",
            Need::Required,
            seen,
            format!(
                "`ulimit -l {}` (systemd: LimitMEMLOCK=infinity; container: `docker run --ulimit memlock=-1 …`)",
                needed.div_ceil(1024)
            ),
        ),
    }
}

fn judge_open_files(limit: Limit) -> Finding {
    const CHECK: &str = "open-files";
    let wanted = OPEN_FILES_ADVISED;
    let remedy = |count| {
        format!(
            "`ulimit -n {count}` (systemd: LimitNOFILE={count}; container: `docker run --ulimit nofile={count} …`)"
        )
    };
    let seen = format!(
        "up to {} may be open; {wanted} are advised for many partitions and connections",
        limit.hard
    );
    if limit.hard < OPEN_FILES_MIN {
        return Finding::fail(
            CHECK,
            Need::Required,
            format!("only {} may be open", limit.hard),
            remedy(wanted),
        );
    }
    match limit.hard >= wanted {
        true => Finding::pass(CHECK, Need::Required, seen),
        false => Finding::fail(CHECK, Need::Advised, seen, remedy(wanted)),
    }
}

/// Whether the effective capabilities of this process lift the limit on locked memory.
fn may_lock_memory() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    effective_capabilities(&status).is_some_and(|set| set >> CAP_IPC_LOCK_BIT & 1 == 1)
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_locked_memory_names_the_ulimit_in_kib() {
        let finding = judge_memlock(
            Limit {
                soft: 64 * 1024,
                hard: 64 * 1024,
            },
            4,
            false,
        );
        assert!(!finding.ok);
        assert!(finding.remedy.unwrap().contains("ulimit -l 2048"));
        assert!(
            judge_memlock(
                Limit {
                    soft: 64 * 1024,
                    hard: 64 * 1024
                },
                4,
                true
            )
            .ok
        );
        assert!(
            judge_memlock(
                Limit {
                    soft: 8 << 20,
                    hard: 8 << 20
                },
                4,
                false
            )
            .ok
        );
    }

    #[test]
    fn few_descriptors_are_advice_and_very_few_stop_the_start() {
        let few = judge_open_files(Limit {
            soft: 1024,
            hard: 1024,
        });
        assert!(!few.ok && few.need == Need::Advised);
        let very_few = judge_open_files(Limit { soft: 64, hard: 64 });
        assert!(!very_few.ok && very_few.need == Need::Required);
        assert!(very_few.remedy.unwrap().contains("ulimit -n 16384"));
    }

    #[test]
    fn capabilities_are_read_from_the_status_file() {
        assert_eq!(
            effective_capabilities("Name:\tx\nCapEff:\t0000000000004000\n"),
            Some(1 << CAP_IPC_LOCK_BIT)
        );
        assert_eq!(effective_capabilities("Name:\tx\n"), None);
    }
}
