//! Every topic configuration that Kafka 4.2 knows: name, type, default, accepted values, and whether it works here.
//!
//! Invariants: the table is sorted by name and holds each of Kafka's names once. A configuration that does not work
//! yet has exactly one accepted value, its default; any other is refused by name, so that nobody believes in a
//! setting that does nothing. Pure: names and values only.

use crate::config_kind::ConfigKind;

/// What a value must be, beyond its type.
#[derive(Clone, Copy, Debug)]
pub enum Accepts {
    /// Whatever the type allows.
    Any,
    /// A whole number in this closed range.
    Between(i64, i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A comma-separated list of these words, each once, at least one.
    ListOf(&'static [&'static str]),
    /// A compression level: in this closed range, or −1 for the codec's default.
    Level(i64, i64),
    /// A fraction from 0 to 1.
    Fraction,
}

/// Whether the broker acts on a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what Kafka's does.
    Works,
    /// The default is what happens; other values are refused.
    DefaultOnly,
}

/// One topic configuration.
#[derive(Clone, Copy, Debug)]
pub struct TopicConfig {
    /// Kafka's name.
    pub name: &'static str,
    /// The type that DescribeConfigs tells.
    pub kind: ConfigKind,
    /// The value of a topic that does not set it.
    pub default: &'static str,
    /// The broker configuration that gives the default, with the value as that one spells it.
    pub synonym: Option<(&'static str, &'static str)>,
    /// Values that make sense.
    pub accepts: Accepts,
    /// Whether it works.
    pub support: Support,
    /// What it is for.
    pub documentation: &'static str,
}

/// Why a value for a topic configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicConfigError {
    /// Kafka has no such configuration.
    #[error("Unknown topic config name: {name}")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// A configuration was given without a value.
    #[error("Null value not supported for topic configs: {name}")]
    Null {
        /// The configuration.
        name: &'static str,
    },
    /// The value is not of the type.
    #[error("Invalid value {value} for configuration {name}: Not a value of type {kind}")]
    Type {
        /// The configuration.
        name: &'static str,
        /// The value given.
        value: String,
        /// The type wanted.
        kind: ConfigKind,
    },
    /// The value is of the type, but outside what makes sense.
    #[error("Invalid value {value} for configuration {name}: {expected}")]
    Range {
        /// The configuration.
        name: &'static str,
        /// The value given.
        value: String,
        /// What would be accepted.
        expected: String,
    },
    /// Kafka would accept the value, this broker cannot honour it.
    #[error("{name}={value} is not supported by this broker yet; only {name}={default} is")]
    NotSupported {
        /// The configuration.
        name: &'static str,
        /// The value given.
        value: String,
        /// The one value that works.
        default: &'static str,
    },
}

/// The configuration called `name`.
pub fn find(name: &str) -> Option<&'static TopicConfig> {
    let index = TOPIC_CONFIGS
        .binary_search_by_key(&name, |config| config.name)
        .ok()?;
    Some(&TOPIC_CONFIGS[index])
}

/// Checks one setting and returns its value as it is stored and shown.
///
/// # Errors
/// See [`TopicConfigError`]; each is Kafka's INVALID_CONFIG.
pub fn check(name: &str, value: Option<&str>) -> Result<String, TopicConfigError> {
    let config = find(name).ok_or_else(|| TopicConfigError::Unknown {
        name: name.to_owned(),
    })?;
    let value = value
        .ok_or(TopicConfigError::Null { name: config.name })?
        .trim();
    let value = config.normal(value)?;
    if config.support == Support::DefaultOnly && value != config.default {
        return Err(TopicConfigError::NotSupported {
            name: config.name,
            value,
            default: config.default,
        });
    }
    Ok(value)
}

impl TopicConfig {
    /// The value as Kafka prints it after parsing.
    fn normal(&self, value: &str) -> Result<String, TopicConfigError> {
        let normal = self
            .kind
            .normal(value)
            .ok_or_else(|| TopicConfigError::Type {
                name: self.name,
                value: value.to_owned(),
                kind: self.kind,
            })?;
        match self.accepts.expected(&normal) {
            None => Ok(normal),
            Some(expected) => Err(TopicConfigError::Range {
                name: self.name,
                value: value.to_owned(),
                expected,
            }),
        }
    }
}

impl Accepts {
    /// What should have been given instead of `value`; `None` when it is fine.
    fn expected(&self, value: &str) -> Option<String> {
        match *self {
            Accepts::Any => None,
            Accepts::Between(min, max) => {
                let fits = value
                    .parse::<i64>()
                    .is_ok_and(|number| (min..=max).contains(&number));
                (!fits).then(|| format!("Value must be from {min} to {max}"))
            }
            Accepts::Level(min, max) => {
                let fits = value
                    .parse::<i64>()
                    .is_ok_and(|number| number == -1 || (min..=max).contains(&number));
                (!fits).then(|| format!("Value must be from {min} to {max}, or -1"))
            }
            Accepts::OneOf(words) => (!words.contains(&value))
                .then(|| format!("String must be one of: {}", words.join(", "))),
            Accepts::ListOf(words) => {
                let given: Vec<&str> = value.split(',').collect();
                let fits = given
                    .iter()
                    .enumerate()
                    .all(|(i, word)| words.contains(word) && !given[..i].contains(word));
                (!fits).then(|| format!("List must hold, each once: {}", words.join(", ")))
            }
            Accepts::Fraction => {
                let fits = value
                    .parse::<f64>()
                    .is_ok_and(|number| (0.0..=1.0).contains(&number));
                (!fits).then(|| "Value must be from 0 to 1".to_owned())
            }
        }
    }
}

const INT_MAX: i64 = i32::MAX as i64;
const LONG_MAX: i64 = i64::MAX;
const LONG_MIN: i64 = i64::MIN;

const fn works(
    name: &'static str,
    kind: ConfigKind,
    default: &'static str,
    accepts: Accepts,
    synonym: (&'static str, &'static str),
    documentation: &'static str,
) -> TopicConfig {
    TopicConfig {
        name,
        kind,
        default,
        synonym: Some(synonym),
        accepts,
        support: Support::Works,
        documentation,
    }
}

const fn default_only(
    name: &'static str,
    kind: ConfigKind,
    default: &'static str,
    accepts: Accepts,
    synonym: Option<(&'static str, &'static str)>,
    documentation: &'static str,
) -> TopicConfig {
    TopicConfig {
        name,
        kind,
        default,
        synonym,
        accepts,
        support: Support::DefaultOnly,
        documentation,
    }
}

use ConfigKind::{Boolean, Double, Int, List, Long, String as Text};

/// Kafka 4.2's topic configurations, by name.
#[rustfmt::skip]
pub static TOPIC_CONFIGS: &[TopicConfig] = &[
    works("cleanup.policy", List, "delete", Accepts::ListOf(&["compact", "delete"]),
        ("log.cleanup.policy", "delete"),
        "What happens to old records: `delete` removes segments by time and size, `compact` keeps the newest record of each key."),
    works("compression.gzip.level", Int, "-1", Accepts::Level(1, 9),
        ("compression.gzip.level", "-1"),
        "The level at which the broker compresses when `compression.type` is gzip; -1 is the codec's default."),
    default_only("compression.lz4.level", Int, "9", Accepts::Between(1, 17),
        Some(("compression.lz4.level", "9")),
        "The level at which the broker compresses when `compression.type` is lz4. The encoder has one level."),
    works("compression.type", Text, "producer",
        Accepts::OneOf(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
        ("compression.type", "producer"),
        "The codec in which batches are stored; `producer` keeps what the producer chose."),
    works("compression.zstd.level", Int, "3", Accepts::Between(-131_072, 22),
        ("compression.zstd.level", "3"),
        "The level at which the broker compresses when `compression.type` is zstd."),
    works("delete.retention.ms", Long, "86400000", Accepts::Between(0, LONG_MAX),
        ("log.cleaner.delete.retention.ms", "86400000"),
        "How long compaction keeps the mark of a deleted key."),
    works("file.delete.delay.ms", Long, "60000", Accepts::Between(0, LONG_MAX),
        ("log.segment.delete.delay.ms", "60000"),
        "How long a deleted segment's files stay for readers that still use them."),
    works("flush.messages", Long, "9223372036854775807", Accepts::Between(1, LONG_MAX),
        ("log.flush.interval.messages", "9223372036854775807"),
        "How many records may be written before a flush to disk; 1 makes every acknowledgement wait for the disk."),
    works("flush.ms", Long, "9223372036854775807", Accepts::Between(0, LONG_MAX),
        ("log.flush.interval.ms", "9223372036854775807"),
        "How long a written record may stay unflushed, in milliseconds."),
    default_only("follower.replication.throttled.replicas", List, "", Accepts::Any, None,
        "Replicas whose copying is throttled on the follower's side."),
    works("index.interval.bytes", Int, "4096", Accepts::Between(0, INT_MAX),
        ("log.index.interval.bytes", "4096"),
        "Bytes of log between two entries of the offset index."),
    default_only("leader.replication.throttled.replicas", List, "", Accepts::Any, None,
        "Replicas whose copying is throttled on the leader's side."),
    default_only("local.retention.bytes", Long, "-2", Accepts::Between(-2, LONG_MAX),
        Some(("log.local.retention.bytes", "-2")),
        "With tiered storage: bytes that stay on local disk; -2 follows `retention.bytes`."),
    default_only("local.retention.ms", Long, "-2", Accepts::Between(-2, LONG_MAX),
        Some(("log.local.retention.ms", "-2")),
        "With tiered storage: how long data stays on local disk; -2 follows `retention.ms`."),
    works("max.compaction.lag.ms", Long, "9223372036854775807", Accepts::Between(1, LONG_MAX),
        ("log.cleaner.max.compaction.lag.ms", "9223372036854775807"),
        "The longest time that a record may stay out of compaction."),
    works("max.message.bytes", Int, "1048588", Accepts::Between(0, INT_MAX),
        ("message.max.bytes", "1048588"),
        "The largest record batch that is accepted, in bytes as sent, compressed or not."),
    works("message.timestamp.after.max.ms", Long, "3600000", Accepts::Between(0, LONG_MAX),
        ("log.message.timestamp.after.max.ms", "3600000"),
        "How far a record's timestamp may lie ahead of the broker's clock."),
    works("message.timestamp.before.max.ms", Long, "9223372036854775807", Accepts::Between(0, LONG_MAX),
        ("log.message.timestamp.before.max.ms", "9223372036854775807"),
        "How far a record's timestamp may lie behind the broker's clock."),
    works("message.timestamp.type", Text, "CreateTime", Accepts::OneOf(&["CreateTime", "LogAppendTime"]),
        ("log.message.timestamp.type", "CreateTime"),
        "Whether records keep the producer's timestamps or get the time of their append."),
    works("min.cleanable.dirty.ratio", Double, "0.5", Accepts::Fraction,
        ("log.cleaner.min.cleanable.ratio", "0.5"),
        "The share of uncompacted bytes at which compaction starts."),
    works("min.compaction.lag.ms", Long, "0", Accepts::Between(0, LONG_MAX),
        ("log.cleaner.min.compaction.lag.ms", "0"),
        "The time for which a record is safe from compaction."),
    default_only("min.insync.replicas", Int, "1", Accepts::Between(1, INT_MAX),
        Some(("min.insync.replicas", "1")),
        "Replicas that must have a batch before acks=all is answered; there is one replica."),
    default_only("preallocate", Boolean, "false", Accepts::Any,
        Some(("log.preallocate", "false")),
        "Whether a segment's whole size is allocated when it starts. Space is allocated ahead in steps in any case."),
    default_only("remote.log.copy.disable", Boolean, "false", Accepts::Any, None,
        "With tiered storage: stops copying segments to the remote tier."),
    default_only("remote.log.delete.on.disable", Boolean, "false", Accepts::Any, None,
        "With tiered storage: deletes remote data when the tier is turned off."),
    default_only("remote.storage.enable", Boolean, "false", Accepts::Any, None,
        "Whether the topic uses tiered storage."),
    works("retention.bytes", Long, "-1", Accepts::Between(LONG_MIN, LONG_MAX),
        ("log.retention.bytes", "-1"),
        "The size of a partition above which its oldest segments are deleted; -1 is without limit."),
    works("retention.ms", Long, "604800000", Accepts::Between(-1, LONG_MAX),
        ("log.retention.hours", "168"),
        "The age at which segments are deleted; -1 keeps them for ever."),
    works("segment.bytes", Int, "1073741824", Accepts::Between(1_048_576, INT_MAX),
        ("log.segment.bytes", "1073741824"),
        "The size at which the active segment is rolled."),
    works("segment.index.bytes", Int, "10485760", Accepts::Between(4, INT_MAX),
        ("log.index.size.max.bytes", "10485760"),
        "The size of an index at which the active segment is rolled."),
    works("segment.jitter.ms", Long, "0", Accepts::Between(0, LONG_MAX),
        ("log.roll.jitter.hours", "0"),
        "The most that is taken off `segment.ms`, for each segment another part, so that segments do not all roll at once."),
    works("segment.ms", Long, "604800000", Accepts::Between(1, LONG_MAX),
        ("log.roll.hours", "168"),
        "The age at which the active segment is rolled."),
    default_only("unclean.leader.election.enable", Boolean, "false", Accepts::Any,
        Some(("unclean.leader.election.enable", "false")),
        "Whether a replica that lacks data may lead."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_default_is_accepted() {
        assert!(TOPIC_CONFIGS.is_sorted_by(|a, b| a.name < b.name));
        for config in TOPIC_CONFIGS {
            assert_eq!(
                check(config.name, Some(config.default)).as_deref(),
                Ok(config.default),
                "{}",
                config.name
            );
        }
    }

    #[test]
    fn the_engine_knows_the_same_names_and_defaults() {
        use corelane_engine::log_config::{DEFINITIONS, LogConfig};
        let ours = TOPIC_CONFIGS
            .iter()
            .map(|config| (config.name, config.default));
        let engines = DEFINITIONS
            .iter()
            .map(|definition| (definition.name, definition.default));
        assert!(ours.clone().eq(engines));
        assert_eq!(LogConfig::from_pairs(ours), Ok(LogConfig::default()));
    }

    #[test]
    fn a_configuration_that_does_not_work_yet_is_refused_by_name() {
        let error = check("preallocate", Some("true")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "preallocate=true is not supported by this broker yet; only preallocate=false is"
        );
    }

    #[test]
    fn values_outside_the_type_or_the_range_are_refused() {
        assert!(matches!(
            check("retention.ms", Some("soon")),
            Err(TopicConfigError::Type { .. })
        ));
        assert!(matches!(
            check("segment.bytes", Some("13")),
            Err(TopicConfigError::Range { .. })
        ));
        assert!(matches!(
            check("segment.bytes", Some("99999999999")),
            Err(TopicConfigError::Type { .. })
        ));
        assert!(matches!(
            check("cleanup.policy", Some("delete,delete")),
            Err(TopicConfigError::Range { .. })
        ));
        assert!(matches!(
            check("no.such.config", Some("1")),
            Err(TopicConfigError::Unknown { .. })
        ));
        assert!(matches!(
            check("retention.ms", None),
            Err(TopicConfigError::Null { .. })
        ));
    }

    #[test]
    fn values_are_stored_as_kafka_prints_them() {
        assert_eq!(check("retention.ms", Some(" 007 ")).as_deref(), Ok("7"));
        assert_eq!(
            check("compression.gzip.level", Some("-1")).as_deref(),
            Ok("-1")
        );
    }
}
