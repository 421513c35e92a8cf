//! Stops the partitions of all cores, and marks a stop that was clean.
//!
//! Invariant: the mark is written last, and only where every partition stopped cleanly. Each core stops its own.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::{OPENING_MAX, Turn};
use crate::checkpoint;
use crate::cores::Cores;
use crate::engine::{CATALOGUE_SHARD, StopReport};
use crate::file_name;
use crate::io::Disk;
use crate::lane::Lane;
use crate::partition::Partition;
use crate::upkeep;

/// How often a stop looks whether it gets on.
const STOP_LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// See [`crate::Engine::stop_within`].
pub(crate) async fn stop_all<C: Cores>(cores: C, still_max: Duration) -> StopReport {
    let everywhere = cores.clone();
    let stop_here = move || {
        let cores = everywhere.clone();
        async move { stop_owned(&cores.disk(), &cores.lane(), still_max).await }
    };
    let mut report = StopReport::default();
    for part in cores.on_each(stop_here).await {
        report.unclean.extend(part.unclean);
        report.is_hung |= part.is_hung;
    }
    if !report.is_clean() {
        return report;
    }
    let there = cores.clone();
    let mark = move || async move {
        if Turn::take(&there).await.log().is_refused() {
            // What the failed write has left would be taken for rot after a clean stop.
            return Ok(());
        }
        let path = there.data().join(file_name::CLEAN_STOP_MARKER);
        there
            .disk()
            .replace(&path, checkpoint::encode_clean_stop().to_vec())
            .await
    };
    if let Err(error) = cores.on(CATALOGUE_SHARD, mark).await {
        tracing::warn!(%error, "the stop was clean and could not be marked so");
    }
    report
}

/// Partitions of one core that are being stopped.
struct Stopping<D: Disk> {
    todo: RefCell<Vec<Rc<Partition<D>>>>,
    /// Those that have not stopped yet.
    left: RefCell<Vec<Rc<Partition<D>>>>,
    unclean: RefCell<Vec<PathBuf>>,
}

/// Stops the partitions of the calling core, several at a time, as long as one of them gets on within `still_max`.
async fn stop_owned<D: Disk>(disk: &D, lane: &Lane<D>, still_max: Duration) -> StopReport {
    let partitions = lane.partitions();
    let stopping = Rc::new(Stopping {
        left: RefCell::new(partitions.clone()),
        todo: RefCell::new(partitions),
        unclean: RefCell::default(),
    });
    for _ in 0..OPENING_MAX {
        disk.spawn(stop_from(stopping.clone()));
    }
    let mut left_before = stopping.left.borrow().len();
    let mut still = Duration::ZERO;
    while left_before > 0 && still < still_max {
        disk.sleep(STOP_LOOK_INTERVAL).await;
        let left = stopping.left.borrow().len();
        still = match left < left_before {
            true => Duration::ZERO,
            false => still + STOP_LOOK_INTERVAL,
        };
        left_before = left;
    }
    for hung in stopping.left.borrow().iter() {
        let file = crate::stall::active_file(hung);
        tracing::error!(
            file,
            "the disk does not answer; stopping without what is not flushed"
        );
    }
    let mut unclean = stopping.unclean.take();
    unclean.extend(stopping.left.borrow().iter().map(|hung| hung.directory()));
    StopReport {
        unclean,
        is_hung: left_before > 0,
    }
}

async fn stop_from<D: Disk>(stopping: Rc<Stopping<D>>) {
    loop {
        let next = stopping.todo.borrow_mut().pop();
        let Some(partition) = next else { return };
        if let Err(error) = upkeep::stop(&partition).await {
            let directory = partition.directory();
            tracing::warn!(partition = %directory.display(), %error, "could not be stopped cleanly");
            stopping.unclean.borrow_mut().push(directory);
        }
        let mut left = stopping.left.borrow_mut();
        left.retain(|other| !Rc::ptr_eq(other, &partition));
    }
}
