//! The engine over the simulated disk: the same logic of topics and partitions as [`crate::Engine`], whose cores are
//! tasks of one thread.
//!
//! A handle onto the world of the running simulation; every call is made from within
//! [`Simulation::run`](super::Simulation::run).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use uuid::Uuid;

use super::disk::{SimDisk, SimFile};
use super::world;
use crate::append::{Acks, AppendError, Appended};
use crate::batch::ValidBatch;
use crate::catalogue::Image;
use crate::catalogue_log::CatalogueError;
use crate::cores::Cores;
use crate::engine::{CATALOGUE_SHARD, EngineError, NewTopic, PartitionError, TopicError};
use crate::io::Disk;
use crate::lane::Lane;
use crate::log_config::LogConfig;
use crate::marker::NewMarker;
use crate::partition::Partition;
use crate::read::{FetchPart, FetchPlan, ReadError, ReadRequest};
use crate::types::{ProducerId, ShardId, TopicPartition};
use crate::{topics, upkeep};

/// Where the simulated engine keeps everything.
pub const DATA: &str = "/data";

/// A partition on the simulated disk.
pub type SimPartition = Partition<SimDisk>;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimEngine;

impl Cores for SimEngine {
    type Disk = SimDisk;

    fn lane(&self) -> Rc<Lane<SimDisk>> {
        world::lane()
    }

    fn disk(&self) -> SimDisk {
        SimDisk
    }

    fn count(&self) -> u16 {
        world::core_count()
    }

    fn data(&self) -> &Path {
        Path::new(DATA)
    }

    fn node_id(&self) -> i32 {
        1
    }

    fn directory_id(&self) -> Uuid {
        Uuid::from_u128(1)
    }

    fn log_defaults(&self, _image: &Image) -> LogConfig {
        LogConfig::default()
    }

    fn new_id(&self) -> Uuid {
        uuid::Builder::from_random_bytes(
            (u128::from(world::roll()) << 64 | u128::from(world::roll())).to_be_bytes(),
        )
        .into_uuid()
    }

    async fn on<R, W, F>(&self, shard: ShardId, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        SimEngine::on(*self, shard, work).await
    }
}

impl SimEngine {
    /// Runs `work` on a core and resolves to its answer; in place when called there.
    pub async fn on<R, W, F>(self, shard: ShardId, work: W) -> R
    where
        R: 'static,
        W: FnOnce() -> F + 'static,
        F: Future<Output = R> + 'static,
    {
        if world::core() == Some(shard) {
            return work().await;
        }
        let call: Rc<RefCell<(Option<R>, Option<Waker>)>> = Rc::new(RefCell::new((None, None)));
        let there = call.clone();
        world::spawn_on(shard, async move {
            let answer = work().await;
            let mut call = there.borrow_mut();
            call.0 = Some(answer);
            let waker = call.1.take();
            drop(call);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        std::future::poll_fn(move |context| {
            let mut call = call.borrow_mut();
            match call.0.take() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    call.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Reads the catalogue and opens all partitions.
    ///
    /// # Errors
    /// As [`crate::Engine::open`].
    pub async fn open(self) -> Result<(), EngineError> {
        topics::open_all(self).await
    }

    /// A clean stop.
    pub async fn stop(self) {
        topics::stop_all(self, std::time::Duration::from_secs(30)).await;
    }

    /// The topics, as of all changes that have been answered.
    pub async fn image(self) -> Arc<Image> {
        self.on(CATALOGUE_SHARD, || async { world::lane().image() })
            .await
    }

    /// As [`crate::Engine::create_topic`].
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn create_topic(self, topic: NewTopic) -> Result<Uuid, TopicError> {
        self.on(CATALOGUE_SHARD, move || topics::create(self, topic))
            .await
    }

    /// As [`crate::Engine::delete_topic`].
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn delete_topic(self, topic_id: Uuid) -> Result<(), TopicError> {
        self.on(CATALOGUE_SHARD, move || topics::delete(self, topic_id))
            .await
    }

    /// As [`crate::Engine::create_partitions`].
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn create_partitions(self, topic_id: Uuid, count: u32) -> Result<(), TopicError> {
        let work = move || topics::add_partitions(self, topic_id, count);
        self.on(CATALOGUE_SHARD, work).await
    }

    /// As [`crate::Engine::alter_configs`].
    ///
    /// # Errors
    /// See [`TopicError`].
    pub async fn alter_configs(
        self,
        topic_id: Uuid,
        configs: BTreeMap<String, String>,
    ) -> Result<(), TopicError> {
        let work = move || topics::alter(self, topic_id, configs);
        self.on(CATALOGUE_SHARD, work).await
    }

    /// As [`crate::Engine::allocate_producer_id`].
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn allocate_producer_id(self) -> Result<ProducerId, CatalogueError> {
        self.on(CATALOGUE_SHARD, move || topics::allocate_producer_id(self))
            .await
    }

    /// Runs `work` with a partition on its core; none when it is not open.
    pub async fn with_partition<R, W, F>(self, partition: TopicPartition, work: W) -> Option<R>
    where
        R: 'static,
        W: FnOnce(Rc<SimPartition>) -> F + 'static,
        F: Future<Output = R> + 'static,
    {
        let image = self.image().await;
        let owner = Cores::owner(&self, topics::slot_of(&image, partition)?);
        self.on(owner, move || async move {
            let open = world::lane().partition(&partition)?;
            Some(work(open).await)
        })
        .await
    }

    /// As [`crate::Engine::append`].
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(
        self,
        partition: TopicPartition,
        batch: ValidBatch,
        acks: Acks,
    ) -> Result<Appended, PartitionError<AppendError>> {
        let work = move |open: Rc<SimPartition>| async move { open.append(batch, acks)?.await };
        let appended = self.with_partition(partition, work).await;
        let appended = appended.ok_or(PartitionError::Unknown(partition))?;
        appended.map_err(PartitionError::Refused)
    }

    /// As [`Partition::append_marker`], on the partition's core.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append_marker(
        self,
        partition: TopicPartition,
        new: NewMarker,
    ) -> Result<Appended, PartitionError<AppendError>> {
        let work = move |open: Rc<SimPartition>| async move { open.append_marker(&new)?.await };
        let appended = self.with_partition(partition, work).await;
        let appended = appended.ok_or(PartitionError::Unknown(partition))?;
        appended.map_err(PartitionError::Refused)
    }

    /// As [`crate::Engine::read`], with the bytes of the plan.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(
        self,
        partition: TopicPartition,
        request: ReadRequest,
    ) -> Result<SimRead, PartitionError<ReadError>> {
        let work = move |open: Rc<SimPartition>| async move {
            let plan = open.read(request).await?;
            let bytes = bytes_of(&plan).await;
            Ok(SimRead { plan, bytes })
        };
        let read: Option<Result<SimRead, ReadError>> = self.with_partition(partition, work).await;
        let read = read.ok_or(PartitionError::Unknown(partition))?;
        read.map_err(PartitionError::Refused)
    }

    /// Applies retention to a partition; how many segments went.
    ///
    /// # Errors
    /// When the disk says so.
    pub async fn retain(self, partition: TopicPartition) -> io::Result<usize> {
        let work = |open: Rc<SimPartition>| async move { upkeep::retain(&open).await };
        let retained = self.with_partition(partition, work).await;
        retained.unwrap_or(Ok(0))
    }

    /// Saves a partition's indexes and producers' state, as happens after many appends.
    ///
    /// # Errors
    /// When the disk says so.
    pub async fn save(self, partition: TopicPartition) -> io::Result<()> {
        let work = |open: Rc<SimPartition>| async move { upkeep::save(&open).await };
        let saved = self.with_partition(partition, work).await;
        saved.unwrap_or(Ok(()))
    }

    /// The wall clock jumps; time goes on as before.
    pub fn jump_clock(self, ms: i64) {
        world::jump_clock(ms);
    }

    /// Starts a task beside the caller, on its core.
    pub fn spawn(self, task: impl Future<Output = ()> + 'static) {
        world::spawn_here(task);
    }
}

/// A plan and its bytes.
#[derive(Debug)]
pub struct SimRead {
    /// The plan.
    pub plan: FetchPlan<SimFile>,
    /// The bytes of all its parts.
    pub bytes: io::Result<Vec<u8>>,
}

async fn bytes_of(plan: &FetchPlan<SimFile>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in &plan.parts {
        match part {
            FetchPart::Memory(slice) => bytes.extend_from_slice(slice),
            FetchPart::File(range) => {
                let length = usize::try_from(range.length).unwrap_or(usize::MAX);
                let read = SimDisk.read(&range.file, range.position, length).await?;
                if read.len() < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                bytes.extend_from_slice(&read);
            }
        }
    }
    Ok(bytes)
}
