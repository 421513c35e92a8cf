//! The seam between the log and a disk, and the real disk behind it: files through this core's ring.
//!
//! The log logic is generic over [`Disk`], statically dispatched, so that a simulated disk can stand behind it.
//!
//! Invariants:
//! - A write has succeeded when every byte of it has: a short write is continued, never acknowledged.
//! - A flush is asked for once. Whoever sees it fail must not ask again: the kernel has forgotten what was dirty.
//! - Log data is written with O_DIRECT through one descriptor and read through a second, buffered one.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs;
use std::future::Future;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use io_uring::squeue::Entry;
use io_uring::{opcode, types};

use super::ring::{Completion, Hold, Op, Ring};
use super::{BLOCK, Chunk};
use crate::core_counters;

/// Bytes of one WRITE; larger groups are cut, since the kernel's count is a `u32` and a device splits them anyway.
const WRITE_BYTES_MAX: usize = 8 << 20;
/// A write that is answered sooner than a core falls asleep and wakes.
const SMALL_BYTES: usize = 4 * BLOCK;
const MODE: u32 = 0o644;
/// How long an open waits for a free descriptor: ten seconds in all.
const DESCRIPTOR_WAIT: Duration = Duration::from_millis(100);
const DESCRIPTOR_WAITS_MAX: u32 = 100;

/// A directory entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirectoryEntry {
    /// The last component of its path, where it is UTF-8 (all names of ours are).
    pub name: String,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Bytes, for a file.
    pub length: u64,
    /// Last change of its contents, ms since the epoch.
    pub modified_ms: i64,
}

/// Bytes of a chunk and where they belong in a file; all three are multiples of [`BLOCK`].
#[derive(Clone, Debug)]
pub struct WriteRange {
    /// The memory.
    pub chunk: Arc<Chunk>,
    /// First byte in the chunk.
    pub start: usize,
    /// Count of bytes.
    pub length: usize,
    /// First byte in the file.
    pub position: u64,
}

impl WriteRange {
    /// The first `length` bytes, and what follows them, if anything.
    fn split_at(self, length: usize) -> (WriteRange, Option<WriteRange>) {
        if self.length <= length {
            return (self, None);
        }
        let rest = WriteRange {
            chunk: self.chunk.clone(),
            start: self.start + length,
            length: self.length - length,
            position: self.position + length as u64,
        };
        (WriteRange { length, ..self }, Some(rest))
    }
}

/// A failure of [`Disk::append`], by the step that failed.
#[derive(Debug, thiserror::Error)]
pub enum AppendIoError {
    /// Not every byte could be written; nothing is known of those that were.
    #[error("write at position {position}: {source}")]
    Write {
        /// Where the write began.
        position: u64,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The write arrived, its flush failed; nothing is known of what is durable.
    #[error("flush: {source}")]
    Flush {
        /// The kernel's answer.
        source: io::Error,
    },
}

/// What a log asks of the world: files, the clock, and tasks. Every asynchronous call may suspend; none is retried
/// behind the caller's back.
pub trait Disk: Clone + 'static {
    /// An open log file. Clones are the same file.
    type File: Clone + 'static;

    /// Milliseconds since the epoch. May stand still or jump back.
    fn now_ms(&self) -> i64;
    /// Starts a task on the calling core.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static;
    /// Lets other tasks of the calling core run, and its I/O be looked at.
    fn yield_now(&self) -> impl Future<Output = ()> + 'static;

    /// Opens a log file for appends and reads, making it when it is not there.
    fn open(&self, path: &Path) -> impl Future<Output = io::Result<Self::File>>;
    /// Opens a log file that must be there.
    fn open_existing(&self, path: &Path) -> impl Future<Output = io::Result<Self::File>>;
    /// Bytes that the file holds by its own account.
    fn length(&self, file: &Self::File) -> io::Result<u64>;
    /// How many names the file has. On a disk without hard links: one.
    fn link_count(&self, _file: &Self::File) -> io::Result<u64> {
        Ok(1)
    }
    /// Writes `range`, calls `written` once every byte has arrived, and with `flush` then waits for fdatasync.
    fn append(
        &self,
        file: &Self::File,
        range: WriteRange,
        flush: bool,
        written: impl FnOnce(),
    ) -> impl Future<Output = Result<(), AppendIoError>>;
    /// Up to `length` bytes from `position`; fewer only at the end of the file.
    fn read(
        &self,
        file: &Self::File,
        position: u64,
        length: usize,
    ) -> impl Future<Output = io::Result<BytesMut>>;
    /// As [`Disk::read`], of many bytes that nobody is likely to read again soon: a disk that keeps what it has read
    /// does not keep them.
    fn read_direct(
        &self,
        file: &Self::File,
        position: u64,
        length: usize,
    ) -> impl Future<Output = io::Result<BytesMut>> {
        self.read(file, position, length)
    }
    /// fdatasync.
    fn flush(&self, file: &Self::File) -> impl Future<Output = io::Result<()>>;
    /// Reserves `length` bytes from `position`, which then read as zeros.
    fn allocate(
        &self,
        file: &Self::File,
        position: u64,
        length: u64,
    ) -> impl Future<Output = io::Result<()>>;
    /// Overwrites allocated space, which reads as zeros already, with zeros: what is written there later changes nothing
    /// but data, and its flush needs no commit of the file system's journal. `length` is at most a huge page, 2 MiB.
    fn write_zeros(
        &self,
        file: &Self::File,
        position: u64,
        length: usize,
    ) -> impl Future<Output = io::Result<()>>;
    /// Cuts or extends the file.
    fn truncate(&self, file: &Self::File, length: u64) -> impl Future<Output = io::Result<()>>;

    /// The contents of a small file, or none when there is no such file.
    fn read_whole(&self, path: &Path) -> impl Future<Output = io::Result<Option<Vec<u8>>>>;
    /// Writes a small file in place of whatever was there: after a crash either the old or the new is found.
    /// Returns when the new one is durable.
    fn replace(&self, path: &Path, contents: Vec<u8>) -> impl Future<Output = io::Result<()>>;
    /// Overwrites `contents.len()` bytes of a small file in place, making the file when needed; with `flush`
    /// returns when they are durable.
    fn overwrite(
        &self,
        path: &Path,
        position: u64,
        contents: Vec<u8>,
        flush: bool,
    ) -> impl Future<Output = io::Result<()>>;

    /// Makes a directory; an existing one is fine. Durable after [`Disk::flush_directory`] of its parent.
    fn create_directory(&self, path: &Path) -> impl Future<Output = io::Result<()>>;
    /// What a directory holds, sorted by name.
    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>>;
    /// Renames within a directory. Durable after [`Disk::flush_directory`].
    fn rename(&self, from: &Path, to: &Path) -> impl Future<Output = io::Result<()>>;
    /// Removes a file; one that is gone already is fine.
    fn remove(&self, path: &Path) -> impl Future<Output = io::Result<()>>;
    /// Removes an empty directory; one that is gone already is fine.
    fn remove_directory(&self, path: &Path) -> impl Future<Output = io::Result<()>>;
    /// Makes creations, renames and removals in a directory durable.
    fn flush_directory(&self, path: &Path) -> impl Future<Output = io::Result<()>>;
}

/// The real disk, through the ring of the calling core.
#[derive(Clone, Debug, Default)]
pub struct RingDisk;

/// A log file of the real disk.
#[derive(Clone, Debug)]
pub struct RingFile {
    direct: Arc<OwnedFd>,
    buffered: Arc<OwnedFd>,
}

impl RingFile {
    /// The descriptor to read and splice from; file data is shared with the page cache.
    pub fn reader(&self) -> &Arc<OwnedFd> {
        &self.buffered
    }
}

impl Disk for RingDisk {
    type File = RingFile;

    #[allow(clippy::disallowed_methods)] // This is the clock that everything else is handed.
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        crate::runtime::spawn(task);
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static {
        crate::runtime::sleep(duration)
    }

    fn yield_now(&self) -> impl Future<Output = ()> + 'static {
        // Through the ring: the next slice of work waits until I/O has been looked at.
        nop()
    }

    async fn open(&self, path: &Path) -> io::Result<RingFile> {
        let direct = open(path, libc::O_RDWR | libc::O_CREAT | libc::O_DIRECT).await?;
        let buffered = open(path, libc::O_RDONLY).await?;
        Ok(RingFile { direct, buffered })
    }

    async fn open_existing(&self, path: &Path) -> io::Result<RingFile> {
        let direct = open(path, libc::O_RDWR | libc::O_DIRECT).await?;
        let buffered = open(path, libc::O_RDONLY).await?;
        Ok(RingFile { direct, buffered })
    }

    fn length(&self, file: &RingFile) -> io::Result<u64> {
        Ok(stat(file)?.st_size.cast_unsigned())
    }

    fn link_count(&self, file: &RingFile) -> io::Result<u64> {
        Ok(stat(file)?.st_nlink)
    }

    async fn append(
        &self,
        file: &RingFile,
        range: WriteRange,
        flush: bool,
        written: impl FnOnce(),
    ) -> Result<(), AppendIoError> {
        let position = range.position;
        let write_failed = |source| AppendIoError::Write { position, source };
        if flush && range.length == BLOCK {
            return append_linked(self, file, &range, written).await;
        }
        // The first block has been written before, where it continues a batch; what follows it is only allocated. A
        // write that spans both is handed to a kernel worker; two that do not are started at once, and the block
        // layer makes one of them again.
        let _soon = (range.length <= SMALL_BYTES).then(|| Ring::current().soon());
        let (first, rest) = range.split_at(BLOCK);
        let first = start_write(file, first);
        let rest = rest.map(|rest| start_write(file, rest));
        let first = first.finish().await;
        // Waited for in any case: a write that is still under way must not land on what comes after a failure.
        let rest = match rest {
            Some(rest) => rest.finish().await,
            None => Ok(()),
        };
        first.and(rest).map_err(write_failed)?;
        written();
        if flush {
            let flushed = self.flush(file).await;
            flushed.map_err(|source| AppendIoError::Flush { source })?;
        }
        Ok(())
    }

    async fn read(&self, file: &RingFile, position: u64, length: usize) -> io::Result<BytesMut> {
        read(&file.buffered, position, length).await
    }

    async fn read_direct(
        &self,
        file: &RingFile,
        position: u64,
        length: usize,
    ) -> io::Result<BytesMut> {
        read_blocks(&file.direct, position, length).await
    }

    async fn flush(&self, file: &RingFile) -> io::Result<()> {
        let _counted = core_counters::flushing();
        run(sync_entry(file), Some(file.direct.clone()), Hold::Nothing).await
    }

    async fn allocate(&self, file: &RingFile, position: u64, length: u64) -> io::Result<()> {
        let entry = opcode::Fallocate::new(fd(&file.direct), length)
            .offset(position)
            .build();
        run(entry, Some(file.direct.clone()), Hold::Nothing).await
    }

    async fn write_zeros(&self, file: &RingFile, position: u64, length: usize) -> io::Result<()> {
        let Some(zeros) = super::huge_pages::zeros(length) else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        let length = u32::try_from(zeros.len()).expect("at most a huge page");
        let entry = opcode::Write::new(fd(&file.direct), zeros.as_ptr(), length)
            .offset(position)
            .build();
        run(entry, Some(file.direct.clone()), Hold::Nothing).await
    }

    async fn truncate(&self, file: &RingFile, length: u64) -> io::Result<()> {
        let entry = opcode::Ftruncate::new(fd(&file.direct), length).build();
        match run(entry, Some(file.direct.clone()), Hold::Nothing).await {
            // Kernels before 6.9 have no such operation.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                truncate_blocking(&file.direct, length)
            }
            answer => answer,
        }
    }

    async fn read_whole(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let file = match open(path, libc::O_RDONLY).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut contents = Vec::new();
        loop {
            let more = read(&file, contents.len() as u64, 64 << 10).await?;
            if more.is_empty() {
                return Ok(Some(contents));
            }
            contents.extend_from_slice(&more);
        }
    }

    async fn replace(&self, path: &Path, contents: Vec<u8>) -> io::Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".tmp");
        let beside = PathBuf::from(beside);
        let file = open(&beside, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC).await?;
        write_small(&file, 0, contents).await?;
        run(fsync(&file), Some(file.clone()), Hold::Nothing).await?;
        drop(file);
        self.rename(&beside, path).await?;
        self.flush_directory(parent(path)).await
    }

    async fn overwrite(
        &self,
        path: &Path,
        position: u64,
        contents: Vec<u8>,
        flush: bool,
    ) -> io::Result<()> {
        let file = open(path, libc::O_WRONLY | libc::O_CREAT).await?;
        write_small(&file, position, contents).await?;
        if flush {
            run(fsync(&file), Some(file.clone()), Hold::Nothing).await?;
        }
        Ok(())
    }

    async fn create_directory(&self, path: &Path) -> io::Result<()> {
        let (pointer, hold) = c_path(path)?;
        let entry = opcode::MkDirAt::new(AT_CWD, pointer).mode(0o755).build();
        match run(entry, None, hold).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            answer => answer,
        }
    }

    #[allow(clippy::disallowed_methods)] // The ring has no such operation; lists are read at start.
    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let metadata = entry.metadata()?;
            let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH);
            entries.push(DirectoryEntry {
                name,
                is_directory: metadata.is_dir(),
                length: metadata.len(),
                modified_ms: modified.map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                }),
            });
        }
        entries.sort_unstable();
        Ok(entries)
    }

    async fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let from = CString::new(from.as_os_str().as_bytes())?;
        let to = CString::new(to.as_os_str().as_bytes())?;
        let entry = opcode::RenameAt::new(AT_CWD, from.as_ptr(), AT_CWD, to.as_ptr()).build();
        run(entry, None, Hold::Boxed(Box::new((from, to)))).await
    }

    async fn remove(&self, path: &Path) -> io::Result<()> {
        unlink(path, 0).await
    }

    async fn remove_directory(&self, path: &Path) -> io::Result<()> {
        unlink(path, libc::AT_REMOVEDIR).await
    }

    async fn flush_directory(&self, path: &Path) -> io::Result<()> {
        let directory = open(path, libc::O_RDONLY | libc::O_DIRECTORY).await?;
        let entry = opcode::Fsync::new(fd(&directory)).build();
        run(entry, Some(directory), Hold::Nothing).await
    }
}

const AT_CWD: types::Fd = types::Fd(libc::AT_FDCWD);

fn fd(file: &Arc<OwnedFd>) -> types::Fd {
    types::Fd(file.as_raw_fd())
}

fn stat(file: &RingFile) -> io::Result<libc::stat> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the descriptor is open and `stat` has room for the answer.
    let answer = unsafe { libc::fstat(file.buffered.as_raw_fd(), stat.as_mut_ptr()) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: fstat answered 0, so it has filled the structure.
    Ok(unsafe { stat.assume_init() })
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn c_path(path: &Path) -> io::Result<(*const libc::c_char, Hold)> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // The heap memory of a CString does not move with it.
    Ok((path.as_ptr(), Hold::Boxed(Box::new(path))))
}

/// Runs one operation whose entry points into `hold` and names `file`, or nothing.
async fn complete(entry: Entry, file: Option<Arc<OwnedFd>>, hold: Hold) -> Completion {
    // SAFETY: private to this file; each caller builds the entry from the very `hold` and `file`.
    unsafe { Ring::current().submit(entry, file, hold) }.await
}

async fn run(entry: Entry, file: Option<Arc<OwnedFd>>, hold: Hold) -> io::Result<()> {
    complete(entry, file, hold).await.result.map(drop)
}

async fn nop() {
    Ring::current().nop().await;
}

/// Opens a file. Without a free descriptor the core gives up those that it can do without, and waits a while for one:
/// connections give theirs back as well, and a log that is refused for want of one would stay refused.
async fn open(path: &Path, flags: i32) -> io::Result<Arc<OwnedFd>> {
    for _ in 0..DESCRIPTOR_WAITS_MAX {
        match open_once(path, flags).await {
            Err(error) if is_out_of_descriptors(&error) => {
                Ring::current().let_go_of_descriptors();
                crate::runtime::sleep(DESCRIPTOR_WAIT).await;
            }
            opened => return opened,
        }
    }
    open_once(path, flags).await
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

async fn open_once(path: &Path, flags: i32) -> io::Result<Arc<OwnedFd>> {
    let (pointer, hold) = c_path(path)?;
    let entry = opcode::OpenAt::new(AT_CWD, pointer)
        .flags(flags | libc::O_CLOEXEC)
        .mode(MODE)
        .build();
    // SAFETY: the entry points into the path that `hold` keeps, and names no descriptor.
    let opening = unsafe { Ring::current().submit_opening(entry, None, hold) };
    let descriptor = opening.await.result?;
    let descriptor = RawFd::try_from(descriptor).expect("the kernel's descriptors are i32");
    // SAFETY: the kernel has just opened it for us; nobody else knows it.
    Ok(Arc::new(unsafe { OwnedFd::from_raw_fd(descriptor) }))
}

async fn unlink(path: &Path, flags: i32) -> io::Result<()> {
    let (pointer, hold) = c_path(path)?;
    let entry = opcode::UnlinkAt::new(AT_CWD, pointer).flags(flags).build();
    match run(entry, None, hold).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        answer => answer,
    }
}

fn fsync(file: &Arc<OwnedFd>) -> Entry {
    opcode::Fsync::new(fd(file))
        .flags(types::FsyncFlags::DATASYNC)
        .build()
}

fn sync_entry(file: &RingFile) -> Entry {
    fsync(&file.direct)
}

/// The WRITE of what follows the first `done` bytes of `range`.
fn write_entry(file: &RingFile, range: &WriteRange, done: usize) -> Entry {
    let length = (range.length - done).min(WRITE_BYTES_MAX);
    assert!(
        range.start.is_multiple_of(BLOCK)
            && length.is_multiple_of(BLOCK)
            && range.position.is_multiple_of(BLOCK as u64),
        "unaligned write of {length} at {} to {}",
        range.start,
        range.position
    );
    core_counters::writing(length);
    let length = u32::try_from(length).expect("bounded by WRITE_BYTES_MAX");
    opcode::Write::new(
        fd(&file.direct),
        range.chunk.pointer(range.start + done),
        length,
    )
    .offset(range.position + done as u64)
    .build()
}

/// One write and its flush, linked: the kernel goes from one to the other without asking us.
async fn append_linked(
    disk: &RingDisk,
    file: &RingFile,
    range: &WriteRange,
    written: impl FnOnce(),
) -> Result<(), AppendIoError> {
    let _counted = core_counters::flushing();
    let position = range.position;
    let write_failed = |source| AppendIoError::Write { position, source };
    let hold = Hold::Chunk(range.chunk.clone());
    let fd = Some(file.direct.clone());
    let write = (write_entry(file, range, 0), fd.clone(), hold);
    let sync = (sync_entry(file), fd, Hold::Nothing);
    // SAFETY: the first entry points into the chunk that its hold keeps; both name the descriptor handed along.
    let (write, sync) = unsafe { Ring::current().submit_linked(write, sync) };
    let count = write.await.result.map_err(write_failed)?;
    let whole = count as usize == range.length;
    finish_write(file, range, count)
        .await
        .map_err(write_failed)?;
    written();
    let flushed = match sync.await.result {
        // A short write cancels the linked flush before it has begun, so that this is the first one.
        Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => disk.flush(file).await,
        // It covered the first part of what took several writes, and has told all of its own failures.
        Ok(_) if !whole => disk.flush(file).await,
        flushed => flushed.map(drop),
    };
    flushed.map_err(|source| AppendIoError::Flush { source })
}

/// A write under way.
struct Writing<'a> {
    file: &'a RingFile,
    range: WriteRange,
    op: Op,
}

/// Queues the write of `range`.
fn start_write(file: &RingFile, range: WriteRange) -> Writing<'_> {
    let entry = write_entry(file, &range, 0);
    let hold = Hold::Chunk(range.chunk.clone());
    // SAFETY: the entry points into the chunk that `hold` keeps, and names the descriptor handed along.
    let op = unsafe { Ring::current().submit(entry, Some(file.direct.clone()), hold) };
    Writing { file, range, op }
}

impl Writing<'_> {
    /// Completes when every byte has been written.
    async fn finish(self) -> io::Result<()> {
        let count = self.op.await.result?;
        finish_write(self.file, &self.range, count).await
    }
}

/// Writes what a short write has left.
async fn finish_write(file: &RingFile, range: &WriteRange, count: u32) -> io::Result<()> {
    let mut done = count as usize;
    while done < range.length {
        // O_DIRECT stops at block boundaries at worst; a rest within a block is written again.
        done -= done % BLOCK;
        let entry = write_entry(file, range, done);
        let hold = Hold::Chunk(range.chunk.clone());
        let count = complete(entry, Some(file.direct.clone()), hold)
            .await
            .result?;
        if (count as usize) < BLOCK {
            return Err(io::ErrorKind::WriteZero.into());
        }
        done += count as usize;
    }
    Ok(())
}

async fn read(file: &Arc<OwnedFd>, position: u64, length: usize) -> io::Result<BytesMut> {
    let mut buffer = BytesMut::with_capacity(length);
    while buffer.len() < length {
        let done = buffer.len();
        let wanted = u32::try_from(length - done).unwrap_or(u32::MAX);
        let free = buffer.spare_capacity_mut()[..length - done]
            .as_mut_ptr()
            .cast::<u8>();
        let entry = opcode::Read::new(fd(file), free, wanted)
            .offset(position + done as u64)
            .build();
        let answer = complete(entry, Some(file.clone()), Hold::Buffer(buffer)).await;
        let Hold::Buffer(returned) = answer.hold else {
            unreachable!("the ring hands back what it was given")
        };
        buffer = returned;
        match answer.result? {
            0 => break,
            // SAFETY: the kernel has filled that many bytes after the `done` first ones.
            count => unsafe { buffer.set_len(done + count as usize) },
        }
    }
    Ok(buffer)
}

/// As [`read`], of whole blocks into aligned memory.
async fn read_blocks(file: &Arc<OwnedFd>, position: u64, length: usize) -> io::Result<BytesMut> {
    let before = usize::try_from(position % BLOCK as u64).expect("less than a block");
    let blocks = (before + length).next_multiple_of(BLOCK);
    let mut buffer = BytesMut::with_capacity(blocks + BLOCK);
    let padding = buffer.as_ptr().align_offset(BLOCK);
    buffer.resize(padding, 0);
    while buffer.len() < padding + blocks {
        let start = buffer.len();
        let wanted = u32::try_from(padding + blocks - start).unwrap_or(u32::MAX);
        let free = buffer.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        let done = (start - padding) as u64;
        let entry = opcode::Read::new(fd(file), free, wanted)
            .offset(position - before as u64 + done)
            .build();
        let answer = complete(entry, Some(file.clone()), Hold::Buffer(buffer)).await;
        let Hold::Buffer(returned) = answer.hold else {
            unreachable!("the ring hands back what it was given")
        };
        buffer = returned;
        let count = answer.result? as usize;
        // SAFETY: the kernel has filled that many bytes after the `start` first ones.
        unsafe { buffer.set_len(start + count) };
        if !count.is_multiple_of(BLOCK) || count == 0 {
            // The end of the file.
            break;
        }
    }
    let skipped = buffer.len().min(padding + before);
    bytes::Buf::advance(&mut buffer, skipped);
    buffer.truncate(length);
    Ok(buffer)
}

async fn write_small(file: &Arc<OwnedFd>, position: u64, contents: Vec<u8>) -> io::Result<()> {
    let contents = bytes::Bytes::from(contents);
    let mut done = 0;
    while done < contents.len() {
        let rest = contents.slice(done..);
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let entry = opcode::Write::new(fd(file), rest.as_ptr(), length)
            .offset(position + done as u64)
            .build();
        match complete(entry, Some(file.clone()), Hold::Bytes(rest))
            .await
            .result?
        {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => done += count as usize,
        }
    }
    Ok(())
}

fn truncate_blocking(file: &Arc<OwnedFd>, length: u64) -> io::Result<()> {
    let length = libc::off_t::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the descriptor is open; no memory is involved.
    match unsafe { libc::ftruncate(file.as_raw_fd(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
