//! ConsumerProtocolSubscription, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};
use bytes::Bytes;

/// ConsumerProtocolSubscription of versions 0 to 3.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerProtocolSubscription {
    pub topics: Vec<String>,
    pub user_data: Option<Bytes>,
    /// Field of versions 1 to 3.
    pub owned_partitions: Vec<TopicPartition>,
    /// Field of versions 2 to 3.
    pub generation_id: i32,
    /// Field of version 3.
    pub rack_id: Option<String>,
}

impl Default for ConsumerProtocolSubscription {
    fn default() -> Self {
        Self {
            topics: Vec::new(),
            user_data: None,
            owned_partitions: Vec::new(),
            generation_id: -1,
            rack_id: None,
        }
    }
}

impl Message for ConsumerProtocolSubscription {
    const NAME: &'static str = "ConsumerProtocolSubscription";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.topics =
            reader.read_array(false, 2, "ConsumerProtocolSubscription.Topics", |reader| {
                reader.read_string(false, "ConsumerProtocolSubscription.Topics")
            })?;
        value.user_data =
            reader.read_nullable_bytes(false, "ConsumerProtocolSubscription.UserData")?;
        if version >= 1 {
            value.owned_partitions = reader.read_array(
                false,
                TopicPartition::encoded_bytes_min(version),
                "ConsumerProtocolSubscription.OwnedPartitions",
                |reader| TopicPartition::decode(reader, version),
            )?;
        }
        if version >= 2 {
            value.generation_id = reader.read_i32("ConsumerProtocolSubscription.GenerationId")?;
        }
        if version >= 3 {
            value.rack_id =
                reader.read_nullable_string(false, "ConsumerProtocolSubscription.RackId")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            false,
            &self.topics,
            "ConsumerProtocolSubscription.Topics",
            |writer, value| {
                writer.write_string(false, value, "ConsumerProtocolSubscription.Topics")
            },
        )?;
        writer.write_nullable_bytes(
            false,
            self.user_data.as_deref(),
            "ConsumerProtocolSubscription.UserData",
        )?;
        if version >= 1 {
            writer.write_array(
                false,
                &self.owned_partitions,
                "ConsumerProtocolSubscription.OwnedPartitions",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version >= 2 {
            writer.write_i32(self.generation_id);
        }
        if version >= 3 {
            writer.write_nullable_string(
                false,
                self.rack_id.as_deref(),
                "ConsumerProtocolSubscription.RackId",
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerProtocolSubscription {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec!["topics-17".to_owned(), "topics-57".to_owned()];
        value.user_data = if nulls {
            None
        } else {
            Some(Bytes::from_static(&[18; 150]))
        };
        if version >= 1 {
            value.owned_partitions = vec![
                TopicPartition::sample(version, nulls),
                TopicPartition::sample(version, nulls),
            ];
        }
        if version >= 2 {
            value.generation_id = 0x0102_0314;
        }
        if version >= 3 {
            value.rack_id = if nulls {
                None
            } else {
                Some("rack_id-21".to_owned())
            };
        }
        value
    }
}

/// Part of [`ConsumerProtocolSubscription`] of versions 1 to 3.
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
