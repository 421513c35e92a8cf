//! Compaction: of each key the newest record stays, with Kafka's semantics (`cleanup.policy=compact`).
//!
//! A cleaning reads the part of the log that no cleaning has covered and notes the newest offset of each key
//! ([`OffsetMap`]), then copies all segments up to there, batch by batch ([`BatchFilter`]), and swaps the copies in
//! ([`swap`]). What to clean is a pure choice ([`choice`]); the driver is generic over the disk and works in slices, so
//! that its core keeps answering. Shard-local. Invariants: offsets never change; the active segment is never touched;
//! a crash leaves a segment's old files or its new ones; a plan of a read keeps the files that it was made for.

mod batch_filter;
mod batch_reader;
pub mod checkpoint;
pub mod choice;
mod cleaned_segment;
mod cleaner;
mod cleaning;
mod decided_ranges;
mod kept;
mod key_hash;
mod offset_map;
mod pace;
mod swap;

pub use batch_filter::{
    BatchFilter, BatchRole, CleaningRules, Filtered, RecordCounts, RewrittenBatch, Standing,
};
pub(crate) use cleaner::{CleanerSettings, keep_clean};
pub use cleaner::{CompactionCounts, PartitionCleaner};
pub use cleaning::CleanError;
#[doc(hidden)]
pub use kept::fuzz_compaction;
pub use key_hash::{HashSeed, KeyHash, key_hash};
pub use offset_map::{Full, OffsetMap};
pub(crate) use swap::{read_checkpoint, recover};

#[cfg(test)]
mod tests;
