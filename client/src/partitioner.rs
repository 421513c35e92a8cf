//! Places records on partitions as the Java client does: murmur2 of the key, and whole batches in turn without a key.
//!
//! Invariants: the same key and partition count give the same partition as Apache Kafka's `BuiltInPartitioner`. Pure.

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;
const SHIFT: u32 = 24;

/// Murmur2, 32 bits, with the seed of `org.apache.kafka.common.utils.Utils.murmur2`.
pub fn murmur2(bytes: &[u8]) -> u32 {
    // The Java method mixes the length as a 32-bit integer; keys stay far below 2 GiB.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, tail) = bytes.as_chunks::<4>();
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        mixed ^= mixed >> SHIFT;
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed.wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        for (position, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * position);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// The partition of `key` among `partition_count` (at least 1).
pub fn partition_of_key(key: &[u8], partition_count: u32) -> u32 {
    // The Java client clears the sign bit instead of taking the absolute value.
    (murmur2(key) & 0x7fff_ffff) % partition_count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_own_test() {
        // UtilsTest.testMurmur2 of Apache Kafka.
        let cases: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            (b"abc", 479_470_107),
        ];
        for (key, expected) in cases {
            assert_eq!(murmur2(key).cast_signed(), expected);
        }
    }

    #[test]
    fn a_partition_count_of_zero_does_not_divide() {
        assert_eq!(partition_of_key(b"k", 0), 0);
    }
}
