//! What a partition's directory holds: the live segments by name, and the small files beside them.
//!
//! Shard-local. Invariants: only names are looked at, never contents of logs; leftovers of a crash or a deletion are
//! removed here and nowhere else; a small file that cannot be read as what it is says nothing.

use std::path::Path;

use super::{OpenError, at};
use crate::checkpoint::{self, CheckpointError, DecodedCheckpoint};
use crate::file_name::{self, FileState, SegmentFileKind, SegmentFileName};
use crate::io::Disk;
use crate::leader_epoch::LeaderEpochs;
use crate::types::Offset;

/// A `.log` file.
pub(super) struct LogFile {
    pub(super) base_offset: Offset,
    pub(super) length: u64,
    pub(super) modified_ms: i64,
}

/// Live files, in the order of their offsets.
#[derive(Default)]
pub(super) struct Files {
    pub(super) logs: Vec<LogFile>,
    pub(super) snapshots: Vec<Offset>,
    /// Segments that have an aborted index.
    pub(super) aborted: Vec<Offset>,
}

/// What becomes of files that a crash or a deletion has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// They go.
    Removed,
    /// They stay: the directory may be somebody else's.
    Kept,
}

/// Finds the live files.
pub(super) async fn list<D: Disk>(
    disk: &D,
    directory: &Path,
    leftovers: Leftovers,
) -> Result<Files, OpenError> {
    let mut files = Files::default();
    let is_ours = leftovers == Leftovers::Removed;
    for entry in disk.list(directory).map_err(at(directory))? {
        let Some(name) = SegmentFileName::parse(&entry.name) else {
            if is_ours && entry.name.ends_with(".tmp") {
                disk.remove(&directory.join(&entry.name))
                    .await
                    .map_err(at(directory))?;
            }
            continue;
        };
        match (name.state, name.kind) {
            (FileState::Live, SegmentFileKind::Log) => files.logs.push(LogFile {
                base_offset: name.base_offset,
                length: entry.length,
                modified_ms: entry.modified_ms,
            }),
            (FileState::Live, SegmentFileKind::ProducerSnapshot) => {
                files.snapshots.push(name.base_offset)
            }
            (FileState::Live, SegmentFileKind::TransactionIndex) => {
                files.aborted.push(name.base_offset)
            }
            (FileState::Live, _) => {}
            (FileState::Deleted | FileState::Cleaned | FileState::Swap, _) if is_ours => {
                disk.remove(&directory.join(&entry.name))
                    .await
                    .map_err(at(directory))?;
            }
            (FileState::Deleted | FileState::Cleaned | FileState::Swap, _) => {}
        }
    }
    files.logs.sort_by_key(|file| file.base_offset);
    files.snapshots.sort_unstable();
    Ok(files)
}

/// What is kept beside the segments.
pub(super) struct SmallFiles {
    pub(super) checkpoint: Option<DecodedCheckpoint>,
    /// None where there is no such file: a new partition, or one that another broker wrote.
    pub(super) epochs: Option<LeaderEpochs>,
}

impl SmallFiles {
    pub(super) async fn read<D: Disk>(disk: &D, directory: &Path) -> Result<SmallFiles, OpenError> {
        Ok(SmallFiles {
            checkpoint: read_checkpoint(disk, directory).await?,
            epochs: read_epochs(disk, directory).await?,
        })
    }
}

async fn read_checkpoint<D: Disk>(
    disk: &D,
    directory: &Path,
) -> Result<Option<DecodedCheckpoint>, OpenError> {
    let path = directory.join(file_name::DURABLE_END_CHECKPOINT);
    let Some(slots) = disk.read_whole(&path).await.map_err(at(&path))? else {
        return Ok(None);
    };
    match checkpoint::decode_slots(&slots) {
        Ok(decoded) => {
            if decoded.other_slot_is_damaged {
                tracing::warn!(path = %path.display(), "one slot is torn or damaged; the other one counts");
            }
            Ok(Some(decoded))
        }
        Err(CheckpointError::NeverWritten) => Ok(None),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "nothing is known to be durable");
            Ok(None)
        }
    }
}

async fn read_epochs<D: Disk>(
    disk: &D,
    directory: &Path,
) -> Result<Option<LeaderEpochs>, OpenError> {
    let path = directory.join(file_name::LEADER_EPOCH_CHECKPOINT);
    let text = disk.read_whole(&path).await.map_err(at(&path))?;
    match text.as_deref().map(LeaderEpochs::parse) {
        None => Ok(None),
        Some(Ok(epochs)) => Ok(Some(epochs)),
        Some(Err(error)) => {
            tracing::warn!(path = %path.display(), %error, "epochs are made again from the log");
            Ok(None)
        }
    }
}
