//! The commands `config list`, `describe`, `alter` and `delete`, over the Kafka protocol. `config show` is about the
//! settings of this machine and has a file of its own.
//!
//! They work against any broker that speaks it. What the broker refuses is told in its own words.

use crate::arguments::{ConfigAlter, ConfigCommand, ConfigDelete, ConfigDescribe, ConfigList};
use crate::broker_connection::{connect, failure};
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use crate::topic::{assignment, config_table, source_name};
use corelane_client::{ConfigChange, ConfigResource, ConfigSource};
use serde::Serialize;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &ConfigCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show(arguments) => crate::config_show::run(resolved, arguments.json, output),
        ConfigCommand::List(arguments) => list(arguments, resolved, output),
        ConfigCommand::Describe(arguments) => describe(arguments, resolved, output),
        ConfigCommand::Alter(arguments) => alter(arguments, resolved, output),
        ConfigCommand::Delete(arguments) => delete(arguments, resolved, output),
    }
}

/// Reads `topic/NAME`, `broker/ID` or `brokers`.
fn resource(text: &str) -> Result<ConfigResource, Failure> {
    let parsed = match text.split_once('/') {
        None if text == "brokers" => Some(ConfigResource::AllBrokers),
        Some(("topic", name)) if !name.is_empty() => Some(ConfigResource::Topic(name.to_owned())),
        Some(("broker", id)) => id.parse().ok().map(ConfigResource::Broker),
        _ => None,
    };
    parsed.ok_or_else(|| {
        Failure::usage(format!("`{text}` is no resource"))
            .advise("write topic/NAME, broker/ID, or brokers for all of them")
    })
}

fn name(resource: &ConfigResource) -> String {
    match resource {
        ConfigResource::Topic(name) => format!("topic/{name}"),
        ConfigResource::Broker(id) => format!("broker/{id}"),
        ConfigResource::AllBrokers => "brokers".to_owned(),
    }
}

#[derive(Serialize)]
struct ResourceLine {
    resource: String,
}

fn list(
    arguments: &ConfigList,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let resources = connect(resolved)?.config_resources().map_err(failure)?;
    let mut names: Vec<String> = resources.iter().map(name).collect();
    names.sort();
    for resource in names {
        match arguments.json {
            true => json_lines::write_line(output, &ResourceLine { resource })?,
            false => writeln!(output, "{resource}")?,
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct ConfigLine<'a> {
    resource: &'a str,
    name: &'a str,
    value: Option<&'a str>,
    source: String,
    read_only: bool,
}

fn describe(
    arguments: &ConfigDescribe,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let resource = resource(&arguments.resource)?;
    let mut configs = connect(resolved)?
        .describe_configs(&resource, None)
        .map_err(failure)?;
    let is_set = |source| !matches!(source, ConfigSource::Default | ConfigSource::Static);
    configs.retain(|config| arguments.all || is_set(config.source));
    configs.sort_by(|a, b| a.name.cmp(&b.name));
    if arguments.json {
        let resource = name(&resource);
        for config in &configs {
            let line = ConfigLine {
                resource: &resource,
                name: &config.name,
                value: config.value.as_deref(),
                source: source_name(config.source),
                read_only: config.read_only,
            };
            json_lines::write_line(output, &line)?;
        }
        return Ok(());
    }
    let none = || Table::new(&[("nothing is set; --all shows the defaults", Align::Left)]);
    config_table(&configs).unwrap_or_else(none).write(output)?;
    Ok(())
}

fn alter(
    arguments: &ConfigAlter,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut changes = Vec::new();
    type Change = fn(String, String) -> ConfigChange;
    let kinds: [(&[String], Change); 3] = [
        (&arguments.set, ConfigChange::Set),
        (&arguments.append, ConfigChange::Append),
        (&arguments.subtract, ConfigChange::Subtract),
    ];
    for (texts, change) in kinds {
        for text in texts {
            let (name, value) = assignment(text)?;
            changes.push(change(name, value));
        }
    }
    changes.extend(arguments.unset.iter().cloned().map(ConfigChange::Delete));
    if changes.is_empty() {
        return Err(Failure::usage("nothing to alter")
            .advise("give --set, --unset, --append or --subtract")
            .into());
    }
    let how = How {
        dry_run: arguments.dry_run,
        json: arguments.json,
    };
    change(&arguments.resource, &changes, how, resolved, output)
}

fn delete(
    arguments: &ConfigDelete,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let names = arguments.names.iter().cloned();
    let changes: Vec<ConfigChange> = names.map(ConfigChange::Delete).collect();
    let how = How {
        dry_run: arguments.dry_run,
        json: arguments.json,
    };
    change(&arguments.resource, &changes, how, resolved, output)
}

/// Whether a change is only tried, and how it is told.
#[derive(Clone, Copy)]
struct How {
    dry_run: bool,
    json: bool,
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    resource: &'a str,
    outcome: &'static str,
}

fn change(
    text: &str,
    changes: &[ConfigChange],
    how: How,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let resource = resource(text)?;
    connect(resolved)?
        .alter_configs(&resource, changes, how.dry_run)
        .map_err(failure)?;
    let resource = name(&resource);
    match (how.json, how.dry_run) {
        (true, dry_run) => {
            let outcome = if dry_run { "would-alter" } else { "altered" };
            let resource = &resource;
            json_lines::write_line(output, &ChangeLine { resource, outcome })?;
        }
        (false, true) => writeln!(output, "the broker would alter {resource}")?,
        (false, false) => writeln!(output, "altered {resource}")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_read_as_they_are_listed() {
        for text in ["topic/flights", "broker/1", "brokers"] {
            assert_eq!(name(&resource(text).unwrap()), text);
        }
        for text in ["", "flights", "topic/", "broker/", "broker/one", "group/g"] {
            assert!(resource(text).is_err(), "{text}");
        }
    }
}
