//! Compaction of logs that were made for it, compared with a plain map of the newest record of each key, for fuzzing;
//! and of batches whose records are damaged behind a right CRC. Pure.

use std::collections::HashMap;

use super::{
    BatchFilter, BatchRole, CleaningRules, Filtered, HashSeed, OffsetMap, Standing, key_hash,
};
use crate::batch::{Gaps, HEADER_LENGTH, ValidBatch, with_right_crcs};
use crate::made_log::{BATCH_BYTES_MAX, Input, MadeLog, Making};
use crate::record::{RecordError, Records};
use crate::types::{Offset, TimestampMs};

const SEED: HashSeed = HashSeed([11, 13]);
const MAP_BYTES: usize = 1 << 12;

type Plain = (i64, Option<Vec<u8>>, Option<Vec<u8>>, i64);

fn plain_records(batch: &[u8]) -> Vec<Plain> {
    let records = Records::open(batch).expect("the batch is valid");
    let plain = |record: Result<crate::record::Record<'_>, RecordError>| {
        let record = record.expect("the batch is valid");
        let key = record.key.map(<[u8]>::to_vec);
        let value = record.value.map(<[u8]>::to_vec);
        (record.offset.0, key, value, record.timestamp.0)
    };
    records.iter().map(plain).collect()
}

/// What becomes of a batch, `step` records at a time; none when it goes.
fn filtered(
    batch: &[u8],
    role: BatchRole,
    rules: CleaningRules<'_>,
    step: usize,
) -> Result<Option<Vec<u8>>, RecordError> {
    let records = Records::open(batch)?;
    let mut filter = BatchFilter::new(&records, role, rules);
    while filter.advance(step)? {}
    match filter.finish()?.0 {
        Filtered::Dropped => Ok(None),
        Filtered::Unchanged => Ok(Some(batch.to_vec())),
        Filtered::Rewritten(kept) => kept.into_bytes().map(Some),
    }
}

/// Takes `data` for decisions over a log and how far it is compacted, and compacts it twice.
///
/// # Panics
/// When a record goes that should stay, stays that should go, or is not what it was.
#[doc(hidden)]
pub fn fuzz_compaction(data: &[u8]) {
    let mut input = Input::new(data);
    let making = Making {
        gaps: Gaps::Allowed,
        is_compressed: true,
    };
    let log = MadeLog::make(&mut input, making);
    let reach = u64::try_from(log.end_offset().0 - log.base_offset.0).unwrap_or(0);
    let below = i64::try_from(input.below(reach + 2)).unwrap_or(0);
    let map_end = Offset(log.base_offset.0 + below);
    let mut map = OffsetMap::new(MAP_BYTES);
    let mut newest: HashMap<Vec<u8>, i64> = HashMap::new();
    for batch in &log.batches {
        for (offset, key, _, _) in plain_records(&batch.bytes) {
            let Some(key) = key.filter(|_| offset < map_end.0) else {
                continue;
            };
            let put = map.put(key_hash(SEED, &key), Offset(offset));
            put.expect("the map has room for all keys");
            newest.insert(key, offset);
        }
    }
    let rules = CleaningRules {
        map: &map,
        seed: SEED,
        map_end,
        now: TimestampMs(2_000_000),
        delete_retention_ms: 1000,
    };
    let stays = |record: &Plain| {
        let (offset, key, _, _) = record;
        *offset >= map_end.0
            || key
                .as_ref()
                .is_some_and(|key| newest.get(key) == Some(offset))
    };
    for batch in &log.batches {
        let role = BatchRole {
            standing: Standing::Data,
            keep_empty: input.coin(),
        };
        let step = 1 + input.index(5);
        let mut expected = plain_records(&batch.bytes);
        expected.retain(stays);
        let kept = filtered(&batch.bytes, role, rules, step).expect("the batch is valid");
        let Some(kept) = kept else {
            assert!(expected.is_empty() && !role.keep_empty, "records are lost");
            continue;
        };
        let valid = ValidBatch::check_foreign(kept.clone().into(), BATCH_BYTES_MAX);
        let valid = valid.expect("what is left of a batch is one");
        assert_eq!(valid.header().base_offset(), batch.header().base_offset());
        assert_eq!(valid.header().last_offset(), batch.header().last_offset());
        assert_eq!(valid.header().producer_id(), batch.header().producer_id());
        assert_eq!(
            valid.header().last_sequence(),
            batch.header().last_sequence()
        );
        assert_eq!(plain_records(&kept), expected);
        let again = filtered(&kept, role, rules, 1).expect("the batch is valid");
        assert_eq!(again, Some(kept), "a second cleaning changes something");
        damage_and_filter(&batch.bytes, &mut input, role, rules);
    }
}

/// Records that are malformed behind a right CRC are an error, or other records; never more than the batch has.
fn damage_and_filter(
    batch: &[u8],
    input: &mut Input<'_>,
    role: BatchRole,
    rules: CleaningRules<'_>,
) {
    let mut damaged = batch.to_vec();
    let at = HEADER_LENGTH + input.index(batch.len() - HEADER_LENGTH);
    if let Some(byte) = damaged.get_mut(at) {
        *byte ^= input.byte();
    }
    let damaged = with_right_crcs(&damaged);
    if let Ok(Some(kept)) = filtered(&damaged, role, rules, 2) {
        let valid = ValidBatch::check_foreign(kept.into(), BATCH_BYTES_MAX * 16);
        assert!(valid.is_ok(), "a cleaning leaves what is no batch");
    }
}
