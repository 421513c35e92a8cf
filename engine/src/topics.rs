//! Topics and their partitions across the cores: the catalogue's turn, and what start, change and stop share.
//!
//! The changes run on the catalogue's core, one at a time; what concerns a partition runs on its owner. Invariants: a
//! change is durable in the catalogue before any core acts on it, so that a crash in between leaves something that the
//! next start completes; directories of topics that the catalogue does not know are set aside, never adopted.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

mod change;
mod configs;
mod directory;
mod start;
mod stop;

pub(crate) use self::change::{add_partitions, create, delete};
pub(crate) use self::configs::{alter, config_changes, log_config};
pub(crate) use self::start::open_all;
pub(crate) use self::stop::stop_all;
use crate::catalogue::{Image, MetadataRecord, ProducerIdsRecord};
use crate::catalogue_log::{CatalogueError, CatalogueLog};
use crate::cores::Cores;
use crate::io::Disk;
use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, ProducerId, ShardId, TopicPartition};

/// Producer ids that one record of the catalogue gives out: Kafka's block.
const PRODUCER_ID_BLOCK: i64 = 1000;
/// Partitions that a core opens or stops side by side: enough to keep the disk busy.
const OPENING_MAX: usize = 32;

/// The catalogue with the turn that changes take. On the catalogue's core only.
pub(crate) struct Catalogue<D> {
    log: RefCell<Option<CatalogueLog<D>>>,
    /// The epoch of this start.
    epoch: LeaderEpoch,
    producer_ids: Cell<ProducerIdBlock>,
    /// The least id that no partition knows a producer of, where the catalogue is behind them.
    producer_ids_from: Cell<i64>,
}

#[derive(Clone, Copy, Default)]
struct ProducerIdBlock {
    next: i64,
    end: i64,
}

/// The log, taken out for one change; others wait until it is back.
pub(crate) struct Turn<D> {
    catalogue: Rc<Catalogue<D>>,
    log: Option<CatalogueLog<D>>,
}

impl<D: Disk> Turn<D> {
    pub(crate) async fn take<C: Cores<Disk = D>>(cores: &C) -> Turn<D> {
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

    pub(crate) fn log(&mut self) -> &mut CatalogueLog<D> {
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

/// See [`crate::Engine::catalogue_epoch`].
pub(crate) async fn catalogue_epoch<C: Cores>(cores: C) -> LeaderEpoch {
    let catalogue = cores.lane().catalogue();
    catalogue.map_or(LeaderEpoch::UNDEFINED, |catalogue| catalogue.epoch)
}

/// See [`crate::Engine::allocate_producer_id`].
pub(crate) async fn allocate_producer_id<C: Cores>(cores: C) -> Result<ProducerId, CatalogueError> {
    let mut turn = Turn::take(&cores).await;
    let mut block = turn.catalogue.producer_ids.get();
    if block.next == block.end {
        let next = turn.log().image().next_producer_id().0;
        let next = next.max(turn.catalogue.producer_ids_from.get());
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
