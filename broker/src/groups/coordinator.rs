//! Drives one coordinator's machine: appends what it says, hands out its answers, wakes it when something is due.
//!
//! Shard-local, on the core of its partition of `__consumer_offsets`. Invariants: what the machine says in one turn is
//! carried out before the next event; outcomes of appends reach it in the order of the appends; a request waits at
//! most [`STORE_WAIT_MAX`] for the disk.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use corelane_engine::marker::NewMarker;
use corelane_engine::record::ProducerFields;
use corelane_engine::runtime::{spawn, timeout, yield_now};
use corelane_engine::types::ProducerId;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_heartbeat::ConsumerGroupHeartbeatResponse;
use corelane_protocol::messages::join_group::JoinGroupResponse;
use corelane_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::consumer::heartbeat::{Beating, beat_refused};
use super::machine::GroupMachine;
use super::membership::Joining;
use super::offsets::Committing;
use super::outbox::{Append, Outbox, Reply, Then, Ticket, Transaction};
use super::rebalance::{join_refused, sync_refused};
use super::timers::Now;
use super::verification_guard::{Guard, Guards};
use crate::clock::now_ms;
use crate::coordinator::record_log::{Appending, Keyed, RecordLog};
use crate::topics;

/// How long a request waits until its records are durable: Kafka's `offsets.commit.timeout.ms`.
pub const STORE_WAIT_MAX: Duration = Duration::from_secs(5);
/// The sequence of records that are not numbered: a coordinator's own order is that of its log.
const NO_SEQUENCE: i32 = -1;

/// An append's place in the log, where it has records, or why it has none.
type Queued = Result<Option<Appending>, ErrorCode>;

/// One coordinator.
pub struct Coordinator {
    log: RecordLog,
    machine: RefCell<GroupMachine>,
    epoch: Instant,
    waiting: RefCell<HashMap<Ticket, Option<Waker>>>,
    answers: RefCell<HashMap<Ticket, Reply>>,
    next_ticket: Cell<u64>,
    appends: RefCell<VecDeque<(Append, Queued)>>,
    is_storing: Cell<bool>,
    alarm: RefCell<Alarm>,
    is_stopped: Cell<bool>,
    guards: Rc<Guards>,
}

/// What the task waits for that keeps the time.
#[derive(Default)]
struct Alarm {
    deadline_ms: Option<u64>,
    waker: Option<Waker>,
}

/// A place in the list of those who wait; leaves it on drop.
struct Waiting<'a> {
    coordinator: &'a Coordinator,
    ticket: Ticket,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Waiting {
            coordinator,
            ticket,
        } = self;
        coordinator.waiting.borrow_mut().remove(ticket);
        coordinator.answers.borrow_mut().remove(ticket);
    }
}

impl Waiting<'_> {
    async fn reply(self) -> Reply {
        poll_fn(|context| {
            let answer = self.coordinator.answers.borrow_mut().remove(&self.ticket);
            if let Some(reply) = answer {
                return Poll::Ready(reply);
            }
            let mut waiting = self.coordinator.waiting.borrow_mut();
            waiting.insert(self.ticket, Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }
}

impl Coordinator {
    /// Starts to drive a machine that has been loaded from the partition of `log`.
    pub fn start(log: RecordLog, load: impl FnOnce(Now) -> GroupMachine) -> Rc<Coordinator> {
        let epoch = Instant::now();
        let machine = load(now_since(epoch));
        let coordinator = Rc::new(Coordinator {
            log,
            machine: RefCell::new(machine),
            epoch,
            waiting: RefCell::default(),
            answers: RefCell::default(),
            next_ticket: Cell::new(0),
            appends: RefCell::default(),
            is_storing: Cell::new(false),
            alarm: RefCell::default(),
            is_stopped: Cell::new(false),
            guards: Rc::default(),
        });
        spawn(coordinator.clone().keep_time());
        coordinator
    }

    /// Ends it: whoever waits is told to look for another coordinator.
    pub fn stop(self: &Rc<Self>) {
        self.is_stopped.set(true);
        self.act(|machine, _| machine.resign());
        self.ring();
    }

    /// Lets an event reach the machine, and does what it says.
    pub fn act<R>(self: &Rc<Self>, event: impl FnOnce(&mut GroupMachine, Now) -> R) -> R {
        let mut machine = self.machine.borrow_mut();
        let result = event(&mut machine, now_since(self.epoch));
        let outbox = machine.take_outbox();
        let deadline_ms = machine.next_deadline_ms();
        drop(machine);
        self.carry_out(outbox);
        let alarm = self.alarm.borrow();
        let is_earlier = match (deadline_ms, alarm.deadline_ms) {
            (Some(next), Some(set)) => next < set,
            (Some(_), None) => true,
            (None, _) => false,
        };
        drop(alarm);
        if is_earlier {
            self.ring();
        }
        result
    }

    fn carry_out(self: &Rc<Self>, outbox: Outbox) {
        for (ticket, reply) in outbox.replies {
            let waiting = self.waiting.borrow_mut().remove(&ticket);
            // Whoever has given up needs no answer.
            let Some(waker) = waiting else { continue };
            self.answers.borrow_mut().insert(ticket, reply);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        for append in outbox.appends {
            let queued = self.queue(&append);
            self.appends.borrow_mut().push_back((append, queued));
        }
        if !self.appends.borrow().is_empty() && !self.is_storing.replace(true) {
            spawn(self.clone().store());
        }
    }

    /// Gives an append its place in the log; one without records only marks a place in the order.
    fn queue(&self, append: &Append) -> Queued {
        if let Then::TransactionEnded { marker, .. } = &append.then {
            self.guards.end(marker.producer_id.0);
            return self.log.append_marker(marker).map(Some);
        }
        if append.records.is_empty() {
            return Ok(None);
        }
        let encoded: Result<Vec<Keyed>, _> = append.records.iter().map(|r| r.encode()).collect();
        let encoded = encoded.map_err(|_| ErrorCode::UnknownServerError)?;
        let producer = append.transaction.map(fields_of);
        self.log.append(&encoded, now_ms(), producer).map(Some)
    }

    /// Reports the outcomes of appends, in their order, while there are any.
    async fn store(self: Rc<Self>) {
        loop {
            let next = self.appends.borrow_mut().pop_front();
            let Some((append, queued)) = next else { break };
            let outcome = match queued {
                Ok(Some(appending)) => appending.durable().await.map(|end| end.0),
                Ok(None) => Ok(0),
                Err(code) => Err(code),
            };
            self.act(|machine, now| machine.appended(now, append, outcome));
        }
        self.is_storing.set(false);
    }

    async fn keep_time(self: Rc<Self>) {
        while !self.is_stopped.get() && !self.log.is_closed() {
            let now = now_since(self.epoch).elapsed_ms;
            let deadline_ms = self.machine.borrow().next_deadline_ms();
            self.alarm.borrow_mut().deadline_ms = deadline_ms;
            match deadline_ms {
                Some(at) if at <= now => {
                    self.act(|machine, now| machine.fire(now));
                    yield_now().await;
                }
                Some(at) => {
                    timeout(Duration::from_millis(at - now), self.rung()).await;
                }
                None => self.rung().await,
            }
        }
        self.act(|machine, _| machine.resign());
    }

    /// Lets the task look again that keeps the time.
    fn ring(&self) {
        let mut alarm = self.alarm.borrow_mut();
        alarm.deadline_ms = Some(0);
        if let Some(waker) = alarm.waker.take() {
            waker.wake();
        }
    }

    async fn rung(&self) {
        poll_fn(|context| {
            let mut alarm = self.alarm.borrow_mut();
            if alarm.deadline_ms == Some(0) {
                return Poll::Ready(());
            }
            alarm.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn wait(&self) -> Waiting<'_> {
        let ticket = Ticket(self.next_ticket.replace(self.next_ticket.get() + 1));
        self.waiting.borrow_mut().insert(ticket, None);
        Waiting {
            coordinator: self,
            ticket,
        }
    }

    /// JoinGroup: answered when the rebalance is over.
    pub async fn join(self: &Rc<Self>, joining: Joining) -> JoinGroupResponse {
        if self.is_stopped.get() {
            return join_refused(&joining.request.member_id, ErrorCode::NotCoordinator);
        }
        let waiting = self.wait();
        self.act(|machine, now| machine.join(now, &joining, waiting.ticket));
        let member_id = joining.request.member_id.clone();
        // The members' metadata has been copied: no request is kept in memory while it waits.
        drop(joining);
        match waiting.reply().await {
            Reply::Join(response) => response,
            Reply::Sync(_) | Reply::Stored(_) | Reply::Beat(_) => {
                join_refused(&member_id, ErrorCode::NotCoordinator)
            }
        }
    }

    /// SyncGroup: answered when the leader has assigned.
    pub async fn sync(self: &Rc<Self>, request: SyncGroupRequest) -> SyncGroupResponse {
        if self.is_stopped.get() {
            return sync_refused(ErrorCode::NotCoordinator);
        }
        let waiting = self.wait();
        self.act(|machine, now| machine.sync(now, &request, waiting.ticket));
        drop(request);
        match waiting.reply().await {
            Reply::Sync(response) => response,
            Reply::Join(_) | Reply::Stored(_) | Reply::Beat(_) => {
                sync_refused(ErrorCode::NotCoordinator)
            }
        }
    }

    /// ConsumerGroupHeartbeat: answered when what it has changed is durable.
    pub async fn beat(self: &Rc<Self>, beating: Beating) -> ConsumerGroupHeartbeatResponse {
        let refuse = |code: ErrorCode| beat_refused(code.into());
        if self.is_stopped.get() {
            return refuse(ErrorCode::NotCoordinator);
        }
        let waiting = self.wait();
        let topics = topics::image();
        self.act(|machine, now| {
            machine.see_topics(topics);
            machine.beat(now, &beating, waiting.ticket);
        });
        drop(beating);
        match timeout(STORE_WAIT_MAX, waiting.reply()).await {
            Some(Reply::Beat(response)) => response,
            Some(Reply::Join(_) | Reply::Sync(_) | Reply::Stored(_)) => {
                refuse(ErrorCode::NotCoordinator)
            }
            None => {
                self.log.partition().suspect_stall();
                refuse(ErrorCode::CoordinatorNotAvailable)
            }
        }
    }

    /// A change that may append: what the machine says at once, and the outcome of the append where there is one.
    pub async fn change<R>(
        self: &Rc<Self>,
        event: impl FnOnce(&mut GroupMachine, Now, Ticket) -> (R, bool),
    ) -> (R, Result<(), ErrorCode>) {
        let waiting = self.wait();
        let (said, is_pending) = self.act(|machine, now| event(machine, now, waiting.ticket));
        if !is_pending {
            return (said, Ok(()));
        }
        let stored = match timeout(STORE_WAIT_MAX, waiting.reply()).await {
            Some(Reply::Stored(outcome)) => outcome,
            Some(Reply::Join(_) | Reply::Sync(_) | Reply::Beat(_)) => {
                Err(ErrorCode::NotCoordinator)
            }
            None => {
                self.log.partition().suspect_stall();
                Err(ErrorCode::CoordinatorNotAvailable)
            }
        };
        (said, stored)
    }

    /// OffsetCommit and TxnOffsetCommit: a code for each offset, when they are durable.
    ///
    /// # Errors
    /// Kafka's code for the whole request.
    pub async fn commit(
        self: &Rc<Self>,
        committing: Committing,
    ) -> Result<Vec<ErrorCode>, ErrorCode> {
        let committed = self.change(|machine, now, ticket| {
            let accepted = machine.commit(now, committing, ticket);
            let is_pending = accepted.as_ref().is_ok_and(|accepted| accepted.is_pending);
            (accepted, is_pending)
        });
        let (accepted, stored) = committed.await;
        let code = |code: ErrorCode| match (code, stored) {
            (ErrorCode::None, Err(code)) => code,
            (code, _) => code,
        };
        accepted.map(|accepted| accepted.codes.into_iter().map(code).collect())
    }

    /// Notices from here on whether the producer's transaction ends.
    pub fn watch_transaction(&self, producer_id: i64) -> Guard {
        self.guards.watch(producer_id)
    }

    /// Appends the marker that decides over a producer's offsets, which count, or are forgotten, when it is durable.
    ///
    /// # Errors
    /// As an append; the offsets stay pending then.
    pub async fn end_transaction(self: &Rc<Self>, marker: NewMarker) -> Result<(), ErrorCode> {
        if self.is_stopped.get() {
            return Err(ErrorCode::NotCoordinator);
        }
        let ended = self.change(|machine, _, ticket| {
            machine.append_marker(marker, ticket);
            ((), true)
        });
        ended.await.1
    }

    /// Waits for what has been queued before.
    ///
    /// # Errors
    /// COORDINATOR_NOT_AVAILABLE when the disk does not answer.
    pub async fn settle(self: &Rc<Self>) -> Result<(), ErrorCode> {
        if !self.is_storing.get() {
            return Ok(());
        }
        let settled = self.change(|machine, _, ticket| {
            machine.mark(ticket);
            ((), true)
        });
        settled.await.1
    }
}

fn now_since(epoch: Instant) -> Now {
    Now {
        elapsed_ms: u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX),
        wall_ms: now_ms(),
    }
}

fn fields_of(transaction: Transaction) -> ProducerFields {
    ProducerFields {
        id: ProducerId(transaction.producer_id),
        epoch: transaction.producer_epoch,
        base_sequence: NO_SEQUENCE,
    }
}

impl GroupMachine {
    /// Has `ticket` answered once what was said before is durable.
    fn mark(&mut self, ticket: Ticket) {
        self.outbox.append(Vec::new(), Then::Answer(ticket));
    }

    /// Has a marker appended behind what was said before, and `ticket` answered once it is durable.
    pub fn append_marker(&mut self, marker: NewMarker, ticket: Ticket) {
        let then = Then::TransactionEnded { marker, ticket };
        self.outbox.append(Vec::new(), then);
    }
}
