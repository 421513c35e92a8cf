//! Everything that talks to the kernel: the per-core ring, the files, the memory that the kernel reads and writes.
//!
//! Invariants: memory and descriptors handed to the ring stay alive until the completion arrives, whatever
//! happens to the future that waits for it. Nothing in here knows an offset, a batch or a Kafka word.

mod chunk;
mod disk;
mod huge_pages;
mod ring;

pub(crate) use chunk::HUGE_PAGE;
pub use chunk::{BLOCK, Chunk, ChunkSlice};
pub use disk::{AppendIoError, DirectoryEntry, Disk, RingDisk, RingFile, WriteRange};
pub(crate) use ring::Wait;
pub use ring::{AWAKE_MAX, Completion, Hold, Op, Ring, RingError, Sleep};
