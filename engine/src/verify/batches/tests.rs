//! What the walk finds in logs made and damaged byte by byte, and the batches that other tests use. Pure.

use super::*;
use crate::record::{BatchBuilder, BatchOptions, NewRecord};
use crate::types::{LeaderEpoch, Offset};

/// A batch of `count` records from `base_offset` on, each with a value of 100 bytes.
pub fn batch(base_offset: i64, count: i64) -> Vec<u8> {
    let options = BatchOptions {
        base_offset: Offset(base_offset),
        leader_epoch: LeaderEpoch(0),
        ..BatchOptions::default()
    };
    let mut builder = BatchBuilder::new(options);
    for index in 0..count {
        let value = [b'v'; 100];
        let record = NewRecord {
            timestamp_ms: 1_000 + base_offset + index,
            key: Some(b"key"),
            value: Some(&value),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap().to_vec()
}

/// Three batches of ten records each.
pub fn three_batches() -> Vec<u8> {
    [batch(0, 10), batch(10, 10), batch(20, 10)].concat()
}

/// What a walk finds, as short text.
fn walk(bytes: &[u8]) -> Vec<String> {
    let mut batches = Batches::new(bytes, WalkFrom::any(0, Depth::Contents));
    let mut found = Vec::new();
    while let Some(item) = batches.advance().unwrap() {
        found.push(match item {
            Found::Batch(batch) => format!("batch {}", batch.header.base_offset()),
            Found::Damage(damage) => format!(
                "{} {}+{}",
                damage.kind.name(),
                damage.position,
                damage.length
            ),
            Found::Zeros { position, length } => format!("zeros {position}+{length}"),
        });
    }
    found
}

#[test]
fn whole_batches_are_found_in_order() {
    assert_eq!(walk(&three_batches()), ["batch 0", "batch 10", "batch 20"]);
    assert!(walk(&[]).is_empty());
}

#[test]
fn zeros_at_the_end_are_allocation_not_damage() {
    let mut bytes = three_batches();
    let end = bytes.len();
    bytes.resize(end + 5000, 0);
    assert_eq!(walk(&bytes)[3], format!("zeros {end}+5000"));
}

#[test]
fn a_flipped_bit_costs_one_batch() {
    let mut bytes = three_batches();
    let size = bytes.len() / 3;
    bytes[size + 100] ^= 1;
    assert_eq!(
        walk(&bytes),
        [
            "batch 0".to_owned(),
            format!("bad-crc {size}+{size}"),
            "batch 20".to_owned()
        ]
    );
}

#[test]
fn a_lost_length_costs_one_batch() {
    let size = three_batches().len() / 3;
    for (index, name) in [
        (8, "bad-length"),
        (9, "bad-length"),
        (10, "bad-length"),
        (11, "bad-crc"),
    ] {
        let mut bytes = three_batches();
        bytes[size + index] ^= 0x40;
        assert_eq!(
            walk(&bytes),
            [
                "batch 0".to_owned(),
                format!("{name} {size}+{size}"),
                "batch 20".to_owned()
            ]
        );
    }
}

#[test]
fn a_torn_tail_is_told_from_rot_by_what_follows() {
    let mut bytes = three_batches();
    let size = bytes.len() / 3;
    bytes.truncate(2 * size + size / 2);
    assert_eq!(
        walk(&bytes)[2],
        format!("torn-tail {}+{}", 2 * size, size / 2)
    );
}

#[test]
fn zeros_inside_the_log_are_damage() {
    let mut bytes = three_batches();
    let size = bytes.len() / 3;
    bytes[size..2 * size].fill(0);
    assert_eq!(walk(&bytes)[1], format!("zeros-inside {size}+{size}"));
}

#[test]
fn a_batch_that_goes_back_is_damage() {
    let bytes = [batch(10, 10), batch(5, 2), batch(20, 1)].concat();
    let found = walk(&bytes);
    assert!(found[1].starts_with("offset-back"), "{found:?}");
    assert_eq!(found[2], "batch 20");
}

#[test]
fn random_bytes_end_the_walk_without_a_batch() {
    let bytes: Vec<u8> = (0u32..100_000)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    assert!(walk(&bytes).iter().all(|found| !found.starts_with("batch")));
}
