//! The newest bytes of a log, in the aligned memory that they were written from.
//!
//! Shard-local. A cache is a run of chunks, oldest first, each the mirror of a range of one segment's file; within
//! a segment they follow each other without a gap. It serves fetches at the tail and gives the appender the
//! memory for its next group.
//!
//! Chunks are kept for readers. While a log has none, a full chunk is given up for the next one, which then takes its
//! memory: what is written into memory that the CPU's caches hold costs a third less than into memory that has to be
//! fetched for it.
//!
//! Invariants:
//! - A batch lies whole within one chunk. A chunk may begin with the end of the batch before it, because it
//!   begins at a block boundary; `first_batch` is where its own batches begin.
//! - The bytes since the last block boundary of the active segment are always at hand, cached or not: the next
//!   write has to repeat them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use bytes::BytesMut;

use crate::appends_under_way::AppendsUnderWay;
use crate::flush_turns::FlushTurns;
use crate::io::{BLOCK, Chunk, ChunkSlice, WriteRange};
use crate::open_files::OpenFiles;
use crate::planted::{self, Bug};
use crate::types::Offset;

/// The first chunk of a quiet partition; each further one doubles, up to [`CHUNK_BYTES_MAX`].
const CHUNK_BYTES_MIN: usize = 16 << 10;
/// A chunk holds at least one group, and is a huge page; larger ones would only make eviction coarser.
pub(crate) const CHUNK_BYTES_MAX: usize = crate::io::HUGE_PAGE;

/// How long a log counts as read after a fetch from it, in ms: longer than consumers wait between two fetches.
const READER_STAYS_MS: i64 = 10_000;

struct Cached {
    segment: Offset,
    /// Where the chunk's first byte lies in the file; a multiple of [`BLOCK`].
    start: u64,
    /// Where the chunk's first whole batch lies in the file.
    first_batch: u64,
    chunk: Arc<Chunk>,
    /// The chunk's place in the budget.
    charge: Charge,
}

impl Cached {
    fn end(&self) -> u64 {
        self.start + self.chunk.filled() as u64
    }
}

/// See the module.
pub(crate) struct TailCache {
    chunks: VecDeque<Cached>,
    /// The bytes since the last block boundary while no chunk of the active segment holds them.
    remainder: Vec<u8>,
    /// The segment that `remainder` speaks of.
    active: Offset,
    /// When somebody last read the log, in ms since the epoch.
    read_at_ms: Cell<Option<i64>>,
    budget: Rc<CacheBudget>,
    this: Weak<RefCell<TailCache>>,
}

impl TailCache {
    /// An empty cache for a log whose active segment ends with `remainder` since its last block boundary.
    pub(crate) fn new(
        budget: Rc<CacheBudget>,
        active: Offset,
        remainder: Vec<u8>,
    ) -> Rc<RefCell<TailCache>> {
        Rc::new_cyclic(|this| {
            RefCell::new(TailCache {
                chunks: VecDeque::new(),
                remainder,
                active,
                read_at_ms: Cell::new(None),
                budget,
                this: this.clone(),
            })
        })
    }

    /// Forgets everything: the log has been cut or reopened, and its active segment ends with `remainder`.
    pub(crate) fn reset(&mut self, active: Offset, remainder: Vec<u8>) {
        while self.evict_oldest() {}
        self.active = active;
        self.remainder = remainder;
    }

    /// The active segment has been sealed; `active`, the next one, starts empty. What is cached stays readable.
    pub(crate) fn roll(&mut self, active: Offset) {
        self.active = active;
        self.remainder.clear();
    }

    /// Forgets what is cached of the sealed segments up to the one at `segment`, whose file is another one now. The
    /// memory is for the caller to give back, a piece at a time: all at once would hold the core for long.
    pub(crate) fn forget_up_to(&mut self, segment: Offset) -> Vec<Arc<Chunk>> {
        assert!(segment < self.active, "the active segment's end is needed");
        let count = self
            .chunks
            .iter()
            .take_while(|cached| cached.segment <= segment)
            .count();
        let budget = &self.budget;
        let forget = |cached: Cached| {
            budget.refund(cached.charge, cached.chunk.capacity());
            cached.chunk
        };
        self.chunks.drain(..count).map(forget).collect()
    }

    /// Somebody reads the log, at whatever offset.
    pub(crate) fn note_reader(&self, now_ms: i64) {
        self.read_at_ms.set(Some(now_ms));
    }

    /// Whether somebody is likely to come for what is written now. The clock may jump: then chunks are kept in vain, or
    /// read from the disk.
    fn has_reader(&self, now_ms: i64) -> bool {
        let read_at_ms = self.read_at_ms.get();
        read_at_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < READER_STAYS_MS)
    }

    /// Copies a group of `length` bytes to the end of the segment, at `position`, and returns what has to be
    /// written: whole blocks, the unfinished one before the group and zeros behind it included.
    ///
    /// The caller has no write of this log in flight.
    pub(crate) fn append(
        &mut self,
        position: u64,
        length: usize,
        now_ms: i64,
        fill: impl FnOnce(&mut [u8]),
    ) -> WriteRange {
        self.ensure_room(position, length, now_ms);
        let cached = self.chunks.back().expect("ensure_room leaves a chunk");
        assert_eq!(cached.end(), position, "a group continues its segment");
        let before = cached.chunk.filled();
        // SAFETY: the cache is borrowed mutably on the partition's core, which makes this the only caller, and no
        // write of this log is in flight.
        #[allow(unsafe_code)]
        unsafe {
            cached.chunk.append(length, fill);
        }
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            cached.chunk.pad();
        }
        let start = before - before % BLOCK;
        WriteRange {
            chunk: cached.chunk.clone(),
            start,
            length: (before + length).next_multiple_of(BLOCK) - start,
            position: cached.start + start as u64,
        }
    }

    fn ensure_room(&mut self, position: u64, length: usize, now_ms: i64) {
        let segment = self.active;
        let last = self.chunks.back().filter(|last| last.segment == segment);
        if last.is_some_and(|last| last.chunk.room() >= length) {
            return;
        }
        let previous = self.chunks.back();
        let previous_capacity = previous.map_or(0, |previous| previous.chunk.capacity());
        let remainder = match last {
            Some(last) => unfinished_block(&last.chunk).to_vec(),
            None => std::mem::take(&mut self.remainder),
        };
        let remainder = match planted::is(Bug::ForgetLastBlock) {
            true => vec![0; remainder.len()],
            false => remainder,
        };
        assert_eq!(
            remainder.len() as u64,
            position % BLOCK as u64,
            "the unfinished block is at hand"
        );
        if !self.has_reader(now_ms) {
            while self.evict_oldest() {}
            self.remainder.clear();
        }
        let comfortable = (previous_capacity * 2).clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
        let chunk = Arc::new(Chunk::new(comfortable.max(remainder.len() + length)));
        // SAFETY: nobody else knows the chunk yet.
        #[allow(unsafe_code)]
        unsafe {
            chunk.append(remainder.len(), |free| free.copy_from_slice(&remainder));
        }
        let charge = self.budget.charge(chunk.capacity(), self.this.clone());
        self.chunks.push_back(Cached {
            segment,
            start: position - remainder.len() as u64,
            first_batch: position,
            chunk,
            charge,
        });
    }

    /// Where in `segment` the cached bytes that reach up to its end begin, at a batch boundary; none when nothing
    /// of it is cached.
    pub(crate) fn cached_from(&self, segment: Offset) -> Option<u64> {
        self.of(segment).map(|cached| cached.first_batch).next()
    }

    fn of(&self, segment: Offset) -> impl Iterator<Item = &Cached> {
        self.chunks
            .iter()
            .filter(move |cached| cached.segment == segment)
    }

    /// The bytes `from..to` of `segment`, whose first is cached.
    pub(crate) fn slices(&self, segment: Offset, from: u64, to: u64) -> Vec<ChunkSlice> {
        let mut slices = Vec::new();
        for cached in self.of(segment) {
            let start = from.max(cached.first_batch);
            let end = to.min(cached.end());
            if start < end {
                let (start, end) = (start - cached.start, end - cached.start);
                slices.push(ChunkSlice::new(
                    cached.chunk.clone(),
                    usize::try_from(start).expect("bounded by the chunk"),
                    usize::try_from(end).expect("bounded by the chunk"),
                ));
            }
        }
        slices
    }

    /// Up to `length` bytes of one chunk from `from` on; none when they are not cached.
    pub(crate) fn copy(&self, segment: Offset, from: u64, length: usize) -> Option<BytesMut> {
        let cached = self
            .of(segment)
            .find(|cached| cached.first_batch <= from && from < cached.end())?;
        let start = usize::try_from(from - cached.start).ok()?;
        let end = cached.chunk.filled().min(start + length);
        Some(BytesMut::from(cached.chunk.bytes(start, end)))
    }

    /// Gives up the oldest chunk. False when there is none.
    fn evict_oldest(&mut self) -> bool {
        let Some(oldest) = self.chunks.pop_front() else {
            return false;
        };
        self.budget.refund(oldest.charge, oldest.chunk.capacity());
        if self.chunks.is_empty() && oldest.segment == self.active {
            // The next write repeats the unfinished block.
            self.remainder = unfinished_block(&oldest.chunk).to_vec();
        }
        true
    }
}

impl Drop for TailCache {
    fn drop(&mut self) {
        while self.evict_oldest() {}
    }
}

fn unfinished_block(chunk: &Chunk) -> &[u8] {
    let filled = chunk.filled();
    chunk.bytes(filled - filled % BLOCK, filled)
}

/// How much the caches of one core may take together: memory of tail caches, whose oldest chunk of the core goes first,
/// and open files of sealed segments.
pub(crate) struct CacheBudget {
    /// Sealed segments whose files are open.
    pub(crate) open_files: OpenFiles,
    bytes_max: usize,
    state: RefCell<BudgetState>,
    pub(crate) flushes: Rc<FlushTurns>,
    pub(crate) appends: Rc<AppendsUnderWay>,
    /// Groups that were written on this core; background work looks at it to tell whether anybody waits.
    groups: Cell<u64>,
}

#[derive(Default)]
struct BudgetState {
    bytes: usize,
    /// One entry for each chunk that is charged, oldest first.
    charged: BTreeMap<Charge, Weak<RefCell<TailCache>>>,
    next_charge: Charge,
}

/// A chunk's place in the order of a budget: older ones are lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Charge(u64);

impl CacheBudget {
    pub(crate) fn new(bytes_max: usize) -> Rc<CacheBudget> {
        Rc::new(CacheBudget {
            open_files: OpenFiles::default(),
            bytes_max,
            state: RefCell::default(),
            flushes: Rc::default(),
            appends: Rc::default(),
            groups: Cell::new(0),
        })
    }

    /// How many groups of appends this core has begun to write.
    pub(crate) fn groups(&self) -> u64 {
        self.groups.get()
    }

    /// Bytes that may be in use.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        self.state.borrow().bytes
    }

    fn charge(&self, bytes: usize, owner: Weak<RefCell<TailCache>>) -> Charge {
        let mut state = self.state.borrow_mut();
        let charge = state.next_charge;
        state.next_charge = Charge(charge.0 + 1);
        state.bytes += bytes;
        state.charged.insert(charge, owner);
        charge
    }

    /// A chunk is given up, for whatever reason: nothing of it stays behind here.
    fn refund(&self, charge: Charge, bytes: usize) {
        let mut state = self.state.borrow_mut();
        state.bytes -= bytes;
        let owner = state.charged.remove(&charge);
        assert!(owner.is_some(), "a chunk is refunded once");
    }

    /// Evicts until the budget holds. Called by whoever has appended, once its own cache is not borrowed.
    pub(crate) fn enforce(&self) {
        self.groups.set(self.groups.get() + 1);
        while self.bytes() > self.bytes_max {
            let oldest = {
                let state = self.state.borrow();
                let oldest = state.charged.first_key_value();
                oldest.and_then(|(_, owner)| owner.upgrade())
            };
            // Chunks of a cache are given up in their order, so that its oldest one is the oldest of all. A cache that
            // is being dropped refunds by itself.
            let evicted = oldest.is_some_and(|cache| cache.borrow_mut().evict_oldest());
            if !evicted {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: Offset = Offset::ZERO;

    const NOW_MS: i64 = 1_000_000;

    /// Appends to a log that is being read.
    fn append(cache: &Rc<RefCell<TailCache>>, position: &mut u64, length: usize) {
        cache.borrow().note_reader(NOW_MS);
        let range = cache
            .borrow_mut()
            .append(*position, length, NOW_MS, |memory| memory.fill(1));
        assert!(range.length >= length);
        *position += length as u64;
    }

    #[test]
    fn a_budget_remembers_nothing_of_caches_that_are_gone_or_were_reset() {
        let budget = CacheBudget::new(usize::MAX);
        for _ in 0..100 {
            let cache = TailCache::new(budget.clone(), SEGMENT, Vec::new());
            let mut position = 0;
            append(&cache, &mut position, 4096);
            cache.borrow_mut().reset(SEGMENT, Vec::new());
            append(&cache, &mut 0, 4096);
        }
        assert_eq!(
            (budget.bytes(), budget.state.borrow().charged.len()),
            (0, 0)
        );
    }

    #[test]
    fn the_oldest_chunk_of_all_caches_goes_first_whatever_was_reset_before() {
        let budget = CacheBudget::new(3 * CHUNK_BYTES_MIN);
        let [reset, quiet, busy] =
            [(); 3].map(|()| TailCache::new(budget.clone(), SEGMENT, Vec::new()));
        append(&reset, &mut 0, 4096);
        reset.borrow_mut().reset(SEGMENT, Vec::new());
        append(&quiet, &mut 0, 4096);
        append(&reset, &mut 0, 4096);
        append(&busy, &mut 0, 4096);
        budget.enforce();
        let is_cached =
            |cache: &Rc<RefCell<TailCache>>| cache.borrow().cached_from(SEGMENT).is_some();
        assert!([&reset, &quiet, &busy].into_iter().all(is_cached));
        append(&busy, &mut 4096, 3 * 4096 + 1);
        budget.enforce();
        // What was reset had come before the quiet one and has come after it since.
        assert!(!is_cached(&quiet));
        assert!(is_cached(&busy));
    }

    #[test]
    fn a_log_that_nobody_reads_keeps_one_chunk_and_writes_into_the_same_memory_again() {
        let budget = CacheBudget::new(usize::MAX);
        let cache = TailCache::new(budget.clone(), SEGMENT, Vec::new());
        let mut position = 0;
        let mut append_at = |now_ms: i64| {
            let mut cache = cache.borrow_mut();
            let range = cache.append(position, CHUNK_BYTES_MAX / 2 + 1, now_ms, |memory| {
                memory.fill(7);
            });
            position += (CHUNK_BYTES_MAX / 2 + 1) as u64;
            range.chunk.pointer(0)
        };
        append_at(NOW_MS);
        let second = append_at(NOW_MS);
        assert_eq!(append_at(NOW_MS), second);
        assert_eq!(budget.bytes(), CHUNK_BYTES_MAX);
        cache.borrow().note_reader(NOW_MS);
        assert_ne!(append_at(NOW_MS + READER_STAYS_MS - 1), second);
        assert_eq!(budget.bytes(), 2 * CHUNK_BYTES_MAX);
        append_at(NOW_MS + READER_STAYS_MS);
        assert_eq!(budget.bytes(), CHUNK_BYTES_MAX, "the reader has gone");
    }
}
