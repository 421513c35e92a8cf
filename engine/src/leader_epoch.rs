//! Which leader epoch each offset was written in: the start offset of every epoch, in Kafka's
//! `leader-epoch-checkpoint` text format and with the rules of its `LeaderEpochFileCache`.
//!
//! Invariants: epochs and start offsets of successive entries both rise strictly. Pure: text and numbers.

use std::fmt::Write as _;

use thiserror::Error;

use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, Offset};

/// The version that the first line of the file names.
const FORMAT_VERSION: &str = "0";
/// The most entries read from a file: more epochs than starts that any partition will see.
pub const EPOCH_ENTRIES_MAX: usize = 1 << 20;

/// An epoch and the first offset written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The first offset of the epoch.
    pub start_offset: Offset,
}

/// Why a checkpoint file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EpochCheckpointError {
    /// The file is not text.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// The version line is missing or names another version.
    #[error("line 1 is not version {FORMAT_VERSION}")]
    BadVersion,
    /// The count line is missing, malformed, too large, or does not match the lines that follow.
    #[error("line 2 does not count the entries that follow")]
    BadCount,
    /// A line is not an epoch and an offset, or they do not rise.
    #[error("line {line} is not an entry above the one before it")]
    BadEntry {
        /// The number of the line, from 1.
        line: usize,
    },
}

/// Why an epoch cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("epoch {epoch} at offset {start_offset} is negative")]
pub struct NegativeEpoch {
    /// The epoch given.
    pub epoch: LeaderEpoch,
    /// The offset given.
    pub start_offset: Offset,
}

/// The epochs of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochs {
    /// No epochs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a checkpoint file.
    ///
    /// # Errors
    /// See [`EpochCheckpointError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EpochCheckpointError> {
        let text = std::str::from_utf8(bytes).map_err(|_| EpochCheckpointError::NotText)?;
        let mut lines = text.lines();
        if lines.next().map(str::trim) != Some(FORMAT_VERSION) {
            return Err(EpochCheckpointError::BadVersion);
        }
        let count: usize = lines
            .next()
            .and_then(|line| line.trim().parse().ok())
            .filter(|count| *count <= EPOCH_ENTRIES_MAX)
            .ok_or(EpochCheckpointError::BadCount)?;
        let mut epochs = Self::new();
        for (index, line) in lines.enumerate() {
            let bad = EpochCheckpointError::BadEntry { line: index + 3 };
            let entry = parse_entry(line).ok_or_else(|| bad.clone())?;
            if !epochs.rises(entry) {
                return Err(bad);
            }
            epochs.entries.push(entry);
        }
        if epochs.entries.len() == count {
            Ok(epochs)
        } else {
            Err(EpochCheckpointError::BadCount)
        }
    }

    fn rises(&self, entry: EpochEntry) -> bool {
        self.entries
            .last()
            .is_none_or(|last| entry.epoch > last.epoch && entry.start_offset > last.start_offset)
    }

    /// The text of the checkpoint file.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = format!("{FORMAT_VERSION}\n{}\n", self.entries.len());
        for entry in &self.entries {
            writeln!(text, "{} {}", entry.epoch, entry.start_offset)
                .expect("writing to a string cannot fail");
        }
        text
    }

    /// Notes that `epoch` starts at `start_offset`. Entries that contradict it (a higher or equal epoch, or a
    /// start at or behind this one) are removed, as Kafka does; the latest epoch keeps the lower of two starts.
    /// Says whether anything changed, so that the file must be written.
    ///
    /// # Errors
    /// Fails when either number is negative.
    pub fn assign(
        &mut self,
        epoch: LeaderEpoch,
        start_offset: Offset,
    ) -> Result<bool, NegativeEpoch> {
        if epoch.0 < 0 || start_offset < Offset::ZERO {
            return Err(NegativeEpoch {
                epoch,
                start_offset,
            });
        }
        let is_needed = self
            .latest()
            .is_none_or(|last| epoch != last.epoch || start_offset < last.start_offset);
        if !is_needed {
            return Ok(false);
        }
        let contradicts =
            |entry: &EpochEntry| entry.epoch >= epoch || entry.start_offset >= start_offset;
        while self.entries.pop_if(|entry| contradicts(entry)).is_some() {}
        self.entries.push(EpochEntry {
            epoch,
            start_offset,
        });
        Ok(true)
    }

    /// The latest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The epoch that `offset` was, or will be, written in; `None` before the first entry.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        let below = self
            .entries
            .partition_point(|entry| entry.start_offset <= offset);
        Some(self.entries[below.checked_sub(1)?].epoch)
    }

    /// Whether a batch at `base_offset` may carry `epoch`: the one that the entries name for it. The CRC does not
    /// cover the epoch of a batch, so that this is what finds a flipped bit in it. Offsets before the first entry
    /// belong to what retention removed, and may carry any epoch up to that entry's.
    #[must_use]
    pub fn agrees_with(&self, base_offset: Offset, epoch: LeaderEpoch) -> bool {
        match (self.epoch_for_offset(base_offset), self.entries.first()) {
            (Some(expected), _) => epoch == expected || planted::is(Bug::EpochOfBatchUnchecked),
            (None, Some(first)) => epoch <= first.epoch,
            (None, None) => true,
        }
    }

    /// The largest epoch at or below `requested`, with the offset where it ends: Kafka's `endOffsetFor`, which
    /// answers OffsetForLeaderEpoch. `None` stands for Kafka's undefined epoch and offset.
    #[must_use]
    pub fn end_offset_for(
        &self,
        requested: LeaderEpoch,
        log_end_offset: Offset,
    ) -> Option<(LeaderEpoch, Offset)> {
        if requested == LeaderEpoch::UNDEFINED {
            return None;
        }
        if self.latest().is_some_and(|last| last.epoch == requested) {
            return Some((requested, log_end_offset));
        }
        let at_or_below = self
            .entries
            .partition_point(|entry| entry.epoch <= requested);
        let higher = self.entries.get(at_or_below)?;
        let epoch = at_or_below
            .checked_sub(1)
            .map_or(requested, |index| self.entries[index].epoch);
        Some((epoch, higher.start_offset))
    }

    /// Forgets what lies before `start_offset`: the epoch that holds it starts there then. Says whether anything
    /// changed.
    pub fn truncate_from_start(&mut self, start_offset: Offset) -> bool {
        let removed = self
            .entries
            .partition_point(|entry| entry.start_offset <= start_offset);
        let Some(last_removed) = removed.checked_sub(1) else {
            return false;
        };
        let is_same = last_removed == 0 && self.entries[0].start_offset == start_offset;
        self.entries.drain(..last_removed);
        self.entries[0].start_offset = start_offset;
        !is_same
    }

    /// Removes the epochs that start at or behind `end_offset`. Says whether anything changed.
    pub fn truncate_from_end(&mut self, end_offset: Offset) -> bool {
        let kept = self
            .entries
            .partition_point(|entry| entry.start_offset < end_offset);
        let changed = kept < self.entries.len();
        self.entries.truncate(kept);
        changed
    }
}

fn parse_entry(line: &str) -> Option<EpochEntry> {
    let mut words = line.split_whitespace();
    let epoch: i32 = words.next()?.parse().ok()?;
    let start_offset: i64 = words.next()?.parse().ok()?;
    let is_entry = words.next().is_none() && epoch >= 0 && start_offset >= 0;
    is_entry.then_some(EpochEntry {
        epoch: LeaderEpoch(epoch),
        start_offset: Offset(start_offset),
    })
}

/// Reads whatever `data` holds as a checkpoint; what parses must read back from its own encoding.
#[doc(hidden)]
pub fn fuzz_leader_epochs(data: &[u8]) {
    if let Ok(epochs) = LeaderEpochs::parse(data) {
        assert_eq!(LeaderEpochs::parse(epochs.encode().as_bytes()), Ok(epochs));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> LeaderEpochs {
        LeaderEpochs::parse(b"0\n3\n2 10\n5 20\n9 40\n").unwrap()
    }

    #[test]
    fn the_text_is_kafkas() {
        let mut epochs = LeaderEpochs::new();
        epochs.assign(LeaderEpoch(0), Offset(0)).unwrap();
        epochs.assign(LeaderEpoch(3), Offset(17)).unwrap();
        assert_eq!(epochs.encode(), "0\n2\n0 0\n3 17\n");
        assert_eq!(LeaderEpochs::parse(epochs.encode().as_bytes()), Ok(epochs));
    }

    #[test]
    fn end_offsets_are_as_kafkas_cache_answers() {
        let epochs = sample();
        let answer = |epoch| {
            epochs
                .end_offset_for(LeaderEpoch(epoch), Offset(100))
                .map(|(epoch, offset)| (epoch.0, offset.0))
        };
        assert_eq!(answer(-1), None);
        assert_eq!(answer(0), Some((0, 10)));
        assert_eq!(answer(2), Some((2, 20)));
        assert_eq!(answer(4), Some((2, 20)));
        assert_eq!(answer(5), Some((5, 40)));
        assert_eq!(answer(9), Some((9, 100)));
        assert_eq!(answer(10), None);
        assert_eq!(
            LeaderEpochs::new().end_offset_for(LeaderEpoch(0), Offset(0)),
            None
        );
    }

    #[test]
    fn an_epoch_is_assigned_once_and_contradicting_entries_go() {
        let mut epochs = sample();
        assert_eq!(epochs.assign(LeaderEpoch(9), Offset(50)), Ok(false));
        assert_eq!(epochs.assign(LeaderEpoch(10), Offset(20)), Ok(true));
        assert_eq!(epochs.encode(), "0\n2\n2 10\n10 20\n");
        assert_eq!(epochs.assign(LeaderEpoch(10), Offset(15)), Ok(true));
        assert_eq!(epochs.encode(), "0\n2\n2 10\n10 15\n");
        assert!(epochs.assign(LeaderEpoch(-1), Offset(0)).is_err());
    }

    #[test]
    fn offsets_find_the_epoch_that_wrote_them() {
        let epochs = sample();
        let epoch = |offset| epochs.epoch_for_offset(Offset(offset)).map(|epoch| epoch.0);
        assert_eq!(
            [9, 10, 19, 20, 400].map(epoch),
            [None, Some(2), Some(2), Some(5), Some(9)]
        );
    }

    #[test]
    fn a_batch_carries_exactly_the_epoch_of_its_offset() {
        let epochs = sample();
        assert!(epochs.agrees_with(Offset(20), LeaderEpoch(5)));
        assert!(!epochs.agrees_with(Offset(20), LeaderEpoch(2)));
        assert!(!epochs.agrees_with(Offset(39), LeaderEpoch(9)));
        assert!(epochs.agrees_with(Offset(5), LeaderEpoch(1)));
        assert!(!epochs.agrees_with(Offset(5), LeaderEpoch(3)));
        assert!(LeaderEpochs::new().agrees_with(Offset(5), LeaderEpoch(3)));
    }

    #[test]
    fn truncation_from_the_start_moves_the_first_epoch() {
        let mut epochs = sample();
        assert!(!epochs.truncate_from_start(Offset(5)));
        assert!(epochs.truncate_from_start(Offset(25)));
        assert_eq!(epochs.encode(), "0\n2\n5 25\n9 40\n");
        assert!(!epochs.truncate_from_start(Offset(25)));
        assert!(epochs.truncate_from_start(Offset(40)));
        assert_eq!(epochs.encode(), "0\n1\n9 40\n");
    }

    #[test]
    fn truncation_from_the_end_removes_epochs_that_start_there() {
        let mut epochs = sample();
        assert!(!epochs.truncate_from_end(Offset(41)));
        assert!(epochs.truncate_from_end(Offset(20)));
        assert_eq!(epochs.encode(), "0\n1\n2 10\n");
    }

    #[test]
    fn damaged_checkpoints_name_the_line() {
        let parse = |text: &str| LeaderEpochs::parse(text.as_bytes()).unwrap_err();
        assert_eq!(parse(""), EpochCheckpointError::BadVersion);
        assert_eq!(parse("1\n0\n"), EpochCheckpointError::BadVersion);
        assert_eq!(parse("0\n2\n1 1\n"), EpochCheckpointError::BadCount);
        assert_eq!(parse("0\n99999999999\n"), EpochCheckpointError::BadCount);
        assert_eq!(
            parse("0\n2\n1 1\n1 2\n"),
            EpochCheckpointError::BadEntry { line: 4 }
        );
        assert_eq!(
            parse("0\n1\n1 x\n"),
            EpochCheckpointError::BadEntry { line: 3 }
        );
        assert_eq!(
            parse("0\n1\n-1 4\n"),
            EpochCheckpointError::BadEntry { line: 3 }
        );
    }

    #[test]
    fn no_flipped_bit_makes_parsing_panic() {
        let text = sample().encode().into_bytes();
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_leader_epochs(&flipped);
        }
    }
}
