//! Looking at a partition that no broker has open: what its files say, checked against each other, and what a repair
//! would do about damage.
//!
//! Offline and apart from the running engine, which has its own scan: this one goes on behind damage and explains it.
//! Nothing here writes. Bytes come through [`LogBytes`]; everything else is numbers and small files in memory, so that
//! the command line and tests share it. Lives on any thread.

pub mod batches;
pub mod index_check;
pub mod partition;
pub mod repair;
pub mod segment;

use std::io;

/// The longest range that is asked for at once: far above any batch that a broker accepts by default.
pub const RANGE_BYTES_MAX: u64 = 256 << 20;

/// The bytes of a file, read where they are asked for, mostly forward.
pub trait LogBytes {
    /// Bytes of the file when it was opened; what is appended later is not looked at.
    fn length(&self) -> u64;

    /// The bytes from `position` on: `length` of them, [`RANGE_BYTES_MAX`] at most, or fewer where the file ends.
    ///
    /// # Errors
    /// Fails where the file cannot be read.
    fn bytes(&mut self, position: u64, length: u64) -> io::Result<&[u8]>;
}

impl LogBytes for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn bytes(&mut self, position: u64, length: u64) -> io::Result<&[u8]> {
        let held = self.len() as u64;
        let start = usize::try_from(position.min(held)).map_err(io::Error::other)?;
        let end =
            usize::try_from(position.saturating_add(length).min(held)).map_err(io::Error::other)?;
        Ok(&self[start..end])
    }
}

/// Something that a check has to say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file that it is about, by its name in the partition's directory; empty for the directory itself.
    pub file: String,
    /// A name for programs.
    pub name: &'static str,
    /// Where in the file.
    pub position: Option<u64>,
    /// How many bytes.
    pub length: Option<u64>,
    /// The offset that is, or should be, there.
    pub offset: Option<i64>,
    /// What it is, for people.
    pub message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; not wrong.
    Note,
    /// Something is wrong.
    Damage,
}

impl Finding {
    /// Something wrong with a file as a whole.
    #[must_use]
    pub fn damage(file: impl Into<String>, name: &'static str, message: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Damage,
            file: file.into(),
            name,
            position: None,
            length: None,
            offset: None,
            message: message.into(),
        }
    }

    /// Something worth knowing about a file as a whole.
    #[must_use]
    pub fn note(file: impl Into<String>, name: &'static str, message: impl Into<String>) -> Self {
        Finding {
            severity: Severity::Note,
            ..Finding::damage(file, name, message)
        }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(self, position: u64, offset: i64) -> Self {
        Finding {
            position: Some(position),
            offset: Some(offset),
            ..self
        }
    }
}
