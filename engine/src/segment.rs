//! One segment: a `.log` file with its two indexes, and what is known of its contents.
//!
//! Shard-local. Invariants: `end` is a batch boundary; index entries point at batch starts below `end`; the time
//! index holds the running maximum of timestamps. The indexes hold what was appended, not what was flushed: after
//! a crash they are made again from the log and are never evidence about it.

use std::rc::Rc;

use crate::aborted_index::AbortedRange;
use crate::batch::RecordBatchHeader;
use crate::index::{OffsetIndex, TimeIndex};
use crate::log_config::LogConfig;
use crate::marker::Verdict;
use crate::producer_state::Decided;
use crate::recovery::Place;
use crate::types::{Offset, Position, TimestampMs};
use crate::unlink::Readers;

/// The two indexes of a segment, in memory.
#[derive(Clone, Debug)]
pub(crate) struct Indexes {
    pub(crate) offset: OffsetIndex,
    pub(crate) time: TimeIndex,
}

impl Indexes {
    pub(crate) fn new(base_offset: Offset) -> Indexes {
        Indexes {
            offset: OffsetIndex::new(base_offset),
            time: TimeIndex::new(base_offset),
        }
    }
}

/// What a segment knew at a moment, apart from its indexes.
#[derive(Clone, Copy)]
pub(crate) struct SegmentMark {
    end: Position,
    next_offset: Offset,
    max_timestamp: TimestampMs,
    offset_of_max_timestamp: Offset,
    first_timestamp: Option<TimestampMs>,
    bytes_since_index_entry: u64,
}

/// See the module. `F` is the disk's file.
pub(crate) struct Segment<F> {
    pub(crate) base_offset: Offset,
    /// None while it is not open: sealed segments are opened when they are read.
    pub(crate) file: Option<F>,
    /// Where the next batch goes; the file may be longer, allocated ahead with zeros.
    pub(crate) end: Position,
    /// The offset after the last record.
    pub(crate) next_offset: Offset,
    /// None while they have not been read from their files: sealed segments load them when first looked up.
    pub(crate) indexes: Option<Rc<Indexes>>,
    pub(crate) max_timestamp: TimestampMs,
    /// The ranges that markers in this segment have decided against, in the order of the markers.
    pub(crate) aborted: Vec<AbortedRange>,
    /// When the file changed last, for retention of records without a sensible timestamp.
    pub(crate) last_modified: TimestampMs,
    /// Whether the indexes were made again because they did not fit the log.
    pub(crate) index_was_blamed: bool,
    /// Who may read the file.
    pub(crate) readers: Readers,
    created: TimestampMs,
    offset_of_max_timestamp: Offset,
    /// The timestamp of the first batch, from which `segment.ms` and `max.compaction.lag.ms` count.
    pub(crate) first_timestamp: Option<TimestampMs>,
    bytes_since_index_entry: u64,
}

impl<F> Segment<F> {
    /// An empty segment.
    pub(crate) fn new(base_offset: Offset, file: Option<F>, now: TimestampMs) -> Segment<F> {
        Segment {
            base_offset,
            file,
            end: Position::ZERO,
            next_offset: base_offset,
            indexes: Some(Rc::new(Indexes::new(base_offset))),
            max_timestamp: TimestampMs::NONE,
            aborted: Vec::new(),
            last_modified: now,
            index_was_blamed: false,
            readers: Readers::default(),
            created: now,
            offset_of_max_timestamp: base_offset,
            first_timestamp: None,
            bytes_since_index_entry: 0,
        }
    }

    /// A segment whose contents up to `end` are known from its indexes rather than from a scan.
    pub(crate) fn known(
        base_offset: Offset,
        file: Option<F>,
        end: Position,
        next_offset: Offset,
        indexes: Rc<Indexes>,
        now: TimestampMs,
    ) -> Segment<F> {
        let last = indexes.time.last();
        let from = indexes
            .offset
            .last()
            .map_or(Position::ZERO, |entry| entry.position);
        let first_timestamp = indexes.time.iter().next().map(|entry| entry.timestamp);
        Segment {
            end,
            next_offset,
            max_timestamp: last.map_or(TimestampMs::NONE, |entry| entry.timestamp),
            offset_of_max_timestamp: last.map_or(base_offset, |entry| entry.offset),
            first_timestamp,
            bytes_since_index_entry: end.distance_from(from).unwrap_or(0),
            indexes: Some(indexes),
            ..Segment::new(base_offset, file, now)
        }
    }

    /// Where the next batch goes, with its offset.
    pub(crate) fn end_place(&self) -> Place {
        Place {
            position: self.end,
            offset: self.next_offset,
        }
    }

    /// Goes on at `place`: what lies before it is known, or damaged.
    pub(crate) fn skip_to(&mut self, place: Place) {
        self.end = place.position;
        self.next_offset = place.offset;
    }

    /// Takes note of a batch that goes to the end of the segment.
    pub(crate) fn note(
        &mut self,
        batch: &RecordBatchHeader,
        last_offset: Offset,
        size: u64,
        config: &LogConfig,
    ) {
        // The time of a batch that compaction has kept without its records is that of nothing to be found.
        let max_timestamp = match batch.record_count() {
            0 => TimestampMs::NONE,
            _ => batch.max_timestamp(),
        };
        if max_timestamp > self.max_timestamp {
            self.max_timestamp = max_timestamp;
            self.offset_of_max_timestamp = last_offset;
        }
        self.first_timestamp.get_or_insert(max_timestamp);
        if self.bytes_since_index_entry > u64::from(config.index_interval_bytes) {
            self.add_index_entries(last_offset);
            self.bytes_since_index_entry = 0;
        }
        self.bytes_since_index_entry += size;
        self.end = self
            .end
            .plus(size)
            .expect("a segment is rolled far below 2^64 bytes");
        self.next_offset = last_offset
            .next()
            .expect("checked when the offset was assigned");
    }

    /// Takes note of what a marker at the end of the segment has decided, behind which `undecided` is the first offset
    /// that is not.
    pub(crate) fn note_decided(&mut self, decided: &Decided, undecided: Option<Offset>) {
        if decided.verdict == Verdict::Abort {
            self.aborted.push(AbortedRange::new(decided, undecided));
        }
    }

    fn add_index_entries(&mut self, last_offset: Offset) {
        let position = self.end;
        let (timestamp, offset) = (self.max_timestamp, self.offset_of_max_timestamp);
        let Some(indexes) = &mut self.indexes else {
            return;
        };
        // A reader that still holds the indexes keeps the old ones; that is rare and costs a copy.
        let indexes = Rc::make_mut(indexes);
        // `must_roll` has kept offsets and positions within reach, so that neither can fail for overflow; an entry
        // that does not rise is no harm: the next lookup scans a little further.
        let _ = indexes.offset.append(last_offset, position);
        let _ = indexes.time.maybe_append(timestamp, offset);
    }

    /// What [`Segment::restore`] goes back to.
    pub(crate) fn mark(&self) -> SegmentMark {
        SegmentMark {
            end: self.end,
            next_offset: self.next_offset,
            max_timestamp: self.max_timestamp,
            offset_of_max_timestamp: self.offset_of_max_timestamp,
            first_timestamp: self.first_timestamp,
            bytes_since_index_entry: self.bytes_since_index_entry,
        }
    }

    /// Forgets what was noted since `mark`, because it could not be written.
    pub(crate) fn restore(&mut self, mark: SegmentMark) {
        self.end = mark.end;
        self.next_offset = mark.next_offset;
        self.max_timestamp = mark.max_timestamp;
        self.offset_of_max_timestamp = mark.offset_of_max_timestamp;
        self.first_timestamp = mark.first_timestamp;
        self.bytes_since_index_entry = mark.bytes_since_index_entry;
        if let Some(indexes) = &mut self.indexes {
            let indexes = Rc::make_mut(indexes);
            indexes.offset.truncate_to(mark.next_offset);
            indexes.time.truncate_to(mark.next_offset);
        }
    }

    /// Closes the time index with the segment's maximum, as Kafka does before a segment is sealed.
    pub(crate) fn seal_time_index(&mut self) {
        let (timestamp, offset) = (self.max_timestamp, self.offset_of_max_timestamp);
        if let (Some(indexes), true) = (&mut self.indexes, timestamp > TimestampMs::NONE) {
            let _ = Rc::make_mut(indexes).time.maybe_append(timestamp, offset);
        }
    }

    /// Tells whether a batch must go to a new segment: by size, age, full index, or offsets out of the index's reach.
    /// `length` counts the batch and what goes in front of it in the same group; `timestamp` is the batch's largest.
    ///
    /// `roll_seed` is the partition's own, for the jitter.
    ///
    /// Age is the distance between records, as in Kafka, so that a copy of old records does not roll at each batch;
    /// only where they have no timestamps it is that of the segment.
    pub(crate) fn must_roll(
        &self,
        last_offset: Offset,
        length: u64,
        timestamp: TimestampMs,
        config: &LogConfig,
        roll_seed: u64,
        now: TimestampMs,
    ) -> bool {
        if self.end == Position::ZERO {
            return false;
        }
        let full = self.end.0 + length > u64::from(config.segment_bytes);
        let age_ms = match self.first_timestamp {
            Some(first) if first > TimestampMs::NONE => timestamp.since_ms(first),
            _ => now.since_ms(self.created),
        };
        let roll_after_ms = config.roll_after_ms(roll_seed ^ self.base_offset.0.cast_unsigned());
        let aged = u64::try_from(age_ms).is_ok_and(|age_ms| age_ms > roll_after_ms);
        let index_full = self.indexes.as_ref().is_some_and(|indexes| {
            indexes.offset.len() as u64 >= u64::from(config.segment_index_bytes) / 8
                || indexes.time.len() as u64 >= u64::from(config.segment_index_bytes) / 12
        });
        full || aged || index_full || last_offset.relative_to(self.base_offset).is_none()
    }
}
