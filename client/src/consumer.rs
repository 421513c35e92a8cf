//! Reads records of assigned partitions, following their leaders.
//!
//! Invariants: a partition's position moves only past records that were handed out, so stopping loses and repeats
//! nothing; every batch's CRC is checked before its records are read; a poll holds at most one response a broker.
//! Control batches are skipped. Reads uncommitted data, as Kafka's default does.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::batch::{HEADER_LENGTH, RecordBatchHeader, crc32c};
use corelane_engine::record::{Headers, Records, first_batch_size};
use corelane_protocol::messages::fetch::{
    FetchPartition, FetchRequest, FetchResponse, FetchTopic, PartitionData,
};
use corelane_protocol::{ApiKey, ErrorCode};
use uuid::Uuid;

use crate::cluster::{Cluster, OffsetAt};
use crate::connection::Ticket;
use crate::error::{ClientError, check};

/// The CRC covers a batch from its attributes on.
const CRC_START: usize = 21;

const _: () = assert!(CRC_START < HEADER_LENGTH);

/// Polls in a row that may fail for a reason that passes, before the reason is an error.
const FAILURES_MAX: u32 = 50;

/// Between such polls.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Where to start reading a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// At the first record that is kept.
    Beginning,
    /// Behind the last record.
    End,
    /// At this offset.
    Offset(i64),
    /// At the first record of this time or later, in milliseconds since 1970; behind the last when there is none.
    Timestamp(i64),
}

/// What to do when the offset is not in the log any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// Report it.
    Fail,
    /// Go on at the first record that is kept.
    Beginning,
    /// Go on behind the last record.
    End,
}

/// A partition to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Where to start.
    pub start: StartAt,
}

/// How a consumer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerOptions {
    /// Bytes of one response, at most.
    pub max_bytes: i32,
    /// Bytes of one partition in a response, at most.
    pub partition_max_bytes: i32,
    /// How many bytes the broker waits for.
    pub min_bytes: i32,
    /// How long it waits.
    pub max_wait: Duration,
    /// What to do when the offset is not in the log any more.
    pub out_of_range: OutOfRange,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            max_bytes: 50 * 1024 * 1024,
            partition_max_bytes: 1024 * 1024,
            min_bytes: 1,
            max_wait: Duration::from_millis(500),
            out_of_range: OutOfRange::Fail,
        }
    }
}

/// A record, borrowed from the response that brought it.
#[derive(Debug, Clone, Copy)]
pub struct ConsumedRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// Milliseconds since 1970; -1 for none.
    pub timestamp_ms: i64,
    /// The epoch of the leader that appended it.
    pub leader_epoch: i32,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: Headers<'a>,
}

/// Reads assigned partitions.
#[derive(Debug)]
pub struct Consumer {
    cluster: Cluster,
    options: ConsumerOptions,
    partitions: Vec<Reading>,
    failures: u32,
}

#[derive(Debug, Clone)]
struct Reading {
    topic: String,
    topic_id: Uuid,
    partition: i32,
    position: i64,
    high_watermark: Option<i64>,
}

impl Consumer {
    /// A consumer of `assignments`; each start is resolved to an offset.
    pub fn new(
        mut cluster: Cluster,
        assignments: &[Assignment],
        options: ConsumerOptions,
    ) -> Result<Self, ClientError> {
        let partitions = assignments
            .iter()
            .map(|assignment| begin(&mut cluster, assignment))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            cluster,
            options,
            partitions,
            failures: 0,
        })
    }

    /// The cluster, for calls beside reading.
    pub fn cluster(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// Ends the reading and gives the cluster back.
    pub fn into_cluster(self) -> Cluster {
        self.cluster
    }

    /// The offset that is read next from each partition.
    pub fn positions(&self) -> impl Iterator<Item = (&str, i32, i64)> {
        self.partitions
            .iter()
            .map(|reading| (reading.topic.as_str(), reading.partition, reading.position))
    }

    /// Whether every partition is read up to the end that its last answer told.
    pub fn is_at_end(&self) -> bool {
        self.partitions.iter().all(|reading| {
            reading
                .high_watermark
                .is_some_and(|end| reading.position >= end)
        })
    }

    /// Reads no more of a partition, as when it reached the offset to stop at.
    pub fn unassign(&mut self, topic: &str, partition: i32) {
        self.partitions
            .retain(|reading| reading.topic != topic || reading.partition != partition);
    }

    /// Fetches once from every leader and hands out the records; `each` may stop, and the rest comes with the next poll.
    ///
    /// Returns how many records were handed out: none when `max_wait` passed without any.
    pub fn poll(
        &mut self,
        mut each: impl FnMut(ConsumedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<usize, ClientError> {
        let fetched = self.fetch();
        match fetched {
            Ok(responses) => {
                self.failures = 0;
                self.hand_out_all(&responses, &mut each)
            }
            Err(error) if error.is_retriable() && self.failures < FAILURES_MAX => {
                self.failures += 1;
                self.forget_topics();
                std::thread::sleep(RETRY_INTERVAL);
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    fn fetch(&mut self) -> Result<Vec<FetchResponse>, ClientError> {
        let mut sent: Vec<(i32, Ticket<FetchRequest>)> = Vec::new();
        for (leader, request) in self.requests()? {
            match self
                .cluster
                .connection(leader)
                .and_then(|connection| connection.send(&request))
            {
                Ok(ticket) => sent.push((leader, ticket)),
                Err(error) => return Err(self.abandon(leader, sent, error)),
            }
        }
        let mut responses = Vec::new();
        let mut rest = sent.into_iter();
        while let Some((leader, ticket)) = rest.next() {
            match self
                .cluster
                .connection(leader)
                .and_then(|connection| connection.receive(ticket))
            {
                Ok(response) => responses.push(response),
                Err(error) => return Err(self.abandon(leader, rest.collect(), error)),
            }
        }
        Ok(responses)
    }

    /// Answers that nobody will read would be taken for those of the next requests, so their connections go.
    fn abandon(
        &mut self,
        failed: i32,
        sent: Vec<(i32, Ticket<FetchRequest>)>,
        error: ClientError,
    ) -> ClientError {
        self.cluster.disconnect(failed);
        for (leader, _ticket) in sent {
            self.cluster.disconnect(leader);
        }
        error
    }

    fn requests(&mut self) -> Result<BTreeMap<i32, FetchRequest>, ClientError> {
        let mut requests: BTreeMap<i32, FetchRequest> = BTreeMap::new();
        for reading in &self.partitions {
            let leader = self.cluster.leader(&reading.topic, reading.partition)?;
            let request = requests
                .entry(leader)
                .or_insert_with(|| empty_request(&self.options));
            add_partition(request, reading, self.options.partition_max_bytes);
        }
        Ok(requests)
    }

    fn forget_topics(&mut self) {
        for reading in &self.partitions {
            self.cluster.forget(&reading.topic);
        }
    }

    fn hand_out_all(
        &mut self,
        responses: &[FetchResponse],
        each: &mut impl FnMut(ConsumedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<usize, ClientError> {
        let mut count = 0;
        for response in responses {
            check(response.error_code, None, || "fetch".to_owned())?;
            for topic in &response.responses {
                for answer in &topic.partitions {
                    let Some(index) =
                        self.find(&topic.topic, topic.topic_id, answer.partition_index)
                    else {
                        continue;
                    };
                    let flow = self.hand_out(index, answer, &mut count, each)?;
                    if flow.is_break() {
                        return Ok(count);
                    }
                }
            }
        }
        self.rotate();
        Ok(count)
    }

    /// The broker fills a response from the front, so the first partition must not always be the same.
    fn rotate(&mut self) {
        if self.partitions.len() > 1 {
            self.partitions.rotate_left(1);
        }
    }

    fn find(&self, topic: &str, topic_id: Uuid, partition: i32) -> Option<usize> {
        self.partitions.iter().position(|reading| {
            let same_topic = if topic.is_empty() {
                reading.topic_id == topic_id
            } else {
                reading.topic == topic
            };
            same_topic && reading.partition == partition
        })
    }

    fn hand_out(
        &mut self,
        index: usize,
        answer: &PartitionData,
        count: &mut usize,
        each: &mut impl FnMut(ConsumedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ClientError> {
        if answer.error_code == ErrorCode::OffsetOutOfRange.code()
            && self.options.out_of_range != OutOfRange::Fail
        {
            self.restart(index)?;
            return Ok(ControlFlow::Continue(()));
        }
        let reading = &mut self.partitions[index];
        let refused = check(answer.error_code, None, || {
            format!(
                "read {}-{} at offset {}",
                reading.topic, reading.partition, reading.position
            )
        });
        match refused {
            Ok(()) => {}
            Err(error) if error.is_retriable() => {
                self.cluster.forget(&reading.topic);
                // A broker that refuses at once must not be asked at once again.
                std::thread::sleep(RETRY_INTERVAL);
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(error),
        }
        reading.high_watermark = Some(answer.high_watermark);
        let Some(records) = &answer.records else {
            return Ok(ControlFlow::Continue(()));
        };
        reading.hand_out(records, count, each)
    }

    fn restart(&mut self, index: usize) -> Result<(), ClientError> {
        let at = match self.options.out_of_range {
            OutOfRange::End => OffsetAt::Latest,
            OutOfRange::Beginning | OutOfRange::Fail => OffsetAt::Earliest,
        };
        let reading = &mut self.partitions[index];
        reading.position = self
            .cluster
            .offset(&reading.topic, reading.partition, at)?
            .unwrap_or(0);
        Ok(())
    }
}

impl Reading {
    fn hand_out(
        &mut self,
        records: &Bytes,
        count: &mut usize,
        each: &mut impl FnMut(ConsumedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ClientError> {
        let mut rest: &[u8] = records;
        // A response may end in the middle of a batch; what is cut off comes with the next one.
        while let Some(size) = first_batch_size(rest) {
            let (batch, following) = rest.split_at(size);
            if self.hand_out_batch(batch, count, each)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            rest = following;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn hand_out_batch(
        &mut self,
        batch: &[u8],
        count: &mut usize,
        each: &mut impl FnMut(ConsumedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ClientError> {
        let header = self.checked_header(batch)?;
        let next_offset = header
            .next_offset()
            .ok_or_else(|| self.damaged("its last offset overflows"))?;
        if !header.is_control() {
            let opened = Records::open(batch).map_err(|source| self.unreadable(source))?;
            for record in opened.iter() {
                let record = record.map_err(|source| self.unreadable(source))?;
                // A fetch from inside a batch brings the whole batch.
                if record.offset.0 < self.position {
                    continue;
                }
                let flow = each(ConsumedRecord {
                    topic: &self.topic,
                    partition: self.partition,
                    offset: record.offset.0,
                    timestamp_ms: record.timestamp.0,
                    leader_epoch: header.leader_epoch().0,
                    key: record.key,
                    value: record.value,
                    headers: record.headers,
                });
                self.position = record.offset.0.saturating_add(1);
                *count += 1;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        self.position = self.position.max(next_offset.0);
        Ok(ControlFlow::Continue(()))
    }

    fn checked_header(&self, batch: &[u8]) -> Result<RecordBatchHeader, ClientError> {
        let header = *RecordBatchHeader::view(batch)
            .ok_or_else(|| self.damaged("it is shorter than a header"))?;
        if header.magic() != corelane_engine::batch::MAGIC_V2 {
            return Err(self.damaged("its format is older than version 2"));
        }
        if crc32c(&batch[CRC_START..]) != header.crc() {
            return Err(self.damaged("its CRC does not match"));
        }
        Ok(header)
    }

    fn damaged(&self, reason: &'static str) -> ClientError {
        ClientError::DamagedBatch {
            topic: self.topic.clone(),
            partition: self.partition,
            offset: self.position,
            reason,
        }
    }

    fn unreadable(&self, source: corelane_engine::record::RecordError) -> ClientError {
        ClientError::Records {
            topic: self.topic.clone(),
            partition: self.partition,
            offset: self.position,
            source,
        }
    }
}

fn begin(cluster: &mut Cluster, assignment: &Assignment) -> Result<Reading, ClientError> {
    let Assignment {
        topic,
        partition,
        start,
    } = assignment;
    // Tells a wrong partition number before any offset is asked for.
    cluster.leader(topic, *partition)?;
    let position = match start {
        StartAt::Offset(offset) => Some(*offset),
        StartAt::Beginning => cluster.offset(topic, *partition, OffsetAt::Earliest)?,
        StartAt::End => cluster.offset(topic, *partition, OffsetAt::Latest)?,
        StartAt::Timestamp(timestamp_ms) => {
            match cluster.offset(topic, *partition, OffsetAt::Timestamp(*timestamp_ms))? {
                None => cluster.offset(topic, *partition, OffsetAt::Latest)?,
                found => found,
            }
        }
    };
    let position = position.ok_or_else(|| {
        cluster.incomplete(
            ApiKey::ListOffsets,
            format!("an offset of {topic}-{partition}"),
        )
    })?;
    let topic_id = cluster.topic(topic)?.id;
    Ok(Reading {
        topic: topic.clone(),
        topic_id,
        partition: *partition,
        position,
        high_watermark: None,
    })
}

fn empty_request(options: &ConsumerOptions) -> FetchRequest {
    FetchRequest {
        max_wait_ms: i32::try_from(options.max_wait.as_millis()).unwrap_or(i32::MAX),
        min_bytes: options.min_bytes,
        max_bytes: options.max_bytes,
        ..FetchRequest::default()
    }
}

fn add_partition(request: &mut FetchRequest, reading: &Reading, partition_max_bytes: i32) {
    let partition = FetchPartition {
        partition: reading.partition,
        fetch_offset: reading.position,
        partition_max_bytes,
        ..FetchPartition::default()
    };
    match request
        .topics
        .iter_mut()
        .find(|topic| topic.topic == reading.topic)
    {
        Some(topic) => topic.partitions.push(partition),
        None => request.topics.push(FetchTopic {
            topic: reading.topic.clone(),
            topic_id: reading.topic_id,
            partitions: vec![partition],
        }),
    }
}
