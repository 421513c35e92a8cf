//! Checks of the data directory: writable, O_DIRECT, the kind of file system, free space.
//!
//! A directory that does not exist yet is judged by its nearest ancestor, since `serve` will create it there. The test
//! file is removed as soon as it is open.

use super::kernel::{self, FileSystem};
use super::{Finding, Need};
use crate::size;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The unit of direct writes: every device in use accepts blocks of this size.
const BLOCK_BYTES: usize = 4096;

/// Free space below which somebody should look soon.
const FREE_BYTES_ADVISED: u64 = 4 << 30;

/// A block that O_DIRECT accepts: its address is a multiple of its size.
#[repr(align(4096))]
struct AlignedBlock([u8; BLOCK_BYTES]);

/// The findings about the directory `data`.
pub fn check(data: &Path) -> Vec<Finding> {
    let existing = nearest_existing(data);
    let writable = check_writable(data, &existing);
    let is_writable = writable.ok;
    let mut findings = vec![writable];
    if is_writable {
        findings.push(judge_direct_write(data, write_direct(&existing)));
    }
    match kernel::file_system(&existing) {
        Ok(file_system) => {
            findings.push(judge_kind(&file_system));
            findings.push(judge_free_space(data, &file_system));
        }
        Err(error) => findings.push(Finding::fail(
            "file-system",
            Need::Advised,
            format!("{} cannot be asked: {error}", existing.display()),
            "name another directory with --data",
        )),
    }
    findings
}

/// What is wrong where the file system under `data` is memory or remote.
pub fn check_survival(data: &Path) -> Option<Finding> {
    let file_system = kernel::file_system(&nearest_existing(data)).ok()?;
    let is_doubtful = matches!(kind(file_system.magic), Kind::Volatile(_) | Kind::Remote(_));
    is_doubtful.then(|| judge_kind(&file_system))
}

fn nearest_existing(data: &Path) -> PathBuf {
    let mut ancestors = data.ancestors().filter(|path| !path.as_os_str().is_empty());
    ancestors
        .find(|path| path.exists())
        .unwrap_or(Path::new("."))
        .to_owned()
}

fn check_writable(data: &Path, existing: &Path) -> Finding {
    const CHECK: &str = "data-directory";
    if !existing.is_dir() {
        let detail = format!("{} is a file, not a directory", existing.display());
        return Finding::fail(
            CHECK,
            Need::Required,
            detail,
            "name a directory with --data",
        );
    }
    match ProbeFile::create(existing, 0) {
        Ok(_) if existing == data => Finding::pass(
            CHECK,
            Need::Required,
            format!("{} is writable", data.display()),
        ),
        Ok(_) => Finding::pass(
            CHECK,
            Need::Required,
            format!("{} can be created", data.display()),
        ),
        Err(error) => judge_unwritable(existing, &error),
    }
}

fn judge_unwritable(existing: &Path, error: &io::Error) -> Finding {
    const CHECK: &str = "data-directory";
    let path = existing.display();
    match error.raw_os_error() {
        Some(libc::EROFS) => Finding::fail(
            CHECK,
            Need::Required,
            format!("{path} is read-only: {error}"),
            format!("`sudo mount -o remount,rw {path}`, or name another directory with --data"),
        ),
        Some(libc::ENOSPC | libc::EDQUOT) => full(CHECK, &format!("{path} takes no file: {error}")),
        _ if is_kernels_own(existing) => Finding::fail(
            CHECK,
            Need::Required,
            format!("{path} belongs to the kernel, which keeps no files there: {error}"),
            "name a directory on a disk with --data",
        ),
        Some(libc::EACCES | libc::EPERM) => Finding::fail(
            CHECK,
            Need::Required,
            format!("{path} is not writable: {error}"),
            format!("`sudo chown \"$USER\" {path}`, or name another directory with --data"),
        ),
        _ => Finding::fail(
            CHECK,
            Need::Required,
            format!("{path} takes no file: {error}"),
            "name another directory with --data",
        ),
    }
}

/// Whether the kernel makes up what is seen there: no right to write would help.
fn is_kernels_own(path: &Path) -> bool {
    const PROC: i64 = 0x9fa0;
    const SYSFS: i64 = 0x6265_6572;
    const CGROUP: i64 = 0x0027_e0eb;
    const CGROUP2: i64 = 0x6367_7270;
    const DEBUGFS: i64 = 0x6462_6720;
    const TRACEFS: i64 = 0x7472_6163;
    const DEVPTS: i64 = 0x1cd1;
    let kernels = [PROC, SYSFS, CGROUP, CGROUP2, DEBUGFS, TRACEFS, DEVPTS];
    kernel::file_system(path).is_ok_and(|file_system| kernels.contains(&file_system.magic))
}

/// A full disk is no reason not to start: what is there can be read and deleted, and recovery needs no room.
fn full(check: &'static str, detail: &str) -> Finding {
    Finding::fail(
        check,
        Need::Advised,
        detail,
        "free some space, or name another directory with --data",
    )
}

/// A file that exists under a name only until the drop of this value.
struct ProbeFile {
    file: File,
    path: PathBuf,
}

impl ProbeFile {
    fn create(directory: &Path, flags: libc::c_int) -> io::Result<Self> {
        let path = directory.join(format!(".corelane-doctor-{}", std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .custom_flags(flags)
            .open(&path);
        // An open that the file system refuses because of O_DIRECT may still have created the name.
        if file.is_err() && flags != 0 {
            let _ = std::fs::remove_file(&path);
        }
        Ok(ProbeFile { file: file?, path })
    }
}

impl Drop for ProbeFile {
    fn drop(&mut self) {
        // Nothing can be done about a name that will not go; the next run takes it over.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn write_direct(directory: &Path) -> io::Result<()> {
    let block = Box::new(AlignedBlock([0x5a; BLOCK_BYTES]));
    let mut probe = ProbeFile::create(directory, libc::O_DIRECT)?;
    let written = probe.file.write(&block.0)?;
    if written < BLOCK_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::WriteZero,
            format!("only {written} of {BLOCK_BYTES} bytes were written"),
        ));
    }
    probe.file.sync_data()
}

fn judge_direct_write(data: &Path, result: io::Result<()>) -> Finding {
    const CHECK: &str = "o-direct";
    match result {
        Ok(()) => Finding::pass(
            CHECK,
            Need::Required,
            "an aligned block was written and flushed",
        ),
        Err(error) => {
            let detail = format!("a direct write in {} fails: {error}", data.display());
            let remedy = match error.raw_os_error() {
                Some(libc::ENOSPC | libc::EDQUOT) => return full(CHECK, &detail),
                Some(libc::EIO) => "the disk fails: look at `dmesg`",
                _ => {
                    "put the data directory on ext4 or XFS: --data DIR (container: a volume, `-v DIR:/data`)"
                }
            };
            Finding::fail(CHECK, Need::Required, detail, remedy)
        }
    }
}

/// What is known of a file system by its magic number (`linux/magic.h`).
enum Kind {
    Recommended(&'static str),
    Volatile(&'static str),
    Remote(&'static str),
    Other(String),
}

fn kind(magic: i64) -> Kind {
    match magic {
        0xEF53 => Kind::Recommended("ext4"),
        0x5846_5342 => Kind::Recommended("XFS"),
        0x0102_1994 => Kind::Volatile("tmpfs"),
        0x8584_58f6 => Kind::Volatile("ramfs"),
        0x6969 => Kind::Remote("NFS"),
        0xFF53_4D42 | 0xFE53_4D42 => Kind::Remote("SMB"),
        0x0102_1997 => Kind::Remote("9p"),
        0x9123_683E => Kind::Other("btrfs".to_owned()),
        0x2FC1_2FC1 => Kind::Other("ZFS".to_owned()),
        0x794c_7630 => Kind::Other("overlayfs".to_owned()),
        0x6573_5546 => Kind::Other("FUSE".to_owned()),
        0xF2F5_2010 => Kind::Other("F2FS".to_owned()),
        other => Kind::Other(format!("unknown (magic number {other:#x})")),
    }
}

fn judge_kind(file_system: &FileSystem) -> Finding {
    const CHECK: &str = "file-system";
    let remedy = "put the data directory on a local ext4 or XFS: --data DIR";
    match kind(file_system.magic) {
        Kind::Recommended(name) => Finding::pass(CHECK, Need::Advised, name),
        Kind::Volatile(name) => Finding::fail(
            CHECK,
            Need::Advised,
            format!("{name} is memory: nothing in it survives a reboot"),
            remedy,
        ),
        Kind::Remote(name) => Finding::fail(
            CHECK,
            Need::Advised,
            format!("{name} is remote: what a flush promises depends on it"),
            remedy,
        ),
        Kind::Other(name) => Finding::fail(
            CHECK,
            Need::Advised,
            format!("{name}: only ext4 and XFS are tested"),
            remedy,
        ),
    }
}

fn judge_free_space(data: &Path, file_system: &FileSystem) -> Finding {
    const CHECK: &str = "free-space";
    let free = file_system.free_bytes;
    let seen = format!("{} are free", size::for_people(free));
    match free >= FREE_BYTES_ADVISED {
        true => Finding::pass(CHECK, Need::Advised, seen),
        false => Finding::fail(
            CHECK,
            Need::Advised,
            seen,
            format!(
                "free some space (`df -h {}` shows it), or name another directory with --data",
                data.display()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_to_come_is_judged_by_its_nearest_ancestor() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("a/b");
        assert_eq!(nearest_existing(&data), directory.path());
        assert_eq!(
            nearest_existing(Path::new("no-such-directory")),
            Path::new(".")
        );
    }

    #[test]
    fn checks_leave_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        check(directory.path());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!check(file.path())[0].ok);
    }

    #[test]
    fn a_place_of_the_kernels_is_not_offered_a_change_of_owner() {
        let data = Path::new("/proc/foo");
        let finding = &check(data)[0];
        assert!(finding.blocks_start());
        assert!(finding.detail.contains("/proc belongs to the kernel"));
        assert!(!finding.remedy.as_ref().unwrap().contains("chown"));
        let missing = io::Error::from_raw_os_error(libc::ENOENT);
        let finding = judge_unwritable(Path::new("/"), &missing);
        assert!(!finding.remedy.unwrap().contains("chown"));
        let denied = io::Error::from_raw_os_error(libc::EACCES);
        let finding = judge_unwritable(Path::new("/"), &denied);
        assert!(finding.remedy.unwrap().contains("chown"));
    }

    #[test]
    fn a_file_system_without_o_direct_stops_the_start() {
        let finding = judge_direct_write(
            Path::new("/d"),
            Err(io::Error::from_raw_os_error(libc::EINVAL)),
        );
        assert!(finding.blocks_start());
        assert!(finding.remedy.unwrap().contains("ext4 or XFS"));
    }

    #[test]
    fn a_volatile_file_system_is_named() {
        let finding = judge_kind(&FileSystem {
            magic: 0x0102_1994,
            free_bytes: 0,
        });
        assert!(!finding.ok && finding.detail.contains("tmpfs"));
    }

    #[test]
    fn a_full_disk_is_advice_because_what_is_there_can_be_served() {
        let judge = |free_bytes| {
            let file_system = FileSystem {
                magic: 0xEF53,
                free_bytes,
            };
            judge_free_space(Path::new("/d"), &file_system)
        };
        assert!(!judge(0).ok && !judge(0).blocks_start());
        assert!(judge(FREE_BYTES_ADVISED).ok);
        let no_space = || io::Error::from_raw_os_error(libc::ENOSPC);
        assert!(!judge_direct_write(Path::new("/d"), Err(no_space())).blocks_start());
        assert!(!judge_unwritable(Path::new("/d"), &no_space()).blocks_start());
    }

    #[test]
    fn a_read_only_directory_is_named_as_such() {
        let finding = judge_unwritable(Path::new("/d"), &io::Error::from_raw_os_error(libc::EROFS));
        assert!(finding.blocks_start());
        assert!(finding.detail.contains("/d is read-only"));
    }
}
