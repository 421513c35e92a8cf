//! ConsumerGroupMemberMetadataValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// ConsumerGroupMemberMetadataValue of version 0.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerGroupMemberMetadataValue {
    pub instance_id: Option<String>,
    pub rack_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub subscribed_topic_names: Vec<String>,
    pub subscribed_topic_regex: Option<String>,
    pub rebalance_timeout_ms: i32,
    pub server_assignor: Option<String>,
    pub classic_member_metadata: Option<ClassicMemberMetadata>,
}

impl Default for ConsumerGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            instance_id: Some(String::new()),
            rack_id: Some(String::new()),
            client_id: String::new(),
            client_host: String::new(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: Some(String::new()),
            rebalance_timeout_ms: -1,
            server_assignor: Some(String::new()),
            classic_member_metadata: Some(ClassicMemberMetadata::default()),
        }
    }
}

impl Message for ConsumerGroupMemberMetadataValue {
    const NAME: &'static str = "ConsumerGroupMemberMetadataValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.instance_id =
            reader.read_nullable_string(true, "ConsumerGroupMemberMetadataValue.InstanceId")?;
        value.rack_id =
            reader.read_nullable_string(true, "ConsumerGroupMemberMetadataValue.RackId")?;
        value.client_id = reader.read_string(true, "ConsumerGroupMemberMetadataValue.ClientId")?;
        value.client_host =
            reader.read_string(true, "ConsumerGroupMemberMetadataValue.ClientHost")?;
        value.subscribed_topic_names = reader.read_array(
            true,
            1,
            "ConsumerGroupMemberMetadataValue.SubscribedTopicNames",
            |reader| {
                reader.read_string(
                    true,
                    "ConsumerGroupMemberMetadataValue.SubscribedTopicNames",
                )
            },
        )?;
        value.subscribed_topic_regex = reader.read_nullable_string(
            true,
            "ConsumerGroupMemberMetadataValue.SubscribedTopicRegex",
        )?;
        value.rebalance_timeout_ms =
            reader.read_i32("ConsumerGroupMemberMetadataValue.RebalanceTimeoutMs")?;
        value.server_assignor =
            reader.read_nullable_string(true, "ConsumerGroupMemberMetadataValue.ServerAssignor")?;
        reader.read_tagged_fields("ConsumerGroupMemberMetadataValue", |tag, reader| {
            match tag {
                0 => {
                    value.classic_member_metadata = if reader.read_tagged_presence(
                        "ConsumerGroupMemberMetadataValue.ClassicMemberMetadata",
                    )? {
                        Some(ClassicMemberMetadata::decode(reader, version)?)
                    } else {
                        None
                    }
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_nullable_string(
            true,
            self.instance_id.as_deref(),
            "ConsumerGroupMemberMetadataValue.InstanceId",
        )?;
        writer.write_nullable_string(
            true,
            self.rack_id.as_deref(),
            "ConsumerGroupMemberMetadataValue.RackId",
        )?;
        writer.write_string(
            true,
            &self.client_id,
            "ConsumerGroupMemberMetadataValue.ClientId",
        )?;
        writer.write_string(
            true,
            &self.client_host,
            "ConsumerGroupMemberMetadataValue.ClientHost",
        )?;
        writer.write_array(
            true,
            &self.subscribed_topic_names,
            "ConsumerGroupMemberMetadataValue.SubscribedTopicNames",
            |writer, value| {
                writer.write_string(
                    true,
                    value,
                    "ConsumerGroupMemberMetadataValue.SubscribedTopicNames",
                )
            },
        )?;
        writer.write_nullable_string(
            true,
            self.subscribed_topic_regex.as_deref(),
            "ConsumerGroupMemberMetadataValue.SubscribedTopicRegex",
        )?;
        writer.write_i32(self.rebalance_timeout_ms);
        writer.write_nullable_string(
            true,
            self.server_assignor.as_deref(),
            "ConsumerGroupMemberMetadataValue.ServerAssignor",
        )?;
        let has_classic_member_metadata = self
            .classic_member_metadata
            .as_ref()
            .is_none_or(|value| *value != ClassicMemberMetadata::default());
        writer.write_varint(u32::from(has_classic_member_metadata));
        if has_classic_member_metadata {
            writer.write_tagged_field(
                0,
                "ConsumerGroupMemberMetadataValue.ClassicMemberMetadata",
                |writer| {
                    writer.write_tagged_presence(self.classic_member_metadata.is_some());
                    if let Some(value) = &self.classic_member_metadata {
                        value.encode(writer, version)?;
                    }
                    Ok(())
                },
            )?;
        }

        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupMemberMetadataValue {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.instance_id = if nulls {
            None
        } else {
            Some("instance_id-17".to_owned())
        };
        value.rack_id = if nulls {
            None
        } else {
            Some("rack_id-18".to_owned())
        };
        value.client_id = "client_id-19".to_owned();
        value.client_host = "client_host-20".to_owned();
        value.subscribed_topic_names = vec![
            "subscribed_topic_names-21".to_owned(),
            "subscribed_topic_names-61".to_owned(),
        ];
        value.subscribed_topic_regex = if nulls {
            None
        } else {
            Some("subscribed_topic_regex-22".to_owned())
        };
        value.rebalance_timeout_ms = 0x0102_0317;
        value.server_assignor = if nulls {
            None
        } else {
            Some("server_assignor-24".to_owned())
        };
        value.classic_member_metadata = if nulls {
            None
        } else {
            Some(ClassicMemberMetadata::sample(version, nulls))
        };
        value
    }
}

/// Part of [`ConsumerGroupMemberMetadataValue`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClassicMemberMetadata {
    pub session_timeout_ms: i32,
    pub supported_protocols: Vec<ClassicProtocol>,
}

impl ClassicMemberMetadata {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.session_timeout_ms = reader.read_i32("ClassicMemberMetadata.SessionTimeoutMs")?;
        value.supported_protocols = reader.read_array(
            true,
            ClassicProtocol::encoded_bytes_min(version),
            "ClassicMemberMetadata.SupportedProtocols",
            |reader| ClassicProtocol::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ClassicMemberMetadata")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.session_timeout_ms);
        writer.write_array(
            true,
            &self.supported_protocols,
            "ClassicMemberMetadata.SupportedProtocols",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ClassicMemberMetadata {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.session_timeout_ms = 0x0102_0311;
        value.supported_protocols = vec![
            ClassicProtocol::sample(version, nulls),
            ClassicProtocol::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ConsumerGroupMemberMetadataValue`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClassicProtocol {
    pub name: String,
    pub metadata: Bytes,
}

impl ClassicProtocol {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.name = reader.read_string(true, "ClassicProtocol.Name")?;
        value.metadata = reader.read_bytes(true, "ClassicProtocol.Metadata")?;
        reader.skip_tagged_fields("ClassicProtocol")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.name, "ClassicProtocol.Name")?;
        writer.write_bytes(true, &self.metadata, "ClassicProtocol.Metadata")?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        3
    }
}

#[cfg(test)]
impl ClassicProtocol {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.name = "name-17".to_owned();
        value.metadata = Bytes::from_static(&[18; 150]);
        value
    }
}
