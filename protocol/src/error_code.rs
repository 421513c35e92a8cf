//! Kafka's error codes, as Apache Kafka 4.2's `org.apache.kafka.common.protocol.Errors` numbers them; pure.
//!
//! Invariant: a code that Kafka 4.2 does not have is no `ErrorCode`. Retriable is what Kafka's Java client takes for so.

use std::fmt;

use thiserror::Error;

/// Kafka 4.2 has no error of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no error has the code {0}")]
pub struct UnknownErrorCode(pub i16);

macro_rules! error_codes {
    ($($variant:ident = $number:literal, $name:literal, $kind:ident, $text:literal;)*) => {
        /// An error that a response can carry; `None` is success.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(
                #[doc = concat!($name, ": ", $text, ".")]
                $variant = $number,
            )*
        }

        impl ErrorCode {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in Kafka's documentation, such as `NOT_COORDINATOR`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What went wrong, in a few words for people.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Whether the same request may succeed later.
            pub const fn is_retriable(self) -> bool {
                match self {
                    $(Self::$variant => error_codes!(@$kind),)*
                }
            }
        }

        impl TryFrom<i16> for ErrorCode {
            type Error = UnknownErrorCode;

            fn try_from(number: i16) -> Result<Self, UnknownErrorCode> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    other => Err(UnknownErrorCode(other)),
                }
            }
        }
    };
    (@retriable) => { true };
    (@fatal) => { false };
}

error_codes! {
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", fatal, "the broker failed in a way it did not expect";
    None = 0, "NONE", fatal, "no error";
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", fatal, "the offset lies outside the log";
    CorruptMessage = 2, "CORRUPT_MESSAGE", retriable, "the records fail their checksum or are malformed";
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", retriable, "the topic or partition does not exist here";
    InvalidFetchSize = 4, "INVALID_FETCH_SIZE", fatal, "the fetch size is invalid";
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", retriable, "the partition has no leader yet";
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", retriable, "this broker does not lead or follow the partition";
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", retriable, "the request took too long";
    BrokerNotAvailable = 8, "BROKER_NOT_AVAILABLE", fatal, "the broker is not available";
    ReplicaNotAvailable = 9, "REPLICA_NOT_AVAILABLE", retriable, "the replica is not available";
    MessageTooLarge = 10, "MESSAGE_TOO_LARGE", fatal, "a record batch is larger than the topic allows";
    StaleControllerEpoch = 11, "STALE_CONTROLLER_EPOCH", fatal, "the controller has moved";
    OffsetMetadataTooLarge = 12, "OFFSET_METADATA_TOO_LARGE", fatal, "the metadata of an offset commit is too large";
    NetworkException = 13, "NETWORK_EXCEPTION", retriable, "the connection was lost before the response";
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", retriable, "the coordinator is still loading";
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE", retriable, "the coordinator is not available";
    NotCoordinator = 16, "NOT_COORDINATOR", retriable, "this broker is not the coordinator";
    InvalidTopicException = 17, "INVALID_TOPIC_EXCEPTION", fatal, "the topic name is invalid or reserved";
    RecordListTooLarge = 18, "RECORD_LIST_TOO_LARGE", fatal, "the records do not fit into a segment";
    NotEnoughReplicas = 19, "NOT_ENOUGH_REPLICAS", retriable, "too few replicas are in sync";
    NotEnoughReplicasAfterAppend = 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", retriable, "written, but to too few replicas in sync";
    InvalidRequiredAcks = 21, "INVALID_REQUIRED_ACKS", fatal, "the value of acks is invalid";
    IllegalGeneration = 22, "ILLEGAL_GENERATION", fatal, "the generation is not the group's current one";
    InconsistentGroupProtocol = 23, "INCONSISTENT_GROUP_PROTOCOL", fatal, "the group's members use other protocols, or none was given";
    InvalidGroupId = 24, "INVALID_GROUP_ID", fatal, "the group id is invalid";
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID", fatal, "the group has no such member";
    InvalidSessionTimeout = 26, "INVALID_SESSION_TIMEOUT", fatal, "the session timeout is outside the broker's limits";
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS", fatal, "the group is rebalancing, join again";
    InvalidCommitOffsetSize = 28, "INVALID_COMMIT_OFFSET_SIZE", fatal, "the offset commit is too large";
    TopicAuthorizationFailed = 29, "TOPIC_AUTHORIZATION_FAILED", fatal, "not authorized for the topic";
    GroupAuthorizationFailed = 30, "GROUP_AUTHORIZATION_FAILED", fatal, "not authorized for the group";
    ClusterAuthorizationFailed = 31, "CLUSTER_AUTHORIZATION_FAILED", fatal, "not authorized for the cluster";
    InvalidTimestamp = 32, "INVALID_TIMESTAMP", fatal, "a timestamp is out of range";
    UnsupportedSaslMechanism = 33, "UNSUPPORTED_SASL_MECHANISM", fatal, "the SASL mechanism is not supported";
    IllegalSaslState = 34, "ILLEGAL_SASL_STATE", fatal, "the request does not fit the SASL state";
    UnsupportedVersion = 35, "UNSUPPORTED_VERSION", fatal, "the API version is not supported";
    TopicAlreadyExists = 36, "TOPIC_ALREADY_EXISTS", fatal, "the topic exists already";
    InvalidPartitions = 37, "INVALID_PARTITIONS", fatal, "the number of partitions is invalid";
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", fatal, "the replication factor is invalid";
    InvalidReplicaAssignment = 39, "INVALID_REPLICA_ASSIGNMENT", fatal, "the replica assignment is invalid";
    InvalidConfig = 40, "INVALID_CONFIG", fatal, "the configuration is invalid";
    NotController = 41, "NOT_CONTROLLER", retriable, "this broker is not the controller";
    InvalidRequest = 42, "INVALID_REQUEST", fatal, "the request is malformed or contradicts itself";
    UnsupportedForMessageFormat = 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", fatal, "the message format does not support the request";
    PolicyViolation = 44, "POLICY_VIOLATION", fatal, "a policy forbids the request";
    OutOfOrderSequenceNumber = 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", fatal, "a sequence number is out of order";
    DuplicateSequenceNumber = 46, "DUPLICATE_SEQUENCE_NUMBER", fatal, "a sequence number was used already";
    InvalidProducerEpoch = 47, "INVALID_PRODUCER_EPOCH", fatal, "the producer's epoch is old";
    InvalidTxnState = 48, "INVALID_TXN_STATE", fatal, "the transaction's state does not allow the request";
    InvalidProducerIdMapping = 49, "INVALID_PRODUCER_ID_MAPPING", fatal, "the producer id does not belong to the transactional id";
    InvalidTransactionTimeout = 50, "INVALID_TRANSACTION_TIMEOUT", fatal, "the transaction timeout is above the broker's maximum";
    ConcurrentTransactions = 51, "CONCURRENT_TRANSACTIONS", retriable, "another operation on the transaction is in progress";
    TransactionCoordinatorFenced = 52, "TRANSACTION_COORDINATOR_FENCED", fatal, "the transaction coordinator was replaced by another";
    TransactionalIdAuthorizationFailed = 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", fatal, "not authorized for the transactional id";
    SecurityDisabled = 54, "SECURITY_DISABLED", fatal, "security is disabled";
    OperationNotAttempted = 55, "OPERATION_NOT_ATTEMPTED", fatal, "the operation was not attempted because another one failed";
    KafkaStorageError = 56, "KAFKA_STORAGE_ERROR", retriable, "the log cannot be read or written on disk";
    LogDirNotFound = 57, "LOG_DIR_NOT_FOUND", fatal, "the log directory does not exist";
    SaslAuthenticationFailed = 58, "SASL_AUTHENTICATION_FAILED", fatal, "authentication failed";
    UnknownProducerId = 59, "UNKNOWN_PRODUCER_ID", fatal, "the broker knows nothing of the producer id";
    ReassignmentInProgress = 60, "REASSIGNMENT_IN_PROGRESS", fatal, "a reassignment of the partition is in progress";
    DelegationTokenAuthDisabled = 61, "DELEGATION_TOKEN_AUTH_DISABLED", fatal, "delegation tokens are disabled";
    DelegationTokenNotFound = 62, "DELEGATION_TOKEN_NOT_FOUND", fatal, "the delegation token does not exist";
    DelegationTokenOwnerMismatch = 63, "DELEGATION_TOKEN_OWNER_MISMATCH", fatal, "the principal neither owns nor renews the delegation token";
    DelegationTokenRequestNotAllowed = 64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", fatal, "delegation token requests are not allowed on this connection";
    DelegationTokenAuthorizationFailed = 65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", fatal, "not authorized for the delegation token";
    DelegationTokenExpired = 66, "DELEGATION_TOKEN_EXPIRED", fatal, "the delegation token has expired";
    InvalidPrincipalType = 67, "INVALID_PRINCIPAL_TYPE", fatal, "the principal type is not supported";
    NonEmptyGroup = 68, "NON_EMPTY_GROUP", fatal, "the group still has members";
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND", fatal, "the group does not exist";
    FetchSessionIdNotFound = 70, "FETCH_SESSION_ID_NOT_FOUND", retriable, "the fetch session does not exist";
    InvalidFetchSessionEpoch = 71, "INVALID_FETCH_SESSION_EPOCH", retriable, "the fetch session's epoch is wrong";
    ListenerNotFound = 72, "LISTENER_NOT_FOUND", retriable, "the leader has no listener of that name";
    TopicDeletionDisabled = 73, "TOPIC_DELETION_DISABLED", fatal, "topic deletion is disabled";
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", retriable, "the leader epoch is older than the broker's";
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", retriable, "the leader epoch is newer than the broker's";
    UnsupportedCompressionType = 76, "UNSUPPORTED_COMPRESSION_TYPE", fatal, "the client cannot read the partition's compression";
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", fatal, "the broker epoch has changed";
    OffsetNotAvailable = 78, "OFFSET_NOT_AVAILABLE", retriable, "the leader's high watermark has not caught up yet";
    MemberIdRequired = 79, "MEMBER_ID_REQUIRED", fatal, "join again with the member id given";
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", retriable, "the preferred leader is not available";
    GroupMaxSizeReached = 81, "GROUP_MAX_SIZE_REACHED", fatal, "the group is full";
    FencedInstanceId = 82, "FENCED_INSTANCE_ID", fatal, "another member has taken the group instance id";
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", retriable, "no eligible leader is available";
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", retriable, "the partition needs no election";
    NoReassignmentInProgress = 85, "NO_REASSIGNMENT_IN_PROGRESS", fatal, "no reassignment of the partition is in progress";
    GroupSubscribedToTopic = 86, "GROUP_SUBSCRIBED_TO_TOPIC", fatal, "the group still subscribes to the topic";
    InvalidRecord = 87, "INVALID_RECORD", fatal, "a record was refused";
    UnstableOffsetCommit = 88, "UNSTABLE_OFFSET_COMMIT", retriable, "offsets of an open transaction are pending";
    ThrottlingQuotaExceeded = 89, "THROTTLING_QUOTA_EXCEEDED", retriable, "the quota is exceeded";
    ProducerFenced = 90, "PRODUCER_FENCED", fatal, "a newer producer has taken the transactional id";
    ResourceNotFound = 91, "RESOURCE_NOT_FOUND", fatal, "the resource does not exist";
    DuplicateResource = 92, "DUPLICATE_RESOURCE", fatal, "the resource is named twice";
    UnacceptableCredential = 93, "UNACCEPTABLE_CREDENTIAL", fatal, "the credential is not acceptable";
    InconsistentVoterSet = 94, "INCONSISTENT_VOTER_SET", fatal, "the voter is not one of those expected";
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", fatal, "the feature update's version is invalid";
    FeatureUpdateFailed = 96, "FEATURE_UPDATE_FAILED", fatal, "the features could not be updated";
    PrincipalDeserializationFailure = 97, "PRINCIPAL_DESERIALIZATION_FAILURE", fatal, "the forwarded principal cannot be read";
    SnapshotNotFound = 98, "SNAPSHOT_NOT_FOUND", fatal, "the snapshot does not exist";
    PositionOutOfRange = 99, "POSITION_OUT_OF_RANGE", fatal, "the position lies outside the snapshot";
    UnknownTopicId = 100, "UNKNOWN_TOPIC_ID", retriable, "the topic id does not exist here";
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", fatal, "the broker id is in use";
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", fatal, "the broker id is not registered";
    InconsistentTopicId = 103, "INCONSISTENT_TOPIC_ID", retriable, "the topic id is not that of the log";
    InconsistentClusterId = 104, "INCONSISTENT_CLUSTER_ID", fatal, "the cluster id is not this cluster's";
    TransactionalIdNotFound = 105, "TRANSACTIONAL_ID_NOT_FOUND", fatal, "the transactional id does not exist";
    FetchSessionTopicIdError = 106, "FETCH_SESSION_TOPIC_ID_ERROR", retriable, "the fetch session mixes topic ids";
    IneligibleReplica = 107, "INELIGIBLE_REPLICA", fatal, "a replica of the new ISR is not eligible";
    NewLeaderElected = 108, "NEW_LEADER_ELECTED", fatal, "the change is done, and the leader is another one";
    OffsetMovedToTieredStorage = 109, "OFFSET_MOVED_TO_TIERED_STORAGE", fatal, "the offset is in tiered storage";
    FencedMemberEpoch = 110, "FENCED_MEMBER_EPOCH", fatal, "the member's epoch is fenced, join again";
    UnreleasedInstanceId = 111, "UNRELEASED_INSTANCE_ID", fatal, "the instance id is still in use by another member";
    UnsupportedAssignor = 112, "UNSUPPORTED_ASSIGNOR", fatal, "the assignor is not supported";
    StaleMemberEpoch = 113, "STALE_MEMBER_EPOCH", fatal, "the member's epoch is old, wait for the next heartbeat";
    MismatchedEndpointType = 114, "MISMATCHED_ENDPOINT_TYPE", fatal, "the endpoint is of another type";
    UnsupportedEndpointType = 115, "UNSUPPORTED_ENDPOINT_TYPE", fatal, "the endpoint type is not supported";
    UnknownControllerId = 116, "UNKNOWN_CONTROLLER_ID", fatal, "the controller id is unknown";
    UnknownSubscriptionId = 117, "UNKNOWN_SUBSCRIPTION_ID", fatal, "the telemetry subscription is unknown or outdated";
    TelemetryTooLarge = 118, "TELEMETRY_TOO_LARGE", fatal, "the telemetry is too large";
    InvalidRegistration = 119, "INVALID_REGISTRATION", fatal, "the broker's registration is invalid";
    TransactionAbortable = 120, "TRANSACTION_ABORTABLE", fatal, "the transaction must be aborted";
    InvalidRecordState = 121, "INVALID_RECORD_STATE", fatal, "the record is not in a state to be acknowledged";
    ShareSessionNotFound = 122, "SHARE_SESSION_NOT_FOUND", retriable, "the share session does not exist";
    InvalidShareSessionEpoch = 123, "INVALID_SHARE_SESSION_EPOCH", retriable, "the share session's epoch is wrong";
    FencedStateEpoch = 124, "FENCED_STATE_EPOCH", fatal, "the share group's state epoch does not match";
    InvalidVoterKey = 125, "INVALID_VOTER_KEY", fatal, "the voter's key is another one";
    DuplicateVoter = 126, "DUPLICATE_VOTER", fatal, "the voter is in the set already";
    VoterNotFound = 127, "VOTER_NOT_FOUND", fatal, "the voter is not in the set";
    InvalidRegularExpression = 128, "INVALID_REGULAR_EXPRESSION", fatal, "the regular expression is invalid";
    RebootstrapRequired = 129, "REBOOTSTRAP_REQUIRED", fatal, "the metadata is too old, bootstrap again";
    StreamsInvalidTopology = 130, "STREAMS_INVALID_TOPOLOGY", fatal, "the topology is invalid";
    StreamsInvalidTopologyEpoch = 131, "STREAMS_INVALID_TOPOLOGY_EPOCH", fatal, "the topology's epoch is invalid";
    StreamsTopologyFenced = 132, "STREAMS_TOPOLOGY_FENCED", fatal, "the topology's epoch is old";
    ShareSessionLimitReached = 133, "SHARE_SESSION_LIMIT_REACHED", retriable, "there are too many share sessions";
}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> Self {
        code as i16
    }
}

impl ErrorCode {
    /// The number on the wire.
    pub const fn code(self) -> i16 {
        self as i16
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} ({}): {}",
            self.name(),
            self.code(),
            self.message()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_from_minus_one_without_a_gap() {
        for (number, code) in (-1..).zip(ErrorCode::ALL) {
            assert_eq!(ErrorCode::try_from(number), Ok(*code));
            assert_eq!(code.code(), number);
        }
        assert_eq!(ErrorCode::ALL.len(), 135);
        assert_eq!(ErrorCode::try_from(134), Err(UnknownErrorCode(134)));
    }

    #[test]
    fn clients_retry_what_passes_by_itself() {
        assert!(ErrorCode::NotLeaderOrFollower.is_retriable());
        assert!(ErrorCode::CoordinatorLoadInProgress.is_retriable());
        assert!(!ErrorCode::OffsetOutOfRange.is_retriable());
        assert!(!ErrorCode::None.is_retriable());
    }
}
