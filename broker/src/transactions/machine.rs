//! The coordinator of one partition of `__transaction_state`: Kafka's `TransactionCoordinator` as a state machine.
//!
//! Pure: events and `now` in; records to append, answers and markers to write out. Invariants: one record of a
//! transactional id is under way at a time, and what would need another is told CONCURRENT_TRANSACTIONS; the state
//! changes, and an answer goes out, when the record is durable; a decided transaction asks for its markers until they
//! are written.

use std::collections::{BTreeMap, BTreeSet};

use corelane_protocol::ErrorCode;

use super::state::{
    Decision, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NamedPartition, State, TRANSACTION_VERSION_2,
    Transaction, is_epoch_exhausted,
};
use crate::limits::TRANSACTIONAL_IDS_MAX;

/// What a client asks for, by the API's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// InitProducerId with a transactional id.
    InitProducerId {
        /// `transaction.timeout.ms`.
        timeout_ms: i32,
        /// The producer id and epoch that the producer has (KIP-360).
        expected: Option<(i64, i16)>,
    },
    /// AddPartitionsToTxn and AddOffsetsToTxn, and a Produce of version 2 that names new partitions.
    AddPartitions {
        /// Who asks.
        producer: ProducerClaim,
        /// What takes part from here on.
        partitions: BTreeSet<NamedPartition>,
    },
    /// Whether partitions take part (KIP-890).
    VerifyPartitions {
        /// Who asks.
        producer: ProducerClaim,
        /// Which.
        partitions: BTreeSet<NamedPartition>,
    },
    /// EndTxn.
    EndTransaction {
        /// Who asks.
        producer: ProducerClaim,
        /// Committed or aborted.
        commit: bool,
        /// 2 where the client takes the epoch from the answer.
        client_version: i16,
    },
}

/// Who a producer says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerClaim {
    /// Its id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The producer id and epoch to go on with, for InitProducerId and EndTxn.
    Producer(ProducerClaim),
    /// It is so.
    Done,
    /// Per partition, for a verification.
    Verified(Vec<(NamedPartition, ErrorCode)>),
    /// It is not.
    Refused(ErrorCode),
}

/// Names a request among those under way.
pub type RequestId = u64;

/// What has happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A client asks. Before [`Request::InitProducerId`] and [`Request::EndTransaction`] the machine must have a spare
    /// producer id.
    Request {
        /// To be answered under this number.
        id: RequestId,
        /// The transactional id.
        transactional_id: String,
        /// What is asked for.
        request: Request,
    },
    /// The record of [`Effect::Append`] is durable, or it is not known to be.
    Appended {
        /// Whose record.
        transactional_id: String,
        /// Why it is not known to be durable.
        outcome: Result<(), ErrorCode>,
    },
    /// The markers of [`Effect::WriteMarkers`] are durable, or not all of them.
    MarkersWritten {
        /// Whose markers.
        transactional_id: String,
        /// Whether all are.
        all: bool,
    },
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make this record durable, then tell [`Event::Appended`].
    Append {
        /// The key.
        transactional_id: String,
        /// The value; none forgets the transactional id.
        value: Option<Transaction>,
    },
    /// Tell a client.
    Answer(RequestId, Answer),
    /// Make these markers durable, then tell [`Event::MarkersWritten`].
    WriteMarkers(Markers),
}

/// The markers of a decided transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    /// Whose.
    pub transactional_id: String,
    /// The producer that they decide over.
    pub producer: ProducerClaim,
    /// Committed or aborted.
    pub commit: bool,
    /// Where they go.
    pub partitions: BTreeSet<NamedPartition>,
    /// Whether the decision has raised the epoch.
    pub raised_epoch: bool,
}

/// The limits of a coordinator, Kafka's broker settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `transaction.max.timeout.ms`.
    pub timeout_max_ms: i32,
    /// `transactional.id.expiration.ms`.
    pub expiration_ms: i64,
    /// Transactional ids at once.
    pub ids_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            timeout_max_ms: 900_000,
            expiration_ms: 604_800_000,
            ids_max: TRANSACTIONAL_IDS_MAX,
        }
    }
}

/// Why a record is under way, and what follows it.
#[derive(Debug)]
enum Then {
    /// Answer InitProducerId.
    Init(RequestId),
    /// Answer AddPartitions.
    Added(RequestId),
    /// Answer EndTxn, and write markers.
    Ended(RequestId),
    /// Answer an InitProducerId that has fenced the producer before it, to be asked again, and write markers.
    Fenced(RequestId),
    /// Write the markers of a transaction that took too long.
    TimedOut,
    /// All markers are written.
    Completed,
    /// The transactional id is forgotten.
    Expired,
}

#[derive(Debug)]
struct Pending {
    /// What the transaction will be; none when it is forgotten.
    next: Option<Transaction>,
    then: Then,
}

#[derive(Debug)]
struct Entry {
    current: Transaction,
    pending: Option<Pending>,
    /// Markers are being written.
    writes_markers: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Coordinator {
    entries: BTreeMap<String, Entry>,
    limits: Limits,
    spare_producer_id: Option<i64>,
}

impl Coordinator {
    /// One that knows what the log of its partition says.
    #[must_use]
    pub fn new(limits: Limits, loaded: BTreeMap<String, Transaction>) -> Coordinator {
        let entry = |current| Entry {
            current,
            pending: None,
            writes_markers: false,
        };
        Coordinator {
            entries: loaded
                .into_iter()
                .map(|(id, current)| (id, entry(current)))
                .collect(),
            limits,
            spare_producer_id: None,
        }
    }

    /// Whether it wants a producer id that nobody has.
    #[must_use]
    pub fn wants_producer_id(&self) -> bool {
        self.spare_producer_id.is_none()
    }

    /// Gives it a producer id that nobody has.
    pub fn give_producer_id(&mut self, producer_id: i64) {
        self.spare_producer_id.get_or_insert(producer_id);
    }

    /// What is known of a transactional id: the last durable state.
    #[must_use]
    pub fn transaction(&self, transactional_id: &str) -> Option<&Transaction> {
        let entry = self.entries.get(transactional_id)?;
        // What has no epoch yet was never heard of.
        Some(&entry.current).filter(|current| current.producer_epoch != NO_PRODUCER_EPOCH)
    }

    /// Every transactional id, in order.
    pub fn transactions(&self) -> impl Iterator<Item = (&str, &Transaction)> {
        let ids = self.entries.keys();
        ids.filter_map(|id| Some((id.as_str(), self.transaction(id)?)))
    }

    /// Takes note of what has happened, and says what is to be done.
    pub fn handle(&mut self, event: Event, now_ms: i64) -> Vec<Effect> {
        match event {
            Event::Request {
                id,
                transactional_id,
                request,
            } => self.request(id, transactional_id, request, now_ms),
            Event::Appended {
                transactional_id,
                outcome,
            } => self.appended(transactional_id, outcome),
            Event::MarkersWritten {
                transactional_id,
                all,
            } => self.markers_written(transactional_id, all, now_ms),
            Event::Tick => self.tick(now_ms),
        }
    }

    fn request(
        &mut self,
        id: RequestId,
        transactional_id: String,
        request: Request,
        now_ms: i64,
    ) -> Vec<Effect> {
        let begun = match request {
            Request::InitProducerId {
                timeout_ms,
                expected,
            } => self.init(&transactional_id, timeout_ms, expected, now_ms),
            Request::AddPartitions {
                producer,
                partitions,
            } => self.add(&transactional_id, producer, &partitions, now_ms),
            Request::VerifyPartitions {
                producer,
                partitions,
            } => Err(self.verify(&transactional_id, producer, partitions)),
            Request::EndTransaction {
                producer,
                commit,
                client_version,
            } => self.end(&transactional_id, producer, commit, client_version, now_ms),
        };
        match begun {
            Err(answer) => vec![Effect::Answer(id, answer)],
            Ok((next, then)) => self.append(transactional_id, Some(next), then(id)),
        }
    }

    /// Begins to append a record. Nothing of the transactional id is under way.
    fn append(
        &mut self,
        transactional_id: String,
        next: Option<Transaction>,
        then: Then,
    ) -> Vec<Effect> {
        if let Some(entry) = self.entries.get_mut(&transactional_id) {
            entry.pending = Some(Pending {
                next: next.clone(),
                then,
            });
        }
        vec![Effect::Append {
            transactional_id,
            value: next,
        }]
    }

    fn init(
        &mut self,
        transactional_id: &str,
        timeout_ms: i32,
        expected: Option<(i64, i16)>,
        now_ms: i64,
    ) -> Begun {
        if !(1..=self.limits.timeout_max_ms).contains(&timeout_ms) {
            return refuse(ErrorCode::InvalidTransactionTimeout);
        }
        if !self.entries.contains_key(transactional_id) {
            if self.entries.len() >= self.limits.ids_max {
                return refuse(ErrorCode::PolicyViolation);
            }
            let producer_id = self.take_producer_id()?;
            let entry = Entry {
                current: Transaction::new(producer_id, timeout_ms, now_ms),
                pending: None,
                writes_markers: false,
            };
            self.entries.insert(transactional_id.to_owned(), entry);
        }
        let entry = self.entry(transactional_id)?;
        let current = entry.current.clone();
        if entry.pending.is_some() {
            return refuse(ErrorCode::ConcurrentTransactions);
        }
        if !expected.is_none_or(|expected| may_continue(&current, expected)) {
            return refuse(ErrorCode::ProducerFenced);
        }
        match current.state {
            State::PrepareCommit | State::PrepareAbort => refuse(ErrorCode::ConcurrentTransactions),
            State::Ongoing => {
                // This epoch is given to nobody: the client asks again and gets another one.
                let fenced = current.decided(Decision {
                    commit: false,
                    client_version: TRANSACTION_VERSION_2,
                    next_producer_id: NO_PRODUCER_ID,
                    now_ms,
                });
                Ok((fenced, Then::Fenced))
            }
            State::Empty | State::CompleteCommit | State::CompleteAbort => {
                let expected_epoch = expected.map(|(_, epoch)| epoch);
                // The very last epoch is for fencing and given to nobody, also not to who has had the one before it.
                let is_last = current.producer_epoch == i16::MAX;
                let is_known = expected_epoch.is_none_or(|epoch| {
                    epoch == current.producer_epoch
                        || (is_last && epoch == current.last_producer_epoch)
                });
                if current.is_exhausted() && is_known {
                    let producer_id = self.take_producer_id()?;
                    let last_epoch = expected_epoch.unwrap_or(NO_PRODUCER_EPOCH);
                    let next =
                        current.with_producer_id(producer_id, last_epoch, timeout_ms, now_ms);
                    return Ok((next, Then::Init));
                }
                let (epoch, last_epoch) = next_epoch(&current, expected_epoch)?;
                let next = current.with_epoch(epoch, last_epoch, timeout_ms, now_ms);
                Ok((next, Then::Init))
            }
        }
    }

    fn take_producer_id(&mut self) -> Result<i64, Answer> {
        // The lane has given one; without it the client may try again.
        self.spare_producer_id
            .take()
            .ok_or(Answer::Refused(ErrorCode::CoordinatorLoadInProgress))
    }

    fn entry(&self, transactional_id: &str) -> Result<&Entry, Answer> {
        self.entries
            .get(transactional_id)
            .ok_or(Answer::Refused(ErrorCode::InvalidProducerIdMapping))
    }

    fn add(
        &self,
        transactional_id: &str,
        producer: ProducerClaim,
        partitions: &BTreeSet<NamedPartition>,
        now_ms: i64,
    ) -> Begun {
        let entry = self.entry(transactional_id)?;
        let current = &entry.current;
        check_producer(current, producer)?;
        if entry.pending.is_some() || current.state.is_prepared() {
            return refuse(ErrorCode::ConcurrentTransactions);
        }
        if current.state == State::Ongoing && partitions.is_subset(&current.partitions) {
            return Err(Answer::Done);
        }
        Ok((current.with_partitions(partitions, now_ms), Then::Added))
    }

    fn verify(
        &self,
        transactional_id: &str,
        producer: ProducerClaim,
        partitions: BTreeSet<NamedPartition>,
    ) -> Answer {
        let entry = match self.entry(transactional_id) {
            Ok(entry) => entry,
            Err(answer) => return answer,
        };
        if let Err(answer) = check_producer(&entry.current, producer) {
            return answer;
        }
        if entry.current.state.is_prepared() {
            return Answer::Refused(ErrorCode::ConcurrentTransactions);
        }
        let verify = |partition: NamedPartition| {
            let takes_part = entry.current.partitions.contains(&partition);
            let code = match takes_part {
                true => ErrorCode::None,
                false => ErrorCode::TransactionAbortable,
            };
            (partition, code)
        };
        Answer::Verified(partitions.into_iter().map(verify).collect())
    }

    fn end(
        &mut self,
        transactional_id: &str,
        producer: ProducerClaim,
        commit: bool,
        client_version: i16,
        now_ms: i64,
    ) -> Begun {
        let entry = self.entry(transactional_id)?;
        let current = entry.current.clone();
        let retry = Retry::of(&current, producer);
        if current.producer_id != producer.id && !retry.over_producer_id {
            return refuse(ErrorCode::InvalidProducerIdMapping);
        }
        let raises = client_version >= TRANSACTION_VERSION_2;
        if raises && !commit && entry.is_being_ended_before(producer) {
            return refuse(ErrorCode::ConcurrentTransactions);
        }
        if !is_end_of(&current, producer, &retry, raises) {
            return refuse(ErrorCode::ProducerFenced);
        }
        if entry.pending.is_some() {
            return refuse(ErrorCode::ConcurrentTransactions);
        }
        let is_same = match current.state {
            State::PrepareCommit | State::CompleteCommit => commit,
            State::PrepareAbort | State::CompleteAbort => !commit,
            State::Empty | State::Ongoing => true,
        };
        // A client of version 2 may abort what it has added nothing to, which raises its epoch.
        let may_abort_nothing = raises && !commit && !retry.is_one();
        match current.state {
            State::Ongoing => {}
            State::PrepareCommit | State::PrepareAbort if is_same => {
                return refuse(ErrorCode::ConcurrentTransactions);
            }
            State::CompleteCommit | State::CompleteAbort
                if is_same && (!raises || retry.is_one()) =>
            {
                return Err(Answer::Producer(ProducerClaim {
                    id: current.producer_id,
                    epoch: current.producer_epoch,
                }));
            }
            State::Empty | State::CompleteCommit | State::CompleteAbort if may_abort_nothing => {}
            _ => return refuse(ErrorCode::InvalidTxnState),
        }
        let next_producer_id = match raises && current.is_exhausted() {
            true => self.take_producer_id()?,
            false => NO_PRODUCER_ID,
        };
        let decided = current.decided(Decision {
            commit,
            client_version,
            next_producer_id,
            now_ms,
        });
        Ok((decided, Then::Ended))
    }

    fn appended(
        &mut self,
        transactional_id: String,
        outcome: Result<(), ErrorCode>,
    ) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&transactional_id) else {
            return Vec::new();
        };
        let Some(Pending { next, then }) = entry.pending.take() else {
            return Vec::new();
        };
        if let Err(code) = outcome {
            let is_new = entry.current.producer_epoch == NO_PRODUCER_EPOCH;
            if is_new {
                self.entries.remove(&transactional_id);
            }
            return then.refused(code);
        }
        let Some(next) = next else {
            self.entries.remove(&transactional_id);
            return Vec::new();
        };
        entry.current = next;
        let current = &entry.current;
        let producer = ProducerClaim {
            id: current.producer_id,
            epoch: current.producer_epoch,
        };
        let answer = match then {
            Then::Init(id) => Some((id, Answer::Producer(producer))),
            Then::Added(id) => Some((id, Answer::Done)),
            Then::Ended(id) => {
                // What the producer goes on with, once the markers are written.
                let after = current.completed(current.update_ms);
                let after = ProducerClaim {
                    id: after.producer_id,
                    epoch: after.producer_epoch,
                };
                Some((id, Answer::Producer(after)))
            }
            Then::Fenced(id) => {
                let again = Answer::Refused(ErrorCode::ConcurrentTransactions);
                Some((id, again))
            }
            Then::TimedOut | Then::Completed | Then::Expired => None,
        };
        let answer = answer.map(|(id, answer)| Effect::Answer(id, answer));
        let mut effects: Vec<Effect> = answer.into_iter().collect();
        effects.extend(entry.ask_for_markers(&transactional_id));
        effects
    }

    fn markers_written(&mut self, transactional_id: String, all: bool, now_ms: i64) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&transactional_id) else {
            return Vec::new();
        };
        entry.writes_markers = false;
        // What is not written is asked for again with the next tick.
        if !all || !entry.current.state.is_prepared() || entry.pending.is_some() {
            return Vec::new();
        }
        let completed = entry.current.completed(now_ms);
        self.append(transactional_id, Some(completed), Then::Completed)
    }

    fn tick(&mut self, now_ms: i64) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut due = Vec::new();
        for (transactional_id, entry) in &mut self.entries {
            if entry.pending.is_some() {
                continue;
            }
            effects.extend(entry.ask_for_markers(transactional_id));
            let current = &entry.current;
            let running_ms = now_ms.saturating_sub(current.start_ms);
            if current.state == State::Ongoing && running_ms > i64::from(current.timeout_ms) {
                let aborted = current.decided(Decision {
                    commit: false,
                    client_version: TRANSACTION_VERSION_2,
                    next_producer_id: NO_PRODUCER_ID,
                    now_ms,
                });
                due.push((transactional_id.clone(), Some(aborted), Then::TimedOut));
            }
            let idle_ms = now_ms.saturating_sub(current.update_ms);
            if current.state.is_idle() && idle_ms >= self.limits.expiration_ms {
                due.push((transactional_id.clone(), None, Then::Expired));
            }
        }
        for (transactional_id, next, then) in due {
            effects.extend(self.append(transactional_id, next, then));
        }
        effects
    }
}

impl Entry {
    /// With version 2 a producer goes on with the next epoch while the markers of its last transaction are still being
    /// written, and may abort what it has added nothing to: it is to come back, not fenced (KAFKA-18464).
    fn is_being_ended_before(&self, producer: ProducerClaim) -> bool {
        let pending = self
            .pending
            .as_ref()
            .and_then(|pending| pending.next.as_ref());
        let ahead = pending.unwrap_or(&self.current);
        let is_ending = self.current.state.is_prepared() || ahead.state.is_prepared();
        is_ending && producer.epoch == ahead.producer_epoch
    }

    /// The markers of a decided transaction, where nobody writes them.
    fn ask_for_markers(&mut self, transactional_id: &str) -> Option<Effect> {
        let current = &self.current;
        if !current.state.is_prepared() || self.writes_markers {
            return None;
        }
        self.writes_markers = true;
        Some(Effect::WriteMarkers(Markers {
            transactional_id: transactional_id.to_owned(),
            producer: ProducerClaim {
                id: current.producer_id,
                epoch: current.producer_epoch,
            },
            commit: current.state == State::PrepareCommit,
            partitions: current.partitions.clone(),
            raised_epoch: current.client_version >= TRANSACTION_VERSION_2,
        }))
    }
}

/// A record to append and what follows it, or the answer without one.
type Begun = Result<(Transaction, fn(RequestId) -> Then), Answer>;

fn refuse(code: ErrorCode) -> Begun {
    Err(Answer::Refused(code))
}

impl Then {
    fn refused(self, code: ErrorCode) -> Vec<Effect> {
        match self {
            Then::Init(id) | Then::Added(id) | Then::Ended(id) | Then::Fenced(id) => {
                vec![Effect::Answer(id, Answer::Refused(code))]
            }
            // Tried again with the next tick.
            Then::TimedOut | Then::Completed | Then::Expired => Vec::new(),
        }
    }
}

fn check_producer(current: &Transaction, producer: ProducerClaim) -> Result<(), Answer> {
    if current.producer_id != producer.id {
        return Err(Answer::Refused(ErrorCode::InvalidProducerIdMapping));
    }
    if current.producer_epoch != producer.epoch {
        return Err(Answer::Refused(ErrorCode::ProducerFenced));
    }
    Ok(())
}

/// Whether a producer with this id and epoch may be the one that was initialized last (KIP-360). The epoch is looked at
/// again when it is raised.
fn may_continue(current: &Transaction, (id, epoch): (i64, i16)) -> bool {
    current.producer_epoch == NO_PRODUCER_EPOCH
        || id == current.producer_id
        || (id == current.previous_producer_id && is_epoch_exhausted(epoch))
}

/// The epoch that InitProducerId answers, and the one that a retry of it may name.
fn next_epoch(current: &Transaction, expected: Option<i16>) -> Result<(i16, i16), Answer> {
    let epoch = current.producer_epoch;
    // Epochs that are used up were dealt with.
    let raised = epoch.saturating_add(1);
    match expected {
        None => Ok((raised, NO_PRODUCER_EPOCH)),
        Some(expected) if epoch == NO_PRODUCER_EPOCH || expected == epoch => Ok((raised, epoch)),
        Some(expected) if expected == current.last_producer_epoch => {
            Ok((epoch, current.last_producer_epoch))
        }
        Some(_) => Err(Answer::Refused(ErrorCode::ProducerFenced)),
    }
}

/// Whether an EndTxn repeats the one that raised the epoch.
struct Retry {
    over_epoch: bool,
    over_producer_id: bool,
}

impl Retry {
    fn of(current: &Transaction, producer: ProducerClaim) -> Retry {
        let raises = current.client_version >= TRANSACTION_VERSION_2;
        let is_next = producer.epoch.checked_add(1) == Some(current.producer_epoch);
        Retry {
            over_epoch: raises && producer.id == current.producer_id && is_next,
            over_producer_id: raises
                && producer.id == current.previous_producer_id
                && producer.epoch == i16::MAX - 1
                && current.producer_epoch == 0,
        }
    }

    fn is_one(&self) -> bool {
        self.over_epoch || self.over_producer_id
    }
}

/// Whether the epoch is one that may end the transaction.
fn is_end_of(current: &Transaction, producer: ProducerClaim, retry: &Retry, raises: bool) -> bool {
    let is_current = producer.epoch == current.producer_epoch;
    if !raises {
        return is_current;
    }
    match current.state {
        State::Empty | State::Ongoing => is_current,
        State::PrepareCommit | State::PrepareAbort => retry.over_epoch,
        State::CompleteCommit | State::CompleteAbort => retry.is_one() || is_current,
    }
}

#[cfg(test)]
mod tests;
