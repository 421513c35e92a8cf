//! Cuts work into slices between which the core's other tasks and its I/O have their turn.
//!
//! Shard-local. Work is counted by what it costs, about one unit a nanosecond, so that a simulated disk sees the same
//! slices each time. While nothing is appended on the core, a slice follows the other, and reads and writes are large.
//! On a core that takes appends all of them are smaller, and a read or a write begins when no append is under way, so
//! that the one that comes next waits for little; where appends never end, it begins after a while all the same. Slices
//! go on meanwhile: a core whose appends wait for the disk has nothing else to do.

use std::rc::Rc;
use std::time::Duration;

use crate::io::Disk;
use crate::tail_cache::CacheBudget;

/// The work of one slice on a core that takes no appends, and on one that does.
const SLICE_UNITS: u64 = 50_000;
const SLICE_UNITS_BUSY: u64 = 20_000;
/// How long a read or a write waits for the appends of a busy core.
const PATIENCE: Duration = Duration::from_millis(2);
/// How long a core counts as busy after an append.
const BUSY_MS: i64 = 50;
/// Bytes of one read or write on a core that takes no appends, and on one that does: an append's write waits for what
/// the disk has been given before it.
const IO_BYTES: usize = 512 << 10;
const IO_BYTES_BUSY: usize = 64 << 10;
/// The work of looking at a record: a hash, and a look into memory that no cache holds.
const UNITS_PER_RECORD: u64 = 150;
/// Bytes that a CRC, a copy or a parser goes through in one unit.
const BYTES_PER_UNIT: u64 = 4;
/// Records whose work makes about one slice of a busy core.
pub(crate) const RECORDS_PER_SLICE: usize = 128;

const _: () = assert!(RECORDS_PER_SLICE as u64 * UNITS_PER_RECORD <= SLICE_UNITS_BUSY);

/// See the module.
pub(crate) struct Pace {
    budget: Rc<CacheBudget>,
    groups: u64,
    /// When an append was last seen.
    appended_ms: i64,
    spent: u64,
    is_busy: bool,
}

impl Pace {
    /// A pace that minds the appends of the core whose `budget` this is.
    pub(crate) fn new(budget: Rc<CacheBudget>) -> Pace {
        Pace {
            groups: budget.groups(),
            appended_ms: i64::MIN,
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
        let slice = if self.is_busy {
            SLICE_UNITS_BUSY
        } else {
            SLICE_UNITS
        };
        if self.spent < slice {
            return;
        }
        self.spent = 0;
        self.look(disk);
        disk.yield_now().await;
    }

    /// Completes when the disk may be given a read or a write.
    pub(crate) async fn stand_aside<D: Disk>(&self, disk: &D) {
        if self.is_busy {
            self.budget.appends.over(disk, PATIENCE).await;
        }
    }

    fn look<D: Disk>(&mut self, disk: &D) {
        let (groups, now_ms) = (self.budget.groups(), disk.now_ms());
        if groups != self.groups {
            self.groups = groups;
            self.appended_ms = now_ms;
        }
        // A clock that jumps back makes the core busy for a while, or idle until the next append.
        self.is_busy = now_ms.saturating_sub(self.appended_ms) < BUSY_MS;
    }
}
