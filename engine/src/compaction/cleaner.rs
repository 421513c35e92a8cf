//! When a partition is cleaned: what it knows of its cleanings, and a core's loop that picks the dirtiest.
//!
//! Shard-local. Invariants: one partition of a core is cleaned at a time, so that there is one map of keys; a partition
//! whose log could not be read, or whose swap failed, is left alone until it is opened again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::HashSeed;
use super::checkpoint::CleanerCheckpoint;
use super::choice::{Cleanable, CleanerBounds, CompactionPolicy, SegmentFacts, cleanable};
use super::cleaning::{CleanError, clean};
use crate::io::Disk;
use crate::log_config::LogConfig;
use crate::partition::Partition;
use crate::types::{Offset, TimestampMs};

/// How long to wait before asking again whether somebody else has done with the files.
const TURN_INTERVAL: Duration = Duration::from_micros(200);

/// What compaction has done to a partition since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CompactionCounts {
    /// Cleanings that came to their end.
    pub cleanings: u64,
    /// Bytes of log that were looked at for their newest keys.
    pub mapped_bytes: u64,
    /// Bytes of log that were copied from, and what was left of them.
    pub cleaned_bytes: u64,
    /// What was left of them.
    pub kept_bytes: u64,
    /// Records that were looked at while copying.
    pub records_read: u64,
    /// Records that were kept.
    pub records_kept: u64,
    /// Records that went because they have no key.
    pub records_keyless: u64,
    /// How often the map was full before the dirty part ended.
    pub full_maps: u64,
    /// The share of uncompacted bytes when the cleaner last looked.
    pub dirty_ratio: f64,
}

/// What a partition knows of its cleanings.
pub struct PartitionCleaner {
    checkpoint: RefCell<CleanerCheckpoint>,
    /// Segments that were replaced since the partition was opened.
    swaps: Cell<u64>,
    /// Whether files of sealed segments are being renamed.
    files_are_taken: Cell<bool>,
    is_cleaning: Cell<bool>,
    uncleanable: RefCell<Option<Rc<str>>>,
    counts: Cell<CompactionCounts>,
}

/// The right to rename files of sealed segments; ends when it is dropped.
pub(crate) struct FilesTurn<'a>(&'a Cell<bool>);

impl Drop for FilesTurn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl PartitionCleaner {
    pub(crate) fn new(checkpoint: CleanerCheckpoint) -> PartitionCleaner {
        PartitionCleaner {
            checkpoint: RefCell::new(checkpoint),
            swaps: Cell::new(0),
            files_are_taken: Cell::new(false),
            is_cleaning: Cell::new(false),
            uncleanable: RefCell::default(),
            counts: Cell::default(),
        }
    }

    pub(crate) fn checkpoint(&self) -> CleanerCheckpoint {
        self.checkpoint.borrow().clone()
    }

    pub(crate) fn set_checkpoint(&self, checkpoint: CleanerCheckpoint) {
        *self.checkpoint.borrow_mut() = checkpoint;
    }

    /// Where the last cleaning ended.
    pub fn cleaned_to(&self) -> Option<Offset> {
        self.checkpoint.borrow().cleaned_to
    }

    /// What has been done since the partition was opened.
    pub fn counts(&self) -> CompactionCounts {
        self.counts.get()
    }

    /// Whether compaction wrote the segment at `base_offset`, so that offsets may be missing in it.
    pub(crate) fn wrote(&self, base_offset: Offset) -> bool {
        self.checkpoint.borrow().segment(base_offset).is_some()
    }

    /// Why the partition is not cleaned any more, where it is not.
    pub fn uncleanable(&self) -> Option<Rc<str>> {
        self.uncleanable.borrow().clone()
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut CompactionCounts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// A number that changes whenever a segment is replaced: whoever put together what he read before and after has
    /// to begin again.
    pub(crate) fn swaps(&self) -> u64 {
        self.swaps.get()
    }

    pub(crate) fn count_swap(&self) {
        self.swaps.set(self.swaps.get() + 1);
    }

    pub(crate) fn is_cleaning(&self) -> bool {
        self.is_cleaning.get()
    }

    /// Whether paths of sealed segments may lead to old files.
    pub(crate) fn files_are_taken(&self) -> bool {
        self.files_are_taken.get()
    }

    /// Waits until nobody renames files of sealed segments, then keeps others from it.
    pub(crate) async fn take_files<D: Disk>(&self, disk: &D) -> FilesTurn<'_> {
        while self.files_are_taken.replace(true) {
            disk.sleep(TURN_INTERVAL).await;
        }
        FilesTurn(&self.files_are_taken)
    }

    /// Waits until nobody renames files of sealed segments.
    pub(crate) async fn wait_for_files<D: Disk>(&self, disk: &D) {
        while self.files_are_taken.get() {
            disk.sleep(TURN_INTERVAL).await;
        }
    }
}

/// What a core's cleaner is told at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CleanerSettings {
    /// Bytes of the map of keys.
    pub(crate) map_bytes: usize,
    /// How long to wait when nothing is dirty enough.
    pub(crate) interval: Duration,
    /// The secret of the map's hashes.
    pub(crate) seed: HashSeed,
}

/// Cleans what is dirtiest, again and again, and looks after a while where nothing is due.
pub(crate) async fn keep_clean<D: Disk>(
    disk: D,
    partitions: impl Fn() -> Vec<Rc<Partition<D>>>,
    settings: CleanerSettings,
) {
    loop {
        disk.sleep(settings.interval).await;
        let mut cleaned = 0;
        let all = partitions();
        // As often as there are partitions: what is still due then has its turn after the next pause.
        while cleaned < all.len() {
            let Some((partition, cleanable)) = dirtiest(&all).await else {
                break;
            };
            clean_one(&partition, cleanable, settings).await;
            cleaned += 1;
        }
    }
}

async fn dirtiest<D: Disk>(
    partitions: &[Rc<Partition<D>>],
) -> Option<(Rc<Partition<D>>, Cleanable)> {
    let mut dirtiest: Option<(Rc<Partition<D>>, Cleanable)> = None;
    for partition in partitions {
        let Some(cleanable) = due(partition).await else {
            continue;
        };
        let is_dirtier = dirtiest
            .as_ref()
            .is_none_or(|(_, other)| cleanable.dirty_ratio() > other.dirty_ratio());
        if is_dirtier {
            dirtiest = Some((partition.clone(), cleanable));
        }
    }
    dirtiest
}

/// What of the partition can be cleaned, where it is time.
async fn due<D: Disk>(partition: &Rc<Partition<D>>) -> Option<Cleanable> {
    let policy = {
        let log = partition.log.borrow();
        let is_idle = !partition.cleaner.is_cleaning() && !log.closed && log.refused.is_none();
        let is_well = is_idle && partition.cleaner.uncleanable.borrow().is_none();
        if !log.config.cleanup_policy.compact || !is_well {
            return None;
        }
        policy(&log.config)
    };
    if policy.max_lag_ms.is_some() {
        super::cleaning::learn_first_timestamps(partition).await;
    }
    let cleanable = look(partition, policy)?;
    partition
        .cleaner
        .count(|counts| counts.dirty_ratio = cleanable.dirty_ratio());
    cleanable.is_due(policy).then_some(cleanable)
}

fn policy(config: &LogConfig) -> CompactionPolicy {
    CompactionPolicy {
        min_lag_ms: config.min_compaction_lag_ms,
        max_lag_ms: config.max_compaction_lag_ms,
        min_dirty_ratio: config.min_cleanable_dirty_ratio,
    }
}

/// What of the partition can be cleaned; none when something in it is damaged.
fn look<D: Disk>(partition: &Rc<Partition<D>>, policy: CompactionPolicy) -> Option<Cleanable> {
    let log = partition.log.borrow();
    if log.is_damaged() || log.is_foreign {
        return None;
    }
    let bounds = CleanerBounds {
        log_start_offset: log.ends.start(),
        last_stable_offset: log.stable_end(),
        cleaned_to: partition.cleaner.cleaned_to(),
    };
    let facts: Vec<SegmentFacts> = log.segments.iter().map(super::cleaning::facts).collect();
    let now = TimestampMs(partition.disk.now_ms());
    Some(cleanable(&facts, policy, bounds, now))
}

async fn clean_one<D: Disk>(
    partition: &Rc<Partition<D>>,
    cleanable: Cleanable,
    settings: CleanerSettings,
) {
    let cleaner = &partition.cleaner;
    if cleaner.is_cleaning.replace(true) {
        return;
    }
    let outcome = clean(partition, cleanable, settings.map_bytes, settings.seed).await;
    cleaner.is_cleaning.set(false);
    let directory = partition.directory();
    match outcome {
        Ok(()) => {
            cleaner.count(|counts| counts.cleanings += 1);
            let counts = cleaner.counts();
            tracing::info!(
                partition = %directory.display(),
                cleaned_to = cleaner.cleaned_to().map_or(-1, |offset| offset.0),
                cleanings = counts.cleanings,
                cleaned_bytes = counts.cleaned_bytes,
                kept_bytes = counts.kept_bytes,
                records_read = counts.records_read,
                records_kept = counts.records_kept,
                full_maps = counts.full_maps,
                "compacted"
            );
        }
        Err(CleanError::Interrupted) => {}
        Err(error) if error.is_passing() => {
            tracing::warn!(partition = %directory.display(), %error, "compaction failed; it is tried again");
        }
        Err(error) => {
            tracing::error!(partition = %directory.display(), %error, "the partition is not compacted any more until it is opened again");
            *cleaner.uncleanable.borrow_mut() = Some(error.to_string().into());
        }
    }
}

impl<D: Disk> Partition<D> {
    /// What the partition knows of its cleanings.
    pub fn cleaner(&self) -> &PartitionCleaner {
        &self.cleaner
    }

    /// Compacts what can be compacted, whatever its share. Does nothing where a cleaning is under way.
    ///
    /// # Errors
    /// See [`CleanError`].
    pub async fn clean_now(
        self: &Rc<Self>,
        map_bytes: usize,
        seed: HashSeed,
    ) -> Result<(), CleanError> {
        let policy = policy(&self.config());
        let Some(cleanable) = look(self, policy) else {
            return Ok(());
        };
        if self.cleaner.is_cleaning.replace(true) {
            return Ok(());
        }
        let outcome = clean(self, cleanable, map_bytes, seed).await;
        self.cleaner.is_cleaning.set(false);
        if outcome.is_ok() {
            self.cleaner.count(|counts| counts.cleanings += 1);
        }
        outcome
    }
}
