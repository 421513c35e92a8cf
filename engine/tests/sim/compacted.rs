//! What compaction may take from a log, and what it has to leave: the newest record of each key, tombstones for
//! `delete.retention.ms`, batches byte for byte in what stays of them, and which ranges were decided against.
//!
//! Pure comparisons with a linear scan of what was read.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use corelane_engine::aborted_index::AbortedRange;
use corelane_engine::batch::RecordBatchHeader;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::record::{Record, Records};
use corelane_engine::{ProducerId, ValidBatch};

use crate::model::{PartitionModel, ReadLog, Rules, Sent, State, header};

/// Longer than any batch of a script.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// Whether `batch` is the control batch of `marker`. Each has a coordinator epoch of its own.
pub fn is_marker(batch: &[u8], marker: &NewMarker) -> bool {
    let header = header(batch);
    Marker::read(batch) == Some(marker.marker)
        && header.producer_id() == marker.producer_id
        && header.producer_epoch() == marker.producer_epoch
}

fn has_same_producer(one: &RecordBatchHeader, other: &RecordBatchHeader) -> bool {
    one.producer_id() == other.producer_id()
        && one.producer_epoch() == other.producer_epoch()
        && one.base_sequence() == other.base_sequence()
        && one.last_offset_delta() == other.last_offset_delta()
        && one.is_transactional() == other.is_transactional()
}

/// Whether the records of `batch` are some of those of `sent`, at their old places and as they were.
pub fn is_part_of(batch: &Bytes, sent: &[u8]) -> bool {
    let is_valid = ValidBatch::check_foreign(batch.clone(), BATCH_BYTES_MAX).is_ok();
    if !is_valid || !has_same_producer(header(batch), header(sent)) {
        return false;
    }
    let base = header(batch).base_offset().0;
    let (Ok(found), Ok(sent)) = (Records::open(batch), Records::open(sent)) else {
        return false;
    };
    let sent: HashMap<i64, Record<'_>> = sent
        .iter()
        .map(|record| record.expect("it was made here"))
        .map(|record| (record.offset.0, record))
        .collect();
    found.iter().all(|record| {
        let Ok(record) = record else {
            return false;
        };
        sent.get(&(record.offset.0 - base)).is_some_and(|sent| {
            sent.key == record.key
                && sent.value == record.value
                && sent.timestamp == record.timestamp
                && sent.headers == record.headers
        })
    })
}

/// The batch of which compaction has left the header only, where its place or its producer tells.
pub fn find_emptied(model: &PartitionModel, found: &RecordBatchHeader) -> Option<usize> {
    let base = found.base_offset().0;
    let is_at = |sent: &Sent| matches!(sent.state, State::Acknowledged { base_offset, .. } if base_offset == base);
    let is_its = |sent: &Sent| {
        let is_open = sent.state == State::Unknown && found.producer_id().is_some();
        is_open && sent.marker.is_none() && has_same_producer(header(&sent.bytes), found)
    };
    let at = model.sent.iter().position(is_at);
    at.or_else(|| model.sent.iter().position(is_its))
}

/// What a batch is in view of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Outside of transactions.
    Plain,
    Decided(Verdict),
    Open,
    Control,
}

/// The standing of each batch, by a scan from the end: the next marker of its producer decides over it.
fn standings(batches: &[Bytes]) -> Vec<Standing> {
    let mut decided: HashMap<ProducerId, Verdict> = HashMap::new();
    let standing = |batch: &Bytes| {
        let header = header(batch);
        if header.is_control() {
            if let Some(marker) = Marker::read(batch) {
                decided.insert(header.producer_id(), marker.verdict);
            }
            return Standing::Control;
        }
        if !header.is_transactional() {
            return Standing::Plain;
        }
        let verdict = decided.get(&header.producer_id());
        verdict.map_or(Standing::Open, |verdict| Standing::Decided(*verdict))
    };
    let mut standings: Vec<Standing> = batches.iter().rev().map(standing).collect();
    standings.reverse();
    standings
}

/// A compacted log: which offsets hold a record, and the newest record of each key that counts.
pub struct Kept {
    offsets: HashSet<i64>,
    newest: BTreeMap<Vec<u8>, i64>,
}

impl Kept {
    pub fn of(log: &ReadLog) -> Kept {
        let mut kept = Kept {
            offsets: HashSet::new(),
            newest: BTreeMap::new(),
        };
        for (batch, standing) in log.batches.iter().zip(standings(&log.batches)) {
            let counts = matches!(
                standing,
                Standing::Plain | Standing::Decided(Verdict::Commit)
            );
            let records = Records::open(batch).expect("it has been compared with what was sent");
            for record in records.iter() {
                let record = record.expect("it has been compared with what was sent");
                kept.offsets.insert(record.offset.0);
                if let Some(key) = record.key.filter(|_| counts) {
                    kept.newest.insert(key.to_vec(), record.offset.0);
                }
            }
        }
        kept
    }

    /// The first offset of a batch whose record should be there and is not.
    pub fn missing(
        &self,
        model: &PartitionModel,
        sent: &Sent,
        base_offset: i64,
        rules: &Rules,
    ) -> Option<i64> {
        if sent.marker.is_some() {
            // What it decided over may have gone before.
            return None;
        }
        let records = Records::open(&sent.bytes).expect("it was made here");
        let lost = records.iter().find(|record| {
            let record = record.as_ref().expect("it was made here");
            let offset = base_offset + record.offset.0;
            !self.offsets.contains(&offset)
                && offset >= model.start_least
                && !self.may_have_gone(model, sent, (offset, record), rules)
        });
        lost.map(|record| base_offset + record.expect("it was made here").offset.0)
    }

    fn may_have_gone(
        &self,
        model: &PartitionModel,
        sent: &Sent,
        (offset, record): (i64, &Record<'_>),
        rules: &Rules,
    ) -> bool {
        let newest = record.key.and_then(|key| self.newest.get(key));
        newest.is_some_and(|newest| *newest > offset)
            || may_go_without_newer(model, sent, (offset, record), rules)
    }
}

/// Whether compaction may have taken a record although nothing newer of its key is there.
fn may_go_without_newer(
    model: &PartitionModel,
    sent: &Sent,
    (offset, record): (i64, &Record<'_>),
    rules: &Rules,
) -> bool {
    let Some(key) = record.key else {
        return true;
    };
    let mut all_sent = model.sent.iter();
    was_aborted(model, sent, offset)
        || all_sent.any(|other| has_old_tombstone(other, key, offset, rules))
}

/// Whether all that compaction must have left of a batch is so old that `retention.ms` may have taken it: a segment is
/// as old as the newest record that is left in it.
pub fn age_allows_the_rest(
    model: &PartitionModel,
    sent: &Sent,
    base_offset: i64,
    rules: &Rules,
) -> bool {
    if sent.marker.is_some() {
        return is_past_delete_retention(sent, rules);
    }
    let records = Records::open(&sent.bytes).expect("it was made here");
    records.iter().all(|record| {
        let record = record.expect("it was made here");
        let offset = base_offset + record.offset.0;
        rules.age_allows(record.timestamp.0, sent.sent_ms)
            || may_have_been_covered(model, (offset, &record))
            || may_go_without_newer(model, sent, (offset, &record), rules)
    })
}

/// Whether a newer record of the same key was sent, which may itself be gone.
fn may_have_been_covered(model: &PartitionModel, (offset, record): (i64, &Record<'_>)) -> bool {
    let covers = |other: &Sent| {
        if other.marker.is_some() || !may_be_behind(other, offset) || !may_count(model, other) {
            return false;
        }
        let records = Records::open(&other.bytes).expect("it was made here");
        records.iter().any(|newer| {
            let newer = newer.expect("it was made here");
            let is_behind = match other.state {
                State::Acknowledged { base_offset, .. } => base_offset + newer.offset.0 > offset,
                State::Unknown | State::Gone => true,
                State::Absent => false,
            };
            is_behind && newer.key == record.key
        })
    };
    model.sent.iter().any(covers)
}

/// Whether readers may have been given a batch: outside of a transaction, or with a marker of a commit behind it.
fn may_count(model: &PartitionModel, sent: &Sent) -> bool {
    let from = match sent.state {
        State::Acknowledged { base_offset, .. } => base_offset,
        _ => 0,
    };
    !header(&sent.bytes).is_transactional() || has_verdict(model, sent, Verdict::Commit, from)
}

/// Whether a batch is, or may have been, in the log behind `offset`.
fn may_be_behind(sent: &Sent, offset: i64) -> bool {
    match sent.state {
        State::Acknowledged { base_offset, .. } => base_offset + sent.count > offset,
        State::Unknown | State::Gone => true,
        State::Absent => false,
    }
}

fn was_aborted(model: &PartitionModel, sent: &Sent, offset: i64) -> bool {
    header(&sent.bytes).is_transactional() && has_verdict(model, sent, Verdict::Abort, offset)
}

/// Whether such a marker of the batch's producer is, or may have been, in the log behind `offset`.
fn has_verdict(model: &PartitionModel, sent: &Sent, verdict: Verdict, offset: i64) -> bool {
    let producer_id = header(&sent.bytes).producer_id();
    model.sent.iter().any(|other| {
        let is_it = other
            .marker
            .is_some_and(|new| new.producer_id == producer_id && new.marker.verdict == verdict);
        is_it && may_be_behind(other, offset)
    })
}

/// Whether a tombstone or a marker may have gone for its age.
fn is_past_delete_retention(sent: &Sent, rules: &Rules) -> bool {
    let age_ms = rules.latest_ms - (sent.sent_ms - rules.jumped_back_ms);
    age_ms >= i64::try_from(rules.delete_retention_ms).unwrap_or(i64::MAX)
}

/// Whether a tombstone of the key at `offset` or behind may have gone for its age.
fn has_old_tombstone(other: &Sent, key: &[u8], offset: i64, rules: &Rules) -> bool {
    let is_old = is_past_delete_retention(other, rules);
    if !is_old || other.marker.is_some() || !may_be_behind(other, offset) {
        return false;
    }
    let records = Records::open(&other.bytes).expect("it was made here");
    records.iter().any(|record| {
        let record = record.expect("it was made here");
        record.value.is_none() && record.key == Some(key)
    })
}

/// Where the stable end stands, and what is listed as decided against.
pub struct Decisions {
    pub stable_end: i64,
    pub aborted: Vec<AbortedRange>,
}

/// Compares what the engine knows of transactions with a scan of the log.
pub fn check_decisions(log: &ReadLog, known: &Decisions) -> Result<(), String> {
    let standings = standings(&log.batches);
    let mut first_open = log.high_watermark;
    for (batch, standing) in log.batches.iter().zip(standings) {
        let header = header(batch);
        let base = header.base_offset().0;
        if standing == Standing::Open {
            first_open = first_open.min(base.max(log.start));
        }
        let is_listed = known.aborted.iter().any(|range| {
            let holds = range.first_offset <= base && base <= range.last_offset;
            holds && range.producer() == header.producer_id()
        });
        let is_aborted = standing == Standing::Decided(Verdict::Abort);
        let has_records = header.record_count() > 0 && standing != Standing::Control;
        if has_records && is_listed != is_aborted {
            return Err(format!(
                "I6: the batch at {base} is {standing:?}, and listed as aborted: {is_listed}"
            ));
        }
    }
    // What a deleted range has begun may hold the end back at the log's start.
    if known.stable_end != first_open && known.stable_end != log.start {
        return Err(format!(
            "I6: the stable end is {}, by a scan {first_open}",
            known.stable_end
        ));
    }
    Ok(())
}
