//! A broker that keeps nothing: it receives produce requests, checks each batch's CRC, copies it once, and acknowledges.
//!
//! It is the honest ceiling of what a client on the same machine can measure, and, with injected faults, the proof that
//! the harness notices them. Invariants: frames are bounded as everywhere; one thread a connection; nothing is stored
//! but topic names and counters. Topics and offsets are shared by the connections' threads.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use corelane_client::{FrameReader, RESPONSE_LENGTH_MAX};
use corelane_engine::batch::ValidBatch;
use corelane_protocol::frame::{RequestHead, encode_response};
use corelane_protocol::messages::api_versions::{ApiVersion, ApiVersionsResponse};
use corelane_protocol::messages::create_topics::{
    CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse,
};
use corelane_protocol::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse,
};
use corelane_protocol::messages::list_offsets::{
    ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use corelane_protocol::messages::metadata::{
    MetadataRequest, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
};
use corelane_protocol::messages::produce::{
    PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceResponse,
};
use corelane_protocol::{ApiKey, ErrorCode, Message, Reader};
use uuid::Uuid;

/// Topics that are remembered.
const TOPICS_MAX: usize = 10_000;
/// Connections served at once.
const CONNECTIONS_MAX: u64 = 10_000;
/// What it serves.
const SERVED: [ApiKey; 6] = [
    ApiKey::Produce,
    ApiKey::ListOffsets,
    ApiKey::Metadata,
    ApiKey::ApiVersions,
    ApiKey::CreateTopics,
    ApiKey::DeleteTopics,
];
/// What a connection copies batches into, in turn: more than a CPU's caches of one core hold, as a log's memory is.
const COPY_BYTES: usize = 4 << 20;

/// Something that the broker does wrong, once. Produce requests are numbered from 0 over all connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// Waits before it answers.
    Stall {
        /// The request.
        request: u64,
        /// How long.
        pause: Duration,
    },
    /// Does not answer, and goes on with the next request.
    DropAnswer {
        /// The request.
        request: u64,
    },
    /// Answers the request after this one, which it has not read.
    AnswerEarly {
        /// The request.
        request: u64,
    },
    /// Refuses the request.
    Refuse {
        /// The request.
        request: u64,
        /// The error code.
        code: ErrorCode,
    },
}

/// A running null broker. Its threads end with it.
#[derive(Debug)]
pub struct NullBroker {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Shared by the accepting thread, the connections' threads and the owner.
#[derive(Debug)]
struct Shared {
    port: u16,
    host: String,
    topics: Mutex<HashMap<String, NullTopic>>,
    faults: Vec<InjectedFault>,
    requests: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    is_stopping: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct NullTopic {
    id: Uuid,
    partitions: i32,
}

impl NullBroker {
    /// Listens on `address` (port 0 for any) and serves until it is dropped.
    pub fn start(address: &str, faults: Vec<InjectedFault>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            port: address.port(),
            host: address.ip().to_string(),
            topics: Mutex::new(HashMap::new()),
            faults,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            is_stopping: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Produce requests so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Bytes of batches so far.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for NullBroker {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        // Wakes the accepting thread, which waits for nothing else.
        let _woken_or_gone = TcpStream::connect(self.address);
    }
}

/// The one copy of each batch that a broker cannot do without. One a connection.
#[derive(Default)]
struct Copy {
    memory: Vec<u8>,
    position: usize,
}

impl Copy {
    fn take(&mut self, batch: &[u8]) {
        if self.memory.is_empty() {
            self.memory = vec![0; COPY_BYTES];
        }
        if batch.len() > COPY_BYTES - self.position {
            self.position = 0;
        }
        // A batch beyond the memory is copied as far as it goes.
        let length = batch.len().min(COPY_BYTES);
        let place = &mut self.memory[self.position..self.position + length];
        place.copy_from_slice(&batch[..length]);
        // Nobody reads the copy, which must be made all the same.
        std::hint::black_box(place);
        self.position += length;
    }
}

/// What a request leads to.
enum Reply {
    Frame(Vec<u8>),
    Nothing,
    Close,
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_stopping.load(Ordering::Relaxed) {
                return;
            }
            let Ok(stream) = stream else { continue };
            if self.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
                self.connections.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let serving = Arc::clone(self);
            thread::spawn(move || {
                // A connection that fails is closed; the client learns of it by that.
                let _closed = serving.serve(stream);
                serving.connections.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut frames = FrameReader::new(RESPONSE_LENGTH_MAX);
        let mut output = Vec::new();
        let mut copy = Copy::default();
        loop {
            frames.fill(&mut stream).map_err(io::Error::other)?;
            while let Some(frame) = frames.next_frame().map_err(io::Error::other)? {
                match self.reply(&frame, &mut stream, &mut output, &mut copy) {
                    Reply::Frame(bytes) => output.extend_from_slice(&bytes),
                    Reply::Nothing => {}
                    Reply::Close => return Ok(()),
                }
                frames.recycle(frame);
            }
            stream.write_all(&output)?;
            output.clear();
        }
    }

    fn reply(
        &self,
        frame: &Bytes,
        stream: &mut TcpStream,
        output: &mut Vec<u8>,
        copy: &mut Copy,
    ) -> Reply {
        let mut reader = Reader::new(frame.clone());
        let Ok(head) = RequestHead::read(&mut reader) else {
            return Reply::Close;
        };
        match head.key() {
            Ok(ApiKey::ApiVersions) => answer(&head, ApiKey::ApiVersions, &served()),
            Ok(ApiKey::Metadata) => match MetadataRequest::decode(&mut reader, head.version) {
                Ok(request) => answer(&head, ApiKey::Metadata, &self.metadata(request)),
                Err(_) => Reply::Close,
            },
            Ok(ApiKey::CreateTopics) => {
                match CreateTopicsRequest::decode(&mut reader, head.version) {
                    Ok(request) => {
                        answer(&head, ApiKey::CreateTopics, &self.create_topics(&request))
                    }
                    Err(_) => Reply::Close,
                }
            }
            Ok(ApiKey::ListOffsets) => {
                match ListOffsetsRequest::decode(&mut reader, head.version) {
                    Ok(request) => answer(&head, ApiKey::ListOffsets, &list_offsets(request)),
                    Err(_) => Reply::Close,
                }
            }
            Ok(ApiKey::Produce) => match ProduceRequest::decode(&mut reader, head.version) {
                Ok(request) => self.produce(&head, &request, stream, output, copy),
                Err(_) => Reply::Close,
            },
            Ok(ApiKey::DeleteTopics) => {
                match DeleteTopicsRequest::decode(&mut reader, head.version) {
                    Ok(request) => {
                        answer(&head, ApiKey::DeleteTopics, &self.delete_topics(request))
                    }
                    Err(_) => Reply::Close,
                }
            }
            _ => Reply::Close,
        }
    }

    fn produce(
        &self,
        head: &RequestHead,
        request: &ProduceRequest,
        stream: &mut TcpStream,
        output: &mut Vec<u8>,
        copy: &mut Copy,
    ) -> Reply {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut response = self.acknowledge(request, copy);
        let mut early = None;
        for fault in &self.faults {
            match *fault {
                InjectedFault::Stall { request, pause } if request == number => {
                    // What was answered before the stall must not wait for it.
                    if stream.write_all(output).is_err() {
                        return Reply::Close;
                    }
                    output.clear();
                    thread::sleep(pause);
                }
                InjectedFault::DropAnswer { request } if request == number => {
                    return Reply::Nothing;
                }
                InjectedFault::AnswerEarly { request } if request == number => {
                    let next = RequestHead {
                        correlation_id: head.correlation_id + 1,
                        ..head.clone()
                    };
                    early = Some(answer(&next, ApiKey::Produce, &response));
                }
                InjectedFault::Refuse { request, code } if request == number => {
                    refuse(&mut response, code)
                }
                _ => {}
            }
        }
        if request.acks == 0 {
            return Reply::Nothing;
        }
        let mut reply = answer(head, ApiKey::Produce, &response);
        if let (Reply::Frame(frame), Some(Reply::Frame(early))) = (&mut reply, early) {
            frame.extend_from_slice(&early);
        }
        reply
    }

    fn acknowledge(&self, request: &ProduceRequest, copy: &mut Copy) -> ProduceResponse {
        let responses = request.topic_data.iter().map(|topic| TopicProduceResponse {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partition_responses: topic
                .partition_data
                .iter()
                .map(|partition| PartitionProduceResponse {
                    index: partition.index,
                    error_code: self.take(partition.records.as_ref(), copy).code(),
                    ..PartitionProduceResponse::default()
                })
                .collect(),
        });
        ProduceResponse {
            responses: responses.collect(),
            ..ProduceResponse::default()
        }
    }

    fn take(&self, records: Option<&Bytes>, copy: &mut Copy) -> ErrorCode {
        let Some(records) = records else {
            return ErrorCode::InvalidRecord;
        };
        match ValidBatch::check(records.clone(), RESPONSE_LENGTH_MAX) {
            Ok(batch) => {
                copy.take(batch.bytes());
                self.bytes
                    .fetch_add(u64::try_from(batch.size()).unwrap_or(0), Ordering::Relaxed);
                ErrorCode::None
            }
            Err(_) => ErrorCode::CorruptMessage,
        }
    }

    fn create_topics(&self, request: &CreateTopicsRequest) -> CreateTopicsResponse {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let results = request.topics.iter().map(|topic| {
            let id = Uuid::new_v4();
            let has_room = topics.len() < TOPICS_MAX;
            if has_room && !request.validate_only {
                topics.insert(
                    topic.name.clone(),
                    NullTopic {
                        id,
                        partitions: topic.num_partitions.max(1),
                    },
                );
            }
            let code = if has_room {
                ErrorCode::None
            } else {
                ErrorCode::PolicyViolation
            };
            CreatableTopicResult {
                name: topic.name.clone(),
                topic_id: id,
                error_code: code.code(),
                ..CreatableTopicResult::default()
            }
        });
        CreateTopicsResponse {
            topics: results.collect(),
            ..CreateTopicsResponse::default()
        }
    }

    fn delete_topics(&self, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let by_name = request.topic_names.into_iter();
        let by_state = request.topics.into_iter().filter_map(|topic| topic.name);
        let responses = by_name.chain(by_state).map(|name| {
            let code = match topics.remove(&name) {
                Some(_) => ErrorCode::None,
                None => ErrorCode::UnknownTopicOrPartition,
            };
            DeletableTopicResult {
                name: Some(name),
                error_code: code.code(),
                ..DeletableTopicResult::default()
            }
        });
        DeleteTopicsResponse {
            responses: responses.collect(),
            ..DeleteTopicsResponse::default()
        }
    }

    fn metadata(&self, request: MetadataRequest) -> MetadataResponse {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<String> = match request.topics {
            None => topics.keys().cloned().collect(),
            Some(asked) => asked.into_iter().filter_map(|topic| topic.name).collect(),
        };
        let broker = MetadataResponseBroker {
            node_id: 0,
            host: self.host.clone(),
            port: i32::from(self.port),
            ..MetadataResponseBroker::default()
        };
        MetadataResponse {
            brokers: vec![broker],
            controller_id: 0,
            topics: names
                .into_iter()
                .map(|name| describe(topics.get(&name), name))
                .collect(),
            ..MetadataResponse::default()
        }
    }
}

fn answer<M: Message>(head: &RequestHead, key: ApiKey, response: &M) -> Reply {
    encode_response(response, key, head.version, head.correlation_id)
        .map_or(Reply::Close, Reply::Frame)
}

fn served() -> ApiVersionsResponse {
    let api_keys = SERVED.iter().map(|key| ApiVersion {
        api_key: (*key).into(),
        min_version: key.min_version(),
        max_version: key.max_version(),
    });
    ApiVersionsResponse {
        api_keys: api_keys.collect(),
        ..ApiVersionsResponse::default()
    }
}

fn describe(topic: Option<&NullTopic>, name: String) -> MetadataResponseTopic {
    let Some(topic) = topic else {
        let error_code = ErrorCode::UnknownTopicOrPartition.code();
        return MetadataResponseTopic {
            name: Some(name),
            error_code,
            ..MetadataResponseTopic::default()
        };
    };
    let partitions = (0..topic.partitions).map(|partition_index| MetadataResponsePartition {
        partition_index,
        leader_id: 0,
        replica_nodes: vec![0],
        isr_nodes: vec![0],
        ..MetadataResponsePartition::default()
    });
    MetadataResponseTopic {
        name: Some(name),
        topic_id: topic.id,
        partitions: partitions.collect(),
        ..MetadataResponseTopic::default()
    }
}

fn list_offsets(request: ListOffsetsRequest) -> ListOffsetsResponse {
    let topics = request
        .topics
        .into_iter()
        .map(|topic| ListOffsetsTopicResponse {
            name: topic.name,
            partitions: topic
                .partitions
                .into_iter()
                .map(|partition| ListOffsetsPartitionResponse {
                    partition_index: partition.partition_index,
                    offset: 0,
                    ..ListOffsetsPartitionResponse::default()
                })
                .collect(),
        });
    ListOffsetsResponse {
        topics: topics.collect(),
        ..ListOffsetsResponse::default()
    }
}

fn refuse(response: &mut ProduceResponse, code: ErrorCode) {
    for partition in response
        .responses
        .iter_mut()
        .flat_map(|topic| &mut topic.partition_responses)
    {
        partition.error_code = code.code();
    }
}
