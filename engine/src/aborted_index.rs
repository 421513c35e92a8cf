//! The aborted index of a segment: the ranges of producers' batches that were decided against, as Kafka's `AbortedTxn`
//! writes them to `.txnindex`.
//!
//! Entries of 34 bytes, big-endian: version (2), producer id (8), first offset (8), last offset (8), last stable
//! offset (8). An entry lies with the segment that holds the marker, in the order of the markers. Pure.

use crate::producer_state::Decided;
use crate::types::{Offset, ProducerId};

/// Bytes of an entry.
pub const ENTRY_LENGTH: usize = 34;

/// The only version that Kafka has written.
const VERSION: i16 = 0;

/// A range of a producer's batches that was decided against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedRange {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// The offset of its marker.
    pub last_offset: i64,
    /// Where the stable end stood behind the marker: the first offset of what was undecided then.
    pub last_stable_offset: i64,
}

impl AbortedRange {
    /// The entry of a decision, behind which `undecided` is the first offset that is not decided.
    #[must_use]
    pub fn new(decided: &Decided, undecided: Option<Offset>) -> AbortedRange {
        let behind = decided.marker_offset.0.saturating_add(1);
        AbortedRange {
            producer_id: decided.producer_id.0,
            first_offset: decided.first_offset.0,
            last_offset: decided.marker_offset.0,
            last_stable_offset: undecided.map_or(behind, |offset| offset.0),
        }
    }

    /// Whose it was.
    #[must_use]
    pub fn producer(&self) -> ProducerId {
        ProducerId(self.producer_id)
    }

    /// Whether batches of the range may lie in `from..to`.
    #[must_use]
    pub fn overlaps(&self, from: Offset, to: Offset) -> bool {
        self.last_offset >= from.0 && self.first_offset < to.0
    }
}

/// The bytes of a file with these entries.
#[must_use]
pub fn encode(entries: &[AbortedRange]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY_LENGTH);
    for entry in entries {
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        for number in [
            entry.producer_id,
            entry.first_offset,
            entry.last_offset,
            entry.last_stable_offset,
        ] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
    }
    bytes
}

/// The entries of a file, or what is wrong with it and where.
///
/// # Errors
/// The position of what is wrong, and what it is.
pub fn parse(bytes: &[u8]) -> Result<Vec<AbortedRange>, (u64, String)> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_LENGTH>();
    let mut parsed: Vec<AbortedRange> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let at = |message: String| ((index * ENTRY_LENGTH) as u64, message);
        let version = i16::from_be_bytes([entry[0], entry[1]]);
        if version != VERSION {
            return Err(at(format!("unknown version {version}")));
        }
        let aborted = AbortedRange {
            producer_id: number(entry, 2),
            first_offset: number(entry, 10),
            last_offset: number(entry, 18),
            last_stable_offset: number(entry, 26),
        };
        // Zeros that a crash has left are no entry either.
        if aborted.first_offset >= aborted.last_offset {
            return Err(at(format!(
                "first offset {} does not lie below last offset {}",
                aborted.first_offset, aborted.last_offset
            )));
        }
        if parsed
            .last()
            .is_some_and(|before| before.last_offset >= aborted.last_offset)
        {
            return Err(at("last offsets do not rise".to_owned()));
        }
        parsed.push(aborted);
    }
    match rest.is_empty() {
        true => Ok(parsed),
        false => Err((
            (bytes.len() - rest.len()) as u64,
            format!("{} bytes are no whole entry", rest.len()),
        )),
    }
}

/// The eight bytes from `at` on.
fn number(entry: &[u8; ENTRY_LENGTH], at: usize) -> i64 {
    entry[at..at + 8]
        .iter()
        .fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(first_offset: i64, last_offset: i64) -> AbortedRange {
        AbortedRange {
            producer_id: 7,
            first_offset,
            last_offset,
            last_stable_offset: first_offset,
        }
    }

    fn bytes(first_offset: i64, last_offset: i64) -> Vec<u8> {
        encode(&[entry(first_offset, last_offset)])
    }

    #[test]
    fn entries_are_read_in_order() {
        let entries = [entry(1, 5), entry(2, 9)];
        assert_eq!(parse(&encode(&entries)).unwrap(), entries);
        assert_eq!(bytes(1, 5).len(), ENTRY_LENGTH);
    }

    #[test]
    fn half_entries_and_impossible_offsets_are_found_with_their_position() {
        assert_eq!(parse(&bytes(1, 5)[..20]).unwrap_err().0, 0);
        assert_eq!(parse(&[0; ENTRY_LENGTH]).unwrap_err().0, 0);
        assert_eq!(
            parse(&[bytes(1, 5), bytes(9, 8)].concat()).unwrap_err().0,
            34
        );
        assert_eq!(
            parse(&[bytes(1, 5), bytes(1, 5)].concat()).unwrap_err().0,
            34
        );
    }

    #[test]
    fn a_range_overlaps_from_its_first_offset_to_its_marker() {
        let range = entry(10, 20);
        assert!(range.overlaps(Offset(20), Offset(30)));
        assert!(range.overlaps(Offset(0), Offset(11)));
        assert!(!range.overlaps(Offset(21), Offset(30)));
        assert!(!range.overlaps(Offset(0), Offset(10)));
    }
}
