//! ConsumerGroupRegularExpressionValue, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ConsumerGroupRegularExpressionValue of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupRegularExpressionValue {
    pub topics: Vec<String>,
    pub version: i64,
    pub timestamp: i64,
}

impl Message for ConsumerGroupRegularExpressionValue {
    const NAME: &'static str = "ConsumerGroupRegularExpressionValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.topics = reader.read_array(
            true,
            1,
            "ConsumerGroupRegularExpressionValue.Topics",
            |reader| reader.read_string(true, "ConsumerGroupRegularExpressionValue.Topics"),
        )?;
        value.version = reader.read_i64("ConsumerGroupRegularExpressionValue.Version")?;
        value.timestamp = reader.read_i64("ConsumerGroupRegularExpressionValue.Timestamp")?;
        reader.skip_tagged_fields("ConsumerGroupRegularExpressionValue")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.topics,
            "ConsumerGroupRegularExpressionValue.Topics",
            |writer, value| {
                writer.write_string(true, value, "ConsumerGroupRegularExpressionValue.Topics")
            },
        )?;
        writer.write_i64(self.version);
        writer.write_i64(self.timestamp);
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupRegularExpressionValue {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.topics = vec!["topics-17".to_owned(), "topics-57".to_owned()];
        value.version = 0x0102_0304_0506_0712;
        value.timestamp = 0x0102_0304_0506_0713;
        value
    }
}
