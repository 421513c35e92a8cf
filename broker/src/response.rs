//! An answer on its way out: bytes of the broker's own, records in memory, records in files, in order.
//!
//! Shard-local. Invariant: the parts of a response add up to the length in its first four bytes.

use std::ops::Deref;

use bytes::Bytes;
use corelane_engine::io::ChunkSlice;
use corelane_engine::{FetchPart, FileRange};

/// A stretch of an answer.
#[derive(Debug)]
pub enum Part {
    /// Bytes that the broker encoded or read.
    Bytes(Bytes),
    /// Records in the tail cache.
    Memory(ChunkSlice),
    /// Records in a file, to be spliced.
    File(FileRange),
}

impl From<FetchPart> for Part {
    fn from(part: FetchPart) -> Part {
        match part {
            FetchPart::Memory(slice) => Part::Memory(slice),
            FetchPart::File(range) => Part::File(range),
        }
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// These parts are sent.
    Send(Vec<Part>),
    /// The request has no response.
    Silent,
    /// The connection is closed once the earlier answers are out.
    Close,
}

/// A part that is in memory.
#[derive(Debug)]
pub enum Slice {
    /// Bytes that the broker encoded or read.
    Bytes(Bytes),
    /// Records in the tail cache.
    Memory(ChunkSlice),
}

impl Deref for Slice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Slice::Bytes(bytes) => bytes,
            Slice::Memory(slice) => slice,
        }
    }
}
