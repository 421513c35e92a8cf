//! The Metadata API (key 3), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// MetadataRequest of versions 0 to 13.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataRequest {
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Field of versions 4 to 13.
    pub allow_auto_topic_creation: bool,
    /// Field of versions 8 to 10.
    pub include_cluster_authorized_operations: bool,
    /// Field of versions 8 to 13.
    pub include_topic_authorized_operations: bool,
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Message for MetadataRequest {
    const NAME: &'static str = "MetadataRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 9;
        let mut value = Self::default();
        value.topics = if version >= 1 {
            reader.read_nullable_array(
                flexible,
                MetadataRequestTopic::encoded_bytes_min(version),
                "MetadataRequest.Topics",
                |reader| MetadataRequestTopic::decode(reader, version),
            )?
        } else {
            Some(reader.read_array(
                flexible,
                MetadataRequestTopic::encoded_bytes_min(version),
                "MetadataRequest.Topics",
                |reader| MetadataRequestTopic::decode(reader, version),
            )?)
        };
        if version >= 4 {
            value.allow_auto_topic_creation =
                reader.read_bool("MetadataRequest.AllowAutoTopicCreation")?;
        }
        if (8..=10).contains(&version) {
            value.include_cluster_authorized_operations =
                reader.read_bool("MetadataRequest.IncludeClusterAuthorizedOperations")?;
        }
        if version >= 8 {
            value.include_topic_authorized_operations =
                reader.read_bool("MetadataRequest.IncludeTopicAuthorizedOperations")?;
        }
        if flexible {
            reader.skip_tagged_fields("MetadataRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 9;
        if version < 1 && self.topics.is_none() {
            return Err(EncodeError::UnexpectedNull {
                what: "MetadataRequest.Topics",
                version,
            });
        }
        writer.write_nullable_array(
            flexible,
            self.topics.as_deref(),
            "MetadataRequest.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 4 {
            writer.write_bool(self.allow_auto_topic_creation);
        }
        if (8..=10).contains(&version) {
            writer.write_bool(self.include_cluster_authorized_operations);
        }
        if version >= 8 {
            writer.write_bool(self.include_topic_authorized_operations);
        }
        if version < 4 && !self.allow_auto_topic_creation {
            return Err(EncodeError::FieldNotInVersion {
                what: "MetadataRequest.AllowAutoTopicCreation",
                version,
            });
        }
        if !(8..=10).contains(&version) && self.include_cluster_authorized_operations {
            return Err(EncodeError::FieldNotInVersion {
                what: "MetadataRequest.IncludeClusterAuthorizedOperations",
                version,
            });
        }
        if version < 8 && self.include_topic_authorized_operations {
            return Err(EncodeError::FieldNotInVersion {
                what: "MetadataRequest.IncludeTopicAuthorizedOperations",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl MetadataRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = if nulls && version >= 1 {
            None
        } else {
            Some(vec![
                MetadataRequestTopic::sample(version, nulls),
                MetadataRequestTopic::sample(version, nulls),
            ])
        };
        if version >= 4 {
            value.allow_auto_topic_creation = false;
        }
        if (8..=10).contains(&version) {
            value.include_cluster_authorized_operations = true;
        }
        if version >= 8 {
            value.include_topic_authorized_operations = true;
        }
        value
    }
}

/// Part of [`MetadataRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataRequestTopic {
    /// Field of versions 10 to 13.
    pub topic_id: Uuid,
    pub name: Option<String>,
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self {
            topic_id: Uuid::nil(),
            name: Some(String::new()),
        }
    }
}

impl MetadataRequestTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        if version >= 10 {
            value.topic_id = reader.read_uuid("MetadataRequestTopic.TopicId")?;
        }
        value.name = if version >= 10 {
            reader.read_nullable_string(flexible, "MetadataRequestTopic.Name")?
        } else {
            Some(reader.read_string(flexible, "MetadataRequestTopic.Name")?)
        };
        if flexible {
            reader.skip_tagged_fields("MetadataRequestTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        if version < 10 && self.name.is_none() {
            return Err(EncodeError::UnexpectedNull {
                what: "MetadataRequestTopic.Name",
                version,
            });
        }
        writer.write_nullable_string(
            flexible,
            self.name.as_deref(),
            "MetadataRequestTopic.Name",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=9 => 2,
            _ => 18,
        }
    }
}

#[cfg(test)]
impl MetadataRequestTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 10 {
            value.topic_id = Uuid::from_u128(17 << 64 | 5);
        }
        value.name = if nulls && version >= 10 {
            None
        } else {
            Some("name-18".to_owned())
        };
        value
    }
}

impl Request for MetadataRequest {
    type Response = MetadataResponse;
    const KEY: ApiKey = ApiKey::Metadata;
}

/// MetadataResponse of versions 0 to 13.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataResponse {
    /// Field of versions 3 to 13.
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    /// Field of versions 2 to 13.
    pub cluster_id: Option<String>,
    /// Field of versions 1 to 13.
    pub controller_id: i32,
    pub topics: Vec<MetadataResponseTopic>,
    /// Field of versions 8 to 10.
    pub cluster_authorized_operations: i32,
    /// Field of version 13.
    pub error_code: i16,
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Vec::new(),
            cluster_id: None,
            controller_id: -1,
            topics: Vec::new(),
            cluster_authorized_operations: -2147483648,
            error_code: 0,
        }
    }
}

impl Message for MetadataResponse {
    const NAME: &'static str = "MetadataResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 9;
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = reader.read_i32("MetadataResponse.ThrottleTimeMs")?;
        }
        value.brokers = reader.read_array(
            flexible,
            MetadataResponseBroker::encoded_bytes_min(version),
            "MetadataResponse.Brokers",
            |reader| MetadataResponseBroker::decode(reader, version),
        )?;
        if version >= 2 {
            value.cluster_id =
                reader.read_nullable_string(flexible, "MetadataResponse.ClusterId")?;
        }
        if version >= 1 {
            value.controller_id = reader.read_i32("MetadataResponse.ControllerId")?;
        }
        value.topics = reader.read_array(
            flexible,
            MetadataResponseTopic::encoded_bytes_min(version),
            "MetadataResponse.Topics",
            |reader| MetadataResponseTopic::decode(reader, version),
        )?;
        if (8..=10).contains(&version) {
            value.cluster_authorized_operations =
                reader.read_i32("MetadataResponse.ClusterAuthorizedOperations")?;
        }
        if version >= 13 {
            value.error_code = reader.read_i16("MetadataResponse.ErrorCode")?;
        }
        if flexible {
            reader.skip_tagged_fields("MetadataResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 9;
        if version >= 3 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_array(
            flexible,
            &self.brokers,
            "MetadataResponse.Brokers",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 2 {
            writer.write_nullable_string(
                flexible,
                self.cluster_id.as_deref(),
                "MetadataResponse.ClusterId",
            )?;
        }
        if version >= 1 {
            writer.write_i32(self.controller_id);
        }
        writer.write_array(
            flexible,
            &self.topics,
            "MetadataResponse.Topics",
            |writer, value| value.encode(writer, version),
        )?;
        if (8..=10).contains(&version) {
            writer.write_i32(self.cluster_authorized_operations);
        }
        if version >= 13 {
            writer.write_i16(self.error_code);
        }
        if !(8..=10).contains(&version) && self.cluster_authorized_operations != -2147483648 {
            return Err(EncodeError::FieldNotInVersion {
                what: "MetadataResponse.ClusterAuthorizedOperations",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.topics
            .iter()
            .for_each(|value| value.error_codes(visit));
        visit(self.error_code);
    }
}

#[cfg(test)]
impl MetadataResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 3 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.brokers = vec![
            MetadataResponseBroker::sample(version, nulls),
            MetadataResponseBroker::sample(version, nulls),
        ];
        if version >= 2 {
            value.cluster_id = if nulls {
                None
            } else {
                Some("cluster_id-19".to_owned())
            };
        }
        if version >= 1 {
            value.controller_id = 0x0102_0314;
        }
        value.topics = vec![
            MetadataResponseTopic::sample(version, nulls),
            MetadataResponseTopic::sample(version, nulls),
        ];
        if (8..=10).contains(&version) {
            value.cluster_authorized_operations = 0x0102_0316;
        }
        if version >= 13 {
            value.error_code = 23;
        }
        value
    }
}

/// Part of [`MetadataResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetadataResponseBroker {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    /// Field of versions 1 to 13.
    pub rack: Option<String>,
}

impl MetadataResponseBroker {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.node_id = reader.read_i32("MetadataResponseBroker.NodeId")?;
        value.host = reader.read_string(flexible, "MetadataResponseBroker.Host")?;
        value.port = reader.read_i32("MetadataResponseBroker.Port")?;
        if version >= 1 {
            value.rack = reader.read_nullable_string(flexible, "MetadataResponseBroker.Rack")?;
        }
        if flexible {
            reader.skip_tagged_fields("MetadataResponseBroker")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i32(self.node_id);
        writer.write_string(flexible, &self.host, "MetadataResponseBroker.Host")?;
        writer.write_i32(self.port);
        if version >= 1 {
            writer.write_nullable_string(
                flexible,
                self.rack.as_deref(),
                "MetadataResponseBroker.Rack",
            )?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 10,
            1..=8 => 12,
            _ => 11,
        }
    }
}

#[cfg(test)]
impl MetadataResponseBroker {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.node_id = 0x0102_0311;
        value.host = "host-18".to_owned();
        value.port = 0x0102_0313;
        if version >= 1 {
            value.rack = if nulls {
                None
            } else {
                Some("rack-20".to_owned())
            };
        }
        value
    }
}

/// Part of [`MetadataResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: i16,
    pub name: Option<String>,
    /// Field of versions 10 to 13.
    pub topic_id: Uuid,
    /// Field of versions 1 to 13.
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    /// Field of versions 8 to 13.
    pub topic_authorized_operations: i32,
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(String::new()),
            topic_id: Uuid::nil(),
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: -2147483648,
        }
    }
}

impl MetadataResponseTopic {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.error_code = reader.read_i16("MetadataResponseTopic.ErrorCode")?;
        value.name = if version >= 12 {
            reader.read_nullable_string(flexible, "MetadataResponseTopic.Name")?
        } else {
            Some(reader.read_string(flexible, "MetadataResponseTopic.Name")?)
        };
        if version >= 10 {
            value.topic_id = reader.read_uuid("MetadataResponseTopic.TopicId")?;
        }
        if version >= 1 {
            value.is_internal = reader.read_bool("MetadataResponseTopic.IsInternal")?;
        }
        value.partitions = reader.read_array(
            flexible,
            MetadataResponsePartition::encoded_bytes_min(version),
            "MetadataResponseTopic.Partitions",
            |reader| MetadataResponsePartition::decode(reader, version),
        )?;
        if version >= 8 {
            value.topic_authorized_operations =
                reader.read_i32("MetadataResponseTopic.TopicAuthorizedOperations")?;
        }
        if flexible {
            reader.skip_tagged_fields("MetadataResponseTopic")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i16(self.error_code);
        if version < 12 && self.name.is_none() {
            return Err(EncodeError::UnexpectedNull {
                what: "MetadataResponseTopic.Name",
                version,
            });
        }
        writer.write_nullable_string(
            flexible,
            self.name.as_deref(),
            "MetadataResponseTopic.Name",
        )?;
        if version >= 10 {
            writer.write_uuid(self.topic_id);
        }
        if version >= 1 {
            writer.write_bool(self.is_internal);
        }
        writer.write_array(
            flexible,
            &self.partitions,
            "MetadataResponseTopic.Partitions",
            |writer, value| value.encode(writer, version),
        )?;
        if version >= 8 {
            writer.write_i32(self.topic_authorized_operations);
        }
        if version < 8 && self.topic_authorized_operations != -2147483648 {
            return Err(EncodeError::FieldNotInVersion {
                what: "MetadataResponseTopic.TopicAuthorizedOperations",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 8,
            1..=7 => 9,
            8 => 13,
            9 => 10,
            _ => 26,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.partitions
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl MetadataResponseTopic {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.name = if nulls && version >= 12 {
            None
        } else {
            Some("name-18".to_owned())
        };
        if version >= 10 {
            value.topic_id = Uuid::from_u128(19 << 64 | 5);
        }
        if version >= 1 {
            value.is_internal = true;
        }
        value.partitions = vec![
            MetadataResponsePartition::sample(version, nulls),
            MetadataResponsePartition::sample(version, nulls),
        ];
        if version >= 8 {
            value.topic_authorized_operations = 0x0102_0316;
        }
        value
    }
}

/// Part of [`MetadataResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    /// Field of versions 7 to 13.
    pub leader_epoch: i32,
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    /// Field of versions 5 to 13.
    pub offline_replicas: Vec<i32>,
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            offline_replicas: Vec::new(),
        }
    }
}

impl MetadataResponsePartition {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 9;
        let mut value = Self::default();
        value.error_code = reader.read_i16("MetadataResponsePartition.ErrorCode")?;
        value.partition_index = reader.read_i32("MetadataResponsePartition.PartitionIndex")?;
        value.leader_id = reader.read_i32("MetadataResponsePartition.LeaderId")?;
        if version >= 7 {
            value.leader_epoch = reader.read_i32("MetadataResponsePartition.LeaderEpoch")?;
        }
        value.replica_nodes = reader.read_array(
            flexible,
            4,
            "MetadataResponsePartition.ReplicaNodes",
            |reader| reader.read_i32("MetadataResponsePartition.ReplicaNodes"),
        )?;
        value.isr_nodes = reader.read_array(
            flexible,
            4,
            "MetadataResponsePartition.IsrNodes",
            |reader| reader.read_i32("MetadataResponsePartition.IsrNodes"),
        )?;
        if version >= 5 {
            value.offline_replicas = reader.read_array(
                flexible,
                4,
                "MetadataResponsePartition.OfflineReplicas",
                |reader| reader.read_i32("MetadataResponsePartition.OfflineReplicas"),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("MetadataResponsePartition")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 9;
        writer.write_i16(self.error_code);
        writer.write_i32(self.partition_index);
        writer.write_i32(self.leader_id);
        if version >= 7 {
            writer.write_i32(self.leader_epoch);
        }
        writer.write_array(
            flexible,
            &self.replica_nodes,
            "MetadataResponsePartition.ReplicaNodes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_array(
            flexible,
            &self.isr_nodes,
            "MetadataResponsePartition.IsrNodes",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        if version >= 5 {
            writer.write_array(
                flexible,
                &self.offline_replicas,
                "MetadataResponsePartition.OfflineReplicas",
                |writer, value| {
                    writer.write_i32(*value);
                    Ok(())
                },
            )?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=4 => 18,
            5..=6 => 22,
            7..=8 => 26,
            _ => 18,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl MetadataResponsePartition {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.partition_index = 0x0102_0312;
        value.leader_id = 0x0102_0313;
        if version >= 7 {
            value.leader_epoch = 0x0102_0314;
        }
        value.replica_nodes = vec![0x0102_0315, 0x0102_033d];
        value.isr_nodes = vec![0x0102_0316, 0x0102_033e];
        if version >= 5 {
            value.offline_replicas = vec![0x0102_0317, 0x0102_033f];
        }
        value
    }
}
