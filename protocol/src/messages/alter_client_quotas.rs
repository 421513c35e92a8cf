//! The AlterClientQuotas API (key 49), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// AlterClientQuotasRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterClientQuotasRequest {
    pub entries: Vec<RequestEntryData>,
    pub validate_only: bool,
}

impl Message for AlterClientQuotasRequest {
    const NAME: &'static str = "AlterClientQuotasRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entries = reader.read_array(
            flexible,
            RequestEntryData::encoded_bytes_min(version),
            "AlterClientQuotasRequest.Entries",
            |reader| RequestEntryData::decode(reader, version),
        )?;
        value.validate_only = reader.read_bool("AlterClientQuotasRequest.ValidateOnly")?;
        if flexible {
            reader.skip_tagged_fields("AlterClientQuotasRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.write_array(
            flexible,
            &self.entries,
            "AlterClientQuotasRequest.Entries",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_bool(self.validate_only);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl AlterClientQuotasRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entries = vec![
            RequestEntryData::sample(version, nulls),
            RequestEntryData::sample(version, nulls),
        ];
        value.validate_only = true;
        value
    }
}

/// Part of [`AlterClientQuotasRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestEntryData {
    pub entity: Vec<RequestEntityData>,
    pub ops: Vec<OpData>,
}

impl RequestEntryData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entity = reader.read_array(
            flexible,
            RequestEntityData::encoded_bytes_min(version),
            "EntryData.Entity",
            |reader| RequestEntityData::decode(reader, version),
        )?;
        value.ops = reader.read_array(
            flexible,
            OpData::encoded_bytes_min(version),
            "EntryData.Ops",
            |reader| OpData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("EntryData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_array(
            flexible,
            &self.entity,
            "EntryData.Entity",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_array(flexible, &self.ops, "EntryData.Ops", |writer, value| {
            value.encode(writer, version)
        })?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 8,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl RequestEntryData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entity = vec![
            RequestEntityData::sample(version, nulls),
            RequestEntityData::sample(version, nulls),
        ];
        value.ops = vec![
            OpData::sample(version, nulls),
            OpData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterClientQuotasRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEntityData {
    pub entity_type: String,
    pub entity_name: Option<String>,
}

impl Default for RequestEntityData {
    fn default() -> Self {
        Self {
            entity_type: String::new(),
            entity_name: Some(String::new()),
        }
    }
}

impl RequestEntityData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entity_type = reader.read_string(flexible, "EntityData.EntityType")?;
        value.entity_name = reader.read_nullable_string(flexible, "EntityData.EntityName")?;
        if flexible {
            reader.skip_tagged_fields("EntityData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.entity_type, "EntityData.EntityType")?;
        writer.write_nullable_string(
            flexible,
            self.entity_name.as_deref(),
            "EntityData.EntityName",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 4,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl RequestEntityData {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entity_type = "entity_type-17".to_owned();
        value.entity_name = if nulls {
            None
        } else {
            Some("entity_name-18".to_owned())
        };
        value
    }
}

/// Part of [`AlterClientQuotasRequest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpData {
    pub key: String,
    pub value: f64,
    pub remove: bool,
}

impl OpData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.key = reader.read_string(flexible, "OpData.Key")?;
        value.value = reader.read_f64("OpData.Value")?;
        value.remove = reader.read_bool("OpData.Remove")?;
        if flexible {
            reader.skip_tagged_fields("OpData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.key, "OpData.Key")?;
        writer.write_f64(self.value);
        writer.write_bool(self.remove);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        11
    }
}

#[cfg(test)]
impl OpData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.key = "key-17".to_owned();
        value.value = 18.5;
        value.remove = true;
        value
    }
}

impl Request for AlterClientQuotasRequest {
    type Response = AlterClientQuotasResponse;
    const KEY: ApiKey = ApiKey::AlterClientQuotas;
}

/// AlterClientQuotasResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlterClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub entries: Vec<ResponseEntryData>,
}

impl Message for AlterClientQuotasResponse {
    const NAME: &'static str = "AlterClientQuotasResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 1;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("AlterClientQuotasResponse.ThrottleTimeMs")?;
        value.entries = reader.read_array(
            flexible,
            ResponseEntryData::encoded_bytes_min(version),
            "AlterClientQuotasResponse.Entries",
            |reader| ResponseEntryData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("AlterClientQuotasResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.entries,
            "AlterClientQuotasResponse.Entries",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.entries
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl AlterClientQuotasResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.entries = vec![
            ResponseEntryData::sample(version, nulls),
            ResponseEntryData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterClientQuotasResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseEntryData {
    pub error_code: i16,
    pub error_message: Option<String>,
    pub entity: Vec<ResponseEntityData>,
}

impl Default for ResponseEntryData {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            entity: Vec::new(),
        }
    }
}

impl ResponseEntryData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.error_code = reader.read_i16("EntryData.ErrorCode")?;
        value.error_message = reader.read_nullable_string(flexible, "EntryData.ErrorMessage")?;
        value.entity = reader.read_array(
            flexible,
            ResponseEntityData::encoded_bytes_min(version),
            "EntryData.Entity",
            |reader| ResponseEntityData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("EntryData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "EntryData.ErrorMessage",
        )?;
        writer.write_array(
            flexible,
            &self.entity,
            "EntryData.Entity",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 8,
            _ => 5,
        }
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ResponseEntryData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.error_code = 17;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-18".to_owned())
        };
        value.entity = vec![
            ResponseEntityData::sample(version, nulls),
            ResponseEntityData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`AlterClientQuotasResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseEntityData {
    pub entity_type: String,
    pub entity_name: Option<String>,
}

impl Default for ResponseEntityData {
    fn default() -> Self {
        Self {
            entity_type: String::new(),
            entity_name: Some(String::new()),
        }
    }
}

impl ResponseEntityData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entity_type = reader.read_string(flexible, "EntityData.EntityType")?;
        value.entity_name = reader.read_nullable_string(flexible, "EntityData.EntityName")?;
        if flexible {
            reader.skip_tagged_fields("EntityData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.entity_type, "EntityData.EntityType")?;
        writer.write_nullable_string(
            flexible,
            self.entity_name.as_deref(),
            "EntityData.EntityName",
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 4,
            _ => 3,
        }
    }
}

#[cfg(test)]
impl ResponseEntityData {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entity_type = "entity_type-17".to_owned();
        value.entity_name = if nulls {
            None
        } else {
            Some("entity_name-18".to_owned())
        };
        value
    }
}
