//! What an acknowledged record survives, from the request's acks and the topic's flush configuration.
//!
//! Invariants: the harness says no more than it was told. Kafka has no configuration that tells whether acks=all alone
//! waits for the disk; a broker that does so says it by [`ACKS_ALL_CONFIG`], or the run's settings say it.

use corelane_client::{Cluster, Config, ConfigResource};

use crate::result::Durability;
use crate::settings::{Acks, BrokerSettings};

/// Kafka's configurations that decide.
const CONFIGS: [&str; 3] = ["flush.messages", "flush.ms", "min.insync.replicas"];

/// A broker configuration, beyond Kafka's, whose value [`ACKS_ALL_FLUSHES`] means that acks=all waits for the disk.
pub const ACKS_ALL_CONFIG: &str = "corelane.acks.all";
/// See [`ACKS_ALL_CONFIG`].
pub const ACKS_ALL_FLUSHES: &str = "fdatasync";

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
    let flushes_itself = broker
        .flushes_before_ack_of_all
        .unwrap_or_else(|| says_acks_all_flushes(cluster, topic));
    let (statement, on_disk) = conclude(&durability, flushes_itself, acks);
    durability.statement = statement;
    durability.on_disk_before_ack = on_disk;
    durability
}

fn says_acks_all_flushes(cluster: &mut Cluster, topic: &str) -> bool {
    let Ok(leader) = cluster.leader(topic, 0) else {
        return false;
    };
    let configs =
        cluster.describe_configs(&ConfigResource::Broker(leader), Some(&[ACKS_ALL_CONFIG]));
    configs
        .is_ok_and(|configs| find(&configs, ACKS_ALL_CONFIG).as_deref() == Some(ACKS_ALL_FLUSHES))
}

fn find(configs: &[Config], name: &str) -> Option<String> {
    configs
        .iter()
        .find(|config| config.name == name)
        .and_then(|config| config.value.clone())
}

pub(crate) fn conclude(
    durability: &Durability,
    flushes_itself: bool,
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
        Some(Acks::All) if flushes_itself => (
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

    fn is_on_disk(flush_messages: Option<&str>, flushes_itself: bool, acks: Acks) -> bool {
        let durability = Durability {
            flush_messages: flush_messages.map(str::to_owned),
            ..Durability::default()
        };
        conclude(&durability, flushes_itself, Some(acks)).1
    }

    #[test]
    fn an_ack_is_on_disk_only_where_something_says_so() {
        assert!(is_on_disk(Some("1"), false, Acks::Leader));
        assert!(is_on_disk(Some("9223372036854775807"), true, Acks::All));
        assert!(!is_on_disk(Some("9223372036854775807"), true, Acks::Leader));
        assert!(!is_on_disk(Some("9223372036854775807"), false, Acks::All));
        assert!(!is_on_disk(None, false, Acks::All));
        assert!(!is_on_disk(Some("1"), false, Acks::None));
    }
}
