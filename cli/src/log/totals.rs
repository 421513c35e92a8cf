//! Totals of an inspection by codec and by producer.
//!
//! A directory may hold any number of producer ids: the first [`PRODUCERS_MAX`] are counted apart, the rest together.
//! Pure.

use corelane_engine::batch::RecordBatchHeader;
use std::collections::BTreeMap;

/// Producers that are counted apart.
const PRODUCERS_MAX: usize = 1000;

/// Batches counted under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    pub batch_count: u64,
    pub record_count: u64,
    pub bytes: u64,
    pub first_offset: i64,
    pub last_offset: i64,
}

/// The totals so far.
#[derive(Debug, Default)]
pub struct Totals {
    codecs: BTreeMap<String, Total>,
    producers: BTreeMap<Option<i64>, Total>,
}

impl Totals {
    /// Counts a batch of `bytes` bytes.
    pub fn add(&mut self, header: &RecordBatchHeader, bytes: u64) {
        add_to(
            self.codecs
                .entry(codec_name(header).to_owned())
                .or_insert_with(|| start(header)),
            header,
            bytes,
        );
        let id = header.producer_id();
        if id.is_some() {
            let known =
                self.producers.len() < PRODUCERS_MAX || self.producers.contains_key(&Some(id.0));
            let total = self
                .producers
                .entry(known.then_some(id.0))
                .or_insert_with(|| start(header));
            add_to(total, header, bytes);
        }
    }

    /// What was counted: what it is, its name, and the total.
    pub fn into_lines(self) -> impl Iterator<Item = (&'static str, String, Total)> {
        let codecs = self
            .codecs
            .into_iter()
            .map(|(name, total)| ("codec", name, total));
        let name = |id: Option<i64>| id.map_or("others".to_owned(), |id| id.to_string());
        codecs.chain(
            self.producers
                .into_iter()
                .map(move |(id, total)| ("producer", name(id), total)),
        )
    }
}

/// The codec's name as configurations spell it.
pub fn codec_name(header: &RecordBatchHeader) -> &'static str {
    header.compression().map_or("unknown", |codec| codec.name())
}

fn start(header: &RecordBatchHeader) -> Total {
    let first_offset = header.base_offset().0;
    Total {
        batch_count: 0,
        record_count: 0,
        bytes: 0,
        first_offset,
        last_offset: first_offset,
    }
}

fn add_to(total: &mut Total, header: &RecordBatchHeader, bytes: u64) {
    total.batch_count += 1;
    total.record_count += u64::try_from(header.record_count()).unwrap_or(0);
    total.bytes += bytes;
    total.first_offset = total.first_offset.min(header.base_offset().0);
    total.last_offset = total
        .last_offset
        .max(header.last_offset().map_or(i64::MIN, |offset| offset.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};
    use corelane_engine::types::Offset;

    fn batch(base_offset: i64, count: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(BatchOptions {
            base_offset: Offset(base_offset),
            ..BatchOptions::default()
        });
        for index in 0..count {
            let record = NewRecord {
                timestamp_ms: 1_000 + base_offset + index,
                key: None,
                value: None,
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        builder.build().unwrap().to_vec()
    }

    #[test]
    fn batches_are_counted_by_codec_and_unknown_producers_not_at_all() {
        let mut totals = Totals::default();
        for base_offset in [0, 10] {
            let batch = batch(base_offset, 10);
            totals.add(RecordBatchHeader::view(&batch).unwrap(), batch.len() as u64);
        }
        let lines: Vec<_> = totals.into_lines().collect();
        assert_eq!(lines.len(), 1);
        let (of, name, total) = &lines[0];
        assert_eq!((*of, name.as_str()), ("codec", "none"));
        assert_eq!(
            (
                total.batch_count,
                total.record_count,
                total.first_offset,
                total.last_offset
            ),
            (2, 20, 0, 19)
        );
    }
}
