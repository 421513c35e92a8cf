//! Records with keys that change from batch to batch: a built request whose keys are written anew each time it is sent.
//!
//! Invariants: keys have a fixed length, so that only they and the batch's CRC change. Lives on one client thread.

use bytes::Bytes;
use corelane_engine::batch::crc32c;

/// Bytes of a key.
pub(crate) const KEY_LENGTH: usize = 8;
/// What keys begin with until they are written, to be found by.
const MARK: [u8; 4] = [0xfe, 0xed, 0x0b, 0xee];
/// Where the CRC stands in a batch, and where what it covers begins.
const CRC_POSITION: usize = 17;
const CRC_FROM: usize = 21;

/// The key of record `number` in a batch that will be sent with others.
pub(crate) fn placeholder(number: u32) -> [u8; KEY_LENGTH] {
    let mut key = [0; KEY_LENGTH];
    key[..MARK.len()].copy_from_slice(&MARK);
    key[MARK.len()..].copy_from_slice(&number.to_be_bytes());
    key
}

/// Where a request frame has its batch, and the batch its keys.
#[derive(Debug, Clone)]
pub(crate) struct KeyedFrame {
    frame: Bytes,
    batch_position: usize,
    batch_length: usize,
    key_positions: Vec<usize>,
}

impl KeyedFrame {
    /// Finds the batch in the frame, and the placeholders in the batch. None when they are not there.
    pub(crate) fn find(frame: &Bytes, batch: &[u8]) -> Option<Self> {
        let batch_position = position_of(frame, batch)?;
        let mut key_positions = Vec::new();
        let mut from = batch_position;
        while let Some(next) = position_of(
            &frame[from..],
            &placeholder(u32::try_from(key_positions.len()).ok()?),
        ) {
            key_positions.push(from + next);
            from += next + KEY_LENGTH;
        }
        Some(Self {
            frame: frame.clone(),
            batch_position,
            batch_length: batch.len(),
            key_positions,
        })
    }

    /// The frame with keys from `keys`.
    pub(crate) fn with_keys(&self, keys: &mut Keys) -> Bytes {
        let mut bytes = self.frame.to_vec();
        for &position in &self.key_positions {
            bytes[position..position + KEY_LENGTH].copy_from_slice(&keys.next().to_be_bytes());
        }
        let batch = &mut bytes[self.batch_position..self.batch_position + self.batch_length];
        let crc = crc32c(&batch[CRC_FROM..]);
        batch[CRC_POSITION..CRC_FROM].copy_from_slice(&crc.to_be_bytes());
        Bytes::from(bytes)
    }
}

fn position_of(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(next) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + next..].starts_with(wanted) {
            return Some(from + next);
        }
        from += next + 1;
    }
    None
}

/// Key numbers: of the first n about `share` · n are different, each drawn as often as any other.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    share: f64,
    lane: u32,
    drawn: u64,
    state: u64,
}

impl Keys {
    /// Keys of a connection, different from all other connections'.
    pub(crate) fn new(share: f64, lane: u32) -> Self {
        Self {
            share,
            lane,
            drawn: 0,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count that stays below 2^53"
    )]
    fn next(&mut self) -> u64 {
        self.drawn += 1;
        let before = ((self.drawn - 1) as f64 * self.share) as u64;
        let known = (self.drawn as f64 * self.share) as u64;
        // A new key whenever the share has grown by one, otherwise one that was there.
        let number = if known > before || known == 0 {
            known
        } else {
            self.random() % known
        };
        u64::from(self.lane) << 40 | number & 0xff_ffff_ffff
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn one_key_in_ten_is_a_new_one() {
        let mut keys = Keys::new(0.1, 3);
        let drawn: Vec<u64> = (0..10_000).map(|_| keys.next()).collect();
        let different: HashSet<u64> = drawn.iter().copied().collect();
        assert!(
            (900..=1_100).contains(&different.len()),
            "{}",
            different.len()
        );
    }
}
