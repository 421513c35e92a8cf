//! Puts a cleaned segment in the place of those it was made from, so that a crash leaves all of the old or the new.
//!
//! The steps, each durable before the next begins:
//! 1. the cleaned files lie whole under their `.cleaned` names;
//! 2. `cleaner-checkpoint` names the new segment and those that it replaces: from here on the new one counts;
//! 3. the old files are renamed to `.deleted`, the cleaned ones to their live names;
//! 4. `cleaner-checkpoint` names nothing to replace any more; the old files are unlinked after `file.delete.delay.ms`.
//!
//! A start that finds nothing to replace removes what is `.cleaned`; one that does makes step 2 durable, which a killed
//! process may not have come to, and goes on with step 3, whatever part of it had been done. Shard-local. Invariant: between steps 2 and 4 nobody opens a sealed segment by its path.

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::checkpoint::{CLEANER_CHECKPOINT, CleanedSegment, CleanerCheckpoint};
use super::cleaned_segment::{KINDS, cleaned_path, remove_cleaned};
use super::cleaning::CleanError;
use crate::file_name::{FileState, SegmentFileKind, SegmentFileName};
use crate::io::{Chunk, DirectoryEntry, Disk};
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::recovery::Place;
use crate::segment::Segment;
use crate::types::{Offset, Position};
use crate::unlink::{Gone, unlink_later};
use crate::upkeep;

/// Swaps `cleaned` in for the neighbouring segments that begin at `replaced`.
///
/// Where the outcome is [`CleanError::Interrupted`], nothing has happened. After any other error the state on the disk
/// is not known, and the partition must not be cleaned until it has been opened again.
pub(crate) async fn swap<D: Disk>(
    partition: &Rc<Partition<D>>,
    replaced: &[Offset],
    cleaned: Segment<D::File>,
) -> Result<(), CleanError> {
    let _turn = partition.cleaner.take_files(&partition.disk).await;
    let directory = partition.directory();
    let failed = |source| CleanError::Swap { source };
    let checkpoint = checkpoint_with(partition, replaced, &cleaned)?;
    if !planted::is(Bug::SwapUnannounced) {
        write_checkpoint(&partition.disk, &directory, &checkpoint)
            .await
            .map_err(failed)?;
    }
    let has_aborted = has_aborted(partition, replaced, &cleaned);
    let is_written =
        |kind: &SegmentFileKind| *kind != SegmentFileKind::TransactionIndex || has_aborted;
    let written: Vec<SegmentFileKind> = KINDS.into_iter().filter(is_written).collect();
    let (forgotten, gone) = switch(partition, replaced, cleaned);
    partition.note_gone(&gone);
    for chunk in forgotten {
        drop(chunk);
        partition.disk.yield_now().await;
    }
    rename_files(&partition.disk, &directory, replaced, &written)
        .await
        .map_err(failed)?;
    let mut settled = checkpoint;
    settled.replaced.clear();
    write_checkpoint(&partition.disk, &directory, &settled)
        .await
        .map_err(failed)?;
    partition.cleaner.set_checkpoint(settled);
    let delay = Duration::from_millis(partition.config().file_delete_delay_ms);
    partition
        .disk
        .spawn(unlink_later(Rc::downgrade(partition), gone, delay));
    Ok(())
}

/// Whether an aborted index was written for `cleaned`: see [`KINDS`].
fn has_aborted<D: Disk>(
    partition: &Rc<Partition<D>>,
    replaced: &[Offset],
    cleaned: &Segment<D::File>,
) -> bool {
    let log = partition.log.borrow();
    let first = replaced.first().and_then(|first| log.segment_of(*first));
    let replaces = first.and_then(|index| log.segments.get(index));
    !cleaned.aborted.is_empty() || replaces.is_some_and(|segment| !segment.aborted.is_empty())
}

/// The checkpoint of step 2.
fn checkpoint_with<D: Disk>(
    partition: &Rc<Partition<D>>,
    replaced: &[Offset],
    cleaned: &Segment<D::File>,
) -> Result<CleanerCheckpoint, CleanError> {
    let log = partition.log.borrow();
    let place = log.place_of(replaced).filter(|_| !log.closed);
    let place = place.ok_or(CleanError::Interrupted)?;
    let next = log.segments.get(place + replaced.len());
    let next = next.ok_or(CleanError::Interrupted)?;
    let first = log
        .segments
        .front()
        .map_or(Offset::ZERO, |first| first.base_offset);
    let mut checkpoint = partition.cleaner.checkpoint();
    checkpoint.forget_below(first);
    checkpoint.note(CleanedSegment {
        base_offset: cleaned.base_offset,
        end: Place {
            position: cleaned.end,
            offset: cleaned.next_offset,
        },
        covers_to: next.base_offset,
    });
    checkpoint.replaced = replaced.to_vec();
    Ok(checkpoint)
}

/// From here on reads see the new segment. Plans that were made before keep the old files. Returns the memory in which
/// the old segments were cached, and what is left of them.
fn switch<D: Disk>(
    partition: &Rc<Partition<D>>,
    replaced: &[Offset],
    mut cleaned: Segment<D::File>,
) -> (Vec<Arc<Chunk>>, Vec<Gone>) {
    let mut log = partition.log.borrow_mut();
    let place = log.place_of(replaced);
    let place =
        place.expect("retention takes the same turn as a swap, and they were there at its start");
    let last = place + replaced.len() - 1;
    cleaned.last_modified = log.segments[last].last_modified;
    let base_offset = cleaned.base_offset;
    let gone = log.segments.drain(place..=last).map(Gone::new).collect();
    let last_base_offset = replaced.last().copied().unwrap_or(base_offset);
    log.segments.insert(place, cleaned);
    let forgotten = match planted::is(Bug::SwapKeepsCache) {
        true => Vec::new(),
        false => partition.cache.borrow_mut().forget_up_to(last_base_offset),
    };
    partition.cleaner.count_swap();
    drop(log);
    partition.note_open(base_offset);
    (forgotten, gone)
}

async fn write_checkpoint<D: Disk>(
    disk: &D,
    directory: &Path,
    checkpoint: &CleanerCheckpoint,
) -> io::Result<()> {
    disk.replace(&directory.join(CLEANER_CHECKPOINT), checkpoint.encode())
        .await
}

/// Makes `checkpoint` durable, between swaps.
pub(crate) async fn save_checkpoint<D: Disk>(
    partition: &Rc<Partition<D>>,
    checkpoint: CleanerCheckpoint,
) -> io::Result<()> {
    let _turn = partition.cleaner.take_files(&partition.disk).await;
    write_checkpoint(&partition.disk, &partition.directory(), &checkpoint).await?;
    partition.cleaner.set_checkpoint(checkpoint);
    Ok(())
}

/// Step 3. `cleaned` are the kinds whose files still have their `.cleaned` names; all that went before them is done.
async fn rename_files<D: Disk>(
    disk: &D,
    directory: &Path,
    replaced: &[Offset],
    cleaned: &[SegmentFileKind],
) -> io::Result<()> {
    let Some((base_offset, others)) = replaced.split_first() else {
        return Ok(());
    };
    for other in others {
        upkeep::set_aside(disk, directory, *other).await?;
    }
    // The snapshot at the base offset goes on being that of the segment.
    for kind in cleaned {
        let live = SegmentFileName::live(*base_offset, *kind);
        let live_path = directory.join(live.to_string());
        let aside = directory.join(live.with_state(FileState::Deleted).to_string());
        rename_if_there(disk, &live_path, &aside).await?;
        let cleaned = cleaned_path(directory, *base_offset, *kind);
        disk.rename(&cleaned, &live_path).await?;
    }
    disk.flush_directory(directory).await
}

fn find(entries: &[DirectoryEntry], name: SegmentFileName) -> Option<&DirectoryEntry> {
    let name = name.to_string();
    entries.iter().find(|entry| entry.name == name)
}

async fn rename_if_there<D: Disk>(disk: &D, from: &Path, to: &Path) -> io::Result<()> {
    match disk.rename(from, to).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

/// The checkpoint as it is, and nothing done about it.
///
/// # Errors
/// When the disk refuses. A checkpoint that is damaged or does not fit the files is said and taken for none: then
/// recovery accepts no gap, and refuses where there is one.
pub(crate) async fn read_checkpoint<D: Disk>(
    disk: &D,
    directory: &Path,
) -> io::Result<CleanerCheckpoint> {
    let path = directory.join(CLEANER_CHECKPOINT);
    let Some(bytes) = disk.read_whole(&path).await? else {
        return Ok(CleanerCheckpoint::NEVER);
    };
    Ok(CleanerCheckpoint::decode(&bytes).unwrap_or_else(|error| {
        tracing::error!(path = %path.display(), %error, "the cleaner checkpoint is damaged");
        CleanerCheckpoint::NEVER
    }))
}

/// What a start finds: reads the checkpoint, and ends a swap that a crash has interrupted.
///
/// # Errors
/// As [`read_checkpoint`].
pub(crate) async fn recover<D: Disk>(disk: &D, directory: &Path) -> io::Result<CleanerCheckpoint> {
    let path = directory.join(CLEANER_CHECKPOINT);
    let mut checkpoint = read_checkpoint(disk, directory).await?;
    let Some(base_offset) = checkpoint.replaced.first().copied() else {
        return Ok(checkpoint);
    };
    let entries = disk.list(directory)?;
    if !is_complete(&entries, &checkpoint, base_offset) {
        tracing::error!(path = %path.display(), segment = %base_offset, "the segment that compaction wrote is not there");
        return Ok(checkpoint);
    }
    let is_cleaned = |kind: &SegmentFileKind| {
        let name = SegmentFileName::live(base_offset, *kind).with_state(FileState::Cleaned);
        find(&entries, name).is_some()
    };
    let cleaned: Vec<SegmentFileKind> = KINDS.into_iter().filter(is_cleaned).collect();
    if !planted::is(Bug::FoundSwapNotFlushed) {
        // A killed process may have left the checkpoint's name unflushed. A power cut that takes it and leaves the new
        // names below would leave nothing that counts: the old files set aside, the new one nowhere announced.
        disk.flush_directory(directory).await?;
    }
    rename_files(disk, directory, &checkpoint.replaced, &cleaned).await?;
    checkpoint.replaced.clear();
    write_checkpoint(disk, directory, &checkpoint).await?;
    Ok(checkpoint)
}

/// Whether the new segment's log is there whole, under its live name or that of step 1: without it nothing may go.
fn is_complete(
    entries: &[DirectoryEntry],
    checkpoint: &CleanerCheckpoint,
    base_offset: Offset,
) -> bool {
    let live = SegmentFileName::live(base_offset, SegmentFileKind::Log);
    let wanted = checkpoint
        .segment(base_offset)
        .map(|segment| segment.end.position);
    let has_length = |entry: &DirectoryEntry| Some(Position(entry.length)) == wanted;
    match find(entries, live.with_state(FileState::Cleaned)) {
        Some(cleaned) => has_length(cleaned),
        None => find(entries, live).is_some_and(has_length),
    }
}

/// Removes what a cleaning has written that came to nothing.
pub(crate) async fn discard<D: Disk>(partition: &Rc<Partition<D>>, base_offset: Offset) {
    let directory = partition.directory();
    if let Err(error) = remove_cleaned(&partition.disk, &directory, base_offset).await {
        tracing::warn!(directory = %directory.display(), %error, "a file of an abandoned cleaning stays");
    }
}
