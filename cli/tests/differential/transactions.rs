//! Offsets in transactions: what TxnOffsetCommit answers, and what OffsetFetch finds before and after the end, in every
//! version. Each broker has producer ids of its own, and each version a group and a transactional id of its own.

use std::time::{Duration, Instant};

use corelane_protocol::messages::add_offsets_to_txn::AddOffsetsToTxnRequest;
use corelane_protocol::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use corelane_protocol::messages::end_txn::EndTxnRequest;
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;
use corelane_protocol::messages::init_producer_id::{
    InitProducerIdRequest, InitProducerIdResponse,
};
use corelane_protocol::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
};
use corelane_protocol::messages::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use corelane_protocol::{ApiKey, ErrorCode, Request};

use super::Pair;

const TOPIC: &str = "consumed";
const GROUP_TYPE: i8 = 0;
const TRANSACTION_TYPE: i8 = 1;
/// The first version of TxnOffsetCommit that adds the partition by itself.
const ADDS_SINCE: i16 = 5;
/// The first version with members.
const MEMBERS_SINCE: i16 = 3;
/// A version of OffsetFetch that waits for what is stable.
const STABLE_VERSION: i16 = 9;
/// How long coordinators may take to be there, and markers to be written.
const LIMIT: Duration = Duration::from_secs(60);

/// What passes: each broker takes its time with its coordinators.
const PASSING: [ErrorCode; 6] = [
    ErrorCode::ConcurrentTransactions,
    ErrorCode::CoordinatorLoadInProgress,
    ErrorCode::CoordinatorNotAvailable,
    ErrorCode::NotCoordinator,
    ErrorCode::NotEnoughReplicas,
    ErrorCode::UnstableOffsetCommit,
];

/// A producer, on both brokers.
struct Producer {
    version: i16,
    /// Id and epoch, of Kafka first.
    claims: [(i64, i16); 2],
}

/// Asks everything.
pub fn run(pair: &Pair) {
    let topics = vec![CreatableTopic {
        name: TOPIC.to_owned(),
        num_partitions: 2,
        replication_factor: 1,
        ..CreatableTopic::default()
    }];
    let create = CreateTopicsRequest {
        topics,
        timeout_ms: 10_000,
        validate_only: false,
    };
    pair.compare_in("what transactions consume", 7, &create);
    for version in ApiKey::TxnOffsetCommit.min_version()..=ApiKey::TxnOffsetCommit.max_version() {
        find(pair, &group(version), GROUP_TYPE);
        find(pair, &transactional_id(version), TRANSACTION_TYPE);
        let producer = initialize(pair, version);
        refused(pair, &producer);
        for commits in [true, false] {
            end(pair, &producer, commits);
        }
    }
}

fn group(version: i16) -> String {
    format!("consumes-{version}")
}

fn transactional_id(version: i16) -> String {
    format!("produces-{version}")
}

/// Asks one broker until `is_done`.
fn until<R: Request>(
    pair: &Pair,
    broker: usize,
    version: i16,
    request: &R,
    is_done: impl Fn(&R::Response) -> bool,
) -> R::Response {
    let asked = [&pair.kafka, &pair.corelane][broker];
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer = asked.ask(version, request).expect("an answer");
        if is_done(&answer) {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "{} stays as it is",
            R::KEY.name()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_settled(code: i16) -> bool {
    !PASSING.iter().any(|passing| passing.code() == code)
}

fn find(pair: &Pair, key: &str, key_type: i8) {
    let request = FindCoordinatorRequest {
        key: key.to_owned(),
        key_type,
        ..FindCoordinatorRequest::default()
    };
    for broker in [0, 1] {
        until(pair, broker, 2, &request, |answer| {
            is_settled(answer.error_code)
        });
    }
}

fn initialize(pair: &Pair, version: i16) -> Producer {
    let request = InitProducerIdRequest {
        transactional_id: Some(transactional_id(version)),
        transaction_timeout_ms: 60_000,
        producer_id: -1,
        producer_epoch: -1,
    };
    let claims = [0, 1].map(|broker| {
        let is_done = |answer: &InitProducerIdResponse| is_settled(answer.error_code);
        let answer = until(pair, broker, 4, &request, is_done);
        (answer.producer_id, answer.producer_epoch)
    });
    Producer { version, claims }
}

impl Producer {
    fn commit(&self, broker: usize) -> TxnOffsetCommitRequest {
        let (producer_id, producer_epoch) = self.claims[broker];
        TxnOffsetCommitRequest {
            transactional_id: transactional_id(self.version),
            group_id: group(self.version),
            producer_id,
            producer_epoch,
            topics: vec![topic(TOPIC, &[(0, 7), (1, 8)])],
            ..TxnOffsetCommitRequest::default()
        }
    }

    /// Compares a TxnOffsetCommit, as soon as each broker has settled.
    fn compare(&self, pair: &Pair, case: &str, change: impl Fn(&mut TxnOffsetCommitRequest)) {
        let requests = [0, 1].map(|broker| {
            let mut request = self.commit(broker);
            change(&mut request);
            until(pair, broker, self.version, &request, |answer| {
                let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
                let mut codes = partitions.map(|partition| partition.error_code);
                codes.all(is_settled)
            });
            request
        });
        let [kafka, corelane] = &requests;
        pair.compare_each(case, self.version, [kafka, corelane]);
    }

    fn add_offsets(&self, pair: &Pair) {
        let requests = self
            .claims
            .map(|(producer_id, producer_epoch)| AddOffsetsToTxnRequest {
                transactional_id: transactional_id(self.version),
                producer_id,
                producer_epoch,
                group_id: group(self.version),
            });
        for version in ApiKey::AddOffsetsToTxn.min_version()..=3 {
            for (broker, request) in requests.iter().enumerate() {
                until(pair, broker, version, request, |answer| {
                    is_settled(answer.error_code)
                });
            }
            let [kafka, corelane] = &requests;
            pair.compare_each("adds a group", version, [kafka, corelane]);
        }
    }

    fn fetching(&self, require_stable: bool) -> OffsetFetchRequest {
        OffsetFetchRequest {
            groups: vec![OffsetFetchRequestGroup {
                group_id: group(self.version),
                topics: Some(vec![OffsetFetchRequestTopics {
                    name: TOPIC.to_owned(),
                    partition_indexes: vec![0, 1],
                    ..OffsetFetchRequestTopics::default()
                }]),
                ..OffsetFetchRequestGroup::default()
            }],
            require_stable,
            ..OffsetFetchRequest::default()
        }
    }

    fn fetch(&self, pair: &Pair, case: &str, require_stable: bool) {
        pair.compare_in(case, STABLE_VERSION, &self.fetching(require_stable));
    }

    fn wait_until_stable(&self, pair: &Pair) {
        let request = self.fetching(true);
        for broker in [0, 1] {
            until(
                pair,
                broker,
                STABLE_VERSION,
                &request,
                |answer: &OffsetFetchResponse| {
                    let topics = answer.groups.iter().flat_map(|group| &group.topics);
                    let mut partitions = topics.flat_map(|topic| &topic.partitions);
                    partitions.all(|partition| is_settled(partition.error_code))
                },
            );
        }
    }
}

fn topic(name: &str, offsets: &[(i32, i64)]) -> TxnOffsetCommitRequestTopic {
    let partition =
        |(partition_index, committed_offset): &(i32, i64)| TxnOffsetCommitRequestPartition {
            partition_index: *partition_index,
            committed_offset: *committed_offset,
            committed_metadata: Some("a note".to_owned()),
            ..TxnOffsetCommitRequestPartition::default()
        };
    TxnOffsetCommitRequestTopic {
        name: name.to_owned(),
        partitions: offsets.iter().map(partition).collect(),
    }
}

fn refused(pair: &Pair, producer: &Producer) {
    let adds = producer.version >= ADDS_SINCE;
    if !adds {
        producer.compare(pair, "a group that was not added", |_| {});
        producer.add_offsets(pair);
    }
    producer.compare(pair, "another producer's id", |request| {
        request.producer_id += 100_000
    });
    producer.compare(pair, "an epoch to come", |request| {
        request.producer_epoch += 1
    });
    producer.compare(pair, "no group", |request| request.group_id.clear());
    producer.compare(pair, "a topic that is not there", |request| {
        request.topics = vec![topic("nowhere", &[(0, 1)])];
    });
    producer.compare(pair, "a partition that is not there", |request| {
        request.topics = vec![topic(TOPIC, &[(0, 1), (7, 1)])];
    });
    producer.compare(pair, "a note that is too long", |request| {
        for partition in request
            .topics
            .iter_mut()
            .flat_map(|topic| &mut topic.partitions)
        {
            if partition.partition_index == 1 {
                partition.committed_metadata = Some("x".repeat(4_097));
            }
        }
    });
    if producer.version < MEMBERS_SINCE {
        return;
    }
    producer.compare(pair, "a member of a group without members", |request| {
        request.member_id = "nobody".to_owned();
        request.generation_id = 3;
    });
    producer.compare(pair, "an instance of a group without members", |request| {
        request.group_instance_id = Some("nobody".to_owned());
        request.generation_id = 3;
    });
    producer.compare(pair, "a member without a generation", |request| {
        request.member_id = "nobody".to_owned();
    });
}

fn end(pair: &Pair, producer: &Producer, commits: bool) {
    if producer.version < ADDS_SINCE {
        producer.add_offsets(pair);
    }
    let word = if commits { "committed" } else { "aborted" };
    producer.compare(pair, &format!("offsets to be {word}"), |request| {
        let offset = if commits { 7 } else { 9 };
        request.topics = vec![topic(TOPIC, &[(0, offset)])];
    });
    producer.fetch(pair, &format!("stable, before they are {word}"), true);
    producer.fetch(pair, &format!("before they are {word}"), false);
    let requests = producer
        .claims
        .map(|(producer_id, producer_epoch)| EndTxnRequest {
            transactional_id: transactional_id(producer.version),
            producer_id,
            producer_epoch,
            committed: commits,
        });
    let [kafka, corelane] = &requests;
    pair.compare_each(&format!("to be {word}"), 4, [kafka, corelane]);
    producer.wait_until_stable(pair);
    producer.fetch(pair, &format!("stable, {word}"), true);
}
