//! What one core keeps, whatever it runs on: its partitions, its copy of the image, its memory for tails.
//!
//! Shard-local. Invariant: a partition is in one lane at most, that of the core which owns its slot.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::catalogue::Image;
use crate::compaction::{CleanerSettings, HashSeed};
use crate::io::Disk;
use crate::partition::Partition;
use crate::tail_cache::CacheBudget;
use crate::topics::Catalogue;
use crate::types::{ShardId, TopicPartition};
use crate::upkeep::UnsavedBytes;

/// What a core is told at its start.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// Bytes of log that this core keeps in memory for reads at the tail.
    pub(crate) tail_cache_bytes: usize,
    /// How often retention is applied.
    pub(crate) retention_interval: Duration,
    /// How often a partition is looked for that is dirty enough to be compacted.
    pub(crate) compaction_interval: Duration,
    /// Bytes of this core's map of keys.
    pub(crate) cleaner_map_bytes: usize,
}

/// See the module.
pub(crate) struct Lane<D: Disk> {
    id: ShardId,
    settings: Settings,
    budget: Rc<CacheBudget>,
    unsaved: Rc<UnsavedBytes>,
    image: RefCell<Arc<Image>>,
    partitions: RefCell<HashMap<TopicPartition, Rc<Partition<D>>>>,
    /// On the catalogue's core only, once it is open.
    catalogue: RefCell<Option<Rc<Catalogue<D>>>>,
}

impl<D: Disk> Lane<D> {
    pub(crate) fn new(id: ShardId, settings: Settings) -> Rc<Lane<D>> {
        Rc::new(Lane {
            id,
            settings,
            budget: CacheBudget::new(settings.tail_cache_bytes),
            unsaved: Rc::default(),
            image: RefCell::default(),
            partitions: RefCell::default(),
            catalogue: RefCell::default(),
        })
    }

    /// The core's place among the cores.
    pub(crate) fn id(&self) -> ShardId {
        self.id
    }

    pub(crate) fn image(&self) -> Arc<Image> {
        self.image.borrow().clone()
    }

    pub(crate) fn set_image(&self, image: Arc<Image>) {
        *self.image.borrow_mut() = image;
    }

    pub(crate) fn partition(&self, partition: &TopicPartition) -> Option<Rc<Partition<D>>> {
        self.partitions.borrow().get(partition).cloned()
    }

    /// All partitions of this core, in the order of their ids, so that equal runs touch them in equal order.
    pub(crate) fn partitions(&self) -> Vec<Rc<Partition<D>>> {
        let mut partitions: Vec<_> = self.partitions.borrow().values().cloned().collect();
        partitions.sort_unstable_by_key(|partition| partition.id());
        partitions
    }

    pub(crate) fn cache_budget(&self) -> Rc<CacheBudget> {
        self.budget.clone()
    }

    pub(crate) fn unsaved_bytes(&self) -> Rc<UnsavedBytes> {
        self.unsaved.clone()
    }

    pub(crate) fn retention_interval(&self) -> Duration {
        self.settings.retention_interval
    }

    /// What this core's compaction goes by; `seed` is nobody else's.
    pub(crate) fn cleaner_settings(&self, seed: Uuid) -> CleanerSettings {
        let (first, second) = seed.as_u64_pair();
        CleanerSettings {
            map_bytes: self.settings.cleaner_map_bytes,
            interval: self.settings.compaction_interval,
            seed: HashSeed([first, second]),
        }
    }

    pub(crate) fn adopt(&self, partition: Rc<Partition<D>>) {
        let previous = self
            .partitions
            .borrow_mut()
            .insert(partition.id(), partition);
        assert!(previous.is_none(), "a partition was opened twice");
    }

    pub(crate) fn disown(&self, partition: &TopicPartition) -> Option<Rc<Partition<D>>> {
        self.partitions.borrow_mut().remove(partition)
    }

    pub(crate) fn catalogue(&self) -> Option<Rc<Catalogue<D>>> {
        self.catalogue.borrow().clone()
    }

    pub(crate) fn set_catalogue(&self, catalogue: Rc<Catalogue<D>>) {
        *self.catalogue.borrow_mut() = Some(catalogue);
    }

    /// Closes everything: the core's tasks will not run again.
    pub(crate) fn let_go(&self) {
        for partition in self.partitions() {
            partition.close();
        }
        self.partitions.take();
        self.catalogue.take();
    }
}
