//! What `log inspect` says, as lines for programs or as tables and sentences for people.
//!
//! Rows of batches are gathered into pages, so that the columns of a page line up and memory stays bounded; any other
//! line first prints the page that is open. Lives on the main thread.

use crate::table::{Align, Table};
use crate::{json_lines, utc_time};
use serde::Serialize;
use std::io::{self, Write};

/// Rows of a table before it is printed.
const PAGE_ROWS: usize = 500;

/// One line of an inspection.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// A file comes under inspection.
    File { file: String, file_bytes: u64 },
    /// A whole batch.
    Batch(BatchLine),
    /// Something that is wrong, with the place.
    Damage {
        file: String,
        position: Option<u64>,
        length: Option<u64>,
        offset: Option<i64>,
        damage: String,
        message: String,
    },
    /// Something that is worth knowing and not wrong.
    Note {
        file: String,
        position: Option<u64>,
        message: String,
    },
    /// An entry of an index, a snapshot or a checkpoint.
    Entry {
        file: String,
        number: u64,
        entry: serde_json::Value,
    },
    /// An index that was compared with its log.
    Index {
        file: String,
        entry_count: u64,
        agrees: bool,
    },
    /// Totals of everything inspected, by codec or by producer.
    Total {
        of: &'static str,
        name: String,
        batch_count: u64,
        record_count: u64,
        bytes: u64,
        first_offset: i64,
        last_offset: i64,
    },
    /// The end of the inspection.
    Summary(Summary),
}

/// A batch as an inspection shows it.
#[derive(Debug, Serialize)]
pub struct BatchLine {
    pub file: String,
    pub position: u64,
    pub bytes: u64,
    pub base_offset: i64,
    pub last_offset: i64,
    pub record_count: i32,
    pub leader_epoch: i32,
    pub codec: &'static str,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
    pub timestamp_type: &'static str,
    pub base_timestamp_ms: i64,
    pub max_timestamp_ms: i64,
    pub transactional: bool,
    pub control: bool,
    pub crc_ok: bool,
    pub records_ok: bool,
}

/// What an inspection comes to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    pub file_count: u64,
    pub batch_count: u64,
    pub record_count: u64,
    pub batch_bytes: u64,
    pub gap_count: u64,
    pub index_entry_count: u64,
    pub damage_count: u64,
}

/// The form of a report.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// JSON lines instead of tables.
    pub json: bool,
    /// No rows of batches and no entries.
    pub summary_only: bool,
}

/// A report on its way to standard output.
pub struct Report<'o, W: Write> {
    output: &'o mut W,
    form: Form,
    page: Option<(Table, usize)>,
    /// The totals so far.
    pub summary: Summary,
}

impl<'o, W: Write> Report<'o, W> {
    /// An empty report in this form.
    pub fn new(output: &'o mut W, form: Form) -> Self {
        Report {
            output,
            form,
            page: None,
            summary: Summary::default(),
        }
    }

    /// Prints one line, or adds it to the open page.
    pub fn line(&mut self, line: Line) -> io::Result<()> {
        if matches!(line, Line::Damage { .. }) {
            self.summary.damage_count += 1;
        }
        if self.form.summary_only
            && matches!(
                line,
                Line::Batch(_) | Line::Entry { .. } | Line::File { .. }
            )
        {
            return Ok(());
        }
        match self.form.json {
            true => json_lines::write_line(self.output, &line),
            false => self.line_for_people(line),
        }
    }

    /// Prints what is still open and the totals.
    pub fn finish(mut self) -> io::Result<Summary> {
        let summary = self.summary.clone();
        self.line(Line::Summary(summary.clone()))?;
        Ok(summary)
    }

    fn line_for_people(&mut self, line: Line) -> io::Result<()> {
        if let Line::Batch(batch) = line {
            return self.row(batch);
        }
        self.close_page()?;
        let output = &mut self.output;
        match line {
            Line::Batch(_) => unreachable!("rows are added to the page above"),
            Line::File { file, file_bytes } => writeln!(output, "{file}  ({file_bytes} bytes)"),
            Line::Damage {
                file,
                position,
                length,
                offset,
                message,
                ..
            } => {
                write!(output, "DAMAGE in {file}")?;
                position.map_or(Ok(()), |position| write!(output, " at position {position}"))?;
                length.map_or(Ok(()), |length| write!(output, ", {length} bytes"))?;
                offset.map_or(Ok(()), |offset| write!(output, ", offset {offset}"))?;
                writeln!(output, ": {message}")
            }
            Line::Note {
                file,
                position: Some(position),
                message,
            } => {
                writeln!(output, "note on {file} at position {position}: {message}")
            }
            Line::Note {
                file,
                position: None,
                message,
            } => writeln!(output, "note on {file}: {message}"),
            Line::Entry { number, entry, .. } => writeln!(output, "  {number}: {}", plain(&entry)),
            Line::Index {
                file,
                entry_count,
                agrees,
            } => {
                let verdict = if agrees {
                    "agrees with the log"
                } else {
                    "DISAGREES with the log"
                };
                writeln!(output, "{file}: {entry_count} entries, {verdict}")
            }
            Line::Total {
                of,
                name,
                batch_count,
                record_count,
                bytes,
                first_offset,
                last_offset,
            } => writeln!(
                output,
                "{of} {name}: {batch_count} batches, {record_count} records, {bytes} bytes, offsets {first_offset} to {last_offset}"
            ),
            Line::Summary(summary) => write_summary(output, &summary),
        }
    }

    fn row(&mut self, batch: BatchLine) -> io::Result<()> {
        let (table, rows) = self.page.get_or_insert_with(|| (batch_table(), 0));
        table.row(batch_cells(&batch));
        *rows += 1;
        match *rows >= PAGE_ROWS {
            true => self.close_page(),
            false => Ok(()),
        }
    }

    fn close_page(&mut self) -> io::Result<()> {
        match self.page.take() {
            Some((table, _)) => table.write(self.output),
            None => Ok(()),
        }
    }
}

fn batch_table() -> Table {
    Table::new(&[
        ("position", Align::Right),
        ("bytes", Align::Right),
        ("offsets", Align::Left),
        ("records", Align::Right),
        ("epoch", Align::Right),
        ("codec", Align::Left),
        ("producer", Align::Left),
        ("sequence", Align::Right),
        ("last timestamp", Align::Left),
        ("", Align::Left),
    ])
}

fn batch_cells(batch: &BatchLine) -> [String; 10] {
    let is_idempotent = batch.producer_id >= 0;
    let producer = format!("{}/{}", batch.producer_id, batch.producer_epoch);
    let marks = [
        (batch.control, "control"),
        (batch.transactional, "transactional"),
        (!batch.records_ok, "BAD"),
    ];
    let marks: Vec<&str> = marks
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, mark)| mark)
        .collect();
    [
        batch.position.to_string(),
        batch.bytes.to_string(),
        format!("{}..{}", batch.base_offset, batch.last_offset),
        batch.record_count.to_string(),
        batch.leader_epoch.to_string(),
        batch.codec.to_owned(),
        if is_idempotent {
            producer
        } else {
            "-".to_owned()
        },
        if is_idempotent {
            batch.base_sequence.to_string()
        } else {
            "-".to_owned()
        },
        utc_time::for_people(batch.max_timestamp_ms),
        marks.join(" "),
    ]
}

/// An entry's fields as `name value, name value`.
fn plain(entry: &serde_json::Value) -> String {
    let fields = entry.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}

fn write_summary(output: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let Summary {
        file_count,
        batch_count,
        record_count,
        batch_bytes,
        gap_count,
        index_entry_count,
        damage_count,
    } = summary;
    writeln!(
        output,
        "{file_count} files, {batch_count} batches, {record_count} records, {batch_bytes} bytes, {gap_count} gaps, \
         {index_entry_count} index entries"
    )?;
    match damage_count {
        0 => writeln!(output, "no damage found"),
        count => writeln!(output, "{count} damaged places"),
    }
}
