//! Kafka's message definitions as types: parses the JSON files, narrows every version range to what a broker serves; pure.
//!
//! Invariants after parsing: no field without a version is left, every range of a field lies inside its message's range.

use serde_json::Value;

pub type SchemaError = Box<dyn std::error::Error>;

/// A closed range of versions that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    pub low: i16,
    pub high: i16,
}

impl Versions {
    /// Reads `3`, `3-7`, `3+` or `none`.
    fn parse(text: &str) -> Result<Option<Self>, SchemaError> {
        let text = text.trim();
        if text == "none" {
            return Ok(None);
        }
        let (low, high) = match text.split_once('-') {
            Some((low, high)) => (low.parse()?, high.parse()?),
            None => match text.strip_suffix('+') {
                Some(low) => (low.parse()?, i16::MAX),
                None => (text.parse()?, text.parse()?),
            },
        };
        Ok(Some(Self { low, high }))
    }

    pub fn intersect(self, other: Self) -> Option<Self> {
        let low = self.low.max(other.low);
        let high = self.high.min(other.high);
        (low <= high).then_some(Self { low, high })
    }

    pub fn contains(self, version: i16) -> bool {
        self.low <= version && version <= self.high
    }

    pub fn iter(self) -> impl Iterator<Item = i16> {
        self.low..=self.high
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    Uuid,
    String,
    Bytes,
    Records,
    Struct(String),
    Array(Box<Type>),
}

impl Type {
    fn parse(text: &str) -> Result<Self, SchemaError> {
        if let Some(element) = text.strip_prefix("[]") {
            return Ok(Self::Array(Box::new(Self::parse(element)?)));
        }
        Ok(match text {
            "bool" => Self::Bool,
            "int8" => Self::Int8,
            "int16" => Self::Int16,
            "uint16" => Self::Uint16,
            "int32" => Self::Int32,
            "uint32" => Self::Uint32,
            "int64" => Self::Int64,
            "float64" => Self::Float64,
            "uuid" => Self::Uuid,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "records" => Self::Records,
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                Self::Struct(name.to_owned())
            }
            other => return Err(format!("unknown type {other}").into()),
        })
    }
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub kind: Type,
    pub versions: Versions,
    pub nullable: Option<Versions>,
    /// The tag and the versions in which the field is tagged.
    pub tag: Option<(u32, Versions)>,
    /// Overrides the message's flexible versions, for the client id of the request header.
    pub never_flexible: bool,
    pub ignorable: bool,
    pub default: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Struct {
    pub name: String,
    /// The versions in which the structure occurs.
    pub versions: Versions,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub name: String,
    pub key: Option<i16>,
    pub served_by_brokers: bool,
    pub versions: Versions,
    pub flexible: Option<Versions>,
    /// The message itself first, then the structures inside it.
    pub structs: Vec<Struct>,
    json: Value,
}

impl Message {
    /// Parses a definition; none when all of its versions were removed.
    pub fn parse(text: &str) -> Result<Option<Self>, SchemaError> {
        let json: Value = serde_json::from_str(&without_comments(text))?;
        let Some(mut versions) = Versions::parse(text_of(&json, "validVersions")?)? else {
            return Ok(None);
        };
        if json["latestVersionUnstable"].as_bool() == Some(true) {
            versions.high -= 1;
        }
        Self::build(json, versions).map(Some)
    }

    /// The same message without the versions above `high`: a response has no version that its request does not have.
    pub fn limited_to(self, high: i16) -> Result<Self, SchemaError> {
        let versions = Versions {
            low: self.versions.low,
            high: self.versions.high.min(high),
        };
        Self::build(self.json, versions)
    }

    fn build(json: Value, versions: Versions) -> Result<Self, SchemaError> {
        let name = text_of(&json, "name")?.to_owned();
        let flexible = match json["flexibleVersions"].as_str() {
            Some(text) => Versions::parse(text)?.and_then(|range| range.intersect(versions)),
            None => None,
        };
        let mut structs = Vec::new();
        collect_struct(&name, &json["fields"], versions, &mut structs)?;
        for common in json["commonStructs"].as_array().into_iter().flatten() {
            let name = text_of(common, "name")?;
            collect_struct(name, &common["fields"], versions, &mut structs)?;
        }
        Ok(Self {
            name,
            key: json["apiKey"].as_i64().map(i16::try_from).transpose()?,
            served_by_brokers: json["listeners"]
                .as_array()
                .is_some_and(|listeners| listeners.iter().any(|listener| listener == "broker")),
            versions,
            flexible,
            structs,
            json,
        })
    }
}

fn collect_struct(
    name: &str,
    fields: &Value,
    versions: Versions,
    structs: &mut Vec<Struct>,
) -> Result<(), SchemaError> {
    let place = structs.len();
    structs.push(Struct {
        name: name.to_owned(),
        versions,
        fields: Vec::new(),
    });
    let mut parsed = Vec::new();
    for json in fields.as_array().into_iter().flatten() {
        let Some(field) = parse_field(json, versions)? else {
            continue;
        };
        if json["fields"].is_array() {
            let inner = struct_name(&field.kind).ok_or("fields inside a primitive")?;
            collect_struct(&inner, &json["fields"], field.versions, structs)?;
        }
        parsed.push(field);
    }
    structs[place].fields = parsed;
    Ok(())
}

fn parse_field(json: &Value, outer: Versions) -> Result<Option<Field>, SchemaError> {
    let range = |name: &str| -> Result<Option<Versions>, SchemaError> {
        match json[name].as_str() {
            Some(text) => Ok(Versions::parse(text)?.and_then(|range| range.intersect(outer))),
            None => Ok(None),
        }
    };
    // A field that is only ever tagged may leave its versions out.
    let named = match json["versions"].is_null() {
        true => "taggedVersions",
        false => "versions",
    };
    let Some(versions) = range(named)? else {
        return Ok(None);
    };
    let tag = match (json["tag"].as_u64(), range("taggedVersions")?) {
        (Some(tag), Some(tagged)) => Some((u32::try_from(tag)?, tagged)),
        _ => None,
    };
    if tag.is_some_and(|(_, tagged)| tagged != versions) {
        return Err(format!("{} is tagged in some of its versions only", json["name"]).into());
    }
    Ok(Some(Field {
        name: text_of(json, "name")?.to_owned(),
        kind: Type::parse(text_of(json, "type")?)?,
        versions,
        nullable: range("nullableVersions")?,
        tag,
        never_flexible: json["flexibleVersions"] == "none",
        ignorable: json["ignorable"].as_bool().unwrap_or(false),
        default: match &json["default"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
    }))
}

fn struct_name(kind: &Type) -> Option<String> {
    match kind {
        Type::Struct(name) => Some(name.clone()),
        Type::Array(element) => struct_name(element),
        _ => None,
    }
}

fn text_of<'a>(json: &'a Value, name: &str) -> Result<&'a str, SchemaError> {
    json[name]
        .as_str()
        .ok_or_else(|| format!("{name} is missing in {}", json["name"]).into())
}

/// Kafka's definitions have comments, each on a line of its own.
fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}
