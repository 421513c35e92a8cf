//! Judges what a new topic is to be, and creates it.
//!
//! Shard-local. Invariant: a refusal carries Kafka's code, and nothing has been created.

use corelane_engine::NewTopic;
use corelane_protocol::ErrorCode;

use crate::dispatch::Call;
use crate::error_map;
use crate::limits::PARTITIONS_PER_TOPIC_MAX;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::settings::NODE_ID;
use crate::topic_config;

/// Asks for the broker's default, of partitions and of replicas.
pub const BROKER_DEFAULT: i32 = -1;

/// Whether a topic may have this name.
///
/// # Errors
/// INVALID_TOPIC_EXCEPTION.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    corelane_engine::file_name::validate_new_topic_name(name)
        .map_err(|error| Refusal::new(ErrorCode::InvalidTopicException, error.to_string()))
}

/// The number of partitions of a new topic.
///
/// # Errors
/// INVALID_PARTITIONS; POLICY_VIOLATION above the limit, as Kafka answers for more than it can make at once.
pub fn check_partitions(asked: i32, broker_default: i32) -> Result<i32, Refusal> {
    match asked {
        BROKER_DEFAULT => Ok(broker_default),
        1..=PARTITIONS_PER_TOPIC_MAX => Ok(asked),
        ..=0 => Err(Refusal::new(
            ErrorCode::InvalidPartitions,
            "Number of partitions was set to an invalid non-positive value.",
        )),
        _ => Err(Refusal::new(
            ErrorCode::PolicyViolation,
            format!("A topic may have {PARTITIONS_PER_TOPIC_MAX} partitions at most, not {asked}."),
        )),
    }
}

/// Whether so many replicas can be had.
///
/// # Errors
/// INVALID_REPLICATION_FACTOR.
pub fn check_replication_factor(asked: i16) -> Result<(), Refusal> {
    match asked {
        -1 | 1 => Ok(()),
        ..=0 => Err(Refusal::new(
            ErrorCode::InvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        )),
        _ => Err(Refusal::new(
            ErrorCode::InvalidReplicationFactor,
            format!(
                "Unable to replicate the partition {asked} time(s): The target replication factor of {asked} cannot \
                 be reached because only 1 broker(s) are registered."
            ),
        )),
    }
}

/// Whether an assignment names this broker and no other.
///
/// # Errors
/// INVALID_REPLICA_ASSIGNMENT.
pub fn check_assignment(broker_ids: &[i32]) -> Result<(), Refusal> {
    if broker_ids == [NODE_ID] {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::InvalidReplicaAssignment,
        format!(
            "The manual partition assignment {broker_ids:?} must be [{NODE_ID}], the only broker."
        ),
    ))
}

/// The configurations as they are stored.
///
/// # Errors
/// INVALID_CONFIG.
pub fn check_configs<'a>(
    configs: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<Vec<(String, String)>, Refusal> {
    configs
        .map(|(name, value)| match topic_config::check(name, value) {
            Ok(value) => Ok((name.to_owned(), value)),
            Err(error) => Err(Refusal::new(ErrorCode::InvalidConfig, error.to_string())),
        })
        .collect()
}

/// Creates a topic that has been checked.
///
/// # Errors
/// What the engine says, as Kafka's code.
pub async fn create(
    call: &Call,
    name: &str,
    partition_count: i32,
    configs: Vec<(String, String)>,
) -> Result<(), Refusal> {
    let topic = NewTopic {
        name: name.to_owned(),
        partitions: partition_count.unsigned_abs(),
        configs: configs.into_iter().collect(),
    };
    let engine = call.lane().engine.clone();
    let created = within_limit(async move { engine.create_topic(topic).await }).await?;
    created.map(drop).map_err(|error| error_map::topic(&error))
}
