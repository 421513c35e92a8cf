//! The broker's own configurations, under Kafka's names, as far as they mean something here.
//!
//! Pure. They are given at start; `dynamic_config` says which can be altered later.

use crate::config_entry::{ConfigEntry, ConfigSource};
use crate::config_kind::ConfigKind;
use crate::dynamic_config::{self, Layers};
use crate::groups::config as group_config;
use crate::limits::{DESCRIBED_PARTITIONS_MAX, FETCH_BYTES_MAX, FRAME_BYTES_MAX, IDLE_MAX};
use crate::settings::{BrokerSettings, NODE_ID};
use crate::topic_config::TOPIC_CONFIGS;

/// Every configuration of the broker, by name.
pub fn entries(layers: &Layers<'_>) -> Vec<ConfigEntry> {
    let mut entries = own(layers.settings());
    let of_groups = group_config::described(&layers.settings().groups);
    entries.extend(of_groups.into_iter().map(of_groups_at_broker));
    entries.extend(topic_defaults(layers));
    for entry in &mut entries {
        lay_over(entry, layers);
    }
    entries.sort_by_key(|entry| entry.name);
    entries
}

/// What is set for all brokers while they run, by name.
pub fn entries_of_all_brokers(layers: &Layers<'_>) -> Vec<ConfigEntry> {
    let set = layers.of_all_brokers().map(|(name, _)| name);
    let names: std::collections::BTreeSet<&str> = set.collect();
    let mut entries = entries(layers);
    entries.retain(|entry| names.contains(entry.name));
    for entry in &mut entries {
        let synonyms = &mut entry.synonyms;
        synonyms.retain(|(_, _, source)| *source == ConfigSource::DynamicDefault);
        if let Some((_, value, source)) = synonyms.first() {
            (entry.value, entry.source) = (value.clone(), *source);
        }
    }
    entries
}

/// Whether the broker has a configuration of this name, alterable or not.
pub fn has(layers: &Layers<'_>, name: &str) -> bool {
    let finer = crate::topic_defaults::known().any(|(known, _)| known == name);
    finer || entries(layers).iter().any(|entry| entry.name == name)
}

/// Every configuration of a group, by name: what the broker was started with, for all groups alike.
pub fn entries_of_group(settings: &BrokerSettings) -> Vec<ConfigEntry> {
    let described = group_config::described(&settings.groups).into_iter();
    let entries = described.filter_map(|described| {
        let name = described.of_group?;
        Some(ConfigEntry {
            name,
            ..of_groups_at_broker(described)
        })
    });
    let mut entries: Vec<ConfigEntry> = entries.collect();
    entries.sort_by_key(|entry| entry.name);
    entries
}

fn of_groups_at_broker(described: group_config::Described) -> ConfigEntry {
    entry(
        described.name,
        described.kind,
        described.value,
        Some(described.default),
        described.documentation,
    )
}

/// Puts what was altered while the broker ran over what it was started with.
fn lay_over(entry: &mut ConfigEntry, layers: &Layers<'_>) {
    entry.read_only = dynamic_config::kind(entry.name).is_none();
    let altered = layers.altered(entry.name);
    if let Some((value, source)) = altered.first() {
        (entry.value, entry.source) = (value.clone(), *source);
    }
    let name = entry.name;
    let altered = altered.into_iter();
    let altered = altered.map(|(value, source)| (name, value, source));
    entry.synonyms.splice(0..0, altered);
}

/// What is set, or fixed, for the broker as a whole.
fn own(settings: &BrokerSettings) -> Vec<ConfigEntry> {
    use ConfigKind::{Boolean, Int, List, Long, String as Text};
    let listen = format!("PLAINTEXT://{}", settings.nodes.first());
    let advertised = settings.nodes.advertised().map_or_else(
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
            dynamic_config::MAX_CONNECTIONS,
            Int,
            settings.connections_max.to_string(),
            Some("2147483647"),
            "Connections that the broker takes in all.",
        ),
        entry(
            dynamic_config::MAX_CONNECTIONS_PER_IP,
            Int,
            settings.connections_per_address_max.to_string(),
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

/// The broker configurations that topics take their defaults from, as of the start. Where several units give one, the
/// finer ones are there when somebody has set them.
fn topic_defaults(layers: &Layers<'_>) -> Vec<ConfigEntry> {
    let given = &layers.settings().topic_defaults;
    let mut entries: Vec<ConfigEntry> = Vec::new();
    for config in TOPIC_CONFIGS {
        let Some((name, value)) = config.synonym else {
            continue;
        };
        let own = given.under(name).unwrap_or(value).to_owned();
        if entries.iter().all(|entry| entry.name != name) {
            entries.push(entry(
                name,
                config.kind,
                own,
                Some(value),
                config.documentation,
            ));
        }
    }
    let finer = layers.topic_defaults.finer();
    entries.extend(finer.map(|(name, kind, value, documentation)| {
        let at_start = given.under(name);
        let own = at_start.unwrap_or(value).to_owned();
        let mut finer = entry(name, kind, own, None, documentation);
        if at_start.is_none() {
            finer.synonyms.clear();
        }
        finer
    }));
    entries
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
    use corelane_engine::Offset;
    use corelane_engine::catalogue::{ConfigRecord, Image, MetadataRecord, ResourceType};

    #[test]
    fn what_was_altered_stands_before_the_start_and_nearest_first() {
        let settings = BrokerSettings::of_a_test();
        let mut image = Image::new();
        for (offset, (layer, value)) in (0..).zip([("", "7"), ("1", "9")]) {
            let record = MetadataRecord::Config(ConfigRecord {
                resource_type: ResourceType::Broker,
                resource_name: layer.to_owned(),
                name: "max.connections".to_owned(),
                value: Some(value.to_owned()),
            });
            image.apply(Offset(offset), record).unwrap();
        }
        let layers = Layers::of(&settings, &image);
        let entries = entries(&layers);
        let find = |entries: &[ConfigEntry]| {
            let entry = entries.iter().find(|entry| entry.name == "max.connections");
            entry.unwrap().clone()
        };
        let own = find(&entries);
        assert_eq!((own.value.as_str(), own.read_only), ("9", false));
        let sources: Vec<_> = own
            .synonyms
            .iter()
            .map(|(_, _, source)| source.code())
            .collect();
        assert_eq!(sources, [2, 3, 4, 5]);
        let all = entries_of_all_brokers(&layers);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (find(&all).value.as_str(), find(&all).synonyms.len()),
            ("7", 1)
        );
    }

    #[test]
    fn what_groups_are_started_with_is_told_of_each_group() {
        let mut settings = BrokerSettings::of_a_test();
        let set = |settings: &mut BrokerSettings, name, value| {
            settings.groups.set(name, value).unwrap();
        };
        set(&mut settings, "group.consumer.session.timeout.ms", "9000");
        let told = entries_of_group(&settings);
        let told: Vec<_> = told
            .iter()
            .map(|entry| (entry.name, entry.value.as_str(), entry.source))
            .collect();
        let expected = [
            (
                "consumer.heartbeat.interval.ms",
                "5000",
                ConfigSource::Default,
            ),
            (
                "consumer.session.timeout.ms",
                "9000",
                ConfigSource::StaticBroker,
            ),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn names_are_sorted_and_told_once() {
        let mut settings = BrokerSettings::of_a_test();
        let defaults = &mut settings.topic_defaults;
        defaults.set("log.retention.ms", "5").unwrap();
        defaults.set("log.segment.bytes", "1048576").unwrap();
        let image = Image::new();
        let entries = entries(&Layers::of(&settings, &image));
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
