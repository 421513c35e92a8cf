//! Brings a file system to rest between two runs: a broker that leaves its writes to the kernel must not have them carried
//! out in the other one's time.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Writes back what the file system of `directory` still holds in memory, and waits for it (`syncfs(2)`).
pub fn write_back(directory: &Path) -> io::Result<()> {
    let directory = File::open(directory)?;
    #[allow(unsafe_code, reason = "the standard library has no syncfs")]
    // SAFETY: the descriptor is open during the call, which touches no memory of this process.
    let result = unsafe { libc::syncfs(directory.as_raw_fd()) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        assert!(write_back(folder.path()).is_ok());
        assert!(write_back(&folder.path().join("none")).is_err());
    }
}
