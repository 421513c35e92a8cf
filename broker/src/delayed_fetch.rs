//! Waits for records to arrive, on the cores of the partitions that a fetch is about.
//!
//! A wait lives on one owner core; whoever waits may be on another. Invariants: a wait ends when a record arrives, at
//! its deadline, or when it is called off; nothing stays behind on an owner core after that.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use corelane_engine::runtime::{spawn, timeout};
use corelane_engine::types::{Offset, ShardId, TopicPartition};
use corelane_engine::{Engine, Shard};

use crate::gather::Gather;

thread_local! {
    /// Waits on this core, by who asked.
    static WAITS: RefCell<HashMap<WaitId, Rc<Cancel>>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Names a wait among all cores: the core that asked, and its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct WaitId(ShardId, u64);

#[derive(Default)]
struct Cancel {
    cancelled: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Cancel {
    fn cancel(&self) {
        self.cancelled.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn cancelled(&self) {
        poll_fn(|context| {
            if self.cancelled.get() {
                return Poll::Ready(());
            }
            self.waker.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

/// A partition and the offset past which something is awaited.
#[derive(Clone, Copy, Debug)]
pub struct Awaited {
    /// The core that owns the partition.
    pub shard: ShardId,
    /// The partition.
    pub partition: TopicPartition,
    /// The offset to read next.
    pub offset: Offset,
}

/// Waits until one of the partitions has more, `limit` has passed, or `given_up` completes.
pub async fn wait(
    engine: &Engine,
    awaited: &[Awaited],
    limit: Duration,
    given_up: impl Future<Output = ()>,
) {
    let id = WaitId(Shard::current().id(), NEXT.replace(NEXT.get() + 1));
    let mut owners: Vec<ShardId> = awaited.iter().map(|awaited| awaited.shard).collect();
    owners.sort_unstable();
    owners.dedup();
    let mut calls = Gather::default();
    for owner in &owners {
        let here: Vec<Awaited> = awaited
            .iter()
            .filter(|awaited| awaited.shard == *owner)
            .copied()
            .collect();
        calls.add(engine.on(*owner, move || wait_here(id, here, limit)));
    }
    calls.add(given_up);
    calls.first().await;
    for owner in owners {
        call_off(engine, owner, id);
    }
}

/// Runs on the owner's core.
async fn wait_here(id: WaitId, awaited: Vec<Awaited>, limit: Duration) {
    let cancel = Rc::new(Cancel::default());
    WAITS.with_borrow_mut(|waits| waits.insert(id, cancel.clone()));
    let shard = Shard::current();
    let mut first = Gather::default();
    first.add(async { cancel.cancelled().await });
    for Awaited {
        partition, offset, ..
    } in awaited
    {
        match shard.partition(&partition) {
            Some(partition) => first.add(async move { partition.wait_for_data(offset).await }),
            // Deleted: the next read says so.
            None => cancel.cancel(),
        }
    }
    timeout(limit, first.first()).await;
    WAITS.with_borrow_mut(|waits| waits.remove(&id));
}

fn call_off(engine: &Engine, owner: ShardId, id: WaitId) {
    let end_here = move || {
        if let Some(cancel) = WAITS.with_borrow(|waits| waits.get(&id).cloned()) {
            cancel.cancel();
        }
    };
    if owner == Shard::current().id() {
        return end_here();
    }
    let engine = engine.clone();
    spawn(async move { engine.on(owner, move || async move { end_here() }).await });
}
