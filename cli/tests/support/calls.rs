//! Requests that suites make over and over, byte by byte, each with the code that came back.

use super::wire::{
    Answered, Batch, CREATE_TOPICS, FETCH, Fields, LIST_OFFSETS, PRODUCE, Request, Wire,
};

pub const DELETE_TOPICS: i16 = 20;
pub const DELETE_RECORDS: i16 = 21;
pub const INIT_PRODUCER_ID: i16 = 22;
pub const INCREMENTAL_ALTER_CONFIGS: i16 = 44;

pub const NONE: i16 = 0;
pub const OFFSET_OUT_OF_RANGE: i16 = 1;
pub const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
pub const REQUEST_TIMED_OUT: i16 = 7;
pub const KAFKA_STORAGE_ERROR: i16 = 56;

/// Whether Kafka's clients try again by themselves.
pub fn is_retriable(code: i16) -> bool {
    let code = corelane_client::ErrorCode::try_from(code).expect("a code of Kafka's");
    code.is_retriable()
}

/// What a Produce request is sent with.
#[derive(Clone, Copy)]
pub struct Acks {
    pub acks: i16,
    pub timeout_ms: i32,
}

impl Acks {
    pub const ALL: Acks = Acks {
        acks: -1,
        timeout_ms: 10_000,
    };
    pub const LEADER: Acks = Acks {
        acks: 1,
        timeout_ms: 10_000,
    };
}

/// CreateTopics version 4, one replica; the error code.
pub fn create_topic(wire: &mut Wire, name: &str, partitions: i32, configs: &[(&str, &str)]) -> i16 {
    let count = i32::try_from(configs.len()).expect("a few");
    let mut body = Fields::new()
        .i32(1)
        .string(name)
        .i32(partitions)
        .i16(1)
        .i32(0)
        .i32(count);
    for (name, value) in configs {
        body = body.string(name).string(value);
    }
    let answer = wire.ask(&Request::classic(CREATE_TOPICS, 4, body.i32(30_000).i8(0)));
    let mut body = answer.body();
    let _head = (body.i32(), body.i32(), body.string());
    body.i16()
}

/// DeleteTopics version 3; the error code.
pub fn delete_topic(wire: &mut Wire, name: &str) -> i16 {
    let body = Fields::new().i32(1).string(name).i32(30_000);
    let answer = wire.ask(&Request::classic(DELETE_TOPICS, 3, body));
    let mut body = answer.body();
    let _head = (body.i32(), body.i32(), body.string());
    body.i16()
}

/// DeleteRecords version 1; the error code.
pub fn delete_records(wire: &mut Wire, topic: &str, partition: i32, before: i64) -> i16 {
    let body = Fields::new()
        .i32(1)
        .string(topic)
        .i32(1)
        .i32(partition)
        .i64(before)
        .i32(30_000);
    let answer = wire.ask(&Request::classic(DELETE_RECORDS, 1, body));
    let mut body = answer.body();
    let _head = (body.i32(), body.i32(), body.string(), body.i32());
    let _partition = (body.i32(), body.i64());
    body.i16()
}

/// InitProducerId version 1 without a transactional id; the error code and the id.
pub fn producer_id(wire: &mut Wire) -> (i16, i64) {
    let body = Fields::new().i16(-1).i32(30_000);
    let answer = wire.ask(&Request::classic(INIT_PRODUCER_ID, 1, body));
    let mut body = answer.body();
    let _throttle = body.i32();
    (body.i16(), body.i64())
}

/// IncrementalAlterConfigs version 0, setting one value of a topic; the error code.
pub fn set_config(wire: &mut Wire, topic: &str, name: &str, value: &str) -> i16 {
    let body = Fields::new()
        .i32(1)
        .i8(2)
        .string(topic)
        .i32(1)
        .string(name)
        .i8(0)
        .string(value)
        .i8(0);
    let answer = wire.ask(&Request::classic(INCREMENTAL_ALTER_CONFIGS, 0, body));
    let mut body = answer.body();
    let _head = (body.i32(), body.i32());
    body.i16()
}

/// Produce version 7 of one batch with one record of `length` bytes; the error code and the base offset.
pub fn produce(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    length: usize,
    acks: Acks,
) -> (i16, i64) {
    let batch = Batch::of(&[&vec![b'x'; length]]).encode();
    produce_batch(wire, topic, partition, &batch, acks)
}

/// Produce version 7; the error code and the base offset.
pub fn produce_batch(
    wire: &mut Wire,
    topic: &str,
    partition: i32,
    batch: &[u8],
    acks: Acks,
) -> (i16, i64) {
    wire.send(&produce_request(topic, partition, batch, acks).frame());
    let answer = wire.answer();
    produced(&mut answer.body())
}

pub fn produce_request(topic: &str, partition: i32, batch: &[u8], acks: Acks) -> Request {
    let body = Fields::new()
        .i16(-1)
        .i16(acks.acks)
        .i32(acks.timeout_ms)
        .i32(1)
        .string(topic)
        .i32(1)
        .i32(partition)
        .bytes_field(batch);
    Request::classic(PRODUCE, 7, body)
}

/// The error code and the base offset of an answer to [`produce_request`].
pub fn produced(body: &mut Answered<'_>) -> (i16, i64) {
    let _topic = (body.i32(), body.string(), body.i32(), body.i32());
    (body.i16(), body.i64())
}

/// Fetch version 11 from `offset`, without waiting; the error code and the bytes of records.
pub fn fetch(wire: &mut Wire, topic: &str, partition: i32, offset: i64) -> (i16, Vec<u8>) {
    let answer = wire.ask(&fetch_request(topic, partition, offset, 0));
    fetched(&mut answer.body())
}

pub fn fetch_request(topic: &str, partition: i32, offset: i64, wait_ms: i32) -> Request {
    let body = Fields::new()
        .i32(-1)
        .i32(wait_ms)
        .i32(1)
        .i32(4 << 20)
        .i8(0)
        .i32(0)
        .i32(-1);
    let body = body
        .i32(1)
        .string(topic)
        .i32(1)
        .i32(partition)
        .i32(-1)
        .i64(offset)
        .i64(-1)
        .i32(4 << 20);
    Request::classic(FETCH, 11, body.i32(0).string(""))
}

/// The error code and the bytes of an answer to [`fetch_request`].
pub fn fetched(body: &mut Answered<'_>) -> (i16, Vec<u8>) {
    let _head = (body.i32(), body.i16(), body.i32(), body.i32());
    let _topic = (body.string(), body.i32(), body.i32());
    let code = body.i16();
    let _ends = (body.i64(), body.i64(), body.i64());
    let aborted = usize::try_from(body.i32()).unwrap_or(0);
    body.take(aborted * 16);
    let _replica = body.i32();
    let length = usize::try_from(body.i32()).unwrap_or(0);
    (code, body.take(length).to_vec())
}

/// ListOffsets version 1, latest: the partition's end.
pub fn end_offset(wire: &mut Wire, topic: &str, partition: i32) -> i64 {
    let body = Fields::new()
        .i32(-1)
        .i32(1)
        .string(topic)
        .i32(1)
        .i32(partition)
        .i64(-1);
    let answer = wire.ask(&Request::classic(LIST_OFFSETS, 1, body));
    let mut body = answer.body();
    let _head = (body.i32(), body.string(), body.i32(), body.i32());
    assert_eq!(body.i16(), NONE);
    let _timestamp = body.i64();
    body.i64()
}
