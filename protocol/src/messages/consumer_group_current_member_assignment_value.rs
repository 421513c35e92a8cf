//! ConsumerGroupCurrentMemberAssignmentValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use uuid::Uuid;

/// ConsumerGroupCurrentMemberAssignmentValue of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
    pub partitions_pending_revocation: Vec<TopicPartitions>,
}

impl Message for ConsumerGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.member_epoch =
            reader.read_i32("ConsumerGroupCurrentMemberAssignmentValue.MemberEpoch")?;
        value.previous_member_epoch =
            reader.read_i32("ConsumerGroupCurrentMemberAssignmentValue.PreviousMemberEpoch")?;
        value.state = reader.read_i8("ConsumerGroupCurrentMemberAssignmentValue.State")?;
        value.assigned_partitions = reader.read_array(
            true,
            TopicPartitions::encoded_bytes_min(version),
            "ConsumerGroupCurrentMemberAssignmentValue.AssignedPartitions",
            |reader| TopicPartitions::decode(reader, version),
        )?;
        value.partitions_pending_revocation = reader.read_array(
            true,
            TopicPartitions::encoded_bytes_min(version),
            "ConsumerGroupCurrentMemberAssignmentValue.PartitionsPendingRevocation",
            |reader| TopicPartitions::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ConsumerGroupCurrentMemberAssignmentValue")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.member_epoch);
        writer.write_i32(self.previous_member_epoch);
        writer.write_i8(self.state);
        writer.write_array(
            true,
            &self.assigned_partitions,
            "ConsumerGroupCurrentMemberAssignmentValue.AssignedPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(
            true,
            &self.partitions_pending_revocation,
            "ConsumerGroupCurrentMemberAssignmentValue.PartitionsPendingRevocation",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupCurrentMemberAssignmentValue {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.member_epoch = 0x0102_0311;
        value.previous_member_epoch = 0x0102_0312;
        value.state = 19;
        value.assigned_partitions = vec![
            TopicPartitions::sample(version, nulls),
            TopicPartitions::sample(version, nulls),
        ];
        value.partitions_pending_revocation = vec![
            TopicPartitions::sample(version, nulls),
            TopicPartitions::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ConsumerGroupCurrentMemberAssignmentValue`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic_id = reader.read_uuid("TopicPartitions.TopicId")?;
        value.partitions = reader.read_array(true, 4, "TopicPartitions.Partitions", |reader| {
            reader.read_i32("TopicPartitions.Partitions")
        })?;
        reader.skip_tagged_fields("TopicPartitions")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_uuid(self.topic_id);
        writer.write_array(
            true,
            &self.partitions,
            "TopicPartitions.Partitions",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        18
    }
}

#[cfg(test)]
impl TopicPartitions {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic_id = Uuid::from_u128(17 << 64 | 5);
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
