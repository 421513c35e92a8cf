//! Cuts work into slices between which the core's other tasks and its I/O have their turn.
//!
//! Shard-local. There is no clock in it, so that a simulated disk sees the same slices each time: work is counted by
//! what it costs, about one unit a nanosecond. While nothing is appended on the core, a slice follows the other; while
//! something is, the core and the disk have a pause after each.

use std::rc::Rc;
use std::time::Duration;

use crate::io::Disk;
use crate::tail_cache::CacheBudget;

/// The work of one slice.
const SLICE_UNITS: u64 = 50_000;
/// The pause after a slice on a core that takes appends.
const PAUSE: Duration = Duration::from_micros(300);
/// Bytes of one read or write on a core that takes no appends, and on one that does: an append's write waits for what
/// the disk has been given before it.
const IO_BYTES: usize = 512 << 10;
const IO_BYTES_BUSY: usize = 128 << 10;
/// The work of looking at a record: a hash, and a look into memory that no cache holds.
const UNITS_PER_RECORD: u64 = 150;
/// Bytes that a CRC, a copy or a parser goes through in one unit.
const BYTES_PER_UNIT: u64 = 4;
/// Records whose work makes about one slice.
pub(crate) const RECORDS_PER_SLICE: usize = 256;

const _: () = assert!(RECORDS_PER_SLICE as u64 * UNITS_PER_RECORD <= SLICE_UNITS);

/// See the module.
pub(crate) struct Pace {
    budget: Rc<CacheBudget>,
    groups: u64,
    spent: u64,
    is_busy: bool,
}

impl Pace {
    /// A pace that minds the appends of the core whose `budget` this is.
    pub(crate) fn new(budget: Rc<CacheBudget>) -> Pace {
        Pace {
            groups: budget.groups(),
            budget,
            spent: 0,
            is_busy: true,
        }
    }

    /// How many bytes to read or write at a time.
    pub(crate) fn io_bytes(&self) -> usize {
        if self.is_busy {
            IO_BYTES_BUSY
        } else {
            IO_BYTES
        }
    }

    /// Counts work that was done; when a slice of it is, lets others have their turn.
    pub(crate) async fn spend<D: Disk>(&mut self, disk: &D, records: u64, bytes: u64) {
        self.spent += records * UNITS_PER_RECORD + bytes / BYTES_PER_UNIT;
        if self.spent < SLICE_UNITS {
            return;
        }
        self.spent = 0;
        let groups = self.budget.groups();
        self.is_busy = groups != self.groups;
        self.groups = groups;
        if self.is_busy {
            disk.sleep(PAUSE).await;
        } else {
            disk.yield_now().await;
        }
    }
}
