//! The connection against brokers that follow a script: old, silent, confused, hostile.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use corelane_client::{
    ClientError, Cluster, Connection, FrameError, Producer, ProducerOptions, Timeouts,
};
use corelane_protocol::frame::{RequestHead, encode_response};
use corelane_protocol::messages::api_versions::{ApiVersion, ApiVersionsResponse};
use corelane_protocol::messages::init_producer_id::InitProducerIdResponse;
use corelane_protocol::messages::metadata::{
    MetadataRequest, MetadataResponse, MetadataResponseBroker, MetadataResponseTopic,
};
use corelane_protocol::messages::produce::ProduceRequest;
use corelane_protocol::{ApiKey, ErrorCode, Message, Reader};

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    request: Duration::from_millis(300),
};

/// A broker that does what `script` says with its one connection.
fn broker(script: impl FnOnce(TcpStream) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (
        address,
        std::thread::spawn(move || script(listener.accept().unwrap().0)),
    )
}

fn read_request(stream: &mut TcpStream) -> RequestHead {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut frame).unwrap();
    RequestHead::read(&mut Reader::new(Bytes::from(frame))).unwrap()
}

fn versions(ranges: &[(ApiKey, i16, i16)]) -> ApiVersionsResponse {
    let api_keys = ranges
        .iter()
        .map(|&(key, min_version, max_version)| ApiVersion {
            api_key: key.into(),
            min_version,
            max_version,
        });
    ApiVersionsResponse {
        api_keys: api_keys.collect(),
        ..ApiVersionsResponse::default()
    }
}

/// Answers ApiVersions as a broker that serves Metadata 0 to `metadata_max`.
fn greet(stream: &mut TcpStream, metadata_max: i16) {
    let head = read_request(stream);
    let response = versions(&[
        (ApiKey::ApiVersions, 0, 4),
        (ApiKey::Metadata, 0, metadata_max),
    ]);
    stream
        .write_all(
            &encode_response(
                &response,
                ApiKey::ApiVersions,
                head.version,
                head.correlation_id,
            )
            .unwrap(),
        )
        .unwrap();
}

#[test]
fn a_broker_that_knows_only_version_0_of_api_versions_is_asked_again() {
    let (address, broker) = broker(|mut stream| {
        let head = read_request(&mut stream);
        assert_eq!(head.version, 4);
        let refusal = ApiVersionsResponse {
            error_code: ErrorCode::UnsupportedVersion.code(),
            ..ApiVersionsResponse::default()
        };
        stream
            .write_all(
                &encode_response(&refusal, ApiKey::ApiVersions, 0, head.correlation_id).unwrap(),
            )
            .unwrap();
        let head = read_request(&mut stream);
        assert_eq!(head.version, 0);
        let response = versions(&[(ApiKey::Metadata, 0, 5)]);
        stream
            .write_all(
                &encode_response(&response, ApiKey::ApiVersions, 0, head.correlation_id).unwrap(),
            )
            .unwrap();
    });
    let connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    assert_eq!(connection.version_of::<MetadataRequest>().unwrap(), 5);
    broker.join().unwrap();
}

#[test]
fn a_request_that_the_broker_does_not_serve_is_refused_before_it_is_sent() {
    let (address, broker) = broker(|mut stream| greet(&mut stream, 13));
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let error = connection.call(&ProduceRequest::default()).unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::NoCommonVersion {
                api: ApiKey::Produce,
                served: None,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(connection.in_flight(), 0);
    broker.join().unwrap();
}

#[test]
fn pipelined_requests_get_their_own_answers() {
    let (address, broker) = broker(|mut stream| {
        greet(&mut stream, 13);
        let heads: Vec<RequestHead> = (0..3).map(|_| read_request(&mut stream)).collect();
        for (number, head) in (0..).zip(heads) {
            let response = MetadataResponse {
                controller_id: number,
                ..MetadataResponse::default()
            };
            let frame = encode_response(
                &response,
                ApiKey::Metadata,
                head.version,
                head.correlation_id,
            )
            .unwrap();
            stream.write_all(&frame).unwrap();
        }
    });
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let tickets: Vec<_> = (0..3)
        .map(|_| connection.send(&MetadataRequest::default()).unwrap())
        .collect();
    for (number, ticket) in (0..).zip(tickets) {
        assert_eq!(connection.receive(ticket).unwrap().controller_id, number);
    }
    broker.join().unwrap();
}

#[test]
fn an_answer_to_another_request_is_not_taken_for_ours() {
    let (address, broker) = broker(|mut stream| {
        greet(&mut stream, 13);
        let head = read_request(&mut stream);
        let response = MetadataResponse::default();
        let frame = encode_response(
            &response,
            ApiKey::Metadata,
            head.version,
            head.correlation_id + 7,
        )
        .unwrap();
        stream.write_all(&frame).unwrap();
    });
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let error = connection.call(&MetadataRequest::default()).unwrap_err();
    assert!(matches!(error, ClientError::OutOfOrder { .. }), "{error}");
    broker.join().unwrap();
}

#[test]
fn silence_ends_with_a_timeout_that_names_the_request() {
    let (address, broker) = broker(|mut stream| {
        greet(&mut stream, 13);
        read_request(&mut stream);
        // Until the client gives up.
        let _closed = stream.read(&mut [0; 1]);
    });
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let error = connection.call(&MetadataRequest::default()).unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Timeout {
                api: ApiKey::Metadata,
                ..
            }
        ),
        "{error}"
    );
    drop(connection);
    broker.join().unwrap();
}

#[test]
fn a_large_answer_that_never_ends_is_given_up_too() {
    let (address, broker) = broker(|mut stream| {
        greet(&mut stream, 13);
        read_request(&mut stream);
        stream.write_all(&1_000_000_i32.to_be_bytes()).unwrap();
        stream.write_all(&[0; 70_000]).unwrap();
        let _closed = stream.read(&mut [0; 1]);
    });
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let error = connection.call(&MetadataRequest::default()).unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    drop(connection);
    broker.join().unwrap();
}

#[test]
fn another_protocol_on_the_port_is_an_error_and_takes_no_memory() {
    let (address, broker) = broker(|mut stream| {
        // The first four bytes are a length of about 1.2 GB.
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        let _closed = stream.read(&mut [0; 256]);
    });
    let error = Connection::open(&address, "test", TIMEOUTS).unwrap_err();
    let is_length = matches!(
        &error,
        ClientError::Stream {
            source: FrameError::Length { .. },
            ..
        }
    );
    assert!(is_length, "{error}");
    broker.join().unwrap();
}

#[test]
fn a_closed_connection_says_during_which_request() {
    let (address, broker) = broker(|mut stream| {
        greet(&mut stream, 13);
        read_request(&mut stream);
    });
    let mut connection = Connection::open(&address, "test", TIMEOUTS).unwrap();
    let error = connection.call(&MetadataRequest::default()).unwrap_err();
    assert!(error.to_string().contains("Metadata"), "{error}");
    assert!(error.is_retriable());
    broker.join().unwrap();
}

#[test]
fn no_address_and_a_closed_port_are_told_apart() {
    let error = Cluster::connect(&[], "test", TIMEOUTS).unwrap_err();
    assert!(matches!(error, ClientError::NoBootstrap), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Cluster::connect(std::slice::from_ref(&address), "test", TIMEOUTS).unwrap_err();
    assert!(error.to_string().contains(&address), "{error}");
    assert!(
        error.to_string().contains("is the broker running"),
        "{error}"
    );
}

/// A broker that knows topic `t` and answers InitProducerId with these codes, one after the other.
fn broker_with_identities(codes: &'static [ErrorCode]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let script = move || {
        let mut codes = codes.iter();
        let mut stream = listener.accept().unwrap().0;
        while codes.len() > 0 {
            let head = read_request(&mut stream);
            match head.key().unwrap() {
                ApiKey::ApiVersions => answer(
                    &mut stream,
                    &head,
                    &versions(&[
                        (ApiKey::ApiVersions, 0, 4),
                        (ApiKey::Metadata, 0, 12),
                        (ApiKey::InitProducerId, 0, 4),
                    ]),
                ),
                ApiKey::Metadata => answer(&mut stream, &head, &metadata_of(address.port())),
                _ => answer(
                    &mut stream,
                    &head,
                    &InitProducerIdResponse {
                        error_code: codes.next().unwrap().code(),
                        producer_id: 7,
                        ..InitProducerIdResponse::default()
                    },
                ),
            }
        }
    };
    (address.to_string(), std::thread::spawn(script))
}

fn answer<M: Message>(stream: &mut TcpStream, head: &RequestHead, response: &M) {
    let key = head.key().unwrap();
    let frame = encode_response(response, key, head.version, head.correlation_id).unwrap();
    stream.write_all(&frame).unwrap();
}

fn metadata_of(port: u16) -> MetadataResponse {
    MetadataResponse {
        brokers: vec![MetadataResponseBroker {
            node_id: 1,
            host: "127.0.0.1".to_owned(),
            port: port.into(),
            ..MetadataResponseBroker::default()
        }],
        topics: vec![MetadataResponseTopic {
            name: Some("t".to_owned()),
            ..MetadataResponseTopic::default()
        }],
        ..MetadataResponse::default()
    }
}

fn producer_at(address: &str) -> Result<Producer, ClientError> {
    let cluster = Cluster::connect(&[address.to_owned()], "test", TIMEOUTS)?;
    Producer::new(cluster, "t", ProducerOptions::default())
}

#[test]
fn a_coordinator_that_still_loads_is_asked_again_for_a_producer_id() {
    let (address, broker) = broker_with_identities(&[
        ErrorCode::CoordinatorLoadInProgress,
        ErrorCode::CoordinatorLoadInProgress,
        ErrorCode::None,
    ]);
    producer_at(&address).unwrap();
    broker.join().unwrap();
}

#[test]
fn a_refusal_that_will_not_pass_is_told_at_once() {
    let (address, broker) = broker_with_identities(&[ErrorCode::ClusterAuthorizationFailed]);
    let error = producer_at(&address).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ClusterAuthorizationFailed));
    broker.join().unwrap();
}
