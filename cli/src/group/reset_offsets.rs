//! `group reset-offsets`: works out new offsets, shows them, and commits them where it is told to.
//!
//! Lives on the main thread. Invariant: nothing is committed without `--execute`.

use crate::arguments::GroupResetOffsets;
use crate::broker_connection::{connect, failure};
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use corelane_client::{Cluster, GroupOffset, OffsetAt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of a file of offsets up to which it is read.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Offsets by topic and partition.
type Offsets = BTreeMap<(String, i32), i64>;
/// What is committed.
type Committed = BTreeMap<(String, i32), GroupOffset>;

/// A partition as both forms show it.
#[derive(Serialize)]
struct ResetLine<'a> {
    group: &'a str,
    topic: &'a str,
    partition: i32,
    committed_offset: Option<i64>,
    new_offset: i64,
    executed: bool,
}

/// Works out, shows, exports and commits.
pub fn run(
    arguments: &GroupResetOffsets,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    let committed = cluster.group_offsets(&arguments.group).map_err(failure)?;
    let new = new_offsets(&mut cluster, arguments, &committed)?;
    if let Some(path) = &arguments.export {
        export(path, &new)?;
    }
    if arguments.execute {
        let set = cluster.commit_group_offsets(&arguments.group, &new);
        set.map_err(|error| {
            failure(error)
                .advise("stop the group's members first; `corelane group describe` lists them")
        })?;
    }
    show(arguments, &committed, &new, output)
}

fn new_offsets(
    cluster: &mut Cluster,
    arguments: &GroupResetOffsets,
    committed: &Committed,
) -> anyhow::Result<Offsets> {
    if let Some(path) = &arguments.from_file {
        let mut new = Offsets::new();
        for (at, offset) in import(path)? {
            let offset = within_log(cluster, &at, offset)?;
            new.insert(at, offset);
        }
        return Ok(new);
    }
    let mut new = Offsets::new();
    for at in places(cluster, arguments, committed)? {
        let current = committed.get(&at).map(|committed| committed.offset);
        if let Some(offset) = new_offset(cluster, arguments, &at, current)? {
            new.insert(at, offset);
        }
    }
    Ok(new)
}

/// The partitions that are named.
fn places(
    cluster: &mut Cluster,
    arguments: &GroupResetOffsets,
    committed: &Committed,
) -> anyhow::Result<Vec<(String, i32)>> {
    if arguments.all_topics {
        return Ok(committed.keys().cloned().collect());
    }
    let mut places = Vec::new();
    for text in &arguments.topics {
        if let Some((topic, partition)) = text.split_once(':') {
            let number = partition.parse().map_err(|_| {
                Failure::usage(format!("--topic {text}: `{partition}` is no partition"))
            })?;
            places.push((topic.to_owned(), number));
            continue;
        }
        let topic = cluster.topic(text).map_err(failure)?;
        let partitions = topic.partitions.iter();
        places.extend(partitions.map(|partition| (text.clone(), partition.partition)));
    }
    Ok(places)
}

/// Where one partition is to go on; none where nothing is committed that could be kept or shifted.
fn new_offset(
    cluster: &mut Cluster,
    arguments: &GroupResetOffsets,
    at: &(String, i32),
    current: Option<i64>,
) -> anyhow::Result<Option<i64>> {
    let wanted = match target(arguments) {
        Target::At(at_time) => {
            let (topic, partition) = at;
            let found = cluster
                .offset(topic, *partition, at_time)
                .map_err(failure)?;
            // No record is that new: the end.
            match found {
                Some(offset) => Some(offset),
                None => end(cluster, at)?,
            }
        }
        Target::Offset(offset) => Some(offset),
        Target::Shift(count) => current.map(|current| current.saturating_add(count)),
        Target::Current => return Ok(current),
    };
    wanted
        .map(|offset| within_log(cluster, at, offset))
        .transpose()
}

enum Target {
    At(OffsetAt),
    Offset(i64),
    Shift(i64),
    Current,
}

fn target(arguments: &GroupResetOffsets) -> Target {
    if let Some(offset) = arguments.to_offset {
        return Target::Offset(offset);
    }
    if let Some(count) = arguments.shift_by {
        return Target::Shift(count);
    }
    if let Some(time_ms) = arguments.to_time {
        return Target::At(OffsetAt::Timestamp(time_ms));
    }
    if let Some(age_ms) = arguments.by_duration_ms {
        return Target::At(OffsetAt::Timestamp((now_ms() - age_ms).max(0)));
    }
    match (arguments.to_earliest, arguments.to_latest) {
        (true, _) => Target::At(OffsetAt::Earliest),
        (false, true) => Target::At(OffsetAt::Latest),
        (false, false) => Target::Current,
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default().as_millis();
    i64::try_from(since).unwrap_or(i64::MAX)
}

fn end(cluster: &mut Cluster, (topic, partition): &(String, i32)) -> anyhow::Result<Option<i64>> {
    let end = cluster.offset(topic, *partition, OffsetAt::Latest);
    Ok(end.map_err(failure)?)
}

/// The offset, or the nearest that the log has.
fn within_log(cluster: &mut Cluster, at: &(String, i32), offset: i64) -> anyhow::Result<i64> {
    let (topic, partition) = at;
    let earliest = cluster.offset(topic, *partition, OffsetAt::Earliest);
    let earliest = earliest.map_err(failure)?.unwrap_or(0);
    let latest = end(cluster, at)?.unwrap_or(earliest);
    Ok(offset.clamp(earliest, latest.max(earliest)))
}

fn import(path: &Path) -> anyhow::Result<Offsets> {
    let unreadable = |message: String| Failure::usage(format!("{}: {message}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if length.len() > FILE_BYTES_MAX {
        let message = format!("{} bytes; at most {FILE_BYTES_MAX} are read", length.len());
        return Err(unreadable(message).into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let mut offsets = Offsets::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (at, offset) = parse_line(line).ok_or_else(|| {
            let number = index + 1;
            unreadable(format!("line {number} is not topic,partition,offset"))
        })?;
        offsets.insert(at, offset);
    }
    Ok(offsets)
}

fn parse_line(line: &str) -> Option<((String, i32), i64)> {
    let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
    let topic = fields.next().filter(|topic| !topic.is_empty())?.to_owned();
    let partition = fields.next()?.parse().ok()?;
    let offset = fields.next()?.parse().ok()?;
    fields
        .next()
        .is_none()
        .then_some(((topic, partition), offset))
}

fn export(path: &Path, offsets: &Offsets) -> anyhow::Result<()> {
    let lines = offsets.iter();
    let lines = lines.map(|((topic, partition), offset)| format!("{topic},{partition},{offset}\n"));
    let written = std::fs::write(path, lines.collect::<String>());
    written.map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))
}

fn show(
    arguments: &GroupResetOffsets,
    committed: &Committed,
    new: &Offsets,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        ("topic", Align::Left),
        ("partition", Align::Right),
        ("committed", Align::Right),
        ("new", Align::Right),
    ]);
    for (at, new_offset) in new {
        let line = ResetLine {
            group: &arguments.group,
            topic: &at.0,
            partition: at.1,
            committed_offset: committed.get(at).map(|committed| committed.offset),
            new_offset: *new_offset,
            executed: arguments.execute,
        };
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([
                line.topic.to_owned(),
                line.partition.to_string(),
                line.committed_offset
                    .map_or("-".to_owned(), |o| o.to_string()),
                line.new_offset.to_string(),
            ]),
        }
    }
    if arguments.json {
        return Ok(());
    }
    table.write(output)?;
    if !arguments.execute {
        writeln!(output, "nothing was changed; --execute does it")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_offsets_are_read_and_others_refused() {
        let parsed = parse_line("\"flights\",3, 1000");
        assert_eq!(parsed, Some((("flights".to_owned(), 3), 1000)));
        for line in ["flights,3", "flights,x,1", ",1,1", "flights,1,1,1"] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }
}
