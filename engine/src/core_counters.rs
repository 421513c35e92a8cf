//! What a core counts of its own work: bytes and records taken, writes, flushes, reads served from memory or from files.
//!
//! Shard-local: each core's thread has its own, which nobody else touches, so that counting costs an addition and no
//! traffic between cores. Whoever wants to know asks the core ([`crate::Shard::report`]). In a simulation all cores share
//! one thread, and with it these numbers; nothing decides by them. Invariant: counters only grow.

use std::cell::Cell;
use std::time::Instant;

use crate::duration_histogram::{DurationCounts, DurationHistogram};

struct Counters {
    bytes_in: Cell<u64>,
    messages_in: Cell<u64>,
    written_bytes: Cell<u64>,
    flushes: DurationHistogram,
    reads_from_memory: Cell<u64>,
    reads_from_files: Cell<u64>,
    read_bytes_from_memory: Cell<u64>,
    read_bytes_from_files: Cell<u64>,
}

thread_local! {
    static OWN: Counters = const {
        Counters {
            bytes_in: Cell::new(0),
            messages_in: Cell::new(0),
            written_bytes: Cell::new(0),
            flushes: DurationHistogram::new(),
            reads_from_memory: Cell::new(0),
            reads_from_files: Cell::new(0),
            read_bytes_from_memory: Cell::new(0),
            read_bytes_from_files: Cell::new(0),
        }
    };
}

/// The counters of a core at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoreCounts {
    /// Bytes of batches written, of all partitions that there were.
    pub bytes_in: u64,
    /// Records in these batches.
    pub messages_in: u64,
    /// Bytes of log files that were written: whole blocks, the last one of a group again with the next.
    pub written_bytes: u64,
    /// Flushes of log files with their times, in which the write is included where both were asked for at once.
    pub flushes: DurationCounts,
    /// Reads whose records all came from the tail cache.
    pub reads_from_memory: u64,
    /// Reads that needed a file.
    pub reads_from_files: u64,
    /// Bytes of records that came from the tail cache.
    pub read_bytes_from_memory: u64,
    /// Bytes of records that came from files.
    pub read_bytes_from_files: u64,
}

fn add(counter: &Cell<u64>, amount: u64) {
    counter.set(counter.get() + amount);
}

/// Batches of `bytes` with `messages` records have been written.
pub(crate) fn took(bytes: u64, messages: u64) {
    OWN.with(|own| {
        add(&own.bytes_in, bytes);
        add(&own.messages_in, messages);
    });
}

/// A write of so many bytes begins.
pub(crate) fn writing(bytes: usize) {
    OWN.with(|own| add(&own.written_bytes, bytes as u64));
}

/// A flush under way; counted when it is dropped.
pub(crate) struct Flushing(Instant);

/// A flush begins.
pub(crate) fn flushing() -> Flushing {
    Flushing(Instant::now())
}

impl Drop for Flushing {
    fn drop(&mut self) {
        OWN.with(|own| own.flushes.count(self.0.elapsed()));
    }
}

/// A read has found bytes of records in memory and in files.
pub(crate) fn planned_read(from_memory: u64, from_files: u64) {
    OWN.with(|own| {
        let count = match from_files {
            0 => &own.reads_from_memory,
            _ => &own.reads_from_files,
        };
        add(count, 1);
        add(&own.read_bytes_from_memory, from_memory);
        add(&own.read_bytes_from_files, from_files);
    });
}

/// What the calling core has counted.
pub(crate) fn read() -> CoreCounts {
    OWN.with(|own| CoreCounts {
        bytes_in: own.bytes_in.get(),
        messages_in: own.messages_in.get(),
        written_bytes: own.written_bytes.get(),
        flushes: own.flushes.read(),
        reads_from_memory: own.reads_from_memory.get(),
        reads_from_files: own.reads_from_files.get(),
        read_bytes_from_memory: own.read_bytes_from_memory.get(),
        read_bytes_from_files: own.read_bytes_from_files.get(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_counts_for_itself() {
        let there = std::thread::spawn(|| {
            took(100, 3);
            planned_read(10, 0);
            planned_read(10, 20);
            drop(flushing());
            read()
        });
        let there = there.join().unwrap();
        assert_eq!((there.bytes_in, there.messages_in), (100, 3));
        assert_eq!((there.reads_from_memory, there.reads_from_files), (1, 1));
        assert_eq!(there.read_bytes_from_memory, 20);
        assert_eq!(there.read_bytes_from_files, 20);
        assert_eq!(there.flushes.total(), 1);
        let fresh = std::thread::spawn(read).join().unwrap();
        assert_eq!((fresh.bytes_in, fresh.flushes.total()), (0, 0));
    }
}
