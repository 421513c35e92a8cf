//! Micro-benchmarks of the engine's pure parts: what a batch costs before any system call.
//!
//! `cargo bench -p corelane-engine` runs all of them; `-- records` those whose name has the word. The batch is the one of
//! the harness's default workload: 64 records of 1 KiB.

// A bench's main thread has nobody to hand an error to.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use bytes::Bytes;
use corelane_engine::batch::{Placement, RecordBatchHeader, ValidBatch, crc32c, write_placed};
use corelane_engine::compress::{Compression, DecompressLimits};
use corelane_engine::index::{OffsetIndex, TimeIndex};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records, walk};
use corelane_engine::types::{LeaderEpoch, Offset, Position, TimestampMs};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Records of the batch.
const RECORDS: usize = 64;
/// Bytes of each record's value.
const VALUE_BYTES: usize = 1024;
/// Entries of an index: those of a segment of 1 GiB at the default interval.
const ENTRIES: u32 = 262_144;

fn batch(compression: Compression) -> Bytes {
    batch_of(RECORDS, VALUE_BYTES, compression)
}

fn batch_of(records: usize, value_bytes: usize, compression: Compression) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        compression,
        ..BatchOptions::default()
    });
    let value: Vec<u8> = (0..value_bytes).map(|at| (at * 31 % 251) as u8).collect();
    for number in 0..records {
        let record = NewRecord {
            timestamp_ms: 1_700_000_000_000 + number as i64,
            key: Some(b"N14228"),
            value: Some(&value),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap()
}

fn batches(criterion: &mut Criterion) {
    let bytes = batch(Compression::None);
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("header-parse", |bencher| {
        bencher.iter(|| {
            let header = RecordBatchHeader::view(black_box(&bytes)).unwrap();
            (header.size(), header.last_offset(), header.compression())
        });
    });
    group.bench_function("crc32c-64KiB", |bencher| {
        bencher.iter(|| crc32c(black_box(&bytes)));
    });
    group.bench_function("check-64x1KiB", |bencher| {
        bencher.iter(|| ValidBatch::check(black_box(&bytes).clone(), bytes.len()).unwrap());
    });
    let mut destination = vec![0; bytes.len()];
    let placement = Placement {
        base_offset: Offset(4711),
        leader_epoch: LeaderEpoch(3),
    };
    group.bench_function("rewrite-64KiB", |bencher| {
        bencher.iter(|| write_placed(black_box(&mut destination), black_box(&bytes), placement));
    });
    group.finish();
}

fn records(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("records");
    for (name, records, value_bytes) in [("64x1KiB", RECORDS, VALUE_BYTES), ("640x100B", 640, 100)]
    {
        let bytes = batch_of(records, value_bytes, Compression::None);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("iterate-{name}"), |bencher| {
            bencher.iter(|| {
                let records = Records::open(black_box(&bytes)).unwrap();
                records.iter().filter(Result::is_ok).count()
            });
        });
    }
    for (name, records, value_bytes) in [("64x1KiB", RECORDS, VALUE_BYTES), ("640x100B", 640, 100)]
    {
        let bytes = batch_of(records, value_bytes, Compression::None);
        let batch = ValidBatch::check(bytes.clone(), bytes.len()).unwrap();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("walk-{name}"), |bencher| {
            bencher.iter(|| walk(black_box(&batch), DecompressLimits::default()).unwrap());
        });
    }
    for codec in [
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let bytes = batch(codec);
        group.throughput(Throughput::Bytes((RECORDS * VALUE_BYTES) as u64));
        group.bench_function(format!("decompress-iterate-{}", codec.name()), |bencher| {
            bencher.iter(|| {
                let records = Records::open(black_box(&bytes)).unwrap();
                records.iter().filter(Result::is_ok).count()
            });
        });
    }
    group.finish();
}

fn indexes(criterion: &mut Criterion) {
    let mut offsets = OffsetIndex::new(Offset(0));
    let mut times = TimeIndex::new(Offset(0));
    for entry in 1..=ENTRIES {
        let offset = Offset(i64::from(entry) * 4);
        offsets
            .append(offset, Position(u64::from(entry) * 4096))
            .unwrap();
        times
            .maybe_append(TimestampMs(i64::from(entry)), offset)
            .unwrap();
    }
    let mut group = criterion.benchmark_group("index");
    let mut at = 0;
    group.bench_function("offset-lookup", |bencher| {
        bencher.iter(|| {
            at = (at + 7919) % (i64::from(ENTRIES) * 4);
            offsets.lookup(black_box(Offset(at)))
        });
    });
    group.bench_function("time-lookup", |bencher| {
        bencher.iter(|| {
            at = (at + 7919) % i64::from(ENTRIES);
            times.lookup(black_box(TimestampMs(at)))
        });
    });
    let encoded = offsets.encode();
    group.throughput(Throughput::Bytes(encoded.len() as u64));
    group.bench_function("offset-decode", |bencher| {
        bencher.iter(|| OffsetIndex::decode(Offset(0), black_box(&encoded)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, batches, records, indexes);
criterion_main!(benches);
