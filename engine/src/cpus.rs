//! The CPUs of the machine: which of them the cores run on, and which are left.
//!
//! Any thread. Invariant: a CPU that the process may not use is never named.

use std::io;

/// The CPUs to run on: those asked for, or all that the process may use.
pub(crate) fn usable(asked: &[usize]) -> io::Result<Vec<usize>> {
    // SAFETY: all-zero is a valid, empty set.
    #[allow(unsafe_code)]
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills the set, whose size it is told.
    #[allow(unsafe_code)]
    let answer = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    let may_use = |cpu: &usize| {
        // SAFETY: reads a bit of the set; the index is below its size.
        #[allow(unsafe_code)]
        let is_set = unsafe { libc::CPU_ISSET(*cpu, &set) };
        is_set
    };
    let allowed: Vec<usize> = (0..libc::CPU_SETSIZE as usize).filter(may_use).collect();
    if asked.is_empty() {
        return Ok(allowed);
    }
    match asked.iter().find(|cpu| !allowed.contains(cpu)) {
        Some(cpu) => Err(io::Error::other(format!(
            "CPU {cpu} is not among {allowed:?}, which this process may use"
        ))),
        None => Ok(asked.to_vec()),
    }
}

/// CPUs that the process may use and none of its cores, which run on `cores`, is pinned to.
pub(crate) fn spare(cores: &[usize]) -> io::Result<Vec<usize>> {
    let mut cpus = usable(&[])?;
    cpus.retain(|cpu| !cores.contains(cpu));
    Ok(cpus)
}

/// As the kernel takes them.
pub(crate) fn set_of(cpus: &[usize]) -> libc::cpu_set_t {
    // SAFETY: all-zero is a valid, empty set.
    #[allow(unsafe_code)]
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus {
        // SAFETY: writes a bit of the set, which checks the index.
        #[allow(unsafe_code)]
        unsafe {
            libc::CPU_SET(*cpu, &mut set);
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spare_is_what_cores_leave() {
        let all = usable(&[]).expect("this thread runs somewhere");
        assert_eq!(spare(&[]).expect("as above"), all);
        assert_eq!(spare(&all).expect("as above"), []);
        assert_eq!(spare(&all[1..]).expect("as above"), all[..1]);
        // SAFETY: reads a bit of the set.
        #[allow(unsafe_code)]
        let holds = |cpu: usize| unsafe { libc::CPU_ISSET(cpu, &set_of(&all)) };
        assert!(all.iter().all(|cpu| holds(*cpu)));
    }
}
