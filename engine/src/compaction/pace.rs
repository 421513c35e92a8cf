//! Cuts work into slices between which the core's other tasks and its I/O have their turn.
//!
//! Shard-local. There is no clock in it, so that a simulated disk sees the same slices each time: work is counted by
//! what it costs, about one unit a nanosecond.

use crate::io::Disk;

/// The work of one slice.
const SLICE_UNITS: u64 = 100_000;
/// The work of looking at a record: a hash, and a look into memory that no cache holds.
const UNITS_PER_RECORD: u64 = 150;
/// Bytes that a CRC, a copy or a parser goes through in one unit.
const BYTES_PER_UNIT: u64 = 4;
/// Records whose work makes about one slice.
pub(crate) const RECORDS_PER_SLICE: usize = 512;

const _: () = assert!(RECORDS_PER_SLICE as u64 * UNITS_PER_RECORD <= SLICE_UNITS);

/// See the module.
#[derive(Default)]
pub(crate) struct Pace {
    spent: u64,
}

impl Pace {
    /// Counts work that was done; when a slice of it is, lets others have their turn.
    pub(crate) async fn spend<D: Disk>(&mut self, disk: &D, records: u64, bytes: u64) {
        self.spent += records * UNITS_PER_RECORD + bytes / BYTES_PER_UNIT;
        if self.spent >= SLICE_UNITS {
            self.spent = 0;
            disk.yield_now().await;
        }
    }
}
