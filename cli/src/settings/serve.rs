//! The settings of `serve` as types that cannot be wrong.
//!
//! Pure.

use super::{CoreSelection, HostPort, MetricsListen, Resolved};
use crate::failure::Failure;
use crate::size;
use corelane_broker::{GroupSettings, TopicDefaults};
use std::path::PathBuf;

/// Smallest tail cache: one batch of the largest size by default for each of a few cores.
const TAIL_CACHE_BYTES_MIN: u64 = 16 << 20;
/// Smallest request limit that still lets a producer send its largest batch by default.
const REQUEST_BYTES_MIN: u64 = 2 << 20;
/// Largest request limit: frame lengths are 32 bits wide, with a sign.
const REQUEST_BYTES_MAX: u64 = i32::MAX as u64;
/// Connections that may be allowed: each costs a descriptor and a few KiB.
const CONNECTIONS_MAX: u32 = 1_000_000;
/// Longest pause of an empty group before its first rebalance.
const REBALANCE_DELAY_MS_MAX: u64 = 300_000;
/// Partitions that one topic may have: the broker's own limit.
const PARTITIONS_MAX: i32 = 10_000;

/// Everything that `serve` can be told.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// Address and port to accept connections on.
    pub listen: HostPort,
    /// Address and port that clients are told to use; `None` means the listening one.
    pub advertise: Option<HostPort>,
    /// Whether each core listens on a port of its own, as a broker of its own.
    pub listener_per_core: bool,
    /// Directory of topics, segments and checkpoints.
    pub data: PathBuf,
    /// CPUs to run on.
    pub cores: CoreSelection,
    /// Whether a topic is created when a client first names it.
    pub auto_create_topics: bool,
    /// Partitions of a topic that is created without a count.
    pub num_partitions: i32,
    /// How long the first rebalance of an empty group waits for more members, where somebody said so.
    pub group_initial_rebalance_delay_ms: Option<u64>,
    /// Partitions that `__consumer_offsets` is created with.
    pub offsets_topic_partitions: i32,
    /// How long offsets are kept that no member uses.
    pub offsets_retention_minutes: u32,
    /// Connections open at once, over all cores.
    pub connections_max: u32,
    /// Largest request that is read, in bytes.
    pub request_bytes_max: usize,
    /// Memory for requests, over all cores, in bytes.
    pub request_memory_bytes: usize,
    /// Memory for the newest records, over all cores, in bytes.
    pub tail_cache_bytes: usize,
    /// What topics take where they set nothing.
    pub topic_defaults: TopicDefaults,
    /// What consumer groups take by Kafka's names.
    pub groups: GroupSettings,
    /// Where metrics are served, where they are.
    pub metrics_listen: Option<MetricsListen>,
    /// The least important log lines that are written.
    pub log_level: tracing::Level,
}

impl ServeSettings {
    /// Parses every setting of `serve`; the first that is wrong is the error.
    pub fn new(resolved: &Resolved) -> Result<Self, Failure> {
        let advertise = |text: &str| {
            if text.is_empty() {
                Ok(None)
            } else {
                HostPort::parse(text).map(Some)
            }
        };
        Ok(ServeSettings {
            listen: resolved.parse("listen", HostPort::parse)?,
            advertise: resolved.parse("advertise", advertise)?,
            listener_per_core: resolved.parse("listener-per-core", flag)?,
            data: resolved.parse("data", path)?,
            cores: resolved.parse("cores", CoreSelection::parse)?,
            auto_create_topics: resolved.parse("auto-create-topics", flag)?,
            num_partitions: resolved
                .parse("num-partitions", |text| within(text, 1, PARTITIONS_MAX))?,
            group_initial_rebalance_delay_ms: resolved.parse(
                "group-initial-rebalance-delay-ms",
                |text| match text.is_empty() {
                    true => Ok(None),
                    false => within(text, 0, REBALANCE_DELAY_MS_MAX).map(Some),
                },
            )?,
            offsets_topic_partitions: resolved.parse("offsets-topic-partitions", |text| {
                within(text, 1, PARTITIONS_MAX)
            })?,
            offsets_retention_minutes: resolved.parse("offsets-retention-minutes", |text| {
                within(text, 1, u32::MAX)
            })?,
            connections_max: resolved
                .parse("connections-max", |text| within(text, 1, CONNECTIONS_MAX))?,
            request_memory_bytes: resolved.parse("request-memory", |text| {
                bytes(text, REQUEST_BYTES_MIN, u64::MAX)
            })?,
            request_bytes_max: resolved.parse("request-bytes-max", |text| {
                bytes(text, REQUEST_BYTES_MIN, REQUEST_BYTES_MAX)
            })?,
            tail_cache_bytes: resolved.parse("tail-cache-memory", |text| {
                bytes(text, TAIL_CACHE_BYTES_MIN, u64::MAX)
            })?,
            topic_defaults: resolved.topic_defaults()?,
            groups: resolved.groups()?,
            metrics_listen: resolved.metrics_listen()?,
            log_level: resolved.parse("log-level", log_level)?,
        })
    }
}

fn path(text: &str) -> Result<PathBuf, String> {
    match text.is_empty() {
        true => Err("the directory's name is empty".to_owned()),
        false => Ok(PathBuf::from(text)),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is neither true nor false"))
}

fn within<T>(text: &str, min: T, max: T) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = text
        .parse()
        .ok()
        .filter(|number| *number >= min && *number <= max);
    number.ok_or_else(|| format!("`{text}` is not a whole number from {min} to {max}"))
}

fn bytes<T: TryFrom<u64>>(text: &str, min: u64, max: u64) -> Result<T, String> {
    let parsed = size::parse_bytes(text)?;
    let fits = (min..=max)
        .contains(&parsed)
        .then_some(parsed)
        .and_then(|bytes| T::try_from(bytes).ok());
    fits.ok_or_else(|| match max {
        u64::MAX => format!("`{text}` is less than {}", size::for_people(min)),
        _ => format!(
            "`{text}` is not between {} and {}",
            size::for_people(min),
            size::for_people(max)
        ),
    })
}

fn log_level(text: &str) -> Result<tracing::Level, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no level; use error, warn, info, debug or trace"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert!(within::<i32>("0", 1, 5).is_err());
        assert!(within::<i32>("99999999999", 1, 5).is_err());
        assert_eq!(within("5", 1, 5), Ok(5));
    }

    #[test]
    fn a_request_limit_must_let_the_largest_batch_by_default_through() {
        let limit = |text| bytes::<u32>(text, REQUEST_BYTES_MIN, REQUEST_BYTES_MAX);
        assert!(limit("2GiB").is_err());
        assert!(limit("1MiB").is_err());
        assert_eq!(limit("100MiB"), Ok(100 << 20));
    }
}
