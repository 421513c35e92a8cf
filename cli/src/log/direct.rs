//! A log read from front to back past the page cache, one piece ahead of whoever checks it.
//!
//! A thread of its own reads pieces with O_DIRECT into buffers that go round, so that disk and checks work at the same
//! time, what a running broker has cached stays, and what is checked is what the disk holds. Where the file system has
//! no O_DIRECT the page cache is used. Ranges before the last one asked for come through an ordinary [`Window`].

use super::window::Window;
use corelane_engine::verify::LogBytes;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Bytes read at a time: enough for the full speed of any disk, and of a RAID of them.
const PIECE_BYTES: usize = 4 << 20;
/// Pieces that are read ahead.
const PIECES_AHEAD: usize = 2;
/// What O_DIRECT aligns positions, lengths and memory to, on any disk.
const ALIGNMENT: usize = 4096;
/// Bytes read at a time for ranges that lie behind.
const BACK_PIECE_BYTES: usize = 1 << 20;

/// See the module.
pub struct DirectBytes {
    length: u64,
    behind: Window,
    pieces: Receiver<io::Result<Piece>>,
    used: Sender<Vec<u8>>,
    held: Vec<u8>,
    held_start: u64,
}

/// A piece of the file, somewhere in its buffer so that it is aligned.
struct Piece {
    buffer: Vec<u8>,
    start: usize,
    length: usize,
}

impl DirectBytes {
    /// Opens `path`; reading begins at once.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let behind = Window::open(path, BACK_PIECE_BYTES)?;
        let length = behind.length();
        let direct = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_DIRECT)
            .open(path);
        let file = match direct {
            Ok(file) => file,
            Err(_) => File::open(path)?,
        };
        let (pieces_in, pieces) = sync_channel(PIECES_AHEAD);
        let (used, used_out) = channel();
        std::thread::spawn(move || read_ahead(&file, length, &pieces_in, &used_out));
        Ok(DirectBytes {
            length,
            behind,
            pieces,
            used,
            held: Vec::new(),
            held_start: 0,
        })
    }

    fn held_end(&self) -> u64 {
        self.held_start + self.held.len() as u64
    }

    /// Forgets what lies before `position`, and takes pieces until `end` is held or there are no more.
    fn advance(&mut self, position: u64, end: u64) -> io::Result<()> {
        let gone = position.min(self.held_end()) - self.held_start;
        self.held.drain(..gone as usize);
        self.held_start += gone;
        while self.held_end() < end {
            // The thread ends with the file; a file that has become shorter ends early.
            let Ok(piece) = self.pieces.recv() else { break };
            let piece = piece?;
            let bytes = &piece.buffer[piece.start..piece.start + piece.length];
            self.held.extend_from_slice(bytes);
            let gone = position.min(self.held_end()) - self.held_start;
            self.held.drain(..gone as usize);
            self.held_start += gone;
            // Without a reader the buffer is of no use any more.
            let _ = self.used.send(piece.buffer);
        }
        Ok(())
    }
}

impl LogBytes for DirectBytes {
    fn length(&self) -> u64 {
        self.length
    }

    fn bytes(&mut self, position: u64, length: u64) -> io::Result<&[u8]> {
        let end = position.saturating_add(length).min(self.length);
        if position >= end {
            return Ok(&[]);
        }
        if position < self.held_start {
            return self.behind.bytes(position, length);
        }
        if end > self.held_end() {
            self.advance(position, end)?;
        }
        let from = (position - self.held_start) as usize;
        let to = self.held.len().min((end - self.held_start) as usize);
        Ok(self.held.get(from..to).unwrap_or(&[]))
    }
}

fn read_ahead(
    file: &File,
    length: u64,
    pieces: &SyncSender<io::Result<Piece>>,
    used: &Receiver<Vec<u8>>,
) {
    let mut position = 0;
    while position < length {
        let buffer = used
            .try_recv()
            .unwrap_or_else(|_| vec![0; PIECE_BYTES + ALIGNMENT]);
        let piece = read_piece(file, position, buffer);
        let read = piece.as_ref().map_or(0, |piece| piece.length);
        position += read as u64;
        // Nobody listens any more when a check has ended early.
        if pieces.send(piece).is_err() || read == 0 {
            return;
        }
    }
}

fn read_piece(file: &File, position: u64, mut buffer: Vec<u8>) -> io::Result<Piece> {
    let start = buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
    let aligned = &mut buffer[start..start + PIECE_BYTES];
    let mut length = 0;
    // A short read of whole blocks is followed by the rest; at the end of the file one of less than a block comes.
    while length < PIECE_BYTES && length % ALIGNMENT == 0 {
        match file.read_at(&mut aligned[length..], position + length as u64) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Piece {
        buffer,
        start,
        length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_file_forward_across_pieces_and_back() {
        let directory = tempfile::tempdir_in(".").unwrap();
        let path = directory.path().join("file");
        let bytes: Vec<u8> = (0..2 * PIECE_BYTES as u32 + 777)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        std::fs::write(&path, &bytes).unwrap();
        let mut direct = DirectBytes::open(&path).unwrap();
        let piece = PIECE_BYTES as u64;
        for (position, length) in [
            (0, 61),
            (61, 100_000),
            (piece - 10, 20),
            (5, 10),
            (piece + 7, piece),
            (2 * piece + 700, 200),
            (3 * piece, 1),
        ] {
            let start = (position as usize).min(bytes.len());
            let end = (position + length).min(bytes.len() as u64) as usize;
            assert_eq!(
                direct.bytes(position, length).unwrap(),
                &bytes[start..end.max(start)],
                "{position}"
            );
        }
    }
}
