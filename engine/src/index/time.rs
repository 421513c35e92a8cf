//! The time index: near which offset the records of a time start.
//!
//! Invariants: timestamps rise strictly from entry to entry, and offsets never fall. An entry says that no batch up
//! to and including its offset has a larger timestamp than its own. Pure: bytes and numbers.

use super::{IndexAppendError, IndexError, cut, trimmed_count};
use crate::planted::{self, Bug};
use crate::types::{Offset, TimestampMs};

/// Bytes of an entry: timestamp of eight bytes and relative offset of four, big-endian.
pub const TIME_ENTRY_LENGTH: usize = 12;

/// One entry, with the segment's base offset added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeEntry {
    /// The largest timestamp seen up to the offset.
    pub timestamp: TimestampMs,
    /// The offset of the record that has it.
    pub offset: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    timestamp_ms: i64,
    relative_offset: i32,
}

impl Entry {
    fn decode(bytes: &[u8; TIME_ENTRY_LENGTH]) -> Entry {
        let [t0, t1, t2, t3, t4, t5, t6, t7, o0, o1, o2, o3] = *bytes;
        Entry {
            timestamp_ms: i64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            relative_offset: i32::from_be_bytes([o0, o1, o2, o3]),
        }
    }

    fn follows(self, last: Option<Entry>) -> bool {
        let at_least_zero = self.relative_offset >= 0 && self.timestamp_ms >= 0;
        at_least_zero
            && last.is_none_or(|last| {
                self.timestamp_ms > last.timestamp_ms
                    && self.relative_offset >= last.relative_offset
            })
    }

    fn resolve(self, base_offset: Offset) -> Option<TimeEntry> {
        Some(TimeEntry {
            timestamp: TimestampMs(self.timestamp_ms),
            offset: base_offset.plus(i64::from(self.relative_offset))?,
        })
    }
}

/// The time index of one segment, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeIndex {
    base_offset: Offset,
    entries: Vec<Entry>,
}

impl TimeIndex {
    /// An empty index of the segment that starts at `base_offset`.
    #[must_use]
    pub fn new(base_offset: Offset) -> Self {
        Self {
            base_offset,
            entries: Vec::new(),
        }
    }

    /// Appends an entry unless its timestamp is no larger than the last one's: the clock may stand still or jump
    /// back, and the index stays monotone. Says whether it was appended.
    ///
    /// # Errors
    /// Fails when the offset falls, does not fit, or the timestamp is negative.
    pub fn maybe_append(
        &mut self,
        timestamp: TimestampMs,
        offset: Offset,
    ) -> Result<bool, IndexAppendError> {
        let entry = Entry {
            timestamp_ms: timestamp.0,
            relative_offset: offset
                .relative_to(self.base_offset)
                .ok_or(IndexAppendError::Overflow)?,
        };
        let last = self.entries.last().copied();
        let last = last.filter(|_| !planted::is(Bug::TimeIndexFollowsClock));
        if last.is_some_and(|last| timestamp.0 <= last.timestamp_ms) {
            return Ok(false);
        }
        if !entry.follows(last) {
            return Err(IndexAppendError::NotMonotone);
        }
        self.entries.push(entry);
        Ok(true)
    }

    /// The largest entry whose timestamp is at or below `timestamp`. Records with larger timestamps lie after its
    /// offset; without an entry, anywhere from the base offset on.
    #[must_use]
    pub fn lookup(&self, timestamp: TimestampMs) -> Option<TimeEntry> {
        let below = self
            .entries
            .partition_point(|entry| entry.timestamp_ms <= timestamp.0);
        self.entries[below.checked_sub(1)?].resolve(self.base_offset)
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

    /// The last entry: the segment's largest timestamp, as far as the index knows.
    #[must_use]
    pub fn last(&self) -> Option<TimeEntry> {
        self.entries.last()?.resolve(self.base_offset)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = TimeEntry> + '_ {
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
        let mut bytes = Vec::with_capacity(entries.len() * TIME_ENTRY_LENGTH);
        for entry in entries {
            bytes.extend_from_slice(&entry.timestamp_ms.to_be_bytes());
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
        }
        bytes
    }

    /// Reads an index file. Trailing entries of zeros, as a preallocated file has them, are left away.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn decode(base_offset: Offset, bytes: &[u8]) -> Result<Self, IndexError> {
        let chunks = cut::<TIME_ENTRY_LENGTH>(bytes)?;
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

/// Looks `timestamp` up in the bytes of a checked index file of whole entries, without decoding it: as
/// [`TimeIndex::lookup`]. Bytes after the last whole entry are ignored.
#[must_use]
pub fn lookup(base_offset: Offset, bytes: &[u8], timestamp: TimestampMs) -> Option<TimeEntry> {
    let (chunks, _) = bytes.as_chunks::<TIME_ENTRY_LENGTH>();
    let chunks = &chunks[..trimmed_count(chunks)];
    let below = chunks.partition_point(|chunk| Entry::decode(chunk).timestamp_ms <= timestamp.0);
    Entry::decode(&chunks[below.checked_sub(1)?]).resolve(base_offset)
}

/// Reads whatever `data` holds as an index; lookups must agree with a linear scan.
#[doc(hidden)]
pub fn fuzz_time_index(data: &[u8]) {
    let base_offset = Offset(1000);
    let _ = lookup(base_offset, data, TimestampMs(2000));
    let Ok(index) = TimeIndex::decode(base_offset, data) else {
        return;
    };
    let again = TimeIndex::decode(base_offset, &index.encode());
    assert_eq!(again.as_ref(), Ok(&index), "encode and decode agree");
    for probe in index.iter().take(64) {
        let near = [
            probe.timestamp.0.saturating_sub(1),
            probe.timestamp.0,
            probe.timestamp.0.saturating_add(1),
        ];
        for timestamp in near.map(TimestampMs) {
            let linear = index
                .iter()
                .filter(|entry| entry.timestamp <= timestamp)
                .last();
            assert_eq!(index.lookup(timestamp), linear);
            assert_eq!(lookup(base_offset, data, timestamp), linear);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TimeIndex {
        let mut index = TimeIndex::new(Offset(100));
        for step in 1..50 {
            index
                .maybe_append(TimestampMs(1000 + step * 7), Offset(100 + step))
                .unwrap();
        }
        index
    }

    #[test]
    fn lookup_equals_a_linear_scan_for_every_timestamp() {
        let index = sample();
        let bytes = index.encode();
        for target in 0..2000 {
            let target = TimestampMs(target);
            let linear = index
                .iter()
                .filter(|entry| entry.timestamp <= target)
                .last();
            assert_eq!(index.lookup(target), linear, "{target}");
            assert_eq!(lookup(Offset(100), &bytes, target), linear, "{target}");
        }
    }

    #[test]
    fn entries_are_kafkas_twelve_bytes() {
        let mut index = TimeIndex::new(Offset(5));
        index
            .maybe_append(TimestampMs(0x0102_0304_0506), Offset(6))
            .unwrap();
        assert_eq!(index.encode(), [0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 1]);
    }

    #[test]
    fn a_clock_that_jumps_back_adds_no_entry() {
        let mut index = sample();
        let before = index.clone();
        assert_eq!(index.maybe_append(TimestampMs(3), Offset(900)), Ok(false));
        assert_eq!(index, before);
        assert_eq!(
            index.maybe_append(TimestampMs(i64::MAX), Offset(100)),
            Err(IndexAppendError::NotMonotone)
        );
    }

    #[test]
    fn damage_is_named_and_trailing_zeros_are_trimmed() {
        let index = sample();
        let mut bytes = index.encode();
        bytes.resize(bytes.len() + 120, 0);
        assert_eq!(TimeIndex::decode(Offset(100), &bytes), Ok(index));
        bytes[24..36].fill(0);
        assert_eq!(
            TimeIndex::decode(Offset(100), &bytes),
            Err(IndexError::NotMonotone { index: 2 })
        );
    }

    #[test]
    fn every_flipped_bit_is_found_or_still_sorted() {
        let bytes = sample().encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_time_index(&flipped);
        }
    }
}
