//! The test's end of a power-cut disk: starts the process behind it and tells it what to do.
//!
//! Lives on one thread. The process ends with this value, or with the process that holds it.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::str::FromStr;

use crate::disk_fault::Fault;
use crate::disk_image::{CutReport, Survival};
use crate::disk_server::DiskCounts;
use crate::fuse;

/// A disk whose power can be cut: a file, to be put behind a loop device.
pub struct PowerCutDisk {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    file: PathBuf,
}

impl PowerCutDisk {
    /// Starts `tool` (the binary of this package) with a disk of zeros, mounted at `mount_point`, an empty directory.
    pub fn start(tool: &Path, mount_point: &Path, size_bytes: usize) -> io::Result<PowerCutDisk> {
        let mut process = Command::new(tool)
            .arg("disk")
            .arg(mount_point)
            .arg(size_bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (commands, answers) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        let mut disk = PowerCutDisk {
            process,
            commands,
            answers: BufReader::new(answers),
            file: mount_point.join(fuse::FILE_NAME),
        };
        match disk.line()?.as_str() {
            "ready" => Ok(disk),
            other => Err(io::Error::other(format!("the disk says {other:?}"))),
        }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Cuts the power: of what was not flushed, only what `survival` says is there afterwards, and until
    /// [`Self::revive`] every operation fails with EIO. Faults are forgotten.
    pub fn cut(&mut self, survival: Survival) -> io::Result<CutReport> {
        let numbers = self.numbers(&format!("cut {survival}"))?;
        match numbers[..] {
            [unflushed_count, survivor_count] => Ok(CutReport {
                unflushed_count,
                survivor_count,
            }),
            _ => Err(io::Error::other("two numbers expected")),
        }
    }

    /// Switches the power on.
    pub fn revive(&mut self) -> io::Result<()> {
        self.ask("revive").map(drop)
    }

    /// Adds a fault.
    pub fn inject(&mut self, fault: &Fault) -> io::Result<()> {
        self.ask(&format!("fault {fault}")).map(drop)
    }

    /// Forgets all faults, and does what they have held back.
    pub fn heal(&mut self) -> io::Result<()> {
        self.ask("heal").map(drop)
    }

    /// What has been asked of the disk so far.
    pub fn counts(&mut self) -> io::Result<DiskCounts> {
        let numbers = self.numbers("counts")?;
        match numbers[..] {
            [reads, writes, flushes, faults] => Ok(DiskCounts {
                reads,
                writes,
                flushes,
                faults,
            }),
            _ => Err(io::Error::other("four numbers expected")),
        }
    }

    /// Ends the process: whatever still waits for the disk gets an error from the kernel.
    pub fn kill(&mut self) {
        // One that has ended already is as dead as was asked for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn ask(&mut self, command: &str) -> io::Result<String> {
        writeln!(self.commands, "{command}")?;
        let line = self.line()?;
        match line.strip_prefix("ok") {
            Some(answer) => Ok(answer.trim_start().to_owned()),
            None => Err(io::Error::other(format!("{command}: {line}"))),
        }
    }

    fn numbers<N: FromStr>(&mut self, command: &str) -> io::Result<Vec<N>> {
        let answer = self.ask(command)?;
        answer
            .split_whitespace()
            .map(|word| word.parse().map_err(|_| io::Error::other(answer.clone())))
            .collect()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the disk's process has ended"));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for PowerCutDisk {
    fn drop(&mut self) {
        self.kill();
    }
}
