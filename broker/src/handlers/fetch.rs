//! Fetch (1): record batches as they lie in the log, from memory or straight from the file.
//!
//! - 4 brought record batches of format v2 and isolation levels; with no transactions both levels see the same.
//! - 5 adds the log start offset, 7 sessions, 9 leader epochs, 11 the rack.
//! - 12 is flexible and detects divergence (KIP-595), 13 names topics by id, 15 moves the replica's state,
//!   16 adds endpoints, 17 directory ids, 18 the high watermark that a replica knows.
//!
//! Sessions: session id 0 in every response says that there is none, and clients then name all their partitions in
//! every request (KIP-227).

use std::rc::Rc;
use std::time::{Duration, Instant};

use corelane_engine::{FetchPlan, LeaderEpoch, Offset, Partition, ReadRequest, RingFile};
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::fetch::{FetchPartition, FetchRequest};

use crate::delayed_fetch::{self, Awaited};
use crate::dispatch::Call;
use crate::error_map;
use crate::fetch_response::{self, FetchHeader, FetchedPartition, FetchedTopic};
use crate::leader_epoch;
use crate::limits::{FETCHES_WITH_DATA_MAX, FETCH_BYTES_MAX, FETCH_WAIT_MAX};
use crate::partition_calls::{PartitionCalls, Question};
use crate::response::Answer;
use crate::topics::{self, TopicRef};

/// The first version that names topics by id.
const TOPIC_IDS_SINCE: i16 = 13;
/// The isolation level that asks for committed records only.
const READ_COMMITTED: i8 = 1;
/// The session epoch of a request without a session, or one that ends its session.
const FINAL_EPOCH: i32 = -1;

/// A partition of the request: where it is, or why it is not read.
struct Wanted {
    index: i32,
    question: Result<Question<Want>, ErrorCode>,
}

/// What is asked of one partition.
#[derive(Clone, Copy)]
struct Want {
    offset: Offset,
    bytes_max: usize,
    current_epoch: i32,
    last_fetched_epoch: i32,
}

/// What a partition answers.
enum Read {
    Data(FetchPlan<RingFile>),
    /// The client's log and this one part at this epoch and offset.
    Diverging { epoch: i32, end_offset: i64, bounds: Bounds },
    Failed(ErrorCode),
}

#[derive(Clone, Copy)]
struct Bounds {
    high_watermark: i64,
    last_stable_offset: i64,
    log_start_offset: i64,
}

/// Reads, waits if there is too little, and answers.
pub async fn handle(call: Call, request: FetchRequest) {
    let header = FetchHeader {
        version: call.head.version,
        correlation_id: call.head.correlation_id,
        error: session_error(&request),
        read_committed: request.isolation_level == READ_COMMITTED,
    };
    // Data is held for a few requests of a connection at a time only, whatever it asks for.
    call.near_front(FETCHES_WITH_DATA_MAX - 1).await;
    let topics = match header.error {
        ErrorCode::None => fetch(&call, &request).await,
        _ => Vec::new(),
    };
    let answer = match fetch_response::encode(header, topics) {
        Ok(parts) => Answer::Send(parts),
        Err(error) => call.answer_of(Err(error)),
    };
    call.answer(answer);
}

/// Sessions are not kept, so none can be continued.
fn session_error(request: &FetchRequest) -> ErrorCode {
    match (request.session_id, request.session_epoch) {
        (_, FINAL_EPOCH) | (0, 0) => ErrorCode::None,
        (0, _) => ErrorCode::InvalidFetchSessionEpoch,
        _ => ErrorCode::FetchSessionIdNotFound,
    }
}

async fn fetch(call: &Call, request: &FetchRequest) -> Vec<FetchedTopic> {
    let deadline = Instant::now() + wait_limit(request);
    let bytes_max = usize::try_from(request.max_bytes).unwrap_or(0).min(FETCH_BYTES_MAX);
    let bytes_min = u64::try_from(request.min_bytes).unwrap_or(0).min(bytes_max as u64);
    loop {
        let wanted = locate(call, request, bytes_max);
        let reads = read(call, &wanted).await;
        let enough = length(&reads) >= bytes_min || reads.iter().any(Read::ends_the_wait);
        let left = deadline.saturating_duration_since(Instant::now());
        if enough || left.is_zero() || call.connection.has_ended() {
            return assemble(request, wanted, reads, bytes_max);
        }
        let awaited = awaited(&wanted, &reads);
        // Nothing is held while waiting.
        drop(reads);
        delayed_fetch::wait(&call.lane().engine, &awaited, left, call.connection.ended()).await;
    }
}

fn wait_limit(request: &FetchRequest) -> Duration {
    let asked_ms = u64::try_from(request.max_wait_ms).unwrap_or(0);
    Duration::from_millis(asked_ms).min(FETCH_WAIT_MAX)
}

fn locate(call: &Call, request: &FetchRequest, bytes_max: usize) -> Vec<Wanted> {
    let image = topics::image();
    let by_id = call.head.version >= TOPIC_IDS_SINCE;
    let mut wanted = Vec::new();
    for topic in &request.topics {
        let reference = TopicRef::of(by_id, &topic.topic, topic.topic_id);
        for partition in &topic.partitions {
            let question = topics::locate(&image, reference, partition.partition).map(|place| Question {
                shard: place.shard,
                partition: place.partition,
                question: Want::of(partition, bytes_max),
            });
            wanted.push(Wanted { index: partition.partition, question });
        }
    }
    wanted
}

impl Want {
    fn of(partition: &FetchPartition, bytes_max: usize) -> Want {
        Want {
            offset: Offset(partition.fetch_offset),
            bytes_max: usize::try_from(partition.partition_max_bytes).unwrap_or(0).min(bytes_max),
            current_epoch: partition.current_leader_epoch,
            last_fetched_epoch: partition.last_fetched_epoch,
        }
    }
}

/// Reads every partition that was found; the reads are in the order of the request.
async fn read(call: &Call, wanted: &[Wanted]) -> Vec<Read> {
    let questions = wanted.iter().filter_map(|wanted| wanted.question.as_ref().ok());
    let questions = questions
        .map(|question| Question {
            shard: question.shard,
            partition: question.partition,
            question: question.question,
        })
        .collect();
    let reads = PartitionCalls::new(&call.lane().engine, questions, async |partition, want| {
        read_one(partition, want).await
    });
    let mut reads = reads.finish().await.into_iter();
    let read = |wanted: &Wanted| match wanted.question {
        Ok(_) => reads.next().unwrap_or(Read::Failed(ErrorCode::NotLeaderOrFollower)),
        Err(code) => Read::Failed(code),
    };
    wanted.iter().map(read).collect()
}

/// Runs on the partition's core.
async fn read_one(partition: Option<Rc<Partition>>, want: Want) -> Read {
    // The topic has been deleted since the request was routed.
    let Some(partition) = partition else {
        return Read::Failed(ErrorCode::UnknownTopicOrPartition);
    };
    if let Err(code) = leader_epoch::check(&partition, want.current_epoch) {
        return Read::Failed(code);
    }
    if let Some((epoch, end_offset)) = divergence(&partition, want) {
        return Read::Diverging { epoch, end_offset, bounds: Bounds::of(&partition) };
    }
    let request = ReadRequest {
        offset: want.offset,
        bytes_max: want.bytes_max,
        at_least_one: true,
        offset_max: None,
    };
    match partition.read(request).await {
        Ok(plan) => Read::Data(plan),
        Err(error) => Read::Failed(error_map::read(&error)),
    }
}

/// Where the log of a client that has read `last_fetched_epoch` up to its offset parts from this one (KIP-595).
fn divergence(partition: &Partition, want: Want) -> Option<(i32, i64)> {
    if want.last_fetched_epoch < 0 {
        return None;
    }
    let (epoch, end) = partition.epoch_end_offset(LeaderEpoch(want.last_fetched_epoch))?;
    let diverges = epoch.0 < want.last_fetched_epoch || end < want.offset;
    diverges.then_some((epoch.0, end.0))
}

impl Bounds {
    fn of(partition: &Partition) -> Bounds {
        Bounds {
            high_watermark: partition.high_watermark().0,
            last_stable_offset: partition.last_stable_offset().0,
            log_start_offset: partition.log_start_offset().0,
        }
    }
}

impl Read {
    fn length(&self) -> u64 {
        match self {
            Read::Data(plan) => plan.length,
            Read::Diverging { .. } | Read::Failed(_) => 0,
        }
    }

    fn ends_the_wait(&self) -> bool {
        !matches!(self, Read::Data(_))
    }
}

fn length(reads: &[Read]) -> u64 {
    reads.iter().map(Read::length).sum()
}

/// What to wait for: more than each partition has shown so far.
fn awaited(wanted: &[Wanted], reads: &[Read]) -> Vec<Awaited> {
    let mut awaited = Vec::with_capacity(wanted.len());
    for (wanted, read) in wanted.iter().zip(reads) {
        if let (Ok(question), Read::Data(plan)) = (&wanted.question, read) {
            awaited.push(Awaited {
                shard: question.shard,
                partition: question.partition,
                offset: plan.high_watermark.max(question.question.offset),
            });
        }
    }
    awaited
}

/// Puts the reads into the shape of the request, within the bytes that it allows.
fn assemble(
    request: &FetchRequest,
    wanted: Vec<Wanted>,
    reads: Vec<Read>,
    bytes_max: usize,
) -> Vec<FetchedTopic> {
    let mut allowance = Allowance { left: bytes_max as u64, nothing_yet: true };
    let mut partitions = wanted.into_iter().zip(reads);
    let topic = |topic: &corelane_protocol::messages::fetch::FetchTopic| FetchedTopic {
        name: topic.topic.clone(),
        id: topic.topic_id,
        partitions: partitions
            .by_ref()
            .take(topic.partitions.len())
            .map(|(wanted, read)| fetched(wanted.index, read, &mut allowance))
            .collect(),
    };
    request.topics.iter().map(topic).collect()
}

fn fetched(index: i32, read: Read, allowance: &mut Allowance) -> FetchedPartition {
    match read {
        Read::Failed(code) => FetchedPartition::failed(index, code),
        Read::Diverging { epoch, end_offset, bounds } => FetchedPartition {
            high_watermark: bounds.high_watermark,
            last_stable_offset: bounds.last_stable_offset,
            log_start_offset: bounds.log_start_offset,
            diverging: Some((epoch, end_offset)),
            ..FetchedPartition::failed(index, ErrorCode::None)
        },
        Read::Data(plan) => {
            let fits = allowance.take(plan.length);
            FetchedPartition {
                index,
                error: ErrorCode::None,
                high_watermark: plan.high_watermark.0,
                last_stable_offset: plan.last_stable_offset.0,
                log_start_offset: plan.log_start_offset.0,
                diverging: None,
                length: if fits { plan.length } else { 0 },
                parts: if fits { plan.parts } else { Vec::new() },
            }
        }
    }
}

/// The bytes that a response may still carry. The first batch is carried whatever its size, so that a consumer gets
/// past it (KIP-74); partitions that do not fit any more come first in the client's next request.
struct Allowance {
    left: u64,
    nothing_yet: bool,
}

impl Allowance {
    fn take(&mut self, length: u64) -> bool {
        if length == 0 {
            return true;
        }
        let fits = length <= self.left || self.nothing_yet;
        if fits {
            self.left = self.left.saturating_sub(length);
            self.nothing_yet = false;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_data_is_carried_whatever_its_size_and_the_rest_within_the_limit() {
        let mut allowance = Allowance { left: 100, nothing_yet: true };
        assert!(allowance.take(0));
        assert!(allowance.take(150));
        assert!(!allowance.take(1));
        let mut allowance = Allowance { left: 100, nothing_yet: true };
        assert!(allowance.take(60));
        assert!(!allowance.take(50));
        assert!(allowance.take(40));
    }

    #[test]
    fn only_requests_without_a_session_are_served() {
        let request = |session_id, session_epoch| FetchRequest {
            session_id,
            session_epoch,
            ..FetchRequest::default()
        };
        assert_eq!(session_error(&request(0, -1)), ErrorCode::None);
        assert_eq!(session_error(&request(0, 0)), ErrorCode::None);
        assert_eq!(session_error(&request(7, -1)), ErrorCode::None);
        assert_eq!(session_error(&request(7, 1)), ErrorCode::FetchSessionIdNotFound);
        assert_eq!(session_error(&request(0, 1)), ErrorCode::InvalidFetchSessionEpoch);
    }
}
