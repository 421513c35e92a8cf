//! The offset index: where in the segment a batch near an offset starts.
//!
//! Invariants: relative offsets and positions of successive entries rise strictly. An entry's offset is the last
//! offset of the batch whose start the position names, as Kafka writes it. Pure: bytes and numbers.

use super::{IndexAppendError, IndexError, cut, trimmed_count};
use crate::planted::{self, Bug};
use crate::types::{Offset, Position};

/// Bytes of an entry: relative offset and position, four bytes each, big-endian.
pub const OFFSET_ENTRY_LENGTH: usize = 8;

/// One entry, with the segment's base offset added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetEntry {
    /// An offset of the batch at the position.
    pub offset: Offset,
    /// Where the batch starts in the segment's log file.
    pub position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    relative_offset: i32,
    position: i32,
}

impl Entry {
    fn decode(bytes: &[u8; OFFSET_ENTRY_LENGTH]) -> Entry {
        let [o0, o1, o2, o3, p0, p1, p2, p3] = *bytes;
        Entry {
            relative_offset: i32::from_be_bytes([o0, o1, o2, o3]),
            position: i32::from_be_bytes([p0, p1, p2, p3]),
        }
    }

    fn follows(self, last: Option<Entry>) -> bool {
        let at_least_zero = self.relative_offset >= 0 && self.position >= 0;
        let rises = |last: Entry| {
            self.relative_offset > last.relative_offset && self.position > last.position
        };
        at_least_zero && (last.is_none_or(rises) || planted::is(Bug::TrustIndex))
    }

    fn resolve(self, base_offset: Offset) -> Option<OffsetEntry> {
        Some(OffsetEntry {
            offset: base_offset.plus(i64::from(self.relative_offset))?,
            position: Position(u64::try_from(self.position).ok()?),
        })
    }
}

/// The offset index of one segment, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetIndex {
    base_offset: Offset,
    entries: Vec<Entry>,
}

impl OffsetIndex {
    /// An empty index of the segment that starts at `base_offset`.
    #[must_use]
    pub fn new(base_offset: Offset) -> Self {
        Self {
            base_offset,
            entries: Vec::new(),
        }
    }

    /// Appends an entry. How sparse they are (`index.interval.bytes`) is the caller's choice.
    ///
    /// # Errors
    /// See [`IndexAppendError`]; the index is unchanged then.
    pub fn append(&mut self, offset: Offset, position: Position) -> Result<(), IndexAppendError> {
        let entry = Entry {
            relative_offset: offset
                .relative_to(self.base_offset)
                .ok_or(IndexAppendError::Overflow)?,
            position: i32::try_from(position.0).map_err(|_| IndexAppendError::Overflow)?,
        };
        if !entry.follows(self.entries.last().copied()) {
            return Err(IndexAppendError::NotMonotone);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The largest entry at or below `offset`; without one, the start of the segment.
    #[must_use]
    pub fn lookup(&self, offset: Offset) -> OffsetEntry {
        let start = OffsetEntry {
            offset: self.base_offset,
            position: Position::ZERO,
        };
        let Some(target) = offset.distance_from(self.base_offset) else {
            return start;
        };
        let below = self.entries.partition_point(|entry| {
            u64::try_from(entry.relative_offset).is_ok_and(|relative| relative <= target)
        });
        let below = match planted::is(Bug::LookupPastEntry) {
            true => (below + 1).min(self.entries.len()),
            false => below,
        };
        below
            .checked_sub(1)
            .and_then(|index| self.entries[index].resolve(self.base_offset))
            .unwrap_or(start)
    }

    /// The largest position of an entry at or below `limit`, which is where a batch starts; the segment's start
    /// without one.
    #[must_use]
    pub fn last_position_up_to(&self, limit: Position) -> Position {
        let last = self.entry_up_to(limit);
        last.map_or(Position::ZERO, |entry| entry.position)
    }

    /// The last entry whose batch starts at or before `limit`.
    #[must_use]
    pub fn entry_up_to(&self, limit: Position) -> Option<OffsetEntry> {
        let below = self
            .entries
            .partition_point(|entry| u64::from(entry.position.cast_unsigned()) <= limit.0);
        self.entries[below.checked_sub(1)?].resolve(self.base_offset)
    }

    /// The first entry whose batch starts at or behind `position`.
    #[must_use]
    pub fn first_from(&self, position: Position) -> Option<OffsetEntry> {
        let before = self
            .entries
            .partition_point(|entry| u64::from(entry.position.cast_unsigned()) < position.0);
        self.entries.get(before)?.resolve(self.base_offset)
    }

    /// Removes the entries at or above `offset`.
    pub fn truncate_to(&mut self, offset: Offset) {
        let base = self.base_offset;
        self.entries.retain(|entry| {
            base.plus(i64::from(entry.relative_offset))
                .is_some_and(|entry_offset| entry_offset < offset)
        });
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The base offset of the segment.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<OffsetEntry> {
        self.entries.last()?.resolve(self.base_offset)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = OffsetEntry> + '_ {
        self.entries
            .iter()
            .filter_map(|entry| entry.resolve(self.base_offset))
    }

    /// The bytes of the index file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_from(0)
    }

    /// The bytes of the index file from entry number `first` on; none where there are fewer entries.
    #[must_use]
    pub fn encode_from(&self, first: usize) -> Vec<u8> {
        let entries = self.entries.get(first..).unwrap_or_default();
        let mut bytes = Vec::with_capacity(entries.len() * OFFSET_ENTRY_LENGTH);
        for entry in entries {
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
            bytes.extend_from_slice(&entry.position.to_be_bytes());
        }
        bytes
    }

    /// Reads an index file. Trailing entries of zeros, as a preallocated file has them, are left away.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn decode(base_offset: Offset, bytes: &[u8]) -> Result<Self, IndexError> {
        let chunks = cut::<OFFSET_ENTRY_LENGTH>(bytes)?;
        let chunks = &chunks[..trimmed_count(chunks)];
        let mut entries = Vec::with_capacity(chunks.len());
        for (index, chunk) in chunks.iter().enumerate() {
            let entry = Entry::decode(chunk);
            if !entry.follows(entries.last().copied()) || entry.resolve(base_offset).is_none() {
                return Err(IndexError::NotMonotone { index });
            }
            entries.push(entry);
        }
        Ok(Self {
            base_offset,
            entries,
        })
    }
}

/// Looks `offset` up in the bytes of a checked index file of whole entries, without decoding it: as
/// [`OffsetIndex::lookup`]. Bytes after the last whole entry are ignored.
#[must_use]
pub fn lookup(base_offset: Offset, bytes: &[u8], offset: Offset) -> OffsetEntry {
    let start = OffsetEntry {
        offset: base_offset,
        position: Position::ZERO,
    };
    let (chunks, _) = bytes.as_chunks::<OFFSET_ENTRY_LENGTH>();
    let chunks = &chunks[..trimmed_count(chunks)];
    let Some(target) = offset.distance_from(base_offset) else {
        return start;
    };
    let below = chunks.partition_point(|chunk| {
        u64::try_from(Entry::decode(chunk).relative_offset).is_ok_and(|relative| relative <= target)
    });
    below
        .checked_sub(1)
        .and_then(|index| Entry::decode(&chunks[index]).resolve(base_offset))
        .unwrap_or(start)
}

/// Reads whatever `data` holds as an index; lookups must agree with a linear scan.
#[doc(hidden)]
pub fn fuzz_offset_index(data: &[u8]) {
    let base_offset = Offset(1000);
    let _ = lookup(base_offset, data, Offset(2000));
    let Ok(index) = OffsetIndex::decode(base_offset, data) else {
        return;
    };
    let again = OffsetIndex::decode(base_offset, &index.encode());
    assert_eq!(again.as_ref(), Ok(&index), "encode and decode agree");
    for probe in index.iter().take(64) {
        for offset in [probe.offset.0 - 1, probe.offset.0, probe.offset.0 + 1].map(Offset) {
            let linear = index.iter().filter(|entry| entry.offset <= offset).last();
            let expected = linear.unwrap_or(OffsetEntry {
                offset: base_offset,
                position: Position::ZERO,
            });
            assert_eq!(index.lookup(offset), expected);
            assert_eq!(lookup(base_offset, data, offset), expected);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> OffsetIndex {
        let mut index = OffsetIndex::new(Offset(100));
        for step in 1..50_u32 {
            let offset = Offset(100 + i64::from(step * step));
            index
                .append(offset, Position(u64::from(step) * 4096))
                .unwrap();
        }
        index
    }

    #[test]
    fn lookup_equals_a_linear_scan_for_every_offset() {
        let index = sample();
        let bytes = index.encode();
        for target in 0..3000 {
            let target = Offset(target);
            let linear = index
                .iter()
                .filter(|entry| entry.offset <= target)
                .last()
                .unwrap_or(OffsetEntry {
                    offset: Offset(100),
                    position: Position(0),
                });
            assert_eq!(index.lookup(target), linear, "{target}");
            assert_eq!(lookup(Offset(100), &bytes, target), linear, "{target}");
        }
    }

    #[test]
    fn entries_are_kafkas_eight_bytes() {
        let mut index = OffsetIndex::new(Offset(1 << 40));
        index
            .append(Offset((1 << 40) + 258), Position(4096))
            .unwrap();
        assert_eq!(index.encode(), [0, 0, 1, 2, 0, 0, 0x10, 0]);
    }

    #[test]
    fn trailing_zeros_of_a_preallocated_file_are_trimmed() {
        let index = sample();
        let mut bytes = index.encode();
        bytes.resize(bytes.len() + 80, 0);
        assert_eq!(OffsetIndex::decode(Offset(100), &bytes), Ok(index));
    }

    #[test]
    fn a_falling_entry_is_named() {
        let mut bytes = sample().encode();
        bytes[3 * 8..4 * 8].fill(0);
        assert_eq!(
            OffsetIndex::decode(Offset(100), &bytes),
            Err(IndexError::NotMonotone { index: 3 })
        );
        assert!(matches!(
            OffsetIndex::decode(Offset(100), &bytes[..13]),
            Err(IndexError::PartialEntry { length: 13, .. })
        ));
    }

    #[test]
    fn appends_that_do_not_rise_or_do_not_fit_are_refused() {
        let mut index = sample();
        let last = index.last().unwrap();
        let before = index.clone();
        assert_eq!(
            index.append(last.offset, Position(last.position.0 + 1)),
            Err(IndexAppendError::NotMonotone)
        );
        assert_eq!(
            index.append(Offset(101 + i64::from(i32::MAX)), Position(1 << 30)),
            Err(IndexAppendError::Overflow)
        );
        assert_eq!(
            index.append(Offset(last.offset.0 + 1), Position(1 << 31)),
            Err(IndexAppendError::Overflow)
        );
        assert_eq!(index, before);
    }

    #[test]
    fn every_flipped_bit_is_found_or_still_sorted() {
        let bytes = sample().encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_offset_index(&flipped);
        }
    }

    #[test]
    fn truncation_removes_entries_at_and_above() {
        let mut index = sample();
        index.truncate_to(Offset(109));
        assert_eq!(index.last().unwrap().offset, Offset(104));
    }
}
