//! The only writer of a partition's log: groups what is queued, writes it, flushes it where asked, answers.
//!
//! Shard-local, one task per partition while something is queued. Invariants: one group of a partition is in flight
//! at a time, so that what queues up meanwhile forms the next one (group commit without a timer); a group is
//! answered after its write, and after its flush where asked; after a failed write or flush nothing more is written
//! until the partition has been opened again, and a flush is never asked for twice.

use std::io;
use std::rc::Rc;

use crate::ahead;
use crate::append::AppendError;
use crate::file_name::{self, SegmentFileKind, SegmentFileName};
use crate::flush_turns::FlushTurn;
use crate::io::{AppendIoError, Disk};
use crate::log::{FailedStep, Group, LogPosition, Refusal, Step};
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::segment::Segment;
use crate::types::{Position, TimestampMs};

/// Writes until nothing is queued.
pub(crate) async fn run<D: Disk>(partition: Rc<Partition<D>>) {
    let _under_way = partition.budget.appends.begin();
    loop {
        partition.stall.step();
        let turn = flush_turn(&partition).await;
        let now = TimestampMs(partition.disk.now_ms());
        let step = partition.log.borrow_mut().next_step(now);
        let (what, done) = match step {
            Step::Idle => break,
            Step::Roll => ("rolling", roll(&partition).await),
            Step::PersistEpoch => ("saving the leader epoch", persist_epoch(&partition).await),
            Step::Flush => ("flushing", flush(&partition).await),
            Step::Write(group) => {
                write(&partition, group, turn).await;
                continue;
            }
        };
        if let Err(failure) = done {
            fail(&partition, None, failure, what).await;
        }
    }
    partition.appending.set(false);
}

/// Waits for the partition's turn, where what comes next is to be flushed.
async fn flush_turn<D: Disk>(partition: &Rc<Partition<D>>) -> Option<FlushTurn> {
    let due = partition.log.borrow().next_is_durable();
    match due {
        true => Some(partition.budget.flushes.next(&partition.disk).await),
        false => None,
    }
}

/// What stopped the appender.
struct Failure {
    source: io::Error,
    /// Whether it was a flush: the kernel has forgotten what was dirty, so that nothing can be taken back or repeated.
    is_flush: bool,
}

impl Failure {
    fn of_flush(source: io::Error) -> Failure {
        Failure {
            source,
            is_flush: true,
        }
    }

    fn is_full_disk(&self) -> bool {
        !self.is_flush && crate::reserve::is_full_disk(&self.source)
    }
}

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Failure {
        Failure {
            source,
            is_flush: false,
        }
    }
}

/// Rolls outside of an append, for retention. False when appends are under way or refused: then it has to wait.
pub(crate) async fn roll_when_idle<D: Disk>(partition: &Rc<Partition<D>>) -> bool {
    let is_shut = {
        let log = partition.log.borrow();
        // A closed partition's directory may belong to a successor of the same name already.
        log.refused.is_some() || log.closed
    };
    if is_shut || partition.appending.replace(true) {
        return false;
    }
    let rolled = match roll(partition).await {
        Ok(()) => true,
        Err(failure) => {
            fail(partition, None, failure, "rolling").await;
            false
        }
    };
    // Appends that were queued meanwhile found the appender taken.
    partition.disk.spawn(run(partition.clone()));
    rolled
}

/// Flushes what has been written, in its turn between two groups.
async fn flush<D: Disk>(partition: &Rc<Partition<D>>) -> Result<(), Failure> {
    let (file, written) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written)
    };
    let flushed = partition.disk.flush(&file).await;
    flushed.map_err(Failure::of_flush)?;
    partition.log.borrow_mut().flushed_to(written);
    partition.notify();
    partition.checkpointer.appended(partition, 0);
    Ok(())
}

async fn write<D: Disk>(partition: &Rc<Partition<D>>, group: Group, turn: Option<FlushTurn>) {
    let range = {
        let mut log = partition.log.borrow_mut();
        let mut cache = partition.cache.borrow_mut();
        let now_ms = partition.disk.now_ms();
        let range = cache.append(group.position.0, group.length, now_ms, |memory| {
            group.fill(memory);
        });
        let filled = range.chunk.filled();
        log.note_group(&group, range.chunk.bytes(filled - group.length, filled));
        range
    };
    partition.budget.enforce();
    // Held until the group is durable, or has failed.
    let _turn = turn.map(|mut turn| {
        turn.begin(group.length);
        turn
    });
    let file = partition.log.borrow().active_file();
    let written = || {
        partition.log.borrow_mut().group_written(&group);
        partition.notify();
    };
    let flushes_first = group.flush && !planted::is(Bug::AckBeforeFlush);
    partition
        .zeros
        .keep_off(range.position + range.length as u64)
        .await;
    let outcome = partition
        .disk
        .append(&file, range, flushes_first, written)
        .await;
    let outcome = match outcome {
        Err(AppendIoError::Write { .. }) if planted::is(Bug::IgnoreFailedWrite) => {
            written();
            Ok(())
        }
        Err(AppendIoError::Flush { .. }) if planted::is(Bug::RetryFailedFlush) => {
            let again = partition.disk.flush(&file).await;
            again.map_err(|source| AppendIoError::Flush { source })
        }
        outcome => outcome,
    };
    match outcome {
        Ok(()) => {
            if group.flush {
                partition.log.borrow_mut().group_flushed(&group);
                partition.notify();
            }
            partition
                .checkpointer
                .appended(partition, group.length as u64);
            ahead::prepare(partition, group.flush);
            if planted::is(Bug::AckBeforeFlush) && group.flush {
                // What the bug would do with a failure does not matter.
                let _ = partition.disk.flush(&file).await;
            }
        }
        Err(AppendIoError::Write { source, position }) => {
            let what = format!("writing {} bytes at position {position}", group.length);
            let group = Some((group, FailedStep::Write));
            fail(partition, group, source.into(), &what).await;
        }
        Err(AppendIoError::Flush { source }) => {
            let group = Some((group, FailedStep::Flush));
            fail(partition, group, Failure::of_flush(source), "flushing").await;
        }
    }
}

/// Answers everybody and refuses writes: until there is room again on a full disk, whose half-written group is taken
/// back first, so that "nothing was appended" stays true over a crash; else until the log has been opened again, since
/// nothing is known of what is on the disk.
async fn fail<D: Disk>(
    partition: &Rc<Partition<D>>,
    group: Option<(Group, FailedStep)>,
    failure: Failure,
    what: &str,
) {
    let is_full_disk = failure.is_full_disk() && crate::open::take_back(partition).await.is_ok();
    let mut log = partition.log.borrow_mut();
    let file = log.active().base_offset;
    let reason = format!("{what} of segment {file} failed: {}", failure.source);
    let partition_directory = log.directory.display();
    if is_full_disk {
        tracing::error!(partition = %partition_directory, %reason, "the partition refuses writes until there is room on the disk, and then takes them again by itself");
    } else {
        tracing::error!(partition = %partition_directory, %reason, "the partition refuses writes");
    }
    let error = if is_full_disk {
        AppendError::DiskFull {
            partition: log.partition,
        }
    } else {
        let (partition, reason) = (log.partition, reason.as_str().into());
        AppendError::Failed { partition, reason }
    };
    log.fail(group, &error);
    if failure.is_flush && planted::is(Bug::GoOnAfterFailedFlush) {
        return;
    }
    log.refused = Some(Refusal {
        reason: reason.into(),
        is_full_disk,
    });
    drop(log);
    partition.notify();
    if is_full_disk && !planted::is(Bug::NeverResume) {
        partition
            .disk
            .spawn(crate::open::resume_when_there_is_room(partition.clone()));
    }
}

/// Seals the active segment and opens the next one. What the sealed one holds is durable before anything is
/// acknowledged in the next, so that the durable end never has a hole below it.
async fn roll<D: Disk>(partition: &Rc<Partition<D>>) -> Result<(), Failure> {
    let (file, directory, written) = {
        let mut log = partition.log.borrow_mut();
        log.active_mut().seal_time_index();
        (log.active_file(), log.directory.clone(), log.written)
    };
    let is_durable = partition.log.borrow().ends.durable() >= written.offset;
    if !is_durable && !planted::is(Bug::SealWithoutFlush) {
        let flushed = partition.disk.flush(&file).await;
        flushed.map_err(Failure::of_flush)?;
        partition.log.borrow_mut().flushed_to(written);
        partition.notify();
    }
    let base_offset = written.offset;
    // From here on whatever is prepared ahead is trimmed by whoever asked for it, when it comes to its end.
    partition.log.borrow_mut().roll_begun = true;
    // Zeros on their way would make the file longer again.
    partition.zeros.keep_off(u64::MAX).await;
    // What was allocated ahead must not be taken for records at the next start, when the length of a sealed file is
    // its end.
    ahead::trim(partition, &file, written.position).await;
    let path = directory.join(SegmentFileName::live(base_offset, SegmentFileKind::Log).to_string());
    let next = partition.disk.open(&path).await?;
    if !planted::is(Bug::RollWithoutDirectoryFlush) {
        partition.disk.flush_directory(&directory).await?;
    }
    crate::upkeep::save_sealed(partition, base_offset).await?;
    let now = TimestampMs(partition.disk.now_ms());
    let mut log = partition.log.borrow_mut();
    let sealed = log.active().base_offset;
    log.segments
        .push_back(Segment::new(base_offset, Some(next), now));
    log.roll_begun = false;
    let begin = LogPosition {
        segment: base_offset,
        position: Position::ZERO,
        offset: base_offset,
    };
    log.written = begin;
    log.visible = begin;
    log.durable = begin;
    drop(log);
    partition.cache.borrow_mut().roll(base_offset);
    partition.allocated.set(0);
    partition.zeros.reset();
    partition.note_open(sealed);
    Ok(())
}

/// Makes the current epoch durable before the first batch that carries it.
async fn persist_epoch<D: Disk>(partition: &Rc<Partition<D>>) -> Result<(), Failure> {
    let (path, contents) = {
        let mut log = partition.log.borrow_mut();
        let (epoch, start) = (log.epoch, log.written.offset);
        log.epochs.assign(epoch, start).map_err(io::Error::other)?;
        (
            log.directory.join(file_name::LEADER_EPOCH_CHECKPOINT),
            log.epochs.encode(),
        )
    };
    // The checkpoint comes first: from the first batch on, recovery knows what was durable.
    // Both slots are written, durably, so that no later one needs space that a full disk does not have.
    if !partition.checkpointer.has_both_slots() {
        crate::upkeep::write_durable_end(partition, true).await?;
        crate::upkeep::write_durable_end(partition, true).await?;
    }
    // This flushes the directory, and with it the entry of a segment file just made.
    partition.disk.replace(&path, contents.into_bytes()).await?;
    partition.log.borrow_mut().epoch_is_durable = true;
    Ok(())
}
