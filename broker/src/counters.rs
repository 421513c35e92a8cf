//! What one core counts of its clients: requests by API with their times and errors, bytes sent, connections, throttles.
//!
//! Shard-local: nothing here is shared with another core; [`crate::metrics`] asks each one and adds up. Invariants:
//! counters only grow; there are as many as APIs, error codes and topics, whatever clients send. Where nobody can read
//! them ([`crate::server::ServeConfig::metrics`]) no clock is read for them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use corelane_engine::catalogue::Image;
use corelane_engine::duration_histogram::{DurationCounts, DurationHistogram};
use corelane_protocol::{ApiKey, ErrorCode, Message};
use uuid::Uuid;

/// Keys of APIs are below it.
const API_KEYS_MAX: usize = 128;

/// See the module.
pub struct Counters {
    is_on: bool,
    apis: Vec<OnceCell<Box<ApiCounters>>>,
    bytes_out: Cell<u64>,
    bytes_out_by_topic: RefCell<HashMap<Uuid, u64>>,
    /// Connections that were accepted, on the core that accepts.
    pub accepted: Tally,
    /// Connections that were turned away, on the core that accepts.
    pub turned_away: Tally,
    /// Connections that have moved from this core to another.
    pub moved_out: Tally,
    /// Answers that told their client to wait.
    pub throttled: Tally,
    /// How long they were told to, in ms.
    pub throttle_ms: Tally,
}

/// A number that grows.
#[derive(Default)]
pub struct Tally(Cell<u64>);

impl Tally {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.0.set(self.0.get().saturating_add(amount));
    }

    /// What it has come to.
    pub fn read(&self) -> u64 {
        self.0.get()
    }
}

#[derive(Default)]
struct ApiCounters {
    request_bytes: Cell<u64>,
    durations: DurationHistogram,
    errors: RefCell<BTreeMap<i16, u64>>,
}

/// When a request was received; nothing where nobody asks.
#[derive(Clone, Copy)]
pub struct Begun(Option<Instant>);

/// What was counted of one API.
#[derive(Clone, Debug, Default)]
pub struct ApiCounts {
    /// Bytes of its requests.
    pub request_bytes: u64,
    /// How many were answered, and how long after they had been received.
    pub durations: DurationCounts,
    /// How often each error code was answered.
    pub errors: BTreeMap<i16, u64>,
}

impl Counters {
    /// Counters that stand at zero, and stay there for requests where `is_on` is false.
    pub fn new(is_on: bool) -> Counters {
        Counters {
            is_on,
            apis: (0..API_KEYS_MAX).map(|_| OnceCell::new()).collect(),
            bytes_out: Cell::new(0),
            bytes_out_by_topic: RefCell::default(),
            accepted: Tally::default(),
            turned_away: Tally::default(),
            moved_out: Tally::default(),
            throttled: Tally::default(),
            throttle_ms: Tally::default(),
        }
    }

    /// A request of `bytes` has been received.
    pub fn begin(&self, api_key: i16, bytes: usize) -> Begun {
        if !self.is_on {
            return Begun(None);
        }
        if let Some(api) = self.api(api_key) {
            api.request_bytes
                .set(api.request_bytes.get() + bytes as u64);
        }
        Begun(Some(Instant::now()))
    }

    /// Its answer is ready.
    pub fn answered(&self, api_key: i16, begun: Begun) {
        let Some(begun) = begun.0 else { return };
        if let Some(api) = self.api(api_key) {
            api.durations.count(begun.elapsed());
        }
    }

    /// Counts the errors that a response tells.
    pub fn errors_of<M: Message>(&self, key: ApiKey, response: &M) {
        if self.is_on {
            response.error_codes(&mut |code| self.error(key, code));
        }
    }

    /// Counts an error that was answered, or would have been had the client wanted an answer.
    pub fn error(&self, key: ApiKey, code: i16) {
        if code == ErrorCode::None.code() || !self.is_on {
            return;
        }
        if let Some(api) = self.api(key as i16) {
            *api.errors.borrow_mut().entry(code).or_default() += 1;
        }
    }

    /// Records of a topic go out.
    pub fn sending(&self, topic_id: Uuid, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.bytes_out.set(self.bytes_out.get() + bytes as u64);
        let mut by_topic = self.bytes_out_by_topic.borrow_mut();
        *by_topic.entry(topic_id).or_default() += bytes as u64;
    }

    fn api(&self, api_key: i16) -> Option<&ApiCounters> {
        let place = self.apis.get(usize::try_from(api_key).ok()?)?;
        Some(place.get_or_init(Box::default))
    }

    /// What was counted of each API that was asked for, by its key.
    pub fn apis(&self) -> Vec<(i16, ApiCounts)> {
        let counts = |(key, api): (usize, &OnceCell<Box<ApiCounters>>)| {
            let api = api.get()?;
            let counts = ApiCounts {
                request_bytes: api.request_bytes.get(),
                durations: api.durations.read(),
                errors: api.errors.borrow().clone(),
            };
            Some((i16::try_from(key).ok()?, counts))
        };
        self.apis.iter().enumerate().filter_map(counts).collect()
    }

    /// Bytes of records sent, in all.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.get()
    }

    /// Bytes of records sent, by the topics that there are; those of others are forgotten.
    pub fn bytes_out_by_topic(&self, image: &Image) -> Vec<(Uuid, u64)> {
        let mut by_topic = self.bytes_out_by_topic.borrow_mut();
        by_topic.retain(|id, _| image.topic_by_id(*id).is_some());
        by_topic.iter().map(|(id, bytes)| (*id, *bytes)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_protocol::messages::fetch::{
        FetchResponse, FetchableTopicResponse, PartitionData,
    };

    #[test]
    fn errors_of_every_partition_are_counted_by_code_and_successes_are_not() {
        let counters = Counters::new(true);
        let partition = |error_code| PartitionData {
            error_code,
            ..PartitionData::default()
        };
        let response = FetchResponse {
            responses: vec![FetchableTopicResponse {
                partitions: vec![partition(0), partition(1), partition(1), partition(3)],
                ..FetchableTopicResponse::default()
            }],
            ..FetchResponse::default()
        };
        counters.errors_of(ApiKey::Fetch, &response);
        let apis = counters.apis();
        assert_eq!(apis.len(), 1);
        assert_eq!(apis[0].0, ApiKey::Fetch as i16);
        assert_eq!(apis[0].1.errors, BTreeMap::from([(1, 2), (3, 1)]));
    }

    #[test]
    fn a_request_counts_when_it_is_answered() {
        let counters = Counters::new(true);
        let begun = counters.begin(3, 40);
        assert_eq!(counters.apis()[0].1.durations.total(), 0);
        counters.answered(3, begun);
        let (key, counts) = &counters.apis()[0];
        assert_eq!(
            (*key, counts.request_bytes, counts.durations.total()),
            (3, 40, 1)
        );
    }

    #[test]
    fn keys_that_no_api_has_are_not_counted_and_harm_nothing() {
        let counters = Counters::new(true);
        for key in [-1, i16::MIN, i16::MAX, 128] {
            let begun = counters.begin(key, 1);
            counters.answered(key, begun);
        }
        assert!(counters.apis().is_empty());
    }

    #[test]
    fn switched_off_they_count_no_request() {
        let counters = Counters::new(false);
        let begun = counters.begin(0, 40);
        counters.answered(0, begun);
        counters.error(ApiKey::Produce, 6);
        assert!(counters.apis().is_empty());
    }
}
