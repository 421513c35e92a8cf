//! Micro-benchmarks of frames: what a Produce request costs from the receive buffer to the views of its batches.
//!
//! `cargo bench -p corelane-protocol` runs them. The request is the one of the harness's default workload: one batch of
//! 64 KiB. No record byte is copied, so that its size must not show.

// A bench's main thread has nobody to hand an error to.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use corelane_protocol::Reader;
use corelane_protocol::frame::{RequestHead, cut_frame, encode_request};
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use corelane_protocol::produce_view::ProduceView;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// The version that current clients send topics by name in.
const VERSION: i16 = 12;
/// The largest frame that is accepted.
const LENGTH_MAX: usize = 100 << 20;

fn request(batch_bytes: usize) -> BytesMut {
    let request = ProduceRequest {
        acks: 1,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: "flights".to_owned(),
            partition_data: vec![PartitionProduceData {
                index: 3,
                records: Some(Bytes::from(vec![0x5a; batch_bytes])),
            }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    };
    let frame = encode_request(&request, VERSION, 7, Some("bench")).unwrap();
    BytesMut::from(&frame[..])
}

fn decode(mut buffer: BytesMut) -> usize {
    let frame = cut_frame(&mut buffer, LENGTH_MAX).unwrap().unwrap();
    let mut reader = Reader::new(frame);
    let head = RequestHead::read(&mut reader).unwrap();
    let view = ProduceView::parse(reader, head.version).unwrap();
    let batches = view
        .partitions()
        .map(|partition| partition.unwrap().records);
    batches.flatten().map(|records| records.len()).sum()
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    for (name, batch_bytes) in [("100B", 100), ("64KiB", 64 << 10)] {
        let frame = request(batch_bytes);
        assert_eq!(decode(frame.clone()), batch_bytes);
        group.bench_function(format!("decode-produce-{name}"), |bencher| {
            bencher.iter_batched(
                || frame.clone(),
                |buffer| decode(black_box(buffer)),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
