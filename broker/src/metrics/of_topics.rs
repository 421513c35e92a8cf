//! The families that speak of topics, partitions and groups, within the limits on how many are named.
//!
//! Pure. Invariants: topics of users are named before internal ones, each in the order of their names, so that what is
//! left out does not change from one look to the next.

use std::collections::{BTreeMap, HashMap};

use corelane_engine::catalogue::TopicImage;
use uuid::Uuid;

use super::LeftOut;
use super::exposition::{Exposition, Kind};
use super::snapshot::{PartitionPart, Snapshot};
use crate::coordinator::internal_topic::is_internal;
use crate::groups::census::GroupCensus;
use crate::limits::{
    METRICS_FINDINGS_MAX, METRICS_GROUPS_MAX, METRICS_PARTITIONS_MAX, METRICS_TOPICS_MAX,
};

/// Letters of a reason that a label holds.
const REASON_LENGTH_MAX: usize = 300;

#[derive(Default)]
struct Topic<'a> {
    bytes_in: u64,
    messages_in: u64,
    bytes_out: u64,
    partitions: BTreeMap<i32, &'a PartitionPart>,
}

/// Topics of users first.
type Topics<'a> = BTreeMap<(bool, &'a str), Topic<'a>>;

/// Writes them.
pub fn write(text: &mut Exposition, snapshot: &Snapshot, left_out: &mut LeftOut) {
    let topics = gather(snapshot);
    text.family(
        "corelane_topics",
        Kind::Gauge,
        "Topics, internal ones included.",
    );
    text.sample(&[], snapshot.image.topics().count());
    text.family(
        "corelane_partitions",
        Kind::Gauge,
        "Partitions, by the core that owns them.",
    );
    for part in &snapshot.cores {
        let core = part.core.0.to_string();
        text.sample(&[("core", &core)], part.partitions.len());
    }
    by_topic(text, &topics, left_out);
    by_partition(text, &topics, left_out);
    findings(text, &topics, left_out);
    groups(text, snapshot, &topics, left_out);
}

fn gather(snapshot: &Snapshot) -> Topics<'_> {
    let names: HashMap<Uuid, &TopicImage> = snapshot
        .image
        .topics()
        .map(|topic| (topic.topic_id, topic))
        .collect();
    let key = |id: &Uuid| {
        let name = names.get(id)?.name.as_str();
        Some((is_internal(name), name))
    };
    let mut topics = Topics::new();
    for part in &snapshot.cores {
        for partition in &part.partitions {
            // A topic that came or went while the cores were asked.
            let Some(key) = key(&partition.id.topic_id) else {
                continue;
            };
            let topic = topics.entry(key).or_default();
            topic.bytes_in += partition.intake.bytes;
            topic.messages_in += partition.intake.messages;
            topic.partitions.insert(partition.id.partition, partition);
        }
        let sent = part
            .broker
            .iter()
            .flat_map(|broker| &broker.bytes_out_by_topic);
        for (id, bytes) in sent {
            if let Some(key) = key(id) {
                topics.entry(key).or_default().bytes_out += bytes;
            }
        }
    }
    topics
}

fn by_topic(text: &mut Exposition, topics: &Topics<'_>, left_out: &mut LeftOut) {
    left_out.topics = topics.len().saturating_sub(METRICS_TOPICS_MAX);
    let mut family = |name, help, number: fn(&Topic<'_>) -> u64| {
        text.family(name, Kind::Counter, help);
        for ((_, topic), counts) in topics.iter().take(METRICS_TOPICS_MAX) {
            text.sample(&[("topic", topic)], number(counts));
        }
    };
    family(
        "corelane_bytes_in_total",
        "Bytes of record batches written to the topic since the start.",
        |topic| topic.bytes_in,
    );
    family(
        "corelane_messages_in_total",
        "Records written to the topic since the start.",
        |topic| topic.messages_in,
    );
    family(
        "corelane_bytes_out_total",
        "Bytes of record batches of the topic that were answered to clients since the start.",
        |topic| topic.bytes_out,
    );
}

fn by_partition(text: &mut Exposition, topics: &Topics<'_>, left_out: &mut LeftOut) {
    let count: usize = topics.values().map(|topic| topic.partitions.len()).sum();
    left_out.partitions = count.saturating_sub(METRICS_PARTITIONS_MAX);
    let mut family = |name, help, number: fn(&PartitionPart) -> u64| {
        text.family(name, Kind::Gauge, help);
        let partitions = topics.iter().flat_map(|((_, topic), counts)| {
            let partitions = counts.partitions.iter();
            partitions.map(move |(index, partition)| (*topic, *index, *partition))
        });
        for (topic, index, partition) in partitions.take(METRICS_PARTITIONS_MAX) {
            let index = index.to_string();
            text.sample(
                &[("topic", topic), ("partition", &index)],
                number(partition),
            );
        }
    };
    family(
        "corelane_log_size_bytes",
        "Bytes of the partition's segments.",
        |partition| partition.size_bytes,
    );
    family(
        "corelane_log_start_offset",
        "The first offset that the partition holds.",
        |partition| partition.log_start_offset.cast_unsigned(),
    );
    family(
        "corelane_log_end_offset",
        "The offset that the next record written to the partition gets.",
        |partition| partition.log_end_offset.cast_unsigned(),
    );
}

/// The partitions that want a look: those that refuse writes, and those whose end was cut at the start.
fn findings(text: &mut Exposition, topics: &Topics<'_>, left_out: &mut LeftOut) {
    let mut family =
        |count_name, count_help, name, help, reason: fn(&PartitionPart) -> Option<&str>| {
            let found = topics.iter().flat_map(|((_, topic), counts)| {
                let partitions = counts.partitions.iter();
                partitions.filter_map(move |(index, partition)| {
                    Some((*topic, *index, reason(partition)?))
                })
            });
            let found: Vec<(&str, i32, &str)> = found.collect();
            text.family(count_name, Kind::Gauge, count_help);
            text.sample(&[], found.len());
            left_out.findings += found.len().saturating_sub(METRICS_FINDINGS_MAX);
            text.family(name, Kind::Gauge, help);
            for (topic, index, reason) in found.into_iter().take(METRICS_FINDINGS_MAX) {
                let index = index.to_string();
                let reason: String = reason.chars().take(REASON_LENGTH_MAX).collect();
                let labels = [("topic", topic), ("partition", &index), ("reason", &reason)];
                text.sample(&labels, 1);
            }
        };
    family(
        "corelane_partitions_refusing",
        "Partitions that refuse writes.",
        "corelane_partition_refuses",
        "1 for each partition that refuses writes, with the reason.",
        |partition| partition.refused.as_deref(),
    );
    family(
        "corelane_partitions_cut",
        "Partitions whose log ended in a torn write at the start, which was cut.",
        "corelane_partition_cut",
        "1 for each partition whose end was cut at the start, with what was cut.",
        |partition| partition.cut.as_deref(),
    );
}

fn groups(text: &mut Exposition, snapshot: &Snapshot, topics: &Topics<'_>, left_out: &mut LeftOut) {
    let parts = snapshot
        .cores
        .iter()
        .filter_map(|part| part.broker.as_ref());
    let mut groups: Vec<&GroupCensus> = Vec::new();
    for broker in parts {
        groups.extend(&broker.groups);
        left_out.group_offsets += broker.group_offsets_left_out;
    }
    groups.sort_by(|one, other| one.group.cmp(&other.group));
    left_out.groups = groups.len().saturating_sub(METRICS_GROUPS_MAX);
    groups.truncate(METRICS_GROUPS_MAX);
    text.family(
        "corelane_consumergroup_members",
        Kind::Gauge,
        "Members of the group, with its state.",
    );
    for group in &groups {
        let labels = [
            ("consumergroup", group.group.as_str()),
            ("state", group.state),
        ];
        text.sample(&labels, group.member_count);
    }
    text.family(
        "corelane_consumergroup_current_offset",
        Kind::Gauge,
        "The offset that the group has committed.",
    );
    for_each_offset(text, &groups, |_, _, offset| Some(offset));
    text.family(
        "corelane_consumergroup_lag",
        Kind::Gauge,
        "Offsets between what the group has committed and the end of what consumers may see.",
    );
    for_each_offset(text, &groups, |topic, index, offset| {
        let topic = topics.get(&(is_internal(topic), topic))?;
        let partition = topic.partitions.get(&index)?;
        // Committed a moment after the partition was asked.
        Some((partition.high_watermark - offset).max(0))
    });
}

fn for_each_offset(
    text: &mut Exposition,
    groups: &[&GroupCensus],
    number: impl Fn(&str, i32, i64) -> Option<i64>,
) {
    for group in groups {
        for committed in &group.offsets {
            let topic = committed.topic.as_str();
            if let Some(number) = number(topic, committed.partition, committed.offset) {
                let partition = committed.partition.to_string();
                let labels = [
                    ("consumergroup", group.group.as_str()),
                    ("topic", topic),
                    ("partition", &partition),
                ];
                text.sample(&labels, number);
            }
        }
    }
}
