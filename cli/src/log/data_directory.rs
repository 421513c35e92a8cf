//! What the directory around a partition says: who writes it, whether somebody does at this moment, how the last stop
//! was, and how topics are configured.
//!
//! Read-only, and without taking a lock: a verification must never keep a broker from starting.

use super::checkpoints::read_small;
use super::index_files::{read_offset_index, read_time_index};
use super::partition::{Partition, SegmentFiles};
use super::window::open_batches;
use corelane_engine::batch::Gaps;
use corelane_engine::catalogue::{Image, MetadataRecord};
use corelane_engine::checkpoint::{decode_slots, is_clean_stop};
use corelane_engine::compaction::checkpoint::{CLEANER_CHECKPOINT, CleanerCheckpoint};
use corelane_engine::file_name::{
    CLEAN_STOP_MARKER, CLUSTER_METADATA_TOPIC, DURABLE_END_CHECKPOINT, LEADER_EPOCH_CHECKPOINT,
    LOCK_FILE, SegmentFileKind, SegmentFileName,
};
use corelane_engine::leader_epoch::LeaderEpochs;
use corelane_engine::log_config::{CLEANUP_POLICY, LogConfig};
use corelane_engine::producer_state::ProducerStates;
use corelane_engine::record::Records;
use corelane_engine::types::Offset;
use corelane_engine::verify::Finding;
use corelane_engine::verify::batches::{Depth, Found};
use corelane_engine::verify::partition::{Origin, PartitionFacts};
use corelane_engine::verify::segment::SegmentFacts;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Kafka's mark of a clean stop.
const KAFKA_CLEAN_STOP: &str = ".kafka_cleanshutdown";
/// Kafka's recovery points: what was flushed of each partition.
const KAFKA_RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";

/// See the module.
pub struct DataDirectory {
    /// The directory that holds partitions.
    pub path: PathBuf,
    /// What the lock file says of the process that holds the directory, when one does.
    pub holder: Option<String>,
    clean_stop: bool,
    pub(super) is_kafkas: bool,
    has_catalogue: bool,
    recovery_points: Vec<(String, i32, i64)>,
    pub(super) catalogue: Option<Catalogue>,
}

/// What the catalogue says as far as it can be read.
#[derive(Default)]
pub struct Catalogue {
    /// The topics that there are.
    pub image: Image,
    /// The topics that there were.
    pub removed: BTreeSet<Uuid>,
}

impl DataDirectory {
    /// Reads the directory that a partition lies in.
    pub fn around(partition: &Path) -> anyhow::Result<Self> {
        let absolute = std::path::absolute(partition)?;
        let path = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let recovery_points = std::fs::read_to_string(path.join(KAFKA_RECOVERY_POINTS));
        let marker = std::fs::read(path.join(CLEAN_STOP_MARKER)).unwrap_or_default();
        let catalogue = catalogue_path(&path);
        Ok(DataDirectory {
            holder: lock_holder(&path.join(LOCK_FILE)),
            clean_stop: is_clean_stop(&marker) || path.join(KAFKA_CLEAN_STOP).exists(),
            is_kafkas: recovery_points.is_ok(),
            has_catalogue: catalogue.is_file(),
            // A catalogue that cannot be read is told when its own turn comes; defaults are taken until then.
            catalogue: read_catalogue(&catalogue).ok(),
            recovery_points: parse_recovery_points(&recovery_points.unwrap_or_default()),
            path,
        })
    }

    /// The topic's configuration, or the default where the catalogue does not tell.
    pub fn config_of(&self, topic: &str) -> LogConfig {
        let configs = self
            .catalogue
            .iter()
            .flat_map(|catalogue| catalogue.image.topic_configs(topic));
        LogConfig::from_pairs(configs).unwrap_or_default()
    }

    /// Whether a broker may be compacting the topic at this moment.
    fn is_being_compacted(&self, topic: &str) -> bool {
        self.holder.is_some() && self.is_compacted(topic)
    }

    fn is_compacted(&self, topic: &str) -> bool {
        self.catalogue.as_ref().is_some_and(|catalogue| {
            let mut configs = catalogue.image.topic_configs(topic);
            configs.any(|(name, value)| name == CLEANUP_POLICY && value.contains("compact"))
        })
    }

    fn origin_of(&self, partition: &Partition) -> Origin {
        let is_ours = partition.directory.join(DURABLE_END_CHECKPOINT).is_file();
        match self.is_kafkas {
            true => Origin::Kafka,
            false if partition.topic == CLUSTER_METADATA_TOPIC => Origin::Catalogue,
            false if is_ours || self.has_catalogue => Origin::Corelane,
            false => Origin::Kafka,
        }
    }

    /// What the small files of a partition say. They are read before the log, so that what they call durable is in it.
    pub fn facts_of(&self, partition: &Partition) -> anyhow::Result<PartitionFacts> {
        let origin = self.origin_of(partition);
        let read = |name: &str| -> anyhow::Result<Option<Vec<u8>>> {
            let path = partition.directory.join(name);
            path.is_file().then(|| read_small(&path)).transpose()
        };
        let durable_end = read(DURABLE_END_CHECKPOINT)?;
        let epochs = read(LEADER_EPOCH_CHECKPOINT)?;
        let mut snapshots = Vec::new();
        let of_segments = partition
            .segments
            .iter()
            .filter_map(|segment| segment.file(SegmentFileKind::ProducerSnapshot));
        for path in of_segments.chain(partition.snapshots.iter().map(PathBuf::as_path)) {
            if let Some(offset) = offset_of(path) {
                let bytes = match read_small(path) {
                    // A running broker replaces its newest snapshot by a later one.
                    Err(_) if self.holder.is_some() && !path.exists() => continue,
                    read => read?,
                };
                snapshots.push((offset, ProducerStates::decode_snapshot(&bytes)));
            }
        }
        snapshots.sort_by_key(|(offset, _)| *offset);
        let recovery_point = self
            .recovery_points
            .iter()
            .find(|(topic, number, _)| *topic == partition.topic && *number == partition.number);
        // As at a start: what is no checkpoint lets no gap pass.
        let cleaned = read(CLEANER_CHECKPOINT)?
            .and_then(|bytes| CleanerCheckpoint::decode(&bytes).ok())
            .unwrap_or(CleanerCheckpoint::NEVER);
        let is_known = origin != Origin::Kafka && !self.is_being_compacted(&partition.topic);
        let is_dense = is_known && cleaned.segments().is_empty();
        Ok(PartitionFacts {
            origin,
            gaps: if is_dense {
                Gaps::Refused
            } else {
                Gaps::Allowed
            },
            cleaned: is_known.then_some(cleaned),
            durable_end: durable_end.map(|bytes| decode_slots(&bytes)),
            recovery_point: recovery_point.map(|(_, _, offset)| Offset(*offset)),
            epochs: epochs.map(|bytes| LeaderEpochs::parse(&bytes)),
            snapshots,
            clean_stop: self.clean_stop,
            is_running: self.holder.is_some(),
            unflushed_bytes_max: self.config_of(&partition.topic).segment_bytes.into(),
        })
    }
}

/// The offset in a file's name.
pub fn offset_of(path: &Path) -> Option<Offset> {
    let name = path.file_name()?.to_str()?;
    SegmentFileName::parse(name).map(|name| name.base_offset)
}

/// Reads the indexes of a segment into `facts`; says what is wrong with the files.
pub fn read_indexes(
    segment: &SegmentFiles,
    facts: &mut SegmentFacts<'_>,
) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let bad = |path: &Path, message: String| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Finding::damage(name, "bad-index", message)
    };
    if let Some(path) = segment.file(SegmentFileKind::OffsetIndex) {
        match read_offset_index(path, segment.base_offset)? {
            Ok(entries) => facts.offset_entries = Some(entries),
            Err(message) => findings.push(bad(path, message)),
        }
    }
    if let Some(path) = segment.file(SegmentFileKind::TimeIndex) {
        match read_time_index(path, segment.base_offset)? {
            Ok(entries) => facts.time_entries = Some(entries),
            Err(message) => findings.push(bad(path, message)),
        }
    }
    Ok(findings)
}

fn catalogue_path(data: &Path) -> PathBuf {
    let log = SegmentFileName::live(Offset::ZERO, SegmentFileKind::Log);
    data.join(format!("{CLUSTER_METADATA_TOPIC}-0"))
        .join(log.to_string())
}

fn read_catalogue(path: &Path) -> anyhow::Result<Catalogue> {
    let mut catalogue = Catalogue::default();
    let mut batches = open_batches(path, 0, Depth::Contents)?;
    while let Some(found) = batches.advance()? {
        let Found::Batch(batch) = found else { break };
        for record in &Records::open(batch.bytes)? {
            let record = record?;
            if let Ok(change) = MetadataRecord::decode(record.value.unwrap_or_default()) {
                if let MetadataRecord::RemoveTopic { topic_id } = &change {
                    catalogue.removed.insert(*topic_id);
                }
                catalogue.image.apply(record.offset, change)?;
            }
        }
    }
    Ok(catalogue)
}

/// Kafka's text: a version, a count, and a line for each partition.
fn parse_recovery_points(text: &str) -> Vec<(String, i32, i64)> {
    let parse = |line: &str| {
        let mut words = line.split(' ');
        let topic = words.next()?.to_owned();
        Some((
            topic,
            words.next()?.parse().ok()?,
            words.next()?.parse().ok()?,
        ))
    };
    text.lines().skip(2).filter_map(parse).collect()
}

/// What the lock file says of its holder, when the kernel knows of a lock on it: `flock` as this broker takes it, or
/// `fcntl` as Kafka does.
fn lock_holder(path: &Path) -> Option<String> {
    let inode = std::fs::metadata(path).ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let line = locks.lines().find(|line| {
        let is_held = !line.contains("->");
        // The word is `<major>:<minor>:<inode>`; the line's number, which ends with a colon, is none.
        let names_it = line
            .split_whitespace()
            .filter(|word| word.matches(':').count() == 2)
            .any(|word| word.rsplit(':').next() == Some(&inode.to_string()));
        is_held && names_it
    })?;
    let process = line.split_whitespace().nth(4).unwrap_or("?");
    let named = std::fs::read_to_string(path).unwrap_or_default();
    Some(match named.trim() {
        "" => process.to_owned(),
        named => named.to_owned(),
    })
}
