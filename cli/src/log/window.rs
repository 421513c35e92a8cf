//! A file seen through a window that moves forward: any range up to a maximum, read once, in large pieces.
//!
//! The file is opened for reading only. The buffer holds one piece, or one range where that is longer; it never holds
//! more than [`RANGE_BYTES_MAX`] plus a piece.

use anyhow::Context;
use corelane_engine::verify::batches::{Batches, Depth, WalkFrom};
use corelane_engine::verify::{LogBytes, RANGE_BYTES_MAX};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes read at a time when only headers are looked at.
const HEADERS_PIECE_BYTES: usize = 4096;
/// Bytes read at a time when contents are looked at.
const CONTENTS_PIECE_BYTES: usize = 1 << 20;

/// The walk over the log at `path`, whose batches start at `base_offset` or above.
pub fn open_batches(
    path: &Path,
    base_offset: i64,
    depth: Depth,
) -> anyhow::Result<Batches<'static, Window>> {
    let piece_bytes = match depth {
        Depth::Headers => HEADERS_PIECE_BYTES,
        Depth::Contents => CONTENTS_PIECE_BYTES,
    };
    let window = Window::open(path, piece_bytes)?;
    Ok(Batches::new(window, WalkFrom::any(base_offset, depth)))
}

/// A read-only file and the part of it that is in memory.
pub struct Window {
    file: File,
    file_bytes: u64,
    piece_bytes: usize,
    start: u64,
    buffer: Vec<u8>,
}

impl Window {
    /// Opens `path` for reading; `piece_bytes` is how much is read at a time.
    pub fn open(path: &Path, piece_bytes: usize) -> anyhow::Result<Self> {
        let opening = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(opening)?;
        let metadata = file.metadata().with_context(opening)?;
        if !metadata.is_file() {
            anyhow::bail!("cannot read {}: it is not a file", path.display());
        }
        let file_bytes = metadata.len();
        Ok(Window {
            file,
            file_bytes,
            piece_bytes,
            start: 0,
            buffer: Vec::new(),
        })
    }
}

impl LogBytes for Window {
    fn length(&self) -> u64 {
        self.file_bytes
    }

    fn bytes(&mut self, position: u64, length: u64) -> io::Result<&[u8]> {
        assert!(
            length <= RANGE_BYTES_MAX,
            "{length} bytes are more than a window may hold"
        );
        let end = position.saturating_add(length).min(self.file_bytes);
        if position >= end {
            return Ok(&[]);
        }
        let held = self.start..self.start + self.buffer.len() as u64;
        if position < held.start || end > held.end {
            self.fill(position, (end - position) as usize)?;
        }
        let from = (position - self.start) as usize;
        let to = self.buffer.len().min((end - self.start) as usize);
        Ok(self.buffer.get(from..to).unwrap_or(&[]))
    }
}

impl Window {
    /// Reads at least `length` bytes from `position` on, unless the file has become shorter.
    fn fill(&mut self, position: u64, length: usize) -> io::Result<()> {
        let wanted = length.max(self.piece_bytes);
        if self.buffer.capacity() > 2 * wanted {
            self.buffer = Vec::new();
        }
        self.buffer.resize(wanted, 0);
        self.start = position;
        let mut filled = 0;
        while filled < wanted {
            match self
                .file
                .read_at(&mut self.buffer[filled..], position + filled as u64)
            {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.clear();
                    return Err(error);
                }
            }
        }
        self.buffer.truncate(filled);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(bytes: &[u8], piece_bytes: usize) -> Window {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        Window::open(&path, piece_bytes).unwrap()
    }

    #[test]
    fn ranges_are_the_same_whatever_the_size_of_a_piece() {
        let bytes: Vec<u8> = (0..=255).collect();
        for piece_bytes in [1, 7, 64, 1000] {
            let mut window = window(&bytes, piece_bytes);
            for (position, length) in [(0, 10), (5, 100), (250, 100), (3, 1), (256, 5), (0, 256)] {
                let end = (position + length).min(256);
                assert_eq!(
                    window.bytes(position as u64, length as u64).unwrap(),
                    &bytes[position..end]
                );
            }
        }
    }
}
