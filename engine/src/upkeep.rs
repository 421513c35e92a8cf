//! What a partition does besides serving: durable-end checkpoints, saved indexes and producer snapshots, retention.
//!
//! Shard-local, in the background, never on the path of an acknowledgement. Invariants: nothing written here is
//! evidence about the log's contents, except that the durable end says below which place damage is no torn tail;
//! the log start is durable before any file below it goes; one save of a partition runs at a time.

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::aborted_index::{self, AbortedRange};
use crate::checkpoint::{DurableEnd, encode_slot};
use crate::file_name::{self, FileState, SegmentFileKind, SegmentFileName};
use crate::index::offset::OFFSET_ENTRY_LENGTH;
use crate::index::time::TIME_ENTRY_LENGTH;
use crate::io::Disk;
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::reserve;
use crate::retention::{self, LogBounds, RetentionPolicy, SegmentSummary};
use crate::segment::Indexes;
use crate::types::{Offset, TimestampMs};
use crate::unlink::{Gone, unlink_later};

/// How far the durable-end checkpoint lags behind at most, in time.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(100);
/// How long a producer is known after its last record's timestamp: Kafka's default of `producer.id.expiration.ms`.
const PRODUCER_ID_EXPIRATION_MS: i64 = 86_400_000;
/// How long to wait before asking again whether somebody else's write or flush is done.
const TURN_INTERVAL: Duration = Duration::from_micros(200);
/// How much of the log a start after a crash reads at most, per partition, to renew indexes and producers' state.
const SAVE_BYTES: u64 = 64 << 20;
/// How much of all logs of a core it reads before partitions save themselves sooner, and then how much per partition:
/// a core is to serve within a second, and what was written with O_DIRECT has to come from the disk.
const CORE_SAVE_BYTES: u64 = 128 << 20;
const SAVE_BYTES_MIN: u64 = 1 << 20;

/// Bytes that all partitions of one core have appended since each was last saved.
#[derive(Default)]
pub(crate) struct UnsavedBytes(Cell<u64>);

impl UnsavedBytes {
    fn is_over(&self) -> bool {
        self.0.get() > CORE_SAVE_BYTES
    }

    fn change(&self, before: u64, after: u64) {
        self.0.set(self.0.get().saturating_sub(before) + after);
    }
}

/// Decides when what is kept beside the log is written. Belongs to one partition.
#[derive(Default)]
pub(crate) struct Checkpointer {
    generation: Cell<u64>,
    /// The newest generation that is durable; none until the first write after the start has seen to it.
    durable_generation: Cell<Option<u64>>,
    scheduled: Cell<bool>,
    unsaved_bytes: Cell<u64>,
    unsaved_of_core: Rc<UnsavedBytes>,
    saving: Cell<bool>,
    /// Whether a slot of the durable-end checkpoint is being written: they go out one after the other, so that an
    /// older one never lands on a newer one.
    writing: Cell<bool>,
    /// Deletions under way.
    deletions: Cell<u32>,
    flush_scheduled: Cell<bool>,
    /// How much of the active segment's indexes is in their files.
    saved: Cell<SavedIndexes>,
    /// The last snapshot that belongs to no segment's start.
    loose_snapshot: Cell<Option<Offset>>,
    /// The one before, from which a start goes on while the checkpoint does not reach the last one.
    older_snapshot: Cell<Option<Offset>>,
    /// The durable end that the checkpoint says.
    checkpointed: Cell<Offset>,
    /// What was durable before a partition was found damaged: no later checkpoint may say less, or the next start
    /// would take the damage for a torn write.
    durable_before: Option<DurableEnd>,
}

#[derive(Clone, Copy, Default)]
struct SavedIndexes {
    segment: Option<Offset>,
    offset_entries: usize,
    time_entries: usize,
    aborted_entries: usize,
}

impl Checkpointer {
    /// A partition whose last checkpoint has `generation`, and which has a snapshot at `loose_snapshot` that belongs
    /// to no segment's start. One that was found damaged keeps what was `durable_before`.
    pub(crate) fn new(
        generation: u64,
        loose_snapshot: Option<Offset>,
        durable_before: Option<DurableEnd>,
        unsaved_of_core: Rc<UnsavedBytes>,
    ) -> Checkpointer {
        let mut checkpointer = Checkpointer::default();
        checkpointer.durable_before = durable_before;
        checkpointer.unsaved_of_core = unsaved_of_core;
        checkpointer.generation.set(generation);
        checkpointer.loose_snapshot.set(loose_snapshot);
        checkpointer
    }

    /// Whether both slots of the durable-end checkpoint have their space.
    pub(crate) fn has_both_slots(&self) -> bool {
        self.generation.get() >= 2
    }

    /// The log has grown by `bytes`, or more of it is durable.
    pub(crate) fn appended<D: Disk>(&self, partition: &Rc<Partition<D>>, bytes: u64) {
        self.set_unsaved(self.unsaved_bytes.get() + bytes);
        if !self.scheduled.replace(true) {
            partition.disk.spawn(checkpoint_soon(partition.clone()));
        }
        self.schedule_flush(partition);
    }

    /// Sees to it that what is not durable will be when `flush.ms` says so. Nothing ticks while nothing is written.
    pub(crate) fn schedule_flush<D: Disk>(&self, partition: &Rc<Partition<D>>) {
        let (flush_ms, is_durable) = {
            let log = partition.log.borrow();
            let is_durable = log.ends.durable() == log.ends.written();
            (log.config.flush_ms, is_durable)
        };
        if let Some(flush_ms) = flush_ms.filter(|_| !is_durable)
            && !self.flush_scheduled.replace(true)
        {
            let delay = Duration::from_millis(flush_ms);
            partition.disk.spawn(flush_soon(partition.clone(), delay));
        }
    }

    fn set_unsaved(&self, bytes: u64) {
        self.unsaved_of_core.change(self.unsaved_bytes.get(), bytes);
        self.unsaved_bytes.set(bytes);
    }

    /// Whether so much is not saved that a start after a crash would read too long.
    fn must_save(&self) -> bool {
        let unsaved = self.unsaved_bytes.get();
        unsaved >= SAVE_BYTES || (unsaved >= SAVE_BYTES_MIN && self.unsaved_of_core.is_over())
    }

    /// Runs `deletion`; who closes the partition waits for it.
    pub(crate) async fn deleting<T>(&self, deletion: impl Future<Output = T>) -> T {
        self.deletions.set(self.deletions.get() + 1);
        let outcome = deletion.await;
        self.deletions.set(self.deletions.get() - 1);
        outcome
    }

    fn is_busy(&self) -> bool {
        self.saving.get() || self.writing.get() || self.deletions.get() > 0
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.set_unsaved(0);
    }
}

async fn flush_soon<D: Disk>(partition: Rc<Partition<D>>, delay: Duration) {
    partition.disk.sleep(delay).await;
    partition.checkpointer.flush_scheduled.set(false);
    partition.request_flush();
}

async fn checkpoint_soon<D: Disk>(partition: Rc<Partition<D>>) {
    partition.disk.sleep(CHECKPOINT_INTERVAL).await;
    let checkpointer = &partition.checkpointer;
    checkpointer.scheduled.set(false);
    if partition.log.borrow().closed {
        return;
    }
    report(
        &partition,
        "writing the durable-end checkpoint",
        write_durable_end(&partition, false).await,
    );
    if checkpointer.must_save() {
        report(
            &partition,
            "saving indexes and producers' state",
            save(&partition).await,
        );
        // So that the next start can go on from what has just been saved.
        report(
            &partition,
            "writing the durable-end checkpoint",
            write_durable_end(&partition, false).await,
        );
    }
}

/// What fails here costs time at the next start and is no harm to the log.
fn report<D: Disk>(partition: &Rc<Partition<D>>, what: &str, outcome: io::Result<()>) {
    if let Err(error) = outcome {
        let directory = partition.directory();
        tracing::warn!(partition = %directory.display(), %error, "{what} failed");
    }
}

/// Writes the durable end and the log start to the older of the two slots; with `flush` returns when they are durable.
pub(crate) async fn write_durable_end<D: Disk>(
    partition: &Rc<Partition<D>>,
    flush: bool,
) -> io::Result<()> {
    while partition.checkpointer.writing.replace(true) {
        // Rare, and the other write takes about as long as a flush.
        partition.disk.sleep(TURN_INTERVAL).await;
    }
    let outcome = write_next_slot(partition, flush).await;
    partition.checkpointer.writing.set(false);
    outcome
}

/// The slot written is never the one that holds the newest durable generation: what is not flushed may be torn, and so
/// may all that is written until the next flush, which therefore goes into one and the same slot.
async fn write_next_slot<D: Disk>(partition: &Rc<Partition<D>>, flush: bool) -> io::Result<()> {
    let checkpointer = &partition.checkpointer;
    let path = partition
        .directory()
        .join(file_name::DURABLE_END_CHECKPOINT);
    let last = checkpointer.generation.get();
    let durable = match checkpointer.durable_generation.get() {
        Some(durable) => durable,
        // A killed process may have left the newest slot unflushed.
        None => {
            partition.disk.overwrite(&path, 0, Vec::new(), true).await?;
            last
        }
    };
    checkpointer.durable_generation.set(Some(durable));
    let is_newest = (last + 1) % 2 == durable % 2;
    let generation = if is_newest && !planted::is(Bug::OverwriteNewestSlot) {
        last + 2
    } else {
        last + 1
    };
    checkpointer.generation.set(generation);
    let checkpoint = {
        let log = partition.log.borrow();
        let durable = log.durable;
        let checkpoint = DurableEnd {
            // Records that were never flushed may have been deleted.
            durable_end: durable.offset.max(log.ends.start()),
            segment_base_offset: durable.segment,
            position: durable.position,
            log_start_offset: log.ends.start(),
            leader_epoch: log.epoch,
        };
        match partition.checkpointer.durable_before {
            Some(before) if before.durable_end > checkpoint.durable_end => DurableEnd {
                log_start_offset: log.ends.start(),
                ..before
            },
            _ => checkpoint,
        }
    };
    let slot = encode_slot(generation, &checkpoint);
    let disk = &partition.disk;
    let data = data_directory(&path);
    reserve::with(disk, data, async || {
        disk.overwrite(&path, slot.position.0, slot.block.clone(), flush)
            .await
    })
    .await?;
    checkpointer.checkpointed.set(checkpoint.durable_end);
    if flush {
        checkpointer.durable_generation.set(Some(generation));
    }
    Ok(())
}

/// The data directory, of a path in a partition's directory.
fn data_directory(path: &Path) -> &Path {
    path.ancestors().nth(2).unwrap_or(path)
}

/// Writes what a start would otherwise have to read the log for: new index entries, then the producers' state.
pub(crate) async fn save<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    if partition.checkpointer.saving.replace(true) {
        return Ok(());
    }
    partition.checkpointer.set_unsaved(0);
    // As of now: what the indexes are to have when the producers' state says that it is counted.
    let (offset, snapshot) = {
        let log = partition.log.borrow();
        let producers = match planted::is(Bug::SnapshotAheadOfLog) {
            true => &log.producers,
            false => &log.written_producers,
        };
        (log.written.offset, producers.encode_snapshot())
    };
    // Durable before the producers' state is there, from which the next start concludes how much of them it has.
    let outcome = save_indexes(partition).await;
    let outcome = match outcome {
        Ok(()) => save_producers(partition, offset, snapshot).await,
        failed => failed,
    };
    partition.checkpointer.saving.set(false);
    outcome
}

/// Writes what the active segment's indexes have gained, durably, the offset index last: a start takes an entry of it for
/// a sign that the others have all before it. A time index that has not would hide records from searches by time, and
/// their segment's age from retention.
async fn save_indexes<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    let (directory, segment, indexes, aborted) = {
        let log = partition.log.borrow();
        let active = log.active();
        (
            log.directory.clone(),
            active.base_offset,
            active.indexes.clone(),
            active.aborted.clone(),
        )
    };
    let Some(indexes) = indexes else {
        return Ok(());
    };
    let checkpointer = &partition.checkpointer;
    let known = Some(checkpointer.saved.get()).filter(|saved| saved.segment == Some(segment));
    if known.is_none() {
        if aborted.is_empty() {
            let path = segment_path(&directory, segment, SegmentFileKind::TransactionIndex);
            partition.disk.remove(&path).await?;
        }
        // Files that a crash has left may be longer than what is written over them, with entries of batches that
        // are gone. This makes the removal before durable as well.
        remove_indexes(&partition.disk, &directory, segment).await?;
    }
    let saved = known.unwrap_or_default();
    let offset_from = saved.offset_entries * OFFSET_ENTRY_LENGTH;
    let time_from = saved.time_entries * TIME_ENTRY_LENGTH;
    let now_saved = SavedIndexes {
        segment: Some(segment),
        offset_entries: indexes.offset.len(),
        time_entries: indexes.time.len(),
        aborted_entries: aborted.len(),
    };
    let write = async |kind, from: usize, entries: Vec<u8>| {
        let path = segment_path(&directory, segment, kind);
        partition
            .disk
            .overwrite(
                &path,
                from as u64,
                entries,
                !planted::is(Bug::IndexesNotFlushed),
            )
            .await
    };
    write(
        SegmentFileKind::TimeIndex,
        time_from,
        indexes.time.encode_from(saved.time_entries),
    )
    .await?;
    match known {
        None if aborted.is_empty() => {}
        None => replace_aborted(&partition.disk, &directory, segment, &aborted).await?,
        Some(saved) => {
            let new = aborted.get(saved.aborted_entries..).unwrap_or_default();
            let position = (saved.aborted_entries * aborted_index::ENTRY_LENGTH) as u64;
            let path = segment_path(&directory, segment, SegmentFileKind::TransactionIndex);
            if !new.is_empty() {
                let entries = aborted_index::encode(new);
                let disk = &partition.disk;
                disk.overwrite(&path, position, entries, true).await?;
                if position == 0 {
                    // It was just made.
                    disk.flush_directory(&directory).await?;
                }
            }
        }
    }
    write(
        SegmentFileKind::OffsetIndex,
        offset_from,
        indexes.offset.encode_from(saved.offset_entries),
    )
    .await?;
    checkpointer.saved.set(now_saved);
    Ok(())
}

async fn save_producers<D: Disk>(
    partition: &Rc<Partition<D>>,
    offset: Offset,
    snapshot: Vec<u8>,
) -> io::Result<()> {
    let directory = partition.directory();
    let path = segment_path(&directory, offset, SegmentFileKind::ProducerSnapshot);
    partition.disk.remove(&path).await?;
    partition.disk.overwrite(&path, 0, snapshot, false).await?;
    let is_loose = |offset: Offset| {
        let log = partition.log.borrow();
        let mut segments = log.segments.iter();
        segments.all(|segment| segment.base_offset != offset)
    };
    let checkpointer = &partition.checkpointer;
    let last = checkpointer
        .loose_snapshot
        .replace(is_loose(offset).then_some(offset))
        .filter(|last| *last != offset);
    // A start goes on from a snapshot at or below the checkpoint's durable end, so one such is kept beside the last.
    let unneeded = match last {
        Some(last) if last <= checkpointer.checkpointed.get() => {
            checkpointer.older_snapshot.replace(Some(last))
        }
        last => last,
    };
    // A roll may have begun a segment there, whose walk begins with it.
    match unneeded.filter(|unneeded| *unneeded != offset && is_loose(*unneeded)) {
        Some(unneeded) => {
            let path = segment_path(&directory, unneeded, SegmentFileKind::ProducerSnapshot);
            partition.disk.remove(&path).await
        }
        None => Ok(()),
    }
}

/// The active segment is about to be sealed, and the next one will start at `next`: writes its indexes and the
/// producers' state at that offset, on which the recovery of the next segment will build.
pub(crate) async fn save_sealed<D: Disk>(
    partition: &Rc<Partition<D>>,
    next: Offset,
) -> io::Result<()> {
    // A save in the background writes the same files; it never waits for the appender.
    let checkpointer = &partition.checkpointer;
    while checkpointer.saving.replace(true) {
        partition.disk.sleep(TURN_INTERVAL).await;
    }
    let saved = save_sealed_in_turn(partition, next).await;
    checkpointer.saving.set(false);
    saved
}

async fn save_sealed_in_turn<D: Disk>(
    partition: &Rc<Partition<D>>,
    next: Offset,
) -> io::Result<()> {
    save_indexes(partition).await?;
    let (directory, snapshot) = {
        let log = partition.log.borrow();
        (
            log.directory.clone(),
            log.written_producers.encode_snapshot(),
        )
    };
    let path = segment_path(&directory, next, SegmentFileKind::ProducerSnapshot);
    partition.disk.remove(&path).await?;
    partition.disk.overwrite(&path, 0, snapshot, true).await
}

/// Durably, before anything is written in their place: an old offset index beside a new time index is no pair.
async fn remove_indexes<D: Disk>(disk: &D, directory: &Path, segment: Offset) -> io::Result<()> {
    for kind in [SegmentFileKind::OffsetIndex, SegmentFileKind::TimeIndex] {
        if planted::is(Bug::StaleIndexesKept) {
            continue;
        }
        disk.remove(&segment_path(directory, segment, kind)).await?;
    }
    disk.flush_directory(directory).await
}

/// Writes the indexes of a segment that was sealed by a crash rather than by a roll.
pub(crate) async fn save_indexes_of<D: Disk>(
    disk: &D,
    directory: &Path,
    segment: Offset,
    indexes: &Indexes,
) -> io::Result<()> {
    remove_indexes(disk, directory, segment).await?;
    let path = segment_path(directory, segment, SegmentFileKind::TimeIndex);
    disk.overwrite(&path, 0, indexes.time.encode(), true)
        .await?;
    let path = segment_path(directory, segment, SegmentFileKind::OffsetIndex);
    disk.overwrite(&path, 0, indexes.offset.encode(), true)
        .await
}

/// Writes a segment's aborted index whole. What was there before goes only when the new one is there: an older state of
/// the producers counts on it.
pub(crate) async fn replace_aborted<D: Disk>(
    disk: &D,
    directory: &Path,
    segment: Offset,
    aborted: &[AbortedRange],
) -> io::Result<()> {
    let path = segment_path(directory, segment, SegmentFileKind::TransactionIndex);
    match aborted.is_empty() {
        true => disk.remove(&path).await,
        false => disk.replace(&path, aborted_index::encode(aborted)).await,
    }
}

/// Deletes what the topic's limits no longer hold, and whole segments below the log start. Returns how many segments
/// went.
pub(crate) async fn retain<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<usize> {
    let now = TimestampMs(partition.disk.now_ms());
    {
        let log = partition.log.borrow();
        // Of a log that is damaged nothing is deleted.
        if log.closed || log.is_damaged() || log.is_foreign {
            return Ok(0);
        }
    }
    forget_idle_producers(partition, now);
    let choice = choose(partition, now);
    if choice.delete_count == 0 {
        return Ok(0);
    }
    if choice.roll_active && !crate::appender::roll_when_idle(partition).await {
        // The active segment has to stay; all others may go.
        let active = partition.log.borrow().active().base_offset;
        return delete_before(partition, active).await;
    }
    delete_before(partition, choice.log_start_offset).await
}

/// Without this, each producer that ever wrote would stay in memory and in every snapshot.
fn forget_idle_producers<D: Disk>(partition: &Rc<Partition<D>>, now: TimestampMs) {
    let mut log = partition.log.borrow_mut();
    let expiration_ms = match planted::is(Bug::ForgetActiveProducers) {
        true => 0,
        false => PRODUCER_ID_EXPIRATION_MS,
    };
    log.producers.expire(now, expiration_ms);
    log.written_producers.expire(now, expiration_ms);
}

fn choose<D: Disk>(partition: &Rc<Partition<D>>, now: TimestampMs) -> retention::RetentionChoice {
    let log = partition.log.borrow();
    let summaries: Vec<SegmentSummary> = log
        .segments
        .iter()
        .map(|segment| SegmentSummary {
            base_offset: segment.base_offset,
            size_bytes: segment.end.0,
            max_timestamp: Some(segment.max_timestamp)
                .filter(|timestamp| *timestamp > TimestampMs::NONE),
            last_modified: segment.last_modified,
        })
        .collect();
    let deletes = log.config.cleanup_policy.delete;
    // Where the policy is compaction alone, only what lies below the log start goes.
    let policy = RetentionPolicy {
        retention_ms: log.config.retention_ms.filter(|_| deletes),
        retention_bytes: log.config.retention_bytes.filter(|_| deletes),
    };
    let bounds = LogBounds {
        log_start_offset: log.ends.start(),
        log_end_offset: log.ends.written(),
        high_watermark: log.ends.high_watermark(),
    };
    retention::choose(&summaries, policy, bounds, now)
}

/// Moves the log start to `offset`, durably, then lets go of the segments that lie wholly below it.
pub(crate) async fn delete_before<D: Disk>(
    partition: &Rc<Partition<D>>,
    offset: Offset,
) -> io::Result<usize> {
    if partition.log.borrow().closed {
        return Err(io::Error::other("the partition is closed"));
    }
    if partition.log.borrow().is_foreign {
        return Err(io::Error::other("the directory may be another topic's"));
    }
    let deletion = delete_segments_before(partition, offset);
    partition.checkpointer.deleting(deletion).await
}

async fn delete_segments_before<D: Disk>(
    partition: &Rc<Partition<D>>,
    offset: Offset,
) -> io::Result<usize> {
    // A log start that is durable names a place in the log, which has to be there after a power cut.
    if !planted::is(Bug::LogStartAheadOfFlush) {
        flush_to(partition, offset).await?;
    }
    partition.log.borrow_mut().ends.advance_start(offset);
    if !planted::is(Bug::ForgetLogStart) {
        write_durable_end(partition, !planted::is(Bug::LogStartNotFlushed)).await?;
    }
    // Not while a cleaning renames files of these segments.
    let _turn = partition.cleaner.take_files(&partition.disk).await;
    let (gone, directory) = {
        let mut log = partition.log.borrow_mut();
        let mut gone = Vec::new();
        let one_too_many = i64::from(planted::is(Bug::DeleteSegmentOfLogStart));
        let up_to = Offset(log.ends.start().0 + one_too_many);
        while log
            .segments
            .get(1)
            .is_some_and(|next| next.base_offset <= up_to)
        {
            gone.extend(log.segments.pop_front().map(Gone::new));
        }
        let start = log.ends.start();
        log.epochs.truncate_from_start(start);
        (gone, log.directory.clone())
    };
    // Before a file has the name under which an older one may be waiting to be unlinked.
    partition.note_gone(&gone);
    for segment in &gone {
        set_aside(&partition.disk, &directory, segment.base_offset()).await?;
    }
    let count = gone.len();
    if count > 0 {
        partition.disk.flush_directory(&directory).await?;
        let delay = Duration::from_millis(partition.config().file_delete_delay_ms);
        partition
            .disk
            .spawn(unlink_later(Rc::downgrade(partition), gone, delay));
    }
    Ok(count)
}

/// Renames a segment's files so that they no longer belong to the log.
pub(crate) async fn set_aside<D: Disk>(
    disk: &D,
    directory: &Path,
    base_offset: Offset,
) -> io::Result<()> {
    for kind in SegmentFileKind::ALL {
        let name = SegmentFileName::live(base_offset, kind);
        let aside = name.with_state(FileState::Deleted);
        let from = directory.join(name.to_string());
        let to = directory.join(aside.to_string());
        let rename = async || disk.rename(&from, &to).await;
        let renamed = reserve::with(disk, data_directory(&from), rename).await;
        match renamed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Waits until everything below `offset` is durable, and asks for it.
pub(crate) async fn flush_to<D: Disk>(
    partition: &Rc<Partition<D>>,
    offset: Offset,
) -> io::Result<()> {
    loop {
        {
            let log = partition.log.borrow();
            if log.ends.durable() >= offset {
                return Ok(());
            }
            if log.refused.is_some() || log.closed {
                return Err(io::Error::other("the partition takes no writes"));
            }
        }
        partition.request_flush();
        partition.disk.sleep(TURN_INTERVAL).await;
    }
}

/// Closes a partition that is about to lose its directory, and returns when nothing of it will touch a path again.
pub(crate) async fn close<D: Disk>(partition: &Rc<Partition<D>>) {
    partition.close();
    while partition.appending.get()
        || partition.checkpointer.is_busy()
        || partition.cleaner.is_cleaning()
    {
        partition.disk.sleep(TURN_INTERVAL).await;
    }
}

/// Makes everything written durable, where it is not.
pub(crate) async fn flush<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    let (file, written) = {
        let log = partition.log.borrow();
        if log.refused.is_some() || log.ends.durable() == log.ends.written() {
            return Ok(());
        }
        (log.active_file(), log.written)
    };
    partition.disk.flush(&file).await?;
    partition.log.borrow_mut().flushed_to(written);
    partition.notify();
    Ok(())
}

/// The partition's part of a clean stop: no more appends, everything durable, and everything saved that spares the
/// next start a look at the log.
pub(crate) async fn stop<D: Disk>(partition: &Rc<Partition<D>>) -> io::Result<()> {
    partition.close();
    while partition.appending.get()
        || partition.allocating.get()
        || partition.checkpointer.is_busy()
        || partition.cleaner.is_cleaning()
    {
        partition.disk.sleep(TURN_INTERVAL).await;
    }
    if partition.log.borrow().refused.is_some() {
        return Err(io::Error::other("the partition refuses writes"));
    }
    if !planted::is(Bug::StopWithoutFlush) {
        flush(partition).await?;
    }
    save(partition).await?;
    let (file, end) = {
        let log = partition.log.borrow();
        (log.active_file(), log.written.position)
    };
    partition.disk.truncate(&file, end.0).await?;
    // Both slots, so that one that rots takes nothing with it.
    write_durable_end(partition, true).await?;
    write_durable_end(partition, true).await
}

fn segment_path(
    directory: &Path,
    base_offset: Offset,
    kind: SegmentFileKind,
) -> std::path::PathBuf {
    directory.join(SegmentFileName::live(base_offset, kind).to_string())
}
