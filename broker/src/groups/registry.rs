//! The group coordinators of one core, loaded from their partitions when the broker starts or when first asked.
//!
//! Shard-local. Invariants: a coordinator answers once its partition has been read to the end; one whose partition is
//! gone is forgotten; one whose partition cannot be read answers nobody until the next start.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::{Buf, Bytes};
use corelane_engine::Shard;
use corelane_engine::runtime::{spawn, timeout};
use corelane_engine::types::{ShardId, TopicPartition};
use corelane_protocol::ErrorCode;

use super::GroupSettings;
use super::coordinator::Coordinator;
use super::machine::GroupMachine;
use super::record::GroupRecord;
use crate::coordinator::internal_topic::{CONSUMER_OFFSETS, CoordinatorPlace};
use crate::coordinator::record_log::RecordLog;
use crate::coordinator::replay::{ReplayError, Replayed, replay};
use crate::gather::Gather;
use crate::lane::Lane;
use crate::topics::Partition;

/// How long a request waits for a coordinator that is being loaded; then the client is told to ask again.
const LOAD_WAIT_MAX: Duration = Duration::from_secs(1);
/// The type of a control record that commits.
const CONTROL_COMMIT: i16 = 1;

/// One coordinator's place.
enum Entry {
    Loading(Vec<Waker>),
    Active(Rc<Coordinator>),
    Failed,
}

/// The coordinators of the calling core.
pub struct Groups {
    settings: GroupSettings,
    entries: RefCell<HashMap<TopicPartition, Entry>>,
    is_stopping: Cell<bool>,
}

impl Groups {
    /// None is loaded yet.
    pub fn new(settings: GroupSettings) -> Self {
        Groups {
            settings,
            entries: RefCell::default(),
            is_stopping: Cell::new(false),
        }
    }

    /// Begins to load all that there are on this core: sessions and offsets expire also where nobody asks.
    pub fn load_all(&self) {
        for partition in CONSUMER_OFFSETS.here() {
            self.begin(partition);
        }
    }

    /// Those that are loaded.
    pub fn active(&self) -> Vec<Rc<Coordinator>> {
        let entries = self.entries.borrow();
        let active = entries.values().filter_map(|entry| match entry {
            Entry::Active(coordinator) => Some(coordinator.clone()),
            Entry::Loading(_) | Entry::Failed => None,
        });
        active.collect()
    }

    /// Whether one is still being loaded.
    pub fn is_loading(&self) -> bool {
        let entries = self.entries.borrow();
        entries
            .values()
            .any(|entry| matches!(entry, Entry::Loading(_)))
    }

    /// Ends all, for good.
    pub fn stop(&self) {
        self.is_stopping.set(true);
        for coordinator in self.active() {
            coordinator.stop();
        }
    }

    /// The coordinator of a partition that this core owns.
    ///
    /// # Errors
    /// COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR, and COORDINATOR_NOT_AVAILABLE while the broker stops.
    pub async fn coordinator(&self, id: TopicPartition) -> Result<Rc<Coordinator>, ErrorCode> {
        if self.is_stopping.get() {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        if Shard::current().partition(&id).is_none() {
            if let Some(Entry::Active(gone)) = self.entries.borrow_mut().remove(&id) {
                gone.stop();
            }
            return Err(ErrorCode::NotCoordinator);
        }
        if !self.entries.borrow().contains_key(&id) {
            self.begin(id);
        }
        timeout(LOAD_WAIT_MAX, self.loaded(id))
            .await
            .unwrap_or(Err(ErrorCode::CoordinatorLoadInProgress))
    }

    async fn loaded(&self, id: TopicPartition) -> Result<Rc<Coordinator>, ErrorCode> {
        poll_fn(|context| match self.entries.borrow_mut().get_mut(&id) {
            Some(Entry::Loading(wakers)) => {
                wakers.push(context.waker().clone());
                Poll::Pending
            }
            Some(Entry::Active(coordinator)) => Poll::Ready(Ok(coordinator.clone())),
            Some(Entry::Failed) | None => Poll::Ready(Err(ErrorCode::NotCoordinator)),
        })
        .await
    }

    fn begin(&self, id: TopicPartition) {
        let Some(partition) = Shard::current().partition(&id) else {
            return;
        };
        self.entries
            .borrow_mut()
            .insert(id, Entry::Loading(Vec::new()));
        let settings = self.settings.clone();
        spawn(async move {
            let loaded = load(partition, settings).await;
            if let Err(error) = &loaded {
                tracing::error!(partition = %id, %error, "a group coordinator could not be loaded");
            }
            // The lane goes when the broker stops; nobody waits any more then.
            if let Some(lane) = Lane::current() {
                lane.groups.put(id, loaded);
            }
        });
    }

    fn put(&self, id: TopicPartition, loaded: Result<Rc<Coordinator>, ReplayError>) {
        let entry = match loaded {
            Ok(coordinator) => {
                if self.is_stopping.get() {
                    coordinator.stop();
                }
                Entry::Active(coordinator)
            }
            Err(_) => Entry::Failed,
        };
        let before = self.entries.borrow_mut().insert(id, entry);
        if let Some(Entry::Loading(wakers)) = before {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

async fn load(
    partition: Rc<Partition>,
    settings: GroupSettings,
) -> Result<Rc<Coordinator>, ReplayError> {
    let mut machine = GroupMachine::new(settings);
    let mut malformed = 0_u64;
    replay(&partition, |record| {
        malformed += u64::from(take_in(&mut machine, record).is_none());
    })
    .await?;
    if malformed > 0 {
        tracing::error!(partition = %partition.id(), malformed, "records of groups are malformed and left out");
    }
    Ok(Coordinator::start(RecordLog::new(partition), |now| {
        machine.finish_loading(now);
        machine
    }))
}

/// Takes one record in; none when it is malformed.
fn take_in(machine: &mut GroupMachine, record: Replayed<'_>) -> Option<()> {
    let mut key = Bytes::copy_from_slice(record.key?);
    let producer_id = record.transaction_of.map(|id| id.0);
    if record.is_control {
        let _version = key.try_get_i16().ok()?;
        let kind = key.try_get_i16().ok()?;
        machine.end_transaction(producer_id?, kind == CONTROL_COMMIT);
        return Some(());
    }
    let value = record.value.map(Bytes::copy_from_slice);
    if let Some(decoded) = GroupRecord::decode(&key, value.as_ref()).ok()? {
        machine.replay(decoded, producer_id, record.offset.0);
    }
    Some(())
}

/// Does `work` with a coordinator, on its core.
///
/// # Errors
/// As [`Groups::coordinator`].
pub async fn ask<R, F>(lane: &Lane, place: CoordinatorPlace, work: F) -> Result<R, ErrorCode>
where
    R: Send + 'static,
    F: AsyncFnOnce(Rc<Coordinator>) -> R + Send + 'static,
{
    let asked = lane.engine.on(place.shard, move || async move {
        let lane = Lane::current().ok_or(ErrorCode::CoordinatorNotAvailable)?;
        let coordinator = lane.groups.coordinator(place.partition).await?;
        Ok(work(coordinator).await)
    });
    asked.await
}

/// As [`ask`], with the coordinator of a group; NOT_COORDINATOR while there is none.
///
/// # Errors
/// As [`ask`].
pub async fn ask_for<R, F>(lane: &Lane, group: &str, work: F) -> Result<R, ErrorCode>
where
    R: Send + 'static,
    F: AsyncFnOnce(Rc<Coordinator>) -> R + Send + 'static,
{
    let place = CONSUMER_OFFSETS.find(lane, group);
    ask(lane, place.ok_or(ErrorCode::NotCoordinator)?, work).await
}

/// Does `work` with every loaded coordinator of every core.
pub async fn ask_all<R, F>(lane: &Lane, work: F) -> Vec<Result<Vec<R>, ErrorCode>>
where
    R: Send + 'static,
    F: Fn(&Rc<Coordinator>) -> R + Clone + Send + 'static,
{
    ask_cores(lane, lane.engine.shards(), work).await
}

/// As [`ask_all`], with those of the broker that the calling core belongs to.
pub async fn ask_told<R, F>(lane: &Lane, work: F) -> Vec<Result<Vec<R>, ErrorCode>>
where
    R: Send + 'static,
    F: Fn(&Rc<Coordinator>) -> R + Clone + Send + 'static,
{
    ask_cores(lane, lane.told_cores(), work).await
}

async fn ask_cores<R, F>(
    lane: &Lane,
    cores: impl Iterator<Item = ShardId>,
    work: F,
) -> Vec<Result<Vec<R>, ErrorCode>>
where
    R: Send + 'static,
    F: Fn(&Rc<Coordinator>) -> R + Clone + Send + 'static,
{
    let mut asking = Gather::default();
    for shard in cores {
        let work = work.clone();
        asking.add(lane.engine.on(shard, move || async move {
            let lane = Lane::current().ok_or(ErrorCode::CoordinatorNotAvailable)?;
            if lane.groups.is_loading() {
                return Err(ErrorCode::CoordinatorLoadInProgress);
            }
            Ok(lane.groups.active().iter().map(work).collect())
        }));
    }
    asking.finish().await
}

/// A topic has been deleted: its committed offsets go.
pub async fn forget_topic(lane: &Lane, topic: &str) {
    let topic = topic.to_owned();
    let forget = move |coordinator: &Rc<Coordinator>| {
        coordinator.act(|machine, _| machine.forget_topic(&topic));
    };
    ask_all(lane, forget).await;
}
