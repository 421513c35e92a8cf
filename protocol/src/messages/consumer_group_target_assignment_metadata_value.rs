//! ConsumerGroupTargetAssignmentMetadataValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ConsumerGroupTargetAssignmentMetadataValue of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
}

impl Message for ConsumerGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMetadataValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.assignment_epoch =
            reader.read_i32("ConsumerGroupTargetAssignmentMetadataValue.AssignmentEpoch")?;
        reader.skip_tagged_fields("ConsumerGroupTargetAssignmentMetadataValue")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.assignment_epoch);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupTargetAssignmentMetadataValue {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.assignment_epoch = 0x0102_0311;
        value
    }
}
