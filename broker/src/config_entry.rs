//! Configurations as clients see them: name, value, where the value comes from, and what else has that name.
//!
//! Pure.

use std::collections::BTreeMap;

use corelane_engine::ShardId;

use crate::config_kind::ConfigKind;
use crate::dynamic_config::Layers;
use crate::topic_config::{TOPIC_CONFIGS, TopicConfig};
use crate::topic_defaults;

/// Where a value comes from, as DescribeConfigs numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// The topic sets it.
    Topic,
    /// It was set for this broker while it ran.
    DynamicBroker,
    /// It was set for all brokers while they ran.
    DynamicDefault,
    /// The broker was started with it.
    StaticBroker,
    /// Nobody sets it.
    Default,
}

impl ConfigSource {
    /// The number on the wire.
    pub fn code(self) -> i8 {
        match self {
            ConfigSource::Topic => 1,
            ConfigSource::DynamicBroker => 2,
            ConfigSource::DynamicDefault => 3,
            ConfigSource::StaticBroker => 4,
            ConfigSource::Default => 5,
        }
    }
}

/// One configuration.
#[derive(Clone, Debug)]
pub struct ConfigEntry {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it can be altered.
    pub read_only: bool,
    /// Its type.
    pub kind: ConfigKind,
    /// What it is for.
    pub documentation: &'static str,
    /// Where else a value is set, nearest first: name, value, source.
    pub synonyms: Vec<(&'static str, String, ConfigSource)>,
}

/// Every configuration of a topic that sets `set`.
pub fn of_topic(
    set: &BTreeMap<String, String>,
    layers: &Layers<'_>,
) -> impl Iterator<Item = ConfigEntry> {
    TOPIC_CONFIGS
        .iter()
        .map(move |config| topic_entry(config, set.get(config.name), layers))
}

/// On which core each partition of a topic lives, by partition: read-only, and Corelane's own.
pub fn partition_cores(cores: &[ShardId]) -> ConfigEntry {
    let cores: Vec<String> = cores.iter().map(ShardId::to_string).collect();
    ConfigEntry {
        name: "corelane.partition.cores",
        value: cores.join(","),
        source: ConfigSource::Default,
        read_only: true,
        kind: ConfigKind::List,
        documentation: "The core of each partition, in the order of the partitions.",
        synonyms: Vec::new(),
    }
}

fn topic_entry(
    config: &'static TopicConfig,
    set: Option<&String>,
    layers: &Layers<'_>,
) -> ConfigEntry {
    let mut synonyms = Vec::new();
    if let Some(value) = set {
        synonyms.push((config.name, value.clone(), ConfigSource::Topic));
    }
    let altered = topic_defaults::dynamic_name(config).into_iter();
    synonyms.extend(altered.flat_map(|name| {
        let values = layers.altered(name).into_iter();
        values.map(move |(value, source)| (name, value, source))
    }));
    let given = layers.settings().topic_defaults.synonyms_of(config.name);
    synonyms
        .extend(given.map(|(name, value)| (name, value.to_owned(), ConfigSource::StaticBroker)));
    if let Some((name, value)) = config.synonym {
        synonyms.push((name, value.to_owned(), ConfigSource::Default));
    }
    let default = layers.topic_defaults.value_of(config.name);
    ConfigEntry {
        name: config.name,
        value: set
            .map_or(default.unwrap_or(config.default), String::as_str)
            .to_owned(),
        source: synonyms
            .first()
            .map_or(ConfigSource::Default, |(_, _, source)| *source),
        read_only: false,
        kind: config.kind,
        documentation: config.documentation,
        synonyms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::BrokerSettings;
    use corelane_engine::catalogue::Image;

    #[test]
    fn a_default_of_the_brokers_stands_between_the_topics_value_and_kafkas() {
        let mut settings = BrokerSettings::of_a_test();
        let defaults = &mut settings.topic_defaults;
        defaults.set("log.retention.hours", "2").unwrap();
        defaults.set("log.retention.ms", "9").unwrap();
        let image = Image::new();
        let layers = Layers::of(&settings, &image);
        let entry = |set: &BTreeMap<String, String>| {
            of_topic(set, &layers)
                .find(|entry| entry.name == "retention.ms")
                .unwrap()
        };
        let given = [
            (
                "log.retention.ms",
                "9".to_owned(),
                ConfigSource::StaticBroker,
            ),
            (
                "log.retention.hours",
                "2".to_owned(),
                ConfigSource::StaticBroker,
            ),
            (
                "log.retention.hours",
                "168".to_owned(),
                ConfigSource::Default,
            ),
        ];
        let unset = entry(&BTreeMap::new());
        assert_eq!(
            (unset.value.as_str(), unset.source),
            ("9", ConfigSource::StaticBroker)
        );
        assert_eq!(unset.synonyms, given);
        let set = entry(&BTreeMap::from([(
            "retention.ms".to_owned(),
            "5".to_owned(),
        )]));
        assert_eq!((set.value.as_str(), set.source), ("5", ConfigSource::Topic));
        assert_eq!(set.synonyms[1..], given);
    }

    #[test]
    fn a_set_value_stands_before_the_default() {
        let set = BTreeMap::from([("retention.ms".to_owned(), "5".to_owned())]);
        let (settings, image) = (BrokerSettings::of_a_test(), Image::new());
        let layers = Layers::of(&settings, &image);
        let entry = of_topic(&set, &layers)
            .find(|entry| entry.name == "retention.ms")
            .unwrap();
        assert_eq!(
            (entry.value.as_str(), entry.source),
            ("5", ConfigSource::Topic)
        );
        assert_eq!(
            entry.synonyms,
            [
                ("retention.ms", "5".to_owned(), ConfigSource::Topic),
                (
                    "log.retention.hours",
                    "168".to_owned(),
                    ConfigSource::Default
                ),
            ]
        );
        let entry = of_topic(&set, &layers)
            .find(|entry| entry.name == "segment.bytes")
            .unwrap();
        assert_eq!(
            (entry.value.as_str(), entry.source),
            ("1073741824", ConfigSource::Default)
        );
    }
}
