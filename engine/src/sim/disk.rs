//! The simulated side of the seam: each call of [`Disk`] as the operations that the kernel would see.
//!
//! Shard-local: handles onto the world of the running simulation. Invariants: as those of the real disk: a write has
//! succeeded when every byte of it has, a flush is asked for once.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::storage::Effect;
use super::world::{self, Ask};
use crate::io::{AppendIoError, DirectoryEntry, Disk, WriteRange};

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimDisk;

/// A file of the simulated disk; there as long as the simulation is, whatever happens to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimFile {
    inode: u64,
}

/// Does one operation that answers with an inode or nothing.
async fn run(effect: Effect) -> io::Result<u64> {
    world::submit(Ask::of(effect)).await.map(|done| done.inode)
}

async fn find(path: &Path) -> io::Result<SimFile> {
    let done = world::submit(Ask::find(path)).await?;
    Ok(SimFile { inode: done.inode })
}

async fn create(path: &Path) -> io::Result<SimFile> {
    match find(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let inode = run(Effect::Create(path.to_path_buf())).await?;
            Ok(SimFile { inode })
        }
        found => found,
    }
}

/// Writes all of it; a short write is continued.
async fn write(file: SimFile, position: u64, bytes: Bytes) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        let effect = Effect::Write {
            inode: file.inode,
            position: position + done as u64,
            bytes: bytes.slice(done..),
        };
        let count = world::submit(Ask::of(effect)).await?.count;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        done += count;
    }
    Ok(())
}

async fn flush(file: SimFile) -> io::Result<()> {
    let before = world::next_number();
    let inode = file.inode;
    run(Effect::Flush { inode, before }).await.map(drop)
}

fn bytes_of(range: &WriteRange) -> Bytes {
    let end = (range.start + range.length).min(range.chunk.filled());
    let mut bytes = range.chunk.bytes(range.start, end).to_vec();
    // The padding, which lies behind what the chunk says is final.
    bytes.resize(range.length, 0);
    bytes.into()
}

impl Disk for SimDisk {
    type File = SimFile;

    fn now_ms(&self) -> i64 {
        world::now_ms()
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        world::spawn_here(task);
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static {
        world::sleep(duration)
    }

    fn yield_now(&self) -> impl Future<Output = ()> + 'static {
        crate::runtime::yield_now()
    }

    async fn open(&self, path: &Path) -> io::Result<SimFile> {
        create(path).await
    }

    async fn open_existing(&self, path: &Path) -> io::Result<SimFile> {
        find(path).await
    }

    fn length(&self, file: &SimFile) -> io::Result<u64> {
        world::length(file.inode)
    }

    async fn append(
        &self,
        file: &SimFile,
        range: WriteRange,
        flush_too: bool,
        written: impl FnOnce(),
    ) -> Result<(), AppendIoError> {
        let position = range.position;
        write(*file, position, bytes_of(&range))
            .await
            .map_err(|source| AppendIoError::Write { position, source })?;
        written();
        if flush_too {
            let flushed = flush(*file).await;
            flushed.map_err(|source| AppendIoError::Flush { source })?;
        }
        Ok(())
    }

    async fn read(&self, file: &SimFile, position: u64, length: usize) -> io::Result<BytesMut> {
        let done = world::submit(Ask::read(file.inode, position, length)).await?;
        Ok(BytesMut::from(done.bytes))
    }

    async fn flush(&self, file: &SimFile) -> io::Result<()> {
        flush(*file).await
    }

    async fn allocate(&self, file: &SimFile, position: u64, length: u64) -> io::Result<()> {
        let (inode, end) = (file.inode, position + length);
        run(Effect::Allocate { inode, end }).await.map(drop)
    }

    async fn write_zeros(&self, file: &SimFile, position: u64, length: usize) -> io::Result<()> {
        write(*file, position, vec![0; length].into()).await
    }

    async fn truncate(&self, file: &SimFile, length: u64) -> io::Result<()> {
        let inode = file.inode;
        run(Effect::Truncate { inode, length }).await.map(drop)
    }

    async fn read_whole(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let file = match find(path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let length = usize::try_from(world::length(file.inode)?).unwrap_or(usize::MAX);
        let done = world::submit(Ask::read(file.inode, 0, length)).await?;
        Ok(Some(done.bytes.into()))
    }

    async fn replace(&self, path: &Path, contents: Vec<u8>) -> io::Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".tmp");
        let beside = PathBuf::from(beside);
        let file = create(&beside).await?;
        self.truncate(&file, 0).await?;
        write(file, 0, contents.into()).await?;
        flush(file).await?;
        self.rename(&beside, path).await?;
        let directory = path.parent().expect("files lie in a directory");
        self.flush_directory(directory).await
    }

    async fn overwrite(
        &self,
        path: &Path,
        position: u64,
        contents: Vec<u8>,
        flush_too: bool,
    ) -> io::Result<()> {
        let file = create(path).await?;
        write(file, position, contents.into()).await?;
        if flush_too {
            flush(file).await?;
        }
        Ok(())
    }

    async fn create_directory(&self, path: &Path) -> io::Result<()> {
        run(Effect::MakeDirectory(path.to_path_buf()))
            .await
            .map(drop)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        world::list(path)
    }

    async fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let effect = Effect::Rename(from.to_path_buf(), to.to_path_buf());
        run(effect).await.map(drop)
    }

    async fn remove(&self, path: &Path) -> io::Result<()> {
        run(Effect::Remove(path.to_path_buf())).await.map(drop)
    }

    async fn remove_directory(&self, path: &Path) -> io::Result<()> {
        let effect = Effect::RemoveDirectory(path.to_path_buf());
        run(effect).await.map(drop)
    }

    async fn flush_directory(&self, path: &Path) -> io::Result<()> {
        let before = world::next_number();
        let path = path.to_path_buf();
        let effect = Effect::FlushDirectory { path, before };
        run(effect).await.map(drop)
    }
}
