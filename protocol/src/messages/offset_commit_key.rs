//! OffsetCommitKey, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// OffsetCommitKey of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OffsetCommitKey {
    pub group: String,
    pub topic: String,
    pub partition: i32,
}

impl Message for OffsetCommitKey {
    const NAME: &'static str = "OffsetCommitKey";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group = reader.read_string(false, "OffsetCommitKey.group")?;
        value.topic = reader.read_string(false, "OffsetCommitKey.topic")?;
        value.partition = reader.read_i32("OffsetCommitKey.partition")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(false, &self.group, "OffsetCommitKey.group")?;
        writer.write_string(false, &self.topic, "OffsetCommitKey.topic")?;
        writer.write_i32(self.partition);
        Ok(())
    }
}

#[cfg(test)]
impl OffsetCommitKey {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group = "group-17".to_owned();
        value.topic = "topic-18".to_owned();
        value.partition = 0x0102_0313;
        value
    }
}
