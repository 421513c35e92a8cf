//! Lookups in indexes of logs that were made for them, compared with a linear scan, for fuzzing: I5. Pure.

use super::{OffsetIndex, TimeIndex};
use crate::batch::Gaps;
use crate::made_log::{Input, MadeLog, Making};
use crate::record::Records;
use crate::types::{Offset, Position, TimestampMs};

/// A record of the log, and the batch that it is in, by its number.
struct Placed {
    offset: Offset,
    timestamp: TimestampMs,
    batch: usize,
}

fn records_of(log: &MadeLog) -> Vec<Placed> {
    let mut placed = Vec::new();
    for (batch, made) in log.batches.iter().enumerate() {
        let records = Records::open(&made.bytes).expect("it was built here");
        placed.extend(records.iter().flatten().map(|record| Placed {
            offset: record.offset,
            timestamp: record.timestamp,
            batch,
        }));
    }
    placed
}

/// Takes `data` for decisions over a log and the interval of its indexes, and looks everything up.
///
/// # Panics
/// When a lookup leads behind what a linear scan finds.
#[doc(hidden)]
pub fn fuzz_index_lookup(data: &[u8]) {
    let mut input = Input::new(data);
    let gaps = match input.coin() {
        true => Gaps::Allowed,
        false => Gaps::Refused,
    };
    let making = Making {
        gaps,
        is_compressed: false,
    };
    let interval = 1 + input.index(1000);
    let log = MadeLog::make(&mut input, making);
    let mut offsets = OffsetIndex::new(log.base_offset);
    let mut times = TimeIndex::new(log.base_offset);
    let (mut since_entry, mut largest) = (0, TimestampMs::NONE);
    let mut largest_offset = log.base_offset;
    for batch in &log.batches {
        let header = batch.header();
        let last_offset = header
            .last_offset()
            .expect("a built batch has a last offset");
        if header.max_timestamp() > largest {
            largest = header.max_timestamp();
            largest_offset = last_offset;
        }
        // As a segment does: an entry names the batch before whose end the interval has passed.
        if since_entry > interval {
            let position = Position(batch.position as u64);
            offsets.append(last_offset, position).expect("batches rise");
            times
                .maybe_append(largest, largest_offset)
                .expect("offsets of one segment are near each other");
            since_entry = 0;
        }
        since_entry += batch.bytes.len();
    }
    let records = records_of(&log);
    for record in &records {
        check_offset(&log, &offsets, record);
        check_time(&records, &times, record.timestamp);
        check_time(&records, &times, TimestampMs(record.timestamp.0 + 1));
    }
    let read_back = OffsetIndex::decode(log.base_offset, &offsets.encode());
    assert_eq!(read_back.as_ref(), Ok(&offsets));
    let read_back = TimeIndex::decode(log.base_offset, &times.encode());
    assert_eq!(read_back.as_ref(), Ok(&times));
}

fn check_offset(log: &MadeLog, index: &OffsetIndex, record: &Placed) {
    let found = index.lookup(record.offset);
    let begin = usize::try_from(found.position.0).expect("it lies within the file");
    let is_start = log.batches.iter().any(|batch| batch.position == begin);
    assert!(is_start, "{found:?} is inside of a batch");
    let behind = log.batches.iter().filter(|batch| batch.position >= begin);
    let holding = behind
        .clone()
        .find(|batch| batch.header().last_offset() >= Some(record.offset));
    let holding = holding.map(|batch| batch.position);
    assert_eq!(holding, Some(log.batches[record.batch].position));
}

fn check_time(records: &[Placed], index: &TimeIndex, wanted: TimestampMs) {
    let linear = records.iter().find(|record| record.timestamp >= wanted);
    let earlier = index.lookup(TimestampMs(wanted.0.saturating_sub(1)));
    let from = earlier.map_or(Offset::ZERO, |entry| entry.offset);
    let mut behind = records.iter().filter(|record| record.offset >= from);
    let found = behind.find(|record| record.timestamp >= wanted);
    assert_eq!(
        found.map(|record| record.offset),
        linear.map(|record| record.offset)
    );
}
