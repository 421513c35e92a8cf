//! Listings for people: aligned columns without a frame, so that they survive copying and `grep`.
//!
//! Lives on the main thread.

use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};
use std::io::{self, Write};

/// How the cells of a column are aligned.
#[derive(Clone, Copy, Debug)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers, so that their digits line up.
    Right,
}

/// Rows under a header, printed when complete.
pub struct Table {
    inner: comfy_table::Table,
    alignments: Vec<Align>,
}

impl Table {
    /// A table with these column titles.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        let alignments: Vec<Align> = columns.iter().map(|(_, align)| *align).collect();
        inner.set_header(
            columns
                .iter()
                .map(|(title, align)| cell((*title).to_owned(), *align)),
        );
        Table { inner, alignments }
    }

    /// Adds a row; it has one cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().zip(&self.alignments);
        self.inner
            .add_row(cells.map(|(text, align)| cell(text, *align)));
    }

    /// Prints the table.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        for line in self.inner.lines() {
            writeln!(output, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn cell(text: String, align: Align) -> Cell {
    let alignment = match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    };
    // Bytes of a damaged file or of a producer may reach a cell: control characters must not reach the terminal.
    let text: String = text
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    Cell::new(text).set_alignment(alignment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_line_up_on_their_last_digit() {
        let mut table = Table::new(&[("name", Align::Left), ("count", Align::Right)]);
        table.row(["a".to_owned(), "1".to_owned()]);
        table.row(["b".to_owned(), "100".to_owned()]);
        let mut output = Vec::new();
        table.write(&mut output).unwrap();
        assert_eq!(
            String::from_utf8(output).unwrap(),
            " name  count\n a         1\n b       100\n"
        );
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let mut table = Table::new(&[("name", Align::Left)]);
        table.row(["\u{1b}[31mred".to_owned()]);
        let mut output = Vec::new();
        table.write(&mut output).unwrap();
        assert!(!output.contains(&0x1b));
    }
}
