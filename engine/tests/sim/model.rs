//! What a log must hold, as a plain `Vec` of what was sent to it and what was answered.
//!
//! Checks are named after the invariants that `docs/testing.md` lists: I1 acknowledged means kept, I2 once or never,
//! I3 dense offsets, and so on.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::sim::CrashMode;
use corelane_engine::{Acks, TopicPartition};
use uuid::Uuid;

/// What is known of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sent; no answer, or one that leaves it open.
    Unknown,
    /// It is in the log at this offset, and survives what its level says.
    Acknowledged { base_offset: i64, acks: Acks },
    /// It is not in the log and must never be.
    Absent,
}

/// A batch that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub bytes: Bytes,
    pub count: i64,
    pub timestamp_ms: i64,
    pub acks: Acks,
    pub state: State,
}

/// One partition.
#[derive(Clone, Debug, Default)]
pub struct PartitionModel {
    pub sent: Vec<Sent>,
    /// The log starts at this offset or above.
    pub start_least: i64,
    /// DeleteRecords has asked for this at most.
    pub start_asked: i64,
}

/// A topic that was asked for.
#[derive(Clone, Debug)]
pub struct TopicModel {
    /// None until it is known.
    pub id: Option<Uuid>,
    /// It may be there.
    pub may_exist: bool,
    /// It may be missing.
    pub may_miss: bool,
    pub partitions: Vec<PartitionModel>,
    /// Counts of partitions that it may have.
    pub counts: Vec<usize>,
    /// Any of these may be its configuration.
    pub configs: Vec<BTreeMap<String, String>>,
    /// All that it has had: retention may have followed any.
    pub configs_ever: Vec<BTreeMap<String, String>>,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub topics: BTreeMap<String, TopicModel>,
    pub now_ms: i64,
    /// Numbers batches, so that each is unlike all others.
    pub next_batch: u64,
    pub producers: Vec<ProducerModel>,
}

/// An idempotent producer.
#[derive(Clone, Debug)]
pub struct ProducerModel {
    pub id: i64,
    pub at: BTreeMap<TopicPartition, ProducerAt>,
}

/// Where it stands in a partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerAt {
    pub epoch: i16,
    pub next_sequence: i32,
    /// Its last batch, by its index among those sent.
    pub last: Option<usize>,
}

/// A log as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadLog {
    pub start: i64,
    pub high_watermark: i64,
    pub batches: Vec<Bytes>,
    pub is_refused: bool,
    /// Reads at its end fail and say so: what should follow is there or not, and is not served.
    pub ends_in_damage: bool,
    pub refusal: Option<String>,
}

/// A batch without what the log puts into it.
pub fn plain(batch: &[u8]) -> Vec<u8> {
    let mut plain = batch.to_vec();
    plain[..8].fill(0);
    plain[12..16].fill(0);
    plain
}

pub fn header(batch: &[u8]) -> &RecordBatchHeader {
    RecordBatchHeader::view(batch).expect("read batches are whole")
}

/// What happened between the last answer and the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing, or the process has died.
    ProcessRan,
    /// The power was cut.
    PowerCut,
}

impl From<CrashMode> for Since {
    fn from(mode: CrashMode) -> Since {
        match mode {
            CrashMode::Kill => Since::ProcessRan,
            CrashMode::None | CrashMode::All | CrashMode::Subset | CrashMode::Garbage => {
                Since::PowerCut
            }
        }
    }
}

impl PartitionModel {
    /// Compares a log with what it must hold. The places of the batches found, by their index in `sent`.
    pub fn check(
        &self,
        log: &ReadLog,
        since: Since,
        retention: &Retention,
    ) -> Result<HashMap<usize, i64>, String> {
        let by_bytes: HashMap<Vec<u8>, usize> = self
            .sent
            .iter()
            .enumerate()
            .map(|(index, sent)| (plain(&sent.bytes), index))
            .collect();
        let mut places = HashMap::new();
        let mut next = None;
        for batch in &log.batches {
            let header = header(batch);
            let base = header.base_offset().0;
            let index = *by_bytes
                .get(&plain(batch))
                .ok_or_else(|| format!("I1: the batch at offset {base} was never sent"))?;
            let sent = &self.sent[index];
            if sent.state == State::Absent {
                return Err(format!("I2: batch {index}, which had failed, is at {base}"));
            }
            if places.insert(index, base).is_some() {
                return Err(format!("I2: batch {index} is there twice, also at {base}"));
            }
            if next.is_some_and(|next| next != base) {
                return Err(format!("I3: offset {base} follows, expected {next:?}"));
            }
            if next.is_none() && base > log.start {
                return Err(format!(
                    "I3: the log starts at {} and has {base} first",
                    log.start
                ));
            }
            next = Some(base + sent.count);
        }
        let end = next.unwrap_or(log.start);
        if end != log.high_watermark {
            return Err(format!(
                "I3: the log ends at {end}, not at {}",
                log.high_watermark
            ));
        }
        self.check_start(log, retention)?;
        self.check_acknowledged(log, since, &places)?;
        Ok(places)
    }

    fn check_acknowledged(
        &self,
        log: &ReadLog,
        since: Since,
        places: &HashMap<usize, i64>,
    ) -> Result<(), String> {
        for (index, sent) in self.sent.iter().enumerate() {
            let State::Acknowledged { base_offset, acks } = sent.state else {
                continue;
            };
            let must_be_there = acks == Acks::Durable || since == Since::ProcessRan;
            let is_deleted = base_offset + sent.count <= log.start;
            if log.ends_in_damage && base_offset >= log.high_watermark {
                continue;
            }
            match places.get(&index) {
                Some(place) if *place != base_offset => {
                    return Err(format!(
                        "I3: batch {index} was acknowledged at {base_offset} and is at {place}"
                    ));
                }
                None if must_be_there && !is_deleted => {
                    return Err(format!(
                        "I1: batch {index}, acknowledged at {base_offset} ({acks:?}), is lost; the log is {}..{}",
                        log.start, log.high_watermark
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_start(&self, log: &ReadLog, retention: &Retention) -> Result<(), String> {
        if log.start < self.start_least {
            return Err(format!(
                "I3: the log starts at {}, below {} as before",
                log.start, self.start_least
            ));
        }
        if log.start <= self.start_asked.max(self.start_least) {
            return Ok(());
        }
        let known = self.sent.iter().filter_map(|sent| match sent.state {
            State::Acknowledged { base_offset, .. } => Some((base_offset, sent)),
            _ => None,
        });
        let (below, above): (Vec<_>, Vec<_>) = known.partition(|(base, _)| *base < log.start);
        let kept_bytes: usize = above.iter().map(|(_, sent)| sent.bytes.len()).sum();
        let unknown = self.sent.iter().filter(|sent| sent.state == State::Unknown);
        let unknown_bytes: usize = unknown.map(|sent| sent.bytes.len()).sum();
        let is_by_size = retention
            .bytes
            .is_some_and(|bytes| (kept_bytes + unknown_bytes) as u64 >= bytes);
        let is_by_age = retention.ms.is_some_and(|ms| {
            let too_young = |sent: &Sent| sent.timestamp_ms + (ms as i64) >= retention.now_ms;
            !below.iter().any(|(_, sent)| too_young(sent))
        });
        if is_by_size || is_by_age {
            return Ok(());
        }
        Err(format!(
            "I1: the log starts at {}, and nothing has allowed more than {}",
            log.start, self.start_asked
        ))
    }

    /// Takes what was found after a crash for what is known: what is there is durable, what is not never comes.
    pub fn settle(&mut self, log: &ReadLog, places: &HashMap<usize, i64>) {
        self.start_least = log.start;
        for (index, sent) in self.sent.iter_mut().enumerate() {
            match places.get(&index) {
                Some(base_offset) => {
                    sent.state = State::Acknowledged {
                        base_offset: *base_offset,
                        acks: Acks::Durable,
                    };
                }
                None => match sent.state {
                    State::Acknowledged { base_offset, .. }
                        if base_offset + sent.count <= log.start => {}
                    _ => sent.state = State::Absent,
                },
            }
        }
    }

    /// Takes note of what a reader saw while the engine runs: it stays.
    pub fn served(&mut self, places: &HashMap<usize, i64>) {
        for (index, base_offset) in places {
            let sent = &mut self.sent[*index];
            if sent.state == State::Unknown {
                // A record whose producer waits for a flush is seen only when it is durable.
                let acks = sent.acks;
                let base_offset = *base_offset;
                sent.state = State::Acknowledged { base_offset, acks };
            }
        }
    }
}

/// What may have moved the start of a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retention {
    pub bytes: Option<u64>,
    pub ms: Option<u64>,
    pub now_ms: i64,
}

impl TopicModel {
    /// The loosest of the limits that may be in force.
    pub fn retention(&self, now_ms: i64) -> Retention {
        let number = |name: &str| {
            let values = self
                .configs_ever
                .iter()
                .filter_map(|config| config.get(name));
            values.filter_map(|value| value.parse().ok()).min()
        };
        Retention {
            bytes: number("retention.bytes"),
            ms: number("retention.ms"),
            now_ms,
        }
    }
}

impl Model {
    /// A partition by its id.
    pub fn partition(&mut self, id: TopicPartition) -> Option<&mut PartitionModel> {
        let mut topics = self.topics.values_mut();
        let topic = topics.find(|topic| topic.id == Some(id.topic_id))?;
        topic
            .partitions
            .get_mut(usize::try_from(id.partition).ok()?)
    }
}
