//! The walk over the batches of a segment file, which goes on behind damage.
//!
//! What is found comes in file order: a whole batch, a stretch of damage, or zeros up to the end as a file that was
//! allocated ahead has them. After damage the walk looks for the next place where a whole batch with a matching CRC
//! starts whose offsets are not below the expected ones, so that a lost length field costs one batch, not the rest.
//! The fields that the CRC does not cover are judged by the neighbours: where the batch behind pins what a base offset
//! or an epoch has to be, the field is what is damaged, and the records are not. Pure but for what [`LogBytes`] reads.

use std::fmt;
use std::io;

use super::{LogBytes, RANGE_BYTES_MAX};
use crate::batch::{Gaps, HEADER_LENGTH, MAGIC_V2, RecordBatchHeader, crc32c};
use crate::leader_epoch::LeaderEpochs;

/// Bytes searched at a time for the next batch after damage.
const SEARCH_BYTES: u64 = 1 << 20;
/// The first byte that the CRC covers.
const CRC_START: usize = 21;
/// Where the magic lies in a batch of every version.
const MAGIC_INDEX: usize = 16;

/// How closely batches are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Headers only: bodies are skipped unread, CRCs are not checked.
    Headers,
    /// Every byte: CRCs are checked and [`Batch::bytes`] holds the batch.
    Contents,
}

/// One thing found in the file.
#[derive(Debug)]
pub enum Found<'a> {
    /// A batch.
    Batch(Batch<'a>),
    /// Bytes that are no batch, or a batch that lies.
    Damage(Damage),
    /// Nothing but zeros up to the end of the file.
    Zeros {
        /// Where they start.
        position: u64,
        /// How many there are.
        length: u64,
    },
}

/// A whole batch.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Where it starts.
    pub position: u64,
    /// Its header.
    pub header: RecordBatchHeader,
    /// Its size.
    pub length: u64,
    /// The offset that would have followed the batch before, when this one starts above it.
    pub gap_from: Option<i64>,
    /// The whole batch; empty when only headers are read.
    pub bytes: &'a [u8],
}

/// A stretch of the file that cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it starts.
    pub position: u64,
    /// Bytes up to the next whole batch or the end.
    pub length: u64,
    /// The offset that was expected there.
    pub expected_offset: i64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong with a stretch of damage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// The file ends within a batch, as after a crash in the middle of a write.
    TornTail {
        /// Bytes that the batch says it has.
        claimed: u64,
    },
    /// The CRC does not match the bytes.
    BadCrc {
        /// What the header says.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
    /// No batch can have this length.
    BadLength {
        /// The length field.
        batch_length: i32,
    },
    /// No format has this magic.
    BadMagic {
        /// The magic.
        magic: i8,
    },
    /// A message set of before Kafka 0.11.
    OldFormat {
        /// The magic.
        magic: i8,
    },
    /// The offsets of the header make no sense.
    BadOffsets {
        /// The base offset field.
        base_offset: i64,
        /// The last offset delta field.
        last_offset_delta: i32,
    },
    /// The batch starts below the end of the one before.
    OffsetBack {
        /// The base offset field.
        base_offset: i64,
    },
    /// Zeros with something behind them.
    ZerosInside,
    /// The batch is whole, and its base offset is not the one that the batches around it leave for it.
    WrongBaseOffset {
        /// The base offset field.
        base_offset: i64,
    },
    /// The batch is whole, and its leader epoch is neither that of its neighbours nor that of the checkpoint.
    WrongEpoch {
        /// The epoch field.
        leader_epoch: i32,
        /// What it has to be.
        expected: i32,
    },
    /// Offsets are missing although no byte between the batches is: of length 0, in front of a whole batch.
    Missing {
        /// Where the log goes on.
        base_offset: i64,
    },
    /// The batch lies beyond the base offset of the next segment, or begins a segment that is named otherwise.
    Foreign {
        /// The base offset field.
        base_offset: i64,
    },
}

impl DamageKind {
    /// A name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            DamageKind::TornTail { .. } => "torn-tail",
            DamageKind::BadCrc { .. } => "bad-crc",
            DamageKind::BadLength { .. } => "bad-length",
            DamageKind::BadMagic { .. } => "bad-magic",
            DamageKind::OldFormat { .. } => "old-format",
            DamageKind::BadOffsets { .. } => "bad-offsets",
            DamageKind::OffsetBack { .. } => "offset-back",
            DamageKind::ZerosInside => "zeros-inside",
            DamageKind::WrongBaseOffset { .. } => "wrong-base-offset",
            DamageKind::WrongEpoch { .. } => "wrong-epoch",
            DamageKind::Missing { .. } => "missing-offsets",
            DamageKind::Foreign { .. } => "foreign-batch",
        }
    }
}

impl fmt::Display for DamageKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DamageKind::TornTail { claimed } => {
                write!(formatter, "the file ends within a batch of {claimed} bytes")
            }
            DamageKind::BadCrc { stored, computed } => {
                write!(
                    formatter,
                    "CRC-32C is {computed:#010x}, the header says {stored:#010x}"
                )
            }
            DamageKind::BadLength { batch_length } => {
                write!(formatter, "impossible batch length {batch_length}")
            }
            DamageKind::BadMagic { magic } => write!(formatter, "unknown magic {magic}"),
            DamageKind::OldFormat { magic } => {
                write!(
                    formatter,
                    "message format {magic}, of before Kafka 0.11, is not read"
                )
            }
            DamageKind::BadOffsets {
                base_offset,
                last_offset_delta,
            } => {
                write!(
                    formatter,
                    "impossible base offset {base_offset} with last offset delta {last_offset_delta}"
                )
            }
            DamageKind::OffsetBack { base_offset } => {
                write!(formatter, "base offset goes back to {base_offset}")
            }
            DamageKind::ZerosInside => {
                formatter.write_str("zeros where a batch belongs, and data behind them")
            }
            DamageKind::WrongBaseOffset { base_offset } => {
                write!(
                    formatter,
                    "base offset {base_offset} in a batch that is whole otherwise"
                )
            }
            DamageKind::WrongEpoch {
                leader_epoch,
                expected,
            } => {
                write!(
                    formatter,
                    "leader epoch {leader_epoch} in a batch that is whole otherwise; it was written in epoch {expected}"
                )
            }
            DamageKind::Missing { base_offset } => {
                write!(
                    formatter,
                    "offsets are missing: the log goes on with {base_offset}"
                )
            }
            DamageKind::Foreign { base_offset } => {
                write!(
                    formatter,
                    "base offset {base_offset} does not belong into this segment"
                )
            }
        }
    }
}

/// What the walk expects of a file.
#[derive(Clone, Debug)]
pub struct WalkFrom<'a> {
    /// The offset that the first batch has, or the lowest that it may have.
    pub base_offset: i64,
    /// How closely to look.
    pub depth: Depth,
    /// Whether offsets are dense, or compaction may have left gaps.
    pub gaps: Gaps,
    /// The base offset of the next segment: no offset of this one reaches it.
    pub offset_limit: Option<i64>,
    /// The epochs of the partition's checkpoint, where there is one that can be believed.
    pub epochs: Option<&'a LeaderEpochs>,
}

impl WalkFrom<'_> {
    /// A walk that takes offsets and epochs as they come.
    #[must_use]
    pub fn any(base_offset: i64, depth: Depth) -> Self {
        WalkFrom {
            base_offset,
            depth,
            gaps: Gaps::Allowed,
            offset_limit: None,
            epochs: None,
        }
    }
}

/// The walk over one file.
pub struct Batches<'w, S> {
    source: S,
    from: WalkFrom<'w>,
    position: u64,
    expected_offset: i64,
    last_epoch: Option<i32>,
    /// Damage lies directly before the position, so that the next offset may be any later one.
    is_behind_damage: bool,
}

impl<'w, S: LogBytes> Batches<'w, S> {
    /// The walk over all of `source`.
    pub fn new(source: S, from: WalkFrom<'w>) -> Self {
        Batches {
            source,
            position: 0,
            expected_offset: from.base_offset,
            last_epoch: None,
            is_behind_damage: false,
            from,
        }
    }

    /// What is walked over.
    pub fn source(&mut self) -> &mut S {
        &mut self.source
    }

    /// The offset that follows everything found so far.
    pub fn next_offset(&self) -> i64 {
        self.expected_offset
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        self.source.length()
    }

    /// The next thing in the file; `None` at its end.
    ///
    /// # Errors
    /// Fails where the source cannot be read.
    pub fn advance(&mut self) -> io::Result<Option<Found<'_>>> {
        let position = self.position;
        if position >= self.source.length() {
            return Ok(None);
        }
        let kind = match self.judge()? {
            Verdict::Good(header, length) => {
                return Ok(Some(Found::Batch(self.take(header, length)?)));
            }
            Verdict::Skip {
                kind,
                length,
                next_offset,
            } => {
                self.position += length;
                let damage = self.damage(position, kind);
                self.expected_offset = next_offset;
                self.is_behind_damage = true;
                return Ok(Some(Found::Damage(damage)));
            }
            Verdict::Zeros => match self.first_nonzero(position)? {
                None => {
                    self.position = self.source.length();
                    return Ok(Some(Found::Zeros {
                        position,
                        length: self.position - position,
                    }));
                }
                Some(_) => DamageKind::ZerosInside,
            },
            Verdict::Bad(kind) => kind,
        };
        self.position = self.search(position + 1)?;
        self.is_behind_damage = true;
        let kind = match kind {
            // A length beyond the end with whole batches behind it is a flipped bit, not the end of the log.
            DamageKind::TornTail { claimed } if self.position < self.source.length() => {
                DamageKind::BadLength {
                    batch_length: i32::try_from(claimed).unwrap_or(i32::MAX),
                }
            }
            kind => kind,
        };
        Ok(Some(Found::Damage(self.damage(position, kind))))
    }

    fn damage(&self, position: u64, kind: DamageKind) -> Damage {
        Damage {
            position,
            length: self.position - position,
            expected_offset: self.expected_offset,
            kind,
        }
    }

    fn take(&mut self, header: RecordBatchHeader, length: u64) -> io::Result<Batch<'_>> {
        let position = self.position;
        let base_offset = header.base_offset().0;
        let gap_from = (base_offset > self.expected_offset).then_some(self.expected_offset);
        self.position += length;
        self.is_behind_damage = false;
        self.last_epoch = Some(header.leader_epoch().0);
        self.expected_offset = header
            .next_offset()
            .map_or(self.expected_offset, |offset| offset.0);
        let bytes = match self.from.depth {
            Depth::Headers => &[],
            Depth::Contents => self.source.bytes(position, length)?,
        };
        Ok(Batch {
            position,
            header,
            length,
            gap_from,
            bytes,
        })
    }

    /// Judges what starts at the current position.
    fn judge(&mut self) -> io::Result<Verdict> {
        let position = self.position;
        let remaining = self.source.length() - position;
        let head = self.source.bytes(position, HEADER_LENGTH as u64)?;
        if head.iter().all(|byte| *byte == 0) {
            return Ok(Verdict::Zeros);
        }
        let Some(header) = RecordBatchHeader::view(head).copied() else {
            return Ok(Verdict::Bad(DamageKind::TornTail {
                claimed: HEADER_LENGTH as u64,
            }));
        };
        let length = match whole_length(&header) {
            Ok(length) => length,
            Err(kind) => return Ok(Verdict::Bad(kind)),
        };
        if length > remaining {
            return Ok(Verdict::Bad(DamageKind::TornTail { claimed: length }));
        }
        if self.from.depth == Depth::Contents {
            let computed = crc32c(&self.source.bytes(position, length)?[CRC_START..]);
            if computed != header.crc() {
                return Ok(Verdict::Bad(DamageKind::BadCrc {
                    stored: header.crc(),
                    computed,
                }));
            }
        }
        Ok(match self.misplacement(&header, length)? {
            Some(verdict) => verdict,
            None => Verdict::Good(header, length),
        })
    }

    /// What is wrong with the place of a batch that is whole.
    fn misplacement(
        &mut self,
        header: &RecordBatchHeader,
        length: u64,
    ) -> io::Result<Option<Verdict>> {
        let base_offset = header.base_offset().0;
        let next_offset = header.next_offset().map_or(i64::MAX, |offset| offset.0);
        let expected = self.expected_offset;
        if base_offset != expected && self.is_pinned(header, length)? {
            return Ok(Some(Verdict::Skip {
                kind: DamageKind::WrongBaseOffset { base_offset },
                length,
                next_offset: expected + i64::from(header.last_offset_delta()) + 1,
            }));
        }
        let skip = |kind| Verdict::Skip {
            kind,
            length,
            next_offset: expected,
        };
        if base_offset < expected {
            return Ok(Some(skip(DamageKind::OffsetBack { base_offset })));
        }
        if self
            .from
            .offset_limit
            .is_some_and(|limit| next_offset > limit)
        {
            return Ok(Some(skip(DamageKind::Foreign { base_offset })));
        }
        let is_jump = base_offset > expected && !self.is_behind_damage;
        if is_jump && self.from.gaps == Gaps::Refused {
            return Ok(Some(match self.position {
                0 => Verdict::Skip {
                    kind: DamageKind::Foreign { base_offset },
                    length: self.source.length(),
                    next_offset: expected,
                },
                _ => Verdict::Skip {
                    kind: DamageKind::Missing { base_offset },
                    length: 0,
                    next_offset: expected,
                },
            }));
        }
        self.wrong_epoch(header, length)
    }

    /// Whether what lies around the batch leaves only the expected base offset for it.
    fn is_pinned(&mut self, header: &RecordBatchHeader, length: u64) -> io::Result<bool> {
        if self.from.depth == Depth::Headers {
            return Ok(false);
        }
        let delta = i64::from(header.last_offset_delta());
        let Some(end) = self.expected_offset.checked_add(delta + 1) else {
            return Ok(false);
        };
        let behind = self.peek(self.position + length)?;
        Ok(match (behind, self.from.offset_limit) {
            (Some(behind), _) => behind.base_offset().0 == end,
            (None, _) if self.is_behind_damage || self.from.gaps == Gaps::Allowed => false,
            (None, Some(limit)) => limit == end,
            // Nothing lies behind it. A batch that is whole and one bit away from its place has that bit flipped.
            (None, None) => (header.base_offset().0 ^ self.expected_offset).count_ones() == 1,
        })
    }

    fn wrong_epoch(
        &mut self,
        header: &RecordBatchHeader,
        length: u64,
    ) -> io::Result<Option<Verdict>> {
        let found = header.leader_epoch().0;
        let base_offset = header.base_offset();
        let known = self
            .from
            .epochs
            .and_then(|epochs| epochs.epoch_for_offset(base_offset));
        let expected = known.map(|epoch| epoch.0).or(self.last_epoch);
        let Some(expected) = expected.filter(|expected| *expected != found) else {
            return Ok(None);
        };
        if self.from.depth == Depth::Headers {
            return Ok(None);
        }
        let behind = self.peek(self.position + length)?;
        let epoch_behind = behind
            .filter(|behind| Some(behind.base_offset()) == header.next_offset())
            .map(|behind| behind.leader_epoch().0);
        // Two batches that agree with each other outweigh the checkpoint; without one, epochs rise from time to time.
        let is_wrong = match known {
            Some(_) => epoch_behind != Some(found),
            None => epoch_behind == Some(expected),
        };
        Ok(is_wrong.then(|| Verdict::Skip {
            kind: DamageKind::WrongEpoch {
                leader_epoch: found,
                expected,
            },
            length,
            next_offset: header
                .next_offset()
                .map_or(self.expected_offset, |offset| offset.0),
        }))
    }

    /// The header at `position`, where one of this format seems to start.
    fn peek(&mut self, position: u64) -> io::Result<Option<RecordBatchHeader>> {
        let bytes = self.source.bytes(position, HEADER_LENGTH as u64)?;
        let header = RecordBatchHeader::view(bytes).copied();
        Ok(header.filter(|header| header.magic() == MAGIC_V2 && header.size().is_some()))
    }

    fn first_nonzero(&mut self, from: u64) -> io::Result<Option<u64>> {
        let mut position = from;
        while position < self.source.length() {
            let bytes = self.source.bytes(position, SEARCH_BYTES)?;
            if let Some(index) = bytes.iter().position(|byte| *byte != 0) {
                return Ok(Some(position + index as u64));
            }
            if bytes.is_empty() {
                break;
            }
            position += bytes.len() as u64;
        }
        Ok(None)
    }

    /// The first position from `from` on where a whole, intact, expected batch starts; the end of the file without one.
    fn search(&mut self, from: u64) -> io::Result<u64> {
        let file_bytes = self.source.length();
        let mut start = from;
        while start < file_bytes {
            let bytes = self.source.bytes(start, SEARCH_BYTES)?;
            let candidates: Vec<u64> = plausible_starts(bytes, self.expected_offset)
                .map(|index| start + index as u64)
                .collect();
            let searched = bytes.len() as u64;
            for candidate in candidates {
                if self.is_intact(candidate)? {
                    return Ok(candidate);
                }
            }
            if searched < HEADER_LENGTH as u64 {
                break;
            }
            // The last positions of a piece lack a whole header: the next piece starts there.
            start += searched - (HEADER_LENGTH as u64 - 1);
        }
        Ok(file_bytes)
    }

    fn is_intact(&mut self, position: u64) -> io::Result<bool> {
        let head = self.source.bytes(position, HEADER_LENGTH as u64)?;
        let Some(header) = RecordBatchHeader::view(head).copied() else {
            return Ok(false);
        };
        let Ok(length) = whole_length(&header) else {
            return Ok(false);
        };
        let bytes = self.source.bytes(position, length)?;
        Ok(bytes.len() as u64 == length && crc32c(&bytes[CRC_START..]) == header.crc())
    }
}

/// What starts at a position.
enum Verdict {
    Good(RecordBatchHeader, u64),
    /// Damage of known length, and the offset that is expected behind it.
    Skip {
        kind: DamageKind,
        length: u64,
        next_offset: i64,
    },
    Zeros,
    Bad(DamageKind),
}

/// The size of the batch that `header` starts, when the header can be believed.
fn whole_length(header: &RecordBatchHeader) -> Result<u64, DamageKind> {
    let batch_length = header.batch_length();
    match header.magic() {
        MAGIC_V2 => {}
        magic @ (0 | 1) => return Err(DamageKind::OldFormat { magic }),
        magic => return Err(DamageKind::BadMagic { magic }),
    }
    let size = header
        .size()
        .map(|size| size as u64)
        .filter(|size| *size <= RANGE_BYTES_MAX);
    let size = size.ok_or(DamageKind::BadLength { batch_length })?;
    let base_offset = header.base_offset().0;
    match header.next_offset() {
        Some(_) if base_offset >= 0 => Ok(size),
        _ => Err(DamageKind::BadOffsets {
            base_offset,
            last_offset_delta: header.last_offset_delta(),
        }),
    }
}

/// Indexes in `bytes` where the header of an expected batch might start.
fn plausible_starts(bytes: &[u8], expected_offset: i64) -> impl Iterator<Item = usize> + '_ {
    let starts = 0..(bytes.len() + 1).saturating_sub(HEADER_LENGTH);
    starts.filter(move |start| {
        bytes[start + MAGIC_INDEX] == MAGIC_V2 as u8
            && RecordBatchHeader::view(&bytes[*start..]).is_some_and(|header| {
                header.base_offset().0 >= expected_offset && whole_length(header).is_ok()
            })
    })
}

#[cfg(test)]
pub(crate) mod tests;
