//! Writes records: batches them by partition, keeps a bounded number of requests in flight, retries what may be retried.
//!
//! Invariants: records of a partition are sent in the order of `send`; a failed batch is sent again before any batch
//! of its partition that follows it. Open batches and requests in flight are bounded (`batch_bytes` a partition,
//! `in_flight` a broker), so that memory is. A batch that cannot be delivered is an error, never dropped silently.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use corelane_engine::compress::Compression;
use corelane_engine::record::{BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields};
use corelane_engine::types::ProducerId;
use corelane_protocol::messages::init_producer_id::InitProducerIdRequest;
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, ProduceResponse, TopicProduceData,
};
use corelane_protocol::{ApiKey, ErrorCode};

use crate::cluster::Cluster;
use crate::connection::Ticket;
use crate::error::{ClientError, check};
use crate::partitioner::partition_of_key;

/// The most requests in flight a broker: beyond five, Kafka cannot tell duplicates of an idempotent producer.
pub const PRODUCE_IN_FLIGHT_MAX: usize = 5;

/// Between two attempts of a batch that the broker could not take for now.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// When the broker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// Never.
    None,
    /// When the leader has the batch.
    Leader,
    /// When all in-sync replicas have it.
    All,
}

impl Acks {
    /// The number on the wire.
    pub fn wire(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// How a producer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerOptions {
    /// When the broker answers.
    pub acks: Acks,
    /// The codec of the batches.
    pub compression: Compression,
    /// A batch is sent when the next record would make it larger, before compression.
    pub batch_bytes: usize,
    /// A batch is sent with the next `send` or `poll` when it is older.
    pub linger: Duration,
    /// Requests in flight for each broker, at most [`PRODUCE_IN_FLIGHT_MAX`].
    pub in_flight: usize,
    /// How long a batch is tried before it is an error.
    pub delivery_timeout: Duration,
    /// Whether the broker is to recognise repeated batches.
    pub is_idempotent: bool,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            acks: Acks::All,
            compression: Compression::None,
            batch_bytes: 64 * 1024,
            linger: Duration::from_millis(5),
            in_flight: PRODUCE_IN_FLIGHT_MAX,
            delivery_timeout: Duration::from_secs(120),
            is_idempotent: true,
        }
    }
}

/// A record to send.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProducerRecord<'a> {
    /// The partition; without one, the key's, or the batch in turn.
    pub partition: Option<i32>,
    /// The timestamp in milliseconds since 1970; without one, the clock's.
    pub timestamp_ms: Option<i64>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [Header<'a>],
}

/// What was delivered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Records that were acknowledged (with acks=0: sent).
    pub records: u64,
    /// Bytes of their batches.
    pub bytes: u64,
    /// The offset behind the last acknowledged record, by partition. Empty with acks=0.
    pub next_offsets: BTreeMap<i32, i64>,
}

/// Writes to one topic.
#[derive(Debug)]
pub struct Producer {
    cluster: Cluster,
    topic: String,
    options: ProducerOptions,
    identity: Option<(ProducerId, i16)>,
    next_sequences: HashMap<i32, i32>,
    open: BTreeMap<i32, OpenBatch>,
    keyless_partition: i32,
    in_flight: HashMap<i32, VecDeque<InFlight>>,
    delivered: Delivery,
}

#[derive(Debug)]
struct OpenBatch {
    builder: BatchBuilder,
    opened: Instant,
}

/// A batch that is built and not acknowledged.
#[derive(Debug, Clone)]
struct Batch {
    partition: i32,
    bytes: Bytes,
    record_count: i32,
    deadline: Instant,
}

#[derive(Debug)]
struct InFlight {
    batch: Batch,
    ticket: Ticket<ProduceRequest>,
}

/// What became of a request.
enum Outcome {
    Delivered,
    Again(Batch, ClientError),
    Failed(ClientError),
}

impl Producer {
    /// A producer for `topic`, which must exist.
    pub fn new(
        mut cluster: Cluster,
        topic: &str,
        options: ProducerOptions,
    ) -> Result<Self, ClientError> {
        cluster.topic(topic)?;
        let identity = if options.is_idempotent && options.acks == Acks::All {
            Some(producer_identity(&mut cluster, options.delivery_timeout)?)
        } else {
            None
        };
        Ok(Self {
            cluster,
            topic: topic.to_owned(),
            options,
            identity,
            next_sequences: HashMap::new(),
            open: BTreeMap::new(),
            keyless_partition: 0,
            in_flight: HashMap::new(),
            delivered: Delivery::default(),
        })
    }

    /// What was acknowledged so far.
    pub fn delivered(&self) -> &Delivery {
        &self.delivered
    }

    /// Adds a record to its partition's batch; sends batches that are full or old, waiting when too many are in flight.
    pub fn send(&mut self, record: &ProducerRecord<'_>) -> Result<(), ClientError> {
        let partition = self.place(record)?;
        let new_record = NewRecord {
            timestamp_ms: record.timestamp_ms.unwrap_or_else(now_ms),
            key: record.key,
            value: record.value,
            headers: record.headers,
        };
        if self.is_full_for(partition, &new_record) {
            self.close_batch(partition)?;
        }
        self.append(partition, &new_record)?;
        self.poll()
    }

    /// Sends the batches that are older than `linger`. Call it when there is nothing to send for a while.
    pub fn poll(&mut self) -> Result<(), ClientError> {
        let now = Instant::now();
        let linger = self.options.linger;
        let old = |batch: &OpenBatch| now.duration_since(batch.opened) >= linger;
        let due: Vec<i32> = self
            .open
            .iter()
            .filter(|(_, batch)| old(batch))
            .map(|(partition, _)| *partition)
            .collect();
        due.into_iter()
            .try_for_each(|partition| self.close_batch(partition))
    }

    /// Sends everything and waits for every answer.
    pub fn flush(&mut self) -> Result<&Delivery, ClientError> {
        while let Some(&partition) = self.open.keys().next() {
            self.close_batch(partition)?;
        }
        self.settle_all()?;
        Ok(&self.delivered)
    }

    /// Flushes and gives the cluster back.
    pub fn close(mut self) -> Result<(Cluster, Delivery), ClientError> {
        self.flush()?;
        Ok((self.cluster, self.delivered))
    }

    fn place(&mut self, record: &ProducerRecord<'_>) -> Result<i32, ClientError> {
        let count = self.cluster.topic(&self.topic)?.partitions.len();
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let partition = match (record.partition, record.key) {
            (Some(partition), _) => return Ok(partition),
            (None, Some(key)) => partition_of_key(key, count),
            (None, None) => return Ok(self.keyless_partition),
        };
        Ok(i32::try_from(partition).unwrap_or(i32::MAX))
    }

    fn is_full_for(&self, partition: i32, record: &NewRecord<'_>) -> bool {
        self.open.get(&partition).is_some_and(|batch| {
            !batch.builder.is_empty() && batch.builder.size_with(record) > self.options.batch_bytes
        })
    }

    fn append(&mut self, partition: i32, record: &NewRecord<'_>) -> Result<(), ClientError> {
        let options = self.batch_options(partition);
        let batch = self.open.entry(partition).or_insert_with(|| OpenBatch {
            builder: BatchBuilder::new(options),
            opened: Instant::now(),
        });
        batch
            .builder
            .append(record)
            .map_err(|source| ClientError::Build {
                topic: self.topic.clone(),
                partition,
                source,
            })
    }

    fn batch_options(&self, partition: i32) -> BatchOptions {
        let base_sequence = self.next_sequences.get(&partition).copied().unwrap_or(0);
        let producer = self.identity.map(|(id, epoch)| ProducerFields {
            id,
            epoch,
            base_sequence,
        });
        BatchOptions {
            compression: self.options.compression,
            producer,
            ..BatchOptions::default()
        }
    }

    fn close_batch(&mut self, partition: i32) -> Result<(), ClientError> {
        let Some(open) = self.open.remove(&partition) else {
            return Ok(());
        };
        let record_count = open.builder.record_count();
        let bytes = open.builder.build().map_err(|source| ClientError::Build {
            topic: self.topic.clone(),
            partition,
            source,
        })?;
        self.advance_sequence(partition, record_count);
        self.take_turns(partition)?;
        let deadline = Instant::now() + self.options.delivery_timeout;
        self.submit(Batch {
            partition,
            bytes,
            record_count,
            deadline,
        })
    }

    /// Sequence numbers wrap at 2^31, as Kafka's do.
    fn advance_sequence(&mut self, partition: i32, record_count: i32) {
        let sequence = self.next_sequences.entry(partition).or_insert(0);
        *sequence = sequence.wrapping_add(record_count) & i32::MAX;
    }

    fn take_turns(&mut self, partition: i32) -> Result<(), ClientError> {
        if partition == self.keyless_partition {
            let count = i32::try_from(self.cluster.topic(&self.topic)?.partitions.len())
                .unwrap_or(i32::MAX);
            self.keyless_partition = (partition + 1) % count.max(1);
        }
        Ok(())
    }

    /// Sends a batch, after making room among the requests in flight.
    fn submit(&mut self, batch: Batch) -> Result<(), ClientError> {
        let leader = match self.cluster.leader(&self.topic, batch.partition) {
            Ok(leader) => leader,
            Err(error) if error.is_retriable() => return self.retry(vec![(batch, error)]),
            Err(error) => return Err(error),
        };
        let bound = self.options.in_flight.clamp(1, PRODUCE_IN_FLIGHT_MAX);
        while self
            .in_flight
            .get(&leader)
            .is_some_and(|queue| queue.len() >= bound)
        {
            self.settle_oldest(leader)?;
        }
        match self.send_to(leader, &batch) {
            Ok(Some(ticket)) => self
                .in_flight
                .entry(leader)
                .or_default()
                .push_back(InFlight { batch, ticket }),
            Ok(None) => self.count_delivered(&batch, None),
            Err(error) if error.is_retriable() => return self.recover(leader, batch, error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn send_to(
        &mut self,
        leader: i32,
        batch: &Batch,
    ) -> Result<Option<Ticket<ProduceRequest>>, ClientError> {
        let request = self.request(batch)?;
        let connection = self.cluster.connection(leader)?;
        if self.options.acks == Acks::None {
            return connection.send_unanswered(&request).map(|()| None);
        }
        connection.send(&request).map(Some)
    }

    fn request(&mut self, batch: &Batch) -> Result<ProduceRequest, ClientError> {
        let topic_id = self.cluster.topic(&self.topic)?.id;
        Ok(ProduceRequest {
            transactional_id: None,
            acks: self.options.acks.wire(),
            timeout_ms: i32::try_from(self.cluster.timeouts().request.as_millis())
                .unwrap_or(i32::MAX),
            topic_data: vec![TopicProduceData {
                name: self.topic.clone(),
                topic_id,
                partition_data: vec![PartitionProduceData {
                    index: batch.partition,
                    records: Some(batch.bytes.clone()),
                }],
            }],
        })
    }

    fn settle_all(&mut self) -> Result<(), ClientError> {
        while let Some(leader) = self
            .in_flight
            .iter()
            .find(|(_, queue)| !queue.is_empty())
            .map(|(leader, _)| *leader)
        {
            self.settle_oldest(leader)?;
        }
        Ok(())
    }

    /// Waits for the oldest answer of a broker.
    fn settle_oldest(&mut self, leader: i32) -> Result<(), ClientError> {
        let Some(oldest) = self
            .in_flight
            .get_mut(&leader)
            .and_then(VecDeque::pop_front)
        else {
            return Ok(());
        };
        match self.await_answer(leader, oldest) {
            Outcome::Delivered => Ok(()),
            Outcome::Failed(error) => Err(error),
            Outcome::Again(batch, error) => self.recover(leader, batch, error),
        }
    }

    fn await_answer(&mut self, leader: i32, sent: InFlight) -> Outcome {
        let InFlight { batch, ticket } = sent;
        let answer = self
            .cluster
            .connection(leader)
            .and_then(|connection| connection.receive(ticket));
        let offset = answer.and_then(|response| self.base_offset(&batch, &response));
        match offset {
            Ok(base_offset) => {
                self.count_delivered(&batch, Some(base_offset));
                Outcome::Delivered
            }
            // The broker has the batch from an earlier attempt.
            Err(error) if error.code() == Some(ErrorCode::DuplicateSequenceNumber) => {
                self.count_delivered(&batch, None);
                Outcome::Delivered
            }
            Err(error) if error.is_retriable() => Outcome::Again(batch, error),
            Err(error) => Outcome::Failed(error),
        }
    }

    fn base_offset(&self, batch: &Batch, response: &ProduceResponse) -> Result<i64, ClientError> {
        let name = || format!("{}-{}", self.topic, batch.partition);
        let answer = response
            .responses
            .iter()
            .flat_map(|topic| &topic.partition_responses)
            .next();
        let answer = answer.ok_or_else(|| self.cluster.incomplete(ApiKey::Produce, name()))?;
        check(answer.error_code, answer.error_message.clone(), || {
            format!("write to {}", name())
        })?;
        Ok(answer.base_offset)
    }

    fn count_delivered(&mut self, batch: &Batch, base_offset: Option<i64>) {
        self.delivered.records += u64::from(batch.record_count.unsigned_abs());
        self.delivered.bytes += u64::try_from(batch.bytes.len()).unwrap_or(u64::MAX);
        if let Some(base_offset) = base_offset {
            let next = base_offset.saturating_add(i64::from(batch.record_count));
            self.delivered.next_offsets.insert(batch.partition, next);
        }
    }

    /// After a failure: takes in what else is in flight to that broker, then sends all that failed again, in order.
    fn recover(
        &mut self,
        leader: i32,
        first: Batch,
        error: ClientError,
    ) -> Result<(), ClientError> {
        let mut failed = vec![(first, error)];
        let is_broken = is_connection_error(&failed[0].1);
        while let Some(sent) = self
            .in_flight
            .get_mut(&leader)
            .and_then(VecDeque::pop_front)
        {
            if is_broken {
                let error = ClientError::Timeout {
                    address: format!("broker {leader}"),
                    api: ApiKey::Produce,
                    waited: Duration::ZERO,
                };
                failed.push((sent.batch, error));
                continue;
            }
            self.take_in(leader, sent, &mut failed)?;
        }
        if is_broken {
            self.cluster.disconnect(leader);
        }
        self.retry(failed)
    }

    fn take_in(
        &mut self,
        leader: i32,
        sent: InFlight,
        failed: &mut Vec<(Batch, ClientError)>,
    ) -> Result<(), ClientError> {
        let batch = sent.batch.clone();
        let follows_a_failure = failed
            .iter()
            .any(|(earlier, _)| earlier.partition == batch.partition);
        match self.await_answer(leader, sent) {
            Outcome::Delivered => Ok(()),
            Outcome::Again(batch, error) => {
                failed.push((batch, error));
                Ok(())
            }
            // The broker refuses a sequence number whose predecessor it has not seen; both are sent again.
            Outcome::Failed(error)
                if follows_a_failure
                    && error.code() == Some(ErrorCode::OutOfOrderSequenceNumber) =>
            {
                failed.push((batch, error));
                Ok(())
            }
            Outcome::Failed(error) => Err(error),
        }
    }

    /// Sends batches one by one until each is delivered or its time is over.
    fn retry(&mut self, failed: Vec<(Batch, ClientError)>) -> Result<(), ClientError> {
        for (batch, mut error) in failed {
            loop {
                if Instant::now() >= batch.deadline {
                    return Err(error);
                }
                std::thread::sleep(RETRY_INTERVAL);
                self.cluster.forget(&self.topic);
                match self.attempt(&batch) {
                    Ok(()) => break,
                    Err(next) if next.is_retriable() => error = next,
                    Err(next) => return Err(next),
                }
            }
        }
        Ok(())
    }

    fn attempt(&mut self, batch: &Batch) -> Result<(), ClientError> {
        let leader = self.cluster.leader(&self.topic, batch.partition)?;
        // Answers due on that connection belong to batches of other partitions and come first.
        while self
            .in_flight
            .get(&leader)
            .is_some_and(|queue| !queue.is_empty())
        {
            self.settle_oldest(leader)?;
        }
        let sent = self.send_to(leader, batch);
        let result = match sent {
            Ok(None) => {
                self.count_delivered(batch, None);
                Ok(())
            }
            Ok(Some(ticket)) => match self.await_answer(
                leader,
                InFlight {
                    batch: batch.clone(),
                    ticket,
                },
            ) {
                Outcome::Delivered => Ok(()),
                Outcome::Again(_, error) | Outcome::Failed(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        if result.as_ref().is_err_and(is_connection_error) {
            self.cluster.disconnect(leader);
        }
        result
    }
}

fn is_connection_error(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::Stream { .. } | ClientError::Timeout { .. } | ClientError::Connect { .. }
    )
}

/// Asks for a producer id until there is one: an Apache Kafka that has just started answers
/// COORDINATOR_LOAD_IN_PROGRESS for a while.
fn producer_identity(
    cluster: &mut Cluster,
    patience: Duration,
) -> Result<(ProducerId, i16), ClientError> {
    let deadline = Instant::now() + patience;
    loop {
        match ask_for_identity(cluster) {
            Err(error)
                if error.code().is_some_and(ErrorCode::is_retriable)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(RETRY_INTERVAL);
            }
            outcome => return outcome,
        }
    }
}

fn ask_for_identity(cluster: &mut Cluster) -> Result<(ProducerId, i16), ClientError> {
    let request = InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: i32::MAX,
        ..Default::default()
    };
    let response = cluster.call(&request)?;
    check(response.error_code, None, || "get a producer id".to_owned())?;
    Ok((ProducerId(response.producer_id), response.producer_epoch))
}

#[allow(
    clippy::disallowed_methods,
    reason = "a record without a timestamp gets the clock's"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
