//! A full disk heals by itself: a half-written group is taken back, and writes go on when there is room.
//!
//! Shard-local. Invariants: nothing of a partition moves while it waits; what is taken back is gone durably, so that
//! "nothing was appended" stays true over a crash.

use std::io;
use std::rc::Rc;

use super::again::{Accepted, AgainError, read_remainder};
use crate::batch::Gaps;
use crate::io::{BLOCK, Disk};
use crate::log::LogPosition;
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::recovery::Place;
use crate::reserve;

/// The room that has to be found before writes resume.
const ROOM_BYTES: u64 = 1 << 20;

/// Waits until the disk has room, and lets writes go on. The partition refuses them until then, so that nothing of it
/// moves meanwhile.
pub(crate) async fn resume_when_there_is_room<D: Disk>(partition: Rc<Partition<D>>) {
    let (file, written) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written)
    };
    loop {
        partition.disk.sleep(reserve::ROOM_CHECK_INTERVAL).await;
        if partition.log.borrow().closed {
            return;
        }
        // First, as appends would eat what it needs.
        if !has_reserve(&partition).await {
            continue;
        }
        if let Ok(remainder) = find_room(&partition, &file, written).await {
            partition
                .cache
                .borrow_mut()
                .reset(written.segment, remainder);
            partition.allocated.set(written.position.0);
            partition.log.borrow_mut().refused = None;
            tracing::info!(partition = %partition.directory().display(), "there is room again; writes go on");
            return;
        }
    }
}

async fn has_reserve<D: Disk>(partition: &Rc<Partition<D>>) -> bool {
    let directory = partition.directory();
    let data = directory.parent().unwrap_or(&directory);
    reserve::make(&partition.disk, data).await.is_ok()
}

async fn find_room<D: Disk>(
    partition: &Rc<Partition<D>>,
    file: &D::File,
    end: LogPosition,
) -> Result<Vec<u8>, AgainError> {
    let from = end.position.0.next_multiple_of(BLOCK as u64);
    match partition.disk.allocate(file, from, ROOM_BYTES).await {
        // Where the file system cannot allocate ahead, the next write finds out.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error.into()),
        _ => {}
    }
    let (indexes, epochs) = {
        let log = partition.log.borrow();
        (log.active().indexes.clone(), log.epochs.clone())
    };
    let accepted = Accepted {
        base_offset: end.segment,
        index: indexes.as_deref().map(|indexes| &indexes.offset),
        epochs: &epochs,
        // A start may have gone on behind what compaction wrote.
        gaps: Gaps::Allowed,
        end: Place {
            position: end.position,
            offset: end.offset,
        },
    };
    read_remainder(&partition.disk, file, accepted).await
}

/// Takes back what a failed write has left behind the end of what was written, durably. What was written before is
/// durable then as well.
pub(crate) async fn take_back<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    let (file, written) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written)
    };
    partition.disk.truncate(&file, written.position.0).await?;
    if !planted::is(Bug::TakenBackNotFlushed) {
        partition.disk.flush(&file).await?;
    }
    partition.log.borrow_mut().flushed_to(written);
    Ok(())
}
