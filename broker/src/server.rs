//! Starts and stops the broker: listens, hands each client to the core with the fewest, or to the one that it has come to,
//! and lets go in order.
//!
//! Shared between the thread that starts it and the cores. Invariants: the first socket is bound before the engine is opened,
//! so that a port in use costs nothing; those of further cores, whose number the engine tells, come after it; at most [`crate::limits::CONNECTIONS_MAX`] clients are connected; a stop takes
//! [`STOP_MAX`] at most, plus the engine's own flush.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use corelane_engine::io::Ring;
use corelane_engine::runtime::{sleep, spawn};
use corelane_engine::types::ShardId;
use corelane_engine::{Engine, EngineConfig, EngineError, StartReport, StopReport};
use futures_lite::future::block_on;

use crate::complaint::complain;
use crate::congestion;
use crate::connection::{self, Accepted, Begun};
use crate::dynamic_config::{self, ConnectionLimits};
use crate::gather::Gather;
use crate::groups::GroupSettings;
use crate::http::HttpServer;
use crate::lane::Lane;
use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, DESCRIPTORS_KEPT, DRAIN_MAX,
    FLUSH_STILL_MAX, FRAME_BYTES_MAX, REQUEST_BYTES_MAX, STOP_MAX, THROTTLED_CONNECTIONS_MAX,
};
use crate::nodes::Nodes;
use crate::quotas::ClientQuotas;
use crate::settings::{BrokerSettings, Endpoint};
use crate::topic_defaults::TopicDefaults;
use crate::topics;
use crate::transactions;

/// Accepts between two looks at other tasks.
const ACCEPTS_AT_ONCE_MAX: usize = 64;
/// What is left of [`STOP_MAX`] for saying what was not flushed.
const STOP_REPORT: Duration = Duration::from_millis(400);
/// How often a stopping core looks whether its connections have drained.
const DRAIN_CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// How long a start waits for its port, and how often it looks.
const LISTEN_RETRY_MAX: Duration = Duration::from_secs(3);
const LISTEN_RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// What a broker is told at its start.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The engine's own settings; its node id is replaced by the broker's.
    pub engine: EngineConfig,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether each core listens on a port of its own, from that of `listen` on, as a broker of its own; with port 0 each
    /// takes a free one.
    pub listener_per_core: bool,
    /// What clients are told to connect to; none is the address that they have reached.
    pub advertise: Option<Endpoint>,
    /// Whether a topic is created when a client first names it.
    pub auto_create_topics: bool,
    /// Partitions of a topic that is created without a count.
    pub num_partitions: i32,
    /// Connections at once, over all cores.
    pub connections_max: usize,
    /// Connections at once from one address.
    pub connections_per_address_max: usize,
    /// The largest request that is read, in bytes.
    pub request_bytes_max: usize,
    /// Bytes of requests that all cores together hold.
    pub request_memory_bytes: usize,
    /// The process's limit on open files: no client is accepted that would leave fewer than
    /// [`crate::limits::DESCRIPTORS_KEPT`] below it.
    pub open_files_max: usize,
    /// What topics take where they set nothing; the engine's own defaults are replaced by it.
    pub topic_defaults: TopicDefaults,
    /// Consumer groups.
    pub groups: GroupSettings,
    /// The HTTP port for monitoring; none for none.
    pub metrics: Option<MetricsConfig>,
}

impl ServeConfig {
    /// Defaults for everything but the data directory.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        ServeConfig {
            engine: EngineConfig::new(data),
            listen: SocketAddr::from(([127, 0, 0, 1], 9092)),
            listener_per_core: false,
            advertise: None,
            auto_create_topics: true,
            num_partitions: 1,
            connections_max: CONNECTIONS_MAX,
            connections_per_address_max: CONNECTIONS_PER_ADDRESS_MAX,
            request_bytes_max: FRAME_BYTES_MAX,
            request_memory_bytes: REQUEST_BYTES_MAX,
            open_files_max: usize::MAX,
            topic_defaults: TopicDefaults::default(),
            groups: GroupSettings::default(),
            metrics: None,
        }
    }
}

/// The HTTP port for monitoring.
#[derive(Clone, Copy, Debug)]
pub struct MetricsConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether the broker does without where another program listens there already, as a second broker on the machine.
    pub is_optional: bool,
}

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program listens there.
    #[error("port {} on {} is in use; stop the other program or choose another port with --listen", .address.port(), .address.ip())]
    PortInUse {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The HTTP port for monitoring cannot be listened on.
    #[error("cannot serve metrics on {address}: {source}")]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A broker that serves.
pub struct RunningBroker {
    engine: Engine,
    /// One, or one for each core.
    addresses: Vec<SocketAddr>,
    http: Option<HttpServer>,
}

/// The order to stop, given by any thread, also before the broker has started: whoever may be told to stop takes that
/// order from the first moment, since a start can last.
#[derive(Clone, Default)]
pub struct StopOrder(Arc<(Mutex<bool>, Condvar)>);

impl StopOrder {
    /// Lets [`RunningBroker::wait`] return.
    pub fn give(&self) {
        let (given, changed) = &*self.0;
        *given.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    fn wait(&self) {
        let (given, changed) = &*self.0;
        let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
        while !*given {
            given = changed.wait(given).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Starts a broker. When this returns, clients are served.
///
/// # Errors
/// See [`ServeError`].
pub fn serve(config: ServeConfig) -> Result<RunningBroker, ServeError> {
    let mut listeners = vec![listen(config.listen)?];
    let http = listen_for_metrics(config.metrics)?;
    let engine = Engine::open(EngineConfig {
        node_id: crate::settings::NODE_ID,
        log_defaults: dynamic_config::log_defaults(config.topic_defaults.clone()),
        ..config.engine.clone()
    })?;
    if config.listener_per_core
        && let Err(error) = listen_for_cores(&config, &mut listeners, engine.shard_count())
    {
        engine.stop();
        return Err(error);
    }
    let addresses = listeners.iter().map(TcpListener::local_addr);
    let addresses: Result<Vec<SocketAddr>, io::Error> = addresses.collect();
    let addresses = addresses.map_err(|source| ServeError::Listen {
        address: config.listen,
        source,
    })?;
    let settings = Arc::new(BrokerSettings {
        nodes: nodes(&config, &addresses),
        auto_create_topics: config.auto_create_topics,
        num_partitions: config.num_partitions,
        connections_max: config.connections_max,
        connections_per_address_max: config.connections_per_address_max,
        request_bytes_max: config.request_bytes_max,
        request_memory_bytes_per_core: per_core(&config, engine.shard_count()),
        cluster_id: engine.cluster_id().to_owned(),
        data_directory: engine.data().to_owned(),
        topic_defaults: config.topic_defaults.clone(),
        groups: config.groups.clone(),
        has_metrics: http.is_some(),
    });
    let quotas = Arc::new(ClientQuotas::default());
    quotas.note(&block_on(engine.image()));
    for shard in engine.shards() {
        let (lane_engine, settings) = (engine.clone(), settings.clone());
        let quotas = quotas.clone();
        block_on(engine.on(shard, move || async move {
            Lane::install(lane_engine, settings, quotas);
            transactions::lane::start();
            if let Some(lane) = Lane::current() {
                lane.groups.load_all();
            }
        }));
    }
    let admissions = Admissions::new(&config, engine.shard_count());
    for (listener, shard) in listeners.into_iter().zip(engine.shards()) {
        let door = Door {
            listener,
            admissions: admissions.clone(),
            core: config.listener_per_core.then_some(shard),
        };
        block_on(engine.on(shard, move || async move {
            spawn(accept_until_stopped(door));
        }));
    }
    if let Some(http) = &http {
        http.serving(engine.clone());
    }
    Ok(RunningBroker {
        engine,
        addresses,
        http,
    })
}

/// Listens for the cores behind the first, on the ports behind its own.
fn listen_for_cores(
    config: &ServeConfig,
    listeners: &mut Vec<TcpListener>,
    cores: usize,
) -> Result<(), ServeError> {
    let advertised = config.advertise.as_ref().map_or(0, |first| first.port);
    port_behind(config, advertised, cores - 1)?;
    for core in 1..cores {
        let mut address = config.listen;
        if address.port() != 0 {
            address.set_port(port_behind(config, address.port(), core)?);
        }
        listeners.push(listen(address)?);
    }
    Ok(())
}

/// The port of a core that is so many behind the first.
fn port_behind(config: &ServeConfig, first: u16, core: usize) -> Result<u16, ServeError> {
    let port = u16::try_from(core).ok();
    let port = port.and_then(|core| first.checked_add(core));
    port.ok_or_else(|| ServeError::Listen {
        address: config.listen,
        source: io::Error::other(format!(
            "behind port {first} there are too few for the cores"
        )),
    })
}

fn nodes(config: &ServeConfig, addresses: &[SocketAddr]) -> Nodes {
    match config.listener_per_core {
        true => Nodes::by_core(addresses.to_vec(), config.advertise.clone()),
        false => Nodes::one(addresses[0], config.advertise.clone()),
    }
}

/// Listens for monitoring, before the logs are opened, so that a start which lasts can be told from one that hangs.
fn listen_for_metrics(config: Option<MetricsConfig>) -> Result<Option<HttpServer>, ServeError> {
    let Some(config) = config else {
        return Ok(None);
    };
    let address = config.listen;
    match HttpServer::start(address) {
        Ok(http) => Ok(Some(http)),
        Err(error) if config.is_optional => {
            tracing::warn!(%address, %error, "no metrics are served; choose another port with --metrics-listen, or none");
            Ok(None)
        }
        Err(source) => Err(ServeError::Metrics { address, source }),
    }
}

/// Listens, waiting a while for the port: a process that was killed has ended before the kernel has taken its ring
/// down, and until then the ring's pending accept keeps the port. Without the wait, a restart after SIGKILL fails.
fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let deadline = Instant::now() + LISTEN_RETRY_MAX;
    loop {
        match listen_once(address) {
            Err(ServeError::PortInUse { .. }) if Instant::now() < deadline => {
                std::thread::sleep(LISTEN_RETRY_INTERVAL);
            }
            outcome => return outcome,
        }
    }
}

fn listen_once(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address },
        _ => ServeError::Listen { address, source },
    })?;
    congestion::prepare(&listener);
    let prepared = listener.set_nonblocking(true);
    prepared
        .map(|()| listener)
        .map_err(|source| ServeError::Listen { address, source })
}

/// A core can always hold two of the largest requests, so that one of them cannot wait for ever.
fn per_core(config: &ServeConfig, cores: usize) -> usize {
    (config.request_memory_bytes / cores).max(2 * config.request_bytes_max)
}

impl RunningBroker {
    /// Where it listens, first.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where it listens: once, or for each core.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where metrics are served, where they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(HttpServer::address)
    }

    /// What the start has found in the partitions.
    pub fn start_report(&self) -> StartReport {
        block_on(self.engine.start_report())
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits for the order to stop, then stops.
    pub fn wait(self, order: &StopOrder) -> StopReport {
        order.wait();
        self.stop()
    }

    /// Stops: no more clients, what runs is finished and answered, everything is flushed. A disk that lets nothing finish
    /// is given up on, and the report says what is not flushed.
    pub fn stop(self) -> StopReport {
        let began = Instant::now();
        if let Some(http) = &self.http {
            http.begin_stop();
        }
        let deadline = began + STOP_MAX.min(DRAIN_MAX);
        for shard in self.engine.shards() {
            block_on(self.engine.on(shard, || async {
                if let Some(lane) = Lane::current() {
                    lane.stop_reading();
                }
            }));
        }
        for shard in self.engine.shards() {
            block_on(self.engine.on(shard, move || drain(deadline)));
        }
        let longest_turn = self.engine.longest_turn();
        tracing::info!(
            ?longest_turn,
            "the longest that a core went without a look at its ring"
        );
        let left = STOP_MAX.saturating_sub(began.elapsed() + STOP_REPORT);
        self.engine.stop_within(left.max(FLUSH_STILL_MAX))
    }
}

/// Waits until this core's connections have ended, and ends those that have not by the deadline.
async fn drain(deadline: Instant) {
    let Some(lane) = Lane::current() else { return };
    while lane.connection_count() > 0 && Instant::now() < deadline {
        sleep(DRAIN_CHECK_INTERVAL).await;
    }
    lane.hang_up();
    transactions::lane::stop();
    Lane::remove();
}

/// Counts connections: in all, by core, by address. The second threads are the cores that end connections.
#[derive(Clone)]
struct Admissions(Arc<Counts>);

struct Counts {
    open_files_max: usize,
    by_core: Vec<AtomicUsize>,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place; given up on drop.
struct Admission {
    counts: Arc<Counts>,
    core: usize,
    address: IpAddr,
}

/// Why a client is turned away.
#[derive(Debug, thiserror::Error)]
enum TurnedAway {
    #[error("{count} connections are the most that this broker takes")]
    TooMany { count: usize },
    #[error("{count} connections are the most that one address may have")]
    TooManyOfAddress { count: usize },
    #[error(
        "its address opens connections faster than its quota allows; it is closed in {wait_ms} ms"
    )]
    OverQuota { wait_ms: u64 },
}

impl Admissions {
    fn new(config: &ServeConfig, cores: usize) -> Self {
        Admissions(Arc::new(Counts {
            open_files_max: config.open_files_max,
            by_core: (0..cores).map(|_| AtomicUsize::new(0)).collect(),
            by_address: Mutex::default(),
        }))
    }

    /// Whether there are descriptors for another client and for the logs: connections must not take those that a roll
    /// or a read needs. The kernel gives out the lowest number that is free, so that the number of one more tells.
    fn leaves_descriptors(&self, listener: &TcpListener) -> io::Result<bool> {
        let number = usize::try_from(listener.try_clone()?.as_raw_fd()).unwrap_or(usize::MAX);
        Ok(number < self.0.open_files_max.saturating_sub(DESCRIPTORS_KEPT))
    }

    /// Takes a place on `core`, or on the one with the fewest connections.
    fn admit(
        &self,
        address: IpAddr,
        limits: ConnectionLimits,
        core: Option<ShardId>,
    ) -> Result<Admission, TurnedAway> {
        let counts = &self.0;
        // Held over all that is looked at: several cores may accept.
        let mut by_address = counts
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let loads = counts
            .by_core
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        let (total, fewest) =
            loads
                .enumerate()
                .fold((0, (0, usize::MAX)), |(total, least), (core, load)| {
                    (
                        total + load,
                        if load < least.1 { (core, load) } else { least },
                    )
                });
        if total >= limits.in_all {
            return Err(TurnedAway::TooMany { count: total });
        }
        let count = by_address.entry(address).or_default();
        if *count >= limits.per_address {
            return Err(TurnedAway::TooManyOfAddress { count: *count });
        }
        *count += 1;
        let core = core.map_or(fewest.0, |core| usize::from(core.0));
        counts.by_core[core].fetch_add(1, Ordering::Relaxed);
        Ok(Admission {
            counts: counts.clone(),
            core,
            address,
        })
    }
}

impl Admission {
    fn shard(&self) -> ShardId {
        ShardId(u16::try_from(self.core).expect("cores are counted by u16"))
    }
}

impl Admission {
    fn move_to(&mut self, core: ShardId) {
        self.counts.by_core[self.core].fetch_sub(1, Ordering::Relaxed);
        self.core = usize::from(core.0);
        self.counts.by_core[self.core].fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.counts.by_core[self.core].fetch_sub(1, Ordering::Relaxed);
        let mut by_address = self
            .counts
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

/// Where clients come in.
struct Door {
    listener: TcpListener,
    admissions: Admissions,
    /// The core that serves those who come in here; none lets the one do it that has the fewest.
    core: Option<ShardId>,
}

async fn accept_until_stopped(door: Door) {
    let Some(lane) = Lane::current() else { return };
    // The ring keeps a second descriptor of the listening socket, which is closed with this task.
    let polled = match door.listener.try_clone() {
        Ok(polled) => Arc::new(OwnedFd::from(polled)),
        Err(error) => return tracing::error!(%error, "cannot watch the listening socket"),
    };
    let mut pausing = false;
    while !lane.is_stopping() {
        let mut ready = Gather::default();
        ready.add(async { drop(Ring::current().poll(&polled, libc::POLLIN).await) });
        ready.add(lane.stopping());
        ready.first().await;
        let accepted = accept_some(&lane, &door);
        // Said once, however long it lasts.
        let paused_before = std::mem::replace(&mut pausing, accepted.is_err());
        if let Err(error) = accepted {
            if !paused_before {
                tracing::warn!(%error, "accepting pauses");
            }
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// Accepts what waits. An error is want of descriptors or memory: waiting clients stay in the kernel's queue.
fn accept_some(lane: &Lane, door: &Door) -> io::Result<()> {
    for _ in 0..ACCEPTS_AT_ONCE_MAX {
        if !door.admissions.leaves_descriptors(&door.listener)? {
            return Err(io::Error::other("too many open files"));
        }
        match door.listener.accept() {
            Ok((stream, peer)) => hand_over(lane, stream, peer, door),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            // The client has gone before it was accepted.
            Err(error) if is_the_clients(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    ) || error.raw_os_error() == Some(libc::EPROTO)
}

fn hand_over(lane: &Lane, stream: TcpStream, peer: SocketAddr, door: &Door) {
    let image = topics::image();
    let limits = dynamic_config::connection_limits(&lane.settings, &image);
    let admission = match door.admissions.admit(peer.ip(), limits, door.core) {
        Ok(admission) => admission,
        Err(reason) => {
            lane.counters.turned_away.add(1);
            return complain(&peer, &reason);
        }
    };
    if lane.quotas.is_active() {
        let wait_ms = lane.quotas.connect(&image, peer.ip());
        if wait_ms > 0 {
            lane.counters.turned_away.add(1);
            complain(&peer, &TurnedAway::OverQuota { wait_ms });
            return close_later(stream, admission, wait_ms);
        }
    }
    let Ok(accepted) = prepare(stream, peer) else {
        // The client has gone already.
        return;
    };
    lane.counters.accepted.add(1);
    send_to_its_core(&lane.engine, accepted, admission);
}

/// Lets the core of the admission serve the client.
fn send_to_its_core(engine: &Engine, accepted: Accepted, admission: Admission) {
    let (engine, shard) = (engine.clone(), admission.shard());
    spawn(async move {
        engine
            .on(shard, move || async move {
                if let Some(lane) = Lane::current() {
                    spawn(serve_admitted(lane, accepted, admission));
                }
            })
            .await;
    });
}

thread_local! {
    /// Connections that wait for their end.
    static THROTTLED: Cell<usize> = const { Cell::new(0) };
}

/// Closes a connection too many once its time has passed, as Kafka does, so that the client does not come back at once.
fn close_later(stream: TcpStream, admission: Admission, wait_ms: u64) {
    if THROTTLED.get() >= THROTTLED_CONNECTIONS_MAX {
        return;
    }
    THROTTLED.set(THROTTLED.get() + 1);
    spawn(async move {
        sleep(Duration::from_millis(wait_ms)).await;
        THROTTLED.set(THROTTLED.get() - 1);
        drop((stream, admission));
    });
}

async fn serve_admitted(lane: Rc<Lane>, accepted: Accepted, mut admission: Admission) {
    if let Some((core, accepted)) = connection::serve(lane.clone(), accepted).await {
        tracing::debug!(peer = %accepted.peer, core = core.0, "a connection moves");
        admission.move_to(core);
        lane.counters.moved_out.add(1);
        send_to_its_core(&lane.engine, accepted, admission);
    }
}

fn prepare(stream: TcpStream, peer: SocketAddr) -> io::Result<Accepted> {
    stream.set_nodelay(true)?;
    // Splicing to it must not block the core.
    stream.set_nonblocking(true)?;
    let local = stream.local_addr()?;
    congestion::choose(&stream, peer, local);
    Ok(Accepted {
        socket: Arc::new(OwnedFd::from(stream)),
        peer,
        local,
        begun: Begun::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admissions() -> Admissions {
        Admissions::new(&ServeConfig::new("unused"), 2)
    }

    fn limits(in_all: usize, per_address: usize) -> ConnectionLimits {
        ConnectionLimits {
            in_all,
            per_address,
        }
    }

    #[test]
    fn clients_go_to_the_core_with_the_fewest() {
        let (admissions, limits) = (admissions(), limits(10, 10));
        let address = IpAddr::from([127, 0, 0, 1]);
        let first = admissions.admit(address, limits, None).unwrap();
        let second = admissions.admit(address, limits, None).unwrap();
        assert_eq!((first.core, second.core), (0, 1));
        let third = admissions.admit(address, limits, None).unwrap();
        drop(second);
        assert_eq!(admissions.admit(address, limits, None).unwrap().core, 1);
        drop((first, third));
        assert!(admissions.0.by_address.lock().unwrap().is_empty());
    }

    #[test]
    fn a_client_that_moves_is_counted_where_it_is() {
        let (admissions, limits) = (admissions(), limits(10, 10));
        let mut first = admissions
            .admit(IpAddr::from([127, 0, 0, 1]), limits, None)
            .unwrap();
        first.move_to(ShardId(1));
        let second = admissions
            .admit(IpAddr::from([127, 0, 0, 1]), limits, None)
            .unwrap();
        assert_eq!((first.core, second.core), (1, 0));
        drop((first, second));
        let counts = admissions.0.by_core.iter();
        assert!(
            counts
                .map(|count| count.load(Ordering::Relaxed))
                .all(|count| count == 0)
        );
    }

    #[test]
    fn a_client_too_many_is_turned_away() {
        let (admissions, limits) = (admissions(), limits(3, 2));
        let [one, other] = [1, 2].map(|last| IpAddr::from([127, 0, 0, last]));
        let _first = admissions.admit(one, limits, None).unwrap();
        let _second = admissions.admit(one, limits, None).unwrap();
        assert!(matches!(
            admissions.admit(one, limits, None),
            Err(TurnedAway::TooManyOfAddress { count: 2 })
        ));
        let _third = admissions.admit(other, limits, None).unwrap();
        assert!(matches!(
            admissions.admit(other, limits, None),
            Err(TurnedAway::TooMany { count: 3 })
        ));
    }
}
