//! A broker on a free port, and a client that speaks the protocol by hand: what real clients never send, and what they
//! rely on without saying so.

// Helpers of tests fail by panicking, as the tests do.
#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use corelane_broker::{RunningBroker, ServeConfig, ServeError, serve};
use corelane_engine::compress::Compression;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records};
use corelane_protocol::frame::{decode_response, encode_request};
use corelane_protocol::messages::alter_configs::AlterConfigsRequest;
use corelane_protocol::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use corelane_protocol::messages::create_partitions::CreatePartitionsRequest;
use corelane_protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use corelane_protocol::messages::delete_topics::DeleteTopicsRequest;
use corelane_protocol::messages::describe_cluster::DescribeClusterRequest;
use corelane_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource,
};
use corelane_protocol::messages::describe_log_dirs::DescribeLogDirsRequest;
use corelane_protocol::messages::describe_topic_partitions::DescribeTopicPartitionsRequest;
use corelane_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic};
use corelane_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use corelane_protocol::messages::init_producer_id::InitProducerIdRequest;
use corelane_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use corelane_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use corelane_protocol::messages::offset_for_leader_epoch::OffsetForLeaderEpochRequest;
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use corelane_protocol::{ApiKey, ErrorCode, Message, Reader, Request};
use tempfile::TempDir;
use uuid::Uuid;

const TOPIC: &str = "topic";

/// Nobody waits for an answer longer than this.
const ANSWER_MAX: Duration = Duration::from_secs(20);

struct Fixture {
    broker: Option<RunningBroker>,
    data: TempDir,
}

impl Fixture {
    fn start() -> Fixture {
        // O_DIRECT needs a real file system, which the system's temporary directory may not be.
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut fixture = Fixture { broker: None, data };
        fixture.restart();
        fixture
    }

    fn restart(&mut self) {
        self.stop();
        let mut config = ServeConfig::new(self.data.path());
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.num_partitions = 2;
        self.broker = Some(serve(config).unwrap());
    }

    fn stop(&mut self) {
        if let Some(broker) = self.broker.take() {
            broker.stop();
        }
    }

    fn broker(&self) -> &RunningBroker {
        self.broker.as_ref().unwrap()
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.broker().address()).unwrap();
        stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            correlation_id: 0,
        }
    }

    /// A client whose topic exists, with the topic's id.
    fn client_with_topic(&self) -> (Client, Uuid) {
        let mut client = self.connect();
        let id = client.create_topic(TOPIC, &[]);
        (client, id)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Client {
    stream: TcpStream,
    correlation_id: i32,
}

impl Client {
    fn send<R: Request>(&mut self, request: &R, version: i16) -> i32 {
        self.correlation_id += 1;
        let bytes = encode_request(request, version, self.correlation_id, Some("test")).unwrap();
        self.stream.write_all(&bytes).unwrap();
        self.correlation_id
    }

    fn receive_frame(&mut self) -> Bytes {
        let mut prefix = [0; 4];
        self.stream.read_exact(&mut prefix).unwrap();
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(prefix)).unwrap()];
        self.stream.read_exact(&mut frame).unwrap();
        Bytes::from(frame)
    }

    fn receive<R: Request>(&mut self, version: i16) -> (i32, R::Response) {
        decode_response::<R>(self.receive_frame(), version).unwrap()
    }

    fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let sent = self.send(request, version);
        let (correlation_id, response) = self.receive::<R>(version);
        assert_eq!(correlation_id, sent);
        response
    }

    /// Whether the broker closes the connection instead of answering.
    fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0; 1]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }

    fn create_topic(&mut self, name: &str, configs: &[(&str, &str)]) -> Uuid {
        let config = |(name, value): &(&str, &str)| CreatableTopicConfig {
            name: (*name).to_owned(),
            value: Some((*value).to_owned()),
        };
        let topic = CreatableTopic {
            name: name.to_owned(),
            num_partitions: 2,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..CreatableTopic::default()
        };
        let request = CreateTopicsRequest {
            topics: vec![topic],
            ..CreateTopicsRequest::default()
        };
        let response = self.ask(&request, 7);
        assert_eq!(response.topics[0].error_code, 0, "{response:?}");
        response.topics[0].topic_id
    }

    fn produce(&mut self, partition: i32, records: &Bytes, acks: i16) -> (i16, i64) {
        let response = self.ask(&produce(partition, records, acks), 9);
        let partition = &response.responses[0].partition_responses[0];
        (partition.error_code, partition.base_offset)
    }

    fn fetch(&mut self, partition: i32, offset: i64) -> FetchResponse {
        self.ask(&fetch(partition, offset, 0), 11)
    }
}

fn produce(partition: i32, records: &Bytes, acks: i16) -> ProduceRequest {
    let data = PartitionProduceData {
        index: partition,
        records: Some(records.clone()),
    };
    let topic = TopicProduceData {
        name: TOPIC.to_owned(),
        partition_data: vec![data],
        ..TopicProduceData::default()
    };
    ProduceRequest {
        acks,
        timeout_ms: 1000,
        topic_data: vec![topic],
        ..ProduceRequest::default()
    }
}

fn fetch(partition: i32, offset: i64, max_wait_ms: i32) -> FetchRequest {
    let partition = FetchPartition {
        partition,
        fetch_offset: offset,
        partition_max_bytes: 64 << 20,
        ..FetchPartition::default()
    };
    let topic = FetchTopic {
        topic: TOPIC.to_owned(),
        partitions: vec![partition],
        ..FetchTopic::default()
    };
    FetchRequest {
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 64 << 20,
        topics: vec![topic],
        ..FetchRequest::default()
    }
}

fn batch(records: usize, value: &[u8]) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        compression: Compression::None,
        ..BatchOptions::default()
    });
    for _ in 0..records {
        let record = NewRecord {
            timestamp_ms: now_ms(),
            key: None,
            value: Some(value),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap()
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn records(response: &FetchResponse) -> Bytes {
    response.responses[0].partitions[0]
        .records
        .clone()
        .unwrap_or_default()
}

/// The values of all records in the batches of an answer, with their offsets.
fn values(mut batches: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let mut values = Vec::new();
    while let Some(size) = corelane_engine::record::first_batch_size(batches) {
        let parsed = Records::open(&batches[..size]).unwrap();
        for record in parsed.iter() {
            let record = record.unwrap();
            values.push((record.offset.0, record.value.unwrap().to_vec()));
        }
        batches = &batches[size..];
    }
    assert!(batches.is_empty(), "answers are whole batches");
    values
}

fn answers_every_version<R: Request>(fixture: &Fixture, request: &R) {
    for version in R::MIN_VERSION..=R::MAX_VERSION {
        let mut client = fixture.connect();
        // Decoding is the check: the answer is of this version, to the last byte.
        client.ask(request, version);
    }
}

#[test]
fn every_served_api_answers_every_version() {
    let fixture = Fixture::start();
    let (_, _) = fixture.client_with_topic();
    answers_every_version(
        &fixture,
        &ApiVersionsRequest {
            client_software_name: "test".to_owned(),
            client_software_version: "1".to_owned(),
        },
    );
    answers_every_version(
        &fixture,
        &MetadataRequest {
            topics: Some(Vec::new()),
            ..MetadataRequest::default()
        },
    );
    answers_every_version(&fixture, &CreateTopicsRequest::default());
    answers_every_version(&fixture, &DeleteTopicsRequest::default());
    answers_every_version(&fixture, &CreatePartitionsRequest::default());
    answers_every_version(
        &fixture,
        &InitProducerIdRequest {
            transactional_id: None,
            ..InitProducerIdRequest::default()
        },
    );
    answers_every_version(&fixture, &OffsetForLeaderEpochRequest::default());
    answers_every_version(
        &fixture,
        &DescribeConfigsRequest {
            resources: vec![
                DescribeConfigsResource {
                    resource_type: 2,
                    resource_name: TOPIC.to_owned(),
                    configuration_keys: None,
                },
                DescribeConfigsResource {
                    resource_type: 4,
                    resource_name: "1".to_owned(),
                    configuration_keys: None,
                },
            ],
            include_synonyms: true,
            ..DescribeConfigsRequest::default()
        },
    );
    answers_every_version(&fixture, &AlterConfigsRequest::default());
    answers_every_version(&fixture, &IncrementalAlterConfigsRequest::default());
    answers_every_version(&fixture, &DescribeClusterRequest::default());
    answers_every_version(
        &fixture,
        &DescribeTopicPartitionsRequest {
            response_partition_limit: 1,
            ..DescribeTopicPartitionsRequest::default()
        },
    );
    answers_every_version(&fixture, &DescribeLogDirsRequest { topics: None });
    let partition = |partition_index| ListOffsetsPartition {
        partition_index,
        timestamp: -2,
        ..ListOffsetsPartition::default()
    };
    answers_every_version(
        &fixture,
        &ListOffsetsRequest {
            replica_id: -1,
            topics: vec![ListOffsetsTopic {
                name: TOPIC.to_owned(),
                partitions: vec![partition(0), partition(7)],
            }],
            ..ListOffsetsRequest::default()
        },
    );
}

#[test]
fn what_is_produced_is_fetched_in_every_version() {
    let fixture = Fixture::start();
    let (mut client, topic_id) = fixture.client_with_topic();
    let sent = batch(3, b"value");
    let mut produced = 0;
    for version in ProduceRequest::MIN_VERSION..=ProduceRequest::MAX_VERSION {
        let mut request = produce(0, &sent, if version % 2 == 0 { -1 } else { 1 });
        request.topic_data[0].topic_id = topic_id;
        let response = client.ask(&request, version);
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(
            (partition.error_code, partition.base_offset),
            (0, produced),
            "version {version}"
        );
        produced += 3;
    }
    for version in FetchRequest::MIN_VERSION..=FetchRequest::MAX_VERSION {
        let mut request = fetch(0, 4, 5000);
        request.topics[0].topic_id = topic_id;
        let response = client.ask(&request, version);
        let partition = &response.responses[0].partitions[0];
        assert_eq!(
            (partition.error_code, partition.high_watermark),
            (0, produced),
            "version {version}"
        );
        let values = values(&records(&response));
        assert_eq!(
            values.first().unwrap().0,
            3,
            "the whole batch that holds the offset"
        );
        assert_eq!(values.last().unwrap().0, produced - 1);
        assert!(values.iter().all(|(_, value)| value == b"value"));
    }
}

#[test]
fn old_records_come_from_the_file_after_a_restart() {
    let mut fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    // One answer below the length that is spliced, and one far above it.
    let (small, large) = (batch(1, &[1; 100]), batch(10, &[2; 80_000]));
    assert_eq!(client.produce(0, &small, 1), (0, 0));
    for index in 0..8 {
        assert_eq!(client.produce(1, &large, -1), (0, 10 * index));
    }
    fixture.restart();
    let mut client = fixture.connect();
    assert_eq!(values(&records(&client.fetch(0, 0))), [(0, vec![1; 100])]);
    let old = values(&records(&client.fetch(1, 0)));
    assert_eq!(old.len(), 80);
    assert!(
        old.iter()
            .zip(0..)
            .all(|((offset, value), index)| *offset == index && *value == [2; 80_000])
    );
    // The tail comes from memory again, behind the file's range.
    assert_eq!(client.produce(1, &large, -1), (0, 80));
    let both = values(&records(&client.fetch(1, 75)));
    assert_eq!(both.first().unwrap().0, 70);
    assert!(both.last().unwrap().0 >= 79);
}

#[test]
fn answers_come_in_the_order_of_the_requests() {
    let fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    let waiting = client.send(&fetch(0, 0, 400), 11);
    let metadata = client.send(&MetadataRequest::default(), 12);
    let started = Instant::now();
    let (first, fetched) = client.receive::<FetchRequest>(11);
    assert!(
        started.elapsed() >= Duration::from_millis(300),
        "the empty fetch waits"
    );
    assert!(records(&fetched).is_empty());
    let (second, _) = client.receive::<MetadataRequest>(12);
    assert_eq!((first, second), (waiting, metadata));
}

#[test]
fn a_waiting_fetch_is_answered_when_records_arrive() {
    let fixture = Fixture::start();
    let (mut consumer, _) = fixture.client_with_topic();
    for partition in [0, 1] {
        let started = Instant::now();
        consumer.send(&fetch(partition, 0, 15_000), 11);
        let mut producer = fixture.connect();
        assert_eq!(producer.produce(partition, &batch(1, b"new"), -1), (0, 0));
        let (_, fetched) = consumer.receive::<FetchRequest>(11);
        assert_eq!(values(&records(&fetched)), [(0, b"new".to_vec())]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn pipelined_batches_are_appended_in_their_order() {
    let fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    let count: i64 = 500;
    for index in 0..count {
        let request = produce(
            i32::try_from(index % 2).unwrap(),
            &batch(1, index.to_string().as_bytes()),
            1,
        );
        client.send(&request, 9);
    }
    for index in 0..count {
        let (_, response) = client.receive::<ProduceRequest>(9);
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(
            (partition.error_code, partition.base_offset),
            (0, index / 2)
        );
    }
    for partition in [0, 1] {
        let stored = values(&records(&client.fetch(partition, 0)));
        let expected = (0..count / 2).map(|offset| {
            (
                offset,
                (2 * offset + i64::from(partition)).to_string().into_bytes(),
            )
        });
        assert!(stored.into_iter().eq(expected));
    }
}

#[test]
fn without_acks_there_is_no_answer_and_an_error_closes_the_connection() {
    let fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    client.send(&produce(0, &batch(1, b"value"), 0), 9);
    let deadline = Instant::now() + ANSWER_MAX;
    while records(&client.fetch(0, 0)).is_empty() {
        assert!(Instant::now() < deadline, "the batch does not appear");
    }
    client.send(&produce(99, &batch(1, b"value"), 0), 9);
    assert!(client.is_closed());
}

#[test]
fn unknown_versions_and_apis_are_treated_as_kafka_treats_them() {
    let fixture = Fixture::start();
    let header = |key: i16, version: i16, rest: &[u8]| {
        let body = [
            &key.to_be_bytes()[..],
            &version.to_be_bytes(),
            &7_i32.to_be_bytes(),
            &[0xff, 0xff],
            rest,
        ]
        .concat();
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
    };
    let mut client = fixture.connect();
    client.stream.write_all(&header(18, 99, &[0])).unwrap();
    let mut reader = Reader::new(client.receive_frame());
    assert_eq!(reader.read_i32("correlation id").unwrap(), 7);
    let response = ApiVersionsResponse::decode(&mut reader, 0).unwrap();
    assert_eq!(response.error_code, ErrorCode::UnsupportedVersion.code());
    let answered = client.ask(&ApiVersionsRequest::default(), 2);
    let produce = answered
        .api_keys
        .iter()
        .find(|api| api.api_key == i16::from(ApiKey::Produce))
        .unwrap();
    assert_eq!((produce.min_version, produce.max_version), (0, 13));
    // Produce 0: acks 1, no timeout, one topic "t" with one partition without records.
    let body = [
        0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff,
    ];
    client.stream.write_all(&header(0, 0, &body)).unwrap();
    let frame = client.receive_frame();
    assert_eq!(
        &frame[..],
        [
            &[
                0, 0, 0, 7, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 5, 0, 35
            ][..],
            &[0xff; 8],
        ]
        .concat()
    );
    for (key, version) in [(999, 0), (-1, 0), (3, 99), (3, -1), (17, 0)] {
        let mut client = fixture.connect();
        client
            .stream
            .write_all(&header(key, version, &[0; 8]))
            .unwrap();
        assert!(client.is_closed(), "key {key}, version {version}");
    }
}

#[test]
fn hostile_frames_close_their_connection_and_nothing_else() {
    let fixture = Fixture::start();
    let (mut bystander, _) = fixture.client_with_topic();
    let counts = [
        &[0, 0, 0, 30, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff][..],
        &[0x7f; 20],
    ]
    .concat();
    let frames: [&[u8]; 7] = [
        &[0xff; 4],
        &[0x80, 0, 0, 0],
        &[0x7f, 0xff, 0xff, 0xff],
        &[0, 0, 0, 0],
        &[0, 0, 0, 3, 1, 2, 3],
        &[0x06, 0x40, 0, 1],
        &counts,
    ];
    for frame in frames {
        let mut client = fixture.connect();
        client.stream.write_all(frame).unwrap();
        assert!(client.is_closed(), "{frame:?}");
    }
    // Every API and version with counts far beyond the frame, strings and arrays alike.
    for key in ApiKey::ALL {
        for version in key.min_version()..=key.max_version() {
            for filler in [0x7f, 0xfe] {
                let head = [&i16::from(*key).to_be_bytes()[..], &version.to_be_bytes()].concat();
                let body = [&head[..], &[0, 0, 0, 1, 0xff, 0xff, 0], &[filler; 19]].concat();
                let length = u32::try_from(body.len()).unwrap().to_be_bytes();
                fixture
                    .connect()
                    .stream
                    .write_all(&[&length[..], &body].concat())
                    .unwrap();
            }
        }
    }
    // A length alone, and silence.
    let mut silent = fixture.connect();
    silent.stream.write_all(&[0x06, 0x3f, 0, 0]).unwrap();
    assert_eq!(bystander.produce(0, &batch(1, b"value"), -1), (0, 0));
}

#[test]
fn large_requests_arrive_in_pieces_whatever_lengths_others_claim() {
    let fixture = Fixture::start();
    let mut client = fixture.connect();
    client.create_topic(TOPIC, &[("max.message.bytes", "50000000")]);
    let claims: Vec<Client> = (0..32).map(|_| fixture.connect()).collect();
    for claim in &claims {
        // 100 MiB announced, and some bytes of them.
        (&claim.stream)
            .write_all(&[0x06, 0x40, 0, 0, 0, 0, 0, 9])
            .unwrap();
    }
    let large = batch(12, &[5; 1_000_000]);
    let request = encode_request(&produce(0, &large, -1), 9, 1, None).unwrap();
    for piece in request.chunks(700_001) {
        client.stream.write_all(piece).unwrap();
    }
    let (_, response) = client.receive::<ProduceRequest>(9);
    let partition = &response.responses[0].partition_responses[0];
    assert_eq!((partition.error_code, partition.base_offset), (0, 0));
    let stored = values(&records(&client.fetch(0, 0)));
    assert_eq!(stored.len(), 12);
    assert!(stored.iter().all(|(_, value)| *value == [5; 1_000_000]));
    drop(claims);
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let fixture = Fixture::start();
    let (mut producer, _) = fixture.client_with_topic();
    assert_eq!(producer.produce(0, &batch(10, &[3; 90_000]), 1), (0, 0));
    let mut client = fixture.connect();
    let request = encode_request(&fetch(0, 0, 0), 11, 1, None).unwrap();
    client
        .stream
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut sent = 0;
    let mut unsent = Vec::new();
    while sent < 2_000_000 {
        match client.stream.write(&request) {
            Ok(count) if count == request.len() => sent += 1,
            Ok(count) => {
                unsent = request[count..].to_vec();
                break;
            }
            Err(error) => {
                assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                );
                break;
            }
        }
    }
    assert!(sent < 2_000_000, "the broker reads without end");
    // Another client is served meanwhile, and the first one gets what it asked for once it reads.
    assert_eq!(producer.produce(1, &batch(1, b"value"), -1), (0, 0));
    for _ in 0..20 {
        assert_eq!(
            values(&records(&client.receive::<FetchRequest>(11).1)).len(),
            10
        );
    }
    drop(unsent);
}

#[test]
fn a_topic_is_created_when_it_is_first_named_unless_the_client_forbids_it() {
    let fixture = Fixture::start();
    let mut client = fixture.connect();
    let named = |name: &str, allow_auto_topic_creation| MetadataRequest {
        topics: Some(vec![MetadataRequestTopic {
            name: Some(name.to_owned()),
            ..MetadataRequestTopic::default()
        }]),
        allow_auto_topic_creation,
        ..MetadataRequest::default()
    };
    let response = client.ask(&named("fresh", false), 12);
    assert_eq!(
        response.topics[0].error_code,
        ErrorCode::UnknownTopicOrPartition.code()
    );
    let response = client.ask(&named("fresh", true), 12);
    assert_eq!(
        (
            response.topics[0].error_code,
            response.topics[0].partitions.len()
        ),
        (0, 2)
    );
    for bad in ["../x", "", "a b", &"x".repeat(250)] {
        let response = client.ask(&named(bad, true), 12);
        assert_eq!(
            response.topics[0].error_code,
            ErrorCode::InvalidTopicException.code(),
            "{bad:?}"
        );
    }
    assert_eq!(
        client
            .ask(
                &MetadataRequest {
                    topics: None,
                    ..MetadataRequest::default()
                },
                12
            )
            .topics
            .len(),
        1
    );
}

#[test]
fn bad_topics_are_refused_with_kafkas_codes() {
    let fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    let topic = |name: &str, num_partitions, replication_factor| CreatableTopic {
        name: name.to_owned(),
        num_partitions,
        replication_factor,
        ..CreatableTopic::default()
    };
    let mut with_config = topic("config", 1, 1);
    with_config.configs.push(CreatableTopicConfig {
        name: "preallocate".to_owned(),
        value: Some("true".to_owned()),
    });
    for (topic, code) in [
        (topic(TOPIC, 1, 1), ErrorCode::TopicAlreadyExists),
        (topic("..", 1, 1), ErrorCode::InvalidTopicException),
        // The catalogue's own directory would be taken for the topic's.
        (
            topic("__cluster_metadata", 1, 1),
            ErrorCode::InvalidTopicException,
        ),
        (topic("zero", 0, 1), ErrorCode::InvalidPartitions),
        (topic("negative", -2, 1), ErrorCode::InvalidPartitions),
        (topic("absurd", i32::MAX, 1), ErrorCode::PolicyViolation),
        (topic("replicas", 1, 3), ErrorCode::InvalidReplicationFactor),
        (with_config, ErrorCode::InvalidConfig),
    ] {
        let request = CreateTopicsRequest {
            topics: vec![topic],
            ..CreateTopicsRequest::default()
        };
        let response = client.ask(&request, 7);
        assert_eq!(response.topics[0].error_code, code.code(), "{response:?}");
        assert!(response.topics[0].error_message.is_some());
    }
    let request = CreateTopicsRequest {
        topics: vec![topic("only-checked", -1, -1)],
        validate_only: true,
        ..CreateTopicsRequest::default()
    };
    assert_eq!(client.ask(&request, 7).topics[0].error_code, 0);
    let all = client.ask(
        &MetadataRequest {
            topics: None,
            ..MetadataRequest::default()
        },
        12,
    );
    assert_eq!(all.topics.len(), 1);
}

#[test]
fn altered_configurations_are_in_force_and_survive_a_restart() {
    let mut fixture = Fixture::start();
    let (mut client, _) = fixture.client_with_topic();
    let alter = |name: &str, operation, value: Option<&str>| IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type: 2,
            resource_name: TOPIC.to_owned(),
            configs: vec![AlterableConfig {
                name: name.to_owned(),
                config_operation: operation,
                value: value.map(str::to_owned),
            }],
        }],
        validate_only: false,
    };
    let large = batch(1, &[0; 2000]);
    assert_eq!(client.produce(0, &large, 1), (0, 0));
    assert_eq!(
        client
            .ask(&alter("max.message.bytes", 0, Some("1000")), 1)
            .responses[0]
            .error_code,
        0
    );
    assert_eq!(
        client.produce(0, &large, 1),
        (ErrorCode::MessageTooLarge.code(), -1)
    );
    assert_eq!(
        client
            .ask(&alter("preallocate", 0, Some("true")), 1)
            .responses[0]
            .error_code,
        ErrorCode::InvalidConfig.code()
    );
    assert_eq!(
        client
            .ask(&alter("cleanup.policy", 2, Some("compact")), 1)
            .responses[0]
            .error_code,
        0
    );
    let keyless = batch(1, &[0; 20]);
    assert_eq!(
        client.produce(0, &keyless, 1),
        (ErrorCode::InvalidRecord.code(), -1)
    );
    fixture.restart();
    let mut client = fixture.connect();
    let describe = DescribeConfigsRequest {
        resources: vec![DescribeConfigsResource {
            resource_type: 2,
            resource_name: TOPIC.to_owned(),
            configuration_keys: Some(vec!["max.message.bytes".to_owned()]),
        }],
        ..DescribeConfigsRequest::default()
    };
    let described = client.ask(&describe, 4);
    let config = &described.results[0].configs[0];
    assert_eq!(
        (config.value.as_deref(), config.config_source),
        (Some("1000"), 1)
    );
    assert_eq!(
        client.produce(0, &large, 1),
        (ErrorCode::MessageTooLarge.code(), -1)
    );
    assert_eq!(
        client
            .ask(&alter("max.message.bytes", 1, None), 1)
            .responses[0]
            .error_code,
        0
    );
    // No longer too large, and the topic is still compacted.
    assert_eq!(
        client.produce(0, &large, 1).0,
        ErrorCode::InvalidRecord.code()
    );
    assert_eq!(
        client.ask(&alter("cleanup.policy", 1, None), 1).responses[0].error_code,
        0
    );
    assert_eq!(client.produce(0, &large, 1).0, 0);
}

#[test]
fn a_port_in_use_is_named() {
    let fixture = Fixture::start();
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut config = ServeConfig::new(data.path());
    config.listen = fixture.broker().address();
    match serve(config) {
        Err(error @ ServeError::PortInUse { .. }) => {
            assert!(error.to_string().contains("--listen"))
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("two brokers on one port"),
    }
}

#[test]
fn a_stop_ends_idle_and_waiting_clients_in_time() {
    let mut fixture = Fixture::start();
    let (mut waiting, _) = fixture.client_with_topic();
    let mut idle = fixture.connect();
    idle.ask(&MetadataRequest::default(), 12);
    waiting.send(&fetch(0, 0, 60_000), 11);
    // The fetch has reached the broker when a later request of another connection has been answered.
    idle.ask(&MetadataRequest::default(), 12);
    let started = Instant::now();
    fixture.stop();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(idle.is_closed());
}
