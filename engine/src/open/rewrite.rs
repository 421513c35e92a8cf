//! Writes the end of a log again that a start takes over without a checkpoint that calls it durable.
//!
//! A flush that has failed leaves bytes that can be read until the power goes, from the kernel's cache or the drive's,
//! and that no later flush covers, since nothing counts as written any more. A start cannot tell them from others. What
//! it is about to show and to build on is therefore written once more, so that its own flush is one of these bytes.
//!
//! Shard-local. Invariants: every byte is written as the walk has accepted it, see [`ReadAgain`], so that a rewrite that
//! is cut short leaves what was durable as it was; the file keeps its length; no space is needed but where blocks are
//! shared with a copy.

use std::io;
use std::sync::Arc;

use super::again::{Accepted, AgainError, ReadAgain, before, block_of};
use crate::io::{AppendIoError, BLOCK, Chunk, Disk, WriteRange};
use crate::types::Position;

/// Bytes that are written at a time.
const REWRITE_BYTES: usize = 256 << 10;

/// Writes the end of a log file again, from the block of `from` on. Durable with the next flush of the file.
pub(super) async fn rewrite<D: Disk>(
    disk: &D,
    file: &D::File,
    from: Position,
    accepted: Accepted<'_>,
) -> Result<(), AgainError> {
    let length = disk.length(file)?;
    let end = accepted.end.position;
    if from >= end {
        return Ok(());
    }
    let mut position = block_of(from);
    let mut again = ReadAgain::around(disk, file, accepted, from);
    let mut held: Vec<u8> = Vec::new();
    while let Some((start, bytes)) = again.next().await? {
        held.extend_from_slice(&bytes[before(position, start, bytes.len())..]);
        let whole = held.len() - held.len() % BLOCK;
        write(disk, file, position, &held[..whole]).await?;
        held.drain(..whole);
        position = Position(position.0 + whole as u64);
    }
    write(disk, file, position, &held).await?;
    if end.0.next_multiple_of(BLOCK as u64) > length {
        // The last block was written whole.
        disk.truncate(file, length).await?;
    }
    Ok(())
}

async fn write<D: Disk>(
    disk: &D,
    file: &D::File,
    position: Position,
    bytes: &[u8],
) -> io::Result<()> {
    let mut position = position.0;
    for part in bytes.chunks(REWRITE_BYTES) {
        let range = WriteRange {
            chunk: Arc::new(Chunk::of(part)),
            start: 0,
            length: part.len().next_multiple_of(BLOCK),
            position,
        };
        let written = disk.append(file, range, false, || ()).await;
        written.map_err(|error| match error {
            AppendIoError::Write { source, .. } | AppendIoError::Flush { source } => source,
        })?;
        position += part.len() as u64;
    }
    Ok(())
}
