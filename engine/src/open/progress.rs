//! How far a start has come, for whoever waits for a long one.
//!
//! Shared by all cores while partitions are opened: each adds to the counters, the catalogue's core tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::io::Disk;

/// How often a start says how far it has come, and after how long for the first time.
const TELL_INTERVAL: Duration = Duration::from_secs(2);

/// Counters of one start.
#[derive(Default)]
pub(crate) struct OpenProgress {
    partitions: AtomicU64,
    opened: AtomicU64,
    scanned_bytes: AtomicU64,
    is_over: AtomicBool,
}

impl OpenProgress {
    /// So many partitions are to be opened.
    pub(crate) fn new(partitions: u64) -> Arc<OpenProgress> {
        Arc::new(OpenProgress {
            partitions: AtomicU64::new(partitions),
            ..OpenProgress::default()
        })
    }

    /// One more is open.
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// So many bytes more of logs have been read.
    pub(crate) fn scanned(&self, bytes: u64) {
        self.scanned_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The start is done, well or not.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn line(&self) -> String {
        let megabytes = self.scanned_bytes.load(Ordering::Relaxed) >> 20;
        format!(
            "opening partitions: {} of {}, {megabytes} MiB of logs read",
            self.opened.load(Ordering::Relaxed),
            self.partitions.load(Ordering::Relaxed),
        )
    }
}

/// Says how far the start has come, every two seconds until it ends.
pub(crate) async fn tell<D: Disk>(disk: D, progress: Arc<OpenProgress>) {
    loop {
        disk.sleep(TELL_INTERVAL).await;
        if progress.is_over.load(Ordering::Relaxed) {
            return;
        }
        tracing::info!("{}", progress.line());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_partitions_and_bytes() {
        let progress = OpenProgress::new(1000);
        progress.opened();
        progress.scanned(5 << 20);
        assert_eq!(
            progress.line(),
            "opening partitions: 1 of 1000, 5 MiB of logs read"
        );
    }
}
