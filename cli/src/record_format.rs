//! How a record is printed: a format string in kcat's words, or one JSON object a line.
//!
//! Shared by `consume` and `log dump`. Bytes go out as they are; in JSON a key or value that is no UTF-8 is written in
//! hexadecimal under another name, so that nothing is lost or guessed. Pure.

use crate::utc_time;
use corelane_engine::record::{Headers, Record};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// A record and where it lies.
#[derive(Clone, Copy, Debug)]
pub struct PlacedRecord<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition's number.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// Milliseconds since 1970; -1 for none.
    pub timestamp_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: Headers<'a>,
}

impl<'a> PlacedRecord<'a> {
    /// A record of a batch of this partition.
    pub fn new(topic: &'a str, partition: i32, record: &Record<'a>) -> Self {
        PlacedRecord {
            topic,
            partition,
            offset: record.offset.0,
            timestamp_ms: record.timestamp.0,
            key: record.key,
            value: record.value,
            headers: record.headers,
        }
    }
}

/// How records are printed.
#[derive(Debug)]
pub enum RecordFormat {
    /// One JSON object a line.
    Json,
    /// The pieces of a format string.
    Text(Vec<Piece>),
}

/// A piece of a format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that stand for themselves.
    Bytes(Vec<u8>),
    /// A part of the record.
    Field(Field),
}

/// A part of a record that a format string can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Key,
    KeyLength,
    Value,
    ValueLength,
    Topic,
    Partition,
    Offset,
    TimestampMs,
    Date,
    Headers,
}

impl RecordFormat {
    /// Parses a format string such as `%o %k %s\n`.
    pub fn parse(format: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut bytes = Vec::new();
        let mut rest = format.chars();
        while let Some(character) = rest.next() {
            match character {
                '%' => match field(rest.next())? {
                    Some(field) => {
                        if !bytes.is_empty() {
                            pieces.push(Piece::Bytes(std::mem::take(&mut bytes)));
                        }
                        pieces.push(Piece::Field(field));
                    }
                    None => bytes.push(b'%'),
                },
                '\\' => bytes.push(escaped(&mut rest)?),
                other => bytes.extend(other.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        if !bytes.is_empty() {
            pieces.push(Piece::Bytes(bytes));
        }
        Ok(RecordFormat::Text(pieces))
    }

    /// Prints one record.
    pub fn write(&self, output: &mut impl Write, placed: PlacedRecord<'_>) -> io::Result<()> {
        match self {
            RecordFormat::Json => {
                serde_json::to_writer(&mut *output, &as_json(placed)).map_err(io::Error::from)?;
                output.write_all(b"\n")
            }
            RecordFormat::Text(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Bytes(bytes) => output.write_all(bytes),
                Piece::Field(field) => write_field(output, *field, placed),
            }),
        }
    }
}

fn field(letter: Option<char>) -> Result<Option<Field>, String> {
    match letter {
        Some('%') => Ok(None),
        Some('k') => Ok(Some(Field::Key)),
        Some('K') => Ok(Some(Field::KeyLength)),
        Some('s' | 'v') => Ok(Some(Field::Value)),
        Some('S') => Ok(Some(Field::ValueLength)),
        Some('t') => Ok(Some(Field::Topic)),
        Some('p') => Ok(Some(Field::Partition)),
        Some('o') => Ok(Some(Field::Offset)),
        Some('T') => Ok(Some(Field::TimestampMs)),
        Some('d') => Ok(Some(Field::Date)),
        Some('h') => Ok(Some(Field::Headers)),
        Some(other) => Err(format!(
            "%{other} is not known; there are %k %K %s %v %S %t %p %o %T %d %h and %%"
        )),
        None => Err("the format ends with a lone %; write %% for a percent sign".to_owned()),
    }
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Result<u8, String> {
    match rest.next() {
        Some('n') => Ok(b'\n'),
        Some('t') => Ok(b'\t'),
        Some('r') => Ok(b'\r'),
        Some('0') => Ok(0),
        Some('\\') => Ok(b'\\'),
        Some('x') => {
            let digits: String = rest.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16)
                .map_err(|_| format!("\\x{digits} is not two hexadecimal digits"))
        }
        other => Err(format!(
            "\\{} is not known; there are \\n \\t \\r \\0 \\\\ \\xHH",
            other.unwrap_or(' ')
        )),
    }
}

fn write_field(output: &mut impl Write, field: Field, placed: PlacedRecord<'_>) -> io::Result<()> {
    match field {
        Field::Key => output.write_all(placed.key.unwrap_or_default()),
        Field::KeyLength => write_length(output, placed.key),
        Field::Value => output.write_all(placed.value.unwrap_or_default()),
        Field::ValueLength => write_length(output, placed.value),
        Field::Topic => output.write_all(placed.topic.as_bytes()),
        Field::Partition => write!(output, "{}", placed.partition),
        Field::Offset => write!(output, "{}", placed.offset),
        Field::TimestampMs => write!(output, "{}", placed.timestamp_ms),
        Field::Date => output.write_all(utc_time::for_people(placed.timestamp_ms).as_bytes()),
        Field::Headers => write_headers(output, placed.headers),
    }
}

fn write_length(output: &mut impl Write, bytes: Option<&[u8]>) -> io::Result<()> {
    match bytes {
        Some(bytes) => write!(output, "{}", bytes.len()),
        None => output.write_all(b"-1"),
    }
}

fn write_headers(output: &mut impl Write, headers: Headers<'_>) -> io::Result<()> {
    for (index, header) in headers.iter().enumerate() {
        output.write_all(if index == 0 { b"" } else { b"," })?;
        output.write_all(header.key)?;
        output.write_all(b"=")?;
        output.write_all(header.value.unwrap_or(b"NULL"))?;
    }
    Ok(())
}

fn as_json(placed: PlacedRecord<'_>) -> Value {
    let mut object = Map::new();
    object.insert("topic".to_owned(), json!(placed.topic));
    object.insert("partition".to_owned(), json!(placed.partition));
    object.insert("offset".to_owned(), json!(placed.offset));
    object.insert("timestamp_ms".to_owned(), json!(placed.timestamp_ms));
    insert_bytes(&mut object, "key", placed.key);
    insert_bytes(&mut object, "value", placed.value);
    let headers = placed.headers.iter().map(|header| {
        let mut object = Map::new();
        insert_bytes(&mut object, "key", Some(header.key));
        insert_bytes(&mut object, "value", header.value);
        Value::Object(object)
    });
    object.insert("headers".to_owned(), headers.collect());
    Value::Object(object)
}

fn insert_bytes(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    match bytes.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => object.insert(name.to_owned(), Value::Null),
        Some((Ok(text), _)) => object.insert(name.to_owned(), json!(text)),
        Some((Err(_), bytes)) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            object.insert(format!("{name}_hex"), json!(hex))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::record::{BatchBuilder, BatchOptions, Header, NewRecord, Records};

    fn printed(format: &RecordFormat, key: Option<&[u8]>, value: Option<&[u8]>) -> String {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let headers = [
            Header {
                key: b"h",
                value: Some(b"1"),
            },
            Header {
                key: b"n",
                value: None,
            },
        ];
        builder
            .append(&NewRecord {
                timestamp_ms: 5,
                key,
                value,
                headers: &headers,
            })
            .unwrap();
        let batch = builder.build().unwrap();
        let records = Records::open(&batch).unwrap();
        let record = records.iter().next().unwrap().unwrap();
        let mut output = Vec::new();
        format
            .write(&mut output, PlacedRecord::new("flights", 3, &record))
            .unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_format_names_every_part_of_a_record() {
        let format = RecordFormat::parse("%t-%p@%o %k(%K)=%s(%S) %T %h 100%%\\n").unwrap();
        assert_eq!(
            printed(&format, Some(b"key"), Some(b"v")),
            "flights-3@0 key(3)=v(1) 5 h=1,n=NULL 100%\n"
        );
        assert_eq!(
            printed(&RecordFormat::parse("%K,%S").unwrap(), None, None),
            "-1,-1"
        );
    }

    #[test]
    fn what_a_format_does_not_know_is_an_error() {
        for format in ["%z", "%", "\\q", "\\xZZ", "\\"] {
            assert!(RecordFormat::parse(format).is_err(), "{format}");
        }
    }

    #[test]
    fn json_keeps_bytes_that_are_no_text() {
        let value: Value =
            serde_json::from_str(&printed(&RecordFormat::Json, Some(b"\xff\x01"), None)).unwrap();
        assert_eq!(value["key_hex"], "ff01");
        assert_eq!(value["value"], Value::Null);
        assert_eq!(value["headers"][0]["value"], "1");
    }
}
