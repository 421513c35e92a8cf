//! The topic catalogue on disk: Kafka metadata records in a log of their own, and the image that they add up to.
//!
//! Lives on the catalogue's core only; the other cores get copies of the image. One node is a quorum of one: a record
//! counts when it is durable. Invariants: the image never holds what is not durable; after a failed write nothing more
//! is written until the next start; a torn last write is cut, damage before a whole batch is not.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use crate::batch::{Gaps, Placement, ScanFrom, place, scan};
use crate::catalogue::{Image, MetadataRecord};
use crate::file_name::{
    CLUSTER_METADATA_TOPIC, PartitionDirectoryName, SegmentFileKind, SegmentFileName,
};
use crate::io::Disk;
use crate::planted::{self, Bug};
use crate::record::{BatchBuilder, BatchOptions, NewRecord, Records};
use crate::recovery::{Follows, Place, may_be_torn_start, what_follows};
use crate::reserve;
use crate::types::{LeaderEpoch, Offset, Position, TimestampMs, TopicPartition};

/// The largest batch of the catalogue: a topic with the most partitions, in one batch.
const BATCH_BYTES_MAX: usize = 64 << 20;
/// Directories that an error names; more are counted.
const LOST_NAMED_MAX: usize = 8;

/// Why the catalogue could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file could not be read or written.
    #[error("the topic catalogue {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// What it holds cannot be understood.
    #[error("the topic catalogue {} is damaged at position {position}: {reason}; `corelane log inspect` shows it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        position: Position,
        /// What is wrong.
        reason: String,
    },
    /// Partitions lie in the data directory that it does not know. A partition's directory is made when the change that
    /// made the partition is durable: the catalogue has lost changes that were answered.
    #[error("{}", lost_partitions(path, directories, *damaged_from))]
    LostPartitions {
        /// The file.
        path: PathBuf,
        /// The partitions' directories, one at least.
        directories: Vec<PathBuf>,
        /// From where on the catalogue's end is damaged, where it is.
        damaged_from: Option<Position>,
    },
    /// An earlier write failed.
    #[error(
        "the topic catalogue refuses changes since a write failed; restart the broker once the disk is well"
    )]
    Refused,
}

fn lost_partitions(path: &Path, directories: &[PathBuf], damaged_from: Option<Position>) -> String {
    let named: Vec<String> = directories
        .iter()
        .take(LOST_NAMED_MAX)
        .map(|directory| directory.display().to_string())
        .collect();
    let mut text = format!(
        "the topic catalogue {} does not know the topics of {}",
        path.display(),
        named.join(", ")
    );
    if let Some(more) = directories.len().checked_sub(LOST_NAMED_MAX + 1) {
        text += &format!(" and of {} directories more", more + 1);
    }
    if let Some(position) = damaged_from {
        text += &format!("; it is damaged from position {position} to its end");
    }
    text + ". Restore it from a backup of the same data directory, or move these directories out of the data directory: \
            docs/operations.md, \"A catalogue that has lost topics\". Nothing was changed"
}

/// A catalogue that has been read, and not yet cut or written. Invariant: nothing on the disk has been changed but that
/// the catalogue's directory is there.
pub(crate) struct FoundCatalogue<D> {
    disk: D,
    data_directory: PathBuf,
    path: PathBuf,
    contents: Vec<u8>,
    replayed: Replayed,
    clean_stop: bool,
}

/// See the module.
pub(crate) struct CatalogueLog<D> {
    disk: D,
    path: PathBuf,
    end: Position,
    next_offset: Offset,
    epoch: LeaderEpoch,
    refused: bool,
    image: Arc<Image>,
}

impl<D: Disk> FoundCatalogue<D> {
    /// Reads the catalogue. After a clean stop there is no torn tail: whatever is no batch is damage.
    pub(crate) async fn read(
        disk: D,
        data_directory: &Path,
        clean_stop: bool,
    ) -> Result<FoundCatalogue<D>, CatalogueError> {
        let name = PartitionDirectoryName {
            topic: CLUSTER_METADATA_TOPIC.to_owned(),
            partition: 0,
        };
        let directory = data_directory.join(name.to_string());
        let path =
            directory.join(SegmentFileName::live(Offset::ZERO, SegmentFileKind::Log).to_string());
        let failed = |source| CatalogueError::Io {
            path: path.clone(),
            source,
        };
        disk.create_directory(&directory).await.map_err(failed)?;
        let contents = disk.read_whole(&path).await.map_err(failed)?;
        let contents = contents.unwrap_or_default();
        let replayed = replay(&contents, &path, clean_stop)?;
        Ok(FoundCatalogue {
            disk,
            data_directory: data_directory.to_path_buf(),
            path,
            contents,
            replayed,
            clean_stop,
        })
    }

    /// What its records add up to.
    pub(crate) fn image(&self) -> &Image {
        &self.replayed.image
    }

    /// Topics that its records have removed.
    pub(crate) fn removed(&self) -> &BTreeSet<Uuid> {
        &self.replayed.removed
    }

    /// That these partitions' directories are there, and not in the catalogue.
    pub(crate) fn has_lost(&self, directories: Vec<PathBuf>) -> CatalogueError {
        let is_damaged = self.replayed.end.0 < self.contents.len() as u64;
        CatalogueError::LostPartitions {
            path: self.path.clone(),
            directories,
            damaged_from: is_damaged.then_some(self.replayed.end),
        }
    }

    /// Cuts a torn tail, makes what is left durable, and the file where there is none.
    pub(crate) async fn take_over(self) -> Result<CatalogueLog<D>, CatalogueError> {
        let (disk, path, replayed) = (self.disk, self.path, self.replayed);
        let mut contents = self.contents;
        let failed = |source| CatalogueError::Io {
            path: path.clone(),
            source,
        };
        let whole_bytes = usize::try_from(replayed.end.0).expect("the file is in memory");
        if whole_bytes < contents.len() && !planted::is(Bug::CatalogueTailKept) {
            let cut_bytes = contents.len() - whole_bytes;
            tracing::warn!(path = %path.display(), position = %replayed.end, cut_bytes, "cut a torn tail");
            let file = disk.open_existing(&path).await.map_err(failed)?;
            disk.truncate(&file, replayed.end.0).await.map_err(failed)?;
            disk.flush(&file).await.map_err(failed)?;
        }
        // Makes the file where there is none. Where there is one, a killed process may have left it, its name or its
        // last change unflushed: what the image says from here on has to outlast a power cut. It is written again, because
        // what a failed flush has left in memory is read back and flushed by nobody.
        let is_flushed_only = self.clean_stop || planted::is(Bug::CatalogueNotRewritten);
        contents.truncate(if is_flushed_only { 0 } else { whole_bytes });
        disk.overwrite(&path, 0, contents, true)
            .await
            .map_err(failed)?;
        let directory = path.parent().unwrap_or(&self.data_directory);
        disk.flush_directory(directory).await.map_err(failed)?;
        disk.flush_directory(&self.data_directory)
            .await
            .map_err(failed)?;
        Ok(CatalogueLog {
            disk,
            path,
            end: replayed.end,
            next_offset: replayed.next_offset,
            epoch: replayed.epoch.next().unwrap_or(LeaderEpoch(0)),
            refused: false,
            image: Arc::new(replayed.image),
        })
    }
}

impl<D: Disk> CatalogueLog<D> {
    /// Whether a write has failed and may have left something behind the end.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }

    /// What all durable records add up to.
    pub(crate) fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// The epoch in which this start appends.
    pub(crate) fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Tells the image in which epochs the partitions are.
    pub(crate) fn set_leader_epochs(
        &mut self,
        epochs: &[(TopicPartition, LeaderEpoch)],
    ) -> Arc<Image> {
        let mut image = Image::clone(&self.image);
        for (partition, epoch) in epochs {
            image.set_leader_epoch(*partition, *epoch);
        }
        self.image = Arc::new(image);
        self.image.clone()
    }

    /// As [`CatalogueLog::append`], for a change that frees space or lets space be freed: it may take the reserve.
    pub(crate) async fn append_freeing(
        &mut self,
        records: Vec<MetadataRecord>,
    ) -> Result<Arc<Image>, CatalogueError> {
        match self.append(records.clone()).await {
            Err(CatalogueError::Io { path, source })
                if reserve::is_full_disk(&source) && !self.refused =>
            {
                let data = path.ancestors().nth(2).unwrap_or(&path);
                let given_up = reserve::give_up(&self.disk, data).await;
                given_up.map_err(|source| CatalogueError::Io {
                    path: path.clone(),
                    source,
                })?;
                self.append(records).await
            }
            outcome => outcome,
        }
    }

    /// Appends records as one batch and returns the image that they lead to, once they are durable.
    pub(crate) async fn append(
        &mut self,
        records: Vec<MetadataRecord>,
    ) -> Result<Arc<Image>, CatalogueError> {
        if self.refused {
            return Err(CatalogueError::Refused);
        }
        let damaged = |reason: String| CatalogueError::Damaged {
            path: self.path.clone(),
            position: self.end,
            reason,
        };
        let mut image = Image::clone(&self.image);
        for (offset, record) in (self.next_offset.0..).map(Offset).zip(&records) {
            image
                .apply(offset, record.clone())
                .map_err(|error| damaged(error.to_string()))?;
        }
        let batch = self
            .batch(&records)
            .map_err(|error| damaged(error.to_string()))?;
        let length = batch.len() as u64;
        let flush = !planted::is(Bug::CatalogueAckBeforeFlush);
        if let Err(source) = self
            .disk
            .overwrite(&self.path, self.end.0, batch, flush)
            .await
        {
            self.refused = !self.is_taken_back(&source).await;
            let path = self.path.clone();
            return Err(CatalogueError::Io { path, source });
        }
        self.end = Position(self.end.0 + length);
        self.next_offset = Offset(self.next_offset.0 + records.len() as i64);
        self.image = Arc::new(image);
        Ok(self.image.clone())
    }

    /// On a full disk the failed change is cut off again, durably, so that later ones can be made.
    async fn is_taken_back(&self, source: &io::Error) -> bool {
        if !reserve::is_full_disk(source) {
            return false;
        }
        let cut = async || {
            let file = self.disk.open_existing(&self.path).await?;
            self.disk.truncate(&file, self.end.0).await?;
            self.disk.flush(&file).await
        };
        cut().await.is_ok()
    }

    fn batch(&self, records: &[MetadataRecord]) -> Result<Vec<u8>, crate::record::BuildError> {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let now = TimestampMs(self.disk.now_ms());
        for record in records {
            let value = record.encode();
            builder.append(&NewRecord {
                timestamp_ms: now.0,
                key: None,
                value: Some(&value),
                headers: &[],
            })?;
        }
        let mut batch = builder.build()?.to_vec();
        let placement = Placement {
            base_offset: self.next_offset,
            leader_epoch: self.epoch,
        };
        place(&mut batch, placement);
        Ok(batch)
    }
}

struct Replayed {
    image: Image,
    end: Position,
    next_offset: Offset,
    epoch: LeaderEpoch,
    removed: BTreeSet<Uuid>,
}

fn replay(contents: &[u8], path: &Path, clean_stop: bool) -> Result<Replayed, CatalogueError> {
    let from = ScanFrom {
        position: Position::ZERO,
        offset: Offset::ZERO,
        epoch_min: LeaderEpoch::UNDEFINED,
        epoch_max: LeaderEpoch(i32::MAX),
        gaps: Gaps::Refused,
        batch_bytes_max: BATCH_BYTES_MAX,
    };
    let damaged = |position: Position, reason: String| CatalogueError::Damaged {
        path: path.to_path_buf(),
        position,
        reason,
    };
    let mut image = Image::default();
    let mut removed = BTreeSet::new();
    let mut walk = scan(contents, from);
    let mut error = None;
    for step in walk.by_ref() {
        match step {
            Ok(batch) => {
                let start = usize::try_from(batch.position.0).expect("the file is in memory");
                let bytes = &contents[start..start + batch.size];
                replay_batch(&mut image, &mut removed, bytes)
                    .map_err(|reason| damaged(batch.position, reason))?;
            }
            Err(found) => error = Some(found),
        }
    }
    let resume = walk.resume();
    if let Some(error) = error {
        let start = usize::try_from(resume.position.0).expect("the file is in memory");
        // Each change is flushed before the next is written: a whole batch behind a bad one is no torn write. That
        // the bad one claims to reach beyond the end of the file says nothing: the claim may be what is damaged.
        let is_torn = match what_follows(&contents[start..], resume) {
            Follows::Zeros => true,
            Follows::Rubbish => !clean_stop,
            Follows::LaterBatch {
                place,
                leader_epoch,
            } => !clean_stop && is_torn_start(resume, place, leader_epoch),
            Follows::Undecided => false,
        };
        if !is_torn {
            return Err(damaged(error.position, error.kind.to_string()));
        }
    }
    Ok(Replayed {
        image,
        end: resume.position,
        next_offset: resume.offset,
        epoch: resume.epoch_min,
        removed,
    })
}

/// Whether the bad batch is the only one that is whole, and but for a sector that its CRC does not reach the one expected.
fn is_torn_start(expected: ScanFrom, last: Place, leader_epoch: LeaderEpoch) -> bool {
    let placement = |offset| Placement {
        base_offset: offset,
        leader_epoch,
    };
    last.position == expected.position
        && may_be_torn_start(
            placement(expected.offset),
            placement(last.offset),
            last.position,
        )
}

fn replay_batch(
    image: &mut Image,
    removed: &mut BTreeSet<Uuid>,
    batch: &[u8],
) -> Result<(), String> {
    for record in Records::open(batch)
        .map_err(|error| error.to_string())?
        .iter()
    {
        let record = record.map_err(|error| error.to_string())?;
        let value = record.value.ok_or("a record without a value")?;
        let change = MetadataRecord::decode(value).map_err(|error| error.to_string())?;
        if let MetadataRecord::RemoveTopic { topic_id } = &change {
            removed.insert(*topic_id);
        }
        image
            .apply(record.offset, change)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::TopicRecord;

    fn batch(base_offset: i64, name: &str) -> Vec<u8> {
        let record = MetadataRecord::Topic(TopicRecord {
            name: name.to_owned(),
            topic_id: Uuid::from_u128(base_offset as u128 + 1),
        });
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let value = record.encode();
        let record = NewRecord {
            timestamp_ms: 0,
            key: None,
            value: Some(&value),
            headers: &[],
        };
        builder.append(&record).unwrap();
        let mut batch = builder.build().unwrap().to_vec();
        let placement = Placement {
            base_offset: Offset(base_offset),
            leader_epoch: LeaderEpoch(0),
        };
        place(&mut batch, placement);
        batch
    }

    /// Seed 57327 of the random scripts: garbage in a sector that held no more of a change than its base offset made
    /// that one greater, and the CRC does not cover it.
    #[test]
    fn a_last_change_whose_offset_alone_was_torn_is_cut_after_a_crash_only() {
        let path = Path::new("catalogue");
        let (mut torn, mut damaged) = (0, 0);
        for length in 1..=240 {
            let first = batch(0, &"t".repeat(length));
            let filler = batch(1, &"f".repeat(240));
            let kept = [first, filler].concat();
            let contents = [kept.clone(), batch(3, "last")].concat();
            let end_of_sector = 512 - kept.len() % 512;
            let opened = replay(&contents, path, false);
            match opened {
                Ok(replayed) => {
                    assert_eq!(replayed.end.0, kept.len() as u64);
                    assert!((8..21).contains(&end_of_sector), "{end_of_sector}");
                    torn += 1;
                }
                Err(_) => {
                    assert!(!(8..21).contains(&end_of_sector), "{end_of_sector}");
                    damaged += 1;
                }
            }
            assert!(replay(&contents, path, true).is_err());
            // A change behind it was written when it was durable.
            let followed = [contents, batch(4, "later")].concat();
            assert!(replay(&followed, path, false).is_err());
        }
        assert!(torn > 0 && damaged > torn, "{torn}, {damaged}");
    }
}
