//! ConsumerGroupRegularExpressionKey, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ConsumerGroupRegularExpressionKey of version 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsumerGroupRegularExpressionKey {
    pub group_id: String,
    pub regular_expression: String,
}

impl Message for ConsumerGroupRegularExpressionKey {
    const NAME: &'static str = "ConsumerGroupRegularExpressionKey";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.group_id = reader.read_string(false, "ConsumerGroupRegularExpressionKey.GroupId")?;
        value.regular_expression =
            reader.read_string(false, "ConsumerGroupRegularExpressionKey.RegularExpression")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_string(
            false,
            &self.group_id,
            "ConsumerGroupRegularExpressionKey.GroupId",
        )?;
        writer.write_string(
            false,
            &self.regular_expression,
            "ConsumerGroupRegularExpressionKey.RegularExpression",
        )?;
        Ok(())
    }
}

#[cfg(test)]
impl ConsumerGroupRegularExpressionKey {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.regular_expression = "regular_expression-18".to_owned();
        value
    }
}
