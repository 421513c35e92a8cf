//! RequestHeader, generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// RequestHeader of versions 1 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestHeader {
    pub request_api_key: i16,
    pub request_api_version: i16,
    pub correlation_id: i32,
    pub client_id: Option<String>,
}

impl Default for RequestHeader {
    fn default() -> Self {
        Self {
            request_api_key: 0,
            request_api_version: 0,
            correlation_id: 0,
            client_id: Some(String::new()),
        }
    }
}

impl Message for RequestHeader {
    const NAME: &'static str = "RequestHeader";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.request_api_key = reader.read_i16("RequestHeader.RequestApiKey")?;
        value.request_api_version = reader.read_i16("RequestHeader.RequestApiVersion")?;
        value.correlation_id = reader.read_i32("RequestHeader.CorrelationId")?;
        value.client_id = reader.read_nullable_string(false, "RequestHeader.ClientId")?;
        if flexible {
            reader.skip_tagged_fields("RequestHeader")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i16(self.request_api_key);
        writer.write_i16(self.request_api_version);
        writer.write_i32(self.correlation_id);
        writer.write_nullable_string(false, self.client_id.as_deref(), "RequestHeader.ClientId")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl RequestHeader {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.request_api_key = 17;
        value.request_api_version = 18;
        value.correlation_id = 0x0102_0313;
        value.client_id = if nulls {
            None
        } else {
            Some("client_id-20".to_owned())
        };
        value
    }
}
