//! The defaults of topic configurations that a broker is started with, under Kafka's names for them (`log.retention.ms`).
//!
//! Invariants: a value that is held was checked as the topic's own would be; where several names give one configuration,
//! the finer unit wins, as in Kafka. Shared by all cores, immutable; pure.

use corelane_engine::log_config::{ConfigError, LogConfig};

use crate::config_kind::ConfigKind;
use crate::topic_config::{self, TOPIC_CONFIGS, TopicConfig, TopicConfigError};

/// Milliseconds of the units in names.
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Names that stand before the one in [`TopicConfig::synonym`], first of all the first, with their units in ms.
const FINER: [(&str, &str, i64); 4] = [
    ("retention.ms", "log.retention.ms", 1),
    ("retention.ms", "log.retention.minutes", MINUTE_MS),
    ("segment.ms", "log.roll.ms", 1),
    ("segment.jitter.ms", "log.roll.jitter.ms", 1),
];

/// Why a broker's default is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicDefaultError {
    /// Topics take no default from a configuration of this name.
    #[error("`{name}` is no default of topics")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// The value is no number, or too large in milliseconds.
    #[error("`{value}` is not a whole number that fits")]
    Number {
        /// The value given.
        value: String,
    },
    /// The topic configuration would refuse the value.
    #[error(transparent)]
    Value(#[from] TopicConfigError),
    /// The engine would refuse the value.
    #[error(transparent)]
    Engine(#[from] ConfigError),
}

/// A name under which a broker gives a default.
#[derive(Clone, Copy, Debug)]
struct Name {
    name: &'static str,
    config: &'static TopicConfig,
    /// What one of its units is of the topic configuration's.
    unit: i64,
}

/// Every name under which a broker gives a default, those that win first.
fn names() -> impl Iterator<Item = Name> {
    let finer = FINER.iter().filter_map(|(topic, name, unit)| {
        let config = topic_config::find(topic)?;
        Some(Name {
            name,
            config,
            unit: *unit,
        })
    });
    let plain = TOPIC_CONFIGS.iter().filter_map(|config| {
        let (name, _) = config.synonym?;
        let unit = if name.ends_with(".hours") { HOUR_MS } else { 1 };
        Some(Name { name, config, unit })
    });
    finer.chain(plain)
}

/// The names that a broker can be started with, with what they are for.
pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    names().map(|name| (name.name, name.config.documentation))
}

/// The topic configuration that the broker's configuration `name` gives a default to, where that one can be altered
/// while the broker runs: Kafka takes the finest unit only.
pub(crate) fn dynamic(name: &str) -> Option<&'static TopicConfig> {
    let known = names().find(|known| known.name == name)?;
    let finest = names().find(|other| other.config.name == known.config.name)?;
    (finest.name == name).then_some(known.config)
}

/// The broker's configuration that gives a topic configuration its default and can be altered while the broker runs.
pub(crate) fn dynamic_name(config: &TopicConfig) -> Option<&'static str> {
    let finest = names().find(|known| known.config.name == config.name)?;
    Some(finest.name)
}

/// A default that was given.
#[derive(Clone, Debug)]
struct Given {
    name: &'static str,
    /// The topic configuration that it is for.
    topic: &'static str,
    /// As it was given, but for blanks.
    value: String,
    /// In the topic configuration's unit.
    topic_value: String,
}

/// The defaults that a broker was started with.
#[derive(Clone, Debug, Default)]
pub struct TopicDefaults {
    /// Those that win first.
    given: Vec<Given>,
    log_config: LogConfig,
}

impl TopicDefaults {
    /// Adds a default.
    ///
    /// # Errors
    /// For a name that gives no default to topics, and for a value that the topic configuration would refuse.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), TopicDefaultError> {
        let found = names().find(|known| known.name == name);
        let known = found.ok_or_else(|| TopicDefaultError::Unknown {
            name: name.to_owned(),
        })?;
        let value = value.trim();
        let given = Given {
            name: known.name,
            topic: known.config.name,
            value: value.to_owned(),
            topic_value: topic_config::check(
                known.config.name,
                Some(&in_topics_unit(known, value)?),
            )?,
        };
        let mut all = self.given.clone();
        all.retain(|other| other.name != name);
        all.push(given);
        let rank = |name: &str| names().position(|known| known.name == name);
        all.sort_by_key(|given| rank(given.name));
        // Backwards, so that what wins is laid over the others.
        let pairs = all.iter().rev();
        self.log_config =
            LogConfig::from_pairs(pairs.map(|given| (given.topic, given.topic_value.as_str())))?;
        self.given = all;
        Ok(())
    }

    /// What the broker says of a topic configuration, in the topic's unit.
    pub(crate) fn value_of(&self, topic: &str) -> Option<&str> {
        let wins = self.given.iter().find(|given| given.topic == topic)?;
        Some(&wins.topic_value)
    }

    /// The names and values that give a topic configuration, the one that wins first.
    pub(crate) fn synonyms_of(
        &self,
        topic: &'static str,
    ) -> impl Iterator<Item = (&'static str, &str)> {
        let given = self.given.iter().filter(move |given| given.topic == topic);
        given.map(|given| (given.name, given.value.as_str()))
    }

    /// The value that was given under a name.
    pub(crate) fn under(&self, name: &str) -> Option<&str> {
        let given = self.given.iter().find(|given| given.name == name)?;
        Some(&given.value)
    }

    /// The names given that a broker has only when they are given, with their types and what they are for.
    pub(crate) fn finer(
        &self,
    ) -> impl Iterator<Item = (&'static str, ConfigKind, &str, &'static str)> {
        self.given.iter().filter_map(|given| {
            FINER.iter().find(|(_, name, _)| *name == given.name)?;
            let config = topic_config::find(given.topic)?;
            Some((
                given.name,
                config.kind,
                given.value.as_str(),
                config.documentation,
            ))
        })
    }

    /// As the engine takes them.
    pub fn log_config(&self) -> &LogConfig {
        &self.log_config
    }
}

/// The value in the topic configuration's unit. A negative number means "without limit" in any.
fn in_topics_unit(known: Name, value: &str) -> Result<String, TopicDefaultError> {
    if known.unit == 1 {
        return Ok(value.to_owned());
    }
    let refuse = || TopicDefaultError::Number {
        value: value.to_owned(),
    };
    let number: i64 = value.parse().map_err(|_| refuse())?;
    let in_ms = if number < 0 {
        Some(-1)
    } else {
        number.checked_mul(known.unit)
    };
    Ok(in_ms.ok_or_else(refuse)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(pairs: &[(&str, &str)]) -> Result<TopicDefaults, TopicDefaultError> {
        let mut defaults = TopicDefaults::default();
        for (name, value) in pairs {
            defaults.set(name, value)?;
        }
        Ok(defaults)
    }

    #[test]
    fn the_finer_unit_wins_in_any_order() {
        let hours = ("log.retention.hours", "2");
        let minutes = ("log.retention.minutes", "3");
        let ms = ("log.retention.ms", "4");
        for (pairs, expected) in [
            (&[hours][..], "7200000"),
            (&[hours, minutes], "180000"),
            (&[ms, minutes, hours], "4"),
            (&[minutes, ms], "4"),
            (&[("log.retention.hours", "-1")], "-1"),
        ] {
            let defaults = defaults(pairs).unwrap();
            assert_eq!(
                defaults.value_of("retention.ms"),
                Some(expected),
                "{pairs:?}"
            );
            let config = defaults.log_config();
            assert_eq!(config.retention_ms, expected.parse().ok());
        }
        let defaults = defaults(&[hours, ms]).unwrap();
        let synonyms: Vec<_> = defaults.synonyms_of("retention.ms").collect();
        assert_eq!(synonyms, [ms, hours]);
    }

    #[test]
    fn what_a_topic_would_refuse_is_refused_and_unknown_names_are() {
        for (name, value) in [
            ("log.segment.bytes", "5"),
            ("log.segment.bytes", "lots"),
            ("log.retention.hours", "soon"),
            ("log.retention.hours", "9223372036854775807"),
            ("log.roll.hours", "0"),
            ("log.cleanup.policy", "shred"),
            ("num.partitions", "3"),
            ("retention.ms", "3"),
        ] {
            assert!(defaults(&[(name, value)]).is_err(), "{name}={value}");
        }
        assert_eq!(
            defaults(&[("no.such", "1")]).unwrap_err(),
            TopicDefaultError::Unknown {
                name: "no.such".to_owned()
            }
        );
    }

    #[test]
    fn every_default_of_kafkas_is_the_same_under_the_brokers_name() {
        for config in TOPIC_CONFIGS {
            if let Some((name, value)) = config.synonym {
                let defaults = defaults(&[(name, value)]).unwrap();
                assert_eq!(
                    defaults.value_of(config.name),
                    Some(config.default),
                    "{name}"
                );
                assert_eq!(defaults.log_config(), &LogConfig::default(), "{name}");
            }
        }
    }

    #[test]
    fn a_name_given_twice_has_its_last_value() {
        let defaults = defaults(&[("log.retention.ms", "1"), ("log.retention.ms", "2")]).unwrap();
        assert_eq!(defaults.value_of("retention.ms"), Some("2"));
        assert_eq!(defaults.synonyms_of("retention.ms").count(), 1);
    }
}
