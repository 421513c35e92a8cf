//! The small files beside the segments: leader epochs, producer snapshots, the topic's id.
//!
//! Each is read whole, up to [`SMALL_FILE_BYTES_MAX`]; its entries are listed and what does not parse is damage.

use super::report::{Line, Report};
use anyhow::Context;
use corelane_engine::file_name::{LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA};
use corelane_engine::leader_epoch::{EpochEntry, LeaderEpochs};
use corelane_engine::producer_state::ProducerStates;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Bytes up to which a small file is read; a producer snapshot of a million producers fits.
const SMALL_FILE_BYTES_MAX: u64 = 128 << 20;

/// The bytes of a small file.
pub fn read_small(path: &Path) -> anyhow::Result<Vec<u8>> {
    let reading = || format!("cannot read {}", path.display());
    let bytes = std::fs::metadata(path).with_context(reading)?.len();
    if bytes > SMALL_FILE_BYTES_MAX {
        anyhow::bail!(
            "{} has {bytes} bytes; at most {SMALL_FILE_BYTES_MAX} are read",
            path.display()
        );
    }
    std::fs::read(path).with_context(reading)
}

/// Inspects the small files of a partition directory.
pub fn inspect_directory<W: Write>(
    directory: &Path,
    report: &mut Report<'_, W>,
) -> anyhow::Result<()> {
    for name in [LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA] {
        let path = directory.join(name);
        if path.is_file() {
            inspect_file(&path, report)?;
        }
    }
    Ok(())
}

/// Inspects `path` if its name is that of a checkpoint; says whether it is.
pub fn inspect_file<W: Write>(path: &Path, report: &mut Report<'_, W>) -> anyhow::Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let entries = match name.as_ref() {
        PARTITION_METADATA => partition_metadata(&read_small(path)?),
        LEADER_EPOCH_CHECKPOINT => leader_epochs(&read_small(path)?),
        _ => return Ok(false),
    };
    list(path, entries, report).map(|()| true)
}

/// Inspects a producer snapshot.
pub fn inspect_snapshot<W: Write>(path: &Path, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    list(path, producer_snapshot(&read_small(path)?), report)
}

type Entries = Result<Vec<serde_json::Value>, String>;

fn list<W: Write>(path: &Path, entries: Entries, report: &mut Report<'_, W>) -> anyhow::Result<()> {
    let file = path.display().to_string();
    report.summary.file_count += 1;
    match entries {
        Ok(entries) => {
            for (number, entry) in entries.into_iter().enumerate() {
                report.line(Line::Entry {
                    file: file.clone(),
                    number: number as u64,
                    entry,
                })?;
            }
        }
        Err(message) => report.line(Line::Damage {
            file,
            position: None,
            length: None,
            offset: None,
            damage: "bad-checkpoint".to_owned(),
            message,
        })?,
    }
    Ok(())
}

fn leader_epochs(bytes: &[u8]) -> Entries {
    let epochs = LeaderEpochs::parse(bytes).map_err(|error| error.to_string())?;
    let entry =
        |entry: &EpochEntry| json!({"epoch": entry.epoch.0, "start_offset": entry.start_offset.0});
    Ok(epochs.entries().iter().map(entry).collect())
}

/// How many producers a snapshot holds, once its CRC and every entry are found right.
fn producer_snapshot(bytes: &[u8]) -> Entries {
    let states = ProducerStates::decode_snapshot(bytes).map_err(|error| error.to_string())?;
    let first_open_offset = states
        .first_open_transaction_offset()
        .map(|offset| offset.0);
    Ok(vec![
        json!({"producer_count": states.len(), "first_open_transaction_offset": first_open_offset}),
    ])
}

/// The lines `version: 0` and `topic_id: …`.
fn partition_metadata(bytes: &[u8]) -> Entries {
    let text = std::str::from_utf8(bytes).map_err(|_| "no text".to_owned())?;
    let mut entry = serde_json::Map::new();
    for line in text.lines() {
        let (key, value) = line
            .split_once(": ")
            .ok_or_else(|| format!("`{line}` is no `key: value`"))?;
        entry.insert(key.to_owned(), value.into());
    }
    match entry.contains_key("topic_id") {
        true => Ok(vec![entry.into()]),
        false => Err("no topic_id".to_owned()),
    }
}
