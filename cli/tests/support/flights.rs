//! The flights that left New York City in 2013, as records: JSON values keyed by tail number, placed on
//! partitions as the Java client places them. Pure, but for reading the file.

use super::clients_folder;
use super::hashes::Record;

/// Rows of the data set.
pub const FLIGHTS: usize = 336_776;

/// Partitions of the topics that flights go to.
pub const PARTITIONS: i32 = 8;

/// What the data set writes where it knows nothing.
const NOT_AVAILABLE: &str = "NA";

/// The columns whose values are text; all others are numbers.
const TEXT_COLUMNS: [&str; 5] = ["carrier", "tailnum", "origin", "dest", "time_hour"];

/// The first `count` flights in the order of the file. A flight without a tail number has no key.
pub fn flights(count: usize) -> Vec<Record> {
    let path = clients_folder().join("flights.csv");
    let mut reader =
        csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let columns: Vec<String> = reader
        .headers()
        .expect("a header row")
        .iter()
        .map(str::to_owned)
        .collect();
    let rows = reader.records().take(count).enumerate();
    let flights: Vec<Record> = rows
        .map(|(row, cells)| flight(row, &columns, &cells.expect("a whole row")))
        .collect();
    assert_eq!(flights.len(), count, "the file is complete");
    flights
}

fn flight(row: usize, columns: &[String], cells: &csv::StringRecord) -> Record {
    let cell = |name: &str| {
        let column = columns
            .iter()
            .position(|column| column == name)
            .expect("a column of the data set");
        &cells[column]
    };
    let key = Some(cell("tailnum"))
        .filter(|tail| *tail != NOT_AVAILABLE)
        .map(|tail| tail.as_bytes().to_vec());
    let partition = match &key {
        Some(key) => partition_of_key(key),
        None => i32::try_from(row % 8).expect("below eight"),
    };
    let number = |name: &str| cell(name).parse().expect("a date is there in every row");
    Record {
        partition,
        timestamp_ms: timestamp_ms(
            number("month"),
            number("day"),
            number("hour"),
            number("minute"),
        ),
        key,
        headers: vec![
            ("source".to_owned(), b"nycflights13".to_vec()),
            ("row".to_owned(), row.to_string().into_bytes()),
        ],
        value: json(columns, cells).into_bytes(),
    }
}

fn json(columns: &[String], cells: &csv::StringRecord) -> String {
    let fields: Vec<String> = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| json_field(column, cell))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn json_field(column: &str, cell: &str) -> String {
    if cell == NOT_AVAILABLE {
        format!("\"{column}\":null")
    } else if TEXT_COLUMNS.contains(&column) {
        format!("\"{column}\":{}", serde_json::Value::from(cell))
    } else {
        let digits = cell.strip_suffix(".0").unwrap_or(cell);
        format!("\"{column}\":{digits}")
    }
}

/// The scheduled departure in milliseconds since the epoch, with New York's clock taken for UTC.
fn timestamp_ms(month: i64, day: i64, hour: i64, minute: i64) -> i64 {
    const NEW_YEAR_2013_DAYS: i64 = 15_706;
    const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = usize::try_from(month - 1).expect("months count from 1");
    let days = NEW_YEAR_2013_DAYS + DAYS_BEFORE_MONTH[month] + day - 1;
    ((days * 24 + hour) * 60 + minute) * 60_000
}

/// Where the Java client's default partitioner puts a key.
pub fn partition_of_key(key: &[u8]) -> i32 {
    (murmur2(key) & 0x7fff_ffff) % PARTITIONS
}

/// MurmurHash2 with the seed of Kafka's default partitioner (`org.apache.kafka.common.utils.Utils`).
fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).expect("keys are short");
    let mut h = 0x9747_b28c ^ length;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        h = h.wrapping_mul(M) ^ (k ^ (k >> 24)).wrapping_mul(M);
    }
    for (at, byte) in rest.iter().enumerate() {
        h ^= u32::from(*byte) << (8 * at);
    }
    if !rest.is_empty() {
        h = h.wrapping_mul(M);
    }
    h = (h ^ (h >> 13)).wrapping_mul(M);
    (h ^ (h >> 15)).cast_signed()
}
