//! The numbers of a log that must not be mixed up, each as a type of its own.
//!
//! Invariants: arithmetic that can leave the range of a type returns `None`; nothing wraps. `Offset` counts
//! records, `Position` counts bytes of a file. Pure: values only.

use std::fmt;

use uuid::Uuid;

/// The offset of a record in its partition. Kafka's type: a signed 64-bit number, negative only as a marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl Offset {
    /// The first offset of a partition.
    pub const ZERO: Offset = Offset(0);

    /// This offset moved by `delta` records; `None` when the sum is negative or leaves the range.
    #[must_use]
    pub fn plus(self, delta: i64) -> Option<Offset> {
        self.0
            .checked_add(delta)
            .filter(|sum| *sum >= 0)
            .map(Offset)
    }

    /// The offset that follows this one; `None` at the end of the range.
    #[must_use]
    pub fn next(self) -> Option<Offset> {
        self.plus(1)
    }

    /// How many records lie from `base` (inclusive) to this offset (exclusive); `None` when it lies before `base`.
    #[must_use]
    pub fn distance_from(self, base: Offset) -> Option<u64> {
        self.0
            .checked_sub(base.0)
            .and_then(|distance| u64::try_from(distance).ok())
    }

    /// This offset relative to a segment's base offset, as index entries store it; `None` when it lies before
    /// the base or further away than 31 bits reach.
    #[must_use]
    pub fn relative_to(self, base: Offset) -> Option<i32> {
        self.distance_from(base)
            .and_then(|distance| i32::try_from(distance).ok())
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A byte of a file, counted from the file's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// The start of a file.
    pub const ZERO: Position = Position(0);

    /// This position moved on by `length` bytes; `None` when the sum leaves the range.
    #[must_use]
    pub fn plus(self, length: u64) -> Option<Position> {
        self.0.checked_add(length).map(Position)
    }

    /// How many bytes lie from `start` to this position; `None` when it lies before `start`.
    #[must_use]
    pub fn distance_from(self, start: Position) -> Option<u64> {
        self.0.checked_sub(start.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The epoch of a partition's leader; every appended batch carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

impl LeaderEpoch {
    /// Kafka's marker for an epoch that is not known.
    pub const UNDEFINED: LeaderEpoch = LeaderEpoch(-1);

    /// The epoch that follows this one; `None` at the end of the range.
    #[must_use]
    pub fn next(self) -> Option<LeaderEpoch> {
        self.0.checked_add(1).map(LeaderEpoch)
    }
}

impl fmt::Display for LeaderEpoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The place of a shard among the shards of a broker; a partition lives on one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

impl fmt::Display for ShardId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The id that the broker gave to an idempotent producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerId(pub i64);

impl ProducerId {
    /// Kafka's marker for a batch whose producer is not idempotent.
    pub const NONE: ProducerId = ProducerId(-1);

    /// Whether this is an id and not the marker.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 >= 0
    }
}

impl fmt::Display for ProducerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Milliseconds since the epoch, as records and time indexes carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimestampMs(pub i64);

impl TimestampMs {
    /// Kafka's marker for a record without a timestamp.
    pub const NONE: TimestampMs = TimestampMs(-1);

    /// Milliseconds from `earlier` to this timestamp, negative when it lies before; held at the ends of the range.
    #[must_use]
    pub fn since_ms(self, earlier: TimestampMs) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for TimestampMs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A partition of a topic. The topic is named by its id, so that a topic deleted and created again under the
/// same name is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The id of the topic.
    pub topic_id: Uuid,
    /// The number of the partition in its topic, from 0.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.topic_id, self.partition)
    }
}

const BASE64_ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Characters of an id in Kafka's spelling: 128 bits in groups of six.
const UUID_TEXT_LENGTH: usize = 22;

/// An id as Kafka prints it: base64 in the URL alphabet, without padding (22 characters).
#[must_use]
pub fn uuid_to_text(id: Uuid) -> String {
    // Four zero bits fill the last group.
    let bits = id.as_u128();
    (0..UUID_TEXT_LENGTH)
        .map(|index| {
            let group = if index + 1 == UUID_TEXT_LENGTH {
                (bits << 4) & 0x3f
            } else {
                (bits >> (122 - 6 * index)) & 0x3f
            };
            // The mask leaves six bits.
            char::from(BASE64_ALPHABET[group as usize])
        })
        .collect()
}

/// Reads an id in Kafka's spelling; `None` when `text` is not exactly one.
#[must_use]
pub fn uuid_from_text(text: &str) -> Option<Uuid> {
    if text.len() != UUID_TEXT_LENGTH {
        return None;
    }
    let mut bits = 0_u128;
    for (index, byte) in text.bytes().enumerate() {
        let group = BASE64_ALPHABET.iter().position(|letter| *letter == byte)?;
        let group = u128::try_from(group).ok()?;
        if index + 1 < UUID_TEXT_LENGTH {
            bits = (bits << 6) | group;
        } else if group & 0x0f == 0 {
            bits = (bits << 2) | (group >> 4);
        } else {
            return None;
        }
    }
    Some(Uuid::from_u128(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spelled_as_kafka_spells_them() {
        let id = Uuid::from_u128((1 << 64) | 2);
        assert_eq!(uuid_to_text(id), "AAAAAAAAAAEAAAAAAAAAAg");
        let mut bits = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128;
        for _ in 0..1000 {
            bits = bits.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) ^ (bits >> 61);
            let id = Uuid::from_u128(bits);
            assert_eq!(uuid_from_text(&uuid_to_text(id)), Some(id));
        }
        for text in [
            "",
            "AAAAAAAAAAEAAAAAAAAAAh",
            "AAAAAAAAAAEAAAAAAAAAA",
            "AAAAAAAAAAEAAAAAAAAAA=",
        ] {
            assert_eq!(uuid_from_text(text), None, "{text}");
        }
    }

    #[test]
    fn offset_arithmetic_never_wraps_and_never_goes_negative() {
        assert_eq!(Offset(5).plus(3), Some(Offset(8)));
        assert_eq!(Offset(5).plus(-6), None);
        assert_eq!(Offset(i64::MAX).next(), None);
        assert_eq!(Offset(3).distance_from(Offset(5)), None);
        assert_eq!(Offset(i64::MAX).distance_from(Offset(-2)), None);
    }

    #[test]
    fn a_relative_offset_beyond_31_bits_is_refused() {
        let base = Offset(10);
        assert_eq!(
            Offset(10 + i64::from(i32::MAX)).relative_to(base),
            Some(i32::MAX)
        );
        assert_eq!(Offset(11 + i64::from(i32::MAX)).relative_to(base), None);
        assert_eq!(Offset(9).relative_to(base), None);
    }
}
