//! The handle that others hold: cores and their start and stop, the topics, and the way to each partition's core.
//!
//! Shared: cheap to clone, usable from any thread. Invariants: the catalogue changes on its own core only, one change
//! at a time, durable before any core sees it; a topic's partitions are open on their cores before its creation is
//! answered.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use uuid::Uuid;

use crate::append::{Acks, AppendError, Appended};
use crate::batch::ValidBatch;
use crate::catalogue::{ClientQuotaRecord, Image};
use crate::catalogue_log::CatalogueError;
use crate::cores::Cores;
use crate::cpus;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::io::{RingDisk, RingError, RingFile};
use crate::lane::{self, Lane};
use crate::log_config::LogConfig;
use crate::log_defaults::LogDefaults;
use crate::mailbox::Mailbox;
use crate::node_settings;
use crate::open::OpenError;
use crate::read::{FetchPlan, ReadError, ReadRequest};
use crate::shard::{self, Shard, Switchboard};
use crate::topics;
use crate::types::{LeaderEpoch, ProducerId, ShardId, TopicPartition};
use crate::watchdog::Watchdog;

/// The core that keeps the catalogue.
pub(crate) const CATALOGUE_SHARD: ShardId = ShardId(0);

/// How long a stop waits for a disk that lets nothing finish: longer than a flush takes on a disk that is alive.
const STOP_STILL_MAX: Duration = Duration::from_secs(30);

/// What an engine is told at its start.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where everything is kept. Made when it is not there.
    pub data: PathBuf,
    /// The CPUs to run on, one core of the engine each. Empty: all that the process may use.
    pub cpus: Vec<usize>,
    /// The id that the catalogue records as the leader of every partition.
    pub node_id: i32,
    /// Bytes of log that all cores together keep in memory for reads at the tail.
    pub tail_cache_bytes: usize,
    /// How often retention is applied, in ms.
    pub retention_check_interval_ms: u64,
    /// What holds for a topic where its own configurations say nothing.
    pub log_defaults: LogDefaults,
    /// How often each core looks for a compacted partition that is dirty enough, in ms: Kafka's
    /// `log.cleaner.backoff.ms`.
    pub compaction_check_interval_ms: u64,
    /// Bytes in which all cores together keep the newest offsets of keys while they compact. A smaller map takes more
    /// rounds.
    pub cleaner_map_bytes: usize,
    /// The executors' preemption timer. Long, because nothing relies on it; tests shorten it to provoke what a short
    /// one does.
    pub preempt_timer: Duration,
}

impl EngineConfig {
    /// Defaults for everything but the data directory.
    pub fn new(data: impl Into<PathBuf>) -> EngineConfig {
        EngineConfig {
            data: data.into(),
            cpus: Vec::new(),
            node_id: 1,
            tail_cache_bytes: 256 << 20,
            retention_check_interval_ms: 300_000,
            log_defaults: LogDefaults::default(),
            compaction_check_interval_ms: 15_000,
            cleaner_map_bytes: 48 << 20,
            preempt_timer: Duration::from_secs(3600),
        }
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The kernel has no io_uring for us.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// An executor could not be started.
    #[error("cannot start a core on CPU {cpu}: {reason}")]
    Executor {
        /// The CPU.
        cpu: usize,
        /// What glommio says.
        reason: String,
    },
    /// The topic catalogue cannot be read.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A partition cannot be opened.
    #[error(transparent)]
    Partition(#[from] OpenError),
    /// The process may use no CPU of those asked for, or threads cannot be made.
    #[error("cannot set up cores: {0}")]
    Cores(std::io::Error),
}

/// A topic to be created.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// Configurations other than the defaults, by Kafka's names.
    pub configs: BTreeMap<String, String>,
}

/// Why a change of the topics was not made.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// There is a topic of this name.
    #[error("topic {name} exists")]
    Exists {
        /// The name.
        name: String,
    },
    /// There is no such topic.
    #[error("there is no topic with id {topic_id}")]
    Unknown {
        /// The id.
        topic_id: Uuid,
    },
    /// The name is none that a topic may have.
    #[error("{name:?} is no topic name: {reason}")]
    InvalidName {
        /// The name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The number of partitions is not larger than what there is.
    #[error("the topic has {present} partitions already, {asked} were asked for")]
    NotMorePartitions {
        /// How many there are.
        present: u32,
        /// How many were asked for.
        asked: u32,
    },
    /// A configuration is refused.
    #[error(transparent)]
    Config(#[from] crate::log_config::ConfigError),
    /// The catalogue could not be written.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A file of a partition could not be made or set aside. A topic whose creation fails so is not there afterwards;
    /// partitions that were added, and of a deleted topic what is left, are for the next start.
    #[error(transparent)]
    Partition(#[from] OpenError),
}

/// Why an operation on a partition by its id failed.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError<E> {
    /// This engine has no such partition.
    #[error("there is no partition {0}")]
    Unknown(TopicPartition),
    /// The partition says no.
    #[error(transparent)]
    Refused(#[from] E),
}

/// What a stop came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Directories of the partitions that refused writes, could not be flushed, or whose disk did not answer.
    pub unclean: Vec<PathBuf>,
    /// Whether the disk did not answer.
    pub is_hung: bool,
}

impl StopReport {
    /// Whether everything is flushed and saved.
    pub fn is_clean(&self) -> bool {
        self.unclean.is_empty()
    }
}

/// An open engine.
///
/// # Example
/// See `engine/examples/embedded.rs`.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    switchboard: Switchboard,
    data: DataDirectory,
    log_defaults: LogDefaults,
    /// Taken by whoever stops the engine; the second threads are all that hold a clone.
    running: Mutex<Option<Running>>,
}

struct Running {
    watchdog: Watchdog,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    fn end(self, switchboard: &Switchboard) {
        stop_turning(switchboard);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a core ended badly");
            }
        }
        // Last, so that a core which sleeps through its end is woken.
        drop(self.watchdog);
    }
}

impl Engine {
    /// Takes the data directory, starts the cores, reads the catalogue and opens all partitions.
    ///
    /// # Errors
    /// When any of it fails. A partition whose log is damaged is no error: it opens and refuses writes.
    pub fn open(config: EngineConfig) -> Result<Engine, EngineError> {
        let data = DataDirectory::claim(&config.data, config.node_id)?;
        let cpus = cpus::usable(&config.cpus).map_err(EngineError::Cores)?;
        let mailboxes: Result<Vec<Mailbox>, _> = cpus.iter().map(|_| Mailbox::new()).collect();
        let switchboard = Switchboard {
            mailboxes: mailboxes.map_err(EngineError::Cores)?.into(),
        };
        // Before the cores, which may need to be woken at their very start.
        let watchdog =
            Watchdog::start(switchboard.mailboxes.clone()).map_err(EngineError::Cores)?;
        let threads = match start_cores(&config, &cpus, &switchboard) {
            Ok(threads) => threads,
            Err(error) => {
                // Those that have started end at their first turn.
                stop_turning(&switchboard);
                return Err(error);
            }
        };
        let engine = Engine(Arc::new(Shared {
            switchboard,
            data,
            log_defaults: config.log_defaults,
            running: Mutex::new(Some(Running { watchdog, threads })),
        }));
        match futures_lite::future::block_on(topics::open_all(engine.clone())) {
            Ok(()) => Ok(engine),
            Err(error) => {
                engine.stop_cores();
                Err(error)
            }
        }
    }

    /// How many cores there are.
    pub fn shard_count(&self) -> usize {
        self.0.switchboard.mailboxes.len()
    }

    /// What holds for a topic where its own configurations say nothing, by an image.
    pub fn log_defaults(&self, image: &Image) -> LogConfig {
        self.0.log_defaults.of(image)
    }

    /// Where everything is kept.
    pub fn data(&self) -> &Path {
        &self.0.data.path
    }

    /// The cluster's id, as Kafka prints it.
    pub fn cluster_id(&self) -> &str {
        &self.0.data.identity.cluster_id
    }

    /// The node's id.
    pub fn node_id(&self) -> i32 {
        self.0.data.identity.node_id
    }

    /// The id of the data directory.
    pub fn directory_id(&self) -> Uuid {
        self.0.data.identity.directory_id
    }

    /// Wake-ups by the watchdog so far; stays 0 in normal settings.
    pub fn watchdog_kicks(&self) -> u64 {
        let running = self
            .0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        running
            .as_ref()
            .map_or(0, |running| running.watchdog.kicks())
    }

    /// Whether a core has nothing to do at the moment: it sleeps, or is about to.
    pub fn is_idle(&self, shard: ShardId) -> bool {
        self.0.switchboard.mailboxes[usize::from(shard.0)].is_idle()
    }

    /// The longest that any core has gone without a look at its ring since the start: how long a request may have
    /// waited for a core that was busy, or blocked.
    pub fn longest_turn(&self) -> Duration {
        let turns = self.0.switchboard.mailboxes.iter();
        let longest = turns.map(|mailbox| mailbox.longest_turn_ns.load(Ordering::Relaxed));
        Duration::from_nanos(longest.max().unwrap_or(0))
    }

    /// Runs `work` on a core and resolves to its answer; in place when called there.
    ///
    /// # Panics
    /// When the engine has been stopped.
    pub async fn on<R, W, F>(&self, shard: ShardId, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        self.0.switchboard.on(shard, work).await
    }

    /// All cores.
    pub fn shards(&self) -> impl Iterator<Item = ShardId> + use<> {
        (0..self.count()).map(ShardId)
    }

    /// The topics, as of all changes that have been answered.
    pub async fn image(&self) -> Arc<Image> {
        self.on(CATALOGUE_SHARD, || async { Shard::current().image() })
            .await
    }

    /// The core that serves a slot: as many cores as there were when the slot was given out make it that very core.
    pub fn owner(&self, slot: ShardId) -> ShardId {
        Cores::owner(self, slot)
    }

    /// Creates a topic. When this returns it is durable and its partitions serve.
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn create_topic(&self, topic: NewTopic) -> Result<Uuid, TopicError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || topics::create(engine, topic))
            .await
    }

    /// Deletes a topic and its records.
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn delete_topic(&self, topic_id: Uuid) -> Result<(), TopicError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || topics::delete(engine, topic_id))
            .await
    }

    /// Raises a topic's number of partitions to `count`.
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn create_partitions(&self, topic_id: Uuid, count: u32) -> Result<(), TopicError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            topics::add_partitions(engine, topic_id, count)
        })
        .await
    }

    /// Makes `configs` the whole set of a topic's configurations that are not the defaults.
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn alter_configs(
        &self,
        topic_id: Uuid,
        configs: BTreeMap<String, String>,
    ) -> Result<(), TopicError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            topics::alter(engine, topic_id, configs)
        })
        .await
    }

    /// Sets the configurations of a node, or of all with an empty name, to exactly these, and lets topics take what
    /// follows for them. The names are the caller's: the engine asks [`EngineConfig::log_defaults`] what they mean.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn alter_node_configs(
        &self,
        name: String,
        configs: BTreeMap<String, String>,
    ) -> Result<(), CatalogueError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            node_settings::alter_configs(engine, name, configs)
        })
        .await
    }

    /// The epoch in which this start writes the catalogue.
    pub async fn catalogue_epoch(&self) -> LeaderEpoch {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || topics::catalogue_epoch(engine))
            .await
    }

    /// Sets and removes quotas of clients. The engine keeps them; it enforces none.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn alter_client_quotas(
        &self,
        quotas: Vec<ClientQuotaRecord>,
    ) -> Result<(), CatalogueError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            node_settings::alter_quotas(engine, quotas)
        })
        .await
    }

    /// Sets levels of features; level 0 removes one.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn set_features(&self, levels: Vec<(String, i16)>) -> Result<(), CatalogueError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            node_settings::set_features(engine, levels)
        })
        .await
    }

    /// A producer id that nobody has had.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn allocate_producer_id(&self) -> Result<ProducerId, CatalogueError> {
        let engine = self.clone();
        self.on(CATALOGUE_SHARD, move || {
            topics::allocate_producer_id(engine)
        })
        .await
    }

    /// Appends a batch and waits for its acknowledgement; from any thread.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(
        &self,
        partition: TopicPartition,
        batch: ValidBatch,
        acks: Acks,
    ) -> Result<Appended, PartitionError<AppendError>> {
        let owner = self.locate(partition).await?;
        self.on(owner, move || async move {
            let found = Shard::current().partition(&partition);
            let found = found.ok_or(PartitionError::Unknown(partition))?;
            Ok(found.append(batch, acks)?.await?)
        })
        .await
    }

    /// Plans a read; from any thread.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(
        &self,
        partition: TopicPartition,
        request: ReadRequest,
    ) -> Result<FetchPlan<RingFile>, PartitionError<ReadError>> {
        let owner = self.locate(partition).await?;
        self.on(owner, move || async move {
            let found = Shard::current().partition(&partition);
            let found = found.ok_or(PartitionError::Unknown(partition))?;
            Ok(found.read(request).await?)
        })
        .await
    }

    async fn locate<E>(&self, partition: TopicPartition) -> Result<ShardId, PartitionError<E>> {
        let image = match Shard::try_current() {
            Some(shard) => shard.image(),
            None => self.image().await,
        };
        let slot = topics::slot_of(&image, partition).ok_or(PartitionError::Unknown(partition))?;
        Ok(self.owner(slot))
    }

    /// Stops: no more appends, everything durable, a mark that spares the next start its checks. Further use of any
    /// clone of this handle is a bug. Stopping twice is not.
    pub fn stop(&self) -> StopReport {
        self.stop_within(STOP_STILL_MAX)
    }

    /// As [`Engine::stop`], giving up when the disk has let nothing finish for `still_max`. Then the cores' threads stay
    /// behind, since the kernel may still write from their memory: the process has to end.
    pub fn stop_within(&self, still_max: Duration) -> StopReport {
        if self
            .0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
        {
            return StopReport::default();
        }
        let report = futures_lite::future::block_on(topics::stop_all(self.clone(), still_max));
        if report.is_hung {
            // Joining would wait for the disk, and the memory under its writes must stay what it is.
            let running = self
                .0
                .running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            std::mem::forget(running);
        } else {
            self.stop_cores();
        }
        report
    }

    fn stop_cores(&self) {
        let running = self
            .0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(running) = running {
            running.end(&self.0.switchboard);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Without a stop the cores would run on; what they have written is recovered at the next start.
        let running = self
            .running
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(running) = running {
            running.end(&self.switchboard);
        }
    }
}

fn stop_turning(switchboard: &Switchboard) {
    for mailbox in switchboard.mailboxes.iter() {
        mailbox.deliver([Box::new(|| Shard::current().stop()) as crate::mailbox::Mail]);
    }
}

fn start_cores(
    config: &EngineConfig,
    cpus: &[usize],
    switchboard: &Switchboard,
) -> Result<Vec<JoinHandle<()>>, EngineError> {
    let mut threads = Vec::new();
    let spare_cpus: Arc<[usize]> = cpus::spare(cpus).map_err(EngineError::Cores)?.into();
    let (ready, started) = std::sync::mpsc::channel();
    for (index, cpu) in cpus.iter().copied().enumerate() {
        let id = ShardId(u16::try_from(index).expect("cpus::usable has bounded it"));
        let (switchboard, ready) = (switchboard.clone(), ready.clone());
        let settings = lane::Settings {
            tail_cache_bytes: config.tail_cache_bytes / cpus.len(),
            retention_interval: Duration::from_millis(config.retention_check_interval_ms),
            compaction_interval: Duration::from_millis(config.compaction_check_interval_ms),
            cleaner_map_bytes: config.cleaner_map_bytes / cpus.len(),
        };
        let preempt_timer = config.preempt_timer;
        let spare_cpus = spare_cpus.clone();
        let live = move || {
            let executor = glommio::LocalExecutorBuilder::new(glommio::Placement::Fixed(cpu))
                .preempt_timer(preempt_timer)
                // Buffers for glommio's own files, of which there are none.
                .io_memory(64 << 10)
                .make();
            let started = ready.clone();
            // The starter waits; when it has given up there is nobody to tell.
            let ready = move |outcome: Result<(), EngineError>| drop(started.send(outcome));
            match executor {
                Ok(executor) => {
                    let ready =
                        |outcome: Result<(), RingError>| ready(outcome.map_err(EngineError::from));
                    shard::run(&executor, id, switchboard, settings, &spare_cpus, ready);
                }
                Err(error) => {
                    let reason = error.to_string();
                    ready(Err(EngineError::Executor { cpu, reason }));
                }
            }
        };
        let thread = thread::Builder::new()
            .name(format!("core-{index}"))
            .spawn(live)
            .map_err(EngineError::Cores)?;
        threads.push(thread);
    }
    drop(ready);
    for _ in cpus {
        match started.recv() {
            Ok(outcome) => outcome?,
            Err(_) => {
                return Err(EngineError::Executor {
                    cpu: cpus[0],
                    reason: "its thread ended at start".into(),
                });
            }
        }
    }
    Ok(threads)
}

impl Cores for Engine {
    type Disk = RingDisk;

    fn lane(&self) -> Rc<Lane<RingDisk>> {
        Shard::current().lane()
    }

    fn disk(&self) -> RingDisk {
        RingDisk
    }

    fn count(&self) -> u16 {
        u16::try_from(self.shard_count()).expect("cpus::usable has bounded it")
    }

    fn data(&self) -> &Path {
        self.data()
    }

    fn node_id(&self) -> i32 {
        self.node_id()
    }

    fn directory_id(&self) -> Uuid {
        self.directory_id()
    }

    fn log_defaults(&self, image: &Image) -> LogConfig {
        self.log_defaults(image)
    }

    fn new_id(&self) -> Uuid {
        Uuid::new_v4()
    }

    async fn on<R, W, F>(&self, shard: ShardId, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        self.0.switchboard.on(shard, work).await
    }
}
