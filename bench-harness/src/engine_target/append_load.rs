//! Appends: on the core of each partition, as many tasks as appends may be in flight there, each with one at a time.
//!
//! Invariants: the batch was built and checked before the run; the tasks of a partition share its schedule, so that
//! an append's intended time does not depend on the appends before it.

use std::cell::RefCell;
use std::rc::Rc;

use corelane_engine::{Acks, Partition, Shard, TopicPartition, ValidBatch};

use super::core_load::CoreAccount;
use crate::lane::Contents;
use crate::pace::Pace;
use crate::settings::{self, ProduceSettings};

/// What the tasks of every core are told.
#[derive(Clone)]
pub(super) struct AppendLoad {
    partitions: Vec<TopicPartition>,
    batch: ValidBatch,
    contents: Contents,
    acks: Acks,
    /// Batches a second over all partitions.
    batches_per_second: Option<f64>,
    in_flight_per_partition: u32,
}

/// One partition of a core.
struct AppendLane {
    partition: Rc<Partition>,
    batch: ValidBatch,
    contents: Contents,
    acks: Acks,
    pace: RefCell<Pace>,
}

impl AppendLoad {
    /// As many appends in flight as the connections of the settings would have, spread evenly over the partitions.
    pub(super) fn new(
        settings: &ProduceSettings,
        partitions: Vec<TopicPartition>,
        batch: ValidBatch,
    ) -> Self {
        let in_flight = settings
            .client
            .connections
            .saturating_mul(settings.client.in_flight);
        let count = u32::try_from(partitions.len()).unwrap_or(u32::MAX).max(1);
        let records = settings.records_per_batch;
        Self {
            contents: Contents {
                records: records.into(),
                bytes: u64::try_from(batch.size()).unwrap_or(u64::MAX),
            },
            acks: match settings.acks {
                settings::Acks::All => Acks::Durable,
                settings::Acks::Leader | settings::Acks::None => Acks::Written,
            },
            batches_per_second: settings
                .records_per_second
                .map(|rate| rate / f64::from(records)),
            in_flight_per_partition: in_flight.div_ceil(count),
            partitions,
            batch,
        }
    }

    /// Starts the tasks of the calling core.
    pub(super) fn start(&self, account: &Rc<CoreAccount>) {
        let count = u32::try_from(self.partitions.len()).unwrap_or(u32::MAX);
        for (number, id) in (0..count).zip(&self.partitions) {
            let Some(partition) = Shard::current().partition(id) else {
                continue;
            };
            let pace = self
                .batches_per_second
                .map_or(Pace::Closed, |rate| Pace::fixed(rate, number, count));
            let lane = Rc::new(AppendLane {
                partition,
                batch: self.batch.clone(),
                contents: self.contents,
                acks: self.acks,
                pace: RefCell::new(pace),
            });
            for _ in 0..self.in_flight_per_partition {
                account.start(append_until_the_end(Rc::clone(account), Rc::clone(&lane)));
            }
        }
    }
}

async fn append_until_the_end(account: Rc<CoreAccount>, lane: Rc<AppendLane>) {
    loop {
        let free_since_ns = account.now_ns();
        let intended_ns = lane.take_turn(free_since_ns);
        if !account.wait_until(intended_ns).await {
            return;
        }
        if lane.pace.borrow().is_fixed() {
            account.sent(intended_ns, free_since_ns);
        }
        let answer = match lane.partition.append(lane.batch.clone(), lane.acks) {
            Ok(pending) => account.in_flight(pending).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(_place) => account.answered(intended_ns, lane.contents),
            Err(error) => account.refused(error).await,
        }
    }
}

impl AppendLane {
    /// The intended time of the next append, which is the caller's from here on.
    fn take_turn(&self, now_ns: u64) -> u64 {
        let mut pace = self.pace.borrow_mut();
        let intended_ns = pace.next_ns(now_ns);
        pace.advance();
        intended_ns
    }
}
