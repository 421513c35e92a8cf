//! The configuration of a topic, typed, with Kafka's names, defaults and bounds (Kafka 4.2 `LogConfig`).
//!
//! Invariants: a [`LogConfig`] that exists is within bounds. A name that Kafka knows and that changes nothing here is
//! checked and accepted; a value that would promise what is not done is refused. Pure: strings and numbers.

use thiserror::Error;

use crate::batch::TimestampType;
use crate::compress::Compression;

/// `cleanup.policy`.
pub const CLEANUP_POLICY: &str = "cleanup.policy";
/// `compression.type`.
pub const COMPRESSION_TYPE: &str = "compression.type";
/// `retention.ms`.
pub const RETENTION_MS: &str = "retention.ms";
/// `retention.bytes`.
pub const RETENTION_BYTES: &str = "retention.bytes";
/// `segment.bytes`.
pub const SEGMENT_BYTES: &str = "segment.bytes";
/// `segment.ms`.
pub const SEGMENT_MS: &str = "segment.ms";
/// `max.message.bytes`.
pub const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
/// `flush.messages`.
pub const FLUSH_MESSAGES: &str = "flush.messages";
/// `flush.ms`.
pub const FLUSH_MS: &str = "flush.ms";
/// `delete.retention.ms`.
pub const DELETE_RETENTION_MS: &str = "delete.retention.ms";
/// `min.compaction.lag.ms`.
pub const MIN_COMPACTION_LAG_MS: &str = "min.compaction.lag.ms";
/// `max.compaction.lag.ms`.
pub const MAX_COMPACTION_LAG_MS: &str = "max.compaction.lag.ms";
/// `min.cleanable.dirty.ratio`.
pub const MIN_CLEANABLE_DIRTY_RATIO: &str = "min.cleanable.dirty.ratio";

/// What the broker does with a producer's codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionPolicy {
    /// Batches stay as the producer compressed them.
    Producer,
    /// Batches of another codec are compressed anew; [`Compression::None`] is Kafka's `uncompressed`.
    Codec(Compression),
}

/// What becomes of old records: at least one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Segments go when `retention.ms` or `retention.bytes` says so.
    pub delete: bool,
    /// Of each key, compaction keeps the newest record.
    pub compact: bool,
}

impl CleanupPolicy {
    /// Kafka's default.
    pub const DELETE: CleanupPolicy = CleanupPolicy {
        delete: true,
        compact: false,
    };
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(f64);

// A fraction that exists was compared with 0 and 1, so that it is never NaN and equals itself.
impl Eq for Fraction {}

impl Fraction {
    /// `value` when it is from 0 to 1.
    #[must_use]
    pub const fn new(value: f64) -> Option<Fraction> {
        if value >= 0.0 && value <= 1.0 {
            Some(Fraction(value))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

/// The configuration of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is rolled before it exceeds this.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is rolled when its first record is older than this.
    pub segment_ms: u64,
    /// `segment.jitter.ms`: the most that [`LogConfig::roll_after_ms`] takes off `segment.ms`.
    pub segment_jitter_ms: u64,
    /// `segment.index.bytes`: a segment is rolled when an index reaches this.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: bytes of log between two entries of the offset index.
    pub index_interval_bytes: u32,
    /// `retention.ms`; `None` keeps records whatever their age.
    pub retention_ms: Option<u64>,
    /// `retention.bytes`; `None` keeps records whatever their size.
    pub retention_bytes: Option<u64>,
    /// `max.message.bytes`: the largest batch, header included.
    pub max_message_bytes: u32,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far a timestamp may lie before the broker's clock.
    pub timestamp_before_max_ms: u64,
    /// `message.timestamp.after.max.ms`: how far a timestamp may lie after the broker's clock.
    pub timestamp_after_max_ms: u64,
    /// `compression.type`.
    pub compression: CompressionPolicy,
    /// `compression.gzip.level`; `None` is the codec's default.
    pub gzip_level: Option<i32>,
    /// `compression.zstd.level`.
    pub zstd_level: i32,
    /// `flush.messages`: flush after so many records; `None` leaves it to acks and `flush.ms`.
    pub flush_messages: Option<u64>,
    /// `flush.ms`: flush after this time; `None` leaves it to acks.
    pub flush_ms: Option<u64>,
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `delete.retention.ms`: how long compaction keeps a tombstone after it has first come across it.
    pub delete_retention_ms: u64,
    /// `min.compaction.lag.ms`: how long a record is safe from compaction.
    pub min_compaction_lag_ms: u64,
    /// `max.compaction.lag.ms`: compaction starts when a record has waited so long; `None` leaves it to the ratio.
    pub max_compaction_lag_ms: Option<u64>,
    /// `min.cleanable.dirty.ratio`: the share of uncompacted bytes above which compaction starts.
    pub min_cleanable_dirty_ratio: Fraction,
    /// `file.delete.delay.ms`: how long a removed file waits for its unlinking.
    pub file_delete_delay_ms: u64,
    /// `min.insync.replicas`: kept and shown; one node always has one replica.
    pub min_insync_replicas: u32,
}

/// A refused configuration: Kafka's INVALID_CONFIG.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}={value}: {reason}")]
pub struct ConfigError {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Why it is refused.
    pub reason: String,
}

/// What the values of a name look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConfigKind {
    /// An integer within bounds, both included. Kafka's INT where `is_long` is false, else LONG.
    Integer {
        /// The lowest value.
        min: i64,
        /// The highest value.
        max: i64,
        /// Whether Kafka calls it LONG.
        is_long: bool,
    },
    /// `true` or `false`.
    Boolean,
    /// A number from 0 to 1.
    Ratio,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Words of these, separated by commas.
    List(&'static [&'static str]),
    /// Anything: replication throttles, which have no effect on one node.
    AnyList,
}

/// A name that topics may configure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfigDefinition {
    /// The name.
    pub name: &'static str,
    /// Kafka's default.
    pub default: &'static str,
    /// What its values look like.
    pub kind: ConfigKind,
}

const fn int(name: &'static str, default: &'static str, min: i64) -> ConfigDefinition {
    bounded(name, default, min, i32::MAX as i64, false)
}

const fn long(name: &'static str, default: &'static str, min: i64) -> ConfigDefinition {
    bounded(name, default, min, i64::MAX, true)
}

const fn bounded(
    name: &'static str,
    default: &'static str,
    min: i64,
    max: i64,
    is_long: bool,
) -> ConfigDefinition {
    ConfigDefinition {
        name,
        default,
        kind: ConfigKind::Integer { min, max, is_long },
    }
}

const fn of_kind(name: &'static str, default: &'static str, kind: ConfigKind) -> ConfigDefinition {
    ConfigDefinition {
        name,
        default,
        kind,
    }
}

const I64_MAX: &str = "9223372036854775807";
/// Kafka's bounds on Zstandard levels: `Zstd.minCompressionLevel` to `maxCompressionLevel`.
const ZSTD_LEVEL_MIN: i64 = -131_072;

/// Every name that Kafka 4.2 lets a topic configure, in the order of the alphabet.
pub const DEFINITIONS: &[ConfigDefinition] = &[
    of_kind(
        CLEANUP_POLICY,
        "delete",
        ConfigKind::List(&["compact", "delete"]),
    ),
    bounded("compression.gzip.level", "-1", -1, 9, false),
    bounded("compression.lz4.level", "9", 1, 17, false),
    of_kind(
        COMPRESSION_TYPE,
        "producer",
        ConfigKind::Word(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
    ),
    bounded("compression.zstd.level", "3", ZSTD_LEVEL_MIN, 22, false),
    long(DELETE_RETENTION_MS, "86400000", 0),
    long("file.delete.delay.ms", "60000", 0),
    long(FLUSH_MESSAGES, I64_MAX, 1),
    long(FLUSH_MS, I64_MAX, 0),
    of_kind(
        "follower.replication.throttled.replicas",
        "",
        ConfigKind::AnyList,
    ),
    int("index.interval.bytes", "4096", 0),
    of_kind(
        "leader.replication.throttled.replicas",
        "",
        ConfigKind::AnyList,
    ),
    long("local.retention.bytes", "-2", -2),
    long("local.retention.ms", "-2", -2),
    long(MAX_COMPACTION_LAG_MS, I64_MAX, 1),
    int(MAX_MESSAGE_BYTES, "1048588", 0),
    long("message.timestamp.after.max.ms", "3600000", 0),
    long("message.timestamp.before.max.ms", I64_MAX, 0),
    of_kind(
        "message.timestamp.type",
        "CreateTime",
        ConfigKind::Word(&["CreateTime", "LogAppendTime"]),
    ),
    of_kind(MIN_CLEANABLE_DIRTY_RATIO, "0.5", ConfigKind::Ratio),
    long(MIN_COMPACTION_LAG_MS, "0", 0),
    int("min.insync.replicas", "1", 1),
    of_kind("preallocate", "false", ConfigKind::Boolean),
    of_kind("remote.log.copy.disable", "false", ConfigKind::Boolean),
    of_kind("remote.log.delete.on.disable", "false", ConfigKind::Boolean),
    of_kind("remote.storage.enable", "false", ConfigKind::Boolean),
    long(RETENTION_BYTES, "-1", i64::MIN),
    long(RETENTION_MS, "604800000", -1),
    int(SEGMENT_BYTES, "1073741824", 1 << 20),
    int("segment.index.bytes", "10485760", 4),
    long("segment.jitter.ms", "0", 0),
    long(SEGMENT_MS, "604800000", 1),
    of_kind(
        "unclean.leader.election.enable",
        "false",
        ConfigKind::Boolean,
    ),
];

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 604_800_000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            retention_ms: Some(604_800_000),
            retention_bytes: None,
            max_message_bytes: 1_048_588,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX.cast_unsigned(),
            timestamp_after_max_ms: 3_600_000,
            compression: CompressionPolicy::Producer,
            gzip_level: None,
            zstd_level: 3,
            flush_messages: None,
            flush_ms: None,
            cleanup_policy: CleanupPolicy::DELETE,
            delete_retention_ms: 86_400_000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: None,
            min_cleanable_dirty_ratio: Fraction(0.5),
            file_delete_delay_ms: 60_000,
            min_insync_replicas: 1,
        }
    }
}

impl LogConfig {
    /// The defaults with `pairs` of names and values laid over them; a later pair wins.
    ///
    /// # Errors
    /// Fails for an unknown name, a value out of bounds, and a value that would promise what is not done.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<LogConfig, ConfigError> {
        LogConfig::default().with_pairs(pairs)
    }

    /// This configuration with `pairs` of names and values laid over it; a later pair wins.
    ///
    /// # Errors
    /// As [`LogConfig::from_pairs`].
    pub fn with_pairs<'a>(
        mut self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<LogConfig, ConfigError> {
        for (name, value) in pairs {
            let value = value.trim();
            check_value(name, value)
                .and_then(|checked| self.set(name, value, checked))
                .map_err(|reason| ConfigError {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    reason,
                })?;
        }
        self.check_compaction_lags()?;
        Ok(self)
    }

    /// The age at which a segment is rolled: [`LogConfig::roll_ms`] less a part of `segment.jitter.ms`, so that the
    /// segments of many partitions do not all roll at once. Kafka draws that part by chance for each segment; here it
    /// follows from `seed`, which must differ from segment to segment, so that asking again gives the same.
    #[must_use]
    pub fn roll_after_ms(&self, seed: u64) -> u64 {
        let roll_ms = self.roll_ms();
        match self.segment_jitter_ms.min(roll_ms) {
            0 => roll_ms,
            jitter_ms => roll_ms - scattered(seed) % jitter_ms,
        }
    }

    fn check_compaction_lags(&self) -> Result<(), ConfigError> {
        match self.max_compaction_lag_ms {
            Some(max) if self.min_compaction_lag_ms > max => Err(ConfigError {
                name: MIN_COMPACTION_LAG_MS.to_owned(),
                value: self.min_compaction_lag_ms.to_string(),
                reason: format!("must not exceed {MAX_COMPACTION_LAG_MS} ({max})"),
            }),
            _ => Ok(()),
        }
    }

    /// The age at which the active segment is rolled: compaction leaves it alone, so that records of a compacted topic
    /// must not stay in it beyond `max.compaction.lag.ms` (Kafka's `LogConfig.maxSegmentMs`).
    #[must_use]
    pub fn roll_ms(&self) -> u64 {
        match self.max_compaction_lag_ms {
            Some(max) if self.cleanup_policy.compact => self.segment_ms.min(max),
            _ => self.segment_ms,
        }
    }

    fn set(&mut self, name: &str, value: &str, checked: Checked) -> Result<(), String> {
        match checked {
            Checked::Integer(number) => self.set_integer(name, number),
            Checked::Text => self.set_text(name, value),
        }
    }

    fn set_integer(&mut self, name: &str, number: i64) -> Result<(), String> {
        match name {
            SEGMENT_BYTES => self.segment_bytes = unsigned(number)?,
            SEGMENT_MS => self.segment_ms = unsigned(number)?,
            "segment.jitter.ms" => self.segment_jitter_ms = unsigned(number)?,
            "segment.index.bytes" => self.segment_index_bytes = unsigned(number)?,
            "index.interval.bytes" => self.index_interval_bytes = unsigned(number)?,
            // Kafka takes every negative number for "without limit".
            RETENTION_MS => self.retention_ms = u64::try_from(number).ok(),
            RETENTION_BYTES => self.retention_bytes = u64::try_from(number).ok(),
            MAX_MESSAGE_BYTES => self.max_message_bytes = unsigned(number)?,
            "message.timestamp.before.max.ms" => self.timestamp_before_max_ms = unsigned(number)?,
            "message.timestamp.after.max.ms" => self.timestamp_after_max_ms = unsigned(number)?,
            "compression.gzip.level" if number == 0 => {
                return Err("must be -1 or from 1 to 9".to_owned());
            }
            "compression.gzip.level" => {
                self.gzip_level = i32::try_from(number).ok().filter(|level| *level > 0);
            }
            "compression.zstd.level" => self.zstd_level = level(number)?,
            FLUSH_MESSAGES => self.flush_messages = limit(number),
            FLUSH_MS => self.flush_ms = limit(number),
            DELETE_RETENTION_MS => self.delete_retention_ms = unsigned(number)?,
            MIN_COMPACTION_LAG_MS => self.min_compaction_lag_ms = unsigned(number)?,
            MAX_COMPACTION_LAG_MS => self.max_compaction_lag_ms = limit(number),
            "file.delete.delay.ms" => self.file_delete_delay_ms = unsigned(number)?,
            "min.insync.replicas" => self.min_insync_replicas = unsigned(number)?,
            _ => {}
        }
        Ok(())
    }

    fn set_text(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            (CLEANUP_POLICY, value) => self.cleanup_policy = cleanup_policy(value),
            (MIN_CLEANABLE_DIRTY_RATIO, value) => {
                let ratio = value.parse().ok().and_then(Fraction::new);
                self.min_cleanable_dirty_ratio = ratio.ok_or("must be from 0 to 1")?;
            }
            (COMPRESSION_TYPE, value) => self.compression = compression_policy(value)?,
            ("message.timestamp.type", "LogAppendTime") => {
                self.timestamp_type = TimestampType::LogAppendTime;
            }
            ("message.timestamp.type", _) => self.timestamp_type = TimestampType::CreateTime,
            ("remote.storage.enable", value) if is_true(value) => {
                return Err("tiered storage is not supported".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a record must have a key.
    #[must_use]
    pub fn requires_keys(&self) -> bool {
        self.cleanup_policy.compact
    }

    /// The level to compress by, for the codec that `compression.type` names.
    #[must_use]
    pub fn compression_level(&self, codec: Compression) -> Option<i32> {
        match codec {
            Compression::Gzip => self.gzip_level,
            Compression::Zstd => Some(self.zstd_level),
            Compression::None | Compression::Snappy | Compression::Lz4 => None,
        }
    }
}

/// Spreads seeds that lie close together over all numbers: the finishing steps of splitmix64.
fn scattered(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The definition of `name`; `None` when topics have no such configuration.
#[must_use]
pub fn definition(name: &str) -> Option<&'static ConfigDefinition> {
    DEFINITIONS
        .iter()
        .find(|definition| definition.name == name)
}

enum Checked {
    Integer(i64),
    Text,
}

fn check_value(name: &str, value: &str) -> Result<Checked, String> {
    let definition = definition(name).ok_or_else(|| "unknown topic configuration".to_owned())?;
    let is_good = match definition.kind {
        ConfigKind::Integer { min, max, .. } => {
            return check_integer(value, min, max).map(Checked::Integer);
        }
        ConfigKind::Boolean => is_true(value) || value.eq_ignore_ascii_case("false"),
        ConfigKind::Ratio => value
            .parse()
            .is_ok_and(|ratio: f64| (0.0..=1.0).contains(&ratio)),
        ConfigKind::Word(words) => words.contains(&value),
        ConfigKind::List(words) => value.split(',').all(|word| words.contains(&word.trim())),
        ConfigKind::AnyList => true,
    };
    if is_good {
        Ok(Checked::Text)
    } else {
        Err(format!("must be {}", describe(definition.kind)))
    }
}

fn check_integer(value: &str, min: i64, max: i64) -> Result<i64, String> {
    let number: i64 = value.parse().map_err(|_| "not an integer".to_owned())?;
    if (min..=max).contains(&number) {
        Ok(number)
    } else {
        Err(format!("must be from {min} to {max}"))
    }
}

fn describe(kind: ConfigKind) -> String {
    match kind {
        ConfigKind::Integer { min, max, .. } => format!("from {min} to {max}"),
        ConfigKind::Boolean => "true or false".to_owned(),
        ConfigKind::Ratio => "from 0 to 1".to_owned(),
        ConfigKind::Word(words) | ConfigKind::List(words) => format!("of {}", words.join(", ")),
        ConfigKind::AnyList => "a list".to_owned(),
    }
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

fn unsigned<T: TryFrom<i64>>(number: i64) -> Result<T, String> {
    T::try_from(number).map_err(|_| "must not be negative".to_owned())
}

fn level(number: i64) -> Result<i32, String> {
    i32::try_from(number).map_err(|_| "out of range".to_owned())
}

/// Kafka spells "never" as the largest number.
fn limit(number: i64) -> Option<u64> {
    u64::try_from(number).ok().filter(|_| number != i64::MAX)
}

fn cleanup_policy(value: &str) -> CleanupPolicy {
    let names = |word| value.split(',').any(|given| given.trim() == word);
    CleanupPolicy {
        delete: names("delete"),
        compact: names("compact"),
    }
}

fn compression_policy(value: &str) -> Result<CompressionPolicy, String> {
    match value {
        "producer" => Ok(CompressionPolicy::Producer),
        "uncompressed" => Ok(CompressionPolicy::Codec(Compression::None)),
        name => Compression::from_name(name)
            .map(CompressionPolicy::Codec)
            .ok_or_else(|| "unknown codec".to_owned()),
    }
}

/// Takes lines of `name=value` for a topic's configurations; laid over themselves, they must say the same.
#[doc(hidden)]
pub fn fuzz_log_config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let pairs = || text.lines().filter_map(|line| line.split_once('='));
    match LogConfig::from_pairs(pairs()) {
        Ok(config) => assert_eq!(LogConfig::from_pairs(pairs().chain(pairs())), Ok(config)),
        Err(refused) => assert!(pairs().any(|(name, _)| name == refused.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<LogConfig, ConfigError> {
        LogConfig::from_pairs([(name, value)])
    }

    #[test]
    fn the_defaults_are_kafkas_defaults() {
        let pairs = DEFINITIONS
            .iter()
            .map(|definition| (definition.name, definition.default));
        assert_eq!(LogConfig::from_pairs(pairs), Ok(LogConfig::default()));
        assert_eq!(LogConfig::from_pairs([]), Ok(LogConfig::default()));
    }

    #[test]
    fn definitions_are_sorted_and_found() {
        assert!(DEFINITIONS.is_sorted_by_key(|definition| definition.name));
        assert!(definition("segment.bytes").is_some());
        assert!(definition("internal.segment.bytes").is_none());
    }

    #[test]
    fn values_set_their_fields() {
        let config = LogConfig::from_pairs([
            ("segment.bytes", "1048576"),
            ("retention.ms", "-1"),
            ("retention.bytes", " 5000 "),
            ("flush.messages", "1"),
            ("compression.type", "uncompressed"),
            ("compression.gzip.level", "6"),
            ("message.timestamp.type", "LogAppendTime"),
            ("min.insync.replicas", "2"),
            ("cleanup.policy", "compact, delete"),
            ("delete.retention.ms", "0"),
            ("min.compaction.lag.ms", "5"),
            ("max.compaction.lag.ms", "600"),
            ("min.cleanable.dirty.ratio", "0.25"),
        ])
        .unwrap();
        assert_eq!(config.segment_bytes, 1 << 20);
        assert_eq!(config.retention_ms, None);
        assert_eq!(config.retention_bytes, Some(5000));
        assert!(config.cleanup_policy.delete && config.cleanup_policy.compact);
        assert_eq!(config.delete_retention_ms, 0);
        assert_eq!(config.min_compaction_lag_ms, 5);
        assert_eq!(config.max_compaction_lag_ms, Some(600));
        assert_eq!(config.min_cleanable_dirty_ratio, Fraction(0.25));
        assert_eq!(config.roll_ms(), 600);
        assert_eq!(config.flush_messages, Some(1));
        assert_eq!(
            config.compression,
            CompressionPolicy::Codec(Compression::None)
        );
        assert_eq!(config.compression_level(Compression::Gzip), Some(6));
        assert_eq!(config.timestamp_type, TimestampType::LogAppendTime);
        assert_eq!(config.min_insync_replicas, 2);
        let zstd = one("compression.type", "zstd").unwrap();
        assert_eq!(
            zstd.compression,
            CompressionPolicy::Codec(Compression::Zstd)
        );
    }

    #[test]
    fn values_out_of_kafkas_bounds_are_refused_with_their_name() {
        for (name, value) in [
            ("segment.bytes", "1048575"),
            ("segment.bytes", "2147483648"),
            ("segment.bytes", "1e6"),
            ("segment.ms", "0"),
            ("segment.index.bytes", "3"),
            ("retention.ms", "-2"),
            ("flush.messages", "0"),
            ("max.message.bytes", "-1"),
            ("compression.type", "none"),
            ("compression.gzip.level", "0"),
            ("compression.gzip.level", "10"),
            ("compression.zstd.level", "23"),
            ("message.timestamp.type", "createtime"),
            ("min.cleanable.dirty.ratio", "1.1"),
            ("preallocate", "yes"),
            ("cleanup.policy", ""),
        ] {
            let error = one(name, value).unwrap_err();
            assert_eq!((error.name.as_str(), error.value.as_str()), (name, value));
        }
    }

    #[test]
    fn jitter_makes_segments_roll_earlier_and_not_together() {
        let config = |jitter_ms: &str| {
            LogConfig::from_pairs([("segment.ms", "1000"), ("segment.jitter.ms", jitter_ms)])
                .unwrap()
        };
        assert!((0..100).all(|seed| config("0").roll_after_ms(seed) == 1000));
        let ages: Vec<u64> = (0..100)
            .map(|seed| config("400").roll_after_ms(seed))
            .collect();
        assert!(
            ages.iter().all(|age| (601..=1000).contains(age)),
            "{ages:?}"
        );
        assert!(ages.iter().any(|age| *age < 700) && ages.iter().any(|age| *age > 900));
        let more = config("9223372036854775807");
        assert!((0..100).all(|seed| (1..=1000).contains(&more.roll_after_ms(seed))));
    }

    #[test]
    fn pairs_are_laid_over_what_is_there() {
        let base = one("retention.ms", "5").unwrap();
        let laid = base.with_pairs([("segment.ms", "7")]).unwrap();
        assert_eq!((laid.retention_ms, laid.segment_ms), (Some(5), 7));
    }

    #[test]
    fn a_compaction_lag_that_contradicts_itself_is_refused_with_its_name() {
        let error = LogConfig::from_pairs([
            ("min.compaction.lag.ms", "11"),
            ("max.compaction.lag.ms", "10"),
        ])
        .unwrap_err();
        assert_eq!(error.name, "min.compaction.lag.ms");
    }

    #[test]
    fn segments_of_topics_that_are_not_compacted_roll_by_segment_ms_alone() {
        let config = one("max.compaction.lag.ms", "600").unwrap();
        assert_eq!(config.roll_ms(), config.segment_ms);
    }

    #[test]
    fn promises_that_are_not_kept_are_refused() {
        assert!(one("remote.storage.enable", "true").is_err());
        assert!(one("remote.storage.enable", "false").is_ok());
        assert_eq!(
            one("no.such", "1").unwrap_err().reason,
            "unknown topic configuration"
        );
    }
}
