//! The system calls of the rigs that the standard library has no name for: mounts, loop devices, the shutdown of a file
//! system, the places of a file on its disk.
//!
//! Everything here needs root. Invariant: no call keeps a pointer that it was given.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4c82;
const LOOP_CONFIGURE: libc::Ioctl = 0x4c0a;
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// `_IOR('X', 125, __u32)`, the same on every file system that has it.
const FS_IOC_SHUTDOWN: libc::Ioctl = 0x8004_587d;
/// Go down without writing the journal out.
const SHUTDOWN_NOLOGFLUSH: u32 = 2;
const FS_IOC_FIEMAP: libc::Ioctl = 0xc020_660b;
const FIEMAP_EXTENTS_MAX: usize = 512;

/// Whether this process is root's.
pub fn is_root() -> bool {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() == 0 }
}

/// Gives the calling thread, and the threads and processes that it starts, mounts of their own: nobody else sees them,
/// and the kernel undoes them when the last of these is gone, however it ends.
pub fn take_private_mounts() -> io::Result<()> {
    // SAFETY: names no memory.
    answer(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let root = CString::from(c"/");
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the strings live longer than the call; null stands for what these flags do not use.
    answer(unsafe {
        libc::mount(
            std::ptr::null(),
            root.as_ptr(),
            std::ptr::null(),
            flags,
            std::ptr::null(),
        )
    })
}

/// What to mount.
pub struct MountRequest<'a> {
    /// The device, or a name for those without one.
    pub source: &'a Path,
    /// The directory.
    pub target: &'a Path,
    /// The type of the file system.
    pub kind: &'a str,
    /// Its options.
    pub options: &'a str,
}

/// Mounts a file system.
pub fn mount(request: &MountRequest<'_>) -> io::Result<()> {
    let source = c_path(request.source)?;
    let target = c_path(request.target)?;
    let kind = CString::new(request.kind)?;
    let options = CString::new(request.options)?;
    // SAFETY: the four strings live longer than the call.
    answer(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            0,
            options.as_ptr().cast(),
        )
    })
}

/// Unmounts; fails while a file is open there.
pub fn unmount(target: &Path) -> io::Result<()> {
    unmount_with(target, 0)
}

/// Takes a mount out of sight; the kernel ends it when its last file is closed.
pub fn unmount_lazily(target: &Path) -> io::Result<()> {
    unmount_with(target, libc::MNT_DETACH)
}

fn unmount_with(target: &Path, flags: i32) -> io::Result<()> {
    let target = c_path(target)?;
    // SAFETY: the string lives longer than the call.
    answer(unsafe { libc::umount2(target.as_ptr(), flags) })
}

/// The number of a loop device that is free for the moment.
pub fn free_loop_number(control: &File) -> io::Result<u32> {
    // SAFETY: this request takes no argument.
    let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) };
    u32::try_from(number).map_err(|_| io::Error::last_os_error())
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
struct LoopConfig {
    fd: u32,
    block_bytes: u32,
    device: u64,
    inode: u64,
    real_device: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encryption: u32,
    encryption_key_bytes: u32,
    flags: u32,
    file_name: [u8; 64],
    encryption_name: [u8; 64],
    encryption_key: [u8; 32],
    init: [u64; 2],
    reserved: [u64; 8],
}

/// Makes `backing` the contents of a loop device, with sectors of 512 bytes. The device lets go of it by itself when it
/// is closed and not mounted any more.
pub fn configure_loop(device: &File, backing: &File) -> io::Result<()> {
    let mut config = LoopConfig::new_zeroed();
    config.fd = u32::try_from(backing.as_raw_fd()).map_err(io::Error::other)?;
    config.block_bytes = 512;
    config.flags = LO_FLAGS_AUTOCLEAR;
    // SAFETY: the kernel reads a structure of this layout, which lives longer than the call.
    answer(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) })
}

/// Shuts a mounted ext4 down as a crash would find it: what its journal has not committed is gone.
pub fn shut_down_file_system(directory: &File) -> io::Result<()> {
    let how = SHUTDOWN_NOLOGFLUSH;
    // SAFETY: the kernel reads one number, which lives longer than the call.
    answer(unsafe { libc::ioctl(directory.as_raw_fd(), FS_IOC_SHUTDOWN, &raw const how) })
}

#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
struct FileExtent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved: [u64; 2],
    flags: u32,
    reserved_too: [u32; 3],
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
struct FileMap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_count: u32,
    extent_count: u32,
    reserved: u32,
    extents: [FileExtent; FIEMAP_EXTENTS_MAX],
}

/// Where the bytes of a file lie on its device. An extent that is not allocated yet has no place.
pub fn places_of(file: impl AsFd) -> io::Result<Vec<Range<u64>>> {
    let mut map = FileMap::new_zeroed();
    map.length = u64::MAX;
    map.extent_count = FIEMAP_EXTENTS_MAX as u32;
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: the kernel fills a structure of this layout, with as many extents as `extent_count` says there is room.
    answer(unsafe { libc::ioctl(fd, FS_IOC_FIEMAP, &raw mut map) })?;
    let extents = map.extents.iter().take(map.mapped_count as usize);
    Ok(extents
        .filter(|extent| extent.physical != 0)
        .map(|extent| extent.physical..extent.physical + extent.length)
        .collect())
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn answer(code: i32) -> io::Result<()> {
    if code == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
