//! OffsetCommitValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// OffsetCommitValue of versions 0 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct OffsetCommitValue {
    pub offset: i64,
    /// Field of versions 3 to 4.
    pub leader_epoch: i32,
    pub metadata: String,
    pub commit_timestamp: i64,
    /// Field of version 1.
    pub expire_timestamp: i64,
    /// Field of version 4.
    pub topic_id: Uuid,
}

impl Default for OffsetCommitValue {
    fn default() -> Self {
        Self {
            offset: 0,
            leader_epoch: -1,
            metadata: String::new(),
            commit_timestamp: 0,
            expire_timestamp: -1,
            topic_id: Uuid::nil(),
        }
    }
}

impl Message for OffsetCommitValue {
    const NAME: &'static str = "OffsetCommitValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 4;
        let mut value = Self::default();
        value.offset = reader.read_i64("OffsetCommitValue.offset")?;
        if version >= 3 {
            value.leader_epoch = reader.read_i32("OffsetCommitValue.leaderEpoch")?;
        }
        value.metadata = reader.read_string(flexible, "OffsetCommitValue.metadata")?;
        value.commit_timestamp = reader.read_i64("OffsetCommitValue.commitTimestamp")?;
        if version == 1 {
            value.expire_timestamp = reader.read_i64("OffsetCommitValue.expireTimestamp")?;
        }
        if flexible {
            reader.read_tagged_fields("OffsetCommitValue", |tag, reader| {
                match tag {
                    0 => value.topic_id = reader.read_uuid("OffsetCommitValue.topicId")?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.write_i64(self.offset);
        if version >= 3 {
            writer.write_i32(self.leader_epoch);
        }
        writer.write_string(flexible, &self.metadata, "OffsetCommitValue.metadata")?;
        writer.write_i64(self.commit_timestamp);
        if version == 1 {
            writer.write_i64(self.expire_timestamp);
        }
        if flexible {
            let has_topic_id = !self.topic_id.is_nil();
            writer.write_varint(u32::from(has_topic_id));
            if has_topic_id {
                writer.write_tagged_field(0, "OffsetCommitValue.topicId", |writer| {
                    writer.write_uuid(self.topic_id);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl OffsetCommitValue {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.offset = 0x0102_0304_0506_0711;
        if version >= 3 {
            value.leader_epoch = 0x0102_0312;
        }
        value.metadata = "metadata-19".to_owned();
        value.commit_timestamp = 0x0102_0304_0506_0714;
        if version == 1 {
            value.expire_timestamp = 0x0102_0304_0506_0715;
        }
        if version >= 4 {
            value.topic_id = Uuid::from_u128(22 << 64 | 5);
        }
        value
    }
}
