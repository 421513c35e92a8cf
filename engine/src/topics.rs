//! Topics and their partitions across the cores: opening them at start, changing them, stopping them.
//!
//! The changes run on the catalogue's core, one at a time; what concerns a partition runs on its owner. Invariants: a
//! change is durable in the catalogue before any core acts on it, so that a crash in between leaves something that the
//! next start completes; directories of topics that the catalogue does not know are set aside, never adopted.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
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
use crate::engine::{CATALOGUE_SHARD, Engine, EngineError, NewTopic, StopReport, TopicError};
use crate::file_name::{self, PartitionDirectoryName};
use crate::io::{Disk, RingDisk};
use crate::log_config::LogConfig;
use crate::open::{self, OpenError, OpenRequest};
use crate::partition::Partition;
use crate::reserve;
use crate::runtime::spawn;
use crate::shard::Shard;
use crate::types::{LeaderEpoch, ProducerId, ShardId, TopicPartition};
use crate::upkeep;

/// Producer ids that one record of the catalogue gives out: Kafka's block.
const PRODUCER_ID_BLOCK: i64 = 1000;
/// Partitions that a core opens side by side: enough to keep the disk busy.
const OPENING_MAX: usize = 32;
/// How often a stop looks whether it gets on.
const STOP_LOOK_INTERVAL: Duration = Duration::from_millis(10);

thread_local! {
    /// On the catalogue's core only.
    static CATALOGUE: RefCell<Option<Rc<Catalogue>>> = const { RefCell::new(None) };
}

/// The catalogue with the turn that changes take.
struct Catalogue {
    log: RefCell<Option<CatalogueLog<RingDisk>>>,
    producer_ids: Cell<ProducerIdBlock>,
}

#[derive(Clone, Copy, Default)]
struct ProducerIdBlock {
    next: i64,
    end: i64,
}

/// The log, taken out for one change; others wait until it is back.
struct Turn {
    catalogue: Rc<Catalogue>,
    log: Option<CatalogueLog<RingDisk>>,
}

impl Turn {
    async fn take() -> Turn {
        let catalogue = CATALOGUE.with(|catalogue| catalogue.borrow().clone());
        let catalogue = catalogue.expect("the catalogue is open before anything can change it");
        loop {
            let log = catalogue.log.borrow_mut().take();
            if log.is_some() {
                return Turn { catalogue, log };
            }
            // Changes are rare, and one takes about as long as a flush.
            crate::runtime::sleep(Duration::from_micros(200)).await;
        }
    }

    fn log(&mut self) -> &mut CatalogueLog<RingDisk> {
        self.log
            .as_mut()
            .expect("taken when the turn began, put back when it ends")
    }
}

impl Drop for Turn {
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
pub(crate) async fn open_all(engine: Engine) -> Result<(), EngineError> {
    let opened = engine.clone();
    let (image, clean_stop) = engine
        .on(CATALOGUE_SHARD, move || open_catalogue(opened))
        .await?;
    let everywhere = engine.clone();
    let open_here = move || {
        let (engine, image) = (everywhere.clone(), image.clone());
        async move { open_owned(engine, image, clean_stop).await }
    };
    let mut epochs = Vec::new();
    for opened in engine.on_each(open_here).await {
        epochs.extend(opened?);
    }
    show_epochs(&engine, epochs).await;
    engine
        .on_each(move || async move {
            let shard = Shard::current();
            spawn(keep_retention(shard));
        })
        .await;
    let data = engine.data().to_path_buf();
    let make = move || async move { reserve::make_at_start(&RingDisk, &data).await };
    engine.on(CATALOGUE_SHARD, make).await;
    Ok(())
}

/// Puts the epochs that the partitions have begun into the image of every core, so that what clients are told agrees
/// with what the partitions hold them to. They are durable where the log is, in the partitions' epoch checkpoints.
async fn show_epochs(engine: &Engine, epochs: Epochs) {
    let amend = move || async move {
        let mut turn = Turn::take().await;
        turn.log().set_leader_epochs(&epochs)
    };
    let image = engine.on(CATALOGUE_SHARD, amend).await;
    engine
        .on_each(move || {
            let image = image.clone();
            async move { Shard::current().set_image(image) }
        })
        .await;
}

async fn open_catalogue(engine: Engine) -> Result<(Arc<Image>, bool), EngineError> {
    let data = engine.data().to_path_buf();
    let clean_stop = read_clean_stop_marker(&data).await?;
    let log = CatalogueLog::open(RingDisk, &data, clean_stop).await?;
    let image = log.image().clone();
    // What was said of the last stop holds until here; a start that fails before may be tried again with it.
    remove_clean_stop_marker(&data).await?;
    set_aside_unknown(&data, &image).await?;
    let catalogue = Rc::new(Catalogue {
        log: RefCell::new(Some(log)),
        producer_ids: Cell::default(),
    });
    CATALOGUE.with(|place| *place.borrow_mut() = Some(catalogue));
    Ok((image, clean_stop))
}

/// Whether the last stop was clean.
async fn read_clean_stop_marker(data: &Path) -> Result<bool, OpenError> {
    let path = data.join(file_name::CLEAN_STOP_MARKER);
    let bytes = RingDisk.read_whole(&path).await;
    let bytes = bytes.map_err(|source| OpenError { path, source })?;
    Ok(bytes.is_some_and(|bytes| checkpoint::is_clean_stop(&bytes)))
}

/// Removes the marker, durably, before anything is written that it would not be true of.
async fn remove_clean_stop_marker(data: &Path) -> Result<(), OpenError> {
    let path = data.join(file_name::CLEAN_STOP_MARKER);
    let failed = |source| OpenError {
        path: path.clone(),
        source,
    };
    RingDisk.remove(&path).await.map_err(failed)?;
    RingDisk.flush_directory(data).await.map_err(failed)
}

/// Finishes deletions that a crash interrupted, and keeps directories that are no partition of the catalogue from
/// being taken for one.
async fn set_aside_unknown(data: &Path, image: &Image) -> Result<(), OpenError> {
    let failed = |source| OpenError {
        path: data.to_path_buf(),
        source,
    };
    for entry in RingDisk.list(data).map_err(failed)? {
        if !entry.is_directory {
            continue;
        }
        let path = data.join(&entry.name);
        if file_name::is_deleted_partition_directory(&entry.name) {
            spawn(remove_directory(path));
            continue;
        }
        let Some(name) = PartitionDirectoryName::parse(&entry.name) else {
            continue;
        };
        if name.topic == file_name::CLUSTER_METADATA_TOPIC {
            continue;
        }
        let known = image.topic_by_name(&name.topic).map(|topic| topic.topic_id);
        let metadata = RingDisk
            .read_whole(&path.join(file_name::PARTITION_METADATA))
            .await;
        let own = metadata
            .map_err(failed)?
            .and_then(|text| checkpoint::parse_partition_metadata(&text).ok());
        if known.is_none() {
            tracing::warn!(directory = %path.display(), "no topic of the catalogue; left alone");
        } else if own.is_some() && own != known {
            let aside = data.join(file_name::deleted_partition_directory(
                &name,
                Uuid::new_v4(),
            ));
            tracing::warn!(directory = %path.display(), aside = %aside.display(), "belongs to a deleted topic; removing");
            RingDisk.rename(&path, &aside).await.map_err(failed)?;
            spawn(remove_directory(aside));
        }
    }
    Ok(())
}

/// Opens the partitions that this core owns, several at a time.
type Epochs = Vec<(TopicPartition, LeaderEpoch)>;

async fn open_owned(
    engine: Engine,
    image: Arc<Image>,
    clean_stop: bool,
) -> Result<Epochs, OpenError> {
    let shard = Shard::current();
    shard.set_image(image.clone());
    let mut todo = Vec::new();
    for topic in image.topics() {
        for record in topic.partitions.values() {
            if engine.owner(record.slot()) == shard.id() {
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
        .map(|topic| (topic.name.clone(), log_config(&image, &topic.name)))
        .collect();
    let todo = Rc::new(RefCell::new(todo));
    let configs = Rc::new(configs);
    let workers: Vec<_> = (0..OPENING_MAX)
        .map(|_| {
            Box::pin(open_from(
                engine.data().to_path_buf(),
                todo.clone(),
                configs.clone(),
                clean_stop,
            ))
        })
        .collect();
    let opened: Result<(), OpenError> =
        crate::engine::join_all(workers).await.into_iter().collect();
    opened?;
    let partitions = shard.partitions();
    Ok(partitions
        .iter()
        .map(|partition| (partition.id(), partition.leader_epoch()))
        .collect())
}

type Todo = Rc<RefCell<Vec<(String, TopicPartition)>>>;

async fn open_from(
    data: PathBuf,
    todo: Todo,
    configs: Rc<HashMap<String, LogConfig>>,
    clean_stop: bool,
) -> Result<(), OpenError> {
    loop {
        let next = todo.borrow_mut().pop();
        let Some((topic, partition)) = next else {
            return Ok(());
        };
        let config = configs.get(&topic).cloned().unwrap_or_default();
        open_partition(&data, &topic, partition, config, clean_stop).await?;
    }
}

/// A directory that is in the place of a new partition is somebody else's: it is kept under another name and never
/// adopted. One that this very partition made before a crash is fine.
async fn clear_the_way(
    data: &Path,
    topic: &str,
    partition: TopicPartition,
) -> Result<(), OpenError> {
    let directory = directory_of(data, topic, partition.partition);
    let failed = |source| OpenError {
        path: directory.clone(),
        source,
    };
    let is_taken = match RingDisk.list(&directory) {
        Ok(entries) => !entries.is_empty(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let metadata = directory.join(file_name::PARTITION_METADATA);
    let text = RingDisk.read_whole(&metadata).await.map_err(failed)?;
    let owner = text.and_then(|text| checkpoint::parse_partition_metadata(&text).ok());
    if !is_taken || owner == Some(partition.topic_id) {
        return Ok(());
    }
    let aside = data.join(format!(
        "{topic}-{}.{}-stray",
        partition.partition,
        Uuid::new_v4().simple()
    ));
    tracing::warn!(directory = %directory.display(), aside = %aside.display(), "is no partition of the catalogue and in the way; keeping it under another name");
    RingDisk.rename(&directory, &aside).await.map_err(failed)
}

/// Opens a partition that this core owns, making its directory where there is none.
async fn open_partition(
    data: &Path,
    topic: &str,
    partition: TopicPartition,
    config: LogConfig,
    clean_stop: bool,
) -> Result<(), OpenError> {
    let shard = Shard::current();
    let directory = directory_of(data, topic, partition.partition);
    let failed = |source| OpenError {
        path: directory.clone(),
        source,
    };
    RingDisk
        .create_directory(&directory)
        .await
        .map_err(failed)?;
    let metadata = directory.join(file_name::PARTITION_METADATA);
    if RingDisk
        .read_whole(&metadata)
        .await
        .map_err(failed)?
        .is_none()
    {
        let text = checkpoint::encode_partition_metadata(partition.topic_id);
        RingDisk
            .overwrite(&metadata, 0, text.into_bytes(), false)
            .await
            .map_err(failed)?;
    }
    let request = OpenRequest {
        partition,
        directory,
        config,
        budget: shard.cache_budget(),
        clean_stop,
    };
    shard.adopt(open::open(RingDisk, request).await?);
    Ok(())
}

/// What the image says of a topic's configuration. Names and values were checked before they got there; what another
/// version wrote and this one refuses falls back to the defaults, and is said.
pub(crate) fn log_config(image: &Image, topic: &str) -> LogConfig {
    LogConfig::from_pairs(image.topic_configs(topic)).unwrap_or_else(|error| {
        tracing::warn!(topic, %error, "using the default configuration");
        LogConfig::default()
    })
}

/// See [`Engine::create_topic`].
pub(crate) async fn create(engine: Engine, topic: NewTopic) -> Result<Uuid, TopicError> {
    file_name::validate_new_topic_name(&topic.name).map_err(|error| TopicError::InvalidName {
        name: topic.name.clone(),
        reason: error.to_string(),
    })?;
    let pairs = topic
        .configs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    LogConfig::from_pairs(pairs)?;
    let mut turn = Turn::take().await;
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
    let topic_id = Uuid::new_v4();
    let mut records = vec![MetadataRecord::Topic(TopicRecord {
        name: topic.name.clone(),
        topic_id,
    })];
    let added = new_partitions(&engine, &image, topic_id, 0, topic.partitions);
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
    if let Err(error) = open_new(&engine, &image, &topic.name, &added).await {
        // Nobody has been told of it: without this, clients would find a topic that serves nothing.
        if let Err(undo) = remove(&engine, &mut turn, topic_id).await {
            tracing::error!(topic = topic.name, error = %undo, "a topic that could not be made stays in the catalogue; its partitions open at the next start");
        }
        return Err(error.into());
    }
    Ok(topic_id)
}

/// See [`Engine::create_partitions`].
pub(crate) async fn add_partitions(
    engine: Engine,
    topic_id: Uuid,
    count: u32,
) -> Result<(), TopicError> {
    let mut turn = Turn::take().await;
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
    let added = new_partitions(&engine, &image, topic_id, present, count);
    let name = topic.name.clone();
    let records = added
        .iter()
        .cloned()
        .map(MetadataRecord::Partition)
        .collect();
    let image = turn.log().append(records).await?;
    open_new(&engine, &image, &name, &added).await?;
    Ok(())
}

/// Records for the partitions `from..to`, each on the core that has the fewest.
fn new_partitions(
    engine: &Engine,
    image: &Image,
    topic_id: Uuid,
    from: u32,
    to: u32,
) -> Vec<PartitionRecord> {
    let mut load = vec![0_usize; engine.shard_count()];
    for topic in image.topics() {
        for record in topic.partitions.values() {
            load[usize::from(engine.owner(record.slot()).0)] += 1;
        }
    }
    let place = |partition: u32| {
        let least = (0..load.len()).min_by_key(|core| load[*core]).unwrap_or(0);
        load[least] += 1;
        PartitionRecord::on_one_node(
            topic_id,
            i32::try_from(partition).expect("bounded by the caller"),
            engine.node_id(),
            engine.directory_id(),
            ShardId(u16::try_from(least).expect("there are fewer cores")),
        )
    };
    (from..to).map(place).collect()
}

/// Shows the new image to all cores and opens the new partitions on theirs.
async fn open_new(
    engine: &Engine,
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
            (partition, engine.owner(record.slot()))
        })
        .collect();
    let (data, topic) = (engine.data().to_path_buf(), topic.to_owned());
    let (shown, config) = (image.clone(), log_config(image, &topic));
    let open_here = {
        let data = data.clone();
        move || {
            let (data, topic, added) = (data.clone(), topic.clone(), added.clone());
            let (shown, config) = (shown.clone(), config.clone());
            async move {
                let here = Shard::current().id();
                for (partition, _) in added.iter().filter(|(_, owner)| *owner == here) {
                    clear_the_way(&data, &topic, *partition).await?;
                    open_partition(&data, &topic, *partition, config.clone(), false).await?;
                }
                // Only now, so that whoever sees the partition in the image finds it open.
                Shard::current().set_image(shown);
                Ok::<(), OpenError>(())
            }
        }
    };
    for opened in engine.on_each(open_here).await {
        opened?;
    }
    RingDisk
        .flush_directory(&data)
        .await
        .map_err(|source| OpenError { path: data, source })
}

/// See [`Engine::delete_topic`].
pub(crate) async fn delete(engine: Engine, topic_id: Uuid) -> Result<(), TopicError> {
    let mut turn = Turn::take().await;
    remove(&engine, &mut turn, topic_id).await
}

/// Takes a topic out of the catalogue, then off the cores that have opened it and off the disk.
async fn remove(engine: &Engine, turn: &mut Turn, topic_id: Uuid) -> Result<(), TopicError> {
    let topic = turn.log().image().topic_by_id(topic_id).cloned();
    let topic = topic.ok_or(TopicError::Unknown { topic_id })?;
    let image = turn
        .log()
        .append_freeing(vec![MetadataRecord::RemoveTopic { topic_id }])
        .await?;
    let data = engine.data().to_path_buf();
    let owned: Arc<[(i32, ShardId)]> = topic
        .partitions
        .values()
        .map(|record| (record.partition, engine.owner(record.slot())))
        .collect();
    let close_here = {
        let data = data.clone();
        move || {
            let (image, data, owned, name) = (
                image.clone(),
                data.clone(),
                owned.clone(),
                topic.name.clone(),
            );
            async move {
                let shard = Shard::current();
                shard.set_image(image);
                let here = owned.iter().filter(|(_, owner)| *owner == shard.id());
                for (partition, _) in here.copied() {
                    let id = TopicPartition {
                        topic_id,
                        partition,
                    };
                    if let Some(gone) = shard.disown(&id) {
                        // A topic of the same name may be made in its place: nothing of this one may touch a path by
                        // then.
                        upkeep::close(&gone).await;
                        set_aside(&data, &name, partition).await?;
                    } else {
                        discard_unfinished(&data, &name, id).await?;
                    }
                }
                Ok::<(), OpenError>(())
            }
        }
    };
    for closed in engine.on_each(close_here).await {
        closed?;
    }
    let flushed = RingDisk.flush_directory(&data).await;
    flushed.map_err(|source| TopicError::Partition(OpenError { path: data, source }))
}

/// Removes what the creation of a partition has left that did not come to its end. A directory of that name that is
/// somebody else's stays as it is.
async fn discard_unfinished(
    data: &Path,
    topic: &str,
    partition: TopicPartition,
) -> Result<(), OpenError> {
    let directory = directory_of(data, topic, partition.partition);
    let metadata = directory.join(file_name::PARTITION_METADATA);
    let text = RingDisk.read_whole(&metadata).await.unwrap_or_default();
    let owner = text.and_then(|text| checkpoint::parse_partition_metadata(&text).ok());
    if owner == Some(partition.topic_id) {
        return set_aside(data, topic, partition.partition).await;
    }
    // Only an empty one can be removed like this, which is what a creation begins with.
    let _ = RingDisk.remove_directory(&directory).await;
    Ok(())
}

async fn set_aside(data: &Path, topic: &str, partition: i32) -> Result<(), OpenError> {
    let directory = directory_of(data, topic, partition);
    let name = PartitionDirectoryName {
        topic: topic.to_owned(),
        partition,
    };
    let aside = data.join(file_name::deleted_partition_directory(
        &name,
        Uuid::new_v4(),
    ));
    let rename = async || RingDisk.rename(&directory, &aside).await;
    let renamed = reserve::with(&RingDisk, data, rename).await;
    renamed.map_err(|source| OpenError {
        path: directory,
        source,
    })?;
    spawn(remove_directory(aside));
    Ok(())
}

/// Removes a directory that has been set aside, file by file, so that no call takes long.
async fn remove_directory(path: PathBuf) {
    let remove = async || {
        for entry in RingDisk.list(&path)? {
            RingDisk.remove(&path.join(entry.name)).await?;
        }
        RingDisk.remove_directory(&path).await
    };
    if let Err(error) = remove().await {
        tracing::warn!(directory = %path.display(), %error, "a deleted partition's directory stays until the next start");
    }
}

/// See [`Engine::alter_configs`].
pub(crate) async fn alter(
    engine: Engine,
    topic_id: Uuid,
    configs: BTreeMap<String, String>,
) -> Result<(), TopicError> {
    LogConfig::from_pairs(
        configs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )?;
    let mut turn = Turn::take().await;
    let image = turn.log().image().clone();
    let topic = image
        .topic_by_id(topic_id)
        .ok_or(TopicError::Unknown { topic_id })?;
    let records = config_changes(&image, &topic.name, configs);
    if records.is_empty() {
        return Ok(());
    }
    let changed = turn.log().append_freeing(records).await?;
    let config = log_config(&changed, &topic.name);
    engine
        .on_each(move || {
            let (changed, config) = (changed.clone(), config.clone());
            async move {
                let shard = Shard::current();
                shard.set_image(changed);
                for partition in shard.partitions() {
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

/// See [`Engine::allocate_producer_id`].
pub(crate) async fn allocate_producer_id(engine: Engine) -> Result<ProducerId, CatalogueError> {
    let mut turn = Turn::take().await;
    let mut block = turn.catalogue.producer_ids.get();
    if block.next == block.end {
        let next = turn.log().image().next_producer_id().0;
        block = ProducerIdBlock {
            next,
            end: next + PRODUCER_ID_BLOCK,
        };
        let record = MetadataRecord::ProducerIds(ProducerIdsRecord {
            broker_id: engine.node_id(),
            broker_epoch: 0,
            next_producer_id: ProducerId(block.end),
        });
        turn.log().append(vec![record]).await?;
    }
    let id = ProducerId(block.next);
    block.next += 1;
    turn.catalogue.producer_ids.set(block);
    Ok(id)
}

/// Applies retention to this core's partitions, again and again, and flushes what `flush.ms` says.
async fn keep_retention(shard: Rc<Shard>) {
    loop {
        crate::runtime::sleep(shard.retention_interval()).await;
        for partition in shard.partitions() {
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

/// See [`Engine::stop_within`].
pub(crate) async fn stop_all(engine: Engine, still_max: Duration) -> StopReport {
    let stop_here = move || async move { stop_owned(still_max).await };
    let mut report = StopReport::default();
    for part in engine.on_each(stop_here).await {
        report.unclean.extend(part.unclean);
        report.is_hung |= part.is_hung;
    }
    if !report.is_clean() {
        return report;
    }
    let data = engine.data().to_path_buf();
    let mark = move || async move {
        let path = data.join(file_name::CLEAN_STOP_MARKER);
        RingDisk
            .replace(&path, checkpoint::encode_clean_stop().to_vec())
            .await
    };
    if let Err(error) = engine.on(CATALOGUE_SHARD, mark).await {
        tracing::warn!(%error, "the stop was clean and could not be marked so");
    }
    report
}

/// Partitions of one core that are being stopped.
struct Stopping {
    todo: RefCell<Vec<Rc<Partition<RingDisk>>>>,
    /// Those that have not stopped yet.
    left: RefCell<Vec<Rc<Partition<RingDisk>>>>,
    unclean: RefCell<Vec<PathBuf>>,
}

/// Stops the partitions of the calling core, several at a time, as long as one of them gets on within `still_max`.
async fn stop_owned(still_max: Duration) -> StopReport {
    let partitions = Shard::current().partitions();
    let stopping = Rc::new(Stopping {
        left: RefCell::new(partitions.clone()),
        todo: RefCell::new(partitions),
        unclean: RefCell::default(),
    });
    for _ in 0..OPENING_MAX {
        spawn(stop_from(stopping.clone()));
    }
    let mut left_before = stopping.left.borrow().len();
    let mut still = Duration::ZERO;
    while left_before > 0 && still < still_max {
        crate::runtime::sleep(STOP_LOOK_INTERVAL).await;
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

async fn stop_from(stopping: Rc<Stopping>) {
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
