//! ConsumerGroupCurrentMemberAssignmentKey, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ConsumerGroupCurrentMemberAssignmentKey of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    pub group_id: String,
    pub member_id: String,
}

impl Message for ConsumerGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentKey";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id =
            reader.read_string(false, "ConsumerGroupCurrentMemberAssignmentKey.GroupId")?;
        value.member_id =
            reader.read_string(false, "ConsumerGroupCurrentMemberAssignmentKey.MemberId")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            false,
            &self.group_id,
            "ConsumerGroupCurrentMemberAssignmentKey.GroupId",
        )?;
        writer.write_string(
            false,
            &self.member_id,
            "ConsumerGroupCurrentMemberAssignmentKey.MemberId",
        )?;
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupCurrentMemberAssignmentKey {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.member_id = "member_id-18".to_owned();
        value
    }
}
