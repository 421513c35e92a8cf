//! The commands `group list`, `describe`, `delete` and `reset-offsets`, over the Kafka protocol.
//!
//! They work against any broker that speaks it.

mod describe;
mod reset_offsets;

use crate::arguments::{GroupCommand, GroupDelete, GroupList};
use crate::broker_connection::{connect, failure};
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use corelane_client::ErrorCode;
use serde::Serialize;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &GroupCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        GroupCommand::List(arguments) => list(arguments, resolved, output),
        GroupCommand::Describe(arguments) => describe::run(arguments, resolved, output),
        GroupCommand::ResetOffsets(arguments) => reset_offsets::run(arguments, resolved, output),
        GroupCommand::Delete(arguments) => delete(arguments, resolved, output),
    }
}

/// A group as both forms of `group list` show it.
#[derive(Serialize)]
struct GroupLine {
    group: String,
    state: String,
    #[serde(rename = "type")]
    group_type: String,
    protocol_type: String,
}

fn list(arguments: &GroupList, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let mut groups = connect(resolved)?.list_groups().map_err(failure)?;
    let is_named = |state: &str| {
        let mut named = arguments.state.iter();
        arguments.state.is_empty() || named.any(|named| named.eq_ignore_ascii_case(state))
    };
    groups.retain(|group| is_named(&group.state));
    let mut table = Table::new(&[
        ("group", Align::Left),
        ("state", Align::Left),
        ("type", Align::Left),
        ("protocol", Align::Left),
    ]);
    for group in groups {
        let line = GroupLine {
            group: group.group,
            state: group.state,
            group_type: group.group_type,
            protocol_type: group.protocol_type,
        };
        match arguments.json {
            true => json_lines::write_line(output, &line)?,
            false => table.row([line.group, line.state, line.group_type, line.protocol_type]),
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    Ok(())
}

/// What became of a group that was to be deleted; the name is what `--json` prints.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Deleted,
    Missing,
}

#[derive(Serialize)]
struct OutcomeLine<'a> {
    group: &'a str,
    outcome: Outcome,
}

fn delete(
    arguments: &GroupDelete,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut cluster = connect(resolved)?;
    for group in &arguments.groups {
        let outcome = match cluster.delete_group(group) {
            Ok(()) => Outcome::Deleted,
            Err(error)
                if arguments.if_exists && error.code() == Some(ErrorCode::GroupIdNotFound) =>
            {
                Outcome::Missing
            }
            Err(error) => return Err(failure(error).into()),
        };
        match (arguments.json, outcome) {
            (true, outcome) => json_lines::write_line(output, &OutcomeLine { group, outcome })?,
            (false, Outcome::Deleted) => writeln!(output, "deleted group {group}")?,
            (false, Outcome::Missing) => writeln!(output, "there is no group {group}")?,
        }
    }
    Ok(())
}
