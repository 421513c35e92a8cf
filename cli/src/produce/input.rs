//! Where records come from: a file or standard input, read in a thread of its own into bounded chunks.
//!
//! A chunk goes out when it is full, and before any read that may block, so that a record never waits for the next one.

use super::parse::{InputRecord, Layout, csv_fields, csv_record};
use crate::arguments::Input;
use anyhow::Context;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::SyncSender;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 * 1024;
/// Bytes of input that make a chunk full.
const CHUNK_BYTES: u64 = 64 * 1024;
/// The longest line or row: far above the largest record that a topic accepts by default.
const LINE_BYTES_MAX: usize = 16 << 20;

/// An open input.
pub struct Source {
    reader: Box<dyn Read + Send>,
    length: Option<u64>,
    name: String,
}

impl Source {
    /// Opens the file, or standard input without one.
    pub fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        match file {
            None => Ok(Source {
                reader: Box::new(io::stdin()),
                length: None,
                name: "standard input".to_owned(),
            }),
            Some(path) => {
                let opening = || format!("cannot read {}", path.display());
                let file = File::open(path).with_context(opening)?;
                let metadata = file.metadata().with_context(opening)?;
                let length = metadata.is_file().then_some(metadata.len());
                Ok(Source {
                    reader: Box::new(file),
                    length,
                    name: path.display().to_string(),
                })
            }
        }
    }

    /// Bytes of the input, where that is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

/// Records that were read together.
#[derive(Default)]
pub struct Chunk {
    /// The records, in order.
    pub records: Vec<InputRecord>,
    /// Bytes of input that they took.
    pub input_bytes: u64,
}

/// What is wrong with the input, and where.
#[derive(Debug)]
pub struct InputError {
    name: String,
    line: u64,
    reason: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}, line {}: {}",
            self.name, self.line, self.reason
        )
    }
}

/// The way to the sending thread; its other end is gone when the run is over.
pub type ChunkSender = SyncSender<Result<Chunk, InputError>>;

/// Reads all of `source` as `layout` says, and hands it over.
pub fn read(source: Source, layout: &Layout, sender: &ChunkSender) {
    let name = source.name.clone();
    let result = match layout.input {
        Input::Csv => read_rows(source, layout, sender),
        Input::Lines | Input::Json | Input::Record => read_lines(source, layout, sender),
    };
    if let Err((line, reason)) = result {
        // Without a receiver nobody wants to know.
        let _ = sender.send(Err(InputError { name, line, reason }));
    }
}

fn read_lines(source: Source, layout: &Layout, sender: &ChunkSender) -> Result<(), (u64, String)> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, source.reader);
    let mut chunk = Chunk::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = (&mut reader)
            .take(LINE_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut line)
            .map_err(|error| (number, error.to_string()))?;
        if length == 0 {
            break;
        }
        if length > LINE_BYTES_MAX {
            send_before_error(chunk, sender);
            return Err((number, format!("longer than {LINE_BYTES_MAX} bytes")));
        }
        match layout.line(without_line_end(&line)) {
            Ok(record) => chunk.records.extend(record),
            Err(reason) => {
                send_before_error(chunk, sender);
                return Err((number, reason));
            }
        }
        chunk.input_bytes += length as u64;
        let next_read_may_block = reader.buffer().is_empty();
        if (next_read_may_block || chunk.input_bytes >= CHUNK_BYTES)
            && sender.send(Ok(std::mem::take(&mut chunk))).is_err()
        {
            return Ok(());
        }
    }
    send_before_error(chunk, sender);
    Ok(())
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn send_before_error(chunk: Chunk, sender: &ChunkSender) {
    // A receiver that is gone has ended the run already.
    let _ = sender.send(Ok(chunk));
}

fn read_rows(source: Source, layout: &Layout, sender: &ChunkSender) -> Result<(), (u64, String)> {
    let is_file = source.length.is_some();
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(source.reader);
    let fields = csv_fields(
        reader
            .byte_headers()
            .map_err(|error| (1, error.to_string()))?,
    )
    .map_err(|reason| (1, reason))?;
    layout.check_fields(&fields).map_err(|reason| (1, reason))?;
    let mut chunk = Chunk::default();
    let mut row = csv::ByteRecord::new();
    let mut before = reader.position().byte();
    loop {
        let line = reader.position().line();
        let parsed = reader
            .read_byte_record(&mut row)
            .map_err(|error| error.to_string());
        let parsed = parsed.and_then(|more| match more {
            true => csv_record(&fields, &row, layout).map(Some),
            false => Ok(None),
        });
        match parsed {
            Ok(Some(record)) => chunk.records.push(record),
            Ok(None) => break,
            Err(reason) => {
                send_before_error(chunk, sender);
                return Err((line, reason));
            }
        }
        let position = reader.position().byte();
        chunk.input_bytes += position - before;
        before = position;
        // What the CSV reader still holds cannot be seen: from anything but a file each row goes out at once.
        if (!is_file || chunk.input_bytes >= CHUNK_BYTES)
            && sender.send(Ok(std::mem::take(&mut chunk))).is_err()
        {
            return Ok(());
        }
    }
    send_before_error(chunk, sender);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::produce::parse::KeyFrom;
    use std::sync::mpsc::sync_channel;

    fn read_text(text: &'static str, input: Input) -> (Vec<InputRecord>, Option<String>) {
        let layout = Layout {
            input,
            key: KeyFrom::Nowhere,
            timestamp_field: None,
            headers: vec![],
            empty_is_null: false,
        };
        let source = Source {
            reader: Box::new(text.as_bytes()),
            length: None,
            name: "test".to_owned(),
        };
        let (sender, receiver) = sync_channel(1000);
        read(source, &layout, &sender);
        drop(sender);
        let mut records = Vec::new();
        let mut error = None;
        for item in receiver {
            match item {
                Ok(chunk) => records.extend(chunk.records),
                Err(wrong) => error = Some(wrong.to_string()),
            }
        }
        (records, error)
    }

    #[test]
    fn lines_end_with_either_kind_of_newline_or_the_input() {
        let (records, error) = read_text("a\nb\r\nc", Input::Lines);
        let values: Vec<_> = records
            .iter()
            .map(|record| record.value.clone().unwrap())
            .collect();
        assert_eq!(values, [b"a", b"b", b"c"]);
        assert_eq!(error, None);
    }

    #[test]
    fn what_comes_before_a_bad_line_is_kept_and_the_line_is_named() {
        let (records, error) = read_text("{\"a\":1}\nnonsense\n{}\n", Input::Json);
        assert_eq!(records.len(), 1);
        assert!(error.unwrap().starts_with("test, line 2: "));
    }

    #[test]
    fn rows_become_objects_in_the_order_of_the_columns() {
        let (records, error) = read_text(
            "year,tailnum,note\n2013,N14228,\"a,\"\"b\"\"\"\n2013,007,\n",
            Input::Csv,
        );
        assert_eq!(error, None);
        let values: Vec<_> = records
            .iter()
            .map(|record| String::from_utf8(record.value.clone().unwrap()).unwrap())
            .collect();
        assert_eq!(
            values[0],
            r#"{"year":2013,"tailnum":"N14228","note":"a,\"b\""}"#
        );
        assert_eq!(values[1], r#"{"year":2013,"tailnum":"007","note":""}"#);
    }

    #[test]
    fn a_row_with_too_few_fields_is_named() {
        let (records, error) = read_text("a,b\n1,2\n3\n", Input::Csv);
        assert_eq!(records.len(), 1);
        assert!(error.unwrap().starts_with("test, line 3: "));
    }
}
