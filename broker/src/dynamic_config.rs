//! Configurations of the broker that can be altered while it runs, and how they lie over those of its start.
//!
//! The catalogue keeps them as Kafka does (KIP-226): under the broker's id, and under an empty name for all brokers.
//! What is nearest holds: the broker's own, then all brokers', then the start's, then Kafka's default. Invariants: only
//! checked values of names in this table are stored; what follows for topics is a function of the image. Pure.

use corelane_engine::LogDefaults;
use corelane_engine::catalogue::Image;

use crate::config_entry::ConfigSource;
use crate::config_kind::ConfigKind;
use crate::settings::{BrokerSettings, NODE_ID};
use crate::topic_defaults::{self, TopicDefaults};

/// Kafka's name for the limit on connections in all.
pub const MAX_CONNECTIONS: &str = "max.connections";
/// Kafka's name for the limit on connections from one address.
pub const MAX_CONNECTIONS_PER_IP: &str = "max.connections.per.ip";

/// The name under which configurations of all brokers are kept.
pub const ALL_BROKERS: &str = "";

/// Why a configuration of the broker cannot be altered so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DynamicConfigError {
    /// The broker has it, from its start.
    #[error("Cannot update these configs dynamically: Set({name})")]
    Static {
        /// The name.
        name: String,
    },
    /// The broker has no such configuration.
    #[error("this broker has no configuration {name}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The value is refused.
    #[error("{reason}")]
    Value {
        /// Why, with name and value.
        reason: String,
    },
}

/// The type of a configuration that can be altered; none where it cannot.
pub fn kind(name: &str) -> Option<ConfigKind> {
    match name {
        MAX_CONNECTIONS | MAX_CONNECTIONS_PER_IP => Some(ConfigKind::Int),
        _ => topic_defaults::dynamic(name).map(|config| config.kind),
    }
}

/// What a list has before words are added to it or taken from it for the first time.
pub fn list_default(name: &str) -> &'static str {
    topic_defaults::dynamic(name).map_or("", |config| config.default)
}

/// Checks a value and returns it as it is stored.
///
/// # Errors
/// See [`DynamicConfigError`].
pub fn check(name: &str, value: &str, is_static: bool) -> Result<String, DynamicConfigError> {
    let value = value.trim();
    match name {
        MAX_CONNECTIONS | MAX_CONNECTIONS_PER_IP => limit(name, value),
        _ if topic_defaults::dynamic(name).is_some() => {
            let set = TopicDefaults::default().set(name, value);
            let refuse = |error: topic_defaults::TopicDefaultError| DynamicConfigError::Value {
                reason: error.to_string(),
            };
            set.map(|()| value.to_owned()).map_err(refuse)
        }
        _ if is_static => Err(DynamicConfigError::Static {
            name: name.to_owned(),
        }),
        _ => Err(DynamicConfigError::Unknown {
            name: name.to_owned(),
        }),
    }
}

fn limit(name: &str, value: &str) -> Result<String, DynamicConfigError> {
    match value.parse::<i32>() {
        Ok(number) if number > 0 => Ok(number.to_string()),
        _ => Err(DynamicConfigError::Value {
            reason: format!(
                "Invalid value {value} for configuration {name}: Value must be from 1 to {}",
                i32::MAX
            ),
        }),
    }
}

/// What is in force for the broker by an image.
pub struct Layers<'a> {
    settings: &'a BrokerSettings,
    image: &'a Image,
    /// What topics take where they set nothing.
    pub topic_defaults: TopicDefaults,
}

impl<'a> Layers<'a> {
    /// Lays what the image says over the settings of the start.
    pub fn of(settings: &'a BrokerSettings, image: &'a Image) -> Self {
        Layers {
            settings,
            image,
            topic_defaults: effective(&settings.topic_defaults, image),
        }
    }

    /// The settings of the start.
    pub fn settings(&self) -> &'a BrokerSettings {
        self.settings
    }

    /// The values of a configuration that can be altered, nearest first, without that of the start.
    pub fn altered(&self, name: &str) -> Vec<(String, ConfigSource)> {
        let sources = [ConfigSource::DynamicBroker, ConfigSource::DynamicDefault];
        let layers = layers().into_iter().zip(sources);
        let value = |layer: &str| find(self.image, layer, name).map(str::to_owned);
        layers
            .filter_map(|(layer, source)| value(&layer).map(|value| (value, source)))
            .collect()
    }

    /// What is set for all brokers, by name.
    pub fn of_all_brokers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.image.broker_configs(ALL_BROKERS)
    }
}

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// In all.
    pub in_all: usize,
    /// From one address.
    pub per_address: usize,
}

/// The limits on connections, by an image.
pub fn connection_limits(settings: &BrokerSettings, image: &Image) -> ConnectionLimits {
    let limit = |name, at_start| {
        let mut set = layers()
            .into_iter()
            .filter_map(|layer| find(image, &layer, name)?.parse().ok());
        set.next().unwrap_or(at_start)
    };
    ConnectionLimits {
        in_all: limit(MAX_CONNECTIONS, settings.connections_max),
        per_address: limit(MAX_CONNECTIONS_PER_IP, settings.connections_per_address_max),
    }
}

/// For the engine: what holds for topics, by an image.
pub fn log_defaults(at_start: TopicDefaults) -> LogDefaults {
    LogDefaults::new(move |image| effective(&at_start, image).log_config().clone())
}

fn effective(at_start: &TopicDefaults, image: &Image) -> TopicDefaults {
    let mut defaults = at_start.clone();
    // What is nearest last, so that it stays.
    for layer in layers().into_iter().rev() {
        for (name, value) in image.broker_configs(&layer) {
            if topic_defaults::dynamic(name).is_some()
                && let Err(error) = defaults.set(name, value)
            {
                // Only checked values are stored; another version may have checked otherwise.
                tracing::warn!(name, value, %error, "a stored configuration of the broker is not in force");
            }
        }
    }
    defaults
}

/// The names that configurations of this broker are kept under, nearest first.
fn layers() -> [String; 2] {
    [NODE_ID.to_string(), ALL_BROKERS.to_owned()]
}

fn find<'a>(image: &'a Image, layer: &str, name: &str) -> Option<&'a str> {
    let mut set = image.broker_configs(layer);
    set.find(|(set, _)| *set == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::Offset;
    use corelane_engine::catalogue::{ConfigRecord, MetadataRecord, ResourceType};

    fn image(configs: &[(&str, &str, &str)]) -> Image {
        let mut image = Image::new();
        for (offset, (layer, name, value)) in (0..).zip(configs) {
            let record = MetadataRecord::Config(ConfigRecord {
                resource_type: ResourceType::Broker,
                resource_name: (*layer).to_owned(),
                name: (*name).to_owned(),
                value: Some((*value).to_owned()),
            });
            image.apply(Offset(offset), record).unwrap();
        }
        image
    }

    #[test]
    fn the_brokers_own_value_lies_over_that_of_all_brokers_and_both_over_the_start() {
        let mut at_start = TopicDefaults::default();
        at_start.set("log.retention.hours", "2").unwrap();
        let retention = |image: &Image| log_defaults(at_start.clone()).of(image).retention_ms;
        assert_eq!(retention(&image(&[])), Some(7_200_000));
        let all = ("", "log.retention.ms", "7");
        let own = ("1", "log.retention.ms", "9");
        let other = ("2", "log.retention.ms", "11");
        assert_eq!(retention(&image(&[all])), Some(7));
        assert_eq!(retention(&image(&[all, own])), Some(9));
        assert_eq!(retention(&image(&[other])), Some(7_200_000));
    }

    #[test]
    fn what_cannot_be_altered_is_refused_by_name() {
        let refused = |name, value, is_static| check(name, value, is_static).unwrap_err();
        assert!(matches!(
            refused("num.partitions", "3", true),
            DynamicConfigError::Static { .. }
        ));
        // Kafka takes the finest unit only.
        assert!(matches!(
            refused("log.retention.hours", "3", true),
            DynamicConfigError::Static { .. }
        ));
        assert!(matches!(
            refused("no.such", "3", false),
            DynamicConfigError::Unknown { .. }
        ));
        for (name, value) in [
            ("log.retention.ms", "soon"),
            ("log.segment.bytes", "5"),
            (MAX_CONNECTIONS, "0"),
            (MAX_CONNECTIONS_PER_IP, "many"),
        ] {
            assert!(
                matches!(refused(name, value, true), DynamicConfigError::Value { .. }),
                "{name}"
            );
        }
        assert_eq!(check(MAX_CONNECTIONS, " 5 ", true).as_deref(), Ok("5"));
    }
}
