//! A transaction of two partitions with the offsets of a group, through every order in which its records can become
//! durable, cut by a crash at every point of each and again while what the crash has interrupted is finished: all of it
//! counts, or nothing.
//!
//! Pure: the two coordinators' machines are the real ones, their logs are lists, and so are the two partitions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::types::ProducerId;
use corelane_protocol::ErrorCode;
use uuid::Uuid;

use super::machine::{
    Answer, Coordinator, Effect, Event, Limits, Markers, ProducerClaim, Request, RequestId,
};
use super::state::{NamedPartition, State, TRANSACTION_VERSION_2, Transaction};
use crate::groups::GroupSettings;
use crate::groups::machine::GroupMachine;
use crate::groups::offsets::{Committing, NewOffset};
use crate::groups::outbox::{self, Append, Reply, Then, Ticket};
use crate::groups::record::GroupRecord;
use crate::groups::timers::Now;

const ID: &str = "id";
const GROUP: &str = "group";
const DATA: &str = "data";
const OFFSETS: &str = "offsets";
const OFFSET: i64 = 17;
const TIMEOUT_MS: i32 = 60_000;
const CRASHES: usize = 2;
/// Turns after which whatever is still not finished never will be.
const TURNS_MAX: usize = 200;

/// One way through the walk, and the next one after it: what was chosen of how many, in order.
#[derive(Default)]
struct Choices {
    taken: Vec<(usize, usize)>,
    at: usize,
}

impl Choices {
    fn choose(&mut self, options: usize) -> usize {
        if self.at == self.taken.len() {
            self.taken.push((0, options));
        }
        let (chosen, known) = self.taken[self.at];
        assert_eq!(known, options, "the same choices lead to the same place");
        self.at += 1;
        chosen
    }

    /// Goes on to the next way; false when there is none.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((chosen, options)) = self.taken.pop() {
            if chosen + 1 < options {
                self.taken.push((chosen + 1, options));
                return true;
            }
        }
        false
    }
}

/// What a broken implementation would do, for the walk to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// A start does not write the markers of what was decided before.
    ForgetsMarkers,
    /// A start takes pending offsets for committed ones.
    TakesPendingOffsets,
    /// Markers are written before the decision is durable.
    DecidesEarly,
}

#[derive(Clone, Debug)]
enum InPartition {
    Data(ProducerClaim),
    Marker(ProducerClaim, bool),
}

impl InPartition {
    fn producer(&self) -> ProducerClaim {
        match self {
            InPartition::Data(producer) | InPartition::Marker(producer, _) => *producer,
        }
    }
}

#[derive(Clone, Debug)]
enum InOffsets {
    Records(Vec<GroupRecord>, Option<outbox::Transaction>),
    Marker(NewMarker),
}

/// What is on the disk.
#[derive(Clone, Debug, Default)]
struct Disk {
    decisions: BTreeMap<String, Transaction>,
    offsets: Vec<InOffsets>,
    data: [Vec<InPartition>; 2],
}

/// A write under way.
#[derive(Debug)]
enum Write {
    Decision(Option<Transaction>),
    Offsets(Append),
    Data(usize, InPartition),
}

impl Write {
    /// The log that it goes to.
    fn log(&self) -> usize {
        match self {
            Write::Data(partition, _) => *partition,
            Write::Offsets(_) => 2,
            Write::Decision(_) => 3,
        }
    }

    fn reach(&self, disk: &mut Disk) {
        match self {
            Write::Decision(None) => drop(disk.decisions.remove(ID)),
            Write::Decision(Some(state)) => {
                disk.decisions.insert(ID.to_owned(), state.clone());
            }
            Write::Offsets(append) => disk.offsets.push(match &append.then {
                Then::TransactionEnded { marker, .. } => InOffsets::Marker(*marker),
                _ => InOffsets::Records(append.records.clone(), append.transaction),
            }),
            Write::Data(partition, entry) => disk.data[*partition].push(entry.clone()),
        }
    }
}

/// The broker has died.
struct Crashed;

/// The broker, its disk, and who decides what happens next.
struct World<'a> {
    choices: &'a mut Choices,
    flaw: Flaw,
    crashes_left: usize,
    coordinator: Coordinator,
    group: GroupMachine,
    disk: Disk,
    writes: Vec<Write>,
    answers: HashMap<RequestId, Answer>,
    stored: HashMap<Ticket, Result<(), ErrorCode>>,
    /// Markers of the decision that are not durable yet.
    markers_left: usize,
    next: u64,
    now_ms: i64,
    has_restarted: bool,
}

impl<'a> World<'a> {
    fn new(choices: &'a mut Choices, flaw: Flaw) -> Self {
        let mut world = World {
            choices,
            flaw,
            crashes_left: CRASHES,
            coordinator: Coordinator::default(),
            group: GroupMachine::new(GroupSettings::default()),
            disk: Disk::default(),
            writes: Vec::new(),
            answers: HashMap::new(),
            stored: HashMap::new(),
            markers_left: 0,
            next: 0,
            now_ms: 1_000,
            has_restarted: false,
        };
        world.start();
        world
    }

    fn now(&self) -> Now {
        Now {
            elapsed_ms: self.now_ms.unsigned_abs(),
            wall_ms: self.now_ms,
        }
    }

    /// Both coordinators as their logs have them.
    fn start(&mut self) {
        self.writes.clear();
        self.answers.clear();
        self.stored.clear();
        self.markers_left = 0;
        self.coordinator = Coordinator::new(Limits::default(), self.disk.decisions.clone());
        self.group = GroupMachine::new(GroupSettings::default());
        let mut offset = 0;
        for entry in self.disk.offsets.clone() {
            match entry {
                InOffsets::Marker(marker) => {
                    let is_committed = marker.marker.verdict == Verdict::Commit;
                    self.group
                        .end_transaction(marker.producer_id.0, is_committed);
                    offset += 1;
                }
                InOffsets::Records(records, transaction) => {
                    let producer = transaction.map(|transaction| transaction.producer_id);
                    let producer = producer.filter(|_| self.flaw != Flaw::TakesPendingOffsets);
                    for record in records {
                        self.group.replay(record, producer, offset);
                        offset += 1;
                    }
                }
            }
        }
        let now = self.now();
        self.group.finish_loading(now);
        self.take_group();
        self.drive(Event::Tick);
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn drive(&mut self, event: Event) {
        if self.coordinator.wants_producer_id() {
            let id = self.number();
            self.coordinator
                .give_producer_id(i64::try_from(id).unwrap());
        }
        for effect in self.coordinator.handle(event, self.now_ms) {
            match effect {
                Effect::Append { value, .. } => {
                    self.write_early(value.as_ref());
                    self.writes.push(Write::Decision(value));
                }
                Effect::Answer(id, answer) => {
                    self.answers.insert(id, answer);
                }
                Effect::WriteMarkers(markers) => self.write_markers(&markers),
            }
        }
    }

    /// [`Flaw::DecidesEarly`].
    fn write_early(&mut self, value: Option<&Transaction>) {
        let is_first = self.flaw == Flaw::DecidesEarly && !self.has_restarted;
        let Some(decided) = value.filter(|value| is_first && value.state.is_prepared()) else {
            return;
        };
        let marker = InPartition::Marker(
            ProducerClaim {
                id: decided.producer_id,
                epoch: decided.producer_epoch,
            },
            decided.state == State::PrepareCommit,
        );
        self.writes.push(Write::Data(0, marker));
        self.markers_left += 1;
    }

    fn write_markers(&mut self, markers: &Markers) {
        if self.flaw == Flaw::ForgetsMarkers && self.has_restarted {
            return;
        }
        for partition in &markers.partitions {
            self.markers_left += 1;
            if partition.topic == OFFSETS {
                let ticket = Ticket(self.number());
                self.group.append_marker(marker_of(markers), ticket);
                self.take_group();
                continue;
            }
            let marker = InPartition::Marker(markers.producer, markers.commit);
            let index = usize::try_from(partition.index).unwrap();
            match self.is_fenced(index, markers.producer) {
                true => self.markers_left -= 1,
                false => self.writes.push(Write::Data(index, marker)),
            }
        }
        self.markers_may_be_done();
    }

    /// A partition takes nothing of an older epoch.
    fn is_fenced(&self, index: usize, producer: ProducerClaim) -> bool {
        let written = self.disk.data[index].iter();
        let under_way = self.writes.iter().filter_map(|write| match write {
            Write::Data(partition, entry) if *partition == index => Some(entry),
            _ => None,
        });
        let mut known = written.chain(under_way).map(InPartition::producer);
        known.any(|known| known.id == producer.id && known.epoch > producer.epoch)
    }

    fn markers_may_be_done(&mut self) {
        if self.markers_left == 0 {
            self.drive(Event::MarkersWritten {
                transactional_id: ID.to_owned(),
                all: true,
            });
        }
    }

    fn take_group(&mut self) {
        let outbox = self.group.take_outbox();
        for (ticket, reply) in outbox.replies {
            if let Reply::Stored(outcome) = reply {
                self.stored.insert(ticket, outcome);
            }
        }
        self.writes
            .extend(outbox.appends.into_iter().map(Write::Offsets));
    }

    /// The writes that can be the next to become durable: each log keeps its order.
    fn first_writes(&self) -> Vec<usize> {
        let is_first = |place: &usize| {
            let log = self.writes[*place].log();
            self.writes[..*place].iter().all(|write| write.log() != log)
        };
        (0..self.writes.len()).filter(is_first).collect()
    }

    /// One write becomes durable, or the broker dies.
    fn turn(&mut self) -> Result<(), Crashed> {
        let first = self.first_writes();
        let may_crash = usize::from(self.crashes_left > 0);
        match first.get(self.choices.choose(first.len() + may_crash)) {
            None => self.crash(),
            Some(place) => {
                let write = self.writes.remove(*place);
                write.reach(&mut self.disk);
                self.is_durable(write);
                Ok(())
            }
        }
    }

    fn is_durable(&mut self, write: Write) {
        match write {
            Write::Decision(_) => self.drive(Event::Appended {
                transactional_id: ID.to_owned(),
                outcome: Ok(()),
            }),
            Write::Data(_, InPartition::Data(_)) => {}
            Write::Data(_, InPartition::Marker(..)) => {
                self.markers_left -= 1;
                self.markers_may_be_done();
            }
            Write::Offsets(append) => {
                let is_marker = matches!(append.then, Then::TransactionEnded { .. });
                let count = append.records.len().max(1);
                let end = i64::try_from(self.disk.offsets.len() * 10 + count).unwrap();
                let now = self.now();
                self.group.appended(now, append, Ok(end));
                self.take_group();
                if is_marker {
                    self.markers_left -= 1;
                    self.markers_may_be_done();
                }
            }
        }
    }

    /// Of each log, some of what was under way has reached the disk.
    fn crash(&mut self) -> Result<(), Crashed> {
        self.crashes_left -= 1;
        let mut lost = BTreeSet::new();
        for write in std::mem::take(&mut self.writes) {
            let log = write.log();
            if lost.contains(&log) || self.choices.choose(2) == 0 {
                lost.insert(log);
            } else {
                write.reach(&mut self.disk);
            }
        }
        self.has_restarted = true;
        self.start();
        Err(Crashed)
    }

    fn ask(&mut self, request: Request) -> Result<Answer, Crashed> {
        for _ in 0..TURNS_MAX {
            let id = self.number();
            self.drive(Event::Request {
                id,
                transactional_id: ID.to_owned(),
                request: request.clone(),
            });
            loop {
                match self.answers.remove(&id) {
                    // Asked again when something has happened.
                    Some(Answer::Refused(ErrorCode::ConcurrentTransactions)) => break,
                    Some(answer) => return Ok(answer),
                    None => self.turn()?,
                }
            }
            match self.writes.is_empty() {
                true => self.drive(Event::Tick),
                false => self.turn()?,
            }
        }
        // What hangs shows in what is committed.
        Ok(Answer::Refused(ErrorCode::ConcurrentTransactions))
    }

    fn produce(&mut self, producer: ProducerClaim) -> Result<(), Crashed> {
        for index in [0, 1] {
            let data = InPartition::Data(producer);
            self.writes.push(Write::Data(index, data));
        }
        while !self.writes.is_empty() {
            self.turn()?;
        }
        Ok(())
    }

    fn commit_offset(&mut self, producer: ProducerClaim) -> Result<(), Crashed> {
        let (ticket, now) = (Ticket(self.number()), self.now());
        let accepted = self.group.commit(now, committing(producer), ticket);
        assert!(accepted.expect("a group without members").is_pending);
        self.take_group();
        loop {
            match self.stored.remove(&ticket) {
                Some(outcome) => return outcome.map_err(|code| panic!("{code:?}")),
                None => self.turn()?,
            }
        }
    }

    /// Until nothing is under way, and what nobody decides has been aborted for its age.
    fn settle(&mut self) -> Result<(), Crashed> {
        for _ in 0..TURNS_MAX {
            while !self.writes.is_empty() {
                self.turn()?;
            }
            let known = self.coordinator.transaction(ID);
            if known.is_none_or(|known| known.state.is_idle()) {
                return Ok(());
            }
            self.now_ms += i64::from(TIMEOUT_MS);
            self.drive(Event::Tick);
        }
        Ok(())
    }

    fn settle_at_last(&mut self) {
        while self.settle().is_err() {}
    }

    /// Whether a partition's data is committed; none where it is open.
    fn is_committed(&self, index: usize) -> Option<bool> {
        let mut open: BTreeMap<i64, usize> = BTreeMap::new();
        let mut committed = 0;
        for entry in &self.disk.data[index] {
            match entry {
                InPartition::Data(producer) => *open.entry(producer.id).or_default() += 1,
                InPartition::Marker(producer, commits) => {
                    let decided = open.remove(&producer.id).unwrap_or(0);
                    committed += if *commits { decided } else { 0 };
                }
            }
        }
        assert!(committed <= 1, "{:?}", self.disk.data);
        open.is_empty().then_some(committed == 1)
    }

    /// As [`World::is_committed`], of the offset.
    fn is_offset_committed(&self) -> Option<bool> {
        let found = self.group.fetch_offsets(GROUP, None, true);
        let mut found = found.iter().flat_map(|topic| &topic.partitions);
        let Some(found) = found.next() else {
            // Offsets that are only pending are in no list of all.
            let pending = self.group.pending.values();
            let is_open = pending.flatten().next().is_some();
            return (!is_open).then_some(false);
        };
        match found.error_code == ErrorCode::None.code() {
            true => Some(found.committed_offset == OFFSET),
            false => None,
        }
    }
}

fn marker_of(markers: &Markers) -> NewMarker {
    NewMarker {
        producer_id: ProducerId(markers.producer.id),
        producer_epoch: markers.producer.epoch,
        marker: Marker {
            verdict: match markers.commit {
                true => Verdict::Commit,
                false => Verdict::Abort,
            },
            coordinator_epoch: 0,
        },
        raised_epoch: markers.raised_epoch,
    }
}

fn committing(producer: ProducerClaim) -> Committing {
    Committing {
        group: GROUP.to_owned(),
        generation: -1,
        member: String::new(),
        instance: None,
        version: 5,
        retention_ms: None,
        transaction: Some(outbox::Transaction {
            producer_id: producer.id,
            producer_epoch: producer.epoch,
        }),
        offsets: vec![NewOffset {
            topic: "read".to_owned(),
            topic_id: Uuid::nil(),
            partition: 0,
            offset: OFFSET,
            leader_epoch: -1,
            metadata: None,
        }],
    }
}

fn partitions(topic: &str, indexes: &[i32]) -> BTreeSet<NamedPartition> {
    let named = |index: &i32| NamedPartition {
        topic: topic.to_owned(),
        index: *index,
    };
    indexes.iter().map(named).collect()
}

/// What a client does.
#[derive(Clone, Copy, Debug)]
struct Plan {
    commits: bool,
    client_version: i16,
}

/// What the client knows.
#[derive(Debug, Default)]
struct Known {
    producer: Option<ProducerClaim>,
    has_asked_to_end: bool,
    /// The answer to EndTxn: carried out, or refused.
    ended: Option<bool>,
}

fn begin_and_end(world: &mut World<'_>, plan: Plan, known: &mut Known) -> Result<(), Crashed> {
    let Answer::Producer(producer) = world.ask(init())? else {
        panic!("no producer");
    };
    known.producer = Some(producer);
    for partitions in [partitions(DATA, &[0, 1]), partitions(OFFSETS, &[0])] {
        let is_offsets = partitions
            .iter()
            .any(|partition| partition.topic == OFFSETS);
        let added = Request::AddPartitions {
            producer,
            partitions,
        };
        assert_eq!(world.ask(added)?, Answer::Done);
        match is_offsets {
            true => world.commit_offset(producer)?,
            false => world.produce(producer)?,
        }
    }
    end(world, plan, known)
}

fn init() -> Request {
    Request::InitProducerId {
        timeout_ms: TIMEOUT_MS,
        expected: None,
    }
}

fn end(world: &mut World<'_>, plan: Plan, known: &mut Known) -> Result<(), Crashed> {
    let producer = known.producer.expect("it has begun");
    known.has_asked_to_end = true;
    let answer = world.ask(Request::EndTransaction {
        producer,
        commit: plan.commits,
        client_version: plan.client_version,
    })?;
    known.ended = Some(match answer {
        Answer::Producer(_) | Answer::Done => true,
        Answer::Refused(_) => false,
        Answer::Verified(_) => panic!("a verification"),
    });
    Ok(())
}

/// After a crash: a client that has asked to end asks again; else it is gone, and maybe a successor comes.
fn go_on(world: &mut World<'_>, plan: Plan, known: &mut Known) -> Result<(), Crashed> {
    let comes_back = world.choices.choose(2) == 1;
    match (comes_back, known.has_asked_to_end) {
        (false, _) => Ok(()),
        (true, true) if known.ended.is_none() => end(world, plan, known),
        (true, _) => world.ask(init()).map(drop),
    }
}

/// One way to its end; what is wrong with it.
fn play(choices: &mut Choices, flaw: Flaw, plan: Plan) -> Option<String> {
    let mut world = World::new(choices, flaw);
    let mut known = Known::default();
    let mut lived = begin_and_end(&mut world, plan, &mut known).and_then(|()| world.settle());
    while lived.is_err() {
        lived = go_on(&mut world, plan, &mut known).and_then(|()| world.settle());
    }
    world.settle_at_last();
    let parts = [
        world.is_committed(0),
        world.is_committed(1),
        world.is_offset_committed(),
    ];
    let is_all = parts == [Some(true); 3];
    let is_nothing = parts == [Some(false); 3];
    let is_right = match known.ended {
        Some(true) if plan.commits => is_all,
        Some(_) => is_nothing,
        None => is_nothing || (is_all && plan.commits && known.has_asked_to_end),
    };
    (!is_right).then(|| format!("{plan:?}, {known:?}: {parts:?}, {:?}", world.disk))
}

/// How many ways there are, and the first that goes wrong.
fn walk(flaw: Flaw, plan: Plan) -> (usize, Option<String>) {
    let mut choices = Choices::default();
    for count in 1.. {
        if let Some(wrong) = play(&mut choices, flaw, plan) {
            return (count, Some(format!("{wrong}, by {:?}", choices.taken)));
        }
        if !choices.advance() {
            return (count, None);
        }
    }
    (usize::MAX, None)
}

const PLANS: [Plan; 4] = [
    Plan {
        commits: true,
        client_version: 0,
    },
    Plan {
        commits: false,
        client_version: 0,
    },
    Plan {
        commits: true,
        client_version: TRANSACTION_VERSION_2,
    },
    Plan {
        commits: false,
        client_version: TRANSACTION_VERSION_2,
    },
];

#[test]
fn a_transaction_with_offsets_counts_whole_or_not_at_all_whatever_crashes_cut_it() {
    for plan in PLANS {
        let (count, wrong) = walk(Flaw::None, plan);
        println!("{plan:?}: {count} ways");
        assert_eq!(wrong, None);
        assert!(count > 1_000, "{plan:?}: only {count} ways");
    }
}

#[test]
fn the_walk_notices_what_is_broken() {
    for flaw in [
        Flaw::ForgetsMarkers,
        Flaw::TakesPendingOffsets,
        Flaw::DecidesEarly,
    ] {
        let noticed = PLANS.iter().any(|plan| walk(flaw, *plan).1.is_some());
        assert!(noticed, "{flaw:?}");
    }
}
