//! Kafka's error codes, as far as this broker answers with them.
//!
//! Invariants: numbers are those of Kafka's `Errors`. Pure.

/// An error code of the Kafka protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum ErrorCode {
    /// The disk or the partition failed in a way that no other code describes; a retry does not help.
    UnknownServerError = -1,
    /// No error.
    None = 0,
    /// The offset lies outside the log.
    OffsetOutOfRange = 1,
    /// The batch is damaged.
    CorruptMessage = 2,
    /// There is no such topic or partition.
    UnknownTopicOrPartition = 3,
    /// This broker does not lead the partition at the moment; clients ask for metadata and try again.
    NotLeaderOrFollower = 6,
    /// The request took longer than it allowed itself.
    RequestTimedOut = 7,
    /// The batch exceeds `max.message.bytes`.
    MessageTooLarge = 10,
    /// The topic's name is not one.
    InvalidTopic = 17,
    /// The batch does not fit into a segment.
    RecordListTooLarge = 18,
    /// `acks` is none of -1, 0 and 1.
    InvalidRequiredAcks = 21,
    /// A timestamp lies outside the topic's bounds.
    InvalidTimestamp = 32,
    /// The version of the request is not served.
    UnsupportedVersion = 35,
    /// The topic exists.
    TopicAlreadyExists = 36,
    /// The number of partitions makes no sense.
    InvalidPartitions = 37,
    /// The number of replicas cannot be had.
    InvalidReplicationFactor = 38,
    /// The assignment names brokers that are not there.
    InvalidReplicaAssignment = 39,
    /// A configuration is unknown, wrong or not supported.
    InvalidConfig = 40,
    /// The request contradicts itself.
    InvalidRequest = 42,
    /// The batch is of a format that is not stored.
    UnsupportedForMessageFormat = 43,
    /// The producer's sequence number has a gap.
    OutOfOrderSequenceNumber = 45,
    /// The batch was appended before, too long ago to say where.
    DuplicateSequenceNumber = 46,
    /// The producer's epoch has been superseded.
    InvalidProducerEpoch = 47,
    /// There is no transaction.
    InvalidTxnState = 48,
    /// The disk failed.
    KafkaStorageError = 56,
    /// Nothing is known of the producer.
    UnknownProducerId = 59,
    /// There is no such fetch session.
    FetchSessionIdNotFound = 70,
    /// The epoch does not belong to the fetch session.
    InvalidFetchSessionEpoch = 71,
    /// The client's leader epoch is older than the leader's.
    FencedLeaderEpoch = 74,
    /// The client's leader epoch is newer than the leader's.
    UnknownLeaderEpoch = 75,
    /// The codec is not known.
    UnsupportedCompressionType = 76,
    /// The records say what a producer may not say.
    InvalidRecord = 87,
    /// There is no topic with this id.
    UnknownTopicId = 100,
    /// The endpoint is of another kind than the one asked about.
    MismatchedEndpointType = 114,
    /// There is no such kind of endpoint.
    UnsupportedEndpointType = 115,
}

impl ErrorCode {
    /// The number on the wire.
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// Whether there is an error.
    pub fn is_error(self) -> bool {
        self != ErrorCode::None
    }
}

/// A code with a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What clients act on.
    pub code: ErrorCode,
    /// What people read.
    pub message: String,
}

impl Refusal {
    /// Pairs a code with a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into() }
    }
}
