//! The DescribeClientQuotas API (key 48), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeClientQuotasRequest of versions 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeClientQuotasRequest {
    pub components: Vec<ComponentData>,
    pub strict: bool,
}

impl Message for DescribeClientQuotasRequest {
    const NAME: &'static str = "DescribeClientQuotasRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 1;
        let mut value = Self::default();
        value.components = reader.read_array(
            flexible,
            ComponentData::encoded_bytes_min(version),
            "DescribeClientQuotasRequest.Components",
            |reader| ComponentData::decode(reader, version),
        )?;
        value.strict = reader.read_bool("DescribeClientQuotasRequest.Strict")?;
        if flexible {
            reader.skip_tagged_fields("DescribeClientQuotasRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.write_array(
            flexible,
            &self.components,
            "DescribeClientQuotasRequest.Components",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_bool(self.strict);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DescribeClientQuotasRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.components = vec![
            ComponentData::sample(version, nulls),
            ComponentData::sample(version, nulls),
        ];
        value.strict = true;
        value
    }
}

/// Part of [`DescribeClientQuotasRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentData {
    pub entity_type: String,
    pub match_type: i8,
    pub r#match: Option<String>,
}

impl Default for ComponentData {
    fn default() -> Self {
        Self {
            entity_type: String::new(),
            match_type: 0,
            r#match: Some(String::new()),
        }
    }
}

impl ComponentData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entity_type = reader.read_string(flexible, "ComponentData.EntityType")?;
        value.match_type = reader.read_i8("ComponentData.MatchType")?;
        value.r#match = reader.read_nullable_string(flexible, "ComponentData.Match")?;
        if flexible {
            reader.skip_tagged_fields("ComponentData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.entity_type, "ComponentData.EntityType")?;
        writer.write_i8(self.match_type);
        writer.write_nullable_string(flexible, self.r#match.as_deref(), "ComponentData.Match")?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=0 => 5,
            _ => 4,
        }
    }
}

#[cfg(test)]
impl ComponentData {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entity_type = "entity_type-17".to_owned();
        value.match_type = 18;
        value.r#match = if nulls {
            None
        } else {
            Some("match-19".to_owned())
        };
        value
    }
}

impl Request for DescribeClientQuotasRequest {
    type Response = DescribeClientQuotasResponse;
    const KEY: ApiKey = ApiKey::DescribeClientQuotas;
}

/// DescribeClientQuotasResponse of versions 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    pub entries: Option<Vec<EntryData>>,
}

impl Default for DescribeClientQuotasResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            entries: Some(Vec::new()),
        }
    }
}

impl Message for DescribeClientQuotasResponse {
    const NAME: &'static str = "DescribeClientQuotasResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 1;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeClientQuotasResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("DescribeClientQuotasResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(flexible, "DescribeClientQuotasResponse.ErrorMessage")?;
        value.entries = reader.read_nullable_array(
            flexible,
            EntryData::encoded_bytes_min(version),
            "DescribeClientQuotasResponse.Entries",
            |reader| EntryData::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DescribeClientQuotasResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            flexible,
            self.error_message.as_deref(),
            "DescribeClientQuotasResponse.ErrorMessage",
        )?;
        writer.write_nullable_array(
            flexible,
            self.entries.as_deref(),
            "DescribeClientQuotasResponse.Entries",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeClientQuotasResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        value.entries = if nulls {
            None
        } else {
            Some(vec![
                EntryData::sample(version, nulls),
                EntryData::sample(version, nulls),
            ])
        };
        value
    }
}

/// Part of [`DescribeClientQuotasResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EntryData {
    pub entity: Vec<EntityData>,
    pub values: Vec<ValueData>,
}

impl EntryData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.entity = reader.read_array(
            flexible,
            EntityData::encoded_bytes_min(version),
            "EntryData.Entity",
            |reader| EntityData::decode(reader, version),
        )?;
        value.values = reader.read_array(
            flexible,
            ValueData::encoded_bytes_min(version),
            "EntryData.Values",
            |reader| ValueData::decode(reader, version),
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
        writer.write_array(
            flexible,
            &self.values,
            "EntryData.Values",
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
            _ => 3,
        }
    }
}

#[cfg(test)]
impl EntryData {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.entity = vec![
            EntityData::sample(version, nulls),
            EntityData::sample(version, nulls),
        ];
        value.values = vec![
            ValueData::sample(version, nulls),
            ValueData::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DescribeClientQuotasResponse`].
#[derive(Debug, Clone, PartialEq)]
pub struct EntityData {
    pub entity_type: String,
    pub entity_name: Option<String>,
}

impl Default for EntityData {
    fn default() -> Self {
        Self {
            entity_type: String::new(),
            entity_name: Some(String::new()),
        }
    }
}

impl EntityData {
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
impl EntityData {
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

/// Part of [`DescribeClientQuotasResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValueData {
    pub key: String,
    pub value: f64,
}

impl ValueData {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 1;
        let mut value = Self::default();
        value.key = reader.read_string(flexible, "ValueData.Key")?;
        value.value = reader.read_f64("ValueData.Value")?;
        if flexible {
            reader.skip_tagged_fields("ValueData")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 1;
        writer.write_string(flexible, &self.key, "ValueData.Key")?;
        writer.write_f64(self.value);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        10
    }
}

#[cfg(test)]
impl ValueData {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.key = "key-17".to_owned();
        value.value = 18.5;
        value
    }
}
