//! One line or row of input as a record.
//!
//! Pure.

use crate::arguments::Input;
use serde_json::{Map, Value};

/// What the input of a run looks like.
#[derive(Debug)]
pub struct Layout {
    /// What a line is.
    pub input: Input,
    /// Where the key comes from.
    pub key: KeyFrom,
    /// The field that is the timestamp.
    pub timestamp_field: Option<String>,
    /// Headers of every record.
    pub headers: Vec<OwnedHeader>,
    /// Whether an empty value is a tombstone.
    pub empty_is_null: bool,
}

/// Where keys come from.
#[derive(Debug)]
pub enum KeyFrom {
    /// There are none.
    Nowhere,
    /// A field of the object or row.
    Field(String),
    /// What stands before the first of these.
    Separator(Vec<u8>),
}

/// A header's name and value.
pub type OwnedHeader = (Vec<u8>, Option<Vec<u8>>);

/// A record to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputRecord {
    /// Milliseconds since 1970, where the input says it.
    pub timestamp_ms: Option<i64>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Vec<OwnedHeader>,
}

impl Layout {
    /// The record of one line; none for a blank line between JSON objects.
    pub fn line(&self, line: &[u8]) -> Result<Option<InputRecord>, String> {
        match self.input {
            Input::Lines => self.plain(line).map(Some),
            Input::Csv => unreachable!("rows may span lines; they come through csv_record"),
            Input::Json | Input::Record if line.iter().all(u8::is_ascii_whitespace) => Ok(None),
            Input::Json => self.object(line).map(Some),
            Input::Record => consumed(line).map(Some),
        }
    }

    fn plain(&self, line: &[u8]) -> Result<InputRecord, String> {
        let (key, value) = match &self.key {
            KeyFrom::Separator(separator) => {
                let at = line
                    .windows(separator.len())
                    .position(|window| window == separator);
                let at = at.ok_or("the key separator is not in it")?;
                (Some(line[..at].to_vec()), &line[at + separator.len()..])
            }
            KeyFrom::Nowhere | KeyFrom::Field(_) => (None, line),
        };
        Ok(InputRecord {
            timestamp_ms: None,
            key,
            value: self.value(value),
            headers: self.headers.clone(),
        })
    }

    fn object(&self, line: &[u8]) -> Result<InputRecord, String> {
        let object: Map<String, Value> =
            serde_json::from_slice(line).map_err(|error| format!("no JSON object: {error}"))?;
        let key = match &self.key {
            KeyFrom::Field(name) => match object.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone().into_bytes()),
                Some(other) => Some(other.to_string().into_bytes()),
            },
            KeyFrom::Nowhere | KeyFrom::Separator(_) => None,
        };
        let timestamp_ms = match &self.timestamp_field {
            Some(name) => Some(timestamp(name, object.get(name).and_then(Value::as_i64))?),
            None => None,
        };
        Ok(InputRecord {
            timestamp_ms,
            key,
            value: self.value(line),
            headers: self.headers.clone(),
        })
    }

    fn value(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match bytes.is_empty() && self.empty_is_null {
            true => None,
            false => Some(bytes.to_vec()),
        }
    }

    /// Whether the fields that flags name are among the columns.
    pub fn check_fields(&self, fields: &[String]) -> Result<(), String> {
        let key = match &self.key {
            KeyFrom::Field(name) => Some(name),
            KeyFrom::Nowhere | KeyFrom::Separator(_) => None,
        };
        match key
            .into_iter()
            .chain(&self.timestamp_field)
            .find(|name| !fields.contains(name))
        {
            Some(missing) => Err(format!(
                "there is no column `{missing}`; there are {}",
                fields.join(", ")
            )),
            None => Ok(()),
        }
    }
}

fn timestamp(field: &str, value: Option<i64>) -> Result<i64, String> {
    value
        .filter(|value| *value >= 0)
        .ok_or_else(|| format!("`{field}` is no timestamp in ms since 1970"))
}

/// The names in the first row.
pub fn csv_fields(row: &csv::ByteRecord) -> Result<Vec<String>, String> {
    let name = |field: &[u8]| {
        String::from_utf8(field.to_vec()).map_err(|_| "a column's name is no UTF-8".to_owned())
    };
    row.iter().map(name).collect()
}

/// The record of a row: a JSON object in the order of the columns, numbers as they are written.
pub fn csv_record(
    fields: &[String],
    row: &csv::ByteRecord,
    layout: &Layout,
) -> Result<InputRecord, String> {
    let mut object = String::from("{");
    let mut key = None;
    let mut timestamp_ms = None;
    for (name, bytes) in fields.iter().zip(row) {
        let text = std::str::from_utf8(bytes).map_err(|_| format!("`{name}` is no UTF-8"))?;
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&Value::from(name.as_str()).to_string());
        object.push(':');
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => object.push_str(text.trim()),
            Err(_) => object.push_str(&Value::from(text).to_string()),
        }
        if matches!(&layout.key, KeyFrom::Field(field) if field == name) {
            key = Some(bytes.to_vec());
        }
        if layout.timestamp_field.as_ref() == Some(name) {
            timestamp_ms = Some(timestamp(name, text.parse().ok())?);
        }
    }
    object.push('}');
    Ok(InputRecord {
        timestamp_ms,
        key,
        value: Some(object.into_bytes()),
        headers: layout.headers.clone(),
    })
}

/// A record as `consume --json` prints it.
fn consumed(line: &[u8]) -> Result<InputRecord, String> {
    let object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("no JSON object: {error}"))?;
    let mut headers = Vec::new();
    for header in object
        .get("headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let header = header.as_object().ok_or("a header is no object")?;
        headers.push((
            bytes(header, "key")?.ok_or("a header has no key")?,
            bytes(header, "value")?,
        ));
    }
    Ok(InputRecord {
        timestamp_ms: object
            .get("timestamp_ms")
            .and_then(Value::as_i64)
            .filter(|timestamp| *timestamp >= 0),
        key: bytes(&object, "key")?,
        value: bytes(&object, "value")?,
        headers,
    })
}

/// The bytes under `name` as text, or under `name_hex` in hexadecimal.
fn bytes(object: &Map<String, Value>, name: &str) -> Result<Option<Vec<u8>>, String> {
    match (object.get(name), object.get(&format!("{name}_hex"))) {
        (Some(Value::String(text)), _) => Ok(Some(text.clone().into_bytes())),
        (_, Some(Value::String(hex))) => from_hex(hex)
            .map(Some)
            .ok_or_else(|| format!("`{name}_hex` is not hexadecimal")),
        (None | Some(Value::Null), None) => Ok(None),
        _ => Err(format!("`{name}` is no text")),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() {
        pairs.iter().map(byte).collect()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(input: Input, key: KeyFrom) -> Layout {
        Layout {
            input,
            key,
            timestamp_field: None,
            headers: vec![],
            empty_is_null: true,
        }
    }

    fn text(bytes: Option<Vec<u8>>) -> Option<String> {
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_separator_cuts_at_its_first_place() {
        let layout = layout(Input::Lines, KeyFrom::Separator(b"::".to_vec()));
        let record = layout.line(b"k::v::w").unwrap().unwrap();
        assert_eq!(
            (text(record.key), text(record.value)),
            (Some("k".to_owned()), Some("v::w".to_owned()))
        );
        assert_eq!(layout.line(b"k::").unwrap().unwrap().value, None);
        assert!(layout.line(b"no key").is_err());
    }

    #[test]
    fn a_field_is_the_key_and_the_line_stays_the_value() {
        let layout = layout(Input::Json, KeyFrom::Field("tailnum".to_owned()));
        let record = layout
            .line(br#"{"tailnum": "N14228", "b": 1}"#)
            .unwrap()
            .unwrap();
        assert_eq!(text(record.key).as_deref(), Some("N14228"));
        assert_eq!(
            text(record.value).as_deref(),
            Some(r#"{"tailnum": "N14228", "b": 1}"#)
        );
        assert_eq!(
            layout.line(br#"{"tailnum": null}"#).unwrap().unwrap().key,
            None
        );
        assert_eq!(layout.line(b"  ").unwrap(), None);
    }

    #[test]
    fn a_consumed_record_comes_back_as_it_was() {
        let layout = layout(Input::Record, KeyFrom::Nowhere);
        let line = br#"{"topic":"t","offset":3,"timestamp_ms":7,"key_hex":"ff00","value":null,"headers":[{"key":"h","value":"1"}]}"#;
        let record = layout.line(line).unwrap().unwrap();
        assert_eq!(record.key, Some(vec![0xff, 0]));
        assert_eq!((record.value, record.timestamp_ms), (None, Some(7)));
        assert_eq!(record.headers, [(b"h".to_vec(), Some(b"1".to_vec()))]);
        assert!(layout.line(br#"{"key_hex":"f"}"#).is_err());
    }
}
