//! The state of one partition's log: ends, segment order, what is queued; every step that needs no disk.
//!
//! Shard-local. Invariants: segments are in offset order without overlap and the last one is active; queued batches
//! have their offsets and follow each other; a batch is noted in its segment when its group is formed and becomes
//! visible when its write (and flush, where asked for) has completed.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use crate::aborted_index::AbortedRange;
use crate::append::{Ack, Acks, AppendError, Appended};
use crate::batch::{
    Placement, RecordBatchHeader, TimestampType, ValidBatch, set_log_append_time, write_placed,
};
use crate::core_counters;
use crate::ends::Ends;
use crate::leader_epoch::LeaderEpochs;
use crate::log_config::LogConfig;
use crate::marker::{Marker, NewMarker};
use crate::planted::{self, Bug};
use crate::producer_state::{Decided, Decision, ProducerStates};
use crate::recovery::Place;
use crate::segment::{Segment, SegmentMark};
use crate::types::{LeaderEpoch, Offset, Position, ProducerId, TimestampMs, TopicPartition};

/// Bytes of one group. Larger groups would not be written faster, and would make the next one wait longer.
const GROUP_BYTES_MAX: usize = (1 << 20) - crate::io::BLOCK;

/// A place in a log's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogPosition {
    pub(crate) segment: Offset,
    pub(crate) position: Position,
    /// The offset of the record that begins here.
    pub(crate) offset: Offset,
}

/// A range that is not served: what is there is damaged, missing, or held by two files that may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DamagedRange {
    /// The base offset of the segment that the range begins in.
    pub(crate) segment: Offset,
    pub(crate) start: Place,
    /// Exclusive. In the same file, or with an offset of a later segment and no position in this one.
    pub(crate) end: Place,
}

impl DamagedRange {
    pub(crate) fn holds(&self, offset: Offset) -> bool {
        self.start.offset <= offset && offset < self.end.offset
    }
}

/// A batch that has its offset and waits for the appender.
pub(crate) struct Queued {
    batch: Bytes,
    base_offset: Offset,
    last_offset: Offset,
    epoch: LeaderEpoch,
    acks: Acks,
    append_time: Option<TimestampMs>,
    /// The largest timestamp that the batch will have in the log.
    timestamp: TimestampMs,
    /// What a control batch says.
    marker: Option<Marker>,
    ack: Rc<Ack>,
}

impl Queued {
    fn size(&self) -> usize {
        self.batch.len()
    }

    fn appended(&self, log_start_offset: Offset) -> Appended {
        Appended {
            base_offset: self.base_offset,
            log_append_time: self.append_time,
            log_start_offset,
            duplicate: false,
        }
    }
}

/// Batches that are written together.
pub(crate) struct Group {
    pub(crate) position: Position,
    pub(crate) length: usize,
    pub(crate) batches: Vec<Queued>,
    pub(crate) flush: bool,
    /// The first batch whose acknowledgement waits for the flush.
    first_durable: Option<LogPosition>,
    end: LogPosition,
}

impl Group {
    /// Copies the batches to where they are written from, with offsets, epochs and times in place.
    pub(crate) fn fill(&self, mut memory: &mut [u8]) {
        for queued in &self.batches {
            let (batch, rest) = memory.split_at_mut(queued.size());
            let placement = Placement {
                base_offset: queued.base_offset,
                leader_epoch: queued.epoch,
            };
            write_placed(batch, &queued.batch, placement);
            if let Some(now) = queued.append_time {
                set_log_append_time(batch, now);
            }
            memory = rest;
        }
    }
}

/// What the appender has to do next.
pub(crate) enum Step {
    /// Nothing is queued.
    Idle,
    /// The first queued batch belongs into a new segment.
    Roll,
    /// The epoch of the first queued batch must be durable before the batch is.
    PersistEpoch,
    /// Nothing is queued, and what has been written is to be flushed.
    Flush,
    /// Write this.
    Write(Group),
}

/// An append's immediate outcome.
pub(crate) enum Queueing {
    /// Wait for the appender, which has to be started when it does not run.
    Queued(Rc<Ack>),
    /// A retry of a batch that is in the log up to `last_offset`, exclusive of nothing.
    Duplicate {
        receipt: Appended,
        last_offset: Offset,
    },
}

/// See the module. `F` is the disk's file.
pub(crate) struct Log<F> {
    pub(crate) partition: TopicPartition,
    pub(crate) directory: PathBuf,
    pub(crate) config: LogConfig,
    pub(crate) ends: Ends,
    pub(crate) segments: VecDeque<Segment<F>>,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) epochs: LeaderEpochs,
    /// Whether `epochs` on the disk holds the current epoch.
    pub(crate) epoch_is_durable: bool,
    /// Producers as of what is assigned: what the next batch is checked against.
    pub(crate) producers: ProducerStates,
    /// Producers as of what is written: what snapshots may say.
    pub(crate) written_producers: ProducerStates,
    /// Decided ranges whose markers are written and consumers may not see yet: they hold the stable end back like open
    /// ones, in the order of the markers.
    pub(crate) decided_unseen: VecDeque<Decided>,
    pub(crate) queue: VecDeque<Queued>,
    /// The end of what consumers may see, as a place.
    pub(crate) visible: LogPosition,
    /// The end of what has been written.
    pub(crate) written: LogPosition,
    /// The end of what is durable.
    pub(crate) durable: LogPosition,
    pub(crate) records_since_flush: u64,
    /// Whether a roll has begun. The next segment's file may be there from then on, so that nothing goes into this one
    /// any more, even if the roll has failed for want of space and the next batch would fit.
    pub(crate) roll_begun: bool,
    /// Whether what has been written is to be flushed next, for `flush.ms` or a deletion.
    pub(crate) flush_due: bool,
    /// The active segment as it was before the group under way was noted in it.
    pub(crate) before_group: Option<SegmentMark>,
    pub(crate) refused: Option<Refusal>,
    /// Whether the directory may be another topic's: then nothing in it is ever changed.
    pub(crate) is_foreign: bool,
    /// What was found damaged when the partition was opened, in the order of the log.
    pub(crate) damaged: Vec<DamagedRange>,
    /// What was cut off the end of the log when the partition was opened.
    pub(crate) cut: Option<Arc<str>>,
    pub(crate) closed: bool,
    /// What has been written since the log was opened.
    pub(crate) intake: Intake,
}

/// What a partition has taken since it was opened: its log only grows by it, whatever retention deletes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Bytes of batches written.
    pub bytes: u64,
    /// Records in them, by their offsets, as Kafka counts them.
    pub messages: u64,
}

impl Intake {
    fn add(&mut self, bytes: u64, messages: u64) {
        self.bytes += bytes;
        self.messages += messages;
        core_counters::took(bytes, messages);
    }
}

/// Why writes are refused.
pub(crate) struct Refusal {
    pub(crate) reason: Arc<str>,
    /// Whether it is for want of space only: then writes resume by themselves, and the log is well.
    pub(crate) is_full_disk: bool,
}

impl<F> Log<F> {
    /// What tells this partition's jitter of `segment.ms` from that of others.
    fn roll_seed(&self) -> u64 {
        let (high, low) = self.partition.topic_id.as_u64_pair();
        high ^ low ^ (u64::from(self.partition.partition.cast_unsigned()) << 32)
    }

    pub(crate) fn active(&self) -> &Segment<F> {
        self.segments.back().expect("a log has an active segment")
    }

    pub(crate) fn active_mut(&mut self) -> &mut Segment<F> {
        self.segments
            .back_mut()
            .expect("a log has an active segment")
    }

    /// The active segment's file, which is always open.
    pub(crate) fn active_file(&self) -> F
    where
        F: Clone,
    {
        self.active()
            .file
            .clone()
            .expect("the active segment's file is open")
    }

    /// Whether damage was found when the log was opened.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.damaged.is_empty()
    }

    /// Bytes of all segments.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end.0).sum()
    }

    /// The segment that holds `offset`, by its place in order.
    pub(crate) fn segment_of(&self, offset: Offset) -> Option<usize> {
        self.segments
            .partition_point(|segment| segment.base_offset <= offset)
            .checked_sub(1)
    }

    /// Where the neighbouring segments that begin at `base_offsets` lie; none when they are not all there.
    pub(crate) fn place_of(&self, base_offsets: &[Offset]) -> Option<usize> {
        let first = *base_offsets.first()?;
        let place = self
            .segments
            .binary_search_by_key(&first, |segment| segment.base_offset)
            .ok()?;
        let found = self.segments.iter().skip(place);
        let found = found.map(|segment| segment.base_offset);
        found
            .take(base_offsets.len())
            .eq(base_offsets.iter().copied())
            .then_some(place)
    }

    /// Gives a batch its offset and queues it.
    pub(crate) fn queue(
        &mut self,
        batch: ValidBatch,
        acks: Acks,
        now: TimestampMs,
    ) -> Result<Queueing, AppendError> {
        self.check_accepts(&batch)?;
        let header = *batch.header();
        let decision = self.producers.check(&header);
        if let Some((base_offset, last_offset)) = self.judge(decision, header.producer_id())? {
            let receipt = Appended {
                base_offset,
                log_append_time: None,
                log_start_offset: self.ends.start(),
                duplicate: true,
            };
            return Ok(Queueing::Duplicate {
                receipt,
                last_offset,
            });
        }
        let ack = self.enqueue(batch, acks, None, now)?;
        Ok(Queueing::Queued(ack))
    }

    /// Gives a marker its offset and queues it. It is acknowledged when it is durable.
    pub(crate) fn queue_marker(
        &mut self,
        new: &NewMarker,
        now: TimestampMs,
    ) -> Result<Rc<Ack>, AppendError> {
        let batch = new.batch(now);
        self.check_accepts(&batch)?;
        let decision = self.producers.check_marker(new);
        // Only data can be a duplicate.
        self.judge(decision, new.producer_id)?;
        self.enqueue(batch, Acks::Durable, Some(new.marker), now)
    }

    fn enqueue(
        &mut self,
        batch: ValidBatch,
        acks: Acks,
        marker: Option<Marker>,
        now: TimestampMs,
    ) -> Result<Rc<Ack>, AppendError> {
        let header = *batch.header();
        let base_offset = self.ends.assigned();
        let exhausted = AppendError::OffsetsExhausted {
            partition: self.partition,
        };
        let last_offset = base_offset
            .plus(i64::from(header.last_offset_delta()))
            .ok_or(exhausted.clone())?;
        self.ends.assign(last_offset.next().ok_or(exhausted)?);
        let append_time =
            (self.config.timestamp_type == TimestampType::LogAppendTime).then_some(now);
        self.producers.update(&header, base_offset, marker);
        let acks = self.acks_with_flush_interval(acks, &header);
        let ack = Rc::new(Ack::default());
        self.queue.push_back(Queued {
            batch: batch.into_bytes(),
            base_offset,
            last_offset,
            epoch: self.epoch,
            acks,
            append_time,
            timestamp: append_time.unwrap_or(header.max_timestamp()),
            marker,
            ack: ack.clone(),
        });
        Ok(ack)
    }

    /// The first and last offset of the batch that this one repeats; none when it is to be appended.
    fn judge(
        &self,
        decision: Decision,
        producer_id: ProducerId,
    ) -> Result<Option<(Offset, Offset)>, AppendError> {
        let partition = self.partition;
        match decision {
            Decision::Append => Ok(None),
            Decision::Duplicate {
                base_offset,
                last_offset,
                ..
            } => Ok(Some((base_offset, last_offset))),
            Decision::OutOfOrder {
                base_sequence,
                last_sequence,
            } => Err(AppendError::OutOfOrderSequence {
                partition,
                producer_id,
                base_sequence,
                last_sequence,
            }),
            Decision::InvalidEpoch {
                producer_epoch,
                current_epoch,
            } => Err(AppendError::InvalidProducerEpoch {
                partition,
                producer_id,
                producer_epoch,
                current_epoch,
            }),
            Decision::InvalidTransactionState { .. } => Err(AppendError::InvalidTransactionState {
                partition,
                producer_id,
            }),
            Decision::CoordinatorFenced {
                coordinator_epoch,
                current_epoch,
            } => Err(AppendError::CoordinatorFenced {
                partition,
                producer_id,
                coordinator_epoch,
                current_epoch,
            }),
        }
    }

    fn check_accepts(&self, batch: &ValidBatch) -> Result<(), AppendError> {
        let partition = self.partition;
        if self.closed {
            return Err(AppendError::Closed { partition });
        }
        match &self.refused {
            Some(refusal) if refusal.is_full_disk => {
                return Err(AppendError::DiskFull { partition });
            }
            Some(refusal) => {
                let reason = refusal.reason.clone();
                return Err(AppendError::Refused { partition, reason });
            }
            None => {}
        }
        let (size, segment_bytes) = (batch.size() as u64, u64::from(self.config.segment_bytes));
        if size > segment_bytes {
            return Err(AppendError::LargerThanSegment {
                size,
                segment_bytes,
            });
        }
        Ok(())
    }

    /// `flush.messages` makes every n-th record's batch wait for a flush, whatever its producer asked for.
    fn acks_with_flush_interval(&mut self, acks: Acks, header: &RecordBatchHeader) -> Acks {
        self.records_since_flush += u64::try_from(header.record_count()).unwrap_or(0);
        match self.config.flush_messages {
            Some(_) if planted::is(Bug::IgnoreFlushMessages) => acks,
            Some(interval) if self.records_since_flush >= interval => {
                self.records_since_flush = 0;
                Acks::Durable
            }
            _ => acks,
        }
    }

    /// Decides what the appender does next. Nothing of this log is in flight.
    pub(crate) fn next_step(&mut self, now: TimestampMs) -> Step {
        let flush_due = std::mem::take(&mut self.flush_due) && self.refused.is_none();
        let flush_due = flush_due && self.ends.durable() < self.ends.written();
        let Some(first) = self.queue.front() else {
            return if flush_due { Step::Flush } else { Step::Idle };
        };
        // A roll flushes, a group is asked to, and a new epoch is never in front of a write that is not flushed.
        let (last_offset, size, timestamp) =
            (first.last_offset, first.size() as u64, first.timestamp);
        if !self.epoch_is_durable && !planted::is(Bug::EpochNotSaved) {
            return Step::PersistEpoch;
        }
        let must_roll = self.active().must_roll(
            last_offset,
            size,
            timestamp,
            &self.config,
            self.roll_seed(),
            now,
        );
        if must_roll || (self.roll_begun && !planted::is(Bug::ForgetBegunRoll)) {
            return Step::Roll;
        }
        let mut group = self.form_group(now);
        group.flush |= flush_due;
        // Else retention would take timestamps of later days for absurd ones and count from the segment's first day.
        if !planted::is(Bug::ForgetLastChange) {
            self.active_mut().last_modified = now;
        }
        Step::Write(group)
    }

    /// Whether the next group is to be flushed, as far as its first batch tells.
    pub(crate) fn next_is_durable(&self) -> bool {
        let first = self.queue.front();
        first.is_some_and(|first| first.acks == Acks::Durable)
    }

    fn form_group(&mut self, now: TimestampMs) -> Group {
        let begin = self.written;
        let mut batches = Vec::new();
        let mut length = 0;
        let mut first_durable = None;
        while let Some(next) = self.queue.front() {
            let with_next = length + next.size();
            let fits = batches.is_empty() || with_next <= GROUP_BYTES_MAX;
            let active = self.active();
            let rolls = active.must_roll(
                next.last_offset,
                with_next as u64,
                next.timestamp,
                &self.config,
                self.roll_seed(),
                now,
            );
            if !fits || (rolls && !batches.is_empty()) {
                break;
            }
            if next.acks == Acks::Durable && first_durable.is_none() {
                first_durable = Some(LogPosition {
                    segment: begin.segment,
                    position: begin
                        .position
                        .plus(length as u64)
                        .expect("within a segment"),
                    offset: next.base_offset,
                });
            }
            length = with_next;
            batches.extend(self.queue.pop_front());
        }
        let last = batches.last().expect("the first batch is always taken");
        let end = LogPosition {
            segment: begin.segment,
            position: begin
                .position
                .plus(length as u64)
                .expect("within a segment"),
            offset: last
                .last_offset
                .next()
                .expect("checked when the offset was assigned"),
        };
        Group {
            position: begin.position,
            length,
            batches,
            flush: first_durable.is_some(),
            first_durable,
            end,
        }
    }

    /// Takes note of the group's batches, whose final bytes are `memory`, in the active segment.
    pub(crate) fn note_group(&mut self, group: &Group, mut memory: &[u8]) {
        self.before_group = Some(self.active().mark());
        for queued in &group.batches {
            let (batch, rest) = memory.split_at(queued.size());
            let header = *RecordBatchHeader::view(batch).expect("a valid batch has a header");
            let config = self.config.clone();
            self.active_mut()
                .note(&header, queued.last_offset, queued.size() as u64, &config);
            memory = rest;
        }
    }

    /// The write of `group` has completed: answers those who waited for no more than that.
    pub(crate) fn group_written(&mut self, group: &Group) {
        self.ends.write(
            group.end.offset,
            group.first_durable.map(|first| first.offset),
        );
        let messages = group.end.offset.0 - self.written.offset.0;
        self.intake
            .add(group.length as u64, messages.cast_unsigned());
        self.written = group.end;
        self.before_group = None;
        for queued in &group.batches {
            let header =
                RecordBatchHeader::view(&queued.batch).expect("a valid batch has a header");
            let decided = self
                .written_producers
                .update(header, queued.base_offset, queued.marker);
            if let Some(decided) = decided {
                let undecided = self.written_producers.first_open_transaction_offset();
                let active = self
                    .segments
                    .back_mut()
                    .expect("a log has an active segment");
                active.note_decided(&decided, undecided);
                self.decided_unseen.push_back(decided);
            }
        }
        self.forget_seen();
        self.visible = match group.first_durable {
            Some(first) if !planted::is(Bug::ServeBeforeFlush) => first,
            _ => group.end,
        };
        if planted::is(Bug::DurableEndAheadOfFlush) {
            self.flushed_to(group.end);
        }
        self.answer_group(group, Acks::Written);
    }

    fn forget_seen(&mut self) {
        let high_watermark = self.ends.high_watermark();
        while self
            .decided_unseen
            .front()
            .is_some_and(|decided| decided.marker_offset < high_watermark)
        {
            self.decided_unseen.pop_front();
        }
    }

    /// The end of what is decided, exclusive: no reader of what is decided goes beyond. An open range holds it back,
    /// and a decided one until consumers may see its marker.
    pub(crate) fn stable_end(&self) -> Offset {
        let open = self.written_producers.first_open_transaction_offset();
        let unseen = self
            .decided_unseen
            .iter()
            .map(|decided| decided.first_offset);
        let held = unseen.chain(open).min();
        let high_watermark = self.ends.high_watermark();
        // What was deleted holds nothing back.
        held.map_or(high_watermark, |held| {
            held.max(self.ends.start()).min(high_watermark)
        })
    }

    /// The aborted ranges that may have batches in `from..to`, in the order of their markers.
    pub(crate) fn aborted_ranges(&self, from: Offset, to: Offset) -> Vec<AbortedRange> {
        let mut found = Vec::new();
        let first = self.segment_of(from).unwrap_or(0);
        for segment in self.segments.iter().skip(first) {
            for range in &segment.aborted {
                if range.overlaps(from, to) {
                    found.push(*range);
                }
                // Ranges whose markers come later begin where or behind what was stable then.
                if range.last_stable_offset >= to.0 {
                    return found;
                }
            }
        }
        found
    }

    /// The flush that followed the write of `group` has completed.
    pub(crate) fn group_flushed(&mut self, group: &Group) {
        self.flushed_to(group.end);
        self.answer_group(group, Acks::Durable);
    }

    /// A flush that began when `end` was the end of what had been written has completed.
    pub(crate) fn flushed_to(&mut self, end: LogPosition) {
        self.ends.flush(end.offset);
        if end.offset >= self.durable.offset {
            self.durable = end;
        }
        if self.ends.high_watermark() == self.written.offset {
            self.visible = self.written;
        }
        self.forget_seen();
        // Those that were queued meanwhile are not among what has been flushed.
        let since = self.ends.assigned().0.saturating_sub(end.offset.0);
        self.records_since_flush = u64::try_from(since).unwrap_or(0);
    }

    fn answer_group(&self, group: &Group, acks: Acks) {
        for queued in group.batches.iter().filter(|queued| queued.acks == acks) {
            queued.ack.answer(Ok(queued.appended(self.ends.start())));
        }
    }

    /// The write or flush of `group` has failed. Whoever has no answer yet gets `error`, in the queue as well, since
    /// what follows a hole cannot be written.
    pub(crate) fn fail(&mut self, group: Option<(Group, FailedStep)>, error: &AppendError) {
        if let Some((group, step)) = group {
            let unanswered = group.batches.iter().filter(|queued| match step {
                FailedStep::Write => true,
                FailedStep::Flush => queued.acks == Acks::Durable,
            });
            for queued in unanswered {
                queued.ack.answer(Err(error.clone()));
            }
        }
        for queued in self.queue.drain(..) {
            queued.ack.answer(Err(error.clone()));
        }
        let mark = self.before_group.take();
        if let Some(mark) = mark.filter(|_| !planted::is(Bug::KeepFailedInSegment)) {
            self.active_mut().restore(mark);
        }
        if !planted::is(Bug::KeepOffsetsOfFailed) {
            self.ends.forget_assigned();
        }
        if !planted::is(Bug::KeepProducersOfFailed) {
            self.producers = self.written_producers.clone();
        }
    }
}

/// Which half of writing a group has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailedStep {
    /// The write: nobody has an answer.
    Write,
    /// The flush: those who waited for the write have theirs.
    Flush,
}
