//! The bytes on disk, literally: what the code writes of each structure, and that `docs/format.md` shows the same.
//!
//! A change here is a change of the format: the page, these bytes and the seeds of the fuzz targets change with it.

// Helpers of tests fail by panicking, as the tests do.
#![allow(clippy::unwrap_used)]

use corelane_engine::aborted_index::{self, AbortedRange};
use corelane_engine::batch::{RecordBatchHeader, ValidBatch};
use corelane_engine::catalogue::{
    ClientQuotaRecord, ConfigRecord, MetadataRecord, PartitionRecord, ProducerIdsRecord,
    QuotaEntity, QuotaValue, ResourceType, TopicRecord,
};
use corelane_engine::checkpoint::{
    DURABLE_END_FILE_LENGTH, DurableEnd, MetaProperties, SLOT_STRIDE, decode_slots,
    encode_clean_stop, encode_partition_metadata, encode_slot, is_clean_stop,
    parse_partition_metadata,
};
use corelane_engine::compaction::checkpoint::{CleanedSegment, CleanerCheckpoint};
use corelane_engine::index::{OffsetIndex, TimeIndex};
use corelane_engine::leader_epoch::LeaderEpochs;
use corelane_engine::producer_state::ProducerStates;
use corelane_engine::record::{
    BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields, Records,
};
use corelane_engine::recovery::{Place, Row};
use corelane_engine::{LeaderEpoch, Offset, Position, ProducerId, ShardId, TimestampMs};
use uuid::Uuid;

const PAGE: &str = include_str!("../../docs/format.md");

const TOPIC_ID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
const DIRECTORY_ID: Uuid = Uuid::from_u128(0xa0a1_a2a3_a4a5_a6a7_a8a9_aaab_acad_aeaf);

/// One record at offset 1000: key `k`, value `v`, header `h` = `x`, by producer 77.
fn record_batch() -> Vec<u8> {
    let mut builder = BatchBuilder::new(BatchOptions {
        producer: Some(ProducerFields {
            id: ProducerId(77),
            epoch: 3,
            base_sequence: 9,
        }),
        base_offset: Offset(1000),
        leader_epoch: LeaderEpoch(5),
        ..BatchOptions::default()
    });
    let record = NewRecord {
        timestamp_ms: 1_700_000_000_000,
        key: Some(b"k"),
        value: Some(b"v"),
        headers: &[Header {
            key: b"h",
            value: Some(b"x"),
        }],
    };
    builder.append(&record).unwrap();
    builder.build().unwrap().to_vec()
}

fn offset_index() -> Vec<u8> {
    let mut index = OffsetIndex::new(Offset(1000));
    index.append(Offset(1041), Position(4200)).unwrap();
    index.append(Offset(1099), Position(8411)).unwrap();
    index.encode()
}

fn time_index() -> Vec<u8> {
    let mut index = TimeIndex::new(Offset(1000));
    index
        .maybe_append(TimestampMs(1_700_000_000_000), Offset(1041))
        .unwrap();
    index
        .maybe_append(TimestampMs(1_700_000_000_250), Offset(1099))
        .unwrap();
    index.encode()
}

fn aborted_index() -> Vec<u8> {
    aborted_index::encode(&[AbortedRange {
        producer_id: 77,
        first_offset: 1000,
        last_offset: 1010,
        last_stable_offset: 1011,
    }])
}

fn producer_snapshot() -> Vec<u8> {
    let mut states = ProducerStates::new();
    let batch = record_batch();
    states.update(RecordBatchHeader::view(&batch).unwrap(), Offset(1000), None);
    states.encode_snapshot()
}

fn durable_end() -> DurableEnd {
    DurableEnd {
        durable_end: Offset(1100),
        segment_base_offset: Offset(1000),
        position: Position(9000),
        log_start_offset: Offset(7),
        leader_epoch: LeaderEpoch(5),
    }
}

fn cleaner_checkpoint() -> CleanerCheckpoint {
    let mut checkpoint = CleanerCheckpoint::NEVER;
    checkpoint.cleaned_to = Some(Offset(1100));
    checkpoint.replaced = vec![Offset(1000), Offset(1050)];
    checkpoint.note(CleanedSegment {
        base_offset: Offset(1000),
        end: Place {
            position: Position(5000),
            offset: Offset(1090),
        },
        covers_to: Offset(1100),
    });
    checkpoint
}

fn topic() -> MetadataRecord {
    MetadataRecord::Topic(TopicRecord {
        name: "flights".to_owned(),
        topic_id: TOPIC_ID,
    })
}

fn partition() -> MetadataRecord {
    let partition = PartitionRecord::on_one_node(TOPIC_ID, 0, 1, DIRECTORY_ID, ShardId(3));
    MetadataRecord::Partition(partition)
}

fn config() -> MetadataRecord {
    MetadataRecord::Config(ConfigRecord {
        resource_type: ResourceType::Topic,
        resource_name: "flights".to_owned(),
        name: "retention.ms".to_owned(),
        value: Some("1000".to_owned()),
    })
}

fn producer_ids() -> MetadataRecord {
    MetadataRecord::ProducerIds(ProducerIdsRecord {
        broker_id: 1,
        broker_epoch: 0,
        next_producer_id: ProducerId(1000),
    })
}

fn client_quota() -> MetadataRecord {
    MetadataRecord::ClientQuota(ClientQuotaRecord {
        entity: QuotaEntity::from([("client-id".to_owned(), Some("loader".to_owned()))]),
        key: "producer_byte_rate".to_owned(),
        value: Some(QuotaValue(1_048_576.0)),
    })
}

fn remove_topic() -> MetadataRecord {
    MetadataRecord::RemoveTopic { topic_id: TOPIC_ID }
}

fn leader_epochs() -> String {
    let mut epochs = LeaderEpochs::new();
    epochs.assign(LeaderEpoch(0), Offset(0)).unwrap();
    epochs.assign(LeaderEpoch(5), Offset(1000)).unwrap();
    epochs.encode()
}

fn meta_properties() -> MetaProperties {
    MetaProperties {
        cluster_id: "ABEiM0RVZneImaq7zN3u_w".to_owned(),
        node_id: 1,
        directory_id: DIRECTORY_ID,
    }
}

/// Every binary structure under the name that the page gives its example.
fn structures() -> Vec<(&'static str, Vec<u8>)> {
    let slot = encode_slot(1, &durable_end()).block;
    vec![
        ("record-batch", record_batch()),
        ("offset-index", offset_index()),
        ("aborted-index", aborted_index()),
        ("time-index", time_index()),
        ("producer-snapshot", producer_snapshot()),
        ("durable-end-slot", slot[..56].to_vec()),
        ("cleaner-checkpoint", cleaner_checkpoint().encode()),
        ("clean-stop", encode_clean_stop().to_vec()),
        ("topic-record", topic().encode()),
        ("partition-record", partition().encode()),
        ("config-record", config().encode()),
        ("client-quota-record", client_quota().encode()),
        ("producer-ids-record", producer_ids().encode()),
        ("remove-topic-record", remove_topic().encode()),
    ]
}

/// Every text file under its name.
fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("leader-epoch-checkpoint", leader_epochs()),
        ("partition.metadata", encode_partition_metadata(TOPIC_ID)),
        ("meta.properties", meta_properties().encode()),
    ]
}

const GOLDEN: &[(&str, &str)] = &[
    (
        "record-batch",
        "00000000000003e80000003e0000000502564d87730000000000000000018bcfe568000000018bcf \
        e56800000000000000004d0003000000090000000118000000026b02760202680278",
    ),
    ("offset-index", "000000290000106800000063000020db"),
    (
        "aborted-index",
        "0000000000000000004d00000000000003e800000000000003f200000000000003f3",
    ),
    (
        "time-index",
        "0000018bcfe56800000000290000018bcfe568fa00000063",
    ),
    (
        "producer-snapshot",
        "0001cf7e3b2600000001000000000000004d00030000000900000000000003e8000000000000018b \
        cfe56800ffffffffffffffffffffffff",
    ),
    (
        "durable-end-slot",
        "434c4445000100000000000000000001000000000000044c00000000000003e80000000000002328 \
        000000000000000700000005a417c092",
    ),
    (
        "cleaner-checkpoint",
        "434c434300010000000000000000044c000000010000000200000000000003e80000000000001388 \
        0000000000000442000000000000044c00000000000003e8000000000000041a9000829e",
    ),
    ("clean-stop", "434c4353000135513b85"),
    (
        "topic-record",
        "01020008666c696768747300112233445566778899aabbccddeeff00",
    ),
    (
        "partition-record",
        "0103010000000000112233445566778899aabbccddeeff0200000001020000000101010000000100 \
        0000000000000002a0a1a2a3a4a5a6a7a8a9aaabacadaeaf01904e020003",
    ),
    (
        "config-record",
        "0104000208666c69676874730d726574656e74696f6e2e6d73053130303000",
    ),
    (
        "client-quota-record",
        "010e00020a636c69656e742d6964076c6f61646572001370726f64756365725f627974655f72617465 \
        41300000000000000000",
    ),
    (
        "producer-ids-record",
        "010f0000000001000000000000000000000000000003e800",
    ),
    (
        "remove-topic-record",
        "01090000112233445566778899aabbccddeeff00",
    ),
];

fn golden(name: &str) -> Vec<u8> {
    let found = GOLDEN.iter().find(|(golden, _)| *golden == name);
    let (_, hex) = found.unwrap_or_else(|| panic!("no golden bytes of {name}"));
    from_hex(hex)
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let pair = |pair: &[u8]| {
        let text = str::from_utf8(pair).unwrap();
        u8::from_str_radix(text, 16).unwrap_or_else(|_| panic!("{text:?} is no byte"))
    };
    digits.chunks(2).map(pair).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_structure_has_its_golden_bytes() {
    for (name, bytes) in structures() {
        assert_eq!(to_hex(&bytes), to_hex(&golden(name)), "{name}");
    }
}

/// The fenced blocks of the page whose info string starts with `kind`, by the name that follows it.
fn examples(kind: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        let info = line
            .strip_prefix("```")
            .and_then(|info| info.split_once(' '));
        if let Some((_, name)) = info.filter(|(of, _)| *of == kind) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((name, block.join("\n") + "\n"));
        }
    }
    found
}

/// The bytes of a hex example: what stands before the bar on each line.
fn example_bytes(block: &str) -> Vec<u8> {
    let hex = block
        .lines()
        .map(|line| line.split('|').next().unwrap_or(""));
    from_hex(&hex.collect::<String>())
}

#[test]
fn the_page_shows_the_bytes_that_the_code_writes() {
    let shown: Vec<_> = examples("hex")
        .into_iter()
        .map(|(name, block)| (name, to_hex(&example_bytes(&block))))
        .collect();
    let written: Vec<_> = structures()
        .into_iter()
        .map(|(name, bytes)| (name, to_hex(&bytes)))
        .collect();
    assert_eq!(shown, written);
}

#[test]
fn the_page_shows_the_text_files_that_the_code_writes() {
    assert_eq!(examples("text"), texts());
}

#[test]
fn the_page_has_a_row_for_every_label_of_recovery_in_order() {
    let (_, table) = PAGE
        .split_once("\n## Recovery")
        .expect("the page has that section");
    let labels: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(label, _)| label)
        .take(Row::ALL.len())
        .collect();
    assert_eq!(labels, Row::ALL.map(Row::label));
}

#[test]
fn golden_bytes_are_read_back() {
    let batch = ValidBatch::check(golden("record-batch").into(), 1 << 20).unwrap();
    let records = Records::open(batch.bytes()).unwrap();
    let record = records.iter().next().unwrap().unwrap();
    assert_eq!((record.offset, record.key), (Offset(1000), Some(&b"k"[..])));
    let index = OffsetIndex::decode(Offset(1000), &golden("offset-index")).unwrap();
    assert_eq!(index.last().unwrap().position, Position(8411));
    let index = TimeIndex::decode(Offset(1000), &golden("time-index")).unwrap();
    assert_eq!(index.last().unwrap().offset, Offset(1099));
    let states = ProducerStates::decode_snapshot(&golden("producer-snapshot")).unwrap();
    assert_eq!(states.entry(ProducerId(77)).unwrap().last_sequence(), 9);
    assert!(is_clean_stop(&golden("clean-stop")));
    let checkpoint = CleanerCheckpoint::decode(&golden("cleaner-checkpoint"));
    assert_eq!(checkpoint, Ok(cleaner_checkpoint()));
    for record in [
        topic(),
        partition(),
        config(),
        producer_ids(),
        remove_topic(),
    ] {
        assert_eq!(MetadataRecord::decode(&record.encode()), Ok(record));
    }
    for (name, text) in texts() {
        let bytes = text.as_bytes();
        match name {
            "leader-epoch-checkpoint" => {
                assert_eq!(LeaderEpochs::parse(bytes).unwrap().encode(), text);
            }
            "partition.metadata" => assert_eq!(parse_partition_metadata(bytes), Ok(TOPIC_ID)),
            _ => assert_eq!(MetaProperties::parse(bytes), Ok(meta_properties())),
        }
    }
}

#[test]
fn odd_generations_lie_in_the_second_slot_and_even_ones_in_the_first() {
    let mut file = vec![0; DURABLE_END_FILE_LENGTH];
    file[SLOT_STRIDE..][..56].copy_from_slice(&golden("durable-end-slot"));
    let decoded = decode_slots(&file).unwrap();
    assert_eq!(
        (decoded.generation, decoded.durable_end),
        (1, durable_end())
    );
    assert_eq!(encode_slot(1, &durable_end()).position, Position(4096));
    assert_eq!(encode_slot(2, &durable_end()).position, Position(0));
}
