//! Writes the end of a log again that a start takes over without a checkpoint that calls it durable.
//!
//! A flush that has failed leaves bytes that can be read until the power goes, from the kernel's cache or the drive's,
//! and that no later flush covers, since nothing counts as written any more. A start cannot tell them from others. What
//! it is about to show and to build on is therefore written once more, so that its own flush is one of these bytes.
//!
//! Shard-local. Invariants: every byte is written as it was read, so that a rewrite that is cut short leaves what was
//! durable as it was; the file keeps its length; no space is needed but where blocks are shared with a copy.

use std::io;
use std::sync::Arc;

use crate::io::{AppendIoError, BLOCK, Chunk, Disk, WriteRange};
use crate::types::Position;

/// Bytes that are read and written at a time.
const REWRITE_BYTES: usize = 256 << 10;

/// Writes `from..end` of a log file again. Durable with the next flush of the file.
pub(super) async fn rewrite<D: Disk>(
    disk: &D,
    file: &D::File,
    from: Position,
    end: Position,
) -> io::Result<()> {
    let length = disk.length(file)?;
    let mut position = from.0 - from.0 % BLOCK as u64;
    while position < end.0 {
        let left = usize::try_from(end.0 - position).unwrap_or(REWRITE_BYTES);
        let wanted = left.min(REWRITE_BYTES);
        let bytes = disk.read_direct(file, position, wanted).await?;
        if bytes.len() < wanted {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let range = WriteRange {
            chunk: Arc::new(Chunk::of(&bytes[..wanted])),
            start: 0,
            length: wanted.next_multiple_of(BLOCK),
            position,
        };
        let written = disk.append(file, range, false, || ()).await;
        written.map_err(|error| match error {
            AppendIoError::Write { source, .. } | AppendIoError::Flush { source } => source,
        })?;
        position += wanted as u64;
    }
    if end.0.next_multiple_of(BLOCK as u64) > length {
        // The last block was written whole.
        disk.truncate(file, length).await?;
    }
    Ok(())
}
