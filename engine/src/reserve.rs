//! The reserve: a file of allocated space in the data directory, given up on a full disk so that what frees space, and
//! what the next start needs to know, can still be written.
//!
//! Shared by all cores through the file alone, whose length tells how much there is: no core keeps a copy of its state.
//! Invariants: it is given up only after an operation has met a full disk, for that operation to be tried once more;
//! while it is not whole no partition that met the full disk takes writes again, so that appends never eat it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::file_name;
use crate::io::Disk;

/// A block for each of a thousand operations: an entry of a directory, a record of the catalogue or a checkpoint takes
/// one at most.
pub(crate) const RESERVE_BYTES: u64 = 4 << 20;
/// How often a broker without its reserve looks for room.
pub(crate) const ROOM_CHECK_INTERVAL: Duration = Duration::from_millis(500);

fn path(data: &Path) -> PathBuf {
    data.join(file_name::RESERVE_FILE)
}

/// Whether an error says that there is no space left, on the disk or for this user.
pub(crate) fn is_full_disk(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Makes the reserve whole, where it is not.
///
/// # Errors
/// When there is no room for all of it. A file system that cannot allocate ahead has no reserve, and that is no error.
pub(crate) async fn make<D: Disk>(disk: &D, data: &Path) -> io::Result<()> {
    let file = disk.open(&path(data)).await?;
    if disk.length(&file)? >= RESERVE_BYTES {
        return Ok(());
    }
    match disk.allocate(&file, 0, RESERVE_BYTES).await {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        // What the file system has allocated of it until there was no more is kept: it may be enough.
        made => made,
    }
}

/// Makes the reserve at a start. Without room for it the broker serves all the same, and looks for room.
pub(crate) async fn make_at_start<D: Disk>(disk: &D, data: &Path) {
    if let Err(error) = make(disk, data).await {
        tracing::warn!(path = %path(data).display(), %error, "there is no reserve for a full disk; looking for room");
        disk.spawn(remake(disk.clone(), data.to_path_buf()));
    }
}

/// Runs `operation`; when the disk is full, gives up the reserve and runs it once more.
///
/// # Errors
/// Those of the operation, the second time where there was one.
pub(crate) async fn with<D: Disk, T>(
    disk: &D,
    data: &Path,
    operation: impl AsyncFn() -> io::Result<T>,
) -> io::Result<T> {
    match operation().await {
        Err(error) if is_full_disk(&error) => {
            give_up(disk, data).await?;
            operation().await
        }
        outcome => outcome,
    }
}

/// Gives its space back to the disk, and sees to it that it is made again when there is room.
///
/// # Errors
/// When the file cannot be cut.
pub(crate) async fn give_up<D: Disk>(disk: &D, data: &Path) -> io::Result<()> {
    let path = path(data);
    let file = disk.open(&path).await?;
    if disk.length(&file)? == 0 {
        // Given up before; what was left of it may be enough.
        return Ok(());
    }
    disk.truncate(&file, 0).await?;
    // File systems with a journal hand out freed blocks when the journal has been written.
    disk.flush(&file).await?;
    tracing::warn!(path = %path.display(), "the disk is full: the reserve is given up for checkpoints and deletions");
    disk.spawn(remake(disk.clone(), data.to_path_buf()));
    Ok(())
}

async fn remake<D: Disk>(disk: D, data: PathBuf) {
    loop {
        disk.sleep(ROOM_CHECK_INTERVAL).await;
        if make(&disk, &data).await.is_ok() {
            tracing::info!(path = %path(&data).display(), "the reserve for a full disk is whole");
            return;
        }
    }
}
