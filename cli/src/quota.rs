//! The commands `quota list`, `alter` and `delete`, over the Kafka protocol.
//!
//! They work against any broker that speaks it. What the broker refuses is told in its own words.

use crate::arguments::{QuotaAlter, QuotaCommand, QuotaDelete, QuotaList, QuotaOf};
use crate::broker_connection::{connect, failure};
use crate::failure::Failure;
use crate::json_lines;
use crate::settings::Resolved;
use crate::table::{Align, Table};
use crate::topic::assignment;
use corelane_client::QuotaEntity;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Runs one of the commands.
pub fn run(
    command: &QuotaCommand,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match command {
        QuotaCommand::List(arguments) => list(arguments, resolved, output),
        QuotaCommand::Alter(arguments) => alter(arguments, resolved, output),
        QuotaCommand::Delete(arguments) => delete(arguments, resolved, output),
    }
}

/// The entity that the flags name; empty without any.
fn entity(of: &QuotaOf) -> QuotaEntity {
    let parts = [
        ("user", &of.user, of.user_default),
        ("client-id", &of.client_id, of.client_id_default),
        ("ip", &of.ip, of.ip_default),
    ];
    let named = parts
        .into_iter()
        .filter(|(_, name, is_default)| name.is_some() || *is_default);
    named
        .map(|(kind, name, _)| (kind.to_owned(), name.clone()))
        .collect()
}

/// The entity of a command that changes something, which must name one.
fn named(of: &QuotaOf) -> Result<QuotaEntity, Failure> {
    let entity = entity(of);
    if entity.is_empty() {
        return Err(Failure::usage("nobody is named").advise(
            "give --user, --client-id or --ip, or --user-default, --client-id-default or --ip-default",
        ));
    }
    Ok(entity)
}

fn text(entity: &QuotaEntity) -> String {
    let parts = entity.iter().map(|(kind, name)| match name {
        Some(name) => format!("{kind}={name}"),
        None => format!("{kind} default"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// An entity's quotas as `--json` prints them; a null name is that of everybody else.
#[derive(Serialize)]
struct QuotaLine<'a> {
    entity: &'a QuotaEntity,
    quotas: &'a BTreeMap<String, f64>,
}

fn list(arguments: &QuotaList, resolved: &Resolved, output: &mut impl Write) -> anyhow::Result<()> {
    let quotas = connect(resolved)?
        .client_quotas(&entity(&arguments.of), false)
        .map_err(failure)?;
    let mut table = Table::new(&[
        ("of", Align::Left),
        ("quota", Align::Left),
        ("value", Align::Right),
    ]);
    for quota in &quotas {
        if arguments.json {
            let (entity, quotas) = (&quota.entity, &quota.values);
            json_lines::write_line(output, &QuotaLine { entity, quotas })?;
        }
        for (name, value) in &quota.values {
            table.row([text(&quota.entity), name.clone(), value.to_string()]);
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    Ok(())
}

fn alter(
    arguments: &QuotaAlter,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let entity = named(&arguments.of)?;
    let mut changes: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for given in &arguments.set {
        let (name, value) = assignment(given)?;
        let number = value.parse();
        let number =
            number.map_err(|_| Failure::usage(format!("--set: `{value}` is no number")))?;
        changes.insert(name, Some(number));
    }
    changes.extend(arguments.unset.iter().map(|name| (name.clone(), None)));
    if changes.is_empty() {
        return Err(Failure::usage("nothing to alter")
            .advise("give --set or --unset")
            .into());
    }
    connect(resolved)?
        .alter_client_quotas(&entity, &changes, arguments.dry_run)
        .map_err(failure)?;
    tell(&entity, arguments.dry_run, arguments.json, output)
}

fn delete(
    arguments: &QuotaDelete,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let entity = named(&arguments.of)?;
    let mut cluster = connect(resolved)?;
    let present = cluster.client_quotas(&entity, true).map_err(failure)?;
    let names = present.iter().flat_map(|quota| quota.values.keys());
    let changes: BTreeMap<String, Option<f64>> = names.map(|name| (name.clone(), None)).collect();
    if changes.is_empty() {
        let message = format!("{} has no quotas", text(&entity));
        return Err(Failure::new(crate::exit_code::ExitCode::Failure, message).into());
    }
    cluster
        .alter_client_quotas(&entity, &changes, arguments.dry_run)
        .map_err(failure)?;
    tell(&entity, arguments.dry_run, arguments.json, output)
}

#[derive(Serialize)]
struct ChangeLine<'a> {
    entity: &'a QuotaEntity,
    outcome: &'static str,
}

fn tell(
    entity: &QuotaEntity,
    dry_run: bool,
    json: bool,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    match (json, dry_run) {
        (true, dry_run) => {
            let outcome = if dry_run { "would-alter" } else { "altered" };
            json_lines::write_line(output, &ChangeLine { entity, outcome })?;
        }
        (false, true) => writeln!(
            output,
            "the broker would alter the quotas of {}",
            text(entity)
        )?,
        (false, false) => writeln!(output, "altered the quotas of {}", text(entity))?,
    }
    Ok(())
}
