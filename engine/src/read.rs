//! Reads: from an offset or a timestamp to a plan of bytes, without touching the bytes of old records.
//!
//! Shard-local up to the plan, which may cross cores. Invariants: a plan is a whole number of batches of one segment,
//! starts with the batch that holds the asked offset, and ends at or below what the reader may see; the newest bytes
//! come from memory, older ones as ranges of a file that stays open as long as the plan lives.

use std::io;
use std::rc::Rc;

use crate::batch::{HEADER_LENGTH, RecordBatchHeader};
use crate::core_counters;
use crate::file_name::{SegmentFileKind, SegmentFileName};
use crate::index::{OffsetIndex, TimeIndex};
use crate::io::{ChunkSlice, Disk};
use crate::log::DamagedRange;
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::record::Records;
use crate::segment::{Indexes, Segment};
use crate::types::{Offset, Position, TimestampMs, TopicPartition};
use crate::unlink::Reader;

/// Bytes read at a time while looking for a batch boundary in a file.
const WINDOW_BYTES: usize = 8 << 10;

/// What a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// The first record wanted.
    pub offset: Offset,
    /// Bytes wanted at most.
    pub bytes_max: usize,
    /// Whether a first batch larger than `bytes_max` is returned all the same.
    pub at_least_one: bool,
    /// Exclusive end of what the reader may see, where it is lower than the high watermark.
    pub offset_max: Option<Offset>,
}

/// Where the bytes of an answer are.
#[derive(Debug)]
pub struct FetchPlan<F> {
    /// In log order, without a gap.
    pub parts: Vec<FetchPart<F>>,
    /// Bytes of all parts.
    pub length: u64,
    /// The end of what consumers may see.
    pub high_watermark: Offset,
    /// The end of what is decided.
    pub last_stable_offset: Offset,
    /// No record of the plan lies at or behind this offset. It is no further behind the last one than an entry of the
    /// index, or the end of the segment.
    pub end_bound: Offset,
    /// The first offset that the log still holds.
    pub log_start_offset: Offset,
}

/// A piece of an answer.
#[derive(Debug)]
pub enum FetchPart<F> {
    /// Bytes in memory.
    Memory(ChunkSlice),
    /// Bytes of a file that will not change.
    File(FileRange<F>),
}

/// A range of an open log file.
#[derive(Debug)]
pub struct FileRange<F> {
    /// The file; open as long as this lives, even when it has been deleted.
    pub file: F,
    /// The first byte.
    pub position: u64,
    /// How many bytes.
    pub length: u64,
    /// Keeps a deleted file whole while the plan lives.
    _reader: Reader,
}

/// Why a read got no plan.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The offset is not in the log.
    #[error("offset {offset} is outside of {log_start}..={log_end}")]
    OutOfRange {
        /// What was asked for.
        offset: Offset,
        /// The first offset there is.
        log_start: Offset,
        /// The end of the log.
        log_end: Offset,
    },
    /// The file could not be read there.
    #[error(
        "partition {partition}: reading segment {segment} at position {position} for offset {offset}: {source}"
    )]
    Io {
        /// The partition.
        partition: TopicPartition,
        /// The segment's base offset, which names its file.
        segment: Offset,
        /// Where.
        position: Position,
        /// What was looked for.
        offset: Offset,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The bytes there are no batch.
    #[error(
        "partition {partition}: segment {segment} is damaged at position {position}, looking for offset {offset}; see `corelane log verify`"
    )]
    Damaged {
        /// The partition.
        partition: TopicPartition,
        /// The segment's base offset, which names its file.
        segment: Offset,
        /// Where.
        position: Position,
        /// What was looked for.
        offset: Offset,
    },
}

/// A record found by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampedOffset {
    /// The record's timestamp.
    pub timestamp: TimestampMs,
    /// The record's offset.
    pub offset: Offset,
}

/// Which segment a read looks at, and how far it may.
struct Sight {
    segment: Offset,
    /// Batches before are damaged, or belong to no offset that is served from here.
    begin: Position,
    end: Position,
    /// The offset behind the segment's last record.
    next_offset: Offset,
    /// Exclusive end of what may be read, as an offset.
    offset_max: Option<Offset>,
    /// Whether damage is what ends it.
    ends_in_damage: bool,
}

/// A segment as a read sees it: everything copied out, so that nothing is borrowed while waiting for the disk.
struct View<F> {
    partition: TopicPartition,
    segment: Offset,
    file: F,
    reader: Reader,
    begin: Position,
    /// Exclusive end of what may be read.
    end: Position,
    next_offset: Offset,
    offset_max: Option<Offset>,
    ends_in_damage: bool,
    cached_from: Option<u64>,
}

impl<D: Disk> Partition<D> {
    /// Plans a read.
    ///
    /// # Errors
    /// When the offset is outside of the log, or when the place where its batch should be cannot be read.
    pub async fn read(&self, request: ReadRequest) -> Result<FetchPlan<D::File>, ReadError> {
        self.between_swaps(async || self.plan_read(request).await)
            .await
    }

    /// Does `read` again where compaction has replaced a segment meanwhile: positions of the old file and bytes of the
    /// new one do not go together.
    async fn between_swaps<T>(&self, read: impl AsyncFn() -> T) -> T {
        loop {
            let swaps = self.cleaner.swaps();
            let outcome = read().await;
            if self.cleaner.swaps() == swaps {
                return outcome;
            }
        }
    }

    async fn plan_read(&self, request: ReadRequest) -> Result<FetchPlan<D::File>, ReadError> {
        self.cache.borrow().note_reader(self.disk.now_ms());
        let Some(view) = self.view(request.offset, request.offset_max).await? else {
            return Ok(self.plan(Vec::new()));
        };
        let swaps = self.cleaner.swaps();
        let mut indexes = self.indexes(&view).await?;
        let mut walk = Walk::new(self, &view);
        let mut start = walk.checked_batch_of(&indexes.offset, request.offset).await;
        if walk.index_disagrees && self.may_blame_index(view.segment) {
            let made = Rc::new(self.make_indexes(&view).await?);
            walk = Walk::new(self, &view);
            start = walk.checked_batch_of(&made.offset, request.offset).await;
            // Where the log is damaged the new ones end before it, and prove nothing of what comes there.
            if made.offset.len() < indexes.offset.len() {
                start = Err(walk.damaged(Position::ZERO, request.offset));
            }
            if start.is_ok() {
                self.keep_indexes(&view, swaps, &made);
                indexes = made;
            }
        }
        let Some((start, first_size)) = start? else {
            return Ok(self.plan(Vec::new()));
        };
        let limit = view.offset_max;
        let visible_end = match limit.filter(|limit| *limit < self.log.borrow().visible.offset) {
            // The batch that holds the limit is not whole below it.
            Some(limit) => {
                let holding = walk.batch_of(&indexes.offset, limit).await?;
                holding.map_or(view.end, |(position, _)| position)
            }
            None => view.end,
        };
        if start >= visible_end {
            return Ok(self.plan(Vec::new()));
        }
        let end = cut(&indexes.offset, visible_end, start, first_size, request);
        let mut plan = self.plan(self.parts(&view, start, end));
        let behind = indexes.offset.first_from(end).map(|entry| entry.offset);
        plan.end_bound = plan.end_bound.min(behind.unwrap_or(view.next_offset));
        let from_memory = plan.parts.iter().map(FetchPart::memory_length).sum();
        core_counters::planned_read(from_memory, plan.length - from_memory);
        Ok(plan)
    }

    /// The segment to read `offset` from; none when there is nothing to see yet.
    async fn view(
        &self,
        offset: Offset,
        offset_max: Option<Offset>,
    ) -> Result<Option<View<D::File>>, ReadError> {
        let (sight, file, reader) = loop {
            let Some(sight) = self.sight(offset, offset_max)? else {
                return Ok(None);
            };
            let opened = self.file_of(sight.segment).await;
            let file = opened.map_err(|source| ReadError::Io {
                partition: self.id(),
                segment: sight.segment,
                position: Position::ZERO,
                offset,
                source,
            })?;
            // Where the segment has gone meanwhile the next look says so.
            if let Some(reader) = self.reader_of(sight.segment) {
                break (sight, file, reader);
            }
        };
        Ok(Some(View {
            partition: self.id(),
            segment: sight.segment,
            file,
            reader,
            begin: sight.begin,
            end: sight.end,
            next_offset: sight.next_offset,
            offset_max: sight.offset_max,
            ends_in_damage: sight.ends_in_damage,
            cached_from: self.cache.borrow().cached_from(sight.segment),
        }))
    }

    /// What keeps the file of a segment whole that is part of the log.
    pub(crate) fn reader_of(&self, base_offset: Offset) -> Option<Reader> {
        let log = self.log.borrow();
        let mut segments = log.segments.iter();
        let segment = segments.find(|segment| segment.base_offset == base_offset);
        segment.map(|segment| segment.readers.begin())
    }

    fn sight(
        &self,
        offset: Offset,
        offset_max: Option<Offset>,
    ) -> Result<Option<Sight>, ReadError> {
        let log = self.log.borrow();
        let (log_start, log_end) = (log.ends.start(), log.ends.written());
        let damaged = log.damaged.iter().find(|range| range.holds(offset));
        if let Some(range) = damaged.filter(|_| offset >= log_start) {
            return Err(ReadError::Damaged {
                partition: log.partition,
                segment: range.segment,
                position: range.start.position,
                offset,
            });
        }
        if offset < log_start || offset > log_end {
            return Err(ReadError::OutOfRange {
                offset,
                log_start,
                log_end,
            });
        }
        if offset
            >= log
                .visible
                .offset
                .min(offset_max.unwrap_or(log.visible.offset))
        {
            return Ok(None);
        }
        let mut index = log
            .segment_of(offset)
            .expect("the log starts with a segment at or below its start");
        // What was compacted away at the end of a segment, or with all that a segment held, is looked for in the next.
        let holds_later = |segment: &Segment<D::File>| {
            segment.next_offset > offset && segment.end > Position::ZERO
        };
        while !holds_later(&log.segments[index]) && index + 1 < log.segments.len() {
            index += 1;
        }
        let segment = &log.segments[index];
        let end = if segment.base_offset == log.visible.segment {
            log.visible.position
        } else {
            segment.end
        };
        Ok(Some(between_damage(
            &log.damaged,
            offset,
            Sight {
                segment: segment.base_offset,
                begin: Position::ZERO,
                end,
                next_offset: segment.next_offset,
                offset_max,
                ends_in_damage: false,
            },
        )))
    }

    fn plan(&self, parts: Vec<FetchPart<D::File>>) -> FetchPlan<D::File> {
        let length = parts.iter().map(FetchPart::length).sum();
        FetchPlan {
            parts,
            length,
            high_watermark: self.high_watermark(),
            last_stable_offset: self.last_stable_offset(),
            end_bound: self.log_end_offset(),
            log_start_offset: self.log_start_offset(),
        }
    }

    fn parts(
        &self,
        view: &View<D::File>,
        start: Position,
        end: Position,
    ) -> Vec<FetchPart<D::File>> {
        // Looked up again: while the disk was read, chunks may have been evicted.
        let cache = self.cache.borrow();
        let cached_from = cache
            .cached_from(view.segment)
            .unwrap_or(u64::MAX)
            .clamp(start.0, end.0);
        let mut parts = Vec::new();
        if start.0 < cached_from {
            parts.push(FetchPart::File(FileRange {
                file: view.file.clone(),
                position: start.0,
                length: cached_from - start.0,
                _reader: view.reader.clone(),
            }));
        }
        let cached = cache.slices(view.segment, cached_from, end.0);
        parts.extend(cached.into_iter().map(FetchPart::Memory));
        parts
    }

    async fn indexes(&self, view: &View<D::File>) -> Result<Rc<Indexes>, ReadError> {
        let known = {
            let log = self.log.borrow();
            let segment = log
                .segments
                .iter()
                .find(|segment| segment.base_offset == view.segment);
            segment.and_then(|segment| segment.indexes.clone())
        };
        if let Some(indexes) = known {
            return Ok(indexes);
        }
        let swaps = self.cleaner.swaps();
        let indexes = Rc::new(self.load_indexes(view).await?);
        // Else the read begins again.
        self.keep_indexes(view, swaps, &indexes);
        Ok(indexes)
    }

    /// Reads a sealed segment's indexes, or makes them again from the log when they do not look right.
    async fn load_indexes(&self, view: &View<D::File>) -> Result<Indexes, ReadError> {
        let directory = self.directory();
        let read = async |kind| {
            let path = directory.join(SegmentFileName::live(view.segment, kind).to_string());
            self.disk.read_whole(&path).await.ok().flatten()
        };
        let offset = read(SegmentFileKind::OffsetIndex).await;
        let time = read(SegmentFileKind::TimeIndex).await;
        let decoded = offset
            .and_then(|bytes| OffsetIndex::decode(view.segment, &bytes).ok())
            .filter(|index| index.last().is_none_or(|last| last.position < view.end))
            .zip(time.and_then(|bytes| TimeIndex::decode(view.segment, &bytes).ok()));
        if let Some((offset, time)) = decoded {
            return Ok(Indexes { offset, time });
        }
        self.make_indexes(view).await
    }

    /// Whether the saved index of a segment may be what is damaged, where it and the log disagree. Asked once: after
    /// that it is the log.
    fn may_blame_index(&self, base_offset: Offset) -> bool {
        let mut log = self.log.borrow_mut();
        let active = log.active().base_offset;
        let mut segments = log.segments.iter_mut();
        let segment = segments.find(|segment| segment.base_offset == base_offset);
        segment.is_some_and(|segment| {
            base_offset != active && !std::mem::replace(&mut segment.index_was_blamed, true)
        })
    }

    /// Keeps indexes for reads to come, unless they may be those of a segment that is gone.
    fn keep_indexes(&self, view: &View<D::File>, swaps: u64, indexes: &Rc<Indexes>) {
        if self.cleaner.swaps() != swaps {
            return;
        }
        let mut log = self.log.borrow_mut();
        let mut segments = log.segments.iter_mut();
        if let Some(segment) = segments.find(|segment| segment.base_offset == view.segment) {
            segment.indexes = Some(indexes.clone());
        }
    }

    async fn make_indexes(&self, view: &View<D::File>) -> Result<Indexes, ReadError> {
        let directory = self.directory();
        tracing::warn!(partition = %directory.display(), segment = %view.segment, "making the indexes again from the log");
        crate::open::rebuild_indexes(
            &self.disk,
            &view.file,
            view.segment,
            view.end,
            &self.config(),
        )
        .await
        .map_err(|source| ReadError::Io {
            partition: view.partition,
            segment: view.segment,
            position: Position::ZERO,
            offset: view.segment,
            source,
        })
    }

    /// The first record at or after `timestamp`; none when all are older.
    ///
    /// # Errors
    /// When a segment on the way cannot be read.
    pub async fn offset_for_timestamp(
        &self,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampedOffset>, ReadError> {
        self.between_swaps(async || self.find_timestamp(timestamp).await)
            .await
    }

    async fn find_timestamp(
        &self,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampedOffset>, ReadError> {
        let candidates = self.segments_reaching(timestamp);
        for base_offset in candidates {
            let from = base_offset.max(self.log_start_offset());
            let Some(view) = self.view(from, None).await? else {
                continue;
            };
            let indexes = self.indexes(&view).await?;
            // Records before the entry's offset are older than the timestamp, unless it is that of the entry itself.
            let earlier = indexes
                .time
                .lookup(TimestampMs(timestamp.0.saturating_sub(1)));
            let from = earlier.map_or(from, |entry| entry.offset.max(from));
            if let Some(found) = self
                .first_at_or_after(&view, &indexes, from, timestamp)
                .await?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Base offsets of the segments that hold a timestamp at or above `timestamp`.
    fn segments_reaching(&self, timestamp: TimestampMs) -> Vec<Offset> {
        let log = self.log.borrow();
        let reaching =
            log.segments
                .iter()
                .filter(|segment| match planted::is(Bug::SearchPastSegment) {
                    true => segment.max_timestamp > timestamp,
                    false => segment.max_timestamp >= timestamp,
                });
        reaching.map(|segment| segment.base_offset).collect()
    }

    async fn first_at_or_after(
        &self,
        view: &View<D::File>,
        indexes: &Indexes,
        from: Offset,
        timestamp: TimestampMs,
    ) -> Result<Option<TimestampedOffset>, ReadError> {
        let mut walk = Walk::new(self, view);
        let Some((mut position, mut size)) = walk.batch_of(&indexes.offset, from).await? else {
            return Ok(None);
        };
        let log_start = self.log_start_offset();
        loop {
            let header = walk.header_at(position, from).await?;
            if header.max_timestamp() >= timestamp {
                let batch = walk.whole_batch(position, size, from).await?;
                let damaged = || walk.damaged(position, from);
                let found = first_record_at_or_after(&batch, timestamp, log_start)
                    .map_err(|_| damaged())?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            position = position
                .plus(size)
                .ok_or_else(|| walk.damaged(position, from))?;
            if position >= view.end {
                // An earlier record may have been where the damage is.
                return if view.ends_in_damage {
                    Err(walk.damaged(position, from))
                } else {
                    Ok(None)
                };
            }
            size = walk.size_at(position, from).await?;
        }
    }

    /// The record with the largest timestamp; none when the log is empty (KIP-734).
    ///
    /// # Errors
    /// When its segment cannot be read.
    pub async fn max_timestamp(&self) -> Result<Option<TimestampedOffset>, ReadError> {
        let largest = {
            let log = self.log.borrow();
            log.segments
                .iter()
                .map(|segment| segment.max_timestamp)
                .max()
        };
        match largest {
            Some(timestamp) if timestamp > TimestampMs::NONE => {
                self.offset_for_timestamp(timestamp).await
            }
            _ => Ok(None),
        }
    }
}

/// `sight` without what is damaged before and behind `offset`.
fn between_damage(damaged: &[DamagedRange], offset: Offset, mut sight: Sight) -> Sight {
    let is_here = |range: &&DamagedRange| range.segment == sight.segment;
    let before = damaged.iter().filter(is_here);
    let before = before.filter(|range| range.end.offset <= offset);
    let begin = before.map(|range| range.end.position).max();
    let behind = damaged.iter().find(|range| range.start.offset > offset);
    sight.begin = begin.unwrap_or(Position::ZERO);
    if let Some(range) = behind {
        if range.segment == sight.segment {
            sight.ends_in_damage = true;
            sight.end = sight.end.min(range.start.position);
        } else {
            let end = range.start.offset;
            sight.offset_max = Some(sight.offset_max.map_or(end, |offset| offset.min(end)));
        }
    }
    sight
}

fn first_record_at_or_after(
    batch: &[u8],
    timestamp: TimestampMs,
    log_start: Offset,
) -> Result<Option<TimestampedOffset>, crate::record::RecordError> {
    for record in Records::open(batch)?.iter() {
        let record = record?;
        if record.timestamp >= timestamp && record.offset >= log_start {
            return Ok(Some(TimestampedOffset {
                timestamp: record.timestamp,
                offset: record.offset,
            }));
        }
    }
    Ok(None)
}

/// Where an answer that begins with the batch at `start` ends: a batch boundary within the limits.
fn cut(
    index: &OffsetIndex,
    visible_end: Position,
    start: Position,
    first_size: u64,
    request: ReadRequest,
) -> Position {
    let bytes_max = request.bytes_max as u64;
    let first_end = Position(start.0 + first_size);
    if first_size > bytes_max {
        return if request.at_least_one {
            first_end
        } else {
            start
        };
    }
    let limit = Position(start.0.saturating_add(bytes_max));
    if limit >= visible_end {
        return visible_end;
    }
    if planted::is(Bug::CutInsideBatch) {
        return limit;
    }
    // Index entries point at batch starts: the last one within the limit is where a batch ends.
    index.last_position_up_to(limit).max(first_end)
}

impl<F> FetchPart<F> {
    /// Bytes of the part.
    pub fn length(&self) -> u64 {
        match self {
            FetchPart::Memory(slice) => slice.len() as u64,
            FetchPart::File(range) => range.length,
        }
    }

    /// Bytes of the part that are in memory.
    fn memory_length(&self) -> u64 {
        match self {
            FetchPart::Memory(slice) => slice.len() as u64,
            FetchPart::File(_) => 0,
        }
    }
}

/// A walk over batch headers of one segment, from memory where it is cached and else through small reads.
struct Walk<'a, D: Disk> {
    disk: &'a D,
    partition: &'a Partition<D>,
    view: &'a View<D::File>,
    window: bytes::BytesMut,
    window_position: Position,
    /// Whether an index entry led to a batch that it does not name: one of the two is damaged.
    index_disagrees: bool,
}

impl<'a, D: Disk> Walk<'a, D> {
    fn new(partition: &'a Partition<D>, view: &'a View<D::File>) -> Self {
        Walk {
            disk: &partition.disk,
            partition,
            view,
            window: bytes::BytesMut::new(),
            window_position: Position::ZERO,
            index_disagrees: false,
        }
    }

    /// As [`Walk::batch_of`], and damage where the headers on the way do not fit the index and each other: their base
    /// offsets and lengths lie outside the CRC, and a reader would take the records for others.
    async fn checked_batch_of(
        &mut self,
        index: &OffsetIndex,
        offset: Offset,
    ) -> Result<Option<(Position, u64)>, ReadError> {
        let entry = index.lookup(offset);
        let mut position = entry.position.max(self.view.begin);
        let is_entry = position == entry.position && position > Position::ZERO;
        // A partition that refuses writes may have lost the file that says so.
        let is_refused = self.partition.log.borrow().refused.is_some();
        let is_compacted = is_refused || self.partition.cleaner.wrote(self.view.segment);
        let mut expected = (position == Position::ZERO).then_some(self.view.segment);
        while position < self.view.end {
            let header = self.header_at(position, offset).await?;
            self.index_disagrees =
                is_entry && expected.is_none() && header.last_offset() != Some(entry.offset);
            let base_offset = header.base_offset();
            let is_in_place = expected.is_none_or(|expected| {
                base_offset == expected || (is_compacted && base_offset > expected)
            });
            let (true, false, Some(next)) =
                (is_in_place, self.index_disagrees, header.next_offset())
            else {
                return Err(self.damaged(position, offset));
            };
            let size = self.size_at(position, offset).await?;
            let end = position.0 + size;
            if index.last_position_up_to(Position(end - 1)) > position {
                self.index_disagrees = true;
                return Err(self.damaged(position, offset));
            }
            if next > offset {
                return Ok(Some((position, size)));
            }
            (position, expected) = (Position(end), Some(next));
        }
        Ok(None)
    }

    /// The batch that holds `offset`, or the first one after it: where it starts and its size. None at the end.
    async fn batch_of(
        &mut self,
        index: &OffsetIndex,
        offset: Offset,
    ) -> Result<Option<(Position, u64)>, ReadError> {
        let mut position = index.lookup(offset).position.max(self.view.begin);
        while position < self.view.end {
            let header = self.header_at(position, offset).await?;
            let size = self.size_at(position, offset).await?;
            let last = header
                .last_offset()
                .ok_or_else(|| self.damaged(position, offset))?;
            if last >= offset {
                return Ok(Some((position, size)));
            }
            position = position
                .plus(size)
                .ok_or_else(|| self.damaged(position, offset))?;
        }
        Ok(None)
    }

    async fn header_at(
        &mut self,
        position: Position,
        offset: Offset,
    ) -> Result<RecordBatchHeader, ReadError> {
        let bytes = self.bytes_at(position, HEADER_LENGTH, offset).await?;
        RecordBatchHeader::view(bytes)
            .copied()
            .ok_or_else(|| self.damaged(position, offset))
    }

    /// The size of the batch at `position`, which must end within what may be read.
    async fn size_at(&mut self, position: Position, offset: Offset) -> Result<u64, ReadError> {
        let header = self.header_at(position, offset).await?;
        let size = header
            .size()
            .filter(|size| *size >= HEADER_LENGTH)
            .map(|size| size as u64);
        size.filter(|size| position.0 + size <= self.view.end.0)
            .ok_or_else(|| self.damaged(position, offset))
    }

    async fn whole_batch(
        &mut self,
        position: Position,
        size: u64,
        offset: Offset,
    ) -> Result<Vec<u8>, ReadError> {
        let size = usize::try_from(size).map_err(|_| self.damaged(position, offset))?;
        Ok(self.bytes_at(position, size, offset).await?.to_vec())
    }

    /// `length` bytes from `position` on.
    async fn bytes_at(
        &mut self,
        position: Position,
        length: usize,
        offset: Offset,
    ) -> Result<&[u8], ReadError> {
        if !self.window_holds(position, length) {
            self.load(position, length, offset).await?;
        }
        let start =
            usize::try_from(position.0 - self.window_position.0).expect("within the window");
        match self.window.get(start..start + length) {
            Some(bytes) => Ok(bytes),
            None => Err(self.damaged(position, offset)),
        }
    }

    fn window_holds(&self, position: Position, length: usize) -> bool {
        let end = self.window_position.0 + self.window.len() as u64;
        self.window_position <= position && position.0 + length as u64 <= end
    }

    async fn load(
        &mut self,
        position: Position,
        length: usize,
        offset: Offset,
    ) -> Result<(), ReadError> {
        self.window_position = position;
        let available = self.view.end.0.saturating_sub(position.0);
        let wanted = usize::try_from(available)
            .unwrap_or(usize::MAX)
            .min(length.max(WINDOW_BYTES));
        if self.view.cached_from.is_some_and(|from| position.0 >= from) {
            let cached = self
                .partition
                .cache
                .borrow()
                .copy(self.view.segment, position.0, wanted);
            if let Some(bytes) = cached {
                self.window = bytes;
                return Ok(());
            }
        }
        let read = self.disk.read(&self.view.file, position.0, wanted).await;
        self.window = read.map_err(|source| ReadError::Io {
            partition: self.view.partition,
            segment: self.view.segment,
            position,
            offset,
            source,
        })?;
        Ok(())
    }

    fn damaged(&self, position: Position, offset: Offset) -> ReadError {
        ReadError::Damaged {
            partition: self.view.partition,
            segment: self.view.segment,
            position,
            offset,
        }
    }
}
