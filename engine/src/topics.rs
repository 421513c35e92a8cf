//! Topics and their partitions across the cores: opening them at start, changing them, stopping them.
//!
//! The changes run on the catalogue's core, one at a time; what concerns a partition runs on its owner. Invariants: a
//! change is durable in the catalogue before any core acts on it, so that a crash in between leaves something that the
//! next start completes; directories of topics that the catalogue does not know are set aside, never adopted.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::catalogue::{
    ConfigRecord, Image, MetadataRecord, PartitionRecord, ProducerIdsRecord, ResourceType,
    TopicRecord,
};
use crate::catalogue_log::{CatalogueError, CatalogueLog};
use crate::checkpoint;
use crate::compaction;
use crate::cores::Cores;
use crate::engine::{CATALOGUE_SHARD, EngineError, NewTopic, StopReport, TopicError};
use crate::file_name::{self, PartitionDirectoryName};
use crate::io::Disk;
use crate::lane::Lane;
use crate::log_config::LogConfig;
use crate::open::progress::{self, OpenProgress};
use crate::open::{self, OpenError, OpenRequest};
use crate::partition::Partition;
use crate::planted::{self, Bug};
use crate::reserve;
use crate::types::{LeaderEpoch, ProducerId, ShardId, TopicPartition, uuid_to_text};
use crate::upkeep;

/// Producer ids that one record of the catalogue gives out: Kafka's block.
const PRODUCER_ID_BLOCK: i64 = 1000;
/// Partitions that a core opens or stops side by side: enough to keep the disk busy.
const OPENING_MAX: usize = 32;
/// How often a stop looks whether it gets on.
const STOP_LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// The catalogue with the turn that changes take. On the catalogue's core only.
pub(crate) struct Catalogue<D> {
    log: RefCell<Option<CatalogueLog<D>>>,
    producer_ids: Cell<ProducerIdBlock>,
}

#[derive(Clone, Copy, Default)]
struct ProducerIdBlock {
    next: i64,
    end: i64,
}

/// The log, taken out for one change; others wait until it is back.
struct Turn<D> {
    catalogue: Rc<Catalogue<D>>,
    log: Option<CatalogueLog<D>>,
}

impl<D: Disk> Turn<D> {
    async fn take<C: Cores<Disk = D>>(cores: &C) -> Turn<D> {
        let catalogue = cores.lane().catalogue();
        let catalogue = catalogue.expect("the catalogue is open before anything can change it");
        loop {
            let log = catalogue.log.borrow_mut().take();
            if log.is_some() {
                return Turn { catalogue, log };
            }
            // Changes are rare, and one takes about as long as a flush.
            cores.disk().sleep(Duration::from_micros(200)).await;
        }
    }

    fn log(&mut self) -> &mut CatalogueLog<D> {
        self.log
            .as_mut()
            .expect("taken when the turn began, put back when it ends")
    }
}

impl<D> Drop for Turn<D> {
    fn drop(&mut self) {
        *self.catalogue.log.borrow_mut() = self.log.take();
    }
}

/// The core slot of a partition.
pub(crate) fn slot_of(image: &Image, partition: TopicPartition) -> Option<ShardId> {
    let topic = image.topic_by_id(partition.topic_id)?;
    Some(topic.partitions.get(&partition.partition)?.slot())
}

fn directory_of(data: &Path, topic: &str, partition: i32) -> PathBuf {
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition,
    };
    data.join(name.to_string())
}

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

async fn open_catalogue<C: Cores>(cores: C) -> Result<(Arc<Image>, bool), EngineError> {
    let (disk, data) = (cores.disk(), cores.data().to_path_buf());
    let clean_stop = read_clean_stop_marker(&disk, &data).await?;
    let log = CatalogueLog::open(disk.clone(), &data, clean_stop).await?;
    let image = log.image().clone();
    // What was said of the last stop holds until here; a start that fails before may be tried again with it.
    remove_clean_stop_marker(&disk, &data).await?;
    set_aside_removed(&cores, &image, log.removed()).await?;
    let catalogue = Rc::new(Catalogue {
        log: RefCell::new(Some(log)),
        producer_ids: Cell::default(),
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

/// Finishes deletions that a crash interrupted: of directories whose topic the catalogue has removed. Others are left
/// alone, whatever they claim to be.
async fn set_aside_removed<C: Cores>(
    cores: &C,
    image: &Image,
    removed: &BTreeSet<Uuid>,
) -> Result<(), OpenError> {
    let (disk, data) = (cores.disk(), cores.data());
    let failed = |source| OpenError {
        path: data.to_path_buf(),
        source,
    };
    for entry in disk.list(data).map_err(failed)? {
        if !entry.is_directory {
            continue;
        }
        let path = data.join(&entry.name);
        if file_name::is_deleted_partition_directory(&entry.name) {
            disk.spawn(remove_directory(disk.clone(), path));
            continue;
        }
        let Some(name) = PartitionDirectoryName::parse(&entry.name) else {
            continue;
        };
        if name.topic == file_name::CLUSTER_METADATA_TOPIC {
            continue;
        }
        let own = topic_id_in(&disk, &path).await.map_err(failed)?;
        let is_removed = own.is_some_and(|own| removed.contains(&own));
        if is_removed && !planted::is(Bug::ForgetInterruptedDeletion) {
            tracing::warn!(directory = %path.display(), "belongs to a deleted topic; removing");
            set_aside(cores, &name.topic, name.partition).await?;
        } else if image.topic_by_name(&name.topic).is_none() {
            tracing::warn!(directory = %path.display(), "no topic of the catalogue; left alone");
        }
    }
    Ok(())
}

/// The topic that a partition's directory names; none where it names none that can be read.
async fn topic_id_in<D: Disk>(disk: &D, directory: &Path) -> std::io::Result<Option<Uuid>> {
    let path = directory.join(file_name::PARTITION_METADATA);
    let text = disk.read_whole(&path).await?;
    Ok(text.and_then(|text| checkpoint::parse_partition_metadata(&text).ok()))
}

type Epochs = Vec<(TopicPartition, LeaderEpoch)>;

/// What every partition is told that is opened at one start.
#[derive(Clone)]
struct Start {
    /// Whether the last stop was clean.
    clean_stop: bool,
    progress: Arc<OpenProgress>,
}

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

/// A directory that is in the place of a new partition is somebody else's: it is kept under another name and never
/// adopted. One that this very partition made before a crash is fine.
async fn clear_the_way<C: Cores>(
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
    let aside = data.join(format!(
        "{topic}-{}.{}-stray",
        partition.partition,
        cores.new_id().simple()
    ));
    tracing::warn!(directory = %directory.display(), aside = %aside.display(), "is no partition of the catalogue and in the way; keeping it under another name");
    disk.rename(&directory, &aside).await.map_err(failed)
}

/// Opens a partition that this core owns, making its directory where there is none.
async fn open_partition<C: Cores>(
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

/// What the image says of a topic's configuration. Names and values were checked before they got there; what another
/// version wrote and this one refuses falls back to the defaults, and is said.
pub(crate) fn log_config<C: Cores>(cores: &C, image: &Image, topic: &str) -> LogConfig {
    let defaults = cores.log_defaults();
    let laid_over = defaults.clone().with_pairs(image.topic_configs(topic));
    laid_over.unwrap_or_else(|error| {
        tracing::warn!(topic, %error, "using the default configuration");
        defaults
    })
}

/// See [`crate::Engine::create_topic`].
pub(crate) async fn create<C: Cores>(cores: C, topic: NewTopic) -> Result<Uuid, TopicError> {
    file_name::validate_new_topic_name(&topic.name).map_err(|error| TopicError::InvalidName {
        name: topic.name.clone(),
        reason: error.to_string(),
    })?;
    let pairs = topic
        .configs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    LogConfig::from_pairs(pairs)?;
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    if image.topic_by_name(&topic.name).is_some() {
        return Err(TopicError::Exists { name: topic.name });
    }
    let same_metric = |other: &&crate::catalogue::TopicImage| {
        file_name::topic_names_collide(&topic.name, &other.name)
    };
    if let Some(other) = image.topics().find(same_metric) {
        return Err(TopicError::InvalidName {
            reason: format!(
                "it collides with topic {}: '.' and '_' count as one",
                other.name
            ),
            name: topic.name,
        });
    }
    let topic_id = cores.new_id();
    let mut records = vec![MetadataRecord::Topic(TopicRecord {
        name: topic.name.clone(),
        topic_id,
    })];
    let added = new_partitions(&cores, &image, topic_id, 0, topic.partitions);
    records.extend(added.iter().cloned().map(MetadataRecord::Partition));
    records.extend(topic.configs.into_iter().map(|(name, value)| {
        MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceType::Topic,
            resource_name: topic.name.clone(),
            name,
            value: Some(value),
        })
    }));
    let image = turn.log().append(records).await?;
    if let Err(error) = open_new(&cores, &image, &topic.name, &added).await {
        // A topic that serves in part until the next start is worse than none, which can be asked for again.
        if let Err(undo) = remove(&cores, &mut turn, topic_id).await {
            tracing::error!(topic = topic.name, error = %undo, "a topic that could not be made was not removed in full");
        }
        return Err(error.into());
    }
    Ok(topic_id)
}

/// See [`crate::Engine::create_partitions`].
pub(crate) async fn add_partitions<C: Cores>(
    cores: C,
    topic_id: Uuid,
    count: u32,
) -> Result<(), TopicError> {
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    let topic = image
        .topic_by_id(topic_id)
        .ok_or(TopicError::Unknown { topic_id })?;
    let present = u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX);
    if count <= present {
        return Err(TopicError::NotMorePartitions {
            present,
            asked: count,
        });
    }
    let added = new_partitions(&cores, &image, topic_id, present, count);
    let name = topic.name.clone();
    let records = added
        .iter()
        .cloned()
        .map(MetadataRecord::Partition)
        .collect();
    let image = turn.log().append(records).await?;
    open_new(&cores, &image, &name, &added).await?;
    Ok(())
}

/// Records for the partitions `from..to`, each on the core that has the fewest.
fn new_partitions<C: Cores>(
    cores: &C,
    image: &Image,
    topic_id: Uuid,
    from: u32,
    to: u32,
) -> Vec<PartitionRecord> {
    let mut load = vec![0_usize; usize::from(cores.count())];
    for topic in image.topics() {
        for record in topic.partitions.values() {
            load[usize::from(cores.owner(record.slot()).0)] += 1;
        }
    }
    let place = |partition: u32| {
        let least = (0..load.len()).min_by_key(|core| load[*core]).unwrap_or(0);
        load[least] += 1;
        PartitionRecord::on_one_node(
            topic_id,
            i32::try_from(partition).expect("bounded by the caller"),
            cores.node_id(),
            cores.directory_id(),
            ShardId(u16::try_from(least).expect("there are fewer cores")),
        )
    };
    (from..to).map(place).collect()
}

/// Shows the new image to all cores and opens the new partitions on theirs.
async fn open_new<C: Cores>(
    cores: &C,
    image: &Arc<Image>,
    topic: &str,
    added: &[PartitionRecord],
) -> Result<(), OpenError> {
    let added: Arc<[(TopicPartition, ShardId)]> = added
        .iter()
        .map(|record| {
            let partition = TopicPartition {
                topic_id: record.topic_id,
                partition: record.partition,
            };
            (partition, cores.owner(record.slot()))
        })
        .collect();
    let topic = topic.to_owned();
    let (shown, config) = (image.clone(), log_config(cores, image, &topic));
    let open_here = {
        let everywhere = cores.clone();
        move || {
            let (cores, topic, added) = (everywhere.clone(), topic.clone(), added.clone());
            let (shown, config) = (shown.clone(), config.clone());
            async move {
                let here = cores.lane().id();
                let mut outcome = Ok(());
                for (partition, _) in added.iter().filter(|(_, owner)| *owner == here) {
                    let opened = open_one(&cores, &topic, *partition, config.clone()).await;
                    outcome = outcome.and(opened);
                }
                // Only now, so that whoever sees the partition in the image finds it open.
                cores.lane().set_image(shown);
                outcome
            }
        }
    };
    let opened: Result<(), OpenError> = cores.on_each(open_here).await.into_iter().collect();
    opened?;
    flush_data_directory(cores).await
}

async fn open_one<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
    config: LogConfig,
) -> Result<(), OpenError> {
    clear_the_way(cores, topic, partition).await?;
    let start = Start {
        clean_stop: false,
        progress: Arc::default(),
    };
    open_partition(cores, topic, partition, config, start).await
}

async fn flush_data_directory<C: Cores>(cores: &C) -> Result<(), OpenError> {
    if planted::is(Bug::DataDirectoryNotFlushed) {
        return Ok(());
    }
    let (disk, path) = (cores.disk(), cores.data().to_path_buf());
    let flushed = disk.flush_directory(&path).await;
    flushed.map_err(|source| OpenError { path, source })
}

/// See [`crate::Engine::delete_topic`].
pub(crate) async fn delete<C: Cores>(cores: C, topic_id: Uuid) -> Result<(), TopicError> {
    let mut turn = Turn::take(&cores).await;
    remove(&cores, &mut turn, topic_id).await
}

/// Takes a topic out of the catalogue, then its partitions off their cores and their directories from their names.
/// What fails of the latter keeps nothing of the rest from going.
async fn remove<C: Cores>(
    cores: &C,
    turn: &mut Turn<C::Disk>,
    topic_id: Uuid,
) -> Result<(), TopicError> {
    let topic = turn.log().image().topic_by_id(topic_id).cloned();
    let topic = topic.ok_or(TopicError::Unknown { topic_id })?;
    let image = turn
        .log()
        .append_freeing(vec![MetadataRecord::RemoveTopic { topic_id }])
        .await?;
    let owned = topic.partitions.values();
    let owned: Arc<[(i32, ShardId)]> = owned
        .map(|record| (record.partition, cores.owner(record.slot())))
        .collect();
    let everywhere = cores.clone();
    let close_here = move || {
        let (cores, image) = (everywhere.clone(), image.clone());
        let (owned, name) = (owned.clone(), topic.name.clone());
        async move {
            let lane = cores.lane();
            lane.set_image(image);
            let mut outcome = Ok(());
            for (partition, _) in owned.iter().filter(|(_, owner)| *owner == lane.id()) {
                let id = TopicPartition {
                    topic_id,
                    partition: *partition,
                };
                let gone = match lane.disown(&id) {
                    Some(gone) => {
                        // A topic of the same name may be made in its place: nothing of this one may touch a path by
                        // then.
                        upkeep::close(&gone).await;
                        set_aside(&cores, &name, *partition).await
                    }
                    None => discard_unfinished(&cores, &name, id).await,
                };
                outcome = outcome.and(gone);
            }
            outcome
        }
    };
    let closed: Result<(), OpenError> = cores.on_each(close_here).await.into_iter().collect();
    closed?;
    Ok(flush_data_directory(cores).await?)
}

/// Removes what the creation of a partition has left that did not come to its end. A directory of that name that is
/// somebody else's stays as it is.
async fn discard_unfinished<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
) -> Result<(), OpenError> {
    let disk = cores.disk();
    let directory = directory_of(cores.data(), topic, partition.partition);
    let owner = topic_id_in(&disk, &directory).await.unwrap_or_default();
    if owner == Some(partition.topic_id) {
        return set_aside(cores, topic, partition.partition).await;
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

/// Takes a deleted partition's directory from its name. There is none where its creation failed.
async fn set_aside<C: Cores>(cores: &C, topic: &str, partition: i32) -> Result<(), OpenError> {
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
        Ok(()) => disk.spawn(remove_directory(disk.clone(), aside)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => {
            let path = directory;
            return Err(OpenError { path, source });
        }
    }
    Ok(())
}

/// Removes a directory that has been set aside, file by file, so that no call takes long.
async fn remove_directory<D: Disk>(disk: D, path: PathBuf) {
    let remove = async || {
        for entry in disk.list(&path)? {
            disk.remove(&path.join(entry.name)).await?;
        }
        disk.remove_directory(&path).await
    };
    if let Err(error) = remove().await {
        tracing::warn!(directory = %path.display(), %error, "a deleted partition's directory stays until the next start");
    }
}

/// See [`crate::Engine::alter_configs`].
pub(crate) async fn alter<C: Cores>(
    cores: C,
    topic_id: Uuid,
    configs: BTreeMap<String, String>,
) -> Result<(), TopicError> {
    LogConfig::from_pairs(
        configs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )?;
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    let topic = image
        .topic_by_id(topic_id)
        .ok_or(TopicError::Unknown { topic_id })?;
    let records = config_changes(&image, &topic.name, configs);
    if records.is_empty() {
        return Ok(());
    }
    let changed = turn.log().append_freeing(records).await?;
    let config = log_config(&cores, &changed, &topic.name);
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let cores = everywhere.clone();
            let (changed, config) = (changed.clone(), config.clone());
            async move {
                let lane = cores.lane();
                lane.set_image(changed);
                for partition in lane.partitions() {
                    if partition.id().topic_id == topic_id {
                        partition.set_config(config.clone());
                    }
                }
            }
        })
        .await;
    Ok(())
}

/// The records that lead from what the image says to `configs`.
fn config_changes(
    image: &Image,
    topic: &str,
    configs: BTreeMap<String, String>,
) -> Vec<MetadataRecord> {
    let present: BTreeMap<&str, &str> = image.topic_configs(topic).collect();
    let record = |name: String, value: Option<String>| {
        MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceType::Topic,
            resource_name: topic.to_owned(),
            name,
            value,
        })
    };
    let removed = present.keys().filter(|name| !configs.contains_key(**name));
    let mut records: Vec<_> = removed
        .map(|name| record((*name).to_owned(), None))
        .collect();
    for (name, value) in configs {
        if present.get(name.as_str()) != Some(&value.as_str()) {
            records.push(record(name, Some(value)));
        }
    }
    records
}

/// See [`crate::Engine::allocate_producer_id`].
pub(crate) async fn allocate_producer_id<C: Cores>(cores: C) -> Result<ProducerId, CatalogueError> {
    let mut turn = Turn::take(&cores).await;
    let mut block = turn.catalogue.producer_ids.get();
    if block.next == block.end {
        let next = turn.log().image().next_producer_id().0;
        block = ProducerIdBlock {
            next,
            end: next + PRODUCER_ID_BLOCK,
        };
        let record = MetadataRecord::ProducerIds(ProducerIdsRecord {
            broker_id: cores.node_id(),
            broker_epoch: 0,
            next_producer_id: ProducerId(block.end),
        });
        if !planted::is(Bug::ProducerIdsNotSaved) {
            turn.log().append(vec![record]).await?;
        }
    }
    let id = ProducerId(block.next);
    block.next += 1;
    turn.catalogue.producer_ids.set(block);
    Ok(id)
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

/// See [`crate::Engine::stop_within`].
pub(crate) async fn stop_all<C: Cores>(cores: C, still_max: Duration) -> StopReport {
    let everywhere = cores.clone();
    let stop_here = move || {
        let cores = everywhere.clone();
        async move { stop_owned(&cores.disk(), &cores.lane(), still_max).await }
    };
    let mut report = StopReport::default();
    for part in cores.on_each(stop_here).await {
        report.unclean.extend(part.unclean);
        report.is_hung |= part.is_hung;
    }
    if !report.is_clean() && !planted::is(Bug::MarkUncleanStop) {
        return report;
    }
    let there = cores.clone();
    let mark = move || async move {
        if Turn::take(&there).await.log().is_refused() {
            // What the failed write has left would be taken for rot after a clean stop.
            return Ok(());
        }
        let path = there.data().join(file_name::CLEAN_STOP_MARKER);
        there
            .disk()
            .replace(&path, checkpoint::encode_clean_stop().to_vec())
            .await
    };
    if let Err(error) = cores.on(CATALOGUE_SHARD, mark).await {
        tracing::warn!(%error, "the stop was clean and could not be marked so");
    }
    report
}

/// Partitions of one core that are being stopped.
struct Stopping<D: Disk> {
    todo: RefCell<Vec<Rc<Partition<D>>>>,
    /// Those that have not stopped yet.
    left: RefCell<Vec<Rc<Partition<D>>>>,
    unclean: RefCell<Vec<PathBuf>>,
}

/// Stops the partitions of the calling core, several at a time, as long as one of them gets on within `still_max`.
async fn stop_owned<D: Disk>(disk: &D, lane: &Lane<D>, still_max: Duration) -> StopReport {
    let partitions = lane.partitions();
    let stopping = Rc::new(Stopping {
        left: RefCell::new(partitions.clone()),
        todo: RefCell::new(partitions),
        unclean: RefCell::default(),
    });
    for _ in 0..OPENING_MAX {
        disk.spawn(stop_from(stopping.clone()));
    }
    let mut left_before = stopping.left.borrow().len();
    let mut still = Duration::ZERO;
    while left_before > 0 && still < still_max {
        disk.sleep(STOP_LOOK_INTERVAL).await;
        let left = stopping.left.borrow().len();
        still = match left < left_before {
            true => Duration::ZERO,
            false => still + STOP_LOOK_INTERVAL,
        };
        left_before = left;
    }
    for hung in stopping.left.borrow().iter() {
        let file = crate::stall::active_file(hung);
        tracing::error!(
            file,
            "the disk does not answer; stopping without what is not flushed"
        );
    }
    let mut unclean = stopping.unclean.take();
    unclean.extend(stopping.left.borrow().iter().map(|hung| hung.directory()));
    StopReport {
        unclean,
        is_hung: left_before > 0,
    }
}

async fn stop_from<D: Disk>(stopping: Rc<Stopping<D>>) {
    loop {
        let next = stopping.todo.borrow_mut().pop();
        let Some(partition) = next else { return };
        if let Err(error) = upkeep::stop(&partition).await {
            let directory = partition.directory();
            tracing::warn!(partition = %directory.display(), %error, "could not be stopped cleanly");
            stopping.unclean.borrow_mut().push(directory);
        }
        let mut left = stopping.left.borrow_mut();
        left.retain(|other| !Rc::ptr_eq(other, &partition));
    }
}
