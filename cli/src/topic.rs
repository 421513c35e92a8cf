//! The commands `topic create`, `list`, `describe`, `alter` and `delete`, over the Kafka protocol.
//!
//! They work against any broker that speaks it. What the broker refuses is told in its own words.

use crate::arguments::{
    TopicAlter, TopicCommand, TopicCreate, TopicDelete, TopicDescribe, TopicList,
};
use crate::broker_connection::{connect, failure};
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use corelane_client::{
    Cluster, Config, ConfigChange, ConfigResource, ConfigSource, ErrorCode, NewTopic, OffsetAt,
    Partition,
};
use serde::Serialize;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &TopicCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        TopicCommand::Create(arguments) => create(arguments, resolved, output),
        TopicCommand::List(arguments) => list(arguments, resolved, output),
        TopicCommand::Describe(arguments) => describe(arguments, resolved, output),
        TopicCommand::Alter(arguments) => alter(arguments, resolved, output),
        TopicCommand::Delete(arguments) => delete(arguments, resolved, output),
    }
}

fn create(
    arguments: &TopicCreate,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let topic = NewTopic {
        name: arguments.topic.clone(),
        partitions: arguments.partitions,
        replication_factor: arguments.replicas,
        configs: arguments
            .set
            .iter()
            .map(|text| assignment(text))
            .collect::<Result<_, _>>()?,
    };
    let mut cluster = connect(resolved)?;
    let change = match cluster.create_topic(&topic, arguments.validate_only) {
        Ok(_) if arguments.validate_only => Change::WouldCreate,
        Ok(_) => Change::Created,
        Err(error)
            if arguments.if_not_exists && error.code() == Some(ErrorCode::TopicAlreadyExists) =>
        {
            Change::Existed
        }
        Err(error) => return Err(failure(error).into()),
    };
    tell(change, &topic.name, arguments.json, output)
}

/// What became of a topic that a command was to change; the name is what `--json` prints.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Change {
    Created,
    WouldCreate,
    Existed,
    Altered,
    WouldAlter,
    Deleted,
    Missing,
}

/// A change as `--json` prints it.
#[derive(Serialize)]
struct ChangeLine<'a> {
    topic: &'a str,
    outcome: Change,
}

fn tell(change: Change, topic: &str, json: bool, output: &mut impl Write) -> anyhow::Result<()> {
    if json {
        let outcome = change;
        return Ok(json_lines::write_line(
            output,
            &ChangeLine { topic, outcome },
        )?);
    }
    let text = match change {
        Change::Created => format!("created topic {topic}"),
        Change::WouldCreate => format!("the broker would create topic {topic}"),
        Change::Existed => format!("topic {topic} exists already"),
        Change::Altered => format!("altered topic {topic}"),
        Change::WouldAlter => format!("the broker would alter topic {topic}"),
        Change::Deleted => format!("deleted topic {topic}"),
        Change::Missing => format!("there is no topic {topic}"),
    };
    writeln!(output, "{text}")?;
    Ok(())
}

/// A topic as both forms of `topic list` show it.
#[derive(Serialize)]
struct TopicLine {
    topic: String,
    id: String,
    internal: bool,
    partition_count: usize,
    replica_count: usize,
}

fn list(arguments: &TopicList, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let mut topics = connect(resolved)?.topics().map_err(failure)?;
    topics.retain(|topic| arguments.internal || !topic.is_internal);
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = Table::new(&[
        ("topic", Align::Left),
        ("partitions", Align::Right),
        ("replicas", Align::Right),
        ("id", Align::Left),
    ]);
    for topic in topics {
        let line = TopicLine {
            id: topic.id.to_string(),
            internal: topic.is_internal,
            partition_count: topic.partitions.len(),
            replica_count: topic
                .partitions
                .first()
                .map_or(0, |partition| partition.replicas.len()),
            topic: topic.name,
        };
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([
                line.topic,
                line.partition_count.to_string(),
                line.replica_count.to_string(),
                line.id,
            ]),
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    Ok(())
}

/// A line of `topic describe --json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum DescribeLine<'a> {
    Partition {
        topic: &'a str,
        partition: i32,
        leader: Option<i32>,
        leader_epoch: i32,
        core: Option<u16>,
        replicas: &'a [i32],
        in_sync_replicas: &'a [i32],
        earliest_offset: Option<i64>,
        latest_offset: Option<i64>,
    },
    Config {
        topic: &'a str,
        name: &'a str,
        value: Option<&'a str>,
        source: String,
    },
}

fn describe(
    arguments: &TopicDescribe,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    for (index, name) in arguments.topics.iter().enumerate() {
        if index > 0 && !arguments.json {
            writeln!(output)?;
        }
        describe_topic(&mut cluster, name, arguments, output)?;
    }
    Ok(())
}

fn describe_topic(
    cluster: &mut Cluster,
    name: &str,
    arguments: &TopicDescribe,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let topic = cluster.topic(name).map_err(failure)?.clone();
    let mut configs = cluster
        .describe_configs(&ConfigResource::Topic(name.to_owned()), None)
        .map_err(failure)?;
    let cores = partition_cores(&configs);
    configs.retain(|config| arguments.all || config.source == ConfigSource::Topic);
    configs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = partition_table();
    for partition in &topic.partitions {
        let number = partition.partition;
        let offsets = partition.leader.map(|_| -> Result<_, Failure> {
            let earliest = cluster
                .offset(name, number, OffsetAt::Earliest)
                .map_err(failure)?;
            Ok((
                earliest,
                cluster
                    .offset(name, number, OffsetAt::Latest)
                    .map_err(failure)?,
            ))
        });
        let (earliest_offset, latest_offset) = offsets.transpose()?.unwrap_or((None, None));
        let core = usize::try_from(number)
            .ok()
            .and_then(|number| cores.get(number).copied());
        match arguments.json {
            true => json_lines::write_line(
                output,
                &partition_line(name, partition, core, earliest_offset, latest_offset),
            )?,
            false => table.row(partition_cells(
                partition,
                core,
                earliest_offset,
                latest_offset,
            )),
        }
    }
    if arguments.json {
        return Ok(configs
            .iter()
            .try_for_each(|config| json_lines::write_line(output, &config_line(name, config)))?);
    }
    writeln!(
        output,
        "topic {name}, id {}, {} partitions",
        topic.id,
        topic.partitions.len()
    )?;
    table.write(output)?;
    config_table(&configs).map_or(Ok(()), |table| table.write(output))?;
    Ok(())
}

/// The core of each partition, where the broker is Corelane and tells.
fn partition_cores(configs: &[Config]) -> Vec<u16> {
    let told = configs
        .iter()
        .find(|config| config.name == "corelane.partition.cores");
    let list = told
        .and_then(|config| config.value.as_deref())
        .unwrap_or_default();
    list.split(',')
        .filter_map(|core| core.parse().ok())
        .collect()
}

fn partition_table() -> Table {
    Table::new(&[
        ("partition", Align::Right),
        ("leader", Align::Right),
        ("epoch", Align::Right),
        ("core", Align::Right),
        ("replicas", Align::Left),
        ("in sync", Align::Left),
        ("earliest", Align::Right),
        ("latest", Align::Right),
    ])
}

fn partition_cells(
    partition: &Partition,
    core: Option<u16>,
    earliest: Option<i64>,
    latest: Option<i64>,
) -> [String; 8] {
    let or_dash = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    let nodes = |nodes: &[i32]| {
        nodes
            .iter()
            .map(i32::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    [
        partition.partition.to_string(),
        or_dash(partition.leader.map(i64::from)),
        partition.leader_epoch.to_string(),
        or_dash(core.map(i64::from)),
        nodes(&partition.replicas),
        nodes(&partition.in_sync_replicas),
        or_dash(earliest),
        or_dash(latest),
    ]
}

fn partition_line<'a>(
    topic: &'a str,
    partition: &'a Partition,
    core: Option<u16>,
    earliest_offset: Option<i64>,
    latest_offset: Option<i64>,
) -> DescribeLine<'a> {
    DescribeLine::Partition {
        topic,
        partition: partition.partition,
        leader: partition.leader,
        leader_epoch: partition.leader_epoch,
        core,
        replicas: &partition.replicas,
        in_sync_replicas: &partition.in_sync_replicas,
        earliest_offset,
        latest_offset,
    }
}

fn config_line<'a>(topic: &'a str, config: &'a Config) -> DescribeLine<'a> {
    DescribeLine::Config {
        topic,
        name: &config.name,
        value: config.value.as_deref(),
        source: source_name(config.source),
    }
}

/// The configurations as a table; nothing when there are none to show.
pub(crate) fn config_table(configs: &[Config]) -> Option<Table> {
    if configs.is_empty() {
        return None;
    }
    let mut table =
        Table::new(&["configuration", "value", "source"].map(|title| (title, Align::Left)));
    for config in configs {
        let value = config.value.clone().unwrap_or("(secret)".to_owned());
        table.row([config.name.clone(), value, source_name(config.source)]);
    }
    Some(table)
}

pub(crate) fn source_name(source: ConfigSource) -> String {
    match source {
        ConfigSource::Topic => "topic".to_owned(),
        ConfigSource::Broker => "broker".to_owned(),
        ConfigSource::AllBrokers => "all brokers".to_owned(),
        ConfigSource::Static => "broker's start".to_owned(),
        ConfigSource::Default => "default".to_owned(),
        ConfigSource::Other(number) => format!("source {number}"),
    }
}

fn alter(
    arguments: &TopicAlter,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut changes = Vec::new();
    for text in &arguments.set {
        let (name, value) = assignment(text)?;
        changes.push(ConfigChange::Set(name, value));
    }
    changes.extend(arguments.unset.iter().cloned().map(ConfigChange::Delete));
    if changes.is_empty() && arguments.partitions.is_none() {
        return Err(Failure::usage("nothing to alter")
            .advise("give --set, --unset or --partitions")
            .into());
    }
    let name = &arguments.topic;
    let mut cluster = connect(resolved)?;
    if !changes.is_empty() {
        let resource = ConfigResource::Topic(name.clone());
        cluster
            .alter_configs(&resource, &changes, arguments.validate_only)
            .map_err(failure)?;
    }
    if let Some(count) = arguments.partitions {
        cluster
            .create_partitions(name, count, arguments.validate_only)
            .map_err(failure)?;
    }
    let change = match arguments.validate_only {
        true => Change::WouldAlter,
        false => Change::Altered,
    };
    tell(change, name, arguments.json, output)
}

fn delete(
    arguments: &TopicDelete,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    for name in &arguments.topics {
        let change = match cluster.delete_topic(name) {
            Ok(()) => Change::Deleted,
            Err(error)
                if arguments.if_exists
                    && error.code() == Some(ErrorCode::UnknownTopicOrPartition) =>
            {
                Change::Missing
            }
            Err(error) => return Err(failure(error).into()),
        };
        tell(change, name, arguments.json, output)?;
    }
    Ok(())
}

/// Splits `name=value`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), Failure> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) =
        parts.ok_or_else(|| Failure::usage(format!("--set: `{text}` is not NAME=VALUE")))?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_set_up_to_the_first_equals_sign() {
        assert_eq!(
            assignment("a=b=c").unwrap(),
            ("a".to_owned(), "b=c".to_owned())
        );
        assert_eq!(assignment("a=").unwrap(), ("a".to_owned(), String::new()));
        assert!(assignment("a").is_err());
        assert!(assignment("=b").is_err());
    }
}
