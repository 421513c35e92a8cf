//! One cleaning of one partition: the map of the newest keys, then the copies of the segments.
//!
//! Shard-local, in slices (see [`super::pace`]). Invariants: a group of segments is swapped in whole, and each group by
//! itself, so that a cleaning that ends early leaves nothing half done; the checkpoint says how far the log is clean
//! after the last group only.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use super::batch_filter::{
    BatchFilter, BatchRole, CleaningRules, Filtered, RecordCounts, Standing,
};
use super::batch_reader::BatchReader;
use super::choice::{Cleanable, GroupLimits, SegmentFacts, groups};
use super::cleaned_segment::CleanedSegment;
use super::decided_ranges::DecidedRanges;
use super::key_hash::{HashSeed, key_hash};
use super::offset_map::OffsetMap;
use super::pace::{Pace, RECORDS_PER_SLICE};
use super::swap;
use crate::batch::{HEADER_LENGTH, RecordBatchHeader};
use crate::file_name::{SegmentFileKind, SegmentFileName};
use crate::io::Disk;
use crate::log_config::LogConfig;
use crate::marker;
use crate::partition::Partition;
use crate::record::{RecordError, Records};
use crate::segment::Segment;
use crate::types::{Offset, Position, TimestampMs};

/// Bytes of dirty log for each byte of map: a key takes 32 bytes of the map at its fullest, and the records of most
/// logs are longer than that.
const DIRTY_BYTES_PER_MAP_BYTE: u64 = 1;

/// Why a cleaning ended early. What it had done by then stays; the rest is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The partition was closed, or segments went meanwhile.
    #[error("the log has changed meanwhile")]
    Interrupted,
    /// A segment could not be read.
    #[error("reading segment {segment} at position {position}: {source}")]
    Read {
        /// The segment's base offset, which names its file.
        segment: Offset,
        /// Where.
        position: Position,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A segment's bytes are no batch: nothing of it may be copied under a new CRC.
    #[error("segment {segment} is damaged at position {position}, offset {offset}: {reason}")]
    Damaged {
        /// The segment's base offset, which names its file.
        segment: Offset,
        /// Where.
        position: Position,
        /// The offset expected there.
        offset: Offset,
        /// What is wrong.
        reason: String,
    },
    /// The records of a batch are malformed behind a right CRC.
    #[error("segment {segment}, batch at position {position}: {source}")]
    Records {
        /// The segment's base offset, which names its file.
        segment: Offset,
        /// Where the batch begins.
        position: Position,
        /// What is wrong.
        source: RecordError,
    },
    /// A cleaned segment could not be written.
    #[error("writing the cleaned segment {segment}: {source}")]
    Write {
        /// The segment's base offset.
        segment: Offset,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The checkpoint could not be written, or files not renamed.
    #[error("swapping files: {source}")]
    Swap {
        /// The kernel's answer.
        source: io::Error,
    },
}

impl CleanError {
    /// Whether trying again may help, and does no harm.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            CleanError::Interrupted | CleanError::Write { .. } => true,
            CleanError::Read { .. }
            | CleanError::Damaged { .. }
            | CleanError::Records { .. }
            | CleanError::Swap { .. } => false,
        }
    }
}

/// A sealed segment, as it was when the cleaning began.
#[derive(Clone, Copy)]
struct Source {
    facts: SegmentFacts,
    end: Position,
}

struct Cleaning<'a, D: Disk> {
    partition: &'a Rc<Partition<D>>,
    directory: PathBuf,
    config: LogConfig,
    cleanable: Cleanable,
    seed: HashSeed,
    now: TimestampMs,
    pace: Pace,
    /// What the walk over the batches that are copied has met.
    decided: DecidedRanges,
}

/// Cleans what `cleanable` says, or as much of it as the keys of a map of `map_bytes` reach.
pub(crate) async fn clean<D: Disk>(
    partition: &Rc<Partition<D>>,
    cleanable: Cleanable,
    map_bytes: usize,
    seed: HashSeed,
) -> Result<(), CleanError> {
    // Space that is still being allocated behind a segment that was sealed meanwhile is cut off by its length.
    if cleanable.dirty_bytes == 0 || partition.allocating.get() {
        return Ok(());
    }
    let mut cleaning = Cleaning {
        partition,
        directory: partition.directory(),
        config: partition.config(),
        cleanable,
        seed,
        now: TimestampMs(partition.disk.now_ms()),
        pace: Pace::new(partition.budget.clone()),
        decided: decided_ranges(partition),
    };
    let needed_bytes = cleanable.dirty_bytes / DIRTY_BYTES_PER_MAP_BYTE;
    let map_bytes = map_bytes.min(usize::try_from(needed_bytes).unwrap_or(usize::MAX));
    let mut map = OffsetMap::new(map_bytes);
    let outcome = cleaning.run(&mut map).await;
    while map.release_piece() {
        partition.disk.yield_now().await;
    }
    outcome
}

/// What the choice of what to clean needs to know of a segment.
pub(crate) fn facts<F>(segment: &Segment<F>) -> SegmentFacts {
    SegmentFacts {
        base_offset: segment.base_offset,
        size_bytes: segment.end.0,
        max_timestamp: Some(segment.max_timestamp)
            .filter(|timestamp| timestamp.0 >= 0)
            .unwrap_or(segment.last_modified),
        first_timestamp: segment.first_timestamp,
    }
}

/// Reads the first batches' timestamps of segments that were sealed before the partition was opened.
pub(crate) async fn learn_first_timestamps<D: Disk>(partition: &Rc<Partition<D>>) {
    let unknown: Vec<Offset> = {
        let log = partition.log.borrow();
        let unknown = log
            .segments
            .iter()
            .filter(|segment| segment.first_timestamp.is_none() && segment.end > Position::ZERO);
        unknown.map(|segment| segment.base_offset).collect()
    };
    for base_offset in unknown {
        let Ok(file) = partition.file_of(base_offset).await else {
            continue;
        };
        let Ok(bytes) = partition.disk.read(&file, 0, HEADER_LENGTH).await else {
            continue;
        };
        let timestamp = RecordBatchHeader::view(&bytes).map(RecordBatchHeader::max_timestamp);
        let mut log = partition.log.borrow_mut();
        let segment = log
            .segments
            .iter_mut()
            .find(|segment| segment.base_offset == base_offset);
        if let Some(segment) = segment {
            segment.first_timestamp = segment.first_timestamp.or(timestamp);
        }
    }
}

impl<D: Disk> Cleaning<'_, D> {
    async fn run(&mut self, map: &mut OffsetMap) -> Result<(), CleanError> {
        let map_end = self.fill(map).await?;
        let (sources, bound) = self.sources_below(map_end)?;
        let facts: Vec<SegmentFacts> = sources
            .iter()
            .map(|source| source.facts)
            .chain([bound])
            .collect();
        let limits = GroupLimits {
            segment_bytes: self.config.segment_bytes.into(),
            index_bytes: self.config.segment_index_bytes.into(),
            index_interval_bytes: self.config.index_interval_bytes.into(),
        };
        let rules = CleaningRules {
            map,
            seed: self.seed,
            map_end,
            now: self.now,
            delete_retention_ms: self.config.delete_retention_ms,
        };
        let mut rest = sources.as_slice();
        for count in groups(&facts, limits) {
            let (group, after) = rest.split_at(count);
            self.clean_group(group, rules).await?;
            rest = after;
        }
        let mut checkpoint = self.partition.cleaner.checkpoint();
        checkpoint.cleaned_to = Some(map_end);
        swap::save_checkpoint(self.partition, checkpoint)
            .await
            .map_err(|source| CleanError::Swap { source })
    }

    /// The sealed segments that begin below `end`, and the one behind them.
    fn sources_below(&self, end: Offset) -> Result<(Vec<Source>, SegmentFacts), CleanError> {
        let log = self.partition.log.borrow();
        let count = log
            .segments
            .partition_point(|segment| segment.base_offset < end);
        let bound = log.segments.get(count).ok_or(CleanError::Interrupted)?;
        let source = |segment: &Segment<D::File>| Source {
            facts: facts(segment),
            end: segment.end,
        };
        let sources = log.segments.iter().take(count).map(source);
        Ok((sources.collect(), facts(bound)))
    }

    fn check_open(&self) -> Result<(), CleanError> {
        if self.partition.log.borrow().closed {
            Err(CleanError::Interrupted)
        } else {
            Ok(())
        }
    }

    async fn reader(&self, source: &Source) -> Result<BatchReader<D>, CleanError> {
        let disk = self.partition.disk.clone();
        let segment = source.facts.base_offset;
        let reader = self.partition.reader_of(segment);
        let reader = reader.ok_or(CleanError::Interrupted)?;
        let name = SegmentFileName::live(segment, SegmentFileKind::Log).to_string();
        let file = match disk.open_existing(&self.directory.join(name)).await {
            // Retention was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CleanError::Interrupted);
            }
            opened => opened.map_err(|source| CleanError::Read {
                segment,
                position: Position::ZERO,
                source,
            })?,
        };
        Ok(BatchReader::new(disk, (file, reader), segment, source.end))
    }

    /// Notes the newest offset of each key in the dirty part. Returns how far it came.
    async fn fill(&mut self, map: &mut OffsetMap) -> Result<Offset, CleanError> {
        let (sources, _) = self.sources_below(self.cleanable.end)?;
        let first_dirty = self.cleanable.first_dirty;
        let from = sources
            .partition_point(|source| source.facts.base_offset <= first_dirty)
            .saturating_sub(1);
        let mut decided = decided_ranges(self.partition);
        for source in &sources[from.min(sources.len())..] {
            if let Some(full_at) = self.fill_from(source, map, &mut decided).await? {
                self.partition.cleaner.count(|counts| counts.full_maps += 1);
                return Ok(full_at);
            }
        }
        Ok(self.cleanable.end)
    }

    /// As [`Cleaning::fill`], of one segment. Returns the offset of the first record whose key did not fit.
    async fn fill_from(
        &mut self,
        source: &Source,
        map: &mut OffsetMap,
        decided: &mut DecidedRanges,
    ) -> Result<Option<Offset>, CleanError> {
        let (disk, first_dirty) = (self.partition.disk.clone(), self.cleanable.first_dirty);
        let mut reader = self.reader(source).await?;
        while let Some((batch, bytes)) = reader.next(&self.pace).await? {
            self.check_open()?;
            let is_dirty = batch.header.last_offset() >= Some(first_dirty);
            let marker = marker::of_control(&batch.header, bytes);
            let has_keys = decided.show(&batch.header, marker).standing == Standing::Data;
            self.pace.spend(&disk, 1, batch.size as u64).await;
            if !is_dirty || !has_keys {
                continue;
            }
            let bad = |error| malformed(source, batch.position, error);
            let records = Records::open(bytes).map_err(bad)?;
            let mut records = records.iter();
            loop {
                let mut looked_at = 0;
                for record in records.by_ref().take(RECORDS_PER_SLICE) {
                    let record = record.map_err(bad)?;
                    looked_at += 1;
                    let Some(key) = record.key.filter(|_| record.offset >= first_dirty) else {
                        continue;
                    };
                    if map.put(key_hash(self.seed, key), record.offset).is_err() {
                        return Ok(Some(record.offset));
                    }
                }
                if looked_at == 0 {
                    break;
                }
                self.pace.spend(&disk, looked_at, 0).await;
            }
            self.partition
                .cleaner
                .count(|counts| counts.mapped_bytes += batch.size as u64);
        }
        Ok(None)
    }

    /// Copies a group of segments into one and swaps it in, unless nothing would change.
    async fn clean_group(
        &mut self,
        group: &[Source],
        rules: CleaningRules<'_>,
    ) -> Result<(), CleanError> {
        let replaced: Vec<Offset> = group
            .iter()
            .map(|source| source.facts.base_offset)
            .collect();
        let base_offset = *replaced.first().expect("a group holds a segment at least");
        let copied = self.copy_group(group, base_offset, rules).await;
        let swapped = match copied {
            Ok(Some(cleaned)) => swap::swap(self.partition, &replaced, cleaned).await,
            Ok(None) => {
                swap::discard(self.partition, base_offset).await;
                return Ok(());
            }
            Err(error) => Err(error),
        };
        // After a failed swap nobody knows which files count; they are for the next start to judge.
        let is_known = !matches!(swapped, Err(CleanError::Swap { .. }));
        if swapped.is_err() && is_known {
            swap::discard(self.partition, base_offset).await;
        }
        swapped
    }

    /// The group as one segment; none when that would be the only segment of the group, byte for byte.
    async fn copy_group(
        &mut self,
        group: &[Source],
        base_offset: Offset,
        rules: CleaningRules<'_>,
    ) -> Result<Option<Segment<D::File>>, CleanError> {
        let write_failed = |source| CleanError::Write {
            segment: base_offset,
            source,
        };
        let disk = self.partition.disk.clone();
        let (directory, config) = (self.directory.clone(), self.config.clone());
        let created = CleanedSegment::create(disk, directory, base_offset, config).await;
        let mut cleaned = created.map_err(write_failed)?;
        let mut has_changed = group.len() > 1;
        for source in group {
            has_changed |= self.copy(source, &mut cleaned, rules).await?;
        }
        if !has_changed {
            return Ok(None);
        }
        let replaces_aborted = {
            let log = self.partition.log.borrow();
            let replaced = log
                .segments
                .iter()
                .find(|segment| segment.base_offset == base_offset);
            replaced.is_some_and(|segment| !segment.aborted.is_empty())
        };
        let finished = cleaned.finish(replaces_aborted).await;
        finished.map(Some).map_err(write_failed)
    }

    /// Copies what stays of a segment. True when that is not all of it.
    async fn copy(
        &mut self,
        source: &Source,
        cleaned: &mut CleanedSegment<D>,
        rules: CleaningRules<'_>,
    ) -> Result<bool, CleanError> {
        let disk = self.partition.disk.clone();
        let mut reader = self.reader(source).await?;
        let mut has_changed = false;
        while let Some((batch, bytes)) = reader.next(&self.pace).await? {
            self.check_open()?;
            self.pace.spend(&disk, 1, batch.size as u64).await;
            let marker = marker::of_control(&batch.header, bytes);
            let shown = self.decided.show(&batch.header, marker);
            cleaned.note_aborted(shown.kept_range);
            let role = self.role(&batch.header, shown.standing);
            let filtered = self
                .filter(source, batch.position, bytes, (role, rules))
                .await?;
            let rewritten;
            let kept = match filtered {
                Filtered::Unchanged => Some(bytes),
                Filtered::Dropped => None,
                Filtered::Rewritten(batch_kept) => {
                    let bytes = batch_kept.into_bytes();
                    rewritten = bytes.map_err(|error| malformed(source, batch.position, error))?;
                    Some(rewritten.as_slice())
                }
            };
            has_changed |= kept.is_none_or(|kept| kept.len() != bytes.len() || kept != bytes);
            let kept_bytes = kept.map_or(0, <[u8]>::len) as u64;
            if let Some(kept) = kept {
                let header = RecordBatchHeader::view(kept).expect("a batch has a header");
                let appended = cleaned.append(header, kept, &self.pace).await;
                appended.map_err(|error| CleanError::Write {
                    segment: source.facts.base_offset,
                    source: error,
                })?;
            }
            self.pace.spend(&disk, 0, kept_bytes).await;
            self.partition.cleaner.count(|counts| {
                counts.cleaned_bytes += batch.size as u64;
                counts.kept_bytes += kept_bytes;
            });
        }
        Ok(has_changed)
    }

    async fn filter(
        &mut self,
        source: &Source,
        position: Position,
        bytes: &[u8],
        (role, rules): (BatchRole, CleaningRules<'_>),
    ) -> Result<Filtered, CleanError> {
        let bad = |error| malformed(source, position, error);
        let records = Records::open(bytes).map_err(bad)?;
        let mut filter = BatchFilter::new(&records, role, rules);
        while filter.advance(RECORDS_PER_SLICE).map_err(bad)? {
            let looked_at = RECORDS_PER_SLICE as u64;
            self.pace.spend(&self.partition.disk, looked_at, 0).await;
        }
        let (filtered, counts) = filter.finish().map_err(bad)?;
        self.note(counts);
        Ok(filtered)
    }

    fn note(&self, records: RecordCounts) {
        self.partition.cleaner.count(|counts| {
            counts.records_read += records.read;
            counts.records_kept += records.kept;
            counts.records_keyless += records.keyless;
        });
    }

    fn role(&self, header: &RecordBatchHeader, standing: Standing) -> BatchRole {
        let is_last_cleaned = header.next_offset() == Some(self.cleanable.end);
        BatchRole {
            standing,
            keep_empty: is_last_cleaned || self.is_last_of_producer(header),
        }
    }

    /// Whether an active producer's next batch will be checked against this one.
    fn is_last_of_producer(&self, header: &RecordBatchHeader) -> bool {
        if !header.producer_id().is_some() {
            return false;
        }
        let log = self.partition.log.borrow();
        let Some(producer) = log.written_producers.entry(header.producer_id()) else {
            return false;
        };
        match producer.batches().last() {
            Some(last) => header.last_offset() == Some(last.last_offset),
            // Its last batch is a marker, which keeps older instances of the producer out.
            None => header.is_control() && header.producer_epoch() == producer.producer_epoch,
        }
    }
}

/// A walk over the partition's batches.
fn decided_ranges<D: Disk>(partition: &Rc<Partition<D>>) -> DecidedRanges {
    let log = partition.log.borrow();
    let aborted = log.segments.iter().flat_map(|segment| &segment.aborted);
    DecidedRanges::new(aborted.copied().collect())
}

fn malformed(source: &Source, position: Position, error: RecordError) -> CleanError {
    CleanError::Records {
        segment: source.facts.base_offset,
        position,
        source: error,
    }
}
