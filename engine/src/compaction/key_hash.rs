//! The 128-bit hash of record keys: SipHash-2-4 with 128 bits of output (Aumasson and Bernstein), keyed.
//!
//! Keyed, because who chooses keys must not be able to choose two of one hash: compaction takes them for one key and
//! drops a record. Invariant: the same seed and bytes give the same hash on every machine. Pure.

/// The secret of one cleaning; another one gives unrelated hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashSeed(pub [u64; 2]);

/// What stands for a key in an [`crate::compaction::OffsetMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash(pub [u64; 2]);

/// Rounds for each word of input, and at the end.
const ROUNDS: usize = 2;
const FINAL_ROUNDS: usize = 4;

struct State([u64; 4]);

impl State {
    fn new(seed: HashSeed) -> State {
        let HashSeed([first, second]) = seed;
        State([
            first ^ 0x736f_6d65_7073_6575,
            second ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            first ^ 0x6c79_6765_6e65_7261,
            second ^ 0x7465_6462_7974_6573,
        ])
    }

    fn rounds(&mut self, count: usize) {
        let [mut a, mut b, mut c, mut d] = self.0;
        for _ in 0..count {
            a = a.wrapping_add(b);
            c = c.wrapping_add(d);
            b = b.rotate_left(13) ^ a;
            d = d.rotate_left(16) ^ c;
            a = a.rotate_left(32).wrapping_add(d);
            c = c.wrapping_add(b);
            d = d.rotate_left(21) ^ a;
            b = b.rotate_left(17) ^ c;
            c = c.rotate_left(32);
        }
        self.0 = [a, b, c, d];
    }

    fn absorb(&mut self, word: u64) {
        self.0[3] ^= word;
        self.rounds(ROUNDS);
        self.0[0] ^= word;
    }

    fn squeeze(&mut self) -> u64 {
        self.rounds(FINAL_ROUNDS);
        self.0[0] ^ self.0[1] ^ self.0[2] ^ self.0[3]
    }
}

/// The hash of `key` under `seed`.
#[must_use]
pub fn key_hash(seed: HashSeed, key: &[u8]) -> KeyHash {
    let mut state = State::new(seed);
    let mut words = key.chunks_exact(8);
    for word in words.by_ref() {
        let word = word.first_chunk().expect("chunks of eight bytes");
        state.absorb(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    let rest = words.remainder();
    last[..rest.len()].copy_from_slice(rest);
    // The mask leaves the eight bits that the construction takes of the length.
    last[7] = (key.len() & 0xff) as u8;
    state.absorb(u64::from_le_bytes(last));
    state.0[2] ^= 0xee;
    let low = state.squeeze();
    state.0[1] ^= 0xdd;
    KeyHash([low, state.squeeze()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hash: KeyHash) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&hash.0[0].to_le_bytes());
        bytes[8..].copy_from_slice(&hash.0[1].to_le_bytes());
        bytes
    }

    #[test]
    fn the_published_vectors_come_out() {
        let seed = HashSeed([0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908]);
        let input: Vec<u8> = (0..64).collect();
        let expected = [
            (
                0,
                [
                    0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7,
                    0x55, 0x02, 0x93,
                ],
            ),
            (
                1,
                [
                    0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b,
                    0x22, 0xfc, 0x45,
                ],
            ),
        ];
        for (length, vector) in expected {
            assert_eq!(bytes(key_hash(seed, &input[..length])), vector);
        }
    }

    #[test]
    fn lengths_seeds_and_bytes_all_matter() {
        let seed = HashSeed([1, 2]);
        let keys: [&[u8]; 6] = [
            b"",
            b"\0",
            b"\0\0",
            b"12345678",
            b"123456789",
            b"12345678\0",
        ];
        let mut seen = Vec::new();
        for key in keys {
            for seed in [seed, HashSeed([2, 1])] {
                let hash = key_hash(seed, key);
                assert!(!seen.contains(&hash), "{key:?}");
                seen.push(hash);
            }
        }
    }
}
