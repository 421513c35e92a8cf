//! Partition directories and the files of their segments, found by name.
//!
//! A directory counts as a partition when its name is `<topic>-<number>` or when it holds a segment file, so that a
//! copy under another name can be looked at too. Only names are looked at here.

use crate::failure::Failure;
use anyhow::Context;
use corelane_engine::file_name::{
    DURABLE_END_CHECKPOINT, FileState, LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA,
    PartitionDirectoryName, SegmentFileKind, SegmentFileName, is_deleted_partition_directory,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A partition directory.
#[derive(Debug)]
pub struct Partition {
    /// The directory.
    pub directory: PathBuf,
    /// The topic by the directory's name, or the whole name when that is no partition's.
    pub topic: String,
    /// The number by the directory's name; 0 when that is no partition's.
    pub number: i32,
    /// Segments by rising base offset.
    pub segments: Vec<SegmentFiles>,
    /// Producer snapshots at offsets where no segment starts, as a clean stop leaves one.
    pub snapshots: Vec<PathBuf>,
    /// Files that a deletion or a compaction has left behind.
    pub leftovers: Vec<PathBuf>,
    /// Files that no broker gives such names.
    pub strangers: Vec<PathBuf>,
    /// What `segments` are of the log.
    pub extent: Extent,
}

/// How much of a log is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// One segment, the last.
    LastSegment,
    /// One segment that others follow.
    InnerSegment,
}

/// The files of one segment.
#[derive(Clone, Debug, Default)]
pub struct SegmentFiles {
    /// The first offset that may lie in it, by its name.
    pub base_offset: i64,
    /// The files that are there.
    pub files: BTreeMap<SegmentFileKind, PathBuf>,
}

impl SegmentFiles {
    /// The file of this kind, if it is there.
    pub fn file(&self, kind: SegmentFileKind) -> Option<&Path> {
        self.files.get(&kind).map(PathBuf::as_path)
    }

    /// Bytes of the file of this kind, if it is there.
    pub fn file_bytes(&self, kind: SegmentFileKind) -> Option<u64> {
        self.file(kind)
            .and_then(|path| std::fs::metadata(path).ok())
            .map(|metadata| metadata.len())
    }
}

/// Files of a partition that are named apart from segments.
const SMALL_FILES: [&str; 3] = [
    DURABLE_END_CHECKPOINT,
    LEADER_EPOCH_CHECKPOINT,
    PARTITION_METADATA,
];

/// The partitions at `path`: itself, or those directly inside it.
pub fn discover(path: &Path) -> anyhow::Result<Vec<Partition>> {
    let itself = read(path)?;
    if !itself.segments.is_empty() || directory_name(path).is_some() {
        return Ok(vec![itself]);
    }
    let mut partitions = Vec::new();
    for directory in children(path)?.into_iter().filter(|child| child.is_dir()) {
        let name = file_name(&directory);
        if !is_deleted_partition_directory(&name) && PartitionDirectoryName::parse(&name).is_some()
        {
            partitions.push(read(&directory)?);
        }
    }
    if partitions.is_empty() {
        return Err(
            Failure::usage(format!("there is no partition in {}", path.display()))
                .advise("name a data directory, or a directory in it such as flights-0")
                .into(),
        );
    }
    partitions.sort_by(|a, b| (&a.topic, a.number).cmp(&(&b.topic, b.number)));
    Ok(partitions)
}

/// The segment that a file belongs to, with the other files of it that lie beside it.
pub fn segment_of(file: &Path) -> Option<SegmentFiles> {
    let name = SegmentFileName::parse(&file_name(file))?;
    let mut segment = SegmentFiles {
        base_offset: name.base_offset.0,
        files: BTreeMap::new(),
    };
    for kind in SegmentFileKind::ALL {
        let sibling =
            file.with_file_name(SegmentFileName::live(name.base_offset, kind).to_string());
        if sibling.is_file() {
            segment.files.insert(kind, sibling);
        }
    }
    // A leftover such as `….log.deleted` is looked at under its own name.
    segment.files.insert(name.kind, file.to_owned());
    Some(segment)
}

/// Topic and number that the directory of `file` names.
pub fn owner_of(file: &Path) -> (String, i32) {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    identity(absolute.parent().unwrap_or(Path::new("")))
}

fn identity(directory: &Path) -> (String, i32) {
    match directory_name(directory) {
        Some(name) => (name.topic, name.partition),
        None => (file_name(directory), 0),
    }
}

fn directory_name(directory: &Path) -> Option<PartitionDirectoryName> {
    PartitionDirectoryName::parse(&file_name(&std::path::absolute(directory).ok()?))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn children(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let reading = || format!("cannot read the directory {}", directory.display());
    let mut children = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(reading)? {
        children.push(entry.with_context(reading)?.path());
    }
    children.sort();
    Ok(children)
}

/// Reads one directory as a partition.
pub fn read(directory: &Path) -> anyhow::Result<Partition> {
    let mut segments: BTreeMap<i64, SegmentFiles> = BTreeMap::new();
    let mut leftovers = Vec::new();
    let mut strangers = Vec::new();
    for path in children(directory)? {
        let Some(name) = SegmentFileName::parse(&file_name(&path)) else {
            if !SMALL_FILES.contains(&file_name(&path).as_str()) {
                strangers.push(path);
            }
            continue;
        };
        if name.state != FileState::Live {
            leftovers.push(path);
            continue;
        }
        let base_offset = name.base_offset.0;
        let segment = segments.entry(base_offset).or_insert_with(|| SegmentFiles {
            base_offset,
            ..Default::default()
        });
        segment.files.insert(name.kind, path);
    }
    // A producer snapshot may stand alone, at the offset of a clean stop; only a log file makes a segment.
    let (whole, rest): (Vec<_>, Vec<_>) = segments
        .into_values()
        .partition(|segment| segment.file(SegmentFileKind::Log).is_some());
    let mut snapshots = Vec::new();
    for (kind, path) in rest.into_iter().flat_map(|segment| segment.files) {
        match kind {
            SegmentFileKind::ProducerSnapshot => snapshots.push(path),
            _ => leftovers.push(path),
        }
    }
    let (topic, number) = identity(&std::path::absolute(directory)?);
    Ok(Partition {
        directory: directory.to_owned(),
        topic,
        number,
        segments: whole,
        snapshots,
        leftovers,
        strangers,
        extent: Extent::Whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_holds_partitions_and_deleted_ones_are_left_out() {
        let data = tempfile::tempdir().unwrap();
        for name in [
            "flights-1",
            "flights-0",
            "other",
            "gone-0.4a4f7d2e5f8b4c7e9c1d2b3a4e5f6071-delete",
        ] {
            std::fs::create_dir(data.path().join(name)).unwrap();
        }
        std::fs::write(data.path().join("flights-0/00000000000000000000.log"), b"").unwrap();
        std::fs::write(data.path().join("flights-0/00000000000000000007.log"), b"").unwrap();
        std::fs::write(
            data.path().join("flights-0/00000000000000000005.snapshot"),
            b"",
        )
        .unwrap();
        std::fs::write(
            data.path()
                .join("flights-0/00000000000000000000.log.deleted"),
            b"",
        )
        .unwrap();
        let partitions = discover(data.path()).unwrap();
        let names: Vec<_> = partitions
            .iter()
            .map(|partition| (partition.topic.as_str(), partition.number))
            .collect();
        assert_eq!(names, [("flights", 0), ("flights", 1)]);
        let offsets: Vec<_> = partitions[0]
            .segments
            .iter()
            .map(|segment| segment.base_offset)
            .collect();
        assert_eq!(offsets, [0, 7]);
        assert_eq!(partitions[0].leftovers.len(), 1);
    }

    #[test]
    fn a_directory_without_partitions_is_refused() {
        let data = tempfile::tempdir().unwrap();
        assert!(discover(data.path()).is_err());
    }
}
