//! What a log must hold, as a plain `Vec` of what was sent to it and what was answered.
//!
//! Checks are named after the invariants that `docs/testing.md` lists: I1 acknowledged means kept, I2 once or never,
//! I3 dense offsets, and so on. What compaction may take from a log, `compacted` says.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::marker::NewMarker;
use corelane_engine::record::Records;
use corelane_engine::sim::CrashMode;
use corelane_engine::{Acks, TopicPartition};
use uuid::Uuid;

use crate::compacted;

/// What is known of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sent; no answer, or one that leaves it open.
    Unknown,
    /// It is in the log at this offset, and survives what its level says.
    Acknowledged { base_offset: i64, acks: Acks },
    /// It is not in the log and must never be.
    Absent,
    /// It was in the log perhaps, until compaction took it, and must not come back.
    Gone,
}

/// A batch that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Tells it from all others, and rises.
    pub number: u64,
    /// Empty for a marker, whose bytes the engine makes.
    pub bytes: Bytes,
    pub marker: Option<NewMarker>,
    pub count: i64,
    /// The largest of its records.
    pub timestamp_ms: i64,
    /// What the clock said.
    pub sent_ms: i64,
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
    /// How far the wall clock has jumped in all, how far of it backwards, and the latest time that it has shown.
    pub clock_jump_ms: i64,
    pub jumped_back_ms: i64,
    pub latest_ms: i64,
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

/// What makes a batch unlike all others: a header of each record.
pub const NUMBER_HEADER: &str = "number";

fn number_of(batch: &[u8]) -> Option<u64> {
    let records = Records::open(batch).ok()?;
    let first = records.iter().next()?.ok()?;
    let header = first.headers.iter().next()?;
    Some(u64::from_be_bytes(header.value?.try_into().ok()?))
}

fn is_same_but_for_its_place(batch: &[u8], sent: &[u8]) -> bool {
    // Between the base offset and the leader epoch lies the length.
    batch.len() == sent.len() && batch[8..12] == sent[8..12] && batch[16..] == sent[16..]
}

impl PartitionModel {
    /// The batch that was found, by its index among those sent; none for one that compaction has emptied and that
    /// nothing tells from others.
    fn identify(&self, batch: &Bytes, rules: &Rules) -> Result<Option<usize>, String> {
        let header = header(batch);
        let never = || {
            let base = header.base_offset();
            format!("I1: the batch at offset {base} was never sent")
        };
        if rules.compacts && header.record_count() == 0 {
            return Ok(compacted::find_emptied(self, header));
        }
        if header.is_control() {
            let found = self.sent.iter().position(|sent| {
                let marker = sent.marker.as_ref();
                marker.is_some_and(|marker| compacted::is_marker(batch, marker))
            });
            return found.map(Some).ok_or_else(never);
        }
        let number = number_of(batch).ok_or_else(never)?;
        let index = self
            .sent
            .binary_search_by_key(&number, |sent| sent.number)
            .map_err(|_| never())?;
        let sent = &self.sent[index].bytes;
        let is_sent = is_same_but_for_its_place(batch, sent)
            || rules.compacts && compacted::is_part_of(batch, sent);
        is_sent.then_some(Some(index)).ok_or_else(never)
    }

    /// Compares a log with what it must hold. The places of the batches found, by their index in `sent`.
    pub fn check(
        &self,
        log: &ReadLog,
        since: Since,
        rules: &Rules,
    ) -> Result<HashMap<usize, i64>, String> {
        let mut places = HashMap::new();
        let mut next = None;
        for batch in &log.batches {
            let header = header(batch);
            let base = header.base_offset().0;
            let behind = header.next_offset().map_or(i64::MAX, |offset| offset.0);
            if let Some(index) = self.identify(batch, rules)? {
                let sent = &self.sent[index];
                if matches!(sent.state, State::Absent | State::Gone) {
                    let state = sent.state;
                    return Err(format!("I2: batch {index}, {state:?} before, is at {base}"));
                }
                if places.insert(index, base).is_some() {
                    return Err(format!("I2: batch {index} is there twice, also at {base}"));
                }
                if behind != base + sent.count {
                    return Err(format!("I3: batch {index} at {base} ends at {behind}"));
                }
            }
            let is_next = next.is_none_or(|next| base == next || base > next && rules.compacts);
            if !is_next {
                return Err(format!("I3: offset {base} follows, expected {next:?}"));
            }
            if next.is_none() && base > log.start && !rules.compacts {
                return Err(format!(
                    "I3: the log starts at {} and has {base} first",
                    log.start
                ));
            }
            next = Some(behind);
        }
        let end = next.unwrap_or(log.start);
        if end != log.high_watermark {
            return Err(format!(
                "I3: the log ends at {end}, not at {}",
                log.high_watermark
            ));
        }
        self.check_start(log, rules)?;
        self.check_acknowledged(log, since, &places, rules)?;
        Ok(places)
    }

    fn check_acknowledged(
        &self,
        log: &ReadLog,
        since: Since,
        places: &HashMap<usize, i64>,
        rules: &Rules,
    ) -> Result<(), String> {
        let kept = rules.compacts.then(|| compacted::Kept::of(log));
        for (index, sent) in self.sent.iter().enumerate() {
            let State::Acknowledged { base_offset, acks } = sent.state else {
                continue;
            };
            let must_be_there = acks == Acks::Durable || since == Since::ProcessRan;
            let is_deleted = base_offset + sent.count <= log.start;
            if log.ends_in_damage && base_offset >= log.high_watermark {
                continue;
            }
            if let Some(place) = places.get(&index)
                && *place != base_offset
            {
                return Err(format!(
                    "I3: batch {index} was acknowledged at {base_offset} and is at {place}"
                ));
            }
            if is_deleted || !must_be_there {
                continue;
            }
            let missing = match &kept {
                Some(kept) => kept.missing(self, sent, base_offset, rules),
                None => (!places.contains_key(&index)).then_some(base_offset),
            };
            if let Some(offset) = missing {
                return Err(format!(
                    "I1: offset {offset} of batch {index}, acknowledged at {base_offset} ({acks:?}), is lost; the log is {}..{}",
                    log.start, log.high_watermark
                ));
            }
        }
        Ok(())
    }

    fn check_start(&self, log: &ReadLog, rules: &Rules) -> Result<(), String> {
        if log.start < self.start_least {
            return Err(format!(
                "I3: the log starts at {}, below {} as before",
                log.start, self.start_least
            ));
        }
        let asked = self.start_asked.max(self.start_least);
        if log.start <= asked {
            return Ok(());
        }
        let unexplained = self.sent.iter().find_map(|sent| match sent.state {
            State::Acknowledged { base_offset, .. } => {
                let is_gone = base_offset < log.start && base_offset + sent.count > asked;
                let may_go = || {
                    rules.age_allows(sent.timestamp_ms, sent.sent_ms)
                        || self.size_allows(base_offset, rules)
                        || rules.compacts
                            && compacted::age_allows_the_rest(self, sent, base_offset, rules)
                };
                (is_gone && !may_go()).then_some(base_offset)
            }
            _ => None,
        });
        unexplained.map_or(Ok(()), |offset| {
            Err(format!(
                "I1: the log starts at {}, and nothing has allowed more than {}",
                log.start,
                offset.max(asked)
            ))
        })
    }

    /// Whether so much was sent behind a batch that `retention.bytes` may have taken it. What lies behind it may have gone
    /// for its age since: retention counts the size first, and then the age of what that leaves.
    fn size_allows(&self, offset: i64, rules: &Rules) -> bool {
        let may_lie_behind = |sent: &&Sent| match sent.state {
            State::Acknowledged { base_offset, .. } => base_offset > offset,
            State::Unknown | State::Gone => true,
            State::Absent => false,
        };
        let behind = self.sent.iter().filter(may_lie_behind);
        let bytes: usize = behind.map(|sent| sent.bytes.len()).sum();
        // Markers, and timestamps that compaction writes in longer form.
        let more_bytes = self.sent.len() * 100;
        let limit = rules.retention_bytes;
        limit.is_some_and(|limit| (bytes + more_bytes) as u64 >= limit)
    }

    /// Takes what was found after a crash for what is known: what is there is durable, what is not never comes.
    pub fn settle(&mut self, log: &ReadLog, places: &HashMap<usize, i64>, rules: &Rules) {
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
                    // What lies before the end of the log and is not there was not lost but compacted.
                    State::Acknowledged { base_offset, .. }
                        if rules.compacts && base_offset < log.high_watermark => {}
                    State::Unknown if rules.compacts => sent.state = State::Gone,
                    State::Gone => {}
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

/// What may have taken records from a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    pub retention_bytes: Option<u64>,
    pub retention_ms: Option<u64>,
    pub compacts: bool,
    pub delete_retention_ms: u64,
    /// The latest time that the clock has shown.
    pub latest_ms: i64,
    /// How far it has jumped backwards, in all.
    pub jumped_back_ms: i64,
}

impl Rules {
    /// Whether what has this timestamp, and was sent then, is so old that `retention.ms` may have taken it.
    pub fn age_allows(&self, timestamp_ms: i64, sent_ms: i64) -> bool {
        // A timestamp far ahead counts as the time of the file's last change.
        let changed_ms = sent_ms - self.jumped_back_ms;
        let counts_from_ms = timestamp_ms.min(changed_ms);
        self.retention_ms
            .is_some_and(|ms| counts_from_ms + (ms as i64) < self.latest_ms)
    }
}

/// Kafka's defaults.
const RETENTION_MS: u64 = 7 * 86_400_000;
const DELETE_RETENTION_MS: u64 = 86_400_000;

impl Model {
    /// The loosest of the limits that may have been in force.
    pub fn rules(&self, topic: &str, now_ms: i64) -> Rules {
        let configs = &self.topics[topic].configs_ever;
        let number = |name: &str| {
            let values = configs.iter().filter_map(|config| config.get(name));
            values.filter_map(|value| value.parse().ok()).min()
        };
        let compacts = |config: &BTreeMap<String, String>| {
            let policy = config.get("cleanup.policy");
            policy.is_some_and(|policy| policy.contains("compact"))
        };
        Rules {
            retention_bytes: number("retention.bytes"),
            retention_ms: Some(number("retention.ms").unwrap_or(RETENTION_MS)),
            compacts: configs.iter().any(compacts),
            delete_retention_ms: number("delete.retention.ms").unwrap_or(DELETE_RETENTION_MS),
            latest_ms: self.latest_ms.max(now_ms),
            jumped_back_ms: self.jumped_back_ms,
        }
    }

    /// The wall clock, at `now_ms`, jumps.
    pub fn note_jump(&mut self, now_ms: i64, ms: i64) {
        self.latest_ms = self.latest_ms.max(now_ms).max(now_ms + ms);
        self.clock_jump_ms += ms;
        self.jumped_back_ms += (-ms).max(0);
    }

    /// A partition by its id.
    pub fn partition(&mut self, id: TopicPartition) -> Option<&mut PartitionModel> {
        let mut topics = self.topics.values_mut();
        let topic = topics.find(|topic| topic.id == Some(id.topic_id))?;
        topic
            .partitions
            .get_mut(usize::try_from(id.partition).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};

    use super::*;

    const NOW_MS: i64 = 1_700_000_000_000;
    const YOUNG_MS: i64 = 10;
    const OLD_MS: i64 = 60_000;

    const RULES: Rules = Rules {
        retention_bytes: Some(9000),
        retention_ms: Some(3000),
        compacts: false,
        delete_retention_ms: 600,
        latest_ms: NOW_MS,
        jumped_back_ms: 0,
    };

    /// A batch of one record.
    fn sent(base_offset: i64, bytes: Bytes, age_ms: i64) -> Sent {
        Sent {
            number: base_offset as u64,
            bytes,
            marker: None,
            count: 1,
            timestamp_ms: NOW_MS - age_ms,
            sent_ms: NOW_MS,
            acks: Acks::Durable,
            state: State::Acknowledged {
                base_offset,
                acks: Acks::Durable,
            },
        }
    }

    /// What `check_start` says of a log from which all below `start` is gone.
    fn may_start(start: i64, sent: impl Iterator<Item = Sent>, rules: &Rules) -> bool {
        let model = PartitionModel {
            sent: sent.collect(),
            ..PartitionModel::default()
        };
        let log = ReadLog {
            start,
            ..ReadLog::default()
        };
        model.check_start(&log, rules).is_ok()
    }

    /// The same, of each batch its bytes and its age.
    fn may_start_at(start: i64, batches: &[(usize, i64)]) -> bool {
        let sent = |(base_offset, (bytes, age_ms)): (i64, &(usize, i64))| {
            sent(base_offset, Bytes::from(vec![0; *bytes]), *age_ms)
        };
        may_start(start, (0..).zip(batches).map(sent), &RULES)
    }

    #[test]
    fn each_batch_goes_for_its_age_or_for_what_lies_behind_it() {
        assert!(may_start_at(1, &[(500, YOUNG_MS), (9000, YOUNG_MS)]));
        assert!(!may_start_at(2, &[(500, YOUNG_MS), (9000, YOUNG_MS)]));
        assert!(may_start_at(2, &[(500, YOUNG_MS), (9000, OLD_MS)]));
        assert!(!may_start_at(2, &[(500, YOUNG_MS), (500, OLD_MS)]));
        assert!(may_start_at(1, &[(500, OLD_MS), (500, YOUNG_MS)]));
        assert!(!may_start_at(2, &[(500, OLD_MS), (500, YOUNG_MS)]));
    }

    /// A compacted log, of each batch its key and its age.
    fn compacted_may_start_at(start: i64, batches: &[(&str, i64)]) -> bool {
        let sent = |(base_offset, (key, age_ms)): (i64, &(&str, i64))| {
            let mut builder = BatchBuilder::new(BatchOptions::default());
            let record = NewRecord {
                timestamp_ms: NOW_MS - age_ms,
                key: Some(key.as_bytes()),
                value: Some(b"value"),
                headers: &[],
            };
            builder.append(&record).unwrap();
            sent(base_offset, builder.build().unwrap(), *age_ms)
        };
        let rules = Rules {
            compacts: true,
            ..RULES
        };
        may_start(start, (0..).zip(batches).map(sent), &rules)
    }

    #[test]
    fn a_young_record_goes_with_old_ones_once_a_newer_one_has_its_key() {
        let batches = [("a", YOUNG_MS), ("b", OLD_MS), ("a", YOUNG_MS)];
        assert!(compacted_may_start_at(2, &batches));
        assert!(!compacted_may_start_at(3, &batches));
        let batches = [("a", YOUNG_MS), ("b", OLD_MS), ("c", YOUNG_MS)];
        assert!(!compacted_may_start_at(2, &batches));
        // Only what lies behind covers.
        let batches = [("a", OLD_MS), ("a", YOUNG_MS), ("c", YOUNG_MS)];
        assert!(!compacted_may_start_at(2, &batches));
    }
}
