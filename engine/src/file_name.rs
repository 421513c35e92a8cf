//! Every name in a data directory: segment files, partition directories, checkpoints, and the rules for topics.
//!
//! Invariants: for every name that parses, building it from what was parsed gives the same name back; a name that
//! is not exactly one of ours parses to nothing, so that foreign files are never taken for data. Pure: strings.

use std::fmt;

use thiserror::Error;
use uuid::Uuid;

use crate::types::Offset;

/// Start offsets of leader epochs, one file a partition.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
/// The id of the topic that a partition directory belongs to.
pub const PARTITION_METADATA: &str = "partition.metadata";
/// Identity of the data directory: cluster, node, directory.
pub const META_PROPERTIES: &str = "meta.properties";
/// The durable-end checkpoint of a partition, Corelane's own.
pub const DURABLE_END_CHECKPOINT: &str = "durable-end";
/// Left by a clean stop in the data directory, removed at start.
pub const CLEAN_STOP_MARKER: &str = ".clean-stop";
/// Space that is given up on a full disk.
pub const RESERVE_FILE: &str = ".reserve";
/// Locked by the process that owns the data directory.
pub const LOCK_FILE: &str = ".lock";
/// The topic that holds the catalogue; it has one partition, 0.
pub const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";
/// The longest topic name.
pub const TOPIC_NAME_LENGTH_MAX: usize = 249;
/// The longest name of a directory or file on the supported file systems.
const NAME_LENGTH_MAX: usize = 255;
/// Digits of a base offset in a name: enough for the largest offset.
const OFFSET_DIGITS: usize = 20;
const DELETED_DIRECTORY_SUFFIX: &str = "-delete";
const STRAY_DIRECTORY_SUFFIX: &str = "-stray";

/// What a segment's file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentFileKind {
    /// Record batches.
    Log,
    /// Offset → position.
    OffsetIndex,
    /// Timestamp → offset.
    TimeIndex,
    /// Aborted transactions.
    TransactionIndex,
    /// Producer state at the base offset.
    ProducerSnapshot,
}

impl SegmentFileKind {
    /// Every kind.
    pub const ALL: [SegmentFileKind; 5] = [
        Self::Log,
        Self::OffsetIndex,
        Self::TimeIndex,
        Self::TransactionIndex,
        Self::ProducerSnapshot,
    ];

    /// The extension, with its dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TransactionIndex => ".txnindex",
            Self::ProducerSnapshot => ".snapshot",
        }
    }
}

/// Where in its life a segment's file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileState {
    /// Part of the log.
    #[default]
    Live,
    /// No longer part of the log, to be unlinked.
    Deleted,
    /// Being written by compaction; worthless after a crash.
    Cleaned,
    /// Written by compaction and complete, about to replace what it was made from.
    Swap,
}

impl FileState {
    const ALL: [FileState; 4] = [Self::Live, Self::Deleted, Self::Cleaned, Self::Swap];

    /// What follows the extension, with its dot.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Deleted => ".deleted",
            Self::Cleaned => ".cleaned",
            Self::Swap => ".swap",
        }
    }
}

/// The name of one file of a segment: 20 digits of base offset, extension, suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentFileName {
    /// The base offset of the segment.
    pub base_offset: Offset,
    /// What the file holds.
    pub kind: SegmentFileKind,
    /// Where in its life it is.
    pub state: FileState,
}

impl SegmentFileName {
    /// The name of a live file.
    #[must_use]
    pub fn live(base_offset: Offset, kind: SegmentFileKind) -> Self {
        Self {
            base_offset,
            kind,
            state: FileState::Live,
        }
    }

    /// The same file in another state.
    #[must_use]
    pub fn with_state(self, state: FileState) -> Self {
        Self { state, ..self }
    }

    /// Reads a file name; `None` when it is not one of a segment.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (digits, rest) = name.split_at_checked(OFFSET_DIGITS)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let base_offset = Offset(digits.parse().ok()?);
        let state = FileState::ALL
            .into_iter()
            .filter(|state| *state != FileState::Live)
            .find(|state| rest.ends_with(state.suffix()))
            .unwrap_or(FileState::Live);
        let extension = rest.strip_suffix(state.suffix())?;
        let kind = SegmentFileKind::ALL
            .into_iter()
            .find(|kind| kind.extension() == extension)?;
        Some(Self {
            base_offset,
            kind,
            state,
        })
    }
}

impl fmt::Display for SegmentFileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(
            self.base_offset >= Offset::ZERO,
            "a segment starts at offset {}",
            self.base_offset
        );
        write!(
            formatter,
            "{:020}{}{}",
            self.base_offset.0,
            self.kind.extension(),
            self.state.suffix()
        )
    }
}

/// The name of a partition's directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionDirectoryName {
    /// The topic.
    pub topic: String,
    /// The number of the partition.
    pub partition: i32,
}

impl PartitionDirectoryName {
    /// Reads `<topic>-<partition>`, where the last dash counts; `None` when it is not the directory of a live
    /// partition.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (topic, digits) = name.rsplit_once('-')?;
        validate_topic_name(topic).ok()?;
        let partition = parse_partition(digits)?;
        Some(Self {
            topic: topic.to_owned(),
            partition,
        })
    }
}

/// Reads a partition number in its one spelling: no sign, no leading zeros.
fn parse_partition(digits: &str) -> Option<i32> {
    let partition: i32 = digits.parse().ok()?;
    (partition >= 0 && partition.to_string() == digits).then_some(partition)
}

impl fmt::Display for PartitionDirectoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.topic, self.partition)
    }
}

/// The name under which the directory of a deleted partition waits for its unlinking, as Kafka's
/// `UnifiedLog.logDeleteDirName`: `<topic>-<partition>.<32 hex digits>-delete`, the topic cut where the name would
/// be too long.
#[must_use]
pub fn deleted_partition_directory(name: &PartitionDirectoryName, unique: Uuid) -> String {
    unique_partition_directory(name, unique, DELETED_DIRECTORY_SUFFIX)
}

/// The name of a directory that was in a partition's way and is kept, Kafka's too. The topic is cut short as above.
#[must_use]
pub fn stray_partition_directory(name: &PartitionDirectoryName, unique: Uuid) -> String {
    unique_partition_directory(name, unique, STRAY_DIRECTORY_SUFFIX)
}

fn unique_partition_directory(
    name: &PartitionDirectoryName,
    unique: Uuid,
    suffix: &'static str,
) -> String {
    let suffix = format!("-{}.{}{suffix}", name.partition, unique.simple());
    let kept = NAME_LENGTH_MAX.saturating_sub(suffix.len());
    // Topic names are ASCII, so that every cut is at a character.
    let topic = name.topic.get(..kept).unwrap_or(&name.topic);
    format!("{topic}{suffix}")
}

/// Whether `name` is the log of a segment, whatever has become of it.
pub(crate) fn is_log(name: &str) -> bool {
    SegmentFileName::parse(name).is_some_and(|name| name.kind == SegmentFileKind::Log)
}

/// Whether `name` is the directory of a deleted partition.
#[must_use]
pub fn is_deleted_partition_directory(name: &str) -> bool {
    let Some((head, unique)) = name
        .strip_suffix(DELETED_DIRECTORY_SUFFIX)
        .and_then(|rest| rest.rsplit_once('.'))
    else {
        return false;
    };
    let is_unique = unique.len() == 32 && unique.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_partition = head
        .rsplit_once('-')
        .is_some_and(|(_, digits)| parse_partition(digits).is_some());
    is_unique && has_partition
}

/// Whether a client may create a topic of this name: a valid one, and not that of the catalogue, whose directory a
/// topic's partition would take.
///
/// # Errors
/// See [`TopicNameError`].
pub fn validate_new_topic_name(name: &str) -> Result<(), TopicNameError> {
    if name == CLUSTER_METADATA_TOPIC {
        return Err(TopicNameError::Reserved);
    }
    validate_topic_name(name)
}

/// Why a topic name is refused: Kafka's INVALID_TOPIC_EXCEPTION.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TopicNameError {
    /// The name is empty.
    #[error("the topic name is empty")]
    Empty,
    /// The name is that of the topic catalogue.
    #[error("{CLUSTER_METADATA_TOPIC} is the broker's own topic catalogue")]
    Reserved,
    /// The name is `.` or `..`.
    #[error("a topic cannot be named . or ..")]
    Dots,
    /// The name is too long.
    #[error("the topic name is {length} characters long; the longest is {TOPIC_NAME_LENGTH_MAX}")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The name holds a character other than ASCII letters, digits, `.`, `_` and `-`.
    #[error(
        "the topic name contains {character:?}; allowed are ASCII letters, digits, '.', '_' and '-'"
    )]
    BadCharacter {
        /// The first such character.
        character: char,
    },
}

/// Checks a topic name by Kafka's rules.
///
/// # Errors
/// See [`TopicNameError`].
pub fn validate_topic_name(name: &str) -> Result<(), TopicNameError> {
    if name.is_empty() {
        return Err(TopicNameError::Empty);
    }
    if name == "." || name == ".." {
        return Err(TopicNameError::Dots);
    }
    if name.len() > TOPIC_NAME_LENGTH_MAX {
        return Err(TopicNameError::TooLong {
            length: name.chars().count(),
        });
    }
    let is_legal = |character: &char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
    };
    match name.chars().find(|character| !is_legal(character)) {
        Some(character) => Err(TopicNameError::BadCharacter { character }),
        None => Ok(()),
    }
}

/// Whether two topic names give the same metric name: `.` and `_` are one there, so Kafka refuses the second.
#[must_use]
pub fn topic_names_collide(one: &str, other: &str) -> bool {
    let unify = |byte: u8| if byte == b'.' { b'_' } else { byte };
    one.len() == other.len() && one.bytes().map(unify).eq(other.bytes().map(unify))
}

/// Takes `data` for a name in a data directory; what parses must be built again as it was.
#[doc(hidden)]
pub fn fuzz_file_name(data: &[u8]) {
    let Ok(name) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(parsed) = SegmentFileName::parse(name) {
        assert_eq!(parsed.to_string(), name);
    }
    if let Some(parsed) = PartitionDirectoryName::parse(name) {
        assert_eq!(parsed.to_string(), name);
        assert!(!is_deleted_partition_directory(name));
        let deleted = deleted_partition_directory(&parsed, Uuid::from_u128(7));
        assert!(is_deleted_partition_directory(&deleted) && deleted.len() <= NAME_LENGTH_MAX);
        let stray = stray_partition_directory(&parsed, Uuid::from_u128(7));
        assert!(!is_deleted_partition_directory(&stray) && stray.len() <= NAME_LENGTH_MAX);
        assert_eq!(PartitionDirectoryName::parse(&stray), None);
    }
    assert!(validate_topic_name(name).is_err() || !name.contains('/'));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kafkas_own() {
        let name = SegmentFileName::live(Offset(170_210), SegmentFileKind::OffsetIndex);
        assert_eq!(name.to_string(), "00000000000000170210.index");
        let deleted =
            SegmentFileName::live(Offset(0), SegmentFileKind::Log).with_state(FileState::Deleted);
        assert_eq!(deleted.to_string(), "00000000000000000000.log.deleted");
    }

    #[test]
    fn every_segment_file_name_parses_to_what_built_it() {
        for base_offset in [0, 1, 99, i64::MAX] {
            for kind in SegmentFileKind::ALL {
                for state in FileState::ALL {
                    let name = SegmentFileName {
                        base_offset: Offset(base_offset),
                        kind,
                        state,
                    };
                    assert_eq!(SegmentFileName::parse(&name.to_string()), Some(name));
                }
            }
        }
    }

    #[test]
    fn foreign_names_are_no_segment_files() {
        for name in [
            "",
            "1.log",
            "0000000000000000000.log",
            "000000000000000000000.log",
            "99999999999999999999.log",
            "0000000000000000000x.log",
            "+0000000000000000000.log",
            "00000000000000000000.log.",
            "00000000000000000000.logx",
            "00000000000000000000log",
            "00000000000000000000.log.deleted.deleted",
            "00000000000000000000.deleted",
            "0000000000000000000é.log",
        ] {
            assert_eq!(SegmentFileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_last_dash_splits_a_partition_directory() {
        let parsed = PartitionDirectoryName::parse("a-b-0-12").unwrap();
        assert_eq!((parsed.topic.as_str(), parsed.partition), ("a-b-0", 12));
        assert_eq!(parsed.to_string(), "a-b-0-12");
        for name in [
            "a",
            "-1",
            "a-",
            "a-x",
            "a-01",
            "a-+1",
            "a--1x",
            "a b-1",
            "..-1",
            "a-2147483648",
        ] {
            assert_eq!(PartitionDirectoryName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_deleted_directory_fits_and_is_no_partition() {
        let name = PartitionDirectoryName {
            topic: "t".repeat(TOPIC_NAME_LENGTH_MAX),
            partition: 10_000,
        };
        let deleted = deleted_partition_directory(&name, Uuid::from_u128(7));
        assert!(deleted.len() <= NAME_LENGTH_MAX);
        assert!(is_deleted_partition_directory(&deleted));
        assert!(!is_deleted_partition_directory(&name.to_string()));
        assert_eq!(PartitionDirectoryName::parse(&deleted), None);
    }

    #[test]
    fn topic_names_follow_kafkas_rules() {
        for name in ["a", "A.b_c-9", "...", &"x".repeat(249)] {
            assert_eq!(validate_topic_name(name), Ok(()), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a b", "ü", "a\0", &"x".repeat(250)] {
            assert!(validate_topic_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn dots_and_underscores_collide() {
        assert!(topic_names_collide("a.b_c", "a_b.c"));
        assert!(!topic_names_collide("a.b", "a-b"));
        assert!(!topic_names_collide("a.b", "a.bc"));
    }
}
