//! Runs the coordinators of a core: loads them, hands them requests, makes their records durable, writes their markers.
//!
//! Shard-local; a coordinator lives on the core of its partition of `__transaction_state`, and requests come to it.
//! Invariants: a coordinator serves after its whole log has been read, and until its partition is gone; each request
//! is answered once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use corelane_engine::runtime::{sleep, spawn, timeout};
use corelane_engine::types::TopicPartition;
use corelane_engine::{Engine, Shard};
use corelane_protocol::ErrorCode;

use super::log_record;
use super::machine::{Answer, Coordinator, Effect, Event, Limits, Request, RequestId};
use super::state::Transaction;
use crate::clock;
use crate::coordinator::internal_topic::TRANSACTION_STATE;
use crate::coordinator::record_log::{Keyed, RecordLog};
use crate::coordinator::replay::{ReplayError, replay};
use crate::lane::Lane;
use crate::limits::CHANGE_WAIT_MAX;
use crate::markers;
use crate::patience::within_limit;
use crate::topics::Partition;

/// How often transactions are looked at that take too long, and markers that could not be written.
const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// How often who waits for a coordinator looks whether its log has been read.
const LOAD_CHECK_INTERVAL: Duration = Duration::from_millis(1);

thread_local! {
    /// The coordinators of this core.
    static RUNNING: RefCell<HashMap<TopicPartition, Stage>> = RefCell::default();
    static TICKS: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone)]
enum Stage {
    /// Its log is being read.
    Loading,
    Serves(Rc<Running>),
}

/// A coordinator that serves.
struct Running {
    engine: Engine,
    log: RecordLog,
    machine: RefCell<Coordinator>,
    waiting: RefCell<HashMap<RequestId, Rc<Reply>>>,
    next_request: Cell<RequestId>,
}

/// Where an answer is left for who waits for it.
#[derive(Default)]
struct Reply {
    answer: RefCell<Option<Answer>>,
    waker: RefCell<Option<Waker>>,
}

impl Reply {
    fn fill(&self, answer: Answer) {
        self.answer.replace(Some(answer));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn filled(&self) -> Answer {
        poll_fn(|context| match self.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}

/// Asks the coordinator of a transactional id, on whichever core it lives.
pub async fn ask(lane: &Rc<Lane>, transactional_id: &str, request: Request) -> Answer {
    let place = match TRANSACTION_STATE
        .find_or_create(lane, transactional_id)
        .await
    {
        Ok(place) => place,
        Err(code) => return Answer::Refused(code),
    };
    let id = transactional_id.to_owned();
    lane.engine
        .on(place.shard, move || {
            with_limit(place.partition, async move |running: Rc<Running>| {
                running.ask(id, request).await
            })
        })
        .await
}

/// What is known of a transactional id; none when nothing is.
///
/// # Errors
/// While its coordinator does not serve.
pub async fn describe(
    lane: &Rc<Lane>,
    transactional_id: &str,
) -> Result<Option<Transaction>, ErrorCode> {
    let Some(place) = TRANSACTION_STATE.find(lane, transactional_id) else {
        return Ok(None);
    };
    let id = transactional_id.to_owned();
    lane.engine
        .on(place.shard, move || async move {
            let running = serving(place.partition).await?;
            let machine = running.machine.borrow();
            Ok(machine.transaction(&id).cloned())
        })
        .await
}

/// Every transactional id of every coordinator.
///
/// # Errors
/// While one of them does not serve.
pub async fn list(lane: &Rc<Lane>) -> Result<Vec<(String, Transaction)>, ErrorCode> {
    let mut all = Vec::new();
    for shard in lane.told_cores() {
        let here = lane.engine.on(shard, list_here).await;
        all.extend(here?);
    }
    Ok(all)
}

async fn list_here() -> Result<Vec<(String, Transaction)>, ErrorCode> {
    let mut all = Vec::new();
    for partition in TRANSACTION_STATE.here() {
        let running = serving(partition).await?;
        let machine = running.machine.borrow();
        all.extend(
            machine
                .transactions()
                .map(|(id, transaction)| (id.to_owned(), transaction.clone())),
        );
    }
    Ok(all)
}

/// Loads the coordinators of the calling core, so that what a crash has interrupted goes on.
pub fn start() {
    for partition in TRANSACTION_STATE.here() {
        spawn(async move {
            // Who asks before it serves is told to come back.
            let _ = serving(partition).await;
        });
    }
}

/// Forgets the coordinators of the calling core, and with them their hold on the engine.
pub fn stop() {
    RUNNING.with_borrow_mut(HashMap::clear);
}

async fn with_limit(
    partition: TopicPartition,
    ask: impl AsyncFnOnce(Rc<Running>) -> Answer,
) -> Answer {
    let asked = async {
        match serving(partition).await {
            Ok(running) => ask(running).await,
            Err(code) => Answer::Refused(code),
        }
    };
    let answer = timeout(CHANGE_WAIT_MAX, asked).await;
    answer.unwrap_or(Answer::Refused(ErrorCode::CoordinatorNotAvailable))
}

/// The coordinator of a partition of this core, as soon as it serves.
async fn serving(id: TopicPartition) -> Result<Rc<Running>, ErrorCode> {
    let deadline = Instant::now() + CHANGE_WAIT_MAX;
    let mut has_loaded = false;
    loop {
        let Some(partition) = Shard::current().partition(&id) else {
            RUNNING.with_borrow_mut(|running| running.remove(&id));
            return Err(ErrorCode::NotCoordinator);
        };
        match RUNNING.with_borrow(|running| running.get(&id).cloned()) {
            Some(Stage::Serves(running)) => return Ok(running),
            Some(Stage::Loading) if Instant::now() >= deadline => {
                return Err(ErrorCode::CoordinatorLoadInProgress);
            }
            Some(Stage::Loading) => sleep(LOAD_CHECK_INTERVAL).await,
            None if has_loaded => return Err(ErrorCode::CoordinatorNotAvailable),
            None => {
                has_loaded = true;
                RUNNING.with_borrow_mut(|running| running.insert(id, Stage::Loading));
                // By itself: who waits may give up.
                spawn(load_and_serve(id, partition));
            }
        }
    }
}

async fn load_and_serve(id: TopicPartition, partition: Rc<Partition>) {
    let loaded = load(&partition).await;
    if let Err(error) = &loaded {
        tracing::error!(directory = %partition.directory().display(), %error, "transactions cannot be loaded");
    }
    let (Some(lane), Ok(loaded)) = (Lane::current(), loaded) else {
        RUNNING.with_borrow_mut(|running| running.remove(&id));
        return;
    };
    let running = Rc::new(Running {
        engine: lane.engine.clone(),
        log: RecordLog::new(partition),
        machine: RefCell::new(Coordinator::new(Limits::default(), loaded)),
        waiting: RefCell::default(),
        next_request: Cell::new(0),
    });
    let stage = Stage::Serves(running.clone());
    RUNNING.with_borrow_mut(|all| all.insert(id, stage));
    if !TICKS.replace(true) {
        spawn(tick());
    }
    running.drive(Event::Tick);
}

/// The newest state of each transactional id in the log. A record that cannot be read is said and passed over, as in
/// Kafka: the next record of its transactional id takes its place.
async fn load(partition: &Rc<Partition>) -> Result<BTreeMap<String, Transaction>, ReplayError> {
    let mut loaded = BTreeMap::new();
    replay(partition, |record| {
        let key = record.key.filter(|_| !record.is_control);
        let id = match key.map(log_record::decode_key) {
            Some(Ok(Some(id))) => id,
            Some(Ok(None)) | None => return,
            Some(Err(error)) => {
                return tracing::error!(offset = %record.offset, %error, "no key of a transaction");
            }
        };
        match record.value.map(log_record::decode_value) {
            None => {
                loaded.remove(&id);
            }
            Some(Ok(transaction)) => {
                loaded.insert(id, transaction);
            }
            Some(Err(error)) => {
                tracing::error!(offset = %record.offset, %id, %error, "no state of a transaction");
            }
        }
    })
    .await?;
    Ok(loaded)
}

async fn tick() {
    while Lane::current().is_some() {
        sleep(TICK_INTERVAL).await;
        let stages: Vec<Stage> = RUNNING.with_borrow(|all| all.values().cloned().collect());
        for stage in stages {
            if let Stage::Serves(running) = stage {
                running.drive(Event::Tick);
            }
        }
    }
    TICKS.set(false);
}

impl Running {
    async fn ask(self: Rc<Self>, transactional_id: String, request: Request) -> Answer {
        if let Err(code) = self.see_to_producer_id(&request).await {
            return Answer::Refused(code);
        }
        let id = self.next_request.get();
        self.next_request.set(id + 1);
        let reply = Rc::new(Reply::default());
        self.waiting.borrow_mut().insert(id, reply.clone());
        self.drive(Event::Request {
            id,
            transactional_id,
            request,
        });
        reply.filled().await
    }

    /// Gives the machine a producer id where the request may need one.
    async fn see_to_producer_id(&self, request: &Request) -> Result<(), ErrorCode> {
        let may_need = matches!(
            request,
            Request::InitProducerId { .. } | Request::EndTransaction { .. }
        );
        while may_need && self.machine.borrow().wants_producer_id() {
            // Whoever waits for this may give up, and a change of the catalogue must not be left halfway.
            let engine = self.engine.clone();
            let allocated = within_limit(async move { engine.allocate_producer_id().await }).await;
            let allocated = allocated.map_err(|refusal| refusal.code)?;
            let allocated = allocated.map_err(|error| {
                tracing::error!(%error, "no producer id");
                ErrorCode::CoordinatorNotAvailable
            })?;
            self.machine.borrow_mut().give_producer_id(allocated.0);
        }
        Ok(())
    }

    fn drive(self: &Rc<Self>, event: Event) {
        let effects = self.machine.borrow_mut().handle(event, clock::now_ms());
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Answer(id, answer) => {
                // Who waited may have given up.
                let reply = self.waiting.borrow_mut().remove(&id);
                if let Some(reply) = reply {
                    reply.fill(answer);
                }
            }
            Effect::Append {
                transactional_id,
                value,
            } => self.append(transactional_id, value.as_ref()),
            Effect::WriteMarkers(markers) => {
                let running = self.clone();
                spawn(async move {
                    let transactional_id = markers.transactional_id.clone();
                    let coordinator_epoch = running.log.partition().leader_epoch().0;
                    let all =
                        markers::write_decision(&running.engine, &markers, coordinator_epoch).await;
                    running.drive(Event::MarkersWritten {
                        transactional_id,
                        all,
                    });
                });
            }
        }
    }

    /// Queues the record now, so that the order of effects is that of the log, and tells the machine when it is durable.
    fn append(self: &Rc<Self>, transactional_id: String, value: Option<&Transaction>) {
        let queued = encode(&transactional_id, value)
            .and_then(|record| self.log.append(&[record], clock::now_ms(), None));
        let running = self.clone();
        spawn(async move {
            let outcome = match queued {
                Ok(appending) => appending.durable().await.map(drop),
                Err(code) => Err(code),
            };
            running.drive(Event::Appended {
                transactional_id,
                outcome,
            });
        });
    }
}

fn encode(transactional_id: &str, value: Option<&Transaction>) -> Result<Keyed, ErrorCode> {
    let too_long = |_| ErrorCode::InvalidRequest;
    let value = value.map(log_record::encode_value).transpose();
    Ok(Keyed {
        key: log_record::encode_key(transactional_id).map_err(too_long)?,
        value: value.map_err(too_long)?,
    })
}
