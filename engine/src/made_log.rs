//! Logs made of a fuzzer's bytes: valid ones, so that every input reaches what lies behind the first checks, and then
//! damaged in the ways that disks damage files.
//!
//! Pure; for the entry points of fuzz targets only. Invariant: equal bytes make equal logs; a log that is not damaged is
//! one that the engine could have written.

use bytes::Bytes;

use crate::batch::{Gaps, RecordBatchHeader, ScanFrom, sequence_plus};
use crate::compress::Compression;
use crate::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
use crate::types::{LeaderEpoch, Offset, Position, ProducerId};

/// Batches of one log: enough for several segments of anything that is looked for.
const BATCHES_MAX: usize = 24;
const RECORDS_MAX: u64 = 4;
const PRODUCERS: u64 = 3;
/// Keys that records share.
pub(crate) const KEYS: u64 = 5;
/// Larger than any batch that is made.
pub(crate) const BATCH_BYTES_MAX: usize = 1 << 16;
/// Where the epoch of a leader lies in a batch, which is the only field that a change of goes unnoticed here.
const EPOCH_RANGE: std::ops::Range<usize> = 12..16;
/// Where the checksum lies, and behind it what it covers: all but base offset, length, epoch and magic.
const BODY_START: usize = 17;

/// A fuzzer's bytes as decisions; zeros when they have run out.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Input<'a> {
        Input(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `end`; 0 when that is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let mut number = u64::from(self.byte());
        if end > 256 {
            number = number << 16 | u64::from(self.byte()) << 8 | u64::from(self.byte());
        }
        number.checked_rem(end).unwrap_or(0)
    }

    /// An index below `end`.
    pub(crate) fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or(0)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.is_empty()
    }
}

/// A batch of a made log.
#[derive(Clone)]
pub(crate) struct MadeBatch {
    pub(crate) position: usize,
    pub(crate) bytes: Bytes,
}

impl MadeBatch {
    pub(crate) fn header(&self) -> &RecordBatchHeader {
        RecordBatchHeader::view(&self.bytes).expect("it was built with a header")
    }

    /// Behind the batch.
    pub(crate) fn end(&self) -> usize {
        self.position + self.bytes.len()
    }
}

/// What a log may hold.
#[derive(Clone, Copy)]
pub(crate) struct Making {
    /// Whether offsets are missing between batches.
    pub(crate) gaps: Gaps,
    /// Whether batches are compressed.
    pub(crate) is_compressed: bool,
}

/// A log in memory.
pub(crate) struct MadeLog {
    pub(crate) base_offset: Offset,
    pub(crate) batches: Vec<MadeBatch>,
    /// The file: the batches, until it is damaged.
    pub(crate) file: Vec<u8>,
}

struct Maker {
    offset: i64,
    epoch: i32,
    timestamp_ms: i64,
    sequences: [i32; PRODUCERS as usize],
}

impl Maker {
    fn batch(&mut self, input: &mut Input<'_>, making: Making) -> Bytes {
        let shape = input.byte();
        if shape & 0x80 != 0 {
            self.epoch += 1;
        }
        if shape & 0x40 != 0 && making.gaps == Gaps::Allowed {
            self.offset += 1 + i64::from(input.byte());
        }
        let codecs = [Compression::None, Compression::Lz4, Compression::Snappy];
        let compression = match making.is_compressed {
            true => codecs[usize::from(shape >> 4 & 3) % codecs.len()],
            false => Compression::None,
        };
        let count = 1 + input.below(RECORDS_MAX);
        let producer = usize::from(shape & 3);
        let producer = self.sequences.get_mut(producer).map(|next| {
            let base_sequence = *next;
            *next = sequence_plus(base_sequence, i32::try_from(count).unwrap_or(1));
            ProducerFields {
                id: ProducerId(i64::from(shape & 3)),
                epoch: 0,
                base_sequence,
            }
        });
        let mut builder = BatchBuilder::new(BatchOptions {
            compression,
            producer,
            base_offset: Offset(self.offset),
            leader_epoch: LeaderEpoch(self.epoch),
            ..BatchOptions::default()
        });
        for _ in 0..count {
            self.record(&mut builder, input);
        }
        self.offset += i64::try_from(count).unwrap_or(0);
        builder
            .build()
            .expect("small records whose timestamps are near each other are a batch")
    }

    fn record(&mut self, builder: &mut BatchBuilder, input: &mut Input<'_>) {
        let shape = input.byte();
        // Timestamps rise and fall.
        self.timestamp_ms += i64::from(input.byte()) - 96;
        let key = [b'k', shape & 7];
        let value = vec![shape | 1; usize::from(shape >> 3) * 8];
        let record = NewRecord {
            timestamp_ms: self.timestamp_ms,
            key: (u64::from(shape & 7) < KEYS).then_some(&key),
            value: (shape >> 3 != 0).then_some(&value),
            headers: &[],
        };
        builder
            .append(&record)
            .expect("a small record near the one before fits");
    }
}

impl MadeLog {
    /// A valid log.
    pub(crate) fn make(input: &mut Input<'_>, making: Making) -> MadeLog {
        let base_offset = Offset(i64::from(input.byte()) * 1000);
        let count = 1 + input.index(BATCHES_MAX);
        let mut maker = Maker {
            offset: base_offset.0,
            epoch: 0,
            timestamp_ms: 1_000_000,
            sequences: [0; PRODUCERS as usize],
        };
        let (mut batches, mut file) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let bytes = maker.batch(input, making);
            let position = file.len();
            file.extend_from_slice(&bytes);
            batches.push(MadeBatch { position, bytes });
        }
        MadeLog {
            base_offset,
            batches,
            file,
        }
    }

    /// Where a walk over the file begins.
    pub(crate) fn walk_from(&self, gaps: Gaps) -> ScanFrom {
        ScanFrom {
            position: Position::ZERO,
            offset: self.base_offset,
            epoch_min: LeaderEpoch(0),
            epoch_max: LeaderEpoch(i32::MAX),
            gaps,
            batch_bytes_max: BATCH_BYTES_MAX,
        }
    }

    /// Where the log ends.
    pub(crate) fn end_offset(&self) -> Offset {
        let last = self
            .batches
            .last()
            .and_then(|last| last.header().next_offset());
        last.unwrap_or(self.base_offset)
    }

    /// Damages the file, in up to three places.
    pub(crate) fn damage(&mut self, input: &mut Input<'_>) {
        for _ in 0..1 + input.below(3) {
            self.damage_once(input);
        }
    }

    fn damage_once(&mut self, input: &mut Input<'_>) {
        let length = self.file.len();
        let kind = input.below(6);
        let at = input.index(length);
        let count = input.index(length.saturating_sub(at).min(2048) + 1);
        match kind {
            // Rot.
            0 if length > 0 => self.file[at] ^= 1 << input.below(8),
            // Sectors that never arrived.
            1 => self.file[at..at + count].fill(0),
            // The end is missing.
            2 => self.file.truncate(at),
            // Space allocated ahead, or what lay there before.
            3 => {
                let stale = input.byte();
                self.file.resize(length + count, stale);
            }
            // A write of this log that landed elsewhere in it.
            4 => {
                let to = input.index(length.saturating_sub(count) + 1);
                self.file.copy_within(at..at + count, to);
            }
            // Garbage: of a seed, since a fuzzer that chose each byte would learn to forge checksums.
            _ => {
                let mut garbage = u32::from(input.byte()) + 1;
                for byte in &mut self.file[at..at + count] {
                    garbage = garbage.wrapping_mul(0x915f_77f5).wrapping_add(1);
                    *byte = garbage.to_be_bytes()[0];
                }
            }
        }
    }

    /// The first byte that is not what the log had, epochs aside, or that is missing; none where nothing is.
    pub(crate) fn first_harm(&self) -> Option<usize> {
        self.batches.iter().find_map(|batch| self.harm_of(batch))
    }

    /// Whether a reader of Kafka's format has to take the file's first `length` bytes for the log's, epochs aside: each
    /// batch is its own, or has the body of another one. The checksum does not cover the base offset, so that a body that
    /// landed in the place of one of its size cannot be told from what was written there.
    pub(crate) fn is_whole_up_to(&self, length: usize) -> bool {
        let mut batches = self.batches.iter();
        batches.all(|batch| {
            let harm = self.harm_of(batch);
            harm.is_none_or(|harm| harm >= length) || self.has_body_of_another(batch)
        })
    }

    /// The first byte of `batch` that is not what the log had, its epoch aside, or that is missing.
    fn harm_of(&self, batch: &MadeBatch) -> Option<usize> {
        let held = self.file.get(batch.position..).unwrap_or_default();
        let harmed = batch.bytes.iter().enumerate().find(|(index, byte)| {
            let held = held.get(*index);
            held.is_none() || held != Some(*byte) && !EPOCH_RANGE.contains(index)
        });
        harmed.map(|(index, _)| batch.position + index)
    }

    /// Whether the file holds the start of `batch` and behind it the body of one that is as long.
    fn has_body_of_another(&self, batch: &MadeBatch) -> bool {
        let Some(held) = self.file.get(batch.position..batch.end()) else {
            return false;
        };
        let (start, body) = held.split_at(BODY_START);
        start[..EPOCH_RANGE.start] == batch.bytes[..EPOCH_RANGE.start]
            && start[EPOCH_RANGE.end..] == batch.bytes[EPOCH_RANGE.end..BODY_START]
            && self
                .batches
                .iter()
                .any(|other| other.bytes[BODY_START..] == *body)
    }
}
