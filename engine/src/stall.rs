//! Notices a disk that does not answer: a partition whose appender stands still is said to be stalled, takes no more
//! appends, and goes on by itself when the disk answers.
//!
//! Shard-local. Without it, appends whose clients have given up would pile up in memory behind an operation that never
//! ends. Invariants: nothing ticks while nobody complains; the operation under way is neither repeated nor given up.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::file_name::{SegmentFileKind, SegmentFileName};
use crate::io::Disk;
use crate::partition::Partition;

/// How long an appender stands still, after somebody has given up waiting for it, until it counts as stalled.
const STILL_MAX: Duration = Duration::from_secs(5);
/// How often a stalled partition is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// What one partition's appender is seen doing.
#[derive(Default)]
pub(crate) struct StallWatch {
    /// Steps that the appender has finished.
    steps: Cell<u64>,
    watched: Cell<bool>,
    stalled: Cell<bool>,
}

impl StallWatch {
    /// The appender has finished a step.
    pub(crate) fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    /// Whether the disk has left an operation of this partition without an answer for long.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.get()
    }
}

impl<D: Disk> Partition<D> {
    /// Somebody has waited for an append for seconds and given up: looks whether the disk answers at all.
    pub fn suspect_stall(self: &Rc<Self>) {
        if self.appending.get() && !self.stall.watched.replace(true) {
            self.disk.spawn(watch(self.clone()));
        }
    }
}

async fn watch<D: Disk>(partition: Rc<Partition<D>>) {
    let watch = &partition.stall;
    let before = watch.steps.get();
    let stands_still = || {
        partition.appending.get() && watch.steps.get() == before && !partition.log.borrow().closed
    };
    partition.disk.sleep(STILL_MAX).await;
    if stands_still() {
        watch.stalled.set(true);
        let file = active_file(&partition);
        tracing::error!(
            file,
            "the disk does not answer; the partition takes no writes until it does"
        );
        while stands_still() {
            partition.disk.sleep(LOOK_INTERVAL).await;
        }
        watch.stalled.set(false);
        tracing::info!(file, "the disk answers again");
    }
    watch.watched.set(false);
}

/// The path of the file that is being written.
pub(crate) fn active_file<D: Disk>(partition: &Partition<D>) -> String {
    let log = partition.log.borrow();
    let name = SegmentFileName::live(log.active().base_offset, SegmentFileKind::Log);
    log.directory.join(name.to_string()).display().to_string()
}
