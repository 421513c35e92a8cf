//! An ext4 file system on a loop device on any file.
//!
//! Lives on one thread. Dropping it takes the mount out of sight and lets go of the loop device as soon as nobody uses
//! it, even where its disk is dead.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::kernel::{self, MountRequest};

/// How long a file system or a loop device may stay busy after its last user.
const BUSY_LIMIT: Duration = Duration::from_secs(20);
const BUSY_CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// A mounted ext4.
pub struct Ext4 {
    directory: PathBuf,
    device_path: PathBuf,
    /// Open as long as the mount is wanted; the device lets go of its file when both are gone.
    device: Option<File>,
}

impl Ext4 {
    /// Makes an empty file system in `image`, a file that has its size already.
    pub fn format(image: &Path) -> io::Result<()> {
        // Nothing is left for later, so that the disk is quiet where the test is.
        let now = "lazy_itable_init=0,lazy_journal_init=0,nodiscard";
        let output = Command::new("mkfs.ext4")
            .args(["-q", "-F", "-b", "4096", "-m", "0", "-E", now])
            .args(["-J", "size=8"])
            .arg(image)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("mkfs.ext4: {said}")))
    }

    /// Mounts the file system in `image` at `directory`, which repairs it from its journal.
    pub fn mount(image: &Path, directory: &Path) -> io::Result<Ext4> {
        let (device_path, device) = attach(image)?;
        // The default journal mode; a damaged file system must fail the test, never be lived with.
        kernel::mount(&MountRequest {
            source: &device_path,
            target: directory,
            kind: "ext4",
            options: "errors=remount-ro",
        })?;
        Ok(Ext4 {
            directory: directory.to_owned(),
            device_path,
            device: Some(device),
        })
    }

    /// Where it is mounted.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The loop device.
    pub fn device_path(&self) -> &Path {
        &self.device_path
    }

    /// Drops it dead: what its journal has not committed is gone, and every further operation fails.
    pub fn shut_down(&self) -> io::Result<()> {
        kernel::shut_down_file_system(&File::open(&self.directory)?)
    }

    /// Unmounts and lets go of the loop device. Waits for those who are ending.
    pub fn unmount(mut self) -> io::Result<()> {
        let start = Instant::now();
        loop {
            match kernel::unmount(&self.directory) {
                Err(error)
                    if error.kind() == io::ErrorKind::ResourceBusy
                        && start.elapsed() < BUSY_LIMIT =>
                {
                    std::thread::sleep(BUSY_CHECK_INTERVAL);
                }
                unmounted => {
                    unmounted?;
                    break;
                }
            }
        }
        drop(self.device.take());
        Ok(())
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        if self.device.take().is_some() {
            // What cannot be unmounted goes with the test's private mounts.
            let _ = kernel::unmount_lazily(&self.directory);
        }
    }
}

/// Puts `image` behind a loop device that is free; somebody else may be quicker at taking it.
fn attach(image: &Path) -> io::Result<(PathBuf, File)> {
    let options = || File::options().read(true).write(true).to_owned();
    let control = options().open("/dev/loop-control")?;
    let backing = options().open(image)?;
    let start = Instant::now();
    loop {
        let path = PathBuf::from(format!("/dev/loop{}", kernel::free_loop_number(&control)?));
        let device = options().open(&path)?;
        match kernel::configure_loop(&device, &backing) {
            Ok(()) => return Ok((path, device)),
            Err(error)
                if error.kind() == io::ErrorKind::ResourceBusy && start.elapsed() < BUSY_LIMIT =>
            {
                std::thread::sleep(BUSY_CHECK_INTERVAL);
            }
            Err(error) => return Err(error),
        }
    }
}
