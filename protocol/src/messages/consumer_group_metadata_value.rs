//! ConsumerGroupMetadataValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ConsumerGroupMetadataValue of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64,
}

impl Message for ConsumerGroupMetadataValue {
    const NAME: &'static str = "ConsumerGroupMetadataValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.epoch = reader.read_i32("ConsumerGroupMetadataValue.Epoch")?;
        reader.read_tagged_fields("ConsumerGroupMetadataValue", |tag, reader| {
            match tag {
                0 => {
                    value.metadata_hash =
                        reader.read_i64("ConsumerGroupMetadataValue.MetadataHash")?
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.epoch);
        let has_metadata_hash = self.metadata_hash != 0;
        writer.write_varint(u32::from(has_metadata_hash));
        if has_metadata_hash {
            writer.write_tagged_field(0, "ConsumerGroupMetadataValue.MetadataHash", |writer| {
                writer.write_i64(self.metadata_hash);
                Ok(())
            })?;
        }

        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupMetadataValue {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.epoch = 0x0102_0311;
        value.metadata_hash = 0x0102_0304_0506_0712;
        value
    }
}
