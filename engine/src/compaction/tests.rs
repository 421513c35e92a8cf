//! Batches through the filter, against a plain map of the newest record of each key.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::*;
use crate::batch::{RecordBatchHeader, ValidBatch};
use crate::compress::Compression;
use crate::record::{BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields, Records};
use crate::types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

const SEED: HashSeed = HashSeed([11, 13]);
const NOW: TimestampMs = TimestampMs(5_000_000);
const RETENTION_MS: u64 = 1000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// Key, value, timestamp.
type Plain = (Option<Vec<u8>>, Option<Vec<u8>>, i64);

fn batch(base_offset: i64, compression: Compression, is_control: bool, records: &[Plain]) -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions {
        compression,
        is_control,
        producer: Some(ProducerFields {
            id: ProducerId(4),
            epoch: 1,
            base_sequence: 70,
        }),
        base_offset: Offset(base_offset),
        leader_epoch: LeaderEpoch(3),
        ..BatchOptions::default()
    });
    for (key, value, timestamp_ms) in records {
        let header = Header {
            key: b"h",
            value: value.as_deref(),
        };
        builder
            .append(&NewRecord {
                timestamp_ms: *timestamp_ms,
                key: key.as_deref(),
                value: value.as_deref(),
                headers: &[header],
            })
            .unwrap();
    }
    builder.build().unwrap()
}

fn plain(key: &str, value: Option<&str>, timestamp_ms: i64) -> Plain {
    let value = value.map(|value| value.as_bytes().to_vec());
    (Some(key.as_bytes().to_vec()), value, timestamp_ms)
}

fn map_of(newest: &[(&str, i64)]) -> OffsetMap {
    let mut map = OffsetMap::new(0);
    for (key, offset) in newest {
        map.put(key_hash(SEED, key.as_bytes()), Offset(*offset))
            .unwrap();
    }
    map
}

const DATA: BatchRole = BatchRole {
    standing: Standing::Data,
    keep_empty: false,
};

fn rules(map: &OffsetMap, now: TimestampMs) -> CleaningRules<'_> {
    CleaningRules {
        map,
        seed: SEED,
        map_end: Offset(1 << 40),
        now,
        delete_retention_ms: RETENTION_MS,
    }
}

/// The batch after the filter, none when it goes; `step` records at a time.
fn filtered(batch: &[u8], role: BatchRole, rules: CleaningRules<'_>, step: usize) -> Option<Bytes> {
    let records = Records::open(batch).unwrap();
    let mut filter = BatchFilter::new(&records, role, rules);
    while filter.advance(step).unwrap() {}
    let kept = match filter.finish().unwrap().0 {
        Filtered::Dropped => return None,
        Filtered::Unchanged => Bytes::copy_from_slice(batch),
        Filtered::Rewritten(kept) => Bytes::from(kept.into_bytes().unwrap()),
    };
    let kept = ValidBatch::check_foreign(kept, 1 << 30).expect("a valid batch is left");
    Some(kept.into_bytes())
}

fn contents(batch: &[u8]) -> Vec<(i64, Plain)> {
    let records = Records::open(batch).unwrap();
    let record = |record: Result<crate::record::Record<'_>, _>| {
        let record = record.unwrap();
        let header = record.headers.iter().next().unwrap();
        assert_eq!((header.key, header.value), (&b"h"[..], record.value));
        let bytes = |bytes: &[u8]| bytes.to_vec();
        let plain = (
            record.key.map(bytes),
            record.value.map(bytes),
            record.timestamp.0,
        );
        (record.offset.0, plain)
    };
    records.iter().map(record).collect()
}

fn header(batch: &[u8]) -> RecordBatchHeader {
    *RecordBatchHeader::view(batch).unwrap()
}

#[test]
fn random_batches_of_every_codec_keep_what_a_plain_map_keeps() {
    let codecs = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    let mut dice = Dice(1);
    for round in 0..60 {
        let (mut log, mut offset) = (Vec::new(), 0);
        let mut newest = BTreeMap::new();
        let mut map = OffsetMap::new(0);
        let map_end = 20 + dice.below(200) as i64;
        while offset < 250 {
            let base = offset;
            let records: Vec<Plain> = (0..1 + dice.below(20))
                .map(|_| {
                    let key = format!("{}", dice.below(40)).into_bytes();
                    let key = Some(key).filter(|_| dice.below(10) > 0);
                    let length = dice.below(200) as usize;
                    let value = Some(vec![dice.below(256) as u8; length]);
                    // Timestamps fall and rise.
                    let timestamp = 1_000_000 + dice.below(100_000) as i64;
                    if let (Some(key), true) = (&key, offset < map_end) {
                        map.put(key_hash(SEED, key), Offset(offset)).unwrap();
                        newest.insert(key.clone(), offset);
                    }
                    offset += 1;
                    (key, value.filter(|_| dice.below(5) > 0), timestamp)
                })
                .collect();
            let codec = codecs[dice.below(5) as usize];
            log.push((base, records.clone(), batch(base, codec, false, &records)));
        }
        let rules = CleaningRules {
            map_end: Offset(map_end),
            ..rules(&map, NOW)
        };
        for (base, records, bytes) in log {
            let expected: Vec<(i64, Plain)> = (base..)
                .zip(records)
                .filter(|(offset, (key, _, _))| {
                    let is_newest = |key| newest.get(key) == Some(offset);
                    *offset >= map_end || key.as_ref().is_some_and(is_newest)
                })
                .collect();
            let step = 1 + dice.below(9) as usize;
            let Some(kept) = filtered(&bytes, DATA, rules, step) else {
                assert!(expected.is_empty(), "round {round}, offset {base}");
                continue;
            };
            assert_eq!(contents(&kept), expected, "round {round}, offset {base}");
            let (old, new) = (header(&bytes), header(&kept));
            let identity = |header: &RecordBatchHeader| {
                let place = (
                    header.base_offset(),
                    header.last_offset(),
                    header.leader_epoch(),
                );
                let producer = (header.producer_id(), header.base_sequence());
                (place, producer, header.compression().unwrap())
            };
            assert_eq!(identity(&new), identity(&old));
            let largest = expected
                .iter()
                .map(|(_, (_, _, timestamp))| *timestamp)
                .max();
            assert_eq!(Some(new.max_timestamp().0), largest);
            let has_tombstone = expected.iter().any(|(_, (_, value, _))| value.is_none());
            assert_eq!(new.has_delete_horizon(), has_tombstone);
        }
    }
}

#[test]
fn a_tombstone_gets_its_horizon_at_the_first_cleaning_and_goes_when_it_has_passed() {
    let map = map_of(&[("dead", 1), ("live", 0)]);
    let records = [plain("live", Some("v"), 100), plain("dead", None, 90)];
    for codec in [Compression::None, Compression::Zstd] {
        let original = batch(0, codec, false, &records);
        let first = filtered(&original, DATA, rules(&map, NOW), 10).unwrap();
        assert!(header(&first).has_delete_horizon());
        let horizon = TimestampMs(NOW.0 + RETENTION_MS as i64);
        assert_eq!(header(&first).base_timestamp(), horizon);
        assert_eq!(contents(&first), contents(&original), "timestamps stay");
        // Until then nothing changes, whatever the retention says meanwhile.
        let before = TimestampMs(horizon.0 - 1);
        let again = filtered(&first, DATA, rules(&map, before), 10).unwrap();
        assert_eq!(again, first);
        let after = filtered(&first, DATA, rules(&map, horizon), 10).unwrap();
        assert_eq!(contents(&after), contents(&original)[..1]);
        assert!(
            header(&after).has_delete_horizon(),
            "the base timestamp is still one"
        );
    }
}

#[test]
fn a_batch_of_which_all_stays_stays_byte_for_byte() {
    let map = map_of(&[("a", 7)]);
    let records = [plain("a", Some("1"), 5), plain("unknown", Some("2"), 3)];
    let original = batch(7, Compression::Lz4, false, &records);
    assert_eq!(
        filtered(&original, DATA, rules(&map, NOW), 1).unwrap(),
        original
    );
}

#[test]
fn a_batch_kept_empty_keeps_its_place_its_sequence_and_its_time() {
    let map = map_of(&[("a", 90)]);
    let records = [plain("a", Some("1"), 500), plain("a", Some("2"), 400)];
    let original = batch(10, Compression::Gzip, false, &records);
    assert_eq!(filtered(&original, DATA, rules(&map, NOW), 5), None);
    let role = BatchRole {
        keep_empty: true,
        ..DATA
    };
    let kept = filtered(&original, role, rules(&map, NOW), 5).unwrap();
    let found = header(&kept);
    assert_eq!(kept.len(), crate::batch::HEADER_LENGTH);
    assert_eq!(
        (found.base_offset(), found.last_offset()),
        (Offset(10), Some(Offset(11)))
    );
    assert_eq!((found.record_count(), found.attributes()), (0, 0));
    assert_eq!((found.base_sequence(), found.last_sequence()), (70, 71));
    assert_eq!(found.base_timestamp(), TimestampMs::NONE);
    assert_eq!(found.max_timestamp(), TimestampMs(500));
    // It stays as long as its reason does, and goes with it.
    assert_eq!(filtered(&kept, role, rules(&map, NOW), 5).unwrap(), kept);
    assert_eq!(filtered(&kept, DATA, rules(&map, NOW), 5), None);
}

#[test]
fn records_without_a_key_go_below_the_end_of_the_map_only() {
    let map = map_of(&[]);
    let records = [
        (None, Some(b"x".to_vec()), 1),
        (None, Some(b"y".to_vec()), 1),
    ];
    let original = batch(5, Compression::None, false, &records);
    let rules = CleaningRules {
        map_end: Offset(6),
        ..rules(&map, NOW)
    };
    let kept = filtered(&original, DATA, rules, 3).unwrap();
    assert_eq!(contents(&kept), contents(&original)[1..]);
}

#[test]
fn aborted_records_go_at_once_and_an_orphaned_marker_after_its_horizon() {
    let map = map_of(&[]);
    let data = batch(0, Compression::None, false, &[plain("k", Some("v"), 1)]);
    let role = |standing| BatchRole { standing, ..DATA };
    assert_eq!(
        filtered(&data, role(Standing::Aborted), rules(&map, NOW), 3),
        None
    );
    let marker = batch(
        1,
        Compression::None,
        true,
        &[plain("end", Some("abort"), 1)],
    );
    let stays = role(Standing::Marker { is_orphan: false });
    assert_eq!(
        filtered(&marker, stays, rules(&map, NOW), 3).unwrap(),
        marker
    );
    let orphan = role(Standing::Marker { is_orphan: true });
    let marked = filtered(&marker, orphan, rules(&map, NOW), 3).unwrap();
    assert!(header(&marked).has_delete_horizon() && header(&marked).is_control());
    let horizon = header(&marked).base_timestamp();
    let before = TimestampMs(horizon.0 - 1);
    assert_eq!(
        filtered(&marked, orphan, rules(&map, before), 3).unwrap(),
        marked
    );
    assert_eq!(filtered(&marked, orphan, rules(&map, horizon), 3), None);
}

#[test]
fn garbage_behind_a_right_checksum_is_an_error_and_no_batch() {
    let map = map_of(&[]);
    let mut bytes = batch(0, Compression::None, false, &[plain("k", Some("v"), 1)]).to_vec();
    bytes[crate::batch::HEADER_LENGTH + 4] = 0x7f;
    let records = Records::open(&bytes).unwrap();
    let mut filter = BatchFilter::new(&records, DATA, rules(&map, NOW));
    assert!(filter.advance(10).is_err());
}
