//! What a disk did: writes, flushes and reads of the device below a directory, from `/proc/diskstats`.
//!
//! Invariants: the counters are the whole device's, whoever used it; a directory on no block device has none. The
//! parser is pure.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Sectors of `/proc/diskstats` are 512 bytes whatever the disk's own are.
const SECTOR_BYTES: u64 = 512;

/// The counters of a device at one moment, or their growth over a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskUse {
    /// Writes completed.
    pub writes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Flushes completed.
    pub flushes: u64,
}

impl DiskUse {
    /// The counters of the device that holds `directory`.
    pub fn of(directory: &Path) -> Option<Self> {
        let device = fs::metadata(directory).ok()?.dev();
        let text = fs::read_to_string("/proc/diskstats").ok()?;
        parse(&text, libc::major(device), libc::minor(device))
    }

    /// What happened since `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            writes: self.writes.saturating_sub(earlier.writes),
            written_bytes: self.written_bytes.saturating_sub(earlier.written_bytes),
            read_bytes: self.read_bytes.saturating_sub(earlier.read_bytes),
            flushes: self.flushes.saturating_sub(earlier.flushes),
        }
    }
}

/// Fields as `Documentation/admin-guide/iostats.rst` of the kernel numbers them, after major, minor and name.
fn parse(text: &str, major: u32, minor: u32) -> Option<DiskUse> {
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |position: usize| fields.get(position)?.parse::<u64>().ok();
        if number(0)? != u64::from(major) || number(1)? != u64::from(minor) {
            return None;
        }
        Some(DiskUse {
            read_bytes: number(5)?.saturating_mul(SECTOR_BYTES),
            writes: number(7)?,
            written_bytes: number(9)?.saturating_mul(SECTOR_BYTES),
            // Kernels before 5.5 do not count flushes.
            flushes: number(18).unwrap_or(0),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushes_and_bytes_are_those_of_the_named_device() {
        let text = " 254 1 vdb 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n 254 0 vda 1 2 30 4 5 6 70 8 9 10 11 12 13 14 15 16 17\n";
        let expected = DiskUse {
            read_bytes: 30 * 512,
            writes: 5,
            written_bytes: 70 * 512,
            flushes: 16,
        };
        assert_eq!(parse(text, 254, 0), Some(expected));
        assert_eq!(parse(text, 8, 0), None);
    }
}
