//! The keys and versions of the APIs that a broker serves, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

/// An API that a broker serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ApiKey {
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    OffsetCommit = 8,
    OffsetFetch = 9,
    FindCoordinator = 10,
    JoinGroup = 11,
    Heartbeat = 12,
    LeaveGroup = 13,
    SyncGroup = 14,
    DescribeGroups = 15,
    ListGroups = 16,
    SaslHandshake = 17,
    ApiVersions = 18,
    CreateTopics = 19,
    DeleteTopics = 20,
    DeleteRecords = 21,
    InitProducerId = 22,
    OffsetForLeaderEpoch = 23,
    AddPartitionsToTxn = 24,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    WriteTxnMarkers = 27,
    TxnOffsetCommit = 28,
    DescribeAcls = 29,
    CreateAcls = 30,
    DeleteAcls = 31,
    DescribeConfigs = 32,
    AlterConfigs = 33,
    AlterReplicaLogDirs = 34,
    DescribeLogDirs = 35,
    SaslAuthenticate = 36,
    CreatePartitions = 37,
    CreateDelegationToken = 38,
    RenewDelegationToken = 39,
    ExpireDelegationToken = 40,
    DescribeDelegationToken = 41,
    DeleteGroups = 42,
    ElectLeaders = 43,
    IncrementalAlterConfigs = 44,
    AlterPartitionReassignments = 45,
    ListPartitionReassignments = 46,
    OffsetDelete = 47,
    DescribeClientQuotas = 48,
    AlterClientQuotas = 49,
    DescribeUserScramCredentials = 50,
    AlterUserScramCredentials = 51,
    DescribeQuorum = 55,
    UpdateFeatures = 57,
    DescribeCluster = 60,
    DescribeProducers = 61,
    UnregisterBroker = 64,
    DescribeTransactions = 65,
    ListTransactions = 66,
    ConsumerGroupHeartbeat = 68,
    ConsumerGroupDescribe = 69,
    GetTelemetrySubscriptions = 71,
    PushTelemetry = 72,
    ListConfigResources = 74,
    DescribeTopicPartitions = 75,
    ShareGroupHeartbeat = 76,
    ShareGroupDescribe = 77,
    ShareFetch = 78,
    ShareAcknowledge = 79,
    AddRaftVoter = 80,
    RemoveRaftVoter = 81,
    InitializeShareGroupState = 83,
    ReadShareGroupState = 84,
    WriteShareGroupState = 85,
    DeleteShareGroupState = 86,
    ReadShareGroupStateSummary = 87,
    StreamsGroupHeartbeat = 88,
    StreamsGroupDescribe = 89,
    DescribeShareGroupOffsets = 90,
    AlterShareGroupOffsets = 91,
    DeleteShareGroupOffsets = 92,
}

impl ApiKey {
    /// All of them, in the order of their keys.
    pub const ALL: &'static [Self] = &[
        Self::Produce,
        Self::Fetch,
        Self::ListOffsets,
        Self::Metadata,
        Self::OffsetCommit,
        Self::OffsetFetch,
        Self::FindCoordinator,
        Self::JoinGroup,
        Self::Heartbeat,
        Self::LeaveGroup,
        Self::SyncGroup,
        Self::DescribeGroups,
        Self::ListGroups,
        Self::SaslHandshake,
        Self::ApiVersions,
        Self::CreateTopics,
        Self::DeleteTopics,
        Self::DeleteRecords,
        Self::InitProducerId,
        Self::OffsetForLeaderEpoch,
        Self::AddPartitionsToTxn,
        Self::AddOffsetsToTxn,
        Self::EndTxn,
        Self::WriteTxnMarkers,
        Self::TxnOffsetCommit,
        Self::DescribeAcls,
        Self::CreateAcls,
        Self::DeleteAcls,
        Self::DescribeConfigs,
        Self::AlterConfigs,
        Self::AlterReplicaLogDirs,
        Self::DescribeLogDirs,
        Self::SaslAuthenticate,
        Self::CreatePartitions,
        Self::CreateDelegationToken,
        Self::RenewDelegationToken,
        Self::ExpireDelegationToken,
        Self::DescribeDelegationToken,
        Self::DeleteGroups,
        Self::ElectLeaders,
        Self::IncrementalAlterConfigs,
        Self::AlterPartitionReassignments,
        Self::ListPartitionReassignments,
        Self::OffsetDelete,
        Self::DescribeClientQuotas,
        Self::AlterClientQuotas,
        Self::DescribeUserScramCredentials,
        Self::AlterUserScramCredentials,
        Self::DescribeQuorum,
        Self::UpdateFeatures,
        Self::DescribeCluster,
        Self::DescribeProducers,
        Self::UnregisterBroker,
        Self::DescribeTransactions,
        Self::ListTransactions,
        Self::ConsumerGroupHeartbeat,
        Self::ConsumerGroupDescribe,
        Self::GetTelemetrySubscriptions,
        Self::PushTelemetry,
        Self::ListConfigResources,
        Self::DescribeTopicPartitions,
        Self::ShareGroupHeartbeat,
        Self::ShareGroupDescribe,
        Self::ShareFetch,
        Self::ShareAcknowledge,
        Self::AddRaftVoter,
        Self::RemoveRaftVoter,
        Self::InitializeShareGroupState,
        Self::ReadShareGroupState,
        Self::WriteShareGroupState,
        Self::DeleteShareGroupState,
        Self::ReadShareGroupStateSummary,
        Self::StreamsGroupHeartbeat,
        Self::StreamsGroupDescribe,
        Self::DescribeShareGroupOffsets,
        Self::AlterShareGroupOffsets,
        Self::DeleteShareGroupOffsets,
    ];

    pub(crate) fn of_number(number: i16) -> Option<Self> {
        Some(match number {
            0 => Self::Produce,
            1 => Self::Fetch,
            2 => Self::ListOffsets,
            3 => Self::Metadata,
            8 => Self::OffsetCommit,
            9 => Self::OffsetFetch,
            10 => Self::FindCoordinator,
            11 => Self::JoinGroup,
            12 => Self::Heartbeat,
            13 => Self::LeaveGroup,
            14 => Self::SyncGroup,
            15 => Self::DescribeGroups,
            16 => Self::ListGroups,
            17 => Self::SaslHandshake,
            18 => Self::ApiVersions,
            19 => Self::CreateTopics,
            20 => Self::DeleteTopics,
            21 => Self::DeleteRecords,
            22 => Self::InitProducerId,
            23 => Self::OffsetForLeaderEpoch,
            24 => Self::AddPartitionsToTxn,
            25 => Self::AddOffsetsToTxn,
            26 => Self::EndTxn,
            27 => Self::WriteTxnMarkers,
            28 => Self::TxnOffsetCommit,
            29 => Self::DescribeAcls,
            30 => Self::CreateAcls,
            31 => Self::DeleteAcls,
            32 => Self::DescribeConfigs,
            33 => Self::AlterConfigs,
            34 => Self::AlterReplicaLogDirs,
            35 => Self::DescribeLogDirs,
            36 => Self::SaslAuthenticate,
            37 => Self::CreatePartitions,
            38 => Self::CreateDelegationToken,
            39 => Self::RenewDelegationToken,
            40 => Self::ExpireDelegationToken,
            41 => Self::DescribeDelegationToken,
            42 => Self::DeleteGroups,
            43 => Self::ElectLeaders,
            44 => Self::IncrementalAlterConfigs,
            45 => Self::AlterPartitionReassignments,
            46 => Self::ListPartitionReassignments,
            47 => Self::OffsetDelete,
            48 => Self::DescribeClientQuotas,
            49 => Self::AlterClientQuotas,
            50 => Self::DescribeUserScramCredentials,
            51 => Self::AlterUserScramCredentials,
            55 => Self::DescribeQuorum,
            57 => Self::UpdateFeatures,
            60 => Self::DescribeCluster,
            61 => Self::DescribeProducers,
            64 => Self::UnregisterBroker,
            65 => Self::DescribeTransactions,
            66 => Self::ListTransactions,
            68 => Self::ConsumerGroupHeartbeat,
            69 => Self::ConsumerGroupDescribe,
            71 => Self::GetTelemetrySubscriptions,
            72 => Self::PushTelemetry,
            74 => Self::ListConfigResources,
            75 => Self::DescribeTopicPartitions,
            76 => Self::ShareGroupHeartbeat,
            77 => Self::ShareGroupDescribe,
            78 => Self::ShareFetch,
            79 => Self::ShareAcknowledge,
            80 => Self::AddRaftVoter,
            81 => Self::RemoveRaftVoter,
            83 => Self::InitializeShareGroupState,
            84 => Self::ReadShareGroupState,
            85 => Self::WriteShareGroupState,
            86 => Self::DeleteShareGroupState,
            87 => Self::ReadShareGroupStateSummary,
            88 => Self::StreamsGroupHeartbeat,
            89 => Self::StreamsGroupDescribe,
            90 => Self::DescribeShareGroupOffsets,
            91 => Self::AlterShareGroupOffsets,
            92 => Self::DeleteShareGroupOffsets,
            _ => return None,
        })
    }

    /// The name in Kafka's protocol, such as `Fetch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Produce => "Produce",
            Self::Fetch => "Fetch",
            Self::ListOffsets => "ListOffsets",
            Self::Metadata => "Metadata",
            Self::OffsetCommit => "OffsetCommit",
            Self::OffsetFetch => "OffsetFetch",
            Self::FindCoordinator => "FindCoordinator",
            Self::JoinGroup => "JoinGroup",
            Self::Heartbeat => "Heartbeat",
            Self::LeaveGroup => "LeaveGroup",
            Self::SyncGroup => "SyncGroup",
            Self::DescribeGroups => "DescribeGroups",
            Self::ListGroups => "ListGroups",
            Self::SaslHandshake => "SaslHandshake",
            Self::ApiVersions => "ApiVersions",
            Self::CreateTopics => "CreateTopics",
            Self::DeleteTopics => "DeleteTopics",
            Self::DeleteRecords => "DeleteRecords",
            Self::InitProducerId => "InitProducerId",
            Self::OffsetForLeaderEpoch => "OffsetForLeaderEpoch",
            Self::AddPartitionsToTxn => "AddPartitionsToTxn",
            Self::AddOffsetsToTxn => "AddOffsetsToTxn",
            Self::EndTxn => "EndTxn",
            Self::WriteTxnMarkers => "WriteTxnMarkers",
            Self::TxnOffsetCommit => "TxnOffsetCommit",
            Self::DescribeAcls => "DescribeAcls",
            Self::CreateAcls => "CreateAcls",
            Self::DeleteAcls => "DeleteAcls",
            Self::DescribeConfigs => "DescribeConfigs",
            Self::AlterConfigs => "AlterConfigs",
            Self::AlterReplicaLogDirs => "AlterReplicaLogDirs",
            Self::DescribeLogDirs => "DescribeLogDirs",
            Self::SaslAuthenticate => "SaslAuthenticate",
            Self::CreatePartitions => "CreatePartitions",
            Self::CreateDelegationToken => "CreateDelegationToken",
            Self::RenewDelegationToken => "RenewDelegationToken",
            Self::ExpireDelegationToken => "ExpireDelegationToken",
            Self::DescribeDelegationToken => "DescribeDelegationToken",
            Self::DeleteGroups => "DeleteGroups",
            Self::ElectLeaders => "ElectLeaders",
            Self::IncrementalAlterConfigs => "IncrementalAlterConfigs",
            Self::AlterPartitionReassignments => "AlterPartitionReassignments",
            Self::ListPartitionReassignments => "ListPartitionReassignments",
            Self::OffsetDelete => "OffsetDelete",
            Self::DescribeClientQuotas => "DescribeClientQuotas",
            Self::AlterClientQuotas => "AlterClientQuotas",
            Self::DescribeUserScramCredentials => "DescribeUserScramCredentials",
            Self::AlterUserScramCredentials => "AlterUserScramCredentials",
            Self::DescribeQuorum => "DescribeQuorum",
            Self::UpdateFeatures => "UpdateFeatures",
            Self::DescribeCluster => "DescribeCluster",
            Self::DescribeProducers => "DescribeProducers",
            Self::UnregisterBroker => "UnregisterBroker",
            Self::DescribeTransactions => "DescribeTransactions",
            Self::ListTransactions => "ListTransactions",
            Self::ConsumerGroupHeartbeat => "ConsumerGroupHeartbeat",
            Self::ConsumerGroupDescribe => "ConsumerGroupDescribe",
            Self::GetTelemetrySubscriptions => "GetTelemetrySubscriptions",
            Self::PushTelemetry => "PushTelemetry",
            Self::ListConfigResources => "ListConfigResources",
            Self::DescribeTopicPartitions => "DescribeTopicPartitions",
            Self::ShareGroupHeartbeat => "ShareGroupHeartbeat",
            Self::ShareGroupDescribe => "ShareGroupDescribe",
            Self::ShareFetch => "ShareFetch",
            Self::ShareAcknowledge => "ShareAcknowledge",
            Self::AddRaftVoter => "AddRaftVoter",
            Self::RemoveRaftVoter => "RemoveRaftVoter",
            Self::InitializeShareGroupState => "InitializeShareGroupState",
            Self::ReadShareGroupState => "ReadShareGroupState",
            Self::WriteShareGroupState => "WriteShareGroupState",
            Self::DeleteShareGroupState => "DeleteShareGroupState",
            Self::ReadShareGroupStateSummary => "ReadShareGroupStateSummary",
            Self::StreamsGroupHeartbeat => "StreamsGroupHeartbeat",
            Self::StreamsGroupDescribe => "StreamsGroupDescribe",
            Self::DescribeShareGroupOffsets => "DescribeShareGroupOffsets",
            Self::AlterShareGroupOffsets => "AlterShareGroupOffsets",
            Self::DeleteShareGroupOffsets => "DeleteShareGroupOffsets",
        }
    }

    /// The lowest version that Kafka 4.2 serves.
    pub const fn min_version(self) -> i16 {
        match self {
            Self::Produce => 3,
            Self::Fetch => 4,
            Self::ListOffsets
            | Self::OffsetFetch
            | Self::DeleteTopics
            | Self::WriteTxnMarkers
            | Self::DescribeAcls
            | Self::CreateAcls
            | Self::DeleteAcls
            | Self::DescribeConfigs
            | Self::AlterReplicaLogDirs
            | Self::DescribeLogDirs
            | Self::CreateDelegationToken
            | Self::RenewDelegationToken
            | Self::ExpireDelegationToken
            | Self::DescribeDelegationToken
            | Self::ShareGroupHeartbeat
            | Self::ShareGroupDescribe
            | Self::ShareFetch
            | Self::ShareAcknowledge => 1,
            Self::Metadata
            | Self::FindCoordinator
            | Self::JoinGroup
            | Self::Heartbeat
            | Self::LeaveGroup
            | Self::SyncGroup
            | Self::DescribeGroups
            | Self::ListGroups
            | Self::SaslHandshake
            | Self::ApiVersions
            | Self::DeleteRecords
            | Self::InitProducerId
            | Self::AddPartitionsToTxn
            | Self::AddOffsetsToTxn
            | Self::EndTxn
            | Self::TxnOffsetCommit
            | Self::AlterConfigs
            | Self::SaslAuthenticate
            | Self::CreatePartitions
            | Self::DeleteGroups
            | Self::ElectLeaders
            | Self::IncrementalAlterConfigs
            | Self::AlterPartitionReassignments
            | Self::ListPartitionReassignments
            | Self::OffsetDelete
            | Self::DescribeClientQuotas
            | Self::AlterClientQuotas
            | Self::DescribeUserScramCredentials
            | Self::AlterUserScramCredentials
            | Self::DescribeQuorum
            | Self::UpdateFeatures
            | Self::DescribeCluster
            | Self::DescribeProducers
            | Self::UnregisterBroker
            | Self::DescribeTransactions
            | Self::ListTransactions
            | Self::ConsumerGroupHeartbeat
            | Self::ConsumerGroupDescribe
            | Self::GetTelemetrySubscriptions
            | Self::PushTelemetry
            | Self::ListConfigResources
            | Self::DescribeTopicPartitions
            | Self::AddRaftVoter
            | Self::RemoveRaftVoter
            | Self::InitializeShareGroupState
            | Self::ReadShareGroupState
            | Self::WriteShareGroupState
            | Self::DeleteShareGroupState
            | Self::ReadShareGroupStateSummary
            | Self::StreamsGroupHeartbeat
            | Self::StreamsGroupDescribe
            | Self::DescribeShareGroupOffsets
            | Self::AlterShareGroupOffsets
            | Self::DeleteShareGroupOffsets => 0,
            Self::OffsetCommit | Self::CreateTopics | Self::OffsetForLeaderEpoch => 2,
        }
    }

    /// The highest version that Kafka 4.2 serves.
    pub const fn max_version(self) -> i16 {
        match self {
            Self::Produce | Self::Metadata => 13,
            Self::Fetch => 18,
            Self::ListOffsets => 11,
            Self::OffsetCommit | Self::OffsetFetch => 10,
            Self::FindCoordinator | Self::DescribeGroups | Self::DeleteTopics => 6,
            Self::JoinGroup => 9,
            Self::Heartbeat
            | Self::ApiVersions
            | Self::OffsetForLeaderEpoch
            | Self::AddOffsetsToTxn
            | Self::DescribeConfigs
            | Self::DescribeLogDirs => 4,
            Self::LeaveGroup
            | Self::SyncGroup
            | Self::ListGroups
            | Self::InitProducerId
            | Self::AddPartitionsToTxn
            | Self::EndTxn
            | Self::TxnOffsetCommit => 5,
            Self::SaslHandshake
            | Self::IncrementalAlterConfigs
            | Self::AlterPartitionReassignments
            | Self::DescribeClientQuotas
            | Self::AlterClientQuotas
            | Self::ConsumerGroupHeartbeat
            | Self::ConsumerGroupDescribe
            | Self::ListConfigResources
            | Self::ShareGroupHeartbeat
            | Self::ShareGroupDescribe
            | Self::AddRaftVoter
            | Self::WriteShareGroupState
            | Self::ReadShareGroupStateSummary
            | Self::DescribeShareGroupOffsets => 1,
            Self::CreateTopics => 7,
            Self::DeleteRecords
            | Self::WriteTxnMarkers
            | Self::AlterConfigs
            | Self::AlterReplicaLogDirs
            | Self::SaslAuthenticate
            | Self::RenewDelegationToken
            | Self::ExpireDelegationToken
            | Self::DeleteGroups
            | Self::ElectLeaders
            | Self::DescribeQuorum
            | Self::UpdateFeatures
            | Self::DescribeCluster
            | Self::ListTransactions
            | Self::ShareFetch
            | Self::ShareAcknowledge => 2,
            Self::DescribeAcls
            | Self::CreateAcls
            | Self::DeleteAcls
            | Self::CreatePartitions
            | Self::CreateDelegationToken
            | Self::DescribeDelegationToken => 3,
            Self::ListPartitionReassignments
            | Self::OffsetDelete
            | Self::DescribeUserScramCredentials
            | Self::AlterUserScramCredentials
            | Self::DescribeProducers
            | Self::UnregisterBroker
            | Self::DescribeTransactions
            | Self::GetTelemetrySubscriptions
            | Self::PushTelemetry
            | Self::DescribeTopicPartitions
            | Self::RemoveRaftVoter
            | Self::InitializeShareGroupState
            | Self::ReadShareGroupState
            | Self::DeleteShareGroupState
            | Self::StreamsGroupHeartbeat
            | Self::StreamsGroupDescribe
            | Self::AlterShareGroupOffsets
            | Self::DeleteShareGroupOffsets => 0,
        }
    }

    /// The first version with compact lengths and tagged fields, if any has them.
    pub const fn first_flexible_version(self) -> Option<i16> {
        match self {
            Self::Produce | Self::Metadata => Some(9),
            Self::Fetch => Some(12),
            Self::ListOffsets | Self::OffsetFetch | Self::JoinGroup => Some(6),
            Self::OffsetCommit => Some(8),
            Self::FindCoordinator
            | Self::ListGroups
            | Self::ApiVersions
            | Self::AddPartitionsToTxn
            | Self::AddOffsetsToTxn
            | Self::EndTxn
            | Self::TxnOffsetCommit => Some(3),
            Self::Heartbeat
            | Self::LeaveGroup
            | Self::SyncGroup
            | Self::DeleteTopics
            | Self::OffsetForLeaderEpoch
            | Self::DescribeConfigs => Some(4),
            Self::DescribeGroups | Self::CreateTopics => Some(5),
            Self::SaslHandshake | Self::OffsetDelete => None,
            Self::DeleteRecords
            | Self::InitProducerId
            | Self::DescribeAcls
            | Self::CreateAcls
            | Self::DeleteAcls
            | Self::AlterConfigs
            | Self::AlterReplicaLogDirs
            | Self::DescribeLogDirs
            | Self::SaslAuthenticate
            | Self::CreatePartitions
            | Self::CreateDelegationToken
            | Self::RenewDelegationToken
            | Self::ExpireDelegationToken
            | Self::DescribeDelegationToken
            | Self::DeleteGroups
            | Self::ElectLeaders => Some(2),
            Self::WriteTxnMarkers
            | Self::IncrementalAlterConfigs
            | Self::DescribeClientQuotas
            | Self::AlterClientQuotas
            | Self::ShareGroupHeartbeat
            | Self::ShareGroupDescribe
            | Self::ShareFetch
            | Self::ShareAcknowledge => Some(1),
            Self::AlterPartitionReassignments
            | Self::ListPartitionReassignments
            | Self::DescribeUserScramCredentials
            | Self::AlterUserScramCredentials
            | Self::DescribeQuorum
            | Self::UpdateFeatures
            | Self::DescribeCluster
            | Self::DescribeProducers
            | Self::UnregisterBroker
            | Self::DescribeTransactions
            | Self::ListTransactions
            | Self::ConsumerGroupHeartbeat
            | Self::ConsumerGroupDescribe
            | Self::GetTelemetrySubscriptions
            | Self::PushTelemetry
            | Self::ListConfigResources
            | Self::DescribeTopicPartitions
            | Self::AddRaftVoter
            | Self::RemoveRaftVoter
            | Self::InitializeShareGroupState
            | Self::ReadShareGroupState
            | Self::WriteShareGroupState
            | Self::DeleteShareGroupState
            | Self::ReadShareGroupStateSummary
            | Self::StreamsGroupHeartbeat
            | Self::StreamsGroupDescribe
            | Self::DescribeShareGroupOffsets
            | Self::AlterShareGroupOffsets
            | Self::DeleteShareGroupOffsets => Some(0),
        }
    }
}
