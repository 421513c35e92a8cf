//! The process behind a power-cut disk: answers the kernel's requests for the one file, and the test's commands.
//!
//! Two threads: one reads requests from /dev/fuse, one reads commands, a line each, from standard input, and answers
//! each with a line. The end of the input ends the process, so that it never outlives its test; the kernel then fails
//! whatever still waits for the disk. Invariant: requests are done one at a time, in the order of their arrival, save
//! those that a fault holds back.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk_fault::{DiskOperation, FaultKind, FaultPlan};
use crate::disk_image::{CutReport, DiskImage};
use crate::fuse::{self, Numbered, Request};
use crate::kernel::{self, MountRequest};

/// What has been asked of the disk so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Flushes.
    pub flushes: u64,
    /// Operations that met a fault.
    pub faults: u64,
}

/// Mounts a disk of `size_bytes` at `mount_point`, says so with the line `ready`, and serves until the input ends.
///
/// # Errors
/// When the disk cannot be mounted.
pub fn serve(mount_point: &Path, size_bytes: usize) -> io::Result<()> {
    let device = File::options().read(true).write(true).open("/dev/fuse")?;
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0",
        device.as_raw_fd()
    );
    kernel::mount(&MountRequest {
        source: Path::new("power-cut-disk"),
        target: mount_point,
        kind: "fuse",
        options: &options,
    })?;
    let device = Arc::new(device);
    let disk = Arc::new(Mutex::new(Disk::new(device.clone(), size_bytes)));
    // The second thread that holds the disk. It ends with the process.
    let requests = disk.clone();
    std::thread::spawn(move || answer_kernel(&device, &requests));
    println!("ready");
    for line in io::stdin().lock().lines() {
        println!("{}", command(&mut lock(&disk), &line?));
    }
    // Nobody needs the mount any more; that it is gone already is as good.
    let _ = kernel::unmount_lazily(mount_point);
    Ok(())
}

fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer_kernel(device: &File, disk: &Mutex<Disk>) {
    let mut buffer = vec![0; fuse::REQUEST_BYTES_MAX];
    loop {
        let mut reader = device;
        match reader.read(&mut buffer) {
            Ok(length) => lock(disk).take(&buffer[..length]),
            // The request was withdrawn before it was read.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Unmounted.
            Err(_) => return,
        }
    }
}

/// Does what a line asks for; the line that answers it.
fn command(disk: &mut Disk, line: &str) -> String {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let done: Result<String, String> = match verb {
        "cut" => rest.parse().map(|survival| {
            let report = disk.cut(survival);
            format!("{} {}", report.unflushed_count, report.survivor_count)
        }),
        "revive" => {
            disk.is_dead = false;
            Ok(String::new())
        }
        "fault" => rest.parse().map(|fault| {
            disk.faults.add(fault);
            String::new()
        }),
        "heal" => {
            disk.heal();
            Ok(String::new())
        }
        "counts" => {
            let counts = disk.counts;
            Ok(format!(
                "{} {} {} {}",
                counts.reads, counts.writes, counts.flushes, counts.faults
            ))
        }
        other => Err(format!("no command {other:?}")),
    };
    match done {
        Ok(answer) => format!("ok {answer}").trim_end().to_owned(),
        Err(reason) => format!("refused {reason}"),
    }
}

struct Disk {
    device: Arc<File>,
    image: DiskImage,
    faults: FaultPlan,
    counts: DiskCounts,
    is_dead: bool,
    /// Requests that a fault holds back, as they came.
    held: Vec<Vec<u8>>,
}

impl Disk {
    fn new(device: Arc<File>, size_bytes: usize) -> Disk {
        Disk {
            device,
            image: DiskImage::new(size_bytes),
            faults: FaultPlan::default(),
            counts: DiskCounts::default(),
            is_dead: false,
            held: Vec::new(),
        }
    }

    fn cut(&mut self, survival: crate::disk_image::Survival) -> CutReport {
        self.is_dead = true;
        // A dead disk answers everybody, with an error.
        self.heal();
        self.image.cut(survival)
    }

    fn heal(&mut self) {
        self.faults.heal();
        for request in std::mem::take(&mut self.held) {
            self.take(&request);
        }
    }

    /// Answers a request, or holds it back.
    fn take(&mut self, bytes: &[u8]) {
        let Some(Numbered { unique, request }) = fuse::parse(bytes) else {
            return;
        };
        let answer = match operation(&request) {
            Some((operation, touched)) => match self.obstacle(operation, &touched) {
                Some(FaultKind::Error(number)) => fuse::error(unique, number),
                Some(FaultKind::Drop) => fuse::answer(unique, &pretence(&request)),
                Some(FaultKind::Forget) => {
                    self.image.forget();
                    fuse::error(unique, libc::EIO)
                }
                Some(FaultKind::Hang) => return self.held.push(bytes.to_vec()),
                None => self.transfer(unique, request),
            },
            None => match self.describe(unique, &request) {
                Some(answer) => answer,
                None => return,
            },
        };
        // A request that the kernel has withdrawn meanwhile takes no answer.
        let _ = (&*self.device).write_all(&answer);
    }

    fn obstacle(
        &mut self,
        operation: DiskOperation,
        touched: &std::ops::Range<u64>,
    ) -> Option<FaultKind> {
        if self.is_dead {
            return Some(FaultKind::Error(libc::EIO));
        }
        let count = match operation {
            DiskOperation::Read => &mut self.counts.reads,
            DiskOperation::Write => &mut self.counts.writes,
            DiskOperation::Flush => &mut self.counts.flushes,
        };
        *count += 1;
        let met = self.faults.meet(operation, touched);
        self.counts.faults += u64::from(met.is_some());
        met
    }

    /// Does a read, a write or a flush.
    fn transfer(&mut self, unique: u64, request: Request<'_>) -> Vec<u8> {
        match request {
            Request::Read { position, length } => {
                let bytes = self.image.read(place(position), length as usize);
                fuse::answer(unique, bytes)
            }
            Request::Write { position, bytes } => match self.image.write(place(position), bytes) {
                0 => fuse::error(unique, libc::ENOSPC),
                written => {
                    let written = u32::try_from(written).unwrap_or(u32::MAX);
                    fuse::answer(unique, &fuse::write_body(written))
                }
            },
            Request::Zero { position, length } => {
                self.image.write_zeros(place(position), place(length));
                fuse::answer(unique, &[])
            }
            _ => {
                self.image.flush();
                fuse::answer(unique, &[])
            }
        }
    }

    /// Answers what is about the file and not its contents.
    fn describe(&self, unique: u64, request: &Request<'_>) -> Option<Vec<u8>> {
        let size = self.image.size_bytes() as u64;
        let body = match request {
            Request::Init => fuse::init_body(),
            Request::Lookup { name } if *name == fuse::FILE_NAME.as_bytes() => {
                fuse::entry_body(size)
            }
            Request::Lookup { .. } => return Some(fuse::error(unique, libc::ENOENT)),
            Request::Attributes { is_file } => fuse::attributes_body(*is_file, size),
            Request::Open => fuse::open_body(),
            Request::Trivial => Vec::new(),
            Request::Unanswered => return None,
            _ => return Some(fuse::error(unique, libc::ENOSYS)),
        };
        Some(fuse::answer(unique, &body))
    }
}

/// The disk operation that a request is, with the bytes that it touches.
fn operation(request: &Request<'_>) -> Option<(DiskOperation, std::ops::Range<u64>)> {
    let (operation, position, length) = match request {
        Request::Read { position, length } => (DiskOperation::Read, *position, u64::from(*length)),
        Request::Write { position, bytes } => (DiskOperation::Write, *position, bytes.len() as u64),
        Request::Zero { position, length } => (DiskOperation::Write, *position, *length),
        Request::Fsync => (DiskOperation::Flush, 0, 0),
        _ => return None,
    };
    Some((operation, position..position.saturating_add(length)))
}

/// The body of an answer that claims success.
fn pretence(request: &Request<'_>) -> Vec<u8> {
    match request {
        Request::Read { length, .. } => vec![0; *length as usize],
        Request::Write { bytes, .. } => {
            fuse::write_body(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
        }
        _ => Vec::new(),
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
