//! The `produce` workload: batches that were built before the run, sent as fast as answers allow or on a schedule.
//!
//! Invariants: no record is built, compressed or checksummed during the run: a request frame is encoded once a
//! partition and sent again and again with another correlation id. Values are random, so that nothing compresses them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use corelane_client::{
    ClientError, Cluster, Connection, ErrorCode, NewTopic, OffsetAt, Timeouts, Topic,
};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};
use corelane_protocol::frame::{decode_response, encode_request};
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, ProduceResponse, TopicProduceData,
};
use corelane_protocol::{ApiKey, ErrorCode as Code};

use crate::drive::{Plan, drive, window_of};
use crate::durability;
use crate::error::{BenchError, system};
use crate::keyed::{KeyedFrame, Keys, placeholder};
use crate::lane::{Answer, AnswerTimes, Contents, Lane, RequestFrame, Talk};
use crate::ledger::Ledger;
use crate::observe::OnProgress;
use crate::pace::Pace;
use crate::report::assemble;
use crate::result::{RunResult, Workload};
use crate::settings::{Acks, ProduceSettings, TopicSettings};

/// The name the harness gives itself in requests.
pub(crate) const CLIENT_ID: &str = "corelane-bench";

/// How long a new partition's leader may take to learn of it, and how often it is asked.
const LEADER_WAIT_MAX: Duration = Duration::from_secs(30);
const LEADER_RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the workload. Creates the topic when it does not exist.
pub fn produce(
    settings: &ProduceSettings,
    on_progress: OnProgress,
) -> Result<RunResult, BenchError> {
    settings.validate()?;
    let timeouts = timeouts(settings.client.answer_timeout_s);
    let mut cluster = Cluster::connect(&settings.broker.bootstrap, CLIENT_ID, timeouts)?;
    let created = ensure_topic(&mut cluster, &settings.topic)?;
    let result = produce_to(&mut cluster, settings, on_progress);
    if created && settings.topic.delete_after {
        cluster.delete_topic(&settings.topic.name)?;
    }
    result
}

fn produce_to(
    cluster: &mut Cluster,
    settings: &ProduceSettings,
    on_progress: OnProgress,
) -> Result<RunResult, BenchError> {
    let durability = durability::of_topic(
        cluster,
        &settings.topic.name,
        &settings.broker,
        Some(settings.acks),
    );
    let lanes = lanes(cluster, settings, None)?;
    let window = window_of(&settings.span);
    let plan = Plan::alone(&settings.client, &settings.span, settings.broker.server_pid);
    let outcome = drive(lanes, &plan, &window, on_progress)?;
    assemble(
        Workload::Produce(settings.clone()),
        &settings.client,
        durability,
        outcome,
    )
}

pub(crate) fn timeouts(answer_timeout_s: f64) -> Timeouts {
    Timeouts {
        request: Duration::from_secs_f64(answer_timeout_s),
        ..Timeouts::default()
    }
}

/// Whether the topic was created by this call.
pub(crate) fn ensure_topic(
    cluster: &mut Cluster,
    topic: &TopicSettings,
) -> Result<bool, BenchError> {
    let is_created = match cluster.topic(&topic.name) {
        Ok(_) => false,
        Err(error) if error.code() == Some(ErrorCode::UnknownTopicOrPartition) => {
            create(cluster, topic)?;
            true
        }
        Err(error) => return Err(error.into()),
    };
    cluster.wait_for_topic(&topic.name, 1)?;
    Ok(is_created)
}

/// Creates a topic that is not there, and waits for its leaders. Returns the time until the broker said that it exists.
pub(crate) fn create_timed(
    cluster: &mut Cluster,
    topic: &TopicSettings,
) -> Result<Duration, BenchError> {
    Ok(create(cluster, topic)?)
}

fn create(cluster: &mut Cluster, topic: &TopicSettings) -> Result<Duration, ClientError> {
    let begun = Instant::now();
    let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
    let new = NewTopic {
        name: topic.name.clone(),
        partitions: Some(partitions),
        replication_factor: None,
        configs: topic.configs.clone().into_iter().collect(),
    };
    cluster.create_topic(&new, false)?;
    cluster.wait_for_topic(
        &topic.name,
        usize::try_from(topic.partitions).unwrap_or(usize::MAX),
    )?;
    let created = begun.elapsed();
    (0..partitions).try_for_each(|partition| wait_for_leader(cluster, &topic.name, partition))?;
    Ok(created)
}

/// Metadata may name a leader that has not learned of its partition yet; it then refuses the first requests.
fn wait_for_leader(cluster: &mut Cluster, topic: &str, partition: i32) -> Result<(), ClientError> {
    let deadline = Instant::now() + LEADER_WAIT_MAX;
    loop {
        match cluster.offset(topic, partition, OffsetAt::Latest) {
            Err(error) if error.is_retriable() && Instant::now() < deadline => {
                std::thread::sleep(LEADER_RETRY_INTERVAL)
            }
            result => return result.map(|_offset| ()),
        }
    }
}

/// The partitions of a topic by the broker that leads them.
pub(crate) fn partitions_by_leader(topic: &Topic) -> Result<Vec<(i32, Vec<i32>)>, ClientError> {
    let mut leaders: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for partition in &topic.partitions {
        let leader = partition.leader.ok_or_else(|| ClientError::NoLeader {
            topic: topic.name.clone(),
            partition: partition.partition,
        })?;
        leaders.entry(leader).or_default().push(partition.partition);
    }
    Ok(leaders.into_iter().collect())
}

/// One lane a connection. What is acknowledged is noted in `ledger`.
pub(crate) fn lanes(
    cluster: &mut Cluster,
    settings: &ProduceSettings,
    ledger: Option<&Arc<Ledger>>,
) -> Result<Vec<Lane>, BenchError> {
    let topic = cluster.topic(&settings.topic.name)?.clone();
    let leaders = partitions_by_leader(&topic)?;
    let batch = build_batch(settings)?;
    let mut frames: BTreeMap<i32, Arc<Vec<Prepared>>> = BTreeMap::new();
    let mut lanes = Vec::new();
    for number in 0..settings.client.connections {
        let turn = usize::try_from(number).unwrap_or(0);
        let (leader, partitions) = &leaders[turn % leaders.len()];
        let connection = cluster.open_another(*leader)?;
        let version = connection.version_of::<ProduceRequest>()?;
        let frames = match frames.get(leader) {
            Some(frames) => Arc::clone(frames),
            None => {
                let encoded = Arc::new(encode_frames(
                    settings, &topic, partitions, &batch, version,
                )?);
                frames.insert(*leader, Arc::clone(&encoded));
                encoded
            }
        };
        let talk = talk(frames, version, number, settings, ledger);
        lanes.push(lane(connection, talk, number, settings)?);
    }
    Ok(lanes)
}

fn lane(
    connection: Connection,
    talk: ProduceTalk,
    number: u32,
    settings: &ProduceSettings,
) -> Result<Lane, BenchError> {
    let connections = settings.client.connections;
    let pace = settings.records_per_second.map_or(Pace::Closed, |rate| {
        Pace::fixed(
            rate / f64::from(settings.records_per_batch),
            number,
            connections,
        )
    });
    let in_flight = usize::try_from(settings.client.in_flight).unwrap_or(1);
    Lane::new(connection.into_parts()?, Box::new(talk), pace, in_flight)
        .map_err(system("prepare a connection"))
}

fn talk(
    frames: Arc<Vec<Prepared>>,
    version: i16,
    number: u32,
    settings: &ProduceSettings,
    ledger: Option<&Arc<Ledger>>,
) -> ProduceTalk {
    // Connections start at different partitions, so that they do not all queue at the same one.
    let share = frames.len() * usize::try_from(number).unwrap_or(0)
        / usize::try_from(settings.client.connections).unwrap_or(1);
    ProduceTalk {
        next: share % frames.len().max(1),
        frames,
        version,
        hot_share: settings.hot_share,
        hot_due: 0.0,
        keys: settings.unique_keys.map(|share| Keys::new(share, number)),
        ledger: ledger.map(Arc::clone),
    }
}

fn encode_frames(
    settings: &ProduceSettings,
    topic: &Topic,
    partitions: &[i32],
    batch: &Bytes,
    version: i16,
) -> Result<Vec<Prepared>, BenchError> {
    let contents = Contents {
        records: settings.records_per_batch.into(),
        bytes: u64::try_from(batch.len()).unwrap_or(u64::MAX),
    };
    partitions
        .iter()
        .map(|&partition| {
            let request = request(settings, topic, partition, batch.clone());
            let frame =
                encode_request(&request, version, 0, Some(CLIENT_ID)).map_err(|source| {
                    ClientError::Encode {
                        api: ApiKey::Produce,
                        version,
                        source,
                    }
                })?;
            let bytes = Bytes::from(frame);
            let keyed = settings
                .unique_keys
                .and_then(|_share| KeyedFrame::find(&bytes, batch));
            let frame = RequestFrame {
                bytes,
                is_answered: settings.acks != Acks::None,
                contents,
                class: class_of(settings, partition),
            };
            Ok(Prepared { frame, keyed })
        })
        .collect()
}

fn class_of(settings: &ProduceSettings, partition: i32) -> Option<u32> {
    if settings.hot_share.is_some() {
        return Some(u32::from(partition != 0));
    }
    settings
        .latency_by_partition
        .then(|| u32::try_from(partition).unwrap_or(u32::MAX))
}

fn request(
    settings: &ProduceSettings,
    topic: &Topic,
    partition: i32,
    batch: Bytes,
) -> ProduceRequest {
    ProduceRequest {
        transactional_id: None,
        acks: settings.acks.wire(),
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: topic.name.clone(),
            topic_id: topic.id,
            partition_data: vec![PartitionProduceData {
                index: partition,
                records: Some(batch),
            }],
        }],
    }
}

/// One batch of `records_per_batch` values of random bytes, stamped with the time of the run's start.
pub(crate) fn build_batch(settings: &ProduceSettings) -> Result<Bytes, BenchError> {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    let mut random = RandomBytes::new();
    let mut value = vec![0; usize::try_from(settings.record_bytes).unwrap_or(0)];
    let timestamp_ms = now_ms();
    let build_error = |source| ClientError::Build {
        topic: settings.topic.name.clone(),
        partition: 0,
        source,
    };
    for number in 0..settings.records_per_batch {
        random.fill(&mut value);
        let key = placeholder(number);
        let record = NewRecord {
            timestamp_ms,
            key: settings.unique_keys.map(|_share| key.as_slice()),
            value: Some(&value),
            ..NewRecord::default()
        };
        builder.append(&record).map_err(build_error)?;
    }
    Ok(builder.build().map_err(build_error)?)
}

/// Xorshift64*: fast, the same in each run, and beyond what a codec could shorten.
struct RandomBytes(u64);

impl RandomBytes {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "records carry the wall clock's time"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A request that is sent again and again, with other keys each time where there are any.
struct Prepared {
    frame: RequestFrame,
    keyed: Option<KeyedFrame>,
}

/// The same batch to each partition in turn, or more often to the hot one.
struct ProduceTalk {
    frames: Arc<Vec<Prepared>>,
    next: usize,
    version: i16,
    hot_share: Option<f64>,
    hot_due: f64,
    keys: Option<Keys>,
    ledger: Option<Arc<Ledger>>,
}

impl ProduceTalk {
    /// Which frame is next; the hot partition's is the first of its leader's.
    fn turn(&mut self) -> usize {
        let count = self.frames.len();
        if let Some(share) = self.hot_share.filter(|_share| count > 1) {
            self.hot_due += share;
            if self.hot_due >= 1.0 {
                self.hot_due -= 1.0;
                return 0;
            }
            let turn = 1 + self.next % (count - 1);
            self.next = turn;
            return turn;
        }
        let turn = self.next % count;
        self.next = (turn + 1) % count;
        turn
    }

    fn note(&self, response: &ProduceResponse, times: AnswerTimes) {
        let Some(ledger) = &self.ledger else { return };
        for answer in response
            .responses
            .iter()
            .flat_map(|topic| &topic.partition_responses)
            .filter(|answer| answer.error_code == 0)
        {
            let records = self.frames[0].frame.contents.records;
            ledger.acknowledged(answer.index, answer.base_offset, records, times.intended_ns);
        }
    }
}

impl Talk for ProduceTalk {
    fn next_request(&mut self) -> Option<RequestFrame> {
        if self.frames.is_empty() {
            return None;
        }
        let turn = self.turn();
        let prepared = &self.frames[turn];
        let mut frame = prepared.frame.clone();
        if let (Some(keyed), Some(keys)) = (&prepared.keyed, &mut self.keys) {
            frame.bytes = keyed.with_keys(keys);
        }
        Some(frame)
    }

    fn answer(&mut self, frame: &Bytes, times: AnswerTimes) -> Answer {
        match decode_response::<ProduceRequest>(frame.clone(), self.version) {
            Ok((_correlation_id, response)) => {
                self.note(&response, times);
                understand(&response, self.frames[0].frame.contents)
            }
            Err(error) => Answer::Unreadable(error.to_string()),
        }
    }

    fn skip_answers(&mut self, _count: usize) {}

    fn is_finished(&self) -> bool {
        false
    }
}

fn understand(response: &ProduceResponse, contents: Contents) -> Answer {
    match response
        .responses
        .first()
        .and_then(|topic| topic.partition_responses.first())
    {
        Some(partition) if partition.error_code == 0 => Answer::Good(contents),
        Some(partition) => Answer::Refused(code_name(partition.error_code)),
        None => Answer::Unreadable("an answer to Produce names no partition".to_owned()),
    }
}

/// Kafka's name of an error code.
pub(crate) fn code_name(code: i16) -> String {
    Code::try_from(code).map_or_else(|unknown| unknown.to_string(), |code| code.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::BrokerSettings;
    use corelane_engine::batch::ValidBatch;

    #[test]
    fn a_built_batch_is_one_that_a_broker_takes() {
        let settings = ProduceSettings::maximum(BrokerSettings::at("localhost:9092"));
        let batch = build_batch(&settings).unwrap();
        let valid = ValidBatch::check(batch.clone(), batch.len()).unwrap();
        assert_eq!(valid.header().record_count(), 64);
        assert!(batch.len() > 64 * 1024 && batch.len() < 67 * 1024);
    }

    #[test]
    fn a_batch_whose_keys_were_written_anew_is_one_that_a_broker_takes() {
        let mut settings = ProduceSettings::maximum(BrokerSettings::at("localhost:9092"));
        settings.unique_keys = Some(0.1);
        let batch = build_batch(&settings).unwrap();
        let keyed = KeyedFrame::find(&batch, &batch).unwrap();
        let mut keys = Keys::new(0.1, 7);
        let first = keyed.with_keys(&mut keys);
        assert_ne!(first, keyed.with_keys(&mut keys));
        let valid = ValidBatch::check(first.clone(), first.len()).unwrap();
        assert_eq!(valid.header().record_count(), 64);
        // The lane's number is part of each key.
        let marks = first.windows(3).filter(|bytes| *bytes == [0, 0, 7]).count();
        assert!(marks >= 64, "{marks}");
    }

    #[test]
    fn nine_requests_in_ten_go_to_the_hot_partition() {
        let mut settings = ProduceSettings::maximum(BrokerSettings::at("localhost:9092"));
        settings.hot_share = Some(0.9);
        let frame = |partition| Prepared {
            frame: RequestFrame {
                bytes: Bytes::new(),
                is_answered: true,
                contents: Contents::default(),
                class: class_of(&settings, partition),
            },
            keyed: None,
        };
        let mut talk = talk(
            Arc::new((0..16).map(frame).collect()),
            9,
            0,
            &settings,
            None,
        );
        let classes: Vec<Option<u32>> = (0..1_600)
            .filter_map(|_| talk.next_request().map(|frame| frame.class))
            .collect();
        let hot = classes.iter().filter(|class| **class == Some(0)).count();
        assert!((1_439..=1_441).contains(&hot), "{hot}");
    }
}
