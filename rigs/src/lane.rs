//! A client under which the power fails: does the operations of a script, notes every promise, and after each restart
//! looks whether they were kept before it goes on.
//!
//! Lives on one thread at a time. One idempotent producer lives through all restarts and sends again what had no
//! answer. Invariants: at most [`PARTITION_IN_FLIGHT_MAX`] appends of a partition wait for an answer, as many as a broker
//! can tell apart; nothing but appends is asked for while answers are due.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use corelane_client::{
    ClientError, Cluster, ErrorCode, NewTopic, OffsetAt, Ticket, Timeouts, Topic,
};
use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
use corelane_engine::types::ProducerId;
use corelane_protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use corelane_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use corelane_protocol::messages::init_producer_id::InitProducerIdRequest;
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use uuid::Uuid;

use crate::ledger::{FoundLog, PartitionLedger, RecordCounts, Violation};
use crate::random;
use crate::script::{Operation, Script};

/// Appends of one partition that wait for an answer.
const PARTITION_IN_FLIGHT_MAX: usize = 5;
/// Appends of all partitions.
const IN_FLIGHT_MAX: usize = 24;
/// The smallest that there are, so that segments roll.
const SEGMENT_BYTES: u32 = 1 << 20;
/// Of the lasting topic, so that segments go.
const RETENTION_BYTES: u64 = 2 << 20;
const FETCH_BYTES: i32 = 4 << 20;
/// Far above what anything here takes, so that a machine that stands still for a while is not taken for a broker that
/// does.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(60),
    request: Duration::from_secs(900),
};

/// What lanes and the one who cuts the power share. The second threads are the lanes'.
#[derive(Debug, Default)]
pub struct Signals {
    /// The power is gone, or about to be: errors are no surprise.
    pub is_cut: AtomicBool,
    /// Batches acknowledged by all lanes.
    pub acknowledged_batches: AtomicU64,
    /// A lane has ended although nobody has cut anything.
    pub has_ended: AtomicBool,
}

/// Why a lane stopped.
enum Stop {
    /// The connection broke, or the broker answered an error that a failing disk explains.
    Failed(String),
    /// A promise was not kept.
    Broken(Violation),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Broken(violation)
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Stop {
        Stop::Failed(error.to_string())
    }
}

/// How far the last change of a topic is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existence {
    Creating,
    There,
    Deleting,
}

struct TopicLedger {
    existence: Existence,
    id: Option<Uuid>,
    partitions: Vec<PartitionLedger>,
    retention_bytes: Option<u64>,
}

struct InFlight {
    topic: u32,
    partition: usize,
    number: u64,
    ticket: Ticket<ProduceRequest>,
}

/// One client with its script.
pub struct Lane {
    name: String,
    script: Script,
    values: u64,
    producer: Option<ProducerId>,
    topics: BTreeMap<u32, TopicLedger>,
    cluster: Option<Cluster>,
    in_flight: VecDeque<InFlight>,
    /// An operation that waited for its turn when the power went.
    interrupted: Option<Operation>,
    /// Of topics that are gone.
    past: RecordCounts,
}

impl Lane {
    /// A lane with topics of its own, named after `number`.
    pub fn new(number: u32, seed: u64) -> Lane {
        let mut state = seed.wrapping_add(u64::from(number) << 32);
        Lane {
            name: format!("lane{number}"),
            script: Script::new(random::next(&mut state)),
            values: random::next(&mut state),
            producer: None,
            topics: BTreeMap::new(),
            cluster: None,
            in_flight: VecDeque::new(),
            interrupted: None,
            past: RecordCounts::default(),
        }
    }

    /// Connects to a broker that has just started, compares all that it holds with what was promised, and sends again
    /// what had no answer.
    pub fn resume(&mut self, address: &str) -> Vec<Violation> {
        match self.check_all(address) {
            Ok(violations) if violations.is_empty() => {
                let resent = self.resend();
                resent.err().map(violation_of).into_iter().collect()
            }
            Ok(violations) => violations,
            Err(stop) => vec![violation_of(stop)],
        }
    }

    /// Does operations until the power goes.
    pub fn run(&mut self, signals: &Signals) -> Option<Violation> {
        let stop = loop {
            let operation = self.interrupted.take().or_else(|| self.script.next())?;
            if let Err(stop) = self.await_turn(operation, signals) {
                self.interrupted = Some(operation);
                break stop;
            }
            if let Err(stop) = self.perform(operation) {
                break stop;
            }
            if signals.is_cut.load(Ordering::Acquire) {
                break Stop::Failed("the power is gone".to_owned());
            }
        };
        // Whatever is in flight has no answer.
        self.in_flight.clear();
        self.cluster = None;
        match stop {
            Stop::Failed(_) if signals.is_cut.load(Ordering::Acquire) => None,
            stop => {
                signals.has_ended.store(true, Ordering::Release);
                Some(violation_of(stop))
            }
        }
    }

    /// Records by their fate.
    pub fn counts(&self) -> RecordCounts {
        let mut counts = self.past;
        let partitions = self.topics.values().flat_map(|topic| &topic.partitions);
        partitions.for_each(|partition| counts += partition.counts());
        counts
    }

    fn topic_name(&self, topic: u32) -> String {
        format!("{}-{topic}", self.name)
    }

    fn cluster(&mut self) -> Result<&mut Cluster, Stop> {
        let gone = || Stop::Failed("there is no connection".to_owned());
        self.cluster.as_mut().ok_or_else(gone)
    }

    fn await_turn(&mut self, operation: Operation, signals: &Signals) -> Result<(), Stop> {
        while !self.has_turn(operation) {
            self.settle_oldest(signals)?;
        }
        Ok(())
    }

    fn has_turn(&self, operation: Operation) -> bool {
        let Operation::Append {
            topic, partition, ..
        } = operation
        else {
            return self.in_flight.is_empty();
        };
        let partition = index(partition);
        let same = |waiting: &&InFlight| waiting.topic == topic && waiting.partition == partition;
        self.in_flight.len() < IN_FLIGHT_MAX
            && self.in_flight.iter().filter(same).count() < PARTITION_IN_FLIGHT_MAX
    }

    /// Begins an operation: from here on its outcome may be unknown.
    fn perform(&mut self, operation: Operation) -> Result<(), Stop> {
        match operation {
            Operation::Append {
                topic,
                partition,
                records,
                value_bytes,
            } => self.append(topic, index(partition), records, value_bytes),
            Operation::CreateTopic { topic, partitions } => {
                self.note_topic(topic, partitions);
                self.create(topic)
            }
            Operation::DeleteTopic { topic } => {
                self.entry(topic)?.existence = Existence::Deleting;
                self.delete(topic)
            }
            Operation::AppendDamaged { topic, partition } => {
                self.append_damaged(topic, index(partition))
            }
            Operation::DeleteRecords {
                topic,
                partition,
                percent,
            } => self.delete_records(topic, index(partition), percent),
        }
    }

    fn entry(&mut self, topic: u32) -> Result<&mut TopicLedger, Stop> {
        let unknown = || Stop::Failed(format!("the script names topic {topic}"));
        self.topics.get_mut(&topic).ok_or_else(unknown)
    }

    fn note_topic(&mut self, topic: u32, partitions: i32) {
        let ledgers = (0..partitions).map(|_| PartitionLedger::default());
        self.topics.insert(
            topic,
            TopicLedger {
                existence: Existence::Creating,
                id: None,
                partitions: ledgers.collect(),
                retention_bytes: (topic == 0).then_some(RETENTION_BYTES),
            },
        );
    }

    fn create(&mut self, topic: u32) -> Result<(), Stop> {
        let name = self.topic_name(topic);
        let entry = self.entry(topic)?;
        let retention = entry.retention_bytes.map(|bytes| bytes.to_string());
        let request = NewTopic {
            name: name.clone(),
            partitions: i32::try_from(entry.partitions.len()).ok(),
            replication_factor: None,
            configs: vec![
                ("segment.bytes".to_owned(), SEGMENT_BYTES.to_string()),
                ("retention.ms".to_owned(), "-1".to_owned()),
                (
                    "retention.bytes".to_owned(),
                    retention.unwrap_or_else(|| "-1".to_owned()),
                ),
            ],
        };
        let id = self.cluster()?.create_topic(&request, false)?;
        let entry = self.entry(topic)?;
        entry.existence = Existence::There;
        entry.id = Some(id);
        Ok(())
    }

    fn delete(&mut self, topic: u32) -> Result<(), Stop> {
        let name = self.topic_name(topic);
        self.cluster()?.delete_topic(&name)?;
        self.forget(topic);
        Ok(())
    }

    /// Its records have gone with it.
    fn forget(&mut self, topic: u32) {
        for partition in self
            .topics
            .remove(&topic)
            .iter()
            .flat_map(|gone| &gone.partitions)
        {
            let counts = partition.counts();
            self.past.acknowledged += counts.acknowledged;
            self.past.deleted += counts.acknowledged;
        }
    }

    fn append(
        &mut self,
        topic: u32,
        partition: usize,
        records: u32,
        value_bytes: u32,
    ) -> Result<(), Stop> {
        let base_sequence = self.partition(topic, partition)?.next_sequence();
        let producer = self.producer.map(|id| ProducerFields {
            id,
            epoch: 0,
            base_sequence,
        });
        let values = &mut self.values;
        let bytes = build(producer, records, || value(values, value_bytes as usize))?;
        let number = self
            .partition(topic, partition)?
            .sent(bytes.clone(), records);
        self.send(topic, partition, number, bytes)
    }

    fn partition(&mut self, topic: u32, partition: usize) -> Result<&mut PartitionLedger, Stop> {
        let unknown = || Stop::Failed(format!("the script names partition {topic}-{partition}"));
        self.entry(topic)?
            .partitions
            .get_mut(partition)
            .ok_or_else(unknown)
    }

    fn send(
        &mut self,
        topic: u32,
        partition: usize,
        number: u64,
        bytes: Bytes,
    ) -> Result<(), Stop> {
        let request = self.produce_request(topic, partition, bytes)?;
        let ticket = self.cluster()?.entry().send(&request)?;
        self.in_flight.push_back(InFlight {
            topic,
            partition,
            number,
            ticket,
        });
        Ok(())
    }

    fn produce_request(
        &mut self,
        topic: u32,
        partition: usize,
        bytes: Bytes,
    ) -> Result<ProduceRequest, Stop> {
        let name = self.topic_name(topic);
        let topic_id = self.entry(topic)?.id.unwrap_or_default();
        Ok(ProduceRequest {
            transactional_id: None,
            acks: -1,
            timeout_ms: 60_000,
            topic_data: vec![TopicProduceData {
                name,
                topic_id,
                partition_data: vec![PartitionProduceData {
                    index: number(partition),
                    records: Some(bytes),
                }],
            }],
        })
    }

    fn settle_oldest(&mut self, signals: &Signals) -> Result<(), Stop> {
        let Some(sent) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let response = self.cluster()?.entry().receive(sent.ticket)?;
        let answers = response.responses.iter();
        let answer = answers.flat_map(|topic| &topic.partition_responses).next();
        let answer = answer.ok_or_else(|| Stop::Failed("an empty answer".to_owned()))?;
        let name = format!("{}-{}", self.topic_name(sent.topic), sent.partition);
        no_error(answer.error_code, || format!("append to {name}"))?;
        self.partition(sent.topic, sent.partition)?
            .acknowledged(sent.number, answer.base_offset)?;
        signals.acknowledged_batches.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The refusal is definite: the batch must never show, and the check after the next restart would see it.
    fn append_damaged(&mut self, topic: u32, partition: usize) -> Result<(), Stop> {
        let bytes = build(None, 1, || b"never to be seen".to_vec())?;
        let mut damaged = bytes.to_vec();
        if let Some(last) = damaged.last_mut() {
            *last ^= 1;
        }
        let request = self.produce_request(topic, partition, damaged.into())?;
        let response = self.cluster()?.entry().call(&request)?;
        let answers = response.responses.iter();
        let code = answers
            .flat_map(|topic| &topic.partition_responses)
            .next()
            .map(|answer| answer.error_code);
        if code == Some(ErrorCode::CorruptMessage as i16) {
            return Ok(());
        }
        Err(Stop::Failed(format!(
            "a batch with a wrong CRC got code {code:?}"
        )))
    }

    fn delete_records(&mut self, topic: u32, partition: usize, percent: u32) -> Result<(), Stop> {
        let name = self.topic_name(topic);
        let offset = self.partition(topic, partition)?.ask_for_deletion(percent);
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: name.clone(),
                partitions: vec![DeleteRecordsPartition {
                    partition_index: number(partition),
                    offset,
                }],
            }],
            timeout_ms: 60_000,
        };
        let response = self.cluster()?.entry().call(&request)?;
        let answers = response.topics.iter();
        let answer = answers.flat_map(|topic| &topic.partitions).next();
        let answer = answer.ok_or_else(|| Stop::Failed("an empty answer".to_owned()))?;
        no_error(answer.error_code, || {
            format!("delete records of {name}-{partition} up to {offset}")
        })?;
        Ok(self
            .partition(topic, partition)?
            .deleted(answer.low_watermark)?)
    }

    fn check_all(&mut self, address: &str) -> Result<Vec<Violation>, Stop> {
        let mut cluster = Cluster::connect(&[address.to_owned()], &self.name, TIMEOUTS)?;
        if self.producer.is_none() {
            self.producer = Some(new_producer(&mut cluster)?);
        }
        let there = cluster.topics()?;
        self.cluster = Some(cluster);
        let mut violations = self.check_topics(there)?;
        let names: Vec<u32> = self.topics.keys().copied().collect();
        for topic in names {
            let name = self.topic_name(topic);
            let count = self.entry(topic)?.partitions.len();
            for partition in 0..count {
                let id = self.entry(topic)?.id.unwrap_or_default();
                let found = read_log(self.cluster()?, &name, id, number(partition))?;
                let entry = self.entry(topic)?;
                let retention = entry.retention_bytes;
                let seen = entry.partitions[partition].check(&found, retention);
                violations.extend(seen);
            }
        }
        Ok(violations)
    }

    /// The topics are those whose creation was answered, less those whose deletion was; what was not answered may have
    /// been done, and is done now.
    fn check_topics(&mut self, there: Vec<Topic>) -> Result<Vec<Violation>, Stop> {
        let prefix = format!("{}-", self.name);
        let mut there: BTreeMap<String, Topic> = there
            .into_iter()
            .filter(|topic| topic.name.starts_with(&prefix))
            .map(|topic| (topic.name.clone(), topic))
            .collect();
        let mut violations = Vec::new();
        let numbers: Vec<u32> = self.topics.keys().copied().collect();
        for topic in numbers {
            let name = self.topic_name(topic);
            let found = there.remove(&name);
            let wrong = |what: String| Violation::Topics { what };
            match (self.entry(topic)?.existence, found) {
                (Existence::Creating, None) => self.create(topic)?,
                (Existence::Deleting, None) => self.forget(topic),
                (Existence::There, None) => {
                    violations.push(wrong(format!("{name} is gone")));
                    self.forget(topic);
                }
                (existence, Some(found)) => {
                    let entry = self.entry(topic)?;
                    let expected = *entry.id.get_or_insert(found.id);
                    if found.id != expected || found.partitions.len() != entry.partitions.len() {
                        violations.push(wrong(format!("{name} is another: {found:?}")));
                    }
                    entry.existence = Existence::There;
                    if existence == Existence::Deleting {
                        self.delete(topic)?;
                    }
                }
            }
        }
        let left: BTreeSet<&String> = there.keys().collect();
        if !left.is_empty() {
            let what = format!("{left:?} were deleted and are there");
            violations.push(Violation::Topics { what });
        }
        Ok(violations)
    }

    /// Sends what had no answer, and one more batch to each partition: all of them have to take writes again.
    fn resend(&mut self) -> Result<(), Stop> {
        let signals = Signals::default();
        let places: Vec<(u32, usize)> = self
            .topics
            .iter()
            .flat_map(|(topic, entry)| (0..entry.partitions.len()).map(|index| (*topic, index)))
            .collect();
        for (topic, partition) in places {
            for batch in self.partition(topic, partition)?.unanswered() {
                self.send(topic, partition, batch.number, batch.bytes)?;
            }
            while !self.in_flight.is_empty() {
                self.settle_oldest(&signals)?;
            }
            self.append(topic, partition, 1, 20)?;
            self.settle_oldest(&signals)?;
        }
        Ok(())
    }
}

fn violation_of(stop: Stop) -> Violation {
    match stop {
        Stop::Failed(what) => Violation::Refused { what },
        Stop::Broken(violation) => violation,
    }
}

fn no_error(code: i16, what: impl FnOnce() -> String) -> Result<(), Stop> {
    if code == 0 {
        return Ok(());
    }
    Err(Stop::Failed(format!("{}: code {code}", what())))
}

fn new_producer(cluster: &mut Cluster) -> Result<ProducerId, Stop> {
    let request = InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: 60_000,
        producer_id: -1,
        producer_epoch: -1,
    };
    let response = cluster.entry().call(&request)?;
    no_error(response.error_code, || "ask for a producer id".to_owned())?;
    Ok(ProducerId(response.producer_id))
}

/// All that a partition holds.
fn read_log(
    cluster: &mut Cluster,
    topic: &str,
    topic_id: Uuid,
    partition: i32,
) -> Result<FoundLog, Stop> {
    loop {
        if let Some(found) = read_standing_log(cluster, topic, topic_id, partition)? {
            return Ok(found);
        }
    }
}

/// All that a partition holds, or none when retention has moved its start meanwhile.
fn read_standing_log(
    cluster: &mut Cluster,
    topic: &str,
    topic_id: Uuid,
    partition: i32,
) -> Result<Option<FoundLog>, Stop> {
    let mut offset_at = |at| {
        let offset = cluster.offset(topic, partition, at)?;
        offset.ok_or_else(|| Stop::Failed(format!("{topic}-{partition} names no offset")))
    };
    let (start, end) = (offset_at(OffsetAt::Earliest)?, offset_at(OffsetAt::Latest)?);
    let mut found = FoundLog {
        start,
        end,
        batches: Vec::new(),
    };
    let mut offset = start;
    while offset < end {
        let request = fetch_request(topic, topic_id, partition, offset);
        let response = cluster.entry().call(&request)?;
        let answers = response.responses.into_iter();
        let answer = answers.flat_map(|topic| topic.partitions).next();
        let answer = answer.ok_or_else(|| Stop::Failed("an empty answer".to_owned()))?;
        if answer.error_code == ErrorCode::OffsetOutOfRange as i16
            && cluster.offset(topic, partition, OffsetAt::Earliest)? > Some(offset)
        {
            return Ok(None);
        }
        let what = || format!("fetch {topic}-{partition} from {offset}");
        no_error(answer.error_code, what)?;
        let mut records = answer.records.unwrap_or_default();
        let before = offset;
        while let Some((batch, next)) = first_batch(&mut records) {
            found.batches.push(batch);
            offset = next;
        }
        if offset <= before {
            let what = format!("fetch {topic}-{partition} from {offset} of {end} brings nothing");
            return Err(Stop::Failed(what));
        }
    }
    Ok(Some(found))
}

/// Takes a whole batch off the front; it and the offset behind it.
fn first_batch(records: &mut Bytes) -> Option<(Bytes, i64)> {
    let header = RecordBatchHeader::view(records)?;
    let (size, next) = (header.size()?, header.next_offset()?);
    (records.len() >= size).then(|| (records.split_to(size), next.0))
}

fn fetch_request(topic: &str, topic_id: Uuid, partition: i32, offset: i64) -> FetchRequest {
    FetchRequest {
        max_wait_ms: 0,
        min_bytes: 0,
        max_bytes: FETCH_BYTES,
        topics: vec![FetchTopic {
            topic: topic.to_owned(),
            topic_id,
            partitions: vec![FetchPartition {
                partition,
                fetch_offset: offset,
                partition_max_bytes: FETCH_BYTES,
                ..FetchPartition::default()
            }],
        }],
        ..FetchRequest::default()
    }
}

fn build(
    producer: Option<ProducerFields>,
    records: u32,
    mut value: impl FnMut() -> Vec<u8>,
) -> Result<Bytes, Stop> {
    let mut builder = BatchBuilder::new(BatchOptions {
        producer,
        ..BatchOptions::default()
    });
    let failed = |error: &dyn std::error::Error| Stop::Failed(error.to_string());
    // The clock's: a producer whose last record is older than a day is forgotten, here as in Kafka.
    let timestamp_ms = now_ms();
    for _ in 0..records {
        let value = value();
        let record = NewRecord {
            timestamp_ms,
            value: Some(&value),
            ..NewRecord::default()
        };
        builder.append(&record).map_err(|error| failed(&error))?;
    }
    builder.build().map_err(|error| failed(&error))
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Bytes that no other value has, once it has eight.
fn value(state: &mut u64, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&random::next(state).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn index(partition: i32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}

fn number(partition: usize) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}
