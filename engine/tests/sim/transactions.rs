//! Transactions over two partitions and the offsets of a group, crashed at every I/O, and again while what a crash has
//! interrupted is being finished: all of a transaction is read, or nothing.
//!
//! The engine knows batches and markers; who decides is played here as Kafka's coordinator does it: the decision is a
//! record of a partition of its own, durable before it is answered and before any marker is written; after a start the
//! markers of a decision that may lack some are written again, and what was not decided is aborted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use corelane_engine::io::Disk;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields, Records};
use corelane_engine::sim::{
    CrashMode, DATA, Dice, Outcome, SimDisk, SimEngine, SimPartition, Simulation, Storage,
};
use corelane_engine::{Acks, NewTopic, ProducerId, TopicPartition, ValidBatch};

use crate::crashes::number;
use crate::model::header;
use crate::play::{read_log, settings};
use crate::promises::{LIFE, ROLLING};

const TRANSACTIONS: usize = 4;
/// Batches of a transaction in each partition; the second follows when the first is durable.
const BATCHES: i32 = 2;
const PRODUCER: ProducerId = ProducerId(7);
/// Of the crash points of a recovery so many are tried in one mode.
const AGAIN_ONE_IN: u64 = 150;

/// The partitions, which keep their places over crashes.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// Two of a topic, and the group's of the offsets.
    parts: [TopicPartition; 3],
    /// The coordinator's.
    decisions: TopicPartition,
}

/// What the one who decides has been told to be durable: whether each transaction commits.
type Answered = Rc<RefCell<BTreeMap<usize, bool>>>;

/// How producers' epochs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// One epoch for all transactions.
    One,
    /// Each decision raises it (KIP-890).
    Two,
}

impl Version {
    fn epoch(self, transaction: usize) -> i16 {
        match self {
            Version::One => 0,
            Version::Two => i16::try_from(transaction).expect("few"),
        }
    }

    fn marker(self, transaction: usize, commits: bool) -> NewMarker {
        let raises = self == Version::Two;
        NewMarker {
            producer_id: PRODUCER,
            producer_epoch: self.epoch(transaction) + i16::from(raises),
            marker: Marker {
                verdict: match commits {
                    true => Verdict::Commit,
                    false => Verdict::Abort,
                },
                coordinator_epoch: 0,
            },
            raised_epoch: raises,
        }
    }
}

/// Every third one is aborted.
fn commits(transaction: usize) -> bool {
    transaction % 3 != 1
}

async fn create(name: &str, partitions: u32) -> uuid::Uuid {
    let configs = ROLLING.iter();
    let topic = NewTopic {
        name: name.to_owned(),
        partitions,
        configs: configs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let created = SimEngine.create_topic(topic).await;
    created.expect("the disk is well")
}

async fn create_all() -> Places {
    let (data, others) = (create("data", 2).await, create("offsets", 1).await);
    let decisions = create("decisions", 1).await;
    let place = |topic_id, partition| TopicPartition {
        topic_id,
        partition,
    };
    Places {
        parts: [place(data, 0), place(data, 1), place(others, 0)],
        decisions: place(decisions, 0),
    }
}

/// One record.
fn batch_of(value: &str, producer: Option<ProducerFields>) -> ValidBatch {
    let mut builder = BatchBuilder::new(BatchOptions {
        producer,
        is_transactional: producer.is_some(),
        ..BatchOptions::default()
    });
    let record = NewRecord {
        timestamp_ms: 1_700_000_000_000,
        key: Some(b"key"),
        value: Some(value.as_bytes()),
        headers: &[],
    };
    builder.append(&record).expect("the batch is small");
    let bytes = builder.build().expect("the batch has a record");
    ValidBatch::check_foreign(bytes, 1 << 20).expect("well made")
}

async fn append(place: TopicPartition, batch: ValidBatch) {
    let sent = SimEngine.append(place, batch, Acks::Durable).await;
    sent.expect("the disk is well");
}

/// A producer's batches are of the broker's own, without sequence numbers, in the offsets as everywhere here.
async fn append_open(place: TopicPartition, transaction: usize, number: i32, version: Version) {
    let producer = ProducerFields {
        id: PRODUCER,
        epoch: version.epoch(transaction),
        base_sequence: -1,
    };
    let value = format!("{transaction}:{number}");
    append(place, batch_of(&value, Some(producer))).await;
}

async fn decide(places: Places, transaction: usize, word: &str) {
    let value = format!("{transaction}:{word}");
    append(places.decisions, batch_of(&value, None)).await;
}

/// Writes the markers of a decision, all at once; a newer decision in a partition needs none.
async fn write_markers(places: Places, new: NewMarker) {
    let done = Rc::new(RefCell::new(0));
    for place in places.parts {
        let done = done.clone();
        SimEngine.spawn(async move {
            let write = move |open: Rc<SimPartition>| async move {
                match open.append_marker(&new) {
                    Ok(pending) => pending.await.map(drop),
                    Err(refused) => Err(refused),
                }
            };
            let written = SimEngine.with_partition(place, write).await;
            written
                .expect("the partition is open")
                .expect("the disk is well");
            *done.borrow_mut() += 1;
        });
    }
    while *done.borrow() < places.parts.len() {
        SimDisk.sleep(Duration::from_micros(50)).await;
    }
}

/// One life in which every transaction is begun and decided.
async fn live(version: Version, place: Rc<RefCell<Option<Places>>>, answered: Answered) {
    SimEngine.open().await.expect("the disk is well");
    let places = create_all().await;
    place.replace(Some(places));
    for transaction in 0..TRANSACTIONS {
        for number in 0..BATCHES {
            for part in places.parts {
                append_open(part, transaction, number, version).await;
            }
        }
        let commits = commits(transaction);
        let word = if commits { "commit" } else { "abort" };
        decide(places, transaction, word).await;
        answered.borrow_mut().insert(transaction, commits);
        write_markers(places, version.marker(transaction, commits)).await;
        decide(places, transaction, "complete").await;
    }
}

fn values_of(batch: &[u8]) -> Vec<String> {
    let records = Records::open(batch).expect("well made");
    let value = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into();
    let records = records.iter();
    records
        .map(|record| value(record.expect("well made").value))
        .collect()
}

/// After a start: the last transaction of which anything is known is finished, as the coordinator would.
async fn finish(places: Places, version: Version) -> Result<(), String> {
    let log = read_log(places.decisions).await?;
    let log = log.ok_or("the decisions are not open")?;
    let decisions: Vec<String> = log
        .batches
        .iter()
        .flat_map(|batch| values_of(batch))
        .collect();
    let (transaction, word) = match decisions.last().map(|last| last.split_once(':')) {
        None => (0, "begun"),
        Some(Some((number, "complete"))) => {
            (number.parse::<usize>().expect("a number") + 1, "begun")
        }
        Some(Some((number, word))) => (number.parse().expect("a number"), word),
        Some(None) => return Err(format!("I1: no decision: {decisions:?}")),
    };
    if word == "begun" {
        decide(places, transaction, "abort").await;
    }
    write_markers(places, version.marker(transaction, word == "commit")).await;
    decide(places, transaction, "complete").await;
    Ok(())
}

/// The values of one partition that a reader of what is committed sees.
async fn committed(place: TopicPartition) -> Result<Vec<String>, String> {
    let stable = SimEngine.with_partition(place, |open| async move {
        let stable = open.last_stable_offset();
        let aborted = open.aborted_ranges(open.log_start_offset(), stable);
        (stable, open.high_watermark(), aborted)
    });
    let (stable, end, aborted) = stable.await.ok_or("a partition is not open")?;
    if stable != end {
        return Err(format!("{place}: open from {stable} on, the end is {end}"));
    }
    let log = read_log(place).await?.ok_or("a partition is not open")?;
    let is_aborted = |batch: &[u8]| {
        let header = header(batch);
        let offset = header.base_offset().0;
        aborted.iter().any(|range| {
            let (first, last) = (range.first_offset, range.last_offset);
            range.producer_id == header.producer_id().0 && (first..=last).contains(&offset)
        })
    };
    let data = log.batches.iter();
    let data = data.filter(|batch| !header(batch).is_control() && !is_aborted(batch));
    Ok(data.flat_map(|batch| values_of(batch)).collect())
}

/// Holds what is read against what was answered.
async fn judge(places: Places, answered: &BTreeMap<usize, bool>) -> Result<(), String> {
    let mut read = Vec::new();
    for place in places.parts {
        read.push(committed(place).await?);
    }
    for transaction in 0..TRANSACTIONS {
        let all: Vec<String> = (0..BATCHES)
            .map(|number| format!("{transaction}:{number}"))
            .collect();
        let of_part = |values: &Vec<String>| {
            let prefix = format!("{transaction}:");
            let values = values.iter().filter(|value| value.starts_with(&prefix));
            values.cloned().collect::<Vec<_>>()
        };
        let found: Vec<Vec<String>> = read.iter().map(of_part).collect();
        let is_all = found.iter().all(|found| *found == all);
        let is_nothing = found.iter().all(Vec::is_empty);
        let is_as_answered = match answered.get(&transaction) {
            Some(true) => is_all,
            Some(false) => is_nothing,
            // One that was to be aborted is never committed.
            None => is_nothing || (is_all && commits(transaction)),
        };
        if !is_as_answered {
            let answer = answered.get(&transaction);
            return Err(format!(
                "transaction {transaction}, answered {answer:?}: {found:?}"
            ));
        }
    }
    Ok(())
}

/// What a crash has left.
struct Left {
    storage: Storage,
    answered: BTreeMap<usize, bool>,
    name: String,
}

#[derive(Default)]
struct Walked {
    crashes: u64,
    failures: Vec<String>,
}

type Shared<T> = Rc<RefCell<T>>;

/// Starts on what a crash has left, finishes, and judges; where `again` is set, crashes of this are tried as well.
fn recover(left: Left, places: Places, version: Version, again: bool, walked: &Shared<Walked>) {
    let count = walked.borrow().crashes;
    walked.borrow_mut().crashes += 1;
    let sim = Simulation::new(settings(count, 1), left.storage);
    if again {
        let mut dice = Dice::of(&[count, 3]);
        let (answered, name) = (left.answered.clone(), left.name.clone());
        let walked = walked.clone();
        sim.observe(move |point| {
            if dice.once_in(AGAIN_ONE_IN) {
                let mode = CrashMode::ALL[dice.index(CrashMode::ALL.len())];
                let left = Left {
                    storage: point.crash(mode, point.number()),
                    answered: answered.clone(),
                    name: format!("{name}, then {}:{mode:?}", point.number()),
                };
                recover(left, places, version, false, &walked);
            }
        });
    }
    let answered = left.answered;
    let judged = sim.run(LIFE, async move {
        SimEngine.open().await.map_err(|error| error.to_string())?;
        finish(places, version).await?;
        judge(places, &answered).await
    });
    let error = match judged {
        Outcome::Done(Ok(())) => return,
        Outcome::Done(Err(error)) => error,
        Outcome::Crashed | Outcome::Stuck => "I8: stuck".to_owned(),
    };
    let failure = format!("{}: {error}", left.name);
    walked.borrow_mut().failures.push(failure);
}

fn walk(version: Version) -> Walked {
    let sim = Simulation::new(settings(0, 0), Storage::new(DATA));
    let place: Shared<Option<Places>> = Rc::default();
    let answered = Answered::default();
    let walked: Shared<Walked> = Rc::default();
    let stride = number("CORELANE_SIM_CRASH_STRIDE").unwrap_or(1);
    let mut dice = Dice::of(&[stride, 2]);
    let (found, seen, told) = (walked.clone(), place.clone(), answered.clone());
    sim.observe(move |point| {
        // Before all partitions are there, there is nothing that could be torn apart.
        let Some(places) = *seen.borrow() else { return };
        for mode in CrashMode::ALL {
            if !dice.once_in(stride) {
                continue;
            }
            let left = Left {
                storage: point.crash(mode, point.number()),
                answered: told.borrow().clone(),
                name: format!("{version:?}, {}:{mode:?}", point.number()),
            };
            recover(left, places, version, true, &found);
        }
    });
    let lived = sim.run(LIFE, live(version, place, answered));
    assert_eq!(lived, Outcome::Done(()));
    walked.take()
}

fn assert_whole(version: Version) {
    let walked = walk(version);
    println!(
        "{version:?}: {TRANSACTIONS} transactions, {} crashes",
        walked.crashes
    );
    let count = walked.failures.len();
    let first = walked.failures.iter().take(5).cloned().collect::<Vec<_>>();
    assert_eq!(count, 0, "{}", first.join("\n"));
}

#[test]
fn a_transaction_of_two_partitions_and_offsets_is_whole_or_not_there_after_a_crash_at_any_io() {
    assert_whole(Version::Two);
}

#[test]
fn so_it_is_where_the_producers_epoch_stays() {
    assert_whole(Version::One);
}
