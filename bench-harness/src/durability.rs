//! What an acknowledged record survives, from the request's acks and the topic's flush configuration.
//!
//! Invariants: the harness says no more than it was told; a broker that flushes before it acknowledges all by itself
//! (Corelane at acks=all) says so by its settings, since Kafka has no configuration that could tell.

use corelane_client::{Cluster, Config, ConfigResource};

use crate::result::Durability;
use crate::settings::{Acks, BrokerSettings};

/// Kafka's configurations that decide.
const CONFIGS: [&str; 3] = ["flush.messages", "flush.ms", "min.insync.replicas"];

/// Asks the broker, and draws the conclusion.
pub(crate) fn of_topic(
    cluster: &mut Cluster,
    topic: &str,
    broker: &BrokerSettings,
    acks: Option<Acks>,
) -> Durability {
    // A broker that does not describe configurations is measured all the same; the statement then says less.
    let configs = cluster
        .describe_configs(&ConfigResource::Topic(topic.to_owned()), Some(&CONFIGS))
        .unwrap_or_default();
    let value = |name: &str| find(&configs, name);
    let replicas = cluster
        .topic(topic)
        .ok()
        .and_then(|topic| topic.partitions.first())
        .map(|partition| partition.replicas.len());
    let mut durability = Durability {
        acks: acks.map_or_else(String::new, |acks| acks.to_string()),
        flush_messages: value("flush.messages"),
        flush_ms: value("flush.ms"),
        min_insync_replicas: value("min.insync.replicas"),
        replicas,
        ..Durability::default()
    };
    let (statement, on_disk) = conclude(&durability, broker, acks);
    durability.statement = statement;
    durability.on_disk_before_ack = on_disk;
    durability
}

fn find(configs: &[Config], name: &str) -> Option<String> {
    configs
        .iter()
        .find(|config| config.name == name)
        .and_then(|config| config.value.clone())
}

fn conclude(
    durability: &Durability,
    broker: &BrokerSettings,
    acks: Option<Acks>,
) -> (String, bool) {
    let flushes_each = durability.flush_messages.as_deref() == Some("1");
    let replicas = durability
        .replicas
        .map_or_else(String::new, |count| format!("; {count} replica(s)"));
    let (text, on_disk) = match acks {
        None => ("a fetch acknowledges nothing", false),
        Some(Acks::None) => ("acks=0: nothing is promised", false),
        Some(_) if flushes_each => (
            "flushed to disk before each ack (flush.messages=1): survives a power cut",
            true,
        ),
        Some(Acks::All) if broker.flushes_before_ack_of_all == Some(true) => (
            "acks=all, flushed to disk before each ack: survives a power cut",
            true,
        ),
        Some(Acks::All) => (
            "acks=all without a flush: survives a crash of the process, not a power cut",
            false,
        ),
        Some(Acks::Leader) => (
            "acks=1 without a flush: survives a crash of the process, not a power cut",
            false,
        ),
    };
    (format!("{text}{replicas}"), on_disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concluded(flush_messages: Option<&str>, flushes: Option<bool>, acks: Acks) -> bool {
        let durability = Durability {
            flush_messages: flush_messages.map(str::to_owned),
            ..Durability::default()
        };
        let broker = BrokerSettings {
            flushes_before_ack_of_all: flushes,
            ..BrokerSettings::at("localhost:9092")
        };
        conclude(&durability, &broker, Some(acks)).1
    }

    #[test]
    fn an_ack_is_on_disk_only_where_something_says_so() {
        assert!(concluded(Some("1"), None, Acks::Leader));
        assert!(concluded(
            Some("9223372036854775807"),
            Some(true),
            Acks::All
        ));
        assert!(!concluded(
            Some("9223372036854775807"),
            Some(true),
            Acks::Leader
        ));
        assert!(!concluded(Some("9223372036854775807"), None, Acks::All));
        assert!(!concluded(None, None, Acks::All));
        assert!(!concluded(Some("1"), None, Acks::None));
    }
}
