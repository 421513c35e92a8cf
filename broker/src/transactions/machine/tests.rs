//! The machine by itself: Kafka's rules one by one, then random schedules against invariants.

use super::*;

const TIMEOUT_MS: i32 = 60_000;
const ID: &str = "id";

/// A machine whose records are made durable when the test says so.
struct Rig {
    machine: Coordinator,
    log: BTreeMap<String, Transaction>,
    now_ms: i64,
    next_producer_id: i64,
    next_request: RequestId,
    appends: Vec<(String, Option<Transaction>)>,
    markers: Vec<Markers>,
    answers: BTreeMap<RequestId, Answer>,
}

impl Rig {
    fn new() -> Rig {
        Rig {
            machine: Coordinator::new(Limits::default(), BTreeMap::new()),
            log: BTreeMap::new(),
            now_ms: 1_000,
            next_producer_id: 4_000,
            next_request: 0,
            appends: Vec::new(),
            markers: Vec::new(),
            answers: BTreeMap::new(),
        }
    }

    fn handle(&mut self, event: Event) {
        for effect in self.machine.handle(event, self.now_ms) {
            match effect {
                Effect::Append {
                    transactional_id,
                    value,
                } => self.appends.push((transactional_id, value)),
                Effect::Answer(id, answer) => {
                    assert!(
                        self.answers.insert(id, answer).is_none(),
                        "request {id} was answered twice"
                    );
                }
                Effect::WriteMarkers(markers) => self.markers.push(markers),
            }
        }
    }

    fn send(&mut self, transactional_id: &str, request: Request) -> RequestId {
        if self.machine.wants_producer_id() {
            self.machine.give_producer_id(self.next_producer_id);
            self.next_producer_id += 1;
        }
        let id = self.next_request;
        self.next_request += 1;
        self.handle(Event::Request {
            id,
            transactional_id: transactional_id.to_owned(),
            request,
        });
        id
    }

    /// Makes the oldest record durable, or loses it.
    fn append(&mut self, outcome: Result<(), ErrorCode>) {
        let (transactional_id, value) = self.appends.remove(0);
        if outcome.is_ok() {
            match value {
                Some(value) => self.log.insert(transactional_id.clone(), value),
                None => self.log.remove(&transactional_id),
            };
        }
        self.handle(Event::Appended {
            transactional_id,
            outcome,
        });
    }

    fn write_markers(&mut self, all: bool) {
        let transactional_id = self.markers.remove(0).transactional_id;
        self.handle(Event::MarkersWritten {
            transactional_id,
            all,
        });
    }

    fn settle(&mut self) {
        while !self.appends.is_empty() || !self.markers.is_empty() {
            while !self.appends.is_empty() {
                self.append(Ok(()));
            }
            while !self.markers.is_empty() {
                self.write_markers(true);
            }
        }
    }

    /// Sends, lets everything become durable, and returns the answer.
    fn ask(&mut self, request: Request) -> Answer {
        let id = self.send(ID, request);
        self.settle();
        self.answers.remove(&id).expect("a request is answered")
    }

    fn init(&mut self, expected: Option<(i64, i16)>) -> Answer {
        self.ask(Request::InitProducerId {
            timeout_ms: TIMEOUT_MS,
            expected,
        })
    }

    fn producer(&mut self) -> ProducerClaim {
        match self.init(None) {
            Answer::Producer(producer) => producer,
            other => panic!("no producer: {other:?}"),
        }
    }

    fn restart(&mut self) {
        self.machine = Coordinator::new(Limits::default(), self.log.clone());
        self.appends.clear();
        self.markers.clear();
    }

    fn state(&self) -> State {
        self.machine.transaction(ID).expect("known").state
    }

    fn set_epoch(&mut self, epoch: i16) {
        let known = self.log.get_mut(ID).expect("known");
        known.producer_epoch = epoch;
        self.restart();
    }
}

fn partition(index: i32) -> BTreeSet<NamedPartition> {
    [NamedPartition {
        topic: "t".to_owned(),
        index,
    }]
    .into()
}

fn add(producer: ProducerClaim, index: i32) -> Request {
    Request::AddPartitions {
        producer,
        partitions: partition(index),
    }
}

fn end(producer: ProducerClaim, commit: bool, client_version: i16) -> Request {
    Request::EndTransaction {
        producer,
        commit,
        client_version,
    }
}

fn claim(id: i64, epoch: i16) -> ProducerClaim {
    ProducerClaim { id, epoch }
}

#[test]
fn each_initialization_fences_the_producer_before_it() {
    let mut rig = Rig::new();
    let first = rig.producer();
    assert_eq!(first, claim(4_000, 0));
    assert_eq!(rig.producer(), claim(4_000, 1));
    let fenced = Answer::Refused(ErrorCode::ProducerFenced);
    assert_eq!(rig.ask(add(first, 0)), fenced);
    assert_eq!(rig.ask(end(first, true, 0)), fenced);
    assert_eq!(rig.init(Some((4_000, 0))), fenced);
}

#[test]
fn a_client_of_version_1_keeps_its_epoch_over_a_commit() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    assert_eq!(rig.ask(add(producer, 0)), Answer::Done);
    assert_eq!(rig.state(), State::Ongoing);
    assert_eq!(rig.ask(end(producer, true, 0)), Answer::Producer(producer));
    assert_eq!(rig.state(), State::CompleteCommit);
    // A retry.
    assert_eq!(rig.ask(end(producer, true, 0)), Answer::Producer(producer));
    let invalid = Answer::Refused(ErrorCode::InvalidTxnState);
    assert_eq!(rig.ask(end(producer, false, 0)), invalid);
}

#[test]
fn a_client_of_version_2_goes_on_with_the_next_epoch() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    let next = claim(producer.id, producer.epoch + 1);
    let commit = rig.send(ID, end(producer, true, 2));
    rig.append(Ok(()));
    assert_eq!(rig.answers[&commit], Answer::Producer(next));
    assert_eq!(rig.markers[0].producer, next);
    assert!(rig.markers[0].raised_epoch && rig.markers[0].commit);
    // While the markers are written, a retry is told to come back, and so is what comes next.
    let retry = rig.send(ID, end(producer, true, 2));
    let concurrent = Answer::Refused(ErrorCode::ConcurrentTransactions);
    assert_eq!(rig.answers[&retry], concurrent);
    let early = rig.send(ID, add(next, 0));
    assert_eq!(rig.answers[&early], concurrent);
    rig.settle();
    assert_eq!(rig.ask(end(producer, true, 2)), Answer::Producer(next));
    assert_eq!(rig.ask(add(next, 1)), Answer::Done);
    let fenced = Answer::Refused(ErrorCode::ProducerFenced);
    assert_eq!(rig.ask(end(producer, true, 2)), fenced);
}

#[test]
fn a_client_of_version_2_that_aborts_nothing_while_markers_are_written_comes_back_and_is_not_fenced()
 {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    let next = claim(producer.id, producer.epoch + 1);
    rig.send(ID, end(producer, true, 2));
    // Its record is on the way to the disk, and then its markers are.
    let concurrent = Answer::Refused(ErrorCode::ConcurrentTransactions);
    let early = rig.send(ID, end(next, false, 2));
    assert_eq!(rig.answers[&early], concurrent);
    rig.append(Ok(()));
    let early = rig.send(ID, end(next, false, 2));
    assert_eq!(rig.answers[&early], concurrent);
    rig.settle();
    let after = claim(producer.id, producer.epoch + 2);
    assert_eq!(rig.ask(end(next, false, 2)), Answer::Producer(after));
}

#[test]
fn a_client_of_version_2_may_abort_nothing_and_not_commit_it() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    let invalid = Answer::Refused(ErrorCode::InvalidTxnState);
    assert_eq!(rig.ask(end(producer, true, 2)), invalid);
    let next = claim(producer.id, producer.epoch + 1);
    assert_eq!(rig.ask(end(producer, false, 2)), Answer::Producer(next));
    assert_eq!(rig.state(), State::CompleteAbort);
    assert_eq!(rig.ask(end(next, true, 0)), invalid);
}

#[test]
fn a_producer_that_comes_back_aborts_what_is_ongoing_and_asks_again() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    let concurrent = Answer::Refused(ErrorCode::ConcurrentTransactions);
    let again = rig.send(
        ID,
        Request::InitProducerId {
            timeout_ms: TIMEOUT_MS,
            expected: None,
        },
    );
    rig.append(Ok(()));
    assert_eq!(rig.answers[&again], concurrent);
    assert_eq!(rig.state(), State::PrepareAbort);
    assert_eq!(rig.markers[0].partitions, partition(0));
    assert_eq!(rig.markers[0].producer.epoch, producer.epoch + 1);
    rig.settle();
    assert_eq!(rig.producer(), claim(producer.id, producer.epoch + 2));
}

#[test]
fn a_producer_may_go_on_with_the_id_and_epoch_that_it_has() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    let expected = Some((producer.id, producer.epoch));
    let next = Answer::Producer(claim(producer.id, producer.epoch + 1));
    assert_eq!(rig.init(expected), next);
    // A retry of that gets the same epoch.
    assert_eq!(rig.init(expected), next);
    let other = Answer::Refused(ErrorCode::ProducerFenced);
    assert_eq!(rig.init(Some((producer.id + 99, 0))), other);
}

#[test]
fn when_epochs_are_used_up_the_next_initialization_gets_another_producer_id() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.set_epoch(i16::MAX - 1);
    let Answer::Producer(next) = rig.init(None) else {
        panic!("a producer");
    };
    assert!(next.id != producer.id && next.epoch == 0);
    assert_eq!(
        rig.machine.transaction(ID).unwrap().previous_producer_id,
        producer.id
    );
}

#[test]
fn a_producer_whose_transaction_timed_out_at_its_last_epoch_gets_another_producer_id() {
    let mut rig = Rig::new();
    let first = rig.producer();
    rig.set_epoch(i16::MAX - 1);
    rig.ask(add(claim(first.id, i16::MAX - 1), 0));
    rig.now_ms += i64::from(TIMEOUT_MS) + 1;
    rig.handle(Event::Tick);
    rig.settle();
    let expected = Some((first.id, i16::MAX - 1));
    let Answer::Producer(next) = rig.init(expected) else {
        panic!("a producer");
    };
    assert!(next.id != first.id && next.epoch == 0);
    assert_eq!(rig.init(expected), Answer::Producer(next), "of a retry");
}

#[test]
fn when_epochs_are_used_up_the_end_of_a_transaction_gives_another_producer_id() {
    let mut rig = Rig::new();
    let first = rig.producer();
    rig.set_epoch(i16::MAX - 1);
    let producer = claim(first.id, i16::MAX - 1);
    rig.ask(add(producer, 0));
    let commit = rig.send(ID, end(producer, true, 2));
    rig.append(Ok(()));
    // The marker closes the old producer id for good.
    assert_eq!(rig.markers[0].producer, claim(first.id, i16::MAX));
    rig.settle();
    let Answer::Producer(next) = rig.answers[&commit] else {
        panic!("a producer");
    };
    assert!(next.id != first.id && next.epoch == 0);
    // A retry is told the same.
    assert_eq!(rig.ask(end(producer, true, 2)), Answer::Producer(next));
    assert_eq!(rig.ask(add(next, 0)), Answer::Done);
}

#[test]
fn a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    rig.now_ms += i64::from(TIMEOUT_MS);
    rig.handle(Event::Tick);
    assert!(rig.appends.is_empty());
    rig.now_ms += 1;
    rig.handle(Event::Tick);
    rig.settle();
    assert_eq!(rig.state(), State::CompleteAbort);
    let fenced = Answer::Refused(ErrorCode::ProducerFenced);
    assert_eq!(rig.ask(end(producer, true, 0)), fenced);
    assert_eq!(rig.ask(end(producer, false, 0)), fenced);
}

#[test]
fn a_timeout_above_the_maximum_is_refused() {
    let mut rig = Rig::new();
    for timeout_ms in [0, -1, 900_001] {
        let answer = rig.ask(Request::InitProducerId {
            timeout_ms,
            expected: None,
        });
        let invalid = Answer::Refused(ErrorCode::InvalidTransactionTimeout);
        assert_eq!(answer, invalid, "{timeout_ms}");
    }
    assert!(rig.machine.transaction(ID).is_none());
}

#[test]
fn a_transactional_id_too_many_is_refused() {
    let mut rig = Rig::new();
    let limits = Limits {
        ids_max: 1,
        ..Limits::default()
    };
    rig.machine = Coordinator::new(limits, BTreeMap::new());
    rig.producer();
    let init = Request::InitProducerId {
        timeout_ms: TIMEOUT_MS,
        expected: None,
    };
    let other = rig.send("another id", init);
    let refused = Answer::Refused(ErrorCode::PolicyViolation);
    assert_eq!(rig.answers[&other], refused);
    assert_eq!(rig.producer().epoch, 1);
}

#[test]
fn an_idle_transactional_id_is_forgotten_and_an_ongoing_one_is_not() {
    let mut rig = Rig::new();
    rig.producer();
    rig.now_ms += Limits::default().expiration_ms;
    rig.handle(Event::Tick);
    assert_eq!(rig.appends, [(ID.to_owned(), None)]);
    rig.settle();
    assert!(rig.machine.transaction(ID).is_none() && rig.log.is_empty());
    let unknown = Answer::Refused(ErrorCode::InvalidProducerIdMapping);
    assert_eq!(rig.ask(add(claim(4_000, 0), 0)), unknown);
}

#[test]
fn partitions_are_verified_against_the_ongoing_transaction() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    let mut partitions = partition(0);
    partitions.extend(partition(1));
    let answer = rig.ask(Request::VerifyPartitions {
        producer,
        partitions,
    });
    let Answer::Verified(verified) = answer else {
        panic!("verified: {answer:?}");
    };
    let codes: Vec<ErrorCode> = verified.into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, [ErrorCode::None, ErrorCode::TransactionAbortable]);
}

#[test]
fn a_record_that_is_lost_changes_nothing() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 0));
    let id = rig.send(ID, end(producer, true, 2));
    rig.append(Err(ErrorCode::NotCoordinator));
    assert_eq!(rig.answers[&id], Answer::Refused(ErrorCode::NotCoordinator));
    assert_eq!(rig.state(), State::Ongoing);
    assert!(rig.markers.is_empty());
    assert_eq!(
        rig.ask(end(producer, true, 2)),
        Answer::Producer(claim(producer.id, producer.epoch + 1))
    );
}

#[test]
fn a_decision_outlives_a_restart_until_its_markers_are_written() {
    let mut rig = Rig::new();
    let producer = rig.producer();
    rig.ask(add(producer, 3));
    rig.send(ID, end(producer, true, 2));
    rig.append(Ok(()));
    for _ in 0..3 {
        rig.restart();
        rig.handle(Event::Tick);
        assert_eq!(rig.markers.len(), 1);
        assert!(rig.markers[0].commit);
        assert_eq!(rig.markers[0].partitions, partition(3));
    }
    // Not all were written: asked for again, and once at a time.
    rig.write_markers(false);
    rig.handle(Event::Tick);
    rig.handle(Event::Tick);
    assert_eq!(rig.markers.len(), 1);
    rig.settle();
    assert_eq!(rig.state(), State::CompleteCommit);
}

/// A small generator: the schedules are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What the markers have decided, by producer and its epoch: a transaction is never both.
#[derive(Default)]
struct Decided(BTreeMap<(i64, i16), bool>);

impl Decided {
    fn note(&mut self, markers: &Markers) {
        let producer = (markers.producer.id, markers.producer.epoch);
        if markers.raised_epoch {
            let before = self.0.insert(producer, markers.commit);
            assert!(
                before.is_none_or(|before| before == markers.commit),
                "{producer:?} was decided both ways"
            );
        }
    }
}

/// Random requests of clients that know what they were told or guess, lost records, late markers, restarts: no epoch is
/// given to two, no transaction is decided twice, and everything comes to an end.
#[test]
fn random_schedules_keep_the_promises() {
    for seed in 1..400 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut rig = Rig::new();
        let mut decided = Decided::default();
        let mut given: BTreeSet<(i64, i16)> = BTreeSet::new();
        let mut known = claim(4_000, 0);
        let mut inits: BTreeSet<RequestId> = BTreeSet::new();
        for _ in 0..120 {
            rig.now_ms += i64::try_from(dice.roll(2_000)).unwrap();
            let stale = claim(known.id, known.epoch - i16::try_from(dice.roll(2)).unwrap());
            match dice.roll(12) {
                0 => {
                    let init = Request::InitProducerId {
                        timeout_ms: TIMEOUT_MS,
                        expected: None,
                    };
                    inits.insert(rig.send(ID, init));
                }
                1..=3 => {
                    let index = i32::try_from(dice.roll(4)).unwrap();
                    rig.send(ID, add(stale, index));
                }
                4 | 5 => {
                    let (commit, version) = (dice.roll(2) == 0, 2);
                    rig.send(ID, end(stale, commit, version));
                }
                6 => rig.handle(Event::Tick),
                7 => rig.restart(),
                8 if !rig.markers.is_empty() => rig.write_markers(dice.roll(3) > 0),
                9 if !rig.appends.is_empty() => rig.append(Err(ErrorCode::NotCoordinator)),
                _ if !rig.appends.is_empty() => rig.append(Ok(())),
                _ => {}
            }
            assert!(rig.appends.len() <= 1, "one record of an id at a time");
            for markers in &rig.markers {
                decided.note(markers);
            }
            for (id, answer) in std::mem::take(&mut rig.answers) {
                if let Answer::Producer(producer) = answer {
                    if inits.remove(&id) {
                        let is_new = given.insert((producer.id, producer.epoch));
                        assert!(is_new, "seed {seed}: {producer:?} was given to two");
                    }
                    known = producer;
                }
            }
        }
        // Everything that was decided comes to its end.
        rig.settle();
        rig.now_ms += i64::from(TIMEOUT_MS) + 1;
        rig.handle(Event::Tick);
        rig.settle();
        assert!(
            rig.machine
                .transaction(ID)
                .is_none_or(|known| known.state.is_idle()),
            "seed {seed}"
        );
        // What the log says is what the machine knows, but for what the log does not hold.
        let durable = rig.log.get(ID).cloned();
        assert_eq!(rig.machine.transaction(ID).cloned(), durable, "seed {seed}");
    }
}
