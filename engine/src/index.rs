//! The sparse indexes of a segment, in Kafka's formats: offset to position, and timestamp to offset.
//!
//! Invariants: an index is a hint and never evidence about the log. A lookup gives the largest entry at or below
//! the target, so that a scan from there finds what a scan from the segment's start would find. Pure: bytes.

mod linear;
pub mod offset;
pub mod time;

#[doc(hidden)]
pub use linear::fuzz_index_lookup;
pub use offset::{OffsetEntry, OffsetIndex};
pub use time::{TimeEntry, TimeIndex};

use thiserror::Error;

/// Why the bytes of an index file are no index. The file is then rebuilt from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IndexError {
    /// The length is no multiple of the entry's.
    #[error("{length} bytes are no whole number of entries of {entry_length} bytes")]
    PartialEntry {
        /// Bytes of the file.
        length: usize,
        /// Bytes of an entry.
        entry_length: usize,
    },
    /// An entry does not lie above the one before it, or holds a negative number.
    #[error("entry {index} does not rise above the one before it")]
    NotMonotone {
        /// The number of the entry, from 0.
        index: usize,
    },
}

/// Why an entry cannot be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IndexAppendError {
    /// The offset is too far from the base offset, or the position too large, for 31 bits: roll the segment.
    #[error("the entry does not fit into 31 bits")]
    Overflow,
    /// The entry does not lie above the last one.
    #[error("the entry does not rise above the last one")]
    NotMonotone,
}

/// The number of entries to keep of `count` entries of a preallocated file: trailing entries of zeros go.
fn trimmed_count<const LENGTH: usize>(entries: &[[u8; LENGTH]]) -> usize {
    let is_used = |entry: &[u8; LENGTH]| entry.iter().any(|byte| *byte != 0);
    entries.iter().rposition(is_used).map_or(0, |last| last + 1)
}

/// Cuts the bytes of an index file into entries.
fn cut<const LENGTH: usize>(bytes: &[u8]) -> Result<&[[u8; LENGTH]], IndexError> {
    let (entries, rest) = bytes.as_chunks::<LENGTH>();
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(IndexError::PartialEntry {
            length: bytes.len(),
            entry_length: LENGTH,
        })
    }
}
