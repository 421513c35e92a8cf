//! Idempotence: what each producer appended last, so that a batch sent twice is stored once, in Kafka's rules
//! (`ProducerStateManager`, `ProducerAppendInfo`) and its `.snapshot` format.
//!
//! Invariants: the state is a function of the batches appended; replaying headers from a snapshot's offset on gives
//! what the running log had. At most five batches are kept for each producer. Shard-local; pure.

mod history;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[doc(hidden)]
pub use history::fuzz_producer_history;

use thiserror::Error;

use crate::batch::{RecordBatchHeader, crc32c, sequence_plus};
use crate::marker::{Marker, NewMarker, Verdict};
use crate::planted::{self, Bug};
use crate::types::{Offset, ProducerId, TimestampMs};

/// Batches kept for each producer: Kafka's clients have five requests in flight at most.
pub const BATCHES_KEPT: usize = 5;
const NO_PRODUCER_EPOCH: i16 = -1;
const NO_SEQUENCE: i32 = -1;
const NO_COORDINATOR_EPOCH: i32 = -1;

/// A batch that a producer appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendedBatch {
    /// The sequence number of its last record.
    pub last_sequence: i32,
    /// The offset of its last record.
    pub last_offset: Offset,
    /// Its last offset less its first; the same distance lies between its sequence numbers.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: TimestampMs,
}

impl AppendedBatch {
    /// The sequence number of the first record.
    #[must_use]
    pub fn first_sequence(&self) -> i32 {
        if self.last_sequence >= self.offset_delta {
            self.last_sequence - self.offset_delta
        } else {
            // A batch of the broker's own has no sequence; nothing equals what comes of −1.
            let back = self.offset_delta.wrapping_sub(self.last_sequence);
            i32::MAX.wrapping_sub(back).wrapping_add(1)
        }
    }

    /// The offset of the first record.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        Offset(
            self.last_offset
                .0
                .saturating_sub(i64::from(self.offset_delta)),
        )
    }
}

/// What is known of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The latest epoch.
    pub producer_epoch: i16,
    /// The epoch of the transaction coordinator that wrote the last marker, −1 without one.
    pub coordinator_epoch: i32,
    /// The timestamp of the last append.
    pub last_timestamp: TimestampMs,
    /// The first offset of the open transaction.
    pub current_txn_first_offset: Option<Offset>,
    batches: VecDeque<AppendedBatch>,
}

impl ProducerEntry {
    fn new(producer_epoch: i16) -> Self {
        Self {
            producer_epoch,
            coordinator_epoch: NO_COORDINATOR_EPOCH,
            last_timestamp: TimestampMs::NONE,
            current_txn_first_offset: None,
            batches: VecDeque::new(),
        }
    }

    /// The last batches of the latest epoch, oldest first.
    pub fn batches(&self) -> impl ExactSizeIterator<Item = &AppendedBatch> {
        self.batches.iter()
    }

    /// All of them but the last.
    fn earlier_batches(&self) -> impl Iterator<Item = &AppendedBatch> {
        self.batches
            .iter()
            .take(self.batches.len().saturating_sub(1))
            .filter(|_| !planted::is(Bug::SnapshotOfLastBatches))
    }

    /// The sequence number of the last record, −1 when the epoch has none.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.batches
            .back()
            .map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    fn duplicate_of(&self, header: &RecordBatchHeader) -> Option<&AppendedBatch> {
        if header.producer_epoch() != self.producer_epoch {
            return None;
        }
        let mut known = self
            .batches
            .iter()
            .filter(|_| !planted::is(Bug::ForgetRetries));
        known.find(|batch| {
            batch.first_sequence() == header.base_sequence()
                && batch.last_sequence == header.last_sequence()
        })
    }

    fn enter_epoch(&mut self, producer_epoch: i16) {
        if producer_epoch != self.producer_epoch {
            self.producer_epoch = producer_epoch;
            self.batches.clear();
        }
    }

    fn push(&mut self, batch: AppendedBatch) {
        if self.batches.len() == BATCHES_KEPT {
            self.batches.pop_front();
        }
        self.batches.push_back(batch);
    }

    fn is_expired(&self, now: TimestampMs, expiration_ms: i64) -> bool {
        self.current_txn_first_offset.is_none()
            && now.since_ms(self.last_timestamp) >= expiration_ms
    }
}

/// What to do with a producer's batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Append it, then call [`ProducerStates::update`].
    Append,
    /// It was appended before: answer what was answered then, and append nothing.
    Duplicate {
        /// The base offset that it got.
        base_offset: Offset,
        /// The offset of its last record.
        last_offset: Offset,
        /// Its largest timestamp.
        timestamp: TimestampMs,
    },
    /// OUT_OF_ORDER_SEQUENCE_NUMBER: a batch before this one is missing, or this one is too old to be known.
    OutOfOrder {
        /// The first sequence number of the batch.
        base_sequence: i32,
        /// The last sequence number known; the batch should start behind it. −1 when it should start at 0.
        last_sequence: i32,
    },
    /// INVALID_PRODUCER_EPOCH: a newer instance of the producer has taken over.
    InvalidEpoch {
        /// The epoch of the batch.
        producer_epoch: i16,
        /// The latest epoch known.
        current_epoch: i16,
    },
    /// INVALID_TXN_STATE: a batch outside of transactions while a transaction is open.
    InvalidTransactionState {
        /// Where the open transaction starts.
        txn_first_offset: Offset,
    },
    /// TRANSACTION_COORDINATOR_FENCED: a marker of a coordinator that another one has taken over from.
    CoordinatorFenced {
        /// The coordinator epoch of the marker.
        coordinator_epoch: i32,
        /// The latest one known.
        current_epoch: i32,
    },
}

/// A range of a producer that a marker has decided over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Its first offset.
    pub first_offset: Offset,
    /// The offset of the marker.
    pub marker_offset: Offset,
    /// What was decided.
    pub verdict: Verdict,
}

/// Why a snapshot cannot be read. The state is then rebuilt from an older snapshot and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Fewer bytes than version, CRC and count need, or a length that is not what the count says.
    #[error("{length} bytes do not hold the entries counted")]
    BadLength {
        /// Bytes of the file.
        length: usize,
    },
    /// A version other than 1.
    #[error("unknown version {version}")]
    BadVersion {
        /// The version found.
        version: i16,
    },
    /// The CRC-32C differs.
    #[error("CRC-32C {computed:#010x} computed, {stored:#010x} stored")]
    CrcMismatch {
        /// What the file claims.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// Two entries of one producer, or a negative delta.
    #[error("the entry of producer {producer_id} is impossible")]
    BadEntry {
        /// The producer.
        producer_id: ProducerId,
    },
}

/// The producers of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerStates {
    entries: BTreeMap<ProducerId, ProducerEntry>,
    /// The first offsets of all open ranges: the least of them holds the stable end back.
    open: BTreeSet<Offset>,
}

impl ProducerStates {
    /// No producers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides over a producer's batch before its append. A batch without a producer id is always appended.
    #[must_use]
    pub fn check(&self, header: &RecordBatchHeader) -> Decision {
        let Some(entry) = self.entries.get(&header.producer_id()) else {
            // Nothing is known: retention may have removed what was, so any sequence number may be the first.
            return Decision::Append;
        };
        // What the broker itself appends for a producer has no sequence.
        let is_sequenced = header.base_sequence() >= 0;
        if let Some(batch) = entry.duplicate_of(header).filter(|_| is_sequenced) {
            return Decision::Duplicate {
                base_offset: batch.base_offset(),
                last_offset: batch.last_offset,
                timestamp: batch.timestamp,
            };
        }
        let is_fenced = header.producer_epoch() < entry.producer_epoch;
        if is_fenced && !planted::is(Bug::OldEpochNotFenced) {
            return Decision::InvalidEpoch {
                producer_epoch: header.producer_epoch(),
                current_epoch: entry.producer_epoch,
            };
        }
        let is_checked = is_sequenced && !planted::is(Bug::AcceptSequenceGap);
        if let Some(out_of_order) = check_sequence(entry, header).filter(|_| is_checked) {
            return out_of_order;
        }
        match entry.current_txn_first_offset {
            Some(txn_first_offset) if !header.is_transactional() => {
                Decision::InvalidTransactionState { txn_first_offset }
            }
            _ => Decision::Append,
        }
    }

    /// Decides over a marker before its append, by Kafka's `checkProducerEpoch` and `checkCoordinatorEpoch`.
    #[must_use]
    pub fn check_marker(&self, new: &NewMarker) -> Decision {
        let Some(entry) = self.entries.get(&new.producer_id) else {
            return Decision::Append;
        };
        // A late copy of the decision that raised the epoch must not end what the new epoch has begun.
        let ends_later_range = new.raised_epoch
            && new.producer_epoch == entry.producer_epoch
            && entry.current_txn_first_offset.is_some();
        if new.producer_epoch < entry.producer_epoch || ends_later_range {
            return Decision::InvalidEpoch {
                producer_epoch: new.producer_epoch,
                current_epoch: entry.producer_epoch,
            };
        }
        if new.marker.coordinator_epoch < entry.coordinator_epoch {
            return Decision::CoordinatorFenced {
                coordinator_epoch: new.marker.coordinator_epoch,
                current_epoch: entry.coordinator_epoch,
            };
        }
        Decision::Append
    }

    /// Notes a batch that was appended at `base_offset`, whatever the header says its offset is, with the marker that
    /// it holds, if it is one. Used after [`Decision::Append`] and to replay a log; nothing is checked. Returns the
    /// range that a marker has decided over.
    pub fn update(
        &mut self,
        header: &RecordBatchHeader,
        base_offset: Offset,
        marker: Option<Marker>,
    ) -> Option<Decided> {
        if !header.producer_id().is_some() {
            return None;
        }
        if header.is_control() {
            return self.decide(header, base_offset, marker);
        }
        self.note_data(header, base_offset);
        None
    }

    fn note_data(&mut self, header: &RecordBatchHeader, base_offset: Offset) {
        let entry = self.entry_in_epoch(header);
        let delta = header.last_offset_delta().max(0);
        entry.push(AppendedBatch {
            last_sequence: header.last_sequence(),
            last_offset: Offset(base_offset.0.saturating_add(i64::from(delta))),
            offset_delta: delta,
            timestamp: header.max_timestamp(),
        });
        entry.last_timestamp = header.max_timestamp();
        if header.is_transactional() && entry.current_txn_first_offset.is_none() {
            entry.current_txn_first_offset = Some(base_offset);
            self.open.insert(base_offset);
        }
    }

    /// A control batch without a marker is one that compaction has emptied: all that it said is the producer's epoch.
    fn decide(
        &mut self,
        header: &RecordBatchHeader,
        marker_offset: Offset,
        marker: Option<Marker>,
    ) -> Option<Decided> {
        let entry = self.entry_in_epoch(header);
        let marker = marker?;
        entry.last_timestamp = header.max_timestamp();
        entry.coordinator_epoch = marker.coordinator_epoch;
        let first_offset = entry.current_txn_first_offset.take()?;
        self.open.remove(&first_offset);
        Some(Decided {
            producer_id: header.producer_id(),
            first_offset,
            marker_offset,
            verdict: marker.verdict,
        })
    }

    fn entry_in_epoch(&mut self, header: &RecordBatchHeader) -> &mut ProducerEntry {
        let epoch = header.producer_epoch();
        let entry = self
            .entries
            .entry(header.producer_id())
            .or_insert_with(|| ProducerEntry::new(epoch));
        entry.enter_epoch(epoch);
        entry
    }

    /// Forgets the producers that appended nothing for `expiration_ms` (`producer.id.expiration.ms`), unless a
    /// transaction is open.
    pub fn expire(&mut self, now: TimestampMs, expiration_ms: i64) {
        self.entries
            .retain(|_, entry| !entry.is_expired(now, expiration_ms));
    }

    /// What is known of a producer.
    #[must_use]
    pub fn entry(&self, producer_id: ProducerId) -> Option<&ProducerEntry> {
        self.entries.get(&producer_id)
    }

    /// Every producer that is known, by rising id.
    pub fn entries(&self) -> impl Iterator<Item = (ProducerId, &ProducerEntry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// How many producers are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first offset of the earliest open transaction: where the last stable offset stands.
    #[must_use]
    pub fn first_open_transaction_offset(&self) -> Option<Offset> {
        self.open.first().copied()
    }

    /// The bytes of a `.snapshot` file: Kafka's `ProducerSnapshot` version 1, one entry a producer with its last batch
    /// only, and behind it what Kafka's reader passes over: the batches before the last, so that a retry of any of
    /// the last five is known after a restart as well.
    #[must_use]
    pub fn encode_snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SNAPSHOT_HEAD_LENGTH + self.len() * ENTRY_LENGTH);
        bytes.extend_from_slice(&SNAPSHOT_VERSION.to_be_bytes());
        bytes.extend_from_slice(&[0; 4]);
        let count = i32::try_from(self.len()).expect("fewer producers than 31 bits count");
        bytes.extend_from_slice(&count.to_be_bytes());
        for (producer_id, entry) in &self.entries {
            encode_entry(&mut bytes, *producer_id, entry);
        }
        for (producer_id, entry) in &self.entries {
            for batch in entry.earlier_batches() {
                encode_earlier(&mut bytes, *producer_id, batch);
            }
        }
        let crc = crc32c(&bytes[SNAPSHOT_CRC_START..]);
        bytes[SNAPSHOT_CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// Reads a `.snapshot` file.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub fn decode_snapshot(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let length = bytes.len();
        let bad_length = SnapshotError::BadLength { length };
        let (head, rest) = bytes
            .split_first_chunk::<SNAPSHOT_HEAD_LENGTH>()
            .ok_or(bad_length)?;
        let [v0, v1, c0, c1, c2, c3, n0, n1, n2, n3] = *head;
        let version = i16::from_be_bytes([v0, v1]);
        if version != SNAPSHOT_VERSION {
            return Err(SnapshotError::BadVersion { version });
        }
        let stored = u32::from_be_bytes([c0, c1, c2, c3]);
        let computed = crc32c(&bytes[SNAPSHOT_CRC_START..]);
        if stored != computed && !planted::is(Bug::SnapshotCrcUnchecked) {
            return Err(SnapshotError::CrcMismatch { stored, computed });
        }
        let count = usize::try_from(i32::from_be_bytes([n0, n1, n2, n3])).ok();
        let (entries, earlier) = count
            .and_then(|count| count.checked_mul(ENTRY_LENGTH))
            .map(|length| match planted::is(Bug::CountBeforeBound) {
                true => length.min(rest.len()),
                false => length,
            })
            .and_then(|length| rest.split_at_checked(length))
            .ok_or(bad_length)?;
        let (chunks, _) = entries.as_chunks::<ENTRY_LENGTH>();
        let mut states = Self::new();
        for chunk in chunks {
            let (producer_id, entry) = decode_entry(chunk)?;
            states.open.extend(entry.current_txn_first_offset);
            if states.entries.insert(producer_id, entry).is_some() {
                return Err(SnapshotError::BadEntry { producer_id });
            }
        }
        if planted::is(Bug::DropLastProducer) {
            states.entries.pop_last();
        }
        let (earlier, spare) = earlier.as_chunks::<EARLIER_LENGTH>();
        if !spare.is_empty() {
            return Err(bad_length);
        }
        // Backwards, as each goes in front of those that came after it.
        for chunk in earlier.iter().rev() {
            states.decode_earlier(chunk)?;
        }
        Ok(states)
    }

    fn decode_earlier(&mut self, chunk: &[u8; EARLIER_LENGTH]) -> Result<(), SnapshotError> {
        let mut fields = Fields(chunk);
        let producer_id = ProducerId(i64::from_be_bytes(fields.next()));
        let batch = AppendedBatch {
            last_sequence: i32::from_be_bytes(fields.next()),
            last_offset: Offset(i64::from_be_bytes(fields.next())),
            offset_delta: i32::from_be_bytes(fields.next()),
            timestamp: TimestampMs(i64::from_be_bytes(fields.next())),
        };
        let bad_entry = SnapshotError::BadEntry { producer_id };
        let entry = self.entries.get_mut(&producer_id).ok_or(bad_entry)?;
        let next = entry.batches.front().ok_or(bad_entry)?;
        let is_possible = (0..BATCHES_KEPT).contains(&entry.batches.len())
            && batch.offset_delta >= 0
            && batch.last_sequence >= NO_SEQUENCE
            && i64::from(batch.offset_delta) <= batch.last_offset.0
            && batch.last_offset < next.base_offset();
        if !is_possible {
            return Err(bad_entry);
        }
        entry.batches.push_front(batch);
        Ok(())
    }
}

/// Kafka's `ProducerAppendInfo.checkSequence`; `None` when the batch is the next one.
fn check_sequence(entry: &ProducerEntry, header: &RecordBatchHeader) -> Option<Decision> {
    let base_sequence = header.base_sequence();
    let last_sequence = if header.producer_epoch() == entry.producer_epoch {
        entry.last_sequence()
    } else {
        NO_SEQUENCE
    };
    let is_known = entry.producer_epoch != NO_PRODUCER_EPOCH;
    let is_next = match last_sequence {
        NO_SEQUENCE => base_sequence == 0,
        last => base_sequence == sequence_plus(last, 1),
    };
    (is_known && !is_next).then_some(Decision::OutOfOrder {
        base_sequence,
        last_sequence,
    })
}

const SNAPSHOT_VERSION: i16 = 1;
const SNAPSHOT_CRC_RANGE: std::ops::Range<usize> = 2..6;
const SNAPSHOT_CRC_START: usize = 6;
const SNAPSHOT_HEAD_LENGTH: usize = 10;
const ENTRY_LENGTH: usize = 46;
const EARLIER_LENGTH: usize = 32;

fn encode_earlier(bytes: &mut Vec<u8>, producer_id: ProducerId, batch: &AppendedBatch) {
    bytes.extend_from_slice(&producer_id.0.to_be_bytes());
    bytes.extend_from_slice(&batch.last_sequence.to_be_bytes());
    bytes.extend_from_slice(&batch.last_offset.0.to_be_bytes());
    bytes.extend_from_slice(&batch.offset_delta.to_be_bytes());
    bytes.extend_from_slice(&batch.timestamp.0.to_be_bytes());
}

fn encode_entry(bytes: &mut Vec<u8>, producer_id: ProducerId, entry: &ProducerEntry) {
    let last = entry.batches.back();
    let last_offset = last.map_or(-1, |batch| batch.last_offset.0);
    let offset_delta = last.map_or(0, |batch| batch.offset_delta);
    let txn_first_offset = entry.current_txn_first_offset.map_or(-1, |offset| offset.0);
    bytes.extend_from_slice(&producer_id.0.to_be_bytes());
    bytes.extend_from_slice(&entry.producer_epoch.to_be_bytes());
    bytes.extend_from_slice(&entry.last_sequence().to_be_bytes());
    bytes.extend_from_slice(&last_offset.to_be_bytes());
    bytes.extend_from_slice(&offset_delta.to_be_bytes());
    bytes.extend_from_slice(&entry.last_timestamp.0.to_be_bytes());
    bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
    bytes.extend_from_slice(&txn_first_offset.to_be_bytes());
}

fn decode_entry(chunk: &[u8; ENTRY_LENGTH]) -> Result<(ProducerId, ProducerEntry), SnapshotError> {
    let mut fields = Fields(chunk);
    let producer_id = ProducerId(i64::from_be_bytes(fields.next()));
    let producer_epoch = i16::from_be_bytes(fields.next());
    let last_sequence = i32::from_be_bytes(fields.next());
    let last_offset = i64::from_be_bytes(fields.next());
    let offset_delta = i32::from_be_bytes(fields.next());
    let last_timestamp = TimestampMs(i64::from_be_bytes(fields.next()));
    let coordinator_epoch = i32::from_be_bytes(fields.next());
    let txn_first_offset = i64::from_be_bytes(fields.next());
    let mut entry = ProducerEntry {
        producer_epoch,
        coordinator_epoch,
        last_timestamp,
        current_txn_first_offset: (txn_first_offset >= 0).then_some(Offset(txn_first_offset)),
        batches: VecDeque::new(),
    };
    if last_offset >= 0 {
        if offset_delta < 0 || i64::from(offset_delta) > last_offset || last_sequence < NO_SEQUENCE
        {
            return Err(SnapshotError::BadEntry { producer_id });
        }
        entry.push(AppendedBatch {
            last_sequence,
            last_offset: Offset(last_offset),
            offset_delta,
            timestamp: last_timestamp,
        });
    }
    Ok((producer_id, entry))
}

/// Takes big-endian fields off an entry whose length is the sum of theirs.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let (field, rest) = self
            .0
            .split_first_chunk()
            .expect("the fields of an entry are as long as the entry");
        self.0 = rest;
        *field
    }
}

/// Reads whatever `data` holds as a snapshot; what parses must read back from its own encoding. Once more with the
/// right CRC.
#[doc(hidden)]
pub fn fuzz_producer_snapshot(data: &[u8]) {
    fuzz_snapshot(data);
    if data.len() >= SNAPSHOT_HEAD_LENGTH {
        let mut repaired = data.to_vec();
        let crc = crc32c(&data[SNAPSHOT_CRC_START..]);
        repaired[SNAPSHOT_CRC_RANGE].copy_from_slice(&crc.to_be_bytes());
        fuzz_snapshot(&repaired);
    }
}

fn fuzz_snapshot(data: &[u8]) {
    if let Ok(states) = ProducerStates::decode_snapshot(data) {
        let again = ProducerStates::decode_snapshot(&states.encode_snapshot());
        assert_eq!(again, Ok(states));
    }
}

#[cfg(test)]
mod tests;
