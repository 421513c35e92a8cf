//! File systems that a test mounts and that are gone with it. All of it needs root and skips loudly, by name, elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::broker::scratch_parent;
use super::process::{finished, run};
use super::skip_rig;

/// Asks ext4 to behave as after a failed journal: every later operation fails with EIO. From `linux/fs.h`:
/// `FS_IOC_SHUTDOWN`, without writing the journal out.
const SHUT_DOWN: &str = "import fcntl, os, struct, sys; \
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

/// A mounted file system.
pub struct Mount {
    at: PathBuf,
    /// What it was mounted with.
    arguments: Vec<String>,
    folder: Option<TempDir>,
}

impl Mount {
    pub fn tmpfs(test: &str, options: &str) -> Option<Self> {
        Self::new(test, &["-t", "tmpfs", "-o", options, "tmpfs"])
    }

    /// An ext4 file system in a file in `folder`.
    pub fn ext4(test: &str, folder: &Path, size: &str) -> Option<Self> {
        let image = make_ext4(folder, size);
        Self::new(test, &["-o", "loop", &image])
    }

    /// An empty ext4 file system, in a file in `folder`, on a directory that is there.
    pub fn ext4_at(test: &str, at: &Path, folder: &Path, size: &str) -> Option<Self> {
        let image = make_ext4(folder, size);
        let mounted = Self::mount_at(test, &["-o", "loop,errors=remount-ro", &image], at)?;
        // A new partition takes an empty directory only.
        std::fs::remove_dir(at.join("lost+found")).expect("a new file system has it");
        Some(mounted)
    }

    /// Mounts with these arguments, or skips the test by name where that is not permitted.
    pub fn new(test: &str, arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        let mut mount = Self::mount_at(test, arguments, folder.path())?;
        mount.folder = Some(folder);
        Some(mount)
    }

    fn mount_at(test: &str, arguments: &[&str], at: &Path) -> Option<Self> {
        let output = finished(Command::new("mount").args(arguments).arg(at));
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            skip_rig(test, &format!("mounting needs root: {}", said.trim()));
            return None;
        }
        Some(Self {
            at: at.to_owned(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            folder: None,
        })
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    /// The file that the file system is in.
    pub fn image(&self) -> &Path {
        Path::new(self.arguments.last().expect("mounted with arguments"))
    }

    /// Unmounts and mounts again: the kernel forgets what it has read. Nothing may be open.
    pub fn remount(&self) {
        run(Command::new("umount").arg(self.path()));
        run(Command::new("mount").args(&self.arguments).arg(self.path()));
    }

    /// Everything fails with EIO from here on.
    pub fn shut_down(&self) {
        run(Command::new("python3")
            .args(["-c", SHUT_DOWN])
            .arg(self.path()));
    }

    /// Writes get no answer until [`Mount::thaw`].
    pub fn freeze(&self) {
        run(Command::new("fsfreeze").arg("--freeze").arg(self.path()));
    }

    pub fn thaw(&self) {
        run(Command::new("fsfreeze").arg("--unfreeze").arg(self.path()));
    }

    /// The kernel finds an error in the file system and makes it read-only.
    pub fn turn_read_only(&self) {
        let device = run(Command::new("findmnt")
            .args(["-n", "-o", "SOURCE", "--mountpoint"])
            .arg(self.path()));
        let device = String::from_utf8(device).expect("devices have plain names");
        let name = device.trim().trim_start_matches("/dev/");
        std::fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "test")
            .expect("root may trigger an error");
    }

    /// The directory entry goes; files that are open stay so.
    pub fn lose(&self) {
        run(Command::new("umount").arg("-l").arg(self.path()));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // It may be frozen, or gone already. A lazy unmount works under a broker that is about to be killed; nothing
        // more can be done on failure.
        let _ = finished(Command::new("fsfreeze").arg("-u").arg(self.path()));
        let _ = finished(Command::new("umount").arg("-l").arg(self.path()));
        drop(self.folder.take());
    }
}

fn make_ext4(folder: &Path, size: &str) -> String {
    let image = folder.join("disk.ext4").display().to_string();
    run(Command::new("truncate").args(["-s", size, &image]));
    run(Command::new("mkfs.ext4").args(["-q", "-m", "0", &image]));
    image
}
