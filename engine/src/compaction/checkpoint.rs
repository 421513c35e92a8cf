//! `cleaner-checkpoint`: how far a partition has been cleaned, which segments compaction wrote, and what a swap of
//! files that was interrupted still has to do.
//!
//! Invariants: believed only with its magic, version and CRC-32 right and its numbers possible; replaced as a whole, so
//! that after a crash the old or the new is found. A gap in the offsets is accepted only where this file says so, to
//! the byte: elsewhere it is a missing batch. Fixed-width fields are big-endian. Pure: bytes.

use thiserror::Error;

use crate::planted::{self, Bug};
use crate::recovery::{Follows, Place, ScanOutcome};
use crate::types::{Offset, Position};

/// The file's name.
pub const CLEANER_CHECKPOINT: &str = "cleaner-checkpoint";
const MAGIC: [u8; 4] = *b"CLCC";
const VERSION: u16 = 1;
/// Magic, version, two zeros, the offset and the two counts.
const HEAD_LENGTH: usize = 24;
const SEGMENT_LENGTH: usize = 32;
const REPLACED_LENGTH: usize = 8;
const CRC_LENGTH: usize = 4;

/// A segment that compaction wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanedSegment {
    /// Its base offset, which names its files.
    pub base_offset: Offset,
    /// Where its last batch ends, in the log file and in the log.
    pub end: Place,
    /// Up to which offset it stands for the segments that it replaced: the base offset of the next segment.
    pub covers_to: Offset,
}

impl CleanedSegment {
    fn is_possible(&self) -> bool {
        self.base_offset >= Offset::ZERO
            && self.end.offset >= self.base_offset
            && self.covers_to >= self.end.offset
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanerCheckpoint {
    /// Where the last cleaning ended; what lies below has at most one record of each key, and of each older than that.
    pub cleaned_to: Option<Offset>,
    /// The segments that compaction wrote, by base offset.
    segments: Vec<CleanedSegment>,
    /// The base offsets of the segments that a swap under way replaces, by the one of the first's name. Empty between
    /// swaps.
    pub replaced: Vec<Offset>,
}

/// Why a file is no cleaner checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CleanerCheckpointError {
    /// The length is not what the counts say.
    #[error("{length} bytes do not hold what is counted")]
    BadLength {
        /// Bytes of the file.
        length: usize,
    },
    /// Another magic or version.
    #[error("magic or version are unknown")]
    UnknownVersion,
    /// The CRC-32 differs.
    #[error("CRC-32 {computed:#010x} computed, {stored:#010x} stored")]
    CrcMismatch {
        /// What the file claims.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// The numbers contradict each other.
    #[error("impossible numbers")]
    Impossible,
}

impl CleanerCheckpoint {
    /// That of a partition which was never cleaned.
    pub const NEVER: CleanerCheckpoint = CleanerCheckpoint {
        cleaned_to: None,
        segments: Vec::new(),
        replaced: Vec::new(),
    };

    /// What is known of the segment at `base_offset`; none when compaction did not write it.
    #[must_use]
    pub fn segment(&self, base_offset: Offset) -> Option<&CleanedSegment> {
        let found = self
            .segments
            .binary_search_by_key(&base_offset, |segment| segment.base_offset);
        found.ok().map(|index| &self.segments[index])
    }

    /// The segments that compaction wrote, by base offset.
    #[must_use]
    pub fn segments(&self) -> &[CleanedSegment] {
        &self.segments
    }

    /// Takes note that `segment` stands for all that lay between its base offset and where it covers to.
    pub fn note(&mut self, segment: CleanedSegment) {
        let replaced = segment.base_offset..segment.covers_to;
        self.segments.retain(|old| {
            !replaced.contains(&old.base_offset) && old.base_offset != segment.base_offset
        });
        let place = self
            .segments
            .partition_point(|old| old.base_offset < segment.base_offset);
        self.segments.insert(place, segment);
    }

    /// Forgets the segments that begin below `first`, the base offset of the first segment there is.
    pub fn forget_below(&mut self, first: Offset) {
        self.segments.retain(|segment| segment.base_offset >= first);
    }

    /// How a walk over the segment at `base_offset` ended, with the offset that the segment reaches to in place of the
    /// one behind its last batch. Only where the walk ended to the byte where compaction had ended the segment.
    #[must_use]
    pub fn reached(&self, base_offset: Offset, outcome: ScanOutcome) -> ScanOutcome {
        let Some(segment) = self.segment(base_offset) else {
            return outcome;
        };
        let covered = Place {
            offset: segment.covers_to,
            ..segment.end
        };
        match outcome {
            ScanOutcome::CleanEnd { end }
                if end == segment.end || planted::is(Bug::AcceptAnyGap) =>
            {
                ScanOutcome::CleanEnd { end: covered }
            }
            ScanOutcome::Damage {
                place,
                found,
                follows: Follows::Zeros,
            } if place == segment.end => ScanOutcome::Damage {
                place: covered,
                found,
                follows: Follows::Zeros,
            },
            outcome => outcome,
        }
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// With more segments than a file system holds.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let count = |length: usize| u32::try_from(length).expect("fewer segments than 2^32");
        let mut bytes = Vec::with_capacity(self.encoded_length());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&[0; 2]);
        let cleaned_to = self.cleaned_to.map_or(-1, |offset| offset.0);
        bytes.extend_from_slice(&cleaned_to.to_be_bytes());
        bytes.extend_from_slice(&count(self.segments.len()).to_be_bytes());
        bytes.extend_from_slice(&count(self.replaced.len()).to_be_bytes());
        for segment in &self.segments {
            bytes.extend_from_slice(&segment.base_offset.0.to_be_bytes());
            bytes.extend_from_slice(&segment.end.position.0.to_be_bytes());
            bytes.extend_from_slice(&segment.end.offset.0.to_be_bytes());
            bytes.extend_from_slice(&segment.covers_to.0.to_be_bytes());
        }
        for base_offset in &self.replaced {
            bytes.extend_from_slice(&base_offset.0.to_be_bytes());
        }
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn encoded_length(&self) -> usize {
        HEAD_LENGTH
            + self.segments.len() * SEGMENT_LENGTH
            + self.replaced.len() * REPLACED_LENGTH
            + CRC_LENGTH
    }

    /// Reads the file.
    ///
    /// # Errors
    /// See [`CleanerCheckpointError`].
    pub fn decode(bytes: &[u8]) -> Result<CleanerCheckpoint, CleanerCheckpointError> {
        let bad_length = CleanerCheckpointError::BadLength {
            length: bytes.len(),
        };
        let (body, crc) = bytes.split_last_chunk::<CRC_LENGTH>().ok_or(bad_length)?;
        let (head, rest) = body.split_first_chunk::<HEAD_LENGTH>().ok_or(bad_length)?;
        let (stored, computed) = (u32::from_be_bytes(*crc), crc32fast::hash(body));
        if stored != computed {
            return Err(CleanerCheckpointError::CrcMismatch { stored, computed });
        }
        if head[..4] != MAGIC || head[4..8] != [0, 1, 0, 0] {
            return Err(CleanerCheckpointError::UnknownVersion);
        }
        let [segment_count, replaced_count] = [16, 20].map(|from| {
            let count = [head[from], head[from + 1], head[from + 2], head[from + 3]];
            u64::from(u32::from_be_bytes(count))
        });
        let wanted =
            segment_count * SEGMENT_LENGTH as u64 + replaced_count * REPLACED_LENGTH as u64;
        if rest.len() as u64 != wanted {
            return Err(bad_length);
        }
        let mut numbers = head[8..16].chunks_exact(8).chain(rest.chunks_exact(8));
        let mut next = || {
            let number = numbers.next().and_then(<[u8]>::first_chunk);
            number
                .map(|bytes| i64::from_be_bytes(*bytes))
                .ok_or(bad_length)
        };
        let cleaned_to = next()?;
        let mut checkpoint = CleanerCheckpoint {
            cleaned_to: (cleaned_to >= 0).then_some(Offset(cleaned_to)),
            ..CleanerCheckpoint::NEVER
        };
        for _ in 0..segment_count {
            let (base_offset, position) = (Offset(next()?), Position(next()?.cast_unsigned()));
            let (offset, covers_to) = (Offset(next()?), Offset(next()?));
            checkpoint.segments.push(CleanedSegment {
                base_offset,
                end: Place { position, offset },
                covers_to,
            });
        }
        for _ in 0..replaced_count {
            checkpoint.replaced.push(Offset(next()?));
        }
        if checkpoint.is_possible() {
            Ok(checkpoint)
        } else {
            Err(CleanerCheckpointError::Impossible)
        }
    }

    fn is_possible(&self) -> bool {
        let rises = |pair: &[CleanedSegment]| pair[0].covers_to <= pair[1].base_offset;
        let replaced_rise = |pair: &[Offset]| pair[0] < pair[1];
        let swap_is_known = self
            .replaced
            .first()
            .is_none_or(|first| *first >= Offset::ZERO && self.segment(*first).is_some());
        self.segments.iter().all(CleanedSegment::is_possible)
            && self.segments.windows(2).all(rises)
            && self.replaced.windows(2).all(replaced_rise)
            && swap_is_known
    }
}

/// Reads whatever `data` holds as a cleaner checkpoint; what is one is written the same again.
#[doc(hidden)]
pub fn fuzz_cleaner_checkpoint(data: &[u8]) {
    if let Ok(checkpoint) = CleanerCheckpoint::decode(data) {
        let encoded = checkpoint.encode();
        assert_eq!(CleanerCheckpoint::decode(&encoded), Ok(checkpoint));
    }
    let mut repaired = data.to_vec();
    if let Some((body, crc)) = repaired.split_last_chunk_mut::<CRC_LENGTH>() {
        *crc = crc32fast::hash(body).to_be_bytes();
        let _ = CleanerCheckpoint::decode(&repaired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(base: i64, bytes: u64, end: i64, covers_to: i64) -> CleanedSegment {
        CleanedSegment {
            base_offset: Offset(base),
            end: Place {
                position: Position(bytes),
                offset: Offset(end),
            },
            covers_to: Offset(covers_to),
        }
    }

    fn checkpoint() -> CleanerCheckpoint {
        let mut checkpoint = CleanerCheckpoint {
            cleaned_to: Some(Offset(300)),
            replaced: vec![Offset(100), Offset(150)],
            ..CleanerCheckpoint::NEVER
        };
        checkpoint.note(cleaned(100, 5000, 180, 200));
        checkpoint.note(cleaned(0, 700, 90, 100));
        checkpoint.note(cleaned(200, 0, 200, 300));
        checkpoint
    }

    #[test]
    fn what_is_written_is_read_back() {
        for checkpoint in [CleanerCheckpoint::NEVER, checkpoint()] {
            let bytes = checkpoint.encode();
            assert_eq!(CleanerCheckpoint::decode(&bytes), Ok(checkpoint));
            fuzz_cleaner_checkpoint(&bytes);
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes = checkpoint().encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(CleanerCheckpoint::decode(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(CleanerCheckpoint::decode(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn numbers_that_contradict_each_other_are_refused() {
        let mut overlapping = checkpoint();
        overlapping.segments[0].covers_to = Offset(101);
        let mut backwards = checkpoint();
        backwards.segments[1].end.offset = Offset(99);
        let mut unknown = checkpoint();
        unknown.replaced = vec![Offset(17)];
        for impossible in [overlapping, backwards, unknown] {
            assert_eq!(
                CleanerCheckpoint::decode(&impossible.encode()),
                Err(CleanerCheckpointError::Impossible)
            );
        }
    }

    #[test]
    fn a_merged_segment_takes_the_place_of_those_that_it_covers() {
        let mut checkpoint = checkpoint();
        checkpoint.note(cleaned(0, 5700, 180, 200));
        let bases: Vec<i64> = checkpoint
            .segments()
            .iter()
            .map(|segment| segment.base_offset.0)
            .collect();
        assert_eq!(bases, [0, 200]);
        checkpoint.forget_below(Offset(200));
        assert_eq!(checkpoint.segments().len(), 1);
    }

    #[test]
    fn a_gap_is_accepted_where_the_segment_ends_to_the_byte_and_nowhere_else() {
        let checkpoint = checkpoint();
        let end = |position, offset| ScanOutcome::CleanEnd {
            end: Place {
                position: Position(position),
                offset: Offset(offset),
            },
        };
        assert_eq!(
            checkpoint.reached(Offset(100), end(5000, 180)),
            end(5000, 200)
        );
        for outcome in [end(4000, 170), end(5000, 179), end(5001, 180)] {
            assert_eq!(checkpoint.reached(Offset(100), outcome), outcome);
        }
        assert_eq!(
            checkpoint.reached(Offset(300), end(5000, 180)),
            end(5000, 180)
        );
    }
}
