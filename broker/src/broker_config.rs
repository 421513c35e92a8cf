//! The broker's own configurations, under Kafka's names, as far as they mean something here.
//!
//! Pure. All are read-only: they are given at start.

use crate::config_entry::{ConfigEntry, ConfigSource};
use crate::config_kind::ConfigKind;
use crate::limits::{
    CONNECTIONS_PER_ADDRESS_MAX, DESCRIBED_PARTITIONS_MAX, FETCH_BYTES_MAX, FRAME_BYTES_MAX,
    IDLE_MAX,
};
use crate::settings::{BrokerSettings, NODE_ID};
use crate::topic_config::TOPIC_CONFIGS;
use crate::topic_defaults::TopicDefaults;

/// Every configuration of the broker, by name.
pub fn entries(settings: &BrokerSettings) -> Vec<ConfigEntry> {
    let mut entries = own(settings);
    entries.extend(topic_defaults(&settings.topic_defaults));
    entries.sort_by_key(|entry| entry.name);
    entries
}

/// What is set, or fixed, for the broker as a whole.
fn own(settings: &BrokerSettings) -> Vec<ConfigEntry> {
    use ConfigKind::{Boolean, Int, List, Long, String as Text};
    let listen = format!("PLAINTEXT://{}", settings.listen);
    let advertised = settings.advertise.as_ref().map_or_else(
        || listen.clone(),
        |to| format!("PLAINTEXT://{}:{}", to.host, to.port),
    );
    vec![
        entry(
            "advertised.listeners",
            List,
            advertised,
            None,
            "Where clients are told to connect.",
        ),
        entry(
            "auto.create.topics.enable",
            Boolean,
            settings.auto_create_topics.to_string(),
            Some("true"),
            "Whether a topic is created when a client first names it.",
        ),
        entry(
            "broker.id",
            Int,
            NODE_ID.to_string(),
            Some("-1"),
            "The id of this broker.",
        ),
        entry(
            "connections.max.idle.ms",
            Long,
            IDLE_MAX.as_millis().to_string(),
            Some("600000"),
            "A connection without traffic is closed after this time.",
        ),
        entry(
            "corelane.acks.all",
            Text,
            "fdatasync".to_owned(),
            Some("fdatasync"),
            "When acks=all is answered: once fdatasync has returned.",
        ),
        entry(
            "default.replication.factor",
            Int,
            "1".to_owned(),
            Some("1"),
            "Replicas of a topic that is created without a number.",
        ),
        entry(
            "fetch.max.bytes",
            Int,
            FETCH_BYTES_MAX.to_string(),
            Some("57671680"),
            "The largest Fetch answer, in bytes of records.",
        ),
        entry(
            "listeners",
            List,
            listen,
            Some("PLAINTEXT://:9092"),
            "Where the broker listens.",
        ),
        entry(
            "log.dir",
            Text,
            settings.data_directory.display().to_string(),
            Some("/tmp/kafka-logs"),
            "The data directory.",
        ),
        entry(
            "log.dirs",
            List,
            settings.data_directory.display().to_string(),
            None,
            "The data directory.",
        ),
        entry(
            "max.connections.per.ip",
            Int,
            CONNECTIONS_PER_ADDRESS_MAX.to_string(),
            Some("2147483647"),
            "Connections that one address may have.",
        ),
        entry(
            "max.request.partition.size.limit",
            Int,
            DESCRIBED_PARTITIONS_MAX.to_string(),
            Some("2000"),
            "Partitions that one answer of DescribeTopicPartitions lists.",
        ),
        entry(
            "node.id",
            Int,
            NODE_ID.to_string(),
            None,
            "The id of this broker.",
        ),
        entry(
            "num.partitions",
            Int,
            settings.num_partitions.to_string(),
            Some("1"),
            "Partitions of a topic that is created without a number.",
        ),
        entry(
            "offsets.topic.replication.factor",
            Int,
            "1".to_owned(),
            Some("3"),
            "Replicas of the topic that holds consumer offsets.",
        ),
        entry(
            "process.roles",
            List,
            "broker,controller".to_owned(),
            None,
            "The roles of this process.",
        ),
        entry(
            "socket.request.max.bytes",
            Int,
            settings.request_bytes_max.to_string(),
            Some(const_str(FRAME_BYTES_MAX)),
            "The largest request, in bytes.",
        ),
    ]
}

/// Kafka's default of `socket.request.max.bytes`, which is [`FRAME_BYTES_MAX`].
const fn const_str(bytes: usize) -> &'static str {
    assert!(bytes == 104_857_600);
    "104857600"
}

/// The broker configurations that topics take their defaults from.
fn topic_defaults(given: &TopicDefaults) -> impl Iterator<Item = ConfigEntry> {
    let mut seen = std::collections::HashSet::new();
    let plain = TOPIC_CONFIGS
        .iter()
        .filter_map(|config| config.synonym.map(|(name, value)| (config, name, value)))
        .filter(move |(_, name, _)| seen.insert(*name))
        .map(|(config, name, value)| {
            entry(
                name,
                config.kind,
                given.under(name).unwrap_or(value).to_owned(),
                Some(value),
                config.documentation,
            )
        });
    let finer = given.finer().map(|(name, kind, value, documentation)| {
        entry(name, kind, value.to_owned(), None, documentation)
    });
    plain.chain(finer)
}

fn entry(
    name: &'static str,
    kind: ConfigKind,
    value: String,
    default: Option<&'static str>,
    documentation: &'static str,
) -> ConfigEntry {
    let is_default = default == Some(value.as_str());
    let source = if is_default {
        ConfigSource::Default
    } else {
        ConfigSource::StaticBroker
    };
    let mut synonyms = Vec::new();
    if !is_default {
        synonyms.push((name, value.clone(), ConfigSource::StaticBroker));
    }
    synonyms.extend(default.map(|default| (name, default.to_owned(), ConfigSource::Default)));
    ConfigEntry {
        name,
        value,
        source,
        read_only: true,
        kind,
        documentation,
        synonyms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_told_once() {
        let settings = BrokerSettings {
            listen: "127.0.0.1:9092".parse().unwrap(),
            advertise: None,
            auto_create_topics: true,
            num_partitions: 4,
            request_bytes_max: FRAME_BYTES_MAX,
            request_memory_bytes_per_core: FRAME_BYTES_MAX,
            cluster_id: String::new(),
            data_directory: "data".into(),
            groups: crate::groups::GroupSettings::default(),
            topic_defaults: {
                let mut defaults = TopicDefaults::default();
                defaults.set("log.retention.ms", "5").unwrap();
                defaults.set("log.segment.bytes", "1048576").unwrap();
                defaults
            },
        };
        let entries = entries(&settings);
        assert!(entries.is_sorted_by(|a, b| a.name < b.name));
        let partitions = entries
            .iter()
            .find(|entry| entry.name == "num.partitions")
            .unwrap();
        assert_eq!(
            (partitions.value.as_str(), partitions.source),
            ("4", ConfigSource::StaticBroker)
        );
        for (name, value) in [("log.retention.ms", "5"), ("log.segment.bytes", "1048576")] {
            let entry = entries.iter().find(|entry| entry.name == name).unwrap();
            assert_eq!(
                (entry.value.as_str(), entry.source),
                (value, ConfigSource::StaticBroker)
            );
        }
    }
}
