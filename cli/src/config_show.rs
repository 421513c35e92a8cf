//! The command `config show`: every setting, its value, and the layer that it came from.
//!
//! All values are parsed first, so that a bad one is an error here as it would be for `serve`.

use crate::json_lines;
use crate::settings::{self, Resolved, ResolvedSetting, ServeSettings};
use crate::table::{Align, Table};
use serde::Serialize;
use std::io::Write;

/// A setting as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    value: &'a str,
    source: String,
    flag: String,
    variable: String,
    meaning: &'a str,
}

/// Prints the settings.
pub fn run(resolved: &Resolved, json: bool, output: &mut impl Write) -> anyhow::Result<()> {
    ServeSettings::new(resolved)?;
    resolved.bootstrap()?;
    match json {
        true => lines(resolved).try_for_each(|line| json_lines::write_line(output, &line))?,
        false => table(resolved).write(output)?,
    }
    Ok(())
}

fn table(resolved: &Resolved) -> Table {
    let columns = ["setting", "value", "source", "meaning"].map(|title| (title, Align::Left));
    let mut table = Table::new(&columns);
    for line in lines(resolved) {
        let value = if line.value.is_empty() {
            "(unset)"
        } else {
            line.value
        };
        table.row([
            line.name.to_owned(),
            value.to_owned(),
            line.source,
            line.meaning.to_owned(),
        ]);
    }
    table
}

fn lines(resolved: &Resolved) -> impl Iterator<Item = Line<'_>> {
    resolved.all().iter().map(line)
}

fn line(setting: &ResolvedSetting) -> Line<'_> {
    Line {
        name: setting.name,
        value: &setting.text,
        source: setting.source.to_string(),
        flag: settings::flag(setting.name),
        variable: settings::variable(setting.name),
        meaning: settings::meaning(setting.name),
    }
}
