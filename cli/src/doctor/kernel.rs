//! The system calls of `doctor` that the standard library has no name for; the only unsafe file of the binary.
//!
//! Each function makes one call into memory of its own and returns plain numbers. Lives on the main thread.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A file system as `statfs(2)` tells it.
#[derive(Clone, Copy, Debug)]
pub struct FileSystem {
    /// The magic number of its type.
    pub magic: i64,
    /// Bytes that this user may still write.
    pub free_bytes: u64,
}

/// A resource limit: what holds, and up to where this process may raise it.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What holds; `u64::MAX` means unlimited.
    pub soft: u64,
    /// Up to where it may be raised without privilege.
    pub hard: u64,
}

/// The file system that holds `path`.
pub fn file_system(path: &Path) -> io::Result<FileSystem> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let mut stat = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: `path` ends with a NUL and outlives the call; `stat` is writable and of the type that the call fills.
    let result = unsafe { libc::statfs(path.as_ptr(), stat.as_mut_ptr()) };
    check(result)?;
    // SAFETY: all-zero bytes are a valid `statfs`, and the call that succeeded has filled it.
    let stat = unsafe { stat.assume_init() };
    let block_bytes = u64::try_from(stat.f_bsize).unwrap_or(0);
    Ok(FileSystem {
        magic: stat.f_type,
        free_bytes: stat.f_bavail.saturating_mul(block_bytes),
    })
}

/// The limit on memory that may be locked, in bytes.
pub fn memlock_limit() -> io::Result<Limit> {
    limit(libc::RLIMIT_MEMLOCK)
}

/// The limit on open files.
pub fn open_files_limit() -> io::Result<Limit> {
    limit(libc::RLIMIT_NOFILE)
}

fn limit(resource: libc::__rlimit_resource_t) -> io::Result<Limit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is writable and of the type that the call fills.
    let result = unsafe { libc::getrlimit(resource, &mut limit) };
    check(result)?;
    Ok(Limit {
        soft: limit.rlim_cur,
        hard: limit.rlim_max,
    })
}

/// How many files this process may have open; no bound where the kernel does not tell.
pub fn open_files_max() -> usize {
    open_files_limit().map_or(usize::MAX, |limit| {
        usize::try_from(limit.soft).unwrap_or(usize::MAX)
    })
}

/// Raises the limit on open files to what this process may have without privilege.
pub fn raise_open_files_limit() -> io::Result<()> {
    let hard = open_files_limit()?.hard;
    let limit = libc::rlimit {
        rlim_cur: hard,
        rlim_max: hard,
    };
    // SAFETY: `limit` is readable and of the type that the call reads.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    check(result)
}

/// The CPUs that this process may be scheduled on, in rising order.
pub fn usable_cpus() -> io::Result<Vec<usize>> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: `set` is writable and the size is its own; process 0 means this thread.
    let result =
        unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), set.as_mut_ptr()) };
    check(result)?;
    // SAFETY: all-zero bytes are a valid `cpu_set_t`, and the call that succeeded has filled it.
    let set = unsafe { set.assume_init() };
    let cpus = 0..libc::CPU_SETSIZE as usize;
    // SAFETY: every index is below CPU_SETSIZE, the number of bits in the set.
    Ok(cpus
        .filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) })
        .collect())
}

fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_may_use_at_least_one_cpu() {
        assert!(!usable_cpus().unwrap().is_empty());
    }

    #[test]
    fn limits_are_ordered() {
        for limit in [memlock_limit().unwrap(), open_files_limit().unwrap()] {
            assert!(limit.soft <= limit.hard, "{limit:?}");
        }
    }

    #[test]
    fn the_root_has_a_file_system_and_a_missing_path_has_none() {
        assert_ne!(file_system(Path::new("/")).unwrap().magic, 0);
        assert!(file_system(Path::new("/no/such/directory")).is_err());
    }
}
