//! The command `log dump`: the records of segments, in a format string or as JSON lines.
//!
//! A batch that ends below the first offset asked for is skipped by its header. Damage is told on standard error and
//! the dump goes on behind it, because what is still readable is what somebody dumping a damaged file came for.

use super::partition::{self, SegmentFiles};
use super::window::open_batches;
use crate::arguments::LogDump;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::record_format::{PlacedRecord, RecordFormat};
use corelane_engine::file_name::SegmentFileKind;
use corelane_engine::record::Records;
use corelane_engine::verify::batches::{Batch, Depth, Found};
use std::io::Write;
use std::path::Path;

/// How a record is printed unless a format is given.
const DEFAULT_FORMAT: &str = "%o\\t%d\\t%k\\t%s\\t%h\\n";

/// Prints the records; exits with failure when some could not be read.
pub fn run(arguments: &LogDump, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let format = match arguments.json {
        true => RecordFormat::Json,
        false => RecordFormat::parse(arguments.format.as_deref().unwrap_or(DEFAULT_FORMAT))
            .map_err(|reason| Failure::usage(format!("--format: {reason}")))?,
    };
    let first_offset = i64::try_from(arguments.offset).map_err(|_| {
        Failure::usage(format!(
            "--offset: {} is above every offset",
            arguments.offset
        ))
    })?;
    let mut dump = Dump {
        format,
        first_offset,
        remaining: arguments.count.unwrap_or(u64::MAX),
        damaged: false,
        output,
    };
    for path in &arguments.paths {
        dump.path(path)?;
    }
    Ok(if dump.damaged {
        ExitCode::Failure
    } else {
        ExitCode::Success
    })
}

struct Dump<'o, W: Write> {
    format: RecordFormat,
    first_offset: i64,
    remaining: u64,
    damaged: bool,
    output: &'o mut W,
}

impl<W: Write> Dump<'_, W> {
    fn path(&mut self, path: &Path) -> anyhow::Result<()> {
        if path.is_dir() {
            for partition in partition::discover(path)? {
                let ends = partition
                    .segments
                    .iter()
                    .skip(1)
                    .map(|segment| Some(segment.base_offset))
                    .chain([None]);
                for (segment, next_base) in partition.segments.iter().zip(ends) {
                    if next_base.is_none_or(|next_base| next_base > self.first_offset) {
                        self.segment(segment, &partition.topic, partition.number)?;
                    }
                }
            }
            return Ok(());
        }
        let segment = partition::segment_of(path)
            .filter(|segment| segment.file(SegmentFileKind::Log).is_some());
        let segment = segment.ok_or_else(|| {
            Failure::usage(format!("{} is no segment's log file", path.display()))
                .advise("name a file such as 00000000000000000000.log, or a partition directory")
        })?;
        let (topic, number) = partition::owner_of(path);
        self.segment(&segment, &topic, number)
    }

    fn segment(
        &mut self,
        segment: &SegmentFiles,
        topic: &str,
        partition: i32,
    ) -> anyhow::Result<()> {
        let log = segment.file(SegmentFileKind::Log).unwrap_or(Path::new(""));
        let mut batches = open_batches(log, segment.base_offset, Depth::Contents)?;
        while self.remaining > 0 {
            match batches.advance()? {
                None => break,
                Some(Found::Zeros { .. }) => {}
                Some(Found::Batch(batch)) => self.batch(log, &batch, topic, partition)?,
                Some(Found::Damage(damage)) => self.tell(
                    log,
                    damage.position,
                    &format!(
                        "{}; {} bytes are skipped, from offset {} on",
                        damage.kind, damage.length, damage.expected_offset
                    ),
                ),
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        log: &Path,
        batch: &Batch<'_>,
        topic: &str,
        partition: i32,
    ) -> anyhow::Result<()> {
        let ends_below = batch
            .header
            .last_offset()
            .is_some_and(|last| last.0 < self.first_offset);
        if ends_below || batch.header.is_control() {
            return Ok(());
        }
        let records = match Records::open(batch.bytes) {
            Ok(records) => records,
            Err(error) => {
                self.tell(log, batch.position, &error.to_string());
                return Ok(());
            }
        };
        for record in &records {
            match record {
                Ok(record) if record.offset.0 < self.first_offset => {}
                Ok(_) if self.remaining == 0 => break,
                Ok(record) => {
                    self.remaining -= 1;
                    self.format
                        .write(self.output, PlacedRecord::new(topic, partition, &record))?;
                }
                Err(error) => self.tell(log, batch.position, &error.to_string()),
            }
        }
        Ok(())
    }

    fn tell(&mut self, log: &Path, position: u64, message: &str) {
        self.damaged = true;
        // Without a standard error the exit code still tells.
        let _ = writeln!(
            std::io::stderr(),
            "corelane: {} at position {position}: {message}",
            log.display()
        );
    }
}
