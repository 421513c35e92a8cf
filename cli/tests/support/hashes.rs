//! The records file that every client program reads, and the hashes by which what they wrote and what
//! they read is compared. Pure.
//!
//! All integers are big-endian. A *field* is a 32-bit length and that many bytes; length −1 is null.
//! A *record of the file* is: partition (32 bits), timestamp in milliseconds (64 bits), key field, count
//! of headers (32 bits), for each header its name field and value field, value field.
//!
//! Each partition has two SHA-256 hashes over its records in order. The *content* hash covers, per
//! record: key field, count of headers, header fields, value field. The *full* hash puts the offset and
//! the timestamp (64 bits each) before them. Each program prints one JSON line per partition with
//! `topic`, `partition`, `count`, `content` and `full`. The same rules stand in `records.py`,
//! `records.go`, `client.js` and `CorelaneClient.java` under `cli/tests/clients`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A record as the suites see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub partition: i32,
    pub timestamp_ms: i64,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub value: Vec<u8>,
}

impl Record {
    fn fields_into(&self, out: &mut Vec<u8>) {
        field_into(out, self.key.as_deref());
        out.extend(
            i32::try_from(self.headers.len())
                .expect("a handful of headers")
                .to_be_bytes(),
        );
        for (name, value) in &self.headers {
            field_into(out, Some(name.as_bytes()));
            field_into(out, Some(value));
        }
        field_into(out, Some(&self.value));
    }
}

/// A topic and one of its partitions.
pub type TopicPartition = (String, i32);

/// Count and hashes of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionHash {
    pub count: u64,
    pub content: String,
    pub full: String,
}

/// What a reader found, by topic and partition.
pub type Hashes = BTreeMap<TopicPartition, PartitionHash>;

/// The two running hashes of one partition.
#[derive(Default)]
pub struct PartitionHasher {
    count: u64,
    content: Sha256,
    full: Sha256,
}

impl PartitionHasher {
    /// Adds the record that was found at `offset`.
    pub fn add(&mut self, offset: i64, record: &Record) {
        let mut fields = Vec::with_capacity(record.value.len() + 128);
        record.fields_into(&mut fields);
        self.full.update(offset.to_be_bytes());
        self.full.update(record.timestamp_ms.to_be_bytes());
        self.full.update(&fields);
        self.content.update(&fields);
        self.count += 1;
    }

    pub fn finish(self) -> PartitionHash {
        PartitionHash {
            count: self.count,
            content: hex(&self.content.finalize()),
            full: hex(&self.full.finalize()),
        }
    }
}

/// The hashes that a topic must have when `records` were written to it, in order, into an empty log.
pub fn expected(topic: &str, partitions: i32, records: &[Record]) -> Hashes {
    let mut hashers: Vec<PartitionHasher> = (0..partitions)
        .map(|_| PartitionHasher::default())
        .collect();
    for record in records {
        let hasher =
            &mut hashers[usize::try_from(record.partition).expect("partitions count from 0")];
        let offset = i64::try_from(hasher.count).expect("fewer than 2^63 records");
        hasher.add(offset, record);
    }
    let finished = hashers.into_iter().map(PartitionHasher::finish);
    (0..partitions)
        .zip(finished)
        .map(|(partition, hash)| ((topic.to_owned(), partition), hash))
        .collect()
}

/// Reads the JSON lines of a client program.
pub fn parse_lines(output: &[u8]) -> Hashes {
    let text = std::str::from_utf8(output).expect("client programs print UTF-8");
    text.lines().map(parse_line).collect()
}

fn parse_line(line: &str) -> (TopicPartition, PartitionHash) {
    let json: serde_json::Value =
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let text = |name: &str| {
        json[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {line}"))
            .to_owned()
    };
    let number = |name: &str| {
        json[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name}: {line}"))
    };
    let partition = i32::try_from(number("partition")).expect("a partition is 32 bits");
    let hash = PartitionHash {
        count: number("count"),
        content: text("content"),
        full: text("full"),
    };
    ((text("topic"), partition), hash)
}

/// The records file for client programs.
pub fn records_file(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        out.extend(record.partition.to_be_bytes());
        out.extend(record.timestamp_ms.to_be_bytes());
        record.fields_into(&mut out);
    }
    out
}

fn field_into(out: &mut Vec<u8>, field: Option<&[u8]>) {
    let Some(bytes) = field else {
        out.extend((-1i32).to_be_bytes());
        return;
    };
    out.extend(
        i32::try_from(bytes.len())
            .expect("a field is below 2 GiB")
            .to_be_bytes(),
    );
    out.extend(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
