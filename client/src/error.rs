//! What can go wrong between this client and a broker, each with what to do next.
//!
//! Invariants: an error names the broker and the request or topic it concerns; a broker's own error code keeps Kafka's
//! name. Pure.

use std::io;
use std::time::Duration;

use corelane_engine::record::{BuildError, RecordError};
use corelane_protocol::{ApiKey, DecodeError, EncodeError, ErrorCode};
use thiserror::Error;

use crate::frame::FrameError;

/// Why a request has no usable answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The address has no port or its host is unknown.
    #[error("cannot resolve `{address}`: {source}; write it as host:port")]
    Resolve {
        /// The address as given.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens, or a firewall stands between.
    #[error(
        "cannot connect to {address}: {source}; is the broker running, and is this its listener?"
    )]
    Connect {
        /// The address that was tried.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No address of the list was given at all.
    #[error("no bootstrap address; give host:port, such as 127.0.0.1:9092")]
    NoBootstrap,
    /// The connection broke.
    #[error("{address} during {}: {source}; look into the broker's log", .api.name())]
    Stream {
        /// The broker.
        address: String,
        /// The request that was under way.
        api: ApiKey,
        /// How it broke.
        source: FrameError,
    },
    /// The answer did not come in time.
    #[error("{address} did not answer {} within {waited:?}; raise the timeout or look at the broker's load", .api.name())]
    Timeout {
        /// The broker.
        address: String,
        /// The request.
        api: ApiKey,
        /// How long was waited.
        waited: Duration,
    },
    /// The answer is not what the protocol says.
    #[error("{address} answered {} version {version} with something else: {source}; is it a Kafka-protocol listener without TLS?", .api.name())]
    Decode {
        /// The broker.
        address: String,
        /// The request.
        api: ApiKey,
        /// The version that was asked in.
        version: i16,
        /// What does not fit.
        source: DecodeError,
    },
    /// An answer to another request than the oldest one in flight.
    #[error(
        "{address} answered request {received} where {expected} was due; answers must come in the order of requests"
    )]
    OutOfOrder {
        /// The broker.
        address: String,
        /// The correlation id due.
        expected: i32,
        /// The correlation id received.
        received: i32,
    },
    /// The request cannot be expressed in the version that broker and client share.
    #[error("cannot write {} version {version}: {source}", .api.name())]
    Encode {
        /// The request.
        api: ApiKey,
        /// The version.
        version: i16,
        /// What does not fit.
        source: EncodeError,
    },
    /// The broker does not serve the request, or in no version that this client knows.
    #[error("{address} does not serve {}{}; this client speaks {client_min} to {client_max}", .api.name(), served_text(.served))]
    NoCommonVersion {
        /// The broker.
        address: String,
        /// The request.
        api: ApiKey,
        /// The broker's range, when it serves the request at all.
        served: Option<(i16, i16)>,
        /// This client's lowest version.
        client_min: i16,
        /// This client's highest version.
        client_max: i16,
    },
    /// Too many requests wait for their answers.
    #[error(
        "{maximum} requests are in flight on one connection; receive answers before sending more"
    )]
    TooManyInFlight {
        /// The bound.
        maximum: usize,
    },
    /// The broker answered with an error code.
    #[error("{what}: {}{}{}", .code.name(), detail_text(.detail), advice_text(*.code))]
    Broker {
        /// What was asked for, such as "create topic `x`".
        what: String,
        /// Kafka's code.
        code: ErrorCode,
        /// The broker's own words.
        detail: Option<String>,
    },
    /// The broker's answer lacks what was asked for.
    #[error("{address} left {what} out of its answer to {}", .api.name())]
    Incomplete {
        /// The broker.
        address: String,
        /// The request.
        api: ApiKey,
        /// What is missing.
        what: String,
    },
    /// A partition has no leader.
    #[error("{topic}-{partition} has no leader; wait for one, or look at `topic describe`")]
    NoLeader {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// The partition does not exist.
    #[error("{topic} has no partition {partition}; it has 0 to {last}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: i32,
        /// The last that exists.
        last: i32,
    },
    /// A record cannot be put into a batch.
    #[error("cannot build a batch for {topic}-{partition}: {source}")]
    Build {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Why.
        source: BuildError,
    },
    /// A fetched batch cannot be read.
    #[error(
        "{topic}-{partition} at offset {offset}: {source}; `log inspect` shows what is on disk"
    )]
    Records {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was asked for.
        offset: i64,
        /// Why.
        source: RecordError,
    },
    /// A fetched batch is damaged.
    #[error(
        "{topic}-{partition} at offset {offset}: the broker sent a batch that is damaged ({reason}); fetch again, then check the disk"
    )]
    DamagedBatch {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that was asked for.
        offset: i64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl ClientError {
    /// Whether the same request may succeed later without anybody doing anything.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Broker { code, .. } => code.is_retriable(),
            Self::Connect { .. }
            | Self::Stream { .. }
            | Self::Timeout { .. }
            | Self::NoLeader { .. } => true,
            _ => false,
        }
    }

    /// Kafka's code, when the broker answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// Fails when `code` is an error. A code that Kafka 4.2 does not have counts as an unknown server error.
pub(crate) fn check(
    code: i16,
    detail: Option<String>,
    what: impl FnOnce() -> String,
) -> Result<(), ClientError> {
    match ErrorCode::try_from(code) {
        Ok(ErrorCode::None) => Ok(()),
        Ok(code) => Err(ClientError::Broker {
            what: what(),
            code,
            detail,
        }),
        Err(unknown) => Err(ClientError::Broker {
            what: what(),
            code: ErrorCode::UnknownServerError,
            detail: Some(unknown.to_string()),
        }),
    }
}

fn served_text(served: &Option<(i16, i16)>) -> String {
    served.map_or_else(String::new, |(minimum, maximum)| {
        format!(" in a version that this client speaks, only {minimum} to {maximum}")
    })
}

fn detail_text(detail: &Option<String>) -> String {
    detail
        .as_ref()
        .map_or_else(String::new, |detail| format!(" ({detail})"))
}

/// What a person can do about the codes that people meet.
fn advice_text(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::OffsetOutOfRange => {
            "; choose an offset between the first and the end, or start at either"
        }
        ErrorCode::UnknownTopicOrPartition => "; create the topic first, or check its name",
        ErrorCode::MessageTooLarge => {
            "; lower the batch size, or raise the topic's max.message.bytes"
        }
        ErrorCode::InvalidTopicException => "; use 1 to 249 letters, digits, `.`, `_` and `-`",
        ErrorCode::TopicAlreadyExists => "; choose another name, or alter the topic",
        ErrorCode::InvalidPartitions => "; partitions number at least one and can only grow",
        ErrorCode::InvalidConfig => "; check the configuration's name and value",
        ErrorCode::KafkaStorageError => "; look at the broker's log and disk, then restart it",
        ErrorCode::TopicAuthorizationFailed | ErrorCode::ClusterAuthorizationFailed => {
            "; ask for the access right"
        }
        _ => "",
    }
}
