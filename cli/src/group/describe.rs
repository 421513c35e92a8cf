//! `group describe`: how far a group has got in each partition, and who reads it.
//!
//! Lives on the main thread.

use crate::arguments::GroupDescribe;
use crate::broker_connection::{connect, failure};
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use corelane_client::{Cluster, DescribedGroup, OffsetAt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Nothing to show in a cell.
const NONE: &str = "-";

/// A partition as both forms show it.
#[derive(Serialize)]
struct PartitionLine<'a> {
    group: &'a str,
    state: &'a str,
    topic: &'a str,
    partition: i32,
    committed_offset: Option<i64>,
    end_offset: Option<i64>,
    lag: Option<i64>,
    metadata: Option<&'a str>,
    member: Option<&'a str>,
    client: Option<&'a str>,
    host: Option<&'a str>,
}

/// A member as both forms show it.
#[derive(Serialize)]
struct MemberLine<'a> {
    group: &'a str,
    state: &'a str,
    member: &'a str,
    instance: Option<&'a str>,
    client: &'a str,
    host: &'a str,
    partition_count: usize,
}

/// Describes each group in turn.
pub fn run(
    arguments: &GroupDescribe,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    for (index, group) in arguments.groups.iter().enumerate() {
        if index > 0 && !arguments.json {
            writeln!(output)?;
        }
        let described = cluster.describe_group(group).map_err(failure)?;
        if !arguments.json {
            let (state, count) = (&described.state, described.members.len());
            writeln!(output, "group {group}: {state}, {count} members")?;
        }
        match arguments.members {
            true => members(&described, arguments.json, output)?,
            false => partitions(&mut cluster, &described, arguments.json, output)?,
        }
    }
    Ok(())
}

fn members(described: &DescribedGroup, json: bool, output: &mut impl Write) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("member", Align::Left),
        ("instance", Align::Left),
        ("client", Align::Left),
        ("host", Align::Left),
        ("partitions", Align::Right),
    ]);
    for member in &described.members {
        let line = MemberLine {
            group: &described.group,
            state: &described.state,
            member: &member.member,
            instance: member.instance.as_deref(),
            client: &member.client,
            host: &member.host,
            partition_count: member.assigned.len(),
        };
        match json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([
                line.member.to_owned(),
                line.instance.unwrap_or(NONE).to_owned(),
                line.client.to_owned(),
                line.host.to_owned(),
                line.partition_count.to_string(),
            ]),
        }
    }
    if !json && !described.members.is_empty() {
        table.write(output)?;
    }
    Ok(())
}

fn partitions(
    cluster: &mut Cluster,
    described: &DescribedGroup,
    json: bool,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let committed = cluster.group_offsets(&described.group).map_err(failure)?;
    let mut readers = BTreeMap::new();
    for member in &described.members {
        readers.extend(member.assigned.iter().cloned().map(|at| (at, member)));
    }
    let mut places: Vec<&(String, i32)> = committed.keys().chain(readers.keys()).collect();
    places.sort_unstable();
    places.dedup();
    let mut table = Table::new(&[
        ("topic", Align::Left),
        ("partition", Align::Right),
        ("committed", Align::Right),
        ("end", Align::Right),
        ("lag", Align::Right),
        ("member", Align::Left),
        ("host", Align::Left),
    ]);
    for at in &places {
        let (topic, partition) = at;
        // A topic may be gone of which something is committed.
        let end_offset = cluster.offset(topic, *partition, OffsetAt::Latest);
        let end_offset = end_offset.ok().flatten();
        let offset = committed.get(*at);
        let reader = readers.get(*at);
        let line = PartitionLine {
            group: &described.group,
            state: &described.state,
            topic,
            partition: *partition,
            committed_offset: offset.map(|committed| committed.offset),
            end_offset,
            lag: offset
                .zip(end_offset)
                .map(|(committed, end)| (end - committed.offset).max(0)),
            metadata: offset.map(|committed| committed.metadata.as_str()),
            member: reader.map(|member| member.member.as_str()),
            client: reader.map(|member| member.client.as_str()),
            host: reader.map(|member| member.host.as_str()),
        };
        match json {
            true => json_lines::write_line(output, &line)?,
            false => table.row(row(&line)),
        }
    }
    if !json && !places.is_empty() {
        table.write(output)?;
    }
    Ok(())
}

fn row(line: &PartitionLine<'_>) -> [String; 7] {
    let number = |number: Option<i64>| number.map_or(NONE.to_owned(), |n| n.to_string());
    [
        line.topic.to_owned(),
        line.partition.to_string(),
        number(line.committed_offset),
        number(line.end_offset),
        number(line.lag),
        line.member.unwrap_or(NONE).to_owned(),
        line.host.unwrap_or(NONE).to_owned(),
    ]
}
