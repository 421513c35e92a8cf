//! Unlinks the files of segments that are gone, large logs piece by piece.
//!
//! A file system that tells the disk which blocks are free (the mount option `discard`) does so for all that one commit
//! of its journal has freed, and neighbouring blocks go into one request. The disk answers little else until it has done
//! that: for a segment of 1 GiB that was a fifth of a second, in which no append became durable. So a log that nobody
//! reads any more is cut from its end, a piece a commit.
//!
//! Shard-local, in the background. Invariants: a file is not cut while a plan or a cleaning may read it, or when it has
//! a second name, as backups by hard links give it; a path is not touched any more once its partition is closed.

use std::io;
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::file_name::{FileState, SegmentFileKind, SegmentFileName};
use crate::io::Disk;
use crate::partition::Partition;
use crate::segment::Segment;
use crate::tail_cache::CacheBudget;
use crate::types::Offset;

/// Bytes that one commit frees. A multiple of the largest page of the page cache, none of which then lies across a cut:
/// what is cut off such a page is overwritten with zeros, and it may be on its way to a socket.
const PIECE_BYTES: u64 = 16 << 20;
/// The pause after a piece on a core that takes appends: few of them meet one.
const PAUSE: Duration = Duration::from_millis(250);

const _: () = assert!(PIECE_BYTES.is_multiple_of(2 << 20));

/// Who may read the file of a segment. Counted across threads: a plan moves to the core of the connection that sends it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readers(Arc<AtomicUsize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reader(Arc<AtomicUsize>);

impl Readers {
    pub(crate) fn begin(&self) -> Reader {
        self.0.fetch_add(1, Ordering::Relaxed);
        Reader(self.0.clone())
    }

    /// Whether both are of one segment.
    pub(crate) fn are_those_of(&self, other: &Readers) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn are_gone(&self) -> bool {
        // With Release below: whoever sees zero comes after all that the last one has read.
        self.0.load(Ordering::Acquire) == 0
    }
}

impl Clone for Reader {
    fn clone(&self) -> Reader {
        Readers(self.0.clone()).begin()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// A segment that is no longer part of its log.
pub(crate) struct Gone {
    base_offset: Offset,
    readers: Readers,
}

impl Gone {
    /// What is left of `segment`.
    pub(crate) fn new<F>(segment: Segment<F>) -> Gone {
        Gone {
            base_offset: segment.base_offset,
            readers: segment.readers,
        }
    }

    /// Who may still read it.
    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(crate) fn base_offset(&self) -> Offset {
        self.base_offset
    }
}

/// Unlinks the files of `segments`, which have their `.deleted` names. Readers that planned before the segments went
/// have their files open; the delay is for people who want them back.
pub(crate) async fn unlink_later<D: Disk>(
    partition: Weak<Partition<D>>,
    segments: Vec<Gone>,
    delay: Duration,
) {
    let disk = partition.upgrade().map(|open| open.disk.clone());
    let Some(disk) = disk else { return };
    disk.sleep(delay).await;
    for gone in segments {
        for kind in SegmentFileKind::ALL {
            // A closed partition's directory may be that of a topic of the same name by now, with files of the same
            // names. What stays behind goes with the directory, or at the next start.
            let open = partition.upgrade();
            let Some(open) = open.filter(|open| !open.log.borrow().closed) else {
                return;
            };
            unlink(&open, &gone, kind).await;
        }
        if let Some(open) = partition.upgrade() {
            open.forget_gone(&gone);
        }
    }
}

async fn unlink<D: Disk>(partition: &Rc<Partition<D>>, gone: &Gone, kind: SegmentFileKind) {
    let name = SegmentFileName::live(gone.base_offset, kind).with_state(FileState::Deleted);
    let directory = partition.directory();
    let path = directory.join(name.to_string());
    let disk = &partition.disk;
    if kind == SegmentFileKind::Log {
        // By now the name may be that of a later segment with the same base offset, which has readers of its own.
        let readers = partition.readers_of_gone();
        shorten(disk, &path, &readers, &partition.budget).await;
        if partition.log.borrow().closed {
            return;
        }
    }
    // Whoever closes the partition waits for it.
    let removed = partition.checkpointer.deleting(disk.remove(&path)).await;
    if let Err(error) = removed {
        tracing::warn!(directory = %directory.display(), %name, %error, "a deleted segment's file stays");
    }
}

/// Cuts a log that is about to be unlinked, down to its last piece, as long as none of `readers` is there.
pub(crate) async fn shorten<D: Disk>(
    disk: &D,
    path: &Path,
    readers: &[Readers],
    budget: &CacheBudget,
) {
    if let Err(error) = cut(disk, path, readers, budget).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(path = %path.display(), %error, "not shortened before it is unlinked");
    }
}

async fn cut<D: Disk>(
    disk: &D,
    path: &Path,
    readers: &[Readers],
    budget: &CacheBudget,
) -> io::Result<()> {
    let file = disk.open_existing(path).await?;
    let mut length = disk.length(&file)?;
    let mut groups = budget.groups();
    while length > PIECE_BYTES
        && readers.iter().all(Readers::are_gone)
        && disk.link_count(&file)? == 1
    {
        length = (length - 1) / PIECE_BYTES * PIECE_BYTES;
        disk.truncate(&file, length).await?;
        // Else several pieces go into one commit, and to the disk in one request.
        disk.flush(&file).await?;
        let groups_before = std::mem::replace(&mut groups, budget.groups());
        if groups != groups_before {
            disk.sleep(PAUSE).await;
        } else {
            disk.yield_now().await;
        }
    }
    Ok(())
}
