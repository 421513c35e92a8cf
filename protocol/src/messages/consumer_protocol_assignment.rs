//! ConsumerProtocolAssignment, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// ConsumerProtocolAssignment of versions 0 to 3.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerProtocolAssignment {
    pub assigned_partitions: Vec<TopicPartition>,
    pub user_data: Option<Bytes>,
}

impl Message for ConsumerProtocolAssignment {
    const NAME: &'static str = "ConsumerProtocolAssignment";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.assigned_partitions = reader.read_array(
            false,
            TopicPartition::encoded_bytes_min(version),
            "ConsumerProtocolAssignment.AssignedPartitions",
            |reader| TopicPartition::decode(reader, version),
        )?;
        value.user_data =
            reader.read_nullable_bytes(false, "ConsumerProtocolAssignment.UserData")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            false,
            &self.assigned_partitions,
            "ConsumerProtocolAssignment.AssignedPartitions",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_nullable_bytes(
            false,
            self.user_data.as_deref(),
            "ConsumerProtocolAssignment.UserData",
        )?;
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerProtocolAssignment {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.assigned_partitions = vec![
            TopicPartition::sample(version, nulls),
            TopicPartition::sample(version, nulls),
        ];
        value.user_data = if nulls {
            None
        } else {
            Some(Bytes::from_static(&[18; 150]))
        };
        value
    }
}

/// Part of [`ConsumerProtocolAssignment`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicPartition {
    pub topic: String,
    pub partitions: Vec<i32>,
}

impl TopicPartition {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.topic = reader.read_string(false, "TopicPartition.Topic")?;
        value.partitions = reader.read_array(false, 4, "TopicPartition.Partitions", |reader| {
            reader.read_i32("TopicPartition.Partitions")
        })?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(false, &self.topic, "TopicPartition.Topic")?;
        writer.write_array(
            false,
            &self.partitions,
            "TopicPartition.Partitions",
            |writer, value| {
                writer.write_i32(*value);
                Ok(())
            },
        )?;
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        6
    }
}

#[cfg(test)]
impl TopicPartition {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topic = "topic-17".to_owned();
        value.partitions = vec![0x0102_0312, 0x0102_033a];
        value
    }
}
