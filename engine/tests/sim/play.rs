//! Plays scripts on the simulated engine, keeps the model, and compares the two.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::compaction::{CleanError, HashSeed};
use corelane_engine::io::Disk;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::record::{BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields};
use corelane_engine::sim::{
    DATA, Dice, Fault, Moment, Outcome, SimDisk, SimEngine, SimPartition, SimSettings, Simulation,
    Storage,
};
use corelane_engine::{
    AppendError, Appended, NewTopic, Offset, PartitionError, ProducerId, ReadError, ReadRequest,
    TopicPartition, ValidBatch,
};

use crate::model::{
    Model, NUMBER_HEADER, PartitionModel, ReadLog, Sent, Since, State, TopicModel, header,
};
use crate::script::{Batch, Level, Step, TRANSACTIONAL};

/// Longer than any call takes whose I/O does not hang; virtual, so that waiting costs nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// A whole life of an engine, with calls that hang.
const LIFE: Duration = Duration::from_secs(3 * 3600);
/// Reads of one partition until it is read through; more is a reader that does not get on.
const READS_MAX: usize = 10_000;

pub type Shared = Rc<RefCell<Model>>;

/// Waits, but not for ever; none when time is up.
pub async fn patiently<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut alarm = pin!(SimDisk.sleep(PATIENCE));
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        alarm.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Different keys, so that most records are not the only ones of theirs.
const KEYS: u64 = 6;

/// The batch of that number. Some of its records are tombstones, a few have no key.
fn build(number: u64, batch: &Batch, timestamp_ms: i64, producer: Option<ProducerFields>) -> Bytes {
    let options = BatchOptions {
        producer,
        is_transactional: batch.producer == Some(TRANSACTIONAL),
        ..BatchOptions::default()
    };
    let mut builder = BatchBuilder::new(options);
    let mut dice = Dice::new(number);
    let number_bytes = number.to_be_bytes();
    let header = Header {
        key: NUMBER_HEADER.as_bytes(),
        value: Some(&number_bytes),
    };
    for record in 0..batch.records {
        let mut value = format!("{number}:{record}:").into_bytes();
        // No zeros, so that what is lost shows.
        value.extend((0..batch.bytes / batch.records).map(|_| dice.roll() as u8 | 1));
        let key = [b'k', dice.below(KEYS) as u8];
        let record = NewRecord {
            timestamp_ms: timestamp_ms - dice.below(3) as i64,
            key: (!dice.once_in(20)).then_some(&key),
            value: (!dice.once_in(6)).then_some(&value),
            headers: &[header],
        };
        builder.append(&record).expect("the batch is small");
    }
    builder.build().expect("the batch has records")
}

/// A script being played.
#[derive(Clone)]
pub struct Player {
    pub model: Shared,
    /// Where what contradicts the model is kept.
    pub failures: Rc<RefCell<Vec<String>>>,
    /// Whether the disk is allowed to fail, so that calls are.
    pub may_fail: bool,
}

impl Player {
    pub fn new(model: Model, may_fail: bool) -> Player {
        Player {
            model: Rc::new(RefCell::new(model)),
            failures: Rc::default(),
            may_fail,
        }
    }

    fn complain(&self, what: String) {
        self.failures.borrow_mut().push(what);
    }

    /// An error, which only a failing disk excuses.
    fn excuse(&self, what: &str, error: &dyn std::fmt::Display) {
        if !self.may_fail {
            self.complain(format!("I8: {what} failed on a disk that is well: {error}"));
        }
    }

    pub async fn steps(&self, steps: &[Step]) {
        for step in steps {
            self.step(step).await;
        }
    }

    async fn step(&self, step: &Step) {
        match step {
            Step::CreateTopic {
                topic,
                partitions,
                configs,
            } => {
                self.create_topic(topic, *partitions, configs).await;
            }
            Step::DeleteTopic { topic } => self.delete_topic(topic).await,
            Step::AddPartitions { topic, count } => self.add_partitions(topic, *count).await,
            Step::AlterConfigs { topic, configs } => self.alter_configs(topic, configs).await,
            Step::Append {
                topic,
                partition,
                batch,
            } => self.append(topic, *partition, batch).await,
            Step::Burst { batches } => self.burst(batches).await,
            Step::Resend {
                topic,
                partition,
                producer,
            } => {
                self.resend(topic, *partition, *producer).await;
            }
            Step::DeleteRecords {
                topic,
                partition,
                percent,
            } => {
                self.delete_records(topic, *partition, *percent).await;
            }
            Step::Retain { topic, partition } => {
                if let Some(id) = self.id_of(topic, *partition) {
                    self.retain(id).await;
                }
            }
            Step::Save { topic, partition } => {
                if let Some(id) = self.id_of(topic, *partition)
                    && let Some(Err(error)) = patiently(SimEngine.save(id)).await
                {
                    self.excuse("saving", &error);
                }
            }
            Step::Compact {
                topic,
                partition,
                map_bytes,
            } => {
                if let Some(id) = self.id_of(topic, *partition) {
                    self.compact(id, *map_bytes).await;
                }
            }
            Step::Decide {
                topic,
                partition,
                verdict,
            } => self.decide(topic, *partition, *verdict).await,
            Step::JumpClock { ms } => {
                self.model.borrow_mut().note_jump(SimDisk.now_ms(), *ms);
                SimEngine.jump_clock(*ms);
            }
            Step::Consume => self.consume().await,
            Step::Sleep { ms } => SimDisk.sleep(Duration::from_millis(*ms)).await,
            Step::Restart => unreachable!("scripts are cut at restarts"),
        }
    }

    /// A partition that is known to be there.
    fn id_of(&self, topic: &str, partition: i32) -> Option<TopicPartition> {
        let model = self.model.borrow();
        let topic = model.topics.get(topic).filter(|topic| topic.may_exist)?;
        let count = topic.partitions.len() as i32;
        Some(TopicPartition {
            topic_id: topic.id?,
            partition: (partition < count).then_some(partition)?,
        })
    }

    async fn create_topic(&self, name: &str, partitions: u32, configs: &[(&str, &str)]) {
        let is_free = {
            let model = self.model.borrow();
            // What may be there is left alone until it is known.
            model.topics.get(name).is_none_or(|topic| !topic.may_exist)
        };
        if !is_free {
            return;
        }
        let configs: BTreeMap<String, String> = configs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let topic = TopicModel {
            id: None,
            may_exist: true,
            may_miss: true,
            partitions: vec![PartitionModel::default(); partitions as usize],
            counts: vec![partitions as usize],
            configs: vec![configs.clone()],
            configs_ever: vec![configs.clone()],
        };
        self.model
            .borrow_mut()
            .topics
            .insert(name.to_owned(), topic);
        let request = NewTopic {
            name: name.to_owned(),
            partitions,
            configs,
        };
        let created = patiently(SimEngine.create_topic(request)).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("just inserted");
        match created {
            Some(Ok(id)) => {
                topic.id = Some(id);
                topic.may_miss = false;
            }
            Some(Err(error)) => self.excuse("creating a topic", &error),
            None => self.excuse("creating a topic", &"it hangs"),
        }
    }

    async fn delete_topic(&self, name: &str) {
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            topic.may_miss = true;
            topic.id
        };
        let deleted = patiently(SimEngine.delete_topic(id.expect("filtered above"))).await;
        match deleted {
            Some(Ok(())) => {
                self.model.borrow_mut().topics.remove(name);
            }
            Some(Err(error)) => self.excuse("deleting a topic", &error),
            None => self.excuse("deleting a topic", &"it hangs"),
        }
    }

    async fn add_partitions(&self, name: &str, count: u32) {
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            if count as usize <= topic.partitions.len() {
                return;
            }
            topic.counts.push(count as usize);
            topic.id.expect("filtered above")
        };
        let added = patiently(SimEngine.create_partitions(id, count)).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("it was there");
        match added {
            Some(Ok(())) => {
                topic.counts = vec![count as usize];
                topic
                    .partitions
                    .resize(count as usize, PartitionModel::default());
            }
            Some(Err(error)) => self.excuse("adding partitions", &error),
            None => self.excuse("adding partitions", &"it hangs"),
        }
    }

    async fn alter_configs(&self, name: &str, configs: &[(&str, &str)]) {
        let configs: BTreeMap<String, String> = configs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            topic.configs.push(configs.clone());
            topic.configs_ever.push(configs.clone());
            topic.id.expect("filtered above")
        };
        let altered = patiently(SimEngine.alter_configs(id, configs.clone())).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("it was there");
        match altered {
            Some(Ok(())) => topic.configs = vec![configs],
            Some(Err(error)) => self.excuse("altering a configuration", &error),
            None => self.excuse("altering a configuration", &"it hangs"),
        }
    }

    async fn producer_fields(
        &self,
        producer: usize,
        id: TopicPartition,
        count: usize,
    ) -> Option<ProducerFields> {
        while self.model.borrow().producers.len() <= producer {
            match patiently(SimEngine.allocate_producer_id()).await {
                Some(Ok(new)) => {
                    let mut model = self.model.borrow_mut();
                    let is_known = model.producers.iter().any(|known| known.id == new.0);
                    if is_known {
                        self.complain(format!("I2: producer id {} was given out twice", new.0));
                    }
                    model.producers.push(crate::model::ProducerModel {
                        id: new.0,
                        at: BTreeMap::new(),
                    });
                }
                Some(Err(error)) => {
                    self.excuse("allocating a producer id", &error);
                    return None;
                }
                None => {
                    self.excuse("allocating a producer id", &"it hangs");
                    return None;
                }
            }
        }
        let mut model = self.model.borrow_mut();
        let producer = &mut model.producers[producer];
        let at = producer.at.entry(id).or_default();
        let fields = ProducerFields {
            id: ProducerId(producer.id),
            epoch: at.epoch,
            base_sequence: at.next_sequence,
        };
        at.next_sequence += count as i32;
        Some(fields)
    }

    async fn prepare(&self, topic: &str, partition: i32, batch: &Batch) -> Option<Sending> {
        let id = self.id_of(topic, partition)?;
        let fields = match batch.producer {
            Some(producer) => Some(self.producer_fields(producer, id, batch.records).await?),
            None => None,
        };
        let mut model = self.model.borrow_mut();
        model.now_ms = model.now_ms.max(SimDisk.now_ms()) + batch.later_ms;
        model.next_batch += 1;
        let (number, timestamp_ms) = (model.next_batch, model.now_ms + batch.off_ms);
        let bytes = build(number, batch, timestamp_ms, fields);
        let log = model.partition(id)?;
        let index = log.sent.len();
        log.sent.push(Sent {
            number,
            bytes: bytes.clone(),
            marker: None,
            count: batch.records as i64,
            timestamp_ms: header(&bytes).max_timestamp().0,
            sent_ms: SimDisk.now_ms(),
            acks: batch.acks.acks(),
            state: State::Unknown,
        });
        if let Some(producer) = batch.producer {
            let at = model.producers[producer].at.entry(id).or_default();
            at.last = Some(index);
        }
        Some(Sending {
            id,
            index,
            bytes,
            level: batch.acks,
            producer: batch.producer,
        })
    }

    /// One batch, made and sent.
    pub async fn append(&self, topic: &str, partition: i32, batch: &Batch) {
        if let Some(sending) = self.prepare(topic, partition, batch).await {
            self.send(sending).await;
        }
    }

    async fn send(&self, sending: Sending) {
        if sending.level == Level::Zero {
            // Nobody waits for the answer.
            let player = self.clone();
            SimEngine.spawn(async move { player.send_and_note(sending).await });
        } else {
            self.send_and_note(sending).await;
        }
    }

    async fn send_and_note(&self, sending: Sending) {
        let batch = ValidBatch::check(sending.bytes.clone(), 100 << 20).expect("well made");
        let acks = sending.level.acks();
        let answer = patiently(SimEngine.append(sending.id, batch, acks)).await;
        self.note_answer(&sending, answer);
    }

    fn note_answer(
        &self,
        sending: &Sending,
        answer: Option<Result<Appended, PartitionError<AppendError>>>,
    ) {
        let mut model = self.model.borrow_mut();
        let Some(log) = model.partition(sending.id) else {
            // The topic has been deleted meanwhile.
            return;
        };
        let sent = &mut log.sent[sending.index];
        let is_deleted = |base: i64| base < log.start_least;
        match answer {
            Some(Ok(appended)) => {
                let base_offset = appended.base_offset.0;
                let mut acks = sending.level.acks();
                if let State::Acknowledged {
                    base_offset: before,
                    acks: acks_before,
                } = sent.state
                {
                    if before != base_offset && !is_deleted(before) {
                        self.complain(format!(
                            "I2: batch {} is at {before} and, sent again, at {base_offset}",
                            sending.index
                        ));
                    }
                    if acks_before == corelane_engine::Acks::Durable {
                        acks = acks_before;
                    }
                }
                if sending.level != Level::Zero {
                    sent.state = State::Acknowledged { base_offset, acks };
                }
            }
            Some(Err(error)) => {
                let is_known = matches!(sent.state, State::Acknowledged { .. });
                if !is_known && !sending.is_again() && is_definite(&error) {
                    sent.state = State::Absent;
                }
                let is_sequence = matches!(
                    error,
                    PartitionError::Refused(
                        AppendError::OutOfOrderSequence { .. }
                            | AppendError::InvalidProducerEpoch { .. }
                    )
                );
                let is_excused = is_sequence
                    || matches!(
                        error,
                        PartitionError::Unknown(_)
                            | PartitionError::Refused(AppendError::Closed { .. })
                    );
                if !is_excused {
                    self.excuse("an append", &error);
                }
                if let Some(producer) = sending.producer {
                    let at = model.producers[producer].at.entry(sending.id).or_default();
                    at.epoch += 1;
                    at.next_sequence = 0;
                    at.last = None;
                }
            }
            None => self.excuse("an append", &"it hangs"),
        }
    }

    async fn burst(&self, batches: &[(&'static str, i32, Batch)]) {
        let mut sendings = Vec::new();
        for (topic, partition, batch) in batches {
            sendings.extend(self.prepare(topic, *partition, batch).await);
        }
        let mut waiting: Vec<_> = sendings
            .into_iter()
            .map(|sending| Box::pin(self.send(sending)))
            .collect();
        std::future::poll_fn(move |context| {
            waiting.retain_mut(|waiting| waiting.as_mut().poll(context).is_pending());
            if waiting.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn resend(&self, topic: &str, partition: i32, producer: usize) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let sending = {
            let mut model = self.model.borrow_mut();
            let at = model
                .producers
                .get(producer)
                .and_then(|known| known.at.get(&id));
            let Some(index) = at.and_then(|at| at.last) else {
                return;
            };
            let Some(log) = model.partition(id) else {
                return;
            };
            let sent = &mut log.sent[index];
            if matches!(sent.state, State::Absent | State::Gone) {
                return;
            }
            Sending {
                id,
                index,
                bytes: sent.bytes.clone(),
                level: Level::All,
                producer: None,
            }
        };
        self.send_and_note(sending).await;
    }

    async fn delete_records(&self, topic: &str, partition: i32, percent: i64) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let model = self.model.clone();
        let delete = SimEngine.with_partition(id, move |open| async move {
            let (start, end) = (open.log_start_offset().0, open.high_watermark().0);
            let (offset, asked) = match start + (end - start) * percent / 100 {
                offset if offset > end => (-1, end),
                offset => (offset, offset),
            };
            if let Some(log) = model.borrow_mut().partition(id) {
                log.start_asked = log.start_asked.max(asked);
            }
            open.delete_records_before(Offset(offset)).await
        });
        match patiently(delete).await {
            Some(Some(Ok(start))) => {
                if let Some(log) = self.model.borrow_mut().partition(id) {
                    log.start_least = log.start_least.max(start.0);
                }
            }
            Some(Some(Err(error))) => self.excuse("deleting records", &error),
            Some(None) => self.excuse("deleting records", &"the partition is not there"),
            None => self.excuse("deleting records", &"it hangs"),
        }
    }

    /// A marker of the transactional producer, where it has sent anything.
    async fn decide(&self, topic: &str, partition: i32, verdict: Verdict) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let (new, index) = {
            let mut model = self.model.borrow_mut();
            let producer = model.producers.get(TRANSACTIONAL);
            let Some((producer, at)) =
                producer.and_then(|known| Some((known.id, known.at.get(&id)?)))
            else {
                return;
            };
            let producer_epoch = at.epoch;
            model.next_batch += 1;
            let number = model.next_batch;
            let new = NewMarker {
                producer_id: ProducerId(producer),
                producer_epoch,
                marker: Marker {
                    verdict,
                    coordinator_epoch: number as i32,
                },
                raised_epoch: false,
            };
            let Some(log) = model.partition(id) else {
                return;
            };
            let now_ms = SimDisk.now_ms();
            log.sent.push(Sent {
                number,
                bytes: Bytes::new(),
                marker: Some(new),
                count: 1,
                timestamp_ms: now_ms,
                sent_ms: now_ms,
                acks: corelane_engine::Acks::Durable,
                state: State::Unknown,
            });
            (new, log.sent.len() - 1)
        };
        let answer = patiently(SimEngine.append_marker(id, new)).await;
        let mut model = self.model.borrow_mut();
        let Some(log) = model.partition(id) else {
            return;
        };
        let sent = &mut log.sent[index];
        match answer {
            Some(Ok(appended)) => {
                sent.state = State::Acknowledged {
                    base_offset: appended.base_offset.0,
                    acks: corelane_engine::Acks::Durable,
                };
            }
            Some(Err(error)) => {
                if is_definite(&error) && sent.state == State::Unknown {
                    sent.state = State::Absent;
                }
                self.excuse("a marker", &error);
            }
            None => self.excuse("a marker", &"it hangs"),
        }
    }

    async fn compact(&self, id: TopicPartition, map_bytes: usize) {
        let clean = SimEngine.with_partition(id, move |open| async move {
            if !open.config().cleanup_policy.compact {
                return Ok(());
            }
            open.clean_now(map_bytes, HashSeed([3, 5])).await
        });
        match patiently(clean).await {
            // Retention was faster.
            Some(None | Some(Ok(()) | Err(CleanError::Interrupted))) => {}
            Some(Some(Err(error))) => self.excuse("compaction", &error),
            None => self.excuse("compaction", &"it hangs"),
        }
    }

    async fn retain(&self, id: TopicPartition) {
        match patiently(SimEngine.retain(id)).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => self.excuse("retention", &error),
            None => self.excuse("retention", &"it hangs"),
        }
    }

    fn known_partitions(&self) -> Vec<(String, TopicPartition)> {
        let model = self.model.borrow();
        let mut known = Vec::new();
        for (name, topic) in &model.topics {
            let Some(topic_id) = topic.id else {
                continue;
            };
            for partition in 0..topic.partitions.len() as i32 {
                let id = TopicPartition {
                    topic_id,
                    partition,
                };
                known.push((name.clone(), id));
            }
        }
        known
    }

    /// Reads everything and compares, while the engine runs.
    pub async fn consume(&self) {
        for (name, id) in self.known_partitions() {
            let is_certain = !self.model.borrow().topics[&name].may_miss;
            if patiently(until_visible(id)).await.is_none() {
                self.excuse(
                    "reading",
                    &"the high watermark stays behind the end of the log",
                );
            }
            match patiently(read_log(id)).await {
                Some(Ok(Some(log))) => self.compare(&name, id, &log),
                Some(Ok(None)) if !is_certain || self.may_fail => {}
                Some(Ok(None)) => self.complain(format!("I1: {name} {id} is not open")),
                Some(Err(error)) => self.excuse("reading", &error),
                None => self.excuse("reading", &"it hangs"),
            }
        }
    }

    fn compare(&self, name: &str, id: TopicPartition, log: &ReadLog) {
        let mut model = self.model.borrow_mut();
        let rules = model.rules(name, SimDisk.now_ms());
        let partition = model.partition(id).expect("it is known");
        let since = if log.is_refused {
            Since::PowerCut
        } else {
            Since::ProcessRan
        };
        match partition.check(log, since, &rules) {
            Ok(places) => partition.served(&places),
            Err(error) => self.complain(format!("{error} (reading {name}-{})", id.partition)),
        }
    }
}

/// A batch on its way.
#[derive(Clone)]
struct Sending {
    id: TopicPartition,
    index: usize,
    bytes: Bytes,
    level: Level,
    /// Whose sequence is broken when this fails; none for a batch sent again.
    producer: Option<usize>,
}

impl Sending {
    fn is_again(&self) -> bool {
        self.producer.is_none() && header(&self.bytes).producer_id() != ProducerId::NONE
    }
}

/// Whether the error says that nothing was appended.
fn is_definite(error: &PartitionError<AppendError>) -> bool {
    match error {
        PartitionError::Unknown(_) => true,
        PartitionError::Refused(AppendError::Failed { .. }) => false,
        PartitionError::Refused(_) => true,
    }
}

/// Waits until readers see what has been written so far. A record that was acknowledged when it had been written is
/// held back while one before it waits for its flush, also one that nobody has asked a flush for but `flush.messages`.
async fn until_visible(id: TopicPartition) {
    let ends = |open: Rc<SimPartition>| async move {
        let is_refused = open.refused().is_some();
        (open.high_watermark(), open.log_end_offset(), is_refused)
    };
    let Some((_, written, _)) = SimEngine.with_partition(id, ends).await else {
        return;
    };
    while let Some((visible, _, false)) = SimEngine.with_partition(id, ends).await {
        if visible >= written {
            return;
        }
        SimDisk.sleep(Duration::from_millis(1)).await;
    }
}

/// Reads a partition from its start to its end; none when it is not open.
pub async fn read_log(id: TopicPartition) -> Result<Option<ReadLog>, String> {
    'again: for _ in 0..10 {
        let ends = SimEngine.with_partition(id, |open| async move {
            let (start, end) = (open.log_start_offset().0, open.high_watermark().0);
            (start, end, open.refused())
        });
        let Some((start, high_watermark, refused)) = ends.await else {
            return Ok(None);
        };
        let mut log = ReadLog {
            start,
            high_watermark,
            batches: Vec::new(),
            is_refused: refused.is_some(),
            ends_in_damage: false,
            refusal: refused.map(|reason| reason.to_string()),
        };
        let mut offset = start;
        for _ in 0..READS_MAX {
            if offset >= high_watermark {
                // What came while this was reading.
                log.high_watermark = offset;
                log.ends_in_damage = log.is_refused && read_batches(id, offset).await.is_err();
                return Ok(Some(log));
            }
            match read_batches(id, offset).await {
                Ok(batches) => {
                    let last = batches.last().ok_or_else(|| {
                        format!("I1: nothing is read at {offset}, below {high_watermark}")
                    })?;
                    offset = header(last).next_offset().expect("in range").0;
                    log.batches.extend(batches);
                }
                // Retention was faster.
                Err(ReadFailure::OutOfRange) => continue 'again,
                Err(ReadFailure::Other(error)) => return Err(error),
            }
        }
        return Err(format!("I7: {id} is not read through in {READS_MAX} reads"));
    }
    Err(format!(
        "I8: the start of {id} moves faster than it can be read"
    ))
}

pub enum ReadFailure {
    OutOfRange,
    Other(String),
}

/// The batches of one read.
pub async fn read_batches(id: TopicPartition, offset: i64) -> Result<Vec<Bytes>, ReadFailure> {
    let request = ReadRequest {
        offset: Offset(offset),
        bytes_max: 16 << 10,
        at_least_one: true,
        offset_max: None,
    };
    let read = match SimEngine.read(id, request).await {
        Err(PartitionError::Refused(ReadError::OutOfRange { .. })) => {
            return Err(ReadFailure::OutOfRange);
        }
        Err(error) => return Err(ReadFailure::Other(error.to_string())),
        Ok(read) => read,
    };
    let bytes = read
        .bytes
        .map_err(|error| ReadFailure::Other(error.to_string()))?;
    let mut rest = Bytes::from(bytes);
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let size = corelane_engine::batch::RecordBatchHeader::view(&rest)
            .and_then(|header| header.size())
            .filter(|size| *size <= rest.len());
        let Some(size) = size else {
            let what = format!("I6: at offset {offset} bytes are served that are no batch");
            return Err(ReadFailure::Other(what));
        };
        batches.push(rest.split_to(size));
    }
    Ok(batches)
}

/// What a whole script came to.
pub struct Played {
    pub storage: Storage,
    pub model: Model,
    pub failures: Vec<String>,
    /// A hash over the traces of all lives.
    pub trace: u64,
    /// For each life how many I/Os there were.
    pub ios: Vec<u64>,
    pub points: u64,
    pub elapsed_ms: i64,
}

/// A fault in one of the lives between restarts.
#[derive(Clone, Copy, Debug)]
pub struct LifeFault {
    pub life: usize,
    pub fault: Fault,
}

/// Plays a script from an empty disk, restarts included. `observe` sees each point with its life and the model.
pub fn play(
    seed: u64,
    steps: &[Step],
    fault: Option<LifeFault>,
    observe: impl FnMut(usize, Moment<'_>, &Model, i64) + 'static,
) -> Played {
    let observe = Rc::new(RefCell::new(observe));
    let mut played = Played {
        storage: Storage::new(DATA),
        model: Model::default(),
        failures: Vec::new(),
        trace: 0,
        ios: Vec::new(),
        points: 0,
        elapsed_ms: 0,
    };
    let lives: Vec<&[Step]> = steps.split(|step| *step == Step::Restart).collect();
    for (life, steps) in lives.iter().enumerate() {
        let mut settings = settings(seed, life as u64);
        settings.started_ms = played.elapsed_ms;
        settings.clock_jump_ms = played.model.clock_jump_ms;
        let sim = Rc::new(Simulation::new(settings, played.storage.clone()));
        if std::env::var_os("CORELANE_SIM_TRACE").is_some() {
            sim.record();
        }
        let fault_here = fault.filter(|fault| fault.life == life);
        if let Some(fault) = fault_here {
            sim.fail(fault.fault);
        }
        let player = Player::new(std::mem::take(&mut played.model), fault.is_some());
        let (model, observe) = (player.model.clone(), observe.clone());
        let weak = Rc::downgrade(&sim);
        sim.observe(move |point| {
            let elapsed_ms = weak.upgrade().map_or(0, |sim| sim.elapsed_ms());
            observe.borrow_mut()(life, point, &model.borrow(), elapsed_ms);
        });
        let steps = steps.to_vec();
        let there = player.clone();
        let outcome = sim.run(LIFE, async move {
            match patiently(SimEngine.open()).await {
                Some(Ok(())) => {}
                Some(Err(error)) => return there.excuse("opening", &error),
                None => return there.excuse("opening", &"it hangs"),
            }
            there.consume().await;
            there.steps(&steps).await;
            if patiently(SimEngine.stop()).await.is_none() {
                there.excuse("stopping", &"it hangs");
            }
        });
        if outcome != Outcome::Done(()) {
            player.complain(format!("I8: life {life} ended as {outcome:?}"));
        }
        for line in sim.lines() {
            println!("life {life}  {line}");
        }
        played.trace = Dice::of(&[played.trace, sim.trace()]).roll();
        played.ios.push(sim.ios());
        played.points += sim.points();
        played.elapsed_ms = sim.elapsed_ms();
        played.storage = sim
            .point()
            .crash(corelane_engine::sim::CrashMode::Kill, seed);
        played.failures.append(&mut player.failures.borrow_mut());
        sim.observe(|_| {});
        drop(sim);
        played.model = player.model.borrow().clone();
    }
    played
}

pub fn settings(seed: u64, life: u64) -> SimSettings {
    SimSettings {
        seed: Dice::of(&[seed, life, 7]).roll(),
        cores: 1 + (seed % 3) as u16,
        ..SimSettings::new(0)
    }
}
