//! One partition as its core sees it: the handle for appends, reads, waits and deletions.
//!
//! Shard-local. The state is in [`Log`]; the appender ([`crate::appender`]) is its only writer to disk; reads are in
//! [`crate::read`]; opening is in [`crate::open`].

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::aborted_index::AbortedRange;
use crate::ahead::Zeros;
use crate::append::{Ack, Acks, AppendError, Pending};
use crate::batch::ValidBatch;
use crate::compaction::PartitionCleaner;
use crate::file_name::{SegmentFileKind, SegmentFileName};
use crate::io::Disk;
pub use crate::log::Intake;
use crate::log::{Log, Queueing};
use crate::log_config::LogConfig;
use crate::marker::NewMarker;
use crate::open_files::HoldsFiles;
use crate::planted::{self, Bug};
use crate::producer_state::ProducerEntry;
use crate::signal::{Signal, SignalWait};
use crate::tail_cache::{CacheBudget, TailCache};
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs, TopicPartition};
use crate::unlink::{Gone, Readers};

/// Why records were not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteRecordsError {
    /// The offset lies outside of what consumers may see.
    #[error("partition {partition}: offset {offset} is outside of {log_start}..={high_watermark}")]
    OutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// What was asked for.
        offset: Offset,
        /// The first offset there is.
        log_start: Offset,
        /// The end of what consumers may see.
        high_watermark: Offset,
    },
    /// The new log start could not be made durable, or a file not set aside.
    #[error("partition {partition}: {source}")]
    Io {
        /// The partition.
        partition: TopicPartition,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// One partition; see the module.
pub struct Partition<D: Disk> {
    pub(crate) disk: D,
    pub(crate) log: RefCell<Log<D::File>>,
    pub(crate) cache: Rc<RefCell<TailCache>>,
    pub(crate) budget: Rc<CacheBudget>,
    /// Whether the appender runs.
    pub(crate) appending: Cell<bool>,
    /// Bytes allocated ahead in the active segment's file, and whether more are on their way.
    pub(crate) allocated: Cell<u64>,
    pub(crate) allocating: Cell<bool>,
    pub(crate) zeros: Zeros,
    pub(crate) checkpointer: crate::upkeep::Checkpointer,
    this: Weak<Partition<D>>,
    pub(crate) stall: crate::stall::StallWatch,
    pub(crate) cleaner: PartitionCleaner,
    watchers: RefCell<Vec<Watcher>>,
    /// Readers of segments whose files are still to be unlinked.
    gone: RefCell<Vec<Readers>>,
}

/// Somebody who waits for the high watermark to pass an offset.
struct Watcher {
    offset: Offset,
    signal: Rc<Signal>,
}

/// Completes when there is something new; see [`Partition::wait_for_data`].
pub struct DataWait(SignalWait);

impl Future for DataWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<D: Disk> Partition<D> {
    pub(crate) fn new(
        disk: D,
        log: Log<D::File>,
        cache: Rc<RefCell<TailCache>>,
        budget: Rc<CacheBudget>,
        allocated: u64,
        checkpointer: crate::upkeep::Checkpointer,
        cleaner: PartitionCleaner,
    ) -> Rc<Partition<D>> {
        Rc::new_cyclic(|this| Partition {
            disk,
            log: RefCell::new(log),
            cache,
            budget,
            appending: Cell::new(false),
            allocated: Cell::new(allocated),
            allocating: Cell::new(false),
            zeros: Zeros::default(),
            checkpointer,
            this: this.clone(),
            stall: crate::stall::StallWatch::default(),
            cleaner,
            watchers: RefCell::default(),
            gone: RefCell::default(),
        })
    }

    /// Which partition this is.
    pub fn id(&self) -> TopicPartition {
        self.log.borrow().partition
    }

    /// Where its files are.
    pub fn directory(&self) -> PathBuf {
        self.log.borrow().directory.clone()
    }

    /// Gives a batch its offset and queues it: the order of calls is the order in the log. The answer comes when
    /// what `acks` asks for has happened.
    ///
    /// # Errors
    /// When the batch gets no offset. What goes wrong later is the pending append's answer.
    pub fn append(self: &Rc<Self>, batch: ValidBatch, acks: Acks) -> Result<Pending, AppendError> {
        if self.stall.is_stalled() {
            let partition = self.id();
            return Err(AppendError::Stalled { partition });
        }
        let now = TimestampMs(self.disk.now_ms());
        let queueing = self.log.borrow_mut().queue(batch, acks, now)?;
        match queueing {
            Queueing::Queued(ack) => {
                self.start_appender();
                Ok(Pending(ack))
            }
            Queueing::Duplicate {
                receipt,
                last_offset,
            } => {
                let ack = Rc::new(Ack::default());
                let first = FirstCopy {
                    receipt,
                    last_offset,
                    // From here on, so that no failure of the first copy is missed.
                    visible: self.wait_for_data(last_offset),
                };
                self.disk
                    .spawn(answer_duplicate(self.clone(), ack.clone(), first, acks));
                Ok(Pending(ack))
            }
        }
    }

    /// Gives a marker its offset and queues it; the answer comes when it is durable.
    ///
    /// # Errors
    /// When the producer's epoch or the coordinator's is not the latest, and as [`Partition::append`].
    pub fn append_marker(self: &Rc<Self>, new: &NewMarker) -> Result<Pending, AppendError> {
        if self.stall.is_stalled() {
            let partition = self.id();
            return Err(AppendError::Stalled { partition });
        }
        let now = TimestampMs(self.disk.now_ms());
        let ack = self.log.borrow_mut().queue_marker(new, now)?;
        self.start_appender();
        Ok(Pending(ack))
    }

    fn start_appender(self: &Rc<Self>) {
        if !self.appending.replace(true) {
            self.disk.spawn(crate::appender::run(self.clone()));
        }
    }

    /// Has what is written and not durable flushed, by the appender in its turn.
    pub(crate) fn request_flush(self: &Rc<Self>) {
        let mut log = self.log.borrow_mut();
        if log.closed || log.refused.is_some() || log.ends.durable() == log.ends.written() {
            return;
        }
        log.flush_due = true;
        drop(log);
        self.start_appender();
    }

    /// Deletes the records before `offset`, the end of what consumers may see where it is −1: DeleteRecords (KIP-107).
    /// Returns the first offset that the log then holds, durably.
    ///
    /// # Errors
    /// When `offset` is above the high watermark or below −1, and when it cannot be made durable.
    pub async fn delete_records_before(
        self: &Rc<Self>,
        offset: Offset,
    ) -> Result<Offset, DeleteRecordsError> {
        let (log_start, high_watermark) = (self.log_start_offset(), self.high_watermark());
        let partition = self.id();
        let before = match offset {
            Offset(-1) => high_watermark,
            offset if offset < Offset::ZERO || offset > high_watermark => {
                return Err(DeleteRecordsError::OutOfRange {
                    partition,
                    offset,
                    log_start,
                    high_watermark,
                });
            }
            offset => offset,
        };
        if before > log_start {
            let deleted = crate::upkeep::delete_before(self, before).await;
            deleted.map_err(|source| DeleteRecordsError::Io { partition, source })?;
        }
        Ok(self.log_start_offset())
    }

    /// The first offset that the log still holds.
    pub fn log_start_offset(&self) -> Offset {
        self.log.borrow().ends.start()
    }

    /// The end of what consumers may see, exclusive.
    pub fn high_watermark(&self) -> Offset {
        self.log.borrow().ends.high_watermark()
    }

    /// The end of what is decided, exclusive: the first offset of the earliest open range, else the high watermark.
    pub fn last_stable_offset(&self) -> Offset {
        self.log.borrow().stable_end()
    }

    /// The ranges decided against that may have batches in `from..to`, in the order of their markers.
    pub fn aborted_ranges(&self, from: Offset, to: Offset) -> Vec<AbortedRange> {
        self.log.borrow().aborted_ranges(from, to)
    }

    /// What is known of each producer, by rising id.
    pub fn producers(&self) -> Vec<(ProducerId, ProducerEntry)> {
        let log = self.log.borrow();
        let producers = log.producers.entries();
        producers.map(|(id, entry)| (id, entry.clone())).collect()
    }

    /// The highest id below `end` of a producer that anything is known of.
    pub(crate) fn highest_producer_id_below(&self, end: i64) -> Option<ProducerId> {
        let log = self.log.borrow();
        let ids = log.producers.entries().map(|(id, _)| id);
        ids.filter(|id| id.0 < end).max()
    }

    /// What is known of one producer.
    pub fn producer(&self, producer_id: ProducerId) -> Option<ProducerEntry> {
        self.log.borrow().producers.entry(producer_id).cloned()
    }

    /// The end of what has been written, exclusive.
    pub fn log_end_offset(&self) -> Offset {
        self.log.borrow().ends.written()
    }

    /// The end of what survives a power cut, exclusive.
    pub fn durable_offset(&self) -> Offset {
        self.log.borrow().ends.durable()
    }

    /// The epoch that appends carry.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.log.borrow().epoch
    }

    /// The last epoch at or below `epoch` that the log knows, and where it ends; none when it knows none.
    ///
    /// Answers OffsetForLeaderEpoch (KIP-101, KIP-279).
    pub fn epoch_end_offset(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let log = self.log.borrow();
        if epoch == log.epoch {
            // It is in the epochs from the first append on.
            return Some((epoch, log.ends.written()));
        }
        log.epochs.end_offset_for(epoch, log.ends.written())
    }

    /// Bytes of all segments.
    pub fn size_bytes(&self) -> u64 {
        self.log.borrow().size_bytes()
    }

    /// What it has taken since it was opened.
    pub fn intake(&self) -> Intake {
        self.log.borrow().intake
    }

    /// Whether the partition is being deleted or the engine stops.
    pub fn is_closed(&self) -> bool {
        self.log.borrow().closed
    }

    /// Why writes are refused, where they are.
    pub fn refused(&self) -> Option<Arc<str>> {
        let log = self.log.borrow();
        log.refused.as_ref().map(|refusal| refusal.reason.clone())
    }

    /// Those who may read the files of its segments, and of those that wait to be unlinked.
    pub(crate) fn readers(&self) -> Vec<Readers> {
        let log = self.log.borrow();
        let readers = log.segments.iter().map(|segment| segment.readers.clone());
        readers.chain(self.gone.borrow().iter().cloned()).collect()
    }

    /// Those who may read the files that wait to be unlinked.
    pub(crate) fn readers_of_gone(&self) -> Vec<Readers> {
        self.gone.borrow().clone()
    }

    /// Takes note of segments whose files are unlinked later.
    pub(crate) fn note_gone(&self, gone: &[Gone]) {
        let readers = gone.iter().map(|segment| segment.readers().clone());
        self.gone.borrow_mut().extend(readers);
    }

    /// A file has been unlinked.
    pub(crate) fn forget_gone(&self, gone: &Gone) {
        let mut all = self.gone.borrow_mut();
        all.retain(|readers| !readers.are_those_of(gone.readers()));
    }

    /// Whether the directory may be another topic's, so that nothing in it is ever changed.
    pub(crate) fn is_foreign(&self) -> bool {
        self.log.borrow().is_foreign
    }

    /// What was cut off the end of the log when it was opened.
    pub fn cut_at_open(&self) -> Option<Arc<str>> {
        self.log.borrow().cut.clone()
    }

    /// Topic configurations have changed.
    pub(crate) fn set_config(self: &Rc<Self>, config: LogConfig) {
        self.log.borrow_mut().config = config;
        self.checkpointer.schedule_flush(self);
    }

    /// The configuration in force.
    pub fn config(&self) -> LogConfig {
        self.log.borrow().config.clone()
    }

    /// A segment's file, opened when it is not. Those of sealed segments stay open as [`crate::open_files`] says.
    pub(crate) async fn file_of(&self, base_offset: Offset) -> io::Result<D::File> {
        loop {
            self.cleaner.wait_for_files(&self.disk).await;
            let swaps = self.cleaner.swaps();
            if let Some(file) = self.open_file_of(base_offset, swaps).await? {
                return Ok(file);
            }
        }
    }

    /// As [`Partition::file_of`]; none when a segment was replaced while it was opened, so that it may be either file.
    async fn open_file_of(&self, base_offset: Offset, swaps: u64) -> io::Result<Option<D::File>> {
        let find = |log: &Log<D::File>| {
            log.segments
                .iter()
                .position(|segment| segment.base_offset == base_offset)
        };
        let directory = {
            let log = self.log.borrow();
            let open = find(&log).and_then(|index| log.segments[index].file.clone());
            match open {
                Some(file) => return Ok(Some(file)),
                None => log.directory.clone(),
            }
        };
        let name = SegmentFileName::live(base_offset, SegmentFileKind::Log).to_string();
        let opened = self.disk.open_existing(&directory.join(name)).await;
        if self.cleaner.swaps() != swaps || self.cleaner.files_are_taken() {
            return Ok(None);
        }
        let file = opened?;
        let mut log = self.log.borrow_mut();
        if log.closed {
            // The path may be another topic's of the same name by now.
            return Err(io::Error::other("the partition is closed"));
        }
        if let Some(index) = find(&log) {
            log.segments[index].file = Some(file.clone());
            drop(log);
            self.note_open(base_offset);
        }
        Ok(Some(file))
    }

    /// Takes note that the file of the sealed segment `opened` is open. Nothing of any partition may be borrowed.
    pub(crate) fn note_open(&self, opened: Offset) {
        let this: Weak<Partition<D>> = self.this.clone();
        self.budget.open_files.opened(this, opened);
    }

    /// Completes when the high watermark has passed `offset`, or the partition has failed or been closed.
    pub fn wait_for_data(&self, offset: Offset) -> DataWait {
        let signal = Rc::new(Signal::default());
        let log = self.log.borrow();
        // A partition that refuses writes is no reason to return at once: readers wait on it as on one that is idle,
        // and an answer without data at once would make them ask without a pause.
        if log.ends.high_watermark() > offset || log.closed {
            signal.set();
        } else {
            let mut watchers = self.watchers.borrow_mut();
            // Those that were given up are held by nobody else.
            watchers.retain(|watcher| Rc::strong_count(&watcher.signal) > 1);
            watchers.push(Watcher {
                offset,
                signal: signal.clone(),
            });
        }
        DataWait(signal.wait())
    }

    /// Wakes who waits for what has become visible, or everybody when there will be no more.
    pub(crate) fn notify(&self) {
        let (high_watermark, ended) = {
            let log = self.log.borrow();
            (
                log.ends.high_watermark(),
                log.refused.is_some() || log.closed,
            )
        };
        self.watchers.borrow_mut().retain(|watcher| {
            let due = ended || high_watermark > watcher.offset;
            if due {
                watcher.signal.set();
            }
            !due
        });
    }

    /// Refuses appends from here on and wakes who waits: the partition is being deleted or the engine stops.
    pub(crate) fn close(&self) {
        self.log.borrow_mut().closed = true;
        self.notify();
    }
}

impl<D: Disk> HoldsFiles for Partition<D> {
    fn close_sealed(&self, base_offset: Offset) {
        let mut log = self.log.borrow_mut();
        let active = log.active().base_offset;
        let sealed = log
            .segments
            .iter_mut()
            .find(|segment| segment.base_offset == base_offset && base_offset != active);
        let file = sealed.and_then(|segment| segment.file.take());
        drop(log);
        drop(file);
    }
}

/// The batch that a retry repeats.
struct FirstCopy {
    receipt: crate::append::Appended,
    last_offset: Offset,
    visible: DataWait,
}

/// A retry is answered once the first copy is as safe as consumers' eyes require, and as safe as the retry asks for,
/// which may be more than the first copy did.
async fn answer_duplicate<D: Disk>(
    partition: Rc<Partition<D>>,
    ack: Rc<Ack>,
    first: FirstCopy,
    acks: Acks,
) {
    first.visible.await;
    let mut is_safe = partition.high_watermark() > first.last_offset;
    if is_safe && acks == Acks::Durable && !planted::is(Bug::AnswerRetryBeforeFlush) {
        let end = first
            .last_offset
            .next()
            .expect("checked when it was assigned");
        is_safe = crate::upkeep::flush_to(&partition, end).await.is_ok();
    }
    let log = partition.log.borrow();
    let answer = if is_safe {
        Ok(first.receipt)
    } else {
        let partition = log.partition;
        match &log.refused {
            Some(refusal) if refusal.is_full_disk => Err(AppendError::DiskFull { partition }),
            Some(refusal) => {
                let reason = refusal.reason.clone();
                Err(AppendError::Refused { partition, reason })
            }
            None => Err(AppendError::Closed { partition }),
        }
    };
    drop(log);
    ack.answer(answer);
}
