//! The small files beside a log: the durable-end checkpoint with its two slots, the clean-stop marker,
//! `meta.properties` and `partition.metadata`.
//!
//! Invariants: a slot is believed only with its magic, version and CRC-32 right and its numbers possible; writing
//! the next slot never touches the newest valid one, so that a torn write leaves the old state. All fixed-width
//! fields are big-endian. Pure: bytes and text.

use thiserror::Error;
use uuid::Uuid;

use crate::planted::{self, Bug};
use crate::types::{LeaderEpoch, Offset, Position, uuid_from_text, uuid_to_text};

/// Bytes from one slot to the next: a whole block, so that a torn or misdirected block costs one slot.
pub const SLOT_STRIDE: usize = 4096;
/// Slots of a durable-end checkpoint.
pub const SLOT_COUNT: usize = 2;
/// Bytes of the whole checkpoint file.
pub const DURABLE_END_FILE_LENGTH: usize = SLOT_STRIDE * SLOT_COUNT;
const SLOT_MAGIC: [u8; 4] = *b"CLDE";
const SLOT_VERSION: u16 = 1;
const SLOT_CRC_START: usize = 52;
const SLOT_LENGTH: usize = 56;

const _: () = assert!(SLOT_LENGTH <= SLOT_STRIDE && SLOT_CRC_START + 4 == SLOT_LENGTH);

/// What a partition knows to be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableEnd {
    /// The offset behind the last record that is known to be durable.
    pub durable_end: Offset,
    /// The base offset of the segment that the durable end lies in.
    pub segment_base_offset: Offset,
    /// Where the durable end lies in that segment's log file.
    pub position: Position,
    /// The first offset that readers may see.
    pub log_start_offset: Offset,
    /// The leader epoch when the checkpoint was written.
    pub leader_epoch: LeaderEpoch,
}

impl DurableEnd {
    fn is_possible(&self) -> bool {
        self.log_start_offset >= Offset::ZERO
            && self.durable_end >= self.log_start_offset
            && self.segment_base_offset >= Offset::ZERO
            && self.durable_end >= self.segment_base_offset
            && self.leader_epoch >= LeaderEpoch::UNDEFINED
    }
}

/// A slot to write: where in the file, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotWrite {
    /// The position in the checkpoint file.
    pub position: Position,
    /// The block to write there, [`SLOT_STRIDE`] bytes.
    pub block: Vec<u8>,
}

/// The newest state of a checkpoint file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodedCheckpoint {
    /// How often the checkpoint was written; the next write uses the number that follows.
    pub generation: u64,
    /// The state.
    pub durable_end: DurableEnd,
    /// Whether the other slot held something that is no valid slot: a torn write, or rot.
    pub other_slot_is_damaged: bool,
}

/// Why a checkpoint file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The file is empty or all zeros: created, and never written.
    #[error("the checkpoint was never written")]
    NeverWritten,
    /// No slot is valid, and something was written.
    #[error("no valid slot in {length} bytes")]
    NoValidSlot {
        /// Bytes of the file.
        length: usize,
    },
}

/// The block that writes `state` as `generation`, which alternates between the slots. Generations start at 1.
#[must_use]
pub fn encode_slot(generation: u64, state: &DurableEnd) -> SlotWrite {
    let mut block = Vec::with_capacity(SLOT_STRIDE);
    block.extend_from_slice(&SLOT_MAGIC);
    block.extend_from_slice(&SLOT_VERSION.to_be_bytes());
    block.extend_from_slice(&[0; 2]);
    block.extend_from_slice(&generation.to_be_bytes());
    block.extend_from_slice(&state.durable_end.0.to_be_bytes());
    block.extend_from_slice(&state.segment_base_offset.0.to_be_bytes());
    block.extend_from_slice(&state.position.0.to_be_bytes());
    block.extend_from_slice(&state.log_start_offset.0.to_be_bytes());
    block.extend_from_slice(&state.leader_epoch.0.to_be_bytes());
    let crc = crc32fast::hash(&block);
    block.extend_from_slice(&crc.to_be_bytes());
    block.resize(SLOT_STRIDE, 0);
    let is_odd = generation % 2 == 1;
    SlotWrite {
        position: if is_odd {
            Position(SLOT_STRIDE as u64)
        } else {
            Position::ZERO
        },
        block,
    }
}

/// Reads a checkpoint file: the valid slot of the highest generation.
///
/// # Errors
/// See [`CheckpointError`].
pub fn decode_slots(bytes: &[u8]) -> Result<DecodedCheckpoint, CheckpointError> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(CheckpointError::NeverWritten);
    }
    let slots = [0, 1].map(|index| slot_at(bytes, index));
    let newest = slots
        .iter()
        .filter_map(|slot| match slot {
            Slot::Valid(generation, state) => Some((*generation, *state)),
            Slot::Blank | Slot::Damaged => None,
        })
        .max_by_key(|(generation, _)| match planted::is(Bug::OlderSlotCounts) {
            true => u64::MAX - *generation,
            false => *generation,
        })
        .ok_or(CheckpointError::NoValidSlot {
            length: bytes.len(),
        })?;
    Ok(DecodedCheckpoint {
        generation: newest.0,
        durable_end: newest.1,
        other_slot_is_damaged: slots.contains(&Slot::Damaged),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Blank,
    Damaged,
    Valid(u64, DurableEnd),
}

fn slot_at(bytes: &[u8], index: u8) -> Slot {
    let start = usize::from(index) * SLOT_STRIDE;
    let Some(slot) = bytes
        .get(start..)
        .and_then(|rest| rest.first_chunk::<SLOT_LENGTH>())
    else {
        return if bytes.len() <= start {
            Slot::Blank
        } else {
            Slot::Damaged
        };
    };
    if slot.iter().all(|byte| *byte == 0) {
        return Slot::Blank;
    }
    match decode_slot(slot) {
        // A slot in the place of the other one was misdirected.
        Some((generation, state))
            if generation % 2 == u64::from(index) || planted::is(Bug::BelieveMisdirectedSlot) =>
        {
            Slot::Valid(generation, state)
        }
        _ => Slot::Damaged,
    }
}

fn decode_slot(slot: &[u8; SLOT_LENGTH]) -> Option<(u64, DurableEnd)> {
    let (body, crc) = slot.split_last_chunk::<4>()?;
    let is_whole = crc32fast::hash(body) == u32::from_be_bytes(*crc);
    if !is_whole && !planted::is(Bug::SlotCrcUnchecked) {
        return None;
    }
    let mut fields = Fields(body);
    let magic: [u8; 4] = fields.next()?;
    let version = u16::from_be_bytes(fields.next()?);
    let reserved: [u8; 2] = fields.next()?;
    let generation = u64::from_be_bytes(fields.next()?);
    let state = DurableEnd {
        durable_end: Offset(i64::from_be_bytes(fields.next()?)),
        segment_base_offset: Offset(i64::from_be_bytes(fields.next()?)),
        position: Position(u64::from_be_bytes(fields.next()?)),
        log_start_offset: Offset(i64::from_be_bytes(fields.next()?)),
        leader_epoch: LeaderEpoch(i32::from_be_bytes(fields.next()?)),
    };
    let is_ours = magic == SLOT_MAGIC && version == SLOT_VERSION && reserved == [0; 2];
    (is_ours && state.is_possible()).then_some((generation, state))
}

/// Takes fixed-width fields off the front of bytes.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

const CLEAN_STOP_MAGIC: [u8; 4] = *b"CLCS";
const CLEAN_STOP_VERSION: u16 = 1;
/// Bytes of the clean-stop marker.
pub const CLEAN_STOP_LENGTH: usize = 10;

/// The bytes of the clean-stop marker: magic, version, CRC-32.
#[must_use]
pub fn encode_clean_stop() -> [u8; CLEAN_STOP_LENGTH] {
    let mut bytes = [0; CLEAN_STOP_LENGTH];
    bytes[..4].copy_from_slice(&CLEAN_STOP_MAGIC);
    bytes[4..6].copy_from_slice(&CLEAN_STOP_VERSION.to_be_bytes());
    let crc = crc32fast::hash(&bytes[..6]);
    bytes[6..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// Whether `bytes` are a clean-stop marker. Anything else counts as a stop that was not clean.
#[must_use]
pub fn is_clean_stop(bytes: &[u8]) -> bool {
    bytes == encode_clean_stop()
}

/// Who a data directory belongs to: Kafka's `meta.properties`, version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// The cluster, as Kafka prints its id; any text without line breaks is kept as it is.
    pub cluster_id: String,
    /// The node.
    pub node_id: i32,
    /// The directory.
    pub directory_id: Uuid,
}

/// Why a file of properties cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PropertiesError {
    /// The file is not text.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// A line is no property.
    #[error("line {line} is not a property")]
    BadLine {
        /// The number of the line, from 1.
        line: usize,
    },
    /// A property is missing.
    #[error("{name} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A property has an impossible value, or stands twice with different ones.
    #[error("{name} cannot be {value:?}")]
    BadValue {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl MetaProperties {
    /// The text of the file.
    #[must_use]
    pub fn encode(&self) -> String {
        format!(
            "#\ncluster.id={}\ndirectory.id={}\nnode.id={}\nversion=1\n",
            self.cluster_id,
            uuid_to_text(self.directory_id),
            self.node_id
        )
    }

    /// Reads the file. Properties that are not known are ignored, as Kafka does.
    ///
    /// # Errors
    /// See [`PropertiesError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PropertiesError> {
        let properties = Properties::parse(bytes, '=')?;
        properties.value_as("version", |value| (value == "1").then_some(()))?;
        Ok(Self {
            cluster_id: properties.value_as("cluster.id", |value| {
                (!value.is_empty()).then(|| value.to_owned())
            })?,
            node_id: properties.value_as("node.id", |value| {
                value.parse().ok().filter(|node_id| *node_id >= 0)
            })?,
            directory_id: properties.value_as("directory.id", uuid_from_text)?,
        })
    }
}

/// The text of `partition.metadata`, version 0: which topic a partition directory belongs to.
#[must_use]
pub fn encode_partition_metadata(topic_id: Uuid) -> String {
    format!("version: 0\ntopic_id: {}\n", uuid_to_text(topic_id))
}

/// Reads `partition.metadata`.
///
/// # Errors
/// See [`PropertiesError`].
pub fn parse_partition_metadata(bytes: &[u8]) -> Result<Uuid, PropertiesError> {
    let properties = Properties::parse(bytes, ':')?;
    properties.value_as("version", |value| (value == "0").then_some(()))?;
    properties.value_as("topic_id", uuid_from_text)
}

struct Properties<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Properties<'a> {
    fn parse(bytes: &'a [u8], separator: char) -> Result<Self, PropertiesError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PropertiesError::NotText)?;
        let mut properties = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let (name, value) = line
                .split_once(separator)
                .ok_or(PropertiesError::BadLine { line: index + 1 })?;
            properties.push((name.trim(), value.trim()));
        }
        Ok(Self(properties))
    }

    fn value_as<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, PropertiesError> {
        let mut values = self.0.iter().filter(|(found, _)| *found == name);
        let (_, value) = values.next().ok_or(PropertiesError::Missing { name })?;
        let is_alone = values.all(|(_, other)| other == value);
        read(value)
            .filter(|_| is_alone)
            .ok_or_else(|| PropertiesError::BadValue {
                name,
                value: (*value).to_owned(),
            })
    }
}

/// Reads whatever `data` holds as each of the small files; what parses must read back from its own encoding. The slots
/// once more with right CRCs.
#[doc(hidden)]
pub fn fuzz_checkpoint(data: &[u8]) {
    crate::compaction::checkpoint::fuzz_cleaner_checkpoint(data);
    fuzz_slots(data);
    let mut repaired = data.to_vec();
    for slot in repaired.chunks_mut(SLOT_STRIDE) {
        if let Some((body, rest)) = slot.split_at_mut_checked(SLOT_CRC_START)
            && let Some(crc) = rest.first_chunk_mut()
        {
            *crc = crc32fast::hash(body).to_be_bytes();
        }
    }
    fuzz_slots(&repaired);
    fuzz_text(data);
    assert!(!is_clean_stop(data) || data.len() == CLEAN_STOP_LENGTH);
}

fn fuzz_slots(data: &[u8]) {
    if let Ok(decoded) = decode_slots(data) {
        let write = encode_slot(decoded.generation, &decoded.durable_end);
        let mut file = vec![0; DURABLE_END_FILE_LENGTH];
        let start = usize::try_from(write.position.0).expect("a slot lies within the file");
        file[start..start + SLOT_STRIDE].copy_from_slice(&write.block);
        let again = decode_slots(&file).expect("encoded just now");
        assert_eq!(again.durable_end, decoded.durable_end);
    }
}

fn fuzz_text(data: &[u8]) {
    if let Ok(properties) = MetaProperties::parse(data) {
        assert_eq!(
            MetaProperties::parse(properties.encode().as_bytes()),
            Ok(properties)
        );
    }
    if let Ok(topic_id) = parse_partition_metadata(data) {
        let text = encode_partition_metadata(topic_id);
        assert_eq!(parse_partition_metadata(text.as_bytes()), Ok(topic_id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(durable_end: i64) -> DurableEnd {
        DurableEnd {
            durable_end: Offset(durable_end),
            segment_base_offset: Offset(100),
            position: Position(4321),
            log_start_offset: Offset(7),
            leader_epoch: LeaderEpoch(3),
        }
    }

    fn write(file: &mut [u8], generation: u64, state: &DurableEnd) {
        let write = encode_slot(generation, state);
        let start = usize::try_from(write.position.0).unwrap();
        file[start..start + SLOT_STRIDE].copy_from_slice(&write.block);
    }

    fn file() -> Vec<u8> {
        let mut file = vec![0; DURABLE_END_FILE_LENGTH];
        write(&mut file, 1, &state(150));
        write(&mut file, 2, &state(160));
        file
    }

    #[test]
    fn the_newest_slot_counts_and_the_next_write_spares_it() {
        let mut file = file();
        for generation in 3..10 {
            let before = decode_slots(&file).unwrap();
            assert_eq!(before.generation, generation - 1);
            let next = state(200 + i64::try_from(generation).unwrap());
            let slot = encode_slot(generation, &next);
            let start = usize::try_from(slot.position.0).unwrap();
            // However much of the block arrives, the file says the old state or the new one.
            for arrived in (0..SLOT_LENGTH + 10).chain([SLOT_STRIDE]) {
                let mut torn = file.clone();
                torn[start..start + arrived].copy_from_slice(&slot.block[..arrived]);
                let decoded = decode_slots(&torn).unwrap().durable_end;
                assert!(decoded == before.durable_end || decoded == next);
            }
            write(&mut file, generation, &next);
            assert_eq!(decode_slots(&file).unwrap().durable_end, next);
        }
    }

    #[test]
    fn every_flipped_bit_costs_at_most_its_slot() {
        let file = file();
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let decoded = decode_slots(&flipped).unwrap();
            let in_newest = bit / 8 < SLOT_LENGTH;
            let expected = if in_newest { state(150) } else { state(160) };
            assert_eq!(decoded.durable_end, expected, "bit {bit}");
            let in_a_slot = bit / 8 % SLOT_STRIDE < SLOT_LENGTH;
            assert_eq!(decoded.other_slot_is_damaged, in_a_slot, "bit {bit}");
        }
    }

    #[test]
    fn a_slot_is_these_bytes() {
        let block = encode_slot(2, &state(160)).block;
        let mut expected = b"CLDE\0\x01\0\0".to_vec();
        expected.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        expected.extend([0, 0, 0, 0, 0, 0, 0, 160]);
        expected.extend([0, 0, 0, 0, 0, 0, 0, 100]);
        expected.extend([0, 0, 0, 0, 0, 0, 0x10, 0xe1]);
        expected.extend([0, 0, 0, 0, 0, 0, 0, 7]);
        expected.extend([0, 0, 0, 3]);
        assert_eq!(block[..SLOT_CRC_START], expected);
        assert_eq!(block.len(), SLOT_STRIDE);
    }

    #[test]
    fn a_misdirected_slot_is_not_believed() {
        let mut file = file();
        let newer = encode_slot(3, &state(170));
        file[..SLOT_STRIDE].copy_from_slice(&newer.block);
        let decoded = decode_slots(&file).unwrap();
        assert_eq!(decoded.durable_end, state(150));
        assert!(decoded.other_slot_is_damaged);
    }

    #[test]
    fn impossible_numbers_are_not_believed_with_a_right_crc() {
        for bad in [
            DurableEnd {
                durable_end: Offset(6),
                ..state(150)
            },
            DurableEnd {
                durable_end: Offset(99),
                ..state(150)
            },
            DurableEnd {
                log_start_offset: Offset(-1),
                ..state(150)
            },
        ] {
            let mut file = file();
            write(&mut file, 4, &bad);
            assert_eq!(decode_slots(&file).unwrap().durable_end, state(150));
        }
    }

    #[test]
    fn never_written_is_told_from_destroyed() {
        assert_eq!(decode_slots(&[]), Err(CheckpointError::NeverWritten));
        assert_eq!(
            decode_slots(&[0; DURABLE_END_FILE_LENGTH]),
            Err(CheckpointError::NeverWritten)
        );
        assert_eq!(
            decode_slots(&[9; 100]),
            Err(CheckpointError::NoValidSlot { length: 100 })
        );
        let first_only = &file()[..SLOT_STRIDE];
        assert_eq!(decode_slots(first_only).unwrap().durable_end, state(160));
    }

    #[test]
    fn only_the_exact_marker_is_a_clean_stop() {
        let marker = encode_clean_stop();
        assert!(is_clean_stop(&marker));
        for bit in 0..marker.len() * 8 {
            let mut flipped = marker;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_clean_stop(&flipped));
        }
        assert!(!is_clean_stop(&[]) && !is_clean_stop(&marker[..9]));
    }

    #[test]
    fn meta_properties_of_kafka_are_read() {
        let kafka = "#\n#Sat Nov 21 09:00:00 UTC 2026\ncluster.id=AAAAAAAAAAEAAAAAAAAAAg\n\
                     directory.id=AAAAAAAAAAMAAAAAAAAABA\nnode.id=1\nversion=1\n";
        let properties = MetaProperties::parse(kafka.as_bytes()).unwrap();
        assert_eq!(properties.cluster_id, "AAAAAAAAAAEAAAAAAAAAAg");
        assert_eq!(properties.node_id, 1);
        assert_eq!(properties.directory_id, Uuid::from_u128((3 << 64) | 4));
        assert_eq!(
            MetaProperties::parse(properties.encode().as_bytes()),
            Ok(properties)
        );
    }

    #[test]
    fn broken_properties_are_named() {
        let parse = |text: &str| MetaProperties::parse(text.as_bytes()).unwrap_err();
        assert_eq!(parse(""), PropertiesError::Missing { name: "version" });
        assert_eq!(parse("version"), PropertiesError::BadLine { line: 1 });
        assert!(matches!(
            parse("version=0"),
            PropertiesError::BadValue {
                name: "version",
                ..
            }
        ));
        assert!(matches!(
            parse("version=1\ncluster.id=a\nnode.id=-4"),
            PropertiesError::BadValue {
                name: "node.id",
                ..
            }
        ));
        assert!(matches!(
            parse("version=1\ncluster.id=a\ncluster.id=b"),
            PropertiesError::BadValue {
                name: "cluster.id",
                ..
            }
        ));
    }

    #[test]
    fn partition_metadata_is_kafkas_text() {
        let topic_id = Uuid::from_u128((1 << 64) | 2);
        let text = encode_partition_metadata(topic_id);
        assert_eq!(text, "version: 0\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg\n");
        assert_eq!(parse_partition_metadata(text.as_bytes()), Ok(topic_id));
        assert!(parse_partition_metadata(b"version: 1\n").is_err());
    }

    #[test]
    fn no_flipped_bit_makes_parsing_panic() {
        let mut seeds = vec![file(), encode_clean_stop().to_vec()];
        seeds.push(encode_partition_metadata(Uuid::from_u128(5)).into_bytes());
        let meta = MetaProperties {
            cluster_id: "c".to_owned(),
            node_id: 3,
            directory_id: Uuid::from_u128(9),
        };
        seeds.push(meta.encode().into_bytes());
        for seed in seeds {
            fuzz_checkpoint(&seed);
            for bit in 0..seed.len().min(200) * 8 {
                let mut flipped = seed.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                fuzz_checkpoint(&flipped);
            }
        }
    }
}
