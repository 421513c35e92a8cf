//! The two ways to take the disk away from a broker: rig X (ext4 shutdown) and rig P (power cut).
//!
//! Lives on one thread, which has mounts of its own. Invariant: after [`Rig::restore`] the file system was mounted by
//! the kernel's own recovery, without complaint.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk_image::Survival;
use crate::ext4::Ext4;
use crate::kernel::{self, MountRequest};
use crate::power_cut_disk::PowerCutDisk;
use crate::random;
use crate::scratch::Scratch;

/// A disk that can be crashed.
pub trait Rig {
    /// Where the broker keeps its data.
    fn data(&self) -> PathBuf;
    /// Where the test keeps what must survive.
    fn scratch(&self) -> &Path;
    /// Crashes the disk; what `choices` is drawn for decides how. Every operation fails from here on.
    fn crash(&mut self, choices: &mut u64) -> io::Result<()>;
    /// Brings the disk back and mounts it. Nobody uses it any more.
    fn restore(&mut self) -> io::Result<()>;
}

/// Rig X: an ext4 on a loop device on memory, which is shut down: what was written to files stays, what the journal has
/// not committed is gone.
pub struct ShutdownRig {
    ext4: Option<Ext4>,
    image: PathBuf,
    scratch: Scratch,
}

impl ShutdownRig {
    /// An empty file system. The calling thread gets mounts of its own.
    pub fn new(parent: &Path, size_bytes: u64) -> io::Result<ShutdownRig> {
        kernel::take_private_mounts()?;
        let scratch = Scratch::new(parent)?;
        let memory = scratch.folder("memory")?;
        kernel::mount(&MountRequest {
            source: Path::new("rig"),
            target: &memory,
            kind: "tmpfs",
            options: &format!("size={}", size_bytes + (1 << 20)),
        })?;
        let image = memory.join("image");
        File::create(&image)?.set_len(size_bytes)?;
        Ext4::format(&image)?;
        let mut rig = ShutdownRig {
            ext4: None,
            image,
            scratch,
        };
        rig.restore()?;
        Ok(rig)
    }
}

impl Rig for ShutdownRig {
    fn data(&self) -> PathBuf {
        data_below(&self.scratch)
    }

    fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    fn crash(&mut self, _choices: &mut u64) -> io::Result<()> {
        self.ext4.as_ref().map_or(Ok(()), Ext4::shut_down)
    }

    fn restore(&mut self) -> io::Result<()> {
        self.ext4.take().map_or(Ok(()), Ext4::unmount)?;
        self.ext4 = Some(Ext4::mount(&self.image, &self.scratch.folder("ext4")?)?);
        Ok(())
    }
}

impl Drop for ShutdownRig {
    fn drop(&mut self) {
        self.ext4 = None;
        // What is still in use goes with the thread's mounts.
        let _ = kernel::unmount_lazily(&self.scratch.path().join("memory"));
    }
}

/// Rig P: an ext4 on a disk whose power is cut: what was not flushed is there or not, sector by sector.
pub struct PowerCutRig {
    // In this order: a dead disk lets go of the file system above it.
    disk: PowerCutDisk,
    ext4: Option<Ext4>,
    scratch: Scratch,
}

impl PowerCutRig {
    /// An empty file system. `tool` is the binary of this package. The calling thread gets mounts of its own.
    pub fn new(tool: &Path, parent: &Path, size_bytes: usize) -> io::Result<PowerCutRig> {
        kernel::take_private_mounts()?;
        let scratch = Scratch::new(parent)?;
        let disk = PowerCutDisk::start(tool, &scratch.folder("disk")?, size_bytes)?;
        Ext4::format(disk.file())?;
        let mut rig = PowerCutRig {
            disk,
            ext4: None,
            scratch,
        };
        rig.mount()?;
        Ok(rig)
    }

    /// Where the file system is mounted.
    pub fn directory(&self) -> PathBuf {
        self.scratch.path().join("ext4")
    }

    /// The disk, to set faults or cut it in a certain way; a cut is followed by [`Rig::restore`].
    pub fn disk(&mut self) -> &mut PowerCutDisk {
        &mut self.disk
    }

    fn mount(&mut self) -> io::Result<()> {
        let mounted = Ext4::mount(self.disk.file(), &self.scratch.folder("ext4")?)?;
        self.ext4 = Some(mounted);
        Ok(())
    }
}

impl Rig for PowerCutRig {
    fn data(&self) -> PathBuf {
        data_below(&self.scratch)
    }

    fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    fn crash(&mut self, choices: &mut u64) -> io::Result<()> {
        let seed = random::next(choices);
        let survival = match random::below(choices, 8) {
            0 => Survival::None,
            1 => Survival::All,
            _ => Survival::Coin { seed },
        };
        self.disk.cut(survival).map(drop)
    }

    fn restore(&mut self) -> io::Result<()> {
        self.ext4.take().map_or(Ok(()), Ext4::unmount)?;
        self.disk.revive()?;
        self.mount()
    }
}

impl Drop for PowerCutRig {
    fn drop(&mut self) {
        self.disk.kill();
        self.ext4 = None;
        // Its process is gone; what is still in use goes with the thread's mounts.
        let _ = kernel::unmount_lazily(&self.scratch.path().join("disk"));
    }
}

fn data_below(scratch: &Scratch) -> PathBuf {
    scratch.path().join("ext4").join("data")
}
