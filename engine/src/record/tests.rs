//! What `record` claims, against batches that Kafka's Java client wrote and against hostile bytes. Pure.

use super::*;
use crate::batch::{ValidBatch, crc32c};
use crate::golden_batches as golden;

type Owned = (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, usize);

fn collect(batch: &[u8]) -> Result<Vec<Owned>, RecordError> {
    let records = Records::open(batch)?;
    let own = |record: Record<'_>| {
        (
            record.offset.0,
            record.timestamp.0,
            record.key.map(<[u8]>::to_vec),
            record.value.map(<[u8]>::to_vec),
            record.headers.len(),
        )
    };
    records.iter().map(|record| record.map(own)).collect()
}

fn golden_records() -> Vec<Owned> {
    let long = b"value one value one value one value one".to_vec();
    vec![
        (1000, 1_700_000_000_000, Some(b"k1".to_vec()), Some(long), 2),
        (1001, 1_700_000_000_005, None, Some(b"v2".to_vec()), 0),
        (1002, 1_699_999_999_990, Some(b"k3".to_vec()), None, 0),
    ]
}

fn golden_options(compression: Compression) -> BatchOptions {
    BatchOptions {
        compression,
        producer: Some(ProducerFields {
            id: ProducerId(77),
            epoch: 3,
            base_sequence: 9,
        }),
        base_offset: Offset(1000),
        leader_epoch: LeaderEpoch(5),
        ..BatchOptions::default()
    }
}

fn golden_builder(options: BatchOptions) -> BatchBuilder {
    let mut builder = BatchBuilder::new(options);
    let headers = [
        Header {
            key: b"h",
            value: Some(b"x"),
        },
        Header {
            key: b"n",
            value: None,
        },
    ];
    for (offset, timestamp_ms, key, value, header_count) in golden_records() {
        let record = NewRecord {
            timestamp_ms,
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers[..header_count],
        };
        let expected_size = builder.size_with(&record);
        builder.append(&record).unwrap();
        assert_eq!(builder.size(), expected_size, "record at {offset}");
    }
    builder
}

#[test]
fn every_codec_of_kafkas_java_client_is_read() {
    for hex in [
        golden::PLAIN,
        golden::TRANSACTIONAL,
        golden::GZIP,
        golden::SNAPPY,
        golden::LZ4,
        golden::ZSTD,
    ] {
        assert_eq!(collect(&golden::bytes(hex)).unwrap(), golden_records());
    }
}

#[test]
fn headers_are_read_in_order_with_their_nulls() {
    let batch = golden::bytes(golden::PLAIN);
    let records = Records::open(&batch).unwrap();
    let first = records.iter().next().unwrap().unwrap();
    let headers: Vec<_> = first.headers.iter().collect();
    assert_eq!(
        (headers[0].key, headers[0].value),
        (&b"h"[..], Some(&b"x"[..]))
    );
    assert_eq!((headers[1].key, headers[1].value), (&b"n"[..], None));
}

#[test]
fn the_builder_writes_the_bytes_of_kafkas_java_client() {
    let plain = golden_builder(golden_options(Compression::None))
        .build()
        .unwrap();
    assert_eq!(plain, golden::bytes(golden::PLAIN));
    let options = BatchOptions {
        is_transactional: true,
        ..golden_options(Compression::None)
    };
    let transactional = golden_builder(options).build().unwrap();
    assert_eq!(transactional, golden::bytes(golden::TRANSACTIONAL));
}

#[test]
fn a_commit_marker_is_the_bytes_of_kafkas_java_client() {
    let mut builder = BatchBuilder::new(BatchOptions {
        producer: Some(ProducerFields {
            id: ProducerId(77),
            epoch: 3,
            base_sequence: -1,
        }),
        is_transactional: true,
        is_control: true,
        base_offset: Offset(42),
        leader_epoch: LeaderEpoch(7),
        ..BatchOptions::default()
    });
    builder
        .append(&NewRecord {
            timestamp_ms: 1_700_000_000_000,
            key: Some(&[0, 0, 0, 1]),
            value: Some(&[0, 0, 0, 0, 0, 2]),
            headers: &[],
        })
        .unwrap();
    assert_eq!(
        builder.build().unwrap(),
        golden::bytes(golden::COMMIT_MARKER)
    );
}

#[test]
fn what_the_builder_compresses_is_valid_and_reads_back() {
    for codec in [
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let batch = golden_builder(golden_options(codec)).build().unwrap();
        let valid = ValidBatch::check(batch.clone(), 1 << 20).unwrap();
        assert_eq!(valid.header().compression(), Ok(codec));
        assert_eq!(collect(&batch).unwrap(), golden_records());
    }
}

#[test]
fn recompression_keeps_offsets_timestamps_and_the_producer() {
    let plain = golden::bytes(golden::PLAIN);
    for (hex, target) in [
        (golden::GZIP, Compression::None),
        (golden::PLAIN, Compression::Zstd),
        (golden::SNAPPY, Compression::Lz4),
    ] {
        let source = golden::bytes(hex);
        let limits = DecompressLimits::default();
        let batch = recompress(&source, target, None, limits).unwrap();
        ValidBatch::check(batch.clone(), 1 << 20).unwrap();
        assert_eq!(collect(&batch).unwrap(), golden_records());
        let back = recompress(&batch, Compression::None, None, limits).unwrap();
        assert_eq!(back, plain);
    }
}

#[test]
fn log_append_time_overrides_the_records_timestamps() {
    let records = collect(&golden::bytes(golden::LOG_APPEND_TIME)).unwrap();
    assert_eq!(records[0].1, 1_700_000_000_123);
}

#[test]
fn an_empty_batch_cannot_be_built() {
    let builder = BatchBuilder::new(BatchOptions::default());
    assert!(matches!(builder.build(), Err(BuildError::Empty)));
}

/// A batch around `payload` that claims `record_count` records.
fn hostile(record_count: i32, payload: &[u8]) -> Vec<u8> {
    let mut batch = golden::bytes(golden::PLAIN);
    batch.truncate(HEADER_LENGTH);
    batch.extend_from_slice(payload);
    let length = i32::try_from(batch.len() - LOG_OVERHEAD_LENGTH).unwrap();
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    batch[57..61].copy_from_slice(&record_count.to_be_bytes());
    batch
}

#[test]
fn a_count_beyond_the_bytes_is_refused_before_iterating() {
    for count in [-1, 2, i32::MAX, i32::MIN] {
        let error = collect(&hostile(count, &[0; 8])).unwrap_err();
        assert!(matches!(error, RecordError::BadCount { .. }), "{error}");
    }
}

fn kind_of(payload: &[u8]) -> RecordErrorKind {
    match collect(&hostile(1, payload)).unwrap_err() {
        RecordError::BadRecord { index: 0, kind } => kind,
        error => panic!("{error}"),
    }
}

#[test]
fn hostile_lengths_and_varints_are_refused() {
    let over_long = [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0];
    assert_eq!(kind_of(&over_long), RecordErrorKind::BadVarint);
    let wide = [0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0, 0];
    assert_eq!(kind_of(&wide), RecordErrorKind::BadVarint);
    let unended = [0x80; 16];
    assert_eq!(kind_of(&unended), RecordErrorKind::BadVarint);
    let negative_length = [1, 0, 0, 0, 0, 0, 0, 0];
    assert!(matches!(
        kind_of(&negative_length),
        RecordErrorKind::BadLength { length: -1, .. }
    ));
    let huge_length = [0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
    assert!(matches!(
        kind_of(&huge_length),
        RecordErrorKind::BadLength {
            length: 2_147_483_647,
            ..
        }
    ));
    // Length 7: attributes, two deltas, then a key of 64 bytes in three.
    let key_beyond = [14, 0, 0, 0, 0x80, 0x01, 1, 0];
    assert!(matches!(
        kind_of(&key_beyond),
        RecordErrorKind::BadLength { length: 64, .. }
    ));
    // A key length of −2.
    let key_negative = [12, 0, 0, 0, 3, 1, 0];
    assert!(matches!(
        kind_of(&key_negative),
        RecordErrorKind::BadLength { length: -2, .. }
    ));
}

#[test]
fn hostile_header_counts_are_refused_before_reading_headers() {
    let many = [20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f];
    assert!(matches!(
        kind_of(&many),
        RecordErrorKind::BadHeaderCount {
            count: 2_147_483_647,
            ..
        }
    ));
    let negative = [12, 0, 0, 0, 1, 1, 1];
    assert!(matches!(
        kind_of(&negative),
        RecordErrorKind::BadHeaderCount { count: -1, .. }
    ));
}

#[test]
fn offset_deltas_must_rise_within_the_batch() {
    let beyond = [12, 0, 0, 6, 1, 1, 0];
    assert_eq!(
        kind_of(&beyond),
        RecordErrorKind::BadOffsetDelta { offset_delta: 3 }
    );
    let negative = [12, 0, 0, 1, 1, 1, 0];
    assert_eq!(
        kind_of(&negative),
        RecordErrorKind::BadOffsetDelta { offset_delta: -1 }
    );
    let record = [12, 0, 0, 0, 1, 1, 0];
    let error = collect(&hostile(2, &record.repeat(2))).unwrap_err();
    assert!(
        matches!(error, RecordError::BadRecord { index: 1, .. }),
        "{error}"
    );
}

#[test]
fn bytes_after_the_last_field_or_record_are_refused() {
    let after_field = [14, 0, 0, 0, 1, 1, 0, 9];
    assert_eq!(
        kind_of(&after_field),
        RecordErrorKind::TrailingBytes { length: 1 }
    );
    let after_record = [12, 0, 0, 0, 1, 1, 0, 9];
    let error = collect(&hostile(1, &after_record)).unwrap_err();
    assert!(
        matches!(error, RecordError::TrailingBytes { length: 1 }),
        "{error}"
    );
}

#[test]
fn varints_read_back_over_the_whole_range() {
    let mut value = 1_i64;
    for _ in 0..64 {
        for candidate in [value, value.wrapping_neg(), value.wrapping_sub(1), !value] {
            let mut bytes = Vec::new();
            write_varlong(&mut bytes, candidate);
            assert_eq!(bytes.len(), varlong_length(candidate));
            assert_eq!(read_varlong(&bytes), Some((candidate, &[][..])));
            if let Ok(small) = i32::try_from(candidate) {
                assert_eq!(read_varint(&bytes), Some((small, &[][..])));
            }
        }
        value = value.wrapping_mul(2);
    }
}

#[test]
fn no_flipped_bit_in_any_codec_makes_iteration_panic() {
    for hex in [
        golden::PLAIN,
        golden::GZIP,
        golden::SNAPPY,
        golden::LZ4,
        golden::ZSTD,
        golden::COMMIT_MARKER,
    ] {
        let bytes = golden::bytes(hex);
        fuzz_records(&bytes);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_records(&flipped);
        }
        for length in 0..bytes.len() {
            fuzz_records(&bytes[..length]);
        }
    }
}

#[test]
fn the_crc_is_castagnolis() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}
