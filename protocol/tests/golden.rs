//! Bytes that Apache Kafka 4.2's own message classes wrote for the same values: the layout must never drift from them.

use bytes::Bytes;
use corelane_protocol::messages::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};
use corelane_protocol::messages::fetch::{
    EpochEndOffset, FetchResponse, FetchableTopicResponse, NodeEndpoint, PartitionData,
};
use corelane_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker,
    MetadataResponsePartition, MetadataResponseTopic,
};
use corelane_protocol::messages::produce::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use corelane_protocol::messages::request_header::RequestHeader;
use corelane_protocol::{Message, Reader, Writer};
use uuid::Uuid;

const TOPIC_ID: Uuid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
const RECORDS: Bytes = Bytes::from_static(&[0, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef]);

fn encoded<M: Message>(message: &M, version: i16) -> Bytes {
    let mut writer = Writer::new();
    message
        .encode(&mut writer, version)
        .expect("the message has this version");
    writer.into_bytes()
}

fn assert_golden<M: Message>(message: &M, version: i16, golden: &str) {
    let hex: String = encoded(message, version)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, golden, "{} version {version}", M::NAME);
}

/// Also that the bytes decode to the message, for versions in which no field is left out.
fn assert_golden_both_ways<M: Message + PartialEq + std::fmt::Debug>(
    message: &M,
    version: i16,
    golden: &str,
) {
    assert_golden(message, version, golden);
    let mut reader = Reader::new(encoded(message, version));
    assert_eq!(M::decode(&mut reader, version).as_ref(), Ok(message));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn request_headers_are_kafkas() {
    let header = RequestHeader {
        request_api_key: 3,
        request_api_version: 12,
        correlation_id: 5,
        client_id: Some("me".to_owned()),
    };
    assert_golden_both_ways(&header, 1, "0003000c0000000500026d65");
    assert_golden_both_ways(&header, 2, "0003000c0000000500026d6500");
}

#[test]
fn api_versions_requests_are_kafkas() {
    let request = ApiVersionsRequest {
        client_software_name: "lib".to_owned(),
        client_software_version: "1.0".to_owned(),
    };
    assert_golden(&request, 0, "");
    assert_golden_both_ways(&request, 3, "046c696204312e3000");
}

#[test]
fn api_versions_responses_are_kafkas() {
    let response = ApiVersionsResponse {
        api_keys: vec![ApiVersion {
            api_key: 18,
            min_version: 0,
            max_version: 4,
        }],
        throttle_time_ms: 9,
        supported_features: vec![SupportedFeatureKey {
            name: "tv".to_owned(),
            min_version: 0,
            max_version: 2,
        }],
        finalized_features_epoch: 7,
        finalized_features: vec![FinalizedFeatureKey {
            name: "tv".to_owned(),
            max_version_level: 2,
            min_version_level: 1,
        }],
        ..ApiVersionsResponse::default()
    };
    let flexible = "0000020012000000040000000009030009020374760000000200010800000000000000070209020374760002000100";
    assert_golden(&response, 0, "000000000001001200000004");
    assert_golden_both_ways(&response, 3, flexible);
    assert_golden_both_ways(&response, 4, flexible);
}

#[test]
fn metadata_requests_are_kafkas() {
    let request = MetadataRequest {
        topics: Some(vec![
            MetadataRequestTopic {
                topic_id: TOPIC_ID,
                name: None,
            },
            MetadataRequestTopic {
                name: Some("ab".to_owned()),
                ..MetadataRequestTopic::default()
            },
        ]),
        allow_auto_topic_creation: true,
        include_topic_authorized_operations: true,
        ..MetadataRequest::default()
    };
    assert_golden_both_ways(
        &request,
        12,
        "030102030405060708090a0b0c0d0e0f1000000000000000000000000000000000000003616200010100",
    );
}

#[test]
fn metadata_responses_are_kafkas() {
    let partition = MetadataResponsePartition {
        partition_index: 5,
        leader_id: 3,
        leader_epoch: 8,
        replica_nodes: vec![3],
        isr_nodes: vec![3],
        ..MetadataResponsePartition::default()
    };
    let response = MetadataResponse {
        throttle_time_ms: 1,
        brokers: vec![MetadataResponseBroker {
            node_id: 3,
            host: "h".to_owned(),
            port: 9092,
            rack: None,
        }],
        cluster_id: Some("cl".to_owned()),
        controller_id: 3,
        topics: vec![MetadataResponseTopic {
            name: Some("ab".to_owned()),
            topic_id: TOPIC_ID,
            partitions: vec![partition],
            ..MetadataResponseTopic::default()
        }],
        ..MetadataResponse::default()
    };
    assert_golden_both_ways(
        &response,
        12,
        "000000010200000003026800002384000003636c000000030200000361620102030405060708090a0b0c0d0e0f10\
         00020000000000050000000300000008020000000302000000030100800000000000",
    );
}

#[test]
fn produce_requests_are_kafkas() {
    let request = ProduceRequest {
        transactional_id: None,
        acks: -1,
        timeout_ms: 1500,
        topic_data: vec![TopicProduceData {
            name: "ab".to_owned(),
            partition_data: vec![PartitionProduceData {
                index: 2,
                records: Some(RECORDS),
            }],
            ..TopicProduceData::default()
        }],
    };
    let classic = "ffffffff000005dc000000010002616200000001000000020000000800000000deadbeef";
    assert_golden_both_ways(&request, 7, classic);
    let flexible = "00ffff000005dc0203616202000000020900000000deadbeef000000";
    assert_golden_both_ways(&request, 9, flexible);
}

#[test]
fn fetch_responses_are_kafkas() {
    let partition = PartitionData {
        partition_index: 2,
        high_watermark: 77,
        last_stable_offset: 76,
        log_start_offset: 1,
        diverging_epoch: EpochEndOffset {
            epoch: 4,
            end_offset: 9,
        },
        aborted_transactions: None,
        records: Some(RECORDS),
        ..PartitionData::default()
    };
    let response = FetchResponse {
        throttle_time_ms: 1,
        session_id: 6,
        responses: vec![FetchableTopicResponse {
            topic_id: TOPIC_ID,
            partitions: vec![partition],
            ..FetchableTopicResponse::default()
        }],
        node_endpoints: vec![NodeEndpoint {
            node_id: 1,
            host: "h".to_owned(),
            port: 2,
            rack: None,
        }],
        ..FetchResponse::default()
    };
    assert_golden_both_ways(
        &response,
        16,
        "00000001000000000006020102030405060708090a0b0c0d0e0f1002000000020000000000000000004d0000000000\
         00004c000000000000000100ffffffff0900000000deadbeef01000d00000004000000000000000900000100\
         0d02000000010268000000020000",
    );
}
