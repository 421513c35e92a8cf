//! The newest offset of each key, in memory that does not grow with the number of keys: Kafka's `SkimpyOffsetMap`.
//!
//! A slot is a hash of 16 bytes and an offset of 8; the keys themselves are not kept. Invariants: at most
//! three quarters of the slots are taken, so that a search ends soon; an offset that was put for a key is found again.
//! Shard-local while a partition is cleaned; pure.

use super::key_hash::KeyHash;
use crate::types::Offset;

/// Bytes of a slot.
const SLOT_BYTES: usize = 24;
/// Slots of one allocation. Memory is taken and given back in such pieces, none of which takes a core long.
const SLOTS_PER_PIECE: usize = (1 << 20) / SLOT_BYTES;
/// The part of the slots that may be taken, in hundredths. A search for what is not there looks at 8.5 slots then, and
/// at 50 where nine in ten are taken.
const LOAD_MAX_PERCENT: usize = 75;

/// Hash and offset plus one; zeros are an empty slot.
type Slot = [u64; 3];

const _: () = assert!(size_of::<Slot>() == SLOT_BYTES);

/// The map is full: the key was not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// See the module.
pub struct OffsetMap {
    pieces: Vec<Vec<Slot>>,
    taken: usize,
    taken_max: usize,
}

impl OffsetMap {
    /// An empty map of at most `bytes`, and of at least one piece.
    #[must_use]
    pub fn new(bytes: usize) -> OffsetMap {
        let pieces = (bytes / (SLOTS_PER_PIECE * SLOT_BYTES)).max(1);
        OffsetMap::of_pieces(pieces, SLOTS_PER_PIECE)
    }

    fn of_pieces(pieces: usize, slots: usize) -> OffsetMap {
        OffsetMap {
            pieces: (0..pieces).map(|_| vec![[0; 3]; slots]).collect(),
            taken: 0,
            taken_max: pieces * slots * LOAD_MAX_PERCENT / 100,
        }
    }

    /// Bytes of all slots.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum::<usize>() * SLOT_BYTES
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Notes that the newest record of a key is at `offset`. Offsets are put in rising order.
    ///
    /// # Errors
    /// When the key is new and the map is full.
    pub fn put(&mut self, key: KeyHash, offset: Offset) -> Result<(), Full> {
        let (piece, place) = self.place_of(key).ok_or(Full)?;
        let slot = self.pieces[piece][place];
        if slot[2] == 0 {
            if self.taken >= self.taken_max {
                return Err(Full);
            }
            self.taken += 1;
        }
        self.pieces[piece][place] = [key.0[0], key.0[1], stored(offset)];
        Ok(())
    }

    /// The newest offset of a key; none when it was never put.
    #[must_use]
    pub fn newest(&self, key: KeyHash) -> Option<Offset> {
        let (piece, place) = self.place_of(key)?;
        let stored = self.pieces[piece][place][2];
        let offset = stored.checked_sub(1)?;
        Some(Offset(offset.cast_signed()))
    }

    /// Gives one piece of memory back; false when there is none left. A map that has given up a piece is of no use any
    /// more.
    pub fn release_piece(&mut self) -> bool {
        self.pieces.pop().is_some()
    }

    /// The slot that holds `key`, or the free one where it belongs: in its piece, from the slot that the hash names on.
    /// None when its piece is full of others.
    fn place_of(&self, key: KeyHash) -> Option<(usize, usize)> {
        let piece = scaled(key.0[0], self.pieces.len());
        let slots = &self.pieces[piece];
        let mut place = scaled(key.0[1], slots.len());
        for _ in 0..slots.len() {
            let slot = &slots[place];
            if slot[2] == 0 || slot[..2] == key.0 {
                return Some((piece, place));
            }
            place += 1;
            if place == slots.len() {
                place = 0;
            }
        }
        None
    }
}

/// `hash` as a number below `count`.
fn scaled(hash: u64, count: usize) -> usize {
    let scaled = (u128::from(hash) * count as u128) >> 64;
    usize::try_from(scaled).expect("below a count that is a usize")
}

/// Offsets are not negative, so that one more is never zero.
fn stored(offset: Offset) -> u64 {
    assert!(offset >= Offset::ZERO, "offset {offset} of a record");
    offset.0.cast_unsigned() + 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compaction::key_hash::{HashSeed, key_hash};

    fn hash(key: u64) -> KeyHash {
        key_hash(HashSeed([7, 9]), &key.to_le_bytes())
    }

    #[test]
    fn the_newest_offset_of_every_key_is_found_and_others_are_not() {
        let mut map = OffsetMap::new(1 << 20);
        let mut model = BTreeMap::new();
        let mut state = 1_u64;
        for offset in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let key = (state >> 33) % 30_000;
            map.put(hash(key), Offset(offset)).unwrap();
            model.insert(key, Offset(offset));
        }
        assert_eq!(map.len(), model.len());
        for key in 0..30_000 {
            assert_eq!(map.newest(hash(key)), model.get(&key).copied());
        }
        assert_eq!(map.newest(hash(30_001)), None);
    }

    #[test]
    fn a_full_map_refuses_new_keys_keeps_the_old_ones_and_takes_them_again() {
        let mut map = OffsetMap::new(0);
        let full_at = (0..)
            .find(|key| map.put(hash(*key), Offset(1)).is_err())
            .unwrap();
        assert_eq!(map.len(), SLOTS_PER_PIECE * LOAD_MAX_PERCENT / 100);
        assert_eq!(map.newest(hash(full_at)), None);
        map.put(hash(0), Offset(2)).unwrap();
        assert_eq!(map.newest(hash(0)), Some(Offset(2)));
        assert_eq!(map.newest(hash(1)), Some(Offset(1)));
    }

    #[test]
    fn keys_that_all_belong_into_one_piece_fill_it_and_no_more() {
        let mut map = OffsetMap::of_pieces(4, 8);
        let crowded = |n: u64| KeyHash([n, 0]);
        for key in 0..8 {
            map.put(crowded(key), Offset(5)).unwrap();
        }
        assert_eq!(map.put(crowded(8), Offset(6)), Err(Full));
        assert_eq!(map.newest(crowded(8)), None);
        assert_eq!(map.newest(crowded(3)), Some(Offset(5)));
    }

    #[test]
    fn memory_is_what_was_asked_for_at_most_and_comes_back_in_pieces() {
        let mut map = OffsetMap::new(10 << 20);
        assert!(map.bytes() <= 10 << 20 && map.bytes() > 9 << 20);
        let mut pieces = 0;
        while map.release_piece() {
            pieces += 1;
        }
        assert_eq!((pieces, map.bytes()), (10, 0));
    }
}
