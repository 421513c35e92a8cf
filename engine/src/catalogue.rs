//! The topic catalogue: Kafka's metadata records in their own binary format, and the image that they replay into.
//!
//! Invariants: what Kafka encodes decodes here and encodes to the same bytes; a record that is not known is kept
//! whole and changes nothing; an image is a function of the records applied, in the order of their offsets. A record
//! that cannot be applied leaves the image as it was. Shared by value; pure.
//!
//! A record is the value of an ordinary record in `__cluster_metadata-0`: a frame of version, key and record version
//! as unsigned varints, then the body in the flexible format (KIP-482, KIP-631).

mod client_quota;
mod wire;

use std::collections::BTreeMap;

use bytes::Bytes;
use thiserror::Error;
use uuid::Uuid;

use crate::types::{LeaderEpoch, Offset, ProducerId, ShardId, TopicPartition};
pub use client_quota::{ClientQuotaRecord, QuotaEntity, QuotaValue};
use wire::{Reader, Writer};

/// The version of the frame around every record.
const FRAME_VERSION: u32 = 1;
/// The tag of our own field on a partition: the shard slot. Kafka keeps tags that it does not know.
const SHARD_SLOT_TAG: u32 = 10_000;
/// The longest encoded record: far above a partition with every replica, far below a batch.
pub const METADATA_RECORD_LENGTH_MAX: usize = 1 << 20;

const TOPIC: u32 = 2;
const PARTITION: u32 = 3;
const CONFIG: u32 = 4;
const REMOVE_TOPIC: u32 = 9;
const FEATURE_LEVEL: u32 = 12;
const CLIENT_QUOTA: u32 = 14;
const PRODUCER_IDS: u32 = 15;
const NO_OP: u32 = 20;

/// A metadata record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataRecord {
    /// A topic exists.
    Topic(TopicRecord),
    /// A partition exists, in this state.
    Partition(PartitionRecord),
    /// A configuration is set or removed.
    Config(ConfigRecord),
    /// A topic, its partitions and its configurations are gone.
    RemoveTopic {
        /// The topic.
        topic_id: Uuid,
    },
    /// A feature of the cluster has this level.
    FeatureLevel {
        /// The feature.
        name: String,
        /// Its level.
        level: i16,
    },
    /// A quota of clients is set or removed.
    ClientQuota(ClientQuotaRecord),
    /// Producer ids below this one are given out.
    ProducerIds(ProducerIdsRecord),
    /// Nothing.
    NoOp,
    /// A record that this version does not know, kept as it is.
    Unknown {
        /// The record's key.
        api_key: u32,
        /// The record's version.
        version: u32,
        /// The body.
        body: Bytes,
    },
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRecord {
    /// Its name.
    pub name: String,
    /// Its id.
    pub topic_id: Uuid,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRecord {
    /// The number of the partition.
    pub partition: i32,
    /// Its topic.
    pub topic_id: Uuid,
    /// The nodes that hold it; on one node, that node.
    pub replicas: Vec<i32>,
    /// Those in sync.
    pub isr: Vec<i32>,
    /// Those being removed.
    pub removing_replicas: Vec<i32>,
    /// Those being added.
    pub adding_replicas: Vec<i32>,
    /// The leading node, −1 without one.
    pub leader: i32,
    /// 1 while it recovers from an unclean election.
    pub leader_recovery_state: i8,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// Grows with every change of the partition.
    pub partition_epoch: i32,
    /// The directory of each replica.
    pub directories: Vec<Uuid>,
    /// KIP-966's eligible leader replicas.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// KIP-966's last known eligible leader replicas.
    pub last_known_elr: Option<Vec<i32>>,
    /// Corelane's own: the slot of the shard that the partition lives on.
    pub shard_slot: Option<ShardId>,
}

impl PartitionRecord {
    /// The slot that says which core serves the partition. Records of another broker have none: theirs goes by the
    /// partition's number.
    #[must_use]
    pub fn slot(&self) -> ShardId {
        let by_number = u16::try_from(self.partition.unsigned_abs() % u32::from(u16::MAX));
        self.shard_slot.unwrap_or(ShardId(by_number.unwrap_or(0)))
    }

    /// The record of a partition that only `node_id` holds and leads.
    #[must_use]
    pub fn on_one_node(
        topic_id: Uuid,
        partition: i32,
        node_id: i32,
        directory_id: Uuid,
        shard_slot: ShardId,
    ) -> Self {
        Self {
            partition,
            topic_id,
            replicas: vec![node_id],
            isr: vec![node_id],
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            leader: node_id,
            leader_recovery_state: 0,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            directories: vec![directory_id],
            eligible_leader_replicas: None,
            last_known_elr: None,
            shard_slot: Some(shard_slot),
        }
    }

    /// The lowest version that can say all of this.
    fn version(&self) -> u32 {
        if self.eligible_leader_replicas.is_some() || self.last_known_elr.is_some() {
            2
        } else {
            1
        }
    }
}

/// What a configuration belongs to, by Kafka's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// A topic.
    Topic,
    /// A node; an empty name stands for all.
    Broker,
    /// Another kind, kept by its number.
    Other(i8),
}

impl ResourceType {
    fn from_id(id: i8) -> Self {
        match id {
            2 => Self::Topic,
            4 => Self::Broker,
            id => Self::Other(id),
        }
    }

    fn id(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::Other(id) => id,
        }
    }
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigRecord {
    /// What it belongs to.
    pub resource_type: ResourceType,
    /// The name of what it belongs to.
    pub resource_name: String,
    /// The configuration's name.
    pub name: String,
    /// Its value; `None` removes it.
    pub value: Option<String>,
}

/// A block of producer ids given to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdsRecord {
    /// The node.
    pub broker_id: i32,
    /// Its epoch.
    pub broker_epoch: i64,
    /// The first id of the next block.
    pub next_producer_id: ProducerId,
}

/// Why bytes are no metadata record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataDecodeError {
    /// The bytes are longer than [`METADATA_RECORD_LENGTH_MAX`].
    #[error("{length} bytes are longer than a metadata record")]
    TooLong {
        /// Bytes given.
        length: usize,
    },
    /// A frame of another version.
    #[error("unknown frame version {version}")]
    BadFrameVersion {
        /// The version.
        version: u32,
    },
    /// A known record in a version that is not.
    #[error("version {version} of record {api_key} is not supported")]
    UnsupportedVersion {
        /// The record's key.
        api_key: u32,
        /// The version.
        version: u32,
    },
    /// A field is malformed, or ends beyond the bytes.
    #[error("a field is malformed with {remaining_bytes} bytes left")]
    Malformed {
        /// Bytes left where it was found.
        remaining_bytes: usize,
    },
}

impl MetadataRecord {
    /// The bytes of the record with its frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.unsigned(FRAME_VERSION);
        let (api_key, version) = self.key_and_version();
        out.unsigned(api_key);
        out.unsigned(version);
        self.write_body(&mut out);
        out.into_bytes()
    }

    fn key_and_version(&self) -> (u32, u32) {
        match self {
            Self::Topic(_) => (TOPIC, 0),
            Self::Partition(partition) => (PARTITION, partition.version()),
            Self::Config(_) => (CONFIG, 0),
            Self::RemoveTopic { .. } => (REMOVE_TOPIC, 0),
            Self::FeatureLevel { .. } => (FEATURE_LEVEL, 0),
            Self::ClientQuota(_) => (CLIENT_QUOTA, 0),
            Self::ProducerIds(_) => (PRODUCER_IDS, 0),
            Self::NoOp => (NO_OP, 0),
            Self::Unknown {
                api_key, version, ..
            } => (*api_key, *version),
        }
    }

    fn write_body(&self, out: &mut Writer) {
        match self {
            Self::Topic(topic) => {
                out.string(&topic.name);
                out.uuid(topic.topic_id);
                out.no_tags();
            }
            Self::Partition(partition) => write_partition(out, partition),
            Self::Config(config) => {
                out.i8(config.resource_type.id());
                out.string(&config.resource_name);
                out.string(&config.name);
                out.nullable_string(config.value.as_deref());
                out.no_tags();
            }
            Self::RemoveTopic { topic_id } => {
                out.uuid(*topic_id);
                out.no_tags();
            }
            Self::FeatureLevel { name, level } => {
                out.string(name);
                out.i16(*level);
                out.no_tags();
            }
            Self::ClientQuota(quota) => quota.write(out),
            Self::ProducerIds(ids) => {
                out.i32(ids.broker_id);
                out.i64(ids.broker_epoch);
                out.i64(ids.next_producer_id.0);
                out.no_tags();
            }
            Self::NoOp => out.no_tags(),
            Self::Unknown { body, .. } => out.raw(body),
        }
    }

    /// Reads a record with its frame.
    ///
    /// # Errors
    /// See [`MetadataDecodeError`]. A record whose key is not known is no error.
    pub fn decode(bytes: &[u8]) -> Result<Self, MetadataDecodeError> {
        if bytes.len() > METADATA_RECORD_LENGTH_MAX {
            return Err(MetadataDecodeError::TooLong {
                length: bytes.len(),
            });
        }
        let mut reader = Reader::new(bytes);
        let record = read_framed(&mut reader)?;
        if reader.remaining() == 0 {
            Ok(record)
        } else {
            Err(reader.malformed())
        }
    }
}

fn read_framed(reader: &mut Reader<'_>) -> Result<MetadataRecord, MetadataDecodeError> {
    let frame_version = reader.unsigned()?;
    if frame_version != FRAME_VERSION {
        return Err(MetadataDecodeError::BadFrameVersion {
            version: frame_version,
        });
    }
    let api_key = reader.unsigned()?;
    let version = reader.unsigned()?;
    let version_max = match api_key {
        PARTITION => 2,
        _ => 0,
    };
    let is_known = matches!(
        api_key,
        TOPIC
            | PARTITION
            | CONFIG
            | REMOVE_TOPIC
            | FEATURE_LEVEL
            | CLIENT_QUOTA
            | PRODUCER_IDS
            | NO_OP
    );
    if is_known && version > version_max {
        return Err(MetadataDecodeError::UnsupportedVersion { api_key, version });
    }
    read_body(reader, api_key, version)
}

fn read_body(
    reader: &mut Reader<'_>,
    api_key: u32,
    version: u32,
) -> Result<MetadataRecord, MetadataDecodeError> {
    let record = match api_key {
        TOPIC => MetadataRecord::Topic(TopicRecord {
            name: reader.string()?,
            topic_id: reader.uuid()?,
        }),
        PARTITION => return read_partition(reader, version).map(MetadataRecord::Partition),
        CONFIG => MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceType::from_id(reader.i8()?),
            resource_name: reader.string()?,
            name: reader.string()?,
            value: reader.nullable_string()?,
        }),
        REMOVE_TOPIC => MetadataRecord::RemoveTopic {
            topic_id: reader.uuid()?,
        },
        FEATURE_LEVEL => MetadataRecord::FeatureLevel {
            name: reader.string()?,
            level: reader.i16()?,
        },
        CLIENT_QUOTA => MetadataRecord::ClientQuota(ClientQuotaRecord::read(reader)?),
        PRODUCER_IDS => MetadataRecord::ProducerIds(ProducerIdsRecord {
            broker_id: reader.i32()?,
            broker_epoch: reader.i64()?,
            next_producer_id: ProducerId(reader.i64()?),
        }),
        NO_OP => MetadataRecord::NoOp,
        api_key => {
            return Ok(MetadataRecord::Unknown {
                api_key,
                version,
                body: Bytes::copy_from_slice(reader.rest()),
            });
        }
    };
    // Tags that are not known carry nothing that this version acts on.
    reader.tags(|_, _| Ok(()))?;
    Ok(record)
}

fn write_partition(out: &mut Writer, partition: &PartitionRecord) {
    out.i32(partition.partition);
    out.uuid(partition.topic_id);
    out.i32_array(&partition.replicas);
    out.i32_array(&partition.isr);
    out.i32_array(&partition.removing_replicas);
    out.i32_array(&partition.adding_replicas);
    out.i32(partition.leader);
    out.i32(partition.leader_epoch.0);
    out.i32(partition.partition_epoch);
    out.uuid_array(&partition.directories);
    let mut tags = Vec::new();
    if partition.leader_recovery_state != 0 {
        tags.push((0, Writer::of(|tag| tag.i8(partition.leader_recovery_state))));
    }
    if let Some(replicas) = &partition.eligible_leader_replicas {
        tags.push((1, Writer::of(|tag| tag.i32_array(replicas))));
    }
    if let Some(replicas) = &partition.last_known_elr {
        tags.push((2, Writer::of(|tag| tag.i32_array(replicas))));
    }
    if let Some(slot) = partition.shard_slot {
        tags.push((SHARD_SLOT_TAG, slot.0.to_be_bytes().to_vec()));
    }
    out.tags(&tags);
}

fn read_partition(
    reader: &mut Reader<'_>,
    version: u32,
) -> Result<PartitionRecord, MetadataDecodeError> {
    let mut partition = PartitionRecord {
        partition: reader.i32()?,
        topic_id: reader.uuid()?,
        replicas: reader.i32_array()?,
        isr: reader.i32_array()?,
        removing_replicas: reader.i32_array()?,
        adding_replicas: reader.i32_array()?,
        leader: reader.i32()?,
        leader_recovery_state: 0,
        leader_epoch: LeaderEpoch(reader.i32()?),
        partition_epoch: reader.i32()?,
        directories: Vec::new(),
        eligible_leader_replicas: None,
        last_known_elr: None,
        shard_slot: None,
    };
    if version >= 1 {
        partition.directories = reader.uuid_array()?;
    }
    reader.tags(|tag, field| {
        match tag {
            0 => partition.leader_recovery_state = field.i8()?,
            1 if version >= 2 => partition.eligible_leader_replicas = field.nullable_i32_array()?,
            2 if version >= 2 => partition.last_known_elr = field.nullable_i32_array()?,
            SHARD_SLOT_TAG => partition.shard_slot = Some(ShardId(field.u16()?)),
            _ => {
                field.rest();
            }
        }
        Ok(())
    })?;
    Ok(partition)
}

/// A topic of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicImage {
    /// Its name.
    pub name: String,
    /// Its id.
    pub topic_id: Uuid,
    /// Its partitions by number.
    pub partitions: BTreeMap<i32, PartitionRecord>,
}

/// Why a record cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// The record's offset does not lie behind the last one's.
    #[error("offset {offset} is not above {last_offset}")]
    OffsetNotRising {
        /// The offset of the record.
        offset: Offset,
        /// The offset of the last record.
        last_offset: Offset,
    },
    /// A topic of this name exists.
    #[error("topic {name} exists already")]
    DuplicateTopicName {
        /// The name.
        name: String,
    },
    /// A topic of this id exists.
    #[error("topic id {topic_id} exists already")]
    DuplicateTopicId {
        /// The id.
        topic_id: Uuid,
    },
    /// The record names a topic that does not exist.
    #[error("no topic has the id {topic_id}")]
    UnknownTopicId {
        /// The id.
        topic_id: Uuid,
    },
    /// A partition with a negative number.
    #[error("topic id {topic_id} cannot have a partition {partition}")]
    BadPartition {
        /// The topic.
        topic_id: Uuid,
        /// The number.
        partition: i32,
    },
    /// Producer ids would be given out twice.
    #[error("next producer id {next_producer_id} is below {current}")]
    ProducerIdsFall {
        /// What the record says.
        next_producer_id: ProducerId,
        /// What the image has.
        current: ProducerId,
    },
}

/// The state that the catalogue's records add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    topics: BTreeMap<Uuid, TopicImage>,
    topic_ids: BTreeMap<String, Uuid>,
    configs: BTreeMap<(ResourceType, String), BTreeMap<String, String>>,
    features: BTreeMap<String, i16>,
    quotas: BTreeMap<QuotaEntity, BTreeMap<String, QuotaValue>>,
    next_producer_id: Option<ProducerId>,
    last_offset: Option<Offset>,
}

impl Image {
    /// The image before the first record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies the record at `offset` of the catalogue.
    ///
    /// # Errors
    /// See [`ApplyError`]; the image is unchanged then.
    pub fn apply(&mut self, offset: Offset, record: MetadataRecord) -> Result<(), ApplyError> {
        if let Some(last_offset) = self.last_offset.filter(|last| *last >= offset) {
            return Err(ApplyError::OffsetNotRising {
                offset,
                last_offset,
            });
        }
        match record {
            MetadataRecord::Topic(topic) => self.add_topic(topic)?,
            MetadataRecord::Partition(partition) => self.set_partition(partition)?,
            MetadataRecord::Config(config) => self.set_config(config),
            MetadataRecord::RemoveTopic { topic_id } => self.remove_topic(topic_id)?,
            MetadataRecord::FeatureLevel { name, level } => self.set_feature(name, level),
            MetadataRecord::ClientQuota(quota) => self.set_quota(quota),
            MetadataRecord::ProducerIds(ids) => self.set_next_producer_id(ids.next_producer_id)?,
            MetadataRecord::NoOp | MetadataRecord::Unknown { .. } => {}
        }
        self.last_offset = Some(offset);
        Ok(())
    }

    fn add_topic(&mut self, topic: TopicRecord) -> Result<(), ApplyError> {
        if self.topic_ids.contains_key(&topic.name) {
            return Err(ApplyError::DuplicateTopicName { name: topic.name });
        }
        if self.topics.contains_key(&topic.topic_id) {
            return Err(ApplyError::DuplicateTopicId {
                topic_id: topic.topic_id,
            });
        }
        self.topic_ids.insert(topic.name.clone(), topic.topic_id);
        let image = TopicImage {
            name: topic.name,
            topic_id: topic.topic_id,
            partitions: BTreeMap::new(),
        };
        self.topics.insert(topic.topic_id, image);
        Ok(())
    }

    fn set_partition(&mut self, partition: PartitionRecord) -> Result<(), ApplyError> {
        let topic_id = partition.topic_id;
        if partition.partition < 0 {
            return Err(ApplyError::BadPartition {
                topic_id,
                partition: partition.partition,
            });
        }
        let topic = self
            .topics
            .get_mut(&topic_id)
            .ok_or(ApplyError::UnknownTopicId { topic_id })?;
        topic.partitions.insert(partition.partition, partition);
        Ok(())
    }

    fn set_config(&mut self, config: ConfigRecord) {
        let key = (config.resource_type, config.resource_name);
        let configs = self.configs.entry(key.clone()).or_default();
        match config.value {
            Some(value) => {
                configs.insert(config.name, value);
            }
            None => {
                configs.remove(&config.name);
            }
        }
        if configs.is_empty() {
            self.configs.remove(&key);
        }
    }

    fn remove_topic(&mut self, topic_id: Uuid) -> Result<(), ApplyError> {
        let topic = self
            .topics
            .remove(&topic_id)
            .ok_or(ApplyError::UnknownTopicId { topic_id })?;
        self.topic_ids.remove(&topic.name);
        self.configs.remove(&(ResourceType::Topic, topic.name));
        Ok(())
    }

    fn set_feature(&mut self, name: String, level: i16) {
        if level == 0 {
            self.features.remove(&name);
        } else {
            self.features.insert(name, level);
        }
    }

    fn set_quota(&mut self, quota: ClientQuotaRecord) {
        let quotas = self.quotas.entry(quota.entity.clone()).or_default();
        match quota.value {
            Some(value) => {
                quotas.insert(quota.key, value);
            }
            None => {
                quotas.remove(&quota.key);
            }
        }
        if quotas.is_empty() {
            self.quotas.remove(&quota.entity);
        }
    }

    fn set_next_producer_id(&mut self, next_producer_id: ProducerId) -> Result<(), ApplyError> {
        let current = self.next_producer_id();
        if next_producer_id < current {
            return Err(ApplyError::ProducerIdsFall {
                next_producer_id,
                current,
            });
        }
        self.next_producer_id = Some(next_producer_id);
        Ok(())
    }

    /// Takes note of the epoch that a partition is in. On one node epochs are kept by the partitions themselves and
    /// begin anew at each start, without a record.
    pub fn set_leader_epoch(&mut self, partition: TopicPartition, epoch: LeaderEpoch) {
        let topic = self.topics.get_mut(&partition.topic_id);
        let record = topic.and_then(|topic| topic.partitions.get_mut(&partition.partition));
        if let Some(record) = record {
            record.leader_epoch = epoch;
        }
    }

    /// The topics in the order of their names.
    pub fn topics(&self) -> impl Iterator<Item = &TopicImage> {
        self.topic_ids
            .values()
            .filter_map(|topic_id| self.topics.get(topic_id))
    }

    /// How many topics there are.
    #[must_use]
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// The topic of this name.
    #[must_use]
    pub fn topic_by_name(&self, name: &str) -> Option<&TopicImage> {
        self.topics.get(self.topic_ids.get(name)?)
    }

    /// The topic of this id.
    #[must_use]
    pub fn topic_by_id(&self, topic_id: Uuid) -> Option<&TopicImage> {
        self.topics.get(&topic_id)
    }

    /// The configurations set on a topic, by name.
    pub fn topic_configs(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.configs_of(ResourceType::Topic, name)
    }

    /// The configurations set on a node (an empty name: on all), by name.
    pub fn broker_configs(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.configs_of(ResourceType::Broker, name)
    }

    /// The configurations set on a resource, by name.
    pub fn configs_of(
        &self,
        resource_type: ResourceType,
        resource_name: &str,
    ) -> impl Iterator<Item = (&str, &str)> {
        self.configs
            .get(&(resource_type, resource_name.to_owned()))
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The features with their levels.
    pub fn features(&self) -> impl Iterator<Item = (&str, i16)> {
        self.features
            .iter()
            .map(|(name, level)| (name.as_str(), *level))
    }

    /// The quotas of clients, by whose they are.
    pub fn quotas(&self) -> impl Iterator<Item = (&QuotaEntity, &BTreeMap<String, QuotaValue>)> {
        self.quotas.iter()
    }

    /// The quotas of one entity; none where it has none of its own.
    #[must_use]
    pub fn quotas_of(&self, entity: &QuotaEntity) -> Option<&BTreeMap<String, QuotaValue>> {
        self.quotas.get(entity)
    }

    /// The resources of a type that have configurations, by name.
    pub fn resources_with_configs(
        &self,
        resource_type: ResourceType,
    ) -> impl Iterator<Item = &str> {
        let names = self.configs.keys();
        names
            .filter(move |(kind, _)| *kind == resource_type)
            .map(|(_, name)| name.as_str())
    }

    /// The first producer id that was never given out.
    #[must_use]
    pub fn next_producer_id(&self) -> ProducerId {
        self.next_producer_id.unwrap_or(ProducerId(0))
    }

    /// The offset of the last record applied.
    #[must_use]
    pub fn last_offset(&self) -> Option<Offset> {
        self.last_offset
    }
}

/// Reads whatever `data` holds as records, and applies them; what decodes must encode to what decodes the same.
#[doc(hidden)]
pub fn fuzz_catalogue(data: &[u8]) {
    let mut image = Image::new();
    let mut rest = data;
    let mut offset = 0;
    while let Some((length, after)) = rest.split_first() {
        let length = usize::from(*length).min(after.len());
        if let Ok(record) = MetadataRecord::decode(&after[..length]) {
            let again = MetadataRecord::decode(&record.encode());
            assert_eq!(again.as_ref(), Ok(&record));
            let before = image.clone();
            if image.apply(Offset(offset), record).is_err() {
                assert_eq!(image, before, "a refused record changes nothing");
            }
            offset += 1;
        }
        rest = &after[length..];
    }
    assert_eq!(image.topics().count(), image.topic_count());
}

#[cfg(test)]
mod tests;
