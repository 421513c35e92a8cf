//! The directories of partitions: made and opened, kept from a new partition's way, set aside and removed.
//!
//! Invariant: a directory that names another topic is never adopted and never removed. On the partition's core.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use uuid::Uuid;

use crate::checkpoint;
use crate::cores::Cores;
use crate::file_name::{self, FileState, PartitionDirectoryName, SegmentFileKind, SegmentFileName};
use crate::io::{BLOCK, Disk};
use crate::log_config::LogConfig;
use crate::open::progress::OpenProgress;
use crate::open::{self, OpenError, OpenRequest};
use crate::planted::{self, Bug};
use crate::reserve;
use crate::tail_cache::CacheBudget;
use crate::types::{Offset, TopicPartition, uuid_to_text};
use crate::unlink::{self, Readers};

/// What every partition is told that is opened at one start.
#[derive(Clone)]
pub(super) struct Start {
    /// Whether the last stop was clean.
    pub clean_stop: bool,
    /// What is told of the start while it lasts.
    pub progress: Arc<OpenProgress>,
}

/// Opens a partition that this core owns, making its directory where there is none.
pub(super) async fn open_partition<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
    config: LogConfig,
    start: Start,
) -> Result<(), OpenError> {
    let (disk, lane) = (cores.disk(), cores.lane());
    let directory = directory_of(cores.data(), topic, partition.partition);
    let failed = |source| OpenError {
        path: directory.clone(),
        source,
    };
    disk.create_directory(&directory).await.map_err(failed)?;
    let metadata = directory.join(file_name::PARTITION_METADATA);
    let text = disk.read_whole(&metadata).await.map_err(failed)?;
    let mut foreign = None;
    match text.as_deref().map(checkpoint::parse_partition_metadata) {
        Some(Ok(topic_id)) if topic_id != partition.topic_id => {
            foreign = Some(format!(
                "{} names topic {}, where the catalogue has {}: it is damaged, or the directory is another topic's",
                metadata.display(),
                uuid_to_text(topic_id),
                uuid_to_text(partition.topic_id),
            ));
        }
        Some(Ok(_)) => {}
        // A crash may have torn it while the partition was made. It is durable before any record is: whose the
        // directory is must be known when the topic has been deleted.
        Some(Err(_)) => {
            let text = checkpoint::encode_partition_metadata(partition.topic_id);
            let written = disk.replace(&metadata, text.into_bytes()).await;
            written.map_err(failed)?;
        }
        None => {
            let text = checkpoint::encode_partition_metadata(partition.topic_id);
            let written = disk.overwrite(&metadata, 0, text.into_bytes(), true).await;
            written.map_err(failed)?;
        }
    }
    let request = OpenRequest {
        partition,
        directory,
        config,
        budget: lane.cache_budget(),
        unsaved: lane.unsaved_bytes(),
        clean_stop: start.clean_stop,
        progress: start.progress,
        foreign,
    };
    lane.adopt(open::open(disk, request).await?);
    Ok(())
}

/// The topic that a partition's directory names; none where it names none that can be read.
pub(super) async fn topic_id_in<D: Disk>(
    disk: &D,
    directory: &Path,
) -> std::io::Result<Option<Uuid>> {
    let path = directory.join(file_name::PARTITION_METADATA);
    let text = disk.read_whole(&path).await?;
    Ok(text.and_then(|text| checkpoint::parse_partition_metadata(&text).ok()))
}

/// Whether a partition's directory holds records, or has held some: retention leaves the offset in a segment's name.
pub(super) async fn has_records<D: Disk>(disk: &D, directory: &Path) -> std::io::Result<bool> {
    for entry in disk.list(directory)? {
        let name = SegmentFileName::parse(&entry.name);
        let is_log = |name: &SegmentFileName| {
            name.state == FileState::Live && name.kind == SegmentFileKind::Log
        };
        let Some(name) = name.filter(is_log) else {
            continue;
        };
        if name.base_offset > Offset::ZERO {
            return Ok(true);
        }
        let file = disk.open_existing(&directory.join(&entry.name)).await?;
        // What is allocated ahead of the first record is zeros.
        let first = disk.read(&file, 0, BLOCK).await?;
        if first.iter().any(|byte| *byte != 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A directory that is in the place of a new partition is somebody else's: it is kept under another name and never
/// adopted. One that this very partition made before a crash is fine.
pub(super) async fn clear_the_way<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
) -> Result<(), OpenError> {
    let (disk, data) = (cores.disk(), cores.data());
    let directory = directory_of(data, topic, partition.partition);
    let failed = |source| OpenError {
        path: directory.clone(),
        source,
    };
    let is_taken = match disk.list(&directory) {
        Ok(entries) => !entries.is_empty(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let owner = topic_id_in(&disk, &directory).await.map_err(failed)?;
    if !is_taken || owner == Some(partition.topic_id) {
        return Ok(());
    }
    keep_aside(cores, topic, partition.partition).await
}

/// Keeps a directory that is no partition of the catalogue, or may be another topic's, under a name that no start takes
/// for a partition's.
pub(super) async fn keep_aside<C: Cores>(
    cores: &C,
    topic: &str,
    partition: i32,
) -> Result<(), OpenError> {
    let data = cores.data();
    let directory = directory_of(data, topic, partition);
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition,
    };
    let aside = data.join(file_name::stray_partition_directory(&name, cores.new_id()));
    tracing::warn!(directory = %directory.display(), aside = %aside.display(), "is no partition of the catalogue; keeping it under another name");
    let renamed = cores.disk().rename(&directory, &aside).await;
    renamed.map_err(|source| OpenError {
        path: directory,
        source,
    })
}

/// Removes what the creation of a partition has left that did not come to its end. A directory of that name that is
/// somebody else's stays as it is.
pub(super) async fn discard_unfinished<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
) -> Result<(), OpenError> {
    let disk = cores.disk();
    let directory = directory_of(cores.data(), topic, partition.partition);
    let owner = topic_id_in(&disk, &directory).await.unwrap_or_default();
    if owner == Some(partition.topic_id) {
        return set_aside(cores, topic, partition.partition, Vec::new()).await;
    }
    if owner.is_none() {
        // What a creation begins with; a directory that holds anything else cannot be removed like this.
        for begun in ["", ".tmp"] {
            let begun = format!("{}{begun}", file_name::PARTITION_METADATA);
            let _ = disk.remove(&directory.join(begun)).await;
        }
        let _ = disk.remove_directory(&directory).await;
    }
    Ok(())
}

/// Takes a deleted partition's directory from its name, and removes it when none of `readers` is in its way. There is
/// none where its creation failed.
pub(super) async fn set_aside<C: Cores>(
    cores: &C,
    topic: &str,
    partition: i32,
    readers: Vec<Readers>,
) -> Result<(), OpenError> {
    let (disk, data) = (cores.disk(), cores.data());
    let directory = directory_of(data, topic, partition);
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition,
    };
    let aside = data.join(file_name::deleted_partition_directory(
        &name,
        cores.new_id(),
    ));
    let rename = async || disk.rename(&directory, &aside).await;
    match reserve::with(&disk, data, rename).await {
        Ok(()) => disk.spawn(remove_directory(
            disk.clone(),
            aside,
            readers,
            cores.lane().cache_budget(),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => {
            let path = directory;
            return Err(OpenError { path, source });
        }
    }
    Ok(())
}

/// Removes a directory that has been set aside, file by file, and large logs in pieces, so that no call takes long. Its new
/// name is durable before: a power cut must not give the old one back to a directory that has lost what says whose it is.
pub(super) async fn remove_directory<D: Disk>(
    disk: D,
    path: PathBuf,
    readers: Vec<Readers>,
    budget: Rc<CacheBudget>,
) {
    let remove = async || {
        disk.flush_directory(path.parent().unwrap_or(&path)).await?;
        for entry in disk.list(&path)? {
            if file_name::is_log(&entry.name) {
                unlink::shorten(&disk, &path.join(&entry.name), &readers, &budget).await;
            }
            disk.remove(&path.join(entry.name)).await?;
        }
        disk.remove_directory(&path).await
    };
    if let Err(error) = remove().await {
        tracing::warn!(directory = %path.display(), %error, "a deleted partition's directory stays until the next start");
    }
}

pub(super) async fn flush_data_directory<C: Cores>(cores: &C) -> Result<(), OpenError> {
    if planted::is(Bug::DataDirectoryNotFlushed) {
        return Ok(());
    }
    let (disk, path) = (cores.disk(), cores.data().to_path_buf());
    let flushed = disk.flush_directory(&path).await;
    flushed.map_err(|source| OpenError { path, source })
}

fn directory_of(data: &Path, topic: &str, partition: i32) -> PathBuf {
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition,
    };
    data.join(name.to_string())
}
