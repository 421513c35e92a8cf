//! The requests that both brokers are asked, in this order: what later ones ask for, earlier ones have made.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use corelane_protocol::messages::alter_client_quotas::{
    AlterClientQuotasRequest, OpData, RequestEntityData, RequestEntryData,
};
use corelane_protocol::messages::alter_configs::{self, AlterConfigsRequest};
use corelane_protocol::messages::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use corelane_protocol::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic, AlterReplicaLogDirsRequest,
};
use corelane_protocol::messages::create_acls::{AclCreation, CreateAclsRequest};
use corelane_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsTopic,
};
use corelane_protocol::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use corelane_protocol::messages::delete_acls::{DeleteAclsFilter, DeleteAclsRequest};
use corelane_protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use corelane_protocol::messages::delete_topics::{DeleteTopicState, DeleteTopicsRequest};
use corelane_protocol::messages::describe_acls::DescribeAclsRequest;
use corelane_protocol::messages::describe_client_quotas::{
    ComponentData, DescribeClientQuotasRequest,
};
use corelane_protocol::messages::describe_cluster::DescribeClusterRequest;
use corelane_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource,
};
use corelane_protocol::messages::describe_log_dirs::{
    DescribableLogDirTopic, DescribeLogDirsRequest,
};
use corelane_protocol::messages::describe_quorum::{
    DescribeQuorumRequest, RequestPartitionData, RequestTopicData,
};
use corelane_protocol::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, TopicRequest,
};
use corelane_protocol::messages::describe_user_scram_credentials::{
    DescribeUserScramCredentialsRequest, UserName,
};
use corelane_protocol::messages::elect_leaders::{ElectLeadersRequest, TopicPartitions};
use corelane_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use corelane_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use corelane_protocol::messages::init_producer_id::InitProducerIdRequest;
use corelane_protocol::messages::list_config_resources::ListConfigResourcesRequest;
use corelane_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use corelane_protocol::messages::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsTopics,
};
use corelane_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use corelane_protocol::messages::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use corelane_protocol::messages::update_features::{FeatureUpdateKey, UpdateFeaturesRequest};
use uuid::Uuid;

use super::Pair;
use super::support::wire::Batch;

/// APIs that no case sends, with the reasons.
pub const NOT_COMPARED: &[(&str, &str)] = &[
    (
        "ApiVersions",
        "its answer is the list of what is served, which docs/limits.md and its test hold",
    ),
    ("FindCoordinator", COORDINATOR),
    ("AddPartitionsToTxn", COORDINATOR),
    ("WriteTxnMarkers", COORDINATOR),
    ("DescribeTransactions", COORDINATOR),
    ("ListTransactions", COORDINATOR),
    ("DescribeProducers", COORDINATOR),
    ("OffsetCommit", COORDINATOR),
    ("OffsetDelete", COORDINATOR),
    ("JoinGroup", COORDINATOR),
    ("SyncGroup", COORDINATOR),
    ("Heartbeat", COORDINATOR),
    ("LeaveGroup", COORDINATOR),
    ("DescribeGroups", COORDINATOR),
    ("ListGroups", COORDINATOR),
    ("DeleteGroups", COORDINATOR),
];

const COORDINATOR: &str = "its answer hangs on the state of a coordinator over several requests, which one at a time does not reach";

const TOPIC: &str = "compared";
const TOPIC_TYPE: i8 = 2;
const BROKER_TYPE: i8 = 4;

/// Asks everything.
pub fn run(pair: &Pair) {
    let ids = create_topics(pair);
    produce_and_fetch(pair, ids);
    offsets(pair);
    metadata(pair);
    create_partitions(pair);
    configs(pair);
    broker_configs(pair);
    quotas(pair);
    one_node(pair);
    security(pair);
    super::consumer_groups::run(pair, ids);
    delete(pair);
}

fn topic(name: &str, partitions: i32) -> CreatableTopic {
    CreatableTopic {
        name: name.to_owned(),
        num_partitions: partitions,
        replication_factor: 1,
        ..CreatableTopic::default()
    }
}

/// Creates what the others need; returns the ids of [`TOPIC`].
fn create_topics(pair: &Pair) -> [Uuid; 2] {
    let config = |name: &str, value: Option<&str>| CreatableTopicConfig {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    };
    let with_configs = |name: &str, configs| CreatableTopic {
        configs,
        ..topic(name, 1)
    };
    let assigned = |name: &str, broker_ids| CreatableTopic {
        assignments: vec![CreatableReplicaAssignment {
            partition_index: 0,
            broker_ids,
        }],
        num_partitions: -1,
        replication_factor: -1,
        ..topic(name, 0)
    };
    let create = |case: &str, topics: &dyn Fn(i16) -> Vec<CreatableTopic>| {
        pair.compare(case, |version| CreateTopicsRequest {
            topics: topics(version),
            timeout_ms: 10_000,
            validate_only: false,
        });
    };
    create("a good one", &|version| {
        vec![topic(&format!("created-{version}"), 2)]
    });
    create("one that is there", &|_| vec![topic("created-2", 2)]);
    create("a bad name", &|_| vec![topic("not/a/name", 1)]);
    create("without partitions", &|_| vec![topic("no-partitions", 0)]);
    create("too many replicas", &|_| {
        vec![CreatableTopic {
            replication_factor: 3,
            ..topic("too-many-replicas", 1)
        }]
    });
    create("an unknown configuration", &|_| {
        vec![with_configs(
            "unknown-config",
            vec![config("no.such", Some("1"))],
        )]
    });
    create("a bad value", &|_| {
        vec![with_configs(
            "bad-config",
            vec![config("retention.ms", Some("soon"))],
        )]
    });
    create("a configuration", &|version| {
        let name = format!("configured-{version}");
        vec![with_configs(&name, vec![config("retention.ms", Some("5"))])]
    });
    create("an assignment", &|version| {
        vec![assigned(&format!("assigned-{version}"), vec![1])]
    });
    create("an assignment elsewhere", &|_| {
        vec![assigned("assigned-elsewhere", vec![2])]
    });
    create("a name twice", &|_| {
        vec![topic("twice", 1), topic("twice", 1)]
    });
    pair.compare("topics that are only tried", |_| CreateTopicsRequest {
        topics: vec![topic("tried", 1), topic("created-7", 1)],
        timeout_ms: 10_000,
        validate_only: true,
    });
    let create = CreateTopicsRequest {
        topics: vec![topic(TOPIC, 2)],
        timeout_ms: 10_000,
        validate_only: false,
    };
    let created = pair.compare_in("a topic", 7, &create);
    created.map(|answer| answer.expect("both create it").topics[0].topic_id)
}

fn produce_and_fetch(pair: &Pair, ids: [Uuid; 2]) {
    // Of this moment, so that retention leaves it alone.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = now.expect("the clock is right").as_millis();
    let batch = Batch {
        timestamp_ms: i64::try_from(now_ms).expect("a time of this age"),
        ..Batch::of(&[b"one", b"two", b"three"])
    };
    let batch = Bytes::from(batch.encode());
    let mut broken = batch.to_vec();
    *broken.last_mut().expect("a batch has bytes") ^= 1;
    let broken = Bytes::from(broken);
    // From this version on topics go by their ids.
    let by_id = |version: i16, since: i16, id: Uuid| match version >= since {
        true => (String::new(), id),
        false => (TOPIC.to_owned(), Uuid::nil()),
    };
    for version in 3..=13 {
        let request = |id: Uuid| {
            let (name, topic_id) = by_id(version, 13, id);
            let partition = |index, records: &Bytes| PartitionProduceData {
                index,
                records: Some(records.clone()),
            };
            ProduceRequest {
                acks: -1,
                timeout_ms: 10_000,
                topic_data: vec![TopicProduceData {
                    name,
                    topic_id,
                    partition_data: vec![
                        partition(0, &batch),
                        partition(1, &broken),
                        partition(9, &batch),
                    ],
                }],
                ..ProduceRequest::default()
            }
        };
        let requests = ids.map(request);
        pair.compare_each("records", version, requests.each_ref());
    }
    for version in 4..=18 {
        for (case, offset, partition) in [
            ("from the beginning", 0, 0),
            ("from within a batch", 4, 0),
            ("from the end", 33, 0),
            ("beyond the end", 1_000, 0),
            ("an empty partition", 0, 1),
            ("no such partition", 0, 9),
        ] {
            let request = |id: Uuid| {
                let (topic, topic_id) = by_id(version, 13, id);
                FetchRequest {
                    max_wait_ms: 0,
                    min_bytes: 0,
                    max_bytes: 1 << 20,
                    session_epoch: -1,
                    topics: vec![FetchTopic {
                        topic,
                        topic_id,
                        partitions: vec![FetchPartition {
                            partition,
                            fetch_offset: offset,
                            partition_max_bytes: 1 << 20,
                            ..FetchPartition::default()
                        }],
                    }],
                    ..FetchRequest::default()
                }
            };
            let requests = ids.map(request);
            pair.compare_each(case, version, requests.each_ref());
        }
    }
}

fn offsets(pair: &Pair) {
    for (case, timestamp, since) in [
        ("the latest offset", -1, 1),
        ("the earliest offset", -2, 1),
        ("the offset of the largest time", -3, 7),
        ("a time", 0, 1),
    ] {
        for version in since..=11 {
            let partition = |partition_index| ListOffsetsPartition {
                partition_index,
                current_leader_epoch: -1,
                timestamp,
            };
            let request = ListOffsetsRequest {
                replica_id: -1,
                topics: vec![ListOffsetsTopic {
                    name: TOPIC.to_owned(),
                    partitions: vec![partition(0), partition(1), partition(9)],
                }],
                ..ListOffsetsRequest::default()
            };
            pair.compare_in(case, version, &request);
        }
    }
    pair.compare("epochs", |_| OffsetForLeaderEpochRequest {
        replica_id: -1,
        topics: vec![OffsetForLeaderTopic {
            topic: TOPIC.to_owned(),
            partitions: [(0, 0), (0, 5), (9, 0)]
                .map(|(partition, leader_epoch)| OffsetForLeaderPartition {
                    partition,
                    current_leader_epoch: -1,
                    leader_epoch,
                })
                .to_vec(),
        }],
    });
    pair.compare("records deleted", |version| DeleteRecordsRequest {
        topics: vec![DeleteRecordsTopic {
            name: TOPIC.to_owned(),
            partitions: [(0, i64::from(version) + 1), (1, 5), (9, 0)]
                .map(|(partition_index, offset)| DeleteRecordsPartition {
                    partition_index,
                    offset,
                })
                .to_vec(),
        }],
        timeout_ms: 10_000,
    });
    pair.compare("a new producer", |_| InitProducerIdRequest {
        transaction_timeout_ms: 1_000,
        producer_id: -1,
        producer_epoch: -1,
        ..InitProducerIdRequest::default()
    });
}

fn metadata(pair: &Pair) {
    pair.compare("topics by name", |version| MetadataRequest {
        topics: Some(
            [TOPIC, "no-such-topic"]
                .map(|name| MetadataRequestTopic {
                    name: Some(name.to_owned()),
                    ..MetadataRequestTopic::default()
                })
                .to_vec(),
        ),
        // Versions before 4 create what they ask for.
        allow_auto_topic_creation: version < 4,
        include_topic_authorized_operations: version >= 8,
        include_cluster_authorized_operations: (8..=10).contains(&version),
    });
    pair.compare("the cluster", |_| DescribeClusterRequest {
        include_cluster_authorized_operations: true,
        endpoint_type: 1,
        ..DescribeClusterRequest::default()
    });
    pair.compare("partitions page by page", |_| {
        DescribeTopicPartitionsRequest {
            topics: [TOPIC, "absent-topic"]
                .map(|name| TopicRequest {
                    name: name.to_owned(),
                })
                .to_vec(),
            response_partition_limit: 2,
            cursor: None,
        }
    });
}

fn create_partitions(pair: &Pair) {
    pair.compare("more partitions", |version| {
        let to = |name: &str, count| CreatePartitionsTopic {
            name: name.to_owned(),
            count,
            assignments: None,
        };
        CreatePartitionsRequest {
            topics: vec![
                to("created-2", 3 + i32::from(version)),
                to("created-3", 1),
                to("created-4", 2),
                to("absent-topic", 2),
            ],
            timeout_ms: 10_000,
            validate_only: false,
        }
    });
}

/// What is described of a resource afterwards, by names that both brokers have.
fn described(pair: &Pair, case: &str, resource_type: i8, resource_name: &str, keys: &[&str]) {
    pair.compare(case, |_| DescribeConfigsRequest {
        resources: vec![DescribeConfigsResource {
            resource_type,
            resource_name: resource_name.to_owned(),
            configuration_keys: match keys {
                [] => None,
                keys => Some(keys.iter().map(|&key| key.to_owned()).collect()),
            },
        }],
        include_synonyms: true,
        include_documentation: false,
    });
}

fn alterable(name: &str, operation: i8, value: Option<&str>) -> AlterableConfig {
    AlterableConfig {
        name: name.to_owned(),
        config_operation: operation,
        value: value.map(str::to_owned),
    }
}

fn altered(pair: &Pair, case: &str, resource: (i8, &str), configs: &[(&str, i8, Option<&str>)]) {
    pair.compare(case, |_| IncrementalAlterConfigsRequest {
        resources: vec![AlterConfigsResource {
            resource_type: resource.0,
            resource_name: resource.1.to_owned(),
            configs: configs
                .iter()
                .map(|(name, operation, value)| alterable(name, *operation, *value))
                .collect(),
        }],
        validate_only: false,
    });
}

fn configs(pair: &Pair) {
    described(pair, "all of a topic", TOPIC_TYPE, TOPIC, &[]);
    let topic = (TOPIC_TYPE, TOPIC);
    altered(
        pair,
        "a value set",
        topic,
        &[("retention.ms", 0, Some("70000000"))],
    );
    altered(
        pair,
        "a list grown",
        topic,
        &[("cleanup.policy", 2, Some("compact"))],
    );
    altered(
        pair,
        "a list shrunk",
        topic,
        &[("cleanup.policy", 3, Some("compact"))],
    );
    altered(
        pair,
        "no list",
        topic,
        &[("retention.ms", 2, Some("70000000"))],
    );
    altered(pair, "no value", topic, &[("retention.ms", 0, None)]);
    altered(pair, "no such name", topic, &[("no.such", 0, Some("7"))]);
    altered(pair, "no such name deleted", topic, &[("no.such", 1, None)]);
    altered(
        pair,
        "no number",
        topic,
        &[("retention.ms", 0, Some("soon"))],
    );
    let twice = [
        ("retention.ms", 0, Some("70000000")),
        ("retention.ms", 1, None),
    ];
    altered(pair, "a name twice", topic, &twice);
    let absent = (TOPIC_TYPE, "absent-topic");
    altered(
        pair,
        "no such topic",
        absent,
        &[("retention.ms", 0, Some("70000000"))],
    );
    described(
        pair,
        "a topic altered",
        TOPIC_TYPE,
        TOPIC,
        &["retention.ms", "cleanup.policy"],
    );
    described(
        pair,
        "a topic that is not there",
        TOPIC_TYPE,
        "absent-topic",
        &[],
    );
    pair.compare("everything replaced", |_| AlterConfigsRequest {
        resources: vec![alter_configs::AlterConfigsResource {
            resource_type: TOPIC_TYPE,
            resource_name: TOPIC.to_owned(),
            configs: vec![alter_configs::AlterableConfig {
                name: "segment.ms".to_owned(),
                value: Some("100000".to_owned()),
            }],
        }],
        validate_only: false,
    });
    described(
        pair,
        "a topic replaced",
        TOPIC_TYPE,
        TOPIC,
        &["retention.ms", "segment.ms"],
    );
    pair.compare("what has configurations", |version| {
        ListConfigResourcesRequest {
            resource_types: if version == 0 {
                Vec::new()
            } else {
                vec![BROKER_TYPE]
            },
        }
    });
    pair.compare_in(
        "an unknown kind",
        1,
        &ListConfigResourcesRequest {
            resource_types: vec![99],
        },
    );
}

fn broker_configs(pair: &Pair) {
    let keys = [
        "log.retention.bytes",
        "log.segment.bytes",
        "message.max.bytes",
    ];
    for (case, name) in [("this broker", "1"), ("all brokers", "")] {
        let broker = (BROKER_TYPE, name);
        let set = [("log.retention.bytes", 0, Some("1048576"))];
        altered(pair, &format!("{case}: a value set"), broker, &set);
        let fixed = [("num.partitions", 0, Some("3"))];
        altered(pair, &format!("{case}: fixed at start"), broker, &fixed);
        let coarse = [("log.retention.hours", 0, Some("3"))];
        altered(pair, &format!("{case}: a coarser unit"), broker, &coarse);
        let bad = [("log.segment.bytes", 0, Some("few"))];
        altered(pair, &format!("{case}: no number"), broker, &bad);
        described(
            pair,
            &format!("{case}: described"),
            BROKER_TYPE,
            name,
            &keys,
        );
    }
    described(
        pair,
        "a topic beneath",
        TOPIC_TYPE,
        TOPIC,
        &["retention.bytes"],
    );
    let elsewhere = (BROKER_TYPE, "2");
    altered(
        pair,
        "another broker",
        elsewhere,
        &[("log.retention.bytes", 0, Some("1"))],
    );
    altered(
        pair,
        "no broker",
        (BROKER_TYPE, "x"),
        &[("log.retention.bytes", 0, Some("1"))],
    );
    for name in ["1", ""] {
        let unset = [("log.retention.bytes", 1, None)];
        altered(pair, "a value unset", (BROKER_TYPE, name), &unset);
    }
    described(pair, "as at the start", BROKER_TYPE, "1", &keys);
}

fn quota(entity: &[(&str, Option<&str>)], key: &str, value: Option<f64>) -> RequestEntryData {
    let parts = entity.iter().map(|(kind, name)| RequestEntityData {
        entity_type: (*kind).to_owned(),
        entity_name: name.map(str::to_owned),
    });
    RequestEntryData {
        entity: parts.collect(),
        ops: vec![OpData {
            key: key.to_owned(),
            value: value.unwrap_or_default(),
            remove: value.is_none(),
        }],
    }
}

fn quotas(pair: &Pair) {
    let own: &[(&str, Option<&str>)] = &[("client-id", Some("a"))];
    let address: &[(&str, Option<&str>)] = &[("ip", Some("192.0.2.1"))];
    for (case, entry) in [
        ("a quota", quota(own, "producer_byte_rate", Some(1e9))),
        (
            "of an address",
            quota(address, "connection_creation_rate", Some(1e6)),
        ),
        (
            "a key of others",
            quota(own, "connection_creation_rate", Some(1.0)),
        ),
        ("zero", quota(own, "producer_byte_rate", Some(0.0))),
        ("a fraction", quota(own, "consumer_byte_rate", Some(0.5))),
        ("nobody", quota(&[], "consumer_byte_rate", Some(1.0))),
        (
            "no such kind",
            quota(&[("group", None)], "consumer_byte_rate", Some(1.0)),
        ),
        (
            "a mixture",
            quota(
                &[("ip", None), ("user", None)],
                "consumer_byte_rate",
                Some(1.0),
            ),
        ),
        ("time", quota(own, "request_percentage", Some(50.0))),
    ] {
        pair.compare(case, |_| AlterClientQuotasRequest {
            entries: vec![entry.clone()],
            validate_only: false,
        });
    }
    for (case, entity_type, match_type, name, strict) in [
        ("by name", "client-id", 0, Some("a"), true),
        ("by default", "client-id", 1, None, false),
        ("any", "client-id", 2, None, false),
        ("any address", "ip", 2, None, true),
        ("a name too many", "client-id", 1, Some("a"), false),
        ("no such match", "client-id", 9, None, false),
        ("no such type", "group", 2, None, false),
    ] {
        pair.compare(case, |_| DescribeClientQuotasRequest {
            components: vec![ComponentData {
                entity_type: entity_type.to_owned(),
                match_type,
                r#match: name.map(str::to_owned),
            }],
            strict,
        });
    }
    pair.compare("a quota removed", |_| AlterClientQuotasRequest {
        entries: vec![
            quota(own, "producer_byte_rate", None),
            quota(address, "connection_creation_rate", None),
        ],
        validate_only: false,
    });
}

fn one_node(pair: &Pair) {
    let some = |topic: &str, partitions: &[i32]| TopicPartitions {
        topic: topic.to_owned(),
        partitions: partitions.to_vec(),
    };
    pair.compare("an election", |_| ElectLeadersRequest {
        election_type: 0,
        topic_partitions: Some(vec![some(TOPIC, &[0, 9]), some("absent-topic", &[0])]),
        timeout_ms: 10_000,
    });
    for (case, replicas) in [
        ("where it is", Some(vec![1])),
        ("elsewhere", Some(vec![2])),
        ("to two", Some(vec![1, 2])),
        ("to nobody", Some(vec![])),
        ("twice to one", Some(vec![1, 1])),
        ("cancelled", None),
    ] {
        pair.compare(case, |_| AlterPartitionReassignmentsRequest {
            timeout_ms: 10_000,
            allow_replication_factor_change: true,
            topics: vec![ReassignableTopic {
                name: TOPIC.to_owned(),
                partitions: [0, 9]
                    .map(|partition_index| ReassignablePartition {
                        partition_index,
                        replicas: replicas.clone(),
                    })
                    .to_vec(),
            }],
        });
    }
    pair.compare("what moves", |_| ListPartitionReassignmentsRequest {
        timeout_ms: 10_000,
        topics: Some(vec![ListPartitionReassignmentsTopics {
            name: TOPIC.to_owned(),
            partition_indexes: vec![0],
        }]),
    });
    pair.compare("a directory that is not there", |_| {
        AlterReplicaLogDirsRequest {
            dirs: vec![AlterReplicaLogDir {
                path: "/no/such/directory".to_owned(),
                topics: vec![AlterReplicaLogDirTopic {
                    name: TOPIC.to_owned(),
                    partitions: vec![0, 9],
                }],
            }],
        }
    });
    pair.compare("directories", |_| DescribeLogDirsRequest {
        topics: Some(vec![DescribableLogDirTopic {
            topic: TOPIC.to_owned(),
            partitions: vec![0, 9],
        }]),
    });
    pair.compare("the quorum", |_| DescribeQuorumRequest {
        topics: vec![RequestTopicData {
            topic_name: "__cluster_metadata".to_owned(),
            partitions: vec![RequestPartitionData { partition_index: 0 }],
        }],
    });
    pair.compare("no quorum", |_| DescribeQuorumRequest {
        topics: vec![RequestTopicData {
            topic_name: TOPIC.to_owned(),
            partitions: vec![RequestPartitionData { partition_index: 0 }],
        }],
    });
    pair.compare("a feature that is not there", |version| {
        UpdateFeaturesRequest {
            timeout_ms: 10_000,
            feature_updates: vec![FeatureUpdateKey {
                feature: "no.such.feature".to_owned(),
                max_version_level: 1,
                allow_downgrade: false,
                upgrade_type: 1,
            }],
            validate_only: version > 0,
        }
    });
}

fn security(pair: &Pair) {
    const ANY: i8 = 1;
    pair.compare("access", |_| DescribeAclsRequest {
        resource_type_filter: ANY,
        pattern_type_filter: ANY,
        operation: ANY,
        permission_type: ANY,
        ..DescribeAclsRequest::default()
    });
    pair.compare("access given", |_| CreateAclsRequest {
        creations: vec![AclCreation {
            resource_type: TOPIC_TYPE,
            resource_name: TOPIC.to_owned(),
            resource_pattern_type: 3,
            principal: "User:a".to_owned(),
            host: "*".to_owned(),
            operation: 3,
            permission_type: 3,
        }],
    });
    pair.compare("access taken", |_| DeleteAclsRequest {
        filters: vec![DeleteAclsFilter {
            resource_type_filter: ANY,
            pattern_type_filter: ANY,
            operation: ANY,
            permission_type: ANY,
            ..DeleteAclsFilter::default()
        }],
    });
    for (case, users) in [
        ("all users", &[][..]),
        ("a user", &["a"]),
        ("a user twice", &["a", "a"]),
    ] {
        pair.compare(case, |_| DescribeUserScramCredentialsRequest {
            users: Some(
                users
                    .iter()
                    .map(|&name| UserName {
                        name: name.to_owned(),
                    })
                    .collect(),
            ),
        });
    }
}

fn delete(pair: &Pair) {
    pair.compare("topics deleted", |version| {
        let names = [
            format!("created-{}", version + 1),
            "absent-topic".to_owned(),
        ];
        let (topics, topic_names) = match version >= 6 {
            true => (
                names
                    .map(|name| DeleteTopicState {
                        name: Some(name),
                        topic_id: Uuid::nil(),
                    })
                    .to_vec(),
                Vec::new(),
            ),
            false => (Vec::new(), names.to_vec()),
        };
        DeleteTopicsRequest {
            topics,
            topic_names,
            timeout_ms: 10_000,
        }
    });
}
