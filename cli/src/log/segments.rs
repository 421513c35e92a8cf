//! The command `log segments`: a row a segment, from batch headers and file sizes.
//!
//! Bodies of batches are not read, so that a large directory takes seconds; `log inspect` checks contents.

use super::partition::{self, Partition, SegmentFiles};
use super::window::open_batches;
use crate::arguments::LogSegments;
use crate::exit_code::ExitCode;
use crate::table::{Align, Table};
use crate::{json_lines, size, utc_time};
use corelane_engine::file_name::SegmentFileKind;
use corelane_engine::verify::batches::{Depth, Found};
use serde::Serialize;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A segment as both forms of output show it.
#[derive(Debug, Serialize)]
struct SegmentLine {
    topic: String,
    partition: i32,
    file: String,
    base_offset: i64,
    next_offset: i64,
    batch_count: u64,
    record_count: u64,
    log_bytes: u64,
    file_bytes: u64,
    disk_bytes: u64,
    first_timestamp_ms: Option<i64>,
    max_timestamp_ms: Option<i64>,
    offset_index_bytes: Option<u64>,
    time_index_bytes: Option<u64>,
    damaged: bool,
}

/// Prints the segments; exits with failure when a header is damaged.
pub fn run(arguments: &LogSegments, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut damaged = false;
    let mut table = Table::new(&[
        ("topic", Align::Left),
        ("partition", Align::Right),
        ("base offset", Align::Right),
        ("next offset", Align::Right),
        ("batches", Align::Right),
        ("records", Align::Right),
        ("log", Align::Right),
        ("on disk", Align::Right),
        ("index", Align::Right),
        ("timeindex", Align::Right),
        ("last timestamp", Align::Left),
        ("", Align::Left),
    ]);
    for directory in &arguments.directories {
        for partition in partition::discover(directory)? {
            for segment in &partition.segments {
                let line = read(&partition, segment)?;
                damaged |= line.damaged;
                match arguments.json {
                    true => json_lines::write_line(output, &line)?,
                    false => table.row(cells(&line)),
                }
            }
        }
    }
    if !arguments.json {
        table.write(output)?;
    }
    if damaged && !arguments.json {
        writeln!(output, "\ndamaged: `corelane log inspect` says where")?;
    }
    Ok(if damaged {
        ExitCode::Failure
    } else {
        ExitCode::Success
    })
}

fn read(partition: &Partition, segment: &SegmentFiles) -> anyhow::Result<SegmentLine> {
    let log = segment.file(SegmentFileKind::Log).unwrap_or(Path::new(""));
    let mut batches = open_batches(log, segment.base_offset, Depth::Headers)?;
    let mut line = SegmentLine {
        topic: partition.topic.clone(),
        partition: partition.number,
        file: log.display().to_string(),
        base_offset: segment.base_offset,
        next_offset: segment.base_offset,
        batch_count: 0,
        record_count: 0,
        log_bytes: 0,
        file_bytes: batches.file_bytes(),
        disk_bytes: std::fs::metadata(log).map_or(0, |metadata| metadata.blocks() * 512),
        first_timestamp_ms: None,
        max_timestamp_ms: None,
        offset_index_bytes: segment.file_bytes(SegmentFileKind::OffsetIndex),
        time_index_bytes: segment.file_bytes(SegmentFileKind::TimeIndex),
        damaged: false,
    };
    while let Some(found) = batches.advance()? {
        match found {
            Found::Batch(batch) => {
                let header = batch.header;
                line.batch_count += 1;
                line.record_count += u64::try_from(header.record_count()).unwrap_or(0);
                line.log_bytes = batch.position + batch.length;
                line.first_timestamp_ms
                    .get_or_insert(header.base_timestamp().0);
                line.max_timestamp_ms = line.max_timestamp_ms.max(Some(header.max_timestamp().0));
            }
            Found::Damage(_) => line.damaged = true,
            Found::Zeros { .. } => {}
        }
    }
    line.next_offset = batches.next_offset();
    Ok(line)
}

fn cells(line: &SegmentLine) -> [String; 12] {
    let size_or_dash = |bytes: Option<u64>| bytes.map_or("-".to_owned(), size::for_people);
    [
        line.topic.clone(),
        line.partition.to_string(),
        line.base_offset.to_string(),
        line.next_offset.to_string(),
        line.batch_count.to_string(),
        line.record_count.to_string(),
        size::for_people(line.log_bytes),
        size::for_people(line.disk_bytes),
        size_or_dash(line.offset_index_bytes),
        size_or_dash(line.time_index_bytes),
        line.max_timestamp_ms
            .map_or("-".to_owned(), utc_time::for_people),
        if line.damaged {
            "DAMAGED".to_owned()
        } else {
            String::new()
        },
    ]
}
