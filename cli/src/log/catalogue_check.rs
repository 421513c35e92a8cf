//! The catalogue of a data directory compared with the directories of partitions in it.
//!
//! A partition's directory is made when the change that made the partition is durable, and its topic's id is durable in it
//! before any record is. So a partition of the catalogue without a directory is lost, and a start would make an empty one;
//! a directory with records that the catalogue does not know keeps a start from going on. While a broker runs, one of the
//! two may be read before a change and the other after it: then all of this is worth a note only. Nothing is written.

use super::data_directory::{Catalogue, DataDirectory};
use super::partition::{Extent, Partition};
use corelane_engine::checkpoint::parse_partition_metadata;
use corelane_engine::file_name::{
    CLUSTER_METADATA_TOPIC, PARTITION_METADATA, PartitionDirectoryName, SegmentFileKind,
};
use corelane_engine::types::uuid_to_text;
use corelane_engine::verify::{Finding, Severity};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Bytes at the start of a log that tell whether it holds records: a batch's header lies in them.
const LOOK_BYTES: u64 = 4096;

/// Partitions of the catalogue that have no directory, each with what is to be said of it.
pub fn missing(data: &DataDirectory, partitions: &[Partition]) -> Vec<(Partition, Finding)> {
    let Some(catalogue) = data.catalogue() else {
        return Vec::new();
    };
    let there: BTreeSet<(&str, i32)> = partitions
        .iter()
        .map(|partition| (&*partition.topic, partition.number))
        .collect();
    let mut missing = Vec::new();
    for topic in catalogue.image.topics() {
        for number in topic.partitions.keys() {
            if there.contains(&(&*topic.name, *number)) {
                continue;
            }
            let message = "the catalogue has this partition, and its directory is missing: a start makes an empty one";
            let finding = Finding::damage("", "missing-partition", message);
            missing.push((
                nothing_of(&data.path, &topic.name, *number),
                weighed(data, finding),
            ));
        }
    }
    missing
}

/// What the catalogue says against a directory.
pub fn judge(data: &DataDirectory, partition: &Partition) -> anyhow::Result<Option<Finding>> {
    let Some(catalogue) = data.catalogue() else {
        return Ok(None);
    };
    if partition.topic == CLUSTER_METADATA_TOPIC {
        return Ok(None);
    }
    let id = match std::fs::read(partition.directory.join(PARTITION_METADATA)) {
        Ok(bytes) => parse_partition_metadata(&bytes).ok(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    if id.is_some_and(|id| catalogue.removed.contains(&id)) {
        let message = "belongs to a deleted topic; the next start removes it";
        return Ok(Some(Finding::note("", "deleted-partition", message)));
    }
    let known = catalogue.image.topic_by_name(&partition.topic);
    let known = known.filter(|topic| topic.partitions.contains_key(&partition.number));
    let finding = match (known, id) {
        (Some(topic), Some(id)) if topic.topic_id != id => {
            let message = format!(
                "names topic {}, where the catalogue has {}: the partition refuses writes",
                uuid_to_text(id),
                uuid_to_text(topic.topic_id)
            );
            Finding::damage(PARTITION_METADATA, "foreign-partition", message)
        }
        (Some(_), Some(_)) => return Ok(None),
        (Some(_), None) => {
            let message = "names no topic that can be read; the next start writes it again";
            Finding::note(PARTITION_METADATA, "bad-partition-metadata", message)
        }
        (None, None) if !has_records(partition)? => {
            let message = "no topic of the catalogue, and no records: a creation that was cut short; it is left alone";
            Finding::note("", "unknown-partition", message)
        }
        (None, _) => {
            let message =
                "the catalogue does not know this partition: a start refuses to go on without it";
            Finding::damage("", "unknown-partition", message)
        }
    };
    Ok(Some(weighed(data, finding)))
}

/// While a broker runs, what was read of the catalogue may be older than what was read of the directories, or newer.
fn weighed(data: &DataDirectory, finding: Finding) -> Finding {
    match data.holder {
        Some(_) => Finding {
            severity: Severity::Note,
            ..finding
        },
        None => finding,
    }
}

fn nothing_of(data: &Path, topic: &str, number: i32) -> Partition {
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition: number,
    };
    Partition {
        directory: data.join(name.to_string()),
        topic: topic.to_owned(),
        number,
        segments: Vec::new(),
        snapshots: Vec::new(),
        leftovers: Vec::new(),
        strangers: Vec::new(),
        extent: Extent::Whole,
    }
}

/// As a start sees it: what is allocated ahead of the first record is zeros, and what retention has left is named by an
/// offset.
fn has_records(partition: &Partition) -> std::io::Result<bool> {
    for segment in &partition.segments {
        if segment.base_offset > 0 {
            return Ok(true);
        }
        if let Some(path) = segment.file(SegmentFileKind::Log) {
            let mut first = Vec::new();
            let file = std::fs::File::open(path)?;
            file.take(LOOK_BYTES).read_to_end(&mut first)?;
            if first.iter().any(|byte| *byte != 0) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether `path` is a data directory as a whole, and not a part of one.
pub fn is_whole(data: &DataDirectory, path: &Path) -> bool {
    std::path::absolute(path).is_ok_and(|path| path == data.path)
}

impl DataDirectory {
    /// What is known of the topics; nothing in a directory of Kafka's, whose partitions may lie in others too.
    fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref().filter(|_| !self.is_kafkas)
    }
}
