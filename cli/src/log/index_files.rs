//! The files of offset and time indexes, read whole; what they say is checked by the engine's `verify::index_check`.

use anyhow::Context;
use corelane_engine::index::{OffsetEntry, OffsetIndex, TimeEntry, TimeIndex};
use corelane_engine::types::Offset;
use std::path::Path;

/// Bytes up to which an index file is read: its positions are 31 bits wide and Kafka's default is 10 MiB.
const INDEX_BYTES_MAX: u64 = 256 << 20;

/// The entries of the offset index at `path`, or what is wrong with the file.
pub fn read_offset_index(
    path: &Path,
    base_offset: i64,
) -> anyhow::Result<Result<Vec<OffsetEntry>, String>> {
    let decode = |bytes: &[u8]| {
        OffsetIndex::decode(Offset(base_offset), bytes).map(|index| index.iter().collect())
    };
    Ok(read_index(path)?.and_then(|bytes| decode(&bytes).map_err(|error| error.to_string())))
}

/// The entries of the time index at `path`, or what is wrong with the file.
pub fn read_time_index(
    path: &Path,
    base_offset: i64,
) -> anyhow::Result<Result<Vec<TimeEntry>, String>> {
    let decode = |bytes: &[u8]| {
        TimeIndex::decode(Offset(base_offset), bytes).map(|index| index.iter().collect())
    };
    Ok(read_index(path)?.and_then(|bytes| decode(&bytes).map_err(|error| error.to_string())))
}

fn read_index(path: &Path) -> anyhow::Result<Result<Vec<u8>, String>> {
    let reading = || format!("cannot read {}", path.display());
    let bytes = std::fs::metadata(path).with_context(reading)?.len();
    if bytes > INDEX_BYTES_MAX {
        return Ok(Err(format!("{bytes} bytes are more than any index has")));
    }
    std::fs::read(path).with_context(reading).map(Ok)
}
