//! Opens the catalogue and every partition at start, and starts what each core does in the background.
//!
//! Invariants: the mark of a clean stop is gone, durably, before anything is written that it would not be true of;
//! where partitions lie that the catalogue has lost, nothing is changed and nothing starts.
//! The catalogue opens on its core, a partition on its owner.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::directory::{
    Start, flush_data_directory, has_records, open_partition, remove_directory, set_aside,
    topic_id_in,
};
use super::{Catalogue, OPENING_MAX, Turn, log_config};
use crate::catalogue::Image;
use crate::catalogue_log::FoundCatalogue;
use crate::checkpoint;
use crate::compaction;
use crate::cores::Cores;
use crate::engine::{CATALOGUE_SHARD, EngineError};
use crate::file_name::{self, PartitionDirectoryName};
use crate::io::Disk;
use crate::lane::Lane;
use crate::log_config::LogConfig;
use crate::open::OpenError;
use crate::open::progress::{self, OpenProgress};
use crate::planted::{self, Bug};
use crate::reserve;
use crate::types::{LeaderEpoch, ProducerId, TopicPartition};
use crate::upkeep;

/// Opens the catalogue and all partitions of all cores.
pub(crate) async fn open_all<C: Cores>(cores: C) -> Result<(), EngineError> {
    let opened = cores.clone();
    let (image, clean_stop) = cores
        .on(CATALOGUE_SHARD, move || open_catalogue(opened))
        .await?;
    let count: usize = image.topics().map(|topic| topic.partitions.len()).sum();
    let start = Start {
        clean_stop,
        progress: OpenProgress::new(count as u64),
    };
    let (told, teller) = (start.progress.clone(), cores.clone());
    cores
        .on(CATALOGUE_SHARD, move || async move {
            let disk = teller.disk();
            disk.clone().spawn(progress::tell(disk, told));
        })
        .await;
    let (everywhere, progress) = (cores.clone(), start.progress.clone());
    let open_here = move || open_owned(everywhere.clone(), image.clone(), start.clone());
    let opened = cores.on_each(open_here).await;
    progress.end();
    let mut epochs = Vec::new();
    for opened in opened {
        epochs.extend(opened?);
    }
    // Directories that this start has made, and those that a killed process had and never flushed the names of.
    let flushing = cores.clone();
    cores
        .on(CATALOGUE_SHARD, move || async move {
            flush_data_directory(&flushing).await
        })
        .await?;
    show_epochs(&cores, epochs).await;
    pass_known_producers(&cores).await;
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let cores = everywhere.clone();
            async move {
                let (disk, lane) = (cores.disk(), cores.lane());
                disk.spawn(keep_retention(disk.clone(), lane.clone()));
                let settings = lane.cleaner_settings(cores.new_id());
                let partitions = move || lane.partitions();
                disk.spawn(compaction::keep_clean(disk.clone(), partitions, settings));
            }
        })
        .await;
    let there = cores.clone();
    let make = move || async move { reserve::make_at_start(&there.disk(), there.data()).await };
    cores.on(CATALOGUE_SHARD, make).await;
    Ok(())
}

/// Puts the epochs that the partitions have begun into the image of every core, so that what clients are told agrees
/// with what the partitions hold them to. They are durable where the log is, in the partitions' epoch checkpoints.
async fn show_epochs<C: Cores>(cores: &C, epochs: Epochs) {
    let there = cores.clone();
    let amend = move || async move {
        let mut turn = Turn::take(&there).await;
        turn.log().set_leader_epochs(&epochs)
    };
    let image = cores.on(CATALOGUE_SHARD, amend).await;
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let (cores, image) = (everywhere.clone(), image.clone());
            async move { cores.lane().set_image(image) }
        })
        .await;
}

/// How far ahead of the catalogue an id that a log knows is believed to have been given out.
const PRODUCER_ID_LEAP_MAX: i64 = 1 << 40;

/// A catalogue that is older than the logs, as in a copy that was made bit by bit, must not give out producer ids that
/// they know: a new producer would be taken for an old one. Clients may claim any id, so that one far away counts for nothing.
async fn pass_known_producers<C: Cores>(cores: &C) {
    let there = cores.clone();
    let catalogue =
        move || async move { Turn::take(&there).await.log().image().next_producer_id() };
    let next = cores.on(CATALOGUE_SHARD, catalogue).await.0;
    let end = next.saturating_add(PRODUCER_ID_LEAP_MAX);
    let everywhere = cores.clone();
    let highest_here = move || {
        let cores = everywhere.clone();
        async move {
            let partitions = cores.lane().partitions();
            let known = partitions.iter();
            known
                .filter_map(|one| one.highest_producer_id_below(end))
                .max()
        }
    };
    let highest = cores
        .on_each(highest_here)
        .await
        .into_iter()
        .flatten()
        .max();
    let Some(ProducerId(known)) = highest.filter(|known| known.0 >= next) else {
        return;
    };
    tracing::warn!(
        next,
        known,
        "the catalogue is behind the producer ids of the logs"
    );
    let there = cores.clone();
    let pass = move || async move {
        let turn = Turn::take(&there).await;
        turn.catalogue.producer_ids_from.set(known + 1);
    };
    cores.on(CATALOGUE_SHARD, pass).await;
}

async fn open_catalogue<C: Cores>(cores: C) -> Result<(Arc<Image>, bool), EngineError> {
    let (disk, data) = (cores.disk(), cores.data().to_path_buf());
    let clean_stop = read_clean_stop_marker(&disk, &data).await?;
    let found = FoundCatalogue::read(disk.clone(), &data, clean_stop).await?;
    let directories = Directories::of(&disk, &data, &found).await?;
    if !directories.lost.is_empty() && !planted::is(Bug::ForgetLostTopics) {
        return Err(found.has_lost(directories.lost).into());
    }
    let log = found.take_over().await?;
    let image = log.image().clone();
    // What was said of the last stop holds until here; a start that fails before may be tried again with it.
    remove_clean_stop_marker(&disk, &data).await?;
    end_deletions(&cores, directories).await?;
    let catalogue = Rc::new(Catalogue {
        epoch: log.epoch(),
        log: RefCell::new(Some(log)),
        producer_ids: Cell::default(),
        producer_ids_from: Cell::default(),
    });
    cores.lane().set_catalogue(catalogue);
    Ok((image, clean_stop))
}

/// Whether the last stop was clean.
async fn read_clean_stop_marker<D: Disk>(disk: &D, data: &Path) -> Result<bool, OpenError> {
    let path = data.join(file_name::CLEAN_STOP_MARKER);
    let bytes = disk.read_whole(&path).await;
    let bytes = bytes.map_err(|source| OpenError { path, source })?;
    Ok(bytes.is_some_and(|bytes| checkpoint::is_clean_stop(&bytes)))
}

/// Removes the marker, durably, before anything is written that it would not be true of.
async fn remove_clean_stop_marker<D: Disk>(disk: &D, data: &Path) -> Result<(), OpenError> {
    let path = data.join(file_name::CLEAN_STOP_MARKER);
    let failed = |source| OpenError {
        path: path.clone(),
        source,
    };
    if !planted::is(Bug::KeepStopMarker) {
        disk.remove(&path).await.map_err(failed)?;
    }
    disk.flush_directory(data).await.map_err(failed)
}

/// What the data directory holds besides the partitions that the catalogue knows.
#[derive(Default)]
struct Directories {
    /// Deleted ones that were not removed in full.
    deleted: Vec<PathBuf>,
    /// Partitions of topics that the catalogue has removed: a crash has interrupted their deletion.
    removed: Vec<PartitionDirectoryName>,
    /// Partitions that the catalogue has lost.
    lost: Vec<PathBuf>,
}

impl Directories {
    /// Changes nothing.
    async fn of<D: Disk>(
        disk: &D,
        data: &Path,
        catalogue: &FoundCatalogue<D>,
    ) -> Result<Directories, OpenError> {
        let failed = |source| OpenError {
            path: data.to_path_buf(),
            source,
        };
        let mut directories = Directories::default();
        for entry in disk.list(data).map_err(failed)? {
            if !entry.is_directory {
                continue;
            }
            let path = data.join(&entry.name);
            if file_name::is_deleted_partition_directory(&entry.name) {
                directories.deleted.push(path);
                continue;
            }
            let Some(name) = PartitionDirectoryName::parse(&entry.name) else {
                continue;
            };
            if name.topic == file_name::CLUSTER_METADATA_TOPIC {
                continue;
            }
            let own = topic_id_in(disk, &path).await.map_err(failed)?;
            match own {
                Some(own) if catalogue.removed().contains(&own) => directories.removed.push(name),
                _ if is_known(catalogue.image(), &name) => {}
                Some(_) => directories.lost.push(path),
                // The id is durable before any record is: it is damaged, or gone.
                None if has_records(disk, &path).await.map_err(failed)?
                    && !planted::is(Bug::ForgetNamelessPartitions) =>
                {
                    directories.lost.push(path);
                }
                // A creation that a crash interrupted has come no further.
                None => {
                    tracing::warn!(directory = %path.display(), "no topic of the catalogue; left alone");
                }
            }
        }
        Ok(directories)
    }
}

fn is_known(image: &Image, name: &PartitionDirectoryName) -> bool {
    let topic = image.topic_by_name(&name.topic);
    topic.is_some_and(|topic| topic.partitions.contains_key(&name.partition))
}

/// Finishes deletions that a crash interrupted.
async fn end_deletions<C: Cores>(cores: &C, directories: Directories) -> Result<(), OpenError> {
    let disk = cores.disk();
    for path in directories.deleted {
        let budget = cores.lane().cache_budget();
        disk.spawn(remove_directory(disk.clone(), path, Vec::new(), budget));
    }
    if planted::is(Bug::ForgetInterruptedDeletion) {
        return Ok(());
    }
    for name in directories.removed {
        tracing::warn!(directory = %name, "belongs to a deleted topic; removing");
        set_aside(cores, &name.topic, name.partition, Vec::new()).await?;
    }
    Ok(())
}

type Epochs = Vec<(TopicPartition, LeaderEpoch)>;

/// Opens the partitions that this core owns, several at a time.
async fn open_owned<C: Cores>(
    cores: C,
    image: Arc<Image>,
    start: Start,
) -> Result<Epochs, OpenError> {
    let lane = cores.lane();
    lane.set_image(image.clone());
    let mut todo = Vec::new();
    for topic in image.topics() {
        for record in topic.partitions.values() {
            if cores.owner(record.slot()) == lane.id() {
                todo.push((
                    topic.name.clone(),
                    TopicPartition {
                        topic_id: topic.topic_id,
                        partition: record.partition,
                    },
                ));
            }
        }
    }
    let configs: HashMap<String, LogConfig> = image
        .topics()
        .map(|topic| (topic.name.clone(), log_config(&cores, &image, &topic.name)))
        .collect();
    let todo = Rc::new(RefCell::new(todo));
    let configs = Rc::new(configs);
    let workers: Vec<_> = (0..OPENING_MAX)
        .map(|_| {
            Box::pin(open_from(
                cores.clone(),
                todo.clone(),
                configs.clone(),
                start.clone(),
            ))
        })
        .collect();
    let opened: Result<(), OpenError> = crate::cores::join_all(workers).await.into_iter().collect();
    opened?;
    let partitions = lane.partitions();
    Ok(partitions
        .iter()
        .map(|partition| (partition.id(), partition.leader_epoch()))
        .collect())
}

type Todo = Rc<RefCell<Vec<(String, TopicPartition)>>>;

async fn open_from<C: Cores>(
    cores: C,
    todo: Todo,
    configs: Rc<HashMap<String, LogConfig>>,
    start: Start,
) -> Result<(), OpenError> {
    loop {
        let next = todo.borrow_mut().pop();
        let Some((topic, partition)) = next else {
            return Ok(());
        };
        let config = configs.get(&topic).cloned().unwrap_or_default();
        open_partition(&cores, &topic, partition, config, start.clone()).await?;
    }
}

/// Applies retention to this core's partitions, again and again, and flushes what `flush.ms` says.
/// Holds nothing but what the core keeps: a task that holds the cores would keep them from ever ending.
async fn keep_retention<D: Disk>(disk: D, lane: Rc<Lane<D>>) {
    loop {
        disk.sleep(lane.retention_interval()).await;
        for partition in lane.partitions() {
            match upkeep::retain(&partition).await {
                Ok(0) => {}
                Ok(deleted) => {
                    let directory = partition.directory();
                    tracing::info!(partition = %directory.display(), deleted, "retention deleted segments");
                }
                Err(error) => {
                    let directory = partition.directory();
                    tracing::warn!(partition = %directory.display(), %error, "retention failed");
                }
            }
        }
    }
}
