//! What the connections of one core share: memory, pipes, and the list of who is connected.
//!
//! Shard-local: one per core, reached through [`Lane::current`].
//!
//! Invariants: a connection is in the list exactly while its reader or writer runs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Poll, Waker};

use corelane_engine::types::ShardId;
use corelane_engine::{Engine, Shard};

use crate::connection::Connection;
use crate::counters::Counters;
use crate::groups::registry::Groups;
use crate::limits::LARGE_REQUESTS_AT_ONCE;
use crate::memory_budget::MemoryBudget;
use crate::quotas::ClientQuotas;
use crate::receive_buffer::ReceiveBuffers;
use crate::settings::BrokerSettings;
use crate::splice::Pipes;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Lane>>> = const { RefCell::new(None) };
}

/// One core's side of the broker.
pub struct Lane {
    /// The way to the partitions, on this core and others.
    pub engine: Engine,
    /// What the user has set. The other threads are those of the other cores.
    pub settings: Arc<BrokerSettings>,
    /// What clients may do, and have done. The other threads are those of the other cores.
    pub quotas: Arc<ClientQuotas>,
    /// Memory that requests arrive in.
    pub buffers: ReceiveBuffers,
    /// Bytes of requests that this core may hold.
    pub request_memory: MemoryBudget,
    /// The same, for requests whose memory is not taken at once.
    pub large_request_memory: MemoryBudget,
    /// Pipes between files and sockets.
    pub pipes: Pipes,
    /// The group coordinators of this core.
    pub groups: Groups,
    /// What this core counts of its clients.
    pub counters: Counters,
    connections: RefCell<HashMap<u64, Weak<Connection>>>,
    next_connection: Cell<u64>,
    stopping: Cell<bool>,
    /// The acceptor, where it runs on this core.
    acceptor: RefCell<Option<Waker>>,
}

impl Lane {
    /// Sets up the calling core.
    pub fn install(engine: Engine, settings: Arc<BrokerSettings>, quotas: Arc<ClientQuotas>) {
        let request_memory = MemoryBudget::new(settings.request_memory_bytes_per_core);
        let large_request_memory =
            MemoryBudget::new(LARGE_REQUESTS_AT_ONCE * settings.request_bytes_max);
        let groups = Groups::new(settings.groups.clone());
        let counters = Counters::new(settings.has_metrics);
        let lane = Rc::new(Lane {
            engine,
            settings,
            groups,
            counters,
            quotas,
            buffers: ReceiveBuffers::default(),
            request_memory,
            large_request_memory,
            pipes: Pipes::default(),
            connections: RefCell::default(),
            next_connection: Cell::new(0),
            stopping: Cell::new(false),
            acceptor: RefCell::default(),
        });
        CURRENT.with(|current| *current.borrow_mut() = Some(lane));
    }

    /// The calling core's lane; none before [`Lane::install`] or after [`Lane::remove`].
    pub fn current() -> Option<Rc<Lane>> {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// Forgets the calling core's lane, and with it its hold on the engine.
    pub fn remove() {
        CURRENT.with(|current| current.borrow_mut().take());
    }

    /// The cores of the broker that the calling core belongs to, as clients see it.
    pub fn told_cores(&self) -> impl Iterator<Item = ShardId> + use<'_> {
        let here = Shard::current().id();
        let cores = self.engine.shards();
        cores.filter(move |core| self.settings.nodes.tells(here, *core))
    }

    /// Whether connections should take no further request.
    pub fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Waits until connections should take no further request; one task may wait.
    pub async fn stopping(&self) {
        poll_fn(|context| {
            if self.stopping.get() {
                return Poll::Ready(());
            }
            self.acceptor.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// Connections of this core.
    pub fn connection_count(&self) -> usize {
        self.connections.borrow().len()
    }

    /// Adds a connection to the list; returns its number.
    pub fn enlist(&self, connection: &Rc<Connection>) -> u64 {
        let number = self.next_connection.get();
        self.next_connection.set(number + 1);
        self.connections
            .borrow_mut()
            .insert(number, Rc::downgrade(connection));
        number
    }

    /// Takes a connection off the list.
    pub fn delist(&self, number: u64) {
        self.connections.borrow_mut().remove(&number);
    }

    /// Lets every connection finish what it has begun, and take no more.
    pub fn stop_reading(&self) {
        self.stopping.set(true);
        self.groups.stop();
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.wake();
        }
        for connection in self.enlisted() {
            connection.stop_reading();
        }
    }

    /// Ends every connection at once.
    pub fn hang_up(&self) {
        for connection in self.enlisted() {
            connection.hang_up();
        }
    }

    fn enlisted(&self) -> Vec<Rc<Connection>> {
        self.connections
            .borrow()
            .values()
            .filter_map(Weak::upgrade)
            .collect()
    }
}
