//! What `catalogue` claims, against records that Kafka 4.2.0's `MetadataRecordSerde` wrote. Pure.

use super::*;
use crate::golden_batches::bytes;

const TOPIC_ID: Uuid = Uuid::from_u128((1 << 64) | 2);
const DIRECTORY_ID: Uuid = Uuid::from_u128((3 << 64) | 4);

const TOPIC_BYTES: &str = "010200076f72646572730000000000000001000000000000000200";
const PARTITION_0_BYTES: &str = "010300000000030000000000000001000000000000000202000000010200000001010100000001000000050000000600";
const PARTITION_1_BYTES: &str = "0103010000000300000000000000010000000000000002020000000102000000010101000000010000000500000006020000000000000003000000000000000400";
const PARTITION_2_BYTES: &str = "0103020000000300000000000000010000000000000002020000000102000000010101000000010000000500000006020000000000000003000000000000000400";
const PARTITION_SLOT_BYTES: &str = "0103010000000300000000000000010000000000000002020000000102000000010101000000010000000500000006020000000000000003000000000000000401904e020002";
const CONFIG_BYTES: &str = "01040002076f72646572730d726574656e74696f6e2e6d73053130303000";
const CONFIG_REMOVED_BYTES: &str = "01040002076f72646572730d726574656e74696f6e2e6d730000";
const REMOVE_TOPIC_BYTES: &str = "0109000000000000000001000000000000000200";
const FEATURE_BYTES: &str = "010c00116d657461646174612e76657273696f6e001d00";
const PRODUCER_IDS_BYTES: &str = "010f00000000010000000000000008000000000000138800";
const QUOTA_BYTES: &str = "010e00030a636c69656e742d6964076c6f6164657200057573657200001370726f64756365725f627974655f7261746541300000000000000000";
const QUOTA_REMOVED_BYTES: &str = "010e00030a636c69656e742d6964076c6f6164657200057573657200001370726f64756365725f627974655f7261746500000000000000000100";
const NO_OP_BYTES: &str = "01140000";
const REGISTER_BROKER_BYTES: &str = "010003000000010000000000000000030000000000000004000000000000000801010100000100110200000000000000030000000000000004";

fn topic() -> MetadataRecord {
    MetadataRecord::Topic(TopicRecord {
        name: "orders".to_owned(),
        topic_id: TOPIC_ID,
    })
}

fn partition() -> PartitionRecord {
    PartitionRecord {
        leader_epoch: LeaderEpoch(5),
        partition_epoch: 6,
        shard_slot: None,
        ..PartitionRecord::on_one_node(TOPIC_ID, 3, 1, DIRECTORY_ID, ShardId(2))
    }
}

fn config(value: Option<&str>) -> MetadataRecord {
    MetadataRecord::Config(ConfigRecord {
        resource_type: ResourceType::Topic,
        resource_name: "orders".to_owned(),
        name: "retention.ms".to_owned(),
        value: value.map(str::to_owned),
    })
}

fn quota(value: Option<f64>) -> ClientQuotaRecord {
    ClientQuotaRecord {
        entity: QuotaEntity::from([
            ("client-id".to_owned(), Some("loader".to_owned())),
            ("user".to_owned(), None),
        ]),
        key: "producer_byte_rate".to_owned(),
        value: value.map(QuotaValue),
    }
}

fn producer_ids(next: i64) -> MetadataRecord {
    MetadataRecord::ProducerIds(ProducerIdsRecord {
        broker_id: 1,
        broker_epoch: 8,
        next_producer_id: ProducerId(next),
    })
}

fn golden() -> Vec<(&'static str, MetadataRecord)> {
    let with_slot = PartitionRecord {
        shard_slot: Some(ShardId(2)),
        ..partition()
    };
    let feature = MetadataRecord::FeatureLevel {
        name: "metadata.version".to_owned(),
        level: 29,
    };
    vec![
        (TOPIC_BYTES, topic()),
        (PARTITION_1_BYTES, MetadataRecord::Partition(partition())),
        (PARTITION_SLOT_BYTES, MetadataRecord::Partition(with_slot)),
        (CONFIG_BYTES, config(Some("1000"))),
        (CONFIG_REMOVED_BYTES, config(None)),
        (
            REMOVE_TOPIC_BYTES,
            MetadataRecord::RemoveTopic { topic_id: TOPIC_ID },
        ),
        (FEATURE_BYTES, feature),
        (
            QUOTA_BYTES,
            MetadataRecord::ClientQuota(quota(Some(1_048_576.0))),
        ),
        (
            QUOTA_REMOVED_BYTES,
            MetadataRecord::ClientQuota(quota(None)),
        ),
        (PRODUCER_IDS_BYTES, producer_ids(5000)),
        (NO_OP_BYTES, MetadataRecord::NoOp),
    ]
}

#[test]
fn records_are_the_bytes_that_kafka_writes() {
    for (hex, record) in golden() {
        assert_eq!(record.encode(), bytes(hex), "{record:?}");
        assert_eq!(MetadataRecord::decode(&bytes(hex)), Ok(record));
    }
}

#[test]
fn a_quota_lasts_until_it_is_removed() {
    let mut image = Image::new();
    let set = MetadataRecord::ClientQuota(quota(Some(5.0)));
    image.apply(Offset(0), set).unwrap();
    let entity = quota(None).entity;
    let value = image
        .quotas_of(&entity)
        .and_then(|of| of.get("producer_byte_rate"));
    assert_eq!(value, Some(&QuotaValue(5.0)));
    let removed = MetadataRecord::ClientQuota(quota(None));
    image.apply(Offset(1), removed).unwrap();
    assert_eq!(
        image.quotas().count(),
        0,
        "nothing is left of an entity without quotas"
    );
}

#[test]
fn older_and_newer_versions_of_a_partition_are_read() {
    let newest = MetadataRecord::decode(&bytes(PARTITION_2_BYTES));
    assert_eq!(newest, Ok(MetadataRecord::Partition(partition())));
    let oldest = MetadataRecord::decode(&bytes(PARTITION_0_BYTES));
    let without_directories = PartitionRecord {
        directories: Vec::new(),
        ..partition()
    };
    assert_eq!(oldest, Ok(MetadataRecord::Partition(without_directories)));
}

#[test]
fn every_field_of_a_partition_reads_back() {
    let record = MetadataRecord::Partition(PartitionRecord {
        leader_recovery_state: 1,
        eligible_leader_replicas: Some(vec![4, 5]),
        last_known_elr: Some(Vec::new()),
        shard_slot: Some(ShardId(u16::MAX)),
        ..partition()
    });
    assert_eq!(MetadataRecord::decode(&record.encode()), Ok(record));
}

#[test]
fn an_unknown_record_is_kept_whole_and_changes_nothing() {
    let golden = bytes(REGISTER_BROKER_BYTES);
    let record = MetadataRecord::decode(&golden).unwrap();
    assert!(matches!(
        record,
        MetadataRecord::Unknown {
            api_key: 0,
            version: 3,
            ..
        }
    ));
    assert_eq!(record.encode(), golden);
    let mut image = Image::new();
    image.apply(Offset(0), record).unwrap();
    assert_eq!(image.topic_count(), 0);
    assert_eq!(image.last_offset(), Some(Offset(0)));
}

#[test]
fn an_unknown_version_of_a_known_record_is_refused() {
    assert_eq!(
        MetadataRecord::decode(&[1, 2, 1, 0]),
        Err(MetadataDecodeError::UnsupportedVersion {
            api_key: 2,
            version: 1
        })
    );
    assert_eq!(
        MetadataRecord::decode(&[2, 20, 0, 0]),
        Err(MetadataDecodeError::BadFrameVersion { version: 2 })
    );
}

#[test]
fn hostile_lengths_and_counts_are_refused() {
    let malformed = |bytes: &[u8]| {
        let error = MetadataRecord::decode(bytes).unwrap_err();
        assert!(
            matches!(error, MetadataDecodeError::Malformed { .. }),
            "{error}"
        );
    };
    malformed(&[]);
    malformed(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]);
    malformed(&[0xff, 0xff, 0xff, 0xff, 0x7f]);
    malformed(&[1, 2, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, b'a']);
    malformed(&[1, 20, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    // A null name, a name that is not UTF-8, bytes behind the record, tags that do not rise.
    malformed(&[1, 12, 0, 0, 0, 1, 0]);
    malformed(&[1, 12, 0, 2, 0xff, 0, 1, 0]);
    malformed(&[1, 20, 0, 0, 0]);
    malformed(&[1, 20, 0, 2, 9, 0, 9, 0]);
    let long = vec![0; METADATA_RECORD_LENGTH_MAX + 1];
    assert!(matches!(
        MetadataRecord::decode(&long),
        Err(MetadataDecodeError::TooLong { .. })
    ));
}

fn applied(records: impl IntoIterator<Item = MetadataRecord>) -> Image {
    let mut image = Image::new();
    for (offset, record) in (0..).zip(records) {
        image.apply(Offset(offset), record).unwrap();
    }
    image
}

#[test]
fn records_replay_into_topics_partitions_and_configurations() {
    let image = applied([
        topic(),
        MetadataRecord::Partition(partition()),
        config(Some("1000")),
        producer_ids(5000),
    ]);
    let topic = image.topic_by_name("orders").unwrap();
    assert_eq!(image.topic_by_id(TOPIC_ID), Some(topic));
    assert_eq!(topic.partitions[&3], partition());
    let configs: Vec<_> = image.topic_configs("orders").collect();
    assert_eq!(configs, [("retention.ms", "1000")]);
    assert_eq!(image.next_producer_id(), ProducerId(5000));
    assert_eq!(image.last_offset(), Some(Offset(3)));
}

#[test]
fn removing_a_topic_removes_its_partitions_and_configurations() {
    let image = applied([
        topic(),
        MetadataRecord::Partition(partition()),
        config(Some("1000")),
        MetadataRecord::RemoveTopic { topic_id: TOPIC_ID },
    ]);
    assert_eq!(image.topic_count(), 0);
    assert_eq!(image.topic_by_name("orders"), None);
    assert_eq!(image.topic_configs("orders").count(), 0);
}

#[test]
fn a_configuration_without_a_value_is_gone() {
    let image = applied([topic(), config(Some("1000")), config(None)]);
    assert_eq!(
        image,
        Image {
            last_offset: Some(Offset(2)),
            ..applied([topic()])
        }
    );
}

#[test]
fn what_cannot_be_applied_changes_nothing() {
    let mut image = applied([topic(), producer_ids(5000)]);
    let before = image.clone();
    let other_id = MetadataRecord::Topic(TopicRecord {
        name: "orders".to_owned(),
        topic_id: Uuid::from_u128(9),
    });
    let other_name = MetadataRecord::Topic(TopicRecord {
        name: "other".to_owned(),
        topic_id: TOPIC_ID,
    });
    let negative = MetadataRecord::Partition(PartitionRecord {
        partition: -1,
        ..partition()
    });
    let homeless = MetadataRecord::Partition(PartitionRecord {
        topic_id: Uuid::from_u128(9),
        ..partition()
    });
    let unknown = MetadataRecord::RemoveTopic {
        topic_id: Uuid::from_u128(9),
    };
    for record in [
        other_id,
        other_name,
        negative,
        homeless,
        unknown,
        producer_ids(4999),
    ] {
        assert!(image.apply(Offset(2), record).is_err());
        assert_eq!(image, before);
    }
    assert!(matches!(
        image.apply(Offset(1), MetadataRecord::NoOp),
        Err(ApplyError::OffsetNotRising { .. })
    ));
}

#[test]
fn no_flipped_bit_makes_the_catalogue_panic() {
    let mut seed = Vec::new();
    for (hex, _) in golden() {
        let record = bytes(hex);
        seed.push(u8::try_from(record.len()).unwrap());
        seed.extend_from_slice(&record);
    }
    fuzz_catalogue(&seed);
    for bit in 0..seed.len() * 8 {
        let mut flipped = seed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fuzz_catalogue(&flipped);
    }
    for length in 0..seed.len() {
        fuzz_catalogue(&seed[..length]);
    }
}
