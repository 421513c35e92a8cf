//! The commands `cluster describe` and `log-dirs`, over the Kafka protocol.
//!
//! They work against any broker that speaks it.

use crate::arguments::{ClusterCommand, ClusterDescribe, ClusterLogDirs};
use crate::broker_connection::{connect, failure};
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use serde::Serialize;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &ClusterCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        ClusterCommand::Describe(arguments) => describe(arguments, resolved, output),
        ClusterCommand::LogDirs(arguments) => log_dirs(arguments, resolved, output),
    }
}

#[derive(Serialize)]
struct BrokerLine {
    id: i32,
    address: String,
}

#[derive(Serialize)]
struct FeatureLine {
    name: String,
    level: Option<i16>,
    level_min: i16,
    level_max: i16,
}

#[derive(Serialize)]
struct ClusterLine {
    cluster_id: Option<String>,
    controller: Option<i32>,
    brokers: Vec<BrokerLine>,
    quorum_leader: i32,
    quorum_epoch: i32,
    quorum_high_watermark: i64,
    quorum_voters: Vec<i32>,
    features: Vec<FeatureLine>,
}

fn describe(
    arguments: &ClusterDescribe,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    let quorum = cluster.quorum().map_err(failure)?;
    let features = cluster.features().map_err(failure)?;
    let description = cluster.description().clone();
    let brokers = description.brokers.into_iter();
    let features = features.into_iter();
    let line = ClusterLine {
        cluster_id: description.cluster_id,
        controller: description.controller,
        brokers: brokers
            .map(|broker| BrokerLine {
                id: broker.node_id,
                address: broker.address,
            })
            .collect(),
        quorum_leader: quorum.leader,
        quorum_epoch: quorum.leader_epoch,
        quorum_high_watermark: quorum.high_watermark,
        quorum_voters: quorum.voters,
        features: features
            .map(|feature| FeatureLine {
                name: feature.name,
                level: feature.level,
                level_min: feature.level_min,
                level_max: feature.level_max,
            })
            .collect(),
    };
    match arguments.json {
        true => json_lines::write_line(output, &line)?,
        false => print(&line, output)?,
    }
    Ok(())
}

fn print(line: &ClusterLine, output: &mut impl Write) -> std::io::Result<()> {
    let id = line.cluster_id.as_deref().unwrap_or("(none)");
    writeln!(output, "cluster {id}")?;
    writeln!(
        output,
        "quorum: leader {}, epoch {}, high watermark {}, voters {:?}",
        line.quorum_leader, line.quorum_epoch, line.quorum_high_watermark, line.quorum_voters
    )?;
    let mut table = Table::new(&[("broker", Align::Right), ("address", Align::Left)]);
    for broker in &line.brokers {
        table.row([broker.id.to_string(), broker.address.clone()]);
    }
    table.write(output)?;
    for feature in &line.features {
        let level = feature
            .level
            .map_or("off".to_owned(), |level| level.to_string());
        writeln!(
            output,
            "feature {}: {level} (supported {} to {})",
            feature.name, feature.level_min, feature.level_max
        )?;
    }
    Ok(())
}

/// A line of `cluster log-dirs --json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum DirectoryLine<'a> {
    Directory {
        broker: i32,
        path: &'a str,
        total_bytes: Option<i64>,
        usable_bytes: Option<i64>,
    },
    Partition {
        broker: i32,
        path: &'a str,
        topic: &'a str,
        partition: i32,
        bytes: i64,
    },
}

fn log_dirs(
    arguments: &ClusterLogDirs,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    let brokers = cluster.description().brokers.clone();
    for broker in brokers {
        let broker = broker.node_id;
        for directory in cluster.log_directories(broker).map_err(failure)? {
            let path = directory.path.as_str();
            let mut table = Table::new(&[
                ("topic", Align::Left),
                ("partition", Align::Right),
                ("bytes", Align::Right),
            ]);
            let (total_bytes, usable_bytes) = (directory.total_bytes, directory.usable_bytes);
            if arguments.json {
                let line = DirectoryLine::Directory {
                    broker,
                    path,
                    total_bytes,
                    usable_bytes,
                };
                json_lines::write_line(output, &line)?;
            } else {
                let told = |bytes: Option<i64>| bytes.map_or("?".to_owned(), |n| n.to_string());
                writeln!(
                    output,
                    "broker {broker}, {path}: {} of {} bytes free",
                    told(usable_bytes),
                    told(total_bytes)
                )?;
            }
            for (topic, partition, bytes) in &directory.partitions {
                let (partition, bytes) = (*partition, *bytes);
                match arguments.json {
                    true => json_lines::write_line(
                        output,
                        &DirectoryLine::Partition {
                            broker,
                            path,
                            topic,
                            partition,
                            bytes,
                        },
                    )?,
                    false => table.row([topic.clone(), partition.to_string(), bytes.to_string()]),
                }
            }
            if !arguments.json {
                table.write(output)?;
            }
        }
    }
    Ok(())
}
