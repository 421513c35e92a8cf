//! Aligned log memory: what an O_DIRECT write reads from, and what a fetch of the newest records is served from.
//!
//! A chunk mirrors a range of one file from an aligned position on. It has one writer, the appender of the
//! partition, on its core; readers hold [`ChunkSlice`]s, on any core.
//!
//! Invariants:
//! - Bytes below `filled` never change again, so a slice below it may be read on another core without a lock.
//! - The appender fills a chunk only while none of its memory is being written out, so the kernel never reads
//!   bytes that change under it.
//! - Memory comes back from earlier chunks, newest first, so that a busy core keeps writing into what its cache
//!   holds; it is not cleared, so whoever writes a chunk out pads it first.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Alignment of file positions, lengths and memory for O_DIRECT: the largest logical block size in use.
pub const BLOCK: usize = 4096;

/// Memory of this size, aligned to it, can be one page: the kernel pins it for a write in one step instead of hundreds.
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Bytes of memory that a thread keeps for its next chunks.
const SPARE_BYTES_MAX: usize = 8 << 20;

thread_local! {
    static SPARE: RefCell<Spare> = const { RefCell::new(Spare { blocks: Vec::new(), bytes: 0 }) };
}

/// Memory of chunks that are gone, the newest last. A chunk's last reader may be on another core; its memory then
/// serves that one.
struct Spare {
    blocks: Vec<Memory>,
    bytes: usize,
}

impl Spare {
    fn take(&mut self, capacity: usize) -> Option<Memory> {
        let newest = self
            .blocks
            .iter()
            .rposition(|block| block.capacity == capacity)?;
        self.bytes -= capacity;
        Some(self.blocks.remove(newest))
    }

    /// Keeps what was freed last; what has lain longest goes when there is too much.
    fn keep(&mut self, memory: Memory) {
        self.bytes += memory.capacity;
        self.blocks.push(memory);
        while self.bytes > SPARE_BYTES_MAX {
            self.bytes -= self.blocks.remove(0).capacity;
        }
    }
}

/// Initialised memory, aligned to [`BLOCK`], a whole number of blocks.
pub(super) struct Memory {
    start: NonNull<u8>,
    capacity: usize,
    /// Whether it came from the stock of huge pages.
    is_huge: bool,
}

// SAFETY: the memory is owned, and nothing in it belongs to a thread.
unsafe impl Send for Memory {}
// SAFETY: a shared memory is only read.
unsafe impl Sync for Memory {}

impl Memory {
    fn allocate(capacity: usize) -> Memory {
        let layout = Self::layout(capacity);
        // SAFETY: the layout's size is not zero: `Chunk::new` asks for a block at least.
        let start = unsafe { alloc_zeroed(layout) };
        match NonNull::new(start) {
            Some(start) => Memory {
                start,
                capacity,
                is_huge: false,
            },
            None => handle_alloc_error(layout),
        }
    }

    /// Memory that is a huge page once it has been touched, where the kernel has one to give.
    pub(super) fn allocate_huge() -> Memory {
        let mut memory = Memory::allocate(HUGE_PAGE);
        // SAFETY: the range is that of the allocation. Where the kernel says no, all that is lost is speed.
        let _ =
            unsafe { libc::madvise(memory.start.as_ptr().cast(), HUGE_PAGE, libc::MADV_HUGEPAGE) };
        memory.is_huge = true;
        memory
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: within the allocation, which is initialised and has one owner.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.capacity) }
    }

    /// Makes the memory resident: writes a byte of every `step`.
    pub(super) fn touch(&self, step: usize) {
        for position in (0..self.capacity).step_by(step) {
            // SAFETY: within the allocation.
            let byte = unsafe { self.start.add(position) };
            // SAFETY: as above; nobody else has the memory, and what it holds is zero.
            unsafe { byte.as_ptr().write_volatile(0) };
        }
    }

    fn layout(capacity: usize) -> Layout {
        let alignment = if capacity >= HUGE_PAGE {
            HUGE_PAGE
        } else {
            BLOCK
        };
        Layout::from_size_align(capacity, alignment)
            .expect("a chunk is far smaller than isize::MAX")
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `allocate` with this layout.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.capacity)) }
    }
}

/// Memory for a chunk: the newest spare one, but a huge page in the place of one that could be, once one is ready.
fn memory_of(capacity: usize) -> Memory {
    let spare = SPARE.with_borrow_mut(|spare| spare.take(capacity));
    if capacity != HUGE_PAGE || spare.as_ref().is_some_and(|spare| spare.is_huge) {
        return spare.unwrap_or_else(|| Memory::allocate(capacity));
    }
    let huge = super::huge_pages::take();
    huge.or(spare).unwrap_or_else(|| Memory::allocate(capacity))
}

/// A range of a log in aligned memory.
pub struct Chunk {
    /// Present until the chunk is dropped.
    block: Option<Memory>,
    memory: NonNull<u8>,
    capacity: usize,
    /// Bytes that are final. The second thread is the core of a connection that reads a slice.
    filled: AtomicUsize,
}

// SAFETY: the memory is owned; bytes below `filled` are immutable, bytes above it are reached only through
// `append`, whose contract is a single caller.
unsafe impl Send for Chunk {}
// SAFETY: as above: shared access is read-only, below `filled`.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// An empty chunk for at least `capacity` bytes: a power of two of blocks, so that memory of one chunk fits the next.
    pub fn new(capacity: usize) -> Chunk {
        let capacity = capacity.div_ceil(BLOCK).next_power_of_two() * BLOCK;
        let block = memory_of(capacity);
        Chunk {
            memory: block.start,
            block: Some(block),
            capacity,
            filled: AtomicUsize::new(0),
        }
    }

    /// A chunk that holds `bytes`, with zeros behind them up to a block boundary.
    pub(crate) fn of(bytes: &[u8]) -> Chunk {
        let chunk = Chunk::new(bytes.len());
        // SAFETY: nobody else knows the chunk yet, and none of it is being written.
        unsafe { chunk.append(bytes.len(), |free| free.copy_from_slice(bytes)) };
        // SAFETY: as above.
        unsafe { chunk.pad() };
        chunk
    }

    /// Bytes that fit in all.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes that are final.
    pub fn filled(&self) -> usize {
        self.filled.load(Ordering::Acquire)
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        self.capacity - self.filled()
    }

    /// Lets `fill` write the next `length` bytes, then makes them final.
    ///
    /// # Safety
    /// One caller at a time, on the thread of the appender, and no write of this chunk's unfilled memory is in
    /// flight.
    pub(crate) unsafe fn append(&self, length: usize, fill: impl FnOnce(&mut [u8])) {
        let filled = self.filled();
        assert!(
            length <= self.capacity - filled,
            "{length} bytes into a chunk of {} with {filled} filled",
            self.capacity
        );
        // SAFETY: `filled + length` is within the allocation, checked above.
        let start = unsafe { self.memory.add(filled) };
        // SAFETY: bytes above `filled` are seen by nobody but the single appender, by this function's contract.
        let free = unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), length) };
        fill(free);
        self.filled.store(filled + length, Ordering::Release);
    }

    /// Puts zeros behind what is filled, up to the next block boundary: what a write of whole blocks takes along.
    ///
    /// # Safety
    /// As [`Chunk::append`].
    pub(crate) unsafe fn pad(&self) {
        let filled = self.filled();
        let length = filled.next_multiple_of(BLOCK) - filled;
        // SAFETY: the capacity is a whole number of blocks, so the padding is within the allocation.
        let start = unsafe { self.memory.add(filled) };
        // SAFETY: bytes above `filled` are seen by nobody but the single appender, by this function's contract.
        unsafe { start.as_ptr().write_bytes(0, length) };
    }

    /// The memory from `start` on, for the kernel to read.
    pub(crate) fn pointer(&self, start: usize) -> *const u8 {
        assert!(start <= self.capacity);
        // SAFETY: within the allocation, checked above.
        unsafe { self.memory.add(start) }.as_ptr()
    }

    /// The final bytes of `start..end`.
    pub fn bytes(&self, start: usize, end: usize) -> &[u8] {
        assert!(
            start <= end && end <= self.filled(),
            "slice {start}..{end} is not final"
        );
        // SAFETY: within the allocation.
        let first = unsafe { self.memory.add(start) };
        // SAFETY: bytes below `filled` are initialised and never change again.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), end - start) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            // At the end of a thread its spare memory may be gone already; then this one goes as well.
            let _ = SPARE.try_with(|spare| spare.borrow_mut().keep(block));
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Chunk({} of {})", self.filled(), self.capacity)
    }
}

/// Final bytes of a chunk, kept alive; readable on any core.
#[derive(Clone, Debug)]
pub struct ChunkSlice {
    chunk: Arc<Chunk>,
    start: usize,
    end: usize,
}

impl ChunkSlice {
    /// The bytes `start..end` of `chunk`.
    ///
    /// # Panics
    /// When the range is not final.
    pub fn new(chunk: Arc<Chunk>, start: usize, end: usize) -> ChunkSlice {
        assert!(start <= end && end <= chunk.filled());
        ChunkSlice { chunk, start, end }
    }
}

impl Deref for ChunkSlice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.chunk.bytes(self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_bytes_are_final_and_memory_comes_back() {
        let chunk = Arc::new(Chunk::new(5000));
        assert_eq!(chunk.capacity(), 8192);
        // SAFETY: this thread is the only one, and nothing is in flight.
        unsafe { chunk.append(3, |free| free.copy_from_slice(b"abc")) };
        let slice = ChunkSlice::new(chunk.clone(), 1, 3);
        // SAFETY: as above.
        unsafe { chunk.append(2, |free| free.copy_from_slice(b"de")) };
        assert_eq!(&*slice, b"bc");
        assert_eq!(chunk.bytes(0, 5), b"abcde");
        let memory = chunk.pointer(0);
        assert_eq!(memory as usize % BLOCK, 0);
        drop((slice, chunk));
        let again = Chunk::new(8192);
        assert_eq!(again.pointer(0), memory);
        // SAFETY: as above.
        unsafe { again.append(1, |free| free[0] = b'x') };
        // SAFETY: as above.
        unsafe { again.pad() };
        // SAFETY: within the allocation, whose bytes are initialised.
        let padded = unsafe { std::slice::from_raw_parts(again.pointer(0), BLOCK) };
        assert_eq!(padded[0], b'x');
        assert!(padded[1..].iter().all(|byte| *byte == 0));
    }
}
