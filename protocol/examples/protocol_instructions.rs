//! Does one pure step of the protocol so many times and ends, for a count of its instructions; see `.ci/instructions`.
//!
//! `protocol_instructions STEP COUNT`. Without arguments it lists the steps. Invariant: what is done depends on the arguments
//! alone, so that two runs execute the same instructions.

// An example has nobody to hand an error to.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::process::ExitCode;

use bytes::{Bytes, BytesMut};
use corelane_protocol::frame::{RequestHead, cut_frame, encode_request, encode_response};
use corelane_protocol::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse,
    TopicProduceData, TopicProduceResponse,
};
use corelane_protocol::produce_view::ProduceView;
use corelane_protocol::{ApiKey, Reader};

/// The version that current clients send topics by name in.
const VERSION: i16 = 12;
/// The largest frame that is accepted.
const LENGTH_MAX: usize = 100 << 20;

/// A step's name, and what takes it so many times.
type Step = (&'static str, fn(usize));

const STEPS: [Step; 2] = [
    ("frame-decode", frame_decode),
    ("answer-encode", answer_encode),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        STEPS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    let [name, count] = arguments.as_slice() else {
        eprintln!("usage: protocol_instructions [STEP COUNT]");
        return ExitCode::from(2);
    };
    let step = STEPS.iter().find(|(known, _)| known == name);
    match (step, count.parse()) {
        (Some((_, step)), Ok(count)) => step(count),
        _ => {
            eprintln!("no step {name}, or no count {count}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// A Produce request from the receive buffer to the views of its batches.
fn frame_decode(count: usize) {
    let request = ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: "flights".to_owned(),
            partition_data: vec![PartitionProduceData {
                index: 3,
                records: Some(Bytes::from(vec![0x5a; 1000])),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    };
    let frame = encode_request(&request, VERSION, 7, Some("counted")).unwrap();
    for _ in 0..count {
        let mut buffer = BytesMut::from(black_box(&frame[..]));
        let cut = cut_frame(&mut buffer, LENGTH_MAX).unwrap().unwrap();
        let mut reader = Reader::new(cut);
        let head = RequestHead::read(&mut reader).unwrap();
        let view = ProduceView::parse(reader, head.version).unwrap();
        let partitions = view.partitions().map(Result::unwrap);
        black_box(
            partitions
                .filter(|partition| partition.records.is_some())
                .count(),
        );
    }
}

/// The answer to such a request.
fn answer_encode(count: usize) {
    let response = ProduceResponse {
        responses: vec![TopicProduceResponse {
            name: "flights".to_owned(),
            partition_responses: vec![PartitionProduceResponse {
                index: 3,
                base_offset: 4711,
                ..PartitionProduceResponse::default()
            }],
            ..TopicProduceResponse::default()
        }],
        ..ProduceResponse::default()
    };
    for _ in 0..count {
        let response = black_box(&response);
        black_box(encode_response(response, ApiKey::Produce, VERSION, 7).unwrap());
    }
}
