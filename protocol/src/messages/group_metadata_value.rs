//! GroupMetadataValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// GroupMetadataValue of versions 0 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMetadataValue {
    pub protocol_type: String,
    pub generation: i32,
    pub protocol: Option<String>,
    pub leader: Option<String>,
    /// Field of versions 2 to 4.
    pub current_state_timestamp: i64,
    pub members: Vec<MemberMetadata>,
}

impl Default for GroupMetadataValue {
    fn default() -> Self {
        Self {
            protocol_type: String::new(),
            generation: 0,
            protocol: Some(String::new()),
            leader: Some(String::new()),
            current_state_timestamp: -1,
            members: Vec::new(),
        }
    }
}

impl Message for GroupMetadataValue {
    const NAME: &'static str = "GroupMetadataValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.protocol_type = reader.read_string(flexible, "GroupMetadataValue.protocolType")?;
        value.generation = reader.read_i32("GroupMetadataValue.generation")?;
        value.protocol = reader.read_nullable_string(flexible, "GroupMetadataValue.protocol")?;
        value.leader = reader.read_nullable_string(flexible, "GroupMetadataValue.leader")?;
        if version >= 2 {
            value.current_state_timestamp =
                reader.read_i64("GroupMetadataValue.currentStateTimestamp")?;
        }
        value.members = reader.read_array(
            flexible,
            MemberMetadata::encoded_bytes_min(version),
            "GroupMetadataValue.members",
            |reader| MemberMetadata::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("GroupMetadataValue")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_string(
            flexible,
            &self.protocol_type,
            "GroupMetadataValue.protocolType",
        )?;
        writer.write_i32(self.generation);
        writer.write_nullable_string(
            flexible,
            self.protocol.as_deref(),
            "GroupMetadataValue.protocol",
        )?;
        writer.write_nullable_string(
            flexible,
            self.leader.as_deref(),
            "GroupMetadataValue.leader",
        )?;
        if version >= 2 {
            writer.write_i64(self.current_state_timestamp);
        }
        writer.write_array(
            flexible,
            &self.members,
            "GroupMetadataValue.members",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl GroupMetadataValue {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.protocol_type = "protocol_type-17".to_owned();
        value.generation = 0x0102_0312;
        value.protocol = if nulls {
            None
        } else {
            Some("protocol-19".to_owned())
        };
        value.leader = if nulls {
            None
        } else {
            Some("leader-20".to_owned())
        };
        if version >= 2 {
            value.current_state_timestamp = 0x0102_0304_0506_0715;
        }
        value.members = vec![
            MemberMetadata::sample(version, nulls),
            MemberMetadata::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`GroupMetadataValue`].
#[derive(Debug, Clone, PartialEq)]
pub struct MemberMetadata {
    pub member_id: String,
    /// Field of versions 3 to 4.
    pub group_instance_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    /// Field of versions 1 to 4.
    pub rebalance_timeout: i32,
    pub session_timeout: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
}

impl Default for MemberMetadata {
    fn default() -> Self {
        Self {
            member_id: String::new(),
            group_instance_id: None,
            client_id: String::new(),
            client_host: String::new(),
            rebalance_timeout: -1,
            session_timeout: 0,
            subscription: Bytes::new(),
            assignment: Bytes::new(),
        }
    }
}

impl MemberMetadata {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 4;
        let mut value = Self::default();
        value.member_id = reader.read_string(flexible, "MemberMetadata.memberId")?;
        if version >= 3 {
            value.group_instance_id =
                reader.read_nullable_string(flexible, "MemberMetadata.groupInstanceId")?;
        }
        value.client_id = reader.read_string(flexible, "MemberMetadata.clientId")?;
        value.client_host = reader.read_string(flexible, "MemberMetadata.clientHost")?;
        if version >= 1 {
            value.rebalance_timeout = reader.read_i32("MemberMetadata.rebalanceTimeout")?;
        }
        value.session_timeout = reader.read_i32("MemberMetadata.sessionTimeout")?;
        value.subscription = reader.read_bytes(flexible, "MemberMetadata.subscription")?;
        value.assignment = reader.read_bytes(flexible, "MemberMetadata.assignment")?;
        if flexible {
            reader.skip_tagged_fields("MemberMetadata")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 4;
        writer.write_string(flexible, &self.member_id, "MemberMetadata.memberId")?;
        if version >= 3 {
            writer.write_nullable_string(
                flexible,
                self.group_instance_id.as_deref(),
                "MemberMetadata.groupInstanceId",
            )?;
        }
        writer.write_string(flexible, &self.client_id, "MemberMetadata.clientId")?;
        writer.write_string(flexible, &self.client_host, "MemberMetadata.clientHost")?;
        if version >= 1 {
            writer.write_i32(self.rebalance_timeout);
        }
        writer.write_i32(self.session_timeout);
        writer.write_bytes(flexible, &self.subscription, "MemberMetadata.subscription")?;
        writer.write_bytes(flexible, &self.assignment, "MemberMetadata.assignment")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 18,
            1..=2 => 22,
            3 => 24,
            _ => 15,
        }
    }
}

#[cfg(test)]
impl MemberMetadata {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_id = "member_id-17".to_owned();
        if version >= 3 {
            value.group_instance_id = if nulls {
                None
            } else {
                Some("group_instance_id-18".to_owned())
            };
        }
        value.client_id = "client_id-19".to_owned();
        value.client_host = "client_host-20".to_owned();
        if version >= 1 {
            value.rebalance_timeout = 0x0102_0315;
        }
        value.session_timeout = 0x0102_0316;
        value.subscription = Bytes::from_static(&[23; 150]);
        value.assignment = Bytes::from_static(&[24; 150]);
        value
    }
}
