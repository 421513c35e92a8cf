//! One module for each API that a broker serves, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

// Fields follow each other in wire order and some exist in some versions only, so they are assigned one by one.
#![allow(clippy::field_reassign_with_default)]

pub mod add_offsets_to_txn;
pub mod add_partitions_to_txn;
pub mod add_raft_voter;
pub mod alter_client_quotas;
pub mod alter_configs;
pub mod alter_partition_reassignments;
pub mod alter_replica_log_dirs;
pub mod alter_share_group_offsets;
pub mod alter_user_scram_credentials;
pub(crate) mod api_key;
pub mod api_versions;
pub mod consumer_group_current_member_assignment_key;
pub mod consumer_group_current_member_assignment_value;
pub mod consumer_group_describe;
pub mod consumer_group_heartbeat;
pub mod consumer_group_member_metadata_key;
pub mod consumer_group_member_metadata_value;
pub mod consumer_group_metadata_key;
pub mod consumer_group_metadata_value;
pub mod consumer_group_regular_expression_key;
pub mod consumer_group_regular_expression_value;
pub mod consumer_group_target_assignment_member_key;
pub mod consumer_group_target_assignment_member_value;
pub mod consumer_group_target_assignment_metadata_key;
pub mod consumer_group_target_assignment_metadata_value;
pub mod consumer_protocol_assignment;
pub mod consumer_protocol_subscription;
pub mod create_acls;
pub mod create_delegation_token;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_acls;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_share_group_offsets;
pub mod delete_share_group_state;
pub mod delete_topics;
pub mod describe_acls;
pub mod describe_client_quotas;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_delegation_token;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_producers;
pub mod describe_quorum;
pub mod describe_share_group_offsets;
pub mod describe_topic_partitions;
pub mod describe_transactions;
pub mod describe_user_scram_credentials;
pub mod elect_leaders;
pub mod end_txn;
pub mod end_txn_marker;
pub mod expire_delegation_token;
pub mod fetch;
pub mod find_coordinator;
pub mod get_telemetry_subscriptions;
pub mod group_metadata_key;
pub mod group_metadata_value;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod initialize_share_group_state;
pub mod join_group;
pub mod leave_group;
pub mod list_config_resources;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod list_transactions;
pub mod metadata;
pub mod offset_commit;
pub mod offset_commit_key;
pub mod offset_commit_value;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod push_telemetry;
pub mod read_share_group_state;
pub mod read_share_group_state_summary;
pub mod remove_raft_voter;
pub mod renew_delegation_token;
pub mod request_header;
pub mod response_header;
pub mod sasl_authenticate;
pub mod sasl_handshake;
pub mod share_acknowledge;
pub mod share_fetch;
pub mod share_group_describe;
pub mod share_group_heartbeat;
pub mod streams_group_describe;
pub mod streams_group_heartbeat;
pub mod sync_group;
#[cfg(test)]
mod tests;
pub mod transaction_log_key;
pub mod transaction_log_value;
pub mod txn_offset_commit;
pub mod unregister_broker;
pub mod update_features;
pub mod write_share_group_state;
pub mod write_txn_markers;

use crate::{ApiKey, DecodeError, Message, Reader};

/// Decodes a request body that must fill the reader, and drops it: for checks and fuzzing.
pub fn check_request(key: ApiKey, version: i16, reader: &mut Reader) -> Result<(), DecodeError> {
    match key {
        ApiKey::Produce => decode_and_drop::<produce::ProduceRequest>(reader, version),
        ApiKey::Fetch => decode_and_drop::<fetch::FetchRequest>(reader, version),
        ApiKey::ListOffsets => decode_and_drop::<list_offsets::ListOffsetsRequest>(reader, version),
        ApiKey::Metadata => decode_and_drop::<metadata::MetadataRequest>(reader, version),
        ApiKey::OffsetCommit => {
            decode_and_drop::<offset_commit::OffsetCommitRequest>(reader, version)
        }
        ApiKey::OffsetFetch => decode_and_drop::<offset_fetch::OffsetFetchRequest>(reader, version),
        ApiKey::FindCoordinator => {
            decode_and_drop::<find_coordinator::FindCoordinatorRequest>(reader, version)
        }
        ApiKey::JoinGroup => decode_and_drop::<join_group::JoinGroupRequest>(reader, version),
        ApiKey::Heartbeat => decode_and_drop::<heartbeat::HeartbeatRequest>(reader, version),
        ApiKey::LeaveGroup => decode_and_drop::<leave_group::LeaveGroupRequest>(reader, version),
        ApiKey::SyncGroup => decode_and_drop::<sync_group::SyncGroupRequest>(reader, version),
        ApiKey::DescribeGroups => {
            decode_and_drop::<describe_groups::DescribeGroupsRequest>(reader, version)
        }
        ApiKey::ListGroups => decode_and_drop::<list_groups::ListGroupsRequest>(reader, version),
        ApiKey::SaslHandshake => {
            decode_and_drop::<sasl_handshake::SaslHandshakeRequest>(reader, version)
        }
        ApiKey::ApiVersions => decode_and_drop::<api_versions::ApiVersionsRequest>(reader, version),
        ApiKey::CreateTopics => {
            decode_and_drop::<create_topics::CreateTopicsRequest>(reader, version)
        }
        ApiKey::DeleteTopics => {
            decode_and_drop::<delete_topics::DeleteTopicsRequest>(reader, version)
        }
        ApiKey::DeleteRecords => {
            decode_and_drop::<delete_records::DeleteRecordsRequest>(reader, version)
        }
        ApiKey::InitProducerId => {
            decode_and_drop::<init_producer_id::InitProducerIdRequest>(reader, version)
        }
        ApiKey::OffsetForLeaderEpoch => {
            decode_and_drop::<offset_for_leader_epoch::OffsetForLeaderEpochRequest>(reader, version)
        }
        ApiKey::AddPartitionsToTxn => {
            decode_and_drop::<add_partitions_to_txn::AddPartitionsToTxnRequest>(reader, version)
        }
        ApiKey::AddOffsetsToTxn => {
            decode_and_drop::<add_offsets_to_txn::AddOffsetsToTxnRequest>(reader, version)
        }
        ApiKey::EndTxn => decode_and_drop::<end_txn::EndTxnRequest>(reader, version),
        ApiKey::WriteTxnMarkers => {
            decode_and_drop::<write_txn_markers::WriteTxnMarkersRequest>(reader, version)
        }
        ApiKey::TxnOffsetCommit => {
            decode_and_drop::<txn_offset_commit::TxnOffsetCommitRequest>(reader, version)
        }
        ApiKey::DescribeAcls => {
            decode_and_drop::<describe_acls::DescribeAclsRequest>(reader, version)
        }
        ApiKey::CreateAcls => decode_and_drop::<create_acls::CreateAclsRequest>(reader, version),
        ApiKey::DeleteAcls => decode_and_drop::<delete_acls::DeleteAclsRequest>(reader, version),
        ApiKey::DescribeConfigs => {
            decode_and_drop::<describe_configs::DescribeConfigsRequest>(reader, version)
        }
        ApiKey::AlterConfigs => {
            decode_and_drop::<alter_configs::AlterConfigsRequest>(reader, version)
        }
        ApiKey::AlterReplicaLogDirs => {
            decode_and_drop::<alter_replica_log_dirs::AlterReplicaLogDirsRequest>(reader, version)
        }
        ApiKey::DescribeLogDirs => {
            decode_and_drop::<describe_log_dirs::DescribeLogDirsRequest>(reader, version)
        }
        ApiKey::SaslAuthenticate => {
            decode_and_drop::<sasl_authenticate::SaslAuthenticateRequest>(reader, version)
        }
        ApiKey::CreatePartitions => {
            decode_and_drop::<create_partitions::CreatePartitionsRequest>(reader, version)
        }
        ApiKey::CreateDelegationToken => decode_and_drop::<
            create_delegation_token::CreateDelegationTokenRequest,
        >(reader, version),
        ApiKey::RenewDelegationToken => {
            decode_and_drop::<renew_delegation_token::RenewDelegationTokenRequest>(reader, version)
        }
        ApiKey::ExpireDelegationToken => decode_and_drop::<
            expire_delegation_token::ExpireDelegationTokenRequest,
        >(reader, version),
        ApiKey::DescribeDelegationToken => decode_and_drop::<
            describe_delegation_token::DescribeDelegationTokenRequest,
        >(reader, version),
        ApiKey::DeleteGroups => {
            decode_and_drop::<delete_groups::DeleteGroupsRequest>(reader, version)
        }
        ApiKey::ElectLeaders => {
            decode_and_drop::<elect_leaders::ElectLeadersRequest>(reader, version)
        }
        ApiKey::IncrementalAlterConfigs => decode_and_drop::<
            incremental_alter_configs::IncrementalAlterConfigsRequest,
        >(reader, version),
        ApiKey::AlterPartitionReassignments => decode_and_drop::<
            alter_partition_reassignments::AlterPartitionReassignmentsRequest,
        >(reader, version),
        ApiKey::ListPartitionReassignments => decode_and_drop::<
            list_partition_reassignments::ListPartitionReassignmentsRequest,
        >(reader, version),
        ApiKey::OffsetDelete => {
            decode_and_drop::<offset_delete::OffsetDeleteRequest>(reader, version)
        }
        ApiKey::DescribeClientQuotas => {
            decode_and_drop::<describe_client_quotas::DescribeClientQuotasRequest>(reader, version)
        }
        ApiKey::AlterClientQuotas => {
            decode_and_drop::<alter_client_quotas::AlterClientQuotasRequest>(reader, version)
        }
        ApiKey::DescribeUserScramCredentials => decode_and_drop::<
            describe_user_scram_credentials::DescribeUserScramCredentialsRequest,
        >(reader, version),
        ApiKey::AlterUserScramCredentials => decode_and_drop::<
            alter_user_scram_credentials::AlterUserScramCredentialsRequest,
        >(reader, version),
        ApiKey::DescribeQuorum => {
            decode_and_drop::<describe_quorum::DescribeQuorumRequest>(reader, version)
        }
        ApiKey::UpdateFeatures => {
            decode_and_drop::<update_features::UpdateFeaturesRequest>(reader, version)
        }
        ApiKey::DescribeCluster => {
            decode_and_drop::<describe_cluster::DescribeClusterRequest>(reader, version)
        }
        ApiKey::DescribeProducers => {
            decode_and_drop::<describe_producers::DescribeProducersRequest>(reader, version)
        }
        ApiKey::UnregisterBroker => {
            decode_and_drop::<unregister_broker::UnregisterBrokerRequest>(reader, version)
        }
        ApiKey::DescribeTransactions => {
            decode_and_drop::<describe_transactions::DescribeTransactionsRequest>(reader, version)
        }
        ApiKey::ListTransactions => {
            decode_and_drop::<list_transactions::ListTransactionsRequest>(reader, version)
        }
        ApiKey::ConsumerGroupHeartbeat => decode_and_drop::<
            consumer_group_heartbeat::ConsumerGroupHeartbeatRequest,
        >(reader, version),
        ApiKey::ConsumerGroupDescribe => decode_and_drop::<
            consumer_group_describe::ConsumerGroupDescribeRequest,
        >(reader, version),
        ApiKey::GetTelemetrySubscriptions => decode_and_drop::<
            get_telemetry_subscriptions::GetTelemetrySubscriptionsRequest,
        >(reader, version),
        ApiKey::PushTelemetry => {
            decode_and_drop::<push_telemetry::PushTelemetryRequest>(reader, version)
        }
        ApiKey::ListConfigResources => {
            decode_and_drop::<list_config_resources::ListConfigResourcesRequest>(reader, version)
        }
        ApiKey::DescribeTopicPartitions => decode_and_drop::<
            describe_topic_partitions::DescribeTopicPartitionsRequest,
        >(reader, version),
        ApiKey::ShareGroupHeartbeat => {
            decode_and_drop::<share_group_heartbeat::ShareGroupHeartbeatRequest>(reader, version)
        }
        ApiKey::ShareGroupDescribe => {
            decode_and_drop::<share_group_describe::ShareGroupDescribeRequest>(reader, version)
        }
        ApiKey::ShareFetch => decode_and_drop::<share_fetch::ShareFetchRequest>(reader, version),
        ApiKey::ShareAcknowledge => {
            decode_and_drop::<share_acknowledge::ShareAcknowledgeRequest>(reader, version)
        }
        ApiKey::AddRaftVoter => {
            decode_and_drop::<add_raft_voter::AddRaftVoterRequest>(reader, version)
        }
        ApiKey::RemoveRaftVoter => {
            decode_and_drop::<remove_raft_voter::RemoveRaftVoterRequest>(reader, version)
        }
        ApiKey::InitializeShareGroupState => decode_and_drop::<
            initialize_share_group_state::InitializeShareGroupStateRequest,
        >(reader, version),
        ApiKey::ReadShareGroupState => {
            decode_and_drop::<read_share_group_state::ReadShareGroupStateRequest>(reader, version)
        }
        ApiKey::WriteShareGroupState => {
            decode_and_drop::<write_share_group_state::WriteShareGroupStateRequest>(reader, version)
        }
        ApiKey::DeleteShareGroupState => decode_and_drop::<
            delete_share_group_state::DeleteShareGroupStateRequest,
        >(reader, version),
        ApiKey::ReadShareGroupStateSummary => decode_and_drop::<
            read_share_group_state_summary::ReadShareGroupStateSummaryRequest,
        >(reader, version),
        ApiKey::StreamsGroupHeartbeat => decode_and_drop::<
            streams_group_heartbeat::StreamsGroupHeartbeatRequest,
        >(reader, version),
        ApiKey::StreamsGroupDescribe => {
            decode_and_drop::<streams_group_describe::StreamsGroupDescribeRequest>(reader, version)
        }
        ApiKey::DescribeShareGroupOffsets => decode_and_drop::<
            describe_share_group_offsets::DescribeShareGroupOffsetsRequest,
        >(reader, version),
        ApiKey::AlterShareGroupOffsets => decode_and_drop::<
            alter_share_group_offsets::AlterShareGroupOffsetsRequest,
        >(reader, version),
        ApiKey::DeleteShareGroupOffsets => decode_and_drop::<
            delete_share_group_offsets::DeleteShareGroupOffsetsRequest,
        >(reader, version),
    }
}

/// Decodes a response body that must fill the reader, and drops it: for checks and fuzzing.
pub fn check_response(key: ApiKey, version: i16, reader: &mut Reader) -> Result<(), DecodeError> {
    match key {
        ApiKey::Produce => decode_and_drop::<produce::ProduceResponse>(reader, version),
        ApiKey::Fetch => decode_and_drop::<fetch::FetchResponse>(reader, version),
        ApiKey::ListOffsets => {
            decode_and_drop::<list_offsets::ListOffsetsResponse>(reader, version)
        }
        ApiKey::Metadata => decode_and_drop::<metadata::MetadataResponse>(reader, version),
        ApiKey::OffsetCommit => {
            decode_and_drop::<offset_commit::OffsetCommitResponse>(reader, version)
        }
        ApiKey::OffsetFetch => {
            decode_and_drop::<offset_fetch::OffsetFetchResponse>(reader, version)
        }
        ApiKey::FindCoordinator => {
            decode_and_drop::<find_coordinator::FindCoordinatorResponse>(reader, version)
        }
        ApiKey::JoinGroup => decode_and_drop::<join_group::JoinGroupResponse>(reader, version),
        ApiKey::Heartbeat => decode_and_drop::<heartbeat::HeartbeatResponse>(reader, version),
        ApiKey::LeaveGroup => decode_and_drop::<leave_group::LeaveGroupResponse>(reader, version),
        ApiKey::SyncGroup => decode_and_drop::<sync_group::SyncGroupResponse>(reader, version),
        ApiKey::DescribeGroups => {
            decode_and_drop::<describe_groups::DescribeGroupsResponse>(reader, version)
        }
        ApiKey::ListGroups => decode_and_drop::<list_groups::ListGroupsResponse>(reader, version),
        ApiKey::SaslHandshake => {
            decode_and_drop::<sasl_handshake::SaslHandshakeResponse>(reader, version)
        }
        ApiKey::ApiVersions => {
            decode_and_drop::<api_versions::ApiVersionsResponse>(reader, version)
        }
        ApiKey::CreateTopics => {
            decode_and_drop::<create_topics::CreateTopicsResponse>(reader, version)
        }
        ApiKey::DeleteTopics => {
            decode_and_drop::<delete_topics::DeleteTopicsResponse>(reader, version)
        }
        ApiKey::DeleteRecords => {
            decode_and_drop::<delete_records::DeleteRecordsResponse>(reader, version)
        }
        ApiKey::InitProducerId => {
            decode_and_drop::<init_producer_id::InitProducerIdResponse>(reader, version)
        }
        ApiKey::OffsetForLeaderEpoch => decode_and_drop::<
            offset_for_leader_epoch::OffsetForLeaderEpochResponse,
        >(reader, version),
        ApiKey::AddPartitionsToTxn => {
            decode_and_drop::<add_partitions_to_txn::AddPartitionsToTxnResponse>(reader, version)
        }
        ApiKey::AddOffsetsToTxn => {
            decode_and_drop::<add_offsets_to_txn::AddOffsetsToTxnResponse>(reader, version)
        }
        ApiKey::EndTxn => decode_and_drop::<end_txn::EndTxnResponse>(reader, version),
        ApiKey::WriteTxnMarkers => {
            decode_and_drop::<write_txn_markers::WriteTxnMarkersResponse>(reader, version)
        }
        ApiKey::TxnOffsetCommit => {
            decode_and_drop::<txn_offset_commit::TxnOffsetCommitResponse>(reader, version)
        }
        ApiKey::DescribeAcls => {
            decode_and_drop::<describe_acls::DescribeAclsResponse>(reader, version)
        }
        ApiKey::CreateAcls => decode_and_drop::<create_acls::CreateAclsResponse>(reader, version),
        ApiKey::DeleteAcls => decode_and_drop::<delete_acls::DeleteAclsResponse>(reader, version),
        ApiKey::DescribeConfigs => {
            decode_and_drop::<describe_configs::DescribeConfigsResponse>(reader, version)
        }
        ApiKey::AlterConfigs => {
            decode_and_drop::<alter_configs::AlterConfigsResponse>(reader, version)
        }
        ApiKey::AlterReplicaLogDirs => {
            decode_and_drop::<alter_replica_log_dirs::AlterReplicaLogDirsResponse>(reader, version)
        }
        ApiKey::DescribeLogDirs => {
            decode_and_drop::<describe_log_dirs::DescribeLogDirsResponse>(reader, version)
        }
        ApiKey::SaslAuthenticate => {
            decode_and_drop::<sasl_authenticate::SaslAuthenticateResponse>(reader, version)
        }
        ApiKey::CreatePartitions => {
            decode_and_drop::<create_partitions::CreatePartitionsResponse>(reader, version)
        }
        ApiKey::CreateDelegationToken => decode_and_drop::<
            create_delegation_token::CreateDelegationTokenResponse,
        >(reader, version),
        ApiKey::RenewDelegationToken => {
            decode_and_drop::<renew_delegation_token::RenewDelegationTokenResponse>(reader, version)
        }
        ApiKey::ExpireDelegationToken => decode_and_drop::<
            expire_delegation_token::ExpireDelegationTokenResponse,
        >(reader, version),
        ApiKey::DescribeDelegationToken => decode_and_drop::<
            describe_delegation_token::DescribeDelegationTokenResponse,
        >(reader, version),
        ApiKey::DeleteGroups => {
            decode_and_drop::<delete_groups::DeleteGroupsResponse>(reader, version)
        }
        ApiKey::ElectLeaders => {
            decode_and_drop::<elect_leaders::ElectLeadersResponse>(reader, version)
        }
        ApiKey::IncrementalAlterConfigs => decode_and_drop::<
            incremental_alter_configs::IncrementalAlterConfigsResponse,
        >(reader, version),
        ApiKey::AlterPartitionReassignments => decode_and_drop::<
            alter_partition_reassignments::AlterPartitionReassignmentsResponse,
        >(reader, version),
        ApiKey::ListPartitionReassignments => decode_and_drop::<
            list_partition_reassignments::ListPartitionReassignmentsResponse,
        >(reader, version),
        ApiKey::OffsetDelete => {
            decode_and_drop::<offset_delete::OffsetDeleteResponse>(reader, version)
        }
        ApiKey::DescribeClientQuotas => {
            decode_and_drop::<describe_client_quotas::DescribeClientQuotasResponse>(reader, version)
        }
        ApiKey::AlterClientQuotas => {
            decode_and_drop::<alter_client_quotas::AlterClientQuotasResponse>(reader, version)
        }
        ApiKey::DescribeUserScramCredentials => decode_and_drop::<
            describe_user_scram_credentials::DescribeUserScramCredentialsResponse,
        >(reader, version),
        ApiKey::AlterUserScramCredentials => decode_and_drop::<
            alter_user_scram_credentials::AlterUserScramCredentialsResponse,
        >(reader, version),
        ApiKey::DescribeQuorum => {
            decode_and_drop::<describe_quorum::DescribeQuorumResponse>(reader, version)
        }
        ApiKey::UpdateFeatures => {
            decode_and_drop::<update_features::UpdateFeaturesResponse>(reader, version)
        }
        ApiKey::DescribeCluster => {
            decode_and_drop::<describe_cluster::DescribeClusterResponse>(reader, version)
        }
        ApiKey::DescribeProducers => {
            decode_and_drop::<describe_producers::DescribeProducersResponse>(reader, version)
        }
        ApiKey::UnregisterBroker => {
            decode_and_drop::<unregister_broker::UnregisterBrokerResponse>(reader, version)
        }
        ApiKey::DescribeTransactions => {
            decode_and_drop::<describe_transactions::DescribeTransactionsResponse>(reader, version)
        }
        ApiKey::ListTransactions => {
            decode_and_drop::<list_transactions::ListTransactionsResponse>(reader, version)
        }
        ApiKey::ConsumerGroupHeartbeat => decode_and_drop::<
            consumer_group_heartbeat::ConsumerGroupHeartbeatResponse,
        >(reader, version),
        ApiKey::ConsumerGroupDescribe => decode_and_drop::<
            consumer_group_describe::ConsumerGroupDescribeResponse,
        >(reader, version),
        ApiKey::GetTelemetrySubscriptions => decode_and_drop::<
            get_telemetry_subscriptions::GetTelemetrySubscriptionsResponse,
        >(reader, version),
        ApiKey::PushTelemetry => {
            decode_and_drop::<push_telemetry::PushTelemetryResponse>(reader, version)
        }
        ApiKey::ListConfigResources => {
            decode_and_drop::<list_config_resources::ListConfigResourcesResponse>(reader, version)
        }
        ApiKey::DescribeTopicPartitions => decode_and_drop::<
            describe_topic_partitions::DescribeTopicPartitionsResponse,
        >(reader, version),
        ApiKey::ShareGroupHeartbeat => {
            decode_and_drop::<share_group_heartbeat::ShareGroupHeartbeatResponse>(reader, version)
        }
        ApiKey::ShareGroupDescribe => {
            decode_and_drop::<share_group_describe::ShareGroupDescribeResponse>(reader, version)
        }
        ApiKey::ShareFetch => decode_and_drop::<share_fetch::ShareFetchResponse>(reader, version),
        ApiKey::ShareAcknowledge => {
            decode_and_drop::<share_acknowledge::ShareAcknowledgeResponse>(reader, version)
        }
        ApiKey::AddRaftVoter => {
            decode_and_drop::<add_raft_voter::AddRaftVoterResponse>(reader, version)
        }
        ApiKey::RemoveRaftVoter => {
            decode_and_drop::<remove_raft_voter::RemoveRaftVoterResponse>(reader, version)
        }
        ApiKey::InitializeShareGroupState => decode_and_drop::<
            initialize_share_group_state::InitializeShareGroupStateResponse,
        >(reader, version),
        ApiKey::ReadShareGroupState => {
            decode_and_drop::<read_share_group_state::ReadShareGroupStateResponse>(reader, version)
        }
        ApiKey::WriteShareGroupState => decode_and_drop::<
            write_share_group_state::WriteShareGroupStateResponse,
        >(reader, version),
        ApiKey::DeleteShareGroupState => decode_and_drop::<
            delete_share_group_state::DeleteShareGroupStateResponse,
        >(reader, version),
        ApiKey::ReadShareGroupStateSummary => decode_and_drop::<
            read_share_group_state_summary::ReadShareGroupStateSummaryResponse,
        >(reader, version),
        ApiKey::StreamsGroupHeartbeat => decode_and_drop::<
            streams_group_heartbeat::StreamsGroupHeartbeatResponse,
        >(reader, version),
        ApiKey::StreamsGroupDescribe => {
            decode_and_drop::<streams_group_describe::StreamsGroupDescribeResponse>(reader, version)
        }
        ApiKey::DescribeShareGroupOffsets => decode_and_drop::<
            describe_share_group_offsets::DescribeShareGroupOffsetsResponse,
        >(reader, version),
        ApiKey::AlterShareGroupOffsets => decode_and_drop::<
            alter_share_group_offsets::AlterShareGroupOffsetsResponse,
        >(reader, version),
        ApiKey::DeleteShareGroupOffsets => decode_and_drop::<
            delete_share_group_offsets::DeleteShareGroupOffsetsResponse,
        >(reader, version),
    }
}

fn decode_and_drop<M: Message>(reader: &mut Reader, version: i16) -> Result<(), DecodeError> {
    M::decode(reader, version)?;
    reader.finish()
}

/// Calls `$visit!(Key, request type, response type)` for every API.
#[cfg(test)]
macro_rules! for_every_api {
    ($visit:ident) => {
        $visit!(
            Produce,
            crate::messages::produce::ProduceRequest,
            crate::messages::produce::ProduceResponse
        );
        $visit!(
            Fetch,
            crate::messages::fetch::FetchRequest,
            crate::messages::fetch::FetchResponse
        );
        $visit!(
            ListOffsets,
            crate::messages::list_offsets::ListOffsetsRequest,
            crate::messages::list_offsets::ListOffsetsResponse
        );
        $visit!(
            Metadata,
            crate::messages::metadata::MetadataRequest,
            crate::messages::metadata::MetadataResponse
        );
        $visit!(
            OffsetCommit,
            crate::messages::offset_commit::OffsetCommitRequest,
            crate::messages::offset_commit::OffsetCommitResponse
        );
        $visit!(
            OffsetFetch,
            crate::messages::offset_fetch::OffsetFetchRequest,
            crate::messages::offset_fetch::OffsetFetchResponse
        );
        $visit!(
            FindCoordinator,
            crate::messages::find_coordinator::FindCoordinatorRequest,
            crate::messages::find_coordinator::FindCoordinatorResponse
        );
        $visit!(
            JoinGroup,
            crate::messages::join_group::JoinGroupRequest,
            crate::messages::join_group::JoinGroupResponse
        );
        $visit!(
            Heartbeat,
            crate::messages::heartbeat::HeartbeatRequest,
            crate::messages::heartbeat::HeartbeatResponse
        );
        $visit!(
            LeaveGroup,
            crate::messages::leave_group::LeaveGroupRequest,
            crate::messages::leave_group::LeaveGroupResponse
        );
        $visit!(
            SyncGroup,
            crate::messages::sync_group::SyncGroupRequest,
            crate::messages::sync_group::SyncGroupResponse
        );
        $visit!(
            DescribeGroups,
            crate::messages::describe_groups::DescribeGroupsRequest,
            crate::messages::describe_groups::DescribeGroupsResponse
        );
        $visit!(
            ListGroups,
            crate::messages::list_groups::ListGroupsRequest,
            crate::messages::list_groups::ListGroupsResponse
        );
        $visit!(
            SaslHandshake,
            crate::messages::sasl_handshake::SaslHandshakeRequest,
            crate::messages::sasl_handshake::SaslHandshakeResponse
        );
        $visit!(
            ApiVersions,
            crate::messages::api_versions::ApiVersionsRequest,
            crate::messages::api_versions::ApiVersionsResponse
        );
        $visit!(
            CreateTopics,
            crate::messages::create_topics::CreateTopicsRequest,
            crate::messages::create_topics::CreateTopicsResponse
        );
        $visit!(
            DeleteTopics,
            crate::messages::delete_topics::DeleteTopicsRequest,
            crate::messages::delete_topics::DeleteTopicsResponse
        );
        $visit!(
            DeleteRecords,
            crate::messages::delete_records::DeleteRecordsRequest,
            crate::messages::delete_records::DeleteRecordsResponse
        );
        $visit!(
            InitProducerId,
            crate::messages::init_producer_id::InitProducerIdRequest,
            crate::messages::init_producer_id::InitProducerIdResponse
        );
        $visit!(
            OffsetForLeaderEpoch,
            crate::messages::offset_for_leader_epoch::OffsetForLeaderEpochRequest,
            crate::messages::offset_for_leader_epoch::OffsetForLeaderEpochResponse
        );
        $visit!(
            AddPartitionsToTxn,
            crate::messages::add_partitions_to_txn::AddPartitionsToTxnRequest,
            crate::messages::add_partitions_to_txn::AddPartitionsToTxnResponse
        );
        $visit!(
            AddOffsetsToTxn,
            crate::messages::add_offsets_to_txn::AddOffsetsToTxnRequest,
            crate::messages::add_offsets_to_txn::AddOffsetsToTxnResponse
        );
        $visit!(
            EndTxn,
            crate::messages::end_txn::EndTxnRequest,
            crate::messages::end_txn::EndTxnResponse
        );
        $visit!(
            WriteTxnMarkers,
            crate::messages::write_txn_markers::WriteTxnMarkersRequest,
            crate::messages::write_txn_markers::WriteTxnMarkersResponse
        );
        $visit!(
            TxnOffsetCommit,
            crate::messages::txn_offset_commit::TxnOffsetCommitRequest,
            crate::messages::txn_offset_commit::TxnOffsetCommitResponse
        );
        $visit!(
            DescribeAcls,
            crate::messages::describe_acls::DescribeAclsRequest,
            crate::messages::describe_acls::DescribeAclsResponse
        );
        $visit!(
            CreateAcls,
            crate::messages::create_acls::CreateAclsRequest,
            crate::messages::create_acls::CreateAclsResponse
        );
        $visit!(
            DeleteAcls,
            crate::messages::delete_acls::DeleteAclsRequest,
            crate::messages::delete_acls::DeleteAclsResponse
        );
        $visit!(
            DescribeConfigs,
            crate::messages::describe_configs::DescribeConfigsRequest,
            crate::messages::describe_configs::DescribeConfigsResponse
        );
        $visit!(
            AlterConfigs,
            crate::messages::alter_configs::AlterConfigsRequest,
            crate::messages::alter_configs::AlterConfigsResponse
        );
        $visit!(
            AlterReplicaLogDirs,
            crate::messages::alter_replica_log_dirs::AlterReplicaLogDirsRequest,
            crate::messages::alter_replica_log_dirs::AlterReplicaLogDirsResponse
        );
        $visit!(
            DescribeLogDirs,
            crate::messages::describe_log_dirs::DescribeLogDirsRequest,
            crate::messages::describe_log_dirs::DescribeLogDirsResponse
        );
        $visit!(
            SaslAuthenticate,
            crate::messages::sasl_authenticate::SaslAuthenticateRequest,
            crate::messages::sasl_authenticate::SaslAuthenticateResponse
        );
        $visit!(
            CreatePartitions,
            crate::messages::create_partitions::CreatePartitionsRequest,
            crate::messages::create_partitions::CreatePartitionsResponse
        );
        $visit!(
            CreateDelegationToken,
            crate::messages::create_delegation_token::CreateDelegationTokenRequest,
            crate::messages::create_delegation_token::CreateDelegationTokenResponse
        );
        $visit!(
            RenewDelegationToken,
            crate::messages::renew_delegation_token::RenewDelegationTokenRequest,
            crate::messages::renew_delegation_token::RenewDelegationTokenResponse
        );
        $visit!(
            ExpireDelegationToken,
            crate::messages::expire_delegation_token::ExpireDelegationTokenRequest,
            crate::messages::expire_delegation_token::ExpireDelegationTokenResponse
        );
        $visit!(
            DescribeDelegationToken,
            crate::messages::describe_delegation_token::DescribeDelegationTokenRequest,
            crate::messages::describe_delegation_token::DescribeDelegationTokenResponse
        );
        $visit!(
            DeleteGroups,
            crate::messages::delete_groups::DeleteGroupsRequest,
            crate::messages::delete_groups::DeleteGroupsResponse
        );
        $visit!(
            ElectLeaders,
            crate::messages::elect_leaders::ElectLeadersRequest,
            crate::messages::elect_leaders::ElectLeadersResponse
        );
        $visit!(
            IncrementalAlterConfigs,
            crate::messages::incremental_alter_configs::IncrementalAlterConfigsRequest,
            crate::messages::incremental_alter_configs::IncrementalAlterConfigsResponse
        );
        $visit!(
            AlterPartitionReassignments,
            crate::messages::alter_partition_reassignments::AlterPartitionReassignmentsRequest,
            crate::messages::alter_partition_reassignments::AlterPartitionReassignmentsResponse
        );
        $visit!(
            ListPartitionReassignments,
            crate::messages::list_partition_reassignments::ListPartitionReassignmentsRequest,
            crate::messages::list_partition_reassignments::ListPartitionReassignmentsResponse
        );
        $visit!(
            OffsetDelete,
            crate::messages::offset_delete::OffsetDeleteRequest,
            crate::messages::offset_delete::OffsetDeleteResponse
        );
        $visit!(
            DescribeClientQuotas,
            crate::messages::describe_client_quotas::DescribeClientQuotasRequest,
            crate::messages::describe_client_quotas::DescribeClientQuotasResponse
        );
        $visit!(
            AlterClientQuotas,
            crate::messages::alter_client_quotas::AlterClientQuotasRequest,
            crate::messages::alter_client_quotas::AlterClientQuotasResponse
        );
        $visit!(
            DescribeUserScramCredentials,
            crate::messages::describe_user_scram_credentials::DescribeUserScramCredentialsRequest,
            crate::messages::describe_user_scram_credentials::DescribeUserScramCredentialsResponse
        );
        $visit!(
            AlterUserScramCredentials,
            crate::messages::alter_user_scram_credentials::AlterUserScramCredentialsRequest,
            crate::messages::alter_user_scram_credentials::AlterUserScramCredentialsResponse
        );
        $visit!(
            DescribeQuorum,
            crate::messages::describe_quorum::DescribeQuorumRequest,
            crate::messages::describe_quorum::DescribeQuorumResponse
        );
        $visit!(
            UpdateFeatures,
            crate::messages::update_features::UpdateFeaturesRequest,
            crate::messages::update_features::UpdateFeaturesResponse
        );
        $visit!(
            DescribeCluster,
            crate::messages::describe_cluster::DescribeClusterRequest,
            crate::messages::describe_cluster::DescribeClusterResponse
        );
        $visit!(
            DescribeProducers,
            crate::messages::describe_producers::DescribeProducersRequest,
            crate::messages::describe_producers::DescribeProducersResponse
        );
        $visit!(
            UnregisterBroker,
            crate::messages::unregister_broker::UnregisterBrokerRequest,
            crate::messages::unregister_broker::UnregisterBrokerResponse
        );
        $visit!(
            DescribeTransactions,
            crate::messages::describe_transactions::DescribeTransactionsRequest,
            crate::messages::describe_transactions::DescribeTransactionsResponse
        );
        $visit!(
            ListTransactions,
            crate::messages::list_transactions::ListTransactionsRequest,
            crate::messages::list_transactions::ListTransactionsResponse
        );
        $visit!(
            ConsumerGroupHeartbeat,
            crate::messages::consumer_group_heartbeat::ConsumerGroupHeartbeatRequest,
            crate::messages::consumer_group_heartbeat::ConsumerGroupHeartbeatResponse
        );
        $visit!(
            ConsumerGroupDescribe,
            crate::messages::consumer_group_describe::ConsumerGroupDescribeRequest,
            crate::messages::consumer_group_describe::ConsumerGroupDescribeResponse
        );
        $visit!(
            GetTelemetrySubscriptions,
            crate::messages::get_telemetry_subscriptions::GetTelemetrySubscriptionsRequest,
            crate::messages::get_telemetry_subscriptions::GetTelemetrySubscriptionsResponse
        );
        $visit!(
            PushTelemetry,
            crate::messages::push_telemetry::PushTelemetryRequest,
            crate::messages::push_telemetry::PushTelemetryResponse
        );
        $visit!(
            ListConfigResources,
            crate::messages::list_config_resources::ListConfigResourcesRequest,
            crate::messages::list_config_resources::ListConfigResourcesResponse
        );
        $visit!(
            DescribeTopicPartitions,
            crate::messages::describe_topic_partitions::DescribeTopicPartitionsRequest,
            crate::messages::describe_topic_partitions::DescribeTopicPartitionsResponse
        );
        $visit!(
            ShareGroupHeartbeat,
            crate::messages::share_group_heartbeat::ShareGroupHeartbeatRequest,
            crate::messages::share_group_heartbeat::ShareGroupHeartbeatResponse
        );
        $visit!(
            ShareGroupDescribe,
            crate::messages::share_group_describe::ShareGroupDescribeRequest,
            crate::messages::share_group_describe::ShareGroupDescribeResponse
        );
        $visit!(
            ShareFetch,
            crate::messages::share_fetch::ShareFetchRequest,
            crate::messages::share_fetch::ShareFetchResponse
        );
        $visit!(
            ShareAcknowledge,
            crate::messages::share_acknowledge::ShareAcknowledgeRequest,
            crate::messages::share_acknowledge::ShareAcknowledgeResponse
        );
        $visit!(
            AddRaftVoter,
            crate::messages::add_raft_voter::AddRaftVoterRequest,
            crate::messages::add_raft_voter::AddRaftVoterResponse
        );
        $visit!(
            RemoveRaftVoter,
            crate::messages::remove_raft_voter::RemoveRaftVoterRequest,
            crate::messages::remove_raft_voter::RemoveRaftVoterResponse
        );
        $visit!(
            InitializeShareGroupState,
            crate::messages::initialize_share_group_state::InitializeShareGroupStateRequest,
            crate::messages::initialize_share_group_state::InitializeShareGroupStateResponse
        );
        $visit!(
            ReadShareGroupState,
            crate::messages::read_share_group_state::ReadShareGroupStateRequest,
            crate::messages::read_share_group_state::ReadShareGroupStateResponse
        );
        $visit!(
            WriteShareGroupState,
            crate::messages::write_share_group_state::WriteShareGroupStateRequest,
            crate::messages::write_share_group_state::WriteShareGroupStateResponse
        );
        $visit!(
            DeleteShareGroupState,
            crate::messages::delete_share_group_state::DeleteShareGroupStateRequest,
            crate::messages::delete_share_group_state::DeleteShareGroupStateResponse
        );
        $visit!(
            ReadShareGroupStateSummary,
            crate::messages::read_share_group_state_summary::ReadShareGroupStateSummaryRequest,
            crate::messages::read_share_group_state_summary::ReadShareGroupStateSummaryResponse
        );
        $visit!(
            StreamsGroupHeartbeat,
            crate::messages::streams_group_heartbeat::StreamsGroupHeartbeatRequest,
            crate::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponse
        );
        $visit!(
            StreamsGroupDescribe,
            crate::messages::streams_group_describe::StreamsGroupDescribeRequest,
            crate::messages::streams_group_describe::StreamsGroupDescribeResponse
        );
        $visit!(
            DescribeShareGroupOffsets,
            crate::messages::describe_share_group_offsets::DescribeShareGroupOffsetsRequest,
            crate::messages::describe_share_group_offsets::DescribeShareGroupOffsetsResponse
        );
        $visit!(
            AlterShareGroupOffsets,
            crate::messages::alter_share_group_offsets::AlterShareGroupOffsetsRequest,
            crate::messages::alter_share_group_offsets::AlterShareGroupOffsetsResponse
        );
        $visit!(
            DeleteShareGroupOffsets,
            crate::messages::delete_share_group_offsets::DeleteShareGroupOffsetsRequest,
            crate::messages::delete_share_group_offsets::DeleteShareGroupOffsetsResponse
        );
    };
}
#[cfg(test)]
pub(crate) use for_every_api;
