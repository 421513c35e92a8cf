//! Fetch (1): record batches as they lie in the log, from memory or straight from the file.
//!
//! - 4 brought record batches of format v2 and isolation levels: who reads what is committed sees nothing behind the
//!   last stable offset, and is told which producers' batches were aborted.
//! - 5 adds the log start offset, 7 sessions, 9 leader epochs, 11 the rack.
//! - 12 is flexible and detects divergence (KIP-595), 13 names topics by id, 15 moves the replica's state,
//!   16 adds endpoints, 17 directory ids, 18 the high watermark that a replica knows.
//!
//! Sessions: session id 0 in every response says that there is none, and clients then name all their partitions in
//! every request (KIP-227).

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use corelane_engine::aborted_index::AbortedRange;
use corelane_engine::types::{LeaderEpoch, Offset};
use corelane_engine::{FetchPart, FetchPlan, ReadRequest};
use corelane_protocol::fetch_view::{FetchPartitionView, FetchView};
use corelane_protocol::frame::encode_split_response;
use corelane_protocol::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, PartitionData,
};
use corelane_protocol::{ApiKey, EncodeError, ErrorCode, TopicRef};
use uuid::Uuid;

use crate::delayed_fetch::{self, Awaited};
use crate::dispatch::Call;
use crate::error_map;
use crate::leader_epoch;
use crate::limits::{FETCH_BYTES_MAX, FETCH_WAIT_MAX, FETCHES_WITH_DATA_MAX};
use crate::partition_calls::{PartitionCalls, Question};
use crate::quotas::QuotaKind;
use crate::response::{Answer, Part};
use crate::topics::{self, Partition};

/// The isolation level that asks for committed records only.
const READ_COMMITTED: i8 = 1;
/// The session epoch of a request without a session, or one that ends its session.
const FINAL_EPOCH: i32 = -1;

/// A partition of the request: where it is, or why it is not read.
type Wanted = Result<Question<Want>, ErrorCode>;

/// What is asked of one partition.
#[derive(Clone, Copy)]
struct Want {
    offset: Offset,
    bytes_max: usize,
    current_epoch: i32,
    last_fetched_epoch: i32,
    /// Whether only what is decided is read.
    committed: bool,
}

/// What a partition answers.
enum Read {
    Data(FetchPlan, Vec<AbortedRange>),
    /// The client's log and this one part at this epoch and offset.
    Diverging {
        at: EpochEndOffset,
        bounds: Bounds,
    },
    Failed(ErrorCode),
}

/// What consumers may know of a log.
#[derive(Clone, Copy)]
struct Bounds {
    high_watermark: i64,
    last_stable_offset: i64,
    log_start_offset: i64,
}

const NO_BOUNDS: Bounds = Bounds {
    high_watermark: -1,
    last_stable_offset: -1,
    log_start_offset: -1,
};

/// Reads, waits if there is too little, and answers.
pub async fn handle(call: Call, request: FetchView) {
    // Data is held for a few requests of a connection at a time only, whatever it asks for.
    call.near_front(FETCHES_WITH_DATA_MAX - 1).await;
    let mut reply = match session_error(request.session_id, request.session_epoch) {
        ErrorCode::None => fetch(&call, &request).await,
        error => {
            call.count_error(error);
            Reply::refused(error)
        }
    };
    reply.response.throttle_time_ms = call.charge(QuotaKind::Fetch, reply.length());
    let answer = match reply.into_parts(&call) {
        Ok(parts) => Answer::Send(parts),
        Err(error) => call.answer_of(Err(error)),
    };
    call.answer(answer);
}

/// Sessions are not kept, so none can be continued.
fn session_error(session_id: i32, session_epoch: i32) -> ErrorCode {
    match (session_id, session_epoch) {
        (_, FINAL_EPOCH) | (0, 0) => ErrorCode::None,
        (0, _) => ErrorCode::InvalidFetchSessionEpoch,
        _ => ErrorCode::FetchSessionIdNotFound,
    }
}

async fn fetch(call: &Call, request: &FetchView) -> Reply {
    let deadline = Instant::now() + wait_limit(request);
    let bytes_max = usize::try_from(request.max_bytes)
        .unwrap_or(0)
        .min(FETCH_BYTES_MAX);
    let bytes_min = u64::try_from(request.min_bytes)
        .unwrap_or(0)
        .min(bytes_max as u64);
    loop {
        let wanted = locate(call, request, bytes_max);
        let reads = read(call, &wanted).await;
        // The Java client closes with a Fetch of nothing, and waits for its answer; nothing would ever end its wait here.
        let enough = reads.is_empty()
            || length(&reads) >= bytes_min
            || reads.iter().any(Read::ends_the_wait);
        let left = deadline.saturating_duration_since(Instant::now());
        if enough || left.is_zero() || call.connection.has_ended() {
            let reply = assemble(request, reads, bytes_max);
            count(call, &wanted, &reply);
            return reply;
        }
        let awaited = awaited(&wanted, &reads);
        // Nothing is held while waiting.
        drop(reads);
        delayed_fetch::wait(&call.lane().engine, &awaited, left, call.connection.ended()).await;
    }
}

/// Counts what is sent, by topic, and the errors that are told.
fn count(call: &Call, wanted: &[Wanted], reply: &Reply) {
    let counters = &call.lane().counters;
    for (wanted, (length, _)) in wanted.iter().zip(&reply.records) {
        if let Ok(question) = wanted {
            counters.sending(question.partition.topic_id, *length);
        }
    }
    counters.errors_of(ApiKey::Fetch, &reply.response);
}

fn wait_limit(request: &FetchView) -> Duration {
    let asked_ms = u64::try_from(request.max_wait_ms).unwrap_or(0);
    Duration::from_millis(asked_ms).min(FETCH_WAIT_MAX)
}

fn partitions(request: &FetchView) -> impl Iterator<Item = FetchPartitionView<'_>> {
    // A view exists only of a request that was walked to its end without an error.
    request.partitions().map_while(Result::ok)
}

fn locate(call: &Call, request: &FetchView, bytes_max: usize) -> Vec<Wanted> {
    let image = topics::image();
    let wanted = |partition: FetchPartitionView<'_>| {
        let place = topics::locate(call.lane(), &image, partition.topic, partition.partition)?;
        let question = Want {
            committed: request.isolation_level == READ_COMMITTED,
            ..Want::of(&partition, bytes_max)
        };
        Ok(Question {
            shard: place.shard,
            partition: place.partition,
            question,
        })
    };
    partitions(request).map(wanted).collect()
}

impl Want {
    fn of(partition: &FetchPartitionView<'_>, bytes_max: usize) -> Want {
        Want {
            offset: Offset(partition.fetch_offset),
            bytes_max: usize::try_from(partition.partition_max_bytes)
                .unwrap_or(0)
                .min(bytes_max),
            current_epoch: partition.current_leader_epoch,
            last_fetched_epoch: partition.last_fetched_epoch,
            committed: false,
        }
    }
}

/// Reads every partition that was found; the reads are in the order of the request.
async fn read(call: &Call, wanted: &[Wanted]) -> Vec<Read> {
    let questions = wanted
        .iter()
        .filter_map(|wanted| wanted.as_ref().ok())
        .cloned()
        .collect();
    let reads = PartitionCalls::new(&call.lane().engine, questions, async |partition, want| {
        read_one(partition, want).await
    });
    call.connection.goes_to(reads.owner());
    let mut reads = reads.finish().await.into_iter();
    let read = |wanted: &Wanted| match wanted {
        Ok(_) => reads
            .next()
            .unwrap_or(Read::Failed(ErrorCode::NotLeaderOrFollower)),
        Err(code) => Read::Failed(*code),
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
    if let Some(at) = divergence(&partition, want) {
        return Read::Diverging {
            at,
            bounds: Bounds::of(&partition),
        };
    }
    let request = ReadRequest {
        offset: want.offset,
        bytes_max: want.bytes_max,
        at_least_one: true,
        offset_max: want.committed.then(|| partition.last_stable_offset()),
    };
    match partition.read(request).await {
        Ok(plan) => {
            let aborted = match want.committed && plan.length > 0 {
                true => partition.aborted_ranges(want.offset, plan.end_bound),
                false => Vec::new(),
            };
            Read::Data(plan, aborted)
        }
        Err(error) => Read::Failed(error_map::read(&error)),
    }
}

/// Where the log of a client that has read `last_fetched_epoch` up to its offset parts from this one (KIP-595).
fn divergence(partition: &Partition, want: Want) -> Option<EpochEndOffset> {
    if want.last_fetched_epoch < 0 {
        return None;
    }
    let (epoch, end) = partition.epoch_end_offset(LeaderEpoch(want.last_fetched_epoch))?;
    let diverges = epoch.0 < want.last_fetched_epoch || end < want.offset;
    diverges.then_some(EpochEndOffset {
        epoch: epoch.0,
        end_offset: end.0,
    })
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
            Read::Data(plan, _) => plan.length,
            Read::Diverging { .. } | Read::Failed(_) => 0,
        }
    }

    fn ends_the_wait(&self) -> bool {
        !matches!(self, Read::Data(..))
    }
}

fn length(reads: &[Read]) -> u64 {
    reads.iter().map(Read::length).sum()
}

/// What to wait for: more than each partition has shown so far.
fn awaited(wanted: &[Wanted], reads: &[Read]) -> Vec<Awaited> {
    let mut awaited = Vec::with_capacity(wanted.len());
    for (wanted, read) in wanted.iter().zip(reads) {
        if let (Ok(question), Read::Data(plan, _)) = (wanted, read) {
            awaited.push(Awaited {
                shard: question.shard,
                partition: question.partition,
                offset: plan.high_watermark.max(question.question.offset),
            });
        }
    }
    awaited
}

/// A response, with the records of each partition, which are sent from where they lie.
#[derive(Default)]
struct Reply {
    response: FetchResponse,
    records: Vec<(usize, Vec<FetchPart>)>,
}

impl Reply {
    fn refused(error: ErrorCode) -> Reply {
        let response = FetchResponse {
            error_code: error.code(),
            ..FetchResponse::default()
        };
        Reply {
            response,
            records: Vec::new(),
        }
    }

    /// Bytes of records.
    fn length(&self) -> usize {
        self.records.iter().map(|(length, _)| *length).sum()
    }

    fn into_parts(self, call: &Call) -> Result<Vec<Part>, EncodeError> {
        let (version, correlation_id) = (call.head.version, call.head.correlation_id);
        let lengths: Vec<usize> = self.records.iter().map(|(length, _)| *length).collect();
        let frame = encode_split_response(
            &self.response,
            ApiKey::Fetch,
            version,
            correlation_id,
            &lengths,
        )?;
        let mut records = self.records.into_iter();
        let mut parts = Vec::with_capacity(2 * lengths.len() + 1);
        for bytes in frame.parts() {
            parts.push(Part::Bytes(bytes));
            let (_, between) = records.next().unwrap_or_default();
            parts.extend(between.into_iter().map(Part::from));
        }
        Ok(parts)
    }
}

/// Puts the reads into the shape of the request, within the bytes that it allows.
fn assemble(request: &FetchView, reads: Vec<Read>, bytes_max: usize) -> Reply {
    let mut allowance = Allowance {
        left: bytes_max as u64,
        nothing_yet: true,
    };
    let mut reply = Reply::default();
    let mut current = None;
    for (partition, read) in partitions(request).zip(reads) {
        if current != Some(partition.topic) {
            current = Some(partition.topic);
            reply
                .response
                .responses
                .push(topic_response(partition.topic));
        }
        let (data, records) = partition_data(partition.partition, read, &mut allowance);
        reply.records.push(records);
        if let Some(topic) = reply.response.responses.last_mut() {
            let data = match request.isolation_level == READ_COMMITTED {
                true => PartitionData {
                    aborted_transactions: Some(data.aborted_transactions.unwrap_or_default()),
                    ..data
                },
                false => PartitionData {
                    aborted_transactions: None,
                    ..data
                },
            };
            topic.partitions.push(data);
        }
    }
    reply
}

fn topic_response(topic: TopicRef<'_>) -> FetchableTopicResponse {
    let (topic, topic_id) = match topic {
        TopicRef::Name(name) => (name.to_owned(), Uuid::nil()),
        TopicRef::Id(id) => (String::new(), id),
    };
    FetchableTopicResponse {
        topic,
        topic_id,
        partitions: Vec::new(),
    }
}

fn partition_data(
    index: i32,
    read: Read,
    allowance: &mut Allowance,
) -> (PartitionData, (usize, Vec<FetchPart>)) {
    match read {
        Read::Failed(code) => {
            let data = PartitionData {
                error_code: code.code(),
                ..without_records(index, NO_BOUNDS)
            };
            (data, Default::default())
        }
        Read::Diverging { at, bounds } => {
            let data = PartitionData {
                diverging_epoch: at,
                ..without_records(index, bounds)
            };
            (data, Default::default())
        }
        Read::Data(plan, aborted) => {
            let bounds = Bounds {
                high_watermark: plan.high_watermark.0,
                last_stable_offset: plan.last_stable_offset.0,
                log_start_offset: plan.log_start_offset.0,
            };
            let records = match allowance.take(plan.length) {
                Some(length) => (length, plan.parts),
                None => Default::default(),
            };
            let aborted = aborted.iter().map(|range| AbortedTransaction {
                producer_id: range.producer_id,
                first_offset: range.first_offset,
            });
            let data = PartitionData {
                aborted_transactions: Some(aborted.collect()),
                ..without_records(index, bounds)
            };
            (data, records)
        }
    }
}

/// A partition whose records, if any, are sent from elsewhere.
fn without_records(index: i32, bounds: Bounds) -> PartitionData {
    PartitionData {
        partition_index: index,
        high_watermark: bounds.high_watermark,
        last_stable_offset: bounds.last_stable_offset,
        log_start_offset: bounds.log_start_offset,
        aborted_transactions: None,
        records: Some(Bytes::new()),
        ..PartitionData::default()
    }
}

/// The bytes that a response may still carry. The first batch is carried whatever its size, so that a consumer gets
/// past it (KIP-74); partitions that do not fit any more come first in the client's next request.
struct Allowance {
    left: u64,
    nothing_yet: bool,
}

impl Allowance {
    /// The length again, if so many bytes may be carried.
    fn take(&mut self, length: u64) -> Option<usize> {
        let fits = length <= self.left || self.nothing_yet;
        if fits && length > 0 {
            self.left = self.left.saturating_sub(length);
            self.nothing_yet = false;
        }
        usize::try_from(length).ok().filter(|_| fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_data_is_carried_whatever_its_size_and_the_rest_within_the_limit() {
        let mut allowance = Allowance {
            left: 100,
            nothing_yet: true,
        };
        assert_eq!(allowance.take(0), Some(0));
        assert_eq!(allowance.take(150), Some(150));
        assert_eq!(allowance.take(1), None);
        let mut allowance = Allowance {
            left: 100,
            nothing_yet: true,
        };
        assert_eq!(allowance.take(60), Some(60));
        assert_eq!(allowance.take(50), None);
        assert_eq!(allowance.take(40), Some(40));
    }

    #[test]
    fn only_requests_without_a_session_are_served() {
        assert_eq!(session_error(0, -1), ErrorCode::None);
        assert_eq!(session_error(0, 0), ErrorCode::None);
        assert_eq!(session_error(7, -1), ErrorCode::None);
        assert_eq!(session_error(7, 1), ErrorCode::FetchSessionIdNotFound);
        assert_eq!(session_error(0, 1), ErrorCode::InvalidFetchSessionEpoch);
    }
}
